/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets that probes use: non-blocking, bound to the uplink's interface. A descriptor or
 * -errno. */
#ifndef PLAT_PROBE_SOCKET_H
#define PLAT_PROBE_SOCKET_H

#include <sys/socket.h>

#include "lib/addr.h"

struct probe_target {
	bool v6;
	struct ip4 ip4;
	struct ip6 ip6;
	uint16_t port;
};

/* Connected UDP socket, or a TCP socket whose connection is under way (type SOCK_DGRAM or
 * SOCK_STREAM). */
int probe_socket_connect(const char *dev, int type, const struct probe_target *to);
/* Raw ICMP or ICMPv6 socket that gets echo replies from the target only. */
int probe_socket_echo(const char *dev, const struct probe_target *to);
/* Packet socket for ARP, and a request to the target sent by it; -EOPNOTSUPP where the interface
 * has no ARP. */
int probe_socket_arp(const char *dev, const struct ip4 *target);

#endif
