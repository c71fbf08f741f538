/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small whole files, replaced so that a reader or a power cut sees the old one or the new one. */
#ifndef PLAT_FILE_H
#define PLAT_FILE_H

#include <stddef.h>
#include <stdbool.h>
#include <sys/types.h>

enum file_sync {
	FILE_VOLATILE, /* tmpfs: no fsync */
	FILE_DURABLE,  /* file and directory are on the disk when it returns */
};

/* Writes PATH.new, then renames it. 0 or -errno, then the old file is as before. */
int file_replace(const char *path, const void *data, size_t len, mode_t mode, enum file_sync sync);
/* At most cap bytes: their number, -EFBIG when there are more, -errno. */
ssize_t file_read(const char *path, void *ret, size_t cap);
/* The same from a descriptor that stands at the file's start. */
ssize_t file_read_fd(int fd, void *ret, size_t cap);
/* The file holds exactly these bytes. */
bool file_equals(const char *path, const void *data, size_t len);

#endif
