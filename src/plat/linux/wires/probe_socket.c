/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/wires/probe_socket.h"

#include <errno.h>
#include <net/if.h> /* before the kernel's headers, which then leave out what it has */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "packet/arp.h"

#define FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

static socklen_t address_make(const struct probe_target *t, const char *dev,
			      struct sockaddr_storage *ret)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(t->port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(t->port) };

	memset(ret, 0, sizeof(*ret));
	if (!t->v6) {
		memcpy(&a4.sin_addr, t->ip4.b, sizeof(t->ip4.b));
		memcpy(ret, &a4, sizeof(a4));
		return sizeof(a4);
	}
	memcpy(&a6.sin6_addr, t->ip6.b, sizeof(t->ip6.b));
	if (ip6_is_link_local(&t->ip6))
		a6.sin6_scope_id = if_nametoindex(dev);
	memcpy(ret, &a6, sizeof(a6));
	return sizeof(a6);
}

/* Binds fd to the interface and connects it; takes fd over. */
static int socket_finish(int fd, const char *dev, const struct probe_target *to)
{
	struct sockaddr_storage a;
	socklen_t len = address_make(to, dev, &a);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, (socklen_t)strlen(dev)) ||
	    (connect(fd, (struct sockaddr *)&a, len) && errno != EINPROGRESS))
		r = -errno;
	if (r)
		close(fd);
	return r ? r : fd;
}

int probe_socket_connect(const char *dev, int type, const struct probe_target *to)
{
	return socket_finish(socket(to->v6 ? AF_INET6 : AF_INET, type | FLAGS, 0), dev, to);
}

int probe_socket_echo(const char *dev, const struct probe_target *to)
{
	struct icmp_filter only4 = { .data = ~(1U << ICMP_ECHOREPLY) };
	struct icmp6_filter only6;
	int fd = socket(to->v6 ? AF_INET6 : AF_INET, SOCK_RAW | FLAGS,
			to->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);

	if (fd < 0)
		return -errno;
	ICMP6_FILTER_SETBLOCKALL(&only6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only6);
	if (to->v6)
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only6, sizeof(only6));
	else
		setsockopt(fd, SOL_RAW, ICMP_FILTER, &only4, sizeof(only4));
	return socket_finish(fd, dev, to);
}

static int arp_send(int fd, const char *dev, const struct ip4 *target)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	struct arp a = { .op = ARP_OP_REQUEST, .target = *target };
	struct sockaddr_in own;
	struct ifreq ifr = { 0 };
	uint8_t buf[ARP_LEN];
	struct wr w = wr_init(buf, sizeof(buf));
	int inet;

	strncpy(ifr.ifr_name, dev, sizeof(ifr.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return -errno;
	if (ifr.ifr_flags & (IFF_NOARP | IFF_POINTOPOINT))
		return -EOPNOTSUPP;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		return -errno;
	memcpy(a.sender_mac.b, ifr.ifr_hwaddr.sa_data, sizeof(a.sender_mac.b));
	/* Without an address of our own it is a probe (RFC 5227), which is answered as well. */
	inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (inet >= 0 && ioctl(inet, SIOCGIFADDR, &ifr) == 0) {
		memcpy(&own, &ifr.ifr_addr, sizeof(own));
		memcpy(a.sender.b, &own.sin_addr, sizeof(a.sender.b));
	}
	if (inet >= 0)
		close(inet);
	to.sll_protocol = htons(ETH_P_ARP);
	to.sll_ifindex = (int)if_nametoindex(dev);
	memset(to.sll_addr, 0xff, ETH_ALEN);
	arp_encode(&w, &a);
	if (sendto(fd, buf, wr_len(&w), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

int probe_socket_arp(const char *dev, const struct ip4 *target)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP) };
	int fd = socket(AF_PACKET, SOCK_DGRAM | FLAGS, 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	at.sll_ifindex = (int)if_nametoindex(dev);
	if (!at.sll_ifindex)
		r = -ENODEV;
	else if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		r = -errno;
	else
		r = arp_send(fd, dev, target);
	if (r)
		close(fd);
	return r ? r : fd;
}
