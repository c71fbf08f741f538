/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unicast packets: in, on, and out of bat0.
 *
 * A header carries the version (ttvn) of the destination's table that its sender knew. Every node
 * on the way that knows a newer one looks the client up again, and drops the frame if nobody has
 * it: so a frame follows a client that has moved, wherever it is on its way. To a node that has
 * lost the client to one not known yet, frames go with an old version, so that it looks again, but
 * where the client was heard elsewhere since. To that node, and to one of which only a roaming
 * advertisement told, they go with a version ahead of all that it has announced: nodes between,
 * which still believe the client elsewhere, would send them back.
 */
#include <errno.h>
#include <string.h>

#include "core/batman/engine.h"

bool bat_unicast_check(struct batman *b, const struct bat_frame *f)
{
	if (!mac_is_station(&f->dst) || mac_is_multicast(&f->src)) {
		BAT_COUNT(b, DROP_ADDRESS);
		return false;
	}
	/* a frame for another, seen on a shared medium */
	return bat_is_mine(b, &f->dst);
}

/* Sends a packet on, the first head_len bytes of which are already in p->head. */
static void forward(struct batman *b, const struct bat_frame *f, const struct mac *dst, uint8_t ttl,
		    struct bat_packet *p)
{
	const struct bat_orig *o = bat_orig_find(b, dst);

	if (ttl < 2) {
		BAT_COUNT(b, DROP_TTL);
		return;
	}
	if (!o) {
		BAT_COUNT(b, DROP_NO_ROUTE);
		return;
	}
	if (bat_send_to(b, o, 1u + f->port->slot, p) == 0) {
		BAT_COUNT(b, FORWARDED);
		BAT_ADD(b, FORWARDED_BYTES, BAT_ETH_HEADER + bat_packet_len(p));
	}
}

/*
 * Points the header to the node that has the client now; false when that is nobody. Where it is the
 * node that the frame goes to anyway, a kernel drops the frame, only because its sender has not
 * heard the latest OGM of that node yet.
 */
static bool reroute(struct batman *b, struct bat_unicast *h, const struct bat_client_key *client)
{
	const struct bat_global *g;
	const struct bat_orig *o;

	if (bat_local_serves(b, client)) {
		h->dst = b->primary->mac;
		h->ttvn = b->ttvn;
		BAT_COUNT(b, TT_REROUTED);
		return true;
	}
	g = bat_global_find(b, client);
	o = bat_orig_find(b, &h->dst);
	/* of two that announce it the newer one is right, whichever is nearer: to send the frame to
	 * the old one, which has just sent it on, would let it go back and forth */
	if (g && !(o && bat_global_is_newest(b, o, g)))
		o = bat_global_best(b, g);
	if (!g || !o)
		return false;
	if (!mac_eq(&o->mac, &h->dst))
		BAT_COUNT(b, TT_REROUTED);
	h->dst = o->mac;
	h->ttvn = bat_global_version(b, g, o);
	return true;
}

/* False: nobody can take this frame. */
static bool ttvn_check(struct batman *b, struct bat_unicast *h, const struct bat_inner *in)
{
	struct bat_client_key client = { .mac = in->dst, .vid = in->vid };
	uint8_t known = b->ttvn;
	const struct bat_orig *o;

	if (mac_is_multicast(&in->dst))
		return true;
	if (bat_local_is_roaming(b, &client)) {
		reroute(b, h, &client);
		return true;
	}
	if (!bat_is_mine(b, &h->dst)) {
		o = bat_orig_find(b, &h->dst);
		if (!o) {
			BAT_COUNT(b, DROP_NO_ROUTE);
			return false;
		}
		known = o->ttvn;
	}
	/* one that is 128 away is not old, as for kernels */
	if ((uint8_t)(h->ttvn - known) <= 128 || reroute(b, h, &client))
		return true;
	BAT_COUNT(b, DROP_NO_CLIENT);
	return false;
}

void bat_unicast_input(struct batman *b, const struct bat_frame *f)
{
	struct rd r = f->packet;
	struct bat_unicast h;
	struct bat_inner in;
	struct bat_packet p;
	struct mac dst;
	struct wr w;

	if (!bat_unicast_decode(&r, &h) || !bat_inner_decode(r, &in)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	dst = h.dst;
	if (!bat_unicast_check(b, f) || !ttvn_check(b, &h, &in))
		return;
	if (bat_is_mine(b, &h.dst)) {
		bool told = h.type == BAT_TYPE_4ADDR && h.subtype == BAT_4ADDR_DATA;

		bat_deliver(b, r, told ? bat_orig_find(b, &h.src) : NULL);
		return;
	}
	p.body = r;
	p.priority = f->merged ? f->priority : in.priority;
	/* one that follows its client to another node may have to go back */
	p.from = mac_eq(&h.dst, &dst) ? &f->src : NULL;
	w = wr_init(p.head, sizeof(p.head));
	h.ttl--;
	bat_unicast_encode(&w, &h);
	p.head_len = wr_len(&w);
	forward(b, f, &h.dst, (uint8_t)(h.ttl + 1), &p);
}

/* Types that a newer batman-adv may have: only the destination is known, and that is enough. */
void bat_unknown_input(struct batman *b, const struct bat_frame *f)
{
	struct rd r = f->packet;
	struct bat_packet p = { .head_len = BAT_UNICAST, .from = &f->src };
	struct mac dst;
	uint8_t ttl;

	rd_copy(&r, p.head, BAT_UNICAST);
	p.body = rd_rest(&r);
	if (!rd_ok(&r)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (!bat_unicast_check(b, f))
		return;
	memcpy(dst.b, p.head + 4, sizeof(dst.b));
	if (bat_is_mine(b, &dst)) {
		BAT_COUNT(b, DROP_UNKNOWN_TYPE);
		return;
	}
	ttl = p.head[2]--;
	forward(b, f, &dst, ttl, &p);
}

void bat_tvlv_packet_input(struct batman *b, const struct bat_frame *f)
{
	struct rd r = f->packet, value;
	struct bat_tvlv_packet p;
	uint8_t type, version;
	bool mine, told = false, consumed = false;

	if (!bat_tvlv_packet_decode(&r, &p)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (!bat_unicast_check(b, f))
		return;
	mine = bat_is_mine(b, &p.dst);
	while (bat_tvlv_next(&p.tvlv, &type, &version, &value)) {
		/* a second table has no meaning, and each is work: a frame could hold 180 */
		if (type == BAT_TVLV_TT && version == 1 && !told) {
			told = true;
			consumed = bat_tt_unicast_input(b, &p, value);
		} else if (type == BAT_TVLV_ROAM && version == 1 && mine) {
			bat_roam_input(b, &p, value);
		}
	}
	if (!mine && !consumed)
		bat_unknown_input(b, f);
}

int bat_unicast_send(struct batman *b, const struct bat_inner *in, struct rd inner)
{
	struct bat_client_key dst = { .mac = in->dst, .vid = in->vid };
	struct bat_unicast h = { .type = BAT_TYPE_UNICAST, .ttl = BAT_TTL };
	const struct bat_global *g = bat_global_find(b, &dst);
	const struct bat_orig *o = g ? bat_global_best(b, g) : NULL;
	struct bat_packet p = { .body = inner, .priority = in->priority };
	struct wr w = wr_init(p.head, sizeof(p.head));

	if (!o) {
		BAT_COUNT(b, DROP_NO_CLIENT);
		return -ENETUNREACH;
	}
	h.dst = o->mac;
	h.ttvn = bat_global_version(b, g, o);
	bat_unicast_encode(&w, &h);
	p.head_len = wr_len(&w);
	return bat_send_to(b, o, 0, &p);
}
