/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of cmocka as the unit tests use, for machines that it is not packaged for: the first
 * assertion that fails says where and ends the program.
 */
#ifndef UNIT_SMALL_CMOCKA_H
#define UNIT_SMALL_CMOCKA_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	int (*setup)(void **state);
	int (*teardown)(void **state);
};

#define cmocka_unit_test(f) ((struct CMUnitTest) { #f, f, NULL, NULL })
#define cmocka_unit_test_setup(f, s) ((struct CMUnitTest) { #f, f, s, NULL })
#define cmocka_unit_test_setup_teardown(f, s, t) ((struct CMUnitTest) { #f, f, s, t })
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
	small_run(tests, sizeof(tests) / sizeof((tests)[0]))

static inline int small_run(const struct CMUnitTest *tests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		void *state = NULL;

		if (tests[i].setup && tests[i].setup(&state))
			return 1;
		tests[i].test(&state);
		if (tests[i].teardown && tests[i].teardown(&state))
			return 1;
		printf("ok %zu - %s\n", i + 1, tests[i].name);
	}
	return 0;
}

#define print_message printf
#define fail_msg(...)                                                                              \
	(fprintf(stderr, "%s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__),             \
	 fputc('\n', stderr), exit(1))
#define fail() fail_msg("failed")

#define assert_true(x) ((x) ? (void)0 : fail_msg("not true: %s", #x))
#define assert_false(x) ((x) ? fail_msg("not false: %s", #x) : (void)0)
#define assert_null(x) assert_true((x) == NULL)
#define assert_non_null(x) assert_true((x) != NULL)
#define assert_ptr_equal(a, b) assert_true((a) == (b))

/* Like cmocka's, these take any integer and compare its 64 bits. */
#define SMALL_INT(x) ((uintmax_t)(x))
#define assert_int_equal(a, b) small_compare(SMALL_INT(a), SMALL_INT(b), 1, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) small_compare(SMALL_INT(a), SMALL_INT(b), 0, __FILE__, __LINE__)
#define assert_in_range(x, low, high)                                                              \
	small_range(SMALL_INT(x), SMALL_INT(low), SMALL_INT(high), __FILE__, __LINE__)

static inline void small_range(uintmax_t x, uintmax_t low, uintmax_t high, const char *file,
			       int line)
{
	if (x >= low && x <= high)
		return;
	fprintf(stderr, "%s:%d: %#" PRIxMAX " is not in %#" PRIxMAX " to %#" PRIxMAX "\n", file,
		line, x, low, high);
	exit(1);
}

static inline void small_compare(uintmax_t a, uintmax_t b, int equal, const char *file, int line)
{
	if ((a == b) == equal)
		return;
	fprintf(stderr, "%s:%d: %#" PRIxMAX " %s %#" PRIxMAX "\n", file, line, a,
		equal ? "!=" : "==", b);
	exit(1);
}

#define assert_string_equal(a, b) small_string(a, b, 1, __FILE__, __LINE__)
#define assert_string_not_equal(a, b) small_string(a, b, 0, __FILE__, __LINE__)
#define assert_memory_equal(a, b, len) assert_true(!memcmp(a, b, len))

static inline void small_string(const char *a, const char *b, int equal, const char *file, int line)
{
	if ((strcmp(a, b) == 0) == equal)
		return;
	fprintf(stderr, "%s:%d: \"%s\" %s \"%s\"\n", file, line, a, equal ? "!=" : "==", b);
	exit(1);
}

#endif
