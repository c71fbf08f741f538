/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who can reach whom in a cloud, over wires and nodes that are up. A row of the table of hops is
 * filled when it is asked for, and holds until a wire or a node changes. */
#include <string.h>

#include "sim/world.h"

void graph_init(struct world *w)
{
	uint32_t *from = w->adjacent_from, at[PLAN_NODES];

	for (unsigned int i = 0; i < w->plan->wire_count; i++) {
		from[w->plan->wires[i].a + 1]++;
		from[w->plan->wires[i].b + 1]++;
	}
	for (unsigned int i = 0; i < PLAN_NODES; i++) {
		from[i + 1] += from[i];
		at[i] = from[i];
	}
	for (unsigned int i = 0; i < w->plan->wire_count; i++) {
		w->adjacent[at[w->plan->wires[i].a]++] = (uint16_t)i;
		w->adjacent[at[w->plan->wires[i].b]++] = (uint16_t)i;
	}
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		unsigned int first = 0;

		while (strcmp(w->plan->nodes[first].ssid, w->plan->nodes[i].ssid) != 0)
			first++;
		w->nodes[i].cloud = first;
	}
	w->changes = 1;
}

bool same_cloud(const struct world *w, int a, int b)
{
	return a >= 0 && b >= 0 && w->nodes[a].cloud == w->nodes[b].cloud;
}

unsigned int wire_other(const struct sim_wire *l, unsigned int node)
{
	return l->plan.a == node ? l->plan.b : l->plan.a;
}

static bool joins(const struct world *w, const struct sim_wire *l)
{
	return !l->down && life_runs(&w->nodes[l->plan.a]) && life_runs(&w->nodes[l->plan.b]) &&
	       same_cloud(w, l->plan.a, l->plan.b);
}

static void row_fill(struct world *w, unsigned int from)
{
	uint16_t *hops = w->rows[from].hops;
	unsigned int queue[PLAN_NODES], head = 0, tail = 0;

	memset(hops, 0xff, sizeof(w->rows[from].hops));
	hops[from] = 0;
	queue[tail++] = from;
	while (head < tail) {
		unsigned int at = queue[head++];

		for (uint32_t i = w->adjacent_from[at]; i < w->adjacent_from[at + 1]; i++) {
			const struct sim_wire *l = &w->wires[w->adjacent[i]];
			unsigned int to = wire_other(l, at);

			if (hops[to] != GRAPH_APART || !joins(w, l))
				continue;
			hops[to] = (uint16_t)(hops[at] + 1);
			queue[tail++] = to;
		}
	}
	w->rows[from].changes = w->changes;
}

unsigned int graph_hops(struct world *w, unsigned int from, unsigned int to)
{
	if (w->rows[from].changes != w->changes)
		row_fill(w, from);
	return w->rows[from].hops[to];
}
