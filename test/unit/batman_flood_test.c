/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inventions of somebody hostile: of originators, neighbours, clients, fragments. Node 0 is flooded
 * by port 0, where node 1 is too, or by bat0; newcomers come by port 0 and port 1.
 *
 *	flood, 1, 3 --- port 0 - node 0 - port 1 --- 2
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

#define EVIL 4 /* a node of the same wire, whose frames the test makes */

static struct net *net_pair(void)
{
	struct net *n = net_new();

	net_boot(n, 0, NULL);
	net_boot(n, 1, NULL);
	net_link(n, 0, 0, 0, 1, 0);
	net_port(n, 0, 1, 1, false);
	net_run(n, 10 * USEC_S);
	assert_true(net_tq(n, 0, 1) > 0);
	return n;
}

static uint64_t counted(const struct net *n, enum batman_counter c)
{
	return batman_counter(n->node[0].b, c);
}

static struct mac invented(uint32_t i)
{
	return (struct mac) { { 2, 9, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8),
				(uint8_t)i } };
}

static struct mac claimed(uint32_t i)
{
	struct mac m = invented(i);

	m.b[0] = 6;
	return m;
}

/* An OGM of orig as `from` would send it, with up to 24 clients that nobody has, which are news:
 * the version of the table is seqno. */
static void forge_ogm(struct net *n, const struct mac *from, const struct mac *orig, uint32_t seqno,
		      uint32_t first_client, uint32_t clients)
{
	uint8_t frame[600], tvlv[400];
	struct wr w = wr_init(frame, sizeof(frame)), t = wr_init(tvlv, sizeof(tvlv));
	struct bat_ogm o = { .ttl = 49, .seqno = seqno, .tq = 255, .orig = *orig, .prev = *orig };
	size_t mark;

	if (clients) {
		mark = bat_tvlv_begin(&t, BAT_TVLV_TT, 1);
		bat_tt_encode(&t, BAT_TT_DIFF, (uint8_t)seqno, 0);
		for (uint32_t i = 0; i < clients; i++) {
			bat_tt_change_encode(
				&t, &(struct bat_tt_change) { .mac = claimed(first_client + i) });
		}
		bat_tvlv_end(&t, mark);
	}
	o.tvlv = rd_init(tvlv, wr_len(&t));
	bat_eth_encode(&w, &MAC_BROADCAST, from);
	bat_ogm_encode(&w, &o);
	net_inject(n, 0, 0, frame, wr_len(&w));
}

/* Sends node 0's own OGM back, which makes EVIL a neighbour like any other. */
static bool echo(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	uint8_t back[2048];
	struct mac evil = net_mac(EVIL, 0);

	(void)to;
	(void)arg;
	if (from != 0 || frame[14] != BAT_TYPE_OGM || memcmp(frame + 22, net_mac(0, 0).b, 6) != 0)
		return false;
	memcpy(back, frame, len);
	memcpy(back + 6, evil.b, sizeof(evil.b));
	back[17] |= BAT_OGM_DIRECT;
	net_inject(n, 0, 0, back, len);
	return false;
}

static void evil_neighbour(struct net *n, uint32_t *seqno)
{
	struct mac evil = net_mac(EVIL, 0);

	n->drop = echo;
	for (int i = 0; i < 5; i++) {
		forge_ogm(n, &evil, &evil, ++*seqno, 0, 0);
		net_run(n, USEC_S);
	}
	assert_true(net_tq(n, 0, EVIL) > 0);
}

/* Nobody answers for these: 4000 neighbours per second. */
static void test_invented_neighbours(void **state)
{
	struct net *n = net_pair();
	uint32_t next = 0;

	(void)state;
	for (int ms = 0; ms < 8000; ms++) {
		for (int i = 0; i < 4; i++) {
			struct mac m = invented(next++);

			forge_ogm(n, &m, &m, 1, 0, 0);
		}
		if (ms == 1000) {
			net_boot(n, 2, NULL);
			net_port(n, 2, 0, 1, false);
			net_boot(n, 3, NULL);
			net_port(n, 3, 0, 0, false);
		}
		net_run(n, USEC_MS);
		assert_true(net_tq(n, 0, 1) > 0);
	}
	/* on another wire, and even on the same */
	assert_true(net_tq(n, 0, 2) > 0 && net_tq(n, 2, 0) > 0 && net_tq(n, 2, 1) > 0);
	assert_true(net_tq(n, 0, 3) > 0 && net_tq(n, 3, 0) > 0 && net_tq(n, 3, 2) > 0);
	assert_true(counted(n, BATMAN_COUNT_REPLACED_ORIGINATORS) > 20000);
	assert_true(counted(n, BATMAN_COUNT_REPLACED_NEIGHBOURS) > 20000);
	net_free(n);
}

/* One neighbour that works, and says that it has 3000 nodes behind it. */
static void test_invented_originators(void **state)
{
	struct mac evil = net_mac(EVIL, 0);
	struct net *n = net_pair();
	uint32_t seqno = 0, next = 0;
	struct batman_orig o;
	unsigned int known = 0;

	(void)state;
	evil_neighbour(n, &seqno);
	for (int ms = 0; ms < 20000; ms++) {
		struct mac m = invented(next++ % 3000);

		forge_ogm(n, &evil, &m, ++seqno, 0, 0);
		if (ms % 1000 == 0)
			forge_ogm(n, &evil, &evil, ++seqno, 0, 0);
		if (ms == 5000) {
			net_boot(n, 2, NULL);
			net_port(n, 2, 0, 1, false);
			net_boot(n, 3, NULL);
			net_port(n, 3, 0, 0, false);
		}
		net_run(n, USEC_MS);
	}
	for (uint32_t i = 0; batman_orig_next(n->node[0].b, &i, &o);)
		known += o.reachable && o.mac.b[1] == 9;
	assert_in_range(known, 300, 512 * 3 / 4);
	assert_true(net_tq(n, 0, 1) > 0 && net_tq(n, 0, 2) > 0 && net_tq(n, 0, 3) > 0);
	assert_true(net_tq(n, 2, 1) > 0 && net_tq(n, 1, 2) > 0);
	assert_true(counted(n, BATMAN_COUNT_FULL_ORIGINATORS) > 1000);
	/* half a minute after the flood its places can be had, by its wire too */
	n->drop = NULL;
	net_run(n, 31 * USEC_S);
	for (int i = 0; i < 100; i++) {
		struct mac from = net_mac(1, 0), m = invented((uint32_t)(1 << 20 | i));

		forge_ogm(n, &from, &m, 7, 0, 0);
	}
	known = 0;
	for (uint32_t i = 0; batman_orig_next(n->node[0].b, &i, &o);)
		known += o.mac.b[1] == 9 && o.mac.b[3] == 16;
	assert_int_equal(known, 100);
	net_free(n);
}

/* Places are those of the neighbour that leads there now, not of the one that told of it first. */
static void test_ways_that_change(void **state)
{
	struct mac evil = net_mac(EVIL, 0), good = net_mac(1, 0);
	struct net *n = net_pair();
	uint32_t seqno = 0;

	(void)state;
	evil_neighbour(n, &seqno);
	for (uint32_t round = 1; round < 20; round++) {
		for (uint32_t i = 0; i < 370; i++) {
			struct mac m = invented(i);

			forge_ogm(n, round < 3 ? &evil : &good, &m, round, 0, 0);
		}
		forge_ogm(n, &evil, &evil, ++seqno, 0, 0);
		net_run(n, 500 * USEC_MS);
	}
	for (uint32_t i = 0; i < 50; i++) {
		struct mac m = invented(1000 + i);
		struct batman_orig o;

		forge_ogm(n, &evil, &m, 1, 0, 0);
		assert_true(batman_orig_find(n->node[0].b, &m, &o));
	}
	net_free(n);
}

/* All of node 0's last OGMs, sent back by that neighbour. */
static void forge_echoes(struct net *n, const struct mac *from)
{
	for (uint32_t k = 0; k < 64; k++) {
		uint8_t frame[60];
		struct wr w = wr_init(frame, sizeof(frame));
		struct bat_ogm o = { .ttl = 49,
				     .flags = BAT_OGM_DIRECT,
				     .seqno = 512 + 2010 - k, /* of the first start */
				     .tq = 255,
				     .orig = net_mac(0, 0),
				     .prev = *from };

		o.tvlv = rd_init(NULL, 0);
		bat_eth_encode(&w, &MAC_BROADCAST, from);
		bat_ogm_encode(&w, &o);
		net_inject(n, 0, 0, frame, wr_len(&w));
	}
}

static unsigned int links(const struct net *n, uint32_t first, uint32_t count)
{
	struct batman_path p;
	unsigned int found = 0;

	for (uint32_t i = 0; batman_neighbour_next(n->node[0].b, &i, &p);)
		for (uint32_t k = 0; k < count; k++) {
			struct mac m = invented(first + k);

			found += mac_eq(&p.neighbour, &m);
		}
	return found;
}

static void forge_neighbours(struct net *n, uint32_t first, uint32_t count, uint32_t seqno)
{
	for (uint32_t i = 0; i < count; i++) {
		struct mac m = invented(first + i);

		forge_ogm(n, &m, &m, seqno, 0, 0);
	}
}

static void forge_answering_neighbours(struct net *n, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct mac m = invented(i);

		forge_ogm(n, &m, &m, 1, 0, 0);
		forge_echoes(n, &m);
	}
	for (uint32_t round = 2; round < 6; round++) {
		net_run(n, USEC_S);
		forge_neighbours(n, 0, count, round);
	}
}

/* The links of one port leave room for those of others. */
static void test_neighbours_that_answer(void **state)
{
	struct net *n = net_pair();

	(void)state;
	forge_answering_neighbours(n, 500);
	assert_in_range(links(n, 0, 500), 100, 128 * 7 / 8);
	assert_true(counted(n, BATMAN_COUNT_FULL_NEIGHBOURS) > 1000);
	net_boot(n, 2, NULL);
	net_port(n, 2, 0, 1, false);
	net_run(n, 6 * USEC_S);
	assert_true(net_tq(n, 0, 2) > 0 && net_tq(n, 2, 1) > 0);
	net_free(n);
}

/* Who is silent does not keep others out. */
static void test_silent_neighbours(void **state)
{
	struct net *n = net_pair();

	(void)state;
	forge_answering_neighbours(n, 120);
	forge_neighbours(n, 1000, 20, 1);
	assert_int_equal(links(n, 1000, 20), 0);
	net_run(n, 31 * USEC_S);
	forge_neighbours(n, 1000, 20, 2);
	assert_int_equal(links(n, 1000, 20), 20);
	net_free(n);
}

/* Nor does who goes on, but does not answer any more. Who answered first is a
 * neighbour at once. */
static void test_neighbours_that_do_not_answer(void **state)
{
	struct mac early = invented(2000);
	struct net *n = net_pair();

	(void)state;
	forge_echoes(n, &early);
	forge_ogm(n, &early, &early, 1, 0, 0);
	forge_neighbours(n, 3000, 300, 1);
	assert_int_equal(links(n, 2000, 1), 1);
	forge_answering_neighbours(n, 500);
	for (uint32_t round = 6; round < 80; round++) {
		net_run(n, USEC_S);
		forge_neighbours(n, 0, 500, round);
	}
	forge_neighbours(n, 1000, 20, 1);
	assert_int_equal(links(n, 1000, 20), 20);
	net_free(n);
}

/* So many neighbours that answer know so many nodes each: more ways than there are places. */
static void forge_ways(struct net *n, uint32_t neighbours, uint32_t first, uint32_t count)
{
	forge_answering_neighbours(n, neighbours);
	for (uint32_t i = 0; i < neighbours; i++) {
		for (uint32_t k = first; k < first + count; k++) {
			struct mac from = invented(i), orig = invented(k);

			if (i != k)
				forge_ogm(n, &from, &orig, 7, 0, 0);
		}
	}
	assert_true(counted(n, BATMAN_COUNT_FULL_PATHS) > 100);
}

/* Neighbours that answer know 80 nodes each. */
static void test_invented_paths(void **state)
{
	struct net *n = net_pair();

	(void)state;
	forge_ways(n, 120, 5000, 80);
	net_boot(n, 2, NULL);
	net_port(n, 2, 0, 1, false);
	net_run(n, 6 * USEC_S);
	assert_true(net_tq(n, 0, 2) > 0);
	net_free(n);
}

/* A hundred nodes on a wire that know each other have more ways than there are places. */
static struct net *net_crowded(void)
{
	struct net *n = net_pair();

	forge_ways(n, 100, 0, 100);
	return n;
}

/* Who comes last is heard all the same. */
static void test_ways_leave_room_for_links(void **state)
{
	struct net *n = net_crowded();

	(void)state;
	net_boot(n, 3, NULL);
	net_port(n, 3, 0, 0, false);
	net_run(n, 6 * USEC_S);
	assert_true(net_tq(n, 0, 3) > 0);
	net_free(n);
}

/* The only way to somebody ends: the next one needs no more room than the first. */
static void test_ways_that_end_leave_room(void **state)
{
	struct mac first = invented(0), second = invented(1), far = invented(9000);
	struct net *n = net_crowded();
	struct batman_orig o;
	uint32_t seqno = 0;

	(void)state;
	while (++seqno < 6)
		forge_ogm(n, &first, &far, seqno, 0, 0);
	assert_true(batman_orig_find(n->node[0].b, &far, &o) && o.tq > 0);
	assert_true(mac_eq(&o.next_hop, &first));
	while (++seqno < 20)
		forge_ogm(n, &second, &far, seqno, 0, 0);
	assert_true(batman_orig_find(n->node[0].b, &far, &o) && o.tq > 0);
	assert_true(mac_eq(&o.next_hop, &second));
	net_free(n);
}

static unsigned int clients_of(const struct net *n, int node, int other)
{
	struct mac m = net_mac(other, 0);
	struct batman_orig o;

	return batman_orig_find(n->node[node].b, &m, &o) ? o.clients : 0;
}

/* Nodes behind one neighbour say that they have 60000 clients. */
static void test_invented_clients(void **state)
{
	struct mac evil = net_mac(EVIL, 0);
	struct net *n = net_pair();
	uint32_t seqno = 0;

	(void)state;
	evil_neighbour(n, &seqno);
	for (uint32_t i = 0; i < 3000; i++) {
		struct mac m = invented(i % 300);

		/* the same node again and again has too many by itself */
		forge_ogm(n, &evil, &m, i / 300 + 1, i * 20, 20);
		net_run(n, USEC_MS);
	}
	for (uint32_t i = 0; i < 300; i++) {
		struct mac m = invented(1000 + i);

		for (uint32_t k = 1; k <= 3; k++) {
			forge_ogm(n, &evil, &m, k, 100000 + i * 20, 20);
			net_run(n, USEC_MS);
		}
	}
	assert_true(counted(n, BATMAN_COUNT_FULL_CLIENTS_GLOBAL) > 0);
	net_boot(n, 2, NULL);
	net_port(n, 2, 0, 1, false);
	for (int i = 0; i < 200; i++) {
		struct mac m = net_client(i);

		batman_client_seen(n->node[2].b, &m, 0, n->now);
	}
	net_pump(n, 2);
	net_run(n, 15 * USEC_S);
	assert_int_equal(clients_of(n, 0, 2), 201);
	net_free(n);
}

/* One node says that it has more clients than it could tell anybody. */
static void test_node_with_too_many_clients(void **state)
{
	struct mac evil = net_mac(EVIL, 0), m = invented(0);
	struct batman_orig o;
	struct net *n = net_pair();
	uint32_t seqno = 0;

	(void)state;
	evil_neighbour(n, &seqno);
	for (uint32_t i = 1; i <= 100; i++) {
		forge_ogm(n, &evil, &m, i, i * 20, 20);
		net_run(n, USEC_MS);
	}
	assert_true(batman_orig_find(n->node[0].b, &m, &o));
	assert_int_equal(o.clients, 1677);
	assert_true(counted(n, BATMAN_COUNT_FULL_CLIENTS_GLOBAL) > 0);
	net_free(n);
}

/* Nodes that nobody reaches say that they have the clients of node 1, or others: 24 each, and the
 * 6144 places of one neighbour are 256 times that, so that a claim takes the place of another claim
 * to the same client, sometimes the only one. */
static void test_clients_of_others(void **state)
{
	struct mac evil = net_mac(EVIL, 0);
	struct net *n = net_pair();

	(void)state;
	for (uint32_t i = 0; i < 24; i++) {
		struct mac m = claimed(i);

		batman_client_seen(n->node[1].b, &m, 0, n->now);
	}
	net_pump(n, 1);
	net_run(n, 3 * USEC_S);
	for (uint32_t i = 0; i < 4000; i++) {
		struct mac orig = invented(i), mine = claimed(i % 24);

		forge_ogm(n, &evil, &orig, 1, i % 2 ? 24 * (i % 256) : 0, 24);
		assert_true(net_knows(n, 0, &mine, 1));
	}
	assert_true(counted(n, BATMAN_COUNT_REPLACED_CLIENTS_GLOBAL) > 1000);
	assert_int_equal(counted(n, BATMAN_COUNT_TT_REQUEST_TX), 0);
	net_free(n);
}

/* Frames in a node's name tell of more clients than it announces. */
static void test_passing_clients(void **state)
{
	struct mac evil = net_mac(EVIL, 0), own = net_client(7);
	struct net *n = net_pair();
	uint32_t seqno = 0;

	(void)state;
	evil_neighbour(n, &seqno);
	for (uint32_t i = 1; i <= 10000; i++) {
		struct mac from = i % 2 ? evil : net_mac(1, 0), src = invented(i);
		struct bat_bcast h = { .ttl = 50,
				       .seqno = (uint32_t)(n->now / 1000) + i,
				       .orig = from };
		uint8_t frame[120];
		struct wr w = wr_init(frame, sizeof(frame));

		bat_eth_encode(&w, &MAC_BROADCAST, &from);
		bat_bcast_encode(&w, &h);
		wr_mac(&w, &MAC_BROADCAST);
		wr_mac(&w, &src);
		wr_u16(&w, 0x88b6);
		wr_zero(&w, wr_left(&w));
		net_inject(n, 0, 0, frame, sizeof(frame));
	}
	assert_in_range(clients_of(n, 0, EVIL), 100, 128);
	assert_true(counted(n, BATMAN_COUNT_FULL_CLIENTS_GLOBAL) > 9000);
	/* what the node really announces is not less for it */
	batman_client_seen(n->node[1].b, &own, 0, n->now);
	net_pump(n, 1);
	net_run(n, 2 * USEC_S);
	assert_true(net_knows(n, 0, &own, 1));
	net_free(n);
}

static unsigned int locals(const struct net *n, int node)
{
	struct batman_client c;
	unsigned int count = 0;

	for (uint32_t i = 0; batman_local_next(n->node[node].b, &i, &c);)
		count++;
	return count;
}

/* A client sends frames with 4000 different sources per second into bat0. */
static void test_invented_sources(void **state)
{
	struct mac shown = net_client(1), seen = net_client(2);
	struct net *n = net_pair();
	uint32_t next = 0;
	uint64_t before;

	(void)state;
	batman_client_seen(n->node[0].b, &shown, 0, n->now);
	net_run(n, 2 * USEC_S);
	before = batman_counter(n->node[1].b, BATMAN_COUNT_TT_RESPONSE_RX);
	for (int ms = 0; ms < 20000; ms++) {
		for (int i = 0; i < 4; i++) {
			struct mac m = invented(next++);

			net_send(n, 0, &MAC_BROADCAST, &m, 1, 60);
		}
		if (ms == 15000)
			assert_int_equal(batman_client_seen(n->node[0].b, &seen, 0, n->now), 0);
		net_run(n, USEC_MS);
	}
	assert_in_range(locals(n, 0), 300, 450);
	assert_true(net_knows(n, 1, &shown, 0) && net_knows(n, 1, &seen, 0));
	assert_true(counted(n, BATMAN_COUNT_REPLACED_CLIENTS_LOCAL) > 100);
	assert_true(counted(n, BATMAN_COUNT_FULL_CLIENTS_LOCAL) > 50000);
	/* the changes of one interval still fit into one answer, at most one per interval */
	assert_true(batman_counter(n->node[1].b, BATMAN_COUNT_TT_RESPONSE_RX) - before <= 22);
	net_free(n);
}

/* A client speaks in 200 VLANs: an OGM names 32, and that without a tag is among them. */
static void test_invented_vlans(void **state)
{
	struct mac own = net_client(1);
	struct net *n = net_pair();
	unsigned int refused = 0;

	(void)state;
	for (uint16_t vid = 1; vid <= 200; vid++) {
		struct mac m = net_client(2);
		uint16_t tagged = (uint16_t)(BATMAN_VID_TAGGED | vid);

		refused += batman_client_seen(n->node[0].b, &m, tagged, n->now) < 0;
	}
	assert_int_equal(refused, 200 - 31);
	assert_int_equal(batman_client_seen(n->node[0].b, &own, 0, n->now), 0);
	net_pump(n, 0);
	net_run(n, 5 * USEC_S);
	assert_true(net_knows(n, 1, &own, 0));
	net_free(n);
}

/* 50 beginnings of packets come by port 0 before each frame that comes by port 1. */
static bool fragments(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	uint16_t *seqno = arg;

	(void)frame;
	(void)len;
	if (from != 2 || to != 0)
		return false;
	for (int i = 0; i < 50; i++) {
		struct bat_frag h = { .ttl = 50,
				      .dst = net_mac(0, 0),
				      .orig = invented((uint32_t)(i % 20)),
				      .seqno = ++*seqno,
				      .total = 1000 };
		uint8_t junk[100];
		struct wr w = wr_init(junk, sizeof(junk));
		struct mac dst = net_mac(0, 0), src = net_mac(1, 0);

		bat_eth_encode(&w, &dst, &src);
		bat_frag_encode(&w, &h);
		wr_zero(&w, wr_left(&w));
		net_inject(n, 0, 0, junk, sizeof(junk));
	}
	return false;
}

static void test_invented_fragments(void **state)
{
	struct mac a = net_client(1), b = net_client(2);
	struct net *n = net_pair();
	uint16_t seqno = 0;
	unsigned int whole = 0;

	(void)state;
	net_boot(n, 2, NULL);
	net_port(n, 2, 0, 1, false);
	batman_client_seen(n->node[0].b, &a, 0, n->now);
	batman_client_seen(n->node[2].b, &b, 0, n->now);
	net_run(n, 10 * USEC_S);
	for (uint32_t i = 0; i < 20; i++) {
		struct mac from = net_mac(1, 0), m = invented(i);

		forge_ogm(n, &from, &m, 1, 0, 0);
	}
	n->drop = fragments;
	n->arg = &seqno;
	for (uint32_t i = 0; i < 16; i++) {
		net_send(n, 2, &a, &b, 100 + i, 1514);
		net_run(n, 10 * USEC_MS);
		whole += net_count(n, 0, 100 + i);
	}
	assert_int_equal(whole, 16);
	assert_true(counted(n, BATMAN_COUNT_REPLACED_REASSEMBLIES) > 100);
	net_free(n);
}

/* Requests for the whole table of node 0, in the name of node 1, 150 in a frame. Were each answer
 * built before it is refused, this would take more than a minute. */
static void test_asked_too_often(void **state)
{
	struct mac own = net_mac(0, 0), from = net_mac(1, 0);
	struct net *n = net_pair();
	uint64_t before, bytes;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct mac m = { { 6, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

		batman_client_seen(n->node[0].b, &m, 0, n->now);
		net_pump(n, 0);
	}
	net_run(n, 5 * USEC_S);
	before = counted(n, BATMAN_COUNT_TX_BYTES);
	for (int i = 0; i < 10000; i++) {
		uint8_t frame[1514];
		struct wr w = wr_init(frame, sizeof(frame));

		bat_eth_encode(&w, &own, &from);
		bat_tvlv_packet_encode(&w, &own, &from, 150 * 8);
		for (int k = 0; k < 150; k++) {
			size_t mark = bat_tvlv_begin(&w, BAT_TVLV_TT, 1);

			bat_tt_encode(&w, BAT_TT_REQUEST | BAT_TT_FULL, batman_ttvn(n->node[0].b),
				      0);
			bat_tvlv_end(&w, mark);
		}
		net_inject(n, 0, 0, frame, wr_len(&w));
		net_run(n, USEC_MS);
	}
	bytes = counted(n, BATMAN_COUNT_TX_BYTES) - before;
	/* 2 MB at once, 256 kB per second */
	assert_in_range(bytes, 2000000, 5000000);
	assert_true(counted(n, BATMAN_COUNT_TT_RESPONSE_RATE) > 5000);
	net_free(n);
}

static uint8_t version_of(const struct net *n, const struct mac *mac)
{
	struct batman_orig o;

	assert_true(batman_orig_find(n->node[0].b, mac, &o));
	return o.ttvn;
}

/* What a table costs, a packet or an OGM costs once, however many are in it. */
static void test_many_tables_in_one(void **state)
{
	struct mac own = net_mac(0, 0), evil = net_mac(EVIL, 0), m = invented(0);
	struct bat_ogm o = { .ttl = 49, .seqno = 9, .tq = 255, .orig = m, .prev = m };
	struct net *n = net_pair();
	uint8_t frame[600], tables[400];
	struct wr w = wr_init(frame, sizeof(frame)), t = wr_init(tables, sizeof(tables));
	uint32_t seqno = 0;

	(void)state;
	evil_neighbour(n, &seqno);
	forge_ogm(n, &evil, &m, 1, 1, 1);
	forge_ogm(n, &evil, &m, 2, 2, 1);
	assert_int_equal(version_of(n, &m), 2);
	for (uint8_t i = 3; i < 8; i++) {
		size_t mark = bat_tvlv_begin(&t, BAT_TVLV_TT, 1);

		bat_tt_encode(&t, BAT_TT_DIFF, i, 0);
		bat_tt_change_encode(&t, &(struct bat_tt_change) { .mac = claimed(i) });
		bat_tvlv_end(&t, mark);
	}
	o.tvlv = rd_init(tables, wr_len(&t));
	bat_eth_encode(&w, &MAC_BROADCAST, &evil);
	bat_ogm_encode(&w, &o);
	net_inject(n, 0, 0, frame, wr_len(&w));
	assert_int_equal(version_of(n, &m), 3);
	w = wr_init(frame, sizeof(frame));
	bat_eth_encode(&w, &own, &evil);
	bat_tvlv_packet_encode(&w, &own, &m, 2 * 8);
	for (uint8_t i = 77; i < 79; i++) {
		size_t mark = bat_tvlv_begin(&w, BAT_TVLV_TT, 1);

		bat_tt_encode(&w, BAT_TT_RESPONSE, i, 0);
		bat_tvlv_end(&w, mark);
	}
	net_inject(n, 0, 0, frame, wr_len(&w));
	assert_int_equal(version_of(n, &m), 77);
	net_free(n);
}

/* One neighbour says that 600 nodes of other networks are behind it: as many as originators are
 * refused, and the others are ignored all the same. */
static void test_invented_networks(void **state)
{
	struct mac evil = net_mac(EVIL, 0);
	struct net *n = net_pair();
	uint8_t frame[128], tvlv[64];
	struct batman_orig o;

	(void)state;
	for (uint32_t i = 0; i < 600; i++) {
		struct wr w = wr_init(frame, sizeof(frame)), t = wr_init(tvlv, sizeof(tvlv));
		struct bat_ogm forged = { .ttl = 49, .seqno = 1, .tq = 255, .orig = invented(i) };
		size_t mark = bat_tvlv_begin(&t, BAT_TVLV_TRAMA, 1);

		wr_u32(&t, 0xbad);
		wr_zero(&t, 12 + 6 + 2 + 1);
		bat_tvlv_end(&t, mark);
		forged.prev = forged.orig;
		forged.tvlv = rd_init(tvlv, wr_len(&t));
		bat_eth_encode(&w, &MAC_BROADCAST, &evil);
		bat_ogm_encode(&w, &forged);
		net_inject(n, 0, 0, frame, wr_len(&w));
		assert_false(batman_orig_find(n->node[0].b, &forged.orig, &o));
	}
	assert_int_equal(counted(n, BATMAN_COUNT_DROP_CLASH), 600);
	assert_int_equal(counted(n, BATMAN_COUNT_CLASHES), 512);
	assert_int_equal(counted(n, BATMAN_COUNT_FULL_OTHER), 600 - 512);
	assert_true(net_tq(n, 0, 1) > 0);
	net_run(n, 40 * USEC_S);
	assert_false(batman_refuses(n->node[0].b));
	assert_true(net_tq(n, 0, 1) > 0);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_invented_neighbours),
		cmocka_unit_test(test_invented_originators),
		cmocka_unit_test(test_ways_that_change),
		cmocka_unit_test(test_neighbours_that_answer),
		cmocka_unit_test(test_silent_neighbours),
		cmocka_unit_test(test_neighbours_that_do_not_answer),
		cmocka_unit_test(test_invented_paths),
		cmocka_unit_test(test_ways_leave_room_for_links),
		cmocka_unit_test(test_ways_that_end_leave_room),
		cmocka_unit_test(test_invented_clients),
		cmocka_unit_test(test_node_with_too_many_clients),
		cmocka_unit_test(test_clients_of_others),
		cmocka_unit_test(test_passing_clients),
		cmocka_unit_test(test_invented_sources),
		cmocka_unit_test(test_invented_vlans),
		cmocka_unit_test(test_invented_fragments),
		cmocka_unit_test(test_asked_too_often),
		cmocka_unit_test(test_many_tables_in_one),
		cmocka_unit_test(test_invented_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
