/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the node is told, and what time does to records. An event that finds the out queue full
 * stays due.
 *
 * Timers: the sweep, at the earliest expiry but at most once a second; found records of ours, 30 s
 * after the first; our sign of life, a third of our shortest lifetime after our last owned record,
 * per scope.
 */
#include "core/state/state_internal.h"

void state_event_tell(struct state *s, struct state_record *rec, enum state_record_flag flag)
{
	rec->flags |= (uint16_t)flag;
	if (state_bit_set(s->untold, state_store_slot(s, rec)))
		s->n_untold++;
}

static bool emit(struct state *s, const struct state_record *rec, enum state_out_kind kind,
		 enum state_change change)
{
	struct state_event e = { .key = rec->key.key,
				 .author = state_store_author(s, rec)->id,
				 .scope = (enum state_scope)rec->key.scope,
				 .kind = (enum state_kind)rec->key.kind,
				 .change = change,
				 .own = state_store_by_self(s, rec),
				 .local = rec->flags & STATE_R_LOCAL,
				 .epoch = rec->epoch,
				 .counter = rec->counter,
				 .acks = rec->acks,
				 .refusals = rec->refusals,
				 .absent = rec->waiting };

	if (outq_push(s->out, (uint16_t)kind, 0, 0, &e, sizeof(e)) == 0)
		return true;
	s->stalled = true;
	state_count_up(s, STATE_C_OUT_FULL);
	return false;
}

static bool emit_record(struct state *s, struct state_record *rec)
{
	enum state_change change = rec->flags & STATE_R_DELETED ? STATE_IS_DELETED : STATE_IS_SET;

	if (rec->flags & STATE_R_TELL) {
		if (!emit(s, rec, STATE_CHANGED, change))
			return false;
		rec->flags &= (uint16_t)~STATE_R_TELL;
	}
	if (rec->flags & STATE_R_TELL_ACKED) {
		if (!emit(s, rec, STATE_ACKED, change))
			return false;
		rec->flags &= (uint16_t)~STATE_R_TELL_ACKED;
	}
	return true;
}

void state_event_emit(struct state *s)
{
	for (uint32_t i = 0; s->n_untold; i++) {
		i = state_bit_next(s->untold, s->words, i);
		if (!emit_record(s, state_store_at(s, i)))
			return;
		state_bit_clear(s->untold, i);
		s->n_untold--;
	}
	if (s->store_due && outq_push(s->out, STATE_STORE, 0, 0, NULL, 0) == 0)
		s->store_due = false;
}

bool state_is_told(const struct state *s)
{
	return s->n_untold == 0;
}

bool state_event_expire(struct state *s, struct state_record *rec)
{
	if (!(rec->flags & STATE_R_DELETED)) {
		if (!emit(s, rec, STATE_CHANGED, STATE_HAS_EXPIRED))
			return false;
		state_count_up(s, STATE_C_EXPIRED);
	}
	state_store_remove(s, rec);
	return true;
}

static void sweep(struct state *s, usec_t now)
{
	bool found_due = s->found_at <= now;
	usec_t next = USEC_NEVER;
	struct state_record *rec;

	s->swept_at = now;
	if (found_due)
		s->found_at = USEC_NEVER;
	for (uint32_t i = 0; (rec = table_next(&s->records, &i));) {
		if (found_due && rec->flags & STATE_R_FOUND)
			state_store_delete(s, rec, 0, now);
		else if (rec->flags & STATE_R_AGAIN)
			rec->flags |= state_store_rewrite(s, rec, now) ? STATE_R_FORCED : 0;
		if (state_store_expiry(s, rec) > now || !state_event_expire(s, rec))
			next = usec_min(next, state_store_expiry(s, rec));
	}
	if (next != USEC_NEVER && next < now + USEC_S)
		next = now + USEC_S;
	s->sweep_at = next;
}

/* The smallest owned record of ours goes out once more: that keeps all of them alive. */
static void show_life(struct state *s, uint8_t scope, usec_t now)
{
	struct state_record *rec, *best = NULL;
	usec_t shortest = USEC_NEVER;

	for (uint32_t i = 0; (rec = table_next(&s->records, &i));) {
		struct state_msg_record m = { .key = rec->key, .lifetime_s = rec->lifetime_s };

		if (rec->key.scope != scope || !state_store_is_own(s, rec) ||
		    rec->flags & (STATE_R_DELETED | STATE_R_FOUND))
			continue;
		shortest = usec_min(shortest, state_store_lifetime(s, &m) * USEC_S);
		if (!best || rec->len < best->len)
			best = rec;
	}
	s->alive_life[scope] = shortest;
	s->alive_at[scope] = USEC_NEVER;
	if (best)
		state_store_rewrite(s, best, now);
}

void state_event_sweep(struct state *s, usec_t now)
{
	if (s->sweep_at <= now || s->found_at <= now)
		sweep(s, now);
	for (uint8_t scope = 0; scope < STATE_SCOPES; scope++)
		if (s->alive_at[scope] <= now)
			show_life(s, scope, now);
}

usec_t state_event_deadline(const struct state *s)
{
	usec_t at = usec_min(usec_min(s->sweep_at, s->found_at), s->patience_at);

	for (uint8_t scope = 0; scope < STATE_SCOPES; scope++)
		at = usec_min(at, s->alive_at[scope]);
	return s->n_untold || s->store_due ? 0 : at;
}
