/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The roles of the ports, and what follows from them for the cloud engine and the uplinks. */
#include <string.h>

#include "node/internal.h"

/* LibreMesh's name of a VLAN device: what is neither letter, digit nor '-' becomes '-', then
 * _<vid>. Of a long name the end stays: adapters of one maker, as enx00e04c680001, differ there. */
static void vlan_name(char ret[static NODE_IFNAME], const char *parent, uint16_t vid)
{
	struct text t = text_init(ret, NODE_IFNAME);
	size_t room = NODE_IFNAME - 1 - 5; /* _4094 */
	size_t len = strlen(parent);

	if (!vid) {
		text_add(&t, "%s", parent);
		return;
	}
	for (size_t i = len > room ? len - room : 0; i < len; i++) {
		char c = parent[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '-';

		text_add(&t, "%c", plain ? c : '-');
	}
	text_add(&t, "_%u", (unsigned int)vid);
}

/* The same, or one made of the number where another port has that already (eth0.1 and eth0-1). */
static void port_vlan_name(const struct node *n, uint16_t index, uint16_t vid,
			   char ret[static NODE_IFNAME])
{
	struct text t = text_init(ret, NODE_IFNAME);
	bool taken = false;

	vlan_name(ret, n->ports[index].info.name, vid);
	for (uint16_t i = 0; i < NODE_PORTS; i++) {
		const struct node_port *p = &n->ports[i];

		taken = taken || (i != index && p->used &&
				  (!strcmp(p->mesh_dev, ret) || !strcmp(p->babel_dev, ret)));
	}
	if (taken)
		text_add(&t, "port%u_%u", (unsigned int)index, (unsigned int)vid);
}

struct port_conf ports_conf(const struct node *n)
{
	struct port_conf c = {
		.node_mac = n->setup.primary_mac,
		.anycast_mac = n->cloud.anygw_mac,
		.network4 = n->cloud.network4,
		.untagged = n->cloud.babel_vlan == 0,
		.ssid_len = (uint8_t)strlen(n->conf->wifi.ap_ssid),
	};

	memcpy(c.network_id, n->cloud.network_id, sizeof(c.network_id));
	memcpy(c.ssid, n->conf->wifi.ap_ssid, c.ssid_len);
	return c;
}

static enum port_medium medium(enum port_kind kind)
{
	switch (kind) {
	case PORT_KIND_ETHERNET:
		return PORT_MEDIUM_ETHERNET;
	case PORT_KIND_WIFI_AP:
		return PORT_MEDIUM_AP;
	case PORT_KIND_WIFI_MESH:
		return PORT_MEDIUM_RADIO;
	case PORT_KIND_TUNNEL:
		return PORT_MEDIUM_TUNNEL;
	}
	return PORT_MEDIUM_ETHERNET;
}

static enum port_role role(enum conf_role r)
{
	switch (r) {
	case CONF_ROLE_AUTO:
		return PORT_ROLE_AUTO;
	case CONF_ROLE_MESH:
		return PORT_ROLE_MESH;
	case CONF_ROLE_CLIENT:
		return PORT_ROLE_CLIENT;
	case CONF_ROLE_UPLINK:
		return PORT_ROLE_UPLINK;
	}
	return PORT_ROLE_AUTO;
}

static struct port_info port_info(const struct node *n, const struct node_port *p)
{
	const struct conf_port *c = conf_port_find(n->conf, p->info.name);
	/* what the kernel configures by itself on an uplink that runs our DHCP client does not make
	 * it foreign */
	bool ours = p->decision.uplink_dhcp || p->decision.uplink_static;
	struct port_info i = {
		.mac = p->info.mac,
		.batman_mac = p->batman_mac,
		.medium = medium(p->info.kind),
		.role = c ? role(c->role) : PORT_ROLE_AUTO,
		.carrier = p->info.carrier,
		.served = p->info.served,
		.proto_static = c && c->proto == CONF_PROTO_STATIC,
		.foreign_address = p->info.foreign_address && !ours,
		.foreign_default = p->info.foreign_default && !ours,
	};

	text_copy(i.name, sizeof(i.name), p->info.name);
	return i;
}

static void engine_port(struct node *n, uint16_t index, bool on)
{
	struct node_port *p = &n->ports[index];
	struct batman_port_conf c = {
		.mac = p->batman_mac,
		.mtu = p->info.mtu ? p->info.mtu : 1500,
		.wireless = p->info.kind == PORT_KIND_WIFI_MESH,
	};

	if (on == p->batman) {
		if (on)
			(void)batman_port_set_mtu(n->batman, index, c.mtu);
		return;
	}
	if (on && batman_port_add(n->batman, index, &c, n->now)) {
		n->counters[NODE_C_BAD_PORT]++;
		return;
	}
	if (!on)
		(void)batman_port_remove(n->batman, index, n->now);
	p->batman = on;
}

/* Without a VLAN there is no device but the port's own, which hears no other address. */
static struct mac batman_mac(const struct node *n, const struct event_port *e)
{
	return n->cloud.batadv_vlan ? cloud_hardif_mac(e->name, &n->setup.primary_mac) : e->mac;
}

void ports_event(struct node *n, const struct event_port *e)
{
	struct node_port *p;
	struct mac mac;
	struct port_info info;
	bool linked;

	if (e->port >= NODE_PORTS) {
		n->counters[NODE_C_BAD_PORT]++;
		return;
	}
	p = &n->ports[e->port];
	n->wish_dirty = true;
	if (e->gone) {
		port_gone(&n->port, e->port, n->now);
		engine_port(n, e->port, false);
		p->decision = (struct port_decision) { 0 };
		exits_port_changed(n, e->port);
		*p = (struct node_port) { 0 };
		return;
	}
	linked = e->carrier && !(p->used && p->info.carrier);
	p->used = true;
	p->info = *e;
	mac = batman_mac(n, e);
	if (p->batman && !mac_eq(&p->batman_mac, &mac) &&
	    batman_port_set_mac(n->batman, e->port, &mac, n->now))
		engine_port(n, e->port, false);
	p->batman_mac = mac;
	port_vlan_name(n, e->port, n->cloud.batadv_vlan, p->mesh_dev);
	port_vlan_name(n, e->port, n->cloud.babel_vlan, p->babel_dev);
	info = port_info(n, p);
	(void)port_set(&n->port, e->port, &info, n->now);
	engine_port(n, e->port, p->decision.mesh);
	if (linked && p->decision.mesh)
		lease_linked(&n->lease, n->now);
}

static void decided(struct node *n, const struct out *o)
{
	struct node_port *p = &n->ports[o->port];
	struct effect_notice e = { .notice = NOTICE_PORT_ROLE, .port = o->port };

	memcpy(&p->decision, o->data, sizeof(p->decision));
	engine_port(n, o->port, p->decision.mesh);
	exits_port_changed(n, o->port);
	n->wish_dirty = true;
	text_copy(e.text, sizeof(e.text), port_reason_text((enum port_reason)o->arg));
	node_notice(n, &e);
}

bool ports_out(struct node *n, const struct out *o, struct effect *ret)
{
	struct port_event_data data;
	struct effect_notice e = { .port = o->port };

	if (o->port >= NODE_PORTS)
		return false;
	switch ((enum port_out_kind)o->kind) {
	case PORT_SEND:
		ret->kind = EFFECT_FRAME;
		ret->frame = (struct effect_frame) {
			.link = LINK_PORT, .port = o->port, .data = o->data, .len = o->len
		};
		return true;
	case PORT_DECIDED:
		decided(n, o);
		break;
	case PORT_EVENT:
		memcpy(&data, o->data, sizeof(data));
		if (o->arg == PORT_EVENT_NODE_HEARD && data.ours)
			peers_meet(n, MEETING_HELLO);
		e.notice = o->arg == PORT_EVENT_ROGUE_DHCP ? NOTICE_ROGUE_DHCP : NOTICE_PORT_ROLE;
		e.mac = data.mac;
		e.ip4 = data.addr;
		text_copy(e.text, sizeof(e.text), port_event_name((enum port_event)o->arg));
		node_notice(n, &e);
		break;
	}
	return false;
}
