/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes to single hosts, which nodes of a cloud that is cut tell each other: everybody knows them
 * after one to two seconds. */
#ifndef SIM_ROUTES_H
#define SIM_ROUTES_H

#include <stdbool.h>

#include "lib/addr.h"

#define ROUTES_HOSTS 512

enum told { TOLD_NOT, TOLD_LEAVES, TOLD_HERE };

struct told_hosts {
	unsigned int count;
	struct {
		struct ip6 addr; /* IPv4 mapped */
		enum told how;
	} v[ROUTES_HOSTS];
};

struct sim_node;

/* Once a second: what the node tells now. */
void routes_learn(struct sim_node *k);
/* What the others know that it tells of an address. */
enum told routes_told(const struct sim_node *k, const struct ip6 *addr);
/* Does it tell of that address, whatever, at this moment? */
bool routes_own(const struct sim_node *k, const struct ip6 *addr);
/* Does this node take such routes before what is connected? */
bool routes_first(const struct sim_node *k, bool v6);

#endif
