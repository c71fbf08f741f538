/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the platform have counted, for people who ask. */
#ifndef PLAT_COUNTERS_H
#define PLAT_COUNTERS_H

#include "plat/linux/control.h"
#include "plat/linux/loop.h"
#include "rpc/call.h"

struct bridges;

/* In order from *cursor = 0; false at the end. bridges may be NULL. */
bool counters_next(const struct loop *l, const struct control_counters *control,
		   const struct bridges *bridges, uint32_t *cursor, struct rpc_counter *ret);

#endif
