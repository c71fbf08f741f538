/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/contact.h"

#include <string.h>

#define IN_TIME (500 * USEC_MS) /* per hop: two seconds over four of them */
#define SILENCE (40 * USEC_S)	/* summaries of neighbours are not further apart */

static bool is_late(const struct contact_way *w, usec_t now)
{
	return w->tried_at && now - w->tried_at > IN_TIME;
}

static bool is_open(const struct contact_way *w, usec_t now)
{
	return w->open_since && !is_late(w, now) && now - w->heard_at <= SILENCE;
}

void contact_sent(struct contacts *c, unsigned int from, unsigned int to, uint64_t bytes,
		  usec_t now)
{
	struct contact_way *w = &c->way[from][to];

	if (w->sent == bytes)
		return;
	w->sent = bytes;
	if (!w->tried_at)
		w->tried_at = now;
}

static void meet(struct contacts *c, unsigned int node, unsigned int other)
{
	for (unsigned int i = 0; i < PLAN_NODES / 64; i++)
		c->met[node][i] |= c->met[other][i];
	c->met[node][other / 64] |= (uint64_t)1 << other % 64;
}

bool contact_received(struct contacts *c, unsigned int from, unsigned int to, uint64_t bytes,
		      usec_t now)
{
	struct contact_way *w = &c->way[from][to];

	if (w->received == bytes)
		return false;
	w->received = bytes;
	if (bytes == 0)
		return false; /* it has been taken in as a neighbour anew */
	if (!is_open(w, now))
		w->open_since = now;
	w->heard_at = now;
	w->tried_at = 0;
	meet(c, to, from);
	return true;
}

void contact_down(struct contacts *c, unsigned int node)
{
	for (unsigned int i = 0; i < c->nodes; i++)
		c->way[i][node].open_since = c->way[node][i].open_since = 0;
}

void contact_forget(struct contacts *c, unsigned int node)
{
	memset(c->met[node], 0, sizeof(c->met[node]));
}

bool contact_met(const struct contacts *c, unsigned int node, unsigned int other)
{
	return c->met[node][other / 64] >> other % 64 & 1;
}

/* The node that news reach next, of those that are not reached yet; c->nodes: there is none. */
static unsigned int next_reached(const struct contacts *c, const usec_t *since, const bool *done)
{
	unsigned int best = c->nodes;

	for (unsigned int i = 0; i < c->nodes; i++)
		if (!done[i] && since[i] != USEC_NEVER &&
		    (best == c->nodes || since[i] < since[best]))
			best = i;
	return best;
}

/* Dijkstra's, but a way is as good as the youngest of its parts. */
usec_t contact_since(const struct contacts *c, unsigned int from, unsigned int to, usec_t now)
{
	usec_t since[PLAN_NODES];
	bool done[PLAN_NODES] = { false };

	for (unsigned int i = 0; i < c->nodes; i++)
		since[i] = USEC_NEVER;
	since[from] = 0;
	while (!done[to]) {
		unsigned int at = next_reached(c, since, done);

		if (at == c->nodes)
			return USEC_NEVER;
		done[at] = true;
		for (unsigned int i = 0; i < c->nodes; i++) {
			const struct contact_way *w = &c->way[at][i];

			if (is_open(w, now) && usec_max(since[at], w->open_since) < since[i])
				since[i] = usec_max(since[at], w->open_since);
		}
	}
	return since[to];
}
