/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams that only members can read and write, once there is a key of the community: sealed with
 * a key that is the same for all (XChaCha20-Poly1305 under a KDF of the community's key, where the
 * platform gives what state_crypto.h says).
 *
 * The nonce is what the header says anyway: sender, boot epoch, number. It must never be the same
 * for two texts, or both can be read. It is not: the id of a sender is the beginning of its own
 * key, its epoch was reserved on its disk before it was used, where key and epoch lie together (who
 * is not sure of its epoch makes itself a new key and so a new id), and all datagrams of an epoch
 * are counted together, to whomever they go, in 48 bits. The epoch is that of the start: the one of
 * our records jumps where others tell it to.
 *
 * Who has no key can still repeat what it has heard. Of each sender the numbers that have been seen
 * are known, by whichever way it came, and its epoch never goes back. So that a datagram is good
 * for one receiver only and not beyond its next start, it is sealed for that one's id and epoch
 * (ADDRESSED). Who does not know these yet says no more than ASK, to anybody: a greeting. It is
 * answered, and believed in nothing; only what is addressed shows that its sender is there now.
 *
 * Where nothing is sealed all of this is only protection from a network that repeats datagrams: the
 * numbers are those of the peer, and an epoch or a number far behind is a new life.
 */
#include "core/state/state_internal.h"

#include <errno.h>
#include <string.h>

#define NEW_LIFE 1024 /* so far behind, a number is no old one */

bool state_seal_used(const struct state *s)
{
	return s->conf.crypto && s->conf.crypto->sealed;
}

bool state_seal_is_met(const struct state *s, const struct state_peer *p)
{
	return !state_seal_used(s) || p->heard_at;
}

struct state_msg_header state_seal_header(struct state *s, const struct state_peer *p)
{
	bool sealed = state_seal_used(s);

	return (struct state_msg_header) { .sender = s->conf.id,
					   .epoch = s->conf.epoch,
					   .seq = ++s->seq & 0xffffffffffff,
					   .sealed = sealed,
					   .addressed = sealed && p->known };
}

/* head: the header as it is on the wire. to: NULL, or whom it is for. */
static struct state_binding binding_of(const uint8_t *head, const struct state_node *to,
				       uint32_t to_epoch)
{
	struct state_binding b = { .nonce = { 0 } };
	struct wr nonce = wr_init(b.nonce, sizeof(b.nonce));
	struct wr context = wr_init(b.context, sizeof(b.context));

	wr_bytes(&nonce, head + 2, STATE_MSG_HEADER - 2); /* without magic and version */
	wr_bytes(&context, head, STATE_MSG_HEADER);
	if (to) {
		wr_bytes(&context, to->b, sizeof(to->b));
		wr_u32(&context, to_epoch);
	}
	b.len = wr_len(&context);
	return b;
}

void state_seal(const struct state *s, const struct state_peer *p, struct wr *w)
{
	struct state_binding b;
	size_t len = wr_len(w);

	if (!state_seal_used(s) || !len)
		return;
	b = binding_of(w->start, p->known ? &p->id : NULL, p->epoch);
	w->end += STATE_TAG_SIZE;
	(void)wr_reserve(w, STATE_TAG_SIZE);
	s->conf.crypto->seal(s->conf.crypto->ctx, &b, w->start + STATE_MSG_HEADER,
			     len - STATE_MSG_HEADER);
}

/* Sealed datagrams of this sender, and those of earlier epochs, that need not be looked at. */
static bool was_seen(const struct state *s, const struct state_msg_header *h)
{
	const struct state_author *a = table_find(&s->authors, &h->sender);

	return a && a->has_boot &&
	       (h->epoch < a->boot || (h->epoch == a->boot && window_has(&a->window, h->seq)));
}

/* Why the datagram of such a header cannot be read, whatever it says. */
static enum state_keys keys_of(const struct state *s, const struct state_msg_header *h)
{
	if (state_seal_used(s) == h->sealed)
		return STATE_KEYS_FIT;
	return h->sealed ? STATE_KEYS_THEIRS : STATE_KEYS_OURS;
}

/* Anybody can forge one of these. */
static int unread(struct state *s, struct state_peer *p, enum state_keys keys, usec_t now)
{
	static const enum state_counter why[] = {
		[STATE_KEYS_DIFFER] = STATE_C_DROP_SEAL,
		[STATE_KEYS_OURS] = STATE_C_DROP_UNSEALED,
		[STATE_KEYS_THEIRS] = STATE_C_DROP_SEALED,
	};

	state_count_up(s, why[keys]);
	if (p->keys == STATE_KEYS_FIT)
		p->unread_since = now;
	p->keys = keys;
	return -EKEYREJECTED;
}

/* Nothing but the question that a greeting is. */
static bool is_greeting(struct rd r)
{
	struct rd body;
	uint8_t type;

	return state_msg_item(&r, &type, &body) && type == STATE_ITEM_ASK && rd_done(&r);
}

int state_open(struct state *s, struct state_peer *p, const struct state_msg_header *h,
	       const uint8_t *head, struct rd *r, usec_t now)
{
	const struct state_crypto *c = s->conf.crypto;
	enum state_keys keys = keys_of(s, h);
	size_t len = rd_left(r);
	struct state_binding b;

	if (keys != STATE_KEYS_FIT)
		return unread(s, p, keys, now);
	if (!h->sealed)
		return 0;
	if (was_seen(s, h)) {
		state_count_up(s, STATE_C_DROP_DUPLICATE);
		return -EALREADY;
	}
	b = binding_of(head, h->addressed ? &s->conf.id : NULL, s->conf.epoch);
	if (len < STATE_TAG_SIZE || !c->open(c->ctx, &b, rd_take(r, len), len, s->opened))
		return unread(s, p, STATE_KEYS_DIFFER, now);
	*r = rd_init(s->opened, len - STATE_TAG_SIZE);
	if (h->addressed || is_greeting(*r))
		return 0;
	state_count_up(s, STATE_C_DROP_MALFORMED);
	return -EBADMSG;
}

bool state_seal_seen(struct state *s, const struct state_msg_header *h)
{
	struct state_author *a = state_store_author_get(s, &h->sender);

	if (!a)
		return false;
	if (!a->has_boot || h->epoch != a->boot)
		window_begin(&a->window, h->seq);
	else
		window_add(&a->window, h->seq);
	a->has_boot = true;
	a->boot = h->epoch;
	return true;
}

/* false: it has been seen. */
static bool note_open(struct state_peer *p, const struct state_msg_header *h)
{
	bool is_same_life =
		p->heard_at && h->epoch == p->epoch && h->seq + NEW_LIFE > p->window.high;

	if (!is_same_life) {
		window_begin(&p->window, h->seq);
		p->synced = 0;
		return true;
	}
	if (window_has(&p->window, h->seq))
		return false;
	window_add(&p->window, h->seq);
	return true;
}

int state_seal_note(struct state *s, struct state_peer *p, const struct state_msg_header *h)
{
	bool is_same = memcmp(&p->id, &h->sender, sizeof(p->id)) == 0 && h->epoch == p->epoch;

	if (!h->sealed && !note_open(p, h)) {
		state_count_up(s, STATE_C_DROP_DUPLICATE);
		return -EALREADY;
	}
	if (h->sealed && !state_seal_seen(s, h)) {
		state_count_up(s, STATE_C_DROP_AUTHORS_FULL);
		return -ENOSPC;
	}
	if (h->sealed && !is_same) {
		/* another node, or a new life of it: it has not shown yet that it hears us */
		p->synced = 0;
		p->told = false;
		p->heard_at = 0;
	}
	p->id = h->sender;
	p->epoch = h->epoch;
	p->known = true;
	p->keys = STATE_KEYS_FIT;
	p->unread_since = 0;
	return 0;
}
