/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/udp.h"

#include <errno.h>

#include "packet/eth.h"

struct udp_raw {
	struct udp_head head;
	uint16_t len;
	uint16_t sum;
	struct rd whole; /* header and data */
	struct rd data;
};

static int raw_decode(struct rd *r, struct udp_raw *ret)
{
	struct rd all = *r;

	ret->head.src_port = rd_u16(r);
	ret->head.dst_port = rd_u16(r);
	ret->len = rd_u16(r);
	ret->sum = rd_u16(r);
	if (!rd_ok(r) || ret->len < UDP_HEADER)
		return -EBADMSG;
	ret->data = rd_sub(r, (size_t)ret->len - UDP_HEADER);
	ret->whole = rd_sub(&all, ret->len);
	return rd_ok(r) ? 0 : -EBADMSG;
}

static bool sum_right(struct udp_raw *raw, uint32_t pseudo)
{
	const uint8_t *bytes = rd_take(&raw->whole, raw->len);
	uint16_t offloaded = sum_finish(pseudo) ^ 0xffff;

	if (raw->sum == offloaded)
		return true; /* left to an offload that never came */
	return sum_finish(sum_add(pseudo, bytes, raw->len)) == 0;
}

int udp4_decode(struct rd *r, const struct ip4_head *ip, struct udp_head *ret, struct rd *ret_data)
{
	struct udp_raw raw;

	if (ip->fragment || raw_decode(r, &raw) < 0)
		return -EBADMSG;
	if (raw.sum != 0 &&
	    !sum_right(&raw, sum_pseudo4(&ip->src, &ip->dst, IP_PROTO_UDP, raw.len)))
		return -EBADMSG;
	*ret = raw.head;
	*ret_data = raw.data;
	return 0;
}

int udp6_decode(struct rd *r, const struct ip6_head *ip, struct udp_head *ret, struct rd *ret_data)
{
	struct udp_raw raw;

	if (raw_decode(r, &raw) < 0 || raw.sum == 0 ||
	    !sum_right(&raw, sum_pseudo6(&ip->src, &ip->dst, IP_PROTO_UDP, raw.len)))
		return -EBADMSG;
	*ret = raw.head;
	*ret_data = raw.data;
	return 0;
}

static void datagram_encode(struct wr *w, uint16_t src_port, uint16_t dst_port, uint32_t pseudo,
			    const struct rd *data)
{
	size_t len = UDP_HEADER + rd_left(data);
	uint8_t head[UDP_HEADER];
	struct wr hw = wr_init(head, sizeof(head));
	uint16_t sum;

	if (len > UINT16_MAX) {
		w->bad = true;
		return;
	}
	wr_u16(&hw, src_port);
	wr_u16(&hw, dst_port);
	wr_u16(&hw, (uint16_t)len);
	wr_u16(&hw, 0);
	sum = sum_finish(sum_add(sum_add(pseudo, head, sizeof(head)), data->p, rd_left(data)));
	wr_patch_u16(&hw, 6, sum ? sum : 0xffff); /* 0 would mean none */
	wr_bytes(w, head, sizeof(head));
	wr_bytes(w, data->p, rd_left(data));
}

void udp4_build(struct wr *w, const struct udp4_path *p, const void *data, size_t len)
{
	struct eth e = { .dst = p->eth_dst, .src = p->eth_src, .type = ETH_TYPE_IP4 };
	struct ip4_head h = { .src = p->src, .dst = p->dst, .proto = IP_PROTO_UDP, .ttl = p->ttl };
	struct rd r = rd_init(data, len);

	eth_encode(w, &e);
	ip4_encode(w, &h, UDP_HEADER + len);
	datagram_encode(w, p->src_port, p->dst_port,
			sum_pseudo4(&p->src, &p->dst, IP_PROTO_UDP, UDP_HEADER + len), &r);
}

void udp6_build(struct wr *w, const struct udp6_path *p, const void *data, size_t len)
{
	struct eth e = { .dst = p->eth_dst, .src = p->eth_src, .type = ETH_TYPE_IP6 };
	struct ip6_head h = {
		.src = p->src, .dst = p->dst, .next = IP_PROTO_UDP, .hop_limit = p->hop_limit
	};
	struct rd r = rd_init(data, len);

	eth_encode(w, &e);
	ip6_encode(w, &h, UDP_HEADER + len);
	datagram_encode(w, p->src_port, p->dst_port,
			sum_pseudo6(&p->src, &p->dst, IP_PROTO_UDP, UDP_HEADER + len), &r);
}
