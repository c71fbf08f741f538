/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address pool in blocks of 16: who has claimed which, and the free addresses of our own. Knows
 * nothing of clients.
 *
 * Life of a block of ours: CLAIMED until all neighbours acknowledged it (then ACKED, and READY 2 s
 * later) or until we have been without any other node for 3 s, and until a meeting is over, if it
 * is not of a former run; gone when it is returned or lost to a claim that goes before it: the
 * lower one. But a claim that names another as taken goes before just that one, and when it is
 * given back, that one stands again.
 *
 * What is asked for each packet (counts, the next address, the deadline) does not depend on how
 * many blocks are ours: counts are kept, and ready blocks stand in a heap by the address of theirs
 * that has been free for longest (pool_free.c).
 */
#ifndef LEASE_POOL_H
#define LEASE_POOL_H

#include "core/lease/client.h"
#include "lib/clock.h"
#include "lib/table.h"

#define POOL_BLOCK 16 /* addresses in a block */
#define POOL_RECENT_SLOTS 4

#define POOL_ACKED_WAIT (2 * USEC_S)
#define POOL_ALONE_WAIT (3 * USEC_S)

enum pool_state {
	POOL_NONE,
	POOL_CLAIMED,
	POOL_ACKED,
	POOL_READY,
};

/* What can be said about one address, for the pool. */
enum pool_use {
	POOL_USE_FREE,
	POOL_USE_HELD,	   /* a client has it or was seen to use it */
	POOL_USE_EXCLUDED, /* not for clients at all */
};

struct pool_count {
	unsigned free;	  /* in blocks of ours that are ready or will be, and for anybody */
	unsigned resting; /* free, but for those only who name them */
	unsigned used;	  /* held or offered */
	unsigned waiting; /* blocks of ours that are not ready yet */
};

struct pool_own {
	uint32_t index; /* key */
	enum pool_state state;
	struct lease_block block;
	usec_t claimed_at;
	usec_t ready_at;   /* set from ACKED on */
	usec_t idle_since; /* no address held or offered; USEC_NEVER: there is one */
	/* bit per address */
	uint16_t held;
	uint16_t excluded;
	uint16_t offered; /* promised to a client for a moment */
	uint16_t resting; /* until resting_until, but those that are free only */
	usec_t resting_until;
	usec_t given_at;	   /* when one was last taken; 0: not since pool_settle */
	uint32_t given_s;	   /* the longest lease of those, where that is longer than usual */
	bool is_found;		   /* of a former run, and nobody has taken one in this */
	usec_t freed[POOL_BLOCK];  /* when it was last held; 0: never as far as we know */
	struct pool_count counted; /* its part of the pool's */
	usec_t oldest;		   /* the least of freed[] among those free for anybody */
	uint32_t place;		   /* in the heap, + 1; 0: no such address, or not ready */
};

/* How many of something in each of the last half seconds. */
struct pool_recent {
	struct {
		int64_t number; /* which half second */
		unsigned count;
	} slot[POOL_RECENT_SLOTS];
};

struct pool_claim {
	uint32_t index; /* key */
	struct lease_block block;
};

struct pool {
	struct net4 net;
	struct lease_node self;
	struct table claims;		  /* struct pool_claim */
	uint32_t blocks;		  /* in the network */
	uint32_t first_block, last_block; /* those that new claims are made of */
	uint32_t epoch;			  /* highest seen */
	uint64_t salt;			  /* of the places of our claims */
	uint32_t claimed;		  /* of those */
	enum pool_use (*use)(void *ctx, const struct ip4 *ip); /* asked when a block becomes ours */
	bool (*is_gone)(void *ctx, const struct lease_block *block);
	void *ctx;
	struct table own; /* struct pool_own */
	uint32_t *heap;	  /* table_index of those with an address for anybody, oldest first */
	uint32_t heap_count;
	struct pool_count count;
	struct pool_recent taken; /* addresses promised */
	struct pool_recent unmet; /* clients for whom there was none */
	usec_t alone;		  /* see pool_alone */
	usec_t meeting_until;	  /* see pool_meeting */
	usec_t due;		  /* no claim becomes ready, and no rest ends, before */
};

enum pool_verdict {
	POOL_LEARNT,  /* somebody else's, or ours and known */
	POOL_ADOPTED, /* ours from a former run: now CLAIMED, if it was not known yet */
	POOL_LOST,    /* ours, but the other claim is lower */
	POOL_KEPT,    /* ours, the other claim is higher */
	POOL_REFUSED, /* no such block, or no room */
};

struct pool_setup {
	struct net4 net;
	struct lease_node self;
	uint32_t claims_max; /* of all nodes */
	uint32_t own_max;    /* of ours */
	uint64_t salt; /* another in each run, or a node without its disk begins where it did */
	struct hash_key key;
	enum pool_use (*use)(void *ctx, const struct ip4 *ip);
	/* Whether the owner of a claim is gone, so that it can be taken; NULL: never. */
	bool (*is_gone)(void *ctx, const struct lease_block *block);
	void *ctx;
};

/* 0 or -ENOMEM. */
int pool_init(struct pool *p, const struct pool_setup *setup);
void pool_done(struct pool *p);
struct pool_own *pool_own_find(const struct pool *p, const struct ip4 *ip);
struct pool_own *pool_own_at(const struct pool *p, uint32_t index);
/* New claims are made between these two addresses only; what is claimed already stays. */
void pool_limit(struct pool *p, const struct ip4 *first, const struct ip4 *last);
/* Somebody has claimed the block of ip. */
bool pool_is_claimed(const struct pool *p, const struct ip4 *ip);
/* ... and that is node, as far as we know. */
bool pool_is_claimed_by(const struct pool *p, const struct ip4 *ip, const struct lease_node *node);
/*
 * Claims the block of ip, or with NULL one at a place that follows from our id and the salt. NULL:
 * nothing is free, or we have too many.
 */
struct pool_own *pool_claim_new(struct pool *p, const struct ip4 *ip, usec_t now);
/* Over 80 % of what can be claimed is. */
bool pool_is_scarce(const struct pool *p);
/* Claims a block of an owner that is gone. NULL: there is none, or we have too many. */
struct pool_own *pool_reclaim(struct pool *p, usec_t now);
/* A claim that somebody has made. *ret_lost is our own claim when POOL_LOST. */
enum pool_verdict pool_learn(struct pool *p, const struct lease_block *block, usec_t now,
			     struct lease_block *ret_lost);
void pool_forget(struct pool *p, const struct lease_block *block);
void pool_return(struct pool *p, struct pool_own *o);
/* for (uint32_t i = 0; (o = pool_own_next(p, &i));)   may return the block it is at */
struct pool_own *pool_own_next(const struct pool *p, uint32_t *cursor);
/* Since when we could have heard of other nodes and know none; USEC_NEVER (at first): we know some.
 */
void pool_alone(struct pool *p, usec_t since);
/* No claim becomes ready before. */
void pool_meeting(struct pool *p, usec_t until);
/* We got no time, for so long: it does not count as time in which a claim was not refused. */
void pool_starved(struct pool *p, usec_t lost);
/* Nobody refused it; who is alone waits POOL_ALONE_WAIT all the same. */
void pool_acked(struct pool *p, const struct lease_block *block, usec_t now);
/* All addresses of a block of ours that nobody holds rest: pool_pick leaves them out until then.
 * One that is held in between is known from there on. */
void pool_rest(struct pool *p, struct pool_own *o, usec_t until);
/* What its record says: see struct lease_block. */
void pool_set_rest(struct pool *p, struct pool_own *o, uint32_t rest_s);
/* An address of it was taken, or is still. */
void pool_given(struct pool_own *o, usec_t now);
/* Of all of our blocks: what is held by now was not given by us in this run. */
void pool_settle(struct pool *p);
/* Makes claims ready that are due; true when there were some. */
bool pool_tick(struct pool *p, usec_t now);
/* Perhaps too early, never too late. */
usec_t pool_deadline(const struct pool *p);
/* What is said about ip has changed. */
void pool_update(struct pool *p, const struct ip4 *ip, enum pool_use use, usec_t now);
void pool_offer(struct pool *p, const struct ip4 *ip, bool offered, usec_t now);
/* In a ready block of ours and not excluded: we are the one who may give it to somebody. */
bool pool_is_ours(struct pool *p, const struct ip4 *ip);
/* Ours, not held and not offered. */
bool pool_is_free(struct pool *p, const struct ip4 *ip);
/*
 * A free address: never used ones first, then the one unused for longest. One that was freed less
 * than 5 s ago rests: a node that has not heard of it may be renewing it. False: none.
 */
bool pool_pick(const struct pool *p, usec_t now, struct ip4 *ret);
/* The i-th of its addresses, below POOL_BLOCK. */
struct ip4 pool_address(const struct pool *p, const struct pool_own *o, unsigned i);
/* What pool_pick gives next, of one block only; at most max. */
unsigned pool_ahead(const struct pool *p, struct ip4 *ret, unsigned max);
bool pool_is_rested(struct pool *p, const struct ip4 *ip, usec_t now);
/* Rests by pool_rest. */
bool pool_is_resting(struct pool *p, const struct ip4 *ip);
struct pool_count pool_count(const struct pool *p);
/* How many were offered or lent in the last 2 s, and how many clients found none. */
unsigned pool_taken(const struct pool *p, usec_t now);
unsigned pool_unmet(const struct pool *p, usec_t now);
void pool_note_taken(struct pool *p, usec_t now);
void pool_note_unmet(struct pool *p, usec_t now);

/* pool_free.c for pool.c: the block has changed, or came or goes (POOL_NONE). */
void pool_own_note(struct pool *p, struct pool_own *o);

#endif
