/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients of one cloud look for each other on layer 2, where nobody answers for who is in another
 * part of it. While the cloud is cut their node does, with the gateway's MAC: what comes there is
 * routed. A client that still sends to the other one's own MAC is told without having asked, for it
 * would go on for most of a minute; where the kernel is the engine nobody sees its frames, and it
 * has to wait.
 */
#include "node/internal.h"
#include "packet/arp.h"
#include "packet/eth.h"
#include "packet/icmp6.h"

#define ANSWER_INTERVAL (5 * USEC_MS)
#define ANSWER_BURST 200

/* Who wants to reach whom. */
struct wanted {
	struct mac from;
	struct ip6 from_ip, to; /* IPv4 as lease_mapped */
	bool asks;
};

static bool want_arp(struct rd *r, struct wanted *ret)
{
	struct arp a;

	/* who only looks whether an address is free gets no answer */
	if (arp_decode(r, &a) || a.op != ARP_OP_REQUEST || ip4_is_zero(&a.sender))
		return false;
	ret->from_ip = lease_mapped(&a.sender);
	ret->to = lease_mapped(&a.target);
	ret->asks = true;
	return true;
}

static bool want_ip4(struct rd *r, struct wanted *ret)
{
	struct ip4_head ip;
	struct rd payload;

	if (ip4_decode(r, &ip, &payload))
		return false;
	ret->from_ip = lease_mapped(&ip.src);
	ret->to = lease_mapped(&ip.dst);
	return true;
}

static bool want_ip6(struct rd *r, struct wanted *ret)
{
	struct rd payload, body;
	struct icmp6_head head;
	struct icmp6_nd nd;
	struct ip6_head ip;

	if (ip6_decode(r, &ip, &payload) || ip6_is_zero(&ip.src))
		return false;
	ret->from_ip = ip.src;
	ret->to = ip.dst;
	if (ip.next != IP_PROTO_ICMP6 || icmp6_decode(&payload, &ip, &head, &body) ||
	    head.type != ICMP6_NS)
		return true;
	if (icmp6_nd_decode(&body, &ip, &head, &nd))
		return false;
	ret->to = nd.target;
	ret->asks = true;
	return true;
}

static bool want(const uint8_t *frame, size_t len, struct wanted *ret)
{
	struct rd r = rd_init(frame, len);
	struct eth e;

	*ret = (struct wanted) { .asks = false };
	if (eth_decode(&r, &e) || e.vid)
		return false;
	ret->from = e.src;
	if (e.type == ETH_TYPE_ARP)
		return want_arp(&r, ret);
	if (e.type == ETH_TYPE_IP4)
		return want_ip4(&r, ret);
	return e.type == ETH_TYPE_IP6 && want_ip6(&r, ret);
}

static void tell4(const struct node *n, const struct wanted *to, struct wr *w)
{
	struct arp a = { .op = ARP_OP_REPLY,
			 .sender_mac = n->cloud.anygw_mac,
			 .target_mac = to->from };

	(void)lease_unmapped(&to->to, &a.sender);
	(void)lease_unmapped(&to->from_ip, &a.target);
	arp_build(w, &to->from, &a);
}

static void tell6(const struct node *n, const struct wanted *to, struct wr *w)
{
	struct icmp6_path p = { .eth_src = n->cloud.anygw_mac,
				.eth_dst = to->from,
				.src = ip6_link_local(&n->cloud.anygw_mac),
				.dst = to->from_ip,
				.hop_limit = 255 };
	struct icmp6_nd nd = { .type = ICMP6_NA,
			       .router = true,
			       .solicited = to->asks,
			       .override = true,
			       .has_mac = true,
			       .target = to->to,
			       .mac = n->cloud.anygw_mac };

	icmp6_nd_build(w, &p, &nd);
}

void proxy_frame(struct node *n, const uint8_t *frame, size_t len)
{
	struct effect e = { .kind = EFFECT_FRAME, .frame.link = LINK_CLIENT };
	struct wr w = wr_init(n->proxied.data, sizeof(n->proxied.data));
	struct wanted to;
	struct ip4 ip4;

	/* who asks for his own address announces it */
	if (!n->parts_routed || !want(frame, len, &to) || ip6_eq(&to.from_ip, &to.to))
		return;
	e.frame.port = clients_port(n, &to.from);
	if (e.frame.port >= NODE_PORTS || !solicit_is_elsewhere(n, &to.to) ||
	    !bucket_take(&n->proxy_rate, ANSWER_INTERVAL, ANSWER_BURST, n->now))
		return;
	n->counters[NODE_C_PROXY]++;
	if (lease_unmapped(&to.to, &ip4))
		tell4(n, &to, &w);
	else
		tell6(n, &to, &w);
	e.frame.data = n->proxied.data;
	e.frame.len = wr_len(&w);
	node_effect_push(n, &e);
}
