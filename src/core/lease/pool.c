/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lease/pool.h"

#include <string.h>

#include "lib/wire.h"

#define REST (5 * USEC_S)
#define KEPT_PAUSE (10 * USEC_S) /* a block that was contested is not paused again before */

int pool_init(struct pool *p, const struct pool_setup *setup)
{
	uint32_t size_log2 = 32u - setup->net.len;

	*p = (struct pool) { .net = net4_base(&setup->net),
			     .self = setup->self,
			     .use = setup->use,
			     .ctx = setup->ctx };
	p->blocks = size_log2 > 4 ? 1u << (size_log2 - 4) : 1;
	p->last_block = p->blocks - 1;
	return table_init(&p->claims, sizeof(struct pool_claim), sizeof(uint32_t),
			  setup->claims_max, setup->key);
}

void pool_done(struct pool *p)
{
	table_done(&p->claims);
}

static uint32_t block_index(const struct pool *p, const struct ip4 *ip)
{
	return (ip4_u32(ip) - ip4_u32(&p->net.addr)) / POOL_BLOCK;
}

void pool_limit(struct pool *p, const struct ip4 *first, const struct ip4 *last)
{
	if (!net4_has(&p->net, first) || !net4_has(&p->net, last))
		return;
	p->first_block = block_index(p, first);
	p->last_block = block_index(p, last);
}

static struct ip4 block_address(const struct pool *p, uint32_t index, unsigned i)
{
	return ip4_from_u32(ip4_u32(&p->net.addr) + index * POOL_BLOCK + i);
}

static unsigned block_bit(const struct pool *p, const struct ip4 *ip)
{
	return (ip4_u32(ip) - ip4_u32(&p->net.addr)) % POOL_BLOCK;
}

static unsigned bits(uint16_t mask)
{
	return (unsigned)__builtin_popcount(mask);
}

static uint16_t free_bits(const struct pool_own *o)
{
	return (uint16_t) ~(o->held | o->excluded | o->offered);
}

static void note_idle(struct pool_own *o, usec_t now)
{
	if (o->held | o->offered)
		o->idle_since = USEC_NEVER;
	else if (o->idle_since == USEC_NEVER)
		o->idle_since = now;
}

struct pool_own *pool_own_at(struct pool *p, uint32_t index)
{
	const struct pool_claim *c = table_find(&p->claims, &index);

	return c && c->own ? &p->own[c->own - 1] : NULL;
}

struct pool_own *pool_own_find(struct pool *p, const struct ip4 *ip)
{
	return net4_has(&p->net, ip) ? pool_own_at(p, block_index(p, ip)) : NULL;
}

bool pool_is_claimed(const struct pool *p, const struct ip4 *ip)
{
	uint32_t index = block_index(p, ip);

	return net4_has(&p->net, ip) && table_find(&p->claims, &index);
}

static struct pool_own *slot_find(struct pool *p)
{
	for (unsigned i = 0; i < POOL_OWN_MAX; i++)
		if (p->own[i].state == POOL_NONE)
			return &p->own[i];
	return NULL;
}

/* Reads what is known about its addresses; false when none of them is for clients. */
static bool own_start(struct pool *p, struct pool_own *o, const struct lease_block *block,
		      usec_t now)
{
	*o = (struct pool_own) {
		.block = *block, .state = POOL_CLAIMED, .claimed_at = now, .idle_since = now
	};
	for (unsigned i = 0; i < POOL_BLOCK; i++) {
		struct ip4 ip = block_address(p, block->index, i);
		enum pool_use use = p->use(p->ctx, &ip);

		if (use == POOL_USE_HELD)
			o->held |= (uint16_t)(1u << i);
		if (use == POOL_USE_EXCLUDED)
			o->excluded |= (uint16_t)(1u << i);
	}
	note_idle(o, now);
	if (o->excluded != UINT16_MAX)
		return true;
	o->state = POOL_NONE;
	return false;
}

static void own_end(struct pool *p, struct pool_own *o)
{
	*o = (struct pool_own) { .state = POOL_NONE };
	p->own_count--;
}

static struct pool_own *claim_index(struct pool *p, uint32_t index, usec_t now)
{
	struct lease_block block = { .owner = p->self, .index = index };
	struct pool_own *o = slot_find(p);
	struct pool_claim *c;

	/* saturated: an absurd number heard from somebody must not wrap ours to the lowest */
	block.epoch = p->epoch < UINT32_MAX ? p->epoch + 1 : UINT32_MAX;
	if (!o || !own_start(p, o, &block, now))
		return NULL;
	c = table_add(&p->claims, &index);
	if (!c) {
		o->state = POOL_NONE;
		return NULL;
	}
	c->block = block;
	c->own = (uint32_t)(o - p->own) + 1;
	p->own_count++;
	p->epoch = block.epoch;
	return o;
}

struct pool_own *pool_claim_new(struct pool *p, const struct ip4 *ip, usec_t now)
{
	static const struct hash_key key = { 0x7472616d61, 0x706f6f6c }; /* the same everywhere */
	uint8_t seed[LEASE_NODE_ID + 4];
	struct wr w = wr_init(seed, sizeof(seed));
	uint32_t start, blocks = p->last_block - p->first_block + 1;

	if (p->own_count == POOL_OWN_MAX || p->claims.count == p->claims.limit)
		return NULL;
	if (ip)
		return pool_is_claimed(p, ip) ? NULL : claim_index(p, block_index(p, ip), now);
	wr_bytes(&w, p->self.b, sizeof(p->self.b));
	wr_u32(&w, p->own_count);
	start = (uint32_t)(hash_bytes(&key, seed, sizeof(seed)) % blocks);
	for (uint32_t i = 0; i < blocks; i++) {
		uint32_t index = p->first_block + (start + i) % blocks;
		struct pool_own *o;

		if (table_find(&p->claims, &index))
			continue;
		o = claim_index(p, index, now);
		if (o)
			return o;
	}
	return NULL;
}

static bool claim_lower(const struct lease_block *a, const struct lease_block *b)
{
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch;
	return memcmp(a->owner.b, b->owner.b, sizeof(a->owner.b)) < 0;
}

static enum pool_verdict learn_own(struct pool *p, struct pool_claim *c,
				   const struct lease_block *block, usec_t now)
{
	struct pool_own *o = slot_find(p);

	if (c->own)
		return POOL_LEARNT;
	if (!lease_node_eq(&c->block.owner, &p->self) && claim_lower(&c->block, block))
		return POOL_LOST;
	if (!o || !own_start(p, o, block, now))
		return POOL_LOST;
	c->block = *block;
	c->own = (uint32_t)(o - p->own) + 1;
	p->own_count++;
	return POOL_ADOPTED;
}

/* The claim of somebody else meets ours. */
static enum pool_verdict contest(struct pool *p, struct pool_claim *c,
				 const struct lease_block *block, usec_t now,
				 struct lease_block *ret_lost)
{
	struct pool_own *o = &p->own[c->own - 1];

	if (claim_lower(block, &c->block)) {
		*ret_lost = c->block;
		own_end(p, o);
		c->own = 0;
		c->block = *block;
		return POOL_LOST;
	}
	/* the other side may have handed out addresses of which we have not heard yet */
	if (o->state == POOL_READY && now - o->ready_at > KEPT_PAUSE) {
		o->state = POOL_ACKED;
		o->ready_at = now + POOL_ACKED_WAIT;
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
		c = table_add(&p->claims, &block->index);
		if (!c)
			return POOL_REFUSED;
		c->block = *block;
	}
	*ret_lost = *block;
	if (ours) {
		enum pool_verdict v = learn_own(p, c, block, now);

		if (v == POOL_LOST && lease_node_eq(&c->block.owner, &p->self))
			table_remove(&p->claims, c);
		return v;
	}
	if (c->own)
		return contest(p, c, block, now, ret_lost);
	if (lease_node_eq(&c->block.owner, &block->owner) || claim_lower(block, &c->block))
		c->block = *block;
	return POOL_LEARNT;
}

void pool_forget(struct pool *p, const struct lease_block *block)
{
	struct pool_claim *c = table_find(&p->claims, &block->index);

	if (c && !c->own && lease_node_eq(&c->block.owner, &block->owner))
		table_remove(&p->claims, c);
}

void pool_return(struct pool *p, struct pool_own *o)
{
	struct pool_claim *c = table_find(&p->claims, &o->block.index);

	if (c)
		table_remove(&p->claims, c);
	own_end(p, o);
}

static usec_t alone_until(const struct pool_own *o, usec_t alone)
{
	return (alone > o->claimed_at ? alone : o->claimed_at) + POOL_ALONE_WAIT;
}

void pool_acked(struct pool *p, const struct lease_block *block, usec_t alone, usec_t now)
{
	const struct pool_claim *c = table_find(&p->claims, &block->index);
	struct pool_own *o = c && c->own ? &p->own[c->own - 1] : NULL;

	if (!o || o->state != POOL_CLAIMED || o->block.epoch != block->epoch)
		return;
	o->state = POOL_ACKED;
	o->ready_at = now + POOL_ACKED_WAIT;
	if (alone != USEC_NEVER && o->ready_at < alone_until(o, alone))
		o->ready_at = alone_until(o, alone);
}

static usec_t own_due(const struct pool_own *o, usec_t alone)
{
	switch (o->state) {
	case POOL_CLAIMED:
		return alone == USEC_NEVER ? USEC_NEVER : alone_until(o, alone);
	case POOL_ACKED:
		return alone != USEC_NEVER && alone_until(o, alone) > o->ready_at
			       ? alone_until(o, alone)
			       : o->ready_at;
	case POOL_NONE:
	case POOL_READY:
		break;
	}
	return USEC_NEVER;
}

bool pool_tick(struct pool *p, usec_t alone, usec_t now)
{
	bool some = false;

	for (unsigned i = 0; i < POOL_OWN_MAX; i++) {
		struct pool_own *o = &p->own[i];

		if (own_due(o, alone) > now)
			continue;
		o->state = POOL_READY;
		o->ready_at = now;
		some = true;
	}
	return some;
}

usec_t pool_deadline(const struct pool *p, usec_t alone)
{
	unsigned left = p->own_count; /* asked after each packet: most nodes have a few only */
	usec_t due = USEC_NEVER;

	for (unsigned i = 0; i < POOL_OWN_MAX && left; i++) {
		left -= p->own[i].state != POOL_NONE;
		due = usec_min(due, own_due(&p->own[i], alone));
	}
	return due;
}

void pool_update(struct pool *p, const struct ip4 *ip, enum pool_use use, usec_t now)
{
	struct pool_own *o = pool_own_find(p, ip);
	unsigned i = block_bit(p, ip);
	uint16_t bit = (uint16_t)(1u << i);

	if (!o)
		return;
	if ((o->held & bit) && use != POOL_USE_HELD)
		o->freed[i] = now;
	o->held &= (uint16_t)~bit;
	o->excluded &= (uint16_t)~bit;
	if (use == POOL_USE_HELD)
		o->held |= bit;
	if (use == POOL_USE_EXCLUDED)
		o->excluded |= bit;
	note_idle(o, now);
}

void pool_offer(struct pool *p, const struct ip4 *ip, bool offered, usec_t now)
{
	struct pool_own *o = pool_own_find(p, ip);
	uint16_t bit = (uint16_t)(1u << block_bit(p, ip));

	if (!o)
		return;
	o->offered = (uint16_t)(offered ? o->offered | bit : o->offered & ~bit);
	note_idle(o, now);
}

bool pool_is_ours(struct pool *p, const struct ip4 *ip)
{
	const struct pool_own *o = pool_own_find(p, ip);

	return o && o->state == POOL_READY && !(o->excluded >> block_bit(p, ip) & 1);
}

bool pool_is_free(struct pool *p, const struct ip4 *ip)
{
	const struct pool_own *o = pool_own_find(p, ip);

	return o && o->state == POOL_READY && free_bits(o) >> block_bit(p, ip) & 1;
}

static bool is_rested(const struct pool_own *o, unsigned i, usec_t now)
{
	return o->freed[i] == 0 || now - o->freed[i] >= REST;
}

bool pool_is_rested(struct pool *p, const struct ip4 *ip, usec_t now)
{
	const struct pool_own *o = pool_own_find(p, ip);

	return o && is_rested(o, block_bit(p, ip), now);
}

bool pool_pick(const struct pool *p, usec_t now, struct ip4 *ret)
{
	usec_t best = USEC_NEVER;

	for (unsigned i = 0; i < POOL_OWN_MAX && best > 0; i++) {
		const struct pool_own *o = &p->own[i];
		uint16_t mask = o->state == POOL_READY ? free_bits(o) : 0;

		for (unsigned j = 0; mask && j < POOL_BLOCK; j++)
			if (mask >> j & 1 && o->freed[j] < best && is_rested(o, j, now)) {
				best = o->freed[j];
				*ret = block_address(p, o->block.index, j);
			}
	}
	return best != USEC_NEVER;
}

struct pool_count pool_count(const struct pool *p)
{
	struct pool_count count = { 0 };

	for (unsigned i = 0; i < POOL_OWN_MAX; i++) {
		const struct pool_own *o = &p->own[i];

		if (o->state == POOL_NONE)
			continue;
		count.free += bits(free_bits(o));
		count.used += bits(o->held | o->offered);
		count.waiting += o->state != POOL_READY;
	}
	return count;
}
