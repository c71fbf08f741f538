/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a whole node has on its disk of the blocks that it gives addresses from, and what it makes
 * of that when it starts again: core/lease/lease_blocks.c, records_block.c, node.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/snapshot.h"
#include "core/state/state_msg.h"
#include "dhcp_client.h"
#include "node_bench.h"

/* As on the wire. */
enum { BLOCK = 2, CLIENT };
enum { F_IP4 = 2, F_EPOCH = 6, F_TAKES = 19, F_REST = 25 };

#define LEASE_S 1200
#define BLOCK_S (400 * 86400) /* that a record of a block lives */

static const struct state_node self = { { 0, 0, 2, 0, 0, 0x12, 0x34, 1 } },
			       other = { { 0, 0, 2, 0, 0, 0, 0, 9 } };
static const struct mac client = { { 6, 0, 0, 0, 0, 1 } };

static void load(struct bench *b, const uint8_t *data, size_t len)
{
	struct event e = { .kind = EVENT_LOAD };

	e.load = (struct event_load) { data, len };
	bench_feed(b, &e);
}

static const struct pool *pool_of(const struct bench *b)
{
	return &node_lease(b->node)->pool;
}

/* The most that the file says of any block. */
static uint32_t rest_in(const struct bench *b)
{
	uint32_t most = 0, blocks = 0;
	struct state_msg_record m;
	struct rd r;

	assert_int_equal(snapshot_open(b->claims, b->claims_len, &r), 0);
	rd_skip(&r, 12);
	while (rd_left(&r)) {
		struct rd value, f;
		uint8_t type;

		assert_true(state_msg_read_record(&r, &m));
		assert_int_equal(m.key.key.type, BLOCK);
		value = rd_init(m.value, m.len);
		while (rd_tlv8(&value, &type, &f))
			if (type == F_REST) {
				uint32_t s = rd_u32(&f);

				most = s > most ? s : most;
				blocks++;
			}
	}
	assert_true(blocks > 0);
	return most;
}

static void say(struct bench *b, struct dhcp_msg m, uint8_t answer)
{
	m.op = DHCP_OP_REQUEST;
	m.xid = 77;
	m.chaddr = client;
	bench_dhcp(b, &m);
	assert_true(b->dhcp_len > 0);
	assert_int_equal(dhcp_client_receive(b->dhcp, b->dhcp_len).type, answer);
}

static void serve(struct bench *b)
{
	struct dhcp_msg offer;

	say(b, (struct dhcp_msg) { .type = DHCP_DISCOVER }, DHCP_OFFER);
	offer = dhcp_client_receive(b->dhcp, b->dhcp_len);
	say(b,
	    (struct dhcp_msg) { .type = DHCP_REQUEST,
				.requested = offer.yiaddr,
				.server_id = node_cloud(b->node)->anygw4 },
	    DHCP_ACK);
}

/* A node that has claimed a block. */
static void begin(struct bench *b)
{
	bench_start(b, "");
	bench_port(b, 0, "wlan0-ap", PORT_KIND_WIFI_AP);
	bench_run(b, 10 * USEC_S);
	assert_int_equal(pool_of(b)->own.count, 1);
	assert_int_equal(rest_in(b), 0);
}

/* The next life of that node: it has found its block, and how many addresses of it rest. */
static unsigned resting_after(const struct bench *b, const uint8_t *snapshot, size_t len)
{
	struct bench next;
	unsigned resting;

	bench_boot(&next, "");
	load(&next, snapshot, len);
	load(&next, b->claims, b->claims_len);
	bench_run(&next, 5 * USEC_S);
	resting = pool_count(pool_of(&next)).resting;
	assert_int_equal(pool_of(&next)->own.count, resting ? 2 : 1);
	bench_stop(&next);
	return resting;
}

/* An address is taken: that is on the disk before anything else happens. Where none was, a start
 * needs no other block. */
static void test_given(void **state)
{
	struct bench b;

	(void)state;
	begin(&b);
	assert_int_equal(resting_after(&b, NULL, 0), 0);
	serve(&b);
	assert_int_equal(rest_in(&b), LEASE_S);
	assert_true(resting_after(&b, NULL, 0) > 8);
	bench_stop(&b);
}

/* Once the snapshot has it, it is no reason to rest; where that was torn, it is again. */
static void test_saved(void **state)
{
	struct bench b;

	(void)state;
	begin(&b);
	serve(&b);
	bench_run(&b, 870 * USEC_S);
	assert_int_equal(b.stored_at, 0);
	assert_int_equal(rest_in(&b), LEASE_S);
	bench_run(&b, 130 * USEC_S);
	assert_true(b.stored_at > 0);
	assert_int_equal(rest_in(&b), 0);
	assert_int_equal(resting_after(&b, NULL, 0), 0);
	assert_true(resting_after(&b, (const uint8_t *)"torn", 4) > 8);
	bench_stop(&b);
}

/* The snapshot has the claims, too, but as they were then. */
static void test_claims_lost(void **state)
{
	struct bench b, next;

	(void)state;
	begin(&b);
	bench_boot(&next, "");
	load(&next, b.claims, b.claims_len);
	bench_run(&next, 5 * USEC_S);
	assert_true(pool_count(pool_of(&next)).resting > 8);
	bench_stop(&next);
	bench_stop(&b);
}

/* However long the disk takes, nothing is claimed before. */
static void test_slow_disk(void **state)
{
	struct bench b, next;

	(void)state;
	begin(&b);
	serve(&b);
	bench_boot(&next, "");
	bench_run(&next, 20 * USEC_S);
	assert_int_equal(pool_of(&next)->own.count, 0);
	load(&next, NULL, 0);
	load(&next, b.claims, b.claims_len);
	bench_run(&next, 5 * USEC_S);
	assert_int_equal(pool_of(&next)->own.count, 2);
	assert_true(pool_count(pool_of(&next)).resting > 8);
	bench_stop(&next);
	bench_stop(&b);
}

static void field(struct wr *w, uint8_t type, const void *data, size_t len)
{
	size_t mark = wr_tlv8_begin(w, type);

	wr_bytes(w, data, len);
	wr_tlv8_end(w, mark);
}

static void put_block(struct wr *w, const struct state_node *owner, uint8_t index,
		      uint32_t lifetime_s, const char *rest)
{
	uint8_t value[32], id[4] = { 0, 0, 0, index };
	struct wr v = wr_init(value, sizeof(value));
	struct state_msg_record m = { .author = *owner, .epoch = 1, .counter = 1U + index };

	m.key.key = state_key_init(BLOCK, id, sizeof(id));
	m.key.scope = STATE_CLOUD;
	m.key.kind = STATE_OWNED;
	m.key.author = *owner;
	m.lifetime_s = lifetime_s;
	field(&v, F_EPOCH, "\0\0\0\1", 4);
	if (rest)
		field(&v, F_REST, rest, 4);
	m.value = value;
	m.len = (uint16_t)wr_len(&v);
	state_msg_write_record(w, &m);
}

static void put_client(struct wr *w, const struct mac *mac, const struct ip4 *ip, uint32_t quiet_s)
{
	static uint32_t version;
	uint8_t value[32];
	struct wr v = wr_init(value, sizeof(value));
	struct state_msg_record m = { .author = other, .epoch = ++version, .quiet_s = quiet_s };

	m.key.key = state_key_init(CLIENT, mac->b, sizeof(mac->b));
	m.key.scope = STATE_CLOUD;
	m.key.kind = STATE_SHARED;
	m.lifetime_s = 3 * 86400;
	m.age_s = quiet_s;
	if (!ip4_is_zero(ip))
		field(&v, F_IP4, ip->b, sizeof(ip->b));
	m.value = value;
	m.len = (uint16_t)wr_len(&v);
	state_msg_write_record(w, &m);
}

static bool has_found(const struct bench *b, uint32_t index)
{
	const struct pool_own *o;

	for (uint32_t i = 0; (o = pool_own_next(pool_of(b), &i));)
		if (o->index == index)
			return o->is_found;
	return false;
}

/* More records than the queue between the cores holds, and our own block last: it is found, not
 * claimed, and nothing is claimed before. */
static void test_many_records(void **state)
{
	enum { CLIENTS = 6000, SIZE = 1 << 20 };
	static const struct ip4 none;
	struct event timer = { .kind = EVENT_TIMER };
	uint8_t *file = malloc(SIZE);
	struct wr w = wr_init(file, SIZE);
	size_t mark = snapshot_begin(&w);
	struct bench b;

	(void)state;
	wr_zero(&w, 12);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		struct mac mac = { { 6, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

		put_client(&w, &mac, &none, 0);
	}
	put_block(&w, &self, 7, BLOCK_S, "\0\0\1\364");
	bench_boot(&b, "");
	load(&b, file, snapshot_end(&w, mark));
	free(file);
	assert_int_equal(node_load_error(b.node), 0);
	assert_false(state_is_told(node_state(b.node)));
	for (int i = 0; i < 100 && !state_is_told(node_state(b.node)); i++) {
		usec_t next = node_deadline(b.node);

		b.now = next > b.now ? next : b.now;
		bench_feed(&b, &timer);
		assert_int_equal(pool_of(&b)->own.count, has_found(&b, 7));
	}
	assert_true(state_is_told(node_state(b.node)));
	assert_int_equal(node_lease(b.node)->book.clients.count, CLIENTS);
	assert_true(has_found(&b, 7));
	bench_stop(&b);
}

/* A lease of which nobody had heard for two days when it was saved is not fresh, whatever the disk
 * makes of its age. */
static void test_over_when_saved(void **state)
{
	static const struct ip4 ip[] = { { { 10, 13, 0, 9 } }, { { 10, 13, 0, 10 } } };
	static const struct mac mac[] = { { { 6, 1, 0, 0, 0, 1 } }, { { 6, 1, 0, 0, 0, 2 } } };
	uint8_t file[512];
	struct wr w = wr_init(file, sizeof(file));
	size_t mark = snapshot_begin(&w);
	const struct lease *l;
	struct lease_view v;
	struct bench b;

	(void)state;
	wr_zero(&w, 12);
	put_client(&w, &mac[0], &ip[0], 50 * 3600);
	put_client(&w, &mac[1], &ip[1], 47 * 3600);
	bench_boot(&b, "");
	load(&b, file, snapshot_end(&w, mark));
	bench_run(&b, USEC_MS);
	l = node_lease(b.node);
	assert_null(book_holder4(&l->book, &ip[0]));
	assert_true(lease_find(l, &mac[0], b.now, &v));
	assert_true(ip4_is_zero(&v.client.ip4));
	/* what the time until then has not ended counts as fresh */
	assert_non_null(book_holder4(&l->book, &ip[1]));
	assert_true(lease_find(l, &mac[1], b.now, &v));
	assert_in_range(v.held_s, 48 * 3600 - 2, 48 * 3600);
	bench_stop(&b);
}

/* A claim that a node has written before there were rests gets one, on the disk, too. */
static void test_claim_without_a_rest(void **state)
{
	struct state_key key = state_key_init(BLOCK, "\0\0\0\7", 4);
	uint8_t file[128];
	struct wr w = wr_init(file, sizeof(file));
	size_t mark = snapshot_begin(&w);
	struct state_view v;
	struct bench b;

	(void)state;
	wr_zero(&w, 12);
	put_block(&w, &self, 7, BLOCK_S, NULL);
	bench_boot(&b, "");
	load(&b, file, snapshot_end(&w, mark));
	bench_run(&b, USEC_MS);
	assert_int_equal(state_get(node_state(b.node), &key, &self, b.now, &v), 0);
	assert_int_equal(v.len, 6 + 6);
	assert_memory_equal(v.value, "\6\4\0\0\0\1\31\4\0\0\4\260", 6 + 6); /* LEASE_S */
	assert_int_equal(rest_in(&b), LEASE_S);
	bench_stop(&b);
}

/* ---- blocks of owners who are gone ---- */

enum { FIRST = 16, OTHERS = 9 };

/* Ten clients take a lease each. */
static void serve_ten(struct bench *b, uint8_t group)
{
	for (uint8_t i = 0; i < 10; i++) {
		struct dhcp_msg m = { .op = DHCP_OP_REQUEST, .xid = 77, .type = DHCP_DISCOVER };

		m.chaddr = (struct mac) { { 6, 0, 0, 0, group, i } };
		bench_dhcp(b, &m);
		m.requested = dhcp_client_receive(b->dhcp, b->dhcp_len).yiaddr;
		m.server_id = node_cloud(b->node)->anygw4;
		m.type = DHCP_REQUEST;
		bench_dhcp(b, &m);
		assert_int_equal(dhcp_client_receive(b->dhcp, b->dhcp_len).type, DHCP_ACK);
		bench_run(b, USEC_S);
	}
}

/* Nine of the ten blocks of its pool are of a node that is not heard, and their records have so
 * long to live; the tenth has few addresses left. */
static void begin_scarce(struct bench *b, uint32_t lifetime_s, uint8_t *file, size_t *len)
{
	struct wr w = wr_init(file, *len);
	size_t mark = snapshot_begin(&w);

	wr_zero(&w, 12);
	for (uint8_t i = 0; i < OTHERS; i++)
		put_block(&w, &other, (uint8_t)(FIRST + i), lifetime_s, "\0\0\0\0");
	*len = snapshot_end(&w, mark);
	bench_boot(b, "config lime network\noption anygw_dhcp_start 256\n"
		      "option anygw_dhcp_limit 160\n");
	load(b, file, *len);
	load(b, NULL, 0);
	bench_port(b, 0, "wlan0-ap", PORT_KIND_WIFI_AP);
	bench_run(b, 20 * USEC_S);
	serve_ten(b, 1);
	assert_int_equal(pool_of(b)->own.count, 1);
}

/* Its own block that was the other's; 0: there is none. */
static uint32_t taken_block(const struct bench *b)
{
	struct lease_block block;

	for (uint32_t i = 0; lease_block_next(node_lease(b->node), &i, &block);)
		if (!memcmp(block.owner.b, self.b, sizeof(self.b)) && block.taken_epoch) {
			assert_int_equal(block.taken_epoch, 1);
			assert_memory_equal(block.taken_from.b, other.b, sizeof(other.b));
			return block.index;
		}
	return 0;
}

/* A week after it was heard of for the last time, its blocks are for whoever needs them. The record
 * says whose the block was, so that the claim goes before the older one: after a restart, too. */
static void test_taken_from_the_gone(void **state)
{
	uint8_t file[1024], id[4] = { 0 };
	size_t len = sizeof(file);
	struct event timer = { .kind = EVENT_TIMER };
	struct bench b, next;
	struct state_key key;
	struct state_view v;

	(void)state;
	begin_scarce(&b, BLOCK_S, file, &len);
	b.now += 8 * 86400 * USEC_S;
	bench_feed(&b, &timer);
	bench_run(&b, 3 * USEC_S);
	serve_ten(&b, 2);
	id[3] = (uint8_t)taken_block(&b);
	assert_in_range(id[3], FIRST, FIRST + OTHERS - 1);
	key = state_key_init(BLOCK, id, sizeof(id));
	assert_int_equal(state_get(node_state(b.node), &key, &self, b.now, &v), 0);
	assert_memory_equal(v.value + 6, "\23\14\0\0\2\0\0\0\0\11\0\0\0\1", 2 + 12);
	bench_boot(&next, "");
	load(&next, file, len);
	load(&next, b.claims, b.claims_len);
	bench_run(&next, 5 * USEC_S);
	assert_int_equal(taken_block(&next), id[3]);
	bench_stop(&next);
	bench_stop(&b);
}

/* The records are over, of which nobody has told yet when the first client needs an address. */
static void test_taken_when_over(void **state)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST, .xid = 77, .type = DHCP_DISCOVER };
	uint8_t file[1024];
	size_t len = sizeof(file);
	struct bench b;

	(void)state;
	begin_scarce(&b, 300, file, &len);
	assert_int_equal(taken_block(&b), 0);
	bench_run(&b, 268 * USEC_S);
	b.now += 2 * USEC_S; /* a moment without any time for it */
	m.chaddr = client;
	bench_dhcp(&b, &m);
	assert_int_equal(dhcp_client_receive(b.dhcp, b.dhcp_len).type, DHCP_OFFER);
	assert_int_equal(pool_of(&b)->own.count, 2);
	assert_int_equal(pool_of(&b)->claims.count, 2);
	bench_stop(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_saved),
		cmocka_unit_test(test_claims_lost),
		cmocka_unit_test(test_slow_disk),
		cmocka_unit_test(test_many_records),
		cmocka_unit_test(test_over_when_saved),
		cmocka_unit_test(test_claim_without_a_rest),
		cmocka_unit_test(test_taken_from_the_gone),
		cmocka_unit_test(test_taken_when_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
