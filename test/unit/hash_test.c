/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/hash.h"

static void assert_md5(const char *text, const char *want)
{
	uint8_t sum[16];
	char hex[33];

	md5(text, strlen(text), sum);
	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	assert_string_equal(hex, want);
}

/* RFC 1321 appendix A.5. */
static void test_md5_vectors(void **state)
{
	(void)state;
	assert_md5("", "d41d8cd98f00b204e9800998ecf8427e");
	assert_md5("a", "0cc175b9c0f1b6a831c399e269772661");
	assert_md5("abc", "900150983cd24fb0d6963f7d28e17f72");
	assert_md5("message digest", "f96b697d7cb7938d525a2f31aaf161d0");
	assert_md5("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b");
	assert_md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		   "d174ab98d277d9f5a5611c2c9f419d9f");
	assert_md5("12345678901234567890123456789012345678901234567890123456789012345678901234567"
		   "890",
		   "57edf4a22be3c955ac49da2e2107b67a");
}

/* The lengths around a block: MD5 of the MD5s of 0 to 129 times 'x', made with another
 * implementation. */
static void test_md5_block_edges(void **state)
{
	static const uint8_t want[16] = { 0x6c, 0x93, 0xcc, 0xf0, 0x27, 0x82, 0x2c, 0x47,
					  0xae, 0xd4, 0x07, 0x7b, 0xed, 0xd7, 0xe6, 0x58 };
	uint8_t all[130 * 16], sum[16];
	char x[129];

	(void)state;
	memset(x, 'x', sizeof(x));
	for (size_t n = 0; n <= sizeof(x); n++)
		md5(x, n, all + 16 * n);
	md5(all, sizeof(all), sum);
	assert_memory_equal(sum, want, 16);
}

/* One entry of batman-adv's translation table: VLAN id, flags, MAC. */
static uint32_t entry_crc(uint8_t b0, uint8_t b1, uint8_t b2, uint8_t b3, uint8_t b4, uint8_t b5)
{
	const uint8_t vid[2] = { 0, 0 }, flags = 0, mac[6] = { b0, b1, b2, b3, b4, b5 };

	return crc32c(crc32c(crc32c(0, vid, 2), &flags, 1), mac, 6);
}

/* What kernels have sent. */
static void test_crc32c_of_translation_tables(void **state)
{
	uint32_t a = entry_crc(2, 0, 0, 0, 0x0a, 0x0a), all = entry_crc(0x33, 0x33, 0, 0, 0, 1);

	(void)state;
	assert_int_equal(a, 0x0a3f7bad);
	assert_int_equal(a ^ all, 0x55a971b7);
	assert_int_equal(entry_crc(2, 0, 0, 0, 0x0c, 0x0c) ^ entry_crc(1, 0, 0x5e, 0, 0, 1) ^
				 entry_crc(0x33, 0x33, 0xff, 0, 0x0c, 0x0c) ^ all,
			 0x6c7cbcd6);
}

/* RFC 3720 B.4, with the inversions that we leave out done here. */
static void test_crc32c_vectors(void **state)
{
	uint8_t data[32] = { 0 };

	(void)state;
	assert_int_equal(~crc32c(UINT32_MAX, data, 32), 0x8a9136aa);
	memset(data, 0xff, sizeof(data));
	assert_int_equal(~crc32c(UINT32_MAX, data, 32), 0x62a8ab43);
	for (uint8_t i = 0; i < 32; i++)
		data[i] = i;
	assert_int_equal(~crc32c(UINT32_MAX, data, 32), 0x46dd794e);
	assert_int_equal(crc32c(7, data, 0), 7);
}

/* Key 00..0f, messages 00, 01, ...: made with another implementation that also gives the paper's
 * SipHash-2-4 vector. */
static void test_siphash13_vectors(void **state)
{
	const struct hash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t data[16];

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		data[i] = i;
	assert_true(hash_bytes(&key, data, 0) == UINT64_C(0xabac0158050fc4dc));
	assert_true(hash_bytes(&key, data, 1) == UINT64_C(0xc9f49bf37d57ca93));
	assert_true(hash_bytes(&key, data, 8) == UINT64_C(0x369095118d299a8e));
	assert_true(hash_bytes(&key, data, 15) == UINT64_C(0xd320d86d2a519956));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md5_vectors),
		cmocka_unit_test(test_md5_block_edges),
		cmocka_unit_test(test_crc32c_of_translation_tables),
		cmocka_unit_test(test_crc32c_vectors),
		cmocka_unit_test(test_siphash13_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
