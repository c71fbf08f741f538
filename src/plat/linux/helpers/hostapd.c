/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/hostapd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"
#include "plat/linux/helpers/hostapd_text.h"
#include "plat/linux/log.h"
#include "plat/linux/poller.h"

#define BURST 64

struct station_port {
	struct hostapd *all;
	bool used, wanted;
	uint16_t port;
	char dev[NODE_IFNAME];
	struct poller *poller;
	bool answered; /* since the last PING */
	uint64_t ping_ms;
};

struct hostapd {
	uv_loop_t *loop;
	struct sink sink;
	void (*ask)(void *ctx, const char *dev);
	void *ctx;
	struct alarm *alarm;
	struct station_port ports[NODE_PORTS];
};

static void port_close(struct station_port *p)
{
	if (p->poller)
		log_info("%s: hostapd has gone", p->dev);
	poller_free(p->poller);
	p->poller = NULL;
}

static bool port_send(struct station_port *p, const char *text)
{
	if (send(poller_fd(p->poller), text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	port_close(p);
	return false;
}

static void port_ready(void *ctx, int events)
{
	struct station_port *p = ctx;
	char buf[1024];

	(void)events;
	for (int i = 0; i < BURST; i++) {
		ssize_t n = recv(poller_fd(p->poller), buf, sizeof(buf), MSG_DONTWAIT);
		struct event e = { .kind = EVENT_CLIENT };
		bool connected;

		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				port_close(p);
			return;
		}
		p->answered = true;
		if (!hostapd_text_station(buf, (size_t)n, &connected, &e.client.mac))
			continue;
		e.client.change = connected ? CLIENT_ASSOCIATED : CLIENT_DISASSOCIATED;
		e.client.port = p->port;
		sink_event(&p->all->sink, &e);
	}
}

static void port_ping(struct station_port *p, uint64_t now)
{
	if (now - p->ping_ms < HOSTAPD_PING_MS)
		return;
	if (!p->answered) {
		port_close(p);
		return;
	}
	p->answered = false;
	p->ping_ms = now;
	port_send(p, "PING");
}

static void alarm_rings(void *ctx)
{
	struct hostapd *h = ctx;
	uint64_t now = uv_now(h->loop);

	for (int i = 0; i < NODE_PORTS; i++) {
		struct station_port *p = &h->ports[i];

		if (p->used && p->poller)
			port_ping(p, now);
		else if (p->used)
			h->ask(h->ctx, p->dev);
	}
	alarm_set(h->alarm, HOSTAPD_RETRY_MS);
}

struct hostapd *hostapd_new(uv_loop_t *loop, struct sink sink,
			    void (*ask)(void *ctx, const char *dev), void *ctx)
{
	struct hostapd *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->loop = loop;
	h->sink = sink;
	h->ask = ask;
	h->ctx = ctx;
	h->alarm = alarm_new(loop, alarm_rings, h);
	if (!h->alarm) {
		free(h);
		return NULL;
	}
	alarm_set(h->alarm, 0);
	return h;
}

void hostapd_free(struct hostapd *h)
{
	if (!h)
		return;
	for (int i = 0; i < NODE_PORTS; i++)
		poller_free(h->ports[i].poller);
	alarm_free(h->alarm);
	free(h);
}

static struct station_port *port_find(struct hostapd *h, const char *dev)
{
	for (int i = 0; i < NODE_PORTS; i++) {
		if (h->ports[i].used && strcmp(h->ports[i].dev, dev) == 0)
			return &h->ports[i];
	}
	return NULL;
}

static void port_add(struct hostapd *h, const struct event_port *e)
{
	for (int i = 0; i < NODE_PORTS; i++) {
		struct station_port *p = &h->ports[i];

		if (p->used)
			continue;
		*p = (struct station_port) {
			.all = h, .used = true, .wanted = true, .port = e->port
		};
		text_copy(p->dev, sizeof(p->dev), e->name);
		return;
	}
}

void hostapd_apply(struct hostapd *h, const struct devices *devices)
{
	for (int i = 0; i < NODE_PORTS; i++)
		h->ports[i].wanted = false;
	for (uint16_t i = 0; i < devices->count; i++) {
		const struct event_port *e = &devices->list[i];
		struct station_port *p = port_find(h, e->name);

		if (p) {
			p->port = e->port;
			p->wanted = true;
		}
	}
	for (int i = 0; i < NODE_PORTS; i++) {
		if (h->ports[i].used && !h->ports[i].wanted) {
			port_close(&h->ports[i]);
			h->ports[i].used = false;
		}
	}
	for (uint16_t i = 0; i < devices->count; i++) {
		const struct event_port *e = &devices->list[i];

		if (!port_find(h, e->name) && e->kind != PORT_KIND_TUNNEL &&
		    e->kind != PORT_KIND_WIFI_MESH)
			port_add(h, e);
	}
}

void hostapd_disassociate(struct hostapd *h, uint16_t port, const struct mac *mac)
{
	char request[32 + MAC_TEXT], buf[MAC_TEXT];
	struct text t = text_init(request, sizeof(request));

	text_add(&t, "DISASSOCIATE %s", mac_text(mac, buf));
	for (int i = 0; i < NODE_PORTS; i++) {
		struct station_port *p = &h->ports[i];

		if (p->used && p->poller && p->port == port)
			port_send(p, request);
	}
}

void hostapd_opened(struct hostapd *h, const char *dev, int fd)
{
	struct station_port *p = port_find(h, dev);

	if (fd < 0)
		return;
	if (!p || p->poller) {
		close(fd);
		return;
	}
	p->poller = poller_new(h->loop, fd, UV_READABLE, port_ready, p);
	p->answered = true;
	p->ping_ms = uv_now(h->loop);
	if (p->poller && port_send(p, "ATTACH"))
		log_info("%s: associations from hostapd", dev);
}
