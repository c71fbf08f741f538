# SPDX-License-Identifier: GPL-2.0-or-later
"""What a node of B.A.T.M.A.N. IV must forward, computed from what came in and from its own OGMs.

    model = Model({"l12": "02:..", "l23": "02:.."}, "k") # ports and their MACs, the primary port first; kind of the node
                                                         # and, as a third argument, which of the ports are wireless
    for at, port, packet in ...: model.packet(at, port, packet)
    model.forwarded             # [{"at", "in", "port", "orig", "seqno", "prev_sender", "ttl", "flags", "tq": [one per look]}]

Written from the protocol (see doc/batman-adv.md), not from the engine that it judges; the same model is asked about
kernel nodes, so that its own mistakes show. Without purging: for captures of some minutes.
"""

from batman import DIRECTLINK, NOT_BEST_NEXT_HOP

WINDOW, RING, TQ_MAX, HOP_PENALTY = 64, 5, 255, 30
SEQNO_RANGE, PROTECTION_S = 65536, 30
LATER_MAX = 3  # own OGMs that a node may have counted between hearing a frame and looking at it
NO_DUP, ORIG_DUP, NEIGH_DUP, PROTECTED = range(4)
DEFAULT = None  # the table that unicast follows; it comes first, and nothing is passed on by it


def signed32(x):
    return (x + 0x80000000) % 0x100000000 - 0x80000000


class Window:
    """The last 64 sequence numbers; bit 0 is the newest."""

    def __init__(self):
        self.bits = 0

    def has(self, last, seqno):
        return bool(0 <= signed32(last - seqno) < WINDOW and self.bits >> signed32(last - seqno) & 1)

    def advance(self, diff, mark):
        """True when it moved."""
        if -WINDOW < diff <= 0:
            self.bits |= mark << -diff
            return False
        moved = self.bits << diff if 0 < diff < WINDOW else 0
        self.bits = (moved | mark) & (1 << WINDOW) - 1
        return True

    def count(self):
        return self.bits.bit_count()


class Way:
    """To one originator by one neighbour, as one outgoing port counts it."""

    def __init__(self):
        self.window, self.ring, self.index, self.average = Window(), [0] * RING, 0, 0

    def push(self, tq):
        self.ring[self.index] = tq
        self.index = (self.index + 1) % RING
        used = [v for v in self.ring if v]
        self.average = sum(used) // len(used) if used else 0

    def newest(self):
        return self.ring[self.index - 1]


class Table:
    """An originator, as one outgoing port counts it, or as the default table does."""

    def __init__(self):
        self.last, self.last_ttl, self.reset_at = 0, 0, None
        self.router = None  # (neighbour, port)
        self.ways = {}  # (neighbour, port) -> Way


class Originator:
    def __init__(self, ports):
        self.neighbours = []  # [(neighbour, port)] in the order they came
        self.heard_of = False  # by an OGM of its own, of which a kernel counts echoes only then
        self.tables = {out: Table() for out in (DEFAULT, *ports)}
        self.echoes = {port: Window() for port in ports}  # our own OGMs that it sent back


class Model:
    def __init__(self, ports, kind, wireless=()):
        self.macs, self.ports, self.kind, self.wireless = ports, list(ports), kind, wireless
        self.own = set(ports.values())
        self.originators = {}
        self.sent = {}  # port -> last own sequence number there
        self.forwarded = []

    def originator(self, address):
        return self.originators.setdefault(address, Originator(self.ports))

    def packet(self, at, port, p):
        if p["kind"] != "ogm":
            return
        if p["src"] in self.own:
            self._own(port, p)
        elif p["orig"] in self.own:
            self._echo(port, p)
        elif p["prev_sender"] not in self.own and not p["flags"] & NOT_BEST_NEXT_HOP:
            for out in (DEFAULT, *self.ports):
                self._process(at, port, out, dict(p))

    def _own(self, port, p):
        if not p["src"] == p["orig"] == p["prev_sender"] == self.macs[port]:
            return  # passed on, or heard from another port of ours on the same wire
        for o in self.originators.values():
            o.echoes[port].advance(1, 0)
        self.sent[port] = p["seqno"]

    def _echo(self, port, p):
        if not p["flags"] & DIRECTLINK or p["orig"] != self.macs[port]:
            return
        age, o = signed32(self.sent.get(port, p["seqno"] - 1) - p["seqno"]), self.originators.get(p["src"])
        if self.kind == "t" or o and o.heard_of:  # see doc/batman-adv.md
            self.originator(p["src"]).echoes[port].bits |= 1 << age if 0 <= age < WINDOW else 0

    def _count(self, at, o, table, port, p):
        """Marks the sequence number; says what kind of duplicate it is."""
        o.heard_of = True
        diff, kind, moved = signed32(p["seqno"] - table.last), NO_DUP, False
        if o.neighbours and (diff <= -WINDOW or diff >= SEQNO_RANGE):
            if table.reset_at is not None and at - table.reset_at < PROTECTION_S:
                return PROTECTED
            table.reset_at = at
        for way_key in o.neighbours:
            way = table.ways.setdefault(way_key, Way())
            same, had = way_key == (p["src"], port), way.window.has(table.last, p["seqno"])
            if had:
                kind = NEIGH_DUP if same or kind == NEIGH_DUP else ORIG_DUP
            moved |= way.window.advance(diff, int(same))
        if moved:
            table.last = p["seqno"]
        return kind

    def _tq(self, sender, port, out, tq):
        """What the link to that neighbour leaves of a TQ: [now, were it looked at after one more own OGM, two more].
        The neighbour is noted as one of itself."""
        key = (sender[0], port)
        if key not in sender[1].neighbours:
            sender[1].neighbours.append(key)
        received = sender[1].tables[out].ways.setdefault(key, Way()).window.count()
        asymmetry = TQ_MAX - TQ_MAX * (WINDOW - received) ** 3 // WINDOW ** 3
        found, interface = [], TQ_MAX
        if port == out and port in self.wireless:
            interface = TQ_MAX * (TQ_MAX - HOP_PENALTY) // TQ_MAX
        for later in range(LATER_MAX + 1):
            echoes = sender[1].echoes[port].bits << later & (1 << WINDOW) - 1
            echoed = min(received, echoes.bit_count())
            own = TQ_MAX * echoed // received if echoed else 0
            found.append(tq * own * asymmetry * interface // TQ_MAX ** 3)
        return found

    def _rank(self, o, table, port, p, kind):
        key = (p["src"], port)
        if kind == NO_DUP:
            for other in o.neighbours:
                if other != key and other in table.ways:
                    table.ways[other].push(0)
            table.last_ttl = p["ttl"]
        if key not in o.neighbours:
            o.neighbours.append(key)
        way = table.ways.setdefault(key, Way())
        way.push(p["tq"])
        if table.router == key:
            return
        if table.router:
            used = table.ways[table.router]
            if used.average > way.average:
                return
            if used.average == way.average and self._echoes(table.router) >= self._echoes(key):
                return
            if self.kind == "t" and used.window.has(table.last, p["seqno"]) and used.newest() > way.newest():
                return  # the same OGM came better by the way in use: see doc/batman-adv.md
        table.router = key

    def _echoes(self, key):
        return self.originator(key[0]).echoes[key[1]].count()

    def _process(self, at, port, out, p):
        o, direct = self.originator(p["orig"]), p["src"] == p["orig"]
        table = o.tables[out]
        kind = self._count(at, o, table, port, p)
        if kind == PROTECTED or p["tq"] == 0:
            return
        router = table.router
        second = self.originator(router[0]).tables[out].router if router else None
        best = bool(router and table.ways[router].average and router[0] == p["src"])
        if (router and second and router[0] == p["prev_sender"] != p["orig"] and router[0] == second[0]):
            return  # a loop
        if not direct and not self.originator(p["src"]).tables[out].router:
            return
        looks = self._tq((p["src"], self.originator(p["src"])), port, out, p["tq"])
        p["tq"] = looks[0]
        same, similar = table.last == p["seqno"], table.last_ttl - 3 <= p["ttl"]
        if p["tq"] and (kind == NO_DUP or (same and similar)):
            self._rank(o, table, port, p, kind)
        if out is DEFAULT or (direct and p["ttl"] <= 2 and port != out):
            return
        if direct or (p["tq"] and kind != NEIGH_DUP):
            self._forward(at, port, out, p, looks, direct, best)

    def _forward(self, at, port, out, p, looks, direct, best):
        if p["ttl"] <= 1 or not (best or direct):
            return
        flags = p["flags"] & ~(DIRECTLINK | NOT_BEST_NEXT_HOP)
        flags |= NOT_BEST_NEXT_HOP if not best else 0
        flags |= DIRECTLINK if direct and port == out else 0
        self.forwarded.append({"at": at, "in": port, "port": out, "orig": p["orig"], "seqno": p["seqno"],
                               "flags": flags, "ttl": p["ttl"] - 1, "prev_sender": p["src"],
                               "tq": [tq * (TQ_MAX - HOP_PENALTY) // TQ_MAX for tq in looks]})
