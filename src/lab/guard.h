/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard: what people start and stop. It checks the machine, takes the town's name, starts the
 * town's first process in new namespaces, waits until every client is online, and tidies up
 * whatever way that process ends. If the guard itself is killed, the kernel tells the town, which
 * ends too.
 */
#ifndef LAB_GUARD_H
#define LAB_GUARD_H

#include <stdbool.h>

struct guard_options {
	const char *file;    /* a path, or the name of a town that comes with the lab */
	const char *name;    /* NULL: that of the file */
	const char *bin_dir; /* NULL: where this program is */
	const char *log_dir; /* NULL: logs end with the town */
	bool detach;	     /* return when the clients are online */
	bool check;	     /* after that, end with the judge's verdict instead of staying */
	int wait_s;	     /* for the clients */
};

/* Exit status: 0 after an orderly end, 1 when it cannot be started or (detach, check) does not get
 * online. */
int guard_up(const struct guard_options *o);

#endif
