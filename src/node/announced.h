/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people say of the network, in replicated records: services that a node or a host at it
 * offers, and notes about nodes and clients. Nothing is done with them but that they are shown.
 */
#ifndef NODE_ANNOUNCED_H
#define NODE_ANNOUNCED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

#define SERVICE_NAME_MAX 32 /* STATE_ID_MAX: it is the id of the record */
#define SERVICES_OWN 32	    /* of one node */
#define ANNOUNCED_TEXT_MAX 200
#define ANNOUNCED_VALUE_MAX (ANNOUNCED_TEXT_MAX + 32)

enum service_protocol { SERVICE_TCP = 6, SERVICE_UDP = 17 }; /* as IP numbers them */

struct service {
	char name[SERVICE_NAME_MAX + 1]; /* letters, digits, inner '-', '_' and '.' */
	uint8_t protocol;
	uint16_t port;
	struct ip6 address; /* IPv4 as lease_mapped */
	char text[ANNOUNCED_TEXT_MAX + 1];
};

struct note {
	uint8_t len; /* of the id: 6 of a MAC, 8 of a node's id */
	uint8_t id[8];
	char text[ANNOUNCED_TEXT_MAX + 1]; /* not empty */
};

/* Letters, digits, and inside also '-', '_' and '.'. */
bool service_name_sound(const char *name);
/* Their values; ret has room for ANNOUNCED_VALUE_MAX bytes. The id is the name. */
size_t service_encode(const struct service *s, uint8_t *ret);
size_t note_encode(const struct note *n, uint8_t *ret);
/* False: nobody could have said that. */
bool service_decode(const void *id, size_t id_len, const uint8_t *value, size_t len,
		    struct service *ret);
bool note_decode(const void *id, size_t id_len, const uint8_t *value, size_t len, struct note *ret);

#endif
