/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/requests.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "rpc/call.h"

struct requests {
	struct loop *loop;
	struct control *control;
	struct rpc_context rpc;
	struct control_peer *subscribers[CONTROL_PEERS];
};

static void act(void *ctx, const struct event *e)
{
	struct requests *r = ctx;

	loop_event(r->loop, e);
}

static void subscribe(struct requests *r, struct control_peer *peer)
{
	struct control_peer **place = NULL;

	for (int i = 0; i < CONTROL_PEERS; i++) {
		if (r->subscribers[i] == peer)
			return;
		if (!r->subscribers[i])
			place = &r->subscribers[i];
	}
	if (place)
		*place = peer;
}

static void call(void *ctx, struct control_peer *peer, char *line, size_t len)
{
	struct requests *r = ctx;
	struct rpc_reply reply;

	r->rpc.now = loop_now();
	rpc_call(&r->rpc, line, len, &reply);
	if (reply.text)
		(void)control_reply(peer, reply.text, reply.len);
	if (reply.subscribe)
		subscribe(r, peer);
	rpc_reply_done(&reply);
}

static void gone(void *ctx, struct control_peer *peer)
{
	struct requests *r = ctx;

	for (int i = 0; i < CONTROL_PEERS; i++)
		if (r->subscribers[i] == peer)
			r->subscribers[i] = NULL;
}

void requests_notice(struct requests *r, const struct effect_notice *notice)
{
	struct rpc_reply reply;

	r->rpc.now = loop_now();
	rpc_notice(&r->rpc, notice, time(NULL), &reply);
	for (int i = 0; reply.text && i < CONTROL_PEERS; i++)
		if (r->subscribers[i])
			(void)control_reply(r->subscribers[i], reply.text, reply.len);
	rpc_reply_done(&reply);
}

struct requests *requests_new(struct loop *l, const struct node *n, const char *path, int *ret_err)
{
	struct requests *r = calloc(1, sizeof(*r));
	struct control_calls calls = { .ctx = r, .call = call, .gone = gone };

	if (!r) {
		*ret_err = -ENOMEM;
		return NULL;
	}
	r->loop = l;
	r->rpc = (struct rpc_context) {
		.node = n, .started = loop_now(), .now = loop_now(), .act = act, .ctx = r
	};
	r->control = control_new(loop_uv(l), path, &calls, ret_err);
	if (!r->control) {
		free(r);
		return NULL;
	}
	return r;
}

void requests_free(struct requests *r)
{
	if (!r)
		return;
	control_free(r->control);
	free(r);
}
