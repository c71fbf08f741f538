/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state_net.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_SIZE 262144

const struct state_type net_types[4] = {
	{ NET_BLOCK, STATE_CLOUD, STATE_OWNED, true, 7 * 86400, 0, STATE_ADMIN_NONE, 0 },
	{ NET_GATEWAY, STATE_NETWORK, STATE_OWNED, false, 600, 0, STATE_ADMIN_NONE, 0 },
	{ NET_CLIENT, STATE_CLOUD, STATE_SHARED, true, 48 * 3600, 0, STATE_ADMIN_NONE, 0 },
	{ NET_NOTE, STATE_NETWORK, STATE_SHARED, false, 3600, 0, STATE_ADMIN_NONE, 0 },
};

struct state_node net_id(uint32_t i)
{
	return (struct state_node) { { 2, 0, 0, 0, 0, 0, (uint8_t)((i + 1) >> 8),
				       (uint8_t)(i + 1) } };
}

struct state_node net_who(const struct net *net, uint32_t i)
{
	return i < NET_NODES && net->crypto[i] ? state_node_of_key(net->crypto[i]->public_key)
					       : net_id(i);
}

static bool earlier(const struct net_packet *a, const struct net_packet *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void heap_push(struct net *net, struct net_packet p)
{
	size_t i = net->heap_len++;

	if (net->heap_len > net->heap_cap) {
		net->heap_cap = net->heap_cap ? 2 * net->heap_cap : 1024;
		net->heap = realloc(net->heap, net->heap_cap * sizeof(*net->heap));
	}
	for (; i && earlier(&p, &net->heap[(i - 1) / 2]); i = (i - 1) / 2)
		net->heap[i] = net->heap[(i - 1) / 2];
	net->heap[i] = p;
}

static struct net_packet heap_pop(struct net *net)
{
	struct net_packet top = net->heap[0], last = net->heap[--net->heap_len];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < net->heap_len) {
		if (child + 1 < net->heap_len && earlier(&net->heap[child + 1], &net->heap[child]))
			child++;
		if (!earlier(&net->heap[child], &last))
			break;
		net->heap[i] = net->heap[child];
		i = child;
	}
	net->heap[i] = last;
	return top;
}

static bool chance(struct net *net, double p)
{
	return rng_below(&net->rng, 1000000) < (uint32_t)(p * 1000000);
}

static void transmit(struct net *net, uint32_t from, uint32_t to, const uint8_t *data, size_t len)
{
	const struct net_link *l = &net->link[from][to];

	assert(len <= STATE_DATAGRAM_MAX);
	net->bytes[from][to] += len;
	if (net->tap)
		net->tap(net, from, to, data, len);
	for (int copy = 0; copy < 2; copy++) {
		struct net_packet p = { .to = (uint16_t)to, .from = (uint16_t)from, .len = len };

		if (!l->up || chance(net, l->loss) || (copy && !chance(net, l->dup)))
			continue;
		p.at = net->now + l->latency + rng_below(&net->rng, (uint32_t)l->jitter + 1);
		p.order = net->order++;
		p.data = malloc(len);
		memcpy(p.data, data, len);
		heap_push(net, p);
	}
}

static void handle_event(struct net_node *node, const struct out *o)
{
	struct state_event e;

	assert(o->len == sizeof(e));
	memcpy(&e, o->data, sizeof(e));
	if (o->kind == STATE_ACKED) {
		node->acked++;
		node->last_acked = e;
		return;
	}
	node->last_changed = e;
	switch (e.change) {
	case STATE_IS_SET:
		node->changed++;
		break;
	case STATE_IS_DELETED:
		node->deleted++;
		break;
	case STATE_HAS_EXPIRED:
		node->expired++;
		break;
	}
}

static void handle_word(struct net_node *node, const struct out *o)
{
	assert(o->len == sizeof(node->last_word));
	memcpy(&node->last_word, o->data, sizeof(node->last_word));
	node->words++;
}

void net_drain(struct net *net, uint32_t i)
{
	struct net_node *node = &net->node[i];
	struct out o;

	while (outq_pop(&node->out, &o)) {
		if (o.kind == STATE_SEND)
			transmit(net, i, o.port, o.data, o.len);
		else if (o.kind == STATE_STORE)
			node->stored++;
		else if (o.kind == STATE_TALK)
			handle_word(node, &o);
		else
			handle_event(node, &o);
	}
	node->deadline = state_deadline(node->s);
}

static void node_start(struct net *net, uint32_t i, uint32_t epoch)
{
	struct net_node *node = &net->node[i];

	net->conf.id = net_who(net, i);
	net->conf.epoch = epoch;
	net->conf.crypto = net->crypto[i];
	outq_init(&node->out, node->outbuf, OUT_SIZE);
	node->s = state_new(&net->conf, rng_init(rng_u64(&net->rng)), &node->out, net->now);
	assert(node->s);
	node->deadline = state_deadline(node->s);
}

struct net *net_new(uint32_t n, uint64_t seed)
{
	struct net *net = calloc(1, sizeof(*net));

	net->n = n;
	net->rng = rng_init(seed);
	net->now = 5 * USEC_S;
	net->conf = (struct state_conf) { .types = net_types, .n_types = 4 };
	for (uint32_t i = 0; i < n; i++) {
		net->node[i].outbuf = malloc(OUT_SIZE);
		node_start(net, i, 1);
	}
	return net;
}

void net_free(struct net *net)
{
	for (uint32_t i = 0; i < net->n; i++) {
		state_free(net->node[i].s);
		free(net->node[i].outbuf);
	}
	while (net->heap_len)
		free(net->heap[--net->heap_len].data);
	free(net->heap);
	free(net);
}

void net_restart(struct net *net, uint32_t i, uint32_t epoch)
{
	uint8_t scopes[NET_NODES] = { 0 };
	struct state_peer_view v;

	for (uint32_t c = 0; state_peer_next(net->node[i].s, &c, &v);)
		scopes[v.handle] = v.scopes;
	state_free(net->node[i].s);
	node_start(net, i, epoch);
	for (uint32_t j = 0; j < net->n; j++)
		if (scopes[j])
			state_peer_add(net->node[i].s, (uint16_t)j, NULL, scopes[j], net->now);
	net_drain(net, i);
}

void net_join(struct net *net, uint32_t a, uint32_t b, uint8_t scopes, double loss)
{
	struct net_link l = { true, loss, 0.02, USEC_MS, 4 * USEC_MS };

	net->link[a][b] = net->link[b][a] = l;
	assert(state_peer_add(net->node[a].s, (uint16_t)b, NULL, scopes, net->now) == 0);
	assert(state_peer_add(net->node[b].s, (uint16_t)a, NULL, scopes, net->now) == 0);
	net_drain(net, a);
	net_drain(net, b);
}

void net_cut(struct net *net, uint32_t a, uint32_t b)
{
	net->link[a][b].up = net->link[b][a].up = false;
}

void net_part(struct net *net, uint32_t a, uint32_t b)
{
	net_cut(net, a, b);
	state_peer_remove(net->node[a].s, (uint16_t)b, net->now);
	state_peer_remove(net->node[b].s, (uint16_t)a, net->now);
	net_drain(net, a);
	net_drain(net, b);
}

void net_line(struct net *net, uint8_t scopes, double loss)
{
	for (uint32_t i = 0; i + 1 < net->n; i++)
		net_join(net, i, i + 1, scopes, loss);
}

static void deliver(struct net *net)
{
	struct net_packet p = heap_pop(net);

	state_input(net->node[p.to].s, p.from, p.data, p.len, net->now);
	free(p.data);
	net_drain(net, p.to);
}

void net_run(struct net *net, usec_t span)
{
	usec_t end = net->now + span;

	for (;;) {
		usec_t at = net->heap_len ? net->heap[0].at : USEC_NEVER;
		uint32_t who = NET_NODES;

		for (uint32_t i = 0; i < net->n; i++)
			if (net->node[i].deadline < at) {
				at = net->node[i].deadline;
				who = i;
			}
		if (at > end)
			break;
		if (at > net->now)
			net->now = at;
		if (who == NET_NODES) {
			deliver(net);
			continue;
		}
		state_tick(net->node[who].s, net->now);
		net_drain(net, who);
		assert(net->node[who].deadline > net->now);
	}
	net->now = end;
}

bool net_equal(const struct net *net)
{
	struct state_peer_view v;

	for (uint32_t i = 0; i < net->n; i++) {
		for (int scope = 0; scope < STATE_SCOPES; scope++)
			if (state_digest(net->node[i].s, (enum state_scope)scope) !=
			    state_digest(net->node[0].s, (enum state_scope)scope))
				return false;
		for (uint32_t c = 0; state_peer_next(net->node[i].s, &c, &v);)
			if (v.lacking && net->link[i][v.handle].up)
				return false;
	}
	return true;
}

usec_t net_settle(struct net *net, usec_t limit)
{
	usec_t start = net->now;

	while (!net_equal(net)) {
		if (net->now - start >= limit)
			return USEC_NEVER;
		net_run(net, 5 * USEC_MS);
	}
	return net->now - start;
}

int net_put(struct net *net, uint32_t i, uint8_t type, uint32_t id, const char *value)
{
	struct state_key key = state_key_init(type, &id, sizeof(id));
	struct state *s = net->node[i].s;
	bool owned = type == NET_BLOCK || type == NET_GATEWAY;
	int r;

	r = (owned ? state_put_owned : state_put_shared)(s, &key, value, strlen(value), 0,
							 net->now);
	net_drain(net, i);
	return r;
}

int net_delete(struct net *net, uint32_t i, uint8_t type, uint32_t id)
{
	struct state_key key = state_key_init(type, &id, sizeof(id));
	int r = state_delete(net->node[i].s, &key, net->now);

	net_drain(net, i);
	return r;
}

const char *net_get(struct net *net, uint32_t i, uint8_t type, uint32_t id, int author)
{
	static char text[STATE_VALUE_MAX + 1];
	struct state_key key = state_key_init(type, &id, sizeof(id));
	struct state_node node = net_who(net, (uint32_t)author);
	struct state_view v;

	if (state_get(net->node[i].s, &key, author < 0 ? NULL : &node, net->now, &v) < 0)
		return NULL;
	if (v.len)
		memcpy(text, v.value, v.len);
	text[v.len] = 0;
	return text;
}

uint64_t net_count(const struct net *net, uint32_t i, enum state_counter c)
{
	return state_counter(net->node[i].s, c);
}
