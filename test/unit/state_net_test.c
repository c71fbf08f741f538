/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold in a network of state cores: see core/state/state.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state_net.h"

#define CLOUD STATE_SCOPE_BIT(STATE_CLOUD)
#define NETWORK STATE_SCOPE_BIT(STATE_NETWORK)
#define BOTH (CLOUD | NETWORK)

static const char *lease(uint32_t i)
{
	static char text[100];

	/* as long as a client's record: node, lease, age, client id, name, an address */
	snprintf(text, sizeof(text),
		 "client %06u ....................................................", i);
	return text;
}

static void test_push_and_ack(void **state)
{
	struct net *net = net_new(3, 1);

	(void)state;
	net_line(net, BOTH, 0);
	net_run(net, 2 * USEC_S);
	assert_int_equal(net_put(net, 0, NET_BLOCK, 7, "block"), 0);
	assert_int_equal(net_put(net, 0, NET_CLIENT, 1, "lease"), 0);
	net_run(net, 50 * USEC_MS);
	assert_string_equal(net_get(net, 2, NET_BLOCK, 7, 0), "block");
	assert_string_equal(net_get(net, 2, NET_CLIENT, 1, -1), "lease");
	assert_null(net_get(net, 2, NET_BLOCK, 7, 1));
	assert_int_equal(net->node[0].acked, 2);
	assert_int_equal(net->node[0].last_acked.acks, 1);
	assert_int_equal(net->node[0].last_acked.refusals, 0);
	assert_int_equal(net->node[2].changed, 2);
	assert_int_equal(net->node[0].changed, 2);
	assert_true(net->node[0].last_changed.local && !net->node[2].last_changed.local);
	/* the same again is no news */
	assert_int_equal(net_put(net, 0, NET_BLOCK, 7, "block"), 0);
	assert_int_equal(net_put(net, 0, NET_CLIENT, 1, "lease"), 0);
	net_run(net, 50 * USEC_MS);
	assert_int_equal(net->node[2].changed, 2);
	assert_true(net_equal(net));
	net_free(net);
}

/* A change alone goes at once, a stream of them in full datagrams. */
static void test_gathered(void **state)
{
	struct net *net = net_new(2, 20);
	uint64_t datagrams, bytes;

	(void)state;
	net_join(net, 0, 1, CLOUD, 0);
	net_run(net, 10 * USEC_S);
	assert_int_equal(net_put(net, 0, NET_CLIENT, 0, lease(0)), 0);
	net_run(net, 6 * USEC_MS); /* as long as the link takes */
	assert_non_null(net_get(net, 1, NET_CLIENT, 0, -1));
	net_run(net, USEC_S);
	datagrams = net_count(net, 0, STATE_C_SENT);
	bytes = net->bytes[0][1];
	for (uint32_t i = 1; i <= 1000; i++) {
		assert_int_equal(net_put(net, 0, NET_CLIENT, i, lease(i)), 0);
		net_run(net, 200);
	}
	net_run(net, 20 * USEC_MS);
	for (uint32_t i = 1; i <= 1000; i++)
		assert_string_equal(net_get(net, 1, NET_CLIENT, i, -1), lease(i));
	datagrams = net_count(net, 0, STATE_C_SENT) - datagrams;
	bytes = net->bytes[0][1] - bytes;
	print_message("1000 records of %zu bytes: %llu datagrams, %llu bytes\n", strlen(lease(0)),
		      (unsigned long long)datagrams, (unsigned long long)bytes);
	assert_true(datagrams <= 1000 / 10 + 3);
	assert_true(bytes <= 1000 * 110);
	net_free(net);
}

static void test_scopes(void **state)
{
	struct net *net = net_new(3, 2);

	(void)state;
	net_join(net, 0, 1, CLOUD, 0);
	net_join(net, 1, 2, NETWORK, 0);
	net_put(net, 0, NET_CLIENT, 1, "cloud");
	net_put(net, 0, NET_GATEWAY, 1, "nobody asks");
	net_put(net, 1, NET_GATEWAY, 1, "network");
	net_run(net, 20 * USEC_S);
	assert_string_equal(net_get(net, 1, NET_CLIENT, 1, -1), "cloud");
	assert_null(net_get(net, 2, NET_CLIENT, 1, -1));
	assert_null(net_get(net, 1, NET_GATEWAY, 1, 0));
	assert_string_equal(net_get(net, 2, NET_GATEWAY, 1, 1), "network");
	assert_null(net_get(net, 0, NET_GATEWAY, 1, 1));
	net_free(net);
}

/* Whoever writes, whatever is lost: in the end all tables are the same. */
static void test_convergence(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct net *net = net_new(12, seed);
		usec_t took;

		for (uint32_t i = 1; i < net->n; i++)
			net_join(net, i, rng_below(&net->rng, i), BOTH, 0.05);
		for (uint32_t i = 0; i < 5; i++) {
			uint32_t a = rng_below(&net->rng, 11);

			net_join(net, a, a + 1, BOTH, 0.2);
		}
		for (int step = 0; step < 400; step++) {
			uint32_t who = rng_below(&net->rng, net->n), id = rng_below(&net->rng, 40);
			uint8_t type = (uint8_t)(1 + rng_below(&net->rng, 4));
			char value[20];

			snprintf(value, sizeof(value), "%d by %u", step, who);
			if (rng_below(&net->rng, 4) == 0)
				net_delete(net, who, type, id);
			else
				assert_int_equal(net_put(net, who, type, id, value), 0);
			net_run(net, rng_below(&net->rng, 50) * USEC_MS);
		}
		took = net_settle(net, 30 * USEC_S);
		assert_true(took < 30 * USEC_S);
		net_free(net);
	}
}

static int compare_times(const void *a, const void *b)
{
	usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

	return x < y ? -1 : x > y;
}

static void test_ten_hops(void **state)
{
	struct net *net = net_new(11, 3);
	enum { ROUNDS = 500 };
	usec_t took[ROUNDS];

	(void)state;
	net_line(net, CLOUD, 0.01);
	net_run(net, 10 * USEC_S);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		usec_t start = net->now;

		net_put(net, 0, NET_CLIENT, i, lease(i));
		while (!net_get(net, 10, NET_CLIENT, i, -1))
			net_run(net, USEC_MS);
		took[i] = net->now - start;
		net_run(net, rng_below(&net->rng, 100) * USEC_MS);
	}
	qsort(took, ROUNDS, sizeof(took[0]), compare_times);
	print_message("10 hops, 1 %% loss: median %lld ms, p99 %lld ms, worst %lld ms\n",
		      (long long)(took[ROUNDS / 2] / USEC_MS),
		      (long long)(took[ROUNDS * 99 / 100] / USEC_MS),
		      (long long)(took[ROUNDS - 1] / USEC_MS));
	assert_true(took[ROUNDS * 99 / 100] <= USEC_S);
	net_free(net);
}

static void test_hundred_nodes(void **state)
{
	struct net *net = net_new(100, 4);
	usec_t start;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		if (i % 10)
			net_join(net, i, i - 1, BOTH, 0.05);
		if (i >= 10)
			net_join(net, i, i - 10, BOTH, 0.05);
	}
	net_run(net, 10 * USEC_S);
	for (uint32_t round = 0; round < 10; round++) {
		uint32_t have = 0;

		start = net->now;
		net_put(net, round * 9, NET_CLIENT, round, lease(round));
		while (have < net->n) {
			net_run(net, 5 * USEC_MS);
			for (have = 0; have < net->n; have++)
				if (!net_get(net, have, NET_CLIENT, round, -1))
					break;
		}
		assert_true(net->now - start <= 2 * USEC_S);
		net_run(net, USEC_S);
	}
	net_free(net);
}

static void test_idle_cost(void **state)
{
	struct net *net = net_new(4, 5);
	uint64_t before, both;

	(void)state;
	net_line(net, BOTH, 0);
	for (uint32_t i = 0; i < 200; i++)
		net_put(net, i % 4, NET_CLIENT, i, lease(i));
	for (uint32_t i = 0; i < 4; i++)
		net_put(net, i, NET_BLOCK, i, "block");
	assert_true(net_settle(net, 30 * USEC_S) < 30 * USEC_S);
	net_run(net, 10 * USEC_S);
	before = net->bytes[1][2] + net->bytes[2][1];
	net_run(net, 1000 * USEC_S);
	both = net->bytes[1][2] + net->bytes[2][1] - before;
	print_message("idle: %.1f bytes/s on a link, both ways together\n", (double)both / 1000);
	assert_true(both / 1000 <= 20);
	net_free(net);
}

/* Of two that are equal one voice is enough, but who is never heard could as well be dead. */
static void test_each_speaks(void **state)
{
	struct state_peer_view v;
	usec_t silence = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct net *net = net_new(2, seed);

		net_line(net, BOTH, 0);
		net_run(net, 10 * USEC_S);
		for (int s = 0; s < 600; s++) {
			net_run(net, USEC_S);
			for (uint32_t i = 0, c = 0; i < 2; i++, c = 0) {
				assert_true(state_peer_next(net->node[i].s, &c, &v));
				assert_true(v.synced == BOTH);
				if (net->now - v.heard_at > silence)
					silence = net->now - v.heard_at;
			}
		}
		net_free(net);
	}
	print_message("silent for %lld ms at most\n", (long long)(silence / USEC_MS));
	assert_true(silence <= 16260 * USEC_MS);
}

/* A peer that is added again is spoken to at once, and is as synced as it was. */
static void test_added_again(void **state)
{
	struct net *net = net_new(2, 3);
	struct state_peer_view v;
	uint32_t cursor = 0;
	uint64_t before;

	(void)state;
	net_line(net, BOTH, 0);
	net_put(net, 0, NET_CLIENT, 1, "client");
	assert_true(net_settle(net, 30 * USEC_S) < 30 * USEC_S);
	net_run(net, 60 * USEC_S);
	before = net->bytes[0][1];
	assert_int_equal(state_peer_add(net->node[0].s, 1, NULL, BOTH, net->now), 0);
	net_drain(net, 0);
	net_run(net, 10 * USEC_MS);
	assert_true(net->bytes[0][1] > before);
	assert_true(state_peer_next(net->node[0].s, &cursor, &v) && v.synced == BOTH);
	assert_int_equal(state_peer_add(net->node[0].s, 1, NULL, CLOUD, net->now), 0);
	cursor = 0;
	assert_true(state_peer_next(net->node[0].s, &cursor, &v) && v.synced == 0);
	net_free(net);
}

/* Writers on both sides of a cut: after it heals all agree, and within seconds over many hops. */
static void test_partition_heals(void **state)
{
	struct net *net = net_new(12, 6);
	usec_t took;

	(void)state;
	net_line(net, BOTH, 0.01);
	for (uint32_t i = 0; i < 300; i++)
		net_put(net, i % 12, NET_CLIENT, i, "before");
	assert_true(net_settle(net, 60 * USEC_S) < 60 * USEC_S);
	net_part(net, 5, 6);
	for (uint32_t i = 0; i < 40; i++) {
		net_put(net, 0, NET_CLIENT, i, "left");
		net_put(net, 11, NET_CLIENT, i, "right once");
		net_run(net, 100 * USEC_MS);
		if (i % 2)
			net_put(net, 11, NET_CLIENT, i, "right twice");
		net_delete(net, 0, NET_CLIENT, 100 + i);
	}
	net_run(net, 300 * USEC_S);
	net_join(net, 5, 6, BOTH, 0.01);
	took = net_settle(net, 60 * USEC_S);
	print_message("healed after %lld ms\n", (long long)(took / USEC_MS));
	assert_true(took < 15 * USEC_S);
	for (uint32_t n = 0; n < net->n; n++) {
		assert_string_equal(net_get(net, n, NET_CLIENT, 1, -1), "right twice");
		/* same epoch: the higher author */
		assert_string_equal(net_get(net, n, NET_CLIENT, 2, -1), "right once");
		assert_null(net_get(net, n, NET_CLIENT, 110, -1));
	}
	net_free(net);
}

static void test_deletion_stays(void **state)
{
	struct net *net = net_new(4, 7);

	(void)state;
	net_line(net, BOTH, 0);
	net_put(net, 0, NET_NOTE, 1, "gone soon");
	net_put(net, 3, NET_GATEWAY, 1, "owned");
	assert_true(net_settle(net, 30 * USEC_S) < 30 * USEC_S);
	net_run(net, 60 * USEC_S);
	net_cut(net, 2, 3);
	assert_int_equal(net_delete(net, 0, NET_NOTE, 1), 0);
	assert_int_equal(net_delete(net, 3, NET_GATEWAY, 1), 0);
	assert_int_equal(net_delete(net, 3, NET_GATEWAY, 1), -2);
	net_run(net, 590 * USEC_S);
	net->link[2][3].up = net->link[3][2].up = true;
	net_run(net, 30 * USEC_S);
	for (uint32_t n = 0; n < 4; n++) {
		assert_null(net_get(net, n, NET_NOTE, 1, -1));
		assert_null(net_get(net, n, NET_GATEWAY, 1, 3));
	}
	assert_true(net_equal(net));
	/* tombstones go too, and then nobody has anything to bring back */
	net_run(net, 5000 * USEC_S);
	for (uint32_t n = 0; n < 4; n++)
		assert_int_equal(state_count(net->node[n].s), 0);
	net_free(net);
}

static void test_author_restarts(void **state)
{
	struct net *net = net_new(3, 8);

	(void)state;
	net_line(net, BOTH, 0);
	for (int i = 0; i < 50; i++) {
		char value[16];

		snprintf(value, sizeof(value), "old %d", i);
		net_put(net, 0, NET_GATEWAY, 1, value);
		net_put(net, 0, NET_BLOCK, 1, value);
		net_put(net, 0, NET_GATEWAY, 2, value);
	}
	net_run(net, 5 * USEC_S);
	/* it lost its disk: the epoch is the same, the counter begins again */
	net_restart(net, 0, 1);
	assert_false(state_is_ready(net->node[0].s, net->now));
	net_put(net, 0, NET_GATEWAY, 1, "new");
	net_run(net, 3 * USEC_S);
	assert_true(state_is_ready(net->node[0].s, net->now));
	for (uint32_t n = 0; n < 3; n++) {
		assert_string_equal(net_get(net, n, NET_GATEWAY, 1, 0), "new");
		assert_string_equal(net_get(net, n, NET_BLOCK, 1, 0), "old 49");
	}
	assert_true(state_epoch(net->node[0].s) > 1);
	/* what it does not claim again, and is not durable, goes */
	net_run(net, 60 * USEC_S);
	for (uint32_t n = 0; n < 3; n++) {
		assert_null(net_get(net, n, NET_GATEWAY, 2, 0));
		assert_string_equal(net_get(net, n, NET_BLOCK, 1, 0), "old 49");
	}
	assert_true(net_equal(net));
	net_free(net);
}

/* Owned records live with their author and die without it; nobody prolongs them. */
static void test_lifetimes(void **state)
{
	struct net *net = net_new(4, 9);

	(void)state;
	net_line(net, BOTH, 0);
	net_put(net, 0, NET_GATEWAY, 1, "alive");
	net_put(net, 0, NET_GATEWAY, 2, "alive too");
	net_put(net, 0, NET_NOTE, 1, "one hour");
	net_run(net, 3000 * USEC_S);
	assert_string_equal(net_get(net, 3, NET_GATEWAY, 2, 0), "alive too");
	assert_int_equal(net->node[3].changed, 3);
	net_cut(net, 0, 1);
	net_run(net, 300 * USEC_S);
	assert_non_null(net_get(net, 3, NET_GATEWAY, 1, 0));
	/* a node that comes late gets what is left of the lifetime */
	net_restart(net, 3, 2);
	net_run(net, 10 * USEC_S);
	assert_non_null(net_get(net, 3, NET_NOTE, 1, -1));
	net_run(net, 295 * USEC_S);
	for (uint32_t n = 1; n < 4; n++) {
		assert_null(net_get(net, n, NET_GATEWAY, 1, 0));
		assert_null(net_get(net, n, NET_NOTE, 1, -1));
	}
	assert_non_null(net_get(net, 0, NET_GATEWAY, 1, 0));
	assert_int_equal(net->node[1].expired, 3);
	net_free(net);
}

static void test_join(void **state)
{
	struct net *net = net_new(2, 10);
	usec_t start, worst = 0, end;
	uint64_t bytes;
	char value[16];

	(void)state;
	net->conf.records_max = 12000;
	net->conf.author_records_max = 20000;
	for (uint32_t i = 0; i < 2; i++)
		net_restart(net, i, 2);
	for (uint32_t i = 0; i < 9300; i++)
		assert_int_equal(net_put(net, 0, NET_CLIENT, i, lease(i)), 0);
	net_join(net, 0, 1, CLOUD, 0.01);
	start = net->now;
	while (state_count(net->node[1].s) < 9300) {
		usec_t put = net->now;

		/* meanwhile changes go on */
		snprintf(value, sizeof(value), "%lld", (long long)put);
		net_put(net, 0, NET_CLIENT, 1000000, value);
		for (const char *v = NULL; !v || strcmp(v, value) != 0;) {
			net_run(net, USEC_MS);
			v = net_get(net, 1, NET_CLIENT, 1000000, -1);
			v = v ? v : "";
		}
		worst = net->now - put > worst ? net->now - put : worst;
	}
	end = net->now - start;
	bytes = net->bytes[0][1] + net->bytes[1][0];
	print_message("9300 records joined in %lld ms, %.0f bytes per record, worst push %lld ms\n",
		      (long long)(end / USEC_MS), (double)bytes / 9300,
		      (long long)(worst / USEC_MS));
	assert_true(end <= 5 * USEC_S);
	assert_true(worst <= 400 * USEC_MS);
	assert_true(bytes / 9300 <= 110);
	assert_true(net_settle(net, 20 * USEC_S) < 20 * USEC_S);
	net_free(net);
}

/* Neighbours that parted for good and meet again: digests find what differs, at a cost that follows
 * the difference. */
static uint64_t meet_again(uint32_t changes)
{
	struct net *net = net_new(2, 12);
	usec_t took;
	uint64_t bytes;

	net->conf.author_records_max = 20000;
	for (uint32_t i = 0; i < 2; i++)
		net_restart(net, i, 2);
	net_join(net, 0, 1, BOTH, 0);
	for (uint32_t i = 0; i < 5000; i++)
		net_put(net, i % 2, NET_CLIENT, i, lease(i));
	assert_true(net_settle(net, 60 * USEC_S) < 60 * USEC_S);
	net_run(net, 10 * USEC_S);
	net_part(net, 0, 1);
	for (uint32_t i = 0; i < changes; i++)
		net_put(net, i % 2, NET_CLIENT, i * 7, "changed meanwhile");
	net_run(net, 5 * USEC_S);
	bytes = net->bytes[0][1] + net->bytes[1][0];
	net_join(net, 0, 1, BOTH, 0);
	took = net_settle(net, 30 * USEC_S);
	bytes = net->bytes[0][1] + net->bytes[1][0] - bytes;
	print_message("%u of 5000 differ: equal after %lld ms and %llu bytes\n", changes,
		      (long long)(took / USEC_MS), (unsigned long long)bytes);
	assert_true(took < USEC_S);
	net_free(net);
	return bytes;
}

static void test_repair_cost(void **state)
{
	uint64_t one, ten, hundred;

	(void)state;
	one = meet_again(1);
	ten = meet_again(10);
	hundred = meet_again(100);
	assert_true(one < 2000);
	assert_true(ten < 11 * 1500);
	assert_true(hundred < 100 * 1200);
}

/* Two neighbours fill a newcomer: once is enough. */
static void test_join_two(void **state)
{
	struct net *net = net_new(3, 13);
	uint64_t bytes;

	(void)state;
	net_join(net, 0, 1, BOTH, 0.01);
	for (uint32_t i = 0; i < 2000; i++)
		net_put(net, i % 2, NET_CLIENT, i, lease(i));
	net_run(net, 5 * USEC_S);
	bytes = net->bytes[0][1] + net->bytes[1][0];
	net_join(net, 0, 2, BOTH, 0.01);
	net_join(net, 1, 2, BOTH, 0.01);
	assert_true(net_settle(net, 10 * USEC_S) < 10 * USEC_S);
	print_message("2000 records from two neighbours: %llu and %llu bytes\n",
		      (unsigned long long)net->bytes[0][2], (unsigned long long)net->bytes[1][2]);
	assert_true(net->bytes[0][2] + net->bytes[1][2] < 2000 * 150);
	/* and what the newcomer learns is no news to them */
	assert_true(net->bytes[2][0] + net->bytes[2][1] < 2000 * 30);
	assert_true(net->bytes[0][1] + net->bytes[1][0] - bytes < 2000);
	net_free(net);
}

/* In a ring every link carries a change once each way at most. */
static void test_ring(void **state)
{
	struct net *net = net_new(8, 14);
	uint64_t records = 0;

	(void)state;
	net_line(net, CLOUD, 0);
	net_join(net, 7, 0, CLOUD, 0);
	net_run(net, 5 * USEC_S);
	for (uint32_t i = 0; i < 100; i++) {
		net_put(net, i % 8, NET_CLIENT, i, lease(i));
		net_run(net, 100 * USEC_MS);
	}
	for (uint32_t i = 0; i < 8; i++)
		records += net_count(net, i, STATE_C_SENT_RECORDS);
	assert_true(net_equal(net));
	assert_true(records <= 100 * 9);
	net_free(net);
}

/* A link by satellite: 600 ms there and back. */
static void test_far_peer(void **state)
{
	struct net *net = net_new(2, 15);
	usec_t took;

	(void)state;
	for (uint32_t i = 0; i < 2000; i++)
		net_put(net, 0, NET_CLIENT, i, lease(i));
	net_join(net, 0, 1, CLOUD, 0.01);
	net->link[0][1].latency = net->link[1][0].latency = 300 * USEC_MS;
	took = net_settle(net, 60 * USEC_S);
	print_message("2000 records over 600 ms: %lld ms\n", (long long)(took / USEC_MS));
	assert_true(took < 15 * USEC_S);
	net_free(net);
}

/* They hear us, we do not hear them: it costs little, and heals. */
static void test_one_way(void **state)
{
	struct net *net = net_new(2, 16);

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_run(net, 5 * USEC_S);
	net->link[1][0].up = false;
	for (uint32_t i = 0; i < 200; i++)
		net_put(net, 0, NET_CLIENT, i, lease(i));
	net_run(net, 10 * USEC_S);
	net->bytes[0][1] = net->bytes[1][0] = 0;
	net_run(net, 100 * USEC_S);
	assert_true((net->bytes[0][1] + net->bytes[1][0]) / 100 < 400);
	net->link[1][0].up = true;
	assert_true(net_settle(net, 20 * USEC_S) < 20 * USEC_S);
	assert_int_equal(net->node[0].acked, 200);
	net_free(net);
}

/* Cuts, restarts without a disk, deletions, expiry, loss: at the end all are equal, and no deleted
 * thing is back. */
static uint64_t chaos(uint64_t seed)
{
	struct net *net = net_new(10, seed);
	uint64_t digest;

	for (uint32_t i = 1; i < net->n; i++)
		net_join(net, i, rng_below(&net->rng, i), BOTH, 0.1);
	for (uint32_t i = 0; i < 6; i++)
		net_join(net, i, 9 - i, BOTH, 0.1);
	for (int step = 0; step < 300; step++) {
		uint32_t a = rng_below(&net->rng, 10), b = rng_below(&net->rng, 10);
		uint32_t id = rng_below(&net->rng, 30), what = rng_below(&net->rng, 20);
		uint8_t type = (uint8_t)(1 + rng_below(&net->rng, 4));
		char value[40];

		snprintf(value, sizeof(value), "step %d of node %u", step, a);
		if (what < 12)
			net_put(net, a, type, id, value);
		else if (what < 16)
			net_delete(net, a, type, id);
		else if (what == 16)
			net_restart(net, a, 1 + rng_below(&net->rng, 3));
		else if (a != b && net->link[a][b].loss > 0)
			net->link[a][b].up = net->link[b][a].up = what < 19;
		net_run(net, rng_below(&net->rng, what == 17 ? 60000 : 300) * USEC_MS);
	}
	for (uint32_t a = 0; a < 10; a++)
		for (uint32_t b = 0; b < 10; b++)
			net->link[a][b].up |= net->link[a][b].loss > 0;
	/* what was found and not claimed is deleted after 30 s */
	net_run(net, 40 * USEC_S);
	assert_true(net_settle(net, 60 * USEC_S) < 60 * USEC_S);
	digest = state_digest(net->node[0].s, STATE_CLOUD) + net->order;
	net_free(net);
	return digest;
}

static void test_chaos(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++)
		chaos(seed);
	/* the same seed, the same story */
	assert_true(chaos(3) == chaos(3));
	assert_true(chaos(3) != chaos(4));
}

/* Two nodes of one name, far apart: they disagree for ever, but at a pace. */
static void test_same_name(void **state)
{
	struct net *net = net_new(3, 17);
	struct state_conf conf = net->conf;

	(void)state;
	conf.id = net_id(0);
	state_free(net->node[2].s);
	net->node[2].s = state_new(&conf, rng_init(5), &net->node[2].out, net->now);
	net_line(net, BOTH, 0);
	net_put(net, 0, NET_GATEWAY, 1, "one");
	net_put(net, 2, NET_GATEWAY, 1, "other");
	net_run(net, 100 * USEC_S);
	assert_string_equal(net_get(net, 0, NET_GATEWAY, 1, 0), "one");
	assert_string_equal(net_get(net, 2, NET_GATEWAY, 1, 0), "other");
	assert_in_range(net->node[1].changed, 20, 300);
	net_free(net);
}

/* A peer that never answers costs little and delays nobody. */
static void test_silent_peer(void **state)
{
	struct net *net = net_new(3, 11);
	uint64_t before;
	usec_t start;

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_join(net, 0, 2, BOTH, 0);
	net_run(net, 5 * USEC_S);
	net_cut(net, 0, 2);
	for (uint32_t i = 0; i < 1000; i++)
		net_put(net, 0, NET_CLIENT, i, lease(i));
	net_run(net, 10 * USEC_S);
	before = net->bytes[0][2];
	start = net->now;
	net_put(net, 0, NET_CLIENT, 5000, "quick");
	while (!net_get(net, 1, NET_CLIENT, 5000, -1))
		net_run(net, USEC_MS);
	assert_true(net->now - start < 20 * USEC_MS);
	net_run(net, 100 * USEC_S);
	assert_true((net->bytes[0][2] - before) / 100 < 300);
	assert_int_equal(net->node[0].acked, 1001);
	assert_int_equal(net->node[0].last_acked.acks, 1);
	assert_int_equal(net->node[0].last_acked.absent, 1);
	net_free(net);
}

/* Has everybody who counts got a new claim within that time, and not before the other? */
static void claim(struct net *net, uint32_t id, usec_t not_within, usec_t within, uint16_t acks)
{
	uint64_t before = net->node[0].acked;

	net_put(net, 0, NET_BLOCK, id, "claim");
	net_run(net, not_within);
	assert_int_equal(net->node[0].acked, before);
	net_run(net, within - not_within);
	assert_int_equal(net->node[0].acked, before + 1);
	assert_in_range(net->node[0].last_acked.acks, acks, 2 * acks); /* one may say it twice */
	assert_int_equal(net->node[0].last_acked.absent, 2 - acks);
}

/* A claim is waited for by those who are there, and for 5 s at most by those who might be. */
static void test_absent(void **state)
{
	struct net *net = net_new(3, 18);
	struct state_peer_view v;
	uint32_t cursor = 0;
	bool absent = false;

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_join(net, 0, 2, BOTH, 0);
	net_run(net, 30 * USEC_S);
	claim(net, 1, 0, 50 * USEC_MS, 2);
	net_cut(net, 0, 2); /* frozen */
	net_run(net, 60 * USEC_S);
	claim(net, 2, 4900 * USEC_MS, 5100 * USEC_MS, 1);
	claim(net, 3, 0, 50 * USEC_MS, 1);
	while (state_peer_next(net->node[0].s, &cursor, &v))
		absent |= v.handle == 2 && v.absent;
	assert_true(absent);
	/* it is heard again: it gets another chance */
	net->link[2][0].up = true;
	net_run(net, 20 * USEC_S);
	claim(net, 4, 4900 * USEC_MS, 5100 * USEC_MS, 1);
	/* it speaks, and does not hear us: none any more */
	net_run(net, 20 * USEC_S);
	claim(net, 5, 0, 50 * USEC_MS, 1);
	net->link[0][2].up = true;
	net_run(net, 20 * USEC_S);
	claim(net, 6, 0, 50 * USEC_MS, 2);
	/* gone for good, as one that was absent and as one that was not */
	net_cut(net, 0, 2);
	claim(net, 7, 4900 * USEC_MS, 5100 * USEC_MS, 1);
	state_peer_remove(net->node[0].s, 2, net->now);
	net_drain(net, 0);
	net_cut(net, 0, 1);
	net_put(net, 0, NET_BLOCK, 8, "claim");
	net_run(net, USEC_S);
	assert_int_equal(net->node[0].acked, 7);
	state_peer_remove(net->node[0].s, 1, net->now);
	net_drain(net, 0);
	net_run(net, USEC_MS);
	assert_int_equal(net->node[0].acked, 8);
	assert_int_equal(net->node[0].last_acked.absent, 0);
	/* one that nobody has ever heard */
	assert_int_equal(state_peer_add(net->node[0].s, 2, NULL, BOTH, net->now), 0);
	net_drain(net, 0);
	net_run(net, 5 * USEC_S);
	net_put(net, 0, NET_BLOCK, 9, "claim");
	net_run(net, USEC_MS);
	assert_int_equal(net->node[0].last_acked.absent, 1);
	net_free(net);
}

/* 600 ms there and back are no absence. */
static void test_far_peer_counts(void **state)
{
	struct net *net = net_new(3, 19);

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_join(net, 0, 2, BOTH, 0.05);
	net->link[0][2].latency = net->link[2][0].latency = 300 * USEC_MS;
	net_run(net, 30 * USEC_S);
	for (uint32_t i = 0; i < 20; i++)
		claim(net, i, 500 * USEC_MS, 5 * USEC_S, 2);
	net_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push_and_ack),   cmocka_unit_test(test_gathered),
		cmocka_unit_test(test_scopes),	       cmocka_unit_test(test_convergence),
		cmocka_unit_test(test_ten_hops),       cmocka_unit_test(test_hundred_nodes),
		cmocka_unit_test(test_idle_cost),      cmocka_unit_test(test_each_speaks),
		cmocka_unit_test(test_added_again),    cmocka_unit_test(test_partition_heals),
		cmocka_unit_test(test_deletion_stays), cmocka_unit_test(test_author_restarts),
		cmocka_unit_test(test_lifetimes),      cmocka_unit_test(test_join),
		cmocka_unit_test(test_repair_cost),    cmocka_unit_test(test_join_two),
		cmocka_unit_test(test_ring),	       cmocka_unit_test(test_far_peer),
		cmocka_unit_test(test_one_way),	       cmocka_unit_test(test_chaos),
		cmocka_unit_test(test_same_name),      cmocka_unit_test(test_silent_peer),
		cmocka_unit_test(test_absent),	       cmocka_unit_test(test_far_peer_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
