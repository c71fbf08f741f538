/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question to nl80211: the type of an interface. */
#include "plat/linux/kernel/wifi.h"

#include <linux/genetlink.h>
#include <linux/nl80211.h>

#include "plat/linux/kernel/netlink.h"

static int get_type(void *arg, const struct nlmsghdr *m)
{
	const struct nlattr *tb[NL80211_ATTR_IFTYPE + 1];
	uint32_t *type = arg;

	if (!m || m->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	nl_attrs(m, sizeof(struct genlmsghdr), tb, NL80211_ATTR_IFTYPE);
	*type = nl_u32(tb[NL80211_ATTR_IFTYPE], *type);
	return 0;
}

static uint32_t interface_type(struct nl *nl, int ifindex)
{
	uint16_t family = nl_family(nl, NL80211_GENL_NAME);
	uint32_t type = NL80211_IFTYPE_UNSPECIFIED;
	struct nlmsghdr *m;

	if (!family)
		return type;
	m = nl_begin_generic(nl, family, NL80211_CMD_GET_INTERFACE, 0);
	mnl_attr_put_u32(m, NL80211_ATTR_IFINDEX, (uint32_t)ifindex);
	return nl_talk(nl, m, get_type, &type) ? NL80211_IFTYPE_UNSPECIFIED : type;
}

enum port_kind wifi_kind(int ifindex, bool *ret_wifi)
{
	struct nl nl;
	uint32_t type;

	*ret_wifi = false;
	if (nl_open(&nl, NETLINK_GENERIC) != 0)
		return PORT_KIND_ETHERNET;
	type = interface_type(&nl, ifindex);
	nl_close(&nl);
	*ret_wifi = type != NL80211_IFTYPE_UNSPECIFIED;
	switch (type) {
	case NL80211_IFTYPE_AP:
	case NL80211_IFTYPE_AP_VLAN:
		return PORT_KIND_WIFI_AP;
	case NL80211_IFTYPE_ADHOC:
	case NL80211_IFTYPE_MESH_POINT:
		return PORT_KIND_WIFI_MESH;
	case NL80211_IFTYPE_STATION:
		return PORT_KIND_TUNNEL;
	default:
		return PORT_KIND_ETHERNET;
	}
}
