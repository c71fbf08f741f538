/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What does not concern the node must not wake it: a port may carry all traffic of a village. The
 * kernel has taken an outer tag off and put it aside before a socket sees a frame, so "tagged" is
 * asked of the metadata.
 */
#include "plat/linux/wires/packets_filter.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>

#include "node/effect.h"

#define ETHERTYPE_HELLO 0x88b5

/* Each line says where it stands, so that jumps can say where they go. */
#define LOAD_TAGGED                                                                                \
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT))
#define LOAD_TAG BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG))
#define LOAD_PACKET_TYPE BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))
#define LOAD8(at) BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (at))
#define LOAD16(at) BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (at))
#define LOAD_IP4_HEADER BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14)
#define LOAD16_AFTER_IP4(at) BPF_STMT(BPF_LD | BPF_H | BPF_IND, 14 + (at))
#define JUMP(line, test, v, yes, no)                                                               \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, (v), (uint8_t)((yes) - (line)-1),                       \
		 (uint8_t)((no) - (line)-1))
#define AND(mask) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (mask))
#define RETURN(bytes) BPF_STMT(BPF_RET | BPF_K, (bytes))
#define WHOLE 0x40000

#define VID_MASK 0xfff
#define VID_NONE 0xfff /* reserved */
#define FRAGMENT_OFFSET 0x1fff
#define PROTOCOL_UDP 17
#define PROTOCOL_ICMP6 58

enum { PORT_PASS = 12, PORT_DROP = 13 };

/* Port hellos, and DHCP servers' answers to a probe. */
static const struct sock_filter filter_port[] = {
	[0] = LOAD_TAGGED,
	[1] = JUMP(1, BPF_JEQ, 0, 2, PORT_DROP),
	[2] = LOAD16(12),
	[3] = JUMP(3, BPF_JEQ, ETHERTYPE_HELLO, PORT_PASS, 4),
	[4] = JUMP(4, BPF_JEQ, ETH_P_IP, 5, PORT_DROP),
	[5] = LOAD8(14 + 9),
	[6] = JUMP(6, BPF_JEQ, PROTOCOL_UDP, 7, PORT_DROP),
	[7] = LOAD16(14 + 6),
	[8] = JUMP(8, BPF_JSET, FRAGMENT_OFFSET, PORT_DROP, 9),
	[9] = LOAD_IP4_HEADER,
	[10] = LOAD16_AFTER_IP4(2),
	[11] = JUMP(11, BPF_JEQ, 68, PORT_PASS, PORT_DROP),
	[PORT_PASS] = RETURN(WHOLE),
	[PORT_DROP] = RETURN(0),
};

enum { CLIENT_TYPE = 4, CLIENT_IP6 = 15, CLIENT_UDP6 = 21, CLIENT_PASS = 23, CLIENT_DROP = 24 };

/* ARP, DHCP, neighbour and router discovery (ICMPv6 133 to 137), DHCPv6 of clients; a priority tag
 * (VLAN 0) makes no difference, telephones ask so. */
static const struct sock_filter filter_client[] = {
	[0] = LOAD_TAGGED,
	[1] = JUMP(1, BPF_JEQ, 0, CLIENT_TYPE, 2),
	[2] = LOAD_TAG,
	[3] = JUMP(3, BPF_JSET, VID_MASK, CLIENT_DROP, CLIENT_TYPE),
	[CLIENT_TYPE] = LOAD16(12),
	[5] = JUMP(5, BPF_JEQ, ETH_P_ARP, CLIENT_PASS, 6),
	[6] = JUMP(6, BPF_JEQ, ETH_P_IPV6, CLIENT_IP6, 7),
	[7] = JUMP(7, BPF_JEQ, ETH_P_IP, 8, CLIENT_DROP),
	[8] = LOAD8(14 + 9),
	[9] = JUMP(9, BPF_JEQ, PROTOCOL_UDP, 10, CLIENT_DROP),
	[10] = LOAD16(14 + 6),
	[11] = JUMP(11, BPF_JSET, FRAGMENT_OFFSET, CLIENT_DROP, 12),
	[12] = LOAD_IP4_HEADER,
	[13] = LOAD16_AFTER_IP4(2),
	[14] = JUMP(14, BPF_JEQ, 67, CLIENT_PASS, CLIENT_DROP),
	[CLIENT_IP6] = LOAD8(14 + 6),
	[16] = JUMP(16, BPF_JEQ, PROTOCOL_UDP, CLIENT_UDP6, 17),
	[17] = JUMP(17, BPF_JEQ, PROTOCOL_ICMP6, 18, CLIENT_DROP),
	[18] = LOAD8(14 + 40),
	[19] = JUMP(19, BPF_JGE, 133, 20, CLIENT_DROP),
	[20] = JUMP(20, BPF_JGT, 137, CLIENT_DROP, CLIENT_PASS),
	[CLIENT_UDP6] = LOAD16(14 + 40 + 2),
	[22] = JUMP(22, BPF_JEQ, 547, CLIENT_PASS, CLIENT_DROP),
	[CLIENT_PASS] = RETURN(WHOLE),
	[CLIENT_DROP] = RETURN(0),
};

enum { KERNEL_TYPE = 4, KERNEL_IP6 = 7, KERNEL_ICMP6 = 11, KERNEL_PASS = 15, KERNEL_DROP = 16 };

/* What the cloud tells this node: datagrams of other nodes, answers to ARP, and by neighbour
 * discovery (ICMPv6 135 and 136) who is in it; a priority tag makes no difference. */
static const struct sock_filter filter_kernel[] = {
	[0] = LOAD_TAGGED,
	[1] = JUMP(1, BPF_JEQ, 0, KERNEL_TYPE, 2),
	[2] = LOAD_TAG,
	[3] = JUMP(3, BPF_JSET, VID_MASK, KERNEL_DROP, KERNEL_TYPE),
	[KERNEL_TYPE] = LOAD16(12),
	[5] = JUMP(5, BPF_JEQ, ETH_P_IPV6, KERNEL_IP6, 6),
	[6] = JUMP(6, BPF_JEQ, ETH_P_ARP, KERNEL_PASS, KERNEL_DROP),
	[KERNEL_IP6] = LOAD8(14 + 6),
	[8] = JUMP(8, BPF_JEQ, PROTOCOL_UDP, 9, KERNEL_ICMP6),
	[9] = LOAD16(14 + 40 + 2),
	[10] = JUMP(10, BPF_JEQ, NODE_STATE_UDP_PORT, KERNEL_PASS, KERNEL_DROP),
	[KERNEL_ICMP6] = JUMP(11, BPF_JEQ, PROTOCOL_ICMP6, 12, KERNEL_DROP),
	[12] = LOAD8(14 + 40),
	[13] = JUMP(13, BPF_JGE, 135, 14, KERNEL_DROP),
	[14] = JUMP(14, BPF_JGT, 136, KERNEL_DROP, KERNEL_PASS),
	[KERNEL_PASS] = RETURN(WHOLE),
	[KERNEL_DROP] = RETURN(0),
};

#define BATMAN_OGM 0x00
#define BATMAN_ICMP_PACKET 0x43

enum { OVERHEAR_PASS = 3, OVERHEAR_DROP = 4 };

/* The kernel forwards; what is read beside it are announcements and answers to probes. */
static const struct sock_filter filter_overhear[] = {
	[0] = LOAD8(14),
	[1] = JUMP(1, BPF_JEQ, BATMAN_OGM, OVERHEAR_PASS, 2),
	[2] = JUMP(2, BPF_JEQ, BATMAN_ICMP_PACKET, OVERHEAR_PASS, OVERHEAR_DROP),
	[OVERHEAR_PASS] = RETURN(WHOLE),
	[OVERHEAR_DROP] = RETURN(0),
};

#define TAGGED_HEADER 18

enum { TAGGED_VIDS = 6 };

/* The headers of frames that leave, and so have their tag in them again, of a VLAN that the engine
 * does not have. One frame is enough: the next filter has its VLAN. */
static size_t filter_tagged(const struct wish_batadv *engine,
			    struct sock_filter ret[static PACKETS_FILTER_MAX])
{
	uint32_t known[WISH_VLANS + 2] = { 0, VID_NONE }; /* 0: a priority tag is no VLAN */
	uint32_t count = 2;

	for (uint32_t i = 0; i < engine->vlan_count; i++)
		known[count++] = engine->vlans[i];
	const uint32_t pass = TAGGED_VIDS + count, drop = pass + 1;
	const struct sock_filter head[TAGGED_VIDS] = {
		[0] = LOAD_PACKET_TYPE, [1] = JUMP(1, BPF_JEQ, PACKET_OUTGOING, 2, drop),
		[2] = LOAD16(12),	[3] = JUMP(3, BPF_JEQ, ETH_P_8021Q, 4, drop),
		[4] = LOAD16(14),	[5] = AND(VID_MASK),
	};

	memcpy(ret, head, sizeof(head));
	for (uint32_t i = 0, at = TAGGED_VIDS; i < count; i++, at++)
		ret[at] = (struct sock_filter)JUMP(at, BPF_JEQ, known[i], drop, at + 1);
	ret[pass] = (struct sock_filter)RETURN(TAGGED_HEADER);
	ret[drop] = (struct sock_filter)RETURN(0);
	return drop + 1;
}

#define COPY(filter) (memcpy(ret, filter, sizeof(filter)), sizeof(filter) / sizeof(filter[0]))

size_t packets_filter(enum link link, const struct wish_batadv *engine,
		      struct sock_filter ret[static PACKETS_FILTER_MAX])
{
	switch (link) {
	case LINK_PORT:
		return COPY(filter_port);
	case LINK_CLIENT:
		return COPY(filter_client);
	case LINK_KERNEL:
		return COPY(filter_kernel);
	case LINK_MESH:
		return engine->used ? COPY(filter_overhear) : 0;
	case LINK_TAGGED:
		return filter_tagged(engine, ret);
	case LINK_CLOUD:
		break;
	}
	return 0;
}
