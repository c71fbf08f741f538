/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/node_keys.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "plat/linux/keys.h"

static_assert(NODE_KEYS_SEED == crypto_sign_SEEDBYTES &&
		      STATE_KEY_SIZE == crypto_sign_PUBLICKEYBYTES &&
		      STATE_SIGNATURE_SIZE == crypto_sign_BYTES,
	      "Ed25519");
static_assert(KEYS_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES &&
		      STATE_NONCE_SIZE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES &&
		      STATE_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES,
	      "XChaCha20-Poly1305");

struct node_keys {
	struct state_crypto crypto;
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	uint8_t seal[KEYS_SIZE];
};

static void seal(void *ctx, const struct state_binding *b, uint8_t *text, size_t len)
{
	const struct node_keys *k = ctx;

	crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
		text, text + len, NULL, text, len, b->context, b->len, NULL, b->nonce, k->seal);
}

static bool unseal(void *ctx, const struct state_binding *b, const uint8_t *text, size_t len,
		   uint8_t *to)
{
	const struct node_keys *k = ctx;
	size_t plain = len - STATE_TAG_SIZE;

	return crypto_aead_xchacha20poly1305_ietf_decrypt_detached(to, NULL, text, plain,
								   text + plain, b->context, b->len,
								   b->nonce, k->seal) == 0;
}

static void sign(void *ctx, const uint8_t *message, size_t len,
		 uint8_t ret[static STATE_SIGNATURE_SIZE])
{
	const struct node_keys *k = ctx;

	crypto_sign_detached(ret, NULL, message, len, k->secret);
}

static bool verify(void *ctx, const uint8_t key[static STATE_KEY_SIZE], const uint8_t *message,
		   size_t len, const uint8_t signature[static STATE_SIGNATURE_SIZE])
{
	(void)ctx;
	return crypto_sign_verify_detached(signature, message, len, key) == 0;
}

/* 0 or -EIO. */
static int derive(struct node_keys *k, const uint8_t *seed, const char *community_key)
{
	if (sodium_init() < 0 || crypto_sign_seed_keypair(k->crypto.public_key, k->secret, seed))
		return -EIO;
	k->crypto.sealed = *community_key;
	return k->crypto.sealed ? keys_derive(community_key, KEYS_STATE_SEAL, k->seal) : 0;
}

struct node_keys *node_keys_new(const uint8_t seed[static NODE_KEYS_SEED],
				const char *community_key, int *ret_err)
{
	struct node_keys *k = malloc(sizeof(*k));

	*ret_err = -ENOMEM;
	if (!k)
		return NULL;
	*k = (struct node_keys) {
		.crypto = { .ctx = k, .seal = seal, .open = unseal, .sign = sign, .verify = verify }
	};
	*ret_err = derive(k, seed, community_key);
	if (!*ret_err)
		return k;
	node_keys_free(k);
	return NULL;
}

void node_keys_free(struct node_keys *k)
{
	if (!k)
		return;
	sodium_memzero(k, sizeof(*k));
	free(k);
}

const struct state_crypto *node_keys_crypto(const struct node_keys *k)
{
	return &k->crypto;
}
