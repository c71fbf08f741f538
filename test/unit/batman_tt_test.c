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

static struct net *chain(int count)
{
	struct net *n = net_new();

	for (int i = 0; i < count; i++)
		net_boot(n, i, NULL);
	for (int i = 0; i + 1 < count; i++) {
		net_port(n, i, i ? 1 : 0, i, false);
		net_port(n, i + 1, 0, i, false);
	}
	return n;
}

static void seen(struct net *n, int node, const struct mac *client)
{
	assert_int_equal(batman_client_seen(n->node[node].b, client, 0, n->now), 0);
	net_pump(n, node);
}

static uint64_t counter(const struct net *n, int node, enum batman_counter id)
{
	return batman_counter(n->node[node].b, id);
}

static uint64_t requests(const struct net *n, int count)
{
	uint64_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += counter(n, i, BATMAN_COUNT_TT_REQUEST_TX);
	return sum;
}

static void assert_equal_tables(const struct net *n, int count)
{
	for (int i = 0; i < count; i++) {
		struct mac m = net_mac(i, 0);
		uint32_t own = 0, seen_as = 1;

		assert_true(batman_crc(n->node[i].b, NULL, 0, &own));
		for (int j = 0; j < count; j++) {
			struct batman_orig o;

			if (i == j)
				continue;
			assert_true(batman_orig_find(n->node[j].b, &m, &o));
			assert_int_equal(o.ttvn, batman_ttvn(n->node[i].b));
			assert_true(batman_crc(n->node[j].b, &m, 0, &seen_as));
			assert_int_equal(own, seen_as);
		}
	}
}

static void test_join_and_leave(void **state)
{
	struct net *n = chain(3);
	struct mac c = net_client(1), d = net_client(2);
	uint64_t before;

	(void)state;
	net_run(n, 10 * USEC_S);
	assert_equal_tables(n, 3);
	before = requests(n, 3);
	seen(n, 0, &c);
	net_run(n, 3 * USEC_S);
	assert_true(net_knows(n, 2, &c, 0));
	assert_equal_tables(n, 3);
	assert_int_equal(batman_client_gone(n->node[0].b, &c, 0, n->now), 0);
	/* it stays in the table until the next OGM, but frames do not reach it */
	net_run(n, 3 * USEC_S);
	assert_false(net_knows(n, 2, &c, 0));
	assert_equal_tables(n, 3);
	/* all that went without a question */
	assert_int_equal(requests(n, 3), before);
	/* in and out within one interval changes nothing */
	net_run(n, 100 * USEC_MS);
	seen(n, 0, &c);
	batman_client_gone(n->node[0].b, &c, 0, n->now);
	net_run(n, 3 * USEC_S);
	assert_equal_tables(n, 3);
	assert_int_equal(requests(n, 3), before);
	/* idle ones go after 600 s if nothing else tells that they are here */
	net_send(n, 0, &MAC_BROADCAST, &c, 1, 100);
	seen(n, 0, &d);
	net_run(n, 590 * USEC_S);
	assert_true(net_knows(n, 2, &c, 0));
	net_run(n, 30 * USEC_S);
	assert_false(net_knows(n, 2, &c, 0));
	assert_true(net_knows(n, 2, &d, 0));
	assert_equal_tables(n, 3);
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
	struct net *n = chain(3);
	struct lossy l = { .to = 2, .percent = 100, .rng = rng_init(1) };
	struct mac c = net_client(1);
	uint64_t asked;

	(void)state;
	n->drop = lose;
	n->arg = &l;
	net_run(n, 30 * USEC_S);
	asked = counter(n, 2, BATMAN_COUNT_TT_REQUEST_TX);
	seen(n, 0, &c);
	/* the diff is repeated 4 times; all of them are lost */
	l.until = n->now + 8 * USEC_S;
	net_run(n, 8 * USEC_S);
	assert_false(net_knows(n, 2, &c, 0));
	net_run(n, 5 * USEC_S);
	assert_true(net_knows(n, 2, &c, 0));
	assert_equal_tables(n, 3);
	assert_int_equal(counter(n, 2, BATMAN_COUNT_TT_REQUEST_TX), asked + 1);
	/* the node between has the same table and answers for it */
	assert_true(counter(n, 1, BATMAN_COUNT_TT_RESPONSE_TX) > 0);
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
	struct net *n = chain(2);
	struct lost_requests l = { 0 };
	struct mac c = net_client(1);

	(void)state;
	net_run(n, 30 * USEC_S);
	n->drop = lose_requests;
	n->arg = &l;
	for (unsigned int lost = 0; lost <= 2; lost++) {
		seen(n, 0, &c);
		l = (struct lost_requests) { .ogms = true, .left = lost };
		net_run(n, 5 * USEC_S);
		l.ogms = false;
		net_run(n, (1 + lost) * 1100 * USEC_MS);
		assert_true(net_knows(n, 1, &c, 0));
		assert_int_equal(l.all, lost + 1);
		batman_client_gone(n->node[0].b, &c, 0, n->now);
		net_run(n, 5 * USEC_S);
		assert_equal_tables(n, 2);
	}
	seen(n, 0, &c);
	l = (struct lost_requests) { .ogms = true, .left = 1000 };
	net_run(n, 5 * USEC_S);
	l.ogms = false;
	net_run(n, 60 * USEC_S);
	assert_in_range(l.all, 60 / 4, 60 / 3 + 3);
	l.left = 0;
	net_run(n, 5 * USEC_S);
	assert_equal_tables(n, 2);
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
	seen(n, 0, &c);
	net_run(n, 5 * USEC_S);
	seen(n, 0, &d);
	net_run(n, 10 * USEC_S);
	net_boot(n, 1, NULL);
	net_port(n, 1, 0, 0, false);
	for (usec_t until = n->now + 5 * USEC_S; n->now < until && !net_tq(n, 1, 0);)
		net_run(n, USEC_MS);
	net_run(n, USEC_MS);
	assert_true(net_knows(n, 1, &c, 0));
	assert_true(net_knows(n, 1, &d, 0));
	assert_int_equal(requests(n, 2), 1);
	net_free(n);
}

static void test_heavy_loss(void **state)
{
	struct net *n = chain(4);
	struct lossy l = { .to = -1, .percent = 30, .rng = rng_init(7), .until = USEC_NEVER };

	(void)state;
	n->drop = lose;
	n->arg = &l;
	for (int round = 0; round < 200; round++) {
		struct mac c = net_client(round % 20);

		seen(n, (int)rng_below(&l.rng, 4), &c);
		net_run(n, 700 * USEC_MS);
	}
	l.until = n->now;
	net_run(n, 60 * USEC_S);
	assert_equal_tables(n, 4);
	net_free(n);
}

static void test_roam(void **state)
{
	struct net *n = chain(4);
	struct mac c = net_client(1), d = net_client(2);
	uint64_t asked;

	(void)state;
	net_run(n, 10 * USEC_S);
	seen(n, 0, &c);
	seen(n, 1, &d);
	net_run(n, 5 * USEC_S);
	asked = requests(n, 4);
	for (uint32_t tag = 1; tag <= 12; tag++) {
		int at = (int)(tag % 4), old = (int)((tag + 3) % 4);

		if (tag == 1)
			old = 0;
		n->node[old].event_count = 0;
		seen(n, at, &c);
		/* before any OGM: the old node knows, and frames find their way */
		net_run(n, 5 * USEC_MS);
		assert_non_null(net_event(n, old, BATMAN_CLIENT_MOVED));
		assert_int_equal(net_send(n, 1, &c, &d, tag, 200), at == 1 ? -ELOOP : 0);
		net_run(n, 5 * USEC_MS);
		if (at != 1)
			assert_int_equal(net_count(n, at, tag), 1);
		net_run(n, 4 * USEC_S);
		for (int i = 0; i < 4; i++)
			assert_true(net_knows(n, i, &c, at));
		assert_equal_tables(n, 4);
	}
	assert_int_equal(requests(n, 4), asked);
	net_free(n);
}

static void test_roam_back_at_once(void **state)
{
	struct net *n = chain(3);
	struct mac c = net_client(1), d = net_client(2);

	(void)state;
	net_run(n, 10 * USEC_S);
	seen(n, 0, &c);
	seen(n, 1, &d);
	net_run(n, 5 * USEC_S);
	seen(n, 2, &c);
	net_run(n, 5 * USEC_MS);
	seen(n, 0, &c);
	net_run(n, 5 * USEC_MS);
	net_send(n, 1, &c, &d, 1, 200);
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_count(n, 0, 1), 1);
	/* for good: nobody waits for an announcement that does not come */
	for (int round = 0; round < 2; round++) {
		net_run(n, round ? 620 * USEC_S : 5 * USEC_S);
		for (int i = 0; i < 3; i++)
			assert_true(net_knows(n, i, &c, 0));
		assert_equal_tables(n, 3);
	}
	net_free(n);
}

/* No advertisement came, but the node knows from elsewhere where its client went. */
static void test_roam_told_by_others(void **state)
{
	struct net *n = chain(3);
	struct mac c = net_client(1), d = net_client(2), stranger = net_client(3);
	struct mac old = net_cloud_mac(0), new = net_cloud_mac(2);
	struct batman *b = n->node[0].b;

	(void)state;
	net_run(n, 10 * USEC_S);
	seen(n, 0, &c);
	seen(n, 1, &d);
	net_run(n, 5 * USEC_S);
	assert_int_equal(batman_client_elsewhere(b, &stranger, 0, &new, n->now), -ENOENT);
	assert_int_equal(batman_client_elsewhere(b, &old, 0, &new, n->now), -ENOENT);
	assert_int_equal(batman_client_elsewhere(b, &c, 0, &stranger, n->now), -ENETUNREACH);
	assert_true(net_knows(n, 1, &c, 0));
	assert_int_equal(batman_client_elsewhere(b, &c, 0, &new, n->now), 0);
	net_pump(n, 0);
	assert_non_null(net_event(n, 0, BATMAN_CLIENT_MOVED));
	/* others still send to the old node, which passes it on */
	net_send(n, 1, &c, &d, 1, 200);
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_count(n, 0, 1), 0);
	assert_int_equal(net_count(n, 2, 1), 1);
	seen(n, 2, &c);
	net_run(n, 5 * USEC_S);
	for (int i = 0; i < 3; i++)
		assert_true(net_knows(n, i, &c, 2));
	assert_equal_tables(n, 3);
	net_free(n);
}

/* What a node announced before its client came to us, and we hear only then, is no roam away from
 * us: frames must not go back and forth. */
static void test_roam_before_diff(void **state)
{
	struct net *n = chain(3);
	struct mac c = net_client(1), d = net_client(2), new = net_cloud_mac(0);
	uint64_t forwarded;

	(void)state;
	net_run(n, 10 * USEC_S);
	seen(n, 1, &d);
	net_run(n, 5 * USEC_S);
	seen(n, 2, &c);
	for (int i = 0; i < 400 && !net_knows(n, 1, &c, 2); i++)
		net_run(n, 5 * USEC_MS);
	assert_false(net_knows(n, 0, &c, 2)); /* on its way */
	seen(n, 0, &c);
	assert_int_equal(batman_client_elsewhere(n->node[2].b, &c, 0, &new, n->now), 0);
	net_pump(n, 2);
	net_run(n, 150 * USEC_MS);
	forwarded = counter(n, 2, BATMAN_COUNT_FORWARDED);
	net_send(n, 1, &c, &d, 1, 200);
	net_run(n, 50 * USEC_MS);
	assert_int_equal(net_count(n, 0, 1), 1);
	assert_true(counter(n, 2, BATMAN_COUNT_FORWARDED) <= forwarded + 1);
	net_free(n);
}

/* The old access point says goodbye before the new one says hello: no frame is lost over that. */
static void test_roam_after_goodbye(void **state)
{
	struct net *n = chain(4);
	struct mac c = net_client(1), d = net_client(2);
	int at = 0;

	(void)state;
	net_run(n, 10 * USEC_S);
	seen(n, 0, &c);
	seen(n, 1, &d);
	net_run(n, 5 * USEC_S);
	for (uint32_t tag = 1; tag <= 180;) {
		assert_int_equal(batman_client_gone(n->node[at].b, &c, 0, n->now), 0);
		at = at == 0 ? 3 : at == 3 ? 2 : 0;
		seen(n, at, &c);
		net_run(n, 5 * USEC_MS);
		n->node[at].got_count = 0;
		for (int i = 0; i < 30; i++, tag++) {
			assert_int_equal(net_send(n, 1, &c, &d, tag, 200), 0);
			net_run(n, 100 * USEC_MS);
			assert_int_equal(net_count(n, at, tag), 1);
		}
	}
	assert_equal_tables(n, 4);
	net_free(n);
}

struct late {
	size_t len; /* 0: none yet */
	uint8_t frame[200];
};

static bool keep_roam(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	struct late *l = arg;

	(void)n;
	(void)from;
	(void)to;
	if (len <= 35 || len > sizeof(l->frame) || frame[14] != 0x44 || frame[34] != 5)
		return false;
	l->len = len;
	memcpy(l->frame, frame, len);
	return true;
}

/* The OGM that announces a client comes before the advertisement for it. */
static void test_late_advertisement(void **state)
{
	struct net *n = chain(2);
	struct mac c = net_client(1);
	struct late late = { 0 };

	(void)state;
	net_run(n, 10 * USEC_S);
	seen(n, 0, &c);
	net_run(n, 5 * USEC_S);
	n->drop = keep_roam;
	n->arg = &late;
	seen(n, 1, &c);
	net_run(n, 5 * USEC_S);
	assert_true(late.len > 0 && net_knows(n, 0, &c, 1));
	n->drop = NULL;
	net_inject(n, 0, 0, late.frame, late.len);
	net_run(n, 620 * USEC_S);
	for (int i = 0; i < 2; i++)
		assert_true(net_knows(n, i, &c, 1));
	assert_equal_tables(n, 2);
	net_free(n);
}

struct told {
	unsigned int entries, roaming; /* of whole tables that node 0 sends */
};

static bool read_tables(struct net *n, int from, int to, const uint8_t *frame, size_t len,
			void *arg)
{
	struct told *told = arg;
	struct rd r = rd_init(frame, len), v;
	struct bat_tvlv_packet p;
	struct bat_tt_change c;
	struct bat_eth eth;
	struct bat_tt tt;
	uint8_t type, version;

	(void)n;
	(void)to;
	if (from != 0 || frame[14] != BAT_TYPE_TVLV)
		return false;
	assert_true(bat_eth_decode(&r, &eth) && bat_tvlv_packet_decode(&r, &p));
	assert_true(bat_tvlv_next(&p.tvlv, &type, &version, &v) && bat_tt_decode(v, &tt));
	for (; bat_tt_change_next(&tt.changes, &c); told->entries++)
		told->roaming += (c.flags & BAT_TT_ROAM) > 0;
	return false;
}

/* Between the advertisement and the next OGM the old node's table still has the client. */
static void test_whole_table_while_roaming(void **state)
{
	struct net *n = chain(2);
	struct mac c = net_client(1), d = net_client(2), a = net_mac(0, 0), b = net_mac(1, 0);
	struct told told = { 0 };
	uint8_t frame[100];
	struct wr w = wr_init(frame, sizeof(frame));
	size_t mark;

	(void)state;
	net_run(n, 10 * USEC_S);
	seen(n, 0, &c);
	seen(n, 0, &d);
	net_run(n, 5 * USEC_S);
	n->drop = read_tables;
	n->arg = &told;
	seen(n, 1, &c);
	bat_eth_encode(&w, &a, &b);
	bat_tvlv_packet_encode(&w, &a, &b, BAT_TVLV_HEADER + BAT_TT_HEADER);
	mark = bat_tvlv_begin(&w, BAT_TVLV_TT, 1);
	bat_tt_encode(&w, BAT_TT_REQUEST | BAT_TT_FULL, batman_ttvn(n->node[0].b), 0);
	bat_tvlv_end(&w, mark);
	net_run(n, USEC_MS);
	net_inject(n, 0, 0, frame, wr_len(&w));
	net_run(n, USEC_MS);
	assert_int_equal(told.entries, 3); /* node 0 itself is one */
	assert_int_equal(told.roaming, 0);
	net_free(n);
}

static bool lose_roam(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)n;
	(void)from;
	(void)to;
	(void)arg;
	/* unicast TVLV packet with a roaming container */
	return len > 35 && frame[14] == 0x44 && frame[34] == 5;
}

static void test_lost_advertisement(void **state)
{
	struct net *n = chain(3);
	struct mac c = net_client(1);

	(void)state;
	n->drop = lose_roam;
	net_run(n, 10 * USEC_S);
	seen(n, 0, &c);
	net_run(n, 5 * USEC_S);
	seen(n, 2, &c);
	net_run(n, 5 * USEC_S);
	for (int i = 0; i < 3; i++)
		assert_true(net_knows(n, i, &c, 2));
	assert_non_null(net_event(n, 0, BATMAN_CLIENT_MOVED));
	assert_equal_tables(n, 3);
	net_free(n);
}

/* A unicast frame that was under way to node 2 when its client moved to node 1 or 0. */
static void test_stale_version(void **state)
{
	struct net *n = chain(3);
	struct mac c = net_client(1), d = net_client(2), from = net_mac(0, 0), to = net_mac(1, 0);
	struct bat_unicast h = { .type = BAT_TYPE_UNICAST, .ttl = 50, .dst = net_mac(2, 0) };
	uint8_t inner[100], frame[200];
	struct wr w = wr_init(frame, sizeof(frame));

	(void)state;
	net_run(n, 10 * USEC_S);
	seen(n, 2, &c);
	net_run(n, 5 * USEC_S);
	h.ttvn = batman_ttvn(n->node[2].b);
	seen(n, 0, &c);
	net_run(n, 5 * USEC_S);
	bat_eth_encode(&w, &to, &from);
	bat_unicast_encode(&w, &h);
	wr_bytes(&w, inner, net_frame(inner, &c, &d, 0, 77, sizeof(inner)));
	net_inject(n, 1, 0, frame, wr_len(&w));
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_count(n, 0, 77), 1);
	assert_int_equal(counter(n, 1, BATMAN_COUNT_TT_REROUTED), 1);
	/* nobody has it any more */
	batman_client_gone(n->node[0].b, &c, 0, n->now);
	net_run(n, 5 * USEC_S);
	net_inject(n, 1, 0, frame, wr_len(&w));
	assert_int_equal(counter(n, 1, BATMAN_COUNT_DROP_NO_CLIENT), 1);
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
	struct net *n = chain(3);

	(void)state;
	net_run(n, 10 * USEC_S);
	for (unsigned int ahead = 127; ahead <= 129; ahead++) {
		uint64_t forwarded = counter(n, 1, BATMAN_COUNT_FORWARDED);
		uint64_t dropped = counter(n, 1, BATMAN_COUNT_DROP_NO_CLIENT);
		uint8_t inner[100], frame[200];
		struct wr w = wr_init(frame, sizeof(frame));

		h.ttvn = (uint8_t)(batman_ttvn(n->node[2].b) + ahead);
		bat_eth_encode(&w, &to, &from);
		bat_unicast_encode(&w, &h);
		wr_bytes(&w, inner, net_frame(inner, &c, &d, 0, 1, sizeof(inner)));
		net_inject(n, 1, 0, frame, wr_len(&w));
		assert_int_equal(counter(n, 1, BATMAN_COUNT_FORWARDED) - forwarded, ahead < 129);
		assert_int_equal(counter(n, 1, BATMAN_COUNT_DROP_NO_CLIENT) - dropped,
				 ahead == 129);
	}
	net_free(n);
}

static void test_many_clients(void **state)
{
	struct net *n = chain(3);

	(void)state;
	net_run(n, 10 * USEC_S);
	for (int i = 0; i < 500; i++) {
		struct mac c = { { 6, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i } };

		seen(n, 0, &c);
	}
	net_run(n, 10 * USEC_S);
	/* too many for a diff: a table of 5 fragments */
	assert_equal_tables(n, 3);
	assert_true(counter(n, 2, BATMAN_COUNT_FRAG_RX) + counter(n, 1, BATMAN_COUNT_FRAG_RX) >= 5);
	net_free(n);
}

static void test_vlans(void **state)
{
	struct net *n = chain(3);
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
	assert_equal_tables(n, 3);
	net_free(n);
}

static void test_version_wrap(void **state)
{
	struct net *n = chain(2);
	struct mac c = net_client(1);

	(void)state;
	net_run(n, 10 * USEC_S);
	for (int i = 0; i < 300; i++) {
		if (i % 2)
			batman_client_gone(n->node[0].b, &c, 0, n->now);
		else
			seen(n, 0, &c);
		net_run(n, 1100 * USEC_MS);
	}
	net_run(n, 10 * USEC_S);
	assert_equal_tables(n, 2);
	net_free(n);
}

static void test_restart(void **state)
{
	struct net *n = chain(3);
	struct mac c = net_client(1);

	(void)state;
	seen(n, 0, &c);
	net_run(n, 40 * USEC_S);
	assert_equal_tables(n, 3);
	/* the same node comes back with empty tables and version 0 */
	net_boot(n, 0, NULL);
	net_port(n, 0, 0, 0, false);
	seen(n, 0, &c);
	net_run(n, 20 * USEC_S);
	assert_equal_tables(n, 3);
	assert_true(net_knows(n, 2, &c, 0));
	net_free(n);
}

static void test_fixed_stays(void **state)
{
	struct net *n = chain(2);
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
		seen(n, at[c], &m);
	}
	net_run(n, 5 * USEC_S);
	asked = requests(n, 5);
	for (uint32_t tag = 1; tag <= 300; tag++) {
		int c = (int)(tag % 6), from = (int)((tag + 1) % 6);
		struct mac m = net_client(c), f = net_client(from);

		at[c] = (at[c] + 1 + (int)rng_below(&rng, 4)) % 5;
		/* an association, or a first frame */
		if (tag % 2)
			seen(n, at[c], &m);
		else
			net_send(n, at[c], &MAC_BROADCAST, &m, 1000 + tag, 80);
		net_run(n, 3 * USEC_MS);
		net_send(n, at[from], &m, &f, tag, 100);
		net_run(n, 3 * USEC_MS);
		assert_int_equal(net_count(n, at[c], tag), at[c] != at[from]);
		net_run(n, (700 + rng_below(&rng, 600)) * USEC_MS);
	}
	net_run(n, 5 * USEC_S);
	assert_equal_tables(n, 5);
	for (int c = 0; c < 6; c++) {
		struct mac m = net_client(c);

		for (int i = 0; i < 5; i++)
			assert_true(net_knows(n, i, &m, at[c]));
	}
	assert_int_equal(requests(n, 5), asked);
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
		cmocka_unit_test(test_roam),
		cmocka_unit_test(test_roam_back_at_once),
		cmocka_unit_test(test_roam_after_goodbye),
		cmocka_unit_test(test_late_advertisement),
		cmocka_unit_test(test_whole_table_while_roaming),
		cmocka_unit_test(test_roam_told_by_others),
		cmocka_unit_test(test_roam_before_diff),
		cmocka_unit_test(test_lost_advertisement),
		cmocka_unit_test(test_stale_version),
		cmocka_unit_test(test_version_far_away),
		cmocka_unit_test(test_many_clients),
		cmocka_unit_test(test_vlans),
		cmocka_unit_test(test_version_wrap),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_fixed_stays),
		cmocka_unit_test(test_wandering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
