/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole Ethernet frames: one AF_PACKET socket per place where frames come in, read in batches, and
 * one for all that go out, written in batches. A frame to send is copied into the batch;
 * packets_flush, once per turn of the loop, hands all of them to the kernel in their order. What
 * does not fit a socket buffer is lost and counted, as on a wire.
 */
#ifndef PLAT_PACKETS_H
#define PLAT_PACKETS_H

#include <uv.h>

#include "node/effect.h"
#include "plat/linux/devices.h"
#include "plat/linux/sink.h"

#define PACKETS_BATCH 64
#define PACKETS_SIZE 2048 /* what a frame usually fits into, with a tag */
#define PACKETS_MAX 9600  /* longest frame: links of 9216 bytes and a header */

struct packets_counters {
	uint64_t received, sent;
	uint64_t too_long;    /* received or to be sent, over PACKETS_MAX */
	uint64_t no_device;   /* to be sent where nothing is open */
	uint64_t send_failed; /* the kernel refused */
	uint64_t socket_errors;
};

struct packets;

/* NULL and *ret_err = -errno. */
struct packets *packets_new(uv_loop_t *loop, struct sink sink, int *ret_err);
/* NULL accepted. */
void packets_free(struct packets *p);

/* Opens, closes and reopens sockets so that they fit the wish and the ports; cheap when nothing has
 * changed. Returns how many wished devices are not there (yet). */
unsigned int packets_apply(struct packets *p, const struct wish *w, const struct devices *ports);

void packets_send(struct packets *p, const struct effect_frame *f);
void packets_flush(struct packets *p);

const struct packets_counters *packets_counters(const struct packets *p);

#endif
