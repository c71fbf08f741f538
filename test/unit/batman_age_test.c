/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is forgotten, and when: kernels look once a second, and every 5 s in translation tables.
 * test/long/purge_test asks kernels and trama nodes the same.
 *
 *	0 === 1 --- 2        two wires between 0 and 1, by their ports 0 and 2
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

#define STEP (100 * USEC_MS)
#define NEWS (5 * USEC_S) /* intervals of 1 s until all have heard of a change */

static struct net *town(void)
{
	struct net *n = net_new();

	for (int i = 0; i < 3; i++)
		net_boot(n, i, NULL);
	net_link(n, 0, 0, 0, 1, 0);
	net_link(n, 1, 1, 1, 2, 0);
	net_link(n, 2, 0, 2, 1, 2);
	net_run(n, 80 * USEC_S);
	return n;
}

/* Of the second wire, whose MACs end in 2. */
static bool on_second_wire(struct net *n, int from, int to, const uint8_t *frame, size_t len,
			   void *arg)
{
	(void)n;
	(void)from;
	(void)to;
	(void)len;
	(void)arg;
	return frame[11] == 2;
}

/* Ways to an originator, any if NULL, by a port, any if negative; the last OGM of them. */
static unsigned int ways(const struct net *n, int node, const struct mac *orig, int port,
			 usec_t *last)
{
	struct batman_path p;
	unsigned int found = 0;

	for (uint32_t i = 0; batman_path_next(n->node[node].b, &i, &p);) {
		if ((orig && !mac_eq(&p.orig, orig)) || (port >= 0 && p.port != port))
			continue;
		found++;
		if (last && p.last_seen > *last)
			*last = p.last_seen;
	}
	return found;
}

static unsigned int claims(const struct net *n, int node, const struct mac *orig)
{
	struct batman_claim c;
	unsigned int found = 0;

	for (uint32_t i = 0; batman_claim_next(n->node[node].b, &i, &c);)
		found += mac_eq(&c.client.orig, orig);
	return found;
}

/* When a client is no more in the tables of a node, our own or of others. */
static usec_t client_end(struct net *n, int node, const struct mac *client, usec_t limit)
{
	usec_t begin = n->now;

	for (;;) {
		struct batman_client l;
		struct batman_claim c;
		bool found = false;

		for (uint32_t i = 0; batman_local_next(n->node[node].b, &i, &l);)
			found |= mac_eq(&l.mac, client);
		for (uint32_t i = 0; batman_claim_next(n->node[node].b, &i, &c);)
			found |= mac_eq(&c.client.mac, client);
		if (!found || n->now - begin > limit)
			return n->now;
		net_run(n, STEP);
	}
}

static void test_ways(void **state)
{
	struct net *n = town();
	struct mac dead = net_mac(2, 0), other = net_mac(1, 0);
	int silent = 2;
	usec_t last[2] = { 0 };
	struct batman_orig o;

	(void)state;
	n->drop = net_lose_from;
	n->arg = &silent;
	net_run(n, 10 * USEC_S);
	for (int i = 0; i < 2; i++)
		assert_true(ways(n, i, &dead, -1, &last[i]) > 0);
	for (int i = 0; i < 2; i++) {
		while (ways(n, i, &dead, -1, NULL)) {
			assert_true(claims(n, i, &dead) > 0);
			net_run(n, STEP);
		}
		/* the other node may have forgotten it already */
		assert_in_range(n->now - last[i], 200 * USEC_S, 201 * USEC_S + 2 * STEP + USEC_S);
		assert_int_equal(claims(n, i, &dead), 0);
		assert_true(ways(n, i, NULL, -1, NULL) > 0);
	}
	for (int i = 0; i < 2; i++) {
		assert_true(batman_orig_find(n->node[i].b, &dead, &o) && !o.reachable);
		assert_true(n->now - o.last_seen < 203 * USEC_S);
	}
	for (usec_t seen = o.last_seen; batman_orig_find(n->node[1].b, &dead, &o);) {
		assert_true(n->now - seen <= 401 * USEC_S);
		net_run(n, STEP);
		assert_int_equal(o.last_seen, seen);
	}
	assert_true(n->now - o.last_seen > 400 * USEC_S);
	assert_true(net_tq(n, 0, 1) > 200);
	assert_true(claims(n, 0, &other) > 0);
	net_free(n);
}

static void test_one_of_two_ways(void **state)
{
	struct net *n = town();
	struct mac other = net_mac(1, 0);
	usec_t last = 0;

	(void)state;
	n->drop = on_second_wire;
	net_run(n, 2 * USEC_S);
	assert_true(ways(n, 0, &other, 2, &last) > 0);
	while (ways(n, 0, NULL, 2, NULL)) {
		assert_true(n->now - last <= 201 * USEC_S + STEP);
		net_run(n, STEP);
	}
	assert_true(n->now - last > 200 * USEC_S);
	assert_true(ways(n, 0, &other, 0, NULL) == 1 && net_tq(n, 0, 1) > 200);
	assert_true(claims(n, 0, &other) > 0);
	net_free(n);
}

static void test_port(void **state)
{
	struct net *n = town();
	struct mac other = net_mac(1, 0), third = net_mac(2, 0);

	(void)state;
	assert_true(ways(n, 0, NULL, 2, NULL) > 0);
	batman_port_remove(n->node[0].b, 2, n->now);
	assert_true(ways(n, 0, NULL, 2, NULL) == 0 && claims(n, 0, &other) > 0);
	batman_port_remove(n->node[0].b, 0, n->now);
	assert_int_equal(ways(n, 0, NULL, -1, NULL), 0);
	assert_true(claims(n, 0, &other) == 0 && claims(n, 0, &third) == 0);
	net_free(n);
}

/* Another MAC makes another originator of the node, but leaves its primary port where it is. */
static void test_port_mac(void **state)
{
	struct net *n = town();
	struct batman *b = n->node[0].b;
	struct mac was = net_mac(0, 0), is = net_mac(0, 3), group = { { 1 } };
	struct batman_orig o;

	(void)state;
	assert_int_equal(batman_port_set_mac(b, 9, &is, n->now), -ENOENT);
	assert_int_equal(batman_port_set_mac(b, 0, &group, n->now), -EINVAL);
	assert_int_equal(batman_port_set_mac(b, 0, &was, n->now), -EEXIST);
	assert_true(batman_orig_find(n->node[1].b, &was, &o));
	assert_int_equal(batman_port_set_mac(b, 0, &is, n->now), 0);
	assert_int_equal(ways(n, 0, NULL, 0, NULL), 0);
	assert_true(ways(n, 0, NULL, 2, NULL) > 0);
	net_run(n, 5 * USEC_S);
	assert_true(batman_orig_find(n->node[1].b, &is, &o) && o.tq > 200);
	assert_true(ways(n, 0, NULL, 0, NULL) > 0);
	net_free(n);
}

/* In the name of node 2, as if node 1 passed it on. */
static bool broadcast_passes(struct net *n, uint32_t seqno)
{
	uint8_t frame[200], inner[64];
	struct mac src = net_client(9), from = net_mac(1, 0);
	struct bat_bcast h = { .ttl = 40, .seqno = seqno, .orig = net_mac(2, 0) };
	struct wr w = wr_init(frame, sizeof(frame));
	unsigned int before = n->node[0].got_count;

	bat_eth_encode(&w, &MAC_BROADCAST, &from);
	bat_bcast_encode(&w, &h);
	wr_bytes(&w, inner, net_frame(inner, &MAC_BROADCAST, &src, 0, seqno, sizeof(inner)));
	net_inject(n, 0, 0, frame, wr_len(&w));
	return n->node[0].got_count > before;
}

static void test_broadcasts(void **state)
{
	struct net *n = town();
	struct mac dead = net_mac(2, 0);
	struct batman_orig o;
	int silent = 2;

	(void)state;
	n->drop = net_lose_from;
	n->arg = &silent;
	net_run(n, 250 * USEC_S);
	assert_int_equal(ways(n, 0, &dead, -1, NULL), 0);
	assert_true(broadcast_passes(n, 5000) && !broadcast_passes(n, 5000));
	assert_true(claims(n, 0, &dead) > 0);
	assert_true(batman_orig_find(n->node[0].b, &dead, &o));
	net_run(n, o.last_seen + 400 * USEC_S - n->now);
	assert_true(broadcast_passes(n, 5001));
	net_run(n, USEC_S + STEP);
	assert_false(broadcast_passes(n, 5002));
	assert_int_equal(claims(n, 0, &dead), 0);
	net_free(n);
}

static void test_silent_client(void **state)
{
	struct net *n = town();
	struct mac c = net_client(1), held = net_client(2);
	usec_t begin = n->now, end;

	(void)state;
	batman_client_seen(n->node[0].b, &held, 0, n->now);
	net_send(n, 0, &MAC_BROADCAST, &c, 1, 100);
	net_run(n, NEWS);
	assert_true(net_knows(n, 1, &c, 0));
	end = client_end(n, 0, &c, 700 * USEC_S);
	assert_in_range(end - begin, 600 * USEC_S, 605 * USEC_S + NEWS);
	net_run(n, NEWS);
	assert_false(net_knows(n, 1, &c, 0));
	assert_true(net_knows(n, 1, &held, 0));
	net_free(n);
}

static void test_client_of_a_frame(void **state)
{
	struct net *n = town();
	struct mac c = net_client(9), orig = net_mac(2, 0);
	usec_t begin = n->now;

	(void)state;
	assert_true(broadcast_passes(n, 5000));
	assert_true(batman_lookup(n->node[0].b, &c, 0, &orig) == 0);
	net_run(n, 590 * USEC_S);
	assert_in_range(client_end(n, 0, &c, 100 * USEC_S) - begin, 600 * USEC_S,
			605 * USEC_S + STEP);
	net_free(n);
}

/* To node 1: its client is at node 0 now, of which node 0 knows nothing. */
static void test_client_of_an_advertisement(void **state)
{
	struct net *n = town();
	uint8_t frame[100];
	struct mac c = net_client(1), at = net_mac(0, 0), to = net_mac(1, 0);
	struct wr w = wr_init(frame, sizeof(frame));
	usec_t begin;

	(void)state;
	batman_client_seen(n->node[1].b, &c, 0, n->now);
	net_run(n, NEWS);
	assert_true(net_knows(n, 0, &c, 1) && net_knows(n, 2, &c, 1));
	bat_eth_encode(&w, &to, &at);
	bat_tvlv_packet_encode(&w, &to, &at, 12);
	wr_u8(&w, BAT_TVLV_ROAM);
	wr_u8(&w, 1);
	wr_u16(&w, 8);
	wr_mac(&w, &c);
	wr_u16(&w, 0);
	net_inject(n, 1, 0, frame, wr_len(&w));
	begin = n->now;
	net_run(n, NEWS);
	assert_true(net_knows(n, 1, &c, 0) && net_knows(n, 2, &c, 1));
	net_run(n, 590 * USEC_S);
	for (int i = 0; i < 3; i++)
		assert_in_range(client_end(n, i, &c, 100 * USEC_S) - begin, 600 * USEC_S,
				605 * USEC_S + NEWS);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_one_of_two_ways),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_port_mac),
		cmocka_unit_test(test_broadcasts),
		cmocka_unit_test(test_silent_client),
		cmocka_unit_test(test_client_of_a_frame),
		cmocka_unit_test(test_client_of_an_advertisement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
