# SPDX-License-Identifier: GPL-2.0-or-later
"""What a node says on its ports, field by field, without what must differ: addresses, numbers, times.

    profile.of({"l12": ("l12.pcap", "02:..")}) -> {"kind: field": {value, ...}}
"""

import collections

import batman

OWN_TTL = {50: "own ogm of the node", 2: "own ogm of a port"}


def kind(p, own):
    """Own packets and those passed on are different things."""
    if p["kind"] == "ogm":
        return OWN_TTL.get(p["ttl"], "own ogm") if p["orig"] in own else "ogm passed on"
    begun_here = p.get("orig", p.get("source")) in own
    if p["kind"] == "unicast":  # which does not say where it began
        begun_here = p["ttl"] == 50
    return p["kind"] if begun_here else p["kind"] + " passed on"


def tt_fields(name, value):
    t = batman.tt(value)
    what = "%s: tt %02x" % (name, t["flags"])
    yield what + " vlans", tuple(sorted(v[1] for v in t["vlans"]))
    yield what + " vlans reserved", tuple(sorted({v[2] for v in t["vlans"]}))
    for flags, reserved, _, vid in t["entries"]:
        yield what + " entry flags", flags
        yield what + " entry reserved", reserved
        yield what + " entry vid", vid


def fields(p, own):
    name = kind(p, own)
    yield name + ": to", "all" if p["dst"] == "ff:ff:ff:ff:ff:ff" else "one"
    for field in ("version", "flags", "reserved", "subtype", "priority", "msg_type"):
        if field in p:
            yield "%s: %s" % (name, field), p[field]
    if not name.endswith("passed on"):
        yield name + ": ttl", p["ttl"]
    for t, version, value in p.get("tvlvs", []):
        yield name + ": tvlv", (t, version)
        if t == batman.TVLV_TT:
            yield from tt_fields(name, value)
        elif t != batman.TVLV_TRAMA and p["kind"] == "ogm":
            yield "%s: tvlv %02x" % (name, t), value.hex()
    if name.startswith("own") and p["prev_sender"] != p["orig"]:
        yield name + ": prev_sender", "another"


def passed_unchanged(heard, sent):
    """True when the TVLVs of every OGM passed on are those that came in."""
    came = {(p["orig"], p["seqno"]): p["tvlvs"] for p in heard if p["kind"] == "ogm"}
    return all(came.get((p["orig"], p["seqno"]), p["tvlvs"]) == p["tvlvs"] for p in sent if p["kind"] == "ogm")


def of(ports):
    own = {address for _, address in ports.values()}
    found, heard, sent = collections.defaultdict(set), [], []
    for path, address in ports.values():
        for _, frame in batman.captured(path):
            for p in batman.packets(frame):
                (sent if p["src"] == address else heard).append(p)
    for p in sent:
        for field, value in fields(p, own):
            found[field].add(value)
    found["ogm passed on: tvlvs"].add("unchanged" if passed_unchanged(heard, sent) else "changed")
    return dict(found)
