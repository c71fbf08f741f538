/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "packet/ip.h"
#include "plat/linux/wires/probe_msg.h"

/* example.org A, one CNAME and one A with compressed names. */
static const uint8_t answer[] = {
	0x12, 0x34, 0x81, 0x80, 0,  1, 0, 2, 0, 0,    0,  0, 7,	 'e', 'x', 'a', 'm', 'p', 'l', 'e',
	3,    'o',  'r',  'g',	0,  0, 1, 0, 1, 0xc0, 12, 0, 5,	 0,   1,   0,	0,   0,	  60,  0,
	2,    0xc0, 12,	  0xc0, 12, 0, 1, 0, 1, 0,    0,  0, 60, 0,   4,   198, 51,  100, 80,
};

static void test_dns(void **state)
{
	struct rd r = rd_init(answer, sizeof(answer));
	struct probe_dns d;
	uint8_t buf[PROBE_DNS_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	(void)state;
	assert_int_equal(probe_dns_answer(&r, 0x1234, &d), 0);
	assert_int_equal(d.rcode, 0);
	assert_int_equal(ip4_u32(&d.address), 0xc6336450);
	r = rd_init(answer, sizeof(answer));
	assert_int_equal(probe_dns_answer(&r, 0x1235, &d), -EAGAIN);
	for (size_t len = 12; len < sizeof(answer); len++) {
		r = rd_init(answer, len);
		assert_int_equal(probe_dns_answer(&r, 0x1234, &d), -EBADMSG);
	}
	probe_dns_encode(&w, 0x1234, "example.org", false);
	assert_int_equal(wr_len(&w), 29);
	assert_memory_equal(buf + 12, answer + 12, 17);
	/* our own question is no answer */
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(probe_dns_answer(&r, 0x1234, &d), -EAGAIN);
	w = wr_init(buf, sizeof(buf));
	probe_dns_encode(&w, 1, "a..b", false);
	assert_int_equal(wr_len(&w), 0);
}

/* Two addresses of IPv6: the first counts. Nor do those of another class or length. */
static void test_dns6(void **state)
{
	static const struct {
		uint8_t type, class, len;
	} others[] = { { 28, 3, 16 }, { 28, 1, 15 }, { 1, 3, 4 }, { 1, 1, 5 } };
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));
	struct probe_dns d;
	struct rd r;

	(void)state;
	wr_bytes(&w, "\x12\x34\x81\x80\0\1\0\6\0\0\0\0", 12);
	wr_bytes(&w, "\1a\0\0\34\0\1", 7);
	for (int i = 0; i < 6; i++) {
		uint8_t len = i < 4 ? others[i].len : 16;

		wr_u16(&w, 0xc00c);
		wr_u16(&w, i < 4 ? others[i].type : 28);
		wr_u16(&w, i < 4 ? others[i].class : 1);
		wr_u32(&w, 60);
		wr_u16(&w, len);
		wr_u8(&w, (uint8_t)(0x20 + i));
		wr_zero(&w, len - 1U);
	}
	for (size_t cut = 0; cut < wr_len(&w); cut++) {
		r = rd_init(buf, cut);
		assert_int_equal(probe_dns_answer(&r, 0x1234, &d), -EBADMSG);
	}
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(probe_dns_answer(&r, 0x1234, &d), 0);
	assert_int_equal(d.address6.b[0], 0x24);
	assert_true(ip4_is_zero(&d.address));
	w = wr_init(buf, sizeof(buf));
	probe_dns_encode(&w, 0x1234, "a", true);
	assert_int_equal(wr_len(&w), 12 + 7);
	assert_memory_equal(buf + 12, "\1a\0\0\34\0\1", 7);
}

static void test_echo(void **state)
{
	uint8_t buf[20 + 64] = { 0x45 };
	struct wr w = wr_init(buf + 20, 64);
	struct rd r;

	(void)state;
	probe_echo_encode(&w, false, 7, 1);
	assert_int_equal(wr_len(&w), 32);
	assert_int_equal(sum_finish(sum_add(0, buf + 20, 32)), 0);
	r = rd_init(buf, 52);
	assert_false(probe_echo_answer(&r, false, 7, 1)); /* the request */
	buf[20] = 0;
	r = rd_init(buf, 52);
	assert_true(probe_echo_answer(&r, false, 7, 1));
	r = rd_init(buf, 52);
	assert_false(probe_echo_answer(&r, false, 8, 1));
	for (size_t len = 0; len < 28; len++) {
		r = rd_init(buf, len);
		assert_false(probe_echo_answer(&r, false, 7, 1));
		r = rd_init(buf, len);
		assert_false(probe_echo_answer(&r, false, 0, 0)); /* what is missing is no 0 */
	}
	buf[20] = 129;
	r = rd_init(buf + 20, 32);
	assert_true(probe_echo_answer(&r, true, 7, 1));
	r = rd_init(buf + 20, 32);
	assert_false(probe_echo_answer(&r, true, 7, 2));
	buf[21] = 1; /* an answer has code 0 */
	r = rd_init(buf + 20, 32);
	assert_false(probe_echo_answer(&r, true, 7, 1));
	/* IPv6: the kernel makes the checksum */
	w = wr_init(buf, sizeof(buf));
	probe_echo_encode(&w, true, 7, 1);
	assert_int_equal(wr_len(&w), 32);
	assert_memory_equal(buf, "\200\0\0\0\0\7\0\1", 8);
	for (size_t cap = 0; cap < 32; cap++) {
		w = wr_init(buf, cap);
		probe_echo_encode(&w, false, 7, 1);
		assert_int_equal(wr_len(&w), 0);
	}
}

static int http(const char *text, bool end, struct probe_http *ret)
{
	return probe_http_answer(text, strlen(text), end, ret);
}

static void test_http(void **state)
{
	struct probe_http h;

	(void)state;
	assert_int_equal(http("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", false, &h), 0);
	assert_int_equal(h.status, 204);
	assert_int_equal(h.body_len, 0);
	assert_int_equal(http("HTTP/1.0 200 OK\n\nsuccess\n", false, &h), 0);
	assert_int_equal(h.status, 200);
	assert_int_equal(h.body_len, 8);
	assert_memory_equal(h.body, "success", 7);
	assert_int_equal(http("", false, &h), -EAGAIN);
	assert_int_equal(http("HTT", false, &h), -EAGAIN);
	assert_int_equal(http("HTTP/1.1 30", false, &h), -EAGAIN);
	assert_int_equal(http("HTTP/1.1 302 F\r\nLocation: x\r\n", false, &h), -EAGAIN);
	assert_int_equal(http("HTTP/1.1 302 F\r\nLocation: x\r\n", true, &h), 0);
	assert_int_equal(h.status, 302);
	assert_int_equal(http("", true, &h), -EBADMSG);
	assert_int_equal(http("SSH-2.0-x\r\n", false, &h), -EBADMSG);
	assert_int_equal(http("HTTP/1.1 2x4 No\r\n\r\n", false, &h), -EBADMSG);
	assert_int_equal(http("HTTP/1.1 x04 No\r\n\r\n", false, &h), -EBADMSG);
	assert_int_equal(http("HTTP/1.1 20x No\r\n\r\n", false, &h), -EBADMSG);
	assert_int_equal(http("HTTP/1.10 204 No\r\n\r\n", false, &h), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_dns6),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
