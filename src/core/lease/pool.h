/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address pool in blocks of 16: who has claimed which, and the free addresses of our own. Knows
 * nothing of clients.
 *
 * Life of a block of ours: CLAIMED until all neighbours acknowledged it (then ACKED, and READY 2 s
 * later) or until we have been without any other node for 3 s; gone when it is returned or lost to
 * a lower claim.
 */
#ifndef LEASE_POOL_H
#define LEASE_POOL_H

#include "core/lease/client.h"
#include "lib/clock.h"
#include "lib/table.h"

#define POOL_BLOCK 16	 /* addresses in a block */
#define POOL_OWN_MAX 256 /* blocks one node can have */

#define POOL_ACKED_WAIT (2 * USEC_S)
#define POOL_ALONE_WAIT (3 * USEC_S)

enum pool_state {
	POOL_NONE,
	POOL_CLAIMED,
	POOL_ACKED,
	POOL_READY,
};

struct pool_own {
	struct lease_block block;
	enum pool_state state;
	usec_t claimed_at;
	usec_t ready_at;	  /* once ACKED */
	usec_t idle_since;	  /* no address in use; USEC_NEVER: there is one */
	uint16_t usable;	  /* bit per address: of the pool, and nobody's */
	uint16_t offered;	  /* bit per address: promised to a client for a moment */
	usec_t freed[POOL_BLOCK]; /* when it was last in use; 0: never as far as we know */
};

struct pool_claim {
	uint32_t index; /* key */
	struct lease_block block;
	uint32_t own; /* slot + 1 if ours */
};

struct pool {
	struct net4 net;
	struct lease_node self;
	struct table claims;
	uint32_t blocks; /* in the network */
	uint32_t epoch;	 /* highest seen */
	struct pool_own own[POOL_OWN_MAX];
	unsigned own_count;
	bool (*usable)(void *ctx, const struct ip4 *ip); /* asked when a block becomes ours */
	void *ctx;
};

enum pool_verdict {
	POOL_LEARNT,  /* somebody else's, or ours and known */
	POOL_ADOPTED, /* ours from a former run: now CLAIMED */
	POOL_LOST,    /* we had it, the other claim is lower */
	POOL_KEPT,    /* we have it, the other claim is higher */
	POOL_REFUSED, /* no such block, or no room */
};

/* 0 or -ENOMEM. */
int pool_init(struct pool *p, const struct net4 *net, const struct lease_node *self,
	      uint32_t claims_max, const struct hash_key *key);
void pool_done(struct pool *p);
struct pool_own *pool_own_find(struct pool *p, const struct ip4 *ip);
const struct pool_claim *pool_claim_find(const struct pool *p, const struct ip4 *ip);
/* Claims the block of ip, or with NULL one at a place that follows from our id. NULL: nothing is
 * free. */
struct pool_own *pool_claim_new(struct pool *p, const struct ip4 *ip, usec_t now);
enum pool_verdict pool_learn(struct pool *p, const struct lease_block *block, usec_t now);
void pool_forget(struct pool *p, const struct lease_block *block);
void pool_return(struct pool *p, struct pool_own *o);
void pool_acked(struct pool *p, const struct lease_block *block, usec_t now);
/* Makes claims ready that are due. */
void pool_tick(struct pool *p, bool alone, usec_t now);
usec_t pool_deadline(const struct pool *p, bool alone);
/* Whether ip can be allocated has changed. */
void pool_set_usable(struct pool *p, const struct ip4 *ip, bool usable, usec_t now);
void pool_set_offered(struct pool *p, const struct ip4 *ip, bool offered);
/* Free, in a ready block of ours, and not offered. */
bool pool_is_free(struct pool *p, const struct ip4 *ip);
/* A free address: never used ones first, then the one unused for longest. False when there is none.
 */
bool pool_pick(const struct pool *p, struct ip4 *ret);
/* Free addresses in blocks of ours that are or will be ready, and those in use. */
void pool_count(const struct pool *p, unsigned *ret_free, unsigned *ret_used);

#endif
