/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/alfred/alfred_facts.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 7
#define OWN_CHUNKS (ALFRED_OWN_BYTES / ALFRED_CHUNK)
#define OTHERS_CHUNKS (ALFRED_OTHERS_BYTES / ALFRED_CHUNK)
#define SOURCE_CHUNKS (ALFRED_SOURCE_BYTES / ALFRED_CHUNK)
#define STALE (ALFRED_STALE_S * USEC_S)
#define LOOK_AGAIN (1 * USEC_S)

struct source {
	struct mac mac; /* key */
	uint32_t chunks;
	usec_t look_at; /* for a stale value of it, not before */
};

static_assert(offsetof(struct alfred_fact, version) == KEY_SIZE, "source and type are the key");
static_assert(ALFRED_VALUE_MAX <= ALFRED_SOURCE_BYTES, "any value has room alone");

int alfred_facts_init(struct alfred_facts *s, struct hash_key key)
{
	int r;

	*s = (struct alfred_facts) { 0 };
	r = table_init(&s->facts, sizeof(struct alfred_fact), KEY_SIZE, ALFRED_CHUNKS, key);
	if (!r)
		r = table_init(&s->sources, sizeof(struct source), sizeof(struct mac),
			       ALFRED_CHUNKS, key);
	s->bytes = calloc(ALFRED_CHUNKS, ALFRED_CHUNK);
	s->next = calloc(ALFRED_CHUNKS, sizeof(*s->next));
	if (r || !s->bytes || !s->next) {
		alfred_facts_done(s);
		return -ENOMEM;
	}
	for (uint16_t i = 0; i < ALFRED_CHUNKS; i++)
		s->next[i] = (uint16_t)(i + 1);
	return 0;
}

void alfred_facts_done(struct alfred_facts *s)
{
	table_done(&s->facts);
	table_done(&s->sources);
	free(s->bytes);
	free(s->next);
	*s = (struct alfred_facts) { 0 };
}

/* An empty value takes one, too: it has a place in the tables. */
static uint32_t chunks_of(size_t len)
{
	return len ? (uint32_t)((len + ALFRED_CHUNK - 1) / ALFRED_CHUNK) : 1;
}

/* ---- bytes ---- */

static uint8_t *chunk_at(const struct alfred_facts *s, uint16_t chunk)
{
	return s->bytes + (size_t)chunk * ALFRED_CHUNK;
}

static size_t part_of(size_t left)
{
	return left < ALFRED_CHUNK ? left : ALFRED_CHUNK;
}

static void bytes_release(struct alfred_facts *s, const struct alfred_fact *f)
{
	uint16_t last = f->first;

	for (uint32_t n = chunks_of(f->len); n > 1; n--)
		last = s->next[last];
	s->next[last] = s->free;
	s->free = f->first;
}

/* There is room: the bounds leave as many chunks as there are. */
static void bytes_store(struct alfred_facts *s, struct alfred_fact *f, const struct alfred_block *b)
{
	struct rd r = rd_init(b->data, b->len);

	f->first = s->free;
	f->len = b->len;
	for (uint32_t n = chunks_of(b->len); n; n--) {
		assert(s->free < ALFRED_CHUNKS);
		rd_copy(&r, chunk_at(s, s->free), part_of(rd_left(&r)));
		s->free = s->next[s->free];
	}
}

static bool bytes_same(const struct alfred_facts *s, const struct alfred_fact *f,
		       const struct alfred_block *b)
{
	struct rd r = rd_init(b->data, b->len);

	if (f->len != b->len)
		return false;
	for (uint16_t chunk = f->first; rd_left(&r); chunk = s->next[chunk]) {
		size_t n = part_of(rd_left(&r));

		if (memcmp(rd_take(&r, n), chunk_at(s, chunk), n) != 0)
			return false;
	}
	return true;
}

void alfred_fact_encode(const struct alfred_facts *s, const struct alfred_fact *f, struct wr *w)
{
	struct alfred_block b = {
		.source = f->source, .type = f->type, .version = f->version, .len = f->len
	};
	uint16_t chunk = f->first;

	alfred_block_head(w, &b);
	for (size_t left = f->len; left;) {
		size_t n = part_of(left);

		wr_bytes(w, chunk_at(s, chunk), n);
		chunk = s->next[chunk];
		left -= n;
	}
}

/* ---- bounds ---- */

static bool is_own(const struct alfred_fact *f)
{
	return f->level == ALFRED_LOCAL;
}

/* Counts n chunks more or less for all who pay. */
static void account(struct alfred_facts *s, const struct alfred_fact *f, bool more)
{
	struct source *src = table_find(&s->sources, &f->source);
	uint32_t n = chunks_of(f->len);
	uint32_t delta = more ? n : 0 - n;

	if (!src)
		src = table_add(&s->sources, &f->source);
	assert(src); /* as many as there are chunks */
	src->chunks += delta;
	if (!src->chunks)
		table_remove(&s->sources, src);
	if (is_own(f)) {
		s->own += delta;
	} else {
		s->others += delta;
		s->sent[f->sender] += delta;
	}
}

void alfred_fact_remove(struct alfred_facts *s, struct alfred_fact *f)
{
	account(s, f, false);
	bytes_release(s, f);
	table_remove(&s->facts, f);
}

static uint32_t greediest(const struct alfred_facts *s)
{
	uint32_t most = 0;

	for (uint32_t i = 1; i < ALFRED_SENDERS; i++)
		most = s->sent[i] > s->sent[most] ? i : most;
	return most;
}

/* The oldest value of a sender but `keep`, of that source or of any (NULL); NULL if it has no
 * other. */
static struct alfred_fact *oldest_of(const struct alfred_facts *s, uint32_t sender,
				     const struct mac *source, const struct alfred_fact *keep)
{
	struct alfred_fact *f, *oldest = NULL;

	for (uint32_t i = 0; (f = table_next(&s->facts, &i));)
		if (f != keep && !is_own(f) && f->sender == sender &&
		    (!source || mac_eq(&f->source, source)) &&
		    (!oldest || f->seen_at < oldest->seen_at))
			oldest = f;
	return oldest;
}

/* What the newcomer's sender does not tell any more itself. A look is long and refused values are
 * cheap to send, so what a look in vain has found is remembered. */
static struct alfred_fact *stale_of(struct alfred_facts *s, const struct alfred_fact *how,
				    const struct alfred_fact *keep)
{
	usec_t *fresh_until = &s->fresh_until[how->sender];
	struct alfred_fact *f;

	if (how->seen_at <= *fresh_until)
		return NULL;
	f = oldest_of(s, how->sender, NULL, keep);
	if (f && how->seen_at - f->seen_at > STALE)
		return f;
	*fresh_until = (f ? f->seen_at : how->seen_at) + STALE;
	return NULL;
}

static struct alfred_fact *stale_of_source(struct alfred_facts *s, struct source *src,
					   const struct alfred_fact *how,
					   const struct alfred_fact *keep)
{
	struct alfred_fact *f;

	if (how->seen_at < src->look_at)
		return NULL;
	f = oldest_of(s, how->sender, &src->mac, keep);
	if (f && how->seen_at - f->seen_at > STALE)
		return f;
	src->look_at = how->seen_at + LOOK_AGAIN;
	return NULL;
}

static void evict(struct alfred_facts *s, struct alfred_fact *f)
{
	alfred_fact_remove(s, f);
	s->evicted++;
}

/* Room for `need` chunks beside the `old` ones of the same value. */
static bool others_room(struct alfred_facts *s, uint32_t need, uint32_t old,
			const struct alfred_fact *how, const struct alfred_fact *keep)
{
	while (s->others - old + need > OTHERS_CHUNKS) {
		uint32_t most = greediest(s);
		struct alfred_fact *f = NULL;

		if (s->sent[most] > s->sent[how->sender] + need)
			f = oldest_of(s, most, NULL, keep);
		if (!f)
			f = stale_of(s, how, keep);
		if (!f)
			return false;
		evict(s, f);
	}
	return true;
}

static bool source_room(struct alfred_facts *s, uint32_t need, uint32_t old,
			const struct mac *source, const struct alfred_fact *how,
			const struct alfred_fact *keep)
{
	struct source *src;

	while ((src = table_find(&s->sources, source)) &&
	       src->chunks - old + need > SOURCE_CHUNKS) {
		struct alfred_fact *f = stale_of_source(s, src, how, keep);

		if (!f)
			return false;
		evict(s, f);
	}
	return true;
}

static bool room(struct alfred_facts *s, const struct alfred_block *b,
		 const struct alfred_fact *how, const struct alfred_fact *f)
{
	uint32_t need = chunks_of(b->len), old = f ? chunks_of(f->len) : 0;
	bool was_own = f && is_own(f);

	if (is_own(how))
		return s->own - (was_own ? old : 0) + need <= OWN_CHUNKS;
	return source_room(s, need, old, &b->source, how, f) &&
	       others_room(s, need, was_own ? 0 : old, how, f);
}

/* ---- values ---- */

struct alfred_fact *alfred_fact_find(const struct alfred_facts *s, const struct mac *source,
				     uint8_t type)
{
	struct alfred_fact key = { .source = *source, .type = type };

	return table_find(&s->facts, &key);
}

/* The same value told anew. */
static void refresh(struct alfred_facts *s, struct alfred_fact *f, uint8_t version,
		    const struct alfred_fact *how)
{
	if (!is_own(f) && how->level <= f->level && how->sender != f->sender) {
		account(s, f, false);
		f->sender = how->sender;
		account(s, f, true);
	}
	f->version = version;
	f->level = how->level;
	f->filled = how->filled;
	f->seen_at = how->seen_at;
}

int alfred_fact_put(struct alfred_facts *s, const struct alfred_block *b,
		    const struct alfred_fact *how, bool *ret_changed)
{
	struct alfred_fact *f = alfred_fact_find(s, &b->source, b->type);
	struct alfred_fact key = { .source = b->source, .type = b->type };

	*ret_changed = false;
	if (b->len > ALFRED_VALUE_MAX)
		return -EMSGSIZE;
	if (f && bytes_same(s, f, b) && is_own(f) == is_own(how)) {
		refresh(s, f, b->version, how);
		return 0;
	}
	if (!room(s, b, how, f)) {
		s->refused++;
		return -ENOSPC;
	}
	*ret_changed = true;
	if (f) {
		account(s, f, false);
		bytes_release(s, f);
	} else {
		f = table_add(&s->facts, &key);
		assert(f);
	}
	f->version = b->version;
	f->level = how->level;
	f->filled = how->filled;
	f->sender = how->sender;
	f->seen_at = how->seen_at;
	bytes_store(s, f, b);
	account(s, f, true);
	return 0;
}

struct alfred_fact *alfred_fact_next(const struct alfred_facts *s, uint32_t *cursor)
{
	return table_next(&s->facts, cursor);
}
