/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forwarding and neighbour entries by RTM_NEWNEIGH and RTM_DELNEIGH. */
#include "plat/linux/kernel/fdb.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

struct neigh {
	uint16_t type, flags; /* of the message */
	int ifindex;
	uint16_t state;
	uint8_t family, ntf;
};

static struct nlmsghdr *neigh_begin(struct nl *nl, const struct neigh *n)
{
	struct nlmsghdr *m = nl_begin(nl, n->type, n->flags);
	struct ndmsg *h = mnl_nlmsg_put_extra_header(m, sizeof(*h));

	h->ndm_family = n->family;
	h->ndm_ifindex = n->ifindex;
	h->ndm_state = n->state;
	h->ndm_flags = n->ntf;
	return m;
}

struct entry {
	bool here;
	int ifindex;
	uint16_t state;
	struct mac mac;
};

static int get_entry(void *arg, const struct nlmsghdr *m)
{
	const struct nlattr *tb[NDA_MAX + 1];
	struct entry *e = arg;
	struct ndmsg h;

	if (!m || m->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(m) < sizeof(h))
		return 0;
	memcpy(&h, mnl_nlmsg_get_payload(m), sizeof(h));
	*e = (struct entry) { .here = true, .ifindex = h.ndm_ifindex, .state = h.ndm_state };
	nl_attrs(m, sizeof(h), tb, NDA_MAX);
	nl_bytes(tb[NDA_LLADDR], e->mac.b, sizeof(e->mac.b));
	return 0;
}

static bool fdb_is_static(struct nl *nl, int port, const struct mac *mac)
{
	struct neigh n = {
		.type = RTM_GETNEIGH, .family = AF_BRIDGE, .ntf = NTF_MASTER, .ifindex = port
	};
	struct nlmsghdr *m = neigh_begin(nl, &n);
	struct entry e = { 0 };

	mnl_attr_put(m, NDA_LLADDR, sizeof(mac->b), mac->b);
	return nl_talk(nl, m, get_entry, &e) == 0 && e.here && e.ifindex == port &&
	       (e.state & NUD_NOARP);
}

void fdb_apply(struct apply *a)
{
	for (uint16_t i = 0; i < a->wish->fdb_count; i++) {
		const struct wish_fdb *f = &a->wish->fdb[i];
		const struct link_info *l = links_find(a->links, f->dev);
		struct neigh n = { .type = RTM_NEWNEIGH,
				   .flags = NLM_F_CREATE | NLM_F_REPLACE,
				   .family = AF_BRIDGE,
				   .ntf = NTF_MASTER,
				   .state = NUD_NOARP };
		struct nlmsghdr *m;

		if (!l || !l->bridge_port) {
			apply_fail(a, -ENODEV, "forwarding entry", f->dev);
			continue;
		}
		if (fdb_is_static(a->nl, l->index, &f->mac))
			continue;
		n.ifindex = l->index;
		m = neigh_begin(a->nl, &n);
		mnl_attr_put(m, NDA_LLADDR, sizeof(f->mac.b), f->mac.b);
		apply_done(a, nl_talk(a->nl, m, NULL, NULL), "forwarding entry", f->dev);
	}
}

int fdb_delete(struct nl *nl, int port, const struct mac *mac, uint16_t vid)
{
	struct neigh n = {
		.type = RTM_DELNEIGH, .family = AF_BRIDGE, .ntf = NTF_MASTER, .ifindex = port
	};
	struct nlmsghdr *m = neigh_begin(nl, &n);

	mnl_attr_put(m, NDA_LLADDR, sizeof(mac->b), mac->b);
	if (vid)
		mnl_attr_put_u16(m, NDA_VLAN, vid);
	return nl_talk(nl, m, NULL, NULL);
}

int fdb_unicast(struct nl *nl, int ifindex, const struct mac *mac, bool add)
{
	struct neigh n = { .type = add ? RTM_NEWNEIGH : RTM_DELNEIGH,
			   .flags = add ? NLM_F_CREATE | NLM_F_EXCL : 0,
			   .family = AF_BRIDGE,
			   .ntf = NTF_SELF,
			   .state = NUD_PERMANENT,
			   .ifindex = ifindex };
	struct nlmsghdr *m = neigh_begin(nl, &n);

	mnl_attr_put(m, NDA_LLADDR, sizeof(mac->b), mac->b);
	return nl_talk(nl, m, NULL, NULL);
}

int fdb_dump(struct nl *nl, int bridge, nl_fn *fn, void *arg)
{
	struct neigh n = { .type = RTM_GETNEIGH, .flags = NLM_F_DUMP, .family = AF_BRIDGE };
	struct nlmsghdr *m = neigh_begin(nl, &n);

	mnl_attr_put_u32(m, NDA_MASTER, (uint32_t)bridge);
	return nl_talk(nl, m, fn, arg);
}

int neigh_answer(struct nl *nl, int ifindex, const void *ip, size_t len, const struct mac *mac)
{
	bool nobody = mac_is_zero(mac);
	struct neigh n = { .type = RTM_NEWNEIGH,
			   .flags = NLM_F_REPLACE | (nobody ? 0 : NLM_F_CREATE),
			   .state = nobody ? NUD_FAILED : NUD_REACHABLE,
			   .family = len == 4 ? AF_INET : AF_INET6,
			   .ifindex = ifindex };
	struct nlmsghdr *m = neigh_begin(nl, &n);
	int r;

	mnl_attr_put(m, NDA_DST, len, ip);
	if (!nobody)
		mnl_attr_put(m, NDA_LLADDR, sizeof(mac->b), mac->b);
	r = nl_talk(nl, m, NULL, NULL);
	return nobody && r == -ENOENT ? 0 : r;
}

int neigh_find(struct nl *nl, int ifindex, const void *ip, size_t len, struct mac *ret_mac)
{
	struct neigh n = { .type = RTM_GETNEIGH,
			   .family = len == 4 ? AF_INET : AF_INET6,
			   .ifindex = ifindex };
	struct nlmsghdr *m = neigh_begin(nl, &n);
	struct entry e = { 0 };
	int r;

	mnl_attr_put(m, NDA_DST, len, ip);
	r = nl_talk(nl, m, get_entry, &e);
	if (!r && (e.state & (NUD_INCOMPLETE | NUD_FAILED) || mac_is_zero(&e.mac)))
		r = -ENOENT;
	if (!r)
		*ret_mac = e.mac;
	return r;
}
