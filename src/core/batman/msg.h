/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wire formats of batman-adv compat version 15: packets as host structs and back. Nothing here
 * knows a table or a clock. All fields are big-endian on the wire; byte 0 is the type, 1 the
 * version, 2 the time to live. What is reserved today is passed on as it came.
 */
#ifndef CORE_BATMAN_MSG_H
#define CORE_BATMAN_MSG_H

#include "lib/addr.h"
#include "lib/wire.h"

#define BAT_VERSION 15
#define BAT_TTL 50
#define BAT_ETH_HEADER 14
#define BAT_VLAN_TAG 4
#define BAT_OGM_HEADER 24
#define BAT_BCAST_HEADER 14
#define BAT_UNICAST 10 /* sizes of headers */
#define BAT_UNICAST_4ADDR 18
#define BAT_FRAG_HEADER 20
#define BAT_ICMP_HEADER 20
#define BAT_ICMP_RR 116
#define BAT_TVLV_PACKET 20
#define BAT_TVLV_HEADER 4
#define BAT_TT_HEADER 4
#define BAT_TT_VLAN 8
#define BAT_TT_CHANGE 12

enum bat_type {
	BAT_TYPE_OGM = 0x00,
	BAT_TYPE_BCAST = 0x01,
	BAT_TYPE_UNICAST = 0x40, /* 0x40 to 0x7f: destination at offset 4, routed even if unknown */
	BAT_TYPE_FRAG = 0x41,
	BAT_TYPE_4ADDR = 0x42,
	BAT_TYPE_ICMP = 0x43,
	BAT_TYPE_TVLV = 0x44,
	BAT_TYPE_UNICAST_LAST = 0x7f,
};

enum bat_ogm_flag {
	BAT_OGM_NOT_BEST = 0x01,
	BAT_OGM_DIRECT = 0x04,
};

enum bat_tvlv {
	BAT_TVLV_TT = 0x04,
	BAT_TVLV_ROAM = 0x05,
	BAT_TVLV_MCAST = 0x06,
	BAT_TVLV_TRAMA = 0xa7,
};

enum bat_tt_data {
	BAT_TT_DIFF = 0x01,
	BAT_TT_REQUEST = 0x02,
	BAT_TT_RESPONSE = 0x04,
	BAT_TT_TYPE = 0x0f,
	BAT_TT_FULL = 0x10,
};

/* Of an entry: the low byte travels, the rest is ours. */
enum bat_tt_flag {
	BAT_TT_DEL = 0x01,
	BAT_TT_ROAM = 0x02,
	BAT_TT_WIFI = 0x10,
	BAT_TT_ISOLATED = 0x20,
	BAT_TT_SYNC = 0xf0, /* part of the CRC */
	BAT_TT_FIXED = 0x100,
	BAT_TT_NEW = 0x200,
	BAT_TT_PENDING = 0x400,
	BAT_TT_TEMP = 0x800,
	BAT_TT_HELD = 0x1000, /* known to be here without frames */
};

struct bat_eth {
	struct mac dst, src;
	uint16_t type;
};

struct bat_ogm {
	uint8_t ttl;
	uint8_t flags;
	uint32_t seqno;
	struct mac orig;
	struct mac prev; /* who sent what the sender received */
	uint8_t reserved;
	uint8_t tq;
	struct rd tvlv;
};

struct bat_bcast {
	uint8_t ttl;
	uint8_t reserved;
	uint32_t seqno;
	struct mac orig;
};

/* UNICAST and 4ADDR. */
struct bat_unicast {
	uint8_t type;
	uint8_t ttl;
	uint8_t ttvn;
	struct mac dst;
	struct mac src; /* from here on 4ADDR only */
	uint8_t subtype;
	uint8_t reserved;
};

#define BAT_4ADDR_DATA 1

struct bat_frag {
	uint8_t ttl;
	uint8_t no;
	uint8_t priority;
	uint8_t reserved; /* one bit */
	struct mac dst, orig;
	uint16_t seqno;
	uint16_t total;
};

struct bat_icmp {
	uint8_t ttl;
	uint8_t type;
	struct mac dst, orig;
	uint8_t uid;
	uint8_t rr_count;
	uint16_t seqno;
};

struct bat_tvlv_packet {
	uint8_t ttl;
	struct mac dst, src;
	struct rd tvlv;
};

struct bat_tt {
	uint8_t flags;
	uint8_t ttvn;
	uint16_t vlan_count;
	struct rd vlans;   /* for bat_tt_vlan_next */
	struct rd changes; /* for bat_tt_change_next */
};

struct bat_tt_vlan {
	uint32_t crc;
	uint16_t vid;
};

struct bat_tt_change {
	struct mac mac;
	uint16_t vid;
	uint8_t flags;
};

/* An Ethernet frame of a client, with at most one 802.1Q tag looked into. */
struct bat_inner {
	struct mac dst, src;
	uint16_t vid;
	uint16_t type; /* behind the tag */
	uint8_t header_len;
	uint8_t priority; /* 802.1p, else of the IP header */
};

/* Decoders read a header from r and leave r at what follows; false when it is short or impossible.
 */
bool bat_eth_decode(struct rd *r, struct bat_eth *ret);
bool bat_inner_decode(struct rd r, struct bat_inner *ret);
/* Next OGM of an aggregate; false at the end, which padding makes. */
bool bat_ogm_next(struct rd *r, struct bat_ogm *ret);
bool bat_bcast_decode(struct rd *r, struct bat_bcast *ret);
bool bat_unicast_decode(struct rd *r, struct bat_unicast *ret);
bool bat_frag_decode(struct rd *r, struct bat_frag *ret);
bool bat_icmp_decode(struct rd *r, struct bat_icmp *ret);
bool bat_tvlv_packet_decode(struct rd *r, struct bat_tvlv_packet *ret);
/* Next container; false at the end and at the first that does not fit. */
bool bat_tvlv_next(struct rd *r, uint8_t *ret_type, uint8_t *ret_version, struct rd *ret_value);
bool bat_tt_decode(struct rd value, struct bat_tt *ret);
bool bat_tt_vlan_next(struct rd *r, struct bat_tt_vlan *ret);
bool bat_tt_change_next(struct rd *r, struct bat_tt_change *ret);

void bat_eth_encode(struct wr *w, const struct mac *dst, const struct mac *src);
/* The containers of o->tvlv included. */
void bat_ogm_encode(struct wr *w, const struct bat_ogm *o);
void bat_bcast_encode(struct wr *w, const struct bat_bcast *h);
void bat_unicast_encode(struct wr *w, const struct bat_unicast *h);
void bat_frag_encode(struct wr *w, const struct bat_frag *h);
void bat_icmp_encode(struct wr *w, const struct bat_icmp *h);
/* tvlv_len bytes must follow. */
void bat_tvlv_packet_encode(struct wr *w, const struct mac *dst, const struct mac *src,
			    uint16_t tvlv_len);
size_t bat_tvlv_begin(struct wr *w, uint8_t type, uint8_t version);
void bat_tvlv_end(struct wr *w, size_t mark);
void bat_tt_encode(struct wr *w, uint8_t flags, uint8_t ttvn, uint16_t vlan_count);
void bat_tt_vlan_encode(struct wr *w, const struct bat_tt_vlan *v);
void bat_tt_change_encode(struct wr *w, const struct bat_tt_change *c);
/* Share of one entry in the CRC of its VLAN: all shares are joined by XOR. */
uint32_t bat_tt_crc(const struct mac *mac, uint16_t vid, uint8_t flags);

#endif
