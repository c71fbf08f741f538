/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 1,000 nodes with 10 clients each in a /16: all are served within half a minute of the start of
 * the town, none has the address of another. The claims of each tenth node never become ready, so
 * its clients live on borrowed addresses.
 *
 * Claims are told to everybody. Records of clients are told to the node only whose block the
 * address is of: what the others would do with them is the business of other tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/lease/lease.h"
#include "dhcp_client.h"

enum {
	NODES = 1000,
	CLIENTS = 10, /* of each */
	BLOCKS = 4096,
	WORDS_LOST = 2, /* of 100 */
};

#define STEP (500 * USEC_MS)
#define ALL_COME (20 * USEC_S)
#define END (32 * USEC_S)
#define ASK_AGAIN (4 * USEC_S)

struct client {
	struct mac mac;
	usec_t due; /* its next message */
	bool bound;
};

static struct crowd_node {
	struct lease lease;
	_Alignas(8) uint8_t out[8192];
	struct client client[CLIENTS];
} * nodes;

static int owner[BLOCKS];   /* node, + 1 */
static bool taken[1 << 16]; /* addresses that a client has */
static struct rng rng;
static usec_t now;
static struct dhcp_msg reply; /* the last one; type 0: none */

static bool is_without_blocks(int i)
{
	return i % 10 == 0;
}

static struct lease_node node_id(int i)
{
	return (struct lease_node) { { 1, (uint8_t)(i >> 8), (uint8_t)i } };
}

static int node_of(const struct lease_node *id)
{
	return id->b[1] << 8 | id->b[2];
}

static void node_start(int i)
{
	static const struct lease_conf conf = {
		.network = { { { 10, 13, 0, 0 } }, 16 },
		.anycast = { { 10, 13, 0, 1 } },
		.anycast_mac = { { 0xaa, 0xaa, 0xaa, 0x0d, 0xfe, 0xaa } },
		.port_unlimited = true,
	};
	struct lease_setup setup = { .self = node_id(i),
				     .rng = rng_init((uint64_t)i),
				     .limits = { .clients = 128,
						 .blocks = BLOCKS,
						 .own_blocks = 32,
						 .offers = 32,
						 .reserved = 16 },
				     .out_buf = nodes[i].out,
				     .out_cap = sizeof(nodes[i].out) };
	struct lease_node near[LEASE_NEAR_MAX];

	assert_int_equal(lease_init(&nodes[i].lease, &conf, &setup, now), 0);
	for (int k = 0; k < LEASE_NEAR_MAX; k++)
		near[k] = node_id((i + 1 + k) % NODES);
	lease_near(&nodes[i].lease, near, LEASE_NEAR_MAX);
	lease_peers(&nodes[i].lease, NODES - 1, true, now);
	lease_loaded(&nodes[i].lease, true, now);
	for (int k = 0; k < CLIENTS; k++) {
		struct client *c = &nodes[i].client[k];

		c->mac = (struct mac) { { 2, 0, 0, (uint8_t)(i >> 8), (uint8_t)i, (uint8_t)k } };
		c->due = now + (usec_t)rng_below(&rng, (uint32_t)ALL_COME);
	}
}

static void drain(int from);

static void tell_block(int from, const struct lease_block *b)
{
	/* nobody has heard of another's too late here */
	assert_true(owner[b->index] == 0 || owner[b->index] == from + 1);
	owner[b->index] = from + 1;
	for (int i = 0; i < NODES; i++)
		if (i != from)
			lease_block_learnt(&nodes[i].lease, b, now);
	if (!is_without_blocks(from))
		lease_block_acked(&nodes[from].lease, b, now);
}

static void tell_record(int from, const struct lease_client *rec)
{
	int to = ip4_is_zero(&rec->ip4) ? 0 : owner[(ip4_u32(&rec->ip4) & 0xffff) / 16];

	if (to == 0 || to - 1 == from)
		return;
	lease_client_learnt(&nodes[to - 1].lease, rec, now);
	drain(to - 1);
}

static void tell_word(int from, const struct lease_talk *t)
{
	struct lease_node self = node_id(from);
	int to = node_of(&t->to);

	if (rng_below(&rng, 100) < WORDS_LOST)
		return;
	lease_talk(&nodes[to].lease, &self, t->data, t->len, now);
	drain(to);
}

static void pass_on(int from, const struct out *o)
{
	struct lease_block block;
	struct lease_client rec;
	struct lease_talk talk;

	switch ((enum lease_out_kind)o->kind) {
	case LEASE_SEND:
		reply = dhcp_client_receive(o->data, o->len);
		break;
	case LEASE_PUT:
		memcpy(&rec, o->data, sizeof(rec));
		tell_record(from, &rec);
		break;
	case LEASE_BLOCK_PUT:
		memcpy(&block, o->data, sizeof(block));
		tell_block(from, &block);
		break;
	case LEASE_TALK:
		memcpy(&talk, o->data, sizeof(talk));
		tell_word(from, &talk);
		break;
	case LEASE_PROBE:
		break;
	case LEASE_DROP:
	case LEASE_BLOCK_RELEASE:
	case LEASE_CLASH:
	case LEASE_DISASSOCIATE:
	case LEASE_FOREIGN:
		fail_msg("nothing ends in the first half minute");
	}
}

static void drain(int from)
{
	struct outq *q = &nodes[from].lease.out;
	struct out o;

	while (outq_pop(q, &o))
		pass_on(from, &o);
	assert_int_equal(q->dropped, 0);
}

/* The type of the answer, 0: none. */
static uint8_t say(int node, const struct client *c, struct dhcp_msg m)
{
	uint8_t frame[DHCP_CLIENT_FRAME];
	size_t len;

	m.op = DHCP_OP_REQUEST;
	m.xid = 1;
	m.chaddr = c->mac;
	len = dhcp_client_send(&m, frame);
	reply.type = 0;
	lease_input(&nodes[node].lease, frame, len, 1, now);
	drain(node);
	return reply.type;
}

static void client_step(int node, struct client *c)
{
	struct ip4 ip;

	c->due = now + ASK_AGAIN;
	if (say(node, c, (struct dhcp_msg) { .type = DHCP_DISCOVER }) != DHCP_OFFER)
		return;
	ip = reply.yiaddr;
	assert_int_equal(say(node, c,
			     (struct dhcp_msg) { .type = DHCP_REQUEST,
						 .requested = ip,
						 .server_id = { { 10, 13, 0, 1 } } }),
			 DHCP_ACK);
	assert_true(ip4_eq(&reply.yiaddr, &ip));
	assert_false(taken[ip4_u32(&ip) & 0xffff]);
	taken[ip4_u32(&ip) & 0xffff] = true;
	c->bound = true;
}

static void node_step(int i)
{
	struct lease *l = &nodes[i].lease;

	if (lease_deadline(l) <= now) {
		lease_tick(l, now);
		drain(i);
	}
	for (int k = 0; k < CLIENTS; k++)
		if (!nodes[i].client[k].bound && nodes[i].client[k].due <= now)
			client_step(i, &nodes[i].client[k]);
}

static void thousand_nodes(void **state)
{
	int served = 0, lived_on_loans = 0;
	uint64_t borrowed = 0;
	usec_t start;

	(void)state;
	nodes = calloc(NODES, sizeof(*nodes));
	assert_non_null(nodes);
	rng = rng_init(3);
	now = start = 1000 * USEC_S;
	for (int i = 0; i < NODES; i++)
		node_start(i);
	for (; now < start + END; now += STEP)
		for (int i = 0; i < NODES; i++)
			node_step(i);
	for (int i = 0; i < NODES; i++) {
		for (int k = 0; k < CLIENTS; k++) {
			served += nodes[i].client[k].bound;
			lived_on_loans += nodes[i].client[k].bound && is_without_blocks(i);
		}
		borrowed += nodes[i].lease.counters[LEASE_COUNT_BORROWED];
	}
	printf("# %d clients of %d nodes: %u of %d blocks claimed, %llu addresses borrowed\n",
	       served, NODES, nodes[0].lease.pool.claims.count, BLOCKS,
	       (unsigned long long)borrowed);
	assert_int_equal(served, NODES * CLIENTS);
	assert_int_equal(lived_on_loans, NODES / 10 * CLIENTS);
	assert_true(borrowed >= (uint64_t)lived_on_loans);
	assert_false(pool_is_scarce(&nodes[0].lease.pool));
	for (int i = 0; i < NODES; i++)
		lease_done(&nodes[i].lease);
	free(nodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousand_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
