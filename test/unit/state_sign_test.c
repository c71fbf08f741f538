/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owned records carry the signature of their author, on every way and on every disk. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "state_keyed.h"

/* One node with OTHER as its peer, which the test plays. */
static struct net *one(void)
{
	struct net *net = keyed_new(1, 1, "");

	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	return net;
}

static uint64_t verified(struct net *net, uint32_t i)
{
	return keyed_stand_in(net, i)->verifies;
}

static void test_id(void **state)
{
	struct net *net = one();
	struct state_view v;
	uint32_t cursor = 0;

	(void)state;
	assert_int_equal(net_put(net, 0, NET_BLOCK, 1, "block"), 0);
	assert_true(state_next(net->node[0].s, NET_BLOCK, &cursor, net->now, &v));
	assert_memory_equal(v.author.b, net->crypto[0]->public_key, sizeof(v.author.b));
	keyed_free(net);
}

/* Each node looks at each version once, whoever tells it how often; what is shared has none. */
static void test_verified_once(void **state)
{
	struct net *net = keyed_new(4, 1, "");

	(void)state;
	net_line(net, BOTH, 0);
	net_join(net, 0, 2, BOTH, 0);
	net_join(net, 1, 3, BOTH, 0);
	net_put(net, 0, NET_BLOCK, 1, "block");
	net_put(net, 0, NET_GATEWAY, 1, "gateway");
	net_put(net, 0, NET_CLIENT, 1, "client");
	net_put(net, 0, NET_NOTE, 1, "note");
	assert_true(net_settle(net, USEC_S) < USEC_S);
	for (uint32_t i = 1; i < 4; i++) {
		assert_string_equal(net_get(net, i, NET_BLOCK, 1, 0), "block");
		assert_string_equal(net_get(net, i, NET_NOTE, 1, -1), "note");
		assert_int_equal(verified(net, i), 2);
	}
	net_run(net, 60 * USEC_S);
	assert_int_equal(verified(net, 3), 2);
	/* signs of life are news, and signed as well */
	net_run(net, 2000 * USEC_S);
	assert_string_equal(net_get(net, 3, NET_GATEWAY, 1, 0), "gateway");
	assert_true(verified(net, 3) > 5 && verified(net, 3) < 40);
	assert_true(net_settle(net, USEC_S) < USEC_S);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(net_count(net, i, STATE_C_DROP_FORGED), 0);
	keyed_free(net);
}

/* Everything in a record that its author wrote is signed; what the way adds is not. */
static void test_every_field(void **state)
{
	struct net *net = one();
	uint8_t proof[STATE_MSG_PROOF_MAX];
	struct state_msg_record good = keyed_record(net, 3, NET_BLOCK, 1, "block");
	struct state_msg_record bad[12];
	size_t n = 0;

	(void)state;
	keyed_sign(net, 3, &good, proof);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad[i] = good;
	bad[n++].proof = NULL;
	bad[n++].epoch++;
	bad[n++].counter++;
	bad[n++].lifetime_s++;
	bad[n++].value = (const uint8_t *)"blocK";
	bad[n++].len--;
	bad[n++].key.key.id[0] ^= 1;
	bad[n].key.key.type = NET_UNKNOWN;
	n++;
	bad[n].author = net_who(net, 4);
	bad[n].key.author = bad[n].author;
	n++;
	bad[n].deleted = true;
	bad[n++].len = 0;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(keyed_give(net, STATE_ITEM_PUSH, &bad[i], 1), 0);
		assert_int_equal(net_count(net, 0, STATE_C_DROP_FORGED), i + 1);
	}
	for (size_t byte = 0; byte < sizeof(proof); byte++) {
		proof[byte] ^= 1;
		keyed_give(net, STATE_ITEM_PUSH, &good, 1);
		proof[byte] ^= 1;
		net->now += USEC_S; /* it has to wait for the next one */
	}
	assert_int_equal(net_count(net, 0, STATE_C_DROP_FORGED), n + sizeof(proof));
	assert_int_equal(state_count(net->node[0].s), 0);
	good.quiet_s = 3;
	good.age_s = 7;
	keyed_give(net, STATE_ITEM_PUSH, &good, 1);
	assert_string_equal(net_get(net, 0, NET_BLOCK, 1, 3), "block");
	keyed_free(net);
}

/* Who forges a record of ours neither overwrites it nor makes our versions jump. */
static void test_our_name(void **state)
{
	struct net *net = one();
	struct state_msg_record m = keyed_record(net, 0, NET_GATEWAY, 1, "forged");
	uint8_t proof[STATE_MSG_PROOF_MAX];
	uint32_t epoch = state_epoch(net->node[0].s);

	(void)state;
	net_put(net, 0, NET_GATEWAY, 1, "true");
	m.epoch = 77;
	keyed_sign(net, 5, &m, proof);
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_FORGED), 1);
	assert_int_equal(state_epoch(net->node[0].s), epoch);
	assert_string_equal(net_get(net, 0, NET_GATEWAY, 1, 0), "true");
	/* that one is ours, of a life that our disk has forgotten */
	keyed_sign(net, 0, &m, proof);
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	assert_int_equal(state_epoch(net->node[0].s), 78);
	assert_string_equal(net_get(net, 0, NET_GATEWAY, 1, 0), "true");
	keyed_free(net);
}

static void test_deletion(void **state)
{
	struct net *net = keyed_new(3, 1, "");
	struct state_msg_record m = keyed_record(net, 0, NET_BLOCK, 1, "");
	uint8_t proof[STATE_MSG_PROOF_MAX];

	(void)state;
	net_line(net, BOTH, 0);
	net_put(net, 0, NET_BLOCK, 1, "block");
	net_settle(net, USEC_S);
	assert_string_equal(net_get(net, 2, NET_BLOCK, 1, 0), "block");
	/* by another */
	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	m.deleted = true;
	keyed_sign(net, 1, &m, proof);
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	assert_string_equal(net_get(net, 0, NET_BLOCK, 1, 0), "block");
	state_peer_remove(net->node[0].s, OTHER, net->now);
	/* by its author */
	assert_int_equal(net_delete(net, 0, NET_BLOCK, 1), 0);
	assert_true(net_settle(net, USEC_S) < USEC_S);
	assert_null(net_get(net, 2, NET_BLOCK, 1, 0));
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(net_count(net, i, STATE_C_DROP_FORGED), i == 0);
	keyed_free(net);
}

/* Two keys that begin alike: nobody takes the place of who was there first. */
static void test_first_key_stays(void **state)
{
	struct net *net = one();
	uint8_t proof[STATE_MSG_PROOF_MAX], first[STATE_KEY_SIZE];
	struct state_msg_record m = keyed_record(net, 3, NET_BLOCK, 1, "first");

	(void)state;
	memcpy(first, net->crypto[3]->public_key, sizeof(first));
	keyed_sign(net, 3, &m, proof);
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	keyed_stand_in(net, 3)->crypto.public_key[20] ^= 1;
	m = keyed_record(net, 3, NET_BLOCK, 1, "second");
	m.counter = 9;
	keyed_sign(net, 3, &m, proof);
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_FORGED), 1);
	assert_string_equal(net_get(net, 0, NET_BLOCK, 1, 3), "first");
	memcpy(keyed_stand_in(net, 3)->crypto.public_key, first, sizeof(first));
	keyed_sign(net, 3, &m, proof);
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	assert_string_equal(net_get(net, 0, NET_BLOCK, 1, 3), "second");
	keyed_free(net);
}

/* What comes from a disk is told to others with the proof that it had. */
static void test_disk(void **state)
{
	struct net *net = keyed_new(3, 1, "");
	uint8_t buf[4096];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_put(net, 0, NET_BLOCK, 1, "block");
	net_put(net, 0, NET_BLOCK, 2, "");
	net_put(net, 0, NET_CLIENT, 1, "client");
	net_settle(net, USEC_S);
	assert_true(state_save_size(net->node[1].s) <= sizeof(buf));
	state_save(net->node[1].s, &w, net->now);
	net_part(net, 0, 1);
	net_restart(net, 1, 2);
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(state_load(net->node[1].s, &r, net->now), 0);
	net_join(net, 1, 2, BOTH, 0);
	net_run(net, 10 * USEC_S);
	assert_string_equal(net_get(net, 2, NET_BLOCK, 1, 0), "block");
	assert_string_equal(net_get(net, 2, NET_BLOCK, 2, 0), "");
	assert_string_equal(net_get(net, 2, NET_CLIENT, 1, -1), "client");
	assert_int_equal(net_count(net, 2, STATE_C_DROP_FORGED), 0);
	assert_int_equal(verified(net, 2), 2);
	keyed_free(net);
}

/* Of types that nobody knows, too; the longest value has room for its proof. */
static void test_unknown_types(void **state)
{
	struct net *net = keyed_new(2, 1, "");
	uint8_t value[STATE_VALUE_MAX] = { 1 };
	struct state_unknown u = { .key = state_key_init(NET_UNKNOWN, "x", 1),
				   .kind = STATE_OWNED,
				   .scope = STATE_CLOUD,
				   .value = value,
				   .len = sizeof(value) };

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	assert_int_equal(state_put_unknown(net->node[0].s, &u, net->now), 0);
	u.kind = STATE_SHARED;
	assert_int_equal(state_put_unknown(net->node[0].s, &u, net->now), 0);
	net_drain(net, 0);
	assert_true(net_settle(net, USEC_S) < USEC_S);
	assert_int_equal(state_count(net->node[1].s), 2);
	assert_int_equal(verified(net, 1), 1);
	u.kind = STATE_OWNED;
	assert_int_equal(state_delete_unknown(net->node[0].s, &u, net->now), 0);
	net_drain(net, 0);
	assert_true(net_settle(net, USEC_S) < USEC_S);
	assert_int_equal(verified(net, 1), 2);
	keyed_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id),	    cmocka_unit_test(test_verified_once),
		cmocka_unit_test(test_every_field), cmocka_unit_test(test_our_name),
		cmocka_unit_test(test_deletion),    cmocka_unit_test(test_first_key_stays),
		cmocka_unit_test(test_disk),	    cmocka_unit_test(test_unknown_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
