#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kinds.py N OWN OTHER...: does batctl on the kernel node N show the originators OTHER, which are trama nodes, as it shows
OWN, of its own kind? Inside user-mode Linux: fields of the JSON, looks of the lines, flags, and whether the values can be.
"""

import json
import sys

from compare import bad, fields, look, run, same

TABLES = {"originators": "o", "translation global": "tg", "multicast flags": "mf"}
CLIENT = "02:cc:00:00:00:"  # those that do not walk; what a node itself has is no matter of kinds
SILENT_MS = 5000


def check(right, what, seen):
    if not right:
        bad.append(what)
        print("%s: %s" % (what, seen))


def of(orig, rows):
    """Rows of a table, as JSON or as lines."""
    rows = [r for r in rows if (r.get("orig_address") == orig if isinstance(r, dict) else orig in r)]
    return [r for r in rows if CLIENT in str(r)] or rows


def looks(lines):
    return sorted({look(line) for line in lines})


def sane(row):
    return (0 < row.get("tq", 1) < 256 and 0 <= row.get("last_seen_msecs", 0) < SILENT_MS and
            row.get("tt_ttvn", 0) <= row.get("tt_last_ttvn", 0) and row.get("tt_crc32", 1) != 0)


def neighbours(rows, wanted):
    """All of them are trama nodes here."""
    check(len(rows) == wanted, "neighbours", rows)
    for row in rows:
        check({"hard_ifname", "last_seen_msecs", "neigh_address"} <= set(row) and sane(row), "neighbour", row)


def flags(rows):
    return {json.dumps(row.get("tt_flags", row.get("mcast_flags"))) for row in rows}


def main(node, own, *others):
    outs = run(node, ["batctl meshif bat0 " + t for t in ["nj"] + [t + o for t in TABLES.values() for o in ("j", " -n")]])
    neighbours(json.loads(outs[0]), len(others))
    for i, name in enumerate(TABLES):
        rows, lines = json.loads(outs[1 + 2 * i]), outs[2 + 2 * i].splitlines()
        for other in others:
            what = "%s of %s" % (name, other)
            check(of(other, rows) and of(own, rows), what, rows)
            same(what + ", fields", fields(of(other, rows)), fields(of(own, rows)))
            same(what + ", lines", looks(of(other, lines)), looks(of(own, lines)))
            check(all(map(sane, of(other, rows))), what, of(other, rows))
            check(flags(of(other, rows)) == flags(of(own, rows)), what + ", flags", rows)
    return len(bad) > 0


sys.exit(main(*sys.argv[1:]))
