/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_UNIX_SOCKET_H
#define PLAT_UNIX_SOCKET_H

#include <sys/types.h>

/* A stream socket that listens at path with that mode, in place of what an earlier process has left
 * there. A descriptor or -errno. */
int unix_socket_listen(const char *path, mode_t mode, int backlog);

#endif
