#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""routes.py KIND...: the ways to all originators under scripted loss, looked at many times, into /uml-out/ways.json:

    {pattern: [[node, originator, next hop, looks at which it brought OGMs, average TQ in these, looks at which it was best], ...]}

all nodes by their numbers.

Loss is no matter of chance: of each originator's OGMs, by their sequence numbers, the share that is to be lost is lost evenly
on every wire, independent of what is lost on others (multiples of the square roots of different primes). With
netem, TQs scatter by 20 and more.
"""

import collections
import json
import math
import os
import subprocess
import sys
import time

import tt_tables

INTERVAL_S = int(os.environ["INTERVAL"]) / 1000
SETTLE_S = (64 + 5 * 5) * INTERVAL_S  # the window of OGMs, and the ring of TQs at each hop
LOOKS, EVERY_S = 50, 0.4
SOURCES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)
# Loss in percent of what leaves node A towards node B, so that most best ways lead by 20 TQ or more: where two are nearly as
# good the choice is a matter of chance.
PATTERNS = {
    "one way worse than the other": {(1, 2): 30, (2, 5): 30, (3, 2): 10, (3, 4): 10, (4, 3): 10, (4, 5): 30, (5, 1): 30, (5, 4): 10},
    "loss everywhere": {(1, 5): 30, (2, 1): 30, (2, 3): 10, (3, 2): 30, (3, 4): 30, (4, 3): 30, (4, 5): 30, (5, 2): 30, (5, 4): 10},
    "no loss": {},
}


def program(wire, percent):
    """For tc: matches OGMs to lose. By the first of a frame."""
    factor = int(math.modf(math.sqrt(SOURCES[wire]))[0] * 2 ** 32)
    code = [(0x28, 0, 0, 12), (0x15, 0, 10, 0x4305), (0x30, 0, 0, 14), (0x15, 0, 8, 0),  # an OGM?
            (0x20, 0, 0, 24), (0x24, 0, 0, 0x9e3779b1), (0x07, 0, 0, 0),  # its originator
            (0x20, 0, 0, 18), (0x24, 0, 0, factor), (0x0c, 0, 0, 0),  # its sequence number
            (0x35, 1, 0, 2 ** 32 * percent // 100), (0x06, 0, 0, 0xffffffff), (0x06, 0, 0, 0)]
    return "%d,%s" % (len(code), ",".join("%d %d %d %d" % c for c in code))


class Network:
    def __init__(self, kinds):
        self.kinds = dict(enumerate(kinds, 1))
        self.tables = {n: tt_tables.Trama(n) if k == "t" else tt_tables.Kernel(n) for n, k in self.kinds.items()}
        self.primaries = {t.primary(): n for n, t in self.tables.items()}
        self.nodes, self.wires = {}, []
        for n, kind in self.kinds.items():
            for link in json.loads(self.command("ip", n, "-j", "link")):
                self.nodes[link["address"]] = n
                if link["ifname"][0] == "l" and link["ifname"].endswith(".29" if kind == "k" else "_29"):
                    self.wires.append((n, int(link["ifname"][2]), link["ifname"]))
        for n in self.kinds:
            self.tc(n, ["qdisc add dev %s clsact" % d for a, _, d in self.wires if a == n])

    def command(self, name, node, *words, text=None):
        return subprocess.run([name, "-n", "n%d" % node, *words], input=text, check=True, stdout=subprocess.PIPE, text=True).stdout

    def tc(self, node, lines):
        self.command("tc", node, "-batch", "-", text="\n".join(lines) + "\n")

    def lose(self, pattern):
        for n in self.kinds:
            self.tc(n, ["filter replace dev %s egress prio 1 handle 1 bpf bytecode '%s' action drop" % (
                device, program(i, pattern.get((a, b), 0))) for i, (a, b, device) in enumerate(self.wires) if a == n])

    def look(self):
        """[(node, originator, next hop, TQ, is it the best)]"""
        return [(n, self.primaries[w.originator], self.nodes[w.neighbour], w.tq, bool(w.best))
                for n, table in self.tables.items() for w in table.originators() if w.originator in self.primaries]


def averages(network):
    tqs, best = collections.defaultdict(list), collections.Counter()
    for _ in range(LOOKS):
        time.sleep(EVERY_S)
        for *way, tq, is_best in network.look():
            if tq:
                tqs[tuple(way)].append(tq)
                best[tuple(way)] += is_best
    return [[*way, len(seen), sum(seen) / len(seen), best[way]] for way, seen in sorted(tqs.items())]


def main(kinds):
    network, found = Network(kinds), {}
    time.sleep(SETTLE_S)
    for name, pattern in PATTERNS.items():
        network.lose(pattern)
        time.sleep(SETTLE_S)
        found[name] = averages(network)
    with open("/uml-out/ways.json", "w") as f:
        json.dump(found, f)


main(sys.argv[1:])
