/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes with keys in one cloud: who is a member, who is an outsider, and what people are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node_town.h"
#include "sim/stand_in.h"

#define KEY "the key of this community"

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 1 } };

/* Two nodes with these keys of a community. */
static void start(struct town *t, struct stand_in keys[2], const char *a, const char *b)
{
	town_plan(t, 2);
	for (int i = 0; i < 2; i++) {
		const char *key = i ? b : a;

		stand_in_init(&keys[i], (uint64_t)i + 1, key);
		text_copy(t->conf[i].security.community_key,
			  sizeof(t->conf[i].security.community_key), key);
		t->crypto[i] = &keys[i].crypto;
	}
	town_begin(t);
}

static bool knows(const struct town *t, int i)
{
	struct lease_view v;

	return lease_find(node_lease(t->node[i]), &client, t->now, &v);
}

static unsigned int members(const struct town *t, int i)
{
	struct node_member m;
	unsigned int count = 0;

	for (uint32_t k = 0; node_member_next(t->node[i], &k, &m);)
		count++;
	return count;
}

static unsigned int outsiders(const struct town *t, int i, struct node_outsider *ret)
{
	unsigned int count = 0;

	for (uint32_t k = 0; node_outsider_next(t->node[i], &k, ret);)
		count++;
	return count;
}

static void test_members(void **state)
{
	static const char *const keys[] = { "", KEY };
	static struct town t;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct node_outsider s;
		struct stand_in k[2];

		start(&t, k, keys[i], keys[i]);
		town_run(&t, t.now + 12 * USEC_S);
		town_station(&t, 1, &client, CLIENT_LEARNT);
		town_run(&t, t.now + 20 * USEC_S);
		assert_int_equal(members(&t, 0), 2);
		assert_true(knows(&t, 0) && knows(&t, 1));
		assert_memory_equal(node_lease(t.node[0])->self.b, k[0].crypto.public_key, 8);
		assert_int_equal(outsiders(&t, 0, &s) + outsiders(&t, 1, &s), 0);
		assert_int_equal(t.notices[NOTICE_OTHER_KEY], 0);
		assert_int_equal(state_counter(node_state(t.node[0]), STATE_C_DROP_FORGED), 0);
		town_stop(&t);
	}
}

static void test_outsiders(void **state)
{
	static const struct {
		const char *a, *b;
		enum state_keys keys[2];
	} cases[] = {
		{ KEY, KEY "!", { STATE_KEYS_DIFFER, STATE_KEYS_DIFFER } },
		{ KEY, "", { STATE_KEYS_OURS, STATE_KEYS_THEIRS } },
	};
	static struct town t;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct stand_in k[2];

		start(&t, k, cases[i].a, cases[i].b);
		town_run(&t, t.now + 12 * USEC_S);
		town_station(&t, 1, &client, CLIENT_LEARNT);
		while (!t.notices[NOTICE_OTHER_KEY] && t.now < 1040 * USEC_S)
			town_run(&t, t.now + 100 * USEC_MS);
		assert_int_equal(t.notice.notice, NOTICE_OTHER_KEY);
		assert_non_null(strstr(t.notice.text, "community key"));
		town_run(&t, 1045 * USEC_S);
		assert_true(knows(&t, 1));
		assert_false(knows(&t, 0));
		for (int n = 0; n < 2; n++) {
			struct node_outsider s;

			assert_int_equal(members(&t, n), 1);
			assert_int_equal(outsiders(&t, n, &s), 1);
			assert_int_equal(s.keys, cases[i].keys[n]);
			assert_int_equal(s.scope, STATE_CLOUD);
			assert_int_equal(s.cloud_mac.b[5], 1);
			assert_true(t.now - s.since >= 15 * USEC_S);
		}
		/* each once, however long it goes on */
		assert_int_equal(t.notices[NOTICE_OTHER_KEY], 2);
		town_run(&t, t.now + 300 * USEC_S);
		assert_int_equal(t.notices[NOTICE_OTHER_KEY], 2);
		town_stop(&t);
	}
}

/* It gets the right key: then it is one of them, and nobody's outsider any more. */
static void test_joins(void **state)
{
	static struct town t;
	struct node_outsider s;
	struct stand_in k[2];

	(void)state;
	start(&t, k, KEY, KEY "!");
	town_run(&t, t.now + 30 * USEC_S);
	assert_int_equal(outsiders(&t, 0, &s), 1);
	stand_in_init(&k[1], 2, KEY);
	town_reboot(&t, 1);
	town_run(&t, t.now + 15 * USEC_S);
	assert_int_equal(members(&t, 0), 2);
	assert_int_equal(members(&t, 1), 2);
	assert_int_equal(outsiders(&t, 0, &s) + outsiders(&t, 1, &s), 0);
	town_stop(&t);
}

/* A node is told by its name when it has gone, though its id says nothing of it. */
static void test_who_left(void **state)
{
	static struct town t;
	struct stand_in k[2];
	char name[CLOUD_HOSTNAME_MAX + 1];

	(void)state;
	start(&t, k, KEY, KEY);
	town_run(&t, t.now + 12 * USEC_S);
	assert_true(t.notices[NOTICE_NODE_CAME] >= 2);
	text_copy(name, sizeof(name), node_cloud(t.node[1])->hostname);
	node_free(t.node[1]);
	t.count = 1;
	t.notices[NOTICE_NODE_LEFT] = 0;
	t.now += 86400 * USEC_S;
	while (!t.notices[NOTICE_NODE_LEFT] && t.now < 90000 * USEC_S)
		town_run(&t, t.now + 10 * USEC_S);
	assert_int_equal(t.notice.notice, NOTICE_NODE_LEFT);
	assert_string_equal(t.notice.text, name);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_outsiders),
		cmocka_unit_test(test_joins),
		cmocka_unit_test(test_who_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
