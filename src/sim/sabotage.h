/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Broken nodes, to show that the checks see it. What is broken is done at the boundary of the node:
 * to its configuration, to frames and effects on their way out, to the filter it wants.
 */
#ifndef SIM_SABOTAGE_H
#define SIM_SABOTAGE_H

#include "sim/world.h"

struct sabotage {
	const char *name;
	const char *what;
	const char *expected; /* part of the violations that must show it */
	void (*conf)(struct sim_node *k);
	/* A batman-adv frame without tag that leaves by *port; false: it is lost. */
	bool (*mesh)(struct sim_node *k, uint16_t *port, uint8_t *frame, size_t len);
	/* A frame to the node's own clients. */
	void (*client)(struct sim_node *k, uint8_t *frame, size_t len);
	/* False: it is not done. */
	bool (*effect)(struct sim_node *k, const struct effect *e);
	void (*filter)(struct wish_filter *f);
	bool plain_gateway; /* the anycast MAC is not set */
	bool no_hosts;	    /* nobody hears of routes to single hosts */
};

/* NULL: no such. */
const struct sabotage *sabotage_find(const char *name);
/* In order from 0; NULL at the end. */
const struct sabotage *sabotage_at(unsigned int i);

#endif
