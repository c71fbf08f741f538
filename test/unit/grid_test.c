/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of the command line, column by column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cmd/cli/grid.h"

static void check(const char *rows, const struct grid_column *columns, size_t count,
		  const char *expected)
{
	json_t *v = json_loads(rows, 0, NULL);
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(v);
	grid_print(f, v, columns, count, "nothing");
	fclose(f);
	assert_string_equal(text, expected);
	free(text);
	json_decref(v);
}

static const struct grid_column two[] = {
	{ "NAME", "name", GRID_TEXT },
	{ "N", "n", GRID_NUMBER },
	{ "END", "end", GRID_TEXT },
};

static void test_columns_are_aligned(void **state)
{
	(void)state;
	check("[{\"name\":\"a\",\"n\":5,\"end\":\"x\"},{\"name\":\"longer\",\"n\":1234}]", two, 3,
	      "NAME       N  END\n"
	      "a          5  x\n"
	      "longer  1234  -\n");
}

static void test_no_rows(void **state)
{
	(void)state;
	check("[]", two, 3, "nothing\n");
}

static void test_characters_are_counted_not_bytes(void **state)
{
	(void)state;
	check("[{\"name\":\"ñandú\",\"n\":1,\"end\":\"x\"},{\"name\":\"abcde\",\"n\":1}]", two, 3,
	      "NAME   N  END\n"
	      "ñandú  1  x\n"
	      "abcde  1  -\n");
}

static void test_control_characters_stay_away(void **state)
{
	(void)state;
	check("[{\"name\":\"a\\u001b[2J\\nb\",\"n\":1}]", two, 1, "NAME\na?[2J?b\n");
}

static void test_rows_of_other_kinds(void **state)
{
	(void)state;
	check("[7,{\"name\":7,\"n\":\"x\"},null]", two, 2,
	      "NAME  N\n"
	      "-     -\n"
	      "-     -\n"
	      "-     -\n");
}

static void test_kinds_of_cells(void **state)
{
	static const struct grid_column kinds[] = {
		{ "MS", "ms", GRID_AGE_MS },	 { "S", "s", GRID_SECONDS },
		{ "YES", "yes", GRID_YES },	 { "LIST", "list", GRID_LIST },
		{ "FIRST", "list", GRID_FIRST }, { "IN", "in.side", GRID_TEXT },
	};

	(void)state;
	check("[{\"ms\":420,\"s\":42,\"yes\":true,\"list\":[\"a\",\"b\"],\"in\":{\"side\":\"x\"}},"
	      "{\"ms\":120000,\"s\":86400,\"yes\":false,\"list\":[]}]",
	      kinds, 6,
	      "    MS     S  YES  LIST  FIRST  IN\n"
	      "0.42 s  42 s  yes  a, b  a +1   x\n"
	      " 2 min  24 h  -    -     -      -\n");
}

static void test_durations(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} list[] = {
		{ -1, "over" },	  { 0, "0 s" },	   { 0.004, "0.00 s" },	 { 119, "119 s" },
		{ 120, "2 min" }, { 7200, "2 h" }, { 172800, "2 days" },
	};
	char buf[16];

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		grid_duration(buf, sizeof(buf), list[i].seconds);
		assert_string_equal(buf, list[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_are_aligned),
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_characters_are_counted_not_bytes),
		cmocka_unit_test(test_control_characters_stay_away),
		cmocka_unit_test(test_rows_of_other_kinds),
		cmocka_unit_test(test_kinds_of_cells),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
