/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests for our table from a node that we have no way to yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

#define PACKET 14 /* offset of the packet in a frame */

/* What comes back of node 0's own OGMs, without which it has no way to node 1. */
static bool lose_echoes(struct net *n, int from, int to, const uint8_t *frame, size_t len,
			void *arg)
{
	struct mac m = net_mac(0, 0);

	(void)n;
	(void)to;
	(void)arg;
	return from == 1 && len > 28 && frame[PACKET] == BAT_TYPE_OGM &&
	       !memcmp(frame + PACKET + 8, m.b, sizeof(m.b));
}

static bool lose_all(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)n;
	(void)from;
	(void)to;
	(void)frame;
	(void)len;
	(void)arg;
	return true;
}

/* Node 1 asks from then on, and node 0 has no way back. */
static struct net *asked_without_a_way(void)
{
	struct net *n = net_chain(2);
	struct mac c = net_client(1);

	/* the diff is in OGMs that nobody hears */
	net_seen(n, 0, &c, 0);
	n->drop = lose_all;
	net_run(n, 8 * USEC_S);
	n->drop = lose_echoes;
	for (int i = 0; i < 200 && net_requests(n, 2) == 0; i++)
		net_run(n, 50 * USEC_MS);
	net_run(n, 10 * USEC_MS);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_TT_REQUEST_RX), 1);
	assert_false(net_knows(n, 1, &c, 0));
	return n;
}

static void way_back(struct net *n)
{
	for (int i = 0; i < 200 && net_tq(n, 0, 1) == 0; i++)
		net_run(n, 10 * USEC_MS);
	net_run(n, 10 * USEC_MS);
}

static void test_asked_before_there_is_a_way(void **state)
{
	struct net *n = asked_without_a_way();
	struct mac c = net_client(1);

	(void)state;
	n->drop = NULL;
	way_back(n);
	assert_true(net_knows(n, 1, &c, 0));
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_REQUEST_TX), 1);
	/* once */
	net_run(n, 5 * USEC_S);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_TT_RESPONSE_TX), 1);
	net_free(n);
}

static bool lose_requests(struct net *n, int from, int to, const uint8_t *frame, size_t len,
			  void *arg)
{
	(void)n;
	(void)to;
	(void)len;
	(void)arg;
	return from == 1 && frame[PACKET] == BAT_TYPE_TVLV;
}

/* Who asked has asked others since, or somebody else. */
static void test_asked_long_ago(void **state)
{
	struct net *n = asked_without_a_way();

	(void)state;
	n->drop = lose_all;
	net_run(n, 7 * USEC_S);
	n->drop = lose_requests;
	way_back(n);
	assert_true(net_tq(n, 0, 1) > 0);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_TT_RESPONSE_TX), 0);
	net_free(n);
}

/* A frame into node 0 from node 1, with OGMs of originators that node 0 hears of by it. */
static void far_ogms(struct net *n, int count, uint32_t seqno, uint8_t tq)
{
	struct mac a = net_mac(1, 0);
	uint8_t frame[1500];
	struct wr w = wr_init(frame, sizeof(frame));

	bat_eth_encode(&w, &MAC_BROADCAST, &a);
	for (int i = 0; i < count; i++)
		bat_ogm_encode(&w, &(struct bat_ogm) { .ttl = BAT_TTL - 1,
						       .seqno = seqno,
						       .orig = net_client(0x80 + i),
						       .prev = net_client(0x80 + i),
						       .tq = tq });
	net_inject(n, 0, 0, frame, wr_len(&w));
}

/* One frame that makes many first routes does not have us send a large table for each of them. */
static void test_asked_by_a_crowd(void **state)
{
	struct net *n = net_chain(2);
	struct mac last = net_client(0x80 + 39);
	struct batman_orig o;
	const int count = 40;
	uint64_t before;

	(void)state;
	for (int i = 1; i <= 100; i++) {
		struct mac c = net_client(i);

		net_seen(n, 0, &c, 0);
	}
	net_run(n, 10 * USEC_S);
	before = net_counter(n, 0, BATMAN_COUNT_TT_RESPONSE_TX);
	far_ogms(n, count, 1, 0);
	for (int i = 0; i < count; i++) {
		struct mac from = net_client(0x80 + i);

		net_ask_all(n, &from);
	}
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_TT_RESPONSE_TX), before);
	net_run(n, 10 * USEC_MS);
	far_ogms(n, count, 2, 255);
	assert_true(batman_orig_find(n->node[0].b, &last, &o) && o.tq > 0);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_TT_RESPONSE_TX), before + 2);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked_before_there_is_a_way),
		cmocka_unit_test(test_asked_long_ago),
		cmocka_unit_test(test_asked_by_a_crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
