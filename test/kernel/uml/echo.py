#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A datagram every 10 ms, and how long no answer came. (ping takes 18 ms instead of 10 in user-mode Linux.)

    echo.py serve                     answers all that comes
    echo.py gap ADDRESS SECONDS       prints the longest time between two answers, or after the last one, in ms
"""

import select
import signal
import socket
import sys
import time

PORT = 5999
INTERVAL_S = 0.01


def serve():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # a usual end, of which a shell does not tell
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("", PORT))
    while True:
        server.sendto(*server.recvfrom(64))


def gap_ms(address, seconds):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setblocking(False)
    start = to_send = time.monotonic()
    last, longest = None, 0
    while (now := time.monotonic()) < start + seconds:
        if now >= to_send:
            client.sendto(b"echo", (address, PORT))
            to_send = max(to_send + INTERVAL_S, now)  # what a busy machine left out is not made up for
        elif select.select([client], [], [], to_send - now)[0]:
            client.recv(64)
            answered = time.monotonic()
            longest = max(longest, answered - (last or answered))
            last = answered
    return 1000 * max(longest, now - (last or start))


def main():
    if sys.argv[1:] == ["serve"]:
        serve()
    elif len(sys.argv) == 4 and sys.argv[1] == "gap":
        print("%.0f" % gap_ms(sys.argv[2], float(sys.argv[3])))
    else:
        sys.exit(__doc__)


main()
