/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbours that cannot be read: they have another community key than this node, or only one of
 * both has one. Whoever set up a node must hear of it, or wonders why it is not part of the
 * network; but anybody can send what cannot be read, so people are told of a few of them only.
 */
#include <string.h>

#include "node/internal.h"

#define PATIENCE (15 * USEC_S) /* a node that starts, or has just been given a key */
#define NOTICE_EACH (60 * USEC_S)
#define NOTICE_FIRST 4

static bool outsider(const struct node *n, const struct state_peer_view *v,
		     struct node_outsider *ret)
{
	const struct node_peer *p = &n->peers[v->handle];

	if (p->port == NODE_ROUTED)
		return false; /* what it says of its part is read */
	if (v->keys == STATE_KEYS_FIT || n->now - v->unread_since < PATIENCE)
		return false;
	*ret = (struct node_outsider) { .scope = p->scope,
					.cloud_mac = p->cloud_mac,
					.port = p->port,
					.address = p->address,
					.keys = v->keys,
					.since = v->unread_since };
	return true;
}

bool node_outsider_next(const struct node *n, uint32_t *cursor, struct node_outsider *ret)
{
	struct state_peer_view v;

	while (state_peer_next(n->state, cursor, &v))
		if (outsider(n, &v, ret))
			return true;
	return false;
}

const char *node_keys_text(enum state_keys keys)
{
	static const char *const texts[] = {
		[STATE_KEYS_FIT] = "has the same community key",
		[STATE_KEYS_DIFFER] = "has another community key",
		[STATE_KEYS_OURS] = "has no community key, this node has one",
		[STATE_KEYS_THEIRS] = "has a community key, this node has none",
	};

	return texts[keys];
}

static void tell(struct node *n, const struct node_outsider *s)
{
	struct effect_notice notice = { .notice = NOTICE_OTHER_KEY, .port = s->port };
	struct text t = text_init(notice.text, sizeof(notice.text));
	char address[IP6_TEXT];

	if (s->scope == STATE_CLOUD)
		notice.mac = s->cloud_mac;
	else
		text_add(&t, "%s on %s ", ip6_text(&s->address, address),
			 node_port_name(n, s->port));
	text_add(&t, "%s: it is not heard; set 'community_key' in 'trama security' alike",
		 node_keys_text(s->keys));
	node_notice(n, &notice);
}

void outsiders_refresh(struct node *n)
{
	struct node_outsider s;
	struct state_peer_view v;

	for (uint32_t i = 0; state_peer_next(n->state, &i, &v);) {
		struct node_peer *p = &n->peers[v.handle];

		if (!outsider(n, &v, &s)) {
			p->told_keys = p->told_keys && v.keys != STATE_KEYS_FIT;
			continue;
		}
		if (!p->told_keys &&
		    bucket_take(&n->outsider_notices, NOTICE_EACH, NOTICE_FIRST, n->now)) {
			p->told_keys = true;
			tell(n, &s);
		}
	}
}
