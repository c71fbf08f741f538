/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State cores joined by links in memory that lose, duplicate, delay and reorder datagrams, in
 * virtual time. The handle of a peer is the number of the other node.
 */
#ifndef TEST_STATE_NET_H
#define TEST_STATE_NET_H

#include "core/state/state.h"
#include "core/state/state_crypto.h"

#define NET_NODES 104

enum { NET_BLOCK = 1, NET_GATEWAY = 2, NET_CLIENT = 3, NET_NOTE = 4, NET_UNKNOWN = 99 };

struct net_link {
	bool up;
	double loss; /* 0 to 1, each way */
	double dup;
	usec_t latency, jitter;
};

struct net_node {
	struct state *s;
	struct outq out;
	uint8_t *outbuf;
	uint64_t changed, deleted, expired, acked, stored;
	struct state_event last_acked, last_changed;
	uint64_t words;
	struct state_talk last_word;
	usec_t deadline;
};

struct net_packet {
	usec_t at;
	uint64_t order;
	uint16_t to, from;
	size_t len;
	uint8_t *data;
};

struct net {
	usec_t now;
	struct rng rng;
	uint32_t n;
	struct net_node node[NET_NODES];
	struct net_link link[NET_NODES][NET_NODES];
	uint64_t bytes[NET_NODES][NET_NODES]; /* sent from, to */
	struct net_packet *heap;
	size_t heap_len, heap_cap;
	uint64_t order;
	uint32_t epoch;		/* of the next node that starts */
	struct state_conf conf; /* of the nodes that start; id, epoch and crypto are set */
	const struct state_crypto *crypto[NET_NODES]; /* NULL: none; for net_restart */
	/* NULL, or sees every datagram that a node sends. */
	void (*tap)(struct net *net, uint32_t from, uint32_t to, const uint8_t *data, size_t len);
	void *arg;  /* of a test */
	void *keys; /* of state_keyed.c */
};

extern const struct state_type net_types[4];

struct net *net_new(uint32_t n, uint64_t seed);
void net_free(struct net *net);
/* Replaces node i by a fresh one (nothing on its disk); its peers are added again. */
void net_restart(struct net *net, uint32_t i, uint32_t epoch);
void net_join(struct net *net, uint32_t a, uint32_t b, uint8_t scopes, double loss);
void net_cut(struct net *net, uint32_t a, uint32_t b);
/* Cut, and the nodes have noticed: no longer peers. */
void net_part(struct net *net, uint32_t a, uint32_t b);
void net_line(struct net *net, uint8_t scopes, double loss);
void net_run(struct net *net, usec_t span);
/* Runs until all nodes have the same digest in both scopes and nobody waits; the time it took,
 * USEC_NEVER if not. */
usec_t net_settle(struct net *net, usec_t limit);
bool net_equal(const struct net *net);
/* After a call of the API: pops what the node wants done. */
void net_drain(struct net *net, uint32_t i);
int net_put(struct net *net, uint32_t i, uint8_t type, uint32_t id, const char *value);
int net_delete(struct net *net, uint32_t i, uint8_t type, uint32_t id);
/* The value as text, NULL when node i has none; author: node number or -1 for a shared record. */
const char *net_get(struct net *net, uint32_t i, uint8_t type, uint32_t id, int author);
struct state_node net_id(uint32_t i);
/* The same, but of a node with a key what follows from that. */
struct state_node net_who(const struct net *net, uint32_t i);
uint64_t net_count(const struct net *net, uint32_t i, enum state_counter c);

#endif
