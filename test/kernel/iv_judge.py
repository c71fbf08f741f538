# SPDX-License-Identifier: GPL-2.0-or-later
"""Every OGM that a node passes on, out of the captures of its ports, beside what iv_model makes of what it heard.

    judge({"l12": (capture, MAC)}, "k", 0.1) -> (judged, skipped, choices, wrong)
"""

import bisect
import collections

import batman
from iv_model import Model

SAME_S = 0.001  # an own OGM so short before a frame may have been counted after it
HELD_S = 0.2  # longer than any OGM is held for others
JITTER_S = 0.15  # more than the pauses between own OGMs differ
SETTLED_S = 0.8  # after a stall: the ring buffers of TQ values are filled anew
END_S = 0.4  # what was heard so late may still have been in a queue


def key(p):
    """A node with two ports on one wire hears an OGM by both, so that there may be two of a key."""
    return p["port"], p["orig"], p["seqno"], p["prev_sender"]


def as_computed(e, sent, own_at):
    """A node of user space looks at a frame some time between hearing it and passing it on, and may have counted own
    OGMs in between."""
    later = bisect.bisect(own_at, sent["at"]) - bisect.bisect_left(own_at, e["at"] - SAME_S)
    return (sent["flags"], sent["ttl"]) == (e["flags"], e["ttl"]) and sent["tq"] in e["tq"][:later + 1]


def may_be_choice(e, s, own_at):
    """Of the best next hop, on which it depends whether an OGM is passed on, and as what."""
    return not (e and s) or as_computed(e | {"flags": e["flags"] ^ batman.NOT_BEST_NEXT_HOP}, s, own_at)


def pairs(expected, sent, own_at):
    """[(expected or None, sent or None)] of one key, which leave in any order; what is as computed first."""
    left, found = list(sent), []
    for e in expected:
        s = next((s for s in left if as_computed(e, s, own_at)), None)
        if s:
            left.remove(s)
        found.append((e, s))
    return [(e, s or (left.pop(0) if left else None)) for e, s in found] + [(None, s) for s in left]


def stalls(passed, own_at, interval_s):
    """[(from, to)]: the node got no processor, so that the order in which it saw the frames of two ports is open."""
    late = [(e["at"], s["at"]) for e, s in passed if s["at"] - e["at"] > HELD_S]
    late += [(a, b) for a, b in zip(own_at, own_at[1:]) if b - a > interval_s + JITTER_S]
    return [(a, b + SETTLED_S) for a, b in late]


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
    """(OGMs judged, OGMs in times of stalls, OGMs that hang on a choice, lines of differences) of one node."""
    seen, macs = ogms(ports), {port: address for port, (_, address) in ports.items()}
    expected, sent = expected_and_sent(seen, macs, kind, wireless)
    end = min(max(at for at, q, _ in seen if q == port) for port in ports) - END_S
    own_at = [at for at, port, p in seen if p["src"] == macs[port] and p["orig"] in macs.values()]
    matched = [pair for k in expected.keys() | sent.keys() for pair in pairs(expected[k], sent[k], own_at)]
    blind = stalls([pair for pair in matched if all(pair)], own_at, interval_s)
    judged, skipped, choices, wrong = 0, 0, 0, []
    for e, s in matched:
        at = (e or s)["at"]
        if at > end:
            continue
        if any(a <= at <= b for a, b in blind):
            skipped += 1
            continue
        judged += 1
        if e and s and as_computed(e, s, own_at):
            continue
        if kind == "t" and may_be_choice(e, s, own_at):
            choices += 1
        else:
            wrong.append("%.3f %s: %s expected, %s sent" % (at - seen[0][0], key(e or s), e, s))
    return judged, skipped, choices, wrong
