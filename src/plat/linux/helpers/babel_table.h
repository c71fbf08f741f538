/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What babeld's monitor has told so far, and what of it the node knows: events are made of the
 * difference. Of routes that babeld does not use, only those to the prefixes of our own cloud are
 * told. */
#ifndef PLAT_BABEL_TABLE_H
#define PLAT_BABEL_TABLE_H

#include "lib/table.h"
#include "node/wish.h"
#include "plat/linux/helpers/babel_text.h"
#include "plat/linux/devices.h"
#include "plat/linux/sink.h"

struct babel_table {
	struct table routes, neighbours;
	uint8_t my_id[8]; /* of our own routes */
	struct net4 own4; /* of our cloud; routes to them are twins of our own */
	struct net6 own6;
	uint64_t full; /* lines lost because a table was */
	struct sink sink;
};

/* 0 or -ENOMEM. */
int babel_table_init(struct babel_table *t, struct sink sink, const uint64_t hash_key[static 2],
		     uint32_t routes, uint32_t neighbours);
void babel_table_done(struct babel_table *t);

/* Everything will be told anew: what is not is gone at babel_table_sweep. */
void babel_table_mark(struct babel_table *t);
void babel_table_sweep(struct babel_table *t);

/* A line of kind ROUTE, OWN or NEIGHBOUR. `port` is the one below the line's device. */
void babel_table_line(struct babel_table *t, const struct babel_line *l, uint16_t port);

/* Neighbours as babeld has them: in order from *cursor = 0, false at the end. */
bool babel_table_neighbour_next(const struct babel_table *t, uint32_t *cursor,
				struct event_neighbour *ret);

/* Routes to single hosts that babeld has lost and still has, as unreachable, where a route to their
 * network is left: in order from *cursor = 0, false at the end. Each once, until it is lost another
 * time. */
bool babel_table_lost_next(struct babel_table *t, uint32_t *cursor, struct event_route *ret);

/* Reports every difference. */
void babel_table_report(struct babel_table *t);

#endif
