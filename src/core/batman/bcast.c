/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Broadcast: every node passes a frame on once, by every port where somebody else can be. Wireless
 * ports send it 3 times, 5 ms apart, because nobody acknowledges it. It is told apart by its
 * originator's sequence number, within a window of 64. What waited while we got no time goes no
 * further: there may be more of it than fits into the window, and elsewhere it may be too old for
 * that, and come a second time.
 *
 * Timers: rebroadcast_at, the earliest of the copies that wait.
 */
#include <errno.h>

#include "core/batman/engine.h"

/* Nobody is there, or only the one that sent it. */
static bool port_has_nobody(const struct batman *b, const struct bat_port *port,
			    const struct mac *orig, const struct mac *from)
{
	if (port->neighbours != 1)
		return port->neighbours == 0;
	return bat_path_find(b, orig, orig, port->slot) ||
	       (from && bat_path_find(b, from, from, port->slot));
}

static void copy_send(struct batman *b, const struct bat_port *port, const struct bat_packet *p)
{
	struct wr w = bat_send_begin(b, port, &MAC_BROADCAST, bat_packet_len(p));

	bat_packet_copy(p, 0, bat_packet_len(p), &w);
	bat_send_end(b, port, &w);
}

static void copies_queue(struct batman *b, const struct bat_port *port, const struct bat_packet *p)
{
	for (uint32_t i = 0; i < b->limits.rebroadcasts; i++) {
		struct bat_rebroadcast *c = &b->rebroadcasts[i];
		struct wr w = wr_init(c->data, sizeof(c->data));

		if (c->len)
			continue;
		bat_packet_copy(p, 0, bat_packet_len(p), &w);
		if (wr_len(&w) == 0)
			return;
		c->len = (uint16_t)wr_len(&w);
		c->slot = port->slot;
		c->left = BAT_BCAST_COPIES - 1;
		c->at = b->now + BAT_BCAST_GAP_US;
		b->rebroadcast_at = usec_min(b->rebroadcast_at, c->at);
		return;
	}
	BAT_COUNT(b, FULL_REBROADCASTS);
}

static void flood(struct batman *b, const struct bat_bcast *h, const struct mac *from,
		  struct rd inner)
{
	struct bat_packet p = { .body = inner };
	struct wr w = wr_init(p.head, sizeof(p.head));

	bat_bcast_encode(&w, h);
	p.head_len = wr_len(&w);
	for (uint32_t i = 0; i < b->limits.ports; i++) {
		const struct bat_port *port = &b->ports[i];

		if (!port->used || port_has_nobody(b, port, &h->orig, from))
			continue;
		copy_send(b, port, &p);
		if (port->wireless)
			copies_queue(b, port, &p);
	}
}

/* What waited may be of no use to anybody any more. */
static bool is_late(struct batman *b)
{
	if (b->now >= b->behind_until)
		return false;
	BAT_COUNT(b, BCAST_LATE);
	return true;
}

/* True the first time. */
static bool seqno_is_new(struct batman *b, struct bat_orig *o, uint32_t seqno)
{
	int32_t diff = (int32_t)(seqno - o->bcast_seqno);

	/* The first one tells no restart, whatever its number. A kernel takes it for one, and then
	 * hears nothing of a node that restarts in the next 30 s. */
	if (!o->bcast_bits) {
		o->bcast_bits = 1;
		o->bcast_seqno = seqno;
		return true;
	}
	if (bat_window_has(o->bcast_bits, diff)) {
		BAT_COUNT(b, BCAST_DUPLICATE);
		return false;
	}
	if (bat_window_protected(b, diff, &o->bcast_protected_until)) {
		BAT_COUNT(b, DROP_SEQNO);
		return false;
	}
	if (bat_window_move(&o->bcast_bits, diff, true))
		o->bcast_seqno = seqno;
	return true;
}

void bat_bcast_input(struct batman *b, const struct bat_frame *f)
{
	struct rd r = f->packet;
	struct bat_bcast h;
	struct bat_orig *o;

	if (!bat_bcast_decode(&r, &h)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (!mac_eq(&f->dst, &MAC_BROADCAST) || mac_is_multicast(&f->src)) {
		BAT_COUNT(b, DROP_ADDRESS);
		return;
	}
	if (bat_is_mine(b, &f->src) || bat_is_mine(b, &h.orig)) {
		BAT_COUNT(b, DROP_OWN);
		return;
	}
	if (h.ttl < 2) {
		BAT_COUNT(b, DROP_TTL);
		return;
	}
	o = bat_orig_find(b, &h.orig);
	if (!o) {
		if (bat_is_refused(b, &h.orig))
			BAT_COUNT(b, DROP_CLASH);
		else
			BAT_COUNT(b, DROP_UNKNOWN_ORIGINATOR);
		return;
	}
	if (!seqno_is_new(b, o, h.seqno))
		return;
	if (is_late(b))
		return;
	BAT_COUNT(b, BCAST_IN);
	h.ttl--;
	flood(b, &h, &f->src, r);
	bat_deliver(b, r, o);
}

int bat_bcast_send(struct batman *b, struct rd inner)
{
	/* one less than other packets, as kernels do */
	struct bat_bcast h = { .ttl = BAT_TTL - 1 };

	if (!b->primary)
		return -ENETUNREACH;
	if (is_late(b))
		return 0;
	h.orig = b->primary->mac;
	h.seqno = ++b->bcast_seqno;
	flood(b, &h, NULL, inner);
	return 0;
}

void batman_starved(struct batman *b, usec_t lost, usec_t now)
{
	if (lost < BAT_STARVED_US)
		return;
	b->behind_until = now + BAT_BEHIND_US;
	for (uint32_t i = 0; i < b->limits.rebroadcasts; i++)
		b->rebroadcasts[i].len = 0;
}

void bat_bcast_tick(struct batman *b)
{
	usec_t next = USEC_NEVER;

	if (b->rebroadcast_at > b->now)
		return;
	for (uint32_t i = 0; i < b->limits.rebroadcasts; i++) {
		struct bat_rebroadcast *c = &b->rebroadcasts[i];

		if (c->len && c->at <= b->now) {
			struct bat_packet p = { .body = rd_init(c->data, c->len) };

			copy_send(b, &b->ports[c->slot], &p);
			c->at = b->now + BAT_BCAST_GAP_US;
			if (--c->left == 0)
				c->len = 0;
		}
		if (c->len)
			next = usec_min(next, c->at);
	}
	b->rebroadcast_at = next;
}
