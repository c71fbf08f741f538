/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation tables: which packets are sent to keep them in step. Node 1 stands between 0 and 2;
 * F is an originator behind node 0 whose frames the test makes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

#define PACKET 14 /* offset of the packet in a frame */
#define TAGGED 0x8005

static const struct mac far = { { 2, 9, 0, 0, 0, 1 } };

static struct net *chain(void)
{
	struct net *n = net_new();

	for (int i = 0; i < 3; i++)
		net_boot(n, i, NULL);
	net_link(n, 0, 0, 0, 1, 0);
	net_link(n, 1, 1, 1, 2, 0);
	net_run(n, 20 * USEC_S);
	return n;
}

static void seen(struct net *n, int node, const struct mac *client, uint16_t vid)
{
	assert_int_equal(batman_client_seen(n->node[node].b, client, vid, n->now), 0);
	net_pump(n, node);
}

static uint64_t counter(const struct net *n, int node, enum batman_counter id)
{
	return batman_counter(n->node[node].b, id);
}

/* The first container of the k-th unicast TVLV packet that a node has sent since then. */
struct told {
	struct mac src;
	int wire;
	uint8_t ttl;
	uint8_t type;
	struct bat_tt tt;
};

static bool told(const struct net *n, unsigned int since, int node, unsigned int k,
		 struct told *ret)
{
	const struct net_flight *f = net_sent(n, since, node, BAT_TYPE_TVLV, k);
	struct bat_tvlv_packet p;
	struct rd r, value;
	uint8_t version;

	if (!f)
		return false;
	r = rd_init(f->data + PACKET, f->len - PACKET);
	assert_true(bat_tvlv_packet_decode(&r, &p));
	assert_true(bat_tvlv_next(&p.tvlv, &ret->type, &version, &value));
	ret->src = p.src;
	ret->ttl = p.ttl;
	ret->wire = f->wire;
	if (ret->type == BAT_TVLV_TT)
		assert_true(bat_tt_decode(value, &ret->tt));
	return true;
}

/* Flags of what node 1 has asked node 0 since then, at most once; 0: nothing. */
static uint8_t request(const struct net *n, unsigned int since)
{
	uint8_t flags = 0;
	struct told t;

	for (unsigned int k = 0; told(n, since, 1, k, &t); k++) {
		if (t.wire != 0)
			continue;
		assert_true(t.type == BAT_TVLV_TT && t.tt.flags & BAT_TT_REQUEST && !flags);
		flags = t.tt.flags;
	}
	return flags;
}

/* ---- frames of F ---- */

struct table {
	uint8_t ttvn;
	uint8_t flags; /* of the container */
	int clients;   /* from net_client(1) on, all untagged but the last one of two */
	int vlans;     /* whose CRC is told, untagged first */
};

static uint16_t vid_of(int i)
{
	return i == 2 ? TAGGED : 0;
}

static void table_encode(struct wr *w, const struct table *t)
{
	size_t mark = bat_tvlv_begin(w, BAT_TVLV_TT, 1);

	bat_tt_encode(w, t->flags, t->ttvn, (uint16_t)t->vlans);
	for (int i = 1; i <= t->vlans; i++) {
		struct mac c = net_client(i);

		bat_tt_vlan_encode(w, &(struct bat_tt_vlan) { .crc = bat_tt_crc(&c, vid_of(i), 0),
							      .vid = vid_of(i) });
	}
	for (int i = 1; i <= t->clients; i++)
		bat_tt_change_encode(
			w, &(struct bat_tt_change) { .mac = net_client(i), .vid = vid_of(i) });
	bat_tvlv_end(w, mark);
}

static void far_ogm(struct net *n, uint32_t seqno, struct table t)
{
	struct bat_ogm o = { .ttl = 40, .tq = 255, .seqno = seqno, .orig = far, .prev = far };
	uint8_t frame[200], tvlv[100];
	struct wr w = wr_init(frame, sizeof(frame)), v = wr_init(tvlv, sizeof(tvlv));
	struct mac from = net_mac(0, 0);

	t.flags = BAT_TT_DIFF;
	table_encode(&v, &t);
	o.tvlv = rd_init(tvlv, wr_len(&v));
	bat_eth_encode(&w, &MAC_BROADCAST, &from);
	bat_ogm_encode(&w, &o);
	net_inject(n, 1, 0, frame, wr_len(&w));
}

/* A table in a unicast packet that comes to node 1 by that port. */
static void table_packet(struct net *n, int port, const struct mac *src, const struct mac *dst,
			 struct table t)
{
	struct mac to = net_mac(1, port), from = port ? net_mac(2, 0) : net_mac(0, 0);
	uint8_t frame[200], tvlv[100];
	struct wr w = wr_init(frame, sizeof(frame)), v = wr_init(tvlv, sizeof(tvlv));

	table_encode(&v, &t);
	bat_eth_encode(&w, &to, &from);
	bat_tvlv_packet_encode(&w, dst, src, (uint16_t)wr_len(&v));
	wr_bytes(&w, tvlv, wr_len(&v));
	net_inject(n, 1, port, frame, wr_len(&w));
}

/* F is known with this table. */
static void far_known(struct net *n, struct table t)
{
	struct mac own = net_mac(1, 0);
	unsigned int since;

	far_ogm(n, 1, t);
	net_run(n, USEC_S);
	since = n->tail;
	far_ogm(n, 2, (struct table) { .ttvn = t.ttvn, .vlans = t.vlans });
	assert_int_equal(request(n, since), BAT_TT_REQUEST | BAT_TT_FULL);
	t.flags = BAT_TT_RESPONSE | BAT_TT_FULL;
	table_packet(n, 0, &far, &own, t);
}

/* ---- requests ---- */

struct lossy {
	bool ogms; /* those of node 0 get lost */
};

static bool lose(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	const struct lossy *l = arg;

	(void)n, (void)to, (void)len;
	return l->ogms && from == 0 && frame[PACKET] == BAT_TYPE_OGM;
}

/* Who has missed the diff of one version asks for that, who has missed more asks for everything. */
static void test_diff_or_everything(void **state)
{
	struct net *n = chain();
	struct lossy l = { 0 };
	struct told t = { 0 };

	(void)state;
	n->drop = lose;
	n->arg = &l;
	for (int versions = 1; versions <= 2; versions++) {
		uint8_t full = versions > 1 ? BAT_TT_FULL : 0;
		unsigned int since = n->tail;

		l.ogms = true;
		for (int i = 0; i < versions; i++) {
			struct mac c = net_client(10 * versions + i);

			seen(n, 0, &c, 0);
			net_run(n, 5 * USEC_S);
		}
		l.ogms = false;
		net_run(n, 1200 * USEC_MS);
		assert_int_equal(request(n, since), BAT_TT_REQUEST | full);
		assert_true(told(n, since, 0, 0, &t));
		assert_int_equal(t.tt.flags, BAT_TT_RESPONSE | full);
		/* the last change, or what node 0 has: itself and all of these */
		assert_int_equal(rd_left(&t.tt.changes) / BAT_TT_CHANGE, full ? 4 : 1);
	}
	net_free(n);
}

/* At the wrap from 255 to 0 everything is asked for, as kernels do. */
static void test_wrap(void **state)
{
	struct net *n = chain();
	unsigned int since;

	(void)state;
	far_known(n, (struct table) { .ttvn = 254, .clients = 1, .vlans = 1 });
	since = n->tail;
	far_ogm(n, 3, (struct table) { .ttvn = 255, .clients = 1, .vlans = 1 });
	assert_int_equal(request(n, since), 0);
	far_ogm(n, 4, (struct table) { .ttvn = 0, .clients = 1, .vlans = 1 });
	assert_int_equal(request(n, since), BAT_TT_REQUEST | BAT_TT_FULL);
	net_free(n);
}

/* A VLAN that we have, and that is not announced any more. */
static void test_excess_vlan(void **state)
{
	struct net *n = chain();
	unsigned int since;

	(void)state;
	far_known(n, (struct table) { .ttvn = 5, .clients = 2, .vlans = 2 });
	since = n->tail;
	far_ogm(n, 3, (struct table) { .ttvn = 5, .vlans = 2 });
	assert_int_equal(request(n, since), 0);
	far_ogm(n, 4, (struct table) { .ttvn = 5, .vlans = 1 });
	assert_int_equal(request(n, since), BAT_TT_REQUEST | BAT_TT_FULL);
	net_free(n);
}

/* ---- answers ---- */

/* Node 2 asks for the table of F: does node 1 answer for it, or pass the question on? */
static bool answered(struct net *n, struct table t)
{
	struct mac asker = net_mac(2, 0);
	unsigned int since = n->tail;
	struct told got = { 0 };

	t.flags |= BAT_TT_REQUEST;
	table_packet(n, 1, &asker, &far, t);
	assert_true(told(n, since, 1, 0, &got));
	assert_null(net_sent(n, since, 1, BAT_TYPE_TVLV, 1));
	if (got.wire == 0) {
		assert_int_equal(got.tt.flags, t.flags);
		assert_int_equal(got.ttl, BAT_TTL - 1);
		return false;
	}
	assert_true(mac_eq(&got.src, &far));
	assert_int_equal(got.tt.flags, BAT_TT_RESPONSE | BAT_TT_FULL);
	assert_int_equal(got.tt.ttvn, t.ttvn);
	return true;
}

static void test_answers_for_others(void **state)
{
	struct net *n = chain();

	(void)state;
	far_known(n, (struct table) { .ttvn = 5, .clients = 2, .vlans = 2 });
	assert_true(answered(n, (struct table) { .ttvn = 5, .vlans = 2 }));
	assert_true(answered(n, (struct table) { .ttvn = 5, .vlans = 2, .flags = BAT_TT_FULL }));
	/* another version, or not the same table */
	assert_false(answered(n, (struct table) { .ttvn = 6, .vlans = 2 }));
	assert_false(answered(n, (struct table) { .ttvn = 5, .vlans = 1 }));
	net_free(n);
}

static void test_no_answer_of_nothing(void **state)
{
	struct net *n = chain();

	(void)state;
	far_known(n, (struct table) { .ttvn = 5 });
	assert_false(answered(n, (struct table) { .ttvn = 5, .flags = BAT_TT_FULL }));
	net_free(n);
}

/* A client belongs to our table when its version is announced. */
static void test_new_client_is_not_in_the_table(void **state)
{
	struct net *n = chain();
	struct mac c = net_client(1), own = net_mac(1, 0), asker = net_mac(2, 0);
	struct table ask = { .flags = BAT_TT_REQUEST | BAT_TT_FULL };
	struct told t = { 0 };
	unsigned int since;

	(void)state;
	for (size_t entries = 1; entries <= 2; entries++) {
		since = n->tail;
		table_packet(n, 1, &asker, &own, ask);
		seen(n, 1, &c, 0);
		table_packet(n, 1, &asker, &own, ask);
		for (unsigned int k = 0; k < 2; k++) {
			assert_true(told(n, since, 1, k, &t));
			assert_int_equal(rd_left(&t.tt.changes), entries * BAT_TT_CHANGE);
		}
		net_run(n, 2 * USEC_S);
	}
	net_free(n);
}

/* ---- advertisements ---- */

static void test_told_client_ages(void **state)
{
	struct net *n = chain();
	struct mac c = net_client(1), own = net_mac(1, 0), from = net_mac(0, 0), at;
	uint8_t frame[100];
	struct wr w = wr_init(frame, sizeof(frame));
	size_t mark;

	(void)state;
	bat_eth_encode(&w, &own, &from);
	bat_tvlv_packet_encode(&w, &own, &from, BAT_TVLV_HEADER + 8);
	mark = bat_tvlv_begin(&w, BAT_TVLV_ROAM, 1);
	wr_mac(&w, &c);
	wr_u16(&w, 0);
	bat_tvlv_end(&w, mark);
	net_inject(n, 1, 0, frame, wr_len(&w));
	/* no OGM confirms it */
	net_run(n, 595 * USEC_S);
	assert_int_equal(batman_lookup(n->node[1].b, &c, 0, &at), 0);
	net_run(n, 15 * USEC_S);
	assert_int_equal(batman_lookup(n->node[1].b, &c, 0, &at), -ENOENT);
	net_free(n);
}

static void test_five_advertisements(void **state)
{
	struct net *n = chain();
	struct mac c = net_client(1);
	usec_t first = 0;

	(void)state;
	for (unsigned int i = 1; i <= 6; i++) {
		seen(n, 0, &c, 0);
		net_run(n, 1500 * USEC_MS);
		first = first ? first : n->now;
		seen(n, 1, &c, 0);
		net_run(n, 1500 * USEC_MS);
		assert_int_equal(counter(n, 1, BATMAN_COUNT_TT_ROAM_TX), i < 6 ? i : 5);
	}
	seen(n, 0, &c, 0);
	net_run(n, first + 21 * USEC_S - n->now);
	seen(n, 1, &c, 0);
	net_run(n, USEC_S);
	assert_int_equal(counter(n, 1, BATMAN_COUNT_TT_ROAM_TX), 6);
	net_free(n);
}

/* ---- size ---- */

static struct mac many(int i)
{
	return (struct mac) { { 6, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i } };
}

static int local_count(const struct net *n, int node)
{
	struct batman_client c;
	int count = 0;

	for (uint32_t i = 0; batman_local_next(n->node[node].b, &i, &c);)
		count++;
	return count;
}

/* As many as fit into the packet that carries them, to the last byte. */
static void test_full_table(void **state)
{
	struct net *n = chain();
	struct mac c = many(0);
	uint32_t own = 0, theirs = 1;
	struct mac first = net_mac(0, 0);

	(void)state;
	for (int i = 1; i < 1677; i++) {
		c = many(i);
		seen(n, 0, &c, 0);
	}
	assert_int_equal(local_count(n, 0), 1677);
	c = many(1677);
	assert_int_equal(batman_client_seen(n->node[0].b, &c, 0, n->now), -ENOSPC);
	net_run(n, 10 * USEC_S);
	assert_true(batman_crc(n->node[0].b, NULL, 0, &own));
	assert_true(batman_crc(n->node[1].b, &first, 0, &theirs));
	assert_int_equal(own, theirs);
	/* a VLAN takes room too */
	c = many(1);
	batman_client_gone(n->node[0].b, &c, 0, n->now);
	net_run(n, 2 * USEC_S);
	assert_int_equal(batman_client_seen(n->node[0].b, &c, TAGGED, n->now), -ENOSPC);
	c = many(2);
	batman_client_gone(n->node[0].b, &c, 0, n->now);
	net_run(n, 2 * USEC_S);
	assert_int_equal(batman_client_seen(n->node[0].b, &c, TAGGED, n->now), 0);
	net_free(n);
}

/* A port that carries less: who has been silent for longest goes. */
static void test_smaller_port(void **state)
{
	struct net *n = chain();
	struct mac first = net_mac(0, 0), c;
	uint32_t own = 0, theirs = 1;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 500; i++) {
			c = many(500 * round + i);
			seen(n, 0, &c, 0);
		}
		net_run(n, 10 * USEC_S);
	}
	assert_int_equal(local_count(n, 0), 1001);
	batman_port_set_mtu(n->node[0].b, 0, 600);
	net_run(n, 10 * USEC_S);
	/* of 770 places */
	assert_int_equal(local_count(n, 0), 501);
	assert_int_equal(batman_lookup(n->node[0].b, &c, 0, &first), 0);
	first = net_mac(0, 0);
	assert_true(batman_crc(n->node[0].b, NULL, 0, &own));
	assert_true(batman_crc(n->node[1].b, &first, 0, &theirs));
	assert_int_equal(own, theirs);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff_or_everything),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_excess_vlan),
		cmocka_unit_test(test_answers_for_others),
		cmocka_unit_test(test_no_answer_of_nothing),
		cmocka_unit_test(test_new_client_is_not_in_the_table),
		cmocka_unit_test(test_told_client_ages),
		cmocka_unit_test(test_five_advertisements),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_smaller_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
