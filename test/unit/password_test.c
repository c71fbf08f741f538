/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The password of a network: how it is read, and which key it is. Another key from the same
 * password would put every admin out. */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/cli/password.h"
#include "lib/wire.h"

static const struct command command = { .name = "test" };
static const struct cli cli = { .command = &command };

/* By Python: Ed25519 of hashlib.scrypt(password, salt=b"trama admin\0" + salt, n=8192, r=8, p=1,
 * dklen=32). */
static const uint8_t salt[ADMIN_SALT_SIZE] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
};
static const char key_hex[] = "d46405ae405a176f24258d0f1c42977a31731f3c8a318596bd61e2ae09d6ba31";

static struct password password(const char *text)
{
	struct password p;

	memset(&p, 0, sizeof(p));
	memcpy(p.text, text, strlen(text));
	return p;
}

static void test_key(void **state)
{
	struct password p = password("five words that somebody chose"), none;
	uint8_t other_salt[ADMIN_SALT_SIZE] = { 0 }, signature[ADMIN_SIGNATURE_SIZE];
	struct password_key k, again, other;
	json_t *hex;

	(void)state;
	memset(&none, 0, sizeof(none));
	assert_true(password_key(&cli, &p, salt, &k));
	assert_memory_equal(&p, &none, sizeof(p));
	hex = password_hex(k.public_key, sizeof(k.public_key));
	assert_string_equal(json_string_value(hex), key_hex);
	json_decref(hex);
	p = password("five words that somebody chosf");
	assert_true(password_key(&cli, &p, salt, &other));
	assert_memory_not_equal(k.public_key, other.public_key, ADMIN_KEY_SIZE);
	p = password("five words that somebody chose");
	assert_true(password_key(&cli, &p, other_salt, &other));
	assert_memory_not_equal(k.public_key, other.public_key, ADMIN_KEY_SIZE);
	password_sign(&k, salt, sizeof(salt), signature);
	assert_int_equal(crypto_sign_verify_detached(signature, salt, sizeof(salt), k.public_key),
			 0);
	again = k;
	password_forget(&k);
	assert_memory_not_equal(&k, &again, sizeof(k));
	assert_true(sodium_is_zero((const uint8_t *)&k, sizeof(k)));
}

static void test_salt(void **state)
{
	uint8_t one[ADMIN_SALT_SIZE], two[ADMIN_SALT_SIZE];

	(void)state;
	assert_true(password_salt(one) && password_salt(two));
	assert_memory_not_equal(one, two, sizeof(one));
}

static void test_lines(void **state)
{
	char longest[ADMIN_PASSWORD_MAX + 3] = "";
	struct password p;
	int ends[2];

	(void)state;
	memset(longest, 'x', ADMIN_PASSWORD_MAX + 1);
	longest[ADMIN_PASSWORD_MAX + 1] = '\n';
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	dprintf(ends[1], "one password\n two blanks \nseven b\n%s%sno newline here", longest + 1,
		longest);
	close(ends[1]);
	assert_true(password_ask(&cli, "", &p));
	assert_string_equal(p.text, "one password");
	assert_true(password_ask(&cli, "", &p));
	assert_string_equal(p.text, " two blanks ");
	assert_false(password_ask(&cli, "", &p));
	assert_true(password_ask(&cli, "", &p));
	assert_int_equal(strlen(p.text), ADMIN_PASSWORD_MAX);
	assert_false(password_ask(&cli, "", &p));
	assert_int_equal(p.text[0], 0);
	/* what is left of a line that was too long, then one that does not end */
	assert_false(password_ask(&cli, "", &p));
	assert_false(password_ask(&cli, "", &p));
	assert_false(password_ask(&cli, "", &p));
	close(ends[0]);
}

static void test_bytes(void **state)
{
	json_t *o = json_pack("{ss ss ss si}", "good", "00fF", "short", "00", "bad", "0x00",
			      "number", 1);
	uint8_t two[2];

	(void)state;
	assert_true(password_bytes(o, "good", two, sizeof(two)));
	assert_int_equal(two[1], 255);
	for (const char *const *k =
		     (const char *const[]) { "short", "bad", "number", "none", NULL };
	     *k; k++)
		assert_false(password_bytes(o, *k, two, sizeof(two)));
	json_decref(o);
}

/* The beginning of a text of a record that the admin signs. */
static struct wr begin(uint8_t *buf, size_t cap, const char *purpose, uint8_t type)
{
	struct wr w = wr_init(buf, cap);

	wr_bytes(&w, purpose, strlen(purpose) + 1);
	wr_u8(&w, 3);
	wr_u8(&w, type);
	return w;
}

static void test_what_is_signed(void **state)
{
	struct admin_link link, evil;
	uint8_t text[300];
	struct wr w = begin(text, sizeof(text), "trama record", ADMIN_RECORD_SETTING);

	(void)state;
	memset(&link, 1, sizeof(link));
	memset(&evil, 2, sizeof(evil));
	assert_true(password_may_sign(text, wr_len(&w), ADMIN_RECORD_SETTING, NULL));
	assert_false(password_may_sign(text, wr_len(&w), ADMIN_RECORD_FIXED, NULL));
	assert_false(password_may_sign(text, wr_len(&w) - 1, ADMIN_RECORD_SETTING, NULL));
	assert_false(password_may_sign(text, wr_len(&w), ADMIN_RECORD_KEY, &link));
	/* with the signature of that one somebody else would be the admin */
	w = begin(text, sizeof(text), ADMIN_LINK_PURPOSE, ADMIN_RECORD_SETTING);
	assert_false(password_may_sign(text, wr_len(&w), ADMIN_RECORD_SETTING, NULL));
	w = begin(text, sizeof(text), "trama record", ADMIN_RECORD_KEY);
	wr_zero(&w, 40);
	wr_bytes(&w, &link, sizeof(link));
	assert_true(password_may_sign(text, wr_len(&w), ADMIN_RECORD_KEY, &link));
	assert_false(password_may_sign(text, wr_len(&w), ADMIN_RECORD_SETTING, NULL));
	assert_false(password_may_sign(text, wr_len(&w), ADMIN_RECORD_KEY, &evil));
	wr_u8(&w, 0);
	assert_false(password_may_sign(text, wr_len(&w), ADMIN_RECORD_KEY, &link));
	assert_false(password_may_sign(text, sizeof(link), ADMIN_RECORD_KEY, &link));
	w = begin(text, sizeof(text), "trama record", ADMIN_RECORD_SETTING);
	wr_zero(&w, 40);
	wr_bytes(&w, &link, sizeof(link));
	assert_false(password_may_sign(text, wr_len(&w), ADMIN_RECORD_KEY, &link));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_salt),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_what_is_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
