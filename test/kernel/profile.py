# SPDX-License-Identifier: GPL-2.0-or-later
"""What a node says on its ports, field by field, without what must differ: addresses, numbers, times.

    profile.of(traffic.Node(...)) -> {"kind: field": {value, ...}}
"""

import collections

import batman

OF_THE_NODE = "own ogm of the node"
OWN_TTL = {50: OF_THE_NODE, 2: "own ogm of a port"}
NUMBERS = {"ogm": 2 ** 32, "bcast": 2 ** 32, "frag": 2 ** 16}  # how many there are
TTVNS = 2 ** 8


def kind(p, own):
    """Own packets and those passed on are different things."""
    if p["kind"] == "ogm" and p["orig"] in own:
        return OWN_TTL.get(p["ttl"], "own ogm")
    name = p["kind"] + (" in fragments" if p["pieces"] else "")
    if p["heard"] and p.get("dest") != p["heard"].get("dest"):
        return name + " re-routed"
    if p["heard"] or p["kind"] == "ogm":
        return name + " passed on"
    return name if p.get("orig", p.get("source")) in own | {None} else name + " for another"


def ahead(a, b, of):
    """How far a number is ahead of another, in numbers that go round."""
    return (a - b + of // 2) % of - of // 2


def to(address):
    return "all" if address == "ff:ff:ff:ff:ff:ff" else "a group" if int(address[1], 16) & 1 else "one"


def tt_fields(name, value):
    t = batman.tt(value)
    what = "%s: tt %02x" % (name, t["flags"])
    yield what + " vlans", tuple(sorted(v[1] for v in t["vlans"]))
    yield what + " vlans reserved", tuple(sorted({v[2] for v in t["vlans"]}))
    for flags, reserved, _, vid in t["entries"]:
        yield what + " entry flags", flags
        yield what + " entry reserved", reserved
        yield what + " entry vid", vid


def tvlv_fields(name, p):
    for t, version, value in p["tvlvs"]:
        yield name + ": tvlv", (t, version)
        if t == batman.TVLV_TT:
            yield from tt_fields(name, value)
        elif t != batman.TVLV_TRAMA and p["kind"] == "ogm":
            yield "%s: tvlv %02x" % (name, t), value.hex()


def inner_fields(name, p):
    """Of the frame of a client."""
    yield name + ": inner to", to(batman.mac(p["inner"][:6]))
    yield name + ": inner tag", p["inner"][12:16].hex() if p["inner"][12:14] == b"\x81\x00" else "none"


def port_role(address, p, own):
    if address == p["src"]:
        return "the one it leaves by"
    return "the one it came by" if p["heard"] and address == p["heard"]["dst"] else "own" if address in own else "another's"


def icmp_fields(name, p, own):
    yield name + ": size", p["size"]
    if p["route"] is None:
        return
    had = p["heard"]["route"] if p["heard"] else 0
    yield name + ": ports recorded here", p["route"] - had if p["heard"] else "of %d" % p["route"]
    if p["route"]:
        yield name + ": port recorded last", port_role(p["recorded"][p["route"] - 1], p, own)
    yield name + ": places without a port", tuple(sorted(set(p["recorded"][p["route"]:])))


def change_fields(name, p):
    """What has become of a packet on its way through the node."""
    h = p["heard"]
    if not h:
        yield name + ": ttl", p["ttl"]
        return
    yield name + ": ttl lost", h["ttl"] - p["ttl"]
    if "ttvn" in p and p["dest"] == h["dest"]:
        yield name + ": table version changed by", ahead(p["ttvn"], h["ttvn"], TTVNS)
    if p["kind"] == "ogm":
        yield name + ": tvlvs", "unchanged" if p["tvlvs"] == h["tvlvs"] else "changed"


def fields(p, own):
    """Of a packet that was sent."""
    name = kind(p, own)
    yield name + ": to", to(p["dst"])
    for field in ("version", "flags", "reserved", "subtype", "priority", "msg_type"):
        if field in p:
            yield "%s: %s" % (name, field), p[field]
    yield from change_fields(name, p)
    if "tvlvs" in p:
        yield from tvlv_fields(name, p)
    if p["kind"] == "ogm" and p["orig"] in own:
        yield name + ": prev_sender", "itself" if p["prev_sender"] == p["orig"] else "another"
        yield name + ": place in the frame", p["place"]
    if "inner" in p:
        yield from inner_fields(name, p)
    if p["kind"] == "icmp":
        yield from icmp_fields(name, p, own)
    if p["pieces"]:
        yield "%s: pieces of %d bytes" % (name, sum(size for _, size in p["pieces"])), p["pieces"]


def step_fields(sent, own):
    """Of numbers that the node counts with."""
    last = {}
    for p in sent:
        if p["kind"] not in NUMBERS or p["orig"] not in own:
            continue
        key = p["kind"], p["orig"]
        step = ahead(p["seqno"], last.get(key, p["seqno"]), NUMBERS[p["kind"]])
        last[key] = p["seqno"]
        if step:
            yield "%s: step of numbers" % kind(p, own), step


def copy_fields(node):
    """Ports that a broadcast leaves by, and how often."""
    copies = collections.Counter()
    for p in node.packets:
        if p["kind"] == "bcast" and p["sent"]:
            copies[kind(p, node.own), p["orig"], p["seqno"], p["port"]] += 1
    ports = collections.Counter(key[:3] for key in copies)
    for key, count in copies.items():
        yield key[0] + ": copies per port", count
    for key, count in ports.items():
        yield key[0] + ": ports", "%d of %d" % (count, len(node.ports))


def frame_fields(sent):
    """Of several OGMs in one frame."""
    sizes = collections.defaultdict(list)
    for p in sent:
        if p["kind"] == "ogm":
            sizes[p["frame"]].append(p["size"])
    for of_frame in (s for s in sizes.values() if len(s) > 1):
        yield "frames of ogms: more than 512 bytes", sum(of_frame) > 512


def tables(p):
    return [batman.tt(value) for t, _, value in p.get("tvlvs", []) if t == batman.TVLV_TT]


class Announced:
    """Versions of tables beside those in OGMs of their originator."""

    def __init__(self):
        self.last = {}  # {originator: (number of the OGM, version)} of the last OGM that was here
        self.read = {}  # {originator: version} of the last one that was passed on, which the node has read therefore

    def ahead(self, orig, version):
        """0 between the two."""
        of_last = ahead(version, self.last.get(orig, (0, version))[1], TTVNS)
        of_read = ahead(version, self.read.get(orig, version), TTVNS)
        return of_last if of_last > 0 else min(of_read, 0)

    def of_ogm(self, p, own):
        if p["sent"]:
            self.read.update((p["orig"], t["ttvn"]) for t in tables(p)[:1])
        seqno = self.last.get(p["orig"], (p["seqno"], 0))[0]
        if ahead(p["seqno"], seqno, NUMBERS["ogm"]) < 0:
            return  # comes late, by another way
        for t in tables(p):
            if p["sent"] and p["orig"] in own:
                before = self.last.get(p["orig"], (0, t["ttvn"]))[1]
                yield kind(p, own) + ": step of table versions", ahead(t["ttvn"], before, TTVNS)
            self.last[p["orig"]] = p["seqno"], t["ttvn"]

    def fields(self, p, own):
        if p["kind"] == "ogm":
            yield from self.of_ogm(p, own)
        elif p["sent"] and (not p["heard"] or p.get("dest") != p["heard"].get("dest")):
            if "ttvn" in p:
                yield kind(p, own) + ": table version", self.ahead(p["dest"], p["ttvn"])
            for t in tables(p):
                of = p["dest"] if t["flags"] & batman.TT_REQUEST else p["source"]
                yield "%s: tt %02x version" % (kind(p, own), t["flags"]), self.ahead(of, t["ttvn"])


def of(node):
    found, announced = collections.defaultdict(set), Announced()
    sent = [p for p in node.packets if p["sent"]]

    def take(pairs):
        for field, value in pairs:
            found[field].add(value)
    for p in sent:
        take(fields(p, node.own))
    take(step_fields(sent, node.own))
    take(copy_fields(node))
    take(frame_fields(sent))
    for p in node.packets:
        take(announced.fields(p, node.own))
    return dict(found)
