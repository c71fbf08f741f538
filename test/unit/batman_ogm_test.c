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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_hop_without_a_way),
		cmocka_unit_test(test_hop_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
