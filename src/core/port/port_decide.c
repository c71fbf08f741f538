/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/port/port_decide.h"

/* A node with a higher MAC that serves leaves when it hears us; longer than this it would have said
 * so. */
#define HANDOVER (2 * USEC_S)

static bool is_foreign(const struct port_info *i)
{
	return i->foreign_address || i->foreign_default;
}

bool port_sends_hello(const struct port_info *i)
{
	return i->carrier && (i->role == PORT_ROLE_AUTO || i->role == PORT_ROLE_MESH) &&
	       (i->medium == PORT_MEDIUM_ETHERNET || i->medium == PORT_MEDIUM_RADIO);
}

bool port_wants_test(const struct port_info *i)
{
	return i->carrier && i->role == PORT_ROLE_AUTO && i->medium == PORT_MEDIUM_ETHERNET &&
	       !i->proto_static && !is_foreign(i);
}

bool port_is_serving(const struct port_entry *e)
{
	return e->decision.client;
}

bool port_decision_eq(const struct port_decision *a, const struct port_decision *b)
{
	return a->mesh == b->mesh && a->mesh_l3 == b->mesh_l3 && a->client == b->client &&
	       a->uplink_dhcp == b->uplink_dhcp && a->uplink_static == b->uplink_static &&
	       a->uplink_foreign == b->uplink_foreign;
}

/* The other port of this node that sent the hello, NULL if it is none of ours. */
static const struct port_entry *own_port(const struct port *p, const struct port_hello *h)
{
	if (!mac_eq(&h->node_mac, &p->conf.node_mac))
		return NULL;
	for (uint16_t i = 0; i < PORT_MAX; i++)
		if (p->entry[i].used && mac_eq(&p->entry[i].info.mac, &h->port_mac))
			return &p->entry[i];
	return NULL;
}

/* The sender goes before us; two nodes with one MAC (a mistake of somebody) are told apart by their
 * ports. */
static bool is_lower(const struct port *p, const struct port_entry *e, const struct port_hello *h)
{
	int c = mac_cmp(&h->node_mac, &p->conf.node_mac);

	return c ? c < 0 : mac_cmp(&h->port_mac, &e->info.mac) < 0;
}

/* A port that serves gives way to another port of ours that serves at this moment (one of them
 * hears it first, the other then stays); one that does not serve waits until none served for a
 * while. */
static bool own_serves(const struct port_entry *e, const struct port_entry *other,
		       const struct port_heard *heard, usec_t now)
{
	return port_is_serving(other) || (!port_is_serving(e) && now < heard->served_until);
}

/* Who may serve the wire. */
static enum port_reason elect(const struct port *p, const struct port_entry *e, usec_t now,
			      struct mac *ret_because)
{
	enum port_reason reason = PORT_SERVES;

	if (e->foreign_count > 0) {
		*ret_because = e->foreign[0].mac;
		return PORT_WAITS_FOREIGN;
	}
	for (uint32_t i = 0; i < e->heard_count; i++) {
		const struct port_heard *heard = &e->heard[i];
		const struct port_hello *h = &heard->hello;
		const struct port_entry *own = own_port(p, h);

		if (own) {
			if (reason == PORT_WAITS_LOWER || !own_serves(e, own, heard, now))
				continue;
			reason = PORT_WAITS_OWN;
			*ret_because = h->port_mac;
		} else if (is_lower(p, e, h)) {
			if (reason == PORT_WAITS_LOWER && mac_cmp(ret_because, &h->node_mac) < 0)
				continue;
			reason = PORT_WAITS_LOWER;
			*ret_because = h->node_mac;
		} else if (reason == PORT_SERVES && !port_is_serving(e) && h->serves &&
			   now < heard->at + HANDOVER) {
			reason = PORT_WAITS_HANDOVER;
			*ret_because = h->node_mac;
		}
	}
	return reason;
}

static enum port_reason decide_foreign(const struct port_info *i, struct port_decision *d)
{
	d->uplink_foreign = true;
	return i->foreign_default ? PORT_UPLINK_DEFAULT : PORT_UPLINK_ADDRESS;
}

/* Ports whose role is configured, or follows from what they are. */
static enum port_reason decide_fixed(const struct port_info *i, struct port_decision *d)
{
	d->mesh = i->role == PORT_ROLE_AUTO || i->role == PORT_ROLE_MESH;
	if (is_foreign(i)) {
		enum port_reason reason = decide_foreign(i, d);

		return i->role == PORT_ROLE_MESH ? PORT_MESH_ROLE : reason;
	}
	if (i->role == PORT_ROLE_MESH)
		return PORT_MESH_ROLE;
	if (i->role == PORT_ROLE_CLIENT) {
		d->client = true;
		return PORT_CLIENT_ROLE;
	}
	if (i->proto_static) {
		d->uplink_static = true;
		return PORT_UPLINK_STATIC;
	}
	if (i->role == PORT_ROLE_UPLINK) {
		d->uplink_dhcp = i->carrier;
		return PORT_UPLINK_ROLE;
	}
	return PORT_MESH_RADIO_KIND; /* auto, and not Ethernet */
}

static enum port_reason decide_ap(const struct port_info *i, struct port_decision *d)
{
	if (i->role != PORT_ROLE_AUTO)
		return decide_fixed(i, d);
	if (is_foreign(i))
		return decide_foreign(i, d);
	d->client = true;
	return PORT_CLIENT_AP;
}

/* Without Ethernet there is neither a cloud nor a bridge. */
static enum port_reason decide_tunnel(const struct port_info *i, struct port_decision *d)
{
	if (i->role == PORT_ROLE_UPLINK || i->foreign_default) {
		d->uplink_foreign = true;
		return i->role == PORT_ROLE_UPLINK ? PORT_UPLINK_ROLE : PORT_UPLINK_DEFAULT;
	}
	d->mesh_l3 = i->role != PORT_ROLE_CLIENT;
	return PORT_TUNNEL_KIND;
}

static enum port_reason decide_auto(const struct port *p, const struct port_entry *e, usec_t now,
				    struct port_decision *d, struct mac *ret_because)
{
	enum port_reason reason;

	d->mesh = true;
	if (!e->info.carrier)
		return PORT_NO_CARRIER;
	if (e->offered) {
		d->uplink_dhcp = true;
		return PORT_UPLINK_OFFER;
	}
	if (!e->tested)
		return PORT_TESTING;
	if (p->conf.untagged)
		return PORT_MESH_ROLE;
	reason = elect(p, e, now, ret_because);
	d->client = reason == PORT_SERVES;
	return reason;
}

enum port_reason port_decide(const struct port *p, const struct port_entry *e, usec_t now,
			     struct port_decision *ret, struct mac *ret_because)
{
	const struct port_info *i = &e->info;
	struct port_decision d = { 0 };
	struct mac because = { 0 };
	enum port_reason reason = PORT_NO_CARRIER;

	switch (i->medium) {
	case PORT_MEDIUM_TUNNEL:
		reason = decide_tunnel(i, &d);
		break;
	case PORT_MEDIUM_AP:
		reason = decide_ap(i, &d);
		break;
	case PORT_MEDIUM_RADIO:
		reason = decide_fixed(i, &d);
		break;
	case PORT_MEDIUM_ETHERNET:
		if (i->role == PORT_ROLE_AUTO && !i->proto_static && !is_foreign(i))
			reason = decide_auto(p, e, now, &d, &because);
		else
			reason = decide_fixed(i, &d);
		break;
	}
	*ret = d;
	*ret_because = because;
	return reason;
}
