/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters: nftables text made from the wish, put into the kernel by one transaction of `nft -f -`
 * per table when it has changed: a kernel that has only one of the two families gets that one.
 * Tables `bridge trama` and `inet trama`, interface names only (many kernels have no
 * nft_meta_bridge and no bridge reject), every rule that drops has a counter of its own name.
 * Counters live on when rules change.
 *
 * bridge: what a client port or the cloud may send into the client bridge, and the bridge into the
 * cloud. Nobody may be the anycast gateway, a DHCP server or a router; what belongs to one node
 * stays there; no batman-adv and no Babel of ours inside the cloud.
 *
 * inet: no connection tracking inside the mesh; the private network behind an uplink is closed to
 * the mesh but for the resolvers that this node uses itself; masquerading; MSS; what we serve to
 * clients is not served towards uplinks.
 */
#ifndef PLAT_LINUX_FILTERS_H
#define PLAT_LINUX_FILTERS_H

#include "plat/linux/kernel/apply.h"

#define FILTERS_TEXT 40960 /* all ports uplinks */

enum filter_family { FILTER_BRIDGE, FILTER_INET };
#define FILTER_FAMILIES 2

/* Beside the cloud's own: networks of the mesh, between which nothing is tracked, and those whose
 * sources are masqueraded by an uplink. */
#define FILTERS_MASKED4 4
extern const struct net4 filters_mesh4, filters_masked4[FILTERS_MASKED4];
extern const struct net6 filters_mesh6;

/* One table without the transaction around it: complete, comparable. */
void filters_text(const struct wish *w, enum filter_family family, struct text *t);

struct filter_table {
	bool known;	      /* `text` is in the kernel, put there by this process */
	unsigned int refused; /* the kernel does not take `text`: asked again after so many looks */
	unsigned int pause;   /* as many as it was at first */
	size_t len;
	char text[FILTERS_TEXT];
};

struct filters {
	struct filter_table table[FILTER_FAMILIES];
};

void filters_apply(struct filters *f, struct apply *a);
/* A look: has somebody taken a table of ours away (`nft flush ruleset`), or is it time to ask again
 * for one that was refused? The next filters_apply does it. */
bool filters_gone(struct filters *f);
/* Deletes both tables. 0 or -errno. */
int filters_remove(struct filters *f);

#endif
