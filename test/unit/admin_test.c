/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The admin's key and its changes: whom somebody believes that knows one of them, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/admin/admin.h"
#include "sim/stand_in.h"

static struct stand_in keys[8];

static const uint8_t *key(int i)
{
	return keys[i].crypto.public_key;
}

static bool verify(void *ctx, const uint8_t *k, const uint8_t *message, size_t len,
		   const uint8_t *signature)
{
	struct stand_in *s = ctx;

	return s->crypto.verify(s, k, message, len, signature);
}

static bool follows(const struct admin_chain *c, const uint8_t *known)
{
	return admin_follows(c, known, verify, &keys[0]);
}

/* Key `i`, signed by `by`, which says that it was the one before. */
static void add(struct admin_chain *c, int i, int before, int by)
{
	uint8_t message[ADMIN_LINK_MESSAGE];
	struct admin_link l;

	admin_link_message(c->salt, before < 0 ? NULL : key(before), key(i), message);
	memcpy(l.key, key(i), sizeof(l.key));
	stand_in_sign(key(by), message, sizeof(message), l.signature);
	admin_add(c, &l);
}

static struct admin_chain chain(int n)
{
	struct admin_chain c = { .salt = { 1, 2, 3 } };

	for (int i = 0; i < n; i++)
		add(&c, i, i - 1, i ? i - 1 : 0);
	return c;
}

static int setup(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		stand_in_init(&keys[i], (uint64_t)i + 1, "");
	return 0;
}

static void test_codec(void **state)
{
	uint8_t buf[ADMIN_VALUE_MAX + 1] = { 0 };
	struct admin_chain c, back;

	(void)state;
	for (int n = 1; n <= ADMIN_LINKS_MAX; n++) {
		size_t len;

		c = chain(n);
		len = admin_encode(&c, buf);
		assert_int_equal(len, ADMIN_SALT_SIZE + n * 96);
		assert_true(admin_decode(buf, len, &back));
		assert_int_equal(back.count, n);
		assert_memory_equal(&back, &c, sizeof(c));
		assert_memory_equal(admin_key(&back), key(n - 1), ADMIN_KEY_SIZE);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(admin_decode(buf, cut, &back),
					 cut > ADMIN_SALT_SIZE &&
						 (cut - ADMIN_SALT_SIZE) % 96 == 0);
		assert_false(admin_decode(buf, len + 1, &back));
	}
	c.count = 0;
	assert_null(admin_key(&c));
}

static void test_follows(void **state)
{
	struct admin_chain c = chain(3), forged;

	(void)state;
	assert_true(follows(&c, NULL));
	for (int i = 0; i < 3; i++)
		assert_true(follows(&c, key(i)));
	assert_false(follows(&c, key(3)));
	/* what came before the key that is known need not be right */
	forged = c;
	forged.link[0].signature[0] ^= 1;
	assert_true(follows(&forged, key(0)));
	forged.link[1].signature[0] ^= 1;
	assert_false(follows(&forged, key(0)));
	assert_true(follows(&forged, key(1)));
	assert_false(follows(&forged, NULL));
	/* signed by somebody else, or by an older key */
	forged = chain(2);
	add(&forged, 5, 1, 5);
	assert_false(follows(&forged, key(1)));
	forged = chain(2);
	add(&forged, 5, 1, 0);
	assert_false(follows(&forged, key(1)));
	/* of another network */
	c.salt[0]++;
	assert_false(follows(&c, key(0)));
	assert_true(follows(&c, key(2)));
}

/* Whoever was off while the password was changed three times follows; four times is too often. */
static void test_many_changes(void **state)
{
	struct admin_chain c = chain(7);

	(void)state;
	assert_int_equal(c.count, ADMIN_LINKS_MAX);
	assert_memory_equal(admin_key(&c), key(6), ADMIN_KEY_SIZE);
	assert_true(follows(&c, NULL));
	for (int i = 0; i < 7; i++)
		assert_int_equal(follows(&c, key(i)), i >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_codec, setup),
		cmocka_unit_test_setup(test_follows, setup),
		cmocka_unit_test_setup(test_many_changes, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
