/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pseudo-random numbers for jitter and back-off, seeded by the platform or the simulator. Never for
 * keys or nonces. */
#ifndef LIB_RNG_H
#define LIB_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4]; /* xoshiro256**, Blackman and Vigna 2018 */
};

struct rng rng_init(uint64_t seed);
uint64_t rng_u64(struct rng *r);
uint32_t rng_u32(struct rng *r);
/* Evenly from 0 to bound - 1; bound > 0. */
uint32_t rng_below(struct rng *r, uint32_t bound);

#endif
