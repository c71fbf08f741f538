/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters: of all parts, as {part: {name: value}}. */
#include "node/view.h"
#include "rpc/method.h"
#include "rpc/shared_state.h"

static void put(json_t *o, const char *name, uint64_t v)
{
	json_object_set_new(o, name, json_integer((json_int_t)(v & INT64_MAX)));
}

static json_t *batman_json(const struct node *n)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < BATMAN_COUNTER_COUNT; i++)
		put(o, batman_counter_name((enum batman_counter)i),
		    batman_counter(node_batman(n), (enum batman_counter)i));
	return o;
}

static json_t *state_json(const struct node *n)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < STATE_C_COUNT; i++)
		put(o, state_counter_name((enum state_counter)i),
		    state_counter(node_state(n), (enum state_counter)i));
	put(o, "records", state_count(node_state(n)));
	return o;
}

static json_t *lease_json(const struct node *n)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < LEASE_COUNTERS; i++)
		put(o, lease_counter_name((enum lease_counter)i), node_lease(n)->counters[i]);
	return o;
}

static json_t *ra_json(const struct node *n)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < RA_COUNTERS; i++)
		put(o, ra_counter_name((enum ra_counter)i), node_ra(n)->counters[i]);
	return o;
}

static json_t *port_json(const struct node *n)
{
	const struct port_counters *p = &node_ports(n)->counters;
	json_t *o = json_object();

	put(o, "hello_sent", p->hello_sent);
	put(o, "hello_received", p->hello_received);
	put(o, "hello_bad", p->hello_bad);
	put(o, "hello_reflected", p->hello_reflected);
	put(o, "heard_full", p->heard_full);
	put(o, "foreign_full", p->foreign_full);
	put(o, "discover_sent", p->discover_sent);
	put(o, "offer_received", p->offer_received);
	put(o, "offer_bad", p->offer_bad);
	put(o, "frame_unknown", p->frame_unknown);
	return o;
}

static json_t *gateway_json(const struct node *n)
{
	const struct gateway_counters *g = &node_gateway(n)->counters;
	json_t *o = json_object();

	put(o, "probes", g->probes);
	put(o, "answers", g->answers);
	put(o, "failures", g->failures);
	put(o, "portals", g->portals);
	put(o, "unknown_results", g->unknown_results);
	put(o, "known_full", g->known_full);
	put(o, "ups", g->ups);
	put(o, "downs", g->downs);
	return o;
}

static json_t *node_json(const struct node *n)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < NODE_COUNTERS; i++)
		put(o, node_counter_name((enum node_counter)i),
		    node_counter(n, (enum node_counter)i));
	return o;
}

static json_t *shared_state_json(const struct shared_state *s)
{
	json_t *o = json_object();
	const char *name;
	uint64_t value;

	for (uint32_t i = 0; shared_state_counter_next(s, &i, &name, &value);)
		put(o, name, value);
	return o;
}

static void platform_counters(const struct rpc_context *c, json_t *all)
{
	struct rpc_counter counter;
	uint32_t cursor = 0;
	json_t *group;

	if (!c->platform || !c->platform->counter_next)
		return;
	while (c->platform->counter_next(c->ctx, &cursor, &counter)) {
		group = json_object_get(all, counter.group);
		if (!group) {
			group = json_object();
			json_object_set_new(all, counter.group, group);
		}
		put(group, counter.name, counter.value);
	}
}

json_t *method_counters(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const struct node *n = c->node;
	json_t *all = json_pack("{so so so so so so so}", "node", node_json(n), "batman",
				batman_json(n), "state", state_json(n), "lease", lease_json(n),
				"ra", ra_json(n), "port", port_json(n), "gateway", gateway_json(n));

	(void)params;
	(void)err;
	if (all && c->shared_state)
		json_object_set_new(all, "shared_state_http", shared_state_json(c->shared_state));
	if (all)
		platform_counters(c, all);
	return all;
}
