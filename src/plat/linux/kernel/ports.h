/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which interfaces are ports: the machine's own Ethernet, veth and Wi-Fi ones that are neither made
 * by us nor in a bridge of others. A port keeps its number while it exists, and gets the same one
 * back when it returns, as long as no other has needed it. What the ports carry of the machine's
 * own network (addresses, default routes) is found here too.
 */
#ifndef PLAT_LINUX_PORTS_H
#define PLAT_LINUX_PORTS_H

#include <stdio.h>

#include "plat/linux/kernel/addrs.h"
#include "plat/linux/kernel/routes.h"
#include "plat/linux/kernel/system.h"

struct port {
	bool used;
	bool here;
	bool uplink_told;
	bool served; /* see struct event_port */
	bool wifi;   /* its kind may change: hostapd makes an access point of what was a station */
	int ifindex;
	enum port_kind kind;
	struct event_port told;
	struct event_uplink uplink;
};

struct ports {
	const char *const *also;
	const char *const *never;
	struct port v[NODE_PORTS];
};

/* What ports_update looks at. */
struct ports_view {
	const struct link_list *links;
	const struct addr_list *addrs;
	const struct route_list *routes; /* of the main table */
	const struct found *found;
	const struct wish *wish; /* the last one */
};

/* Tells what is new since the last time. */
void ports_update(struct ports *ports, const struct ports_view *view, system_event_fn *fn,
		  void *arg);
/* IPv4 resolvers in a resolv.conf that others can ask too; how many. */
uint8_t ports_resolvers(FILE *in, struct ip4 ret[static NODE_RESOLVERS]);
/* NULL when the interface is no port. */
const struct port *ports_find(const struct ports *ports, int ifindex);
/* The interface of a port by its number, 0 if there is none. */
int ports_ifindex(const struct ports *ports, uint16_t port);

#endif
