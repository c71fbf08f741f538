/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The uplinks of this node and the gateways of the network.
 *
 * Timers, per uplink and family: next_at (the next probe in turn, or the next round), and for every
 * outstanding probe the moment when it is late and when it has failed.
 */
#include "core/gateway/gateway.h"

#include <errno.h>
#include <string.h>

#include "core/gateway/gateway_path.h"

static struct gateway_port *find(struct gateway *g, uint16_t port)
{
	for (unsigned i = 0; i < GATEWAY_UPLINK_MAX; i++)
		if (g->port[i].used && g->port[i].port == port)
			return &g->port[i];
	return NULL;
}

static void tell_changed(struct gateway *g)
{
	outq_push(g->out, GATEWAY_CHANGED, 0, 0, "", 0);
}

void gateway_init(struct gateway *g, const struct gateway_conf *conf, struct rng rng,
		  struct outq *out)
{
	memset(g, 0, sizeof(*g));
	g->conf = *conf;
	g->rng = rng;
	g->out = out;
	g->next_id = rng_u32(&g->rng);
}

void gateway_conf_set(struct gateway *g, const struct gateway_conf *conf, usec_t now)
{
	g->conf = *conf;
	for (unsigned i = 0; i < GATEWAY_UPLINK_MAX; i++)
		for (unsigned f = 0; g->port[i].used && f < GATEWAY_FAMILIES; f++)
			path_targets(g, &g->port[i], (enum gateway_family)f, now);
	tell_changed(g);
}

static bool same_resolvers(const struct gateway_uplink *a, const struct gateway_uplink *b)
{
	if (a->resolver_count != b->resolver_count)
		return false;
	for (unsigned i = 0; i < a->resolver_count; i++)
		if (!gateway_addr_eq(&a->resolver[i], &b->resolver[i]))
			return false;
	return true;
}

static bool same_family(const struct gateway_uplink *a, const struct gateway_uplink *b,
			enum gateway_family family)
{
	if (family == GATEWAY_IP4)
		return a->has4 == b->has4 && ip4_eq(&a->ip4.addr, &b->ip4.addr) &&
		       a->ip4.len == b->ip4.len && ip4_eq(&a->router4, &b->router4);
	return a->has6 == b->has6 && ip6_eq(&a->ip6.addr, &b->ip6.addr) &&
	       a->ip6.len == b->ip6.len && ip6_eq(&a->router6, &b->router6);
}

static struct gateway_port *add(struct gateway *g, uint16_t port)
{
	for (unsigned i = 0; i < GATEWAY_UPLINK_MAX; i++) {
		if (g->port[i].used)
			continue;
		g->port[i] = (struct gateway_port) { .used = true, .port = port };
		for (unsigned f = 0; f < GATEWAY_FAMILIES; f++)
			g->port[i].path[f].told = true;
		return &g->port[i];
	}
	return NULL;
}

int gateway_uplink_set(struct gateway *g, uint16_t port, const struct gateway_uplink *u, usec_t now)
{
	struct gateway_port *p = find(g, port);
	struct gateway_uplink old;
	bool fresh = !p;

	if (u->resolver_count > GATEWAY_RESOLVER_MAX)
		return -EINVAL;
	if (!p)
		p = add(g, port);
	if (!p)
		return -ENOSPC;
	fresh = fresh || p->leaving;
	p->leaving = false;
	old = p->uplink;
	p->uplink = *u;
	for (unsigned i = 0; i < GATEWAY_FAMILIES; i++) {
		enum gateway_family f = (enum gateway_family)i;

		if (fresh || !same_family(&old, u, f))
			path_restart(g, p, f, now);
		else if (!same_resolvers(&old, u))
			path_targets(g, p, f, now);
	}
	if (!fresh && !same_resolvers(&old, u))
		tell_changed(g);
	return 0;
}

void gateway_uplink_gone(struct gateway *g, uint16_t port, usec_t now)
{
	struct gateway_port *p = find(g, port);
	struct gateway_uplink none = { 0 };

	if (!p)
		return;
	p->uplink = none;
	for (unsigned f = 0; f < GATEWAY_FAMILIES; f++)
		path_restart(g, p, (enum gateway_family)f, now);
	/* not before GATEWAY_DOWN was told: path_tell tries again, then forgets the port */
	p->leaving = true;
	gateway_tick(g, now);
}

void gateway_probe_result(struct gateway *g, uint32_t id, enum gateway_result result,
			  uint32_t rtt_us, usec_t now)
{
	for (unsigned i = 0; i < GATEWAY_UPLINK_MAX; i++)
		for (unsigned f = 0; g->port[i].used && f < GATEWAY_FAMILIES; f++)
			if (path_result(g, &g->port[i], (enum gateway_family)f, id,
					&(struct path_answer) { result, rtt_us }, now))
				return;
	g->counters.unknown_results++;
}

void gateway_tick(struct gateway *g, usec_t now)
{
	for (unsigned i = 0; i < GATEWAY_UPLINK_MAX; i++) {
		struct gateway_port *p = &g->port[i];
		bool told = true;

		for (unsigned f = 0; p->used && f < GATEWAY_FAMILIES; f++) {
			path_tick(g, p, (enum gateway_family)f, now);
			told = told && p->path[f].told;
		}
		if (p->used && p->leaving && told)
			memset(p, 0, sizeof(*p));
	}
}

usec_t gateway_deadline(const struct gateway *g)
{
	usec_t at = USEC_NEVER;

	for (unsigned i = 0; i < GATEWAY_UPLINK_MAX; i++)
		for (unsigned f = 0; g->port[i].used && f < GATEWAY_FAMILIES; f++)
			at = usec_min(at, path_deadline(&g->port[i].path[f]));
	return at;
}

int gateway_record_set(struct gateway *g, const struct gateway_record *r)
{
	uint32_t i = 0;

	if (r->resolver_count > GATEWAY_RESOLVER_MAX)
		return -EINVAL;
	while (i < g->known_count && memcmp(g->known[i].owner, r->owner, sizeof(r->owner)) != 0)
		i++;
	if (i == GATEWAY_KNOWN_MAX) {
		g->counters.known_full++;
		return -ENOSPC;
	}
	if (i == g->known_count)
		g->known_count++;
	g->known[i] = *r;
	tell_changed(g);
	return 0;
}

void gateway_record_gone(struct gateway *g, const uint8_t owner[static 8])
{
	for (uint32_t i = 0; i < g->known_count; i++) {
		if (memcmp(g->known[i].owner, owner, sizeof(g->known[i].owner)) != 0)
			continue;
		g->known[i] = g->known[--g->known_count];
		tell_changed(g);
		return;
	}
}

void gateway_default_route(struct gateway *g, enum gateway_family family,
			   const struct gateway_route *r)
{
	bool routed = r != NULL;
	bool changed = routed != g->routed[family] ||
		       (r && memcmp(r->router_id, g->route[family].router_id, 8) != 0);

	g->routed[family] = routed;
	g->route[family] = r ? *r : (struct gateway_route) { 0 };
	if (changed)
		tell_changed(g);
}

const struct gateway_port *gateway_get(const struct gateway *g, uint16_t port)
{
	for (unsigned i = 0; i < GATEWAY_UPLINK_MAX; i++)
		if (g->port[i].used && g->port[i].port == port)
			return &g->port[i];
	return NULL;
}
