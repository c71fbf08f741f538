/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of records as people see them, and records of types that are free for their own use.
 * Those are none that the state core is told of: every node carries them as it carries whatever it
 * does not know, all of them within one bound. */
#include <errno.h>
#include <string.h>

#include "node/internal.h"

static const struct node_record_type types[] = {
	{ RECORD_NODE, "node", NODE_ID_NODE },	  { RECORD_BLOCK, "block", NODE_ID_NUMBER },
	{ RECORD_CLIENT, "client", NODE_ID_MAC }, { RECORD_GATEWAY, "gateway", NODE_ID_NODE },
	{ RECORD_STATIC, "static", NODE_ID_MAC }, { RECORD_SETTING, "setting", NODE_ID_BYTES },
	{ RECORD_ADMIN, "admin", NODE_ID_BYTES }, { RECORD_PRESENCE, "presence", NODE_ID_NODE },
	{ RECORD_LINK, "link", NODE_ID_NODE },	  { RECORD_SERVICE, "service", NODE_ID_TEXT },
	{ RECORD_NOTE, "note", NODE_ID_MAC },	  { RECORD_FIXED, "fixed", NODE_ID_MAC },
};

const struct node_record_type *node_record_type_at(size_t i)
{
	return i < sizeof(types) / sizeof(types[0]) ? &types[i] : NULL;
}

int records_put_free(struct node *n, const struct control_put *p)
{
	struct state_unknown u = { .key = state_key_init(p->type, p->id, p->id_len),
				   .kind = p->owned ? STATE_OWNED : STATE_SHARED,
				   .scope = p->network ? STATE_NETWORK : STATE_CLOUD,
				   .value = p->value,
				   .len = p->len,
				   .lifetime_s = p->lifetime_s };

	if (p->type == RECORD_SERVICE || p->type == RECORD_NOTE)
		return records_put_announced(n, p);
	if (p->type < NODE_FREE_TYPE)
		return -EINVAL;
	if (!state_is_ready(n->state, n->now))
		return -EAGAIN;
	return p->deleted ? state_delete_unknown(n->state, &u, n->now)
			  : state_put_unknown(n->state, &u, n->now);
}

int node_put_error(const struct node *n)
{
	return n->put_error;
}
