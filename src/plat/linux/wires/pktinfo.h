/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of a datagram received with IPV6_RECVPKTINFO: what address it was sent to, on which interface. */
#ifndef PLAT_PKTINFO_H
#define PLAT_PKTINFO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

static inline bool pktinfo_find(struct msghdr *msg, struct in6_pktinfo *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO)
			continue;
		memcpy(ret, CMSG_DATA(c), sizeof(*ret));
		return true;
	}
	return false;
}

#endif
