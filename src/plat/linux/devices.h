/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports that there are, as the last EVENT_PORT of each told, and which device of a wish belongs
 * to which port. */
#ifndef PLAT_DEVICES_H
#define PLAT_DEVICES_H

#include "node/event.h"
#include "node/wish.h"

struct devices {
	uint16_t count;
	struct event_port list[NODE_PORTS];
};

void devices_event(struct devices *p, const struct event_port *e);
const struct event_port *devices_find(const struct devices *p, uint16_t port);
const struct event_port *devices_named(const struct devices *p, const char *name);

/* The port's device for batman-adv frames, NULL if the wish has none: its VLAN device, or itself
 * without a VLAN. */
const char *devices_mesh(const struct event_port *port, const struct wish *w);
/* The port below a device of wish.babel. */
const struct event_port *devices_below(const struct devices *p, const struct wish *w,
				       const char *dev);

/* The port that gives the node its identity: `name` if there is such a port; else (also NULL) the
 * first Ethernet port by name, else the first of any kind with a MAC, else NULL. */
const struct event_port *devices_primary(const struct devices *p, const char *name);

#endif
