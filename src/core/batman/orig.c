/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Originators, the paths on which their OGMs come, and the best path per outgoing port. A path that
 * is the originator itself (neighbour == orig) is a link: bat_port.neighbours counts them.
 *
 * Timers: a path lives 200 s after its last OGM, an originator 400 s. When the last path for our
 * own frames goes, so does the originator's translation table.
 *
 * Anybody on a wire can invent originators. Full tables are shared by who tells of them
 * (lib/fair.h): an originator keeps its place while it is heard and there is a route to it or it
 * sends our OGMs back, a link while it works in both directions. The others go first.
 */
#include "core/batman/engine.h"

struct bat_orig *bat_orig_find(const struct batman *b, const struct mac *mac)
{
	return table_find(&b->origs, mac);
}

uint32_t bat_crowd(const struct batman *b, uint16_t slot, const struct mac *neighbour)
{
	uint64_t hash = hash_bytes(&b->origs.key, neighbour, sizeof(*neighbour));

	return slot * (uint32_t)BAT_CROWDS + (uint32_t)(hash % BAT_CROWDS);
}

struct bat_orig *bat_orig_get(struct batman *b, const struct mac *mac, uint16_t slot,
			      const struct mac *by)
{
	struct bat_orig *o = table_find(&b->origs, mac);
	uint32_t crowd = bat_crowd(b, slot, by), victim;

	if (o)
		return o;
	if (!fair_place(&b->orig_places, crowd, &victim)) {
		BAT_COUNT(b, FULL_ORIGINATORS);
		return NULL;
	}
	if (victim != FAIR_NONE) {
		BAT_COUNT(b, REPLACED_ORIGINATORS);
		bat_orig_remove(b, bat_at(&b->origs, victim + 1));
	}
	o = table_add(&b->origs, mac);
	fair_join(&b->orig_places, table_index(&b->origs, o), crowd);
	o->last_seen = b->now;
	return o;
}

void bat_orig_proven(struct batman *b, struct bat_orig *o)
{
	o->last_seen = b->now;
	fair_keep(&b->orig_places, table_index(&b->origs, o));
}

struct bat_path *bat_path_find(const struct batman *b, const struct mac *orig,
			       const struct mac *neighbour, uint16_t slot)
{
	struct bat_path_key key = { .orig = *orig, .neighbour = *neighbour, .slot = slot };

	return table_find(&b->paths, &key);
}

void bat_link_proven(struct batman *b, const struct bat_orig *o, uint16_t slot)
{
	const struct bat_path *link = bat_path_find(b, &o->mac, &o->mac, slot);

	if (link)
		fair_keep(&b->link_places, table_index(&b->paths, link));
}

struct bat_path *bat_orig_router(const struct batman *b, const struct bat_orig *o, uint32_t out)
{
	return bat_at(&b->paths, o->out[out].router);
}

void bat_orig_set_router(struct batman *b, struct bat_orig *o, uint32_t out, struct bat_path *p)
{
	bool had = o->out[out].router != 0;

	o->out[out].router = bat_ref(&b->paths, p);
	if (out != 0)
		return;
	if (p)
		fair_move(&b->orig_places, table_index(&b->origs, o),
			  bat_crowd(b, p->key.slot, &p->key.neighbour));
	if (p && !had)
		bat_global_keep(b, o);
	if (had && !p)
		bat_global_forget(b, o);
	bat_peer_update(b, o);
}

static bool same_node(const struct batman *b, const struct mac *a, const struct mac *c)
{
	const struct bat_orig *x, *y;

	if (mac_eq(a, c))
		return true;
	x = bat_orig_find(b, a);
	y = bat_orig_find(b, c);
	return x && y && !mac_is_zero(&x->node) && mac_eq(&x->node, &y->node);
}

/*
 * Two nodes may take each other for the best next hop while qualities rise or fall, because each
 * averages what it has heard of the other over some intervals. Among kernels a packet then goes to
 * and fro until its TTL ends it; here it takes the best of the other ways.
 */
const struct bat_path *bat_orig_way(struct batman *b, const struct bat_orig *o, uint32_t out,
				    const struct mac *from)
{
	const struct bat_path *way = bat_orig_router(b, o, out), *best = NULL, *p;

	if (!way)
		BAT_COUNT(b, DROP_NO_ROUTE);
	if (!way || !from || !same_node(b, &way->key.neighbour, from))
		return way;
	for (p = bat_at(&b->paths, o->paths); p; p = bat_at(&b->paths, p->next)) {
		uint8_t tq = p->out[out].tq_avg;

		if (tq && (!best || tq > best->out[out].tq_avg) &&
		    !same_node(b, &p->key.neighbour, from))
			best = p;
	}
	if (!best)
		BAT_COUNT(b, DROP_REFLECTED);
	return best;
}

uint8_t bat_orig_tq(const struct batman *b, const struct bat_orig *o)
{
	const struct bat_path *p = bat_orig_router(b, o, 0);

	return p ? p->out[0].tq_avg : 0;
}

/* The caller has taken it out of its originator's list. */
static void path_free(struct batman *b, struct bat_path *p)
{
	if (mac_eq(&p->key.orig, &p->key.neighbour))
		b->ports[p->key.slot].neighbours--;
	b->ports[p->key.slot].paths--;
	fair_leave(&b->link_places, table_index(&b->paths, p));
	table_remove(&b->paths, p);
}

static struct bat_path *best_path(const struct batman *b, const struct bat_orig *o, uint32_t out)
{
	struct bat_path *best = NULL;

	for (struct bat_path *p = bat_at(&b->paths, o->paths); p; p = bat_at(&b->paths, p->next)) {
		if (!best || p->out[out].tq_avg > best->out[out].tq_avg)
			best = p;
	}
	return best;
}

/* Removes the paths that `gone` names and chooses anew where one of them was best. */
static void paths_purge(struct batman *b, struct bat_orig *o,
			bool (*gone)(const struct batman *, const struct bat_path *, const void *),
			const void *arg)
{
	uint32_t *link = &o->paths;
	bool changed = false;

	while (*link) {
		struct bat_path *p = bat_at(&b->paths, *link);
		uint32_t ref = *link;

		if (!gone(b, p, arg)) {
			link = &p->next;
			continue;
		}
		*link = p->next;
		for (uint32_t out = 0; out < b->outs; out++) {
			/* a mark that no path has: chosen anew below */
			if (o->out[out].router == ref)
				o->out[out].router = UINT32_MAX;
		}
		path_free(b, p);
		changed = true;
	}
	if (!changed)
		return;
	for (uint32_t out = 0; out < b->outs; out++) {
		if (o->out[out].router == UINT32_MAX)
			bat_orig_set_router(b, o, out, best_path(b, o, out));
	}
}

static bool path_is_any(const struct batman *b, const struct bat_path *p, const void *arg)
{
	(void)b;
	(void)p;
	(void)arg;
	return true;
}

static bool path_is_old(const struct batman *b, const struct bat_path *p, const void *arg)
{
	(void)arg;
	return b->now - p->last_seen > BAT_PURGE_US;
}

static bool path_is_on_port(const struct batman *b, const struct bat_path *p, const void *arg)
{
	const uint16_t *slot = arg;

	(void)b;
	return p->key.slot == *slot;
}

static bool path_is_by_neighbour(const struct batman *b, const struct bat_path *p, const void *arg)
{
	const struct mac *neighbour = arg;

	(void)b;
	return mac_eq(&p->key.neighbour, neighbour);
}

static bool path_is_untold(const struct batman *b, const struct bat_path *p, const void *arg)
{
	(void)arg;
	return p->round != (uint16_t)b->round;
}

void bat_orig_sweep(struct batman *b)
{
	struct bat_orig *o;

	for (uint32_t i = 0; (o = table_next(&b->origs, &i));) {
		paths_purge(b, o, path_is_untold, NULL);
		if (!o->paths)
			bat_orig_remove(b, o);
	}
}

static bool path_is_it(const struct batman *b, const struct bat_path *p, const void *arg)
{
	(void)b;
	return p == arg;
}

/* Makes room for one more link of that port; false when there is none. */
static bool link_place(struct batman *b, uint16_t slot)
{
	const struct bat_path *p;
	uint32_t victim;

	if (!fair_place(&b->link_places, slot, &victim)) {
		BAT_COUNT(b, FULL_NEIGHBOURS);
		return false;
	}
	if (victim == FAIR_NONE)
		return true;
	BAT_COUNT(b, REPLACED_NEIGHBOURS);
	p = bat_at(&b->paths, victim + 1);
	paths_purge(b, bat_orig_find(b, &p->key.orig), path_is_it, p);
	return true;
}

bool bat_orig_has_way(const struct batman *b, const struct bat_orig *o)
{
	const struct bat_path *p = bat_at(&b->paths, o->paths);

	while (p && !p->out[0].tq_avg)
		p = bat_at(&b->paths, p->next);
	return p;
}

struct bat_path *bat_path_get(struct batman *b, struct bat_orig *o, const struct mac *neighbour,
			      uint16_t slot, bool needed)
{
	struct bat_path_key key = { .orig = o->mac, .neighbour = *neighbour, .slot = slot };
	struct bat_path *p = table_find(&b->paths, &key);

	if (p)
		return p;
	/* one port leaves others room, and second ways leave room for links and first ones */
	if (b->ports[slot].paths >= b->paths.limit - (needed ? 1 : 2) * (b->paths.limit / 8) ||
	    b->paths.count == b->paths.limit) {
		BAT_COUNT(b, FULL_PATHS);
		return NULL;
	}
	if (mac_eq(&o->mac, neighbour) && !link_place(b, slot))
		return NULL;
	p = table_add(&b->paths, &key);
	p->last_seen = b->now;
	p->next = o->paths;
	o->paths = bat_ref(&b->paths, p);
	b->ports[slot].paths++;
	if (mac_eq(&o->mac, neighbour)) {
		b->ports[slot].neighbours++;
		fair_join(&b->link_places, table_index(&b->paths, p), slot);
		if (o->out[1 + slot].echo)
			bat_link_proven(b, o, slot);
	}
	return p;
}

void bat_orig_remove(struct batman *b, struct bat_orig *o)
{
	paths_purge(b, o, path_is_any, NULL);
	bat_global_forget(b, o);
	bat_tvlv_orig_gone(b, o);
	fair_leave(&b->orig_places, table_index(&b->origs, o));
	table_remove(&b->origs, o);
}

/* Who is silent, or does not answer any more, is the first to go where room is short. */
static void places_let_go(struct batman *b, const struct bat_orig *o)
{
	if (b->now - o->last_seen > BAT_SILENT_US)
		fair_let_go(&b->orig_places, table_index(&b->origs, o));
	for (struct bat_path *p = bat_at(&b->paths, o->paths); p; p = bat_at(&b->paths, p->next)) {
		if (mac_eq(&p->key.neighbour, &o->mac) &&
		    (!o->out[1 + p->key.slot].echo || b->now - p->last_seen > BAT_SILENT_US))
			fair_let_go(&b->link_places, table_index(&b->paths, p));
	}
}

void bat_orig_purge(struct batman *b)
{
	struct bat_orig *o;

	for (uint32_t i = 0; (o = table_next(&b->origs, &i));) {
		if (b->now - o->last_seen > 2 * BAT_PURGE_US)
			bat_orig_remove(b, o);
		else
			paths_purge(b, o, path_is_old, NULL);
	}
	for (uint32_t i = 0; (o = table_next(&b->origs, &i));)
		places_let_go(b, o);
}

void bat_orig_purge_port(struct batman *b, uint16_t slot)
{
	struct bat_orig *o;

	for (uint32_t i = 0; (o = table_next(&b->origs, &i));) {
		paths_purge(b, o, path_is_on_port, &slot);
		for (struct bat_path *p = bat_at(&b->paths, o->paths); p;
		     p = bat_at(&b->paths, p->next))
			p->out[1 + slot] = (struct bat_path_out) { 0 };
		o->out[1 + slot] = (struct bat_out) { 0 };
	}
}

void bat_orig_purge_neighbour(struct batman *b, const struct mac *neighbour)
{
	struct bat_orig *o;

	for (uint32_t i = 0; (o = table_next(&b->origs, &i));)
		paths_purge(b, o, path_is_by_neighbour, neighbour);
}

bool bat_window_protected(const struct batman *b, int32_t diff, usec_t *protected_until)
{
	if (diff > -BAT_WINDOW && diff < BAT_SEQNO_RANGE)
		return false;
	if (b->now < *protected_until)
		return true;
	*protected_until = b->now + BAT_RESET_US;
	return false;
}

bool bat_window_move(uint64_t *bits, int32_t diff, bool mark)
{
	if (diff <= 0 && diff > -BAT_WINDOW) {
		if (mark)
			*bits |= (uint64_t)1 << -diff;
		return false;
	}
	*bits = diff > 0 && diff < BAT_WINDOW ? *bits << diff : 0;
	if (mark)
		*bits |= 1;
	return true;
}

bool bat_window_has(uint64_t bits, int32_t diff)
{
	return diff <= 0 && diff > -BAT_WINDOW && (bits >> -diff & 1);
}
