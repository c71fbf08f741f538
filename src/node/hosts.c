/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * While a cloud is cut, its nodes tell the network a route to each address of the clients that are
 * here, and to their own: all parts announce the same prefixes. Clients of nodes of other software
 * have nobody who does so. Whose IPv4 address is known, by a lease that a bridge has learnt, and
 * who is in our part, by the translation table, is told of by whoever knows that: from here a frame
 * finds him.
 *
 * Timers: an address that has left is told with a bad metric for a while. babeld 1.12.1 does not
 * say that such a route has gone, and the others would keep it until it is too old, before that of
 * the node where the address is now.
 */
#include "node/internal.h"

#define LEAVES (2 * USEC_S) /* babeld tells a change within 1.6 s */

static bool host_is_here(struct node *n, const struct ip6 *addr)
{
	struct node_host *h = table_find(&n->hosts, addr);

	n->wish_dirty |= !h || h->ends_at;
	if (!h)
		h = table_add(&n->hosts, addr);
	if (!h)
		return false;
	h->round = n->hosts_round;
	h->ends_at = 0;
	return true;
}

/* Other addresses are in no prefix that another part announces, too. */
static bool is_of_cloud(const struct node *n, const struct ip6 *addr)
{
	struct ip4 ip4;

	if (lease_unmapped(addr, &ip4))
		return !ip4_is_zero(&ip4) && net4_has(&n->cloud.network4, &ip4);
	return net6_has(&n->cloud.network6, addr);
}

static bool client_is_here(struct node *n, const struct mac *mac)
{
	struct lease_view v;
	struct ip6 leased;
	bool all = true;

	if (!lease_find(&n->lease, mac, n->now, &v))
		return true;
	leased = lease_mapped(&v.client.ip4);
	if (is_of_cloud(n, &leased))
		all = host_is_here(n, &leased);
	for (unsigned int i = 0; i < v.client.addr_count; i++)
		if (is_of_cloud(n, &v.client.addrs[i]) && !solicit_is_nodes(n, &v.client.addrs[i]))
			all = host_is_here(n, &v.client.addrs[i]) && all;
	return all;
}

static void hosts_leave(struct node *n)
{
	struct node_host *h;

	for (uint32_t i = 0; (h = table_next(&n->hosts, &i));) {
		if (h->round == n->hosts_round)
			continue;
		if (!h->ends_at) {
			h->ends_at = n->now + LEAVES;
			n->wish_dirty = true;
		} else if (h->ends_at <= n->now) {
			table_remove(&n->hosts, h);
			n->wish_dirty = true;
		}
	}
}

void hosts_refresh(struct node *n, bool cut)
{
	struct ip6 own4 = lease_mapped(&n->cloud.node4), leased;
	const struct node_import *lease;
	struct station *s;
	struct node_host *h;
	bool all;

	if (!cut && !n->hosts.count)
		return;
	if (!cut) {
		n->wish_dirty = true;
		for (uint32_t i = 0; (h = table_next(&n->hosts, &i));)
			table_remove(&n->hosts, h);
		return;
	}
	n->hosts_round++;
	all = host_is_here(n, &own4);
	all = host_is_here(n, &n->cloud.node6) && all;
	for (uint32_t i = 0; (s = table_next(&n->stations, &i));)
		if (s->vid == 0)
			all = client_is_here(n, &s->mac) && all;
	for (uint32_t i = 0; (lease = table_next(&n->imports, &i));) {
		leased = lease_mapped(&lease->ip4);
		if (imports_is_here(n, lease))
			all = host_is_here(n, &leased) && all;
	}
	hosts_leave(n);
	if (!all && !n->hosts_short)
		n->counters[NODE_C_HOST_FULL]++;
	n->hosts_short = !all;
}

void hosts_wish(const struct node *n, struct wish *w)
{
	const struct node_host *h;

	for (uint32_t i = 0; w->host_count < WISH_HOSTS && (h = table_next(&n->hosts, &i));) {
		struct wish_host *to = &w->hosts[w->host_count++];

		to->v6 = !lease_unmapped(&h->addr, &to->ip4);
		if (to->v6)
			to->ip6 = h->addr;
		to->leaves = h->ends_at != 0;
	}
}
