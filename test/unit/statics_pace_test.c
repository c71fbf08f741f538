/* SPDX-License-Identifier: GPL-2.0-or-later */
/* More records of static leases than a node takes at once: it goes on at its own pace, and in the
 * end has what the records say. They come by way of a snapshot, which may hold any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/snapshot.h"
#include "core/state/state_msg.h"
#include "node_bench.h"

enum {
	STATIC = 5, /* as on the wire */
	F_IP4 = 2,
	KEYS = 1000,
	AT_ONCE = 2048,
	A_SECOND = 50,
	FILE_MAX = KEYS * 128,
};

static struct mac key(uint32_t number)
{
	return (struct mac) { { 2, 0xdd, 0, 0, (uint8_t)(number >> 8), (uint8_t)number } };
}

static void put(struct wr *w, uint32_t number, struct ip4 ip)
{
	static const struct state_node author = { { 0, 0, 2, 0, 0, 0, 0, 9 } };
	static uint32_t version;
	struct state_msg_record m = { .author = author,
				      .epoch = ++version,
				      .lifetime_s = 86400,
				      .deleted = ip4_is_zero(&ip) };
	struct mac mac = key(number);
	uint8_t value[6];
	struct wr v = wr_init(value, sizeof(value));
	size_t mark = wr_tlv8_begin(&v, F_IP4);

	wr_ip4(&v, &ip);
	wr_tlv8_end(&v, mark);
	m.key.key = state_key_init(STATIC, mac.b, sizeof(mac.b));
	m.key.scope = STATE_CLOUD;
	m.key.kind = STATE_SHARED;
	m.value = value;
	m.len = m.deleted ? 0 : (uint16_t)wr_len(&v);
	state_msg_write_record(w, &m);
}

static struct ip4 address(uint32_t wave, uint32_t number)
{
	return ip4_from_u32(wave ? 0x0a0d4000 + wave * 0x1000 + number : 0);
}

/* A record for each of the keys, all of them at once. */
static void all_change(struct bench *b, uint32_t wave)
{
	struct event e = { .kind = EVENT_LOAD };
	uint8_t *file = malloc(FILE_MAX);
	struct wr w = wr_init(file, FILE_MAX);
	size_t mark = snapshot_begin(&w);

	wr_zero(&w, 12); /* of our own versions it knows none */
	for (uint32_t i = 0; i < KEYS; i++)
		put(&w, i, address(wave, i));
	e.load = (struct event_load) { file, snapshot_end(&w, mark) };
	assert_true(e.load.len > 0);
	bench_feed(b, &e);
	assert_int_equal(node_load_error(b->node), 0);
	free(file);
	bench_run(b, USEC_MS);
}

static unsigned int known(const struct bench *b, uint32_t wave)
{
	struct lease_static_view v;
	unsigned int count = 0;

	for (uint32_t i = 0; i < KEYS; i++) {
		struct mac mac = key(i);
		struct lease_key k = lease_key_mac(&mac);
		struct ip4 want = address(wave, i);

		count += lease_static_find(node_lease(b->node), &k, b->now, &v) &&
			 ip4_eq(&v.fixed.ip4, &want);
	}
	return count;
}

static void test_paced(void **state)
{
	struct bench b;

	(void)state;
	bench_start(&b, "");
	bench_run(&b, 10 * USEC_S);
	for (uint32_t wave = 1; wave <= 3; wave++)
		all_change(&b, wave);
	assert_in_range(node_counter(b.node, NODE_C_STATIC_LATE), 3 * KEYS - AT_ONCE - A_SECOND,
			3 * KEYS - AT_ONCE);
	assert_in_range(known(&b, 3), 1, AT_ONCE - 2 * KEYS + A_SECOND);
	bench_run(&b, 30 * USEC_S);
	assert_int_equal(known(&b, 3), KEYS);
	/* and those that are deleted are forgotten */
	all_change(&b, 4);
	all_change(&b, 0);
	assert_true(known(&b, 4) > 0);
	bench_run(&b, 30 * USEC_S);
	for (uint32_t wave = 1; wave <= 4; wave++)
		assert_int_equal(known(&b, wave), 0);
	bench_stop(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
