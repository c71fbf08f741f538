/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one author, and one neighbour, can take of a state core. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state_one.h"

static void test_limits(void **state)
{
	struct net *net = net_new(1, 1);
	uint32_t n = 0;

	(void)state;
	net->conf.records_max = 160;
	net->conf.author_records_max = 100;
	net->conf.unknown_max = 10;
	net->conf.value_bytes = 3 * 4096;
	net_restart(net, 0, 1);
	state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now);
	for (uint32_t i = 0; i < 20; i++)
		give(net, record(NET_UNKNOWN, i, 1, "?"));
	assert_int_equal(state_count(net->node[0].s), 10);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_TYPE_FULL), 10);
	/* 3/4 of 160 are more than 100 */
	for (uint32_t i = 0; i < 120; i++)
		give(net, record(NET_NOTE, i, 1, ""));
	assert_int_equal(state_count(net->node[0].s), 120);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_AUTHOR_FULL), 10);
	/* another neighbour has room, as that one has by inventing authors, up to its own bound */
	for (uint32_t i = 0; i < 20; i++) {
		struct state_msg_record m = record(NET_NOTE, 2000 + i, 1, "");

		m.author = net_id(50 + i);
		give(net, m);
	}
	assert_int_equal(state_count(net->node[0].s), 132);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_TELLER_FULL), 8);
	state_peer_add(net->node[0].s, OTHER + 1, NULL, BOTH, net->now);
	for (uint32_t i = 0; i < 28; i++) {
		struct state_msg_record m = record(NET_NOTE, 1000 + i, 1, "");

		m.author = net_id(50 + i);
		give_by(net, OTHER + 1, m);
	}
	/* a full table makes room for it */
	assert_int_equal(state_count(net->node[0].s), 150);
	assert_int_equal(net_count(net, 0, STATE_C_EVICTED), 10);
	assert_null(net_get(net, 0, NET_NOTE, 2011, -1)); /* the last of the inventions */
	assert_string_equal(net_get(net, 0, NET_NOTE, 5, -1), "");
	assert_string_equal(net_get(net, 0, NET_NOTE, 1027, -1), "");
	/* what is left is ours */
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(net_put(net, 0, NET_CLIENT, i, ""), 0);
	assert_int_equal(net_put(net, 0, NET_CLIENT, 10, ""), -ENOSPC);
	/* a full table still takes news of what it has */
	give(net, record(NET_NOTE, 5, 2, "news"));
	assert_string_equal(net_get(net, 0, NET_NOTE, 5, -1), "news");
	for (uint32_t i = 0; i < 30; i++) {
		char big[481] = { 0 };

		memset(big, 'x', 480);
		n += give(net, record(NET_NOTE, i, 3, big)) == 0;
	}
	assert_int_equal(n, 30);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_VALUES_FULL), 14);
	net_free(net);
}

static struct net *one_big(uint32_t records)
{
	struct net *net = net_new(1, 1);

	net->conf.records_max = records;
	net_restart(net, 0, 1);
	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	return net;
}

/* A node that serves many clients has written all of their records. */
static void test_many_of_one_author(void **state)
{
	struct net *net = one_big(32000);

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		struct state_msg_record m = record(NET_CLIENT, i, 1, "lease");

		give(net, m);
		net->now += 6 * USEC_MS; /* below the rate of changes */
	}
	assert_int_equal(state_count(net->node[0].s), 20000);
	for (uint32_t i = 20000; i < 30000; i++) {
		give(net, record(NET_CLIENT, i, 1, "lease"));
		net->now += 6 * USEC_MS;
	}
	assert_int_equal(state_count(net->node[0].s), 24000);
	net_free(net);
}

/* One neighbour invents authors without end, the other tells the truth, before and after. */
static void test_forged_authors(void **state)
{
	struct net *net = one_big(1600);
	struct state *s = net->node[0].s;

	(void)state;
	assert_int_equal(state_peer_add(s, OTHER + 1, NULL, BOTH, net->now), 0);
	for (uint32_t i = 0; i < 2100; i++) {
		struct state_msg_record m = record(NET_NOTE, i, 1, "");

		if (i < 50) {
			give_by(net, OTHER + 1, m);
		} else {
			/* in our own name, too */
			m.author = i % 2 ? net_id(0) : net_id(100 + i);
			give(net, m);
		}
		net->now += 6 * USEC_MS;
	}
	assert_true(state_count(s) <= 1500 - 1500 / 8 + 50);
	assert_true(net_count(net, 0, STATE_C_DROP_TELLER_FULL) > 500);
	for (uint32_t i = 0; i < 700; i++) {
		assert_int_equal(give_by(net, OTHER + 1, record(NET_CLIENT, i, 1, "")), 0);
		net->now += 6 * USEC_MS;
	}
	for (uint32_t i = 0; i < 700; i++)
		assert_non_null(net_get(net, 0, NET_CLIENT, i, -1));
	for (uint32_t i = 0; i < 50; i++)
		assert_non_null(net_get(net, 0, NET_NOTE, i, -1));
	assert_int_equal(state_count(s), 1500);
	/* both have half: now neither has to go for the other */
	for (uint32_t i = 0; i < 10; i++)
		give(net, record(NET_NOTE, 5000 + i, 1, ""));
	for (uint32_t i = 0; i < 100; i++)
		give_by(net, OTHER + 1, record(NET_CLIENT, 5000 + i, 1, ""));
	assert_int_equal(net_count(net, 0, STATE_C_EVICTED), 563);
	/* who comes to the place of one who has gone has told nothing yet */
	state_peer_remove(s, OTHER, net->now);
	assert_int_equal(state_peer_add(s, OTHER, NULL, BOTH, net->now), 0);
	give(net, record(NET_NOTE, 6000, 1, "new"));
	assert_string_equal(net_get(net, 0, NET_NOTE, 6000, -1), "new");
	net_free(net);
}

/* Nothing of what a peer changes is refused, but what is too much does not go on to all others at
 * once. */
static void test_change_rate(void **state)
{
	struct net *net = one();

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		give(net, record(NET_NOTE, i % 7, 1 + i, "x"));
		net->now += USEC_MS;
	}
	assert_int_equal(net_count(net, 0, STATE_C_ACCEPTED), 5000);
	assert_in_range(net_count(net, 0, STATE_C_PACED), 1990, 2050);
	/* what is known costs nothing */
	net->now += USEC_S / 100;
	give(net, record(NET_NOTE, 1, 9000, "x"));
	for (uint32_t i = 0; i < 1000; i++)
		give(net, record(NET_NOTE, 1, 9000, "x"));
	assert_int_equal(net_count(net, 0, STATE_C_KNOWN), 1000);
	/* a second later there is room for those of a second */
	net->now += USEC_S;
	for (uint32_t i = 0; i < 1000; i++)
		give(net, record(NET_NOTE, 1, 10000 + i, "x"));
	assert_in_range(net_count(net, 0, STATE_C_PACED), 1990 + 798, 2050 + 801);
	net_free(net);
}

static void test_changes_passed_on(void **state)
{
	struct net *net = net_new(2, 1);

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	net_run(net, 10 * USEC_S);
	for (uint32_t i = 0; i < 4000; i++)
		give(net, record(NET_NOTE, i, 1, "x"));
	assert_int_equal(state_count(net->node[0].s), 4000);
	assert_int_equal(net_count(net, 0, STATE_C_PACED), 2000);
	net_run(net, 30 * USEC_MS);
	assert_in_range(state_count(net->node[1].s), 2000, 3000);
	net_run(net, 2 * USEC_S);
	assert_int_equal(state_count(net->node[1].s), 4000);
	net_free(net);
}

static void test_refused(void **state)
{
	struct net *net = net_new(2, 1);

	(void)state;
	net->conf.unknown_max = 1;
	net->conf.records_max = 16;
	net_restart(net, 1, 1);
	net_join(net, 0, 1, BOTH, 0);
	for (uint32_t i = 0; i < 14; i++) {
		net_put(net, 0, NET_BLOCK, i, "x");
		net_run(net, 20 * USEC_MS);
		assert_int_equal(net->node[0].acked, i + 1);
	}
	assert_int_equal(net->node[0].last_acked.acks, 1);
	net_put(net, 0, NET_BLOCK, 15, "x");
	net_run(net, 20 * USEC_MS);
	assert_int_equal(net->node[0].last_acked.acks, 0);
	assert_int_equal(net->node[0].last_acked.refusals, 1);
	/* they differ for ever: that must not cost much */
	net_run(net, 300 * USEC_S);
	net->bytes[0][1] = net->bytes[1][0] = 0;
	net_run(net, 300 * USEC_S);
	assert_true((net->bytes[0][1] + net->bytes[1][0]) / 300 < 200);
	net_free(net);
}

/* A record that was refused is said again, as it is, when there may be room. */
static void test_repeat(void **state)
{
	struct net *net = net_new(2, 1);
	uint32_t id = 15, note = 1;
	struct state_key key = state_key_init(NET_BLOCK, &id, sizeof(id));
	struct state_key note_key = state_key_init(NET_NOTE, &note, sizeof(note));
	struct state_node self = net_id(0);
	struct state *s = net->node[0].s;
	struct state_view before, v;

	(void)state;
	net->conf.records_max = 16;
	net_restart(net, 1, 1);
	net_join(net, 0, 1, BOTH, 0);
	assert_int_equal(state_put_shared(s, &note_key, "", 0, 30, net->now), 0);
	for (uint32_t i = 0; i < 13; i++)
		net_put(net, 0, NET_BLOCK, i, "x");
	net_run(net, USEC_S);
	net_put(net, 0, NET_BLOCK, id, "x");
	net_run(net, USEC_S);
	assert_int_equal(net->node[0].last_acked.refusals, 1);
	assert_int_equal(state_get(s, &key, &self, net->now, &before), 0);
	for (int i = 0; i < 2; i++) {
		uint64_t acked = net->node[0].acked;

		/* writing it says nothing, it is known */
		net_put(net, 0, NET_BLOCK, id, "x");
		net_run(net, 50 * USEC_MS);
		assert_int_equal(net->node[0].acked, acked);
		assert_int_equal(state_repeat(s, &key, net->now), 0);
		net_drain(net, 0);
		net_run(net, 50 * USEC_MS);
		assert_int_equal(net->node[0].acked, acked + 1);
		assert_int_equal(net->node[0].last_acked.acks, i);
		assert_int_equal(net->node[0].last_acked.refusals, 1 - i);
		/* the note expires: now there is room */
		net_cut(net, 0, 1);
		net_run(net, 40 * USEC_S);
		net->link[0][1].up = net->link[1][0].up = true;
	}
	assert_int_equal(state_get(s, &key, &self, net->now, &v), 0);
	assert_int_equal(v.counter, before.counter);
	id = 77;
	key = state_key_init(NET_BLOCK, &id, sizeof(id));
	assert_int_equal(state_repeat(s, &key, net->now), -ENOENT);
	assert_int_equal(state_repeat(s, &note_key, net->now), -EINVAL);
	net_delete(net, 0, NET_BLOCK, 3);
	id = 3;
	key = state_key_init(NET_BLOCK, &id, sizeof(id));
	assert_int_equal(state_repeat(s, &key, net->now), -ENOENT);
	net_free(net);
}

/* A peer that sends more than its rate is cut, and others are not. */
static void test_input_rate(void **state)
{
	struct net *net = one();
	uint8_t buf[STATE_DATAGRAM_MAX];
	struct state_msg_record m = record(NET_NOTE, 1, 1, "x");
	uint32_t taken = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		size_t len = datagram(buf, STATE_ITEM_PUSH, &m, 1);

		taken += state_input(net->node[0].s, OTHER, buf, len, net->now) == 0 ? (uint32_t)len
										     : 0;
		net_drain(net, 0);
		net->now += 10;
	}
	assert_true(taken < 1300000 && taken > 900000);
	assert_true(net_count(net, 0, STATE_C_DROP_RATE) > 0);
	net_free(net);
}

/* ---- digests, and what else the other node says ---- */

static int say(struct net *net, uint16_t handle, enum state_item type, const struct wr *body)
{
	uint8_t buf[STATE_DATAGRAM_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_msg_header h = one_header();
	size_t mark;

	h.sender = net_id(handle);
	state_msg_write_header(&w, &h);
	mark = state_msg_item_begin(&w, type);
	wr_bytes(&w, body->start, wr_len(body));
	state_msg_item_end(&w, mark);
	return state_input(net->node[0].s, handle, buf, wr_len(&w), net->now);
}

static void tell(struct net *net, uint16_t handle, uint32_t epoch)
{
	uint8_t body[16];
	struct wr w = wr_init(body, sizeof(body));

	wr_u32(&w, epoch);
	wr_zero(&w, 12);
	assert_int_equal(say(net, handle, STATE_ITEM_TELL, &w), 0);
}

/* Below that node of the tree it has something else everywhere. */
static void differs(struct net *net, uint16_t handle, struct state_msg_place place)
{
	uint8_t body[4 + STATE_MSG_FANOUT * 8];
	struct wr w = wr_init(body, sizeof(body));

	state_msg_write_place(&w, STATE_ITEM_NODES, &place);
	for (uint64_t i = 1; i <= STATE_MSG_FANOUT; i++)
		wr_u64(&w, i);
	assert_int_equal(say(net, handle, STATE_ITEM_NODES, &w), 0);
}

/* It has nothing below that node. */
static void lists_none(struct net *net, uint16_t handle, struct state_msg_place place)
{
	uint8_t body[5];
	struct wr w = wr_init(body, sizeof(body));

	state_msg_write_place(&w, STATE_ITEM_LIST, &place);
	assert_int_equal(say(net, handle, STATE_ITEM_LIST, &w), 0);
}

/* Bytes that go to it. */
static size_t sent(struct net *net, uint16_t handle)
{
	struct out o;
	size_t len = 0;

	while (outq_pop(&net->node[0].out, &o))
		len += o.kind == STATE_SEND && o.port == handle ? o.len : 0;
	return len;
}

static const struct state_msg_place root = { .scope = STATE_NETWORK };

/* However fast a peer asks, answers keep to their rate; what it did not get it may ask for later.
 */
static void test_digest_rate(void **state)
{
	struct net *net = one();
	size_t len = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(net_put(net, 0, NET_NOTE, i, ""), 0);
	tell(net, OTHER, 0);
	for (uint16_t i = 0; i < 50; i++) {
		/* the first is answered by nodes, the second by lists */
		differs(net, OTHER, root);
		differs(net, OTHER, (struct state_msg_place) { STATE_NETWORK, 2, 0, i });
		len += sent(net, OTHER);
	}
	assert_in_range(len, 65536 - 132, 65536 + 8192); /* with headers */
	assert_in_range(net_count(net, 0, STATE_C_REPAIR_DEFERRED), 16 * 2, 16 * 100);
	net->now += USEC_S;
	differs(net, OTHER, root);
	assert_in_range(sent(net, OTHER), 16 * 132, 16 * 132 + 200);
	net_free(net);
}

/* It has nothing at all. */
static void has_none(struct net *net, uint16_t handle)
{
	uint8_t body[4 + STATE_MSG_FANOUT * 8];
	struct wr w = wr_init(body, sizeof(body));

	state_msg_write_place(&w, STATE_ITEM_NODES, &root);
	wr_zero(&w, STATE_MSG_FANOUT * 8);
	assert_int_equal(say(net, handle, STATE_ITEM_NODES, &w), 0);
}

/* A list of things that nobody has. */
static void lists_unknown(struct net *net, uint16_t handle, struct state_msg_place place)
{
	uint8_t body[5 + STATE_MSG_LIST_MAX * 8];
	struct wr w = wr_init(body, sizeof(body));

	state_msg_write_place(&w, STATE_ITEM_LIST, &place);
	for (uint64_t i = 1; i <= STATE_MSG_LIST_MAX; i++)
		wr_u64(&w, i);
	assert_int_equal(say(net, handle, STATE_ITEM_LIST, &w), 0);
}

/* Who has nothing gets all there is, at once; but however often it says so, that has us look at so
 * many records only, here 20000 and the leaves that they are in, and 2500 a second. */
static void test_look_rate(void **state)
{
	struct net *net = one();
	struct state_msg_place place = { STATE_NETWORK, 1, STATE_MSG_REPLY, 0 };
	struct state_peer_view v;
	uint64_t deferred;
	uint32_t cursor = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(net_put(net, 0, NET_NOTE, i, ""), 0);
	tell(net, OTHER, 0);
	has_none(net, OTHER);
	assert_true(state_peer_next(net->node[0].s, &cursor, &v));
	assert_int_equal(v.lacking, 1000);
	assert_int_equal(net_count(net, 0, STATE_C_REPAIR_DEFERRED), 0);
	for (uint16_t i = 0; i < 100; i++)
		has_none(net, OTHER);
	/* (20000 + 4096) / (1000 + 16 * 17) = 18.9 */
	assert_in_range(net_count(net, 0, STATE_C_REPAIR_DEFERRED), 100 - 18, 100 - 17);
	/* a long list costs more: a 16th of all for 9 of 16 hashes; the same when it has news */
	net->now += USEC_S;
	deferred = net_count(net, 0, STATE_C_REPAIR_DEFERRED);
	for (uint16_t i = 0; i < 100; i++) {
		place.flags = i % 2 ? STATE_MSG_REPLY : 0;
		lists_unknown(net, OTHER, place);
		place.index = (uint16_t)((place.index + 1) % 16);
	}
	assert_in_range(net_count(net, 0, STATE_C_REPAIR_DEFERRED) - deferred, 95, 97);
	/* where there is nothing */
	place.scope = STATE_CLOUD;
	net->now += 2 * USEC_S;
	deferred = net_count(net, 0, STATE_C_REPAIR_DEFERRED);
	for (int i = 0; i < 20; i++)
		lists_none(net, OTHER, place);
	assert_int_equal(net_count(net, 0, STATE_C_REPAIR_DEFERRED), deferred);
	net_free(net);
}

/* More records below one leaf of the tree than a list has room for, and one more at each end. */
static void test_full_leaf(void **state)
{
	enum { COMMON = STATE_MSG_LIST_MAX + 12 };
	struct state_msg_record m = record(NET_NOTE, 0, 1, "");
	uint16_t leaf = state_msg_leaf(&m.key);
	struct net *net = net_new(2, 1);
	uint32_t ids[COMMON + 2], n = 0;

	(void)state;
	for (uint32_t i = 0; n < COMMON + 2; i++) {
		m = record(NET_NOTE, i, 1, "");
		if (state_msg_leaf(&m.key) == leaf)
			ids[n++] = i;
	}
	net_join(net, 0, 1, BOTH, 0);
	for (uint32_t i = 0; i < COMMON; i++)
		assert_int_equal(net_put(net, 0, NET_NOTE, ids[i], "x"), 0);
	assert_true(net_settle(net, 10 * USEC_S) < 10 * USEC_S);
	net_part(net, 0, 1);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(net_put(net, i, NET_NOTE, ids[COMMON + i], "new"), 0);
	net_join(net, 0, 1, BOTH, 0);
	assert_true(net_settle(net, 60 * USEC_S) < 60 * USEC_S);
	for (uint32_t i = 0; i < 2; i++)
		assert_string_equal(net_get(net, i, NET_NOTE, ids[COMMON + 1 - i], -1), "new");
	net_free(net);
}

/* A peer that never ends to send what it says was missing keeps others away for 30 s. */
static void test_filled_for_long(void **state)
{
	struct net *net = one();
	struct state_msg_record m = record(NET_NOTE, 1, 1, "x");
	uint8_t buf[STATE_DATAGRAM_MAX];
	usec_t begin = net->now;

	(void)state;
	assert_int_equal(state_peer_add(net->node[0].s, OTHER + 1, NULL, BOTH, net->now), 0);
	tell(net, OTHER + 1, 0);
	do {
		size_t len = datagram(buf, STATE_ITEM_BULK, &m, 1);

		assert_int_equal(state_input(net->node[0].s, OTHER, buf, len, net->now), 0);
		net->now += 400 * USEC_MS;
		differs(net, OTHER + 1, root);
	} while (!sent(net, OTHER + 1) && net->now < begin + 60 * USEC_S);
	assert_in_range(net->now - begin, 30 * USEC_S, 31 * USEC_S);
	net_free(net);
}

/* What is not for a peer it does not get by its digests either. */
static void test_digests_of_a_scope(void **state)
{
	struct net *net = net_new(1, 1);
	struct state_msg_place leaf;
	struct state_msg_record m = record(NET_NOTE, 1, 1, "");

	(void)state;
	state_peer_add(net->node[0].s, OTHER, NULL, STATE_SCOPE_BIT(STATE_CLOUD), net->now);
	assert_int_equal(net_put(net, 0, NET_NOTE, 1, "network"), 0);
	leaf = (struct state_msg_place) { STATE_NETWORK, STATE_MSG_DEPTH, 0,
					  state_msg_leaf(&m.key) };
	tell(net, OTHER, 0);
	differs(net, OTHER, root);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_SCOPE), 1);
	lists_none(net, OTHER, leaf);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_SCOPE), 2);
	assert_int_equal(sent(net, OTHER), 0);
	net_free(net);
}

/* Versions of our name have come to their end but for the last ones: a mere word takes none. */
static void test_tell_of_the_last_version(void **state)
{
	struct net *net = one();
	struct state *s = net->node[0].s;
	struct state_msg_record m = record(NET_GATEWAY, 2, UINT32_MAX - 3, "forged");

	(void)state;
	m.author = m.key.author = net_id(0);
	assert_int_equal(give(net, m), 0);
	assert_int_equal(state_epoch(s), UINT32_MAX - 2);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_EPOCH), 0);
	tell(net, OTHER, UINT32_MAX);
	assert_int_equal(net_count(net, 0, STATE_C_DROP_EPOCH), 1);
	assert_int_equal(state_epoch(s), UINT32_MAX - 2);
	assert_int_equal(net_put(net, 0, NET_GATEWAY, 1, "x"), 0);
	net_free(net);
}

/* However often it is asked in one datagram. */
static void test_asked_many_times(void **state)
{
	struct net *net = one();
	uint8_t buf[STATE_DATAGRAM_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_msg_header h = one_header();

	(void)state;
	state_msg_write_header(&w, &h);
	while (wr_left(&w) >= 3)
		state_msg_item_end(&w, state_msg_item_begin(&w, STATE_ITEM_ASK));
	assert_true(wr_len(&w) > 1100);
	assert_int_equal(state_input(net->node[0].s, OTHER, buf, wr_len(&w), net->now), 0);
	assert_int_equal(sent(net, OTHER), STATE_MSG_HEADER + 3 + 16);
	net_free(net);
}

/* What many tell of our versions, each of them once, is believed up to a bound. */
static void test_tell_by_many(void **state)
{
	struct net *net = one();
	struct state *s = net->node[0].s;
	uint8_t head[12];
	struct wr w = wr_init(head, sizeof(head));
	struct rd r;

	(void)state;
	for (uint16_t i = 0; i < 40; i++) {
		assert_int_equal(state_peer_add(s, 40 + i, NULL, BOTH, net->now), 0);
		tell(net, 40 + i, UINT32_MAX - 2);
	}
	assert_in_range(state_epoch(s), 1 << 20, (1 << 20) + 65536 + 2);
	/* the last epoch is on the disk: we go on in it */
	wr_u32(&w, UINT32_MAX - 2);
	wr_u32(&w, 7);
	wr_u32(&w, 0);
	net_restart(net, 0, 2);
	s = net->node[0].s;
	r = rd_init(head, wr_len(&w));
	assert_int_equal(state_load(s, &r, net->now), 0);
	assert_int_equal(state_epoch(s), UINT32_MAX - 2);
	assert_int_equal(net_put(net, 0, NET_GATEWAY, 1, "x"), 0);
	assert_int_equal(state_epoch(s), UINT32_MAX - 2);
	net_free(net);
}

/* An answer that finds no room in the out queue is lost, as if on its way: asked again, it comes.
 */
static void test_answer_without_room(void **state)
{
	static uint64_t small[2];
	struct net *net = one();
	struct outq *out = &net->node[0].out;
	struct wr nothing = wr_init(small, 0);

	(void)state;
	outq_init(out, small, sizeof(small));
	assert_int_equal(say(net, OTHER, STATE_ITEM_ASK, &nothing), 0);
	assert_int_equal(net_count(net, 0, STATE_C_OUT_FULL), 1);
	assert_int_equal(sent(net, OTHER), 0);
	outq_init(out, net->node[0].outbuf, STATE_DATAGRAM_MAX);
	assert_int_equal(say(net, OTHER, STATE_ITEM_ASK, &nothing), 0);
	assert_int_equal(net_count(net, 0, STATE_C_OUT_FULL), 1);
	assert_int_equal(sent(net, OTHER), STATE_MSG_HEADER + 3 + 16);
	net_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many_of_one_author),
		cmocka_unit_test(test_forged_authors),
		cmocka_unit_test(test_change_rate),
		cmocka_unit_test(test_changes_passed_on),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_input_rate),
		cmocka_unit_test(test_digest_rate),
		cmocka_unit_test(test_look_rate),
		cmocka_unit_test(test_full_leaf),
		cmocka_unit_test(test_filled_for_long),
		cmocka_unit_test(test_digests_of_a_scope),
		cmocka_unit_test(test_tell_of_the_last_version),
		cmocka_unit_test(test_tell_by_many),
		cmocka_unit_test(test_asked_many_times),
		cmocka_unit_test(test_answer_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
