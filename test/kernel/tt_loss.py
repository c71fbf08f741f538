#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tt_loss.py KIND KIND KIND KIND [STEP...]: translation tables while tt_wire.py treats their frames badly.

Each step (a client comes, leaves, walks; a VLAN) is done once undisturbed, which tells the frames it takes, then again for
each of these lost, late, twice and swapped. Every time the tables of all four nodes must become equal, checksums and
versions too, the clients concerned must be where they are, a ping must pass, and no request may follow.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))
from town import Tap, wait_for  # noqa: E402
from tt_nodes import REPLY, REQUEST, Node, differences, echo, gratuitous_arp, misplaced  # noqa: E402

INTERVAL_S = int(os.environ["INTERVAL"]) / 1000
ACTIONS = ("lost", "late", "twice", "swapped")
REPAIR_S = 3 + 10 * INTERVAL_S  # a request is repeated after 3 s at the latest
SLOW_S = 2  # that this machine may take in between, tables read included
FEW, MANY = 20, 50  # whose diff an OGM can carry, or not
FLAPS = 5
ATTEMPTS = 3
VERBOSE = "VERBOSE" in os.environ
VID = 5
tap = Tap()


# ---- clients ----

class Clients:
    """Frames of theirs at the four nodes."""

    def __init__(self, nodes):
        self.ends, self.last, self.pings = {}, 0, 0
        for n in nodes:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
            s.bind(("u%d" % n.number, 0x0800))
            self.ends[n] = s

    def new(self, count):
        """Addresses that nobody had before."""
        self.last += count
        return ["02:cc:00:01:%02x:%02x" % divmod(i, 256) for i in range(self.last - count, self.last)]

    def appear(self, node, addresses, vid=-1):
        """They say that they are there: gratuitous ARP."""
        for a in addresses:
            self.ends[node].send(gratuitous_arp(a, vid))

    def echo(self, a, a_node, b, b_node, kind, number):
        """One ICMP frame from a to b; whether it came."""
        frame, until = echo(a, b, kind, number), time.monotonic() + SLOW_S
        self.ends[a_node].send(frame)
        while select.select([self.ends[b_node]], [], [], max(0, until - time.monotonic()))[0]:
            if self.ends[b_node].recv(2000)[:len(frame)] == frame:
                return True
        return False

    def ping(self, a, a_node, b, b_node):
        self.pings = (self.pings + 1) & 0xffff
        return self.echo(a, a_node, b, b_node, REQUEST, self.pings) and self.echo(b, b_node, a, a_node, REPLY, self.pings)


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

    def stalled(self):
        return self.ask("seen")["silent_ms"] > 5000 * INTERVAL_S


# ---- steps ----

class Step:
    """Something that happens to clients of `node`; `before`: where they are at first, None: not there yet."""

    count, skip = 1, 0
    seen = ()  # kinds of frames that must be among those it takes
    unasked = None  # a node that no request for a table may reach

    def __init__(self, town, node, before=None):
        self.town, self.node, self.before, self.pool, self.used = town, node, before, [], []

    def ready(self):
        """Clients for one time; those that must be elsewhere before are fetched a few at once."""
        if len(self.pool) < self.count:
            self.pool = self.town.clients.new(self.count if not self.before else FEW * self.count)
            if self.before:
                self.town.clients.appear(self.before, self.pool)
                self.town.settle({(a, -1): self.before for a in self.pool})
        taken, self.pool = self.pool[:self.count], self.pool[self.count:]
        self.used += taken
        return taken

    def do(self, taken):
        self.town.clients.appear(self.node, taken)
        return {(a, -1): self.node for a in taken}

    def end(self):
        self.town.forget(self.used + self.pool)
        self.used, self.pool = [], []


class OneByOne(Step):
    """Two table versions in a row, so that a frame of the first may come after the second."""

    count = 2

    def do(self, taken):
        for a in taken:
            self.town.clients.appear(self.node, [a])
            time.sleep(1.5 * INTERVAL_S)
        return {(a, -1): self.node for a in taken}


class DiffsLost(Step):
    """A client comes, and no OGM with the diff arrives."""

    skip = 4
    seen = "diff request", "diff response"


class DiffsLostBehind(DiffsLost):
    """The node next to it has its table and answers in its place."""

    def __init__(self, town, node):
        super().__init__(town, node)
        self.unasked = node


class ManyCome(Step):
    """Their diff is too large for an OGM."""

    count = MANY

    def __init__(self, town, node):
        super().__init__(town, node)
        if node.kind == "k":  # a trama node takes a few new ones in an interval, and their diff fits
            self.seen = "diff request", "full response"

    def ready(self):
        self.end()
        return super().ready()


class Flaps(Step):
    """A client is heard at both ends in turn, oftener than they tell of it."""

    def do(self, taken):
        for _ in range(FLAPS):
            self.town.clients.appear(self.before, taken)
            time.sleep(0.4 * INTERVAL_S)
            self.town.clients.appear(self.node, taken)
            time.sleep(0.4 * INTERVAL_S)
        return {(a, -1): self.node for a in taken}


class Leaves(Step):
    """From a trama node; a kernel's bat0 has another address instead, for its clients go after 600 s only."""

    def ready(self):
        return [] if self.node.kind == "k" else super().ready()

    def do(self, taken):
        if self.node.kind == "t":
            self.town.leave(self.node, taken)
            return {(a, -1): None for a in taken}
        old = self.node.device_mac
        self.node.device_mac = old[:-4] + "%x" % (int(old[-4], 16) ^ 1) + old[-3:]
        self.node.shell.run("ip link set bat0 address " + self.node.device_mac)
        return {(old, -1): None, (self.node.device_mac, -1): self.node}


class Vlan(Step):
    """A VLAN appears with its first client. Of a kernel it is bat0's own, and goes the next time; of a trama node it is
    another one each time, for clients known from tagged frames stay 600 s."""

    def __init__(self, town, node):
        super().__init__(town, node)
        self.vid, self.there = VID, False

    def ready(self):
        return [self.town.base[self.node] if self.node.kind == "t" else self.node.device_mac]

    def do(self, taken):
        self.there = not self.there or self.node.kind == "t"
        if self.node.kind == "t":
            self.vid += 1
            self.town.clients.appear(self.node, taken, self.vid)
        elif self.there:
            self.node.shell.run("ip link add link bat0 name bat0.%d type vlan id %d" % (VID, VID))
        else:
            self.node.shell.run("ip link del bat0.%d" % VID)
        return {(taken[0], self.vid): self.node if self.there else None}


class Town:
    def __init__(self, kinds):
        self.wire = Wire()
        self.nodes = [Node(i + 1, kind) for i, kind in enumerate(kinds)]
        self.clients = Clients(self.nodes)
        self.base = dict(zip(self.nodes, self.clients.new(4)))

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
            self.settle({(a, -1): trama[0] for a in some})
            self.leave(trama[0], some)
            self.settle({(a, -1): None for a in some})

    def wrong(self, expected):
        found, places = differences(self.nodes)
        return misplaced(expected, places) + found

    def equal_after(self, expected, seconds):
        """(seconds until all agree, what is still wrong)"""
        begin, wrong = time.monotonic(), ["never looked"]
        while wrong and time.monotonic() - begin < seconds:
            time.sleep(INTERVAL_S / 5)
            wrong = self.wrong(expected)
        return time.monotonic() - begin, wrong

    def settle(self, expected):
        took, wrong = self.equal_after(expected, 60)
        if wrong:
            tap.note("not settled: " + "\n".join(wrong))
        wait_for(self.wire.is_quiet, 20)

    def show_up(self):
        """Those that stay, or bridges forget them."""
        for node, client in self.base.items():
            self.clients.appear(node, [client])

    def start(self):
        self.show_up()
        time.sleep(5)
        self.show_up()
        self.settle({(address, -1): node for node, address in self.base.items()})

    def pings(self, expected):
        """From a client at the other side to one of those concerned, and between two that are not."""
        n1, n2 = self.n(1), self.n(2)
        ends = [(self.base[n1], n1, self.base[n2], n2)]
        client, node = next(reversed(expected.items()))
        if node and client[0].startswith("02:cc") and client[1] < 0:
            other = n1 if node.number % 2 == 0 else n2
            ends.append((self.base[other], other, client[0], node))
        return ["no ping from %s at %s to %s at %s" % (a, an.name, b, bn.name)
                for a, an, b, bn in ends if not self.clients.ping(a, an, b, bn)]

    def once(self, step, action="none", k=0):
        """(seconds until all agreed, frames, what is wrong)"""
        self.show_up()
        taken = step.ready()
        self.wire.arm(action, k, step.skip)
        begin = time.monotonic()
        expected = step.do(taken)
        _, wrong = self.equal_after(expected, REPAIR_S + SLOW_S)
        took = time.monotonic() - begin
        if took > REPAIR_S + SLOW_S:
            wrong.append("only after %.1f s" % took)
        wrong += self.pings(expected)
        if not wait_for(self.wire.is_quiet, 10):
            wrong.append("no end of it: " + "; ".join(self.wire.frames(self.nodes)))
        frames = self.wire.frames(self.nodes)
        _, later = self.equal_after(expected, SLOW_S)
        if later:
            wrong += ["when it was quiet:"] + later
            self.settle(expected)
        return took, frames, wrong


def steps(town):
    n1, n2, n3, n4 = town.nodes
    for near, far in ((n1, n2), (n2, n1)):
        behind = n3 if near is n1 else n4
        yield "a client comes to %s" % near.name, Step(town, near)
        yield "one client and another come to %s" % near.name, OneByOne(town, near)
        yield "a client comes to %s, its diffs are lost" % near.name, DiffsLost(town, near)
        yield "a client comes to %s behind %s, its diffs are lost" % (behind.name, near.name), DiffsLostBehind(town, behind)
        yield "%d clients come to %s" % (MANY, near.name), ManyCome(town, near)
        yield "a client leaves %s" % near.name, Leaves(town, near, near)
        yield "a client walks from %s to %s" % (far.name, near.name), Step(town, near, far)
        yield "a client walks from %s to %s" % (near.name, behind.name), Step(town, behind, near)
        yield "a client flaps between %s and %s" % (far.name, near.name), Flaps(town, near, far)
        yield "a VLAN at %s" % near.name, Vlan(town, near)


def attempt(town, step, action="none", k=0):
    """once(), again where this machine had no time for one of the nodes."""
    for _ in range(ATTEMPTS):
        done = town.once(step, action, k)
        if not done[2] or not town.wire.stalled():
            break
        tap.note("stalled, once more: " + "; ".join(done[2]))
    return done


def each_frame(town, step, name, action, count):
    longest, bad = 0, []
    for k in range(count):
        took, frames, wrong = attempt(town, step, action, k)
        longest = max(longest, took)
        if VERBOSE:
            tap.note("%s %d: %.2f s, %s" % (action, k, took, "; ".join(frames)))
        if len(frames) <= step.skip + k:
            tap.note("%s %d: this time there were only %d frames" % (action, k, len(frames)))
        if wrong:
            bad += ["number %d of %s" % (k, "; ".join(frames))] + wrong
    tap.ok(not bad, "%s: each of %d frames %s, equal in %.1f s" % (name, count, action, longest), "\n".join(bad))


def main(kinds, wanted):
    town = Town(kinds)
    town.start()
    for name, step in steps(town):
        if wanted and not any(w in name for w in wanted):
            continue
        before = step.unasked and step.unasked.requests()
        took, frames, wrong = attempt(town, step)
        count = len(frames) - step.skip
        tap.note("; ".join(frames))
        tap.ok(not wrong and count > 0, "%s: equal in %.1f s" % (name, took), "\n".join(wrong))
        if step.seen:
            tap.ok(all(any(kind in f for f in frames) for kind in step.seen),
                   "%s: by %s" % (name, " and ".join(step.seen)), "; ".join(frames))
        if step.unasked:
            tap.equal(step.unasked.requests(), before, name + ": a node in between answers")
        for action in ACTIONS:
            each_frame(town, step, name, action, count)
        step.end()
    tap.done()


main(sys.argv[1:5], sys.argv[5:])
