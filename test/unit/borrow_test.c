/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole nodes that lend each other addresses, by datagrams on a wire. There is one block of
 * addresses for all, so that one of the two nodes has it and the other has none. The way on which
 * the words go: core/lease/borrow.c, node/talk.c, core/state/state_talk.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/state_msg.h"
#include "dhcp_client.h"
#include "lib/rng.h"
#include "node_town.h"
#include "packet/eth.h"
#include "packet/udp.h"

enum {
	BLOCK_START = 32, /* of the network, in addresses; the only one for clients */
	CLIENTS = 13,
	HELD_MAX = 64,
	FRAME_MAX = 512,
};

#define LEASE (120 * USEC_S)

struct held {
	usec_t due;
	int from, to;
	size_t len;
	uint8_t frame[FRAME_MAX];
};

struct pair {
	struct town t;
	int lender, borrower;
	struct rng rng;
	unsigned bad; /* of 100 words so many are lost, as many late, and as many come twice */
	unsigned words;
	struct held held[HELD_MAX];
	unsigned held_count;
};

/* The frame is a word to another node. */
static bool is_word(const uint8_t *frame, size_t len)
{
	size_t inner = BAT_ETH_HEADER +
		       (frame[BAT_ETH_HEADER] == BAT_TYPE_4ADDR ? BAT_UNICAST_4ADDR : BAT_UNICAST);
	struct state_msg_header h;
	struct rd r, payload, data, body;
	struct udp_head udp;
	struct ip6_head ip;
	struct eth e;
	uint8_t type;

	if (len <= inner || frame[BAT_ETH_HEADER] < BAT_TYPE_UNICAST ||
	    frame[BAT_ETH_HEADER] > BAT_TYPE_UNICAST_LAST)
		return false;
	r = rd_init(frame + inner, len - inner);
	if (eth_decode(&r, &e) || e.type != ETH_TYPE_IP6 || ip6_decode(&r, &ip, &payload) ||
	    ip.next != IP_PROTO_UDP || udp6_decode(&payload, &ip, &udp, &data) ||
	    udp.dst_port != NODE_STATE_UDP_PORT || state_msg_read_header(&data, &h))
		return false;
	return state_msg_item(&data, &type, &body) && type == STATE_ITEM_TALK;
}

static void hold(struct pair *p, int from, int to, const uint8_t *frame, size_t len)
{
	struct held *h = &p->held[p->held_count];

	if (p->held_count == HELD_MAX || len > FRAME_MAX)
		return;
	h->due = p->t.now + (usec_t)rng_below(&p->rng, 2000000);
	h->from = from;
	h->to = to;
	h->len = len;
	memcpy(h->frame, frame, len);
	p->held_count++;
}

static bool wire(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	struct pair *p = t->arg;
	uint32_t luck;

	if (!is_word(frame, len))
		return true;
	p->words++;
	luck = rng_below(&p->rng, 100);
	if (luck < p->bad)
		return false;
	if (luck < 3 * p->bad)
		hold(p, from, to, frame, len);
	return luck >= 2 * p->bad;
}

static void held_come(struct pair *p)
{
	for (unsigned i = 0; i < p->held_count;) {
		struct held h = p->held[i];
		struct event e = { .kind = EVENT_FRAME };

		if (h.due > p->t.now) {
			i++;
			continue;
		}
		p->held[i] = p->held[--p->held_count];
		e.frame = (struct event_frame) { LINK_MESH, h.from < h.to ? 0 : 1, h.frame, h.len };
		town_feed(&p->t, h.to, &e);
	}
}

static void run(struct pair *p, usec_t duration)
{
	usec_t end = p->t.now + duration;

	while (p->t.now < end) {
		town_run(&p->t, usec_min(end, p->t.now + 20 * USEC_MS));
		held_come(p);
	}
}

static const struct lease *lease_of(const struct pair *p, int node)
{
	return node_lease(p->t.node[node]);
}

static struct pair *pair_new(void)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	town_plan(&p->t, 2);
	p->t.wire = wire;
	p->t.arg = p;
	p->rng = rng_init(1);
	for (int i = 0; i < 2; i++) {
		p->t.conf[i].network.anygw_dhcp_start = BLOCK_START;
		p->t.conf[i].network.anygw_dhcp_limit = POOL_BLOCK;
		p->t.conf[i].dhcp.lease_time_s = LEASE / USEC_S;
	}
	town_begin(&p->t);
	run(p, 30 * USEC_S);
	p->lender = lease_of(p, 0)->pool.own.count ? 0 : 1;
	p->borrower = 1 - p->lender;
	assert_int_equal(lease_of(p, p->lender)->pool.own.count, 1);
	assert_int_equal(lease_of(p, p->borrower)->pool.own.count, 0);
	assert_true(pool_count(&lease_of(p, p->lender)->pool).free >= CLIENTS);
	return p;
}

static void pair_free(struct pair *p)
{
	town_stop(&p->t);
	free(p);
}

struct client {
	struct mac mac;
	struct ip4 ip; /* zero: none */
};

static struct client client(int i)
{
	return (struct client) { .mac = { { 2, 0xcc, 0, 0, 0, (uint8_t)i } } };
}

static struct dhcp_msg say(struct pair *p, int node, const struct client *c, struct dhcp_msg m)
{
	uint8_t frame[DHCP_CLIENT_FRAME];

	m.op = DHCP_OP_REQUEST;
	m.xid = 77;
	m.chaddr = c->mac;
	town_station(&p->t, node, &c->mac, CLIENT_ASSOCIATED);
	p->t.dhcp_len = 0;
	town_frame(&p->t, node, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	if (!p->t.dhcp_len)
		return (struct dhcp_msg) { .type = 0 };
	return dhcp_client_receive(p->t.dhcp, p->t.dhcp_len);
}

/* The address that is offered; zero: none. */
static struct ip4 discover(struct pair *p, int node, const struct client *c)
{
	struct dhcp_msg r = say(p, node, c, (struct dhcp_msg) { .type = DHCP_DISCOVER });

	return r.type == DHCP_OFFER ? r.yiaddr : (struct ip4) { { 0 } };
}

static bool request(struct pair *p, int node, struct client *c, struct ip4 ip)
{
	struct dhcp_msg m = { .type = DHCP_REQUEST,
			      .requested = ip,
			      .server_id = node_cloud(p->t.node[node])->anygw4 };
	struct dhcp_msg r = say(p, node, c, m);

	if (r.type != DHCP_ACK)
		return false;
	assert_true(ip4_eq(&r.yiaddr, &ip));
	c->ip = ip;
	return true;
}

/* As a client does, until it has an address; false: 30 times in vain. */
static bool join(struct pair *p, int node, struct client *c)
{
	for (int i = 0; i < 30; i++) {
		struct ip4 ip = discover(p, node, c);

		if (!ip4_is_zero(&ip) && request(p, node, c, ip))
			return true;
		run(p, 1500 * USEC_MS);
	}
	return false;
}

static bool is_held_by(const struct pair *p, int node, const struct client *c)
{
	struct lease_view v;

	return lease_find(lease_of(p, node), &c->mac, p->t.now, &v) &&
	       ip4_eq(&v.client.ip4, &c->ip);
}

/* The borrower offers this to the client. */
static struct ip4 borrow(struct pair *p, const struct client *c)
{
	struct ip4 ip = discover(p, p->borrower, c);

	assert_true(ip4_is_zero(&ip));
	run(p, 50 * USEC_MS);
	ip = discover(p, p->borrower, c);
	assert_false(ip4_is_zero(&ip));
	return ip;
}

static void test_borrows(void **state)
{
	struct pair *p = pair_new();
	const struct lease *lender = lease_of(p, p->lender), *borrower = lease_of(p, p->borrower);
	struct client c = client(1);
	struct ip4 ip;

	(void)state;
	assert_int_equal(borrower->near_count, 1);
	assert_true(lease_node_eq(&borrower->near[0], &lender->self));
	ip = borrow(p, &c);
	assert_true(pool_is_claimed_by(&lender->pool, &ip, &lender->self));
	assert_int_equal(lender->lent.count, 1);
	assert_true(request(p, p->borrower, &c, ip));
	run(p, 500 * USEC_MS);
	assert_int_equal(lender->lent.count, 0);
	assert_true(is_held_by(p, p->lender, &c));
	assert_int_equal(borrower->counters[LEASE_COUNT_BORROWED], 1);
	assert_int_equal(lender->counters[LEASE_COUNT_LENT], 1);
	/* who does not take it: it goes back with the offer */
	c = client(2);
	borrow(p, &c);
	assert_int_equal(lender->lent.count, 1);
	run(p, 61 * USEC_S);
	assert_int_equal(lender->lent.count, 0);
	pair_free(p);
}

/* Nobody is asked who does not answer any more. */
static void test_near_goes(void **state)
{
	struct pair *p = pair_new();

	(void)state;
	assert_int_equal(lease_of(p, 0)->near_count, 1);
	p->t.count = 1; /* nothing reaches node 1 any more */
	town_run(&p->t, p->t.now + 400 * USEC_S);
	assert_int_equal(lease_of(p, 0)->near_count, 0);
	p->t.count = 2;
	pair_free(p);
}

static void assert_none_twice(const struct client *c, int count)
{
	for (int i = 0; i < count; i++)
		for (int j = i + 1; j < count; j++)
			assert_false(!ip4_is_zero(&c[i].ip) && ip4_eq(&c[i].ip, &c[j].ip));
}

static void test_bad_network(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct pair *p = pair_new();
		struct client c[CLIENTS];
		unsigned int borrowed = 0;

		p->rng = rng_init(seed);
		p->bad = 20;
		for (int i = 0; i < CLIENTS; i++) {
			c[i] = client(i);
			assert_true(join(p, i % 4 ? p->borrower : p->lender, &c[i]));
			borrowed += i % 4 != 0;
			assert_none_twice(c, i + 1);
		}
		run(p, 5 * USEC_S);
		for (int i = 0; i < CLIENTS; i++)
			for (int node = 0; node < 2; node++)
				assert_true(is_held_by(p, node, &c[i]));
		/* all of them by words, of which some had to be said again */
		assert_true(lease_of(p, p->borrower)->counters[LEASE_COUNT_BORROWED] >= borrowed);
		assert_true(p->words > 2 * borrowed);
		assert_int_equal(lease_of(p, p->lender)->counters[LEASE_COUNT_ADDRESS_CLASH], 0);
		pair_free(p);
	}
}

/* The lender starts again while the client thinks about the offer, with its claim and nothing else.
 * No newcomer gets an address of that block then, but the client gets its own. */
static void test_lender_reboots(void **state)
{
	struct pair *p = pair_new();
	struct client c = client(1), newcomer = client(2), late = client(3);
	struct ip4 ip = borrow(p, &c), other;

	(void)state;
	town_reboot(&p->t, p->lender);
	run(p, 25 * USEC_S);
	assert_int_equal(lease_of(p, p->lender)->pool.own.count, 1);
	assert_int_equal(pool_count(&lease_of(p, p->lender)->pool).waiting, 0);
	assert_int_equal(pool_count(&lease_of(p, p->lender)->pool).free, 0);
	assert_int_equal(lease_of(p, p->lender)->lent.count, 0);
	for (int node = 0; node < 2; node++) {
		other = discover(p, node, &newcomer);
		assert_true(ip4_is_zero(&other));
		run(p, USEC_S);
	}
	assert_true(request(p, p->borrower, &c, ip));
	run(p, USEC_S);
	assert_true(is_held_by(p, p->lender, &c));
	run(p, LEASE);
	assert_true(join(p, p->lender, &newcomer));
	assert_true(join(p, p->borrower, &late));
	assert_false(ip4_eq(&newcomer.ip, &c.ip) || ip4_eq(&late.ip, &c.ip));
	assert_false(ip4_eq(&newcomer.ip, &late.ip));
	pair_free(p);
}

/* The borrower starts again: its promise is forgotten, and the same address is lent once more. */
static void test_borrower_reboots(void **state)
{
	struct pair *p = pair_new();
	struct client c = client(1);
	struct ip4 ip = borrow(p, &c), again;

	(void)state;
	town_reboot(&p->t, p->borrower);
	run(p, 25 * USEC_S);
	assert_false(request(p, p->borrower, &c, ip));
	again = borrow(p, &c);
	assert_true(ip4_eq(&again, &ip));
	assert_int_equal(lease_of(p, p->lender)->lent.count, 1);
	assert_true(request(p, p->borrower, &c, ip));
	run(p, USEC_S);
	assert_int_equal(lease_of(p, p->lender)->lent.count, 0);
	pair_free(p);
}

/* Both crash in turn, in the middle of it, while words are lost, late and come twice. */
static void test_crashes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct pair *p = pair_new();
		struct client c[CLIENTS];
		int served = 0;

		p->rng = rng_init(seed);
		p->bad = 15;
		for (int i = 0; i < CLIENTS; i++)
			c[i] = client(i);
		for (int step = 0; step < 400; step++) {
			struct client *some = &c[rng_below(&p->rng, CLIENTS)];

			if (step % 300 == 60)
				town_reboot(&p->t, p->lender);
			if (step % 100 == 50)
				town_reboot(&p->t, p->borrower);
			if (ip4_is_zero(&some->ip)) {
				struct ip4 ip = discover(p, p->borrower, some);

				if (!ip4_is_zero(&ip) && rng_below(&p->rng, 3))
					request(p, p->borrower, some, ip);
			}
			run(p, (usec_t)rng_below(&p->rng, 1000000));
			assert_none_twice(c, CLIENTS);
		}
		for (int i = 0; i < CLIENTS; i++)
			served += !ip4_is_zero(&c[i].ip);
		assert_true(served > 6);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_borrows),		 cmocka_unit_test(test_near_goes),
		cmocka_unit_test(test_bad_network),	 cmocka_unit_test(test_lender_reboots),
		cmocka_unit_test(test_borrower_reboots), cmocka_unit_test(test_crashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
