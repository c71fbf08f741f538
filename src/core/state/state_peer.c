/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbours, and what goes out to them. `lacks` has the records a peer has not acknowledged; of
 * these `push` and `bulk` have those to be sent next, the others are in flight.
 *
 * Timers, per peer: a change goes out at once, and those that follow it within 10 ms go together,
 * or when they fill a datagram: a busy node would send each on its own. A datagram with records is
 * repeated when it is not acknowledged after 100 ms, or twice the last round trip if that is
 * longer, doubled up to 10 s while nothing comes back (then one datagram at a time); bulk waits for
 * its pace; a summary every 5 s, every second while the last one differed. Sealed ones are longer,
 * and so every 8 s. Of two that are equal one speaks for both, each at least every 20 s, so that
 * it is heard within 40 s also when one is lost.
 */
#include "core/state/state_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct state_peer *state_peer_find(const struct state *s, uint16_t handle)
{
	for (uint32_t i = 0; i < s->n_peers; i++)
		if (s->peers[i].used && s->peers[i].handle == handle)
			return &s->peers[i];
	return NULL;
}

bool state_peer_take(struct state_bucket *b, uint32_t bytes, usec_t now)
{
	usec_t passed = now - b->at;

	if (passed / USEC_S > b->burst / b->rate ||
	    passed * b->rate / USEC_S >= b->burst - b->level) {
		b->level = b->burst;
		b->at = now;
	} else {
		uint32_t more = (uint32_t)(passed * b->rate / USEC_S);

		b->level += more;
		b->at += (usec_t)more * USEC_S / b->rate;
	}
	if (b->level < bytes)
		return false;
	b->level -= bytes;
	return true;
}

static usec_t bucket_ready(const struct state_bucket *b, uint32_t bytes)
{
	return b->level >= bytes ? b->at
				 : b->at + (usec_t)(bytes - b->level) * USEC_S / b->rate + 1;
}

static struct state_bucket bucket_init(uint32_t rate, uint32_t burst, usec_t now)
{
	return (struct state_bucket) { .rate = rate, .burst = burst, .level = burst, .at = now };
}

static void peer_present(struct state *s, struct state_peer *p)
{
	if (!p->absent)
		return;
	p->absent = false;
	s->n_absent--;
}

/* Two blocks for all peers: what is never used is never resident. */
int state_peer_init(struct state *s)
{
	size_t n = s->conf.peers_max, words = 3 * (size_t)s->words;

	s->peers = calloc(n, sizeof(*s->peers));
	s->peer_bits = calloc(n, words * sizeof(*s->peer_bits));
	s->flights = calloc(n, STATE_FLIGHTS * sizeof(*s->flights));
	if (!s->peers || !s->peer_bits || !s->flights)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		s->peers[i].lacks = s->peer_bits + i * words;
		s->peers[i].flights = s->flights + i * STATE_FLIGHTS;
	}
	return 0;
}

void state_peer_done(struct state *s)
{
	free(s->peers);
	free(s->peer_bits);
	free(s->flights);
}

int state_peer_add(struct state *s, uint16_t handle, const struct state_node *id, uint8_t scopes,
		   usec_t now)
{
	struct state_peer *p = state_peer_find(s, handle);
	uint32_t i = 0;

	if (!scopes || scopes >> STATE_SCOPES)
		return -EINVAL;
	if (p) {
		if (p->scopes != scopes)
			p->synced = 0;
		p->scopes = scopes;
		p->summary_at = now;
		return 0;
	}
	while (i < s->n_peers && s->peers[i].used)
		i++;
	if (i == s->conf.peers_max)
		return -ENOSPC;
	p = &s->peers[i];
	if (i == s->n_peers)
		s->n_peers++;
	*p = (struct state_peer) { .used = true,
				   .handle = handle,
				   .scopes = scopes,
				   .id_fixed = id,
				   .backoff_at = now,
				   .added_at = now,
				   .summary_at = now,
				   .repair_wait = STATE_REPAIR_MIN,
				   .lacks = p->lacks,
				   .flights = p->flights };
	if (id)
		p->id = *id;
	s->patience_at = usec_min(s->patience_at, now + STATE_PATIENCE);
	p->push = p->lacks + s->words;
	p->bulk = p->push + s->words;
	/* a town that was cut is one again within a second: half of that at once, and no more
	 * than the peer takes (input_rate) */
	p->bulk_pace =
		bucket_init(s->conf.bulk_rate, s->conf.bulk_rate / 2 + STATE_DATAGRAM_MAX, now);
	p->digest_pace = bucket_init(STATE_DIGEST_RATE, STATE_DIGEST_BURST, now);
	p->look_pace = bucket_init(s->conf.records_max / STATE_LOOKS_SPAN + 1,
				   2 * s->conf.records_max + STATE_MSG_LEAVES, now);
	p->change_pace = bucket_init(STATE_CHANGES_RATE, STATE_CHANGES_BURST, now);
	p->proof_pace = bucket_init(STATE_PROOFS_RATE, STATE_PROOFS_BURST, now);
	p->input_pace =
		bucket_init(s->conf.input_rate, s->conf.input_rate / 4 + STATE_DATAGRAM_MAX, now);
	return 0;
}

void state_peer_remove(struct state *s, uint16_t handle, usec_t now)
{
	struct state_peer *p = state_peer_find(s, handle);

	(void)now;
	if (!p)
		return;
	peer_present(s, p);
	for (uint32_t i = 0; p->n_lacks; i++) {
		i = state_bit_next(p->lacks, s->words, i);
		state_peer_has(s, p, state_store_at(s, i), false);
	}
	for (uint32_t i = 0; i < STATE_FLIGHTS && p->n_flights; i++)
		p->flights[i].n = 0;
	if (s->fill_peer == handle)
		s->fill_until = 0;
	state_store_teller_gone(s, p);
	p->used = false;
}

bool state_peer_next(const struct state *s, uint32_t *cursor, struct state_peer_view *ret)
{
	while (*cursor < s->n_peers) {
		const struct state_peer *p = &s->peers[(*cursor)++];

		if (!p->used)
			continue;
		*ret = (struct state_peer_view) { .handle = p->handle,
						  .id = p->id,
						  .scopes = p->scopes,
						  .synced = p->synced,
						  .absent = p->absent,
						  .keys = p->keys,
						  .unread_since = p->unread_since,
						  .heard_at = p->heard_at,
						  .lacking = p->n_lacks,
						  .sent_bytes = p->sent_bytes,
						  .received_bytes = p->received_bytes };
		return true;
	}
	return false;
}

static bool is_in_flight(const struct state_peer *p, uint32_t slot, uint32_t gen)
{
	for (uint32_t i = 0; i < STATE_FLIGHTS && p->n_flights; i++)
		for (uint8_t j = 0; j < p->flights[i].n; j++)
			if (p->flights[i].record[j].slot == slot &&
			    p->flights[i].record[j].gen == gen)
				return true;
	return false;
}

void state_peer_want(struct state *s, struct state_peer *p, struct state_record *rec, bool bulk)
{
	uint32_t slot = state_store_slot(s, rec);

	if (state_bit_set(p->lacks, slot)) {
		p->n_lacks++;
		rec->waiting++;
	} else if (state_bit(p->push, slot) || (bulk && state_bit(p->bulk, slot)) ||
		   is_in_flight(p, slot, rec->gen)) {
		return;
	}
	if (bulk)
		p->n_bulk += state_bit_set(p->bulk, slot);
	else
		p->n_push += state_bit_set(p->push, slot);
}

/* Does nobody who is present lack it any more? */
static bool is_everywhere(const struct state *s, const struct state_record *rec)
{
	uint32_t slot = state_store_slot(s, rec);

	if (rec->waiting > s->n_absent)
		return false;
	for (uint32_t i = 0; rec->waiting && i < s->n_peers; i++) {
		const struct state_peer *p = &s->peers[i];

		if (p->used && !p->absent && state_bit(p->lacks, slot))
			return false;
	}
	return true;
}

static void tell_if_everywhere(struct state *s, struct state_record *rec)
{
	if (!(rec->flags & STATE_R_ASKED) || !is_everywhere(s, rec))
		return;
	rec->flags &= (uint16_t)~STATE_R_ASKED;
	state_event_tell(s, rec, STATE_R_TELL_ACKED);
}

/* since: when it was sent what it has not acknowledged. */
static void peer_absent(struct state *s, struct state_peer *p, usec_t since)
{
	p->absent = true;
	p->deaf = p->deaf || p->heard_at > since;
	s->n_absent++;
}

void state_peer_heard(struct state *s, struct state_peer *p)
{
	if (!p->absent || p->deaf)
		return;
	peer_present(s, p);
	p->deaf = true; /* unless it acknowledges something: it has had its chance */
}

static bool is_late(const struct state_record *rec, usec_t now)
{
	return rec->flags & STATE_R_ASKED && now - rec->seen_at >= STATE_PATIENCE;
}

void state_peer_judge(struct state *s, usec_t now)
{
	struct state_record *rec;

	for (uint32_t i = 0; i < s->n_peers; i++) {
		struct state_peer *p = &s->peers[i];

		if (p->used && !p->absent && !p->heard_at && now - p->added_at >= STATE_PATIENCE)
			peer_absent(s, p, now);
	}
	for (uint32_t i = 0; (rec = table_next(&s->records, &i));) {
		uint32_t slot = state_store_slot(s, rec);

		for (uint32_t j = 0; is_late(rec, now) && j < s->n_peers; j++) {
			struct state_peer *p = &s->peers[j];

			if (p->used && !p->absent && state_bit(p->lacks, slot))
				peer_absent(s, p, rec->seen_at);
		}
	}
	s->patience_at = USEC_NEVER;
	for (uint32_t i = 0; (rec = table_next(&s->records, &i));) {
		tell_if_everywhere(s, rec);
		if (rec->flags & STATE_R_ASKED)
			s->patience_at = usec_min(s->patience_at, rec->seen_at + STATE_PATIENCE);
	}
	for (uint32_t i = 0; i < s->n_peers; i++) {
		const struct state_peer *p = &s->peers[i];

		if (p->used && !p->absent && !p->heard_at)
			s->patience_at = usec_min(s->patience_at, p->added_at + STATE_PATIENCE);
	}
}

static void unqueue(struct state_peer *p, uint32_t slot)
{
	p->n_push -= state_bit_clear(p->push, slot);
	p->n_bulk -= state_bit_clear(p->bulk, slot);
}

void state_peer_has(struct state *s, struct state_peer *p, struct state_record *rec, bool acked)
{
	uint32_t slot = state_store_slot(s, rec);

	unqueue(p, slot);
	if (!state_bit_clear(p->lacks, slot))
		return;
	p->n_lacks--;
	rec->waiting--;
	if (acked)
		rec->acks++;
	tell_if_everywhere(s, rec);
}

static bool node_eq(const struct state_node *a, const struct state_node *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void state_peer_spread(struct state *s, struct state_record *rec, const struct state_peer *from,
		       bool bulk)
{
	uint8_t bit = STATE_SCOPE_BIT(rec->key.scope);
	const struct state_node *author = &state_store_author(s, rec)->id;
	uint32_t slot = state_store_slot(s, rec);
	uint16_t asked = rec->flags & STATE_R_ASKED;

	/* nothing is everywhere before the last peer has been looked at */
	rec->flags &= (uint16_t)~STATE_R_ASKED;
	for (uint32_t i = 0; i < s->n_peers; i++) {
		struct state_peer *p = &s->peers[i];

		if (!p->used || !(p->scopes & bit))
			continue;
		if (p == from || (from && node_eq(&p->id, &from->id)) || node_eq(&p->id, author))
			state_peer_has(s, p, rec, false);
		else if (!bulk || p->synced & bit || state_bit(p->lacks, slot))
			state_peer_want(s, p, rec, bulk);
	}
	rec->flags |= asked;
	tell_if_everywhere(s, rec);
	if (rec->flags & STATE_R_ASKED)
		s->patience_at = usec_min(s->patience_at, rec->seen_at + STATE_PATIENCE);
}

void state_peer_forget(struct state *s, struct state_record *rec)
{
	rec->flags &= (uint16_t)~STATE_R_ASKED;
	for (uint32_t i = 0; i < s->n_peers; i++)
		if (s->peers[i].used)
			state_peer_has(s, &s->peers[i], rec, false);
}

static struct state_flight *flight_find(struct state_peer *p, uint32_t seq)
{
	for (uint32_t i = 0; i < STATE_FLIGHTS; i++)
		if (p->flights[i].n && p->flights[i].seq == seq)
			return &p->flights[i];
	return NULL;
}

/* The record that flew as number i of f, if the peer still lacks that version. */
static struct state_record *flight_record(const struct state *s, const struct state_peer *p,
					  const struct state_flight *f, uint8_t i)
{
	uint32_t slot = f->record[i].slot;
	struct state_record *rec = state_bit(p->lacks, slot) ? state_store_at(s, slot) : NULL;

	return rec && rec->gen == f->record[i].gen ? rec : NULL;
}

void state_peer_acked(struct state *s, struct state_peer *p, uint32_t seq, bool refused, usec_t now)
{
	struct state_flight *f = flight_find(p, seq);

	if (!f)
		return;
	p->round_trip = now - f->sent_at;
	p->tries = 0;
	p->deaf = false;
	peer_present(s, p);
	for (uint8_t i = 0; i < f->n; i++) {
		struct state_record *rec = flight_record(s, p, f, i);

		if (!rec)
			continue;
		if (refused)
			rec->refusals++;
		else if (f->bulk)
			p->gain = true;
		state_peer_has(s, p, rec, !refused);
	}
	f->n = 0;
	p->n_flights--;
}

/* Not acknowledged in time: its records wait to be sent again. */
static void flight_lost(struct state *s, struct state_peer *p, struct state_flight *f, usec_t now)
{
	for (uint8_t i = 0; i < f->n; i++) {
		uint32_t slot = f->record[i].slot;

		if (!flight_record(s, p, f, i))
			continue;
		if (f->bulk)
			p->n_bulk += state_bit_set(p->bulk, slot);
		else
			p->n_push += state_bit_set(p->push, slot);
	}
	/* once for all that were on the way together */
	if (f->sent_at >= p->backoff_at) {
		p->tries = p->tries < 8 ? p->tries + 1 : p->tries;
		p->backoff_at = now;
	}
	f->n = 0;
	p->n_flights--;
	state_count_up(s, STATE_C_REPEATED);
}

/* How long a datagram may be on the way. */
static usec_t repeat_after(const struct state_peer *p)
{
	usec_t base = 2 * p->round_trip > STATE_REPEAT_MIN ? 2 * p->round_trip : STATE_REPEAT_MIN;

	return usec_min(base << p->tries, STATE_REPEAT_MAX);
}

/* One more datagram with records. */
static bool may_send(const struct state *s, const struct state_peer *p, bool bulk)
{
	uint32_t most = bulk ? STATE_FLIGHTS_BULK : STATE_FLIGHTS;

	return p->n_flights < (p->tries >= STATE_TRIES_ALONE ? 1 : most) && state_seal_is_met(s, p);
}

struct wr state_peer_begin(struct state *s, struct state_peer *p, uint8_t *buf)
{
	struct wr w = wr_init(buf, STATE_DATAGRAM_MAX - STATE_TAG_SIZE);
	struct state_msg_header h = state_seal_header(s, p);

	state_msg_write_header(&w, &h);
	return w;
}

size_t state_peer_finish(struct state *s, struct state_peer *p, struct wr *w)
{
	size_t len;

	state_seal(s, p, w);
	len = wr_len(w);
	p->sent_bytes += len;
	s->counters[STATE_C_SENT]++;
	s->counters[STATE_C_SENT_BYTES] += len;
	return len;
}

/* Room for a datagram in the out queue; NULL: later. */
static uint8_t *reserve(struct state *s)
{
	uint8_t *buf = outq_reserve(s->out, STATE_DATAGRAM_MAX);

	if (!buf) {
		s->stalled = true;
		state_count_up(s, STATE_C_OUT_FULL);
	}
	return buf;
}

/* As many waiting records as fit, from the cursor on, so that none waits for ever. */
static void fill_flight(struct state *s, struct state_peer *p, struct state_flight *f, struct wr *w,
			usec_t now)
{
	uint64_t *map = f->bulk ? p->bulk : p->push;
	uint32_t *cursor = f->bulk ? &p->bulk_cursor : &p->push_cursor;

	while (f->n < STATE_FLIGHT_RECORDS && (f->bulk ? p->n_bulk : p->n_push)) {
		uint32_t slot = state_bit_next(map, s->words, *cursor);
		struct state_record *rec;
		struct state_msg_record m;
		struct wr before = *w;

		if (slot >= s->words * 64) {
			*cursor = 0;
			continue;
		}
		rec = state_store_at(s, slot);
		m = state_store_msg(s, rec, now);
		state_msg_write_record(w, &m);
		if (w->bad) {
			*w = before;
			return;
		}
		f->record[f->n].slot = slot;
		f->record[f->n++].gen = rec->gen;
		unqueue(p, slot);
		*cursor = slot + 1;
		s->counters[STATE_C_SENT_RECORDS]++;
	}
}

static bool send_records(struct state *s, struct state_peer *p, bool bulk, usec_t now)
{
	uint8_t *buf = reserve(s);
	struct state_flight *f = p->flights;
	size_t mark;
	struct wr w;

	if (!buf)
		return false;
	while (f->n)
		f++;
	*f = (struct state_flight) { .bulk = bulk, .sent_at = now };
	w = state_peer_begin(s, p, buf);
	f->seq = (uint32_t)s->seq;
	mark = state_msg_item_begin(&w, bulk ? STATE_ITEM_BULK : STATE_ITEM_PUSH);
	fill_flight(s, p, f, &w, now);
	state_msg_item_end(&w, mark);
	p->n_flights++;
	outq_commit(s->out, STATE_SEND, p->handle, 0, state_peer_finish(s, p, &w));
	return true;
}

void state_peer_write_tell(const struct state *s, const struct state_peer *p, struct wr *w,
			   usec_t now)
{
	const struct state_author *author = table_find(&s->authors, &p->id);
	size_t mark = state_msg_item_begin(w, STATE_ITEM_TELL);

	wr_u32(w, author ? author->epoch : 0);
	wr_u32(w, author ? author->counter : 0);
	wr_u32(w, state_age_cloud_s(s, now));
	wr_u32(w, s->fresh_s);
	state_msg_item_end(w, mark);
}

static void write_summary(const struct state *s, struct state_peer *p, struct wr *w)
{
	size_t mark = state_msg_item_begin(w, STATE_ITEM_SUMMARY);

	for (uint8_t scope = 0; scope < STATE_SCOPES; scope++) {
		if (!(p->scopes & STATE_SCOPE_BIT(scope)))
			continue;
		wr_u8(w, scope);
		wr_u32(w, s->trees[scope].count[0]);
		wr_u64(w, s->trees[scope].sum[0]);
		p->said[scope] = s->trees[scope].sum[0];
	}
	state_msg_item_end(w, mark);
}

static void send_summary(struct state *s, struct state_peer *p, usec_t now)
{
	uint8_t *buf = reserve(s);
	usec_t interval = s->conf.summary_ms * USEC_MS;
	struct wr w;

	if (!buf)
		return;
	w = state_peer_begin(s, p, buf);
	if (!p->told)
		state_msg_item_end(&w, state_msg_item_begin(&w, STATE_ITEM_ASK));
	if (state_seal_is_met(s, p)) {
		if (p->tell_due)
			state_peer_write_tell(s, p, &w, now);
		p->tell_due = false;
		write_summary(s, p, &w);
	}
	outq_commit(s->out, STATE_SEND, p->handle, 0, state_peer_finish(s, p, &w));
	p->said_at = now;
	/* who speaks first is by chance; then, if all is equal, it is the other one's turn */
	if (now - p->added_at < 5 * USEC_S ||
	    ((p->synced != p->scopes || !p->told) && now - p->heard_at < 2 * interval))
		interval = usec_min(interval, USEC_S) / 2;
	else if (!state_seal_is_met(s, p) && now - p->added_at < STATE_GREET)
		interval = usec_min(interval, USEC_S);
	p->summary_at = now + interval * 3 / 2 + rng_below(&s->rng, (uint32_t)(interval / 4));
}

static bool can_push(const struct state *s, const struct state_peer *p)
{
	return p->n_push && may_send(s, p, false);
}

static bool push_is_due(const struct state *s, const struct state_peer *p, usec_t now)
{
	return can_push(s, p) && (p->n_push >= STATE_GATHER_FULL || p->push_at <= now);
}

void state_peer_tick(struct state *s, struct state_peer *p, usec_t now)
{
	usec_t repeat = repeat_after(p);

	for (uint32_t i = 0; i < STATE_FLIGHTS && p->n_flights; i++)
		if (p->flights[i].n && p->flights[i].sent_at + repeat <= now)
			flight_lost(s, p, &p->flights[i], now);
	while (push_is_due(s, p, now)) {
		if (!send_records(s, p, false, now))
			return;
		p->push_at = now + STATE_GATHER;
	}
	while (p->n_bulk && may_send(s, p, true) &&
	       state_peer_take(&p->bulk_pace, STATE_DATAGRAM_MAX, now))
		if (!send_records(s, p, true, now))
			return;
	if (p->summary_at <= now)
		send_summary(s, p, now);
}

usec_t state_peer_deadline(const struct state *s, const struct state_peer *p)
{
	usec_t at = p->summary_at;

	if (can_push(s, p) && p->n_push >= STATE_GATHER_FULL)
		return 0;
	if (can_push(s, p))
		at = usec_min(at, p->push_at);
	if (p->n_bulk && may_send(s, p, true))
		at = usec_min(at, bucket_ready(&p->bulk_pace, STATE_DATAGRAM_MAX));
	for (uint32_t i = 0; i < STATE_FLIGHTS && p->n_flights; i++)
		if (p->flights[i].n)
			at = usec_min(at, p->flights[i].sent_at + repeat_after(p));
	return at;
}
