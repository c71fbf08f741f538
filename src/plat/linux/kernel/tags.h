/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tags of clients that the kernel's engine carries. Every VLAN of a bridge port is made known
 * to the device of the port, and of that batman-adv takes its VLANs; the bridge itself does not
 * filter by them (vlan_filtering is off).
 */
#ifndef PLAT_LINUX_TAGS_H
#define PLAT_LINUX_TAGS_H

#include "plat/linux/kernel/apply.h"

struct tags {
	bool none; /* this kernel has no such thing: said once, not tried again */
};

/* Once the device is a port of the bridge. */
void tags_apply(struct tags *t, struct apply *a);

#endif
