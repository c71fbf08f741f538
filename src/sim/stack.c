/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/stack.h"

#include <string.h>

#include "packet/arp.h"
#include "packet/eth.h"
#include "packet/icmp6.h"

#define CACHE_LIFE (60 * USEC_S)
#define WAIT_LIFE (3 * USEC_S)

struct ip6 ip4_mapped(const struct ip4 *ip)
{
	struct ip6 m = { { [10] = 0xff, [11] = 0xff } };

	memcpy(m.b + 12, ip->b, sizeof(ip->b));
	return m;
}

bool ip6_is_mapped(const struct ip6 *ip)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(ip->b, prefix, sizeof(prefix));
}

struct ip4 ip6_unmapped(const struct ip6 *ip)
{
	struct ip4 ip4;

	memcpy(ip4.b, ip->b + 12, sizeof(ip4.b));
	return ip4;
}

static bool has6(const struct stack *s, const struct ip6 *ip)
{
	for (unsigned int i = 0; i < s->ip6_count; i++)
		if (ip6_eq(&s->ip6[i], ip))
			return true;
	return false;
}

static void learn(struct stack *s, const struct ip6 *ip, const struct mac *mac)
{
	struct stack_neighbour *oldest = &s->cache[0];

	for (unsigned int i = 0; i < STACK_NEIGHBOURS; i++) {
		struct stack_neighbour *n = &s->cache[i];

		if (ip6_eq(&n->ip, ip)) {
			oldest = n;
			break;
		}
		if (n->at < oldest->at)
			oldest = n;
	}
	*oldest = (struct stack_neighbour) { *ip, *mac, s->now };
	for (unsigned int i = 0; i < STACK_WAITING; i++) {
		struct stack_waiting *w = &s->waiting[i];
		size_t len = w->len;

		if (!len || !ip6_eq(&w->next, ip))
			continue;
		w->len = 0;
		memcpy(w->frame, mac->b, sizeof(mac->b));
		if (s->now - w->at < WAIT_LIFE)
			s->send(s->ctx, w->frame, len);
	}
}

const struct mac *stack_neighbour(const struct stack *s, const struct ip6 *ip)
{
	for (unsigned int i = 0; i < STACK_NEIGHBOURS; i++)
		if (ip6_eq(&s->cache[i].ip, ip) && s->now - s->cache[i].at < CACHE_LIFE)
			return &s->cache[i].mac;
	return NULL;
}

void stack_forget(struct stack *s, const struct ip6 *ip)
{
	for (unsigned int i = 0; i < STACK_NEIGHBOURS; i++)
		if (ip6_eq(&s->cache[i].ip, ip))
			s->cache[i] = (struct stack_neighbour) { .at = 0 };
}

static void solicit4(struct stack *s, const struct ip4 *ip)
{
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));
	struct arp a = {
		.op = ARP_OP_REQUEST, .sender_mac = s->mac, .sender = s->ip4, .target = *ip
	};

	arp_build(&w, &MAC_BROADCAST, &a);
	s->send(s->ctx, buf, wr_len(&w));
}

static void solicit6(struct stack *s, const struct ip6 *ip)
{
	uint8_t buf[128];
	struct wr w = wr_init(buf, sizeof(buf));
	struct icmp6_path p = { .eth_src = s->mac,
				.src = s->ip6[s->ip6_count - 1],
				.dst = icmp6_solicited_node(ip) };
	struct icmp6_nd nd = { .type = ICMP6_NS, .has_mac = true, .target = *ip, .mac = s->mac };

	p.eth_dst = icmp6_multicast_mac(&p.dst);
	p.hop_limit = 255;
	icmp6_nd_build(&w, &p, &nd);
	s->send(s->ctx, buf, wr_len(&w));
}

static void wait_for(struct stack *s, const uint8_t *frame, size_t len, const struct ip6 *next)
{
	struct stack_waiting *w = &s->waiting[0];

	for (unsigned int i = 0; i < STACK_WAITING && w->len; i++)
		if (!s->waiting[i].len || s->waiting[i].at < w->at)
			w = &s->waiting[i];
	memcpy(w->frame, frame, len);
	w->len = len;
	w->next = *next;
	w->at = s->now;
}

/* frame has room for its Ethernet header in front; type is set here. */
static void resolve_and_send(struct stack *s, uint8_t *frame, size_t len, const struct ip6 *next)
{
	const struct mac *mac = stack_neighbour(s, next);
	struct wr w = wr_init(frame, ETH_HEADER);
	struct ip4 ip4;

	wr_mac(&w, mac ? mac : &MAC_BROADCAST);
	wr_mac(&w, &s->mac);
	wr_u16(&w, ip6_is_mapped(next) ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
	if (mac) {
		s->send(s->ctx, frame, len);
		return;
	}
	wait_for(s, frame, len, next);
	ip4 = ip6_unmapped(next);
	if (ip6_is_mapped(next))
		solicit4(s, &ip4);
	else
		solicit6(s, next);
}

static struct ip6 next_hop4(const struct stack *s, const struct ip4 *to)
{
	struct net4 net = { s->ip4, s->len4 };

	return ip4_mapped(net4_has(&net, to) ? to : &s->router4);
}

static struct ip6 next_hop6(const struct stack *s, const struct ip6 *to)
{
	if (ip6_is_link_local(to) || ip6_is_zero(&s->router6))
		return *to;
	for (unsigned int i = 1; i < s->ip6_count; i++) {
		struct net6 net = { s->ip6[i], 64 };

		if (net6_has(&net, to))
			return *to;
	}
	return s->router6;
}

static void icmp4(uint8_t *frame, size_t *ret_len, const struct ip4_head *head, uint8_t type,
		  struct rd *rest)
{
	struct wr w = wr_init(frame + ETH_HEADER, 1500);
	uint8_t body[1480];
	struct wr b = wr_init(body, sizeof(body));
	size_t rest_len = rd_left(rest), mark;

	wr_u8(&b, type);
	wr_u8(&b, 0);
	mark = wr_mark(&b);
	wr_u16(&b, 0);
	wr_bytes(&b, rd_take(rest, rest_len), rest_len);
	wr_patch_u16(&b, mark, sum_finish(sum_add(0, body, wr_len(&b))));
	ip4_encode(&w, head, wr_len(&b));
	wr_bytes(&w, body, wr_len(&b));
	*ret_len = ETH_HEADER + wr_len(&w);
}

bool stack_ping4(struct stack *s, const struct ip4 *to, uint16_t id, uint16_t seq, usec_t now)
{
	uint8_t frame[128], rest[8];
	struct wr w = wr_init(rest, sizeof(rest));
	struct ip4_head head = { .src = s->ip4, .dst = *to, .proto = IP_PROTO_ICMP };
	struct ip6 next = next_hop4(s, to);
	struct rd r;
	size_t len;

	s->now = now;
	if (ip4_is_zero(&s->ip4))
		return false;
	wr_u16(&w, id);
	wr_u16(&w, seq);
	r = rd_init(rest, wr_len(&w));
	icmp4(frame, &len, &head, 8, &r);
	resolve_and_send(s, frame, len, &next);
	return true;
}

static void echo6(struct stack *s, const struct icmp6_path *p, uint8_t type, uint16_t id,
		  uint16_t seq)
{
	uint8_t frame[128];
	struct wr w = wr_init(frame, sizeof(frame));
	size_t mark = icmp6_begin(&w, p, type, 0);
	struct ip6 next = next_hop6(s, &p->dst);

	wr_u16(&w, id);
	wr_u16(&w, seq);
	icmp6_end(&w, mark);
	resolve_and_send(s, frame, wr_len(&w), &next);
}

bool stack_ping6(struct stack *s, const struct ip6 *to, uint16_t id, uint16_t seq, usec_t now)
{
	struct icmp6_path p = { .eth_src = s->mac, .dst = *to, .hop_limit = 64 };

	s->now = now;
	if (s->ip6_count < 2)
		return false;
	p.src = s->ip6[1];
	echo6(s, &p, ICMP6_ECHO_REQUEST, id, seq);
	return true;
}

void stack_send(struct stack *s, const uint8_t *frame, size_t len, const struct ip6 *next,
		usec_t now)
{
	uint8_t copy[1514];

	s->now = now;
	if (len > sizeof(copy))
		return;
	memcpy(copy, frame, len);
	resolve_and_send(s, copy, len, next);
}

static void input_arp(struct stack *s, struct rd *r)
{
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));
	struct arp a, answer;
	struct ip6 m;

	if (arp_decode(r, &a) || ip4_is_zero(&s->ip4) || !ip4_eq(&a.target, &s->ip4))
		return;
	if (!ip4_is_zero(&a.sender)) {
		m = ip4_mapped(&a.sender);
		learn(s, &m, &a.sender_mac);
	}
	if (a.op != ARP_OP_REQUEST)
		return;
	answer = (struct arp) { .op = ARP_OP_REPLY,
				.sender_mac = s->mac,
				.sender = s->ip4,
				.target_mac = a.sender_mac,
				.target = a.sender };
	arp_build(&w, &a.sender_mac, &answer);
	s->send(s->ctx, buf, wr_len(&w));
}

static void input4(struct stack *s, struct rd *r, const uint8_t *frame, size_t len)
{
	uint8_t reply[1514];
	struct ip4_head head, back;
	struct rd payload;
	struct ip6 next;
	uint8_t type;

	if (ip4_decode(r, &head, &payload))
		return;
	if (!ip4_eq(&head.dst, &s->ip4)) {
		if (s->forward)
			s->forward(s->ctx, frame, len);
		return;
	}
	type = rd_u8(&payload);
	rd_skip(&payload, 3);
	if (head.proto != IP_PROTO_ICMP || !rd_ok(&payload))
		return;
	if (type == 0) {
		uint16_t id = rd_u16(&payload);

		if (s->echo_reply)
			s->echo_reply(s->ctx, id, rd_u16(&payload), false);
	} else if (type == 8 && rd_left(&payload) < 1400) {
		back = (struct ip4_head) { .src = head.dst,
					   .dst = head.src,
					   .proto = IP_PROTO_ICMP };
		next = next_hop4(s, &head.src);
		icmp4(reply, &len, &back, 0, &payload);
		resolve_and_send(s, reply, len, &next);
	}
}

static void input_nd(struct stack *s, const struct ip6_head *ip, const struct icmp6_nd *nd)
{
	uint8_t buf[128];
	struct wr w = wr_init(buf, sizeof(buf));
	struct icmp6_path p = {
		.eth_src = s->mac, .src = nd->target, .dst = ip->src, .hop_limit = 255
	};
	struct icmp6_nd answer = {
		.type = ICMP6_NA, .solicited = true, .override = true, .has_mac = true
	};

	if (nd->type == ICMP6_NA && nd->has_mac)
		learn(s, &nd->target, &nd->mac);
	if (nd->type != ICMP6_NS || !nd->has_mac || !has6(s, &nd->target))
		return;
	learn(s, &ip->src, &nd->mac);
	p.eth_dst = nd->mac;
	answer.target = nd->target;
	answer.mac = s->mac;
	icmp6_nd_build(&w, &p, &answer);
	s->send(s->ctx, buf, wr_len(&w));
}

static void input6(struct stack *s, struct rd *r, const uint8_t *frame, size_t len)
{
	struct ip6_head ip;
	struct icmp6_head h;
	struct icmp6_nd nd;
	struct rd payload, body;
	struct icmp6_path p;
	uint16_t id;

	if (ip6_decode(r, &ip, &payload))
		return;
	if (!has6(s, &ip.dst) && !ip6_is_multicast(&ip.dst)) {
		if (s->forward && !ip6_is_link_local(&ip.dst))
			s->forward(s->ctx, frame, len);
		return;
	}
	if (ip.next != IP_PROTO_ICMP6 || icmp6_decode(&payload, &ip, &h, &body))
		return;
	if (h.type == ICMP6_NS || h.type == ICMP6_NA) {
		if (!icmp6_nd_decode(&body, &ip, &h, &nd))
			input_nd(s, &ip, &nd);
		return;
	}
	id = rd_u16(&body);
	if (h.type == ICMP6_ECHO_REPLY && s->echo_reply && has6(s, &ip.dst)) {
		s->echo_reply(s->ctx, id, rd_u16(&body), true);
	} else if (h.type == ICMP6_ECHO_REQUEST && has6(s, &ip.dst)) {
		p = (struct icmp6_path) {
			.eth_src = s->mac, .src = ip.dst, .dst = ip.src, .hop_limit = 64
		};
		echo6(s, &p, ICMP6_ECHO_REPLY, id, rd_u16(&body));
	}
}

void stack_input(struct stack *s, const uint8_t *frame, size_t len, usec_t now)
{
	struct rd r = rd_init(frame, len);
	struct eth e;

	s->now = now;
	if (eth_decode(&r, &e) || e.tagged ||
	    (!mac_eq(&e.dst, &s->mac) && !mac_is_multicast(&e.dst)))
		return;
	if (e.type == ETH_TYPE_ARP)
		input_arp(s, &r);
	else if (e.type == ETH_TYPE_IP4)
		input4(s, &r, frame, len);
	else if (e.type == ETH_TYPE_IP6)
		input6(s, &r, frame, len);
}
