/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/poller.h"

#include <stdlib.h>
#include <unistd.h>

#define ERRORS_MAX 64 /* in a second: then it is one that does not pass */

struct poller {
	uv_poll_t handle;
	int fd;
	int events;
	unsigned int errors;
	uint64_t error_ms; /* the first of them */
	void (*ready)(void *ctx, int events);
	void *ctx;
};

struct alarm {
	uv_timer_t handle;
	void (*due)(void *ctx);
	void *ctx;
};

static void handle_closed(uv_handle_t *h)
{
	free(h->data);
}

static void poller_ready(uv_poll_t *h, int status, int events)
{
	struct poller *p = h->data;

	p->ready(p->ctx, status < 0 ? UV_READABLE | UV_WRITABLE : events);
	if (status >= 0)
		return;
	if (uv_now(h->loop) - p->error_ms > 1000) {
		p->error_ms = uv_now(h->loop);
		p->errors = 0;
	}
	/* libuv has stopped it, but most errors are news (an interface went down, netlink had more
	 * to say than fitted) and gone once they are read. */
	if (!uv_is_closing((uv_handle_t *)h) && p->events && ++p->errors < ERRORS_MAX)
		uv_poll_start(h, p->events, poller_ready);
}

struct poller *poller_new(uv_loop_t *loop, int fd, int events, void (*ready)(void *ctx, int events),
			  void *ctx)
{
	struct poller *p = calloc(1, sizeof(*p));

	if (!p || uv_poll_init(loop, &p->handle, fd)) {
		close(fd);
		free(p);
		return NULL;
	}
	p->handle.data = p;
	p->fd = fd;
	p->ready = ready;
	p->ctx = ctx;
	poller_set(p, events);
	return p;
}

void poller_set(struct poller *p, int events)
{
	if (events == p->events)
		return;
	p->events = events;
	uv_poll_start(&p->handle, events, poller_ready);
}

int poller_fd(const struct poller *p)
{
	return p->fd;
}

void poller_free(struct poller *p)
{
	if (!p)
		return;
	uv_close((uv_handle_t *)&p->handle, handle_closed);
	close(p->fd);
}

static void alarm_due(uv_timer_t *h)
{
	struct alarm *a = h->data;

	a->due(a->ctx);
}

struct alarm *alarm_new(uv_loop_t *loop, void (*due)(void *ctx), void *ctx)
{
	struct alarm *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	uv_timer_init(loop, &a->handle);
	a->handle.data = a;
	a->due = due;
	a->ctx = ctx;
	return a;
}

void alarm_set(struct alarm *a, uint64_t delay_ms)
{
	uv_update_time(a->handle.loop);
	uv_timer_start(&a->handle, alarm_due, delay_ms, 0);
}

void alarm_stop(struct alarm *a)
{
	uv_timer_stop(&a->handle);
}

bool alarm_is_set(const struct alarm *a)
{
	return uv_is_active((const uv_handle_t *)&a->handle) != 0;
}

void alarm_free(struct alarm *a)
{
	if (a)
		uv_close((uv_handle_t *)&a->handle, handle_closed);
}
