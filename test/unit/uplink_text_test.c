/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/text.h"
#include "plat/linux/helpers/hostapd_text.h"
#include "plat/linux/helpers/uplink_text.h"

static int parse(const char *text, struct event_uplink *ret)
{
	char buf[UPLINK_TEXT_MAX];

	assert_true(text_copy(buf, sizeof(buf), text));
	return uplink_text_parse(buf, 3, ret);
}

static void test_lease(void **state)
{
	struct event_uplink u;
	char text[NET_TEXT];

	(void)state;
	assert_int_equal(
		parse("ip 192.168.7.130\nmask 255.255.255.0\nrouter 192.168.7.1 192.168.7.2\n"
		      "dns 192.168.7.1 9.9.9.9 0.0.0.0 1.1.1.1 8.8.8.8 8.8.4.4\nmtu 1492\n",
		      &u),
		0);
	assert_false(u.gone);
	assert_int_equal(u.port, 3);
	assert_string_equal(net4_text(&u.ip4, text), "192.168.7.130/24");
	assert_string_equal(ip4_text(&u.router4, text), "192.168.7.1");
	assert_int_equal(u.resolver_count, NODE_RESOLVERS);
	assert_string_equal(ip4_text(&u.resolvers[2], text), "1.1.1.1");
	assert_int_equal(u.mtu, 1492);
}

static void test_little(void **state)
{
	struct event_uplink u;

	(void)state;
	assert_int_equal(parse("ip 10.0.0.2\nmask \nrouter \ndns \nmtu \n", &u), -EBADMSG);
	assert_int_equal(parse("ip 10.0.0.2\nmask 24\nrouter \ndns \nmtu \nnew thing\n", &u), 0);
	assert_int_equal(u.ip4.len, 24);
	assert_true(ip4_is_zero(&u.router4));
	assert_int_equal(parse("ip 10.0.0.2\n", &u), 0);
	assert_int_equal(u.ip4.len, 32);
	assert_int_equal(parse("ip 10.0.0.2\nrouter 224.0.0.1\n", &u), 0);
	assert_true(ip4_is_zero(&u.router4));
}

static void test_gone_and_wrong(void **state)
{
	static const char *const wrong[] = { "ip 10.0.0.256\n",
					     "ip 10.0.0.2\nmask 255.0.255.0\n",
					     "ip x\n",
					     "ip 10.0.0.2\nmask 33\n",
					     "ip 10.0.0.2\nmask 7\n",
					     "ip 10.0.0.2\nmask 254.0.0.0\n",
					     "ip 10.0.0.2\nmtu 10\n",
					     "ip 10.0.0.2\ndns one\n",
					     "ip 10.0.0.2\nrouter y\n" };
	struct event_uplink u;

	(void)state;
	assert_int_equal(parse("", &u), 0);
	assert_true(u.gone);
	assert_int_equal(parse("ip 0.0.0.0\nmask 0.0.0.0\n", &u), -EBADMSG);
	assert_int_equal(parse("ip 127.0.0.1\nmask 8\n", &u), 0);
	assert_true(u.gone);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(parse(wrong[i], &u), -EBADMSG);
}

static bool station(const char *text, bool *ret_connected, struct mac *ret)
{
	return hostapd_text_station(text, strlen(text), ret_connected, ret);
}

static void test_hostapd(void **state)
{
	static const char *const other[] = { "PONG\n",
					     "OK\n",
					     "",
					     "<3>",
					     "<3>AP-ENABLED",
					     "<3>AP-STA-CONNECTED",
					     "<3>AP-STA-CONNECTED 02:00:00",
					     "<3>AP-STA-CONNECTED 01:00:00:00:00:01",
					     "AP-STA-CONNECTED 02:00:00:00:00:01" };
	struct mac mac;
	bool connected;

	(void)state;
	assert_true(station("<3>AP-STA-CONNECTED 02:00:00:00:00:01", &connected, &mac));
	assert_true(connected);
	assert_true(station("<3>AP-STA-CONNECTED 02:00:00:00:00:02 keyid=x\n", &connected, &mac));
	assert_int_equal(mac.b[5], 2);
	assert_true(station("<3>AP-STA-DISCONNECTED 02:00:00:00:00:01", &connected, &mac));
	assert_false(connected);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_false(station(other[i], &connected, &mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_little),
		cmocka_unit_test(test_gone_and_wrong),
		cmocka_unit_test(test_hostapd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
