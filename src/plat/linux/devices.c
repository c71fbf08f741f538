/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/devices.h"

#include <string.h>

static struct event_port *devices_slot(struct devices *p, uint16_t port)
{
	for (uint16_t i = 0; i < p->count; i++) {
		if (p->list[i].port == port)
			return &p->list[i];
	}
	return NULL;
}

void devices_event(struct devices *p, const struct event_port *e)
{
	struct event_port *slot = devices_slot(p, e->port);

	if (e->gone) {
		if (slot)
			*slot = p->list[--p->count];
		return;
	}
	if (!slot && p->count < NODE_PORTS)
		slot = &p->list[p->count++];
	if (slot)
		*slot = *e;
}

const struct event_port *devices_find(const struct devices *p, uint16_t port)
{
	for (uint16_t i = 0; i < p->count; i++) {
		if (p->list[i].port == port)
			return &p->list[i];
	}
	return NULL;
}

const struct event_port *devices_named(const struct devices *p, const char *name)
{
	for (uint16_t i = 0; i < p->count; i++) {
		if (strcmp(p->list[i].name, name) == 0)
			return &p->list[i];
	}
	return NULL;
}

const char *devices_mesh(const struct event_port *port, const struct wish *w)
{
	for (uint16_t i = 0; i < w->link_count; i++) {
		const struct wish_link *l = &w->links[i];
		bool below = strcmp(l->parent, port->name) == 0;
		bool self = strcmp(l->name, port->name) == 0;

		if (w->filter.batman_vid && l->kind == WISH_VLAN && below &&
		    l->vid == w->filter.batman_vid)
			return l->name;
		if (!w->filter.batman_vid && l->kind == WISH_EXISTING && self && l->up)
			return port->name;
	}
	return NULL;
}

const struct event_port *devices_below(const struct devices *p, const struct wish *w,
				       const char *dev)
{
	for (uint16_t i = 0; i < w->link_count; i++) {
		const struct wish_link *l = &w->links[i];

		if (l->kind == WISH_VLAN && strcmp(l->name, dev) == 0)
			return devices_named(p, l->parent);
	}
	return devices_named(p, dev);
}

const struct event_port *devices_primary(const struct devices *p, const char *name)
{
	const struct event_port *best = name ? devices_named(p, name) : NULL;

	if (best && !mac_is_zero(&best->mac))
		return best;
	best = NULL;
	for (uint16_t i = 0; i < p->count; i++) {
		const struct event_port *port = &p->list[i];
		bool ethernet = port->kind == PORT_KIND_ETHERNET;
		bool better = !best;

		if (mac_is_zero(&port->mac))
			continue;
		if (best && ethernet != (best->kind == PORT_KIND_ETHERNET))
			better = ethernet;
		else if (best)
			better = strcmp(port->name, best->name) < 0;
		if (better)
			best = port;
	}
	return best;
}
