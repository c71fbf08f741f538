/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ages of what lay on a disk, without a clock.
 *
 * All nodes of a cloud count its seconds: while a node runs its counter runs, and it takes over a
 * higher one when a neighbour tells it. The counter is saved with the records. A node that starts
 * learns so how long the others lived on without it, and what it loaded grows older by that; if all
 * were off, nobody's counter went on. So that the whole town's records then count as fresh, while
 * the restart of one node prolongs nothing, each node also tells since when its records count: the
 * cloud second when it loaded its own snapshot, or an earlier one that it was told. Who has lived
 * on since well before our snapshot proves that the cloud did.
 *
 * Counters are compared as serial numbers, so nobody can bring them to an end. What is told is
 * believed unproved, hence the bound on how much older it makes records. It costs nothing to make
 * them older: that is added when an age is asked for.
 */
#include "core/state/state_internal.h"

#define SLACK_S 3600		/* by which the snapshots of a town may be apart */
#define AGE_MAX_S (30 * 86400u) /* by which records grow older in one life of ours */
#define NEWS_S 60		/* a difference that neighbours should hear of */
#define AGAIN_MAX 16		/* so often the node hears again of what was loaded */

static int32_t ahead(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

uint32_t state_age_cloud_s(const struct state *s, usec_t now)
{
	return s->cloud_s + (uint32_t)((now - s->started_at) / USEC_S);
}

void state_age_load(struct state *s, uint32_t saved_s, usec_t now)
{
	s->cloud_s = saved_s - (uint32_t)((now - s->started_at) / USEC_S);
	s->saved_s = s->fresh_s = saved_s;
	s->loaded_at = s->fresh_at = now;
	s->is_cloud_known = s->is_loaded = true;
}

usec_t state_age_since(const struct state *s, const struct state_record *rec, usec_t since)
{
	bool fresh = rec->flags & STATE_R_LOADED && !(rec->flags & STATE_R_DELETED);

	return fresh && s->fresh_at > since ? s->fresh_at : since;
}

usec_t state_age_loaded(const struct state *s, usec_t at)
{
	return at - s->aged_s * USEC_S;
}

/* What is over goes, but nobody has us look at all records at the speed of his words. */
static void sweep_soon(struct state *s, usec_t now)
{
	s->sweep_at = usec_min(s->sweep_at, usec_max(now, s->swept_at + USEC_S));
}

/* The cloud went on for so long without us. */
static void grow_older(struct state *s, uint32_t seconds, usec_t now)
{
	uint32_t left = AGE_MAX_S - s->aged_s;

	if (!left)
		return;
	s->aged_s += seconds < left ? seconds : left;
	sweep_soon(s, now);
}

/* The node has taken for fresh what is not. */
static void tell_again(struct state *s)
{
	struct state_record *rec;

	s->told_again++;
	for (uint32_t i = 0; (rec = table_next(&s->records, &i));)
		if (rec->flags & STATE_R_LOADED && !(rec->flags & STATE_R_DELETED) &&
		    rec->key.kind == STATE_SHARED)
			state_event_tell(s, rec, STATE_R_TELL);
}

/* cloud_s and fresh_s are a neighbour's: since when do our records count? true: that is news. */
static bool compare_fresh(struct state *s, uint32_t cloud_s, uint32_t fresh_s, usec_t now)
{
	usec_t since = now - (usec_t)ahead(cloud_s, fresh_s) * USEC_S, was = s->fresh_at;
	int64_t longer;

	if (!s->is_loaded || ahead(s->saved_s, cloud_s) > SLACK_S)
		return false; /* it knows of an earlier time only, or of none */
	if (ahead(s->saved_s, fresh_s) > SLACK_S)
		s->fresh_at = INT64_MIN;
	else if (since < s->fresh_at)
		s->fresh_at = since;
	if (s->fresh_at != was)
		sweep_soon(s, now);
	if (was != INT64_MIN && s->told_again < AGAIN_MAX &&
	    (s->fresh_at == INT64_MIN || was - s->fresh_at > NEWS_S * USEC_S))
		tell_again(s);
	/* by how long ago that was: its counter may be behind ours */
	longer = (int64_t)ahead(cloud_s, fresh_s) - ahead(state_age_cloud_s(s, now), s->fresh_s);
	if (longer > 0)
		s->fresh_s -= (uint32_t)longer;
	return longer > NEWS_S;
}

bool state_age_told(struct state *s, uint32_t cloud_s, uint32_t fresh_s, usec_t now)
{
	int32_t more = ahead(cloud_s, state_age_cloud_s(s, now));
	bool news = more > NEWS_S;

	if (!s->is_cloud_known) {
		s->cloud_s += (uint32_t)more;
		s->fresh_s = fresh_s;
		s->is_cloud_known = true;
		return news || more < -NEWS_S;
	}
	if (more > 0) {
		s->cloud_s += (uint32_t)more;
		s->fresh_s += (uint32_t)more; /* that was just as long ago as before */
		if (s->is_loaded)
			grow_older(s, (uint32_t)more, now);
	}
	return compare_fresh(s, cloud_s, fresh_s, now) || news;
}
