/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the control socket against a real node with two ports and a client. */
#include <stdlib.h>
#include <string.h>

#include "node/node.h"
#include "rpc/call.h"
#include "rpc/shared_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct box {
	struct conf conf;
	struct node *node;
	struct rpc_context rpc;
};

static const usec_t now = 1000 * USEC_S;

static void check(struct rpc_reply *reply)
{
	if (reply->text && (strlen(reply->text) != reply->len || strchr(reply->text, '\n')))
		abort();
	rpc_reply_done(reply);
}

static void feed(void *ctx, const struct event *e)
{
	struct box *b = ctx;
	struct rpc_reply reply;
	struct effect effect;

	node_input(b->node, e, now);
	while (node_effect(b->node, &effect)) {
		if (effect.kind != EFFECT_RECORD || !b->rpc.node)
			continue;
		rpc_record(&b->rpc, &effect.record, &reply);
		check(&reply);
	}
}

static struct box *box_get(void)
{
	static struct box b;
	struct node_setup s = { .conf = &b.conf, .primary_mac = { { 2, 0, 0, 0, 0, 1 } } };
	struct event port = { .kind = EVENT_PORT }, client = { .kind = EVENT_CLIENT };
	struct event load = { .kind = EVENT_LOAD };
	int err;

	if (b.node)
		return &b;
	conf_init(&b.conf);
	b.conf.bridge.shared_state_http = CONF_USE_ON;
	s.boot_epoch = 1;
	b.node = node_new(&s, now - 10 * USEC_S, &err); /* records may be put by now */
	if (!b.node)
		abort();
	b.rpc = (struct rpc_context) {
		.node = b.node,
		.now = now,
		.act = feed,
		.ctx = &b,
		.shared_state = shared_state_new((struct hash_key) { 1, 2 }),
	};
	if (!b.rpc.shared_state)
		abort();
	feed(&b, &load);
	port.port = (struct event_port) { .kind = PORT_KIND_WIFI_AP, .carrier = true, .mtu = 1500 };
	port.port.mac = (struct mac) { { 2, 0, 0, 0, 0, 1 } };
	strcpy(port.port.name, "wlan0");
	feed(&b, &port);
	client.client.mac = (struct mac) { { 2, 0xcc, 0, 0, 0, 9 } };
	feed(&b, &client);
	return &b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct box *b = box_get();

	while (len > 0) {
		const uint8_t *end = memchr(data, '\n', len);
		size_t n = end ? (size_t)(end - data) : len;
		struct rpc_reply reply;
		char *line = malloc(n + 1);

		if (!line)
			abort();
		memcpy(line, data, n);
		b->rpc.now += USEC_S; /* so that nobody is over a rate for good */
		rpc_call(&b->rpc, line, n, &reply);
		check(&reply);
		free(line);
		n += end != NULL;
		data += n;
		len -= n;
	}
	return 0;
}
