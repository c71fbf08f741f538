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

static void host_reset(struct sim_host *h)
{
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

static void send_dhcp(struct sim_host *h, uint8_t type)
{
	uint8_t payload[600], frame[700];
	struct wr p = wr_init(payload, sizeof(payload)), f = wr_init(frame, sizeof(frame));
	bool renew = h->state == HOST_BOUND;
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
	if (type == DHCP_REQUEST && renew) {
		m.ciaddr = path.src = h->stack.ip4;
	} else if (type == DHCP_REQUEST) {
		m.requested = h->offered;
		m.server_id = h->server;
	}
	text_copy(m.hostname, sizeof(m.hostname), h->world->plan->hosts[h->index].name);
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

void host_timer(struct sim_host *h)
{
	struct world *w = h->world;
	usec_t wait = PING_INTERVAL;

	switch (h->at < 0 ? HOST_AWAY : h->state) {
	case HOST_AWAY:
		break;
	case HOST_OFF:
		h->moved_at = w->now;
		world_changed(w, true);
		associate(h);
		h->xid = rng_u32(&w->rng);
		h->state = HOST_SELECTING;
		h->tries = 0;
		/* fall through */
	case HOST_SELECTING:
		solicit_router(h);
		send_dhcp(h, DHCP_DISCOVER);
		wait = (2 + (usec_t)(h->tries < 3 ? h->tries++ : 3)) * USEC_S;
		break;
	case HOST_REQUESTING:
		h->state = HOST_SELECTING; /* no answer: begin again */
		wait = USEC_S;
		break;
	case HOST_BOUND:
		if (w->now - h->bound_at > h->lease_us) {
			h->state = HOST_SELECTING;
			h->stack.ip4 = (struct ip4) { { 0 } };
		} else if (w->now - h->bound_at > h->lease_us / 2) {
			send_dhcp(h, DHCP_REQUEST);
		}
		check_gateway(h);
		solicit_router(h);
		if (!h->world->plan->hosts[h->index].quiet)
			ping_somebody(h);
		break;
	}
	world_push(w, (struct item) { .at = w->now + wait + rng_below(&w->rng, 100000),
				      .kind = ITEM_HOST,
				      .a = h->index });
}

static void dhcp_answer(struct sim_host *h, const struct dhcp_msg *m)
{
	struct world *w = h->world;
	char ip[IP4_TEXT];

	if (m->xid != h->xid || !mac_eq(&m->chaddr, &h->mac))
		return;
	if (m->type == DHCP_OFFER && h->state == HOST_SELECTING) {
		h->offered = m->yiaddr;
		h->server = m->server_id;
		h->state = HOST_REQUESTING;
		send_dhcp(h, DHCP_REQUEST);
	} else if (m->type == DHCP_ACK && (h->state == HOST_REQUESTING || h->state == HOST_BOUND)) {
		if (h->state == HOST_BOUND && !ip4_eq(&h->stack.ip4, &m->yiaddr))
			world_violation(w, "%s was renewed with another address",
					w->plan->hosts[h->index].name);
		if (!ip4_eq(&h->stack.ip4, &m->yiaddr)) {
			h->stack.ip4 = m->yiaddr;
			world_log(w, "%s has %s of node %d", w->plan->hosts[h->index].name,
				  ip4_text(&m->yiaddr, ip), h->at);
		}
		check_address(h);
		h->stack.len4 = 16;
		h->stack.router4 = m->router;
		h->lease_us = (usec_t)m->lease_s * USEC_S;
		h->bound_at = w->now;
		h->state = HOST_BOUND;
		h->acks++;
	} else if (m->type == DHCP_NAK && h->state != HOST_OFF) {
		if (h->state == HOST_BOUND && w->parted_until < h->kept_since &&
		    !check_forgotten(h))
			world_violation(w, "%s lost its address to a NAK",
					w->plan->hosts[h->index].name);
		h->state = HOST_SELECTING;
		h->stack.ip4 = (struct ip4) { { 0 } };
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
