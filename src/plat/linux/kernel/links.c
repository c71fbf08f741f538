/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dump of interfaces and single changes to them. */
#include "plat/linux/kernel/links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/batman_adv.h>
#include <linux/if.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <stdlib.h>
#include <string.h>

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

_Static_assert((int)IFLA_BRPORT_MAX <= (int)IFLA_BR_MAX, "both fit parse_kind's table");

#define BRIDGE_FDB_MAX_LEARNED                                                                     \
	49		      /* IFLA_BR_FDB_MAX_LEARNED since Linux 6.7; older ones ignore it */
#define FDB_MAX_LEARNED 65536 /* before a flood of addresses takes all memory */

static void parse_kind(struct link_info *l, const struct nlattr *linkinfo)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1], *data[IFLA_BR_MAX + 1];
	char master[sizeof(l->kind)];

	nl_nest(linkinfo, info, IFLA_INFO_MAX);
	nl_text(info[IFLA_INFO_KIND], l->kind, sizeof(l->kind));
	nl_nest(info[IFLA_INFO_DATA], data, IFLA_BR_MAX);
	if (!strcmp(l->kind, "vlan")) {
		l->vid = nl_u16(data[IFLA_VLAN_ID], 0);
		l->vlan_proto = ntohs(nl_u16(data[IFLA_VLAN_PROTOCOL], 0));
	} else if (!strcmp(l->kind, "bridge")) {
		l->snooping = nl_u8(data[IFLA_BR_MCAST_SNOOPING], 0);
	}
	nl_text(info[IFLA_INFO_SLAVE_KIND], master, sizeof(master));
	if (strcmp(master, "bridge") != 0)
		return;
	nl_nest(info[IFLA_INFO_SLAVE_DATA], data, IFLA_BRPORT_MAX);
	l->bridge_port = true;
	l->learning = nl_u8(data[IFLA_BRPORT_LEARNING], 1);
	l->unicast_flood = nl_u8(data[IFLA_BRPORT_UNICAST_FLOOD], 1);
}

static int link_parse(struct link_info *l, const struct nlmsghdr *m)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	char alias[sizeof(LINK_ALIAS) + 1];
	struct ifinfomsg h;

	if (m->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(m) < sizeof(h))
		return -ENOMSG;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	nl_attrs(m, sizeof(h), tb, IFLA_MAX);
	memset(l, 0, sizeof(*l));
	if (!nl_text(tb[IFLA_IFNAME], l->name, sizeof(l->name)))
		return -ENOMSG;
	l->index = h.ifi_index;
	l->type = h.ifi_type;
	l->flags = h.ifi_flags;
	l->mtu = nl_u32(tb[IFLA_MTU], 0);
	l->master = (int)nl_u32(tb[IFLA_MASTER], 0);
	l->below = tb[IFLA_LINK_NETNSID] ? 0 : (int)nl_u32(tb[IFLA_LINK], 0);
	l->carrier = (h.ifi_flags & IFF_LOWER_UP) != 0;
	l->ours = nl_text(tb[IFLA_IFALIAS], alias, sizeof(alias)) && !strcmp(alias, LINK_ALIAS);
	nl_bytes(tb[IFLA_ADDRESS], l->mac.b, sizeof(l->mac.b));
	parse_kind(l, tb[IFLA_LINKINFO]);
	return 0;
}

static int add_link(void *arg, const struct nlmsghdr *m)
{
	struct link_list *list = arg;

	if (!m) {
		list->count = 0;
		return 0;
	}
	if (list->count == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 32;
		struct link_info *v = realloc(list->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		list->v = v;
		list->cap = cap;
	}
	if (link_parse(&list->v[list->count], m) == 0)
		list->count++;
	return 0;
}

struct nlmsghdr *link_request(struct nl *nl, uint16_t type, uint16_t flags, uint8_t family,
			      int index)
{
	struct nlmsghdr *m = nl_begin(nl, type, flags);
	struct ifinfomsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->ifi_family = family;
	h->ifi_index = index;
	return m;
}

static struct nlmsghdr *link_begin(struct nl *nl, uint16_t type, uint16_t flags, int index)
{
	return link_request(nl, type, flags, AF_UNSPEC, index);
}

int links_dump(struct nl *nl, struct link_list *list)
{
	struct nlmsghdr *m = link_begin(nl, RTM_GETLINK, NLM_F_DUMP, 0);

	mnl_attr_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return nl_talk(nl, m, add_link, list);
}

void links_done(struct link_list *list)
{
	free(list->v);
	memset(list, 0, sizeof(*list));
}

const struct link_info *links_find(const struct link_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->v[i].name, name))
			return &list->v[i];
	}
	return NULL;
}

const struct link_info *links_find_index(const struct link_list *list, int index)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->v[i].index == index)
			return &list->v[i];
	}
	return NULL;
}

static void put_mac(struct nlmsghdr *m, const struct mac *mac)
{
	if (!mac_is_zero(mac))
		mnl_attr_put(m, IFLA_ADDRESS, sizeof(mac->b), mac->b);
}

int link_create_bridge(struct nl *nl, const struct wish_link *w)
{
	struct nlmsghdr *m = link_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *info, *data;

	mnl_attr_put_strz(m, IFLA_IFNAME, w->name);
	put_mac(m, &w->mac);
	info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	mnl_attr_put_u8(m, IFLA_BR_MCAST_SNOOPING, 0); /* there is no querier */
	mnl_attr_put_u32(m, BRIDGE_FDB_MAX_LEARNED, FDB_MAX_LEARNED);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	return nl_talk(nl, m, NULL, NULL);
}

int link_create_veth(struct nl *nl, const char *name, const struct mac *mac, const char *peer,
		     const struct mac *peer_mac)
{
	struct nlmsghdr *m = link_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *info, *data, *other;

	mnl_attr_put_strz(m, IFLA_IFNAME, name);
	put_mac(m, mac);
	info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	other = mnl_attr_nest_start(m, VETH_INFO_PEER);
	/* This nest begins with a header of its own. */
	mnl_nlmsg_put_extra_header(m, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(m, IFLA_IFNAME, peer);
	put_mac(m, peer_mac);
	mnl_attr_nest_end(m, other);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	return nl_talk(nl, m, NULL, NULL);
}

int link_create_vlan(struct nl *nl, const struct wish_link *w, int parent)
{
	struct nlmsghdr *m = link_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *info, *data;

	mnl_attr_put_strz(m, IFLA_IFNAME, w->name);
	mnl_attr_put_u32(m, IFLA_LINK, (uint32_t)parent);
	put_mac(m, &w->mac);
	info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	mnl_attr_put_u16(m, IFLA_VLAN_ID, w->vid);
	mnl_attr_put_u16(m, IFLA_VLAN_PROTOCOL, htons(w->vlan_proto));
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	return nl_talk(nl, m, NULL, NULL);
}

int link_create_batadv(struct nl *nl, const struct wish_link *w)
{
	struct nlmsghdr *m = link_begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *info, *data;

	mnl_attr_put_strz(m, IFLA_IFNAME, w->name);
	put_mac(m, &w->mac);
	info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "batadv");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	mnl_attr_put_strz(m, IFLA_BATADV_ALGO_NAME, "BATMAN_IV");
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	return nl_talk(nl, m, NULL, NULL);
}

int link_delete(struct nl *nl, int index)
{
	return nl_talk(nl, link_begin(nl, RTM_DELLINK, 0, index), NULL, NULL);
}

int link_set_alias(struct nl *nl, int index)
{
	struct nlmsghdr *m = link_begin(nl, RTM_SETLINK, 0, index);

	mnl_attr_put_str(m, IFLA_IFALIAS, LINK_ALIAS);
	return nl_talk(nl, m, NULL, NULL);
}

int link_set_mtu(struct nl *nl, int index, uint32_t mtu)
{
	struct nlmsghdr *m = link_begin(nl, RTM_SETLINK, 0, index);

	mnl_attr_put_u32(m, IFLA_MTU, mtu);
	return nl_talk(nl, m, NULL, NULL);
}

int link_set_mac(struct nl *nl, int index, const struct mac *mac)
{
	struct nlmsghdr *m = link_begin(nl, RTM_SETLINK, 0, index);

	mnl_attr_put(m, IFLA_ADDRESS, sizeof(mac->b), mac->b);
	return nl_talk(nl, m, NULL, NULL);
}

int link_set_master(struct nl *nl, int index, int master)
{
	struct nlmsghdr *m = link_begin(nl, RTM_SETLINK, 0, index);

	mnl_attr_put_u32(m, IFLA_MASTER, (uint32_t)master);
	return nl_talk(nl, m, NULL, NULL);
}

int link_set_up(struct nl *nl, int index, bool up)
{
	struct nlmsghdr *m = nl_begin(nl, RTM_NEWLINK, 0);
	struct ifinfomsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->ifi_index = index;
	h->ifi_change = IFF_UP;
	h->ifi_flags = up ? IFF_UP : 0;
	return nl_talk(nl, m, NULL, NULL);
}

int link_set_snooping_off(struct nl *nl, int index)
{
	struct nlmsghdr *m = link_begin(nl, RTM_NEWLINK, 0, index);
	struct nlattr *info = mnl_attr_nest_start(m, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(m, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(m, IFLA_INFO_DATA);
	mnl_attr_put_u8(m, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(m, data);
	mnl_attr_nest_end(m, info);
	return nl_talk(nl, m, NULL, NULL);
}

int link_set_port_flags(struct nl *nl, int index, bool learning, bool unicast_flood)
{
	struct nlmsghdr *m = link_request(nl, RTM_SETLINK, 0, AF_BRIDGE, index);
	struct nlattr *info = mnl_attr_nest_start(m, IFLA_PROTINFO);

	mnl_attr_put_u8(m, IFLA_BRPORT_LEARNING, learning);
	mnl_attr_put_u8(m, IFLA_BRPORT_UNICAST_FLOOD, unicast_flood);
	mnl_attr_nest_end(m, info);
	return nl_talk(nl, m, NULL, NULL);
}
