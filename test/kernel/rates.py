# SPDX-License-Identifier: GPL-2.0-or-later
"""How often and how late nodes say something, in numbers that do not depend on how long they were listened to.

    rates.of({1: traffic.Node(...)}, interval_s) -> {what: number}
"""

import collections
import statistics

import batman
import profile


def per(count, of):
    return count / of if of else 0


def own_rates(node, interval_s):
    """Own OGMs, and frames with OGMs. The median, for a node of a slow machine may stand still for a second."""
    times, frames = collections.defaultdict(list), set()
    for p in node.packets:
        if p["kind"] == "ogm" and p["sent"]:
            frames.add(p["frame"])
            if p["orig"] in node.own:
                times[profile.kind(p, node.own), p["port"]].append(p["at"])
    for name in profile.OWN_TTL.values():
        steps = [b - a for (of, _), at in times.items() if of == name for a, b in zip(at, at[1:])]
        if steps:
            yield name + ": from one to the next, in intervals", statistics.median(steps) / interval_s
    yield "frames of ogms: per own ogm of the node", per(len(frames), sum(
        len(at) for (of, _), at in times.items() if of == profile.OF_THE_NODE))


def passed_rates(node):
    """Of OGMs and broadcasts heard, how many went on; an OGM by its own way and back, which is an echo."""
    heard, on, back = collections.Counter(), collections.Counter(), collections.Counter()
    for p in node.packets:
        if p["kind"] not in ("ogm", "bcast"):
            continue
        if not p["sent"]:
            mine = p["orig"] in node.own or p.get("prev_sender") in node.own
            if not mine and not p.get("flags", 0) & batman.NOT_BEST_NEXT_HOP:
                heard[p["kind"], len(node.ports) > 1 and p["ttl"] > 2] += 1
        elif p["heard"]:
            (back if p["port"] == p["heard"]["port"] else on)[p["kind"]] += 1
    for k in ("ogm", "bcast"):
        all_heard = heard[k, True] + heard[k, False]
        yield k + " passed back: per one heard", per(back[k], all_heard)
        yield k + " passed on by other ports: per one heard", per(on[k], heard[k, True])


def hold_rates(node):
    """Of OGMs of others: how long they wait; and how long the first one of a frame does, where no own OGM, whose time comes
    by chance, takes the others along."""
    frames = collections.defaultdict(list)
    for p in node.packets:
        if p["sent"] and p["kind"] == "ogm":
            frames[p["frame"]].append(p["at"] - p["heard"]["at"] if p["heard"] else None)
    held = [wait for frame in frames.values() for wait in frame if wait is not None]
    first = [max(frame) for frame in frames.values() if None not in frame]
    for what, waits in (("held", held), ("the first of a frame held", first)):
        yield "ogm passed on: %s, ms" % what, statistics.median(waits) * 1000 if waits else 0


def change_rate(nodes):
    """In how many OGMs a change of a table is told, when no other follows."""
    told = collections.Counter()
    for node in nodes:
        for p in node.packets:
            if p["kind"] == "ogm" and p["sent"] and p["orig"] in node.own:
                told.update((p["orig"], p["port"], t["ttvn"]) for t in profile.tables(p) if t["entries"])
    yield profile.OF_THE_NODE + ": with one change of the table, at most", max(told.values(), default=0)


def message_counts(node):
    """Of a table's messages, in the whole scenario."""
    counts = collections.Counter()
    for p in node.packets:
        if p["sent"] and p["kind"] == "tvlv" and not p["heard"]:
            for t, _, value in p["tvlvs"]:
                counts["tt %02x" % batman.tt(value)["flags"] if t == batman.TVLV_TT else "roam"] += 1
    yield from (("tvlv: %s, in all" % name, count) for name, count in counts.items())


def of(nodes, interval_s):
    found = dict(change_rate(nodes.values()))
    for number, node in nodes.items():
        for rates in (own_rates(node, interval_s), passed_rates(node), hold_rates(node), message_counts(node)):
            found |= {"n%d %s" % (number, what): value for what, value in rates}
    return found
