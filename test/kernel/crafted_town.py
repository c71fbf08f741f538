# SPDX-License-Identifier: GPL-2.0-or-later
"""A node x of each kind between neighbours that are not there, who send it crafted packets.

        A, G behind A --- a - x - b --- B, F and H behind B         c: a port with nobody
                              |
                            client

x is n1 (kernel) and n2 (trama); the other ends of its ports are sN3 (a), sN4 (b), sN5 (c) and uN in this namespace.
"""

import collections
import select
import struct
import time

import batman
import crafted
import tt_tables
import tt_wire

SIDES = ("a", "b", "c", "client")
ENDS = ("s%d3.29", "s%d4.29", "s%d5.29", "u%d")
QUIET_S = 0.02  # once x has answered what came last, nothing more comes after that
ANSWER_S = 5
PROBE, PING = 0xee, 0x77  # uid of our ICMP packets: the last ones of a case, and those that a case is about
WANT_ALL = crafted.container(0x06, b"\x07\0\0\0", 2)  # multicast

A, G, B, F, H = ("02:0%s:00:00:00:0%d" % end for end in (("a", 1), ("a", 2), ("b", 1), ("b", 2), ("b", 3)))
NOBODY, STRANGE = "02:0e:00:00:00:01", "02:0e:00:00:00:02"
CLIENT_A, CLIENT_B, CLIENT_F = "02:ca:00:00:00:01", "02:cb:00:00:00:01", "02:cb:00:00:00:02"
SHARED = "02:cb:00:00:00:03"  # a client of F and H
CLIENT, WALKER, NEIGHBOUR = "02:cc:00:00:00:01", "02:cc:00:00:00:02", "02:cc:00:00:00:03"  # of x
NAMES = {A: "A", G: "G", B: "B", F: "F", H: "H", NOBODY: "nobody", STRANGE: "strange", CLIENT_A: "client-A",
         CLIENT_B: "client-B", CLIENT_F: "client-F", CLIENT: "client", WALKER: "walker", NEIGHBOUR: "neighbour"}


class Originator:
    """A node that is not there; by: the neighbour that it is behind."""

    def __init__(self, mac, side, by=None, clients=(), tq=225):
        self.mac, self.side, self.by, self.tq = mac, side, by, tq
        self.seqno, self.ttvn, self.clients = 1000, 0, []
        self.change([(0, c, 0) for c in clients])

    def change(self, changes):
        """(flags, MAC, VID) of each client, in the next version of its table."""
        self.changes = changes
        if changes:
            self.ttvn += 1
        self.clients = [c for c in self.clients if c not in [(mac, vid) for _, mac, vid in changes]] + \
            [(mac, vid) for flags, mac, vid in changes if not flags & crafted.DEL]

    def table(self, flags, changes=()):
        return crafted.table(flags, self.ttvn, crafted.checksums(self.clients), changes)

    def ogm(self, first=b""):
        """first: containers before its own"""
        self.seqno += 1
        tvlvs = first + self.table(crafted.DIFF, self.changes) + WANT_ALL if self.ttvn else b""
        if not self.by:
            return crafted.ogm(self.mac, self.seqno, tvlvs=tvlvs)
        return crafted.ogm(self.mac, self.seqno, ttl=49, tq=self.tq, tvlvs=tvlvs)


class Node:
    """x of one kind."""

    def __init__(self, kind, number, others):
        self.kind, self.number, self.others, self.sockets = kind, number, others, {}
        self.ports, self.mac, self.own, self.ttvn, self.ogms = {}, None, None, 0, 0  # as heard from it
        self.seen, self.answered, self.last = [], set(), 0
        for side, end in zip(SIDES, ENDS):
            self.sockets[side] = tt_wire.open_end(end % number)

    # -- what we say --

    def send(self, side, frame):
        self.sockets[side].send(frame)

    def by(self, side, packet, src=None, dst=None):
        """(side, a frame with that packet from the neighbour there)"""
        return side, crafted.ethernet(dst or self.ports[side], src or {"a": A, "b": B}[side], packet)

    def flood(self, side, packet, src=None):
        return self.by(side, packet, src, crafted.BROADCAST)

    # -- what it says --

    def name(self, mac):
        ports = {port: "x" + side for side, port in self.ports.items()}
        return "x" if mac == self.mac else ports.get(mac) or NAMES.get(mac, mac)

    def table(self):
        return tt_tables.Kernel(self.number) if self.kind == "kernel" else tt_tables.Trama(self.number)

    def version(self, mac):
        return self.ttvn if mac == self.mac else self.others[mac].ttvn if mac in self.others else 0

    def echo(self, side, p):
        """Its OGM comes back from those on that wire: links are good in both directions."""
        back = crafted.ogm(p["orig"], p["seqno"], p["ttl"] - 1, p["tq"] * 225 // 255, flags=batman.DIRECTLINK)
        for o in self.others.values():
            if o.side == side and not o.by:
                self.send(*self.flood(side, back, o.mac))

    def hear_ogm(self, side, p):
        if p["orig"] == p["src"]:
            self.ports[side] = p["src"]
            self.echo(side, p)
        if p["prev_sender"] == p["orig"] and p["ttl"] == crafted.TTL:
            self.mac = p["orig"]
            self.ogms += 1
            for kind, _, value in p["tvlvs"]:
                if kind == batman.TVLV_TT:
                    self.ttvn = value[1]
                elif kind == batman.TVLV_TRAMA:
                    self.own = batman.mac(value[16:22])

    def hear(self, side, frame):
        concerns = crafted.MARK in frame
        if side == "client":
            if concerns:
                self.note(side, self.tag(frame), frame)
            return
        for p in batman.packets(frame):
            if p["kind"] == "icmp" and p["uid"] == PROBE:
                self.answered.add((side, p["seqno"]))
                self.last = time.monotonic()
            elif p["kind"] == "ogm" and p["orig"] != STRANGE:
                self.hear_ogm(side, p)
            elif concerns or p["kind"] in ("ogm", "icmp", "tvlv"):
                self.note(side, crafted.words(p, self.name, self.version), self.plain(p, frame))

    def tag(self, frame):
        kind, tci = struct.unpack(">HH", frame[12:16])
        return " tag %04x" % tci if kind == crafted.VLAN else ""

    def note(self, side, text, plain):
        self.seen.append((side, text, plain))
        self.last = time.monotonic()

    def plain(self, p, frame):
        """Its bytes without what may differ."""
        if p["kind"] == "ogm":
            return p["tvlvs"], p["reserved"], p["flags"]  # of several in a frame; the quality has its own test
        if p.get("source") == self.mac:
            return None  # its own table
        if p.get("orig") == self.mac and p["kind"] == "frag":
            frame = frame[:30] + frame[32:]  # its own number
        elif p.get("orig") == self.mac and p["kind"] == "bcast":
            frame = frame[:18] + frame[22:]
        for mac in [self.mac, *self.ports.values()]:
            frame = frame.replace(crafted.raw(mac), self.name(mac).encode().ljust(6))
        return frame

    def outcome(self):
        """(words, bytes), each in order, side for side."""
        texts, plain = collections.defaultdict(list), []
        for side in SIDES:
            for _, text, data in (s for s in self.seen if s[0] == side):
                texts[side].append(text)
                plain.append((side, data))
        # what came to a client by two ports may have been seen in either order
        plain.sort(key=lambda p: (p[0], p[1] if p[0] == "client" else b""))
        counted = {"client": lambda t: "client" + (" x%d" % len(t) if len(t) > 1 else "") + "".join(sorted(set(t)))}
        return "; ".join(counted.get(side, lambda t, side=side: side + " " + ", ".join(t))(t) for side, t in texts.items()), plain


class Case:
    """frames(x): [(side, frame)]; out: what x does, the same for both kinds or for each; late_s: OGMs wait for company;
    aligned: begins just after an OGM of x, so that the next one is far; in_turn: each frame waits until x is done with the
    one before."""

    def __init__(self, name, frames, out=None, kernel=None, trama=None, late_s=0, aligned=False, in_turn=False):
        self.name, self.frames, self.late_s, self.aligned, self.in_turn = name, frames, late_s, aligned, in_turn
        self.same = out is not None
        self.out = {"kernel": out, "trama": out} if self.same else {"kernel": kernel, "trama": trama}

    def wrong(self, town):
        """What is not as it should be, in lines."""
        got = town.play(self)
        if not got:
            return "no answer"
        why = ["%s: %s\nexpected: %s" % (kind, text or "nothing", self.out[kind] or "nothing")
               for kind, (text, _) in got.items() if text != self.out[kind]]
        if not why and self.same and got["kernel"][1] != got["trama"][1]:
            why = ["%s, %s: %s" % (kind, side, data.hex() if isinstance(data, bytes) else data)
                   for kind, (_, plain) in got.items() for side, data in plain]
        return "\n".join(why)


class Look:
    """wanted: what find(rows) makes of x's table of others' clients, of both kinds."""

    def __init__(self, name, find, wanted):
        self.name, self.find, self.wanted = name, find, wanted

    def wrong(self, town):
        found = {x.kind: self.find(x.table().others()) for x in town.nodes}
        return "\n".join("%s: %s\nexpected: %s" % (kind, rows, self.wanted)
                         for kind, rows in found.items() if rows != self.wanted)


class Town:
    def __init__(self, interval_s):
        self.others, self.number, self.interval_s = {}, 0, interval_s
        self.nodes = [Node("kernel", 1, self.others), Node("trama", 2, self.others)]

    def pump(self, seconds, done=lambda: False):
        """Hears what comes for that long, or until done()."""
        until = time.monotonic() + seconds
        ends = {s: (x, side) for x in self.nodes for side, s in x.sockets.items()}
        while not done() and time.monotonic() < until:
            for s in select.select(list(ends), [], [], max(0, min(QUIET_S, until - time.monotonic())))[0]:
                x, side = ends[s]
                x.hear(side, tt_wire.receive(s)[0])
        return done()

    def say(self, *originators):
        """Their next OGMs."""
        for o in originators:
            packet = o.ogm()
            for x in self.nodes:
                x.send(*x.flood(o.side, packet, o.by or o.mac))

    def announce(self, originator, changes):
        originator.change(changes)
        self.say(originator)
        self.settle()

    def join(self, *originators):
        for o in originators:
            self.others[o.mac] = o
        for _ in range(12):
            self.say(*originators)
            self.pump(self.interval_s)

    def inner(self, dst, src, **more):
        return crafted.inner(dst, src, self.number, **more)

    def ask(self, *nodes):
        """Until they have heard what they were told. False: one of them does not answer."""
        self.number += 1
        answers = {(side, self.number) for side in "ab"}
        for x in nodes:
            for side, asker in (("a", A), ("b", B)):
                x.send(*x.by(side, crafted.icmp(crafted.ECHO_REQUEST, x.mac, asker, PROBE, self.number)))
        return self.pump(ANSWER_S, lambda: all(answers <= x.answered for x in nodes))

    def settle(self, *nodes):
        """Until they have done it, too."""
        nodes = nodes or self.nodes
        answered = self.ask(*nodes)
        return self.pump(ANSWER_S, lambda: all(time.monotonic() - x.last > QUIET_S for x in nodes)) and answered

    def begin(self, x, case):
        if case.aligned:
            ogms = x.ogms
            self.pump(10 * self.interval_s, lambda: x.ogms > ogms)
        x.seen = []
        for side, frame in case.frames(x):
            x.send(side, frame)
            if case.in_turn:
                self.ask(x)

    def play(self, case):
        """{kind: (words, bytes)}, or None: a node does not answer."""
        found = {}
        for group in [[x] for x in self.nodes] if case.aligned else [self.nodes]:
            for x in group:
                self.begin(x, case)
            if not self.settle(*group):
                return None
            self.pump(case.late_s)
            found.update({x.kind: x.outcome() for x in group})
        return found
