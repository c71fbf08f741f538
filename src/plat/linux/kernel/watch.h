/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notifications of the kernel. Those about links, addresses and routes only say that it is time to
 * look again (one round of dumps per batch); those about stations and unresolved neighbours are
 * events themselves.
 *
 * A table of the stations on client ports keeps each from being told twice. A station that the
 * bridge learns on any other port has left.
 */
#ifndef PLAT_LINUX_WATCH_H
#define PLAT_LINUX_WATCH_H

#include <time.h>

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
	time_t relearned_at;
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
/* Some of what there is to read, so that whoever floods the bridge with addresses does not keep
 * everything else waiting. 0 or -errno. */
int watch_read(struct watch *w, const struct watch_view *view, system_event_fn *fn, void *arg);
/* The port that a station is known at, 0 if at none. */
int watch_station(const struct watch *w, const struct mac *mac, uint16_t vid);

#endif
