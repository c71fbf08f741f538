/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the leader of a part of a cloud says of it: core/cut. */
#include <string.h>

#include "node/internal.h"
#include "node/records_fields.h"

static void put_macs(struct wr *w, enum field f, const struct mac *list, uint8_t count)
{
	size_t mark = wr_tlv8_begin(w, (uint8_t)f);

	for (uint8_t i = 0; i < count; i++)
		wr_mac(w, &list[i]);
	wr_tlv8_end(w, mark);
}

static void put_token(struct wr *w, uint64_t token)
{
	size_t mark = wr_tlv8_begin(w, FIELD_TOKEN);

	wr_u64(w, token);
	wr_tlv8_end(w, mark);
}

void records_put_presence(struct node *n, const struct cut_word *word)
{
	uint8_t buf[STATE_VALUE_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_key key = state_key_init(RECORD_PRESENCE, n->id.b, sizeof(n->id.b));

	field_put_bytes(&w, FIELD_NETWORK, n->cloud.network_id, FIELD_NETWORK_SIZE);
	field_put_bytes(&w, FIELD_MAC, word->leader.b, sizeof(word->leader.b));
	field_put_bytes(&w, FIELD_IP4, n->cloud.node4.b, sizeof(n->cloud.node4.b));
	field_put_bytes(&w, FIELD_IP6, n->cloud.node6.b, sizeof(n->cloud.node6.b));
	put_token(&w, n->part_token);
	field_put_u32(&w, FIELD_EPOCH, word->number);
	field_put_u32(&w, FIELD_COUNT, word->count);
	put_macs(&w, FIELD_MEMBERS, word->members, word->member_count);
	put_macs(&w, FIELD_OTHERS, word->others, word->other_count);
	(void)state_put_owned(n->state, &key, buf, wr_len(&w), 0, n->now);
}

void records_drop_presence(struct node *n)
{
	struct state_key key = state_key_init(RECORD_PRESENCE, n->id.b, sizeof(n->id.b));

	(void)state_delete(n->state, &key, n->now);
}

static uint8_t get_macs(struct rd *f, struct mac *list, uint8_t max)
{
	uint8_t count = 0;

	while (count < max && rd_left(f) && rd_ok(f))
		list[count++] = rd_mac(f);
	return count;
}

static struct cut_author author_of(const struct state_node *id)
{
	struct cut_author a;

	memcpy(a.b, id->b, sizeof(a.b));
	return a;
}

/* False also when it is of another cloud. */
static bool decode(const struct node *n, const struct state_view *v, struct presence *ret)
{
	struct rd r = rd_init(v->value, v->len), f;
	uint8_t type, network[FIELD_NETWORK_SIZE] = { 0 };
	struct cut_word *w = &ret->word;

	memset(ret, 0, sizeof(*ret));
	w->author = author_of(&v->author);
	while (rd_tlv8(&r, &type, &f)) {
		if (type == FIELD_NETWORK)
			rd_copy(&f, network, sizeof(network));
		else if (type == FIELD_MAC)
			w->leader = rd_mac(&f);
		else if (type == FIELD_IP4)
			ret->ip4 = rd_ip4(&f);
		else if (type == FIELD_IP6)
			ret->ip6 = rd_ip6(&f);
		else if (type == FIELD_TOKEN)
			ret->token = rd_u64(&f);
		else if (type == FIELD_EPOCH)
			w->number = rd_u32(&f);
		else if (type == FIELD_COUNT)
			w->count = rd_u32(&f);
		else if (type == FIELD_MEMBERS)
			w->member_count = get_macs(&f, w->members, CUT_MEMBERS);
		else if (type == FIELD_OTHERS)
			w->other_count = get_macs(&f, w->others, CUT_PARTS);
		if (!rd_ok(&f))
			return false;
	}
	return rd_done(&r) && !mac_is_zero(&w->leader) &&
	       !memcmp(network, n->cloud.network_id, sizeof(network)) &&
	       net6_has(&n->cloud.network6, &ret->ip6);
}

void record_presence_changed(struct node *n, const struct state_event *e)
{
	struct cut_author author = author_of(&e->author);
	struct state_view v;
	struct presence p;

	if (e->own && (e->local || e->change != STATE_IS_SET))
		return;
	/* one word of each author, or one could fill the places of all */
	if (e->key.len != sizeof(e->author.b) || memcmp(e->key.id, e->author.b, e->key.len) != 0) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	if (e->change != STATE_IS_SET || state_get(n->state, &e->key, &e->author, n->now, &v) ||
	    !decode(n, &v, &p))
		cut_untold(&n->cut, &author, n->now);
	else if (mac_eq(&p.word.leader, &n->cloud_mac) == e->own)
		cut_told(&n->cut, &p.word, v.age_s, n->now);
}

bool record_presence_find(const struct node *n, const struct cut_part *part, struct presence *ret)
{
	struct state_node author;
	struct state_view v;
	struct state_key key;

	memcpy(author.b, part->word.author.b, sizeof(author.b));
	key = state_key_init(RECORD_PRESENCE, author.b, sizeof(author.b));
	return !state_get(n->state, &key, &author, n->now, &v) && decode(n, &v, ret);
}
