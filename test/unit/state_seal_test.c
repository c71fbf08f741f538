/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealed datagrams: who reads them, who is heard, and what repeating one is good for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/window.h"
#include "state_keyed.h"

#define KEY "the key of this community"
#define CLOUD STATE_SCOPE_BIT(STATE_CLOUD)

enum { KEPT = 4000, TOPIC = 7 };

/* Datagrams as somebody on the wire hears them. */
struct wire {
	size_t n;
	struct heard {
		uint32_t from, to;
		size_t len;
		uint8_t data[STATE_DATAGRAM_MAX];
	} at[KEPT];
};

static void listen(struct net *net, uint32_t from, uint32_t to, const uint8_t *data, size_t len)
{
	struct wire *w = net->arg;
	struct heard *h = &w->at[w->n];

	assert_true(w->n < KEPT);
	w->n++;
	*h = (struct heard) { .from = from, .to = to, .len = len };
	memcpy(h->data, data, len);
}

static struct net *keyed(uint32_t n, const char *key)
{
	struct net *net = keyed_new(n, 1, key);

	net->arg = calloc(1, sizeof(struct wire));
	net->tap = listen;
	return net;
}

static void done(struct net *net)
{
	free(net->arg);
	keyed_free(net);
}

static struct wire *wire(const struct net *net)
{
	return net->arg;
}

static struct net *pair(const char *key)
{
	struct net *net = keyed(2, key);

	net_join(net, 0, 1, BOTH, 0);
	return net;
}

static bool is_heard(const struct net *net, const char *text)
{
	for (size_t i = 0; i < wire(net)->n; i++)
		if (memmem(wire(net)->at[i].data, wire(net)->at[i].len, text, strlen(text)))
			return true;
	return false;
}

static uint64_t all_counts(const struct net *net, enum state_counter c)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < net->n; i++)
		sum += net_count(net, i, c);
	return sum;
}

static struct state_peer_view peer(const struct net *net, uint32_t i, uint16_t handle)
{
	struct state_peer_view v = { .handle = 0 };
	uint32_t cursor = 0;

	while (state_peer_next(net->node[i].s, &cursor, &v) && v.handle != handle)
		;
	assert_int_equal(v.handle, handle);
	return v;
}

static void test_nothing_is_read(void **state)
{
	struct net *net = keyed(4, KEY), *open = pair("");

	(void)state;
	net_line(net, BOTH, 0.05);
	for (uint32_t i = 0; i < 40; i++)
		net_put(net, i % 4, (uint8_t)(1 + i % 4), i, "what nobody else shall know");
	assert_true(net_settle(net, 5 * USEC_S) != USEC_NEVER);
	for (uint32_t i = 0; i < 4; i++)
		assert_string_equal(net_get(net, i, NET_NOTE, 3, -1),
				    "what nobody else shall know");
	assert_true(wire(net)->n > 10);
	assert_false(is_heard(net, "nobody"));
	assert_int_equal(all_counts(net, STATE_C_DROP_SEAL) +
				 all_counts(net, STATE_C_DROP_UNSEALED) +
				 all_counts(net, STATE_C_DROP_SEALED),
			 0);
	net_put(open, 0, NET_NOTE, 1, "what everybody may know");
	net_run(open, USEC_S);
	assert_true(is_heard(open, "everybody"));
	done(net);
	done(open);
}

/* As with any other network: a change in one hop, all of a newcomer in a second or two. */
static void test_as_fast(void **state)
{
	struct net *net = keyed(3, KEY);

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_run(net, 100 * USEC_MS);
	assert_int_equal(peer(net, 0, 1).synced, BOTH);
	net_put(net, 0, NET_NOTE, 1, "a");
	net_run(net, 10 * USEC_MS);
	assert_string_equal(net_get(net, 1, NET_NOTE, 1, -1), "a");
	for (uint32_t i = 0; i < 500; i++)
		net_put(net, 0, NET_CLIENT, i, "lease");
	net_run(net, USEC_S);
	net_join(net, 1, 2, BOTH, 0);
	net_run(net, 2500 * USEC_MS);
	assert_true(net_equal(net));
	done(net);
}

static void test_other_key(void **state)
{
	static const struct {
		const char *a, *b;
		enum state_counter why[2];
		enum state_keys keys[2];
	} cases[] = {
		{ KEY,
		  "another key than that one",
		  { STATE_C_DROP_SEAL, STATE_C_DROP_SEAL },
		  { STATE_KEYS_DIFFER, STATE_KEYS_DIFFER } },
		{ KEY,
		  "",
		  { STATE_C_DROP_UNSEALED, STATE_C_DROP_SEALED },
		  { STATE_KEYS_OURS, STATE_KEYS_THEIRS } },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct net *net = keyed(2, cases[i].a);

		keyed_community(net, 1, cases[i].b);
		net_restart(net, 1, 2);
		net_join(net, 0, 1, BOTH, 0);
		net_put(net, 0, NET_NOTE, 1, "a");
		net_put(net, 1, NET_NOTE, 2, "b");
		net_run(net, 20 * USEC_S);
		assert_null(net_get(net, 0, NET_NOTE, 2, -1));
		assert_null(net_get(net, 1, NET_NOTE, 1, -1));
		for (uint32_t n = 0; n < 2; n++) {
			struct state_peer_view v = peer(net, n, (uint16_t)!n);

			assert_true(net_count(net, n, cases[i].why[n]) > 3);
			assert_int_equal(v.keys, cases[i].keys[n]);
			assert_true(net->now - v.unread_since > 19 * USEC_S);
			assert_int_equal(v.heard_at, 0);
		}
		/* it gets the right one */
		keyed_community(net, 1, cases[i].a);
		net_restart(net, 1, 3);
		net_put(net, 1, NET_NOTE, 2, "b");
		net_run(net, 7 * USEC_S);
		assert_true(net_equal(net));
		assert_string_equal(net_get(net, 0, NET_NOTE, 2, -1), "b");
		assert_int_equal(peer(net, 0, 1).keys, STATE_KEYS_FIT);
		assert_int_equal(peer(net, 0, 1).unread_since, 0);
		done(net);
	}
}

static int give(struct net *net, uint32_t to, uint32_t from, const struct heard *h)
{
	int r = state_input(net->node[to].s, (uint16_t)from, h->data, h->len, net->now);

	net_drain(net, to);
	return r;
}

static const char text[] = "a text that is longer than whatever else is said in these moments";

/* The datagram with that text from 0 to 1, which did not arrive. */
static struct heard one_lost(struct net *net)
{
	struct heard longest = { .len = 0 };

	net_run(net, 10 * USEC_S);
	net->link[0][1].up = false;
	wire(net)->n = 0;
	net_put(net, 0, NET_NOTE, 1, text);
	net_run(net, 5 * USEC_MS);
	for (size_t i = 0; i < wire(net)->n; i++)
		if (wire(net)->at[i].from == 0 && wire(net)->at[i].len > longest.len)
			longest = wire(net)->at[i];
	assert_true(longest.len > sizeof(text));
	return longest;
}

static void test_changed(void **state)
{
	struct net *net = pair(KEY);
	struct heard good = one_lost(net), bad;

	(void)state;
	for (size_t bit = 0; bit < 8 * good.len; bit++) {
		bad = good;
		bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(give(net, 1, 0, &bad) < 0);
	}
	for (size_t cut = 0; cut < good.len; cut++) {
		bad = good;
		bad.len = cut;
		assert_true(give(net, 1, 0, &bad) < 0);
	}
	assert_null(net_get(net, 1, NET_NOTE, 1, -1));
	assert_int_equal(give(net, 1, 0, &good), 0);
	assert_string_equal(net_get(net, 1, NET_NOTE, 1, -1), text);
	assert_int_equal(peer(net, 1, 0).keys, STATE_KEYS_FIT);
	done(net);
}

static bool is_addressed(const struct heard *h)
{
	return h->data[1] & 0x40;
}

/* Whatever was heard on the wires of three nodes, told again to each of them by a stranger. */
static void test_replay(void **state)
{
	struct net *net = keyed(3, KEY);
	struct state_node to;
	uint64_t accepted, words;
	size_t n;

	(void)state;
	net_line(net, BOTH, 0);
	for (uint32_t i = 0; i < 50; i++) {
		net_put(net, i % 3, NET_BLOCK, i, "block");
		net_run(net, 100 * USEC_MS);
	}
	to = net_who(net, 1);
	assert_int_equal(state_talk(net->node[0].s, &to, TOPIC, "word", 4), 0);
	net_drain(net, 0);
	net_run(net, USEC_S);
	assert_int_equal(net->node[1].words, 1);
	n = wire(net)->n;
	assert_true(n > 100);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(state_peer_add(net->node[i].s, 90, NULL, BOTH, net->now), 0);
	accepted = all_counts(net, STATE_C_ACCEPTED);
	words = net->node[1].words;
	for (size_t k = 0; k < n; k++)
		for (uint32_t i = 0; i < 3; i++) {
			struct heard *h = &wire(net)->at[k];
			int r = h->from == i ? -ELOOP : give(net, i, 90, h);

			assert_true(r == -ELOOP || r == -EALREADY || r == -EKEYREJECTED ||
				    (r == 0 && !is_addressed(h)));
			wire(net)->n = n;
		}
	assert_int_equal(all_counts(net, STATE_C_ACCEPTED), accepted);
	assert_int_equal(net->node[1].words, words);
	assert_int_equal(peer(net, 1, 90).heard_at, 0);
	done(net);
}

/* Greetings are good for anybody: who passes them on as those of a neighbour does not put another
 * one in its place. */
static void test_greeting_passed_on(void **state)
{
	struct net *net = keyed(4, KEY);
	size_t n, given = 0;

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_run(net, 10 * USEC_S);
	wire(net)->n = 0;
	net_join(net, 2, 3, BOTH, 0);
	net_cut(net, 2, 3);
	net_run(net, 2 * USEC_S);
	n = wire(net)->n;
	for (size_t k = 0; k < n; k++) {
		struct heard *h = &wire(net)->at[k];
		struct state_node id = net_who(net, 1);
		struct state_peer_view v;

		if (h->from != 2 || is_addressed(h))
			continue;
		assert_int_equal(give(net, 0, 1, h), 0);
		assert_int_equal(give(net, 0, 1, h), -EALREADY);
		given++;
		v = peer(net, 0, 1);
		assert_memory_equal(&v.id, &id, sizeof(id));
		assert_int_equal(v.synced, BOTH);
		assert_true(v.heard_at > 0);
	}
	assert_in_range(given, 2, 4);
	net_put(net, 0, NET_NOTE, 1, "as before");
	net_run(net, 20 * USEC_MS);
	assert_string_equal(net_get(net, 1, NET_NOTE, 1, -1), "as before");
	/* it was asked whether it is there, which the neighbour cannot read */
	assert_int_equal(net_count(net, 1, STATE_C_DROP_SEAL), given);
	done(net);
}

/* A node that starts again has forgotten what it has heard: it is not taken in by it. */
static void test_replay_after_start(void **state)
{
	struct net *net = keyed(2, KEY);
	struct state_node to;
	size_t n, greetings = 0;

	(void)state;
	net_join(net, 0, 1, BOTH, 0);
	net_put(net, 0, NET_CLIENT, 1, "lease");
	net_run(net, 5 * USEC_S);
	to = net_who(net, 1);
	assert_int_equal(state_talk(net->node[0].s, &to, TOPIC, "word", 4), 0);
	net_drain(net, 0);
	net_run(net, 5 * USEC_S);
	n = wire(net)->n;
	net_part(net, 0, 1);
	net_restart(net, 1, 2);
	assert_int_equal(state_peer_add(net->node[1].s, 90, NULL, BOTH, net->now), 0);
	net->node[1].words = 0;
	for (size_t k = 0; k < n; k++) {
		if (wire(net)->at[k].from == 0)
			greetings += give(net, 1, 90, &wire(net)->at[k]) == 0;
		wire(net)->n = n;
	}
	assert_in_range(greetings, 1, 3);
	assert_int_equal(state_count(net->node[1].s), 0);
	assert_int_equal(net->node[1].words, 0);
	assert_int_equal(peer(net, 1, 90).heard_at, 0);
	/* nor is anything told to who only greets */
	net_put(net, 1, NET_CLIENT, 2, "lease");
	net_run(net, 3 * USEC_S);
	assert_int_equal(net_count(net, 1, STATE_C_SENT_RECORDS), 0);
	done(net);
}

static void test_epoch_never_goes_back(void **state)
{
	struct net *net = pair(KEY);

	(void)state;
	net_restart(net, 0, 5);
	net_put(net, 0, NET_NOTE, 1, "five");
	net_run(net, 3 * USEC_S);
	assert_string_equal(net_get(net, 1, NET_NOTE, 1, -1), "five");
	net_restart(net, 0, 4);
	net_put(net, 0, NET_NOTE, 2, "four");
	net_run(net, 20 * USEC_S);
	assert_null(net_get(net, 1, NET_NOTE, 2, -1));
	assert_true(net_count(net, 1, STATE_C_DROP_DUPLICATE) > 0);
	net_restart(net, 0, 6);
	net_run(net, 7 * USEC_S);
	assert_string_equal(net_get(net, 0, NET_NOTE, 1, -1), "five");
	done(net);
}

/* A node that lost its disk has another key, and is another node: it is in at once. */
static void test_lost_disk(void **state)
{
	struct net *net = pair(KEY);

	(void)state;
	net_put(net, 0, NET_BLOCK, 1, "block");
	net_run(net, 5 * USEC_S);
	keyed_restart(net, 0, 1, 4711);
	net_put(net, 0, NET_BLOCK, 2, "block");
	net_run(net, 4 * USEC_S);
	assert_string_equal(net_get(net, 1, NET_BLOCK, 2, 0), "block");
	assert_null(net_get(net, 1, NET_BLOCK, 1, 0));
	assert_true(net_equal(net));
	done(net);
}

static int by_header(const void *a, const void *b)
{
	return memcmp(((const struct heard *)a)->data + 2, ((const struct heard *)b)->data + 2,
		      STATE_MSG_HEADER - 2);
}

/* Sender, epoch and number are the nonce: no two datagrams have the same, to whomever they go. */
static void test_no_nonce_twice(void **state)
{
	struct net *net = keyed(6, KEY);
	struct wire *w = wire(net);

	(void)state;
	for (uint32_t i = 1; i < 6; i++)
		net_join(net, 0, i, BOTH, 0.1);
	for (uint32_t i = 0; i < 30; i++) {
		net_put(net, i % 6, (uint8_t)(1 + i % 4), i, "value");
		net_run(net, 100 * USEC_MS);
		if (i % 10 == 9)
			net_restart(net, 0, i);
		if (i % 7 == 6) {
			net_part(net, 0, 3);
			net_join(net, 0, 3, BOTH, 0);
		}
	}
	assert_true(w->n > 300);
	qsort(w->at, w->n, sizeof(w->at[0]), by_header);
	for (size_t i = 1; i < w->n; i++)
		assert_int_not_equal(by_header(&w->at[i - 1], &w->at[i]), 0);
	done(net);
}

/*
 * A lease as nodes write it (node, address, age, client identifier, name, gateway), twelve at once:
 * what a hop carries for each, acknowledgement and all.
 */
static size_t bytes_per_lease(const char *key)
{
	enum { LEASES = 12, VALUE = 10 + 6 + 6 + 9 + 14 + 10 };
	struct net *net = pair(key);
	char value[VALUE + 1] = { 0 };
	uint64_t bytes;

	memset(value, 'v', VALUE);
	net_run(net, 10 * USEC_S);
	net->link[0][1].dup = net->link[1][0].dup = 0;
	bytes = net->bytes[0][1] + net->bytes[1][0];
	for (uint32_t i = 0; i < LEASES; i++) {
		uint8_t mac[6] = { 2, 0, 0, 0, 0, (uint8_t)i };
		struct state_key k = state_key_init(NET_CLIENT, mac, sizeof(mac));

		assert_int_equal(
			state_put_shared(net->node[0].s, &k, value, VALUE, 3 * 86400, net->now), 0);
	}
	net_drain(net, 0);
	net_run(net, 50 * USEC_MS);
	bytes = net->bytes[0][1] + net->bytes[1][0] - bytes;
	assert_int_equal(net_count(net, 0, STATE_C_SENT_RECORDS), LEASES);
	assert_int_equal(state_count(net->node[1].s), LEASES);
	done(net);
	return (size_t)(bytes / LEASES);
}

static void test_bytes(void **state)
{
	size_t open = bytes_per_lease(""), sealed = bytes_per_lease(KEY);

	(void)state;
	print_message("%zu bytes per lease and hop, sealed %zu\n", open, sealed);
	assert_true(open <= 110);
	assert_true(sealed <= 100);
}

/* Who does not answer may just not have seen us yet. After a minute it costs little. */
static void test_greeted(void **state)
{
	struct net *net = keyed(2, KEY);
	uint64_t first;

	(void)state;
	net->tap = NULL;
	assert_int_equal(
		state_peer_add(net->node[0].s, 1, NULL, STATE_SCOPE_BIT(STATE_CLOUD), net->now), 0);
	net_drain(net, 0);
	net_run(net, 60 * USEC_S);
	first = net_count(net, 0, STATE_C_SENT);
	assert_in_range(first, 30, 60);
	net_run(net, 60 * USEC_S);
	assert_in_range(net_count(net, 0, STATE_C_SENT) - first, 5, 10);
	done(net);
}

/* Nothing happens: what it costs to know that, and how long nobody hears of the other. */
static void test_idle(void **state)
{
	struct net *net = keyed(2, KEY);
	struct state_peer_view v;
	usec_t silence = 0;
	uint64_t bytes;

	(void)state;
	net_join(net, 0, 1, STATE_SCOPE_BIT(STATE_CLOUD), 0);
	net->tap = NULL;
	net_put(net, 0, NET_CLIENT, 1, "lease");
	net_run(net, 60 * USEC_S);
	bytes = net->bytes[0][1] + net->bytes[1][0];
	for (int s = 0; s < 3600; s++) {
		net_run(net, USEC_S);
		for (uint32_t i = 0, c = 0; i < 2; i++, c = 0) {
			assert_true(state_peer_next(net->node[i].s, &c, &v));
			silence = usec_max(silence, net->now - v.heard_at);
		}
	}
	bytes = net->bytes[0][1] + net->bytes[1][0] - bytes;
	print_message("idle, sealed: %.1f bytes/s of one scope, silent for %lld ms at most\n",
		      (double)bytes / 3600, (long long)(silence / USEC_MS));
	/* a node next to another one has two such ways to it, one of each scope: 20 are for both,
	 * and for what is lost */
	assert_in_range(bytes, 3600, 3600 * 9);
	/* a node waits for two of them, one lost */
	assert_true(silence <= 20 * USEC_S);
	done(net);
}

static void test_header(void **state)
{
	struct state_msg_header h = { .sender = { { 1 } },
				      .epoch = 0xfffffffe,
				      .seq = 0xfedcba987654,
				      .sealed = true,
				      .addressed = true };
	uint8_t buf[STATE_MSG_HEADER];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r = rd_init(buf, sizeof(buf));
	struct state_msg_header back;

	(void)state;
	state_msg_write_header(&w, &h);
	assert_int_equal(wr_len(&w), STATE_MSG_HEADER);
	assert_int_equal(state_msg_read_header(&r, &back), 0);
	assert_true(back.epoch == h.epoch && back.seq == h.seq && back.sealed && back.addressed);
	buf[1] &= 0x7f; /* for whom it is says who seals it */
	r = rd_init(buf, sizeof(buf));
	assert_int_equal(state_msg_read_header(&r, &back), -EBADMSG);
}

/* Against a list of all that were seen. */
static void test_window(void **state)
{
	enum { N = 4000 };
	static bool seen[N];
	struct rng rng = rng_init(9);
	struct window w;
	uint32_t high = 100;

	(void)state;
	window_begin(&w, high);
	seen[high] = true;
	while (high < N - 200) {
		uint32_t back = rng_below(&rng, 600), ahead = rng_below(&rng, 20) ? 3 : 200;
		uint32_t number = high > back ? high - back : 0;

		if (rng_below(&rng, 2))
			number = high + rng_below(&rng, ahead);
		assert_int_equal(window_has(&w, number),
				 number <= high && (seen[number] || high - number >= WINDOW_REACH));
		if (window_has(&w, number))
			continue;
		window_add(&w, number);
		seen[number] = true;
		high = number > high ? number : high;
		assert_true(window_has(&w, number));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_read),
		cmocka_unit_test(test_as_fast),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_greeting_passed_on),
		cmocka_unit_test(test_replay_after_start),
		cmocka_unit_test(test_epoch_never_goes_back),
		cmocka_unit_test(test_lost_disk),
		cmocka_unit_test(test_no_nonce_twice),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_greeted),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
