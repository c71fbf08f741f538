/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO 0x7363656e6172696f
#define LARGE 13		/* nodes from here on make a large town */
#define ONCE_QUIET (5 * USEC_S) /* before the end nothing is to learn any more */

/* One of these. */
#define PICK(rng, list) (list)[rng_below(rng, sizeof(list) / sizeof((list)[0]))]

static bool one_of(struct rng *rng, uint32_t n)
{
	return rng_below(rng, n) == 0;
}

static void some_town(struct plan_wish *t, struct rng *rng)
{
	t->shape = (enum shape)rng_below(rng, SHAPES);
	t->nodes = 3 + rng_below(rng, LARGE - 3);
	if (one_of(rng, 10))
		t->nodes = LARGE + rng_below(rng, 14);
	t->clouds = 1;
	if (t->nodes >= 6 && one_of(rng, 4))
		t->clouds = t->nodes >= 9 && one_of(rng, 3) ? 3 : 2;
	if (one_of(rng, 3))
		t->late = 1 + rng_below(rng, 3);
	t->varied = true;
}

static void some_wires(struct plan_wish *t, const uint32_t *losses, uint32_t count, struct rng *rng)
{
	t->loss_ppm = losses[rng_below(rng, count)];
	t->duplicate_ppm = one_of(rng, 3) ? 30000 : 0;
	t->reorder_ppm = one_of(rng, 3) ? 50000 : 0;
}

static unsigned int some_churn(struct rng *rng)
{
	static const struct {
		enum churn bit;
		uint32_t of_eight;
	} all[] = {
		{ CHURN_LEAVE, 6 }, { CHURN_CUT, 6 },	  { CHURN_CRASH, 4 }, { CHURN_PART, 3 },
		{ CHURN_DISK, 2 },  { CHURN_FREEZE, 3 },  { CHURN_CLOCK, 3 }, { CHURN_DARK, 1 },
		{ CHURN_ACT, 4 },   { CHURN_SCATTER, 2 },
	};
	unsigned int churn = CHURN_ROAM | CHURN_LATE;

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (rng_below(rng, 8) < all[i].of_eight)
			churn |= all[i].bit;
	return churn;
}

static void make_mixed(struct scenario *s, struct rng *rng)
{
	static const uint32_t losses[] = { 0, 0, 0, 10000, 20000 };
	static const uint32_t leases[] = { 120, 120, 300, 1200 };
	static const uint32_t pools[] = { 0, 0, 0, 1024 };
	static const uint32_t saves[] = { 0, 10, 30 };

	some_town(&s->town, rng);
	s->town.hosts = s->town.nodes + rng_below(rng, s->town.nodes);
	some_wires(&s->town, losses, sizeof(losses) / sizeof(losses[0]), rng);
	s->script.churn = some_churn(rng);
	s->script.every = (300 + rng_below(rng, 900)) * USEC_MS;
	s->script.act_every = (200 + rng_below(rng, 500)) * USEC_MS;
	s->lease_s = PICK(rng, leases);
	s->pool = PICK(rng, pools);
	s->save_s = PICK(rng, saves);
	s->quiet = 20 * USEC_S;
	s->time = (75 + rng_below(rng, 20)) * USEC_S;
}

/* As many words as a port may say, and as many new leases as it may have (lease_rate.c). */
static void make_leases(struct scenario *s, struct rng *rng)
{
	static const uint32_t losses[] = { 0, 10000, 50000, 100000 };
	static const uint32_t pools[] = { 0, 2048, 1024 };

	some_town(&s->town, rng);
	s->town.nodes = 6 + rng_below(rng, 5);
	s->town.clouds = 1;
	s->town.hosts = 80 + rng_below(rng, 40);
	s->town.quiet = true;
	some_wires(&s->town, losses, sizeof(losses) / sizeof(losses[0]), rng);
	s->script.churn = CHURN_ACT | CHURN_PART | CHURN_CUT | CHURN_CRASH | CHURN_FREEZE |
			  CHURN_CLOCK | CHURN_LATE | CHURN_SCATTER;
	if (one_of(rng, 2))
		s->script.churn |= CHURN_DISK;
	if (one_of(rng, 3))
		s->script.churn |= CHURN_DARK;
	s->script.every = (2000 + rng_below(rng, 3000)) * USEC_MS;
	s->script.act_every = (15 + rng_below(rng, 10)) * USEC_MS;
	s->lease_s = 120;
	s->pool = PICK(rng, pools);
	s->save_s = 10;
	s->quiet = 25 * USEC_S;
	s->time = 250 * USEC_S;
}

void scenario_make(struct scenario *ret, enum scenario_kind kind, uint64_t seed)
{
	struct rng rng = rng_init(seed ^ SCENARIO ^ (uint64_t)kind << 56);

	memset(ret, 0, sizeof(*ret));
	ret->kind = kind;
	switch (kind) {
	case SCENARIO_MIXED:
		make_mixed(ret, &rng);
		break;
	case SCENARIO_LEASES:
		make_leases(ret, &rng);
		break;
	}
}

void outcome_of(const struct world *w, struct outcome *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->runs = 1;
	ret->leases = *judge_count(w->judge);
	ret->faults = w->faults;
	ret->time = w->now - WORLD_START;
	ret->violations = w->violation_count;
	for (unsigned int i = 0; i < OUTCOME_TEXTS && w->violations[i].kind; i++)
		memcpy(ret->texts[i], w->violations[i].text, sizeof(ret->texts[i]));
	record_hash_text(&w->hash, ret->hash);
}

static void play(const struct scenario *s, struct world *w)
{
	struct script_wish script = s->script;
	usec_t end = w->now + s->time;

	script.until = end - s->quiet;
	script_start(w, &script);
	world_run(w, end - ONCE_QUIET);
	if (s->kind == SCENARIO_MIXED)
		check_quiet(w);
	world_run(w, end);
	if (s->kind == SCENARIO_MIXED)
		check_final(w);
	else
		check_records(w);
}

int scenario_run(const struct scenario *s, uint64_t seed, bool verbose, struct outcome *ret)
{
	struct plan *plan = malloc(sizeof(*plan));
	struct rng rng = rng_init(seed ^ SCENARIO);
	struct world_setup setup = { .plan = plan,
				     .seed = seed,
				     .lease_s = s->lease_s,
				     .pool = s->pool,
				     .save_s = s->save_s,
				     .sabotage = s->sabotage,
				     .clocks = s->script.churn & CHURN_CLOCK,
				     .verbose = verbose };
	struct world *w;

	if (!plan)
		return -ENOMEM;
	plan_generate(plan, &s->town, &rng);
	w = world_new(&setup);
	if (w) {
		play(s, w);
		outcome_of(w, ret);
	}
	world_free(w);
	free(plan);
	return w ? 0 : -ENOMEM;
}

uint64_t outcome_operations(const struct outcome *o)
{
	return o->leases.allocations + o->leases.renewals + o->leases.roams + o->leases.releases;
}

static void leases_add(struct judge_count *sum, const struct judge_count *c)
{
	sum->allocations += c->allocations;
	sum->renewals += c->renewals;
	sum->roams += c->roams;
	sum->releases += c->releases;
	sum->declines += c->declines;
	sum->lapsed += c->lapsed;
	sum->reused += c->reused;
	for (int i = 0; i < JUDGE_CAUSES; i++)
		sum->clashes[i] += c->clashes[i];
	sum->noticed += c->noticed;
	sum->settled += c->settled;
	sum->notice_max = usec_max(sum->notice_max, c->notice_max);
	sum->lost_apart += c->lost_apart;
	sum->lost_forgotten += c->lost_forgotten;
	sum->lost_to_nodes += c->lost_to_nodes;
}

static void faults_add(struct fault_count *sum, const struct fault_count *c)
{
	sum->cuts += c->cuts;
	sum->parts += c->parts;
	sum->crashes += c->crashes;
	sum->disks_torn += c->disks_torn;
	sum->disks_lost += c->disks_lost;
	sum->freezes += c->freezes;
	sum->clocks_jumped += c->clocks_jumped;
	sum->darks += c->darks;
	sum->late += c->late;
	sum->frames += c->frames;
	sum->frames_lost += c->frames_lost;
}

void outcome_add(struct outcome *sum, const struct outcome *o)
{
	sum->runs += o->runs;
	sum->time += o->time;
	sum->violations += o->violations;
	leases_add(&sum->leases, &o->leases);
	faults_add(&sum->faults, &o->faults);
}
