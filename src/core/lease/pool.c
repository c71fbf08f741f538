/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lease/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire.h"

enum {
	CLAIM_TRIES = 32, /* at random before the nearest free block is good enough */
};

#define KEPT_PAUSE (10 * USEC_S) /* a block that was contested is not paused again before */

int pool_init(struct pool *p, const struct pool_setup *setup)
{
	uint32_t size_log2 = 32u - setup->net.len, own_max = setup->own_max;
	int err;

	*p = (struct pool) { .net = net4_base(&setup->net),
			     .self = setup->self,
			     .salt = setup->salt,
			     .use = setup->use,
			     .is_gone = setup->is_gone,
			     .ctx = setup->ctx,
			     .alone = USEC_NEVER,
			     .due = USEC_NEVER };
	p->blocks = size_log2 > 4 ? 1u << (size_log2 - 4) : 1;
	p->last_block = p->blocks - 1;
	if (own_max > p->blocks)
		own_max = p->blocks;
	err = table_init(&p->claims, sizeof(struct pool_claim), sizeof(uint32_t), setup->claims_max,
			 setup->key);
	if (err == 0)
		err = table_init(&p->own, sizeof(struct pool_own), sizeof(uint32_t), own_max,
				 setup->key);
	if (err == 0 && !(p->heap = calloc(own_max, sizeof(*p->heap))))
		err = -ENOMEM;
	return err;
}

void pool_done(struct pool *p)
{
	table_done(&p->claims);
	table_done(&p->own);
	free(p->heap);
	p->heap = NULL;
}

static uint32_t block_index(const struct pool *p, const struct ip4 *ip)
{
	return (ip4_u32(ip) - ip4_u32(&p->net.addr)) / POOL_BLOCK;
}

static bool is_claimable(const struct pool *p, uint32_t index)
{
	return index >= p->first_block && index <= p->last_block;
}

static uint32_t claimable_blocks(const struct pool *p)
{
	return p->last_block - p->first_block + 1;
}

static struct pool_claim *claim_add(struct pool *p, const struct lease_block *block)
{
	struct pool_claim *c = table_add(&p->claims, &block->index);

	if (!c)
		return NULL;
	c->block = *block;
	p->claimed += is_claimable(p, block->index);
	return c;
}

static void claim_remove(struct pool *p, struct pool_claim *c)
{
	p->claimed -= is_claimable(p, c->index);
	table_remove(&p->claims, c);
}

bool pool_is_scarce(const struct pool *p)
{
	return (uint64_t)p->claimed * 5 > (uint64_t)claimable_blocks(p) * 4;
}

void pool_limit(struct pool *p, const struct ip4 *first, const struct ip4 *last)
{
	const struct pool_claim *c;

	if (!net4_has(&p->net, first) || !net4_has(&p->net, last))
		return;
	p->first_block = block_index(p, first);
	p->last_block = block_index(p, last);
	p->claimed = 0;
	for (uint32_t i = 0; (c = table_next(&p->claims, &i));)
		p->claimed += is_claimable(p, c->index);
}

struct pool_own *pool_own_at(const struct pool *p, uint32_t index)
{
	return table_find(&p->own, &index);
}

struct pool_own *pool_own_find(const struct pool *p, const struct ip4 *ip)
{
	return net4_has(&p->net, ip) ? pool_own_at(p, block_index(p, ip)) : NULL;
}

bool pool_is_claimed(const struct pool *p, const struct ip4 *ip)
{
	uint32_t index = block_index(p, ip);

	return net4_has(&p->net, ip) && table_find(&p->claims, &index);
}

bool pool_is_claimed_by(const struct pool *p, const struct ip4 *ip, const struct lease_node *node)
{
	uint32_t index = block_index(p, ip);
	const struct pool_claim *c = net4_has(&p->net, ip) ? table_find(&p->claims, &index) : NULL;

	return c && lease_node_eq(&c->block.owner, node);
}

struct pool_own *pool_own_next(const struct pool *p, uint32_t *cursor)
{
	return table_next(&p->own, cursor);
}

static void own_read(struct pool *p, struct pool_own *o)
{
	for (unsigned i = 0; i < POOL_BLOCK; i++) {
		struct ip4 ip = pool_address(p, o, i);
		enum pool_use use = p->use(p->ctx, &ip);

		if (use == POOL_USE_HELD)
			o->held |= (uint16_t)(1u << i);
		if (use == POOL_USE_EXCLUDED)
			o->excluded |= (uint16_t)(1u << i);
	}
}

static usec_t alone_until(const struct pool *p, const struct pool_own *o)
{
	return usec_max(p->alone, o->claimed_at) + POOL_ALONE_WAIT;
}

static usec_t state_due(const struct pool *p, const struct pool_own *o)
{
	switch (o->state) {
	case POOL_CLAIMED:
		return p->alone == USEC_NEVER ? USEC_NEVER : alone_until(p, o);
	case POOL_ACKED:
		return p->alone == USEC_NEVER ? o->ready_at
					      : usec_max(alone_until(p, o), o->ready_at);
	case POOL_NONE:
	case POOL_READY:
		break;
	}
	return USEC_NEVER;
}

static usec_t ready_due(const struct pool *p, const struct pool_own *o)
{
	usec_t due = state_due(p, o);

	return o->is_found ? due : usec_max(due, p->meeting_until);
}

static usec_t own_due(const struct pool *p, const struct pool_own *o)
{
	return usec_min(ready_due(p, o), o->resting ? o->resting_until : USEC_NEVER);
}

static void own_set_state(struct pool *p, struct pool_own *o, enum pool_state state)
{
	o->state = state;
	p->due = usec_min(p->due, own_due(p, o));
	pool_own_note(p, o);
}

static void own_end(struct pool *p, struct pool_own *o)
{
	o->state = POOL_NONE;
	pool_own_note(p, o);
	table_remove(&p->own, o);
}

/* A claim of ours, with what is known about its addresses. NULL: we have too many, or none of them
 * is for clients. */
static struct pool_own *own_start(struct pool *p, const struct lease_block *block, usec_t now)
{
	struct pool_own *o = table_add(&p->own, &block->index);

	if (!o)
		return NULL;
	o->block = *block;
	o->claimed_at = now;
	own_read(p, o);
	o->idle_since = o->held ? USEC_NEVER : now;
	if (o->excluded == UINT16_MAX) {
		table_remove(&p->own, o);
		return NULL;
	}
	own_set_state(p, o, POOL_CLAIMED);
	return o;
}

/* taken: the claim that stands there; NULL: none. */
static struct pool_own *claim_index(struct pool *p, uint32_t index, const struct lease_block *taken,
				    usec_t now)
{
	struct lease_block block = { .owner = p->self, .index = index };
	struct pool_claim *c = table_find(&p->claims, &index);
	struct pool_own *o;

	/* saturated: an absurd number heard from somebody must not wrap ours to the lowest */
	block.epoch = p->epoch < UINT32_MAX ? p->epoch + 1 : UINT32_MAX;
	if (taken) {
		block.taken_from = taken->owner;
		block.taken_epoch = taken->epoch;
	}
	o = own_start(p, &block, now);
	if (!o)
		return NULL;
	if (!c && !claim_add(p, &block)) {
		own_end(p, o);
		return NULL;
	}
	if (c)
		c->block = block;
	p->epoch = block.epoch;
	return o;
}

static const struct hash_key claim_key = { 0x7472616d61, 0x706f6f6c }; /* the same everywhere */

static uint64_t claim_start(const struct pool *p)
{
	uint8_t seed[LEASE_NODE_ID + 4 + 8];
	struct wr w = wr_init(seed, sizeof(seed));

	wr_bytes(&w, p->self.b, sizeof(p->self.b));
	wr_u32(&w, p->own.count);
	wr_u64(&w, p->salt);
	return hash_bytes(&claim_key, seed, sizeof(seed));
}

/*
 * Where our next claim may be: an order of our own, i counts up to claim_places(). Every free block
 * is as likely, so that two nodes that cannot hear each other choose the same as rarely as can be:
 * the block behind a row of claimed ones would be likelier if it were looked for from a place on.
 */
static uint32_t claim_place(const struct pool *p, uint64_t start, uint32_t i)
{
	uint8_t seed[12];
	struct wr w = wr_init(seed, sizeof(seed));
	uint64_t place = start;

	wr_u64(&w, start);
	wr_u32(&w, i);
	if (i > 0 && i < CLAIM_TRIES)
		place = hash_bytes(&claim_key, seed, sizeof(seed));
	if (i >= CLAIM_TRIES)
		place += i;
	return p->first_block + (uint32_t)(place % claimable_blocks(p));
}

static uint32_t claim_places(const struct pool *p)
{
	return CLAIM_TRIES + claimable_blocks(p);
}

struct pool_own *pool_claim_new(struct pool *p, const struct ip4 *ip, usec_t now)
{
	uint64_t start = claim_start(p);
	struct pool_own *o = NULL;

	if (p->own.count == p->own.limit || p->claims.count == p->claims.limit)
		return NULL;
	if (ip)
		return pool_is_claimed(p, ip) ? NULL
					      : claim_index(p, block_index(p, ip), NULL, now);
	for (uint32_t i = 0; !o && i < claim_places(p); i++) {
		uint32_t index = claim_place(p, start, i);

		if (!table_find(&p->claims, &index))
			o = claim_index(p, index, NULL, now);
	}
	return o;
}

struct pool_own *pool_reclaim(struct pool *p, usec_t now)
{
	uint64_t start = claim_start(p);
	struct pool_own *o = NULL;

	if (p->own.count == p->own.limit || !p->is_gone)
		return NULL;
	for (uint32_t i = 0; !o && i < claim_places(p); i++) {
		uint32_t index = claim_place(p, start, i);
		const struct pool_claim *c = table_find(&p->claims, &index);

		if (c && !pool_own_at(p, index) && p->is_gone(p->ctx, &c->block))
			o = claim_index(p, index, &c->block, now);
	}
	return o;
}

static bool claim_takes(const struct lease_block *a, const struct lease_block *b)
{
	return a->taken_epoch && a->taken_epoch == b->epoch &&
	       lease_node_eq(&a->taken_from, &b->owner);
}

static bool goes_before(const struct lease_block *a, const struct lease_block *b)
{
	if (claim_takes(a, b) != claim_takes(b, a))
		return claim_takes(a, b);
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch;
	return memcmp(a->owner.b, b->owner.b, sizeof(a->owner.b)) < 0;
}

/* A block that is ours already: the record is of a claim that we made before this one, or tells of
 * more than we knew of it. */
static enum pool_verdict learn_again(struct pool *p, struct pool_own *o,
				     const struct lease_block *block)
{
	if (block->epoch == o->block.epoch && block->rest_s <= o->block.rest_s)
		return POOL_LEARNT;
	if (block->rest_s > o->block.rest_s)
		pool_set_rest(p, o, block->rest_s);
	return POOL_ADOPTED;
}

static enum pool_verdict learn_own(struct pool *p, struct pool_claim *c,
				   const struct lease_block *block, usec_t now)
{
	struct pool_own *o = pool_own_at(p, block->index);

	if (o)
		return learn_again(p, o, block);
	if (!lease_node_eq(&c->block.owner, &p->self) && goes_before(&c->block, block))
		return POOL_LOST;
	o = own_start(p, block, now);
	if (!o)
		return POOL_LOST;
	o->is_found = true;
	p->due = usec_min(p->due, own_due(p, o)); /* no meeting counts for it */
	c->block = *block;
	return POOL_ADOPTED;
}

/* The claim of somebody else meets ours. */
static enum pool_verdict contest(struct pool *p, struct pool_claim *c,
				 const struct lease_block *block, usec_t now,
				 struct lease_block *ret_lost)
{
	struct pool_own *o = pool_own_at(p, c->index);

	if (claim_takes(&o->block, block))
		return POOL_LEARNT;
	if (goes_before(block, &o->block)) {
		*ret_lost = o->block;
		own_end(p, o);
		c->block = *block;
		return POOL_LOST;
	}
	/* the other side may have handed out addresses of which we have not heard yet */
	if (o->state == POOL_READY && now - o->ready_at > KEPT_PAUSE) {
		o->ready_at = now + POOL_ACKED_WAIT;
		own_set_state(p, o, POOL_ACKED);
	}
	return POOL_KEPT;
}

enum pool_verdict pool_learn(struct pool *p, const struct lease_block *block, usec_t now,
			     struct lease_block *ret_lost)
{
	bool ours = lease_node_eq(&block->owner, &p->self);
	struct pool_claim *c;

	if (block->index >= p->blocks)
		return POOL_REFUSED;
	if (block->epoch > p->epoch)
		p->epoch = block->epoch;
	c = table_find(&p->claims, &block->index);
	if (!c) {
		c = claim_add(p, block);
		if (!c)
			return POOL_REFUSED;
	}
	*ret_lost = *block;
	if (ours) {
		enum pool_verdict v = learn_own(p, c, block, now);

		if (v == POOL_LOST && lease_node_eq(&c->block.owner, &p->self))
			claim_remove(p, c);
		return v;
	}
	if (pool_own_at(p, block->index))
		return contest(p, c, block, now, ret_lost);
	if (lease_node_eq(&c->block.owner, &block->owner) || goes_before(block, &c->block))
		c->block = *block;
	return POOL_LEARNT;
}

static void forget_taken(struct lease_block *b)
{
	b->taken_epoch = 0;
	memset(&b->taken_from, 0, sizeof(b->taken_from));
}

/* What it had taken stands again, but for a claim of ours: that we gave up. */
static void claim_end(struct pool *p, struct pool_claim *c)
{
	struct lease_block *b = &c->block;

	if (!b->taken_epoch || lease_node_eq(&b->taken_from, &p->self)) {
		claim_remove(p, c);
		return;
	}
	b->owner = b->taken_from;
	b->epoch = b->taken_epoch;
	forget_taken(b);
}

void pool_forget(struct pool *p, const struct lease_block *block)
{
	struct pool_claim *c = table_find(&p->claims, &block->index);

	if (!c)
		return;
	if (c->block.taken_epoch && lease_node_eq(&c->block.taken_from, &block->owner))
		forget_taken(&c->block);
	else if (!pool_own_at(p, block->index) && lease_node_eq(&c->block.owner, &block->owner))
		claim_end(p, c);
}

void pool_return(struct pool *p, struct pool_own *o)
{
	struct pool_claim *c = table_find(&p->claims, &o->index);

	own_end(p, o);
	if (c)
		claim_end(p, c);
}

static void due_find(struct pool *p)
{
	const struct pool_own *o;

	p->due = USEC_NEVER;
	for (uint32_t i = 0; (o = pool_own_next(p, &i));)
		p->due = usec_min(p->due, own_due(p, o));
}

void pool_rest(struct pool *p, struct pool_own *o, usec_t until)
{
	o->resting = (uint16_t)~o->held;
	o->resting_until = until;
	p->due = usec_min(p->due, own_due(p, o));
	pool_own_note(p, o);
}

void pool_set_rest(struct pool *p, struct pool_own *o, uint32_t rest_s)
{
	struct pool_claim *c = table_find(&p->claims, &o->index);

	o->block.rest_s = rest_s;
	if (c)
		c->block.rest_s = rest_s;
}

void pool_settle(struct pool *p)
{
	struct pool_own *o;

	for (uint32_t i = 0; (o = pool_own_next(p, &i));) {
		o->given_at = o->given_s = 0;
		o->is_found = true;
	}
	due_find(p);
}

static void rest_end(struct pool *p, struct pool_own *o)
{
	o->resting = 0;
	pool_own_note(p, o);
}

void pool_alone(struct pool *p, usec_t since)
{
	if (since == p->alone)
		return;
	p->alone = since;
	due_find(p);
}

void pool_meeting(struct pool *p, usec_t until)
{
	if (until <= p->meeting_until)
		return;
	p->meeting_until = until;
	due_find(p);
}

void pool_starved(struct pool *p, usec_t lost)
{
	struct pool_own *o;

	p->meeting_until += lost; /* what was over before is over still */
	for (uint32_t i = 0; (o = pool_own_next(p, &i));) {
		if (o->state != POOL_READY)
			o->claimed_at += lost;
		if (o->state == POOL_ACKED)
			o->ready_at += lost;
	}
	due_find(p);
}

void pool_acked(struct pool *p, const struct lease_block *block, usec_t now)
{
	struct pool_own *o = pool_own_at(p, block->index);

	if (!o || o->state != POOL_CLAIMED || o->block.epoch != block->epoch)
		return;
	o->ready_at = now + POOL_ACKED_WAIT;
	if (p->alone != USEC_NEVER && o->ready_at < alone_until(p, o))
		o->ready_at = alone_until(p, o);
	own_set_state(p, o, POOL_ACKED);
}

bool pool_tick(struct pool *p, usec_t now)
{
	struct pool_own *o;
	bool some = false;

	if (now < p->due)
		return false;
	for (uint32_t i = 0; (o = pool_own_next(p, &i));) {
		if (o->resting && o->resting_until <= now)
			rest_end(p, o);
		if (ready_due(p, o) > now)
			continue;
		o->ready_at = now;
		own_set_state(p, o, POOL_READY);
		some = true;
	}
	due_find(p);
	return some;
}

usec_t pool_deadline(const struct pool *p)
{
	return p->due;
}
