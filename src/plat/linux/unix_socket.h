/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_UNIX_SOCKET_H
#define PLAT_UNIX_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

/* A stream socket that listens at path with that mode, in place of what an earlier process has left
 * there. A descriptor or -errno. */
int unix_socket_listen(const char *path, mode_t mode, int backlog);
/* Is path (not where it links to) a socket at which somebody of our network namespace listens? Also
 * where we may not connect; and nobody is disturbed. */
bool unix_socket_listens(const char *path);
/* Removes path if it is a socket at which nobody listens. */
bool unix_socket_clear(const char *path);

#endif
