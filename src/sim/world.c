/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sabotage.h"
#include "sim/split.h"

void world_push(struct world *w, struct item item)
{
	heap_push(&w->heap, item);
}

void world_push_frame(struct world *w, struct item item, const void *bytes, size_t len)
{
	heap_push_bytes(&w->heap, item, bytes, len);
}

/* After a cold start every link is new: batman-adv's penalty for asymmetric links falls with each
 * message heard, and far nodes are out of reach until then. */
#define COLD_START (15 * USEC_S)
#define CHAOS 0x6368616f73

#define COMMUNITY_KEY "a key of a simulated community"

#define WIRE_SPAN (100 * USEC_MS)
#define WIRE_FRAMES 2000

static bool chance(struct world *w, uint32_t ppm)
{
	return ppm && rng_below(&w->rng, 1000000) < ppm;
}

bool wire_carrier(const struct world *w, unsigned int wire)
{
	const struct sim_wire *l = &w->wires[wire];

	return l->plan.quiet ||
	       (!l->down && w->nodes[l->plan.a].alive && w->nodes[l->plan.b].alive);
}

bool wire_loops(const struct world *w, unsigned int wire)
{
	const struct sim_wire *l = &w->wires[wire];
	const struct sim_node *a = &w->nodes[l->plan.a], *b = &w->nodes[l->plan.b];

	return !l->down && life_runs(a) && life_runs(b) && a->ports[l->port[0]].in_bridge &&
	       b->ports[l->port[1]].in_bridge;
}

void world_bridged(struct world *w)
{
	if (w->loop_to <= w->now)
		return;
	for (unsigned int i = 0; i < w->plan->wire_count; i++)
		if (wire_loops(w, i))
			return;
	w->loop_to = w->now;
}

/* A loop of bridges would have ever more frames in a moment: a wire takes some thousand a second.
 */
static bool is_full(struct world *w, struct sim_wire *l)
{
	if (w->now - l->busy_since >= WIRE_SPAN) {
		l->busy_since = w->now;
		l->queued = 0;
	}
	return l->queued++ >= WIRE_FRAMES;
}

void wire_send(struct world *w, unsigned int wire, int from_end, const uint8_t *frame, size_t len)
{
	struct sim_wire *l = &w->wires[wire];
	unsigned int copies = 1;

	if (l->down)
		return;
	w->faults.frames++;
	if (is_full(w, l) || chance(w, l->plan.loss_ppm)) {
		w->faults.frames_lost++;
		return;
	}
	if (chance(w, l->plan.duplicate_ppm))
		copies = 2;
	if (copies == 2)
		probe_doubled(w, frame, len);
	l->frames++;
	while (copies--) {
		usec_t at = w->now + l->plan.latency_us + rng_below(&w->rng, 50);

		if (chance(w, l->plan.reorder_ppm))
			at += 2000 + rng_below(&w->rng, 8000);
		world_push_frame(
			w,
			(struct item) {
				.at = at, .kind = ITEM_WIRE, .a = wire, .b = (uint32_t)!from_end },
			frame, len);
	}
}

static const struct kport *far_port(const struct world *w, const struct sim_wire *l,
				    unsigned int from)
{
	unsigned int other = wire_other(l, from);

	return &w->nodes[other].ports[l->port[l->plan.b == other]];
}

/* Where a switch would look for this address; NULL: it asks everybody. */
static const struct sim_wire *segment_find(const struct sim_node *k, uint16_t segment,
					   const struct mac *dst)
{
	const struct world *w = k->world;

	for (uint32_t i = w->adjacent_from[k->index]; i < w->adjacent_from[k->index + 1]; i++) {
		const struct sim_wire *l = &w->wires[w->adjacent[i]];
		const struct kport *far = far_port(w, l, k->index);

		if (l->plan.segment == segment &&
		    (mac_eq(&far->mesh_mac, dst) || mac_eq(&far->mac, dst)))
			return l;
	}
	return NULL;
}

void port_send(struct sim_node *k, uint16_t port, const uint8_t *frame, size_t len)
{
	const struct kport *p = &k->ports[port];
	struct world *w = k->world;
	struct rd r = rd_init(frame, len);
	struct mac dst = rd_mac(&r);
	const struct sim_wire *only = NULL;

	if (p->wire < 0)
		return;
	if (!p->segment) {
		wire_send(w, (unsigned int)p->wire, p->end, frame, len);
		return;
	}
	if (!mac_is_multicast(&dst))
		only = segment_find(k, p->segment, &dst);
	for (uint32_t i = w->adjacent_from[k->index]; i < w->adjacent_from[k->index + 1]; i++) {
		const struct sim_wire *l = &w->wires[w->adjacent[i]];

		if (l->plan.segment == p->segment && (!only || l == only))
			wire_send(w, w->adjacent[i], l->plan.b == k->index, frame, len);
	}
}

static void wire_arrives(struct world *w, const struct item *i)
{
	const struct sim_wire *l = &w->wires[i->a];
	struct sim_node *k = &w->nodes[i->b ? l->plan.b : l->plan.a];

	if (!l->down && k->alive && l->port[i->b] != WAN_PORT)
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

static void event(struct world *w, const struct item *i)
{
	struct sim_node *k = &w->nodes[i->a];
	struct event e;

	memcpy(&e, i->frame, sizeof(e));
	if (k->alive && k->boots == i->b)
		kernel_event(k, &e);
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
	case ITEM_EVENT:
		event(w, i);
		break;
	case ITEM_PROBE:
		probe_due(w, i->a);
		break;
	case ITEM_SPLIT:
		split_step(w, i->a);
		break;
	case ITEM_DISK:
		life_stored(&w->nodes[i->a], i->b);
		break;
	}
}

void world_run(struct world *w, usec_t until)
{
	usec_t at;

	while (w->violation_count < WORLD_GIVE_UP && heap_peek(&w->heap, &at) && at <= until) {
		struct item i = heap_pop(&w->heap);

		w->now = at;
		if (!life_holds(w, &i))
			run_item(w, &i);
		free(i.frame);
	}
	w->now = until;
}

void world_changed(struct world *w, bool clients)
{
	w->changed_at = w->now;
	if (clients)
		return;
	w->disturbed_at = w->now;
	w->changes++;
	for (unsigned int i = 0; i < w->plan->node_count; i++)
		if (w->nodes[i].alive)
			life_carriers(&w->nodes[i]);
}

/* One that the wire shares, else the next that is free; WAN_PORT: it has no more. */
static int port_for(const struct sim_node *k, uint16_t segment)
{
	int port = 0;

	while (port < WAN_PORT && k->ports[port].present &&
	       (!segment || k->ports[port].segment != segment))
		port++;
	return port;
}

static void wire_up(struct world *w, unsigned int index)
{
	struct sim_wire *l = &w->wires[index];

	for (int end = 0; end < 2; end++) {
		struct sim_node *k = &w->nodes[end ? l->plan.b : l->plan.a];
		int port = port_for(k, l->plan.segment);

		l->port[end] = port;
		if (port == WAN_PORT || k->ports[port].present)
			continue;
		k->ports[port] = (struct kport) {
			.present = true, .wire = (int)index, .end = end, .segment = l->plan.segment
		};
		k->ports[port].mac = k->primary;
		k->ports[port].mac.b[1] = (uint8_t)(port + 1);
		snprintf(k->ports[port].name, NODE_IFNAME, "eth%d", port);
	}
}

/* Addresses whose bits are as good as any. Sums over tables are linear, and four numbers in a row
 * add up to nothing: tables that differ had the same sum. */
static struct mac scattered(uint8_t second, unsigned int number)
{
	struct rng r = rng_init((uint64_t)second << 8 | number);
	uint32_t bits = rng_u32(&r);

	return (struct mac) { { 0x02, second, (uint8_t)(bits >> 16), (uint8_t)(bits >> 8),
				(uint8_t)bits, (uint8_t)number } };
}

static void prepare_node(struct world *w, unsigned int i)
{
	struct sim_node *k = &w->nodes[i];

	k->world = w;
	k->index = i;
	k->uplink_works = w->plan->nodes[i].uplink;
	k->primary = scattered(0, i + 1);
	conf_init(&k->conf);
	text_copy(k->conf.wifi.ap_ssid, sizeof(k->conf.wifi.ap_ssid), w->plan->nodes[i].ssid);
	k->conf.uplink.nat66 = true;
	if (w->setup.sealed)
		text_copy(k->conf.security.community_key, sizeof(k->conf.security.community_key),
			  COMMUNITY_KEY);
	if (w->setup.lease_s)
		k->conf.dhcp.lease_time_s = (int32_t)w->setup.lease_s;
	if (w->setup.save_s)
		k->conf.node.save_interval_s = (int32_t)w->setup.save_s;
	k->conf.network.anygw_dhcp_limit = (int32_t)w->setup.pool;
	k->wall_minutes = 1; /* routers have no clock at boot */
	if (w->setup.sabotage && w->setup.sabotage->conf)
		w->setup.sabotage->conf(k);
	stand_in_init(&k->disk.keys, w->setup.seed << 16 | (i + 1), k->conf.security.community_key);
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

struct world *world_new(const struct world_setup *setup)
{
	const struct plan *plan = setup->plan;
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->setup = *setup;
	w->plan = plan;
	w->rng = rng_init(setup->seed);
	w->chaos = rng_init(setup->seed ^ CHAOS);
	w->now = WORLD_START;
	w->changed_at = w->disturbed_at = w->now + COLD_START;
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
	for (unsigned int i = 0; i < plan->host_count; i++)
		w->hosts[i] = (struct sim_host) { .world = w,
						  .index = i,
						  .at = plan->hosts[i].at,
						  .mac = scattered(0xcc, i + 1),
						  .silent = plan->hosts[i].silent };
	graph_init(w);
	witness_init(w);
	for (unsigned int i = 0; i < plan->node_count; i++)
		if (!plan->nodes[i].late)
			life_boot(&w->nodes[i]);
	for (unsigned int i = 0; i < plan->node_count; i++)
		if (w->nodes[i].alive)
			life_carriers(&w->nodes[i]);
	for (unsigned int i = 0; i < plan->host_count; i++)
		host_start(&w->hosts[i], w->now + 500 * USEC_MS + rng_below(&w->rng, 3000000));
	world_push(w, (struct item) { .at = w->now + USEC_S, .kind = ITEM_BABEL });
	return w;
}

void world_free(struct world *w)
{
	if (!w)
		return;
	for (unsigned int i = 0; i < w->plan->node_count; i++)
		life_done(&w->nodes[i]);
	witness_done(w);
	heap_done(&w->heap);
	split_done(w);
	free(w->probes);
	free(w);
}

/* Of each kind only the first few are kept as text. */
void world_vviolation(struct world *w, const char *fmt, va_list ap)
{
	struct violation *v = w->violations;
	long long ms = (w->now - WORLD_START) / USEC_MS;
	unsigned int same = 0;
	int n;

	w->violation_count++;
	for (; v < w->violations + WORLD_VIOLATIONS && v->kind; v++)
		same += v->kind == fmt;
	if (v == w->violations + WORLD_VIOLATIONS || same >= WORLD_SAME)
		return;
	v->kind = fmt;
	n = snprintf(v->text, sizeof(v->text), "at %lld.%03lld s: ", ms / 1000, ms % 1000);
	vsnprintf(v->text + n, sizeof(v->text) - (size_t)n, fmt, ap);
}

void world_violation(struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	world_vviolation(w, fmt, ap);
	va_end(ap);
}

void world_log(const struct world *w, const char *fmt, ...)
{
	long long ms = (w->now - WORLD_START) / USEC_MS;
	va_list ap;

	if (!w->setup.verbose)
		return;
	printf("%5lld.%03lld ", ms / 1000, ms % 1000);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}
