# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benchmarks share: the towns of test/lab/town.py, and the rows that run-all prints.

A row is {name, unit, value, peer, peer_value, ratio, rounds, command}: peer is what the value is compared with in the
same run, ratio is value / peer_value; a figure without a peer has None there. Some have a limit, what value may be at
most, or a least, what it has to be at least.
"""

import json
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))

from town import BUILD, Failed, Town, wait_for  # noqa: E402,F401


def row(name, unit, values, peer=None, peer_values=None, command=""):
    """Medians of what the rounds gave."""
    value = statistics.median(values)
    peer_value = statistics.median(peer_values) if peer_values else None
    return {"name": name, "unit": unit, "value": value, "peer": peer, "peer_value": peer_value,
            "ratio": value / peer_value if peer_value else None, "rounds": len(values), "command": command}


def at_most(limit, found):
    return dict(found, limit=limit)


def at_least(least, found):
    return dict(found, least=least)


def write(rows):
    """Into the file that run-all names; alone, the benchmark prints them."""
    text = json.dumps(rows, indent=1) + "\n"
    if os.environ.get("TRAMA_BENCH_JSON"):
        pathlib.Path(os.environ["TRAMA_BENCH_JSON"]).write_text(text)
    else:
        print(text, end="")
