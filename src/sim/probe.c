/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test frames: every second a client sends one to another client or to all of its cloud, with an id
 * of its own. Wherever one shows up it is counted, so that a copy too many, one that is missing and
 * one in the wrong cloud are seen at once.
 */
#include <string.h>

#include "packet/eth.h"
#include "sim/world.h"

#define PROBE_TYPE 0x88b6      /* IEEE local experimental ethertype 2 */
#define DUE (2 * USEC_S)       /* the time a test frame may take */
#define ROAMED USEC_S	       /* after the first frame at the new place */
#define FLIGHT (100 * USEC_MS) /* of a broadcast to the far end */
#define ROUNDS_MAX 60	       /* at one node: a TTL of 50 ends it earlier */

void probe_send(struct sim_host *h, bool broadcast)
{
	struct world *w = h->world;
	struct sim_host *to = &w->hosts[rng_below(&w->rng, w->plan->host_count)];
	uint8_t frame[60];
	struct wr b = wr_init(frame, sizeof(frame));
	uint32_t id = w->probe_next + 1;
	struct probe *p = &w->probes[id % WORLD_PROBES];

	if (!broadcast && (to == h || to->state != HOST_BOUND || !same_cloud(w, to->at, h->at)))
		return;
	w->probe_next = id;
	*p = (struct probe) { .id = id,
			      .broadcast = broadcast,
			      .sender = (uint16_t)h->index,
			      .target = (uint16_t)to->index,
			      .at = w->now };
	if (broadcast)
		w->broadcasts++;
	else
		w->unicasts++;
	if (!broadcast && w->now - w->changed_at > WORLD_CALM)
		w->calm_unicasts++;
	wr_mac(&b, broadcast ? &MAC_BROADCAST : &to->mac);
	wr_mac(&b, &h->mac);
	wr_u16(&b, PROBE_TYPE);
	wr_u32(&b, id);
	wr_zero(&b, wr_left(&b));
	h->stack.send(h, frame, wr_len(&b));
	world_push(w, (struct item) { .at = w->now + DUE, .kind = ITEM_PROBE, .a = id });
}

static struct probe *find(struct world *w, struct rd *r, struct eth *ret_eth)
{
	struct probe *p;
	uint32_t id;

	if (eth_decode(r, ret_eth) || ret_eth->type != PROBE_TYPE)
		return NULL;
	id = rd_u32(r);
	p = &w->probes[id % WORLD_PROBES];
	return rd_ok(r) && p->id == id ? p : NULL;
}

/* It was on its way, or waited at a node that stood still, while the ends of a wire were joined. */
static bool was_in_loop(const struct world *w, const struct probe *p)
{
	return p->at <= w->loop_to && (p->at + FLIGHT >= w->loop_from ||
				       (w->now >= w->loop_from && w->now <= w->loop_to + FLIGHT));
}

/* A client that stands still sees a broadcast once, and no frame of another cloud. */
void probe_seen_host(struct sim_host *h, const uint8_t *frame, size_t len)
{
	struct world *w = h->world;
	struct rd r = rd_init(frame, len);
	const struct sim_host *sender;
	struct probe *p;
	struct eth e;

	p = find(w, &r, &e);
	if (!p)
		return;
	sender = &w->hosts[p->sender];
	if (sender->at >= 0 && !same_cloud(w, sender->at, h->at))
		world_violation(w, "%s saw frame %u of %s, which is of another cloud",
				w->plan->hosts[h->index].name, p->id,
				w->plan->hosts[p->sender].name);
	if (p->hosts[h->index]++ == 0) {
		w->broadcast_copies += p->broadcast;
		w->unicast_got += !p->broadcast;
		return;
	}
	if (p->broadcast && h->moved_at < p->at && !was_in_loop(w, p))
		world_violation(w, "%s saw broadcast %u of %s %u times",
				w->plan->hosts[h->index].name, p->id,
				w->plan->hosts[p->sender].name, (unsigned int)p->hosts[h->index]);
}

/* The client's frame inside a batman-adv frame, if it is whole in there. */
static bool inner(struct rd *r, bool *ret_unicast)
{
	struct eth e;
	uint8_t type;

	if (eth_decode(r, &e) || e.type != BATMAN_ETHERTYPE)
		return false;
	type = rd_u8(r);
	*ret_unicast = type != 0x01;
	if (type == 0x01)
		rd_skip(r, 13);
	else if (type == 0x40)
		rd_skip(r, 9);
	else if (type == 0x42)
		rd_skip(r, 17);
	else
		return false;
	return rd_ok(r);
}

/* What is for somebody in another part of a cloud that is cut goes to where he was, and from there
 * towards him until it comes to the cut: batman-adv keeps such ways for 200 s. */
static bool is_cut_off(struct world *w, const struct probe *p)
{
	int from = w->hosts[p->sender].at, to = w->hosts[p->target].at;

	return from >= 0 && to >= 0 && !check_promised(w, from, to, p->at);
}

static void twice(struct sim_node *k, const struct probe *p)
{
	struct world *w = k->world;
	const char *name = w->plan->nodes[k->index].name;

	/* the TTL ends each copy of those that a wire makes on the way, however many they become */
	if (p->nodes[k->index] > ROUNDS_MAX && !p->doubled)
		world_violation(w, "unicast %u came to %s %u times: no TTL ends it", p->id, name,
				(unsigned int)p->nodes[k->index]);
	if (p->doubled || p->at - w->changed_at <= WORLD_CALM || is_cut_off(w, p))
		return;
	w->calm_twice += p->nodes[k->index] == 2;
	if (!w->lossy && p->nodes[k->index] == 2)
		world_violation(w, "unicast %u came to %s twice", p->id, name);
}

void probe_seen_node(struct sim_node *k, const uint8_t *frame, size_t len)
{
	struct world *w = k->world;
	struct rd r = rd_init(frame, len);
	struct probe *p;
	bool unicast;
	struct eth e;

	if (!inner(&r, &unicast) || !unicast)
		return;
	p = find(w, &r, &e);
	if (p && p->nodes[k->index]++)
		twice(k, p);
}

void probe_doubled(struct world *w, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len);
	uint8_t plain[1600];
	struct wr b = wr_init(plain, sizeof(plain));
	struct rd body;
	struct probe *p;
	bool unicast;
	struct eth e;

	if (eth_decode(&r, &e))
		return;
	e.tagged = false;
	eth_encode(&b, &e);
	wr_bytes(&b, r.p, rd_left(&r));
	body = rd_init(plain, wr_len(&b));
	if (!inner(&body, &unicast))
		return;
	p = find(w, &body, &e);
	if (p)
		p->doubled = true;
}

static bool settled(const struct world *w, const struct sim_host *h, usec_t at)
{
	return h->at >= 0 && life_runs(&w->nodes[h->at]) && h->state == HOST_BOUND &&
	       h->moved_at <= h->shown_at && h->shown_at < at - ROAMED;
}

/* Without loss a frame arrives, from one second after the last move of its sender and receiver and,
 * after any other change, as soon as its node can know the way. */
void probe_due(struct world *w, uint32_t id)
{
	const struct probe *p = &w->probes[id % WORLD_PROBES];
	const struct sim_host *from = &w->hosts[p->sender];

	if (p->id != id || w->lossy || w->disturbed_at > p->at || !settled(w, from, p->at))
		return;
	for (unsigned int i = 0; i < w->plan->host_count; i++) {
		const struct sim_host *to = &w->hosts[i];

		if (to == from || (!p->broadcast && i != p->target) || p->hosts[i] ||
		    !settled(w, to, p->at) || !check_promised(w, from->at, to->at, p->at))
			continue;
		world_violation(w, "%s %u of %s (at %d) to %s (at %d) is lost",
				p->broadcast ? "broadcast" : "unicast", id,
				w->plan->hosts[p->sender].name, from->at, w->plan->hosts[i].name,
				to->at);
	}
}
