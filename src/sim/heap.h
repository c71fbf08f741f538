/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What will happen, in order of time and then of insertion. */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"

enum item_kind {
	ITEM_TIMER,    /* a: node */
	ITEM_WIRE,     /* a: wire, b: the end it comes out of */
	ITEM_AIR_UP,   /* a: host, b: node */
	ITEM_AIR_DOWN, /* a: host, b: node */
	ITEM_HOST,     /* a: host */
	ITEM_BRIDGE,   /* a: node, b: port it comes from */
	ITEM_ROUTED,   /* a: node */
	ITEM_BABEL,
	ITEM_SCRIPT, /* a: what */
	ITEM_EVENT,  /* a: node, b: its boot; the bytes are a struct event */
	ITEM_PROBE,  /* a: id of a test frame that should have arrived */
	ITEM_SPLIT,  /* a: what */
	ITEM_DISK,   /* a: node, b: file and boot; a write is over */
};

struct item {
	usec_t at;
	uint64_t seq;
	enum item_kind kind;
	uint32_t a, b;
	uint8_t *frame; /* owned */
	size_t len;
};

struct heap {
	struct item *items;
	size_t count, cap;
	uint64_t seq;
};

/* Both end the program when there is no memory left. The second copies the bytes. */
void heap_push(struct heap *h, struct item item);
void heap_push_bytes(struct heap *h, struct item item, const void *bytes, size_t len);
/* The first; false when there is none. */
bool heap_peek(const struct heap *h, usec_t *ret_at);
/* There must be one. The caller frees its frame. */
struct item heap_pop(struct heap *h);
void heap_done(struct heap *h);

#endif
