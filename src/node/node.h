/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trama node without a system below it: the only place where the cores meet.
 *
 *   node_input(n, &event, now);
 *   while (node_effect(n, &effect))
 *           do it;
 *   sleep until node_deadline(n), or the next event
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "core/conf/conf.h"
#include "lib/rng.h"
#include "node/effect.h"
#include "node/event.h"
#include "node/settings.h"
#include "node/wish.h"

struct node;

struct node_setup {
	const struct conf *conf; /* borrowed for the node's life */
	struct mac primary_mac;	 /* of the primary interface: names and addresses follow from it */
	char primary_name[NODE_IFNAME];
	uint32_t boot_epoch; /* higher at each start; reserved on disk by the platform */
	uint64_t seed;	     /* for jitter; and 128 bits for table hashing */
	uint64_t hash_key[2];
	/* For the replicated state; borrowed. NULL: the node has no key, its id is made of its MAC,
	 * nothing of it is signed or sealed. */
	const struct state_crypto *crypto;
	/* Of the network, which conf was made with; what they borrow, for the node's life. All
	 * zero: none. */
	struct settings settings;
};

/* NULL and *ret_err = -errno when memory or the configuration does not allow it. */
struct node *node_new(const struct node_setup *setup, usec_t now, int *ret_err);
void node_free(struct node *n);

void node_input(struct node *n, const struct event *e, usec_t now);
bool node_effect(struct node *n, struct effect *ret);
usec_t node_deadline(const struct node *n);

/* Of EVENT_LOAD: 0, or what snapshot_open or state_load said: then nothing of it was taken. */
int node_load_error(const struct node *n);
/* Of the last CONTROL_PUT_STATE or CONTROL_PUT_ADMIN: 0, -EINVAL, -EAGAIN (just started: what
 * others wrote is not known yet), -ENOSPC, -EOVERFLOW, -ENOENT: nothing to delete, or
 * -EKEYREJECTED: that is not what the admin has signed, or somebody else wrote meanwhile. */
int node_put_error(const struct node *n);

/* Of the last CONTROL_FIX_LEASE or CONTROL_UNFIX_LEASE: 0, -EINVAL (no sound one), -EAGAIN (just
 * started), -EADDRNOTAVAIL (the address is a node's, or no client's), -EADDRINUSE (address or name
 * are fixed for another one), -EPERM (it is in the configuration of a node that is there),
 * -ENOENT: nothing to end, -ENOSPC, -EOVERFLOW. */
int node_static_error(const struct node *n);

const struct wish *node_wish(const struct node *n);

/* A name that clients may ask for, with its addresses (zero = none), from a record. */
struct node_name {
	char name[64];
	struct ip4 ip4;
	struct ip6 ip6;
};

/* In order from *cursor = 0; false at the end. */
bool node_name_next(const struct node *n, uint32_t *cursor, struct node_name *ret);

#endif
