/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DHCPv6 as far as stateless service goes (RFC 8415 sections 8, 18.3.6, 21; RFC 3646):
 * information-request and reply. */
#ifndef PACKET_DHCP6_H
#define PACKET_DHCP6_H

#include "lib/addr.h"
#include "packet/name.h"

#define DHCP6_SERVER_PORT 547
#define DHCP6_CLIENT_PORT 546
#define DHCP6_DUID_MAX 130

enum dhcp6_type {
	DHCP6_REPLY = 7,
	DHCP6_INFORMATION_REQUEST = 11,
};

enum dhcp6_option {
	DHCP6_OPT_CLIENT_ID = 1,
	DHCP6_OPT_SERVER_ID = 2,
	DHCP6_OPT_IA_NA = 3,
	DHCP6_OPT_IA_TA = 4,
	DHCP6_OPT_WANTED = 6, /* option request */
	DHCP6_OPT_DNS = 23,
	DHCP6_OPT_SEARCH = 24,
	DHCP6_OPT_IA_PD = 25,
	DHCP6_OPT_REFRESH = 32, /* information refresh time */
};

struct dhcp6_msg {
	uint8_t type; /* enum dhcp6_type or another */
	uint32_t xid; /* 24 bits */
	uint8_t client_id[DHCP6_DUID_MAX];
	uint8_t client_id_len; /* 0: none */
	uint8_t server_id[DHCP6_DUID_MAX];
	uint8_t server_id_len;
	bool wants_dns, wants_search; /* option request list */
	/* any identity association: the sender wants an address */
	bool has_ia;
	struct ip6 dns;		    /* of a reply, the first; zero: none */
	char search[NAME_MAX_TEXT]; /* of a reply, the first */
	uint32_t refresh_s;	    /* of a reply, 0: none */
};

/* r is what UDP carries; relay messages are not understood. 0 or -EBADMSG. */
int dhcp6_decode(struct rd *r, struct dhcp6_msg *ret);
/* All that is present; the caller decides what is. Client and server identifier first. */
void dhcp6_encode(struct wr *w, const struct dhcp6_msg *m);
/* DUID-LL (RFC 8415 section 11.4) of a MAC: 10 bytes. */
#define DHCP6_DUID_LL 10
void dhcp6_duid_ll(const struct mac *m, uint8_t ret[static DHCP6_DUID_LL]);

#endif
