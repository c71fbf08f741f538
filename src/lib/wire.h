/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one reader and the one writer of packet bytes. Everything on the wire is big-endian.
 *
 * Errors are sticky: after the first short read everything yields zero and `bad` stays set, so a
 * decoder is a straight line with one test at its end (rd_ok, or rd_done where nothing may be
 * left). A sub-reader cannot leave its part. The writer refuses instead of overrunning: wr_len is 0
 * if anything did not fit.
 */
#ifndef LIB_WIRE_H
#define LIB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rd {
	const uint8_t *p;
	const uint8_t *end;
	bool bad;
};

struct wr {
	uint8_t *start;
	uint8_t *p;
	uint8_t *end;
	bool bad;
};

struct rd rd_init(const void *data, size_t len);
size_t rd_left(const struct rd *r);
/* Nothing read so far was short. */
bool rd_ok(const struct rd *r);
/* Nothing was short and every byte has been read. */
bool rd_done(const struct rd *r);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
/* The next n bytes, borrowed; NULL (and bad) when there are fewer. */
const uint8_t *rd_take(struct rd *r, size_t n);
void rd_copy(struct rd *r, void *to, size_t n);
void rd_skip(struct rd *r, size_t n);
/* A reader of the next n bytes, which are thereby read; it is bad when there are fewer. */
struct rd rd_sub(struct rd *r, size_t n);
/* Everything that is left, borrowed. */
struct rd rd_rest(struct rd *r);
/* All that is left, added up as 16-bit words; the last byte of an odd number is the high half of
 * one. For less than 128 KiB. */
uint32_t rd_sum16(struct rd *r);
/* Next {type u8, length u8, value}; false at the end and on error (then r->bad). */
bool rd_tlv8(struct rd *r, uint8_t *ret_type, struct rd *ret_value);

struct wr wr_init(void *data, size_t cap);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *data, size_t n);
void wr_zero(struct wr *w, size_t n);
/* n bytes reserved for the caller to fill; NULL when they do not fit. */
uint8_t *wr_reserve(struct wr *w, size_t n);
/* Bytes written so far, 0 if anything did not fit. */
size_t wr_len(const struct wr *w);
size_t wr_left(const struct wr *w);
/* Where the writer stands, for wr_patch_u16. */
size_t wr_mark(const struct wr *w);
/* Overwrites two bytes written earlier at `mark`. */
void wr_patch_u16(struct wr *w, size_t mark, uint16_t v);
/* {type u8, length u8}: begin returns the mark that end needs; a value over 255 bytes is refused.
 */
size_t wr_tlv8_begin(struct wr *w, uint8_t type);
void wr_tlv8_end(struct wr *w, size_t mark);

#endif
