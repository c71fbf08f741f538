// SPDX-License-Identifier: GPL-2.0-or-later
/* See control.h: connections and lines. What the requests do is in request.c. */
#include "lab/control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/text.h"

int control_init(struct control *c, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		c->connection[i].fd = -1;
	if (!text_copy(at.sun_path, sizeof(at.sun_path), path))
		return -ENAMETOOLONG;
	unlink(path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(c->fd, 64) < 0)
		return -errno;
	return 0;
}

void control_poll(const struct control *c, struct pollfd *ret)
{
	ret[0] = (struct pollfd) { .fd = c->fd, .events = POLLIN };
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		ret[i + 1] = (struct pollfd) { .fd = c->connection[i].fd, .events = POLLIN };
}

static void hang_up(struct control_connection *k)
{
	close(k->fd);
	k->fd = -1;
}

static int send_answer(int fd, const char *text, int pass_fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov[2] = { { .iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text) },
				{ .iov_base = (void *)(uintptr_t) "\n", .iov_len = 1 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	if (pass_fd >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass_fd, sizeof(int));
	}
	ssize_t n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	return n == (ssize_t)(strlen(text) + 1) ? 0 : -EIO;
}

static void on_line(struct control *c, struct control_connection *k, struct town *t)
{
	int fd = -1;
	json_t *request = json_loads(k->line, JSON_REJECT_DUPLICATES, NULL);
	json_t *answer = control_answer(t, request, &c->down, &fd);
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	if (!text || send_answer(k->fd, text, fd) < 0)
		hang_up(k);
	free(text);
	json_decref(answer);
	json_decref(request);
}

static void read_more(struct control *c, struct control_connection *k, struct town *t)
{
	ssize_t n = read(k->fd, k->line + k->len, sizeof(k->line) - 1 - k->len);
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			hang_up(k);
		return;
	}
	k->len += (size_t)n;
	k->line[k->len] = '\0';
	char *end = strchr(k->line, '\n');
	if (end) { /* one request at a time: what came behind it is dropped */
		*end = '\0';
		k->len = 0;
		on_line(c, k, t);
	} else if (k->len == sizeof(k->line) - 1) {
		hang_up(k);
	}
}

static void take_connection(struct control *c)
{
	int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
	int size = 1 << 20;
	if (fd < 0)
		return;
	/* Answers are written at once: room for the plan of the largest town, and no wait for ever.
	 */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval) { .tv_sec = 2 },
		   sizeof(struct timeval));
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		if (c->connection[i].fd < 0) {
			c->connection[i].fd = fd;
			c->connection[i].len = 0;
			return;
		}
	close(fd);
}

void control_input(struct control *c, const struct pollfd *fds, struct town *t)
{
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		if (c->connection[i].fd >= 0 && fds[i + 1].fd == c->connection[i].fd &&
		    fds[i + 1].revents)
			read_more(c, &c->connection[i], t);
	if (fds[0].revents)
		take_connection(c);
}
