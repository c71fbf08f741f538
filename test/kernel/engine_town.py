#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A town whose nodes have the kernel's batman-adv as their engine; then one changes engines while its clients are there.
Runs inside QEMU (test/long/engine_town_test).

    internet - box1 - box2 - box3      saul, pia, rosa
"""

import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
from town import Failed, Tap, Town, wait_for  # noqa: E402

NODES = {"box1": "saul", "box2": "pia", "box3": "rosa"}
TOWN = {
    "type": "NetworkGraph", "protocol": "trama", "version": "0", "metric": None,
    "nodes": [{"id": n, "properties": {"ssid": "one", "config": {"l2.engine": "kernel"}}} for n in NODES] +
             [{"id": c, "properties": {"type": "client", "at": n}} for n, c in NODES.items()] +
             [{"id": "internet", "properties": {"type": "internet"}}],
    "links": [{"source": "box1", "target": "box2"}, {"source": "box2", "target": "box3"},
              {"source": "box1", "target": "internet", "properties": {"provider": "sat"}}]}
WEB = "198.51.100.80"
SLOW = 3  # QEMU without KVM against the machine itself
ROAM_S = 1  # between kernel nodes on the machine itself at most 0.16 s
SILENT_S = 10  # a change of engines

tap = Tap()


def longest_gap_s(text, end):
    times = [float(t) for t in re.findall(r"^\[([0-9.]+)\].*time=", text, re.M)] + [end]
    return max((b - a for a, b in zip(times, times[1:])), default=1e9)


def while_pinging(town, client, act, settle_s):
    """The longest silence of a client's ping of the internet, ten a second, around act()."""
    file = "/tmp/ping.%s" % client
    with town.start(client, ["sh", "-c", "exec ping -n -D -i 0.1 %s >%s" % (WEB, file)]):
        time.sleep(2)
        act()
        time.sleep(settle_s)
        end = time.time()
    return longest_gap_s(pathlib.Path(file).read_text(), end)


def leases(town):
    return {c["id"]: (c["ipv4"], c["ipv6"]) for c in town.status()["clients"]}


def engine_of(town, node):
    """What forwards the cloud: the kernel knows originators of its own, or not."""
    return "kernel" if "batadv" in town.sh(node, "ip -d link show bat0") else "user"


def tables(town):
    for node in NODES:
        tap.equal(engine_of(town, node), "kernel", "%s: the kernel forwards the cloud" % node)

        def same():
            ours = {o["orig_address"] for o in town.trama(node, "cloud", "originators")}
            theirs = set(re.findall(r"\* ([0-9a-f:]{17})", town.sh(node, "batctl meshif bat0 originators -n")))
            return ours == theirs and len(ours) >= 2  # and the other ports of neighbours

        tap.ok(wait_for(same, 20), "%s: its tables as batctl has them" % node)


def roaming(town):
    before = leases(town)
    gap = while_pinging(town, "pia", lambda: town.roam("pia", "box3"), 4)
    tap.ok(gap < ROAM_S, "pia roams, and its ping goes on", "%.2f s" % gap)
    tap.note("longest silence of a roam: %.2f s" % gap)
    tap.equal(leases(town)["pia"], before["pia"], "it keeps its addresses")
    tap.ok(town.check(15 * SLOW), "every client is well after it")
    town.roam("pia", "box2")
    tap.ok(town.check(15 * SLOW), "and after its way back")


def switch(town, engine):
    before = leases(town)
    was = "user" if engine == "kernel" else "kernel"

    def act():
        town.sh("box2", "sed -i \"s/engine '%s'/engine '%s'/\" /etc/trama/trama.conf; grep -q \"engine '%s'\" "
                "/etc/trama/trama.conf" % (was, engine, engine))
        town.sh("box2", "pkill -HUP -o -x tramad")
    gap = while_pinging(town, "pia", act, 20)
    tap.equal(engine_of(town, "box2"), engine, "box2 changes to the %s engine" % engine)
    tap.ok(gap < SILENT_S, "its client is silent for at most %d s" % SILENT_S, "%.1f s" % gap)
    tap.note("longest silence of the change: %.1f s" % gap)
    tap.ok(town.check(20 * SLOW), "every client is well after it")
    tap.equal(leases(town), before, "no lease has changed")


try:
    with Town(TOWN, wait=60 * SLOW) as town:
        tap.ok(town.check(15 * SLOW), "every client is well")
        tap.note("online after %.1f s" % town.up_seconds)
        tables(town)
        roaming(town)
        switch(town, "user")
        switch(town, "kernel")
except Failed as e:
    tap.ok(False, "the town is up", e)
tap.done()
