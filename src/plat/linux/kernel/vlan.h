/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VLAN devices: the kernel's own, or where it has no 8021q a veth pair that src/bpf/vlan.bpf.c
 * joins to the port.
 *
 * The pair is `name` and a hidden end. The programs sit at clsact ingress of the port and of the
 * hidden end, with a fixed priority and handle, and are replaced in place, so a restart loses no
 * frame. A program that others put before ours (priority below VLAN_TC_PRIORITY) must return
 * TC_ACT_UNSPEC. The hidden end is up only while the port has carrier: so the device has the
 * carrier of its port.
 */
#ifndef PLAT_LINUX_VLAN_H
#define PLAT_LINUX_VLAN_H

#include "bpf/maps.h"
#include "plat/linux/kernel/apply.h"

#define VLAN_TC_PRIORITY 171
#define VLAN_TC_HANDLE 171

struct vlan_entry {
	char name[NODE_IFNAME];
	char parent[NODE_IFNAME];
	int device, peer, port; /* ifindex */
	uint16_t vid;
	uint16_t proto;
	struct mac mac; /* of the device; added to the port's unicast filter */
};

struct vlans {
	struct bpf_object *object; /* NULL until a pair is needed */
	int in_map, out_map, port_program, peer_program;
	bool no_8021q; /* the kernel has said so */
	uint16_t count;
	struct vlan_entry entries[VLAN_MAP_ENTRIES];
};

void vlan_hidden_name(const char *name, char ret[static NODE_IFNAME]);
/* Is that name the hidden end of a VLAN device in the wish? */
bool vlan_is_hidden(const struct wish *w, const char *name);

/* Makes the device or the pair, down. 0 or -errno. */
int vlan_create(struct vlans *v, struct apply *a, const struct wish_link *w,
		const struct link_info *parent);
/* Joins pairs and ports, takes apart what is no longer wished. */
void vlans_apply(struct vlans *v, struct apply *a);
/* Gives the hidden ends the carrier of their ports, by a fresh list; returns the first error. */
int vlans_carrier(struct vlans *v, struct nl *nl, const struct link_list *links);
/* Programs, qdiscs and unicast addresses leave the ports, also those of an earlier daemon. */
void vlans_remove(struct vlans *v, struct apply *a);
/* Forgets without touching the kernel. */
void vlans_done(struct vlans *v);

#endif
