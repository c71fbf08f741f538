/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors and timers of the event loop that may be freed at any time, also from their own
 * callback: libuv itself wants its handles to live until the next turn, which is looked after here.
 */
#ifndef PLAT_POLLER_H
#define PLAT_POLLER_H

#include <stdbool.h>
#include <uv.h>

struct poller;

/* Owns fd from now on, also when it fails. `events` is UV_READABLE or UV_WRITABLE ored; ready gets
 * what is the case, an error as both. NULL when there is no memory or fd cannot be watched. */
struct poller *poller_new(uv_loop_t *loop, int fd, int events, void (*ready)(void *ctx, int events),
			  void *ctx);
void poller_set(struct poller *p, int events);
int poller_fd(const struct poller *p);
/* Closes fd too. NULL accepted. */
void poller_free(struct poller *p);

struct alarm;

struct alarm *alarm_new(uv_loop_t *loop, void (*due)(void *ctx), void *ctx);
/* Once, after delay_ms from now; a second call moves it. */
void alarm_set(struct alarm *a, uint64_t delay_ms);
void alarm_stop(struct alarm *a);
bool alarm_is_set(const struct alarm *a);
void alarm_free(struct alarm *a);

#endif
