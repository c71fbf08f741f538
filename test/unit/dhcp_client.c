/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dhcp_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "packet/eth.h"
#include "packet/udp.h"

size_t dhcp_client_send(const struct dhcp_msg *m, uint8_t ret_frame[static DHCP_CLIENT_FRAME])
{
	uint8_t payload[600];
	struct wr w = wr_init(payload, sizeof(payload)), f = wr_init(ret_frame, DHCP_CLIENT_FRAME);
	struct udp4_path path = { .eth_src = m->chaddr,
				  .eth_dst = MAC_BROADCAST,
				  .dst = { { 255, 255, 255, 255 } },
				  .src_port = 68,
				  .dst_port = 67 };

	dhcp_encode(&w, m);
	udp4_build(&f, &path, payload, wr_len(&w));
	return wr_len(&f);
}

struct dhcp_msg dhcp_client_receive(const uint8_t *frame, size_t len)
{
	struct dhcp_msg answer;
	struct ip4_head ip;
	struct udp_head udp;
	struct rd r = rd_init(frame, len), p, d;
	struct eth eth;

	assert_true(len > 0);
	assert_int_equal(eth_decode(&r, &eth), 0);
	assert_int_equal(ip4_decode(&r, &ip, &p), 0);
	assert_int_equal(udp4_decode(&p, &ip, &udp, &d), 0);
	assert_int_equal(dhcp_decode(&d, &answer), 0);
	return answer;
}
