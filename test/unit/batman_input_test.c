/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does not get through the doors of an engine. Nodes 0 and 1 on a wire. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

static struct net *pair(void)
{
	struct net *n = net_new();

	net_boot(n, 0, NULL);
	net_boot(n, 1, NULL);
	net_link(n, 0, 0, 0, 1, 0);
	net_run(n, 5 * USEC_S);
	return n;
}

static uint64_t counter(const struct net *n, enum batman_counter id)
{
	return batman_counter(n->node[0].b, id);
}

/* A packet of node 1 to node 0; what is in it comes behind its header. */
static struct wr begin(uint8_t *frame, size_t cap)
{
	struct mac to = net_mac(0, 0), from = net_mac(1, 0);
	struct wr w = wr_init(frame, cap);

	bat_eth_encode(&w, &to, &from);
	return w;
}

/* A client's frame of a type, to the node itself. */
static void unicast(struct net *n, uint16_t type)
{
	struct bat_unicast h = { .type = BAT_TYPE_UNICAST, .ttl = 50, .dst = net_mac(0, 0) };
	struct mac to = net_cloud_mac(0), from = net_client(1);
	uint8_t frame[128];
	struct wr w = begin(frame, sizeof(frame));

	bat_unicast_encode(&w, &h);
	wr_mac(&w, &to);
	wr_mac(&w, &from);
	wr_u16(&w, type);
	wr_zero(&w, 46);
	net_inject(n, 0, 0, frame, wr_len(&w));
}

/* Nobody speaks batman in bat0, by whatever way; what has no room is not counted as delivered. */
static void test_out_of_the_cloud(void **state)
{
	struct net *n = pair();
	uint64_t before = counter(n, BATMAN_COUNT_DELIVERED);

	(void)state;
	unicast(n, 0x88b6);
	assert_int_equal(counter(n, BATMAN_COUNT_DELIVERED), before + 1);
	unicast(n, BATMAN_ETHERTYPE);
	assert_int_equal(counter(n, BATMAN_COUNT_DROP_FILTERED), 1);
	while (outq_push(&n->node[0].q, UINT16_MAX, 0, 0, &before, 8) == 0)
		;
	unicast(n, 0x88b6);
	assert_int_equal(counter(n, BATMAN_COUNT_DELIVERED), before + 1);
	net_free(n);
}

/* OGMs and broadcasts are never so long that somebody cuts them. */
static void test_out_of_pieces(void **state)
{
	const uint8_t types[] = { BAT_TYPE_OGM, BAT_TYPE_BCAST };
	struct net *n = pair();

	(void)state;
	for (uint16_t i = 0; i < 2; i++) {
		struct bat_frag h = { .ttl = 50,
				      .dst = net_mac(0, 0),
				      .orig = net_mac(1, 0),
				      .seqno = i,
				      .total = 80 };
		uint8_t frame[128];
		struct wr w = begin(frame, sizeof(frame));

		bat_frag_encode(&w, &h);
		wr_u8(&w, types[i]);
		wr_u8(&w, BAT_VERSION);
		wr_zero(&w, 78);
		net_inject(n, 0, 0, frame, wr_len(&w));
		assert_int_equal(counter(n, BATMAN_COUNT_FRAG_MERGED), i + 1);
		assert_int_equal(counter(n, BATMAN_COUNT_DROP_UNKNOWN_TYPE), i + 1);
	}
	net_free(n);
}

/* An ARP reply from bat0 with that target hardware address; `cut` bytes are missing. */
static int arp(struct net *n, const uint8_t target[6], uint16_t op, size_t cut)
{
	struct mac from = net_client(1);
	uint8_t frame[64];
	struct wr w = wr_init(frame, sizeof(frame));

	wr_mac(&w, &MAC_BROADCAST);
	wr_mac(&w, &from);
	wr_u16(&w, 0x0806);
	wr_zero(&w, 6);
	wr_u16(&w, op);
	wr_zero(&w, 10);
	wr_bytes(&w, target, 6);
	wr_zero(&w, 4);
	return batman_cloud_input(n->node[0].b, frame, wr_len(&w) - cut, n->now);
}

/* Only what is a claim of bridge loop avoidance to its last byte stays out. */
static void test_claims(void **state)
{
	static const uint8_t others[][6] = { { 0xfe, 0x43, 5, 0 },
					     { 0xff, 0x42, 5, 0 },
					     { 0xff, 0x43, 6, 0 },
					     { 0xff, 0x43, 5, 4 } },
			     claim[6] = { 0xff, 0x43, 5, 3 };
	struct net *n = pair();

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(arp(n, others[i], 2, 0), 0);
	assert_int_equal(arp(n, claim, 1, 0), 0);
	assert_int_equal(arp(n, claim, 2, 5), 0);
	assert_int_equal(arp(n, claim, 2, 0), -ELOOP);
	assert_int_equal(counter(n, BATMAN_COUNT_DROP_FILTERED), 1);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_of_the_cloud),
		cmocka_unit_test(test_out_of_pieces),
		cmocka_unit_test(test_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
