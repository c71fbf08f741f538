/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alfred_peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct alfred *peers[PEERS];
struct mac macs[PEERS];
usec_t now;
unsigned int loss_every;
uint8_t packet[ALFRED_PACKET_MAX];
size_t strange_bytes;

static struct rng loss;
static uint8_t tqs[PEERS][PEERS];

int peers_setup(void **state)
{
	(void)state;
	now = 1000 * USEC_S;
	loss_every = 0;
	loss = rng_init(3);
	strange_bytes = 0;
	memset(tqs, 0, sizeof(tqs));
	for (int i = 0; i < PEERS; i++) {
		struct alfred_setup s = { .rng = rng_init((uint64_t)i + 1) };

		macs[i] = (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } };
		s.self = macs[i];
		peers[i] = alfred_new(&s, now);
		assert_non_null(peers[i]);
	}
	return 0;
}

int peers_teardown(void **state)
{
	(void)state;
	for (int i = 0; i < PEERS; i++) {
		alfred_free(peers[i]);
		peers[i] = NULL;
	}
	return 0;
}

/* ---- the link ---- */

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

static bool is_peer(const struct mac *mac)
{
	for (int i = 0; i < PEERS; i++)
		if (mac_eq(mac, &macs[i]))
			return true;
	return false;
}

static void deliver(int from, const struct mac *to, size_t len)
{
	bool to_all = mac_eq(to, &MAC_BROADCAST);
	struct out o;

	check_size(len);
	if (!to_all && !is_peer(to))
		strange_bytes += len;
	if (loss_every && rng_below(&loss, loss_every) == 0)
		return;
	for (int i = 0; i < PEERS; i++) {
		if (i == from || !peers[i] || (!to_all && !mac_eq(to, &macs[i])))
			continue;
		(void)alfred_input(peers[i], &macs[from], to_all, packet, len, now);
		if (to_all)
			alfred_set_tq(peers[i], &macs[from], tqs[i][from]);
		while (alfred_event(peers[i], &o))
			;
	}
}

void run_for(usec_t duration)
{
	for (usec_t end = now + duration; now < end; now += 10 * USEC_MS) {
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

void run(usec_t seconds)
{
	run_for(seconds * USEC_S);
}

void hears(int peer, int primary, uint8_t tq)
{
	tqs[peer][primary] = tq;
	alfred_set_tq(peers[peer], &macs[primary], tq);
}

void town(void)
{
	alfred_set_primary(peers[0], true);
	alfred_set_primary(peers[1], true);
	hears(2, 0, 200);
	hears(2, 1, 100);
	hears(3, 1, 200);
	run(15);
}

/* ---- values and questions ---- */

void set(int peer, uint8_t type, const void *data, size_t len)
{
	struct alfred_block b = { .type = type, .data = data, .len = (uint16_t)len };

	assert_int_equal(alfred_set(peers[peer], &b, now), 0);
}

int len_of(int peer, uint8_t type, int source)
{
	static uint8_t buf[ALFRED_PACKET_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	int len = -1;

	for (uint32_t i = 0; alfred_value_next(peers[peer], type, &i, 1, 0, &w);) {
		struct alfred_block b;
		struct alfred_msg m;

		assert_int_equal(alfred_decode(rd_init(buf, wr_len(&w)), &m), 0);
		assert_true(alfred_block_next(&m.blocks, &b));
		if (mac_eq(&b.source, &macs[source]))
			len = b.len;
		w = wr_init(buf, sizeof(buf));
	}
	return len;
}

const uint8_t *bytes_of(int peer, uint8_t type, int source)
{
	const struct alfred_facts *f = alfred_facts(peers[peer]);
	struct wr w = wr_init(packet, sizeof(packet));

	alfred_fact_encode(f, alfred_fact_find(f, &macs[source], type), &w);
	return packet + ALFRED_BLOCK_HEAD;
}

enum alfred_ask_state ask(int peer, uint8_t type)
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

int push(int to, const struct mac *from, const struct mac *source, uint8_t type, size_t len)
{
	struct alfred_block b = { .source = *source, .type = type, .len = (uint16_t)len };
	struct wr w = wr_init(packet, sizeof(packet));
	size_t mark = alfred_push_begin(&w, 9, 0);
	struct out o;
	int r;

	alfred_block_head(&w, &b);
	memset(wr_reserve(&w, len), 'h', len);
	alfred_push_end(&w, mark);
	r = alfred_input(peers[to], from, false, packet, wr_len(&w), now);
	while (alfred_event(peers[to], &o))
		;
	return r;
}

int request(int to, const struct mac *from, uint8_t type, uint16_t id)
{
	uint8_t buf[8];
	struct wr w = wr_init(buf, sizeof(buf));

	alfred_request_encode(&w, type, id);
	return alfred_input(peers[to], from, false, buf, wr_len(&w), now);
}

int announce(int to, const struct mac *from)
{
	static const uint8_t bytes[] = { 1, 0, 0, 0 };

	return alfred_input(peers[to], from, true, bytes, sizeof(bytes), now);
}
