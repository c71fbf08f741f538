/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared records that only the network's admin may write. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "state_keyed.h"

enum { KEY_TYPE = 5, ACT_TYPE = 6, PLAIN_TYPE = 7, YEAR = 365 * 86400 };

static const struct state_type types[] = {
	{ .type = KEY_TYPE,
	  .scope = STATE_NETWORK,
	  .kind = STATE_SHARED,
	  .durable = true,
	  .lifetime_max_s = YEAR,
	  .admin = STATE_ADMIN_KEY },
	{ .type = ACT_TYPE,
	  .scope = STATE_NETWORK,
	  .kind = STATE_SHARED,
	  .durable = true,
	  .lifetime_max_s = YEAR,
	  .admin = STATE_ADMIN_ACT },
	{ .type = PLAIN_TYPE, .scope = STATE_NETWORK, .kind = STATE_SHARED, .lifetime_max_s = 600 },
};

static const struct state_key admin_key = { .type = KEY_TYPE, .len = 1, .id = { 'k' } };
static const struct state_key act = { .type = ACT_TYPE, .len = 1, .id = { 'a' } };

/* The value of the one record of KEY_TYPE is the public key for all; the first one is believed. */
static bool admin_ok(void *ctx, const struct state_claim *c)
{
	struct net_node *node = ctx;
	uint8_t right[STATE_SIGNATURE_SIZE];
	const uint8_t *key = NULL;
	struct state_view v;

	/* for as long as a record lives it is found at any time before its end */
	if (state_get(node->s, &admin_key, NULL, 0, &v) == 0)
		key = v.value;
	else if (c->key.type == KEY_TYPE && c->len == STATE_KEY_SIZE)
		key = c->value;
	if (!key)
		return false;
	stand_in_sign(key, c->message, c->message_len, right);
	return memcmp(right, c->signature, sizeof(right)) == 0;
}

static void restart(struct net *net, uint32_t i, uint32_t epoch)
{
	net->conf.admin_ok = admin_ok;
	net->conf.admin_ctx = &net->node[i];
	net_restart(net, i, epoch);
}

static struct net *start(uint32_t n)
{
	struct net *net = keyed_new(n, 1, "");

	net->conf.types = types;
	net->conf.n_types = 3;
	for (uint32_t i = 0; i < n; i++)
		restart(net, i, 2);
	return net;
}

/* Written at node i, signed with the key of node `by`, which is only a key here. */
static int write_as(struct net *net, uint32_t i, uint32_t by, const struct state_key *key,
		    const void *value, size_t len)
{
	uint8_t text[STATE_MSG_SIGNED_MAX], signature[STATE_SIGNATURE_SIZE];
	struct wr w = wr_init(text, sizeof(text));
	int r = state_admin_message(net->node[i].s, key, value, len, &w);

	if (r < 0)
		return r;
	stand_in_sign(net->crypto[by]->public_key, text, wr_len(&w), signature);
	r = state_put_admin(net->node[i].s, key, value, len, signature, net->now);
	net_drain(net, i);
	return r;
}

static int set_key(struct net *net, uint32_t i, uint32_t by)
{
	return write_as(net, i, by, &admin_key, net->crypto[by]->public_key, STATE_KEY_SIZE);
}

static int do_act(struct net *net, uint32_t i, uint32_t by, const char *what)
{
	return write_as(net, i, by, &act, what, strlen(what));
}

static const char *done_at(const struct net *net, uint32_t i)
{
	static char text[100];
	struct state_view v;

	if (state_get(net->node[i].s, &act, NULL, net->now, &v))
		return "nothing";
	memcpy(text, v.value, v.len);
	text[v.len] = 0;
	return text;
}

static void test_api(void **state)
{
	struct net *net = start(1);
	struct state *s = net->node[0].s;
	uint8_t big[STATE_VALUE_MAX + 1] = { 0 }, buf[16];
	struct state_key plain = state_key_init(PLAIN_TYPE, "x", 1);
	struct wr small = wr_init(buf, sizeof(buf));

	(void)state;
	/* it is written with a signature only */
	assert_int_equal(state_put_shared(s, &act, "x", 1, 0, net->now), -EINVAL);
	assert_int_equal(write_as(net, 0, 50, &plain, "x", 1), -EINVAL);
	assert_int_equal(state_admin_message(s, &act, big, sizeof(big), &small), -EINVAL);
	assert_int_equal(state_admin_message(s, &act, "x", 1, &small), -EINVAL);
	/* whose key nobody knows */
	assert_int_equal(do_act(net, 0, 50, "one"), -EKEYREJECTED);
	assert_int_equal(set_key(net, 0, 50), 0);
	assert_int_equal(do_act(net, 0, 51, "one"), -EKEYREJECTED);
	assert_int_equal(do_act(net, 0, 50, "one"), 0);
	assert_string_equal(done_at(net, 0), "one");
	assert_int_equal(write_as(net, 0, 50, &act, big, STATE_VALUE_MAX), 0);
	assert_int_equal(state_delete(s, &act, net->now), -EINVAL);
	keyed_free(net);
}

/* A signature is good for one version only. */
static void test_version(void **state)
{
	struct net *net = start(1);
	uint8_t text[STATE_MSG_SIGNED_MAX], signature[STATE_SIGNATURE_SIZE];
	struct wr w = wr_init(text, sizeof(text));
	struct state *s = net->node[0].s;

	(void)state;
	assert_int_equal(set_key(net, 0, 50), 0);
	assert_int_equal(state_admin_message(s, &act, "one", 3, &w), 0);
	stand_in_sign(net->crypto[50]->public_key, text, wr_len(&w), signature);
	assert_int_equal(state_put_admin(s, &act, "One", 3, signature, net->now), -EKEYREJECTED);
	assert_int_equal(state_put_admin(s, &act, "one", 3, signature, net->now), 0);
	assert_int_equal(do_act(net, 0, 50, "two"), 0);
	assert_int_equal(state_put_admin(s, &act, "one", 3, signature, net->now), -EKEYREJECTED);
	keyed_free(net);
}

static void test_network(void **state)
{
	struct net *net = start(4);

	(void)state;
	net_line(net, BOTH, 0.02);
	assert_int_equal(set_key(net, 0, 50), 0);
	assert_true(net_settle(net, 3 * USEC_S) != USEC_NEVER);
	assert_int_equal(do_act(net, 3, 50, "from the other end"), 0);
	net_run(net, USEC_S);
	for (uint32_t i = 0; i < 4; i++)
		assert_string_equal(done_at(net, i), "from the other end");
	/* another one who says that he is the admin is none */
	assert_int_equal(set_key(net, 1, 51), -EKEYREJECTED);
	/* nobody has to refresh it */
	net_run(net, 3000 * USEC_S);
	assert_string_equal(done_at(net, 2), "from the other end");
	keyed_free(net);
}

/* Who joins gets the act, maybe before the key that it is signed with. */
static void test_join(void **state)
{
	struct net *net = start(2);

	(void)state;
	assert_int_equal(set_key(net, 0, 50), 0);
	assert_int_equal(do_act(net, 0, 50, "before you came"), 0);
	net_run(net, USEC_S);
	net_join(net, 0, 1, BOTH, 0);
	net_run(net, 10 * USEC_S);
	assert_string_equal(done_at(net, 1), "before you came");
	assert_true(net_equal(net));
	keyed_free(net);
}

static struct state_msg_record shared(const struct net *net, uint8_t type, const char *value)
{
	struct state_msg_record m = { .author = net_who(net, OTHER),
				      .epoch = 9,
				      .lifetime_s = 500,
				      .value = (const uint8_t *)value,
				      .len = (uint16_t)strlen(value) };

	m.key = (struct state_full_key) { .kind = STATE_SHARED, .scope = STATE_NETWORK };
	m.key.key = state_key_init(type, act.id, act.len);
	return m;
}

static void test_forged(void **state)
{
	struct net *net = start(1);
	uint8_t text[STATE_MSG_SIGNED_MAX], signature[STATE_SIGNATURE_SIZE];
	struct wr w = wr_init(text, sizeof(text));
	struct state_msg_record m = shared(net, ACT_TYPE, "forged");

	(void)state;
	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	assert_int_equal(set_key(net, 0, 50), 0);
	assert_int_equal(do_act(net, 0, 50, "true"), 0);
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	state_msg_write_signed(&w, &m);
	stand_in_sign(net->crypto[51]->public_key, text, wr_len(&w), signature);
	m.proof = signature;
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_ADMIN), 2);
	assert_string_equal(done_at(net, 0), "true");
	/* the admin's, by way of anybody, with any age */
	stand_in_sign(net->crypto[50]->public_key, text, wr_len(&w), signature);
	m.quiet_s = m.age_s = 100;
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	assert_string_equal(done_at(net, 0), "forged");
	/* nor is there an end to it that is signed */
	m = shared(net, ACT_TYPE, "");
	m.epoch = 10;
	m.deleted = true;
	w = wr_init(text, sizeof(text));
	state_msg_write_signed(&w, &m);
	stand_in_sign(net->crypto[50]->public_key, text, wr_len(&w), signature);
	m.proof = signature;
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_ADMIN), 3);
	/* of a type that everybody writes none is signed */
	m = shared(net, PLAIN_TYPE, "x");
	m.proof = signature;
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_KIND), 1);
	keyed_free(net);
}

/* OTHER gives the key of node `by`, as long ago as it says. */
static void give_key(struct net *net, uint32_t by, uint32_t epoch, uint32_t quiet_s)
{
	uint8_t text[STATE_MSG_SIGNED_MAX], signature[STATE_SIGNATURE_SIZE];
	struct wr w = wr_init(text, sizeof(text));
	struct state_msg_record m = shared(net, KEY_TYPE, "");

	m.key.key = admin_key;
	m.epoch = epoch;
	m.value = net->crypto[by]->public_key;
	m.len = STATE_KEY_SIZE;
	state_msg_write_signed(&w, &m);
	stand_in_sign(net->crypto[by]->public_key, text, wr_len(&w), signature);
	m.proof = signature;
	m.quiet_s = m.age_s = quiet_s;
	keyed_give(net, STATE_ITEM_PUSH, &m, 1);
}

static bool is_admin(const struct net *net, uint32_t i, uint32_t by)
{
	struct state_view v;

	return state_get(net->node[i].s, &admin_key, NULL, net->now, &v) == 0 &&
	       memcmp(v.value, net->crypto[by]->public_key, STATE_KEY_SIZE) == 0;
}

static void give_plain(struct net *net, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		struct state_msg_record m = shared(net, PLAIN_TYPE, "");

		m.key.key = state_key_init(PLAIN_TYPE, &i, sizeof(i));
		keyed_give(net, STATE_ITEM_PUSH, &m, 1);
	}
}

/* Nobody can fill the store until the key goes, and then be the admin. */
static void test_full_store(void **state)
{
	struct net *net = start(1);

	(void)state;
	net->conf.records_max = 64;
	restart(net, 0, 3);
	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	give_plain(net, 0, 40);
	give_key(net, 50, 1, 0);
	/* another neighbour, who has told less: what came last before makes room */
	state_peer_remove(net->node[0].s, OTHER, net->now);
	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	give_plain(net, 100, 125);
	assert_in_range(net_count(net, 0, STATE_C_EVICTED), 3, 10);
	assert_true(is_admin(net, 0, 50));
	give_key(net, 51, 1u << 31, 0);
	assert_true(is_admin(net, 0, 50));
	keyed_free(net);
}

/* Nor by saying that it is over soon, or has long been: that is not signed. */
static void test_no_end(void **state)
{
	struct net *net = start(2);

	(void)state;
	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	give_key(net, 50, 1, 490);
	net_run(net, 20 * USEC_S);
	assert_true(is_admin(net, 0, 50));
	give_key(net, 50, 2, 2000);
	net_run(net, 200000 * USEC_S);
	assert_true(is_admin(net, 0, 50));
	/* whoever joins then gets it */
	net_join(net, 0, 1, BOTH, 0);
	net_run(net, 10 * USEC_S);
	assert_true(is_admin(net, 1, 50));
	keyed_free(net);
}

/* The key is loaded before what it signs, wherever both stand; what it does not sign is not. */
static void test_disk(void **state)
{
	struct net *net = start(1);
	uint8_t buf[4096];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;

	(void)state;
	assert_int_equal(set_key(net, 0, 50), 0);
	assert_int_equal(do_act(net, 0, 50, "saved"), 0);
	state_save(net->node[0].s, &w, net->now);
	assert_true(wr_len(&w) > 0);
	for (int turned = 0; turned < 2; turned++) {
		uint8_t file[4096];
		struct wr f = wr_init(file, sizeof(file));
		struct state_msg_record first, second;

		r = rd_init(buf, wr_len(&w));
		wr_bytes(&f, rd_take(&r, 12), 12);
		assert_true(state_msg_read_record(&r, &first));
		assert_true(state_msg_read_record(&r, &second));
		assert_true(rd_done(&r));
		state_msg_write_record(&f, turned ? &second : &first);
		state_msg_write_record(&f, turned ? &first : &second);
		restart(net, 0, 3);
		r = rd_init(file, wr_len(&f));
		assert_int_equal(state_load(net->node[0].s, &r, net->now), 0);
		assert_true(rd_done(&r));
		assert_string_equal(done_at(net, 0), "saved");
		assert_int_equal(net_count(net, 0, STATE_C_DROP_ADMIN), 0);
	}
	/* somebody has become the admin here meanwhile */
	restart(net, 0, 4);
	assert_int_equal(set_key(net, 0, 51), 0);
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(state_load(net->node[0].s, &r, net->now), 0);
	assert_string_equal(done_at(net, 0), "nothing");
	assert_in_range(net_count(net, 0, STATE_C_DROP_ADMIN), 1, 2); /* the key may be older */
	keyed_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_api),	   cmocka_unit_test(test_version),
		cmocka_unit_test(test_network),	   cmocka_unit_test(test_join),
		cmocka_unit_test(test_forged),	   cmocka_unit_test(test_disk),
		cmocka_unit_test(test_full_store), cmocka_unit_test(test_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
