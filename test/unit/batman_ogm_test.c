/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which way a node takes when one of its tables has lost what another one still names. Node 0
 * alone; the OGMs are made up. A and X are its neighbours, by each of which it hears of FAR.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

static const struct mac A = { { 2, 1, 0, 0, 0, 0xa } }, X = { { 2, 1, 0, 0, 0, 0xe } },
			FAR = { { 2, 1, 0, 0, 0, 0xf } };
static uint32_t seqno;

static void hear(struct net *n, const struct mac *from, const struct bat_ogm *o)
{
	uint8_t frame[100];
	struct wr w = wr_init(frame, sizeof(frame));

	bat_eth_encode(&w, &MAC_BROADCAST, from);
	bat_ogm_encode(&w, o);
	net_inject(n, 0, 0, frame, wr_len(&w));
}

/* The neighbour's own OGM, and ours back from it. */
static void hear_neighbour(struct net *n, const struct mac *who)
{
	uint32_t age = 0;

	hear(n, who,
	     &(struct bat_ogm) {
		     .ttl = 50, .seqno = seqno, .tq = 255, .orig = *who, .prev = *who });
	/* ours is the last one that it put on the wire */
	for (unsigned int i = n->tail; i-- > 0 && age++ < 100;) {
		const struct net_flight *f = &n->flight[i % 4096];
		uint8_t back[2048];

		if (memcmp(f->data + 22, net_mac(0, 0).b, 6) != 0)
			continue;
		memcpy(back, f->data, f->len);
		memcpy(back + 6, who->b, 6);
		back[17] |= BAT_OGM_DIRECT;
		net_inject(n, 0, 0, back, f->len);
		return;
	}
}

/* FAR's OGM from a neighbour that has it from prev. */
static void hear_far(struct net *n, const struct mac *from, const struct mac *prev, uint8_t tq)
{
	hear(n, from,
	     &(struct bat_ogm) { .ttl = 40, .seqno = seqno, .tq = tq, .orig = FAR, .prev = *prev });
}

static bool far_is_by(const struct net *n, const struct mac *neighbour)
{
	struct batman_orig o;

	return batman_orig_find(n->node[0].b, &FAR, &o) && mac_eq(&o.next_hop, neighbour);
}

/* Both neighbours heard without loss for a minute and a half, FAR by A and at last by X too, as
 * well. */
static struct net *town(void)
{
	struct net *n = net_new();

	net_boot(n, 0, NULL);
	net_port(n, 0, 0, 0, false);
	seqno = 1000;
	for (int i = 0; i < 90; i++) {
		net_run(n, USEC_S);
		seqno++;
		hear_neighbour(n, &A);
		hear_neighbour(n, &X);
		hear_far(n, &A, &FAR, 200);
		if (i >= 80)
			hear_far(n, &X, &FAR, 200);
	}
	assert_true(far_is_by(n, &A));
	return n;
}

/* What comes from our best next hop by another neighbour would come back to us, as long as that hop
 * is reached directly. */
static void test_loop(void **state)
{
	struct net *n = town();
	struct batman_orig o;

	(void)state;
	for (int i = 0; i < 10; i++) {
		seqno++;
		hear_far(n, &X, &A, 255);
	}
	assert_true(far_is_by(n, &A));
	/* A itself is now better by X */
	for (int i = 0; i < 10; i++) {
		seqno++;
		hear(n, &X,
		     &(struct bat_ogm) {
			     .ttl = 40, .seqno = seqno, .tq = 255, .orig = A, .prev = FAR });
		hear_neighbour(n, &X);
	}
	assert_true(batman_orig_find(n->node[0].b, &A, &o) && mac_eq(&o.next_hop, &X));
	seqno++;
	hear_far(n, &X, &A, 255);
	assert_true(far_is_by(n, &X));
	net_free(n);
}

/* The way to A is forgotten, that to FAR by A is not yet. */
static void test_hop_without_a_way(void **state)
{
	struct net *n = town();
	struct batman_orig o;

	(void)state;
	for (int i = 0; i < 205; i++) {
		net_run(n, USEC_S);
		seqno++;
		hear_neighbour(n, &X);
		if (i < 50)
			hear_far(n, &A, &FAR, 200);
	}
	assert_true(batman_orig_find(n->node[0].b, &A, &o) && !o.reachable);
	assert_true(far_is_by(n, &A));
	hear_far(n, &X, &A, 255);
	assert_true(far_is_by(n, &X));
	net_free(n);
}

/* A port of ours had A's MAC for a moment, and that is ours for 30 s more: A is forgotten, and ways
 * by it are not. Who has the way back to the neighbour is better, and whose OGM came by A does not
 * come from us. */
static void test_hop_forgotten(void **state)
{
	const struct batman_port_conf port = { .mac = A, .mtu = 1500 };

	(void)state;
	for (int by_a = 0; by_a < 2; by_a++) {
		struct net *n = town();
		struct batman_orig o;

		assert_int_equal(batman_port_add(n->node[0].b, 1, &port, n->now), 0);
		assert_int_equal(batman_port_remove(n->node[0].b, 1, n->now), 0);
		assert_false(batman_orig_find(n->node[0].b, &A, &o));
		for (int i = 0; i < 31; i++) {
			net_run(n, USEC_S);
			seqno++;
			hear_neighbour(n, &X);
		}
		assert_true(far_is_by(n, &A));
		seqno++;
		hear_far(n, &X, by_a ? &A : &FAR, 200);
		assert_true(far_is_by(n, &X));
		net_free(n);
	}
}

/* Was FAR's OGM of that number passed on since? How often. */
static unsigned int passed_on(const struct net *n, unsigned int since, uint32_t number)
{
	unsigned int count = 0;

	for (unsigned int i = since; i < n->tail; i++) {
		const struct net_flight *f = &n->flight[i % 4096];
		struct rd r = rd_init(f->data + 14, f->len - 14);
		struct bat_ogm ogm;

		while (f->node == 0 && f->data[14] == 0 && bat_ogm_next(&r, &ogm))
			count += mac_eq(&ogm.orig, &FAR) && ogm.seqno == number;
	}
	return count;
}

/* Two ways that are alike, and each OGM comes first by the one that is not the best at that moment:
 * it is by this OGM. Each goes on once. */
static void test_ways_alike(void **state)
{
	struct net *n = town();
	unsigned int since, changes = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct batman_orig o;
		bool by_a;

		net_run(n, USEC_S);
		seqno++;
		since = n->tail;
		hear_neighbour(n, &A);
		hear_neighbour(n, &X);
		assert_true(batman_orig_find(n->node[0].b, &FAR, &o));
		by_a = mac_eq(&o.next_hop, &A);
		hear_far(n, by_a ? &X : &A, &FAR, 210);
		changes += by_a != far_is_by(n, &A);
		hear_far(n, by_a ? &A : &X, &FAR, 210);
		net_run(n, 200 * USEC_MS);
		assert_true(passed_on(n, since, seqno) <= 1);
		if (by_a != far_is_by(n, &A))
			assert_int_equal(passed_on(n, since, seqno), 1);
	}
	assert_true(changes > 3);
	net_free(n);
}

static bool is_next_to(const struct net *n, const struct mac *neighbour, const struct mac *orig)
{
	struct batman_path p;

	for (uint32_t i = 0; batman_path_next(n->node[0].b, &i, &p);)
		if (mac_eq(&p.neighbour, neighbour) && mac_eq(&p.orig, orig))
			return p.direct;
	return false;
}

static void hear_far_flagged(struct net *n, const struct mac *from, uint8_t flags)
{
	seqno++;
	hear(n, from,
	     &(struct bat_ogm) { .ttl = 40,
				 .flags = flags,
				 .seqno = seqno,
				 .tq = 200,
				 .orig = FAR,
				 .prev = FAR });
}

/* A neighbour that passes on what it had from the originator itself says so. That holds until it
 * passes on another OGM without saying so, or none. */
static void test_who_hears_whom(void **state)
{
	struct net *n = town();

	(void)state;
	assert_false(is_next_to(n, &A, &FAR));
	hear_far_flagged(n, &A, BAT_OGM_DIRECT);
	assert_true(is_next_to(n, &A, &FAR));
	assert_false(is_next_to(n, &X, &FAR));
	hear_far_flagged(n, &A, 0);
	assert_false(is_next_to(n, &A, &FAR));
	/* then its way to FAR is another one */
	hear_far_flagged(n, &A, BAT_OGM_DIRECT | BAT_OGM_NOT_BEST);
	assert_false(is_next_to(n, &A, &FAR));
	hear_far_flagged(n, &A, BAT_OGM_DIRECT);
	net_run(n, 5 * USEC_S);
	assert_true(is_next_to(n, &A, &FAR));
	net_run(n, 2 * USEC_S);
	assert_false(is_next_to(n, &A, &FAR));
	/* a link says nothing of itself */
	seqno++;
	hear(n, &A,
	     &(struct bat_ogm) { .ttl = 50,
				 .flags = BAT_OGM_DIRECT,
				 .seqno = seqno,
				 .tq = 255,
				 .orig = A,
				 .prev = A });
	assert_false(is_next_to(n, &A, &A));
	net_free(n);
}

/* Three engines on a wire, or in a row. */
static void test_engines_say_who_hears_whom(void **state)
{
	struct mac one = net_mac(1, 0), two = net_mac(2, 0);

	(void)state;
	for (int row = 0; row < 2; row++) {
		struct net *n = row ? net_chain(3) : net_new();

		for (int i = 0; i < 3 && !row; i++) {
			net_boot(n, i, NULL);
			net_port(n, i, 0, 0, false);
		}
		net_run(n, 10 * USEC_S);
		assert_true(net_tq(n, 0, 2) > 0);
		assert_int_equal(is_next_to(n, &one, &two), !row);
		net_free(n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_ways_alike),
		cmocka_unit_test(test_hop_without_a_way),
		cmocka_unit_test(test_hop_forgotten),
		cmocka_unit_test(test_who_hears_whom),
		cmocka_unit_test(test_engines_say_who_hears_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
