/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCPv4 messages: round trip, overload, joined options, every truncation, wrong lengths. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "packet/dhcp.h"
#include "packet/dhcp_options.h"

static const struct dhcp_msg EXAMPLE = {
	.op = DHCP_OP_REQUEST,
	.type = DHCP_REQUEST,
	.xid = 0xdeadbeef,
	.broadcast = true,
	.secs = 7,
	.chaddr = { { 2, 0, 0, 0, 0, 1 } },
	.requested = { { 10, 13, 0, 9 } },
	.server_id = { { 10, 13, 0, 1 } },
	.max_size = 1472,
	.id = { 1, 2, 0, 0, 0, 0, 1 },
	.id_len = 7,
	.hostname = "laptop",
	.has_wanted = true,
	.wanted = { 1u << 1 | 1u << 3 | 1u << 6, 0, 0, 1u << 25, 0, 0, 0, 1 },
	.trama = true,
};

static int decode(const void *data, size_t len, struct dhcp_msg *ret)
{
	struct rd r = rd_init(data, len);

	return dhcp_decode(&r, ret);
}

static void round_trip(void **state)
{
	uint8_t buf[600];
	struct wr w = wr_init(buf, sizeof(buf));
	struct dhcp_msg got;

	(void)state;
	dhcp_encode(&w, &EXAMPLE);
	assert_true(wr_len(&w) >= DHCP_LEN_MIN);
	w = wr_init(buf, sizeof(buf));
	wr_zero(&w, DHCP_LEN_MIN);
	dhcp_encode_end(&w); /* long enough without padding */
	assert_int_equal(wr_len(&w), DHCP_LEN_MIN + 1);
	for (size_t cap = 0; cap < DHCP_LEN_MIN; cap++) {
		w = wr_init(buf, cap);
		dhcp_encode(&w, &EXAMPLE);
		assert_int_equal(wr_len(&w), 0);
	}
	w = wr_init(buf, sizeof(buf));
	dhcp_encode(&w, &EXAMPLE);
	assert_int_equal(decode(buf, wr_len(&w), &got), 0);
	assert_int_equal(got.type, DHCP_REQUEST);
	assert_int_equal(got.xid, 0xdeadbeef);
	assert_true(got.broadcast && got.trama);
	assert_true(ip4_eq(&got.requested, &EXAMPLE.requested));
	assert_true(ip4_eq(&got.server_id, &EXAMPLE.server_id));
	assert_int_equal(got.id_len, 7);
	assert_memory_equal(got.id, EXAMPLE.id, 7);
	assert_string_equal(got.hostname, "laptop");
	assert_memory_equal(got.wanted, EXAMPLE.wanted, sizeof(got.wanted));
	assert_true(dhcp_wants(&got, DHCP_OPT_ROUTES) && dhcp_wants(&got, DHCP_OPT_TRAMA));
	assert_false(dhcp_wants(&got, DHCP_OPT_CAPTIVE));
}

/* A cut message is refused or, between two options, read without what is missing; the end option
 * may be absent. */
static void truncated(void **state)
{
	uint8_t buf[600];
	struct wr w = wr_init(buf, sizeof(buf));
	struct dhcp_msg got;
	unsigned good = 0;

	(void)state;
	dhcp_encode(&w, &EXAMPLE);
	for (size_t len = 0; len < DHCP_FIXED; len++)
		assert_int_equal(decode(buf, len, &got), -EBADMSG);
	for (size_t len = DHCP_FIXED; len < wr_len(&w); len++)
		good += decode(buf, len, &got) == 0;
	assert_true(good > 5 && good < 40);
}

static struct wr start(uint8_t *buf, size_t cap)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST, .type = DHCP_DISCOVER };
	struct wr w = wr_init(buf, cap);

	dhcp_encode_begin(&w, &m);
	return w;
}

static void joined(void **state)
{
	uint8_t buf[1500];
	struct wr w = start(buf, sizeof(buf));
	struct dhcp_msg got;
	char name[63];

	(void)state;
	memset(name, 'x', sizeof(name));
	dhcp_encode_option(&w, DHCP_OPT_HOSTNAME, "lap", 3);
	dhcp_encode_option(&w, DHCP_OPT_CLIENT_ID, "\1abc", 4);
	dhcp_encode_option(&w, DHCP_OPT_HOSTNAME, "top", 3);
	dhcp_encode_end(&w);
	assert_int_equal(decode(buf, wr_len(&w), &got), 0);
	assert_string_equal(got.hostname, "laptop");
	w = start(buf, sizeof(buf));
	for (int i = 0; i < 10; i++) /* far more than any buffer */
		dhcp_encode_option(&w, DHCP_OPT_CLIENT_ID, name, sizeof(name));
	dhcp_encode_end(&w);
	assert_int_equal(decode(buf, wr_len(&w), &got), 0);
	assert_int_equal(got.id_len, DHCP_ID_MAX);
}

/* Options in `file` and `sname`, the former first. */
static void overloaded(void **state)
{
	static const uint8_t file[] = { DHCP_OPT_HOSTNAME, 2, 'b', 'c', DHCP_OPT_END };
	static const uint8_t sname[] = { DHCP_OPT_HOSTNAME, 1, 'd', DHCP_OPT_END };
	uint8_t buf[600], how = 3;
	struct wr w = start(buf, sizeof(buf));
	struct dhcp_msg got;

	(void)state;
	dhcp_encode_option(&w, DHCP_OPT_HOSTNAME, "a", 1);
	dhcp_encode_option(&w, DHCP_OPT_OVERLOAD, &how, 1);
	dhcp_encode_end(&w);
	memcpy(buf + 44, sname, sizeof(sname));
	memcpy(buf + 108, file, sizeof(file));
	assert_int_equal(decode(buf, wr_len(&w), &got), 0);
	assert_string_equal(got.hostname, "abcd");
	buf[109] = 200; /* leaves the field */
	assert_int_equal(decode(buf, wr_len(&w), &got), -EBADMSG);
	buf[109] = 126; /* just fits, no end */
	assert_int_equal(decode(buf, wr_len(&w), &got), 0);
}

static void lengths(void **state)
{
	static const uint8_t codes[] = {
		DHCP_OPT_TYPE,	   DHCP_OPT_REQUESTED, DHCP_OPT_SERVER_ID,
		DHCP_OPT_MAX_SIZE, DHCP_OPT_LEASE,     DHCP_OPT_OVERLOAD,
	};
	uint8_t buf[600];
	struct dhcp_msg got;

	(void)state;
	for (size_t i = 0; i < sizeof(codes); i++) {
		struct wr w = start(buf, sizeof(buf));

		dhcp_encode_option(&w, codes[i], "abcde", 5);
		dhcp_encode_end(&w);
		assert_int_equal(decode(buf, wr_len(&w), &got), -EBADMSG);
	}
	struct wr w = start(buf, sizeof(buf));

	dhcp_encode_end(&w);
	buf[2] = 16; /* hardware address of another length */
	assert_int_equal(decode(buf, wr_len(&w), &got), -EBADMSG);
	buf[2] = 6;
	buf[236] ^= 1; /* cookie */
	assert_int_equal(decode(buf, wr_len(&w), &got), -EBADMSG);
}

static void fqdn(void **state)
{
	uint8_t buf[600];
	struct wr w = start(buf, sizeof(buf));
	struct dhcp_msg got;

	(void)state;
	dhcp_encode_option(&w, DHCP_OPT_FQDN, "\4\0\0\5phone\3lan\0", 14);
	dhcp_encode_end(&w);
	assert_int_equal(decode(buf, wr_len(&w), &got), 0);
	assert_string_equal(got.hostname, "phone");
	w = start(buf, sizeof(buf));
	dhcp_encode_option(&w, DHCP_OPT_FQDN, "\0\0\0phone.lan", 12);
	dhcp_encode_end(&w);
	assert_int_equal(decode(buf, wr_len(&w), &got), 0);
	assert_string_equal(got.hostname, "phone.lan");
}

/* RFC 3396: what is longer than 255 bytes travels in pieces. */
static void split(void **state)
{
	uint8_t buf[1500], data[300] = { 0 };
	struct wr w = start(buf, sizeof(buf));
	size_t before = wr_len(&w);

	(void)state;
	dhcp_encode_option(&w, DHCP_OPT_ROUTES, data, sizeof(data));
	assert_int_equal(wr_len(&w) - before, 2 + 255 + 2 + 45);
}

/* ---- options as people write them ---- */

static void as_text(void **state)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {
		{ "ntp-server,10.0.0.1", "ntp-server,10.0.0.1" },
		{ "option:dns-server,10.0.0.1,10.0.0.2", "dns-server,10.0.0.1,10.0.0.2" },
		{ "42,10.0.0.1", "ntp-server,10.0.0.1" },
		{ "router", "router" },
		{ "mtu,0576", "mtu,576" },
		{ "bootfile-name,/a/b~", "bootfile-name,/a/b~" },
	};
	uint8_t buf[256], code;
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r, value;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[DHCP_OPTIONS_TEXT_MAX];
		struct text t = text_init(out, sizeof(out));
		size_t before = wr_len(&w);

		assert_int_equal(dhcp_options_parse(rows[i].text, &w), 0);
		r = rd_init(buf + before, wr_len(&w) - before);
		assert_true(dhcp_options_sound(buf + before, wr_len(&w) - before));
		assert_true(rd_tlv8(&r, &code, &value) && rd_done(&r));
		dhcp_options_print(code, value, &t);
		assert_string_equal(out, rows[i].printed);
	}
	assert_true(dhcp_options_find(buf, wr_len(&w), DHCP_OPT_MTU, &value));
	assert_int_equal(rd_u16(&value), 576);
	assert_true(dhcp_options_find(buf, wr_len(&w), DHCP_OPT_ROUTER, &value));
	assert_int_equal(rd_left(&value), 0);
	assert_false(dhcp_options_find(buf, wr_len(&w), DHCP_OPT_LOG, &value));
	assert_false(dhcp_options_sound(buf, wr_len(&w))); /* one of them is there twice */
}

/* What others have written into a record. */
static void not_sound(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{ "\52", 1 },		   /* no length */
		{ "\52\4\12\0\0", 5 },	   /* shorter than it says */
		{ "\52\5\12\0\0\1\1", 7 }, /* no whole address */
		{ "\52\4\0\0\0\0", 6 },	   /* nobody's */
		{ "\32\2\43\50", 4 },	   /* an MTU of 9000 */
		{ "\32\1\5", 3 },	   /* of one byte */
		{ "\103\3a\0b", 5 },	   /* a NUL in a text */
		{ "\65\1\2", 3 },	   /* not for a client alone: the type of a message */
		{ "\3\0\3\0", 4 },	   /* twice */
		{ "\52\24"
		  "aaaaaaaaaaaaaaaaaaaa",
		  22 }, /* five addresses */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(dhcp_options_sound(rows[i].bytes, rows[i].len));
	assert_true(dhcp_options_sound("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(truncated),
		cmocka_unit_test(joined),     cmocka_unit_test(overloaded),
		cmocka_unit_test(lengths),    cmocka_unit_test(fqdn),
		cmocka_unit_test(split),      cmocka_unit_test(as_text),
		cmocka_unit_test(not_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
