/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doors for frames: from the mesh (batman packets), from bat0 (frames of clients) and into it.
 */
#include <errno.h>

#include "core/batman/engine.h"

#define ETHERTYPE_ARP 0x0806
#define ARP_REPLY 2

void bat_dispatch(struct batman *b, const struct bat_frame *f)
{
	struct rd r = f->packet;
	uint8_t type = rd_u8(&r), version = rd_u8(&r);

	if (!rd_ok(&r)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (version != BAT_VERSION) {
		BAT_COUNT(b, DROP_VERSION);
		return;
	}
	if (type == BAT_TYPE_OGM && !f->merged)
		bat_ogm_input(b, f);
	else if (bat_is_refused(b, &f->src))
		BAT_COUNT(b, DROP_CLASH);
	else if (type == BAT_TYPE_BCAST && !f->merged)
		bat_bcast_input(b, f);
	else if (type == BAT_TYPE_UNICAST || type == BAT_TYPE_4ADDR)
		bat_unicast_input(b, f);
	else if (type == BAT_TYPE_FRAG)
		bat_frag_input(b, f);
	else if (type == BAT_TYPE_ICMP)
		bat_icmp_input(b, f);
	else if (type == BAT_TYPE_TVLV)
		bat_tvlv_packet_input(b, f);
	else if (type > BAT_TYPE_TVLV && type <= BAT_TYPE_UNICAST_LAST)
		bat_unknown_input(b, f);
	else
		BAT_COUNT(b, DROP_UNKNOWN_TYPE);
}

int batman_mesh_input(struct batman *b, uint16_t port, const uint8_t *frame, size_t len, usec_t now)
{
	struct bat_frame f = { .port = bat_port_find(b, port) };
	struct rd r = rd_init(frame, len);
	struct bat_eth eth;

	b->now = now;
	if (!f.port)
		return -ENOENT;
	BAT_COUNT(b, RX_FRAMES);
	BAT_ADD(b, RX_BYTES, len);
	if (!bat_eth_decode(&r, &eth) || eth.type != BATMAN_ETHERTYPE) {
		BAT_COUNT(b, DROP_MALFORMED);
		return -EBADMSG;
	}
	f.dst = eth.dst;
	f.src = eth.src;
	f.packet = r;
	if (b->conf.mirror)
		bat_mirror_input(b, &f);
	else
		bat_dispatch(b, &f);
	return 0;
}

/* Spanning tree and Ethernet configuration testing: of one wire, harmful in a mesh. */
static bool inner_is_local(const struct bat_inner *in)
{
	static const struct mac stp = { { 0x01, 0x80, 0xc2, 0, 0, 0 } };
	static const struct mac ectp = { { 0xcf, 0, 0, 0, 0, 0 } };

	return mac_eq(&in->dst, &stp) || mac_eq(&in->dst, &ectp);
}

/* What kernels with bridge loop avoidance tell each other on a wire: ARP replies to ff:43:05:00 to
 * 03. */
static bool inner_is_claim(const struct bat_inner *in, struct rd r)
{
	struct mac target;

	if (in->type != ETHERTYPE_ARP)
		return false;
	rd_skip(&r, in->header_len + 6u);
	if (rd_u16(&r) != ARP_REPLY)
		return false;
	rd_skip(&r, 10);
	target = rd_mac(&r);
	return rd_ok(&r) && target.b[0] == 0xff && target.b[1] == 0x43 && target.b[2] == 0x05 &&
	       target.b[3] <= 3;
}

static int cloud_frame(struct batman *b, struct rd r)
{
	struct bat_client_key src, dst;
	struct bat_inner in;

	if (!bat_inner_decode(r, &in)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return -EBADMSG;
	}
	if (in.type == BATMAN_ETHERTYPE || inner_is_claim(&in, r)) {
		BAT_COUNT(b, DROP_FILTERED);
		return -ELOOP;
	}
	src = (struct bat_client_key) { .mac = in.src, .vid = in.vid };
	dst = (struct bat_client_key) { .mac = in.dst, .vid = in.vid };
	if (!mac_is_multicast(&in.src) && bat_local_add(b, &src, 0) < 0)
		return -ENOSPC;
	if (inner_is_local(&in)) {
		BAT_COUNT(b, DROP_FILTERED);
		return -ELOOP;
	}
	if (mac_is_multicast(&in.dst))
		return bat_bcast_send(b, r);
	/* flooded by the bridge, which has not learnt our client yet */
	if (bat_local_serves(b, &dst)) {
		BAT_COUNT(b, DROP_LOCAL);
		return -ELOOP;
	}
	return bat_unicast_send(b, &in, r);
}

int batman_cloud_input(struct batman *b, const uint8_t *frame, size_t len, usec_t now)
{
	int err;

	b->now = now;
	if (b->conf.mirror)
		return outq_push(b->outq, BATMAN_TO_KERNEL, 0, 0, frame, len);
	err = cloud_frame(b, rd_init(frame, len));
	if (err < 0) {
		BAT_COUNT(b, CLOUD_IN_DROPPED);
		return err;
	}
	BAT_COUNT(b, CLOUD_IN);
	BAT_ADD(b, CLOUD_IN_BYTES, len);
	return 0;
}

void bat_deliver(struct batman *b, struct rd inner, struct bat_orig *from)
{
	struct bat_inner in;
	struct bat_client_key src;

	if (!bat_inner_decode(inner, &in)) {
		BAT_COUNT(b, DROP_MALFORMED);
		return;
	}
	if (in.type == BATMAN_ETHERTYPE) {
		BAT_COUNT(b, DROP_FILTERED);
		return;
	}
	src = (struct bat_client_key) { .mac = in.src, .vid = in.vid };
	/* a client that has just come there: known before its node's next OGM */
	if (from && mac_is_station(&in.src) && !bat_is_loop_probe(&in.src))
		bat_global_add(b, from, &src, BAT_TT_TEMP, from->ttvn);
	if (outq_push(b->outq, BATMAN_DELIVER, 0, bat_ref(&b->origs, from), inner.p,
		      rd_left(&inner)) == 0) {
		BAT_COUNT(b, DELIVERED);
		BAT_ADD(b, DELIVERED_BYTES, rd_left(&inner));
	}
}
