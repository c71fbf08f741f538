/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cryptography of nodes as libsodium does it: known answers, and state cores that use it. */
#include <errno.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plat/linux/keys.h"
#include "plat/linux/node_keys.h"
#include "state_net.h"

#define KEY "the key of this community"
#define BOTH 3

static struct node_keys *keys(uint8_t seed, const char *community_key)
{
	uint8_t bytes[NODE_KEYS_SEED] = { seed };
	struct node_keys *k;
	int r;

	k = node_keys_new(bytes, community_key, &r);
	assert_non_null(k);
	assert_int_equal(r, 0);
	return k;
}

/* RFC 8032, 7.1, test 2. */
static void test_ed25519(void **state)
{
	static const uint8_t seed[NODE_KEYS_SEED] = { 0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96,
						      0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11,
						      0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35,
						      0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed,
						      0x4f, 0xb8, 0xa6, 0xfb };
	static const uint8_t public_key[STATE_KEY_SIZE] = {
		0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a,
		0xa7, 0x4d, 0x1b, 0x7e, 0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4,
		0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c
	};
	static const uint8_t signature[STATE_SIGNATURE_SIZE] = {
		0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f,
		0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76,
		0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99,
		0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae,
		0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00
	};
	const uint8_t message = 0x72;
	uint8_t got[STATE_SIGNATURE_SIZE];
	const struct state_crypto *c;
	struct node_keys *k;
	int r;

	(void)state;
	k = node_keys_new(seed, "", &r);
	assert_non_null(k);
	c = node_keys_crypto(k);
	assert_false(c->sealed);
	assert_memory_equal(c->public_key, public_key, sizeof(public_key));
	c->sign(c->ctx, &message, 1, got);
	assert_memory_equal(got, signature, sizeof(signature));
	assert_true(c->verify(c->ctx, public_key, &message, 1, signature));
	got[0] ^= 1;
	assert_false(c->verify(c->ctx, public_key, &message, 1, got));
	node_keys_free(k);
	node_keys_free(NULL);
}

static void test_seal(void **state)
{
	struct node_keys *a = keys(1, KEY), *b = keys(2, KEY), *other = keys(2, KEY "!");
	const struct state_crypto *from = node_keys_crypto(a), *to = node_keys_crypto(b),
				  *stranger = node_keys_crypto(other);
	struct state_binding about = { .nonce = { 1, 2, 3 }, .context = { 4, 5 }, .len = 2 };
	uint8_t text[11 + STATE_TAG_SIZE] = "hello world", opened[11];

	(void)state;
	assert_true(from->sealed && to->sealed);
	from->seal(from->ctx, &about, text, 11);
	assert_memory_not_equal(text, "hello world", 11);
	assert_false(stranger->open(stranger->ctx, &about, text, sizeof(text), opened));
	assert_true(to->open(to->ctx, &about, text, sizeof(text), opened));
	assert_memory_equal(opened, "hello world", 11);
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] ^= 0x10;
		assert_false(to->open(to->ctx, &about, text, sizeof(text), opened));
		text[i] ^= 0x10;
	}
	about.context[1]++;
	assert_false(to->open(to->ctx, &about, text, sizeof(text), opened));
	about.context[1]--;
	about.nonce[20]++;
	assert_false(to->open(to->ctx, &about, text, sizeof(text), opened));
	node_keys_free(a);
	node_keys_free(b);
	node_keys_free(other);
}

/* By Python: blake2b(purpose, key=blake2b(community_key, digest_size=32).digest(), digest_size=32).
 */
static const uint8_t seal_key[KEYS_SIZE] = { 0x19, 0x44, 0x69, 0x41, 0xb0, 0x92, 0x21, 0x8a,
					     0xe9, 0xb0, 0x8c, 0xdb, 0xec, 0x57, 0x3b, 0xb0,
					     0x4b, 0x67, 0x66, 0xba, 0x5f, 0x6d, 0x56, 0x00,
					     0xe2, 0x62, 0x14, 0x9e, 0xe0, 0xd7, 0xf0, 0xf7 };
static const uint8_t babel_key[KEYS_SIZE] = { 0x79, 0xc4, 0x5f, 0x08, 0xef, 0x63, 0x9d, 0x2d,
					      0xfb, 0x54, 0xd9, 0x5e, 0x27, 0x4b, 0x0f, 0x01,
					      0xf3, 0xbc, 0xa6, 0xe6, 0xe2, 0xe3, 0x59, 0x00,
					      0x1a, 0xd6, 0x2e, 0xd6, 0xb0, 0x22, 0x43, 0x87 };

/* Of one secret a key for each purpose; other ones, and no node would understand another. */
static void test_purposes(void **state)
{
	struct node_keys *k = keys(1, KEY);
	const struct state_crypto *c = node_keys_crypto(k);
	struct state_binding about = { .nonce = { 1, 2, 3 }, .context = { 4, 5 }, .len = 2 };
	uint8_t text[5 + STATE_TAG_SIZE] = "hello", opened[5], key[KEYS_SIZE];

	(void)state;
	assert_int_equal(keys_derive(KEY, KEYS_STATE_SEAL, key), 0);
	assert_memory_equal(key, seal_key, sizeof(key));
	assert_int_equal(keys_derive(KEY, KEYS_BABEL_MAC, key), 0);
	assert_memory_equal(key, babel_key, sizeof(key));
	c->seal(c->ctx, &about, text, 5);
	assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(opened, NULL, NULL, text,
								    sizeof(text), about.context, 2,
								    about.nonce, seal_key),
			 0);
	assert_memory_equal(opened, "hello", 5);
	node_keys_free(k);
}

/* Three members and one with another key. */
static void test_state(void **state)
{
	struct net *net = net_new(4, 1);
	struct node_keys *k[4];

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		k[i] = keys((uint8_t)(i + 1), i < 3 ? KEY : KEY "!");
		net->crypto[i] = node_keys_crypto(k[i]);
		net_restart(net, i, 1);
	}
	net_line(net, BOTH, 0.02);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(net_put(net, i % 4, (uint8_t)(1 + i / 4 % 4), i, "value"), 0);
	net_run(net, 8 * USEC_S);
	for (uint32_t i = 0; i < 40; i++) {
		int author = i / 4 % 4 < 2 ? (int)(i % 4) : -1;

		for (uint32_t n = 0; n < 4; n++)
			assert_true((net_get(net, n, (uint8_t)(1 + i / 4 % 4), i, author) !=
				     NULL) == ((n < 3) == (i % 4 < 3)));
	}
	for (uint32_t n = 0; n < 4; n++)
		assert_int_equal(net_count(net, n, STATE_C_DROP_FORGED), 0);
	assert_true(net_count(net, 2, STATE_C_DROP_SEAL) > 0);
	assert_true(net_count(net, 3, STATE_C_DROP_SEAL) > 0);
	net_free(net);
	for (uint32_t i = 0; i < 4; i++)
		node_keys_free(k[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ed25519),
		cmocka_unit_test(test_seal),
		cmocka_unit_test(test_purposes),
		cmocka_unit_test(test_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
