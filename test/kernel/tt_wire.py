#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tt_wire.py A B: a wire between two interfaces that treats one frame badly.

It counts the frames that keep translation tables in step, both ways: OGMs with a new table version, requests, responses
and roaming advertisements. A line on the standard input arms it, the answer is a line of JSON:

    arm ACTION K SKIP MS    the first SKIP such frames are lost, number K after them is: lost, late (by MS), twice, swapped
                            (with the next one the same way, or late when none comes); "none" touches none
    awake                   a node that was away is there again: its silence does not count
    seen                    {"ago_ms": since the last one, "frames": names of all since `arm`, "silent_ms": longest time in
                            which one side said nothing at all, "swapped": whether one was, with another}
"""

import heapq
import json
import select
import socket
import struct
import sys
import time

import batman

ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 3, 263, 8, 23
VLAN_VALID = 1 << 4
AUXDATA = struct.Struct("=IIIHHHH")
ANNOUNCED = 4  # own OGMs that carry a diff


def open_end(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.bind((name, ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    return s


def receive(end):
    """(the frame as it is on the wire, without its tag): the kernel takes tags off."""
    data, told, _, _ = end.recvmsg(65536, 256)
    for level, kind, value in told:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = AUXDATA.unpack(value[:AUXDATA.size])
            if status & VLAN_VALID:
                return data[:12] + struct.pack(">HH", tpid, tci) + data[12:], data
    return data, data


class Recogniser:
    """Names the packets of translation tables in a frame."""

    def __init__(self):
        self.home, self.version, self.left = {}, {}, {}

    def names(self, end, frame):
        return [n for n in (self.name(end, p) for p in batman.packets(frame)) if n]

    def name(self, end, p):
        if p["kind"] == "frag":
            return "fragment of a response of " + p["orig"]
        for kind, _, value in p.get("tvlvs", ()):
            if p["kind"] == "tvlv" and kind == batman.TVLV_ROAM:
                return "advertisement of " + p["source"]
            if kind == batman.TVLV_TT:
                tt = batman.tt(value)
                return self.ogm(end, p["orig"], tt) if p["kind"] == "ogm" else self.unicast(p, tt["flags"])
        return None

    @staticmethod
    def unicast(p, flags):
        size = "full" if flags & batman.TT_FULL else "diff"
        return size + (" request of " + p["source"] if flags & batman.TT_REQUEST else " response to " + p["dest"])

    def ogm(self, end, orig, tt):
        """Only from the side where its node is: the other side's is an echo."""
        if self.home.setdefault(orig, end) != end:
            return None
        if self.version.get(orig) != tt["ttvn"]:
            self.version[orig], self.left[orig] = tt["ttvn"], ANNOUNCED
        if self.left[orig]:
            self.left[orig] -= 1
        elif not tt["entries"]:
            return None
        return "ogm %d %sof %s" % (tt["ttvn"], "with diff " if tt["entries"] else "", orig)


class Wire:
    def __init__(self, names):
        self.ends = [open_end(n) for n in names]
        self.known, self.later, self.order = Recogniser(), [], 0
        self.arm("none", 0, 0, 0)

    def arm(self, action, k, skip, delay_ms):
        self.action, self.k, self.skip, self.delay = action, skip + int(k), int(skip), int(delay_ms) / 1000
        self.frames, self.held, self.last, self.swapped = [], None, time.monotonic(), False
        self.awake()

    def awake(self):
        now = time.monotonic()
        self.heard, self.silence = [now, now], 0

    def hears(self, ends):
        now = time.monotonic()
        self.silence = max(self.silence, *(now - at for at in self.heard))
        for end in ends:
            self.heard[end] = now

    def command(self, line):
        word, *args = line.split()
        if word == "arm":
            self.arm(args[0], *map(int, args[1:]))
        elif word == "awake":
            self.awake()
        self.hears([])
        return {"ago_ms": int((time.monotonic() - self.last) * 1000), "frames": self.frames,
                "silent_ms": int(self.silence * 1000), "swapped": self.swapped}

    def send(self, end, frame):
        try:
            self.ends[1 - end].send(frame)
        except OSError:
            pass  # that side is not up yet

    def send_at(self, at, end, frame):
        self.order += 1
        heapq.heappush(self.later, (at, self.order, end, frame))

    def release(self):
        if self.held:
            self.send(*self.held)
        self.held = None

    def send_due(self):
        while self.later and self.later[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(self.later)
            if frame:
                self.send(end, frame)
            else:
                self.release()

    def hear(self, end):
        frame, plain = receive(self.ends[end])
        names = self.known.names(end, plain)
        self.hears([end])
        if not names:
            self.send(end, frame)
            return
        number, now = len(self.frames), time.monotonic()
        self.frames.append("%s %s" % ("><"[end], ", ".join(names)))
        self.last = now
        action = self.action if number == self.k else "lost" if number < self.skip else "none"
        if action == "swapped":
            self.held = end, frame
            self.send_at(now + self.delay, end, None)
        elif action == "late":
            self.send_at(now + self.delay, end, frame)
        elif action != "lost":
            self.send(end, frame)
        if action == "twice":
            self.send(end, frame)
        if self.held and self.held[0] == end and number > self.k:
            self.release()
            self.swapped = True

    def run(self):
        while True:
            wait = max(0, self.later[0][0] - time.monotonic()) if self.later else None
            ready = select.select([*self.ends, sys.stdin], [], [], wait)[0]
            self.send_due()
            for end in (0, 1):
                if self.ends[end] in ready:
                    self.hear(end)
            if sys.stdin in ready:
                line = sys.stdin.readline()
                if not line:
                    return
                print(json.dumps(self.command(line)), flush=True)


if __name__ == "__main__":
    Wire(sys.argv[1:3]).run()
