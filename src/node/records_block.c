/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims to blocks of the address pool. */
#include <string.h>

#include "node/internal.h"
#include "node/records_fields.h"

void records_put_block(struct node *n, const struct lease_block *b, bool release)
{
	uint8_t id[4], buf[16];
	struct wr wid = wr_init(id, sizeof(id)), w = wr_init(buf, sizeof(buf));
	struct state_key key;

	wr_u32(&wid, b->index);
	key = state_key_init(RECORD_BLOCK, id, sizeof(id));
	if (release) {
		(void)state_delete(n->state, &key, n->now);
		return;
	}
	field_put_u32(&w, FIELD_EPOCH, b->epoch);
	(void)state_put_owned(n->state, &key, buf, wr_len(&w), 0, n->now);
}

static bool block_decode(struct node *n, const struct state_event *e, struct lease_block *ret)
{
	struct rd id = rd_init(e->key.id, e->key.len), r, f;
	struct state_view v;
	uint8_t type;

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->owner.b, e->author.b, sizeof(ret->owner.b));
	ret->index = rd_u32(&id);
	if (!rd_done(&id))
		return false;
	if (state_get(n->state, &e->key, &e->author, n->now, &v))
		return e->change != STATE_IS_SET; /* gone: owner and index say which */
	r = rd_init(v.value, v.len);
	while (rd_tlv8(&r, &type, &f))
		if (type == FIELD_EPOCH)
			ret->epoch = rd_u32(&f);
	return rd_done(&r);
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
		lease_block_gone(&n->lease, &b, n->now);
}

void record_block_acked(struct node *n, const struct state_event *e)
{
	struct lease_block b;

	if (e->key.type != RECORD_BLOCK || !e->acks || e->refusals)
		return;
	if (block_decode(n, e, &b))
		lease_block_acked(&n->lease, &b, n->now);
}
