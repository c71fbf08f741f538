/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routers on the way to an address: UDP probes of rising TTL, their answers read from the socket's
 * error queue, so that no privilege is needed. */
#ifndef CMD_CLI_ROUTE_H
#define CMD_CLI_ROUTE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>

#define ROUTE_HOPS 16
#define ROUTE_SILENT 4 /* hops without an answer after which it gives up */

struct route_addr {
	int family; /* AF_INET, AF_INET6 */
	union {
		struct in_addr v4;
		struct in6_addr v6;
	} u;
};

struct route_hop {
	int ttl;
	bool answered;
	bool arrived; /* it was the destination, or a router that refuses */
	struct route_addr from;
	uint32_t rtt_us;
	char why[32]; /* " refused" where nobody let it through, else empty */
};

/* Calls back for every hop. 0, or -errno when nothing could be sent. */
int route_probe(const char *addr, void (*hop)(void *ctx, const struct route_hop *h), void *ctx);
/* First address of a name as text. */
bool route_resolve(const char *name, char ret[static 64]);

#endif
