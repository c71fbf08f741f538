/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of the ports, for the files of this core only.
 *
 * Port hello: Ethernet broadcast, ethertype 0x88b5 (IEEE 802 local experimental), untagged, then
 *
 *   "TRMA"  version u8 = 1  flags u8 (1: serves)  length u16, of all that follows
 *   node MAC 6  port MAC 6  batman-adv MAC 6  port id u16  network id 16
 *   elements {type u8, length u8, value}: 1 SSID (1 to 32 bytes), 2 IPv4 network (address 4, prefix
 * length u8)
 *
 * Unknown elements and what follows the length (Ethernet padding) are skipped.
 */
#ifndef CORE_PORT_MSG_H
#define CORE_PORT_MSG_H

#include "core/port/port.h"

#define PORT_FRAME_MAX 600 /* room for a DISCOVER or a hello */

/* r stands behind the ethertype. 0, -EBADMSG, -EPROTONOSUPPORT (somebody else's use of the
 * ethertype, or a later version). */
int port_hello_decode(struct rd *r, struct port_hello *ret);
/* The whole frame; 0 bytes written if it does not fit. */
void port_hello_encode(struct wr *w, const struct port_hello *h);

/* What counts in a DHCP OFFER. */
struct port_offer {
	struct mac from;
	struct mac chaddr;
	uint32_t xid;
	struct ip4 server, router;
	bool trama; /* carries trama's mark */
};

/* r stands behind the ethertype (IPv4) of a frame from `from`. 0, -EBADMSG, -EPROTONOSUPPORT (no
 * OFFER to port 68). */
int port_offer_decode(struct rd *r, const struct mac *from, struct port_offer *ret);
/* A DISCOVER from the port itself. */
void port_discover_encode(struct wr *w, const struct mac *mac, uint32_t xid, uint16_t secs);

#endif
