/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VLANs of a bridge port by RTM_SETLINK and RTM_DELLINK of family AF_BRIDGE. */
#include "plat/linux/kernel/tags.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/socket.h>

#define NO_VLANS                                                                                   \
	"the bridge of this kernel has no VLANs (CONFIG_BRIDGE_VLAN_FILTERING), and batman-adv "   \
	"drops what clients send with a tag, VLAN"
#define VIDS 4096

/* One dump. */
struct port_vlans {
	int port;	 /* ifindex */
	uint16_t before; /* the last one told; of a range only the ends are */
	bool here[VIDS];
	bool kept[VIDS]; /* the bridge's own */
};

static int add_vlans(const struct nlattr *a, void *arg)
{
	struct port_vlans *v = arg;
	struct bridge_vlan_info info;
	uint16_t first;

	if (mnl_attr_get_type(a) != IFLA_BRIDGE_VLAN_INFO || !nl_bytes(a, &info, sizeof(info)) ||
	    info.vid >= VIDS)
		return MNL_CB_OK;
	first = info.flags & BRIDGE_VLAN_INFO_RANGE_END ? v->before : info.vid;
	v->before = info.vid;
	for (uint16_t vid = first; vid <= info.vid; vid++) {
		v->here[vid] = true;
		v->kept[vid] = info.flags & BRIDGE_VLAN_INFO_PVID;
	}
	return MNL_CB_OK;
}

static int add_port(void *arg, const struct nlmsghdr *m)
{
	const struct nlattr *tb[IFLA_MAX + 1];
	struct port_vlans *v = arg;
	struct ifinfomsg h;

	if (!m) {
		*v = (struct port_vlans) { .port = v->port };
		return 0;
	}
	if (m->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(m) < sizeof(h))
		return 0;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	nl_attrs(m, sizeof(h), tb, IFLA_MAX);
	if (h.ifi_index != v->port || !tb[IFLA_AF_SPEC])
		return 0;
	mnl_attr_parse_nested(tb[IFLA_AF_SPEC], add_vlans, v);
	return 0;
}

static int vlans_dump(struct nl *nl, struct port_vlans *ret)
{
	struct nlmsghdr *m = link_request(nl, RTM_GETLINK, NLM_F_DUMP, AF_BRIDGE, 0);

	mnl_attr_put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
	return nl_talk(nl, m, add_port, ret);
}

static int vlan_set(struct nl *nl, int port, uint16_t vid, bool on)
{
	struct nlmsghdr *m = link_request(nl, on ? RTM_SETLINK : RTM_DELLINK, 0, AF_BRIDGE, port);
	struct bridge_vlan_info info = { .vid = vid };
	struct nlattr *spec = mnl_attr_nest_start(m, IFLA_AF_SPEC);

	mnl_attr_put(m, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
	mnl_attr_nest_end(m, spec);
	return nl_talk(nl, m, NULL, NULL);
}

static bool is_wished(const struct wish_batadv *w, uint16_t vid)
{
	for (int i = 0; i < w->vlan_count; i++) {
		if (w->vlans[i] == vid)
			return true;
	}
	return false;
}

static void vlans_change(struct tags *t, struct apply *a, const struct port_vlans *v)
{
	const struct wish_batadv *w = &a->wish->batadv;

	for (uint16_t vid = 1; vid < VIDS; vid++) {
		bool on = is_wished(w, vid);
		char text[8];
		struct text name = text_init(text, sizeof(text));
		int r;

		if (on == v->here[vid] || (!on && (v->kept[vid] || !w->vlans_told)))
			continue;
		text_add(&name, "%u", (unsigned int)vid);
		r = vlan_set(a->nl, v->port, vid, on);
		apply_done(a, r, r == -EOPNOTSUPP ? NO_VLANS : "VLAN of clients", text);
		if (r == -EOPNOTSUPP) {
			t->none = true;
			return;
		}
	}
}

void tags_apply(struct tags *t, struct apply *a)
{
	const struct link_info *l = links_find(a->links, a->wish->filter.cloud);
	struct port_vlans v = { 0 };
	int r;

	if (t->none || !a->wish->batadv.used || !l || !l->ours || !l->bridge_port)
		return;
	v.port = l->index;
	r = vlans_dump(a->nl, &v);
	if (r)
		apply_fail(a, r, "dump of VLANs", l->name);
	else
		vlans_change(t, a, &v);
}
