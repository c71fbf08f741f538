/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows when the state core has news of a record. */
#include <string.h>

#include "node/internal.h"

/* Said by an administrator, at this node or at any other. Nobody says it again. */
static bool is_on_purpose(uint8_t type)
{
	return type == RECORD_STATIC || type == RECORD_SETTING || type == RECORD_ADMIN;
}

static void changed(struct node *n, const struct state_event *e)
{
	switch ((enum record_type)e->key.type) {
	case RECORD_NODE:
		record_node_changed(n, e);
		break;
	case RECORD_BLOCK:
		record_block_changed(n, e);
		break;
	case RECORD_CLIENT:
		record_client_changed(n, e);
		break;
	case RECORD_GATEWAY:
		record_gateway_changed(n, e);
		break;
	case RECORD_PRESENCE:
		record_presence_changed(n, e);
		break;
	case RECORD_STATIC:
	case RECORD_FIXED:
		record_static_changed(n, e);
		break;
	case RECORD_LINK:
		record_link_changed(n, e);
		break;
	case RECORD_SERVICE:
	case RECORD_NOTE:
		record_announced_changed(n, e);
		break;
	case RECORD_SETTING:
		record_setting_changed(n);
		break;
	case RECORD_ADMIN: /* else it is looked up when it is needed */
		records_static_admin(n);
		break;
	}
}

bool records_out(struct node *n, const struct out *o, struct effect *ret)
{
	struct state_event e;
	struct state_talk talk;

	if (o->kind == STATE_STORE) {
		n->store_wanted = true;
		return false;
	}
	if (o->kind == STATE_TALK) {
		memcpy(&talk, o->data, sizeof(talk));
		talk_heard(n, &talk);
		return false;
	}
	memcpy(&e, o->data, sizeof(e));
	if (o->kind == STATE_ACKED) {
		record_block_acked(n, &e);
		return false;
	}
	/* what is told before comes from the disk */
	n->store_soon |= n->lease_loaded && is_on_purpose(e.key.type);
	changed(n, &e);
	ret->kind = EFFECT_RECORD;
	ret->record = e;
	return true;
}
