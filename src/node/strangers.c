/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that somebody uses who is no client: a static host, a client or node of other software.
 * They are known by ARP. What is said to all reaches us by the bridge, as it reaches our clients;
 * answers to our questions come to whoever asked: from the cloud to this node, from our own ports
 * to the anycast MAC, because what goes to the bridge's own MAC its kernel keeps to itself.
 */
#include "node/internal.h"
#include "packet/arp.h"
#include "packet/eth.h"

/* RFC 5227 probe: sender address zero, so that nobody learns anything from it. */
void strangers_ask_cloud(struct node *n, const struct ip4 *ip)
{
	uint8_t frame[ETH_HEADER + ARP_LEN];
	struct wr w = wr_init(frame, sizeof(frame));
	struct arp a = { .op = ARP_OP_REQUEST, .sender_mac = n->cloud_mac, .target = *ip };

	arp_build(&w, &MAC_BROADCAST, &a);
	cloudside_send(n, frame, wr_len(&w));
}

/* As the gateway that it is: a probe that comes late, after its client began to try the address
 * itself, would be taken for a clash (RFC 5227 section 2.1.1). */
static void ask_beside(struct node *n, const struct ip4 *ip)
{
	struct effect e = { .kind = EFFECT_FRAME, .frame.link = LINK_CLIENT };
	struct solicit_frame *f = &n->stranger_question;
	struct wr w = wr_init(f->data, sizeof(f->data));
	struct arp a = { .op = ARP_OP_REQUEST,
			 .sender_mac = n->cloud.anygw_mac,
			 .sender = n->cloud.anygw4,
			 .target = *ip };

	arp_build(&w, &MAC_BROADCAST, &a);
	e.frame.data = f->data;
	e.frame.len = wr_len(&w);
	node_effect_push(n, &e);
}

void strangers_ask(struct node *n, const struct ip4 *ip)
{
	strangers_ask_cloud(n, ip);
	ask_beside(n, ip);
}

static bool arp_of(const uint8_t *frame, size_t len, struct eth *ret_eth, struct arp *ret)
{
	struct rd r = rd_init(frame, len);

	return !eth_decode(&r, ret_eth) && !ret_eth->vid && ret_eth->type == ETH_TYPE_ARP &&
	       !arp_decode(&r, ret) && mac_eq(&ret_eth->src, &ret->sender_mac);
}

static void heard(struct node *n, const struct arp *a)
{
	if (ip4_is_zero(&a->sender) || mac_eq(&a->sender_mac, &n->cloud_mac))
		return; /* who only asks whether an address is free; ourselves */
	if (ip4_eq(&a->sender, &n->cloud.node4))
		address_claimed(n, &a->sender_mac);
	else if (!batman_is_node(n->batman, &a->sender_mac))
		lease_address_taken(&n->lease, &a->sender, &a->sender_mac, n->now);
}

void strangers_beside(struct node *n, const uint8_t *frame, size_t len)
{
	struct eth e;
	struct arp a;

	if (arp_of(frame, len, &e, &a))
		heard(n, &a);
}

void strangers_overhear(struct node *n, const uint8_t *frame, size_t len)
{
	struct eth e;
	struct arp a;

	if (arp_of(frame, len, &e, &a) && mac_eq(&e.dst, &n->cloud_mac) && a.op == ARP_OP_REPLY)
		heard(n, &a);
}

void strangers_found(struct node *n, const struct lease_foreign_news *f)
{
	struct effect_notice e = { .notice = NOTICE_ADDRESS_FOREIGN,
				   .port = clients_port(n, &f->mac),
				   .mac = f->mac,
				   .ip4 = f->ip };
	struct text t = text_init(e.text, sizeof(e.text));
	char mac[MAC_TEXT];

	if (mac_is_zero(&f->client))
		text_add(&t, "uses it without a lease, so nobody is given it");
	else
		text_add(&t, "uses it, of which %s has a lease", mac_text(&f->client, mac));
	node_notice(n, &e);
}
