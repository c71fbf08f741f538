/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <string.h>

#include <cmocka.h>

#include "lib/outq.h"
#include "lib/rng.h"

static void test_order_and_content(void **state)
{
	alignas(8) uint8_t buf[256];
	struct outq q;
	struct out o;

	(void)state;
	outq_init(&q, buf, sizeof(buf));
	assert_false(outq_pop(&q, &o));
	assert_int_equal(outq_push(&q, 1, 2, 3, "hello", 5), 0);
	assert_int_equal(outq_push(&q, 4, 5, 6, NULL, 0), 0);
	assert_true(outq_pop(&q, &o));
	assert_int_equal(o.kind, 1);
	assert_int_equal(o.port, 2);
	assert_int_equal(o.arg, 3);
	assert_int_equal(o.len, 5);
	assert_memory_equal(o.data, "hello", 5);
	assert_int_equal((uintptr_t)o.data % 8, 0);
	assert_true(outq_pop(&q, &o));
	assert_int_equal(o.kind, 4);
	assert_int_equal(o.len, 0);
	assert_non_null(o.data);
	assert_false(outq_pop(&q, &o));
}

static void test_reserve_then_shorter_commit(void **state)
{
	alignas(8) uint8_t buf[64];
	uint8_t *to;
	struct outq q;
	struct out o;

	(void)state;
	outq_init(&q, buf, sizeof(buf));
	to = outq_reserve(&q, 40);
	assert_non_null(to);
	memcpy(to, "abc", 3);
	outq_commit(&q, 7, 0, 0, 3);
	/* a reservation that is never committed leaves nothing */
	assert_non_null(outq_reserve(&q, 8));
	assert_true(outq_pop(&q, &o));
	assert_int_equal(o.len, 3);
	assert_memory_equal(o.data, "abc", 3);
	assert_false(outq_pop(&q, &o));
}

static void test_full_is_counted(void **state)
{
	alignas(8) uint8_t buf[64];
	struct outq q;
	struct out o;

	(void)state;
	outq_init(&q, buf, sizeof(buf));
	assert_int_equal(outq_push(&q, 1, 0, 0, buf, 49), -ENOSPC);
	assert_int_equal(outq_push(&q, 1, 0, 0, "12345678", 8), 0);
	assert_int_equal(outq_push(&q, 2, 0, 0, "12345678", 8), 0);
	assert_int_equal(outq_push(&q, 3, 0, 0, "1", 1), -ENOSPC);
	assert_null(outq_reserve(&q, SIZE_MAX));
	assert_int_equal(q.dropped, 3);
	while (outq_pop(&q, &o))
		assert_true(o.kind < 3);
	assert_int_equal(outq_push(&q, 3, 0, 0, "1", 1), 0);
}

/* Random fill and drain: what was accepted comes out, in order, whole. */
static void test_random(void **state)
{
	alignas(8) static uint8_t buf[4096];
	struct rng rng = rng_init(9);
	struct outq q;

	(void)state;
	outq_init(&q, buf, sizeof(buf));
	for (int round = 0; round < 2000; round++) {
		uint32_t seeds[512], pushed = 0, popped = 0, tries = rng_below(&rng, 512);
		struct out o;

		for (uint32_t i = 0; i < tries; i++) {
			uint8_t data[200];
			uint32_t seed = rng_u32(&rng);
			size_t len = seed % sizeof(data);

			memset(data, (uint8_t)seed, sizeof(data));
			if (outq_push(&q, 1, 0, seed, data, len) == 0)
				seeds[pushed++] = seed;
		}
		while (outq_pop(&q, &o)) {
			assert_true(popped < pushed);
			assert_int_equal(o.arg, seeds[popped++]);
			assert_int_equal(o.len, o.arg % 200);
			for (size_t i = 0; i < o.len; i++)
				assert_int_equal(o.data[i], (uint8_t)o.arg);
		}
		assert_int_equal(popped, pushed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_content),
		cmocka_unit_test(test_reserve_then_shorter_commit),
		cmocka_unit_test(test_full_is_counted),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
