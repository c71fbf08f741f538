/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node says in LibreMesh's shared state: of its whole cloud the leases, nodes and names of
 * MACs, and its own links. */
#ifndef PLAT_SHARED_STATE_OWN_H
#define PLAT_SHARED_STATE_OWN_H

#include "plat/linux/bridges/bridges.h"
#include "plat/linux/bridges/shared_state_store.h"

enum ss_kind {
	SS_LEASES,     /* IPv4 -> {mac, hostname} */
	SS_BAT_HOSTS,  /* MAC -> "host_interface" */
	SS_NODE_INFO,  /* host -> what it is */
	SS_WIFI_LINKS, /* host -> {links: {MACs of both ends -> ...}}, as the next two */
	SS_BAT_LINKS,
	SS_BABEL_LINKS,
	SS_KINDS,
};

/* With the times to live that LibreMesh registers. */
extern const struct ss_type ss_types[SS_KINDS];

/* Names of the nodes that we speak for: this one and the other trama nodes of its cloud. */
struct ss_own {
	struct table known; /* struct known, by name, id and MAC */
	uint64_t left_out;  /* entries that found no place */
};

/* 0 or -ENOMEM. */
int ss_own_init(struct ss_own *o, struct hash_key key);
void ss_own_done(struct ss_own *o);
/* Everything anew, into one store of each kind. */
void ss_own_refresh(struct ss_own *o, const struct bridges_setup *setup,
		    struct ss_store stores[static SS_KINDS], usec_t now);
bool ss_own_has_name(const struct ss_own *o, const char *author);

#endif
