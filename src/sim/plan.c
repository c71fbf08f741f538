/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

int plan_add_node(struct plan *p, const char *name, const char *ssid)
{
	struct plan_node *n;

	if (p->node_count == PLAN_NODES)
		return -ENOSPC;
	n = &p->nodes[p->node_count++];
	memset(n, 0, sizeof(*n));
	text_copy(n->name, sizeof(n->name), name);
	text_copy(n->ssid, sizeof(n->ssid), ssid);
	return 0;
}

int plan_add_wire(struct plan *p, uint16_t a, uint16_t b, usec_t latency_us)
{
	if (p->wire_count == PLAN_WIRES)
		return -ENOSPC;
	p->wires[p->wire_count++] = (struct plan_wire) { .a = a, .b = b, .latency_us = latency_us };
	return 0;
}

int plan_add_host(struct plan *p, const char *name, uint16_t at)
{
	struct plan_host *h;

	if (p->host_count == PLAN_HOSTS)
		return -ENOSPC;
	h = &p->hosts[p->host_count++];
	*h = (struct plan_host) { .at = at };
	text_copy(h->name, sizeof(h->name), name);
	return 0;
}

static unsigned int degree(const struct plan *p, uint16_t node)
{
	unsigned int d = 0;

	for (unsigned int i = 0; i < p->wire_count; i++)
		d += (unsigned int)(p->wires[i].a == node) + (p->wires[i].b == node);
	return d;
}

static bool wired(const struct plan *p, uint16_t a, uint16_t b)
{
	for (unsigned int i = 0; i < p->wire_count; i++) {
		const struct plan_wire *w = &p->wires[i];

		if ((w->a == a && w->b == b) || (w->a == b && w->b == a))
			return true;
	}
	return a == b;
}

static void connect_some(struct plan *p, uint16_t a, uint16_t b, struct rng *rng)
{
	if (wired(p, a, b) || degree(p, a) > 8 || degree(p, b) > 8)
		return;
	(void)plan_add_wire(p, a, b, 200 + rng_below(rng, 3000));
}

void plan_random(struct plan *p, unsigned int nodes, unsigned int hosts, uint32_t loss_ppm,
		 struct rng *rng)
{
	char name[32];

	memset(p, 0, sizeof(*p));
	for (unsigned int i = 0; i < nodes && i < PLAN_NODES; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		(void)plan_add_node(p, name, "sim");
		if (i)
			connect_some(p, (uint16_t)i,
				     (uint16_t)(i - 1 - rng_below(rng, i < 4 ? i : 4)), rng);
	}
	for (unsigned int i = 0; i < nodes / 2; i++)
		connect_some(p, (uint16_t)rng_below(rng, p->node_count),
			     (uint16_t)rng_below(rng, p->node_count), rng);
	for (unsigned int i = 0; i < p->wire_count; i++)
		p->wires[i].loss_ppm = loss_ppm;
	for (unsigned int i = 0; i < hosts; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		(void)plan_add_host(p, name, (uint16_t)rng_below(rng, p->node_count));
		p->hosts[i].silent = i % 3 == 2;
	}
	p->nodes[0].uplink = true;
}
