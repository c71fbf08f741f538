/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many scenarios, in as many processes as there are cores. */
#ifndef CMD_SIM_SEEDS_H
#define CMD_SIM_SEEDS_H

#include "sim/scenario.h"

#define SEEDS_JOBS 64

struct seeds_wish {
	enum scenario_kind kind;
	uint64_t from, to;   /* seeds */
	uint64_t operations; /* of leases, after which no more are begun; 0: all seeds */
	unsigned int jobs;   /* at a time; 0: as many as there are cores */
	bool verbose;	     /* of one seed only */
	const struct sabotage *sabotage; /* NULL: none */
};

/* Exit status: 1 when something was violated. */
int seeds_run(const struct seeds_wish *wish);

#endif
