/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A peer of ALFRED among hostile ones: what they fill, what they forge, what they keep busy. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alfred_peers.h"

static const struct mac liar = { { 2, 0xbb, 0, 0, 0, 1 } };
static uint8_t big[60000];

static struct mac invented(unsigned int i)
{
	return (struct mac) { { 2, 0xbb, 1, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

/* ---- what is kept ---- */

static void test_bounds(void **state)
{
	const struct mac honest = { { 2, 0xcc, 0, 0, 0, 1 } };
	const struct alfred_facts *f = alfred_facts(peers[0]);
	uint64_t evicted;

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
	evicted = f->evicted;
	for (uint8_t i = 1; i < 4; i++, now += USEC_S)
		(void)push(0, &macs[1], &(struct mac) { { 2, 0xdd, 1, 0, 0, i } }, 64, 16000);
	assert_int_equal(f->evicted, evicted + 3);
	for (uint8_t i = 1; i < 4; i++)
		assert_non_null(alfred_fact_find(f, &(struct mac) { { 2, 0xdd, 1, 0, 0, i } }, 64));
	assert_non_null(alfred_fact_find(f, &honest, 64));
	assert_int_equal(len_of(0, 65, 0), 3);
}

/* What a sender has told last takes the place of what it does not tell any more, and of nothing
 * else: not of what it told a moment ago. */
static void test_stale(void **state)
{
	const struct alfred_facts *f = alfred_facts(peers[0]);
	const struct mac first = invented(0), last = invented(40);
	unsigned int i = 0;

	(void)state;
	alfred_set_primary(peers[0], true);
	while (push(0, &liar, &(struct mac) { { 2, 0xbb, 1, 0, 0, (uint8_t)i } }, 64, 16000) == 0 &&
	       !f->refused && i++ < 40)
		now += USEC_S;
	assert_in_range(i, 10, 20);
	assert_int_equal(f->evicted, 0);
	now += (ALFRED_STALE_S + 1) * USEC_S;
	(void)push(0, &liar, &last, 64, 16000);
	assert_int_equal(f->evicted, 1);
	assert_non_null(alfred_fact_find(f, &last, 64));
	assert_null(alfred_fact_find(f, &first, 64));
}

/* Small values by the thousand. */
static void test_many_values(void **state)
{
	const struct alfred_facts *f = alfred_facts(peers[0]);

	(void)state;
	alfred_set_primary(peers[0], true);
	for (unsigned int i = 0; i < 3000; i++, now += 100 * USEC_MS) {
		const struct mac source = invented(i);

		(void)push(0, &macs[1], &source, 64, i % 2);
	}
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

/* Who tells others' values first does not thereby own them, to have them go with its own. */
static void test_copied(void **state)
{
	const struct alfred_facts *f = alfred_facts(peers[0]);

	(void)state;
	alfred_set_primary(peers[0], true);
	for (int by_liar = 1; by_liar >= 0; by_liar--)
		for (uint8_t i = 0; i < 4; i++, now += USEC_S / 2)
			(void)push(0, by_liar ? &liar : &macs[1],
				   &(struct mac) { { 2, 0xcc, 1, 0, 0, i } }, 64, 16000);
	for (unsigned int i = 0; i < 30; i++, now += USEC_S / 2) {
		const struct mac source = invented(i);

		(void)push(0, &liar, &source, 64, 16000);
	}
	assert_true(f->refused > 0);
	for (uint8_t i = 0; i < 4; i++, now += USEC_S / 2)
		(void)push(0, &macs[3], &(struct mac) { { 2, 0xdd, 1, 0, 0, i } }, 64, 16000);
	assert_int_equal(f->evicted, 4); /* (the third peer has the hash of the liar here) */
	for (uint8_t i = 0; i < 4; i++)
		assert_non_null(alfred_fact_find(f, &(struct mac) { { 2, 0xcc, 1, 0, 0, i } }, 64));
}

/* ---- what a secondary is told ---- */

/* So many values of 60000 bytes of a type, each by its source, and as many of the node itself. */
static void primary_fill(uint8_t type, uint8_t others, uint8_t own)
{
	for (uint8_t i = 0; i < others; i++) {
		const struct mac source = { { 2, 0xcc, type, 0, 0, i } };

		assert_int_equal(push(1, &source, &source, type, 60000), 0);
	}
	for (uint8_t i = 0; i < own; i++) {
		struct alfred_block b = { .source = { { 2, 0xdd, type, 0, 0, i } },
					  .type = type,
					  .len = sizeof(big),
					  .data = big };

		assert_int_equal(alfred_set(peers[1], &b, now), 0);
	}
}

static unsigned int values_of(int peer, uint8_t type)
{
	const struct alfred_facts *f = alfred_facts(peers[peer]);
	const struct alfred_fact *fact;
	unsigned int n = 0;

	for (uint32_t i = 0; (fact = alfred_fact_next(f, &i));)
		n += fact->type == type;
	return n;
}

/* More than there is room for: a part does not pass for all. */
static void test_ask_too_much(void **state)
{
	(void)state;
	town();
	primary_fill(65, 4, 2);
	assert_int_equal(ask(3, 65), ALFRED_ASK_FAILED);
	assert_true(values_of(3, 65) < 6);
	assert_int_equal(alfred_counters(peers[3])->asks_failed, 1);
}

/* What was asked for before makes room. */
static void test_ask_another(void **state)
{
	(void)state;
	town();
	primary_fill(66, 4, 0);
	primary_fill(67, 0, 2);
	assert_int_equal(ask(3, 66), ALFRED_ASK_DONE);
	assert_int_equal(values_of(3, 66), 4);
	run(ALFRED_STALE_S + 5);
	assert_int_equal(ask(3, 67), ALFRED_ASK_DONE);
	assert_int_equal(values_of(3, 67), 2);
}

/* Also where it is the room of one source that is full. */
static void test_ask_of_source(void **state)
{
	(void)state;
	town();
	set(1, 66, big, 40000);
	set(1, 67, big, 40000);
	assert_int_equal(ask(3, 66), ALFRED_ASK_DONE);
	assert_int_equal(ask(3, 67), ALFRED_ASK_FAILED);
	run(ALFRED_STALE_S + 5);
	assert_int_equal(ask(3, 67), ALFRED_ASK_DONE);
	assert_int_equal(len_of(3, 67, 1), 40000);
}

/* ---- questions ---- */

/* So many questions at one moment, of one node or of as many: how many datagrams answer them. */
static unsigned int answers(uint8_t type, uint16_t questions, bool one)
{
	unsigned int sent = 0;
	struct mac to;

	for (int i = 0; i < 2; i++) { /* what is left of earlier ones goes first */
		now += 60 * USEC_S;
		alfred_tick(peers[0], now);
		while (alfred_output(peers[0], packet, sizeof(packet), &to, now))
			;
	}
	assert_true(alfred_deadline(peers[0]) > now);
	for (uint16_t i = 0; i < questions; i++) {
		const struct mac from = invented(one ? 0 : i);

		if (!request(0, &from, type, i) && !i)
			assert_true(alfred_deadline(peers[0]) <= now);
		while (alfred_output(peers[0], packet, sizeof(packet), &to, now))
			sent++;
	}
	assert_true(alfred_deadline(peers[0]) > now);
	return sent;
}

static void test_rates(void **state)
{
	unsigned int taken = 0;

	(void)state;
	alfred_set_primary(peers[0], true);
	for (int i = 0; i < 1000; i++)
		taken += push(0, &liar, &liar, 64, 10000) == 0;
	assert_in_range(taken, 10, 100);
	assert_int_equal(alfred_counters(peers[0])->over_rate, 1000 - taken);
	set(0, 65, "small", 5);
	set(0, 66, big, 60000);
	/* the value and the end, for as many questions as one sender may ask */
	assert_int_equal(answers(65, 200, true), 2 * 30);
	/* no more than 512 kB at once to one, 1 MB to all */
	assert_in_range(answers(66, 20, true), 2 * 7, 2 * 9);
	assert_in_range(answers(66, 20, false), 2 * 14, 2 * 17);
}

/* 120 kB of one type, and then something new in the middle of the flood: questions(i) each 10 ms.
 */
static void flood(unsigned int seconds, void (*ask_each)(unsigned int i))
{
	struct alfred_block b = {
		.source = { { 2, 0xdd, 0, 0, 0, 1 } }, .type = 65, .len = sizeof(big), .data = big
	};

	town();
	set(0, 65, big, sizeof(big));
	assert_int_equal(alfred_set(peers[0], &b, now), 0);
	for (unsigned int i = 0; i < 100 * seconds; i++) {
		ask_each(i);
		if (i == 100 * seconds / 2)
			set(0, 66, "news", 4);
		run_for(10 * USEC_MS);
	}
}

static void each_anew(unsigned int i)
{
	static uint16_t id;

	if (i % 20 == 0)
		(void)request(0, &liar, 65, id++);
}

static void each_another(unsigned int i)
{
	for (unsigned int j = 0; j < 4; j++) {
		const struct mac from = invented(4 * i + j);

		(void)request(0, &from, 65, 1);
	}
}

/* One node asks five times a second with another id for more than can be sent until it asks again.
 * Syncs go on, others are answered, and what it gets has a bound. */
static void test_one_asker(void **state)
{
	const size_t seconds = 50;
	enum alfred_ask_state got;
	int handle;

	(void)state;
	flood((unsigned int)seconds, each_anew);
	assert_int_equal(len_of(1, 66, 0), 4);
	assert_int_equal(len_of(1, 65, 0), sizeof(big));
	assert_true(strange_bytes > seconds * 64 * 1024);
	assert_true(strange_bytes < (512 + seconds * 128) * 1024);
	handle = alfred_ask(peers[2], 65, now);
	assert_true(handle >= 0);
	for (unsigned int i = 0; i < 500; i++) {
		each_anew(i);
		run_for(10 * USEC_MS);
	}
	got = alfred_ask_state(peers[2], handle);
	assert_int_equal(got, ALFRED_ASK_DONE);
	assert_int_equal(len_of(2, 65, 0), sizeof(big));
}

/* The same by nodes that are invented, each of which asks once. */
static void test_many_askers(void **state)
{
	(void)state;
	flood(50, each_another);
	assert_true(alfred_counters(peers[0])->pushes_full > 0);
	assert_int_equal(len_of(1, 66, 0), 4);
	assert_int_equal(len_of(1, 65, 0), sizeof(big));
}

/* More primaries than can be told everything in one period. What is under way to them goes on, so
 * each has all in the end, and who asks is answered meanwhile. */
static void test_many_primaries(void **state)
{
	enum alfred_ask_state got = ALFRED_ASK_WAITS;

	(void)state;
	town();
	for (unsigned int i = 0; i < 31; i++) {
		const struct mac source = invented(1000 + i);
		struct alfred_block b = { .source = source, .len = 1010, .data = big };

		for (b.type = 100; b.type < 104; b.type++)
			assert_int_equal(push(0, &source, &source, b.type, b.len), 0);
		for (; b.type < 108; b.type++)
			assert_int_equal(alfred_set(peers[0], &b, now), 0);
	}
	for (unsigned int s = 0; s < 60; s++) {
		for (unsigned int i = 0; i < ALFRED_PRIMARIES - 1; i++) {
			const struct mac m = invented(i);

			(void)announce(0, &m);
			alfred_set_tq(peers[0], &m, 255);
		}
		if (s == 30)
			got = ask(2, 100);
		run(1);
	}
	assert_int_equal(got, ALFRED_ASK_DONE);
	for (uint8_t type = 100; type < 108; type++)
		assert_int_equal(values_of(1, type), 31);
}

/* What one should be told, told to all: one datagram would have many answers. */
static void test_to_all(void **state)
{
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));
	struct alfred_block b = { .source = liar, .type = 70, .len = 1 };
	struct mac to;
	size_t mark;

	(void)state;
	alfred_set_primary(peers[0], true);
	set(0, 65, "a", 1);
	alfred_request_encode(&w, 65, 1);
	assert_int_equal(alfred_input(peers[0], &liar, true, buf, wr_len(&w), now), -EPERM);
	w = wr_init(buf, sizeof(buf));
	mark = alfred_push_begin(&w, 1, 0);
	alfred_block_head(&w, &b);
	wr_u8(&w, 'x');
	alfred_push_end(&w, mark);
	assert_int_equal(alfred_input(peers[0], &liar, true, buf, wr_len(&w), now), -EPERM);
	assert_int_equal(alfred_output(peers[0], packet, sizeof(packet), &to, now), 0);
	assert_null(alfred_fact_find(alfred_facts(peers[0]), &liar, 70));
	assert_int_equal(alfred_counters(peers[0])->to_all, 2);
	assert_int_equal(alfred_input(peers[0], &liar, false, buf, wr_len(&w), now), 0);
	assert_non_null(alfred_fact_find(alfred_facts(peers[0]), &liar, 70));
}

/* ---- primaries ---- */

static const struct alfred_primary *known(int peer, const struct mac *mac)
{
	static struct alfred_primary p;

	for (uint32_t i = 0; alfred_primary_next(peers[peer], &i, &p);)
		if (mac_eq(&p.mac, mac))
			return &p;
	return NULL;
}

/* Announcements in many names keep no primary out that can be reached, and put none out. */
static void test_invented_primaries(void **state)
{
	uint8_t buf[ALFRED_PACKET_MAX];
	struct mac to;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		const struct mac m = invented(i);

		assert_int_equal(announce(0, &m), 0);
	}
	assert_int_equal(announce(0, &macs[1]), 0);
	hears(0, 1, 1);
	for (unsigned int i = 0; i < 1000; i++, now += 20 * USEC_MS) {
		const struct mac m = invented(i);

		(void)announce(0, &m);
	}
	assert_non_null(known(0, &macs[1]));
	assert_true(alfred_ask(peers[0], 65, now) >= 0);
	assert_true(alfred_output(peers[0], buf, sizeof(buf), &to, now) > 0);
	assert_true(mac_eq(&to, &macs[1]));
	assert_true(alfred_counters(peers[0])->primaries_full > 0);
}

/* Nor do they keep a node from becoming one where there is none, or have it step back. */
static void test_elected_among_ghosts(void **state)
{
	const struct mac ghost = { { 0, 1, 0, 0, 0, 1 } };
	const struct alfred_setup s = { .self = macs[1], .elects = true, .rng = rng_init(1) };

	(void)state;
	alfred_free(peers[1]);
	peers[1] = alfred_new(&s, now);
	for (int i = 0; i < 60; i++) {
		(void)announce(1, &ghost);
		run(1);
	}
	assert_true(alfred_is_primary(peers[1]));
	/* for one that can be reached it does */
	hears(1, 0, 255);
	alfred_set_primary(peers[0], true);
	run(25);
	assert_false(alfred_is_primary(peers[1]));
}

/* Who never ends what it began costs nothing. */
static void test_silent(void **state)
{
	enum alfred_ask_state s;
	int handle;

	(void)state;
	(void)announce(0, &macs[1]);
	handle = alfred_ask(peers[0], 65, now);
	assert_true(handle >= 0);
	alfred_free(peers[1]);
	peers[1] = NULL;
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
#define PEERS_TEST(f) cmocka_unit_test_setup_teardown(f, peers_setup, peers_teardown)
	const struct CMUnitTest tests[] = {
		PEERS_TEST(test_bounds),
		PEERS_TEST(test_stale),
		PEERS_TEST(test_many_values),
		PEERS_TEST(test_forged),
		PEERS_TEST(test_copied),
		PEERS_TEST(test_ask_too_much),
		PEERS_TEST(test_ask_another),
		PEERS_TEST(test_ask_of_source),
		PEERS_TEST(test_rates),
		PEERS_TEST(test_one_asker),
		PEERS_TEST(test_many_askers),
		PEERS_TEST(test_many_primaries),
		PEERS_TEST(test_to_all),
		PEERS_TEST(test_invented_primaries),
		PEERS_TEST(test_elected_among_ghosts),
		PEERS_TEST(test_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
