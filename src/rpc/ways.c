/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateways, routes: ways out of the cloud and of the network. */
#include "rpc/ways.h"

#include <string.h>

#include "node/view.h"
#include "rpc/method.h"
#include "rpc/value.h"

static json_t *addr_json(const struct gateway_addr *a)
{
	return a->family == GATEWAY_IP6 ? value_ip6(&a->ip6) : value_ip4(&a->ip4);
}

/* Route and record are null where they have no part in the choice. */
static json_t *used_json(const struct node *n, enum gateway_family family)
{
	static const char *const names[] = {
		[GATEWAY_CHOICE_NONE] = "none",
		[GATEWAY_CHOICE_OWN] = "own",
		[GATEWAY_CHOICE_CLOSEST] = "closest",
		[GATEWAY_CHOICE_ANONYMOUS] = "anonymous",
	};
	struct gateway_used u = gateway_used(node_gateway(n), family);
	json_t *o = json_pack("{ss ss sn sn sn sn}", "choice", names[u.choice], "reason",
			      gateway_choice_text(u.choice), "name", "port", "via", "metric");
	uint16_t port = u.route ? u.route->port : u.port;

	if (u.choice == GATEWAY_CHOICE_OWN)
		json_object_set_new(o, "name", value_text(node_cloud(n)->hostname));
	else if (u.record)
		json_object_set_new(o, "name", value_text(u.record->name));
	if (u.choice != GATEWAY_CHOICE_NONE)
		json_object_set_new(o, "port", value_text(node_port_name(n, port)));
	if (u.route) {
		json_object_set_new(o, "via",
				    ip4_is_zero(&u.route->via4) ? value_ip6(&u.route->via6)
								: value_ip4(&u.route->via4));
		json_object_set_new(o, "metric", json_integer(u.route->metric));
	}
	return o;
}

json_t *ways_used(const struct rpc_context *c)
{
	return json_pack("{so so}", "ipv4", used_json(c->node, GATEWAY_IP4), "ipv6",
			 used_json(c->node, GATEWAY_IP6));
}

/* ---- uplinks ---- */

static json_t *target_json(const struct gateway *g, const struct gateway_target *t, usec_t now)
{
	static const char *const kinds[] = {
		[GATEWAY_PROBE_NEXT_HOP] = "next-hop",
		[GATEWAY_PROBE_PING] = "ping",
		[GATEWAY_PROBE_DNS] = "dns",
		[GATEWAY_PROBE_HTTP] = "http",
	};
	static const char *const results[] = {
		[GATEWAY_RESULT_OK] = "ok",
		[GATEWAY_RESULT_FAILED] = "failed",
		[GATEWAY_RESULT_PORTAL] = "portal",
		[GATEWAY_RESULT_UNUSABLE] = "unusable",
	};
	bool http = t->kind == GATEWAY_PROBE_HTTP && t->http < g->conf.http_count;

	return json_pack("{ss so ss? ss? sI so}", "kind", kinds[t->kind], "address",
			 addr_json(&t->addr), "host", http ? g->conf.http[t->http].host : NULL,
			 "result", t->done ? results[t->result] : NULL, "rtt_us",
			 (json_int_t)t->rtt_us, "answered_ago_s",
			 t->ok_at ? value_ago_s(t->ok_at, now) : json_null());
}

static json_t *path_json(const struct gateway *g, const struct gateway_path *p, usec_t now)
{
	json_t *targets = json_array();

	for (unsigned i = 0; i < p->target_count; i++)
		json_array_append_new(targets, target_json(g, &p->target[i], now));
	return json_pack("{ss sb ss ss so so}", "state", gateway_state_name(p->state), "up",
			 (int)p->up, "why", gateway_reason_name(p->reason), "reason",
			 gateway_reason_text(p->reason), "since_s", value_ago_s(p->since, now),
			 "targets", targets);
}

static json_t *uplink_json(const struct rpc_context *c, const struct gateway_port *p)
{
	static const char *const kinds[] = {
		[GATEWAY_UPLINK_DHCP] = "dhcp",
		[GATEWAY_UPLINK_STATIC] = "static",
		[GATEWAY_UPLINK_FOREIGN] = "foreign",
	};
	const struct gateway *g = node_gateway(c->node);
	const struct gateway_uplink *u = &p->uplink;
	json_t *resolvers = json_array();

	for (unsigned i = 0; i < u->resolver_count; i++)
		json_array_append_new(resolvers, addr_json(&u->resolver[i]));
	return json_pack("{so ss so so so so so so so}", "port",
			 value_text(node_port_name(c->node, p->port)), "kind", kinds[u->kind],
			 "ipv4_address", u->has4 ? value_net4(&u->ip4) : json_null(), "ipv4_router",
			 value_ip4(&u->router4), "ipv6_address",
			 u->has6 ? value_net6(&u->ip6) : json_null(), "ipv6_router",
			 value_ip6(&u->router6), "resolvers", resolvers, "ipv4",
			 path_json(g, &p->path[GATEWAY_IP4], c->now), "ipv6",
			 path_json(g, &p->path[GATEWAY_IP6], c->now));
}

json_t *ways_uplinks(const struct rpc_context *c)
{
	json_t *list = json_array();
	const struct gateway_port *p;

	for (uint16_t i = 0; i < NODE_PORTS; i++) {
		p = gateway_get(node_gateway(c->node), i);
		if (p)
			json_array_append_new(list, uplink_json(c, p));
	}
	return list;
}

/* ---- gateways ---- */

static json_t *record_json(const struct node *n, const struct gateway_record *r)
{
	static const enum gateway_family families[] = { GATEWAY_IP4, GATEWAY_IP6 };
	json_t *resolvers = json_array();
	struct gateway_used u;
	bool used[GATEWAY_FAMILIES], own = mac_eq(&r->node, &node_cloud(n)->primary);

	for (unsigned i = 0; i < r->resolver_count; i++)
		json_array_append_new(resolvers, addr_json(&r->resolver[i]));
	for (unsigned f = 0; f < GATEWAY_FAMILIES; f++) {
		u = gateway_used(node_gateway(n), families[f]);
		used[f] = u.record ? mac_eq(&u.record->node, &r->node)
				   : own && u.choice == GATEWAY_CHOICE_OWN;
	}
	return json_pack("{so so so sb sb sb sb sb so}", "name", value_text(r->name), "mac",
			 value_mac(&r->node), "router_id",
			 value_hex(r->router_id, sizeof(r->router_id)), "self", (int)own,
			 "ipv4_works", (int)r->working[GATEWAY_IP4], "ipv6_works",
			 (int)r->working[GATEWAY_IP6], "ipv4_used", (int)used[GATEWAY_IP4],
			 "ipv6_used", (int)used[GATEWAY_IP6], "resolvers", resolvers);
}

json_t *method_gateways(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct gateway_record r;

	(void)params;
	(void)err;
	for (uint32_t i = 0; node_gateway_next(c->node, &i, &r);)
		json_array_append_new(list, record_json(c->node, &r));
	return json_pack("{so so so}", "used", ways_used(c), "gateways", list, "uplinks",
			 ways_uplinks(c));
}

/* ---- routes ---- */

json_t *ways_route(const struct node *n, const struct event_route *r)
{
	return json_pack(
		"{so so so so sI so sb}", "to", r->v6 ? value_net6(&r->to6) : value_net4(&r->to4),
		"from", r->v6 && r->from6.len ? value_net6(&r->from6) : json_null(), "via",
		ip4_is_zero(&r->via4) ? value_ip6(&r->via6) : value_ip4(&r->via4), "port",
		value_text(node_port_name(n, r->port)), "metric", (json_int_t)r->metric,
		"router_id", value_hex(r->router_id, sizeof(r->router_id)), "own", (int)r->own);
}

json_t *method_routes(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct event_route r;

	(void)params;
	(void)err;
	for (uint32_t i = 0; node_route_next(c->node, &i, &r);)
		json_array_append_new(list, ways_route(c->node, &r));
	return list;
}
