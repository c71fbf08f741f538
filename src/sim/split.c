/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/split.h"

#include <stdio.h>
#include <stdlib.h>

#include "packet/eth.h"
#include "packet/udp.h"
#include "sim/world.h"

#define SEAMS 2 /* the first wires of the plan, between the parts */
#define FIRST (60 * USEC_S)
#define NOTICED (8 * USEC_S)
#define FORGOTTEN (36 * USEC_S)
#define LOST_MAX (12 * USEC_S + USEC_S / 2) /* and the time between two packets */
#define RETURN_PORT 33434

enum step { STEP_CUT, STEP_NOTICED, STEP_HEAL, STEP_FORGOTTEN };

struct split {
	usec_t until;
	bool watch, is_cut;
	uint32_t cuts;
	usec_t changed_at;
	/* when a packet last came by way of that node to that client; IPv4 and IPv6 */
	usec_t came_at[2][PLAN_NODES][PLAN_HOSTS];
};

/* ---- plan ---- */

static void wire(struct plan *p, uint16_t a, uint16_t b, struct rng *rng)
{
	(void)plan_add_wire(p, a, b, 200 + rng_below(rng, 3000));
}

/* Each of them to one before it. */
static void tree(struct plan *p, uint16_t first, uint16_t end, struct rng *rng)
{
	for (uint16_t i = (uint16_t)(first + 1); i < end; i++)
		wire(p, i, (uint16_t)(first + rng_below(rng, i - first)), rng);
}

static uint16_t any(uint16_t first, uint16_t end, struct rng *rng)
{
	return (uint16_t)(first + rng_below(rng, (uint32_t)(end - first)));
}

void split_plan(struct plan *p, const struct plan_wish *wish, struct rng *rng)
{
	uint16_t n = (uint16_t)wish->nodes, one = (uint16_t)(n * 2 / 5);
	uint16_t two = (uint16_t)(one + n / 5);
	uint16_t a, b;
	char name[32];

	*p = (struct plan) { .node_count = 0 };
	for (uint16_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "n%u", (unsigned int)i);
		(void)plan_add_node(p, name, i >= one && i < two ? "between" : "sim");
	}
	for (int i = 0; i < SEAMS; i++) {
		a = any(0, one, rng);
		b = any(two, n, rng);
		wire(p, a, b, rng);
		p->wires[i].quiet = i % 2;
	}
	tree(p, 0, one, rng);
	tree(p, one, two, rng);
	tree(p, two, n, rng);
	a = any(0, one, rng);
	b = any(one, two, rng);
	wire(p, a, b, rng);
	a = any(one, two, rng);
	b = any(two, n, rng);
	wire(p, a, b, rng);
	for (unsigned int i = 0; i < wish->hosts; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		(void)plan_add_host(p, name, any(0, n, rng));
		p->hosts[i].quiet = i % 5 == 4;
		p->hosts[i].silent = i % 3 == 2 && !p->hosts[i].quiet;
	}
	p->nodes[0].uplink = true;
	p->nodes[n - 1].uplink = true;
}

/* ---- what happens ---- */

static void later(struct world *w, enum step step, usec_t after)
{
	world_push(w, (struct item) { .at = w->now + after,
				      .kind = ITEM_SPLIT,
				      .a = (uint32_t)step | w->split->cuts << 8 });
}

void split_start(struct world *w, usec_t until, bool watch)
{
	w->split = calloc(1, sizeof(*w->split));
	if (!w->split)
		abort();
	w->split->until = until;
	w->split->watch = watch;
	later(w, STEP_CUT, FIRST);
}

void split_done(struct world *w)
{
	free(w->split);
}

static bool is_split(const struct world *w, unsigned int node)
{
	return same_cloud(w, 0, (int)node);
}

static void check_known(struct world *w, bool cut)
{
	struct node_part p;

	for (unsigned int i = 0; i < w->plan->node_count && w->split->watch; i++) {
		uint32_t cursor = 0;
		bool known;

		if (!w->nodes[i].alive)
			continue;
		known = node_part_next(w->nodes[i].node, &cursor, &p);
		if (known && !(cut && is_split(w, i)))
			world_violation(w, "%s believes that its cloud is cut",
					w->plan->nodes[i].name);
		else if (!known && cut && is_split(w, i))
			world_violation(w, "%s does not know that its cloud is cut",
					w->plan->nodes[i].name);
	}
}

static void set(struct world *w, bool cut)
{
	w->split->is_cut = cut;
	w->split->changed_at = w->now;
	for (uint32_t i = 0; i < SEAMS; i++)
		script_wire(w, i, cut);
}

void split_step(struct world *w, uint32_t what)
{
	struct split *s = w->split;

	/* of a cut before the last one */
	if (what >> 8 != s->cuts)
		return;
	switch ((enum step)(what & 0xff)) {
	case STEP_CUT:
		if (w->now + 60 * USEC_S >= s->until)
			break;
		s->cuts++;
		set(w, true);
		later(w, STEP_NOTICED, NOTICED);
		later(w, STEP_HEAL, (20 + rng_below(&w->rng, 40)) * USEC_S);
		break;
	case STEP_NOTICED:
		check_known(w, true);
		break;
	case STEP_HEAL:
		set(w, false);
		later(w, STEP_FORGOTTEN, FORGOTTEN);
		later(w, STEP_CUT, (FORGOTTEN / USEC_S + rng_below(&w->rng, 30)) * USEC_S + 1);
		break;
	case STEP_FORGOTTEN:
		check_known(w, false);
		break;
	}
}

/* ---- packets from the internet ---- */

static void send(struct world *w, uint32_t node, const struct sim_host *h, bool v6)
{
	uint8_t frame[128], body[4];
	struct wr f = wr_init(frame, sizeof(frame)), b = wr_init(body, sizeof(body));
	struct udp4_path p4 = { .src = { { 203, 0, 113, 7 } },
				.dst = h->stack.ip4,
				.src_port = RETURN_PORT,
				.dst_port = RETURN_PORT };
	struct udp6_path p6 = { .src = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 } },
				.dst = h->stack.ip6[1],
				.src_port = RETURN_PORT,
				.dst_port = RETURN_PORT };

	wr_u32(&b, node);
	if (v6)
		udp6_build(&f, &p6, body, wr_len(&b));
	else
		udp4_build(&f, &p4, body, wr_len(&b));
	world_push_frame(w, (struct item) { .at = w->now + 1, .kind = ITEM_ROUTED, .a = node },
			 frame, wr_len(&f));
}

/* A node tells of the addresses that it knows. */
static bool has_record6(const struct world *w, const struct sim_host *h)
{
	struct lease_view v;

	if (h->stack.ip6_count < 2 ||
	    !lease_find(node_lease(w->nodes[h->at].node), &h->mac, w->now, &v))
		return false;
	for (unsigned int i = 0; i < v.client.addr_count; i++)
		if (ip6_eq(&v.client.addrs[i], &h->stack.ip6[1]))
			return true;
	return false;
}

static bool is_reachable(const struct world *w, unsigned int node, const struct sim_host *h,
			 bool v6)
{
	return w->now > w->disturbed_at && w->nodes[node].alive && h->at >= 0 &&
	       w->nodes[h->at].alive && h->shown_at >= h->moved_at &&
	       (v6 ? has_record6(w, h) : h->state == HOST_BOUND);
}

static void look(struct world *w, unsigned int node, const struct sim_host *h, bool v6)
{
	usec_t *came_at = &w->split->came_at[v6][node][h->index];

	if (!is_reachable(w, node, h, v6)) {
		*came_at = w->now;
		return;
	}
	if (w->split->watch && w->now - *came_at > LOST_MAX) {
		world_violation(w, "what comes back by %s to %s at %s, IPv%d, is lost for 12 s",
				w->plan->nodes[node].name, w->plan->hosts[h->index].name,
				w->plan->nodes[h->at].name, v6 ? 6 : 4);
		*came_at = w->now;
	}
	send(w, node, h, v6);
}

void split_tick(struct world *w)
{
	if (!w->split)
		return;
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		for (unsigned int h = 0; h < w->plan->host_count; h++) {
			look(w, i, &w->hosts[h], false);
			look(w, i, &w->hosts[h], true);
		}
	}
}

static void came(const struct sim_host *h, struct rd *data, bool v6)
{
	uint32_t node = rd_u32(data);

	if (rd_ok(data) && node < PLAN_NODES)
		h->world->split->came_at[v6][node][h->index] = h->world->now;
}

void split_seen(const struct sim_host *h, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len), payload, data;
	struct ip4_head ip4;
	struct ip6_head ip6;
	struct udp_head udp;
	struct eth e;

	if (!h->world->split || eth_decode(&r, &e) || !mac_eq(&e.dst, &h->mac))
		return;
	if (e.type == ETH_TYPE_IP4 && !ip4_decode(&r, &ip4, &payload) &&
	    ip4.proto == IP_PROTO_UDP && !udp4_decode(&payload, &ip4, &udp, &data) &&
	    udp.dst_port == RETURN_PORT)
		came(h, &data, false);
	else if (e.type == ETH_TYPE_IP6 && !ip6_decode(&r, &ip6, &payload) &&
		 ip6.next == IP_PROTO_UDP && !udp6_decode(&payload, &ip6, &udp, &data) &&
		 udp.dst_port == RETURN_PORT)
		came(h, &data, true);
}
