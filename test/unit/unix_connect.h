/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks to a listening socket of ours, for tests; behind cmocka.h. */
#ifndef TEST_UNIX_CONNECT_H
#define TEST_UNIX_CONNECT_H

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static inline int unix_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(to.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

#endif
