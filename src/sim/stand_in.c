/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/stand_in.h"

#include <string.h>

#include "lib/wire.h"

/* One for each use, so that one thing is never taken for another. */
static const struct hash_key key_of_keys = { 0x7374616e642d696e, 1 };
static const struct hash_key key_of_community = { 0x7374616e642d696e, 2 };
static const struct hash_key key_of_tags = { 0x7374616e642d696e, 3 };

/* Fills n bytes, a multiple of 8, with what follows from the key and two numbers. */
static void expand(const struct hash_key *key, uint64_t a, uint64_t b, uint8_t *to, size_t n)
{
	struct wr w = wr_init(to, n);

	for (uint64_t i = 0; wr_left(&w); i++) {
		uint8_t in[24];
		struct wr text = wr_init(in, sizeof(in));

		wr_u64(&text, a);
		wr_u64(&text, b);
		wr_u64(&text, i);
		wr_u64(&w, hash_bytes(key, in, sizeof(in)));
	}
}

void stand_in_public_key(uint64_t seed, uint8_t ret[static STATE_KEY_SIZE])
{
	expand(&key_of_keys, seed, 0, ret, STATE_KEY_SIZE);
}

void stand_in_sign(const uint8_t key[static STATE_KEY_SIZE], const uint8_t *message, size_t len,
		   uint8_t ret[static STATE_SIGNATURE_SIZE])
{
	uint64_t who = hash_bytes(&key_of_keys, key, STATE_KEY_SIZE);
	uint64_t what = hash_bytes(&key_of_keys, message, len);

	expand(&key_of_keys, who, what, ret, STATE_SIGNATURE_SIZE);
}

static void sign(void *ctx, const uint8_t *message, size_t len,
		 uint8_t ret[static STATE_SIGNATURE_SIZE])
{
	struct stand_in *s = ctx;

	s->signs++;
	stand_in_sign(s->crypto.public_key, message, len, ret);
}

static bool verify(void *ctx, const uint8_t key[static STATE_KEY_SIZE], const uint8_t *message,
		   size_t len, const uint8_t signature[static STATE_SIGNATURE_SIZE])
{
	struct stand_in *s = ctx;
	uint8_t right[STATE_SIGNATURE_SIZE];

	s->verifies++;
	stand_in_sign(key, message, len, right);
	return memcmp(right, signature, sizeof(right)) == 0;
}

static void mix(const struct stand_in *s, const struct state_binding *b, const uint8_t *from,
		size_t len, uint8_t *to)
{
	uint64_t nonce = hash_bytes(&s->community, b->nonce, sizeof(b->nonce));
	uint8_t stream[64];

	for (size_t i = 0; i < len; i++) {
		if (i % sizeof(stream) == 0)
			expand(&s->community, nonce, i, stream, sizeof(stream));
		to[i] = from[i] ^ stream[i % sizeof(stream)];
	}
}

static void tag_make(const struct stand_in *s, const struct state_binding *b, const uint8_t *text,
		     size_t len, uint8_t tag[static STATE_TAG_SIZE])
{
	uint8_t in[32];
	struct wr w = wr_init(in, sizeof(in));

	wr_u64(&w, hash_bytes(&s->community, b->context, b->len));
	wr_u64(&w, hash_bytes(&s->community, text, len));
	wr_u64(&w, hash_bytes(&s->community, b->nonce, sizeof(b->nonce)));
	wr_u64(&w, s->community.k1);
	expand(&key_of_tags, hash_bytes(&s->community, in, sizeof(in)), len, tag, STATE_TAG_SIZE);
}

static void seal(void *ctx, const struct state_binding *b, uint8_t *text, size_t len)
{
	mix(ctx, b, text, len, text);
	tag_make(ctx, b, text, len, text + len);
}

static bool unseal(void *ctx, const struct state_binding *b, const uint8_t *text, size_t len,
		   uint8_t *to)
{
	uint8_t tag[STATE_TAG_SIZE];

	len -= STATE_TAG_SIZE;
	tag_make(ctx, b, text, len, tag);
	if (memcmp(tag, text + len, sizeof(tag)) != 0)
		return false;
	mix(ctx, b, text, len, to);
	return true;
}

void stand_in_init(struct stand_in *s, uint64_t seed, const char *community_key)
{
	*s = (struct stand_in) { .crypto = { .ctx = s,
					     .sealed = *community_key,
					     .seal = seal,
					     .open = unseal,
					     .sign = sign,
					     .verify = verify } };
	stand_in_public_key(seed, s->crypto.public_key);
	s->community.k0 = hash_bytes(&key_of_community, community_key, strlen(community_key));
	s->community.k1 = s->community.k0 ^ key_of_community.k0;
}
