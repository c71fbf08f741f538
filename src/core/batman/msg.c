/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Codecs of msg.h. A decoder is a straight line over the sticky reader, one test at its end. */
#include "core/batman/msg.h"

#include "core/batman/batman.h"
#include "lib/hash.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define VLAN_ID_MASK 0x0fff

bool bat_eth_decode(struct rd *r, struct bat_eth *ret)
{
	ret->dst = rd_mac(r);
	ret->src = rd_mac(r);
	ret->type = rd_u16(r);
	return rd_ok(r);
}

/* The class selector of an IP header, 0 where there is none. */
static uint8_t ip_priority(struct rd r, uint16_t type)
{
	uint16_t head = rd_u16(&r);

	if (type == ETHERTYPE_IPV4)
		return head >> 5 & 7;
	return type == ETHERTYPE_IPV6 ? head >> 9 & 7 : 0;
}

bool bat_inner_decode(struct rd r, struct bat_inner *ret)
{
	struct bat_eth eth;

	if (!bat_eth_decode(&r, &eth))
		return false;
	*ret = (struct bat_inner) { .dst = eth.dst, .src = eth.src, .type = eth.type };
	ret->header_len = BAT_ETH_HEADER;
	if (eth.type == ETHERTYPE_VLAN) {
		ret->header_len = BAT_ETH_HEADER + BAT_VLAN_TAG;
		uint16_t tci = rd_u16(&r), id = tci & VLAN_ID_MASK;

		ret->type = rd_u16(&r);
		ret->priority = (uint8_t)(tci >> 13);
		/* a priority tag names no VLAN: untagged, as kernels since batman-adv 2025.0 see it
		 */
		ret->vid = id ? BATMAN_VID_TAGGED | id : 0;
		return rd_ok(&r);
	}
	ret->priority = ip_priority(r, eth.type);
	return rd_ok(&r);
}

bool bat_ogm_next(struct rd *r, struct bat_ogm *ret)
{
	uint16_t tvlv_len;

	if (rd_left(r) < BAT_OGM_HEADER || rd_u8(r) != BAT_TYPE_OGM || rd_u8(r) != BAT_VERSION)
		return false;
	ret->ttl = rd_u8(r);
	ret->flags = rd_u8(r);
	ret->seqno = rd_u32(r);
	ret->orig = rd_mac(r);
	ret->prev = rd_mac(r);
	ret->reserved = rd_u8(r);
	ret->tq = rd_u8(r);
	tvlv_len = rd_u16(r);
	ret->tvlv = rd_sub(r, tvlv_len);
	return rd_ok(r);
}

void bat_ogm_encode(struct wr *w, const struct bat_ogm *o)
{
	wr_u8(w, BAT_TYPE_OGM);
	wr_u8(w, BAT_VERSION);
	wr_u8(w, o->ttl);
	wr_u8(w, o->flags);
	wr_u32(w, o->seqno);
	wr_mac(w, &o->orig);
	wr_mac(w, &o->prev);
	wr_u8(w, o->reserved);
	wr_u8(w, o->tq);
	wr_u16(w, (uint16_t)rd_left(&o->tvlv));
	wr_bytes(w, o->tvlv.p, rd_left(&o->tvlv));
}

bool bat_bcast_decode(struct rd *r, struct bat_bcast *ret)
{
	rd_skip(r, 2);
	ret->ttl = rd_u8(r);
	ret->reserved = rd_u8(r);
	ret->seqno = rd_u32(r);
	ret->orig = rd_mac(r);
	return rd_ok(r);
}

void bat_bcast_encode(struct wr *w, const struct bat_bcast *h)
{
	wr_u8(w, BAT_TYPE_BCAST);
	wr_u8(w, BAT_VERSION);
	wr_u8(w, h->ttl);
	wr_u8(w, h->reserved);
	wr_u32(w, h->seqno);
	wr_mac(w, &h->orig);
}

bool bat_unicast_decode(struct rd *r, struct bat_unicast *ret)
{
	*ret = (struct bat_unicast) { .type = rd_u8(r) };
	rd_skip(r, 1);
	ret->ttl = rd_u8(r);
	ret->ttvn = rd_u8(r);
	ret->dst = rd_mac(r);
	if (ret->type == BAT_TYPE_4ADDR) {
		ret->src = rd_mac(r);
		ret->subtype = rd_u8(r);
		ret->reserved = rd_u8(r);
	}
	return rd_ok(r);
}

void bat_unicast_encode(struct wr *w, const struct bat_unicast *h)
{
	wr_u8(w, h->type);
	wr_u8(w, BAT_VERSION);
	wr_u8(w, h->ttl);
	wr_u8(w, h->ttvn);
	wr_mac(w, &h->dst);
	if (h->type == BAT_TYPE_4ADDR) {
		wr_mac(w, &h->src);
		wr_u8(w, h->subtype);
		wr_u8(w, h->reserved);
	}
}

bool bat_frag_decode(struct rd *r, struct bat_frag *ret)
{
	uint8_t bits;

	rd_skip(r, 2);
	ret->ttl = rd_u8(r);
	bits = rd_u8(r);
	ret->no = bits >> 4;
	ret->priority = bits >> 1 & 7;
	ret->reserved = bits & 1;
	ret->dst = rd_mac(r);
	ret->orig = rd_mac(r);
	ret->seqno = rd_u16(r);
	ret->total = rd_u16(r);
	return rd_ok(r);
}

void bat_frag_encode(struct wr *w, const struct bat_frag *h)
{
	wr_u8(w, BAT_TYPE_FRAG);
	wr_u8(w, BAT_VERSION);
	wr_u8(w, h->ttl);
	wr_u8(w, (uint8_t)(h->no << 4 | h->priority << 1 | h->reserved));
	wr_mac(w, &h->dst);
	wr_mac(w, &h->orig);
	wr_u16(w, h->seqno);
	wr_u16(w, h->total);
}

bool bat_icmp_decode(struct rd *r, struct bat_icmp *ret)
{
	rd_skip(r, 2);
	ret->ttl = rd_u8(r);
	ret->type = rd_u8(r);
	ret->dst = rd_mac(r);
	ret->orig = rd_mac(r);
	ret->uid = rd_u8(r);
	ret->rr_count = rd_u8(r);
	ret->seqno = rd_u16(r);
	return rd_ok(r);
}

void bat_icmp_encode(struct wr *w, const struct bat_icmp *h)
{
	wr_u8(w, BAT_TYPE_ICMP);
	wr_u8(w, BAT_VERSION);
	wr_u8(w, h->ttl);
	wr_u8(w, h->type);
	wr_mac(w, &h->dst);
	wr_mac(w, &h->orig);
	wr_u8(w, h->uid);
	wr_u8(w, h->rr_count);
	wr_u16(w, h->seqno);
}

bool bat_tvlv_packet_decode(struct rd *r, struct bat_tvlv_packet *ret)
{
	uint16_t len;

	rd_skip(r, 2);
	ret->ttl = rd_u8(r);
	rd_skip(r, 1);
	ret->dst = rd_mac(r);
	ret->src = rd_mac(r);
	len = rd_u16(r);
	rd_skip(r, 2);
	ret->tvlv = rd_sub(r, len);
	return rd_ok(r);
}

void bat_tvlv_packet_encode(struct wr *w, const struct mac *dst, const struct mac *src,
			    uint16_t tvlv_len)
{
	wr_u8(w, BAT_TYPE_TVLV);
	wr_u8(w, BAT_VERSION);
	wr_u8(w, BAT_TTL);
	wr_u8(w, 0);
	wr_mac(w, dst);
	wr_mac(w, src);
	wr_u16(w, tvlv_len);
	wr_u16(w, 0);
}

bool bat_tvlv_next(struct rd *r, uint8_t *ret_type, uint8_t *ret_version, struct rd *ret_value)
{
	if (rd_left(r) < BAT_TVLV_HEADER)
		return false;
	*ret_type = rd_u8(r);
	*ret_version = rd_u8(r);
	*ret_value = rd_sub(r, rd_u16(r));
	return rd_ok(r);
}

size_t bat_tvlv_begin(struct wr *w, uint8_t type, uint8_t version)
{
	wr_u8(w, type);
	wr_u8(w, version);
	wr_u16(w, 0);
	return wr_mark(w);
}

void bat_tvlv_end(struct wr *w, size_t mark)
{
	wr_patch_u16(w, mark - 2, (uint16_t)(wr_mark(w) - mark));
}

bool bat_tt_decode(struct rd value, struct bat_tt *ret)
{
	ret->flags = rd_u8(&value);
	ret->ttvn = rd_u8(&value);
	ret->vlan_count = rd_u16(&value);
	ret->vlans = rd_sub(&value, (size_t)ret->vlan_count * BAT_TT_VLAN);
	ret->changes = rd_rest(&value);
	return rd_ok(&value);
}

bool bat_tt_vlan_next(struct rd *r, struct bat_tt_vlan *ret)
{
	if (rd_left(r) < BAT_TT_VLAN)
		return false;
	ret->crc = rd_u32(r);
	ret->vid = rd_u16(r);
	rd_skip(r, 2);
	return true;
}

bool bat_tt_change_next(struct rd *r, struct bat_tt_change *ret)
{
	if (rd_left(r) < BAT_TT_CHANGE)
		return false;
	ret->flags = rd_u8(r);
	rd_skip(r, 3);
	ret->mac = rd_mac(r);
	ret->vid = rd_u16(r);
	return true;
}

void bat_eth_encode(struct wr *w, const struct mac *dst, const struct mac *src)
{
	wr_mac(w, dst);
	wr_mac(w, src);
	wr_u16(w, BATMAN_ETHERTYPE);
}

void bat_tt_encode(struct wr *w, uint8_t flags, uint8_t ttvn, uint16_t vlan_count)
{
	wr_u8(w, flags);
	wr_u8(w, ttvn);
	wr_u16(w, vlan_count);
}

void bat_tt_vlan_encode(struct wr *w, const struct bat_tt_vlan *v)
{
	wr_u32(w, v->crc);
	wr_u16(w, v->vid);
	wr_u16(w, 0);
}

void bat_tt_change_encode(struct wr *w, const struct bat_tt_change *c)
{
	wr_u8(w, c->flags);
	wr_zero(w, 3);
	wr_mac(w, &c->mac);
	wr_u16(w, c->vid);
}

uint32_t bat_tt_crc(const struct mac *mac, uint16_t vid, uint8_t flags)
{
	uint8_t head[3] = { (uint8_t)(vid >> 8), (uint8_t)vid, flags & BAT_TT_SYNC };

	return crc32c(crc32c(0, head, sizeof(head)), mac->b, sizeof(mac->b));
}
