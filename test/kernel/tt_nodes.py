# SPDX-License-Identifier: GPL-2.0-or-later
"""Nodes inside user-mode Linux whose translation tables are compared, and frames of their clients.

    nodes = [Node(1, "t"), Node(2, "k")]
    differences(nodes) -> what they have of each other that is not so
    gratuitous_arp(mac), echo(a, b, kind, number) -> frames
"""

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))
import tt_tables  # noqa: E402
from frames import checksum, ip4, mac  # noqa: E402
from town import wait_for  # noqa: E402

STARTS_S = 60
ON_THE_WIRE, ROAM, NEW, TEMP = 0xff, 0x02, 0x200, 0x800  # flags of a client
REQUEST, REPLY = 8, 0  # kinds of an ICMP echo
UNTAGGED = -1
MESH_SH = "bash -c '. %s; %%s'" % Path(__file__).with_name("uml").joinpath("mesh.sh")


class Shell:
    """A shell in a namespace that stays, for a process costs here."""

    def __init__(self, namespace):
        self.child = subprocess.Popen(["ip", "netns", "exec", namespace, "sh"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def run(self, command):
        self.child.stdin.write(command + "\necho =====\n")
        self.child.stdin.flush()
        return "".join(iter(self.child.stdout.readline, "=====\n"))


class Node:
    def __init__(self, number, kind):
        self.number, self.kind, self.shell = number, kind, Shell("n%d" % number)
        self.name = "n%d (%s)" % (number, {"t": "trama", "k": "kernel"}[kind])
        self.device_mac = "02:ba:00:00:00:0%d" % number
        self.find()

    def find(self):
        command = "batctl meshif bat0 tl" if self.kind == "k" else self.trama("translation local")
        self.originator = wait_for(lambda: re.search(r"MainIF/MAC: [^/]+/(\S+)", self.shell.run(command)), STARTS_S)[1]
        self.tables = tt_tables.Trama(self.number) if self.kind == "t" else tt_tables.Kernel(self.number)

    def down(self):
        """In good order."""
        self.shell.run(MESH_SH % ("node_down %d" % self.number))

    def rename(self, number):
        """A kernel node that is down gets addresses that nobody has heard of."""
        new = "%02x:%02x" % divmod(number, 256)
        self.device_mac = "02:ba:00:%s:0%d" % (new, self.number)
        self.shell.run("cd /sys/class/net; i=0; for p in l*.29; do i=$((i + 1)); "
                       "ip link set $p address 02:1%d:00:%s:0$i; done" % (self.number, new))

    def up(self):
        """It is there when this returns."""
        self.shell.run(MESH_SH % ("node_up %d %s" % (self.number, self.device_mac)))
        self.find()

    def trama(self, command, group="cloud"):
        return "%s/trama %s %s --socket /run/n%d/run/trama/control" % (os.environ["BIN"], group, command, self.number)

    def vlan(self, verb, vid):
        """"add" or "del" one of a kernel node, which has no clients in others."""
        self.shell.run("bridge vlan %s vid %d dev bat0" % (verb, vid))

    def counters(self, own=False):
        """{name: number}, those of batctl; own: of a trama node, those that it alone has, too."""
        command = "batctl meshif bat0 s" if self.kind == "k" else self.trama("statistics")
        if own and self.kind == "t":
            command += "; " + self.trama("", "counters")
        return {name: int(value) for name, value in re.findall(r"(\w+):? +(\d+)$", self.shell.run(command), re.M)}

    def count(self, counter):
        """What it has sent and heard of something: the sum of its counters COUNTER_tx and COUNTER_rx."""
        counters = self.counters()
        return counters[counter + "_tx"] + counters[counter + "_rx"]

    def requests(self):
        return self.count("tt_request")


# ---- tables ----

def announced(rows):
    """({(MAC, VID): flags}, {VID: CRC}) of what is a matter of both sides."""
    rows = [r for r in rows if not r.flags & (NEW | TEMP)]
    return {(r.address, r.vid): r.flags & ON_THE_WIRE for r in rows}, {r.vid: "%08x" % r.crc for r in rows}


def known(owner, rows):
    """What these rows have of a node: as announced(), and the versions."""
    theirs = [r for r in rows if r.originator == owner.originator]
    return announced(theirs) + ({r.version for r in theirs},)


def differences(nodes, counts=lambda viewer, row: True):
    """(what nodes have of each other that is not what these have, {node: its clients}), of the rows that count there"""
    local, others, versions = ({n: look(n.tables) for n in nodes} for look in (
        lambda t: announced(t.local()), lambda t: t.others(), lambda t: t.version()))
    found = []
    for owner in nodes:
        own, crcs = local[owner]
        for viewer in nodes:
            theirs, their_crcs, version = known(owner, [r for r in others[viewer] if counts(viewer, r)])
            if viewer is owner or (own and (own, crcs, {versions[owner]}) == (theirs, their_crcs, version)):
                continue
            found.append("%s of %s: lacks %s, has %s too, CRCs %s and %s, versions %s and %s" % (
                viewer.name, owner.name, sorted(own.items() - theirs.items()), sorted(theirs.items() - own.items()),
                crcs, their_crcs, versions[owner], sorted(version)))
    return found, {n: set(local[n][0]) for n in nodes}


def misplaced(expected, places):
    """Of {(MAC, VID): node or None}, what is not so in the nodes' own tables."""
    return ["%s VLAN %d is at %s" % (*client, [n.name for n, has in places.items() if client in has] or "none")
            for client, node in expected.items() if [n for n, has in places.items() if client in has] != ([node] if node else [])]


# ---- frames of clients ----

def ipv4(client):
    """Its address: 10.13.200.0 and on, by the end of its MAC."""
    high, low = mac(client)[4:]
    return bytes((10, 13, 200 + high % 32, low))


def gratuitous_arp(client, vid=UNTAGGED):
    tag = struct.pack(">HH", 0x8100, vid) if vid >= 0 else b""
    arp = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + mac(client) + ipv4(client) + bytes(6) + ipv4(client)
    return b"\xff" * 6 + mac(client) + tag + b"\x08\x06" + arp


def echo(a, b, kind, number, size=0):
    """An ICMP echo from a to b, with so many bytes in it."""
    rest = struct.pack(">HH", 7, number) + bytes(i * (number + 1) & 0xff for i in range(size))
    icmp = struct.pack(">BBH", kind, 0, checksum(struct.pack(">BBH", kind, 0, 0) + rest)) + rest
    return mac(b) + mac(a) + b"\x08\x00" + ip4(ipv4(a), ipv4(b), 1, icmp, ident=number)
