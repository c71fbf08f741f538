# SPDX-License-Identifier: GPL-2.0-or-later
"""batman-adv packets made by hand (compat 15), and what was made of them in words.

    frame = crafted.ethernet(dst, src, crafted.unicast(dest, ttvn, crafted.inner(client, other, 7)))
    for packet in batman.packets(frame): crafted.words(packet, name, version)       # "unicast 49 to B +0"

MACs are text. Whatever is carried is full of MARK, so that every piece of it is known again.
"""

import struct

import batman

MARK = b"crafted."
BROADCAST = "ff:ff:ff:ff:ff:ff"
VERSION, TTL = 15, 50
IPV4, ARP, VLAN = 0x0800, 0x0806, 0x8100
UDP, UNASSIGNED = 17, 253
DIFF, REQUEST, RESPONSE, FULL = 1, 2, 4, 0x10  # of a table
DEL, ROAM = 1, 2  # of a client in it
ECHO_REPLY, ECHO_REQUEST, TTL_EXCEEDED = 0, 8, 11
ROUTE_MAX = 16
TAGGED = 0x8000  # bit of a VID


def raw(mac):
    return bytes.fromhex(mac.replace(":", ""))


def ethernet(dst, src, packet, kind=batman.ETHERTYPE):
    return raw(dst) + raw(src) + struct.pack(">H", kind) + packet


def filling(number, size):
    return ((MARK + struct.pack(">H", number)) * (size // 10 + 1))[:size]


def ipv4(src, dst, data, service=0, protocol=UNASSIGNED):
    return struct.pack(">BBHHHBBH", 0x45, service, 20 + len(data), 0, 0, 64, protocol, 0) + src + dst + data


def inner(dst, src, number, size=100, service=0, tag=None):
    """A client's frame: IPv4 of an unassigned protocol."""
    to = b"\xef" + raw(dst)[3:] if dst.startswith("01:00:5e") else b"\x0a\x0d\xc8" + raw(dst)[5:]
    packet = ipv4(b"\x0a\x0d\xc8" + raw(src)[5:], to, filling(number, size - 34), service)
    tagged = struct.pack(">HH", VLAN, tag) if tag is not None else b""
    return raw(dst) + raw(src) + tagged + struct.pack(">H", IPV4) + packet


def arp_reply(client, target=bytes(6), more=b""):
    """To all, of a client without an address."""
    return ethernet(BROADCAST, client, b"\0\1\x08\0\6\4\0\2" + raw(client) + bytes(4) + target + bytes(4) + more, ARP)


def dhcp_discover(client, number):
    dhcp = struct.pack(">BBBBIHH", 1, 1, 6, 0, number, 0, 0x8000) + bytes(16) + raw(client) + bytes(10) + \
        filling(number, 64).ljust(192, b"\0") + bytes.fromhex("63825363350101ff")
    packet = ipv4(bytes(4), b"\xff" * 4, struct.pack(">HHHH", 68, 67, 8 + len(dhcp), 0) + dhcp, 0, UDP)
    return ethernet(BROADCAST, client, packet, IPV4)


def head(kind, ttl, third=0):
    return struct.pack(">BBBB", kind, VERSION, ttl, third)


def unicast(dest, ttvn, frame, ttl=TTL):
    return head(batman.UNICAST, ttl, ttvn & 0xff) + raw(dest) + frame


def four(dest, ttvn, source, subtype, frame, ttl=TTL):
    return head(batman.UNICAST_4ADDR, ttl, ttvn & 0xff) + raw(dest) + raw(source) + bytes([subtype, 0xa5]) + frame


def bcast(orig, seqno, frame, ttl=TTL):
    return head(batman.BCAST, ttl, 0xa5) + struct.pack(">I", seqno) + raw(orig) + frame


def pieces(packet, count, dest, orig, seqno, priority=0, ttl=TTL):
    """From number 0, the tail, to the head; the bit without a meaning is set."""
    size = (len(packet) - 1) // count + 1
    ends = range(len(packet), 0, -size)
    return [head(batman.UNICAST_FRAG, ttl, no << 4 | priority << 1 | 1) + raw(dest) + raw(orig) +
            struct.pack(">HH", seqno, len(packet)) + packet[max(0, end - size):end] for no, end in enumerate(ends)]


def icmp(kind, dst, orig, uid, seqno, ttl=TTL, route=None, more=b""):
    """route: how many nodes are recorded, None: no record."""
    record = b"" if route is None else bytes(ROUTE_MAX * 6)
    return head(batman.ICMP, ttl, kind) + raw(dst) + raw(orig) + struct.pack(">BBH", uid, route or 0, seqno) + record + more


def container(kind, value, version=1):
    return struct.pack(">BBH", kind, version, len(value)) + value


def tvlv(dst, src, containers, ttl=TTL):
    return head(batman.UNICAST_TVLV, ttl) + raw(dst) + raw(src) + struct.pack(">HH", len(containers), 0) + containers


def roam(client, vid=0):
    """vid: as in tables, with TAGGED."""
    return container(batman.TVLV_ROAM, raw(client) + struct.pack(">H", vid))


def other(kind, dest, number, ttl=TTL):
    return head(kind, ttl, 0xa5) + raw(dest) + filling(number, 50)


def ogm(orig, seqno, ttl=TTL, tq=255, prev=None, flags=0, tvlvs=b"", version=VERSION):
    return struct.pack(">BBBBI", batman.IV_OGM, version, ttl, flags, seqno & 0xffffffff) + raw(orig) + raw(prev or orig) + \
        struct.pack(">BBH", 0xa5, tq, len(tvlvs)) + tvlvs


# ---- tables ----

def crc32c(crc, data):
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc


def checksums(clients):
    """[(VID, CRC)] of [(MAC, VID)]"""
    sums = {}
    for mac, vid in clients:
        sums[vid] = sums.get(vid, 0) ^ crc32c(0, struct.pack(">HB", vid, 0) + raw(mac))
    return sorted(sums.items())


def table(flags, ttvn, sums, changes=()):
    """changes: [(flags, MAC, VID)]"""
    return container(batman.TVLV_TT, struct.pack(">BBH", flags, ttvn & 0xff, len(sums)) +
                     b"".join(struct.pack(">IHH", crc, vid, 0) for vid, crc in sums) +
                     b"".join(bytes([f, 0, 0, 0]) + raw(mac) + struct.pack(">H", vid) for f, mac, vid in changes))


# ---- in words ----

def table_words(value, name):
    """Of clients only those that have a name, "MAC/VLAN" in a VLAN; flags of theirs in hexadecimal."""
    t = batman.tt(value)
    kind = {REQUEST: "request", RESPONSE: "response"}.get(t["flags"] & 0xf, "table 0x%x" % t["flags"])
    clients = ((flags, "%s/%d" % (mac, vid & ~TAGGED) if vid else mac) for flags, _, mac, vid in t["entries"])
    known = sorted(name(client) + (":%x" % flags if flags else "") for flags, client in clients if name(client) != client)
    return " ".join([("full " if t["flags"] & FULL else "") + kind] + (["of"] + known if known else []))


def roam_words(value, name):
    (vid,) = struct.unpack(">H", value[6:8])
    return "roam " + name(batman.mac(value[:6])) + (" VLAN %d" % (vid & ~TAGGED) if vid & TAGGED else "")


def tvlv_words(containers, name):
    for kind, _, value in containers:
        yield table_words(value, name) if kind == batman.TVLV_TT else roam_words(value, name) \
            if kind == batman.TVLV_ROAM else "0x%02x" % kind


def words(p, name, version):
    """name(MAC); version(MAC of an originator): of its table."""
    kind, ttl = p["kind"], p["ttl"]
    if kind == "ogm":
        flags = [w for bit, w in ((batman.DIRECTLINK, "direct"), (batman.NOT_BEST_NEXT_HOP, "not best")) if p["flags"] & bit]
        return " ".join(["ogm %d of %s" % (ttl, name(p["orig"]))] + flags)
    if kind == "bcast":
        return "bcast %d of %s" % (ttl, name(p["orig"]))
    text = "%s %d to %s" % (kind, ttl, name(p.get("dest", "nobody")))
    if kind in ("unicast", "4addr"):
        text += " %+d" % ((p["ttvn"] - version(p["dest"]) + 128) % 256 - 128)
    if kind == "4addr":
        text += " type %d" % p["subtype"]
    if kind == "frag":
        text += " %d/%d" % (p["no"], p["total_size"]) + (" priority %d" % p["priority"] if p["priority"] else "")
    if kind == "icmp":
        text += " type %d" % p["msg_type"] + ("" if p["route"] is None else " route %d" % p["route"])
    if kind == "tvlv":
        text += " from %s: %s" % (name(p["source"]), ", ".join(tvlv_words(p["tvlvs"], name)))
    return text
