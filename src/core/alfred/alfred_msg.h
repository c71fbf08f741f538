/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of A.L.F.R.E.D. version 0 (open-mesh.org), on the wire as in its Unix socket:
 *
 *   head              packet u8, version u8 = 0, length u16 of what follows
 *   PUSH_DATA         head, id u16, seqno u16, {source 6, type u8, version u8, length u16, bytes}*
 *   ANNOUNCE_PRIMARY  head
 *   REQUEST           head, type u8, id u16
 *   STATUS_TXEND      head, id u16, number of PUSH_DATA packets with that id u16
 *   STATUS_ERROR      head, id u16, exit status u16 (in the byte order of the host; socket only)
 *   MODESWITCH        head, mode u8
 *   CHANGE_INTERFACE  head, names separated by commas [256], padded with NUL
 *   CHANGE_BAT_IFACE  head, name [16], the same
 *   SERVER_STATUS     head; answered with head, {head, value}*: 0 mode u8, 1 interface [16] and
 *                     active u8, 2 interface of batman-adv [16]
 *   EVENT_REGISTER    head; answered with EVENT_NOTIFY: head, type u8, source 6
 *
 * What follows a packet in a datagram is ignored, so is a last block that is cut.
 */
#ifndef CORE_ALFRED_MSG_H
#define CORE_ALFRED_MSG_H

#include "lib/addr.h"
#include "lib/wire.h"

#define ALFRED_UDP_PORT 16962
#define ALFRED_HEAD 4
#define ALFRED_PACKET_MAX 65527 /* what UDP carries; in the socket as well */
#define ALFRED_VALUE_MAX 65509	/* alone in a packet */
#define ALFRED_IFNAME 16
#define ALFRED_NAMES 256

enum alfred_packet {
	ALFRED_PUSH_DATA,
	ALFRED_ANNOUNCE_PRIMARY,
	ALFRED_REQUEST,
	ALFRED_STATUS_TXEND,
	ALFRED_STATUS_ERROR,
	ALFRED_MODESWITCH,
	ALFRED_CHANGE_INTERFACE,
	ALFRED_CHANGE_BAT_IFACE,
	ALFRED_SERVER_STATUS,
	ALFRED_EVENT_REGISTER,
	ALFRED_EVENT_NOTIFY,
};

struct alfred_msg {
	enum alfred_packet packet;
	uint16_t id;		  /* PUSH_DATA, REQUEST, STATUS_* */
	uint16_t seqno;		  /* PUSH_DATA, STATUS_TXEND */
	uint8_t type;		  /* REQUEST, EVENT_NOTIFY */
	bool primary;		  /* MODESWITCH */
	struct mac source;	  /* EVENT_NOTIFY */
	struct rd blocks;	  /* PUSH_DATA: for alfred_block_next */
	char names[ALFRED_NAMES]; /* CHANGE_* */
};

/* One value; data is borrowed. */
struct alfred_block {
	struct mac source;
	uint8_t type, version;
	uint16_t len;
	const uint8_t *data;
};

/* The length that a packet has with its head, once the head is there; 0 before. */
size_t alfred_packet_len(struct rd r);
/* 0, -EBADMSG (shorter than it says or must be, unknown mode), -EPROTONOSUPPORT (version, packet).
 */
int alfred_decode(struct rd r, struct alfred_msg *ret);
bool alfred_block_next(struct rd *blocks, struct alfred_block *ret);

/* A PUSH_DATA packet: begin, blocks as they fit, end with what begin returned. A block is its head
 * and then len bytes by the caller. */
size_t alfred_push_begin(struct wr *w, uint16_t id, uint16_t seqno);
void alfred_block_head(struct wr *w, const struct alfred_block *b);
void alfred_push_end(struct wr *w, size_t mark);
#define ALFRED_PUSH_HEAD 8
#define ALFRED_BLOCK_HEAD 10

void alfred_announce_encode(struct wr *w);
void alfred_request_encode(struct wr *w, uint8_t type, uint16_t id);
void alfred_txend_encode(struct wr *w, uint16_t id, uint16_t packets);
void alfred_error_encode(struct wr *w, uint16_t id);
void alfred_notify_encode(struct wr *w, uint8_t type, const struct mac *source);
void alfred_status_encode(struct wr *w, bool primary, const char *interface, bool active,
			  const char *bat_iface);

#endif
