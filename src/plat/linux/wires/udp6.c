/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/wires/udp6.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int udp6_open(const char *dev, uint16_t port, int option, int value)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, (socklen_t)strlen(dev)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_IPV6, option, &value, sizeof(value)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

int udp6_open_at(const struct in6_addr *addr, uint16_t port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6,
				   .sin6_port = htons(port),
				   .sin6_addr = *addr };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static struct in6_pktinfo sent_to(struct msghdr *msg)
{
	struct in6_pktinfo info = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			memcpy(&info, CMSG_DATA(c), sizeof(info));
	return info;
}

ssize_t udp6_read(int fd, void *data, size_t cap, struct udp6_way *ret)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_in6 from = { 0 };
	struct iovec iov = { .iov_base = data, .iov_len = cap };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);
	struct in6_pktinfo info;

	if (n < 0)
		return -errno;
	info = sent_to(&msg);
	*ret = (struct udp6_way) { .from = from.sin6_addr,
				   .to = info.ipi6_addr,
				   .ifindex = info.ipi6_ifindex,
				   .truncated = msg.msg_flags & MSG_TRUNC };
	return n;
}
