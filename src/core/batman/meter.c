/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batman-adv's throughput meter (batctl throughputmeter), as the end that answers: a sender fills
 * the way to us with packets of a session, numbered by byte as in TCP, and each is acknowledged
 * with the number up to which all have come.
 */
#include <string.h>

#include "core/batman/engine.h"

#define METER_FIRST (UINT32_MAX - 2000) /* the number of each session's first byte */
#define METER_WINDOW 0x20000000u	/* as others advertise it */
#define METER_SILENT_US (1 * USEC_S)
#define METER_UNICAST_HEADER 10 /* a packet counts for what a unicast frame would carry */

enum meter_subtype { METER_MESSAGE, METER_ACK };

static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static bool meter_runs(const struct batman *b, const struct bat_meter *m)
{
	return m->heard_at && b->now - m->heard_at < METER_SILENT_US;
}

static struct bat_meter *meter_find(struct batman *b, const struct bat_icmp *h)
{
	for (int i = 0; i < BAT_METERS; i++) {
		struct bat_meter *m = &b->meters[i];

		if (meter_runs(b, m) && m->session == h->seqno && mac_eq(&m->orig, &h->orig))
			return m;
	}
	return NULL;
}

static struct bat_meter *meter_new(struct batman *b, const struct bat_icmp *h)
{
	for (int i = 0; i < BAT_METERS; i++) {
		struct bat_meter *m = &b->meters[i];

		if (meter_runs(b, m))
			continue;
		*m = (struct bat_meter) { .orig = h->orig,
					  .session = h->seqno,
					  .next = METER_FIRST };
		return m;
	}
	return NULL;
}

/* Bytes that came before those in front of them. false: no place to remember them. */
static bool meter_early(struct bat_meter *m, uint32_t from, uint32_t to)
{
	for (int i = 0; i < m->early_count; i++) {
		struct bat_meter_range *r = &m->early[i];

		if (before(to, r->from) || before(r->to, from))
			continue;
		r->from = before(from, r->from) ? from : r->from;
		r->to = before(r->to, to) ? to : r->to;
		return true;
	}
	if (m->early_count == BAT_METER_RANGES)
		return false;
	m->early[m->early_count++] = (struct bat_meter_range) { from, to };
	return true;
}

static void meter_close_gaps(struct bat_meter *m)
{
	for (int i = 0; i < m->early_count; i++) {
		struct bat_meter_range r = m->early[i];

		if (before(m->next, r.from))
			continue;
		m->next = before(m->next, r.to) ? r.to : m->next;
		m->early[i] = m->early[--m->early_count];
		i = -1; /* another one may follow this one */
	}
}

/* true: to be acknowledged. */
static bool meter_take(struct bat_meter *m, uint32_t from, uint32_t len)
{
	uint32_t to = from + len;

	if (!before(m->next, to))
		return true; /* again: its acknowledgement was lost */
	if (before(m->next, from))
		return to - m->next < METER_WINDOW && meter_early(m, from, to);
	m->next = to;
	meter_close_gaps(m);
	return true;
}

void bat_meter_input(struct batman *b, const struct bat_icmp *h, struct rd rest)
{
	uint32_t len = (uint32_t)rd_left(&rest) + BAT_ICMP_HEADER - METER_UNICAST_HEADER;
	uint32_t seq = rd_u32(&rest), stamp = rd_u32(&rest);
	uint8_t body[8];
	struct wr w = wr_init(body, sizeof(body));
	struct bat_meter *m = meter_find(b, h);
	struct bat_icmp ack = *h;

	if (!rd_ok(&rest) || h->rr_count != METER_MESSAGE) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (!m && seq == METER_FIRST)
		m = meter_new(b, h);
	if (!m || !meter_take(m, seq, len)) {
		BAT_COUNT(b, DROP_SEQNO);
		return;
	}
	m->heard_at = b->now;
	ack.rr_count = METER_ACK;
	wr_u32(&w, m->next);
	wr_u32(&w, stamp);
	bat_icmp_answer(b, ack, BATMAN_ICMP_THROUGHPUT, NULL, rd_init(body, sizeof(body)), 0);
}
