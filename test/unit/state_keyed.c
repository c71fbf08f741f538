/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state_keyed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct keyed {
	uint64_t seed[NET_NODES];
	struct stand_in in[NET_NODES];
};

static struct keyed *keyed_of(const struct net *net)
{
	return net->keys;
}

struct net *keyed_new(uint32_t n, uint64_t seed, const char *community_key)
{
	struct net *net = net_new(n, seed);

	net->keys = calloc(1, sizeof(struct keyed));
	assert(net->keys);
	for (uint32_t i = 0; i < NET_NODES; i++) {
		struct keyed *k = keyed_of(net);

		k->seed[i] = 1000 * seed + i + 1;
		stand_in_init(&k->in[i], k->seed[i], community_key);
		net->crypto[i] = &k->in[i].crypto;
		if (i < n)
			net_restart(net, i, 1);
	}
	return net;
}

void keyed_free(struct net *net)
{
	free(net->keys);
	net_free(net);
}

struct stand_in *keyed_stand_in(struct net *net, uint32_t i)
{
	return &keyed_of(net)->in[i];
}

void keyed_restart(struct net *net, uint32_t i, uint32_t epoch, uint64_t seed)
{
	struct keyed *k = keyed_of(net);

	if (seed) {
		k->seed[i] = seed;
		stand_in_public_key(seed, k->in[i].crypto.public_key);
	}
	net_restart(net, i, epoch);
}

void keyed_community(struct net *net, uint32_t i, const char *community_key)
{
	struct keyed *k = keyed_of(net);

	stand_in_init(&k->in[i], k->seed[i], community_key);
}

struct state_msg_record keyed_record(const struct net *net, uint32_t i, uint8_t type, uint32_t id,
				     const char *value)
{
	struct state_msg_record m = { .author = net_who(net, i),
				      .epoch = 5,
				      .counter = 1,
				      .lifetime_s = 500,
				      .value = (const uint8_t *)value,
				      .len = (uint16_t)strlen(value) };

	m.key.kind = STATE_OWNED;
	m.key.scope = type == NET_GATEWAY ? STATE_NETWORK : STATE_CLOUD;
	m.key.key = state_key_init(type, &id, sizeof(id));
	m.key.author = m.author;
	return m;
}

void keyed_sign(const struct net *net, uint32_t i, struct state_msg_record *m,
		uint8_t proof[static STATE_MSG_PROOF_MAX])
{
	const uint8_t *key = net->crypto[i]->public_key;
	uint8_t text[STATE_MSG_SIGNED_MAX];
	struct wr w = wr_init(text, sizeof(text));

	state_msg_write_signed(&w, m);
	memcpy(proof, key + sizeof(struct state_node), STATE_MSG_KEY_REST);
	stand_in_sign(key, text, wr_len(&w), proof + STATE_MSG_KEY_REST);
	m->proof = proof;
}

int keyed_give(struct net *net, enum state_item type, const struct state_msg_record *m, size_t n)
{
	static uint64_t seq;
	struct state_msg_header h = { .sender = net_who(net, OTHER), .epoch = 1, .seq = ++seq };
	uint8_t buf[STATE_DATAGRAM_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	size_t mark;
	int r;

	state_msg_write_header(&w, &h);
	mark = state_msg_item_begin(&w, type);
	for (size_t i = 0; i < n; i++)
		state_msg_write_record(&w, &m[i]);
	state_msg_item_end(&w, mark);
	assert(wr_len(&w));
	r = state_input(net->node[0].s, OTHER, buf, wr_len(&w), net->now);
	net_drain(net, 0);
	return r;
}
