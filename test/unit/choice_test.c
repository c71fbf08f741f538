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

#define NODES 100
#define QUEUE 65536
#define STEP (50 * USEC_MS)

struct wire {
	int count;
	usec_t now;
	bool (*hears)(int a, int b); /* NULL: all hear each other */
	bool talk;		     /* OGMs of others are passed on */
	bool gone[NODES];
	struct batman *b[NODES];
	struct outq q[NODES];
	uint64_t *buf[NODES];
	struct choices choices[NODES];
	bool chosen[NODES][NODES]; /* by whom, whom */
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

static struct wire *wire_new(int count, bool mirror)
{
	struct wire *w = calloc(1, sizeof(*w));

	w->count = count;
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
					   .paths = NODES * NODES * 2,
					   .clients_global = 64,
					   .clients_local = 64 };
		struct batman_port_conf p = { .mac = port_mac(i), .mtu = 1500 };

		w->buf[i] = calloc(1, QUEUE);
		outq_init(&w->q[i], w->buf[i], QUEUE);
		w->b[i] = batman_new(&c, &l, &w->q[i], rng_init((uint64_t)i + 1), w->now);
		assert_non_null(w->b[i]);
		assert_int_equal(batman_port_add(w->b[i], 0, &p, w->now), 0);
		assert_int_equal(choices_init(&w->choices[i], NODES), 0);
	}
	return w;
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

/* An own one of a, or b's that a sends back to it; the others are what most of the time goes into.
 */
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

/* All choose; speaks: they have heard of each other. */
static void choose(struct wire *w, bool speaks)
{
	memset(w->chosen, 0, sizeof(w->chosen));
	for (int i = 0; i < w->count; i++) {
		struct choices *c = &w->choices[i];
		struct mac self = cloud_mac(i);

		if (w->gone[i])
			continue;
		choices_find(c, w->b[i], &self);
		for (uint32_t k = 0; k < c->count; k++)
			c->at[k].speaks = speaks;
		(void)choices_make(c, w->b[i], &self);
		for (uint32_t k = 0; k < c->count; k++)
			w->chosen[i][node_of(w, &c->at[k].cloud_mac)] = c->at[k].chosen;
	}
}

static bool is_edge(const struct wire *w, int a, int b)
{
	return !w->gone[a] && !w->gone[b] && (w->chosen[a][b] || w->chosen[b][a]);
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

/* Whom the wire joins is joined, and nobody has too many neighbours. */
static void check_joined(const struct wire *w, int bound)
{
	int wire[NODES], state[NODES];

	parts(w, is_link, wire);
	parts(w, is_edge, state);
	for (int i = 0; i < w->count; i++) {
		assert_int_equal(wire[i], state[i]);
		assert_in_range(degree(w, i), 0, bound);
	}
}

/* 2 * sqrt(count) + 4 */
static int bound_of(int count)
{
	int root = 0;

	while ((root + 1) * (root + 1) <= 4 * count)
		root++;
	return root + 4;
}

static const struct choice *view(const struct wire *w, int i, int j)
{
	struct mac m = cloud_mac(j);

	return choices_get(&w->choices[i], &m);
}

/* The rule as it is told, with all that there is: who is left out, and by both ends. */
static void check_rule(const struct wire *w)
{
	for (int a = 0; a < w->count; a++) {
		for (int b = 0; b < w->count; b++) {
			const struct choice *ab = is_link(w, a, b) ? view(w, a, b) : NULL;
			bool last = false;

			if (!ab)
				continue;
			for (int k = 0; k < w->count; k++) {
				if (is_link(w, a, k) && is_link(w, k, b))
					last |= view(w, a, k)->link.hash < ab->link.hash &&
						view(w, k, b)->link.hash < ab->link.hash;
			}
			assert_int_equal(w->chosen[a][b], !last);
			assert_int_equal(w->chosen[b][a], !last);
		}
	}
}

/* Whoever has most neighbours vanishes. Its neighbours have lost it when it was silent for as long
 * as they wait for what OGMs are to say. */
static void vanish(struct wire *w)
{
	w->gone[most_joined(w)] = true;
	w->now += 7 * USEC_S;
	wire_learn(w);
	choose(w, false);
}

static void test_wire(void **state)
{
	struct wire *w = wire_new(60, false);

	(void)state;
	wire_learn(w);
	choose(w, false);
	check_joined(w, bound_of(60));
	check_rule(w);
	vanish(w);
	check_joined(w, bound_of(60));
	check_rule(w);
	wire_free(w);
}

static bool two_cliques(int a, int b)
{
	return a / 20 == b / 20 || (a + b == 39 && (a == 19 || b == 19));
}

static void test_two_cliques(void **state)
{
	struct wire *w = wire_new(40, false);

	(void)state;
	w->hears = two_cliques;
	wire_learn(w);
	choose(w, false);
	check_joined(w, bound_of(40));
	assert_true(w->chosen[19][20] && w->chosen[20][19]);
	vanish(w);
	check_joined(w, bound_of(40));
	wire_free(w);
}

/* An OGM of j, and that there is a way to it, as the kernel tells it. */
static void mirror_tell(struct wire *w, int i, int j)
{
	struct batman_row row = { .kind = BATMAN_ROW_PATH,
				  .mac = port_mac(j),
				  .via = port_mac(j),
				  .tq = 255,
				  .best = true };
	struct bat_ogm ogm = { .ttl = BAT_TTL, .tq = 255, .orig = row.mac, .prev = row.mac };
	uint8_t frame[200], tvlv[100];
	struct wr f = wr_init(frame, sizeof(frame)), v = wr_init(tvlv, sizeof(tvlv));
	size_t mark = bat_tvlv_begin(&v, BAT_TVLV_TRAMA, 1);

	batman_announce(w->b[j], &v);
	bat_tvlv_end(&v, mark);
	ogm.tvlv = rd_init(tvlv, wr_len(&v));
	bat_eth_encode(&f, &MAC_BROADCAST, &row.mac);
	bat_ogm_encode(&f, &ogm);
	assert_int_equal(batman_mirror_row(w->b[i], &row, w->now), 0);
	batman_mesh_input(w->b[i], 0, frame, wr_len(&f), w->now);
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

static void check_mutual(const struct wire *w)
{
	for (int i = 0; i < w->count; i++)
		for (int j = 0; j < w->count; j++)
			assert_int_equal(w->chosen[i][j], w->chosen[j][i]);
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

/* The kernel's engine does not say who hears whom: a ring. */
static void test_ring(void **state)
{
	struct wire *w = mirrors(100, NULL);

	(void)state;
	for (int speaks = 0; speaks < 2; speaks++) {
		choose(w, speaks);
		check_joined(w, speaks ? CHOICE_MAX : CHOICE_SILENT);
		check_mutual(w);
		check_ring(w);
		assert_int_equal(degree(w, 0), speaks ? CHOICE_MAX : CHOICE_SILENT);
	}
	mirrors_forget(w, most_joined(w));
	choose(w, true);
	check_joined(w, CHOICE_MAX);
	check_mutual(w);
	wire_free(w);
}

/* They all fit, and the one link between the cliques is among them. */
static void test_ring_of_two_cliques(void **state)
{
	struct wire *w = mirrors(40, two_cliques);

	(void)state;
	choose(w, false);
	check_joined(w, CHOICE_MAX);
	mirrors_forget(w, most_joined(w));
	assert_true(w->gone[19] || w->gone[20]);
	choose(w, false);
	check_joined(w, CHOICE_MAX);
	wire_free(w);
}

/* Who does not answer is a way to nobody, and stays: two that answer are needed to leave out one.
 */
static void test_mute(void **state)
{
	struct wire *w = wire_new(20, false);
	struct choices *c = &w->choices[0];
	struct mac self = cloud_mac(0);

	(void)state;
	wire_learn(w);
	choose(w, false);
	assert_in_range(degree(w, 0), 1, 10);
	choices_find(c, w->b[0], &self);
	for (uint32_t k = 0; k < c->count; k++)
		c->at[k].mute = k != 3;
	assert_true(choices_make(c, w->b[0], &self));
	for (uint32_t k = 0; k < c->count; k++)
		assert_true(c->at[k].chosen);
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
	struct wire *w = mirrors(NODES, NULL);
	struct choices *c = &w->choices[0];
	struct mac self = cloud_mac(0);
	int kept = 0, silent = 0;

	(void)state;
	choices_find(c, w->b[0], &self);
	assert_int_equal(c->count, NODES - 1);
	for (uint32_t k = 0; k < c->count; k++)
		c->at[k].speaks = k % 12 == 5;
	assert_false(choices_make(c, w->b[0], &self));
	for (uint32_t k = 0; k < c->count; k++) {
		kept += c->at[k].chosen && c->at[k].speaks;
		silent += c->at[k].chosen && !c->at[k].speaks;
	}
	assert_int_equal(kept, CHOICE_MAX - CHOICE_SILENT);
	assert_int_equal(silent, CHOICE_SILENT);
	wire_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire),	   cmocka_unit_test(test_two_cliques),
		cmocka_unit_test(test_ring),	   cmocka_unit_test(test_ring_of_two_cliques),
		cmocka_unit_test(test_mute),	   cmocka_unit_test(test_few),
		cmocka_unit_test(test_inventions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
