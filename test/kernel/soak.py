#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""soak.py KINDS MINUTES SEED PORT...: eight nodes, fifty clients that roam, leave, come back and talk, wires that lose frames.

What happens is drawn from the seed alone, the same for every KINDS. At the end of each minute all changes pause, nothing
is lost any more, and what is looked at goes as one line of JSON to /uml-out/KINDS: how long until all tables agreed, what
was wrong, frames of clients, bytes of the cloud per second, memory of the daemons. test/long/soak_test judges it.
"""

import collections
import contextlib
import json
import os
import random
import re
import select
import socket
import struct
import sys
import time
from ctypes import addressof, create_string_buffer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))
import control  # noqa: E402
from town import wait_for  # noqa: E402
from tt_nodes import REPLY, REQUEST, ROAM, Node, differences, echo, gratuitous_arp, misplaced  # noqa: E402
from tt_tables import in_namespace  # noqa: E402

INTERVAL_S = int(os.environ["INTERVAL"]) / 1000
CLIENTS = 50
MINUTE_S, CHANGES_S = 60, 48  # of a minute; the rest is for looking
TICK_S = 0.1
PER_S = {"roam": 1.0, "leave": 0.15, "talk": 3.0, "loss": 0.5}
DWELL_S = 3  # at least, at one node
AWAY_S = 10, 100  # a quarter of all comes back as another device
NEW_DEVICE = 0.25
LOSS_PERCENT = 20  # at most, per direction of a wire
LOSSY_AT_ONCE = 8  # ports of 22 when a minute begins
DRAIN_S = 8
ARRIVES_S = 2  # longest that a frame may take without loss
# An OGM, its request, which is repeated after 3 s at the latest, its answer, and again, should that name a newer table.
AGREE_S = 3 + 10 * INTERVAL_S + 2
QUIET_S = 3 * INTERVAL_S  # for answers that are on their way when the tables agree
REQUESTS = "tt_request_tx", "tt_request_rx"
TELLING = re.compile("drop|tt_|full|roam|.*failed|.*errors|no_device|too_long|forged|station")


# ---- what the nodes say ----

class Cloud:
    """What leaves by every port of the cloud, counted without a process and read once in a while."""

    OUTGOING, ETH_P_ALL, ATTACH_FILTER, RCVBUFFORCE = 4, 3, 26, 33

    def __init__(self, kinds, ports):
        self.sockets = []
        for port in ports:
            device = port + {"t": "_29", "k": ".29"}[kinds[int(port[1]) - 1]]
            if not wait_for(lambda: self.open(port, device), 90):
                sys.exit("no device " + device)
        self.counted, self.seconds, self.since = collections.Counter(), 0, None

    def open(self, port, device):
        """Whether the device is there."""
        try:
            self.sockets.append(in_namespace("n" + port[1], lambda: self.socket(device)))
            return True
        except OSError:
            return False

    def socket(self, device):
        program = struct.pack("=" + 6 * "HBBI", 0x20, 0, 0, 0xfffff004, 0x15, 0, 3, self.OUTGOING,  # type of the packet
                              0x28, 0, 0, 12, 0x15, 0, 1, 0x4305, 0x06, 0, 0, 0x40000, 0x06, 0, 0, 0)
        text = create_string_buffer(program)
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        s.setsockopt(socket.SOL_SOCKET, self.ATTACH_FILTER, struct.pack("HL", 6, addressof(text)))
        s.setsockopt(socket.SOL_SOCKET, self.RCVBUFFORCE, 4 << 20)
        s.bind((device, self.ETH_P_ALL))
        s.setblocking(False)
        s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # a device that is not up yet
        return s

    def frames(self):
        found = []
        for s in self.sockets:
            with contextlib.suppress(BlockingIOError):
                while True:
                    found.append(s.recv(4096))
        return found

    def begin(self):
        self.frames()  # of before
        self.counted, self.seconds, self.since = collections.Counter(), 0, time.monotonic()

    def drain(self):
        now, frames = time.monotonic(), self.frames()
        self.counted += control.count(frames)
        self.counted["frames"] += len(frames)
        self.seconds, self.since = self.seconds + now - self.since, now

    def per_second(self):
        return {kind: round(n / self.seconds) for kind, n in self.counted.items()}


class Wires:
    def __init__(self, nodes, ports):
        self.nodes, self.lossy, self.ports = {n.number: n for n in nodes}, set(), ports

    def loss(self, port, percent):
        self.nodes[int(port[1])].shell.run("tc qdisc replace dev %s root netem loss %d%%" % (port, percent))
        (self.lossy.add if percent else self.lossy.discard)(port)

    def well(self):
        for port in sorted(self.lossy):
            self.loss(port, 0)


# ---- clients ----

class Client:
    def __init__(self):
        self.address, self.node, self.until = None, None, 0  # until: where it is, or away


class Crowd:
    """Frames of all clients, and where these are."""

    def __init__(self, nodes):
        self.nodes, self.ends = nodes, {}
        for n in nodes:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
            s.bind(("u%d" % n.number, 0x0800))
            self.ends[n] = s
        self.at = {s: n for n, s in self.ends.items()}
        self.clients, self.devices, self.number = [Client() for _ in range(CLIENTS)], 0, 0
        self.places = {}  # {MAC: node or None} of every device that was ever here
        self.ways = collections.defaultdict(lambda: collections.deque(maxlen=5))  # {MAC: [when and where]}
        self.waiting, self.count = {}, collections.Counter()
        self.given_up, self.late = {}, {}  # {frame: since when}, {frame: how many seconds after that it came}

    def here(self):
        return [c for c in self.clients if c.node]

    def come(self, client, node, new=False):
        if new or not client.address:
            client.address = "02:cc:00:01:%02x:%02x" % divmod(self.devices, 256)
            self.devices += 1
        self.put(client, node)
        self.announce(client)

    def leave(self, client):
        self.put(client, None)

    def put(self, client, node):
        client.node = self.places[client.address] = node
        self.ways[client.address].append("%s %s" % (time.strftime("%M:%S"), node.name if node else "away"))

    def announce(self, client):
        self.ends[client.node].send(gratuitous_arp(client.address))

    def say(self, a, b, kind, number):
        frame = echo(a, b, kind, number)
        self.waiting[frame] = b
        self.count["sent"] += 1
        self.ends[self.places[a]].send(frame)

    def talk(self, a, b):
        """A request that b answers when it comes."""
        self.number = (self.number + 1) & 0xffff
        self.say(a.address, b.address, REQUEST, self.number)
        return self.number

    def heard(self, node, frame):
        size = 14 + 20 + 8
        kind, to, frame = frame[14 + 20], frame[:6].hex(":"), frame[:size]
        if self.places.get(to) is not node:
            self.count["elsewhere"] += to in self.places
        elif self.waiting.pop(frame, None) is None:
            self.count["twice"] += 1
            if frame in self.given_up:
                self.late[frame] = round(time.monotonic() - self.given_up[frame], 1)
        else:
            self.count["arrived"] += 1
            if kind == REQUEST:
                self.say(to, frame[6:12].hex(":"), REPLY, struct.unpack(">H", frame[40:42])[0])

    def pump(self, until):
        """Frames that come, until then; those that are there already in any case."""
        while ready := select.select(list(self.at), [], [], max(0, until - time.monotonic()))[0]:
            for s in ready:
                frame = s.recv(2000)
                if len(frame) >= 42:
                    self.heard(self.at[s], frame)

    def forget_frames(self):
        self.given_up, self.late = dict.fromkeys(self.waiting, time.monotonic()), {}
        self.waiting, count, self.count = {}, dict(self.count), collections.Counter()
        return count


# ---- what happens ----

class Scenario:
    """Drawn from the seed, tick by tick, whatever becomes of it."""

    def __init__(self, seed, nodes, crowd, wires):
        self.random = random.Random(seed)
        self.nodes, self.crowd, self.wires, self.tick = nodes, crowd, wires, 0

    def start(self):
        for client in self.crowd.clients:
            self.crowd.come(client, self.random.choice(self.nodes))

    def rarely(self, what):
        return self.random.random() < PER_S[what] * TICK_S

    def change_loss(self):
        self.wires.loss(self.random.choice(self.wires.ports), self.random.randint(1, LOSS_PERCENT))

    def roam(self):
        rested = [c for c in self.crowd.here() if c.until <= self.tick]
        client = self.random.choice(rested)
        client.until = self.tick + DWELL_S / TICK_S
        self.crowd.come(client, self.random.choice([n for n in self.nodes if n is not client.node]))

    def leave(self):
        client = self.random.choice(self.crowd.here())
        client.until = self.tick + self.random.uniform(*AWAY_S) / TICK_S
        self.crowd.leave(client)

    def talk(self):
        a = self.random.choice(self.crowd.here())
        self.crowd.talk(a, self.random.choice([b for b in self.crowd.here() if b.node is not a.node]))

    def comers(self):
        for client in self.crowd.clients:
            if not client.node and client.until <= self.tick:
                client.until = self.tick + DWELL_S / TICK_S
                self.crowd.come(client, self.random.choice(self.nodes), self.random.random() < NEW_DEVICE)

    def step(self):
        self.tick += 1
        self.comers()
        for what, act in (("roam", self.roam), ("leave", self.leave), ("talk", self.talk), ("loss", self.change_loss)):
            if self.rarely(what):
                act()


# ---- what is looked at ----

def daemons():
    """{number of node: {PID: private kB}}"""
    of_namespace = {os.stat("/run/netns/n%d" % n).st_ino: n for n in range(1, 9)}
    found = collections.defaultdict(dict)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "comm").read_text() != "tramad\n":
                continue
            node = of_namespace[os.stat(process / "ns/net").st_ino]
            rollup = (process / "smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[node][int(process.name)] = sum(map(int, re.findall(r"^Private_(?:Clean|Dirty): +(\d+)", rollup, re.M)))
    return dict(sorted(found.items()))


def why(more):
    """Counters that may tell, of {name of node: {counter: how much more}}."""
    return "; ".join("%s: %s" % (name, ", ".join("%s %d" % (k, n) for k, n in sorted(counters.items()) if TELLING.match(k)))
                     for name, counters in more.items())


def processor():
    """(time that it was idle, all time), in ticks."""
    times = [int(t) for t in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    return times[3], sum(times)


class Soak:
    def __init__(self, kinds, minutes, seed, ports):
        self.minutes, self.out = minutes, Path("/uml-out") / kinds
        self.cloud = Cloud(kinds, ports)
        self.nodes = [Node(i + 1, kind) for i, kind in enumerate(kinds)]
        self.crowd, self.wires = Crowd(self.nodes), Wires(self.nodes, ports)
        self.scenario = Scenario(seed, self.nodes, self.crowd, self.wires)
        self.out.write_text("")

    def strays(self, places):
        """Clients that are here, and not where they are."""
        return misplaced({(c.address, -1): c.node for c in self.crowd.here()}, places)

    def counts(self, viewer, row):
        """CRCs leave out clients that are marked as roaming. The mark of one that is lost stays until it speaks again, at
        most 600 s; a kernel's may stay even so."""
        return not row.flags & ROAM or viewer.kind == "t" and self.crowd.places.get(row.address)

    def wrong(self):
        found, places = differences(self.nodes, self.counts)
        found += self.strays(places)
        for address, node in self.crowd.places.items():
            has = [n.name for n in self.nodes if (address, -1) in places[n]]
            if not node and len(has) > 1:
                found.append("%s, which is away, is at %s" % (address, has))
        return found

    def explained(self, line):
        """With the ways of the clients in it."""
        return "; ".join([line] + ["%s: %s" % (a, ", ".join(self.crowd.ways[a])) for a in self.crowd.ways if a in line])

    def agree(self, seconds):
        """(seconds until all tables agreed, what is still wrong)"""
        begin = time.monotonic()
        while (wrong := self.wrong()) and time.monotonic() - begin < seconds:
            self.crowd.pump(time.monotonic() + INTERVAL_S / 5)
        return round(time.monotonic() - begin, 1), [self.explained(line) for line in wrong]

    def counters(self):
        """{name of node: {counter: number}}"""
        return {n.name: n.counters(own=True) for n in self.nodes}

    def more(self, before):
        """What was counted since then, the same."""
        return {name: {k: n - before[name][k] for k, n in counters.items() if n != before[name][k]}
                for name, counters in self.counters().items()}

    def show_up(self):
        """Clients that are here, and not where they are; then all of them say something. An entry of the old node that comes
        late, in an answer, takes a client from its new node until it speaks again, with kernels too."""
        self.crowd.pump(time.monotonic() + QUIET_S)
        strays = self.strays(differences(self.nodes)[1])
        for client in self.crowd.here():
            self.crowd.announce(client)
            self.crowd.pump(time.monotonic() + TICK_S / 5)
        return [self.explained(line) for line in strays]

    def bridged(self, address):
        """Where the bridge of its node has it."""
        return self.crowd.places[address].shell.run("bridge fdb show | grep -i " + address).strip().replace("\n", ", ")

    def talk_to(self, clients):
        """Each hears from another one, and that one its answer; those frames that did not come, as (from, to)."""
        here = self.crowd.here()
        for b in clients:
            i = here.index(b)
            # through the cloud: a bridge does not send a frame out where it came in
            self.crowd.talk(next(a for a in here[i:] + here[:i] if a.node is not b.node), b)
            self.crowd.pump(time.monotonic() + TICK_S / 5)
        self.crowd.pump(time.monotonic() + ARRIVES_S)
        return [(frame, frame[6:12].hex(":"), b) for frame, b in self.crowd.waiting.items()]

    def told(self, way, place):
        frame, a, b = way
        late = self.crowd.late.get(frame)
        return self.explained("%s at %s (%s) does not hear %s at %s%s" % (
            b, self.crowd.places[b].name, place, a, self.crowd.places[a].name, "; %.1f s later it does" % late if late else ""))

    def reach(self):
        """(frames that did not come once, nor again; those that did not come once; how many there were)"""
        missed = self.talk_to(self.crowd.here())
        count = self.crowd.forget_frames()
        places = {b: self.bridged(b) for _, _, b in missed}
        lost = self.talk_to([c for c in self.crowd.here() if any(c.address in way for way in missed)]) if missed else []
        missed = [self.told(way, places[way[2]]) for way in missed]
        self.crowd.forget_frames()
        return [self.told(way, self.bridged(way[2])) for way in lost], missed, count

    def changes(self):
        """Changes and loss; how late they were."""
        for port in self.scenario.random.sample(self.wires.ports, LOSSY_AT_ONCE):
            self.wires.loss(port, self.scenario.random.randint(1, LOSS_PERCENT))
        self.cloud.begin()
        begin, drained = time.monotonic(), time.monotonic()
        for tick in range(int(CHANGES_S / TICK_S)):
            self.crowd.pump(begin + (tick + 1) * TICK_S)
            self.scenario.step()
            if time.monotonic() - drained > DRAIN_S:
                self.cloud.drain()
                drained = time.monotonic()
        self.cloud.drain()
        return round(time.monotonic() - begin - CHANGES_S, 1)

    def minute(self, number):
        begin, (idle, ticks) = time.monotonic(), processor()
        late = self.changes()
        frames = self.crowd.forget_frames()
        self.wires.well()
        strays = self.show_up()
        took, wrong = self.agree(AGREE_S)
        self.cloud.drain()
        self.crowd.pump(time.monotonic() + QUIET_S)
        before = self.counters()
        lost, missed, quiet = self.reach()
        more = self.more(before)
        self.cloud.drain()
        asked = ["%s: %d %s more" % (name, c[k], k) for name, c in more.items() for k in REQUESTS if k in c]
        lost, missed, asked = ([line + "; " + why(more) for line in lines] for lines in (lost, missed, asked))
        seen = {"minute": number, "here": len(self.crowd.here()), "late_s": late, "frames": frames, "quiet_frames": quiet,
                "strays": strays, "agreed_s": took, "wrong": wrong, "lost": lost, "missed": missed, "asked": asked,
                "requests": sum(c[k] for c in before.values() for k in REQUESTS), "bytes_s": self.cloud.per_second(),
                "memory": daemons()}
        idle, ticks = (now - then for now, then in zip(processor(), (idle, ticks)))
        seen["idle"] = round(idle / ticks, 2)
        with self.out.open("a") as f:
            f.write(json.dumps(seen) + "\n")
        self.crowd.pump(begin + MINUTE_S)
        return seen

    def run(self):
        self.scenario.start()
        self.crowd.pump(time.monotonic() + 5)
        self.show_up()  # at bridges that were not there yet
        took, wrong = self.agree(60)
        print("start: all agree after %.1f s" % took, *wrong, sep="\n", flush=True)
        for number in range(1, self.minutes + 1):
            show(self.minute(number))


def show(m):
    memory = [sum(processes.values()) for processes in m["memory"].values()]
    print("minute %d: %d clients, %d of %d frames came, %d elsewhere, %d twice; %d strays, agreed in %.1f s, %d wrong, %d lost,"
          " %d asked; bytes/s %s, %d frames/s; %d requests so far; tramad %s kB; %.1f s late, %d %% idle" % (
              m["minute"], m["here"], *(m["frames"].get(k, 0) for k in ("arrived", "sent", "elsewhere", "twice")),
              len(m["strays"]), m["agreed_s"], len(m["wrong"]), len(m["lost"]), len(m["asked"]),
              " ".join("%s %d" % (k, m["bytes_s"].get(k, 0)) for k in ("control", "container", "state", "payload")),
              m["bytes_s"]["frames"], m["requests"], memory, m["late_s"], 100 * m["idle"]), flush=True)
    for line in m["strays"] + m["wrong"] + m["lost"] + m["missed"] + m["asked"]:
        print("  " + line, flush=True)


if __name__ == "__main__":
    Soak(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]).run()
