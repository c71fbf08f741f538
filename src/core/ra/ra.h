/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a node says about IPv6 to its own clients, and what it overhears: router advertisements (RFC
 * 4861, RFC 8106, RFC 4191), answers to DHCPv6 information requests (RFC 8415), and the addresses
 * that clients use, from ARP and neighbour discovery.
 *
 * Invariants
 * - Advertisements come from the link-local address of the anycast MAC, the same on every node, so
 * that a client's default router stays when it roams. M and O are 0. All nodes with the same
 * ra_conf send the same bytes.
 * - Multicast advertisements are at least 3 s apart (RFC 4861 section 6.2.6); a solicitation is
 * answered by unicast, at once in the limits of a budget, else by the next multicast one.
 * - Nothing is learnt from forged or foreign sources; never an anycast, group or unspecified
 * address, never one outside the cloud's prefixes and fe80::/10. An address that a host only tries
 * (duplicate address detection) is told as such.
 *
 * Timers: the next multicast advertisement, at random between 0.75 and 1 of the interval; the first
 * three after 1, 4 and 16 s.
 */
#ifndef RA_RA_H
#define RA_RA_H

#include "lib/addr.h"
#include "lib/bucket.h"
#include "lib/clock.h"
#include "lib/outq.h"
#include "lib/rng.h"
#include "lib/table.h"

#define RA_TEXT_MAX 254
#define RA_SEARCH_MAX 3
#define RA_PREFIX_MAX 4

enum ra_pref {
	RA_PREF_LOW,
	RA_PREF_MEDIUM,
	RA_PREF_HIGH,
};

struct ra_prefix {
	struct net6 net; /* a /64 clients make addresses in */
	uint32_t valid_s, preferred_s;
};

struct ra_conf {
	struct mac anycast_mac;
	struct net4 network4; /* addresses outside are not learnt */
	struct ip4 anycast4;
	struct ip6 anycast6; /* DNS server for clients; zero: none */
	unsigned prefix_count;
	struct ra_prefix prefixes[RA_PREFIX_MAX]; /* the first is the cloud's ULA */
	uint16_t lifetime_s;			  /* of the default route; 0: none */
	enum ra_pref pref;
	uint32_t mtu;				 /* 0: not sent */
	char search[RA_SEARCH_MAX][RA_TEXT_MAX]; /* DNSSL; empty ones are skipped */
	usec_t interval;			 /* 0: 120 s; at least 4 s */
};

enum ra_out_kind {
	RA_SEND, /* data: Ethernet frame for the anycast interface; port: where it was asked for, or
		    RA_PORT_ALL */
	RA_SEEN, /* data: struct ra_seen; at most once a minute for the same pair */
	RA_TRIED, /* data: struct ra_seen; it will have that address unless somebody else has it */
};

#define RA_PORT_ALL 0xffff

struct ra_seen {
	struct mac mac;
	struct ip6 addr; /* IPv4 as ::ffff:a.b.c.d */
};

enum ra_counter {
	RA_COUNT_RS,
	RA_COUNT_RA_UNICAST,
	RA_COUNT_RA_MULTICAST,
	RA_COUNT_DHCP6,
	RA_COUNT_DHCP6_REPLY,
	RA_COUNT_SEEN,
	RA_COUNT_MALFORMED,
	RA_COUNT_FORGED,  /* source MAC of the frame is not the sender's that the message names, or
			     is ours */
	RA_COUNT_FOREIGN, /* address of no network of ours */
	RA_COUNT_RATE,	  /* over the limit, not answered or not reported */
	RA_COUNTERS,
};

struct ra {
	struct ra_conf conf;
	struct rng rng;
	struct outq out;
	struct table seen;
	usec_t seen_swept;
	usec_t multicast_due;
	usec_t multicast_last;
	struct bucket answers; /* by unicast */
	unsigned first;	       /* quick ones at the start that are left */
	uint64_t counters[RA_COUNTERS];
};

struct ra_setup {
	struct rng rng;
	uint32_t seen_max; /* pairs remembered; 0: 4096 */
	void *out_buf;	   /* 8-byte aligned, borrowed; 16 KiB are plenty */
	size_t out_cap;
};

/* 0 or -ENOMEM. */
int ra_init(struct ra *r, const struct ra_conf *conf, const struct ra_setup *setup, usec_t now);
void ra_done(struct ra *r);
/* New content: advertised at once to all (as far as the limits allow). Nothing happens when it is
 * the same. */
void ra_configure(struct ra *r, const struct ra_conf *conf, usec_t now);
/* A frame of a local client seen on the anycast interface; anything it does not care for is
 * ignored. */
void ra_input(struct ra *r, const void *frame, size_t len, uint16_t port, usec_t now);
/* A client has come to this node: it is told at once, by unicast. */
void ra_client_here(struct ra *r, const struct mac *mac, uint16_t port, usec_t now);
void ra_tick(struct ra *r, usec_t now);
usec_t ra_deadline(const struct ra *r);
const char *ra_counter_name(enum ra_counter c);

#endif
