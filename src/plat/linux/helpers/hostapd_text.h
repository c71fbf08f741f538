/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_HOSTAPD_TEXT_H
#define PLAT_HOSTAPD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/addr.h"

/* A datagram of hostapd's control interface, not terminated: true for "<N>AP-STA-CONNECTED MAC ..."
 * and
 * "<N>AP-STA-DISCONNECTED MAC ...". */
bool hostapd_text_station(const char *text, size_t len, bool *ret_connected, struct mac *ret);

#endif
