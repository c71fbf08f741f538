/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State datagrams between Babel neighbours: one UDP socket per Babel device, link-local unicast and
 * nothing else. While the cloud is cut one more, at the node's own address, for what comes routed
 * from its other parts: by a Babel device, never from clients or an uplink. */
#ifndef PLAT_DATAGRAMS_H
#define PLAT_DATAGRAMS_H

#include <uv.h>

#include "node/effect.h"
#include "plat/linux/devices.h"
#include "plat/linux/sink.h"

#define DATAGRAMS_SIZE 2048

struct datagrams_counters {
	uint64_t received, sent;
	uint64_t not_local; /* source or destination no link-local unicast address */
	uint64_t not_mesh;  /* routed, but not by a Babel device */
	uint64_t too_long;
	uint64_t no_device;
	uint64_t send_failed;
};

struct datagrams;

struct datagrams *datagrams_new(uv_loop_t *loop, struct sink sink);
/* NULL accepted. */
void datagrams_free(struct datagrams *d);

/* Opens and closes sockets for wish.babel and wish.has_parts; returns how many could not be opened
 * for want of their device or address. */
unsigned int datagrams_apply(struct datagrams *d, const struct wish *w,
			     const struct devices *devices);
void datagrams_send(struct datagrams *d, const struct effect_datagram *e);
const struct datagrams_counters *datagrams_counters(const struct datagrams *d);

#endif
