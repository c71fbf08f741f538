# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer that speaks LibreMesh's shared-state-async, version 1, written from its description.

    import shared_state as ss
    ss.sync(address, "bat-hosts", {"K": ss.entry("author", 100, data)})     # as a client: {key: value}

As a program, in a host of a town: `serve STATE` (a JSON file {type: {key: value}}) answers every client with that state
and prints a line of JSON for what it got; `silent` accepts and says nothing, and prints how long a client stays with it;
`ask ADDRESS TYPE STATE` is one sync.
"""

import json
import os
import select
import socket
import struct
import sys
import time

PORT = 3490
VERSION = struct.pack(">I", 1)
MAX = 1024 * 1024


def entry(author, ttl, data):
    return {"mAuthor": author, "mTtl": {"xint64": ttl, "xstr64": str(ttl)}, "mData": data}


def text(state):
    """As their daemon prints it."""
    return json.dumps({"stateSlice": [{"key": k, "value": v} for k, v in state.items()]}, indent=4).encode()


def state(data):
    return {e["key"]: e["value"] for e in json.loads(data)["stateSlice"]}


def take(s, n):
    out = b""
    while len(out) < n:
        part = s.recv(n - len(out))
        if not part:
            raise EOFError("closed after %d of %d bytes" % (len(out), n))
        out += part
    return out


def number(s):
    return struct.unpack(">I", take(s, 4))[0]


def message(kind, data):
    return bytes([len(kind)]) + kind.encode() + struct.pack(">I", len(data)) + data


def take_message(s):
    """(type, data), acknowledged."""
    kind = take(s, take(s, 1)[0]).decode()
    data = take(s, number(s))
    assert 2 <= len(data) <= MAX
    s.sendall(struct.pack(">I", len(message(kind, data))))
    return kind, data


def connect(address, timeout=15):
    """address%device"""
    info = socket.getaddrinfo(address, PORT, socket.AF_UNSPEC, socket.SOCK_STREAM)[0]
    s = socket.socket(info[0], socket.SOCK_STREAM)
    s.settimeout(timeout)
    s.connect(info[4])
    return s


def send_state(s, kind, data):
    """Through our message and its acknowledgement."""
    s.sendall(VERSION)
    assert number(s) == 1
    s.sendall(VERSION + message(kind, data))
    assert number(s) == len(message(kind, data))


def sync_bytes(address, kind, data):
    with connect(address) as s:
        send_state(s, kind, data)
        answer, data = take_message(s)
        assert answer == kind
        assert s.recv(1) == b"", "nothing follows"
        return data


def sync(address, kind, ours):
    return state(sync_bytes(address, kind, text(ours)))


def answer(s, states):
    assert number(s) == 1
    s.sendall(VERSION)
    assert number(s) == 1
    kind, data = take_message(s)
    if kind in states:
        m = message(kind, text(states[kind]))
        s.sendall(m)
        assert number(s) == len(m)
    return kind, state(data)


def listener():
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::", PORT))
    s.listen(8)
    return s


def serve_main(path):
    """The file is read anew for each client."""
    with listener() as all_of_us:
        while True:
            s = all_of_us.accept()[0]
            s.settimeout(15)
            try:
                with s, open(path) as f:
                    kind, got = answer(s, json.load(f))
                print(json.dumps({"type": kind, "state": got}), flush=True)
            except (AssertionError, EOFError, OSError, ValueError) as e:
                print(json.dumps({"error": repr(e)}), flush=True)


def silent_main():
    """To one client after the other: that it came, and how long it stayed."""
    with listener() as all_of_us:
        while True:
            s = all_of_us.accept()[0]
            begin = time.monotonic()
            print("ready", flush=True)
            with s:
                while not closed(s):
                    pass
            print(json.dumps(round(time.monotonic() - begin, 2)), flush=True)


def ask_main(address, kind, ours):
    print(json.dumps(sync(address, kind, json.loads(ours))))


def closed(s):
    """What comes is thrown away."""
    try:
        return not s.recv(65536)
    except ConnectionResetError:
        return True


def hold_main(address, count):
    """So many connections that say nothing: how long each of them lives."""
    begin = time.monotonic()
    held, times = [connect(address) for _ in range(int(count))], []
    print("ready", flush=True)
    while held:
        for s in select.select(held, [], [], 30)[0]:
            if closed(s):
                held.remove(s)
                times.append(round(time.monotonic() - begin, 2))
    print(json.dumps(times))


def send_main(address, what):
    """One of the ways to misbehave: what became of it, and after how many seconds."""
    deep = b'{"stateSlice":' + b"[" * (MAX - 14)
    ways = {
        "version": lambda s: s.sendall(struct.pack(">I", 2)),
        "long name": lambda s: s.sendall(VERSION + VERSION + b"\xff" + b"x" * 255),
        "no name": lambda s: s.sendall(VERSION + VERSION + b"\0"),
        "huge": lambda s: s.sendall(VERSION + VERSION + b"\x09bat-hosts" + struct.pack(">I", 2 * MAX) + b"{" * 100000),
        "slow": lambda s: s.sendall(VERSION + VERSION + b"\x09bat-hosts" + struct.pack(">I", MAX) + b"{" * 1000),
        "wrong ack": lambda s: (send_state(s, "bat-hosts", b"{}"), take(s, take(s, 1)[0]), take(s, number(s)),
                                s.sendall(struct.pack(">I", 5))),
        "unknown": lambda s: send_state(s, "no-such-type", b"{}"),
        "not json": lambda s: (send_state(s, "bat-hosts", os.urandom(1000)), take(s, 1), sys.exit(0)),
        "deep": lambda s: (send_state(s, "bat-hosts", deep), take(s, 1), sys.exit(0)),
    }
    begin = time.monotonic()
    with connect(address) as s:
        try:
            ways[what](s)
        except (BrokenPipeError, ConnectionResetError):
            pass
        while not closed(s):
            pass
        print(json.dumps(round(time.monotonic() - begin, 2)))


if __name__ == "__main__":
    {"serve": serve_main, "silent": silent_main, "ask": ask_main, "hold": hold_main, "send": send_main}[sys.argv[1]](
        *sys.argv[2:])
