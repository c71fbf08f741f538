/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network's admin: whose signature counts, and the settings that it has put in force.
 *
 * A node starts with the settings that are on its disk. When others come into force it writes all
 * that it knows, then those, and is started anew with them: by the same way as with another
 * configuration file. Neighbours do so at about the same moment, but none at the very same.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "node/internal.h"

#define SETTLE (50 * USEC_MS) /* what belongs together comes in more than one datagram */
#define SPREAD (300 * USEC_MS)

static_assert((int)RECORD_SETTING == ADMIN_RECORD_SETTING &&
		      (int)RECORD_ADMIN == ADMIN_RECORD_KEY &&
		      (int)RECORD_FIXED == ADMIN_RECORD_FIXED,
	      "what the admin signs");

static const struct state_key admin_record_key = { .type = RECORD_ADMIN };

bool node_admin(const struct node *n, struct admin_chain *ret)
{
	struct state_view v;

	if (!state_get(n->state, &admin_record_key, NULL, n->now, &v) &&
	    admin_decode(v.value, v.len, ret))
		return true;
	ret->count = 0;
	memcpy(ret->salt, n->admin_salt, sizeof(ret->salt));
	return false;
}

const uint8_t *node_admin_key(const struct node *n, struct admin_chain *keep)
{
	if (node_admin(n, keep))
		return admin_key(keep);
	return n->has_admin_key ? n->admin_key : NULL;
}

void node_admin_record(const struct admin_chain *c, struct node_signed *ret)
{
	ret->key = admin_record_key;
	ret->len = admin_encode(c, ret->value);
}

static bool verify(void *ctx, const uint8_t *key, const uint8_t *message, size_t len,
		   const uint8_t *signature)
{
	const struct state_crypto *c = ctx;

	return c->verify(c->ctx, key, message, len, signature);
}

/* What was fixed for clients of a cloud outlives a change of the password: nobody could sign that
 * of all clouds anew. */
static bool signed_before(const struct admin_chain *keys, const struct state_claim *c,
			  struct state_crypto *crypto)
{
	for (uint32_t i = 0; i + 1 < keys->count; i++)
		if (verify(crypto, keys->link[i].key, c->message, c->message_len, c->signature))
			return true;
	return false;
}

bool admin_ok(void *ctx, const struct state_claim *c)
{
	const struct node *n = ctx;
	struct state_crypto crypto;
	struct admin_chain now, next;
	const uint8_t *known = node_admin_key(n, &now);

	if (!n->setup.crypto)
		return false;
	crypto = *n->setup.crypto;
	if (c->key.type == RECORD_ADMIN) {
		if (c->key.len || !admin_decode(c->value, c->len, &next) ||
		    !admin_follows(&next, known, verify, &crypto))
			return false;
		known = admin_key(&next);
	}
	if (!known)
		return false;
	return verify(&crypto, known, c->message, c->message_len, c->signature) ||
	       (c->key.type == RECORD_FIXED && signed_before(&now, c, &crypto));
}

int admin_put(struct node *n, const struct control_sign *s)
{
	struct state_key key = state_key_init(s->type, s->id, s->id_len);
	int r;

	if (!state_is_ready(n->state, n->now))
		return -EAGAIN;
	r = state_put_admin(n->state, &key, s->value, s->len, s->signature, n->now);
	/* whoever wrote it may ask at once what holds now */
	if (!r && s->type == RECORD_SETTING)
		record_setting_changed(n);
	if (!r && s->type == RECORD_FIXED) {
		struct lease_key k = { .len = key.len };

		memcpy(k.b, key.id, key.len);
		statics_signed(n, &k);
	}
	return r;
}

/* ---- settings ---- */

uint32_t node_realm(const struct node *n)
{
	return settings_realm(n->cloud.network_id);
}

static uint8_t digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The digits have been checked. */
static void unhex(const char *hex, uint8_t *ret, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
}

void settings_init(struct node *n)
{
	const char *hex = n->conf->security.admin_key;

	n->has_admin_key = hex[0];
	if (n->has_admin_key) {
		unhex(hex, n->admin_key, ADMIN_KEY_SIZE);
		unhex(hex + 2 * ADMIN_KEY_SIZE, n->admin_salt, ADMIN_SALT_SIZE);
	}
	n->settings = n->setup.settings;
	if (n->settings.realm != node_realm(n))
		n->settings.cloud.len = 0;
	n->settings.realm = node_realm(n);
}

void record_setting_changed(struct node *n)
{
	usec_t spread = SPREAD * n->id.b[7] / 256;

	n->settings_at = usec_min(n->settings_at, n->now + SETTLE + spread);
}

/* What is in force of that realm; as it was, while nobody has said so or not all of it is here. */
static bool has_changed(const struct node *n, uint32_t realm, const struct conf_text *was,
			struct node_settings *ret)
{
	return node_settings(n, realm, NODE_SETTINGS_IN_FORCE, ret) &&
	       (ret->len != was->len || (was->len && memcmp(ret->text, was->text, was->len) != 0));
}

static void tell(struct node *n)
{
	struct effect_notice notice = { .notice = NOTICE_SETTINGS };
	struct text t = text_init(notice.text, sizeof(notice.text));

	for (int i = 0; i < 2; i++)
		if (n->in_force[i].set)
			text_add(&t, "%sset %u of the %s", t.len ? ", " : "",
				 (unsigned int)n->in_force[i].set, i ? "cloud" : "network");
	node_notice(n, &notice);
}

bool settings_refresh(struct node *n)
{
	struct conf_text *texts[2] = { &n->settings.network, &n->settings.cloud };
	struct node_settings now;
	bool any = false;

	n->settings_at = USEC_NEVER;
	for (int i = 0; i < 2; i++) {
		if (!has_changed(n, i ? n->settings.realm : SETTINGS_NETWORK, texts[i], &now))
			continue;
		n->in_force[i] = now;
		*texts[i] = (struct conf_text) { n->in_force[i].text, now.len };
		any = true;
	}
	if (any) {
		n->settings_fresh = true;
		tell(n);
	}
	return any;
}

bool node_settings_pending(const struct node *n)
{
	return n->settings_fresh || n->settings_at != USEC_NEVER;
}
