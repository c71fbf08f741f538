# SPDX-License-Identifier: GPL-2.0-or-later
"""Translation tables of nodes inside user-mode Linux, without a process per look.

`Kernel(n)` and `Trama(n)` have local() and others(): lists of Row, what `batctl tl` and `tg` show; and version(), of their
own table.
"""

import collections
import ctypes
import json
import socket
import struct

# version: the last one of that originator's table that the node knows; None in local()
Row = collections.namedtuple("Row", "originator address vid flags crc version")
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


class Kernel:
    """By generic netlink, linux/batman_adv.h."""

    REQUEST, DUMP, DONE, ERROR = 1, 0x300, 3, 2
    CONTROL, GET_FAMILY, FAMILY_ID, FAMILY_NAME = 16, 3, 1, 2
    GET_MESH, LOCAL, GLOBAL = 1, 6, 7
    MESH_IFINDEX, ORIG_ADDRESS, TT_ADDRESS, TT_TTVN, TT_LAST_TTVN, TT_CRC32, TT_VID, TT_FLAGS = 3, 9, 16, 17, 18, 19, 20, 21

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
                (vid,) = struct.unpack("=H", a[self.TT_VID])
                flags, crc = (struct.unpack("=I", a[k])[0] for k in (self.TT_FLAGS, self.TT_CRC32))
                rows.append(Row(a[self.ORIG_ADDRESS].hex(":") if self.ORIG_ADDRESS in a else None,
                                a[self.TT_ADDRESS].hex(":"), vid & ~TAGGED if vid & TAGGED else -1, flags, crc,
                                a[self.TT_LAST_TTVN][0] if self.TT_LAST_TTVN in a else None))

    def local(self):
        return self.dump(self.LOCAL)

    def others(self):
        return self.dump(self.GLOBAL)

    def version(self):
        self.send(self.family, self.GET_MESH, 0, self.MESH_IFINDEX, struct.pack("=I", self.device))
        ((_, a),) = self.messages(self.netlink.recv(65536))
        return a[self.TT_TTVN][0]
