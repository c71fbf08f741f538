/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own clients. What is announced changes only at a commit, once per own OGM: entries are NEW
 * before it, and PENDING while they wait to go, so that tables sent in between agree with the
 * version (ttvn) and CRC announced. An addition and a removal of one client within one interval
 * cancel out. A client that roams away stays until its new node announces it, unless there is
 * something else to announce.
 *
 * The node decides how many HELD clients there are and whose. Those known from frames only, which
 * anybody can make, have a fifth of the places, where the oldest goes for a newcomer; and there are
 * not more new ones in one OGM interval than their changes fit into a diff.
 *
 * Timers: clients leave 600 s after their last frame, unless FIXED or HELD; earlier, those too that
 * are HELD, when the table has become too large for the packet that carries it. What roams away
 * leaves with the first OGM after bat_ogm_wait. Who has been told that a client is here and
 * announces it all the same is told again with a frame of it 5 s later.
 */
#include <errno.h>

#include "core/batman/engine.h"

bool bat_is_loop_probe(const struct mac *mac)
{
	return mac->b[0] == 0xba && mac->b[1] == 0xbe;
}

struct bat_local_vlan *bat_local_vlan(struct batman *b, uint16_t vid)
{
	for (int i = 0; i < BAT_VLANS; i++) {
		if (b->local_vlans[i].entries && b->local_vlans[i].vid == vid)
			return &b->local_vlans[i];
	}
	return NULL;
}

static struct bat_local_vlan *vlan_get(struct batman *b, uint16_t vid)
{
	struct bat_local_vlan *v = bat_local_vlan(b, vid);

	for (int i = 0; !v && i < BAT_VLANS; i++) {
		if (b->local_vlans[i].entries == 0) {
			v = &b->local_vlans[i];
			*v = (struct bat_local_vlan) { .vid = vid };
		}
	}
	return v;
}

/* Bytes of the largest unicast packet every neighbour can be sent: our whole table must fit into
 * one. */
static size_t packet_max(const struct batman *b)
{
	uint32_t mtu = UINT32_MAX;

	for (uint32_t i = 0; i < b->limits.ports; i++) {
		if (b->ports[i].used && b->ports[i].mtu < mtu)
			mtu = b->ports[i].mtu;
	}
	if (!b->conf.fragmentation)
		return mtu;
	return ((mtu < BAT_FRAG_MTU ? mtu : BAT_FRAG_MTU) - BAT_FRAG_HEADER) * BAT_FRAG_COUNT;
}

/* Would our table fit into that packet with so many VLANs and clients more? */
static bool table_fits(const struct batman *b, size_t vlans, size_t clients)
{
	for (int i = 0; i < BAT_VLANS; i++)
		vlans += b->local_vlans[i].entries > 0;
	clients += b->locals.count;
	return BAT_TVLV_PACKET + BAT_TVLV_HEADER + BAT_TT_HEADER + vlans * BAT_TT_VLAN +
		       clients * BAT_TT_CHANGE <=
	       packet_max(b);
}

static void change_add(struct batman *b, const struct bat_local *l, uint8_t event)
{
	uint8_t flags = (uint8_t)((l->flags | event) & 0xff);
	struct bat_tt_change *c = NULL;

	for (uint16_t i = 0; i < b->change_count && !c; i++) {
		if (mac_eq(&b->changes[i].mac, &l->key.mac) && b->changes[i].vid == l->key.vid)
			c = &b->changes[i];
	}
	/* an addition of one that others have already says that its flags have changed: then a
	 * removal takes its place */
	if (c && (c->flags & BAT_TT_DEL) != (flags & BAT_TT_DEL) &&
	    (!(flags & BAT_TT_DEL) || l->flags & BAT_TT_NEW)) {
		*c = b->changes[--b->change_count];
		return;
	}
	if (!c && b->change_count == BAT_CHANGES) {
		b->changes_lost = true;
		return;
	}
	if (!c)
		c = &b->changes[b->change_count++];
	*c = (struct bat_tt_change) { .mac = l->key.mac, .vid = l->key.vid, .flags = flags };
}

/* An advertisement may be lost, or come too often to be sent: who goes on announcing the client
 * while that is heard here is told again. */
static bool are_told(const struct batman *b, const struct bat_global *g, const struct bat_claim *c)
{
	return g->flags & BAT_TT_ROAM && bat_claim_is_announced(c) &&
	       b->now - g->roam_at < BAT_ROAM_AGAIN_US;
}

/*
 * The client is ours now: tells the nodes that still have it. What is announced is kept until its
 * node says that it is gone: our picture of that node's table must stay whole. The rest would be
 * ended by age only.
 */
static void roam_announce(struct batman *b, const struct bat_local *l, bool came_back)
{
	struct bat_global *g = bat_global_find(b, &l->key);
	struct bat_claim *c = g ? bat_at(&b->claims, g->claims) : NULL;
	bool announced = false;

	if (!g || (!came_back && are_told(b, g, c)))
		return;
	for (; c; c = bat_at(&b->claims, c->next_client)) {
		announced = announced || bat_claim_is_announced(c);
		if (came_back || c->state != BAT_CLAIM_WITHDRAWN)
			bat_roam_send(b, &l->key, bat_at(&b->origs, c->key.orig));
	}
	if (!announced) {
		bat_global_free(b, g);
		return;
	}
	/* what is here for good, as the anycast gateway, may be elsewhere, too */
	if (l->flags & BAT_TT_FIXED)
		return;
	g->flags |= BAT_TT_ROAM;
	g->roam_at = b->now;
}

static bool is_by_frame(uint16_t flags)
{
	return !(flags & (BAT_TT_FIXED | BAT_TT_HELD));
}

/* Room for a client with these flags. */
static bool place_make(struct batman *b, uint16_t flags)
{
	const struct bat_local *l;
	uint32_t victim;

	if (!is_by_frame(flags))
		return true;
	if (b->new_count >= BAT_LOCAL_NEW || !fair_place(&b->local_places, 0, &victim))
		return false;
	if (victim != FAIR_NONE) {
		BAT_COUNT(b, REPLACED_CLIENTS_LOCAL);
		l = bat_at(&b->locals, victim + 1);
		bat_local_remove(b, &l->key, false);
	}
	return true;
}

static void place_take(struct batman *b, const struct bat_local *l, uint16_t flags)
{
	if (!is_by_frame(flags))
		return;
	fair_join(&b->local_places, table_index(&b->locals, l), 0);
	b->new_count++;
}

static struct bat_local *local_make(struct batman *b, const struct bat_client_key *key,
				    uint16_t flags)
{
	struct bat_local_vlan *v = vlan_get(b, key->vid);
	struct bat_local *l = NULL;

	if (v && table_fits(b, v->entries == 0, 1) && place_make(b, flags))
		l = table_add(&b->locals, key);
	if (!l)
		return NULL;
	place_take(b, l, flags);
	v->entries++;
	l->flags = BAT_TT_NEW;
	l->since = b->now;
	change_add(b, l, 0);
	return l;
}

static int refuse(struct batman *b)
{
	BAT_COUNT(b, FULL_CLIENTS_LOCAL);
	return -ENOSPC;
}

int bat_local_add(struct batman *b, const struct bat_client_key *key, uint16_t flags)
{
	struct bat_local *l = table_find(&b->locals, key);
	bool came_back = false;

	if (l) {
		came_back = l->flags & BAT_TT_ROAM;
		if (l->flags & BAT_TT_PENDING) {
			if (!place_make(b, flags))
				return refuse(b);
			place_take(b, l, flags);
			l->flags &= (uint16_t) ~(BAT_TT_PENDING | BAT_TT_ROAM);
			l->since = b->now;
			change_add(b, l, 0);
		}
		l->flags &= (uint16_t)~BAT_TT_ROAM;
	} else {
		if (!mac_is_station(&key->mac))
			return -EINVAL;
		if (bat_is_loop_probe(&key->mac))
			return 0;
		if (!(flags & BAT_TT_FIXED) && batman_is_node(b, &key->mac)) {
			BAT_COUNT(b, DROP_FORGED);
			return -EPERM;
		}
		l = local_make(b, key, flags);
		if (!l)
			return refuse(b);
	}
	l->flags |= flags;
	if (!is_by_frame(l->flags))
		fair_leave(&b->local_places, table_index(&b->locals, l));
	l->last_seen = b->now;
	roam_announce(b, l, came_back);
	return 0;
}

static void local_free(struct batman *b, struct bat_local *l)
{
	struct bat_local_vlan *v = bat_local_vlan(b, l->key.vid);

	if (v && !(l->flags & BAT_TT_NEW))
		v->committed--;
	if (v)
		v->entries--;
	fair_leave(&b->local_places, table_index(&b->locals, l));
	table_remove(&b->locals, l);
}

/* Who announces it has never said that it left: it did not come to us, or has gone back. */
static void roam_forget(struct batman *b, const struct bat_client_key *key)
{
	struct bat_global *g = bat_global_find(b, key);
	const struct bat_claim *c = g ? bat_at(&b->claims, g->claims) : NULL;

	if (bat_claim_is_announced(c))
		g->flags &= (uint16_t)~BAT_TT_ROAM;
}

bool bat_local_remove(struct batman *b, const struct bat_client_key *key, bool roaming)
{
	struct bat_local *l = table_find(&b->locals, key);
	uint8_t event = BAT_TT_DEL | (roaming ? BAT_TT_ROAM : 0);
	bool served;

	if (!l || l->flags & BAT_TT_FIXED)
		return false;
	served = !(l->flags & (BAT_TT_PENDING | BAT_TT_ROAM));
	roam_forget(b, key);
	fair_leave(&b->local_places, table_index(&b->locals, l));
	l->flags &= (uint16_t)~BAT_TT_HELD;
	if (roaming)
		l->flags |= BAT_TT_ROAM;
	if (l->flags & BAT_TT_NEW) {
		change_add(b, l, BAT_TT_DEL);
		local_free(b, l);
		return served;
	}
	/* also when it was going already: that it roamed keeps frames on its track until its new
	 * node's OGM */
	if (!(l->flags & BAT_TT_PENDING) || roaming)
		change_add(b, l, event);
	if (!(l->flags & BAT_TT_PENDING))
		l->left_at = b->now;
	l->flags |= BAT_TT_PENDING;
	return served;
}

void bat_local_follow(struct batman *b, const struct bat_client_key *key)
{
	const struct bat_local *l = table_find(&b->locals, key);

	if (l && l->flags & BAT_TT_PENDING && b->now - l->since > BAT_NEWS_US)
		bat_local_remove(b, key, true);
}

bool bat_local_serves(const struct batman *b, const struct bat_client_key *key)
{
	const struct bat_local *l = table_find(&b->locals, key);

	return l && !(l->flags & (BAT_TT_PENDING | BAT_TT_ROAM));
}

bool bat_local_is_roaming(const struct batman *b, const struct bat_client_key *key)
{
	const struct bat_local *l = table_find(&b->locals, key);

	return l && l->flags & BAT_TT_ROAM;
}

static void crc_update(struct batman *b)
{
	struct bat_local *l;

	for (int i = 0; i < BAT_VLANS; i++)
		b->local_vlans[i].crc = 0;
	for (uint32_t i = 0; (l = table_next(&b->locals, &i));)
		bat_local_vlan(b, l->key.vid)->crc ^=
			bat_tt_crc(&l->key.mac, l->key.vid, (uint8_t)l->flags);
}

static void pending_free(struct batman *b)
{
	struct bat_local *l;

	for (uint32_t i = 0; (l = table_next(&b->locals, &i));) {
		if (l->flags & BAT_TT_PENDING)
			local_free(b, l);
	}
}

/* After a port with a smaller MTU has come: who has been silent for longest goes until the rest
 * fits. */
static void table_shrink(struct batman *b)
{
	struct bat_local *l;

	for (usec_t idle = BAT_TT_IDLE_US; !table_fits(b, 0, 0) && (idle /= 2);) {
		for (uint32_t i = 0; (l = table_next(&b->locals, &i));) {
			if (b->now - l->last_seen > idle)
				bat_local_remove(b, &l->key, false);
		}
		pending_free(b);
	}
}

/*
 * An advertisement took the client from us, and its new node has not announced it yet. As long as
 * we do, frames find us, and we know the new node; kernels do not wait, and those that have heard
 * that it left, but not where to, drop its frames.
 */
static bool is_told_elsewhere(const struct batman *b, const struct bat_client_key *key)
{
	const struct bat_local *l = table_find(&b->locals, key);
	const struct bat_global *g;

	if (!l || !(l->flags & BAT_TT_ROAM) || b->now - l->left_at > bat_ogm_wait(b))
		return false;
	g = bat_global_find(b, key);
	return g && bat_global_is_told(b, g);
}

/* What the bridge withdraws of such a client, whose frames told of it in several VLANs, waits with
 * the rest. */
static bool leaves_later(const struct batman *b, const struct bat_tt_change *c)
{
	struct bat_client_key key = { .mac = c->mac, .vid = c->vid };
	bool later = is_told_elsewhere(b, &key);

	for (int i = 0; c->flags & BAT_TT_DEL && !later && i < BAT_VLANS; i++) {
		key.vid = b->local_vlans[i].vid;
		later = b->local_vlans[i].entries && is_told_elsewhere(b, &key);
	}
	return later;
}

/* Not beside other changes, nor when the last ones were said only once, and may have been missed:
 * the new node, when it is a kernel, does not count the client as ours any more; it would find that
 * our table is not what we say when it gets those changes, ask for all of it, and lose the client
 * by that. */
static bool changes_wait(const struct batman *b)
{
	bool said_once = b->append > BAT_TT_APPEND;

	for (uint16_t i = 0; i < b->change_count; i++) {
		if (said_once || !leaves_later(b, &b->changes[i]))
			return false;
	}
	return !b->changes_lost;
}

void bat_local_commit(struct batman *b)
{
	struct bat_local *l;

	table_shrink(b);
	b->new_count = 0;
	if (changes_wait(b)) {
		if (b->append)
			b->append--;
		return;
	}
	for (uint32_t i = 0; (l = table_next(&b->locals, &i));) {
		if (l->flags & BAT_TT_NEW) {
			l->flags &= (uint16_t)~BAT_TT_NEW;
			bat_local_vlan(b, l->key.vid)->committed++;
		}
	}
	pending_free(b);
	crc_update(b);
	b->ttvn++;
	b->append = BAT_TT_APPEND + 1;
	b->last_count = b->changes_lost ? 0 : b->change_count;
	for (uint16_t i = 0; i < b->last_count; i++)
		b->last_changes[i] = b->changes[i];
	b->change_count = 0;
	b->changes_lost = false;
}

void bat_local_purge(struct batman *b)
{
	struct bat_local *l;

	for (uint32_t i = 0; (l = table_next(&b->locals, &i));) {
		if (!(l->flags & (BAT_TT_FIXED | BAT_TT_HELD | BAT_TT_PENDING)) &&
		    b->now - l->last_seen > BAT_TT_IDLE_US)
			bat_local_remove(b, &l->key, false);
	}
}

bool bat_local_mirror(struct batman *b, const struct batman_row *row)
{
	struct bat_client_key key = { .mac = row->mac, .vid = row->vid };
	struct bat_local *l = table_find(&b->locals, &key);
	struct bat_local_vlan *v = vlan_get(b, row->vid);

	if (!l) {
		l = v ? table_add(&b->locals, &key) : NULL;
		if (!l) {
			BAT_COUNT(b, FULL_CLIENTS_LOCAL);
			return false;
		}
		v->entries++;
		v->committed++;
	}
	l->flags = (uint16_t)row->flags & (uint16_t)~BAT_TT_NEW;
	l->round = b->round;
	l->last_seen = b->now - row->last_seen_ms * USEC_MS;
	v->crc = row->crc;
	return true;
}

void bat_local_sweep(struct batman *b)
{
	struct bat_local *l;

	for (uint32_t i = 0; (l = table_next(&b->locals, &i));) {
		const struct bat_global *g;
		const struct bat_orig *o;

		if (l->round == b->round && !(l->flags & BAT_TT_ROAM))
			continue;
		g = bat_global_find(b, &l->key);
		o = g ? bat_global_best(b, g) : NULL;
		if (o)
			bat_moved_report(b, o, &l->key);
		if (l->round != b->round)
			local_free(b, l);
	}
}

static int client_key(const struct mac *mac, uint16_t vid, struct bat_client_key *ret)
{
	*ret = (struct bat_client_key) { .mac = *mac, .vid = vid };
	return mac_is_station(mac) ? 0 : -EINVAL;
}

int batman_client_seen(struct batman *b, const struct mac *mac, uint16_t vid, usec_t now)
{
	struct bat_client_key key;
	int r = client_key(mac, vid, &key);

	b->now = now;
	return r < 0 || b->conf.mirror ? r : bat_local_add(b, &key, BAT_TT_HELD);
}

int batman_client_wireless(struct batman *b, const struct mac *mac, uint16_t vid, bool wireless,
			   usec_t now)
{
	struct bat_client_key key;
	struct bat_local *l;

	b->now = now;
	client_key(mac, vid, &key);
	l = table_find(&b->locals, &key);
	if (!l || b->conf.mirror || l->flags & BAT_TT_PENDING)
		return -ENOENT;
	if (wireless == !!(l->flags & BAT_TT_WIFI))
		return 0;
	l->flags ^= BAT_TT_WIFI;
	change_add(b, l, 0);
	return 0;
}

int batman_client_fix(struct batman *b, const struct mac *mac, uint16_t vid, usec_t now)
{
	struct bat_client_key key;
	int r = client_key(mac, vid, &key);

	b->now = now;
	return r < 0 || b->conf.mirror ? r : bat_local_add(b, &key, BAT_TT_FIXED);
}

/*
 * The node's bridge has one entry for all VLANs of a client. They go in the same diff: a kernel
 * that has the client now does not count what is left of it here, would find that our table is not
 * what we say, ask for all of it, and lose the client by that.
 */
static void frames_only_gone(struct batman *b, const struct mac *mac)
{
	for (int i = 0; i < BAT_VLANS; i++) {
		struct bat_client_key key = { .mac = *mac, .vid = b->local_vlans[i].vid };
		const struct bat_local *l =
			b->local_vlans[i].entries ? table_find(&b->locals, &key) : NULL;

		if (l && is_by_frame(l->flags) && !(l->flags & BAT_TT_PENDING))
			bat_local_remove(b, &key, false);
	}
}

int batman_client_gone(struct batman *b, const struct mac *mac, uint16_t vid, usec_t now)
{
	struct bat_client_key key;
	struct bat_local *l;

	b->now = now;
	if (b->conf.mirror)
		return -ENOENT;
	client_key(mac, vid, &key);
	l = table_find(&b->locals, &key);
	if (l) {
		l->flags &= (uint16_t)~BAT_TT_FIXED;
		bat_local_remove(b, &key, false);
	}
	if (!vid)
		frames_only_gone(b, mac);
	return l ? 0 : -ENOENT;
}
