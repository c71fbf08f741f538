/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Makes the rename itself durable. */
static int dir_sync(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, r = 0;

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(dir))
		return -EINVAL;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd))
		r = -errno;
	close(fd);
	return r;
}

int file_replace(const char *path, const void *data, size_t len, mode_t mode, enum file_sync sync)
{
	char temp[PATH_MAX];
	int fd, r;

	if (snprintf(temp, sizeof(temp), "%s.new", path) >= (int)sizeof(temp))
		return -ENAMETOOLONG;
	unlink(temp); /* so that the mode is ours */
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	r = write_all(fd, data, len);
	if (!r && sync == FILE_DURABLE && fsync(fd))
		r = -errno;
	if (close(fd) && !r)
		r = -errno;
	if (!r && rename(temp, path))
		r = -errno;
	if (r) {
		unlink(temp);
		return r;
	}
	return sync == FILE_DURABLE ? dir_sync(path) : 0;
}

ssize_t file_read_fd(int fd, void *ret, size_t cap)
{
	uint8_t *to = ret;
	size_t len = 0;

	for (;;) {
		uint8_t more;
		ssize_t n = read(fd, len < cap ? to + len : &more, len < cap ? cap - len : 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return (ssize_t)len;
		if (len == cap)
			return -EFBIG;
		len += (size_t)n;
	}
}

ssize_t file_read(const char *path, void *ret, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = file_read_fd(fd, ret, cap);
	close(fd);
	return n;
}

bool file_equals(const char *path, const void *data, size_t len)
{
	uint8_t *have = malloc(len + 1);
	bool equal = have && file_read(path, have, len + 1) == (ssize_t)len &&
		     memcmp(have, data, len) == 0;

	free(have);
	return equal;
}
