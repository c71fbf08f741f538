/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cli/password.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/state/state_msg.h"
#include "rpc/call.h"

/* One password for something else gives another key. */
#define PURPOSE "trama admin"
#define MESSAGE_MAX 1024 /* bytes of a text to be signed */
#define PROOFS_MAX 257	 /* of one act: a new key signs all settings anew */
#define PATIENCE 10
#define PATIENCE_MS 500

static_assert(ADMIN_KEY_SIZE == crypto_sign_PUBLICKEYBYTES &&
		      ADMIN_SIGNATURE_SIZE == crypto_sign_BYTES,
	      "Ed25519");

static void prompt_print(const char *prompt)
{
	fprintf(stderr, "%s: ", prompt);
	fflush(stderr);
}

/* Without its newline. False: there is none, or it is too long. */
static bool line_read(struct password *ret)
{
	size_t len;

	if (!fgets(ret->text, sizeof(ret->text), stdin))
		return false;
	len = strcspn(ret->text, "\n");
	if (!ret->text[len])
		return false;
	ret->text[len] = 0;
	return true;
}

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	interrupted = number;
}

/* Without echo, which comes back also when somebody presses Ctrl-C. */
static bool line_read_quietly(const char *prompt, const struct termios *before,
			      struct password *ret)
{
	struct sigaction on = { .sa_handler = interrupt }, was;
	struct termios quiet = *before;
	bool ok;

	quiet.c_lflag &= (tcflag_t)~ECHO;
	interrupted = 0;
	sigaction(SIGINT, &on, &was);
	prompt_print(prompt);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	ok = line_read(ret);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
	fputc('\n', stderr);
	sigaction(SIGINT, &was, NULL);
	if (interrupted)
		raise(SIGINT);
	return ok;
}

bool password_ask(const struct cli *c, const char *prompt, struct password *ret)
{
	struct termios before;
	bool is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
	bool ok = is_terminal ? line_read_quietly(prompt, &before, ret) : line_read(ret);

	if (ok && strlen(ret->text) >= ADMIN_PASSWORD_MIN)
		return true;
	cli_fail(c, "a password is a line of %d to %d bytes", ADMIN_PASSWORD_MIN,
		 ADMIN_PASSWORD_MAX);
	sodium_memzero(ret, sizeof(*ret));
	return false;
}

bool password_key(const struct cli *c, struct password *p,
		  const uint8_t salt[static ADMIN_SALT_SIZE], struct password_key *ret)
{
	uint8_t salted[sizeof(PURPOSE) + ADMIN_SALT_SIZE] = PURPOSE, seed[crypto_sign_SEEDBYTES];
	int r = -1;

	memcpy(salted + sizeof(PURPOSE), salt, ADMIN_SALT_SIZE);
	if (sodium_init() >= 0)
		r = crypto_pwhash_scryptsalsa208sha256_ll(
			(const uint8_t *)p->text, strlen(p->text), salted, sizeof(salted),
			ADMIN_SCRYPT_N, ADMIN_SCRYPT_R, ADMIN_SCRYPT_P, seed, sizeof(seed));
	sodium_memzero(p, sizeof(*p));
	if (!r)
		r = crypto_sign_seed_keypair(ret->public_key, ret->secret, seed);
	sodium_memzero(seed, sizeof(seed));
	if (r)
		cli_fail(c, "the password cannot be made into a key: %s", strerror(ENOMEM));
	return !r;
}

bool password_salt(uint8_t ret[static ADMIN_SALT_SIZE])
{
	if (sodium_init() < 0)
		return false;
	randombytes_buf(ret, ADMIN_SALT_SIZE);
	return true;
}

void password_sign(const struct password_key *k, const uint8_t *message, size_t len,
		   uint8_t ret[static ADMIN_SIGNATURE_SIZE])
{
	crypto_sign_detached(ret, NULL, message, len, k->secret);
}

void password_forget(struct password_key *k)
{
	sodium_memzero(k, sizeof(*k));
}

bool password_bytes(json_t *o, const char *key, uint8_t *ret, size_t size)
{
	const char *text = json_string_value(json_object_get(o, key));
	size_t len;

	return text && !sodium_hex2bin(ret, size, text, strlen(text), NULL, &len, NULL) &&
	       len == size;
}

json_t *password_hex(const uint8_t *data, size_t len)
{
	char text[2 * PROOFS_MAX * ADMIN_SIGNATURE_SIZE + 1];

	return json_string(sodium_bin2hex(text, sizeof(text), data, len));
}

bool password_may_sign(const uint8_t *text, size_t len, enum admin_record type,
		       const struct admin_link *link)
{
	struct rd r = rd_init(text, len);
	const uint8_t *purpose = rd_take(&r, sizeof(STATE_MSG_PURPOSE));

	if (!purpose || memcmp(purpose, STATE_MSG_PURPOSE, sizeof(STATE_MSG_PURPOSE)) != 0)
		return false;
	rd_u8(&r); /* flags */
	if (rd_u8(&r) != type || !rd_ok(&r))
		return false;
	if (type != ADMIN_RECORD_KEY)
		return true;
	/* the value stands last, and there the newest link does */
	return rd_left(&r) > sizeof(*link) &&
	       !memcmp(text + len - sizeof(*link), link, sizeof(*link));
}

/* Signatures of all texts, one behind the other; NULL: these are not what is to be signed. */
static json_t *sign_all(json_t *texts, const struct password_key *k, enum admin_record type,
			const struct admin_link *link)
{
	uint8_t proofs[PROOFS_MAX][ADMIN_SIGNATURE_SIZE];
	size_t i, count = json_array_size(texts);
	json_t *t;

	if (!count || count > PROOFS_MAX)
		return NULL;
	json_array_foreach(texts, i, t)
	{
		const char *hex = json_string_value(t);
		uint8_t message[MESSAGE_MAX];
		size_t len;

		if (!hex ||
		    sodium_hex2bin(message, sizeof(message), hex, strlen(hex), NULL, &len, NULL) ||
		    !password_may_sign(message, len, type, link))
			return NULL;
		password_sign(k, message, len, proofs[i]);
		if (type == ADMIN_RECORD_KEY)
			type = ADMIN_RECORD_SETTING;
	}
	return password_hex(proofs[0], count * sizeof(proofs[0]));
}

/* As cli_ask, but a daemon that has just started gets the seconds that it asks for. */
static json_t *ask_patiently(const struct cli *c, const char *method, json_t *params)
{
	for (int tries = PATIENCE;; tries--) {
		struct rpc_client client;
		json_t *r;
		bool again;

		if (!cli_open(c, &client))
			return NULL;
		r = rpc_client_call(&client, method, json_incref(params));
		again = !r && client.code == RPC_NOT_YET && tries > 0;
		if (!r && !again)
			cli_fail(c, "%s", client.err);
		rpc_client_close(&client);
		if (!again)
			return r;
		cli_pause(PATIENCE_MS);
	}
}

json_t *password_call(const struct cli *c, const char *method, json_t *params,
		      const struct password_key *k, enum admin_record type,
		      const struct admin_link *link)
{
	json_t *asked = ask_patiently(c, method, params), *proofs;

	if (!asked) {
		json_decref(params);
		return NULL;
	}
	if (json_object_get(asked, "written")) { /* there is nothing to do */
		json_decref(params);
		return asked;
	}
	proofs = sign_all(json_object_get(asked, "sign"), k, type, link);
	json_decref(asked);
	asked = NULL;
	if (proofs) {
		json_object_set_new(params, "proofs", proofs);
		asked = ask_patiently(c, method, params);
	} else {
		cli_fail(c,
			 "the daemon wants something else signed than what was asked for: nothing "
			 "was; is it of another version?");
	}
	json_decref(params);
	return asked;
}
