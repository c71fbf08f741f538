/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The free addresses of our blocks. In the heap stand ready blocks that have one which does not
 * rest by pool_rest, by (oldest, place in the table): so those with addresses that were never used
 * come first, and of these always the same one until it is full, which lets the others stay idle.
 */
#include "core/lease/pool.h"

#define REST (5 * USEC_S)
#define RECENT_SLOT (500 * USEC_MS)

static unsigned bits(uint16_t mask)
{
	return (unsigned)__builtin_popcount(mask);
}

static uint16_t free_bits(const struct pool_own *o)
{
	return (uint16_t) ~(o->held | o->excluded | o->offered);
}

/* ... that anybody may have. */
static uint16_t open_bits(const struct pool_own *o)
{
	return (uint16_t)(free_bits(o) & ~o->resting);
}

static unsigned block_bit(const struct pool *p, const struct ip4 *ip)
{
	return (ip4_u32(ip) - ip4_u32(&p->net.addr)) % POOL_BLOCK;
}

/* Of these the one that nobody had for longest; there must be one. */
static unsigned oldest_of(const struct pool_own *o, uint16_t mask)
{
	unsigned best = POOL_BLOCK;

	for (unsigned i = 0; i < POOL_BLOCK; i++)
		if (mask >> i & 1 && (best == POOL_BLOCK || o->freed[i] < o->freed[best]))
			best = i;
	return best;
}

static unsigned oldest_bit(const struct pool_own *o)
{
	return oldest_of(o, open_bits(o));
}

static struct pool_own *heap_at(const struct pool *p, uint32_t place)
{
	return table_at(&p->own, p->heap[place]);
}

static bool goes_before(const struct pool *p, const struct pool_own *a, const struct pool_own *b)
{
	if (a->oldest != b->oldest)
		return a->oldest < b->oldest;
	return table_index(&p->own, a) < table_index(&p->own, b);
}

static void heap_put(struct pool *p, struct pool_own *o, uint32_t place)
{
	p->heap[place] = table_index(&p->own, o);
	o->place = place + 1;
}

/* From a place that is to be filled, to where o belongs. */
static void heap_sift(struct pool *p, struct pool_own *o, uint32_t place)
{
	while (place && goes_before(p, o, heap_at(p, (place - 1) / 2))) {
		heap_put(p, heap_at(p, (place - 1) / 2), place);
		place = (place - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * place + 1;

		if (child >= p->heap_count)
			break;
		if (child + 1 < p->heap_count &&
		    goes_before(p, heap_at(p, child + 1), heap_at(p, child)))
			child++;
		if (!goes_before(p, heap_at(p, child), o))
			break;
		heap_put(p, heap_at(p, child), place);
		place = child;
	}
	heap_put(p, o, place);
}

static void heap_remove(struct pool *p, struct pool_own *o)
{
	uint32_t place = o->place - 1;
	struct pool_own *last = heap_at(p, --p->heap_count);

	o->place = 0;
	if (last != o)
		heap_sift(p, last, place);
}

static void heap_note(struct pool *p, struct pool_own *o)
{
	if (o->state != POOL_READY || !open_bits(o)) {
		if (o->place)
			heap_remove(p, o);
		return;
	}
	o->oldest = o->freed[oldest_bit(o)];
	heap_sift(p, o, o->place ? o->place - 1 : p->heap_count++);
}

void pool_own_note(struct pool *p, struct pool_own *o)
{
	struct pool_count now = { 0 };

	if (o->state != POOL_NONE) {
		now.free = bits(open_bits(o));
		now.resting = bits(free_bits(o)) - now.free;
		now.used = bits(o->held | o->offered);
		now.waiting = o->state != POOL_READY;
	}
	p->count.free += now.free - o->counted.free;
	p->count.resting += now.resting - o->counted.resting;
	p->count.used += now.used - o->counted.used;
	p->count.waiting += now.waiting - o->counted.waiting;
	o->counted = now;
	heap_note(p, o);
}

static void note(struct pool *p, struct pool_own *o, usec_t now)
{
	if (o->held | o->offered)
		o->idle_since = USEC_NEVER;
	else if (o->idle_since == USEC_NEVER)
		o->idle_since = now;
	pool_own_note(p, o);
}

void pool_given(struct pool_own *o, usec_t now)
{
	o->given_at = now;
	o->is_found = false;
}

void pool_update(struct pool *p, const struct ip4 *ip, enum pool_use use, usec_t now)
{
	struct pool_own *o = pool_own_find(p, ip);
	unsigned i = block_bit(p, ip);
	uint16_t bit = (uint16_t)(1u << i);
	bool was_held;

	if (!o)
		return;
	was_held = o->held & bit;
	if (was_held && use != POOL_USE_HELD)
		o->freed[i] = now;
	o->held &= (uint16_t)~bit;
	o->excluded &= (uint16_t)~bit;
	if (use == POOL_USE_HELD) {
		o->held |= bit;
		o->resting &= (uint16_t)~bit;
		if (!was_held)
			pool_given(o, now);
	}
	if (use == POOL_USE_EXCLUDED)
		o->excluded |= bit;
	note(p, o, now);
}

void pool_freed(struct pool *p, const struct ip4 *ip, usec_t at)
{
	struct pool_own *o = pool_own_find(p, ip);
	unsigned i = block_bit(p, ip);

	if (!o || o->freed[i] >= at)
		return;
	o->freed[i] = at;
	pool_own_note(p, o);
}

static void recent_note(struct pool_recent *r, usec_t now)
{
	int64_t number = now / RECENT_SLOT;
	unsigned i = (unsigned)(number % POOL_RECENT_SLOTS);

	if (r->slot[i].number != number) {
		r->slot[i].number = number;
		r->slot[i].count = 0;
	}
	r->slot[i].count++;
}

static unsigned recent_count(const struct pool_recent *r, usec_t now)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < POOL_RECENT_SLOTS; i++)
		if (r->slot[i].number > now / RECENT_SLOT - POOL_RECENT_SLOTS)
			sum += r->slot[i].count;
	return sum;
}

void pool_note_taken(struct pool *p, usec_t now)
{
	recent_note(&p->taken, now);
}

unsigned pool_taken(const struct pool *p, usec_t now)
{
	return recent_count(&p->taken, now);
}

void pool_note_unmet(struct pool *p, usec_t now)
{
	recent_note(&p->unmet, now);
}

unsigned pool_unmet(const struct pool *p, usec_t now)
{
	return recent_count(&p->unmet, now);
}

void pool_offer(struct pool *p, const struct ip4 *ip, bool offered, usec_t now)
{
	struct pool_own *o = pool_own_find(p, ip);
	uint16_t bit = (uint16_t)(1u << block_bit(p, ip));

	if (!o)
		return;
	if (offered)
		pool_note_taken(p, now);
	o->offered = (uint16_t)(offered ? o->offered | bit : o->offered & ~bit);
	note(p, o, now);
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
	return o->freed[i] == POOL_UNUSED || now - o->freed[i] >= REST;
}

bool pool_is_rested(struct pool *p, const struct ip4 *ip, usec_t now)
{
	const struct pool_own *o = pool_own_find(p, ip);

	return o && is_rested(o, block_bit(p, ip), now);
}

bool pool_is_resting(struct pool *p, const struct ip4 *ip)
{
	const struct pool_own *o = pool_own_find(p, ip);

	return o && o->resting >> block_bit(p, ip) & 1;
}

struct ip4 pool_address(const struct pool *p, const struct pool_own *o, unsigned i)
{
	return ip4_from_u32(ip4_u32(&p->net.addr) + o->index * POOL_BLOCK + i);
}

bool pool_pick(const struct pool *p, usec_t now, struct ip4 *ret)
{
	const struct pool_own *o = p->heap_count ? heap_at(p, 0) : NULL;
	unsigned i;

	if (!o)
		return false;
	i = oldest_bit(o);
	/* the others were used later than this one, so they did not rest either */
	if (!is_rested(o, i, now))
		return false;
	*ret = pool_address(p, o, i);
	return true;
}

unsigned pool_ahead(const struct pool *p, struct ip4 *ret, unsigned max)
{
	const struct pool_own *o = p->heap_count ? heap_at(p, 0) : NULL;
	uint16_t mask = o ? open_bits(o) : 0;
	unsigned count = 0;

	for (; mask && count < max; count++) {
		unsigned i = oldest_of(o, mask);

		mask &= (uint16_t) ~(1u << i);
		ret[count] = pool_address(p, o, i);
	}
	return count;
}

struct pool_count pool_count(const struct pool *p)
{
	return p->count;
}
