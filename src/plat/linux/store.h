/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What survives a reboot, in one directory:
 *
 * - snapshot, claims, settings: the node's, its own format and checksum (node/effect.h says what is
 *   in them); each replaced whole, in another thread (a flash may take long)
 * - snapshot.rejected, claims.rejected: the last one that a start could not use, kept aside for
 *   people
 * - epoch: boot epochs are given out up to this one; a start beyond it reserves STORE_EPOCH_STEP
 *   more
 * - key: STORE_KEY_SIZE bytes that the node's own key is made of, and so its id in replicated
 *   records
 */
#ifndef PLAT_STORE_H
#define PLAT_STORE_H

#include <uv.h>

#include "node/effect.h"

#define STORE_EPOCH_STEP 16
#define STORE_KEY_SIZE 32
#define STORE_SNAPSHOT_MAX (64 * 1024 * 1024) /* as many records as can be configured */

struct store_counters {
	uint64_t writes, bytes, failed;
	uint64_t rejected; /* files that were there and could not be used */
};

struct store;

/* run_dir is a tmpfs: the epoch of the last start since the boot lies there. NULL when there is no
 * memory. */
struct store *store_new(uv_loop_t *loop, const char *state_dir, const char *run_dir);
/* Waits for a write that is under way. */
void store_free(struct store *s);

/* A number higher than at any start before; 0 or -errno (then it is higher only if the clock is
 * right). */
int store_epoch(struct store *s, uint32_t *ret);
/*
 * After store_epoch: the node's secret. It is a new one when there is none yet, and when the epoch
 * may have been given out before: an epoch must not be used twice with the same key
 * (core/state/state_seal.c). 0, or -errno: then it is lost when this process ends, or, -EIO, there
 * is none at all.
 */
int store_key(struct store *s, uint8_t ret[static STORE_KEY_SIZE], bool *ret_new);
/* The file, to be freed; NULL with *ret_len = 0 when there is none, or none that can be read, which
 * is rejected here. */
uint8_t *store_load(struct store *s, enum store_file file, size_t *ret_len);
/* err is what the node says of the file, -errno: it is kept aside, before another is written in its
 * place. */
void store_reject(struct store *s, enum store_file file, int err);
/* What people are told of the first file that was rejected at this start, "" if none was. */
const char *store_rejected(const struct store *s);
/* What is called when a file has been written; not while store_free waits. */
void store_watch(struct store *s, void (*written)(void *ctx, enum store_file file), void *ctx);
/* EFFECT_STORE: copied; while that file is being written only the newest waits. */
void store_save(struct store *s, const struct effect_store *e);
const struct store_counters *store_counters(const struct store *s);

#endif
