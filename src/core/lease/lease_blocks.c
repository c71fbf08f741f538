/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of the pool: claimed ahead of need, returned when idle, contested. */
#include "core/lease/serve.h"

enum {
	SPARE_MIN = 8,	 /* free addresses to have, and one for every four in use */
	UNMET_MAX = 512, /* and for clients that found none: their word costs them nothing */
	/* At a time: so many addresses come to be free in the two seconds that a claim takes. How
	 * many are wanted follows from what was given, which has a limit per port. */
	CLAIMS_WAITING = 2048,
	CLAIMS_AT_ONCE = 256, /* for which there is room in the queue */
	WORD_CLAIM_BURST = 32,
	REST_MAX_S = 7 * 86400, /* what a disk or a neighbour may say: the longest lease time */
	REST_STEPS = 16,	/* the rest is told anew after such a part of a lease time ... */
	REST_STEP_MAX_S = 3600, /* ... or after that */
};

#define WORD_CLAIM_INTERVAL (2 * USEC_S)
#define CLAIM_PAUSE (10 * USEC_MS)
#define FULL_PAUSE (1 * USEC_S)	    /* all blocks are claimed: to see that takes a while */
#define RECLAIM_PAUSE (60 * USEC_S) /* no owner is gone: to see that takes a while, too */
#define CLAIM_REPEAT (20 * USEC_S)
#define BLOCK_IDLE (3600 * USEC_S)
#define WRITE_WAIT (10 * USEC_S) /* what was handed to the disk is on it by then */

static void block_put(struct lease *l, const struct pool_own *o)
{
	outq_push(&l->out, LEASE_BLOCK_PUT, 0, 0, &o->block, sizeof(o->block));
}

/* It takes two seconds or more until a claim can be used: twice of what the last two took, or
 * lacked, is there when the next come as fast. */
static unsigned spare_wanted(const struct lease *l, const struct pool_count *count, usec_t now)
{
	unsigned unmet = pool_unmet(&l->pool, now);

	if (unmet > UNMET_MAX && !l->conf.port_unlimited)
		unmet = UNMET_MAX;
	return SPARE_MIN + count->used / 4 + 2 * (pool_taken(&l->pool, now) + unmet);
}

/*
 * What owners that are gone for good have left goes before the last fifth of the pool: the fewer
 * blocks there are, the likelier two nodes that cannot hear each other choose the same one.
 */
static struct pool_own *claim_one(struct lease *l, usec_t now)
{
	struct pool_own *o = NULL;

	if (pool_is_scarce(&l->pool) && now >= l->reclaim_due) {
		o = pool_reclaim(&l->pool, now);
		l->reclaim_due = o ? now : now + RECLAIM_PAUSE;
	}
	return o ? o : pool_claim_new(&l->pool, NULL, now);
}

void lease_claim_ahead(struct lease *l, usec_t now)
{
	struct pool_count count;
	unsigned claimed = 0;

	if (now < l->claim_from) {
		l->claim_due = l->claim_from; /* lease_loaded comes first */
		return;
	}
	if (!lease_is_judge(l, now)) {
		/* an unknown claim is best not met at all */
		l->claim_due = l->unsynced_at + LEASE_UNSYNCED_MAX;
		return;
	}
	l->claim_due = USEC_NEVER;
	count = pool_count(&l->pool);
	if (now < l->full_until)
		return;
	while (count.waiting < CLAIMS_WAITING && count.free < spare_wanted(l, &count, now)) {
		struct pool_own *o;

		if (claimed++ == CLAIMS_AT_ONCE) {
			l->claim_due = now + CLAIM_PAUSE;
			return;
		}
		o = claim_one(l, now);
		if (!o) {
			l->full_until = now + FULL_PAUSE;
			return;
		}
		block_put(l, o);
		count = pool_count(&l->pool);
	}
}

bool lease_claim_for(struct lease *l, const struct ip4 *ip, usec_t now)
{
	struct pool_own *o;

	if (pool_is_claimed(&l->pool, ip))
		return false;
	if (now < l->claim_from ||
	    !bucket_take(&l->claim_rate, WORD_CLAIM_INTERVAL, WORD_CLAIM_BURST, now))
		return true; /* later, perhaps */
	o = pool_claim_new(&l->pool, ip, now);
	if (o)
		block_put(l, o);
	return o;
}

/* A neighbour may have refused the claim, or gone without an answer: it is asked again. */
static void claims_repeat(struct lease *l, usec_t now)
{
	const struct pool_own *o;

	for (uint32_t i = 0; (o = pool_own_next(&l->pool, &i));)
		if (o->state == POOL_CLAIMED && now - o->claimed_at >= CLAIM_REPEAT)
			block_put(l, o);
}

/*
 * Rest. When a whole town goes dark, what a node granted in its last minutes is on no disk and at
 * no other node. So the addresses of such a block rest when the node starts again: until a lease
 * time is over every such client has asked to keep its own by name, and has it, or has lost it.
 * For as long the block is not returned either, for whoever claims it next would know even less.
 *
 * It must not rest for nothing, or each start would need room of its own. So the record of a block
 * says how long it has to: a whole lease time, the client's own where an administrator has fixed a
 * longer one, from the moment that an address was taken, not at all
 * once a snapshot shows that, and while it rests, what is left; a node that starts again and again
 * does not begin anew each time. Where the snapshot is lost, that counts for nothing.
 *
 * What we had lent is among what rests: we have forgotten to whom. The borrower offers it for 60 s,
 * which is less than any lease time; when the client has taken it by then, its record comes to us
 * as it does to everybody, and holds the address from there on.
 */

/* What finds no room in the queue is told by the next sweep. */
static void rest_tell(struct lease *l, struct pool_own *o, uint32_t rest_s)
{
	struct lease_block b = o->block;

	b.rest_s = rest_s;
	if (outq_push(&l->out, LEASE_BLOCK_PUT, 0, 0, &b, sizeof(b)) == 0)
		pool_set_rest(&l->pool, o, rest_s);
}

/* For how long what was taken of it may be in use. */
static uint32_t lease_of(const struct lease *l, const struct pool_own *o)
{
	return o->given_s > l->conf.lease_s ? o->given_s : l->conf.lease_s;
}

void lease_block_given(struct lease *l, struct pool_own *o, usec_t now)
{
	/* what is held is on the disk, as long as that is being read */
	if (now >= l->claim_from && o->given_at && o->block.rest_s < lease_of(l, o))
		rest_tell(l, o, lease_of(l, o));
}

void lease_block_lasts(struct lease *l, const struct ip4 *ip, uint32_t lease_s, usec_t now)
{
	struct pool_own *o = pool_own_find(&l->pool, ip);

	if (!o || !o->given_at || lease_s <= o->given_s)
		return;
	o->given_s = lease_s;
	lease_block_given(l, o, now);
}

/* How long it would have to rest if we started again now. */
static uint32_t rest_wanted(const struct lease *l, const struct pool_own *o, usec_t now)
{
	usec_t left = o->resting && o->resting_until > now ? o->resting_until - now : 0;
	uint32_t left_s = (uint32_t)((left + USEC_S - 1) / USEC_S);

	return o->given_at && lease_of(l, o) > left_s ? lease_of(l, o) : left_s;
}

static void rests_sweep(struct lease *l, usec_t now)
{
	struct pool_own *o;

	for (uint32_t i = 0; (o = pool_own_next(&l->pool, &i));) {
		uint32_t told = o->block.rest_s, wanted, step = lease_of(l, o) / REST_STEPS;

		if (step > REST_STEP_MAX_S)
			step = REST_STEP_MAX_S;
		if (o->given_at < l->saved_at && now - l->saved_at >= WRITE_WAIT)
			o->given_at = o->given_s = 0;
		wanted = rest_wanted(l, o, now);
		if (wanted > told || (wanted < told && (wanted == 0 || told - wanted >= step)))
			rest_tell(l, o, wanted);
	}
}

/* One at a time: demand that comes back finds the rest. */
static void idle_return(struct lease *l, usec_t now)
{
	struct pool_own *o;

	for (uint32_t i = 0; (o = pool_own_next(&l->pool, &i));) {
		if (o->state != POOL_READY || o->resting || o->idle_since == USEC_NEVER ||
		    (!o->is_found &&
		     (now - o->idle_since < BLOCK_IDLE || now - o->claimed_at < BLOCK_IDLE)))
			continue;
		outq_push(&l->out, LEASE_BLOCK_RELEASE, 0, 0, &o->block, sizeof(o->block));
		pool_return(&l->pool, o);
		return;
	}
}

void lease_blocks_sweep(struct lease *l, usec_t now)
{
	struct pool_count count = pool_count(&l->pool);

	lease_lent_sweep(l, now);
	rests_sweep(l, now);
	if (count.waiting)
		claims_repeat(l, now);
	if (count.free >= spare_wanted(l, &count, now) + POOL_BLOCK)
		idle_return(l, now);
}

static void block_found(struct lease *l, struct pool_own *o, usec_t now)
{
	uint32_t rest_s = o->block.rest_s;

	if (rest_s == LEASE_REST_UNKNOWN || (l->is_disk_lost && rest_s < l->longest_s))
		rest_s = l->longest_s;
	if (rest_s > REST_MAX_S)
		rest_s = REST_MAX_S;
	if (rest_s)
		pool_rest(&l->pool, o, now + rest_s * USEC_S);
	if (rest_s == o->block.rest_s)
		block_put(l, o);
	else
		rest_tell(l, o, rest_s);
}

void lease_loaded(struct lease *l, bool whole, usec_t now)
{
	struct pool_own *o;

	if (now < l->claim_from) {
		pool_settle(&l->pool);
		l->claim_from = l->claim_due = now;
	}
	l->is_disk_lost = !whole;
	if (l->pool.own.count || l->book.clients.count)
		l->recall_until = now + l->longest_s * USEC_S; /* this is not the first run */
	for (uint32_t i = 0; !whole && (o = pool_own_next(&l->pool, &i));)
		block_found(l, o, now);
}

void lease_saved(struct lease *l, usec_t now)
{
	l->saved_at = now;
}

void lease_block_learnt(struct lease *l, const struct lease_block *block, usec_t now)
{
	struct lease_block lost;

	switch (pool_learn(&l->pool, block, now, &lost)) {
	case POOL_ADOPTED:
		block_found(l, pool_own_at(&l->pool, block->index), now);
		break;
	case POOL_LOST:
		l->counters[LEASE_COUNT_BLOCK_CLASH]++;
		outq_push(&l->out, LEASE_BLOCK_RELEASE, 0, 0, &lost, sizeof(lost));
		l->claim_due = now;
		break;
	case POOL_KEPT:
		l->counters[LEASE_COUNT_BLOCK_CLASH]++;
		break;
	case POOL_LEARNT:
	case POOL_REFUSED:
		break;
	}
}

void lease_block_gone(struct lease *l, const struct lease_block *block, usec_t now)
{
	(void)now;
	pool_forget(&l->pool, block);
}

void lease_block_acked(struct lease *l, const struct lease_block *block, usec_t now)
{
	pool_acked(&l->pool, block, now);
}

bool lease_block_next(const struct lease *l, uint32_t *cursor, struct lease_block *ret)
{
	const struct pool_claim *c = table_next(&l->pool.claims, cursor);

	if (c)
		*ret = c->block;
	return c;
}
