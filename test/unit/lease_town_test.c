/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several lease servers with one replicated state: never one address for two clients, and no client
 * loses its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"

/* At the same moment, before any node hears of what another did. */
static void same_moment(void **state)
{
	(void)state;
	town_start(&town, 6, &TOWN_CONF, 3);
	town.delay_max = 2 * USEC_S;
	hosts_make(120);
	town_run(&town, 10 * USEC_S);
	town.cut = true;
	for (int i = 0; i < 48; i++)
		assert_true(host_join(&town, &hosts[i], i % 6));
	town.cut = false;
	town_run(&town, 5 * USEC_S);
	for (int i = 48; i < 120; i++)
		host_join(&town, &hosts[i], i % 6);
	assert_no_clash(120);
	town_run(&town, 5 * USEC_S);
	for (int i = 0; i < 120; i++)
		if (!ip4_is_zero(&hosts[i].ip))
			assert_int_equal(host_renew(&town, &hosts[i], (i + 1) % 6), DHCP_ACK);
	town_stop(&town);
}

static void act(int i)
{
	struct host *h = &hosts[i];
	int node = (int)rng_below(&town.rng, (uint32_t)town.nodes);

	switch (rng_below(&town.rng, 8)) {
	case 0:
		host_join(&town, h, node);
		break;
	case 1:
		if (!ip4_is_zero(&h->ip))
			host_release(&town, h, node);
		break;
	case 2:
		lease_client_here(&town.node[node].lease, &h->mac, 1, town.now);
		town_drain(&town, node);
		break;
	default:
		if (ip4_is_zero(&h->ip))
			host_join(&town, h, node);
		else
			host_renew(&town, h, node);
		break;
	}
}

static void random_life(uint64_t seed, int clients, int steps)
{
	town_start(&town, 5, &TOWN_CONF, seed);
	town.delay_max = 2 * USEC_S;
	hosts_make(clients);
	town_run(&town, 8 * USEC_S);
	for (int s = 0; s < steps; s++) {
		act((int)rng_below(&town.rng, (uint32_t)clients));
		town_run(&town, (usec_t)rng_below(&town.rng, 200000));
		if (s % 50 == 0)
			assert_no_clash(clients);
		if (s % 400 == 399) {
			town_run(&town, 3 * USEC_S);
			town_restart(&town, (int)rng_below(&town.rng, 5));
			town_run(&town, 3 * USEC_S);
		}
	}
	assert_no_clash(clients);
	town_stop(&town);
}

static void random_lives(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++)
		random_life(seed, 150, 1500);
}

/* Calm clients keep their addresses over roams and restarts, whichever node they ask. */
static void nobody_loses(void **state)
{
	struct ip4 had[100];

	(void)state;
	town_start(&town, 5, &TOWN_CONF, 9);
	town.delay_max = USEC_S;
	hosts_make(100);
	town_run(&town, 8 * USEC_S);
	for (int i = 0; i < 100; i++) {
		assert_true(host_join(&town, &hosts[i], i % 5));
		had[i] = hosts[i].ip;
		town_run(&town, 200 * USEC_MS);
	}
	for (int round = 0; round < 20; round++) {
		town_run(&town, 300 * USEC_S);
		if (round % 4 == 1)
			town_restart(&town, round % 5);
		for (int i = 0; i < 100; i++) {
			int node = (int)rng_below(&town.rng, 5);

			assert_int_equal(host_renew(&town, &hosts[i], node), DHCP_ACK);
			assert_true(ip4_eq(&hosts[i].ip, &had[i]));
			town_run(&town, 20 * USEC_MS);
		}
	}
	town_stop(&town);
}

/* Of two claims to one block the lower one stays; the other node goes on with another block. */
static void block_clash(void **state)
{
	struct lease_block block = { 0 };
	uint32_t cursor = 0;
	struct lease *l;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	l = &town.node[0].lease;
	assert_true(lease_block_next(l, &cursor, &block));
	hosts_make(4);
	assert_true(host_join(&town, &hosts[0], 0));
	block.owner.b[0] = 0; /* a lower id, the same epoch */
	lease_block_learnt(l, &block, town.now);
	assert_int_equal(l->counters[LEASE_COUNT_BLOCK_CLASH], 1);
	town_run(&town, 5 * USEC_S);
	assert_true(host_join(&town, &hosts[1], 0));
	assert_true(ip4_u32(&hosts[0].ip) / 16 != ip4_u32(&hosts[1].ip) / 16);
	assert_int_equal(host_renew(&town, &hosts[0], 0), DHCP_ACK); /* clients keep theirs */
	/* a higher claim changes nothing */
	block.index = (ip4_u32(&hosts[1].ip) & 0xffff) / 16;
	block.owner.b[0] = 9;
	block.epoch = UINT32_MAX;
	lease_block_learnt(l, &block, town.now);
	assert_int_equal(l->counters[LEASE_COUNT_BLOCK_CLASH], 2);
	town_run(&town, 3 * USEC_S);
	assert_true(host_join(&town, &hosts[2], 0));
	block.index = 1u << 20;
	lease_block_learnt(l, &block, town.now);
	town_stop(&town);
}

/* After a cut heals: the older lease stays, the other client is refused and gets another. */
static void lease_clash(void **state)
{
	struct lease *l;
	struct lease_view v;
	struct lease_client rec;
	struct ip4 ip;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(4);
	l = &town.node[0].lease;
	assert_true(host_join(&town, &hosts[0], 0));
	ip = hosts[0].ip;
	town_run(&town, 100 * USEC_S);
	/* a younger one elsewhere: ours stays */
	rec = (struct lease_client) {
		.mac = hosts[1].mac, .ip4 = ip, .age_s = 10, .node = town.node[1].lease.self
	};
	lease_client_learnt(l, &rec, town.now);
	assert_int_equal(l->counters[LEASE_COUNT_ADDRESS_CLASH], 1);
	assert_int_equal(host_renew(&town, &hosts[0], 0), DHCP_ACK);
	/* an older one: ours goes */
	rec.mac = hosts[2].mac;
	rec.age_s = 1000;
	lease_client_learnt(l, &rec, town.now);
	town_drain(&town, 0);
	assert_true(lease_find(l, &hosts[0].mac, town.now, &v));
	assert_true(ip4_is_zero(&v.client.ip4) && (v.client.flags & LEASE_RELEASED));
	assert_int_equal(host_renew(&town, &hosts[0], 0), DHCP_NAK);
	assert_true(host_join(&town, &hosts[0], 0));
	assert_false(ip4_eq(&hosts[0].ip, &ip));
	/* close in age: the lower MAC, by its node's word or after a while without that */
	ip = hosts[0].ip;
	rec = (struct lease_client) { .mac = { { 0, 1, 2, 3, 4, 5 } },
				      .ip4 = ip,
				      .age_s = 5,
				      .node = town.node[1].lease.self };
	town_run(&town, 20 * USEC_S);
	lease_client_learnt(l, &rec, town.now);
	town_run(&town, 11 * USEC_S);
	assert_int_equal(host_renew(&town, &hosts[0], 0), DHCP_NAK);
	town_stop(&town);
}

/* Who only names another's MAC ends no lease, and takes nobody to another node. */
static void others_mac(void **state)
{
	struct lease_view v;
	struct host forger;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 9);
	town_run(&town, 5 * USEC_S);
	hosts_make(1);
	assert_true(host_join(&town, &hosts[0], 0));
	town_run(&town, USEC_S);
	forger = hosts[0];
	forger.from = (struct mac) { { 2, 9, 9, 9, 9, 9 } };
	assert_int_equal(host_renew(&town, &forger, 1), DHCP_ACK);
	for (int i = 0; i < 2; i++) {
		forger.ip = hosts[0].ip;
		host_release(&town, &forger, i);
	}
	town_run(&town, USEC_S);
	for (int i = 0; i < 2; i++) {
		assert_true(lease_find(&town.node[i].lease, &hosts[0].mac, town.now, &v));
		assert_true(ip4_eq(&v.client.ip4, &hosts[0].ip));
		assert_true(lease_node_eq(&v.client.node, &town.node[0].lease.self));
	}
	host_release(&town, &hosts[0], 0);
	assert_true(lease_find(&town.node[0].lease, &hosts[0].mac, town.now, &v));
	assert_true(ip4_is_zero(&v.client.ip4));
	town_stop(&town);
}

/* A record written in ignorance of a lease that we granted meanwhile does not end it. */
static void lost_update(void **state)
{
	struct lease *l;
	struct lease_view v;
	struct lease_client rec;
	struct ip4 ip;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(2);
	l = &town.node[0].lease;
	assert_true(host_join(&town, &hosts[0], 0));
	ip = hosts[0].ip;
	rec = (struct lease_client) { .mac = hosts[0].mac, .node = town.node[1].lease.self };
	lease_client_learnt(l, &rec, town.now);
	town_drain(&town, 0);
	assert_true(lease_find(l, &hosts[0].mac, town.now, &v) && ip4_eq(&v.client.ip4, &ip));
	town_run(&town, USEC_S);
	assert_int_equal(host_renew(&town, &hosts[0], 1), DHCP_ACK);
	lease_client_gone(l, &hosts[0].mac, town.now);
	town_drain(&town, 0);
	assert_true(lease_find(l, &hosts[0].mac, town.now, &v) && ip4_eq(&v.client.ip4, &ip));
	/* but one that says so does, when it cannot have crossed our answer on the way */
	town_run(&town, 10 * USEC_S);
	rec.flags = LEASE_RELEASED;
	lease_client_learnt(l, &rec, town.now);
	assert_true(lease_find(l, &hosts[0].mac, town.now, &v) && ip4_is_zero(&v.client.ip4));
	/* an administrator's word counts on all nodes */
	assert_true(host_join(&town, &hosts[0], 0));
	town_run(&town, 10 * USEC_S);
	lease_release(&town.node[1].lease, &hosts[0].mac, town.now);
	town_drain(&town, 1);
	town_run(&town, USEC_S);
	assert_true(lease_find(l, &hosts[0].mac, town.now, &v) && ip4_is_zero(&v.client.ip4));
	town_stop(&town);
}

/* Who does not know yet what the others know refuses nobody and gives away nothing. */
static void unsynced(void **state)
{
	struct lease *l;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(3);
	assert_true(host_join(&town, &hosts[0], 0));
	town_run(&town, USEC_S);
	l = &town.node[1].lease;
	lease_peers(l, 1, false, town.now);
	assert_int_equal(host_renew(&town, &hosts[0], 1), DHCP_ACK);
	assert_int_equal(host_discover(&town, &hosts[1], 1), 0);
	assert_int_equal(host_reboot(&town, &hosts[1], 1, (struct ip4) { { 10, 13, 200, 200 } }),
			 0);
	lease_peers(l, 1, true, town.now);
	assert_true(host_join(&town, &hosts[1], 1));
	/* a neighbour that never gets there does not stop us for good */
	lease_peers(l, 1, false, town.now);
	assert_int_equal(host_discover(&town, &hosts[2], 1), 0);
	town_run(&town, 11 * USEC_S);
	assert_true(host_join(&town, &hosts[2], 1));
	town_stop(&town);
}

/* A restarted node takes its blocks back and gives none of the addresses in use to others. */
static void restarts(void **state)
{
	unsigned blocks = 0, resting;
	struct lease_block b;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(60);
	for (int i = 0; i < 20; i++) {
		assert_true(host_join(&town, &hosts[i], 0));
		town_run(&town, USEC_S);
	}
	town_restart(&town, 0);
	town_run(&town, 5 * USEC_S);
	for (int i = 0; i < 60; i++) {
		assert_true(host_join(&town, &hosts[i], 0));
		town_run(&town, USEC_S);
	}
	assert_no_clash(60);
	for (uint32_t i = 0; lease_block_next(&town.node[1].lease, &i, &b);)
		blocks++;
	/* 60 clients, a quarter more, one node that is idle; and what rests since the restart */
	resting = pool_count(&town.node[0].lease.pool).resting;
	assert_in_range(resting, 1, 2 * POOL_BLOCK);
	assert_in_range(blocks, 4, 8 + resting / POOL_BLOCK);
	/* blocks that nobody needs are given back */
	town_run(&town, 52 * 3600 * USEC_S);
	blocks = 0;
	for (uint32_t i = 0; lease_block_next(&town.node[1].lease, &i, &b);)
		blocks++;
	assert_int_equal(blocks, 2);
	town_stop(&town);
}

/* A declined address stays closed on the node that owns its block, in whatever order it hears. */
static void decline_travels(void **state)
{
	struct ip4 ip;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(40);
	assert_true(host_join(&town, &hosts[0], 0));
	ip = hosts[0].ip;
	town_run(&town, USEC_S);
	town.delay_max = USEC_S;
	host_send(&town, &hosts[0], 1,
		  &(struct dhcp_msg) { .type = DHCP_DECLINE, .requested = ip });
	town_run(&town, 3 * USEC_S);
	for (int i = 1; i < 40; i++) {
		assert_true(host_join(&town, &hosts[i], 0));
		assert_false(ip4_eq(&hosts[i].ip, &ip));
		town_run(&town, USEC_S);
	}
	town_stop(&town);
}

/* The record of the declined address comes before the client's own that gives it up. */
static void decline_comes_first(void **state)
{
	struct lease_client declined, gone;
	struct lease *l;
	struct ip4 ip;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(1);
	l = &town.node[0].lease;
	assert_true(host_join(&town, &hosts[0], 0));
	ip = hosts[0].ip;
	town_run(&town, 100 * USEC_S);
	declined = (struct lease_client) { .mac = lease_decline_mac(&ip),
					   .ip4 = ip,
					   .flags = LEASE_DECLINED,
					   .node = town.node[1].lease.self };
	gone = (struct lease_client) { .mac = hosts[0].mac,
				       .flags = LEASE_RELEASED,
				       .node = town.node[1].lease.self };
	lease_client_learnt(l, &declined, town.now);
	assert_true(mac_eq(&book_holder4(&l->book, &ip)->holder, &hosts[0].mac));
	lease_client_learnt(l, &gone, town.now);
	assert_non_null(book_holder4(&l->book, &ip));
	assert_false(pool_is_free(&l->pool, &ip));
	lease_client_gone(l, &declined.mac, town.now);
	assert_null(book_holder4(&l->book, &ip));
	assert_true(pool_is_free(&l->pool, &ip));
	assert_false(pool_is_rested(&l->pool, &ip, town.now));
	town_stop(&town);
}

/* What another node writes of the client that has not heard of it does not undo it. */
static void decline_outlives_older_word(void **state)
{
	struct lease_client rec = { .node = { { 9 } }, .age_s = 50, .granted_s = 60 };
	struct lease *l = &town.node[0].lease;
	struct lease_view v;
	struct ip4 ip;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(1);
	assert_true(host_join(&town, &hosts[0], 0));
	ip = hosts[0].ip;
	town_run(&town, 50 * USEC_S);
	host_send(&town, &hosts[0], 0,
		  &(struct dhcp_msg) { .type = DHCP_DECLINE, .requested = ip });
	town_run(&town, 10 * USEC_S);
	rec.mac = hosts[0].mac;
	rec.ip4 = ip;
	lease_client_learnt(l, &rec, town.now);
	assert_true(lease_find(l, &hosts[0].mac, town.now, &v));
	assert_true(ip4_is_zero(&v.client.ip4));
	assert_false(pool_is_free(&l->pool, &ip));
	assert_true(host_join(&town, &hosts[0], 0));
	assert_false(ip4_eq(&hosts[0].ip, &ip));
	town_stop(&town);
}

/* 200 clients at once at one node that had none: all are served within seconds. */
static void crowd(void **state)
{
	int joined = 0;

	(void)state;
	town_start(&town, 3, &TOWN_CONF, 4);
	town.delay_max = 500 * USEC_MS;
	town_run(&town, 5 * USEC_S);
	hosts_make(200);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 200; i++)
			if (ip4_is_zero(&hosts[i].ip))
				joined += host_join(&town, &hosts[i], 0);
		town_run(&town, 4 * USEC_S);
	}
	assert_int_equal(joined, 200);
	assert_no_clash(200);
	town_stop(&town);
}

static unsigned claims(const struct town *t)
{
	struct lease_block b;
	unsigned n = 0;

	for (uint32_t i = 0; lease_block_next(&t->node[0].lease, &i, &b);)
		n++;
	return n;
}

/* After a power cut 2,000 clients of one node ask at once, and again after 4 s (RFC 2131, 4.1):
 * then all have an address. */
static void power_cut(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	int joined = 0;

	(void)state;
	conf.port_unlimited = true;
	town_start(&town, 3, &conf, 4);
	town.delay_max = 500 * USEC_MS;
	town_run(&town, 5 * USEC_S);
	hosts_make(2000);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2000; i++)
			if (ip4_is_zero(&hosts[i].ip))
				joined += host_join(&town, &hosts[i], 0);
		town_run(&town, 4 * USEC_S);
	}
	assert_int_equal(joined, 2000);
	assert_no_clash(2000);
	/* ahead of need: a quarter more, and twice of what came last, which was all of them */
	assert_in_range(claims(&town), 2500 / 16, (2500 + 2 * 2000) / 16 + 3);
	town_stop(&town);
}

/* Who only asks, in many names and at all ports, has not the whole pool claimed. */
static void unmet_is_bounded(void **state)
{
	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	for (unsigned i = 0; i < 3000; i++) {
		struct host h = town_host(i);

		h.port = (uint16_t)(i % 16);
		host_discover(&town, &h, 0);
	}
	assert_in_range(claims(&town), 1024 / 16, 1024 / 16 + 8);
	town_stop(&town);
}

/* As many clients come in each second: nobody has to ask twice. */
static void steady(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	int late = 0;

	(void)state;
	conf.port_unlimited = true;
	town_start(&town, 2, &conf, 4);
	town.delay_max = 500 * USEC_MS;
	town_run(&town, 5 * USEC_S);
	hosts_make(1000);
	for (int i = 0; i < 1000; i++) {
		if (!host_join(&town, &hosts[i], 0))
			late += i > 200; /* it had to learn how many */
		town_run(&town, 20 * USEC_MS);
	}
	assert_int_equal(late, 0);
	town_stop(&town);
}

/* The block of ip as node knows it. */
static bool claim_at(int node, const struct ip4 *ip, struct lease_block *ret)
{
	for (uint32_t i = 0; lease_block_next(&town.node[node].lease, &i, ret);)
		if (ret->index == (ip4_u32(ip) & 0xff) / 16)
			return true;
	return false;
}

/* A town of 16 blocks whose node 2 has one client and is gone. */
static void gone_begin(usec_t ago)
{
	struct lease_conf conf = TOWN_CONF;

	conf.port_unlimited = true;
	conf.network = (struct net4) { { { 10, 13, 0, 0 } }, 24 };
	town_start(&town, 3, &conf, 6);
	town.delay_max = 100 * USEC_MS;
	town_run(&town, 5 * USEC_S);
	hosts_make(300);
	assert_true(host_join(&town, &hosts[0], 2));
	town_run(&town, USEC_S);
	town_gone(&town, 2, ago);
}

/* Clients come to node 0 until it takes the block of node 2; false: all other blocks are used. */
static bool fill(struct lease_block *ret)
{
	const struct lease_node *gone = &town.node[2].lease.self;
	unsigned before = claims(&town);

	for (int i = 1; i < 260; i++) {
		(void)host_join(&town, &hosts[i], 0);
		town_run(&town, 500 * USEC_MS);
		assert_true(claim_at(0, &hosts[0].ip, ret));
		if (!lease_node_eq(&ret->owner, gone)) {
			assert_true(before > 16 * 4 / 5); /* it would have been too early */
			return true;
		}
		before = claims(&town);
	}
	assert_true(town_counter(&town, LEASE_COUNT_EXHAUSTED) > 0);
	return false;
}

static void reclaim_not_yet(void **state)
{
	struct lease_block b;

	(void)state;
	gone_begin(7 * 86400 * USEC_S - 600 * USEC_S);
	assert_false(fill(&b));
	town_stop(&town);
}

/* A block of a node that has been gone for 7 days is taken before the last fifth of the pool; when
 * the node comes back, it loses that claim and no other. */
static void reclaim(void **state)
{
	struct lease_block old, taken, other, now;
	struct ip4 elsewhere = { { 10, 13, 0, 0 } };

	(void)state;
	gone_begin(8 * 86400 * USEC_S);
	assert_true(claim_at(0, &hosts[0].ip, &old));
	assert_true(fill(&taken));
	assert_true(lease_node_eq(&taken.owner, &town.node[0].lease.self));
	assert_true(lease_node_eq(&taken.taken_from, &old.owner));
	assert_int_equal(taken.taken_epoch, old.epoch);
	assert_true(taken.epoch > old.epoch);
	assert_in_range(claims(&town), 13, 15); /* there are others left */
	town_run(&town, 5 * USEC_S);
	/* its client keeps what it has, and the rest of the block is used */
	assert_int_equal(host_renew(&town, &hosts[0], 0), DHCP_ACK);
	/* back, with what its own disk has: the claim, and one that nobody has taken */
	while (claim_at(0, &elsewhere, &now))
		elsewhere.b[3] = (uint8_t)(elsewhere.b[3] + 16);
	other = old;
	other.index = elsewhere.b[3] / 16;
	town_reboot(&town, 2);
	lease_block_learnt(&town.node[2].lease, &old, town.now);
	lease_block_learnt(&town.node[2].lease, &other, town.now);
	town_drain(&town, 2);
	town_sync(&town, 2);
	town_run(&town, 5 * USEC_S);
	assert_null(pool_own_at(&town.node[2].lease.pool, old.index));
	assert_non_null(pool_own_at(&town.node[2].lease.pool, other.index));
	for (int i = 0; i < 3; i++) {
		assert_true(claim_at(i, &hosts[0].ip, &now));
		assert_true(lease_node_eq(&now.owner, &taken.owner));
	}
	for (int i = 0; i < 12; i++) {
		struct host h = town_host(400 + (unsigned)i);

		assert_true(host_join(&town, &h, 2));
		assert_false(ip4_u32(&h.ip) / 16 == ip4_u32(&hosts[0].ip) / 16);
	}
	assert_no_clash(300);
	town_stop(&town);
}

/* A node has lost everything, and sees its client and the client's addresses before it hears what
 * the others know: the lease goes on. */
static void reboot_among_clients(void **state)
{
	struct ip6 addr;
	struct ip4 ip;
	struct lease *l;

	(void)state;
	town_start(&town, 3, &TOWN_CONF, 4);
	town.delay_max = 100 * USEC_MS;
	town_run(&town, 5 * USEC_S);
	hosts_make(2);
	assert_true(host_join(&town, &hosts[0], 0));
	ip = hosts[0].ip;
	town_run(&town, 100 * USEC_S);
	town_reboot(&town, 0);
	l = &town.node[0].lease;
	for (uint8_t i = 1; i <= 6; i++) {
		addr = (struct ip6) { { 0xfd, [15] = i } };
		for (int h = 0; h < 2; h++)
			lease_client_seen(l, &hosts[h].mac, &addr, 1, town.now);
		town_drain(&town, 0);
		town_run(&town, 300 * USEC_MS);
		if (i == 4)
			lease_peers(l, 2, false, town.now);
	}
	town_run(&town, 5 * USEC_S); /* longer than anybody is waited for who does not come */
	town_sync(&town, 0);
	town_run(&town, 2 * USEC_S);
	for (int i = 0; i < 3; i++) {
		assert_true(book_has_lease(&town.node[i].lease.book,
					   book_find(&town.node[i].lease.book, &hosts[0].mac)));
		/* the other one has none, but is known in the end */
		assert_non_null(book_find(&town.node[i].lease.book, &hosts[1].mac));
	}
	assert_true(host_join(&town, &hosts[0], 2));
	assert_true(ip4_eq(&hosts[0].ip, &ip));
	town_stop(&town);
}

/* Where nobody else is, it is told after three seconds. */
static void reboot_alone(void **state)
{
	struct lease_view view;
	struct lease *l = &town.node[0].lease;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	hosts_make(100);
	town_reboot(&town, 0);
	for (int i = 0; i < 100; i++)
		lease_client_here(l, &hosts[i].mac, 1, town.now);
	town_drain(&town, 0);
	town_run(&town, 2 * USEC_S);
	assert_false(lease_find(&town.node[1].lease, &hosts[0].mac, town.now, &view));
	town_run(&town, 2 * USEC_S);
	for (int i = 0; i < 100; i++)
		assert_true(lease_find(&town.node[1].lease, &hosts[i].mac, town.now, &view));
	town_stop(&town);
}

/* An address that the client was seen to use, then leased: the sighting ends, the lease does not.
 */
static void seen_then_leased(void **state)
{
	struct ip4 ip = { { 10, 13, 0, 2 } };
	struct ip6 addr = lease_mapped(&ip);
	struct lease_client rec;
	struct lease *l;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 4);
	hosts_make(1);
	l = &town.node[0].lease;
	lease_client_seen(l, &hosts[0].mac, &addr, 1, town.now);
	rec = (struct lease_client) { .mac = hosts[0].mac, .ip4 = ip };
	lease_client_learnt(l, &rec, town.now);
	assert_non_null(book_holder4(&l->book, &ip));
	assert_true(book_holder4(&l->book, &ip)->leased);
	town_stop(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_moment),
		cmocka_unit_test(random_lives),
		cmocka_unit_test(nobody_loses),
		cmocka_unit_test(block_clash),
		cmocka_unit_test(others_mac),
		cmocka_unit_test(lease_clash),
		cmocka_unit_test(lost_update),
		cmocka_unit_test(unsynced),
		cmocka_unit_test(restarts),
		cmocka_unit_test(decline_travels),
		cmocka_unit_test(decline_comes_first),
		cmocka_unit_test(decline_outlives_older_word),
		cmocka_unit_test(crowd),
		cmocka_unit_test(power_cut),
		cmocka_unit_test(unmet_is_bounded),
		cmocka_unit_test(steady),
		cmocka_unit_test(reclaim_not_yet),
		cmocka_unit_test(reclaim),
		cmocka_unit_test(seen_then_leased),
		cmocka_unit_test(reboot_among_clients),
		cmocka_unit_test(reboot_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
