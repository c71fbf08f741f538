/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/call.h"

#include <stdlib.h>
#include <string.h>

#include "rpc/method.h"
#include "rpc/value.h"
#include "rpc/who.h"

/* Takes the object. */
static void reply(struct rpc_reply *ret, json_t *object)
{
	ret->text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	ret->len = ret->text ? strlen(ret->text) : 0;
	json_decref(object);
}

static void reply_error(struct rpc_reply *ret, json_t *id, const struct method_error *e)
{
	reply(ret, json_pack("{ss sO s{si so}}", "jsonrpc", "2.0", "id", id, "error", "code",
			     (int)e->code, "message", value_text(e->text)));
}

/* id may be NULL: it could not be read. */
static void refuse(struct rpc_reply *ret, json_t *id, enum rpc_error_code code, const char *text)
{
	struct method_error e;

	method_fail(&e, code, "%s", text);
	reply_error(ret, id ? id : json_null(), &e);
}

/* Brackets outside of texts. */
static bool too_deep(const char *line, size_t len)
{
	unsigned depth = 0;
	bool text = false;

	for (size_t i = 0; i < len; i++) {
		char c = line[i];

		if (text && c == '\\')
			i++;
		else if (c == '"')
			text = !text;
		else if (!text && (c == '{' || c == '[') && ++depth > RPC_DEPTH_MAX)
			return true;
		else if (!text && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return false;
}

/* NULL when it is a request, else what is wrong with it. */
static const char *check_request(json_t *q)
{
	const char *version = json_string_value(json_object_get(q, "jsonrpc"));
	json_t *id = json_object_get(q, "id"), *params = json_object_get(q, "params");

	if (json_is_array(q))
		return "batches are not supported: send one request per line";
	if (!json_is_object(q))
		return "a request is an object";
	if (!version || strcmp(version, "2.0") != 0)
		return "\"jsonrpc\" must be \"2.0\"";
	if (!json_is_string(json_object_get(q, "method")))
		return "\"method\" must be a text";
	if (id && !json_is_string(id) && !json_is_integer(id) && !json_is_null(id))
		return "\"id\" must be a text, a whole number or null";
	if (params && !json_is_object(params))
		return "\"params\" must be an object";
	return NULL;
}

static json_t *run(const struct rpc_context *base, json_t *q, struct rpc_reply *ret,
		   struct method_error *err)
{
	struct rpc_members members = { 0 };
	struct rpc_context c = *base;
	const char *name = json_string_value(json_object_get(q, "method"));
	const struct method *m = method_find(name);
	json_t *params = json_object_get(q, "params"), *result, *empty = NULL;

	if (!m)
		return method_fail(err, RPC_METHOD, "no method '%.64s'; rpc.methods lists them",
				   name);
	if ((m->flags & METHOD_ACT) && (c.read_only || !c.act))
		return method_fail(err, RPC_FORBIDDEN,
				   "%s changes something, and you may only look", name);
	if (!params)
		params = empty = json_object();
	c.members = &members;
	c.watch = &ret->watch;
	result = method_check(m, params, err) == 0 ? m->fn(&c, params, err) : NULL;
	who_done(&members);
	json_decref(empty);
	if (result)
		ret->subscribe = m->flags & METHOD_STREAM;
	return result;
}

void rpc_call(const struct rpc_context *c, const char *line, size_t len, struct rpc_reply *ret)
{
	struct method_error err = { RPC_INTERNAL, "out of memory" };
	json_error_t where;
	json_t *q, *id, *result;
	const char *wrong;

	*ret = (struct rpc_reply) { 0 };
	if (len > RPC_LINE_MAX) {
		refuse(ret, NULL, RPC_REQUEST, "a request has at most 65536 bytes");
		return;
	}
	q = too_deep(line, len)
		    ? NULL
		    : json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
	if (!q) {
		refuse(ret, NULL, RPC_PARSE, "this line is no JSON, or nests too deep");
		return;
	}
	id = json_object_get(q, "id");
	wrong = check_request(q);
	if (wrong) {
		refuse(ret, json_is_string(id) || json_is_integer(id) ? id : NULL, RPC_REQUEST,
		       wrong);
		json_decref(q);
		return;
	}
	result = run(c, q, ret, &err);
	if (!id)
		json_decref(result); /* a notification is not answered */
	else if (result)
		reply(ret, json_pack("{ss sO so}", "jsonrpc", "2.0", "id", id, "result", result));
	else
		reply_error(ret, id, &err);
	json_decref(q);
}

void rpc_reply_done(struct rpc_reply *r)
{
	free(r->text);
	*r = (struct rpc_reply) { 0 };
}
