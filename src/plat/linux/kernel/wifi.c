/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two questions to generic netlink: the number of nl80211, the type of an interface. */
#include "plat/linux/kernel/wifi.h"

#include <linux/genetlink.h>
#include <linux/nl80211.h>

#include "plat/linux/kernel/netlink.h"

struct answer {
	uint16_t attribute;
	uint32_t value;
};

static int get_attribute(void *arg, const struct nlmsghdr *m)
{
	struct answer *a = arg;
	const struct nlattr *tb[16];

	if (!m || m->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	nl_attrs(m, sizeof(struct genlmsghdr), tb, 15);
	a->value = nl_u32(tb[a->attribute], nl_u16(tb[a->attribute], 0));
	return 0;
}

static struct nlmsghdr *genl_begin(struct nl *nl, uint16_t family, uint8_t command)
{
	struct nlmsghdr *m = nl_begin(nl, family, 0);
	struct genlmsghdr *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->cmd = command;
	h->version = 1;
	return m;
}

static uint32_t interface_type(struct nl *nl, int ifindex)
{
	struct answer family = { .attribute = CTRL_ATTR_FAMILY_ID },
		      type = { .attribute = NL80211_ATTR_IFTYPE };
	struct nlmsghdr *m = genl_begin(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);

	mnl_attr_put_strz(m, CTRL_ATTR_FAMILY_NAME, NL80211_GENL_NAME);
	if (nl_talk(nl, m, get_attribute, &family) != 0 || !family.value)
		return NL80211_IFTYPE_UNSPECIFIED;
	m = genl_begin(nl, (uint16_t)family.value, NL80211_CMD_GET_INTERFACE);
	mnl_attr_put_u32(m, NL80211_ATTR_IFINDEX, (uint32_t)ifindex);
	if (nl_talk(nl, m, get_attribute, &type) != 0)
		return NL80211_IFTYPE_UNSPECIFIED;
	return type.value;
}

enum port_kind wifi_kind(int ifindex)
{
	struct nl nl;
	uint32_t type;

	if (nl_open(&nl, NETLINK_GENERIC) != 0)
		return PORT_KIND_ETHERNET;
	type = interface_type(&nl, ifindex);
	nl_close(&nl);
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
