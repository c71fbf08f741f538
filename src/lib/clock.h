/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time as the cores know it: microseconds of a monotonic clock, always an argument. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

typedef int64_t usec_t;

#define USEC_MS ((usec_t)1000)
#define USEC_S ((usec_t)1000000)
#define USEC_NEVER INT64_MAX

static inline usec_t usec_max(usec_t a, usec_t b)
{
	return a > b ? a : b;
}

static inline usec_t usec_min(usec_t a, usec_t b)
{
	return a < b ? a : b;
}

#endif
