/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Passes over all clients, and over all our addresses, which a record of what is fixed makes
 * necessary. Whoever may write such records could write many: so a pass takes its time, and what
 * comes meanwhile makes one more of it, however much that is.
 *
 * Timers: the next part of a pass, PAUSE after the one before.
 */
#include "core/lease/serve.h"

#define PAUSE (20 * USEC_MS)

static bool client_visit(struct lease *l, uint32_t *cursor, usec_t now)
{
	struct book_client *c = table_next(&l->book.clients, cursor);

	if (c)
		lease_static_renew(l, c, now);
	return c;
}

static bool block_visit(struct lease *l, uint32_t *cursor, usec_t now)
{
	const struct pool_own *o = pool_own_next(&l->pool, cursor);

	for (unsigned i = 0; o && i < POOL_BLOCK; i++) {
		struct ip4 ip = pool_address(&l->pool, o, i);

		lease_address_changed(l, &ip, now);
	}
	return o;
}

static const struct {
	bool (*visit)(struct lease *l, uint32_t *cursor, usec_t now); /* false at the end */
	unsigned at_once;
} kinds[LEASE_WALKS] = {
	[LEASE_WALK_CLIENTS] = { client_visit, 256 },
	[LEASE_WALK_BLOCKS] = { block_visit, 32 },
};

static void walk_part(struct lease *l, enum lease_walk_kind kind, usec_t now)
{
	struct lease_walk *w = &l->walks[kind];
	bool more = true;

	w->pause_until = now + PAUSE;
	for (unsigned i = 0; more && i < kinds[kind].at_once; i++) {
		more = kinds[kind].visit(l, &w->cursor, now);
		w->steps += more;
	}
	w->due = more || w->again ? w->pause_until : USEC_NEVER;
	if (!more) {
		w->cursor = 0;
		w->again = false;
	}
}

void lease_walks_init(struct lease *l)
{
	for (unsigned k = 0; k < LEASE_WALKS; k++)
		l->walks[k].due = USEC_NEVER;
}

void lease_walk(struct lease *l, enum lease_walk_kind kind, usec_t now)
{
	struct lease_walk *w = &l->walks[kind];

	w->again = w->cursor > 0;
	if (w->due == USEC_NEVER)
		w->due = usec_max(now, w->pause_until);
	if (w->due <= now)
		walk_part(l, kind, now);
}

void lease_walks_tick(struct lease *l, usec_t now)
{
	for (unsigned k = 0; k < LEASE_WALKS; k++)
		if (l->walks[k].due <= now)
			walk_part(l, k, now);
}

usec_t lease_walks_due(const struct lease *l)
{
	usec_t due = USEC_NEVER;

	for (unsigned k = 0; k < LEASE_WALKS; k++)
		due = usec_min(due, l->walks[k].due);
	return due;
}
