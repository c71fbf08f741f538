/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From interfaces, addresses and routes to ports. */
#include "plat/linux/kernel/ports.h"

#include <linux/if_arp.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#include "plat/linux/kernel/vlan.h"
#include "plat/linux/kernel/wifi.h"

static bool names_have(const char *const *names, const char *name)
{
	for (; names && *names; names++) {
		if (!strcmp(*names, name))
			return true;
	}
	return false;
}

/* Names stand in configurations of other programs: in nft's text between quotation marks, where a
 * star is a wildcard. The kernel allows nearly everything. */
static bool name_is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_.:@-";

	return name[0] != '-' && name[0] != '.' && name[strspn(name, plain)] == '\0';
}

static bool is_port(const struct ports *ports, const struct ports_view *view,
		    const struct link_info *l)
{
	const struct link_info *master =
		l->master ? links_find_index(view->links, l->master) : NULL;

	if (names_have(ports->never, l->name) || !name_is_plain(l->name) || l->ours ||
	    wish_makes_link(view->wish, l->name) || vlan_is_hidden(view->wish, l->name))
		return false;
	if (names_have(ports->also, l->name))
		return true;
	if (l->type != ARPHRD_ETHER || (l->flags & IFF_LOOPBACK))
		return false;
	if (l->kind[0] && strcmp(l->kind, "veth") != 0 && strcmp(l->kind, "dsa") != 0)
		return false;
	return !l->master ||
	       (master && (master->ours || wish_makes_link(view->wish, master->name)));
}

int ports_ifindex(const struct ports *ports, uint16_t port)
{
	return port < NODE_PORTS && ports->v[port].used ? ports->v[port].ifindex : 0;
}

const struct port *ports_find(const struct ports *ports, int ifindex)
{
	for (size_t i = 0; i < NODE_PORTS; i++) {
		if (ports->v[i].here && ports->v[i].ifindex == ifindex)
			return &ports->v[i];
	}
	return NULL;
}

/* The slot of that name, else one never used, else the first of a port that has gone. NULL when all
 * are in use. */
static struct port *slot_for(struct ports *ports, const char *name)
{
	struct port *free_slot = NULL;

	for (size_t i = 0; i < NODE_PORTS; i++) {
		struct port *p = &ports->v[i];

		if (p->used && !strcmp(p->told.name, name))
			return p;
		if (!p->here && (!free_slot || (free_slot->used && !p->used)))
			free_slot = p;
	}
	return free_slot;
}

static void tell_port(const struct port *p, system_event_fn *fn, void *arg)
{
	struct event e = { .kind = EVENT_PORT, .port = p->told };

	fn(arg, &e);
}

static void tell_uplink(const struct port *p, system_event_fn *fn, void *arg)
{
	struct event e = { .kind = EVENT_UPLINK, .uplink = p->uplink };

	fn(arg, &e);
}

static void port_gone(struct port *p, system_event_fn *fn, void *arg)
{
	if (p->uplink_told) {
		p->uplink.gone = true;
		tell_uplink(p, fn, arg);
	}
	p->uplink_told = false;
	p->here = false;
	p->told.gone = true;
	p->told.carrier = false;
	tell_port(p, fn, arg);
}

static void ports_gone(struct ports *ports, const struct ports_view *view, system_event_fn *fn,
		       void *arg)
{
	for (size_t i = 0; i < NODE_PORTS; i++) {
		struct port *p = &ports->v[i];
		const struct link_info *l =
			p->here ? links_find_index(view->links, p->ifindex) : NULL;

		if (p->here &&
		    (!l || strcmp(l->name, p->told.name) != 0 || !is_port(ports, view, l)))
			port_gone(p, fn, arg);
	}
}

uint8_t ports_resolvers(FILE *in, struct ip4 ret[static NODE_RESOLVERS])
{
	char line[128], word[IP4_TEXT];
	uint8_t count = 0;

	while (count < NODE_RESOLVERS && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "nameserver %15s", word) == 1 &&
		    ip4_parse(word, &ret[count]) == 0 && ret[count].b[0] != 127)
			count++;
	}
	return count;
}

static uint8_t read_resolvers(struct ip4 ret[static NODE_RESOLVERS])
{
	static const char *const files[] = { "/etc/resolv.conf",
					     "/run/systemd/resolve/resolv.conf" };
	uint8_t count = 0;

	for (size_t i = 0; i < 2 && !count; i++) {
		FILE *in = fopen(files[i], "re");

		if (!in)
			continue;
		count = ports_resolvers(in, ret);
		fclose(in);
	}
	return count;
}

/* Addresses and routers that are not ours. True when there is an address; *ret_foreign when one of
 * them makes the port somebody else's. */
static bool find_uplink(const struct ports_view *view, const struct link_info *l,
			struct event_uplink *u, bool *ret_foreign)
{
	bool has4 = false, has6 = false;

	*ret_foreign = false;

	for (size_t i = 0; i < view->addrs->count; i++) {
		const struct addr_info *a = &view->addrs->v[i];

		if (a->index != l->index || (a->v6 ? has6 : has4) ||
		    !addr_is_foreign(a, l, view->found))
			continue;
		if (!addr_is_asked_for(a, l, view->found))
			*ret_foreign = true;
		/* Nothing can be sent from it before duplicate address detection is over. */
		if (a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
			continue;
		if (a->v6) {
			u->ip6 = (struct net6) { a->ip6, a->len };
			has6 = true;
		} else {
			u->ip4 = (struct net4) { a->ip4, a->len };
			has4 = true;
		}
	}
	return has4 || has6;
}

/* True when one of them makes the port somebody else's. */
static bool find_default(const struct ports_view *view, const struct link_info *l,
			 struct event_uplink *u, bool addressed, bool foreign)
{
	bool ret = false;

	for (size_t i = 0; i < view->routes->count; i++) {
		const struct route_info *r = &view->routes->v[i];

		if (r->oif != l->index || r->to4.len || r->to6.len || r->from6.len ||
		    r->type != RTN_UNICAST || r->protocol == WISH_PROTO ||
		    r->protocol == RTPROT_BABEL)
			continue;
		/* A router that is heard, and nothing taken from it: another node. */
		if (r->protocol == RTPROT_RA && !addressed)
			continue;
		if (r->has_via4 && ip4_is_zero(&u->router4))
			u->router4 = r->via4;
		if (r->v6 && r->has_via6 && ip6_is_zero(&u->router6))
			u->router6 = r->via6;
		ret |= foreign || r->protocol != RTPROT_RA;
	}
	return ret;
}

static void update_one(struct port *p, const struct ports_view *view, const struct link_info *l,
		       system_event_fn *fn, void *arg)
{
	struct event_port now;
	struct event_uplink uplink;
	bool addressed;

	/* Compared as bytes, so without padding left over. */
	memset(&now, 0, sizeof(now));
	memset(&uplink, 0, sizeof(uplink));
	now.port = p->told.port;
	now.kind = p->kind;
	now.carrier = (l->flags & IFF_UP) && l->carrier;
	now.served = p->served;
	now.mac = l->mac;
	now.mtu = l->mtu;
	text_copy(now.name, sizeof(now.name), l->name);
	addressed = find_uplink(view, l, &uplink, &now.foreign_address);
	now.foreign_default = find_default(view, l, &uplink, addressed, now.foreign_address);
	if (memcmp(&now, &p->told, sizeof(now)) != 0) {
		p->told = now;
		tell_port(p, fn, arg);
	}
	uplink.port = now.port;
	uplink.foreign = true;
	uplink.mtu = l->mtu;
	uplink.gone = !addressed;
	if (addressed)
		uplink.resolver_count = read_resolvers(uplink.resolvers);
	if (uplink.gone ? !p->uplink_told
			: p->uplink_told && !memcmp(&uplink, &p->uplink, sizeof(uplink)))
		return;
	p->uplink = uplink;
	p->uplink_told = !uplink.gone;
	tell_uplink(p, fn, arg);
}

static bool is_served(const struct ports_view *view, const struct link_info *l)
{
	const struct link_info *bridge =
		l->master ? links_find_index(view->links, l->master) : NULL;

	return bridge && bridge->ours;
}

static void port_new(struct port *p, uint16_t number, const struct ports_view *view,
		     const struct link_info *l)
{
	memset(p, 0, sizeof(*p));
	p->used = true;
	p->here = true;
	p->ifindex = l->index;
	p->kind = PORT_KIND_TUNNEL;
	if (l->type == ARPHRD_ETHER)
		p->kind = wifi_kind(l->index, &p->wifi);
	p->told.port = number;
	p->served = is_served(view, l);
}

/* As a new one, so that nothing of what it was stays. */
static void kind_check(struct port *p, system_event_fn *fn, void *arg)
{
	bool wifi;

	if (p->here && p->wifi && wifi_kind(p->ifindex, &wifi) != p->kind)
		port_gone(p, fn, arg);
}

void ports_update(struct ports *ports, const struct ports_view *view, system_event_fn *fn,
		  void *arg)
{
	ports_gone(ports, view, fn, arg);
	for (size_t i = 0; i < view->links->count; i++) {
		const struct link_info *l = &view->links->v[i];
		struct port *p;

		if (!is_port(ports, view, l))
			continue;
		p = slot_for(ports, l->name);
		if (!p)
			continue;
		kind_check(p, fn, arg);
		if (!p->here)
			port_new(p, (uint16_t)(p - ports->v), view, l);
		update_one(p, view, l, fn, arg);
	}
}
