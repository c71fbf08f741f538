/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMPv6 (RFC 4443) and the messages of neighbour discovery (RFC 4861, RFC 4191, RFC 8106). */
#ifndef PACKET_ICMP6_H
#define PACKET_ICMP6_H

#include "packet/ip.h"
#include "packet/name.h"

enum icmp6_type {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_RS = 133,
	ICMP6_RA = 134,
	ICMP6_NS = 135,
	ICMP6_NA = 136,
};

#define ICMP6_PREFIXES_MAX 4
#define ICMP6_RDNSS_MAX 3
#define ICMP6_DNSSL_MAX 3

enum icmp6_pref { /* RFC 4191 section 2.1, as on the wire */
		  ICMP6_PREF_MEDIUM = 0,
		  ICMP6_PREF_HIGH = 1,
		  ICMP6_PREF_LOW = 3,
};

struct icmp6_head {
	uint8_t type; /* enum icmp6_type or another */
	uint8_t code;
};

/* A solicitation or advertisement of a neighbour, or a router solicitation. */
struct icmp6_nd {
	uint8_t type;			  /* ICMP6_RS, ICMP6_NS or ICMP6_NA */
	bool router, solicited, override; /* flags of a NA */
	/* source (RS, NS) or target (NA) link-layer address */
	bool has_mac;
	struct ip6 target; /* not in a RS */
	struct mac mac;
};

struct icmp6_prefix {
	struct net6 net;
	bool on_link, autonomous;
	uint32_t valid_s, preferred_s;
};

struct icmp6_ra {
	uint8_t hop_limit; /* 0: the router does not say */
	bool managed, other;
	enum icmp6_pref pref;
	uint16_t lifetime_s;
	uint32_t reachable_ms, retrans_ms;
	bool has_mac;
	struct mac mac;
	uint32_t mtu; /* 0: no option */
	unsigned prefix_count;
	struct icmp6_prefix prefixes[ICMP6_PREFIXES_MAX];
	unsigned rdnss_count;
	uint32_t rdnss_lifetime_s;
	struct ip6 rdnss[ICMP6_RDNSS_MAX];
	unsigned dnssl_count;
	uint32_t dnssl_lifetime_s;
	char dnssl[ICMP6_DNSSL_MAX][NAME_MAX_TEXT];
};

/*
 * r is the payload of an IPv6 packet whose next header is ICMPv6; the checksum is tested, ret_body
 * is what follows type, code and checksum. 0 or -EBADMSG.
 */
int icmp6_decode(struct rd *r, const struct ip6_head *ip, struct icmp6_head *ret,
		 struct rd *ret_body);
/*
 * The body of a RS, NS or NA with all the tests that RFC 4861 sections 6.1.1, 7.1.1 and 7.1.2 ask
 * for (hop limit, code, addresses, options). 0 or -EBADMSG.
 */
int icmp6_nd_decode(struct rd *body, const struct ip6_head *ip, const struct icmp6_head *h,
		    struct icmp6_nd *ret);
/* The body of a RA, RFC 4861 section 6.1.2; what exceeds the arrays is left out. 0 or -EBADMSG. */
int icmp6_ra_decode(struct rd *body, const struct ip6_head *ip, const struct icmp6_head *h,
		    struct icmp6_ra *ret);

struct icmp6_path {
	struct mac eth_src, eth_dst;
	struct ip6 src, dst;
	uint8_t hop_limit; /* 255 for neighbour discovery */
};

/*
 * Whole frames. Between begin and end the caller writes the body; end patches length and checksum.
 *   size_t mark = icmp6_begin(&w, &path, ICMP6_ECHO_REQUEST, 0);
 *   ... wr_u16(&w, id) ...
 *   icmp6_end(&w, mark);
 */
size_t icmp6_begin(struct wr *w, const struct icmp6_path *p, uint8_t type, uint8_t code);
void icmp6_end(struct wr *w, size_t mark);
void icmp6_nd_build(struct wr *w, const struct icmp6_path *p, const struct icmp6_nd *nd);
void icmp6_ra_build(struct wr *w, const struct icmp6_path *p, const struct icmp6_ra *ra);

/* ff02::1:ffXX:XXXX of a target (RFC 4291 section 2.7.1). */
struct ip6 icmp6_solicited_node(const struct ip6 *target);
/* 33:33 and the last four bytes of a multicast address (RFC 2464 section 7). */
struct mac icmp6_multicast_mac(const struct ip6 *group);

#endif
