/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "node/internal.h"

const char *node_counter_name(enum node_counter c)
{
	static const char *const names[] = {
#define X(name, text) text,
		NODE_COUNTER_LIST(X)
#undef X
	};

	return c < NODE_COUNTERS ? names[c] : "?";
}

uint64_t node_counter(const struct node *n, enum node_counter c)
{
	return c < NODE_COUNTERS ? n->counters[c] : 0;
}

const struct conf *node_conf(const struct node *n)
{
	return n->conf;
}

const struct cloud *node_cloud(const struct node *n)
{
	return &n->cloud;
}

const struct batman *node_batman(const struct node *n)
{
	return n->batman;
}

const struct state *node_state(const struct node *n)
{
	return n->state;
}

const struct lease *node_lease(const struct node *n)
{
	return &n->lease;
}

const struct ra *node_ra(const struct node *n)
{
	return &n->ra;
}

const struct port *node_ports(const struct node *n)
{
	return &n->port;
}

const struct gateway *node_gateway(const struct node *n)
{
	return &n->gateway;
}

usec_t node_now(const struct node *n)
{
	return n->now;
}

int node_load_error(const struct node *n)
{
	return n->load_error;
}

const char *node_clash(const struct node *n)
{
	return n->clash.text;
}

const char *node_address_moved(const struct node *n)
{
	return n->address.text;
}

int node_static_error(const struct node *n)
{
	return n->static_error;
}

const struct wish *node_wish(const struct node *n)
{
	return &n->wish;
}

const char *node_port_name(const struct node *n, uint16_t port)
{
	return port < NODE_PORTS && n->ports[port].used ? n->ports[port].info.name : "";
}

enum port_kind node_port_kind(const struct node *n, uint16_t port)
{
	return port < NODE_PORTS && n->ports[port].used ? n->ports[port].info.kind
							: PORT_KIND_ETHERNET;
}

const char *node_port_mesh_dev(const struct node *n, uint16_t port)
{
	return port < NODE_PORTS && n->ports[port].batman ? n->ports[port].mesh_dev : "";
}

const char *node_port_babel_dev(const struct node *n, uint16_t port)
{
	return port < NODE_PORTS && n->ports[port].used ? n->ports[port].babel_dev : "";
}

const char *node_mesh_dev(const struct node *n, const struct mac *mac)
{
	for (uint16_t i = 0; i < NODE_PORTS; i++)
		if (n->ports[i].batman && mac_eq(&n->ports[i].batman_mac, mac))
			return n->ports[i].mesh_dev;
	return "";
}

bool node_station_next(const struct node *n, uint32_t *cursor, struct node_station *ret)
{
	const struct station *s = table_next(&n->stations, cursor);

	if (!s)
		return false;
	*ret = (struct node_station) { .mac = s->mac,
				       .vid = s->vid,
				       .port = s->port,
				       .associated = s->associated,
				       .since = s->since };
	return true;
}

bool node_route_next(const struct node *n, uint32_t *cursor, struct event_route *ret)
{
	const struct node_route *r = table_next(&n->routes, cursor);

	if (!r)
		return false;
	*ret = r->route;
	return true;
}

static bool member_read(const struct state_view *v, struct node_member *ret)
{
	struct node_record rec;

	if (!record_node_decode(v, &rec))
		return false;
	*ret = (struct node_member) {
		.ip4 = rec.ip4, .ip6 = rec.ip6, .cloud_mac = rec.cloud_mac, .self = v->own
	};
	memcpy(ret->id, rec.id.b, sizeof(ret->id));
	text_copy(ret->name, sizeof(ret->name), rec.name);
	return true;
}

bool node_member_next(const struct node *n, uint32_t *cursor, struct node_member *ret)
{
	struct state_view v;

	while (state_next(n->state, RECORD_NODE, cursor, n->now, &v))
		if (member_read(&v, ret))
			return true;
	return false;
}

bool node_member_find(const struct node *n, const struct state_node *id, struct node_member *ret)
{
	struct state_key key = state_key_init(RECORD_NODE, id->b, sizeof(id->b));
	struct state_view v;

	return state_get(n->state, &key, id, n->now, &v) == 0 && member_read(&v, ret);
}

bool node_gateway_next(const struct node *n, uint32_t *cursor, struct gateway_record *ret)
{
	struct state_view v;

	while (state_next(n->state, RECORD_GATEWAY, cursor, n->now, &v))
		if (record_gateway_decode(&v, ret))
			return true;
	return false;
}

/* Names come from three lists, the nodes first; the cursor's highest bits tell which one it is in.
 */
#define CURSOR_CLIENTS 0x80000000u
#define CURSOR_STATICS 0x40000000u
#define CURSOR_LISTS (CURSOR_CLIENTS | CURSOR_STATICS)

/* Names that programs ask for by themselves, to be configured by whoever answers, are nobody's;
 * nor is a name of several labels, which would be an answer for somebody else's domain. */
static bool may_be_had(const char *name)
{
	return name[0] && !strchr(name, '.') && strcmp(name, "wpad") != 0 &&
	       strcmp(name, "isatap") != 0 && strcmp(name, "localhost") != 0;
}

static bool member_name(const struct node *n, uint32_t *cursor, struct node_name *ret)
{
	struct node_member m;

	while (node_member_next(n, cursor, &m)) {
		if (!may_be_had(m.name))
			continue;
		text_copy(ret->name, sizeof(ret->name), m.name);
		ret->ip4 = m.ip4;
		ret->ip6 = m.ip6;
		return true;
	}
	return false;
}

/* The address that is fixed for a client, and that nobody else uses; it may have it by its own
 * configuration. */
static struct ip4 fixed_ip4(const struct node *n, const struct mac *mac)
{
	struct lease_key key = lease_key_mac(mac);
	struct lease_static_view v;

	if (lease_static_find(&n->lease, &key, n->now, &v) && v.state == LEASE_STATIC_FREE)
		return v.fixed.ip4;
	return (struct ip4) { { 0 } };
}

static bool client_name(const struct node *n, uint32_t *cursor, struct node_name *ret)
{
	struct lease_view v;

	while (lease_next(&n->lease, cursor, n->now, &v)) {
		if (!may_be_had(v.client.name) || (v.client.flags & LEASE_DECLINED))
			continue;
		text_copy(ret->name, sizeof(ret->name), v.client.name);
		ret->ip4 = v.client.ip4;
		if (ip4_is_zero(&ret->ip4))
			ret->ip4 = fixed_ip4(n, &v.client.mac);
		for (unsigned int i = 0; i < v.client.addr_count; i++)
			if (net6_has(&n->cloud.network6, &v.client.addrs[i]))
				ret->ip6 = v.client.addrs[i];
		return true;
	}
	return false;
}

/* Of clients that are not here, so that they have no record. */
static bool static_name(const struct node *n, uint32_t *cursor, struct node_name *ret)
{
	struct lease_static_view v;
	struct lease_view client;

	while (lease_static_next(&n->lease, cursor, n->now, &v)) {
		if (!may_be_had(v.fixed.name) || v.state != LEASE_STATIC_FREE ||
		    lease_find(&n->lease, &v.mac, n->now, &client) ||
		    !lease_static_is_named(&n->lease, &v.fixed.key))
			continue;
		text_copy(ret->name, sizeof(ret->name), v.fixed.name);
		ret->ip4 = v.fixed.ip4;
		return true;
	}
	return false;
}

bool node_name_next(const struct node *n, uint32_t *cursor, struct node_name *ret)
{
	static const struct {
		uint32_t list;
		bool (*next)(const struct node *n, uint32_t *cursor, struct node_name *ret);
	} lists[] = { { 0, member_name },
		      { CURSOR_CLIENTS, client_name },
		      { CURSOR_STATICS, static_name } };
	uint32_t list = *cursor & CURSOR_LISTS, at = *cursor & ~CURSOR_LISTS;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (lists[i].list != list)
			continue;
		if (lists[i].next(n, &at, ret)) {
			*cursor = at | list;
			return true;
		}
		at = 0;
		list = i + 1 < sizeof(lists) / sizeof(lists[0]) ? lists[i + 1].list : list;
	}
	return false;
}
