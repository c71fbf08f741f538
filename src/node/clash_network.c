/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another cloud, beyond Babel, that has our IPv4 network: its ULA prefix begins as ours, so the
 * network follows from it; or a foreign route overlaps ours; or a route is just the same as ours
 * and whoever announces it does not announce our ULA prefix.
 *
 * The last one is slow to be sure of. Nodes of our own cloud, of trama or LibreMesh, announce both
 * prefixes, but a neighbour that is not one of them passes on one route per prefix, and the two may
 * be of different nodes; and either route may come late or get lost for a while. So a neighbour
 * that redistributes the route itself must redistribute the prefix too, others count by port, and
 * people are told after TWIN_GRACE.
 */
#include <string.h>

#include "core/conf/conf_table.h"
#include "node/internal.h"

#define BABEL_INFINITY 0xffff
#define TWIN_GRACE (40 * USEC_S) /* two updates of a babeld with its own defaults, and some */

/* ---- routes that Babel uses ---- */

static bool overlaps(const struct node *n, const struct event_route *r)
{
	return !r->v6 && r->to4.len && net4_overlaps(&r->to4, &n->cloud.network4);
}

/* Where an administrator has set our network, or theirs, equal names do not mean equal networks. */
static bool has_other_network(struct node *n, const struct event_route *theirs)
{
	const struct conf_option *o = conf_option_find("lime network", "main_ipv4_address");
	struct node_route *r;

	if (!o || strcmp(n->conf->network.main_ipv4_address, o->def) != 0)
		return true;
	for (uint32_t i = 0; (r = table_next(&n->routes, &i));)
		if (!r->route.v6 && r->route.to4.len && r->route.to4.len < 32 &&
		    !overlaps(n, &r->route) &&
		    !memcmp(r->route.router_id, theirs->router_id, sizeof(theirs->router_id)))
			return true;
	return false;
}

static bool is_clash(struct node *n, const struct event_route *r)
{
	const struct net6 *our6 = &n->cloud.network6;
	const struct net4 *our4 = &n->cloud.network4;

	if (r->metric == BABEL_INFINITY) /* was lost, Babel still knows of it */
		return false;
	if (!r->v6) /* host routes are those of a cloud that is cut in two */
		return overlaps(n, r) && r->to4.len < 32 &&
		       (r->to4.len != our4->len || !ip4_eq(&r->to4.addr, &our4->addr));
	return r->to6.len == 64 && r->to6.addr.b[0] == 0xfd &&
	       r->to6.addr.b[0] == our6->addr.b[0] && r->to6.addr.b[1] == our6->addr.b[1] &&
	       !ip6_eq(&r->to6.addr, &our6->addr) && !has_other_network(n, r);
}

static void add_end(const struct node *n, struct text *t)
{
	struct net6 our6 = net6_base(&n->cloud.network6);
	char six[NET_TEXT];

	text_add(t,
		 " of our SSID '%s', cloud %s, IPv4 between them is out of order, IPv6 goes on: ",
		 n->conf->wifi.ap_ssid, net6_text(&our6, six));
	text_add(t, "set option main_ipv4_address in 'lime network'");
}

static void describe(const struct node *n, const struct event_route *r, struct text *t)
{
	struct net4 our4 = net4_base(&n->cloud.network4);
	char net[NET_TEXT], ours[NET_TEXT];

	net4_text(&our4, ours);
	if (r->v6)
		text_add(t, "cloud %s has the IPv4 network %s", net6_text(&r->to6, net), ours);
	else
		text_add(t, "route %s overlaps the IPv4 network %s", net4_text(&r->to4, net), ours);
	add_end(n, t);
}

/* ---- twins of our own routes ---- */

static struct clash_twin *twin_place(struct node *n, const struct event_route *r)
{
	struct clash_twin *place = NULL;

	for (int i = 0; i < NODE_TWINS; i++) {
		struct clash_twin *t = &n->clash.twins[i];

		if (t->used && t->route.v6 == r->v6 && t->route.port == r->port &&
		    ip4_eq(&t->route.via4, &r->via4) && ip6_eq(&t->route.via6, &r->via6))
			return t;
		if (!t->used && !place)
			place = t;
	}
	return place;
}

void clash_twin(struct node *n, const struct event_route *r)
{
	struct clash_twin *t = twin_place(n, r);

	if (!t) {
		n->counters[NODE_C_TWIN_FULL]++;
		n->clash.twins_lost |= !r->gone;
		return;
	}
	if (r->gone)
		t->used = false;
	else if (t->used)
		t->route = *r;
	else
		*t = (struct clash_twin) { .used = true, .route = *r, .alone_since = USEC_NEVER };
}

/* Is this IPv4 route one of our own cloud? */
static bool is_ours(const struct node *n, const struct event_route *four)
{
	for (int i = 0; i < NODE_TWINS; i++) {
		const struct clash_twin *t = &n->clash.twins[i];

		if (!t->used || !t->route.v6)
			continue;
		if (!memcmp(t->route.router_id, four->router_id, sizeof(four->router_id)) ||
		    (!four->direct && t->route.port == four->port))
			return true;
	}
	return false;
}

/* One that is not ours, for long enough. */
static const struct event_route *twin_foreign(struct node *n)
{
	const struct event_route *found = NULL;

	for (int i = 0; i < NODE_TWINS; i++) {
		struct clash_twin *t = &n->clash.twins[i];

		if (!t->used || t->route.v6)
			continue;
		if (is_ours(n, &t->route))
			t->alone_since = USEC_NEVER;
		else if (t->alone_since == USEC_NEVER)
			t->alone_since = n->now;
		else if (!found && n->now - t->alone_since >= TWIN_GRACE)
			found = &t->route;
	}
	return n->clash.twins_lost ? NULL : found;
}

/* The ULA prefix that this router announces, if it does. */
static const struct net6 *ula_of(const struct node *n, const uint8_t id[static 8])
{
	const struct node_route *r;

	for (uint32_t i = 0; (r = table_next(&n->routes, &i));)
		if (r->route.v6 && r->route.to6.len >= 48 && r->route.to6.addr.b[0] == 0xfd &&
		    r->route.metric != BABEL_INFINITY && !memcmp(r->route.router_id, id, 8))
			return &r->route.to6;
	return NULL;
}

static void describe_twin(const struct node *n, const struct event_route *r, struct text *t)
{
	const struct net6 *ula = ula_of(n, r->router_id);
	struct net4 our4 = net4_base(&n->cloud.network4);
	char net[NET_TEXT];

	text_add(t, "%s %s", ula ? "cloud" : "router", ula ? net6_text(ula, net) : "");
	for (int i = 0; !ula && i < 8; i++)
		text_add(t, "%s%02x", i ? ":" : "", r->router_id[i]);
	text_add(t, " has the IPv4 network %s", net4_text(&our4, net));
	add_end(n, t);
}

/* ---- both ---- */

void clash_network_refresh(struct node *n)
{
	char now[NOTICE_TEXT] = "";
	struct text t = text_init(now, sizeof(now));
	const struct event_route *twin = twin_foreign(n);
	struct node_route *r;

	for (uint32_t i = 0; !now[0] && (r = table_next(&n->routes, &i));)
		if (is_clash(n, &r->route))
			describe(n, &r->route, &t);
	if (!now[0] && twin)
		describe_twin(n, twin, &t);
	if (strcmp(now, n->clash.part[CLASH_NETWORK]) != 0)
		clash_set(n, CLASH_NETWORK, now, NULL, true);
}
