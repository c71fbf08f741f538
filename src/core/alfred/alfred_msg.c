/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/alfred/alfred_msg.h"

#include <errno.h>
#include <string.h>

#define VERSION 0
#define EXIT_FAILED 1 /* what the program `alfred` ends with after a STATUS_ERROR */

enum status {
	STATUS_MODE,
	STATUS_INTERFACE,
	STATUS_BAT_IFACE,
};

size_t alfred_packet_len(struct rd r)
{
	uint16_t len;

	rd_skip(&r, 2);
	len = rd_u16(&r);
	return rd_ok(&r) ? ALFRED_HEAD + (size_t)len : 0;
}

/* Of a fixed size on the wire; whoever sends less means as much as there is. */
static void names_decode(struct rd *r, size_t size, char ret[static ALFRED_NAMES])
{
	size_t n = rd_left(r) < size ? rd_left(r) : size;

	rd_copy(r, ret, n);
	ret[n < size ? n : size - 1] = '\0';
}

static int body_decode(struct rd *r, struct alfred_msg *m)
{
	uint8_t mode;

	switch (m->packet) {
	case ALFRED_PUSH_DATA:
		m->id = rd_u16(r);
		m->seqno = rd_u16(r);
		m->blocks = rd_rest(r);
		break;
	case ALFRED_REQUEST:
		m->type = rd_u8(r);
		m->id = rd_u16(r);
		break;
	case ALFRED_STATUS_TXEND:
	case ALFRED_STATUS_ERROR:
		m->id = rd_u16(r);
		m->seqno = rd_u16(r);
		break;
	case ALFRED_MODESWITCH:
		mode = rd_u8(r);
		if (mode > 1)
			return -EBADMSG;
		m->primary = mode == 1;
		break;
	case ALFRED_CHANGE_INTERFACE:
		names_decode(r, ALFRED_NAMES, m->names);
		break;
	case ALFRED_CHANGE_BAT_IFACE:
		names_decode(r, ALFRED_IFNAME, m->names);
		break;
	case ALFRED_EVENT_NOTIFY:
		m->type = rd_u8(r);
		m->source = rd_mac(r);
		break;
	case ALFRED_ANNOUNCE_PRIMARY:
	case ALFRED_SERVER_STATUS:
	case ALFRED_EVENT_REGISTER:
		break;
	}
	return rd_ok(r) ? 0 : -EBADMSG;
}

int alfred_decode(struct rd r, struct alfred_msg *ret)
{
	uint8_t packet = rd_u8(&r), version = rd_u8(&r);
	struct rd body = rd_sub(&r, rd_u16(&r));
	struct alfred_msg m = { 0 };
	int err;

	if (!rd_ok(&r))
		return -EBADMSG;
	if (version != VERSION || packet > ALFRED_EVENT_NOTIFY)
		return -EPROTONOSUPPORT;
	m.packet = (enum alfred_packet)packet;
	m.blocks = rd_init(NULL, 0);
	err = body_decode(&body, &m);
	if (!err)
		*ret = m;
	return err;
}

bool alfred_block_next(struct rd *blocks, struct alfred_block *ret)
{
	struct alfred_block b = { .source = rd_mac(blocks) };

	b.type = rd_u8(blocks);
	b.version = rd_u8(blocks);
	b.len = rd_u16(blocks);
	b.data = rd_take(blocks, b.len);
	if (!rd_ok(blocks))
		return false;
	*ret = b;
	return true;
}

static void head_encode(struct wr *w, enum alfred_packet packet, uint16_t len)
{
	wr_u8(w, (uint8_t)packet);
	wr_u8(w, VERSION);
	wr_u16(w, len);
}

size_t alfred_push_begin(struct wr *w, uint16_t id, uint16_t seqno)
{
	size_t mark = wr_mark(w);

	head_encode(w, ALFRED_PUSH_DATA, 0);
	wr_u16(w, id);
	wr_u16(w, seqno);
	return mark;
}

void alfred_block_head(struct wr *w, const struct alfred_block *b)
{
	wr_mac(w, &b->source);
	wr_u8(w, b->type);
	wr_u8(w, b->version);
	wr_u16(w, b->len);
}

void alfred_push_end(struct wr *w, size_t mark)
{
	size_t len = wr_mark(w) - mark;

	if (len > ALFRED_PACKET_MAX)
		w->bad = true;
	else
		wr_patch_u16(w, mark + 2, (uint16_t)(len - ALFRED_HEAD));
}

void alfred_announce_encode(struct wr *w)
{
	head_encode(w, ALFRED_ANNOUNCE_PRIMARY, 0);
}

void alfred_request_encode(struct wr *w, uint8_t type, uint16_t id)
{
	head_encode(w, ALFRED_REQUEST, 3);
	wr_u8(w, type);
	wr_u16(w, id);
}

void alfred_txend_encode(struct wr *w, uint16_t id, uint16_t packets)
{
	head_encode(w, ALFRED_STATUS_TXEND, 4);
	wr_u16(w, id);
	wr_u16(w, packets);
}

void alfred_error_encode(struct wr *w, uint16_t id)
{
	uint16_t status = EXIT_FAILED;

	head_encode(w, ALFRED_STATUS_ERROR, 4);
	wr_u16(w, id);
	wr_bytes(w, &status, sizeof(status));
}

void alfred_notify_encode(struct wr *w, uint8_t type, const struct mac *source)
{
	head_encode(w, ALFRED_EVENT_NOTIFY, 7);
	wr_u8(w, type);
	wr_mac(w, source);
}

static void name_encode(struct wr *w, const char *name)
{
	char padded[ALFRED_IFNAME] = "";

	memcpy(padded, name, strnlen(name, sizeof(padded) - 1));
	wr_bytes(w, padded, sizeof(padded));
}

static void status_head(struct wr *w, enum status kind, uint16_t len)
{
	wr_u8(w, (uint8_t)kind);
	wr_u8(w, VERSION);
	wr_u16(w, len);
}

void alfred_status_encode(struct wr *w, bool primary, const char *interface, bool active,
			  const char *bat_iface)
{
	size_t mark = wr_mark(w);

	head_encode(w, ALFRED_SERVER_STATUS, 0);
	status_head(w, STATUS_MODE, 1);
	wr_u8(w, primary);
	status_head(w, STATUS_INTERFACE, ALFRED_IFNAME + 1);
	name_encode(w, interface);
	wr_u8(w, active);
	status_head(w, STATUS_BAT_IFACE, ALFRED_IFNAME);
	name_encode(w, bat_iface);
	wr_patch_u16(w, mark + 2, (uint16_t)(wr_mark(w) - mark - ALFRED_HEAD));
}
