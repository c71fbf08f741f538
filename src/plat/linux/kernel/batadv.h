/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's batman-adv as the engine of the cloud: its settings, and its tables as EVENT_MESH
 * rows. Generic netlink family "batadv" (linux/batman_adv.h). The family is there once the module
 * is, which making the first device loads.
 */
#ifndef PLAT_LINUX_BATADV_H
#define PLAT_LINUX_BATADV_H

#include "plat/linux/kernel/apply.h"
#include "plat/linux/kernel/ports.h"

struct batadv {
	struct nl nl;
	uint16_t family; /* 0: not asked yet, or not there */
	bool refused;	 /* the last batadv_apply failed, which is tried again anyway */
	bool changed;	 /* by others since then, as the last batadv_read has found */
};

void batadv_done(struct batadv *b);

/* Settings of the wish that the device does not have. */
void batadv_apply(struct batadv *b, struct apply *a);

/* What the rows are about. */
struct batadv_view {
	const struct link_list *links;
	const struct ports *ports;
	const struct wish *wish;
};

/* Tells all tables, and that this was all. 0 or -errno: then no end is told, and nothing is lost.
 */
int batadv_read(struct batadv *b, const struct batadv_view *view, system_event_fn *fn, void *arg);

/* As batctl statistics; name: of the device. 0 or -errno. */
int batadv_statistics(const char *name, system_statistic_fn *fn, void *arg);

#endif
