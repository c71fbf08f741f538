/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of ALFRED byte for byte, and peers that speak to each other in memory. Hostile ones:
 * alfred_flood_test.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alfred_peers.h"

/* ---- packets ---- */

/* As alfred 2023.0 sends it: source 02:00:00:00:00:01, type 65, version 0, "hi\n". */
static const uint8_t push_bytes[] = { 0, 0, 0, 17, 0xab, 0xcd, 0, 0,   2,   0,	 0,
				      0, 0, 1, 65, 0,	 0,    3, 'h', 'i', '\n' };

static void test_push(void **state)
{
	const struct alfred_block want = { .source = { { 2, 0, 0, 0, 0, 1 } },
					   .type = 65,
					   .len = 3 };
	struct wr w = wr_init(packet, sizeof(packet));
	struct alfred_block b;
	struct alfred_msg m;
	size_t mark;

	(void)state;
	mark = alfred_push_begin(&w, 0xabcd, 0);
	alfred_block_head(&w, &want);
	wr_bytes(&w, "hi\n", 3);
	alfred_push_end(&w, mark);
	assert_int_equal(wr_len(&w), sizeof(push_bytes));
	assert_memory_equal(packet, push_bytes, sizeof(push_bytes));
	assert_int_equal(alfred_decode(rd_init(push_bytes, sizeof(push_bytes)), &m), 0);
	assert_int_equal(m.packet, ALFRED_PUSH_DATA);
	assert_int_equal(m.id, 0xabcd);
	assert_true(alfred_block_next(&m.blocks, &b));
	assert_true(mac_eq(&b.source, &want.source));
	assert_int_equal(b.type, 65);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "hi\n", 3);
	assert_false(alfred_block_next(&m.blocks, &b));
}

/* One byte more than UDP carries is no packet, whatever room the writer has. */
static void test_longest_push(void **state)
{
	static uint8_t room[ALFRED_PACKET_MAX + 1];

	(void)state;
	for (size_t more = 0; more <= 1; more++) {
		struct wr w = wr_init(room, sizeof(room));
		size_t mark = alfred_push_begin(&w, 1, 0);

		wr_zero(&w, ALFRED_PACKET_MAX - ALFRED_PUSH_HEAD + more);
		assert_int_equal(wr_len(&w), ALFRED_PACKET_MAX + more);
		alfred_push_end(&w, mark);
		assert_int_equal(wr_len(&w), more ? 0 : ALFRED_PACKET_MAX);
		if (!more)
			assert_int_equal(alfred_packet_len(rd_init(room, ALFRED_HEAD)),
					 ALFRED_PACKET_MAX);
	}
}

static void test_small_packets(void **state)
{
	static const uint8_t announce[] = { 1, 0, 0, 0 };
	static const uint8_t request[] = { 2, 0, 0, 3, 66, 0x12, 0x34 };
	static const uint8_t txend[] = { 3, 0, 0, 4, 0x12, 0x34, 0, 5 };
	static const uint8_t notify[] = { 10, 0, 0, 7, 66, 2, 0, 0, 0, 0, 1 };
	struct wr w = wr_init(packet, sizeof(packet));
	struct alfred_msg m;

	(void)state;
	alfred_announce_encode(&w);
	alfred_request_encode(&w, 66, 0x1234);
	alfred_txend_encode(&w, 0x1234, 5);
	alfred_notify_encode(&w, 66, &(struct mac) { { 2, 0, 0, 0, 0, 1 } });
	assert_memory_equal(packet, announce, 4);
	assert_memory_equal(packet + 4, request, 7);
	assert_memory_equal(packet + 11, txend, 8);
	assert_memory_equal(packet + 19, notify, 11);
	assert_int_equal(alfred_decode(rd_init(request, 7), &m), 0);
	assert_int_equal(m.type, 66);
	assert_int_equal(m.id, 0x1234);
	assert_int_equal(alfred_decode(rd_init(txend, 8), &m), 0);
	assert_int_equal(m.seqno, 5);
}

static void test_status(void **state)
{
	static const uint8_t head[] = { 8, 0, 0, 46, 0, 0, 0, 1, 1, 1, 0, 0, 17, 'b', 'r', '0', 0 };
	struct wr w = wr_init(packet, sizeof(packet));

	(void)state;
	alfred_status_encode(&w, true, "br0", true, "bat0");
	assert_int_equal(wr_len(&w), 50);
	assert_memory_equal(packet, head, sizeof(head));
	assert_int_equal(packet[13 + 16], 1); /* active */
	assert_string_equal((const char *)packet + 34, "bat0");
}

static void test_malformed(void **state)
{
	uint8_t copy[sizeof(push_bytes)];
	struct alfred_msg m;
	struct alfred_block b;

	(void)state;
	for (size_t len = 0; len < sizeof(push_bytes); len++) {
		uint8_t *cut = malloc(len ? len : 1);

		memcpy(cut, push_bytes, len);
		assert_int_equal(alfred_decode(rd_init(cut, len), &m), -EBADMSG);
		free(cut);
	}
	memcpy(copy, push_bytes, sizeof(copy));
	copy[17] = 4; /* the value is one byte longer than the packet */
	assert_int_equal(alfred_decode(rd_init(copy, sizeof(copy)), &m), 0);
	assert_false(alfred_block_next(&m.blocks, &b));
	copy[1] = 1;
	assert_int_equal(alfred_decode(rd_init(copy, sizeof(copy)), &m), -EPROTONOSUPPORT);
	copy[1] = 0;
	copy[0] = 11;
	assert_int_equal(alfred_decode(rd_init(copy, sizeof(copy)), &m), -EPROTONOSUPPORT);
}

static void test_names(void **state)
{
	uint8_t all[ALFRED_HEAD + ALFRED_NAMES];
	struct alfred_msg m;

	(void)state;
	memset(all, 'x', sizeof(all));
	memcpy(all, (const uint8_t[]) { 6, 0, 1, 0 }, 4);
	assert_int_equal(alfred_decode(rd_init(all, sizeof(all)), &m), 0);
	assert_int_equal(strlen(m.names), ALFRED_NAMES - 1);
	memcpy(all, (const uint8_t[]) { 7, 0, 0, 16 }, 4);
	assert_int_equal(alfred_decode(rd_init(all, sizeof(all)), &m), 0);
	assert_int_equal(strlen(m.names), ALFRED_IFNAME - 1);
	memcpy(all, (const uint8_t[]) { 5, 0, 0, 1, 2 }, 5);
	assert_int_equal(alfred_decode(rd_init(all, 5), &m), -EBADMSG);
}

/* ---- peers ---- */

static void test_sync(void **state)
{
	(void)state;
	town();
	set(0, 65, "a", 1);
	set(2, 65, "bcd", 3);
	set(3, 66, "ef", 2);
	run(25);
	assert_int_equal(len_of(1, 65, 0), 1);
	/* by way of their primaries, and no further than that */
	assert_int_equal(len_of(0, 65, 2), 3);
	assert_int_equal(len_of(1, 65, 2), 3);
	assert_int_equal(len_of(0, 66, 3), 2);
	/* nobody tells a secondary what it has not asked for */
	assert_int_equal(len_of(3, 65, 0), -1);
	assert_int_equal(ask(3, 65), ALFRED_ASK_DONE);
	assert_int_equal(len_of(3, 65, 0), 1);
	assert_int_equal(len_of(3, 65, 2), 3);
	set(2, 65, "bce", 3);
	run(25);
	assert_int_equal(ask(3, 65), ALFRED_ASK_DONE);
	assert_memory_equal(bytes_of(3, 65, 2), "bce", 3);
}

/* Who has only asked for a value does not keep it alive. */
static void test_no_carrying(void **state)
{
	(void)state;
	town();
	set(0, 65, "a", 1);
	run(25);
	assert_int_equal(ask(3, 65), ALFRED_ASK_DONE);
	assert_int_equal(len_of(3, 65, 0), 1);
	alfred_free(peers[0]);
	peers[0] = NULL;
	run(ALFRED_DATA_S - 20);
	assert_int_equal(ask(3, 65), ALFRED_ASK_DONE);
	run(60);
	assert_int_equal(len_of(1, 65, 0), -1);
}

static void test_best_primary(void **state)
{
	(void)state;
	town();
	set(2, 70, "x", 1);
	hears(2, 1, 250);
	run(12);
	assert_int_equal(alfred_fact_find(alfred_facts(peers[1]), &macs[2], 70)->level,
			 ALFRED_FIRST_HAND);
	hears(2, 0, 255);
	set(2, 70, "x", 1);
	alfred_free(peers[1]);
	peers[1] = NULL;
	run(12);
	assert_int_equal(len_of(0, 70, 2), 1);
	alfred_free(peers[0]);
	peers[0] = NULL;
	assert_int_equal(ask(2, 70), ALFRED_ASK_FAILED);
	run(ALFRED_PRIMARY_S + ALFRED_SYNC_S);
	assert_int_equal(alfred_ask(peers[2], 70, now), -ENOENT);
}

/* A primary that only has a value from another one does not push it on. */
static void test_no_flooding(void **state)
{
	(void)state;
	town();
	assert_int_equal(push(0, &macs[2], &macs[3], 80, 1), 0);
	run(25);
	assert_int_equal(len_of(0, 80, 3), 1);
	assert_int_equal(len_of(1, 80, 3), -1);
}

static void test_data_timeout(void **state)
{
	(void)state;
	town();
	set(2, 65, "b", 1);
	run(15);
	assert_int_equal(len_of(0, 65, 2), 1);
	alfred_free(peers[2]);
	peers[2] = NULL;
	run(ALFRED_DATA_S - 30);
	assert_int_equal(len_of(0, 65, 2), 1);
	run(45);
	assert_int_equal(len_of(0, 65, 2), -1);
}

/* As long as a value can be, and many at once: all datagrams but those of single long ones are
 * small. */
static void test_sizes(void **state)
{
	static uint8_t big[ALFRED_VALUE_MAX];

	(void)state;
	town();
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + i / 256);
	set(0, 65, big, sizeof(big));
	set(3, 66, big, 0);
	for (int type = 100; type < 200; type++)
		set(2, (uint8_t)type, big, 50);
	run(30);
	assert_int_equal(len_of(1, 65, 0), ALFRED_VALUE_MAX);
	assert_int_equal(len_of(1, 66, 3), 0);
	assert_int_equal(len_of(1, 199, 2), 50);
	assert_memory_equal(bytes_of(1, 65, 0), big, sizeof(big));
}

/* One datagram in four is lost: questions are repeated, values that did come are taken. */
static void test_loss(void **state)
{
	(void)state;
	town();
	loss_every = 4;
	for (int type = 100; type < 130; type++)
		set(0, (uint8_t)type, "some text that has a length", 27);
	run(45);
	for (int type = 100; type < 130; type++)
		assert_int_equal(len_of(1, (uint8_t)type, 0), 27);
	for (int type = 100; type < 110; type++)
		assert_int_equal(ask(2, (uint8_t)type), ALFRED_ASK_DONE);
	for (int type = 100; type < 110; type++)
		assert_int_equal(len_of(2, (uint8_t)type, 0), 27);
}

static void test_election(void **state)
{
	(void)state;
	peers_teardown(NULL);
	for (int i = 0; i < PEERS; i++) {
		struct alfred_setup s = { .self = macs[i],
					  .elects = true,
					  .rng = rng_init((uint64_t)i) };

		peers[i] = alfred_new(&s, now);
		for (int j = 0; j < i; j++) {
			hears(i, j, 255);
			hears(j, i, 255);
		}
	}
	loss_every = 1; /* all */
	run(60);
	for (int i = 0; i < PEERS; i++)
		assert_true(alfred_is_primary(peers[i]));
	loss_every = 0;
	run(90);
	assert_true(alfred_is_primary(peers[0]) + alfred_is_primary(peers[1]) +
			    alfred_is_primary(peers[2]) + alfred_is_primary(peers[3]) ==
		    1);
	/* an administrator's word stands */
	alfred_set_primary(peers[3], true);
	run(60);
	assert_true(alfred_is_primary(peers[3]));
	for (int i = 0; i < 3; i++) {
		alfred_free(peers[i]);
		peers[i] = NULL;
	}
	alfred_set_primary(peers[3], false);
	run(120);
	assert_false(alfred_is_primary(peers[3]));
}

static void test_own_values(void **state)
{
	struct alfred_block b = { .type = 66, .data = (const uint8_t *)"ours", .len = 4 };

	(void)state;
	assert_int_equal(alfred_fill(peers[0], &b, now), 0);
	assert_int_equal(len_of(0, 66, 0), 4);
	set(0, 66, "a script's", 10);
	assert_int_equal(alfred_fill(peers[0], &b, now), 0);
	assert_int_equal(len_of(0, 66, 0), 10);
	run(ALFRED_DATA_S + ALFRED_SYNC_S);
	assert_int_equal(alfred_fill(peers[0], &b, now), 0);
	assert_int_equal(len_of(0, 66, 0), 4);
	/* there is room for 128 kB of all of this node's */
	set(0, 70, packet, 60000);
	set(0, 71, packet, 60000);
	b.type = 72;
	b.len = 60000;
	b.data = packet;
	assert_int_equal(alfred_set(peers[0], &b, now), -ENOSPC);
	/* alone in a packet it would be too long */
	b.len = ALFRED_VALUE_MAX + 1;
	assert_int_equal(alfred_set(peers[0], &b, now), -EMSGSIZE);
	b.len = 4;
	/* for somebody else, only a primary takes it */
	b.source = macs[2];
	assert_int_equal(alfred_set(peers[0], &b, now), -EPERM);
	alfred_set_primary(peers[0], true);
	assert_int_equal(alfred_set(peers[0], &b, now), 0);
	assert_int_equal(len_of(0, 72, 2), 4);
}

static void test_events(void **state)
{
	struct mac source;
	struct out o;

	(void)state;
	set(0, 65, "a", 1);
	assert_true(alfred_event(peers[0], &o));
	assert_int_equal(o.arg, 65);
	memcpy(&source, o.data, sizeof(source));
	assert_true(mac_eq(&source, &macs[0]));
	set(0, 65, "a", 1);
	assert_false(alfred_event(peers[0], &o));
}

/* As many as one datagram may change. */
static void test_many_events(void **state)
{
	struct wr w = wr_init(packet, sizeof(packet));
	size_t mark = alfred_push_begin(&w, 9, 0);
	unsigned int n = 0;
	struct out o;

	(void)state;
	alfred_set_primary(peers[0], true);
	for (unsigned int i = 0; i < 1000; i++) {
		struct alfred_block b = { .source = { { 2, 0xbb, 1, 0, (uint8_t)(i >> 8),
							(uint8_t)i } },
					  .type = 64,
					  .len = 1 };

		alfred_block_head(&w, &b);
		wr_u8(&w, 'x');
	}
	alfred_push_end(&w, mark);
	assert_int_equal(alfred_input(peers[0], &macs[1], false, packet, wr_len(&w), now), 0);
	for (; alfred_event(peers[0], &o); n++)
		;
	assert_int_equal(n, 1000);
	assert_int_equal(alfred_counters(peers[0])->events_lost, 0);
}

/* What others told of the node whose MAC we have got now does not stand before our own. */
static void test_moved(void **state)
{
	const struct mac new_self = { { 2, 0, 0, 0, 1, 1 } };
	struct alfred_block b = { .type = 66, .data = (const uint8_t *)"ours", .len = 4 };
	const struct alfred_fact *f;

	(void)state;
	alfred_set_primary(peers[0], true);
	assert_int_equal(push(0, &macs[1], &new_self, 66, 10), 0);
	alfred_move(peers[0], &new_self);
	assert_int_equal(alfred_fill(peers[0], &b, now), 0);
	f = alfred_fact_find(alfred_facts(peers[0]), &new_self, 66);
	assert_non_null(f);
	assert_int_equal(f->level, ALFRED_LOCAL);
	assert_int_equal(f->len, 4);
}

/* Questions that the first peer sends now, and the id of the last one. */
static unsigned int questions(uint16_t *id)
{
	unsigned int n = 0;
	struct mac to;
	size_t len;

	alfred_tick(peers[0], now);
	while ((len = alfred_output(peers[0], packet, sizeof(packet), &to, now))) {
		struct alfred_msg m;

		assert_int_equal(alfred_decode(rd_init(packet, len), &m), 0);
		if (m.packet != ALFRED_REQUEST)
			continue;
		*id = m.id;
		n++;
	}
	return n;
}

/* One that is repeated is answered once more, in full: not while its answer comes. */
static void test_asks_once(void **state)
{
	uint16_t id = 0, first;

	(void)state;
	assert_int_equal(announce(0, &macs[1]), 0);
	assert_true(alfred_ask(peers[0], 65, now) >= 0);
	assert_int_equal(questions(&id), 1);
	first = id;
	for (uint16_t i = 0; i < 8; i++) {
		struct wr w = wr_init(packet, sizeof(packet));
		size_t mark;

		now += 900 * USEC_MS;
		assert_int_equal(questions(&id), 0);
		mark = alfred_push_begin(&w, id, i / 2); /* each comes twice */
		alfred_push_end(&w, mark);
		assert_int_equal(alfred_input(peers[0], &macs[1], false, packet, wr_len(&w), now),
				 0);
	}
	now += 1100 * USEC_MS;
	assert_int_equal(questions(&id), 1);
	assert_int_equal(id, first);
}

int main(void)
{
#define PEERS_TEST(f) cmocka_unit_test_setup_teardown(f, peers_setup, peers_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_longest_push),
		cmocka_unit_test(test_small_packets),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_names),
		PEERS_TEST(test_sync),
		PEERS_TEST(test_no_carrying),
		PEERS_TEST(test_best_primary),
		PEERS_TEST(test_no_flooding),
		PEERS_TEST(test_data_timeout),
		PEERS_TEST(test_sizes),
		PEERS_TEST(test_loss),
		PEERS_TEST(test_election),
		PEERS_TEST(test_own_values),
		PEERS_TEST(test_events),
		PEERS_TEST(test_many_events),
		PEERS_TEST(test_moved),
		PEERS_TEST(test_asks_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
