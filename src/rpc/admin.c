/* SPDX-License-Identifier: GPL-2.0-or-later */
/* admin.show, admin.put: the key of the network's admin. */
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "rpc/signed.h"
#include "rpc/value.h"

json_t *method_admin_show(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	struct admin_chain chain, keep;
	bool any = node_admin(c->node, &chain);
	const uint8_t *key = node_admin_key(c->node, &keep);

	(void)params;
	(void)err;
	return json_pack("{so ss? so si}", "key",
			 key ? value_hex(key, ADMIN_KEY_SIZE) : json_null(), "from",
			 any   ? "record"
			 : key ? "configuration"
			       : NULL,
			 "salt", key ? value_hex(chain.salt, sizeof(chain.salt)) : json_null(),
			 "keys", (int)chain.count);
}

static bool bytes_read(json_t *params, const char *name, uint8_t *ret, size_t size,
		       struct method_error *err)
{
	const char *text = json_string_value(json_object_get(params, name));
	size_t len;

	if (text && text_unhex(text, ret, size, &len) && len == size)
		return true;
	method_fail(err, RPC_PARAMS, "parameter '%s' must be %zu hex digits", name, 2 * size);
	return false;
}

json_t *method_admin_put(const struct rpc_context *c, json_t *params, struct method_error *err)
{
	struct node_signed *records;
	struct admin_chain chain;
	struct admin_link link;
	unsigned int count = 1;
	json_t *result;
	bool any;

	if (!bytes_read(params, "key", link.key, sizeof(link.key), err) ||
	    !bytes_read(params, "link", link.signature, sizeof(link.signature), err))
		return NULL;
	any = node_admin(c->node, &chain);
	if (!any && !bytes_read(params, "salt", chain.salt, sizeof(chain.salt), err))
		return NULL;
	admin_add(&chain, &link);
	records = calloc(SIGNED_MAX, sizeof(*records));
	if (!records)
		return method_fail(err, RPC_INTERNAL, "no memory");
	node_admin_record(&chain, &records[0]);
	/* nobody believes what the key before has signed, once it is not the newest */
	if (any)
		count += node_settings_records(c->node, &records[1]);
	result = signed_write(c, records, count,
			      json_string_value(json_object_get(params, "proofs")), err);
	free(records);
	return result;
}
