/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The head of a recording, and its last entry.
 *
 * - head = "TRMR", version u8 = 2, primary MAC 6, primary name 16, boot epoch u32, seed u64,
 *   hash key 2 * u64, time of the node's start u64, keys u8 (0: none, 1: it has one of its own,
 *   2: and one of the community), its public key 32 where it has one, length u16 and file of the
 *   settings that it started with (settings.h), length u32 and text of the configuration that they
 *   are part of (conf_print with all; secrets may be left out)
 * - end = an entry as in record.h of kind RECORD_END: count of effects u64, hash as 16 hex digits
 */
#ifndef NODE_RECORD_HEAD_H
#define NODE_RECORD_HEAD_H

#include "core/state/state_crypto.h"
#include "lib/wire.h"
#include "node/node.h"
#include "node/record.h"

#define RECORD_VERSION 2
#define RECORD_END 255
#define RECORD_CONF_MAX 65536
#define RECORD_HEAD_MAX (128 + SETTINGS_FILE_MAX + RECORD_CONF_MAX)

struct record_head {
	struct node_setup setup; /* all but conf and crypto */
	usec_t start;
	bool has_key, sealed;
	uint8_t public_key[STATE_KEY_SIZE];
	const char *conf; /* not terminated, borrowed */
	size_t conf_len;
};

/* What the head says of the keys; crypto may be NULL. */
void record_head_keys(struct record_head *h, const struct state_crypto *crypto);
void record_head_encode(struct wr *w, const struct record_head *h);
/* 0, -EBADMSG, -EPROTONOSUPPORT: another version. */
int record_head_decode(struct rd *r, struct record_head *ret);

/* Without the length in front, like record_event_encode. */
void record_end_encode(struct wr *w, const struct record_hash *h, usec_t now);
/* Is the entry in r this one, and with which hash. r is not moved when it is not. */
bool record_end_decode(struct rd *r, uint64_t *ret_count, char ret_hash[static 17]);

#endif
