/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a town at rest costs with the types of records, and their lives, that nodes use: everything
 * is sealed and signed, and nobody does anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/view.h"
#include "state_keyed.h"

#define CLOUD STATE_SCOPE_BIT(STATE_CLOUD)
#define NETWORK STATE_SCOPE_BIT(STATE_NETWORK)

/* As on the wire, and as long as those of nodes. */
enum { NODE = 1, BLOCK = 2, GATEWAY = 4, NODE_LEN = 52, BLOCK_LEN = 12, GATEWAY_LEN = 47 };

/* Ten nodes show life as often as a hundred that live ten times as long. */
enum { NODES = 10, AS_MANY = 10, GATEWAYS = 3, BOUND = 20 };

/* Of types that live for a part of their time only. */
static struct net *town(uint8_t scope, uint32_t part, struct state_type types[static 16])
{
	struct net *net = keyed_new(NODES, 1, "the key of this community");
	const struct state_type *t = node_state_types(&net->conf.n_types);

	assert_true(net->conf.n_types <= 16);
	memcpy(types, t, net->conf.n_types * sizeof(*t));
	for (size_t i = 0; i < net->conf.n_types; i++)
		types[i].lifetime_max_s /= part;
	net->conf.types = types;
	for (uint32_t i = 0; i < NODES; i++)
		net_restart(net, i, 2);
	/* a ring with short cuts: news come by two ways */
	for (uint32_t i = 0; i < NODES; i++) {
		net_join(net, i, (i + 1) % NODES, scope, 0);
		if (i % 4 == 0)
			net_join(net, i, (i + 2) % NODES, scope, 0);
	}
	return net;
}

static void put(struct net *net, uint32_t i, uint8_t type, size_t len)
{
	static const uint8_t value[STATE_VALUE_MAX] = { 1 };
	struct state_key key = state_key_init(type, &i, sizeof(i));

	assert_int_equal(state_put_owned(net->node[i].s, &key, value, len, 0, net->now), 0);
	net_drain(net, i);
}

/* Both ways together, of the dearest link, in bytes per second. */
static double dearest(struct net *net, usec_t span)
{
	static uint64_t before[NET_NODES][NET_NODES];
	uint64_t most = 0;

	assert_true(net_settle(net, 60 * USEC_S) < 60 * USEC_S);
	net_run(net, 60 * USEC_S);
	memcpy(before, net->bytes, sizeof(before));
	net_run(net, span);
	for (uint32_t a = 0; a < NODES; a++)
		for (uint32_t b = 0; b < a; b++) {
			uint64_t both =
				net->bytes[a][b] - before[a][b] + net->bytes[b][a] - before[b][a];

			most = both > most ? both : most;
		}
	return (double)most * USEC_S / (double)span;
}

static void test_at_rest(void **state)
{
	struct state_type of_cloud[16], of_network[16];
	struct net *cloud = town(CLOUD, AS_MANY, of_cloud), *network = town(NETWORK, 1, of_network);
	usec_t life = of_cloud[0].lifetime_max_s * USEC_S;
	double a, b;

	(void)state;
	assert_int_equal(of_cloud[0].type, NODE);
	for (uint32_t i = 0; i < NODES; i++) {
		put(cloud, i, NODE, NODE_LEN);
		put(cloud, i, BLOCK, BLOCK_LEN);
		if (i < GATEWAYS)
			put(network, i, GATEWAY, GATEWAY_LEN);
		/* or they would show life together */
		net_run(cloud, life / 3 / NODES);
		net_run(network, 100 * USEC_S);
	}
	a = dearest(cloud, 2 * life / 3);
	b = dearest(network, 3600 * USEC_S);
	print_message("%d nodes, %d gateways, at rest: %.1f bytes/s per neighbour of the cloud, "
		      "%.1f of the network\n",
		      NODES * AS_MANY, GATEWAYS, a, b);
	keyed_free(cloud);
	keyed_free(network);
	/* who is next to a node is often both */
	assert_true(a > 5 && b > 5 && a + b <= BOUND);
}

/* Nor do they go on for ever: what somebody who has gone leaves behind. */
static void test_goes(void **state)
{
	size_t count;
	const struct state_type *t = node_state_types(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		if (t[i].type == NODE)
			assert_int_equal(t[i].lifetime_max_s, 86400);
		if (t[i].type == GATEWAY)
			assert_int_equal(t[i].lifetime_max_s, 5400);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_rest),
		cmocka_unit_test(test_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
