/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/helpers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plat/linux/helpers/babel.h"
#include "plat/linux/helpers/children.h"
#include "plat/linux/helpers/dns.h"
#include "plat/linux/helpers/hostapd.h"
#include "plat/linux/log.h"
#include "plat/linux/helpers/uplink.h"

struct helpers {
	struct helpers_setup setup;
	struct children children;
	struct babel *babel;
	struct dns *dns;
	struct uplink *uplink;
	struct hostapd *hostapd;
	bool ready;
	uint16_t want_count;
	struct wish_child want[WISH_CHILDREN];
};

static void child_running(struct helpers *h, const struct child *c)
{
	switch (c->kind) {
	case CHILD_BABELD:
		if (!babel_started(h->babel))
			children_restart(&h->children, c->kind);
		break;
	case CHILD_DNSMASQ:
		if (!dns_started(h->dns))
			children_restart(&h->children, c->kind);
		break;
	case CHILD_DHCP:
		uplink_started(h->uplink, c->port, c->dev);
		break;
	}
}

static void child_changed(void *ctx, const struct child *c)
{
	struct helpers *h = ctx;

	if (c->running) {
		child_running(h, c);
		return;
	}
	if (c->kind == CHILD_BABELD)
		babel_ended(h->babel);
	else if (c->kind == CHILD_DHCP)
		uplink_ended(h->uplink, c->port, c->wanted);
	else
		dns_ended(h->dns);
	/* One that had to end to make room for another of its number. */
	children_apply(&h->children, h->want, h->want_count);
}

static bool child_prepare(void *ctx, enum child_kind kind)
{
	struct helpers *h = ctx;
	int r = 0;

	if (kind == CHILD_BABELD)
		r = babel_prepare(h->babel);
	else if (kind == CHILD_DNSMASQ)
		r = dns_prepare(h->dns);
	if (r)
		log_warning("%s cannot start yet: %s", kind == CHILD_BABELD ? "babeld" : "dnsmasq",
			    strerror(-r));
	return r == 0;
}

static void child_opened(void *ctx, enum parent_op op, const char *dev, int fd)
{
	struct helpers *h = ctx;

	if (op == PARENT_HOSTAPD)
		hostapd_opened(h->hostapd, dev, fd);
	else
		h->setup.config(h->setup.ctx, fd);
}

static void child_lost(void *ctx)
{
	struct helpers *h = ctx;

	h->setup.lost(h->setup.ctx);
}

static void dns_reload(void *ctx)
{
	struct helpers *h = ctx;

	children_reload(&h->children, CHILD_DNSMASQ);
}

static void dns_restart(void *ctx)
{
	struct helpers *h = ctx;

	children_restart(&h->children, CHILD_DNSMASQ);
}

static void hostapd_ask(void *ctx, const char *dev)
{
	struct helpers *h = ctx;

	children_open(&h->children, PARENT_HOSTAPD, dev);
}

struct helpers *helpers_new(const struct helpers_setup *setup, int *ret_err)
{
	struct helpers *h = calloc(1, sizeof(*h));
	struct children_watch watch = { h, child_changed, child_prepare, child_opened, child_lost };
	struct dns_calls calls = { h, dns_reload, dns_restart };

	*ret_err = -ENOMEM;
	if (!h)
		return NULL;
	h->setup = *setup;
	*ret_err = children_init(&h->children, setup->loop, setup->channel, setup->sink, &watch);
	h->babel = babel_new(setup->loop, setup->sink, setup->hash_key);
	h->dns = dns_new(setup->loop, &calls);
	h->hostapd = hostapd_new(setup->loop, setup->sink, hostapd_ask, h);
	if (!*ret_err && (!h->babel || !h->dns || !h->hostapd))
		*ret_err = -ENOMEM;
	if (!*ret_err)
		h->uplink = uplink_new(setup->loop, setup->sink, ret_err);
	if (!h->uplink) {
		helpers_free(h);
		return NULL;
	}
	if (setup->babel_key)
		babel_set_key(h->babel, setup->babel_key);
	return h;
}

void helpers_free(struct helpers *h)
{
	if (!h)
		return;
	children_done(&h->children);
	babel_free(h->babel);
	dns_free(h->dns);
	uplink_free(h->uplink);
	hostapd_free(h->hostapd);
	free(h);
}

void helpers_apply(struct helpers *h, const struct wish *w, const struct devices *devices)
{
	h->want_count = w->child_count;
	memcpy(h->want, w->children, sizeof(h->want));
	babel_apply(h->babel, w, devices);
	dns_apply(h->dns, w);
	hostapd_apply(h->hostapd, devices);
	children_apply(&h->children, h->want, h->want_count);
}

void helpers_names(struct helpers *h, const struct node *n)
{
	dns_names(h->dns, n);
}

void helpers_disassociate(struct helpers *h, const struct effect_disassociate *e)
{
	hostapd_disassociate(h->hostapd, e->port, &e->mac);
}

void helpers_config(struct helpers *h)
{
	children_open(&h->children, PARENT_CONFIG, "");
}

void helpers_ready(struct helpers *h)
{
	if (!h->ready)
		children_tell(&h->children, PARENT_READY);
	h->ready = true;
}

void helpers_alive(struct helpers *h)
{
	children_tell(&h->children, PARENT_ALIVE);
}

const struct babel_counters *helpers_babel_counters(const struct helpers *h)
{
	return babel_counters(h->babel);
}

bool helpers_neighbour_next(const struct helpers *h, uint32_t *cursor, struct event_neighbour *ret)
{
	return babel_neighbour_next(h->babel, cursor, ret);
}

bool helpers_child_next(const struct helpers *h, uint32_t *cursor, struct wish_child *ret,
			bool *ret_running)
{
	const struct child *c;

	if (*cursor >= h->children.count)
		return false;
	c = &h->children.list[(*cursor)++];
	*ret = (struct wish_child) { .kind = c->kind, .port = c->port };
	memcpy(ret->dev, c->dev, sizeof(ret->dev));
	*ret_running = c->running;
	return true;
}
