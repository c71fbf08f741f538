/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for cryptography, made of SipHash, the same on every machine. It protects nothing:
 * who knows a public key can sign with it. It is there so that the simulator and tests run the code
 * that seals and signs, and see what is changed, forged or sealed with another key refused.
 */
#ifndef SIM_STAND_IN_H
#define SIM_STAND_IN_H

#include "core/state/state_crypto.h"
#include "lib/hash.h"

struct stand_in {
	struct state_crypto crypto; /* for whoever wants it; ctx is this struct */
	struct hash_key community;
	uint64_t signs, verifies; /* calls so far */
};

/* The node's key follows from the seed. community_key "": nothing is sealed. */
void stand_in_init(struct stand_in *s, uint64_t seed, const char *community_key);
/* The public key of the node with that seed. */
void stand_in_public_key(uint64_t seed, uint8_t ret[static STATE_KEY_SIZE]);
/* As the node with that public key signs. */
void stand_in_sign(const uint8_t key[static STATE_KEY_SIZE], const uint8_t *message, size_t len,
		   uint8_t ret[static STATE_SIGNATURE_SIZE]);

#endif
