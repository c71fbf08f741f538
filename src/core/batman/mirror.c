/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of an engine that is not ours: the kernel's batman-adv does the work, and every second
 * somebody tells what is in its tables. A whole telling ends with BATMAN_ROW_END; what it did not
 * name is gone. A client that left our table for another originator's has moved.
 *
 * What the kernel does not show is read from the OGMs that pass: trama's own container, whose port
 * a neighbour is, and whether it hears an originator itself.
 */
#include <errno.h>

#include "core/batman/engine.h"

static int self_row(struct batman *b, const struct batman_row *r)
{
	struct bat_port *p = bat_port_by_mac(b, &r->mac);

	if (!p)
		return -EINVAL;
	b->primary = p;
	b->ttvn = r->ttvn;
	return 0;
}

static int path_row(struct batman *b, const struct batman_row *r)
{
	const struct bat_port *port = bat_port_find(b, r->port);
	bool is_link = mac_eq(&r->via, &r->mac);
	struct bat_orig *o;
	struct bat_path *p;

	if (!port || !mac_is_station(&r->mac) || !mac_is_station(&r->via))
		return -EINVAL;
	o = bat_orig_get(b, &r->mac, port->slot, &r->via);
	p = o ? bat_path_get(b, o, &r->via, port->slot, r->best || is_link) : NULL;
	if (!p)
		return -ENOSPC;
	if (r->best) {
		bat_orig_proven(b, o);
		if (is_link)
			bat_link_proven(b, o, port->slot);
	}
	p->round = (uint16_t)b->round;
	p->last_seen = o->last_seen = b->now - r->last_seen_ms * USEC_MS;
	p->out[0].tq_avg = r->tq;
	if (r->best)
		bat_orig_set_router(b, o, 0, p);
	return 0;
}

static int global_row(struct batman *b, const struct batman_row *r)
{
	struct bat_orig *o = bat_orig_find(b, &r->via);

	if (!o)
		return -EINVAL;
	return bat_global_mirror(b, o, r) ? 0 : -ENOSPC;
}

static int end_row(struct batman *b)
{
	bat_orig_sweep(b);
	bat_global_sweep(b);
	bat_local_sweep(b);
	bat_tvlv_purge(b);
	b->round++;
	return 0;
}

int batman_mirror_row(struct batman *b, const struct batman_row *row, usec_t now)
{
	b->now = now;
	if (!b->conf.mirror)
		return -EINVAL;
	switch (row->kind) {
	case BATMAN_ROW_SELF:
		return self_row(b, row);
	case BATMAN_ROW_PATH:
		return path_row(b, row);
	case BATMAN_ROW_LOCAL:
		return bat_local_mirror(b, row) ? 0 : -ENOSPC;
	case BATMAN_ROW_GLOBAL:
		return global_row(b, row);
	case BATMAN_ROW_END:
		return end_row(b);
	}
	return -EINVAL;
}

static void direct_overhear(struct batman *b, const struct bat_frame *f, const struct bat_ogm *ogm)
{
	struct bat_path *p = bat_path_find(b, &ogm->orig, &f->src, f->port->slot);

	if (!p || mac_eq(&ogm->orig, &f->src) || bat_is_mine(b, &ogm->prev) ||
	    ogm->flags & BAT_OGM_NOT_BEST)
		return;
	p->direct = ogm->flags & BAT_OGM_DIRECT;
	p->direct_at = b->now;
}

static void ogm_overhear(struct batman *b, const struct bat_frame *f)
{
	struct rd r = f->packet;
	struct bat_orig *o;
	struct bat_ogm ogm;

	if (!bat_ogm_frame_ok(b, f))
		return;
	while (bat_ogm_next(&r, &ogm)) {
		o = bat_orig_find(b, &ogm.orig);
		if (!o)
			continue;
		bat_tvlv_overhear(b, o, ogm.tvlv);
		bat_ogm_name_sender(b, f, &ogm);
		direct_overhear(b, f, &ogm);
	}
	if (!rd_ok(&r))
		BAT_COUNT(b, DROP_MALFORMED);
}

/* Answers to our own probes end here, and the kernel has a copy; all else is the kernel's alone. */
static bool is_answer(const struct batman *b, struct rd packet)
{
	struct bat_icmp h;

	if (!bat_icmp_decode(&packet, &h) || !bat_is_mine(b, &h.dst))
		return false;
	return h.type == BATMAN_ICMP_REPLY || h.type == BATMAN_ICMP_UNREACHABLE ||
	       h.type == BATMAN_ICMP_TTL_EXCEEDED || h.type == BATMAN_ICMP_PARAMETER;
}

void bat_mirror_input(struct batman *b, const struct bat_frame *f)
{
	struct rd r = f->packet;
	uint8_t type = rd_u8(&r), version = rd_u8(&r);

	if (!rd_ok(&r) || version != BAT_VERSION)
		return;
	if (type == BAT_TYPE_OGM)
		ogm_overhear(b, f);
	else if (type == BAT_TYPE_ICMP && is_answer(b, f->packet))
		bat_icmp_input(b, f);
}
