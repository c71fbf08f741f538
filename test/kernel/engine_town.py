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
from frames import link_local  # noqa: E402
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
ROAM_S = 0.5  # between kernel nodes on the machine itself at most 0.16 s
SILENT_S = 10  # a change of engines
SAID = ["status", "nodes", "clients", "leases", "gateways", "routes", "neighbours", "originators", "translation",
        "counters", "cloud originators --all", "cloud neighbours --all", "cloud translation --all", "cloud statistics"]
OF_ONE_ENGINE = re.compile(r"^\.(dat|nc)_")  # of the cloud's statistics: what our engine does not do, it does not count

tap = Tap()


def longest_gap_s(text, end):
    times = [float(t) for t in re.findall(r"^\[([0-9.]+)\].*time=", text, re.M)] + [end]
    return max((b - a for a, b in zip(times, times[1:])), default=1e9)


def while_pinging(town, client, act, settle_s, interval_s):
    """The longest silence of a client's ping of the internet around act()."""
    file = "/tmp/ping.%s" % client
    with town.start(client, ["sh", "-c", "exec ping -n -D -i %s %s >%s" % (interval_s, WEB, file)]):
        time.sleep(2)
        act()
        time.sleep(settle_s)
        end = time.time()
    return longest_gap_s(pathlib.Path(file).read_text(), end)


def seen(town, client):
    """Its addresses and gateways; the node that it is at has to tell their MACs anew."""
    town.sh(client, "ip neigh flush dev wlan0")
    town.ask_gateways(client, town.identity(client))
    return town.identity(client)


def gateways(identity):
    return {k: v for k, v in identity.items() if k != "addresses"}


def keys(value, path=""):
    """All names in some JSON: .name, .name[].name"""
    if isinstance(value, list):
        return set().union(*(keys(v, path + "[]") for v in value))
    if isinstance(value, dict):
        return set().union(*({path + "." + k} | keys(v, path + "." + k) for k, v in value.items()))
    return set()


def said(town, command):
    return {k for k in keys(town.trama("box2", *command.split())) if not OF_ONE_ENGINE.match(k)}


def same_names(town, command, had):
    has = set()

    def same():
        nonlocal has
        has = said(town, command)
        return has == had
    tap.ok(wait_for(same, 20), "trama %s has the fields that it had" % command, sorted(has ^ had))


def client_rows(town):
    return sorted((c["mac"], c["name"], c["ipv4"], sorted(c["ipv6"]), c["node"], c["here"])
                  for c in town.trama("box2", "clients"))


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


def anycast(town):
    cloud = town.trama("box1", "status")["cloud"]
    expected = {"IPv4 gateway": [cloud["anygw_ipv4"]], "IPv6 router": [link_local(cloud["anygw_mac"])],
                "MAC of the IPv4 gateway": [cloud["anygw_mac"]], "MAC of the IPv6 router": [cloud["anygw_mac"]]}
    for node, client in NODES.items():
        tap.equal(gateways(seen(town, client)), expected, "%s: %s sees the anycast gateway" % (node, client))


def roaming(town):
    before = seen(town, "pia")
    for node in ("box3", "box1", "box2"):
        gap = while_pinging(town, "pia", lambda: town.roam("pia", node), 4, 0.01)
        tap.ok(gap < ROAM_S, "pia roams to %s, and its ping goes on" % node, "%.3f s" % gap)
        tap.note("longest silence of the roam: %.3f s" % gap)
        tap.equal(seen(town, "pia"), before, "it keeps its addresses, and sees the same gateways with the same MACs")
        tap.ok(town.check(15 * SLOW), "every client is well after it")


def switch(town, engine):
    before, identity, rows = leases(town), seen(town, "pia"), client_rows(town)
    commands = SAID + ["trace %s %s" % (before[c][0][0], WEB) for c in NODES.values()]
    names = {c: said(town, c) for c in commands}
    was = "user" if engine == "kernel" else "kernel"

    def act():
        town.sh("box2", "sed -i \"s/engine '%s'/engine '%s'/\" /etc/trama/trama.conf; grep -q \"engine '%s'\" "
                "/etc/trama/trama.conf" % (was, engine, engine))
        town.sh("box2", "pkill -HUP -o -x tramad")
    gap = while_pinging(town, "pia", act, 20, 0.1)
    tap.equal(engine_of(town, "box2"), engine, "box2 changes to the %s engine" % engine)
    tap.ok(gap < SILENT_S, "its client is silent for at most %d s" % SILENT_S, "%.1f s" % gap)
    tap.note("longest silence of the change: %.1f s" % gap)
    tap.ok(town.check(20 * SLOW), "every client is well after it")
    tap.equal(leases(town), before, "no lease has changed")
    tap.equal(seen(town, "pia"), identity, "its client sees the same gateways with the same MACs")
    tap.ok(wait_for(lambda: client_rows(town) == rows, 20), "the rows of clients are what they were",
           "%s\nbefore: %s" % (client_rows(town), rows))
    for command, had in names.items():
        same_names(town, command, had)


try:
    with Town(TOWN, wait=60 * SLOW) as town:
        tap.ok(town.check(15 * SLOW), "every client is well")
        tap.note("online after %.1f s" % town.up_seconds)
        tables(town)
        anycast(town)
        roaming(town)
        switch(town, "user")
        switch(town, "kernel")
except Failed as e:
    tap.ok(False, "the town is up", e)
tap.done()
