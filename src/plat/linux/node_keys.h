/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of this node as the replicated state uses them, by libsodium: Ed25519 for what it signs,
 * XChaCha20-Poly1305 for what is sealed. */
#ifndef PLAT_NODE_KEYS_H
#define PLAT_NODE_KEYS_H

#include "core/state/state_crypto.h"

#define NODE_KEYS_SEED 32

struct node_keys;

/* seed: this node's secret (store.h). community_key "": there is none. NULL and *ret_err = -errno.
 */
struct node_keys *node_keys_new(const uint8_t seed[static NODE_KEYS_SEED],
				const char *community_key, int *ret_err);
/* Wipes them; NULL accepted. */
void node_keys_free(struct node_keys *k);
/* Lives as long as k. */
const struct state_crypto *node_keys_crypto(const struct node_keys *k);

#endif
