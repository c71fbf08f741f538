/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state_one.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct net *one(void)
{
	struct net *net = net_new(1, 1);

	assert_int_equal(state_peer_add(net->node[0].s, OTHER, NULL, BOTH, net->now), 0);
	return net;
}

struct state_msg_record record(uint8_t type, uint32_t id, uint32_t epoch, const char *value)
{
	bool owned = type == NET_BLOCK || type == NET_GATEWAY;
	struct state_msg_record m = { .author = net_id(OTHER),
				      .epoch = epoch,
				      .lifetime_s = 500,
				      .value = (const uint8_t *)value,
				      .len = (uint16_t)strlen(value) };

	m.key.kind = owned ? STATE_OWNED : STATE_SHARED;
	m.key.scope = type == NET_GATEWAY || type == NET_NOTE ? STATE_NETWORK : STATE_CLOUD;
	m.key.key = state_key_init(type, &id, sizeof(id));
	if (owned)
		m.key.author = m.author;
	return m;
}

struct state_msg_header one_header(void)
{
	static uint32_t seq;

	return (struct state_msg_header) { .sender = net_id(OTHER), .epoch = 1, .seq = ++seq };
}

size_t datagram(uint8_t *buf, enum state_item type, const struct state_msg_record *m, size_t n)
{
	struct wr w = wr_init(buf, STATE_DATAGRAM_MAX);
	struct state_msg_header h = one_header();
	size_t mark;

	state_msg_write_header(&w, &h);
	mark = state_msg_item_begin(&w, type);
	for (size_t i = 0; i < n; i++)
		state_msg_write_record(&w, &m[i]);
	state_msg_item_end(&w, mark);
	return wr_len(&w);
}

int give(struct net *net, struct state_msg_record m)
{
	uint8_t buf[STATE_DATAGRAM_MAX];
	size_t len = datagram(buf, STATE_ITEM_PUSH, &m, 1);
	int r = state_input(net->node[0].s, OTHER, buf, len, net->now);

	net_drain(net, 0);
	return r;
}

int give_by(struct net *net, uint16_t handle, struct state_msg_record m)
{
	uint8_t buf[STATE_DATAGRAM_MAX];
	size_t len = datagram(buf, STATE_ITEM_PUSH, &m, 1);
	int r;

	buf[9] = (uint8_t)(handle + 1); /* its id */
	r = state_input(net->node[0].s, handle, buf, len, net->now);
	net_drain(net, 0);
	return r;
}
