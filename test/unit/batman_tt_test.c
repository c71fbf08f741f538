/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients: announced, lost and repaired, roaming, stale frames. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

static void test_join_and_leave(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1), d = net_client(2);
	uint64_t before;

	(void)state;
	net_run(n, 10 * USEC_S);
	assert_true(net_tables_agree(n, 3));
	before = net_requests(n, 3);
	net_seen(n, 0, &c, 0);
	net_run(n, 3 * USEC_S);
	assert_true(net_knows(n, 2, &c, 0));
	assert_true(net_tables_agree(n, 3));
	assert_int_equal(batman_client_gone(n->node[0].b, &c, 0, n->now), 0);
	/* it stays in the table until the next OGM, but frames do not reach it */
	net_run(n, 3 * USEC_S);
	assert_false(net_knows(n, 2, &c, 0));
	assert_true(net_tables_agree(n, 3));
	/* all that went without a question */
	assert_int_equal(net_requests(n, 3), before);
	/* in and out within one interval changes nothing */
	net_run(n, 100 * USEC_MS);
	net_seen(n, 0, &c, 0);
	batman_client_gone(n->node[0].b, &c, 0, n->now);
	net_run(n, 3 * USEC_S);
	assert_true(net_tables_agree(n, 3));
	assert_int_equal(net_requests(n, 3), before);
	/* idle ones go after 600 s if nothing else tells that they are here */
	net_send(n, 0, &MAC_BROADCAST, &c, 1, 100);
	net_seen(n, 0, &d, 0);
	net_run(n, 590 * USEC_S);
	assert_true(net_knows(n, 2, &c, 0));
	net_run(n, 30 * USEC_S);
	assert_false(net_knows(n, 2, &c, 0));
	assert_true(net_knows(n, 2, &d, 0));
	assert_true(net_tables_agree(n, 3));
	net_free(n);
}

struct lossy {
	int to;
	unsigned int percent;
	struct rng rng;
	usec_t until;
};

static bool lose(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	struct lossy *l = arg;

	(void)from;
	(void)frame;
	(void)len;
	return n->now < l->until && (l->to < 0 || l->to == to) &&
	       rng_below(&l->rng, 100) < l->percent;
}

static void test_lost_diffs(void **state)
{
	struct net *n = net_chain(3);
	struct lossy l = { .to = 2, .percent = 100, .rng = rng_init(1) };
	struct mac c = net_client(1);
	uint64_t asked;

	(void)state;
	n->drop = lose;
	n->arg = &l;
	net_run(n, 30 * USEC_S);
	asked = net_counter(n, 2, BATMAN_COUNT_TT_REQUEST_TX);
	net_seen(n, 0, &c, 0);
	/* the diff is repeated 4 times; all of them are lost */
	l.until = n->now + 8 * USEC_S;
	net_run(n, 8 * USEC_S);
	assert_false(net_knows(n, 2, &c, 0));
	net_run(n, 5 * USEC_S);
	assert_true(net_knows(n, 2, &c, 0));
	assert_true(net_tables_agree(n, 3));
	assert_int_equal(net_counter(n, 2, BATMAN_COUNT_TT_REQUEST_TX), asked + 1);
	/* the node between has the same table and answers for it */
	assert_true(net_counter(n, 1, BATMAN_COUNT_TT_RESPONSE_TX) > 0);
	net_free(n);
}

struct lost_requests {
	bool ogms;		/* those of node 0, too */
	unsigned int left, all; /* requests to be lost; seen */
};

static bool lose_requests(struct net *n, int from, int to, const uint8_t *frame, size_t len,
			  void *arg)
{
	struct lost_requests *l = arg;
	uint8_t type = frame[14];

	(void)n;
	(void)to;
	(void)len;
	if (from == 0)
		return type == BAT_TYPE_OGM && l->ogms;
	if (type != BAT_TYPE_TVLV)
		return false;
	l->all++;
	return l->left && l->left--;
}

/* One that is lost is made good by the next OGM; who never answers is asked every 3 s only. */
static void test_lost_requests(void **state)
{
	struct net *n = net_chain(2);
	struct lost_requests l = { 0 };
	struct mac c = net_client(1);

	(void)state;
	net_run(n, 30 * USEC_S);
	n->drop = lose_requests;
	n->arg = &l;
	for (unsigned int lost = 0; lost <= 2; lost++) {
		net_seen(n, 0, &c, 0);
		l = (struct lost_requests) { .ogms = true, .left = lost };
		net_run(n, 5 * USEC_S);
		l.ogms = false;
		net_run(n, (1 + lost) * 1100 * USEC_MS);
		assert_true(net_knows(n, 1, &c, 0));
		assert_int_equal(l.all, lost + 1);
		batman_client_gone(n->node[0].b, &c, 0, n->now);
		net_run(n, 5 * USEC_S);
		assert_true(net_tables_agree(n, 2));
	}
	net_seen(n, 0, &c, 0);
	l = (struct lost_requests) { .ogms = true, .left = 1000 };
	net_run(n, 5 * USEC_S);
	l.ogms = false;
	net_run(n, 60 * USEC_S);
	assert_in_range(l.all, 60 / 4, 60 / 3 + 3);
	l.left = 0;
	net_run(n, 5 * USEC_S);
	assert_true(net_tables_agree(n, 2));
	net_free(n);
}

/* Who starts anew knows the clients of a neighbour as soon as there is a route to them. */
static void test_table_comes_with_the_route(void **state)
{
	struct net *n = net_new();
	struct mac c = net_client(1), d = net_client(2);

	(void)state;
	net_boot(n, 0, NULL);
	net_port(n, 0, 0, 0, false);
	net_seen(n, 0, &c, 0);
	net_run(n, 5 * USEC_S);
	net_seen(n, 0, &d, 0);
	net_run(n, 10 * USEC_S);
	net_boot(n, 1, NULL);
	net_port(n, 1, 0, 0, false);
	for (usec_t until = n->now + 5 * USEC_S; n->now < until && !net_tq(n, 1, 0);)
		net_run(n, USEC_MS);
	net_run(n, USEC_MS);
	assert_true(net_knows(n, 1, &c, 0));
	assert_true(net_knows(n, 1, &d, 0));
	assert_int_equal(net_requests(n, 2), 1);
	net_free(n);
}

static void test_heavy_loss(void **state)
{
	struct net *n = net_chain(4);
	struct lossy l = { .to = -1, .percent = 30, .rng = rng_init(7), .until = USEC_NEVER };

	(void)state;
	n->drop = lose;
	n->arg = &l;
	for (int round = 0; round < 200; round++) {
		struct mac c = net_client(round % 20);

		net_seen(n, (int)rng_below(&l.rng, 4), &c, 0);
		net_run(n, 700 * USEC_MS);
	}
	l.until = n->now;
	net_run(n, 60 * USEC_S);
	assert_true(net_tables_agree(n, 4));
	net_free(n);
}

/* A unicast frame that was under way to node 2 when its client moved to node 1 or 0. */
static void test_stale_version(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1), d = net_client(2), from = net_mac(0, 0), to = net_mac(1, 0);
	struct bat_unicast h = { .type = BAT_TYPE_UNICAST, .ttl = 50, .dst = net_mac(2, 0) };
	uint8_t inner[100], frame[200];
	struct wr w = wr_init(frame, sizeof(frame));

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 2, &c, 0);
	net_run(n, 5 * USEC_S);
	h.ttvn = batman_ttvn(n->node[2].b);
	net_seen(n, 0, &c, 0);
	net_run(n, 5 * USEC_S);
	bat_eth_encode(&w, &to, &from);
	bat_unicast_encode(&w, &h);
	wr_bytes(&w, inner, net_frame(inner, &c, &d, 0, 77, sizeof(inner)));
	net_inject(n, 1, 0, frame, wr_len(&w));
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_count(n, 0, 77), 1);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_REROUTED), 1);
	/* nobody has it any more */
	batman_client_gone(n->node[0].b, &c, 0, n->now);
	net_run(n, 5 * USEC_S);
	net_inject(n, 1, 0, frame, wr_len(&w));
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_NO_CLIENT), 1);
	/* a fresh version is delivered without a look at the table */
	w = wr_init(frame, sizeof(frame));
	h.dst = to;
	h.ttvn = batman_ttvn(n->node[1].b);
	bat_eth_encode(&w, &to, &from);
	bat_unicast_encode(&w, &h);
	wr_bytes(&w, inner, net_frame(inner, &c, &d, 0, 78, sizeof(inner)));
	net_inject(n, 1, 0, frame, wr_len(&w));
	assert_int_equal(net_count(n, 1, 78), 1);
	net_free(n);
}

/* A frame to a client that nobody has goes on while its version is not old. Of one that is 128 away
 * neither is said to be before the other. */
static void test_version_far_away(void **state)
{
	struct mac from = net_mac(0, 0), to = net_mac(1, 0), c = net_client(1), d = net_client(2);
	struct bat_unicast h = { .type = BAT_TYPE_UNICAST, .ttl = 50, .dst = net_mac(2, 0) };
	struct net *n = net_chain(3);

	(void)state;
	net_run(n, 10 * USEC_S);
	for (unsigned int ahead = 127; ahead <= 129; ahead++) {
		uint64_t forwarded = net_counter(n, 1, BATMAN_COUNT_FORWARDED);
		uint64_t dropped = net_counter(n, 1, BATMAN_COUNT_DROP_NO_CLIENT);
		uint8_t inner[100], frame[200];
		struct wr w = wr_init(frame, sizeof(frame));

		h.ttvn = (uint8_t)(batman_ttvn(n->node[2].b) + ahead);
		bat_eth_encode(&w, &to, &from);
		bat_unicast_encode(&w, &h);
		wr_bytes(&w, inner, net_frame(inner, &c, &d, 0, 1, sizeof(inner)));
		net_inject(n, 1, 0, frame, wr_len(&w));
		assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FORWARDED) - forwarded,
				 ahead < 129);
		assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_NO_CLIENT) - dropped,
				 ahead == 129);
	}
	net_free(n);
}

static void test_many_clients(void **state)
{
	struct net *n = net_chain(3);

	(void)state;
	net_run(n, 10 * USEC_S);
	for (int i = 0; i < 500; i++) {
		struct mac c = { { 6, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i } };

		net_seen(n, 0, &c, 0);
	}
	net_run(n, 10 * USEC_S);
	/* too many for a diff: a table of 5 fragments */
	assert_true(net_tables_agree(n, 3));
	assert_true(net_counter(n, 2, BATMAN_COUNT_FRAG_RX) +
			    net_counter(n, 1, BATMAN_COUNT_FRAG_RX) >=
		    5);
	net_free(n);
}

static void test_vlans(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1), d = net_client(2), at, want = net_mac(0, 0),
		   first = net_mac(0, 0);
	uint32_t mine, theirs;
	uint8_t buf[200];

	(void)state;
	net_run(n, 10 * USEC_S);
	assert_int_equal(batman_client_seen(n->node[0].b, &c, 0x8005, n->now), 0);
	net_run(n, 5 * USEC_S);
	assert_int_equal(batman_lookup(n->node[2].b, &c, 0x8005, &at), 0);
	assert_true(mac_eq(&at, &want));
	assert_true(batman_lookup(n->node[2].b, &c, 0, &at) < 0);
	assert_true(batman_crc(n->node[0].b, NULL, 0x8005, &mine));
	assert_true(batman_crc(n->node[2].b, &first, 0x8005, &theirs));
	assert_int_equal(mine, theirs);
	batman_cloud_input(n->node[2].b, buf, net_frame(buf, &c, &d, 0x8005, 5, 100), n->now);
	net_pump(n, 2);
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_count(n, 0, 5), 1);
	batman_client_gone(n->node[0].b, &c, 0x8005, n->now);
	net_run(n, 5 * USEC_S);
	assert_false(batman_crc(n->node[2].b, &first, 0x8005, &theirs));
	assert_true(net_tables_agree(n, 3));
	net_free(n);
}

static void test_version_wrap(void **state)
{
	struct net *n = net_chain(2);
	struct mac c = net_client(1);

	(void)state;
	net_run(n, 10 * USEC_S);
	for (int i = 0; i < 300; i++) {
		if (i % 2)
			batman_client_gone(n->node[0].b, &c, 0, n->now);
		else
			net_seen(n, 0, &c, 0);
		net_run(n, 1100 * USEC_MS);
	}
	net_run(n, 10 * USEC_S);
	assert_true(net_tables_agree(n, 2));
	net_free(n);
}

static void test_restart(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1);

	(void)state;
	net_seen(n, 0, &c, 0);
	net_run(n, 40 * USEC_S);
	assert_true(net_tables_agree(n, 3));
	/* the same node comes back with empty tables and version 0 */
	net_boot(n, 0, NULL);
	net_port(n, 0, 0, 0, false);
	net_seen(n, 0, &c, 0);
	net_run(n, 20 * USEC_S);
	assert_true(net_tables_agree(n, 3));
	assert_true(net_knows(n, 2, &c, 0));
	net_free(n);
}

static bool is_wireless(const struct net *n, int node, const struct mac *client)
{
	struct batman_client c;

	for (uint32_t i = 0; batman_global_next(n->node[node].b, &i, &c);)
		if (mac_eq(&c.mac, client))
			return c.flags & BATMAN_CLIENT_WIFI;
	return false;
}

/* That a client came by a wireless port is told, also when it moves between ports, and when it
 * leaves in the same interval. */
static void test_wireless(void **state)
{
	struct net *n = net_chain(2);
	struct batman *b = n->node[0].b;
	struct mac c = net_client(1);
	uint64_t asked;

	(void)state;
	assert_int_equal(batman_client_wireless(b, &c, 0, true, n->now), -ENOENT);
	net_run(n, 30 * USEC_S);
	asked = net_counter(n, 1, BATMAN_COUNT_TT_REQUEST_TX);
	net_seen(n, 0, &c, 0);
	assert_int_equal(batman_client_wireless(b, &c, 0, true, n->now), 0);
	net_run(n, 5 * USEC_S);
	assert_true(is_wireless(n, 1, &c) && net_tables_agree(n, 2));
	assert_int_equal(batman_client_wireless(b, &c, 0, false, n->now), 0);
	net_run(n, 5 * USEC_S);
	assert_true(net_knows(n, 1, &c, 0) && !is_wireless(n, 1, &c) && net_tables_agree(n, 2));
	assert_int_equal(batman_client_wireless(b, &c, 0, true, n->now), 0);
	assert_int_equal(batman_client_gone(b, &c, 0, n->now), 0);
	assert_int_equal(batman_client_wireless(b, &c, 0, false, n->now), -ENOENT);
	net_run(n, 5 * USEC_S);
	assert_false(net_knows(n, 1, &c, 0));
	assert_true(net_tables_agree(n, 2));
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_REQUEST_TX), asked);
	net_free(n);
}

static void test_fixed_stays(void **state)
{
	struct net *n = net_chain(2);
	struct mac own = net_cloud_mac(0);

	(void)state;
	net_run(n, 10 * USEC_S);
	/* somebody forges our own address */
	assert_int_equal(batman_client_seen(n->node[1].b, &own, 0, n->now), -EPERM);
	assert_true(batman_client_fix(n->node[1].b, &own, 0, n->now) == 0); /* a node that lies */
	net_run(n, 5 * USEC_S);
	assert_true(net_knows(n, 0, &own, 0));
	assert_null(net_event(n, 0, BATMAN_CLIENT_MOVED));
	net_free(n);
}

/* Six clients wander in a ring of five; whoever sends to one that has just moved reaches it. */
static void test_wandering(void **state)
{
	struct net *n = net_new();
	struct rng rng = rng_init(11);
	int at[6];
	uint64_t asked;

	(void)state;
	for (int i = 0; i < 5; i++)
		net_boot(n, i, NULL);
	for (int i = 0; i < 5; i++) {
		net_port(n, i, 0, i, false);
		net_port(n, i, 1, (i + 4) % 5, false);
	}
	net_run(n, 20 * USEC_S);
	for (int c = 0; c < 6; c++) {
		struct mac m = net_client(c);

		at[c] = c % 5;
		net_seen(n, at[c], &m, 0);
	}
	net_run(n, 5 * USEC_S);
	asked = net_requests(n, 5);
	for (uint32_t tag = 1; tag <= 300; tag++) {
		int c = (int)(tag % 6), from = (int)((tag + 1) % 6);
		struct mac m = net_client(c), f = net_client(from);

		at[c] = (at[c] + 1 + (int)rng_below(&rng, 4)) % 5;
		/* an association, or a first frame */
		if (tag % 2)
			net_seen(n, at[c], &m, 0);
		else
			net_send(n, at[c], &MAC_BROADCAST, &m, 1000 + tag, 80);
		net_run(n, 3 * USEC_MS);
		net_send(n, at[from], &m, &f, tag, 100);
		net_run(n, 3 * USEC_MS);
		assert_int_equal(net_count(n, at[c], tag), at[c] != at[from]);
		net_run(n, (700 + rng_below(&rng, 600)) * USEC_MS);
	}
	net_run(n, 5 * USEC_S);
	assert_true(net_tables_agree(n, 5));
	for (int c = 0; c < 6; c++) {
		struct mac m = net_client(c);

		for (int i = 0; i < 5; i++)
			assert_true(net_knows(n, i, &m, at[c]));
	}
	assert_int_equal(net_requests(n, 5), asked);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join_and_leave),
		cmocka_unit_test(test_lost_diffs),
		cmocka_unit_test(test_lost_requests),
		cmocka_unit_test(test_table_comes_with_the_route),
		cmocka_unit_test(test_heavy_loss),
		cmocka_unit_test(test_stale_version),
		cmocka_unit_test(test_version_far_away),
		cmocka_unit_test(test_many_clients),
		cmocka_unit_test(test_vlans),
		cmocka_unit_test(test_version_wrap),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_wireless),
		cmocka_unit_test(test_fixed_stays),
		cmocka_unit_test(test_wandering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
