/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Churn: clients walk, go and come, cables break, nodes crash, networks fall apart. Everything
 * heals before the script ends. */
#include "sim/world.h"

#define FIRST (20 * USEC_S)
#define HEAL_MAX (16 * USEC_S)

enum step {
	STEP_ROAM,
	STEP_LEAVE,
	STEP_CUT,
	STEP_HEAL,
	STEP_CRASH,
	STEP_BOOT,
	STEP_PART,
	STEP_SERVED,
};

/* Who serves a wire hears within a hello, with loss after some, that somebody else does too. */
#define SERVED_ONCE (PORT_HELLO_INTERVAL + 100 * USEC_MS)
#define HELLOS_LOST 4

static void later(struct world *w, enum step step, uint32_t subject, usec_t after)
{
	world_push(w, (struct item) { .at = w->now + after,
				      .kind = ITEM_SCRIPT,
				      .a = (uint32_t)step | subject << 8 });
}

static void set_wire(struct world *w, uint32_t wire, bool down)
{
	w->wires[wire].down = down;
	world_changed(w, false);
	world_log(w, "wire %u is %s", wire, down ? "down" : "up");
	world_bridged(w);
	if (!wire_loops(w, wire))
		return;
	if (w->loop_to < w->now)
		w->loop_from = w->now;
	w->loop_to = w->now + (w->lossy ? HELLOS_LOST * SERVED_ONCE : SERVED_ONCE);
	later(w, STEP_SERVED, wire, w->loop_to - w->now);
}

/* A node of the client's own cloud: another SSID it does not know. */
static void walk(struct world *w, struct sim_host *h)
{
	int home = w->plan->hosts[h->index].at;
	int to = (int)rng_below(&w->rng, w->plan->node_count);

	while (!same_cloud(w, home, to))
		to = (to + 1) % (int)w->plan->node_count;
	if (to != h->at)
		host_roam(h, to);
}

static void leave(struct world *w, uint32_t host)
{
	if (w->hosts[host].at < 0)
		return;
	host_roam(&w->hosts[host], -1);
	later(w, STEP_ROAM, host, (2 + rng_below(&w->rng, 8)) * USEC_S);
}

static void crash(struct world *w, uint32_t node)
{
	if (!w->nodes[node].alive)
		return;
	check_crash(&w->nodes[node]);
	kernel_crash(&w->nodes[node]);
	world_changed(w, false);
	world_log(w, "%s crashes", w->plan->nodes[node].name);
	later(w, STEP_BOOT, node, (3 + rng_below(&w->rng, 12)) * USEC_S);
}

static void boot(struct world *w, uint32_t node)
{
	kernel_boot(&w->nodes[node]);
	world_changed(w, false);
	world_log(w, "%s is back", w->plan->nodes[node].name);
}

/* The nodes around one up to half of all against the rest. */
static void part(struct world *w, uint32_t centre)
{
	usec_t heal = (6 + rng_below(&w->rng, 10)) * USEC_S;
	bool inside[PLAN_NODES] = { false };
	unsigned int count = 1;

	inside[centre] = true;
	for (unsigned int round = 0; round < w->plan->node_count; round++) {
		for (unsigned int i = 0; i < w->plan->wire_count; i++) {
			const struct plan_wire *l = &w->wires[i].plan;

			if (count >= w->plan->node_count / 2 || inside[l->a] == inside[l->b])
				continue;
			inside[l->a] = inside[l->b] = true;
			count++;
		}
	}
	for (uint32_t i = 0; i < w->plan->wire_count; i++) {
		const struct plan_wire *l = &w->wires[i].plan;

		if (w->wires[i].down || inside[l->a] == inside[l->b])
			continue;
		set_wire(w, i, true);
		later(w, STEP_HEAL, i, heal);
	}
}

void script_step(struct world *w, uint32_t what)
{
	uint32_t subject = what >> 8;

	switch ((enum step)(what & 0xff)) {
	case STEP_ROAM:
		walk(w, &w->hosts[subject]);
		break;
	case STEP_LEAVE:
		leave(w, subject);
		break;
	case STEP_CUT:
		if (w->wires[subject].down)
			break;
		set_wire(w, subject, true);
		later(w, STEP_HEAL, subject, (3 + rng_below(&w->rng, 12)) * USEC_S);
		break;
	case STEP_HEAL:
		set_wire(w, subject, false);
		break;
	case STEP_CRASH:
		crash(w, subject);
		break;
	case STEP_BOOT:
		boot(w, subject);
		break;
	case STEP_PART:
		part(w, subject);
		break;
	case STEP_SERVED:
		if (wire_loops(w, subject))
			world_violation(w, "both ends of wire %u serve it", subject);
		break;
	}
}

void script_start(struct world *w, unsigned int churn, usec_t every, usec_t until)
{
	const struct {
		enum churn bit;
		enum step step;
		unsigned int subjects;
	} all[] = {
		{ CHURN_ROAM, STEP_ROAM, w->plan->host_count },
		{ CHURN_ROAM, STEP_ROAM, w->plan->host_count }, /* more often than the others */
		{ CHURN_LEAVE, STEP_LEAVE, w->plan->host_count },
		{ CHURN_CUT, STEP_CUT, w->plan->wire_count },
		{ CHURN_CRASH, STEP_CRASH, w->plan->node_count },
		{ CHURN_PART, STEP_PART, w->plan->node_count },
	};

	if (!(churn & CHURN_ALL))
		return;
	for (usec_t at = FIRST; w->now + at + HEAL_MAX < until;
	     at += (usec_t)rng_below(&w->rng, (uint32_t)(every / USEC_MS)) * 2 * USEC_MS) {
		unsigned int i = rng_below(&w->rng, sizeof(all) / sizeof(all[0]));

		while (!(churn & all[i].bit))
			i = (i + 1) % (unsigned int)(sizeof(all) / sizeof(all[0]));
		if (all[i].subjects)
			later(w, all[i].step, rng_below(&w->rng, all[i].subjects), at);
	}
}

void script_wire(struct world *w, uint32_t wire, bool down)
{
	set_wire(w, wire, down);
}
