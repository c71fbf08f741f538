/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/icmp6.h"

#include <errno.h>

#include "packet/eth.h"

enum {
	HOP_LIMIT_ND = 255, /* proves that no router has forwarded it */
	BODY_AT = ETH_HEADER + IP6_HEADER,
};

enum nd_option {
	ND_SOURCE_MAC = 1,
	ND_TARGET_MAC = 2,
	ND_PREFIX = 3,
	ND_MTU = 5,
	ND_RDNSS = 25,
	ND_DNSSL = 31,
};

int icmp6_decode(struct rd *r, const struct ip6_head *ip, struct icmp6_head *ret,
		 struct rd *ret_body)
{
	struct rd all = *r;
	size_t len = rd_left(r);
	struct icmp6_head h = { 0 };

	h.type = rd_u8(r);
	h.code = rd_u8(r);
	rd_skip(r, 2);
	*ret_body = rd_rest(r);
	if (!rd_ok(r) || ip->next != IP_PROTO_ICMP6)
		return -EBADMSG;
	if (sum_finish(sum_add(sum_pseudo6(&ip->src, &ip->dst, IP_PROTO_ICMP6, len),
			       rd_take(&all, len), len)) != 0)
		return -EBADMSG;
	*ret = h;
	return 0;
}

/* The next option as type and what follows type and length; false at the end, or r is bad (also for
 * length 0). */
static bool option_next(struct rd *r, uint8_t *ret_type, struct rd *ret_value)
{
	uint8_t units;

	if (rd_left(r) == 0)
		return false;
	*ret_type = rd_u8(r);
	units = rd_u8(r);
	if (units == 0)
		r->bad = true;
	*ret_value = rd_sub(r, (size_t)units * 8 - 2);
	return !r->bad;
}

int icmp6_nd_decode(struct rd *body, const struct ip6_head *ip, const struct icmp6_head *h,
		    struct icmp6_nd *ret)
{
	struct icmp6_nd nd = { .type = h->type };
	uint8_t wanted = h->type == ICMP6_NA ? ND_TARGET_MAC : ND_SOURCE_MAC;
	uint32_t flags = rd_u32(body);
	struct rd value;
	uint8_t type;

	if (h->type != ICMP6_RS && h->type != ICMP6_NS && h->type != ICMP6_NA)
		return -EBADMSG;
	if (h->type == ICMP6_NA) {
		nd.router = flags >> 31;
		nd.solicited = flags >> 30 & 1;
		nd.override = flags >> 29 & 1;
	}
	if (h->type != ICMP6_RS)
		nd.target = rd_ip6(body);
	while (option_next(body, &type, &value))
		if (type == wanted) { /* the shortest option has room for it */
			nd.mac = rd_mac(&value);
			nd.has_mac = true;
		}
	if (!rd_ok(body) || h->code != 0 || ip->hop_limit != HOP_LIMIT_ND ||
	    ip6_is_multicast(&nd.target) || ip6_is_multicast(&ip->src))
		return -EBADMSG;
	/* an unspecified source belongs to address detection or a host without address: no source
	 * MAC */
	if (ip6_is_zero(&ip->src) && (h->type == ICMP6_NA || nd.has_mac))
		return -EBADMSG;
	if (h->type == ICMP6_NS && ip6_is_zero(&ip->src)) {
		struct ip6 group = icmp6_solicited_node(&nd.target);

		if (!ip6_eq(&ip->dst, &group))
			return -EBADMSG;
	}
	if (h->type == ICMP6_NA && nd.solicited && ip6_is_multicast(&ip->dst))
		return -EBADMSG;
	*ret = nd;
	return 0;
}

static void prefix_decode(struct rd *v, struct icmp6_ra *ra)
{
	struct icmp6_prefix p = { .net.len = rd_u8(v) };
	uint8_t flags = rd_u8(v);

	p.on_link = flags & 0x80;
	p.autonomous = flags & 0x40;
	p.valid_s = rd_u32(v);
	p.preferred_s = rd_u32(v);
	rd_skip(v, 4);
	p.net.addr = rd_ip6(v);
	if (rd_ok(v) && p.net.len <= 128 && ra->prefix_count < ICMP6_PREFIXES_MAX)
		ra->prefixes[ra->prefix_count++] = p;
}

static void rdnss_decode(struct rd *v, struct icmp6_ra *ra)
{
	rd_skip(v, 2);
	ra->rdnss_lifetime_s = rd_u32(v);
	while (rd_left(v) >= 16 && ra->rdnss_count < ICMP6_RDNSS_MAX)
		ra->rdnss[ra->rdnss_count++] = rd_ip6(v);
}

static void dnssl_decode(struct rd *v, struct icmp6_ra *ra)
{
	rd_skip(v, 2);
	ra->dnssl_lifetime_s = rd_u32(v);
	/* ends at padding, which reads as an empty name */
	while (rd_left(v) > 0 && ra->dnssl_count < ICMP6_DNSSL_MAX &&
	       name_decode(v, ra->dnssl[ra->dnssl_count]) == 0)
		ra->dnssl_count++;
}

static void ra_option_decode(uint8_t type, struct rd *v, struct icmp6_ra *ra)
{
	switch (type) {
	case ND_SOURCE_MAC:
		ra->has_mac = true; /* the shortest option has room for it */
		ra->mac = rd_mac(v);
		break;
	case ND_PREFIX:
		prefix_decode(v, ra);
		break;
	case ND_MTU:
		rd_skip(v, 2);
		ra->mtu = rd_u32(v);
		break;
	case ND_RDNSS:
		rdnss_decode(v, ra);
		break;
	case ND_DNSSL:
		dnssl_decode(v, ra);
		break;
	default:
		break;
	}
}

int icmp6_ra_decode(struct rd *body, const struct ip6_head *ip, const struct icmp6_head *h,
		    struct icmp6_ra *ret)
{
	struct icmp6_ra ra = { .hop_limit = rd_u8(body) };
	uint8_t flags = rd_u8(body);
	uint8_t pref = flags >> 3 & 3;
	struct rd value;
	uint8_t type;

	ra.managed = flags & 0x80;
	ra.other = flags & 0x40;
	ra.pref = pref == ICMP6_PREF_HIGH  ? ICMP6_PREF_HIGH
		  : pref == ICMP6_PREF_LOW ? ICMP6_PREF_LOW
					   : ICMP6_PREF_MEDIUM;
	ra.lifetime_s = rd_u16(body);
	ra.reachable_ms = rd_u32(body);
	ra.retrans_ms = rd_u32(body);
	while (option_next(body, &type, &value))
		ra_option_decode(type, &value, &ra);
	if (!rd_ok(body) || h->type != ICMP6_RA || h->code != 0 || ip->hop_limit != HOP_LIMIT_ND ||
	    !ip6_is_link_local(&ip->src))
		return -EBADMSG;
	*ret = ra;
	return 0;
}

size_t icmp6_begin(struct wr *w, const struct icmp6_path *p, uint8_t type, uint8_t code)
{
	struct eth e = { .dst = p->eth_dst, .src = p->eth_src, .type = ETH_TYPE_IP6 };
	struct ip6_head h = {
		.src = p->src, .dst = p->dst, .next = IP_PROTO_ICMP6, .hop_limit = p->hop_limit
	};
	size_t mark = wr_mark(w);

	eth_encode(w, &e);
	ip6_encode(w, &h, 0);
	wr_u8(w, type);
	wr_u8(w, code);
	wr_u16(w, 0);
	return mark;
}

void icmp6_end(struct wr *w, size_t mark)
{
	struct rd frame = rd_init(w->start, wr_len(w));
	struct ip6 src, dst;
	size_t len;

	rd_skip(&frame, mark + ETH_HEADER + 8);
	src = rd_ip6(&frame);
	dst = rd_ip6(&frame);
	len = rd_left(&frame);
	if (!rd_ok(&frame) || len > UINT16_MAX) {
		w->bad = true;
		return;
	}
	wr_patch_u16(w, mark + ETH_HEADER + 4, (uint16_t)len);
	wr_patch_u16(w, mark + BODY_AT + 2,
		     sum_finish(sum_add(sum_pseudo6(&src, &dst, IP_PROTO_ICMP6, len),
					rd_take(&frame, len), len)));
}

static void mac_option_encode(struct wr *w, uint8_t type, const struct mac *m)
{
	wr_u8(w, type);
	wr_u8(w, 1);
	wr_mac(w, m);
}

void icmp6_nd_build(struct wr *w, const struct icmp6_path *p, const struct icmp6_nd *nd)
{
	size_t mark = icmp6_begin(w, p, nd->type, 0);
	uint32_t flags = 0;

	if (nd->type == ICMP6_NA)
		flags = (uint32_t)nd->router << 31 | (uint32_t)nd->solicited << 30 |
			(uint32_t)nd->override << 29;
	wr_u32(w, flags);
	if (nd->type != ICMP6_RS)
		wr_ip6(w, &nd->target);
	if (nd->has_mac)
		mac_option_encode(w, nd->type == ICMP6_NA ? ND_TARGET_MAC : ND_SOURCE_MAC,
				  &nd->mac);
	icmp6_end(w, mark);
}

static void prefix_encode(struct wr *w, const struct icmp6_prefix *p)
{
	struct net6 base = net6_base(&p->net);

	wr_u8(w, ND_PREFIX);
	wr_u8(w, 4);
	wr_u8(w, base.len);
	wr_u8(w, (uint8_t)((p->on_link ? 0x80 : 0) | (p->autonomous ? 0x40 : 0)));
	wr_u32(w, p->valid_s);
	wr_u32(w, p->preferred_s);
	wr_u32(w, 0);
	wr_ip6(w, &base.addr);
}

static void rdnss_encode(struct wr *w, const struct icmp6_ra *ra)
{
	wr_u8(w, ND_RDNSS);
	wr_u8(w, (uint8_t)(1 + 2 * ra->rdnss_count));
	wr_u16(w, 0);
	wr_u32(w, ra->rdnss_lifetime_s);
	for (unsigned i = 0; i < ra->rdnss_count; i++)
		wr_ip6(w, &ra->rdnss[i]);
}

static void dnssl_encode(struct wr *w, const struct icmp6_ra *ra)
{
	uint8_t names[ICMP6_DNSSL_MAX * (NAME_MAX_TEXT + 1)];
	struct wr nw = wr_init(names, sizeof(names));
	size_t len;

	for (unsigned i = 0; i < ra->dnssl_count; i++)
		name_encode(&nw, ra->dnssl[i]);
	len = wr_len(&nw);
	if (len == 0) {
		w->bad = true;
		return;
	}
	wr_u8(w, ND_DNSSL);
	wr_u8(w, (uint8_t)(1 + (len + 7) / 8));
	wr_u16(w, 0);
	wr_u32(w, ra->dnssl_lifetime_s);
	wr_bytes(w, names, len);
	wr_zero(w, (8 - len % 8) % 8);
}

void icmp6_ra_build(struct wr *w, const struct icmp6_path *p, const struct icmp6_ra *ra)
{
	size_t mark = icmp6_begin(w, p, ICMP6_RA, 0);

	wr_u8(w, ra->hop_limit);
	wr_u8(w, (uint8_t)((ra->managed ? 0x80 : 0) | (ra->other ? 0x40 : 0) | ra->pref << 3));
	wr_u16(w, ra->lifetime_s);
	wr_u32(w, ra->reachable_ms);
	wr_u32(w, ra->retrans_ms);
	if (ra->has_mac)
		mac_option_encode(w, ND_SOURCE_MAC, &ra->mac);
	if (ra->mtu) {
		wr_u8(w, ND_MTU);
		wr_u8(w, 1);
		wr_u16(w, 0);
		wr_u32(w, ra->mtu);
	}
	for (unsigned i = 0; i < ra->prefix_count; i++)
		prefix_encode(w, &ra->prefixes[i]);
	if (ra->rdnss_count)
		rdnss_encode(w, ra);
	if (ra->dnssl_count)
		dnssl_encode(w, ra);
	icmp6_end(w, mark);
}

struct ip6 icmp6_solicited_node(const struct ip6 *target)
{
	return (struct ip6) { { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, target->b[13],
				target->b[14], target->b[15] } };
}

struct mac icmp6_multicast_mac(const struct ip6 *group)
{
	return (struct mac) { { 0x33, 0x33, group->b[12], group->b[13], group->b[14],
				group->b[15] } };
}
