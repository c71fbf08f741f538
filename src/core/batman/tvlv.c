/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What our OGM carries besides the translation table, and trama's own container in it (type 0xa7,
 * version 1), of even length:
 *
 *	network id 16 bytes, cloud MAC 6, flags u16, length of the SSID u8, SSID, maybe a 0
 *
 * A node whose container names another network is refused: its OGMs are ignored and its frames
 * dropped, those of its other ports too, because its OGM is seen to leave them. A refusal ends with
 * an OGM of the right network, or 30 s after the last wrong one.
 *
 * Nodes with the kernel's engine say the same by a datagram. Clients of nodes of other software can
 * send such ones too, so nobody is refused for one, it says nothing of a node whose own OGMs speak,
 * and it counts for 60 s.
 */
#include <errno.h>
#include <string.h>

#include "core/batman/engine.h"

/* want all unsnoopables, all IPv4, all IPv6: other nodes send us every multicast frame */
#define MCAST_WANT_ALL 0x07

struct trama {
	uint8_t network_id[16];
	struct mac cloud_mac;
	uint16_t flags;
	uint8_t ssid[BATMAN_SSID_MAX];
	uint8_t ssid_len;
};

static bool trama_decode(struct rd v, struct trama *ret)
{
	rd_copy(&v, ret->network_id, sizeof(ret->network_id));
	ret->cloud_mac = rd_mac(&v);
	ret->flags = rd_u16(&v);
	ret->ssid_len = rd_u8(&v);
	if (ret->ssid_len > BATMAN_SSID_MAX)
		return false;
	rd_copy(&v, ret->ssid, ret->ssid_len);
	return rd_ok(&v);
}

static bool trama_find(struct rd tvlv, struct trama *ret)
{
	uint8_t type, version;
	struct rd v;

	while (bat_tvlv_next(&tvlv, &type, &version, &v)) {
		if (type == BAT_TVLV_TRAMA && version == 1)
			return trama_decode(v, ret);
	}
	return false;
}

void batman_announce(const struct batman *b, struct wr *w)
{
	const struct batman_conf *c = &b->conf;

	wr_bytes(w, c->network_id, sizeof(c->network_id));
	wr_mac(w, &c->cloud_mac);
	wr_u16(w, c->flags);
	wr_u8(w, c->ssid_len);
	wr_bytes(w, c->ssid, c->ssid_len);
}

void bat_tvlv_ogm_append(struct batman *b, struct wr *w)
{
	const struct batman_conf *c = &b->conf;
	size_t odd = (c->ssid_len + 1u) % 2;
	size_t after = 2 * BAT_TVLV_HEADER + 4 + 25 + c->ssid_len + odd;
	size_t mark;

	bat_tt_ogm_append(b, w, wr_left(w) - after);
	mark = bat_tvlv_begin(w, BAT_TVLV_MCAST, 2);
	wr_u8(w, MCAST_WANT_ALL);
	wr_zero(w, 3);
	bat_tvlv_end(w, mark);
	mark = bat_tvlv_begin(w, BAT_TVLV_TRAMA, 1);
	batman_announce(b, w);
	wr_zero(w, odd);
	bat_tvlv_end(w, mark);
}

bool bat_is_refused(const struct batman *b, const struct mac *mac)
{
	const struct bat_refused *r = b->refused.count ? table_find(&b->refused, mac) : NULL;

	return r && r->by_ogm;
}

bool batman_refuses(const struct batman *b)
{
	return b->refused.count > 0;
}

/* It is of another network, and refused if an OGM has said so. True when that is news. */
static bool refuse(struct batman *b, const struct mac *mac, bool by_ogm)
{
	struct bat_refused *r = table_find(&b->refused, mac);
	struct bat_orig *o;
	bool first = !r || (by_ogm && !r->by_ogm);

	if (!r)
		r = table_add(&b->refused, mac);
	if (!r) {
		BAT_COUNT(b, FULL_OTHER);
		return false;
	}
	r->until = b->now + BAT_REFUSE_US;
	r->by_ogm = r->by_ogm || by_ogm;
	/* the kernel cannot be kept from hearing it */
	if (first && by_ogm && !b->conf.mirror) {
		o = bat_orig_find(b, mac);
		if (o)
			bat_orig_remove(b, o);
		bat_orig_purge_neighbour(b, mac);
	}
	return first;
}

static void unrefuse(struct batman *b, const struct mac *mac)
{
	struct bat_refused *r = b->refused.count ? table_find(&b->refused, mac) : NULL;

	if (r)
		table_remove(&b->refused, r);
}

static void clash_report(struct batman *b, const struct mac *orig, const struct trama *t)
{
	struct batman_clash c = { .orig = *orig,
				  .ssid_len = t->ssid_len,
				  .refused = !b->conf.mirror && bat_is_refused(b, orig) };

	memcpy(c.network_id, t->network_id, sizeof(c.network_id));
	memcpy(c.ssid, t->ssid, t->ssid_len);
	BAT_COUNT(b, CLASHES);
	outq_push(b->outq, BATMAN_CLASH, 0, 0, &c, sizeof(c));
}

bool bat_tvlv_accept(struct batman *b, const struct bat_frame *f, const struct bat_ogm *o)
{
	/* fresh from the node itself: the sender is one of its ports */
	bool direct = o->ttl == BAT_TTL && mac_eq(&o->prev, &o->orig);
	struct trama t = { 0 };

	if (trama_find(o->tvlv, &t)) {
		if (memcmp(t.network_id, b->conf.network_id, sizeof(t.network_id)) != 0) {
			if (bat_is_mine(b, &o->orig))
				return false;
			if (refuse(b, &o->orig, true))
				clash_report(b, &o->orig, &t);
			if (direct)
				refuse(b, &f->src, true);
			return false;
		}
		unrefuse(b, &o->orig);
		if (direct)
			unrefuse(b, &f->src);
	}
	return !bat_is_refused(b, &o->orig) && !bat_is_refused(b, &f->src);
}

static void peer_report(struct batman *b, const struct bat_orig *o, enum batman_out_kind kind)
{
	struct batman_peer p = { .orig = o->mac,
				 .cloud_mac = o->cloud_mac,
				 .flags = o->flags,
				 .tq = bat_orig_tq(b, o) };

	outq_push(b->outq, (uint16_t)kind, 0, 0, &p, sizeof(p));
}

void bat_peer_update(struct batman *b, struct bat_orig *o)
{
	bool up = o->trama && o->out[0].router;
	struct bat_node *n;

	if (up == o->peer_up)
		return;
	o->peer_up = up;
	n = table_find(&b->nodes, &o->cloud_mac);
	if (up)
		n->routed++;
	else
		n->routed--;
	peer_report(b, o, up ? BATMAN_PEER_UP : BATMAN_PEER_DOWN);
}

static void node_ref(struct batman *b, const struct bat_orig *o)
{
	struct bat_node *n = table_find(&b->nodes, &o->cloud_mac);

	if (!n)
		n = table_add(&b->nodes, &o->cloud_mac); /* as many as originators */
	n->origs++;
	if (o->peer_up)
		n->routed++;
}

static void node_unref(struct batman *b, const struct bat_orig *o)
{
	struct bat_node *n = table_find(&b->nodes, &o->cloud_mac);

	if (o->peer_up)
		n->routed--;
	if (--n->origs == 0)
		table_remove(&b->nodes, n);
}

void bat_tvlv_orig_gone(struct batman *b, const struct bat_orig *o)
{
	if (o->trama)
		node_unref(b, o);
}

bool batman_is_node(const struct batman *b, const struct mac *mac)
{
	const struct bat_node *n = table_find(&b->nodes, mac);

	return n && n->routed;
}

bool batman_may_be_node(const struct batman *b, const struct mac *mac)
{
	return table_find(&b->nodes, mac);
}

/* It does not say any more that it is of trama. */
static void trama_end(struct batman *b, struct bat_orig *o)
{
	o->trama = false;
	bat_peer_update(b, o);
	node_unref(b, o);
}

static void trama_input(struct batman *b, struct bat_orig *o, const struct trama *t)
{
	bool changed =
		o->peer_up && (!mac_eq(&o->cloud_mac, &t->cloud_mac) || o->flags != t->flags);

	bat_tvlv_orig_gone(b, o);
	o->trama = true;
	o->told_at = b->now;
	o->cloud_mac = t->cloud_mac;
	o->flags = t->flags;
	node_ref(b, o);
	if (changed)
		peer_report(b, o, BATMAN_PEER_UP);
	bat_peer_update(b, o);
}

void bat_tvlv_ogm_input(struct batman *b, struct bat_orig *o, struct rd tvlv)
{
	struct rd r = tvlv, v;
	uint8_t type, version;
	struct trama t = { 0 };

	o->in_ogm = trama_find(tvlv, &t);
	if (o->in_ogm)
		trama_input(b, o, &t);
	while (bat_tvlv_next(&r, &type, &version, &v)) {
		if (type == BAT_TVLV_TT && version == 1) {
			/* only one: each is work */
			bat_tt_ogm_input(b, o, v);
			return;
		}
	}
}

/* A node that cannot be refused: the kernel takes its OGMs all the same, or it has told by a
 * datagram. */
static void peer_input(struct batman *b, struct bat_orig *o, const struct trama *t, bool by_ogm)
{
	o->in_ogm = by_ogm;
	if (memcmp(t->network_id, b->conf.network_id, sizeof(t->network_id)) != 0) {
		if (refuse(b, &o->mac, by_ogm))
			clash_report(b, &o->mac, t);
		/* a mirror cannot tell whose datagram it was */
		if (o->trama && (by_ogm || !b->conf.mirror))
			trama_end(b, o);
		return;
	}
	unrefuse(b, &o->mac);
	trama_input(b, o, t);
}

void bat_tvlv_overhear(struct batman *b, struct bat_orig *o, struct rd tvlv)
{
	struct trama t = { 0 };

	if (trama_find(tvlv, &t))
		peer_input(b, o, &t, true);
	else
		o->in_ogm = false;
}

void bat_tvlv_purge(struct batman *b)
{
	struct bat_refused *r;
	struct bat_orig *o;

	for (uint32_t i = 0; (r = table_next(&b->refused, &i));) {
		if (r->until <= b->now)
			table_remove(&b->refused, r);
	}
	for (uint32_t i = 0; (o = table_next(&b->origs, &i));) {
		if (o->trama && !o->in_ogm && b->now - o->told_at > BAT_TOLD_US)
			trama_end(b, o);
	}
}

/* Whose client that MAC is; of an engine of our own the frame tells, and nobody's client can forge
 * that. */
static struct bat_orig *announcer(const struct batman *b, uint32_t from,
				  const struct mac *cloud_mac)
{
	struct bat_client_key key = { .mac = *cloud_mac };
	const struct bat_global *g = bat_global_find(b, &key);
	struct bat_orig *o;

	if (!g)
		return NULL;
	o = b->conf.mirror ? bat_global_best(b, g) : bat_at(&b->origs, from);
	return o && bat_global_announces(b, o, g) ? o : NULL;
}

int batman_announced(struct batman *b, uint32_t from, const struct mac *cloud_mac, struct rd value,
		     usec_t now)
{
	struct bat_orig *o = announcer(b, from, cloud_mac);
	struct trama t = { 0 };

	b->now = now;
	if (!trama_decode(value, &t) || !mac_eq(&t.cloud_mac, cloud_mac)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return -EBADMSG;
	}
	if (!o)
		return -ENOENT;
	if (o->in_ogm)
		return -EPERM;
	peer_input(b, o, &t, false);
	return 0;
}
