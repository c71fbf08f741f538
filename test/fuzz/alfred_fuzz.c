/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of others into a peer of ALFRED: {what u8, len u16, packet}*. `what` has the sender in
 * its lower bits; 0x40 is a question of a program at this node, 0x80 lets seconds pass; 0x1c is
 * told to all, 0x34 has an administrator make it a primary, 0x38 no longer. Announcements are of
 * who is reached the better the higher his number, or not at all. What decodes and is stored must
 * come out as it went in, within the bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alfred/alfred.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct mac self = { { 2, 0, 0, 0, 0, 1 } };
static uint8_t buf[ALFRED_PACKET_MAX];

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* Whatever the peer says is well formed. */
static void listen(struct alfred *a, usec_t now)
{
	struct alfred_msg m;
	struct mac to;
	struct out o;
	size_t len;

	while (alfred_event(a, &o))
		require(o.len == sizeof(struct mac));
	for (int i = 0; i < 100 && (len = alfred_output(a, buf, sizeof(buf), &to, now)); i++)
		require(alfred_decode(rd_init(buf, len), &m) == 0 &&
			m.packet <= ALFRED_STATUS_TXEND);
}

static void check(const struct alfred *a)
{
	const struct alfred_facts *f = alfred_facts(a);
	const struct alfred_fact *fact;
	struct alfred_block b;

	require(f->own * ALFRED_CHUNK <= ALFRED_OWN_BYTES &&
		f->others * ALFRED_CHUNK <= ALFRED_OTHERS_BYTES);
	for (uint32_t i = 0; (fact = alfred_fact_next(f, &i));) {
		struct wr w = wr_init(buf, sizeof(buf));
		struct rd r;

		alfred_fact_encode(f, fact, &w);
		r = rd_init(buf, wr_len(&w));
		require(alfred_block_next(&r, &b) && rd_done(&r) && b.len == fact->len &&
			mac_eq(&b.source, &fact->source));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct alfred_setup setup = { .self = self, .elects = true, .rng = rng_init(1) };
	struct rd r = rd_init(data, size);
	struct alfred *a = alfred_new(&setup, 0);
	int ask = -1;
	usec_t now = 0;

	require(a != NULL);
	while (rd_left(&r)) {
		uint8_t what = rd_u8(&r);
		struct rd packet = rd_sub(&r, rd_u16(&r));
		const struct mac from = { { 2, 0, 0, 0, 0, (uint8_t)(2 + (what & 3)) } };

		if (!rd_ok(&r))
			break;
		if ((what & 0x3c) == 0x34 || (what & 0x3c) == 0x38)
			alfred_set_primary(a, what & 4);
		if ((what & 0x40) && ask < 0)
			ask = alfred_ask(a, what & 8 ? 64 : 66, now);
		(void)alfred_input(a, &from, (what & 0x3c) == 0x1c, packet.p, rd_left(&packet),
				   now);
		alfred_set_tq(a, &from, (uint8_t)(85 * (what & 3)));
		if (what & 0x80)
			now += (1 + (what & 0x38)) * USEC_S;
		alfred_tick(a, now);
		listen(a, now);
		if (ask >= 0 && alfred_ask_state(a, ask) != ALFRED_ASK_WAITS)
			ask = -1;
	}
	check(a);
	alfred_free(a);
	return 0;
}
