/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text text_init(char *buf, size_t cap)
{
	if (cap)
		buf[0] = 0;
	return (struct text) { .buf = buf, .cap = cap };
}

void text_add(struct text *t, const char *fmt, ...)
{
	size_t room = t->cap - t->len;
	va_list args;
	int n;

	/* cut once means the end: text that follows a hole would mislead */
	if (t->cut)
		return;
	va_start(args, fmt);
	n = vsnprintf(t->buf + t->len, room, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room) {
		t->cut = true;
		t->len = t->cap ? t->len + strlen(t->buf + t->len) : 0;
		return;
	}
	t->len += (size_t)n;
}

void text_add_plain(struct text *t, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s, next = (unsigned char)s[1];
		bool latin = c == 0xc2 && next >= 0x80 && next < 0xa0;

		text_add(t, "%c", c < 0x20 || c == 0x7f || latin ? '?' : c);
		s += latin;
	}
}

bool text_copy(char *dst, size_t cap, const char *src)
{
	size_t len = strlen(src), n = len < cap ? len : cap - 1;

	if (!cap)
		return false;
	memcpy(dst, src, n);
	dst[n] = 0;
	return n == len;
}

char text_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool text_same(const char *a, const char *b)
{
	while (*a && text_lower(*a) == text_lower(*b)) {
		a++;
		b++;
	}
	return text_lower(*a) == text_lower(*b);
}

int text_hex(char c)
{
	char low = text_lower(c);

	if (c >= '0' && c <= '9')
		return c - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool text_unhex(const char *digits, uint8_t *ret, size_t cap, size_t *ret_len)
{
	size_t n = 0;

	for (; digits[0]; digits += 2) {
		int high = text_hex(digits[0]), low = text_hex(digits[1]);

		if (n == cap || high < 0 || low < 0)
			return false;
		ret[n++] = (uint8_t)(high << 4 | low);
	}
	*ret_len = n;
	return true;
}

int text_number(const char *s, long long min, long long max, long long *ret)
{
	bool negative = *s == '-', range = false;
	long long v = 0;

	s += negative;
	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		int digit = *s - '0';

		if (digit < 0 || digit > 9)
			return -EINVAL;
		range |= __builtin_mul_overflow(v, 10LL, &v) ||
			 __builtin_add_overflow(v, negative ? -digit : digit, &v);
	}
	if (range || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}
