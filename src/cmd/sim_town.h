/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Towns of the lab as plans for the simulator. */
#ifndef CMD_SIM_TOWN_H
#define CMD_SIM_TOWN_H

#include "sim/plan.h"

struct topology;

/* 0, or -errno after saying what is wrong. Switches become wires that all on them share; what the
 * simulator does not have (rates, MTUs, nodes without tramad, pulled cables) is left out. */
int sim_town_load(struct plan *p, const char *path);
/* The same from a town that has been read: 0 or -ENOSPC. */
int sim_town_plan(struct plan *p, const struct topology *t);

#endif
