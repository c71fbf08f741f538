/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/alfred/alfred_push.h"

#include <errno.h>

#define DATAGRAM 1232 /* of several values: what any link takes in one piece, 1280 - 48 */
#define LARGEST_KB (1 + ALFRED_PACKET_MAX / 1024)

/* Places of each kind in the list. */
static const struct {
	unsigned int first, count;
} places[ALFRED_PUSH_KINDS] = {
	[ALFRED_PUSH_SYNC] = { 0, ALFRED_PRIMARIES },
	[ALFRED_PUSH_ANSWER] = { ALFRED_PRIMARIES, ALFRED_ANSWERS },
};

/* ---- what begins ---- */

static struct alfred_push *place_find(struct alfred_pushes *p, enum alfred_push_kind kind)
{
	struct alfred_push *first = &p->list[places[kind].first];

	for (unsigned int i = 0; i < places[kind].count; i++)
		if (!first[i].used)
			return &first[i];
	return NULL;
}

int alfred_push_sync(struct alfred_pushes *p, const struct mac *to, enum alfred_level level,
		     uint16_t id)
{
	struct alfred_push *first = &p->list[places[ALFRED_PUSH_SYNC].first], *place;

	for (unsigned int i = 0; i < places[ALFRED_PUSH_SYNC].count; i++)
		if (first[i].used && mac_eq(&first[i].to, to))
			return 0;
	place = place_find(p, ALFRED_PUSH_SYNC);
	if (!place)
		return -ENOSPC;
	*place = (struct alfred_push) {
		.used = true, .kind = ALFRED_PUSH_SYNC, .to = *to, .level = (uint8_t)level, .id = id
	};
	return 0;
}

int alfred_push_answer(struct alfred_pushes *p, const struct mac *to, uint8_t asker, uint8_t type,
		       uint16_t id)
{
	struct alfred_push *first = &p->list[places[ALFRED_PUSH_ANSWER].first], *place;
	unsigned int own = 0;

	for (unsigned int i = 0; i < places[ALFRED_PUSH_ANSWER].count; i++) {
		if (!first[i].used || !mac_eq(&first[i].to, to))
			continue;
		if (first[i].id == id && first[i].type == type)
			return 0;
		own++;
	}
	place = own < ALFRED_ANSWERS_EACH ? place_find(p, ALFRED_PUSH_ANSWER) : NULL;
	if (!place)
		return -ENOSPC;
	*place = (struct alfred_push) { .used = true,
					.kind = ALFRED_PUSH_ANSWER,
					.to = *to,
					.asker = asker,
					.type = type,
					.id = id };
	return 0;
}

/* ---- whose turn it is ---- */

/* When it may send the largest datagram, whatever the next one will be. */
static usec_t ready_at(const struct alfred_pushes *p, const struct alfred_push *push)
{
	if (push->kind == ALFRED_PUSH_SYNC)
		return 0;
	return bucket_at(&p->askers[push->asker], LARGEST_KB, ALFRED_ANSWER_INTERVAL,
			 ALFRED_ANSWER_BURST);
}

static struct alfred_push *next_of(struct alfred_pushes *p, enum alfred_push_kind kind, usec_t now)
{
	for (unsigned int i = 0; i < places[kind].count; i++) {
		unsigned int at = (p->turn[kind] + i) % places[kind].count;
		struct alfred_push *push = &p->list[places[kind].first + at];

		if (push->used && ready_at(p, push) <= now)
			return push;
	}
	return NULL;
}

/* By bytes: the datagram of one long value is as large as fifty others. */
static struct alfred_push *choose(struct alfred_pushes *p, usec_t now)
{
	struct alfred_push *sync = next_of(p, ALFRED_PUSH_SYNC, now);
	struct alfred_push *answer = next_of(p, ALFRED_PUSH_ANSWER, now);

	if (!sync || !answer)
		p->ahead = 0;
	return !answer || (sync && p->ahead <= 0) ? sync : answer;
}

static void charge(struct alfred_pushes *p, const struct alfred_push *push, size_t len, usec_t now)
{
	uint32_t kb = (uint32_t)(1 + len / 1024);

	p->turn[push->kind] = (unsigned int)(push - p->list) - places[push->kind].first + 1;
	if (push->kind == ALFRED_PUSH_SYNC) {
		p->ahead += (int32_t)kb;
		return;
	}
	p->ahead -= (int32_t)kb;
	(void)bucket_take_many(&p->askers[push->asker], kb, ALFRED_ANSWER_INTERVAL,
			       ALFRED_ANSWER_BURST, now);
}

/* ---- datagrams ---- */

static bool wants(const struct alfred_push *push, const struct alfred_fact *f)
{
	return push->kind == ALFRED_PUSH_SYNC ? f->level <= push->level : f->type == push->type;
}

/* As many values as fit; one that is too long goes alone. False: none is left. */
static bool values_encode(struct alfred_push *push, const struct alfred_facts *facts, struct wr *w)
{
	const struct alfred_fact *f;
	uint32_t cursor = push->cursor;
	size_t mark = alfred_push_begin(w, push->id, push->seqno);
	bool any = false;

	while ((f = alfred_fact_next(facts, &cursor))) {
		if (!wants(push, f)) {
			push->cursor = cursor;
			continue;
		}
		if (any && wr_mark(w) + ALFRED_BLOCK_HEAD + f->len > DATAGRAM)
			break;
		alfred_fact_encode(facts, f, w);
		push->cursor = cursor;
		any = true;
	}
	alfred_push_end(w, mark);
	if (any && wr_len(w))
		push->seqno++;
	return any;
}

/* Ends with STATUS_TXEND, unless nobody asked and there was nothing. */
static size_t push_next(struct alfred_push *push, const struct alfred_facts *facts, void *buf,
			size_t cap)
{
	struct wr w = wr_init(buf, cap);

	if (values_encode(push, facts, &w))
		return wr_len(&w);
	push->used = false;
	if (push->kind == ALFRED_PUSH_SYNC && !push->seqno)
		return 0;
	w = wr_init(buf, cap);
	alfred_txend_encode(&w, push->id, push->seqno);
	return wr_len(&w);
}

size_t alfred_push_output(struct alfred_pushes *p, const struct alfred_facts *facts, void *buf,
			  size_t cap, struct mac *ret_to, usec_t now)
{
	struct alfred_push *push;

	while ((push = choose(p, now))) {
		size_t len = push_next(push, facts, buf, cap);

		if (!len)
			continue;
		charge(p, push, len, now);
		*ret_to = push->to;
		return len;
	}
	return 0;
}

usec_t alfred_push_deadline(const struct alfred_pushes *p)
{
	usec_t next = USEC_NEVER;

	for (unsigned int i = 0; i < ALFRED_PRIMARIES + ALFRED_ANSWERS; i++)
		if (p->list[i].used)
			next = usec_min(next, ready_at(p, &p->list[i]));
	return next;
}
