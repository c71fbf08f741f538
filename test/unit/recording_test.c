/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings: events, the head, the end; what is no recording; the hash over effects. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/record_crypto.h"
#include "node/record_head.h"
#include "sim/stand_in.h"

#define KIND_AT 8 /* behind the time */

static size_t encode(const struct event *e, uint8_t *buf, size_t cap)
{
	struct wr w = wr_init(buf, cap);

	record_event_encode(&w, e, 42);
	assert_true(wr_len(&w) > KIND_AT);
	return wr_len(&w);
}

static int decode(const uint8_t *buf, size_t len, struct event *ret)
{
	struct rd r = rd_init(buf, len);
	usec_t at = 0;
	int err = record_event_decode(&r, ret, &at);

	if (!err)
		assert_int_equal(at, 42);
	return err;
}

static void test_route(void **state)
{
	struct event e = { .kind = EVENT_ROUTE }, back;
	uint8_t buf[256];
	size_t len;

	(void)state;
	e.route = (struct event_route) {
		.v6 = true, .twin = true, .port = 3, .metric = 96, .to6 = { { { 0xfd, 1 } }, 64 }
	};
	len = encode(&e, buf, sizeof(buf));
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(decode(buf, cut, &back), -EBADMSG);
	assert_int_equal(decode(buf, len, &back), 0);
	assert_int_equal(back.route.metric, 96);
	assert_true(back.route.v6 && back.route.twin && !back.route.own && !back.route.direct);
	assert_memory_equal(&back.route.to6, &e.route.to6, sizeof(e.route.to6));
}

static void test_row_of_the_kernel(void **state)
{
	const struct batman_row row = { .kind = BATMAN_ROW_GLOBAL,
					.port = 2,
					.vid = 0x8005,
					.mac = { { 6, 1 } },
					.via = { { 2, 2 } },
					.tq = 250,
					.ttvn = 7,
					.last_ttvn = 8,
					.best = true,
					.flags = 0x800,
					.crc = 0xdeadbeef,
					.last_seen_ms = 1234 };
	struct event e = { .kind = EVENT_MESH, .mesh = row }, back;
	uint8_t buf[256];
	size_t len = encode(&e, buf, sizeof(buf));

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(decode(buf, cut, &back), -EBADMSG);
	assert_int_equal(decode(buf, len, &back), 0);
	assert_int_equal(back.mesh.kind, row.kind);
	assert_int_equal(back.mesh.port, row.port);
	assert_int_equal(back.mesh.vid, row.vid);
	assert_true(mac_eq(&back.mesh.mac, &row.mac) && mac_eq(&back.mesh.via, &row.via));
	assert_int_equal(back.mesh.tq, row.tq);
	assert_int_equal(back.mesh.ttvn, row.ttvn);
	assert_int_equal(back.mesh.last_ttvn, row.last_ttvn);
	assert_true(back.mesh.best);
	assert_int_equal(back.mesh.flags, row.flags);
	assert_int_equal(back.mesh.crc, row.crc);
	assert_int_equal(back.mesh.last_seen_ms, row.last_seen_ms);
}

static void test_import(void **state)
{
	struct event e = { .kind = EVENT_IMPORT }, back;
	uint8_t buf[256];
	size_t len;

	(void)state;
	e.import = (struct event_import) { .source = IMPORT_ALFRED,
					   .ip4 = { { 10, 13, 1, 2 } },
					   .mac = { { 2, 1 } },
					   .ttl_s = 77,
					   .name = "phone" };
	len = encode(&e, buf, sizeof(buf));
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(decode(buf, cut, &back), -EBADMSG);
	assert_int_equal(decode(buf, len, &back), 0);
	assert_int_equal(back.import.source, IMPORT_ALFRED);
	assert_true(ip4_eq(&back.import.ip4, &e.import.ip4));
	assert_true(mac_eq(&back.import.mac, &e.import.mac));
	assert_int_equal(back.import.ttl_s, 77);
	assert_string_equal(back.import.name, "phone");
}

static void test_sign(void **state)
{
	struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_ADMIN }, back;
	struct control_sign *s = &e.control.sign;
	uint8_t buf[256];
	size_t len;

	(void)state;
	*s = (struct control_sign) { .type = 6,
				     .id_len = 32,
				     .id = { [0] = 'i', [31] = 'd' },
				     .signature = { [0] = 's', [63] = 'g' },
				     .value = (const uint8_t *)"value",
				     .len = 5 };
	len = encode(&e, buf, sizeof(buf));
	assert_int_equal(decode(buf, len - s->len - 1, &back), -EBADMSG);
	assert_int_equal(decode(buf, len, &back), 0);
	assert_int_equal(back.control.act, CONTROL_PUT_ADMIN);
	assert_int_equal(back.control.sign.type, 6);
	assert_int_equal(back.control.sign.id_len, 32);
	assert_memory_equal(back.control.sign.id, s->id, sizeof(s->id));
	assert_memory_equal(back.control.sign.signature, s->signature, sizeof(s->signature));
	assert_int_equal(back.control.sign.len, 5);
	assert_memory_equal(back.control.sign.value, "value", 5);
	s->id_len = 33;
	assert_int_equal(decode(buf, encode(&e, buf, sizeof(buf)), &back), -EBADMSG);
}

static void test_put(void **state)
{
	struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_STATE }, back;
	struct control_put *p = &e.control.put;
	uint8_t buf[256];
	size_t len;

	(void)state;
	*p = (struct control_put) { .type = 200,
				    .id_len = 32,
				    .id = { [0] = 'i', [31] = 'd' },
				    .owned = true,
				    .lifetime_s = 3600,
				    .value = (const uint8_t *)"value",
				    .len = 5 };
	len = encode(&e, buf, sizeof(buf));
	assert_int_equal(decode(buf, len - p->len - 1, &back), -EBADMSG);
	assert_int_equal(decode(buf, len, &back), 0);
	assert_int_equal(back.control.act, CONTROL_PUT_STATE);
	assert_int_equal(back.control.put.type, 200);
	assert_int_equal(back.control.put.id_len, 32);
	assert_memory_equal(back.control.put.id, p->id, sizeof(p->id));
	assert_true(back.control.put.owned);
	assert_false(back.control.put.network);
	assert_false(back.control.put.deleted);
	assert_int_equal(back.control.put.lifetime_s, 3600);
	assert_int_equal(back.control.put.len, 5);
	assert_memory_equal(back.control.put.value, "value", 5);
	p->network = p->deleted = true;
	p->id_len++;
	assert_int_equal(decode(buf, encode(&e, buf, sizeof(buf)), &back), -EBADMSG);
	p->id_len--;
	assert_int_equal(decode(buf, encode(&e, buf, sizeof(buf)), &back), 0);
	assert_true(back.control.put.network && back.control.put.deleted);
}

static void test_fixed(void **state)
{
	struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_FIX_LEASE }, back;
	struct lease_static *s = &e.control.fixed, *again = &back.control.fixed;
	uint8_t buf[512];
	size_t len;

	(void)state;
	*s = (struct lease_static) { .key = lease_key_id((const uint8_t *)"ana", 3),
				     .ip4 = { { 10, 13, 77, 7 } },
				     .lease_s = 3600,
				     .name = "printer",
				     .options_len = 4,
				     .options = { 26, 2, 5, 20 } };
	len = encode(&e, buf, sizeof(buf));
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(decode(buf, cut, &back), -EBADMSG);
	assert_int_equal(decode(buf, len, &back), 0);
	assert_int_equal(back.control.act, CONTROL_FIX_LEASE);
	assert_true(lease_static_eq(s, again));
	/* longer than there is room for */
	s->options_len = LEASE_OPTIONS_MAX + 1;
	assert_int_equal(decode(buf, encode(&e, buf, sizeof(buf)), &back), -EBADMSG);
	s->options_len = 0;
	s->key.len = LEASE_KEY_MAX + 1;
	assert_int_equal(decode(buf, encode(&e, buf, sizeof(buf)), &back), -EBADMSG);
	s->key.len = 0;
	e.control.act = CONTROL_UNFIX_LEASE;
	assert_int_equal(decode(buf, encode(&e, buf, sizeof(buf)), &back), 0);
	assert_int_equal(back.control.act, CONTROL_UNFIX_LEASE);
	assert_int_equal(again->key.len, 0); /* which is nobody's */
}

/* A kind that there is not, of an event or inside one, and more resolvers than there is room for.
 */
static void test_out_of_range(void **state)
{
	static const struct event of_kinds[] = {
		{ .kind = EVENT_FRAME, .frame.link = LINK_TAGGED },
		{ .kind = EVENT_CLIENT, .client.change = CLIENT_ASTRAY },
		{ .kind = EVENT_CHILD, .child.kind = CHILD_DHCP },
		{ .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_ADMIN },
		{ .kind = EVENT_MESH, .mesh.kind = BATMAN_ROW_END },
		{ .kind = EVENT_IMPORT, .import.source = IMPORT_ALFRED },
	};
	struct event e = { .kind = EVENT_UPLINK, .uplink.resolver_count = NODE_RESOLVERS }, back;
	uint8_t buf[512];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(of_kinds) / sizeof(of_kinds[0]); i++) {
		len = encode(&of_kinds[i], buf, sizeof(buf));
		assert_int_equal(decode(buf, len, &back), 0);
		buf[KIND_AT + 1]++; /* the last that there is */
		assert_int_equal(decode(buf, len, &back), -EBADMSG);
	}
	len = encode(&e, buf, sizeof(buf));
	assert_int_equal(decode(buf, len, &back), 0);
	e.uplink.resolver_count++;
	assert_int_equal(decode(buf, encode(&e, buf, sizeof(buf)), &back), -EBADMSG);
	buf[KIND_AT] = EVENT_IMPORT + 1;
	assert_int_equal(decode(buf, KIND_AT + 1, &back), -EBADMSG);
}

static void test_head(void **state)
{
	static const struct record_head head = { .setup = { .primary_mac = { { 2, 1, 2, 3, 4, 5 } },
							    .primary_name = "eth0",
							    .boot_epoch = 7,
							    .seed = 8,
							    .hash_key = { 9, 10 } },
						 .start = 11,
						 .conf = "config",
						 .conf_len = 6 };
	struct record_head back;
	uint8_t buf[RECORD_HEAD_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r;
	size_t len;

	(void)state;
	record_head_encode(&w, &head);
	len = wr_len(&w);
	for (size_t cut = 0; cut < len; cut++) {
		r = rd_init(buf, cut);
		assert_true(record_head_decode(&r, &back) < 0);
	}
	r = rd_init(buf, len);
	assert_int_equal(record_head_decode(&r, &back), 0);
	assert_true(mac_eq(&back.setup.primary_mac, &head.setup.primary_mac));
	assert_string_equal(back.setup.primary_name, "eth0");
	assert_true(back.setup.boot_epoch == 7 && back.setup.seed == 8 &&
		    back.setup.hash_key[0] == 9 && back.setup.hash_key[1] == 10);
	assert_int_equal(back.start, 11);
	assert_int_equal(back.conf_len, 6);
	assert_memory_equal(back.conf, "config", 6);
	buf[4]++;
	r = rd_init(buf, len);
	assert_int_equal(record_head_decode(&r, &back), -EPROTONOSUPPORT);
	buf[0]++;
	r = rd_init(buf, len);
	assert_int_equal(record_head_decode(&r, &back), -EBADMSG);
}

static void test_head_keys(void **state)
{
	struct stand_in keys[2];
	struct record_head head = { .conf = "x", .conf_len = 1 }, back;

	(void)state;
	stand_in_init(&keys[0], 1, "");
	stand_in_init(&keys[1], 2, "a key");
	for (int i = 0; i < 3; i++) {
		const struct state_crypto *c = i < 2 ? &keys[i].crypto : NULL;
		uint8_t buf[256];
		struct wr w = wr_init(buf, sizeof(buf));
		struct rd r;

		record_head_keys(&head, c);
		record_head_encode(&w, &head);
		r = rd_init(buf, wr_len(&w));
		assert_int_equal(record_head_decode(&r, &back), 0);
		assert_true(rd_done(&r) && back.has_key == (c != NULL) && back.sealed == (i == 1));
		if (c)
			assert_memory_equal(back.public_key, c->public_key, STATE_KEY_SIZE);
	}
}

/* The entries of a recording, as they stand in the file. */
struct entries {
	size_t len;
	uint8_t data[4096];
};

static void entry(void *ctx, const uint8_t *data, size_t len)
{
	struct entries *e = ctx;
	struct wr w = wr_init(e->data + e->len, sizeof(e->data) - e->len);

	wr_u32(&w, (uint32_t)len);
	wr_bytes(&w, data, len);
	assert_true(wr_len(&w) > 0);
	e->len += wr_len(&w);
}

/* What a node asks for, and what it gets. */
struct asked {
	uint8_t sealed[20 + STATE_TAG_SIZE], opened[20], signature[STATE_SIGNATURE_SIZE];
	bool open, forged_open, verify, forged_verify;
};

static struct asked ask(const struct state_crypto *c)
{
	struct state_binding b = { .nonce = { 1 }, .len = 3 };
	struct asked a;
	uint8_t bad[sizeof(a.sealed)];

	memset(&a, 0, sizeof(a));
	memset(a.sealed, 'x', 20);
	c->seal(c->ctx, &b, a.sealed, 20);
	a.open = c->open(c->ctx, &b, a.sealed, sizeof(a.sealed), a.opened);
	memcpy(bad, a.sealed, sizeof(bad));
	bad[3]++;
	a.forged_open = c->open(c->ctx, &b, bad, sizeof(bad), bad);
	c->sign(c->ctx, (const uint8_t *)"text", 4, a.signature);
	a.verify = c->verify(c->ctx, c->public_key, (const uint8_t *)"text", 4, a.signature);
	a.forged_verify = c->verify(c->ctx, c->public_key, (const uint8_t *)"TEXT", 4, a.signature);
	return a;
}

static void test_crypto(void **state)
{
	static struct entries file;
	struct asked first, again;
	struct record_crypto record;
	struct replay_crypto replay;
	struct stand_in keys;
	struct rd r;

	(void)state;
	stand_in_init(&keys, 1, "a key");
	record_crypto_init(&record, &keys.crypto, entry, &file);
	assert_memory_equal(record.crypto.public_key, keys.crypto.public_key, STATE_KEY_SIZE);
	first = ask(&record.crypto);
	again = ask(&keys.crypto);
	assert_memory_equal(&first, &again, sizeof(first));
	assert_true(first.open && first.verify && !first.forged_open && !first.forged_verify);
	assert_int_equal(first.opened[19], 'x');
	r = rd_init(file.data, file.len);
	replay_crypto_init(&replay, keys.crypto.public_key, true, &r);
	again = ask(&replay.crypto);
	assert_memory_equal(&first, &again, sizeof(first));
	assert_true(rd_done(&r) && !replay.failed);
	/* one question more than there are answers */
	replay.crypto.sign(replay.crypto.ctx, (const uint8_t *)"text", 4, again.signature);
	assert_true(replay.failed && replay.cut);
	/* another question than the first one was */
	r = rd_init(file.data, file.len);
	replay_crypto_init(&replay, keys.crypto.public_key, true, &r);
	replay.crypto.sign(replay.crypto.ctx, (const uint8_t *)"text", 4, again.signature);
	assert_true(replay.failed && !replay.cut);
	/* a text of another length */
	r = rd_init(file.data, file.len);
	replay_crypto_init(&replay, keys.crypto.public_key, true, &r);
	replay.crypto.seal(replay.crypto.ctx, NULL, again.sealed, 19);
	assert_true(replay.failed);
}

/* Its length says so, and the bytes are there. */
static void test_configuration_too_long(void **state)
{
	static uint8_t buf[2 * RECORD_CONF_MAX];
	static char conf[RECORD_CONF_MAX + 1];
	struct record_head head = { .conf = conf, .conf_len = RECORD_CONF_MAX }, back;

	(void)state;
	for (int more = 0; more < 2; more++) {
		struct wr w = wr_init(buf, sizeof(buf));
		struct rd r;

		head.conf_len += (size_t)more;
		record_head_encode(&w, &head);
		r = rd_init(buf, wr_len(&w));
		assert_int_equal(record_head_decode(&r, &back), more ? -EBADMSG : 0);
	}
}

static void test_end(void **state)
{
	static const char hash_text[] = "0000000a0000000b";
	struct record_hash h = { .a = 10, .b = 11, .count = 12 };
	uint8_t buf[64];
	struct wr w = wr_init(buf, sizeof(buf));
	struct rd r, before;
	uint64_t count = 0;
	char hash[17];
	size_t len;

	(void)state;
	record_end_encode(&w, &h, 42);
	len = wr_len(&w);
	r = rd_init(buf, len);
	assert_true(record_end_decode(&r, &count, hash));
	assert_true(rd_done(&r));
	assert_int_equal(count, 12);
	assert_string_equal(hash, hash_text);
	/* cut, extended or of another kind it is no end, and can be read as what it is */
	for (size_t n = 0; n <= len + 1; n++) {
		buf[KIND_AT] = n == len ? EVENT_TIMER : RECORD_END;
		r = before = rd_init(buf, n);
		assert_false(record_end_decode(&r, &count, hash));
		assert_ptr_equal(r.p, before.p);
	}
}

static void hash_one(const struct effect *e, char ret[static 17])
{
	struct record_hash h = { 0 };

	record_hash_effect(&h, e, 42);
	assert_int_equal(h.count, 1);
	record_hash_text(&h, ret);
}

/* Two effects that differ have two hashes; the same has the same. */
static void test_hash(void **state)
{
	static const uint8_t x[] = "x", y[] = "y";
	static const struct effect effects[] = {
		{ .kind = EFFECT_FRAME, .frame = { LINK_MESH, 1, x, 1 } },
		{ .kind = EFFECT_FRAME, .frame = { LINK_MESH, 1, y, 1 } },
		{ .kind = EFFECT_FRAME, .frame = { LINK_MESH, 2, x, 1 } },
		{ .kind = EFFECT_FRAME, .frame = { LINK_CLOUD, 1, x, 1 } },
		{ .kind = EFFECT_DATAGRAM, .datagram = { 1, { { 0 } }, x, 1 } },
		{ .kind = EFFECT_DATAGRAM, .datagram = { 1, { { 1 } }, x, 1 } },
		{ .kind = EFFECT_DATAGRAM, .datagram = { 1, { { 0 } }, y, 1 } },
		{ .kind = EFFECT_WISH },
		{ .kind = EFFECT_NAMES },
		{ .kind = EFFECT_FORGET, .forget.vid = 1 },
		{ .kind = EFFECT_FORGET, .forget.mac = { { 2 } } },
		{ .kind = EFFECT_ANSWER, .answer.mac = { { 2 } } },
		{ .kind = EFFECT_ANSWER, .answer.ip4 = { { 2 } } },
		{ .kind = EFFECT_PROBE, .probe = { .id = 1, .kind = PROBE_PING } },
		{ .kind = EFFECT_PROBE, .probe = { .id = 1, .kind = PROBE_DNS } },
		{ .kind = EFFECT_STORE, .store = { x, 1, STORE_SNAPSHOT } },
		{ .kind = EFFECT_STORE, .store = { y, 1, STORE_SNAPSHOT } },
		{ .kind = EFFECT_STORE, .store = { x, 1, STORE_CLAIMS } },
		{ .kind = EFFECT_NOTICE, .notice.text = "x" },
		{ .kind = EFFECT_NOTICE, .notice.text = "y" },
		{ .kind = EFFECT_DISASSOCIATE, .disassociate = { { { 2 } }, 1 } },
		{ .kind = EFFECT_DISASSOCIATE, .disassociate = { { { 2 } }, 2 } },
		{ .kind = EFFECT_DISASSOCIATE, .disassociate = { { { 3 } }, 1 } },
	};
	enum { COUNT = sizeof(effects) / sizeof(effects[0]) };
	static const struct effect news = { .kind = EFFECT_RECORD };
	struct record_hash h = { .a = 1, .b = 2, .count = 3 };
	char hash[COUNT][17], again[17];

	(void)state;
	/* that a record has changed is told to people, not to the world */
	record_hash_effect(&h, &news, 42);
	assert_true(h.a == 1 && h.b == 2 && h.count == 3);
	for (int i = 0; i < COUNT; i++) {
		hash_one(&effects[i], hash[i]);
		hash_one(&effects[i], again);
		assert_string_equal(hash[i], again);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(hash[i], hash[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_row_of_the_kernel),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_head_keys),
		cmocka_unit_test(test_crypto),
		cmocka_unit_test(test_configuration_too_long),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
