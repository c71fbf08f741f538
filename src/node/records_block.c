/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims to blocks of the address pool. */
#include <errno.h>
#include <string.h>

#include "node/internal.h"
#include "node/records_fields.h"

static bool index_decode(const struct state_key *key, const struct state_node *author,
			 struct lease_block *ret)
{
	struct rd id = rd_init(key->id, key->len);

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->owner.b, author->b, sizeof(ret->owner.b));
	ret->rest_s = LEASE_REST_UNKNOWN;
	ret->index = rd_u32(&id);
	return rd_done(&id);
}

static bool value_decode(const struct state_view *v, struct lease_block *ret)
{
	struct rd r = rd_init(v->value, v->len), f;
	uint8_t type;

	while (rd_tlv8(&r, &type, &f)) {
		if (type == FIELD_EPOCH) {
			ret->epoch = rd_u32(&f);
		} else if (type == FIELD_TAKES) {
			rd_copy(&f, ret->taken_from.b, sizeof(ret->taken_from.b));
			ret->taken_epoch = rd_u32(&f);
		} else if (type == FIELD_REST) {
			ret->rest_s = rd_u32(&f);
		}
		if (!rd_ok(&f))
			return false;
	}
	return rd_done(&r);
}

/* Of two claims to a block the lease core keeps the one that goes before. It has gone: whoever
 * stood back behind it, and has not heard of it, has the block. */
static void learn_rivals(struct node *n, const struct state_key *key)
{
	struct lease_block b;
	struct state_view v;

	for (uint32_t i = 0; state_next(n->state, RECORD_BLOCK, &i, n->now, &v);)
		if (v.key.len == key->len && !memcmp(v.key.id, key->id, key->len) &&
		    index_decode(&v.key, &v.author, &b) && value_decode(&v, &b))
			lease_block_learnt(&n->lease, &b, n->now);
}

static void block_gone(struct node *n, const struct lease_block *b, const struct state_key *key)
{
	if (lease_block_gone(&n->lease, b, n->now))
		learn_rivals(n, key);
}

static void put_takes(struct wr *w, const struct lease_block *b)
{
	size_t mark = wr_tlv8_begin(w, FIELD_TAKES);

	wr_bytes(w, b->taken_from.b, sizeof(b->taken_from.b));
	wr_u32(w, b->taken_epoch);
	wr_tlv8_end(w, mark);
}

void records_put_block(struct node *n, const struct lease_block *b, bool release)
{
	uint8_t id[4], buf[32];
	struct wr wid = wr_init(id, sizeof(id)), w = wr_init(buf, sizeof(buf));
	struct state_key key;
	struct state_view v;
	bool is_known;

	wr_u32(&wid, b->index);
	key = state_key_init(RECORD_BLOCK, id, sizeof(id));
	if (release) {
		n->claims_wanted = true;
		if (state_delete(n->state, &key, n->now) == -ENOENT)
			block_gone(n, b, &key); /* else the state core tells */
		return;
	}
	field_put_u32(&w, FIELD_EPOCH, b->epoch);
	if (b->taken_epoch)
		put_takes(&w, b);
	field_put_u32(&w, FIELD_REST, b->rest_s);
	is_known = !state_get(n->state, &key, NULL, n->now, &v) && v.len == wr_len(&w) &&
		   !memcmp(v.value, buf, v.len);
	(void)state_put_owned(n->state, &key, buf, wr_len(&w), 0, n->now);
	/* a claim that is made again is one that somebody has not confirmed */
	if (is_known)
		(void)state_repeat(n->state, &key, n->now);
	else
		n->claims_wanted = true;
}

static bool block_decode(struct node *n, const struct state_event *e, struct lease_block *ret)
{
	struct state_view v;

	if (!index_decode(&e->key, &e->author, ret))
		return false;
	if (state_get(n->state, &e->key, &e->author, n->now, &v))
		return e->change != STATE_IS_SET; /* gone: owner and index say which */
	return value_decode(&v, ret);
}

void record_block_changed(struct node *n, const struct state_event *e)
{
	struct lease_block b;

	if (!block_decode(n, e, &b)) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	if (e->change == STATE_IS_SET)
		lease_block_learnt(&n->lease, &b, n->now);
	else
		block_gone(n, &b, &e->key);
}

void record_block_acked(struct node *n, const struct state_event *e)
{
	struct lease_block b;

	/* with no peer at all, nobody has been asked */
	if (e->key.type != RECORD_BLOCK || e->refusals || e->acks + e->absent == 0)
		return;
	if (block_decode(n, e, &b))
		lease_block_acked(&n->lease, &b, n->now);
}

uint32_t record_block_quiet_s(void *ctx, const struct lease_block *b)
{
	struct node *n = ctx;
	uint8_t id[4];
	struct wr w = wr_init(id, sizeof(id));
	struct state_node author;
	struct state_key key;
	struct state_view v;

	wr_u32(&w, b->index);
	key = state_key_init(RECORD_BLOCK, id, sizeof(id));
	memcpy(author.b, b->owner.b, sizeof(author.b));
	return state_get(n->state, &key, &author, n->now, &v) ? UINT32_MAX : v.quiet_s;
}
