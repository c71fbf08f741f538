/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording: the events of a node as bytes, so that the simulator can play them back.
 *
 *   file   = header, then entries until the end
 *   header = see record_head.h
 *   entry  = length u32 of what follows, time u64 (us, monotonic), kind u8, fields of that kind;
 *            for the kind RECORD_CRYPTO see record_crypto.h
 */
#ifndef NODE_RECORD_H
#define NODE_RECORD_H

#include "lib/clock.h"
#include "lib/wire.h"
#include "node/effect.h"
#include "node/event.h"

#define RECORD_ENTRY_MAX 70000

/* Without the length in front. wr_len is 0 if it does not fit. */
void record_event_encode(struct wr *w, const struct event *e, usec_t now);
/* 0 or -EBADMSG; bytes in the event are borrowed from what r reads. */
int record_event_decode(struct rd *r, struct event *ret, usec_t *ret_now);

/* A running hash over effects: equal inputs give equal effects, equal effects give equal hashes on
 * every machine. EFFECT_WISH and EFFECT_NAMES count by their kind only: what they point at follows
 * from the same state. EFFECT_RECORD does not count: it does nothing to the world. */
struct record_hash {
	uint32_t a;
	uint32_t b;
	uint64_t count;
};

void record_hash_effect(struct record_hash *h, const struct effect *e, usec_t now);
/* 16 hex digits and a NUL. */
const char *record_hash_text(const struct record_hash *h, char buf[static 17]);

#endif
