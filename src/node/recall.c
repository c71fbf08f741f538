/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of ours that another node announces has mostly gone there. But it may still be here: two
 * nodes with one LAN hear each other's clients for a moment before they know of the loop, and
 * anybody can forge an announcement. Such a client is ours again with its next frame, only that one
 * who waits for others never sends it, because nothing reaches it any more. So it is asked
 * something; no answer, and it has gone.
 *
 * Not at once: the bridge has to forget first where it was, or learns nothing from the answer. Who
 * is lost again is asked again, ever more seldom: where two really have one MAC, or something
 * answers for others, it would go to and fro for ever. Who associates anew is here, and that begins
 * anew.
 *
 * Timers: SETTLE before a question, then twice as long as the last time, up to WAIT_MAX; recalls
 * are kept for twice that. There are never more than RECALL_QUESTIONS in a second.
 */
#include "node/internal.h"

#define SETTLE (200 * USEC_MS)
#define WAIT_AGAIN (2 * USEC_S)
#define WAIT_MAX (64 * USEC_S)
#define ANSWERED                                                                                   \
	(500 * USEC_MS) /* who comes so late after the question has not come because of it */
#define ANSWER (5 * USEC_S)

static struct recall *find(struct node *n, const struct mac *mac)
{
	for (uint32_t i = 0; i < n->recall_count; i++)
		if (mac_eq(&n->recalls[i].mac, mac))
			return &n->recalls[i];
	return NULL;
}

void recall_client(struct node *n, const struct mac *mac, uint16_t port, bool associated)
{
	struct recall *r = find(n, mac);
	usec_t wait = SETTLE;

	if (!r && n->recall_count == RECALLS) {
		n->counters[NODE_C_RECALL_FULL]++;
		return;
	}
	if (!r)
		r = &n->recalls[n->recall_count++];
	else if (r->asked)
		wait = 2 * r->wait < WAIT_AGAIN ? WAIT_AGAIN : usec_min(2 * r->wait, WAIT_MAX);
	else
		wait = r->wait;
	*r = (struct recall) { .mac = *mac,
			       .port = port,
			       .associated = associated,
			       .wait = wait,
			       .at = n->now + wait };
	n->recall_at = usec_min(n->recall_at, r->at);
}

bool recall_was_associated(struct node *n, const struct mac *mac, uint16_t port)
{
	const struct recall *r = find(n, mac);

	return r && r->associated && r->port == port && (!r->asked || n->now - r->at < ANSWER);
}

void recall_came(struct node *n, const struct mac *mac, bool associated)
{
	struct recall *r = find(n, mac);

	if (r && (associated || !r->asked || n->now - r->at > ANSWERED))
		*r = n->recalls[--n->recall_count];
}

void recall_disassociated(struct node *n, const struct mac *mac)
{
	struct recall *r = find(n, mac);

	if (r)
		r->associated = false;
}

/* By its port alone: from elsewhere others would answer in its name, such as a kernel's distributed
 * ARP table, and the bridge would learn that it is there. */
static void question(struct node *n, const struct recall *r, const struct ip6 *addr,
		     uint32_t *asked)
{
	struct effect e = { .kind = EFFECT_FRAME, .frame.link = LINK_PORT };
	struct solicit_frame *f = &n->recall_questions[*asked];

	e.frame.port = r->port;
	e.frame.data = f->data;
	e.frame.len = solicit_build(n, &r->mac, addr, f);
	node_effect_push(n, &e);
	++*asked;
}

/* For its lease. Without one, for the addresses that it was seen with, and for the one that it may
 * have made of its MAC. */
static void ask(struct node *n, const struct recall *r, uint32_t *asked)
{
	struct ip6 addr = ip6_link_local(&r->mac);
	struct lease_view v = { 0 };

	(void)lease_find(&n->lease, &r->mac, n->now, &v);
	if (!ip4_is_zero(&v.client.ip4)) {
		addr = lease_mapped(&v.client.ip4);
		question(n, r, &addr, asked);
		return;
	}
	question(n, r, &addr, asked);
	for (uint32_t i = 0; i < v.client.addr_count && *asked < RECALL_QUESTIONS; i++)
		question(n, r, &v.client.addrs[i], asked);
}

void recall_tick(struct node *n)
{
	uint32_t kept = 0;

	n->recall_at = USEC_NEVER;
	for (uint32_t i = 0; i < n->recall_count; i++) {
		struct recall r = n->recalls[i];

		if (r.asked && n->now - r.at > 2 * WAIT_MAX)
			continue;
		if (!r.asked && r.at > n->now) {
			n->recall_at = usec_min(n->recall_at, r.at);
		} else if (!r.asked && n->recall_asked < RECALL_QUESTIONS) {
			r.asked = true;
			r.at = n->now;
			if (clients_port(n, &r.mac) == NODE_PORTS && port_serves(&n->port, r.port))
				ask(n, &r, &n->recall_asked);
		}
		n->recalls[kept++] = r;
	}
	n->recall_count = kept;
}

void recall_refresh(struct node *n)
{
	n->recall_asked = 0;
	recall_tick(n);
}
