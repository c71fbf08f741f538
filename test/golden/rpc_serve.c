/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two nodes on a wire in memory; the first one answers on a Unix socket: rpc_serve PATH [http].
 * Time stands still while it does, so that what the command line prints is always the same. With
 * http it shares by shared-state over HTTP. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "node/node.h"
#include "rpc/call.h"
#include "rpc/shared_state.h"

#define NODES 2

struct town {
	struct conf conf;
	struct node *node[NODES];
	usec_t now;
	struct rpc_context rpc;
	FILE *watcher;
	struct rpc_watch watch;
};

static void feed(struct town *t, int i, const struct event *e);

static void tell(struct town *t, const struct state_event *e)
{
	struct rpc_reply reply;

	if (!t->watcher || !rpc_watch_takes(&t->watch, e))
		return;
	t->rpc.now = t->now;
	rpc_record(&t->rpc, e, &reply);
	fprintf(t->watcher, "%s\n", reply.text);
	rpc_reply_done(&reply);
}

/* Port 1 of the nodes is the wire. */
static void drain(struct town *t, int i)
{
	struct effect e;
	struct event f = { .kind = EVENT_FRAME };
	uint8_t copy[2048];

	while (node_effect(t->node[i], &e)) {
		if (e.kind == EFFECT_RECORD && i == 0)
			tell(t, &e.record);
		if (e.kind != EFFECT_FRAME || e.frame.port != 1 || e.frame.len > sizeof(copy) ||
		    (e.frame.link != LINK_PORT && e.frame.link != LINK_MESH))
			continue;
		memcpy(copy, e.frame.data, e.frame.len);
		f.frame = (struct event_frame) { e.frame.link, 1, copy, e.frame.len };
		feed(t, !i, &f);
	}
}

static void feed(struct town *t, int i, const struct event *e)
{
	node_input(t->node[i], e, t->now);
	drain(t, i);
}

static void act(void *ctx, const struct event *e)
{
	feed(ctx, 0, e);
}

static void add_port(struct town *t, int i, uint16_t port, const char *name, enum port_kind kind)
{
	struct event e = { .kind = EVENT_PORT };

	e.port = (struct event_port) { .port = port, .carrier = true, .kind = kind, .mtu = 1500 };
	e.port.mac = (struct mac) { { 2, 0, 0, (uint8_t)i, 7, (uint8_t)(port + 1) } };
	strcpy(e.port.name, name);
	feed(t, i, &e);
}

static void add_client(struct town *t, int i, uint8_t number)
{
	struct event e = { .kind = EVENT_CLIENT };

	e.client = (struct event_client) { .change = CLIENT_ASSOCIATED,
					   .port = 2,
					   .mac = { { 2, 0xcc, 0, 0, 0, number } } };
	feed(t, i, &e);
}

static void add_routes(struct town *t)
{
	struct event e = { .kind = EVENT_ROUTE };

	e.route = (struct event_route) { .port = 1,
					 .metric = 96,
					 .router_id = { 1, 2, 3, 4, 5, 6, 7, 8 },
					 .via4 = { { 10, 13, 1, 2 } } };
	feed(t, 0, &e);
	e.route.to4 = (struct net4) { { { 10, 99, 0, 0 } }, 16 };
	e.route.metric = 256;
	feed(t, 0, &e);
}

static void run(struct town *t, usec_t until)
{
	struct event timer = { .kind = EVENT_TIMER };

	while (t->now < until) {
		int who = node_deadline(t->node[0]) <= node_deadline(t->node[1]) ? 0 : 1;
		usec_t next = node_deadline(t->node[who]);

		if (next >= until) {
			t->now = until;
			return;
		}
		t->now = next > t->now ? next : t->now;
		feed(t, who, &timer);
	}
}

static int town_start(struct town *t, bool http)
{
	struct event load = { .kind = EVENT_LOAD };
	int err;

	t->now = 1000 * USEC_S;
	conf_init(&t->conf);
	t->conf.bridge.shared_state_http = http ? CONF_USE_ON : CONF_USE_AUTO;
	for (int i = 0; i < NODES; i++) {
		struct node_setup s = { .conf = &t->conf, .boot_epoch = 1 };

		s.seed = (uint64_t)i + 1;
		s.primary_mac = (struct mac) { { 2, 0, 0, (uint8_t)i, 7, 1 } };
		t->node[i] = node_new(&s, t->now, &err);
		if (!t->node[i])
			return err;
	}
	t->rpc = (struct rpc_context) {
		.node = t->node[0],
		.started = t->now,
		.act = act,
		.ctx = t,
		.shared_state = http ? shared_state_new((struct hash_key) { 1, 2 }) : NULL
	};
	for (int i = 0; i < NODES; i++) {
		feed(t, i, &load);
		add_port(t, i, 1, "eth0", PORT_KIND_ETHERNET);
		add_port(t, i, 2, "wlan0-ap", PORT_KIND_WIFI_AP);
		add_client(t, i, (uint8_t)(i + 1));
	}
	add_routes(t);
	run(t, t->now + 30 * USEC_S);
	t->rpc.now = t->now;
	return 0;
}

/* ---- the socket ---- */

/* What is written here and there while somebody watches. */
static void write_records(struct town *t)
{
	struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_STATE };
	struct control_put *p = &e.control.put;
	static uint8_t times;

	times++;
	*p = (struct control_put) { .type = 200, .id_len = 9, .value = &times, .len = 1 };
	memcpy(p->id, "\033[2Jthere", p->id_len);
	feed(t, 1, &e);
	run(t, t->now + USEC_S);
	p->owned = true;
	memcpy(p->id, "of-node-0", p->id_len);
	feed(t, 0, &e);
	run(t, t->now + USEC_S);
	p->deleted = true;
	feed(t, 0, &e);
	run(t, t->now + USEC_S);
	t->rpc.now = t->now;
}

static void answer(struct town *t, FILE *to, const char *line, size_t len)
{
	struct effect_notice n = { .notice = NOTICE_CLIENT_CAME,
				   .port = 2,
				   .mac = { { 2, 0xcc, 0, 0, 0, 1 } } };
	struct rpc_reply reply;
	unsigned int subscribed;

	rpc_call(&t->rpc, line, len, &reply);
	subscribed = reply.subscribe;
	t->watch = reply.watch;
	if (reply.text)
		fprintf(to, "%s\n", reply.text);
	rpc_reply_done(&reply);
	if (subscribed & RPC_EVENTS) {
		strcpy(n.text, "\033[2Jx");
		rpc_notice(&t->rpc, &n, 0, &reply);
		fprintf(to, "%s\n", reply.text);
		rpc_reply_done(&reply);
	}
	if (subscribed & RPC_RECORDS) {
		t->watcher = to;
		write_records(t);
		t->watcher = NULL;
	}
	fflush(to);
	if (subscribed)
		shutdown(fileno(to), SHUT_RDWR);
}

static void serve(struct town *t, int fd)
{
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while (in && out && (n = getline(&line, &cap, in)) > 0)
		answer(t, out, line, (size_t)n);
	free(line);
	if (in)
		fclose(in);
	if (out)
		fclose(out);
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct town *t = calloc(1, sizeof(*t));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;

	if (argc < 2 || !t || !text_copy(at.sun_path, sizeof(at.sun_path), argv[1]) ||
	    town_start(t, argc > 2 && !strcmp(argv[2], "http")))
		return 1;
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 4))
		return 1;
	signal(SIGPIPE, SIG_IGN);
	puts("ready");
	fflush(stdout);
	while ((peer = accept(fd, NULL, NULL)) >= 0)
		serve(t, peer);
	return 0;
}
