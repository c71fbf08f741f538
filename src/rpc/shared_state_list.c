/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shared-state.list: what nodes of LibreMesh have said, by either of their protocols. */
#include <string.h>

#include "rpc/method.h"
#include "rpc/shared_state.h"
#include "rpc/shared_state_store.h"
#include "rpc/value.h"

#define LIST_MAX 256 /* entries in one answer */

struct list {
	const struct rpc_context *c;
	const char *type; /* NULL: all */
	json_t *entries;
	uint32_t at, after; /* entries so far, and how many of them are left out */
	bool more;
};

/* What cannot be read is text. */
static json_t *data_json(const struct ss_item *i)
{
	json_t *data = json_loadb(i->data, i->len, JSON_DECODE_ANY, NULL);

	return data ? data : value_bytes(i->data, i->len);
}

static void add(struct list *l, const char *by, const struct ss_type *type, const struct ss_item *i)
{
	int64_t ttl_s = ss_item_ttl(i, l->c->now);

	if (i->own || !i->len || ttl_s <= 0 || l->at++ < l->after)
		return;
	if (json_array_size(l->entries) == LIST_MAX) {
		l->more = true;
		l->at--;
		return;
	}
	json_array_append_new(l->entries,
			      json_pack("{ss ss ss ss sI so}", "by", by, "type", type->name, "key",
					i->key, "author", i->author, "ttl_s", (json_int_t)ttl_s,
					"data", data_json(i)));
}

static void add_all(struct list *l, const char *by, const struct ss_store *s)
{
	const struct ss_item *i;

	if (l->type && strcmp(l->type, s->type->name) != 0)
		return;
	for (uint32_t cursor = 0; !l->more && (i = table_next(&s->items, &cursor));)
		add(l, by, s->type, i);
}

json_t *method_shared_state_list(const struct rpc_context *c, json_t *params,
				 struct method_error *err)
{
	struct list l = { .c = c,
			  .type = json_string_value(json_object_get(params, "type")),
			  .entries = json_array() };
	const struct rpc_platform *p = c->platform;
	const struct ss_store *s;
	const char *by;

	(void)err;
	l.after = (uint32_t)json_integer_value(json_object_get(params, "after"));
	for (uint32_t i = 0; c->shared_state && (s = shared_state_store_next(c->shared_state, &i));)
		add_all(&l, "http", s);
	for (uint32_t i = 0; p && p->store_next && (s = p->store_next(c->ctx, &i, &by));)
		add_all(&l, by, s);
	return json_pack("{so so}", "entries", l.entries, "after",
			 l.more ? json_integer(l.at) : json_null());
}
