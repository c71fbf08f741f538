/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Churn: clients walk, cables break and heal, nodes crash and come back. Everything heals before
 * the script ends. */
#include "sim/world.h"

enum step { STEP_ROAM, STEP_CUT, STEP_HEAL, STEP_CRASH, STEP_BOOT, STEP_KINDS };

static void later(struct world *w, enum step step, uint32_t subject, usec_t after)
{
	world_push(w, (struct item) { .at = w->now + after,
				      .kind = ITEM_SCRIPT,
				      .a = (uint32_t)step | subject << 8 });
}

static void change(struct world *w)
{
	w->changed_at = w->now;
}

static void set_wire(struct world *w, uint32_t wire, bool down)
{
	w->wires[wire].down = down;
	w->partitioned = true;
	change(w);
	world_log(w, "wire %u is %s", wire, down ? "down" : "up");
}

void script_step(struct world *w, uint32_t what)
{
	uint32_t subject = what >> 8;

	switch ((enum step)(what & 0xff)) {
	case STEP_ROAM:
		host_roam(&w->hosts[subject], (int)rng_below(&w->rng, w->plan->node_count));
		break;
	case STEP_CUT:
		set_wire(w, subject, true);
		later(w, STEP_HEAL, subject, (5 + rng_below(&w->rng, 15)) * USEC_S);
		break;
	case STEP_HEAL:
		set_wire(w, subject, false);
		break;
	case STEP_CRASH:
		if (!w->nodes[subject].alive)
			break;
		kernel_crash(&w->nodes[subject]);
		w->partitioned = true;
		change(w);
		world_log(w, "%s crashes", w->plan->nodes[subject].name);
		later(w, STEP_BOOT, subject, (3 + rng_below(&w->rng, 12)) * USEC_S);
		break;
	case STEP_BOOT:
		kernel_boot(&w->nodes[subject]);
		change(w);
		world_log(w, "%s is back", w->plan->nodes[subject].name);
		break;
	case STEP_KINDS:
		break;
	}
}

void script_start(struct world *w, usec_t until)
{
	for (usec_t at = 30 * USEC_S; w->now + at + 25 * USEC_S < until;
	     at += (2 + rng_below(&w->rng, 6)) * USEC_S) {
		uint32_t dice = rng_below(&w->rng, 10);

		if (dice < 6 && w->plan->host_count)
			later(w, STEP_ROAM, rng_below(&w->rng, w->plan->host_count), at);
		else if (dice < 8 && w->plan->wire_count)
			later(w, STEP_CUT, rng_below(&w->rng, w->plan->wire_count), at);
		else if (dice == 8)
			later(w, STEP_CRASH, rng_below(&w->rng, w->plan->node_count), at);
	}
}
