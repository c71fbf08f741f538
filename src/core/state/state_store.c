/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records: table, values, authors, hash tree. */
#include "core/state/state_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int state_store_init(struct state *s, struct hash_key key)
{
	const struct state_conf *c = &s->conf;

	s->words = (c->records_max + 63) / 64;
	s->trees = calloc(STATE_SCOPES, sizeof(*s->trees));
	s->untold = calloc(s->words, sizeof(*s->untold));
	if (!s->trees || !s->untold || state_pool_init(&s->values, c->value_bytes) < 0 ||
	    fair_init(&s->places, c->records_max - c->records_max / 16, c->records_max,
		      c->peers_max + 2, 1) < 0 ||
	    table_init(&s->records, sizeof(struct state_record), sizeof(struct state_full_key),
		       c->records_max, key) < 0 ||
	    table_init(&s->authors, sizeof(struct state_author), sizeof(struct state_node),
		       c->authors_max, key) < 0)
		return -ENOMEM;
	return 0;
}

void state_store_done(struct state *s)
{
	table_done(&s->records);
	table_done(&s->authors);
	fair_done(&s->places);
	state_pool_done(&s->values);
	free(s->trees);
	free(s->untold);
}

struct state_record *state_store_at(const struct state *s, uint32_t slot)
{
	uint32_t cursor = slot;
	struct state_record *rec = slot < s->records.high ? table_next(&s->records, &cursor) : NULL;

	return rec && cursor == slot + 1 ? rec : NULL;
}

uint32_t state_store_slot(const struct state *s, const struct state_record *rec)
{
	return table_index(&s->records, rec);
}

struct state_record *state_store_find(const struct state *s, const struct state_full_key *key)
{
	return table_find(&s->records, key);
}

struct state_author *state_store_author(const struct state *s, const struct state_record *rec)
{
	uint32_t cursor = rec->author;

	return table_next(&s->authors, &cursor);
}

static bool is_self(const struct state *s, const struct state_node *n)
{
	return memcmp(n, &s->conf.id, sizeof(*n)) == 0;
}

bool state_store_is_own(const struct state *s, const struct state_record *rec)
{
	return rec->key.kind == STATE_OWNED && is_self(s, &rec->key.author);
}

bool state_store_by_self(const struct state *s, const struct state_record *rec)
{
	return is_self(s, &state_store_author(s, rec)->id);
}

uint32_t state_store_epoch_max(const struct state_full_key *key)
{
	return key->kind == STATE_SHARED ? STATE_SHARED_MAX : STATE_EPOCH_MAX;
}

uint32_t state_store_lifetime(const struct state *s, const struct state_msg_record *m)
{
	const struct state_type *t = s->types[m->key.key.type];
	uint32_t bound = t ? t->lifetime_max_s : s->conf.unknown_lifetime_s;
	uint32_t life = m->lifetime_s;

	if (m->deleted)
		bound += STATE_TOMBSTONE_MORE;
	if (life < STATE_LIFETIME_MIN)
		life = STATE_LIFETIME_MIN;
	return life < bound ? life : bound;
}

static bool is_admin(const struct state *s, const struct state_record *rec)
{
	const struct state_type *t = s->types[rec->key.key.type];

	return t && t->admin != STATE_ADMIN_NONE;
}

/* A moment of a record that it got with its version. */
static usec_t moment(const struct state *s, const struct state_record *rec, usec_t at)
{
	return rec->flags & STATE_R_LOADED ? state_age_loaded(s, at) : at;
}

static usec_t author_seen_at(const struct state *s, const struct state_author *a)
{
	return a->is_loaded ? state_age_loaded(s, a->seen_at) : a->seen_at;
}

/* Since when its lifetime counts. */
static usec_t alive_since(const struct state *s, const struct state_record *rec)
{
	usec_t seen_at = moment(s, rec, rec->seen_at);

	if (rec->key.kind == STATE_SHARED || rec->flags & STATE_R_DELETED)
		return state_age_since(s, rec, seen_at);
	return state_age_since(s, rec,
			       usec_max(seen_at, author_seen_at(s, state_store_author(s, rec))));
}

usec_t state_store_expiry(const struct state *s, const struct state_record *rec)
{
	struct state_msg_record m = { .key = rec->key,
				      .lifetime_s = rec->lifetime_s,
				      .deleted = rec->flags & STATE_R_DELETED };

	if (state_store_is_own(s, rec) && !m.deleted)
		return USEC_NEVER; /* we live */
	if (is_admin(s, rec))
		return USEC_NEVER; /* nobody else can prolong it, and any teller could end it */
	return alive_since(s, rec) + state_store_lifetime(s, &m) * USEC_S;
}

/* Rounded up, so that a record never grows younger by travelling. */
static uint32_t seconds(usec_t age)
{
	usec_t s = (age + USEC_S - 1) / USEC_S;

	return age <= 0 ? 0 : s < UINT32_MAX ? (uint32_t)s : UINT32_MAX;
}

struct state_msg_record state_store_msg(const struct state *s, const struct state_record *rec,
					usec_t now)
{
	struct state_msg_record m = { .key = rec->key,
				      .author = state_store_author(s, rec)->id,
				      .epoch = rec->epoch,
				      .counter = rec->counter,
				      .lifetime_s = rec->lifetime_s,
				      .deleted = rec->flags & STATE_R_DELETED,
				      .len = rec->len };

	/* for what we own we show life now */
	if (!state_store_is_own(s, rec) || m.deleted)
		m.quiet_s = seconds(now - alive_since(s, rec));
	m.age_s = seconds(now - moment(s, rec, rec->written_at));
	if (m.age_s < m.quiet_s)
		m.age_s = m.quiet_s;
	if (rec->len)
		m.value = state_pool_at(&s->values, rec->value);
	if (rec->flags & STATE_R_SIGNED)
		m.proof = state_pool_at(&s->values, rec->value) + rec->len;
	return m;
}

uint32_t state_store_node(unsigned int depth, uint32_t index)
{
	static const uint16_t base[STATE_MSG_DEPTH + 1] = { 0, 1, 17, 273 };

	return base[depth] + index;
}

/* Adds the record's hash to, or takes it from, the four nodes above it. */
static void tree_count(struct state_tree *t, const struct state_record *rec, bool add)
{
	for (unsigned int depth = 0; depth <= STATE_MSG_DEPTH; depth++) {
		uint32_t i = state_store_node(depth, rec->leaf >> 4 * (STATE_MSG_DEPTH - depth));

		t->sum[i] += add ? rec->hash : 0 - rec->hash;
		t->count[i] += add ? 1 : UINT32_MAX;
	}
}

static void leaf_add(struct state *s, struct state_record *rec)
{
	uint32_t *head = &s->trees[rec->key.scope].head[rec->leaf];

	rec->leaf_next = *head;
	*head = state_store_slot(s, rec) + 1;
}

static void leaf_remove(struct state *s, struct state_record *rec)
{
	uint32_t *link = &s->trees[rec->key.scope].head[rec->leaf];
	uint32_t at = state_store_slot(s, rec) + 1;

	while (*link != at)
		link = &state_store_at(s, *link - 1)->leaf_next;
	*link = rec->leaf_next;
}

/* An author that has no record left makes room when there is none. */
struct state_author *state_store_author_get(struct state *s, const struct state_node *id)
{
	struct state_author *a = table_find(&s->authors, id), *old;
	uint32_t i = 0;

	if (a)
		return a;
	if (s->authors.count == s->authors.limit) {
		while ((old = table_next(&s->authors, &i)) && old->records)
			;
		if (!old)
			return NULL;
		table_remove(&s->authors, old);
	}
	a = table_add(&s->authors, id);
	a->seen_at = INT64_MIN;
	return a;
}

static uint32_t *kind_count(struct state *s, uint8_t type)
{
	return s->types[type] ? &s->type_count[type] : &s->unknown;
}

/* Who takes the place of a new record, as an owner of places. */
static uint32_t teller(const struct state *s, const struct state_peer *from,
		       const struct state_msg_record *m, uint16_t flags)
{
	if (flags & STATE_R_LOCAL || (!from && is_self(s, &m->author)))
		return s->conf.peers_max;
	return from ? (uint32_t)(from - s->peers) : s->conf.peers_max + 1;
}

/* What was told last by whoever told most makes room for what somebody else tells. */
static bool make_room(struct state *s, uint32_t owner, uint32_t victim)
{
	const struct fair_owner *owners = s->places.owners;
	uint32_t greedy = fair_owner(&s->places, victim);

	if (owner == s->conf.peers_max + 1 || greedy == owner ||
	    owners[greedy].waiting <= owners[owner].waiting + 1 ||
	    !state_event_expire(s, state_store_at(s, victim)))
		return false;
	state_count_up(s, STATE_C_EVICTED);
	return true;
}

static bool place_ok(struct state *s, uint32_t owner, enum state_counter *ret_why)
{
	uint32_t victim;

	*ret_why = STATE_C_DROP_TABLE_FULL;
	if (owner == s->conf.peers_max)
		return s->records.count < s->conf.records_max;
	if (fair_place(&s->places, owner, &victim) && victim == FAIR_NONE)
		return true;
	if (s->places.count < s->places.limit)
		*ret_why = STATE_C_DROP_TELLER_FULL;
	else if (victim != FAIR_NONE)
		return make_room(s, owner, victim);
	return false;
}

static uint32_t author_max(const struct state *s, const struct state_author *author)
{
	uint32_t left = s->conf.records_max - (s->records.count - author->records);
	uint32_t most = left - left / 4;

	return most > s->conf.author_records_max ? most : s->conf.author_records_max;
}

/* Is there room for a record with a new key? */
static bool limits_ok(struct state *s, uint32_t owner, const struct state_msg_record *m,
		      const struct state_author *author, enum state_counter *ret_why)
{
	const struct state_type *t = s->types[m->key.key.type];
	uint32_t max = t ? t->records_max : s->conf.unknown_max;

	if (max && *kind_count(s, m->key.key.type) >= max)
		*ret_why = STATE_C_DROP_TYPE_FULL;
	else if (!is_self(s, &m->author) && author->records >= author_max(s, author))
		*ret_why = STATE_C_DROP_AUTHOR_FULL;
	else
		return place_ok(s, owner, ret_why);
	return false;
}

/* The last to come are the first to go: inventions come after what was there before them. What is
 * the admin's stays, or somebody else could be it. */
static void place_order(struct state *s, const struct state_record *rec, uint32_t owner)
{
	uint32_t slot = state_store_slot(s, rec);

	fair_keep(&s->places, slot);
	if (owner != s->conf.peers_max && !is_admin(s, rec))
		fair_let_go(&s->places, slot);
}

static void place_take(struct state *s, const struct state_record *rec, uint32_t owner)
{
	fair_join(&s->places, state_store_slot(s, rec), owner);
	place_order(s, rec, owner);
}

void state_store_teller_gone(struct state *s, const struct state_peer *p)
{
	const struct state_record *rec;
	uint32_t nobody = s->conf.peers_max + 1;

	for (uint32_t i = 0; (rec = table_next(&s->records, &i));) {
		uint32_t slot = state_store_slot(s, rec);

		if (fair_owner(&s->places, slot) != (uint32_t)(p - s->peers))
			continue;
		fair_move(&s->places, slot, nobody);
		place_order(s, rec, nobody);
	}
}

/* Its version counts as the author's highest, its time of writing as a sign of life, its key as the
 * author's. */
static void author_heard(const struct state *s, struct state_author *a,
			 const struct state_msg_record *m, usec_t seen_at, bool loaded)
{
	if (m->key.kind == STATE_OWNED &&
	    (m->epoch > a->epoch || (m->epoch == a->epoch && m->counter > a->counter))) {
		a->epoch = m->epoch;
		a->counter = m->counter;
	}
	if (m->key.kind == STATE_OWNED && m->proof) {
		memcpy(a->key_rest, m->proof, sizeof(a->key_rest));
		a->has_key = true;
	}
	if (seen_at > author_seen_at(s, a)) {
		a->seen_at = seen_at;
		a->is_loaded = loaded;
	}
}

static bool same_content(const struct state *s, const struct state_record *rec,
			 const struct state_msg_record *m)
{
	return !m->deleted == !(rec->flags & STATE_R_DELETED) && rec->len == m->len &&
	       !m->proof == !(rec->flags & STATE_R_SIGNED) &&
	       (!m->len || memcmp(state_pool_at(&s->values, rec->value), m->value, m->len) == 0);
}

/* The node and the disk hear of what changed; a sign of life alone is neither. */
static void mark_change(struct state *s, struct state_record *rec, bool same)
{
	const struct state_type *t = s->types[rec->key.key.type];

	if (!same && t && t->durable)
		s->store_due = true;
	if (!same || rec->key.kind == STATE_SHARED)
		state_event_tell(s, rec, STATE_R_TELL);
}

/* When must the next sign of life follow, now that an owned record of ours was written or found? */
static void schedule_alive(struct state *s, const struct state_record *rec, usec_t now)
{
	struct state_msg_record m = { .key = rec->key, .lifetime_s = rec->lifetime_s };
	usec_t *life = &s->alive_life[rec->key.scope], *at = &s->alive_at[rec->key.scope];

	if (!state_store_is_own(s, rec))
		return;
	if (!(rec->flags & STATE_R_DELETED))
		*life = usec_min(*life, state_store_lifetime(s, &m) * USEC_S);
	if (*life == USEC_NEVER)
		return;
	*at = rec->flags & STATE_R_LOCAL ? now + *life / 3 : usec_min(*at, now + USEC_S);
}

/* Value and proof, where those of rec are if only the proof is new. Whether there was room; a value
 * of 0 is nothing to be stored. */
static bool value_store(struct state *s, const struct state_record *rec, bool same,
			const struct state_msg_record *m, uint32_t *ret)
{
	size_t proof = m->proof ? state_msg_proof_size(m->key.kind) : 0, size = m->len + proof;
	struct wr w;

	*ret = same ? rec->value : size ? state_pool_alloc(&s->values, size) : 0;
	if (!*ret)
		return size == 0;
	w = wr_init(state_pool_at(&s->values, *ret), size);
	if (same)
		(void)wr_reserve(&w, m->len);
	else
		wr_bytes(&w, m->value, m->len);
	wr_bytes(&w, m->proof, proof);
	return true;
}

static struct state_record *record_add(struct state *s, const struct state_msg_record *m,
				       uint32_t owner)
{
	struct state_record *rec = table_add(&s->records, &m->key);

	rec->leaf = state_msg_leaf(&m->key);
	leaf_add(s, rec);
	place_take(s, rec, owner);
	++*kind_count(s, m->key.key.type);
	return rec;
}

static struct state_record *set(struct state *s, const struct state_peer *from,
				const struct state_msg_record *m, uint16_t flags, usec_t now,
				enum state_counter *ret_why)
{
	struct state_record *rec = state_store_find(s, &m->key);
	struct state_author *author = state_store_author_get(s, &m->author);
	usec_t seen_at = now - m->quiet_s * USEC_S;
	bool same = rec && same_content(s, rec, m);
	uint32_t value, owner = teller(s, from, m, flags);

	*ret_why = STATE_C_DROP_AUTHORS_FULL;
	if (!author || (!rec && !limits_ok(s, owner, m, author, ret_why)))
		return NULL;
	*ret_why = STATE_C_DROP_VALUES_FULL;
	if (!value_store(s, rec, same, m, &value))
		return NULL;
	if (rec) {
		tree_count(&s->trees[m->key.scope], rec, false);
		if (!same)
			state_pool_release(&s->values, rec->value);
		state_store_author(s, rec)->records--;
	} else {
		rec = record_add(s, m, owner);
	}
	author_heard(s, author, m, seen_at, flags & STATE_R_LOADED);
	author->records++;
	rec->author = table_index(&s->authors, author);
	rec->hash = state_msg_hash(m);
	rec->seen_at = seen_at;
	rec->written_at = now - m->age_s * USEC_S;
	rec->epoch = m->epoch;
	rec->counter = m->counter;
	rec->lifetime_s = m->lifetime_s;
	rec->gen = ++s->gen;
	rec->value = value;
	rec->len = m->len;
	rec->acks = rec->refusals = 0;
	rec->flags = (uint16_t)(flags | (m->deleted ? STATE_R_DELETED : 0) |
				(m->proof ? STATE_R_SIGNED : 0) | (rec->flags & STATE_R_TELL));
	tree_count(&s->trees[m->key.scope], rec, true);
	mark_change(s, rec, same);
	schedule_alive(s, rec, now);
	s->sweep_at = usec_min(s->sweep_at, state_store_expiry(s, rec));
	return rec;
}

struct state_record *state_store_set(struct state *s, const struct state_peer *from,
				     const struct state_msg_record *m, uint16_t flags, usec_t now,
				     enum state_counter *ret_why)
{
	uint8_t proof[STATE_MSG_PROOF_MAX];
	struct state_msg_record own = *m;

	if (!(flags & STATE_R_LOCAL) || m->key.kind != STATE_OWNED)
		return set(s, from, m, flags, now, ret_why);
	state_proof_make(s, &own, proof);
	return set(s, from, &own, flags, now, ret_why);
}

void state_store_remove(struct state *s, struct state_record *rec)
{
	state_peer_forget(s, rec);
	if (state_bit_clear(s->untold, state_store_slot(s, rec)))
		s->n_untold--;
	tree_count(&s->trees[rec->key.scope], rec, false);
	leaf_remove(s, rec);
	fair_leave(&s->places, state_store_slot(s, rec));
	--*kind_count(s, rec->key.key.type);
	state_store_author(s, rec)->records--;
	state_pool_release(&s->values, rec->value);
	table_remove(&s->records, rec);
}

bool state_store_next_version(struct state *s)
{
	if (s->counter == UINT32_MAX) {
		if (s->epoch >= STATE_EPOCH_MAX)
			return false;
		s->epoch++;
		s->counter = 0;
		s->store_due = true;
	}
	s->counter++;
	return true;
}

bool state_store_rewrite(struct state *s, struct state_record *rec, usec_t now)
{
	uint16_t flags = (uint16_t)((rec->flags & STATE_R_ASKED) | STATE_R_LOCAL);
	struct state_msg_record m = state_store_msg(s, rec, now);
	enum state_counter why;

	if (!state_store_next_version(s))
		return false;
	m.epoch = s->epoch;
	m.counter = s->counter;
	m.quiet_s = 0;
	rec = state_store_set(s, NULL, &m, flags, now, &why);
	if (rec)
		state_peer_spread(s, rec, NULL, false);
	return rec;
}

bool state_store_delete(struct state *s, struct state_record *rec, uint16_t flags, usec_t now)
{
	const struct state_type *t = s->types[rec->key.key.type];
	struct state_msg_record m = { .key = rec->key, .author = s->conf.id, .deleted = true };
	enum state_counter why;

	/* as long as any version of it can live anywhere, and the time that ages are off by */
	m.lifetime_s = t ? t->lifetime_max_s : s->conf.unknown_lifetime_s;
	m.lifetime_s += STATE_TOMBSTONE_MORE;
	if (rec->key.kind == STATE_SHARED) {
		if (rec->epoch >= state_store_epoch_max(&rec->key))
			return false;
		m.epoch = rec->epoch + 1;
	} else if (!state_store_next_version(s)) {
		return false;
	} else {
		m.epoch = s->epoch;
		m.counter = s->counter;
	}
	rec = state_store_set(s, NULL, &m, (uint16_t)(flags | STATE_R_LOCAL), now, &why);
	if (rec)
		state_peer_spread(s, rec, NULL, false);
	return rec;
}
