/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pool against a stupid one that looks at every address each time, on random input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/lease/pool.h"
#include "lib/rng.h"

enum {
	BLOCKS = 64, /* a /22 */
	ADDRESSES = BLOCKS * POOL_BLOCK,
	OWN_MAX = 40,
	STEPS = 40000,
};

#define REST (5 * USEC_S)
#define KEPT_PAUSE (10 * USEC_S)

/* What is right, kept the slow way. */
static struct {
	enum pool_use use[ADDRESSES];
	bool offered[ADDRESSES];
	usec_t freed[ADDRESSES];
	bool resting[ADDRESSES];
	usec_t rest_until[BLOCKS];
	enum pool_state state[BLOCKS]; /* of ours; POOL_NONE: not ours */
	struct lease_block claim[BLOCKS];
	bool claimed[BLOCKS]; /* by anybody */
	usec_t claimed_at[BLOCKS], ready_at[BLOCKS];
	usec_t alone;
	usec_t taken_at[STEPS];
	unsigned taken;
} ref;

static const struct net4 NET = { { { 10, 13, 4, 0 } }, 22 };
static const struct lease_node SELF = { { 5 } };
static struct pool pool;
static struct rng rng;
static usec_t now;

static struct ip4 address(unsigned i)
{
	return ip4_from_u32(ip4_u32(&NET.addr) + i);
}

static unsigned number(const struct ip4 *ip)
{
	return ip4_u32(ip) - ip4_u32(&NET.addr);
}

static enum pool_use use_of(void *ctx, const struct ip4 *ip)
{
	(void)ctx;
	return ref.use[number(ip)];
}

static bool is_free(unsigned i)
{
	return ref.state[i / POOL_BLOCK] != POOL_NONE && ref.use[i] == POOL_USE_FREE &&
	       !ref.offered[i];
}

/* Free for anybody. */
static bool is_open(unsigned i)
{
	return is_free(i) && !ref.resting[i];
}

static usec_t ref_rest_due(unsigned b)
{
	if (ref.state[b] != POOL_NONE)
		for (unsigned i = b * POOL_BLOCK; i < (b + 1) * POOL_BLOCK; i++)
			if (ref.resting[i])
				return ref.rest_until[b];
	return USEC_NEVER;
}

static usec_t ref_due(unsigned b)
{
	usec_t from = ref.alone > ref.claimed_at[b] ? ref.alone : ref.claimed_at[b];
	usec_t alone = ref.alone == USEC_NEVER ? USEC_NEVER : from + POOL_ALONE_WAIT;

	if (ref.state[b] == POOL_CLAIMED)
		return alone;
	if (ref.state[b] != POOL_ACKED)
		return USEC_NEVER;
	return alone != USEC_NEVER && alone > ref.ready_at[b] ? alone : ref.ready_at[b];
}

static void check_counts(void)
{
	struct pool_count right = { 0 }, count = pool_count(&pool);
	usec_t due = USEC_NEVER;

	for (unsigned i = 0; i < ADDRESSES; i++) {
		if (ref.state[i / POOL_BLOCK] == POOL_NONE)
			continue;
		right.free += is_open(i);
		right.resting += is_free(i) && ref.resting[i];
		right.used += ref.use[i] == POOL_USE_HELD || ref.offered[i];
	}
	for (unsigned b = 0; b < BLOCKS; b++) {
		right.waiting += ref.state[b] == POOL_CLAIMED || ref.state[b] == POOL_ACKED;
		due = usec_min(due, usec_min(ref_due(b), ref_rest_due(b)));
	}
	assert_int_equal(count.free, right.free);
	assert_int_equal(count.resting, right.resting);
	assert_int_equal(count.used, right.used);
	assert_int_equal(count.waiting, right.waiting);
	assert_true(pool_deadline(&pool) <= due);
}

static unsigned taken_since(usec_t since)
{
	unsigned n = 0;

	while (n < ref.taken && ref.taken_at[ref.taken - 1 - n] > since)
		n++;
	return n;
}

/* Of the last two seconds, give or take half a one. */
static void check_taken(void)
{
	assert_in_range(pool_taken(&pool, now), taken_since(now - 1500 * USEC_MS),
			taken_since(now - 2 * USEC_S));
}

/* Never used ones first, then the oldest. */
static void check_pick(void)
{
	usec_t best = USEC_NEVER;
	struct ip4 ip;

	for (unsigned i = 0; i < ADDRESSES; i++)
		if (is_open(i) && ref.state[i / POOL_BLOCK] == POOL_READY)
			best = usec_min(best, ref.freed[i]);
	if (best != POOL_UNUSED && (best == USEC_NEVER || now - best < REST)) {
		assert_false(pool_pick(&pool, now, &ip));
		return;
	}
	assert_true(pool_pick(&pool, now, &ip));
	assert_int_equal(ref.freed[number(&ip)], best);
	assert_true(is_open(number(&ip)) && pool_is_free(&pool, &ip));
	assert_false(pool_is_resting(&pool, &ip));
	assert_true(pool_is_ours(&pool, &ip) && pool_is_rested(&pool, &ip, now));
}

static void start_own(unsigned b, const struct lease_block *claim)
{
	ref.claim[b] = *claim;
	ref.claimed[b] = true;
	ref.state[b] = POOL_CLAIMED;
	ref.claimed_at[b] = now;
	for (unsigned i = b * POOL_BLOCK; i < (b + 1) * POOL_BLOCK; i++) {
		ref.freed[i] = POOL_UNUSED;
		ref.offered[i] = ref.resting[i] = false;
	}
}

static unsigned own_count(void)
{
	unsigned n = 0;

	for (unsigned b = 0; b < BLOCKS; b++)
		n += ref.state[b] != POOL_NONE;
	return n;
}

static bool claimable(unsigned b)
{
	bool usable = false;

	for (unsigned i = b * POOL_BLOCK; i < (b + 1) * POOL_BLOCK; i++)
		usable |= ref.use[i] != POOL_USE_EXCLUDED;
	return usable && !ref.claimed[b];
}

static void act_claim(void)
{
	struct ip4 ip = address(rng_below(&rng, ADDRESSES));
	bool named = rng_below(&rng, 2);
	struct pool_own *o = pool_claim_new(&pool, named ? &ip : NULL, now);

	if (o) {
		assert_true(claimable(o->index) && own_count() < OWN_MAX);
		assert_true(!named || o->index == number(&ip) / POOL_BLOCK);
		start_own(o->index, &o->block);
		return;
	}
	for (unsigned b = 0; b < BLOCKS && own_count() < OWN_MAX; b++)
		assert_false(claimable(b) && (!named || b == number(&ip) / POOL_BLOCK));
}

static bool lower(const struct lease_block *a, const struct lease_block *b)
{
	return a->epoch < b->epoch || (a->epoch == b->epoch && a->owner.b[0] < b->owner.b[0]);
}

/* Another node's claim, or its end. */
static void act_other(unsigned b)
{
	struct lease_block claim = { .owner = { { 1 } }, .index = b }, lost;
	enum pool_verdict v;

	claim.owner.b[0] = (uint8_t)(1 + rng_below(&rng, 9));
	claim.epoch = 1 + rng_below(&rng, 400);
	if (claim.owner.b[0] == SELF.b[0])
		return;
	if (ref.claimed[b] && ref.state[b] == POOL_NONE) {
		pool_forget(&pool, &ref.claim[b]);
		ref.claimed[b] = false;
		return;
	}
	v = pool_learn(&pool, &claim, now, &lost);
	if (ref.state[b] == POOL_NONE) {
		assert_int_equal(v, POOL_LEARNT);
	} else if (lower(&claim, &ref.claim[b])) {
		assert_int_equal(v, POOL_LOST);
		ref.state[b] = POOL_NONE;
	} else {
		assert_int_equal(v, POOL_KEPT);
		if (ref.state[b] == POOL_READY && now - ref.ready_at[b] > KEPT_PAUSE) {
			ref.state[b] = POOL_ACKED;
			ref.ready_at[b] = now + POOL_ACKED_WAIT;
		}
		return;
	}
	ref.claim[b] = claim;
	ref.claimed[b] = true;
}

static void act_acked(unsigned b)
{
	usec_t due;

	pool_acked(&pool, &ref.claim[b], now);
	if (ref.state[b] != POOL_CLAIMED)
		return;
	due = ref_due(b);
	ref.state[b] = POOL_ACKED;
	ref.ready_at[b] = now + POOL_ACKED_WAIT;
	if (due != USEC_NEVER && due > ref.ready_at[b])
		ref.ready_at[b] = due;
}

static void act_tick(void)
{
	bool some = false;

	now += (usec_t)rng_below(&rng, 1500000);
	for (unsigned b = 0; b < BLOCKS; b++) {
		if (ref_rest_due(b) <= now)
			memset(&ref.resting[b * POOL_BLOCK], 0, POOL_BLOCK * sizeof(bool));
		if (ref_due(b) > now)
			continue;
		ref.state[b] = POOL_READY;
		ref.ready_at[b] = now;
		some = true;
	}
	assert_int_equal(pool_tick(&pool, now), some);
	if (pool_deadline(&pool) <= now)
		fail_msg("a tick leaves something to do");
}

static void act_use(unsigned i)
{
	static const enum pool_use uses[] = { POOL_USE_FREE, POOL_USE_FREE, POOL_USE_FREE,
					      POOL_USE_HELD, POOL_USE_HELD, POOL_USE_EXCLUDED };
	enum pool_use to = uses[rng_below(&rng, 6)];
	struct ip4 ip = address(i);

	if (ref.use[i] == POOL_USE_HELD && to != POOL_USE_HELD)
		ref.freed[i] = now;
	ref.use[i] = to;
	ref.resting[i] &= to != POOL_USE_HELD;
	pool_update(&pool, &ip, to, now);
}

static void act_offer(unsigned i)
{
	struct ip4 ip = address(i), picked;

	if (rng_below(&rng, 4) == 0) {
		pool_offer(&pool, &ip, false, now);
		ref.offered[i] = false;
	} else if (pool_pick(&pool, now, &picked)) {
		pool_offer(&pool, &picked, true, now);
		ref.offered[number(&picked)] = true;
		ref.taken_at[ref.taken++] = now;
	}
}

static void act_return(unsigned b)
{
	struct pool_own *o = pool_own_at(&pool, b);

	assert_int_equal(o != NULL, ref.state[b] != POOL_NONE);
	if (!o || rng_below(&rng, 3))
		return;
	pool_return(&pool, o);
	pool_forget(&pool, &ref.claim[b]); /* its record goes */
	ref.state[b] = POOL_NONE;
	ref.claimed[b] = false;
}

static void act_alone(void)
{
	ref.alone = rng_below(&rng, 2) ? now : USEC_NEVER;
	pool_alone(&pool, ref.alone);
}

/* As if the block were of a former run. */
static void act_rest(unsigned b)
{
	struct pool_own *o = pool_own_at(&pool, b);

	if (!o || rng_below(&rng, 16))
		return;
	ref.rest_until[b] = now + (usec_t)rng_below(&rng, 20000000);
	for (unsigned i = b * POOL_BLOCK; i < (b + 1) * POOL_BLOCK; i++)
		ref.resting[i] = ref.use[i] != POOL_USE_HELD;
	pool_rest(&pool, o, ref.rest_until[b]);
}

static void act(void)
{
	unsigned i = rng_below(&rng, ADDRESSES), b = i / POOL_BLOCK;

	switch (rng_below(&rng, 16)) {
	case 0:
		act_claim();
		break;
	case 1:
		if (rng_below(&rng, 4) == 0)
			act_other(b);
		break;
	case 2:
	case 3:
		act_acked(b);
		break;
	case 4:
		act_return(b);
		break;
	case 5:
		if (rng_below(&rng, 8) == 0)
			act_alone();
		break;
	case 6:
	case 7:
		act_tick();
		break;
	case 8:
	case 9:
	case 10:
		act_use(i);
		break;
	case 11:
		act_rest(b);
		break;
	default:
		act_offer(i);
		break;
	}
}

static void begin(const struct net4 *net, uint32_t own_max)
{
	struct pool_setup setup = { .net = *net,
				    .self = SELF,
				    .claims_max = 8192,
				    .own_max = own_max,
				    .key = { 1, 2 },
				    .use = use_of };

	now = 1000 * USEC_S;
	assert_int_equal(pool_init(&pool, &setup), 0);
}

static void like_the_stupid_one(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		unsigned most = 0;

		memset(&ref, 0, sizeof(ref));
		ref.alone = USEC_NEVER;
		rng = rng_init(seed);
		begin(&NET, OWN_MAX);
		for (int step = 0; step < STEPS; step++) {
			act();
			check_counts();
			check_taken();
			check_pick();
			most = own_count() > most ? own_count() : most;
		}
		assert_int_equal(most, OWN_MAX); /* it has been at its limit */
		pool_done(&pool);
	}
}

static enum pool_use always_free(void *ctx, const struct ip4 *ip)
{
	(void)ctx;
	(void)ip;
	return POOL_USE_FREE;
}

/* One node may have as many blocks as it was set up for: here all of a /16. */
static void whole_network(void **state)
{
	const struct net4 net = { { { 10, 13, 0, 0 } }, 16 };
	struct ip4 ip;

	(void)state;
	begin(&net, 4096);
	pool.use = always_free;
	pool_alone(&pool, now);
	for (int i = 0; i < 4096; i++)
		assert_non_null(pool_claim_new(&pool, NULL, now));
	assert_null(pool_claim_new(&pool, NULL, now));
	now += POOL_ALONE_WAIT;
	assert_true(pool_tick(&pool, now));
	assert_int_equal(pool_count(&pool).free, 65536);
	for (int i = 0; i < 65536; i++) {
		assert_true(pool_pick(&pool, now, &ip));
		pool_offer(&pool, &ip, true, now);
	}
	assert_false(pool_pick(&pool, now, &ip));
	assert_int_equal(pool_count(&pool).used, 65536);
	pool_done(&pool);
}

static struct lease_block claim_of(uint8_t owner, uint32_t epoch)
{
	return (struct lease_block) { .owner = { { owner } }, .index = 3, .epoch = epoch };
}

static struct lease_block claim_taking(uint8_t owner, uint32_t epoch,
				       const struct lease_block *from)
{
	struct lease_block b = claim_of(owner, epoch);

	b.taken_from = from->owner;
	b.taken_epoch = from->epoch;
	return b;
}

static uint8_t owner_now(void)
{
	const struct pool_claim *c = table_find(&pool.claims, &(uint32_t) { 3 });

	return c ? c->block.owner.b[0] : 0;
}

static void learn(const struct lease_block *b, enum pool_verdict right)
{
	struct lease_block lost;

	assert_int_equal(pool_learn(&pool, b, now, &lost), right);
}

/* What is waited for longest counts; but not for claims of a former run. */
static void meeting(void **state)
{
	struct lease_block found = claim_of(SELF.b[0], 20);
	usec_t from;

	(void)state;
	begin(&NET, OWN_MAX);
	pool.use = always_free;
	from = now;
	pool_alone(&pool, from);
	assert_non_null(pool_claim_new(&pool, NULL, now));
	pool_meeting(&pool, from + 2 * POOL_ALONE_WAIT);
	pool_meeting(&pool, from + POOL_ALONE_WAIT);
	now = from + 2 * POOL_ALONE_WAIT - 1;
	assert_false(pool_tick(&pool, now));
	assert_int_equal(pool_deadline(&pool), now + 1);
	now++;
	assert_true(pool_tick(&pool, now));
	pool_meeting(&pool, now + 2 * POOL_ALONE_WAIT);
	learn(&found, POOL_ADOPTED);
	now += POOL_ALONE_WAIT;
	assert_true(pool_tick(&pool, now));
	pool_done(&pool);
}

/* Time that a node did not get counts for none of its claims. */
static void starved(void **state)
{
	struct pool_own *o;

	(void)state;
	begin(&NET, OWN_MAX);
	pool.use = always_free;
	pool_alone(&pool, now);
	now += 60 * USEC_S;
	assert_non_null(pool_claim_new(&pool, NULL, now));
	now += 10 * USEC_S;
	pool_starved(&pool, 10 * USEC_S);
	assert_false(pool_tick(&pool, now));
	assert_int_equal(pool_deadline(&pool), now + POOL_ALONE_WAIT);
	now += POOL_ALONE_WAIT;
	assert_true(pool_tick(&pool, now));
	pool_alone(&pool, USEC_NEVER);
	o = pool_claim_new(&pool, NULL, now);
	assert_non_null(o);
	pool_acked(&pool, &o->block, now);
	now += 10 * USEC_S;
	pool_starved(&pool, 10 * USEC_S);
	assert_false(pool_tick(&pool, now));
	assert_int_equal(pool_deadline(&pool), now + POOL_ACKED_WAIT);
	pool_done(&pool);
}

/* Our claim, and one that takes it, or another. */
static void taken_ours(void **state)
{
	struct lease_block ours = claim_of(SELF.b[0], 20), older = claim_of(SELF.b[0], 19);
	struct lease_block takes = claim_taking(9, 30, &ours),
			   not_this = claim_taking(9, 30, &older);

	(void)state;
	begin(&NET, OWN_MAX);
	pool.use = always_free;
	learn(&ours, POOL_ADOPTED);
	learn(&not_this, POOL_KEPT);
	learn(&takes, POOL_LOST);
	assert_null(pool_own_at(&pool, 3));
	learn(&ours, POOL_LOST); /* a copy of it that comes back from somewhere */
	pool_forget(&pool, &takes);
	assert_int_equal(owner_now(), 0);
	pool_done(&pool);
}

/* We have taken the claim of 2; another one that was made meanwhile is beaten by nobody's word. */
static void taken_by_us(void **state)
{
	struct lease_block theirs = claim_of(2, 20), later = claim_of(2, 400),
			   lower = claim_of(8, 7);
	struct lease_block ours = claim_taking(SELF.b[0], 30, &theirs);

	(void)state;
	begin(&NET, OWN_MAX);
	pool.use = always_free;
	learn(&theirs, POOL_LEARNT);
	learn(&ours, POOL_ADOPTED);
	now += 60 * USEC_S;
	pool_alone(&pool, now);
	now += POOL_ALONE_WAIT;
	assert_true(pool_tick(&pool, now));
	now += 60 * USEC_S;
	learn(&theirs, POOL_LEARNT); /* not even a pause */
	assert_int_equal(pool_own_at(&pool, 3)->state, POOL_READY);
	learn(&later, POOL_KEPT);
	assert_int_equal(pool_own_at(&pool, 3)->state, POOL_ACKED);
	pool_return(&pool, pool_own_at(&pool, 3));
	assert_int_equal(owner_now(), SELF.b[0]); /* until others know: `later` may have it */
	assert_true(pool_forget(&pool, &ours));
	assert_int_equal(owner_now(), 2); /* as before */
	pool_forget(&pool, &theirs);
	assert_int_equal(owner_now(), 0);
	learn(&ours, POOL_ADOPTED);
	learn(&lower, POOL_LOST);
	pool_done(&pool);
}

/* Others among themselves, in whatever order we hear of it. */
static void taken_elsewhere(void **state)
{
	struct lease_block old = claim_of(2, 20), takes = claim_taking(9, 30, &old);

	(void)state;
	for (int order = 0; order < 2; order++) {
		begin(&NET, OWN_MAX);
		learn(order ? &old : &takes, POOL_LEARNT);
		learn(order ? &takes : &old, POOL_LEARNT);
		assert_int_equal(owner_now(), 9);
		pool_forget(&pool, order ? &takes : &old);
		assert_int_equal(owner_now(), order ? 2 : 9);
		pool_forget(&pool, order ? &old : &takes);
		assert_int_equal(owner_now(), 0);
		pool_done(&pool);
	}
}

/* Of a block that several have claimed nobody knows whose it is when the first one goes. */
static void contested(void **state)
{
	struct lease_block a = claim_of(2, 20), b = claim_of(9, 30);
	struct lease_block ours = claim_of(SELF.b[0], 10);

	(void)state;
	begin(&NET, OWN_MAX);
	pool.use = always_free;
	learn(&a, POOL_LEARNT);
	assert_false(pool_forget(&pool, &a));
	for (int order = 0; order < 2; order++) {
		learn(order ? &a : &b, POOL_LEARNT);
		learn(order ? &b : &a, POOL_LEARNT);
		assert_int_equal(owner_now(), 2);
		assert_false(pool_forget(&pool, &b));
		assert_true(pool_forget(&pool, &a));
		assert_int_equal(owner_now(), 0);
	}
	learn(&ours, POOL_ADOPTED);
	learn(&b, POOL_KEPT);
	pool_return(&pool, pool_own_at(&pool, 3));
	assert_null(pool_claim_new(&pool, &(struct ip4) { { 10, 13, 4, 48 } }, now));
	assert_true(pool_forget(&pool, &ours));
	assert_int_equal(owner_now(), 0);
	pool_done(&pool);
}

/* What was somebody's before the block was ours comes after all that was nobody's, oldest first,
 * also where that was before the start of the clock. */
static void freed_before(void **state)
{
	static const unsigned right[] = { 15, 4, 14 };
	struct pool_own *o;
	struct ip4 ip;

	(void)state;
	begin(&NET, OWN_MAX);
	pool.use = always_free;
	pool_alone(&pool, now);
	o = pool_claim_new(&pool, NULL, now);
	assert_non_null(o);
	now += POOL_ALONE_WAIT;
	for (unsigned i = 0; i < 15; i++) {
		ip = pool_address(&pool, o, i);
		pool_freed(&pool, &ip, i == 4 ? -50000 * USEC_S : -(usec_t)i);
	}
	assert_true(pool_tick(&pool, now));
	for (unsigned i = 0; i < 3; i++) {
		assert_true(pool_pick(&pool, now, &ip));
		assert_int_equal(ip.b[3] % POOL_BLOCK, right[i]);
		pool_offer(&pool, &ip, true, now);
	}
	pool_done(&pool);
}

static bool even_is_gone(void *ctx, const struct lease_block *block)
{
	(void)ctx;
	return block->owner.b[0] % 2 == 0;
}

/* Only of those who are gone, and over 80 % counts what may be claimed. */
static void takes_what_is_left(void **state)
{
	struct ip4 first = address(16 * POOL_BLOCK), last = address(26 * POOL_BLOCK - 1);
	struct pool_own *o;

	(void)state;
	begin(&NET, OWN_MAX);
	pool.use = always_free;
	pool.is_gone = even_is_gone;
	for (uint32_t i = 0; i < 24; i++) {
		struct lease_block b = { .owner = { { i == 20 ? 2 : 7 } }, .index = i, .epoch = 3 };

		learn(&b, POOL_LEARNT);
	}
	assert_false(pool_is_scarce(&pool));
	pool_limit(&pool, &first, &last);
	assert_false(pool_is_scarce(&pool)); /* 8 of 10 */
	learn(&(struct lease_block) { .owner = { { 7 } }, .index = 24 }, POOL_LEARNT);
	assert_true(pool_is_scarce(&pool));
	o = pool_reclaim(&pool, now);
	assert_non_null(o);
	assert_int_equal(o->index, 20);
	assert_int_equal(o->block.taken_epoch, 3);
	assert_int_equal(o->block.taken_from.b[0], 2);
	assert_true(pool_is_scarce(&pool)); /* it is as many as before */
	assert_null(pool_reclaim(&pool, now));
	pool_forget(&pool, &(struct lease_block) { .owner = { { 7 } }, .index = 24 });
	assert_false(pool_is_scarce(&pool));
	pool_done(&pool);
}

enum {
	DRAWS = 10000,
	AT_ONCE = 4, /* blocks that each side claims */
};

/* What a node that knows nothing of the other claims. */
static void draw(uint32_t ret[static AT_ONCE])
{
	struct pool_own *o[AT_ONCE];

	for (unsigned i = 0; i < sizeof(pool.self.b); i++)
		pool.self.b[i] = (uint8_t)rng_u32(&rng);
	for (int i = 0; i < AT_ONCE; i++) {
		o[i] = pool_claim_new(&pool, NULL, now);
		assert_non_null(o[i]);
		ret[i] = o[i]->index;
	}
	for (int i = 0; i < AT_ONCE; i++)
		pool_return(&pool, o[i]);
}

/* Two nodes that first appear on the two sides of a cut: of k1 and k2 new blocks among F free ones
 * k1 k2 / F are the same, however full the pool is. */
static void clash_chance(const char *what, uint32_t blocks, uint32_t claimed)
{
	double right = (double)DRAWS * AT_ONCE * AT_ONCE / (blocks - claimed);
	unsigned clashes = 0;

	begin(&(struct net4) { { { 10, 13, 0, 0 } }, blocks == 4096 ? 16 : 18 }, 64);
	pool.use = always_free;
	for (uint32_t n = 0; n < claimed;) {
		struct lease_block b = { .owner = { { 7 } }, .index = rng_below(&rng, blocks) };

		if (table_find(&pool.claims, &b.index))
			continue;
		learn(&b, POOL_LEARNT);
		n++;
	}
	for (int i = 0; i < DRAWS; i++) {
		uint32_t a[AT_ONCE], b[AT_ONCE];

		draw(a);
		draw(b);
		for (int x = 0; x < AT_ONCE; x++)
			for (int y = 0; y < AT_ONCE; y++)
				clashes += a[x] == b[y];
	}
	printf("# %s: %u of %u blocks free, %d and %d new ones: %.4f clashes a draw in %d draws, "
	       "k1 k2 / F is %.4f\n",
	       what, blocks - claimed, blocks, AT_ONCE, AT_ONCE, (double)clashes / DRAWS, DRAWS,
	       right / DRAWS);
	/* four times the spread of such a count */
	assert_true((clashes - right) * (clashes - right) < 16 * right);
	pool_done(&pool);
}

static void clash_chances(void **state)
{
	(void)state;
	rng = rng_init(8);
	clash_chance("empty /16", 4096, 0);
	clash_chance("/18, three quarters claimed", 1024, 768);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_the_stupid_one),
		cmocka_unit_test(meeting),
		cmocka_unit_test(starved),
		cmocka_unit_test(whole_network),
		cmocka_unit_test(taken_ours),
		cmocka_unit_test(taken_by_us),
		cmocka_unit_test(taken_elsewhere),
		cmocka_unit_test(contested),
		cmocka_unit_test(freed_before),
		cmocka_unit_test(takes_what_is_left),
		cmocka_unit_test(clash_chances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
