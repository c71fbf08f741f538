/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GENERATE_H
#define LAB_GENERATE_H

#include <jansson.h>

/* A town of that many nodes in clouds of about ten, each a chain of rings, joined by backbone
 * links; clients spread over all nodes; an uplink per two clouds. NULL when the figures are out of
 * range (1 to 200 each). */
json_t *generate_town(int nodes, int clients, int clouds);

#endif
