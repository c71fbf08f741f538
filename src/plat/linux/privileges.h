/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Becoming the user that runs the node, with the capabilities named and no others. */
#ifndef PLAT_PRIVILEGES_H
#define PLAT_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct privileges {
	bool known; /* there is such a user; else everything stays with root */
	uid_t uid;
	gid_t gid;
};

/* Looks the user up by name. */
struct privileges privileges_find(const char *user);

#define PRIVILEGE(cap) (UINT64_C(1) << (cap))

/* Becomes that user for good: user and groups, exactly the capabilities in `caps`
 * (PRIVILEGE(CAP_...) ored), kept over exec, none to be had anew (no_new_privs, bounding set). 0 or
 * -errno; after an error the process must end. */
int privileges_drop(const struct privileges *p, uint64_t caps);

#endif
