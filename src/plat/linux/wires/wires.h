/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that a node sends and receives: frames, state datagrams, probes. */
#ifndef PLAT_WIRES_H
#define PLAT_WIRES_H

#include <uv.h>

#include "node/effect.h"
#include "plat/linux/wires/datagrams.h"
#include "plat/linux/devices.h"
#include "plat/linux/wires/packets.h"
#include "plat/linux/sink.h"

struct wires;

/* NULL and *ret_err = -errno. */
struct wires *wires_new(uv_loop_t *loop, struct sink sink, int *ret_err);
void wires_free(struct wires *w);

/* After the kernel has been made to look like the wish, and when devices came or went. Returns how
 * many sockets could not be opened for want of their device. */
unsigned int wires_apply(struct wires *w, const struct wish *wish, const struct devices *devices);

void wires_frame(struct wires *w, const struct effect_frame *f);
void wires_datagram(struct wires *w, const struct effect_datagram *d);
void wires_probe(struct wires *w, const struct effect_probe *p, const struct devices *devices);
/* Once per turn: what has been gathered leaves. */
void wires_flush(struct wires *w);

const struct packets_counters *wires_packets(const struct wires *w);
const struct datagrams_counters *wires_datagrams(const struct wires *w);

#endif
