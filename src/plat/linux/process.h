/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The node process from its fork to its end: privileges, configuration, loop, control socket. */
#ifndef PLAT_PROCESS_H
#define PLAT_PROCESS_H

#include "core/conf/conf.h"
#include "plat/linux/parent.h"

struct process_setup {
	const char *config; /* as in parent_setup */
	int record_fd;	    /* -1 = none */
};

/* For parent_setup.node; parent_setup.ctx is a struct process_setup. */
int process_main(const struct parent_setup *setup, int fd);

/* Reads and checks a configuration file; what is wrong is said on stderr, the line as `tramad -n`
 * says it; with remark also what is right but has less effect than it says. 0 or -errno, -EINVAL
 * when the text is wrong. fd is closed. */
int process_config(int fd, const char *path, bool remark, struct conf *ret);

#endif
