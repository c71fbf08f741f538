/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node says in LibreMesh's shared state: of its whole cloud the leases, names, nodes and
 * names of MACs, and its own links; and what it makes of what others say. */
#ifndef RPC_SHARED_STATE_OWN_H
#define RPC_SHARED_STATE_OWN_H

#include "node/node.h"
#include "rpc/shared_state_store.h"

enum ss_kind {
	SS_LEASES,     /* IPv4 -> {mac, hostname} */
	SS_BAT_HOSTS,  /* MAC -> "host_interface" */
	SS_NODE_INFO,  /* host -> what it is */
	SS_WIFI_LINKS, /* host -> {links: {MACs of both ends -> ...}}, as the next two */
	SS_BAT_LINKS,
	SS_BABEL_LINKS,
	SS_HOSTS, /* "IP name" -> true */
	SS_KINDS,
};

/* What is looked at. */
struct ss_view {
	const struct node *node;
	/* Number and MAC of a network device; false: there is none of that name. Not called for
	 * leases and hosts. */
	bool (*device)(void *ctx, const char *name, int *ret_index, struct mac *ret_mac);
	/* What babeld hears, in order from *cursor = 0; false at the end. For SS_BABEL_LINKS. */
	bool (*neighbour_next)(void *ctx, uint32_t *cursor, struct event_neighbour *ret);
	void *ctx;
};

/* Names of the nodes that we speak for: this one and the other trama nodes of its cloud. */
struct ss_own {
	struct table known; /* struct known, by name, id and MAC */
	uint64_t left_out;  /* entries that found no place */
	usec_t look_at;	    /* next one of ss_own_look */
};

/* 0 or -ENOMEM. */
int ss_own_init(struct ss_own *o, struct hash_key key);
void ss_own_done(struct ss_own *o);
/* Everything anew, into one store of each kind; those that are all zero are left so. */
void ss_own_refresh(struct ss_own *o, const struct ss_view *view,
		    struct ss_store stores[static SS_KINDS], usec_t now);
/* The same where the last look was 20 s ago: how many entries found no place, or 0. */
uint64_t ss_own_look(struct ss_own *o, const struct ss_view *view,
		     struct ss_store stores[static SS_KINDS], usec_t now);
bool ss_own_has_name(const struct ss_own *o, const char *author);
/* An originator of other software is in the cloud. */
bool ss_own_has_others(const struct node *n);

/* A store that hears what others say. */
struct ss_hearing {
	const struct ss_own *own;
	struct ss_store *store;
	usec_t now;
	/* A lease that another author told of; it comes from `source`. */
	enum import_source source;
	void (*import)(void *ctx, const struct event *e);
	void *ctx;
	uint64_t taken, ours, full; /* entries: taken, said by us, without a place */
};

/* hearing: struct ss_hearing. */
void ss_hear(void *hearing, const struct ss_entry *e);

#endif
