/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of types that no node is told of, written by people. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "state_net.h"

#define BOTH (STATE_SCOPE_BIT(STATE_CLOUD) | STATE_SCOPE_BIT(STATE_NETWORK))

static struct state_unknown unknown(enum state_kind kind, enum state_scope scope, const char *value)
{
	return (struct state_unknown) { .key = state_key_init(NET_UNKNOWN, "id", 2),
					.kind = kind,
					.scope = scope,
					.value = value,
					.len = strlen(value),
					.lifetime_s = 3600 };
}

static int put(struct net *net, uint32_t i, const struct state_unknown *u)
{
	int r = state_put_unknown(net->node[i].s, u, net->now);

	net_drain(net, i);
	return r;
}

static int drop(struct net *net, uint32_t i, const struct state_unknown *u)
{
	int r = state_delete_unknown(net->node[i].s, u, net->now);

	net_drain(net, i);
	return r;
}

/* The record of that author at a node; false: not there. */
static bool find(const struct net *net, uint32_t i, const struct state_unknown *u, uint32_t author,
		 struct state_view *ret)
{
	struct state_event e = {
		.key = u->key, .author = net_id(author), .scope = u->scope, .kind = u->kind
	};

	return state_get_told(net->node[i].s, &e, net->now, ret) == 0;
}

static void expect(const struct net *net, uint32_t i, const struct state_unknown *u,
		   uint32_t author)
{
	struct state_node id = net_id(author);
	struct state_view v;

	assert_true(find(net, i, u, author, &v));
	assert_false(v.deleted);
	assert_int_equal(v.kind, u->kind);
	assert_int_equal(v.scope, u->scope);
	assert_int_equal(v.lifetime_s, u->lifetime_s);
	assert_memory_equal(&v.author, &id, sizeof(id));
	assert_int_equal(v.len, u->len);
	assert_memory_equal(v.value, u->value, u->len);
}

/* Each kind in each scope is a record of its own, and reaches all. */
static void test_reaches_all(void **state)
{
	struct net *net = net_new(3, 1);
	struct state_unknown all[] = {
		unknown(STATE_OWNED, STATE_CLOUD, "a"),
		unknown(STATE_OWNED, STATE_NETWORK, "b"),
		unknown(STATE_SHARED, STATE_CLOUD, "c"),
		unknown(STATE_SHARED, STATE_NETWORK, ""),
	};

	(void)state;
	net_line(net, BOTH, 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(put(net, 0, &all[i]), 0);
	assert_int_equal(state_count(net->node[0].s), 4);
	assert_true(net_settle(net, 10 * USEC_S) < USEC_S);
	for (uint32_t node = 0; node < 3; node++)
		for (size_t i = 0; i < 4; i++)
			expect(net, node, &all[i], 0);
	assert_int_equal(net->node[2].changed, 4);
	net_free(net);
}

/* Of a shared one the last to write counts, an owned one is beside those of others. */
static void test_kinds(void **state)
{
	struct net *net = net_new(2, 2);
	struct state_unknown first = unknown(STATE_SHARED, STATE_CLOUD, "first");
	struct state_unknown second = unknown(STATE_SHARED, STATE_CLOUD, "second");
	struct state_view v;

	(void)state;
	net_line(net, BOTH, 0);
	assert_int_equal(put(net, 0, &first), 0);
	net_run(net, USEC_S);
	assert_int_equal(put(net, 1, &second), 0);
	net_run(net, USEC_S);
	expect(net, 0, &second, 1);
	assert_int_equal(state_count(net->node[0].s), 1);
	first.kind = second.kind = STATE_OWNED;
	assert_int_equal(put(net, 0, &first), 0);
	assert_int_equal(put(net, 1, &second), 0);
	net_run(net, USEC_S);
	for (uint32_t node = 0; node < 2; node++) {
		expect(net, node, &first, 0);
		expect(net, node, &second, 1);
	}
	/* a node that is not heard leaves nothing owned behind */
	net_part(net, 0, 1);
	net_run(net, 3700 * USEC_S);
	assert_false(find(net, 1, &first, 0, &v));
	assert_true(find(net, 0, &first, 0, &v));
	net_free(net);
}

static void test_is_deleted(void **state)
{
	struct net *net = net_new(2, 3);
	struct state_unknown u = unknown(STATE_SHARED, STATE_CLOUD, "here");
	struct state_unknown mine = unknown(STATE_OWNED, STATE_NETWORK, "mine");
	struct state_view v;

	(void)state;
	net_line(net, BOTH, 0);
	assert_int_equal(drop(net, 0, &u), -ENOENT);
	assert_int_equal(put(net, 0, &u), 0);
	assert_int_equal(put(net, 0, &mine), 0);
	net_run(net, USEC_S);
	/* everybody may, of a shared one; of an owned one only its author */
	assert_int_equal(drop(net, 1, &mine), -ENOENT);
	assert_int_equal(drop(net, 1, &u), 0);
	assert_int_equal(drop(net, 1, &u), -ENOENT);
	assert_int_equal(drop(net, 0, &mine), 0);
	net_run(net, USEC_S);
	for (uint32_t node = 0; node < 2; node++) {
		assert_true(find(net, node, &u, 1, &v));
		assert_true(v.deleted);
		assert_true(find(net, node, &mine, 0, &v));
		assert_true(v.deleted);
	}
	/* forgotten after the bound, by all */
	net_run(net, 2 * 86400 * USEC_S);
	for (uint32_t node = 0; node < 2; node++)
		assert_int_equal(state_count(net->node[node].s), 0);
	net_free(net);
}

static void test_bounds(void **state)
{
	struct net *net = net_new(1, 4);
	struct state_unknown u = unknown(STATE_SHARED, STATE_CLOUD, "x");
	uint8_t big[STATE_VALUE_MAX + 1] = { 0 };
	struct state_view v;
	unsigned int n = 0;

	(void)state;
	net->conf.records_max = 80; /* of these 11 unknown ones */
	net_restart(net, 0, 2);
	u.lifetime_s = 0;
	assert_int_equal(put(net, 0, &u), 0);
	assert_true(find(net, 0, &u, 0, &v));
	assert_int_equal(v.lifetime_s, 86400);
	u.value = big;
	u.len = sizeof(big);
	assert_int_equal(put(net, 0, &u), -EINVAL);
	u.len--;
	u.lifetime_s = 86401;
	assert_int_equal(put(net, 0, &u), 0);
	assert_true(find(net, 0, &u, 0, &v));
	assert_int_equal(v.lifetime_s, 86400);
	do {
		n++;
		u.key = state_key_init((uint8_t)(NET_UNKNOWN + n % 2), &n, sizeof(n));
	} while (put(net, 0, &u) == 0);
	assert_int_equal(put(net, 0, &u), -ENOSPC);
	assert_int_equal(n, 11);
	/* what is there can be written again */
	n = 1;
	u.key = state_key_init((uint8_t)(NET_UNKNOWN + n % 2), &n, sizeof(n));
	u.len = 1;
	assert_int_equal(put(net, 0, &u), 0);
	/* types that the node knows have functions of their own */
	u.key.type = NET_CLIENT;
	assert_int_equal(put(net, 0, &u), -EINVAL);
	assert_int_equal(drop(net, 0, &u), -EINVAL);
	net_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reaches_all),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_is_deleted),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
