/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of this node: its file, and the settings of the network that are on its disk.
 */
#ifndef PLAT_CONFIG_H
#define PLAT_CONFIG_H

#include "core/conf/conf.h"
#include "node/settings.h"

struct config {
	struct conf conf;
	struct settings settings;    /* on the disk; they borrow from file */
	struct conf_refused refused; /* those that are no part of it, and why */
	uint8_t file[SETTINGS_FILE_MAX];
};

/* Reads and checks a configuration file; what is wrong is said on stderr, the line as `tramad -n`
 * says it; with remark also what is right but has less effect than it says. 0 or -errno, -EINVAL
 * when the text is wrong. fd is closed. */
int config_check(int fd, const char *path, bool remark, struct conf *ret);
/* The same with the settings in its state_dir. fd -1: there is no file, all is as by default.
 * plain: what is in state_dir is read, so that others are known when they come, but not used. */
int config_load(int fd, const char *path, bool plain, struct config *ret);

#endif
