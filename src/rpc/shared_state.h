/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LibreMesh's shared-state over HTTP, which today's nodes share their leases and names by; the
 * exchange without HTTP, as the method shared-state.sync.
 *
 * A node posts all that it holds of a type to /cgi-bin/shared-state/TYPE and is answered with all
 * that the other one holds then. A store is {key: {"bleachTTL": N, "author": name, "data":
 * anything}}; an entry without data is a deleted one, an empty store may be a list. N counts
 * SS_BLEACH_S each, new entries have SS_BLEACH_MAX. Of two for one key the one with the higher N
 * stays, else the one that was here. What is told is N rounded down, what is compared is N rounded
 * up, so whoever carries an entry for less than a step does not prolong it.
 *
 * Limits: what a line of the control socket carries (a longer store comes in parts), what a store
 * holds (shared_state_store.h), and so many entries in a time.
 */
#ifndef RPC_SHARED_STATE_H
#define RPC_SHARED_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/hash.h"

#define SS_BLEACH_S 120
#define SS_BLEACH_MAX 30

struct shared_state;
struct ss_store;

/* key: random. NULL when there is no memory. */
struct shared_state *shared_state_new(struct hash_key key);
/* NULL accepted. */
void shared_state_free(struct shared_state *s);
/* In order from *cursor = 0; NULL at the end. */
const struct ss_store *shared_state_store_next(const struct shared_state *s, uint32_t *cursor);
/* In order from *cursor = 0; false at the end. */
bool shared_state_counter_next(const struct shared_state *s, uint32_t *cursor,
			       const char **ret_name, uint64_t *ret_value);

#endif
