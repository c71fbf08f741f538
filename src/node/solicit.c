/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a packet enters the cloud: whose is its destination? The kernel asks us, up to three times,
 * and never asks by broadcast itself (wish_link.has_neigh_app_solicit). What the records know is
 * answered from them. Only for the rest everybody is asked, at a limited rate: who scans the
 * cloud's network must not make a storm of broadcasts on everybody's Wi-Fi.
 *
 * What is over the rate, and what is in another part of a cloud that is cut, is refused, which
 * tells the sender at once and frees the entry in the kernel's table of neighbours: of 1024 by
 * default, in which the node's own neighbours need places too. Refusals cost a system call each, so
 * they are limited as well.
 */
#include <string.h>

#include "node/internal.h"
#include "packet/arp.h"
#include "packet/eth.h"
#include "packet/icmp6.h"

#define REFUSE_INTERVAL 200 /* us */
#define REFUSE_BURST 5000

static void answer(struct node *n, const struct event_solicit *s, const struct mac *mac)
{
	struct effect e = { .kind = EFFECT_ANSWER };

	e.answer =
		(struct effect_answer) { .v6 = s->v6, .ip4 = s->ip4, .ip6 = s->ip6, .mac = *mac };
	node_effect_push(n, &e);
}

static void member_add(struct node *n, const struct ip6 *addr, const struct node_member *m)
{
	struct member_address *a;

	a = table_find(&n->members, addr) ? NULL : table_add(&n->members, addr);
	if (!a)
		return;
	a->mac = m->cloud_mac;
	memcpy(a->id.b, m->id, sizeof(a->id.b));
}

/* Whoever scans the cloud's network makes the kernel ask for every address there: the records are
 * looked through once per change of one, not per question. */
static void members_index(struct node *n)
{
	struct member_address *a;
	struct node_member m;
	struct ip6 mapped;

	if (!n->members_dirty)
		return;
	n->members_dirty = false;
	for (uint32_t i = 0; (a = table_next(&n->members, &i));)
		table_remove(&n->members, a);
	for (uint32_t i = 0; node_member_next(n, &i, &m);) {
		if (m.self)
			continue;
		mapped = lease_mapped(&m.ip4);
		member_add(n, &mapped, &m);
		member_add(n, &m.ip6, &m);
	}
}

enum found {
	FOUND_NOTHING,	 /* no record tells */
	FOUND_HERE,	 /* in our part of the cloud, if it is cut */
	FOUND_ELSEWHERE, /* in another one, to which no frame goes */
};

static enum found find(struct node *n, const struct ip6 *addr, struct mac *ret)
{
	const struct member_address *member;
	struct state_node at;
	struct lease_view v;

	members_index(n);
	member = table_find(&n->members, addr);
	if (member) {
		*ret = member->mac;
		at = member->id;
	} else if (lease_find_address(&n->lease, addr, n->now, &v)) {
		*ret = v.client.mac;
		memcpy(at.b, v.client.node.b, sizeof(at.b));
	} else {
		return FOUND_NOTHING;
	}
	return parts_elsewhere(n, &at) ? FOUND_ELSEWHERE : FOUND_HERE;
}

bool solicit_is_nodes(struct node *n, const struct ip6 *addr)
{
	members_index(n);
	return table_find(&n->members, addr);
}

bool solicit_is_elsewhere(struct node *n, const struct ip6 *addr)
{
	struct mac mac;

	return n->parts_routed && find(n, addr, &mac) == FOUND_ELSEWHERE;
}

static void ask4(const struct node *n, const struct mac *whom, const struct ip4 *target,
		 struct wr *w)
{
	struct arp a = { .op = ARP_OP_REQUEST,
			 .sender_mac = n->cloud_mac,
			 .sender = n->cloud.node4,
			 .target = *target };

	arp_build(w, whom, &a);
}

static void ask6(const struct node *n, const struct mac *whom, const struct ip6 *target,
		 struct wr *w)
{
	struct icmp6_path p = { .eth_src = n->cloud_mac,
				.eth_dst = *whom,
				.src = n->cloud.node6,
				.dst = *target,
				.hop_limit = 255 };
	struct icmp6_nd nd = {
		.type = ICMP6_NS, .has_mac = true, .target = *target, .mac = n->cloud_mac
	};

	if (mac_is_multicast(whom)) {
		p.dst = icmp6_solicited_node(target);
		p.eth_dst = icmp6_multicast_mac(&p.dst);
	}
	icmp6_nd_build(w, &p, &nd);
}

size_t solicit_build(const struct node *n, const struct mac *whom, const struct ip6 *addr,
		     struct solicit_frame *ret)
{
	struct wr w = wr_init(ret->data, sizeof(ret->data));
	struct ip4 ip4;

	if (lease_unmapped(addr, &ip4))
		ask4(n, whom, &ip4, &w);
	else
		ask6(n, whom, addr, &w);
	return wr_len(&w);
}

/* Through the port of the bridge that learns no address, since this is the bridge's own: our
 * clients hear it and, by way of bat0, everybody else. The kernel takes the answer. */
static void ask_everybody(struct node *n, const struct ip6 *addr)
{
	struct effect e = { .kind = EFFECT_FRAME, .frame.link = LINK_CLIENT };

	e.frame.data = n->question.data;
	e.frame.len = solicit_build(n, &MAC_BROADCAST, addr, &n->question);
	node_effect_push(n, &e);
}

static void refuse(struct node *n, const struct event_solicit *s)
{
	static const struct mac nobody;

	if (bucket_take(&n->solicit_refuse, REFUSE_INTERVAL, REFUSE_BURST, n->now))
		answer(n, s, &nobody);
}

void solicit_event(struct node *n, const struct event_solicit *s)
{
	struct ip6 addr = s->v6 ? s->ip6 : lease_mapped(&s->ip4);
	uint32_t rate = (uint32_t)n->conf->limits.solicit_rate;
	struct mac mac = { { 0 } };

	n->counters[NODE_C_SOLICIT]++;
	switch (find(n, &addr, &mac)) {
	case FOUND_HERE:
		n->counters[NODE_C_SOLICIT_ANSWERED]++;
		answer(n, s, &mac);
		break;
	case FOUND_ELSEWHERE:
		n->counters[NODE_C_SOLICIT_PART]++;
		refuse(n, s);
		break;
	case FOUND_NOTHING:
		if (bucket_take(&n->solicit_ask[s->v6], USEC_S / rate, rate, n->now)) {
			n->counters[NODE_C_SOLICIT_ASKED]++;
			ask_everybody(n, &addr);
		} else {
			n->counters[NODE_C_SOLICIT_RATE]++;
			refuse(n, s);
		}
		break;
	}
}
