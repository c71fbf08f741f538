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
	const struct rpc_members *all = members(c);

	for (size_t i = 0; i < all->count; i++)
		if (!memcmp(all->list[i].id, id, sizeof(all->list[i].id)))
			return value_text(all->list[i].name);
	return json_null();
}

json_t *who_gateway(const struct rpc_context *c, const uint8_t id[static 8])
{
	const struct gateway *g = node_gateway(c->node);
	json_t *name = who_node(c, id);

	for (uint32_t i = 0; json_is_null(name) && i < g->known_count; i++)
		if (!memcmp(g->known[i].node.b, id + 2, sizeof(g->known[i].node.b)))
			name = value_text(g->known[i].name);
	return name;
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
