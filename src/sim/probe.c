/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test frames: every second a client sends one to another client or to all, with an id of its own.
 * Wherever one shows up it is counted, so that a copy too many is seen at once.
 */
#include <string.h>

#include "packet/eth.h"
#include "sim/world.h"

#define PROBE_TYPE 0x88b6 /* IEEE local experimental ethertype 2 */
#define CALM (10 * USEC_S)

void probe_send(struct sim_host *h, bool broadcast)
{
	struct world *w = h->world;
	struct sim_host *to = &w->hosts[rng_below(&w->rng, w->plan->host_count)];
	uint8_t frame[60];
	struct wr b = wr_init(frame, sizeof(frame));
	uint32_t id = ++w->probe_next;
	struct probe *p = &w->probes[id % WORLD_PROBES];

	if (!broadcast && (to == h || to->state != HOST_BOUND))
		return;
	*p = (struct probe) {
		.id = id, .broadcast = broadcast, .sender = (uint16_t)h->index, .at = w->now
	};
	if (broadcast)
		w->broadcasts++;
	else
		w->unicasts++;
	wr_mac(&b, broadcast ? &MAC_BROADCAST : &to->mac);
	wr_mac(&b, &h->mac);
	wr_u16(&b, PROBE_TYPE);
	wr_u32(&b, id);
	wr_zero(&b, wr_left(&b));
	h->stack.send(h, frame, wr_len(&b));
}

static struct probe *find(struct world *w, struct rd *r)
{
	struct probe *p;
	uint32_t id;
	struct eth e;

	if (eth_decode(r, &e) || e.type != PROBE_TYPE)
		return NULL;
	id = rd_u32(r);
	p = &w->probes[id % WORLD_PROBES];
	return rd_ok(r) && p->id == id ? p : NULL;
}

/* Calm: nothing has moved for long enough before the frame was sent, and nothing has since. */
static bool calm(const struct world *w, const struct probe *p)
{
	return p->at - w->changed_at > CALM;
}

void probe_seen_host(struct sim_host *h, const uint8_t *frame, size_t len)
{
	struct world *w = h->world;
	struct rd r = rd_init(frame, len);
	struct probe *p = find(w, &r);

	if (!p)
		return;
	if (p->hosts[h->index]++ == 0) {
		w->broadcast_copies += p->broadcast;
		w->unicast_got += !p->broadcast;
		return;
	}
	if (p->broadcast && h->moved_at < p->at && w->hosts[p->sender].moved_at < p->at)
		world_violation(w, "%s saw broadcast %u of %s %u times",
				w->plan->hosts[h->index].name, p->id,
				w->plan->hosts[p->sender].name, (unsigned int)p->hosts[h->index]);
}

void probe_seen_node(struct sim_node *k, const uint8_t *frame, size_t len)
{
	struct world *w = k->world;
	struct rd r = rd_init(frame, len);
	struct probe *p;
	struct eth e;
	uint8_t type;

	if (eth_decode(&r, &e) || e.type != BATMAN_ETHERTYPE)
		return;
	type = rd_u8(&r);
	if (type != 0x40 && type != 0x42)
		return;
	rd_skip(&r, type == 0x40 ? 9 : 17);
	p = find(w, &r);
	if (!p || p->nodes[k->index]++ == 0)
		return;
	w->unicast_twice++;
	if (!w->lossy && calm(w, p))
		world_violation(w, "unicast %u came to %s twice", p->id,
				w->plan->nodes[k->index].name);
}
