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
	struct judge_contest *place = NULL;

	for (struct judge_contest *c = j->contests; c < j->contests + JUDGE_CONTESTS; c++) {
		if (!c->used)
			place = c;
		else if (c->block == block &&
			 ((c->a == a && c->b == b) || (c->a == b && c->b == a)))
			return;
	}
	if (place)
		*place = (struct judge_contest) { .used = true, .a = a, .b = b, .block = block };
	else
		judge_found(j, "more than %d contests at a time", JUDGE_CONTESTS);
}

static bool is_gone(const struct judge *j, unsigned int node, usec_t now)
{
	return !j->world.is_alive(j->world.ctx, node) &&
	       now - j->gone_at[node] + j->lost[j->cloud[node]] >= GONE - GONE_EARLY;
}

static bool is_known(const struct judge *j, const struct judge_claim *c)
{
	for (unsigned int i = 0; i < j->nodes; i++)
		if (c->known_at[i])
			return true;
	return false;
}

/* Somebody who has known of the claim for so long is connected with the node. */
static bool claim_has_reached(const struct judge *j, const struct judge_claim *c, unsigned int node,
			      usec_t now)
{
	for (unsigned int i = 0; i < j->nodes; i++)
		if (c->known_at[i] && judge_has_reached(j, i, c->known_at[i] * TENTH, node, now))
			return true;
	return false;
}

/* The node claims what another one has claimed, too. */
static void check_claim(struct judge *j, unsigned int node, const struct judge_claim *other,
			usec_t now)
{
	uint32_t known = other->known_at[node];

	if (known && known + BELIEVED <= judge_tenths(now))
		judge_found(j, "%s claims block %u, which it knows to be %s's",
			    judge_node_name(j, node), (unsigned int)other->key.block,
			    judge_node_name(j, other->key.owner));
	else if (!known && claim_has_reached(j, other, node, now))
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
	return c;
}

/* The owner knows of its claim from now on; is_new: it has just made it. */
static void claim_stands(struct judge *j, const struct judge_claim *c, bool is_new, usec_t now)
{
	for (unsigned int i = 0; i < j->nodes; i++) {
		const struct judge_claim *other = i == c->key.owner || j->cloud[i] != c->key.cloud
							  ? NULL
							  : judge_claim_find(j, i, c->key.block);

		if (!other || !is_known(j, other) || is_gone(j, i, now))
			continue;
		contest_add(j, c->key.owner, i, c->key.block);
		if (is_new)
			check_claim(j, c->key.owner, other, now);
	}
}

void judge_claim_known(struct judge *j, unsigned int node, unsigned int owner, uint32_t block,
		       bool is_new, usec_t now)
{
	struct judge_claim *c = judge_claim_find(j, owner, block);
	bool is_first = false;

	if (c && node == owner && is_new && !is_known(j, c)) {
		table_remove(&j->claims, c); /* it went with all that knew of it */
		c = NULL;
	}
	if (!c && node == owner) {
		c = claim_new(j, owner, block, now);
		is_first = true;
	}
	if (!c || c->known_at[node])
		return;
	c->known_at[node] = judge_tenths(now);
	if (node == owner)
		claim_stands(j, c, is_first, now);
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
	bool both = a && b && a->known_at[c->a] && b->known_at[c->b];

	if (both && !have_met(j, a, b, now))
		return;
	c->used = false;
	if (both)
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
