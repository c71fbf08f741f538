/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting one program of a known kind; part of the root process. */
#ifndef PLAT_SPAWN_H
#define PLAT_SPAWN_H

#include "plat/linux/parent.h"

/* May this be the name of an interface on a command line: letters, digits and "_.:@-", not starting
 * with '-'. */
bool spawn_dev_ok(const char dev[static NODE_IFNAME]);

/* The process id, or -errno. `dev` has been checked. */
pid_t spawn_child(const struct parent_setup *setup, enum child_kind kind, const char *dev);

#endif
