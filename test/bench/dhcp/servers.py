# SPDX-License-Identifier: GPL-2.0-or-later
"""The DHCP servers that are compared, each with a host from which perfdhcp asks; start() begins with no lease.

    asks --- a --- b          trama: a answers, b is told of every lease
    asks --- plain            dnsmasq or kea-dhcp4 on a bridge, as on a router

What they write goes to the same kind of place, the lab's tmpfs: none of them waits for a disk.
"""

import json

import perfdhcp
from bench import Failed, Town, wait_for

LEASE_S = 1200
NETWORK, ADDRESS, FIRST, LAST = "10.20.0.0/16", "10.20.0.1", "10.20.1.0", "10.20.255.254"
PLAIN_TOWN = {
    "type": "NetworkGraph", "protocol": "trama", "version": "0", "metric": None,
    "nodes": [{"id": n, "properties": {"daemon": False, "ap": False}} for n in ("plain", "asks")],
    "links": [{"source": "plain", "target": "asks"}]}

SAVE_S, RECORDS = 900, 65536
# What clients and ports may ask for is lifted, and there is room for a run: the author of a record has at most 3/4 of it.
CONFIG = {"dhcp.port_limits": False, "dhcp.lease_time_s": LEASE_S, "limits.clients": RECORDS, "limits.records": RECORDS,
          "node.save_interval_s": SAVE_S}
TRAMA_TOWN = {
    "type": "NetworkGraph", "protocol": "trama", "version": "0", "metric": None,
    "nodes": [{"id": n, "properties": {"ssid": "bench", "ap": False, "config": c}} for n, c in
              (("a", dict(CONFIG, **{"port:eth1.role": "client"})), ("b", CONFIG))] + [
        {"id": "asks", "properties": {"type": "client", "at": "a", "cable": True}}],
    "links": [{"source": "a", "target": "b"}]}


class Server:
    """name, first: rate that it answers for certain; settings: how durable a lease is."""

    server = ADDRESS
    town = None

    def at_rate(self, rate, lasting_s, *more):
        return perfdhcp.at_rate(self.town, "asks", self.server, rate, lasting_s, *more)

    def lacking(self):
        """Leases that it should have told others of, and has not."""
        return 0

    def verify(self, said):
        """Raises Failed when what it says it gave is not there."""

    def stop(self):
        pass


class Plain(Server):
    """A machine whose DHCP server is another's."""

    def __init__(self, town):
        self.town, self.process = town, None

    def prepare(self):
        self.town.sh("plain", "ip link show br0 >/dev/null 2>&1 || { ip link add br0 type bridge && ip link set br0 up && "
                              "ip link set eth0 master br0 up && ip addr add %s/16 dev br0; }" % ADDRESS)
        self.town.sh("asks", "ip addr replace 10.20.0.2/16 dev eth0 && ip link set eth0 up")
        self.town.sh("plain", "mkdir -p /run/kea /run/lock/kea /var/lib/kea /var/lib/misc && "
                              "rm -f /var/lib/kea/* /var/lib/misc/*")

    def start(self):
        self.stop()
        self.prepare()
        self.process = self.town.start("plain", self.command())
        if not wait_for(lambda: ":0043 " in self.town.sh("plain", "cat /proc/net/udp"), 10):
            self.process.stop()
            raise Failed("%s does not start: %s%s" % (self.name, self.process.out, self.process.err))

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None


class Dnsmasq(Plain):
    name, first = "dnsmasq", 100
    settings = "dnsmasq --no-ping: a file of all leases is written anew with each, without fsync"

    def command(self):
        return ["dnsmasq", "-k", "-p", "0", "-i", "br0", "--bind-interfaces", "--conf-file=/dev/null", "--user=root",
                "-F", "%s,%s,255.255.0.0,%d" % (FIRST, LAST, LEASE_S), "--dhcp-authoritative", "--no-ping", "--quiet-dhcp",
                "--dhcp-lease-max=65000", "--dhcp-leasefile=/var/lib/misc/leases", "--pid-file=",
                "--log-facility=/dev/null"]


class Kea(Plain):
    first = 1000
    settings = "kea-dhcp4: each lease is appended to a file (memfile, persist), without fsync"

    def __init__(self, town, threads):
        super().__init__(town)
        self.threads = threads
        self.name = "Kea, %s" % ("%d threads" % threads if threads else "one thread")

    def config(self):
        threads = {"enable-multi-threading": bool(self.threads)}
        if self.threads:
            threads.update({"thread-pool-size": self.threads, "packet-queue-size": 64})
        return {"Dhcp4": {
            "interfaces-config": {"interfaces": ["br0"], "dhcp-socket-type": "udp"},
            "lease-database": {"type": "memfile", "persist": True, "name": "/var/lib/kea/kea-leases4.csv",
                               "lfc-interval": 0},
            "multi-threading": threads, "valid-lifetime": LEASE_S,
            "option-data": [{"name": "routers", "data": ADDRESS}, {"name": "domain-name-servers", "data": ADDRESS}],
            "subnet4": [{"subnet": NETWORK, "id": 1, "pools": [{"pool": "%s - %s" % (FIRST, LAST)}]}],
            "loggers": [{"name": "kea-dhcp4", "severity": "ERROR", "output_options": [{"output": "stderr"}]}]}}

    def prepare(self):
        super().prepare()
        self.town.sh("plain", "cat >/run/kea/bench.json <<'END'\n%s\nEND" % json.dumps(self.config()))

    def command(self):
        return ["env", "KEA_LOCKFILE_DIR=none", "kea-dhcp4", "-c", "/run/kea/bench.json"]


class Trama(Server):
    name, first = "trama", 1000
    settings = ("trama: each lease goes to the neighbours at once and is repeated until they have it; claims of addresses are "
                "on the disk within a second (fsync), a snapshot every %d s (fsync)" % SAVE_S)

    def start(self):
        self.stop()
        self.town = Town(TRAMA_TOWN)
        self.server = self.town.trama("a", "status")["cloud"]["anygw_ipv4"]
        if not wait_for(self.synced, 20):
            raise Failed("a and b do not know the same")

    def stop(self):
        if self.town:
            self.town.down()
            self.town = None

    def synced(self):
        peers = self.town.trama("a", "neighbours")["state"]
        return bool(peers) and all(p["synced"] for p in peers) and self.lacking() == 0

    def known(self, node):
        return self.town.trama(node, "counters")["state"]["records"]

    def lacking(self):
        return abs(self.known("a") - self.known("b"))

    def versions(self, node):
        """{MAC: (epoch, author)} of the records of clients."""
        return {r["id"].replace(":", ""): (r["epoch"], r["author_id"])
                for r in self.town.trama(node, "state", "list", "client")["records"]}

    def verify(self, said):
        wait_for(lambda: self.versions("a") == self.versions("b"), 2, 0.5)  # the host that asks has a record, too
        mine, theirs = self.versions("a"), self.versions("b")
        if mine != theirs:
            raise Failed("of %d clients of a b knows %d as a does" % (len(mine), len(mine.items() & theirs.items())))
        if sum(mac.startswith(said.clients) for mac in mine) < said.done:
            raise Failed("a has acknowledged more leases than it has")
