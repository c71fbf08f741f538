/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/port/port_msg.h"

#include <errno.h>
#include <string.h>

#include "packet/dhcp.h"
#include "packet/eth.h"
#include "packet/udp.h"

#define HELLO_MAGIC 0x54524d41 /* "TRMA" */
#define HELLO_VERSION 1
#define HELLO_SERVES 1

enum hello_element {
	HELLO_SSID = 1,
	HELLO_NETWORK4 = 2,
};

static void read_element(uint8_t type, struct rd *value, struct port_hello *h)
{
	if (type == HELLO_SSID && rd_left(value) <= sizeof(h->ssid)) {
		h->ssid_len = (uint8_t)rd_left(value);
		rd_copy(value, h->ssid, h->ssid_len);
	} else if (type == HELLO_NETWORK4) {
		h->network4.addr = rd_ip4(value);
		h->network4.len = rd_u8(value);
	}
}

int port_hello_decode(struct rd *r, struct port_hello *ret)
{
	struct port_hello h = { 0 };
	struct rd body, value;
	uint8_t version, flags, type;

	if (rd_u32(r) != HELLO_MAGIC)
		return -EPROTONOSUPPORT;
	version = rd_u8(r);
	flags = rd_u8(r);
	body = rd_sub(r, rd_u16(r));
	if (!rd_ok(r))
		return -EBADMSG;
	if (version != HELLO_VERSION)
		return -EPROTONOSUPPORT;
	h.serves = flags & HELLO_SERVES;
	h.node_mac = rd_mac(&body);
	h.port_mac = rd_mac(&body);
	h.batman_mac = rd_mac(&body);
	h.port_id = rd_u16(&body);
	rd_copy(&body, h.network_id, sizeof(h.network_id));
	while (rd_tlv8(&body, &type, &value)) {
		read_element(type, &value, &h);
		if (!rd_ok(&value))
			return -EBADMSG;
	}
	if (!rd_done(&body) || !mac_is_station(&h.node_mac) || !mac_is_station(&h.port_mac) ||
	    h.ssid_len == 0 || h.network4.len > 32)
		return -EBADMSG;
	*ret = h;
	return 0;
}

void port_hello_encode(struct wr *w, const struct port_hello *h)
{
	struct eth eth = { .dst = MAC_BROADCAST, .src = h->port_mac, .type = PORT_ETHERTYPE_HELLO };
	size_t length, element;

	eth_encode(w, &eth);
	wr_u32(w, HELLO_MAGIC);
	wr_u8(w, HELLO_VERSION);
	wr_u8(w, h->serves ? HELLO_SERVES : 0);
	length = wr_mark(w);
	wr_u16(w, 0);
	wr_mac(w, &h->node_mac);
	wr_mac(w, &h->port_mac);
	wr_mac(w, &h->batman_mac);
	wr_u16(w, h->port_id);
	wr_bytes(w, h->network_id, sizeof(h->network_id));
	element = wr_tlv8_begin(w, HELLO_SSID);
	wr_bytes(w, h->ssid, h->ssid_len);
	wr_tlv8_end(w, element);
	element = wr_tlv8_begin(w, HELLO_NETWORK4);
	wr_ip4(w, &h->network4.addr);
	wr_u8(w, h->network4.len);
	wr_tlv8_end(w, element);
	wr_patch_u16(w, length, (uint16_t)(wr_mark(w) - length - 2));
}

int port_offer_decode(struct rd *r, const struct mac *from, struct port_offer *ret)
{
	struct ip4_head ip;
	struct udp_head udp;
	struct rd segment, data;
	struct dhcp_msg m;

	if (ip4_decode(r, &ip, &segment) < 0)
		return -EBADMSG;
	if (ip.proto != IP_PROTO_UDP || ip.fragment)
		return -EPROTONOSUPPORT;
	if (udp4_decode(&segment, &ip, &udp, &data) < 0)
		return -EBADMSG;
	if (udp.dst_port != DHCP_CLIENT_PORT)
		return -EPROTONOSUPPORT;
	if (dhcp_decode(&data, &m) < 0)
		return -EBADMSG;
	if (m.op != DHCP_OP_REPLY || m.type != DHCP_OFFER)
		return -EPROTONOSUPPORT;
	*ret = (struct port_offer) {
		.from = *from,
		.chaddr = m.chaddr,
		.xid = m.xid,
		.server = ip4_is_zero(&m.server_id) ? ip.src : m.server_id,
		.router = m.router,
		.trama = m.trama,
	};
	return 0;
}

void port_discover_encode(struct wr *w, const struct mac *mac, uint32_t xid, uint16_t secs)
{
	struct dhcp_msg m = {
		.op = DHCP_OP_REQUEST,
		.type = DHCP_DISCOVER,
		.broadcast = true, /* the port has no address yet */
		.secs = secs,
		.xid = xid,
		.chaddr = *mac,
		.has_wanted = true,
		.trama = true,
	};
	struct udp4_path path = {
		.eth_src = *mac,
		.eth_dst = MAC_BROADCAST,
		.dst = { { 255, 255, 255, 255 } },
		.src_port = DHCP_CLIENT_PORT,
		.dst_port = DHCP_SERVER_PORT,
	};
	uint8_t buf[PORT_FRAME_MAX];
	struct wr data = wr_init(buf, sizeof(buf));

	m.wanted[0] = 1U << DHCP_OPT_MASK | 1U << DHCP_OPT_ROUTER | 1U << DHCP_OPT_DNS;
	m.wanted[DHCP_OPT_TRAMA / 32] |= 1U << DHCP_OPT_TRAMA % 32;
	dhcp_encode(&data, &m);
	udp4_build(w, &path, buf, wr_len(&data));
}
