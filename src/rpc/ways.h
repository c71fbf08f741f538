/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways out as JSON, for status, gateways and trace. New references. */
#ifndef RPC_WAYS_H
#define RPC_WAYS_H

#include <jansson.h>

#include "rpc/call.h"

/* {"ipv4": {...}, "ipv6": {...}}: which gateway is used and why. */
json_t *ways_used(const struct rpc_context *c);
/* The uplinks of this node with the state of each family. */
json_t *ways_uplinks(const struct rpc_context *c);

/* A route of Babel's. */
json_t *ways_route(const struct node *n, const struct event_route *r);

#endif
