/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces of this network namespace: one dump into a list, and single requests that change
 * one of them. */
#ifndef PLAT_LINUX_LINKS_H
#define PLAT_LINUX_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "node/wish.h"
#include "plat/linux/kernel/netlink.h"

#define LINK_ALIAS "trama" /* IFLA_IFALIAS of what is ours */

struct link_info {
	int index;
	uint16_t type;	/* ARPHRD_* */
	uint32_t flags; /* IFF_* */
	uint32_t mtu;
	int master; /* ifindex, 0 = none */
	int below;  /* IFLA_LINK: parent, or peer of a veth; 0 = none or in another namespace */
	uint16_t vid;
	uint16_t vlan_proto; /* host order */
	bool ours;
	bool carrier;
	bool bridge_port;
	bool learning; /* of a bridge port */
	bool unicast_flood;
	bool snooping; /* of a bridge */
	struct mac mac;
	char name[NODE_IFNAME];
	char kind[16]; /* IFLA_INFO_KIND, "" for physical interfaces */
};

struct link_list {
	struct link_info *v;
	size_t count, cap;
};

/* Replaces the list; 0 or -errno. */
int links_dump(struct nl *nl, struct link_list *list);
void links_done(struct link_list *list);
/* NULL when there is none (or name is ""). Valid until the next links_dump. */
const struct link_info *links_find(const struct link_list *list, const char *name);
const struct link_info *links_find_index(const struct link_list *list, int index);

/* Begins a request about one interface, or of all (index 0) for a dump; family AF_BRIDGE: as a port
 * of its bridge, else AF_UNSPEC. */
struct nlmsghdr *link_request(struct nl *nl, uint16_t type, uint16_t flags, uint8_t family,
			      int index);

/* 0 or -errno each. */
int link_create_bridge(struct nl *nl, const struct wish_link *w);
/* Both ends, down; a MAC of zero leaves it to the kernel. */
int link_create_veth(struct nl *nl, const char *name, const struct mac *mac, const char *peer,
		     const struct mac *peer_mac);
/* -EOPNOTSUPP when the kernel has no 8021q. */
int link_create_vlan(struct nl *nl, const struct wish_link *w, int parent);
/* -EOPNOTSUPP when the kernel has no batman-adv. */
int link_create_batadv(struct nl *nl, const struct wish_link *w);
int link_delete(struct nl *nl, int index);
int link_set_alias(struct nl *nl, int index);
int link_set_mtu(struct nl *nl, int index, uint32_t mtu);
int link_set_mac(struct nl *nl, int index, const struct mac *mac);
int link_set_master(struct nl *nl, int index, int master); /* 0 = none */
int link_set_up(struct nl *nl, int index, bool up);
int link_set_snooping_off(struct nl *nl, int index);
int link_set_port_flags(struct nl *nl, int index, bool learning, bool unicast_flood);

#endif
