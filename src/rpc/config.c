/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.show, config.options: the configuration and its option table. */
#include <stdlib.h>
#include <string.h>

#include "core/conf/conf.h"
#include "node/view.h"
#include "rpc/method.h"

/* A name in it may be of any bytes: those that are no text are shown as \xNN. */
static json_t *text_json(const char *text)
{
	size_t cap = 4 * strlen(text) + 1;
	json_t *v = json_string(text);
	struct text t;
	char *buf;

	if (v)
		return v;
	buf = malloc(cap);
	if (!buf)
		return NULL;
	t = text_init(buf, cap);
	for (const char *at = text; *at; at++)
		text_add(&t, (unsigned char)*at < 0x80 ? "%c" : "\\x%02x", (unsigned char)*at);
	v = json_string(buf);
	free(buf);
	return v;
}

json_t *method_config_show(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	bool all = json_is_true(json_object_get(params, "all"));
	char *buf = malloc(CONF_SIZE_MAX);
	struct text t;
	json_t *o;

	(void)err;
	if (!buf)
		return NULL;
	t = text_init(buf, CONF_SIZE_MAX);
	conf_print(node_conf(c->node), all ? CONF_PRINT_ALL : CONF_PRINT_CHANGED, false, &t);
	o = json_pack("{so}", "text", text_json(buf));
	free(buf);
	return o;
}

json_t *method_config_options(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	json_t *list = json_array();
	struct conf_doc_entry e;

	(void)c;
	(void)params;
	(void)err;
	for (uint32_t i = 0; conf_doc_next(&i, &e);)
		json_array_append_new(list,
				      json_pack("{ss ss sb sb sb ss ss ss}", "section", e.section,
						"option", e.option, "list", (int)e.list, "secret",
						(int)e.secret, "local", (int)e.local, "type",
						e.type, "default", e.def, "help", e.help));
	return list;
}
