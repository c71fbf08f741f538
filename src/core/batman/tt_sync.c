/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables in step between nodes. An OGM carries version (ttvn) and CRCs, and the last diff in 4
 * OGMs; who has missed something asks, for the diff or for everything, and any node on the way that
 * has the same version and CRCs answers in the owner's name. A client that comes to us is told to
 * its old node at once (roaming advertisement). Should that be lost, the old node knows by the
 * client's record, or by the diff that has the client: frames that still come to it go on to the
 * new node from then on.
 *
 * Timers: a request is repeated with the next OGM that shows the difference, then ever more seldom
 * down to once in 3 s (per originator, until an answer comes). A table that has more clients than
 * there is room for here is asked for again after 30 s, then ever more seldom down to once in 120
 * s, for it will differ each time; at once where changes were missed. A table of which what was
 * told took something is asked for after 12 s or 6 intervals. 5 advertisements per client in 20 s.
 */
#include <errno.h>

#include "core/batman/engine.h"

/* ---- our table on the wire ---- */

static uint16_t local_vlan_count(const struct batman *b)
{
	uint16_t n = 0;

	for (int i = 0; i < BAT_VLANS; i++)
		n = (uint16_t)(n + (b->local_vlans[i].committed > 0));
	return n;
}

static void local_head_encode(const struct batman *b, struct wr *w, uint8_t flags)
{
	bat_tt_encode(w, flags, b->ttvn, local_vlan_count(b));
	for (int i = 0; i < BAT_VLANS; i++) {
		const struct bat_local_vlan *v = &b->local_vlans[i];

		if (v->committed)
			bat_tt_vlan_encode(w,
					   &(struct bat_tt_vlan) { .crc = v->crc, .vid = v->vid });
	}
}

static void changes_encode(struct wr *w, const struct bat_tt_change *c, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bat_tt_change_encode(w, &c[i]);
}

void bat_tt_ogm_append(struct batman *b, struct wr *w, size_t room)
{
	size_t head = BAT_TVLV_HEADER + BAT_TT_HEADER + (size_t)local_vlan_count(b) * BAT_TT_VLAN;
	size_t mark = bat_tvlv_begin(w, BAT_TVLV_TT, 1);

	local_head_encode(b, w, BAT_TT_DIFF);
	/* too many for an OGM that every kernel reads: peers ask */
	if (b->append && head + b->last_count * BAT_TT_CHANGE <= room)
		changes_encode(w, b->last_changes, b->last_count);
	bat_tvlv_end(w, mark);
}

/* Without the mark of those that roam and are still announced: a kernel that reads it beside a
 * newer announcement forgets where they went, until 600 s later. */
static void local_table_encode(const struct batman *b, struct wr *w)
{
	struct bat_local *l;

	for (uint32_t i = 0; (l = table_next(&b->locals, &i));) {
		if (l->flags & BAT_TT_NEW)
			continue;
		bat_tt_change_encode(
			w, &(struct bat_tt_change) { .mac = l->key.mac,
						     .vid = l->key.vid,
						     .flags = (uint8_t)(l->flags & BAT_TT_SYNC) });
	}
}

/* ---- unicast packets that hold one TVLV ---- */

/* A writer behind the headers; the packet lies in b->built. */
static struct wr packet_begin(struct batman *b, const struct mac *dst, const struct mac *src,
			      uint8_t type)
{
	struct wr w = wr_init(b->built, BAT_FRAG_TOTAL);

	bat_tvlv_packet_encode(&w, dst, src, 0);
	bat_tvlv_begin(&w, type, 1);
	return w;
}

static bool packet_send(struct batman *b, const struct bat_orig *to, struct wr *w)
{
	struct bat_packet p = { 0 };
	size_t len = wr_len(w);

	if (len == 0) {
		BAT_COUNT(b, DROP_TOO_BIG);
		return false;
	}
	wr_patch_u16(w, 16, (uint16_t)(len - BAT_TVLV_PACKET));
	wr_patch_u16(w, BAT_TVLV_PACKET + 2, (uint16_t)(len - BAT_TVLV_PACKET - BAT_TVLV_HEADER));
	p.body = rd_init(b->built, len);
	return bat_send_to(b, to, 0, &p) == 0;
}

/* ---- requests ---- */

/* When the next request may go: one that was lost is made good by the next OGM, an originator that
 * cannot answer is not asked by everybody at each of them. */
static void request_hold(struct batman *b, struct bat_orig *o)
{
	usec_t least = b->conf.orig_interval_ms * USEC_MS / 3;

	if (b->now - o->request_until > BAT_TT_REQUEST_US)
		o->request_wait = 0;
	o->request_wait = 2 * o->request_wait > least ? 2 * o->request_wait : least;
	if (o->request_wait > BAT_TT_REQUEST_US)
		o->request_wait = BAT_TT_REQUEST_US;
	o->request_until = b->now + o->request_wait;
}

/* An entry of the whole table had no room: the same would happen to the next answer. */
static void crowded_hold(const struct batman *b, struct bat_orig *o)
{
	o->crowded_wait = o->crowded_wait ? 2 * o->crowded_wait : BAT_TT_CROWDED_US;
	if (o->crowded_wait > BAT_TT_CROWDED_MAX_US)
		o->crowded_wait = BAT_TT_CROWDED_MAX_US;
	o->crowded_until = b->now + o->crowded_wait;
}

/* Not when changes were missed: what we have is then wrong, not only incomplete. */
static bool is_crowded(const struct batman *b, const struct bat_orig *o, const struct bat_tt *tt)
{
	return o->has_table && tt->ttvn == o->ttvn && b->now < o->crowded_until;
}

/* The vlans are those of the OGM that showed the difference. */
static void request_send(struct batman *b, struct bat_orig *o, const struct bat_tt *tt, bool full)
{
	struct bat_tt_vlan v;
	struct rd vlans = tt->vlans;
	struct wr w;

	if (b->now < o->request_until || !o->out[0].router || (full && is_crowded(b, o, tt)))
		return;
	request_hold(b, o);
	w = packet_begin(b, &o->mac, &b->primary->mac, BAT_TVLV_TT);
	bat_tt_encode(&w, BAT_TT_REQUEST | (full ? BAT_TT_FULL : 0), tt->ttvn, tt->vlan_count);
	while (bat_tt_vlan_next(&vlans, &v))
		bat_tt_vlan_encode(&w, &v);
	if (packet_send(b, o, &w))
		BAT_COUNT(b, TT_REQUEST_TX);
}

static bool crcs_agree(const struct batman *b, const struct bat_orig *o, const struct bat_tt *tt)
{
	struct rd vlans = tt->vlans;
	struct bat_tt_vlan v;
	const struct bat_vlan *have;
	uint32_t named = 0, known = 0;

	while (bat_tt_vlan_next(&vlans, &v)) {
		have = bat_global_vlan(b, o, v.vid);
		if (!have || have->crc != v.crc)
			return false;
		named += have->crc != 0;
	}
	/* a VLAN whose clients are all roaming has no CRC and need not be named */
	for (have = bat_at(&b->vlans, o->vlans); have; have = bat_at(&b->vlans, have->next))
		known += have->crc != 0;
	return known <= named;
}

/* is_news: a diff, what is added has just come there; a whole table may be older than what we know.
 * False when there was no room for an entry; those behind it may say that clients have left. */
static bool changes_apply(struct batman *b, struct bat_orig *o, struct rd changes, uint8_t ttvn,
			  bool is_news)
{
	struct bat_tt_change c;
	bool whole = true;

	while (bat_tt_change_next(&changes, &c)) {
		struct bat_client_key key = { .mac = c.mac, .vid = c.vid };

		if (c.flags & BAT_TT_DEL)
			bat_global_del(b, o, &key, c.flags & BAT_TT_ROAM);
		else if (!bat_global_add(b, o, &key, c.flags & BAT_TT_SYNC, ttvn))
			whole = false;
		else if (is_news)
			bat_local_follow(b, &key);
	}
	o->has_table = true;
	return whole;
}

static void diff_keep(struct bat_orig *o, struct rd changes)
{
	size_t count = rd_left(&changes) / BAT_TT_CHANGE;

	o->diff_count = 0;
	if (count > BAT_DIFF_KEPT)
		return;
	while (bat_tt_change_next(&changes, &o->diff[o->diff_count]))
		o->diff_count++;
}

static void diff_apply(struct batman *b, struct bat_orig *o, const struct bat_tt *tt)
{
	changes_apply(b, o, tt->changes, tt->ttvn, true);
	if (rd_left(&tt->changes) >= BAT_TT_CHANGE)
		diff_keep(o, tt->changes);
	o->ttvn = tt->ttvn;
	bat_global_update_crc(b, o);
}

/*
 * What was told since its last change took something from its table here (advertisements, other
 * nodes' diffs, for want of room), which mostly says what that node will announce next. When it
 * does not, what was told was wrong, and without a change nobody would ask.
 */
static bool is_torn(struct batman *b, struct bat_orig *o)
{
	const struct bat_vlan *v = bat_at(&b->vlans, o->vlans);

	while (v && v->sum == v->crc)
		v = bat_at(&b->vlans, v->next);
	if (!v)
		o->torn_at = 0;
	else if (!o->torn_at)
		o->torn_at = b->now;
	return v && b->now - o->torn_at > 2 * bat_ogm_wait(b);
}

void bat_tt_ogm_input(struct batman *b, struct bat_orig *o, struct rd value)
{
	struct bat_tt tt;

	if (!bat_tt_decode(value, &tt)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	/* at the wrap from 255 to 0 kernels ask for everything, and so do we */
	if ((!o->has_table && tt.ttvn == 1) || tt.ttvn - o->ttvn == 1) {
		if (rd_left(&tt.changes) < BAT_TT_CHANGE) {
			request_send(b, o, &tt, false);
			return;
		}
		diff_apply(b, o, &tt);
		if (!crcs_agree(b, o, &tt))
			request_send(b, o, &tt, true);
		return;
	}
	if (!o->has_table || tt.ttvn != o->ttvn || !crcs_agree(b, o, &tt) || is_torn(b, o))
		request_send(b, o, &tt, true);
}

/* ---- answers ---- */

/* Asked for before the answer is built, for that is work too: one frame can hold 180 requests. */
static bool response_allowed(struct batman *b, struct bat_orig *to, size_t entries)
{
	uint32_t kb = (uint32_t)(entries * BAT_TT_CHANGE / 1024 + 1);

	if (bucket_take_many(&to->answers, kb, BAT_ANSWER_US, BAT_ANSWER_BURST, b->now))
		return true;
	BAT_COUNT(b, TT_RESPONSE_RATE);
	return false;
}

/* False when there is no way. */
static bool response_send(struct batman *b, const struct bat_orig *to, struct wr *w)
{
	if (!packet_send(b, to, w))
		return false;
	BAT_COUNT(b, TT_RESPONSE_TX);
	return true;
}

static void own_response(struct batman *b, struct bat_orig *to, bool full)
{
	struct wr w;

	if (!response_allowed(b, to, full ? b->locals.count : b->last_count))
		return;
	w = packet_begin(b, &to->mac, &b->primary->mac, BAT_TVLV_TT);
	local_head_encode(b, &w, BAT_TT_RESPONSE | (full ? BAT_TT_FULL : 0));
	if (full)
		local_table_encode(b, &w);
	else
		changes_encode(&w, b->last_changes, b->last_count);
	(void)response_send(b, to, &w);
}

static void own_request_input(struct batman *b, const struct bat_tvlv_packet *p,
			      const struct bat_tt *tt)
{
	struct bat_orig *to = bat_orig_find(b, &p->src);

	if (to && to->out[0].router)
		own_response(b, to,
			     tt->flags & BAT_TT_FULL || tt->ttvn != b->ttvn || b->last_count == 0);
	else if (to)
		to->asked_at = b->now;
}

/* A frame may make many first routes. */
static bool first_answer_allowed(struct batman *b)
{
	if (b->first_answers_at != b->now)
		b->first_entries = 0;
	b->first_answers_at = b->now;
	if (b->first_entries && b->first_entries + b->locals.count > BAT_FIRST_ENTRIES)
		return false;
	b->first_entries += b->locals.count;
	return true;
}

void bat_tt_first_route(struct batman *b, struct bat_orig *o)
{
	bool wanted = o->asked_at && b->now - o->asked_at <= bat_ogm_wait(b);

	o->asked_at = 0;
	if (wanted && first_answer_allowed(b))
		own_response(b, o, true);
}

static void global_table_encode(const struct batman *b, const struct bat_orig *o, struct wr *w)
{
	for (struct bat_claim *c = bat_at(&b->claims, o->claims); c;
	     c = bat_at(&b->claims, c->next_orig)) {
		const struct bat_global *g = bat_at(&b->globals, c->key.client);

		if (!bat_claim_is_announced(c))
			continue;
		bat_tt_change_encode(w, &(struct bat_tt_change) { .mac = g->key.mac,
								  .vid = g->key.vid,
								  .flags = c->flags });
	}
}

/* In the name of the node asked; false when we do not have what it has. */
static bool other_response(struct batman *b, const struct bat_tvlv_packet *p,
			   const struct bat_tt *tt)
{
	const struct bat_orig *o = bat_orig_find(b, &p->dst);
	struct bat_orig *to = bat_orig_find(b, &p->src);
	bool full;
	uint16_t vlans = 0;
	struct wr w;

	if (!o || !to || !o->has_table || o->ttvn != tt->ttvn || !crcs_agree(b, o, tt))
		return false;
	full = tt->flags & BAT_TT_FULL || o->diff_count == 0;
	if (full && !o->vlans)
		return false;
	if (!response_allowed(b, to, full ? o->claim_count : o->diff_count))
		return true;
	for (struct bat_vlan *v = bat_at(&b->vlans, o->vlans); v; v = bat_at(&b->vlans, v->next))
		vlans++;
	w = packet_begin(b, &p->src, &o->mac, BAT_TVLV_TT);
	bat_tt_encode(&w, BAT_TT_RESPONSE | (full ? BAT_TT_FULL : 0), tt->ttvn, vlans);
	for (struct bat_vlan *v = bat_at(&b->vlans, o->vlans); v; v = bat_at(&b->vlans, v->next))
		bat_tt_vlan_encode(&w, &(struct bat_tt_vlan) { .crc = v->crc, .vid = v->key.vid });
	if (full)
		global_table_encode(b, o, &w);
	else
		changes_encode(&w, o->diff, o->diff_count);
	return response_send(b, to, &w);
}

static void response_input(struct batman *b, const struct bat_tvlv_packet *p,
			   const struct bat_tt *tt)
{
	struct bat_orig *o = bat_orig_find(b, &p->src);
	bool asked;

	if (!o) {
		BAT_COUNT(b, DROP_UNKNOWN_ORIGINATOR);
		return;
	}
	asked = o->request_wait > 0;
	o->request_until = b->now;
	o->request_wait = 0;
	if (!(tt->flags & BAT_TT_FULL)) {
		diff_apply(b, o, tt);
		return;
	}
	bat_global_forget(b, o);
	if (changes_apply(b, o, tt->changes, tt->ttvn, false))
		o->crowded_wait = o->crowded_until = 0;
	else if (asked) /* who only says that it has so many clients does not keep us from asking */
		crowded_hold(b, o);
	o->diff_count = 0;
	o->ttvn = tt->ttvn;
	bat_global_update_crc(b, o);
}

bool bat_tt_unicast_input(struct batman *b, const struct bat_tvlv_packet *p, struct rd value)
{
	bool mine = bat_is_mine(b, &p->dst);
	struct bat_tt tt;

	if (!bat_tt_decode(value, &tt)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return true;
	}
	switch (tt.flags & BAT_TT_TYPE) {
	case BAT_TT_REQUEST:
		BAT_COUNT(b, TT_REQUEST_RX);
		if (!mine)
			return other_response(b, p, &tt);
		own_request_input(b, p, &tt);
		return true;
	case BAT_TT_RESPONSE:
		BAT_COUNT(b, TT_RESPONSE_RX);
		if (!mine)
			return false;
		response_input(b, p, &tt);
		return true;
	default:
		return mine;
	}
}

/* ---- roaming advertisements ---- */

static bool roam_allowed(struct batman *b, const struct bat_client_key *key)
{
	struct bat_roam *r = table_find(&b->roams, key);

	if (!r) {
		r = table_add(&b->roams, key);
		if (!r) {
			BAT_COUNT(b, FULL_OTHER);
			return false;
		}
		r->since = b->now;
	}
	if (b->now - r->since > BAT_ROAM_US) {
		r->since = b->now;
		r->count = 0;
	}
	return r->count++ < BAT_ROAM_COUNT;
}

void bat_roam_send(struct batman *b, const struct bat_client_key *key, const struct bat_orig *to)
{
	struct wr w;

	if (!b->primary || !roam_allowed(b, key))
		return;
	w = packet_begin(b, &to->mac, &b->primary->mac, BAT_TVLV_ROAM);
	wr_mac(&w, &key->mac);
	wr_u16(&w, key->vid);
	if (packet_send(b, to, &w))
		BAT_COUNT(b, TT_ROAM_TX);
}

/*
 * The client has gone from here, and who has it now has announced it: an advertisement comes to the
 * wrong one, from a node that has heard neither. If it is right its next OGM says so. What it took
 * out of the other table would be missing for ever, when the client soon speaks there again: its
 * node then has nothing to announce, and the checksum that we compare is that of its last change.
 */
static bool is_old_news(const struct batman *b, const struct bat_orig *o,
			const struct bat_client_key *key)
{
	const struct bat_global *g = bat_global_find(b, key);

	return g && !(g->flags & (BAT_TT_ROAM | BAT_TT_TEMP)) && !bat_local_serves(b, key) &&
	       !bat_global_announces(b, o, g);
}

void bat_roam_input(struct batman *b, const struct bat_tvlv_packet *p, struct rd value)
{
	struct bat_orig *o = bat_orig_find(b, &p->src);
	struct bat_client_key key;

	key.mac = rd_mac(&value);
	key.vid = rd_u16(&value);
	if (!rd_ok(&value) || !mac_is_station(&key.mac)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	BAT_COUNT(b, TT_ROAM_RX);
	if (o && !is_old_news(b, o, &key))
		bat_global_add(b, o, &key, BAT_TT_ROAM, (uint8_t)(o->ttvn + 1));
}

int batman_client_elsewhere(struct batman *b, const struct mac *mac, uint16_t vid,
			    const struct mac *cloud_mac, usec_t now)
{
	struct bat_client_key key = { .mac = *mac, .vid = vid };
	struct bat_orig *o = bat_orig_by_cloud_mac(b, cloud_mac);
	const struct bat_local *l = table_find(&b->locals, &key);

	b->now = now;
	if (b->conf.mirror || !bat_local_serves(b, &key) || l->flags & BAT_TT_FIXED)
		return -ENOENT;
	if (!o)
		return -ENETUNREACH;
	bat_global_add(b, o, &key, BAT_TT_ROAM, (uint8_t)(o->ttvn + 1));
	return 0;
}
