/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/hash.h"

/* One function per kind does both ways, so that they cannot drift apart. */
struct codec {
	struct wr *w; /* encoding when set */
	struct rd *r;
};

static void c_u8(struct codec *c, uint8_t *v)
{
	if (c->w)
		wr_u8(c->w, *v);
	else
		*v = rd_u8(c->r);
}

static void c_bool(struct codec *c, bool *v)
{
	uint8_t b = *v;

	c_u8(c, &b);
	*v = b != 0;
}

static void c_u16(struct codec *c, uint16_t *v)
{
	if (c->w)
		wr_u16(c->w, *v);
	else
		*v = rd_u16(c->r);
}

static void c_u32(struct codec *c, uint32_t *v)
{
	if (c->w)
		wr_u32(c->w, *v);
	else
		*v = rd_u32(c->r);
}

static void c_bytes(struct codec *c, void *b, size_t n)
{
	if (c->w)
		wr_bytes(c->w, b, n);
	else
		rd_copy(c->r, b, n);
}

static void c_name(struct codec *c, char *name, size_t n)
{
	c_bytes(c, name, n);
	name[n - 1] = '\0';
}

/* The rest of the entry, so it comes last. */
static void c_data(struct codec *c, const uint8_t **data, size_t *len)
{
	if (c->w) {
		wr_bytes(c->w, *data, *len);
		return;
	}
	*len = rd_left(c->r);
	*data = rd_take(c->r, *len);
}

static int c_enum(struct codec *c, unsigned int *v, unsigned int max)
{
	uint8_t b = (uint8_t)*v;

	c_u8(c, &b);
	*v = b;
	return b <= max ? 0 : -EBADMSG;
}

static void c_net4(struct codec *c, struct net4 *n)
{
	c_bytes(c, n->addr.b, sizeof(n->addr.b));
	c_u8(c, &n->len);
}

static void c_net6(struct codec *c, struct net6 *n)
{
	c_bytes(c, n->addr.b, sizeof(n->addr.b));
	c_u8(c, &n->len);
}

static int codec_frame(struct codec *c, struct event_frame *f)
{
	unsigned int link = f->link;
	int err = c_enum(c, &link, LINK_TAGGED);

	f->link = (enum link)link;
	c_u16(c, &f->port);
	c_data(c, &f->data, &f->len);
	return err;
}

static int codec_datagram(struct codec *c, struct event_datagram *d)
{
	c_u16(c, &d->port);
	c_bytes(c, d->from.b, sizeof(d->from.b));
	c_data(c, &d->data, &d->len);
	return 0;
}

static int codec_port(struct codec *c, struct event_port *p)
{
	unsigned int kind = p->kind;
	int err;

	c_u16(c, &p->port);
	c_bool(c, &p->gone);
	c_bool(c, &p->carrier);
	c_bool(c, &p->served);
	c_bool(c, &p->foreign_address);
	c_bool(c, &p->foreign_default);
	err = c_enum(c, &kind, PORT_KIND_TUNNEL);
	p->kind = (enum port_kind)kind;
	c_bytes(c, p->mac.b, sizeof(p->mac.b));
	c_u32(c, &p->mtu);
	c_name(c, p->name, sizeof(p->name));
	return err;
}

static int codec_client(struct codec *c, struct event_client *e)
{
	unsigned int change = e->change;
	int err = c_enum(c, &change, CLIENT_ASTRAY);

	e->change = (enum client_change)change;
	c_u16(c, &e->port);
	c_u16(c, &e->vid);
	c_bytes(c, e->mac.b, sizeof(e->mac.b));
	return err;
}

static int codec_solicit(struct codec *c, struct event_solicit *s)
{
	c_bool(c, &s->v6);
	c_bytes(c, s->ip4.b, sizeof(s->ip4.b));
	c_bytes(c, s->ip6.b, sizeof(s->ip6.b));
	return 0;
}

static int codec_route(struct codec *c, struct event_route *r)
{
	enum { OWN = 1, TWIN = 2, DIRECT = 4 };
	uint8_t what = (uint8_t)(r->own * OWN | r->twin * TWIN | r->direct * DIRECT);

	c_bool(c, &r->gone);
	c_bool(c, &r->v6);
	c_u8(c, &what);
	r->own = what & OWN;
	r->twin = what & TWIN;
	r->direct = what & DIRECT;
	c_u16(c, &r->port);
	c_u16(c, &r->metric);
	c_bytes(c, r->router_id, sizeof(r->router_id));
	c_net4(c, &r->to4);
	c_net6(c, &r->to6);
	c_net6(c, &r->from6);
	c_bytes(c, r->via4.b, sizeof(r->via4.b));
	c_bytes(c, r->via6.b, sizeof(r->via6.b));
	return 0;
}

static int codec_neighbour(struct codec *c, struct event_neighbour *n)
{
	c_bool(c, &n->gone);
	c_u16(c, &n->port);
	c_u16(c, &n->cost);
	c_u16(c, &n->rtt_ms);
	c_bytes(c, n->address.b, sizeof(n->address.b));
	return 0;
}

static int codec_uplink(struct codec *c, struct event_uplink *u)
{
	c_u16(c, &u->port);
	c_bool(c, &u->gone);
	c_bool(c, &u->foreign);
	c_net4(c, &u->ip4);
	c_bytes(c, u->router4.b, sizeof(u->router4.b));
	c_net6(c, &u->ip6);
	c_bytes(c, u->router6.b, sizeof(u->router6.b));
	c_u32(c, &u->mtu);
	c_u8(c, &u->resolver_count);
	c_bytes(c, u->resolvers, sizeof(u->resolvers));
	return u->resolver_count <= NODE_RESOLVERS ? 0 : -EBADMSG;
}

static int codec_probe(struct codec *c, struct event_probe *p)
{
	unsigned int result = p->result;
	int err;

	c_u32(c, &p->id);
	err = c_enum(c, &result, PROBE_UNUSABLE);
	p->result = (enum probe_result)result;
	c_u32(c, &p->rtt_us);
	return err;
}

static int codec_child(struct codec *c, struct event_child *ch)
{
	unsigned int kind = ch->kind;
	uint32_t status = (uint32_t)ch->status;
	int err = c_enum(c, &kind, CHILD_DHCP);

	ch->kind = (enum child_kind)kind;
	c_u16(c, &ch->port);
	c_bool(c, &ch->running);
	c_u32(c, &status);
	ch->status = (int)status;
	return err;
}

static int codec_mesh(struct codec *c, struct batman_row *r)
{
	unsigned int kind = r->kind;
	int err = c_enum(c, &kind, BATMAN_ROW_END);

	r->kind = (enum batman_row_kind)kind;
	c_u16(c, &r->port);
	c_u16(c, &r->vid);
	c_bytes(c, r->mac.b, sizeof(r->mac.b));
	c_bytes(c, r->via.b, sizeof(r->via.b));
	c_u8(c, &r->tq);
	c_u8(c, &r->ttvn);
	c_u8(c, &r->last_ttvn);
	c_bool(c, &r->best);
	c_u32(c, &r->flags);
	c_u32(c, &r->crc);
	c_u32(c, &r->last_seen_ms);
	return err;
}

static int codec_put(struct codec *c, struct control_put *p)
{
	c_u8(c, &p->type);
	c_u8(c, &p->id_len);
	c_bytes(c, p->id, sizeof(p->id));
	c_bool(c, &p->owned);
	c_bool(c, &p->network);
	c_bool(c, &p->deleted);
	c_u32(c, &p->lifetime_s);
	c_data(c, &p->value, &p->len);
	return p->id_len <= sizeof(p->id) ? 0 : -EBADMSG;
}

static int codec_static(struct codec *c, struct lease_static *s)
{
	c_u8(c, &s->key.len);
	c_bytes(c, s->key.b, sizeof(s->key.b));
	c_bytes(c, s->ip4.b, sizeof(s->ip4.b));
	c_u32(c, &s->lease_s);
	c_name(c, s->name, sizeof(s->name));
	c_u8(c, &s->options_len);
	c_bytes(c, s->options, sizeof(s->options));
	return s->key.len <= sizeof(s->key.b) && s->options_len <= sizeof(s->options) ? 0
										      : -EBADMSG;
}

static int codec_sign(struct codec *c, struct control_sign *s)
{
	c_u8(c, &s->type);
	c_u8(c, &s->id_len);
	c_bytes(c, s->id, sizeof(s->id));
	c_bytes(c, s->signature, sizeof(s->signature));
	c_data(c, &s->value, &s->len);
	return s->id_len <= sizeof(s->id) ? 0 : -EBADMSG;
}

static int codec_control(struct codec *c, struct event_control *e)
{
	unsigned int act = e->act;
	int err = c_enum(c, &act, CONTROL_PUT_ADMIN);

	e->act = (enum control_act)act;
	c_bytes(c, e->mac.b, sizeof(e->mac.b));
	c_u8(c, &e->ttl);
	c_u16(c, &e->id);
	c_u16(c, &e->seq);
	c_bool(c, &e->record);
	if (!err && e->act == CONTROL_PUT_STATE)
		err = codec_put(c, &e->put);
	else if (!err && (e->act == CONTROL_FIX_LEASE || e->act == CONTROL_UNFIX_LEASE))
		err = codec_static(c, &e->fixed);
	else if (!err && e->act == CONTROL_PUT_ADMIN)
		err = codec_sign(c, &e->sign);
	return err;
}

static int codec_import(struct codec *c, struct event_import *i)
{
	unsigned int source = i->source;
	int err = c_enum(c, &source, IMPORT_ALFRED);

	i->source = (enum import_source)source;
	c_bytes(c, i->ip4.b, sizeof(i->ip4.b));
	c_bytes(c, i->mac.b, sizeof(i->mac.b));
	c_u32(c, &i->ttl_s);
	c_name(c, i->name, sizeof(i->name));
	return err;
}

static int codec_event(struct codec *c, struct event *e)
{
	switch (e->kind) {
	case EVENT_TIMER:
		return 0;
	case EVENT_FRAME:
		return codec_frame(c, &e->frame);
	case EVENT_DATAGRAM:
		return codec_datagram(c, &e->datagram);
	case EVENT_PORT:
		return codec_port(c, &e->port);
	case EVENT_CLIENT:
		return codec_client(c, &e->client);
	case EVENT_SOLICIT:
		return codec_solicit(c, &e->solicit);
	case EVENT_ROUTE:
		return codec_route(c, &e->route);
	case EVENT_NEIGHBOUR:
		return codec_neighbour(c, &e->neighbour);
	case EVENT_UPLINK:
		return codec_uplink(c, &e->uplink);
	case EVENT_PROBE:
		return codec_probe(c, &e->probe);
	case EVENT_CHILD:
		return codec_child(c, &e->child);
	case EVENT_LOAD:
		c_data(c, &e->load.data, &e->load.len);
		return 0;
	case EVENT_CONTROL:
		return codec_control(c, &e->control);
	case EVENT_MESH:
		return codec_mesh(c, &e->mesh);
	case EVENT_IMPORT:
		return codec_import(c, &e->import);
	}
	return -EBADMSG;
}

void record_event_encode(struct wr *w, const struct event *e, usec_t now)
{
	struct event copy = *e; /* the codec's functions write what they read */
	struct codec c = { .w = w };

	wr_u64(w, (uint64_t)now);
	wr_u8(w, (uint8_t)e->kind);
	(void)codec_event(&c, &copy);
}

int record_event_decode(struct rd *r, struct event *ret, usec_t *ret_now)
{
	struct codec c = { .r = r };
	struct event e;
	usec_t now = (usec_t)rd_u64(r);
	int err;

	memset(&e, 0, sizeof(e));
	e.kind = (enum event_kind)rd_u8(r);
	err = codec_event(&c, &e);
	if (err || !rd_done(r))
		return -EBADMSG;
	*ret = e;
	*ret_now = now;
	return 0;
}

static void hash_add(struct record_hash *h, const void *data, size_t len)
{
	h->a = crc32c(h->a, data, len);
	h->b = (h->b << 5 | h->b >> 27) ^ (h->a * 0x9e3779b1u);
}

static void hash_wr(struct record_hash *h, const struct wr *w)
{
	hash_add(h, w->start, wr_len(w));
}

void record_hash_effect(struct record_hash *h, const struct effect *e, usec_t now)
{
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));

	if (e->kind == EFFECT_RECORD)
		return;
	wr_u64(&w, (uint64_t)now);
	wr_u64(&w, h->count++);
	wr_u8(&w, (uint8_t)e->kind);
	switch (e->kind) {
	case EFFECT_FRAME:
		wr_u8(&w, (uint8_t)e->frame.link);
		wr_u16(&w, e->frame.port);
		hash_add(h, e->frame.data, e->frame.len);
		break;
	case EFFECT_DATAGRAM:
		wr_u16(&w, e->datagram.port);
		wr_ip6(&w, &e->datagram.to);
		hash_add(h, e->datagram.data, e->datagram.len);
		break;
	case EFFECT_FORGET:
		wr_mac(&w, &e->forget.mac);
		wr_u16(&w, e->forget.vid);
		break;
	case EFFECT_ANSWER:
		wr_ip4(&w, &e->answer.ip4);
		wr_ip6(&w, &e->answer.ip6);
		wr_mac(&w, &e->answer.mac);
		break;
	case EFFECT_PROBE:
		wr_u32(&w, e->probe.id);
		wr_u8(&w, (uint8_t)e->probe.kind);
		wr_u16(&w, e->probe.port);
		break;
	case EFFECT_STORE:
		wr_u8(&w, (uint8_t)e->store.file);
		hash_add(h, e->store.data, e->store.len);
		break;
	case EFFECT_NOTICE:
		wr_u8(&w, (uint8_t)e->notice.notice);
		wr_bytes(&w, e->notice.text, strnlen(e->notice.text, sizeof(e->notice.text)));
		break;
	case EFFECT_DISASSOCIATE:
		wr_mac(&w, &e->disassociate.mac);
		wr_u16(&w, e->disassociate.port);
		break;
	case EFFECT_WISH:
	case EFFECT_NAMES:
	case EFFECT_RECORD:
		break;
	}
	hash_wr(h, &w);
}

const char *record_hash_text(const struct record_hash *h, char buf[static 17])
{
	snprintf(buf, 17, "%08x%08x", (unsigned int)h->a, (unsigned int)h->b);
	return buf;
}
