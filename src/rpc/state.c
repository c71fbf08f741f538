/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.list, state.get, state.put, state.watch: the replicated records, whatever they mean. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node/records_fields.h"
#include "node/view.h"
#include "rpc/method.h"
#include "rpc/value.h"
#include "rpc/who.h"

#define LIST_MAX 512 /* records in one answer, */
#define GET_MAX 64   /* and with their values */
#define ID_TEXT (2 * STATE_ID_MAX + 3)
/* Of the node's own record in every cloud: an owned one that lives shorter would make the node show
 * life more often, to everybody and for ever. */
#define OWNED_LIFETIME_MIN_S 3600

/* ---- types and ids ---- */

static const struct node_record_type *type_find(uint8_t type)
{
	const struct node_record_type *t;

	for (size_t i = 0; (t = node_record_type_at(i)); i++)
		if (t->type == type)
			return t;
	return NULL;
}

static void type_unknown(struct method_error *err, const char *word)
{
	const struct node_record_type *t;
	char buf[128];
	struct text names = text_init(buf, sizeof(buf));

	for (size_t i = 0; (t = node_record_type_at(i)); i++)
		text_add(&names, "%s%s", i > 0 ? ", " : "", t->name);
	method_fail(err, RPC_PARAMS,
		    "'%.32s' is no type of records: give a number from 0 to 255, or %s", word, buf);
}

/* By name or number; false with the error set. */
static bool type_parse(const char *word, uint8_t *ret, struct method_error *err)
{
	const struct node_record_type *t;
	long long number;

	for (size_t i = 0; (t = node_record_type_at(i)); i++) {
		if (strcmp(t->name, word) != 0)
			continue;
		*ret = t->type;
		return true;
	}
	if (text_number(word, 0, UINT8_MAX, &number) == 0) {
		*ret = (uint8_t)number;
		return true;
	}
	type_unknown(err, word);
	return false;
}

static enum node_id_form form_of(uint8_t type)
{
	const struct node_record_type *t = type_find(type);

	if (t)
		return t->form;
	return type >= NODE_FREE_TYPE ? NODE_ID_TEXT : NODE_ID_BYTES;
}

/* Text that is shown as it is and read back as these bytes. */
static bool is_plain(const struct state_key *k)
{
	for (uint8_t i = 0; i < k->len; i++)
		if (k->id[i] < 0x20 || k->id[i] > 0x7e)
			return false;
	return k->len > 0 && (k->len < 2 || memcmp(k->id, "0x", 2) != 0);
}

static bool has_form(const struct state_key *k, enum node_id_form form)
{
	switch (form) {
	case NODE_ID_BYTES:
		break;
	case NODE_ID_NODE:
		return k->len == sizeof(struct state_node);
	case NODE_ID_MAC:
		return k->len == sizeof(struct mac);
	case NODE_ID_NUMBER:
		return k->len == sizeof(uint32_t);
	case NODE_ID_TEXT:
		return is_plain(k);
	}
	return false;
}

static const char *id_text(const struct state_key *k, char buf[static ID_TEXT])
{
	enum node_id_form form = form_of(k->type);
	struct text t = text_init(buf, ID_TEXT);
	struct rd r = rd_init(k->id, k->len);
	char mac[MAC_TEXT];
	struct mac m;

	if (!has_form(k, form))
		form = NODE_ID_BYTES;
	switch (form) {
	case NODE_ID_MAC:
		m = rd_mac(&r);
		text_add(&t, "%s", mac_text(&m, mac));
		break;
	case NODE_ID_NUMBER:
		text_add(&t, "%u", (unsigned int)rd_u32(&r));
		break;
	case NODE_ID_TEXT:
		text_add(&t, "%.*s", (int)k->len, (const char *)k->id);
		break;
	case NODE_ID_NODE:
	case NODE_ID_BYTES:
		text_add(&t, "%s", form == NODE_ID_BYTES ? "0x" : "");
		for (uint8_t i = 0; i < k->len; i++)
			text_add(&t, "%02x", k->id[i]);
		break;
	}
	return buf;
}

/* 0x and hex digits, else the text itself. False: no hex digits, or too many bytes. */
static bool bytes_parse(const char *word, uint8_t *ret, size_t cap, size_t *ret_len)
{
	if (!strncmp(word, "0x", 2))
		return text_unhex(word + 2, ret, cap, ret_len);
	*ret_len = strlen(word);
	if (*ret_len <= cap)
		memcpy(ret, word, *ret_len);
	return *ret_len <= cap;
}

/* An id as id_text writes it, of a node also by whatever else names it. False with the error set.
 */
static bool id_parse(const struct rpc_context *c, uint8_t type, const char *word,
		     struct state_key *ret, struct method_error *err)
{
	enum node_id_form form = strncmp(word, "0x", 2) ? form_of(type) : NODE_ID_BYTES;
	uint8_t id[STATE_ID_MAX];
	struct wr w = wr_init(id, sizeof(id));
	struct state_node node;
	long long number;
	struct mac mac;
	size_t len = 0;
	bool ok = false;

	switch (form) {
	case NODE_ID_NODE:
		ok = who_id(c, word, &node);
		wr_bytes(&w, node.b, sizeof(node.b));
		break;
	case NODE_ID_MAC:
		ok = mac_parse(word, &mac) == 0;
		if (ok)
			wr_mac(&w, &mac);
		break;
	case NODE_ID_NUMBER:
		ok = text_number(word, 0, UINT32_MAX, &number) == 0;
		if (ok)
			wr_u32(&w, (uint32_t)number);
		break;
	case NODE_ID_TEXT:
	case NODE_ID_BYTES:
		ok = bytes_parse(word, id, sizeof(id), &len);
		break;
	}
	if (ok)
		*ret = state_key_init(type, id, len ? len : wr_len(&w));
	else
		method_fail(err, RPC_PARAMS,
			    "'%.64s' is no id of type %d: give it as state.list shows it, in "
			    "at most 32 bytes, or 0x and their hex digits",
			    word, type);
	return ok;
}

/* ---- records as JSON ---- */

static json_t *record_json(const struct rpc_context *c, const struct state_view *v)
{
	const struct node_record_type *t = type_find(v->key.type);
	char id[ID_TEXT];

	return json_pack("{si ss? ss so so sb ss ss sb sI sI sI sI sI sI}", "type", v->key.type,
			 "type_name", t ? t->name : NULL, "id", id_text(&v->key, id), "author",
			 who_gateway(c, v->author.b), "author_id",
			 value_hex(v->author.b, sizeof(v->author.b)), "own", (int)v->own, "scope",
			 v->scope == STATE_CLOUD ? "cloud" : "network", "kind",
			 v->kind == STATE_OWNED ? "owned" : "shared", "deleted", (int)v->deleted,
			 "epoch", (json_int_t)v->epoch, "counter", (json_int_t)v->counter,
			 "lifetime_s", (json_int_t)v->lifetime_s, "age_s", (json_int_t)v->age_s,
			 "quiet_s", (json_int_t)v->quiet_s, "size", (json_int_t)v->len);
}

/* Null where it is no text, or none that JSON can carry. */
static json_t *plain_text(const uint8_t *value, size_t len)
{
	json_t *v = len && !memchr(value, 0, len) ? json_stringn((const char *)value, len) : NULL;

	return v ? v : json_null();
}

static const struct {
	const char *name;
	enum { AS_HEX, AS_TEXT, AS_MAC, AS_ADDRESS, AS_NUMBER } form;
} fields[] = {
	[FIELD_NODE] = { "node", AS_HEX },
	[FIELD_IP4] = { "ipv4", AS_ADDRESS },
	[FIELD_IP6] = { "ipv6", AS_ADDRESS },
	[FIELD_NAME] = { "name", AS_TEXT },
	[FIELD_MAC] = { "mac", AS_MAC },
	[FIELD_EPOCH] = { "epoch", AS_NUMBER },
	[FIELD_FLAGS] = { "flags", AS_NUMBER },
	[FIELD_AGE] = { "age_s", AS_NUMBER },
	[FIELD_CLIENT_ID] = { "client_id", AS_HEX },
	[FIELD_GATEWAY] = { "gateway", AS_HEX },
	[FIELD_ROUTER_ID] = { "router_id", AS_HEX },
	[FIELD_WORKING] = { "working", AS_NUMBER },
	[FIELD_RESOLVER4] = { "resolver4", AS_ADDRESS },
	[FIELD_RESOLVER6] = { "resolver6", AS_ADDRESS },
	[FIELD_MTU] = { "mtu", AS_NUMBER },
	[FIELD_TAKES] = { "takes", AS_HEX },
	[FIELD_NETWORK] = { "network", AS_HEX },
	[FIELD_TOKEN] = { "token", AS_HEX },
	[FIELD_COUNT] = { "count", AS_NUMBER },
	[FIELD_MEMBERS] = { "members", AS_HEX },
	[FIELD_OTHERS] = { "others", AS_HEX },
	[FIELD_PROTOCOL] = { "protocol", AS_NUMBER },
	[FIELD_PORT] = { "port", AS_NUMBER },
	[FIELD_TEXT] = { "text", AS_TEXT },
	[FIELD_LINK] = { "link", AS_HEX },
	[FIELD_LEASE] = { "lease_s", AS_NUMBER },
	[FIELD_OPTIONS] = { "options", AS_HEX },
};

static json_t *rest_hex(struct rd r)
{
	size_t len = rd_left(&r);

	return value_hex(rd_take(&r, len), len);
}

static json_t *rest_text(struct rd r)
{
	size_t len = rd_left(&r);

	return plain_text(rd_take(&r, len), len);
}

/* Null when its length is none that the form has. */
static json_t *field_value(uint8_t type, struct rd f)
{
	size_t len = rd_left(&f);
	json_int_t number = 0;
	struct mac mac;
	struct ip4 ip4;
	struct ip6 ip6;

	switch (fields[type].form) {
	case AS_TEXT:
		return rest_text(f);
	case AS_MAC:
		mac = rd_mac(&f);
		return rd_done(&f) ? value_mac(&mac) : json_null();
	case AS_ADDRESS:
		if (len == sizeof(ip4)) {
			ip4 = rd_ip4(&f);
			return value_ip4(&ip4);
		}
		ip6 = rd_ip6(&f);
		return rd_done(&f) ? value_addr(&ip6) : json_null();
	case AS_NUMBER:
		for (size_t i = 0; i < len && len <= sizeof(uint32_t); i++)
			number = number << 8 | rd_u8(&f);
		return len && rd_done(&f) ? json_integer(number) : json_null();
	case AS_HEX:
		break;
	}
	return rest_hex(f);
}

static json_t *field_json(uint8_t type, struct rd f)
{
	bool known = type < sizeof(fields) / sizeof(fields[0]) && fields[type].name;
	json_t *value = known ? field_value(type, f) : json_null();

	return json_pack("{si ss? so so}", "field", type, "name", known ? fields[type].name : NULL,
			 "value", value, "bytes", rest_hex(f));
}

/* The value of a type that nodes know: null when it is not made of fields. */
static json_t *fields_json(const struct state_view *v)
{
	struct rd r = rd_init(v->value, v->len), f;
	json_t *list;
	uint8_t type;

	if (!type_find(v->key.type))
		return json_null();
	list = json_array();
	while (rd_tlv8(&r, &type, &f))
		json_array_append_new(list, field_json(type, f));
	if (rd_done(&r))
		return list;
	json_decref(list);
	return json_null();
}

static json_t *value_json(const struct rpc_context *c, const struct state_view *v)
{
	json_t *o = record_json(c, v);

	json_object_set_new(o, "value", value_hex(v->value, v->len));
	json_object_set_new(o, "text", plain_text(v->value, v->len));
	json_object_set_new(o, "fields", fields_json(v));
	return o;
}

/* ---- list and get ---- */

/* False with the error set. */
static bool filter_read(const struct rpc_context *c, json_t *params, struct rpc_watch *ret,
			struct method_error *err)
{
	const char *type = json_string_value(json_object_get(params, "type"));
	const char *author = json_string_value(json_object_get(params, "author"));

	*ret = (struct rpc_watch) { .any_type = !type, .any_author = !author };
	if (type && !type_parse(type, &ret->type, err))
		return false;
	if (!author || who_id(c, author, &ret->author))
		return true;
	method_fail(err, RPC_NOT_FOUND,
		    "no node '%.64s' is known here: give a name or an address that the method "
		    "nodes lists, a MAC, or 16 hex digits",
		    author);
	return false;
}

static bool takes(const struct rpc_watch *f, uint8_t type, const struct state_node *author)
{
	return (f->any_type || f->type == type) &&
	       (f->any_author || !memcmp(&f->author, author, sizeof(*author)));
}

bool rpc_watch_takes(const struct rpc_watch *w, const struct state_event *e)
{
	return takes(w, e->key.type, &e->author);
}

json_t *method_state_list(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	uint32_t cursor = (uint32_t)json_integer_value(json_object_get(params, "after"));
	const struct state *s = node_state(c->node);
	bool all = json_is_true(json_object_get(params, "all")), more = true;
	struct rpc_watch f;
	struct state_view v;
	json_t *list;

	if (!filter_read(c, params, &f, err))
		return NULL;
	list = json_array();
	while (json_array_size(list) < LIST_MAX && (more = state_next_any(s, &cursor, c->now, &v)))
		if (takes(&f, v.key.type, &v.author) && (all || !v.deleted))
			json_array_append_new(list, record_json(c, &v));
	return json_pack("{so sI so}", "records", list, "held", (json_int_t)state_count(s), "after",
			 more ? json_integer(cursor) : json_null());
}

static bool key_eq(const struct state_key *a, const struct state_key *b)
{
	return a->type == b->type && a->len == b->len && !memcmp(a->id, b->id, a->len);
}

json_t *method_state_get(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const char *word = json_string_value(json_object_get(params, "id"));
	json_t *after = json_object_get(params, "after"), *list;
	uint32_t cursor = (uint32_t)json_integer_value(after);
	const struct state *s = node_state(c->node);
	bool more = true;
	struct rpc_watch f;
	struct state_key key;
	struct state_view v;

	if (!filter_read(c, params, &f, err) || !id_parse(c, f.type, word, &key, err))
		return NULL;
	list = json_array();
	while (json_array_size(list) < GET_MAX && (more = state_next_any(s, &cursor, c->now, &v)))
		if (takes(&f, v.key.type, &v.author) && !v.deleted && key_eq(&v.key, &key))
			json_array_append_new(list, value_json(c, &v));
	if (json_array_size(list) || after)
		return json_pack("{so so}", "records", list, "after",
				 more ? json_integer(cursor) : json_null());
	json_decref(list);
	return method_fail(err, RPC_NOT_FOUND,
			   "no record of type %d has the id '%.64s'%s: state.list shows those that "
			   "are here",
			   f.type, word, f.any_author ? "" : " and that author");
}

/* ---- put ---- */

static json_t *put_refused(struct method_error *err, int why)
{
	if (why == -ENOENT)
		return method_fail(err, RPC_NOT_FOUND,
				   "there is no such record to be deleted: give owned and network "
				   "as it was written; to write one, give a value");
	if (why == -ENOSPC)
		return method_fail(err, RPC_FULL,
				   "there is no room for it, and a deleted record keeps its place "
				   "for a day: write over one that is there, or wait until some "
				   "have gone; the counters of state say which limit it was");
	if (why == -EOVERFLOW)
		return method_fail(err, RPC_FULL,
				   "the versions of this record are used up: take another id, or "
				   "wait until its lifetime is over");
	if (why == -EAGAIN)
		return method_fail(err, RPC_NOT_YET,
				   "this node has just started and does not know yet what others "
				   "wrote: try again in 3 seconds");
	return method_fail(err, RPC_INTERNAL, "%s", strerror(-why));
}

static const char *lifetime_wrong(const struct control_put *p)
{
	if (p->lifetime_s && p->deleted)
		return "a lifetime needs a value; to delete the record, give neither";
	if (p->lifetime_s && p->owned && p->lifetime_s < OWNED_LIFETIME_MIN_S)
		return "an owned record lives with its node: give a lifetime of at least 3600 "
		       "seconds";
	return NULL;
}

/* What the node shall do; false with the error set. */
static bool put_read(const struct rpc_context *c, json_t *params, uint8_t *value,
		     struct control_put *ret, struct method_error *err)
{
	const char *id = json_string_value(json_object_get(params, "id"));
	const char *word = json_string_value(json_object_get(params, "value")), *wrong;
	struct state_key key;

	*ret = (struct control_put) {
		.type = (uint8_t)json_integer_value(json_object_get(params, "type")),
		.owned = json_is_true(json_object_get(params, "owned")),
		.network = json_is_true(json_object_get(params, "network")),
		.lifetime_s = (uint32_t)json_integer_value(json_object_get(params, "lifetime_s")),
		.deleted = !word,
		.value = value
	};
	wrong = lifetime_wrong(ret);
	if (wrong) {
		method_fail(err, RPC_PARAMS, "%s", wrong);
		return false;
	}
	if (!id_parse(c, ret->type, id, &key, err))
		return false;
	ret->id_len = key.len;
	memcpy(ret->id, key.id, sizeof(ret->id));
	if (!word || bytes_parse(word, value, STATE_VALUE_MAX, &ret->len))
		return true;
	method_fail(err, RPC_PARAMS,
		    "a value is a text of at most %d bytes, or 0x and at most %d hex digits",
		    STATE_VALUE_MAX, 2 * STATE_VALUE_MAX);
	return false;
}

json_t *method_state_put(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_STATE };
	struct control_put *p = &e.control.put;
	uint8_t value[STATE_VALUE_MAX];
	struct state_event about;
	struct state_view v;
	int why;

	if (!put_read(c, params, value, p, err))
		return NULL;
	c->act(c->ctx, &e);
	why = node_put_error(c->node);
	about = (struct state_event) { .key = state_key_init(p->type, p->id, p->id_len),
				       .scope = p->network ? STATE_NETWORK : STATE_CLOUD,
				       .kind = p->owned ? STATE_OWNED : STATE_SHARED };
	memcpy(about.author.b, node_lease(c->node)->self.b, sizeof(about.author.b));
	if (!why)
		why = state_get_told(node_state(c->node), &about, c->now, &v);
	return why ? put_refused(err, why) : record_json(c, &v);
}

/* ---- watch ---- */

static const char *const changes[] = {
	[STATE_IS_SET] = "set",
	[STATE_IS_DELETED] = "deleted",
	[STATE_HAS_EXPIRED] = "expired",
};

json_t *method_state_watch(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list;

	if (!filter_read(c, params, c->watch, err))
		return NULL;
	list = json_array();
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		json_array_append_new(list, json_string(changes[i]));
	return json_pack("{so}", "changes", list);
}

/* How it is now, which may be after another change. What has expired is no more: only who it was is
 * known. */
static json_t *change_json(const struct rpc_context *c, const struct state_event *e)
{
	static const char *const unknown[] = { "lifetime_s", "age_s", "quiet_s", "size" };
	struct state_view v = { .key = e->key,
				.author = e->author,
				.scope = e->scope,
				.kind = e->kind,
				.own = e->own,
				.epoch = e->epoch,
				.counter = e->counter };
	bool here = state_get_told(node_state(c->node), e, c->now, &v) == 0;
	enum state_change change = e->change;
	json_t *o = record_json(c, &v);

	if (here)
		change = v.deleted ? STATE_IS_DELETED : STATE_IS_SET;
	for (size_t i = 0; !here && i < sizeof(unknown) / sizeof(unknown[0]); i++)
		json_object_set_new(o, unknown[i], json_null());
	json_object_set_new(o, "change", json_string(changes[change]));
	return o;
}

void rpc_record(const struct rpc_context *c, const struct state_event *e, struct rpc_reply *ret)
{
	json_t *o = json_pack("{ss ss so}", "jsonrpc", "2.0", "method", "record", "params",
			      change_json(c, e));

	*ret = (struct rpc_reply) { 0 };
	ret->text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	ret->len = ret->text ? strlen(ret->text) : 0;
	json_decref(o);
}
