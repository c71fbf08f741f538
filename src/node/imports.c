/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leases that other software gave in our cloud, as bridges learn them. They are listed and compared
 * with ours, and never take the place of one.
 *
 * Where such an address is one that we may give away, or that a client here has, it is asked for by
 * ARP: ASKS times, ASK_SECOND apart, and again after ASK_AGAIN. As long as that goes on nobody gets
 * it; who answers is known from then on (core/lease/lease_probe.c), and who does not is no reason
 * any more.
 */
#include "node/internal.h"

#define ASKS 2
#define LOST_INTERVALS 6 /* as core/cut has it */
#define ASK_SECOND (2 * USEC_S)
#define ASK_AGAIN (1800 * USEC_S)
#define ASK_INTERVAL (500 * USEC_MS) /* of all of them */
#define ASK_BURST 8

/* Another client of ours has the address. */
static bool import_clashes(const struct node *n, const struct node_import *i)
{
	struct ip6 mapped = lease_mapped(&i->ip4);
	struct lease_view v;

	return lease_find_address(&n->lease, &mapped, n->now, &v) &&
	       !mac_eq(&v.client.mac, &i->mac);
}

void imports_event(struct node *n, const struct event_import *e)
{
	struct node_import key = { .ip4 = e->ip4, .source = (uint8_t)e->source }, *i;

	/* what belongs to another cloud is that one's business */
	if (!net4_has(&n->cloud.network4, &e->ip4))
		return;
	i = table_find(&n->imports, &key);
	if (!e->ttl_s) {
		if (i)
			table_remove(&n->imports, i);
		return;
	}
	if (!mac_is_station(&e->mac))
		return;
	if (!i)
		i = table_add(&n->imports, &key);
	if (!i) {
		n->counters[NODE_C_IMPORT_FULL]++;
		return;
	}
	if (!mac_eq(&i->mac, &e->mac)) {
		i->clash = i->is_found = false;
		i->asked = 0;
	}
	i->mac = e->mac;
	text_copy(i->name, sizeof(i->name), e->name);
	i->expires_at =
		n->now + (usec_t)(e->ttl_s < IMPORT_TTL_MAX ? e->ttl_s : IMPORT_TTL_MAX) * USEC_S;
}

bool imports_is_here(struct node *n, const struct node_import *i)
{
	usec_t lost = LOST_INTERVALS * n->conf->network.batadv_orig_interval_ms * USEC_MS;
	struct ip6 mapped = lease_mapped(&i->ip4);
	struct batman_orig at;
	struct mac orig;

	if (!lease_static_allows(&n->lease, &i->ip4) || import_clashes(n, i) ||
	    solicit_is_nodes(n, &mapped) || batman_lookup(n->batman, &i->mac, 0, &orig))
		return false;
	/* the table of a node in another part is kept for a while */
	return batman_orig_find(n->batman, &orig, &at) && n->now - at.last_seen <= lost;
}

static void import_ask(struct node *n, struct node_import *i)
{
	if (i->asked == ASKS && n->now - i->ask_at >= ASK_AGAIN)
		i->asked = 0;
	if (i->asked == ASKS || n->now < i->ask_at ||
	    !lease_address_concerns(&n->lease, &i->ip4, &i->mac) ||
	    !bucket_take(&n->import_rate, ASK_INTERVAL, ASK_BURST, n->now))
		return;
	lease_address_told(&n->lease, &i->ip4, &i->mac, n->now);
	n->counters[NODE_C_IMPORT_ASKED] += i->asked == 0;
	i->asked++;
	i->ask_at = n->now + ASK_SECOND;
}

static bool has_answered(const struct node *n, const struct node_import *i)
{
	struct lease_foreign_view v;

	return lease_foreign_find(&n->lease, &i->ip4, n->now, &v) && !v.told_only &&
	       mac_eq(&v.mac, &i->mac);
}

void imports_refresh(struct node *n)
{
	struct node_import *i;

	for (uint32_t cursor = 0; (i = table_next(&n->imports, &cursor));) {
		bool clash = import_clashes(n, i);

		if (clash && !i->clash)
			n->counters[NODE_C_IMPORT_CLASH]++;
		i->clash = clash;
		import_ask(n, i);
		if (!i->is_found && has_answered(n, i)) {
			i->is_found = true;
			n->counters[NODE_C_IMPORT_FOUND]++;
		}
		if (i->expires_at <= n->now)
			table_remove(&n->imports, i);
	}
}

bool node_import_next(const struct node *n, uint32_t *cursor, struct node_import *ret)
{
	const struct node_import *i = table_next(&n->imports, cursor);

	if (!i)
		return false;
	*ret = *i;
	return true;
}
