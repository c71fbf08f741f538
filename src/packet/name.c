/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/name.h"

#include <errno.h>
#include <string.h>

enum { LABEL_MAX = 63 };

static bool byte_allowed(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

void name_encode(struct wr *w, const char *text)
{
	size_t left = strlen(text);

	if (left > 0 && text[left - 1] == '.')
		left--;
	if (left == 0 || left >= NAME_MAX_TEXT) {
		w->bad = true;
		return;
	}
	for (;;) {
		const char *dot = memchr(text, '.', left);
		size_t len = dot ? (size_t)(dot - text) : left;

		if (len == 0 || len > LABEL_MAX) {
			w->bad = true;
			return;
		}
		wr_u8(w, (uint8_t)len);
		wr_bytes(w, text, len);
		if (!dot)
			break;
		text += len + 1;
		left -= len + 1;
	}
	wr_u8(w, 0);
}

int name_decode(struct rd *r, char ret[static NAME_MAX_TEXT])
{
	char text[NAME_MAX_TEXT];
	size_t at = 0;
	uint8_t len;

	while ((len = rd_u8(r)) != 0) {
		const uint8_t *label = rd_take(r, len);
		size_t dot = at > 0;

		if (len > LABEL_MAX || !label || at + dot + len >= sizeof(text))
			return -EBADMSG;
		for (uint8_t i = 0; i < len; i++)
			if (!byte_allowed(label[i]))
				return -EBADMSG;
		if (dot)
			text[at++] = '.';
		memcpy(text + at, label, len);
		at += len;
	}
	if (!rd_ok(r) || at == 0)
		return -EBADMSG;
	text[at] = '\0';
	memcpy(ret, text, at + 1);
	return 0;
}
