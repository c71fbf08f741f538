/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual time: a heap of what will happen, in order of time and then of insertion. */
#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool before(const struct item *a, const struct item *b)
{
	return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

void world_push(struct world *w, struct item item)
{
	size_t i = w->heap_count++;

	if (w->heap_count > w->heap_cap) {
		w->heap_cap = w->heap_cap ? 2 * w->heap_cap : 1024;
		w->heap = realloc(w->heap, w->heap_cap * sizeof(*w->heap));
		if (!w->heap)
			abort();
	}
	item.seq = w->seq++;
	while (i && before(&item, &w->heap[(i - 1) / 2])) {
		w->heap[i] = w->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->heap[i] = item;
}

static struct item pop(struct world *w)
{
	struct item top = w->heap[0], last = w->heap[--w->heap_count];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= w->heap_count)
			break;
		if (child + 1 < w->heap_count && before(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!before(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = last;
	return top;
}

void world_push_frame(struct world *w, enum item_kind kind, usec_t at, uint32_t a, uint32_t b,
		      const uint8_t *frame, size_t len)
{
	struct item i = {
		.at = at, .kind = kind, .a = a, .b = b, .frame = malloc(len), .len = len
	};

	if (!i.frame)
		abort();
	memcpy(i.frame, frame, len);
	world_push(w, i);
}

static bool chance(struct world *w, uint32_t ppm)
{
	return ppm && rng_below(&w->rng, 1000000) < ppm;
}

void wire_send(struct world *w, unsigned int wire, int from_end, const uint8_t *frame, size_t len)
{
	struct sim_wire *l = &w->wires[wire];
	unsigned int copies = 1;

	if (l->down || chance(w, l->plan.loss_ppm))
		return;
	if (chance(w, l->plan.duplicate_ppm))
		copies = 2;
	l->frames++;
	while (copies--) {
		usec_t at = w->now + l->plan.latency_us + rng_below(&w->rng, 50);

		if (chance(w, l->plan.reorder_ppm))
			at += 2000 + rng_below(&w->rng, 8000);
		world_push_frame(w, ITEM_WIRE, at, wire, (uint32_t)!from_end, frame, len);
	}
}

static void wire_arrives(struct world *w, const struct item *i)
{
	const struct sim_wire *l = &w->wires[i->a];
	struct sim_node *k = &w->nodes[i->b ? l->plan.b : l->plan.a];

	if (!l->down && k->alive)
		kernel_wire_input(k, (uint16_t)l->port[i->b], i->frame, i->len);
}

static void air(struct world *w, const struct item *i)
{
	struct sim_host *h = &w->hosts[i->a];
	struct sim_node *k = &w->nodes[i->b];

	if (h->at != (int)i->b)
		return; /* it walked away meanwhile */
	if (i->kind == ITEM_AIR_DOWN)
		host_input(h, i->frame, i->len);
	else if (k->alive)
		bridge_input(k, AP_PORT, i->frame, i->len);
}

static void run_item(struct world *w, const struct item *i)
{
	switch (i->kind) {
	case ITEM_TIMER:
		if (w->nodes[i->a].alive && w->nodes[i->a].armed == i->at)
			kernel_timer(&w->nodes[i->a]);
		break;
	case ITEM_WIRE:
		wire_arrives(w, i);
		break;
	case ITEM_AIR_UP:
	case ITEM_AIR_DOWN:
		air(w, i);
		break;
	case ITEM_HOST:
		host_timer(&w->hosts[i->a]);
		break;
	case ITEM_BRIDGE:
		if (w->nodes[i->a].alive)
			bridge_input(&w->nodes[i->a], (int)i->b, i->frame, i->len);
		break;
	case ITEM_ROUTED:
		if (w->nodes[i->a].alive)
			kernel_routed(&w->nodes[i->a], i->frame, i->len);
		break;
	case ITEM_BABEL:
		babel_recompute(w);
		break;
	case ITEM_SCRIPT:
		script_step(w, i->a);
		break;
	case ITEM_EVENT: {
		struct event e;

		memcpy(&e, i->frame, sizeof(e));
		if (w->nodes[i->a].alive && w->nodes[i->a].boots == i->b)
			kernel_event(&w->nodes[i->a], &e);
		break;
	}
	}
}

void world_run(struct world *w, usec_t until)
{
	while (w->heap_count && w->heap[0].at <= until) {
		struct item i = pop(w);

		w->now = i.at;
		run_item(w, &i);
		free(i.frame);
	}
	w->now = until;
}

static void wire_up(struct world *w, unsigned int index)
{
	struct sim_wire *l = &w->wires[index];

	for (int end = 0; end < 2; end++) {
		struct sim_node *k = &w->nodes[end ? l->plan.b : l->plan.a];
		int port = 0;

		while (port < WAN_PORT && k->ports[port].present)
			port++;
		l->port[end] = port;
		k->ports[port] = (struct kport) { .present = port < WAN_PORT,
						  .wire = (int)index,
						  .end = end };
		k->ports[port].mac = k->primary;
		k->ports[port].mac.b[1] = (uint8_t)(port + 1);
		snprintf(k->ports[port].name, NODE_IFNAME, "eth%d", port);
	}
}

static void prepare_node(struct world *w, unsigned int i)
{
	struct sim_node *k = &w->nodes[i];

	k->world = w;
	k->index = i;
	k->uplink_works = w->plan->nodes[i].uplink;
	k->primary = (struct mac) { { 0x02, 0, 0x5e, 0x10, (uint8_t)(i + 1), 0x77 } };
	conf_init(&k->conf);
	text_copy(k->conf.wifi.ap_ssid, sizeof(k->conf.wifi.ap_ssid), w->plan->nodes[i].ssid);
	k->conf.uplink.nat66 = true;
	k->ports[AP_PORT] = (struct kport) { .present = true, .wire = -1, .mac = k->primary };
	k->ports[AP_PORT].mac.b[1] = 0xaa;
	text_copy(k->ports[AP_PORT].name, NODE_IFNAME, "wlan0-ap");
	if (w->plan->nodes[i].uplink) {
		struct conf_port *c = &k->conf.port[k->conf.port_count++];

		memset(c, 0, sizeof(*c));
		text_copy(c->name, sizeof(c->name), "wan");
		c->role = CONF_ROLE_UPLINK;
		k->ports[WAN_PORT] =
			(struct kport) { .present = true, .wire = -1, .mac = k->primary };
		k->ports[WAN_PORT].mac.b[1] = 0xbb;
		text_copy(k->ports[WAN_PORT].name, NODE_IFNAME, "wan");
	}
}

struct world *world_new(const struct plan *plan, uint64_t seed)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->plan = plan;
	w->rng = rng_init(seed);
	w->now = 1000 * USEC_S;
	w->probes = calloc(WORLD_PROBES, sizeof(*w->probes));
	if (!w->probes)
		abort();
	for (unsigned int i = 0; i < plan->node_count; i++)
		prepare_node(w, i);
	for (unsigned int i = 0; i < plan->wire_count; i++) {
		w->wires[i].plan = plan->wires[i];
		w->lossy = w->lossy || plan->wires[i].loss_ppm;
		wire_up(w, i);
	}
	for (unsigned int i = 0; i < plan->node_count; i++)
		kernel_boot(&w->nodes[i]);
	for (unsigned int i = 0; i < plan->host_count; i++) {
		struct sim_host *h = &w->hosts[i];

		*h = (struct sim_host) { .world = w,
					 .index = i,
					 .at = plan->hosts[i].at,
					 .silent = plan->hosts[i].silent };
		h->mac = (struct mac) { { 0x02, 0xcc, 0, 0, (uint8_t)(i >> 8), (uint8_t)(i + 1) } };
		host_start(h, w->now + 500 * USEC_MS + rng_below(&w->rng, 3000000));
	}
	world_push(w, (struct item) { .at = w->now + USEC_S, .kind = ITEM_BABEL });
	return w;
}

void world_free(struct world *w)
{
	if (!w)
		return;
	for (unsigned int i = 0; i < w->plan->node_count; i++)
		kernel_done(&w->nodes[i]);
	while (w->heap_count)
		free(pop(w).frame);
	free(w->heap);
	free(w->probes);
	free(w);
}

void world_violation(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->violation_count < sizeof(w->violations) / sizeof(w->violations[0])) {
		struct violation *v = &w->violations[w->violation_count];
		int n = snprintf(v->text, sizeof(v->text),
				 "at %.3f s: ", (double)(w->now / 1000) / 1000.0);

		va_start(ap, fmt);
		vsnprintf(v->text + n, sizeof(v->text) - (size_t)n, fmt, ap);
		va_end(ap);
	}
	w->violation_count++;
}

void world_log(const struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (!w->verbose)
		return;
	printf("%9.3f ", (double)(w->now / 1000) / 1000.0 - 1000.0);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}
