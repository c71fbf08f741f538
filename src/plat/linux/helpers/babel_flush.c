/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/babel_flush.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node/wish.h"
#include "plat/linux/kernel/netlink.h"

#define BABEL_PROTO 42 /* RTPROT_BABEL */
#define FLUSH_BATCH 256
#define METRIC_LOST UINT32_MAX /* babeld writes -1 for a route that it has lost */

struct left {
	struct rtmsg head;
	uint8_t to[16], from[16];
	uint32_t metric;
	bool has_metric;
};

struct flush {
	unsigned int count;
	struct left list[FLUSH_BATCH];
};

static int route_found(void *arg, const struct nlmsghdr *m)
{
	struct flush *f = arg;
	const struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *h;
	struct left *l;
	size_t size;

	if (!m) {
		f->count = 0;
		return 0;
	}
	if (mnl_nlmsg_get_payload_len(m) < sizeof(*h))
		return 0;
	h = mnl_nlmsg_get_payload(m);
	nl_attrs(m, sizeof(*h), tb, RTA_MAX);
	if (h->rtm_protocol != BABEL_PROTO ||
	    nl_u32(tb[RTA_TABLE], h->rtm_table) != WISH_TABLE_EXPORT || f->count == FLUSH_BATCH)
		return 0;
	size = h->rtm_family == AF_INET6 ? 16 : 4;
	l = &f->list[f->count++];
	memset(l, 0, sizeof(*l));
	l->head = *h;
	nl_bytes(tb[RTA_DST], l->to, size);
	nl_bytes(tb[RTA_SRC], l->from, size);
	l->has_metric = tb[RTA_PRIORITY] != NULL;
	l->metric = nl_u32(tb[RTA_PRIORITY], 0);
	return 0;
}

static int route_delete(struct nl *nl, const struct left *l)
{
	struct nlmsghdr *m = nl_begin(nl, RTM_DELROUTE, 0);
	struct rtmsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));
	size_t size = l->head.rtm_family == AF_INET6 ? 16 : 4;

	h->rtm_family = l->head.rtm_family;
	h->rtm_dst_len = l->head.rtm_dst_len;
	h->rtm_src_len = l->head.rtm_src_len;
	h->rtm_protocol = BABEL_PROTO;
	h->rtm_type = l->head.rtm_type;
	h->rtm_scope = RT_SCOPE_NOWHERE; /* any */
	mnl_attr_put_u32(m, RTA_TABLE, WISH_TABLE_EXPORT);
	if (h->rtm_dst_len)
		mnl_attr_put(m, RTA_DST, size, l->to);
	if (h->rtm_src_len)
		mnl_attr_put(m, RTA_SRC, size, l->from);
	if (l->has_metric)
		mnl_attr_put_u32(m, RTA_PRIORITY, l->metric);
	return nl_talk(nl, m, NULL, NULL);
}

/* One family: rounds of at most FLUSH_BATCH routes. */
static int family_flush(struct nl *nl, struct flush *f, uint8_t family)
{
	int r;

	for (int round = 0; round < 64; round++) {
		struct nlmsghdr *m = nl_begin(nl, RTM_GETROUTE, NLM_F_DUMP);
		struct rtmsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

		h->rtm_family = family;
		f->count = 0;
		r = nl_talk(nl, m, route_found, f);
		if (r || f->count == 0)
			return r;
		for (unsigned int i = 0; i < f->count; i++) {
			r = route_delete(nl, &f->list[i]);
			if (r && r != -ESRCH)
				return r;
		}
	}
	return -EAGAIN;
}

int babel_flush_routes(void)
{
	struct nl *nl = calloc(1, sizeof(*nl));
	struct flush *f = calloc(1, sizeof(*f));
	int r = nl && f ? nl_open(nl, NETLINK_ROUTE) : -ENOMEM;

	if (!r) {
		r = family_flush(nl, f, AF_INET);
		if (!r)
			r = family_flush(nl, f, AF_INET6);
		nl_close(nl);
	}
	free(f);
	free(nl);
	return r;
}

static struct left lost_host(const struct event_route *r)
{
	struct left l = { .head = { .rtm_family = r->v6 ? AF_INET6 : AF_INET,
				    .rtm_dst_len = r->v6 ? 128 : 32,
				    .rtm_type = RTN_UNREACHABLE },
			  .metric = METRIC_LOST,
			  .has_metric = true };

	if (r->v6)
		memcpy(l.to, r->to6.addr.b, sizeof(r->to6.addr.b));
	else
		memcpy(l.to, r->to4.addr.b, sizeof(r->to4.addr.b));
	return l;
}

int babel_flush_lost(struct babel_table *t)
{
	struct nl *nl = calloc(1, sizeof(*nl));
	int r = nl ? nl_open(nl, NETLINK_ROUTE) : -ENOMEM, first = r;
	struct event_route lost;

	for (uint32_t i = 0; !r && babel_table_lost_next(t, &i, &lost);) {
		struct left l = lost_host(&lost);
		int error = route_delete(nl, &l);

		/* it may have been taken away before, or be of use again */
		if (error && error != -ESRCH && !first)
			first = error;
	}
	if (nl && !r)
		nl_close(nl);
	free(nl);
	return first;
}
