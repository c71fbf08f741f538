/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What trama-sim says of its runs. */
#ifndef CMD_SIM_REPORT_H
#define CMD_SIM_REPORT_H

#include "sim/scenario.h"
#include "sim/spread.h"

/* Leases, clashes, and what went wrong; one line each. */
void report_leases(const struct outcome *o);
void report_faults(const struct outcome *o);
/* The violations whose texts are there. */
void report_violations(const struct outcome *o);
/* The town and what happens in it. */
void report_scenario(const struct scenario *s);
/* Until all nodes have a change: exit status 1 if any took longer than the promised 2 s. */
int report_spread(struct world *w, unsigned int changes);
/* Exit status 1 if so many blocks are claimed twice as cannot be by chance. */
int report_chance(unsigned int trials, uint64_t seed);

#endif
