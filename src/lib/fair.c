/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/fair.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int fair_init(struct fair *f, uint32_t limit, uint32_t size, uint32_t group_count,
	      uint32_t per_group)
{
	*f = (struct fair) { .limit = limit, .group_count = group_count, .per_group = per_group };
	f->entries = calloc(size, sizeof(*f->entries));
	f->owners = calloc((size_t)group_count * per_group, sizeof(*f->owners));
	f->groups = calloc(group_count, sizeof(*f->groups));
	if (f->entries && f->owners && f->groups)
		return 0;
	fair_done(f);
	return -ENOMEM;
}

void fair_done(struct fair *f)
{
	free(f->entries);
	free(f->owners);
	free(f->groups);
	*f = (struct fair) { 0 };
}

static struct fair_owner *group_of(const struct fair *f, uint32_t owner)
{
	return &f->groups[owner / f->per_group];
}

/* first: the next to go, else the last. */
static void list_add(struct fair *f, uint32_t index, bool first)
{
	struct fair_entry *e = &f->entries[index];
	struct fair_owner *o = &f->owners[e->owner];

	e->prev = first ? 0 : o->last;
	e->next = first ? o->first : 0;
	*(e->prev ? &f->entries[e->prev - 1].next : &o->first) = index + 1;
	*(e->next ? &f->entries[e->next - 1].prev : &o->last) = index + 1;
	o->waiting++;
	group_of(f, e->owner)->waiting++;
}

static void list_remove(struct fair *f, uint32_t index)
{
	struct fair_entry *e = &f->entries[index];
	struct fair_owner *o = &f->owners[e->owner];

	*(e->prev ? &f->entries[e->prev - 1].next : &o->first) = e->next;
	*(e->next ? &f->entries[e->next - 1].prev : &o->last) = e->prev;
	o->waiting--;
	group_of(f, e->owner)->waiting--;
}

/* The oldest entry of the owner of this group that has most of them. */
static uint32_t group_victim(const struct fair *f, uint32_t group)
{
	const struct fair_owner *most = &f->owners[group * f->per_group];

	for (uint32_t i = 1; i < f->per_group; i++) {
		const struct fair_owner *o = &f->owners[group * f->per_group + i];

		if (o->waiting > most->waiting)
			most = o;
	}
	return most->first ? most->first - 1 : FAIR_NONE;
}

static uint32_t any_victim(const struct fair *f)
{
	uint32_t most = 0;

	for (uint32_t i = 1; i < f->group_count; i++)
		if (f->groups[i].waiting > f->groups[most].waiting)
			most = i;
	return group_victim(f, most);
}

bool fair_place(const struct fair *f, uint32_t owner, uint32_t *ret_victim)
{
	const struct fair_owner *o = &f->owners[owner], *g = group_of(f, owner);

	if (f->per_group > 1 && o->count >= f->limit - f->limit / 4)
		*ret_victim = o->first ? o->first - 1 : FAIR_NONE;
	else if (f->group_count > 1 && g->count >= f->limit - f->limit / 8)
		*ret_victim = group_victim(f, owner / f->per_group);
	else if (f->count >= f->limit)
		*ret_victim = any_victim(f);
	else
		return (*ret_victim = FAIR_NONE, true);
	return *ret_victim != FAIR_NONE;
}

void fair_join(struct fair *f, uint32_t index, uint32_t owner)
{
	assert(!f->entries[index].joined);
	f->entries[index] = (struct fair_entry) { .owner = owner, .joined = true };
	list_add(f, index, false);
	f->owners[owner].count++;
	group_of(f, owner)->count++;
	f->count++;
}

void fair_leave(struct fair *f, uint32_t index)
{
	struct fair_entry *e = &f->entries[index];

	if (!e->joined)
		return;
	if (!e->kept)
		list_remove(f, index);
	f->owners[e->owner].count--;
	group_of(f, e->owner)->count--;
	f->count--;
	e->joined = false;
}

void fair_keep(struct fair *f, uint32_t index)
{
	struct fair_entry *e = &f->entries[index];

	if (!e->joined || e->kept)
		return;
	list_remove(f, index);
	e->kept = true;
}

void fair_let_go(struct fair *f, uint32_t index)
{
	struct fair_entry *e = &f->entries[index];

	if (!e->joined || !e->kept)
		return;
	e->kept = false;
	list_add(f, index, true);
}

uint32_t fair_owner(const struct fair *f, uint32_t index)
{
	return f->entries[index].owner;
}

void fair_move(struct fair *f, uint32_t index, uint32_t owner)
{
	struct fair_entry *e = &f->entries[index];
	bool kept = e->kept;

	if (!e->joined || e->owner == owner)
		return;
	fair_leave(f, index);
	fair_join(f, index, owner);
	if (kept)
		fair_keep(f, index);
}
