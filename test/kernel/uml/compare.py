#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare.py N M: `trama cloud` on node N beside `batctl` on node M, inside user-mode Linux: fields of the JSON, heads
and looks of the tables, names of the statistics, who is in the cloud. Where N is M its engine is the kernel's, and the
rows are compared too.
"""

import json
import os
import re
import subprocess
import sys

TABLES = [("originators", "o"), ("neighbours", "n"), ("translation local", "tl"), ("translation global", "tg")]
VOLATILE = {"last_seen_msecs", "tq"}
bad = []


def run(node, commands):
    """What each of them prints; one shell, since every process costs."""
    shell = "; echo ====; ".join(commands)
    done = subprocess.run(["ip", "netns", "exec", "n" + node, "sh", "-ec", shell], check=True, capture_output=True, text=True)
    return done.stdout.split("====\n")


def same(what, ours, theirs):
    if ours != theirs:
        bad.append(what)
        print("%s differ:" % what)
        for name, one, other in (("trama", ours, theirs), ("batctl", theirs, ours)):
            print("  %-7s" % name, [item for item in one if item not in other] or one)


def fields(rows):
    return sorted({key for row in rows for key in row} | {"tt_flags." + key for row in rows for key in row.get("tt_flags", {})})


def steady(rows):
    return sorted(json.dumps({k: v for k, v in row.items() if k not in VOLATILE}, sort_keys=True) for row in rows)


def look(line):
    """A line of a table without what differs from row to row: widths stay."""
    line = re.sub(r"^ [ *] (?=[0-9a-f]{2}:)", " _ ", line)
    line = re.sub(r"^ {3} *[\w.]+\t|\[ *l[\w.]+\]", "DEVICE", line)
    line = re.sub(r"\[[.A-Z]+\]", lambda m: "[" + "." * (len(m.group(0)) - 2) + "]", line)
    line = re.sub(r"0x[0-9a-f]{8}", "CRC", line)
    line = re.sub(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", "MAC", line)
    return re.sub(r" *-?\d+", lambda m: "%" + str(len(m.group(0))), line)


def looks(table):
    """The first line has names and addresses in it, the second titles."""
    first, titles, *lines = table.splitlines()
    return re.sub(r"\[.*?,|: \S+|\(bat0/\S+", "", first), titles, sorted({look(line) for line in lines})


def nodes(rows, table):
    """Those that it knows, and itself."""
    return sorted({row["orig_address"] for row in rows} | {re.search(r"MainIF/MAC: [^/]+/(\S+)", table).group(1)})


def names(statistics):
    return re.findall(r"^\t(\w+): \d+$", statistics, re.M)


def main(n, m):
    trama = "%s/trama cloud %%s --socket /run/n%s/run/trama/control" % (os.environ["BIN"], n)
    ours = run(n, [trama % (t + o) for t, _ in TABLES for o in (" --json", " -n")] + [trama % "statistics"])
    theirs = run(m, ["batctl meshif bat0 " + t + o for _, t in TABLES for o in ("j", " -n")] + ["batctl meshif bat0 s"])
    for i, (name, _) in enumerate(TABLES):
        rows = [json.loads(out[2 * i]) for out in (ours, theirs)]
        same(name + ", fields", *map(fields, rows))
        same(name + ", lines", looks(ours[2 * i + 1]), looks(theirs[2 * i + 1]))
        if n == m:
            same(name + ", rows", *map(steady, rows))
    same("nodes", *(nodes(json.loads(out[0]), out[1]) for out in (ours, theirs)))
    theirs = names(theirs[-1])
    if n != m:  # what the user's engine does not do, it does not count
        theirs = [name for name in theirs if not name.startswith(("dat_", "nc_"))]
    same("statistics", names(ours[-1]), theirs)
    return len(bad) > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
