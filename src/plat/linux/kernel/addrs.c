/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses: difference between wish and kernel. */
#include "plat/linux/kernel/addrs.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FLAGS_OURS (IFA_F_NODAD | IFA_F_NOPREFIXROUTE)

/* Debian 12 has it, OpenWrt's toolchains of older kernels do not. */
#define ATTR_PROTO 11

static int addr_parse(struct addr_info *i, const struct nlmsghdr *m)
{
	const struct nlattr *tb[ATTR_PROTO + 1], *ip;
	struct ifaddrmsg h;

	if (m->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(m) < sizeof(h))
		return -ENOMSG;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	nl_attrs(m, sizeof(h), tb, ATTR_PROTO);
	*i = (struct addr_info) { .index = (int)h.ifa_index,
				  .v6 = h.ifa_family == AF_INET6,
				  .len = h.ifa_prefixlen,
				  .scope = h.ifa_scope,
				  .proto = nl_u8(tb[ATTR_PROTO], 0),
				  .flags = nl_u32(tb[IFA_FLAGS], h.ifa_flags) };
	ip = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (i->v6 ? !nl_bytes(ip, i->ip6.b, 16) : !nl_bytes(ip, i->ip4.b, 4))
		return -ENOMSG;
	return 0;
}

static int add_addr(void *arg, const struct nlmsghdr *m)
{
	struct addr_list *list = arg;

	if (!m) {
		list->count = 0;
		return 0;
	}
	if (list->count == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 32;
		struct addr_info *v = realloc(list->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		list->v = v;
		list->cap = cap;
	}
	if (addr_parse(&list->v[list->count], m) == 0)
		list->count++;
	return 0;
}

int addrs_dump(struct nl *nl, struct addr_list *list)
{
	struct nlmsghdr *m = nl_begin(nl, RTM_GETADDR, NLM_F_DUMP);

	mnl_nlmsg_put_extra_header(m, sizeof(struct ifaddrmsg));
	return nl_talk(nl, m, add_addr, list);
}

void addrs_done(struct addr_list *list)
{
	free(list->v);
	memset(list, 0, sizeof(*list));
}

static const char *addr_text(const struct addr_info *i, char buf[static NET_TEXT])
{
	struct net4 n4 = { i->ip4, i->len };
	struct net6 n6 = { i->ip6, i->len };

	return i->v6 ? net6_text(&n6, buf) : net4_text(&n4, buf);
}

static void addr_where(const struct addr_info *i, const char *dev, char *ret, size_t cap)
{
	char text[NET_TEXT];

	snprintf(ret, cap, "%s,%s", dev, addr_text(i, text));
}

static bool addr_is_ours(const struct addr_info *i, const struct link_info *l,
			 const struct found *found)
{
	char where[80];

	if (i->proto == WISH_PROTO)
		return true;
	if (l->ours)
		return !i->v6 || !ip6_is_link_local(&i->ip6);
	addr_where(i, l->name, where, sizeof(where));
	return found_get(found, "addr", where) != NULL;
}

bool addr_is_foreign(const struct addr_info *i, const struct link_info *l,
		     const struct found *found)
{
	if (i->scope == RT_SCOPE_HOST || (i->v6 && ip6_is_link_local(&i->ip6)))
		return false;
	/* What the kernel makes of another node's advertisement of a unique local prefix is
	 * nobody's network. */
	if (i->v6 && (i->ip6.b[0] & 0xfe) == 0xfc && !(i->flags & IFA_F_PERMANENT))
		return false;
	return !addr_is_ours(i, l, found);
}

bool addr_is_asked_for(const struct addr_info *i, const struct link_info *l,
		       const struct found *found)
{
	char where[64];
	struct text t = text_init(where, sizeof(where));

	text_add(&t, "ipv6/conf/%s/accept_ra", l->name);
	return i->v6 && !(i->flags & IFA_F_PERMANENT) && found_get(found, "sysctl", where);
}

static struct addr_info addr_wished(const struct wish_addr *w, int index)
{
	struct addr_info i = { .index = index,
			       .v6 = w->v6,
			       .len = w->v6 ? w->ip6.len : w->ip4.len,
			       .ip4 = w->ip4.addr,
			       .ip6 = w->ip6.addr };

	/* IPv4 has no duplicate address detection. */
	i.flags = (w->v6 && w->nodad ? IFA_F_NODAD : 0) |
		  (w->noprefixroute ? IFA_F_NOPREFIXROUTE : 0);
	return i;
}

static bool addr_same(const struct addr_info *a, const struct addr_info *b)
{
	return a->index == b->index && a->v6 == b->v6 && a->len == b->len &&
	       (a->v6 ? ip6_eq(&a->ip6, &b->ip6) : ip4_eq(&a->ip4, &b->ip4));
}

static int addr_change(struct nl *nl, uint16_t type, const struct addr_info *i)
{
	struct nlmsghdr *m =
		nl_begin(nl, type, type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct ifaddrmsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));
	const void *ip = i->v6 ? (const void *)i->ip6.b : i->ip4.b;
	size_t len = i->v6 ? 16 : 4;

	h->ifa_family = i->v6 ? AF_INET6 : AF_INET;
	h->ifa_prefixlen = i->len;
	h->ifa_index = (uint32_t)i->index;
	mnl_attr_put(m, IFA_LOCAL, len, ip);
	mnl_attr_put(m, IFA_ADDRESS, len, ip);
	if (type == RTM_NEWADDR) {
		mnl_attr_put_u32(m, IFA_FLAGS, i->flags);
		mnl_attr_put_u8(m, ATTR_PROTO, WISH_PROTO);
	}
	return nl_talk(nl, m, NULL, NULL);
}

static const struct wish_addr *wish_has(const struct apply *a, const struct addr_info *i,
					const struct link_info *l)
{
	for (uint16_t k = 0; k < a->wish->addr_count; k++) {
		const struct wish_addr *w = &a->wish->addrs[k];
		struct addr_info wished = addr_wished(w, i->index);

		if (!strcmp(w->dev, l->name) && addr_same(&wished, i) &&
		    (wished.flags == (i->flags & FLAGS_OURS) || !addr_is_ours(i, l, a->found)))
			return w;
	}
	return NULL;
}

static void delete_unwished(struct apply *a, struct addr_list *list)
{
	for (size_t k = 0; k < list->count; k++) {
		struct addr_info *i = &list->v[k];
		const struct link_info *l = links_find_index(a->links, i->index);
		char where[80];
		int r;

		if (!l || !addr_is_ours(i, l, a->found) || wish_has(a, i, l))
			continue;
		addr_where(i, l->name, where, sizeof(where));
		r = addr_change(a->nl, RTM_DELADDR, i);
		/* With an IPv4 address its secondaries may have gone. */
		if (r != -EADDRNOTAVAIL)
			apply_done(a, r, "delete address", where);
		found_drop(a->found, "addr", where);
		i->index = 0;
	}
}

/* Notes of addresses that have gone with their interface, or by somebody else's hand. */
static void forget_gone(struct apply *a, const struct addr_list *list)
{
	for (size_t i = 0; i < a->found->count; i++) {
		struct found_item item = a->found->items[i];
		bool there = strcmp(item.what, "addr") != 0;

		for (size_t k = 0; k < list->count && !there; k++) {
			const struct link_info *l = links_find_index(a->links, list->v[k].index);
			char where[80];

			if (!l)
				continue;
			addr_where(&list->v[k], l->name, where, sizeof(where));
			there = !strcmp(where, item.where);
		}
		if (there)
			continue;
		found_drop(a->found, item.what, item.where);
		i--;
	}
}

static bool list_has(const struct addr_list *list, const struct addr_info *i)
{
	for (size_t k = 0; k < list->count; k++) {
		if (addr_same(&list->v[k], i))
			return true;
	}
	return false;
}

static void add_missing(struct apply *a, const struct addr_list *list)
{
	for (uint16_t k = 0; k < a->wish->addr_count; k++) {
		const struct wish_addr *w = &a->wish->addrs[k];
		const struct link_info *l = links_find(a->links, w->dev);
		struct addr_info wished;
		char where[80];
		int r = 0;

		if (!l || (!l->ours && wish_makes_link(a->wish, w->dev))) {
			apply_fail(a, -ENODEV, "address on", w->dev);
			continue;
		}
		wished = addr_wished(w, l->index);
		if (list_has(list, &wished))
			continue;
		addr_where(&wished, w->dev, where, sizeof(where));
		if (!l->ours)
			r = found_put(a->found, "addr", where, 1);
		apply_done(a, r ? r : addr_change(a->nl, RTM_NEWADDR, &wished), "address", where);
	}
}

void addrs_apply(struct apply *a)
{
	struct addr_list list = { 0 };
	int r = addrs_dump(a->nl, &list);

	if (!r) {
		unsigned int before = a->changes;

		delete_unwished(a, &list);
		if (a->changes != before)
			r = addrs_dump(a->nl, &list);
	}
	if (r) {
		apply_fail(a, r, "dump of", "addresses");
	} else {
		forget_gone(a, &list);
		add_missing(a, &list);
	}
	addrs_done(&list);
}

void addrs_remove(struct apply *a)
{
	struct addr_list list = { 0 };

	if (addrs_dump(a->nl, &list) == 0)
		delete_unwished(a, &list);
	addrs_done(&list);
}
