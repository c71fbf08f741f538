# SPDX-License-Identifier: GPL-2.0-or-later
"""Who sent the broadcasts of bcast.py by which ports, out of captures, beside what batman-adv's rules make of what it heard.

A broadcast leaves once by every port, but not where the only neighbour is its originator or the one that it came from.

    judge({"l12": (capture, MAC), ...}) -> (lines of differences, {port: broadcasts sent})
    delays(the same) -> seconds from the first copy heard to the first one sent, of every broadcast passed on

A kernel node counts the TTL down in bytes that it shares with all who hear the frame on a bridge of the same machine. What a
node of user space reads there a bit later is less than what was captured: for such a node `ttl` is False.
"""

import collections
import struct

import batman

ETHERTYPE = 0x88b6  # of the broadcasts of bcast.py
FIRST_TTL = 49

Copy = collections.namedtuple("Copy", "at port src ttl orig")


def client_and_number(p):
    """Of a broadcast of bcast.py but the first ones, when the cloud was not yet whole; or None."""
    if p["kind"] != "bcast" or p["inner"][12:14] != struct.pack(">H", ETHERTYPE):
        return None
    client, number = struct.unpack(">BH", p["inner"][14:17])
    return (client, number) if number else None


def read(ports):
    """({(client, number, sequence number): [Copy, ...] in order}, {port: neighbours})"""
    copies, neighbours = collections.defaultdict(list), collections.defaultdict(set)
    own = {address for _, address in ports.values()}
    for port, (path, address) in ports.items():
        for at, frame in batman.captured(path):
            for p in batman.packets(frame):
                if p["src"] != address and p["src"] in own:
                    continue  # another port of this node is on the wire
                if p["src"] != address:
                    neighbours[port].add(p["src"])
                which = client_and_number(p)
                if which:
                    copies[(*which, p["seqno"])].append(Copy(at, port, p["src"], p["ttl"], p["orig"]))
    return {k: sorted(c) for k, c in copies.items()}, neighbours


def leaves(first, neighbours):
    """([port, ...], TTL) when this copy came first."""
    where = [port for port, who in neighbours.items() if len(who) > 1 or not who <= {first.src, first.orig}]
    return sorted(where), first.ttl - 1


def judge(ports, ttl=True):
    copies, neighbours = read(ports)
    own, wrong, counts = {address for _, address in ports.values()}, [], collections.Counter()
    for which, seen in sorted(copies.items()):
        sent, heard = [c for c in seen if c.src in own], [c for c in seen if c.src not in own]
        counts.update(c.port for c in sent)
        if seen[0].orig in own:
            possible = [(sorted(ports), FIRST_TTL)]
        else:  # a node of user space may see copies that came by two ports in either order
            possible = [leaves(c, neighbours) for c in heard if not sent or c.at <= sent[0].at]
        went = sorted(c.port for c in sent)
        if not any(went == where and ({c.ttl for c in sent} <= {left} or not ttl) for where, left in possible):
            wrong.append("client %d, number %d (sequence number %d): sent by %s, possible %s, copies %s" % (
                *which, went, possible, seen))
    return wrong, counts


def delays(ports):
    copies, _ = read(ports)
    own, found = {address for _, address in ports.values()}, []
    for seen in copies.values():
        sent = [c.at for c in seen if c.src in own]
        if sent and seen[0].orig not in own:
            found.append(sent[0] - seen[0].at)
    return found
