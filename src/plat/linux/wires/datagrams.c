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
	struct mouth *routed; /* NULL: closed */
	struct in6_addr routed_at;
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
	if (d->routed)
		mouth_close(d->routed);
	free(d);
}

static bool is_mesh(const struct datagrams *d, unsigned int ifindex)
{
	for (unsigned int i = 0; i < d->count; i++)
		if (d->mouths[i]->ifindex == ifindex)
			return true;
	return false;
}

/* Not to a group, not from afar; or from another part of the cloud. */
static bool is_right(struct datagrams *d, const struct mouth *m, const struct udp6_way *way)
{
	bool local = IN6_IS_ADDR_LINKLOCAL(&way->from) && IN6_IS_ADDR_LINKLOCAL(&way->to);

	if (m != d->routed) {
		d->counters.not_local += !local;
		return local;
	}
	if (is_mesh(d, way->ifindex))
		return true;
	d->counters.not_mesh++;
	return false;
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
	if (!is_right(d, m, &way))
		return true;
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

/* fd: a socket or -errno; it is the mouth's, or closed. NULL and *ret_err = -errno. */
static struct mouth *mouth_new(struct datagrams *d, uint16_t port, int fd, int *ret_err)
{
	struct mouth *m = fd < 0 ? NULL : calloc(1, sizeof(*m));

	*ret_err = fd < 0 ? fd : -ENOMEM;
	if (!m) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	m->datagrams = d;
	m->port = port;
	m->poller = poller_new(d->loop, fd, UV_READABLE, mouth_readable, m);
	if (!m->poller) {
		free(m);
		return NULL;
	}
	*ret_err = 0;
	return m;
}

static int mouth_open(struct datagrams *d, uint16_t port, const char *dev, unsigned int ifindex)
{
	int r, fd = udp6_open(dev, NODE_STATE_UDP_PORT, IPV6_UNICAST_HOPS, 1);
	struct mouth *m = mouth_new(d, port, fd, &r);

	if (!m)
		return r;
	m->ifindex = ifindex;
	m->wanted = true;
	text_copy(m->dev, sizeof(m->dev), dev);
	d->mouths[d->count++] = m;
	return 0;
}

static int routed_want(struct datagrams *d, const struct wish *w)
{
	struct in6_addr at;
	int r = 0;

	memcpy(&at, w->dns.own6.b, sizeof(at));
	if (d->routed && (!w->has_parts || memcmp(&at, &d->routed_at, sizeof(at)) != 0)) {
		mouth_close(d->routed);
		d->routed = NULL;
	}
	if (!w->has_parts || d->routed)
		return 0;
	d->routed_at = at;
	d->routed = mouth_new(d, NODE_PORTS, udp6_open_at(&at, NODE_PART_UDP_PORT), &r);
	return r;
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
	return missing + (routed_want(d, w) != 0);
}

static void count_sent(struct datagrams *d, ssize_t sent)
{
	if (sent < 0)
		d->counters.send_failed++;
	else
		d->counters.sent++;
}

static void routed_send(struct datagrams *d, const struct effect_datagram *e)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_port = htons(NODE_PART_UDP_PORT) };

	if (!d->routed) {
		d->counters.no_device++;
		return;
	}
	memcpy(&to.sin6_addr, e->to.b, sizeof(e->to.b));
	count_sent(d, sendto(poller_fd(d->routed->poller), e->data, e->len, MSG_DONTWAIT,
			     (struct sockaddr *)&to, sizeof(to)));
}

void datagrams_send(struct datagrams *d, const struct effect_datagram *e)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_port = htons(NODE_STATE_UDP_PORT) };

	if (e->port == NODE_PORTS) {
		routed_send(d, e);
		return;
	}
	memcpy(&to.sin6_addr, e->to.b, sizeof(e->to.b));
	for (unsigned int i = 0; i < d->count; i++) {
		const struct mouth *m = d->mouths[i];

		if (m->port != e->port)
			continue;
		to.sin6_scope_id = m->ifindex;
		count_sent(d, sendto(poller_fd(m->poller), e->data, e->len, MSG_DONTWAIT,
				     (struct sockaddr *)&to, sizeof(to)));
		return;
	}
	d->counters.no_device++;
}

const struct datagrams_counters *datagrams_counters(const struct datagrams *d)
{
	return &d->counters;
}
