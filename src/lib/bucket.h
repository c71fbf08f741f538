/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rate limit in one number: the moment at which the bucket is full again. All zero is a full
 * bucket, and one whose moment has passed is like new, so entries in tables of buckets can be
 * dropped then.
 */
#ifndef LIB_BUCKET_H
#define LIB_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"

struct bucket {
	usec_t full_at;
};

/* Takes `count` tokens of `burst`, one of which comes back every `interval`; false when there are
 * not as many. */
static inline bool bucket_take_many(struct bucket *b, uint32_t count, usec_t interval,
				    uint32_t burst, usec_t now)
{
	usec_t full_at = b->full_at > now ? b->full_at : now;

	if (count > burst || full_at - now > interval * (usec_t)(burst - count))
		return false;
	b->full_at = full_at + interval * (usec_t)count;
	return true;
}

static inline bool bucket_take(struct bucket *b, usec_t interval, uint32_t burst, usec_t now)
{
	return bucket_take_many(b, 1, interval, burst, now);
}

/* When bucket_take_many would find them; before now: at once. */
static inline usec_t bucket_at(const struct bucket *b, uint32_t count, usec_t interval,
			       uint32_t burst)
{
	return b->full_at - interval * (usec_t)(burst - count);
}

/* Whether bucket_take would find a token. */
static inline bool bucket_has(const struct bucket *b, usec_t interval, uint32_t burst, usec_t now)
{
	return b->full_at - now <= interval * (usec_t)(burst - 1);
}

#endif
