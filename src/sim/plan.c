/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

#define DEGREE_MAX 8 /* who has more links takes no more */

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

int plan_add_segment(struct plan *p, const uint16_t *nodes, unsigned int count, usec_t latency_us)
{
	uint16_t segment = (uint16_t)++p->segment_count;

	for (unsigned int i = 0; i < count; i++) {
		for (unsigned int j = 0; j < i; j++) {
			int err = plan_add_wire(p, nodes[j], nodes[i], latency_us);

			if (err)
				return err;
			p->wires[p->wire_count - 1].segment = segment;
			p->wires[p->wire_count - 1].quiet = true;
		}
	}
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

/* Of the shared wires made here a node is on one at most. */
static unsigned int degree(const struct plan *p, uint16_t node)
{
	unsigned int cables = 0, shared = 0;

	for (unsigned int i = 0; i < p->wire_count; i++) {
		const struct plan_wire *w = &p->wires[i];

		if (w->a != node && w->b != node)
			continue;
		if (w->segment)
			shared = 1;
		else
			cables++;
	}
	return cables + shared;
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

static usec_t some_latency(struct rng *rng)
{
	return 200 + rng_below(rng, 3000);
}

static void connect_some(struct plan *p, uint16_t a, uint16_t b, struct rng *rng)
{
	if (wired(p, a, b) || degree(p, a) > DEGREE_MAX || degree(p, b) > DEGREE_MAX)
		return;
	(void)plan_add_wire(p, a, b, some_latency(rng));
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

/* A cloud in the making. */
struct making {
	struct plan *p;
	struct rng *rng;
	unsigned int first, on_wire;
	uint16_t shared[PLAN_NODES]; /* nodes on the shared wire */
};

static void make_link(void *ctx, uint16_t a, uint16_t b)
{
	struct making *m = ctx;
	uint16_t node = (uint16_t)(m->first + a);

	if (b == SHAPE_HUB)
		m->shared[m->on_wire++] = node;
	else
		connect_some(m->p, node, (uint16_t)(m->first + b), m->rng);
}

static void make_cloud(struct plan *p, enum shape shape, unsigned int first, struct rng *rng)
{
	struct making m = { .p = p, .rng = rng, .first = first };

	shape_make(shape, (uint16_t)(p->node_count - first), rng, make_link, &m);
	if (m.on_wire)
		(void)plan_add_segment(p, m.shared, m.on_wire, some_latency(rng));
}

static void make_clouds(struct plan *p, const struct plan_wish *wish, struct rng *rng)
{
	struct span before = { 0, 0 }, here;
	char name[32], ssid[32];

	for (unsigned int c = 0; c < wish->clouds; c++) {
		unsigned int first = p->node_count;

		snprintf(ssid, sizeof(ssid), c ? "sim%u" : "sim", c + 1);
		while (p->node_count < wish->nodes * (c + 1) / wish->clouds) {
			snprintf(name, sizeof(name), "n%u", p->node_count);
			if (plan_add_node(p, name, ssid))
				break;
		}
		make_cloud(p, wish->shape, first, rng);
		here = (struct span) { first, p->node_count - first };
		for (unsigned int i = 0; c && i < 2; i++)
			connect_any(p, &before, &here, rng);
		before = here;
	}
}

static void make_hosts(struct plan *p, const struct plan_wish *wish, struct rng *rng)
{
	char name[32];

	for (unsigned int i = 0; i < wish->hosts; i++) {
		struct plan_host *h = &p->hosts[i];

		snprintf(name, sizeof(name), "c%u", i);
		if (plan_add_host(p, name, (uint16_t)rng_below(rng, p->node_count)))
			return;
		h->quiet = wish->quiet || i % 5 == 4;
		h->silent = i % 3 == 2 && i % 5 != 4;
		h->remembers = wish->varied && i % 2;
		h->has_id = wish->varied && i % 4 == 1;
	}
}

static void make_late(struct plan *p, unsigned int late, struct rng *rng)
{
	for (unsigned int i = 0; i < late; i++) {
		uint32_t node = rng_below(rng, p->node_count);

		p->nodes[node].late =
			node > 0 && !strcmp(p->nodes[node].ssid, p->nodes[node - 1].ssid);
	}
}

void plan_generate(struct plan *p, const struct plan_wish *wish, struct rng *rng)
{
	memset(p, 0, sizeof(*p));
	make_clouds(p, wish, rng);
	for (unsigned int i = 0; i < p->wire_count; i++) {
		struct plan_wire *w = &p->wires[i];

		w->loss_ppm = wish->loss_ppm;
		w->duplicate_ppm = wish->duplicate_ppm;
		w->reorder_ppm = wish->reorder_ppm;
		w->quiet = w->segment || i % 4 == 3;
	}
	make_hosts(p, wish, rng);
	make_late(p, wish->late, rng);
	p->nodes[0].uplink = true;
	p->nodes[p->node_count - 1].uplink = true;
}
