/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A life of the lease core: the input is a list of {what u8, length u8 * 4, bytes}. After each step
 * nothing may be broken: no address with two leases, no deadline in the past, replies of a bounded
 * number.
 */
#include <stdlib.h>
#include <string.h>

#include "core/lease/serve.h"
#include "packet/dhcp.h"
#include "packet/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static _Alignas(8) uint8_t out_buf[65536];
static struct lease lease;
static usec_t now;

static const struct lease_conf CONF = {
	.network = { { { 10, 13, 0, 0 } }, 24 },
	.anycast = { { 10, 13, 0, 1 } },
	.anycast_mac = { { 0xaa, 0xaa, 0xaa, 0x0d, 0xfe, 0xaa } },
	.mtu = 1350,
	.domain = "thisnode.info",
	.search = { "thisnode.info" },
	.captive = "https://thisnode.info/",
	.route_count = 1,
	.routes = { { { { { 10, 0, 0, 0 } }, 8 }, { { 10, 13, 0, 1 } } } },
};

static struct mac few_macs(struct rd *r)
{
	return (struct mac) { { 2, 0, 0, 0, 0, rd_u8(r) % 8 } };
}

static struct ip4 near_ip(struct rd *r)
{
	return (struct ip4) { { 10, 13, 0, rd_u8(r) } };
}

static void do_message(struct rd *r, bool fields)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST };
	struct udp4_path p = { .eth_dst = MAC_BROADCAST,
			       .dst = ip4_from_u32(UINT32_MAX),
			       .src_port = DHCP_CLIENT_PORT,
			       .dst_port = DHCP_SERVER_PORT };
	uint8_t msg[1400], frame[1514];
	struct wr mw = wr_init(msg, sizeof(msg)), w = wr_init(frame, sizeof(frame));

	if (fields) {
		m.type = rd_u8(r) % 10;
		m.chaddr = few_macs(r);
		m.requested = near_ip(r);
		m.ciaddr = near_ip(r);
		if (m.requested.b[3] == 0)
			m.requested = (struct ip4) { { 0 } };
		if (m.ciaddr.b[3] == 0)
			m.ciaddr = (struct ip4) { { 0 } };
		if (rd_u8(r) & 1)
			m.server_id = CONF.anycast;
		m.id_len = rd_u8(r) % 5;
		memset(m.id, rd_u8(r) % 3, sizeof(m.id));
		rd_copy(r, m.hostname, rd_left(r) < 63 ? rd_left(r) : 63);
		dhcp_encode(&mw, &m);
		p.eth_src = m.chaddr;
	} else {
		p.eth_src = few_macs(r);
		wr_bytes(&mw, r->p, rd_left(r));
	}
	udp4_build(&w, &p, msg, wr_len(&mw));
	lease_input(&lease, frame, wr_len(&w), (uint16_t)(m.chaddr.b[5] % 3), now);
}

static void do_learnt(struct rd *r)
{
	struct lease_client c = { .mac = few_macs(r), .ip4 = near_ip(r) };

	c.flags = rd_u8(r);
	c.node.b[0] = rd_u8(r) % 3;
	c.age_s = rd_u32(r);
	c.addr_count = rd_u8(r) % 20;
	c.id_len = rd_u8(r) % 40;
	for (int i = 0; i < LEASE_ADDRS_MAX; i++)
		c.addrs[i] = (struct ip6) { { 0xfd, [15] = rd_u8(r) } };
	if (c.ip4.b[3] == 0)
		c.ip4 = (struct ip4) { { 0 } };
	if (c.ip4.b[3] % 4 == 1 && !(c.flags & LEASE_DECLINED)) {
		c.wanted = c.ip4;
		c.ip4 = (struct ip4) { { 0 } };
	}
	if (c.flags & LEASE_DECLINED)
		c.mac = lease_decline_mac(&c.ip4);
	lease_client_learnt(&lease, &c, now);
}

static void do_block(struct rd *r, uint8_t what)
{
	struct lease_block b = { .index = rd_u8(r) % 20, .epoch = rd_u8(r) };

	b.owner.b[0] = rd_u8(r) % 3;
	b.rest_s = b.epoch % 3 ? 0 : 500 * b.epoch;
	if (what == 0)
		lease_block_learnt(&lease, &b, now);
	else if (what == 1)
		lease_block_gone(&lease, &b, now);
	else
		lease_block_acked(&lease, &b, now);
}

static void do_client(struct rd *r, uint8_t what)
{
	struct mac mac = few_macs(r);
	struct ip4 ip = near_ip(r);
	struct ip6 addr = lease_mapped(&ip);
	struct lease_node gw = { { rd_u8(r) } };

	switch (what) {
	case 0:
		lease_client_gone(&lease, &mac, now);
		break;
	case 1:
		lease_client_here(&lease, &mac, 1, now);
		break;
	case 2:
		lease_client_seen(&lease, &mac, &addr, 1, now);
		break;
	case 3:
		lease_client_gateway(&lease, &mac, &gw, now);
		break;
	case 4:
		lease_address_taken(&lease, &ip, &mac, now);
		break;
	case 5:
		lease_reserve_address(&lease, &ip, now);
		break;
	case 6:
		lease_address_told(&lease, &ip, &mac, now);
		break;
	default:
		lease_unreserve_address(&lease, &ip, now);
		break;
	}
}

/* A word of another node: one that is well-formed, or bytes. */
static void do_talk(struct rd *r)
{
	struct lease_node from = { { rd_u8(r) % 3 } };
	uint8_t kind = rd_u8(r) % 5, data[LEASE_TALK_MAX];
	struct wr w = wr_init(data, sizeof(data));

	if (kind) {
		struct mac mac;
		struct ip4 ip;

		wr_u8(&w, kind);
		wr_u32(&w, rd_u8(r));
		mac = few_macs(r);
		if (kind == 1)
			wr_mac(&w, &mac);
		ip = near_ip(r);
		if (ip.b[3] == 0)
			ip = (struct ip4) { { 0 } };
		wr_ip4(&w, &ip);
	} else {
		wr_bytes(&w, r->p, rd_left(r) < sizeof(data) ? rd_left(r) : sizeof(data));
	}
	lease_talk(&lease, &from, data, wr_len(&w), now);
}

/* What is fixed for a client or reserved, of fields or of bytes; or it is no more. */
static void do_static(struct rd *r, uint8_t what)
{
	struct lease_static s = { .lease_s = 0 };
	struct lease_range range;
	struct mac mac = few_macs(r);
	uint8_t id[4];

	range.first = near_ip(r);
	range.last = near_ip(r);
	memset(id, rd_u8(r) % 3, sizeof(id));
	if (what == 0)
		s.key = lease_key_range(&range);
	else if (what == 1)
		s.key = lease_key_id(id, rd_u8(r) % 5);
	else
		s.key = lease_key_mac(&mac);
	if (what > 0 && range.first.b[3])
		s.ip4 = range.first;
	s.lease_s = what > 0 ? rd_u16(r) : 0;
	if (what > 0)
		s.name[0] = (char)rd_u8(r);
	s.options_len = (uint8_t)(rd_left(r) < sizeof(s.options) ? rd_left(r) : sizeof(s.options));
	rd_copy(r, s.options, s.options_len);
	if (what == 3)
		lease_static_gone(&lease, &s.key, now);
	else
		(void)lease_static_learnt(&lease, &s, now);
}

static void do_time(struct rd *r)
{
	usec_t steps[] = { USEC_MS, USEC_S, 60 * USEC_S, 3600 * USEC_S };

	now += steps[rd_u8(r) % 4] * (1 + rd_u8(r) % 64);
	if (lease_deadline(&lease) <= now)
		lease_tick(&lease, now);
	if (lease_deadline(&lease) <= now)
		abort();
	if (now / USEC_S % 3 == 0)
		lease_saved(&lease, now);
}

/* What is lent is nobody else's. */
static void check_lent(void)
{
	const struct lease_lent *lent;

	for (uint32_t i = 0; (lent = table_next(&lease.lent, &i));)
		if (pool_is_free(&lease.pool, &lent->ip))
			abort();
}

/* What is fixed for one nobody else is given, and the index has it all. */
static void check_statics(void)
{
	struct lease_static_view v;
	const struct lease_fixed *f;

	for (uint32_t i = 0; (f = table_next(&lease.fixed, &i));)
		if (pool_is_free(&lease.pool, &f->ip) || !table_find(&lease.statics, &f->key))
			abort();
	for (uint32_t i = 0; lease_static_next(&lease, &i, now, &v);)
		if (!lease_static_sound(&v.fixed) ||
		    (!ip4_is_zero(&v.fixed.ip4) && !table_find(&lease.fixed, &v.fixed.ip4)))
			abort();
}

static void check(void)
{
	uint32_t cursor = 0;
	struct lease_view v;
	struct out o;
	unsigned replies = 0;

	while (outq_pop(&lease.out, &o))
		replies += o.kind == LEASE_SEND;
	if (replies > 1)
		abort();
	check_lent();
	check_statics();
	while (lease_next(&lease, &cursor, now, &v)) {
		struct ip6 addr = lease_mapped(&v.client.ip4);

		if (!ip4_is_zero(&v.client.ip4) && !book_holder(&lease.book, &addr))
			abort(); /* a lease that nobody holds could be given away */
		if (v.client.addr_count > LEASE_ADDRS_MAX || v.client.id_len > LEASE_ID_MAX)
			abort();
	}
}

static void step(uint8_t what, struct rd *r)
{
	switch (what % 16) {
	case 0:
		lease_input(&lease, r->p, rd_left(r), 0, now);
		break;
	case 1:
		do_message(r, false);
		break;
	case 2:
	case 3:
	case 4:
		do_message(r, true);
		break;
	case 5:
		do_learnt(r);
		break;
	case 6:
	case 7:
		do_time(r);
		break;
	case 8:
		lease_peers(&lease, rd_u8(r) % 3, rd_u8(r) & 1, now);
		break;
	case 9:
		do_block(r, rd_u8(r) % 3);
		break;
	case 10:
		do_talk(r);
		break;
	case 11:
		do_static(r, rd_u8(r) % 4);
		break;
	default:
		do_client(r, rd_u8(r) % 8);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lease_setup setup = {
		.self = { { 1 } },
		.rng = rng_init(1),
		.out_buf = out_buf,
		.out_cap = sizeof(out_buf),
		.limits = { .clients = 16, .blocks = 8, .offers = 4, .reserved = 4 }
	};
	static const struct lease_node near[] = { { { 2 } }, { { 0 } } };
	struct rd r = rd_init(data, len);

	now = 1000 * USEC_S;
	if (lease_init(&lease, &CONF, &setup, now) < 0)
		abort();
	lease_loaded(&lease, true, now);
	lease_near(&lease, near, 2);
	lease.talk_id = 0; /* so that an input can answer */
	now += 5 * USEC_S;
	lease_tick(&lease, now - 4 * USEC_S);
	lease_tick(&lease, now);
	while (rd_left(&r) > 1) {
		uint8_t what = rd_u8(&r);
		size_t n = (size_t)rd_u8(&r) * 4;
		struct rd part = rd_sub(&r, n < rd_left(&r) ? n : rd_left(&r));

		step(what, &part);
		check();
	}
	lease_done(&lease);
	return 0;
}
