/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes into the cloud, sent and answered by batman-adv's ICMP, and how long they took. Several
 * people may ask at once: an answer belongs to the probe with its id and number.
 */
#include "node/internal.h"

/* Index, or -1. */
static int find(const struct node *n, uint8_t id, uint16_t seq)
{
	for (int i = 0; i < NODE_PROBES; i++)
		if (n->probes[i].used && n->probes[i].id == id && n->probes[i].seq == seq)
			return i;
	return -1;
}

void probes_send(struct node *n, const struct event_control *e)
{
	struct batman_probe probe = { .dst = e->mac,
				      .uid = (uint8_t)e->id,
				      .seq = e->seq,
				      .ttl = e->ttl,
				      .record = e->record };
	int same = find(n, probe.uid, probe.seq);
	struct node_probe *p = &n->probes[same < 0 ? n->next_probe : (unsigned int)same];

	if (same < 0)
		n->next_probe = (n->next_probe + 1) % NODE_PROBES;
	*p = (struct node_probe) {
		.used = true, .id = probe.uid, .seq = probe.seq, .sent_at = n->now
	};
	if (batman_icmp_send(n->batman, &probe, n->now) == 0)
		return;
	p->answered = true;
	p->answer.icmp.type = BATMAN_ICMP_UNREACHABLE;
}

void probes_answer(struct node *n, const struct batman_icmp *reply)
{
	int i = find(n, reply->uid, reply->seq);

	if (i < 0 || n->probes[i].answered)
		return;
	n->probes[i].answered = true;
	n->probes[i].answer =
		(struct node_ping) { .icmp = *reply, .rtt = n->now - n->probes[i].sent_at };
}

bool node_ping_answer(const struct node *n, uint16_t id, uint16_t seq, struct node_ping *ret)
{
	int i = find(n, (uint8_t)id, seq);

	if (i < 0 || !n->probes[i].answered)
		return false;
	*ret = n->probes[i].answer;
	return true;
}
