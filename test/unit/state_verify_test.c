/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many signatures one neighbour can have verified, and that nothing else waits for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "state_keyed.h"

enum { AT_ONCE = 2000, PER_SECOND = 200, FORGED = 50, FORGERIES = 500, EACH = 5 };

static struct net *one(void)
{
	struct net *net = keyed_new(1, 1, "");

	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	return net;
}

/* OTHER passes on EACH blocks of node 3, those with the ids from there on, as repair: of changes no
 * more would be taken anyway. */
static void pass_on(struct net *net, uint32_t from)
{
	uint8_t proof[EACH][STATE_MSG_PROOF_MAX];
	struct state_msg_record m[EACH];

	for (uint32_t i = 0; i < EACH; i++) {
		m[i] = keyed_record(net, 3, NET_BLOCK, from + i, "block");
		keyed_sign(net, 3, &m[i], proof[i]);
	}
	assert_int_equal(keyed_give(net, STATE_ITEM_BULK, m, EACH), 0);
}

/* Of that many the node has so many. */
static uint32_t held(struct net *net, uint32_t n)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += net_get(net, 0, NET_BLOCK, i, 3) != NULL;
	return count;
}

static void forge(struct net *net)
{
	struct state_msg_record m = keyed_record(net, 4, NET_BLOCK, 1, "forged");
	uint8_t proof[STATE_MSG_PROOF_MAX];

	keyed_sign(net, 5, &m, proof);
	assert_int_equal(keyed_give(net, STATE_ITEM_PUSH, &m, 1), 0);
}

/* What the node has acknowledged of one datagram of OTHER. */
static void count_acks(struct net *net, uint32_t from, uint32_t to, const uint8_t *data, size_t len)
{
	struct rd r = rd_init(data, len), body;
	struct state_msg_header h;
	uint64_t *acks = net->arg;
	uint8_t type;

	(void)from;
	(void)to;
	assert_int_equal(state_msg_read_header(&r, &h), 0);
	while (state_msg_item(&r, &type, &body))
		*acks += type == STATE_ITEM_ACK;
}

static void test_pace(void **state)
{
	struct net *net = one();
	uint64_t acks = 0;
	uint32_t n = 0;

	(void)state;
	net->arg = &acks;
	net->tap = count_acks;
	for (; n < AT_ONCE; n += EACH)
		pass_on(net, n);
	assert_int_equal(held(net, n), AT_ONCE);
	assert_int_equal(acks, AT_ONCE / EACH);
	/* more than that is not acknowledged, so it comes again */
	net_run(net, USEC_S / PER_SECOND * 2);
	pass_on(net, n);
	assert_int_equal(held(net, n + EACH), AT_ONCE + 2);
	assert_int_equal(net_count(net, 0, STATE_C_DEFERRED), EACH - 2);
	assert_int_equal(acks, AT_ONCE / EACH);
	net_run(net, USEC_S);
	pass_on(net, n);
	assert_int_equal(held(net, n + EACH), AT_ONCE + EACH);
	assert_int_equal(acks, AT_ONCE / EACH + 1);
	assert_int_equal(keyed_stand_in(net, 0)->verifies, AT_ONCE + EACH);
	/* what is known costs nothing */
	for (uint32_t i = 0; i < AT_ONCE; i += EACH)
		pass_on(net, i);
	assert_int_equal(keyed_stand_in(net, 0)->verifies, AT_ONCE + EACH);
	assert_int_equal(net_count(net, 0, STATE_C_DEFERRED), EACH - 2);
	keyed_free(net);
}

/* Shared records in the same datagram are stored the first time. */
static void test_shared_do_not_wait(void **state)
{
	struct net *net = one();
	uint8_t proof[STATE_MSG_PROOF_MAX];
	struct state_msg_record m[2];
	uint32_t id = 9;

	(void)state;
	for (uint32_t n = 0; n < AT_ONCE; n += EACH)
		pass_on(net, n);
	m[0] = keyed_record(net, 3, NET_BLOCK, AT_ONCE, "block");
	keyed_sign(net, 3, &m[0], proof);
	m[1] = (struct state_msg_record) { .author = net_who(net, OTHER),
					   .epoch = 1,
					   .lifetime_s = 500,
					   .value = (const uint8_t *)"lease",
					   .len = 5 };
	m[1].key = (struct state_full_key) { .kind = STATE_SHARED, .scope = STATE_CLOUD };
	m[1].key.key = state_key_init(NET_CLIENT, &id, sizeof(id));
	assert_int_equal(keyed_give(net, STATE_ITEM_BULK, m, 2), 0);
	assert_int_equal(net_count(net, 0, STATE_C_DEFERRED), 1);
	assert_string_equal(net_get(net, 0, NET_CLIENT, 9, -1), "lease");
	assert_null(net_get(net, 0, NET_BLOCK, AT_ONCE, 3));
	keyed_free(net);
}

/* Who forges uses up its own pace, and nobody else's. */
static void test_forged_cost_more(void **state)
{
	struct net *net = keyed_new(2, 1, "");

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_run(net, USEC_S);
	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	for (int i = 0; i < FORGERIES; i++)
		forge(net);
	assert_in_range(net_count(net, 0, STATE_C_DROP_FORGED), AT_ONCE / (FORGED + 1),
			AT_ONCE / FORGED);
	assert_in_range(keyed_stand_in(net, 0)->verifies, AT_ONCE / (FORGED + 1), AT_ONCE / FORGED);
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(net_put(net, 1, NET_BLOCK, i, "block"), 0);
	net_run(net, 100 * USEC_MS);
	assert_string_equal(net_get(net, 0, NET_BLOCK, 49, 1), "block");
	keyed_free(net);
}

/* A node that joins many others gets what they own, however much it is. */
static void test_join(void **state)
{
	struct net *net = keyed_new(3, 1, "");
	usec_t took;

	(void)state;
	net_join(net, 0, 1, BOTH, 0.01);
	for (uint32_t i = 0; i < 4000; i++) {
		assert_int_equal(net_put(net, i % 2, NET_BLOCK, i, "block"), 0);
		net_run(net, 2 * USEC_MS);
	}
	net_run(net, 10 * USEC_S);
	assert_int_equal(state_digest(net->node[0].s, STATE_CLOUD),
			 state_digest(net->node[1].s, STATE_CLOUD));
	net_join(net, 1, 2, BOTH, 0.01);
	net_run(net, 2 * USEC_S);
	/* meanwhile what is shared comes as fast as ever */
	assert_int_equal(net_put(net, 0, NET_CLIENT, 1, "lease"), 0);
	net_run(net, USEC_S);
	assert_string_equal(net_get(net, 2, NET_CLIENT, 1, -1), "lease");
	took = net_settle(net, 60 * USEC_S);
	assert_true(took < 30 * USEC_S);
	assert_int_equal(net_count(net, 2, STATE_C_DROP_FORGED), 0);
	keyed_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_shared_do_not_wait),
		cmocka_unit_test(test_forged_cost_more),
		cmocka_unit_test(test_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
