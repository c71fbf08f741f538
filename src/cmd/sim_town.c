/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/sim_town.h"

#include <errno.h>
#include <stdio.h>

#include "lab/topology.h"

#define LATENCY_MIN 200 /* us: a cable of no length */

static int add_wire(struct plan *p, uint16_t a, uint16_t b, const struct quality *q)
{
	int err = plan_add_wire(p, a, b, LATENCY_MIN + (usec_t)q->latency_usec);

	if (!err)
		p->wires[p->wire_count - 1].loss_ppm = (uint32_t)(q->loss_percent * 10000);
	return err;
}

/* Nodes at a switch, each to each. */
static int add_switch(struct plan *p, const struct topology *t, const int *node, uint16_t at)
{
	int err = 0;

	for (uint16_t i = 0; i < t->wire_count && !err; i++) {
		const struct wire_plan *a = &t->wires[i];

		for (uint16_t j = 0; j < i && !err; j++) {
			const struct wire_plan *b = &t->wires[j];
			uint16_t x = a->end[a->end[0] == at], y = b->end[b->end[0] == at];

			if ((a->end[0] != at && a->end[1] != at) ||
			    (b->end[0] != at && b->end[1] != at) || node[x] < 0 || node[y] < 0)
				continue;
			err = add_wire(p, (uint16_t)node[x], (uint16_t)node[y], &a->quality);
			if (!err)
				p->wires[p->wire_count - 1].quiet = true;
		}
	}
	return err;
}

static int add_wires(struct plan *p, const struct topology *t, const int *node)
{
	int err = 0;

	for (uint16_t i = 0; i < t->wire_count && !err; i++) {
		const struct wire_plan *l = &t->wires[i];
		int a = node[l->end[0]], b = node[l->end[1]];

		if (a >= 0 && l->uplink)
			p->nodes[a].uplink = true;
		else if (a >= 0 && b >= 0)
			err = add_wire(p, (uint16_t)a, (uint16_t)b, &l->quality);
	}
	for (uint16_t i = 0; i < t->host_count && !err; i++)
		if (t->hosts[i].kind == HOST_SWITCH)
			err = add_switch(p, t, node, i);
	return err;
}

int sim_town_plan(struct plan *p, const struct topology *t)
{
	int node[TOPOLOGY_HOSTS_MAX], err = 0;

	for (uint16_t i = 0; i < t->host_count; i++) {
		const struct host_plan *h = &t->hosts[i];

		node[i] = -1;
		if (h->kind != HOST_NODE || !h->daemon)
			continue;
		node[i] = (int)p->node_count;
		err = err ? err : plan_add_node(p, h->id, h->ssid[0] ? h->ssid : "LibreMesh.org");
	}
	for (uint16_t i = 0; i < t->host_count && !err; i++) {
		const struct host_plan *h = &t->hosts[i];

		if (h->kind != HOST_CLIENT || !h->has_at || node[h->at] < 0)
			continue;
		err = plan_add_host(p, h->id, (uint16_t)node[h->at]);
		if (!err)
			p->hosts[p->host_count - 1].silent = h->association == ASSOCIATION_SILENT;
	}
	return err ? err : add_wires(p, t, node);
}

int sim_town_load(struct plan *p, const char *path)
{
	struct topology t;
	char text[256];
	int err = topology_load(&t, path, text, sizeof(text));

	if (err) {
		fprintf(stderr, "trama-sim: %s\n", text);
		return err;
	}
	err = sim_town_plan(p, &t);
	if (!err && !p->node_count)
		err = -EINVAL;
	if (err)
		fprintf(stderr, "trama-sim: %s: 1 to %d nodes, at most %d wires and %d clients\n",
			path, PLAN_NODES, PLAN_WIRES, PLAN_HOSTS);
	topology_done(&t);
	return err;
}
