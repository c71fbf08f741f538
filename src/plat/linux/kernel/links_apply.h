/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links of a wish: what is missing is made, what is stale deleted, what differs changed. */
#ifndef PLAT_LINUX_LINKS_APPLY_H
#define PLAT_LINUX_LINKS_APPLY_H

#include "plat/linux/kernel/apply.h"
#include "plat/linux/kernel/vlan.h"

/* Leaves a->links fresh, with everything of the wish in it that could be made; new links are down.
 */
void links_create(struct apply *a, struct vlans *v);
/* MTU, MAC, bridge membership, flags, offloads, up; VLAN pairs. Leaves a->links fresh. */
void links_configure(struct apply *a, struct vlans *v);
/* Deletes all links of ours and puts ports back as found. */
void links_remove(struct apply *a, struct vlans *v);

#endif
