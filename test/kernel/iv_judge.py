# SPDX-License-Identifier: GPL-2.0-or-later
"""Every OGM that a node passes on, out of the captures of its ports, beside what iv_model makes of what it heard.

    for pair in judge({"l12": (capture, MAC)}, "k", 0.1):   # in order
        pair.at, pair.expected, pair.sent, pair.verdict     # one of VERDICTS; expected or sent may be None
    told(pair)                                              # a line about a difference
    stalled(Counter of verdicts); counted(Counter of verdicts)  # how many for want of a processor; all of them as text
"""

import bisect
import collections
import itertools

import batman
from iv_model import Model

SAME, CHOICE, LATE, PAUSED, END, WRONG = VERDICTS = (
    "as computed", "another choice", "one passed on late", "own OGMs late", "at the end", "different")
HEARD_S = 0.001  # a kernel looks at a frame so soon after it came
HELD_S = 0.2  # longer than any OGM is held for others
JITTER_S = 0.15  # more than the pauses between own OGMs differ
SETTLED_S = 0.8  # after a stall: the ring buffers of TQ values are filled anew
END_S = 0.4  # what was heard so late may still have been in a queue

Pair = collections.namedtuple("Pair", "at expected sent verdict")


def key(p):
    """A node with two ports on one wire hears an OGM by both, so that there may be two of a key."""
    return p["port"], p["orig"], p["seqno"], p["prev_sender"]


class Clock:
    """When a node sent its own OGMs: {port: [time, ...]}, for the windows of echoes."""

    def __init__(self, seen, macs, kind):
        self.kind, self.own = kind, {port: [] for port in macs}
        for at, port, p in seen:
            if p["src"] == p["orig"] == macs[port]:
                self.own[port].append(at)

    def counted(self, e, sent):
        """Own OGMs that the node may have counted between the arrival of a frame and its look at it. A node of user space
        looks some time before it passes it on."""
        own, until = self.own[e["in"]], sent["at"] if self.kind == "t" else e["at"] + HEARD_S
        return max(0, bisect.bisect(own, until) - bisect.bisect_left(own, e["at"]))

    def as_computed(self, e, sent):
        looks = e["tq"][:self.counted(e, sent) + 1]
        return (sent["flags"], sent["ttl"]) == (e["flags"], e["ttl"]) and sent["tq"] in looks

    def other_choice(self, e, sent):
        """As computed, had the best next hop been another."""
        return self.as_computed(e | {"flags": e["flags"] ^ batman.NOT_BEST_NEXT_HOP}, sent)

    def pauses(self, interval_s):
        """[(from, to)] without an own OGM where there should have been one."""
        return [(a, b) for own in self.own.values() for a, b in zip(own, own[1:]) if b - a > interval_s + JITTER_S]


def fitting(expected, sent, fits):
    """([(expected, sent), ...], expected left, sent left): as many pairs that fit as there can be."""
    of = {}  # number in sent -> number in expected

    def place(i, tried):
        for j, s in enumerate(sent):
            if j not in tried and fits(expected[i], s):
                tried.add(j)
                if j not in of or place(of[j], tried):
                    of[j] = i
                    return True
        return False

    for i in range(len(expected)):
        place(i, set())
    return ([(expected[i], sent[j]) for j, i in of.items()], [e for i, e in enumerate(expected) if i not in of.values()],
            [s for j, s in enumerate(sent) if j not in of])


def pairs(expected, sent, clock):
    """[(expected or None, sent or None)] of one key, which leave in any order."""
    same, expected, sent = fitting(expected, sent, clock.as_computed)
    near, expected, sent = fitting(expected, sent, clock.other_choice)
    return same + near + list(itertools.zip_longest(expected, sent))


def ogms(ports):
    """[(time, port, OGM)] of all captures of a node, in order."""
    return sorted(((at, port, p) for port, (path, _) in ports.items() for at, frame in batman.captured(path)
                   for p in batman.packets(frame) if p["kind"] == "ogm"), key=lambda x: x[0])


def expected_and_sent(seen, macs, *node):
    """What the model and what the node passed on: {key: [OGM]} both."""
    model, expected, sent = Model(macs, *node), collections.defaultdict(list), collections.defaultdict(list)
    for at, port, p in seen:
        model.packet(at, port, p)
        if p["src"] == macs[port] and p["orig"] not in model.own:
            p = p | {"port": port, "at": at}
            sent[key(p)].append(p)
    for e in model.forwarded:
        expected[key(e)].append(e)
    return expected, sent


def judge(ports, kind, interval_s, wireless=()):
    """[Pair] of one node, in order. While it got no processor, the order in which it saw the frames of two ports is open,
    and so is for some time after that what it passes on: what differs then has a verdict of its own."""
    seen, macs = ogms(ports), {port: address for port, (_, address) in ports.items()}
    expected, sent = expected_and_sent(seen, macs, kind, wireless)
    end = min(max(at for at, q, _ in seen if q == port) for port in ports) - END_S
    clock = Clock(seen, macs, kind)
    matched = [pair for k in expected.keys() | sent.keys() for pair in pairs(expected[k], sent[k], clock)]
    late = [(e["at"], s["at"]) for e, s in matched if e and s and s["at"] - e["at"] > HELD_S]
    paused = clock.pauses(interval_s)

    def verdict(at, e, s):
        if e and s and clock.as_computed(e, s):
            return SAME
        for spans, why in ((late, LATE), (paused, PAUSED), ([(end, at)], END)):
            if any(a <= at <= b + SETTLED_S for a, b in spans):
                return why
        return CHOICE if kind == "t" and (not (e and s) or clock.other_choice(e, s)) else WRONG

    return sorted((Pair(at, e, s, verdict(at, e, s)) for e, s in matched for at in [(e or s)["at"]]), key=lambda p: p.at)


def told(pair):
    return "%.3f %s: %s expected, %s sent" % (pair.at, key(pair.expected or pair.sent), pair.expected, pair.sent)


def stalled(count):
    return count[LATE] + count[PAUSED]


def counted(count):
    return ", ".join("%s: %d" % (v, count[v]) for v in VERDICTS)
