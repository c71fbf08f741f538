/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Engines joined by wires in memory, for tests: a wire is a shared medium, frames take 100 us, and
 * a test may drop what it likes. Node n, port p has the MAC 02:00:00:00:nn:pp, its br0
 * 02:00:00:00:nn:b0; client c is 06:00:00:00:00:cc.
 */
#ifndef TEST_BATMAN_NET_H
#define TEST_BATMAN_NET_H

#include "core/batman/batman.h"

#define NET_NODES 8
#define NET_PORTS 4
#define NET_LATENCY_US 100
#define NET_KEPT 64

struct net;

struct net_got {
	size_t len;
	struct mac dst, src;
	uint32_t tag; /* first bytes behind the Ethernet header (and VLAN tag) */
	bool intact;  /* the rest is what net_frame made */
	usec_t at;
	uint32_t from; /* arg of BATMAN_DELIVER */
};

struct net_event {
	uint16_t kind;
	usec_t at;
	struct batman_client client;
	struct batman_peer peer;
	struct batman_clash clash;
	struct batman_icmp icmp;
};

struct net_node {
	uint32_t starts;
	struct batman *b;
	struct outq q;
	uint64_t buf[64 * 1024 / 8];
	int wire[NET_PORTS]; /* -1: none */
	struct net_got got[NET_KEPT];
	unsigned int got_count;
	struct net_event events[NET_KEPT];
	unsigned int event_count;
	unsigned int sent; /* frames */
};

struct net_flight {
	usec_t at;
	int wire;
	int node; /* who sent it */
	size_t len;
	uint8_t data[2048];
};

/* True: this frame does not arrive. */
typedef bool net_drop_fn(struct net *n, int from, int to, const uint8_t *frame, size_t len,
			 void *arg);

struct net {
	struct net_node node[NET_NODES];
	usec_t now;
	struct net_flight *flight; /* ring */
	unsigned int head, tail;
	net_drop_fn *drop;
	void *arg;
};

struct net *net_new(void);
/* So many nodes in a row: port 0 of each but the first leads back. */
struct net *net_chain(int count);
void net_free(struct net *n);
struct mac net_mac(int node, int port);
struct mac net_cloud_mac(int node);
struct mac net_client(int c);
struct batman_conf net_conf(int node);
void net_boot(struct net *n, int node, const struct batman_conf *conf);
/* With places for so few clients of other nodes. */
void net_boot_small(struct net *n, int node, uint32_t clients);
void net_port(struct net *n, int node, int port, int wire, bool wireless);
/* Two engines on a wire of their own. */
void net_link(struct net *n, int wire, int a, int port_a, int b, int port_b);
void net_run(struct net *n, usec_t duration);
/* A frame of len bytes (at least 22) from client to client, vid as in batman.h; returns its length.
 */
size_t net_frame(uint8_t *buf, const struct mac *dst, const struct mac *src, uint16_t vid,
		 uint32_t tag, size_t len);
/* Puts such a frame into bat0 of a node. */
int net_send(struct net *n, int node, const struct mac *dst, const struct mac *src, uint32_t tag,
	     size_t len);
/* How often that tag came out of bat0 of that node. */
unsigned int net_count(const struct net *n, int node, uint32_t tag);
const struct net_event *net_event(const struct net *n, int node, uint16_t kind);
uint8_t net_tq(const struct net *n, int node, int other);
bool net_knows(const struct net *n, int node, const struct mac *client, int where);
/* Frame number k of those of that type (first byte behind the Ethernet header) that a node has put
 * on a wire since n->tail was `since`; NULL: there are not so many. */
const struct net_flight *net_sent(const struct net *n, unsigned int since, int node, uint8_t type,
				  unsigned int k);
unsigned int net_sent_count(const struct net *n, unsigned int since, int node, uint8_t type);
/* A station of that node's access point. */
void net_seen(struct net *n, int node, const struct mac *client, uint16_t vid);
uint64_t net_counter(const struct net *n, int node, enum batman_counter id);
/* For tables, of the first nodes together. */
uint64_t net_requests(const struct net *n, int count);
bool net_tables_agree(const struct net *n, int count);
/* Raw bytes into a port. */
void net_inject(struct net *n, int node, int port, const uint8_t *frame, size_t len);
/* Node 1 passes on to node 0, by port 0 of both, a request for its whole table by that originator.
 */
void net_ask_all(struct net *n, const struct mac *from);
/* For net.drop, arg is the number of a node (int): all that it sends, all that it should get, its
 * OGMs as it sends them and those of others that it repeats. */
net_drop_fn net_lose_from, net_lose_to, net_lose_ogms;
/* A unicast packet with a roaming advertisement? */
bool net_is_roam(const uint8_t *frame, size_t len);
/* Hands on what an engine put into its queue. */
void net_pump(struct net *n, int node);

#endif
