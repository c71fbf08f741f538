/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proofs of records, and above all of owned ones: the key of the author, which is its id and what
 * stands in the proof, and a signature over all that never changes on the way. They travel and are
 * stored with the record, so that whoever passes it on need not be believed.
 *
 * To verify one takes milliseconds on a small router. So it is done for news only, and paced for
 * each peer: a datagram with more is not acknowledged, so that it comes again; other records in it
 * are stored the first time. Peers verify what they pass on, so what is forged was made by the peer
 * itself, and uses up far more of its pace. What is on our own disk has been verified; but what the
 * admin of the network has signed is looked at again, for it may be another one by now.
 */
#include "core/state/state_internal.h"

#include <string.h>

struct state_node state_node_of_key(const uint8_t *key)
{
	struct state_node id;

	memcpy(id.b, key, sizeof(id.b));
	return id;
}

void state_proof_make(const struct state *s, struct state_msg_record *m,
		      uint8_t proof[static STATE_MSG_PROOF_MAX])
{
	const struct state_crypto *c = s->conf.crypto;
	uint8_t text[STATE_MSG_SIGNED_MAX];
	struct wr w = wr_init(text, sizeof(text)), p = wr_init(proof, STATE_MSG_PROOF_MAX);

	m->proof = NULL;
	if (!c)
		return;
	state_msg_write_signed(&w, m);
	wr_bytes(&p, c->public_key + sizeof(m->author), STATE_MSG_KEY_REST);
	c->sign(c->ctx, text, wr_len(&w), wr_reserve(&p, STATE_SIGNATURE_SIZE));
	m->proof = proof;
}

/* The author was here with another key, which stays its only one. */
static bool has_other_key(const struct state *s, const struct state_msg_record *m)
{
	const struct state_author *a = table_find(&s->authors, &m->author);

	return a && a->has_key && memcmp(a->key_rest, m->proof, sizeof(a->key_rest)) != 0;
}

static bool is_signed(const struct state *s, const struct state_msg_record *m)
{
	const struct state_crypto *c = s->conf.crypto;
	uint8_t text[STATE_MSG_SIGNED_MAX], key[STATE_KEY_SIZE];
	struct wr w = wr_init(text, sizeof(text)), k = wr_init(key, sizeof(key));
	struct rd proof = rd_init(m->proof, STATE_MSG_PROOF_MAX);

	state_msg_write_signed(&w, m);
	wr_bytes(&k, m->author.b, sizeof(m->author.b));
	wr_bytes(&k, rd_take(&proof, STATE_MSG_KEY_REST), STATE_MSG_KEY_REST);
	return c->verify(c->ctx, key, text, wr_len(&w), rd_take(&proof, STATE_SIGNATURE_SIZE));
}

static enum state_verdict forged(struct state *s, struct state_peer *from)
{
	struct state_bucket *pace = &from->proof_pace;

	pace->level -= pace->level < STATE_PROOF_FORGED ? pace->level : STATE_PROOF_FORGED;
	state_count_up(s, STATE_C_DROP_FORGED);
	return STATE_REFUSED;
}

bool state_proof_admin(const struct state *s, const struct state_msg_record *m)
{
	uint8_t text[STATE_MSG_SIGNED_MAX];
	struct wr w = wr_init(text, sizeof(text));
	struct state_claim c = { .key = m->key.key,
				 .value = m->value,
				 .len = m->len,
				 .message = text,
				 .signature = m->proof };

	/* to end what was said once is to say something else */
	if (!m->proof || m->deleted || !s->conf.admin_ok)
		return false;
	state_msg_write_signed(&w, m);
	c.message_len = wr_len(&w);
	return s->conf.admin_ok(s->conf.admin_ctx, &c);
}

/* true: this one may be verified now. */
static bool take(struct state *s, struct state_peer *from, usec_t now)
{
	if (!from || state_peer_take(&from->proof_pace, 1, now))
		return true;
	state_count_up(s, STATE_C_DEFERRED);
	return false;
}

static enum state_verdict check_shared(struct state *s, struct state_peer *from,
				       const struct state_msg_record *m, usec_t now)
{
	const struct state_type *t = s->types[m->key.key.type];

	if (!t)
		return STATE_NEWS; /* what it is signed for others know */
	if (t->admin == STATE_ADMIN_NONE && !m->proof)
		return STATE_NEWS;
	if (t->admin == STATE_ADMIN_NONE) {
		state_count_up(s, STATE_C_DROP_KIND);
		return STATE_REFUSED;
	}
	if (m->proof && !take(s, from, now))
		return STATE_DEFERRED;
	if (state_proof_admin(s, m))
		return STATE_NEWS;
	state_count_up(s, STATE_C_DROP_ADMIN);
	return STATE_REFUSED;
}

enum state_verdict state_proof_check(struct state *s, struct state_peer *from,
				     const struct state_msg_record *m, usec_t now)
{
	if (m->key.kind == STATE_SHARED)
		return check_shared(s, from, m, now);
	if (!s->conf.crypto || !from)
		return STATE_NEWS;
	if (!m->proof || has_other_key(s, m))
		return forged(s, from);
	if (!take(s, from, now))
		return STATE_DEFERRED;
	return is_signed(s, m) ? STATE_NEWS : forged(s, from);
}
