/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/wire.h"

/* Reads one of everything: 1 + 2 + 4 + 8 + 3 + 2 + {7, 2, xx, xx} + 2 bytes. */
#define ALL_LEN 26

static size_t write_all(uint8_t *buf, size_t cap)
{
	struct wr w = wr_init(buf, cap);
	size_t mark, tlv;
	uint8_t *own;

	wr_u8(&w, 0x01);
	mark = wr_mark(&w);
	wr_u16(&w, 0);
	wr_u32(&w, 0x04050607);
	wr_u64(&w, 0x08090a0b0c0d0e0f);
	wr_bytes(&w, "abc", 3);
	wr_zero(&w, 2);
	tlv = wr_tlv8_begin(&w, 7);
	wr_u16(&w, 0x1011);
	wr_tlv8_end(&w, tlv);
	own = wr_reserve(&w, 2);
	if (own)
		memcpy(own, "yz", 2);
	wr_patch_u16(&w, mark, 0x0203);
	return wr_len(&w);
}

static void read_all(struct rd *r, bool complete)
{
	struct rd value = { 0 };
	char abc[3], yz[2];
	uint8_t type = 0;
	bool right;

	right = rd_u8(r) == 0x01;
	right &= rd_u16(r) == 0x0203;
	right &= rd_u32(r) == 0x04050607;
	right &= rd_u64(r) == 0x08090a0b0c0d0e0f;
	rd_copy(r, abc, 3);
	right &= memcmp(abc, "abc", 3) == 0;
	rd_skip(r, 2);
	right &= rd_tlv8(r, &type, &value) && type == 7 && rd_u16(&value) == 0x1011;
	right &= rd_done(&value);
	rd_copy(r, yz, 2);
	right &= memcmp(yz, "yz", 2) == 0;
	assert_true(right == complete);
}

static void test_everything(void **state)
{
	uint8_t buf[ALL_LEN];
	struct rd r;

	(void)state;
	assert_int_equal(write_all(buf, sizeof(buf)), ALL_LEN);
	r = rd_init(buf, sizeof(buf));
	read_all(&r, true);
	assert_true(rd_done(&r));
}

/* Each input is a block of its own so that a sanitizer sees the first byte beyond. */
static void test_every_truncation(void **state)
{
	uint8_t whole[ALL_LEN];

	(void)state;
	write_all(whole, sizeof(whole));
	for (size_t n = 0; n < ALL_LEN; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		struct rd r = rd_init(cut, n);

		assert_non_null(cut);
		memcpy(cut, whole, n);
		read_all(&r, false);
		assert_false(rd_ok(&r));
		assert_false(rd_done(&r));
		assert_int_equal(rd_left(&r), 0);
		free(cut);
	}
}

static void test_every_capacity(void **state)
{
	(void)state;
	for (size_t n = 0; n < ALL_LEN; n++) {
		uint8_t *small = malloc(n ? n : 1);

		assert_non_null(small);
		assert_int_equal(write_all(small, n), 0);
		free(small);
	}
}

/* After a short read everything yields zero, also what would still fit. */
static void test_errors_stick(void **state)
{
	const uint8_t data[3] = { 1, 2, 3 };
	struct rd r = rd_init(data, sizeof(data)), sub;
	uint8_t copied[2] = { 9, 9 }, type;

	(void)state;
	assert_int_equal(rd_u32(&r), 0);
	assert_int_equal(rd_u8(&r), 0);
	assert_null(rd_take(&r, 1));
	rd_copy(&r, copied, 2);
	assert_int_equal(copied[0] | copied[1], 0);
	sub = rd_sub(&r, 0);
	assert_false(rd_ok(&sub));
	sub = rd_rest(&r);
	assert_false(rd_ok(&sub));
	assert_false(rd_tlv8(&r, &type, &sub));
}

static void test_sub_reader_keeps_to_its_part(void **state)
{
	const uint8_t data[6] = { 1, 2, 3, 4, 5, 6 };
	struct rd r = rd_init(data, sizeof(data)), sub = rd_sub(&r, 2);

	(void)state;
	assert_int_equal(rd_u32(&sub), 0);
	assert_false(rd_ok(&sub));
	assert_int_equal(rd_u16(&r), 0x0304);
	sub = rd_rest(&r);
	assert_int_equal(rd_u16(&sub), 0x0506);
	assert_true(rd_done(&sub));
	assert_true(rd_done(&r));
	sub = rd_sub(&r, 1);
	assert_false(rd_ok(&sub));
	assert_false(rd_ok(&r));
}

static void test_tlv_longer_than_the_rest(void **state)
{
	const uint8_t data[] = { 1, 1, 0xaa, 2, 3, 0xbb, 0xcc };
	struct rd r = rd_init(data, sizeof(data)), value;
	uint8_t type;

	(void)state;
	assert_true(rd_tlv8(&r, &type, &value));
	assert_int_equal(type, 1);
	assert_int_equal(rd_u8(&value), 0xaa);
	assert_false(rd_tlv8(&r, &type, &value));
	assert_false(rd_ok(&r));
	/* a type without a length */
	r = rd_init(data, 1);
	assert_false(rd_tlv8(&r, &type, &value));
	assert_false(rd_ok(&r));
	/* nothing at all is the end, not an error */
	r = rd_init(NULL, 0);
	assert_false(rd_tlv8(&r, &type, &value));
	assert_true(rd_done(&r));
}

static void test_tlv_writer_refuses_256_bytes(void **state)
{
	uint8_t buf[300];
	struct wr w = wr_init(buf, sizeof(buf));
	size_t mark = wr_tlv8_begin(&w, 1);

	(void)state;
	wr_zero(&w, 255);
	wr_tlv8_end(&w, mark);
	assert_int_equal(wr_len(&w), 257);
	assert_int_equal(buf[1], 255);
	w = wr_init(buf, sizeof(buf));
	mark = wr_tlv8_begin(&w, 1);
	wr_zero(&w, 256);
	wr_tlv8_end(&w, mark);
	assert_int_equal(wr_len(&w), 0);
}

static void test_patch_outside_is_refused(void **state)
{
	uint8_t buf[8] = { 0 };
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	wr_u16(&w, 1);
	wr_patch_u16(&w, 1, 0xffff);
	assert_int_equal(wr_len(&w), 0);
	assert_int_equal(wr_left(&w), 0);
	assert_int_equal(buf[2], 0);
}

/* As one adds it up by hand. */
static void test_sum(void **state)
{
	uint8_t data[67];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(255 - 3 * i);
	for (size_t len = 0; len <= sizeof(data); len++) {
		struct rd r = rd_init(data, len);
		uint32_t sum = 0;

		for (size_t i = 0; i < len; i++)
			sum += i % 2 ? data[i] : 256u * data[i];
		assert_int_equal(rd_sum16(&r), sum);
		assert_true(rd_done(&r));
		rd_u8(&r);
		assert_int_equal(rd_sum16(&r), 0); /* it is bad now */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_every_capacity),
		cmocka_unit_test(test_errors_stick),
		cmocka_unit_test(test_sub_reader_keeps_to_its_part),
		cmocka_unit_test(test_tlv_longer_than_the_rest),
		cmocka_unit_test(test_tlv_writer_refuses_256_bytes),
		cmocka_unit_test(test_patch_outside_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
