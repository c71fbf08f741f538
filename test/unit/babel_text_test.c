/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines as babeld 1.12.1 wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/text.h"
#include "plat/linux/helpers/babel_text.h"

#define ROUTE                                                                                      \
	"change route 55868cb81d90 prefix 10.13.0.0/16 from 0.0.0.0/0 installed yes "              \
	"id 80:bc:a8:fb:03:58:6f:7d metric 96 refmetric 0 via fe80::a4e8:e7ff:fede:5031 if v0"

static int parse(const char *line, struct babel_line *ret)
{
	char buf[BABEL_LINE_MAX];

	assert_true(text_copy(buf, sizeof(buf), line));
	return babel_text_line(buf, ret);
}

static void test_neighbour(void **state)
{
	struct babel_line l;
	char ip[IP6_TEXT];

	(void)state;
	assert_int_equal(parse("add neighbour 55868cb80bf0 address fe80::a4e8:e7ff:fede:5031 if "
			       "eth0_17 reach e000 ureach 0000 rxcost 96 txcost 65535 rtt 12.345 "
			       "rttcost 3 cost 65535",
			       &l),
			 0);
	assert_int_equal(l.kind, BABEL_LINE_NEIGHBOUR);
	assert_false(l.flush);
	assert_string_equal(l.handle, "55868cb80bf0");
	assert_string_equal(l.dev, "eth0_17");
	assert_string_equal(ip6_text(&l.address, ip), "fe80::a4e8:e7ff:fede:5031");
	assert_int_equal(l.cost, 65535);
	assert_int_equal(l.rtt_ms, 12);
}

static void test_route(void **state)
{
	static const uint8_t id[8] = { 0x80, 0xbc, 0xa8, 0xfb, 0x03, 0x58, 0x6f, 0x7d };
	struct babel_line l;
	char net[NET_TEXT];

	(void)state;
	assert_int_equal(parse(ROUTE, &l), 0);
	assert_int_equal(l.kind, BABEL_LINE_ROUTE);
	assert_true(l.installed);
	assert_false(l.v6);
	assert_string_equal(net4_text(&l.to4, net), "10.13.0.0/16");
	assert_true(ip4_is_zero(&l.via4));
	assert_false(ip6_is_zero(&l.via6));
	assert_int_equal(l.metric, 96);
	assert_int_equal(l.refmetric, 0);
	assert_memory_equal(l.id, id, sizeof(id));

	assert_int_equal(parse("flush route 1 prefix fd13::/48 from fd14::/64 installed no "
			       "id 00:00:00:00:00:00:00:01 metric 65535 refmetric 65535 "
			       "via 10.0.0.1 if v0",
			       &l),
			 0);
	assert_true(l.flush);
	assert_true(l.v6);
	assert_false(l.installed);
	assert_string_equal(net6_text(&l.to6, net), "fd13::/48");
	assert_string_equal(net6_text(&l.from6, net), "fd14::/64");
	assert_int_equal(ip4_u32(&l.via4), 0x0a000001);
}

static void test_own_and_others(void **state)
{
	struct babel_line l;

	(void)state;
	assert_int_equal(parse("add xroute 10.14.0.0/16-0.0.0.0/0 prefix 10.14.0.0/16 "
			       "from 0.0.0.0/0 metric 0",
			       &l),
			 0);
	assert_int_equal(l.kind, BABEL_LINE_OWN);
	assert_int_equal(parse("add interface eth0_17 up true ipv6 fe80::1", &l), 0);
	assert_int_equal(l.kind, BABEL_LINE_INTERFACE);
	assert_string_equal(l.dev, "eth0_17");
	assert_int_equal(parse("ok", &l), 0);
	assert_int_equal(l.kind, BABEL_LINE_OK);
	assert_int_equal(parse("no such interface", &l), 0);
	assert_int_equal(l.kind, BABEL_LINE_REFUSED);
	assert_int_equal(parse("bad", &l), 0);
	assert_int_equal(l.kind, BABEL_LINE_REFUSED);
	assert_int_equal(parse("my-id 04:02:01:9a:0f:2a:ae:8e", &l), 0);
	assert_int_equal(l.kind, BABEL_LINE_ID);
	assert_int_equal(l.id[0], 4);
	assert_int_equal(l.id[7], 0x8e);
	assert_int_equal(parse("my-id 04:02", &l), -EBADMSG);
	for (size_t i = 0; i < 4; i++) {
		static const char *const other[] = { "", "BABEL 1.0", "version babeld-1.12.1",
						     "add something new" };

		assert_int_equal(parse(other[i], &l), 0);
		assert_int_equal(l.kind, BABEL_LINE_OTHER);
	}
}

static void test_wrong(void **state)
{
	static const char *const wrong[] = {
		"add neighbour",
		"add neighbour 1 address fe80::1 if v0",		      /* no cost */
		"add neighbour 1 address fe80::1 if v0 cost 65536",	      /* too big */
		"add neighbour 1 address 10.0.0.1 if v0 cost 1",	      /* not IPv6 */
		"add neighbour 1 address fe80::1 if abcdefghijklmnop cost 1", /* 16 letters */
		"add neighbour 123456789012345678901 address fe80::1 if v0 cost 1",
		"change route 1 prefix 10.0.0.0/33 from 0.0.0.0/0 installed yes id "
		"80:bc:a8:fb:03:58:6f:7d metric 1 via fe80::1 if v0",
		"change route 1 prefix 10.0.0.0/8 from 0.0.0.0/0 installed perhaps id "
		"80:bc:a8:fb:03:58:6f:7d metric 1 via fe80::1 if v0",
		"change route 1 prefix 10.0.0.0/8 from 0.0.0.0/0 installed yes id "
		"80:bc:a8:fb:03:58:6f metric 1 via fe80::1 if v0",
		"add xroute x prefix 10.0.0.0/8 metric",
	};
	struct babel_line l;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_true(parse(wrong[i], &l) < 0);
}

/* A line cut anywhere is never taken for the whole one. */
static void test_cut(void **state)
{
	char line[] = ROUTE;
	struct babel_line l;

	(void)state;
	for (size_t len = sizeof("change route"); len < sizeof(line) - 3; len++) {
		char cut[sizeof(line)];

		memcpy(cut, line, len);
		cut[len] = '\0';
		assert_true(babel_text_line(cut, &l) < 0);
	}
}

static void feed(struct babel_in *in, const char *text, size_t len)
{
	assert_true(in->len + len <= sizeof(in->buf));
	memcpy(in->buf + in->len, text, len);
	in->len += len;
}

/* The pieces that a socket gives do not end where lines do. A line too long is said to be one, also
 * when the whole buffer has no room for it, and those behind it are read. */
static void test_pieces(void **state)
{
	static struct babel_in in;
	static char big[sizeof(in.buf)];
	char *line;

	(void)state;
	memset(big, 'x', sizeof(big));
	feed(&in, "ok\nadd inter", 12);
	assert_true(babel_text_next(&in, &line));
	assert_string_equal(line, "ok");
	assert_false(babel_text_next(&in, &line));
	feed(&in, "face eth0\n\n", 11);
	assert_true(babel_text_next(&in, &line));
	assert_string_equal(line, "add interface eth0");
	assert_true(babel_text_next(&in, &line));
	assert_string_equal(line, "");
	assert_false(babel_text_next(&in, &line));
	for (size_t len = BABEL_LINE_MAX - 1; len <= BABEL_LINE_MAX; len++) {
		feed(&in, big, len);
		feed(&in, "\n", 1);
		assert_true(babel_text_next(&in, &line));
		assert_true((line != NULL) == (len < BABEL_LINE_MAX));
		assert_false(babel_text_next(&in, &line));
	}
	feed(&in, big, sizeof(in.buf));
	assert_false(babel_text_next(&in, &line));
	feed(&in, "the end of it\nok\n", 17);
	assert_true(babel_text_next(&in, &line));
	assert_null(line);
	assert_true(babel_text_next(&in, &line));
	assert_string_equal(line, "ok");
	assert_false(babel_text_next(&in, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_neighbour),
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_own_and_others),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
