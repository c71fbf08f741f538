/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets of ALFRED byte for byte, and peers that speak to each other in memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/alfred/alfred.h"

#define PEERS 4

static struct alfred *peers[PEERS];
static struct mac macs[PEERS];
static usec_t now;
static unsigned int loss_every; /* one in so many datagrams is lost, 0 = none */
static struct rng loss;
static uint8_t packet[ALFRED_PACKET_MAX];

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

static int setup(void **state)
{
	(void)state;
	now = 1000 * USEC_S;
	loss_every = 0;
	loss = rng_init(3);
	for (int i = 0; i < PEERS; i++) {
		struct alfred_setup s = { .rng = rng_init((uint64_t)i + 1) };

		macs[i] = (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } };
		s.self = macs[i];
		peers[i] = alfred_new(&s, now);
		assert_non_null(peers[i]);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < PEERS; i++) {
		alfred_free(peers[i]);
		peers[i] = NULL;
	}
	return 0;
}

/* No fragments, but for one value that is longer. */
static void check_size(size_t len)
{
	unsigned int blocks = 0;
	struct alfred_block b;
	struct alfred_msg m;

	assert_int_equal(alfred_decode(rd_init(packet, len), &m), 0);
	while (alfred_block_next(&m.blocks, &b))
		blocks++;
	assert_true(len <= 1232 || blocks == 1);
}

static void deliver(int from, const struct mac *to, size_t len)
{
	struct out o;

	check_size(len);
	if (loss_every && rng_below(&loss, loss_every) == 0)
		return;
	for (int i = 0; i < PEERS; i++) {
		if (i == from || !peers[i] ||
		    (!mac_eq(to, &MAC_BROADCAST) && !mac_eq(to, &macs[i])))
			continue;
		(void)alfred_input(peers[i], &macs[from], packet, len, now);
		while (alfred_event(peers[i], &o))
			;
	}
}

/* Until then; events happen at their times. */
static void run(usec_t seconds)
{
	for (usec_t end = now + seconds * USEC_S; now < end; now += 10 * USEC_MS) {
		for (int i = 0; i < PEERS; i++) {
			struct mac to;
			size_t len;

			if (!peers[i])
				continue;
			if (alfred_deadline(peers[i]) <= now)
				alfred_tick(peers[i], now);
			while ((len = alfred_output(peers[i], packet, sizeof(packet), &to, now)))
				deliver(i, &to, len);
		}
	}
}

static void set(int peer, uint8_t type, const void *data, size_t len)
{
	struct alfred_block b = { .type = type, .data = data, .len = (uint16_t)len };

	assert_int_equal(alfred_set(peers[peer], &b, now), 0);
}

/* How many values of the type a peer has; *ret_len of that source's one, -1 = none. */
static unsigned int count(int peer, uint8_t type, int source, int *ret_len)
{
	static uint8_t buf[ALFRED_PACKET_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	unsigned int n = 0;

	*ret_len = -1;
	for (uint32_t i = 0; alfred_value_next(peers[peer], type, &i, 1, &w); n++) {
		struct alfred_block b;
		struct alfred_msg m;

		assert_int_equal(alfred_decode(rd_init(buf, wr_len(&w)), &m), 0);
		assert_true(alfred_block_next(&m.blocks, &b));
		if (mac_eq(&b.source, &macs[source]))
			*ret_len = b.len;
		w = wr_init(buf, sizeof(buf));
	}
	return n;
}

static int len_of(int peer, uint8_t type, int source)
{
	int len;

	(void)count(peer, type, source, &len);
	return len;
}

static const uint8_t *bytes_of(int peer, uint8_t type, int source)
{
	const struct alfred_facts *f = alfred_facts(peers[peer]);
	struct wr w = wr_init(packet, sizeof(packet));

	alfred_fact_encode(f, alfred_fact_find(f, &macs[source], type), &w);
	return packet + ALFRED_BLOCK_HEAD;
}

/* Two primaries with a secondary each. The third hears both, and the first is nearer. */
static void town(void)
{
	alfred_set_primary(peers[0], true);
	alfred_set_primary(peers[1], true);
	run(15);
	alfred_set_tq(peers[2], &macs[0], 200);
	alfred_set_tq(peers[2], &macs[1], 100);
	alfred_set_tq(peers[3], &macs[1], 200);
}

/* A question of a program: what it ends with. */
static enum alfred_ask_state ask(int peer, uint8_t type)
{
	int handle = alfred_ask(peers[peer], type, now);

	assert_true(handle >= 0);
	for (int i = 0; i < 15; i++) {
		enum alfred_ask_state s = alfred_ask_state(peers[peer], handle);

		if (s != ALFRED_ASK_WAITS)
			return s;
		run(1);
	}
	return ALFRED_ASK_WAITS;
}

/* A packet of one value by a sender. */
static int push(int to, const struct mac *from, const struct mac *source, uint8_t type, size_t len)
{
	struct alfred_block b = { .source = *source, .type = type, .len = (uint16_t)len };
	struct wr w = wr_init(packet, sizeof(packet));
	size_t mark = alfred_push_begin(&w, 9, 0);
	struct out o;
	int r;

	alfred_block_head(&w, &b);
	memset(wr_reserve(&w, len), 'h', len);
	alfred_push_end(&w, mark);
	r = alfred_input(peers[to], from, packet, wr_len(&w), now);
	while (alfred_event(peers[to], &o))
		;
	return r;
}

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
	alfred_set_tq(peers[2], &macs[1], 250);
	run(12);
	assert_int_equal(alfred_fact_find(alfred_facts(peers[1]), &macs[2], 70)->level,
			 ALFRED_FIRST_HAND);
	alfred_set_tq(peers[2], &macs[0], 255);
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
	teardown(NULL);
	for (int i = 0; i < PEERS; i++) {
		struct alfred_setup s = { .self = macs[i],
					  .elects = true,
					  .rng = rng_init((uint64_t)i) };

		peers[i] = alfred_new(&s, now);
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

/* ---- hostile ones ---- */

static void test_bounds(void **state)
{
	const struct mac liar = { { 2, 0xbb, 0, 0, 0, 1 } }, honest = { { 2, 0xcc, 0, 0, 0, 1 } };
	const struct alfred_facts *f = alfred_facts(peers[0]);

	(void)state;
	alfred_set_primary(peers[0], true);
	set(0, 65, "own", 3);
	/* one node: 64 kB */
	for (int type = 64; type < 74; type++, now += USEC_S)
		(void)push(0, &honest, &honest, (uint8_t)type, 16000);
	assert_true(f->others * ALFRED_CHUNK <= ALFRED_SOURCE_BYTES);
	assert_int_equal(f->facts.count, 1 + 4);
	/* one sender in many names: all that there is, */
	for (uint8_t i = 1; i < 40; i++, now += USEC_S)
		(void)push(0, &liar, &(struct mac) { { 2, 0xbb, 1, 0, 0, i } }, 64, 16000);
	assert_true(f->others * ALFRED_CHUNK <= ALFRED_OTHERS_BYTES);
	assert_true(f->others * ALFRED_CHUNK > ALFRED_OTHERS_BYTES - 16384);
	assert_true(f->refused > 0);
	/* but another one still has its share of it */
	for (uint8_t i = 1; i < 4; i++, now += USEC_S)
		(void)push(0, &macs[1], &(struct mac) { { 2, 0xdd, 1, 0, 0, i } }, 64, 16000);
	assert_int_equal(f->evicted, 3);
	for (uint8_t i = 1; i < 4; i++)
		assert_non_null(alfred_fact_find(f, &(struct mac) { { 2, 0xdd, 1, 0, 0, i } }, 64));
	assert_non_null(alfred_fact_find(f, &honest, 64));
	assert_int_equal(len_of(0, 65, 0), 3);
}

/* Small values by the thousand. */
static void test_many_values(void **state)
{
	const struct alfred_facts *f = alfred_facts(peers[0]);

	(void)state;
	alfred_set_primary(peers[0], true);
	for (int i = 0; i < 3000; i++, now += 100 * USEC_MS)
		(void)push(0, &macs[1],
			   &(struct mac) { { 2, 0xbb, 1, 0, (uint8_t)(i >> 8), (uint8_t)i } }, 64,
			   (size_t)i % 2);
	assert_int_equal(f->facts.count, ALFRED_OTHERS_BYTES / ALFRED_CHUNK);
	run(ALFRED_DATA_S + 20);
	assert_int_equal(f->facts.count, 0);
	assert_int_equal(f->others, 0);
	assert_int_equal(f->sources.count, 0);
	set(0, 65, "own", 3);
	assert_int_equal(len_of(0, 65, 0), 3);
}

static void test_forged(void **state)
{
	const struct mac liar = { { 2, 0xbb, 0, 0, 0, 1 } };

	(void)state;
	town();
	set(0, 65, "own", 3);
	set(2, 65, "xy", 2);
	run(15);
	/* ours, and what its source tells us itself */
	(void)push(0, &liar, &macs[0], 65, 100);
	(void)push(0, &liar, &macs[0], 90, 100);
	(void)push(0, &liar, &macs[2], 65, 100);
	assert_int_equal(len_of(0, 65, 0), 3);
	assert_int_equal(len_of(0, 90, 0), -1);
	assert_int_equal(len_of(0, 65, 2), 2);
	/* no station's */
	(void)push(0, &liar, &MAC_BROADCAST, 65, 100);
	assert_null(alfred_fact_find(alfred_facts(peers[0]), &MAC_BROADCAST, 65));
	/* to a secondary nobody pushes */
	(void)push(3, &liar, &liar, 65, 100);
	assert_null(alfred_fact_find(alfred_facts(peers[3]), &liar, 65));
}

/* So many questions at one moment: how many datagrams answer them. */
static unsigned int answers(uint8_t type, unsigned int questions)
{
	const struct mac liar = { { 2, 0xbb, 0, 0, 0, 1 } };
	unsigned int sent = 0;
	struct mac to;

	now += 60 * USEC_S;
	alfred_tick(peers[0], now);
	while (alfred_output(peers[0], packet, sizeof(packet), &to, now))
		;
	assert_true(alfred_deadline(peers[0]) > now);
	for (unsigned int i = 0; i < questions; i++) {
		uint8_t request[8];
		struct wr w = wr_init(request, sizeof(request));

		alfred_request_encode(&w, type, (uint16_t)i);
		if (!alfred_input(peers[0], &liar, request, wr_len(&w), now) && !i)
			assert_true(alfred_deadline(peers[0]) <= now);
		while (alfred_output(peers[0], packet, sizeof(packet), &to, now))
			sent++;
	}
	return sent;
}

static void test_rates(void **state)
{
	const struct mac liar = { { 2, 0xbb, 0, 0, 0, 1 } };
	unsigned int taken = 0;

	(void)state;
	alfred_set_primary(peers[0], true);
	for (int i = 0; i < 1000; i++)
		taken += push(0, &liar, &liar, 64, 10000) == 0;
	assert_in_range(taken, 10, 100);
	assert_int_equal(alfred_counters(peers[0])->over_rate, 1000 - taken);
	set(0, 65, "small", 5);
	set(0, 66, packet, 60000);
	/* the value and the end, for as many questions as one sender may ask */
	assert_int_equal(answers(65, 200), 2 * 30);
	/* no more than 1 MB at once to all */
	assert_in_range(answers(66, 20), 2 * 14, 2 * 17);
}

/* Who never ends what it began costs nothing. */
static void test_silent(void **state)
{
	const struct mac liar = { { 2, 0xbb, 0, 0, 0, 1 } };
	const uint8_t announce[] = { 1, 0, 0, 0 };
	enum alfred_ask_state s;
	int handle;

	(void)state;
	for (uint8_t i = 0; i < 30; i++) {
		const struct mac m = { { 2, 0xbb, 0, 0, 1, i } };

		(void)alfred_input(peers[0], &m, announce, 4, now);
	}
	assert_int_equal(alfred_counters(peers[0])->primaries_full, 30 - ALFRED_PRIMARIES);
	handle = alfred_ask(peers[0], 65, now);
	assert_true(handle >= 0);
	(void)push(0, &liar, &liar, 65, 10); /* not the one that was asked */
	assert_null(alfred_fact_find(alfred_facts(peers[0]), &liar, 65));
	run(ALFRED_REQUEST_S + 1);
	s = alfred_ask_state(peers[0], handle);
	assert_int_equal(s, ALFRED_ASK_FAILED);
	for (int i = 0; i < ALFRED_ASKS; i++)
		assert_true(alfred_ask(peers[0], 65, now) >= 0);
	assert_int_equal(alfred_ask(peers[0], 65, now), -ENOSPC);
}

int main(void)
{
#define PEERS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push),   cmocka_unit_test(test_small_packets),
		cmocka_unit_test(test_status), cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_names),  PEERS_TEST(test_sync),
		PEERS_TEST(test_no_carrying),  PEERS_TEST(test_best_primary),
		PEERS_TEST(test_no_flooding),  PEERS_TEST(test_data_timeout),
		PEERS_TEST(test_sizes),	       PEERS_TEST(test_loss),
		PEERS_TEST(test_election),     PEERS_TEST(test_own_values),
		PEERS_TEST(test_events),       PEERS_TEST(test_bounds),
		PEERS_TEST(test_many_values),  PEERS_TEST(test_forged),
		PEERS_TEST(test_rates),	       PEERS_TEST(test_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
