/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OGMs that go out. OGMs of others wait at each port up to 100 ms for company; our own leaves every
 * interval and takes what waits with it. A frame holds at most 512 bytes of OGMs, but for single
 * larger ones.
 *
 * Timers per port: ogm_at (own, jitter 20 ms either way), flush_at (others).
 */
#include "core/batman/engine.h"

static void sent_end(struct batman *b, struct bat_port *port, struct wr *w)
{
	size_t len = wr_len(w);

	if (bat_send_end(b, port, w) < 0)
		return;
	BAT_COUNT(b, MGMT_TX_FRAMES);
	BAT_ADD(b, MGMT_TX_BYTES, len);
}

static void frame_send(struct batman *b, struct bat_port *port, struct rd own, bool with_pending)
{
	size_t len = rd_left(&own) + (with_pending ? port->pending_len : 0);
	struct wr w = bat_send_begin(b, port, &MAC_BROADCAST, len);

	wr_bytes(&w, own.p, rd_left(&own));
	if (with_pending) {
		wr_bytes(&w, port->pending, port->pending_len);
		port->pending_len = 0;
		port->flush_at = USEC_NEVER;
	}
	sent_end(b, port, &w);
}

static void pending_flush(struct batman *b, struct bat_port *port)
{
	if (port->pending_len)
		frame_send(b, port, rd_init(NULL, 0), true);
}

void bat_ogm_forward(struct batman *b, struct bat_port *to, const struct bat_ogm *o)
{
	size_t len = BAT_OGM_HEADER + rd_left(&o->tvlv);
	struct wr w;

	if (to->pending_len + len > BAT_AGGREGATE_MAX || !b->conf.aggregation)
		pending_flush(b, to);
	if (len > BAT_AGGREGATE_MAX) {
		w = bat_send_begin(b, to, &MAC_BROADCAST, len);
		bat_ogm_encode(&w, o);
		sent_end(b, to, &w);
		return;
	}
	w = wr_init(to->pending, sizeof(to->pending));
	wr_reserve(&w, to->pending_len);
	bat_ogm_encode(&w, o);
	to->pending_len = (uint16_t)wr_len(&w);
	if (to->flush_at == USEC_NEVER)
		to->flush_at = b->now + rng_below(&b->rng, BAT_JITTER_MS / 2 * 1000) +
			       (b->conf.aggregation ? BAT_AGGREGATE_US : 0);
}

static usec_t next_ogm(struct batman *b)
{
	uint32_t ms = b->conf.orig_interval_ms - BAT_JITTER_MS;

	return b->now + ms * USEC_MS + rng_below(&b->rng, 2 * BAT_JITTER_MS * 1000);
}

static void own_send(struct batman *b, struct bat_port *port)
{
	struct bat_ogm ogm = { .ttl = 2,
			       .seqno = port->seqno++,
			       .orig = port->mac,
			       .prev = port->mac,
			       .tq = BATMAN_TQ_MAX };
	uint8_t tvlv[BAT_AGGREGATE_MAX], buf[BAT_AGGREGATE_MAX];
	struct wr t = wr_init(tvlv, sizeof(tvlv) - BAT_OGM_HEADER), w = wr_init(buf, sizeof(buf));
	struct bat_orig *o;

	for (uint32_t i = 0; (o = table_next(&b->origs, &i));)
		o->out[1 + port->slot].echo <<= 1;
	if (port == b->primary) {
		ogm.ttl = BAT_TTL;
		bat_local_commit(b);
		bat_tvlv_ogm_append(b, &t);
	}
	ogm.tvlv = rd_init(tvlv, wr_len(&t));
	bat_ogm_encode(&w, &ogm);
	for (uint32_t i = 0; i < b->limits.ports; i++) {
		struct bat_port *to = &b->ports[i];
		bool room =
			to->pending_len + wr_len(&w) <= BAT_AGGREGATE_MAX && b->conf.aggregation;

		if (to->used && (to == port || port == b->primary))
			frame_send(b, to, rd_init(buf, wr_len(&w)), room);
	}
	port->ogm_at = next_ogm(b);
}

void bat_ogm_tick(struct batman *b)
{
	for (uint32_t i = 0; i < b->limits.ports; i++) {
		struct bat_port *port = &b->ports[i];

		if (!port->used)
			continue;
		if (port->ogm_at <= b->now)
			own_send(b, port);
		if (port->flush_at <= b->now)
			pending_flush(b, port);
	}
}
