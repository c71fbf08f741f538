/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/wires/datagrams.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"
#include "plat/linux/poller.h"
#include "plat/linux/wires/udp6.h"

#define BURST 32 /* datagrams read from one socket before others have their turn */

struct mouth {
	struct poller *poller;
	struct datagrams *datagrams;
	uint16_t port;
	unsigned int ifindex;
	bool wanted;
	char dev[NODE_IFNAME];
};

struct datagrams {
	uv_loop_t *loop;
	struct sink sink;
	unsigned int count;
	struct mouth *mouths[2 * NODE_PORTS];
	struct datagrams_counters counters;
	uint8_t in[DATAGRAMS_SIZE];
};

struct datagrams *datagrams_new(uv_loop_t *loop, struct sink sink)
{
	struct datagrams *d = calloc(1, sizeof(*d));

	if (d) {
		d->loop = loop;
		d->sink = sink;
	}
	return d;
}

static void mouth_close(struct mouth *m)
{
	poller_free(m->poller);
	free(m);
}

void datagrams_free(struct datagrams *d)
{
	if (!d)
		return;
	for (unsigned int i = 0; i < d->count; i++)
		mouth_close(d->mouths[i]);
	free(d);
}

/* False when there is nothing more to read. */
static bool mouth_read(struct mouth *m)
{
	struct datagrams *d = m->datagrams;
	struct event e = { .kind = EVENT_DATAGRAM };
	struct udp6_way way;
	ssize_t n = udp6_read(poller_fd(m->poller), d->in, sizeof(d->in), &way);

	if (n < 0)
		return false;
	if (way.truncated) {
		d->counters.too_long++;
		return true;
	}
	/* not to a group, not from afar */
	if (!IN6_IS_ADDR_LINKLOCAL(&way.from) || !IN6_IS_ADDR_LINKLOCAL(&way.to)) {
		d->counters.not_local++;
		return true;
	}
	d->counters.received++;
	e.datagram.port = m->port;
	memcpy(e.datagram.from.b, &way.from, sizeof(e.datagram.from.b));
	e.datagram.data = d->in;
	e.datagram.len = (size_t)n;
	sink_event(&d->sink, &e);
	return true;
}

static void mouth_readable(void *ctx, int events)
{
	struct mouth *m = ctx;

	(void)events;
	for (int i = 0; i < BURST && mouth_read(m); i++)
		;
}

static int mouth_open(struct datagrams *d, uint16_t port, const char *dev, unsigned int ifindex)
{
	struct mouth *m = calloc(1, sizeof(*m));
	int fd;

	if (!m)
		return -ENOMEM;
	m->datagrams = d;
	m->port = port;
	m->ifindex = ifindex;
	m->wanted = true;
	text_copy(m->dev, sizeof(m->dev), dev);
	fd = udp6_open(dev, NODE_STATE_UDP_PORT, IPV6_UNICAST_HOPS, 1);
	if (fd >= 0)
		m->poller = poller_new(d->loop, fd, UV_READABLE, mouth_readable, m);
	if (!m->poller) {
		free(m);
		return fd < 0 ? fd : -ENOMEM;
	}
	d->mouths[d->count++] = m;
	return 0;
}

static int mouth_want(struct datagrams *d, uint16_t port, const char *dev)
{
	unsigned int ifindex = if_nametoindex(dev);

	if (!ifindex)
		return -ENODEV;
	for (unsigned int i = 0; i < d->count; i++) {
		struct mouth *m = d->mouths[i];

		if (m->port == port && m->ifindex == ifindex && strcmp(m->dev, dev) == 0) {
			m->wanted = true;
			return 0;
		}
	}
	if (d->count == 2 * NODE_PORTS)
		return -ENOSPC;
	return mouth_open(d, port, dev, ifindex);
}

unsigned int datagrams_apply(struct datagrams *d, const struct wish *w,
			     const struct devices *devices)
{
	unsigned int missing = 0;

	for (unsigned int i = 0; i < d->count; i++)
		d->mouths[i]->wanted = false;
	for (uint16_t i = 0; i < w->babel_count; i++) {
		const struct event_port *port = devices_below(devices, w, w->babel[i].dev);

		missing += !port || mouth_want(d, port->port, w->babel[i].dev) != 0;
	}
	for (unsigned int i = 0; i < d->count;) {
		if (d->mouths[i]->wanted) {
			i++;
			continue;
		}
		mouth_close(d->mouths[i]);
		d->mouths[i] = d->mouths[--d->count];
	}
	return missing;
}

void datagrams_send(struct datagrams *d, const struct effect_datagram *e)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_port = htons(NODE_STATE_UDP_PORT) };

	memcpy(&to.sin6_addr, e->to.b, sizeof(e->to.b));
	for (unsigned int i = 0; i < d->count; i++) {
		const struct mouth *m = d->mouths[i];

		if (m->port != e->port)
			continue;
		to.sin6_scope_id = m->ifindex;
		if (sendto(poller_fd(m->poller), e->data, e->len, MSG_DONTWAIT,
			   (struct sockaddr *)&to, sizeof(to)) < 0)
			d->counters.send_failed++;
		else
			d->counters.sent++;
		return;
	}
	d->counters.no_device++;
}

const struct datagrams_counters *datagrams_counters(const struct datagrams *d)
{
	return &d->counters;
}
