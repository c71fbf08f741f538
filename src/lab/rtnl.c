// SPDX-License-Identifier: GPL-2.0-or-later
/* See rtnl.h. Messages are built and sent by libmnl; device ioctls go through the same socket. */
#include "lab/rtnl.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lab/rtnl_msg.h"
#include "lib/text.h"

int rtnl_open(struct rtnl *r, int netns)
{
	int here = -1, rc = 0;
	*r = (struct rtnl) { .seq = 1 };
	if (netns >= 0) {
		here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (here < 0 || setns(netns, CLONE_NEWNET) < 0)
			rc = -errno;
	}
	if (rc == 0)
		r->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (rc == 0 && (!r->nl || mnl_socket_bind(r->nl, 0, MNL_SOCKET_AUTOPID) < 0))
		rc = -errno;
	/* Not to come back would do everything after this in the wrong place. */
	if (here >= 0 && setns(here, CLONE_NEWNET) < 0)
		abort();
	if (here >= 0)
		close(here);
	if (rc < 0)
		rtnl_close(r);
	return rc;
}

void rtnl_close(struct rtnl *r)
{
	if (r->nl)
		mnl_socket_close(r->nl);
	r->nl = NULL;
}

struct nlmsghdr *rtnl_begin(struct rtnl_msg *m, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(m->buf);
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return h;
}

int rtnl_talk(struct rtnl *r, struct nlmsghdr *h)
{
	char buf[8192];
	unsigned port = mnl_socket_get_portid(r->nl);
	h->nlmsg_seq = ++r->seq;
	if (mnl_socket_sendto(r->nl, h, h->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(r->nl, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		n = mnl_cb_run(buf, (size_t)n, r->seq, port, NULL, NULL);
		if (n < 0)
			return -errno;
		if (n == MNL_CB_STOP)
			return 0;
	}
}

static int device_ioctl(struct rtnl *r, unsigned long request, struct ifreq *ifr, const char *name)
{
	if (!text_copy(ifr->ifr_name, sizeof(ifr->ifr_name), name))
		return -ENAMETOOLONG;
	return ioctl(mnl_socket_get_fd(r->nl), request, ifr) < 0 ? -errno : 0;
}

int rtnl_index(struct rtnl *r, const char *name)
{
	struct ifreq ifr = { 0 };
	int rc = device_ioctl(r, SIOCGIFINDEX, &ifr, name);
	return rc < 0 ? rc : ifr.ifr_ifindex;
}

static void put_end(struct nlmsghdr *h, const struct rtnl_end *e)
{
	mnl_attr_put_strz(h, IFLA_IFNAME, e->name);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)e->netns);
	mnl_attr_put_u32(h, IFLA_MTU, e->mtu);
	if (e->mac)
		mnl_attr_put(h, IFLA_ADDRESS, sizeof(*e->mac), e->mac);
}

int rtnl_veth(struct rtnl *r, const struct rtnl_end *a, const struct rtnl_end *b)
{
	struct rtnl_msg m;
	struct nlmsghdr *h = rtnl_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	put_end(h, a);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
	put_end(h, b);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return rtnl_talk(r, h);
}

int rtnl_bridge(struct rtnl *r, const char *name)
{
	struct rtnl_msg m;
	struct nlmsghdr *h = rtnl_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u32(h, IFLA_BR_STP_STATE, 0);
	mnl_attr_put_u32(h, IFLA_BR_FORWARD_DELAY, 0);
	mnl_attr_put_u8(h, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return rtnl_talk(r, h);
}

/* The head of a message about the device of that name; NULL when there is none. */
static struct nlmsghdr *begin_link(struct rtnl *r, struct rtnl_msg *m, const char *name,
				   uint16_t type)
{
	int index = rtnl_index(r, name);
	if (index < 0)
		return NULL;
	struct nlmsghdr *h = rtnl_begin(m, type, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
	ifi->ifi_index = index;
	return h;
}

int rtnl_delete(struct rtnl *r, const char *name)
{
	struct rtnl_msg m;
	struct nlmsghdr *h = begin_link(r, &m, name, RTM_DELLINK);
	return h ? rtnl_talk(r, h) : -ENODEV;
}

int rtnl_up(struct rtnl *r, const char *name, bool up)
{
	struct ifreq ifr = { 0 };
	int rc = device_ioctl(r, SIOCGIFFLAGS, &ifr, name);
	if (rc < 0)
		return rc;
	ifr.ifr_flags = (short)(up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP);
	return device_ioctl(r, SIOCSIFFLAGS, &ifr, name);
}

int rtnl_master(struct rtnl *r, const char *name, const char *bridge)
{
	struct rtnl_msg m;
	int master = bridge ? rtnl_index(r, bridge) : 0;
	struct nlmsghdr *h = begin_link(r, &m, name, RTM_NEWLINK);
	if (master < 0 || !h)
		return -ENODEV;
	mnl_attr_put_u32(h, IFLA_MASTER, (uint32_t)master);
	return rtnl_talk(r, h);
}

int rtnl_port_learning(struct rtnl *r, const char *name, bool on)
{
	struct rtnl_msg m;
	struct nlmsghdr *h = begin_link(r, &m, name, RTM_SETLINK);
	if (!h)
		return -ENODEV;
	struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	ifi->ifi_family = PF_BRIDGE;
	struct nlattr *port = mnl_attr_nest_start(h, IFLA_PROTINFO);
	mnl_attr_put_u8(h, IFLA_BRPORT_LEARNING, on);
	mnl_attr_nest_end(h, port);
	return rtnl_talk(r, h);
}

static int address(struct rtnl *r, const char *name, uint8_t family, const void *addr, uint8_t len)
{
	struct rtnl_msg m;
	int index = rtnl_index(r, name);
	if (index < 0)
		return index;
	struct nlmsghdr *h = rtnl_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));
	size_t bytes = family == AF_INET ? 4 : 16;
	ifa->ifa_family = family;
	ifa->ifa_prefixlen = len;
	ifa->ifa_index = (uint32_t)index;
	ifa->ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0;
	mnl_attr_put(h, IFA_LOCAL, bytes, addr);
	mnl_attr_put(h, IFA_ADDRESS, bytes, addr);
	return rtnl_talk(r, h);
}

int rtnl_address4(struct rtnl *r, const char *name, const struct net4 *a)
{
	return address(r, name, AF_INET, &a->addr, a->len);
}

int rtnl_address6(struct rtnl *r, const char *name, const struct net6 *a)
{
	return address(r, name, AF_INET6, &a->addr, a->len);
}

static int route(struct rtnl *r, uint8_t family, const void *to, uint8_t len, const void *via)
{
	struct rtnl_msg m;
	struct nlmsghdr *h = rtnl_begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	size_t bytes = family == AF_INET ? 4 : 16;
	rt->rtm_family = family;
	rt->rtm_dst_len = len;
	rt->rtm_table = RT_TABLE_MAIN;
	rt->rtm_protocol = RTPROT_STATIC;
	rt->rtm_scope = RT_SCOPE_UNIVERSE;
	rt->rtm_type = RTN_UNICAST;
	if (len)
		mnl_attr_put(h, RTA_DST, bytes, to);
	mnl_attr_put(h, RTA_GATEWAY, bytes, via);
	return rtnl_talk(r, h);
}

int rtnl_route4(struct rtnl *r, const struct net4 *to, const struct ip4 *via)
{
	return route(r, AF_INET, &to->addr, to->len, via);
}

int rtnl_route6(struct rtnl *r, const struct net6 *to, const struct ip6 *via)
{
	return route(r, AF_INET6, &to->addr, to->len, via);
}

int rtnl_offloads_off(struct rtnl *r, const char *name)
{
	static const uint32_t COMMANDS[] = { ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_STXCSUM };
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof(COMMANDS) / sizeof(*COMMANDS); i++) {
		struct ethtool_value v = { .cmd = COMMANDS[i], .data = 0 };
		struct ifreq ifr = { .ifr_data = (char *)&v };
		rc = device_ioctl(r, SIOCETHTOOL, &ifr, name);
	}
	return rc;
}

struct dump {
	struct rtnl_address *ret;
	int count, cap, index;
};

static int on_address(const struct nlmsghdr *h, void *data)
{
	struct dump *d = data;
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	if (h->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(h) < sizeof(*ifa))
		return MNL_CB_OK;
	struct rtnl_address a = { .is6 = ifa->ifa_family == AF_INET6, .len = ifa->ifa_prefixlen };
	if (ifa->ifa_scope != RT_SCOPE_UNIVERSE || (d->index && (int)ifa->ifa_index != d->index) ||
	    (ifa->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) || d->count == d->cap)
		return MNL_CB_OK;
	/* mnl_attr_for_each without its sign conversions */
	for (attr = mnl_nlmsg_get_payload_offset(h, sizeof(*ifa)); mnl_attr_ok(
		     attr, (int)((const char *)mnl_nlmsg_get_payload_tail(h) - (const char *)attr));
	     attr = mnl_attr_next(attr)) {
		size_t n = mnl_attr_get_payload_len(attr);
		if (mnl_attr_get_type(attr) != IFA_ADDRESS)
			continue;
		if (a.is6 && n == 16)
			memcpy(&a.v6, mnl_attr_get_payload(attr), 16);
		else if (!a.is6 && n == 4)
			memcpy(&a.v4, mnl_attr_get_payload(attr), 4);
	}
	d->ret[d->count++] = a;
	return MNL_CB_OK;
}

int rtnl_addresses(struct rtnl *r, int index, struct rtnl_address *ret, int cap)
{
	struct rtnl_msg m;
	_Alignas(8) char buf[16384];
	struct dump d = { .ret = ret, .cap = cap, .index = index };
	struct nlmsghdr *h = rtnl_begin(&m, RTM_GETADDR, NLM_F_DUMP);
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifaddrmsg));
	h->nlmsg_seq = ++r->seq;
	if (mnl_socket_sendto(r->nl, h, h->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(r->nl, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		n = mnl_cb_run(buf, (size_t)n, r->seq, mnl_socket_get_portid(r->nl), on_address,
			       &d);
		if (n < 0)
			return -errno;
		if (n == MNL_CB_STOP)
			return d.count;
	}
}
