/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Engines as neighbours: links, quality, flooding, unicast, clashes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

struct tqs {
	uint8_t tq[16];
	int count;
};

/* The quality that node 1 forwards of OGMs of node 0: before its own penalty it is what the link is
 * worth. */
static bool spy_tq(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	struct rd r = rd_init(frame, len);
	struct mac orig = net_mac(0, 0);
	struct tqs *t = arg;
	struct bat_eth eth;
	struct bat_ogm o;

	(void)n;
	bat_eth_decode(&r, &eth);
	if (from != 1 || to != 2)
		return false;
	while (bat_ogm_next(&r, &o)) {
		if (mac_eq(&o.orig, &orig) && t->count < 16)
			t->tq[t->count++] = o.tq;
	}
	return false;
}

static void test_tq_series(void **state)
{
	/* batman-adv 2022.3 on a perfect link, from its cold start */
	static const uint8_t kernel[] = { 0, 9, 20, 29, 38, 47, 56 };
	struct tqs t = { .count = 0 };
	struct net *n = net_chain(3);
	int at = 0;

	(void)state;
	n->drop = spy_tq;
	n->arg = &t;
	net_run(n, 12 * USEC_S);
	assert_true(t.count >= 9);
	/* the first ones may be 0 several times, before the first echo */
	while (t.tq[at + 1] == 0)
		at++;
	for (int i = 0; i < 7; i++)
		assert_int_equal(t.tq[at + i], kernel[i]);
	net_free(n);
}

static void test_chain(void **state)
{
	struct net *n = net_chain(4);
	struct mac a = net_client(1), d = net_client(4), at;
	struct mac self = net_mac(3, 0);

	(void)state;
	net_run(n, 100 * USEC_S);
	assert_in_range(net_tq(n, 0, 1), 250, 255);
	/* one echo of 64 may be on its way */
	assert_in_range(net_tq(n, 0, 2), 218, 225);
	assert_in_range(net_tq(n, 0, 3), 190, 198);
	assert_int_equal(net_send(n, 0, &MAC_BROADCAST, &a, 1, 100), 0);
	net_run(n, USEC_S);
	for (int i = 1; i < 4; i++) {
		assert_int_equal(net_count(n, i, 1), 1);
		/* known before any OGM announced it */
		assert_true(net_knows(n, i, &a, 0));
	}
	assert_int_equal(net_count(n, 0, 1), 0);
	assert_int_equal(net_send(n, 3, &a, &d, 2, 1514), 0);
	net_run(n, USEC_S);
	assert_int_equal(net_count(n, 0, 2), 1);
	net_run(n, 5 * USEC_S);
	assert_true(net_knows(n, 0, &d, 3));
	assert_int_equal(net_send(n, 0, &d, &a, 3, 60), 0);
	net_run(n, USEC_S);
	assert_int_equal(net_count(n, 3, 3), 1);
	assert_int_equal(batman_lookup(n->node[3].b, &d, 0, &at), 0);
	assert_true(mac_eq(&at, &self));
	assert_int_equal(batman_counter(n->node[0].b, BATMAN_COUNT_FRAG_RX), 2);
	net_free(n);
}

static void test_triangle_broadcast(void **state)
{
	struct net *n = net_new();
	struct mac a = net_client(1);

	(void)state;
	for (int i = 0; i < 3; i++)
		net_boot(n, i, NULL);
	for (int i = 0; i < 3; i++) {
		net_port(n, i, 0, i, false);
		net_port(n, i, 1, (i + 2) % 3, false);
	}
	net_run(n, 20 * USEC_S);
	for (uint32_t tag = 1; tag <= 20; tag++) {
		net_send(n, 0, &MAC_BROADCAST, &a, tag, 100);
		net_run(n, 50 * USEC_MS);
		for (int i = 0; i < 3; i++)
			assert_int_equal(net_count(n, i, tag), i != 0);
	}
	net_free(n);
}

static void test_clash(void **state)
{
	struct net *n = net_chain(2);
	struct batman_conf other = net_conf(2);
	struct mac a = net_client(1), c = net_client(3), foreign = net_mac(2, 0);
	const struct net_event *e;
	struct batman_orig o;

	(void)state;
	other.network_id[0] = 99;
	memcpy(other.ssid, "escuela", 7);
	other.ssid_len = 7;
	net_boot(n, 2, &other);
	/* the foreign node is on the wire of both, and its second port too */
	net_port(n, 2, 0, 0, false);
	net_port(n, 2, 1, 0, false);
	net_run(n, 5 * USEC_S);
	e = net_event(n, 0, BATMAN_CLASH);
	assert_non_null(e);
	assert_true(mac_eq(&e->clash.orig, &foreign));
	assert_int_equal(e->clash.ssid_len, 7);
	assert_memory_equal(e->clash.ssid, "escuela", 7);
	assert_int_equal(batman_counter(n->node[0].b, BATMAN_COUNT_CLASHES), 1);
	net_run(n, 30 * USEC_S);
	assert_int_equal(batman_counter(n->node[0].b, BATMAN_COUNT_CLASHES), 1);
	assert_false(batman_orig_find(n->node[0].b, &foreign, &o) && o.reachable);
	foreign = net_mac(2, 1);
	assert_false(batman_orig_find(n->node[0].b, &foreign, &o));
	net_send(n, 2, &MAC_BROADCAST, &c, 7, 100);
	net_send(n, 0, &MAC_BROADCAST, &a, 8, 100);
	net_run(n, USEC_S);
	assert_int_equal(net_count(n, 0, 7), 0);
	assert_int_equal(net_count(n, 2, 8), 0);
	assert_int_equal(net_count(n, 1, 8), 1);
	/* the administrator gives it our SSID */
	net_boot(n, 2, NULL);
	net_port(n, 2, 0, 0, false);
	net_port(n, 2, 1, 0, false);
	net_run(n, 20 * USEC_S);
	assert_true(net_tq(n, 0, 2) > 0);
	net_free(n);
}

static void test_peers(void **state)
{
	struct net *n = net_chain(2);
	struct mac cloud = net_cloud_mac(1);
	const struct net_event *e;

	(void)state;
	net_run(n, 10 * USEC_S);
	e = net_event(n, 0, BATMAN_PEER_UP);
	assert_non_null(e);
	assert_true(mac_eq(&e->peer.cloud_mac, &cloud));
	assert_true(net_knows(n, 0, &cloud, 1));
	n->node[1].wire[0] = -1;
	net_run(n, 190 * USEC_S);
	assert_null(net_event(n, 0, BATMAN_PEER_DOWN));
	net_run(n, 30 * USEC_S);
	assert_non_null(net_event(n, 0, BATMAN_PEER_DOWN));
	assert_false(net_knows(n, 0, &cloud, 1));
	net_free(n);
}

/* An originator to which there is no route says that a client is its node. */
static void forge_cloud_mac(struct net *n, const struct mac *orig, const struct mac *cloud_mac)
{
	struct bat_ogm o = { .ttl = 50, .seqno = 1, .tq = 255, .orig = *orig, .prev = *orig };
	struct batman_conf c = net_conf(0);
	uint8_t frame[200], tvlv[80];
	struct wr w = wr_init(frame, sizeof(frame)), t = wr_init(tvlv, sizeof(tvlv));
	size_t mark = bat_tvlv_begin(&t, BAT_TVLV_TRAMA, 1);

	wr_bytes(&t, c.network_id, sizeof(c.network_id));
	wr_mac(&t, cloud_mac);
	wr_u16(&t, 0);
	wr_u8(&t, 1);
	wr_bytes(&t, "x", 1);
	bat_tvlv_end(&t, mark);
	o.tvlv = rd_init(tvlv, wr_len(&t));
	bat_eth_encode(&w, &MAC_BROADCAST, orig);
	bat_ogm_encode(&w, &o);
	net_inject(n, 0, 0, frame, wr_len(&w));
}

/* Clients may not have the cloud MAC of a node, but of one that is really there only. */
static void test_cloud_mac_of_client(void **state)
{
	struct net *n = net_chain(2);
	struct mac victim = net_client(9), other = net_client(8), orig = net_client(7);
	struct mac node = net_cloud_mac(1);
	struct batman_conf moved = net_conf(1);
	struct batman *b = n->node[0].b;

	(void)state;
	net_run(n, 10 * USEC_S);
	forge_cloud_mac(n, &orig, &victim);
	assert_true(batman_may_be_node(b, &victim));
	assert_false(batman_is_node(b, &victim));
	assert_int_equal(batman_client_seen(b, &victim, 0, n->now), 0);
	assert_true(batman_may_be_node(b, &node) && batman_is_node(b, &node));
	assert_int_equal(batman_client_seen(b, &node, 0, n->now), -EPERM);
	/* the node starts anew with another one */
	moved.cloud_mac = other;
	net_boot(n, 1, &moved);
	net_port(n, 1, 0, 0, false);
	net_run(n, 10 * USEC_S);
	assert_false(batman_may_be_node(b, &node) || batman_is_node(b, &node));
	assert_true(batman_is_node(b, &other));
	/* it goes: first the route, then all that is known of it */
	batman_port_remove(n->node[1].b, 0, n->now);
	net_run(n, 202 * USEC_S);
	assert_false(batman_is_node(b, &other));
	assert_true(batman_may_be_node(b, &other));
	net_run(n, 202 * USEC_S);
	assert_false(batman_may_be_node(b, &other));
	net_free(n);
}

static void test_icmp(void **state)
{
	struct net *n = net_chain(3);
	struct batman_probe p = {
		.dst = net_mac(2, 0), .uid = 9, .seq = 77, .ttl = 50, .record = true
	};
	struct mac far = net_mac(2, 0), middle = net_mac(1, 0), self = net_mac(0, 0);
	const struct net_event *e;

	(void)state;
	net_run(n, 20 * USEC_S);
	assert_int_equal(batman_icmp_send(n->node[0].b, &p, n->now), 0);
	net_pump(n, 0);
	net_run(n, USEC_S);
	e = net_event(n, 0, BATMAN_ICMP);
	assert_non_null(e);
	assert_int_equal(e->icmp.type, BATMAN_ICMP_REPLY);
	assert_true(mac_eq(&e->icmp.from, &far));
	assert_int_equal(e->icmp.uid, 9);
	assert_int_equal(e->icmp.seq, 77);
	/* us, middle, far, middle again, us, as batctl has it */
	assert_int_equal(e->icmp.rr_count, 5);
	assert_true(mac_eq(&e->icmp.rr[0], &self));
	assert_true(mac_eq(&e->icmp.rr[1], &middle));
	assert_true(mac_eq(&e->icmp.rr[2], &far));
	n->node[0].event_count = 0;
	p.ttl = 1;
	assert_int_equal(batman_icmp_send(n->node[0].b, &p, n->now), 0);
	net_pump(n, 0);
	net_run(n, USEC_S);
	e = net_event(n, 0, BATMAN_ICMP);
	assert_non_null(e);
	assert_int_equal(e->icmp.type, BATMAN_ICMP_TTL_EXCEEDED);
	assert_true(mac_eq(&e->icmp.from, &middle));
	p.dst = net_mac(7, 0);
	assert_true(batman_icmp_send(n->node[0].b, &p, n->now) < 0);
	net_free(n);
}

/* An ICMP packet of node 1 that comes to node 0. */
static void icmp_inject(struct net *n, uint8_t type)
{
	struct bat_icmp h = { .ttl = 7,
			      .type = type,
			      .dst = net_mac(0, 0),
			      .orig = net_mac(1, 0),
			      .uid = 9,
			      .seqno = type };
	uint8_t frame[64];
	struct wr w = wr_init(frame, sizeof(frame));

	bat_eth_encode(&w, &h.dst, &h.orig);
	bat_icmp_encode(&w, &h);
	net_inject(n, 0, 0, frame, wr_len(&w));
}

/* Whoever pinged is told of every answer, and of nothing else. */
static void test_icmp_types(void **state)
{
	static const uint8_t answers[] = { BATMAN_ICMP_REPLY, BATMAN_ICMP_UNREACHABLE,
					   BATMAN_ICMP_TTL_EXCEEDED, BATMAN_ICMP_PARAMETER };
	struct mac from = net_mac(1, 0);
	struct net *n = net_chain(2);
	const struct net_event *e;
	unsigned int since;

	(void)state;
	net_run(n, 20 * USEC_S);
	since = n->tail;
	for (size_t i = 0; i < sizeof(answers); i++) {
		n->node[0].event_count = 0;
		icmp_inject(n, answers[i]);
		assert_int_equal(n->node[0].event_count, 1);
		e = net_event(n, 0, BATMAN_ICMP);
		assert_non_null(e);
		assert_true(mac_eq(&e->icmp.from, &from));
		assert_int_equal(e->icmp.type, answers[i]);
		assert_int_equal(e->icmp.seq, answers[i]);
		assert_int_equal(e->icmp.uid, 9);
		assert_int_equal(e->icmp.ttl, 7);
		assert_int_equal(e->icmp.rr_count, 0);
	}
	n->node[0].event_count = 0;
	icmp_inject(n, 42);
	assert_int_equal(n->node[0].event_count, 0);
	assert_int_equal(batman_counter(n->node[0].b, BATMAN_COUNT_DROP_UNKNOWN_TYPE), 1);
	assert_int_equal(n->tail, since);
	net_free(n);
}

/* A ping that records nothing is as short as a kernel's; without a way there is none. */
static void test_plain_ping(void **state)
{
	struct batman_probe p = { .dst = net_mac(1, 0), .uid = 9, .seq = 77, .ttl = 50 };
	struct net *n = net_chain(2);
	const struct net_event *e;
	unsigned int since;
	struct batman_orig o;

	(void)state;
	net_run(n, 20 * USEC_S);
	since = n->tail;
	assert_int_equal(batman_icmp_send(n->node[0].b, &p, n->now), 0);
	net_pump(n, 0);
	net_run(n, USEC_MS);
	for (int node = 0; node < 2; node++)
		assert_int_equal(net_sent(n, since, node, BAT_TYPE_ICMP, 0)->len,
				 BAT_ETH_HEADER + BAT_ICMP_HEADER);
	e = net_event(n, 0, BATMAN_ICMP);
	assert_non_null(e);
	assert_int_equal(e->icmp.type, BATMAN_ICMP_REPLY);
	assert_int_equal(e->icmp.seq, 77);
	assert_int_equal(e->icmp.rr_count, 0);
	/* known still, but the way went with the port */
	batman_port_remove(n->node[0].b, 0, n->now);
	assert_true(batman_orig_find(n->node[0].b, &p.dst, &o));
	since = n->tail;
	assert_int_equal(batman_icmp_send(n->node[0].b, &p, n->now), -ENETUNREACH);
	net_pump(n, 0);
	assert_int_equal(n->tail, since);
	net_free(n);
}

/* Killed again and again: neighbours believe it each time. */
static void test_restart_often(void **state)
{
	struct net *n = net_chain(3);
	struct mac a = net_client(1), c = net_client(3);

	(void)state;
	net_run(n, 40 * USEC_S);
	for (uint32_t tag = 1; tag <= 8; tag++) {
		net_boot(n, 0, NULL);
		net_port(n, 0, 0, 0, false);
		net_run(n, (tag % 4 + 4) * USEC_S);
		assert_true(net_tq(n, 2, 0) > 0);
		assert_true(net_tq(n, 0, 2) > 0);
		net_send(n, 0, &MAC_BROADCAST, &a, tag, 100);
		net_run(n, 10 * USEC_MS);
		assert_int_equal(net_count(n, 2, tag), 1);
		net_send(n, 2, &a, &c, 100 + tag, 100);
		net_run(n, 10 * USEC_MS);
		assert_int_equal(net_count(n, 0, 100 + tag), 1);
	}
	net_free(n);
}

/* A node that has just come, and so knows nobody yet, takes its neighbour's first broadcast for
 * what it is, and hears him also after he has restarted. */
static void test_restart_next_to_a_new_one(void **state)
{
	struct net *n = net_chain(2);
	struct mac a = net_client(1);

	(void)state;
	net_run(n, 100 * USEC_S);
	net_boot(n, 1, NULL);
	net_port(n, 1, 0, 0, false);
	net_run(n, 5 * USEC_S);
	for (uint32_t tag = 1; tag <= 2; tag++) {
		net_send(n, 0, &MAC_BROADCAST, &a, tag, 100);
		net_run(n, 10 * USEC_MS);
		assert_int_equal(net_count(n, 1, tag), 1);
		net_boot(n, 0, NULL);
		net_port(n, 0, 0, 0, false);
		net_run(n, 5 * USEC_S);
	}
	net_free(n);
}

/* More of everything than there is room for: counted, and what was there goes on. */
static void test_limits(void **state)
{
	struct net *n = net_chain(2);
	struct mac a = net_client(1), b = net_client(2), from = net_mac(1, 0);
	uint8_t frame[64];

	(void)state;
	batman_client_seen(n->node[0].b, &a, 0, n->now);
	batman_client_seen(n->node[1].b, &b, 0, n->now);
	net_run(n, 20 * USEC_S);
	for (int i = 0; i < 600; i++) {
		struct bat_ogm o = { .ttl = 20,
				     .seqno = 9,
				     .tq = 200,
				     .orig = { { 2, 9, 9, 9, (uint8_t)(i >> 8), (uint8_t)i } } };
		struct wr w = wr_init(frame, sizeof(frame));

		o.prev = o.orig;
		o.tvlv = rd_init(NULL, 0);
		bat_eth_encode(&w, &MAC_BROADCAST, &from);
		bat_ogm_encode(&w, &o);
		net_inject(n, 0, 0, frame, wr_len(&w));
	}
	assert_true(batman_counter(n->node[0].b, BATMAN_COUNT_FULL_ORIGINATORS) > 0);
	for (int i = 0; i < 3000; i++) {
		struct mac m = { { 6, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

		batman_client_seen(n->node[0].b, &m, 0, n->now);
		net_pump(n, 0);
	}
	/* a whole table fits into 16 fragments */
	assert_in_range(batman_counter(n->node[0].b, BATMAN_COUNT_FULL_CLIENTS_LOCAL), 1300, 1400);
	net_run(n, 30 * USEC_S);
	for (int i = 1; i < 3; i++) {
		net_send(n, i - 1, i == 1 ? &b : &a, i == 1 ? &a : &b, (uint32_t)i, 100);
		net_run(n, 10 * USEC_MS);
		assert_int_equal(net_count(n, 2 - i, (uint32_t)i), 1);
	}
	net_run(n, 600 * USEC_S);
	net_free(n);
}

static void see_many(struct net *n, int from, int count)
{
	for (int i = from; i < from + count; i++) {
		struct mac c = net_client(i);

		assert_int_equal(batman_client_seen(n->node[0].b, &c, 0, n->now), 0);
		net_pump(n, 0);
	}
}

static bool agree(const struct net *n)
{
	struct mac first = net_mac(0, 0);
	uint32_t own = 0, theirs = 1;

	return batman_crc(n->node[0].b, NULL, 0, &own) &&
	       batman_crc(n->node[1].b, &first, 0, &theirs) && own == theirs;
}

/* Node 0 gets so many clients that node 1 has no room for them, after so long; five minutes later.
 */
static struct net *crowded(usec_t after, int clients)
{
	struct net *n = net_new();

	net_boot(n, 0, NULL);
	net_boot_small(n, 1, 40);
	net_link(n, 0, 0, 0, 1, 0);
	net_run(n, after);
	see_many(n, 0, clients);
	net_run(n, 300 * USEC_S);
	return n;
}

/* A table for which there is no room is asked for ever more seldom, be it the first version or a
 * later one, and known when there is room. */
static void test_table_too_large_for_us(void **state)
{
	uint64_t before;

	(void)state;
	for (int later = 0; later < 2; later++) {
		int unheard = 0;
		struct net *n = crowded(later * 10 * USEC_S, 60);

		assert_in_range(batman_counter(n->node[0].b, BATMAN_COUNT_TT_RESPONSE_TX), 3, 6);
		assert_true(batman_counter(n->node[1].b, BATMAN_COUNT_FULL_CLIENTS_GLOBAL) > 0);
		/* changes are asked for all the same: too many for an OGM */
		before = batman_counter(n->node[1].b, BATMAN_COUNT_TT_REQUEST_TX);
		for (int i = 0; i < 45; i++) {
			struct mac c = net_client(i);

			batman_client_gone(n->node[0].b, &c, 0, n->now);
		}
		net_run(n, 3 * USEC_S);
		assert_int_equal(batman_counter(n->node[1].b, BATMAN_COUNT_TT_REQUEST_TX),
				 before + 1);
		net_run(n, 120 * USEC_S);
		assert_true(agree(n));
		/* and then what is lost is repaired as quickly as ever */
		n->drop = net_lose_ogms;
		n->arg = &unheard;
		for (int i = 0; i < 2; i++) {
			see_many(n, 100 + i, 1);
			net_run(n, 5 * USEC_S);
		}
		assert_false(agree(n));
		n->drop = NULL;
		net_run(n, 1500 * USEC_MS);
		assert_true(agree(n));
		net_free(n);
	}
}

/* A diff of node 0's table that it never sent: that client has left. */
static void take_away(struct net *n, const struct mac *client)
{
	struct mac from = net_mac(0, 0), to = net_mac(1, 0);
	uint8_t frame[120], tvlv[60];
	struct wr w = wr_init(frame, sizeof(frame)), t = wr_init(tvlv, sizeof(tvlv));
	size_t mark = bat_tvlv_begin(&t, BAT_TVLV_TT, 1);

	bat_tt_encode(&t, BAT_TT_RESPONSE, batman_ttvn(n->node[0].b), 0);
	bat_tt_change_encode(&t, &(struct bat_tt_change) { .mac = *client, .flags = BAT_TT_DEL });
	bat_tvlv_end(&t, mark);
	bat_eth_encode(&w, &to, &from);
	bat_tvlv_packet_encode(&w, &to, &from, (uint16_t)wr_len(&t));
	wr_bytes(&w, tvlv, wr_len(&t));
	net_inject(n, 1, 0, frame, wr_len(&w));
}

/* So many leave that the whole table is sent in answer to a request for the changes, and it has
 * room: then nothing is waited for. */
static void test_table_no_longer_too_large(void **state)
{
	struct net *n = crowded(10 * USEC_S, 140);
	struct mac last = net_client(139);

	(void)state;
	assert_false(agree(n));
	for (int i = 0; i < 130; i++) {
		struct mac c = net_client(i);

		batman_client_gone(n->node[0].b, &c, 0, n->now);
	}
	net_run(n, 3 * USEC_S);
	assert_true(agree(n));
	take_away(n, &last);
	assert_false(agree(n));
	net_run(n, 1500 * USEC_MS);
	assert_true(agree(n));
	net_free(n);
}

/* Where changes were missed nothing is waited for either: who has left is not looked for there for
 * minutes. */
static void test_table_too_large_and_missed(void **state)
{
	struct net *n = crowded(10 * USEC_S, 60);
	struct mac c = net_client(0), orig;
	int unheard = 0;

	(void)state;
	for (int i = 0; batman_lookup(n->node[1].b, &c, 0, &orig) != 0; i++)
		c = net_client(i);
	n->drop = net_lose_ogms;
	n->arg = &unheard;
	batman_client_gone(n->node[0].b, &c, 0, n->now);
	net_run(n, 2 * USEC_S);
	see_many(n, 200, 1);
	net_run(n, 2 * USEC_S);
	assert_int_equal(batman_lookup(n->node[1].b, &c, 0, &orig), 0);
	n->drop = NULL;
	net_run(n, 1500 * USEC_MS);
	assert_int_equal(batman_lookup(n->node[1].b, &c, 0, &orig), -ENOENT);
	net_free(n);
}

static void test_counter_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < BATMAN_COUNTER_COUNT; i++) {
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(batman_counter_name((enum batman_counter)i),
						batman_counter_name((enum batman_counter)j));
	}
	assert_string_equal(batman_counter_name(BATMAN_COUNTER_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tq_series),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_triangle_broadcast),
		cmocka_unit_test(test_clash),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_cloud_mac_of_client),
		cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_icmp_types),
		cmocka_unit_test(test_plain_ping),
		cmocka_unit_test(test_restart_often),
		cmocka_unit_test(test_restart_next_to_a_new_one),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_table_too_large_for_us),
		cmocka_unit_test(test_table_no_longer_too_large),
		cmocka_unit_test(test_table_too_large_and_missed),
		cmocka_unit_test(test_counter_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
