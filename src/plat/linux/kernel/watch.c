/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From notifications to events. */
#include "plat/linux/kernel/watch.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/if.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "plat/linux/kernel/fdb.h"
#include "plat/linux/kernel/vlan.h"

#define RECEIVE_BUFFER (1024 * 1024)
#define WATCH_BURST 256 /* messages read before others have their turn: anybody can cause them */

/* One watch_read. */
struct pass {
	struct watch *w;
	const struct watch_view *view;
	system_event_fn *fn;
	void *arg;
};

static const int groups[] = { RTNLGRP_LINK,	   RTNLGRP_NEIGH,      RTNLGRP_IPV4_IFADDR,
			      RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
			      RTNLGRP_IPV4_RULE,   RTNLGRP_IPV6_RULE };

int watch_open(struct watch *w)
{
	struct hash_key key;
	int size = RECEIVE_BUFFER, r;

	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		return -errno;
	r = table_init(&w->stations, sizeof(struct station), offsetof(struct station, port),
		       WATCH_STATIONS, key);
	if (r)
		return r;
	w->rescan = true;
	w->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!w->sock || mnl_socket_bind(w->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(w->sock, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) <
		    0)
			return -errno;
	}
	setsockopt(mnl_socket_get_fd(w->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return 0;
}

void watch_done(struct watch *w)
{
	if (w->sock)
		mnl_socket_close(w->sock);
	table_done(&w->stations);
	memset(w, 0, sizeof(*w));
}

static struct station *station_find(const struct watch *w, const struct mac *mac, uint16_t vid)
{
	struct station key = { .mac = *mac, .vid = vid };

	return table_find(&w->stations, &key);
}

int watch_station(const struct watch *w, const struct mac *mac, uint16_t vid)
{
	const struct station *s = station_find(w, mac, vid);

	return s ? s->ifindex : 0;
}

static void tell_client(const struct pass *p, enum client_change change, const struct station *s)
{
	struct event e = {
		.kind = EVENT_CLIENT,
		.client = { .change = change, .port = s->port, .vid = s->vid, .mac = s->mac }
	};

	p->fn(p->arg, &e);
}

static void station_left(const struct pass *p, struct station *s, enum client_change how)
{
	struct station gone = *s;

	table_remove(&p->w->stations, s);
	tell_client(p, how, &gone);
}

static void station_here(const struct pass *p, const struct station *seen)
{
	struct station *s = station_find(p->w, &seen->mac, seen->vid);
	bool told = s && s->ifindex == seen->ifindex && s->port == seen->port;

	if (!s)
		s = table_add(&p->w->stations, seen);
	if (s)
		*s = *seen;
	/* With a full table stations are told more often than once. */
	if (!told)
		tell_client(p, CLIENT_LEARNT, seen);
}

static void neigh_fdb(const struct pass *p, const struct ndmsg *h, const struct nlattr *const *tb,
		      bool gone)
{
	const struct port *port = ports_find(&p->w->ports, h->ndm_ifindex);
	const struct link_info *l = links_find_index(p->view->links, h->ndm_ifindex);
	struct station seen = { .vid = nl_u16(tb[NDA_VLAN], 0),
				.ifindex = h->ndm_ifindex,
				.round = p->w->round };
	bool cloud = l && strcmp(l->name, p->view->wish->filter.cloud) == 0;
	struct station *s;

	if (!p->w->bridge || (int)nl_u32(tb[NDA_MASTER], 0) != p->w->bridge ||
	    (h->ndm_flags & NTF_SELF) || !nl_bytes(tb[NDA_LLADDR], seen.mac.b, sizeof(seen.mac.b)))
		return;
	s = station_find(p->w, &seen.mac, seen.vid);
	if (port)
		seen.port = port->told.port;
	if (gone) {
		if (s && s->ifindex == h->ndm_ifindex)
			station_left(p, s, CLIENT_FORGOTTEN);
		else if (!s && port && p->w->stations.count == p->w->stations.limit)
			tell_client(p, CLIENT_FORGOTTEN, &seen);
		return;
	}
	/* Local and static entries are not learnt. */
	if (h->ndm_state & (NUD_PERMANENT | NUD_NOARP))
		return;
	if (port && l && !cloud)
		station_here(p, &seen);
	else if (s)
		station_left(p, s, cloud ? CLIENT_ASTRAY : CLIENT_FORGOTTEN);
}

static void neigh_solicit(const struct pass *p, const struct ndmsg *h,
			  const struct nlattr *const *tb)
{
	struct event e = { .kind = EVENT_SOLICIT, .solicit = { .v6 = h->ndm_family == AF_INET6 } };

	if (h->ndm_ifindex != p->w->bridge)
		return;
	if (e.solicit.v6 ? !nl_bytes(tb[NDA_DST], e.solicit.ip6.b, 16)
			 : !nl_bytes(tb[NDA_DST], e.solicit.ip4.b, 4))
		return;
	p->fn(p->arg, &e);
}

static void rescan(const struct pass *p);

static void handle_neigh(const struct pass *p, const struct nlmsghdr *m)
{
	const struct nlattr *tb[NDA_MAX + 1];
	struct ndmsg h;

	if (mnl_nlmsg_get_payload_len(m) < sizeof(h))
		return;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	nl_attrs(m, sizeof(h), tb, NDA_MAX);
	if (h.ndm_family == AF_BRIDGE && m->nlmsg_type != RTM_GETNEIGH) {
		if (p->w->rescan) /* it may be the first of a new port */
			rescan(p);
		neigh_fdb(p, &h, tb, m->nlmsg_type == RTM_DELNEIGH);
	} else if (m->nlmsg_type == RTM_GETNEIGH &&
		   (h.ndm_family == AF_INET || h.ndm_family == AF_INET6)) {
		neigh_solicit(p, &h, tb);
	}
}

static int learn_entry(void *arg, const struct nlmsghdr *m)
{
	const struct pass *p = arg;

	if (!m)
		p->w->round++;
	else if (m->nlmsg_type == RTM_NEWNEIGH)
		handle_neigh(p, m);
	return 0;
}

/* All entries of the bridge: after its appearance, and after notifications were lost. */
static int relearn(struct pass *p)
{
	struct station *s;
	struct timespec now;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec == p->w->relearned_at) {
		p->w->stale = true; /* so that somebody asks again in a second */
		return 0;
	}
	p->w->relearned_at = now.tv_sec;
	p->w->relearn = false;
	if (!p->w->bridge)
		return 0;
	r = fdb_dump(p->view->nl, p->w->bridge, learn_entry, p);
	if (r) {
		p->w->relearn = true; /* once more, at the next notification */
		return r;
	}
	for (uint32_t i = 0; (s = table_next(&p->w->stations, &i));) {
		if (s->round != p->w->round)
			station_left(p, s, CLIENT_FORGOTTEN);
	}
	return 0;
}

/* Has something of the wish been changed behind our back? */
static bool links_deviate(const struct watch_view *v)
{
	for (uint16_t i = 0; i < v->wish->link_count; i++) {
		const struct wish_link *w = &v->wish->links[i];
		const struct link_info *l = links_find(v->links, w->name);
		const struct link_info *master =
			w->master[0] ? links_find(v->links, w->master) : NULL;

		if (!l ? w->kind != WISH_EXISTING
		       : (w->up && !(l->flags & IFF_UP)) || (w->mtu && l->mtu != w->mtu) ||
				    (master && l->master != master->index))
			return true;
	}
	return false;
}

static void rescan(const struct pass *p)
{
	const struct watch_view *v = p->view;
	struct addr_list addrs = { 0 };
	struct route_list routes = { 0 };
	struct ports_view view = { .links = v->links,
				   .addrs = &addrs,
				   .routes = &routes,
				   .found = v->found,
				   .wish = v->wish };
	const struct link_info *bridge;
	int r = links_dump(v->nl, v->links);

	p->w->rescan = false;
	if (!r)
		r = addrs_dump(v->nl, &addrs);
	if (!r)
		r = routes_dump(v->nl, AF_INET, 0, RT_TABLE_MAIN, &routes);
	if (!r)
		routes_dump(v->nl, AF_INET6, 0, RT_TABLE_MAIN, &routes);
	if (!r) {
		bridge = links_find(v->links, v->wish->filter.bridge);
		if ((bridge ? bridge->index : 0) != p->w->bridge) {
			p->w->bridge = bridge ? bridge->index : 0;
			p->w->relearn = true;
		}
		ports_update(&p->w->ports, &view, p->fn, p->arg);
		vlans_carrier(v->vlans, v->nl, v->links);
		p->w->stale = p->w->stale || links_deviate(v);
	} else {
		p->w->rescan = true;
	}
	addrs_done(&addrs);
	routes_done(&routes);
}

static bool addr_is_wished(const struct watch_view *v, const struct nlmsghdr *m)
{
	const struct nlattr *tb[IFA_MAX + 1], *ip;
	const struct link_info *l;
	struct ifaddrmsg h;

	if (mnl_nlmsg_get_payload_len(m) < sizeof(h))
		return false;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	nl_attrs(m, sizeof(h), tb, IFA_MAX);
	ip = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	l = links_find_index(v->links, (int)h.ifa_index);
	for (uint16_t i = 0; l && ip && i < v->wish->addr_count; i++) {
		const struct wish_addr *w = &v->wish->addrs[i];
		uint8_t bytes[16];

		if (strcmp(w->dev, l->name) != 0 || !nl_bytes(ip, bytes, w->v6 ? 16 : 4))
			continue;
		if (!memcmp(bytes, w->v6 ? w->ip6.addr.b : w->ip4.addr.b, w->v6 ? 16 : 4))
			return true;
	}
	return false;
}

static void handle_route(const struct pass *p, const struct nlmsghdr *m)
{
	struct rtmsg h;

	if (mnl_nlmsg_get_payload_len(m) < sizeof(h))
		return;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	if (h.rtm_protocol == WISH_PROTO) {
		if (m->nlmsg_type == RTM_DELROUTE && m->nlmsg_pid != p->view->nl->port_id)
			p->w->stale = true;
	} else if (!h.rtm_dst_len && h.rtm_table == RT_TABLE_MAIN &&
		   !(h.rtm_flags & RTM_F_CLONED)) {
		p->w->rescan = true;
	}
}

static void handle_rule_gone(const struct pass *p, const struct nlmsghdr *m)
{
	const struct nlattr *tb[FRA_MAX + 1];

	nl_attrs(m, sizeof(struct fib_rule_hdr), tb, FRA_MAX);
	if (nl_u8(tb[FRA_PROTOCOL], 0) == WISH_PROTO && m->nlmsg_pid != p->view->nl->port_id)
		p->w->stale = true;
}

/* Something of a bridge port, maybe its VLANs; who did it is not told. */
static bool is_of_engine(const struct watch_view *v, const struct nlmsghdr *m)
{
	const struct link_info *l;
	struct ifinfomsg h;

	if (!v->wish->batadv.used || mnl_nlmsg_get_payload_len(m) < sizeof(h))
		return false;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	l = h.ifi_family == AF_BRIDGE ? links_find_index(v->links, h.ifi_index) : NULL;
	return l && !strcmp(l->name, v->wish->filter.cloud);
}

static int handle(const struct nlmsghdr *m, void *arg)
{
	const struct pass *p = arg;

	switch (m->nlmsg_type) {
	case RTM_NEWLINK:
		p->w->stale = p->w->stale || is_of_engine(p->view, m);
		p->w->rescan = true;
		break;
	case RTM_DELLINK:
	case RTM_NEWADDR:
		p->w->rescan = true;
		break;
	case RTM_DELADDR:
		p->w->rescan = true;
		p->w->stale = p->w->stale || addr_is_wished(p->view, m);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		handle_route(p, m);
		break;
	case RTM_DELRULE:
		handle_rule_gone(p, m);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
	case RTM_GETNEIGH:
		handle_neigh(p, m);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

int watch_read(struct watch *w, const struct watch_view *view, system_event_fn *fn, void *arg)
{
	_Alignas(8) char buf[NL_REPLY_SIZE];
	struct pass p = { .w = w, .view = view, .fn = fn, .arg = arg };
	ssize_t len = 0;

	for (int i = 0; i < WATCH_BURST; i++) {
		len = mnl_socket_recvfrom(w->sock, buf, sizeof(buf));
		if (len < 0 && errno == ENOBUFS) {
			w->rescan = true;
			w->relearn = true;
			w->stale = true;
			continue;
		}
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno != EAGAIN)
			return -errno;
		if (len < 0)
			break;
		mnl_cb_run(buf, (size_t)len, 0, 0, handle, &p);
	}
	if (w->rescan)
		rescan(&p);
	return w->relearn ? relearn(&p) : 0;
}
