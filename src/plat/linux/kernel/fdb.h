/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forwarding and neighbour entries. */
#ifndef PLAT_LINUX_FDB_H
#define PLAT_LINUX_FDB_H

#include "plat/linux/kernel/apply.h"

/* Static entries of the wish. */
void fdb_apply(struct apply *a);
/* Removes a learnt entry of a bridge port; vid 0 = without VLAN. */
int fdb_delete(struct nl *nl, int port, const struct mac *mac, uint16_t vid);
/* Adds to or removes from the unicast filter of an interface. */
int fdb_unicast(struct nl *nl, int ifindex, const struct mac *mac, bool add);
/* Dumps what a bridge has learnt: fn gets RTM_NEWNEIGH messages of family AF_BRIDGE. */
int fdb_dump(struct nl *nl, int bridge, nl_fn *fn, void *arg);
/* Neighbour entry, reachable; zero MAC: nobody is there, what waits for it fails. len 4 or 16. */
int neigh_answer(struct nl *nl, int ifindex, const void *ip, size_t len, const struct mac *mac);
/* The MAC that the kernel knows for an address; 0 or -errno. */
int neigh_find(struct nl *nl, int ifindex, const void *ip, size_t len, struct mac *ret_mac);

#endif
