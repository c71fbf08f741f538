/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blocks rest when a node starts again, and for how long; that this costs no blocks; and what
 * is decided before the others have told how old the leases are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"

#define LEASE (1200 * USEC_S)

static bool is_held_by(int node, const struct ip4 *ip, const struct host *h)
{
	const struct book_addr *a = book_holder4(&town.node[node].lease.book, ip);

	return a && mac_eq(&a->holder, &h->mac);
}

/* Some hosts come as new ones, within a few seconds, and all are served. */
static void serve(int node, int from, int to)
{
	int left = to - from;

	for (int round = 0; left && round < 8; round++) {
		left = 0;
		for (int i = from; i < to; i++)
			if (ip4_is_zero(&hosts[i].ip) && !host_join(&town, &hosts[i], node))
				left++;
		town_run(&town, USEC_S);
	}
	assert_int_equal(left, 0);
	assert_no_clash(to);
}

static unsigned own_blocks(const struct lease *l)
{
	return l->pool.own.count;
}

/* Until all is learnt that was on the disk no block is claimed, or the one that is most in use
 * would not be found, and not rest. */
static void slow_disk(void **state)
{
	struct lease *l = &town.node[0].lease;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(40);
	serve(0, 0, 8);
	town_power_cut(&town);
	town.load_time = 50 * USEC_S;
	town_boot(&town, 0);
	for (int i = 0; i < 8; i++)
		assert_true(pool_is_resting(&l->pool, &hosts[i].ip));
	serve(0, 8, 40);
	town_stop(&town);
}

/* A node whose disk never says that it has been read goes on without. */
static void no_disk(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_conf conf = TOWN_CONF;
	struct lease_setup setup = { .self = { { 1 } } };
	static _Alignas(8) uint8_t out[65536];

	(void)state;
	town_start(&town, 1, &conf, 4);
	lease_done(l);
	setup.rng = rng_init(1);
	setup.out_buf = out;
	setup.out_cap = sizeof(out);
	assert_int_equal(lease_init(l, &conf, &setup, town.now), 0);
	town_run(&town, 59 * USEC_S);
	assert_int_equal(own_blocks(l), 0);
	town_run(&town, 5 * USEC_S);
	assert_int_equal(own_blocks(l), 1);
	town_stop(&town);
}

/* A block of which nobody was given anything is room for newcomers at once. */
static void never_given(void **state)
{
	struct lease *l = &town.node[0].lease;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 4);
	hosts_make(1);
	for (int i = 0; i < 5; i++) {
		town_run(&town, 5 * USEC_S);
		assert_int_equal(own_blocks(l), 1);
		assert_int_equal(pool_count(&l->pool).resting, 0);
		assert_true(pool_count(&l->pool).free >= POOL_BLOCK - 2);
		town_power_cut(&town);
		town_boot(&town, 0);
	}
	town_run(&town, 5 * USEC_S);
	serve(0, 0, 1);
	town_stop(&town);
}

/* The same for a block of which all is on the disk; but not where that was lost. */
static void all_saved(void **state)
{
	struct lease *l = &town.node[0].lease;

	(void)state;
	for (int torn = 0; torn < 2; torn++) {
		town_start(&town, 1, &TOWN_CONF, 4);
		town_run(&town, 5 * USEC_S);
		hosts_make(40);
		serve(0, 0, 8);
		town_run(&town, 10 * USEC_S);
		town_save(&town, 0);
		town_run(&town, 121 * USEC_S);
		assert_int_equal(pool_own_find(&l->pool, &hosts[0].ip)->block.rest_s, 0);
		town_power_cut(&town);
		town.torn = torn;
		town_boot(&town, 0);
		assert_int_equal(pool_count(&l->pool).resting > 0, torn);
		for (int i = 0; i < 8; i++)
			assert_true(is_held_by(0, &hosts[i].ip, &hosts[i]));
		town.torn = false;
		/* what is left of that rest is left after the next start, too */
		town_run(&town, 600 * USEC_S);
		town_boot(&town, 0);
		assert_int_equal(pool_count(&l->pool).resting > 0, torn);
		town_run(&town, LEASE - 600 * USEC_S + 150 * USEC_S);
		assert_int_equal(pool_count(&l->pool).resting, 0);
		town_stop(&town);
	}
}

/* What a former run needed, and this one does not, goes back within minutes: who starts again and
 * again is never up for the hour that a block is kept otherwise. */
static void found_returned(void **state)
{
	struct lease *l = &town.node[0].lease;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(80);
	serve(0, 0, 80);
	for (int i = 0; i < 80; i++)
		host_release(&town, &hosts[i], 0);
	town_run(&town, 10 * USEC_S);
	town_save(&town, 0);
	town_run(&town, 121 * USEC_S);
	town_power_cut(&town);
	town_boot(&town, 0);
	assert_int_equal(pool_count(&l->pool).resting, 0);
	assert_true(own_blocks(l) > 5);
	town_run(&town, 1800 * USEC_S);
	assert_int_equal(own_blocks(l), 1);
	town_stop(&town);
}

/* A grant after the snapshot is not in it. */
static void not_saved_yet(void **state)
{
	struct pool *pool = &town.node[0].lease.pool;
	struct ip4 ip;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(2);
	serve(0, 0, 1);
	ip = hosts[0].ip;
	assert_int_equal(pool_own_find(pool, &ip)->block.rest_s, LEASE / USEC_S);
	town_run(&town, 10 * USEC_S);
	town_save(&town, 0);
	serve(0, 1, 2);
	town_run(&town, 200 * USEC_S);
	assert_int_equal(pool_own_find(pool, &ip)->block.rest_s, LEASE / USEC_S);
	town_stop(&town);
}

/* What a neighbour has of our own claim: one that we made before, or one with more to rest. */
static void told_by_neighbour(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_block b, old;

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint32_t cursor = 0;

		town_start(&town, 1, &TOWN_CONF, 4);
		town_run(&town, 5 * USEC_S);
		assert_true(lease_block_next(l, &cursor, &b));
		lease_block_learnt(l, &b, town.now);
		assert_int_equal(pool_count(&l->pool).resting, 0);
		old = b;
		old.epoch -= (uint32_t)i;
		old.rest_s = 500;
		lease_block_learnt(l, &old, town.now);
		town_drain(&town, 0);
		assert_true(pool_count(&l->pool).resting > 8);
		cursor = 0;
		assert_true(lease_block_next(l, &cursor, &b));
		assert_int_equal(b.rest_s, 500);
		town_run(&town, 501 * USEC_S);
		assert_int_equal(pool_count(&l->pool).resting, 0);
		town_stop(&town);
	}
}

/* The record of an older version does not say: then it rests for a lease time, whatever absurd
 * number comes, at most for the longest. */
static void rest_unknown(void **state)
{
	static const struct {
		uint32_t said, rests;
	} cases[] = { { LEASE_REST_UNKNOWN, 1200 }, { UINT32_MAX - 1, 7 * 86400 }, { 0, 0 } };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct lease *l = &town.node[0].lease;
		struct lease_block b = { .index = 77, .epoch = 3, .rest_s = cases[i].said };
		const struct pool_own *o;

		town_start(&town, 1, &TOWN_CONF, 4);
		b.owner = l->self;
		lease_block_learnt(l, &b, town.now);
		town_drain(&town, 0);
		o = pool_own_at(&l->pool, 77);
		assert_non_null(o);
		assert_int_equal(o->block.rest_s, cases[i].rests);
		assert_int_equal(o->resting != 0, cases[i].rests != 0);
		if (o->resting)
			assert_int_equal(o->resting_until, town.now + cases[i].rests * USEC_S);
		town_stop(&town);
	}
}

/* A node that has lost its disk does not begin with the block that it had. */
static void disk_lost(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_block before, now;
	uint32_t cursor = 0;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	while (lease_block_next(l, &cursor, &before) && !lease_node_eq(&before.owner, &l->self))
		;
	assert_true(lease_node_eq(&before.owner, &l->self));
	town_reboot(&town, 0);
	town_run(&town, USEC_S);
	cursor = 0;
	assert_true(lease_block_next(l, &cursor, &now));
	assert_int_not_equal(now.index, before.index);
	assert_null(pool_own_at(&l->pool, before.index));
	town_sync(&town, 0);
	assert_non_null(pool_own_at(&l->pool, before.index));
	assert_true(pool_own_at(&l->pool, before.index)->resting);
	town_stop(&town);
}

/* ---- again and again ---- */

static int came; /* hosts */

static void newcomers(int count)
{
	for (int node = 0; node < town.nodes; node++)
		for (int i = 0; i < count; i++, came++)
			assert_true(host_join(&town, &hosts[came], node));
}

/* Each run serves newcomers, a few of them in its last seconds; what it has is saved each hour. */
static void one_run(usec_t up, bool late)
{
	usec_t end = town.now + up;

	town_run(&town, 10 * USEC_S);
	newcomers(2);
	while (town.now + 3600 * USEC_S < end) {
		town_run(&town, 3600 * USEC_S);
		for (int i = 0; i < town.nodes; i++)
			town_save(&town, i);
	}
	town_run(&town, end - 5 * USEC_S - town.now);
	if (late)
		newcomers(1);
	town_run(&town, 5 * USEC_S);
}

/* Starts do not use up the pool, be they ten minutes apart, or a day where a lease lives for a
 * week. */
static void many_starts(void **state)
{
	static const struct {
		int nodes;
		uint32_t lease_s;
		usec_t up, off;
		int late; /* in each such run somebody comes at its end */
	} cases[] = { { 1, 1200, 600 * USEC_S, USEC_S, 1 },
		      { 4, 1200, 600 * USEC_S, USEC_S, 1 },
		      { 1, 1200, 300 * USEC_S, USEC_S, 1 },
		      { 1, 7 * 86400, 12 * 3600 * USEC_S, 12 * 3600 * USEC_S, 3 },
		      { 4, 7 * 86400, 12 * 3600 * USEC_S, 12 * 3600 * USEC_S, 3 } };

	(void)state;
	for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct lease_conf conf = TOWN_CONF;

		conf.lease_s = cases[k].lease_s;
		town_start(&town, cases[k].nodes, &conf, 4);
		hosts_make(400);
		came = 0;
		for (int start = 0; start < 20; start++) {
			one_run(cases[k].up, start % cases[k].late == 0);
			town_power_cut(&town);
			town_run(&town, cases[k].off);
			for (int i = 0; i < town.nodes; i++)
				town_boot(&town, i);
			town_run(&town, USEC_S);
			town_meet(&town);
			for (int i = 0; i < town.nodes; i++)
				assert_in_range(own_blocks(&town.node[i].lease), 1, 12);
		}
		town_stop(&town);
	}
}

/* ---- clashes ---- */

/* A lease comes from the disk as if it were fresh, and another client has had its address for long.
 * Before the others have said how old it is nothing is decided, and then there is nothing to
 * decide. */
static void over_while_off(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_client n, m;
	struct ip4 ip;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(2);
	serve(0, 0, 1);
	ip = hosts[0].ip;
	n = (struct lease_client) {
		.mac = hosts[0].mac, .node = l->self, .ip4 = ip, .age_s = 60 * 3600
	};
	m = (struct lease_client) {
		.mac = hosts[1].mac, .node = l->self, .ip4 = ip, .age_s = 3600
	};
	town_reboot(&town, 0);
	lease_peers(l, 1, false, town.now);
	lease_client_learnt(l, &n, town.now);
	lease_client_learnt(l, &m, town.now);
	town_drain(&town, 0);
	town_run(&town, 3 * USEC_S);
	assert_int_equal(town.clashes[0], 0);
	assert_true(book_find(&l->book, &hosts[1].mac)->clashed_at);
	n.quiet_s = 49 * 3600;
	lease_client_learnt(l, &n, town.now);
	town_drain(&town, 0);
	assert_true(is_held_by(0, &ip, &hosts[1]));
	lease_peers(l, 1, true, town.now);
	town_run(&town, 15 * USEC_S);
	assert_int_equal(town.clashes[0] + town.disassociated[0], 0);
	assert_true(is_held_by(0, &ip, &hosts[1]));
	hosts[1].ip = ip;
	assert_int_equal(host_renew(&town, &hosts[1], 0), DHCP_ACK);
	town_stop(&town);
}

/* ... and when none of them is over, it is decided then. */
static void clash_waits(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_client rec;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 4);
	hosts_make(2);
	town_reboot(&town, 0);
	lease_peers(l, 1, false, town.now);
	for (int i = 0; i < 2; i++) {
		rec = (struct lease_client) { .mac = hosts[i].mac,
					      .node = l->self,
					      .ip4 = { { 10, 13, 7, 7 } },
					      .age_s = i ? 3600 : 7200 };
		lease_client_learnt(l, &rec, town.now);
	}
	town_drain(&town, 0);
	town_run(&town, USEC_S);
	assert_int_equal(town.clashes[0], 0);
	lease_peers(l, 1, true, town.now);
	town_run(&town, USEC_MS);
	assert_int_equal(town.clashes[0], 1);
	assert_true(is_held_by(0, &rec.ip4, &hosts[0]));
	town_stop(&town);
}

/* Only the block of whom an administrator has given a longer lease rests longer. */
static void longer_lease(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_static s = { .lease_s = 7200 };
	struct pool_own *longer, *o;
	unsigned others = 0;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(40);
	s.key = lease_key_mac(&hosts[20].mac);
	town_static(&town, &s);
	serve(0, 0, 40);
	longer = pool_own_find(&l->pool, &hosts[20].ip);
	assert_int_equal(longer->block.rest_s, 7200);
	for (uint32_t i = 0; (o = pool_own_next(&l->pool, &i));) {
		if (o == longer || !o->given_at)
			continue;
		others++;
		assert_int_equal(o->block.rest_s, 1200);
	}
	assert_true(others > 0);
	town_run(&town, 10 * USEC_S);
	town_save(&town, 0);
	town_run(&town, 121 * USEC_S);
	assert_int_equal(longer->block.rest_s, 0);
	town_stop(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slow_disk),	  cmocka_unit_test(no_disk),
		cmocka_unit_test(never_given),	  cmocka_unit_test(all_saved),
		cmocka_unit_test(not_saved_yet),  cmocka_unit_test(told_by_neighbour),
		cmocka_unit_test(rest_unknown),	  cmocka_unit_test(many_starts),
		cmocka_unit_test(over_while_off), cmocka_unit_test(clash_waits),
		cmocka_unit_test(disk_lost),	  cmocka_unit_test(found_returned),
		cmocka_unit_test(longer_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
