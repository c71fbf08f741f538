/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/shared_state_store.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

int ss_store_init(struct ss_store *s, const struct ss_type *type, struct hash_key key)
{
	memset(s, 0, sizeof(*s));
	s->type = type;
	return table_init(&s->items, sizeof(struct ss_item), SS_KEY_MAX + 1, SS_ITEMS_MAX, key);
}

static void item_forget(struct ss_store *s, struct ss_item *i)
{
	if (i->data && !i->own) {
		s->foreign--;
		s->foreign_bytes -= i->len;
	}
	free(i->data);
	i->data = NULL;
}

static void item_remove(struct ss_store *s, struct ss_item *i)
{
	item_forget(s, i);
	table_remove(&s->items, i);
}

void ss_store_done(struct ss_store *s)
{
	struct ss_item *i;

	for (uint32_t cursor = 0; s->items.entries && (i = table_next(&s->items, &cursor));)
		item_remove(s, i);
	table_done(&s->items);
}

/* The key as the table has it. NULL when there is none. */
static struct ss_item *item_find(const struct ss_store *s, const char *text,
				 char ret_key[static SS_KEY_MAX + 1])
{
	memset(ret_key, 0, SS_KEY_MAX + 1);
	text_copy(ret_key, SS_KEY_MAX + 1, text);
	return table_find(&s->items, ret_key);
}

/* New data and author for an item, which may be a new one. Owns text. */
static void item_fill(struct ss_item *i, const char *author, char *text, size_t len)
{
	i->data = text;
	i->len = (uint32_t)len;
	text_copy(i->author, sizeof(i->author), author);
}

void ss_store_own_begin(struct ss_store *s)
{
	struct ss_item *i;

	for (uint32_t cursor = 0; (i = table_next(&s->items, &cursor));)
		i->renewed = false;
}

bool ss_store_own_put(struct ss_store *s, const char *key, const char *author, json_t *data,
		      usec_t now)
{
	char *text = data ? json_dumps(data, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	char fixed[SS_KEY_MAX + 1];
	struct ss_item *i;

	json_decref(data);
	if (!text || !ss_is_word(key, SS_KEY_MAX) || !ss_is_word(author, SS_AUTHOR_MAX)) {
		free(text);
		return false;
	}
	i = item_find(s, key, fixed);
	if (!i)
		i = table_add(&s->items, fixed);
	if (!i) {
		free(text);
		return false;
	}
	item_forget(s, i);
	item_fill(i, author, text, strlen(text));
	i->own = i->renewed = true;
	i->expires_at = now + (usec_t)s->type->life_s * USEC_S;
	return true;
}

void ss_store_own_end(struct ss_store *s)
{
	struct ss_item *i;

	for (uint32_t cursor = 0; (i = table_next(&s->items, &cursor));)
		if (i->own && !i->renewed)
			item_remove(s, i);
}

int64_t ss_item_ttl(const struct ss_item *i, usec_t now)
{
	return i->expires_at > now ? (i->expires_at - now) / USEC_S : 0;
}

/* May an entry take the place of i (NULL: there is none)? */
static enum ss_verdict judge(const struct ss_store *s, const struct ss_item *i, int64_t ttl_s,
			     bool own_name, usec_t now)
{
	int64_t step_s = s->type->step_s;
	bool longer, equal;

	if (ttl_s <= 0)
		return SS_DEAD;
	if (!i)
		return SS_TAKEN;
	if (i->own)
		return SS_OURS;
	longer = step_s ? i->expires_at <= now + (ttl_s - step_s) * USEC_S
			: ttl_s > ss_item_ttl(i, now);
	equal = !step_s && ttl_s == ss_item_ttl(i, now);
	if (own_name && longer)
		return SS_OWN_NAME;
	return longer || equal ? SS_TAKEN : SS_OLDER;
}

/* There are places and bytes for that much in place of i. */
static bool has_room(const struct ss_store *s, const struct ss_item *i, size_t len)
{
	uint32_t count = s->foreign - (i ? 1 : 0);
	size_t bytes = s->foreign_bytes - (i ? i->len : 0);

	return count < SS_FOREIGN_MAX && bytes + len <= SS_FOREIGN_BYTES;
}

enum ss_verdict ss_store_merge(struct ss_store *s, const struct ss_entry *e, bool own_name,
			       usec_t now)
{
	int64_t ttl_s = e->ttl_s < s->type->life_s ? e->ttl_s : s->type->life_s;
	char fixed[SS_KEY_MAX + 1], *text;
	struct ss_item *i = item_find(s, e->key, fixed);
	enum ss_verdict v = judge(s, i, ttl_s, own_name, now);
	size_t len;

	if (v != SS_TAKEN)
		return v;
	text = e->data ? json_dumps(e->data, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("");
	len = text ? strlen(text) : 0;
	if (!text || !has_room(s, i, len) || (!i && !(i = table_add(&s->items, fixed)))) {
		free(text);
		return SS_FULL;
	}
	item_forget(s, i);
	item_fill(i, e->author, text, len);
	i->own = false;
	i->expires_at = now + ttl_s * USEC_S;
	s->foreign++;
	s->foreign_bytes += len;
	return SS_TAKEN;
}

void ss_store_bleach(struct ss_store *s, usec_t now)
{
	struct ss_item *i;

	for (uint32_t cursor = 0; (i = table_next(&s->items, &cursor));)
		if (i->expires_at <= now)
			item_remove(s, i);
}

bool ss_is_word(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (!len || len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] >= 0x7f || text[i] == '"' || text[i] == '\\')
			return false;
	}
	return true;
}
