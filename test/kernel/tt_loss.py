#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tt_loss.py KIND KIND KIND KIND [STEP...]: translation tables while tt_wire.py treats their frames badly.

Each step (a client comes, leaves, walks; a VLAN; a node starts) is done undisturbed at first, which tells the frames it
takes, then again for each of these lost, late, twice and swapped. Every time the tables of all four nodes must become equal,
checksums and versions too, the clients concerned must be where they are, a ping must pass, and no request may follow. STEP:
part of a step's name; without any, all steps are done.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections import Counter, namedtuple
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))
from town import Tap, wait_for  # noqa: E402
from tt_nodes import REPLY, REQUEST, ROAM, UNTAGGED, Node, differences, echo, gratuitous_arp, misplaced  # noqa: E402
from tt_steps import FEW, INTERVAL_S, VID, steps  # noqa: E402

Done = namedtuple("Done", "took_s frames wrong swapped")

REPAIR_S = 3 + 10 * INTERVAL_S  # a request is repeated after 3 s at the latest
SLOW_S = 2  # that this machine may take in between, tables read included
ATTEMPTS = 3
USUAL = 3  # times undisturbed: the frames of all of them must be treated badly, more only when they are there by chance
UNTREATED, BY_CHANCE = 12, 3  # times in a row that a step may take fewer frames than that, and than the most of them
VERBOSE = "VERBOSE" in os.environ
tap = Tap()


# ---- clients ----

class Clients:
    """Frames of theirs at the four nodes."""

    def __init__(self, nodes):
        self.ends, self.last, self.pings = {}, 0, 0
        for n in nodes:
            for vid, device in (UNTAGGED, "u%d" % n.number), (VID, "u%d.%d" % (n.number, VID)):
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
                s.bind((device, 0x0800))
                self.ends[n, vid] = s

    def new(self, count):
        """Addresses that nobody had before."""
        self.last += count
        return ["02:cc:00:01:%02x:%02x" % divmod(i, 256) for i in range(self.last - count, self.last)]

    def appear(self, node, addresses, vid=UNTAGGED):
        """They say that they are there: gratuitous ARP."""
        for a in addresses:
            self.ends[node, UNTAGGED].send(gratuitous_arp(a, vid))

    def echo(self, a, a_end, b, b_end, kind, number):
        """One ICMP frame from a to b; whether it came."""
        frame, until = echo(a, b, kind, number), time.monotonic() + SLOW_S
        self.ends[a_end].send(frame)
        while select.select([self.ends[b_end]], [], [], max(0, until - time.monotonic()))[0]:
            if self.ends[b_end].recv(2000)[:len(frame)] == frame:
                return True
        return False

    def ping(self, a, a_node, b, b_node, vid=UNTAGGED):
        self.pings = (self.pings + 1) & 0xffff
        ends = (a_node, vid), (b_node, vid)
        return self.echo(a, ends[0], b, ends[1], REQUEST, self.pings) and self.echo(b, ends[1], a, ends[0], REPLY, self.pings)


class Wire:
    def __init__(self):
        self.child = subprocess.Popen(["ip", "netns", "exec", "w", sys.executable, str(Path(__file__).with_name("tt_wire.py")),
                                       "w12", "w21"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        print(*words, file=self.child.stdin, flush=True)
        return json.loads(self.child.stdout.readline())

    def arm(self, action, k, skip):
        self.ask("arm", action, k, skip, int(3000 * INTERVAL_S))

    def frames(self, nodes):
        text = "; ".join(self.ask("seen")["frames"])
        for n in nodes:
            text = text.replace(n.originator, "n%d" % n.number)
        return text.split("; ") if text else []

    def is_quiet(self):
        return self.ask("seen")["ago_ms"] > 5000 * INTERVAL_S

    def lacks(self, kinds, nodes):
        return absent(kinds, self.frames(nodes))

    def swapped(self):
        return self.ask("seen")["swapped"]

    def stalled(self):
        return self.ask("seen")["silent_ms"] > 5000 * INTERVAL_S


class Town:
    def __init__(self, kinds):
        self.wire = Wire()
        self.nodes = [Node(i + 1, kind) for i, kind in enumerate(kinds)]
        self.clients = Clients(self.nodes)
        self.base = dict(zip(self.nodes, self.clients.new(4)))
        self.tagged, self.among_kernels = False, False

    def n(self, number):
        return self.nodes[number - 1]

    def leave(self, node, addresses):
        """The bridge of a trama node forgets them."""
        node.shell.run("bridge -batch - <<X\n%sX" % "".join("fdb del %s dev ap%d master\n" % (a, node.number) for a in addresses))

    def forget(self, addresses):
        """Takes clients out of all tables: by way of a trama node, for those of a kernel stay 600 s. A few at a time: a
        kernel's whole table, asked for while some of them roam, spoils what other kernels know of these."""
        trama = [n for n in self.nodes if n.kind == "t"]
        while addresses and trama:
            some, addresses = addresses[:FEW], addresses[FEW:]
            self.clients.appear(trama[0], some)
            self.settle({(a, UNTAGGED): trama[0] for a in some})
            self.leave(trama[0], some)
            self.settle({(a, UNTAGGED): None for a in some})

    def left_behind(self):
        """Rows that all others have of a kernel node, as roaming, which has them no more: when a client walks from a kernel to
        a kernel, one of them may leave such a row behind, at kernels and trama nodes alike, until the client speaks again."""
        own = {n.originator for n in self.nodes if n.kind == "k"}
        rows = Counter((r.originator, r.address, r.vid) for n in self.nodes for r in n.tables.others() if r.flags & ROAM)
        return {row for row, viewers in rows.items() if row[0] in own and viewers == len(self.nodes) - 1}

    def wrong(self, expected):
        left = self.left_behind() if self.among_kernels else ()
        found, places = differences(self.nodes, lambda viewer, row: (row.originator, row.address, row.vid) not in left)
        return misplaced(expected, places) + found

    def equal_after(self, expected, seconds):
        """(seconds until all agree, what is still wrong)"""
        begin, wrong = time.monotonic(), ["never looked"]
        while wrong and time.monotonic() - begin < seconds:
            time.sleep(INTERVAL_S / 5)
            wrong = self.wrong(expected)
        return time.monotonic() - begin, wrong

    def speak(self, expected):
        """The clients are heard once more where they are."""
        for (address, vid), place in expected.items():
            if place and address.startswith("02:cc"):
                self.clients.appear(place, [address], vid)

    def settle(self, expected):
        took, wrong = self.equal_after(expected, 60)
        if wrong:
            tap.note("not settled: " + "\n".join(wrong))
        wait_for(self.wire.is_quiet, 20)

    def show_up(self):
        """Those that stay, or bridges and nodes forget them."""
        for node, client in self.base.items():
            for vid in (UNTAGGED, VID) if self.tagged else (UNTAGGED,):
                self.clients.appear(node, [client], vid)

    def tag(self):
        """All nodes have the VLAN of tagged clients, and those that stay are in it."""
        for node in self.nodes if not self.tagged else ():
            if node.kind == "k":
                node.vlan("add", VID)
            self.clients.appear(node, [self.base[node]], VID)
        if not self.tagged:
            self.settle({(client, VID): node for node, client in self.base.items()})
        self.tagged = True

    def start(self):
        self.show_up()
        time.sleep(5)
        self.show_up()
        self.settle({(address, UNTAGGED): node for node, address in self.base.items()})

    def pings(self, expected):
        """From a client at the other side to one of those concerned, and between two that are not."""
        n1, n2 = self.n(1), self.n(2)
        ends = [(self.base[n1], n1, self.base[n2], n2, UNTAGGED)]
        (client, vid), node = next(reversed(expected.items()))
        if node and client.startswith("02:cc") and vid <= VID:
            other = n1 if node.number % 2 == 0 else n2
            ends.append((self.base[other], other, client, node, vid))
        return ["no ping from %s at %s to %s at %s, VLAN %d; bridges: %s" % (a, an.name, b, bn.name, vid, self.bridges(a, b))
                for a, an, b, bn, vid in ends if not self.clients.ping(a, an, b, bn, vid)]

    def bridges(self, *clients):
        """Where each bridge has them."""
        look = "bridge fdb show br br0 | grep -E '^(%s)'" % "|".join(clients)
        return {node.name: node.shell.run(look).splitlines() for node in self.nodes}

    def once(self, step, action="none", k=0):
        self.show_up()
        taken = step.ready()
        self.wire.arm(action, k, step.skip)
        begin = time.monotonic()
        expected = step.do(taken)
        if step.starts:
            self.wire.ask("awake")
            begin = time.monotonic()
        _, wrong = self.equal_after(expected, REPAIR_S + SLOW_S)
        if wrong and step.speaks_again:
            tap.note("speaks again: " + "; ".join(wrong))
            self.speak(expected)
            begin = time.monotonic()
            _, wrong = self.equal_after(expected, REPAIR_S + SLOW_S)
        took = time.monotonic() - begin
        if took > REPAIR_S + SLOW_S:
            wrong.append("only after %.1f s" % took)
        wrong += self.pings(expected)
        if not wait_for(self.wire.is_quiet, 10):
            wrong.append("no end of it: " + "; ".join(self.wire.frames(self.nodes)))
        frames, swapped = self.wire.frames(self.nodes), self.wire.swapped()
        _, later = self.equal_after(expected, SLOW_S)
        if later and step.speaks_again:
            tap.note("speaks again when it was quiet: " + "; ".join(later))
            self.speak(expected)
            _, later = self.equal_after(expected, REPAIR_S + SLOW_S)
        if later:
            wrong += ["when it was quiet:"] + later
            self.speak(expected)  # or it spoils the next time
            self.settle(expected)
        return Done(took, frames, wrong, swapped)


def attempt(town, step, action="none", k=0):
    """once(), again where this machine had no time for one of the nodes."""
    for _ in range(ATTEMPTS):
        done = town.once(step, action, k)
        if not done.wrong or not town.wire.stalled():
            break
        tap.note("stalled, once more: " + "; ".join(done.wrong))
    return done


class Usual:
    """What a step takes when nothing is treated badly."""

    def __init__(self, town, step):
        self.times = [attempt(town, step) for _ in range(USUAL)]
        counts = [len(done.frames) - step.skip for done in self.times]
        self.least, self.most = min(counts), max(counts)
        self.wrong = [line for done in self.times for line in done.wrong]
        self.took_s = max(done.took_s for done in self.times)
        self.pairs = all(any(ways.count(way) > 1 for way in "><")
                         for ways in ([f[0] for f in done.frames[step.skip:]] for done in self.times))

    def lacks(self, kinds):
        return ["no %s in %s" % (kind, "; ".join(done.frames))
                for done in self.times for kind in absent(kinds, done.frames)]


def absent(kinds, frames):
    return [kind for kind in kinds if not any(kind in f for f in frames)]


class Treatment:
    """What comes of one action on frames of a step, one at a time."""

    def __init__(self, town, step, action):
        self.town, self.step, self.action = town, step, action
        self.longest_s, self.bad, self.frames, self.swaps = 0, [], [], 0

    def number(self, k, tries):
        """Of frame number k; again where there were fewer, so that none was treated. False: never."""
        for _ in range(tries):
            done = attempt(self.town, self.step, self.action, k)
            self.last = done.frames[self.step.skip:]
            if VERBOSE:
                tap.note("%s %d: %.2f s, %s" % (self.action, k, done.took_s, "; ".join(done.frames)))
            if done.wrong:
                self.bad += ["number %d of %s" % (k, "; ".join(done.frames))] + done.wrong
            if done.wrong or len(self.last) > k:
                self.longest_s = max(self.longest_s, done.took_s)
                self.frames += self.last[k:][:1]
                self.swaps += done.swapped
                return True
        return False

    def one_of(self, kind):
        """The order of frames is by chance, so that all numbers may have been of other kinds."""
        for _ in range(UNTREATED):
            if not absent([kind], self.frames):
                return
            self.number(next((k for k, frame in enumerate(self.last) if kind in frame), 0), 1)
        self.bad.append("no %s was %s" % (kind, self.action))


def each_frame(town, step, name, action, usual):
    to = Treatment(town, step, action)
    for k in range(usual.most):
        if not to.number(k, UNTREATED if k < usual.least else BY_CHANCE):
            if k < usual.least:
                to.bad.append("no frame number %d in %d times" % (k, UNTREATED))
            break
    for kind in step.seen:
        to.one_of(kind)
    if action == "swapped" and usual.pairs and not to.swaps:
        to.bad.append("none was swapped, all were late")
    tap.ok(not to.bad, "%s: each of %d frames %s%s, equal in %.1f s" % (
        name, len(to.frames), action, " (%d with another)" % to.swaps if action == "swapped" else "", to.longest_s),
        "\n".join(to.bad))


def test(town, name, step):
    before = step.unasked and step.unasked.requests()
    town.among_kernels = step.among_kernels()
    usual = Usual(town, step)
    for done in usual.times:
        tap.note("; ".join(done.frames))
    tap.ok(not usual.wrong and usual.least > 0, "%s: equal in %.1f s" % (name, usual.took_s), "\n".join(usual.wrong))
    lacks = usual.lacks(step.seen)
    tap.ok(not lacks, "%s: by %s" % (name, " and ".join(step.seen)), "\n".join(lacks))
    if step.unasked:
        tap.equal(step.unasked.requests(), before, name + ": a node in between answers")
    for action in step.actions:
        each_frame(town, step, name, action, usual)
    town.among_kernels = False
    step.end()


def main(kinds, wanted):
    town = Town(kinds)
    town.start()
    for name, step in steps(town):
        if not wanted or any(w in name for w in wanted):
            test(town, name, step)
    tap.done()


main(sys.argv[1:5], sys.argv[5:])
