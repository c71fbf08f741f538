/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/helpers/dns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"
#include "plat/linux/file.h"
#include "plat/linux/log.h"
#include "plat/linux/poller.h"

#define RUN_DIR "/run/trama"
#define DNS_CONF RUN_DIR "/dnsmasq.conf"
#define DNS_SERVERS RUN_DIR "/dnsmasq.servers"
#define DNS_HOSTS RUN_DIR "/dnsmasq.hosts"
#define HOSTS_SIZE (512 * 1024)
#define CONF_SIZE 2048
#define WRITE_MS 1000
#define OWN_NAME "thisnode.info"

struct dns {
	struct dns_calls calls;
	struct alarm *alarm;
	uint64_t written_ms;
	uv_loop_t *loop;
	bool known; /* a wish has come */
	bool running;
	const struct node *node;
	struct wish_dns wish;
	char bridge[NODE_IFNAME], anycast[NODE_IFNAME];
};

static void conf_text(const struct dns *d, struct text *t)
{
	char ip4[IP4_TEXT], ip6[IP6_TEXT];

	text_add(t, "port=53\nbind-dynamic\nexcept-interface=lo\n");
	/* Also where they come in by a port of the mesh. */
	if (!ip4_is_zero(&d->wish.own4))
		text_add(t, "listen-address=%s\nlisten-address=%s\n", ip4_text(&d->wish.own4, ip4),
			 ip6_text(&d->wish.own6, ip6));
	if (d->anycast[0])
		text_add(t, "interface=%s\n", d->anycast);
	if (d->bridge[0])
		text_add(t, "interface=%s\n", d->bridge);
	text_add(t, "no-resolv\nno-hosts\nno-poll\n"
		    "servers-file=" DNS_SERVERS "\naddn-hosts=" DNS_HOSTS "\n"
		    "cache-size=1000\nlocal-ttl=10\nneg-ttl=10\n"
		    "domain-needed\nbogus-priv\n"
		    "log-facility=/dev/null\npid-file=\nlocal=/" OWN_NAME "/\n");
	if (d->wish.domain[0])
		text_add(t, "domain=%s\nlocal=/%s/\nexpand-hosts\n", d->wish.domain,
			 d->wish.domain);
	if (geteuid() == 0) /* there is no user to run as, see the root process */
		text_add(t, "user=root\ngroup=root\n");
}

static void servers_text(const struct dns *d, struct text *t)
{
	char ip[IP6_TEXT];

	for (uint8_t i = 0; i < d->wish.upstream_count && i < NODE_RESOLVERS; i++)
		text_add(t, "server=%s\n", ip4_text(&d->wish.upstreams[i], ip));
	for (uint8_t i = 0; i < d->wish.upstream6_count && i < NODE_RESOLVERS; i++)
		text_add(t, "server=%s\n", ip6_text(&d->wish.upstreams6[i], ip));
}

static void host_line(struct text *t, const struct ip4 *ip4, const struct ip6 *ip6,
		      const char *name)
{
	char buf4[IP4_TEXT], buf6[IP6_TEXT];

	if (!ip4_is_zero(ip4))
		text_add(t, "%s %s\n", ip4_text(ip4, buf4), name);
	if (!ip6_is_zero(ip6))
		text_add(t, "%s %s\n", ip6_text(ip6, buf6), name);
}

/* A name is one word of letters, digits, '-', '_' and '.', or it would be two lines or an option.
 */
static bool name_ok(const char *name)
{
	size_t n =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return n > 0 && name[n] == '\0';
}

static void hosts_text(const struct dns *d, struct text *t)
{
	struct node_name name;
	uint32_t cursor = 0;

	host_line(t, &d->wish.listen4, &d->wish.listen6, OWN_NAME);
	while (d->node && node_name_next(d->node, &cursor, &name)) {
		name.name[sizeof(name.name) - 1] = '\0';
		if (name_ok(name.name))
			host_line(t, &name.ip4, &name.ip6, name.name);
	}
}

/* 1 when the file is new, 0 when it was like that, -errno. */
static int file_make(const struct dns *d, const char *path, size_t cap,
		     void (*make)(const struct dns *d, struct text *t))
{
	char *buf = malloc(cap);
	struct text t;
	int r = 0;

	if (!buf)
		return -ENOMEM;
	t = text_init(buf, cap);
	make(d, &t);
	/* Whole lines only. */
	while (t.cut && t.len > 0 && buf[t.len - 1] != '\n')
		t.len--;
	if (!file_equals(path, buf, t.len)) {
		r = file_replace(path, buf, t.len, 0644, FILE_VOLATILE);
		r = r ? r : 1;
	}
	free(buf);
	return r;
}

static int files_write(struct dns *d)
{
	int hosts = file_make(d, DNS_HOSTS, HOSTS_SIZE, hosts_text);
	int servers = file_make(d, DNS_SERVERS, CONF_SIZE, servers_text);

	d->written_ms = uv_now(d->loop);
	if (hosts < 0 || servers < 0)
		return hosts < 0 ? hosts : servers;
	return hosts || servers;
}

static void write_due(void *ctx)
{
	struct dns *d = ctx;
	int r = files_write(d);

	if (r < 0)
		log_error("dnsmasq's files: %s", strerror(-r));
	if (r > 0 && d->running)
		d->calls.reload(d->calls.ctx);
}

/* The first change at once, further ones a second later. */
static void write_soon(struct dns *d)
{
	uint64_t since = uv_now(d->loop) - d->written_ms;

	if (!alarm_is_set(d->alarm))
		alarm_set(d->alarm, d->written_ms && since < WRITE_MS ? WRITE_MS - since : 0);
}

struct dns *dns_new(uv_loop_t *loop, const struct dns_calls *calls)
{
	struct dns *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->loop = loop;
	d->calls = *calls;
	d->alarm = alarm_new(loop, write_due, d);
	if (!d->alarm) {
		free(d);
		return NULL;
	}
	return d;
}

void dns_free(struct dns *d)
{
	if (!d)
		return;
	alarm_free(d->alarm);
	free(d);
}

void dns_apply(struct dns *d, const struct wish *w)
{
	d->wish = w->dns;
	d->wish.domain[sizeof(d->wish.domain) - 1] = '\0';
	if (!name_ok(d->wish.domain))
		d->wish.domain[0] = '\0';
	text_copy(d->bridge, sizeof(d->bridge), w->filter.bridge);
	text_copy(d->anycast, sizeof(d->anycast), w->filter.anycast);
	d->known = true;
	if (d->running && file_make(d, DNS_CONF, CONF_SIZE, conf_text) > 0)
		d->calls.restart(d->calls.ctx);
	write_soon(d);
}

void dns_names(struct dns *d, const struct node *n)
{
	d->node = n;
	write_soon(d);
}

int dns_prepare(struct dns *d)
{
	int r;

	if (!d->known)
		return -EAGAIN;
	r = file_make(d, DNS_CONF, CONF_SIZE, conf_text);
	if (r >= 0)
		r = files_write(d);
	return r < 0 ? r : 0;
}

bool dns_started(struct dns *d)
{
	d->running = true;
	return !d->known || file_make(d, DNS_CONF, CONF_SIZE, conf_text) <= 0;
}

void dns_ended(struct dns *d)
{
	d->running = false;
}
