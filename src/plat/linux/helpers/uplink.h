/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the DHCP clients of uplink ports got. Their script (udhcpc-event) leaves it in one small
 * file per interface, which outlives this process as the client does; the directory is watched.
 */
#ifndef PLAT_UPLINK_H
#define PLAT_UPLINK_H

#include <uv.h>

#include "node/wish.h"
#include "plat/linux/sink.h"

#define UPLINK_GRACE_MS 5000
#define UPLINK_DIR "/run/trama/dhcp"

struct uplink;

/* NULL and *ret_err = -errno. */
struct uplink *uplink_new(uv_loop_t *loop, struct sink sink, int *ret_err);
void uplink_free(struct uplink *u);

/* The client of that port runs, or has ended; `again`: it is about to be started anew. */
void uplink_started(struct uplink *u, uint16_t port, const char *dev);
void uplink_ended(struct uplink *u, uint16_t port, bool again);

#endif
