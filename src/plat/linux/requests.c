/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/requests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "node/view.h"
#include "plat/linux/bridges/bridges.h"
#include "plat/linux/counters.h"
#include "plat/linux/helpers/helpers.h"
#include "plat/linux/log.h"
#include "rpc/shared_state.h"

struct requests {
	struct loop *loop;
	const struct bridges *bridges;
	struct control *control;
	struct rpc_context rpc;
	struct {
		struct control_peer *peer;
		unsigned int streams;	/* enum rpc_stream */
		struct rpc_watch watch; /* of RPC_RECORDS, as it was last asked for */
	} subscribers[CONTROL_PEERS];
};

static void act(void *ctx, const struct event *e)
{
	struct requests *r = ctx;

	loop_event(r->loop, e);
}

/* ---- what the platform knows ---- */

static bool child_next(void *ctx, uint32_t *cursor, struct rpc_child *ret)
{
	struct requests *r = ctx;
	struct wish_child c;

	*ret = (struct rpc_child) { 0 };
	if (!helpers_child_next(loop_helpers(r->loop), cursor, &c, &ret->running))
		return false;
	ret->kind = c.kind;
	memcpy(ret->dev, c.dev, sizeof(ret->dev));
	return true;
}

static bool neighbour_next(void *ctx, uint32_t *cursor, struct event_neighbour *ret)
{
	struct requests *r = ctx;

	return helpers_neighbour_next(loop_helpers(r->loop), cursor, ret);
}

static bool counter_next(void *ctx, uint32_t *cursor, struct rpc_counter *ret)
{
	struct requests *r = ctx;

	return counters_next(r->loop, control_counters(r->control), r->bridges, cursor, ret);
}

static const char *state_rejected(void *ctx)
{
	const struct requests *r = ctx;

	return loop_state_rejected(r->loop);
}

static bool device(void *ctx, const char *name, int *ret_index, struct mac *ret_mac)
{
	const struct requests *r = ctx;

	return loop_device(r->loop, name, ret_index, ret_mac);
}

static bool resolve(void *ctx, const char *address, struct mac *ret_mac)
{
	const struct requests *r = ctx;
	struct ip4 ip4;
	struct ip6 ip6;

	if (ip4_parse(address, &ip4) == 0)
		return loop_neighbour4(r->loop, &ip4, ret_mac) == 0;
	return ip6_parse(address, &ip6) == 0 && loop_neighbour6(r->loop, &ip6, ret_mac) == 0;
}

static const struct ss_store *store_next(void *ctx, uint32_t *cursor, const char **ret_by)
{
	const struct requests *r = ctx;

	return bridges_store_next(r->bridges, cursor, ret_by);
}

static int statistics(void *ctx, rpc_statistic_fn *fn, void *arg)
{
	const struct requests *r = ctx;

	return loop_statistics(r->loop, fn, arg);
}

static const struct rpc_platform platform = { child_next,     neighbour_next, counter_next,
					      state_rejected, device,	      resolve,
					      store_next,     statistics };

/* ---- requests ---- */

/* There are as many places as peers. */
static void subscribe(struct requests *r, struct control_peer *peer, const struct rpc_reply *reply)
{
	int place = -1;

	for (int i = 0; i < CONTROL_PEERS && (place < 0 || r->subscribers[place].peer != peer); i++)
		if (r->subscribers[i].peer == peer || !r->subscribers[i].peer)
			place = i;
	if (place < 0)
		return;
	if (r->subscribers[place].peer != peer)
		r->subscribers[place].streams = 0;
	r->subscribers[place].peer = peer;
	r->subscribers[place].streams |= reply->subscribe;
	if (reply->subscribe & RPC_RECORDS)
		r->subscribers[place].watch = reply->watch;
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
		subscribe(r, peer, &reply);
	rpc_reply_done(&reply);
}

static void gone(void *ctx, struct control_peer *peer)
{
	struct requests *r = ctx;

	for (int i = 0; i < CONTROL_PEERS; i++)
		if (r->subscribers[i].peer == peer)
			r->subscribers[i].peer = NULL;
}

void requests_notice(struct requests *r, const struct effect_notice *notice)
{
	struct rpc_reply reply;

	r->rpc.now = loop_now();
	rpc_notice(&r->rpc, notice, time(NULL), &reply);
	for (int i = 0; reply.text && i < CONTROL_PEERS; i++)
		if (r->subscribers[i].peer && r->subscribers[i].streams & RPC_EVENTS)
			(void)control_notify(r->subscribers[i].peer, reply.text, reply.len);
	rpc_reply_done(&reply);
}

/* Records change often, and mostly nobody listens. */
void requests_record(struct requests *r, const struct state_event *e)
{
	struct rpc_reply reply = { 0 };

	r->rpc.now = loop_now();
	for (int i = 0; i < CONTROL_PEERS; i++) {
		if (!r->subscribers[i].peer || !(r->subscribers[i].streams & RPC_RECORDS) ||
		    !rpc_watch_takes(&r->subscribers[i].watch, e))
			continue;
		if (!reply.text)
			rpc_record(&r->rpc, e, &reply);
		if (reply.text)
			(void)control_notify(r->subscribers[i].peer, reply.text, reply.len);
	}
	rpc_reply_done(&reply);
}

/* NULL: it is not wanted, or cannot be. */
static struct shared_state *http_new(const struct node *n)
{
	struct shared_state *s = NULL;
	struct hash_key key;

	if (node_conf(n)->bridge.shared_state_http == CONF_USE_OFF)
		return NULL;
	if (getrandom(&key, sizeof(key), 0) == (ssize_t)sizeof(key))
		s = shared_state_new(key);
	if (!s)
		log_warning("no memory for shared-state over HTTP");
	return s;
}

struct requests *requests_new(struct loop *l, const struct node *n, const struct bridges *bridges,
			      const struct conf_refused *refused, const char *path, int *ret_err)
{
	struct requests *r = calloc(1, sizeof(*r));
	struct control_calls calls = { .ctx = r, .call = call, .gone = gone };

	if (!r) {
		*ret_err = -ENOMEM;
		return NULL;
	}
	r->loop = l;
	r->bridges = bridges;
	r->rpc = (struct rpc_context) { .node = n,
					.started = loop_now(),
					.now = loop_now(),
					.act = act,
					.platform = &platform,
					.ctx = r,
					.shared_state = http_new(n),
					.refused = refused };
	r->control = control_new(loop_uv(l), path, &calls, ret_err);
	if (!r->control) {
		shared_state_free(r->rpc.shared_state);
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
	shared_state_free(r->rpc.shared_state);
	free(r);
}
