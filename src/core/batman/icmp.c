/* SPDX-License-Identifier: GPL-2.0-or-later */
/* batman-adv's own ICMP: ping and traceroute between originators, answered from the primary MAC. */
#include <errno.h>
#include <string.h>

#include "core/batman/engine.h"

/* Long packets record the ports that received them. */
static bool route_record(struct bat_icmp *h, const struct bat_frame *f, size_t len, struct mac *rr)
{
	if (len < BAT_ICMP_RR || (h->type != BATMAN_ICMP_REPLY && h->type != BATMAN_ICMP_REQUEST))
		return true;
	if (h->rr_count >= BATMAN_RR_MAX)
		return false;
	rr[h->rr_count++] = f->dst;
	return true;
}

/* p: what is known of the packet besides its bytes; out as in bat_send_to. */
static int icmp_send(struct batman *b, const struct bat_icmp *h, const struct mac *rr,
		     struct rd rest, uint32_t out, struct bat_packet p)
{
	const struct bat_orig *o = bat_orig_find(b, &h->dst);
	struct wr w = wr_init(b->built, BAT_FRAG_TOTAL);

	if (!o) {
		BAT_COUNT(b, DROP_NO_ROUTE);
		return -ENETUNREACH;
	}
	bat_icmp_encode(&w, h);
	for (int i = 0; rr && i < BATMAN_RR_MAX; i++) {
		wr_mac(&w, &rr[i]);
		rd_skip(&rest, sizeof(rr[i]));
	}
	wr_bytes(&w, rest.p, rd_left(&rest));
	p.body = rd_init(b->built, wr_len(&w));
	return bat_send_to(b, o, out, &p);
}

static void answer_report(struct batman *b, const struct bat_icmp *h, const struct mac *rr)
{
	struct batman_icmp a = {
		.from = h->orig, .type = h->type, .ttl = h->ttl, .uid = h->uid, .seq = h->seqno
	};

	if (rr) {
		a.rr_count = h->rr_count;
		memcpy(a.rr, rr, sizeof(a.rr));
	}
	outq_push(b->outq, BATMAN_ICMP, 0, 0, &a, sizeof(a));
}

void bat_icmp_answer(struct batman *b, struct bat_icmp h, uint8_t type, const struct mac *rr,
		     struct rd rest, uint8_t priority)
{
	h.dst = h.orig;
	h.orig = b->primary->mac;
	h.type = type;
	h.ttl = BAT_TTL;
	icmp_send(b, &h, rr, rest, 0, (struct bat_packet) { .priority = priority });
}

static void icmp_mine(struct batman *b, const struct bat_icmp *h, const struct mac *rr,
		      struct rd rest, uint8_t priority)
{
	switch (h->type) {
	case BATMAN_ICMP_REQUEST:
		bat_icmp_answer(b, *h, BATMAN_ICMP_REPLY, rr, rest, priority);
		break;
	case BATMAN_ICMP_REPLY:
	case BATMAN_ICMP_UNREACHABLE:
	case BATMAN_ICMP_TTL_EXCEEDED:
	case BATMAN_ICMP_PARAMETER:
		answer_report(b, h, rr);
		break;
	case BATMAN_ICMP_THROUGHPUT:
		bat_meter_input(b, h, rest);
		break;
	default:
		BAT_COUNT(b, DROP_UNKNOWN_TYPE);
	}
}

void bat_icmp_input(struct batman *b, const struct bat_frame *f)
{
	struct mac rr[BATMAN_RR_MAX], *list = NULL;
	size_t len = rd_left(&f->packet);
	struct rd r = f->packet, rest;
	struct bat_icmp h;

	if (!bat_icmp_decode(&r, &h)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (!bat_unicast_check(b, f))
		return;
	rest = r;
	if (len >= BAT_ICMP_RR && h.type != BATMAN_ICMP_THROUGHPUT) {
		for (int i = 0; i < BATMAN_RR_MAX; i++)
			rr[i] = rd_mac(&r);
		list = rr;
	}
	if (!route_record(&h, f, len, rr)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (bat_is_mine(b, &h.dst)) {
		icmp_mine(b, &h, list, rest, f->priority);
		return;
	}
	if (h.ttl < 2) {
		BAT_COUNT(b, DROP_TTL);
		if (h.type == BATMAN_ICMP_REQUEST)
			bat_icmp_answer(b, h, BATMAN_ICMP_TTL_EXCEEDED, list, rest, f->priority);
		return;
	}
	h.ttl--;
	if (icmp_send(b, &h, list, rest, 1u + f->port->slot,
		      (struct bat_packet) { .priority = f->priority, .from = &f->src }) == 0)
		BAT_COUNT(b, ICMP_FORWARDED);
}

int batman_icmp_send(struct batman *b, const struct batman_probe *probe, usec_t now)
{
	struct bat_icmp h = { .ttl = probe->ttl,
			      .type = BATMAN_ICMP_REQUEST,
			      .dst = probe->dst,
			      .uid = probe->uid,
			      .seqno = probe->seq };
	const struct bat_orig *o = bat_orig_find(b, &probe->dst);
	struct mac rr[BATMAN_RR_MAX] = { 0 };
	uint8_t zero[sizeof(rr)] = { 0 };
	struct bat_packet none = { 0 };

	b->now = now;
	if (!o || !o->out[0].router)
		return -ENETUNREACH;
	h.orig = b->primary->mac;
	if (!probe->record)
		return icmp_send(b, &h, NULL, rd_init(NULL, 0), 0, none);
	rr[h.rr_count++] = b->ports[bat_orig_router(b, o, 0)->key.slot].mac;
	return icmp_send(b, &h, rr, rd_init(zero, sizeof(zero)), 0, none);
}
