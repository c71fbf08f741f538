/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLAT_SINK_H
#define PLAT_SINK_H

#include "node/event.h"

/* Where a part of the platform reports events. They are never reported from within a call that does
 * an effect: what is known at once is reported in the next turn of the loop. */
struct sink {
	void (*event)(void *ctx, const struct event *e);
	void *ctx;
};

static inline void sink_event(const struct sink *s, const struct event *e)
{
	s->event(s->ctx, e);
}

#endif
