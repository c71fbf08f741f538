/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is chosen as a neighbour of the replicated state: engines on a wire, each of which chooses.
 * Whoever chooses or is chosen, all that the wire joins must be joined.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/batman/msg.h"
#include "node/choice.h"

#define NODES 140
#define QUEUE 65536
#define STEP (50 * USEC_MS)

struct wire {
	int count;
	usec_t now;
	bool (*hears)(int a, int b); /* NULL: all hear each other */
	bool talk;		     /* OGMs of others are passed on */
	bool gone[NODES];
	int deaf; /* speaks to nobody; -1: none */
	struct batman *b[NODES];
	struct outq q[NODES];
	uint64_t *buf[NODES];
	struct choices choices[NODES];
	bool chosen[NODES][NODES]; /* by whom, whom */
	bool own[NODES][NODES];	   /* of them those of its own order */
	bool all[NODES];	   /* there was a place for all that are not left out */
};

static struct mac port_mac(int i)
{
	return (struct mac) { { 2, 0, 0, 0, (uint8_t)i, 1 } };
}

/* Not in the order of the ports. */
static struct mac cloud_mac(int i)
{
	return (struct mac) { { 2, 0, 1, (uint8_t)(i * 37), (uint8_t)i, 0xb0 } };
}

static struct wire *wire_limited(int count, bool mirror, uint32_t paths)
{
	struct wire *w = calloc(1, sizeof(*w));

	w->count = count;
	w->deaf = -1;
	w->now = 1000 * USEC_S;
	for (int i = 0; i < count; i++) {
		struct batman_conf c = { .orig_interval_ms = 1000,
					 .hop_penalty = 30,
					 .network_id = { 1 },
					 .ssid = "x",
					 .ssid_len = 1,
					 .cloud_mac = cloud_mac(i),
					 .mirror = mirror };
		struct batman_limits l = { .ports = 1,
					   .originators = 2 * NODES,
					   .neighbours = 2 * NODES,
					   .paths = paths,
					   .clients_global = 64,
					   .clients_local = 64 };
		struct batman_port_conf p = { .mac = port_mac(i), .mtu = 1500 };
		struct hash_key secret = { (uint64_t)i, 7 };

		w->buf[i] = calloc(1, QUEUE);
		outq_init(&w->q[i], w->buf[i], QUEUE);
		w->b[i] = batman_new(&c, &l, &w->q[i], rng_init((uint64_t)i + 1), w->now);
		assert_non_null(w->b[i]);
		assert_int_equal(batman_port_add(w->b[i], 0, &p, w->now), 0);
		assert_int_equal(choices_init(&w->choices[i], NODES, secret), 0);
	}
	return w;
}

static struct wire *wire_new(int count, bool mirror)
{
	return wire_limited(count, mirror, 2 * (uint32_t)(count * count));
}

static void wire_free(struct wire *w)
{
	for (int i = 0; i < w->count; i++) {
		batman_free(w->b[i]);
		free(w->buf[i]);
		choices_done(&w->choices[i]);
	}
	free(w);
}

static bool is_link(const struct wire *w, int a, int b)
{
	return a != b && !w->gone[a] && !w->gone[b] && (!w->hears || w->hears(a, b));
}

/* An own one of a, or b's that a sends back to it: the others are what takes most of the time. */
static bool is_needed(const struct wire *w, int b, const struct out *o)
{
	struct mac to = port_mac(b);

	return w->talk || !memcmp(o->data + 6, o->data + 22, 6) || !memcmp(o->data + 22, to.b, 6);
}

static void wire_run(struct wire *w, usec_t duration)
{
	struct out o;

	for (usec_t end = w->now + duration; w->now < end; w->now += STEP) {
		for (int i = 0; i < w->count; i++) {
			if (w->gone[i])
				continue;
			if (batman_deadline(w->b[i]) <= w->now)
				batman_tick(w->b[i], w->now);
			while (outq_pop(&w->q[i], &o)) {
				for (int j = 0; o.kind == BATMAN_SEND && j < w->count; j++)
					if (is_link(w, i, j) && is_needed(w, j, &o))
						batman_mesh_input(w->b[j], 0, o.data, o.len,
								  w->now);
			}
		}
	}
}

/* One round of OGMs tells what neighbours say of their links, when there are some. */
static void wire_learn(struct wire *w)
{
	wire_run(w, 1500 * USEC_MS);
	w->talk = true;
	wire_run(w, USEC_S);
	w->talk = false;
}

static int node_of(const struct wire *w, const struct mac *cloud)
{
	for (int i = 0; i < w->count; i++) {
		struct mac m = cloud_mac(i);

		if (mac_eq(&m, cloud))
			return i;
	}
	return -1;
}

static void choose_at(struct wire *w, int i, bool (*speaks)(const struct wire *, int, int))
{
	struct choices *c = &w->choices[i];
	struct mac self = cloud_mac(i);

	choices_find(c, w->b[i], &self);
	for (uint32_t k = 0; k < c->count; k++) {
		int other = node_of(w, &c->at[k].cloud_mac);

		c->at[k].speaks = other != w->deaf && speaks(w, i, other);
	}
	w->all[i] = choices_make(c, w->b[i], &self);
}

static void choose_by(struct wire *w, bool (*speaks)(const struct wire *, int, int))
{
	for (int i = 0; i < w->count; i++)
		if (!w->gone[i])
			choose_at(w, i, speaks);
	memset(w->chosen, 0, sizeof(w->chosen));
	memset(w->own, 0, sizeof(w->own));
	for (int i = 0; i < w->count; i++) {
		struct choices *c = &w->choices[i];

		for (uint32_t k = 0; k < c->count && !w->gone[i]; k++) {
			int other = node_of(w, &c->at[k].cloud_mac);

			w->chosen[i][other] = c->at[k].chosen;
			w->own[i][other] = c->at[k].own;
		}
	}
}

static bool all_speak(const struct wire *w, int a, int b)
{
	(void)w;
	(void)a;
	(void)b;
	return true;
}

static bool none_speaks(const struct wire *w, int a, int b)
{
	(void)w;
	(void)a;
	(void)b;
	return false;
}

/* All choose; speaks: they have heard of each other. */
static void choose(struct wire *w, bool speaks)
{
	choose_by(w, speaks ? all_speak : none_speaks);
}

static bool is_edge(const struct wire *w, int a, int b)
{
	return a != w->deaf && b != w->deaf && !w->gone[a] && !w->gone[b] &&
	       (w->chosen[a][b] || w->chosen[b][a]);
}

/* Who is or was a neighbour, as of the choice before. */
static void choose_again(struct wire *w)
{
	choose_by(w, is_edge);
}

static int degree(const struct wire *w, int i)
{
	int sum = 0;

	for (int j = 0; j < w->count; j++)
		sum += is_edge(w, i, j);
	return sum;
}

static int most_joined(const struct wire *w)
{
	int most = 0;

	for (int i = 0; i < w->count; i++)
		if (degree(w, i) > degree(w, most))
			most = i;
	return most;
}

/* Which part each node is in: the lowest node of that part. */
static void parts(const struct wire *w, bool (*joined)(const struct wire *, int, int), int part[])
{
	bool changed = true;

	for (int i = 0; i < w->count; i++)
		part[i] = i;
	while (changed) {
		changed = false;
		for (int i = 0; i < w->count; i++) {
			for (int j = 0; j < w->count; j++) {
				if (part[j] < part[i] && joined(w, i, j)) {
					part[i] = part[j];
					changed = true;
				}
			}
		}
	}
}

static bool is_working_link(const struct wire *w, int a, int b)
{
	return a != w->deaf && b != w->deaf && is_link(w, a, b);
}

/* Whom the wire joins is joined, and nobody has too many neighbours. */
static void check_joined(const struct wire *w, int bound)
{
	int wire[NODES], state[NODES];

	parts(w, is_working_link, wire);
	parts(w, is_edge, state);
	for (int i = 0; i < w->count; i++) {
		assert_int_equal(wire[i], state[i]);
		assert_in_range(degree(w, i), 0, bound);
	}
}

/* 2 * sqrt(count) + 4, and those of its own order, and whose own order it is in */
static int bound_of(int count)
{
	int root = 0;

	while ((root + 1) * (root + 1) <= 4 * count)
		root++;
	return root + 4 + 2 * CHOICE_OWN;
}

static const struct choice *view(const struct wire *w, int i, int j)
{
	struct mac m = cloud_mac(j);

	return choices_get(&w->choices[i], &m);
}

/* The rule as it is told, with all that there is: is the link from a to b left out? */
static bool is_last(const struct wire *w, int a, int b)
{
	uint64_t link = view(w, a, b)->link.hash;

	for (int k = 0; k < w->count; k++)
		if (is_link(w, a, k) && is_link(w, k, b) && view(w, a, k)->speaks &&
		    view(w, a, k)->link.hash < link && view(w, k, b)->link.hash < link)
			return true;
	return false;
}

static void check_rule(const struct wire *w)
{
	for (int a = 0; a < w->count; a++) {
		int own = 0;

		for (int b = 0; b < w->count; b++) {
			own += w->own[a][b]; /* maybe one that is gone */
			if (!is_link(w, a, b) || !view(w, a, b))
				continue;
			assert_int_equal(view(w, a, b)->left_out, is_last(w, a, b));
			assert_int_equal(w->chosen[a][b], !is_last(w, a, b) || w->own[a][b]);
		}
		assert_int_equal(own, w->gone[a] ? 0 : CHOICE_OWN);
	}
}

/* Whoever has most neighbours vanishes. Its neighbours have lost it when it was silent for as long
 * as they wait for what OGMs are to say. */
static void vanish(struct wire *w)
{
	w->gone[most_joined(w)] = true;
	w->now += 7 * USEC_S;
	wire_learn(w);
	choose(w, true);
}

static void test_wire(void **state)
{
	struct wire *w = wire_new(60, false);

	(void)state;
	wire_learn(w);
	choose(w, true);
	check_joined(w, bound_of(60));
	check_rule(w);
	vanish(w);
	check_joined(w, bound_of(60));
	check_rule(w);
	wire_free(w);
}

/* Neighbours are found by links that others leave out as well, and only they speak. */
static void test_from_nothing(void **state)
{
	struct wire *w = wire_new(30, false);

	(void)state;
	wire_learn(w);
	choose(w, false);
	check_joined(w, NODES);
	for (int round = 0; round < 6; round++) {
		choose_again(w);
		check_joined(w, NODES);
	}
	check_joined(w, bound_of(30));
	check_rule(w);
	wire_free(w);
}

/* One machine may be all whom the rule keeps. The others are kept by an order that it does not
 * know. */
static void test_own_order(void **state)
{
	struct wire *w = wire_new(30, false);
	struct mac self = cloud_mac(0);
	struct choices c;
	int more = 0, others = 0;

	(void)state;
	wire_learn(w);
	choose(w, true);
	check_rule(w);
	for (int i = 0; i < w->count; i++)
		for (int j = 0; j < w->count; j++)
			more += w->own[i][j] && view(w, i, j)->left_out;
	assert_true(more > w->count);
	assert_int_equal(choices_init(&c, NODES, (struct hash_key) { 8, 15 }), 0);
	choices_find(&c, w->b[0], &self);
	for (uint32_t k = 0; k < c.count; k++)
		c.at[k].speaks = true;
	assert_true(choices_make(&c, w->b[0], &self));
	for (uint32_t k = 0; k < c.count; k++) {
		assert_int_equal(c.at[k].left_out, w->choices[0].at[k].left_out);
		others += c.at[k].own && !w->choices[0].at[k].own;
	}
	assert_in_range(others, 1, CHOICE_OWN);
	choices_done(&c);
	wire_free(w);
}

static int crowd; /* so many hear each other, and the last one the first one of the next crowd */

static bool crowds(int a, int b)
{
	return a / crowd == b / crowd || (abs(a - b) == 1 && (a > b ? a : b) % crowd == 0);
}

static void test_two_cliques(void **state)
{
	struct wire *w = wire_new(40, false);

	(void)state;
	crowd = 20;
	w->hears = crowds;
	wire_learn(w);
	choose(w, true);
	check_joined(w, bound_of(40));
	assert_true(w->chosen[19][20] && w->chosen[20][19]);
	vanish(w);
	check_joined(w, bound_of(40));
	wire_free(w);
}

static int bridge; /* where the crowds hear each other; -1: everywhere */

/* 0 to 19 and 20 to 39, each of whom may hear one of the others; and 40, which hears them all. */
static bool crowds_and_one(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	return high == 40 || low / 20 == high / 20 ||
	       (high - low == 20 && (bridge < 0 || low == bridge));
}

static struct wire *wire_bridged(int at)
{
	struct wire *w = wire_new(41, false);

	bridge = at;
	w->hears = crowds_and_one;
	wire_learn(w);
	choose(w, true);
	return w;
}

/* It is there in the cloud, and its neighbours of the state are not known to work: for nobody has
 * chosen it. So it is no way to others. */
static void test_deaf_between_crowds(void **state)
{
	struct wire *w = wire_bridged(-1);
	int at = 0;

	(void)state;
	while (!view(w, at, at + 20)->left_out)
		assert_true(++at < 20);
	wire_free(w);
	w = wire_bridged(at);
	assert_true(view(w, at, at + 20)->left_out && view(w, at + 20, at)->left_out);
	check_joined(w, bound_of(41));
	w->deaf = 40;
	choose(w, true);
	assert_false(view(w, at, at + 20)->left_out || view(w, at + 20, at)->left_out);
	check_joined(w, bound_of(41));
	wire_free(w);
}

/* An OGM of `orig` as that node sends it or passes it on, and that there is such a way, as the
 * kernel tells it. */
static void mirror_hear(struct wire *w, int i, int from, int orig)
{
	struct batman_row row = { .kind = BATMAN_ROW_PATH,
				  .mac = port_mac(orig),
				  .via = port_mac(from),
				  .tq = 255,
				  .best = from == orig };
	struct bat_ogm ogm = { .ttl = BAT_TTL, .tq = 255, .orig = row.mac, .prev = row.mac };
	uint8_t frame[200], tvlv[100];
	struct wr f = wr_init(frame, sizeof(frame)), v = wr_init(tvlv, sizeof(tvlv));
	size_t mark = bat_tvlv_begin(&v, BAT_TVLV_TRAMA, 1);

	if (from != orig) {
		ogm.ttl--;
		ogm.flags = BAT_OGM_DIRECT;
	}
	batman_announce(w->b[orig], &v);
	bat_tvlv_end(&v, mark);
	ogm.tvlv = rd_init(tvlv, wr_len(&v));
	bat_eth_encode(&f, &MAC_BROADCAST, &row.via);
	bat_ogm_encode(&f, &ogm);
	if (batman_mirror_row(w->b[i], &row, w->now))
		assert_true(from != orig);
	batman_mesh_input(w->b[i], 0, frame, wr_len(&f), w->now);
}

static void mirror_tell(struct wire *w, int i, int j)
{
	mirror_hear(w, i, j, j);
}

static struct wire *mirrors(int count, bool (*hears)(int, int))
{
	struct wire *w = wire_new(count, true);

	w->hears = hears;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++)
			if (is_link(w, i, j))
				mirror_tell(w, i, j);
	return w;
}

/* And who hears whom. */
static struct wire *mirrors_with_ways(int count, bool (*hears)(int, int))
{
	struct wire *w = mirrors(count, hears);

	for (int i = 0; i < count; i++)
		for (int j = 0; j < count; j++)
			for (int k = 0; k < count; k++)
				if (is_link(w, i, j) && is_link(w, j, k) && is_link(w, i, k))
					mirror_hear(w, i, j, k);
	return w;
}

static void mirrors_forget(struct wire *w, int whom)
{
	struct batman_row end = { .kind = BATMAN_ROW_END };

	w->gone[whom] = true;
	for (int i = 0; i < w->count; i++) {
		if (w->gone[i])
			continue;
		/* what was told before the last end is still there, and goes with the next one */
		assert_int_equal(batman_mirror_row(w->b[i], &end, w->now), 0);
		for (int j = 0; j < w->count; j++)
			if (is_link(w, i, j))
				mirror_tell(w, i, j);
		assert_int_equal(batman_mirror_row(w->b[i], &end, w->now), 0);
	}
}

/* But for who is in somebody's own order. */
static void check_mutual(const struct wire *w)
{
	for (int i = 0; i < w->count; i++)
		for (int j = 0; j < w->count; j++)
			if (!w->own[i][j] && !w->own[j][i])
				assert_int_equal(w->chosen[i][j], w->chosen[j][i]);
}

static int chosen_by(const struct wire *w, int i)
{
	int sum = 0;

	for (int j = 0; j < w->count; j++)
		sum += w->chosen[i][j];
	return sum;
}

/* Its place among all in the order of their MACs. */
static int rank(const struct wire *w, int i)
{
	struct mac self = cloud_mac(i), other;
	int below = 0;

	for (int j = 0; j < w->count; j++) {
		other = cloud_mac(j);
		below += mac_cmp(&other, &self) < 0;
	}
	return below;
}

static void check_ring(const struct wire *w)
{
	for (int i = 0; i < w->count; i++) {
		for (int j = 0; j < w->count; j++) {
			int after = (rank(w, j) - rank(w, i) + w->count) % w->count;

			if (after && !(after & (after - 1)) && after <= w->count / 2)
				assert_true(w->chosen[i][j] && w->chosen[j][i]);
		}
	}
}

/* The kernel's engine, too, tells who hears whom. */
static void test_crowds_of_kernels(void **state)
{
	struct wire *w;

	(void)state;
	crowd = 30;
	w = mirrors_with_ways(60, crowds);
	choose(w, true);
	check_joined(w, bound_of(60));
	check_rule(w);
	for (int i = 0; i < w->count; i++)
		assert_true(w->all[i]);
	assert_true(w->chosen[29][30] && w->chosen[30][29]);
	wire_free(w);
}

/* Nobody says who hears whom: a ring. */
static void test_ring(void **state)
{
	struct wire *w = mirrors(100, NULL);

	(void)state;
	for (int speaks = 0; speaks < 2; speaks++) {
		int most = speaks ? CHOICE_DIRECT : CHOICE_SILENT;

		choose(w, speaks);
		check_joined(w, NODES);
		check_mutual(w);
		check_ring(w);
		for (int i = 0; i < w->count; i++) {
			assert_false(w->all[i]);
			assert_in_range(chosen_by(w, i), most, most + CHOICE_OWN);
		}
	}
	mirrors_forget(w, most_joined(w));
	choose(w, true);
	check_joined(w, NODES);
	check_mutual(w);
	wire_free(w);
}

/* More than there are places for; the one link between the crowds is among those that have one. */
static void test_ring_of_two_crowds(void **state)
{
	struct wire *w;

	(void)state;
	crowd = 70;
	w = mirrors(140, crowds);
	choose(w, true);
	for (int i = 0; i < w->count; i++)
		assert_false(w->all[i]);
	check_joined(w, NODES);
	wire_free(w);
}

static bool hub(int a, int b)
{
	return a == 0 || b == 0;
}

/* Many that do not hear each other have one node in common. */
static void test_hub(void **state)
{
	struct wire *w = mirrors(CHOICE_DIRECT + 1, hub);

	(void)state;
	choose(w, false);
	assert_in_range(chosen_by(w, 0), CHOICE_SILENT, CHOICE_SILENT + CHOICE_OWN);
	choose_again(w);
	assert_true(w->all[0]);
	assert_int_equal(chosen_by(w, 0), CHOICE_DIRECT);
	wire_free(w);
	w = mirrors(CHOICE_DIRECT + 20, hub);
	choose(w, true);
	assert_false(w->all[0]);
	assert_in_range(chosen_by(w, 0), CHOICE_DIRECT, CHOICE_DIRECT + CHOICE_OWN);
	wire_free(w);
}

static bool hub_of_pairs(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	return low == 0 || (high <= 40 && low % 2 && high == low + 1);
}

/* Twenty pairs and others have one node in common. As long as it has places for all that the rule
 * keeps, no other takes one of them. */
static void test_kept_ones_first(void **state)
{
	int kept = 0;

	(void)state;
	for (int count = 60; kept < CHOICE_DIRECT; count += kept + 4 < CHOICE_DIRECT ? 4 : 1) {
		struct wire *w = mirrors_with_ways(count, hub_of_pairs);

		choose(w, true);
		kept = 0;
		for (int j = 1; j < count; j++)
			kept += !view(w, 0, j)->left_out;
		assert_true(kept < count - 1);
		assert_true(w->all[0]);
		for (int j = 1; j < count; j++)
			assert_int_equal(w->chosen[0][j], !view(w, 0, j)->left_out || w->own[0][j]);
		wire_free(w);
	}
	assert_int_equal(kept, CHOICE_DIRECT);
}

/* The ways of those that came first fill the table, so nothing is known of who hears the others.
 * Then those are kept, besides whom the rule keeps. */
static void test_late(void **state)
{
	struct wire *w = wire_limited(100, true, 8 * 1024);

	(void)state;
	for (int last = 79; last < 100; last += 20) {
		for (int j = 1; j <= last; j++)
			mirror_tell(w, 0, j);
		for (int j = 1; j <= last; j++)
			for (int k = 1; k <= last; k++)
				if (j != k)
					mirror_hear(w, 0, j, k);
	}
	assert_true(batman_counter(w->b[0], BATMAN_COUNT_FULL_PATHS) > 1000);
	choose_at(w, 0, all_speak);
	assert_true(w->all[0]);
	for (int j = 80; j < 100; j++)
		assert_true(view(w, 0, j)->chosen && !view(w, 0, j)->left_out);
	wire_free(w);
}

static bool third_speaks(const struct wire *w, int a, int b)
{
	(void)w;
	(void)a;
	return b == 3;
}

/* Who does not speak is a way to nobody. */
static void test_silent(void **state)
{
	struct wire *w = wire_new(20, false);
	int left_out = 0;

	(void)state;
	wire_learn(w);
	choose(w, true);
	assert_in_range(degree(w, 0), 1, 10 + 2 * CHOICE_OWN);
	choose(w, false);
	assert_int_equal(degree(w, 0), 19);
	choose_by(w, third_speaks);
	check_rule(w);
	for (int i = 0; i < w->count; i++)
		for (int j = 0; j < w->count; j++)
			left_out += i != j && view(w, i, j)->left_out;
	assert_in_range(left_out, 20, 20 * 19 / 2);
	wire_free(w);
}

/* A few are all taken, whoever hears whom. */
static void test_few(void **state)
{
	struct wire *w = wire_new(CHOICE_ALL + 1, false);

	(void)state;
	wire_learn(w);
	choose(w, false);
	for (int i = 0; i < w->count; i++)
		assert_int_equal(degree(w, i), CHOICE_ALL);
	wire_free(w);
}

/* Names that somebody has invented do not answer: those who do keep at least a third of the places,
 * whatever place in the ring the inventions have. */
static void test_inventions(void **state)
{
	struct wire *w = mirrors(100, NULL);
	struct choices *c = &w->choices[0];
	struct mac self = cloud_mac(0);
	int kept = 0, silent = 0;

	(void)state;
	choices_find(c, w->b[0], &self);
	assert_int_equal(c->count, 99);
	/* to keep so many in order takes longer than to find them */
	assert_in_range(c->looked_at, 99 + 1, 99 + 35);
	for (uint32_t k = 0; k < c->count; k++)
		c->at[k].speaks = k % 12 == 5;
	assert_false(choices_make(c, w->b[0], &self));
	for (uint32_t k = 0; k < c->count; k++) {
		kept += c->at[k].chosen && c->at[k].speaks;
		silent += c->at[k].chosen && !c->at[k].speaks;
	}
	assert_int_equal(kept, CHOICE_MAX - CHOICE_SILENT);
	assert_in_range(silent, CHOICE_SILENT, CHOICE_SILENT + CHOICE_OWN);
	wire_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_from_nothing),
		cmocka_unit_test(test_own_order),
		cmocka_unit_test(test_two_cliques),
		cmocka_unit_test(test_deaf_between_crowds),
		cmocka_unit_test(test_crowds_of_kernels),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_ring_of_two_crowds),
		cmocka_unit_test(test_hub),
		cmocka_unit_test(test_kept_ones_first),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_inventions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
