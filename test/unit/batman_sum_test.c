/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CRCs of other nodes' tables are kept with every change: they are what a walk over all clients
 * gives, whatever happens, and cost no such walk. The one test that looks into the engine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/batman/engine.h"

#define ORIGS 6
#define CLIENTS 20
#define TAGGED 0x8005

static const struct mac own = { { 2, 0, 0, 0, 0, 0 } };

static struct mac orig_mac(uint32_t i)
{
	return (struct mac) { { 2, 9, 0, 0, 0, (uint8_t)i } };
}

static struct mac client_mac(uint32_t i)
{
	return (struct mac) { { 6, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

struct engine {
	struct batman *b;
	struct outq q;
	uint64_t buf[64 * 1024 / 8];
	struct rng rng;
	usec_t now;
	uint32_t seqno;
};

static struct engine *engine_new(uint32_t clients)
{
	struct batman_conf conf = { .orig_interval_ms = 1000, .cloud_mac = { { 2, 1 } } };
	struct batman_limits limits = { .ports = 2, .clients_global = clients };
	struct batman_port_conf port = { .mac = own, .mtu = 1500 };
	struct engine *e = calloc(1, sizeof(*e));

	e->now = 1000 * USEC_S;
	outq_init(&e->q, e->buf, sizeof(e->buf));
	e->rng = rng_init(7);
	e->b = batman_new(&conf, &limits, &e->q, rng_init(1), e->now);
	assert_int_equal(batman_port_add(e->b, 0, &port, e->now), 0);
	return e;
}

static void engine_free(struct engine *e)
{
	batman_free(e->b);
	free(e);
}

static void input(struct engine *e, const uint8_t *frame, const struct wr *w)
{
	struct out o;

	assert_true(wr_len(w) > 0);
	(void)batman_mesh_input(e->b, 0, frame, wr_len(w), e->now);
	while (outq_pop(&e->q, &o))
		;
}

static struct bat_client_key client_any(struct engine *e)
{
	return (struct bat_client_key) { .mac = client_mac(rng_below(&e->rng, CLIENTS)),
					 .vid = rng_below(&e->rng, 3) ? 0 : TAGGED };
}

static void changes_any(struct engine *e, struct wr *w)
{
	static const uint8_t flags[] = {
		0, BAT_TT_WIFI, BAT_TT_ISOLATED, BAT_TT_WIFI,
		0, BAT_TT_DEL,	BAT_TT_DEL,	 BAT_TT_DEL | BAT_TT_ROAM
	};

	for (uint32_t i = rng_below(&e->rng, 5) + 1; i > 0; i--) {
		struct bat_client_key k = client_any(e);

		bat_tt_change_encode(w,
				     &(struct bat_tt_change) {
					     .mac = k.mac,
					     .vid = k.vid,
					     .flags = flags[rng_below(&e->rng, sizeof(flags))] });
	}
}

static uint8_t version_next(const struct engine *e, const struct mac *m)
{
	const struct bat_orig *o = bat_orig_find(e->b, m);

	return (uint8_t)(o && o->has_table ? o->ttvn + 1 : 1);
}

static void ogm_encode(struct engine *e, struct wr *w, const struct mac *m, struct rd tvlv)
{
	bat_ogm_encode(w, &(struct bat_ogm) { .ttl = 40,
					      .tq = 255,
					      .seqno = ++e->seqno,
					      .orig = *m,
					      .prev = *m,
					      .tvlv = tvlv });
}

static void op_diff(struct engine *e, const struct mac *m)
{
	uint8_t frame[300], tvlv[200];
	struct wr w = wr_init(frame, sizeof(frame)), t = wr_init(tvlv, sizeof(tvlv));
	size_t mark = bat_tvlv_begin(&t, BAT_TVLV_TT, 1);

	bat_tt_encode(&t, BAT_TT_DIFF, version_next(e, m), 0);
	changes_any(e, &t);
	bat_tvlv_end(&t, mark);
	bat_eth_encode(&w, &MAC_BROADCAST, m);
	ogm_encode(e, &w, m, rd_init(tvlv, wr_len(&t)));
	input(e, frame, &w);
}

static void op_packet(struct engine *e, const struct mac *m, uint8_t type)
{
	uint8_t frame[300], tvlv[200];
	struct wr w = wr_init(frame, sizeof(frame)), t = wr_init(tvlv, sizeof(tvlv));
	struct bat_client_key k = client_any(e);
	size_t mark = bat_tvlv_begin(&t, type, 1);

	if (type == BAT_TVLV_TT) {
		bat_tt_encode(&t, BAT_TT_RESPONSE | (rng_below(&e->rng, 2) ? BAT_TT_FULL : 0),
			      version_next(e, m), 0);
		changes_any(e, &t);
	} else {
		wr_mac(&t, &k.mac);
		wr_u16(&t, k.vid);
	}
	bat_tvlv_end(&t, mark);
	bat_eth_encode(&w, &own, m);
	bat_tvlv_packet_encode(&w, &own, m, (uint16_t)wr_len(&t));
	wr_bytes(&w, tvlv, wr_len(&t));
	input(e, frame, &w);
}

/* A frame of a client, whom its node has not announced yet. */
static void op_frame(struct engine *e, const struct mac *m)
{
	struct bat_client_key k = client_any(e);
	uint8_t frame[120];
	struct wr w = wr_init(frame, sizeof(frame));

	bat_eth_encode(&w, &MAC_BROADCAST, m);
	bat_bcast_encode(&w, &(struct bat_bcast) { .ttl = 50, .seqno = ++e->seqno, .orig = *m });
	wr_mac(&w, &MAC_BROADCAST);
	wr_mac(&w, &k.mac);
	wr_u16(&w, 0x88b6);
	wr_zero(&w, 46);
	input(e, frame, &w);
}

static void op_any(struct engine *e)
{
	struct mac m = orig_mac(rng_below(&e->rng, ORIGS));
	struct bat_client_key k = client_any(e);

	switch (rng_below(&e->rng, 9)) {
	case 0:
		op_packet(e, &m, BAT_TVLV_TT);
		return;
	case 1:
		op_packet(e, &m, BAT_TVLV_ROAM);
		return;
	case 2:
		op_frame(e, &m);
		return;
	case 3:
		(void)batman_client_seen(e->b, &k.mac, k.vid, e->now);
		(void)batman_client_wireless(e->b, &k.mac, k.vid, rng_below(&e->rng, 2), e->now);
		return;
	case 4:
		(void)batman_client_gone(e->b, &k.mac, k.vid, e->now);
		return;
	case 5:
		/* now and then so long that what roams and what is silent goes */
		e->now += rng_below(&e->rng, 50) ? USEC_S : 700 * USEC_S;
		batman_tick(e->b, e->now);
		return;
	default:
		op_diff(e, &m);
	}
}

static uint32_t recomputed(const struct batman *b, const struct bat_orig *o, uint16_t vid)
{
	uint32_t sum = 0;

	for (const struct bat_claim *c = bat_at(&b->claims, o->claims); c;
	     c = bat_at(&b->claims, c->next_orig)) {
		const struct bat_global *g = bat_at(&b->globals, c->key.client);

		if (g->key.vid == vid && c->counted && c->state == BAT_CLAIM_ANNOUNCED)
			sum ^= bat_tt_crc(&g->key.mac, vid, c->flags);
	}
	return sum;
}

/* Returns how many VLANs have a sum. */
static unsigned int assert_sums(const struct batman *b)
{
	const struct bat_orig *o;
	unsigned int count = 0;

	for (uint32_t i = 0; (o = table_next(&b->origs, &i));) {
		for (const struct bat_vlan *v = bat_at(&b->vlans, o->vlans); v;
		     v = bat_at(&b->vlans, v->next)) {
			assert_int_equal(v->sum, recomputed(b, o, v->key.vid));
			count += v->sum != 0;
		}
	}
	return count;
}

/* With room for all claims, and with so little that they take each other's places. */
static void test_sums_hold(void **state)
{
	(void)state;
	for (uint32_t limit = 40; limit <= 400; limit *= 10) {
		struct engine *e = engine_new(limit);
		unsigned int seen = 0;

		for (int i = 0; i < 20000; i++) {
			op_any(e);
			seen += assert_sums(e->b) > ORIGS;
		}
		assert_true(seen > 5000);
		assert_true(batman_counter(e->b, BATMAN_COUNT_REPLACED_CLIENTS_GLOBAL) > 100 ||
			    limit > 40);
		engine_free(e);
	}
}

/* Seconds that a frame of 33 OGMs takes, each with the next version of a table: a client more. */
static double news(struct engine *e, uint32_t first)
{
	struct mac m = orig_mac(0);
	struct timespec from, to;
	struct bat_orig *o = bat_orig_find(e->b, &m);
	uint8_t frame[2000], version = 1;
	struct wr w = wr_init(frame, sizeof(frame));

	if (o)
		o->ttvn = 0;
	bat_eth_encode(&w, &MAC_BROADCAST, &m);
	for (uint32_t i = 0; i < 33; i++) {
		uint8_t tvlv[40];
		struct wr t = wr_init(tvlv, sizeof(tvlv));
		size_t mark = bat_tvlv_begin(&t, BAT_TVLV_TT, 1);

		bat_tt_encode(&t, BAT_TT_DIFF, version++, 0);
		bat_tt_change_encode(&t, &(struct bat_tt_change) { .mac = client_mac(first + i) });
		bat_tvlv_end(&t, mark);
		ogm_encode(e, &w, &m, rd_init(tvlv, wr_len(&t)));
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	input(e, frame, &w);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(bat_orig_find(e->b, &m)->ttvn, 33);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* The least of several frames, so that a busy machine does not matter. */
static double news_least(struct engine *e, uint32_t first)
{
	double least = 1;

	for (int i = 0; i < 20; i++) {
		double s = news(e, first);

		least = s < least ? s : least;
	}
	return least;
}

/* With 1650 clients an OGM is hardly more work than with 33. */
static void test_work_of_news(void **state)
{
	struct engine *e = engine_new(0);
	struct mac m = orig_mac(0);
	double few, many;

	(void)state;
	few = news_least(e, 0);
	for (uint32_t i = 1; i < 50; i++)
		(void)news(e, 33 * i);
	assert_int_equal(bat_orig_find(e->b, &m)->claim_count, 1650);
	many = news_least(e, 0);
	assert_true(many < 8 * few);
	engine_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_hold),
		cmocka_unit_test(test_work_of_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
