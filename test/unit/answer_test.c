/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of the DHCP server: how long they may be, and where those for relays go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/lease/answer.h"
#include "packet/dhcp_options.h"
#include "packet/eth.h"
#include "packet/ip.h"
#include "packet/udp.h"

static struct lease_conf conf;
static struct lease_static fixed;
static struct dhcp_msg asked, got;
static struct mac got_by; /* the frame's destination */
static struct ip4 got_at;
static uint16_t got_port;
static uint8_t frame[ANSWER_FRAME_MAX];

/* Length of the frame; what it says is in `got`. */
static size_t answer_of_type(uint8_t type, uint16_t max_size)
{
	struct answer a = { .asked = &asked,
			    .from = { { 2, 0, 0, 0, 0, 9 } },
			    .type = type,
			    .lease_s = conf.lease_s,
			    .fixed = &fixed,
			    .name = "x" };
	struct rd r, payload, data;
	struct ip4_head ip;
	struct udp_head udp;
	struct eth eth;
	size_t len;

	asked.max_size = max_size;
	len = answer_build(frame, sizeof(frame), &conf, &a);
	r = rd_init(frame, len);
	assert_int_equal(eth_decode(&r, &eth), 0);
	assert_int_equal(ip4_decode(&r, &ip, &payload), 0);
	assert_int_equal(udp4_decode(&payload, &ip, &udp, &data), 0);
	assert_int_equal(dhcp_decode(&data, &got), 0);
	got_by = eth.dst;
	got_at = ip.dst;
	got_port = udp.dst_port;
	return len;
}

static size_t answer(uint16_t max_size)
{
	return answer_of_type(DHCP_OFFER, max_size);
}

static int setup(void **state)
{
	(void)state;
	fixed = (struct lease_static) { .options_len = 0 };
	conf = (struct lease_conf) { .network = { { { 10, 13, 0, 0 } }, 16 },
				     .anycast = { { 10, 13, 0, 1 } },
				     .anycast_mac = { { 0xaa, 0xaa, 0xaa, 0, 0, 1 } },
				     .lease_s = 1200,
				     .mtu = 1350 };
	asked = (struct dhcp_msg) { .type = DHCP_DISCOVER,
				    .chaddr = { { 2, 0, 0, 0, 0, 7 } },
				    .has_wanted = true };
	memset(asked.wanted, 0xff, sizeof(asked.wanted));
	memset(conf.domain, 'd', sizeof(conf.domain) - 1);
	memset(conf.captive, 'c', sizeof(conf.captive) - 1);
	for (int i = 0; i < LEASE_SEARCH_MAX; i++) {
		for (size_t k = 0; k < 250; k++)
			conf.search[i][k] = k % 50 == 49 ? '.' : 's';
		conf.search[i][250] = 's';
	}
	return 0;
}

/* Whatever a client says that it can take: 576 bytes at least, and no more than a frame has. */
static void test_sizes(void **state)
{
	(void)state;
	asked.id_len = DHCP_ID_MAX;
	assert_in_range(answer(0), 300, ETH_HEADER + 576);
	assert_in_range(answer(100), 300, ETH_HEADER + 576);
	assert_int_equal(got.mtu, 1350);
	assert_int_equal(got.lease_s, 1200);
	assert_in_range(answer(1000), ETH_HEADER + 577, ETH_HEADER + 1000);
	assert_in_range(answer(1500), ETH_HEADER + 577, ANSWER_FRAME_MAX);
	assert_in_range(answer(UINT16_MAX), ETH_HEADER + 577, ANSWER_FRAME_MAX);
}

static void test_no_mtu(void **state)
{
	(void)state;
	conf.mtu = 0;
	answer(1500);
	assert_int_equal(got.mtu, 0);
}

/* To the relay that asked, whatever the answer is. */
static void test_relay(void **state)
{
	static const uint8_t types[] = { DHCP_OFFER, DHCP_ACK, DHCP_NAK };
	struct mac relay = { { 2, 0, 0, 0, 0, 9 } };

	(void)state;
	asked.giaddr = (struct ip4) { { 10, 13, 7, 7 } };
	for (size_t i = 0; i < sizeof(types); i++) {
		answer_of_type(types[i], 1500);
		assert_true(mac_eq(&got_by, &relay));
		assert_true(ip4_eq(&got_at, &asked.giaddr));
		assert_true(ip4_eq(&got.giaddr, &asked.giaddr));
		assert_int_equal(got_port, DHCP_SERVER_PORT);
		assert_int_equal(got.broadcast, types[i] == DHCP_NAK);
	}
	asked.giaddr = (struct ip4) { { 0 } };
	answer_of_type(DHCP_NAK, 1500);
	assert_true(mac_eq(&got_by, &MAC_BROADCAST));
	assert_int_equal(got_port, DHCP_CLIENT_PORT);
	assert_false(got.broadcast);
}

static void fix(const char *option)
{
	struct wr w = wr_init(fixed.options + fixed.options_len,
			      sizeof(fixed.options) - fixed.options_len);

	assert_int_equal(dhcp_options_parse(option, &w), 0);
	fixed.options_len = (uint8_t)(fixed.options_len + wr_len(&w));
}

static bool has(const void *bytes, size_t n, size_t len)
{
	return memmem(frame, len, bytes, n) != NULL;
}

/* What is fixed for a client is said once, in place of what all are told. */
static void test_fixed(void **state)
{
	static const uint8_t for_all[] = { 10, 13, 0, 1 };
	size_t len;

	(void)state;
	conf.domain[0] = conf.captive[0] = '\0';
	fix("dns-server,10.13.0.9,10.13.0.10");
	fix("mtu,1300");
	fix("ntp-server,10.13.0.11");
	fix("domain-name,lan");
	fix("captive-portal,http://a/");
	len = answer(1500);
	assert_int_equal(got.mtu, 1300);
	assert_true(ip4_eq(&got.router, &conf.anycast));
	assert_true(has("\x06\x08\x0a\x0d\x00\x09\x0a\x0d\x00\x0a", 10, len));
	assert_false(has("\x06\x04\x0a\x0d\x00\x01", 6, len));
	assert_true(has("\x2a\x04\x0a\x0d\x00\x0b", 6, len));
	assert_true(has("\x72\x09http://a/", 11, len));
	assert_string_equal(got.domain, "lan");
	memset(asked.wanted, 0, sizeof(asked.wanted));
	len = answer(1500); /* it does not ask for the time */
	assert_int_equal(got.mtu, 1300);
	assert_false(has("\x2a\x04\x0a\x0d\x00\x0b", 6, len));
	asked.has_wanted = false;
	len = answer(1500);
	assert_true(has("\x2a\x04\x0a\x0d\x00\x0b", 6, len));
	/* routes have a default one, which is the router's */
	conf.route_count = 1;
	conf.routes[0] = (struct lease_route) { { { { 10, 0, 0, 0 } }, 8 }, { { 10, 13, 0, 7 } } };
	asked.wanted[DHCP_OPT_ROUTES / 32] |= 1u << DHCP_OPT_ROUTES % 32;
	fix("router,10.13.0.12");
	len = answer(1500);
	assert_true(has("\x79\x0b\x08\x0a\x0a\x0d\x00\x07\x00\x0a\x0d\x00\x0c", 13, len));
	assert_int_equal(got.router.b[3], 12);
	assert_memory_equal(got.server_id.b, for_all, sizeof(for_all));
}

/* Without a value an option is not told at all. */
static void test_fixed_to_nothing(void **state)
{
	size_t len;

	(void)state;
	conf.captive[0] = '\0';
	conf.route_count = 1;
	conf.routes[0] = (struct lease_route) { { { { 10, 0, 0, 0 } }, 8 }, { { 10, 13, 0, 7 } } };
	fix("3");
	fix("dns-server");
	fix("mtu");
	fix("domain-name");
	len = answer(1500);
	assert_true(ip4_is_zero(&got.router));
	assert_true(ip4_is_zero(&got.dns));
	assert_int_equal(got.mtu, 0);
	assert_string_equal(got.domain, "");
	assert_true(has("\x79\x06\x08\x0a\x0a\x0d\x00\x07", 8, len));
}

/* As much as can be fixed does not make a message longer than its client takes. */
static void test_much_is_fixed(void **state)
{
	(void)state;
	asked.id_len = DHCP_ID_MAX;
	fix("router,10.13.0.2,10.13.0.3,10.13.0.4,10.13.0.5");
	fix("dns-server,10.13.0.2,10.13.0.3,10.13.0.4,10.13.0.5");
	fix("time-server,10.13.0.2,10.13.0.3,10.13.0.4,10.13.0.5");
	fix("ntp-server,10.13.0.2,10.13.0.3,10.13.0.4,10.13.0.5");
	fix("tftp-server,a.very.long.name.of.a.server.of.files.in.some.domain.org");
	fix("bootfile-name,a/path/to/something");
	assert_in_range(answer(0), 500, ETH_HEADER + 576);
	assert_int_equal(got.router.b[3], 2);
	assert_int_equal(got.lease_s, 1200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sizes, setup),
		cmocka_unit_test_setup(test_no_mtu, setup),
		cmocka_unit_test_setup(test_relay, setup),
		cmocka_unit_test_setup(test_fixed, setup),
		cmocka_unit_test_setup(test_fixed_to_nothing, setup),
		cmocka_unit_test_setup(test_much_is_fixed, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
