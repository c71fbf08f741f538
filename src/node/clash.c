/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clashes of two clouds, as people are told of them: both names, and the option that ends it.
 *
 *   VLAN     another SSID has our VLAN: the engine refuses its nodes, and says so of each once
 *   network  another cloud's ULA prefix begins as ours, so it has our IPv4 network too; or a
 *            foreign route overlaps our IPv4 network
 *
 * Looked at every second, so that what is shown ends with its cause. Other nodes of our own cloud
 * announce the very same prefixes: those are no clash.
 */
#include <string.h>

#include "core/conf/conf_table.h"
#include "node/internal.h"

#define BABEL_INFINITY 0xffff
#define OPTION4 "set option main_ipv4_address in 'lime network'"

static void tell(struct node *n, enum notice kind, const char *what, const struct mac *mac)
{
	struct effect_notice e = { .notice = kind };
	struct text t = text_init(n->clash.text, sizeof(n->clash.text));
	const char *both = n->clash.vlan[0] && n->clash.network[0] ? "; " : "";

	text_add(&t, "%s%s%s", n->clash.vlan, both, n->clash.network);
	if (mac)
		e.mac = *mac;
	text_copy(e.text, sizeof(e.text), what);
	node_notice(n, &e);
}

void clash_refused(struct node *n, const struct batman_clash *c)
{
	struct text t = text_init(n->clash.vlan, sizeof(n->clash.vlan));

	text_add(&t, "SSID '%.*s' has VLAN %u of our SSID '%s', nodes refuse each other: ",
		 c->ssid_len <= BATMAN_SSID_MAX ? c->ssid_len : BATMAN_SSID_MAX,
		 (const char *)c->ssid, (unsigned int)n->cloud.batadv_vlan, n->conf->wifi.ap_ssid);
	text_add(&t, "set option vlan_id in 'trama l2'");
	tell(n, NOTICE_CLASH_CLOUD, n->clash.vlan, &c->orig);
}

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

static void describe(const struct node *n, const struct event_route *r, struct text *t)
{
	struct net4 our4 = net4_base(&n->cloud.network4);
	struct net6 our6 = net6_base(&n->cloud.network6);
	char net[NET_TEXT], ours[NET_TEXT], six[NET_TEXT];

	net4_text(&our4, ours);
	if (r->v6)
		text_add(t, "cloud %s has the IPv4 network %s of our cloud %s",
			 net6_text(&r->to6, net), ours, net6_text(&our6, six));
	else
		text_add(t, "route %s overlaps our IPv4 network %s", net4_text(&r->to4, net), ours);
	text_add(t, ", IPv4 between them is out of order, IPv6 goes on: " OPTION4);
}

static void refresh_network(struct node *n)
{
	char now[sizeof(n->clash.network)] = "";
	struct text t = text_init(now, sizeof(now));
	struct node_route *r;
	bool ended;

	n->clash.routes_changed = false;
	for (uint32_t i = 0; !now[0] && (r = table_next(&n->routes, &i));)
		if (is_clash(n, &r->route))
			describe(n, &r->route, &t);
	if (!strcmp(now, n->clash.network))
		return;
	ended = !now[0];
	text_copy(n->clash.network, sizeof(n->clash.network), now);
	tell(n, ended ? NOTICE_CLASH_RESOLVED : NOTICE_CLASH_NETWORK, now, NULL);
}

void clash_refresh(struct node *n)
{
	if (n->clash.vlan[0] && !batman_refuses(n->batman)) {
		n->clash.vlan[0] = '\0';
		tell(n, NOTICE_CLASH_RESOLVED, "", NULL);
	}
	if (n->clash.routes_changed)
		refresh_network(n);
}
