# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes of records in a town: written at one node, seen at others, and what a node must put up with.

    ms = changes.delays_ms(town, "a", ["b", "c"], 100)  # of each change, until the last of them knew it
    with changes.flood(town, "x", "eth0", 30): ...      # a neighbour that nobody wants
    seconds = changes.joining_s(town, "c", 10000)       # of a node that is starting

In a host this same file is the program, which speaks to tramad by its control socket or to its neighbours' by UDP. All
hosts have the same monotonic clock.
"""

import json
import math
import os
import socket
import struct
import sys
import time

TYPE = 200  # free for everybody's use
VALUE_LEN = 60  # with it a record is as large as that of a lease
RATE = 10  # changes a second
LATE_S = 5  # so long after the last change some may still come
JOIN_S, HELLO_S = 90, 20

CONTROL = "/run/trama/control"
STATE_PORT, BABEL_PORT, BABEL_GROUP = 5510, 6696, "ff02::1:6"


# ---- for benchmarks ----

def program(*words):
    return [sys.executable, os.path.abspath(__file__), *map(str, words)]


def understand(text):
    """{(id, version): seconds}"""
    return {(words[0], words[1]): float(words[2]) for words in map(str.split, text.splitlines())}


class Watch:
    """What a node gets to know, from now on."""

    def __init__(self, town, host):
        self.process = town.start(host, program("watch"))
        if "ready" not in self.process.popen.stdout.readline():
            raise RuntimeError("%s: %s" % (host, self.process.popen.stderr.read()))

    def stop(self):
        return understand(self.process.stop())


def put(town, host, count):
    """When each of so many records was written, one after the other."""
    done = town.run(host, program("put", count), timeout=60 + count / RATE)
    if done.returncode != 0:
        raise RuntimeError("%s: %s%s" % (host, done.stdout, done.stderr))
    return understand(done.stdout)


def delays_ms(town, writer, watchers, count):
    """Of each change until the last of the watchers knows it; infinite where one does not within seconds."""
    watches = [Watch(town, host) for host in watchers]
    try:
        written = put(town, writer, count)
        time.sleep(LATE_S)
    finally:
        seen = [w.stop() for w in watches]
    return [1000 * (max(s.get(change, math.inf) for s in seen) - at) for change, at in written.items()]


def flood(town, host, dev, seconds):
    """A process of a host without tramad, which is next to a node at that device."""
    return town.start(host, program("flood", dev, seconds))


def joining_s(town, host, records):
    """From the first datagram of a neighbour until this node, which is starting, has so many records."""
    done = town.run(host, program("join", records), timeout=JOIN_S + 30)
    if done.returncode != 0:
        raise RuntimeError("%s: %s%s" % (host, done.stdout, done.stderr))
    return float(done.stdout)


# ---- the program ----

class Control:
    def __init__(self):
        s = socket.socket(socket.AF_UNIX)
        s.connect(CONTROL)
        self.file = s.makefile("rw")

    def ask(self, method, **params):
        self.file.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n")
        self.file.flush()
        answer = json.loads(self.file.readline())
        if "error" in answer:
            sys.exit("%s: %s" % (method, answer["error"]))
        return answer["result"]


def tell(record, at):
    print(record["id"], record["epoch"], at, flush=True)


def watch_main():
    c = Control()
    c.ask("state.watch", type=str(TYPE))
    print("ready", flush=True)
    for line in c.file:
        tell(json.loads(line)["params"], time.monotonic())


def put_main(count):
    c = Control()
    begin = time.monotonic()
    for i in range(int(count)):
        time.sleep(max(0, begin + i / RATE - time.monotonic()))
        at = time.monotonic()
        # the same value again would not be written
        tell(c.ask("state.put", type=TYPE, id="r%d" % i, value=str(time.monotonic_ns()).rjust(VALUE_LEN, "0")), at)


def join_main(records):
    while not os.path.exists(CONTROL):
        time.sleep(0.01)
    c = Control()
    begin = time.monotonic()
    before, first = begin, None
    while True:
        at, known = time.monotonic(), c.ask("counters")["state"]
        if not known["received"]:
            before = at
        elif first is None:
            first = before  # it came since then
        if known["records"] >= int(records):
            print(time.monotonic() - first)
            return
        if at - begin > JOIN_S:
            sys.exit("after %d s there are %d records" % (JOIN_S, known["records"]))
        time.sleep(0.04)  # a user may ask 50 times a second


def varint(v):
    out = b""
    while v >= 0x80:
        out += bytes((v & 0x7f | 0x80,))
        v >>= 7
    return out + bytes((v,))


def record(name, author, version):
    """A shared record of the network; core/state/state_msg.h has the form."""
    value = b"x" * VALUE_LEN
    return (varint(0) + varint(0) + bytes((1 | 2, TYPE + 1, len(name))) + name + author + varint(version) + varint(86400) +
            varint(len(value)) + value)


def neighbour(dev):
    """Where its datagrams go: who says hello by Babel there."""
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(dev)
    s.settimeout(HELLO_S)
    s.bind(("", BABEL_PORT))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, BABEL_GROUP) +
                 struct.pack("@I", index))
    _, sender = s.recvfrom(2048)
    return sender[0].split("%")[0], STATE_PORT, 0, index


def flood_main(dev, seconds, per_s=1500):
    """Half of its records are always the same ones in newer versions, half are new each time."""
    me, to = os.urandom(8), neighbour(dev)
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    print("ready", flush=True)
    begin, sent = time.monotonic(), 0
    while time.monotonic() < begin + float(seconds):
        sent += 1
        body = b"".join(record(b"w%d" % i, me, sent) + record(os.urandom(8), me, sent) for i in range(5))
        s.sendto(b"\x74\x01" + me + struct.pack(">IIBH", 1, sent, 1, len(body)) + body, to)
        time.sleep(max(0, begin + sent / per_s - time.monotonic()))
    print(sent)


if __name__ == "__main__":
    {"watch": watch_main, "put": put_main, "join": join_main, "flood": flood_main}[sys.argv[1]](*sys.argv[2:])
