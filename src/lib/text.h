/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text into a buffer of fixed size: cut, never overrun; `cut` tells. Always NUL-terminated. */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *buf;
	size_t cap;
	size_t len;
	bool cut;
};

struct text text_init(char *buf, size_t cap);
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text of others: what could end a line or speak to a terminal (control characters of ASCII, and of
 * Latin-1 in UTF-8) becomes '?'. */
void text_add_plain(struct text *t, const char *s);
/* Copies src into dst of size cap, cut at cap - 1; returns false when it was cut. */
bool text_copy(char *dst, size_t cap, const char *src);
/* Of ASCII, whatever the locale is. */
char text_lower(char c);
/* Upper and lower case of ASCII are the same. */
bool text_same(const char *a, const char *b);
/* What a hex digit stands for; -1: it is none. */
int text_hex(char c);
/* Bytes of pairs of hex digits. False: there is something else, or more than cap. */
bool text_unhex(const char *digits, uint8_t *ret, size_t cap, size_t *ret_len);
/* Whole string is a decimal number from min to max: 0 or -EINVAL, -ERANGE. */
int text_number(const char *s, long long min, long long max, long long *ret);

#endif
