/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients of other nodes. One entry per (MAC, VLAN) and one claim per originator that has it;
 * frames go to the claim of best quality. Entries are TEMP while known from a frame only, ROAM
 * while their old node has lost them and no OGM of the new one is heard yet (or that is us). A CRC
 * counts what its node announces, and nothing else: not TEMP, not what was told or withdrawn. It is
 * an XOR, kept with every change (bat_vlan.sum): one OGM of many in a frame costs no walk over all
 * clients.
 *
 * Full tables are shared by who told of the originators (lib/fair.h): what is only passing, or of
 * an originator without a route, goes first. One originator has at most as many clients as fit into
 * one table on the wire.
 *
 * Timers: ROAM and TEMP entries go after 600 s. Where a client was heard counts for 3 intervals.
 */
#include "core/batman/engine.h"

struct bat_global *bat_global_find(const struct batman *b, const struct bat_client_key *key)
{
	return table_find(&b->globals, key);
}

struct bat_vlan *bat_global_vlan(const struct batman *b, const struct bat_orig *o, uint16_t vid)
{
	struct bat_vlan_key key = { .orig = bat_ref(&b->origs, o), .vid = vid };

	return table_find(&b->vlans, &key);
}

static void vlan_count(struct batman *b, struct bat_orig *o, uint16_t vid)
{
	struct bat_vlan_key key = { .orig = bat_ref(&b->origs, o), .vid = vid };
	struct bat_vlan *v = table_find(&b->vlans, &key);

	if (!v) {
		v = table_add(&b->vlans, &key); /* as many as claims */
		v->next = o->vlans;
		o->vlans = bat_ref(&b->vlans, v);
	}
	v->count++;
}

static void vlan_uncount(struct batman *b, struct bat_orig *o, uint16_t vid)
{
	struct bat_vlan *v = bat_global_vlan(b, o, vid);
	uint32_t *link = &o->vlans;

	if (!v || --v->count)
		return;
	while (bat_at(&b->vlans, *link) != v)
		link = &((struct bat_vlan *)bat_at(&b->vlans, *link))->next;
	*link = v->next;
	table_remove(&b->vlans, v);
}

static struct bat_claim *claim_find(const struct batman *b, const struct bat_global *g,
				    const struct bat_orig *o)
{
	struct bat_claim_key key = { .client = bat_ref(&b->globals, g),
				     .orig = bat_ref(&b->origs, o) };

	return table_find(&b->claims, &key);
}

static void flags_join(struct batman *b, struct bat_global *g)
{
	struct bat_claim *c;

	g->flags &= (uint16_t)~BAT_TT_SYNC;
	for (c = bat_at(&b->claims, g->claims); c; c = bat_at(&b->claims, c->next_client))
		g->flags |= c->flags & BAT_TT_SYNC;
}

/* Takes a claim out of the sum of its VLAN, or puts it in again. */
static void claim_sum(struct batman *b, const struct bat_global *g, const struct bat_claim *c)
{
	if (bat_claim_is_announced(c))
		bat_global_vlan(b, bat_at(&b->origs, c->key.orig), g->key.vid)->sum ^=
			bat_tt_crc(&g->key.mac, g->key.vid, c->flags);
}

/* All changes of what a sum counts are made here. */
static void claim_set(struct batman *b, const struct bat_global *g, struct bat_claim *c,
		      uint8_t flags, enum bat_claim_state state)
{
	claim_sum(b, g, c);
	c->flags = flags;
	c->state = (uint8_t)state;
	claim_sum(b, g, c);
}

static void claim_del(struct batman *b, struct bat_global *g, struct bat_claim *c)
{
	struct bat_orig *o = bat_at(&b->origs, c->key.orig);
	struct bat_claim *prev = bat_at(&b->claims, c->prev_orig),
			 *next = bat_at(&b->claims, c->next_orig);
	uint32_t *link = &g->claims;

	while (bat_at(&b->claims, *link) != c)
		link = &((struct bat_claim *)bat_at(&b->claims, *link))->next_client;
	*link = c->next_client;
	if (next)
		next->prev_orig = c->prev_orig;
	if (prev)
		prev->next_orig = c->next_orig;
	else
		o->claims = c->next_orig;
	o->claim_count--;
	o->passing_count -= c->passing;
	claim_sum(b, g, c);
	if (c->counted)
		vlan_uncount(b, o, g->key.vid);
	fair_leave(&b->claim_places, table_index(&b->claims, c));
	table_remove(&b->claims, c);
}

/* The client goes with its last claim. */
static void claim_drop(struct batman *b, struct bat_global *g, struct bat_claim *c)
{
	claim_del(b, g, c);
	if (!g->claims)
		table_remove(&b->globals, g);
	else
		flags_join(b, g);
}

/* Makes room for one more claim of o to g, told of by that crowd; false when there is none. */
static bool claim_place(struct batman *b, const struct bat_global *g, const struct bat_orig *o,
			uint32_t crowd, bool passing)
{
	bool own = passing ? o->passing_count < BAT_PASSING
			   : o->claim_count - o->passing_count < BAT_CLAIMS;
	struct bat_global *other;
	struct bat_claim *c;
	uint32_t victim;

	if (!own || !fair_place(&b->claim_places, crowd, &victim)) {
		BAT_COUNT(b, FULL_CLIENTS_GLOBAL);
		return false;
	}
	if (victim != FAIR_NONE) {
		BAT_COUNT(b, REPLACED_CLIENTS_GLOBAL);
		c = bat_at(&b->claims, victim + 1);
		other = bat_at(&b->globals, c->key.client);
		if (other == g)
			claim_del(b, other, c);
		else
			claim_drop(b, other, c);
	}
	return true;
}

static bool claim_add(struct batman *b, struct bat_global *g, struct bat_orig *o, uint8_t flags,
		      uint8_t ttvn)
{
	struct bat_claim_key key = { .client = bat_ref(&b->globals, g),
				     .orig = bat_ref(&b->origs, o) };
	struct bat_claim *c = table_find(&b->claims, &key), *first;
	uint32_t crowd = fair_owner(&b->orig_places, table_index(&b->origs, o));
	bool passing = g->flags & BAT_TT_TEMP || flags & BAT_TT_ROAM;

	if (!c) {
		if (!claim_place(b, g, o, crowd, passing))
			return false;
		c = table_add(&b->claims, &key);
		fair_join(&b->claim_places, table_index(&b->claims, c), crowd);
		c->passing = passing;
		o->passing_count += passing;
		c->next_client = g->claims;
		g->claims = bat_ref(&b->claims, c);
		c->next_orig = o->claims;
		first = bat_at(&b->claims, o->claims);
		if (first)
			first->prev_orig = g->claims;
		o->claims = g->claims;
		o->claim_count++;
		c->state = BAT_CLAIM_TOLD;
		c->counted = !(g->flags & BAT_TT_TEMP);
		if (c->counted)
			vlan_count(b, o, g->key.vid);
	} else if (c->passing && !passing) {
		c->passing = false;
		o->passing_count--;
	}
	if (!c->passing && o->out[0].router)
		fair_keep(&b->claim_places, table_index(&b->claims, c));
	c->ttvn = ttvn;
	claim_set(b, g, c, flags & BAT_TT_SYNC,
		  flags & BAT_TT_ROAM ? BAT_CLAIM_TOLD : BAT_CLAIM_ANNOUNCED);
	flags_join(b, g);
	return true;
}

static void claims_clear(struct batman *b, struct bat_global *g)
{
	while (g->claims)
		claim_del(b, g, bat_at(&b->claims, g->claims));
}

void bat_global_free(struct batman *b, struct bat_global *g)
{
	claims_clear(b, g);
	table_remove(&b->globals, g);
}

void bat_moved_report(struct batman *b, const struct bat_orig *o, const struct bat_client_key *key)
{
	struct batman_client c = {
		.mac = key->mac, .vid = key->vid, .orig = o->mac, .ttvn = o->ttvn
	};

	outq_push(b->outq, BATMAN_CLIENT_MOVED, 0, 0, &c, sizeof(c));
}

/* The client was ours until now: the node must forget where it was. */
static void local_yield(struct batman *b, struct bat_orig *o, const struct bat_client_key *key,
			bool roaming)
{
	if (bat_local_remove(b, key, roaming))
		bat_moved_report(b, o, key);
}

/* Makes room in an entry for what replaces it; false when it stays as it is. */
static bool global_prepare(struct batman *b, struct bat_global *g, struct bat_orig *o,
			   uint16_t flags)
{
	if (flags & BAT_TT_TEMP) {
		g->heard_from = o->mac;
		g->heard_at = b->now;
		/* what was announced is better than what a frame tells */
		if (!(g->flags & BAT_TT_TEMP) || claim_find(b, g, o))
			return false;
		claims_clear(b, g);
		return true;
	}
	if (g->flags & BAT_TT_TEMP) {
		claims_clear(b, g);
		g->flags &= (uint16_t)~BAT_TT_TEMP;
	}
	/* what roams has one node only: the one that says so, or the one that announces it next */
	if ((g->flags | flags) & BAT_TT_ROAM) {
		claims_clear(b, g);
		g->flags &= (uint16_t)~BAT_TT_ROAM;
	}
	return true;
}

/*
 * An advertisement of what the node has announced already: it was overtaken by the OGM, or the
 * client came back before its old node had said that it left. Nothing would confirm it any more, so
 * it only says that nobody else has the client.
 */
static bool global_confirm(struct batman *b, struct bat_global *g, const struct bat_orig *o)
{
	struct bat_claim *mine = g ? claim_find(b, g, o) : NULL, *c, *next;

	if (!bat_claim_is_announced(mine))
		return false;
	for (c = bat_at(&b->claims, g->claims); c; c = next) {
		next = bat_at(&b->claims, c->next_client);
		if (c != mine)
			claim_del(b, g, c);
	}
	g->flags &= (uint16_t)~BAT_TT_ROAM;
	flags_join(b, g);
	return true;
}

bool bat_global_add(struct batman *b, struct bat_orig *o, const struct bat_client_key *key,
		    uint16_t flags, uint8_t ttvn)
{
	struct bat_global *g = bat_global_find(b, key);
	const struct bat_local *l = table_find(&b->locals, key);
	bool group = mac_is_multicast(&key->mac), temp = flags & BAT_TT_TEMP;

	/* that a client of ours went must be told by an advertisement or an OGM, not by a stray
	 * frame */
	if (temp && l && !(l->flags & BAT_TT_NEW && !(l->flags & BAT_TT_FIXED)))
		return false;
	if (flags & BAT_TT_ROAM && global_confirm(b, g, o)) {
		local_yield(b, o, key, true);
		return true;
	}
	if (!g) {
		g = table_add(&b->globals, key);
		if (!g) {
			BAT_COUNT(b, FULL_CLIENTS_GLOBAL);
			return false;
		}
		g->added_at = b->now;
		g->flags = temp ? BAT_TT_TEMP : 0;
	} else if (!global_prepare(b, g, o, flags)) {
		return true;
	}
	/* what it said before is no news any more */
	if (!temp && !claim_find(b, g, o))
		g->heard_at = 0;
	if (!claim_add(b, g, o, (uint8_t)flags, ttvn)) {
		if (!g->claims)
			table_remove(&b->globals, g);
		return false;
	}
	if (group)
		return true;
	if (flags & BAT_TT_ROAM) {
		g->flags |= BAT_TT_ROAM;
		g->roam_at = b->now;
	}
	local_yield(b, o, key, flags & BAT_TT_ROAM);
	return true;
}

void bat_global_del(struct batman *b, struct bat_orig *o, const struct bat_client_key *key,
		    bool roaming)
{
	struct bat_global *g = bat_global_find(b, key);
	struct bat_claim *c = g ? claim_find(b, g, o) : NULL;
	bool last;

	if (!g)
		return;
	if (roaming && bat_local_serves(b, key)) {
		bat_global_free(b, g);
		return;
	}
	last = c && bat_at(&b->claims, g->claims) == c && !c->next_client;
	if (roaming && (last || !g->claims)) {
		/* its new node will tell; until then frames go to the old one, which knows more */
		g->flags |= BAT_TT_ROAM;
		g->roam_at = b->now;
		if (c)
			claim_set(b, g, c, c->flags, BAT_CLAIM_WITHDRAWN);
		return;
	}
	if (c)
		claim_drop(b, g, c);
	else if (!g->claims)
		table_remove(&b->globals, g);
}

void bat_global_forget(struct batman *b, struct bat_orig *o)
{
	while (o->claims) {
		struct bat_claim *c = bat_at(&b->claims, o->claims);
		struct bat_global *g = bat_at(&b->globals, c->key.client);

		claim_drop(b, g, c);
	}
	o->has_table = false;
}

void bat_global_keep(struct batman *b, const struct bat_orig *o)
{
	for (struct bat_claim *c = bat_at(&b->claims, o->claims); c;
	     c = bat_at(&b->claims, c->next_orig)) {
		if (!c->passing)
			fair_keep(&b->claim_places, table_index(&b->claims, c));
	}
}

void bat_global_update_crc(struct batman *b, struct bat_orig *o)
{
	for (struct bat_vlan *v = bat_at(&b->vlans, o->vlans); v; v = bat_at(&b->vlans, v->next))
		v->crc = v->sum;
}

/* A node whose primary port went speaks as another originator; the TQ of the one that it was stays
 * as it is for 200 s. Others are taken to have our interval. */
static bool is_stale(const struct batman *b, const struct bat_orig *o)
{
	usec_t heard = bat_ogm_wait(b);

	return !b->conf.mirror &&
	       b->now - o->last_seen > (heard > BAT_STALE_US ? heard : BAT_STALE_US);
}

static bool is_better(const struct batman *b, const struct bat_orig *o, const struct bat_orig *best)
{
	if (is_stale(b, o) != is_stale(b, best))
		return is_stale(b, best);
	return bat_orig_tq(b, o) > bat_orig_tq(b, best);
}

/* Where a client's broadcasts come from, which is to be announced yet. */
static struct bat_orig *speaks_at(const struct batman *b, const struct bat_global *g)
{
	struct bat_orig *o;

	if (!g->heard_at || b->now - g->heard_at > bat_ogm_wait(b))
		return NULL;
	o = bat_orig_find(b, &g->heard_from);
	return o && o->out[0].router ? o : NULL;
}

/* It roams, and no node has told us where to. */
static bool is_on_its_way(const struct batman *b, const struct bat_global *g)
{
	const struct bat_claim *c = bat_at(&b->claims, g->claims);

	return g->flags & BAT_TT_ROAM && c && c->state == BAT_CLAIM_WITHDRAWN;
}

/*
 * Who roams, or whose node is not heard any more, is where it speaks. A kernel goes on to send its
 * frames to the old node, and others drop them on the way.
 */
struct bat_orig *bat_global_best(const struct batman *b, const struct bat_global *g)
{
	struct bat_orig *best = NULL, *new = speaks_at(b, g);

	if (new &&is_on_its_way(b, g))
		return new;
	for (struct bat_claim *c = bat_at(&b->claims, g->claims); c;
	     c = bat_at(&b->claims, c->next_client)) {
		struct bat_orig *o = bat_at(&b->origs, c->key.orig);

		if (o->out[0].router && (!best || is_better(b, o, best)))
			best = o;
	}
	return new &&best &&is_stale(b, best) ? new : best;
}

bool bat_global_is_told(const struct batman *b, const struct bat_global *g)
{
	const struct bat_claim *c = bat_at(&b->claims, g->claims);

	return g->flags & BAT_TT_ROAM && c && c->state == BAT_CLAIM_TOLD &&
	       ((const struct bat_orig *)bat_at(&b->origs, c->key.orig))->out[0].router;
}

bool bat_global_announces(const struct batman *b, const struct bat_orig *o,
			  const struct bat_global *g)
{
	return bat_claim_is_announced(claim_find(b, g, o));
}

bool bat_global_is_newest(const struct batman *b, const struct bat_orig *o,
			  const struct bat_global *g)
{
	const struct bat_claim *c = bat_at(&b->claims, g->claims);

	return o->out[0].router && !is_stale(b, o) && bat_claim_is_announced(c) &&
	       bat_at(&b->origs, c->key.orig) == o;
}

uint8_t bat_global_version(const struct batman *b, const struct bat_global *g,
			   const struct bat_orig *o)
{
	const struct bat_claim *c = claim_find(b, g, o);

	if (!c || c->state == BAT_CLAIM_TOLD)
		return (uint8_t)(o->ttvn + BAT_ROAM_AHEAD);
	return (uint8_t)(o->ttvn - (g->flags & BAT_TT_ROAM ? 1 : 0));
}

void bat_global_purge(struct batman *b)
{
	struct bat_global *g;

	for (uint32_t i = 0; (g = table_next(&b->globals, &i));) {
		if ((g->flags & BAT_TT_ROAM && b->now - g->roam_at > BAT_TT_IDLE_US) ||
		    (g->flags & BAT_TT_TEMP && b->now - g->added_at > BAT_TT_IDLE_US))
			bat_global_free(b, g);
	}
}

bool bat_global_mirror(struct batman *b, struct bat_orig *o, const struct batman_row *row)
{
	struct bat_client_key key = { .mac = row->mac, .vid = row->vid };
	struct bat_global *g = bat_global_find(b, &key);
	struct bat_vlan *v;

	if (!g) {
		g = table_add(&b->globals, &key);
		if (!g) {
			BAT_COUNT(b, FULL_CLIENTS_GLOBAL);
			return false;
		}
		g->added_at = b->now;
	}
	/* announced now: counted in its VLAN from here on */
	if (g->flags & BAT_TT_TEMP && !(row->flags & BAT_TT_TEMP))
		claims_clear(b, g);
	g->flags = (uint16_t)row->flags & (BAT_TT_ROAM | BAT_TT_TEMP);
	if (!claim_add(b, g, o, (uint8_t)row->flags, row->ttvn)) {
		if (!g->claims)
			table_remove(&b->globals, g);
		return false;
	}
	claim_find(b, g, o)->round = b->round;
	o->ttvn = row->last_ttvn;
	v = bat_global_vlan(b, o, row->vid);
	if (v)
		v->crc = row->crc;
	return true;
}

void bat_global_sweep(struct batman *b)
{
	struct bat_global *g;

	for (uint32_t i = 0; (g = table_next(&b->globals, &i));) {
		struct bat_claim *c = bat_at(&b->claims, g->claims), *next;

		for (; c; c = next) {
			next = bat_at(&b->claims, c->next_client);
			if (c->round != b->round)
				claim_del(b, g, c);
		}
		if (g->claims)
			flags_join(b, g);
		else
			table_remove(&b->globals, g);
	}
}
