/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/kernel/flows.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "plat/linux/kernel/filters.h"
#include "plat/linux/kernel/netlink.h"

#define CONNTRACK(message) ((uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | (message)))

/* ---- when ---- */

static bool is_uplink(const struct wish *w, const char *dev)
{
	for (uint8_t i = 0; i < w->filter.uplink_count; i++) {
		if (strcmp(w->filter.uplinks[i].dev, dev) == 0)
			return true;
	}
	return false;
}

static bool leaves_by(const struct wish *w, bool v6, const char *dev)
{
	if (!is_uplink(w, dev))
		return false;
	for (uint16_t i = 0; i < w->route_count; i++) {
		const struct wish_route *r = &w->routes[i];

		if (r->table == WISH_TABLE_EXIT && r->v6 == v6 && strcmp(r->dev, dev) == 0)
			return true;
	}
	return false;
}

bool flows_turn(const struct wish *was, const struct wish *now)
{
	for (uint8_t i = 0; i < now->filter.uplink_count; i++) {
		const char *dev = now->filter.uplinks[i].dev;

		for (int v6 = 0; v6 < 2; v6++) {
			if (leaves_by(now, v6, dev) && !leaves_by(was, v6, dev))
				return true;
		}
	}
	return false;
}

/* ---- what ---- */

struct forget {
	struct nl deletes; /* while the other socket is in the middle of its dump */
	const struct wish_filter *filter;
};

static bool behind_uplink4(const struct wish_filter *f, const struct ip4 *a)
{
	for (uint8_t i = 0; i < f->uplink_count; i++) {
		if (f->uplinks[i].network4.len && net4_has(&f->uplinks[i].network4, a))
			return true;
	}
	return false;
}

static bool behind_uplink6(const struct wish_filter *f, const struct ip6 *a)
{
	for (uint8_t i = 0; i < f->uplink_count; i++) {
		if (f->uplinks[i].network6.len && net6_has(&f->uplinks[i].network6, a))
			return true;
	}
	return false;
}

static bool is_mesh4(const struct wish_filter *f, const struct ip4 *a)
{
	return net4_has(&filters_mesh4, a) || (f->cloud4.len && net4_has(&f->cloud4, a));
}

static bool is_mesh6(const struct wish_filter *f, const struct ip6 *a)
{
	return net6_has(&filters_mesh6, a) || (f->cloud6.len && net6_has(&f->cloud6, a));
}

static bool is_masked4(const struct wish_filter *f, const struct ip4 *a)
{
	for (size_t i = 0; i < FILTERS_MASKED4; i++) {
		if (net4_has(&filters_masked4[i], a))
			return true;
	}
	return is_mesh4(f, a);
}

static bool leaves4(const struct wish_filter *f, const struct ip4 *from, const struct ip4 *to)
{
	return is_masked4(f, from) && !behind_uplink4(f, from) &&
	       (behind_uplink4(f, to) || !is_mesh4(f, to));
}

static bool leaves6(const struct wish_filter *f, const struct ip6 *from, const struct ip6 *to)
{
	return is_mesh6(f, from) && !behind_uplink6(f, from) &&
	       (behind_uplink6(f, to) || !is_mesh6(f, to));
}

static bool leaves_mesh(const struct forget *f, const struct nlattr *tuple)
{
	const struct nlattr *parts[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1];
	struct ip4 from4, to4;
	struct ip6 from6, to6;

	nl_nest(tuple, parts, CTA_TUPLE_MAX);
	nl_nest(parts[CTA_TUPLE_IP], ip, CTA_IP_MAX);
	if (nl_bytes(ip[CTA_IP_V4_SRC], &from4, sizeof(from4)) &&
	    nl_bytes(ip[CTA_IP_V4_DST], &to4, sizeof(to4)))
		return leaves4(f->filter, &from4, &to4);
	return nl_bytes(ip[CTA_IP_V6_SRC], &from6, sizeof(from6)) &&
	       nl_bytes(ip[CTA_IP_V6_DST], &to6, sizeof(to6)) && leaves6(f->filter, &from6, &to6);
}

/* The attribute as the kernel gave it. */
static bool put_again(struct nlmsghdr *m, const struct nlattr *a)
{
	return !a || mnl_attr_put_check(m, NL_REQUEST_SIZE, a->nla_type,
					mnl_attr_get_payload_len(a), mnl_attr_get_payload(a));
}

/* One that cannot be forgotten (ended meanwhile, in the hands of hardware) is none of the others'
 * business. */
static void forget_one(struct nl *nl, const struct nfgenmsg *head, const struct nlattr **tb)
{
	struct nlmsghdr *m = nl_begin(nl, CONNTRACK(IPCTNL_MSG_CT_DELETE), 0);

	memcpy(mnl_nlmsg_put_extra_header(m, sizeof(*head)), head, sizeof(*head));
	/* without a tuple it would be all connections of the machine */
	if (tb[CTA_TUPLE_ORIG] && put_again(m, tb[CTA_TUPLE_ORIG]) && put_again(m, tb[CTA_ZONE]) &&
	    put_again(m, tb[CTA_ID]))
		nl_talk(nl, m, NULL, NULL);
}

static int look_at(void *arg, const struct nlmsghdr *m)
{
	const struct nlattr *tb[CTA_MAX + 1];
	struct forget *f = arg;
	struct nfgenmsg head;

	if (!m || m->nlmsg_type != CONNTRACK(IPCTNL_MSG_CT_NEW) ||
	    mnl_nlmsg_get_payload_len(m) < sizeof(head))
		return 0;
	nl_attrs(m, sizeof(head), tb, CTA_MAX);
	if (!tb[CTA_STATUS] || ntohl(nl_u32(tb[CTA_STATUS], UINT32_MAX)) & IPS_NAT_MASK ||
	    !leaves_mesh(f, tb[CTA_TUPLE_ORIG]))
		return 0;
	memcpy(&head, mnl_nlmsg_get_payload(m), sizeof(head));
	forget_one(&f->deletes, &head, tb);
	return 0;
}

int flows_forget(const struct wish_filter *filter)
{
	struct nl list;
	struct forget f = { .filter = filter };
	struct nlmsghdr *m;
	int r = nl_open(&list, NETLINK_NETFILTER);

	if (r)
		return r;
	r = nl_open(&f.deletes, NETLINK_NETFILTER);
	if (!r) {
		m = nl_begin(&list, CONNTRACK(IPCTNL_MSG_CT_GET), NLM_F_DUMP);
		memset(mnl_nlmsg_put_extra_header(m, sizeof(struct nfgenmsg)), 0,
		       sizeof(struct nfgenmsg));
		r = nl_talk(&list, m, look_at, &f);
		nl_close(&f.deletes);
	}
	nl_close(&list);
	return r;
}
