/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nodes, neighbours, originators, translation: the tables of the cloud. What batctl shows too has
 * batctl's names in its JSON. */
#include "rpc/method.h"
#include "rpc/value.h"
#include "rpc/who.h"

json_t *method_nodes(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct node_member m;

	(void)params;
	(void)err;
	for (uint32_t i = 0; node_member_next(c->node, &i, &m);)
		json_array_append_new(list,
				      json_pack("{so so so so so sb}", "name", value_text(m.name),
						"node_id", value_hex(m.id, sizeof(m.id)), "mac",
						value_mac(&m.cloud_mac), "ipv4", value_ip4(&m.ip4),
						"ipv6", value_ip6(&m.ip6), "self", (int)m.self));
	return list;
}

/* ---- neighbours ---- */

static json_t *cloud_neighbours(const struct rpc_context *c)
{
	json_t *list = json_array();
	struct batman_path p;

	for (uint32_t i = 0; batman_neighbour_next(node_batman(c->node), &i, &p);)
		json_array_append_new(
			list, json_pack("{so so so sI so}", "name", who_originator_name(c, &p.orig),
					"neigh_address", value_mac(&p.neighbour), "hard_ifname",
					value_text(node_port_name(c->node, p.port)), "tq",
					(json_int_t)p.tq, "last_seen_msecs",
					value_ago_ms(p.last_seen, c->now)));
	return list;
}

/* Only the platform knows what babeld hears. */
static json_t *babel_neighbours(const struct rpc_context *c)
{
	json_t *list = json_array();
	struct event_neighbour e;
	uint32_t i = 0;

	if (!c->platform || !c->platform->neighbour_next)
		return list;
	while (c->platform->neighbour_next(c->ctx, &i, &e))
		json_array_append_new(
			list, json_pack("{so so sb sI sI}", "address", value_ip6(&e.address),
					"port", value_text(node_port_name(c->node, e.port)),
					"reachable", e.cost != 0xffff, "cost", (json_int_t)e.cost,
					"rtt_ms", (json_int_t)e.rtt_ms));
	return list;
}

/* Nodes that replicated records are exchanged with. */
static json_t *state_neighbours(const struct rpc_context *c)
{
	json_t *list = json_array();
	struct state_peer_view p;

	for (uint32_t i = 0; state_peer_next(node_state(c->node), &i, &p);) {
		bool cloud = p.scopes & STATE_SCOPE_BIT(STATE_CLOUD);

		json_array_append_new(
			list,
			json_pack("{so so ss sb sI so}", "name", who_node(c, p.id.b), "node_id",
				  value_hex(p.id.b, sizeof(p.id.b)), "scope",
				  cloud ? "cloud" : "network", "synced", p.synced == p.scopes,
				  "lacking", (json_int_t)p.lacking, "heard_msecs",
				  p.heard_at ? value_ago_ms(p.heard_at, c->now) : json_null()));
	}
	return list;
}

json_t *method_neighbours(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	(void)params;
	(void)err;
	return json_pack("{so so so}", "cloud", cloud_neighbours(c), "babel", babel_neighbours(c),
			 "state", state_neighbours(c));
}

/* ---- links of all ---- */

json_t *method_links(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct node_links links;
	struct state_view v;

	(void)params;
	(void)err;
	for (uint32_t i = 0; node_links_next(c->node, &i, &v, &links);)
		for (uint32_t k = 0; k < links.count; k++)
			json_array_append_new(
				list,
				json_pack("{so so so so sI sI}", "node", who_node(c, v.author.b),
					  "mac", value_mac(&links.list[k].own), "neighbour",
					  who_originator_name(c, &links.list[k].neighbour),
					  "neighbour_mac", value_mac(&links.list[k].neighbour),
					  "tq", (json_int_t)links.list[k].tq, "age_s",
					  (json_int_t)v.age_s));
	return list;
}

/* ---- originators ---- */

static json_t *orig_json(const struct rpc_context *c, const struct batman_orig *o)
{
	json_t *v = json_pack("{so so sb so sb sI sI}", "name", who_originator_name(c, &o->mac),
			      "orig_address", value_mac(&o->mac), "best", (int)o->reachable,
			      "last_seen_msecs", value_ago_ms(o->last_seen, c->now), "trama",
			      (int)o->trama, "tt_ttvn", (json_int_t)o->ttvn, "clients",
			      (json_int_t)o->clients);

	if (!o->reachable)
		return v;
	json_object_set_new(v, "neigh_address", value_mac(&o->next_hop));
	json_object_set_new(v, "hard_ifname", value_text(node_port_name(c->node, o->port)));
	json_object_set_new(v, "tq", json_integer(o->tq));
	json_object_set_new(v, "direct", json_boolean(o->direct));
	json_object_set_new(v, "via", who_originator_name(c, &o->next_hop));
	return v;
}

json_t *method_originators(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct batman_orig o;

	(void)params;
	(void)err;
	for (uint32_t i = 0; batman_orig_next(node_batman(c->node), &i, &o);)
		if (o.reachable || o.trama)
			json_array_append_new(list, orig_json(c, &o));
	return list;
}

/* ---- translation table ---- */

/* As batctl writes them: a dot where the flag is not set. */
static json_t *flags_text(uint8_t flags)
{
	static const struct {
		uint8_t bit;
		char letter;
	} letters[] = {
		{ BATMAN_CLIENT_ROAM, 'R' }, { BATMAN_CLIENT_FIXED, 'P' },
		{ BATMAN_CLIENT_NEW, 'N' },  { BATMAN_CLIENT_PENDING, 'X' },
		{ BATMAN_CLIENT_WIFI, 'W' }, { BATMAN_CLIENT_ISOLATED, 'I' },
		{ BATMAN_CLIENT_TEMP, 'T' },
	};
	char text[sizeof(letters) / sizeof(letters[0]) + 1] = { 0 };

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		text[i] = flags & letters[i].bit ? letters[i].letter : '.';
	return json_string(text);
}

static json_t *client_json(const struct rpc_context *c, const struct batman_client *t)
{
	bool tagged = t->vid & BATMAN_VID_TAGGED;
	struct lease_view v;
	bool known = lease_find(node_lease(c->node), &t->mac, c->now, &v);

	return json_pack("{so sI so so}", "tt_address", value_mac(&t->mac), "tt_vid",
			 (json_int_t)(tagged ? t->vid & ~BATMAN_VID_TAGGED : -1), "tt_flags",
			 flags_text(t->flags), "name",
			 known ? value_text(v.client.name) : json_null());
}

/* The checksum of the table this entry is part of: equal on all nodes once they agree. */
static json_t *table_crc(const struct batman *b, const struct mac *orig, uint16_t vid)
{
	uint32_t crc;

	return batman_crc(b, orig, vid, &crc) ? json_integer((json_int_t)crc) : json_null();
}

json_t *method_translation(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const struct batman *b = node_batman(c->node);
	json_t *local = json_array(), *global = json_array(), *o;
	struct batman_client t;

	(void)params;
	(void)err;
	for (uint32_t i = 0; batman_local_next(b, &i, &t);) {
		o = client_json(c, &t);
		json_object_set_new(o, "last_seen_msecs",
				    t.last_seen ? value_ago_ms(t.last_seen, c->now) : json_null());
		json_object_set_new(o, "tt_crc32", table_crc(b, NULL, t.vid));
		json_array_append_new(local, o);
	}
	for (uint32_t i = 0; batman_global_next(b, &i, &t);) {
		o = client_json(c, &t);
		json_object_set_new(o, "tt_ttvn", json_integer(t.ttvn));
		json_object_set_new(o, "tt_crc32", table_crc(b, &t.orig, t.vid));
		json_object_set_new(o, "orig_address", value_mac(&t.orig));
		json_object_set_new(o, "node", who_originator_name(c, &t.orig));
		json_array_append_new(global, o);
	}
	return json_pack("{sI so so}", "ttvn", (json_int_t)batman_ttvn(b), "local", local, "global",
			 global);
}
