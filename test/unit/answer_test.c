/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of the DHCP server: how long they may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/lease/answer.h"
#include "packet/eth.h"
#include "packet/ip.h"
#include "packet/udp.h"

static struct lease_conf conf;
static struct dhcp_msg asked, got;

/* Length of the frame; what it says is in `got`. */
static size_t answer(uint16_t max_size)
{
	static uint8_t frame[ANSWER_FRAME_MAX];
	struct answer a = { .asked = &asked, .type = DHCP_OFFER, .name = "x" };
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
	return len;
}

static int setup(void **state)
{
	(void)state;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sizes, setup),
		cmocka_unit_test_setup(test_no_mtu, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
