/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of babeld: what every router of an ideal network would know, twice a second. A change of
 * a host route is known with the second look, so after half a second to one. */
#include <string.h>

#include "sim/judge.h"
#include "sim/split.h"
#include "sim/world.h"

static bool linked(const struct world *w, const struct sim_wire *l)
{
	const struct sim_node *a = &w->nodes[l->plan.a], *b = &w->nodes[l->plan.b];

	return !l->down && life_runs(a) && life_runs(b) && a->ports[l->port[0]].babel &&
	       b->ports[l->port[1]].babel;
}

static bool serves(const struct sim_node *k, const struct ip6 *dst)
{
	struct ip4 dst4 = ip6_unmapped(dst);

	if (!life_runs(k))
		return false;
	return ip6_is_mapped(dst) ? net4_has(&node_cloud(k->node)->network4, &dst4)
				  : net6_has(&node_cloud(k->node)->network6, dst);
}

/* What somebody may announce, the most specific first. */
enum want { WANT_HOST, WANT_LEAVING, WANT_NET, WANT_DEFAULT };

static bool announces(const struct sim_node *k, const struct ip6 *dst, enum want want)
{
	switch (want) {
	case WANT_HOST:
		return routes_told(k, dst) == TOLD_HERE;
	case WANT_LEAVING:
		return routes_told(k, dst) == TOLD_LEAVES;
	case WANT_NET:
		return serves(k, dst);
	case WANT_DEFAULT:
		return life_runs(k) && k->announces4;
	}
	return false;
}

/* Breadth first; prev tells the way back. Returns the nearest that fits, -1 none. */
static int nearest(struct world *w, unsigned int from, const struct ip6 *dst, enum want want,
		   int prev[PLAN_NODES])
{
	unsigned int queue[PLAN_NODES], head = 0, tail = 0;

	for (unsigned int i = 0; i < PLAN_NODES; i++)
		prev[i] = -1;
	prev[from] = (int)from;
	queue[tail++] = from;
	while (head < tail) {
		unsigned int at = queue[head++];

		if (announces(&w->nodes[at], dst, want))
			return (int)at;
		for (uint32_t i = w->adjacent_from[at]; i < w->adjacent_from[at + 1]; i++) {
			const struct sim_wire *l = &w->wires[w->adjacent[i]];
			unsigned int to = wire_other(l, at);

			if (prev[to] >= 0 || !linked(w, l))
				continue;
			prev[to] = (int)at;
			queue[tail++] = to;
		}
	}
	return -1;
}

static int find(struct world *w, unsigned int from, const struct ip6 *dst, enum want last,
		unsigned int *ret_hops)
{
	int prev[PLAN_NODES], to = -1;

	for (unsigned int want = WANT_HOST; to < 0 && want <= last; want++)
		to = nearest(w, from, dst, (enum want)want, prev);
	*ret_hops = 0;
	for (int i = to; i >= 0 && i != (int)from; i = prev[i])
		(*ret_hops)++;
	return to;
}

int babel_exit(struct world *w, unsigned int from, const struct ip6 *dst, unsigned int *ret_hops)
{
	return find(w, from, dst, ip6_is_mapped(dst) ? WANT_DEFAULT : WANT_NET, ret_hops);
}

int babel_host(struct world *w, unsigned int from, const struct ip6 *dst, unsigned int *ret_hops)
{
	return find(w, from, dst, WANT_LEAVING, ret_hops);
}

static bool same_route(const struct event_route *a, const struct event_route *b)
{
	return a->port == b->port && a->metric == b->metric && ip4_eq(&a->via4, &b->via4) &&
	       !memcmp(a->router_id, b->router_id, sizeof(a->router_id));
}

/* The port towards a neighbour. */
static uint16_t port_towards(const struct world *w, const struct sim_node *k, unsigned int to)
{
	for (uint32_t i = w->adjacent_from[k->index]; i < w->adjacent_from[k->index + 1]; i++) {
		const struct sim_wire *l = &w->wires[w->adjacent[i]];

		if (wire_other(l, k->index) == to && linked(w, l))
			return (uint16_t)l->port[l->plan.b == k->index];
	}
	return 0;
}

static void tell_default(struct world *w, struct sim_node *k)
{
	static const struct ip6 any;
	int prev[PLAN_NODES];
	int to = nearest(w, k->index, &any, WANT_DEFAULT, prev), step = to;
	struct event e = { .kind = EVENT_ROUTE };

	if (to == (int)k->index)
		to = -1; /* its own is no learnt route */
	while (step >= 0 && step != (int)k->index && prev[step] != (int)k->index)
		step = prev[step];
	if (to >= 0) {
		e.route.port = port_towards(w, k, (unsigned int)step);
		memcpy(e.route.router_id + 2, w->nodes[to].primary.b,
		       sizeof(w->nodes[to].primary.b));
		e.route.via4 = w->nodes[step].br0.ip4;
		e.route.metric = 96;
	}
	e.route.gone = to < 0;
	if (k->has_default4 == (to >= 0) && same_route(&k->default4, &e.route))
		return;
	if (to < 0 && !k->has_default4)
		return;
	k->default4 = e.route;
	k->has_default4 = to >= 0;
	kernel_event(k, &e);
}

static void tell_neighbours(struct world *w, struct sim_wire *l)
{
	bool up = linked(w, l);

	for (int end = 0; end < 2; end++) {
		struct sim_node *k = &w->nodes[end ? l->plan.b : l->plan.a],
				*other = &w->nodes[end ? l->plan.a : l->plan.b];
		struct event e = { .kind = EVENT_NEIGHBOUR };

		if (!life_runs(k))
			continue;
		e.neighbour = (struct event_neighbour) { .gone = !up,
							 .port = (uint16_t)l->port[end],
							 .cost = 96 };
		e.neighbour.address = ip6_link_local(&other->ports[l->port[!end]].mac);
		kernel_event(k, &e);
	}
}

void babel_recompute(struct world *w)
{
	for (unsigned int i = 0; i < w->plan->wire_count; i++)
		tell_neighbours(w, &w->wires[i]);
	for (unsigned int i = 0; i < w->plan->node_count; i++)
		if (life_runs(&w->nodes[i])) {
			tell_default(w, &w->nodes[i]);
			routes_learn(&w->nodes[i]);
		}
	split_tick(w);
	judge_tick(w->judge, w->now);
	world_push(w, (struct item) { .at = w->now + USEC_S / 2, .kind = ITEM_BABEL });
}
