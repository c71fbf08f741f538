/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel programs and the daemon both see: keys and values of the maps. Only fixed-size
 * types. */
#ifndef BPF_MAPS_H
#define BPF_MAPS_H

#include <linux/types.h>

#define VLAN_MAP_ENTRIES 64

/* Map vlan_in: which frames of a port go to which VLAN device. */
struct vlan_key {
	__u32 port;  /* ifindex */
	__u16 vid;   /* 1..4094 */
	__be16 type; /* 0x88a8 or 0x8100 in wire order, as the kernel has it */
};

struct vlan_target {
	__u32 peer; /* ifindex of the hidden end, what is sent there comes out of the device */
	__u32 pad;
	__u64 frames;
	__u64 failed;
};

/* Map vlan_out, keyed by the ifindex of the hidden end: where frames of a VLAN device go, and with
 * which tag. */
struct vlan_source {
	__u32 port;
	__u16 vid;
	__be16 type;
	__u64 frames;
	__u64 failed;
};

_Static_assert(sizeof(struct vlan_key) == 8, "no padding in a key");
_Static_assert(sizeof(struct vlan_target) == 24, "same layout on both sides");
_Static_assert(sizeof(struct vlan_source) == 24, "same layout on both sides");

#endif
