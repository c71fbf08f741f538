/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clients, leases, lease.release: who is in the cloud, from the replicated records. */
#include "rpc/clients.h"

#include <string.h>

#include "rpc/value.h"
#include "rpc/who.h"

static bool station_find(const struct node *n, const struct mac *mac, struct node_station *ret)
{
	for (uint32_t i = 0; node_station_next(n, &i, ret);)
		if (mac_eq(&ret->mac, mac))
			return true;
	return false;
}

/* IPv4 addresses that are no lease stand beside the IPv6 ones. */
static json_t *addresses(const struct lease_client *r)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < r->addr_count; i++)
		json_array_append_new(list, value_addr(&r->addrs[i]));
	return list;
}

/* A client without a lease may have given itself an IPv4 address. */
static json_t *first_ip4(const struct lease_client *r)
{
	struct ip4 ip;

	if (!ip4_is_zero(&r->ip4))
		return value_ip4(&r->ip4);
	for (unsigned i = 0; i < r->addr_count; i++)
		if (lease_unmapped(&r->addrs[i], &ip))
			return value_ip4(&ip);
	return json_null();
}

/* Those that reach beyond the link first. */
static json_t *only_ip6(const struct lease_client *r)
{
	json_t *list = json_array();
	struct ip4 ip;

	for (int local = 0; local < 2; local++)
		for (unsigned i = 0; i < r->addr_count; i++)
			if (!lease_unmapped(&r->addrs[i], &ip) &&
			    ip6_is_link_local(&r->addrs[i]) == (local == 1))
				json_array_append_new(list, value_ip6(&r->addrs[i]));
	return list;
}

json_t *clients_record(const struct rpc_context *c, const struct lease_view *v)
{
	const struct lease_client *r = &v->client;
	struct node_station s;
	bool leased = !ip4_is_zero(&r->ip4), self = who_is_self(c, r->node.b);
	bool here = self && station_find(c->node, &r->mac, &s);
	json_t *o = json_pack(
		"{so so so so so so sb so so sI}", "mac", value_mac(&r->mac), "name",
		value_text(r->name), "ipv4", first_ip4(r), "ipv6", only_ip6(r), "node",
		who_node(c, r->node.b), "node_id", value_hex(r->node.b, sizeof(r->node.b)), "here",
		(int)self, "port", here ? value_text(node_port_name(c->node, s.port)) : json_null(),
		"gateway", who_gateway(c, r->gateway.b), "seen_ago_s", (json_int_t)v->refreshed_s);

	json_object_set_new(o, "since_s", here ? value_ago_s(s.since, c->now) : json_null());
	json_object_set_new(o, "leased", json_boolean(leased));
	json_object_set_new(o, "lease_age_s", leased ? json_integer(r->age_s) : json_null());
	json_object_set_new(o, "lease_expires_s",
			    leased && self ? json_integer(v->expires_s) : json_null());
	return o;
}

json_t *method_clients(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct lease_view v;

	(void)params;
	(void)err;
	for (uint32_t i = 0; lease_next(node_lease(c->node), &i, c->now, &v);)
		if (!(v.client.flags & LEASE_DECLINED))
			json_array_append_new(list, clients_record(c, &v));
	return list;
}

/* ---- leases ---- */

static json_t *lease_json(const struct rpc_context *c, const struct lease_view *v)
{
	const struct lease_client *r = &v->client;
	bool declined = r->flags & LEASE_DECLINED, self = who_is_self(c, r->node.b);
	bool kept = declined && (r->flags & LEASE_KEPT);
	const char *kind = v->is_static ? "static" : "lease";
	json_t *mac = kept ? value_mac(&r->whose) : declined ? json_null() : value_mac(&r->mac);

	if (declined)
		kind = kept ? "kept" : "declined";
	return json_pack("{so so so so so ss sI so sI sI so}", "ipv4", value_ip4(&r->ip4), "mac",
			 mac, "name", value_text(r->name), "client_id",
			 r->id_len ? value_hex(r->id, r->id_len) : json_null(), "node",
			 who_node(c, r->node.b), "kind", kind, "age_s", (json_int_t)r->age_s,
			 "expires_s", self && !declined ? json_integer(v->expires_s) : json_null(),
			 "refreshed_ago_s", (json_int_t)v->refreshed_s, "held_s",
			 (json_int_t)v->held_s, "addresses", addresses(r));
}

static json_t *block_json(const struct rpc_context *c, const struct lease_block *b)
{
	const struct net4 *net = &node_cloud(c->node)->network4;
	struct net4 range = { ip4_from_u32(ip4_u32(&net->addr) + b->index * POOL_BLOCK), 28 };

	return json_pack("{so so so sI sb}", "addresses", value_net4(&range), "node",
			 who_node(c, b->owner.b), "node_id",
			 value_hex(b->owner.b, sizeof(b->owner.b)), "epoch", (json_int_t)b->epoch,
			 "own", (int)lease_node_eq(&b->owner, &node_lease(c->node)->self));
}

static json_t *pool_json(const struct lease *l)
{
	struct pool_count n = pool_count(&l->pool);

	return json_pack("{sI sI sI sI sb sI}", "free", (json_int_t)n.free, "resting",
			 (json_int_t)n.resting, "used", (json_int_t)n.used, "blocks_waiting",
			 (json_int_t)n.waiting, "synced", (int)l->synced, "lease_s",
			 (json_int_t)l->conf.lease_s);
}

static json_t *import_json(const struct rpc_context *c, const struct node_import *i)
{
	static const char *const sources[] = {
		[IMPORT_SHARED_STATE] = "shared-state-async",
		[IMPORT_SHARED_STATE_HTTP] = "shared-state",
		[IMPORT_ALFRED] = "alfred",
	};

	return json_pack("{so so so ss sI sb sb}", "ipv4", value_ip4(&i->ip4), "mac",
			 value_mac(&i->mac), "name", value_text(i->name), "source",
			 sources[i->source], "expires_s",
			 (json_int_t)((i->expires_at - c->now) / USEC_S), "clash", (int)i->clash,
			 "in_use", (int)i->is_found);
}

static json_t *foreign_json(const struct rpc_context *c)
{
	json_t *list = json_array();
	struct lease_foreign_view v;

	for (uint32_t i = 0; lease_foreign_next(node_lease(c->node), &i, c->now, &v);)
		if (!v.told_only)
			json_array_append_new(
				list, json_pack("{so so sI sI}", "ipv4", value_ip4(&v.ip), "mac",
						value_mac(&v.mac), "since_s", (json_int_t)v.since_s,
						"heard_ago_s", (json_int_t)v.heard_s));
	return list;
}

json_t *method_leases(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const struct lease *l = node_lease(c->node);
	json_t *leases = json_array(), *blocks = json_array(), *imports = json_array();
	struct node_import import;
	struct lease_view v;
	struct lease_block b;

	(void)params;
	(void)err;
	for (uint32_t i = 0; lease_next(l, &i, c->now, &v);)
		if (!ip4_is_zero(&v.client.ip4))
			json_array_append_new(leases, lease_json(c, &v));
	for (uint32_t i = 0; lease_block_next(l, &i, &b);)
		json_array_append_new(blocks, block_json(c, &b));
	for (uint32_t i = 0; node_import_next(c->node, &i, &import);)
		json_array_append_new(imports, import_json(c, &import));
	return json_pack("{so so so so so}", "leases", leases, "blocks", blocks, "pool",
			 pool_json(l), "imported", imports, "foreign", foreign_json(c));
}

json_t *method_release(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	struct event e = { .kind = EVENT_CONTROL };
	struct who w;

	if (!who_find(c, json_string_value(json_object_get(params, "client")), &w, err))
		return NULL;
	if (!w.is_client)
		return method_fail(err, RPC_NOT_FOUND, "that is a node, it has no lease");
	e.control =
		(struct event_control) { .act = CONTROL_RELEASE_LEASE, .mac = w.lease.client.mac };
	c->act(c->ctx, &e);
	return json_pack("{so}", "mac", value_mac(&w.lease.client.mac));
}
