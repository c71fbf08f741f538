/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of replicated records. Each is a sequence of {type u8, length u8, value}: what a node
 * does not know it skips, so that fields can be added. And what follows when a record changes.
 */
#include <string.h>

#include "node/internal.h"

enum field {
	FIELD_NODE = 1, /* node id where a client is */
	FIELD_IP4,
	FIELD_IP6,
	FIELD_NAME,
	FIELD_MAC,
	FIELD_EPOCH,
	FIELD_FLAGS,
	FIELD_AGE,
	FIELD_CLIENT_ID,
	FIELD_GATEWAY,
	FIELD_ROUTER_ID,
	FIELD_WORKING,
	FIELD_RESOLVER4,
	FIELD_RESOLVER6,
	FIELD_MTU,
};

static void put_bytes(struct wr *w, enum field f, const void *data, size_t len)
{
	size_t mark = wr_tlv8_begin(w, (uint8_t)f);

	wr_bytes(w, data, len);
	wr_tlv8_end(w, mark);
}

static void put_u32(struct wr *w, enum field f, uint32_t v)
{
	size_t mark = wr_tlv8_begin(w, (uint8_t)f);

	wr_u32(w, v);
	wr_tlv8_end(w, mark);
}

static void put_text(struct wr *w, enum field f, const char *s)
{
	put_bytes(w, f, s, strlen(s));
}

static void get_text(struct rd *r, char *to, size_t cap)
{
	size_t len = rd_left(r) < cap - 1 ? rd_left(r) : cap - 1;

	rd_copy(r, to, len);
	to[len] = '\0';
}

/* ---- node ---- */

void records_put_node(struct node *n)
{
	uint8_t buf[128];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_key key = state_key_init(RECORD_NODE, n->id.b, sizeof(n->id.b));

	put_text(&w, FIELD_NAME, n->cloud.hostname);
	put_bytes(&w, FIELD_IP4, n->cloud.node4.b, sizeof(n->cloud.node4.b));
	put_bytes(&w, FIELD_IP6, n->cloud.node6.b, sizeof(n->cloud.node6.b));
	put_bytes(&w, FIELD_MAC, n->cloud_mac.b, sizeof(n->cloud_mac.b));
	put_u32(&w, FIELD_MTU, served_link_mtu(n));
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
			get_text(&f, ret->name, sizeof(ret->name));
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

static void node_changed(struct node *n, const struct state_event *e)
{
	struct state_view v;
	struct node_record rec;
	struct effect_notice notice = { .notice = NOTICE_NODE_CAME };

	n->names_dirty = true;
	n->members_dirty = true;
	if (e->own)
		return;
	if (e->change != STATE_IS_SET) {
		notice.notice = NOTICE_NODE_LEFT;
		memcpy(notice.mac.b, e->author.b + 2, sizeof(notice.mac.b));
		node_notice(n, &notice);
		return;
	}
	if (state_get(n->state, &e->key, &e->author, n->now, &v) || !record_node_decode(&v, &rec)) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	(void)lease_reserve_address(&n->lease, &rec.ip4, n->now);
	notice.mac = rec.cloud_mac;
	notice.ip4 = rec.ip4;
	text_copy(notice.text, sizeof(notice.text), rec.name);
	node_notice(n, &notice);
}

/* ---- block ---- */

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
	put_u32(&w, FIELD_EPOCH, b->epoch);
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

static void block_changed(struct node *n, const struct state_event *e)
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

/* ---- client ---- */

void records_put_client(struct node *n, const struct lease_client *c)
{
	uint8_t buf[STATE_VALUE_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_key key = state_key_init(RECORD_CLIENT, c->mac.b, sizeof(c->mac.b));
	static const struct lease_node nobody;

	put_bytes(&w, FIELD_NODE, c->node.b, sizeof(c->node.b));
	if (!ip4_is_zero(&c->ip4)) {
		put_bytes(&w, FIELD_IP4, c->ip4.b, sizeof(c->ip4.b));
		put_u32(&w, FIELD_AGE, c->age_s);
	}
	if (c->flags)
		put_u32(&w, FIELD_FLAGS, c->flags);
	if (c->id_len)
		put_bytes(&w, FIELD_CLIENT_ID, c->id, c->id_len);
	if (c->name[0])
		put_text(&w, FIELD_NAME, c->name);
	if (!lease_node_eq(&c->gateway, &nobody))
		put_bytes(&w, FIELD_GATEWAY, c->gateway.b, sizeof(c->gateway.b));
	for (unsigned int i = 0; i < c->addr_count; i++)
		put_bytes(&w, FIELD_IP6, c->addrs[i].b, sizeof(c->addrs[i].b));
	(void)state_put_shared(n->state, &key, buf, wr_len(&w), 0, n->now);
	n->names_dirty = true;
}

void records_drop_client(struct node *n, const struct mac *mac)
{
	struct state_key key = state_key_init(RECORD_CLIENT, mac->b, sizeof(mac->b));

	(void)state_delete(n->state, &key, n->now);
	n->names_dirty = true;
}

static void client_field(struct lease_client *c, uint8_t type, struct rd *f)
{
	switch ((enum field)type) {
	case FIELD_NODE:
		rd_copy(f, c->node.b, sizeof(c->node.b));
		break;
	case FIELD_GATEWAY:
		rd_copy(f, c->gateway.b, sizeof(c->gateway.b));
		break;
	case FIELD_IP4:
		c->ip4 = rd_ip4(f);
		break;
	case FIELD_AGE:
		c->age_s = rd_u32(f);
		break;
	case FIELD_FLAGS:
		c->flags = (uint8_t)rd_u32(f);
		break;
	case FIELD_CLIENT_ID:
		c->id_len = (uint8_t)(rd_left(f) < LEASE_ID_MAX ? rd_left(f) : LEASE_ID_MAX);
		rd_copy(f, c->id, c->id_len);
		break;
	case FIELD_NAME:
		get_text(f, c->name, sizeof(c->name));
		break;
	case FIELD_IP6:
		if (c->addr_count < LEASE_ADDRS_MAX)
			c->addrs[c->addr_count++] = rd_ip6(f);
		break;
	case FIELD_MAC:
	case FIELD_EPOCH:
	case FIELD_ROUTER_ID:
	case FIELD_WORKING:
	case FIELD_RESOLVER4:
	case FIELD_RESOLVER6:
	case FIELD_MTU:
		break;
	}
}

/* The key has been looked at already. */
static bool client_decode(const struct state_view *v, struct lease_client *ret)
{
	struct rd id = rd_init(v->key.id, v->key.len), r = rd_init(v->value, v->len), f;
	uint8_t type;

	memset(ret, 0, sizeof(*ret));
	ret->mac = rd_mac(&id);
	while (rd_tlv8(&r, &type, &f)) {
		client_field(ret, type, &f);
		if (!rd_ok(&f))
			return false;
	}
	ret->age_s += v->age_s; /* the lease grew older since it was written */
	return rd_done(&r);
}

/* It is at another node now: what still comes here for it goes there, if we know the way. */
static void client_went(struct node *n, const struct lease_client *c)
{
	struct state_key key = state_key_init(RECORD_NODE, c->node.b, sizeof(c->node.b));
	struct node_record where;
	struct state_node id;
	struct state_view v;

	memcpy(id.b, c->node.b, sizeof(id.b));
	if (!state_get(n->state, &key, &id, n->now, &v) && record_node_decode(&v, &where))
		(void)batman_client_elsewhere(n->batman, &c->mac, 0, &where.cloud_mac, n->now);
	clients_moved(n, &c->mac, 0);
}

static void client_changed(struct node *n, const struct state_event *e)
{
	struct state_view v;
	struct lease_client c;

	n->names_dirty = true;
	if (e->local)
		return;
	if (e->key.len != sizeof(c.mac.b)) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	memset(&c, 0, sizeof(c));
	memcpy(c.mac.b, e->key.id, sizeof(c.mac.b));
	if (e->change != STATE_IS_SET) {
		lease_client_gone(&n->lease, &c.mac, n->now);
		return;
	}
	if (state_get(n->state, &e->key, NULL, n->now, &v) || !client_decode(&v, &c)) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	lease_client_learnt(&n->lease, &c, n->now);
	clients_leased(n, &c);
	if (!memcmp(c.node.b, n->id.b, sizeof(c.node.b)))
		return;
	/* a node that has just started hears only now where its first clients were before */
	if (clients_came_after(n, &c.mac, v.age_s))
		lease_client_here(&n->lease, &c.mac, clients_port(n, &c.mac), n->now);
	else
		client_went(n, &c);
}

/* ---- gateway ---- */

void records_put_gateway(struct node *n)
{
	struct gateway_record g;
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));
	struct state_key key = state_key_init(RECORD_GATEWAY, n->id.b, sizeof(n->id.b));
	uint8_t working;

	memset(&g, 0, sizeof(g));
	gateway_own(&n->gateway, &g);
	working = (uint8_t)(g.working[GATEWAY_IP4] | g.working[GATEWAY_IP6] << 1);
	if (!working) {
		(void)state_delete(n->state, &key, n->now);
		return;
	}
	put_text(&w, FIELD_NAME, n->cloud.hostname);
	put_bytes(&w, FIELD_MAC, n->setup.primary_mac.b, sizeof(n->setup.primary_mac.b));
	put_bytes(&w, FIELD_ROUTER_ID, n->own_router_id, sizeof(n->own_router_id));
	put_bytes(&w, FIELD_WORKING, &working, 1);
	/* what is behind the uplink is closed to the mesh, so names are asked at the gateway itself
	 */
	put_bytes(&w, FIELD_RESOLVER4, n->cloud.node4.b, sizeof(n->cloud.node4.b));
	(void)state_put_owned(n->state, &key, buf, wr_len(&w), 0, n->now);
}

bool record_gateway_decode(const struct state_view *v, struct gateway_record *ret)
{
	struct rd r = rd_init(v->value, v->len), f;
	struct gateway_addr *a;
	uint8_t type, working;

	memset(ret, 0, sizeof(*ret));
	while (rd_tlv8(&r, &type, &f)) {
		if (type == FIELD_NAME) {
			get_text(&f, ret->name, sizeof(ret->name));
		} else if (type == FIELD_MAC) {
			ret->node = rd_mac(&f);
		} else if (type == FIELD_ROUTER_ID) {
			rd_copy(&f, ret->router_id, sizeof(ret->router_id));
		} else if (type == FIELD_WORKING) {
			working = rd_u8(&f);
			ret->working[GATEWAY_IP4] = working & 1;
			ret->working[GATEWAY_IP6] = working & 2;
		} else if (type == FIELD_RESOLVER4 && ret->resolver_count < GATEWAY_RESOLVER_MAX) {
			a = &ret->resolver[ret->resolver_count++];
			a->family = GATEWAY_IP4;
			a->ip4 = rd_ip4(&f);
		}
		if (!rd_ok(&f))
			return false;
	}
	return rd_done(&r) && mac_is_station(&ret->node);
}

static void gateway_changed(struct node *n, const struct state_event *e)
{
	struct state_view v;
	struct gateway_record g;
	struct mac node;

	if (e->own)
		return;
	if (e->change != STATE_IS_SET) {
		memcpy(node.b, e->author.b + 2, sizeof(node.b));
		gateway_record_gone(&n->gateway, &node);
		return;
	}
	if (state_get(n->state, &e->key, &e->author, n->now, &v) ||
	    !record_gateway_decode(&v, &g)) {
		n->counters[NODE_C_BAD_RECORD]++;
		return;
	}
	/* the key of the list is the author, whatever the record says */
	memcpy(g.node.b, e->author.b + 2, sizeof(g.node.b));
	(void)gateway_record_set(&n->gateway, &g);
}

/* ---- what the state core says ---- */

static void acked(struct node *n, const struct state_event *e)
{
	struct lease_block b;

	if (e->key.type != RECORD_BLOCK || !e->acks || e->refusals)
		return;
	if (block_decode(n, e, &b))
		lease_block_acked(&n->lease, &b, n->now);
}

void records_out(struct node *n, const struct out *o)
{
	struct state_event e;

	if (o->kind == STATE_STORE) {
		n->store_wanted = true;
		return;
	}
	memcpy(&e, o->data, sizeof(e));
	if (o->kind == STATE_ACKED) {
		acked(n, &e);
		return;
	}
	switch ((enum record_type)e.key.type) {
	case RECORD_NODE:
		node_changed(n, &e);
		break;
	case RECORD_BLOCK:
		block_changed(n, &e);
		break;
	case RECORD_CLIENT:
		client_changed(n, &e);
		break;
	case RECORD_GATEWAY:
		gateway_changed(n, &e);
		break;
	}
}
