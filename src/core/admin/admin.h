/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key of the network's admin, who alone may change its settings. It is derived from a password
 * by whoever knows that (never here); nodes hold only the public key, in one record for the whole
 * network:
 *
 *   value  salt 16 bytes (random, of the first password; kept for all that follow), then 1 to
 * ADMIN_LINKS_MAX links, the newest last link   public key 32 bytes, signature 64 bytes of "trama
 * admin link", the salt, the key before and this key, by the key before (the first one ever: by
 * itself)
 *
 * The record itself is signed by the newest key. A node that knows no key yet believes the first
 * record that it gets. From then on it takes only one in which the key that it knows is followed by
 * others, each signed by the one before: so the password can be changed while nodes are off, as
 * long as not more than ADMIN_LINKS_MAX - 1 changes are missed.
 */
#ifndef CORE_ADMIN_ADMIN_H
#define CORE_ADMIN_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADMIN_SALT_SIZE 16
#define ADMIN_KEY_SIZE 32
#define ADMIN_SIGNATURE_SIZE 64
#define ADMIN_LINKS_MAX 4
#define ADMIN_VALUE_MAX                                                                            \
	(ADMIN_SALT_SIZE + ADMIN_LINKS_MAX * (ADMIN_KEY_SIZE + ADMIN_SIGNATURE_SIZE))
#define ADMIN_LINK_PURPOSE "trama admin link"
#define ADMIN_LINK_MESSAGE (sizeof(ADMIN_LINK_PURPOSE) + ADMIN_SALT_SIZE + 2 * ADMIN_KEY_SIZE)

/* Types of the records that the admin signs. */
enum admin_record { ADMIN_RECORD_SETTING = 6, ADMIN_RECORD_KEY = 7, ADMIN_RECORD_FIXED = 12 };

/* scrypt (RFC 7914) of the password, which gives the seed of the key (Ed25519). */
#define ADMIN_SCRYPT_N 8192
#define ADMIN_SCRYPT_R 8
#define ADMIN_SCRYPT_P 1
#define ADMIN_PASSWORD_MIN 8
#define ADMIN_PASSWORD_MAX 128

/* As it stands in the value. */
struct admin_link {
	uint8_t key[ADMIN_KEY_SIZE];
	uint8_t signature[ADMIN_SIGNATURE_SIZE];
};

struct admin_chain {
	uint8_t salt[ADMIN_SALT_SIZE];
	uint32_t count; /* 0: there is none */
	struct admin_link link[ADMIN_LINKS_MAX];
};

typedef bool admin_verify_fn(void *ctx, const uint8_t *key, const uint8_t *message, size_t len,
			     const uint8_t *signature);

/* What the record says. false: it is malformed. */
bool admin_decode(const uint8_t *value, size_t len, struct admin_chain *ret);
/* Its length; ret has room for ADMIN_VALUE_MAX bytes. */
size_t admin_encode(const struct admin_chain *c, uint8_t *ret);
/* NULL: there is none. */
const uint8_t *admin_key(const struct admin_chain *c);
/* The next key; the oldest goes when there is no room. */
void admin_add(struct admin_chain *c, const struct admin_link *next);
/* What the signature of a link is of. before: NULL for the first key ever. */
void admin_link_message(const uint8_t *salt, const uint8_t *before, const uint8_t *key,
			uint8_t ret[static ADMIN_LINK_MESSAGE]);
/* May who knows the key `known`, NULL: none, believe this one? */
bool admin_follows(const struct admin_chain *c, const uint8_t *known, admin_verify_fn *verify,
		   void *ctx);

#endif
