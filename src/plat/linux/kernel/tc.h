/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our one BPF filter at the ingress of an interface. */
#ifndef PLAT_LINUX_TC_H
#define PLAT_LINUX_TC_H

#include <stdbool.h>

#include "plat/linux/kernel/found.h"
#include "plat/linux/kernel/netlink.h"

/* Attaches the program, or replaces ours in place; *ret_created when there was no clsact before. 0
 * or -errno. */
int tc_ingress_attach(int ifindex, int program, bool *ret_created);
/* Takes our filter away; and the qdisc, if `found` says that we made it and nobody else uses it. 0
 * or -errno. */
int tc_ingress_detach(struct nl *nl, int ifindex, const struct found_item *found);

#endif
