/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames that the DHCP server sends. */
#ifndef LEASE_ANSWER_H
#define LEASE_ANSWER_H

#include "core/lease/lease.h"
#include "packet/dhcp.h"

#define ANSWER_FRAME_MAX 1514

struct answer {
	const struct dhcp_msg *asked;
	struct mac from; /* source of the frame that asked */
	uint8_t type;	 /* DHCP_OFFER, DHCP_ACK or DHCP_NAK */
	struct ip4 ip;	 /* zero in a DHCP_NAK and in the answer to DHCP_INFORM */
	uint32_t lease_s;
	const struct lease_static *fixed; /* what it is told in place of what all are; NULL: all */
	const char *name;		  /* of the client, or empty */
};

/*
 * Length of the frame, 0 if it did not fit. Goes where RFC 2131 section 4.1 says; what the client
 * asked for comes first, and options that do not fit into what it can receive are left out.
 */
size_t answer_build(void *buf, size_t cap, const struct lease_conf *conf, const struct answer *a);

#endif
