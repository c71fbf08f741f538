/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of replicated records: each is a sequence of {type u8, length u8, value}. What a node
 * does not know it skips, so that fields can be added.
 */
#ifndef NODE_RECORDS_FIELDS_H
#define NODE_RECORDS_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/wire.h"

/* Numbers are the wire format: never reused. */
enum field {
	FIELD_NODE = 1, /* node id where a client is */
	FIELD_IP4,
	FIELD_IP6,
	FIELD_NAME,
	FIELD_MAC,
	FIELD_EPOCH,
	FIELD_FLAGS,
	FIELD_AGE,
	FIELD_CLIENT_ID,
	FIELD_GATEWAY,
	FIELD_ROUTER_ID,
	FIELD_WORKING,
	FIELD_RESOLVER4,
	FIELD_RESOLVER6,
	FIELD_MTU,
	FIELD_TAKES = 19, /* node id, epoch: the claim that this one goes before */
	FIELD_REST = 25,  /* of a block, in seconds: struct lease_block */
	/* of what is fixed for a client: struct lease_static */
	FIELD_LEASE = 30, /* in seconds */
	FIELD_OPTIONS,
	FIELD_WANTED = 33,  /* an address that a client wants of its owner */
	FIELD_GRANT,	    /* seconds since the lease was last acknowledged, if that was before */
	FIELD_WHOSE,	    /* MAC of the client that declined an address, or that it is kept for */
	FIELD_ENDED,	    /* the address of a lease that is over */
	FIELD_NETWORK = 40, /* the first 8 bytes of a cloud's network id */
	FIELD_TOKEN,	    /* who writes to a leader by way of layer 3 has read this */
	FIELD_COUNT,	    /* of nodes */
	FIELD_MEMBERS,	    /* cloud MACs */
	FIELD_OTHERS,	    /* cloud MACs */
	FIELD_PROTOCOL = 50, /* of a service: u8, as IP numbers it */
	FIELD_PORT,
	FIELD_TEXT,
	FIELD_LINK, /* MACs of both ends, own first; tq u8 */
};

#define FIELD_NETWORK_SIZE 8

void field_put_bytes(struct wr *w, enum field f, const void *data, size_t len);
void field_put_u32(struct wr *w, enum field f, uint32_t v);
void field_put_text(struct wr *w, enum field f, const char *s);
/* The rest of r, cut to cap with its NUL. */
void field_get_text(struct rd *r, char *to, size_t cap);

#endif
