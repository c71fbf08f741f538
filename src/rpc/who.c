/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/who.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rpc/value.h"

#define MEMBERS_MAX 4096

static const struct rpc_members *members(const struct rpc_context *c)
{
	struct rpc_members *all = c->members;
	struct node_member m;
	size_t cap = 0;

	if (all->loaded)
		return all;
	all->loaded = true;
	for (uint32_t i = 0; all->count < MEMBERS_MAX && node_member_next(c->node, &i, &m);) {
		if (all->count == cap) {
			struct node_member *more;

			cap = cap ? 2 * cap : 32;
			more = realloc(all->list, cap * sizeof(*more));
			if (!more)
				break;
			all->list = more;
		}
		all->list[all->count++] = m;
	}
	return all;
}

void who_done(struct rpc_members *m)
{
	free(m->list);
	*m = (struct rpc_members) { 0 };
}

json_t *who_node(const struct rpc_context *c, const uint8_t id[static 8])
{
	struct state_node node;
	struct node_member m;

	memcpy(node.b, id, sizeof(node.b));
	return node_member_find(c->node, &node, &m) ? value_text(m.name) : json_null();
}

static json_t *known_gateway(const struct rpc_context *c, const uint8_t id[static 8])
{
	const struct gateway *g = node_gateway(c->node);

	for (uint32_t i = 0; i < g->known_count; i++)
		if (!memcmp(g->known[i].owner, id, sizeof(g->known[i].owner)))
			return value_text(g->known[i].name);
	return json_null();
}

json_t *who_gateway(const struct rpc_context *c, const uint8_t id[static 8])
{
	json_t *name = who_node(c, id);

	return json_is_null(name) ? known_gateway(c, id) : name;
}

/* A member by the MAC of its primary interface. */
static bool primary_member(const struct rpc_context *c, const char *word, struct node_member *ret)
{
	char in_cloud[MAC_TEXT];
	struct mac mac;

	if (mac_parse(word, &mac) < 0)
		return false;
	mac = cloud_hardif_mac(NODE_BRIDGE, &mac);
	return who_member(c, mac_text(&mac, in_cloud), ret);
}

/* A gateway, of whichever cloud, by its name or the MAC of its primary interface. */
static bool gateway_id(const struct rpc_context *c, const char *word, struct state_node *ret)
{
	const struct gateway *g = node_gateway(c->node);
	struct mac mac;
	bool is_mac = mac_parse(word, &mac) == 0;

	for (uint32_t i = 0; i < g->known_count; i++) {
		const struct gateway_record *r = &g->known[i];

		if (is_mac ? !mac_eq(&r->node, &mac) : strcasecmp(r->name, word) != 0)
			continue;
		memcpy(ret->b, r->owner, sizeof(ret->b));
		return true;
	}
	return false;
}

bool who_id(const struct rpc_context *c, const char *word, struct state_node *ret)
{
	struct node_member m;
	size_t len;

	*ret = (struct state_node) { 0 };
	if (text_unhex(word, ret->b, sizeof(ret->b), &len) && len == sizeof(ret->b))
		return true;
	*ret = (struct state_node) { 0 };
	if (!who_member(c, word, &m) && !primary_member(c, word, &m))
		return gateway_id(c, word, ret);
	memcpy(ret->b, m.id, sizeof(ret->b));
	return true;
}

bool who_is_self(const struct rpc_context *c, const uint8_t id[static 8])
{
	return !memcmp(node_lease(c->node)->self.b, id, sizeof(node_lease(c->node)->self.b));
}

bool who_originator(const struct rpc_context *c, const struct mac *orig, struct node_member *ret)
{
	const struct batman *b = node_batman(c->node);
	const struct rpc_members *all = members(c);
	struct batman_orig o;
	struct mac self;
	bool own = batman_self(b, &self) && mac_eq(&self, orig);

	if (!own && (!batman_orig_find(b, orig, &o) || !o.trama))
		return false;
	for (size_t i = 0; i < all->count; i++) {
		*ret = all->list[i];
		if (own ? ret->self : mac_eq(&ret->cloud_mac, &o.cloud_mac))
			return true;
	}
	return false;
}

json_t *who_originator_name(const struct rpc_context *c, const struct mac *orig)
{
	struct node_member m;

	return who_originator(c, orig, &m) ? value_text(m.name) : json_null();
}

/* IPv4 as ::ffff:a.b.c.d. */
static bool parse_addr(const char *word, struct ip6 *ret)
{
	struct ip4 ip;

	if (ip4_parse(word, &ip) == 0) {
		*ret = lease_mapped(&ip);
		return true;
	}
	return ip6_parse(word, ret) == 0;
}

static bool member_is(const struct node_member *m, const char *word)
{
	struct ip6 addr, own = lease_mapped(&m->ip4);
	struct mac mac;

	if (mac_parse(word, &mac) == 0)
		return mac_eq(&mac, &m->cloud_mac);
	if (parse_addr(word, &addr))
		return ip6_eq(&addr, &own) || ip6_eq(&addr, &m->ip6);
	return strcasecmp(word, m->name) == 0;
}

bool who_member(const struct rpc_context *c, const char *word, struct node_member *ret)
{
	const struct rpc_members *all = members(c);

	for (size_t i = 0; i < all->count; i++) {
		*ret = all->list[i];
		if (member_is(ret, word))
			return true;
	}
	return false;
}

static bool find_client(const struct rpc_context *c, const char *word, struct lease_view *ret)
{
	const struct lease *l = node_lease(c->node);
	uint32_t cursor = 0;
	struct mac mac;
	struct ip6 addr;

	if (mac_parse(word, &mac) == 0)
		return lease_find(l, &mac, c->now, ret);
	if (parse_addr(word, &addr))
		return lease_find_address(l, &addr, c->now, ret);
	while (lease_next(l, &cursor, c->now, ret))
		if (!(ret->client.flags & LEASE_DECLINED) && ret->client.name[0] &&
		    strcasecmp(ret->client.name, word) == 0)
			return true;
	return false;
}

bool who_find(const struct rpc_context *c, const char *word, struct who *ret,
	      struct method_error *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->is_client = find_client(c, word, &ret->lease);
	if (ret->is_client || who_member(c, word, &ret->member))
		return true;
	method_fail(err, RPC_NOT_FOUND, "this cloud has no client and no node '%.64s'", word);
	return false;
}
