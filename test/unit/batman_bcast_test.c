/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Broadcasts at a node with several ports: by which they leave, how often and when. Times are
 *exact.
 *
 *	0 --- wire 0, wired ------ 1 --- wire 1, wireless --- 2
 *	5, 6 --- wire 3, wired ----+---- wire 2, wireless --- 3, 4
 *
 * Port p of node 1 is on wire p; the others have one port.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

#define PACKET 14 /* behind the Ethernet header */
#define TTL (PACKET + 2)

static struct net *crossing(void)
{
	static const int wires[] = { 0, -1, 1, 2, 2, 3, 3 };
	struct net *n = net_new();

	for (int i = 0; i < 7; i++) {
		net_boot(n, i, NULL);
		if (wires[i] >= 0)
			net_port(n, i, 0, wires[i], false);
	}
	for (int p = 0; p < 4; p++)
		net_port(n, 1, p, p, p == 1 || p == 2);
	net_run(n, 5 * USEC_S);
	return n;
}

struct said {
	int node; /* whose client said it */
	uint32_t tag;
	usec_t at;
};

/* The times in ms at which a node put that broadcast on that wire, -1 the end: since its client
 * said it or, where it is not its own, since the neighbour's frame came. All copies are the same.
 */
static void assert_times(const struct net *n, int node, int wire, struct said s, const int *ms)
{
	usec_t begin = s.at + (node == s.node ? 0 : NET_LATENCY_US);
	const struct net_flight *f, *last = NULL;

	for (unsigned int k = 0; (f = net_sent(n, 0, node, BAT_TYPE_BCAST, k)); k++) {
		struct rd r = rd_init(f->data, f->len);

		rd_skip(&r, PACKET + BAT_BCAST_HEADER + 14);
		if (f->wire != wire || rd_u32(&r) != s.tag)
			continue;
		assert_int_equal(f->at - NET_LATENCY_US - begin, *ms++ * USEC_MS);
		assert_int_equal(f->data[TTL], node == s.node ? 49 : 48);
		if (last) {
			assert_int_equal(f->len, last->len);
			assert_memory_equal(f->data, last->data, f->len);
		}
		last = f;
	}
	assert_int_equal(*ms, -1);
}

static const int never[] = { -1 }, once[] = { 0, -1 }, thrice[] = { 0, 5, 10, -1 };

static struct said say(struct net *n, int node, uint32_t tag, usec_t wait)
{
	struct mac c = net_client(node);
	struct said s = { .node = node, .tag = tag, .at = n->now };

	assert_int_equal(net_send(n, node, &MAC_BROADCAST, &c, tag, 100), 0);
	net_run(n, wait);
	return s;
}

/* Of its own client: once by wired ports, three times by wireless ones. */
static void test_own(void **state)
{
	struct net *n = crossing();
	struct said s = say(n, 1, 1, 100 * USEC_MS);

	(void)state;
	for (int wire = 0; wire < 4; wire++)
		assert_times(n, 1, wire, s, wire == 1 || wire == 2 ? thrice : once);
	for (int i = 0; i < 7; i++)
		assert_int_equal(net_count(n, i, 1), i != 1);
	net_free(n);
}

/* Of others: not to the only neighbour, which has it. Where there are more of them it goes back
 * too, since they may not have heard it. */
static void test_passed_on(void **state)
{
	static const struct {
		int from;
		const int *times[4]; /* on each wire */
	} cases[] = {
		{ 0, { never, thrice, thrice, once } },
		{ 2, { once, never, thrice, once } },
		{ 3, { once, thrice, thrice, once } },
		{ 5, { once, thrice, thrice, once } },
	};
	struct net *n = crossing();

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		struct said s = say(n, cases[i].from, i, 100 * USEC_MS);

		for (int wire = 0; wire < 4; wire++)
			assert_times(n, 1, wire, s, cases[i].times[wire]);
		for (int node = 0; node < 7; node++)
			assert_int_equal(net_count(n, node, i), node != cases[i].from);
	}
	net_free(n);
}

/* Copies of several ones wait side by side, each for its own time. */
static void test_overlapping(void **state)
{
	struct net *n = crossing();
	struct said s = say(n, 1, 1, 3 * USEC_MS), second;

	(void)state;
	second = say(n, 1, 2, 100 * USEC_MS);
	for (int wire = 1; wire <= 2; wire++) {
		assert_times(n, 1, wire, s, thrice);
		assert_times(n, 1, wire, second, thrice);
	}
	net_free(n);
}

/* After a copy that left late the next one waits its full time. */
static void test_late(void **state)
{
	static const int late[] = { 0, 12, 17, -1 };
	struct net *n = crossing();
	struct said s = say(n, 1, 1, 0);

	(void)state;
	n->now += 12 * USEC_MS;
	net_run(n, 100 * USEC_MS);
	assert_times(n, 1, 1, s, late);
	net_free(n);
}

/* Copies for a port that goes go with it, even when another one comes. */
static void test_port_removed(void **state)
{
	struct net *n = crossing();
	struct said s = say(n, 1, 1, 3 * USEC_MS);

	(void)state;
	batman_port_remove(n->node[1].b, 1, n->now);
	net_port(n, 1, 1, 1, true);
	net_run(n, 100 * USEC_MS);
	assert_times(n, 1, 1, s, once);
	assert_times(n, 1, 2, s, thrice);
	net_free(n);
}

/* Two wires between two nodes are two neighbours: who hears it by one says it by the other, as the
 * MAC there is not that which it came from. */
static void test_two_wires(void **state)
{
	struct net *n = net_new();
	struct said s;

	(void)state;
	for (int i = 0; i < 2; i++) {
		net_boot(n, i, NULL);
		net_port(n, i, 0, 0, false);
		net_port(n, i, 1, 1, true);
	}
	net_run(n, 5 * USEC_S);
	s = say(n, 0, 1, 100 * USEC_MS);
	assert_times(n, 0, 0, s, once);
	assert_times(n, 0, 1, s, thrice);
	assert_times(n, 1, 0, s, never);
	assert_times(n, 1, 1, s, thrice);
	assert_int_equal(net_count(n, 1, 1), 1);
	assert_int_equal(net_count(n, 0, 1), 0);
	net_free(n);
}

/* 64 wait at most, 32 for each wireless port: of the others the first one leaves, by every port. */
static void test_too_many(void **state)
{
	struct net *n = crossing();
	struct said s[40];

	(void)state;
	for (uint32_t tag = 0; tag < 40; tag++)
		s[tag] = say(n, 1, tag, 0);
	net_run(n, 100 * USEC_MS);
	for (uint32_t tag = 0; tag < 40; tag++) {
		for (int wire = 0; wire < 4; wire++)
			assert_times(n, 1, wire, s[tag],
				     tag < 32 && (wire == 1 || wire == 2) ? thrice : once);
	}
	assert_int_equal(batman_counter(n->node[1].b, BATMAN_COUNT_FULL_REBROADCASTS), 16);
	s[0] = say(n, 1, 99, 100 * USEC_MS);
	assert_times(n, 1, 1, s[0], thrice);
	net_free(n);
}

/* What is kept for a copy has at most 1600 bytes: a longer frame leaves once. */
static void test_jumbo(void **state)
{
	struct net *n = crossing();
	struct said s = { .node = 1, .tag = 1, .at = n->now };
	struct mac c = net_client(1);

	(void)state;
	for (uint16_t p = 0; p < 4; p++)
		assert_int_equal(batman_port_set_mtu(n->node[1].b, p, 1800), 0);
	assert_int_equal(net_send(n, 1, &MAC_BROADCAST, &c, 1, 1700), 0);
	net_run(n, 100 * USEC_MS);
	for (int wire = 0; wire < 4; wire++)
		assert_times(n, 1, wire, s, once);
	net_free(n);
}

/* What waited while the node got no time is of no use any more: neither its own, nor others'. */
static void test_stood_still(void **state)
{
	struct net *n = crossing();
	struct said own = say(n, 1, 1, 0), passed;

	(void)state;
	batman_starved(n->node[1].b, USEC_S, n->now);
	passed = say(n, 0, 2, 100 * USEC_MS);
	assert_times(n, 1, 1, own, thrice);
	assert_times(n, 1, 1, passed, thrice);
	own = say(n, 1, 3, 0);
	batman_starved(n->node[1].b, 12 * USEC_S, n->now);
	passed = say(n, 0, 4, 100 * USEC_MS);
	for (int wire = 1; wire < 4; wire++) {
		assert_times(n, 1, wire, own, once);
		assert_times(n, 1, wire, passed, never);
	}
	assert_times(n, 1, 1, say(n, 1, 5, 100 * USEC_MS), never);
	assert_int_equal(net_count(n, 1, 4), 0);
	assert_int_equal(batman_counter(n->node[1].b, BATMAN_COUNT_BCAST_LATE), 2);
	net_run(n, 500 * USEC_MS);
	assert_times(n, 1, 1, say(n, 0, 6, 100 * USEC_MS), thrice);
	assert_int_equal(net_count(n, 1, 6), 1);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),	     cmocka_unit_test(test_passed_on),
		cmocka_unit_test(test_overlapping),  cmocka_unit_test(test_late),
		cmocka_unit_test(test_port_removed), cmocka_unit_test(test_two_wires),
		cmocka_unit_test(test_too_many),     cmocka_unit_test(test_jumbo),
		cmocka_unit_test(test_stood_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
