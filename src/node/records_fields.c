/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/records_fields.h"

#include <string.h>

void field_put_bytes(struct wr *w, enum field f, const void *data, size_t len)
{
	size_t mark = wr_tlv8_begin(w, (uint8_t)f);

	wr_bytes(w, data, len);
	wr_tlv8_end(w, mark);
}

void field_put_u32(struct wr *w, enum field f, uint32_t v)
{
	size_t mark = wr_tlv8_begin(w, (uint8_t)f);

	wr_u32(w, v);
	wr_tlv8_end(w, mark);
}

void field_put_text(struct wr *w, enum field f, const char *s)
{
	field_put_bytes(w, f, s, strlen(s));
}

void field_get_text(struct rd *r, char *to, size_t cap)
{
	size_t len = rd_left(r) < cap - 1 ? rd_left(r) : cap - 1;

	rd_copy(r, to, len);
	to[len] = '\0';
}
