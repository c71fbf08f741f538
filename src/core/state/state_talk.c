/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words to single neighbours, for what concerns nobody else and is over in a moment. A word goes
 * out in a datagram of its own, so it is lost, late or repeated by the network as that is; who
 * repeats the datagram is not heard twice. */
#include "core/state/state_internal.h"

#include <errno.h>
#include <string.h>

/* Of two ways to one node the one by which it was heard last. */
static struct state_peer *peer_of(const struct state *s, const struct state_node *id)
{
	struct state_peer *best = NULL;

	for (uint32_t i = 0; i < s->n_peers; i++) {
		struct state_peer *p = &s->peers[i];

		if (p->used && p->scopes & STATE_SCOPE_BIT(STATE_CLOUD) &&
		    state_seal_is_met(s, p) && memcmp(&p->id, id, sizeof(*id)) == 0 &&
		    (!best || p->heard_at > best->heard_at))
			best = p;
	}
	return best;
}

int state_talk(struct state *s, const struct state_node *to, uint8_t topic, const void *data,
	       size_t len)
{
	static const struct state_node nobody;
	struct state_peer *p = memcmp(to, &nobody, sizeof(*to)) ? peer_of(s, to) : NULL;
	uint8_t buf[STATE_DATAGRAM_MAX];
	size_t mark, size;
	struct wr w;

	if (len > STATE_TALK_MAX)
		return -EINVAL;
	if (!p)
		return -ENOENT;
	w = state_peer_begin(s, p, buf);
	mark = state_msg_item_begin(&w, STATE_ITEM_TALK);
	wr_u8(&w, topic);
	wr_u8(&w, (uint8_t)len);
	wr_bytes(&w, data, len);
	state_msg_item_end(&w, mark);
	size = state_peer_finish(s, p, &w);
	if (outq_push(s->out, STATE_SEND, p->handle, 0, buf, size) == 0)
		return 0;
	state_count_up(s, STATE_C_OUT_FULL);
	return -ENOBUFS;
}

void state_talk_heard(struct state *s, struct state_peer *p, struct rd body, usec_t now)
{
	struct state_talk t = { .from = p->id };

	if (!bucket_take(&p->talk_pace, STATE_TALK_INTERVAL, STATE_TALK_BURST, now)) {
		state_count_up(s, STATE_C_DROP_TALK);
		return;
	}
	t.topic = rd_u8(&body);
	t.len = rd_u8(&body);
	rd_copy(&body, t.data, t.len);
	if (outq_push(s->out, STATE_TALK, p->handle, 0, &t, sizeof(t)) < 0)
		state_count_up(s, STATE_C_OUT_FULL);
}
