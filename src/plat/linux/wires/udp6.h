/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP over IPv6, where it matters what address a datagram was sent to and by which interface it
 * came. */
#ifndef PLAT_UDP6_H
#define PLAT_UDP6_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct udp6_way {
	struct in6_addr from;
	struct in6_addr to; /* unspecified: nobody knows */
	unsigned int ifindex;
	bool truncated;
};

/* A socket bound to that device and port that does not block, with that option of IPPROTO_IPV6; a
 * descriptor or -errno. */
int udp6_open(const char *dev, uint16_t port, int option, int value);
/* The same by whatever interface, bound to an address of this machine. */
int udp6_open_at(const struct in6_addr *addr, uint16_t port);
/* The next datagram: its length in data (at most cap) and where it came from and went to; -errno:
 * there is none. */
ssize_t udp6_read(int fd, void *data, size_t cap, struct udp6_way *ret);

#endif
