/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/ip.h"

#include <errno.h>

enum { TTL_DEFAULT = 64 };

uint32_t sum_add(uint32_t sum, const void *data, size_t len)
{
	struct rd r = rd_init(data, len);

	sum += rd_sum16(&r);
	/* folded, so that no number of pieces overflows */
	return (sum & 0xffff) + (sum >> 16);
}

uint32_t sum_pseudo4(const struct ip4 *src, const struct ip4 *dst, uint8_t proto, size_t len)
{
	uint32_t sum = sum_add(proto, src->b, sizeof(src->b));

	return sum_add(sum + (uint32_t)(len & 0xffff), dst->b, sizeof(dst->b));
}

uint32_t sum_pseudo6(const struct ip6 *src, const struct ip6 *dst, uint8_t next, size_t len)
{
	uint32_t sum = sum_add(next, src->b, sizeof(src->b));

	return sum_add(sum + (uint32_t)(len & 0xffff), dst->b, sizeof(dst->b));
}

uint16_t sum_finish(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

int ip4_decode(struct rd *r, struct ip4_head *ret, struct rd *ret_payload)
{
	struct rd head = *r;
	struct ip4_head h = { 0 };
	uint8_t first = rd_u8(r);
	size_t head_len = (size_t)(first & 15) * 4;
	uint16_t len, frag;
	const uint8_t *bytes;

	h.tos = rd_u8(r);
	len = rd_u16(r);
	h.id = rd_u16(r);
	frag = rd_u16(r);
	h.ttl = rd_u8(r);
	h.proto = rd_u8(r);
	rd_skip(r, 2); /* the checksum is tested over the whole header */
	h.src = rd_ip4(r);
	h.dst = rd_ip4(r);
	h.fragment = (frag & 0x3fff) != 0; /* more fragments, or an offset */
	if (!rd_ok(r) || first >> 4 != 4 || head_len < IP4_HEADER || len < head_len)
		return -EBADMSG;
	bytes = rd_take(&head, head_len);
	if (!bytes || sum_finish(sum_add(0, bytes, head_len)) != 0)
		return -EBADMSG;
	rd_skip(r, head_len - IP4_HEADER);
	*ret_payload = rd_sub(r, len - head_len);
	if (!rd_ok(r))
		return -EBADMSG;
	*ret = h;
	return 0;
}

int ip6_decode(struct rd *r, struct ip6_head *ret, struct rd *ret_payload)
{
	struct ip6_head h = { 0 };
	uint32_t first = rd_u32(r);
	uint16_t len = rd_u16(r);

	h.tclass = (uint8_t)(first >> 20);
	h.next = rd_u8(r);
	h.hop_limit = rd_u8(r);
	h.src = rd_ip6(r);
	h.dst = rd_ip6(r);
	if (!rd_ok(r) || first >> 28 != 6)
		return -EBADMSG;
	*ret_payload = rd_sub(r, len);
	if (!rd_ok(r))
		return -EBADMSG;
	*ret = h;
	return 0;
}

void ip4_encode(struct wr *w, const struct ip4_head *h, size_t len)
{
	uint8_t head[IP4_HEADER];
	struct wr hw = wr_init(head, sizeof(head));

	if (len > UINT16_MAX - IP4_HEADER) {
		w->bad = true;
		return;
	}
	wr_u8(&hw, 0x45);
	wr_u8(&hw, h->tos);
	wr_u16(&hw, (uint16_t)(IP4_HEADER + len));
	wr_u16(&hw, h->id);
	wr_u16(&hw, 0);
	wr_u8(&hw, h->ttl ? h->ttl : (uint8_t)TTL_DEFAULT);
	wr_u8(&hw, h->proto);
	wr_u16(&hw, 0);
	wr_ip4(&hw, &h->src);
	wr_ip4(&hw, &h->dst);
	wr_patch_u16(&hw, 10, sum_finish(sum_add(0, head, sizeof(head))));
	wr_bytes(w, head, sizeof(head));
}

void ip6_encode(struct wr *w, const struct ip6_head *h, size_t len)
{
	if (len > UINT16_MAX) {
		w->bad = true;
		return;
	}
	wr_u32(w, 6u << 28 | (uint32_t)h->tclass << 20);
	wr_u16(w, (uint16_t)len);
	wr_u8(w, h->next);
	wr_u8(w, h->hop_limit ? h->hop_limit : (uint8_t)TTL_DEFAULT);
	wr_ip6(w, &h->src);
	wr_ip6(w, &h->dst);
}
