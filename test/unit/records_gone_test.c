/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left when records of other nodes go: who has a block of addresses, what is known of one
 * that was given back, and which addresses are no client's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/snapshot.h"
#include "core/state/state_msg.h"
#include "node_bench.h"

/* As on the wire. */
enum { NODE = 1, BLOCK = 2, F_IP4 = 2, F_EPOCH = 6 };

/* What the node of that number says of itself, or of a block. */
static struct state_msg_record record(uint8_t type, uint8_t number, uint8_t block)
{
	static uint32_t version;
	struct state_node author = { { 0, 0, 2, 0, 0, 0, 0, number } };
	struct state_msg_record m = { .author = author, .epoch = ++version, .lifetime_s = 180 };
	uint8_t index[4] = { 0, 0, 0, block };

	m.key.key = type == NODE ? state_key_init(type, author.b, sizeof(author.b))
				 : state_key_init(type, index, sizeof(index));
	m.key.scope = STATE_CLOUD;
	m.key.kind = STATE_OWNED;
	m.key.author = author;
	return m;
}

/* By way of a snapshot. */
static void tell(struct bench *b, const struct state_msg_record *m)
{
	struct event e = { .kind = EVENT_LOAD };
	uint8_t file[256];
	struct wr w = wr_init(file, sizeof(file));
	size_t mark = snapshot_begin(&w);

	wr_zero(&w, 12);
	state_msg_write_record(&w, m);
	e.load = (struct event_load) { file, snapshot_end(&w, mark) };
	bench_feed(b, &e);
	assert_int_equal(node_load_error(b->node), 0);
	bench_run(b, USEC_MS);
	assert_int_equal(node_counter(b->node, NODE_C_BAD_RECORD), 0);
}

static void tell_field(struct bench *b, struct state_msg_record m, uint8_t type,
		       const uint8_t data[static 4])
{
	uint8_t value[8];
	struct wr w = wr_init(value, sizeof(value));
	size_t mark = wr_tlv8_begin(&w, type);

	wr_bytes(&w, data, 4);
	wr_tlv8_end(&w, mark);
	m.value = value;
	m.len = (uint16_t)wr_len(&w);
	tell(b, &m);
}

static void tell_gone(struct bench *b, struct state_msg_record m)
{
	m.deleted = true;
	tell(b, &m);
}

static bool block_find(const struct bench *b, uint32_t index, struct lease_block *ret)
{
	for (uint32_t i = 0; lease_block_next(node_lease(b->node), &i, ret);)
		if (ret->index == index)
			return true;
	return false;
}

static void tell_claim(struct bench *b, uint8_t number, uint8_t epoch)
{
	tell_field(b, record(BLOCK, number, 7), F_EPOCH, (uint8_t[]) { 0, 0, 0, epoch });
}

/* Of two claims the one that goes before is given back; who made the other one has not heard of it.
 * The block is that node's, and not free. */
static void test_rival_has_the_block(void **state)
{
	struct lease_block block;
	struct bench b;

	(void)state;
	for (int order = 0; order < 2; order++) {
		bench_start(&b, "");
		tell_claim(&b, order ? 20 : 30, order ? 3 : 5);
		tell_claim(&b, order ? 30 : 20, order ? 5 : 3);
		assert_true(block_find(&b, 7, &block));
		assert_int_equal(block.owner.b[7], 20);
		tell_gone(&b, record(BLOCK, 20, 7));
		assert_true(block_find(&b, 7, &block));
		assert_int_equal(block.owner.b[7], 30);
		assert_int_equal(block.epoch, 5);
		tell_gone(&b, record(BLOCK, 30, 7));
		assert_false(block_find(&b, 7, &block));
		bench_stop(&b);
	}
}

static bool is_known_as_gone(const struct bench *b)
{
	struct state_view v;

	for (uint32_t i = 0; state_next_any(node_state(b->node), &i, b->now, &v);)
		if (v.key.type == BLOCK && v.deleted && !v.own)
			return true;
	return false;
}

/* That a block was given back is not known for ever, whoever says so. */
static void test_given_back_is_forgotten(void **state)
{
	struct state_msg_record m = record(BLOCK, 20, 7);
	struct event timer = { .kind = EVENT_TIMER };
	struct bench b;

	(void)state;
	bench_start(&b, "");
	m.lifetime_s = 400 * 86400;
	tell_gone(&b, m);
	b.now += 7 * 86400 * USEC_S;
	bench_feed(&b, &timer);
	bench_run(&b, 5 * USEC_S);
	assert_true(is_known_as_gone(&b));
	b.now += 86400 * USEC_S;
	bench_feed(&b, &timer);
	bench_run(&b, 5 * USEC_S);
	assert_false(is_known_as_gone(&b));
	bench_stop(&b);
}

static void tell_node(struct bench *b, uint8_t number, uint8_t address)
{
	tell_field(b, record(NODE, number, 0), F_IP4, (uint8_t[]) { 10, 13, 7, address });
}

/* It may be fixed for a client: no node has it. */
static bool is_for_clients(const struct bench *b, uint8_t address)
{
	struct ip4 ip = { { 10, 13, 7, address } };

	return lease_static_allows(node_lease(b->node), &ip);
}

/* An address is kept from clients as long as some node has it. */
static void test_address_of_a_node(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, "config trama 'limits'\n\toption originators '16'\n");
	tell_node(&b, 20, 1);
	tell_node(&b, 21, 1);
	assert_false(is_for_clients(&b, 1));
	tell_node(&b, 20, 2);
	assert_false(is_for_clients(&b, 1) || is_for_clients(&b, 2));
	tell_node(&b, 21, 3);
	assert_true(is_for_clients(&b, 1));
	assert_false(is_for_clients(&b, 2) || is_for_clients(&b, 3));
	tell_gone(&b, record(NODE, 20, 0));
	assert_true(is_for_clients(&b, 2));
	assert_false(is_for_clients(&b, 3));
	tell_gone(&b, record(NODE, 21, 0));
	assert_true(is_for_clients(&b, 3));
	/* as many nodes as there is room for */
	for (uint8_t i = 0; i < 16; i++)
		tell_node(&b, (uint8_t)(100 + i), (uint8_t)(100 + i));
	assert_int_equal(node_counter(b.node, NODE_C_NODE_FULL), 0);
	tell_node(&b, 150, 150);
	assert_int_equal(node_counter(b.node, NODE_C_NODE_FULL), 1);
	bench_stop(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rival_has_the_block),
		cmocka_unit_test(test_given_back_is_forgotten),
		cmocka_unit_test(test_address_of_a_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
