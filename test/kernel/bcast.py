#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bcast.py FILE CLIENTS CLIENTS: numbered broadcasts of clients in clouds, "123" are clients 1, 2 and 3 of one.

Writes how often each came as [[receiver, sender, number, times], ...]. Runs where the clients' ends are: u1, u2, ...
"""

import collections
import json
import selectors
import socket
import struct
import sys
import time

ETHERTYPE = 0x88b6
COUNT = 50
WARM_S, ROUND_S, GAP_S, LATE_S = 120, 1, 0.02, 3


def frame(sender, number):
    source = bytes((0x02, 0xcc, 0, 0, 0, sender))
    return b"\xff" * 6 + source + struct.pack(">HBH", ETHERTYPE, sender, number) + bytes(40)


class Clients:
    def __init__(self, clouds):
        self.clouds, self.ends, self.select = clouds, {}, selectors.DefaultSelector()
        self.heard = collections.Counter()  # (receiver, sender, number)
        for c in (c for cloud in clouds for c in cloud):
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
            s.bind(("u%d" % c, ETHERTYPE))
            self.ends[c] = s
            self.select.register(s, selectors.EVENT_READ, c)

    def listen(self, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for event, _ in self.select.select(left):
                sender, number = struct.unpack(">BH", event.fileobj.recv(2000)[14:17])
                self.heard[event.data, sender, number] += 1

    def say(self, number):
        for c, end in self.ends.items():
            end.send(frame(c, number))
            self.listen(GAP_S)

    def all_heard(self, number):
        return all(self.heard[b, a, number] for cloud in self.clouds for a in cloud for b in cloud if a != b)

    def warm_up(self):
        """With number 0, until a whole round comes to everybody."""
        until = time.monotonic() + WARM_S
        while time.monotonic() < until:
            self.heard.clear()
            self.say(0)
            self.listen(ROUND_S)
            if self.all_heard(0):
                return True
        return False


def main(path, *clouds):
    clients = Clients([[int(c) for c in cloud] for cloud in clouds])
    if not clients.warm_up():
        print("not everybody hears everybody:", sorted(clients.heard))
        return 1
    clients.listen(LATE_S)
    for number in range(1, COUNT + 1):
        clients.say(number)
    clients.listen(LATE_S)
    with open(path, "w", encoding="ascii") as f:
        json.dump([[*key, times] for key, times in clients.heard.items()], f)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
