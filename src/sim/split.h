/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cloud that falls apart on layer 2 from time to time, and whose parts another cloud joins on
 * layer 3. Every second a packet comes back from the internet to each client by way of each node of
 * the network. As long as nothing else happens than that, and moves of clients:
 *
 * - no such packets are lost for longer than 12 s, since the client has shown itself where it is;
 * - all nodes of the cloud, and no others, know of the cut within eight originator intervals, and
 *   have forgotten it 36 s after its end.
 */
#ifndef SIM_SPLIT_H
#define SIM_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/rng.h"
#include "sim/plan.h"

struct world;
struct sim_host;

#define SPLIT_NODES_MIN 5

void split_plan(struct plan *p, const struct plan_wish *wish, struct rng *rng);
/* From now on, until that time; then it is whole. Of a world with such a plan. watch: the above
 * must hold. */
void split_start(struct world *w, usec_t until, bool watch);
void split_done(struct world *w);
void split_step(struct world *w, uint32_t what);
/* Once a second. */
void split_tick(struct world *w);
/* A frame that came to a client. */
void split_seen(const struct sim_host *h, const uint8_t *frame, size_t len);

#endif
