/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel should look like, from the state of the node.
 *
 *   clients -- [client ports] -- br0 -- bat0 = bat0p -- node process -- <port>_<vid> -- mesh ports
 *                                 |                      (cloud engine)
 *                            anygwp = anygw: anycast MAC and addresses, default gateway of all
 * clients
 *
 * Routing, by priority: replies of the anycast addresses by table 170; what is connected (main
 * table without default routes); what Babel learnt (without default routes); the default routes in
 * use. So the own cloud is always the connected route, and nobody's default route in the main table
 * decides for the clients. Only while the cloud is cut do Babel's routes to single hosts go before
 * that.
 */
#include <stdio.h>
#include <string.h>

#include "node/internal.h"

#define ANYCAST "anygw"
#define CLOUD_MTU 1500

/* Below everything that an administrator is likely to use, above main. */
enum rule_priority {
	RULE_ANYCAST = 170,
	RULE_HOSTS = 1699,
	RULE_CONNECTED = 1700,
	RULE_MESH = 1701,
	RULE_EXIT = 1702,
};

static struct wish_link *add_link(struct wish *w, enum wish_link_kind kind, const char *name)
{
	static struct wish_link overflow;
	struct wish_link *l = w->link_count < WISH_LINKS ? &w->links[w->link_count++] : &overflow;

	memset(l, 0, sizeof(*l));
	l->kind = kind;
	l->up = true;
	text_copy(l->name, sizeof(l->name), name);
	return l;
}

static void add_addr4(struct wish *w, const char *dev, struct ip4 addr, uint8_t len,
		      bool noprefixroute)
{
	struct wish_addr *a;

	if (w->addr_count == WISH_ADDRS)
		return;
	a = &w->addrs[w->addr_count++];
	*a = (struct wish_addr) { .ip4 = { addr, len }, .noprefixroute = noprefixroute };
	text_copy(a->dev, sizeof(a->dev), dev);
}

static void add_addr6(struct wish *w, const char *dev, struct ip6 addr, uint8_t len,
		      bool noprefixroute)
{
	struct wish_addr *a;

	if (w->addr_count == WISH_ADDRS)
		return;
	a = &w->addrs[w->addr_count++];
	*a = (struct wish_addr) {
		.v6 = true, .ip6 = { addr, len }, .noprefixroute = noprefixroute, .nodad = true
	};
	text_copy(a->dev, sizeof(a->dev), dev);
}

static struct wish_route *add_route(struct wish *w, bool v6, uint32_t table, const char *dev)
{
	static struct wish_route overflow;
	struct wish_route *r =
		w->route_count < WISH_ROUTES ? &w->routes[w->route_count++] : &overflow;

	*r = (struct wish_route) { .v6 = v6, .table = table };
	text_copy(r->dev, sizeof(r->dev), dev);
	return r;
}

static struct wish_rule *add_rule(struct wish *w, bool v6, uint32_t priority, uint32_t table)
{
	static struct wish_rule overflow;
	struct wish_rule *r = w->rule_count < WISH_RULES ? &w->rules[w->rule_count++] : &overflow;

	*r = (struct wish_rule) {
		.v6 = v6, .priority = priority, .table = table, .suppress_prefixlength = -1
	};
	return r;
}

static struct wish_sysctl *add_sysctl(struct wish *w, int value, const char *family,
				      const char *dev, const char *key)
{
	static struct wish_sysctl overflow;
	struct wish_sysctl *s =
		w->sysctl_count < WISH_SYSCTLS ? &w->sysctls[w->sysctl_count++] : &overflow;

	s->value = value;
	snprintf(s->path, sizeof(s->path), "%s/%s/%s", family, dev, key);
	return s;
}

static void add_veth(struct wish *w, const char *name, const char *peer)
{
	struct wish_link *l = add_link(w, WISH_VETH, name);

	text_copy(l->peer, sizeof(l->peer), peer);
	l->mtu = CLOUD_MTU;
	l->no_offload = true;
}

/* bat0 in the bridge: one end of a pair whose other end is the node process, or the kernel's own.
 */
static void cloud_links(const struct node *n, struct wish *w)
{
	struct wish_link *l;

	w->batadv.used = n->conf->l2.engine == CONF_ENGINE_KERNEL;
	if (w->batadv.used) {
		l = add_link(w, WISH_BATADV, NODE_CLOUD);
		l->mtu = CLOUD_MTU;
		/* announced by the kernel for good, and the bridge's */
		l->mac = n->cloud_mac;
		w->batadv.orig_interval_ms = (uint32_t)n->conf->network.batadv_orig_interval_ms;
		w->batadv.hop_penalty = NODE_HOP_PENALTY;
		w->batadv.aggregated_ogms = n->conf->l2.aggregated_ogms;
		vlans_wish(n, &w->batadv);
	} else {
		add_veth(w, NODE_CLOUD, NODE_CLOUD "p");
		add_veth(w, NODE_CLOUD "p", NODE_CLOUD);
		w->links[w->link_count - 1].no_ipv6 = true;
		l = &w->links[w->link_count - 2];
	}
	text_copy(l->master, sizeof(l->master), NODE_BRIDGE);
	l->no_ipv6 = true;
}

static void bridge_links(const struct node *n, struct wish *w)
{
	struct wish_link *l = add_link(w, WISH_BRIDGE, NODE_BRIDGE);

	l->mac = n->cloud_mac;
	l->mtu = CLOUD_MTU;
	l->has_neigh_app_solicit = true;

	cloud_links(n, w);
	add_veth(w, ANYCAST, ANYCAST "p");
	l = &w->links[w->link_count - 1];
	l->mac = n->cloud.anygw_mac;
	l->no_offload = false;
	add_veth(w, ANYCAST "p", ANYCAST);
	l = &w->links[w->link_count - 1];
	text_copy(l->master, sizeof(l->master), NODE_BRIDGE);
	l->no_learning = true;
	l->no_unicast_flood = true;
	l->no_ipv6 = true;
	l->no_offload = false;

	text_copy(w->fdb[0].dev, sizeof(w->fdb[0].dev), ANYCAST "p");
	w->fdb[0].mac = n->cloud.anygw_mac;
	w->fdb_count = 1;
}

static void bridge_addresses(const struct node *n, struct wish *w)
{
	const struct cloud *c = &n->cloud;

	add_addr4(w, NODE_BRIDGE, c->node4, c->network4.len, false);
	add_addr6(w, NODE_BRIDGE, c->node6, c->network6.len, false);
	add_addr4(w, ANYCAST, c->anygw4, c->network4.len, true);
	add_addr6(w, ANYCAST, c->anygw6, c->network6.len, true);
	add_addr6(w, ANYCAST, ip6_link_local(&c->anygw_mac), 64, false);
	add_sysctl(w, 1, "ipv6/conf", ANYCAST,
		   "addr_gen_mode"); /* none by the kernel, so no detection of duplicates */
	for (int i = 0; i < 2; i++) {
		const char *dev = i ? ANYCAST : NODE_BRIDGE;

		add_sysctl(w, 1, "ipv4/conf", dev, "arp_ignore");
		add_sysctl(w, 2, "ipv4/conf", dev, "arp_announce");
		add_sysctl(w, 0, "ipv4/conf", dev, "rp_filter");
		add_sysctl(w, 0, "ipv6/conf", dev, "accept_ra");
		add_sysctl(w, 0, "ipv4/conf", dev, "send_redirects");
	}
	add_sysctl(w, 0, "ipv6/conf", NODE_BRIDGE, "accept_dad");
}

static void general(const struct node *n, struct wish *w)
{
	add_sysctl(w, 1, "ipv4", "conf/all", "forwarding");
	add_sysctl(w, 1, "ipv6", "conf/all", "forwarding");
	add_sysctl(w, 0, "ipv4", "conf/all", "rp_filter");
	for (int v6 = 0; v6 < 2; v6++) {
		if (n->parts_routed)
			add_rule(w, v6, RULE_HOSTS, WISH_TABLE_EXPORT)->suppress_prefixlength =
				v6 ? 127 : 31;
		add_rule(w, v6, RULE_CONNECTED, 254)->suppress_prefixlength = 0;
		add_rule(w, v6, RULE_MESH, WISH_TABLE_EXPORT)->suppress_prefixlength = 0;
		add_rule(w, v6, RULE_EXIT, WISH_TABLE_EXIT);
	}
}

static void anycast_routes(const struct node *n, struct wish *w)
{
	const struct cloud *c = &n->cloud;

	add_rule(w, false, RULE_ANYCAST, WISH_TABLE_ANYCAST)->from4 =
		(struct net4) { c->anygw4, 32 };
	add_rule(w, true, RULE_ANYCAST, WISH_TABLE_ANYCAST)->from6 =
		(struct net6) { c->anygw6, 128 };
	add_route(w, false, WISH_TABLE_ANYCAST, ANYCAST)->to4 = c->network4;
	add_route(w, true, WISH_TABLE_ANYCAST, ANYCAST)->to6 = c->network6;
	add_route(w, false, WISH_TABLE_IMPORT, NODE_BRIDGE)->to4 = c->network4;
	add_route(w, true, WISH_TABLE_IMPORT, NODE_BRIDGE)->to6 = c->network6;
}

static uint16_t vlan_proto(enum conf_vlan_protocol p)
{
	return p == CONF_VLAN_8021AD ? 0x88a8 : 0x8100;
}

static void vlan_link(const struct node *n, struct wish *w, const char *name, const char *parent,
		      uint16_t vid)
{
	struct wish_link *l = add_link(w, WISH_VLAN, name);
	bool l3 = vid == n->cloud.babel_vlan;

	text_copy(l->parent, sizeof(l->parent), parent);
	l->vid = vid;
	l->vlan_proto = vlan_proto(l3 ? n->conf->l3.vlan_protocol : n->conf->l2.vlan_protocol);
	l->no_offload = true;
}

static void babel_port(const struct node *n, struct wish *w, const struct node_port *p)
{
	struct wish_babel_port *b = &w->babel[w->babel_count++];

	text_copy(b->dev, sizeof(b->dev), p->babel_dev);
	b->wired = p->info.kind == PORT_KIND_ETHERNET;
	add_addr4(w, p->babel_dev, n->cloud.node4, 32, true);
	add_sysctl(w, 0, "ipv4/conf", p->babel_dev, "rp_filter");
	add_sysctl(w, 0, "ipv6/conf", p->babel_dev, "accept_ra");
	add_sysctl(w, 0, "ipv4/conf", p->babel_dev, "send_redirects");
}

static void mesh_port(const struct node *n, struct wish *w, const struct node_port *p)
{
	struct wish_link *l;

	if (p->decision.mesh && n->cloud.batadv_vlan) {
		vlan_link(n, w, p->mesh_dev, p->info.name, n->cloud.batadv_vlan);
		l = &w->links[w->link_count - 1];
		l->mac = p->batman_mac;
		l->no_ipv6 = true;
		if (w->batadv.used)
			text_copy(l->master, sizeof(l->master), NODE_CLOUD);
	}
	if (p->decision.mesh && n->cloud.babel_vlan) {
		vlan_link(n, w, p->babel_dev, p->info.name, n->cloud.babel_vlan);
		l = &w->links[w->link_count - 1];
		l->mac = p->info.mac;
	}
	if (p->decision.mesh || p->decision.mesh_l3)
		babel_port(n, w, p);
}

/* A default route by an uplink, for the tables that it belongs into. */
static void uplink_route(const struct node_port *p, struct wish *w, bool v6, uint32_t table,
			 uint32_t metric)
{
	struct wish_route *r = add_route(w, v6, table, p->info.name);

	r->metric = metric;
	r->via4 = v6 ? (struct ip4) { 0 } : p->uplink.router4;
	r->via6 = v6 ? p->uplink.router6 : (struct ip6) { 0 };
	r->onlink = true;
}

static void uplink_filter(const struct node *n, struct wish *w, const struct node_port *p)
{
	struct wish_uplink *u;

	if (w->filter.uplink_count == WISH_UPLINKS)
		return;
	u = &w->filter.uplinks[w->filter.uplink_count++];
	text_copy(u->dev, sizeof(u->dev), p->info.name);
	u->network4 = p->uplink4 ? net4_base(&p->uplink.ip4) : (struct net4) { 0 };
	u->network6 = p->uplink6 ? net6_base(&p->uplink.ip6) : (struct net6) { 0 };
	u->masquerade4 = true;
	u->masquerade6 = n->conf->uplink.nat66;
	u->allow_private = n->conf->uplink.allow_private;
}

static void uplink_port(const struct node *n, struct wish *w, uint16_t index)
{
	const struct node_port *p = &n->ports[index];
	bool ours = p->decision.uplink_dhcp || p->decision.uplink_static;

	if (!ours && !p->decision.uplink_foreign)
		return;
	if (p->decision.uplink_dhcp && w->child_count < WISH_CHILDREN) {
		struct wish_child *c = &w->children[w->child_count++];

		*c = (struct wish_child) { .kind = CHILD_DHCP, .port = index };
		text_copy(c->dev, sizeof(c->dev), p->info.name);
	}
	uplink_filter(n, w, p);
	/* although this machine forwards, and although the port was silent as long as it was none
	 */
	add_sysctl(w, 2, "ipv6/conf", p->info.name, "accept_ra")->unless_zero = !ours;
	if (ours)
		add_sysctl(w, 0, "ipv6/conf", p->info.name, "disable_ipv6");
	if (ours && p->uplink4) {
		add_addr4(w, p->info.name, p->uplink.ip4.addr, p->uplink.ip4.len, false);
		/* last resort, and the way of the probes while the uplink is not in use */
		if (!ip4_is_zero(&p->uplink.router4))
			uplink_route(p, w, false, 254, 4096u + index);
	}
	if (p->decision.uplink_static && p->uplink6) {
		add_addr6(w, p->info.name, p->uplink.ip6.addr, p->uplink.ip6.len, false);
		uplink_route(p, w, true, 254, 4096u + index);
	}
}

static void ports(const struct node *n, struct wish *w)
{
	for (uint16_t i = 0; i < NODE_PORTS; i++) {
		const struct node_port *p = &n->ports[i];
		bool uplink = p->decision.uplink_dhcp || p->decision.uplink_static ||
			      p->decision.uplink_foreign;
		struct wish_link *l;

		if (!p->used)
			continue;
		if (p->decision.mesh || p->decision.client || p->decision.uplink_dhcp ||
		    p->decision.uplink_static) {
			l = add_link(w, WISH_EXISTING, p->info.name);
			if (p->decision.client)
				text_copy(l->master, sizeof(l->master), NODE_BRIDGE);
			else if (p->decision.mesh && w->batadv.used && !n->cloud.batadv_vlan)
				text_copy(l->master, sizeof(l->master), NODE_CLOUD);
			/* a port with an address of somebody else keeps everything as it is */
			l->no_offload = p->decision.mesh && !p->decision.uplink_foreign;
			/* what the port itself would say is heard by the bridges of others */
			l->no_ipv6 = p->decision.mesh && !uplink && n->cloud.babel_vlan;
			if (!uplink) {
				add_sysctl(w, 0, "ipv6/conf", p->info.name, "accept_ra");
				/* the node's address is at the bridge's MAC, not at a port's whose
				 * wire another node's bridge floods */
				add_sysctl(w, 1, "ipv4/conf", p->info.name, "arp_ignore");
			}
		} else if (!p->decision.uplink_foreign) {
			/* nothing decided yet: bring it up, or its carrier would never show */
			add_link(w, WISH_EXISTING, p->info.name);
		}
		mesh_port(n, w, p);
		uplink_port(n, w, i);
	}
}

/* The default routes in use: table EXIT for ourselves and our clients, table IMPORT for everybody
 * else. */
static void exits(const struct node *n, struct wish *w)
{
	for (int f = 0; f < GATEWAY_FAMILIES; f++) {
		struct gateway_used u = gateway_used(&n->gateway, (enum gateway_family)f);
		bool v6 = f == GATEWAY_IP6;
		struct wish_route *r;

		if (u.choice == GATEWAY_CHOICE_OWN) {
			if (v6 && !n->conf->uplink.nat66)
				continue; /* only this provider's addresses may leave there */
			uplink_route(&n->ports[u.port], w, v6, WISH_TABLE_EXIT, 0);
			uplink_route(&n->ports[u.port], w, v6, WISH_TABLE_IMPORT, 0);
		} else if (u.route && u.route->port < NODE_PORTS && n->ports[u.route->port].used) {
			r = add_route(w, v6, WISH_TABLE_EXIT, n->ports[u.route->port].babel_dev);
			r->via4 = u.route->via4;
			r->via6 = u.route->via6;
			r->onlink = true;
		}
	}
}

static void filter(const struct node *n, struct wish *w)
{
	struct wish_filter *f = &w->filter;

	f->anycast_mac = n->cloud.anygw_mac;
	f->anycast4 = n->cloud.anygw4;
	f->anycast6 = n->cloud.anygw6;
	f->anycast_link_local = ip6_link_local(&n->cloud.anygw_mac);
	f->cloud4 = n->cloud.network4;
	f->cloud6 = n->cloud.network6;
	f->batman_vid = n->cloud.batadv_vlan;
	f->babel_vid = n->cloud.babel_vlan;
	f->batman_proto = vlan_proto(n->conf->l2.vlan_protocol);
	f->babel_proto = vlan_proto(n->conf->l3.vlan_protocol);
	text_copy(f->bridge, sizeof(f->bridge), NODE_BRIDGE);
	text_copy(f->cloud, sizeof(f->cloud), NODE_CLOUD);
	text_copy(f->anycast, sizeof(f->anycast), ANYCAST);
	text_copy(f->anycast_port, sizeof(f->anycast_port), ANYCAST "p");
}

static void names(const struct node *n, struct wish *w)
{
	struct gateway_addr r[GATEWAY_RESOLVER_MAX];
	size_t count = gateway_resolvers(&n->gateway, r, GATEWAY_RESOLVER_MAX);

	text_copy(w->dns.domain, sizeof(w->dns.domain), n->conf->system.domain);
	w->dns.listen4 = n->cloud.anygw4;
	w->dns.listen6 = n->cloud.anygw6;
	w->dns.own4 = n->cloud.node4;
	w->dns.own6 = n->cloud.node6;
	for (size_t i = 0; i < count && i < NODE_RESOLVERS; i++) {
		if (r[i].family == GATEWAY_IP4 && !ip4_eq(&r[i].ip4, &n->cloud.node4))
			w->dns.upstreams[w->dns.upstream_count++] = r[i].ip4;
		/* a link-local one would have to name its port */
		if (r[i].family == GATEWAY_IP6 && !ip6_eq(&r[i].ip6, &n->cloud.node6) &&
		    !ip6_is_link_local(&r[i].ip6))
			w->dns.upstreams6[w->dns.upstream6_count++] = r[i].ip6;
	}
}

void wish_compute(const struct node *n, struct wish *w)
{
	memset(w, 0, sizeof(*w));
	bridge_links(n, w);
	bridge_addresses(n, w);
	general(n, w);
	anycast_routes(n, w);
	w->children[w->child_count++].kind = CHILD_BABELD;
	w->children[w->child_count++].kind = CHILD_DNSMASQ;
	ports(n, w);
	exits(n, w);
	filter(n, w);
	names(n, w);
	w->babel_key = n->conf->security.community_key[0] != '\0';
	w->has_parts = cut_is_cut(&n->cut);
	hosts_wish(n, w);
}
