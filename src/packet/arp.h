/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ARP for IPv4 over Ethernet (RFC 826, RFC 5227). */
#ifndef PACKET_ARP_H
#define PACKET_ARP_H

#include "lib/addr.h"

#define ARP_LEN 28 /* bytes behind the Ethernet header */

enum arp_op {
	ARP_OP_REQUEST = 1,
	ARP_OP_REPLY = 2,
};

struct arp {
	uint16_t op; /* enum arp_op */
	struct mac sender_mac;
	struct ip4 sender; /* zero in a probe (RFC 5227) */
	struct mac target_mac;
	struct ip4 target;
};

/* r stands behind the Ethernet header. 0 or -EBADMSG: truncated, not Ethernet and IPv4, or an
 * unknown operation. */
int arp_decode(struct rd *r, struct arp *ret);
void arp_encode(struct wr *w, const struct arp *a);
/* A whole frame from a->sender_mac to dst. */
void arp_build(struct wr *w, const struct mac *dst, const struct arp *a);

#endif
