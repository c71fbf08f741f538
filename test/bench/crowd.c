/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd IFNAME SSID [NODES [CLIENTS]]: a hundred nodes of that cloud with a thousand clients behind
 * one interface, for memory_bench. Real engines, joined to a tree in memory with ten branches
 * everywhere; the root has the interface as its primary port and speaks with the cloud's VLAN tag.
 * They do not answer state datagrams. Runs until a signal ends it; each engine's own timers are the
 * only ones.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/batman/batman.h"
#include "core/cloud/cloud.h"
#include "lib/wire.h"

#define BRANCHES 10
#define NODES_MAX 250
#define QUEUE (64 * 1024)
#define FRAME 2048
#define ETH_P_EVERY 3 /* ETH_P_ALL */
#define TAG_8021AD 0x88a8

struct node {
	struct batman *b;
	struct outq q;
	uint64_t *buf;
};

static struct node nodes[NODES_MAX];
static int node_count = 100, wire;
static uint16_t vlan;

static usec_t now_get(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (usec_t)t.tv_sec * USEC_S + t.tv_nsec / 1000;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void wire_open(const char *ifname)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_EVERY),
				  .sll_ifindex = (int)if_nametoindex(ifname) };
	struct packet_mreq all = { .mr_ifindex = at.sll_ifindex, .mr_type = PACKET_MR_PROMISC };

	wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (wire < 0 || at.sll_ifindex == 0 || bind(wire, (struct sockaddr *)&at, sizeof(at)) ||
	    setsockopt(wire, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)))
		fail(ifname);
}

static void wire_send(const struct out *o)
{
	uint8_t buf[FRAME];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r = rd_init(o->data, o->len);
	uint8_t addresses[12];

	rd_copy(&r, addresses, sizeof(addresses));
	wr_bytes(&w, addresses, sizeof(addresses));
	if (vlan) {
		wr_u16(&w, TAG_8021AD);
		wr_u16(&w, vlan);
	}
	while (rd_left(&r) && wr_left(&w))
		wr_u8(&w, rd_u8(&r));
	(void)!write(wire, buf, wr_len(&w)); /* a full queue is a lost frame */
}

/* What engine i wants sent; the tree has no loops, so this ends. */
static void pump(int i, usec_t now)
{
	struct node *n = &nodes[i];
	struct out o;

	while (outq_pop(&n->q, &o)) {
		uint8_t frame[FRAME];
		int to = o.port ? BRANCHES * i + o.port : (i - 1) / BRANCHES;
		uint16_t port = o.port ? 0 : (uint16_t)((i - 1) % BRANCHES + 1);

		if (o.kind != BATMAN_SEND || o.len > sizeof(frame))
			continue;
		if (i == 0 && o.port == 0) {
			wire_send(&o);
			continue;
		}
		memcpy(frame, o.data, o.len);
		batman_mesh_input(nodes[to].b, port, frame, o.len, now);
	}
}

static void pump_all(usec_t now)
{
	for (bool more = true; more;) {
		more = false;
		for (int i = 0; i < node_count; i++) {
			more = more || nodes[i].q.head != nodes[i].q.tail;
			pump(i, now);
		}
	}
}

/* Takes what has come; the kernel has already taken the tag away. */
static void wire_read(usec_t now)
{
	uint8_t frame[FRAME];
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(wire, frame, sizeof(frame), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &len)) > 0) {
		struct rd r = rd_init(frame, (size_t)n);

		len = sizeof(from);
		rd_skip(&r, 12);
		if (from.sll_pkttype == PACKET_OUTGOING || rd_u16(&r) != BATMAN_ETHERTYPE)
			continue;
		batman_mesh_input(nodes[0].b, 0, frame, (size_t)n, now);
		pump_all(now);
	}
}

static struct mac port_mac(int node, int port)
{
	return (struct mac) { { 2, 0xc0, 0, 0, (uint8_t)node, (uint8_t)port } };
}

static void node_start(int i, int clients, const struct cloud_conf *name, const struct cloud *cloud,
		       usec_t now)
{
	struct batman_conf conf = { .orig_interval_ms = 1000,
				    .hop_penalty = 30,
				    .fragmentation = true,
				    .aggregation = true,
				    .ssid_len = (uint8_t)name->ssid_len,
				    .cloud_mac = port_mac(i, 0xb0) };
	struct node *n = &nodes[i];

	memcpy(conf.network_id, cloud->network_id, sizeof(conf.network_id));
	memcpy(conf.ssid, name->ssid, sizeof(conf.ssid));
	n->buf = calloc(1, QUEUE);
	outq_init(&n->q, n->buf, QUEUE);
	n->b = n->buf ? batman_new(&conf, NULL, &n->q, rng_init((uint64_t)i + 1), now) : NULL;
	if (!n->b)
		fail("engine");
	for (int p = 0; p <= BRANCHES; p++) {
		struct batman_port_conf port = { .mac = port_mac(i, p), .mtu = 1500 };

		if (p == 0 || BRANCHES * i + p < node_count)
			batman_port_add(n->b, (uint16_t)p, &port, now);
	}
	for (int c = i; c < clients; c += node_count) {
		struct mac mac = { { 6, 0xc0, 0, 0, (uint8_t)(c >> 8), (uint8_t)c } };

		batman_client_fix(n->b, &mac, 0, now);
	}
}

static int run(void)
{
	for (;;) {
		struct pollfd fd = { .fd = wire, .events = POLLIN };
		usec_t next = USEC_NEVER, now = now_get();

		for (int i = 0; i < node_count; i++)
			next = usec_min(next, batman_deadline(nodes[i].b));
		if (next > now && poll(&fd, 1, (int)((next - now) / 1000 + 1)) < 0)
			return 1;
		now = now_get();
		for (int i = 0; i < node_count; i++) {
			if (batman_deadline(nodes[i].b) <= now)
				batman_tick(nodes[i].b, now);
		}
		pump_all(now);
		wire_read(now);
	}
}

int main(int argc, char **argv)
{
	struct cloud_conf name;
	struct cloud cloud;
	int clients = 1000;

	if (argc < 3) {
		fputs("usage: crowd IFNAME SSID [NODES [CLIENTS]]\n", stderr);
		return 2;
	}
	if (argc > 3)
		node_count = atoi(argv[3]);
	if (argc > 4)
		clients = atoi(argv[4]);
	name = cloud_conf_init(argv[2], strlen(argv[2]));
	if (cloud_derive(&name, NULL, &cloud) || node_count < 1 || node_count > NODES_MAX)
		return 2;
	vlan = cloud.batadv_vlan;
	wire_open(argv[1]);
	for (int i = 0; i < node_count; i++)
		node_start(i, clients, &name, &cloud, now_get());
	return run();
}
