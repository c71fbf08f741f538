/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table against a list that is searched from the start, on random input. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "lib/table.h"

#define LIMIT 100

struct key {
	uint8_t mac[6];
	uint16_t vid;
};

struct entry {
	struct key key;
	uint64_t value;
};

static const struct hash_key hash_key = { 1, 2 };

static struct key key_make(uint32_t n)
{
	return (struct key) { { 2, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n }, (uint16_t)(n % 3) };
}

/* What the table should hold, and where it said it put it. */
struct model {
	struct entry copies[LIMIT];
	struct entry *places[LIMIT];
	uint32_t count;
};

static uint32_t model_find(const struct model *m, const struct key *key)
{
	uint32_t i = 0;

	while (i < m->count && memcmp(&m->copies[i].key, key, sizeof(*key)) != 0)
		i++;
	return i;
}

static void add_one(struct table *t, struct model *m, const struct key *key, uint64_t value)
{
	struct entry *e = table_add(t, key);

	if (m->count == LIMIT) {
		assert_null(e);
		return;
	}
	assert_non_null(e);
	assert_memory_equal(&e->key, key, sizeof(*key));
	assert_int_equal(e->value, 0);
	assert_true(table_index(t, e) < LIMIT);
	e->value = value;
	m->places[m->count] = e;
	m->copies[m->count++] = *e;
}

static void remove_one(struct table *t, struct model *m, uint32_t at)
{
	table_remove(t, m->places[at]);
	m->count--;
	m->copies[at] = m->copies[m->count];
	m->places[at] = m->places[m->count];
}

static void compare_all(const struct table *t, const struct model *m)
{
	uint32_t cursor = 0, seen = 0;
	struct entry *e;

	assert_int_equal(t->count, m->count);
	while ((e = table_next(t, &cursor))) {
		uint32_t at = model_find(m, &e->key);

		assert_true(at < m->count);
		assert_ptr_equal(e, m->places[at]);
		assert_int_equal(e->value, m->copies[at].value);
		seen++;
	}
	assert_int_equal(seen, m->count);
}

static void test_against_a_list(void **state)
{
	struct rng rng = rng_init(1);
	struct model m = { 0 };
	struct table t;

	(void)state;
	assert_int_equal(table_init(&t, sizeof(struct entry), sizeof(struct key), LIMIT, hash_key),
			 0);
	for (uint32_t n = 0; n < 200000; n++) {
		/* phases in which it fills up to the limit and runs empty */
		bool filling = n / 2000 % 2 == 0;
		struct key key = key_make(rng_below(&rng, 3 * LIMIT));
		struct entry *e = table_find(&t, &key);
		uint32_t at = model_find(&m, &key);

		assert_ptr_equal(e, at < m.count ? m.places[at] : NULL);
		if (e && rng_below(&rng, 4) < (filling ? 1 : 3))
			remove_one(&t, &m, at);
		else if (!e && rng_below(&rng, 4) < (filling ? 3 : 1))
			add_one(&t, &m, &key, n + 1);
		if (n % 97 == 0)
			compare_all(&t, &m);
	}
	table_done(&t);
	assert_null(t.entries);
}

static void test_remove_while_iterating(void **state)
{
	uint32_t cursor = 0, visits = 0;
	struct entry *e;
	struct table t;

	(void)state;
	assert_int_equal(table_init(&t, sizeof(struct entry), sizeof(struct key), LIMIT, hash_key),
			 0);
	for (uint32_t i = 0; i < LIMIT; i++) {
		struct key key = key_make(i);

		assert_non_null(table_add(&t, &key));
	}
	while ((e = table_next(&t, &cursor))) {
		if (visits++ % 2 == 0)
			table_remove(&t, e);
	}
	assert_int_equal(visits, LIMIT);
	assert_int_equal(t.count, LIMIT / 2);
	table_done(&t);
}

static void test_limits(void **state)
{
	struct key key = key_make(1);
	struct table t;

	(void)state;
	assert_int_equal(table_init(&t, sizeof(struct entry), sizeof(struct key), 1, hash_key), 0);
	assert_null(table_find(&t, &key));
	assert_non_null(table_add(&t, &key));
	key = key_make(2);
	assert_null(table_add(&t, &key));
	table_done(&t);
	assert_int_equal(table_init(&t, sizeof(struct entry), sizeof(struct key), 0, hash_key), 0);
	assert_null(table_find(&t, &key));
	assert_null(table_add(&t, &key));
	table_done(&t);
	assert_int_equal(table_init(&t, SIZE_MAX / 2, 8, 16, hash_key), -ENOMEM);
}

/* Keys that only differ little still spread: no bucket is long. */
static void test_spread(void **state)
{
	uint32_t longest = 0;
	struct table t;

	(void)state;
	assert_int_equal(table_init(&t, sizeof(struct entry), sizeof(struct key), 4096, hash_key),
			 0);
	for (uint32_t i = 0; i < 4096; i++) {
		struct key key = key_make(i);

		assert_non_null(table_add(&t, &key));
	}
	for (uint32_t b = 0; b <= t.bucket_mask; b++) {
		uint32_t len = 0;

		for (uint32_t at = t.buckets[b]; at; at = t.next[at - 1])
			len++;
		if (len > longest)
			longest = len;
	}
	assert_true(longest < 12);
	table_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_list),
		cmocka_unit_test(test_remove_while_iterating),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
