/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fair.h"
#include "lib/rng.h"

#define LIMIT 64
#define GROUPS 4
#define PER_GROUP 2

/* A table as its users have one: which entry is whose. */
struct users {
	struct fair fair;
	int owner[LIMIT]; /* -1: free */
};

static void users_init(struct users *u)
{
	assert_int_equal(fair_init(&u->fair, LIMIT, LIMIT, GROUPS, PER_GROUP), 0);
	for (int i = 0; i < LIMIT; i++)
		u->owner[i] = -1;
}

static void drop(struct users *u, uint32_t index)
{
	fair_leave(&u->fair, index);
	u->owner[index] = -1;
}

/* The index, FAIR_NONE when refused. */
static uint32_t join(struct users *u, uint32_t owner)
{
	uint32_t victim, index = 0;

	if (!fair_place(&u->fair, owner, &victim))
		return FAIR_NONE;
	if (victim != FAIR_NONE) {
		assert_true(u->owner[victim] >= 0);
		drop(u, victim);
	}
	while (u->owner[index] >= 0)
		index++;
	assert_true(index < LIMIT);
	u->owner[index] = (int)owner;
	fair_join(&u->fair, index, owner);
	return index;
}

static int count(const struct users *u, int owner)
{
	int n = 0;

	for (int i = 0; i < LIMIT; i++)
		n += u->owner[i] == owner;
	return n;
}

static void test_flood_replaces_itself(void **state)
{
	struct users u;
	uint32_t first;

	(void)state;
	users_init(&u);
	first = join(&u, 2);
	for (int i = 0; i < 1000; i++)
		assert_int_not_equal(join(&u, 0), FAIR_NONE);
	assert_int_equal(count(&u, 0), LIMIT * 3 / 4);
	for (int i = 0; i < 1000; i++)
		assert_int_not_equal(join(&u, 1), FAIR_NONE);
	/* both are of one group: it has 7/8 */
	assert_int_equal(count(&u, 0) + count(&u, 1), LIMIT * 7 / 8);
	assert_int_equal(u.owner[first], 2);
	for (int i = 0; i < 7; i++)
		assert_int_not_equal(join(&u, 4), FAIR_NONE);
	assert_int_equal(u.fair.count, LIMIT);
	/* now it is full: what comes takes the places of the flood */
	for (int i = 0; i < 10; i++)
		assert_int_not_equal(join(&u, 6), FAIR_NONE);
	assert_int_equal(count(&u, 6), 10);
	assert_int_equal(count(&u, 4), 7);
	assert_int_equal(count(&u, 2), 1);
	fair_done(&u.fair);
}

static void test_kept_ones_stay(void **state)
{
	struct users u;
	uint32_t kept[LIMIT], n = 0, index;

	(void)state;
	users_init(&u);
	while ((index = join(&u, 0)) != FAIR_NONE) {
		fair_keep(&u.fair, index);
		kept[n++] = index;
	}
	assert_int_equal(n, LIMIT * 3 / 4); /* then it is refused */
	while (n < LIMIT * 7 / 8) {
		index = join(&u, 1);
		fair_keep(&u.fair, index);
		kept[n++] = index;
	}
	assert_int_equal(join(&u, 1), FAIR_NONE);
	for (int i = 0; i < 100; i++)
		assert_int_not_equal(join(&u, 2 + (uint32_t)i % 6), FAIR_NONE);
	for (uint32_t i = 0; i < n; i++)
		assert_in_range(u.owner[kept[i]], 0, 1);
	/* who loses that right is the next to go */
	fair_let_go(&u.fair, kept[5]);
	assert_int_equal(join(&u, 1), kept[5]);
	fair_done(&u.fair);
}

static void test_oldest_goes_first(void **state)
{
	uint32_t at[LIMIT], victim;
	struct users u;

	(void)state;
	users_init(&u);
	for (int i = 0; i < LIMIT * 3 / 4; i++)
		at[i] = join(&u, 3);
	fair_keep(&u.fair, at[0]);
	fair_move(&u.fair, at[1], 5);
	assert_int_equal(fair_owner(&u.fair, at[1]), 5);
	join(&u, 3);
	for (int i = 2; i < 10; i++) {
		assert_true(fair_place(&u.fair, 3, &victim));
		assert_int_equal(victim, at[i]);
		drop(&u, victim);
		join(&u, 3);
	}
	fair_done(&u.fair);
}

/* Counts and lists agree with what was done, whatever that was. */
static void test_random(void **state)
{
	struct rng r = rng_init(5);
	struct users u;
	uint32_t waiting = 0, listed = 0;

	(void)state;
	users_init(&u);
	for (int i = 0; i < 20000; i++) {
		uint32_t index = rng_below(&r, LIMIT), owner = rng_below(&r, GROUPS * PER_GROUP);

		switch (rng_below(&r, 8)) {
		case 0:
			fair_keep(&u.fair, index);
			break;
		case 1:
			fair_let_go(&u.fair, index);
			break;
		case 2:
			if (u.owner[index] >= 0)
				u.owner[index] = (int)owner;
			fair_move(&u.fair, index, owner);
			break;
		case 3:
			drop(&u, index);
			break;
		default:
			join(&u, owner);
			break;
		}
	}
	for (int o = 0; o < GROUPS * PER_GROUP; o++) {
		assert_int_equal(u.fair.owners[o].count, count(&u, o));
		waiting += u.fair.owners[o].waiting;
		for (uint32_t i = u.fair.owners[o].first; i; i = u.fair.entries[i - 1].next) {
			assert_int_equal(u.owner[i - 1], o);
			assert_false(u.fair.entries[i - 1].kept);
			listed++;
		}
	}
	assert_int_equal(waiting, listed);
	for (int g = 0; g < GROUPS; g++)
		waiting -= u.fair.groups[g].waiting;
	assert_int_equal(waiting, 0);
	fair_done(&u.fair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood_replaces_itself),
		cmocka_unit_test(test_kept_ones_stay),
		cmocka_unit_test(test_oldest_goes_first),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
