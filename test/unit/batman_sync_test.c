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

static const struct mac far = { { 2, 9, 0, 0, 0, 1 } }, stranger = { { 2, 9, 0, 0, 0, 2 } };

static struct net *chain(void)
{
	struct net *n = net_chain(3);

	net_run(n, 20 * USEC_S);
	return n;
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

static int local_count(const struct net *n, int node)
{
	struct batman_client c;
	int count = 0;

	for (uint32_t i = 0; batman_local_next(n->node[node].b, &i, &c);)
		count++;
	return count;
}

static int clients_of(const struct net *n, int node, const struct mac *orig)
{
	struct batman_claim c;
	int count = 0;

	for (uint32_t i = 0; batman_claim_next(n->node[node].b, &i, &c);)
		count += mac_eq(&c.client.orig, orig);
	return count;
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

			net_seen(n, 0, &c, 0);
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

/* A question that cannot be sent counts as none. The next one waits all the same. */
static void test_request_too_long_for_the_port(void **state)
{
	struct net *n = chain();
	uint64_t sent, too_big;
	unsigned int since;

	(void)state;
	far_known(n, (struct table) { .ttvn = 5, .clients = 1, .vlans = 1 });
	sent = net_counter(n, 1, BATMAN_COUNT_TT_REQUEST_TX);
	too_big = net_counter(n, 1, BATMAN_COUNT_DROP_TOO_BIG);
	batman_port_set_mtu(n->node[1].b, 0, BAT_FRAG_HEADER);
	since = n->tail;
	far_ogm(n, 3, (struct table) { .ttvn = 7, .vlans = 1 });
	assert_int_equal(request(n, since), 0);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_TOO_BIG), too_big + 1);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_REQUEST_TX), sent);
	batman_port_set_mtu(n->node[1].b, 0, 1500);
	far_ogm(n, 4, (struct table) { .ttvn = 7, .vlans = 1 });
	assert_int_equal(request(n, since), 0);
	net_run(n, USEC_S / 2);
	since = n->tail;
	far_ogm(n, 5, (struct table) { .ttvn = 7, .vlans = 1 });
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

/* Node 1 repeats tables of others no oftener than its own: then it says nothing, and does not leave
 * the work to the next node either. */
static void test_answers_for_others_are_bounded(void **state)
{
	struct table ask = { .ttvn = 5, .flags = BAT_TT_REQUEST, .vlans = 1 };
	struct net *n = chain();
	struct mac asker = net_mac(2, 0);
	uint64_t answers;
	unsigned int since;

	(void)state;
	far_known(n, (struct table) { .ttvn = 5, .clients = 1, .vlans = 1 });
	net_run(n, 10 * USEC_S);
	answers = net_counter(n, 1, BATMAN_COUNT_TT_RESPONSE_TX);
	/* 1 kB each */
	for (int i = 0; i < 2048; i++)
		table_packet(n, 1, &asker, &far, ask);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_RESPONSE_TX), answers + 2048);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_RESPONSE_RATE), 0);
	since = n->tail;
	table_packet(n, 1, &asker, &far, ask);
	assert_int_equal(n->tail, since);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_RESPONSE_RATE), 1);
	net_run(n, 4 * USEC_MS);
	assert_true(answered(n, (struct table) { .ttvn = 5, .vlans = 1 }));
	net_free(n);
}

static struct mac many(int i)
{
	return (struct mac) { { 6, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i } };
}

#define WIDE 1200 /* clients of F, each in a VLAN of its own */

/* The table with those VLANs or those clients (never both: no packet holds that) comes to node 1.
 */
static void wide_packet(struct net *n, int port, const struct mac *src, const struct mac *dst,
			uint8_t flags)
{
	size_t room = BAT_TVLV_PACKET + 100 + (size_t)WIDE * BAT_TT_CHANGE, mark;
	struct mac to = net_mac(1, port), from = port ? net_mac(2, 0) : net_mac(0, 0);
	bool asks = flags & BAT_TT_REQUEST;
	uint8_t *frame = malloc(room), *tvlv = malloc(room);
	struct wr w = wr_init(frame, room), v = wr_init(tvlv, room);

	mark = bat_tvlv_begin(&v, BAT_TVLV_TT, 1);
	bat_tt_encode(&v, flags, 5, asks ? WIDE : 0);
	for (int i = 1; i <= WIDE; i++) {
		uint16_t vid = (uint16_t)(BATMAN_VID_TAGGED | i);
		struct mac c = many(i);

		if (asks)
			bat_tt_vlan_encode(&v, &(struct bat_tt_vlan) {
						       .crc = bat_tt_crc(&c, vid, 0), .vid = vid });
		else
			bat_tt_change_encode(&v, &(struct bat_tt_change) { .mac = c, .vid = vid });
	}
	bat_tvlv_end(&v, mark);
	bat_eth_encode(&w, &to, &from);
	bat_tvlv_packet_encode(&w, dst, src, (uint16_t)wr_len(&v));
	wr_bytes(&w, tvlv, wr_len(&v));
	assert_true(wr_len(&w) > 0);
	net_inject(n, 1, port, frame, wr_len(&w));
	free(frame);
	free(tvlv);
}

/* A table that no packet holds with all of its VLANs: whoever has it passes the question on. */
static void test_table_too_wide_to_repeat(void **state)
{
	struct net *n = chain();
	struct mac own = net_mac(1, 0), asker = net_mac(2, 0);
	uint64_t answers, too_big;
	unsigned int since;

	(void)state;
	far_known(n, (struct table) { .ttvn = 4, .clients = 1, .vlans = 1 });
	wide_packet(n, 0, &far, &own, BAT_TT_RESPONSE | BAT_TT_FULL);
	assert_int_equal(clients_of(n, 1, &far), WIDE);
	answers = net_counter(n, 1, BATMAN_COUNT_TT_RESPONSE_TX);
	too_big = net_counter(n, 1, BATMAN_COUNT_DROP_TOO_BIG);
	since = n->tail;
	wide_packet(n, 1, &asker, &far, BAT_TT_REQUEST | BAT_TT_FULL);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_RESPONSE_TX), answers);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_TOO_BIG), too_big + 1);
	/* 9628 bytes in pieces, all of them to node 0 */
	assert_int_equal(net_sent_count(n, since, 1, BAT_TYPE_FRAG), 8);
	for (unsigned int k = 0; k < 8; k++)
		assert_int_equal(net_sent(n, since, 1, BAT_TYPE_FRAG, k)->wire, 0);
	assert_int_equal(n->tail - since, 8);
	net_free(n);
}

/* An answer of a node that we do not know, and one that a stranger wants of us. */
static void test_strangers(void **state)
{
	struct net *n = chain();
	struct mac own = net_mac(1, 0), c = net_client(1), at;
	uint64_t before = net_counter(n, 1, BATMAN_COUNT_DROP_UNKNOWN_ORIGINATOR);
	unsigned int since = n->tail;

	(void)state;
	table_packet(n, 0, &stranger, &own,
		     (struct table) { .ttvn = 5,
				      .flags = BAT_TT_RESPONSE | BAT_TT_FULL,
				      .clients = 1,
				      .vlans = 1 });
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_UNKNOWN_ORIGINATOR), before + 1);
	assert_int_equal(batman_lookup(n->node[1].b, &c, 0, &at), -ENOENT);
	before = net_counter(n, 1, BATMAN_COUNT_TT_REQUEST_RX);
	table_packet(n, 0, &stranger, &own,
		     (struct table) { .flags = BAT_TT_REQUEST | BAT_TT_FULL });
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_REQUEST_RX), before + 1);
	assert_int_equal(n->tail, since);
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
		net_seen(n, 1, &c, 0);
		table_packet(n, 1, &asker, &own, ask);
		for (unsigned int k = 0; k < 2; k++) {
			assert_true(told(n, since, 1, k, &t));
			assert_int_equal(rd_left(&t.tt.changes), entries * BAT_TT_CHANGE);
		}
		net_run(n, 2 * USEC_S);
	}
	net_free(n);
}

/* Everything, too, where the diff asked for is that of another version, or none is kept. */
static void test_no_diff_to_answer_with(void **state)
{
	struct net *n = chain();
	struct mac own = net_mac(1, 0), asker = net_mac(2, 0);
	struct table ask = { .flags = BAT_TT_REQUEST };
	struct told t = { 0 };
	unsigned int since;

	(void)state;
	for (uint8_t older = 0; older < 2; older++) {
		since = n->tail;
		ask.ttvn = (uint8_t)(batman_ttvn(n->node[1].b) - older);
		table_packet(n, 1, &asker, &own, ask);
		assert_true(told(n, since, 1, 0, &t));
		assert_int_equal(t.tt.flags, BAT_TT_RESPONSE | (older ? BAT_TT_FULL : 0));
	}
	/* more than the changes of one version, and than a packet holds */
	for (int i = 0; i < 130; i++) {
		struct mac c = net_client(i);

		net_seen(n, 1, &c, 0);
	}
	net_run(n, 2 * USEC_S);
	since = n->tail;
	ask.ttvn = batman_ttvn(n->node[1].b);
	table_packet(n, 1, &asker, &own, ask);
	assert_int_equal(net_sent_count(n, since, 1, BAT_TYPE_FRAG), 2);
	net_free(n);
}

/* ---- advertisements ---- */

/* Node 1 is told by orig that it has this client now, in a container of that length. */
static void roam_packet(struct net *n, const struct mac *orig, const struct mac *client, size_t len)
{
	struct mac own = net_mac(1, 0), from = net_mac(0, 0);
	uint8_t frame[100];
	struct wr w = wr_init(frame, sizeof(frame));
	size_t mark;

	bat_eth_encode(&w, &own, &from);
	bat_tvlv_packet_encode(&w, &own, orig, (uint16_t)(BAT_TVLV_HEADER + len));
	mark = bat_tvlv_begin(&w, BAT_TVLV_ROAM, 1);
	wr_mac(&w, client);
	wr_zero(&w, len - sizeof(*client));
	bat_tvlv_end(&w, mark);
	net_inject(n, 1, 0, frame, wr_len(&w));
}

static void test_told_client_ages(void **state)
{
	struct net *n = chain();
	struct mac c = net_client(1), from = net_mac(0, 0), at;

	(void)state;
	roam_packet(n, &from, &c, 8);
	/* no OGM confirms it */
	net_run(n, 595 * USEC_S);
	assert_int_equal(batman_lookup(n->node[1].b, &c, 0, &at), 0);
	net_run(n, 15 * USEC_S);
	assert_int_equal(batman_lookup(n->node[1].b, &c, 0, &at), -ENOENT);
	net_free(n);
}

static void test_advertisements_that_tell_nothing(void **state)
{
	struct mac c = net_client(1), from = net_mac(0, 0), group = { { 7, 0, 0, 0, 0, 1 } }, at;
	struct net *n = chain();

	(void)state;
	net_seen(n, 1, &c, 0);
	/* cut short, or no client's MAC */
	roam_packet(n, &from, &c, 7);
	roam_packet(n, &from, &group, 8);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_MALFORMED), 2);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_ROAM_RX), 0);
	/* nobody knows who says so */
	roam_packet(n, &stranger, &c, 8);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_ROAM_RX), 1);
	assert_true(net_knows(n, 1, &c, 1));
	assert_null(net_event(n, 1, BATMAN_CLIENT_MOVED));
	assert_int_equal(batman_lookup(n->node[1].b, &group, 0, &at), -ENOENT);
	roam_packet(n, &from, &c, 8);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_ROAM_RX), 2);
	assert_true(net_knows(n, 1, &c, 0));
	assert_non_null(net_event(n, 1, BATMAN_CLIENT_MOVED));
	net_free(n);
}

/* More clients come in 20 s than can be counted: they are served, and not advertised. */
static void test_more_advertisements_than_places(void **state)
{
	struct batman_limits limits = { .clients_local = 4 };
	struct batman_conf conf = net_conf(1);
	struct net *n = chain();
	struct net_node *x = &n->node[1];

	(void)state;
	batman_free(x->b);
	x->b = batman_new(&conf, &limits, &x->q, rng_init(2), n->now);
	net_port(n, 1, 0, 0, false);
	net_port(n, 1, 1, 1, false);
	for (int i = 1; i <= 6; i++) {
		struct mac c = net_client(i);

		net_seen(n, 0, &c, 0);
	}
	net_run(n, 10 * USEC_S);
	for (int i = 1; i <= 6; i++) {
		struct mac c = net_client(i);

		if (i == 6)
			net_run(n, 26 * USEC_S);
		assert_true(net_knows(n, 1, &c, 0));
		net_seen(n, 1, &c, 0);
		assert_true(net_knows(n, 1, &c, 1));
		assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_ROAM_TX), i < 5 ? i : i - 1);
		assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FULL_OTHER), i >= 5);
		assert_int_equal(batman_client_gone(x->b, &c, 0, n->now), 0);
	}
	net_free(n);
}

/* A node without a port has nobody to tell, and no name to tell it by. */
static void test_no_advertisement_without_ports(void **state)
{
	struct mac c = net_client(1), from = net_mac(0, 0);
	struct bat_ogm o = { .ttl = 40, .tq = 255, .orig = stranger, .prev = stranger };
	struct bat_unicast h = { .type = BAT_TYPE_4ADDR,
				 .ttl = 50,
				 .dst = net_mac(1, 0),
				 .src = stranger,
				 .subtype = BAT_4ADDR_DATA };
	struct net *n = chain();
	uint8_t frame[200], inner[100];
	struct wr w = wr_init(frame, sizeof(frame));

	(void)state;
	/* an OGM makes it known, but there is no way to it; a frame tells that it has a client */
	bat_eth_encode(&w, &MAC_BROADCAST, &stranger);
	bat_ogm_encode(&w, &o);
	net_inject(n, 1, 0, frame, wr_len(&w));
	w = wr_init(frame, sizeof(frame));
	h.ttvn = batman_ttvn(n->node[1].b);
	bat_eth_encode(&w, &h.dst, &from);
	bat_unicast_encode(&w, &h);
	wr_bytes(&w, inner, net_frame(inner, &MAC_BROADCAST, &c, 0, 1, sizeof(inner)));
	net_inject(n, 1, 0, frame, wr_len(&w));
	assert_int_equal(clients_of(n, 1, &stranger), 1);
	for (uint16_t port = 0; port < 2; port++)
		assert_int_equal(batman_port_remove(n->node[1].b, port, n->now), 0);
	assert_int_equal(clients_of(n, 1, &stranger), 1);
	net_seen(n, 1, &c, 0);
	assert_int_equal(local_count(n, 1), 2);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_ROAM_TX), 0);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_NO_ROUTE), 0);
	net_free(n);
}

static void test_five_advertisements(void **state)
{
	struct net *n = chain();
	struct mac c = net_client(1);
	usec_t first = 0;

	(void)state;
	for (unsigned int i = 1; i <= 6; i++) {
		net_seen(n, 0, &c, 0);
		net_run(n, 1500 * USEC_MS);
		first = first ? first : n->now;
		net_seen(n, 1, &c, 0);
		net_run(n, 1500 * USEC_MS);
		assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_ROAM_TX), i < 6 ? i : 5);
	}
	net_seen(n, 0, &c, 0);
	net_run(n, first + 21 * USEC_S - n->now);
	net_seen(n, 1, &c, 0);
	net_run(n, USEC_S);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_TT_ROAM_TX), 6);
	net_free(n);
}

/* ---- size ---- */

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
		net_seen(n, 0, &c, 0);
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
			net_seen(n, 0, &c, 0);
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

/* Who only says, unasked, that F has so many clients does not keep us from asking F. */
static void test_unasked_table_too_large(void **state)
{
	struct table t = { .ttvn = 7, .flags = BAT_TT_RESPONSE | BAT_TT_FULL, .clients = 5 };
	struct mac own = net_mac(1, 0);
	struct net *n = net_new();
	unsigned int since;

	(void)state;
	net_boot(n, 0, NULL);
	net_boot_small(n, 1, 3);
	net_link(n, 0, 0, 0, 1, 0);
	net_run(n, 20 * USEC_S);
	far_known(n, (struct table) { .ttvn = 7, .clients = 1, .vlans = 1 });
	table_packet(n, 0, &far, &own, t);
	assert_true(net_counter(n, 1, BATMAN_COUNT_FULL_CLIENTS_GLOBAL) > 0);
	since = n->tail;
	far_ogm(n, 3, (struct table) { .ttvn = 7, .vlans = 1 });
	assert_int_equal(request(n, since), BAT_TT_REQUEST | BAT_TT_FULL);
	/* and now it was asked */
	table_packet(n, 0, &far, &own, t);
	since = n->tail;
	far_ogm(n, 4, (struct table) { .ttvn = 7, .vlans = 1 });
	assert_int_equal(request(n, since), 0);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff_or_everything),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_excess_vlan),
		cmocka_unit_test(test_request_too_long_for_the_port),
		cmocka_unit_test(test_answers_for_others),
		cmocka_unit_test(test_no_answer_of_nothing),
		cmocka_unit_test(test_answers_for_others_are_bounded),
		cmocka_unit_test(test_table_too_wide_to_repeat),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_new_client_is_not_in_the_table),
		cmocka_unit_test(test_no_diff_to_answer_with),
		cmocka_unit_test(test_told_client_ages),
		cmocka_unit_test(test_advertisements_that_tell_nothing),
		cmocka_unit_test(test_more_advertisements_than_places),
		cmocka_unit_test(test_no_advertisement_without_ports),
		cmocka_unit_test(test_five_advertisements),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_smaller_port),
		cmocka_unit_test(test_unasked_table_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
