/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP (RFC 768, RFC 8200 section 8.1), with builders of whole frames. */
#ifndef PACKET_UDP_H
#define PACKET_UDP_H

#include "packet/ip.h"

#define UDP_HEADER 8

struct udp_head {
	uint16_t src_port, dst_port;
};

/*
 * r is the payload of an IP packet, ret_data what UDP carries. 0 or -EBADMSG: a fragment,
 * truncated, wrong length or checksum. Accepted besides a right checksum: none at all (IPv4 only),
 * and the bare sum of the pseudo-header, which is what a sender on the same machine leaves there
 * when it counts on checksum offload.
 */
int udp4_decode(struct rd *r, const struct ip4_head *ip, struct udp_head *ret, struct rd *ret_data);
int udp6_decode(struct rd *r, const struct ip6_head *ip, struct udp_head *ret, struct rd *ret_data);

struct udp4_path {
	struct mac eth_src, eth_dst;
	struct ip4 src, dst;
	uint16_t src_port, dst_port;
	uint8_t ttl; /* 0 means 64 */
};

struct udp6_path {
	struct mac eth_src, eth_dst;
	struct ip6 src, dst;
	uint16_t src_port, dst_port;
	uint8_t hop_limit; /* 0 means 64 */
};

/* Whole frames: Ethernet, IP, UDP, data, all checksums. w must be fresh or stand where the frame
 * starts. */
void udp4_build(struct wr *w, const struct udp4_path *p, const void *data, size_t len);
void udp6_build(struct wr *w, const struct udp6_path *p, const void *data, size_t len);

#endif
