/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions asked through one uplink, whatever the routing tables say (SO_BINDTODEVICE), at most
 * PROBE_MAX at a time. Each is answered by one EVENT_PROBE, at the latest after its timeout; one
 * too many is not answered at all.
 */
#ifndef PLAT_PROBES_H
#define PLAT_PROBES_H

#include <uv.h>

#include "node/effect.h"
#include "plat/linux/sink.h"

#define PROBE_MAX 32

struct probes;

struct probes *probes_new(uv_loop_t *loop, struct sink sink);
void probes_free(struct probes *p);
/* dev is the uplink's interface, "" if there is none any more. */
void probes_start(struct probes *p, const struct effect_probe *e, const char *dev);

#endif
