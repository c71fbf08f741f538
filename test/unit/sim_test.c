/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the simulator that everything it says rests on: order of events, stacks, what is
 * made and what is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "packet/arp.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"
#include "sim/heap.h"
#include "sim/sabotage.h"
#include "sim/stack.h"

static void test_heap_order(void **state)
{
	struct rng rng = rng_init(1);
	struct heap h = { 0 };
	usec_t at = 0, last = -1;
	uint64_t last_seq = 0;

	(void)state;
	for (int i = 0; i < 5000; i++)
		heap_push(&h, (struct item) { .at = rng_below(&rng, 300) });
	for (int i = 0; i < 5000; i++) {
		struct item item;

		assert_true(heap_peek(&h, &at));
		item = heap_pop(&h);
		assert_int_equal(item.at, at);
		assert_true(item.at > last || (item.at == last && item.seq > last_seq));
		last = item.at;
		last_seq = item.seq;
	}
	assert_false(heap_peek(&h, &at));
	heap_push_bytes(&h, (struct item) { .at = 1 }, "abc", 3);
	heap_done(&h); /* frees what was never taken out */
}

/* Two stacks on one wire without time. */
struct pair {
	struct stack s[2];
	int echoes;
	int depth;
};

static void wire(void *ctx, const uint8_t *frame, size_t len)
{
	struct pair *p = ctx;
	uint8_t copy[1514];
	struct rd r = rd_init(frame, len);
	struct eth e;

	assert_true(len <= sizeof(copy) && p->depth < 20);
	assert_int_equal(eth_decode(&r, &e), 0);
	memcpy(copy, frame, len);
	p->depth++;
	stack_input(&p->s[mac_eq(&e.src, &p->s[0].mac)], copy, len, 1);
	p->depth--;
}

static void echo(void *ctx, uint16_t id, uint16_t seq, bool v6)
{
	struct pair *p = ctx;

	assert_int_equal(id, 7);
	assert_int_equal(seq, v6 ? 6 : 4);
	p->echoes++;
}

static void test_stack_echo(void **state)
{
	static struct pair p;
	struct ip6 router;

	(void)state;
	for (uint8_t i = 0; i < 2; i++) {
		p.s[i] = (struct stack) { .mac = { { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } },
					  .ip4 = { { 10, 1, 0, (uint8_t)(i + 1) } },
					  .len4 = 16,
					  .ip6_count = 2,
					  .send = wire,
					  .echo_reply = echo,
					  .ctx = &p };
		p.s[i].ip6[0] = ip6_link_local(&p.s[i].mac);
		p.s[i].ip6[1] = (struct ip6) { { 0xfd, [15] = (uint8_t)(i + 1) } };
	}
	assert_true(stack_ping4(&p.s[0], &p.s[1].ip4, 7, 4, 1));
	assert_int_equal(p.echoes, 1);
	assert_true(stack_ping6(&p.s[0], &p.s[1].ip6[1], 7, 6, 1));
	assert_int_equal(p.echoes, 2);
	router = ip4_mapped(&p.s[1].ip4);
	assert_non_null(stack_neighbour(&p.s[0], &router));
	stack_forget(&p.s[0], &router);
	assert_null(stack_neighbour(&p.s[0], &router));
}

static unsigned int wires_of(const struct plan *p, unsigned int node)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->wire_count; i++)
		n += p->wires[i].a == node || p->wires[i].b == node;
	return n;
}

static void test_plan_shapes(void **state)
{
	static struct plan p;

	(void)state;
	for (enum shape s = SHAPE_RANDOM; s < SHAPES; s++) {
		struct plan_wish wish = { .shape = s, .nodes = 9, .hosts = 3, .clouds = 1 };
		struct rng rng = rng_init(5);

		plan_generate(&p, &wish, &rng);
		assert_int_equal(p.node_count, 9);
		assert_int_equal(p.host_count, 3);
		assert_in_range(p.wire_count, 8, 36);
		assert_int_equal(p.segment_count, s == SHAPE_WIRE);
	}
}

/* As many nodes as can be on one wire, in two clouds that have cables between them. */
static void test_plan_segment(void **state)
{
	static struct plan p;
	struct plan_wish wish = {
		.shape = SHAPE_WIRE, .nodes = PLAN_NODES, .clouds = 2, .loss_ppm = 7
	};
	struct rng rng = rng_init(5);
	unsigned int half = PLAN_NODES / 2, shared = half * (half - 1) / 2;

	(void)state;
	plan_generate(&p, &wish, &rng);
	assert_int_equal(p.node_count, PLAN_NODES);
	assert_int_equal(p.segment_count, 2);
	assert_in_range(p.wire_count, 2 * shared + 1, 2 * shared + 2);
	for (unsigned int i = 0; i < p.wire_count; i++) {
		const struct plan_wire *l = &p.wires[i];
		bool between = (l->a < half) != (l->b < half);

		assert_int_equal(l->segment, between ? 0 : 1 + (l->a >= half));
		assert_true(l->quiet || !l->segment);
		assert_int_equal(l->loss_ppm, 7);
	}
	for (unsigned int i = 0; i < PLAN_NODES; i++)
		assert_in_range(wires_of(&p, i), half - 1, half + 1);
}

/* Some nodes come later, but one of each cloud is there; some clients remember and have names. */
static void test_plan_varied(void **state)
{
	static struct plan p;
	struct plan_wish wish = { .shape = SHAPE_TREE,
				  .nodes = 20,
				  .hosts = 40,
				  .clouds = 4,
				  .late = 200,
				  .quiet = true,
				  .varied = true };
	struct rng rng = rng_init(6);
	unsigned int late = 0, remembers = 0, ids = 0;

	(void)state;
	plan_generate(&p, &wish, &rng);
	for (unsigned int i = 0; i < p.node_count; i++) {
		assert_int_equal(p.nodes[i].late, i % 5 != 0);
		late += p.nodes[i].late;
	}
	for (unsigned int i = 0; i < p.host_count; i++) {
		assert_true(p.hosts[i].quiet);
		remembers += p.hosts[i].remembers;
		ids += p.hosts[i].has_id;
	}
	assert_int_equal(late, 16);
	assert_int_equal(remembers, 20);
	assert_int_equal(ids, 10);
}

/* ---- wires ---- */

static struct world *world(unsigned int nodes, unsigned int hosts)
{
	static struct plan p;
	struct plan_wish wish = {
		.shape = SHAPE_LINE, .nodes = nodes, .hosts = hosts, .clouds = 1
	};
	struct world_setup setup = { .plan = &p, .seed = 1 };
	struct rng rng = rng_init(1);
	struct world *w;

	plan_generate(&p, &wish, &rng);
	for (unsigned int i = 0; i < hosts; i++)
		p.hosts[i] = (struct plan_host) { .name = "c", .silent = true };
	w = world_new(&setup);
	assert_non_null(w);
	return w;
}

#define SENT 10000

/* Sends frames with a number each at once; how many are on their way, and how many of them come
 * behind a later one. */
static unsigned int send_many(struct world *w, unsigned int *ret_late)
{
	uint32_t last = 0;
	unsigned int count = 0;

	*ret_late = 0;
	for (uint32_t i = 0; i < SENT; i++) {
		uint8_t frame[60] = { [10] = 0xee };
		struct wr n = wr_init(frame, 4);

		wr_u32(&n, i);
		wire_send(w, 0, 0, frame, sizeof(frame));
		w->now += 100;
	}
	while (w->heap.count) {
		struct item i = heap_pop(&w->heap);
		struct rd n = rd_init(i.frame, i.frame ? i.len : 0);
		uint32_t number = rd_u32(&n);

		if (i.kind == ITEM_WIRE && i.a == 0 && i.len == 60 && i.frame[10] == 0xee) {
			count++;
			*ret_late += number < last;
			last = number > last ? number : last;
		}
		free(i.frame);
	}
	return count;
}

static void test_wire(void **state)
{
	static const struct {
		uint32_t loss, duplicate, reorder; /* per cent */
		unsigned int least, most, late_least, late_most;
	} cases[] = {
		{ 0, 0, 0, SENT, SENT, 0, 0 },
		{ 10, 0, 0, 8800, 9200, 0, 0 },
		{ 0, 5, 0, 10300, 10700, 0, 0 },
		{ 0, 0, 5, SENT, SENT, 300, 700 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *w = world(2, 0);
		unsigned int got, late;

		w->wires[0].plan.loss_ppm = cases[i].loss * 10000;
		w->wires[0].plan.duplicate_ppm = cases[i].duplicate * 10000;
		w->wires[0].plan.reorder_ppm = cases[i].reorder * 10000;
		got = send_many(w, &late);
		assert_in_range(got, cases[i].least, cases[i].most);
		assert_in_range(late, cases[i].late_least, cases[i].late_most);
		world_free(w);
	}
}

/* The latency is that of the plan, and a cable that is cut takes the carrier, one behind a switch
 * does not. */
static void test_wire_carrier(void **state)
{
	uint8_t frame[60] = { [10] = 0xee };
	usec_t sent;

	(void)state;
	for (int quiet = 0; quiet < 2; quiet++) {
		struct world *w = world(2, 0);
		struct item i = { 0 };

		w->wires[0].plan.latency_us = 5000;
		w->wires[0].plan.quiet = quiet;
		world_run(w, w->now + USEC_S);
		assert_true(w->nodes[0].ports[0].carrier);
		sent = w->now;
		wire_send(w, 0, 0, frame, sizeof(frame));
		while (i.kind != ITEM_WIRE || i.frame[10] != 0xee) {
			free(i.frame);
			i = heap_pop(&w->heap);
		}
		free(i.frame);
		assert_in_range(i.at - sent, 5000, 5100);
		w->wires[0].down = true;
		world_changed(w, false);
		assert_int_equal(w->nodes[0].ports[0].carrier, quiet);
		assert_int_equal(w->nodes[1].ports[0].carrier, quiet);
		world_free(w);
	}
}

/* ---- bridge ---- */

static const struct fdb_entry *entry(const struct sim_node *k, const struct sim_host *h)
{
	for (unsigned int i = 0; i < WORLD_FDB; i++)
		if (k->fdb[i].used && mac_eq(&k->fdb[i].mac, &h->mac))
			return &k->fdb[i];
	return NULL;
}

static bool serves(const struct sim_node *k, const struct sim_host *h)
{
	struct batman_client c;
	uint32_t cursor = 0;

	while (batman_local_next(node_batman(k->node), &cursor, &c))
		if (mac_eq(&c.mac, &h->mac) && !(c.flags & BATMAN_CLIENT_PENDING))
			return true;
	return false;
}

/* Learnt from frames, forgotten when the node says so or after five minutes of silence. */
static void test_bridge_learning(void **state)
{
	struct world *w = world(2, 2);
	struct sim_node *old = &w->nodes[0], *new = &w->nodes[1];
	struct sim_host *goes = &w->hosts[0], *moves = &w->hosts[1];

	(void)state;
	world_run(w, w->now + 20 * USEC_S);
	assert_non_null(entry(old, goes));
	assert_int_equal(entry(old, goes)->port, AP_PORT);
	assert_true(serves(old, goes) && serves(old, moves) && !serves(new, moves));
	host_roam(moves, 1);
	host_roam(goes, -1);
	world_run(w, w->now + 5 * USEC_S);
	assert_int_equal(entry(new, moves)->port, AP_PORT);
	assert_true(!entry(old, moves) || entry(old, moves)->port == BRIDGE_CLOUD);
	assert_true(serves(new, moves) && !serves(old, moves));
	world_run(w, w->now + 290 * USEC_S);
	assert_non_null(entry(old, goes));
	assert_true(serves(old, goes));
	world_run(w, w->now + 30 * USEC_S);
	assert_null(entry(old, goes));
	assert_false(serves(old, goes));
	world_free(w);
}

/* Frames that a filter must tell apart, from a client or, forged, from somebody else's router. */
enum kind {
	KIND_PLAIN,
	KIND_ARP,
	KIND_DISCOVER,
	KIND_SOLICIT_ROUTER,
	KIND_ARP_ANYCAST,
	KIND_SOLICIT_ANYCAST,
	KIND_TO_ANYCAST,
	KIND_OFFER,
	KIND_ADVERTISE_ROUTER,
	KIND_ARP_FROM_ANYCAST,
	KIND_FROM_ANYCAST,
	KINDS,
};

static void dhcp_frame(struct wr *w, const struct mac *from, uint16_t src, uint16_t dst)
{
	struct udp4_path p = { .eth_src = *from,
			       .eth_dst = MAC_BROADCAST,
			       .dst = { { 255, 255, 255, 255 } },
			       .src_port = src,
			       .dst_port = dst };
	uint8_t body[240] = { 0 };

	udp4_build(w, &p, body, sizeof(body));
}

static void nd_frame(struct wr *w, const struct mac *from, uint8_t type, const struct ip6 *target)
{
	struct ip6 all = { { 0xff, 0x02, [15] = 2 } };
	struct icmp6_path p = { .eth_src = *from,
				.eth_dst = icmp6_multicast_mac(&all),
				.src = ip6_link_local(from),
				.dst = all,
				.hop_limit = 255 };
	struct icmp6_nd nd = { .type = type, .has_mac = true, .mac = *from, .target = *target };
	struct icmp6_ra ra = { .lifetime_s = 100 };

	if (type == ICMP6_RA)
		icmp6_ra_build(w, &p, &ra);
	else
		icmp6_nd_build(w, &p, &nd);
}

static size_t build(uint8_t *frame, size_t cap, enum kind kind, const struct wish_filter *f)
{
	static const struct mac from = { { 0x02, 0xcc, 0, 0, 0x77, 1 } };
	struct arp arp = { .op = ARP_OP_REQUEST,
			   .sender_mac = from,
			   .sender = { { 10, 9, 8, 7 } },
			   .target = { { 10, 9, 8, 6 } } };
	struct wr w = wr_init(frame, cap);

	if (kind == KIND_DISCOVER || kind == KIND_OFFER) {
		dhcp_frame(&w, &from, kind == KIND_OFFER ? 67 : 68, kind == KIND_OFFER ? 68 : 67);
	} else if (kind == KIND_SOLICIT_ROUTER || kind == KIND_ADVERTISE_ROUTER) {
		nd_frame(&w, &from, kind == KIND_SOLICIT_ROUTER ? ICMP6_RS : ICMP6_RA,
			 &f->anycast6);
	} else if (kind == KIND_SOLICIT_ANYCAST) {
		nd_frame(&w, &from, ICMP6_NS, &f->anycast6);
	} else if (kind == KIND_ARP || kind == KIND_ARP_ANYCAST || kind == KIND_ARP_FROM_ANYCAST) {
		arp.target = kind == KIND_ARP_ANYCAST ? f->anycast4 : arp.target;
		arp.sender = kind == KIND_ARP_FROM_ANYCAST ? f->anycast4 : arp.sender;
		arp_build(&w, &MAC_BROADCAST, &arp);
	} else {
		wr_mac(&w, kind == KIND_TO_ANYCAST ? &f->anycast_mac : &MAC_BROADCAST);
		wr_mac(&w, kind == KIND_FROM_ANYCAST ? &f->anycast_mac : &from);
		wr_u16(&w, 0x88b7);
		wr_zero(&w, 46);
	}
	assert_true(wr_len(&w) > 0);
	return wr_len(&w);
}

/* Frames to the client that are in the air. */
static unsigned int in_the_air(const struct world *w)
{
	unsigned int n = 0;

	for (size_t i = 0; i < w->heap.count; i++)
		n += w->heap.items[i].kind == ITEM_AIR_DOWN;
	return n;
}

/* What belongs to the local node stays there, in both directions, and nobody is it but the node. */
static void test_bridge_filters(void **state)
{
	struct world *w = world(2, 1);
	struct sim_node *k = &w->nodes[0];

	(void)state;
	world_run(w, w->now + 20 * USEC_S);
	for (int kind = 0; kind < KINDS; kind++) {
		bool local = kind > KIND_ARP, forged = kind >= KIND_OFFER;
		uint8_t frame[512];
		size_t len = build(frame, sizeof(frame), (enum kind)kind, k->filter);
		uint64_t in = batman_counter(node_batman(k->node), BATMAN_COUNT_CLOUD_IN);
		unsigned int air, found = w->violation_count;

		world_run(w, w->now + 10 * USEC_MS);
		air = in_the_air(w);
		bridge_input(k, AP_PORT, frame, len);
		assert_int_equal(batman_counter(node_batman(k->node), BATMAN_COUNT_CLOUD_IN),
				 in + !local);
		assert_int_equal(in_the_air(w) > air, !forged && kind != KIND_TO_ANYCAST);
		world_run(w, w->now + 10 * USEC_MS);
		air = in_the_air(w);
		bridge_input(k, BRIDGE_CLOUD, frame, len);
		assert_int_equal(in_the_air(w) > air, !local);
		assert_int_equal(w->violation_count > found, local);
	}
	world_free(w);
}

/* Three nodes for half a minute: clients get addresses, nothing is found, and the seed decides. */
static void run(uint64_t seed, char hash[static 17])
{
	static struct plan p;
	struct plan_wish wish = { .shape = SHAPE_LINE, .nodes = 3, .hosts = 3, .clouds = 1 };
	struct world_setup setup = { .plan = &p, .seed = seed };
	struct rng rng = rng_init(1);
	struct world *w;

	plan_generate(&p, &wish, &rng);
	w = world_new(&setup);
	assert_non_null(w);
	world_run(w, w->now + 30 * USEC_S);
	check_final(w);
	assert_int_equal(w->violation_count, 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(w->hosts[i].state, HOST_BOUND);
	record_hash_text(&w->hash, hash);
	world_free(w);
}

static void test_world_seed(void **state)
{
	char a[17], b[17], c[17];

	(void)state;
	run(1, a);
	run(1, b);
	run(2, c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

static void test_sabotage_names(void **state)
{
	unsigned int n = 0;

	(void)state;
	while (sabotage_at(n)) {
		assert_ptr_equal(sabotage_find(sabotage_at(n)->name), sabotage_at(n));
		n++;
	}
	assert_true(n >= 10);
	assert_null(sabotage_find("none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heap_order),     cmocka_unit_test(test_stack_echo),
		cmocka_unit_test(test_plan_shapes),    cmocka_unit_test(test_plan_segment),
		cmocka_unit_test(test_plan_varied),    cmocka_unit_test(test_wire),
		cmocka_unit_test(test_wire_carrier),   cmocka_unit_test(test_bridge_learning),
		cmocka_unit_test(test_bridge_filters), cmocka_unit_test(test_world_seed),
		cmocka_unit_test(test_sabotage_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
