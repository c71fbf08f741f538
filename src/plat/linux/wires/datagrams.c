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
#include "plat/linux/wires/pktinfo.h"

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

/* Was it sent to a link-local unicast address: not to a group, not from afar. */
static bool sent_to_us(struct msghdr *msg)
{
	struct in6_pktinfo info;

	return pktinfo_find(msg, &info) && IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr);
}

/* False when there is nothing more to read. */
static bool mouth_read(struct mouth *m)
{
	struct datagrams *d = m->datagrams;
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_in6 from = { 0 };
	struct iovec iov = { .iov_base = d->in, .iov_len = sizeof(d->in) };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	struct event e = { .kind = EVENT_DATAGRAM };
	ssize_t n = recvmsg(poller_fd(m->poller), &msg, MSG_DONTWAIT);

	if (n < 0)
		return false;
	if (msg.msg_flags & MSG_TRUNC) {
		d->counters.too_long++;
		return true;
	}
	if (!IN6_IS_ADDR_LINKLOCAL(&from.sin6_addr) || !sent_to_us(&msg)) {
		d->counters.not_local++;
		return true;
	}
	d->counters.received++;
	e.datagram.port = m->port;
	memcpy(e.datagram.from.b, &from.sin6_addr, sizeof(e.datagram.from.b));
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

static int socket_open(const char *dev)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6,
				   .sin6_port = htons(NODE_STATE_UDP_PORT) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, hops = 1;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, (socklen_t)strlen(dev)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
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
	fd = socket_open(dev);
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
