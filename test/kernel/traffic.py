# SPDX-License-Identifier: GPL-2.0-or-later
"""What passed the ports of one node, in the order of time, and which of it the node only passed on.

    node = traffic.Node({"l12": ("l12.pcap", "02:..")})
    for packet in node.packets: ...

A packet is one of batman.packets() with "at", "port", "sent", and, of those in one frame, "frame" and "place". One that was
sent has "heard": the packet that it is, as it came in, or None. Fragments of one packet are followed by that packet, with
"pieces", and places as if it had come in one frame.
"""

import batman


def identity(p):
    """What a packet keeps from port to port."""
    fields = {"ogm": ("orig", "seqno"), "bcast": ("orig", "seqno"), "frag": ("orig", "seqno", "no"),
              "icmp": ("orig", "dest", "uid", "seqno", "msg_type"), "tvlv": ("source", "dest", "tvlvs")}
    return p["kind"], str([p[f] for f in fields[p["kind"]]] if p["kind"] in fields else p.get("inner"))


class Node:
    def __init__(self, ports):
        self.own = {address for _, address in ports.values()}
        self.ports = list(ports)
        self.packets, self.heard, self.pieces = [], {}, {}
        found = [(at, port, list(batman.packets(frame))) for port, (path, _) in ports.items()
                 for at, frame in batman.captured(path)]
        end = min(max(at for at, where, _ in found if where == port) for port in ports)  # of the first capture that ended
        # of the same microsecond, what came in is first
        found.sort(key=lambda f: (f[0], f[2][0]["src"] == ports[f[1]][1]))
        for number, (at, port, packets) in enumerate(found):
            for place, p in enumerate(packets if at <= end else ()):
                self.add(p | {"at": at, "port": port, "sent": p["src"] == ports[port][1], "frame": number, "place": place,
                              "pieces": ()})

    def add(self, p):
        self.packets.append(p)
        if p["sent"]:
            p["heard"] = self.origin(p)
        else:
            self.heard.setdefault(identity(p), []).append(p)
        if p["kind"] == "frag" and not p.get("heard"):
            self.join(p)

    def origin(self, p):
        """The last packet heard that this is. (No node is first to send what it has heard, for no client is at both ends.)"""
        return next((h for h in reversed(self.heard.get(identity(p), []))
                     if p["kind"] != "ogm" or h["src"] == p["prev_sender"]), None)

    def join(self, p):
        key = p["orig"], p["seqno"], p["port"], p["sent"]
        pieces = self.pieces.setdefault(key, [])
        pieces.append(p)
        if sum(x["size"] for x in pieces) < p["total_size"]:
            return
        del self.pieces[key]
        whole = b"".join(x["piece"] for x in sorted(pieces, key=lambda x: -x["no"]))
        self.add(batman.single(whole) | {k: p[k] for k in ("src", "dst", "at", "port", "sent", "frame", "place")} |
                 {"pieces": tuple((x["no"], x["size"]) for x in pieces)})
