/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RING_STEPS 8	 /* up to 128 places away, both ways: CHOICE_SILENT */
#define MOVED_AT_ONCE 64 /* in the time that one entry of the engine takes to look at */

/* The same at all nodes, for ever: two that order links in different ways may be parted. */
static const struct hash_key link_key = { 0x7472616d61206f72, 0x646572206c696e6b };

int choices_init(struct choices *c, uint32_t limit, struct hash_key secret)
{
	*c = (struct choices) { .limit = limit, .secret = secret };
	c->at = calloc(limit, sizeof(*c->at));
	return c->at ? 0 : -ENOMEM;
}

void choices_done(struct choices *c)
{
	free(c->at);
}

/* Where a candidate with this MAC is, or belongs. */
static uint32_t place_of(const struct choices *c, const struct mac *cloud_mac)
{
	uint32_t from = 0, to = c->count;

	while (from < to) {
		uint32_t half = from + (to - from) / 2;

		if (mac_cmp(&c->at[half].cloud_mac, cloud_mac) < 0)
			from = half + 1;
		else
			to = half;
	}
	return from;
}

struct choice *choices_get(const struct choices *c, const struct mac *cloud_mac)
{
	uint32_t i = place_of(c, cloud_mac);

	return i < c->count && mac_eq(&c->at[i].cloud_mac, cloud_mac) ? &c->at[i] : NULL;
}

/* ---- the order of links ---- */

static uint64_t link_hash(const struct hash_key *key, const struct choice_link *l)
{
	uint8_t both[2 * sizeof(l->low)];

	memcpy(both, l->low.b, sizeof(l->low.b));
	memcpy(both + sizeof(l->low.b), l->high.b, sizeof(l->high.b));
	return hash_bytes(key, both, sizeof(both));
}

static struct choice_link link_between(const struct mac *a, const struct mac *b)
{
	struct choice_link l = { .low = *a, .high = *b };

	if (mac_cmp(a, b) > 0)
		l = (struct choice_link) { .low = *b, .high = *a };
	l.hash = link_hash(&link_key, &l);
	return l;
}

static bool link_is_before(const struct choice_link *a, const struct choice_link *b)
{
	int low = mac_cmp(&a->low, &b->low);

	if (a->hash != b->hash)
		return a->hash < b->hash;
	return low < 0 || (!low && mac_cmp(&a->high, &b->high) < 0);
}

/* ---- candidates ---- */

/* Is the trama node behind o to be reached through another trama node that is nearer? */
static bool behind_trama(const struct batman *b, const struct batman_orig *o)
{
	struct batman_orig next;

	if (o->direct)
		return false;
	return batman_orig_find(b, &o->next_hop, &next) && next.trama;
}

static void candidate_add(struct choices *c, const struct batman_orig *o, const struct mac *self)
{
	uint32_t i = place_of(c, &o->cloud_mac);
	struct choice *at = &c->at[i];

	if (i < c->count && mac_eq(&at->cloud_mac, &o->cloud_mac)) {
		at->direct |= o->direct;
		return;
	}
	if (c->count == c->limit)
		return;
	c->looked_at += (c->count - i) / MOVED_AT_ONCE;
	memmove(at + 1, at, (c->count++ - i) * sizeof(*at));
	*at = (struct choice) { .cloud_mac = o->cloud_mac,
				.link = link_between(self, &o->cloud_mac),
				.direct = o->direct };
	at->secret = link_hash(&c->secret, &at->link);
}

void choices_find(struct choices *c, const struct batman *b, const struct mac *self)
{
	struct batman_orig o;

	c->count = c->looked_at = 0;
	for (uint32_t i = 0; batman_orig_next(b, &i, &o); c->looked_at++)
		if (o.trama && o.reachable && !mac_eq(&o.cloud_mac, self) && !behind_trama(b, &o))
			candidate_add(c, &o, self);
}

/* ---- triangles ---- */

/* The trama node next to us that has this port. */
static struct choice *choice_by_port(const struct choices *c, const struct batman *b,
				     const struct mac *port)
{
	struct batman_orig o;
	struct choice *x = NULL;

	if (batman_orig_find(b, port, &o) && o.trama)
		x = choices_get(c, &o.cloud_mac);
	return x && x->direct ? x : NULL;
}

/* Both are next to us, and to each other. */
static void triangle(struct choice *x, struct choice *y)
{
	bool y_later = link_is_before(&x->link, &y->link);
	struct choice *last = y_later ? y : x, *way = y_later ? x : y;
	struct choice_link far;

	/* who is silent may be one that passes nothing on */
	if (last->left_out || !way->speaks)
		return;
	far = link_between(&x->cloud_mac, &y->cloud_mac);
	last->left_out = link_is_before(&far, &last->link);
}

static void triangles(struct choices *c, const struct batman *b)
{
	struct batman_path p;

	for (uint32_t i = 0; batman_path_next(b, &i, &p); c->looked_at++) {
		struct choice *x, *y;

		if (!p.direct)
			continue;
		x = choice_by_port(c, b, &p.neighbour);
		y = x ? choice_by_port(c, b, &p.orig) : NULL;
		if (y && x != y)
			triangle(x, y);
	}
}

/* Whoever has been left out: the first ones of our own order. */
static void choose_own(struct choices *c)
{
	for (int i = 0; i < CHOICE_OWN; i++) {
		struct choice *first = NULL;

		for (struct choice *x = c->at; x < c->at + c->count; x++)
			if (x->direct && !x->own && (!first || x->secret < first->secret))
				first = x;
		if (first)
			first->own = first->chosen = true;
	}
}

/* ---- more than there are places ---- */

struct places {
	uint32_t us;   /* where we are in the ring; we are no entry of the table */
	uint32_t most; /* that may be taken */
	uint32_t taken, silent;
};

static void take(struct places *p, struct choice *x)
{
	if (x->chosen || p->taken >= p->most || (!x->speaks && p->silent == CHOICE_SILENT))
		return;
	x->chosen = true;
	p->taken++;
	p->silent += !x->speaks;
}

static bool is_any(const struct choice *x)
{
	(void)x;
	return true;
}

static bool is_kept(const struct choice *x)
{
	return !x->left_out;
}

static bool is_kept_and_direct(const struct choice *x)
{
	return !x->left_out && x->direct;
}

/* So many places before and behind us in the ring. */
static void take_both(struct choices *c, struct places *p, uint32_t distance,
		      bool (*is)(const struct choice *))
{
	uint32_t n = c->count + 1, after = (p->us + distance) % n,
		 before = (p->us + n - distance) % n;

	if (is(&c->at[after - (after > p->us)]))
		take(p, &c->at[after - (after > p->us)]);
	if (is(&c->at[before - (before > p->us)]))
		take(p, &c->at[before - (before > p->us)]);
}

/* Those that are near in the ring first, for then the choice is mutual, too. */
static void take_near(struct choices *c, struct places *p, uint32_t most,
		      bool (*is)(const struct choice *))
{
	p->most = most;
	for (uint32_t distance = 1; distance <= (c->count + 1) / 2; distance++)
		take_both(c, p, distance, is);
}

static void take_kept(struct choices *c, struct places *p)
{
	take_near(c, p, CHOICE_DIRECT, is_kept_and_direct);
	take_near(c, p, CHOICE_MAX, is_kept);
}

static void take_ring(struct choices *c, struct places *p)
{
	p->most = CHOICE_MAX;
	for (uint32_t step = 0; step < RING_STEPS && 1u << step <= (c->count + 1) / 2; step++)
		take_both(c, p, 1u << step, is_any);
}

static void choose_some(struct choices *c, const struct mac *self, bool any_left_out)
{
	struct places p = { .us = place_of(c, self) };

	for (uint32_t i = 0; i < c->count; i++)
		c->at[i].chosen = false;
	if (any_left_out)
		take_kept(c, &p);
	take_ring(c, &p);
	take_kept(c, &p);
}

bool choices_make(struct choices *c, const struct batman *b, const struct mac *self)
{
	uint32_t kept = 0;
	bool all = true;

	if (c->count > CHOICE_ALL)
		triangles(c, b);
	for (uint32_t i = 0; i < c->count; i++) {
		c->at[i].chosen = !c->at[i].left_out;
		kept += c->at[i].chosen;
	}
	if (kept > CHOICE_MAX)
		choose_some(c, self, kept < c->count);
	for (uint32_t i = 0; i < c->count; i++)
		all &= c->at[i].chosen || c->at[i].left_out;
	choose_own(c);
	return all;
}
