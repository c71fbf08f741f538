/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long it takes until all nodes of a cloud have a change. */
#ifndef SIM_SPREAD_H
#define SIM_SPREAD_H

#include "sim/world.h"

#define SPREAD_CHANGES 1000

struct spread {
	uint32_t number;      /* of the change that is on its way, 0: none */
	unsigned int cloud;   /* of the node that made it */
	unsigned int missing; /* nodes that have not got it */
	bool has_it[PLAN_NODES];
	usec_t made_at, everywhere_at; /* the latter 0: not yet */
	unsigned int count;
	usec_t took[SPREAD_CHANGES]; /* in order, when all are over; USEC_NEVER: not in time */
};

/* Makes that many changes, SPREAD_CHANGES at most, one after the other, each at some node. */
void spread_run(struct world *w, unsigned int changes, struct spread *ret);

#endif
