/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the cryptography of a recorded node has given it: an input, as time and randomness are, so
 * it is recorded, too. A recording holds no secret key, and to play it back needs none.
 *
 *   entry = time u64 (0), kind u8 = RECORD_CRYPTO, what was asked u8, what came of it: the sealed
 *           text; 1 and the opened text, or 0; the signature; whether it was verified u8
 *
 * They stand behind the event that they belong to, in the order in which the node asked.
 */
#ifndef NODE_RECORD_CRYPTO_H
#define NODE_RECORD_CRYPTO_H

#include "core/state/state_crypto.h"
#include "lib/wire.h"

#define RECORD_CRYPTO 254

/* Between a node and its cryptography. */
struct record_crypto {
	struct state_crypto crypto; /* for the node */
	const struct state_crypto *real;
	void (*entry)(void *ctx, const uint8_t *data, size_t len); /* without the length in front */
	void *ctx;
};

/* In the place of it. */
struct replay_crypto {
	struct state_crypto crypto; /* for the node */
	struct rd *file;	    /* stands before the next entry */
	bool failed; /* the node has asked for something else than what was recorded */
	bool cut;    /* ... or the file ends before it */
};

/* r must stay where it is. real is borrowed. */
void record_crypto_init(struct record_crypto *r, const struct state_crypto *real,
			void (*entry)(void *ctx, const uint8_t *data, size_t len), void *ctx);
void replay_crypto_init(struct replay_crypto *r, const uint8_t key[static STATE_KEY_SIZE],
			bool sealed, struct rd *file);

#endif
