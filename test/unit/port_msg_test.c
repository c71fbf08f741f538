/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hellos, and the frames of the DHCP self-test. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/port/port_msg.h"
#include "packet/dhcp.h"
#include "packet/eth.h"
#include "packet/udp.h"

static void test_hello_codec(void **state)
{
	struct port_hello h = {
		.node_mac = { { 0x02, 0, 0, 0, 0, 1 } },
		.port_mac = { { 0x02, 0, 0, 0, 1, 2 } },
		.batman_mac = { { 0x02, 0, 0, 0, 2, 2 } },
		.port_id = 0x1234,
		.serves = true,
		.network_id = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
		.network4 = { { { 10, 13, 0, 0 } }, 16 },
		.ssid_len = 32,
		.ssid = "01234567890123456789012345678901",
	};
	struct port_hello back;
	uint8_t frame[PORT_FRAME_MAX] = { 0 }, copy[PORT_FRAME_MAX];
	struct wr wr = wr_init(frame, sizeof(frame));
	struct rd r;
	size_t len;

	(void)state;
	port_hello_encode(&wr, &h);
	len = wr_len(&wr);
	r = rd_init(frame + ETH_HEADER, len - ETH_HEADER);
	assert_int_equal(port_hello_decode(&r, &back), 0);
	wr = wr_init(copy, sizeof(copy));
	port_hello_encode(&wr, &back);
	assert_int_equal(wr_len(&wr), len);
	assert_memory_equal(frame, copy, len);
	assert_true(back.serves && back.port_id == 0x1234 && back.network4.len == 16);
	/* padding behind it does not matter, every cut does */
	r = rd_init(frame + ETH_HEADER, len - ETH_HEADER + 30);
	assert_int_equal(port_hello_decode(&r, &back), 0);
	for (size_t n = 0; n < len - ETH_HEADER; n++) {
		r = rd_init(frame + ETH_HEADER, n);
		assert_int_not_equal(port_hello_decode(&r, &back), 0);
	}
	frame[ETH_HEADER + 4] = 2;
	r = rd_init(frame + ETH_HEADER, len - ETH_HEADER);
	assert_int_equal(port_hello_decode(&r, &back), -EPROTONOSUPPORT);
}

static int hello_try(const struct port_hello *h)
{
	uint8_t frame[PORT_FRAME_MAX];
	struct wr w = wr_init(frame, sizeof(frame));
	struct port_hello back;
	struct rd r;

	port_hello_encode(&w, h);
	r = rd_init(frame + ETH_HEADER, wr_len(&w) - ETH_HEADER);
	return port_hello_decode(&r, &back);
}

static void test_hello_refused(void **state)
{
	const struct port_hello good = {
		.node_mac = { { 2, 0, 0, 0, 0, 1 } },
		.port_mac = { { 2, 0, 0, 0, 1, 2 } },
		.ssid_len = 1,
		.ssid = "a",
	};
	struct port_hello h = good;

	(void)state;
	assert_int_equal(hello_try(&h), 0);
	h.node_mac = MAC_BROADCAST;
	assert_int_equal(hello_try(&h), -EBADMSG);
	h = good;
	h.port_mac = (struct mac) { 0 };
	assert_int_equal(hello_try(&h), -EBADMSG);
	h = good;
	h.ssid_len = 0;
	assert_int_equal(hello_try(&h), -EBADMSG);
	h = good;
	h.network4.len = 33;
	assert_int_equal(hello_try(&h), -EBADMSG);
}

static void test_discover_frame(void **state)
{
	const struct mac mac = { { 0x02, 0, 0, 0, 1, 0 } };
	uint8_t frame[PORT_FRAME_MAX];
	struct wr wr = wr_init(frame, sizeof(frame));
	struct ip4_head ip;
	struct udp_head udp;
	struct dhcp_msg m;
	struct rd r, segment, data;
	struct eth eth;

	(void)state;
	port_discover_encode(&wr, &mac, 77, 5);
	r = rd_init(frame, wr_len(&wr));
	assert_int_equal(eth_decode(&r, &eth), 0);
	assert_true(mac_eq(&eth.src, &mac));
	assert_int_equal(ip4_decode(&r, &ip, &segment), 0);
	assert_int_equal(udp4_decode(&segment, &ip, &udp, &data), 0);
	assert_int_equal(udp.dst_port, DHCP_SERVER_PORT);
	assert_int_equal(dhcp_decode(&data, &m), 0);
	assert_int_equal(m.type, DHCP_DISCOVER);
	assert_int_equal(m.xid, 77);
	assert_true(m.broadcast && m.trama);
	assert_true(mac_eq(&m.chaddr, &mac));
}

static size_t build_offer(uint8_t op, uint8_t type, uint16_t port, uint8_t *frame, size_t cap)
{
	struct dhcp_msg m = { .op = op, .type = type, .xid = 9 };
	struct udp4_path path = { .eth_dst = MAC_BROADCAST, .src = { { 192, 168, 1, 1 } } };
	struct wr w = wr_init(frame, cap), data;
	uint8_t buf[PORT_FRAME_MAX];

	m.chaddr = (struct mac) { { 2, 0, 0, 0, 0, 1 } };
	m.router = (struct ip4) { { 192, 168, 1, 254 } };
	m.trama = true;
	data = wr_init(buf, sizeof(buf));
	dhcp_encode(&data, &m);
	path.eth_src = (struct mac) { { 2, 0, 0, 0, 0, 7 } };
	path.dst = (struct ip4) { { 255, 255, 255, 255 } };
	path.src_port = DHCP_SERVER_PORT;
	path.dst_port = port;
	udp4_build(&w, &path, buf, wr_len(&data));
	return wr_len(&w);
}

static void test_offer(void **state)
{
	const struct mac from = { { 2, 0, 0, 0, 0, 7 } };
	uint8_t frame[PORT_FRAME_MAX];
	size_t len = build_offer(DHCP_OP_REPLY, DHCP_OFFER, DHCP_CLIENT_PORT, frame, sizeof(frame));
	struct rd r = rd_init(frame + ETH_HEADER, len - ETH_HEADER);
	struct port_offer o;

	(void)state;
	assert_int_equal(port_offer_decode(&r, &from, &o), 0);
	assert_int_equal(o.xid, 9);
	assert_int_equal(o.router.b[3], 254);
	/* without a server identifier the sender is the server */
	assert_int_equal(o.server.b[3], 1);
	assert_true(o.trama);
	for (size_t n = 0; n < len - ETH_HEADER; n++) {
		r = rd_init(frame + ETH_HEADER, n);
		assert_int_equal(port_offer_decode(&r, &from, &o), -EBADMSG);
	}
	len = build_offer(DHCP_OP_REPLY, DHCP_ACK, DHCP_CLIENT_PORT, frame, sizeof(frame));
	r = rd_init(frame + ETH_HEADER, len - ETH_HEADER);
	assert_int_equal(port_offer_decode(&r, &from, &o), -EPROTONOSUPPORT);
	len = build_offer(DHCP_OP_REPLY, DHCP_OFFER, DHCP_SERVER_PORT, frame, sizeof(frame));
	r = rd_init(frame + ETH_HEADER, len - ETH_HEADER);
	assert_int_equal(port_offer_decode(&r, &from, &o), -EPROTONOSUPPORT);
	len = build_offer(DHCP_OP_REQUEST, DHCP_OFFER, DHCP_CLIENT_PORT, frame, sizeof(frame));
	r = rd_init(frame + ETH_HEADER, len - ETH_HEADER);
	assert_int_equal(port_offer_decode(&r, &from, &o), -EPROTONOSUPPORT);
}

/* Neither a fragment nor another protocol is looked into. */
static void test_offer_not_udp(void **state)
{
	const struct mac from = { { 2, 0, 0, 0, 0, 7 } };
	struct ip4_head ip = { .proto = 6 };
	uint8_t packet[IP4_HEADER];
	struct wr w = wr_init(packet, sizeof(packet));
	struct rd r = rd_init(packet, sizeof(packet));
	struct port_offer o;

	(void)state;
	ip4_encode(&w, &ip, 0);
	assert_int_equal(port_offer_decode(&r, &from, &o), -EPROTONOSUPPORT);
	ip.proto = IP_PROTO_UDP;
	w = wr_init(packet, sizeof(packet));
	ip4_encode(&w, &ip, 0);
	packet[7] = 1; /* the offset, and the checksum that it makes */
	packet[11]--;
	r = rd_init(packet, sizeof(packet));
	assert_int_equal(port_offer_decode(&r, &from, &o), -EPROTONOSUPPORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello_codec),   cmocka_unit_test(test_discover_frame),
		cmocka_unit_test(test_offer),	      cmocka_unit_test(test_hello_refused),
		cmocka_unit_test(test_offer_not_udp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
