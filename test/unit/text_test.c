/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/text.h"

static void test_add_until_full(void **state)
{
	char buf[8];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	assert_string_equal(buf, "");
	text_add(&t, "%s", "abc");
	text_add(&t, "%d", 1234);
	assert_string_equal(buf, "abc1234");
	assert_false(t.cut);
	text_add(&t, "%s", "x");
	assert_true(t.cut);
	assert_string_equal(buf, "abc1234");
	assert_int_equal(t.len, 7);
}

static void test_nothing_after_a_cut(void **state)
{
	char buf[6];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	text_add(&t, "ab");
	text_add(&t, "%s", "longer");
	text_add(&t, "z");
	assert_string_equal(buf, "ablon");
	assert_true(t.cut);
}

static void test_no_room_at_all(void **state)
{
	char buf[1] = { 'x' };
	struct text t = text_init(buf, 0);

	(void)state;
	text_add(&t, "a");
	assert_true(t.cut);
	assert_int_equal(t.len, 0);
	assert_int_equal(buf[0], 'x');
}

static void test_copy(void **state)
{
	char buf[4];

	(void)state;
	assert_true(text_copy(buf, sizeof(buf), "abc"));
	assert_string_equal(buf, "abc");
	assert_false(text_copy(buf, sizeof(buf), "abcd"));
	assert_string_equal(buf, "abc");
	assert_false(text_copy(buf, 0, "abc"));
}

static void test_number(void **state)
{
	long long v = 77;

	(void)state;
	assert_int_equal(text_number("42", 0, 100, &v), 0);
	assert_int_equal(v, 42);
	assert_int_equal(text_number("-5", -5, 100, &v), 0);
	assert_int_equal(v, -5);
	assert_int_equal(text_number("9223372036854775807", 0, LLONG_MAX, &v), 0);
	assert_true(v == LLONG_MAX);
	assert_int_equal(text_number("-9223372036854775808", LLONG_MIN, 0, &v), 0);
	assert_true(v == LLONG_MIN);
	v = 77;
	assert_int_equal(text_number("101", 0, 100, &v), -ERANGE);
	assert_int_equal(text_number("9223372036854775808", 0, LLONG_MAX, &v), -ERANGE);
	assert_int_equal(text_number("99999999999999999999999", 0, LLONG_MAX, &v), -ERANGE);
	assert_int_equal(text_number("", 0, 100, &v), -EINVAL);
	assert_int_equal(text_number("-", -9, 100, &v), -EINVAL);
	assert_int_equal(text_number("+1", 0, 100, &v), -EINVAL);
	assert_int_equal(text_number(" 1", 0, 100, &v), -EINVAL);
	assert_int_equal(text_number("1x", 0, 100, &v), -EINVAL);
	assert_int_equal(text_number("0x1", 0, 100, &v), -EINVAL);
	assert_int_equal(v, 77);
}

static void test_plain(void **state)
{
	char buf[32];
	struct text t = text_init(buf, sizeof(buf));

	(void)state;
	text_add_plain(&t, "a\nb\x1b[2J\x7f\xc2\x9b"
			   "1\xc3\xb1\xc2\xa1\xc2");
	assert_string_equal(buf, "a?b?[2J??1\xc3\xb1\xc2\xa1\xc2");
}

static void test_case(void **state)
{
	(void)state;
	assert_int_equal(text_lower('Q'), 'q');
	assert_int_equal(text_lower('q'), 'q');
	assert_int_equal(text_lower('@'), '@');
	assert_int_equal(text_lower('['), '[');
	assert_int_equal(text_lower((char)0xc4), (char)0xc4);
	assert_true(text_same("Ana-2", "aNA-2"));
	assert_true(text_same("", ""));
	assert_false(text_same("ana", "ana2"));
	assert_false(text_same("ana2", "ana"));
	assert_false(text_same("a[", "a{"));
}

static void test_hex(void **state)
{
	uint8_t got[3] = { 0 };
	size_t len = 77;

	(void)state;
	for (int i = 0; i < 16; i++) {
		assert_int_equal(text_hex("0123456789abcdef"[i]), i);
		assert_int_equal(text_hex("0123456789ABCDEF"[i]), i);
	}
	for (const char *c = "/:@Gg`g "; *c; c++)
		assert_int_equal(text_hex(*c), -1);
	assert_int_equal(text_hex('\0'), -1);
	assert_true(text_unhex("01aFf0", got, sizeof(got), &len));
	assert_int_equal(len, 3);
	assert_memory_equal(got, "\x01\xaf\xf0", 3);
	assert_true(text_unhex("", got, sizeof(got), &len));
	assert_int_equal(len, 0);
	assert_false(text_unhex("01aff011", got, sizeof(got), &len));
	assert_false(text_unhex("012", got, sizeof(got), &len));
	assert_false(text_unhex("0x12", got, sizeof(got), &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_until_full), cmocka_unit_test(test_nothing_after_a_cut),
		cmocka_unit_test(test_no_room_at_all), cmocka_unit_test(test_copy),
		cmocka_unit_test(test_number),	       cmocka_unit_test(test_plain),
		cmocka_unit_test(test_case),	       cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
