/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of fixed size over a SOCK_SEQPACKET pair, with a descriptor where one belongs to them.
 */
#ifndef PLAT_CHANNEL_H
#define PLAT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* pass_fd -1 = none. 0 or -errno. */
int channel_send(int fd, const void *data, size_t len, int pass_fd);
/* 0, -EAGAIN (never with wait), -ECONNRESET at the end, -EBADMSG for any other size. *ret_fd is -1
 * when no descriptor came; ret_fd NULL: none may come. */
int channel_receive(int fd, void *data, size_t len, bool wait, int *ret_fd);

#endif
