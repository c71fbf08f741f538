/* SPDX-License-Identifier: GPL-2.0-or-later */
/* admin show, admin password: who may change the settings of the network. */
#include <stdio.h>
#include <string.h>

#include "cmd/cli/password.h"

void show_admin(const struct cli *c, json_t *r)
{
	const char *from = json_string_value(json_object_get(r, "from"));

	(void)c;
	if (!from) {
		puts("this network has no admin yet: whoever gives it a password first is it "
		     "(trama admin password)");
		return;
	}
	printf("public key and salt  %s%s\n%s\n", cli_text(r, "key"), cli_text(r, "salt"),
	       !strcmp(from, "record") ? "as the network has it; to fix it on a node, write it as "
					 "option admin_key in config trama 'security'"
				       : "as this node's configuration has it; the network has not "
					 "been given that password yet");
}

/* What the daemon knows of the admin. */
struct known {
	bool any, is_record;
	uint8_t key[ADMIN_KEY_SIZE], salt[ADMIN_SALT_SIZE];
};

static bool known_ask(const struct cli *c, struct known *ret)
{
	json_t *r = cli_ask(c, "admin.show", NULL);
	const char *from = r ? json_string_value(json_object_get(r, "from")) : NULL;
	bool ok = r;

	ret->any = from;
	ret->is_record = from && !strcmp(from, "record");
	if (ok && ret->any)
		ok = password_bytes(r, "key", ret->key, sizeof(ret->key)) &&
		     password_bytes(r, "salt", ret->salt, sizeof(ret->salt));
	else if (ok) /* one of its own: tables of passwords are of no use, nor in two networks */
		ok = password_salt(ret->salt);
	if (r && !ok)
		cli_fail(c, "the daemon does not say who the admin is");
	json_decref(r);
	return ok;
}

/* The key of a password that must be the right one. */
static bool key_ask(const struct cli *c, const char *prompt, const struct known *k,
		    struct password_key *ret)
{
	struct password p;

	if (!password_ask(c, prompt, &p) || !password_key(c, &p, k->salt, ret))
		return false;
	if (!memcmp(ret->public_key, k->key, sizeof(k->key)))
		return true;
	password_forget(ret);
	cli_fail(c, "that is not the password of this network");
	return false;
}

bool admin_key_ask(const struct cli *c, struct password_key *ret)
{
	struct known k;

	if (!known_ask(c, &k))
		return false;
	if (k.any)
		return key_ask(c, "password of the network", &k, ret);
	cli_fail(c, "this network has no admin yet: give it a password with trama admin password");
	return false;
}

static bool new_ask(const struct cli *c, const struct known *k, struct password_key *ret)
{
	struct password first, again;
	bool same;

	if (!password_ask(c, "new password of the network", &first))
		return false;
	if (!password_ask(c, "the same again", &again)) {
		explicit_bzero(&first, sizeof(first));
		return false;
	}
	same = !strcmp(first.text, again.text);
	explicit_bzero(&again, sizeof(again));
	if (same)
		return password_key(c, &first, k->salt, ret);
	explicit_bzero(&first, sizeof(first));
	cli_fail(c, "these are two passwords; nothing was changed");
	return false;
}

static void written_print(const struct cli *c, json_t *r)
{
	(void)c;
	(void)r;
	puts("the network has this password now");
}

/* old: the key before, NULL for the first one. */
static int put(struct cli *c, const struct known *k, const struct password_key *old,
	       const struct password_key *new)
{
	uint8_t message[ADMIN_LINK_MESSAGE];
	struct admin_link link;
	json_t *params;

	admin_link_message(k->salt, old ? old->public_key : NULL, new->public_key, message);
	memcpy(link.key, new->public_key, sizeof(link.key));
	password_sign(old ? old : new, message, sizeof(message), link.signature);
	params = json_pack("{so so so}", "key", password_hex(link.key, sizeof(link.key)), "link",
			   password_hex(link.signature, sizeof(link.signature)), "salt",
			   password_hex(k->salt, sizeof(k->salt)));
	return cli_show(c, password_call(c, "admin.put", params, new, ADMIN_RECORD_KEY, &link),
			written_print);
}

int run_admin_password(struct cli *c)
{
	struct password_key old, new;
	struct known k;
	int r = CLI_FAILED;
	bool ok;

	if (!known_ask(c, &k))
		return CLI_FAILED;
	if (k.is_record && !key_ask(c, "present password of the network", &k, &old))
		return CLI_FAILED;
	/* whose key is configured is known: it only has to be told to the network */
	ok = k.any && !k.is_record ? key_ask(c, "password of the network", &k, &new)
				   : new_ask(c, &k, &new);
	if (ok)
		r = put(c, &k, k.is_record ? &old : NULL, &new);
	password_forget(&old);
	password_forget(&new);
	return r;
}
