/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which nodes hear what others know: measured by the state datagrams themselves. The way from one
 * neighbour to the other is open from the first datagram that is accepted on, until one is sent of
 * which, and of what is sent after it, nothing arrives for half a second; or until nothing has come
 * for longer than neighbours are ever silent.
 */
#ifndef SIM_CONTACT_H
#define SIM_CONTACT_H

#include <stdbool.h>

#include "sim/plan.h"

struct contact_way {
	usec_t open_since; /* 0: closed */
	usec_t heard_at;
	usec_t tried_at; /* the first datagram of which nothing was heard; 0: there is none */
	uint64_t sent, received;
};

struct contacts {
	unsigned int nodes;
	struct contact_way way[PLAN_NODES][PLAN_NODES]; /* from, to */
	uint64_t met[PLAN_NODES][PLAN_NODES / 64];
};

/* What the one has sent to the other so far has become that many bytes; after a restart any other
 * number. */
void contact_sent(struct contacts *c, unsigned int from, unsigned int to, uint64_t bytes,
		  usec_t now);
/* ... and of that the other has accepted so many. True: something has come. */
bool contact_received(struct contacts *c, unsigned int from, unsigned int to, uint64_t bytes,
		      usec_t now);
/* The node has lost its power: nothing reaches it, and nothing comes from it. */
void contact_down(struct contacts *c, unsigned int node);
/* ... and all that it had heard of. */
void contact_forget(struct contacts *c, unsigned int node);
/* Since when what the one knows has come to the other, over the ways that have been open for
 * longest; USEC_NEVER: it does not. */
usec_t contact_since(const struct contacts *c, unsigned int from, unsigned int to, usec_t now);
/* The node has heard of the other, by itself or by word of others. */
bool contact_met(const struct contacts *c, unsigned int node, unsigned int other);

#endif
