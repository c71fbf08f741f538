/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/uplink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/text.h"
#include "plat/linux/file.h"
#include "plat/linux/log.h"
#include "plat/linux/poller.h"
#include "plat/linux/helpers/uplink_text.h"

struct client {
	uint16_t port;
	bool told;
	uint64_t grace_ms; /* of the loop: until then nothing is no news */
	struct event_uplink last;
	char dev[NODE_IFNAME];
};

struct uplink {
	uv_loop_t *loop;
	struct sink sink;
	struct poller *watch;
	struct alarm *alarm;
	uint16_t count;
	struct client clients[NODE_PORTS];
};

static void path_make(const struct client *c, char ret[static 64])
{
	snprintf(ret, 64, UPLINK_DIR "/%s", c->dev);
}

static void client_tell(struct uplink *u, struct client *c, const struct event_uplink *now)
{
	struct event e = { .kind = EVENT_UPLINK };

	if (now->gone && uv_now(u->loop) < c->grace_ms) {
		alarm_set(u->alarm, c->grace_ms - uv_now(u->loop) + 1);
		return;
	}
	if (now->gone ? !c->told : c->told && memcmp(&c->last, now, sizeof(*now)) == 0)
		return;
	c->told = !now->gone;
	memcpy(&c->last, now, sizeof(*now));
	e.uplink = *now;
	sink_event(&u->sink, &e);
}

static void client_read(struct uplink *u, struct client *c)
{
	struct event_uplink now;
	char text[UPLINK_TEXT_MAX + 1];
	char path[64];
	ssize_t n;

	memset(&now, 0, sizeof(now));
	path_make(c, path);
	n = file_read(path, text, UPLINK_TEXT_MAX);
	now.port = c->port;
	now.gone = true;
	if (n > 0) {
		text[n] = '\0';
		if (uplink_text_parse(text, c->port, &now))
			log_warning("%s: what the DHCP client says makes no sense", c->dev);
	}
	client_tell(u, c, &now);
}

static void all_read(void *ctx)
{
	struct uplink *u = ctx;

	for (uint16_t i = 0; i < u->count; i++)
		client_read(u, &u->clients[i]);
}

/* Which file it was does not matter: there are few. */
static void watch_ready(void *ctx, int events)
{
	struct uplink *u = ctx;
	_Alignas(struct inotify_event) char buf[2048];

	(void)events;
	while (read(poller_fd(u->watch), buf, sizeof(buf)) > 0)
		;
	all_read(u);
}

struct uplink *uplink_new(uv_loop_t *loop, struct sink sink, int *ret_err)
{
	struct uplink *u = calloc(1, sizeof(*u));
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	*ret_err = -ENOMEM;
	if (fd < 0 || (mkdir(UPLINK_DIR, 0700) && errno != EEXIST) ||
	    inotify_add_watch(fd, UPLINK_DIR, IN_MOVED_TO | IN_DELETE) < 0) {
		*ret_err = -errno;
		free(u);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (u) {
		u->loop = loop;
		u->sink = sink;
		u->alarm = alarm_new(loop, all_read, u);
		u->watch = u->alarm ? poller_new(loop, fd, UV_READABLE, watch_ready, u) : NULL;
	}
	if (!u || !u->watch) {
		if (u)
			alarm_free(u->alarm);
		free(u);
		return NULL;
	}
	return u;
}

void uplink_free(struct uplink *u)
{
	if (!u)
		return;
	poller_free(u->watch);
	alarm_free(u->alarm);
	free(u);
}

static struct client *client_find(struct uplink *u, uint16_t port)
{
	for (uint16_t i = 0; i < u->count; i++) {
		if (u->clients[i].port == port)
			return &u->clients[i];
	}
	return NULL;
}

void uplink_started(struct uplink *u, uint16_t port, const char *dev)
{
	struct client *c = client_find(u, port);

	if (!c && u->count < NODE_PORTS) {
		c = &u->clients[u->count++];
		memset(c, 0, sizeof(*c));
		c->port = port;
		text_copy(c->dev, sizeof(c->dev), dev);
	}
	/* An adopted client has its lease already. */
	alarm_set(u->alarm, 0);
}

void uplink_ended(struct uplink *u, uint16_t port, bool again)
{
	struct client *c = client_find(u, port);
	char path[64];

	if (!c)
		return;
	path_make(c, path);
	unlink(path);
	c->grace_ms = again ? uv_now(u->loop) + UPLINK_GRACE_MS : 0;
	client_read(u, c);
	if (!again)
		*c = u->clients[--u->count];
}
