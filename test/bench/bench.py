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

PROCESSES = """for p in /proc/[0-9]*; do
	echo "pid ${p#/proc/} $(tr '\\0' ' ' <$p/cmdline)"; cat $p/stat $p/smaps_rollup
done 2>/dev/null"""


def processes(town, host):
    """{pid: (command line, private KB, CPU seconds)}"""
    found, pid = {}, None
    for line in town.sh(host, PROCESSES).splitlines():
        words = line.split()
        if words[:1] == ["pid"]:
            pid = int(words[1])
            found[pid] = (" ".join(words[2:]), 0, 0)
        elif words[0] == str(pid):
            fields = line[line.rindex(")") + 2:].split()
            used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            found[pid] = (found[pid][0], 0, used)
        elif words[0] in ("Private_Clean:", "Private_Dirty:"):
            name, private, used = found[pid]
            found[pid] = (name, private + int(words[1]), used)
    return found


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
