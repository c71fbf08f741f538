/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node's client bridge: learning, ageing, and the filters of the wish. */
#include <string.h>

#include "packet/arp.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"
#include "sim/world.h"

#define AGEING (300 * USEC_S)
#define AGE_INTERVAL USEC_S

/* What a filter has to know of a frame. */
struct facts {
	struct eth eth;
	bool dhcp_client, dhcp_server, rs, ra, about_anycast, from_anycast;
};

static void facts4(struct facts *f, struct rd *r)
{
	struct ip4_head ip;
	struct udp_head udp;
	struct rd payload, data;

	if (ip4_decode(r, &ip, &payload) || ip.proto != IP_PROTO_UDP ||
	    udp4_decode(&payload, &ip, &udp, &data))
		return;
	f->dhcp_client = udp.dst_port == 67;
	f->dhcp_server = udp.src_port == 67;
}

static void facts6(struct facts *f, struct rd *r, const struct wish_filter *w)
{
	struct ip6_head ip;
	struct icmp6_head h;
	struct icmp6_nd nd;
	struct rd payload, body;
	bool anycast;

	if (ip6_decode(r, &ip, &payload) || ip.next != IP_PROTO_ICMP6 ||
	    icmp6_decode(&payload, &ip, &h, &body))
		return;
	f->rs = h.type == ICMP6_RS;
	f->ra = h.type == ICMP6_RA;
	if ((h.type != ICMP6_NS && h.type != ICMP6_NA) || icmp6_nd_decode(&body, &ip, &h, &nd))
		return;
	anycast = ip6_eq(&nd.target, &w->anycast6) || ip6_eq(&nd.target, &w->anycast_link_local);
	f->about_anycast = anycast && h.type == ICMP6_NS;
	f->from_anycast = anycast && h.type == ICMP6_NA;
}

static void facts_arp(struct facts *f, struct rd *r, const struct wish_filter *w)
{
	struct arp a;

	if (arp_decode(r, &a))
		return;
	f->about_anycast = ip4_eq(&a.target, &w->anycast4);
	f->from_anycast = ip4_eq(&a.sender, &w->anycast4);
}

static bool look(struct facts *f, const uint8_t *frame, size_t len, const struct wish_filter *w)
{
	struct rd r = rd_init(frame, len);

	memset(f, 0, sizeof(*f));
	if (eth_decode(&r, &f->eth))
		return false;
	if (f->eth.type == ETH_TYPE_IP4)
		facts4(f, &r);
	else if (f->eth.type == ETH_TYPE_IP6)
		facts6(f, &r, w);
	else if (f->eth.type == ETH_TYPE_ARP)
		facts_arp(f, &r, w);
	return true;
}

static bool stays_local(const struct facts *f, const struct wish_filter *w)
{
	return f->dhcp_client || f->dhcp_server || f->rs || f->ra || f->about_anycast ||
	       f->from_anycast || mac_eq(&f->eth.dst, &w->anycast_mac) ||
	       mac_eq(&f->eth.src, &w->anycast_mac);
}

static bool may_enter(const struct facts *f, const struct wish_filter *w, int from)
{
	if (from == BRIDGE_ANYCAST || from == BRIDGE_LOCAL)
		return true;
	if (mac_eq(&f->eth.src, &w->anycast_mac) || f->from_anycast || f->dhcp_server || f->ra)
		return false;
	return from != BRIDGE_CLOUD || !stays_local(f, w);
}

static struct fdb_entry *fdb_find(struct sim_node *k, const struct mac *mac)
{
	for (unsigned int i = 0; i < k->fdb_high; i++)
		if (k->fdb[i].used && mac_eq(&k->fdb[i].mac, mac))
			return &k->fdb[i];
	return NULL;
}

static struct fdb_entry *fdb_free(struct sim_node *k)
{
	for (unsigned int i = 0; i < k->fdb_high; i++)
		if (!k->fdb[i].used)
			return &k->fdb[i];
	return k->fdb_high < WORLD_FDB ? &k->fdb[k->fdb_high++] : NULL;
}

static void tell(struct sim_node *k, const struct mac *mac, int port, enum client_change change)
{
	struct event e = { .kind = EVENT_CLIENT };

	e.client = (struct event_client) { .change = change, .port = (uint16_t)port, .mac = *mac };
	world_push_frame(k->world,
			 (struct item) { .at = k->world->now + 100,
					 .kind = ITEM_EVENT,
					 .a = k->index,
					 .b = k->boots },
			 &e, sizeof(e));
}

static void learn(struct sim_node *k, const struct mac *mac, int port)
{
	struct fdb_entry *e = fdb_find(k, mac);
	bool news = !e || e->port != port;
	int old = e ? e->port : NODE_PORTS;

	if (!mac_is_station(mac))
		return;
	if (!e)
		e = fdb_free(k);
	if (!e)
		return;
	*e = (struct fdb_entry) { true, *mac, port, k->world->now };
	if (news && port < NODE_PORTS)
		tell(k, mac, port, CLIENT_LEARNT);
	else if (news && old < NODE_PORTS)
		tell(k, mac, old, CLIENT_ASTRAY);
}

void bridge_forget(struct sim_node *k, const struct effect_forget *f)
{
	struct fdb_entry *e = fdb_find(k, &f->mac);

	if (!e || (e->port == BRIDGE_CLOUD) != (f->port == NODE_PORTS))
		return;
	e->used = false;
	if (e->port < NODE_PORTS)
		tell(k, &f->mac, e->port, CLIENT_FORGOTTEN);
}

void bridge_age(struct sim_node *k)
{
	if (k->world->now < k->fdb_aged + AGE_INTERVAL)
		return;
	k->fdb_aged = k->world->now;
	for (unsigned int i = 0; i < k->fdb_high; i++) {
		struct fdb_entry *e = &k->fdb[i];

		if (!e->used || k->world->now - e->at < AGEING)
			continue;
		e->used = false;
		if (e->port < NODE_PORTS)
			tell(k, &e->mac, e->port, CLIENT_FORGOTTEN);
	}
}

/* An access point sends a frame for one station to that station only. */
static void out_air(struct sim_node *k, const struct mac *dst, const uint8_t *frame, size_t len)
{
	struct world *w = k->world;

	for (unsigned int i = 0; i < w->plan->host_count; i++)
		if (w->hosts[i].at == (int)k->index &&
		    (mac_is_multicast(dst) || mac_eq(dst, &w->hosts[i].mac)))
			world_push_frame(w,
					 (struct item) { .at = w->now + 300,
							 .kind = ITEM_AIR_DOWN,
							 .a = i,
							 .b = k->index },
					 frame, len);
}

/* What the node itself says there. Its hellos are nothing to a station. */
void bridge_air(struct sim_node *k, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len);
	struct mac dst = rd_mac(&r);

	if (!mac_is_multicast(&dst))
		out_air(k, &dst, frame, len);
}

static void out_client_port(struct sim_node *k, int port, const struct mac *dst,
			    const uint8_t *frame, size_t len)
{
	if (port == AP_PORT)
		out_air(k, dst, frame, len);
	else
		port_send(k, (uint16_t)port, frame, len);
}

static void out(struct sim_node *k, int port, const struct facts *f, const uint8_t *frame,
		size_t len)
{
	struct event e = { .kind = EVENT_FRAME };

	if (port == BRIDGE_LOCAL) {
		stack_input(&k->br0, frame, len, k->world->now);
	} else if (port == BRIDGE_ANYCAST) {
		stack_input(&k->anygw, frame, len, k->world->now);
		e.frame = (struct event_frame) { .link = LINK_CLIENT, .data = frame, .len = len };
		witness_request(k, &e);
	} else if (port == BRIDGE_CLOUD) {
		if (stays_local(f, k->filter))
			return;
		e.frame = (struct event_frame) { .link = LINK_CLOUD, .data = frame, .len = len };
		kernel_event(k, &e);
	} else {
		out_client_port(k, port, &f->eth.dst, frame, len);
	}
}

static void flood(struct sim_node *k, int from, const struct facts *f, const uint8_t *frame,
		  size_t len)
{
	bool group = mac_is_multicast(&f->eth.dst);

	for (int port = 0; port < NODE_PORTS; port++)
		if (k->ports[port].present && k->ports[port].in_bridge &&
		    (port != from || port == AP_PORT))
			out(k, port, f, frame, len);
	if (from != BRIDGE_CLOUD)
		out(k, BRIDGE_CLOUD, f, frame, len);
	if (group && from != BRIDGE_ANYCAST)
		out(k, BRIDGE_ANYCAST, f, frame, len);
	if (group && from != BRIDGE_LOCAL)
		out(k, BRIDGE_LOCAL, f, frame, len);
}

/* Whatever the filter in force is: these frames have no business in the cloud. */
static void check_local(struct sim_node *k, const uint8_t *frame, size_t len)
{
	const struct wish_filter *right = &node_wish(k->node)->filter;
	struct facts f;

	if (look(&f, frame, len, right) && stays_local(&f, right))
		world_violation(k->world, "%s gets a frame out of the cloud that must stay local",
				k->world->plan->nodes[k->index].name);
}

void bridge_input(struct sim_node *k, int from, const uint8_t *frame, size_t len)
{
	const struct wish_filter *w = k->filter;
	uint8_t copy[1600];
	struct fdb_entry *e;
	struct facts f;

	if (len > sizeof(copy) || (from >= 0 && from < NODE_PORTS && !k->ports[from].in_bridge))
		return;
	memcpy(copy, frame, len); /* the caller's bytes may be gone once other nodes have run */
	if (!look(&f, copy, len, w))
		return;
	if (from == BRIDGE_CLOUD)
		check_local(k, copy, len);
	if (!may_enter(&f, w, from))
		return;
	if (from != BRIDGE_ANYCAST && from != BRIDGE_LOCAL)
		learn(k, &f.eth.src, from);
	if (mac_eq(&f.eth.dst, &k->br0.mac))
		out(k, BRIDGE_LOCAL, &f, copy, len);
	else if (mac_eq(&f.eth.dst, &w->anycast_mac))
		out(k, BRIDGE_ANYCAST, &f, copy, len);
	else if (!mac_is_multicast(&f.eth.dst) && (e = fdb_find(k, &f.eth.dst)) != NULL) {
		if (e->port != from || from == AP_PORT)
			out(k, e->port, &f, copy, len);
	} else {
		flood(k, from, &f, copy, len);
	}
}
