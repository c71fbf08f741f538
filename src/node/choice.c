/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"

#define RING_STEPS 8 /* up to 128 places away, both ways: CHOICE_SILENT */

/* The same at all nodes, for ever: two that order links in different ways may be parted. */
static const struct hash_key link_key = { 0x7472616d61206f72, 0x646572206c696e6b };

int choices_init(struct choices *c, uint32_t limit)
{
	*c = (struct choices) { .limit = limit };
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

static struct choice_link link_between(const struct mac *a, const struct mac *b)
{
	struct choice_link l = { .low = *a, .high = *b };
	uint8_t both[2 * sizeof(*a)];

	if (mac_cmp(a, b) > 0)
		l = (struct choice_link) { .low = *b, .high = *a };
	memcpy(both, l.low.b, sizeof(l.low.b));
	memcpy(both + sizeof(l.low.b), l.high.b, sizeof(l.high.b));
	l.hash = hash_bytes(&link_key, both, sizeof(both));
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
	memmove(at + 1, at, (c->count++ - i) * sizeof(*at));
	*at = (struct choice) { .cloud_mac = o->cloud_mac,
				.link = link_between(self, &o->cloud_mac),
				.direct = o->direct };
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

/* Both are next to us, and to each other. Who does not answer passes nothing on; it stays a
 * neighbour, or it would be forgotten that it does not. */
static void triangle(struct choice *x, struct choice *y)
{
	struct choice_link far = link_between(&x->cloud_mac, &y->cloud_mac);
	bool y_later = link_is_before(&x->link, &y->link);
	struct choice *last = y_later ? y : x, *way = y_later ? x : y;

	if (!way->mute && !last->mute && link_is_before(&far, &last->link))
		last->left_out = true;
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

/* ---- more than there are places ---- */

struct places {
	uint32_t taken, silent;
};

static void take(struct places *p, struct choice *x)
{
	if (x->chosen || p->taken == CHOICE_MAX || (!x->speaks && p->silent == CHOICE_SILENT))
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

/* So many places before and behind us in the ring; `own` is ours, which is no entry of the table.
 */
static void take_both(struct choices *c, struct places *p, uint32_t own, uint32_t distance,
		      bool (*is)(const struct choice *))
{
	uint32_t n = c->count + 1, after = (own + distance) % n, before = (own + n - distance) % n;

	if (is(&c->at[after - (after > own)]))
		take(p, &c->at[after - (after > own)]);
	if (is(&c->at[before - (before > own)]))
		take(p, &c->at[before - (before > own)]);
}

/* Those that are near in the ring first, for then the choice is mutual, too. */
static void take_more(struct choices *c, struct places *p, uint32_t own,
		      bool (*is)(const struct choice *))
{
	for (uint32_t distance = 1; distance <= (c->count + 1) / 2; distance++)
		take_both(c, p, own, distance, is);
}

bool choices_make(struct choices *c, const struct batman *b, const struct mac *self)
{
	struct places p = { 0 };
	uint32_t kept = 0, own = place_of(c, self);

	if (c->count > CHOICE_ALL)
		triangles(c, b);
	for (uint32_t i = 0; i < c->count; i++) {
		c->at[i].chosen = !c->at[i].left_out;
		kept += c->at[i].chosen;
	}
	if (kept <= CHOICE_MAX)
		return true;
	for (uint32_t i = 0; i < c->count; i++)
		c->at[i].chosen = false;
	for (uint32_t step = 0; step < RING_STEPS && 1u << step <= (c->count + 1) / 2; step++)
		take_both(c, &p, own, 1u << step, is_any);
	take_more(c, &p, own, is_kept_and_direct);
	take_more(c, &p, own, is_kept);
	return false;
}
