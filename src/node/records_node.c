/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nodes of the cloud say of themselves. */
#include <string.h>

#include "node/internal.h"
#include "node/records_fields.h"

void records_put_node(struct node *n)
{
	uint8_t buf[128];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_key key = state_key_init(RECORD_NODE, n->id.b, sizeof(n->id.b));

	field_put_text(&w, FIELD_NAME, n->cloud.hostname);
	field_put_bytes(&w, FIELD_IP4, n->cloud.node4.b, sizeof(n->cloud.node4.b));
	field_put_bytes(&w, FIELD_IP6, n->cloud.node6.b, sizeof(n->cloud.node6.b));
	field_put_bytes(&w, FIELD_MAC, n->cloud_mac.b, sizeof(n->cloud_mac.b));
	field_put_u32(&w, FIELD_MTU, served_link_mtu(n));
	(void)state_put_owned(n->state, &key, buf, wr_len(&w), 0, n->now);
}

bool record_node_decode(const struct state_view *v, struct node_record *ret)
{
	struct rd r = rd_init(v->value, v->len), f;
	uint8_t type;

	memset(ret, 0, sizeof(*ret));
	ret->id = v->author;
	while (rd_tlv8(&r, &type, &f)) {
		if (type == FIELD_NAME)
			field_get_text(&f, ret->name, sizeof(ret->name));
		else if (type == FIELD_IP4)
			ret->ip4 = rd_ip4(&f);
		else if (type == FIELD_IP6)
			ret->ip6 = rd_ip6(&f);
		else if (type == FIELD_MAC)
			ret->cloud_mac = rd_mac(&f);
		else if (type == FIELD_MTU)
			ret->link_mtu = rd_u32(&f);
		if (!rd_ok(&f))
			return false;
	}
	return rd_done(&r);
}

/* A table that is full names nobody who is left out: no client is kept from an address that nobody
 * could give back. */
static void remember(struct node *n, const struct node_record *rec)
{
	struct node_called *c = table_find(&n->called, &rec->id);
	struct ip4 was = { { 0 } };

	if (!c)
		c = table_add(&n->called, &rec->id);
	if (!c) {
		n->counters[NODE_C_NODE_FULL]++;
		return;
	}
	was = c->ip4;
	c->cloud_mac = rec->cloud_mac;
	c->ip4 = rec->ip4;
	text_copy(c->name, sizeof(c->name), rec->name);
	if (lease_reserve_address(&n->lease, &rec->ip4, n->now))
		n->counters[NODE_C_NODE_FULL]++;
	if (!ip4_eq(&was, &rec->ip4))
		address_let_go(n, &was);
}

static void left(struct node *n, const struct state_node *id)
{
	struct effect_notice notice = { .notice = NOTICE_NODE_LEFT };
	struct node_called *c = table_find(&n->called, id);

	if (c) {
		struct ip4 was = c->ip4;

		notice.mac = c->cloud_mac;
		text_copy(notice.text, sizeof(notice.text), c->name);
		table_remove(&n->called, c);
		address_let_go(n, &was);
	}
	node_notice(n, &notice);
}

void record_node_changed(struct node *n, const struct state_event *e)
{
	struct state_view v;
	struct node_record rec;
	struct effect_notice notice = { .notice = NOTICE_NODE_CAME };
	bool is_news;

	n->names_dirty = true;
	n->node_names_dirty = true;
	n->members_dirty = true;
	if (e->own)
		return;
	if (e->change != STATE_IS_SET) {
		left(n, &e->author);
		return;
	}
	if (state_get(n->state, &e->key, &e->author, n->now, &v) || !record_node_decode(&v, &rec)) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	is_news = lease_static_allows(&n->lease, &rec.ip4);
	remember(n, &rec);
	if (is_news)
		records_static_node_has(n, &rec.ip4);
	address_met(n);
	notice.mac = rec.cloud_mac;
	notice.ip4 = rec.ip4;
	text_copy(notice.text, sizeof(notice.text), rec.name);
	node_notice(n, &notice);
}
