#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""priority.py CLIENT...: which clients of mixed.sh get frames with a priority tag of each of these, in lines of
"of 1 to one: 2 3, to all: 2 3 4".
"""

import select
import sys
import time

import crafted
import tt_tables
import tt_wire

MACS = {c: "02:cc:00:00:00:0" + c for c in "1234"}
PRIORITY = 5 << 13  # a tag without a VLAN
WAIT_S = 0.3


def heard(ends, frames):
    """Clients that hear one of these, tag and all."""
    found, until = set(), time.monotonic() + WAIT_S
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select(list(ends.values()), [], [], left)
        found |= {c for c, end in ends.items() if end in ready and tt_wire.receive(end)[0] in frames}
    return " ".join(sorted(found))


def told(ends, sender, *to):
    frames = [crafted.inner(mac, MACS[sender], len(to), tag=PRIORITY) for mac in to]
    for frame in frames:
        ends[sender].send(frame)
    return heard(ends, frames)


def main(senders):
    ends = {c: tt_tables.in_namespace("c" + c, lambda: tt_wire.open_end("eth0")) for c in MACS}
    for s in senders:
        print("of %s to one: %s, to all: %s" % (
            s, told(ends, s, *(mac for c, mac in MACS.items() if c != s)), told(ends, s, crafted.BROADCAST)))


main(sys.argv[1:])
