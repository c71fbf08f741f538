/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases that other software gave in our cloud, as bridges learn them. They are listed and compared
 * with ours, and never take the place of one. */
#include "node/internal.h"

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
	if (!mac_eq(&i->mac, &e->mac))
		i->clash = false;
	i->mac = e->mac;
	text_copy(i->name, sizeof(i->name), e->name);
	i->expires_at =
		n->now + (usec_t)(e->ttl_s < IMPORT_TTL_MAX ? e->ttl_s : IMPORT_TTL_MAX) * USEC_S;
}

void imports_refresh(struct node *n)
{
	struct node_import *i;

	for (uint32_t cursor = 0; (i = table_next(&n->imports, &cursor));) {
		bool clash = import_clashes(n, i);

		if (clash && !i->clash)
			n->counters[NODE_C_IMPORT_CLASH]++;
		i->clash = clash;
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
