/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is behind a MAC, an id or a word that somebody typed: names from the records of a node. */
#ifndef RPC_WHO_H
#define RPC_WHO_H

#include <jansson.h>

#include "node/view.h"
#include "rpc/method.h"

/* The members of the cloud, read from the records once per request: finding one there by another
 * name than its id is a walk over all records. */
struct rpc_members {
	bool loaded;
	size_t count;
	struct node_member *list;
};

/* NULL list: nothing to free. */
void who_done(struct rpc_members *m);

/* Name of the node with this id; JSON null when it is unknown or all zero. New reference. */
json_t *who_node(const struct rpc_context *c, const uint8_t id[static 8]);
/* The same where it may be a gateway in another cloud. */
json_t *who_gateway(const struct rpc_context *c, const uint8_t id[static 8]);
/* The id in records of a node by its name, address, MAC in the cloud, MAC of its primary interface,
 * or 16 hex digits (of a node that nothing else is known of, too). */
bool who_id(const struct rpc_context *c, const char *word, struct state_node *ret);
/* The trama node behind an originator (or behind one of its ports); false: other software, or
 * unknown. */
bool who_originator(const struct rpc_context *c, const struct mac *orig, struct node_member *ret);
/* The same as JSON: its name or null. */
json_t *who_originator_name(const struct rpc_context *c, const struct mac *orig);
/* The node's own id in records. */
bool who_is_self(const struct rpc_context *c, const uint8_t id[static 8]);

/* Somebody in the cloud. */
struct who {
	bool is_client; /* lease is valid, else member */
	struct lease_view lease;
	struct node_member member;
};

/* By MAC, address or name. False with the error set to RPC_NOT_FOUND. */
bool who_find(const struct rpc_context *c, const char *word, struct who *ret,
	      struct method_error *err);
/* A member of the cloud by address or name. */
bool who_member(const struct rpc_context *c, const char *word, struct node_member *ret);

#endif
