/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a seed stands for: a town, what happens in it, for how long; and what came of it. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/judge.h"
#include "sim/world.h"

enum scenario_kind {
	SCENARIO_MIXED, /* everything */
	/* many clients that do nothing but ask for addresses and give them back, on worse wires */
	SCENARIO_LEASES,
};

struct scenario {
	enum scenario_kind kind;
	struct plan_wish town;
	struct script_wish script;	 /* until: set by the run */
	uint32_t lease_s, pool, save_s;	 /* as in struct world_setup */
	usec_t time, quiet;		 /* the latter at the end, when nothing happens any more */
	const struct sabotage *sabotage; /* NULL: none */
};

#define OUTCOME_TEXTS 4

struct outcome {
	uint64_t runs;
	struct judge_count leases;
	struct fault_count faults;
	usec_t time; /* virtual */
	unsigned int violations;
	char texts[OUTCOME_TEXTS][WORLD_TEXT]; /* the first of them */
	char hash[17];
};

void scenario_make(struct scenario *ret, enum scenario_kind kind, uint64_t seed);
/* 0 or -ENOMEM. */
int scenario_run(const struct scenario *s, uint64_t seed, bool verbose, struct outcome *ret);
/* Of a world as it is now. */
void outcome_of(const struct world *w, struct outcome *ret);
/* Adds up all but texts and hash. */
void outcome_add(struct outcome *sum, const struct outcome *o);
/* Allocations, renewals, roams and releases. */
uint64_t outcome_operations(const struct outcome *o);

/* ---- nodes that first appear inside a cut part ---- */

struct chance {
	unsigned int trials;
	uint64_t claimed[2];   /* blocks in all, on each side */
	uint64_t twice;	       /* of them on both sides */
	uint64_t expected_ppm; /* the sum of k1 * k2 / F over all trials, in millionths */
	uint64_t addresses, given_twice;
};

/* Two nodes that have never heard of each other give addresses to that many clients each, out of a
 * pool of so many addresses; often. 0 or -ENOMEM. */
int chance_run(unsigned int trials, unsigned int hosts, uint32_t pool, uint64_t seed,
	       struct chance *ret);

#endif
