/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 (RFC 791) and IPv6 (RFC 8200) headers and the internet checksum (RFC 1071). */
#ifndef PACKET_IP_H
#define PACKET_IP_H

#include "lib/addr.h"

#define IP4_HEADER 20
#define IP6_HEADER 40

enum ip_proto {
	IP_PROTO_ICMP = 1,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_ICMP6 = 58,
};

struct ip4_head {
	struct ip4 src, dst;
	uint8_t proto;
	uint8_t ttl;
	uint8_t tos;
	uint16_t id;
	bool fragment; /* not a whole packet: more fragments follow or it is not the first */
};

struct ip6_head {
	struct ip6 src, dst;
	uint8_t next; /* enum ip_proto or an extension header */
	uint8_t hop_limit;
	uint8_t tclass;
};

/*
 * r stands behind the Ethernet header; the payload is cut at the length in the header, so padding
 * is gone. Options of IPv4 are skipped. 0 or -EBADMSG: truncated, wrong version, wrong length,
 * wrong header checksum (IPv4).
 */
int ip4_decode(struct rd *r, struct ip4_head *ret, struct rd *ret_payload);
int ip6_decode(struct rd *r, struct ip6_head *ret, struct rd *ret_payload);

/* The header for len bytes of payload, which the caller writes next; ttl or hop limit 0 means 64.
 */
void ip4_encode(struct wr *w, const struct ip4_head *h, size_t len);
void ip6_encode(struct wr *w, const struct ip6_head *h, size_t len);

/* Adds up 16-bit words; an odd length only in the last piece. Start with 0. */
uint32_t sum_add(uint32_t sum, const void *data, size_t len);
/* Pseudo-headers of UDP, TCP and ICMPv6; len is that of the upper layer. */
uint32_t sum_pseudo4(const struct ip4 *src, const struct ip4 *dst, uint8_t proto, size_t len);
uint32_t sum_pseudo6(const struct ip6 *src, const struct ip6 *dst, uint8_t next, size_t len);
/* The field's value; over data that includes a right checksum it is 0. */
uint16_t sum_finish(uint32_t sum);

#endif
