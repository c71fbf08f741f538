/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must hold, beside what the test frames show. */
#include <string.h>

#include "sim/world.h"

#define SETTLE_STEPS 20

#define WINDOW 64 /* of B.A.T.M.A.N. IV, and its best quality */
#define TQ_MAX 255
#define HOP_PENALTY 30
#define INTERVAL USEC_S
#define FOUND                                                                                      \
	(16 * USEC_S) /* a way around: one node after the other turns to it, five intervals each   \
		       */
#define MARGIN (2 * USEC_S)

/*
 * A way is there for B.A.T.M.A.N. IV when its quality is at least 1 of 255. A new link is worth
 * 255 - 255 * (64 - n)^3 / 64^3 after n intervals, each node passes on 225/255 of what it has, and
 * all is cut to integers: so a way of new links takes the longer the more hops it has, and one of
 * more than thirty never is.
 */
static unsigned int intervals(unsigned int hops)
{
	for (unsigned int n = 1; n <= WINDOW; n++) {
		unsigned int lost = WINDOW - n, tq = TQ_MAX, link;

		link = TQ_MAX - TQ_MAX * (lost * lost * lost) / (WINDOW * WINDOW * WINDOW);
		for (unsigned int i = 0; i < hops && tq; i++)
			tq = (i ? tq * (TQ_MAX - HOP_PENALTY) / TQ_MAX : tq) * link / TQ_MAX;
		if (tq)
			return n;
	}
	return 0;
}

/* How long after the last change at most; USEC_NEVER where there is no way. */
static usec_t found_after(unsigned int hops)
{
	unsigned int n = hops == GRAPH_APART ? 0 : intervals(hops);

	if (n == 0)
		return USEC_NEVER;
	return n * INTERVAL + MARGIN > FOUND ? n * INTERVAL + MARGIN : FOUND;
}

bool check_promised(struct world *w, int from, int to, usec_t at)
{
	unsigned int hops = graph_hops(w, (unsigned int)from, (unsigned int)to);

	return at - w->disturbed_at > found_after(hops);
}

/* There is nobody any more whom this node is yet to find. */
static bool has_settled(struct world *w, unsigned int node, usec_t at)
{
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		usec_t after = found_after(graph_hops(w, node, i));

		if (after != USEC_NEVER && at - w->disturbed_at <= after)
			return false;
	}
	return true;
}

/* ---- clients ---- */

void check_gateway(struct sim_host *h)
{
	struct ip6 router = ip4_mapped(&h->stack.router4);
	const struct mac *mac = stack_neighbour(&h->stack, &router);

	if (!mac)
		return;
	if (!mac_is_zero(&h->gateway) && !mac_eq(&h->gateway, mac))
		world_violation(h->world, "%s sees another MAC at its gateway",
				h->world->plan->hosts[h->index].name);
	h->gateway = *mac;
}

/* Where a client is cannot be known before all are found who may have a table with it in it. */
void check_gone(const struct sim_node *k, const struct mac *mac)
{
	struct world *w = k->world;

	for (unsigned int i = 0; i < w->plan->host_count; i++) {
		const struct sim_host *h = &w->hosts[i];

		if (mac_eq(&h->mac, mac) && h->at == (int)k->index && !w->lossy &&
		    h->shown_at >= h->moved_at && h->shown_at < w->now - USEC_S &&
		    has_settled(w, k->index, w->now))
			world_violation(w, "%s believes that %s has gone",
					w->plan->nodes[k->index].name, w->plan->hosts[i].name);
	}
}

static void check_host(struct world *w, struct sim_host *h)
{
	struct sim_node *at = h->at >= 0 ? &w->nodes[h->at] : NULL;
	const char *name = w->plan->hosts[h->index].name;
	struct mac self, orig;

	if (!at || !at->alive || !batman_self(node_batman(at->node), &self))
		return;
	if (h->state != HOST_BOUND)
		world_violation(w, "%s at %s has no address", name, w->plan->nodes[h->at].name);
	if (h->stack.ip6_count < 2)
		world_violation(w, "%s has no IPv6 address", name);
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		struct sim_node *k = &w->nodes[i];

		if (!k->alive || !check_promised(w, (int)i, h->at, w->now))
			continue;
		if (batman_lookup(node_batman(k->node), &h->mac, 0, &orig) || !mac_eq(&orig, &self))
			world_violation(w, "%s does not look for %s at %s", w->plan->nodes[i].name,
					name, w->plan->nodes[h->at].name);
	}
}

/* ---- nodes ---- */

static bool same_record(const struct state_view *a, const struct state_view *b)
{
	return a->scope == b->scope && !memcmp(&a->key, &b->key, sizeof(a->key)) &&
	       !memcmp(&a->author, &b->author, sizeof(a->author)) && a->epoch == b->epoch &&
	       a->counter == b->counter && a->deleted == b->deleted;
}

/* A record of the cloud that a has and b has not. */
static void tell_missing(struct world *w, const struct sim_node *a, const struct sim_node *b)
{
	struct state_view x, y;
	uint32_t i = 0, j = 0;

	while (state_next_any(node_state(a->node), &i, life_clock(a), &x)) {
		bool found = x.scope != STATE_CLOUD;

		for (j = 0; !found && state_next_any(node_state(b->node), &j, life_clock(b), &y);)
			found = same_record(&x, &y);
		if (found)
			continue;
		world_violation(w,
				"only %s and not %s has the record of type %u, id %02x..%02x, "
				"%s %u.%u by %02x%02x, %u s old, quiet for %u of %u s",
				w->plan->nodes[a->index].name, w->plan->nodes[b->index].name,
				x.key.type, x.key.id[0], x.key.id[x.key.len ? x.key.len - 1 : 0],
				x.deleted ? "tombstone" : "version", x.epoch, x.counter,
				x.author.b[6], x.author.b[7], x.age_s, x.quiet_s, x.lifetime_s);
	}
}

static void tell_difference(struct world *w, const struct sim_node *a, const struct sim_node *b)
{
	world_violation(w, "%s and %s hold different records", w->plan->nodes[a->index].name,
			w->plan->nodes[b->index].name);
	tell_missing(w, a, b);
	tell_missing(w, b, a);
}

/* All nodes of a cloud that are connected hold the same records. */
static bool check_state(struct world *w, bool tell)
{
	bool same = true;

	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		for (unsigned int j = 0; j < i; j++) {
			struct sim_node *a = &w->nodes[i], *b = &w->nodes[j];

			/* who was between them may never have come */
			if (!a->alive || !b->alive || graph_hops(w, i, j) == GRAPH_APART)
				continue;
			if (state_digest(node_state(a->node), STATE_CLOUD) !=
			    state_digest(node_state(b->node), STATE_CLOUD)) {
				same = false;
				if (tell)
					tell_difference(w, a, b);
			}
			break; /* equality is transitive: one comparison per node */
		}
	}
	return same;
}

/* The clients that b believes a to have; those that roam are known to have left it. */
static uint32_t sum_of(const struct sim_node *b, const struct mac *a)
{
	struct batman_client c;
	uint32_t cursor = 0, sum = 0;

	while (batman_global_next(node_batman(b->node), &cursor, &c))
		if (mac_eq(&c.orig, a) && !(c.flags & BATMAN_CLIENT_ROAM))
			sum += (uint32_t)c.mac.b[3] << 16 | (uint32_t)c.mac.b[4] << 8 | c.mac.b[5];
	return sum;
}

static uint32_t sum_local(const struct sim_node *a)
{
	struct batman_client c;
	uint32_t cursor = 0, sum = 0;

	while (batman_local_next(node_batman(a->node), &cursor, &c))
		sum += (uint32_t)c.mac.b[3] << 16 | (uint32_t)c.mac.b[4] << 8 | c.mac.b[5];
	return sum;
}

/* What a node announced of its clients is what the others have, and what it has. */
static bool check_table(struct world *w, unsigned int i, unsigned int j, bool tell)
{
	struct sim_node *a = &w->nodes[i], *b = &w->nodes[j];
	uint32_t mine = 0, theirs = 0;
	bool same_sum, same_clients;
	struct mac self;

	if (i == j || !a->alive || !b->alive || !check_promised(w, (int)i, (int)j, w->now) ||
	    !batman_self(node_batman(a->node), &self))
		return true;
	same_sum = batman_crc(node_batman(a->node), NULL, 0, &mine) &&
		   batman_crc(node_batman(b->node), &self, 0, &theirs) && mine == theirs;
	same_clients = sum_local(a) == sum_of(b, &self);
	if (tell && !same_sum)
		world_violation(w, "%s heard another table sum of %s (%08x, announced %08x)",
				w->plan->nodes[j].name, w->plan->nodes[i].name, theirs, mine);
	if (tell && !same_clients)
		world_violation(w, "%s has another table of %s", w->plan->nodes[j].name,
				w->plan->nodes[i].name);
	return same_sum && same_clients;
}

static bool check_tables(struct world *w, bool tell)
{
	bool same = true;

	for (unsigned int i = 0; i < w->plan->node_count; i++)
		for (unsigned int j = 0; j < w->plan->node_count; j++)
			same = check_table(w, i, j, tell) && same;
	return same;
}

void check_quiet(struct world *w)
{
	w->quiet_at = w->now;
	for (unsigned int i = 0; i < w->plan->node_count; i++)
		if (w->nodes[i].alive)
			w->requests[i] = batman_counter(node_batman(w->nodes[i].node),
							BATMAN_COUNT_TT_REQUEST_TX);
}

void check_records(struct world *w)
{
	for (unsigned int i = 0; i < SETTLE_STEPS && !check_state(w, false); i++)
		world_run(w, w->now + 100 * USEC_MS);
	check_state(w, true);
}

void check_final(struct world *w)
{
	/* signs of life, renewals and what looks for a DHCP server on a wire are always on their
	 * way somewhere */
	for (unsigned int i = 0;
	     i < SETTLE_STEPS && !(check_state(w, false) && check_tables(w, false)); i++)
		world_run(w, w->now + 100 * USEC_MS);
	check_state(w, true);
	check_tables(w, true);
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		if (!w->lossy && w->quiet_at && w->nodes[i].alive &&
		    has_settled(w, i, w->quiet_at) &&
		    w->requests[i] != batman_counter(node_batman(w->nodes[i].node),
						     BATMAN_COUNT_TT_REQUEST_TX))
			world_violation(w, "%s still asks for tables", w->plan->nodes[i].name);
	}
	for (unsigned int i = 0; i < w->plan->host_count; i++)
		check_host(w, &w->hosts[i]);
	if (w->calm_twice * 1000 > w->calm_unicasts)
		world_violation(w, "%llu of %llu unicast frames came to a node twice",
				(unsigned long long)w->calm_twice,
				(unsigned long long)w->calm_unicasts);
}
