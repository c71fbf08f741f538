# SPDX-License-Identifier: GPL-2.0-or-later
"""newcomers.py DEVICE...: 20 new clients at each of them, at once, so that the OGMs of two nodes do not fit into one frame."""

import socket
import sys

import tt_nodes

for number, device in enumerate(sys.argv[1:]):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((device, 0))
        for i in range(20):
            s.send(tt_nodes.gratuitous_arp("02:cc:01:00:%02x:%02x" % (number, i)))
