/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_NOTIFY_H
#define PLAT_NOTIFY_H

#include "lib/clock.h"

/* sd_notify(3) without its library: one datagram to $NOTIFY_SOCKET, nothing where there is none. */
void notify_send(const char *state);

/* How often WATCHDOG=1 is to be sent at least ($WATCHDOG_USEC), 0 = it is not wanted. */
usec_t notify_watchdog(void);

#endif
