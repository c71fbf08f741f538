/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pair between the root process and the node process: one struct per message, at most one
 * descriptor with it. */
#include "plat/linux/helpers/channel.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int channel_send(int fd, const void *data, size_t len, int pass_fd)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (pass_fd >= 0) {
		struct cmsghdr *c = &control.head;

		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass_fd, sizeof(int));
	}
	for (;;) {
		if (sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

int channel_receive(int fd, void *data, size_t len, int *ret_fd)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = ret_fd ? &control : NULL,
			      /* Room for one: what its padding holds would be a second, which
			       * nobody would close. The kernel closes what does not fit. */
			      .msg_controllen = ret_fd ? CMSG_LEN(sizeof(int)) : 0 };
	struct cmsghdr *c;
	ssize_t n;
	int got = -1;
	bool unasked;

	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (n == 0)
		return -ECONNRESET;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&got, CMSG_DATA(c), sizeof(int));
	/* Cut, and one came: there were more. Cut, and none came: this process has no room. */
	unasked = (msg.msg_flags & MSG_CTRUNC) && (!ret_fd || got >= 0);
	if ((size_t)n != len || (msg.msg_flags & MSG_TRUNC) || unasked) {
		if (got >= 0)
			close(got);
		return -EBADMSG;
	}
	if (ret_fd)
		*ret_fd = got;
	return 0;
}
