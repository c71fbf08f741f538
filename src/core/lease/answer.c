/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lease/answer.h"

#include <string.h>

#include "packet/dhcp_options.h"
#include "packet/eth.h"
#include "packet/name.h"
#include "packet/udp.h"

enum {
	SIZE_DEFAULT = 576, /* bytes of an IP packet that every client takes */
	HEADERS = IP4_HEADER + UDP_HEADER,
};

/* An option that a client can do without. */
static void extra(struct wr *w, uint8_t option, const void *data, size_t len)
{
	size_t pieces = (len + UINT8_MAX - 1) / UINT8_MAX;

	if (len > 0 && len + 2 * pieces + 1 <= wr_left(w))
		dhcp_encode_option(w, option, data, len);
}

/* What is fixed for the client, be it that it is not told. */
static bool has_fixed(const struct answer *a, uint8_t option, struct rd *ret_value)
{
	return a->fixed &&
	       dhcp_options_find(a->fixed->options, a->fixed->options_len, option, ret_value);
}

static void value_add(struct wr *w, uint8_t option, struct rd value)
{
	size_t len = rd_left(&value);

	extra(w, option, rd_take(&value, len), len);
}

/* An option that has a value for all, and for this client perhaps another one. */
static void told(struct wr *w, const struct answer *a, uint8_t option, const void *data, size_t len)
{
	struct rd value;

	value_add(w, option, has_fixed(a, option, &value) ? value : rd_init(data, len));
}

static void search_add(struct wr *w, const struct lease_conf *conf)
{
	uint8_t list[LEASE_SEARCH_MAX * (NAME_MAX_TEXT + 2)];
	struct wr lw = wr_init(list, sizeof(list));

	for (unsigned i = 0; i < LEASE_SEARCH_MAX; i++) {
		uint8_t name[NAME_MAX_TEXT + 2];
		struct wr nw = wr_init(name, sizeof(name));

		/* one bad name must not cost the others */
		name_encode(&nw, conf->search[i]);
		wr_bytes(&lw, name, wr_len(&nw));
	}
	extra(w, DHCP_OPT_SEARCH, list, wr_len(&lw));
}

static void route_add(struct wr *w, const struct net4 *net, const struct ip4 *via)
{
	struct net4 base = net4_base(net);

	wr_u8(w, base.len);
	wr_bytes(w, base.addr.b, (base.len + 7u) / 8);
	wr_ip4(w, via);
}

static void routes_add(struct wr *w, const struct lease_conf *conf, const struct answer *a)
{
	static const struct net4 everything;
	uint8_t list[(LEASE_ROUTES_MAX + 1) * 9];
	struct wr lw = wr_init(list, sizeof(list));
	struct ip4 router = conf->anycast;
	struct rd value;

	if (conf->route_count == 0)
		return;
	for (unsigned i = 0; i < conf->route_count; i++)
		route_add(&lw, &conf->routes[i].net, &conf->routes[i].via);
	/* a client that understands this option ignores the router option (RFC 3442) */
	if (has_fixed(a, DHCP_OPT_ROUTER, &value))
		router = rd_ip4(&value);
	if (!ip4_is_zero(&router))
		route_add(&lw, &everything, &router);
	extra(w, DHCP_OPT_ROUTES, list, wr_len(&lw));
}

static void times_add(struct wr *w, uint32_t lease_s)
{
	dhcp_encode_u32(w, DHCP_OPT_LEASE, lease_s);
	dhcp_encode_u32(w, DHCP_OPT_T1, lease_s / 2);
	dhcp_encode_u32(w, DHCP_OPT_T2, lease_s / 8 * 7);
}

static void mtu_add(struct wr *w, const struct lease_conf *conf, const struct answer *a)
{
	uint8_t number[2];
	struct wr nw = wr_init(number, sizeof(number));

	wr_u16(&nw, conf->mtu);
	told(w, a, DHCP_OPT_MTU, number, conf->mtu ? wr_len(&nw) : 0);
}

/* Of which there is nothing for all. */
static void others_add(struct wr *w, const struct answer *a)
{
	static const uint8_t for_all[] = { DHCP_OPT_ROUTER, DHCP_OPT_DNS, DHCP_OPT_MTU,
					   DHCP_OPT_DOMAIN, DHCP_OPT_CAPTIVE };
	struct rd r = rd_init(a->fixed ? a->fixed->options : NULL,
			      a->fixed ? a->fixed->options_len : 0),
		  value;
	uint8_t option;

	while (rd_tlv8(&r, &option, &value))
		if (!memchr(for_all, option, sizeof(for_all)) &&
		    (!a->asked->has_wanted || dhcp_wants(a->asked, option)))
			value_add(w, option, value);
}

static void network_add(struct wr *w, const struct lease_conf *conf, const struct answer *a)
{
	const struct dhcp_msg *asked = a->asked;
	uint32_t host_bits = UINT32_MAX >> conf->network.len;
	struct ip4 mask = ip4_from_u32(~host_bits);
	struct ip4 broadcast = ip4_from_u32(ip4_u32(&conf->anycast) | host_bits);

	dhcp_encode_ip4(w, DHCP_OPT_MASK, &mask);
	dhcp_encode_ip4(w, DHCP_OPT_BROADCAST, &broadcast);
	told(w, a, DHCP_OPT_ROUTER, conf->anycast.b, sizeof(conf->anycast.b));
	told(w, a, DHCP_OPT_DNS, conf->anycast.b, sizeof(conf->anycast.b));
	mtu_add(w, conf, a);
	if (asked->trama || dhcp_wants(asked, DHCP_OPT_TRAMA))
		extra(w, DHCP_OPT_TRAMA, DHCP_MARK, strlen(DHCP_MARK));
	if (!asked->has_wanted || dhcp_wants(asked, DHCP_OPT_DOMAIN))
		told(w, a, DHCP_OPT_DOMAIN, conf->domain, strlen(conf->domain));
	if (dhcp_wants(asked, DHCP_OPT_HOSTNAME))
		extra(w, DHCP_OPT_HOSTNAME, a->name, strlen(a->name));
	if (dhcp_wants(asked, DHCP_OPT_ROUTES))
		routes_add(w, conf, a);
	if (dhcp_wants(asked, DHCP_OPT_CAPTIVE))
		told(w, a, DHCP_OPT_CAPTIVE, conf->captive, strlen(conf->captive));
	if (dhcp_wants(asked, DHCP_OPT_SEARCH))
		search_add(w, conf);
	others_add(w, a);
}

static size_t message_build(void *buf, size_t cap, const struct lease_conf *conf,
			    const struct answer *a)
{
	const struct dhcp_msg *asked = a->asked;
	struct dhcp_msg m = { .op = DHCP_OP_REPLY,
			      .type = a->type,
			      .xid = asked->xid,
			      .broadcast = asked->broadcast,
			      .giaddr = asked->giaddr,
			      .chaddr = asked->chaddr,
			      .yiaddr = a->ip };
	struct wr w = wr_init(buf, cap);

	if (a->type == DHCP_ACK)
		m.ciaddr = asked->ciaddr;
	/* a relay is not to send it to the address that is refused */
	if (a->type == DHCP_NAK && !ip4_is_zero(&asked->giaddr))
		m.broadcast = true;
	dhcp_encode_begin(&w, &m);
	dhcp_encode_ip4(&w, DHCP_OPT_SERVER_ID, &conf->anycast);
	dhcp_encode_option(&w, DHCP_OPT_CLIENT_ID, asked->id, asked->id_len); /* RFC 6842 */
	if (a->type != DHCP_NAK) {
		if (asked->type != DHCP_INFORM)
			times_add(&w, a->lease_s);
		network_add(&w, conf, a);
	}
	dhcp_encode_end(&w);
	return wr_len(&w);
}

/* RFC 2131 section 4.1: where the client can hear it, or who relays for it. */
static void address(struct udp4_path *p, const struct answer *a)
{
	static const struct ip4 all = { { 255, 255, 255, 255 } };
	const struct dhcp_msg *asked = a->asked;

	p->eth_dst = MAC_BROADCAST;
	p->dst = all;
	if (!ip4_is_zero(&asked->giaddr)) {
		p->eth_dst = a->from;
		p->dst = asked->giaddr;
		p->dst_port = DHCP_SERVER_PORT;
	} else if (a->type == DHCP_NAK) {
		return;
	} else if (!ip4_is_zero(&asked->ciaddr)) {
		p->eth_dst = a->from;
		p->dst = asked->ciaddr;
	} else if (!asked->broadcast && mac_eq(&a->from, &asked->chaddr)) {
		/* who speaks for another station is answered by broadcast: it may listen with
		 * either MAC */
		p->eth_dst = asked->chaddr;
		p->dst = a->ip;
	}
}

size_t answer_build(void *buf, size_t cap, const struct lease_conf *conf, const struct answer *a)
{
	uint8_t msg[ETH_MTU - HEADERS];
	struct udp4_path path = { .eth_src = conf->anycast_mac,
				  .src = conf->anycast,
				  .src_port = DHCP_SERVER_PORT,
				  .dst_port = DHCP_CLIENT_PORT };
	struct wr w = wr_init(buf, cap);
	size_t size = a->asked->max_size;
	size_t len;

	if (size < SIZE_DEFAULT)
		size = SIZE_DEFAULT;
	if (size > ETH_MTU)
		size = ETH_MTU;
	/* what it always has fits into the least size */
	len = message_build(msg, size - HEADERS, conf, a);
	address(&path, a);
	udp4_build(&w, &path, msg, len);
	return wr_len(&w);
}
