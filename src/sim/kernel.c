/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One node's kernel: turns effects into what they would do to Linux, and what happens into events.
 */
#include <string.h>

#include "packet/eth.h"
#include "packet/ip.h"
#include "packet/udp.h"
#include "sim/recorder.h"
#include "sim/sabotage.h"

#define HOP_US 50 /* inside one machine */
#define BUSY_MAX 100

/* ---- frames on wires carry a tag per VLAN ---- */

static void send_tagged(struct sim_node *k, uint16_t port, uint16_t vid, const uint8_t *frame,
			size_t len)
{
	uint8_t buf[1600];
	struct wr w = wr_init(buf, sizeof(buf));
	const struct kport *p = &k->ports[port];
	struct rd r = rd_init(frame, len);

	if (!p->present || p->wire < 0 || len > 1520)
		return;
	wr_bytes(&w, rd_take(&r, 12), 12);
	wr_u16(&w, node_wish(k->node)->filter.batman_proto);
	wr_u16(&w, vid);
	wr_bytes(&w, rd_take(&r, len - 12), len - 12);
	port_send(k, port, buf, wr_len(&w));
}

static void mesh_out(struct sim_node *k, const struct effect_frame *f)
{
	const struct sabotage *s = k->world->setup.sabotage;
	uint16_t port = f->port;
	uint8_t copy[1600];

	if (f->len > sizeof(copy))
		return;
	memcpy(copy, f->data, f->len);
	if (!s || !s->mesh || s->mesh(k, &port, copy, f->len))
		send_tagged(k, port, node_cloud(k->node)->batadv_vlan, copy, f->len);
}

static void client_out(struct sim_node *k, const struct effect_frame *f)
{
	const struct sabotage *s = k->world->setup.sabotage;
	uint8_t copy[1600];

	if (f->len > sizeof(copy))
		return;
	memcpy(copy, f->data, f->len);
	if (s && s->client)
		s->client(k, copy, f->len);
	witness_answer(k, copy, f->len);
	world_push_frame(k->world,
			 (struct item) { .at = k->world->now + HOP_US,
					 .kind = ITEM_BRIDGE,
					 .a = k->index,
					 .b = BRIDGE_ANYCAST },
			 copy, f->len);
}

static void effect_frame(struct sim_node *k, const struct effect_frame *f)
{
	struct world *w = k->world;

	switch (f->link) {
	case LINK_PORT:
		if (f->port == AP_PORT)
			bridge_air(k, f->data, f->len);
		else
			port_send(k, f->port, f->data, f->len);
		break;
	case LINK_MESH:
		mesh_out(k, f);
		break;
	case LINK_CLOUD:
		world_push_frame(w,
				 (struct item) { .at = w->now + HOP_US,
						 .kind = ITEM_BRIDGE,
						 .a = k->index,
						 .b = BRIDGE_CLOUD },
				 f->data, f->len);
		break;
	case LINK_CLIENT:
		client_out(k, f);
		break;
	case LINK_KERNEL:
	case LINK_TAGGED: /* there is no kernel with an engine here */
		break;
	}
}

static void effect_routed(struct sim_node *k, const struct effect_datagram *d)
{
	uint8_t buf[1500];
	struct wr w = wr_init(buf, sizeof(buf));
	struct udp6_path p = { .src = node_cloud(k->node)->node6,
			       .dst = d->to,
			       .src_port = NODE_PART_UDP_PORT,
			       .dst_port = NODE_PART_UDP_PORT };

	udp6_build(&w, &p, d->data, d->len);
	if (wr_len(&w))
		kernel_routed(k, buf, wr_len(&w));
}

/* State datagrams to Babel neighbours go over the wire as they would: UDP on the Babel VLAN. */
static void effect_datagram(struct sim_node *k, const struct effect_datagram *d)
{
	uint8_t buf[1500];
	struct wr w = wr_init(buf, sizeof(buf));
	struct udp6_path p = {
		.eth_src = k->ports[d->port].mac,
		.eth_dst = MAC_BROADCAST,
		.src = ip6_link_local(&k->ports[d->port].mac),
		.dst = d->to,
		.src_port = NODE_STATE_UDP_PORT,
		.dst_port = NODE_STATE_UDP_PORT,
	};

	udp6_build(&w, &p, d->data, d->len);
	if (wr_len(&w))
		send_tagged(k, d->port, node_cloud(k->node)->babel_vlan, buf, wr_len(&w));
}

static void babel_input(struct sim_node *k, uint16_t port, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len), payload, data;
	struct ip6 us = ip6_link_local(&k->ports[port].mac);
	struct event e = { .kind = EVENT_DATAGRAM };
	struct ip6_head ip;
	struct udp_head udp;
	struct eth eth;

	if (eth_decode(&r, &eth) || ip6_decode(&r, &ip, &payload) || !ip6_eq(&ip.dst, &us) ||
	    udp6_decode(&payload, &ip, &udp, &data))
		return;
	e.datagram =
		(struct event_datagram) { .port = port, .from = ip.src, .len = rd_left(&data) };
	e.datagram.data = rd_take(&data, e.datagram.len);
	kernel_event(k, &e);
}

void kernel_wire_input(struct sim_node *k, uint16_t port, const uint8_t *frame, size_t len)
{
	const struct cloud *c = node_cloud(k->node);
	struct event e = { .kind = EVENT_FRAME };
	struct rd r = rd_init(frame, len);
	uint8_t plain[1600];
	struct wr w = wr_init(plain, sizeof(plain));
	struct eth eth;

	if (eth_decode(&r, &eth))
		return;
	if (!eth.tagged || eth.tpid != node_wish(k->node)->filter.batman_proto) {
		e.frame = (struct event_frame) {
			.link = LINK_PORT, .port = port, .data = frame, .len = len
		};
		if (eth.type == PORT_ETHERTYPE_HELLO)
			kernel_event(k, &e);
		if (k->ports[port].in_bridge)
			bridge_input(k, port, frame, len);
		return;
	}
	wr_mac(&w, &eth.dst);
	wr_mac(&w, &eth.src);
	wr_u16(&w, eth.type);
	wr_bytes(&w, r.p, rd_left(&r));
	if (eth.vid == c->babel_vlan && k->ports[port].babel)
		babel_input(k, port, plain, len);
	if (eth.vid != c->batadv_vlan || !k->ports[port].mesh)
		return;
	probe_seen_node(k, plain, wr_len(&w));
	e.frame = (struct event_frame) {
		.link = LINK_MESH, .port = port, .data = plain, .len = wr_len(&w)
	};
	kernel_event(k, &e);
}

/* ---- the wish ---- */

/* The VLAN device on a port; NULL: none is wanted. */
static const struct wish_link *vlan_on(const struct wish *w, const char *parent, uint16_t vid)
{
	for (unsigned int i = 0; i < w->link_count; i++)
		if (w->links[i].kind == WISH_VLAN && w->links[i].vid == vid &&
		    !strcmp(w->links[i].parent, parent))
			return &w->links[i];
	return NULL;
}

static void apply_ports(struct sim_node *k, const struct wish *w)
{
	const struct cloud *c = node_cloud(k->node);

	for (unsigned int p = 0; p < NODE_PORTS; p++) {
		struct kport *port = &k->ports[p];
		const struct wish_link *mesh = vlan_on(w, port->name, c->batadv_vlan);

		port->in_bridge = false;
		for (unsigned int i = 0; i < w->link_count; i++)
			if (w->links[i].kind == WISH_EXISTING &&
			    !strcmp(w->links[i].name, port->name))
				port->in_bridge = w->links[i].master[0] != '\0';
		port->mesh = mesh;
		port->mesh_mac = mesh ? mesh->mac : port->mac;
		port->babel = vlan_on(w, port->name, c->babel_vlan);
	}
	world_bridged(k->world);
}

static void apply_addresses(struct stack *s, const struct wish *w, const char *dev,
			    const struct mac *mac)
{
	s->mac = *mac;
	s->ip6[0] = ip6_link_local(mac);
	s->ip6_count = 1;
	for (unsigned int i = 0; i < w->addr_count; i++) {
		const struct wish_addr *a = &w->addrs[i];

		if (strcmp(a->dev, dev))
			continue;
		if (!a->v6) {
			s->ip4 = a->ip4.addr;
			s->len4 = a->ip4.len;
		} else if (s->ip6_count < 4 && !ip6_is_link_local(&a->ip6.addr)) {
			s->ip6[s->ip6_count++] = a->ip6.addr;
		}
	}
}

static void apply_filter(struct sim_node *k)
{
	const struct sabotage *s = k->world->setup.sabotage;

	k->filter = &node_wish(k->node)->filter;
	if (!s || !s->filter)
		return;
	k->sabotaged_filter = *k->filter;
	k->filter = &k->sabotaged_filter;
	s->filter(&k->sabotaged_filter);
}

static void uplink_dhcp(struct sim_node *k)
{
	struct event e = { .kind = EVENT_UPLINK };

	e.uplink = (struct event_uplink) { .port = WAN_PORT, .mtu = 1500, .resolver_count = 1 };
	e.uplink.ip4 = (struct net4) { { { 192, 168, 7, (uint8_t)(k->index + 10) } }, 24 };
	e.uplink.router4 = (struct ip4) { { 192, 168, 7, 1 } };
	e.uplink.resolvers[0] = e.uplink.router4;
	world_push_frame(k->world,
			 (struct item) { .at = k->world->now + USEC_S,
					 .kind = ITEM_EVENT,
					 .a = k->index,
					 .b = k->boots },
			 &e, sizeof(e));
}

static void apply(struct sim_node *k)
{
	const struct sabotage *s = k->world->setup.sabotage;
	const struct wish *w = node_wish(k->node);
	bool dhcp = false;

	apply_ports(k, w);
	apply_filter(k);
	apply_addresses(&k->br0, w, "br0", &w->links[0].mac); /* the bridge comes first */
	apply_addresses(&k->anygw, w, "anygw",
			s && s->plain_gateway ? &k->ports[AP_PORT].mac
					      : &node_cloud(k->node)->anygw_mac);
	k->announces4 = false;
	for (unsigned int i = 0; i < w->route_count; i++)
		if (w->routes[i].table == WISH_TABLE_IMPORT && !w->routes[i].v6 &&
		    w->routes[i].to4.len == 0)
			k->announces4 = true;
	for (unsigned int i = 0; i < w->child_count; i++)
		dhcp = dhcp || w->children[i].kind == CHILD_DHCP;
	if (dhcp && !k->dhcp_child)
		uplink_dhcp(k);
	k->dhcp_child = dhcp;
}

/* ---- effects ---- */

static void probe(struct sim_node *k, const struct effect_probe *p)
{
	struct event e = { .kind = EVENT_PROBE };

	if (!k->uplink_works && p->kind != PROBE_NEXT_HOP)
		return; /* nothing comes back */
	e.probe = (struct event_probe) { .id = p->id, .result = PROBE_OK, .rtt_us = 20000 };
	world_push_frame(k->world,
			 (struct item) { .at = k->world->now + 20 * USEC_MS,
					 .kind = ITEM_EVENT,
					 .a = k->index,
					 .b = k->boots },
			 &e, sizeof(e));
}

static void notice(struct sim_node *k, const struct effect_notice *n)
{
	char mac[MAC_TEXT];

	if (n->notice == NOTICE_CLIENT_ROAMED_AWAY)
		check_gone(k, &n->mac);
	witness_notice(k, n);
	world_log(k->world, "%s: notice %d port %u %s %s", k->world->plan->nodes[k->index].name,
		  (int)n->notice, (unsigned int)n->port, mac_text(&n->mac, mac), n->text);
}

static void do_effect(struct sim_node *k, const struct effect *e)
{
	const struct sabotage *s = k->world->setup.sabotage;

	if (s && s->effect && !s->effect(k, e))
		return;
	switch (e->kind) {
	case EFFECT_FRAME:
		effect_frame(k, &e->frame);
		break;
	case EFFECT_DATAGRAM:
		if (e->datagram.port == NODE_PORTS)
			effect_routed(k, &e->datagram);
		else
			effect_datagram(k, &e->datagram);
		break;
	case EFFECT_WISH:
		apply(k);
		break;
	case EFFECT_FORGET:
		bridge_forget(k, &e->forget);
		break;
	case EFFECT_PROBE:
		probe(k, &e->probe);
		break;
	case EFFECT_STORE:
		life_store(k, &e->store);
		break;
	case EFFECT_NOTICE:
		notice(k, &e->notice);
		break;
	case EFFECT_RECORD:
		witness_record(k, &e->record);
		break;
	case EFFECT_NAMES:
	case EFFECT_ANSWER:
	case EFFECT_DISASSOCIATE:
		break;
	}
}

/* Effects may make something due at once, but that must come to an end. */
static void arm(struct sim_node *k)
{
	struct world *w = k->world;
	usec_t at = clock_when(&k->clock, w->now, node_deadline(k->node));

	k->busy = at <= w->now ? k->busy + 1 : 0;
	if (k->busy > BUSY_MAX) {
		world_violation(w, "%s is never done", w->plan->nodes[k->index].name);
		k->busy = 0;
	}
	if (at <= w->now)
		at = w->now + 1;
	if (at == k->armed)
		return;
	k->armed = at;
	world_push(w, (struct item) { .at = at, .kind = ITEM_TIMER, .a = k->index });
}

void kernel_event(struct sim_node *k, const struct event *e)
{
	struct world *w = k->world;
	struct recorder *recorder = w->setup.recorded == k->index ? w->setup.recorder : NULL;
	usec_t now = life_clock(k);
	struct effect effect;

	if (recorder)
		recorder_event(recorder, e, now);
	node_input(k->node, e, now);
	while (node_effect(k->node, &effect)) {
		record_hash_effect(&w->hash, &effect, w->now);
		if (recorder)
			recorder_effect(recorder, &effect, now);
		do_effect(k, &effect);
	}
	witness_look(k);
	arm(k);
}

void kernel_timer(struct sim_node *k)
{
	struct event e = { .kind = EVENT_TIMER };

	bridge_age(k);
	kernel_event(k, &e);
}

/* ---- routing ---- */

static void send_br0(void *ctx, const uint8_t *frame, size_t len)
{
	struct sim_node *k = ctx;

	world_push_frame(k->world,
			 (struct item) { .at = k->world->now + HOP_US,
					 .kind = ITEM_BRIDGE,
					 .a = k->index,
					 .b = (uint32_t)BRIDGE_LOCAL },
			 frame, len);
}

static void send_anygw(void *ctx, const uint8_t *frame, size_t len)
{
	struct sim_node *k = ctx;

	world_push_frame(k->world,
			 (struct item) { .at = k->world->now + HOP_US,
					 .kind = ITEM_BRIDGE,
					 .a = k->index,
					 .b = BRIDGE_ANYCAST },
			 frame, len);
}

/* The internet answers every echo request. */
static void internet(struct sim_node *k, const uint8_t *frame, size_t len)
{
	uint8_t back[128];
	struct rd r = rd_init(frame, len), payload;
	struct wr w = wr_init(back, sizeof(back));
	struct ip4_head ip, head;
	struct eth e;
	uint8_t body[64];
	struct wr b = wr_init(body, sizeof(body));
	size_t mark;

	if (!k->uplink_works || eth_decode(&r, &e) || ip4_decode(&r, &ip, &payload) ||
	    ip.proto != IP_PROTO_ICMP)
		return;
	if (rd_u8(&payload) != 8)
		return;
	rd_skip(&payload, 3);
	wr_u16(&b, 0);
	mark = wr_mark(&b);
	wr_u16(&b, 0);
	wr_u32(&b, rd_u32(&payload));
	wr_patch_u16(&b, mark, sum_finish(sum_add(0, body, wr_len(&b))));
	head = (struct ip4_head) { .src = ip.dst, .dst = ip.src, .proto = IP_PROTO_ICMP };
	eth_encode(&w, &e);
	ip4_encode(&w, &head, wr_len(&b));
	wr_bytes(&w, body, wr_len(&b));
	world_push_frame(k->world,
			 (struct item) { .at = k->world->now + 20 * USEC_MS,
					 .kind = ITEM_ROUTED,
					 .a = k->index,
					 .b = 0 },
			 back, wr_len(&w));
}

/* Where a packet goes to, IPv4 mapped. */
static bool destination(const uint8_t *frame, size_t len, struct ip6 *ret)
{
	struct rd r = rd_init(frame, len), payload;
	struct ip4_head ip4;
	struct ip6_head ip6;
	struct eth e;

	if (eth_decode(&r, &e))
		return false;
	if (e.type == ETH_TYPE_IP4 && !ip4_decode(&r, &ip4, &payload))
		*ret = ip4_mapped(&ip4.dst);
	else if (e.type == ETH_TYPE_IP6 && !ip6_decode(&r, &ip6, &payload))
		*ret = ip6.dst;
	else
		return false;
	return true;
}

/* From another part of the cloud. */
static void own_input(struct sim_node *k, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len), payload, data;
	struct event e = { .kind = EVENT_DATAGRAM };
	struct udp_head udp;
	struct ip6_head ip;
	struct eth eth;

	if (!node_wish(k->node)->has_parts || eth_decode(&r, &eth) ||
	    ip6_decode(&r, &ip, &payload) || ip.next != IP_PROTO_UDP ||
	    udp6_decode(&payload, &ip, &udp, &data) || udp.dst_port != NODE_PART_UDP_PORT)
		return;
	e.datagram = (struct event_datagram) { .port = NODE_PORTS,
					       .from = ip.src,
					       .len = rd_left(&data) };
	e.datagram.data = rd_take(&data, e.datagram.len);
	kernel_event(k, &e);
}

static bool is_connected(const struct cloud *c, const struct ip6 *dst)
{
	struct ip4 dst4 = ip6_unmapped(dst);

	return ip6_is_mapped(dst) ? net4_has(&c->network4, &dst4) : net6_has(&c->network6, dst);
}

void kernel_routed(struct sim_node *k, const uint8_t *frame, size_t len)
{
	const struct cloud *c = node_cloud(k->node);
	unsigned int hops = 0;
	struct ip6 dst;
	int exit = -1;

	if (!destination(frame, len, &dst))
		return;
	if (ip6_eq(&dst, &c->node6)) {
		own_input(k, frame, len);
		return;
	}
	if (!is_connected(c, &dst)) {
		exit = babel_exit(k->world, k->index, &dst, &hops);
	} else {
		/* babeld takes no route to what it announces itself, as the kernel has it now */
		if (routes_first(k, !ip6_is_mapped(&dst)) && !routes_own(k, &dst))
			exit = babel_host(k->world, k->index, &dst, &hops);
		if (exit < 0) {
			stack_send(&k->br0, frame, len, &dst, k->world->now);
			return;
		}
	}
	if (exit == (int)k->index)
		internet(k, frame, len);
	else if (exit >= 0)
		world_push_frame(k->world,
				 (struct item) { .at = k->world->now + (usec_t)hops * 2 * USEC_MS,
						 .kind = ITEM_ROUTED,
						 .a = (uint32_t)exit,
						 .b = 0 },
				 frame, len);
}

static void from_client(void *ctx, const uint8_t *frame, size_t len)
{
	kernel_routed(ctx, frame, len);
}

void kernel_start(struct sim_node *k)
{
	k->filter = &node_wish(k->node)->filter;
	memset(k->fdb, 0, sizeof(k->fdb));
	k->fdb_high = 0;
	memset(&k->br0, 0, sizeof(k->br0));
	memset(&k->anygw, 0, sizeof(k->anygw));
	k->br0.send = send_br0;
	k->anygw.send = send_anygw;
	k->anygw.forward = k->br0.forward = from_client;
	k->br0.ctx = k->anygw.ctx = k;
	k->has_default4 = k->dhcp_child = false;
}
