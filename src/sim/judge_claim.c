/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims of blocks: that nobody takes what another one has. */
#include <string.h>

#include "sim/judge_internal.h"

#define GONE (7 * 86400 * USEC_S)
#define GONE_EARLY (120 * USEC_S) /* clocks that differ by so much in that time */
#define TENTH (100 * USEC_MS)
#define BELIEVED 2		/* tenths after which a node that knows a claim acts so */
#define CONTESTED (10 * USEC_S) /* two that claim one block know who has it by then */

struct judge_claim *judge_claim_find(const struct judge *j, unsigned int owner, uint32_t block)
{
	struct judge_claim_key key = { .owner = (uint16_t)owner, .block = block };

	if (owner >= j->nodes)
		return NULL;
	key.cloud = (uint16_t)j->cloud[owner];
	return table_find(&j->claims, &key);
}

static bool has_met(const struct judge_claim *c, unsigned int node)
{
	return c->met[node / 64] >> node % 64 & 1;
}

enum judge_cause judge_claim_cause(const struct judge *j, unsigned int a, unsigned int b,
				   uint32_t block)
{
	const struct judge_claim *first = judge_claim_find(j, a, block);
	const struct judge_claim *later = judge_claim_find(j, b, block);

	if (!first || !later)
		return JUDGE_RESERVE;
	if (first->claimed_at > later->claimed_at) {
		const struct judge_claim *other = first;

		first = later;
		later = other;
	}
	return has_met(later, first->key.owner) ? JUDGE_RESERVE : JUDGE_STRANGERS;
}

static void contest_add(struct judge *j, unsigned int a, unsigned int b, uint32_t block)
{
	for (unsigned int i = 0; i < JUDGE_CONTESTS; i++) {
		if (j->contests[i].used)
			continue;
		j->contests[i] =
			(struct judge_contest) { .used = true, .a = a, .b = b, .block = block };
		return;
	}
}

static bool is_gone(const struct judge *j, unsigned int node, usec_t now)
{
	return !j->world.is_alive(j->world.ctx, node) &&
	       now - j->gone_at[node] + j->lost[j->cloud[node]] >= GONE - GONE_EARLY;
}

/* The node claims what another one has claimed, too. */
static void claimed_twice(struct judge *j, unsigned int node, const struct judge_claim *other,
			  usec_t now)
{
	uint32_t known = other->known_at[node];

	if (is_gone(j, other->key.owner, now))
		return;
	contest_add(j, node, other->key.owner, other->key.block);
	if (known && known + BELIEVED <= judge_tenths(now))
		judge_found(j, "%s claims block %u, which it knows to be %s's",
			    judge_node_name(j, node), (unsigned int)other->key.block,
			    judge_node_name(j, other->key.owner));
	else if (!known &&
		 judge_has_reached(j, other->key.owner, other->claimed_at + TENTH, node, now))
		judge_found(j,
			    "%s claims block %u and has not heard that it has been %s's for %lld s",
			    judge_node_name(j, node), (unsigned int)other->key.block,
			    judge_node_name(j, other->key.owner),
			    (long long)((now - other->claimed_at) / USEC_S));
}

/* NULL: there are too many. */
static struct judge_claim *claim_new(struct judge *j, unsigned int owner, uint32_t block,
				     usec_t now)
{
	struct judge_claim_key key = { .cloud = (uint16_t)j->cloud[owner],
				       .owner = (uint16_t)owner,
				       .block = block };
	struct judge_claim *c = table_add(&j->claims, &key);

	if (!c) {
		judge_found(j, "more than %d claims", JUDGE_CLAIMS);
		return NULL;
	}
	c->claimed_at = now;
	for (unsigned int i = 0; i < j->nodes; i++)
		if (i == owner || j->world.met(j->world.ctx, owner, i))
			c->met[i / 64] |= (uint64_t)1 << i % 64;
	for (unsigned int i = 0; i < j->nodes; i++) {
		const struct judge_claim *other = i == owner || j->cloud[i] != j->cloud[owner]
							  ? NULL
							  : judge_claim_find(j, i, block);

		if (other)
			claimed_twice(j, owner, other, now);
	}
	return c;
}

void judge_claim_known(struct judge *j, unsigned int node, unsigned int owner, uint32_t block,
		       usec_t now)
{
	struct judge_claim *c = judge_claim_find(j, owner, block);

	if (!c && node == owner)
		c = claim_new(j, owner, block, now);
	if (c && !c->known_at[node])
		c->known_at[node] = judge_tenths(now);
}

void judge_claim_gone(struct judge *j, unsigned int node, unsigned int owner, uint32_t block,
		      usec_t now)
{
	struct judge_claim *c = judge_claim_find(j, owner, block);

	(void)now;
	if (!c)
		return;
	if (node == owner)
		table_remove(&j->claims, c);
	else
		c->known_at[node] = 0;
}

/* What it knows is what it reads from its disk, and what it is told. */
void judge_claim_boot(struct judge *j, unsigned int node)
{
	struct judge_claim *c;

	for (uint32_t i = 0; (c = table_next(&j->claims, &i));)
		c->known_at[node] = 0;
}

/* For so long each has heard what the other has claimed. */
static bool have_met(const struct judge *j, const struct judge_claim *a,
		     const struct judge_claim *b, usec_t now)
{
	usec_t then = now - CONTESTED;

	return judge_has_reached(j, a->key.owner, a->claimed_at, b->key.owner, then) &&
	       judge_has_reached(j, b->key.owner, b->claimed_at, a->key.owner, then);
}

static void contest_look(struct judge *j, struct judge_contest *c, usec_t now)
{
	const struct judge_claim *a = judge_claim_find(j, c->a, c->block);
	const struct judge_claim *b = judge_claim_find(j, c->b, c->block);

	if (a && b && !have_met(j, a, b, now))
		return;
	c->used = false;
	if (a && b)
		judge_found(j, "%s and %s have heard each other for %lld s, and both have block %u",
			    judge_node_name(j, c->a), judge_node_name(j, c->b),
			    (long long)(CONTESTED / USEC_S), (unsigned int)c->block);
}

void judge_claim_tick(struct judge *j, usec_t now)
{
	for (unsigned int i = 0; i < JUDGE_CONTESTS; i++)
		if (j->contests[i].used)
			contest_look(j, &j->contests[i], now);
}
