/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is fixed for clients, or reserved. */
#include <string.h>

#include "node/internal.h"
#include "node/records_fields.h"

#define FIXED_REMOVED 1u /* FIELD_FLAGS: nothing is fixed any more */

static const struct lease_node nobody;

static void value_write(struct wr *w, const struct lease_static *s)
{
	if (!ip4_is_zero(&s->ip4))
		field_put_bytes(w, FIELD_IP4, s->ip4.b, sizeof(s->ip4.b));
	if (s->name[0])
		field_put_text(w, FIELD_NAME, s->name);
	if (s->lease_s)
		field_put_u32(w, FIELD_LEASE, s->lease_s);
	if (s->options_len)
		field_put_bytes(w, FIELD_OPTIONS, s->options, s->options_len);
	if (!lease_node_eq(&s->origin, &nobody))
		field_put_bytes(w, FIELD_NODE, s->origin.b, sizeof(s->origin.b));
}

int records_put_static(struct node *n, const struct lease_static *s)
{
	struct state_key key = state_key_init(RECORD_STATIC, s->key.b, s->key.len);
	uint8_t buf[STATE_VALUE_MAX];
	struct wr w = wr_init(buf, sizeof(buf));

	value_write(&w, s);
	return state_put_shared(n->state, &key, buf, wr_len(&w), 0, n->now);
}

/* With the cloud that it is said in, so that nobody can say it again in another one, whose admin
 * is the same. */
void record_fixed(const struct node *n, const struct lease_static *s, bool remove,
		  struct node_signed *ret)
{
	struct wr w = wr_init(ret->value, sizeof(ret->value));

	ret->key = state_key_init(RECORD_FIXED, s->key.b, s->key.len);
	field_put_bytes(&w, FIELD_NETWORK, n->cloud.network_id, FIELD_NETWORK_SIZE);
	if (remove)
		field_put_u32(&w, FIELD_FLAGS, FIXED_REMOVED);
	else
		value_write(&w, s);
	ret->len = wr_len(&w);
}

/* False: it is none that a client could have. */
static bool key_decode(const struct state_key *k, struct lease_key *ret)
{
	struct rd r = rd_init(k->id, k->len);

	*ret = (struct lease_key) { .len = k->len };
	rd_copy(&r, ret->b, k->len);
	return rd_done(&r) && lease_key_kind(ret) != LEASE_KEY_BAD;
}

bool record_static_decode(const struct state_view *v, struct lease_static *ret)
{
	struct rd r = rd_init(v->value, v->len), f;
	uint8_t type;

	memset(ret, 0, sizeof(*ret));
	if (!key_decode(&v->key, &ret->key))
		return false;
	while (rd_tlv8(&r, &type, &f)) {
		if (type == FIELD_IP4) {
			ret->ip4 = rd_ip4(&f);
		} else if (type == FIELD_NAME) {
			field_get_text(&f, ret->name, sizeof(ret->name));
		} else if (type == FIELD_LEASE) {
			ret->lease_s = rd_u32(&f);
		} else if (type == FIELD_NODE) {
			rd_copy(&f, ret->origin.b, sizeof(ret->origin.b));
		} else if (type == FIELD_OPTIONS && rd_left(&f) <= sizeof(ret->options)) {
			ret->options_len = (uint8_t)rd_left(&f);
			rd_copy(&f, ret->options, ret->options_len);
		}
		if (!rd_ok(&f))
			return false;
	}
	return rd_done(&r) && lease_static_sound(ret);
}

void record_static_clash(struct node *n, const struct lease_static *s, const char *why)
{
	struct effect_notice e = { .notice = NOTICE_STATIC_CLASH, .ip4 = s->ip4 };

	n->counters[NODE_C_STATIC_CLASH]++;
	if (lease_key_kind(&s->key) == LEASE_KEY_MAC)
		e.mac = lease_key_to_mac(&s->key);
	text_copy(e.text, sizeof(e.text), why);
	node_notice(n, &e);
}

static void tell_unusable(struct node *n, const struct lease_static *s)
{
	record_static_clash(
		n, s,
		"a node has that address, or it is none of this cloud's clients: give this client "
		"another one");
}

static bool unsigned_find(const struct node *n, const struct lease_key *key,
			  struct lease_static *ret)
{
	struct state_key k = state_key_init(RECORD_STATIC, key->b, key->len);
	struct state_view v;

	return !state_get(n->state, &k, NULL, n->now, &v) && record_static_decode(&v, ret);
}

/* False: it is of another cloud, or ends what was fixed. */
static bool is_fixed(const struct node *n, const struct state_view *v)
{
	struct rd r = rd_init(v->value, v->len), f;
	uint8_t network[FIELD_NETWORK_SIZE] = { 0 }, type;
	uint32_t flags = 0;

	while (rd_tlv8(&r, &type, &f)) {
		if (type == FIELD_NETWORK)
			rd_copy(&f, network, sizeof(network));
		else if (type == FIELD_FLAGS)
			flags = rd_u32(&f);
	}
	return !memcmp(network, n->cloud.network_id, sizeof(network)) && !(flags & FIXED_REMOVED);
}

static bool signed_find(const struct node *n, const struct lease_key *key, struct lease_static *ret)
{
	struct state_key k = state_key_init(RECORD_FIXED, key->b, key->len);
	struct state_view v;

	if (state_get(n->state, &k, NULL, n->now, &v) || !is_fixed(n, &v) ||
	    !record_static_decode(&v, ret))
		return false;
	ret->origin = nobody;
	return true;
}

bool records_fixed_next(const struct node *n, uint32_t *cursor, struct lease_static *ret)
{
	struct state_view v;

	while (state_next(n->state, RECORD_FIXED, cursor, n->now, &v))
		if (is_fixed(n, &v) && record_static_decode(&v, ret))
			return true;
	return false;
}

bool record_static_find(const struct node *n, const struct lease_key *key, struct lease_static *ret)
{
	struct admin_chain keep;
	bool is_there = unsigned_find(n, key, ret);

	if (is_there && !lease_node_eq(&ret->origin, &nobody))
		return true;
	return node_admin_key(n, &keep) ? signed_find(n, key, ret) : is_there;
}

/* Of several that cannot be so together one counts, at every node the same one. */
static void tell_clash(struct node *n, const struct lease_static *s)
{
	struct lease_static rival;
	char why[NOTICE_TEXT];
	struct text t = text_init(why, sizeof(why));

	if (!ip4_is_zero(&s->ip4) && !lease_static_allows(&n->lease, &s->ip4))
		tell_unusable(n, s);
	if (!lease_static_rival(&n->lease, s, &rival))
		return;
	text_add(&t, "%s is fixed for two clients, and is that of the one with the lower %s",
		 ip4_eq(&s->ip4, &rival.ip4) && !ip4_is_zero(&s->ip4) ? "it" : s->name,
		 "MAC or identifier: trama lease list shows them");
	record_static_clash(n, s, why);
}

void records_static_node_has(struct node *n, const struct ip4 *ip)
{
	struct lease_static_view v;

	for (uint32_t i = 0; lease_static_next(&n->lease, &i, n->now, &v);)
		if (ip4_eq(&v.fixed.ip4, ip))
			tell_unusable(n, &v.fixed);
}

void record_static_changed(struct node *n, const struct state_event *e)
{
	struct lease_static s;
	struct lease_key key;
	struct state_view v;
	bool is_set = e->change == STATE_IS_SET && !state_get(n->state, &e->key, NULL, n->now, &v);

	n->names_dirty = true;
	n->statics_at = n->now; /* the configuration may say otherwise */
	if (!statics_may(n)) {
		n->counters[NODE_C_STATIC_LATE]++;
		n->statics_late = true;
		return;
	}
	if (e->change == STATE_IS_SET && (!is_set || !record_static_decode(&v, &s)))
		n->counters[NODE_C_BAD_RECORD]++;
	if (!key_decode(&e->key, &key))
		return;
	if (!record_static_find(n, &key, &s))
		lease_static_gone(&n->lease, &key, n->now);
	else if (lease_static_learnt(&n->lease, &s, n->now) == 0)
		tell_clash(n, &s);
}

void records_static_admin(struct node *n)
{
	struct lease_static s, holds;
	struct state_view v;

	n->names_dirty = true;
	for (uint32_t i = 0; state_next(n->state, RECORD_STATIC, &i, n->now, &v);)
		if (record_static_decode(&v, &s) && !record_static_find(n, &s.key, &holds))
			lease_static_gone(&n->lease, &s.key, n->now);
}
