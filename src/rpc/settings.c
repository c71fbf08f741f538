/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.show, settings.write: settings of the network and of the cloud. */
#include <errno.h>
#include <string.h>

#include "rpc/signed.h"
#include "rpc/value.h"

static const struct {
	const char *name;
	enum node_settings_act act;
} acts[] = {
	{ "set", NODE_SETTINGS_SET },		{ "stage", NODE_SETTINGS_STAGE },
	{ "apply", NODE_SETTINGS_APPLY },	{ "drop", NODE_SETTINGS_DROP },
	{ "rollback", NODE_SETTINGS_ROLLBACK },
};

static struct conf_text text_of(const struct node_settings *s)
{
	return (struct conf_text) { s->text, s->len };
}

/* ---- show ---- */

/* Why this node began without a setting; NULL: it did not. */
static const char *refusal(const struct rpc_context *c, const char *name)
{
	for (uint32_t i = 0; c->refused && i < c->refused->count; i++) {
		char buf[2 * CONF_NAME_MAX];
		struct text t = text_init(buf, sizeof(buf));

		conf_setting_name(&c->refused->list[i], &t);
		if (!strcmp(buf, name))
			return c->refused->list[i].message;
	}
	return NULL;
}

/* What becomes of a setting that is in force, on this node; reason: why it is refused, or "". */
static const char *state_of(const struct rpc_context *c, const struct node_settings *s,
			    const struct conf_setting *one, struct text *reason)
{
	struct conf_text all = text_of(s);
	const char *why = refusal(c, one->name);
	struct conf_error e;

	if (conf_setting_holds(node_conf(c->node), &all, one->name))
		return "used";
	if (!why && conf_setting_check(one, &e))
		why = e.message;
	text_add(reason, "%s", why ? why : "");
	return why ? "refused" : "other";
}

static json_t *setting_json(const struct rpc_context *c, const struct node_settings *s,
			    const struct conf_setting *one, bool state)
{
	json_t *o = json_pack("{so s[]}", "option", value_text(one->name), "values");
	char why[sizeof(((struct conf_error *)0)->message)];
	struct text reason = text_init(why, sizeof(why));

	if (!state)
		return o;
	json_object_set_new(o, "state", json_string(state_of(c, s, one, &reason)));
	json_object_set_new(o, "reason", value_text(why));
	return o;
}

/* Each option with its values, in the order in which they were set; state: also what it is here. */
static json_t *list_json(const struct rpc_context *c, const struct node_settings *s, bool state)
{
	struct conf_text rest = text_of(s);
	struct conf_setting before = { .name = "" }, one;
	json_t *list = json_array(), *last = NULL;

	while (conf_setting_next(&rest, &one)) {
		if (!last || strcmp(before.name, one.name) != 0) {
			last = setting_json(c, s, &one, state);
			json_array_append_new(list, last);
		}
		before = one;
		json_array_append_new(json_object_get(last, "values"),
				      *one.value ? value_text(one.value) : json_string(""));
	}
	return list;
}

/* Null when there is none. */
static json_t *set_json(const struct rpc_context *c, uint32_t realm, enum node_settings_which which)
{
	struct node_settings s;

	if (!node_settings(c->node, realm, which, &s))
		return json_null();
	return json_pack("{sI so}", "set", (json_int_t)s.set, "settings",
			 list_json(c, &s, which == NODE_SETTINGS_IN_FORCE));
}

static json_t *realm_json(const struct rpc_context *c, uint32_t realm)
{
	return json_pack("{so so so}", "in_force", set_json(c, realm, NODE_SETTINGS_IN_FORCE),
			 "before", set_json(c, realm, NODE_SETTINGS_BEFORE), "staged",
			 set_json(c, realm, NODE_SETTINGS_STAGED));
}

json_t *method_settings_show(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	(void)params;
	(void)err;
	return json_pack("{so so sb}", "network", realm_json(c, SETTINGS_NETWORK), "cloud",
			 realm_json(c, node_realm(c->node)), "pending",
			 (int)node_settings_pending(c->node));
}

/* ---- write ---- */

static bool act_find(const char *word, enum node_settings_act *ret)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(acts[i].name, word) != 0)
			continue;
		*ret = acts[i].act;
		return true;
	}
	return false;
}

/* What the new text begins from. */
static bool base_read(const struct rpc_context *c, uint32_t realm, enum node_settings_act act,
		      struct node_settings *ret, struct method_error *err)
{
	bool staged = node_settings(c->node, realm, NODE_SETTINGS_STAGED, ret);

	if (staged && act == NODE_SETTINGS_STAGE)
		return true;
	if (staged) {
		method_fail(err, RPC_FORBIDDEN,
			    "set %u is staged and would be lost: apply it or drop it first, or "
			    "stage this one too",
			    (unsigned int)ret->set);
		return false;
	}
	if (node_settings(c->node, realm, NODE_SETTINGS_IN_FORCE, ret) || !ret->set)
		return true;
	method_fail(err, RPC_NOT_YET,
		    "set %u is in force and has not come here as a whole yet: try again in some "
		    "seconds",
		    (unsigned int)ret->set);
	return false;
}

/* The base with one option changed; false with the error set. */
static bool text_make(json_t *params, const struct node_settings *base, struct text *ret,
		      struct method_error *err)
{
	const char *option = json_string_value(json_object_get(params, "option"));
	const char *value = json_string_value(json_object_get(params, "value"));
	struct conf_text old = text_of(base);
	struct conf_error e;
	int r;

	if (!option) {
		method_fail(err, RPC_PARAMS,
			    "settings.write needs the parameter 'option' for that");
		return false;
	}
	r = conf_settings_set(&old, option, value, ret, &e);
	if (r == -ENOSPC)
		method_fail(err, RPC_FULL, "all settings together have at most %d bytes",
			    CONF_SETTINGS_MAX);
	else if (r)
		method_fail(err, RPC_PARAMS, "option '%.40s', value '%.40s': %s", option,
			    value ? value : "", e.message);
	return r == 0;
}

static void nothing_to_do(const struct rpc_context *c, uint32_t realm, enum node_settings_act act,
			  struct method_error *err)
{
	struct node_settings before;

	if (act == NODE_SETTINGS_APPLY)
		method_fail(err, RPC_NOT_FOUND,
			    "nothing is staged, or not all of it has come here yet");
	else if (!node_settings(c->node, realm, NODE_SETTINGS_BEFORE, &before) && before.set)
		method_fail(err, RPC_NOT_YET,
			    "set %u was in force before and is not here as a whole: try again in "
			    "some seconds, or at another node",
			    (unsigned int)before.set);
	else
		method_fail(err, RPC_NOT_FOUND, "no settings were ever in force");
}

json_t *method_settings_write(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	bool cloud = json_is_true(json_object_get(params, "cloud"));
	uint32_t realm = cloud ? node_realm(c->node) : SETTINGS_NETWORK;
	const char *word = json_string_value(json_object_get(params, "act"));
	struct node_signed records[NODE_SETTINGS_SIGNED];
	char buf[CONF_SETTINGS_MAX + 512];
	struct text t = text_init(buf, sizeof(buf));
	struct node_settings base;
	struct conf_text text;
	enum node_settings_act act;
	unsigned int count;

	if (!act_find(word, &act))
		return method_fail(err, RPC_PARAMS,
				   "'%.32s' is no act: set, stage, apply, drop or rollback", word);
	text = (struct conf_text) { buf, 0 };
	if (act == NODE_SETTINGS_SET || act == NODE_SETTINGS_STAGE) {
		if (!base_read(c, realm, act, &base, err) || !text_make(params, &base, &t, err))
			return NULL;
		text.len = t.len;
		if (t.len == base.len && !memcmp(buf, base.text, t.len))
			return json_pack("{si}", "written", 0); /* it is like that */
	}
	memset(records, 0, sizeof(records));
	count = node_settings_act(c->node, realm, act, &text, records);
	if (count)
		return signed_write(c, records, count,
				    json_string_value(json_object_get(params, "proofs")), err);
	nothing_to_do(c, realm, act, err);
	return NULL;
}
