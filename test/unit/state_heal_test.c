/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Much that differs: a transfer that is cut half-way, and how soon two halves of a town that meet
 * know of each other what they must know at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state_net.h"

#define CLOUD STATE_SCOPE_BIT(STATE_CLOUD)

enum { MANY = 9000 };

/* As long as a lease is. */
static const char *lease(uint32_t i)
{
	static char text[64];

	snprintf(text, sizeof(text), "client %08x has an address, a node, and is called so by all",
		 i);
	return text;
}

static struct net *large(uint32_t n, uint64_t seed)
{
	struct net *net = net_new(n, seed);

	net->conf.records_max = 24000;
	net->conf.author_records_max = 24000;
	for (uint32_t i = 0; i < n; i++)
		net_restart(net, i, 2);
	return net;
}

static uint64_t all_bytes(const struct net *net)
{
	return net->bytes[0][1] + net->bytes[1][0];
}

enum cut { WHOLE, SILENCE, GONE };

/* What it costs until the second node has all, when the way breaks while half of it is there. */
static uint64_t transfer(enum cut cut)
{
	struct net *net = large(2, 3);
	uint64_t bytes;

	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(net_put(net, 0, NET_CLIENT, i, lease(i)), 0);
	net_join(net, 0, 1, CLOUD, 0);
	while (cut != WHOLE && state_count(net->node[1].s) < MANY / 2)
		net_run(net, 5 * USEC_MS);
	if (cut == SILENCE) {
		net_cut(net, 0, 1);
		net_run(net, 20 * USEC_S);
		net->link[0][1].up = net->link[1][0].up = true;
	} else if (cut == GONE) {
		net_part(net, 0, 1);
		net_run(net, 20 * USEC_S);
		net_join(net, 0, 1, CLOUD, 0);
	}
	assert_true(net_settle(net, 30 * USEC_S) < 30 * USEC_S);
	assert_int_equal(state_count(net->node[1].s), MANY);
	bytes = all_bytes(net);
	net_free(net);
	return bytes;
}

static void test_resumed(void **state)
{
	uint64_t whole = transfer(WHOLE), silence = transfer(SILENCE), gone = transfer(GONE);

	(void)state;
	print_message("%d records: %llu bytes, %llu with a silence half-way, %llu where the "
		      "neighbour was forgotten\n",
		      MANY, (unsigned long long)whole, (unsigned long long)silence,
		      (unsigned long long)gone);
	/* what was on the way, and digests of 4096 leaves */
	assert_true(silence < whole + whole / 4);
	assert_true(gone < whole + whole / 4); /* from the beginning it would be half more */
}

enum { PAIRS = 64 };

static bool has(struct net *net, uint32_t node, uint32_t id)
{
	return net_get(net, node, NET_CLIENT, id, -1);
}

/* Both nodes write `each` records while they do not hear each other; of PAIRS of these, one of each
 * side, both give one address. How long until one node knows both of the last pair. */
static usec_t noticed(uint64_t seed, uint32_t each)
{
	struct net *net = large(2, seed);
	usec_t start;
	int open = PAIRS;
	bool known[PAIRS] = { false };

	for (uint32_t i = 0; i < each; i++) {
		net_put(net, 0, NET_CLIENT, i, lease(i));
		net_put(net, 1, NET_CLIENT, 1000000 + i, lease(i));
	}
	net_run(net, 10 * USEC_S);
	net_join(net, 0, 1, CLOUD, 0.01);
	while (!net_count(net, 0, STATE_C_RECEIVED) && !net_count(net, 1, STATE_C_RECEIVED))
		net_run(net, USEC_MS);
	start = net->now;
	while (open && net->now - start < 30 * USEC_S) {
		net_run(net, 10 * USEC_MS);
		for (uint32_t i = 0; i < PAIRS; i++) {
			uint32_t id = i * (each / PAIRS);

			if (known[i] || (!has(net, 0, 1000000 + id) && !has(net, 1, id)))
				continue;
			known[i] = true;
			open--;
		}
	}
	start = net->now - start;
	net_free(net);
	return start;
}

static void test_clash_is_noticed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		usec_t took = noticed(seed, 6000);

		print_message("12000 records differ: clashes noticed after %lld ms\n",
			      (long long)(took / USEC_MS));
		assert_true(took <= USEC_S);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_clash_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
