/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragments. A packet that does not fit is cut into up to 16 pieces of equal size, from its end:
 * number 0 is the last piece, the highest number the head and sent last. A node on the way puts the
 * packet together again if it fits the next hop, else passes the pieces on.
 *
 * A reassembly is kept per (originator, sequence number modulo 8): a newer number replaces it, 10 s
 * end it, and when all are taken the oldest goes of the port that has most. Pieces that come again
 * when the packet is complete do not make it a second time.
 */
#include <errno.h>
#include <string.h>

#include "core/batman/engine.h"

static uint8_t *memory(struct batman *b, const struct bat_reassembly *a)
{
	return b->frag_memory + (size_t)table_index(&b->reassemblies, a) * BAT_FRAG_TOTAL;
}

static void reassembly_free(struct batman *b, struct bat_reassembly *a)
{
	fair_leave(&b->reassembly_places, table_index(&b->reassemblies, a));
	table_remove(&b->reassemblies, a);
}

static struct bat_reassembly *reassembly_get(struct batman *b, const struct bat_frag *h,
					     uint16_t slot)
{
	struct bat_frag_key key = { .orig = h->orig, .bucket = h->seqno % BAT_FRAG_BUCKETS };
	struct bat_reassembly *a = table_find(&b->reassemblies, &key);
	uint32_t victim;

	if (a && a->seqno == h->seqno && a->total == h->total)
		return a;
	if (a)
		reassembly_free(b, a);
	/* there is always one: no reassembly is ever kept */
	(void)fair_place(&b->reassembly_places, slot, &victim);
	if (victim != FAIR_NONE) {
		BAT_COUNT(b, REPLACED_REASSEMBLIES);
		reassembly_free(b, bat_at(&b->reassemblies, victim + 1));
	}
	a = table_add(&b->reassemblies, &key);
	fair_join(&b->reassembly_places, table_index(&b->reassemblies, a), slot);
	a->seqno = h->seqno;
	a->total = h->total;
	return a;
}

/* The mark of that number in bat_orig.merged. */
static uint16_t merged_mark(uint16_t seqno)
{
	return (uint16_t)(seqno / BAT_FRAG_BUCKETS + 1);
}

/* True when this was the missing piece. */
static bool piece_add(struct batman *b, struct bat_reassembly *a, uint8_t no, struct rd piece)
{
	size_t len = rd_left(&piece);

	for (uint8_t i = 0; i < a->count; i++) {
		if (a->no[i] == no)
			return false;
	}
	if (len == 0 || a->have + len > a->total)
		return false;
	a->no[a->count] = no;
	a->at[a->count] = a->have;
	a->len[a->count] = (uint16_t)len;
	a->count++;
	rd_copy(&piece, memory(b, a) + a->have, len);
	a->have = (uint16_t)(a->have + len);
	a->last = b->now;
	return a->have == a->total;
}

/* The pieces in order, from the highest number down. */
static void merge(struct batman *b, const struct bat_reassembly *a)
{
	struct wr w = wr_init(b->merged, BAT_FRAG_TOTAL);

	for (int no = BAT_FRAG_COUNT - 1; no >= 0; no--) {
		for (uint8_t i = 0; i < a->count; i++) {
			if (a->no[i] == no)
				wr_bytes(&w, memory(b, a) + a->at[i], a->len[i]);
		}
	}
}

/* True when the piece went on as it is, or had to be dropped. */
static bool forward(struct batman *b, const struct bat_frame *f, struct bat_frag *h,
		    struct rd piece)
{
	const struct bat_orig *o = bat_orig_find(b, &h->dst);
	const struct bat_path *path;
	const struct bat_port *port;
	struct wr w;

	if (!o) {
		BAT_COUNT(b, DROP_NO_ROUTE);
		return true;
	}
	path = bat_orig_way(b, o, 1u + f->port->slot, &f->src);
	if (!path)
		return true;
	port = &b->ports[path->key.slot];
	if (h->total <= port->mtu)
		return false;
	if (h->ttl < 2) {
		BAT_COUNT(b, DROP_TTL);
		return true;
	}
	h->ttl--;
	w = bat_send_begin(b, port, &path->key.neighbour, BAT_FRAG_HEADER + rd_left(&piece));
	bat_frag_encode(&w, h);
	wr_bytes(&w, piece.p, rd_left(&piece));
	if (bat_send_end(b, port, &w) == 0) {
		BAT_COUNT(b, FRAG_FORWARDED);
		BAT_ADD(b, FRAG_FORWARDED_BYTES, wr_len(&w));
	}
	return true;
}

void bat_frag_input(struct batman *b, const struct bat_frame *f)
{
	struct bat_frame whole = { .port = f->port, .dst = f->dst, .src = f->src, .merged = true };
	struct rd r = f->packet;
	struct bat_reassembly *a;
	struct bat_orig *o;
	struct bat_frag h;

	if (f->merged || !bat_frag_decode(&r, &h) || h.total > BAT_FRAG_TOTAL || h.total == 0) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (!bat_unicast_check(b, f))
		return;
	o = bat_orig_find(b, &h.orig);
	if (!o) {
		BAT_COUNT(b, DROP_UNKNOWN_ORIGINATOR);
		return;
	}
	if (!bat_is_mine(b, &h.dst) && forward(b, f, &h, r))
		return;
	BAT_COUNT(b, FRAG_RX);
	BAT_ADD(b, FRAG_RX_BYTES, rd_left(&f->packet));
	if (o->merged[h.seqno % BAT_FRAG_BUCKETS] == merged_mark(h.seqno))
		return;
	a = reassembly_get(b, &h, f->port->slot);
	if (!piece_add(b, a, h.no, r))
		return;
	merge(b, a);
	o->merged[h.seqno % BAT_FRAG_BUCKETS] = merged_mark(h.seqno);
	reassembly_free(b, a);
	BAT_COUNT(b, FRAG_MERGED);
	whole.packet = rd_init(b->merged, h.total);
	whole.priority = h.priority;
	bat_dispatch(b, &whole);
}

int bat_frag_send(struct batman *b, const struct bat_orig *o, const struct bat_path *path,
		  const struct bat_packet *k)
{
	const struct bat_port *port = &b->ports[path->key.slot];
	size_t left = bat_packet_len(k), max, count;
	struct bat_frag h = { .ttl = BAT_TTL, .dst = o->mac, .priority = k->priority };

	max = port->mtu < BAT_FRAG_MTU ? port->mtu : BAT_FRAG_MTU;
	count = max > BAT_FRAG_HEADER ? (left - 1) / (max - BAT_FRAG_HEADER) + 1 : SIZE_MAX;
	if (count > BAT_FRAG_COUNT) {
		BAT_COUNT(b, DROP_TOO_BIG);
		return -EMSGSIZE;
	}
	max = (left - 1) / count + 1;
	h.orig = b->primary->mac;
	h.seqno = ++b->frag_seqno;
	h.total = (uint16_t)left;
	while (left) {
		size_t len = left < max ? left : max;
		struct wr w = bat_send_begin(b, port, &path->key.neighbour, BAT_FRAG_HEADER + len);
		int r;

		bat_frag_encode(&w, &h);
		bat_packet_copy(k, left - len, len, &w);
		r = bat_send_end(b, port, &w);
		if (r < 0)
			return r;
		BAT_COUNT(b, FRAG_TX);
		BAT_ADD(b, FRAG_TX_BYTES, wr_len(&w));
		left -= len;
		h.no++;
	}
	return 0;
}

void bat_frag_purge(struct batman *b)
{
	struct bat_reassembly *a;

	for (uint32_t i = 0; (a = table_next(&b->reassemblies, &i));) {
		if (b->now - a->last > BAT_FRAG_US) {
			BAT_COUNT(b, FRAG_EXPIRED);
			reassembly_free(b, a);
		}
	}
}
