/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers about the tables, for status, trace and tests. */
#include <errno.h>

#include "core/batman/engine.h"

bool batman_self(const struct batman *b, struct mac *ret)
{
	if (b->primary)
		*ret = b->primary->mac;
	return b->primary != NULL;
}

uint8_t batman_ttvn(const struct batman *b)
{
	return b->ttvn;
}

/* The originator of the node that has this port. */
static const struct bat_orig *node_of(const struct batman *b, const struct mac *port)
{
	const struct bat_orig *o = bat_orig_find(b, port);
	const struct bat_orig *node =
		o && !mac_is_zero(&o->node) ? bat_orig_find(b, &o->node) : NULL;

	return node ? node : o;
}

static void orig_fill(const struct batman *b, const struct bat_orig *o, struct batman_orig *ret)
{
	const struct bat_path *p = bat_orig_router(b, o, 0);

	*ret = (struct batman_orig) { .mac = o->mac,
				      .last_seen = o->last_seen,
				      .reachable = p != NULL,
				      .ttvn = o->ttvn,
				      .clients = o->claim_count,
				      .trama = o->trama,
				      .cloud_mac = o->cloud_mac,
				      .flags = o->flags };
	if (!p)
		return;
	ret->next_hop = p->key.neighbour;
	ret->port = b->ports[p->key.slot].number;
	ret->tq = p->out[0].tq_avg;
	ret->direct = node_of(b, &p->key.neighbour) == o;
}

bool batman_orig_next(const struct batman *b, uint32_t *cursor, struct batman_orig *ret)
{
	const struct bat_orig *o = table_next(&b->origs, cursor);

	if (o)
		orig_fill(b, o, ret);
	return o != NULL;
}

bool batman_orig_find(const struct batman *b, const struct mac *mac, struct batman_orig *ret)
{
	const struct bat_orig *o = node_of(b, mac);

	if (o)
		orig_fill(b, o, ret);
	return o != NULL;
}

bool batman_path_next(const struct batman *b, uint32_t *cursor, struct batman_path *ret)
{
	const struct bat_path *p = table_next(&b->paths, cursor);
	const struct bat_orig *o;

	if (!p)
		return false;
	o = bat_orig_find(b, &p->key.orig); /* a path goes with its originator */
	*ret = (struct batman_path) { .orig = p->key.orig,
				      .neighbour = p->key.neighbour,
				      .port = b->ports[p->key.slot].number,
				      .tq = p->out[0].tq_avg,
				      .best = bat_orig_router(b, o, 0) == p,
				      .direct =
					      p->direct && b->now - p->direct_at <= bat_ogm_wait(b),
				      .last_seen = p->last_seen,
				      .orig_seen = o->last_seen,
				      .orig_reachable = bat_orig_tq(b, o) > 0 };
	return true;
}

bool batman_neighbour_next(const struct batman *b, uint32_t *cursor, struct batman_path *ret)
{
	while (batman_path_next(b, cursor, ret)) {
		if (mac_eq(&ret->orig, &ret->neighbour))
			return true;
	}
	return false;
}

static uint8_t client_flags(uint16_t flags)
{
	static const struct {
		uint16_t ours;
		uint8_t theirs;
	} map[] = {
		{ BAT_TT_ROAM, BATMAN_CLIENT_ROAM },
		{ BAT_TT_FIXED, BATMAN_CLIENT_FIXED },
		{ BAT_TT_NEW, BATMAN_CLIENT_NEW },
		{ BAT_TT_WIFI, BATMAN_CLIENT_WIFI },
		{ BAT_TT_ISOLATED, BATMAN_CLIENT_ISOLATED },
		{ BAT_TT_PENDING, BATMAN_CLIENT_PENDING },
		{ BAT_TT_TEMP, BATMAN_CLIENT_TEMP },
	};
	uint8_t ret = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		if (flags & map[i].ours)
			ret |= map[i].theirs;
	}
	return ret;
}

bool batman_local_next(const struct batman *b, uint32_t *cursor, struct batman_client *ret)
{
	const struct bat_local *l = table_next(&b->locals, cursor);

	if (!l)
		return false;
	*ret = (struct batman_client) { .mac = l->key.mac,
					.vid = l->key.vid,
					.flags = client_flags(l->flags),
					.ttvn = b->ttvn,
					.last_seen = l->flags & BAT_TT_FIXED ? 0 : l->last_seen };
	return true;
}

bool batman_global_next(const struct batman *b, uint32_t *cursor, struct batman_client *ret)
{
	const struct bat_global *g = table_next(&b->globals, cursor);
	const struct bat_claim *c;
	const struct bat_orig *o;

	if (!g)
		return false;
	*ret = (struct batman_client) { .mac = g->key.mac,
					.vid = g->key.vid,
					.flags = client_flags(g->flags) };
	o = bat_global_best(b, g);
	if (o) {
		ret->orig = o->mac;
		ret->ttvn = o->ttvn;
	}
	for (c = bat_at(&b->claims, g->claims); c; c = bat_at(&b->claims, c->next_client)) {
		if (!o || c->key.orig == bat_ref(&b->origs, o)) {
			ret->orig = ((const struct bat_orig *)bat_at(&b->origs, c->key.orig))->mac;
			ret->ttvn = c->ttvn;
			break;
		}
	}
	return true;
}

bool batman_claim_next(const struct batman *b, uint32_t *cursor, struct batman_claim *ret)
{
	const struct bat_claim *c = table_next(&b->claims, cursor);
	const struct bat_global *g;
	const struct bat_orig *o;
	const struct bat_vlan *v;

	if (!c)
		return false;
	g = bat_at(&b->globals, c->key.client);
	o = bat_at(&b->origs, c->key.orig);
	v = bat_global_vlan(b, o, g->key.vid);
	*ret = (struct batman_claim) {
		.client = { .mac = g->key.mac,
			    .vid = g->key.vid,
			    .flags = client_flags((g->flags & (uint16_t)~BAT_TT_SYNC) | c->flags),
			    .ttvn = c->ttvn,
			    .orig = o->mac },
		.best = bat_global_best(b, g) == o,
		.last_ttvn = o->ttvn,
		.crc = v ? v->crc : 0,
	};
	return true;
}

bool batman_crc(const struct batman *b, const struct mac *orig, uint16_t vid, uint32_t *ret)
{
	const struct bat_orig *o = orig ? bat_orig_find(b, orig) : NULL;
	const struct bat_vlan *v = o ? bat_global_vlan(b, o, vid) : NULL;

	if (v)
		*ret = v->crc;
	for (int i = 0; !orig && i < BAT_VLANS; i++) {
		const struct bat_local_vlan *l = &b->local_vlans[i];

		if (l->committed && l->vid == vid) {
			*ret = l->crc;
			return true;
		}
	}
	return v != NULL;
}

struct bat_orig *bat_orig_by_cloud_mac(const struct batman *b, const struct mac *mac)
{
	struct bat_orig *o;

	for (uint32_t i = 0; (o = table_next(&b->origs, &i));) {
		if (o->peer_up && mac_eq(&o->cloud_mac, mac))
			return o;
	}
	return NULL;
}

static const struct bat_orig *global_search(const struct batman *b,
					    const struct bat_client_key *key)
{
	const struct bat_global *g = bat_global_find(b, key);

	return g ? bat_global_best(b, g) : NULL;
}

int batman_lookup(const struct batman *b, const struct mac *mac, uint16_t vid, struct mac *ret_orig)
{
	struct bat_client_key key = { .mac = *mac, .vid = vid };
	const struct bat_orig *o = bat_orig_find(b, mac);

	if (bat_is_mine(b, mac) || bat_local_serves(b, &key))
		return batman_self(b, ret_orig) ? 0 : -ENOENT;
	if (!o)
		o = global_search(b, &key);
	if (!o)
		o = bat_orig_by_cloud_mac(b, mac);
	if (!o)
		return -ENOENT;
	*ret_orig = o->mac;
	return 0;
}
