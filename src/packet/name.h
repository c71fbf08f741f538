/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domain names as labels (RFC 1035 section 3.1), never compressed: as DHCP option 119, RA and
 * DHCPv6 carry them. */
#ifndef PACKET_NAME_H
#define PACKET_NAME_H

#include "lib/wire.h"

#define NAME_MAX_TEXT 254 /* a buffer for the longest name's text and its NUL */

/* "a.b" or "a.b."; an empty or overlong label or name makes w bad. */
void name_encode(struct wr *w, const char *text);
/* One name as text without the last dot; -EBADMSG: truncated, compressed, too long, a byte that is
 * no letter, digit, '-' or '_'. */
int name_decode(struct rd *r, char ret[static NAME_MAX_TEXT]);

#endif
