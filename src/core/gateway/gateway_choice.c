/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which gateway is used, why, and whom names are asked of. Pure questions: nothing here changes
 * anything. */
#include "core/gateway/gateway_path.h"

#include <string.h>

/* The uplink of ours that works, NULL if none does. */
static const struct gateway_port *own_uplink(const struct gateway *g, enum gateway_family f)
{
	for (unsigned i = 0; i < GATEWAY_UPLINK_MAX; i++)
		if (g->port[i].used && g->port[i].path[f].up)
			return &g->port[i];
	return NULL;
}

static const struct gateway_record *record_of_router(const struct gateway *g,
						     const uint8_t router_id[static 8])
{
	for (uint32_t i = 0; i < g->known_count; i++)
		if (!memcmp(g->known[i].router_id, router_id, 8))
			return &g->known[i];
	return NULL;
}

bool gateway_working(const struct gateway *g, enum gateway_family family)
{
	return own_uplink(g, family) != NULL;
}

struct gateway_used gateway_used(const struct gateway *g, enum gateway_family family)
{
	const struct gateway_port *own = own_uplink(g, family);
	struct gateway_used u = { .choice = GATEWAY_CHOICE_NONE };

	if (own) {
		u.choice = GATEWAY_CHOICE_OWN;
		u.port = own->port;
	} else if (g->routed[family]) {
		u.route = &g->route[family];
		u.record = record_of_router(g, u.route->router_id);
		u.choice = u.record ? GATEWAY_CHOICE_CLOSEST : GATEWAY_CHOICE_ANONYMOUS;
	}
	return u;
}

/* Adds what is not there yet. */
static size_t add(struct gateway_addr *list, size_t count, size_t max,
		  const struct gateway_addr *more, size_t more_count)
{
	for (size_t i = 0; i < more_count; i++) {
		size_t k = 0;

		while (k < count && !gateway_addr_eq(&list[k], &more[i]))
			k++;
		if (k == count && count < max)
			list[count++] = more[i];
	}
	return count;
}

/* Resolvers of our own uplinks, of the families that work. */
static size_t add_own(const struct gateway *g, struct gateway_addr *ret, size_t max)
{
	size_t n = 0;

	for (unsigned i = 0; i < GATEWAY_UPLINK_MAX; i++) {
		const struct gateway_port *p = &g->port[i];

		for (unsigned k = 0; p->used && k < p->uplink.resolver_count; k++) {
			const struct gateway_addr *a = &p->uplink.resolver[k];

			if (p->path[a->family].up)
				n = add(ret, n, max, a, 1);
		}
	}
	return n;
}

void gateway_own(const struct gateway *g, struct gateway_record *ret)
{
	for (unsigned f = 0; f < GATEWAY_FAMILIES; f++)
		ret->working[f] = gateway_working(g, (enum gateway_family)f);
	memset(ret->resolver, 0, sizeof(ret->resolver));
	ret->resolver_count = (uint8_t)add_own(g, ret->resolver, GATEWAY_RESOLVER_MAX);
}

size_t gateway_resolvers(const struct gateway *g, struct gateway_addr *ret, size_t max)
{
	size_t n = add(ret, 0, max, g->conf.resolver, g->conf.resolver_count);

	if (n == 0)
		n = add_own(g, ret, max);
	if (n > 0)
		return n;
	for (unsigned f = 0; f < GATEWAY_FAMILIES; f++) {
		const struct gateway_record *r = gateway_used(g, (enum gateway_family)f).record;

		if (r)
			n = add(ret, n, max, r->resolver, r->resolver_count);
	}
	for (uint32_t i = 0; n == 0 && i < g->known_count; i++) {
		const struct gateway_record *r = &g->known[i];

		if (r->working[GATEWAY_IP4] || r->working[GATEWAY_IP6])
			n = add(ret, n, max, r->resolver, r->resolver_count);
	}
	return n;
}
