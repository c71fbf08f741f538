/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services and notes as records: a service is its node's own, a note everybody's. */
#include <errno.h>

#include "node/internal.h"

static bool is_sound(const struct state_key *k, const uint8_t *value, size_t len)
{
	struct service s;
	struct note note;

	return k->type == RECORD_SERVICE ? service_decode(k->id, k->len, value, len, &s)
					 : note_decode(k->id, k->len, value, len, &note);
}

static uint32_t own_services(const struct node *n)
{
	struct state_view v;
	uint32_t count = 0;

	for (uint32_t i = 0; state_next(n->state, RECORD_SERVICE, &i, n->now, &v);)
		count += v.own;
	return count;
}

int records_put_announced(struct node *n, const struct control_put *p)
{
	struct state_key key = state_key_init(p->type, p->id, p->id_len);
	struct state_view v;

	if (!state_is_ready(n->state, n->now))
		return -EAGAIN;
	if (p->deleted)
		return state_get(n->state, &key, NULL, n->now, &v)
			       ? -ENOENT
			       : state_delete(n->state, &key, n->now);
	if (!is_sound(&key, p->value, p->len))
		return -EINVAL;
	if (p->type == RECORD_NOTE)
		return state_put_shared(n->state, &key, p->value, p->len, 0, n->now);
	if (state_get(n->state, &key, NULL, n->now, &v) && own_services(n) >= SERVICES_OWN)
		return -ENOSPC;
	return state_put_owned(n->state, &key, p->value, p->len, 0, n->now);
}

void record_announced_changed(struct node *n, const struct state_event *e)
{
	struct state_view v;

	if (e->change == STATE_IS_SET && !state_get_told(n->state, e, n->now, &v) && !v.deleted &&
	    !is_sound(&v.key, v.value, v.len))
		n->counters[NODE_C_BAD_RECORD]++;
}

bool node_service_next(const struct node *n, uint32_t *cursor, struct state_view *ret_record,
		       struct service *ret)
{
	while (state_next(n->state, RECORD_SERVICE, cursor, n->now, ret_record))
		if (service_decode(ret_record->key.id, ret_record->key.len, ret_record->value,
				   ret_record->len, ret))
			return true;
	return false;
}

bool node_note_next(const struct node *n, uint32_t *cursor, struct state_view *ret_record,
		    struct note *ret)
{
	while (state_next(n->state, RECORD_NOTE, cursor, n->now, ret_record))
		if (note_decode(ret_record->key.id, ret_record->key.len, ret_record->value,
				ret_record->len, ret))
			return true;
	return false;
}
