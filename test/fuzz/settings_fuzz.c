/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of a network. The first byte says what follows: the keys of an admin, the file of
 * settings, or values that the admin has signed, {part u8, page u8, length u16, value}*: of them a
 * node reads which settings are in force, and what it then writes can be read again.
 */
#include <stdlib.h>
#include <string.h>

#include "core/state/state_msg.h"
#include "node/view.h"
#include "sim/stand_in.h"

#define RECORD_SETTING 6 /* node/internal.h */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct stand_in own, admin;

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool verify(void *ctx, const uint8_t *key, const uint8_t *message, size_t len,
		   const uint8_t *signature)
{
	const struct stand_in *s = ctx;

	return s->crypto.verify(s->crypto.ctx, key, message, len, signature);
}

static void keys(const uint8_t *data, size_t len)
{
	struct admin_chain c, again;
	uint8_t buf[ADMIN_VALUE_MAX];

	if (!admin_decode(data, len, &c))
		return;
	check(c.count > 0 && c.count <= ADMIN_LINKS_MAX);
	check(admin_encode(&c, buf) == len && !memcmp(buf, data, len));
	check(admin_decode(buf, len, &again) && !memcmp(&c, &again, sizeof(c)));
	check(admin_follows(&c, admin_key(&c), verify, &own));
	(void)admin_follows(&c, c.link[0].key, verify, &own);
	admin_add(&c, &c.link[0]);
	check(c.count <= ADMIN_LINKS_MAX);
}

static void file(const uint8_t *data, size_t len)
{
	uint8_t buf[SETTINGS_FILE_MAX];
	struct settings s, again;
	size_t n;

	if (settings_decode(data, len, &s))
		return;
	n = settings_encode(&s, buf, sizeof(buf));
	check(n == len && !memcmp(buf, data, len));
	check(!settings_decode(buf, n, &again) && settings_equal(&s, &again));
}

static void drain(struct node *n)
{
	struct settings s;
	struct effect e;

	while (node_effect(n, &e))
		if (e.kind == EFFECT_STORE && e.store.file == STORE_SETTINGS)
			check(!settings_decode(e.store.data, e.store.len, &s));
}

static void feed(struct node *n, const struct event *e, usec_t now)
{
	node_input(n, e, now);
	drain(n);
}

/* As the admin signs it; 0 or -errno. */
static int put(struct node *n, const struct node_signed *s, usec_t now)
{
	struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_ADMIN };
	struct control_sign *sign = &e.control.sign;
	uint8_t text[STATE_MSG_SIGNED_MAX];
	struct wr w = wr_init(text, sizeof(text));
	int r = state_admin_message(node_state(n), &s->key, s->value, s->len, &w);

	if (r)
		return r;
	*sign = (struct control_sign) {
		.type = s->key.type, .id_len = s->key.len, .value = s->value, .len = s->len
	};
	memcpy(sign->id, s->key.id, sizeof(sign->id));
	stand_in_sign(admin.crypto.public_key, text, wr_len(&w), sign->signature);
	feed(n, &e, now);
	return node_put_error(n);
}

static void look(const struct node *n)
{
	static struct node_signed records[NODE_SETTINGS_SIGNED];
	static const struct conf_text text = { "dhcp.mtu 1400\n", 14 };
	struct conf_setting one;
	struct node_settings s;

	for (int i = 0; i <= NODE_SETTINGS_STAGED; i++) {
		struct conf_text rest;
		bool is = node_settings(n, SETTINGS_NETWORK, (enum node_settings_which)i, &s);

		check(s.len <= sizeof(s.text) && (is || i == NODE_SETTINGS_STAGED || !s.len));
		rest = (struct conf_text) { s.text, s.len };
		while (conf_setting_next(&rest, &one))
			;
	}
	for (int i = 0; i <= NODE_SETTINGS_DROP; i++)
		check(node_settings_act(n, SETTINGS_NETWORK, (enum node_settings_act)i, &text,
					records) <= NODE_SETTINGS_SIGNED);
}

/* A node whose network has this admin. */
static struct node *begin(const struct conf *conf, usec_t now)
{
	struct node_setup setup = { .conf = conf,
				    .crypto = &own.crypto,
				    .boot_epoch = 1,
				    .seed = 1,
				    .primary_mac = { { 2, 0, 0, 0, 0, 1 } } };
	struct event load = { .kind = EVENT_LOAD }, timer = { .kind = EVENT_TIMER };
	uint8_t message[ADMIN_LINK_MESSAGE];
	struct admin_chain chain = { .count = 0 };
	struct node_signed record = { .len = 0 };
	struct admin_link link;
	struct node *n;
	int err;

	n = node_new(&setup, now, &err);
	check(n != NULL);
	feed(n, &load, now);
	feed(n, &timer, now + 5 * USEC_S);
	memcpy(link.key, admin.crypto.public_key, sizeof(link.key));
	admin_link_message(chain.salt, NULL, link.key, message);
	stand_in_sign(link.key, message, sizeof(message), link.signature);
	admin_add(&chain, &link);
	node_admin_record(&chain, &record);
	check(put(n, &record, now + 5 * USEC_S) == 0);
	return n;
}

static void records(const uint8_t *data, size_t len)
{
	static struct conf conf;
	struct event timer = { .kind = EVENT_TIMER };
	struct rd r = rd_init(data, len);
	usec_t now = 1000 * USEC_S;
	struct node *n;

	conf_init(&conf);
	/* what is made anew for every input, and is full soon */
	conf.limits = (struct conf_limits) {
		.originators = 16, .clients = 64, .records = 64, .solicit_rate = 10
	};
	n = begin(&conf, now);
	now += 6 * USEC_S;
	while (rd_left(&r) > 4) {
		uint8_t id[6] = { 0 }; /* of the whole network */
		struct node_signed s;

		rd_copy(&r, id + 4, 2);
		s.key = state_key_init(RECORD_SETTING, id, sizeof(id));
		s.len = rd_u16(&r);
		if (s.len > sizeof(s.value))
			break;
		rd_copy(&r, s.value, s.len);
		if (!rd_ok(&r))
			break;
		(void)put(n, &s, now);
		look(n);
		now += 400 * USEC_MS;
		feed(n, &timer, now);
	}
	node_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	stand_in_init(&own, 1, "");
	stand_in_init(&admin, 2, "");
	switch (data[0] % 3) {
	case 0:
		keys(data + 1, size - 1);
		break;
	case 1:
		file(data + 1, size - 1);
		break;
	default:
		records(data + 1, size - 1);
	}
	return 0;
}
