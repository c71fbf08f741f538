/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/shared_state.h"

#include <stdlib.h>
#include <string.h>

#include "lib/bucket.h"
#include "node/view.h"
#include "rpc/method.h"
#include "rpc/shared_state_own.h"

/* Entries are merged and answered in pieces: so many at once, and one per pause. */
#define WORK_ENTRIES 512
#define WORK_BURST 64
#define WORK_PAUSE (200 * USEC_MS)

#define COUNTERS(X)                                                                                \
	X(SERVED, "served")                                                                        \
	X(REFUSED, "refused")                                                                      \
	X(OVER_RATE, "over_rate")                                                                  \
	X(BAD_ENTRIES, "bad_entries")                                                              \
	X(TAKEN, "entries_taken")                                                                  \
	X(OURS, "entries_of_ours_refused")                                                         \
	X(FULL, "entries_without_place")                                                           \
	X(LEFT_OUT, "entries_left_out")

enum counter {
#define X(name, text) C_##name,
	COUNTERS(X)
#undef X
		COUNTER_COUNT
};

struct shared_state {
	struct ss_store stores[SS_KINDS]; /* those of `types` are used */
	struct ss_own own;
	struct bucket work;
	uint64_t counters[COUNTER_COUNT];
};

#define LIFE_S (SS_BLEACH_MAX * SS_BLEACH_S)

static const struct ss_type types[SS_KINDS] = {
	[SS_LEASES] = { "dnsmasq-leases", LIFE_S, .step_s = SS_BLEACH_S, .leases = true },
	[SS_HOSTS] = { "dnsmasq-hosts", LIFE_S, .step_s = SS_BLEACH_S },
};

struct shared_state *shared_state_new(struct hash_key key)
{
	struct shared_state *s = calloc(1, sizeof(*s));
	int r = s ? ss_own_init(&s->own, key) : -1;

	for (unsigned int i = 0; !r && i < SS_KINDS; i++)
		if (types[i].name)
			r = ss_store_init(&s->stores[i], &types[i], key);
	if (!r)
		return s;
	shared_state_free(s);
	return NULL;
}

void shared_state_free(struct shared_state *s)
{
	if (!s)
		return;
	for (unsigned int i = 0; i < SS_KINDS; i++)
		ss_store_done(&s->stores[i]);
	ss_own_done(&s->own);
	free(s);
}

const struct ss_store *shared_state_store_next(const struct shared_state *s, uint32_t *cursor)
{
	while (*cursor < SS_KINDS) {
		const struct ss_store *store = &s->stores[(*cursor)++];

		if (store->type)
			return store;
	}
	return NULL;
}

bool shared_state_counter_next(const struct shared_state *s, uint32_t *cursor,
			       const char **ret_name, uint64_t *ret_value)
{
	static const char *const names[] = {
#define X(name, text) text,
		COUNTERS(X)
#undef X
	};

	if (*cursor >= COUNTER_COUNT)
		return false;
	*ret_name = names[*cursor];
	*ret_value = s->counters[(*cursor)++];
	return true;
}

/* ---- what is merged ---- */

/* False: it is no entry. */
static bool entry_read(const char *key, const json_t *value, struct ss_entry *ret)
{
	const json_t *bleach = json_object_get(value, "bleachTTL");
	json_int_t left = json_integer_value(bleach);

	*ret = (struct ss_entry) { .key = key,
				   .author = json_string_value(json_object_get(value, "author")),
				   .ttl_s = (left < SS_BLEACH_MAX ? left : SS_BLEACH_MAX),
				   .data = json_object_get(value, "data") };
	ret->ttl_s = ret->ttl_s > 0 ? ret->ttl_s * SS_BLEACH_S : 0;
	if (json_is_null(ret->data))
		ret->data = NULL;
	return json_is_integer(bleach) && ss_is_word(key, SS_KEY_MAX) && ret->author &&
	       ss_is_word(ret->author, SS_AUTHOR_MAX);
}

/* How many entries were none. */
static unsigned int merge(const struct rpc_context *c, struct ss_store *to, json_t *from)
{
	struct shared_state *s = c->shared_state;
	struct ss_hearing h = { .own = &s->own,
				.store = to,
				.now = c->now,
				.source = IMPORT_SHARED_STATE_HTTP,
				.import = c->act,
				.ctx = c->ctx };
	unsigned int bad = 0;
	struct ss_entry e;
	const char *key;
	json_t *value;

	json_object_foreach(from, key, value)
	{
		if (entry_read(key, value, &e))
			ss_hear(&h, &e);
		else
			bad++;
	}
	s->counters[C_BAD_ENTRIES] += bad;
	s->counters[C_TAKEN] += h.taken;
	s->counters[C_OURS] += h.ours;
	s->counters[C_FULL] += h.full;
	return bad;
}

/* ---- what is answered ---- */

/* NULL when it has no time left, or memory is short. What we say ourselves is always new. */
static json_t *item_json(const struct ss_item *i, usec_t now)
{
	int64_t left = (i->own ? LIFE_S : ss_item_ttl(i, now)) / SS_BLEACH_S;
	json_t *data = NULL;

	if (left <= 0)
		return NULL;
	if (i->len > 0) {
		data = json_loadb(i->data, i->len, JSON_DECODE_ANY, NULL);
		if (!data)
			return NULL; /* without data it would say that it is deleted */
	}
	return json_pack("{sI ss so*}", "bleachTTL", (json_int_t)left, "author", i->author, "data",
			 data);
}

static json_t *store_json(const struct ss_store *s, usec_t now)
{
	json_t *store = json_object(), *entry;
	const struct ss_item *i;

	for (uint32_t cursor = 0; (i = table_next(&s->items, &cursor));) {
		entry = item_json(i, now);
		if (entry)
			json_object_set_new(store, i->key, entry);
	}
	return store;
}

/* ---- the method ---- */

/* False with the error set. */
static bool may_share(const struct rpc_context *c, struct method_error *err)
{
	enum conf_use use = node_conf(c->node)->bridge.shared_state_http;

	if (!c->shared_state || use == CONF_USE_OFF) {
		method_fail(err, RPC_FORBIDDEN,
			    "this node does not share by HTTP: see the option shared_state_http");
		return false;
	}
	if (use == CONF_USE_ON || ss_own_has_others(c->node))
		return true;
	c->shared_state->counters[C_REFUSED]++;
	method_fail(err, RPC_FORBIDDEN,
		    "there are only trama nodes in the cloud: the option shared_state_http 'on' "
		    "shares all the same");
	return false;
}

/* NULL with the error set. */
static struct ss_store *store_find(struct shared_state *s, const char *type,
				   struct method_error *err)
{
	for (unsigned int i = 0; i < SS_KINDS; i++)
		if (types[i].name && !strcmp(types[i].name, type))
			return &s->stores[i];
	method_fail(err, RPC_NOT_FOUND, "'%.32s' is not shared by HTTP: %s and %s are", type,
		    types[SS_LEASES].name, types[SS_HOSTS].name);
	return NULL;
}

/* False with the error set: there was too much to do. */
static bool may_work(const struct rpc_context *c, const struct ss_store *store, size_t posted,
		     bool answered, struct method_error *err)
{
	size_t entries = posted + (answered ? store->items.count : 0);
	uint32_t pieces = (uint32_t)(entries / WORK_ENTRIES) + 1;
	struct shared_state *s = c->shared_state;

	if (bucket_take_many(&s->work, pieces, WORK_PAUSE, WORK_BURST, c->now))
		return true;
	s->counters[C_OVER_RATE]++;
	method_fail(err, RPC_FULL, "too many stores at once: again in a second");
	return false;
}

json_t *method_shared_state_sync(const struct rpc_context *c, json_t *params,
				 struct method_error *err)
{
	const char *type = json_string_value(json_object_get(params, "type"));
	json_t *posted = json_object_get(params, "store");
	bool more = json_is_true(json_object_get(params, "more"));
	const struct ss_view view = { .node = c->node };
	struct shared_state *s = c->shared_state;
	struct ss_store *store;
	unsigned int bad;

	if (!may_share(c, err))
		return NULL;
	store = store_find(s, type, err);
	if (!store || !may_work(c, store, json_object_size(posted), !more, err))
		return NULL;
	s->counters[C_LEFT_OUT] += ss_own_look(&s->own, &view, s->stores, c->now);
	ss_store_bleach(store, c->now);
	bad = merge(c, store, posted);
	s->counters[C_SERVED]++;
	return json_pack("{so sI}", "store", more ? json_null() : store_json(store, c->now),
			 "bad_entries", (json_int_t)bad);
}
