/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The API of records, and the clockwork. */
#include "core/state/state_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const counter_names[STATE_C_COUNT] = {
#define X(name, text) [STATE_C_##name] = text,
	STATE_COUNTERS(X)
#undef X
};

static void default_u32(uint32_t *v, uint32_t value)
{
	if (!*v)
		*v = value;
}

static void set_defaults(struct state_conf *c)
{
	default_u32(&c->epoch, 1);
	default_u32(&c->records_max, 10000);
	default_u32(&c->author_records_max, 2048);
	default_u32(&c->authors_max, 2048);
	default_u32(&c->unknown_max, c->records_max / 8 + 1);
	default_u32(&c->unknown_lifetime_s, 86400);
	default_u32(&c->peers_max, 64);
	default_u32(&c->value_bytes, c->records_max * 256);
	default_u32(&c->bulk_rate, 400000);
	default_u32(&c->input_rate, 1000000);
	default_u32(&c->summary_ms, c->crypto && c->crypto->sealed ? 6500 : 5000);
}

struct state *state_new(const struct state_conf *conf, struct rng rng, struct outq *out, usec_t now)
{
	struct state *s = calloc(1, sizeof(*s));
	struct hash_key key;

	if (!s)
		return NULL;
	s->conf = *conf;
	set_defaults(&s->conf);
	s->rng = rng;
	s->out = out;
	s->epoch = s->conf.epoch;
	s->seq = rng_u32(&s->rng);
	s->started_at = now;
	s->not_before = now;
	s->loaded_at = s->fresh_at = INT64_MIN;
	s->sweep_at = s->found_at = s->patience_at = USEC_NEVER;
	s->swept_at = now - USEC_S;
	for (unsigned int i = 0; i < STATE_SCOPES; i++)
		s->alive_at[i] = s->alive_life[i] = USEC_NEVER;
	for (size_t i = 0; i < conf->n_types; i++)
		s->types[conf->types[i].type] = &conf->types[i];
	key.k0 = rng_u64(&s->rng);
	key.k1 = rng_u64(&s->rng);
	if (state_store_init(s, key) < 0 || state_peer_init(s) < 0) {
		state_free(s);
		return NULL;
	}
	return s;
}

void state_free(struct state *s)
{
	if (!s)
		return;
	state_peer_done(s);
	state_store_done(s);
	free(s);
}

struct state_key state_key_init(uint8_t type, const void *id, size_t len)
{
	struct state_key k = { .type = type };

	k.len = (uint8_t)(len < STATE_ID_MAX ? len : STATE_ID_MAX);
	if (k.len)
		memcpy(k.id, id, k.len);
	return k;
}

/* The key under which a record of a known type is kept; false: no such type, or no such id. */
static bool full_key(const struct state *s, const struct state_key *key,
		     const struct state_node *author, struct state_full_key *ret)
{
	const struct state_type *t = s->types[key->type];

	if (!t || key->len > STATE_ID_MAX)
		return false;
	*ret = (struct state_full_key) { .kind = (uint8_t)t->kind, .scope = (uint8_t)t->scope };
	ret->key = state_key_init(key->type, key->id, key->len);
	if (t->kind == STATE_OWNED)
		ret->author = author ? *author : s->conf.id;
	return true;
}

/* Nothing to write: it is there, ours to write, and young. */
static bool put_repeats(struct state *s, struct state_record *rec, const struct state_msg_record *m,
			usec_t now)
{
	usec_t expiry = state_store_expiry(s, rec);
	usec_t life = state_store_lifetime(s, m) * USEC_S;

	if (rec->flags & STATE_R_DELETED || rec->lifetime_s != m->lifetime_s ||
	    rec->len != m->len ||
	    (m->len && memcmp(state_pool_at(&s->values, rec->value), m->value, m->len) != 0) ||
	    (expiry != USEC_NEVER && expiry - now < life / 2))
		return false;
	rec->flags &= (uint16_t)~STATE_R_FOUND;
	return true;
}

static int next_version(struct state *s, const struct state_record *rec, struct state_msg_record *m)
{
	if (m->key.kind == STATE_OWNED) {
		if (!state_store_next_version(s))
			return -EOVERFLOW;
		m->epoch = s->epoch;
		m->counter = s->counter;
		return 0;
	}
	if (rec && rec->epoch >= state_store_epoch_max(&rec->key))
		return -EOVERFLOW;
	m->epoch = rec ? rec->epoch + 1 : 1;
	return 0;
}

/* m has its key; lifetime_max_s: of its type. */
static int put(struct state *s, struct state_msg_record *m, uint32_t lifetime_max_s, usec_t now)
{
	struct state_record *rec;
	enum state_counter why;
	int r;

	m->author = s->conf.id;
	if (!m->lifetime_s || m->lifetime_s > lifetime_max_s)
		m->lifetime_s = lifetime_max_s;
	rec = state_store_find(s, &m->key);
	if (rec && put_repeats(s, rec, m, now)) {
		if (m->key.kind == STATE_OWNED)
			rec->flags |= STATE_R_LOCAL;
		return 0;
	}
	r = next_version(s, rec, m);
	if (r < 0)
		return r;
	rec = state_store_set(s, NULL, m, STATE_R_LOCAL | STATE_R_ASKED, now, &why);
	if (!rec) {
		state_count_up(s, why);
		return -ENOSPC;
	}
	state_peer_spread(s, rec, NULL, false);
	return 0;
}

static int put_known(struct state *s, enum state_kind kind, const struct state_key *key,
		     struct state_msg_record *m, usec_t now)
{
	const struct state_type *t = s->types[key->type];

	if (!full_key(s, key, NULL, &m->key) || t->kind != kind || t->admin != STATE_ADMIN_NONE)
		return -EINVAL;
	return put(s, m, t->lifetime_max_s, now);
}

int state_put_owned(struct state *s, const struct state_key *key, const void *value, size_t len,
		    uint32_t lifetime_s, usec_t now)
{
	struct state_msg_record m = { .value = value,
				      .len = (uint16_t)len,
				      .lifetime_s = lifetime_s };

	return len > STATE_VALUE_MAX ? -EINVAL : put_known(s, STATE_OWNED, key, &m, now);
}

int state_put_shared(struct state *s, const struct state_key *key, const void *value, size_t len,
		     uint32_t lifetime_s, usec_t now)
{
	struct state_msg_record m = { .value = value,
				      .len = (uint16_t)len,
				      .lifetime_s = lifetime_s };

	return len > STATE_VALUE_MAX ? -EINVAL : put_known(s, STATE_SHARED, key, &m, now);
}

/* What the next version of a record of a type with `admin` is, not signed yet. */
static int next_admin(const struct state *s, const struct state_key *key, const void *value,
		      size_t len, struct state_msg_record *ret)
{
	const struct state_type *t = s->types[key->type];
	const struct state_record *rec;

	*ret = (struct state_msg_record) { .author = s->conf.id,
					   .value = value,
					   .len = (uint16_t)len };
	if (len > STATE_VALUE_MAX || !full_key(s, key, NULL, &ret->key) ||
	    t->admin == STATE_ADMIN_NONE)
		return -EINVAL;
	ret->lifetime_s = t->lifetime_max_s;
	rec = state_store_find(s, &ret->key);
	if (rec && rec->epoch >= state_store_epoch_max(&rec->key))
		return -EOVERFLOW;
	ret->epoch = rec ? rec->epoch + 1 : 1;
	return 0;
}

int state_admin_message(const struct state *s, const struct state_key *key, const void *value,
			size_t len, struct wr *w)
{
	struct state_msg_record m;
	int r = next_admin(s, key, value, len, &m);

	if (r < 0)
		return r;
	state_msg_write_signed(w, &m);
	return wr_len(w) ? 0 : -EINVAL;
}

int state_put_admin(struct state *s, const struct state_key *key, const void *value, size_t len,
		    const uint8_t *signature, usec_t now)
{
	struct state_msg_record m;
	struct state_record *rec;
	enum state_counter why;
	int r = next_admin(s, key, value, len, &m);

	if (r < 0)
		return r;
	m.proof = signature;
	if (!state_proof_admin(s, &m))
		return -EKEYREJECTED;
	rec = state_store_set(s, NULL, &m, STATE_R_LOCAL | STATE_R_ASKED, now, &why);
	if (!rec) {
		state_count_up(s, why);
		return -ENOSPC;
	}
	state_peer_spread(s, rec, NULL, false);
	return 0;
}

int state_repeat(struct state *s, const struct state_key *key, usec_t now)
{
	struct state_full_key full;
	struct state_record *rec;

	if (!full_key(s, key, NULL, &full) || full.kind != STATE_OWNED)
		return -EINVAL;
	rec = state_store_find(s, &full);
	if (!rec || rec->flags & STATE_R_DELETED)
		return -ENOENT;
	rec->flags |= STATE_R_LOCAL | STATE_R_ASKED;
	rec->acks = rec->refusals = 0;
	rec->seen_at = now;
	state_peer_spread(s, rec, NULL, false);
	return 0;
}

static int delete_record(struct state *s, const struct state_full_key *key, usec_t now)
{
	struct state_record *rec = state_store_find(s, key);

	if (!rec || rec->flags & STATE_R_DELETED)
		return -ENOENT;
	return state_store_delete(s, rec, STATE_R_ASKED, now) ? 0 : -EOVERFLOW;
}

int state_delete(struct state *s, const struct state_key *key, usec_t now)
{
	struct state_full_key full;

	if (!full_key(s, key, NULL, &full) || s->types[key->type]->admin != STATE_ADMIN_NONE)
		return -EINVAL;
	return delete_record(s, &full, now);
}

/* The key of a record of any type; its author counts where it is owned. */
static struct state_full_key any_key(const struct state_key *key, enum state_kind kind,
				     enum state_scope scope, const struct state_node *author)
{
	struct state_full_key ret = { .kind = (uint8_t)kind, .scope = (uint8_t)scope };

	ret.key = state_key_init(key->type, key->id, key->len);
	if (kind == STATE_OWNED)
		ret.author = *author;
	return ret;
}

int state_put_unknown(struct state *s, const struct state_unknown *u, usec_t now)
{
	struct state_msg_record m = { .value = u->value,
				      .len = (uint16_t)u->len,
				      .lifetime_s = u->lifetime_s };

	if (s->types[u->key.type] || u->key.len > STATE_ID_MAX || u->len > STATE_VALUE_MAX)
		return -EINVAL;
	m.key = any_key(&u->key, u->kind, u->scope, &s->conf.id);
	return put(s, &m, s->conf.unknown_lifetime_s, now);
}

int state_delete_unknown(struct state *s, const struct state_unknown *u, usec_t now)
{
	struct state_full_key full = any_key(&u->key, u->kind, u->scope, &s->conf.id);

	if (s->types[u->key.type] || u->key.len > STATE_ID_MAX)
		return -EINVAL;
	return delete_record(s, &full, now);
}

static struct state_view view(const struct state *s, const struct state_record *rec, usec_t now)
{
	struct state_msg_record m = state_store_msg(s, rec, now);
	usec_t saved = 0;

	/* as long as it is the version that was loaded */
	if (rec->flags & STATE_R_LOADED && rec->key.kind == STATE_SHARED)
		saved = s->loaded_at - rec->seen_at;

	return (struct state_view) { .key = rec->key.key,
				     .author = m.author,
				     .scope = (enum state_scope)rec->key.scope,
				     .kind = (enum state_kind)rec->key.kind,
				     .own = state_store_by_self(s, rec),
				     .deleted = m.deleted,
				     .epoch = m.epoch,
				     .counter = m.counter,
				     .lifetime_s = m.lifetime_s,
				     .age_s = m.age_s,
				     .quiet_s = m.quiet_s,
				     .saved_quiet_s = saved > 0 ? (uint32_t)(saved / USEC_S) : 0,
				     .value = m.value,
				     .len = m.len };
}

static bool is_live(const struct state *s, const struct state_record *rec, usec_t now)
{
	return !(rec->flags & STATE_R_DELETED) && state_store_expiry(s, rec) > now;
}

int state_get(const struct state *s, const struct state_key *key, const struct state_node *author,
	      usec_t now, struct state_view *ret)
{
	struct state_full_key full;
	const struct state_record *rec;

	if (!full_key(s, key, author, &full))
		return -ENOENT;
	rec = state_store_find(s, &full);
	if (!rec || !is_live(s, rec, now))
		return -ENOENT;
	*ret = view(s, rec, now);
	return 0;
}

int state_get_told(const struct state *s, const struct state_event *e, usec_t now,
		   struct state_view *ret)
{
	struct state_full_key full = any_key(&e->key, e->kind, e->scope, &e->author);
	const struct state_record *rec = state_store_find(s, &full);

	if (!rec)
		return -ENOENT;
	*ret = view(s, rec, now);
	return 0;
}

bool state_next(const struct state *s, uint8_t type, uint32_t *cursor, usec_t now,
		struct state_view *ret)
{
	const struct state_record *rec;

	while ((rec = table_next(&s->records, cursor))) {
		if (rec->key.key.type != type || !is_live(s, rec, now))
			continue;
		*ret = view(s, rec, now);
		return true;
	}
	return false;
}

bool state_next_any(const struct state *s, uint32_t *cursor, usec_t now, struct state_view *ret)
{
	const struct state_record *rec = table_next(&s->records, cursor);

	if (rec)
		*ret = view(s, rec, now);
	return rec;
}

uint32_t state_count(const struct state *s)
{
	return s->records.count;
}

uint64_t state_digest(const struct state *s, enum state_scope scope)
{
	return s->trees[scope].sum[0];
}

void state_tick(struct state *s, usec_t now)
{
	s->stalled = false;
	state_event_sweep(s, now);
	if (s->patience_at <= now)
		state_peer_judge(s, now);
	state_event_emit(s);
	for (uint32_t i = 0; i < s->n_peers && !s->stalled; i++)
		if (s->peers[i].used)
			state_peer_tick(s, &s->peers[i], now);
	s->not_before = now + (s->stalled ? USEC_MS : 1);
}

usec_t state_deadline(const struct state *s)
{
	usec_t at = state_event_deadline(s);

	for (uint32_t i = 0; i < s->n_peers; i++)
		if (s->peers[i].used)
			at = usec_min(at, state_peer_deadline(s, &s->peers[i]));
	return at > s->not_before ? at : s->not_before;
}

bool state_is_ready(const struct state *s, usec_t now)
{
	for (uint32_t i = 0; i < s->n_peers; i++)
		if (s->peers[i].used && s->peers[i].told)
			return true;
	return now - s->started_at >= STATE_READY_GRACE;
}

uint32_t state_epoch(const struct state *s)
{
	return s->epoch;
}

uint64_t state_counter(const struct state *s, enum state_counter c)
{
	return s->counters[c];
}

const char *state_counter_name(enum state_counter c)
{
	return (unsigned int)c < STATE_C_COUNT ? counter_names[c] : NULL;
}
