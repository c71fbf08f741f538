/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/unix_socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/text.h"

int unix_socket_listen(const char *path, mode_t mode, int backlog)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (!text_copy(at.sun_path, sizeof(at.sun_path), path))
		r = -ENAMETOOLONG;
	unlink(path);
	mask = umask(0777 & ~mode); /* from the start */
	if (!r && (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, backlog)))
		r = -errno;
	umask(mask);
	if (r)
		close(fd);
	return r ? r : fd;
}
