/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of fixed size over a SOCK_SEQPACKET pair, with a descriptor where one belongs to them.
 */
#ifndef PLAT_CHANNEL_H
#define PLAT_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

/* pass_fd -1 = none. 0 or -errno, -EAGAIN when the other end has not read for long. */
int channel_send(int fd, const void *data, size_t len, int pass_fd);
/* 0, -EAGAIN, -ECONNRESET at the end, -EBADMSG for any other size and for more descriptors than
 * may come: none when ret_fd is NULL, else one. *ret_fd is -1 when none came (or
 * there was no room for it). */
int channel_receive(int fd, void *data, size_t len, int *ret_fd);

#endif
