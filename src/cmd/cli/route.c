/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cli/route.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>

#define PORT 33434 /* as traceroute; one more with every probe */
#define TRIES 2
#define WAIT_MS 700

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

bool route_resolve(const char *name, char ret[static 64])
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *list;
	bool found;

	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return false;
	found = getnameinfo(list->ai_addr, list->ai_addrlen, ret, 64, NULL, 0, NI_NUMERICHOST) == 0;
	freeaddrinfo(list);
	return found;
}

static int open_socket(int family)
{
	int on = 1, fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	if (family == AF_INET6)
		r = setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	else
		r = setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	if (r == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static int send_probe(int fd, const struct route_addr *to, int ttl, int number)
{
	struct sockaddr_in at4 = { .sin_family = AF_INET, .sin_addr = to->u.v4 };
	struct sockaddr_in6 at6 = { .sin6_family = AF_INET6, .sin6_addr = to->u.v6 };
	in_port_t port = htons((in_port_t)(PORT + number));
	ssize_t n;

	at4.sin_port = at6.sin6_port = port;
	if (to->family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof(ttl));
		n = sendto(fd, "trama", 5, 0, (struct sockaddr *)&at6, sizeof(at6));
	} else {
		setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
		n = sendto(fd, "trama", 5, 0, (struct sockaddr *)&at4, sizeof(at4));
	}
	return n < 0 ? -errno : 0;
}

/* What the kernel puts behind a message of the error queue; `from` is of the family of the origin.
 */
struct queued_error {
	struct sock_extended_err e;
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} from;
};

/* Who sent the error, and what it means. */
static void take_error(const struct queued_error *q, struct route_hop *h)
{
	bool v6 = q->e.ee_origin == SO_EE_ORIGIN_ICMP6;
	uint8_t exceeded = v6 ? ICMP6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED;
	uint8_t no_port = v6 ? ICMP6_DST_UNREACH_NOPORT : ICMP_PORT_UNREACH;

	if (!v6 && q->e.ee_origin != SO_EE_ORIGIN_ICMP)
		return;
	h->answered = true;
	h->arrived = q->e.ee_type != exceeded;
	if (h->arrived && q->e.ee_code != no_port)
		snprintf(h->why, sizeof(h->why), " refused");
	if (v6)
		h->from = (struct route_addr) { .family = AF_INET6, .u.v6 = q->from.v6.sin6_addr };
	else
		h->from = (struct route_addr) { .family = AF_INET, .u.v4 = q->from.v4.sin_addr };
}

/* Reads one error; false when there is none. */
static bool read_error(int fd, struct route_hop *h)
{
	union {
		char bytes[512];
		struct cmsghdr align;
	} control;
	struct queued_error q;
	char data[64];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.bytes,
			    .msg_controllen = sizeof(control.bytes) };

	if (recvmsg(fd, &m, MSG_ERRQUEUE) < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
			size_t len = c->cmsg_len - CMSG_LEN(0);

			memset(&q, 0, sizeof(q));
			memcpy(&q, CMSG_DATA(c), len < sizeof(q) ? len : sizeof(q));
			take_error(&q, h);
		}
	return true;
}

/* A socket per probe: a late answer to an earlier one does not come here. */
static int probe(const struct route_addr *to, struct route_hop *h, int number)
{
	int fd = open_socket(to->family);
	struct pollfd p = { .fd = fd };
	int64_t start = now_us();
	int left = WAIT_MS, r;

	if (fd < 0)
		return fd;
	r = send_probe(fd, to, h->ttl, number);
	while (r == 0 && !h->answered && left > 0) {
		if (poll(&p, 1, left) > 0 && !read_error(fd, h) && (p.revents & POLLERR) == 0)
			break;
		left = WAIT_MS - (int)((now_us() - start) / 1000);
	}
	h->rtt_us = (uint32_t)(now_us() - start);
	close(fd);
	return r;
}

int route_probe(const char *addr, void (*hop)(void *ctx, const struct route_hop *h), void *ctx)
{
	struct route_addr to = { .family = strchr(addr, ':') ? AF_INET6 : AF_INET };
	int number = 0, silent = 0, r = 0;

	if (inet_pton(to.family, addr, &to.u) != 1)
		return -EINVAL;
	for (int ttl = 1; ttl <= ROUTE_HOPS && silent < ROUTE_SILENT; ttl++) {
		struct route_hop h = { .ttl = ttl };

		for (int i = 0; i < TRIES && !h.answered; i++) {
			r = probe(&to, &h, number++);
			if (r)
				return r;
		}
		hop(ctx, &h);
		if (h.arrived)
			return 0;
		silent = h.answered ? 0 : silent + 1;
	}
	return 0;
}
