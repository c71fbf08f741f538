/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/who.h"

#include <string.h>
#include <strings.h>

#include "rpc/value.h"

json_t *who_node(const struct node *n, const uint8_t id[static 8])
{
	struct node_member m;

	return node_member_find(n, id, &m) ? value_text(m.name) : json_null();
}

bool who_is_self(const struct node *n, const uint8_t id[static 8])
{
	struct node_member m;

	return node_member_find(n, id, &m) && m.self;
}

bool who_originator(const struct node *n, const struct mac *orig, struct node_member *ret)
{
	struct batman_orig o;
	struct mac self;
	uint32_t cursor = 0;
	bool own = batman_self(node_batman(n), &self) && mac_eq(&self, orig);

	if (!own && (!batman_orig_find(node_batman(n), orig, &o) || !o.trama))
		return false;
	while (node_member_next(n, &cursor, ret))
		if (own ? ret->self : mac_eq(&ret->cloud_mac, &o.cloud_mac))
			return true;
	return false;
}

json_t *who_originator_name(const struct node *n, const struct mac *orig)
{
	struct node_member m;

	return who_originator(n, orig, &m) ? value_text(m.name) : json_null();
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

bool who_member(const struct node *n, const char *word, struct node_member *ret)
{
	uint32_t cursor = 0;

	while (node_member_next(n, &cursor, ret))
		if (member_is(ret, word))
			return true;
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
		return lease_find_address(l, &addr, c->now, ret) &&
		       !(ret->client.flags & LEASE_DECLINED);
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
	if (ret->is_client || who_member(c->node, word, &ret->member))
		return true;
	method_fail(err, RPC_NOT_FOUND, "this cloud has no client and no node '%.64s'", word);
	return false;
}
