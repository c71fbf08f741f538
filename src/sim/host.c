/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client: DHCP (RFC 2131), SLAAC, pings, and walking about. It knows nothing of trama. */
#include <string.h>

#include "packet/dhcp.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"
#include "sim/split.h"
#include "sim/world.h"

#define PING_INTERVAL USEC_S
#define SOLICIT_INTERVAL (4 * USEC_S) /* twice of that for the next, and so on */
#define REBOOT_TRIES 3		      /* for the address that it remembers */

static void transmit(struct sim_host *h, const uint8_t *frame, size_t len)
{
	if (h->at < 0)
		return;
	if (h->shown_at < h->moved_at)
		h->shown_at = h->world->now;
	world_push_frame(h->world,
			 (struct item) { .at = h->world->now + 300,
					 .kind = ITEM_AIR_UP,
					 .a = h->index,
					 .b = (uint32_t)h->at },
			 frame, len);
}

static void send_out(void *ctx, const uint8_t *frame, size_t len)
{
	transmit(ctx, frame, len);
}

static void echo_reply(void *ctx, uint16_t id, uint16_t seq, bool v6)
{
	struct sim_host *h = ctx;

	(void)seq;
	if (v6)
		h->pongs6++;
	else if (id == 2)
		h->pongs_out++;
	else
		h->pongs4++;
}

/* An access point sends this to its bridge for a station that associates (802.11F), so that the
 * bridge learns where it is now. */
static void layer2_update(struct sim_host *h)
{
	uint8_t frame[60];
	struct wr w = wr_init(frame, sizeof(frame));

	wr_mac(&w, &MAC_BROADCAST);
	wr_mac(&w, &h->mac);
	wr_u16(&w, 6);
	wr_u32(&w, 0x0001af81); /* null DSAP and SSAP, XID */
	wr_u16(&w, 0x0100);
	wr_zero(&w, wr_left(&w));
	transmit(h, frame, wr_len(&w));
}

static void tell_node(struct sim_host *h, enum client_change change)
{
	struct world *w = h->world;
	struct event e = { .kind = EVENT_CLIENT };

	e.client = (struct event_client) { .change = change, .port = AP_PORT, .mac = h->mac };
	world_push_frame(w,
			 (struct item) { .at = w->now + 1000,
					 .kind = ITEM_EVENT,
					 .a = (uint32_t)h->at,
					 .b = w->nodes[h->at].boots },
			 &e, sizeof(e));
}

static void associate(struct sim_host *h)
{
	struct world *w = h->world;

	if (h->at < 0 || h->silent || !w->nodes[h->at].alive)
		return;
	h->shown_at = w->now;
	tell_node(h, CLIENT_ASSOCIATED);
	layer2_update(h);
}

/* Every other time it says goodbye; else its access point does not know. */
static void disassociate(struct sim_host *h)
{
	struct world *w = h->world;

	if (h->at >= 0 && !h->silent && rng_below(&w->rng, 2) && w->nodes[h->at].alive)
		tell_node(h, CLIENT_DISASSOCIATED);
}

size_t host_identifier(const struct sim_host *h, uint8_t ret[static HOST_ID_MAX])
{
	struct wr w = wr_init(ret, HOST_ID_MAX);
	bool sends = h->world->plan->hosts[h->index].has_id;

	wr_u8(&w, !sends); /* 0: any bytes, 1: Ethernet (RFC 2132, 9.14) */
	if (sends)
		wr_u32(&w, ~(uint32_t)h->index); /* not in the order of the others */
	else
		wr_mac(&w, &h->mac);
	return wr_len(&w);
}

static void host_reset(struct sim_host *h)
{
	h->remembered = (struct ip4) { { 0 } };
	if (h->world->plan->hosts[h->index].remembers)
		h->remembered = h->stack.ip4;
	h->stack = (struct stack) {
		.mac = h->mac, .send = send_out, .echo_reply = echo_reply, .ctx = h
	};
	h->stack.ip6[0] = ip6_link_local(&h->mac);
	h->stack.ip6_count = 1;
	h->state = HOST_OFF;
	h->solicit_at = 0;
	h->solicit_wait = SOLICIT_INTERVAL;
	h->gateway = (struct mac) { { 0 } };
	h->router = (struct ip6) { { 0 } };
}

void host_start(struct sim_host *h, usec_t at)
{
	host_reset(h);
	world_push(h->world, (struct item) { .at = at, .kind = ITEM_HOST, .a = h->index });
}

/* What it says of its address, as its state asks for it. */
static void fill_addresses(const struct sim_host *h, struct dhcp_msg *m)
{
	if (m->type == DHCP_DECLINE)
		m->requested = h->stack.ip4;
	else if (m->type == DHCP_RELEASE || (m->type == DHCP_REQUEST && h->state == HOST_BOUND))
		m->ciaddr = h->stack.ip4;
	else if (m->type == DHCP_REQUEST)
		m->requested = h->offered;
	if (m->type == DHCP_RELEASE || m->type == DHCP_DECLINE || h->state == HOST_REQUESTING)
		m->server_id = h->server;
}

static void send_dhcp(struct sim_host *h, uint8_t type)
{
	uint8_t payload[600], frame[700], id[HOST_ID_MAX];
	struct wr p = wr_init(payload, sizeof(payload)), f = wr_init(frame, sizeof(frame));
	const struct plan_host *plan = &h->world->plan->hosts[h->index];
	struct dhcp_msg m;
	struct udp4_path path = { .eth_src = h->mac,
				  .eth_dst = MAC_BROADCAST,
				  .dst = { { 255, 255, 255, 255 } },
				  .src_port = 68,
				  .dst_port = 67 };

	memset(&m, 0, sizeof(m));
	m.op = DHCP_OP_REQUEST;
	m.type = type;
	m.xid = h->xid;
	m.chaddr = h->mac;
	fill_addresses(h, &m);
	path.src = m.ciaddr;
	if (plan->has_id) {
		m.id_len = (uint8_t)host_identifier(h, id);
		memcpy(m.id, id, m.id_len);
	}
	text_copy(m.hostname, sizeof(m.hostname), plan->name);
	dhcp_encode(&p, &m);
	udp4_build(&f, &path, payload, wr_len(&p));
	transmit(h, frame, wr_len(&f));
}

/* Again and again until a router answers (RFC 7559). */
static void solicit_router(struct sim_host *h)
{
	uint8_t frame[128];
	struct wr w = wr_init(frame, sizeof(frame));
	struct ip6 all = { { 0xff, 0x02, [15] = 2 } };
	struct icmp6_path p = { .eth_src = h->mac,
				.eth_dst = icmp6_multicast_mac(&all),
				.src = h->stack.ip6[0],
				.dst = all,
				.hop_limit = 255 };
	struct icmp6_nd nd = { .type = ICMP6_RS, .has_mac = true, .mac = h->mac };

	if (h->stack.ip6_count > 1 || h->world->now < h->solicit_at)
		return;
	h->solicit_at = h->world->now + h->solicit_wait;
	h->solicit_wait *= 2;
	icmp6_nd_build(&w, &p, &nd);
	transmit(h, frame, wr_len(&w));
}

static struct sim_host *somebody(struct sim_host *h)
{
	struct world *w = h->world;

	return &w->hosts[rng_below(&w->rng, w->plan->host_count)];
}

static void ping_somebody(struct sim_host *h)
{
	static const struct ip4 outside = { { 203, 0, 113, 1 } };
	struct sim_host *to = somebody(h);

	h->seq++;
	if (to->at < 0)
		to = h;
	if (to != h && to->state == HOST_BOUND &&
	    stack_ping4(&h->stack, &to->stack.ip4, 1, h->seq, h->world->now))
		h->pings4++;
	if (h->seq % 4 == 0 && stack_ping4(&h->stack, &outside, 2, h->seq, h->world->now))
		h->pings_out++;
	if (to != h && to->stack.ip6_count > 1 &&
	    stack_ping6(&h->stack, &to->stack.ip6[1], 1, h->seq, h->world->now))
		h->pings6++;
	probe_send(h, h->seq % 8 == 0);
}

static void switch_on(struct sim_host *h)
{
	struct world *w = h->world;

	h->moved_at = w->now;
	world_changed(w, true);
	associate(h);
	h->xid = rng_u32(&w->rng);
	h->offered = h->remembered;
	h->state = ip4_is_zero(&h->remembered) ? HOST_SELECTING : HOST_REBOOTING;
	h->tries = 0;
}

/* Each returns how long it waits for an answer. */

static usec_t ask_anybody(struct sim_host *h)
{
	solicit_router(h);
	send_dhcp(h, DHCP_DISCOVER);
	return (2 + (usec_t)(h->tries < 3 ? h->tries++ : 3)) * USEC_S;
}

static usec_t ask_for_remembered(struct sim_host *h)
{
	if (h->tries++ == REBOOT_TRIES) {
		h->tries = 0;
		h->state = HOST_SELECTING;
		return ask_anybody(h);
	}
	solicit_router(h);
	send_dhcp(h, DHCP_REQUEST);
	return 2 * USEC_S;
}

static usec_t use_address(struct sim_host *h)
{
	usec_t age = h->world->now - h->bound_at;

	if (age > h->lease_us) {
		witness_expired(h);
		h->state = HOST_SELECTING;
		h->stack.ip4 = (struct ip4) { { 0 } };
	} else if (age > h->lease_us / 2) {
		send_dhcp(h, DHCP_REQUEST);
	}
	check_gateway(h);
	solicit_router(h);
	if (!h->world->plan->hosts[h->index].quiet)
		ping_somebody(h);
	return PING_INTERVAL;
}

void host_timer(struct sim_host *h)
{
	struct world *w = h->world;
	usec_t wait = PING_INTERVAL;

	if (h->at >= 0 && h->state == HOST_OFF)
		switch_on(h);
	switch (h->at < 0 ? HOST_AWAY : h->state) {
	case HOST_AWAY:
	case HOST_OFF:
		break;
	case HOST_SELECTING:
		wait = ask_anybody(h);
		break;
	case HOST_REQUESTING:
		h->state = HOST_SELECTING; /* no answer: begin again */
		wait = USEC_S;
		break;
	case HOST_REBOOTING:
		wait = ask_for_remembered(h);
		break;
	case HOST_BOUND:
		wait = use_address(h);
		break;
	}
	world_push(w, (struct item) { .at = w->now + wait + rng_below(&w->rng, 100000),
				      .kind = ITEM_HOST,
				      .a = h->index });
}

static void lose_address(struct sim_host *h)
{
	h->state = HOST_SELECTING;
	h->stack.ip4 = (struct ip4) { { 0 } };
	h->tries = 0;
}

void host_renew(struct sim_host *h)
{
	if (h->at >= 0 && h->state == HOST_BOUND)
		send_dhcp(h, DHCP_REQUEST);
}

void host_release(struct sim_host *h)
{
	if (h->at < 0 || h->state != HOST_BOUND)
		return;
	send_dhcp(h, DHCP_RELEASE);
	lose_address(h);
}

void host_decline(struct sim_host *h)
{
	if (h->at < 0 || h->state != HOST_BOUND)
		return;
	send_dhcp(h, DHCP_DECLINE);
	lose_address(h);
}

void host_reboot(struct sim_host *h)
{
	if (h->at >= 0 && h->state == HOST_BOUND)
		host_reset(h);
}

static void acknowledged(struct sim_host *h, const struct dhcp_msg *m)
{
	struct world *w = h->world;
	const char *name = w->plan->hosts[h->index].name;
	char ip[IP4_TEXT];

	if (h->state == HOST_BOUND && !ip4_eq(&h->stack.ip4, &m->yiaddr))
		world_violation(w, "%s was renewed with another address", name);
	if (!ip4_eq(&h->stack.ip4, &m->yiaddr)) {
		h->stack.ip4 = m->yiaddr;
		world_log(w, "%s has %s of node %d", name, ip4_text(&m->yiaddr, ip), h->at);
	}
	h->stack.len4 = 16;
	h->stack.router4 = m->router;
	h->server = m->server_id;
	h->lease_us = (usec_t)m->lease_s * USEC_S;
	h->bound_at = w->now;
	h->state = HOST_BOUND;
	h->acks++;
}

static void dhcp_answer(struct sim_host *h, const struct dhcp_msg *m)
{
	if (m->xid != h->xid || !mac_eq(&m->chaddr, &h->mac))
		return;
	if (m->type == DHCP_OFFER && h->state == HOST_SELECTING) {
		h->offered = m->yiaddr;
		h->server = m->server_id;
		h->state = HOST_REQUESTING;
		send_dhcp(h, DHCP_REQUEST);
	} else if (m->type == DHCP_ACK && (h->state == HOST_REQUESTING ||
					   h->state == HOST_REBOOTING || h->state == HOST_BOUND)) {
		acknowledged(h, m);
	} else if (m->type == DHCP_NAK && h->state != HOST_OFF) {
		lose_address(h);
	}
}

static void maybe_dhcp(struct sim_host *h, struct rd *r)
{
	struct ip4_head ip;
	struct udp_head udp;
	struct rd payload, data;
	struct dhcp_msg m;

	if (ip4_decode(r, &ip, &payload) || ip.proto != IP_PROTO_UDP ||
	    udp4_decode(&payload, &ip, &udp, &data))
		return;
	if (udp.dst_port == 68 && !dhcp_decode(&data, &m))
		dhcp_answer(h, &m);
}

static void maybe_ra(struct sim_host *h, struct rd *r)
{
	struct ip6_head ip;
	struct icmp6_head head;
	struct icmp6_ra ra;
	struct rd payload, body;
	struct ip6 addr;

	if (ip6_decode(r, &ip, &payload) || ip.next != IP_PROTO_ICMP6 ||
	    icmp6_decode(&payload, &ip, &head, &body))
		return;
	if (head.type != ICMP6_RA || icmp6_ra_decode(&body, &ip, &head, &ra) ||
	    ra.prefix_count == 0)
		return;
	addr = h->stack.ip6[0];
	memcpy(addr.b, ra.prefixes[0].net.addr.b, 8);
	h->stack.ip6[1] = addr;
	h->stack.ip6_count = 2;
	if (!ip6_is_zero(&h->router) && !ip6_eq(&h->router, &ip.src))
		world_violation(h->world, "%s hears another IPv6 router than before",
				h->world->plan->hosts[h->index].name);
	h->router = h->stack.router6 = ip.src;
}

void host_input(struct sim_host *h, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len), r6;
	struct eth e;

	if (eth_decode(&r, &e) || mac_eq(&e.src, &h->mac))
		return;
	if (!mac_eq(&e.dst, &h->mac) && !mac_is_multicast(&e.dst))
		return;
	probe_seen_host(h, frame, len);
	split_seen(h, frame, len);
	r6 = r;
	if (e.type == ETH_TYPE_IP4)
		maybe_dhcp(h, &r);
	if (e.type == ETH_TYPE_IP6)
		maybe_ra(h, &r6);
	stack_input(&h->stack, frame, len, h->world->now);
}

void host_roam(struct sim_host *h, int to)
{
	struct ip6 router = ip4_mapped(&h->stack.router4);
	struct world *w = h->world;

	if (h->at >= 0 && to >= 0)
		witness_roamed(h);
	world_log(w, "%s goes from node %d to %d", w->plan->hosts[h->index].name, h->at, to);
	if (!h->silent)
		stack_forget(&h->stack, &router); /* as RFC 4436 asks of who knows that he moved */
	if (h->at < 0)
		host_reset(h); /* it has been away: everything from the beginning */
	disassociate(h);
	h->at = to;
	h->moved_at = h->world->now;
	world_changed(h->world, true);
	if (h->state != HOST_OFF)
		associate(h);
}
