/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a node hears in the cloud, and how well: for maps, nothing is done with it. It is written
 * when a neighbour comes or goes, or is heard much better or worse than the record says, and at
 * most once in LINKS_PAUSE: a quiet cloud writes nothing, and a restless one little.
 */
#include <stdlib.h>
#include <string.h>

#include "node/internal.h"
#include "node/records_fields.h"

#define LINKS_PAUSE (600 * USEC_S)
#define LINKS_LOOK (10 * USEC_S)
#define TQ_STEP 64

bool node_links_decode(const uint8_t *value, size_t len, struct node_links *ret)
{
	struct rd r = rd_init(value, len), f;
	uint8_t type;

	ret->count = 0;
	while (rd_tlv8(&r, &type, &f)) {
		struct node_link *l = &ret->list[ret->count];

		if (type != FIELD_LINK)
			continue;
		if (ret->count == NODE_LINKS_MAX)
			return false;
		l->own = rd_mac(&f);
		l->neighbour = rd_mac(&f);
		l->tq = rd_u8(&f);
		if (!rd_ok(&f) || !mac_is_station(&l->own) || !mac_is_station(&l->neighbour))
			return false;
		ret->count++;
	}
	return rd_done(&r);
}

size_t node_links_encode(const struct node_links *links, uint8_t ret[static STATE_VALUE_MAX])
{
	struct wr w = wr_init(ret, STATE_VALUE_MAX);

	for (uint32_t i = 0; i < links->count; i++) {
		size_t mark = wr_tlv8_begin(&w, FIELD_LINK);

		wr_mac(&w, &links->list[i].own);
		wr_mac(&w, &links->list[i].neighbour);
		wr_u8(&w, links->list[i].tq);
		wr_tlv8_end(&w, mark);
	}
	return wr_len(&w);
}

/* Those that are heard best, where there are more than fit. */
static void look(const struct node *n, struct node_links *ret)
{
	struct batman_path p;

	ret->count = 0;
	for (uint32_t i = 0; batman_neighbour_next(n->batman, &i, &p);) {
		struct node_link l = { .neighbour = p.neighbour, .tq = p.tq }, *at = ret->list;

		if (p.port >= NODE_PORTS || !n->ports[p.port].batman)
			continue;
		l.own = n->ports[p.port].batman_mac;
		if (ret->count < NODE_LINKS_MAX) {
			ret->list[ret->count++] = l;
			continue;
		}
		for (uint32_t k = 1; k < NODE_LINKS_MAX; k++)
			if (ret->list[k].tq < at->tq)
				at = &ret->list[k];
		if (at->tq < l.tq)
			*at = l;
	}
}

static bool has(const struct node_links *links, const struct node_link *l)
{
	for (uint32_t i = 0; i < links->count; i++) {
		const struct node_link *at = &links->list[i];

		if (mac_eq(&at->own, &l->own) && mac_eq(&at->neighbour, &l->neighbour))
			return abs(at->tq - l->tq) < TQ_STEP;
	}
	return false;
}

static bool is_news(const struct node_links *told, const struct node_links *now)
{
	for (uint32_t i = 0; i < now->count; i++)
		if (!has(told, &now->list[i]))
			return true;
	return told->count != now->count;
}

void records_put_links(struct node *n)
{
	struct state_key key = state_key_init(RECORD_LINK, n->id.b, sizeof(n->id.b));
	struct node_links told = { .count = 0 }, now;
	uint8_t value[STATE_VALUE_MAX];
	struct state_view v;

	if (n->now < n->links_at)
		return;
	n->links_at = n->now + LINKS_LOOK;
	look(n, &now);
	if (!state_get(n->state, &key, NULL, n->now, &v) &&
	    !node_links_decode(v.value, v.len, &told))
		told.count = 0;
	if (is_news(&told, &now) &&
	    !state_put_owned(n->state, &key, value, node_links_encode(&now, value), 0, n->now))
		n->links_at = n->now + LINKS_PAUSE;
}

void record_link_changed(struct node *n, const struct state_event *e)
{
	struct node_links links;
	struct state_view v;

	if (e->change == STATE_IS_SET && !state_get_told(n->state, e, n->now, &v) && !v.deleted &&
	    !node_links_decode(v.value, v.len, &links))
		n->counters[NODE_C_BAD_RECORD]++;
}

bool node_links_next(const struct node *n, uint32_t *cursor, struct state_view *ret_record,
		     struct node_links *ret)
{
	while (state_next(n->state, RECORD_LINK, cursor, n->now, ret_record))
		if (node_links_decode(ret_record->value, ret_record->len, ret))
			return true;
	return false;
}
