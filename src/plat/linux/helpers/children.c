/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/children.h"

#include <errno.h>
#include <string.h>

#include "lib/text.h"
#include "plat/linux/helpers/channel.h"
#include "plat/linux/log.h"
#include "plat/linux/poller.h"

#define BACKOFF_MS 200
#define BACKOFF_MAX_MS 10000
#define LIVED_MS 20000

static const char *const child_names[] = {
	[CHILD_BABELD] = "babeld",
	[CHILD_DNSMASQ] = "dnsmasq",
	[CHILD_DHCP] = "udhcpc",
};

/* A root process that does not read is as good as none. */
static void parent_ask(struct children *c, const struct parent_request *r)
{
	int err = channel_send(c->channel, r, sizeof(*r), -1);

	if (!err)
		return;
	log_error("root process: %s", strerror(-err));
	c->watch.lost(c->watch.ctx);
}

static void child_ask(struct children *c, enum parent_op op, const struct child *child)
{
	struct parent_request r = { .op = (uint32_t)op, .port = child->port };

	r.kind = (uint32_t)child->kind;
	text_copy(r.dev, sizeof(r.dev), child->dev);
	parent_ask(c, &r);
}

static void children_schedule(struct children *c);

static void child_start(struct children *c, struct child *child)
{
	if (!c->watch.prepare(c->watch.ctx, child->kind)) {
		child->at_ms = uv_now(c->loop) + 1000;
		return;
	}
	child->asked = true;
	child_ask(c, PARENT_START, child);
}

/* Its death removes it from the list. */
static void child_stop(struct children *c, struct child *child)
{
	child->keep_ms = 0;
	child_ask(c, PARENT_STOP, child);
}

static void alarm_rings(void *ctx)
{
	struct children *c = ctx;
	uint64_t now = uv_now(c->loop);

	for (uint16_t i = 0; i < c->count; i++) {
		struct child *child = &c->list[i];

		if (child->wanted && !child->running && !child->asked && child->at_ms <= now)
			child_start(c, child);
		else if (!child->wanted && child->keep_ms && child->keep_ms <= now)
			child_stop(c, child);
	}
	children_schedule(c);
}

/* The timer runs when there is something to start later. */
static void children_schedule(struct children *c)
{
	uint64_t now = uv_now(c->loop);
	uint64_t next = UINT64_MAX;

	for (uint16_t i = 0; i < c->count; i++) {
		const struct child *child = &c->list[i];

		if (child->wanted && !child->running && !child->asked && child->at_ms < next)
			next = child->at_ms;
		else if (!child->wanted && child->keep_ms && child->keep_ms < next)
			next = child->keep_ms;
	}
	if (next == UINT64_MAX)
		alarm_stop(c->alarm);
	else
		alarm_set(c->alarm, next > now ? next - now : 0);
}

static struct child *child_find(struct children *c, enum child_kind kind, uint16_t port)
{
	for (uint16_t i = 0; i < c->count; i++) {
		if (c->list[i].kind == kind && c->list[i].port == port)
			return &c->list[i];
	}
	return NULL;
}

static struct child *child_add(struct children *c, enum child_kind kind, uint16_t port,
			       const char *dev)
{
	struct child *child;

	if (c->count == CHILDREN_MAX)
		return NULL;
	child = &c->list[c->count++];
	memset(child, 0, sizeof(*child));
	child->kind = kind;
	child->port = port;
	text_copy(child->dev, sizeof(child->dev), dev);
	return child;
}

static void child_remove(struct children *c, struct child *child)
{
	*child = c->list[--c->count];
}

static void child_tell(struct children *c, const struct child *child, int status)
{
	struct event e = { .kind = EVENT_CHILD };

	e.child.kind = child->kind;
	e.child.port = child->port;
	e.child.running = child->running;
	e.child.status = status;
	sink_event(&c->sink, &e);
	c->watch.changed(c->watch.ctx, child);
}

static void child_started(struct children *c, const struct parent_report *r)
{
	struct child *child = child_find(c, (enum child_kind)r->kind, (uint16_t)r->port);

	/* One that an earlier node process started; the next children_apply says whether it stays.
	 */
	if (!child) {
		child = child_add(c, (enum child_kind)r->kind, (uint16_t)r->port, r->dev);
		if (!child)
			return;
		child->keep_ms = uv_now(c->loop) + CHILDREN_KEEP_MS;
		children_schedule(c);
	}
	child->asked = false;
	if (child->running)
		return;
	child->running = true;
	child->at_ms = uv_now(c->loop);
	child_tell(c, child, 0);
}

static void child_died(struct children *c, const struct parent_report *r)
{
	struct child *child = child_find(c, (enum child_kind)r->kind, (uint16_t)r->port);
	uint64_t now = uv_now(c->loop);
	struct child dead;
	uint64_t wait_ms;
	bool told;

	if (!child)
		return;
	told = child->running;
	if (told && now - child->at_ms >= LIVED_MS)
		child->deaths = 0;
	wait_ms = child->deaths ? (uint64_t)BACKOFF_MS << usec_min(child->deaths - 1, 6) : 0;
	child->deaths++;
	child->asked = false;
	child->running = false;
	child->at_ms = now + (wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS);
	if (child->wanted)
		log_warning("%s %s ended, status %d, again in %llu ms", child_names[child->kind],
			    child->dev, (int)r->status, (unsigned long long)wait_ms);
	dead = *child;
	if (!child->wanted)
		child_remove(c, child);
	children_schedule(c);
	if (told)
		child_tell(c, &dead, r->status);
}

/* No descriptor although all was well: it did not find room here. */
static int opened_fd(const struct parent_report *r, int fd)
{
	if (fd >= 0)
		return fd;
	return r->status ? r->status : -EMFILE;
}

static void channel_readable(void *ctx, int events)
{
	struct children *c = ctx;
	struct parent_report r;
	int fd, err;

	(void)events;
	err = channel_receive(c->channel, &r, sizeof(r), &fd);
	if (err == -EAGAIN)
		return;
	if (err) {
		poller_set(c->poller, 0);
		c->watch.lost(c->watch.ctx);
		return;
	}
	r.dev[sizeof(r.dev) - 1] = '\0';
	if (r.said == PARENT_STARTED)
		child_started(c, &r);
	else if (r.said == PARENT_DIED)
		child_died(c, &r);
	else if (r.said == PARENT_OPENED)
		c->watch.opened(c->watch.ctx, (enum parent_op)r.op, r.dev, opened_fd(&r, fd));
}

int children_init(struct children *c, uv_loop_t *loop, int channel, struct sink sink,
		  const struct children_watch *watch)
{
	memset(c, 0, sizeof(*c));
	c->loop = loop;
	c->channel = channel;
	c->sink = sink;
	c->watch = *watch;
	c->poller = poller_new(loop, channel, UV_READABLE, channel_readable, c);
	c->alarm = alarm_new(loop, alarm_rings, c);
	return c->poller && c->alarm ? 0 : -ENOMEM;
}

void children_done(struct children *c)
{
	poller_free(c->poller);
	alarm_free(c->alarm);
}

void children_apply(struct children *c, const struct wish_child *want, uint16_t count)
{
	for (uint16_t i = 0; i < c->count; i++)
		c->list[i].wanted = false;
	for (uint16_t i = 0; i < count; i++) {
		uint16_t port = want[i].kind == CHILD_DHCP ? want[i].port : 0;
		struct child *child = child_find(c, want[i].kind, port);

		if (!child)
			child = child_add(c, want[i].kind, port, want[i].dev);
		if (child && child->kind == CHILD_DHCP && strcmp(child->dev, want[i].dev) != 0 &&
		    !child->running && !child->asked)
			text_copy(child->dev, sizeof(child->dev), want[i].dev);
		/* One on another device under this number ends first; whoever hears of it applies
		 * again. */
		if (child)
			child->wanted =
				child->kind != CHILD_DHCP || strcmp(child->dev, want[i].dev) == 0;
	}
	for (uint16_t i = c->count; i-- > 0;) {
		struct child *child = &c->list[i];

		if (child->wanted)
			child->keep_ms = 0;
		else if (!child->running && !child->asked)
			child_remove(c, child);
		else if (child->keep_ms <= uv_now(c->loop))
			child_stop(c, child);
	}
	children_schedule(c);
}

void children_reload(struct children *c, enum child_kind kind)
{
	const struct child *child = child_find(c, kind, 0);

	if (child && child->running)
		child_ask(c, PARENT_RELOAD, child);
}

void children_restart(struct children *c, enum child_kind kind)
{
	struct child *child = child_find(c, kind, 0);

	if (!child || !child->running)
		return;
	child->deaths = 0;
	child_ask(c, PARENT_STOP, child);
}

void children_open(struct children *c, enum parent_op op, const char *dev)
{
	struct parent_request r = { .op = (uint32_t)op };

	text_copy(r.dev, sizeof(r.dev), dev);
	parent_ask(c, &r);
}

void children_tell(struct children *c, enum parent_op op)
{
	struct parent_request r = { .op = (uint32_t)op };

	parent_ask(c, &r);
}
