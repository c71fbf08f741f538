/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_NOTIFY_H
#define PLAT_NOTIFY_H

/* sd_notify(3) without its library: one datagram to $NOTIFY_SOCKET, nothing where there is none. */
void notify_send(const char *state);

#endif
