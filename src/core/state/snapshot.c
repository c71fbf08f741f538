/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/state/snapshot.h"

#include <errno.h>

#include "lib/hash.h"

#define MAGIC 0x74726d73 /* "trms" */
#define VERSION 3

size_t snapshot_begin(struct wr *w)
{
	size_t mark = wr_mark(w);

	wr_u32(w, MAGIC);
	wr_u16(w, VERSION);
	wr_zero(w, 8);
	return mark;
}

static void patch_u32(struct wr *w, size_t mark, uint32_t v)
{
	wr_patch_u16(w, mark, (uint16_t)(v >> 16));
	wr_patch_u16(w, mark + 2, (uint16_t)v);
}

static uint32_t checksum(const uint8_t *payload, size_t len)
{
	return ~crc32c(UINT32_MAX, payload, len);
}

size_t snapshot_end(struct wr *w, size_t mark)
{
	size_t len = wr_mark(w) - mark - SNAPSHOT_HEADER;

	if (!wr_len(w) || len > UINT32_MAX)
		return 0;
	patch_u32(w, mark + 6, (uint32_t)len);
	patch_u32(w, mark + 10, checksum(w->start + mark + SNAPSHOT_HEADER, len));
	return len + SNAPSHOT_HEADER;
}

int snapshot_open(const void *file, size_t len, struct rd *ret)
{
	struct rd r = rd_init(file, len);
	uint32_t magic = rd_u32(&r), size, sum;
	uint16_t version = rd_u16(&r);

	size = rd_u32(&r);
	sum = rd_u32(&r);
	if (!rd_ok(&r) || magic != MAGIC)
		return -EBADMSG;
	if (version != VERSION)
		return -EPROTONOSUPPORT;
	if (rd_left(&r) != size || checksum(r.p, size) != sum)
		return -EBADMSG;
	*ret = r;
	return 0;
}
