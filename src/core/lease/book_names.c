/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of clients, each shown for one client only: of those that call themselves the same the one
 * with the oldest lease is shown so, the others with -2, -3 and so on, leaving out what somebody
 * else is called. A client for whom the name is fixed goes before all others, and nobody has its
 * place while it is not here. Upper and lower case are the same, as in DNS.
 *
 * Clients of one name are a list, in that order; the index is by a hash of the name.
 */
#include <string.h>

#include "core/lease/book.h"
#include "lib/text.h"

enum {
	NUMBER_MAX = UINT16_MAX,
};

static uint64_t name_hash(const struct book *b, const char *name)
{
	char low[LEASE_NAME_MAX];
	size_t len = 0;

	for (; name[len] && len < sizeof(low); len++)
		low[len] = text_lower(name[len]);
	return hash_bytes(&b->names.key, low, len);
}

static struct book_name *entry_find(const struct book *b, const char *name)
{
	uint64_t key = name_hash(b, name);

	return table_find(&b->names, &key);
}

static struct book_client *client_at(const struct book *b, uint32_t index)
{
	return index ? table_at(&b->clients, index - 1) : NULL;
}

/* Cut, "" where it does not fit. */
static void numbered(const char *name, unsigned number, char ret[static LEASE_NAME_MAX])
{
	struct text t = text_init(ret, LEASE_NAME_MAX);

	if (number < 2)
		text_add(&t, "%s", name);
	else
		text_add(&t, "%s-%u", name, number);
	if (t.cut)
		ret[0] = '\0';
}

void book_name_shown(const struct book_client *c, char ret[static LEASE_NAME_MAX])
{
	numbered(c->rec.name, c->name_number, ret);
}

static bool is_called(const struct book *b, const char *name, unsigned number)
{
	char other[LEASE_NAME_MAX];

	numbered(name, number, other);
	return other[0] && entry_find(b, other);
}

/* Nobody of the list is shown by the name itself. */
static bool is_kept(const struct book *b, const struct book_name *e)
{
	const struct book_client *first = client_at(b, e->first);

	return e->taken || (e->fixed && !(first && first->fixed_name));
}

/* Those behind prev, or all. */
static void renumber(const struct book *b, const struct book_name *e, struct book_client *prev)
{
	unsigned number = prev ? prev->name_number : is_kept(b, e);
	struct book_client *c = client_at(b, prev ? prev->name_next : e->first);

	for (; c; c = client_at(b, c->name_next)) {
		number++;
		while (number > 1 && number < NUMBER_MAX && is_called(b, c->rec.name, number))
			number++;
		c->name_number = (uint16_t)(number < NUMBER_MAX ? number : NUMBER_MAX);
	}
}

/* "name-7" is somebody's now, or nobody's any more: that concerns who is called "name". */
static void renumber_others(const struct book *b, const char *name)
{
	char base[LEASE_NAME_MAX];
	const char *dash = strrchr(name, '-');
	const struct book_name *e;

	if (!dash || dash == name || dash[1] < '1' || dash[1] > '9' ||
	    dash[1 + strspn(dash + 1, "0123456789")])
		return;
	memcpy(base, name, (size_t)(dash - name));
	base[dash - name] = '\0';
	e = entry_find(b, base);
	if (e)
		renumber(b, e, NULL);
}

static bool is_leased(const struct book_client *c)
{
	return !ip4_is_zero(&c->rec.ip4) && !c->lapsed;
}

static bool goes_before(const struct book_client *a, const struct book_client *b)
{
	if (a->fixed_name != b->fixed_name)
		return a->fixed_name;
	if (is_leased(a) != is_leased(b))
		return is_leased(a);
	if (a->allocated_at != b->allocated_at)
		return a->allocated_at < b->allocated_at;
	return book_id_lower(a, b);
}

static void join(struct book *b, struct book_client *c)
{
	uint64_t key = name_hash(b, c->rec.name);
	struct book_name *e = table_find(&b->names, &key);
	struct book_client *prev = NULL, *next;
	uint32_t self = table_index(&b->clients, c) + 1;
	bool is_new = !e;

	if (!e)
		e = table_add(&b->names, &key);
	c->is_named = e;
	c->name_number = 0;
	if (!e)
		return;
	for (next = client_at(b, e->first); next && goes_before(next, c);
	     next = client_at(b, next->name_next))
		prev = next;
	c->name_next = prev ? prev->name_next : e->first;
	if (prev)
		prev->name_next = self;
	else
		e->first = self;
	renumber(b, e, prev);
	if (is_new)
		renumber_others(b, c->rec.name);
}

/* Nobody is called so any more: that is free for others. */
static void name_drop(struct book *b, struct book_name *e, const char *name)
{
	if (e->first || e->taken || e->fixed)
		return;
	table_remove(&b->names, e);
	renumber_others(b, name);
}

static void part(struct book *b, struct book_client *c)
{
	struct book_name *e = entry_find(b, c->rec.name);
	struct book_client *prev = NULL, *at;

	if (!c->is_named || !e)
		return;
	c->is_named = false;
	c->name_number = 0;
	for (at = client_at(b, e->first); at && at != c; at = client_at(b, at->name_next))
		prev = at;
	if (prev)
		prev->name_next = c->name_next;
	else
		e->first = c->name_next;
	renumber(b, e, prev);
	name_drop(b, e, c->rec.name);
}

void book_set_name(struct book *b, struct book_client *c, const char *name)
{
	if (strcmp(c->rec.name, name) == 0)
		return;
	part(b, c);
	text_copy(c->rec.name, sizeof(c->rec.name), name);
	if (c->rec.name[0])
		join(b, c);
}

void book_name_moved(struct book *b, struct book_client *c)
{
	if (!c->is_named)
		return;
	part(b, c);
	join(b, c);
}

void book_fix_name(struct book *b, const char *name, bool fixed)
{
	uint64_t key = name_hash(b, name);
	struct book_name *e = table_find(&b->names, &key);
	bool is_new = fixed && !e;

	if (is_new)
		e = table_add(&b->names, &key);
	if (!e || (!fixed && !e->fixed))
		return;
	if (fixed)
		e->fixed++;
	else
		e->fixed--;
	renumber(b, e, NULL);
	if (is_new)
		renumber_others(b, name);
	name_drop(b, e, name);
}

void book_taken_begin(struct book *b)
{
	b->names_round++;
	if (b->names_round == 0)
		b->names_round = 1;
}

void book_taken(struct book *b, const char *name)
{
	uint64_t key = name_hash(b, name);
	struct book_name *e = table_find(&b->names, &key);
	bool is_new = !e, is_news;

	if (!e)
		e = table_add(&b->names, &key);
	if (!e)
		return;
	is_news = !e->taken;
	e->taken = b->names_round;
	if (is_news)
		renumber(b, e, NULL);
	if (is_new)
		renumber_others(b, name);
}

void book_taken_end(struct book *b)
{
	struct book_name *e;
	bool is_news = false;

	for (uint32_t i = 0; (e = table_next(&b->names, &i));) {
		if (!e->taken || e->taken == b->names_round)
			continue;
		is_news = true;
		e->taken = 0;
		if (!e->first && !e->fixed)
			table_remove(&b->names, e);
	}
	for (uint32_t i = 0; is_news && (e = table_next(&b->names, &i));)
		renumber(b, e, NULL);
}

bool book_is_taken(const struct book *b, const char *name)
{
	const struct book_name *e = entry_find(b, name);

	return e && e->taken;
}
