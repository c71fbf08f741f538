/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCPv4 messages (RFC 2131) with the options we understand (RFC 2132, 3396, 3397, 3442, 8910): one
 * host struct for both directions, so that servers, clients and tests share it. An address of zero,
 * a number of 0 and an empty text mean that the option is absent.
 */
#ifndef PACKET_DHCP_H
#define PACKET_DHCP_H

#include "lib/addr.h"

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68
#define DHCP_FIXED 240	  /* bytes up to and including the magic cookie */
#define DHCP_LEN_MIN 300  /* what senders pad to (RFC 1542 section 2.1) */
#define DHCP_ID_MAX 64	  /* longer client identifiers are cut */
#define DHCP_NAME_MAX 64  /* buffers of names, with the NUL */
#define DHCP_MARK "trama" /* content of option DHCP_OPT_TRAMA */

enum dhcp_op {
	DHCP_OP_REQUEST = 1, /* from a client */
	DHCP_OP_REPLY = 2,
};

enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
	DHCP_INFORM = 8,
};

enum dhcp_option {
	DHCP_OPT_PAD = 0,
	DHCP_OPT_MASK = 1,
	DHCP_OPT_ROUTER = 3,
	DHCP_OPT_TIME = 4,
	DHCP_OPT_DNS = 6,
	DHCP_OPT_LOG = 7,
	DHCP_OPT_HOSTNAME = 12,
	DHCP_OPT_DOMAIN = 15,
	DHCP_OPT_MTU = 26,
	DHCP_OPT_BROADCAST = 28,
	DHCP_OPT_NTP = 42,
	DHCP_OPT_REQUESTED = 50,
	DHCP_OPT_LEASE = 51,
	DHCP_OPT_OVERLOAD = 52,
	DHCP_OPT_TYPE = 53,
	DHCP_OPT_SERVER_ID = 54,
	DHCP_OPT_WANTED = 55, /* parameter request list */
	DHCP_OPT_MESSAGE = 56,
	DHCP_OPT_MAX_SIZE = 57,
	DHCP_OPT_T1 = 58,
	DHCP_OPT_T2 = 59,
	DHCP_OPT_CLIENT_ID = 61,
	DHCP_OPT_TFTP = 66,
	DHCP_OPT_BOOTFILE = 67,
	DHCP_OPT_FQDN = 81,
	DHCP_OPT_CAPTIVE = 114,
	DHCP_OPT_SEARCH = 119,
	DHCP_OPT_ROUTES = 121,
	DHCP_OPT_TFTP_ADDRESS = 150, /* RFC 5859 */
	DHCP_OPT_TRAMA = 224, /* site-specific: "trama" in offers of trama nodes and in what trama
				 nodes ask */
	DHCP_OPT_END = 255,
};

struct dhcp_msg {
	uint8_t op;   /* enum dhcp_op */
	uint8_t type; /* enum dhcp_type, 0: plain BOOTP */
	uint8_t hops;
	bool broadcast; /* flag: the client cannot receive unicast yet */
	uint16_t secs;
	uint32_t xid;
	struct ip4 ciaddr, yiaddr, siaddr, giaddr;
	struct mac chaddr;
	struct ip4 requested, server_id, mask, router, dns; /* the first where there are more */
	uint32_t lease_s, t1_s, t2_s;
	uint16_t mtu;
	uint16_t max_size;
	uint8_t id[DHCP_ID_MAX]; /* client identifier with its type byte */
	uint8_t id_len;
	char hostname[DHCP_NAME_MAX]; /* bytes as sent (option 12, else 81) up to the first NUL: not
					 to be trusted */
	char domain[DHCP_NAME_MAX];
	bool has_wanted;
	uint32_t wanted[8]; /* bit per option of the parameter request list */
	bool trama;	    /* option 224 holds the mark */
};

/* The option is in the parameter request list. */
bool dhcp_wants(const struct dhcp_msg *m, uint8_t option);

/*
 * r is what UDP carries. Options are taken from the field, then `file` and `sname` where option 52
 * says so; pieces of one option are joined (RFC 3396). 0 or -EBADMSG: truncated, no cookie, an
 * option that leaves its field or has the wrong length, hardware other than Ethernet.
 */
int dhcp_decode(struct rd *r, struct dhcp_msg *ret);

/*
 * Encoding: fixed part and cookie with option 53 (if type is not 0), then options one by one, then
 * the end and padding to DHCP_LEN_MIN. Only op, hops, broadcast, secs, xid, the four addresses,
 * chaddr and type of m are written by begin.
 */
void dhcp_encode_begin(struct wr *w, const struct dhcp_msg *m);
void dhcp_encode_option(struct wr *w, uint8_t option, const void *data,
			size_t len); /* split where over 255 bytes */
void dhcp_encode_u16(struct wr *w, uint8_t option, uint16_t v);
void dhcp_encode_u32(struct wr *w, uint8_t option, uint32_t v);
void dhcp_encode_ip4(struct wr *w, uint8_t option, const struct ip4 *a);
void dhcp_encode_text(struct wr *w, uint8_t option, const char *text);
void dhcp_encode_end(struct wr *w);
/* The whole message of a client: begin, every option of m that is present, end. */
void dhcp_encode(struct wr *w, const struct dhcp_msg *m);

#endif
