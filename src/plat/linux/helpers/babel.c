/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation: babeld greets and ends with "ok"; we ask for `monitor` and get all that there
 * is, then "ok", then every change. From then on its interfaces are made those of the wish, one
 * request per line, each answered.
 */
#include "plat/linux/helpers/babel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/text.h"
#include "plat/linux/helpers/babel_flush.h"
#include "plat/linux/helpers/babel_table.h"
#include "plat/linux/file.h"
#include "plat/linux/log.h"
#include "plat/linux/poller.h"

#define RUN_DIR "/run/trama"
#define BABEL_CONF RUN_DIR "/babeld.conf"
#define BABEL_SOCKET RUN_DIR "/babeld.sock"
#define CONNECT_MS 100
#define REPORT_MS 20
#define LOST_MS 20
#define METRIC_LEAVES 30000 /* worse than any way there is, and of use all the same */
#define FORGET_MS 3000	    /* babeld has ended and none came instead: its routes are gone */
#define INTERFACES (2 * NODE_PORTS)

enum babel_talk {
	TALK_GREETING,
	TALK_DUMP, /* monitor has been asked for */
	TALK_LIVE,
};

struct babel_port {
	char dev[NODE_IFNAME];
	bool wired;
	uint16_t port;
};

struct babel {
	uv_loop_t *loop;
	struct poller *socket; /* NULL when not connected */
	struct alarm *connect, *report, *forget, *lost;
	bool running;
	bool applied; /* what is wanted is known: before, nothing of an adopted babeld may be
			 flushed */
	bool has_key;
	enum babel_talk talk;
	char key[2 * BABEL_KEY_SIZE + 1]; /* hex */
	uint16_t want_count, have_count;
	struct babel_port want[NODE_PORTS];
	struct babel_port have[INTERFACES]; /* as babeld has told or been told */
	struct babel_table table;
	struct babel_counters counters;
	struct babel_in in;
};

static void babel_config(const struct babel *b, struct text *t)
{
	text_add(t, "skip-kernel-setup true\n"
		    "random-id true\n"
		    "state-file " RUN_DIR "/babeld.state\n"
		    "local-path-readwrite " BABEL_SOCKET "\n");
	text_add(t, "import-table %d\nexport-table %d\n", WISH_TABLE_IMPORT, WISH_TABLE_EXPORT);
	text_add(t, "default hello-interval %d update-interval %d\n", BABEL_HELLO_S,
		 BABEL_UPDATE_S);
	/* A route that was withdrawn and comes back starts smoothing at infinity: with a half-life
	 * of 4 s, babeld's own, half a minute passes until it is as good as one that it beats. */
	text_add(t, "smoothing-half-life 0\n");
	/* Our default routes say by themselves how good they are; all else in the import table is
	 * this node's own. */
	text_add(t, "redistribute proto %d allow\n", WISH_PROTO);
	text_add(t, "redistribute proto %d metric %d\n", WISH_PROTO_LEAVES, METRIC_LEAVES);
	text_add(t, "redistribute local deny\nredistribute deny\n");
	if (b->has_key)
		text_add(t, "key id trama type hmac-sha256 value %s\n", b->key);
	/* It does not start without one; the real ones come and go through its socket. */
	text_add(t, "interface babel-none\n");
}

static void interface_forget(struct babel *b, const char *dev)
{
	for (uint16_t i = 0; i < b->have_count; i++) {
		if (strcmp(b->have[i].dev, dev) == 0)
			b->have[i--] = b->have[--b->have_count];
	}
}

static struct babel_port *interface_find(struct babel_port *list, uint16_t count, const char *dev)
{
	for (uint16_t i = 0; i < count; i++) {
		if (strcmp(list[i].dev, dev) == 0)
			return &list[i];
	}
	return NULL;
}

/* A request is one line and short; babeld reads at once, so a full socket means that it hangs. */
static void babel_ask(struct babel *b, const struct text *t)
{
	ssize_t n = send(poller_fd(b->socket), t->buf, t->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	log_debug("babeld: %.*s", (int)t->len - 1, t->buf);
	if (n == (ssize_t)t->len)
		return;
	log_warning("babeld does not listen");
	/* What it has not heard is told again over a new connection. */
	shutdown(poller_fd(b->socket), SHUT_RDWR);
}

static void interface_add(struct babel *b, const struct babel_port *p)
{
	char buf[160];
	struct text t = text_init(buf, sizeof(buf));

	/* babeld's split horizon keeps silent where it should retract: the neighbour that a node
	 * has just changed to keeps that node's former route until it times out, and falls back to
	 * it, in a loop, when its own way goes. */
	text_add(
		&t,
		"interface %s type %s hello-interval %d update-interval %d split-horizon false%s\n",
		p->dev, p->wired ? "wired" : "wireless", BABEL_HELLO_S, BABEL_UPDATE_S,
		b->has_key ? " key trama" : "");
	babel_ask(b, &t);
	interface_forget(b, p->dev);
	if (b->have_count < INTERFACES)
		b->have[b->have_count++] = *p;
}

static void interface_flush(struct babel *b, const char *dev)
{
	char buf[64];
	struct text t = text_init(buf, sizeof(buf));

	text_add(&t, "flush interface %s\n", dev);
	interface_forget(b, dev);
	babel_ask(b, &t);
}

/* What babeld has is made what is wanted. */
static void interfaces_sync(struct babel *b)
{
	if (!b->socket || b->talk != TALK_LIVE)
		return;
	for (uint16_t i = b->have_count; i-- > 0;) {
		struct babel_port *have = &b->have[i];
		const struct babel_port *want = interface_find(b->want, b->want_count, have->dev);
		char dev[NODE_IFNAME];

		text_copy(dev, sizeof(dev), have->dev);
		if (!want || want->wired != have->wired)
			interface_flush(b, dev);
	}
	for (uint16_t i = 0; i < b->want_count; i++) {
		if (!interface_find(b->have, b->have_count, b->want[i].dev))
			interface_add(b, &b->want[i]);
	}
}

/* One that an earlier node process has added is taken as it is. */
static void interface_told(struct babel *b, const struct babel_line *l)
{
	struct babel_port *want = interface_find(b->want, b->want_count, l->dev);
	struct babel_port *have = interface_find(b->have, b->have_count, l->dev);

	if (strcmp(l->dev, "babel-none") == 0)
		return;
	if (l->flush) {
		interface_forget(b, l->dev);
		return;
	}
	if (have || b->have_count == INTERFACES)
		return;
	have = &b->have[b->have_count++];
	*have = want ? *want : (struct babel_port) { .wired = true };
	text_copy(have->dev, sizeof(have->dev), l->dev);
}

static void connection_close(struct babel *b)
{
	poller_free(b->socket);
	b->socket = NULL;
	b->have_count = 0;
	b->in.len = b->in.used = 0;
	b->in.skip = false;
}

static void answer_read(struct babel *b)
{
	char buf[16];
	struct text t = text_init(buf, sizeof(buf));

	switch (b->talk) {
	case TALK_GREETING:
		b->talk = TALK_DUMP;
		babel_table_mark(&b->table);
		text_add(&t, "monitor\n");
		babel_ask(b, &t);
		break;
	case TALK_DUMP:
		b->talk = TALK_LIVE;
		babel_table_sweep(&b->table);
		alarm_set(b->report, 0);
		interfaces_sync(b);
		break;
	case TALK_LIVE:
		break;
	}
}

/* A route to a single host has just become unreachable. */
static bool is_lost_host(const struct babel_line *l)
{
	return l->kind == BABEL_LINE_ROUTE && !l->flush && l->installed &&
	       l->metric == UINT16_MAX && (l->v6 ? l->to6.len == 128 : l->to4.len == 32);
}

static void line_read(struct babel *b, char *line)
{
	const struct babel_port *p;
	struct babel_line l;

	b->counters.lines++;
	if (babel_text_line(line, &l)) {
		b->counters.malformed++;
		return;
	}
	switch (l.kind) {
	case BABEL_LINE_REFUSED:
		b->counters.refused++;
		answer_read(b);
		break;
	case BABEL_LINE_OK:
		answer_read(b);
		break;
	case BABEL_LINE_INTERFACE:
		interface_told(b, &l);
		break;
	case BABEL_LINE_ID:
	case BABEL_LINE_NEIGHBOUR:
	case BABEL_LINE_ROUTE:
	case BABEL_LINE_OWN:
		p = interface_find(b->want, b->want_count, l.dev);
		babel_table_line(&b->table, &l, p ? p->port : 0);
		if (!alarm_is_set(b->report))
			alarm_set(b->report, REPORT_MS);
		if (is_lost_host(&l) && !alarm_is_set(b->lost))
			alarm_set(b->lost, LOST_MS);
		break;
	case BABEL_LINE_OTHER:
		break;
	}
}

static void socket_ready(void *ctx, int events)
{
	struct babel *b = ctx;
	ssize_t n = recv(poller_fd(b->socket), b->in.buf + b->in.len, sizeof(b->in.buf) - b->in.len,
			 MSG_DONTWAIT);
	char *line;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		log_debug("babeld: connection ended");
		connection_close(b);
		if (b->running)
			alarm_set(b->connect, CONNECT_MS);
		return;
	}
	b->in.len += (size_t)n;
	while (babel_text_next(&b->in, &line)) {
		if (line)
			line_read(b, line);
		else
			b->counters.malformed++;
	}
}

static void connect_due(void *ctx)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = BABEL_SOCKET };
	struct babel *b = ctx;
	int fd;

	if (!b->running || b->socket)
		return;
	fd = b->applied ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		if (fd >= 0)
			close(fd);
		alarm_set(b->connect, CONNECT_MS);
		return;
	}
	b->talk = TALK_GREETING;
	b->counters.connects++;
	b->socket = poller_new(b->loop, fd, UV_READABLE, socket_ready, b);
	if (!b->socket)
		alarm_set(b->connect, CONNECT_MS);
}

static void report_due(void *ctx)
{
	struct babel *b = ctx;

	babel_table_report(&b->table);
	b->counters.table_full = b->table.full;
}

static void lost_due(void *ctx)
{
	struct babel *b = ctx;
	int r = babel_flush_lost(&b->table);

	if (r)
		log_debug("routes to hosts that are unreachable: %s", strerror(-r));
}

static void forget_due(void *ctx)
{
	struct babel *b = ctx;

	babel_table_mark(&b->table);
	babel_table_sweep(&b->table);
	babel_table_report(&b->table);
}

struct babel *babel_new(uv_loop_t *loop, struct sink sink, const uint64_t hash_key[static 2])
{
	struct babel *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->loop = loop;
	b->connect = alarm_new(loop, connect_due, b);
	b->report = alarm_new(loop, report_due, b);
	b->forget = alarm_new(loop, forget_due, b);
	b->lost = alarm_new(loop, lost_due, b);
	if (!b->connect || !b->report || !b->forget || !b->lost ||
	    babel_table_init(&b->table, sink, hash_key, BABEL_ROUTES, BABEL_NEIGHBOURS)) {
		alarm_free(b->connect);
		alarm_free(b->report);
		alarm_free(b->forget);
		alarm_free(b->lost);
		free(b);
		return NULL;
	}
	return b;
}

void babel_free(struct babel *b)
{
	if (!b)
		return;
	connection_close(b);
	alarm_free(b->connect);
	alarm_free(b->report);
	alarm_free(b->forget);
	alarm_free(b->lost);
	babel_table_done(&b->table);
	free(b);
}

void babel_set_key(struct babel *b, const uint8_t key[static BABEL_KEY_SIZE])
{
	struct text t = text_init(b->key, sizeof(b->key));

	for (int i = 0; i < BABEL_KEY_SIZE; i++)
		text_add(&t, "%02x", key[i]);
	b->has_key = true;
}

void babel_apply(struct babel *b, const struct wish *w, const struct devices *devices)
{
	b->table.own4 = w->filter.cloud4;
	b->table.own6 = w->filter.cloud6;
	b->want_count = 0;
	for (uint16_t i = 0; i < w->babel_count && i < NODE_PORTS; i++) {
		const struct event_port *port = devices_below(devices, w, w->babel[i].dev);
		struct babel_port *p = &b->want[b->want_count];

		if (!port)
			continue;
		text_copy(p->dev, sizeof(p->dev), w->babel[i].dev);
		p->wired = w->babel[i].wired;
		p->port = port->port;
		b->want_count++;
	}
	b->applied = true;
	interfaces_sync(b);
}

int babel_prepare(struct babel *b)
{
	char buf[1024];
	struct text t = text_init(buf, sizeof(buf));
	int r;

	babel_config(b, &t);
	unlink(BABEL_SOCKET);
	r = file_replace(BABEL_CONF, buf, t.len, 0600, FILE_VOLATILE);
	if (r)
		return r;
	return babel_flush_routes();
}

bool babel_started(struct babel *b)
{
	char buf[1024];
	struct text t = text_init(buf, sizeof(buf));

	babel_config(b, &t);
	alarm_stop(b->forget);
	b->running = true;
	alarm_set(b->connect, 0);
	return file_equals(BABEL_CONF, buf, t.len);
}

void babel_ended(struct babel *b)
{
	b->running = false;
	connection_close(b);
	alarm_set(b->forget, FORGET_MS);
}

const struct babel_counters *babel_counters(const struct babel *b)
{
	return &b->counters;
}

bool babel_neighbour_next(const struct babel *b, uint32_t *cursor, struct event_neighbour *ret)
{
	return babel_table_neighbour_next(&b->table, cursor, ret);
}
