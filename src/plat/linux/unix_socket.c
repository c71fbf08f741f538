/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/unix_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/text.h"

#define LISTENS 0x10000 /* a flag of /proc/net/unix */

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
	if (!r && bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		r = -errno;
	} else if (!r && listen(fd, backlog)) {
		r = -errno;
		unlink(path);
	}
	umask(mask);
	if (r)
		close(fd);
	return r ? r : fd;
}

static bool is_socket(const char *path, struct stat *ret)
{
	return !lstat(path, ret) && S_ISSOCK(ret->st_mode);
}

/* A line of /proc/net/unix: Num: RefCount Protocol Flags Type St Inode Path. The name that it was
 * bound by may be another one of the same file. */
static bool line_is_of(char *line, const struct stat *file)
{
	unsigned int flags = 0;
	struct stat st;
	int at = 0;

	if (sscanf(line, "%*s %*s %*s %x %*s %*s %*s %n", &flags, &at) != 1 || !at ||
	    !(flags & LISTENS))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return is_socket(line + at, &st) && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

bool unix_socket_listens(const char *path)
{
	bool found = false;
	struct stat file;
	char line[512];
	FILE *f;

	if (!is_socket(path, &file))
		return false;
	f = fopen("/proc/net/unix", "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = line_is_of(line, &file);
	if (f)
		fclose(f);
	return found;
}

bool unix_socket_clear(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct stat file;
	bool dead;
	int fd;

	if (!is_socket(path, &file) || !text_copy(to.sun_path, sizeof(to.sun_path), path))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	dead = connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno == ECONNREFUSED;
	close(fd);
	return dead && !unlink(path);
}
