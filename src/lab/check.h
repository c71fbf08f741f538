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

enum check_flag {
	CHECK_ONLINE = 1, /* without the pings */
	CHECK_HURRY = 2,  /* short timeouts, and a client's first failure is enough */
};

/* All clients but those that `done` names (an object that gets those that are well; may be NULL).
 * 0, or -1 with call->err set when the town cannot be asked. Stops early when *stop becomes true
 * (may be NULL). */
int check_run(struct call *call, unsigned flags, json_t *done, const volatile bool *stop,
	      struct check *ret);
void check_done(struct check *c);
/* Failures, one line each, or one line that all is well. */
void check_print(const struct check *c);

#endif
