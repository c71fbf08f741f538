/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold after a quiet time. */
#include <string.h>

#include "sim/world.h"

static bool same_cloud(const struct sim_node *a, const struct sim_node *b)
{
	return !memcmp(node_cloud(a->node)->network_id, node_cloud(b->node)->network_id, 16);
}

/* Every node of a cloud holds the same records. */
static void check_state(struct world *w)
{
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		for (unsigned int j = 0; j < i; j++) {
			struct sim_node *a = &w->nodes[i], *b = &w->nodes[j];

			if (!a->alive || !b->alive || !same_cloud(a, b))
				continue;
			if (state_digest(node_state(a->node), STATE_CLOUD) !=
			    state_digest(node_state(b->node), STATE_CLOUD))
				world_violation(w, "%s and %s hold different records",
						w->plan->nodes[i].name, w->plan->nodes[j].name);
			break; /* equality is transitive: one comparison per node */
		}
	}
}

/* What a node announced of its clients is what the others have. */
static void check_tables(struct world *w)
{
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		for (unsigned int j = 0; j < w->plan->node_count; j++) {
			struct sim_node *a = &w->nodes[i], *b = &w->nodes[j];
			uint32_t mine = 0, theirs = 0;
			struct mac self;

			if (i == j || !a->alive || !b->alive || !same_cloud(a, b) ||
			    !batman_self(node_batman(a->node), &self))
				continue;
			if (!batman_crc(node_batman(a->node), NULL, 0, &mine) ||
			    !batman_crc(node_batman(b->node), &self, 0, &theirs) || mine != theirs)
				world_violation(w,
						"%s has another table of %s (%08x, announced %08x)",
						w->plan->nodes[j].name, w->plan->nodes[i].name,
						theirs, mine);
		}
	}
}

static void check_host(struct world *w, struct sim_host *h)
{
	struct sim_node *at = h->at >= 0 ? &w->nodes[h->at] : NULL;
	struct mac self, orig;

	if (!at || !at->alive || !batman_self(node_batman(at->node), &self))
		return;
	if (h->state != HOST_BOUND)
		world_violation(w, "%s at %s has no address", w->plan->hosts[h->index].name,
				w->plan->nodes[h->at].name);
	if (h->stack.ip6_count < 2)
		world_violation(w, "%s has no IPv6 address", w->plan->hosts[h->index].name);
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		struct sim_node *k = &w->nodes[i];

		if (!k->alive || !same_cloud(k, at))
			continue;
		if (batman_lookup(node_batman(k->node), &h->mac, 0, &orig) || !mac_eq(&orig, &self))
			world_violation(w, "%s does not look for %s at %s", w->plan->nodes[i].name,
					w->plan->hosts[h->index].name, w->plan->nodes[h->at].name);
	}
}

void check_final(struct world *w)
{
	check_state(w);
	check_tables(w);
	for (unsigned int i = 0; i < w->plan->host_count; i++)
		check_host(w, &w->hosts[i]);
	if (w->unicasts && w->unicast_twice * 1000 > w->unicasts)
		world_violation(w, "%llu of %llu unicast frames came to a node twice",
				(unsigned long long)w->unicast_twice,
				(unsigned long long)w->unicasts);
}
