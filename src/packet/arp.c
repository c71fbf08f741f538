/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/arp.h"

#include <errno.h>

#include "packet/eth.h"

enum { HARDWARE_ETHERNET = 1 };

int arp_decode(struct rd *r, struct arp *ret)
{
	struct arp a;
	uint16_t hardware = rd_u16(r);
	uint16_t proto = rd_u16(r);
	uint8_t hardware_len = rd_u8(r);
	uint8_t proto_len = rd_u8(r);

	a.op = rd_u16(r);
	a.sender_mac = rd_mac(r);
	a.sender = rd_ip4(r);
	a.target_mac = rd_mac(r);
	a.target = rd_ip4(r);
	if (!rd_ok(r) || hardware != HARDWARE_ETHERNET || proto != ETH_TYPE_IP4 ||
	    hardware_len != 6 || proto_len != 4 || (a.op != ARP_OP_REQUEST && a.op != ARP_OP_REPLY))
		return -EBADMSG;
	*ret = a;
	return 0;
}

void arp_encode(struct wr *w, const struct arp *a)
{
	wr_u16(w, HARDWARE_ETHERNET);
	wr_u16(w, ETH_TYPE_IP4);
	wr_u8(w, 6);
	wr_u8(w, 4);
	wr_u16(w, a->op);
	wr_mac(w, &a->sender_mac);
	wr_ip4(w, &a->sender);
	wr_mac(w, &a->target_mac);
	wr_ip4(w, &a->target);
}

void arp_build(struct wr *w, const struct mac *dst, const struct arp *a)
{
	struct eth e = { .dst = *dst, .src = a->sender_mac, .type = ETH_TYPE_ARP };

	eth_encode(w, &e);
	arp_encode(w, a);
}
