/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How things of others looked before we changed them: "what where value" lines in run_dir/found, so
 * that they can be put back, also by the next daemon after a crash. On tmpfs: gone with the next
 * boot, like the changes themselves.
 *
 *   mtu eth0 1500
 *   offload eth0 7
 *   up eth0 0
 *   sysctl ipv4/ip_forward 0
 *   tc eth0 1                  our filter is there, 1 = we made the qdisc too
 *   uc eth0,02:95:39:1:2:3 1   a MAC added to its unicast filter
 *   addr eth0,10.2.3.4/24 1
 *   made eth0_17 1             a link that may not have its alias yet
 */
#ifndef PLAT_LINUX_FOUND_H
#define PLAT_LINUX_FOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define FOUND_LIMIT 256

struct found_item {
	char what[8];
	char where[80];
	long value;
};

struct found {
	struct found_item items[FOUND_LIMIT];
	size_t count;
	char path[200];
};

/* Reads the file; a missing one is empty, a broken line is skipped. 0 or -errno. */
int found_open(struct found *f, const char *run_dir);
/* Appends the lines of an open file. */
void found_read(struct found *f, FILE *in);
const struct found_item *found_get(const struct found *f, const char *what, const char *where);
/* Keeps the first value; saved when it returns. 0 or -errno. */
int found_put(struct found *f, const char *what, const char *where, long value);
/* Forgets it, if it is there, and saves. */
void found_drop(struct found *f, const char *what, const char *where);

#endif
