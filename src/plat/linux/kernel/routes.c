/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes: difference between wish and kernel. Only routes of our protocols are looked at. */
#include "plat/linux/kernel/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct dump {
	struct route_list *list;
	size_t start;
	uint8_t protocol;
	uint32_t table;
};

static void parse_via(struct route_info *i, const struct nlattr *gateway, const struct nlattr *via)
{
	uint8_t family6[2 + 16];
	uint16_t family;

	if (i->v6) {
		i->has_via6 = nl_bytes(gateway, i->via6.b, 16);
		return;
	}
	i->has_via4 = nl_bytes(gateway, i->via4.b, 4);
	/* struct rtvia: family in host order, address. */
	if (!i->has_via4 && nl_bytes(via, family6, sizeof(family6))) {
		memcpy(&family, family6, 2);
		i->has_via6 = family == AF_INET6;
		memcpy(i->via6.b, family6 + 2, 16);
	}
}

static int route_parse(struct route_info *i, const struct nlmsghdr *m)
{
	const struct nlattr *tb[RTA_MAX + 1];
	struct rtmsg h;

	if (m->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(m) < sizeof(h))
		return -ENOMSG;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	nl_attrs(m, sizeof(h), tb, RTA_MAX);
	*i = (struct route_info) { .type = h.rtm_type,
				   .protocol = h.rtm_protocol,
				   .v6 = h.rtm_family == AF_INET6,
				   .onlink = (h.rtm_flags & RTNH_F_ONLINK) != 0,
				   .table = nl_u32(tb[RTA_TABLE], h.rtm_table),
				   .metric = nl_u32(tb[RTA_PRIORITY], 0),
				   .oif = (int)nl_u32(tb[RTA_OIF], 0) };
	if (h.rtm_flags & RTM_F_CLONED)
		return -ENOMSG;
	i->to4.len = i->v6 ? 0 : h.rtm_dst_len;
	i->to6.len = i->v6 ? h.rtm_dst_len : 0;
	i->from6.len = i->v6 ? h.rtm_src_len : 0;
	if (i->v6) {
		nl_bytes(tb[RTA_DST], i->to6.addr.b, 16);
		nl_bytes(tb[RTA_SRC], i->from6.addr.b, 16);
	} else {
		nl_bytes(tb[RTA_DST], i->to4.addr.b, 4);
	}
	parse_via(i, tb[RTA_GATEWAY], tb[RTA_VIA]);
	return 0;
}

static int add_route(void *arg, const struct nlmsghdr *m)
{
	struct dump *d = arg;
	struct route_list *list = d->list;
	struct route_info *i;

	if (!m) {
		list->count = d->start;
		return 0;
	}
	if (list->count == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 32;
		struct route_info *v = realloc(list->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		list->v = v;
		list->cap = cap;
	}
	i = &list->v[list->count];
	/* Kernels without strict dumps send everything. */
	if (route_parse(i, m) == 0 && (!d->protocol || i->protocol == d->protocol) &&
	    (!d->table || i->table == d->table))
		list->count++;
	return 0;
}

int routes_dump(struct nl *nl, uint8_t family, uint8_t protocol, uint32_t table,
		struct route_list *list)
{
	struct nlmsghdr *m = nl_begin(nl, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));
	struct dump d = {
		.list = list, .start = list->count, .protocol = protocol, .table = table
	};
	int r;

	h->rtm_family = family;
	h->rtm_protocol = protocol;
	if (table)
		mnl_attr_put_u32(m, RTA_TABLE, table);
	r = nl_talk(nl, m, add_route, &d);
	return r == -ENOENT ? 0 : r; /* there is no such table yet */
}

void routes_done(struct route_list *list)
{
	free(list->v);
	memset(list, 0, sizeof(*list));
}

int route_change(struct nl *nl, uint16_t type, uint16_t flags, const struct route_info *i)
{
	struct nlmsghdr *m = nl_begin(nl, type, flags);
	struct rtmsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->rtm_family = i->v6 ? AF_INET6 : AF_INET;
	h->rtm_dst_len = i->v6 ? i->to6.len : i->to4.len;
	h->rtm_src_len = i->v6 ? i->from6.len : 0;
	h->rtm_protocol = i->protocol;
	h->rtm_type = i->type;
	h->rtm_scope = !i->v6 && i->type == RTN_UNICAST && !i->has_via4 && !i->has_via6
			       ? RT_SCOPE_LINK
			       : RT_SCOPE_UNIVERSE;
	h->rtm_flags = i->onlink ? RTNH_F_ONLINK : 0;
	mnl_attr_put_u32(m, RTA_TABLE, i->table);
	if (h->rtm_dst_len)
		mnl_attr_put(m, RTA_DST, i->v6 ? 16 : 4,
			     i->v6 ? (const void *)i->to6.addr.b : i->to4.addr.b);
	if (h->rtm_src_len)
		mnl_attr_put(m, RTA_SRC, 16, i->from6.addr.b);
	if (i->metric)
		mnl_attr_put_u32(m, RTA_PRIORITY, i->metric);
	if (i->oif && i->type == RTN_UNICAST)
		mnl_attr_put_u32(m, RTA_OIF, (uint32_t)i->oif);
	if (i->has_via4) {
		mnl_attr_put(m, RTA_GATEWAY, 4, i->via4.b);
	} else if (i->has_via6 && i->v6) {
		mnl_attr_put(m, RTA_GATEWAY, 16, i->via6.b);
	} else if (i->has_via6) {
		uint8_t via[2 + 16];
		uint16_t family = AF_INET6;

		memcpy(via, &family, 2);
		memcpy(via + 2, i->via6.b, 16);
		mnl_attr_put(m, RTA_VIA, sizeof(via), via);
	}
	return nl_talk(nl, m, NULL, NULL);
}

/* 0, or -ENODEV. Comparable with what a dump gives. */
static int route_wished(const struct apply *a, const struct wish_route *w, struct route_info *ret)
{
	const struct link_info *l = links_find(a->links, w->dev);

	if (w->dev[0] && !l)
		return -ENODEV;
	*ret = (struct route_info) {
		.type = RTN_UNICAST, .protocol = WISH_PROTO, .v6 = w->v6, .table = w->table
	};
	ret->metric = w->v6 && !w->metric ? METRIC6_DEFAULT : w->metric;
	if (w->v6) {
		ret->to6 = net6_base(&w->to6);
		ret->from6 = net6_base(&w->from6);
	} else {
		ret->to4 = net4_base(&w->to4);
	}
	if (w->type == WISH_ROUTE_UNREACHABLE) {
		ret->type = RTN_UNREACHABLE;
		return 0;
	}
	ret->oif = l ? l->index : 0;
	ret->has_via4 = !w->v6 && !ip4_is_zero(&w->via4);
	ret->has_via6 = !ret->has_via4 && !ip6_is_zero(&w->via6);
	if (ret->has_via4)
		ret->via4 = w->via4;
	if (ret->has_via6)
		ret->via6 = w->via6;
	ret->onlink = w->onlink && (ret->has_via4 || ret->has_via6);
	return 0;
}

/* The kernel keeps one route per key (IPv6: may keep several). */
static bool same_key(const struct route_info *a, const struct route_info *b)
{
	return a->v6 == b->v6 && a->table == b->table && a->metric == b->metric &&
	       a->to4.len == b->to4.len && a->to6.len == b->to6.len &&
	       a->from6.len == b->from6.len && ip4_eq(&a->to4.addr, &b->to4.addr) &&
	       ip6_eq(&a->to6.addr, &b->to6.addr) && ip6_eq(&a->from6.addr, &b->from6.addr);
}

static bool same_route(const struct route_info *a, const struct route_info *b)
{
	if (!same_key(a, b) || a->type != b->type)
		return false;
	if (a->type != RTN_UNICAST)
		return true;
	return a->oif == b->oif && a->onlink == b->onlink && a->has_via4 == b->has_via4 &&
	       a->has_via6 == b->has_via6 && ip4_eq(&a->via4, &b->via4) &&
	       ip6_eq(&a->via6, &b->via6);
}

static const char *route_text(const struct route_info *i, char buf[static NET_TEXT])
{
	return i->v6 ? net6_text(&i->to6, buf) : net4_text(&i->to4, buf);
}

static void route_add(struct apply *a, const struct route_list *list, const struct wish_route *w)
{
	struct route_info wished;
	char text[NET_TEXT];
	bool replace = false;
	int r = route_wished(a, w, &wished);

	if (r) {
		apply_fail(a, r, "route by", w->dev);
		return;
	}
	for (size_t k = 0; k < list->count; k++) {
		if (same_route(&list->v[k], &wished))
			return;
		replace = replace || same_key(&list->v[k], &wished);
	}
	/* Exclusive, unless it takes the place of one of ours: never over somebody else's. */
	r = route_change(a->nl, RTM_NEWROUTE, NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL),
			 &wished);
	apply_done(a, r, "route", route_text(&wished, text));
}

static bool route_is_wished(const struct apply *a, const struct route_info *i, bool key_only)
{
	for (uint16_t k = 0; k < a->wish->route_count; k++) {
		struct route_info wished;

		if (route_wished(a, &a->wish->routes[k], &wished) == 0 &&
		    (key_only ? same_key(&wished, i) : same_route(&wished, i)))
			return true;
	}
	return false;
}

/* Hosts are many, and hosts_apply's. */
static bool is_to_go(const struct apply *a, const struct route_info *i, bool key_only)
{
	return !route_is_host(i) && !route_is_wished(a, i, key_only);
}

static int dump_ours(struct apply *a, struct route_list *list)
{
	static const uint8_t protocols[] = { WISH_PROTO, WISH_PROTO_LEAVES };
	int r = 0;

	list->count = 0;
	for (size_t i = 0; !r && i < sizeof(protocols); i++) {
		r = routes_dump(a->nl, AF_INET, protocols[i], 0, list);
		if (!r)
			r = routes_dump(a->nl, AF_INET6, protocols[i], 0, list);
	}
	return r;
}

void routes_apply(struct apply *a)
{
	struct route_list list = { 0 };
	unsigned int before = a->changes;
	int r = dump_ours(a, &list);

	if (!r) {
		for (size_t k = 0; k < list.count; k++) {
			char text[NET_TEXT];

			/* One whose place another of ours takes is replaced, so that there is no
			 * moment without. */
			if (is_to_go(a, &list.v[k], true))
				apply_done(a, route_change(a->nl, RTM_DELROUTE, 0, &list.v[k]),
					   "delete route", route_text(&list.v[k], text));
		}
		for (uint16_t k = 0; k < a->wish->route_count; k++)
			route_add(a, &list, &a->wish->routes[k]);
		hosts_apply(a, &list);
	}
	if (!r && a->changes != before)
		r = dump_ours(a, &list);
	if (r)
		apply_fail(a, r, "dump of", "routes");
	/* IPv6 may keep several next hops under one key. */
	for (size_t k = 0; !r && k < list.count; k++) {
		if (is_to_go(a, &list.v[k], false))
			route_change(a->nl, RTM_DELROUTE, 0, &list.v[k]);
	}
	routes_done(&list);
}
