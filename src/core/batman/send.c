/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames into the outq, and unicast packets along the best next hop. */
#include <errno.h>
#include <string.h>

#include "core/batman/engine.h"

struct wr bat_send_begin(struct batman *b, const struct bat_port *port, const struct mac *dst,
			 size_t len)
{
	uint8_t *to = outq_reserve(b->outq, BAT_ETH_HEADER + len);
	struct wr w = wr_init(to, to ? BAT_ETH_HEADER + len : 0);

	bat_eth_encode(&w, dst, &port->mac);
	return w;
}

int bat_send_end(struct batman *b, const struct bat_port *port, struct wr *w)
{
	size_t len = wr_len(w);

	if (len == 0)
		return -ENOSPC;
	if (len > BAT_ETH_HEADER + port->mtu) {
		BAT_COUNT(b, DROP_TOO_BIG);
		return -EMSGSIZE;
	}
	outq_commit(b->outq, BATMAN_SEND, port->number, 0, len);
	BAT_COUNT(b, TX_FRAMES);
	BAT_ADD(b, TX_BYTES, len);
	return 0;
}

size_t bat_packet_len(const struct bat_packet *p)
{
	return p->head_len + rd_left(&p->body);
}

void bat_packet_copy(const struct bat_packet *p, size_t at, size_t len, struct wr *w)
{
	if (at < p->head_len) {
		size_t n = p->head_len - at < len ? p->head_len - at : len;

		wr_bytes(w, p->head + at, n);
		at += n;
		len -= n;
	}
	if (len) {
		struct rd body = p->body;

		rd_skip(&body, at - p->head_len);
		wr_bytes(w, rd_take(&body, len), len);
	}
}

int bat_send_to(struct batman *b, const struct bat_orig *o, uint32_t out,
		const struct bat_packet *p)
{
	const struct bat_path *path = bat_orig_way(b, o, out, p->from);
	const struct bat_port *port;
	size_t len = bat_packet_len(p);
	struct wr w;

	if (!path)
		return -ENETUNREACH;
	port = &b->ports[path->key.slot];
	if (len > port->mtu && b->conf.fragmentation)
		return bat_frag_send(b, o, path, p);
	w = bat_send_begin(b, port, &path->key.neighbour, len);
	bat_packet_copy(p, 0, len, &w);
	return bat_send_end(b, port, &w);
}
