/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a core wants done, in order: a bounded queue of small records with bytes behind them. A core
 * pushes while it handles an input, its owner pops until it is empty before the next input. The
 * bytes of a popped record stay valid until the next push after the queue ran empty. A record that
 * does not fit is counted in `dropped`, never an error for the core: frames may be lost, and every
 * core repeats what matters.
 */
#ifndef LIB_OUTQ_H
#define LIB_OUTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outq {
	uint8_t *buf;
	size_t cap;
	size_t head; /* next record to pop */
	size_t tail; /* where the next record goes */
	uint64_t dropped;
};

struct out {
	uint16_t kind;	     /* an enum of the core that pushed it */
	uint16_t port;	     /* port or peer it concerns */
	uint32_t arg;	     /* meaning given by kind */
	const uint8_t *data; /* 8-byte aligned, so a struct can be stored; never NULL */
	size_t len;
};

/* buf is borrowed for the queue's life, cap bytes, 8-byte aligned. */
void outq_init(struct outq *q, void *buf, size_t cap);
/* Room for len bytes of a record that outq_commit finishes with at most that many; NULL when full.
 */
uint8_t *outq_reserve(struct outq *q, size_t len);
void outq_commit(struct outq *q, uint16_t kind, uint16_t port, uint32_t arg, size_t len);
/* Copies; 0 or -ENOSPC (then counted). */
int outq_push(struct outq *q, uint16_t kind, uint16_t port, uint32_t arg, const void *data,
	      size_t len);
bool outq_pop(struct outq *q, struct out *ret);

#endif
