/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The node process from its fork to its end: privileges, configuration, loop, control socket. */
#ifndef PLAT_PROCESS_H
#define PLAT_PROCESS_H

#include "plat/linux/parent.h"

struct process_setup {
	const char *config; /* as in parent_setup */
	int record_fd;	    /* -1 = none */
};

/* For parent_setup.node; parent_setup.ctx is a struct process_setup. */
int process_main(const struct parent_setup *setup, int fd, bool plain);

#endif
