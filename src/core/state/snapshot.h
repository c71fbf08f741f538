/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that proves it is whole: magic u32, version u16, length u32, CRC-32C u32 of the payload,
 * payload. Cut anywhere, extended or changed, it does not open.
 */
#ifndef CORE_STATE_SNAPSHOT_H
#define CORE_STATE_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/wire.h"

#define SNAPSHOT_HEADER 14

/* Writes the header; the payload follows. Returns the mark for snapshot_end. */
size_t snapshot_begin(struct wr *w);
/* The size of the whole, 0 if it did not fit. */
size_t snapshot_end(struct wr *w, size_t mark);
/* A reader of the payload: 0, -EBADMSG (not a snapshot, cut or changed), -EPROTONOSUPPORT
 * (version). */
int snapshot_open(const void *file, size_t len, struct rd *ret);

#endif
