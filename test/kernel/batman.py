# SPDX-License-Identifier: GPL-2.0-or-later
"""batman-adv frames (compat 15) out of captures, as dicts.

    for at, frame in batman.captured("n2.pcap"):
        for packet in batman.packets(frame): ...

A packet has "kind", "src" and "dst" of the Ethernet header, and the fields of its header by their usual names; OGMs and
unicast TVLV packets have "tvlvs": [(type, version, bytes)].
"""

import struct

ETHERTYPE = 0x4305
IV_OGM, BCAST, UNICAST, UNICAST_FRAG, UNICAST_4ADDR, ICMP, UNICAST_TVLV = 0x00, 0x01, 0x40, 0x41, 0x42, 0x43, 0x44
UNICAST_LAST = 0x7f
KINDS = {IV_OGM: "ogm", BCAST: "bcast", UNICAST: "unicast", UNICAST_FRAG: "frag", UNICAST_4ADDR: "4addr",
         ICMP: "icmp", UNICAST_TVLV: "tvlv"}
NOT_BEST_NEXT_HOP, DIRECTLINK = 0x01, 0x04  # flags of an OGM
OGM_LEN, ICMP_RR_LEN = 24, 116
TVLV_TT, TVLV_ROAM, TVLV_TRAMA = 0x04, 0x05, 0xa7
TT_DIFF, TT_REQUEST, TT_RESPONSE, TT_FULL = 0x01, 0x02, 0x04, 0x10


def mac(raw):
    return raw.hex(":")


def captured(path):
    """[(seconds, Ethernet frame)] of a pcap file as tcpdump writes it; a torn last frame is left out."""
    with open(path, "rb") as f:
        head = f.read(24)
        order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(head[:4])
        if not order:
            raise ValueError("%s: not a pcap file with microseconds" % path)
        while len(record := f.read(16)) == 16:
            seconds, usec, size, _ = struct.unpack(order + "IIII", record)
            frame = f.read(size)
            if len(frame) == size:
                yield seconds + usec / 1e6, frame


def tvlvs(data):
    found = []
    while len(data) >= 4:
        kind, version, size = struct.unpack(">BBH", data[:4])
        if 4 + size > len(data):
            break
        found.append((kind, version, data[4:4 + size]))
        data = data[4 + size:]
    return found


def tt(value):
    """A translation table TVLV: flags, ttvn, vlans [(crc, vid, reserved)], entries [(flags, reserved, mac, vid)]."""
    flags, ttvn, vlans = struct.unpack(">BBH", value[:4])
    entries = value[4 + 8 * vlans:]
    return {"flags": flags, "ttvn": ttvn, "vlans": [struct.unpack(">IHH", value[i:i + 8])
                                                    for i in range(4, 4 + 8 * vlans, 8)],
            "entries": [(e[0], e[1:4].hex(), mac(e[4:10]), struct.unpack(">H", e[10:12])[0])
                        for e in (entries[i:i + 12] for i in range(0, len(entries) - 11, 12))]}


def ogm(data):
    """The first OGM of an aggregate and the rest, or None."""
    if len(data) < OGM_LEN or data[0] != IV_OGM:
        return None
    _, version, ttl, flags, seqno = struct.unpack(">BBBBI", data[:8])
    size = OGM_LEN + struct.unpack(">H", data[22:24])[0]
    if size > len(data):
        return None
    return {"kind": "ogm", "version": version, "ttl": ttl, "flags": flags, "seqno": seqno, "orig": mac(data[8:14]),
            "prev_sender": mac(data[14:20]), "reserved": data[20], "tq": data[21], "size": size,
            "tvlvs": tvlvs(data[OGM_LEN:size])}, data[size:]


def single(data):
    """What every type but the OGM has, and its own fields where tests look at them."""
    p = {"kind": KINDS.get(data[0], "0x%02x" % data[0]), "version": data[1], "ttl": data[2]}
    if data[0] == BCAST and len(data) >= 14:
        p.update(reserved=data[3], seqno=struct.unpack(">I", data[4:8])[0], orig=mac(data[8:14]), inner=data[14:])
    elif data[0] == UNICAST and len(data) >= 10:
        p.update(ttvn=data[3], dest=mac(data[4:10]), inner=data[10:])
    elif data[0] == UNICAST_4ADDR and len(data) >= 18:
        p.update(ttvn=data[3], dest=mac(data[4:10]), source=mac(data[10:16]), subtype=data[16],
                 reserved=data[17], inner=data[18:])
    elif data[0] == UNICAST_FRAG and len(data) >= 20:
        seqno, total = struct.unpack(">HH", data[16:20])
        p.update(no=data[3] >> 4, priority=data[3] >> 1 & 7, reserved=data[3] & 1, dest=mac(data[4:10]),
                 orig=mac(data[10:16]), seqno=seqno, total_size=total, piece=data[20:],
                 size=len(data) - 20)
    elif data[0] == ICMP and len(data) >= 20:
        p.update(msg_type=data[3], dest=mac(data[4:10]), orig=mac(data[10:16]), uid=data[16],
                 seqno=struct.unpack(">H", data[18:20])[0], route=data[17] if len(data) >= ICMP_RR_LEN else None,
                 recorded=[mac(data[i:i + 6]) for i in range(20, len(data) - 5, 6)], size=len(data))
    elif data[0] == UNICAST_TVLV and len(data) >= 20:
        p.update(reserved=(data[3], data[18:20].hex()), dest=mac(data[4:10]), source=mac(data[10:16]),
                 tvlvs=tvlvs(data[20:20 + struct.unpack(">H", data[16:18])[0]]))
    elif UNICAST_TVLV < data[0] <= UNICAST_LAST and len(data) >= 10:
        p.update(dest=mac(data[4:10]))
    return p


def packets(frame):
    """The batman-adv packets of one untagged Ethernet frame, in order."""
    if len(frame) < 17 or struct.unpack(">H", frame[12:14])[0] != ETHERTYPE:
        return
    ends = {"src": mac(frame[6:12]), "dst": mac(frame[:6])}
    data = frame[14:]
    if data[0] != IV_OGM:
        yield ends | single(data)
        return
    while taken := ogm(data):
        yield ends | taken[0]
        data = taken[1]
