/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Churn: clients walk, go and come, cables break, nodes crash, networks fall apart, machines stand
 * still, disks fail. Everything heals before the script ends. */
#include "sim/world.h"

#define FIRST (20 * USEC_S)
#define HEAL_MAX (16 * USEC_S)
#define SLEEPS_MAX 3 /* of all machines: ages are off by hours after each */

enum step {
	STEP_ROAM,
	STEP_LEAVE,
	STEP_CUT,
	STEP_HEAL,
	STEP_CRASH,
	STEP_BOOT,
	STEP_PART,
	STEP_SCATTER,
	STEP_SERVED,
	STEP_DISK,
	STEP_POWER_CUT,
	STEP_FREEZE,
	STEP_THAW,
	STEP_APPEAR,
	STEP_DARK,
	STEP_ACT,
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

/* Of the first, and so many more at most. */
static usec_t some_seconds(struct rng *rng, uint32_t least, uint32_t more)
{
	return (least + rng_below(rng, more)) * USEC_S;
}

/* ---- wires ---- */

/* Something has come to a wire whose both ends may be served by now: only a hello shows that. */
static void joined(struct world *w, uint32_t wire)
{
	if (!wire_loops(w, wire))
		return;
	if (w->loop_to < w->now)
		w->loop_from = w->now;
	w->loop_to = w->now + (w->lossy ? HELLOS_LOST * SERVED_ONCE : SERVED_ONCE);
	later(w, STEP_SERVED, wire, w->loop_to - w->now);
}

static void set_wire(struct world *w, uint32_t wire, bool down)
{
	w->wires[wire].down = down;
	world_changed(w, false);
	world_log(w, "wire %u is %s", wire, down ? "down" : "up");
	world_bridged(w);
	joined(w, wire);
}

/* A cable; or a node is taken off a shared wire, and put back. */
static void set_cable(struct world *w, uint32_t wire, bool down)
{
	const struct plan_wire *l = &w->plan->wires[wire];

	if (!l->segment) {
		set_wire(w, wire, down);
		return;
	}
	for (uint32_t i = w->adjacent_from[l->a]; i < w->adjacent_from[l->a + 1]; i++)
		if (w->plan->wires[w->adjacent[i]].segment == l->segment &&
		    w->wires[w->adjacent[i]].down != down)
			set_wire(w, w->adjacent[i], down);
}

static void cut(struct world *w, uint32_t wire)
{
	if (w->wires[wire].down)
		return;
	w->faults.cuts++;
	set_cable(w, wire, true);
	later(w, STEP_HEAL, wire, some_seconds(&w->rng, 3, 12));
}

/* These against the rest. */
static void divide(struct world *w, const bool *inside, usec_t heal)
{
	w->faults.parts++;
	for (uint32_t i = 0; i < w->plan->wire_count; i++) {
		const struct plan_wire *l = &w->wires[i].plan;

		if (w->wires[i].down || inside[l->a] == inside[l->b])
			continue;
		set_wire(w, i, true);
		later(w, STEP_HEAL, i, heal);
	}
}

/* The nodes around one up to half of all. */
static void part(struct world *w, uint32_t centre)
{
	usec_t heal = some_seconds(&w->rng, 6, 10);
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
	divide(w, inside, heal);
}

/* Any nodes, wherever they are. */
static void scatter(struct world *w)
{
	bool inside[PLAN_NODES];

	for (unsigned int i = 0; i < w->plan->node_count; i++)
		inside[i] = rng_below(&w->chaos, 2);
	divide(w, inside, some_seconds(&w->chaos, 6, 10));
}

/* ---- nodes ---- */

/* False: it had none. */
static bool lose_power(struct world *w, uint32_t node, enum disk_end disk)
{
	static const char *const ends[] = { "", ", and its disk is torn",
					    ", and its disk is lost" };

	if (!w->nodes[node].alive)
		return false;
	life_crash(&w->nodes[node], disk);
	w->faults.crashes++;
	w->faults.disks_torn += disk == DISK_TORN;
	w->faults.disks_lost += disk == DISK_LOST;
	world_changed(w, false);
	world_log(w, "%s crashes%s", w->plan->nodes[node].name, ends[disk]);
	return true;
}

/* ... and gets it back. */
static void crash(struct world *w, uint32_t node, enum disk_end disk, struct rng *rng)
{
	if (life_runs(&w->nodes[node]) && lose_power(w, node, disk))
		later(w, STEP_BOOT, node, some_seconds(rng, 3, 12));
}

static void boot(struct world *w, uint32_t node)
{
	struct sim_node *k = &w->nodes[node];

	if (k->alive)
		return;
	if (w->now < w->dark_until && k->cloud == w->dark_cloud) {
		later(w, STEP_BOOT, node, w->dark_until - w->now);
		return;
	}
	life_boot(k);
	world_changed(w, false);
	world_log(w, "%s is back", w->plan->nodes[node].name);
}

/* The disk burns with the machine, or the power goes when it next writes. */
static void fail_disk(struct world *w, uint32_t node)
{
	if (rng_below(&w->chaos, 3) == 0)
		crash(w, node, DISK_LOST, &w->chaos);
	else
		w->nodes[node].cut_in_write = w->nodes[node].alive;
}

void script_power_cut(struct world *w, unsigned int node, usec_t after)
{
	if (w->now + HEAL_MAX < w->script_until)
		later(w, STEP_POWER_CUT, node, after);
}

/* Half of the disks keep what they promise. */
static void power_cut(struct world *w, uint32_t node)
{
	crash(w, node, rng_below(&w->chaos, 2) ? DISK_STAYS : DISK_TORN, &w->chaos);
}

static void freeze(struct world *w, uint32_t node)
{
	usec_t stands = (200 + rng_below(&w->chaos, 12000)) * USEC_MS;
	enum freeze how = FREEZE_PROCESS;

	if (!life_runs(&w->nodes[node]))
		return;
	if (w->setup.clocks)
		how = (enum freeze)rng_below(&w->chaos, 3);
	if (how == FREEZE_SLEEP && w->sleeps++ >= SLEEPS_MAX)
		how = FREEZE_MACHINE;
	w->faults.freezes++;
	w->faults.clocks_jumped += how != FREEZE_PROCESS;
	life_freeze(&w->nodes[node], w->now + stands);
	later(w, STEP_THAW, node | (uint32_t)how << 16, stands);
	world_changed(w, false);
	world_log(w, "%s stands still", w->plan->nodes[node].name);
}

static void thaw(struct world *w, uint32_t node, enum freeze how)
{
	struct sim_node *k = &w->nodes[node];

	if (!k->alive || k->frozen_until != w->now)
		return;
	life_thaw(k, how);
	world_changed(w, false);
	for (uint32_t i = w->adjacent_from[node]; i < w->adjacent_from[node + 1]; i++)
		joined(w, w->adjacent[i]);
	world_log(w, "%s goes on%s", w->plan->nodes[node].name,
		  how == FREEZE_SLEEP ? ", hours later by its clock" : "");
}

/* A node that nobody knew; every other one inside a part of the network. */
static void appear(struct world *w, uint32_t node)
{
	uint32_t i = 0;

	while (i < w->plan->node_count && (!w->plan->nodes[node].late || w->nodes[node].boots)) {
		node = (node + 1) % w->plan->node_count;
		i++;
	}
	if (i == w->plan->node_count)
		return;
	if (rng_below(&w->chaos, 2))
		part(w, node);
	w->faults.late++;
	boot(w, node);
}

/* The power of a whole cloud goes. */
static void darken(struct world *w, uint32_t node)
{
	usec_t off = some_seconds(&w->chaos, 3, 9);

	if (w->now < w->dark_until)
		return;
	w->faults.darks++;
	w->dark_cloud = w->nodes[node].cloud;
	w->dark_until = w->now + off;
	for (uint32_t i = 0; i < w->plan->node_count; i++)
		if (w->nodes[i].cloud == w->dark_cloud && lose_power(w, i, DISK_STAYS))
			later(w, STEP_BOOT, i, off + rng_below(&w->chaos, (uint32_t)(3 * USEC_S)));
}

/* ---- clients ---- */

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
	later(w, STEP_ROAM, host, some_seconds(&w->rng, 2, 8));
}

/* What a client does with its address, most often what clients do most often. */
static void act(struct world *w, uint32_t host)
{
	struct sim_host *h = &w->hosts[host];
	uint32_t what = rng_below(&w->chaos, 100);

	if (h->at < 0)
		return; /* it comes back by itself */
	if (what < 45)
		host_renew(h);
	else if (what < 67)
		walk(w, h);
	else if (what < 79)
		host_reboot(h);
	else if (what < 91)
		host_release(h);
	else if (what < 98)
		leave(w, host);
	else
		host_decline(h);
}

/* ---- the script ---- */

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
		cut(w, subject);
		break;
	case STEP_HEAL:
		set_cable(w, subject, false);
		break;
	case STEP_CRASH:
		crash(w, subject, DISK_STAYS, &w->rng);
		break;
	case STEP_BOOT:
		boot(w, subject);
		break;
	case STEP_PART:
		part(w, subject);
		break;
	case STEP_SCATTER:
		scatter(w);
		break;
	case STEP_SERVED:
		if (wire_loops(w, subject))
			world_violation(w, "both ends of wire %u serve it", subject);
		break;
	case STEP_DISK:
		fail_disk(w, subject);
		break;
	case STEP_POWER_CUT:
		power_cut(w, subject);
		break;
	case STEP_FREEZE:
		freeze(w, subject);
		break;
	case STEP_THAW:
		thaw(w, subject & 0xffff, (enum freeze)(subject >> 16));
		break;
	case STEP_APPEAR:
		appear(w, subject);
		break;
	case STEP_DARK:
		darken(w, subject);
		break;
	case STEP_ACT:
		act(w, subject);
		break;
	}
}

/* One of a list of things that may happen. */
struct happening {
	enum churn bit;
	enum step step;
	unsigned int subjects;
};

static void schedule(struct world *w, const struct script_wish *wish, struct rng *rng,
		     const struct happening *all, unsigned int count)
{
	unsigned int bits = 0;

	for (unsigned int i = 0; i < count; i++)
		bits |= all[i].bit;
	if (!(wish->churn & bits))
		return;
	for (usec_t at = FIRST; w->now + at + HEAL_MAX < wish->until;
	     at += (usec_t)rng_below(rng, (uint32_t)(wish->every / USEC_MS)) * 2 * USEC_MS) {
		unsigned int i = rng_below(rng, count);

		while (!(wish->churn & all[i].bit))
			i = (i + 1) % count;
		if (all[i].subjects)
			later(w, all[i].step, rng_below(rng, all[i].subjects), at);
	}
}

void script_wire(struct world *w, uint32_t wire, bool down)
{
	set_wire(w, wire, down);
}

static void schedule_acts(struct world *w, const struct script_wish *wish)
{
	if (!(wish->churn & CHURN_ACT) || !w->plan->host_count)
		return;
	for (usec_t at = FIRST / 2; w->now + at + HEAL_MAX < wish->until;
	     at += 1 + rng_below(&w->chaos, (uint32_t)(2 * wish->act_every)))
		later(w, STEP_ACT, rng_below(&w->chaos, w->plan->host_count), at);
}

void script_start(struct world *w, const struct script_wish *wish)
{
	unsigned int nodes = w->plan->node_count, hosts = w->plan->host_count;
	const struct happening usual[] = {
		{ CHURN_ROAM, STEP_ROAM, hosts },
		{ CHURN_ROAM, STEP_ROAM, hosts }, /* more often than the others */
		{ CHURN_LEAVE, STEP_LEAVE, hosts },
		{ CHURN_CUT, STEP_CUT, w->plan->wire_count },
		{ CHURN_CRASH, STEP_CRASH, nodes },
		{ CHURN_PART, STEP_PART, nodes },
	};
	const struct happening unusual[] = {
		{ CHURN_FREEZE, STEP_FREEZE, nodes }, { CHURN_FREEZE, STEP_FREEZE, nodes },
		{ CHURN_DISK, STEP_DISK, nodes },     { CHURN_LATE, STEP_APPEAR, nodes },
		{ CHURN_LATE, STEP_APPEAR, nodes },   { CHURN_DARK, STEP_DARK, nodes },
		{ CHURN_SCATTER, STEP_SCATTER, 1 },
	};
	struct script_wish seldom = *wish;

	seldom.every *= 3;
	w->script_until = wish->until;
	schedule(w, wish, &w->rng, usual, sizeof(usual) / sizeof(usual[0]));
	schedule(w, &seldom, &w->chaos, unusual, sizeof(unusual) / sizeof(unusual[0]));
	schedule_acts(w, wish);
}
