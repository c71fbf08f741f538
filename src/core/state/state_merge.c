/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record from elsewhere: the newer version wins, everywhere the same. What we own and wrote in
 * this life is never overwritten: an older life of ours, or a stranger with our name, makes us
 * write it again with a higher version.
 */
#include "core/state/state_internal.h"

#include <string.h>

bool state_merge_surpass(struct state *s, uint32_t epoch, uint32_t counter)
{
	if (epoch < s->epoch || (epoch == s->epoch && counter <= s->counter))
		return true;
	if (epoch >= STATE_EPOCH_MAX)
		return false;
	s->epoch = epoch + 1;
	s->counter = 0;
	s->store_due = true;
	state_count_up(s, STATE_C_JUMPED);
	return true;
}

static enum state_verdict refuse(struct state *s, enum state_counter why)
{
	state_count_up(s, why);
	return STATE_REFUSED;
}

/* Near its end, and unknown here: it would only come and go. */
static bool is_stale(const struct state *s, const struct state_msg_record *m)
{
	uint32_t life = state_store_lifetime(s, m);
	const struct state_type *t = s->types[m->key.key.type];
	uint32_t margin = life / 4 < STATE_STALE_MARGIN ? life / 4 : STATE_STALE_MARGIN;

	return (!t || t->admin == STATE_ADMIN_NONE) && m->quiet_s >= life - margin;
}

static enum state_verdict store(struct state *s, struct state_peer *from,
				const struct state_msg_record *m, uint16_t flags, bool bulk,
				usec_t now)
{
	enum state_counter why;
	struct state_record *rec;

	if (!from)
		flags |= STATE_R_LOADED;
	rec = state_store_set(s, from, m, flags, now, &why);
	if (!rec)
		return refuse(s, why);
	if (flags & STATE_R_FOUND)
		s->found_at = usec_min(s->found_at, now + STATE_FOUND_GRACE);
	state_count_up(s, STATE_C_ACCEPTED);
	state_peer_spread(s, rec, from, bulk);
	return STATE_NEWS;
}

/* Writes a record of ours again, above what was seen. false: versions are used up. */
static bool outdo(struct state *s, struct state_record *rec, usec_t now)
{
	/* two nodes of one name would otherwise outdo each other at the speed of the link */
	if (rec->flags & STATE_R_FORCED && now - rec->seen_at < USEC_S) {
		rec->flags |= STATE_R_AGAIN;
		s->sweep_at = usec_min(s->sweep_at, now + USEC_S);
		return true;
	}
	if (!state_store_rewrite(s, rec, now))
		return false;
	rec->flags |= STATE_R_FORCED;
	return true;
}

/* An owned record with our name. */
static enum state_verdict merge_own(struct state *s, struct state_peer *from,
				    struct state_record *rec, const struct state_msg_record *m,
				    bool bulk, usec_t now)
{
	const struct state_type *t = s->types[m->key.key.type];
	bool take_up = m->deleted || (t && t->durable);

	if (!state_merge_surpass(s, m->epoch, m->counter))
		return refuse(s, STATE_C_DROP_EPOCH);
	if (rec && rec->flags & STATE_R_LOCAL) {
		if (!outdo(s, rec, now))
			return refuse(s, STATE_C_DROP_EPOCH);
		state_count_up(s, STATE_C_OLDER);
		return STATE_OLD;
	}
	return store(s, from, m, take_up ? 0 : STATE_R_FOUND, bulk, now);
}

enum state_verdict state_merge(struct state *s, struct state_peer *from,
			       const struct state_msg_record *m, bool bulk, usec_t now)
{
	const struct state_type *t = s->types[m->key.key.type];
	bool is_own = m->key.kind == STATE_OWNED &&
		      memcmp(&m->author, &s->conf.id, sizeof(m->author)) == 0;
	enum state_verdict proof;
	struct state_record *rec;
	int newer = 1;

	if (from && !(from->scopes & STATE_SCOPE_BIT(m->key.scope)))
		return refuse(s, STATE_C_DROP_SCOPE);
	if (t && (t->kind != m->key.kind || t->scope != m->key.scope))
		return refuse(s, STATE_C_DROP_KIND);
	if (m->epoch > state_store_epoch_max(&m->key))
		return refuse(s, STATE_C_DROP_EPOCH);
	rec = state_store_find(s, &m->key);
	if (rec) {
		struct state_msg_record mine = state_store_msg(s, rec, now);

		newer = state_msg_compare(m, state_msg_hash(m), &mine, rec->hash);
	}
	if (newer <= 0) {
		state_count_up(s, newer ? STATE_C_OLDER : STATE_C_KNOWN);
		if (from && newer)
			state_peer_want(s, from, rec, bulk);
		else if (from)
			state_peer_has(s, from, rec, true);
		return newer ? STATE_OLD : STATE_SAME;
	}
	/* what is over its rate is taken like repair, and passed on like it: later */
	if (from && !bulk && !state_peer_take(&from->change_pace, 1, now)) {
		state_count_up(s, STATE_C_PACED);
		bulk = true;
	}
	/* what was on the disk counts as fresh until we hear otherwise */
	if (!is_own && !rec && is_stale(s, m) && (from || m->deleted)) {
		state_count_up(s, STATE_C_STALE);
		return STATE_IGNORED;
	}
	proof = state_proof_check(s, from, m, now);
	if (proof != STATE_NEWS)
		return proof;
	return is_own ? merge_own(s, from, rec, m, bulk, now) : store(s, from, m, 0, bulk, now);
}
