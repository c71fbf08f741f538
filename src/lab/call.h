/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other side of control.h: asking a running town, and running programs in its hosts. */
#ifndef LAB_CALL_H
#define LAB_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lab/topology.h"

struct call {
	char name[TOPOLOGY_NAME_MAX];
	char err[512];
};

/* Which town: `name`, or the only one that runs when it is NULL. 0 or -1 with err set. */
int call_init(struct call *c, const char *name);
/* The answer of the town, NULL with err set when it refuses or is not there; takes the request.
 * ret_fd gets the descriptor that came along; may be NULL. */
json_t *call_ask(struct call *c, json_t *request, int *ret_fd);
/* The init of a host, or -1. */
int call_open(struct call *c, const char *host);

/* Starts argv in a host, output into `out` and errors into `err` where these are not -1: the pid of
 * a process of ours that ends with the program's status, or -errno. bin_dir comes first in its
 * PATH. */
pid_t call_exec(int pidfd, const char *bin_dir, char *const argv[], int out, int err);
/* Everything from a descriptor until its end, to be freed, or NULL; waits at most that long. */
char *call_read_all(int fd, int timeout_ms);

#endif
