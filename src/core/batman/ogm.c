/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OGMs that come in: link quality, path quality, the best next hop, and what is sent on.
 *
 * A link exists once our own OGM comes back from the neighbour with DIRECTLINK set, on the port
 * whose MAC it names. Path quality is kept once for frames of our own (out 0) and once per port
 * that an OGM would leave by, because a half-duplex port that is also the incoming one costs more.
 */
#include <string.h>

#include "core/batman/engine.h"

enum dup {
	DUP_NO,
	DUP_ORIG,      /* seen by another path */
	DUP_NEIGHBOUR, /* seen by this one */
	DUP_PROTECTED,
};

/* One OGM on its way through the tables of one out. */
struct work {
	const struct bat_frame *f;
	struct bat_ogm ogm; /* a copy: tq changes per out */
	struct bat_orig *orig;
	struct bat_orig *sender; /* of the neighbour; orig itself on a single hop */
	uint32_t out;
	enum dup dup;
	bool single_hop;
	bool from_best;
};

static void ring_push(struct bat_path_out *p, uint8_t tq)
{
	unsigned int sum = 0, count = 0;

	p->tq[p->tq_at] = tq;
	p->tq_at = (uint8_t)((p->tq_at + 1) % BAT_RING);
	for (int i = 0; i < BAT_RING; i++) {
		sum += p->tq[i];
		count += p->tq[i] != 0;
	}
	p->tq_avg = count ? (uint8_t)(sum / count) : 0;
}

static bool path_is_from(const struct bat_path *p, const struct bat_frame *f)
{
	return p->key.slot == f->port->slot && mac_eq(&p->key.neighbour, &f->src);
}

/* Records the sequence number in the windows of all paths of the originator. */
static enum dup seqno_update(struct batman *b, struct work *w)
{
	struct bat_out *oo = &w->orig->out[w->out];
	int32_t diff = (int32_t)(w->ogm.seqno - oo->last_seqno);
	enum dup dup = DUP_NO;
	bool moved = false;

	if (w->orig->paths && bat_window_protected(b, diff, &oo->protected_until))
		return DUP_PROTECTED;
	for (struct bat_path *p = bat_at(&b->paths, w->orig->paths); p;
	     p = bat_at(&b->paths, p->next)) {
		struct bat_path_out *po = &p->out[w->out];
		bool has = bat_window_has(po->bits, diff), mine = path_is_from(p, w->f);

		if (has && mine)
			dup = DUP_NEIGHBOUR;
		else if (has && dup != DUP_NEIGHBOUR)
			dup = DUP_ORIG;
		moved |= bat_window_move(&po->bits, diff, mine);
		po->count = (uint8_t)__builtin_popcountll(po->bits);
	}
	if (moved)
		oo->last_seqno = w->ogm.seqno;
	return dup;
}

static unsigned int echo_count(const struct bat_orig *neighbour, uint16_t slot)
{
	return (unsigned int)__builtin_popcountll(neighbour->out[1 + slot].echo);
}

/* 255 for a perfect link of a whole window, integer arithmetic as the kernel's. */
static uint8_t link_tq(const struct batman *b, const struct work *w, unsigned int received,
		       unsigned int echoed)
{
	unsigned int total = echoed < received ? echoed : received;
	unsigned int lost = BAT_WINDOW - received, own, asym, port = BATMAN_TQ_MAX;

	own = total ? BATMAN_TQ_MAX * total / received : 0;
	asym = BATMAN_TQ_MAX -
	       BATMAN_TQ_MAX * (lost * lost * lost) / (BAT_WINDOW * BAT_WINDOW * BAT_WINDOW);
	if (w->out == 1u + w->f->port->slot && w->f->port->wireless)
		port = port * (unsigned int)(BATMAN_TQ_MAX - b->conf.hop_penalty) / BATMAN_TQ_MAX;
	return (uint8_t)(w->ogm.tq * own * asym * port /
			 (BATMAN_TQ_MAX * BATMAN_TQ_MAX * BATMAN_TQ_MAX));
}

/* Multiplies the link into the OGM's quality; true when the link works in both directions. */
static bool tq_update(struct batman *b, struct work *w)
{
	struct bat_path *link = bat_path_get(b, w->sender, &w->sender->mac, w->f->port->slot, true);

	if (!link)
		return false;
	if (w->single_hop)
		link->last_seen = b->now;
	w->orig->last_seen = b->now;
	w->ogm.tq = link_tq(b, w, link->out[w->out].count, echo_count(w->sender, w->f->port->slot));
	return w->ogm.tq >= 1;
}

/* Of two paths of equal quality the one whose link has the better way back. */
static bool path_is_better(const struct batman *b, const struct work *w, const struct bat_path *p,
			   const struct bat_path *router)
{
	const struct bat_orig *theirs = bat_orig_find(b, &router->key.neighbour);

	if (p->out[w->out].tq_avg != router->out[w->out].tq_avg)
		return p->out[w->out].tq_avg > router->out[w->out].tq_avg;
	return echo_count(w->sender, p->key.slot) >
	       (theirs ? echo_count(theirs, router->key.slot) : 0);
}

static uint8_t ring_last(const struct bat_path_out *p)
{
	return p->tq[(p->tq_at + BAT_RING - 1) % BAT_RING];
}

/*
 * The same OGM came by the way in use, and better. Averages over different times may say
 * otherwise, and two nodes that believe them take each other for the best next hop. Who
 * compares the same OGM does not: what a neighbour has of us is always worse than what we have.
 */
static bool router_had_better(const struct work *w, const struct bat_path *mine,
			      const struct bat_path *router)
{
	int32_t diff = (int32_t)(w->ogm.seqno - w->orig->out[w->out].last_seqno);
	const struct bat_path_out *r = &router->out[w->out];

	return bat_window_has(r->bits, diff) && ring_last(r) > ring_last(&mine->out[w->out]);
}

static void path_update(struct batman *b, struct work *w)
{
	struct bat_path *mine, *router;

	if (w->dup == DUP_NO) {
		for (struct bat_path *p = bat_at(&b->paths, w->orig->paths); p;
		     p = bat_at(&b->paths, p->next)) {
			if (!path_is_from(p, w->f))
				ring_push(&p->out[w->out], 0);
		}
	}
	mine = bat_path_get(b, w->orig, &w->f->src, w->f->port->slot,
			    !bat_orig_has_way(b, w->orig));
	if (!mine)
		return;
	mine->last_seen = b->now;
	mine->direct = w->ogm.flags & BAT_OGM_DIRECT && !w->single_hop;
	mine->direct_at = b->now;
	ring_push(&mine->out[w->out], w->ogm.tq);
	if (w->dup == DUP_NO)
		w->orig->out[w->out].last_ttl = w->ogm.ttl;
	router = bat_orig_router(b, w->orig, w->out);
	if (router != mine && (!router || (path_is_better(b, w, mine, router) &&
					   !router_had_better(w, mine, router))))
		bat_orig_set_router(b, w->orig, w->out, mine);
}

/* Would this OGM have come from our best next hop back to us? */
static bool ogm_may_loop(const struct batman *b, const struct work *w)
{
	const struct bat_path *router = bat_orig_router(b, w->orig, w->out), *second;
	const struct bat_orig *hop;

	if (!router || !mac_eq(&router->key.neighbour, &w->ogm.prev) ||
	    mac_eq(&w->ogm.orig, &w->ogm.prev))
		return false;
	hop = bat_orig_find(b, &router->key.neighbour);
	second = hop ? bat_orig_router(b, hop, w->out) : NULL;
	return second && mac_eq(&second->key.neighbour, &router->key.neighbour);
}

/*
 * It is the best one in place of another, by this OGM, which nobody brought before. A kernel passes
 * on neither this one nor the one that comes by the former best one; where two are alike that can
 * be many in a row, and all behind it hear nothing of what changed.
 */
static bool is_new_best(const struct batman *b, const struct work *w)
{
	const struct bat_path *router = bat_orig_router(b, w->orig, w->out);

	return !w->single_hop && w->dup == DUP_NO && router && path_is_from(router, w->f);
}

static void ogm_forward(struct batman *b, struct work *w, bool both_ways)
{
	struct bat_port *to = &b->ports[w->out - 1];
	bool in_is_out = to == w->f->port;

	/* ttl 2 from its origin: a secondary port, which concerns its own wire only */
	if (w->single_hop ? w->ogm.ttl <= 2 && !in_is_out : !both_ways || w->dup == DUP_NEIGHBOUR)
		return;
	if (w->ogm.ttl <= 1)
		return;
	if (!w->from_best) {
		/* the neighbour needs the echo all the same */
		if (!w->single_hop)
			return;
		w->ogm.flags |= BAT_OGM_NOT_BEST;
	}
	w->ogm.ttl--;
	w->ogm.prev = w->f->src;
	w->ogm.tq = (uint8_t)(w->ogm.tq * (BATMAN_TQ_MAX - b->conf.hop_penalty) / BATMAN_TQ_MAX);
	w->ogm.flags &= (uint8_t)~BAT_OGM_DIRECT;
	if (w->single_hop && in_is_out)
		w->ogm.flags |= BAT_OGM_DIRECT;
	bat_ogm_forward(b, to, &w->ogm);
}

static void ogm_process(struct batman *b, const struct bat_frame *f, const struct bat_ogm *ogm,
			struct bat_orig *orig, uint32_t out)
{
	struct work w = { .f = f, .ogm = *ogm, .orig = orig, .out = out };
	const struct bat_path *router;
	bool both_ways;

	w.single_hop = mac_eq(&f->src, &ogm->orig);
	w.dup = seqno_update(b, &w);
	if (w.dup == DUP_PROTECTED) {
		BAT_COUNT(b, DROP_SEQNO);
		return;
	}
	if (ogm->tq == 0)
		return;
	router = bat_orig_router(b, orig, out);
	w.from_best = router && router->out[out].tq_avg && mac_eq(&router->key.neighbour, &f->src);
	if (ogm_may_loop(b, &w))
		return;
	if (out == 0)
		bat_tvlv_ogm_input(b, orig, ogm->tvlv);
	w.sender = w.single_hop ? orig : bat_orig_find(b, &f->src);
	if (!w.sender || (!w.single_hop && !bat_orig_router(b, w.sender, out)))
		return;
	both_ways = tq_update(b, &w);
	if (both_ways && (w.dup == DUP_NO || (orig->out[out].last_seqno == ogm->seqno &&
					      orig->out[out].last_ttl - 3 <= ogm->ttl)))
		path_update(b, &w);
	if (out != 0) {
		w.from_best = w.from_best || (router && is_new_best(b, &w));
		ogm_forward(b, &w, both_ways);
		return;
	}
	if (!bat_orig_router(b, orig, 0))
		return;
	bat_orig_proven(b, orig);
	if (router)
		return;
	bat_tvlv_ogm_input(b, orig, ogm->tvlv); /* for the table could not be asked a moment ago */
	bat_tt_first_route(b, orig);
}

/* Our own OGM came back. */
static void echo_input(struct batman *b, const struct bat_frame *f, const struct bat_ogm *ogm)
{
	struct bat_orig *sender;
	uint32_t age;

	if (!(ogm->flags & BAT_OGM_DIRECT) || !mac_eq(&ogm->orig, &f->port->mac))
		return;
	age = f->port->seqno - 1 - ogm->seqno;
	sender = age < BAT_WINDOW ? bat_orig_get(b, &f->src, f->port->slot, &f->src) : NULL;
	if (!sender)
		return;
	sender->out[1 + f->port->slot].echo |= (uint64_t)1 << age;
	bat_orig_proven(b, sender);
	bat_link_proven(b, sender, f->port->slot);
}

void bat_ogm_name_sender(struct batman *b, const struct bat_frame *f, const struct bat_ogm *ogm)
{
	struct bat_orig *sender;

	if (ogm->ttl != BAT_TTL || !mac_eq(&ogm->prev, &ogm->orig))
		return;
	sender = bat_orig_find(b, &f->src);
	if (sender)
		sender->node = ogm->orig;
}

static void ogm_input(struct batman *b, const struct bat_frame *f, const struct bat_ogm *ogm)
{
	struct bat_orig *orig;

	if (bat_is_mine(b, &ogm->orig)) {
		echo_input(b, f, ogm);
		return;
	}
	if (bat_is_mine(b, &ogm->prev) || ogm->flags & BAT_OGM_NOT_BEST)
		return;
	orig = bat_orig_get(b, &ogm->orig, f->port->slot, &f->src);
	if (!orig)
		return;
	bat_ogm_name_sender(b, f, ogm);
	for (uint32_t out = 0; out < b->outs; out++) {
		if (out == 0 || b->ports[out - 1].used)
			ogm_process(b, f, ogm, orig, out);
	}
}

bool bat_ogm_frame_ok(struct batman *b, const struct bat_frame *f)
{
	if (!mac_eq(&f->dst, &MAC_BROADCAST) || !mac_is_station(&f->src)) {
		BAT_COUNT(b, DROP_ADDRESS);
		return false;
	}
	if (bat_is_mine(b, &f->src)) {
		BAT_COUNT(b, DROP_OWN);
		return false;
	}
	return true;
}

void bat_ogm_input(struct batman *b, const struct bat_frame *f)
{
	struct rd r = f->packet;
	struct bat_ogm ogm;

	if (!bat_ogm_frame_ok(b, f))
		return;
	BAT_COUNT(b, MGMT_RX_FRAMES);
	BAT_ADD(b, MGMT_RX_BYTES, BAT_ETH_HEADER + rd_left(&r));
	while (bat_ogm_next(&r, &ogm)) {
		if (bat_tvlv_accept(b, f, &ogm))
			ogm_input(b, f, &ogm);
		else
			BAT_COUNT(b, DROP_CLASH);
	}
	/* padding is fine, half an OGM is not */
	if (!rd_ok(&r))
		BAT_COUNT(b, DROP_MALFORMED);
}
