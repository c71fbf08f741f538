/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of Wi-Fi an interface is, by nl80211 (sysfs shows the interfaces of whoever mounted
 * it). */
#ifndef PLAT_LINUX_WIFI_H
#define PLAT_LINUX_WIFI_H

#include "node/event.h"

/* PORT_KIND_ETHERNET where there is no nl80211 or the interface is none of its own. A station of
 * somebody's access point cannot be bridged: PORT_KIND_TUNNEL, layer 3 only. *ret_wifi: it is
 * nl80211's, and may be something else tomorrow. */
enum port_kind wifi_kind(int ifindex, bool *ret_wifi);

#endif
