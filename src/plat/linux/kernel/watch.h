/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notifications of the kernel. Those about links, addresses and routes only say that it is time to
 * look again (one round of dumps per batch); those about stations and unresolved neighbours are
 * events themselves.
 *
 * A table of the stations on client ports keeps each from being told twice, and finds their port
 * when they shall be forgotten. A station that the bridge learns on any other port has left.
 */
#ifndef PLAT_LINUX_WATCH_H
#define PLAT_LINUX_WATCH_H

#include "lib/table.h"
#include "plat/linux/kernel/ports.h"

#define WATCH_STATIONS 4096

struct station {
	struct mac mac;
	uint16_t vid;
	uint16_t port;
	int ifindex;
	uint32_t round; /* of the last dump that had it */
};

struct watch {
	struct mnl_socket *sock;
	struct ports ports;
	struct table stations;
	int bridge; /* ifindex of the client bridge, 0 = none yet */
	uint32_t round;
	bool rescan;  /* links, addresses or routes have changed */
	bool relearn; /* dump the bridge's entries */
	bool stale;
};

/* What watch_read needs of the rest. */
struct watch_view {
	struct nl *nl;
	struct link_list *links; /* refreshed by it */
	const struct found *found;
	const struct wish *wish;
	struct vlans *vlans;
};

int watch_open(struct watch *w);
void watch_done(struct watch *w);
/* 0 or -errno. */
int watch_read(struct watch *w, const struct watch_view *view, system_event_fn *fn, void *arg);
/* NULL when it is not known on a client port. */
const struct station *watch_station(const struct watch *w, const struct mac *mac, uint16_t vid);

#endif
