// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VLAN device where the kernel has no 8021q: a veth pair, `device` and its hidden `peer`.
 *
 *   port ingress: a frame with the device's tag loses it and leaves by peer, so device gets it
 *   peer ingress: a frame sent by device gets the tag and leaves by the port
 *
 * Everything else on the port (untagged, priority-tagged, other VLANs) goes on to the next filter
 * and the stack. Interface counters of the device are true; the maps count frames and failures too.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VLAN_MAP_ENTRIES);
	__type(key, struct vlan_key);
	__type(value, struct vlan_target);
} vlan_in SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VLAN_MAP_ENTRIES);
	__type(key, __u32);
	__type(value, struct vlan_source);
} vlan_out SEC(".maps");

SEC("tc")
int vlan_port(struct __sk_buff *skb)
{
	struct vlan_key key = { .port = skb->ifindex };
	struct vlan_target *target;

	if (!skb->vlan_present)
		return TC_ACT_UNSPEC;
	key.vid = skb->vlan_tci & 0xfff;
	key.type = (__be16)skb->vlan_proto;
	target = bpf_map_lookup_elem(&vlan_in, &key);
	if (!target)
		return TC_ACT_UNSPEC;
	if (bpf_skb_vlan_pop(skb)) {
		__sync_fetch_and_add(&target->failed, 1);
		return TC_ACT_SHOT;
	}
	__sync_fetch_and_add(&target->frames, 1);
	return (int)bpf_redirect(target->peer, 0);
}

SEC("tc")
int vlan_peer(struct __sk_buff *skb)
{
	__u32 key = skb->ifindex;
	struct vlan_source *source = bpf_map_lookup_elem(&vlan_out, &key);

	if (!source)
		return TC_ACT_SHOT;
	if (bpf_skb_vlan_push(skb, source->type, source->vid)) {
		__sync_fetch_and_add(&source->failed, 1);
		return TC_ACT_SHOT;
	}
	__sync_fetch_and_add(&source->frames, 1);
	return (int)bpf_redirect(source->port, 0);
}

char _license[] SEC("license") = "GPL";
