/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses of nodes follow from the MAC of their primary interface, two bytes of it in a /16, so
 * two nodes may have one. Their records show it: the node with the lower id keeps the address, the
 * other takes the next one that nobody has, and says so. It keeps that until it starts again.
 * Somebody may make such records up, so that happens MEETINGS times at once and once in
 * MEETING_INTERVAL in the long run.
 *
 * Nodes of other software have no record, and do not move. They are found by ARP: this node asks
 * for its own address, and when somebody at a node that is not of trama was heard to have it and
 * has answered ANSWERS questions since, it moves. Anybody at such a node can say so, so that
 * happens MOVES times at once and once in MOVE_INTERVAL in the long run.
 *
 * Timers: records are looked at within a second after one has changed. The first question after
 * ASK_FIRST, then every ASK_INTERVAL; the next one ASK_SECOND after somebody was heard to have our
 * address.
 */
#include <string.h>

#include "node/internal.h"

#define ASK_FIRST (10 * USEC_S)
#define ASK_INTERVAL (300 * USEC_S)
#define ASK_SECOND (5 * USEC_S)
#define ANSWER_LIFE (60 * USEC_S)
#define ANSWERS 2
#define MOVE_INTERVAL (600 * USEC_S)
#define MOVES 3
#define MEETING_INTERVAL (60 * USEC_S)
#define MEETINGS 16
#define TRIES 65536 /* addresses, at most: all of a /16 */

void address_let_go(struct node *n, const struct ip4 *ip)
{
	const struct node_called *c;

	if (ip4_eq(ip, &n->cloud.node4))
		return;
	for (uint32_t i = 0; (c = table_next(&n->called, &i));)
		if (ip4_eq(ip, &c->ip4))
			return;
	lease_unreserve_address(&n->lease, ip, n->now);
}

static void tell(struct node *n, const struct mac *who, const char *name, const char *was,
		 const char *is)
{
	struct effect_notice e = { .notice = NOTICE_ADDRESS_MOVED,
				   .mac = *who,
				   .ip4 = n->cloud.node4 };
	struct text t = text_init(n->address.text, sizeof(n->address.text));
	char mac[MAC_TEXT];

	text_add(&t, "%s is that of %s, too, so this node has %s", was,
		 name[0] ? name : mac_text(who, mac), is);
	text_copy(e.text, sizeof(e.text), n->address.text);
	n->counters[NODE_C_ADDRESS_MOVED]++;
	node_notice(n, &e);
}

/* What follows from our address is made anew. */
static void moved(struct node *n)
{
	n->wish_dirty = n->names_dirty = n->members_dirty = true;
	n->address.answers = 0;
	if (n->loaded)
		records_put_node(n);
}

static void move4(struct node *n, const struct mac *who, const char *name)
{
	struct ip4 was = n->cloud.node4, next = was;
	char before[IP4_TEXT], now[IP4_TEXT];

	for (uint32_t i = 0; i < TRIES; i++) {
		next = cloud_ip4_behind(&n->cloud, &next);
		if (!lease_is_unused(&n->lease, &next))
			continue;
		n->cloud.node4 = next;
		(void)lease_reserve_address(&n->lease, &next, n->now);
		address_let_go(n, &was);
		moved(n);
		tell(n, who, name, ip4_text(&was, before), ip4_text(&next, now));
		return;
	}
}

static bool member_has6(const struct node *n, const struct ip6 *ip)
{
	struct node_member m;

	for (uint32_t i = 0; node_member_next(n, &i, &m);)
		if (!m.self && ip6_eq(&m.ip6, ip))
			return true;
	return false;
}

static void move6(struct node *n, const struct mac *who, const char *name)
{
	struct ip6 was = n->cloud.node6, next = was;
	char before[IP6_TEXT], now[IP6_TEXT];

	do
		next = cloud_ip6_behind(&next);
	while (member_has6(n, &next) && !ip6_eq(&next, &was));
	if (ip6_eq(&next, &was))
		return;
	n->cloud.node6 = next;
	moved(n);
	tell(n, who, name, ip6_text(&was, before), ip6_text(&next, now));
}

/* One that has an address of ours, and keeps it; false: there is none. Who has our MAC was this
 * node itself, before it lost its key. */
static bool keeper_find(const struct node *n, struct node_member *ret)
{
	for (uint32_t i = 0; node_member_next(n, &i, ret);)
		if (!ret->self && !mac_eq(&ret->cloud_mac, &n->cloud_mac) &&
		    memcmp(ret->id, n->id.b, sizeof(n->id.b)) < 0 &&
		    (ip4_eq(&ret->ip4, &n->cloud.node4) || ip6_eq(&ret->ip6, &n->cloud.node6)))
			return true;
	return false;
}

static void look(struct node *n)
{
	struct node_member m;

	n->address.is_met = false;
	if (!keeper_find(n, &m))
		return;
	n->address.is_met = true; /* there may be one more, or it is too soon */
	if (!bucket_take(&n->address.meetings, MEETING_INTERVAL, MEETINGS, n->now))
		return;
	if (ip4_eq(&m.ip4, &n->cloud.node4))
		move4(n, &m.cloud_mac, m.name);
	if (ip6_eq(&m.ip6, &n->cloud.node6))
		move6(n, &m.cloud_mac, m.name);
}

void address_met(struct node *n)
{
	n->address.is_met = true;
}

/* At a node of other software: those of trama have records, and keep their clients from lying. */
static bool is_stranger(const struct node *n, const struct mac *mac)
{
	struct batman_orig at;
	struct mac orig;

	return !batman_lookup(n->batman, mac, 0, &orig) &&
	       batman_orig_find(n->batman, &orig, &at) && !at.trama;
}

static void ask_within(struct node *n, usec_t wait)
{
	n->address.ask_at = usec_min(n->address.ask_at, n->now + wait);
}

void address_claimed(struct node *n, const struct mac *mac)
{
	if (!is_stranger(n, mac))
		return;
	if (!mac_eq(mac, &n->address.by) || n->now - n->address.answered_at > ANSWER_LIFE)
		n->address.answers = 0;
	/* of each question one answer */
	if (n->address.answers && n->now - n->address.answered_at < ASK_SECOND / 2)
		return;
	n->address.by = *mac;
	n->address.answered_at = n->now;
	n->address.answers++;
	ask_within(n, ASK_SECOND);
	if (n->address.answers > ANSWERS &&
	    bucket_take(&n->address.moves, MOVE_INTERVAL, MOVES, n->now))
		move4(n, mac, "");
}

void address_refresh(struct node *n)
{
	if (n->address.is_met)
		look(n);
	if (!n->address.ask_at)
		n->address.ask_at = n->now + ASK_FIRST;
	if (n->now < n->address.ask_at)
		return;
	n->address.ask_at = n->now + ASK_INTERVAL;
	strangers_ask_cloud(n, &n->cloud.node4);
}
