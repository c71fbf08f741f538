/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/bridges/alfred_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/alfred/alfred_msg.h"
#include "plat/linux/wires/udp6.h"

#define FRAGMENT 1280 /* clients may have less than the client bridge */
#define EAR_BYTES 512

/* ---- addresses ---- */

static bool mac_of(const struct ip6 *addr, struct mac *ret)
{
	const uint8_t *b = addr->b + 8;
	struct mac mac = { { b[0] ^ 2, b[1], b[2], b[5], b[6], b[7] } };
	struct ip6 back = ip6_link_local(&mac);

	*ret = mac;
	return mac_is_station(&mac) && ip6_eq(addr, &back);
}

static struct sockaddr_in6 address_of(int index, const struct mac *mac)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_port = htons(ALFRED_UDP_PORT),
				   .sin6_scope_id = (uint32_t)index };
	struct ip6 addr = { { 0xff, 0x02, [15] = 1 } };

	if (!mac_eq(mac, &MAC_BROADCAST))
		addr = ip6_link_local(mac);
	memcpy(&to.sin6_addr, addr.b, sizeof(addr.b));
	return to;
}

/* ---- with a peer ---- */

int alfred_udp_open(const char *dev)
{
	return udp6_open(dev, ALFRED_UDP_PORT, IPV6_MTU, FRAGMENT);
}

bool alfred_udp_send(int fd, int index, const struct mac *self, const struct mac *to, void *data,
		     size_t len)
{
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { 0 };
	struct sockaddr_in6 at = address_of(index, to);
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct msghdr msg = { .msg_name = &at,
			      .msg_namelen = sizeof(at),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct in6_pktinfo from = { .ipi6_ifindex = (unsigned int)index };
	struct ip6 addr = ip6_link_local(self);

	memcpy(&from.ipi6_addr, addr.b, sizeof(addr.b));
	control.head.cmsg_level = IPPROTO_IPV6;
	control.head.cmsg_type = IPV6_PKTINFO;
	control.head.cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(&control.head), &from, sizeof(from));
	return sendmsg(fd, &msg, MSG_DONTWAIT) >= 0;
}

ssize_t alfred_udp_read(int fd, void *data, size_t cap, struct mac *ret_from, bool *ret_to_all)
{
	struct udp6_way way;
	ssize_t n = udp6_read(fd, data, cap, &way);
	struct ip6 addr;

	if (n < 0)
		return n;
	memcpy(addr.b, &way.from, sizeof(addr.b));
	if (!mac_of(&addr, ret_from))
		*ret_from = (struct mac) { 0 };
	*ret_to_all = IN6_IS_ADDR_MULTICAST(&way.to) || IN6_IS_ADDR_UNSPECIFIED(&way.to);
	return n;
}

/* ---- without one ---- */

enum { EAR_PASS = 6, EAR_DROP = 7 };

/* IPv6 packets from others to the UDP port; the socket leaves the Ethernet header away. */
static const struct sock_filter ear_filter[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, EAR_DROP - 2, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, EAR_DROP - 4),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 40 + 2),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ALFRED_UDP_PORT, 0, EAR_DROP - 6),
	[EAR_PASS] = BPF_STMT(BPF_RET | BPF_K, EAR_BYTES),
	[EAR_DROP] = BPF_STMT(BPF_RET | BPF_K, 0),
};

int alfred_ear_open(int index)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IPV6),
				  .sll_ifindex = index };
	struct sock_filter code[sizeof(ear_filter) / sizeof(ear_filter[0])];
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = code };
	/* no protocol yet: nothing comes before the filter is there */
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	memcpy(code, ear_filter, sizeof(code));
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

bool alfred_ear_hears(int fd, struct mac *ret_from)
{
	uint8_t packet[EAR_BYTES];
	ssize_t n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
	struct rd r = rd_init(packet, n < 0 ? 0 : (size_t)n);
	struct alfred_msg m;
	struct ip6 from;

	rd_skip(&r, 8);
	from = rd_ip6(&r);
	rd_skip(&r, 16 + 8);
	return rd_ok(&r) && mac_of(&from, ret_from) && alfred_decode(r, &m) == 0 &&
	       m.packet == ALFRED_ANNOUNCE_PRIMARY;
}
