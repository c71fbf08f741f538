/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cryptography that the state core asks for, given by whoever runs it: the platform has it from
 * libsodium (plat/linux/node_keys.h), the simulator has a stand-in that protects nothing
 * (sim/stand_in.h). Nothing here fails: what cannot be opened or verified is not authentic.
 */
#ifndef CORE_STATE_CRYPTO_H
#define CORE_STATE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_KEY_SIZE 32	/* a public key of Ed25519 */
#define STATE_SIGNATURE_SIZE 64 /* of Ed25519 */
#define STATE_NONCE_SIZE 24	/* of XChaCha20-Poly1305 */
#define STATE_TAG_SIZE 16
#define STATE_CONTEXT_MAX 32

/* What a sealed text is bound to: its nonce, and what must be the same when it is opened. */
struct state_binding {
	uint8_t nonce[STATE_NONCE_SIZE];
	uint8_t context[STATE_CONTEXT_MAX];
	size_t len; /* of context */
};

struct state_crypto {
	void *ctx;
	uint8_t public_key[STATE_KEY_SIZE]; /* this node's: its id is the beginning of it */
	bool sealed; /* there is a key of the community; else seal and open are not called */
	/* Encrypts len bytes where they are, and writes STATE_TAG_SIZE more behind them. */
	void (*seal)(void *ctx, const struct state_binding *b, uint8_t *text, size_t len);
	/* The other way, into len - STATE_TAG_SIZE bytes elsewhere; false: not authentic. */
	bool (*open)(void *ctx, const struct state_binding *b, const uint8_t *text, size_t len,
		     uint8_t *to);
	/* With this node's key. */
	void (*sign)(void *ctx, const uint8_t *message, size_t len,
		     uint8_t ret[static STATE_SIGNATURE_SIZE]);
	bool (*verify)(void *ctx, const uint8_t key[static STATE_KEY_SIZE], const uint8_t *message,
		       size_t len, const uint8_t signature[static STATE_SIGNATURE_SIZE]);
};

#endif
