/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What survives a power cut: our highest version {epoch u32, counter u32}, cloud seconds u32, then
 * the durable records as in a datagram. Tombstones are saved too, or what was deleted would come
 * back from the disk of another.
 */
#include "core/state/state_internal.h"

#include <errno.h>

static bool is_durable(const struct state *s, const struct state_record *rec)
{
	const struct state_type *t = s->types[rec->key.key.type];

	return t && t->durable;
}

size_t state_save_size(const struct state *s)
{
	const struct state_record *rec;
	size_t size = 12;

	for (uint32_t i = 0; (rec = table_next(&s->records, &i));)
		if (is_durable(s, rec))
			size += STATE_MSG_RECORD_MAX - STATE_VALUE_MAX + rec->len;
	return size;
}

static void save_head(const struct state *s, struct wr *w, usec_t now)
{
	wr_u32(w, s->epoch);
	wr_u32(w, s->counter);
	wr_u32(w, state_age_cloud_s(s, now));
}

static void save_record(const struct state *s, const struct state_record *rec, struct wr *w,
			usec_t now)
{
	struct state_msg_record m = state_store_msg(s, rec, now);

	state_msg_write_record(w, &m);
}

void state_save(const struct state *s, struct wr *w, usec_t now)
{
	const struct state_record *rec;

	save_head(s, w, now);
	for (uint32_t i = 0; (rec = table_next(&s->records, &i));)
		if (is_durable(s, rec))
			save_record(s, rec, w, now);
}

void state_save_own(const struct state *s, uint8_t type, struct wr *w, usec_t now)
{
	const struct state_record *rec;

	save_head(s, w, now);
	for (uint32_t i = 0; (rec = table_next(&s->records, &i));)
		if (rec->key.key.type == type && state_store_is_own(s, rec))
			save_record(s, rec, w, now);
}

/* Those of types with that `admin`. */
static void load_all(struct state *s, struct rd r, enum state_admin admin, usec_t now)
{
	while (rd_left(&r)) {
		const struct state_type *t;
		struct state_msg_record m;

		state_msg_read_record(&r, &m);
		t = s->types[m.key.key.type];
		if ((t ? t->admin : STATE_ADMIN_NONE) == admin)
			state_merge(s, NULL, &m, true, now); /* digests tell the others */
	}
}

int state_load(struct state *s, struct rd *r, usec_t now)
{
	uint32_t epoch = rd_u32(r), counter = rd_u32(r), cloud_s = rd_u32(r);
	struct state_msg_record m;
	struct rd all = *r;

	while (rd_left(&all))
		if (!state_msg_read_record(&all, &m))
			break;
	if (!rd_done(&all) || epoch > STATE_EPOCH_MAX)
		return -EBADMSG;
	if (!state_merge_surpass(s, epoch, counter)) {
		/* the last epoch there is: what it has left is ours */
		s->epoch = epoch;
		s->counter = counter;
	}
	/* of two files the first has what grows older */
	if (!s->is_loaded)
		state_age_load(s, cloud_s, now);
	load_all(s, *r, STATE_ADMIN_KEY, now);
	load_all(s, *r, STATE_ADMIN_ACT, now);
	load_all(s, *r, STATE_ADMIN_NONE, now);
	(void)rd_rest(r);
	return 0;
}
