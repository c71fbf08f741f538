/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the DHCP client's script writes: lines "KEY VALUE..." for one lease. */
#ifndef PLAT_UPLINK_TEXT_H
#define PLAT_UPLINK_TEXT_H

#include "node/event.h"

#define UPLINK_TEXT_MAX 2048

/* text is NUL-terminated and cut into words in place; port is taken over. Without an address, or
 * with one that nobody can have, the uplink is gone. 0 or -EBADMSG. */
int uplink_text_parse(char *text, uint16_t port, struct event_uplink *ret);

#endif
