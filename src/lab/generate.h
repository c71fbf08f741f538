/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GENERATE_H
#define LAB_GENERATE_H

#include <jansson.h>

#include "lib/shape.h"

/* A town of that many nodes in clouds of about ten (clouds 0) or so many, each of that shape,
 * joined by backbone links; clients spread over all nodes; an uplink per two clouds. NULL when the
 * figures are out of range (1 to 200 nodes, up to 150 clients). */
json_t *generate_town(int nodes, int clients, int clouds, enum shape shape);

#endif
