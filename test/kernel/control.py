# SPDX-License-Identifier: GPL-2.0-or-later
"""What the frames of a cloud are for, in bytes.

    control.count([frame, ...]) -> Counter(control=..., container=..., state=..., payload=...)

control: OGMs, requests and answers for tables, advertisements, ICMP, with their Ethernet headers; container: trama's TVLV;
state: trama's datagrams between nodes; payload: what clients and the nodes' bridges say. Fragments count as what they carry.
"""

import collections
import struct

import batman

ETHERNET_LEN, TVLV_HEADER_LEN = 14, 4
IPV6, TAGS, UDP, STATE_PORT = 0x86dd, (0x8100, 0x88a8), 17, 5510
HEADER_LEN = {batman.BCAST: 14, batman.UNICAST: 10, batman.UNICAST_4ADDR: 18}  # of packets that carry a frame
FRAG_LEN = 20


def frame_class(frame):
    """state or payload, by the start of a frame that the cloud carries."""
    at = ETHERNET_LEN - 2
    while len(frame) >= at + 2 and struct.unpack(">H", frame[at:at + 2])[0] in TAGS:
        at += 4
    kind, datagram = frame[at:at + 2], frame[at + 2:]
    state = kind == struct.pack(">H", IPV6) and len(datagram) >= 44 and datagram[6] == UDP and \
        datagram[42:44] == struct.pack(">H", STATE_PORT)
    return "state" if state else "payload"


def packet_class(packet):
    """By the first bytes of a batman-adv packet that is no fragment."""
    header = HEADER_LEN.get(packet[0])
    return frame_class(packet[header:]) if header else "control"


def fragment_key(frame):
    """Who sent it to whom, where it began, which packet."""
    return frame[:12], frame[14 + 10:14 + 18]


def carried(frames):
    """{fragment_key: class}; the fragment with the highest number has the beginning of the packet."""
    heads = {}
    for frame in frames:
        if frame[14] == batman.UNICAST_FRAG and len(frame) > ETHERNET_LEN + FRAG_LEN:
            no = frame[17] >> 4
            if no >= heads.get(fragment_key(frame), (0,))[0]:
                heads[fragment_key(frame)] = no, packet_class(frame[ETHERNET_LEN + FRAG_LEN:])
    return {key: name for key, (_, name) in heads.items()}


def container_len(frame):
    return sum(TVLV_HEADER_LEN + len(value) for p in batman.packets(frame) for kind, _, value in p.get("tvlvs", [])
               if p["kind"] == "ogm" and kind == batman.TVLV_TRAMA)


def count(frames):
    frames = [f for f in frames if len(f) > ETHERNET_LEN + 2 and f[12:14] == struct.pack(">H", batman.ETHERTYPE)]
    heads, found = carried(frames), collections.Counter()
    for frame in frames:
        if frame[14] == batman.UNICAST_FRAG:
            found[heads.get(fragment_key(frame), "control")] += len(frame)
        elif frame[14] == batman.IV_OGM:
            container = container_len(frame)
            found["container"] += container
            found["control"] += len(frame) - container
        else:
            found[packet_class(frame[ETHERNET_LEN:])] += len(frame)
    return found
