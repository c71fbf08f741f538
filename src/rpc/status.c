/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status: this node on one page. */
#include <string.h>

#include "rpc/ways.h"
#include "rpc/method.h"
#include "rpc/value.h"
#include "rpc/who.h"

static json_t *cloud_json(const struct node *n)
{
	const struct cloud *c = node_cloud(n);
	const struct conf *conf = node_conf(n);

	return json_pack("{so so si si so so so so so so so}", "ssid",
			 value_text(conf->wifi.ap_ssid), "network_id",
			 value_hex(c->network_id, sizeof(c->network_id)), "batadv_vlan",
			 (int)c->batadv_vlan, "babel_vlan", (int)c->babel_vlan, "ipv4_network",
			 value_net4(&c->network4), "ipv6_network", value_net6(&c->network6),
			 "node_ipv4", value_ip4(&c->node4), "node_ipv6", value_ip6(&c->node6),
			 "anygw_mac", value_mac(&c->anygw_mac), "anygw_ipv4", value_ip4(&c->anygw4),
			 "anygw_ipv6", value_ip6(&c->anygw6));
}

/* ---- a cloud that is cut ---- */

/* Of a node by its MAC in the cloud; that itself when nothing else is known. */
static json_t *node_name(const struct rpc_context *c, const struct mac *cloud_mac)
{
	char mac[MAC_TEXT];
	struct node_member m;

	return who_member(c, mac_text(cloud_mac, mac), &m) ? value_text(m.name)
							   : value_mac(cloud_mac);
}

static json_t *part_json(const struct rpc_context *c, const struct node_part *p)
{
	const struct cut_word *w = &p->part->word;
	json_t *names = json_array();

	json_array_append_new(names, node_name(c, &w->leader));
	for (uint8_t i = 0; i < w->member_count; i++)
		json_array_append_new(names, node_name(c, &w->members[i]));
	return json_pack("{so so so so sI so so sb so}", "leader", node_name(c, &w->leader), "mac",
			 value_mac(&w->leader), "ipv4", value_ip4(&p->ip4), "ipv6",
			 value_ip6(&p->ip6), "nodes", (json_int_t)w->count, "names", names,
			 "since_s", value_ago_s(p->part->since, c->now), "joined",
			 p->part->joined_at != 0, "joined_ago_s",
			 p->part->joined_at ? value_ago_s(p->part->joined_at, c->now)
					    : json_null());
}

/* The parts that this node does not hear on layer 2; null: the cloud is whole. */
static json_t *parts_json(const struct rpc_context *c)
{
	json_t *list = json_array();
	struct node_part p;

	for (uint32_t i = 0; node_part_next(c->node, &i, &p);)
		json_array_append_new(list, part_json(c, &p));
	if (json_array_size(list))
		return list;
	json_decref(list);
	return json_null();
}

/* ---- ports ---- */

static const char *medium_name(enum port_medium m)
{
	static const char *const names[] = {
		[PORT_MEDIUM_ETHERNET] = "ethernet",
		[PORT_MEDIUM_AP] = "access-point",
		[PORT_MEDIUM_RADIO] = "mesh-radio",
		[PORT_MEDIUM_TUNNEL] = "tunnel",
	};

	return names[m];
}

static const char *role_name(enum port_role r)
{
	static const char *const names[] = {
		[PORT_ROLE_AUTO] = "auto",
		[PORT_ROLE_MESH] = "mesh",
		[PORT_ROLE_CLIENT] = "client",
		[PORT_ROLE_UPLINK] = "uplink",
	};

	return names[r];
}

static json_t *uses(const struct port_decision *d)
{
	json_t *list = json_array();

	if (d->mesh)
		json_array_append_new(list, json_string("cloud"));
	if (d->mesh || d->mesh_l3)
		json_array_append_new(list, json_string("babel"));
	if (d->client)
		json_array_append_new(list, json_string("clients"));
	if (d->uplink_dhcp || d->uplink_static || d->uplink_foreign)
		json_array_append_new(list, json_string("uplink"));
	return list;
}

static json_t *port_json(const struct port_entry *e, usec_t now)
{
	return json_pack("{so so ss ss sb so ss ss so sI so}", "name", value_text(e->info.name),
			 "mac", value_mac(&e->info.mac), "kind", medium_name(e->info.medium),
			 "role", role_name(e->info.role), "carrier", (int)e->info.carrier, "uses",
			 uses(&e->decision), "state", port_reason_name(e->reason), "reason",
			 port_reason_text(e->reason), "because", value_mac(&e->because), "heard",
			 (json_int_t)(e->heard_count + e->foreign_count), "since_s",
			 value_ago_s(e->since, now));
}

static json_t *ports_json(const struct node *n, usec_t now)
{
	const struct port_entry *e;
	json_t *list = json_array();

	for (uint16_t i = 0; i < PORT_MAX; i++) {
		e = port_get(node_ports(n), i);
		if (e && e->used)
			json_array_append_new(list, port_json(e, now));
	}
	return list;
}

/* ---- helper programs ---- */

static json_t *children_json(const struct rpc_context *c)
{
	static const char *const names[] = {
		[CHILD_BABELD] = "babeld",
		[CHILD_DNSMASQ] = "dnsmasq",
		[CHILD_DHCP] = "udhcpc",
	};
	json_t *list = json_array();
	struct rpc_child child;
	uint32_t cursor = 0;

	if (!c->platform || !c->platform->child_next)
		return list;
	while (c->platform->child_next(c->ctx, &cursor, &child))
		json_array_append_new(list, json_pack("{ss so sb}", "name", names[child.kind],
						      "port", value_text(child.dev), "running",
						      (int)child.running));
	return list;
}

static json_t *state_rejected(const struct rpc_context *c)
{
	bool can_tell = c->platform && c->platform->state_rejected;

	return value_text(can_tell ? c->platform->state_rejected(c->ctx) : "");
}

/* ---- how many ---- */

static json_t *counts(const struct rpc_context *c)
{
	const struct node *n = c->node;
	struct batman_path path;
	struct batman_orig orig;
	struct node_member member;
	struct lease_view lease;
	json_int_t neighbours = 0, originators = 0, nodes = 0, clients = 0, here = 0;

	for (uint32_t i = 0; batman_neighbour_next(node_batman(n), &i, &path);)
		neighbours++;
	for (uint32_t i = 0; batman_orig_next(node_batman(n), &i, &orig);)
		originators += orig.reachable;
	for (uint32_t i = 0; node_member_next(n, &i, &member);)
		nodes++;
	for (uint32_t i = 0; lease_next(node_lease(n), &i, c->now, &lease);) {
		if (lease.client.flags & LEASE_DECLINED)
			continue;
		clients++;
		here += who_is_self(c, lease.client.node.b);
	}
	return json_pack("{sI sI sI sI sI}", "nodes", nodes, "neighbours", neighbours,
			 "originators", originators, "clients", clients, "clients_here", here);
}

/* Neighbours that are not heard because of their keys. */
static json_t *outsiders_json(const struct rpc_context *c)
{
	json_t *list = json_array();
	struct node_outsider s;

	for (uint32_t i = 0; node_outsider_next(c->node, &i, &s);)
		json_array_append_new(
			list,
			json_pack("{ss so so so ss sI}", "scope",
				  s.scope == STATE_CLOUD ? "cloud" : "network", "mac",
				  value_mac(&s.cloud_mac), "address", value_ip6(&s.address), "port",
				  s.scope == STATE_CLOUD
					  ? json_null()
					  : value_text(node_port_name(c->node, s.port)),
				  "reason", node_keys_text(s.keys), "since_s",
				  (json_int_t)((c->now - s.since) / USEC_S)));
	return list;
}

static bool has_key(const struct rpc_context *c)
{
	return node_conf(c->node)->security.community_key[0];
}

json_t *method_status(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const struct node *n = c->node;
	const struct cloud *cloud = node_cloud(n);

	(void)params;
	(void)err;
	return json_pack(
		"{ss so so so so ss so so so so so sb so so so so so so}", "version", TRAMA_VERSION,
		"hostname", value_text(cloud->hostname), "node_id",
		value_hex(node_lease(n)->self.b, sizeof(node_lease(n)->self.b)), "mac",
		value_mac(&cloud->primary), "uptime_s", value_ago_s(c->started, c->now), "engine",
		node_conf(n)->l2.engine == CONF_ENGINE_KERNEL ? "kernel" : "user", "cloud",
		cloud_json(n), "cut", parts_json(c), "clash", value_text(node_clash(n)),
		"address_moved", value_text(node_address_moved(n)), "state_rejected",
		state_rejected(c), "community_key", (int)has_key(c), "outsiders", outsiders_json(c),
		"counts", counts(c), "ports", ports_json(n, c->now), "gateway", ways_used(c),
		"uplinks", ways_uplinks(c), "children", children_json(c));
}

json_t *method_version(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	(void)c;
	(void)params;
	(void)err;
	return json_pack("{ss ss}", "program", "tramad", "version", TRAMA_VERSION);
}
