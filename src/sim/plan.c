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

struct span {
	unsigned int first, count;
};

/* One of these to one of those. Two numbers in two statements: the order in which a compiler
 * evaluates arguments is its own. */
static void connect_any(struct plan *p, const struct span *from, const struct span *to,
			struct rng *rng)
{
	uint32_t a = from->first + rng_below(rng, from->count);
	uint32_t b = to->first + rng_below(rng, to->count);

	connect_some(p, (uint16_t)a, (uint16_t)b, rng);
}

/* ---- shapes: nodes first to first + n - 1 ---- */

static void shape_random(struct plan *p, uint16_t first, uint16_t n, struct rng *rng)
{
	for (uint32_t i = 1; i < n; i++)
		connect_some(p, (uint16_t)(first + i),
			     (uint16_t)(first + i - 1 - rng_below(rng, i < 4 ? i : 4)), rng);
	for (uint16_t i = 0; i < n / 2; i++)
		connect_any(p, &(struct span) { first, n }, &(struct span) { first, n }, rng);
}

static void shape_grid(struct plan *p, uint16_t first, uint16_t n, struct rng *rng)
{
	uint16_t width = 1;

	while (width * width < n)
		width++;
	for (uint16_t i = 0; i < n; i++) {
		if ((i + 1) % width && i + 1 < n)
			connect_some(p, (uint16_t)(first + i), (uint16_t)(first + i + 1), rng);
		if (i + width < n)
			connect_some(p, (uint16_t)(first + i), (uint16_t)(first + i + width), rng);
	}
}

/* As on one wire: everybody is next to everybody, as far as the ports of a node go. */
static void shape_wire(struct plan *p, uint16_t first, uint16_t n, struct rng *rng)
{
	for (uint16_t i = 0; i < n; i++)
		for (uint16_t j = 0; j < i; j++)
			connect_some(p, (uint16_t)(first + j), (uint16_t)(first + i), rng);
}

static void shape_cloud(struct plan *p, enum plan_shape shape, uint16_t first, struct rng *rng)
{
	uint16_t n = (uint16_t)(p->node_count - first);

	switch (shape) {
	case PLAN_RANDOM:
		shape_random(p, first, n, rng);
		break;
	case PLAN_GRID:
		shape_grid(p, first, n, rng);
		break;
	case PLAN_WIRE:
		shape_wire(p, first, n, rng);
		break;
	case PLAN_LINE:
	case PLAN_TREE:
		for (uint16_t i = 1; i < n; i++) {
			uint16_t up =
				shape == PLAN_TREE ? (uint16_t)((i - 1) / 2) : (uint16_t)(i - 1);

			connect_some(p, (uint16_t)(first + up), (uint16_t)(first + i), rng);
		}
		break;
	}
}

int plan_shape_find(const char *name, enum plan_shape *ret)
{
	static const char *const names[] = { "random", "line", "grid", "tree", "wire" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		*ret = (enum plan_shape)i;
		return 0;
	}
	return -EINVAL;
}

void plan_generate(struct plan *p, const struct plan_wish *wish, struct rng *rng)
{
	struct span before = { 0, 0 }, here;
	char name[32], ssid[32];

	memset(p, 0, sizeof(*p));
	for (unsigned int c = 0; c < wish->clouds; c++) {
		uint16_t first = (uint16_t)p->node_count;

		snprintf(ssid, sizeof(ssid), c ? "sim%u" : "sim", c + 1);
		while (p->node_count < wish->nodes * (c + 1) / wish->clouds) {
			snprintf(name, sizeof(name), "n%u", p->node_count);
			if (plan_add_node(p, name, ssid))
				break;
		}
		shape_cloud(p, wish->shape, first, rng);
		here = (struct span) { first, p->node_count - first };
		for (unsigned int i = 0; c && i < 2; i++)
			connect_any(p, &before, &here, rng);
		before = here;
	}
	for (unsigned int i = 0; i < p->wire_count; i++) {
		p->wires[i].loss_ppm = wish->loss_ppm;
		p->wires[i].duplicate_ppm = wish->duplicate_ppm;
		p->wires[i].reorder_ppm = wish->reorder_ppm;
		p->wires[i].quiet = i % 4 == 3;
	}
	for (unsigned int i = 0; i < wish->hosts; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		(void)plan_add_host(p, name, (uint16_t)rng_below(rng, p->node_count));
		p->hosts[i].quiet = i % 5 == 4;
		p->hosts[i].silent = i % 3 == 2 && !p->hosts[i].quiet;
	}
	p->nodes[0].uplink = true;
	p->nodes[p->node_count - 1].uplink = true;
}
