/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service.list, service.add, service.remove, note.list, note.set: what people say of the network.
 */
#include <errno.h>
#include <string.h>

#include "rpc/method.h"
#include "rpc/value.h"
#include "rpc/who.h"

static const char *text_of(json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

static json_t *refused(struct method_error *err, int why)
{
	if (why == -EAGAIN)
		return method_fail(err, RPC_NOT_YET,
				   "this node has just started and does not know yet what others "
				   "wrote: try again in 3 seconds");
	if (why == -ENOENT)
		return method_fail(err, RPC_NOT_FOUND,
				   "there is none: service.list and note.list show what there is");
	if (why == -ENOSPC)
		return method_fail(err, RPC_FULL,
				   "there is no room for it: a node announces %d services, and a "
				   "network has places for 1024 services and 1024 notes",
				   SERVICES_OWN);
	if (why == -EINVAL)
		return method_fail(err, RPC_PARAMS,
				   "a text may have %d bytes, none of them a control character",
				   ANNOUNCED_TEXT_MAX);
	return method_fail(err, RPC_INTERNAL, "%s", strerror(-why));
}

/* False with the error set. */
static bool write_record(const struct rpc_context *c, struct control_put *p,
			 struct method_error *err)
{
	struct event e = { .kind = EVENT_CONTROL,
			   .control = { .act = CONTROL_PUT_STATE, .put = *p } };
	int why;

	c->act(c->ctx, &e);
	why = node_put_error(c->node);
	if (why)
		refused(err, why);
	return !why;
}

/* NULL: "". False with the error set: it is too long. */
static bool text_read(const char *text, char ret[static ANNOUNCED_TEXT_MAX + 1],
		      struct method_error *err)
{
	if (strlen(text) <= ANNOUNCED_TEXT_MAX)
		return text_copy(ret, ANNOUNCED_TEXT_MAX + 1, text);
	refused(err, -EINVAL);
	return false;
}

/* ---- services ---- */

static json_t *service_json(const struct rpc_context *c, const struct state_view *v,
			    const struct service *s)
{
	return json_pack("{ss ss si so so so so sb sI}", "name", s->name, "protocol",
			 s->protocol == SERVICE_TCP ? "tcp" : "udp", "port", (int)s->port,
			 "address", value_addr(&s->address), "text", value_text(s->text), "node",
			 who_gateway(c, v->author.b), "node_id",
			 value_hex(v->author.b, sizeof(v->author.b)), "own", (int)v->own, "age_s",
			 (json_int_t)v->age_s);
}

json_t *method_service_list(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct state_view v;
	struct service s;

	(void)params;
	(void)err;
	for (uint32_t i = 0; node_service_next(c->node, &i, &v, &s);)
		json_array_append_new(list, service_json(c, &v, &s));
	return list;
}

/* Without one it is the node's own. False with the error set. */
static bool address_read(const struct rpc_context *c, const char *word, struct ip6 *ret,
			 struct method_error *err)
{
	struct ip4 ip = node_cloud(c->node)->node4;

	if (!word || !ip4_parse(word, &ip)) {
		*ret = lease_mapped(&ip);
		return true;
	}
	if (!ip6_parse(word, ret) && !ip6_is_zero(ret))
		return true;
	method_fail(err, RPC_PARAMS, "'%.64s' is no address of IPv4 or IPv6", word);
	return false;
}

static bool service_read(const struct rpc_context *c, json_t *params, struct service *ret,
			 struct method_error *err)
{
	const char *name = text_of(params, "name"), *protocol = text_of(params, "protocol");
	const char *text = text_of(params, "text");

	memset(ret, 0, sizeof(*ret));
	ret->port = (uint16_t)json_integer_value(json_object_get(params, "port"));
	ret->protocol = protocol && !strcmp(protocol, "udp") ? SERVICE_UDP : SERVICE_TCP;
	if (!service_name_sound(name)) {
		method_fail(err, RPC_PARAMS,
			    "'%.64s' is no name of a service: give at most %d letters, digits, and "
			    "between them '-', '_' and '.'",
			    name, SERVICE_NAME_MAX);
		return false;
	}
	if (protocol && strcmp(protocol, "udp") && strcmp(protocol, "tcp")) {
		method_fail(err, RPC_PARAMS, "'%.32s' is no protocol: give tcp or udp", protocol);
		return false;
	}
	text_copy(ret->name, sizeof(ret->name), name);
	return (!text || text_read(text, ret->text, err)) &&
	       address_read(c, text_of(params, "address"), &ret->address, err);
}

static void service_key(struct control_put *p, const char *name)
{
	p->type = NODE_SERVICE_TYPE;
	p->id_len = (uint8_t)strlen(name);
	memcpy(p->id, name, p->id_len);
}

json_t *method_service_add(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	uint8_t value[ANNOUNCED_VALUE_MAX];
	struct control_put p = { .value = value };
	struct state_view v;
	struct service s, at;

	if (!service_read(c, params, &s, err))
		return NULL;
	service_key(&p, s.name);
	p.len = service_encode(&s, value);
	if (!write_record(c, &p, err))
		return NULL;
	for (uint32_t i = 0; node_service_next(c->node, &i, &v, &at);)
		if (v.own && !strcmp(at.name, s.name))
			return service_json(c, &v, &at);
	return refused(err, -ENOSPC);
}

json_t *method_service_remove(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const char *name = text_of(params, "name");
	struct control_put p = { .deleted = true };

	if (!service_name_sound(name))
		return refused(err, -ENOENT);
	service_key(&p, name);
	return write_record(c, &p, err) ? json_pack("{ss}", "name", name) : NULL;
}

/* ---- notes ---- */

static void note_of(const struct note *n, json_t **ret_mac, json_t **ret_node)
{
	struct rd r = rd_init(n->id, n->len);
	struct mac mac;

	*ret_node = n->len == sizeof(struct state_node) ? value_hex(n->id, n->len) : json_null();
	if (n->len != sizeof(mac)) {
		*ret_mac = json_null();
		return;
	}
	mac = rd_mac(&r);
	*ret_mac = value_mac(&mac);
}

/* Its name, where it has one. */
static json_t *note_name(const struct rpc_context *c, const struct note *n)
{
	struct rd r = rd_init(n->id, n->len);
	struct lease_view v;
	struct mac mac;

	if (n->len == sizeof(struct state_node))
		return who_gateway(c, n->id);
	mac = rd_mac(&r);
	return lease_find(node_lease(c->node), &mac, c->now, &v) ? value_text(v.client.name)
								 : json_null();
}

static json_t *note_json(const struct rpc_context *c, const struct state_view *v,
			 const struct note *n)
{
	json_t *mac, *node;

	note_of(n, &mac, &node);
	return json_pack("{so so so so so sI}", "of", note_name(c, n), "mac", mac, "node_id", node,
			 "text", value_text(n->text), "by", who_gateway(c, v->author.b), "age_s",
			 (json_int_t)v->age_s);
}

json_t *method_note_list(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct state_view v;
	struct note n;

	(void)params;
	(void)err;
	for (uint32_t i = 0; node_note_next(c->node, &i, &v, &n);)
		json_array_append_new(list, note_json(c, &v, &n));
	return list;
}

/* A node by all that names it, else a client, or a MAC of whomever. False with the error set. */
static bool whom_read(const struct rpc_context *c, const char *word, struct note *ret,
		      struct method_error *err)
{
	struct state_node id;
	struct mac mac;
	struct who who;

	memset(ret, 0, sizeof(*ret));
	if (who_id(c, word, &id)) {
		ret->len = sizeof(id);
		memcpy(ret->id, id.b, sizeof(id));
		return true;
	}
	if (mac_parse(word, &mac) < 0) {
		if (!who_find(c, word, &who, err))
			return false;
		mac = who.lease.client.mac;
	}
	ret->len = sizeof(mac);
	memcpy(ret->id, mac.b, sizeof(mac));
	return true;
}

json_t *method_note_set(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	const char *text = text_of(params, "text");
	uint8_t value[ANNOUNCED_VALUE_MAX];
	struct control_put p = { .type = NODE_NOTE_TYPE, .deleted = !text, .value = value };
	struct note n;
	json_t *mac, *node;

	if (!whom_read(c, text_of(params, "of"), &n, err) ||
	    (text && !text_read(text, n.text, err)))
		return NULL;
	p.id_len = n.len;
	memcpy(p.id, n.id, n.len);
	p.len = text ? note_encode(&n, value) : 0;
	if (!write_record(c, &p, err))
		return NULL;
	note_of(&n, &mac, &node);
	return json_pack("{so so so so}", "of", note_name(c, &n), "mac", mac, "node_id", node,
			 "text", value_text(n.text));
}
