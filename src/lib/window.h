/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which numbers of a sequence have been seen (the ring of RFC 6479): those up to WINDOW_REACH
 * behind the highest are told apart, what is older counts as seen. All zero has seen nothing.
 */
#ifndef LIB_WINDOW_H
#define LIB_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WINDOW_WORDS 8
#define WINDOW_REACH ((WINDOW_WORDS - 1) * 64)

struct window {
	uint64_t high;
	uint64_t seen[WINDOW_WORDS]; /* bit number % (64 * WINDOW_WORDS) */
};

static inline bool window_has(const struct window *w, uint64_t number)
{
	if (number > w->high)
		return false;
	return w->high - number >= WINDOW_REACH ||
	       w->seen[number / 64 % WINDOW_WORDS] >> number % 64 & 1;
}

static inline void window_add(struct window *w, uint64_t number)
{
	uint64_t word = w->high / 64, words = number / 64 - word;

	if (number > w->high) {
		for (uint64_t i = 1; i <= words && i <= WINDOW_WORDS; i++)
			w->seen[(word + i) % WINDOW_WORDS] = 0;
		w->high = number;
	}
	w->seen[number / 64 % WINDOW_WORDS] |= (uint64_t)1 << number % 64;
}

/* Begins anew, with that number as the only one seen. */
static inline void window_begin(struct window *w, uint64_t number)
{
	memset(w, 0, sizeof(*w));
	w->high = number;
	window_add(w, number);
}

#endif
