/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One probe has one socket at a time; an HTTP probe with a name first asks a resolver, then the
 * server. */
#include "plat/linux/wires/probes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"
#include "packet/arp.h"
#include "plat/linux/poller.h"
#include "plat/linux/wires/probe_msg.h"
#include "plat/linux/wires/probe_socket.h"

enum probe_step {
	STEP_FREE,
	STEP_FAIL, /* could not even be asked: told in the next turn */
	STEP_ARP,
	STEP_ECHO,
	STEP_DNS,
	STEP_RESOLVE, /* DNS on the way to HTTP */
	STEP_CONNECT,
	STEP_HTTP,
};

struct probe {
	struct probes *all;
	enum probe_step step;
	struct effect_probe e;
	char dev[NODE_IFNAME];
	struct poller *poller;
	usec_t start, deadline;
	enum probe_result failure; /* STEP_FAIL */
	uint16_t token;		   /* echo or DNS id */
	size_t len;
	char in[PROBE_HTTP_MAX];
};

struct probes {
	uv_loop_t *loop;
	struct sink sink;
	struct alarm *alarm;
	uint16_t token;
	struct probe list[PROBE_MAX];
};

static usec_t now_get(void)
{
	return (usec_t)(uv_hrtime() / 1000);
}

static void alarm_arm(struct probes *p)
{
	usec_t next = USEC_NEVER, now = now_get();

	for (int i = 0; i < PROBE_MAX; i++) {
		const struct probe *probe = &p->list[i];

		if (probe->step == STEP_FAIL)
			next = now;
		else if (probe->step != STEP_FREE)
			next = usec_min(next, probe->deadline);
	}
	if (next == USEC_NEVER)
		alarm_stop(p->alarm);
	else
		alarm_set(p->alarm, next > now ? (uint64_t)(next - now) / 1000 + 1 : 0);
}

static void probe_end(struct probe *probe, enum probe_result result)
{
	struct event e = { .kind = EVENT_PROBE };
	struct probes *p = probe->all;
	usec_t took = now_get() - probe->start;

	poller_free(probe->poller);
	probe->poller = NULL;
	probe->step = STEP_FREE;
	e.probe.id = probe->e.id;
	e.probe.result = result;
	e.probe.rtt_us = (uint32_t)usec_min(took, UINT32_MAX);
	sink_event(&p->sink, &e);
}

/* The probe goes on with this socket. */
static int probe_watch(struct probe *probe, enum probe_step step, int fd, int events);

static int step_dns(struct probe *probe, enum probe_step step, const struct probe_target *to)
{
	uint8_t buf[PROBE_DNS_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct probe_target resolver = *to;
	int fd, r;

	probe_dns_encode(&w, probe->token, probe->e.name, step == STEP_RESOLVE && probe->e.v6);
	if (!wr_len(&w))
		return -EINVAL;
	resolver.port = 53;
	fd = probe_socket_connect(probe->dev, SOCK_DGRAM, &resolver);
	r = probe_watch(probe, step, fd, UV_READABLE);
	if (!r && send(fd, buf, wr_len(&w), 0) < 0)
		r = -errno;
	return r;
}

static int step_connect(struct probe *probe, const struct probe_target *to)
{
	return probe_watch(probe, STEP_CONNECT, probe_socket_connect(probe->dev, SOCK_STREAM, to),
			   UV_WRITABLE);
}

static int step_echo(struct probe *probe, const struct probe_target *to)
{
	int fd = probe_socket_echo(probe->dev, to);
	int r = probe_watch(probe, STEP_ECHO, fd, UV_READABLE);
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));

	probe_echo_encode(&w, to->v6, probe->token, 1);
	if (!r && send(fd, buf, wr_len(&w), 0) < 0)
		r = -errno;
	return r;
}

/* The name is an address, or has to be resolved by the target or any resolver. */
static int step_http(struct probe *probe, const struct probe_target *to)
{
	struct probe_target server = { .port = probe->e.http_port ? probe->e.http_port : 80 };
	struct probe_target resolver = *to;

	server.v6 = to->v6;
	if (to->v6 ? !ip6_parse(probe->e.name, &server.ip6)
		   : !ip4_parse(probe->e.name, &server.ip4))
		return step_connect(probe, &server);
	if (to->v6 ? ip6_is_zero(&to->ip6) : ip4_is_zero(&to->ip4)) {
		if (ip4_is_zero(&probe->e.resolver4))
			return -EHOSTUNREACH;
		resolver = (struct probe_target) { .ip4 = probe->e.resolver4 };
	}
	return step_dns(probe, STEP_RESOLVE, &resolver);
}

static int probe_begin(struct probe *probe)
{
	const struct effect_probe *e = &probe->e;
	struct probe_target to = { .v6 = e->v6, .ip4 = e->target4, .ip6 = e->target6 };
	int fd;

	switch (e->kind) {
	case PROBE_NEXT_HOP:
		fd = e->v6 ? -EOPNOTSUPP : probe_socket_arp(probe->dev, &e->target4);
		if (fd == -EOPNOTSUPP)
			return step_echo(probe, &to);
		return probe_watch(probe, STEP_ARP, fd, UV_READABLE);
	case PROBE_PING:
		return step_echo(probe, &to);
	case PROBE_DNS:
		return step_dns(probe, STEP_DNS, &to);
	case PROBE_HTTP:
		return step_http(probe, &to);
	}
	return -EINVAL;
}

static void arp_ready(struct probe *probe)
{
	struct arp a;
	ssize_t n;

	while ((n = recv(poller_fd(probe->poller), probe->in, sizeof(probe->in), 0)) >= 0) {
		struct rd r = rd_init(probe->in, (size_t)n);

		if (arp_decode(&r, &a) == 0 && a.op == ARP_OP_REPLY &&
		    ip4_eq(&a.sender, &probe->e.target4)) {
			probe_end(probe, PROBE_OK);
			return;
		}
	}
}

static void echo_ready(struct probe *probe)
{
	ssize_t n;

	while ((n = recv(poller_fd(probe->poller), probe->in, sizeof(probe->in), 0)) >= 0) {
		struct rd r = rd_init(probe->in, (size_t)n);

		if (probe_echo_answer(&r, probe->e.v6, probe->token, 1)) {
			probe_end(probe, PROBE_OK);
			return;
		}
	}
	if (errno != EAGAIN)
		probe_end(probe, PROBE_FAILED);
}

static void dns_ready(struct probe *probe)
{
	struct probe_target server = { .port = probe->e.http_port ? probe->e.http_port : 80 };
	ssize_t n = recv(poller_fd(probe->poller), probe->in, sizeof(probe->in), 0);
	struct probe_dns answer = { 0 };
	struct rd r;

	if (n < 0) {
		if (errno != EAGAIN)
			probe_end(probe, PROBE_FAILED); /* nobody listens there */
		return;
	}
	r = rd_init(probe->in, (size_t)n);
	if (probe_dns_answer(&r, probe->token, &answer))
		return;				      /* the right one may still come */
	if (answer.rcode == 2 || answer.rcode == 5) { /* SERVFAIL, REFUSED */
		probe_end(probe, PROBE_FAILED);
	} else if (probe->step == STEP_DNS) {
		probe_end(probe, PROBE_OK);
	} else if (probe->e.v6 ? ip6_is_zero(&answer.address6) : ip4_is_zero(&answer.address)) {
		probe_end(probe, PROBE_UNUSABLE);
	} else {
		server.v6 = probe->e.v6;
		server.ip4 = answer.address;
		server.ip6 = answer.address6;
		if (step_connect(probe, &server))
			probe_end(probe, PROBE_FAILED);
	}
}

static void connect_ready(struct probe *probe)
{
	char request[512];
	struct text t = text_init(request, sizeof(request));
	int err = 0, fd = poller_fd(probe->poller);
	socklen_t len = sizeof(err);

	text_add(&t,
		 "GET %s%s HTTP/1.0\r\nHost: %s\r\nUser-Agent: trama\r\nConnection: close\r\n\r\n",
		 probe->e.path[0] == '/' ? "" : "/", probe->e.path, probe->e.name);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) || err ||
	    send(fd, request, t.len, MSG_NOSIGNAL) != (ssize_t)t.len) {
		probe_end(probe, PROBE_FAILED);
		return;
	}
	probe->step = STEP_HTTP;
	probe->len = 0;
	poller_set(probe->poller, UV_READABLE);
}

static void http_ready(struct probe *probe)
{
	const struct effect_probe *e = &probe->e;
	size_t want = strlen(e->http_text);
	ssize_t n = recv(poller_fd(probe->poller), probe->in + probe->len,
			 sizeof(probe->in) - probe->len, 0);
	struct probe_http h;
	bool end;
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	probe->len += n > 0 ? (size_t)n : 0;
	end = n <= 0 || probe->len == sizeof(probe->in);
	r = probe_http_answer(probe->in, probe->len, end, &h);
	if (r == -EAGAIN || (!r && h.status == e->http_status && h.body_len < want && !end))
		return;
	if (r)
		probe_end(probe, probe->len ? PROBE_PORTAL : PROBE_FAILED);
	else
		probe_end(probe, h.status == e->http_status && h.body_len >= want &&
						 memcmp(h.body, e->http_text, want) == 0
					 ? PROBE_OK
					 : PROBE_PORTAL);
}

static void probe_ready(void *ctx, int events)
{
	struct probe *probe = ctx;

	(void)events;
	switch (probe->step) {
	case STEP_ARP:
		arp_ready(probe);
		break;
	case STEP_ECHO:
		echo_ready(probe);
		break;
	case STEP_DNS:
	case STEP_RESOLVE:
		dns_ready(probe);
		break;
	case STEP_CONNECT:
		connect_ready(probe);
		break;
	case STEP_HTTP:
		http_ready(probe);
		break;
	case STEP_FREE:
	case STEP_FAIL:
		break;
	}
}

static int probe_watch(struct probe *probe, enum probe_step step, int fd, int events)
{
	if (fd < 0)
		return fd;
	poller_free(probe->poller);
	probe->step = step;
	probe->poller = poller_new(probe->all->loop, fd, events, probe_ready, probe);
	return probe->poller ? 0 : -ENOMEM;
}

static void alarm_rings(void *ctx)
{
	struct probes *p = ctx;
	usec_t now = now_get();

	for (int i = 0; i < PROBE_MAX; i++) {
		struct probe *probe = &p->list[i];

		if (probe->step == STEP_FAIL)
			probe_end(probe, probe->failure);
		else if (probe->step != STEP_FREE && now >= probe->deadline)
			probe_end(probe, PROBE_FAILED);
	}
	alarm_arm(p);
}

struct probes *probes_new(uv_loop_t *loop, struct sink sink)
{
	struct probes *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->loop = loop;
	p->sink = sink;
	p->token = (uint16_t)getpid();
	p->alarm = alarm_new(loop, alarm_rings, p);
	if (!p->alarm) {
		free(p);
		return NULL;
	}
	return p;
}

void probes_free(struct probes *p)
{
	if (!p)
		return;
	for (int i = 0; i < PROBE_MAX; i++)
		poller_free(p->list[i].poller);
	alarm_free(p->alarm);
	free(p);
}

static bool unusable(int err)
{
	return err == -ENETUNREACH || err == -EADDRNOTAVAIL || err == -EAFNOSUPPORT;
}

void probes_start(struct probes *p, const struct effect_probe *e, const char *dev)
{
	struct probe *probe = p->list;
	int r;

	while (probe < p->list + PROBE_MAX && probe->step != STEP_FREE)
		probe++;
	if (probe == p->list + PROBE_MAX)
		return; /* the node's own time-out ends it */
	memset(probe, 0, sizeof(*probe));
	probe->all = p;
	probe->e = *e;
	text_copy(probe->dev, sizeof(probe->dev), dev);
	probe->start = now_get();
	probe->deadline = probe->start + (usec_t)e->timeout_ms * USEC_MS;
	probe->token = ++p->token;
	r = dev[0] ? probe_begin(probe) : -ENODEV;
	if (r) {
		probe->step = STEP_FAIL;
		probe->failure = unusable(r) ? PROBE_UNUSABLE : PROBE_FAILED;
	}
	alarm_arm(p);
}
