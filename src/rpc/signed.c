/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/signed.h"

#include <errno.h>
#include <string.h>

#include "core/state/state_msg.h"
#include "lib/text.h"
#include "rpc/value.h"

static json_t *refused(struct method_error *err, int why)
{
	if (why == -EKEYREJECTED)
		return method_fail(
			err, RPC_FORBIDDEN,
			"the admin of the network has not signed this, or it was changed "
			"at the same moment: try again");
	if (why == -EAGAIN)
		return method_fail(err, RPC_NOT_YET,
				   "this node has just started and does not know yet what others "
				   "wrote: try again in 3 seconds");
	if (why == -ENOSPC)
		return method_fail(err, RPC_FULL,
				   "there is no room for it: the counters of state say which "
				   "limit it was");
	return method_fail(err, RPC_INTERNAL, "%s", strerror(-why));
}

static json_t *to_sign(const struct rpc_context *c, const struct node_signed *records,
		       unsigned int count, struct method_error *err)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < count; i++) {
		uint8_t text[STATE_MSG_SIGNED_MAX];
		struct wr w = wr_init(text, sizeof(text));
		int r = state_admin_message(node_state(c->node), &records[i].key, records[i].value,
					    records[i].len, &w);

		if (r) {
			json_decref(list);
			return refused(err, r);
		}
		json_array_append_new(list, value_hex(text, wr_len(&w)));
	}
	return json_pack("{so}", "sign", list);
}

static int put(const struct rpc_context *c, const struct node_signed *s, const uint8_t *signature)
{
	struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_ADMIN };
	struct control_sign *sign = &e.control.sign;

	*sign = (struct control_sign) {
		.type = s->key.type, .id_len = s->key.len, .value = s->value, .len = s->len
	};
	memcpy(sign->id, s->key.id, sizeof(sign->id));
	memcpy(sign->signature, signature, sizeof(sign->signature));
	c->act(c->ctx, &e);
	return node_put_error(c->node);
}

json_t *signed_write(const struct rpc_context *c, const struct node_signed *records,
		     unsigned int count, const char *proofs, struct method_error *err)
{
	uint8_t signatures[SIGNED_MAX][STATE_SIGNATURE_SIZE];
	size_t len;

	if (!proofs)
		return to_sign(c, records, count, err);
	if (!text_unhex(proofs, signatures[0], sizeof(signatures), &len) ||
	    len != count * sizeof(signatures[0]))
		return method_fail(
			err, RPC_PARAMS,
			"parameter 'proofs' must be %u signatures of 128 hex digits each", count);
	for (unsigned int i = 0; i < count; i++) {
		int r = put(c, &records[i], signatures[i]);

		if (r)
			return refused(err, r);
	}
	return json_pack("{si}", "written", (int)count);
}
