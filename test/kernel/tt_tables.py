# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables of nodes inside user-mode Linux, without a process per look.

`Kernel(n)` and `Trama(n)` have local() and others(), lists of Row: what `batctl tl` and `tg` show; version(), of their own
table; originators(), of Way, and neighbours(), of Neighbour: what `o` and `n` show; primary(): the MAC that names the node.
"""

import collections
import ctypes
import json
import socket
import struct

# version: the last one of that originator's table that the node knows; None in local()
Row = collections.namedtuple("Row", "originator address vid flags crc version")
Way = collections.namedtuple("Way", "originator neighbour device tq best seen_ms")
Neighbour = collections.namedtuple("Neighbour", "address device seen_ms")
TAGGED = 0x8000  # bit of a VID on the wire


def in_namespace(name, make):
    """make(), what sockets it opens are of that namespace."""
    libc = ctypes.CDLL(None)
    with open("/proc/self/ns/net") as home, open("/run/netns/" + name) as there:
        libc.setns(there.fileno(), 0)
        try:
            return make()
        finally:
            libc.setns(home.fileno(), 0)


class Trama:
    def __init__(self, number):
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.connect("/run/n%d/run/trama/control" % number)
        self.lines = self.stream.makefile()

    def ask(self, method):
        self.stream.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode() + b"\n")
        return json.loads(self.lines.readline())["result"]

    def rows(self, method):
        return [Row(r.get("orig_address"), r["tt_address"], r["tt_vid"], r["tt_flags"]["raw"], r["tt_crc32"], r.get("tt_last_ttvn"))
                for r in self.ask(method)]

    def local(self):
        return self.rows("cloud.local")

    def others(self):
        return self.rows("cloud.global")

    def version(self):
        return self.ask("cloud.mesh")["tt_ttvn"]

    def originators(self):
        return [Way(r["orig_address"], r["neigh_address"], r["hard_ifname"], r["tq"], r.get("best", False), r["last_seen_msecs"])
                for r in self.ask("cloud.originators")]

    def neighbours(self):
        return [Neighbour(r["neigh_address"], r["hard_ifname"], r["last_seen_msecs"]) for r in self.ask("cloud.neighbours")]

    def primary(self):
        return self.ask("cloud.mesh")["hard_address"]


class Kernel:
    """By generic netlink, linux/batman_adv.h."""

    REQUEST, DUMP, DONE, ERROR = 1, 0x300, 3, 2
    CONTROL, GET_FAMILY, FAMILY_ID, FAMILY_NAME = 16, 3, 1, 2
    GET_MESH, LOCAL, GLOBAL, ORIGINATORS, NEIGHBOURS = 1, 6, 7, 8, 9
    MESH_IFINDEX, HARD_IFNAME, HARD_ADDRESS, ORIG_ADDRESS = 3, 7, 8, 9
    TT_ADDRESS, TT_TTVN, TT_LAST_TTVN, TT_CRC32, TT_VID, TT_FLAGS = 16, 17, 18, 19, 20, 21
    FLAG_BEST, LAST_SEEN_MSECS, NEIGH_ADDRESS, TQ = 22, 23, 24, 25

    def __init__(self, number):
        self.netlink, self.device = in_namespace("n%d" % number, lambda: (
            socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16), socket.if_nametoindex("bat0")))
        self.send(self.CONTROL, self.GET_FAMILY, 0, self.FAMILY_NAME, b"batadv\0")
        (answer,) = self.messages(self.netlink.recv(65536))
        (self.family,) = struct.unpack("=H", answer[1][self.FAMILY_ID])

    def send(self, family, command, flags, kind, value):
        value = struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)
        self.netlink.send(struct.pack("=IHHIIBBH", 20 + len(value), family, self.REQUEST | flags, 1, 0, command, 1, 0) + value)

    def messages(self, data):
        """[(type, {attribute: bytes})]"""
        while data:
            size, kind = struct.unpack("=IH", data[:6])
            found, rest = {}, data[20:size]
            while kind > self.ERROR + 1 and len(rest) >= 4:
                length, attribute = struct.unpack("=HH", rest[:4])
                found[attribute] = rest[4:length]
                rest = rest[(length + 3) & ~3:]
            yield kind, found
            data = data[(size + 3) & ~3:]

    def dump(self, command):
        self.send(self.family, command, self.DUMP, self.MESH_IFINDEX, struct.pack("=I", self.device))
        rows = []
        while True:
            for kind, a in self.messages(self.netlink.recv(65536)):
                if kind in (self.DONE, self.ERROR):
                    return rows
                rows.append(a)

    def rows(self, command):
        found = []
        for a in self.dump(command):
            (vid,) = struct.unpack("=H", a[self.TT_VID])
            flags, crc = (struct.unpack("=I", a[k])[0] for k in (self.TT_FLAGS, self.TT_CRC32))
            found.append(Row(a[self.ORIG_ADDRESS].hex(":") if self.ORIG_ADDRESS in a else None,
                             a[self.TT_ADDRESS].hex(":"), vid & ~TAGGED if vid & TAGGED else -1, flags, crc,
                             a[self.TT_LAST_TTVN][0] if self.TT_LAST_TTVN in a else None))
        return found

    def local(self):
        return self.rows(self.LOCAL)

    def others(self):
        return self.rows(self.GLOBAL)

    def mesh(self):
        self.send(self.family, self.GET_MESH, 0, self.MESH_IFINDEX, struct.pack("=I", self.device))
        ((_, a),) = self.messages(self.netlink.recv(65536))
        return a

    def version(self):
        return self.mesh()[self.TT_TTVN][0]

    def primary(self):
        return self.mesh()[self.HARD_ADDRESS].hex(":")

    def neighbour(self, a):
        return Neighbour(a[self.NEIGH_ADDRESS].hex(":"), a[self.HARD_IFNAME].rstrip(b"\0").decode(),
                         struct.unpack("=I", a[self.LAST_SEEN_MSECS])[0])

    def neighbours(self):
        return [self.neighbour(a) for a in self.dump(self.NEIGHBOURS)]

    def originators(self):
        return [Way(a[self.ORIG_ADDRESS].hex(":"), *self.neighbour(a)[:2], a[self.TQ][0], self.FLAG_BEST in a,
                    self.neighbour(a).seen_ms) for a in self.dump(self.ORIGINATORS)]
