# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to the clients of tt_loss.py: for name, step in steps(town): ..."""

import os
import time

from tt_nodes import UNTAGGED
from town import wait_for

INTERVAL_S = int(os.environ["INTERVAL"]) / 1000
ACTIONS = ("lost", "late", "twice", "swapped")
FEW, MANY = 20, 80  # whose diff an OGM can carry, or not, even if a late machine makes two of it
CROWD = 150  # whose table one frame cannot hold
FLAPS = 3  # with the walks behind them fewer than a node may advertise in 20 s, or nobody tells of the last one
SETTLED = 4  # intervals, until what two nodes say of a client has reached both
PORTS_S = 20  # at most until a node that starts has its ports
VERSION_S = 5  # at most until a client has made a new version
VID = 5  # of clients that walk; other VLANs come and go
VLANS = 24  # of them at a time: a trama node has room for 32


def diff(node):
    return "diff of n%d" % node.number


class Step:
    """Something that happens to clients of `node`; `before`: where they are at first, None: not there yet."""

    count, skip, vid, actions = 1, 0, UNTAGGED, ACTIONS
    unasked = None  # a node that no request for a table may reach
    starts = False  # do() ends when a node that was away is there again
    speaks_again = False  # once more, when the tables are not right

    def __init__(self, town, node, before=None):
        self.town, self.node, self.before, self.pool, self.used = town, node, before, [], []
        self.seen = self.kinds()

    def kinds(self):
        """Those of frames that must be among the ones it takes, each time."""
        return tuple(dict.fromkeys(diff(n) for n in (self.node, self.before) if n))

    def among_kernels(self):
        """Trama nodes only look on."""
        return bool(self.before) and {self.node.kind, self.before.kind} == {"k"}

    def fresh(self):
        """Clients that nothing has happened to."""
        return self.town.clients.new(self.count if not self.before else FEW * self.count)

    def ready(self):
        """Clients for one time; those that must be elsewhere before are fetched a few at once."""
        if len(self.pool) < self.count:
            self.pool = self.fresh()
            if self.before:
                self.town.clients.appear(self.before, self.pool, self.vid)
                self.town.settle({(a, self.vid): self.before for a in self.pool})
        taken, self.pool = self.pool[:self.count], self.pool[self.count:]
        self.used += taken
        return taken

    def do(self, taken):
        self.town.clients.appear(self.node, taken, self.vid)
        return {(a, self.vid): self.node for a in taken}

    def end(self):
        self.town.forget(self.used + self.pool)
        self.used, self.pool = [], []


class OneByOne(Step):
    """Two table versions in a row, so that a frame of the first may come after the second."""

    count = 2

    def do(self, taken):
        for a in taken:
            before = self.node.tables.version()
            self.town.clients.appear(self.node, [a])
            wait_for(lambda: self.node.tables.version() != before, VERSION_S, INTERVAL_S / 10)
        return {(a, UNTAGGED): self.node for a in taken}


class TwoDiffsLost(OneByOne):
    """No OGM with one of the two diffs arrives: only the whole table helps."""

    skip = 5  # one OGM of the first version at least, and four of the second

    def kinds(self):
        return "full request", "full response"


class Fragments(TwoDiffsLost):
    """The whole table is too large for a frame."""

    def __init__(self, town, node):
        super().__init__(town, node)
        self.crowd = []

    def kinds(self):
        return "full request", "fragment of a response"

    def ready(self):
        while len(self.crowd) < CROWD:
            self.crowd += self.town.clients.new(FEW)
            self.town.clients.appear(self.node, self.crowd[-FEW:])
            self.town.settle({(a, UNTAGGED): self.node for a in self.crowd})
        self.town.clients.appear(self.node, self.crowd)  # or the bridge forgets them
        return super().ready()

    def end(self):
        self.used += self.crowd
        super().end()


class DiffsLost(Step):
    """A client comes, and no OGM with the diff arrives."""

    skip = 4

    def kinds(self):
        return "diff request", "diff response"


class DiffsLostBehind(DiffsLost):
    """The node next to it has its table and answers in its place."""

    def __init__(self, town, node):
        super().__init__(town, node)
        self.unasked = node


class ManyCome(Step):
    """Their diff is too large for an OGM."""

    count = MANY

    def kinds(self):
        """A trama node takes a few new ones in an interval, and their diff fits."""
        return ("diff request", "full response") if self.node.kind == "k" else ("ogm",)

    def ready(self):
        self.end()
        return super().ready()


class Walks(Step):
    """From a node on the other side of the wire."""

    def kinds(self):
        return ("advertisement of n%d" % self.node.number,) + super().kinds()


class Flaps(Walks):
    """A client is heard at both ends in turn, oftener than they tell of it, then walks to and fro once. What is told at first
    may be wrong, among kernels too: two nodes that heard it may each leave it to the other, and a kernel announces a client
    that is back before it was withdrawn with the flag ROAM, for which other kernels forget who else announces it. So may what
    a frame tells that comes late: an answer of before makes a node give up a client, which is nobody's until it speaks."""

    speaks_again = True

    def do(self, taken):
        for _ in range(FLAPS):
            self.town.clients.appear(self.before, taken, self.vid)
            time.sleep(0.4 * INTERVAL_S)
            self.town.clients.appear(self.node, taken, self.vid)
            time.sleep(0.4 * INTERVAL_S)
        for node in self.before, self.node:
            time.sleep(SETTLED * INTERVAL_S)
            self.town.clients.appear(node, taken, self.vid)
        return super().do(taken)


class Tagged(Walks):
    """Clients in a VLAN, the same ones again and again: they cannot be made to leave."""

    vid = VID

    def ready(self):
        self.town.tag()
        return super().ready()

    def fresh(self):
        again, self.used = self.used, []
        return again or super().fresh()

    def end(self):
        pass


class TaggedCrowd(Tagged):
    """All at once, there and back: their old node withdraws them when it has heard of all, or their new one, a kernel, asks
    for its table in between and loses the rest."""

    count, actions = FEW, ()

    def kinds(self):
        """Their diffs may be too large for an OGM."""
        return ("advertisement of n%d" % self.node.number,)

    def fresh(self):
        again, self.used = self.used, []
        return again or self.town.clients.new(self.count)


class TaggedFlaps(Tagged, Flaps):
    pass


class Leaves(Step):
    """From a trama node; a kernel's bat0 has another address instead, for its clients go after 600 s only."""

    def ready(self):
        return [] if self.node.kind == "k" else super().ready()

    def do(self, taken):
        if self.node.kind == "t":
            self.town.leave(self.node, taken)
            return {(a, UNTAGGED): None for a in taken}
        old = self.node.device_mac
        self.node.device_mac = old[:-4] + "%x" % (int(old[-4], 16) ^ 1) + old[-3:]
        self.node.shell.run("ip link set bat0 address " + self.node.device_mac)
        return {(old, UNTAGGED): None, (self.node.device_mac, UNTAGGED): self.node}


class Vlan(Step):
    """A VLAN appears with its first client. Of a kernel it is bat0's own, and goes the next time; of a trama node it is
    another one each time, for clients known from tagged frames stay 600 s, or until their untagged one leaves."""

    def __init__(self, town, node):
        super().__init__(town, node)
        self.vid, self.there = VID + 1, False

    def ready(self):
        if self.node.kind == "k":
            return [self.node.device_mac]
        if len(self.used) == VLANS:
            self.end()
        return [self.town.base[self.node]]

    def do(self, taken):
        self.there = not self.there or self.node.kind == "t"
        if self.node.kind == "t":
            self.vid += 1
            self.used.append(self.vid)
            self.town.clients.appear(self.node, taken, self.vid)
        else:
            self.node.vlan("add" if self.there else "del", self.vid)
        return {(taken[0], self.vid): self.node if self.there else None}

    def end(self):
        client = self.town.base[self.node]
        if self.used:
            self.town.leave(self.node, [client])
            self.town.settle({(client, vid): None for vid in [UNTAGGED] + self.used})
            self.town.start()
        self.used = []


class Starts(Step):
    """A node is started again and knows nobody. A trama node is the one of before, whose table others have, and begins with
    version 1. A kernel has other addresses and nobody knows it: its sequence numbers are new, and others believe one jump of
    them in 30 s."""

    starts = True

    def __init__(self, town, node, far):
        self.far, self.times = far, 0
        super().__init__(town, node)

    def kinds(self):
        asks = self.node, self.far if self.node.kind == "t" else self.node
        return ("ogm 1 with diff of n%d" % self.node.number,) + tuple(
            kind % n.number for n in dict.fromkeys(asks) for kind in ("full request of n%d", "full response to n%d"))

    def ready(self):
        self.times += 1
        self.node.down()
        if self.node.kind == "k":
            self.node.rename(self.times)
        return self.town.clients.new(1)

    def do(self, taken):
        self.node.up()
        wait_for(lambda: not self.town.wire.lacks(self.seen[:1], self.town.nodes), PORTS_S)
        (client,) = taken
        self.town.base[self.node] = client

        def is_heard():
            self.town.clients.appear(self.node, taken)
            return any(row.address == client for row in self.node.tables.local())
        wait_for(is_heard, PORTS_S, INTERVAL_S)
        return {(client, UNTAGGED): self.node}

    def end(self):
        pass


def steps(town):
    n1, n2, n3, n4 = town.nodes
    both = (n1, n2), (n2, n1)
    for near, far in both:
        behind = n3 if near is n1 else n4
        yield "a client comes to %s" % near.name, Step(town, near)
        yield "one client and another come to %s" % near.name, OneByOne(town, near)
        yield "two clients come to %s, their diffs are lost" % near.name, TwoDiffsLost(town, near)
        yield "a client comes to %s, its diffs are lost" % near.name, DiffsLost(town, near)
        yield "a client comes to %s behind %s, its diffs are lost" % (behind.name, near.name), DiffsLostBehind(town, behind)
        yield "%d clients come to %s" % (MANY, near.name), ManyCome(town, near)
        yield "a client leaves %s" % near.name, Leaves(town, near, near)
        yield "a client walks from %s to %s" % (far.name, near.name), Walks(town, near, far)
        yield "a client walks from %s to %s" % (near.name, behind.name), Step(town, behind, near)
        yield "a client flaps between %s and %s" % (far.name, near.name), Flaps(town, near, far)
        yield "a VLAN at %s" % near.name, Vlan(town, near)
        yield "the table of %s in fragments" % near.name, Fragments(town, near)
        yield "%s starts" % near.name, Starts(town, near, far)
    for near, far in both:  # last, for their clients leave 600 s later
        yield "a tagged client walks from %s to %s" % (far.name, near.name), Tagged(town, near, far)
        yield "a crowd of tagged clients walks from %s to %s" % (far.name, near.name), TaggedCrowd(town, near, far)
        yield "a tagged client flaps between %s and %s" % (far.name, near.name), TaggedFlaps(town, near, far)
