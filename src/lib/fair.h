/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fair places in a bounded table, for entries that anybody can cause. Every entry belongs to an
 * owner (who caused it: a neighbour, a port), owners to groups (a wire). While there is room
 * everybody may have it. When there is none, what goes is the oldest entry that has not proved
 * itself, of the group with the most of these, there of the owner with the most. Entries that were
 * kept (they have proved themselves) keep their places; so that they cannot take all of them, one
 * group has at most 7/8 of the places and one owner at most 3/4.
 *
 * Entries are named by a small index, such as table_index(). Nothing is allocated later.
 *
 *   if (!fair_place(&f, owner, &victim)) refuse;
 *   if (victim != FAIR_NONE) remove that entry;         which calls fair_leave
 *   fair_join(&f, table_index(&t, table_add(...)), owner);
 */
#ifndef LIB_FAIR_H
#define LIB_FAIR_H

#include <stdbool.h>
#include <stdint.h>

#define FAIR_NONE UINT32_MAX

struct fair_entry {
	uint32_t prev, next; /* of those that wait, oldest first; index + 1 */
	uint32_t owner;
	bool joined, kept;
};

struct fair_owner {
	uint32_t first, last; /* index + 1 */
	uint32_t waiting;     /* not kept */
	uint32_t count;
};

struct fair {
	struct fair_entry *entries;
	struct fair_owner *owners; /* those of a group stand together */
	struct fair_owner *groups; /* their sums, without lists */
	uint32_t limit, count;
	uint32_t group_count, per_group;
};

/* `limit` places for entries with an index below `size`. Owner o is in group o / per_group. 0 or
 * -ENOMEM. */
int fair_init(struct fair *f, uint32_t limit, uint32_t size, uint32_t group_count,
	      uint32_t per_group);
void fair_done(struct fair *f);
/* Is there a place for a newcomer of this owner? Then *ret_victim is what must go for it first, or
 * FAIR_NONE. */
bool fair_place(const struct fair *f, uint32_t owner, uint32_t *ret_victim);
void fair_join(struct fair *f, uint32_t index, uint32_t owner);
void fair_leave(struct fair *f, uint32_t index);
/* It has proved itself. */
void fair_keep(struct fair *f, uint32_t index);
/* No more: it is the next of its owner to go. */
void fair_let_go(struct fair *f, uint32_t index);
/* Whose a joined entry is. */
uint32_t fair_owner(const struct fair *f, uint32_t index);
/* It turned out to be somebody else's. */
void fair_move(struct fair *f, uint32_t index, uint32_t owner);

#endif
