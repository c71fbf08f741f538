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

static bool is_among(const uint16_t *nodes, unsigned int count, int node)
{
	for (unsigned int i = 0; i < count; i++)
		if (nodes[i] == node)
			return true;
	return false;
}

/* The nodes at a switch share a wire, which is as bad as the links of both ends. */
static int add_switch(struct plan *p, const struct topology *t, const int *node, uint16_t at)
{
	const struct quality *quality[PLAN_NODES];
	uint16_t nodes[PLAN_NODES];
	unsigned int count = 0, first = p->wire_count;
	int err;

	for (uint16_t i = 0; i < t->wire_count && count < PLAN_NODES; i++) {
		const struct wire_plan *l = &t->wires[i];
		uint16_t other = l->end[l->end[0] == at];

		if ((l->end[0] != at && l->end[1] != at) || node[other] < 0 ||
		    is_among(nodes, count, node[other]))
			continue;
		quality[count] = &l->quality;
		nodes[count++] = (uint16_t)node[other];
	}
	err = plan_add_segment(p, nodes, count, LATENCY_MIN);
	for (unsigned int i = 0; !err && i < count; i++)
		for (unsigned int j = 0; j < i; j++)
			p->wires[first++].loss_ppm =
				(uint32_t)((quality[i]->loss_percent + quality[j]->loss_percent) *
					   10000);
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
