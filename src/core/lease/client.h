/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client record: what a cloud knows about one client, replicated to all of its nodes. Node
 * translates it to and from a record of the state service; here it is a plain struct.
 */
#ifndef LEASE_CLIENT_H
#define LEASE_CLIENT_H

#include "lib/addr.h"

#define LEASE_NODE_ID 8	  /* bytes that name a node */
#define LEASE_ID_MAX 32	  /* longer client identifiers are replaced by 0xff and their MD5 */
#define LEASE_NAME_MAX 64 /* buffer with the NUL */
#define LEASE_ADDRS_MAX 16
#define LEASE_REST_UNKNOWN UINT32_MAX

struct lease_node {
	uint8_t b[LEASE_NODE_ID]; /* all zero: none */
};

enum lease_flag {
	/*
	 * No client at all: an address that must not be allocated for a while, because a client
	 * declined it or a stranger was seen to use it. The key is then lease_decline_mac(ip4).
	 */
	LEASE_DECLINED = 1,
	LEASE_KEPT = 2,	    /* one of these: only for `whose`, who may be using it */
	LEASE_RELEASED = 4, /* ip4 is zero because the client or a clash ended the lease, not for
			       ignorance */
};

struct lease_client {
	struct mac mac;		   /* key */
	uint8_t flags;		   /* enum lease_flag */
	struct lease_node node;	   /* where the client was last */
	struct lease_node gateway; /* its gateway, if it has one */
	struct ip4 ip4;		   /* lease; zero: none */
	struct ip4 ended;	   /* LEASE_RELEASED: what it had; zero: not known */
	struct ip4 wanted; /* without one: what its node asks the owner for; zero: nothing */
	/* of the lease, or since its end where LEASE_RELEASED; at the moment of handing over */
	uint32_t age_s;
	uint32_t quiet_s;   /* since this was last written, at the moment of handing over */
	uint32_t granted_s; /* since the lease was last acknowledged, as the writer knows */
	struct mac whose;   /* LEASE_DECLINED: who declined it, or LEASE_KEPT; zero: nobody */
	uint8_t id_len;	    /* 0: none */
	uint8_t id[LEASE_ID_MAX];
	char name[LEASE_NAME_MAX]; /* [a-z0-9-] or empty */
	uint8_t addr_count;
	struct ip6 addrs[LEASE_ADDRS_MAX]; /* other addresses it used; IPv4 as ::ffff:a.b.c.d */
};

/* A claim to 16 addresses of the pool: network + 16 * index and the 15 behind it. */
struct lease_block {
	struct lease_node owner;
	uint32_t index;
	uint32_t epoch; /* one more than the highest that was known when the claim was made */
	/* For so long its free addresses rest when its owner starts again; LEASE_REST_UNKNOWN: for
	 * a whole lease time. */
	uint32_t rest_s;
	/* The claim of a node that is gone for good, which this one goes before; 0: none. */
	uint32_t taken_epoch;
	struct lease_node taken_from;
};

struct ip6 lease_mapped(const struct ip4 *ip); /* ::ffff:a.b.c.d */
/* The IPv4 address in a mapped one; false: it is an IPv6 address. */
bool lease_unmapped(const struct ip6 *addr, struct ip4 *ret);
struct mac lease_decline_mac(const struct ip4 *ip); /* 03:00:a:b:c:d, no station's */
bool lease_node_eq(const struct lease_node *a, const struct lease_node *b);

#endif
