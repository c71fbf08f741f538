/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of ours that another node announces has mostly gone there. But it may still be here: two
 * nodes with one LAN hear each other's clients for a moment before they know of the loop, and
 * anybody can forge an announcement. Such a client is ours again with its next frame, only that one
 * who waits for others never sends it, because nothing reaches it any more. So it is asked
 * something, at the address that we know best; no answer, and it has gone.
 *
 * Not at once: the bridge has to forget first where it was, or learns nothing from the answer.
 * There are never more than RECALLS questions in a second, whoever announces.
 */
#include "node/internal.h"

#define SETTLE (200 * USEC_MS)

/* The lease, another address it was seen with, or the one that it most likely has. */
static struct ip6 address_of(const struct node *n, const struct mac *mac)
{
	struct lease_view v;

	if (lease_find(&n->lease, mac, n->now, &v)) {
		if (!ip4_is_zero(&v.client.ip4))
			return lease_mapped(&v.client.ip4);
		if (v.client.addr_count)
			return v.client.addrs[v.client.addr_count - 1];
	}
	return ip6_link_local(mac);
}

void recall_client(struct node *n, const struct mac *mac, uint16_t port)
{
	uint32_t i = 0;

	while (i < n->recall_count && !mac_eq(&n->recalls[i].mac, mac))
		i++;
	if (i == RECALLS)
		return;
	n->recalls[i] = (struct recall) { .mac = *mac, .port = port, .since = n->now };
	if (i == n->recall_count)
		n->recall_count++;
}

/* By its port alone: from elsewhere others would answer in its name, such as a kernel's distributed
 * ARP table, and the bridge would learn that it is there. */
static void ask(struct node *n, const struct recall *r, struct solicit_frame *question)
{
	struct effect e = { .kind = EFFECT_FRAME, .frame.link = LINK_PORT };
	struct ip6 addr = address_of(n, &r->mac);

	e.frame.port = r->port;
	e.frame.data = question->data;
	e.frame.len = solicit_build(n, &r->mac, &addr, question);
	node_effect_push(n, &e);
}

void recall_refresh(struct node *n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n->recall_count; i++) {
		const struct recall *r = &n->recalls[i];

		if (n->now - r->since < SETTLE)
			n->recalls[kept++] = *r;
		else if (clients_port(n, &r->mac) == NODE_PORTS)
			ask(n, r, &n->recall_questions[i]);
	}
	n->recall_count = kept;
}
