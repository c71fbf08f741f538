#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""crowd.py KIND KIND KIND KIND: 500 clients at each end of a chain that meets when all of them are there, then clients that
come and go until the version of every table has been round. Full packets of theirs pass the whole path."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))
import frames  # noqa: E402
import tt_nodes  # noqa: E402
from town import Tap, wait_for  # noqa: E402

CROWD = 500
INTERVAL_S = int(os.environ["INTERVAL"]) / 1000
ROUND = 256  # versions
PINGS = 20
FULL = 1472  # bytes in an echo
STEP = 60  # clients between two looks at a version
PORTS = "l12 l21 l23 l32 l34 l43".split()
JUMBO, LARGE = ("l23", "l32"), 1700
tap = Tap()


def appear(end, clients):
    for c in clients:
        end.send(tt_nodes.gratuitous_arp(c))


def crowd(number):
    return ["02:cc:%02x:00:%02x:%02x" % (number, *divmod(i, 256)) for i in range(CROWD)]


def has(node, count):
    return len([r for r in node.tables.local() if r.address.startswith("02:cc:")]) == count


def equal(nodes):
    found, _ = tt_nodes.differences(nodes)
    return not found


def agree(nodes, name, seconds):
    began = time.monotonic()
    ok = wait_for(lambda: equal(nodes), seconds)
    tap.note("%s: after %.1f s" % (name, time.monotonic() - began))
    tap.ok(ok, name, "\n".join(d[:2000] for d in tt_nodes.differences(nodes)[0]))


def quiet(nodes):
    """No node asks for a table any more."""
    before = [n.requests() for n in nodes]
    time.sleep(2)
    return before == [n.requests() for n in nodes]


def go_round(ends):
    """A new client at each end and interval, until the version of both tables has passed its end; {node: how far it went}."""
    last, gone = {n: n.tables.version() for n in ends}, dict.fromkeys(ends, 0)
    for number in range(2 * ROUND):
        for n, end in ends.items():
            appear(end, ["02:cc:%02x:01:%02x:%02x" % (n.number, *divmod(number, 256))])
        time.sleep(INTERVAL_S)
        if number % STEP == STEP - 1:
            now = {n: n.tables.version() for n in ends}
            gone = {n: gone[n] + (now[n] - last[n]) % ROUND for n in ends}
            last = now
            if min(gone.values()) > ROUND:
                break
    return gone


class Whole:
    """Whether each end of the wire with jumbo frames sends one that fits no other wire."""

    def __init__(self):
        self.dumps = [subprocess.Popen(["ip", "netns", "exec", "n" + port[1], "tcpdump", "-n", "-c", "1", "-Q", "out", "-i", port,
                                        "greater %d" % LARGE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                      for port in JUMBO]
        time.sleep(1)

    def seen(self):
        return all(d.poll() == 0 for d in self.dumps)


def passes(source, sink, frame):
    source.send(frame)
    until = time.monotonic() + 1
    while time.monotonic() < until:
        sink.settimeout(max(until - time.monotonic(), 0.001))
        try:
            if frames.receive(sink) == frame:
                return True
        except TimeoutError:
            break
    return False


def pings(ends):
    """Full packets from each end to the other one, and back."""
    sinks = {n: frames.listen("u%d" % n.number) for n in ends}
    for here, there in (list(ends), list(ends)[::-1]):
        a, b = crowd(here.number)[0], crowd(there.number)[0]

        def answered(number):
            return (passes(ends[here], sinks[there], tt_nodes.echo(a, b, tt_nodes.REQUEST, number, FULL)) and
                    passes(ends[there], sinks[here], tt_nodes.echo(b, a, tt_nodes.REPLY, number, FULL)))
        lost = [number for number in range(PINGS) if not answered(number)]
        tap.ok(not lost, "full-size pings from a client of %s to one of %s" % (here.name, there.name), lost)


def main():
    nodes = [tt_nodes.Node(n + 1, kind) for n, kind in enumerate(sys.argv[1:])]
    ends = {}
    for n in (nodes[0], nodes[3]):
        ends[n] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        ends[n].bind(("u%d" % n.number, 0))
        appear(ends[n], crowd(n.number))
    for n in ends:
        tap.ok(wait_for(lambda: has(n, CROWD), 20), "%s has %d clients" % (n.name, CROWD), len(n.tables.local()))
    whole = Whole()
    for port in PORTS:
        subprocess.run(["tc", "-n", "n" + port[1], "qdisc", "del", "dev", port, "root"], check=True)
    agree(nodes, "every node has both crowds, with the checksums of the other end", 30)
    for n in nodes:
        tap.ok(n.count("frag") > 0, "%s: by fragments" % n.name)
    tap.ok(wait_for(whole.seen, 5), "and whole on the wire that has room for it, in both directions")
    tap.ok(wait_for(lambda: quiet(nodes), 10), "and no node asks for a table any more")
    pings(ends)
    for n, gone in go_round(ends).items():
        tap.ok(gone > ROUND, "%s: the version of its table has been round" % n.name, gone)
    agree(nodes, "every node has the tables of both ends", 30)
    tap.ok(wait_for(lambda: quiet(nodes), 10), "and no node asks for a table any more")
    pings(ends)
    tap.done()


main()
