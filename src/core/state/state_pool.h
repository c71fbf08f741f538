/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of records: byte strings of at most 576 bytes in pages of 4 kB, each page cut into slots
 * of one size. One calloc at the start; a page is touched when it is first used and free for any
 * size again when its last slot is.
 */
#ifndef CORE_STATE_POOL_H
#define CORE_STATE_POOL_H

#include <stddef.h>
#include <stdint.h>

#define STATE_POOL_CLASSES 11

struct state_page;

struct state_pool {
	uint8_t *mem;
	struct state_page *pages;
	uint32_t n_pages;
	uint32_t high;			      /* pages below this have been used once */
	uint32_t empty;			      /* first unused page below high, + 1 */
	uint32_t partial[STATE_POOL_CLASSES]; /* first page with a free slot, + 1 */
};

/* 0 or -ENOMEM. */
int state_pool_init(struct state_pool *p, size_t bytes);
void state_pool_done(struct state_pool *p);
/* A name for room of size bytes, size > 0; 0 when there is none. */
uint32_t state_pool_alloc(struct state_pool *p, size_t size);
/* ref 0 is allowed. */
void state_pool_release(struct state_pool *p, uint32_t ref);
uint8_t *state_pool_at(const struct state_pool *p, uint32_t ref);

#endif
