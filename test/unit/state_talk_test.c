/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words to single neighbours: to whom, how often, and what is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "state_one.h"

#define CLOUD STATE_SCOPE_BIT(STATE_CLOUD)
#define NETWORK STATE_SCOPE_BIT(STATE_NETWORK)

enum { AT_ONCE = 200, TOPIC = 7 };

static const uint8_t bytes[STATE_TALK_MAX + 1] = { 1, 2, 3, [STATE_TALK_MAX - 1] = 64 };

static int say(struct net *net, uint32_t from, uint32_t to, size_t len)
{
	struct state_node id = net_id(to);
	int r = state_talk(net->node[from].s, &id, TOPIC, bytes, len);

	net_drain(net, from);
	return r;
}

static struct net *pair(uint8_t scopes)
{
	struct net *net = net_new(2, 1);

	net_join(net, 0, 1, scopes, 0);
	net_run(net, 10 * USEC_S);
	net->link[0][1].dup = 0;
	return net;
}

static void test_heard(void **state)
{
	struct net *net = pair(BOTH);
	const struct state_talk *w = &net->node[1].last_word;
	struct state_node self = net_id(0);
	uint64_t sent;

	(void)state;
	sent = net_count(net, 0, STATE_C_SENT);
	assert_int_equal(say(net, 0, 1, STATE_TALK_MAX), 0);
	/* at once, not with the next tick */
	assert_int_equal(net_count(net, 0, STATE_C_SENT), sent + 1);
	net_run(net, 10 * USEC_MS);
	assert_int_equal(net->node[1].words, 1);
	assert_memory_equal(&w->from, &self, sizeof(self));
	assert_int_equal(w->topic, TOPIC);
	assert_int_equal(w->len, STATE_TALK_MAX);
	assert_memory_equal(w->data, bytes, STATE_TALK_MAX);
	/* nothing follows: neither an answer nor a repetition */
	assert_int_equal(net_count(net, 0, STATE_C_REPEATED), 0);
	net_run(net, 500 * USEC_MS);
	assert_int_equal(net->node[1].words, 1);
	assert_int_equal(net->node[0].words, 0);
	assert_int_equal(say(net, 1, 0, 0), 0);
	net_run(net, 10 * USEC_MS);
	assert_int_equal(net->node[0].words, 1);
	assert_int_equal(net->node[0].last_word.len, 0);
	net_free(net);
}

static void test_refused(void **state)
{
	struct net *net = net_new(3, 1);
	struct state_node nobody = { { 0 } };

	(void)state;
	net_line(net, BOTH, 0);
	/* whose id is not known yet */
	assert_int_equal(say(net, 0, 1, 1), -ENOENT);
	assert_int_equal(state_talk(net->node[0].s, &nobody, TOPIC, bytes, 1), -ENOENT);
	net_run(net, 10 * USEC_S);
	assert_int_equal(say(net, 0, 1, STATE_TALK_MAX + 1), -EINVAL);
	assert_int_equal(say(net, 0, 2, 1), -ENOENT); /* behind 1 */
	assert_int_equal(say(net, 0, 0, 1), -ENOENT);
	assert_int_equal(state_talk(net->node[0].s, &nobody, TOPIC, bytes, 1), -ENOENT);
	assert_int_equal(say(net, 0, 1, 1), 0);
	net_run(net, USEC_S);
	assert_int_equal(net->node[1].words, 1);
	assert_int_equal(net->node[2].words, 0); /* it is not passed on */
	net_part(net, 0, 1);
	assert_int_equal(say(net, 0, 1, 1), -ENOENT);
	net_free(net);
}

/* Who is only a neighbour of the network has nothing to say in the cloud. */
static void test_scope(void **state)
{
	struct net *net = pair(NETWORK);

	(void)state;
	assert_int_equal(say(net, 0, 1, 1), -ENOENT);
	assert_int_equal(state_peer_add(net->node[0].s, 1, NULL, BOTH, net->now), 0);
	assert_int_equal(say(net, 0, 1, 1), 0);
	net_run(net, USEC_S);
	assert_int_equal(net->node[1].words, 0);
	assert_true(net_count(net, 1, STATE_C_DROP_SCOPE) > 0);
	net_free(net);
}

static void test_network_faults(void **state)
{
	struct net *net = pair(BOTH);

	(void)state;
	net->link[0][1].dup = 1;
	for (int i = 0; i < 20; i++)
		say(net, 0, 1, 3);
	net_run(net, USEC_S);
	assert_int_equal(net->node[1].words, 20); /* each of them once */
	net->link[0][1].loss = 1;
	assert_int_equal(say(net, 0, 1, 3), 0);
	net_run(net, 10 * USEC_S);
	net->link[0][1].loss = 0;
	net_run(net, 10 * USEC_S);
	assert_int_equal(net->node[1].words, 20);
	net_free(net);
}

/* Whoever talks too much is not heard; the others are. */
static void test_rate(void **state)
{
	struct net *net = net_new(3, 1);

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_join(net, 2, 1, BOTH, 0);
	net_run(net, 10 * USEC_S);
	net->link[0][1] = net->link[2][1] = (struct net_link) { .up = true };
	for (int i = 0; i < AT_ONCE + 100; i++)
		say(net, 0, 1, 3);
	assert_int_equal(say(net, 2, 1, 3), 0);
	net_run(net, 0);
	assert_int_equal(net->node[1].words, AT_ONCE + 1);
	assert_int_equal(net_count(net, 1, STATE_C_DROP_TALK), 100);
	net_run(net, USEC_S);
	for (int i = 0; i < AT_ONCE; i++)
		say(net, 0, 1, 3);
	net_run(net, 0);
	assert_in_range(net->node[1].words, AT_ONCE + 1 + 99, AT_ONCE + 1 + 101);
	/* records go on */
	assert_int_equal(net_put(net, 0, NET_CLIENT, 1, "x"), 0);
	net_run(net, 100 * USEC_MS);
	assert_string_equal(net_get(net, 1, NET_CLIENT, 1, -1), "x");
	net_free(net);
}

/* What the other node sends, cut to len bytes; said: the length in the word. */
static int hear(struct net *net, size_t said, size_t len)
{
	uint8_t buf[STATE_DATAGRAM_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_msg_header h = one_header();
	size_t mark, start;
	int r;

	state_msg_write_header(&w, &h);
	mark = state_msg_item_begin(&w, STATE_ITEM_TALK);
	start = wr_mark(&w);
	wr_u8(&w, TOPIC);
	wr_u8(&w, (uint8_t)said);
	wr_bytes(&w, bytes, sizeof(bytes));
	wr_patch_u16(&w, mark - 2, (uint16_t)len);
	r = state_input(net->node[0].s, OTHER, buf, start + len, net->now);
	net_drain(net, 0);
	return r;
}

static void test_malformed(void **state)
{
	struct net *net = one();

	(void)state;
	for (size_t said = 0; said <= STATE_TALK_MAX; said++) {
		assert_int_equal(hear(net, said, said + 1), -EBADMSG);
		assert_int_equal(hear(net, said, said + 3), -EBADMSG);
	}
	assert_int_equal(hear(net, 0, 0), -EBADMSG);
	assert_int_equal(hear(net, STATE_TALK_MAX + 1, STATE_TALK_MAX + 3), -EBADMSG);
	assert_int_equal(net->node[0].words, 0);
	for (size_t said = 0; said <= STATE_TALK_MAX; said++)
		assert_int_equal(hear(net, said, said + 2), 0);
	assert_int_equal(net->node[0].words, STATE_TALK_MAX + 1);
	net_free(net);
}

static void test_no_room(void **state)
{
	struct net *net = pair(BOTH);
	struct state_node id = net_id(1);
	int r = 0, said = 0;

	(void)state;
	while (r == 0 && said < 100000) {
		r = state_talk(net->node[0].s, &id, TOPIC, bytes, STATE_TALK_MAX);
		said++;
	}
	assert_int_equal(r, -ENOBUFS);
	assert_int_equal(net_count(net, 0, STATE_C_OUT_FULL), 1);
	net_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heard),	cmocka_unit_test(test_refused),
		cmocka_unit_test(test_scope),	cmocka_unit_test(test_network_faults),
		cmocka_unit_test(test_rate),	cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
