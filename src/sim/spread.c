/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/spread.h"

#include <string.h>

#define GIVE_UP (20 * USEC_S)
#define STEP (10 * USEC_MS)
#define PAUSE (500 * USEC_MS) /* between changes, at most */

void spread_seen(struct sim_node *k, const struct state_event *e)
{
	struct spread *s = k->world->spread;
	struct rd id = rd_init(e->key.id, e->key.len);

	if (e->key.type != NODE_FREE_TYPE || rd_u32(&id) != s->number || !rd_done(&id) ||
	    k->cloud != s->cloud || s->has_it[k->index])
		return;
	s->has_it[k->index] = true;
	if (--s->missing == 0)
		s->everywhere_at = k->world->now;
}

static void make_change(struct world *w, struct spread *s, uint32_t number)
{
	static const uint8_t value[] = "changed";
	struct event e = { .kind = EVENT_CONTROL };
	struct control_put *put = &e.control.put;
	struct sim_node *k = &w->nodes[rng_below(&w->chaos, w->plan->node_count)];
	struct wr id = wr_init(put->id, sizeof(put->id));

	wr_u32(&id, number);
	put->type = NODE_FREE_TYPE;
	put->id_len = (uint8_t)wr_len(&id);
	put->value = value;
	put->len = sizeof(value);
	e.control.act = CONTROL_PUT_STATE;
	s->number = number;
	s->cloud = k->cloud;
	s->made_at = w->now;
	s->everywhere_at = 0;
	s->missing = 0;
	for (unsigned int i = 0; i < w->plan->node_count; i++) {
		s->has_it[i] = !life_runs(&w->nodes[i]) || w->nodes[i].cloud != k->cloud;
		s->missing += !s->has_it[i];
	}
	kernel_event(k, &e);
}

/* Ascending. */
static void take_in(struct spread *s, usec_t took)
{
	unsigned int i = s->count++;

	for (; i > 0 && s->took[i - 1] > took; i--)
		s->took[i] = s->took[i - 1];
	s->took[i] = took;
}

void spread_run(struct world *w, unsigned int changes, struct spread *ret)
{
	uint32_t first = (uint32_t)(w->now / USEC_MS); /* no number that was there before */

	memset(ret, 0, sizeof(*ret));
	w->spread = ret;
	for (uint32_t i = 0; i < changes && i < SPREAD_CHANGES; i++) {
		make_change(w, ret, first + i);
		while (!ret->everywhere_at && w->now - ret->made_at < GIVE_UP)
			world_run(w, w->now + STEP);
		take_in(ret, ret->everywhere_at ? ret->everywhere_at - ret->made_at : USEC_NEVER);
		world_run(w, w->now + rng_below(&w->chaos, (uint32_t)PAUSE));
	}
	w->spread = NULL;
}
