/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ethernet headers with at most one VLAN tag (IEEE 802.1Q clause 9). Further tags are payload:
 * `type` then holds the tag's ethertype.
 */
#ifndef PACKET_ETH_H
#define PACKET_ETH_H

#include "lib/addr.h"

#define ETH_HEADER 14 /* bytes without a tag */
#define ETH_TAG 4     /* bytes a tag adds */
#define ETH_MTU 1500  /* largest payload in a cloud */

enum eth_type {
	ETH_TYPE_IP4 = 0x0800,
	ETH_TYPE_ARP = 0x0806,
	ETH_TYPE_8021Q = 0x8100,
	ETH_TYPE_IP6 = 0x86dd,
	ETH_TYPE_8021AD = 0x88a8,
};

struct eth {
	struct mac dst, src;
	uint16_t type; /* of what follows header and tag; below 0x600 it is an 802.3 length */
	bool tagged;
	uint16_t tpid; /* of the tag: ETH_TYPE_8021Q or ETH_TYPE_8021AD */
	uint16_t vid;  /* 0 to 4095, 0 is a priority tag or none */
	uint8_t pcp;   /* 0 to 7 */
};

/* Reads header and tag, r then stands at the payload. 0 or -EBADMSG (truncated). */
int eth_decode(struct rd *r, struct eth *ret);
/* tpid 0 with tagged set means 802.1Q. */
void eth_encode(struct wr *w, const struct eth *e);

#endif
