/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks of the pool: claimed ahead of need, returned when idle, contested. */
#include "core/lease/serve.h"

enum {
	SPARE_MIN = 8,	     /* free addresses to have, and one for every four in use */
	CLAIMS_WAITING = 64, /* at a time */
	WORD_CLAIM_BURST = 32,
};

#define WORD_CLAIM_INTERVAL (2 * USEC_S)
#define UNMET_LIFE (4 * USEC_S)	    /* a client without an answer asks again by then */
#define FULL_PAUSE (1 * USEC_S)	    /* all blocks are claimed: to see that takes a while */
#define RECLAIM_PAUSE (60 * USEC_S) /* no owner is gone: to see that takes a while, too */
#define CLAIM_REPEAT (20 * USEC_S)
#define BLOCK_IDLE (3600 * USEC_S)

static void block_put(struct lease *l, const struct pool_own *o)
{
	outq_push(&l->out, LEASE_BLOCK_PUT, 0, 0, &o->block, sizeof(o->block));
}

/* It takes two seconds or more until a claim can be used: twice of what the last two took is there
 * when the next come as fast. */
static unsigned spare_wanted(const struct lease *l, const struct pool_count *count, usec_t now)
{
	unsigned unmet = now - l->unmet_since < UNMET_LIFE ? l->unmet : 0;

	return SPARE_MIN + count->used / 4 + 2 * pool_taken(&l->pool, now) + unmet;
}

void lease_note_unmet(struct lease *l, usec_t now)
{
	if (now - l->unmet_since >= UNMET_LIFE) {
		l->unmet = 0;
		l->unmet_since = now;
	}
	l->unmet++;
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

	if (now < l->claim_from) {
		l->claim_due = l->claim_from;
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
		struct pool_own *o = claim_one(l, now);

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

/* One at a time: demand that comes back finds the rest. */
void lease_blocks_sweep(struct lease *l, usec_t now)
{
	struct pool_count count = pool_count(&l->pool);
	struct pool_own *o;

	lease_lent_sweep(l, now);
	if (count.waiting)
		claims_repeat(l, now);
	if (count.free < spare_wanted(l, &count, now) + POOL_BLOCK)
		return;
	for (uint32_t i = 0; (o = pool_own_next(&l->pool, &i));) {
		if (o->state != POOL_READY || o->resting || o->idle_since == USEC_NEVER ||
		    now - o->idle_since < BLOCK_IDLE || now - o->claimed_at < BLOCK_IDLE)
			continue;
		outq_push(&l->out, LEASE_BLOCK_RELEASE, 0, 0, &o->block, sizeof(o->block));
		pool_return(&l->pool, o);
		return;
	}
}

/*
 * A block of a former run. What we granted from it in its last minutes may be on no disk and at no
 * other node, when all of them went down together. So its free addresses rest for one lease time:
 * until then every such client has asked to keep its own by name, and has it, or has lost it. For
 * as long the block is not returned either, for whoever claims it next would know even less; and
 * it does not count as room for others, so new blocks are claimed for them at once.
 *
 * What we had lent is among them: we have forgotten to whom. The borrower offers it for 60 s, which
 * is less than any lease time; when the client has taken it by then, its record comes to us as it
 * does to everybody, and holds the address from there on.
 */
static void block_found(struct lease *l, struct pool_own *o, usec_t now)
{
	pool_rest(&l->pool, o, now + (usec_t)l->conf.lease_s * USEC_S);
	block_put(l, o);
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
