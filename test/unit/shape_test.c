/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/shape.h"

#define PLACES 100

static const char *const names[SHAPES] = { "random", "line",	  "grid", "tree",
					   "wire",   "geometric", "rings" };

struct drawn {
	unsigned int links, twice;
	bool linked[PLACES + 1][PLACES + 1];
	uint16_t part[PLACES + 1]; /* the least place that is joined to each; the last is the hub */
	unsigned int degree[PLACES + 1];
	uint64_t sum;
};

static void link_add(void *ctx, uint16_t a, uint16_t b)
{
	struct drawn *d = ctx;
	uint16_t from, to;

	assert_true(a < PLACES && (b < PLACES || b == SHAPE_HUB));
	b = b == SHAPE_HUB ? PLACES : b;
	d->links++;
	d->twice += a == b || d->linked[a][b];
	d->linked[a][b] = d->linked[b][a] = true;
	d->degree[a]++;
	d->degree[b]++;
	d->sum = d->sum * 31 + a * 1000u + b;
	from = d->part[a] > d->part[b] ? d->part[a] : d->part[b];
	to = d->part[a] > d->part[b] ? d->part[b] : d->part[a];
	for (unsigned int i = 0; i <= PLACES; i++)
		if (d->part[i] == from)
			d->part[i] = to;
}

static struct drawn draw(enum shape shape, uint16_t n, uint64_t seed)
{
	struct rng rng = rng_init(seed);
	struct drawn d = { .links = 0 };

	for (uint16_t i = 0; i <= PLACES; i++)
		d.part[i] = i;
	shape_make(shape, n, &rng, link_add, &d);
	return d;
}

static void test_names(void **state)
{
	enum shape shape;

	(void)state;
	for (unsigned int i = 0; i < SHAPES; i++) {
		assert_int_equal(shape_find(names[i], &shape), 0);
		assert_int_equal(shape, i);
		assert_non_null(strstr(SHAPE_NAMES, names[i]));
	}
	assert_int_equal(shape_find("star", &shape), -EINVAL);
}

/* Whatever the shape and the number of places, all of them are joined. */
static void test_joined(void **state)
{
	(void)state;
	for (enum shape s = SHAPE_RANDOM; s < SHAPES; s++) {
		for (uint16_t n = 1; n <= PLACES; n++) {
			struct drawn d = draw(s, n, n);

			for (uint16_t i = 0; i < n; i++)
				assert_int_equal(d.part[i], 0);
			assert_true(d.links >= n - 1u);
		}
	}
}

static void test_links(void **state)
{
	(void)state;
	assert_int_equal(draw(SHAPE_LINE, PLACES, 1).links, PLACES - 1);
	assert_int_equal(draw(SHAPE_TREE, PLACES, 1).links, PLACES - 1);
	assert_int_equal(draw(SHAPE_GRID, PLACES, 1).links, 2 * 10 * 9);
	assert_int_equal(draw(SHAPE_WIRE, PLACES, 1).links, PLACES);
	assert_int_equal(draw(SHAPE_WIRE, PLACES, 1).degree[PLACES], PLACES);
	assert_int_equal(draw(SHAPE_RINGS, PLACES, 1).links, PLACES - 1 + 33);
	assert_int_equal(draw(SHAPE_RANDOM, PLACES, 1).links, PLACES - 1 + PLACES / 2);
	/* five each, but fewer at the edges of the square, and some far ones */
	assert_in_range(draw(SHAPE_GEOMETRIC, PLACES, 1).links, 170, 270);
}

/* Links to the nearest first, and none of them comes twice when all that are near follow. */
static void test_geometric(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct drawn d = draw(SHAPE_GEOMETRIC, PLACES, seed);

		for (unsigned int i = 0; i < PLACES; i++)
			assert_in_range(d.degree[i], 1, 25);
		assert_int_equal(d.twice, 0);
	}
}

static void test_seed(void **state)
{
	(void)state;
	for (enum shape s = SHAPE_RANDOM; s < SHAPES; s++) {
		bool chance = s == SHAPE_RANDOM || s == SHAPE_GEOMETRIC;

		assert_true(draw(s, 50, 3).sum == draw(s, 50, 3).sum);
		assert_true((draw(s, 50, 3).sum == draw(s, 50, 4).sum) == !chance);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_joined),
		cmocka_unit_test(test_links), cmocka_unit_test(test_geometric),
		cmocka_unit_test(test_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
