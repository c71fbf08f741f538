/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words between this node and single others, which are next to it in the replicated state. */
#include <string.h>

#include "node/internal.h"

/* Numbers are the wire format: never reused. */
enum talk_topic {
	TALK_LEASE = 1, /* addresses lent and borrowed: core/lease/borrow.c */
};

void talk_lease(struct node *n, const struct lease_talk *t)
{
	struct state_node to;

	memcpy(to.b, t->to.b, sizeof(to.b));
	/* whoever has gone does not answer: for the lease core that is a word lost on the way */
	(void)state_talk(n->state, &to, TALK_LEASE, t->data, t->len);
}

void talk_heard(struct node *n, const struct state_talk *t)
{
	struct lease_node from;

	/* what a later version talks about is none of our business */
	if (t->topic != TALK_LEASE)
		return;
	memcpy(from.b, t->from.b, sizeof(from.b));
	lease_talk(&n->lease, &from, t->data, t->len, n->now);
}
