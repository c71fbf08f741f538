/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The password of the network's admin: asked for, made into a key, and forgotten. It never leaves
 * this program. */
#ifndef CMD_CLI_PASSWORD_H
#define CMD_CLI_PASSWORD_H

#include <stdint.h>

#include "cmd/cli/cli.h"
#include "core/admin/admin.h"

struct password {
	char text[ADMIN_PASSWORD_MAX + 2];
};

struct password_key {
	uint8_t public_key[ADMIN_KEY_SIZE];
	uint8_t secret[64];
};

/* From the terminal, without echo, or the next line of standard input where that is none. False
 * after saying what is wrong. */
bool password_ask(const struct cli *c, const char *prompt, struct password *ret);
/* scrypt, a fraction of a second; wipes the password. False after saying what is wrong. */
bool password_key(const struct cli *c, struct password *p,
		  const uint8_t salt[static ADMIN_SALT_SIZE], struct password_key *ret);
/* A new one; false: there is no randomness. */
bool password_salt(uint8_t ret[static ADMIN_SALT_SIZE]);
void password_sign(const struct password_key *k, const uint8_t *message, size_t len,
		   uint8_t ret[static ADMIN_SIGNATURE_SIZE]);
void password_forget(struct password_key *k);

/* Is this the text of a record of that type, the admin's own ending with link? The daemon hears the
 * network, and is not believed about what else the admin might sign. */
bool password_may_sign(const uint8_t *text, size_t len, enum admin_record type,
		       const struct admin_link *link);
/* Asks for a method twice: what is to be signed, then with the signatures of records of that type;
 * behind the admin's own, with its link, settings. Takes params; NULL after saying what is wrong.
 */
json_t *password_call(const struct cli *c, const char *method, json_t *params,
		      const struct password_key *k, enum admin_record type,
		      const struct admin_link *link);
/* Bytes of a text field of hex digits; false when it has another size. */
bool password_bytes(json_t *o, const char *key, uint8_t *ret, size_t size);
/* admin.c: the key of the network's admin, from the password that somebody types; false after
 * saying what is wrong. */
bool admin_key_ask(const struct cli *c, struct password_key *ret);
/* A new reference. */
json_t *password_hex(const uint8_t *data, size_t len);

#endif
