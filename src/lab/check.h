/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge: what every client of a town must be able to do.
 *
 *   addresses   one IPv4 of its cloud's network, one global IPv6 of its cloud's
 *   name        www.example.org, or thisnode.info in a town without an internet
 *   page        from the internet, by IPv4 and, if the town has it, by IPv6
 *   clients     one client of each cloud answers a ping, by IPv4 and IPv6
 */
#ifndef LAB_CHECK_H
#define LAB_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "lab/call.h"

struct check {
	json_t *clients; /* [{client, cloud, at, ipv4, ipv6, from4, from6, failures: []}] */
	int total;
	int good;
};

/* All clients, or (online) without the pings among them and only those that `done` does not name
 * yet. 0, or -1 with call->err set when the town cannot be asked. Stops early when *stop becomes
 * true (may be NULL). */
int check_run(struct call *call, bool online, json_t *done, const volatile bool *stop,
	      struct check *ret);
void check_done(struct check *c);
/* Failures, one line each, or one line that all is well. */
void check_print(const struct check *c);

#endif
