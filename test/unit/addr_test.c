/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/addr.h"
#include "lib/rng.h"

static void test_mac_text(void **state)
{
	static const char *const bad[] = { "",
					   "aa:bb:cc:dd:ee",
					   "aa:bb:cc:dd:ee:f",
					   "aa:bb:cc:dd:ee:ff:",
					   "aa:bb:cc:dd:ee:ff0",
					   "aa:bb:cc-dd:ee:ff",
					   "aabbccddeeff",
					   "aa:bb:cc:dd:ee:fg",
					   "a:bb:cc:dd:ee:ff",
					   " aa:bb:cc:dd:ee:ff",
					   "aa.bb.cc.dd.ee.ff" };
	struct mac m, untouched = { { 1, 2, 3, 4, 5, 6 } };
	char buf[MAC_TEXT];

	(void)state;
	assert_int_equal(mac_parse("0A:1b:2C:3d:4E:5f", &m), 0);
	assert_string_equal(mac_text(&m, buf), "0a:1b:2c:3d:4e:5f");
	assert_true(mac_u64(&m) == 0x0a1b2c3d4e5f);
	assert_int_equal(mac_parse("0a-1b-2c-3d-4e-5f", &m), 0);
	assert_string_equal(mac_text(&m, buf), "0a:1b:2c:3d:4e:5f");
	m = untouched;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(mac_parse(bad[i], &m), -EINVAL);
	assert_true(mac_eq(&m, &untouched));
}

static void test_mac_kinds(void **state)
{
	const struct mac zero = { 0 }, group = { { 0x33, 0x33, 0, 0, 0, 1 } };
	const struct mac station = { { 2, 0, 0, 0, 0, 1 } };

	(void)state;
	assert_true(mac_is_zero(&zero) && !mac_is_zero(&station));
	assert_true(mac_is_multicast(&group) && mac_is_multicast(&MAC_BROADCAST));
	assert_true(mac_is_station(&station));
	assert_false(mac_is_station(&zero) || mac_is_station(&group));
	assert_true(mac_cmp(&zero, &station) < 0 && mac_cmp(&group, &station) > 0);
	assert_int_equal(mac_cmp(&station, &station), 0);
}

static void test_ip4_text(void **state)
{
	static const char *const bad[] = { "",	       "1.2.3",	   "1.2.3.4.5", "1.2.3.256",
					   "01.2.3.4", " 1.2.3.4", "1.2.3.4 ",	"0x1.2.3.4" };
	char buf[IP4_TEXT];
	struct ip4 a;

	(void)state;
	assert_int_equal(ip4_parse("255.255.255.255", &a), 0);
	assert_string_equal(ip4_text(&a, buf), "255.255.255.255");
	assert_int_equal(ip4_parse("10.0.2.1", &a), 0);
	assert_true(ip4_u32(&a) == 0x0a000201);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ip4_parse(bad[i], &a), -EINVAL);
	assert_string_equal(ip4_text(&a, buf), "10.0.2.1");
	a = ip4_from_u32(0xc0000201);
	assert_string_equal(ip4_text(&a, buf), "192.0.2.1");
}

static void test_ip6_text(void **state)
{
	/* RFC 5952 section 4 and 5 */
	static const char *const same[] = { "::",
					    "::1",
					    "1::",
					    "::46:2895",
					    "2001:db8::1",
					    "2001:db8:0:1:1:1:1:1",
					    "2001:0:0:1::1",
					    "2001:db8::1:0:0:1",
					    "1:0:0:2::",
					    "fe80::ff:fe00:1",
					    "::ffff:192.0.2.1",
					    "1:2:3:4:5:6:7:8",
					    "::2:3:4:5:6:7",
					    "0:2:3:4:5:6:7:0",
					    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" };
	static const char *const bad[] = { "",	      ":",	    ":::",    "1:2:3:4:5:6:7",
					   "12345::", "fe80::1%lo", "1::2::3" };
	char buf[IP6_TEXT];
	struct ip6 a;

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_int_equal(ip6_parse(same[i], &a), 0);
		assert_string_equal(ip6_text(&a, buf), same[i]);
	}
	assert_int_equal(ip6_parse("2001:DB8:0:0:0:0:2:1", &a), 0);
	assert_string_equal(ip6_text(&a, buf), "2001:db8::2:1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ip6_parse(bad[i], &a), -EINVAL);
}

/* inet_ntop is right but for the range where it prints IPv4-compatible addresses. */
static void test_ip6_text_as_the_system(void **state)
{
	struct rng rng = rng_init(6);

	(void)state;
	for (int n = 0; n < 20000; n++) {
		char ours[IP6_TEXT], theirs[IP6_TEXT];
		uint64_t zeros = rng_u64(&rng);
		struct ip6 a, back;

		for (int i = 0; i < 16; i++)
			a.b[i] = zeros >> i / 2 * 2 & 3 ? 0 : (uint8_t)rng_u32(&rng);
		a.b[0] |= 1;
		inet_ntop(AF_INET6, a.b, theirs, sizeof(theirs));
		assert_string_equal(ip6_text(&a, ours), theirs);
		assert_int_equal(ip6_parse(ours, &back), 0);
		assert_true(ip6_eq(&a, &back));
	}
}

static void test_ip6_kinds(void **state)
{
	const struct mac m = { { 0x52, 0, 0, 0xab, 0xc0, 1 } };
	struct ip6 a = ip6_link_local(&m);
	char buf[IP6_TEXT];

	(void)state;
	assert_string_equal(ip6_text(&a, buf), "fe80::5000:ff:feab:c001");
	assert_true(ip6_is_link_local(&a) && !ip6_is_multicast(&a) && !ip6_is_zero(&a));
	assert_int_equal(ip6_parse("febf::1", &a), 0);
	assert_true(ip6_is_link_local(&a));
	assert_int_equal(ip6_parse("fec0::1", &a), 0);
	assert_false(ip6_is_link_local(&a));
	assert_int_equal(ip6_parse("ff02::1", &a), 0);
	assert_true(ip6_is_multicast(&a));
	assert_int_equal(ip6_parse("::", &a), 0);
	assert_true(ip6_is_zero(&a));
}

/* The stupid way: bit by bit. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	for (unsigned int i = 0; i < bits; i++)
		if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static void test_networks_bit_by_bit(void **state)
{
	struct rng rng = rng_init(4);

	(void)state;
	for (int n = 0; n < 20000; n++) {
		struct net4 n4 = { ip4_from_u32(rng_u32(&rng)), (uint8_t)rng_below(&rng, 33) };
		uint32_t flip4 = UINT32_C(1) << rng_below(&rng, 32);
		struct ip4 a4 = ip4_from_u32(ip4_u32(&n4.addr) ^ flip4);
		struct net6 n6 = { .len = (uint8_t)rng_below(&rng, 129) };
		unsigned int flip6 = rng_below(&rng, 128);
		struct ip6 a6;

		for (int i = 0; i < 16; i++)
			n6.addr.b[i] = (uint8_t)rng_u32(&rng);
		a6 = n6.addr;
		a6.b[flip6 / 8] ^= (uint8_t)(0x80 >> flip6 % 8);
		assert_true(net4_has(&n4, &a4) == same_bits(n4.addr.b, a4.b, n4.len));
		assert_true(net6_has(&n6, &a6) == same_bits(n6.addr.b, a6.b, n6.len));
		a4 = net4_base(&n4).addr;
		a6 = net6_base(&n6).addr;
		assert_true(net4_has(&n4, &a4) && net6_has(&n6, &a6));
		for (unsigned int i = n4.len; i < 32; i++)
			assert_int_equal(a4.b[i / 8] >> (7 - i % 8) & 1, 0);
		for (unsigned int i = n6.len; i < 128; i++)
			assert_int_equal(a6.b[i / 8] >> (7 - i % 8) & 1, 0);
	}
}

static void test_overlaps(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} cases[] = {
		{ "10.1.0.0/16", "10.1.2.0/24", true },	 { "10.1.0.0/16", "10.2.0.0/16", false },
		{ "0.0.0.0/0", "10.2.0.0/16", true },	 { "10.1.2.3/32", "10.1.2.3/32", true },
		{ "10.1.2.3/32", "10.1.2.2/32", false }, { "10.0.0.0/15", "10.1.0.0/16", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct net4 a, b;

		assert_int_equal(net4_parse(cases[i].a, &a), 0);
		assert_int_equal(net4_parse(cases[i].b, &b), 0);
		assert_true(net4_overlaps(&a, &b) == cases[i].overlap);
		assert_true(net4_overlaps(&b, &a) == cases[i].overlap);
	}
}

static void test_net_text(void **state)
{
	static const char *const bad4[] = { "10.0.0.0",	   "10.0.0.0/",	  "10.0.0.0/33",
					    "10.0.0.0/-1", "10.0.0.0/8x", "/8",
					    "10.0.0/8",	   "10.0.0.0/8/8" };
	char buf[NET_TEXT], long_text[100];
	struct net4 n4;
	struct net6 n6;

	(void)state;
	assert_int_equal(net4_parse("10.13.0.0/16", &n4), 0);
	assert_string_equal(net4_text(&n4, buf), "10.13.0.0/16");
	assert_int_equal(net6_parse("fd0d:fe46:8ce8::/64", &n6), 0);
	assert_string_equal(net6_text(&n6, buf), "fd0d:fe46:8ce8::/64");
	assert_int_equal(net6_parse("::/0", &n6), 0);
	for (size_t i = 0; i < sizeof(bad4) / sizeof(bad4[0]); i++)
		assert_int_equal(net4_parse(bad4[i], &n4), -EINVAL);
	assert_int_equal(net6_parse("fd00::/129", &n6), -EINVAL);
	memset(long_text, '1', sizeof(long_text));
	memcpy(long_text + 96, "/64", 4);
	assert_int_equal(net6_parse(long_text, &n6), -EINVAL);
	assert_int_equal(n6.len, 0);
}

static void test_wire(void **state)
{
	const struct mac m = { { 2, 0, 0, 0, 0, 1 } };
	const struct ip4 a4 = { { 10, 0, 0, 1 } };
	const struct ip6 a6 = { { 0xfe, 0x80, [15] = 1 } };
	uint8_t buf[26];
	struct wr w = wr_init(buf, sizeof(buf));
	struct mac m2;
	struct ip4 b4;
	struct ip6 b6;
	struct rd r;

	(void)state;
	wr_mac(&w, &m);
	wr_ip4(&w, &a4);
	wr_ip6(&w, &a6);
	assert_int_equal(wr_len(&w), sizeof(buf));
	r = rd_init(buf, sizeof(buf));
	m2 = rd_mac(&r);
	b4 = rd_ip4(&r);
	b6 = rd_ip6(&r);
	assert_true(mac_eq(&m, &m2) && ip4_eq(&a4, &b4) && ip6_eq(&a6, &b6) && rd_done(&r));
	b6 = rd_ip6(&r);
	assert_true(ip6_is_zero(&b6) && !rd_ok(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mac_text),
		cmocka_unit_test(test_mac_kinds),
		cmocka_unit_test(test_ip4_text),
		cmocka_unit_test(test_ip6_text),
		cmocka_unit_test(test_ip6_text_as_the_system),
		cmocka_unit_test(test_ip6_kinds),
		cmocka_unit_test(test_networks_bit_by_bit),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_net_text),
		cmocka_unit_test(test_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
