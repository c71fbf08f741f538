/* SPDX-License-Identifier: GPL-2.0-or-later */
/* admin.show, admin.put, settings.show, settings.write on one node in memory; the admin signs with
 * the stand-in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/state_msg.h"
#include "lib/text.h"
#include "node_town.h"
#include "rpc/method.h"
#include "rpc/value.h"
#include "rpc_ask.h"
#include "sim/stand_in.h"

#define SALT "000102030405060708090a0b0c0d0e0f"

struct box {
	struct town town;
	struct stand_in keys, admin, other;
	struct rpc_context rpc;
};

static void act(void *ctx, const struct event *e)
{
	struct box *b = ctx;

	town_feed(&b->town, 0, e);
}

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	stand_in_init(&b->keys, 1, "");
	stand_in_init(&b->admin, 2, "");
	stand_in_init(&b->other, 3, "");
	town_plan(&b->town, 1);
	b->town.crypto[0] = &b->keys.crypto;
	town_begin(&b->town);
	town_run(&b->town, b->town.now + 5 * USEC_S);
	b->rpc = (struct rpc_context) {
		.node = b->town.node[0], .now = b->town.now, .act = act, .ctx = b
	};
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct box *b = *state;

	town_stop(&b->town);
	free(b);
	return 0;
}

/* NULL when it fails. */
static json_t *ask(struct box *b, const char *method, json_t *params)
{
	json_t *v = rpc_answer(&b->rpc, method, params, NULL),
	       *result = json_object_get(v, "result");

	json_incref(result);
	json_decref(v);
	return result;
}

static int fails(struct box *b, const char *method, json_t *params, const char *says)
{
	return rpc_error(rpc_answer(&b->rpc, method, params, NULL), says);
}

static json_t *proofs_of(json_t *sign, const struct stand_in *by)
{
	uint8_t proofs[9][STATE_SIGNATURE_SIZE], text[STATE_MSG_SIGNED_MAX];
	size_t i, len;
	json_t *t;

	assert_in_range(json_array_size(sign), 1, 9);
	json_array_foreach(sign, i, t)
	{
		assert_true(text_unhex(json_string_value(t), text, sizeof(text), &len));
		stand_in_sign(by->crypto.public_key, text, len, proofs[i]);
	}
	return value_hex(proofs[0], i * sizeof(proofs[0]));
}

/* Both steps; how many records were written, 0: it failed. Takes params. */
static int write_by(struct box *b, const char *method, json_t *params, const struct stand_in *by)
{
	json_t *r = ask(b, method, json_incref(params));
	int written = 0;

	if (r) {
		json_object_set_new(params, "proofs", proofs_of(json_object_get(r, "sign"), by));
		json_decref(r);
		r = ask(b, method, json_incref(params));
		written = (int)json_integer_value(json_object_get(r, "written"));
		json_decref(r);
	}
	json_decref(params);
	return written;
}

static json_t *link_params(struct box *b, const struct stand_in *before, const struct stand_in *key)
{
	json_t *r = ask(b, "admin.show", NULL);
	const char *kept = json_string_value(json_object_get(r, "salt"));
	uint8_t salt[ADMIN_SALT_SIZE], message[ADMIN_LINK_MESSAGE], link[ADMIN_SIGNATURE_SIZE];
	size_t len;

	assert_true(text_unhex(kept ? kept : SALT, salt, sizeof(salt), &len));
	json_decref(r);
	admin_link_message(salt, before ? before->crypto.public_key : NULL, key->crypto.public_key,
			   message);
	stand_in_sign((before ? before : key)->crypto.public_key, message, sizeof(message), link);
	return json_pack("{so so ss}", "key", value_hex(key->crypto.public_key, ADMIN_KEY_SIZE),
			 "link", value_hex(link, sizeof(link)), "salt", SALT);
}

static int set(struct box *b, const char *what, const char *option, const char *value)
{
	return write_by(b, "settings.write",
			json_pack("{ss ss* ss*}", "act", what, "option", option, "value", value),
			&b->admin);
}

/* A path of keys and numbers in settings.show as compact JSON; to be freed. */
static char *shown(struct box *b, const char *realm, const char *set)
{
	json_t *r = ask(b, "settings.show", NULL);
	char *text = json_dumps(json_object_get(json_object_get(r, realm), set),
				JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(r);
	assert_non_null(text);
	return text;
}

static void shows(struct box *b, const char *realm, const char *set, const char *expected)
{
	char *text = shown(b, realm, set);

	assert_string_equal(text, expected);
	free(text);
}

static void test_admin(void **state)
{
	struct box *b = *state;
	json_t *r = ask(b, "admin.show", NULL);
	char key[65];

	assert_true(json_is_null(json_object_get(r, "key")));
	assert_true(json_is_null(json_object_get(r, "from")));
	assert_true(json_is_null(json_object_get(r, "salt")));
	json_decref(r);
	r = link_params(b, NULL, &b->admin);
	json_object_del(r, "salt");
	assert_int_equal(fails(b, "admin.put", r, "'salt' must be 32 hex digits"), RPC_PARAMS);
	assert_int_equal(fails(b, "admin.put", json_pack("{ss ss}", "key", "12", "link", "34"),
			       "64 hex digits"),
			 RPC_PARAMS);
	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->other), 0);
	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->admin), 1);
	r = ask(b, "admin.show", NULL);
	for (size_t i = 0; i < ADMIN_KEY_SIZE; i++)
		snprintf(key + 2 * i, 3, "%02x", b->admin.crypto.public_key[i]);
	assert_string_equal(json_string_value(json_object_get(r, "key")), key);
	assert_string_equal(json_string_value(json_object_get(r, "from")), "record");
	assert_string_equal(json_string_value(json_object_get(r, "salt")), SALT);
	json_decref(r);
	/* who has not the present password cannot set another one */
	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->other), &b->other), 0);
	assert_int_equal(write_by(b, "admin.put", link_params(b, &b->admin, &b->other), &b->other),
			 1);
	assert_int_equal(set(b, "set", "dhcp.mtu", "1400"), 0);
}

/* Another key signs what is set, too: nobody believes the one before any more. */
static void test_signed_anew(void **state)
{
	struct box *b = *state;
	struct state_view v;
	unsigned int count = 0;

	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->admin), 1);
	assert_int_equal(set(b, "set", "dhcp.mtu", "1400"), 2);
	assert_int_equal(set(b, "stage", "ra.mtu", "1400"), 1);
	assert_int_equal(write_by(b, "admin.put", link_params(b, &b->admin, &b->other), &b->other),
			 4);
	for (uint32_t i = 0; state_next_any(node_state(b->town.node[0]), &i, b->town.now, &v);)
		count += v.key.type == ADMIN_RECORD_SETTING;
	assert_int_equal(count, 3);
	shows(b, "network", "staged",
	      "{\"set\":2,\"settings\":[{\"option\":\"dhcp.mtu\",\"values\":[\"1400\"]},"
	      "{\"option\":\"ra.mtu\",\"values\":[\"1400\"]}]}");
}

static void unchanged(struct box *b, const char *option, const char *value)
{
	json_t *r = ask(b, "settings.write",
			json_pack("{ss ss ss*}", "act", "set", "option", option, "value", value));

	assert_true(json_is_integer(json_object_get(r, "written")));
	assert_int_equal(json_integer_value(json_object_get(r, "written")), 0);
	json_decref(r);
}

static bool pending(struct box *b)
{
	json_t *r = ask(b, "settings.show", NULL);
	bool is = json_is_true(json_object_get(r, "pending"));

	json_decref(r);
	return is;
}

static void test_write(void **state)
{
	struct box *b = *state;

	assert_int_equal(set(b, "set", "dhcp.mtu", "1400"), 0);
	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->admin), 1);
	shows(b, "network", "in_force", "null");
	assert_false(pending(b));
	assert_int_equal(set(b, "set", "dhcp.mtu", "1400"), 2);
	assert_true(pending(b));
	assert_int_equal(set(b, "set", "network.resolvers", "9.9.9.9\n1.1.1.1"), 2);
	shows(b, "network", "in_force",
	      "{\"set\":2,\"settings\":[{\"option\":\"dhcp.mtu\",\"values\":[\"1400\"],"
	      "\"state\":\"other\",\"reason\":null},{\"option\":\"network.resolvers\","
	      "\"values\":[\"9.9.9.9\",\"1.1.1.1\"],\"state\":\"other\",\"reason\":null}]}");
	shows(b, "network", "before",
	      "{\"set\":1,\"settings\":[{\"option\":\"dhcp.mtu\",\"values\":[\"1400\"]}]}");
	shows(b, "cloud", "in_force", "null");
	/* what changes nothing asks for no signature, and is no set to go back to */
	unchanged(b, "dhcp.mtu", "1400");
	unchanged(b, "network.resolvers", "9.9.9.9\n1.1.1.1");
	unchanged(b, "ra.mtu", NULL);
	assert_int_equal(set(b, "rollback", NULL, NULL), 1);
	assert_int_equal(set(b, "set", "dhcp.mtu", NULL), 2);
	shows(b, "network", "in_force", "{\"set\":3,\"settings\":[]}");
	assert_int_equal(set(b, "set", "uplink.check_host", "\n"), 2);
	shows(b, "network", "in_force",
	      "{\"set\":4,\"settings\":[{\"option\":\"uplink.check_host\",\"values\":[\"\"],"
	      "\"state\":\"other\",\"reason\":null}]}");
}

/* By whom, in both steps; takes params. */
static bool lease_by(struct box *b, const char *method, json_t *params, const struct stand_in *by)
{
	json_t *r = ask(b, method, json_incref(params)), *sign = json_object_get(r, "sign");

	assert_non_null(sign);
	json_object_set_new(params, "proofs", proofs_of(sign, by));
	json_decref(r);
	r = ask(b, method, params);
	json_decref(r);
	return r;
}

static size_t fixed_count(struct box *b)
{
	json_t *r = ask(b, "lease.list", NULL);
	size_t count = json_array_size(r);

	json_decref(r);
	return count;
}

static void test_leases(void **state)
{
	static const char client[] = "02:cc:00:00:00:01";
	struct box *b = *state;
	json_t *r = ask(b, "lease.add", json_pack("{ss ss}", "client", client, "name", "printer"));

	assert_string_equal(json_string_value(json_object_get(r, "name")), "printer");
	json_decref(r);
	assert_int_equal(fixed_count(b), 1);
	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->admin), 1);
	town_run(&b->town, b->town.now + USEC_S);
	b->rpc.now = b->town.now;
	assert_int_equal(fixed_count(b), 0);
	assert_false(lease_by(b, "lease.add",
			      json_pack("{ss ss}", "client", client, "name", "printer"),
			      &b->other));
	assert_false(lease_by(b, "lease.reserve", json_pack("{ss}", "addresses", "10.13.80.0/24"),
			      &b->other));
	assert_int_equal(fixed_count(b), 0);
	assert_true(lease_by(b, "lease.add",
			     json_pack("{ss ss}", "client", client, "name", "printer"), &b->admin));
	assert_true(lease_by(b, "lease.reserve", json_pack("{ss}", "addresses", "10.13.80.0/24"),
			     &b->admin));
	assert_int_equal(fixed_count(b), 2);
	assert_false(lease_by(b, "lease.remove", json_pack("{ss}", "what", "printer"), &b->other));
	assert_int_equal(fixed_count(b), 2);
	assert_true(lease_by(b, "lease.remove", json_pack("{ss}", "what", "printer"), &b->admin));
	assert_int_equal(fixed_count(b), 1);
}

static void test_used(void **state)
{
	struct box *b = *state;

	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->admin), 1);
	/* as this node has it anyway */
	assert_int_equal(set(b, "set", "dhcp.rate", "200"), 2);
	shows(b, "network", "in_force",
	      "{\"set\":1,\"settings\":[{\"option\":\"dhcp.rate\",\"values\":[\"200\"],"
	      "\"state\":\"used\",\"reason\":null}]}");
}

/* What the node began without, and why. */
static void test_left_out(void **state)
{
	static const struct conf_refused refused = {
		1, 0, { { .section = "trama dhcp", .option = "mtu", .message = "not here" } }
	};
	struct box *b = *state;

	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->admin), 1);
	assert_int_equal(set(b, "set", "dhcp.mtu", "1400"), 2);
	b->rpc.refused = &refused;
	shows(b, "network", "in_force",
	      "{\"set\":1,\"settings\":[{\"option\":\"dhcp.mtu\",\"values\":[\"1400\"],"
	      "\"state\":\"refused\",\"reason\":\"not here\"}]}");
}

static void test_staged(void **state)
{
	struct box *b = *state;

	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->admin), 1);
	assert_int_equal(
		fails(b, "settings.write", json_pack("{ss}", "act", "apply"), "nothing is staged"),
		RPC_NOT_FOUND);
	assert_int_equal(
		fails(b, "settings.write", json_pack("{ss}", "act", "rollback"), "no settings"),
		RPC_NOT_FOUND);
	assert_int_equal(set(b, "stage", "dhcp.mtu", "1400"), 1);
	assert_int_equal(set(b, "stage", "ra.mtu", "1400"), 1);
	shows(b, "network", "staged",
	      "{\"set\":2,\"settings\":[{\"option\":\"dhcp.mtu\",\"values\":[\"1400\"]},"
	      "{\"option\":\"ra.mtu\",\"values\":[\"1400\"]}]}");
	shows(b, "network", "in_force", "null");
	assert_int_equal(
		fails(b, "settings.write",
		      json_pack("{ss ss ss}", "act", "set", "option", "dhcp.mtu", "value", "1300"),
		      "set 2 is staged"),
		RPC_FORBIDDEN);
	assert_int_equal(set(b, "apply", NULL, NULL), 1);
	shows(b, "network", "staged", "null");
	assert_int_equal(set(b, "stage", "ra.mtu", NULL), 1);
	assert_int_equal(set(b, "drop", NULL, NULL), 1);
	shows(b, "network", "staged", "null");
	assert_int_equal(set(b, "set", "ra.mtu", "1300"), 2);
}

static void test_refused(void **state)
{
	struct box *b = *state;
	static const struct {
		const char *act, *option, *value, *says;
	} cases[] = {
		{ "set", NULL, NULL, "'option'" },
		{ "set", "dhcp.mtu", "5", "576" },
		{ "set", "dhcp.mtu", "1400\n1300", "one value" },
		{ "stage", "system.hostname", "x", "own" },
		{ "set", "no.thing", "x", "no option" },
		{ "burn", NULL, NULL, "'burn' is no act" },
	};

	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->admin), 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(fails(b, "settings.write",
				       json_pack("{ss ss* ss*}", "act", cases[i].act, "option",
						 cases[i].option, "value", cases[i].value),
				       cases[i].says),
				 RPC_PARAMS);
	assert_int_equal(fails(b, "settings.write",
			       json_pack("{ss ss ss ss}", "act", "set", "option", "dhcp.mtu",
					 "value", "1400", "proofs", "1234"),
			       "2 signatures"),
			 RPC_PARAMS);
	assert_int_equal(write_by(b, "settings.write",
				  json_pack("{ss ss ss sb}", "act", "set", "option", "dhcp.mtu",
					    "value", "1400", "cloud", 1),
				  &b->other),
			 0);
	b->rpc.read_only = true;
	assert_int_equal(fails(b, "settings.write", json_pack("{ss}", "act", "apply"), "only look"),
			 RPC_FORBIDDEN);
}

/* What was signed for one moment is not good for another. */
static void test_race(void **state)
{
	struct box *b = *state;
	json_t *params =
		       json_pack("{ss ss ss}", "act", "set", "option", "dhcp.mtu", "value", "1400"),
	       *r;

	assert_int_equal(write_by(b, "admin.put", link_params(b, NULL, &b->admin), &b->admin), 1);
	r = ask(b, "settings.write", json_incref(params));
	json_object_set_new(params, "proofs", proofs_of(json_object_get(r, "sign"), &b->admin));
	json_decref(r);
	assert_int_equal(set(b, "set", "ra.mtu", "1300"), 2);
	assert_int_equal(fails(b, "settings.write", params, "same moment"), RPC_FORBIDDEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_admin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signed_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leases, setup, teardown),
		cmocka_unit_test_setup_teardown(test_used, setup, teardown),
		cmocka_unit_test_setup_teardown(test_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_staged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_race, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
