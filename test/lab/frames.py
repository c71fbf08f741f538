# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames for tests: built here, sent and counted inside the hosts of a town.

    import frames
    frames.send(town, "anna", "wlan0", [frames.arp_request(...)], count=100, rate=50)
    with frames.Capture(town, "bert", "wlan0", needles={"mark": b"hello"}) as seen:
        ...
    seen.needle("mark"), seen.total, seen.kinds         # {"SRC DST KIND": frames}
    with frames.stranger(town, "m", "eth0", "eth1"):    # batman-adv passes, but not what trama adds to it
        ...

In a host this same file is the program (AF_PACKET, never promiscuous; tags that the kernel took off are put back).
"""

import errno
import ipaddress
import json
import os
import select
import signal
import socket
import struct
import sys
import time

EVERYBODY = "ff:ff:ff:ff:ff:ff"


# ---- builders ----

def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip(address):
    """address: text, or what is packed already."""
    return ipaddress.ip_address(address).packed


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def eth(dst, src, ethertype, payload, tags=()):
    """tags: [(TPID, VLAN id)], outermost first."""
    return tagged(mac(dst) + mac(src) + struct.pack(">H", ethertype) + payload, *tags).ljust(60, b"\0")


def tagged(frame, *tags):
    """With tags in front of those that it has: (TPID, VLAN id and priority), outermost first."""
    return frame[:12] + b"".join(struct.pack(">HH", *t) for t in tags) + frame[12:]


def priority(frame, level=5, tpid=0x8100):
    """With a tag of VLAN 0, which is a priority and no VLAN."""
    return tagged(frame, (tpid, level << 13))


def hidden(frame, org=b"\0\0\0"):
    """Its type behind an 802.2 header, as Wi-Fi has it in the air and takes it off."""
    return frame[:12] + struct.pack(">H", len(frame) - 6) + b"\xaa\xaa\x03" + org + frame[12:]


def arp(op, dst, src, sender, target, sender_mac=None, target_mac="00:00:00:00:00:00", mark=b""):
    body = struct.pack(">HHBBH", 1, 0x800, 6, 4, op) + mac(sender_mac or src) + ip(sender)
    return eth(dst, src, 0x806, body + mac(target_mac) + ip(target) + mark)


def ip4(src, dst, proto, payload, ttl=64, ident=0):
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident, 0, ttl, proto, 0) + ip(src) + ip(dst)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def ip6(src, dst, proto, payload, hops=255):
    return struct.pack(">IHBB", 6 << 28, len(payload), proto, hops) + ip(src) + ip(dst) + payload


def udp4(dst_mac, src_mac, src, dst, sport, dport, payload, ident=0):
    body = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    return eth(dst_mac, src_mac, 0x800, ip4(src, dst, 17, body, ident=ident))


def udp6(dst_mac, src_mac, src, dst, sport, dport, payload):
    body = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    pseudo = ip(src) + ip(dst) + struct.pack(">II", len(body), 17)
    body = body[:6] + struct.pack(">H", checksum(pseudo + body) or 0xffff) + body[8:]
    return eth(dst_mac, src_mac, 0x86dd, ip6(src, dst, 17, body, 64))


def icmp6(dst_mac, src_mac, src, dst, kind, rest):
    body = struct.pack(">BBH", kind, 0, 0) + rest
    pseudo = ip(src) + ip(dst) + struct.pack(">II", len(body), 58)
    body = body[:2] + struct.pack(">H", checksum(pseudo + body)) + body[4:]
    return eth(dst_mac, src_mac, 0x86dd, ip6(src, dst, 58, body))


def neighbour_advert(dst_mac, src_mac, src, dst, target, its_mac):
    """Solicited, override; its_mac: what it says the target has."""
    return icmp6(dst_mac, src_mac, src, dst, 136,
                 struct.pack(">I", 0x60000000) + ip(target) + b"\x02\x01" + mac(its_mac))


def router_advert(src_mac, src, prefix, lifetime=1800):
    """To all nodes: a router, with a /64 to make addresses from."""
    info = struct.pack(">BBBBIII", 3, 4, 64, 0xc0, 3600, 3600, 0) + ip(prefix)
    rest = struct.pack(">BBHII", 64, 0x08, lifetime, 0, 0) + b"\x01\x01" + mac(src_mac) + info
    return icmp6("33:33:00:00:00:01", src_mac, src, "ff02::1", 134, rest)


def router_solicit(src_mac, src):
    return icmp6("33:33:00:00:00:02", src_mac, src, "ff02::2", 133, b"\0\0\0\0" + b"\x01\x01" + mac(src_mac))


def dhcp(op, src_mac, src, dst, client_mac, kind, options=b"", yiaddr="0.0.0.0", xid=0x7ab1e):
    """A broadcast BOOTP message; kind: 1 discover, 2 offer, 5 ack."""
    body = struct.pack(">BBBBIHH", op, 1, 6, 0, xid, 0, 0x8000) + bytes(4) + ip(yiaddr) + bytes(8)
    body += mac(client_mac) + bytes(10 + 192) + b"\x63\x82\x53\x63" + bytes([53, 1, kind]) + options + b"\xff"
    ports = (67, 68) if op == 2 else (68, 67)
    return udp4(EVERYBODY, src_mac, src, dst, *ports, body)


def dhcp_discover(src_mac, mark=b""):
    option = bytes([12, len(mark)]) + mark if mark else b""
    return dhcp(1, src_mac, "0.0.0.0", "255.255.255.255", src_mac, 1, option)


def dhcp_offer(src_mac, server, yiaddr, client_mac=EVERYBODY, kind=2, xid=0x7ab1e):
    options = bytes([54, 4]) + ip(server) + bytes([51, 4, 0, 0, 2, 88, 1, 4, 255, 255, 255, 0, 3, 4]) + ip(server)
    return dhcp(2, src_mac, server, "255.255.255.255", client_mac, kind, options, yiaddr, xid)


# ---- in the town ----

def link_local(mac_text):
    m = mac(mac_text)
    return str(ipaddress.ip_address(b"\xfe\x80" + bytes(6) + bytes([m[0] ^ 2]) + m[1:3] + b"\xff\xfe" + m[3:]))


def send(town, host, dev, list_of_frames, count=1, rate=500, wait=True):
    """Each of the frames `count` times in turn, `rate` frames per second in all."""
    process = town.start(host, [sys.executable, os.path.abspath(__file__), "send", dev, str(count), str(rate),
                                *[f.hex() for f in list_of_frames]])
    if wait:
        process.wait(100)
        if process.popen.returncode != 0:
            raise RuntimeError("send at %s: %s" % (host, process.err))
    return process


def stranger(town, host, *devs):
    """The host is a piece of wire for the clouds' VLANs, behind which nodes of trama look like those of LibreMesh."""
    return town.start(host, [sys.executable, os.path.abspath(__file__), "stranger", *devs])


class Capture:
    """Counts frames on a device, from __enter__ (it listens then) to __exit__ or stop()."""

    def __init__(self, town, host, dev, needles=None):
        words = ["%s=%s" % (k, v.hex()) for k, v in (needles or {}).items()]
        self.host, self.dev, self.result = host, dev, {}
        self.process = town.start(host, [sys.executable, os.path.abspath(__file__), "count", dev, *words])
        if "ready" not in self.process.popen.stdout.readline():
            raise RuntimeError("capture at %s: %s" % (host, self.process.popen.stderr.read()))

    def stop(self):
        if not self.result:
            self.process.stop(signal.SIGTERM)
            self.result = self.process.json()
        return self

    def needle(self, name):
        return self.result["needles"].get(name, 0)

    @property
    def total(self):
        return self.result["total"]

    @property
    def kinds(self):
        return self.result["kinds"]

    def count(self, *words):
        """Frames whose line of `kinds` has all these words."""
        return sum(n for k, n in self.kinds.items() if all(w in k.split() for w in words))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# ---- the program ----

def kind_of(frame):
    at, tags = 12, []
    ethertype = int.from_bytes(frame[at:at + 2], "big")
    while ethertype in (0x8100, 0x88a8) and len(frame) >= at + 6:
        tags.append("%s%d" % ("q" if ethertype == 0x8100 else "ad", int.from_bytes(frame[at + 2:at + 4], "big") & 4095))
        at += 4
        ethertype = int.from_bytes(frame[at:at + 2], "big")
    body = frame[at + 2:]
    name = {0x806: "arp", 0x4305: "batman", 0x88b5: "hello"}.get(ethertype, "0x%04x" % ethertype)
    if ethertype == 0x800 and len(body) >= 24:
        port = int.from_bytes(body[22:24], "big") if body[9] == 17 else 0
        name = {67: "dhcp", 68: "dhcp", 5353: "mdns"}.get(port, "ip4")
    elif ethertype == 0x86dd and len(body) >= 44:
        name = "ip6"
        if body[6] == 58:
            name = {133: "rs", 134: "ra", 135: "ns", 136: "na", 137: "redirect"}.get(body[40], "ip6")
        elif body[6] == 17:
            name = {546: "dhcp6", 547: "dhcp6", 5353: "mdns"}.get(int.from_bytes(body[42:44], "big"), "ip6")
    return " ".join(tags + [name])


def listen(dev):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
    s.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA
    s.bind((dev, 3))
    return s


def receive(s, flags=0):
    """A frame with the tag that the kernel took off."""
    frame, extra, _, _ = s.recvmsg(65536, 256, flags)
    for level, kind, data in extra:
        status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
        if (level, kind) == (263, 8) and status & 16:
            frame = tagged(frame, (tpid if status & 64 else 0x8100, tci))
    return frame


def count_main(dev, words):
    needles = {w.split("=")[0]: bytes.fromhex(w.split("=")[1]) for w in words}
    s = listen(dev)
    s.settimeout(0.2)
    result = {"total": 0, "seconds": {}, "kinds": {}, "needles": dict.fromkeys(needles, 0)}
    going = [True]
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: going.clear())
    print("ready", flush=True)
    begin = time.monotonic()
    while True:
        try:
            frame = receive(s, 0 if going else socket.MSG_DONTWAIT)
        except (TimeoutError, BlockingIOError, socket.timeout):
            if not going:
                break
            continue
        except OSError as e:
            if e.errno == errno.ENETDOWN:  # the device went down; it may come back
                continue
            raise
        result["total"] += 1
        second = str(int(time.monotonic() - begin))
        result["seconds"][second] = result["seconds"].get(second, 0) + 1
        key = "%s %s %s" % (frame[6:12].hex(":"), frame[:6].hex(":"), kind_of(frame))
        result["kinds"][key] = result["kinds"].get(key, 0) + 1
        for name, bytes_ in needles.items():
            result["needles"][name] += bytes_ in frame
    result["lost"] = struct.unpack("II", s.getsockopt(263, 6, 8))[1]  # PACKET_STATISTICS
    print(json.dumps(result), flush=True)


def send_main(dev, count, rate, *hexes):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.bind((dev, 0))
    all_frames = [bytes.fromhex(h) for h in hexes]
    begin = time.monotonic()
    sent = 0
    for _ in range(int(count)):
        for frame in all_frames:
            s.send(frame)
            sent += 1
            late = begin + sent / float(rate) - time.monotonic()
            if late > 0:
                time.sleep(late)


def without_trama(frame):
    """The same originator messages, where trama's container has a type that nobody knows."""
    out, at = bytearray(frame), 18
    while frame[at:at + 2] == b"\x00\x0f" and len(frame) >= at + 24:
        end = at + 24 + int.from_bytes(frame[at + 22:at + 24], "big")
        at += 24
        while at + 4 <= end <= len(frame):
            out[at] = 0xa6 if frame[at] == 0xa7 else frame[at]
            at += 4 + int.from_bytes(frame[at + 2:at + 4], "big")
        at = end
    return bytes(out)


def stranger_main(*devs):
    ends = [listen(d) for d in devs]
    for s in ends:
        s.setsockopt(263, 23, 1)  # PACKET_IGNORE_OUTGOING
    while True:
        for s in select.select(ends, [], [])[0]:
            frame = receive(s)
            if frame[12:14] == b"\x88\xa8" and frame[16:18] == b"\x43\x05":
                for other in ends:
                    if other is not s:
                        other.send(without_trama(frame))


if __name__ == "__main__":
    if sys.argv[1] == "count":
        count_main(sys.argv[2], sys.argv[3:])
    elif sys.argv[1] == "stranger":
        stranger_main(*sys.argv[2:])
    else:
        send_main(*sys.argv[2:])
