/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/wire.h"

#include <string.h>

struct rd rd_init(const void *data, size_t len)
{
	static const uint8_t nothing[1];
	const uint8_t *p = data ? data : nothing;

	return (struct rd) { .p = p, .end = p + (data ? len : 0) };
}

size_t rd_left(const struct rd *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->p);
}

bool rd_ok(const struct rd *r)
{
	return !r->bad;
}

bool rd_done(const struct rd *r)
{
	return !r->bad && r->p == r->end;
}

const uint8_t *rd_take(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (n > rd_left(r)) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	return p;
}

uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = rd_take(r, 1);

	return p ? p[0] : 0;
}

uint16_t rd_u16(struct rd *r)
{
	const uint8_t *p = rd_take(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint32_t rd_u32(struct rd *r)
{
	const uint8_t *p = rd_take(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

uint64_t rd_u64(struct rd *r)
{
	uint64_t high = rd_u32(r);

	return high << 32 | rd_u32(r);
}

void rd_copy(struct rd *r, void *to, size_t n)
{
	const uint8_t *p = rd_take(r, n);

	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

void rd_skip(struct rd *r, size_t n)
{
	(void)rd_take(r, n);
}

struct rd rd_sub(struct rd *r, size_t n)
{
	const uint8_t *p = rd_take(r, n);

	/* r may be bad already while n is 0 */
	if (r->bad)
		return (struct rd) { .p = r->p, .end = r->p, .bad = true };
	return rd_init(p, n);
}

struct rd rd_rest(struct rd *r)
{
	return rd_sub(r, rd_left(r));
}

uint32_t rd_sum16(struct rd *r)
{
	size_t len = rd_left(r);
	const uint8_t *p = rd_take(r, len);
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	return len > i ? sum + (uint32_t)(p[i] << 8) : sum;
}

bool rd_tlv8(struct rd *r, uint8_t *ret_type, struct rd *ret_value)
{
	if (rd_left(r) == 0)
		return false;
	*ret_type = rd_u8(r);
	*ret_value = rd_sub(r, rd_u8(r));
	return !r->bad;
}

struct wr wr_init(void *data, size_t cap)
{
	return (struct wr) { .start = data, .p = data, .end = (uint8_t *)data + cap };
}

uint8_t *wr_reserve(struct wr *w, size_t n)
{
	uint8_t *p = w->p;

	if (w->bad || n > (size_t)(w->end - w->p)) {
		w->bad = true;
		return NULL;
	}
	w->p += n;
	return p;
}

void wr_u8(struct wr *w, uint8_t v)
{
	uint8_t *p = wr_reserve(w, 1);

	if (p)
		p[0] = v;
}

void wr_u16(struct wr *w, uint16_t v)
{
	wr_u8(w, (uint8_t)(v >> 8));
	wr_u8(w, (uint8_t)v);
}

void wr_u32(struct wr *w, uint32_t v)
{
	wr_u16(w, (uint16_t)(v >> 16));
	wr_u16(w, (uint16_t)v);
}

void wr_u64(struct wr *w, uint64_t v)
{
	wr_u32(w, (uint32_t)(v >> 32));
	wr_u32(w, (uint32_t)v);
}

void wr_bytes(struct wr *w, const void *data, size_t n)
{
	uint8_t *p = wr_reserve(w, n);

	if (p && n)
		memcpy(p, data, n);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = wr_reserve(w, n);

	if (p)
		memset(p, 0, n);
}

size_t wr_len(const struct wr *w)
{
	return w->bad ? 0 : (size_t)(w->p - w->start);
}

size_t wr_left(const struct wr *w)
{
	return w->bad ? 0 : (size_t)(w->end - w->p);
}

size_t wr_mark(const struct wr *w)
{
	return (size_t)(w->p - w->start);
}

void wr_patch_u16(struct wr *w, size_t mark, uint16_t v)
{
	if (w->bad || mark + 2 > wr_mark(w)) {
		w->bad = true;
		return;
	}
	w->start[mark] = (uint8_t)(v >> 8);
	w->start[mark + 1] = (uint8_t)v;
}

size_t wr_tlv8_begin(struct wr *w, uint8_t type)
{
	wr_u8(w, type);
	wr_u8(w, 0);
	return wr_mark(w);
}

void wr_tlv8_end(struct wr *w, size_t mark)
{
	size_t len = wr_mark(w) - mark;

	if (w->bad || len > UINT8_MAX) {
		w->bad = true;
		return;
	}
	w->start[mark - 1] = (uint8_t)len;
}
