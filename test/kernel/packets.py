#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""packets.py [CHAPTER...]: what a node of the kernel's batman-adv and a trama node make of crafted packets.

The nodes and their neighbours are in crafted_town.py. Each case is a name, the frames, and what x does with them in the
words of crafted.py; where both kinds do the same, the bytes must be the same too, but for x's addresses and what it counts
itself. Where they do not, doc/batman-adv.md says why.
"""

import os
import sys
import time
from pathlib import Path

import batman
import crafted
from crafted import BROADCAST, DEL, DIFF, ECHO_REPLY, ECHO_REQUEST, FULL, REQUEST, RESPONSE, ROAM, TAGGED, TTL_EXCEEDED
from crafted_town import (A, B, CLIENT, CLIENT_A, CLIENT_B, CLIENT_F, F, G, H, NAMES, NEIGHBOUR, NOBODY, PING, SHARED,
                          STRANGE, WALKER, Case, Look, Originator, Town)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))
from town import Tap, wait_for  # noqa: E402

INTERVAL_S = int(os.environ["INTERVAL"]) / 1000
OGM_LATE_S = 0.3  # aggregation, jitter, and a slow machine
SETTLED_S = 3 * INTERVAL_S  # a kernel builds its OGMs one interval before
READY_S = 60
QUALITIES = 5  # of a way, whose average counts
NEWS_S = 10  # a diff that has a client of ours is not older than its frames, then
LATE_S = 8  # that a fragment may be
FORGOTTEN_S = 11.5  # originators that are silent and fragments that are alone, after 10 s and a look at them
VID, OTHER_VID = 5, 6  # which the kernel's bat0 has
PRIORITY = 5 << 13  # a tag without a VLAN
TEMP = 0x800  # of a client that is known from a frame only


def unicast(t):
    """Of clients' frames, with the version of B's table, or x's, that their sender knows."""
    b = t.others[B]

    def case(name, client, *args, dest=None, off=0, side="a", tag=None, **more):
        src = {"a": CLIENT_A, "b": CLIENT_B}[side]
        return Case(name, lambda x: [x.by(side, crafted.unicast(
            dest or x.mac, x.version(dest or x.mac) + off, t.inner(client, src, tag=tag)))], *args, **more)

    yield case("to it", CLIENT, "client")
    yield case("to it, with a priority tag", CLIENT, "client tag a000", tag=PRIORITY)
    yield case("to it, old version", CLIENT, "client", off=-1)
    yield case("to it, for nobody", NOBODY, "client")
    yield case("to it, old version, for nobody", NOBODY, "", off=-1)
    yield case("to it, old version, client at B", CLIENT_B, "b unicast 49 to B +0", off=-1)
    yield case("to it, old version, client at B, with a priority tag", CLIENT_B, off=-1, tag=PRIORITY,
               kernel="", trama="b unicast 49 to B +0")
    yield case("to it, old version, client behind B", CLIENT_F, "b unicast 49 to F +0", off=-1)
    yield case("to it, old version, client where it came from", CLIENT_A, "a unicast 49 to A +0", off=-1)
    yield case("to it, old version, to a group", BROADCAST, "client", off=-1)
    yield case("past it", CLIENT_B, "b unicast 49 to B +0", dest=B)
    yield case("past it, newer version than known", CLIENT_B, "b unicast 49 to B +5", dest=B, off=5)
    yield case("past it, to a node behind A", CLIENT_A, "a unicast 49 to G +0", dest=G, side="b")
    yield case("past it, old version", CLIENT_B, dest=B, off=-1, kernel="", trama="b unicast 49 to B +0")
    yield case("past it, old version, client at it", CLIENT, "client", dest=B, off=-1)
    yield case("past it, old version, client at another node", CLIENT_F, "b unicast 49 to F +0", dest=B, off=-1)
    yield case("past it, old version, client where it came from", CLIENT_A, "a unicast 49 to A +0", dest=B, off=-1)
    yield case("past it, old version, for nobody", NOBODY, "", dest=B, off=-1)
    yield case("past it, old version, to a group", BROADCAST, "b unicast 49 to B -1", dest=B, off=-1)
    yield case("past it, to an unknown node", NOBODY, "", dest=NOBODY)
    yield case("past it, back to the neighbour that sends it", CLIENT_A, dest=A, kernel="a unicast 49 to A +0", trama="")

    def whole(): return crafted.unicast(B, b.ttvn, t.inner(CLIENT_B, CLIENT_A))
    yield Case("to another port of it", lambda x: [x.by("a", crafted.unicast(x.ports["b"], x.ttvn, t.inner(CLIENT, CLIENT_A)))],
               "client")
    yield Case("in a frame to somebody else", lambda x: [x.by("a", whole(), dst=NOBODY)], "")
    yield Case("in a frame to all", lambda x: [x.flood("a", whole())], "")


def four_addresses(t):
    b = t.others[B]
    kinds = {1: "data", 2: "DHT get", 3: "DHT put", 4: "DHT answer"}

    def past(subtype, ttvn, client): return lambda x: [
        x.by("a", crafted.four(B, ttvn, A, subtype, t.inner(client, CLIENT_A)))]

    def to(subtype, client): return lambda x: [
        x.by("b", crafted.four(x.mac, x.ttvn, F, subtype, t.inner(CLIENT, client)))]
    for subtype, name in kinds.items():
        yield Case(name + " past it", past(subtype, b.ttvn, CLIENT_B), "b 4addr 49 to B +0 type %d" % subtype)
    yield Case("old version, client elsewhere", past(1, b.ttvn - 1, CLIENT_F), "b 4addr 49 to F +0 type 1")
    for subtype, name in kinds.items():
        new = "02:cb:00:00:01:0%d" % subtype
        yield Case("%s of a new client to it" % name, to(subtype, new), "client")
        yield Case("which is known then" if subtype == 1 else "which tells nothing of it",
                   lambda x, new=new: [("client", t.inner(new, CLIENT))], "b unicast 50 to F +0" if subtype == 1 else "")
    yield from known_from_a_frame(t, t.others[F], to)
    new, packet = "02:cb:00:00:01:05", t.others[F].ogm()
    yield Case("data of a new client in a VLAN to it", lambda x: [
        x.by("b", crafted.four(x.mac, x.ttvn, F, 1, t.inner(CLIENT, new, tag=VID)))], "client tag 0005")
    yield Case("which is known there then", lambda x: [("client", t.inner(new, CLIENT, tag=VID))], "b unicast 50 to F +0")
    yield Case("but not without a VLAN", lambda x: [("client", t.inner(new, CLIENT))], "")
    yield Case("its node's OGM, which does not name that VLAN", lambda x: [x.flood("b", packet)],
               kernel="b tvlv 50 to F from x: full request", trama="")


def known_from_a_frame(t, f, to):
    """Such a client is in the table, but not in its checksum."""
    passing, other = "02:cb:00:00:01:06", "02:cb:00:00:01:0e"

    def found(rows): return [(r.originator, hex(r.flags)) for r in rows if r.address == passing]

    def checksum(rows): return {(r.vid, r.crc) for r in rows if r.originator == F and r.vid < 0}

    def told(name, client):
        f.change([(0, client, 0)])
        packet = f.ogm()
        yield Case(name, lambda x: [x.flood("b", packet)], "")
        ((_, crc),) = crafted.checksums(f.clients)
        yield Look("and has the checksum", checksum, {(-1, crc)})
    ((_, before),) = crafted.checksums(f.clients)
    yield Case("data of a client that nobody announces", to(1, passing), "client")
    yield Look("is marked so", found, [(F, hex(TEMP))])
    yield Look("and does not count in the checksum", checksum, {(-1, before)})
    yield from told("its node announces another one, and nobody asks", other)
    yield Look("it is marked still", found, [(F, hex(TEMP))])
    yield from told("its node announces it", passing)
    yield Look("and it is one like others", found, [(F, "0x0")])
    t.announce(f, [(DEL, passing, 0), (DEL, other, 0)])


def types(t):
    for kind in (0x45, 0x5a, 0x7f):
        yield Case("0x%02x past it" % kind, lambda x, kind=kind: [x.by("a", crafted.other(kind, B, t.number))],
                   "b 0x%02x 49 to B" % kind)
    for kind in (0x02, 0x06, 0x3f, 0x80, 0xff):
        yield Case("0x%02x" % kind, lambda x, kind=kind: [x.by("a", crafted.other(kind, B, t.number))], "")
    yield Case("0x5a to it", lambda x: [x.by("a", crafted.other(0x5a, x.mac, t.number))], "")
    yield Case("version 14", lambda x: [x.by("a", crafted.other(0x5a, B, t.number).replace(b"\x5a\x0f", b"\x5a\x0e"))], "")


def time_to_live(t):
    """From A to B."""
    packets = {
        "unicast": (lambda ttl: crafted.unicast(B, t.others[B].ttvn, t.inner(CLIENT_B, CLIENT_A), ttl), " +0"),
        "icmp": (lambda ttl: crafted.icmp(ECHO_REQUEST, B, A, PING, 1, ttl), " type 8"),
        "tvlv": (lambda ttl: crafted.tvlv(B, A, crafted.roam(CLIENT_A), ttl), " from A: roam client-A"),
        "0x5a": (lambda ttl: crafted.other(0x5a, B, t.number, ttl), ""),
        "frag": (lambda ttl: crafted.pieces(crafted.filling(t.number, 1520), 2, B, A, 900, 0, ttl)[0], " 0/1520")}
    at_end = {"icmp": "a icmp 50 to A type 11"}
    for kind, (packet, tail) in packets.items():
        def frames(ttl, packet=packet): return lambda x: [x.by("a", packet(ttl))]
        for ttl in (3, 2):
            yield Case("%s %d" % (kind, ttl), frames(ttl), "b %s %d to B%s" % (kind, ttl - 1, tail))
        if kind == "frag":
            yield Case("frag 1", frames(1), kernel="b frag 0 to B 0/1520", trama="")
        else:
            yield Case("%s 1" % kind, frames(1), at_end.get(kind, ""))


def broadcasts(t):
    def case(name, seqno, *args, orig=A, side="a", ttl=50, **more):
        return Case(name, lambda x: [x.flood(side, crafted.bcast(orig or x.mac, seqno, t.inner(BROADCAST, CLIENT_A), ttl))],
                    *args, **more)

    passed = "b bcast 49 of A; client"
    yield case("number 1000", 1000, passed)
    yield case("number 1000 again", 1000, "")
    yield case("time to live 2", 1001, "b bcast 1 of A; client", ttl=2)
    yield case("time to live 1", 1002, "", ttl=1)
    yield case("100 numbers later", 1100, passed)
    yield case("63 numbers behind", 1037, passed)
    yield case("63 numbers behind again", 1037, "")
    yield case("64 numbers behind: a restart", 1036, passed)
    yield case("another restart within 30 s", 800, "")
    yield case("65535 numbers later", 66571, passed)
    yield case("of an unknown node", 1, "", orig=NOBODY)
    yield case("of x", 1, "", orig=None)
    yield case("of the node behind B", 5, "a bcast 49 of F; client", orig=F, side="b")
    yield case("of A by way of B", 66572, "client", side="b")
    yield case("the first number is high", 10 ** 7, "b bcast 49 of G; client", orig=G)
    yield case("and its node restarts then", 5, kernel="", trama="b bcast 49 of G; client", orig=G)
    yield Case("in a frame to one address", lambda x: [x.by("a", crafted.bcast(A, 66573, t.inner(BROADCAST, CLIENT_A)))], "")
    yield Case("the same from two nodes", lambda x: [
        x.flood("a", crafted.bcast(A, 66574, t.inner(BROADCAST, CLIENT_A))),
        x.flood("b", crafted.bcast(F, 6, t.inner(BROADCAST, CLIENT_A)))],
        kernel="b bcast 49 of A; client", trama="a bcast 49 of F; b bcast 49 of A; client x2")


def icmp(t):
    def case(name, dst, kind, *args, orig=A, **more):
        return Case(name, lambda x: [x.by("a", crafted.icmp(kind, dst or x.mac, orig, PING, 1, **more))], *args)

    yield case("request", None, ECHO_REQUEST, "a icmp 50 to A type 0")
    yield case("request of an unknown node", None, ECHO_REQUEST, "", orig=NOBODY)
    yield Case("request to another port", lambda x: [x.by("a", crafted.icmp(ECHO_REQUEST, x.ports["b"], A, PING, 1))],
               "a icmp 50 to A type 0")
    yield case("request that records the route", None, ECHO_REQUEST, "a icmp 50 to A type 0 route 4", route=3)
    yield case("request past it that records", B, ECHO_REQUEST, "b icmp 49 to B type 8 route 2", route=1)
    yield case("reply past it that records", B, ECHO_REPLY, "b icmp 49 to B type 0 route 16", route=15)
    yield case("request with a full record", None, ECHO_REQUEST, "", route=16)
    yield case("request past it with a full record", B, ECHO_REQUEST, "", route=16)
    yield case("TTL exceeded past it with a full record", B, TTL_EXCEEDED, "b icmp 49 to B type 11 route 16", route=16)
    yield case("request that records, time to live 1", B, ECHO_REQUEST, "a icmp 50 to A type 11 route 1", route=0, ttl=1)
    yield case("reply to it", None, ECHO_REPLY, "")
    yield case("unknown kind to it", None, 77, "")
    yield case("unknown kind past it", B, 77, "b icmp 49 to B type 77")

    def large(x):
        packet = crafted.icmp(ECHO_REQUEST, x.mac, B, PING, 1, more=crafted.filling(t.number, 2480))
        return [x.by("b", p) for p in crafted.pieces(packet, 2, x.mac, B, 700, priority=5)]
    yield Case("request of 2500 bytes", large, "b frag 50 to B 0/2500 priority 5, frag 50 to B 1/2500 priority 5")


def tables(t):
    b = t.others[B]

    def case(name, table, *args, dst=None, **more):
        """A asks."""
        return Case(name, lambda x: [x.by("a", crafted.tvlv(dst or x.mac, A, table(x)))], *args, **more)

    def of_x(x): return crafted.table(REQUEST | FULL, x.ttvn, [])
    answer = "tvlv 50 to A from x: full response of client neighbour walker"
    passed = "b tvlv 49 to B from A: full request"
    unknown = crafted.container(0x99, crafted.filling(1, 20))
    yield case("unknown container to it", lambda _: unknown, "")
    yield case("unknown container past it", lambda _: unknown, dst=B, kernel="", trama="b tvlv 49 to B from A: 0x99")
    yield case("unknown kind of table past it", lambda _: b.table(8), dst=B, kernel="", trama="b tvlv 49 to B from A: table 0x8")
    yield case("response past it", lambda _: b.table(RESPONSE), "b tvlv 49 to B from A: response", dst=B)
    yield case("x's table", of_x, "a " + answer)
    yield case("x's table, of another version", lambda x: crafted.table(REQUEST, x.ttvn - 1, []), "a " + answer)
    yield case("x's table, twice in a packet", lambda x: of_x(x) + of_x(x),
               kernel="a %s, %s" % (answer, answer), trama="a " + answer)
    yield case("B's table", lambda _: b.table(REQUEST | FULL), "a tvlv 50 to A from B: full response of client-B", dst=B)
    yield case("B's table, of another version", lambda _: crafted.table(REQUEST | FULL, b.ttvn + 1, []), passed, dst=B)
    yield case("B's table, another checksum", lambda _: crafted.table(REQUEST | FULL, b.ttvn, [(0, 7)]), passed, dst=B)
    yield Case("table of a node without one", lambda x: [
        x.by("b", crafted.tvlv(G, B, crafted.table(REQUEST | FULL, 0, [])))], "a tvlv 49 to G from B: full request")
    new, many = "02:cb:00:00:02:01", ["02:cb:00:00:02:%02x" % i for i in range(16, 33)]
    NAMES.update({new: "new"}, **{mac: "m%02d" % i for i, mac in enumerate(many)})
    t.announce(b, [(0, new, 0)])
    yield case("B's last diff", lambda _: b.table(REQUEST), "a tvlv 50 to A from B: response of new", dst=B)
    t.announce(b, [(0, mac, 0) for mac in many])
    names = " ".join(NAMES[m] for m in many)
    yield case("B's last diff, of 17 clients", lambda _: b.table(REQUEST), dst=B,
               kernel="a tvlv 50 to A from B: response of " + names,
               trama="a tvlv 50 to A from B: full response of client-B %s new" % names)
    b.change([(DEL, mac, 0) for mac in many])
    b.change([(DEL, new, 0)])
    b.changes = []
    missed = b.ogm(), b.ogm()
    ask = "tvlv 50 to B from x: full request"
    yield Case("two OGMs after a version that it has missed", lambda x: [x.flood("b", p) for p in missed],
               kernel="b %s, %s" % (ask, ask), trama="b " + ask)
    yield Case("the answer", lambda x: [x.by("b", crafted.tvlv(x.mac, B, b.table(RESPONSE | FULL, [
        (0, mac, vid) for mac, vid in b.clients])))], "")
    yield Case("another OGM", lambda x: [x.flood("b", missed[1])], "")


def pieces(t, x, seqno, size=1400, count=2, dest=None, client=CLIENT, orig=A, old=0, **more):
    """Of a unicast packet, number 0 first."""
    src, side = (CLIENT_A, "a") if orig in (A, G, NOBODY) else (CLIENT_B, "b")
    packet = crafted.unicast(dest or x.mac, x.version(dest or x.mac) - old, t.inner(client, src, size=size - 10))
    return [x.by(side, p) for p in crafted.pieces(packet, count, dest or x.mac, orig, seqno, **more)]


def fragments(t):
    def frames(*args, **more): return pieces(t, *args, **more)
    def zipped(*lists): return [f for fs in zip(*lists) for f in fs]
    yield Case("a head without its tail", lambda x: frames(x, 1, orig=G)[1:], "")
    # from then on silence tells between them, not how well their neighbour was heard at first
    for _ in range(QUALITIES):
        t.say(t.others[F], t.others[H])
        t.pump(INTERVAL_S)
    t.alone = time.monotonic()
    yield Case("another one", lambda x: frames(x, 2, orig=G)[1:], "")
    yield Case("two", lambda x: frames(x, 1), "client")
    yield Case("the same again", lambda x: frames(x, 1), "")
    yield Case("the head first", lambda x: frames(x, 2)[::-1], "client")
    yield Case("each twice", lambda x: zipped(frames(x, 3), frames(x, 3)), "client")
    yield Case("four in disorder", lambda x: [frames(x, 4, count=4)[i] for i in (2, 0, 3, 1)], "client")
    yield Case("one of four is missing", lambda x: [frames(x, 5, count=4)[i] for i in (2, 0, 3)], "")
    yield Case("two senders at once, with the same number", lambda x: zipped(frames(x, 6), frames(x, 6, orig=F)), "client x2")
    yield Case("a head, and all of another size with its number", lambda x: frames(x, 14)[1:] + frames(x, 14, 1300),
               kernel="", trama="client")
    yield Case("of an unknown node", lambda x: frames(x, 7, orig=NOBODY), "")
    yield Case("past it, fits the next link", lambda x: frames(x, 8, dest=B, client=CLIENT_B), "b unicast 49 to B +0")
    yield Case("past it, too large for the next link", lambda x: frames(x, 9, 1520, dest=B, client=CLIENT_B, priority=3),
               "b frag 49 to B 0/1520 priority 3, frag 49 to B 1/1520 priority 3")
    yield Case("past it, fits the next link, which is larger", lambda x: frames(x, 10, 1520, dest=A, client=CLIENT_A, orig=B),
               "a unicast 49 to A +0")
    yield Case("to it, old version, client behind a smaller link", lambda x: frames(
        x, 11, 1520, client=CLIENT_B, old=1, priority=5), "b frag 50 to B 0/1520 priority 5, frag 50 to B 1/1520 priority 5")

    def nested(x):
        (_, tail), head = frames(x, 12)
        return [x.by("a", p) for p in crafted.pieces(tail[14:], 2, x.mac, A, 13)] + [head]
    yield Case("the tail itself in two", nested, "")
    yield Case("and then whole", lambda x: frames(x, 12)[:1], "client")


def ogms(t):
    """Of a strange node, by way of A."""
    def case(name, seqno, *args, ttl=40, first=lambda: b"", kernel=None, trama=None, **more):
        return Case(name, lambda x: [x.flood("a", first() + crafted.ogm(STRANGE, seqno, ttl, **more))], *args,
                    kernel=kernel, trama=trama, late_s=OGM_LATE_S)

    passed = "; ".join(side + " ogm 39 of strange" for side in "abc")
    yield case("the first one", 1, "")
    yield case("the second one", 2, passed)
    yield case("time to live 1", 3, "", ttl=1)
    yield case("not from A's best next hop", 4, "", flags=batman.NOT_BEST_NEXT_HOP)
    yield case("with A's mark of a direct link", 5, passed, flags=batman.DIRECTLINK)
    yield case("without quality", 6, "", tq=0)
    yield Case("in a frame to one address", lambda x: [x.by("a", crafted.ogm(STRANGE, 7, 40))], "", late_s=OGM_LATE_S)
    yield case("version 14", 8, "", version=14)
    yield case("version 14 behind another one", 9, first=t.others[A].ogm, version=14, kernel=passed, trama="")


def own_frames(t):
    """Of x's client."""
    flooded = "a bcast 49 of x; b bcast 49 of x"

    def case(name, dst, *args, src=CLIENT, kernel=None, trama=None, **more):
        return Case(name, lambda x: [("client", t.inner(dst, src, **more))], *args, kernel=kernel, trama=trama)

    def arp(x, target): return "client", crafted.arp_reply(CLIENT, bytes.fromhex(target), crafted.filling(t.number, 30))
    yield case("to client A", CLIENT_A, "a unicast 50 to A +0")
    yield case("to nobody", NOBODY, "")
    yield case("to a client of two nodes", SHARED, "b unicast 50 to F +0")
    yield case("1514 bytes over a link of 1500", CLIENT_B, "b frag 50 to B 0/1524, frag 50 to B 1/1524", size=1514)
    yield case("urgent ones", CLIENT_B, "b frag 50 to B 0/1524 priority 5, frag 50 to B 1/1524 priority 5",
               size=1514, service=0xb8)
    yield case("to all", BROADCAST, flooded)
    yield case("of a loop probe", BROADCAST, flooded, src="ba:be:00:00:00:01")
    yield case("to a group", "01:00:5e:01:02:03", trama=flooded,
               kernel="a unicast 50 to A +0; b unicast 50 to H +0, unicast 50 to F +0, unicast 50 to B +0")
    yield case("with a priority tag", CLIENT_A, tag=PRIORITY, kernel="", trama="a unicast 50 to A +0")
    yield case("in a VLAN that bat0 does not have", BROADCAST, tag=7, kernel="", trama=flooded)
    yield Case("ARP", lambda x: [arp(x, "ff43ff001234")], flooded)
    yield Case("a claim of loop avoidance, which is off here", lambda x: [arp(x, "ff4305001234")], kernel=flooded, trama="")
    yield Case("batman-adv", lambda x: [("client", crafted.ethernet(BROADCAST, CLIENT, crafted.filling(t.number, 50)))], "")
    yield Case("DHCP", lambda x: [("client", crafted.dhcp_discover(CLIENT, t.number))], kernel=flooded, trama="")


def roaming(t):
    a, b = t.others[A], t.others[B]

    def told(x, client): return x.by("a", crafted.tvlv(x.mac, A, crafted.roam(client)))
    def to_walker(x, old=0): return x.by("b", crafted.unicast(x.mac, x.ttvn - old, t.inner(WALKER, CLIENT_B)))
    def own(x, src, dst=CLIENT_B): return "client", t.inner(dst, src)
    advertised = "a tvlv 50 to A from x: roam %s"
    yield Case("A has a client of x; frames for it", lambda x: [told(x, WALKER), to_walker(x)],
               kernel="a unicast 49 to A +0", trama="a unicast 49 to A +16")
    yield Case("it speaks there", lambda x: [x.flood("a", crafted.bcast(A, 66600, t.inner(BROADCAST, WALKER)))],
               "b bcast 49 of A; client")
    yield Case("frames of other clients for it", lambda x: [own(x, CLIENT, WALKER)],
               kernel="a unicast 50 to A -1", trama="a unicast 50 to A +16")
    t.announce(a, [(0, WALKER, 0)])
    t.pump(SETTLED_S)
    yield Case("A announces it; frames of old version for it", lambda x: [to_walker(x, 1)], "a unicast 49 to A +0")
    yield Case("A has another one; x's table before its next OGM", lambda x: [told(x, NEIGHBOUR), x.by("b", crafted.tvlv(
        x.mac, B, crafted.table(REQUEST | FULL, x.ttvn, [])))], aligned=True,
        kernel="b tvlv 50 to B from x: full response of client neighbour:2",
        trama="b tvlv 50 to B from x: full response of client neighbour")
    t.announce(a, [(0, NEIGHBOUR, 0)])
    t.pump(SETTLED_S)
    yield Case("it comes back", lambda x: [own(x, NEIGHBOUR)], advertised % "neighbour" + "; b unicast 50 to B +0")
    t.pump(SETTLED_S)
    t.announce(a, [(DEL | ROAM, NEIGHBOUR, 0), (DEL | ROAM, WALKER, 0)])
    yield Case("A has lost the first one; frames for it on their way to B", lambda x: [x.by("b", crafted.unicast(
        B, b.ttvn - 1, t.inner(WALKER, CLIENT_B)))], kernel="a unicast 49 to A +0", trama="a unicast 49 to A -1")
    yield Case("A has the other one again, which comes back at once", lambda x: [told(x, NEIGHBOUR), own(x, NEIGHBOUR)],
               kernel="b unicast 50 to B +0", trama=advertised % "neighbour" + "; b unicast 50 to B +0", aligned=True)
    t.pump(SETTLED_S)
    a.change([(0, "02:ca:00:00:00:02", 0)])
    packet = a.ogm()
    yield Case("client A comes, and A's next diff does not know yet", lambda x: [own(x, CLIENT_A), x.flood("a", packet)],
               kernel=advertised % "client-A" + ", tvlv 50 to A from x: full request; b unicast 50 to B +0",
               trama=advertised % "client-A" + "; b unicast 50 to B +0")
    t.announce(a, [(DEL | ROAM, CLIENT_A, 0)])
    t.pump(SETTLED_S)


def vlans(t):
    """A client is another one in each of them."""
    a = t.others[A]
    mover, changer, brief, roamer = names = ["02:cc:00:00:03:0%d" % i for i in range(4)]
    NAMES.update(zip(names, ("mover", "changer", "brief", "roamer")))
    NAMES.update(("%s/%d" % (changer, vid), "changer/%d" % vid) for vid in (VID, OTHER_VID))

    def own(client, tag=None): return "client", t.inner(NOBODY, client, tag=tag)
    def told(x, client, vid=0): return x.by("a", crafted.tvlv(x.mac, A, crafted.roam(client, vid)))
    def for_mover(x, tag=None): return x.by("b", crafted.unicast(x.mac, x.ttvn, t.inner(mover, CLIENT_B, tag=tag)))
    yield Case("two clients speak", lambda x: [own(mover), own(mover, VID), own(changer, VID)], "")
    t.pump(SETTLED_S)
    yield Case("frames of old version without a VLAN, for the one that is in a VLAN only", lambda x: [x.by("b", crafted.unicast(
        x.mac, x.ttvn - 1, t.inner(changer, CLIENT_B)))], kernel="", trama="client")
    yield Case("A has one in its VLAN; frames for it there and without", lambda x: [
        told(x, mover, TAGGED | VID), for_mover(x, VID), for_mover(x)],
        kernel="a unicast 49 to A +0; client", trama="a unicast 49 to A +16; client")
    yield Case("the other one changes its VLAN, one comes and goes", lambda x: [
        told(x, changer, TAGGED | VID), own(changer, OTHER_VID), own(brief), told(x, brief)], "", aligned=True, in_turn=True)
    t.pump(SETTLED_S)
    yield Case("what x's last diff has of them", lambda x: [x.by("a", crafted.tvlv(
        x.mac, A, crafted.table(REQUEST, x.ttvn, [])))],
        kernel="a tvlv 50 to A from x: response", trama="a tvlv 50 to A from x: response of changer/5:3 changer/6")
    t.announce(a, [(DEL, mover, TAGGED | VID), (DEL, changer, TAGGED | VID), (DEL, brief, 0)])
    packets = []
    for vid in [0] * 6 + [TAGGED | VID]:
        a.change([(0, roamer, vid)])
        packets.append(a.ogm())
    advertised = "tvlv 50 to A from x: roam roamer"
    five = "a " + ", ".join([advertised] * 5)
    yield Case("a client comes from A six times, and once in a VLAN", lambda x: [
        frame for packet in packets for frame in (x.flood("a", packet), own(roamer, VID if packet is packets[-1] else None))],
        kernel=five + ", tvlv 50 to A from x: full request", trama="%s, %s VLAN %d" % (five, advertised, VID),
        aligned=True, in_turn=True)
    t.announce(a, [(DEL, roamer, 0), (DEL, roamer, TAGGED | VID)])


def two_tables(t):
    """In an OGM of A."""
    a, new, newer = t.others[A], "02:ca:00:00:00:03", "02:ca:00:00:00:04"
    a.change([(0, new, 0)])
    first = a.table(DIFF, a.changes)
    a.change([(0, newer, 0)])
    packet = a.ogm(first)
    yield Case("with a client each", lambda x: [x.flood("a", packet)], "")
    yield Case("frames for them", lambda x: [("client", t.inner(new, CLIENT)), ("client", t.inner(newer, CLIENT))],
               kernel="a unicast 50 to A +0, unicast 50 to A +0", trama="a unicast 50 to A -1")
    t.say(a)


def silence(t):
    t.pump(max(0, t.alone + LATE_S - time.monotonic()))
    yield Case("of 8 s between a head and its tail", lambda x: pieces(t, x, 2, orig=G)[:1], "client")
    t.pump(max(0, t.alone + FORGOTTEN_S - time.monotonic()))
    t.say(t.others[H])
    t.settle()
    yield Case("of F, but not of H; a frame for a client of both", lambda x: [("client", t.inner(SHARED, CLIENT))],
               kernel="b unicast 50 to F +0", trama="b unicast 50 to H +0")
    yield Case("of 11 s between a head and its tail", lambda x: pieces(t, x, 1, orig=G)[:1], "")
    yield Case("and both again", lambda x: pieces(t, x, 1, orig=G), kernel="", trama="client")


def new_neighbour(t):
    """At a, from then on."""
    def ogm(ttl, seqno): return lambda x: [x.flood("a", crafted.ogm(STRANGE, seqno, ttl), STRANGE)]
    yield Case("its OGM", ogm(50, 20), "a ogm 49 of strange direct not best; b ogm 49 of strange not best; "
               "c ogm 49 of strange not best", late_s=OGM_LATE_S)
    yield Case("that of another port of its node", ogm(2, 21), "a ogm 1 of strange direct not best", late_s=OGM_LATE_S)
    yield Case("a broadcast of A, which is not alone there any more", lambda x: [
        x.flood("a", crafted.bcast(A, 66700, t.inner(BROADCAST, CLIENT_A)))], "a bcast 49 of A; b bcast 49 of A; client")


def taken_away(t):
    """Last, for x is not the same afterwards: it tells A of itself with the next frame of its own."""
    a = t.others[A]
    t.pump(max(0, t.joined + NEWS_S - time.monotonic()))
    a.change([(0, CLIENT, 0)])
    packet = a.ogm()
    yield Case("A announces a client of x; frames for it before x's next OGM", lambda x: [
        x.flood("a", packet), x.by("b", crafted.unicast(x.mac, x.ttvn, t.inner(CLIENT, CLIENT_B)))], aligned=True,
        kernel="client", trama="a unicast 49 to A +0")

    def own(x): return x.own or "02:ba:00:00:00:01"
    yield Case("A has x itself as its client", lambda x: [
        x.by("a", crafted.tvlv(x.mac, A, crafted.roam(own(x)))),
        x.by("b", crafted.unicast(x.mac, x.ttvn, t.inner(own(x), CLIENT_B)))], kernel="a unicast 49 to A +0", trama="")


CHAPTERS = (unicast, four_addresses, types, time_to_live, broadcasts, icmp, tables, ogms, own_frames, roaming,
            two_tables, vlans, fragments, silence, new_neighbour, taken_away)


def known(t):
    """x knows its clients, and has told so."""
    return Case("", lambda x: [("client", crafted.arp_reply(c)) for c in (CLIENT, NEIGHBOUR, WALKER)] + [
        x.by("a", crafted.tvlv(x.mac, A, crafted.table(REQUEST | FULL, x.ttvn, [])))],
        "a tvlv 50 to A from x: full response of client neighbour walker")


def main(wanted):
    tap, t = Tap(), Town(INTERVAL_S)
    tap.ok(t.pump(READY_S, lambda: all(x.mac and {"a", "b"} <= set(x.ports) for x in t.nodes)), "both nodes are there")
    t.join(Originator(A, "a", clients=[CLIENT_A]), Originator(G, "a", A), Originator(B, "b", clients=[CLIENT_B]),
           Originator(F, "b", B, [CLIENT_F, SHARED]), Originator(H, "b", B, [SHARED], tq=200))
    tap.ok(wait_for(lambda: not known(t).wrong(t), READY_S, INTERVAL_S), "they know who is there")
    t.joined = t.alone = time.monotonic()
    t.pump(SETTLED_S)
    for chapter in CHAPTERS:
        title = chapter.__name__.replace("_", " ")
        for case in chapter(t) if not wanted or title in wanted else ():
            why = case.wrong(t)
            tap.ok(not why, "%s: %s" % (title, case.name), why)
    tap.done()


main(sys.argv[1:])
