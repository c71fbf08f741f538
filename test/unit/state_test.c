/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One state core at a time: its API, its files, and what it makes of datagrams that are
 * wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/snapshot.h"
#include "core/state/state_pool.h"
#include "state_one.h"

static void test_api(void **state)
{
	struct net *net = one();
	struct state *s = net->node[0].s;
	struct state_key key = state_key_init(NET_CLIENT, "abc", 3),
			 unknown = state_key_init(50, "", 0);
	uint8_t big[STATE_VALUE_MAX + 1] = { 0 };
	struct state_node self = net_id(0);
	struct state_view v;
	uint32_t cursor = 0, n = 0;

	(void)state;
	assert_int_equal(state_put_owned(s, &key, "x", 1, 0, 0), -EINVAL);
	assert_int_equal(state_put_shared(s, &unknown, "x", 1, 0, 0), -EINVAL);
	assert_int_equal(state_put_shared(s, &key, big, sizeof(big), 0, 0), -EINVAL);
	assert_int_equal(state_put_shared(s, &key, big, sizeof(big) - 1, 0, net->now), 0);
	assert_int_equal(state_delete(s, &unknown, net->now), -EINVAL);
	assert_int_equal(state_get(s, &unknown, NULL, net->now, &v), -ENOENT);
	assert_int_equal(state_get(s, &key, NULL, net->now, &v), 0);
	assert_int_equal(v.len, STATE_VALUE_MAX);
	assert_memory_equal(v.value, big, v.len);
	assert_int_equal(v.epoch, 1);
	assert_int_equal(v.age_s, 0);
	assert_int_equal(v.lifetime_s, 48 * 3600);
	assert_true(v.own && v.kind == STATE_SHARED && v.scope == STATE_CLOUD);
	assert_memory_equal(&v.author, &self, sizeof(self));
	assert_int_equal(state_put_shared(s, &key, "y", 1, 100, net->now), 0);
	assert_int_equal(state_get(s, &key, NULL, net->now + 1, &v), 0);
	assert_int_equal(v.epoch, 2);
	assert_int_equal(v.age_s, 1);
	assert_int_equal(v.lifetime_s, 100);
	assert_int_equal(state_get(s, &key, NULL, net->now + 100 * USEC_S, &v), -ENOENT);
	/* writing half-way through prolongs it */
	assert_int_equal(state_put_shared(s, &key, "y", 1, 100, net->now + 40 * USEC_S), 0);
	assert_int_equal(state_get(s, &key, NULL, net->now, &v), 0);
	assert_int_equal(v.epoch, 2);
	assert_int_equal(state_put_shared(s, &key, "y", 1, 100, net->now + 60 * USEC_S), 0);
	assert_int_equal(state_get(s, &key, NULL, net->now, &v), 0);
	assert_int_equal(v.epoch, 3);
	assert_int_equal(state_delete(s, &key, net->now), 0);
	assert_int_equal(state_delete(s, &key, net->now), -ENOENT);
	assert_false(state_next(s, NET_CLIENT, &cursor, net->now, &v));
	for (cursor = 0; state_next_any(s, &cursor, net->now, &v); n++)
		assert_true(v.deleted && v.epoch == 4);
	assert_int_equal(n, 1);
	assert_int_equal(state_peer_add(s, 1, NULL, 0, net->now), -EINVAL);
	assert_int_equal(state_peer_add(s, 1, NULL, 4, net->now), -EINVAL);
	assert_string_equal(state_counter_name(STATE_C_DROP_SEAL), "drop-seal");
	net_free(net);
}

static void test_merge(void **state)
{
	struct net *net = one();
	struct state_msg_record m = record(NET_NOTE, 1, 5, "five");

	(void)state;
	assert_int_equal(give(net, m), 0);
	assert_string_equal(net_get(net, 0, NET_NOTE, 1, -1), "five");
	give(net, record(NET_NOTE, 1, 4, "four"));
	assert_string_equal(net_get(net, 0, NET_NOTE, 1, -1), "five");
	assert_int_equal(net_count(net, 0, STATE_C_OLDER), 1);
	give(net, m);
	assert_int_equal(net_count(net, 0, STATE_C_KNOWN), 1);
	m.author = net_id(6); /* lower, same epoch */
	give(net, m);
	assert_int_equal(net_count(net, 0, STATE_C_OLDER), 2);
	m.author = net_id(OTHER + 1);
	give(net, m);
	assert_int_equal(net->node[0].changed, 2);
	net_put(net, 0, NET_NOTE, 1, "mine");
	net_run(net, USEC_MS);
	assert_int_equal(net->node[0].last_changed.epoch, 6);
	/* one version, two contents: the same one wins whatever comes first */
	give(net, record(NET_NOTE, 2, 1, "a"));
	give(net, record(NET_NOTE, 2, 1, "b"));
	give(net, record(NET_NOTE, 3, 1, "b"));
	give(net, record(NET_NOTE, 3, 1, "a"));
	give(net, record(NET_NOTE, 2, 1, "a"));
	m = record(NET_NOTE, 4, 1, "");
	m.deleted = true;
	give(net, record(NET_NOTE, 4, 1, "alive"));
	give(net, m);
	give(net, record(NET_NOTE, 4, 1, "alive"));
	assert_null(net_get(net, 0, NET_NOTE, 4, -1));
	/* almost over */
	m = record(NET_NOTE, 5, 1, "late");
	m.quiet_s = m.age_s = 497;
	give(net, m);
	assert_null(net_get(net, 0, NET_NOTE, 5, -1));
	assert_int_equal(net_count(net, 0, STATE_C_STALE), 1);
	m = record(NET_NOTE, 6, 0x80000001, "last word");
	give(net, m);
	assert_null(net_get(net, 0, NET_NOTE, 6, -1));
	assert_int_equal(net_count(net, 0, STATE_C_DROP_EPOCH), 1);
	m.epoch--;
	give(net, m);
	assert_int_equal(net_put(net, 0, NET_NOTE, 6, "x"), -EOVERFLOW);
	assert_int_equal(net_delete(net, 0, NET_NOTE, 6), -EOVERFLOW);
	net_free(net);
}

/* Two cores that get the same records in any order end up the same. */
static void test_order_does_not_matter(void **state)
{
	struct rng rng = rng_init(5);
	char text[60][4];

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct net *a = one(), *b = one();
		struct state_msg_record m[60];

		for (uint32_t i = 0; i < 60; i++) {
			snprintf(text[i], sizeof(text[i]), "%u", rng_below(&rng, 3));
			m[i] = record((uint8_t)(1 + rng_below(&rng, 4)), rng_below(&rng, 3),
				      rng_below(&rng, 3), text[i]);
			m[i].author = net_id(OTHER + rng_below(&rng, 2));
			m[i].deleted = rng_below(&rng, 4) == 0;
			if (m[i].deleted)
				m[i].len = 0;
			if (m[i].key.kind == STATE_OWNED)
				m[i].key.author = m[i].author;
			give(a, m[i]);
		}
		for (uint32_t i = 60; i > 0; i--) {
			uint32_t j = rng_below(&rng, i);
			struct state_msg_record t = m[j];

			m[j] = m[i - 1];
			give(b, t);
		}
		assert_true(state_digest(a->node[0].s, STATE_CLOUD) ==
			    state_digest(b->node[0].s, STATE_CLOUD));
		assert_true(state_digest(a->node[0].s, STATE_NETWORK) ==
			    state_digest(b->node[0].s, STATE_NETWORK));
		net_free(a);
		net_free(b);
	}
}

static void test_forged_author(void **state)
{
	struct net *net = one();
	struct state_msg_record m = record(NET_GATEWAY, 1, 40, "forged");

	(void)state;
	m.author = m.key.author = net_id(0);
	net_put(net, 0, NET_GATEWAY, 1, "true");
	net_run(net, USEC_S);
	give(net, m);
	assert_string_equal(net_get(net, 0, NET_GATEWAY, 1, 0), "true");
	assert_int_equal(state_epoch(net->node[0].s), 41);
	assert_int_equal(net_count(net, 0, STATE_C_JUMPED), 1);
	/* one we never wrote: ours from an earlier life, or a forgery; either way it goes */
	m = record(NET_GATEWAY, 2, 50, "forged");
	m.author = m.key.author = net_id(0);
	give(net, m);
	assert_string_equal(net_get(net, 0, NET_GATEWAY, 2, 0), "forged");
	net_run(net, 31 * USEC_S);
	assert_null(net_get(net, 0, NET_GATEWAY, 2, 0));
	/* a version that could never be surpassed is refused */
	m.epoch = UINT32_MAX - 2;
	give(net, m);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_EPOCH), 1);
	assert_int_equal(net_put(net, 0, NET_GATEWAY, 2, "again"), 0);
	net_free(net);
}

/* One that tells us of versions that we never wrote cannot bring ours to an end. */
static void test_tell(void **state)
{
	struct net *net = one();
	struct state *s = net->node[0].s;

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint8_t buf[64];
		struct wr w = wr_init(buf, sizeof(buf));
		struct state_msg_header h = one_header();
		size_t mark;

		state_msg_write_header(&w, &h);
		mark = state_msg_item_begin(&w, STATE_ITEM_TELL);
		wr_u32(&w, i ? UINT32_MAX : 0xfffffff0);
		wr_u32(&w, UINT32_MAX);
		wr_zero(&w, 8);
		state_msg_item_end(&w, mark);
		assert_int_equal(state_input(s, OTHER, buf, wr_len(&w), net->now), 0);
		/* and it is believed once */
		assert_int_equal(state_epoch(s), 1 + 65536 + 1);
	}
	assert_int_equal(net_put(net, 0, NET_GATEWAY, 1, "x"), 0);
	net_free(net);
}

static void test_unknown_peer_and_headers(void **state)
{
	struct net *net = one();
	struct state *s = net->node[0].s;
	struct state_msg_record m = record(NET_NOTE, 1, 1, "x");
	uint8_t buf[STATE_DATAGRAM_MAX + 1] = { 0 };
	size_t len = datagram(buf, STATE_ITEM_PUSH, &m, 1);

	(void)state;
	assert_int_equal(state_input(s, 99, buf, len, net->now), -ENOENT);
	assert_int_equal(state_input(s, OTHER, buf, sizeof(buf), net->now), -EMSGSIZE);
	buf[0]++;
	assert_int_equal(state_input(s, OTHER, buf, len, net->now), -EPROTO);
	buf[0]--;
	buf[1]++;
	assert_int_equal(state_input(s, OTHER, buf, len, net->now), -EPROTONOSUPPORT);
	buf[1]--;
	buf[9] = 1; /* node 0 */
	assert_int_equal(state_input(s, OTHER, buf, len, net->now), -ELOOP);
	buf[9] = OTHER + 1;
	assert_int_equal(state_input(s, OTHER, buf, len, net->now), 0);
	assert_int_equal(state_input(s, OTHER, buf, len, net->now), -EALREADY);
	buf[9]++;
	buf[19]++;
	assert_int_equal(state_input(s, OTHER, buf, len, net->now), -EPERM);
	/* after silence another node may be there */
	assert_int_equal(state_input(s, OTHER, buf, len, net->now + 11 * USEC_S), 0);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_PEER), 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_SIZE), 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_MAGIC), 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_VERSION), 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_ECHO), 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_DUPLICATE), 1);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_SENDER), 1);
	net_free(net);
}

/* Whom the node has named stays the only one there, for however long he is silent. */
static void test_named_peer(void **state)
{
	struct net *net = net_new(1, 1);
	struct state *s = net->node[0].s;
	struct state_node id = net_id(OTHER);
	struct state_msg_record m = record(NET_NOTE, 1, 1, "x");
	uint8_t buf[STATE_DATAGRAM_MAX];
	size_t len = datagram(buf, STATE_ITEM_PUSH, &m, 1);

	(void)state;
	assert_int_equal(state_peer_add(s, OTHER, &id, BOTH, net->now), 0);
	buf[9]++;
	assert_int_equal(state_input(s, OTHER, buf, len, net->now), -EPERM);
	buf[9]--;
	assert_int_equal(state_input(s, OTHER, buf, len, net->now), 0);
	buf[9]++;
	buf[19]++;
	assert_int_equal(state_input(s, OTHER, buf, len, net->now + 11 * USEC_S), -EPERM);
	net_free(net);
}

static void test_scope_and_kind(void **state)
{
	struct net *net = net_new(1, 1);
	struct state_msg_record m = record(NET_NOTE, 1, 1, "x");

	(void)state;
	state_peer_add(net->node[0].s, OTHER, NULL, STATE_SCOPE_BIT(STATE_CLOUD), net->now);
	give(net, m);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_SCOPE), 1);
	m.key.scope = STATE_CLOUD; /* a note belongs to the network */
	give(net, m);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_KIND), 1);
	m = record(NET_CLIENT, 1, 1, "x");
	m.key.kind = STATE_OWNED;
	m.key.author = m.author;
	give(net, m);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_KIND), 2);
	assert_int_equal(state_count(net->node[0].s), 0);
	net_free(net);
}

/* Every truncation and many a flipped byte: nothing changes unless it is a datagram after all. */
static void test_truncations(void **state)
{
	struct net *net = one();
	struct state *s = net->node[0].s;
	struct state_msg_record m[5];
	uint8_t buf[STATE_DATAGRAM_MAX];
	size_t len;

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		m[i] = record((uint8_t)(i % 4 + 1), i, 300 + i, "value");
	len = datagram(buf, STATE_ITEM_PUSH, m, 5);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);

		memcpy(copy, buf, cut);
		/* a header with no items says nothing, but is one */
		if (cut != STATE_MSG_HEADER)
			assert_true(state_input(s, OTHER, copy, cut, net->now) < 0);
		free(copy);
		assert_int_equal(state_count(s), 0);
	}
	assert_int_equal(net_count(net, 0, STATE_C_DROP_MALFORMED) +
				 net_count(net, 0, STATE_C_DROP_MAGIC) +
				 net_count(net, 0, STATE_C_DROP_VERSION),
			 len - 1);
	assert_int_equal(state_input(s, OTHER, buf, len, net->now), 0);
	assert_int_equal(state_count(s), 5);
	net_free(net);
}

static void test_malformed_items(void **state)
{
	/* item type, body length, body */
	static const struct {
		uint8_t type, len, body[14];
	} bad[] = {
		{ STATE_ITEM_PUSH, 0, { 0 } },
		{ STATE_ITEM_ACK, 0, { 0 } },
		{ STATE_ITEM_ACK, 3, { 0 } },
		{ STATE_ITEM_SUMMARY, 0, { 0 } },
		{ STATE_ITEM_SUMMARY, 13, { 2 } },
		{ STATE_ITEM_SUMMARY, 12, { 0 } },
		{ STATE_ITEM_NODES, 4, { 0 } },
		{ STATE_ITEM_LIST, 5, { 0, 0, 0, 0, 0 } },
		{ STATE_ITEM_LIST, 5, { 0, 4, 0, 0, 0 } },
		{ STATE_ITEM_LIST, 5, { 0, 1, 0, 0, 16 } },
		{ STATE_ITEM_LIST, 6, { 0, 1, 0, 0, 1 } },
		{ STATE_ITEM_ASK, 1, { 0 } },
		{ STATE_ITEM_TELL, 12, { 0 } },
	};
	struct net *net = one();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t buf[64];
		struct wr w = wr_init(buf, sizeof(buf));
		struct state_msg_header h = one_header();

		state_msg_write_header(&w, &h);
		wr_u8(&w, bad[i].type);
		wr_u16(&w, bad[i].len);
		wr_bytes(&w, bad[i].body, bad[i].len);
		assert_int_equal(state_input(net->node[0].s, OTHER, buf, wr_len(&w), net->now),
				 -EBADMSG);
	}
	net_free(net);
}

static void test_message_limits(void **state)
{
	static uint8_t buf[2 * STATE_MSG_LIST_MAX * 8];
	struct state_msg_place root = { .depth = 1 };
	struct state_msg_record m = record(NET_NOTE, 1, 1, "x"), got;
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;
	size_t mark;

	(void)state;
	/* older than a number can say */
	m.quiet_s = UINT32_MAX;
	m.age_s = 5;
	state_msg_write_record(&w, &m);
	r = rd_init(buf, wr_len(&w));
	assert_true(state_msg_read_record(&r, &got));
	assert_int_equal(got.age_s, UINT32_MAX);
	for (size_t hashes = STATE_MSG_LIST_MAX; hashes <= STATE_MSG_LIST_MAX + 1; hashes++) {
		w = wr_init(buf, sizeof(buf));
		mark = state_msg_item_begin(&w, STATE_ITEM_LIST);
		state_msg_write_place(&w, STATE_ITEM_LIST, &root);
		wr_zero(&w, 8 * hashes);
		state_msg_item_end(&w, mark);
		assert_int_equal(state_msg_check(rd_init(buf, wr_len(&w))),
				 hashes == STATE_MSG_LIST_MAX);
	}
}

static void test_noise(void **state)
{
	struct net *net = one();
	struct state *s = net->node[0].s;
	struct state_msg_record m[5];
	uint8_t buf[STATE_DATAGRAM_MAX];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len;

		for (uint32_t i = 0; i < 5; i++)
			m[i] = record((uint8_t)(i + 1), i, rng_u32(&net->rng) >> 8, "value");
		len = datagram(buf, (enum state_item)(1 + rng_below(&net->rng, 9)), m, 5);
		for (uint32_t n = rng_below(&net->rng, 8); n; n--)
			buf[10 + rng_below(&net->rng, (uint32_t)len - 10)] =
				(uint8_t)rng_u32(&net->rng);
		state_input(s, OTHER, buf, len, net->now);
		net_drain(net, 0);
		net_run(net, rng_below(&net->rng, 20) * USEC_MS);
	}
	assert_true(state_count(s) <= 10000);
	net_free(net);
}

/* An out queue with room for one datagram only: everything comes out in the end. */
static void test_small_outq(void **state)
{
	struct net *net = net_new(2, 1);
	static uint64_t buf[200];

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	outq_init(&net->node[0].out, buf, sizeof(buf));
	for (uint32_t i = 0; i < 300; i++) {
		struct state_key key = state_key_init(NET_CLIENT, &i, sizeof(i));

		assert_int_equal(state_put_shared(net->node[0].s, &key, "value", 5, 0, net->now),
				 0);
	}
	net_drain(net, 0);
	net_run(net, 10 * USEC_S);
	assert_int_equal(net->node[0].changed, 300);
	assert_int_equal(net->node[0].acked, 300);
	assert_int_equal(net->node[1].changed, 300);
	assert_true(net_equal(net));
	net_free(net);
}

static size_t save(const struct net *net, uint8_t *buf, size_t cap)
{
	struct wr w = wr_init(buf, cap);
	size_t mark = snapshot_begin(&w);

	state_save(net->node[0].s, &w, net->now);
	return snapshot_end(&w, mark);
}

static void test_save_load(void **state)
{
	struct net *net = one(), *other = one();
	uint8_t buf[8192];
	struct state_view v;
	struct state_key key;
	struct rd r;
	size_t len;
	uint32_t id = 3;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		net_put(net, 0, NET_BLOCK, i, "block");
		net_put(net, 0, NET_CLIENT, i, "client");
		net_put(net, 0, NET_NOTE, i, "not durable");
	}
	net_delete(net, 0, NET_CLIENT, 9);
	net_run(net, 1000 * USEC_S);
	assert_true(net->node[0].stored > 0);
	len = save(net, buf, sizeof(buf));
	assert_true(len > 0 && len <= state_save_size(net->node[0].s) + SNAPSHOT_HEADER);
	assert_int_equal(save(net, buf, len - 1), 0);
	assert_int_equal(save(net, buf, len), len);

	assert_int_equal(snapshot_open(buf, len, &r), 0);
	assert_int_equal(state_load(other->node[0].s, &r, other->now), 0);
	net_drain(other, 0);
	assert_int_equal(state_count(other->node[0].s), 20);
	assert_string_equal(net_get(other, 0, NET_BLOCK, 3, 0), "block");
	assert_null(net_get(other, 0, NET_CLIENT, 9, -1));
	assert_null(net_get(other, 0, NET_NOTE, 3, -1));
	assert_true(state_epoch(other->node[0].s) > state_epoch(net->node[0].s));
	key = state_key_init(NET_CLIENT, &id, sizeof(id));
	assert_int_equal(state_get(other->node[0].s, &key, NULL, other->now, &v), 0);
	/* fresh, and yet as old as it was */
	assert_int_equal(v.quiet_s, 0);
	assert_int_equal(v.age_s, 1000);
	/* own durable records are ours again, they are not deleted after a while */
	net_run(other, 100 * USEC_S);
	assert_string_equal(net_get(other, 0, NET_BLOCK, 3, 0), "block");
	assert_true(state_digest(other->node[0].s, STATE_CLOUD) != 0);
	net_free(net);
	net_free(other);
}

/* A file cut at any byte, or with any bit changed, does not open. */
static void test_snapshot_cut(void **state)
{
	struct net *net = one();
	uint8_t buf[4096];
	struct rd r;
	size_t len;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		net_put(net, 0, NET_CLIENT, i, "client");
	len = save(net, buf, sizeof(buf));
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);

		memcpy(copy, buf, cut);
		assert_int_equal(snapshot_open(copy, cut, &r), -EBADMSG);
		free(copy);
	}
	assert_int_equal(snapshot_open(buf, len + 1, &r), -EBADMSG);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(snapshot_open(buf, len, &r) < 0);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(snapshot_open(buf, len, &r), 0);
	net_free(net);
}

static void test_load_malformed(void **state)
{
	struct net *net = one(), *other = one();
	uint8_t buf[4096];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;
	size_t len;

	(void)state;
	net_put(net, 0, NET_CLIENT, 1, "client");
	state_save(net->node[0].s, &w, net->now);
	len = wr_len(&w);
	for (size_t cut = 0; cut < len; cut++) {
		if (cut == 12) /* no record at all is a state, too */
			continue;
		r = rd_init(buf, cut);
		assert_int_equal(state_load(other->node[0].s, &r, other->now), -EBADMSG);
		assert_int_equal(state_epoch(other->node[0].s), 1);
	}
	/* a boot epoch that none of ours could follow */
	memset(buf, 0xff, 4);
	r = rd_init(buf, len);
	assert_int_equal(state_load(other->node[0].s, &r, other->now), -EBADMSG);
	assert_int_equal(state_count(other->node[0].s), 0);
	net_free(net);
	net_free(other);
}

/* The pool against plain memory. */
static void test_pool(void **state)
{
	enum { N = 400 };
	struct rng rng = rng_init(3);
	struct state_pool p;
	uint32_t ref[N] = { 0 }, full = 0;
	size_t size[N];
	uint8_t fill[N];

	(void)state;
	assert_int_equal(state_pool_init(&p, 60 * 1000), 0);
	assert_int_equal(state_pool_alloc(&p, 577), 0);
	for (int step = 0; step < 200000; step++) {
		uint32_t i = rng_below(&rng, N);

		if (ref[i]) {
			for (size_t b = 0; b < size[i]; b++)
				assert_int_equal(state_pool_at(&p, ref[i])[b], fill[i]);
			state_pool_release(&p, ref[i]);
			ref[i] = 0;
			continue;
		}
		size[i] = 1 + rng_below(&rng, step % 3 ? 60 : 576);
		fill[i] = (uint8_t)step;
		ref[i] = state_pool_alloc(&p, size[i]);
		full += !ref[i];
		if (ref[i])
			memset(state_pool_at(&p, ref[i]), fill[i], size[i]);
	}
	assert_true(full > 0 && full < 100000);
	for (int i = 0; i < N; i++)
		state_pool_release(&p, ref[i]);
	/* every page is free for every size again */
	for (int i = 0; i < 15 * 8; i++)
		assert_true(state_pool_alloc(&p, 512) != 0);
	assert_int_equal(state_pool_alloc(&p, 512), 0);
	state_pool_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_api),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_forged_author),
		cmocka_unit_test(test_tell),
		cmocka_unit_test(test_unknown_peer_and_headers),
		cmocka_unit_test(test_named_peer),
		cmocka_unit_test(test_scope_and_kind),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_malformed_items),
		cmocka_unit_test(test_message_limits),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_small_outq),
		cmocka_unit_test(test_save_load),
		cmocka_unit_test(test_snapshot_cut),
		cmocka_unit_test(test_load_malformed),
		cmocka_unit_test(test_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
