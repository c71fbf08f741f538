#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""purge.py: what kernel nodes (1, 3) and trama nodes (2, 4) forget, and when, in the network of purge.sh.

The nodes 5 and 6 die in silence, and so does the wire between 3 and 4. Kernels look once a second, and in translation
tables every 5 s, for what is over time:

    200 s    a way that brings no OGMs; with its last one an originator goes from `o`, and its clients from `tg`
    400 s    the originator itself, with its window of broadcasts
    600 s    a client of their own that is silent; one of which only an advertisement told, or only a frame

A client that a trama node's bridge knows goes when the bridge forgets it, after 300 s, in all VLANs.

At last ports go. All tables are read all the time: a row is gone between the last look that had it and the next one.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))
import tt_tables  # noqa: E402
from town import Tap, wait_for  # noqa: E402

INTERVAL_S = int(os.environ["INTERVAL"]) / 1000
KINDS = {1: "k", 2: "t", 3: "k", 4: "t", 5: "k", 6: "t"}
NAMES = {n: "node %d, %s" % (n, {"k": "kernel", "t": "trama"}[kind]) for n, kind in KINDS.items()}
LIVING, DEAD = (1, 2, 3, 4), (5, 6)
DEAF = {5: ("l51", "l52"), 6: ("l61", "l62"), 3: ("l34",), 4: ("l43",)}  # ports by which nothing leaves any more
BEHIND = {3: 2, 4: 1}  # nodes two hops away from the dead, and the node between
WAY_S, BRIDGE_S, ORIGINATOR_S, CLIENT_S = 200, 300, 400, 600
WAYS_EVERY_S, CLIENTS_EVERY_S = 1, 5
NEWS_S = 0.3 + 5 * INTERVAL_S  # that the last news by one way may be older than by another, or take to arrive
SLOW_S = 1  # that this machine may take in between
LOOK_S, PROBE_S = 0.25, 0.5
ATTEMPTS = 5
VID, ROAM, TEMP = 5, 0x02, 0x800
tap = Tap()


def raw(address):
    return bytes.fromhex(address.replace(":", ""))


def ip(node, *words):
    return subprocess.run(["ip", "-n", "n%d" % node, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def device(port):
    """Of the cloud."""
    return port + {"k": ".29", "t": "_29"}[KINDS[int(port[1])]]


# ---- what the nodes know ----

class Life:
    """Of one row: first and last look that had it, the next one, when the last OGM was heard, its last contents."""

    def __init__(self, at):
        self.first, self.last, self.gone, self.heard, self.row = at, at, None, None, None


class Tables:
    """lives: {(node, table, what the table is by): Life}"""

    def __init__(self):
        self.tables = {n: tt_tables.Kernel(n) if kind == "k" else tt_tables.Trama(n) for n, kind in KINDS.items()}
        self.primary = {n: table.primary() for n, table in self.tables.items()}
        self.links = {n: {link["ifname"]: link["address"] for link in json.loads(ip(n, "-j", "link"))} for n in KINDS}
        self.lives = {}

    def rows(self, node):
        t = self.tables[node]
        found = {("o", w.originator, w.neighbour, w.device): w for w in t.originators()}
        found.update({("n", w.address, w.device): w for w in t.neighbours()})
        found.update({("tg", c.originator, c.address, c.vid): c for c in t.others()})
        found.update({("tl", c.address, c.vid): c for c in t.local()})
        return found

    def look(self):
        for node in LIVING:
            before = time.monotonic()
            rows = self.rows(node)
            after = time.monotonic()
            for key, row in rows.items():
                life = self.lives.setdefault((node, *key), Life(before))
                life.last, life.gone, life.row = before, None, row
                if key[0] in ("o", "n"):
                    life.heard = before - row.seen_ms / 1000
            for key, life in self.lives.items():
                if key[0] == node and key[1:] not in rows and not life.gone:
                    life.gone = after

    def watch(self, until):
        while time.monotonic() < until:
            self.look()
            time.sleep(LOOK_S)

    def of(self, node, table, condition):
        """{what it is by: Life}"""
        return {key[2:]: life for key, life in self.lives.items() if key[:2] == (node, table) and condition(*key[2:])}


# ---- frames ----

class Frames:
    def __init__(self, tables):
        self.tables, self.sockets = tables, {}
        for n in LIVING:
            self.sockets["u%d" % n] = self.open("u%d" % n)
        for n, between in BEHIND.items():
            name = device("l%d%d" % (between, n))
            self.sockets[name] = tt_tables.in_namespace("n%d" % between, lambda name=name: self.open(name))

    def open(self, name):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        s.bind((name, 0))
        return s

    def client(self, node, address, vid=-1):
        """It says that it is there."""
        tag = struct.pack(">HH", 0x8100, vid) if vid >= 0 else b""
        self.sockets["u%d" % node].send(b"\xff" * 6 + raw(address) + tag + self.payload())

    def payload(self):
        return struct.pack(">H", 0x88b5) + bytes(46)  # for local experiments

    def to(self, node, destination, packet):
        """As if the node between had sent it."""
        between = BEHIND[node]
        name = device("l%d%d" % (between, node))
        self.sockets[name].send(destination + raw(self.tables.links[between][name]) + b"\x43\x05" + packet)

    def broadcast(self, node, originator, seqno, client):
        """Out of the cloud, for the node."""
        self.to(node, b"\xff" * 6, struct.pack(">BBBBI", 1, 15, 50, 0, seqno) + raw(originator) +
                b"\xff" * 6 + raw(client) + self.payload())

    def advertise(self, node, client, vid):
        """The client has come to the node between."""
        here = raw(self.tables.links[node][device("l%d%d" % (node, BEHIND[node]))])
        roam = struct.pack(">BBH6sH", 5, 1, 8, raw(client), 0x8000 | vid if vid >= 0 else 0)
        self.to(node, here, struct.pack(">BBBB6s6sHH", 0x44, 15, 50, 0, raw(self.tables.primary[node]),
                                        raw(self.tables.primary[BEHIND[node]]), len(roam), 0) + roam)


# ---- what must be ----

def check_gone(name, lives, since, limit, every):
    """Each of them gone when a kernel looks for the next time after the limit. since: the two times between which it was heard
    last, or what tells them of a row and its life."""
    wrong, ages = [], []
    for key, life in lives.items():
        first, last = since(key, life) if callable(since) else since
        if not life.gone:
            wrong.append("%s is still there" % (key,))
            continue
        ages += [life.last - last, life.gone - first]
        if life.gone - first < limit - NEWS_S or life.last - last > limit + every + NEWS_S + SLOW_S:
            wrong.append("%s: gone at an age of %.1f to %.1f s" % (key, life.last - last, life.gone - first))
    about = ", at an age of %.1f to %.1f s" % (min(ages), max(ages)) if ages else ""
    tap.ok(lives and not wrong, "%s: %d rows gone%s" % (name, len(lives), about), "\n".join(wrong))


def heard(_, life):
    """As its table says."""
    return life.heard, life.heard


class Test:
    def __init__(self):
        self.tables = Tables()
        self.frames = Frames(self.tables)
        self.primary = self.tables.primary
        self.silent = {1: ("02:cc:00:00:00:01", -1), 2: ("02:cc:00:00:00:02", VID)}  # clients that say no more
        self.staying = {4: ("02:cc:00:00:00:04", VID)}  # that VLAN is there to the end
        self.roamed = {}  # {node: client}: that goes, as an advertisement tells
        self.passing = {}  # {node: client}: of which nobody but a frame tells
        self.probes = []  # [(when, node, of which dead one, client)]: broadcasts in the name of the dead

    def macs(self, *nodes):
        return {address for n in nodes for address in self.tables.links[n].values()}

    def all_know(self, clients):
        """All other nodes, with a table, and these clients."""
        primary = set(self.primary.values())
        for n in LIVING:
            rows = self.tables.rows(n)
            originators = {k[1] for k in rows if k[0] == "o"} & {k[1] for k in rows if k[0] == "tg"}
            if primary - originators != {self.primary[n]} or set(clients) - {k[-2:] for k in rows if k[0] in ("tg", "tl")}:
                return False
        return True

    def come(self, *groups):
        clients = [(node, client) for group in groups for node, client in group.items()]
        for node, client in clients:
            self.frames.client(node, *client)
        return wait_for(lambda: self.all_know({client for _, client in clients}), 60)

    def all_told(self):
        rows = {n: self.tables.rows(n) for n in LIVING}
        roaming = {n: {k[-2:] for k, row in rows[n].items() if k[0] == "tg" and row.flags & ROAM} for n in LIVING}
        passing = [rows[n].get(("tg", self.primary[BEHIND[n]], *client)) for n, client in self.passing.items()]
        return all(set(self.roamed.values()) <= roaming[n] for n in LIVING) and \
            all(row and row.flags & TEMP for row in passing)

    def tell(self):
        """That clients roam, and a frame of one. Again where a kernel has asked for a whole table, which ends such rows."""
        for attempt in range(ATTEMPTS):
            self.roamed = {3: ("02:cc:00:01:%02x:03" % attempt, -1), 4: ("02:cc:00:01:%02x:04" % attempt, VID)}
            self.passing = {n: ("02:cc:00:02:%02x:%02x" % (attempt, n), -1) for n in BEHIND}
            self.come(self.roamed)
            time.sleep(5 * INTERVAL_S)
            begin = time.monotonic()
            for node, between in BEHIND.items():
                self.frames.advertise(node, *self.roamed[node])
                self.frames.broadcast(node, self.primary[between], 10000 + attempt, self.passing[node][0])
            self.told = begin, time.monotonic()
            told = wait_for(self.all_told, 10)
            self.left = time.monotonic()
            if told and not time.sleep(20 * INTERVAL_S) and self.all_told():
                return True
        return False

    def roamed_since(self, key, _):
        """A trama node waits for the new node to announce the client, which never happens here, before it withdraws it."""
        return (self.told[0], self.left) if key[-2:] == self.roamed[4] else self.told

    def start(self):
        tap.ok(self.come(self.silent, self.staying), "all nodes know each other and each other's clients")
        time.sleep(64 * INTERVAL_S)
        tap.ok(self.tell(), "and what advertisements and frames tell")

    def look_fast(self):
        """Where all nodes were at one time."""
        begin = 0
        while time.monotonic() - begin > SLOW_S:
            begin = time.monotonic()
            self.tables.look()

    def die(self):
        tc = {n: subprocess.Popen(["tc", "-n", "n%d" % n, "-batch", "-"], stdin=subprocess.PIPE, text=True) for n in DEAF}
        time.sleep(1)
        self.look_fast()
        self.used = {key for key, life in self.tables.lives.items() if key[1] == "o" and life.row.tq}
        begin = time.monotonic()
        for node, client in self.silent.items():
            self.frames.client(node, *client)
        for node, ports in DEAF.items():
            print(*("qdisc replace dev %s root netem loss 100%%" % port for port in ports), sep="\n", file=tc[node].stdin, flush=True)
        for child in tc.values():
            child.communicate()
        self.died = begin, time.monotonic()

    def probe(self, number, seqno):
        for node in BEHIND:
            for dead in DEAD:
                client = "02:dd:00:%02x:%02x:%02x" % (node, dead, number)
                self.probes.append((time.monotonic(), node, dead, client))
                self.frames.broadcast(node, self.primary[dead], seqno, client)

    def has_passed(self, node, dead, client):
        return (node, "tg", self.primary[dead], client, -1) in self.tables.lives

    def stay(self):
        for node, client in self.staying.items():
            self.frames.client(node, *client)

    def live(self):
        """All that happens with time."""
        end = self.died[1]
        self.tables.watch(end + WAY_S + 10)
        self.probe(0, 20000)
        self.probe(1, 20000)
        self.stay()
        self.tables.watch(end + ORIGINATOR_S - 5)
        self.stay()
        for number in range(2, 2 + int(10 / PROBE_S)):
            self.probe(number, 20000 + number)
            self.tables.watch(time.monotonic() + PROBE_S)
        self.tables.watch(end + CLIENT_S + CLIENTS_EVERY_S + NEWS_S + SLOW_S + 2)

    def check_ways(self, node):
        """Those that were in use when it happened."""
        name, dead, lives, cut = NAMES[node], self.macs(*DEAD), self.tables.lives, {device("l34"), device("l43")}

        def last_by(way, life):
            """When the last OGM came by it: from a neighbour that is gone too, of an originator that is, or from further off."""
            originator, *neighbour = way
            direct = lives.get((node, "n", *neighbour))
            times = [life.heard] * (originator in dead) + ([direct.heard] if direct and direct.gone else [])
            return (min(times),) * 2 if times else self.died

        used = self.tables.of(node, "o", lambda *way: (node, "o", *way) in self.used)
        to_dead = {way: life for way, life in used.items() if way[0] in dead}
        ended = {way: life for way, life in used.items() if way[0] not in dead and (way[2] in cut or life.gone)}
        check_gone(name + ": ways to the dead", to_dead, last_by, WAY_S, WAYS_EVERY_S)
        check_gone(name + ": ways by the wire that is cut", ended, last_by, WAY_S, WAYS_EVERY_S)
        lost = [way for way, life in used.items() if way not in to_dead and way not in ended and not life.row.tq]
        tap.ok(not lost, name + ": all other ways are there, and used", lost)
        silent = self.tables.of(node, "n", lambda n, d: n in dead or d in cut)
        check_gone(name + ": neighbours", silent, heard, WAY_S, WAYS_EVERY_S)
        clients = self.tables.of(node, "tg", lambda o, address, _: o in dead and not address.startswith("02:dd"))
        check_gone(name + ": clients of the dead", clients, self.died, WAY_S, WAYS_EVERY_S)

    def check_broadcasts(self, node, dead):
        name = "%s: broadcasts of node %d" % (NAMES[node], dead)
        last = max(life.heard for life in self.tables.of(node, "o", lambda o, *_: o == self.primary[dead]).values())
        probes = [(at - last, self.has_passed(n, d, client)) for at, n, d, client in self.probes if (n, d) == (node, dead)]
        tap.ok(probes[0][1] and not probes[1][1], name + ": pass when there is no way to it any more, but not twice")
        wrong = [p for p in probes[2:] if p[1] and p[0] > ORIGINATOR_S + WAYS_EVERY_S + SLOW_S or not p[1] and p[0] < ORIGINATOR_S - NEWS_S]
        tap.ok(not wrong, "%s: pass until an age of %.1f, not from %.1f s on" % (
            name, max((age for age, passed in probes[2:] if passed), default=0),
            min((age for age, passed in probes[2:] if not passed), default=0)), wrong)
        told = self.tables.of(node, "tg", lambda o, address, _: o == self.primary[dead] and address.startswith("02:dd"))
        check_gone(name + ": clients that these told of", told, (last, last), ORIGINATOR_S, WAYS_EVERY_S)

    def check_clients(self, node):
        def check(what, table, clients, since, limit=CLIENT_S, flags=0):
            found = self.tables.of(node, table, lambda *key: key[-2:] in clients)
            found = {key: life for key, life in found.items() if life.row.flags & flags == flags}
            check_gone("%s: %s" % (NAMES[node], what), found, since, limit, CLIENTS_EVERY_S)

        kept_s = {"k": CLIENT_S, "t": BRIDGE_S}
        if node in self.silent:
            check("its own silent client", "tl", [self.silent[node]], self.died, kept_s[KINDS[node]])
            if KINDS[node] == "t":
                check("the same without its VLAN", "tl", [(self.silent[node][0], -1)], self.died, BRIDGE_S)
        else:
            check("the client of which a frame told", "tg", [self.passing[node]], self.told, flags=TEMP)
        for n, client in self.silent.items():
            if n != node:
                check("the silent client of node %d" % n, "tg", [client], self.died, kept_s[KINDS[n]])
        check("the clients that roam", "tg", self.roamed.values(), self.roamed_since, flags=ROAM)

    def lose_ports(self, ports, change, within_s):
        """Ports and, at both ends, all that is known by them only; the rest stays."""
        self.tables.look()
        before = {key for key, life in self.tables.lives.items() if not life.gone}
        for port in ports:
            ip(int(port[1]), *change, port)
        end = time.monotonic()
        self.tables.watch(end + within_s + 1)
        return before, end

    def check_ports(self, node, before, end, within_s, is_lost):
        lost = {key for key in before if key[0] == node and key[1] in ("o", "n", "tg") and is_lost(*key[1:])}
        lives = self.tables.lives
        late = [key for key in lost if lives[key].last > end + within_s + SLOW_S]
        # a kernel whose primary port is down shows no clients
        more = [key for key in before if key[0] == node and key[1] != "tl" and key not in lost and lives[key].gone]
        tap.ok(lost and not late, "%s: %d rows gone at once with its port" % (NAMES[node], len(lost)), late)
        tap.ok(not more, NAMES[node] + ": no others", more)

    def end_ports(self):
        """Nodes 3 and 4 are alone then; after that so are 1 and 2."""
        before, end = self.lose_ports(("l14", "l32"), ("link", "del"), 0)
        for node, port, other in ((1, "l14", 4), (2, "l23", 3)):
            gone = self.macs(other)
            self.check_ports(node, before, end, 0, lambda table, first, *rest, gone=gone, port=port: (
                first in gone or device(port) in rest))
        for node in (3, 4):
            self.check_ports(node, before, end, 0, lambda *_: True)
        before, end = self.lose_ports(("l12", "l21"), ("link", "set", "down"), WAYS_EVERY_S)
        for node in (1, 2):
            self.check_ports(node, before, end, WAYS_EVERY_S, lambda *_: True)


def main():
    test = Test()
    test.start()
    test.die()
    test.live()
    for node in LIVING:
        test.check_ways(node)
    for node in BEHIND:
        for dead in DEAD:
            test.check_broadcasts(node, dead)
    for node in LIVING:
        test.check_clients(node)
    test.end_ports()
    tap.done()


main()
