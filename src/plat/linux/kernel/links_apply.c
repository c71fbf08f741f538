/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links: difference between wish and kernel. */
#include "plat/linux/kernel/links_apply.h"

#include <errno.h>
#include <linux/if.h>
#include <string.h>

#include "plat/linux/kernel/offload.h"
#include "plat/linux/kernel/sysctls.h"

#define NO_BATADV                                                                                  \
	"this kernel has no batman-adv (module batman_adv; without it set option engine 'user' "   \
	"in 'trama l2'), create"
#define ROUNDS                                                                                     \
	4 /* a change may undo or allow another: MTU of a bridge and its ports, a device and its   \
	     parent */

static void dump_again(struct apply *a)
{
	int r = links_dump(a->nl, a->links);

	if (r)
		apply_fail(a, r, "dump of", "links");
}

static bool has_peer(const struct apply *a, const struct link_info *l, const char *peer)
{
	const struct link_info *other = links_find(a->links, peer);

	return !strcmp(l->kind, "veth") && other && other->index == l->below;
}

/* Is what is there of the right kind, so that the rest can be changed in place? */
static bool link_fits(const struct apply *a, const struct wish_link *w, const struct link_info *l)
{
	const struct link_info *parent;
	char hidden[NODE_IFNAME];

	switch (w->kind) {
	case WISH_BRIDGE:
		return !strcmp(l->kind, "bridge");
	case WISH_VETH:
		return has_peer(a, l, w->peer);
	case WISH_VLAN:
		vlan_hidden_name(w->name, hidden);
		if (has_peer(a, l, hidden))
			return true;
		parent = links_find(a->links, w->parent);
		return !strcmp(l->kind, "vlan") && l->vid == w->vid &&
		       l->vlan_proto == w->vlan_proto && parent && l->below == parent->index;
	case WISH_BATADV:
		return !strcmp(l->kind, "batadv");
	case WISH_EXISTING:
		break;
	}
	return true;
}

/* Links of ours that the wish does not have, or has in another form. */
static void delete_stale(struct apply *a)
{
	unsigned int before = a->changes;

	for (size_t i = 0; i < a->links->count; i++) {
		const struct link_info *l = &a->links->v[i];
		const struct wish_link *w = wish_link_find(a->wish, l->name);
		int r;

		if (!l->ours || vlan_is_hidden(a->wish, l->name) ||
		    (w && w->kind != WISH_EXISTING && link_fits(a, w, l)))
			continue;
		r = link_delete(a->nl, l->index);
		/* The other end of a pair has gone with the first. */
		if (r != -ENODEV)
			apply_done(a, r, "delete", l->name);
	}
	if (a->changes != before)
		dump_again(a);
}

static int create_one(struct apply *a, struct vlans *v, const struct wish_link *w)
{
	static const struct mac none;
	const struct wish_link *peer;
	const struct link_info *parent;

	switch (w->kind) {
	case WISH_BRIDGE:
		return link_create_bridge(a->nl, w);
	case WISH_VETH:
		peer = wish_link_find(a->wish, w->peer);
		return link_create_veth(a->nl, w->name, &w->mac, w->peer,
					peer ? &peer->mac : &none);
	case WISH_VLAN:
		parent = links_find(a->links, w->parent);
		return parent ? vlan_create(v, a, w, parent) : -ENODEV;
	case WISH_BATADV:
		return link_create_batadv(a->nl, w);
	case WISH_EXISTING:
		break;
	}
	return -EINVAL;
}

/* Marks what has been made, also by a daemon that died before it could. */
static void mark_made(struct apply *a)
{
	unsigned int before = a->changes;

	for (size_t i = 0; i < a->found->count;) {
		struct found_item item = a->found->items[i];
		const struct link_info *l = links_find(a->links, item.where);

		if (strcmp(item.what, "made") != 0) {
			i++;
			continue;
		}
		if (l && !l->ours)
			apply_done(a, link_set_alias(a->nl, l->index), "alias", l->name);
		found_drop(a->found, item.what, item.where);
	}
	if (a->changes != before)
		dump_again(a);
}

static void create(struct apply *a, struct vlans *v, const struct wish_link *w)
{
	char hidden[NODE_IFNAME];
	int r = found_put(a->found, "made", w->name, 1);

	if (w->kind == WISH_VLAN)
		vlan_hidden_name(w->name, hidden);
	if (!r && (w->kind == WISH_VLAN || w->kind == WISH_VETH))
		r = found_put(a->found, "made", w->kind == WISH_VLAN ? hidden : w->peer, 1);
	if (!r)
		r = create_one(a, v, w);
	if (w->kind == WISH_BATADV && r == -EOPNOTSUPP)
		apply_fail(a, r, NO_BATADV, w->name);
	else
		apply_done(a, r, "create", w->name);
	dump_again(a);
	mark_made(a);
}

void links_create(struct apply *a, struct vlans *v)
{
	dump_again(a);
	mark_made(a);
	delete_stale(a);
	for (uint16_t i = 0; i < a->wish->link_count; i++) {
		const struct wish_link *w = &a->wish->links[i];
		const struct link_info *l = links_find(a->links, w->name);

		if (w->kind == WISH_EXISTING)
			continue;
		if (!l)
			create(a, v, w);
		else if (!l->ours) /* of that name, but somebody else's */
			apply_fail(a, -EEXIST, "create", w->name);
	}
}

/* Remembers how a port was before its first change. */
static int keep(struct apply *a, const struct wish_link *w, const char *what, long value)
{
	int r = w->kind == WISH_EXISTING ? found_put(a->found, what, w->name, value) : 0;

	if (r)
		apply_fail(a, r, "run directory", w->name);
	return r;
}

static void configure_values(struct apply *a, const struct wish_link *w, const struct link_info *l)
{
	const struct link_info *parent =
		w->kind == WISH_VLAN ? links_find(a->links, w->parent) : NULL;
	const struct mac *mac = mac_is_zero(&w->mac) && parent ? &parent->mac : &w->mac;

	if (w->mtu && l->mtu != w->mtu && !keep(a, w, "mtu", (long)l->mtu))
		apply_done(a, link_set_mtu(a->nl, l->index, w->mtu), "mtu", w->name);
	if (w->kind == WISH_EXISTING)
		return;
	if (!mac_is_zero(mac) && !mac_eq(mac, &l->mac))
		apply_done(a, link_set_mac(a->nl, l->index, mac), "mac", w->name);
	if (w->kind == WISH_BRIDGE && l->snooping)
		apply_done(a, link_set_snooping_off(a->nl, l->index), "snooping", w->name);
}

static void configure_variables(struct apply *a, const struct wish_link *w)
{
	int offloads;

	if (w->no_ipv6)
		sysctl_ensure(a, w->name, "ipv6/conf", "disable_ipv6", 1, w->kind == WISH_EXISTING);
	for (size_t i = 0; w->has_neigh_app_solicit && i < 2; i++) {
		const char *family = i ? "ipv6/neigh" : "ipv4/neigh";

		sysctl_ensure(a, w->name, family, "app_solicit", 3, false);
		sysctl_ensure(a, w->name, family, "mcast_solicit", 0, false);
		/* A second is long where nobody answers. In jiffies of any length this is a whole
		 * number, so that it reads as it was written. */
		sysctl_ensure(a, w->name, family, "retrans_time_ms", 500, false);
	}
	if (!w->no_offload)
		return;
	offloads = offload_get(w->name);
	if (offloads < 0)
		apply_fail(a, offloads, "offloads", w->name);
	else if (offloads > 0 && !keep(a, w, "offload", offloads))
		apply_done(a, offload_set(w->name, 0), "offloads", w->name);
}

static void configure_master(struct apply *a, const struct wish_link *w, const struct link_info *l)
{
	const struct link_info *want = w->master[0] ? links_find(a->links, w->master) : NULL;
	const struct link_info *is = l->master ? links_find_index(a->links, l->master) : NULL;
	int master = want ? want->index : 0;
	bool learning = !w->no_learning, flood = !w->no_unicast_flood;

	if (w->master[0] && (!want || !want->ours)) {
		apply_fail(a, want ? -EBUSY : -ENODEV, "bridge", w->master);
		return;
	}
	if (l->master != master) {
		if (is && !wish_makes_link(a->wish, is->name)) {
			/* Somebody else's bridge or bond keeps its ports. */
			if (want)
				apply_fail(a, -EBUSY, "bridge port", w->name);
			return;
		}
		if (apply_done(a, link_set_master(a->nl, l->index, master), "bridge port",
			       w->name) ||
		    !master)
			return;
		if (!learning || !flood)
			apply_done(a, link_set_port_flags(a->nl, l->index, learning, flood),
				   "port flags", w->name);
	} else if (l->bridge_port && master &&
		   (l->learning != learning || l->unicast_flood != flood)) {
		apply_done(a, link_set_port_flags(a->nl, l->index, learning, flood), "port flags",
			   w->name);
	}
}

static void configure_up(struct apply *a, const struct wish_link *w, const struct link_info *l)
{
	bool up = (l->flags & IFF_UP) != 0;

	if (up == w->up || (w->kind == WISH_EXISTING && !w->up))
		return;
	if (!keep(a, w, "up", up))
		apply_done(a, link_set_up(a->nl, l->index, w->up), "up", w->name);
}

static void put_back(struct apply *a, const struct found_item *item)
{
	const struct link_info *l = links_find(a->links, item->where);

	if (!l)
		return;
	if (!strcmp(item->what, "mtu"))
		apply_done(a, link_set_mtu(a->nl, l->index, (uint32_t)item->value), "mtu", l->name);
	else if (!strcmp(item->what, "offload"))
		apply_done(a, offload_set(l->name, (int)item->value), "offloads", l->name);
	else if (!strcmp(item->what, "up"))
		apply_done(a, link_set_up(a->nl, l->index, item->value != 0), "up", l->name);
}

/* Ports that the wish no longer names, and values of ports that it no longer asks for. */
static void put_back_unwished(struct apply *a)
{
	for (size_t i = 0; i < a->found->count; i++) {
		struct found_item item = a->found->items[i];
		const struct wish_link *w = wish_link_find(a->wish, item.where);

		if (strcmp(item.what, "mtu") != 0 && strcmp(item.what, "offload") != 0 &&
		    strcmp(item.what, "up") != 0)
			continue;
		if (w && (strcmp(item.what, "mtu") != 0 || w->mtu) &&
		    (strcmp(item.what, "offload") != 0 || w->no_offload) &&
		    (strcmp(item.what, "up") != 0 || w->up))
			continue;
		put_back(a, &item);
		found_drop(a->found, item.what, item.where);
		i--;
	}
}

static void leave_bridges(struct apply *a)
{
	for (size_t i = 0; i < a->links->count; i++) {
		const struct link_info *l = &a->links->v[i];
		const struct link_info *master =
			l->master ? links_find_index(a->links, l->master) : NULL;

		if (master && master->ours && !wish_link_find(a->wish, l->name))
			apply_done(a, link_set_master(a->nl, l->index, 0), "bridge port", l->name);
	}
}

static void configure_once(struct apply *a, struct vlans *v)
{
	leave_bridges(a);
	put_back_unwished(a);
	for (uint16_t i = 0; i < a->wish->link_count; i++) {
		const struct wish_link *w = &a->wish->links[i];
		const struct link_info *l = links_find(a->links, w->name);

		if (!l || (w->kind != WISH_EXISTING && !l->ours))
			continue;
		configure_variables(a, w);
		configure_values(a, w, l);
		configure_master(a, w, l);
		configure_up(a, w, l);
	}
	vlans_apply(v, a);
}

void links_configure(struct apply *a, struct vlans *v)
{
	for (int i = 0; i < ROUNDS; i++) {
		unsigned int before = a->changes;
		struct text errors = *a->errors;
		int error = a->error;

		configure_once(a, v);
		if (a->changes == before)
			break;
		/* The next round says again what still fails. */
		if (i + 1 < ROUNDS) {
			*a->errors = errors;
			a->errors->buf[errors.len] = '\0';
			a->error = error;
		}
		dump_again(a);
	}
}

void links_remove(struct apply *a, struct vlans *v)
{
	dump_again(a);
	mark_made(a);
	vlans_remove(v, a);
	for (size_t i = 0; i < a->links->count; i++) {
		if (a->links->v[i].ours)
			link_delete(a->nl, a->links->v[i].index);
	}
	dump_again(a);
	put_back_unwished(a);
}
