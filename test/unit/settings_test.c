/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of the network on two nodes: what the admin signs, what comes into force, what is
 * written to the disk, and with what a node starts again. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin_boxes.h"
#include "core/state/snapshot.h"
#include "core/state/state_msg.h"

/* The same as people do it: what is set is signed anew. */
static int password_change(int i, const struct stand_in *key, const struct stand_in *before)
{
	static struct node_signed records[NODE_SETTINGS_MAX];
	int r = password(i, key, before);

	if (r)
		return r;
	return put(i, records, node_settings_records(boxes[i].node, records), key);
}

static int act_by(int i, uint32_t realm, enum node_settings_act act, const char *text,
		  const struct stand_in *by)
{
	static struct node_signed records[NODE_SETTINGS_SIGNED];
	struct conf_text t = { text, strlen(text) };
	unsigned int count;

	memset(records, 0, sizeof(records));
	count = node_settings_act(boxes[i].node, realm, act, &t, records);
	return count ? put(i, records, count, by) : -ENOENT;
}

static int act(int i, enum node_settings_act a, const char *text)
{
	return act_by(i, SETTINGS_NETWORK, a, text, &admin);
}

/* What node i has on its disk for the network, or for its cloud. */
static const char *on_disk(int i, bool cloud)
{
	static char buf[CONF_SETTINGS_MAX + 1];
	struct settings s;
	const struct conf_text *t = cloud ? &s.cloud : &s.network;

	if (!boxes[i].len[STORE_SETTINGS])
		return "none";
	assert_int_equal(
		settings_decode(boxes[i].file[STORE_SETTINGS], boxes[i].len[STORE_SETTINGS], &s),
		0);
	memcpy(buf, t->text, t->len);
	buf[t->len] = 0;
	return buf;
}

static void test_set(void **state)
{
	(void)state;
	assert_int_equal(act(0, NODE_SETTINGS_SET, "dhcp.mtu 1400\n"), -EKEYREJECTED);
	assert_int_equal(password(0, &admin, NULL), 0);
	run(USEC_S);
	boxes[0].snapshots = 0;
	assert_false(node_settings_pending(boxes[0].node));
	assert_int_equal(act(0, NODE_SETTINGS_SET, "dhcp.mtu 1400\n"), 0);
	assert_true(node_settings_pending(boxes[0].node));
	run(400 * USEC_MS);
	/* until it is started with them */
	assert_true(node_settings_pending(boxes[0].node));
	for (int i = 0; i < NODES; i++) {
		assert_string_equal(on_disk(i, false), "dhcp.mtu 1400\n");
		assert_int_equal(boxes[i].writes, 1);
		assert_int_equal(boxes[i].told, 1);
		assert_string_equal(boxes[i].text, "set 1 of the network");
	}
	/* before it starts again it has written what it knows */
	assert_int_equal(boxes[0].snapshots, 1);
	run(20 * USEC_S);
	assert_int_equal(boxes[0].writes, 1);
	assert_int_equal(act_by(1, SETTINGS_NETWORK, NODE_SETTINGS_SET, "dhcp.mtu 1300\n", &other),
			 -EKEYREJECTED);
	run(USEC_S);
	assert_int_equal(boxes[0].writes, 1);
}

/* Who goes on, as its disk was full, writes again after a while. */
static void test_written_again(void **state)
{
	(void)state;
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "dhcp.mtu 1400\n"), 0);
	run(60 * USEC_S);
	assert_int_equal(boxes[0].writes, 1);
	run(660 * USEC_S);
	assert_int_equal(boxes[0].writes, 2);
}

/* With the file it starts, and nothing has changed; the records of both are on its disk. */
static void test_restart(void **state)
{
	struct node_settings s;

	(void)state;
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "dhcp.mtu 1400\n"), 0);
	run(USEC_S);
	for (int i = 0; i < NODES; i++)
		off(i);
	joined = false;
	for (int i = 0; i < NODES; i++)
		boot(i);
	run(5 * USEC_S);
	for (int i = 0; i < NODES; i++) {
		assert_int_equal(boxes[i].writes, 1);
		assert_false(node_settings_pending(boxes[i].node));
		assert_true(
			node_settings(boxes[i].node, SETTINGS_NETWORK, NODE_SETTINGS_IN_FORCE, &s));
		assert_int_equal(s.set, 1);
	}
	/* a node that has lost its records keeps the settings until it hears of others */
	off(1);
	boxes[1].len[STORE_SNAPSHOT] = 0;
	boot(1);
	run(5 * USEC_S);
	assert_int_equal(boxes[1].writes, 1);
	join();
	run(5 * USEC_S);
	assert_int_equal(boxes[1].writes, 1);
	assert_int_equal(act(0, NODE_SETTINGS_SET, ""), 0);
	run(USEC_S);
	assert_string_equal(on_disk(1, false), "");
	assert_int_equal(boxes[1].writes, 2);
}

/* A town's power goes just after somebody has set its password, and staged something. */
static void test_power_cut(void **state)
{
	struct admin_chain chain;
	struct node_settings s;

	(void)state;
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(act(0, NODE_SETTINGS_STAGE, "dhcp.mtu 1400\n"), 0);
	run(3 * USEC_S);
	joined = false;
	for (int i = 0; i < NODES; i++) {
		off(i);
		boot(i);
	}
	run(5 * USEC_S);
	for (int i = 0; i < NODES; i++) {
		assert_true(node_admin(boxes[i].node, &chain));
		assert_memory_equal(admin_key(&chain), admin.crypto.public_key, ADMIN_KEY_SIZE);
		assert_true(
			node_settings(boxes[i].node, SETTINGS_NETWORK, NODE_SETTINGS_STAGED, &s));
		assert_int_equal(s.set, 1);
		/* what comes from the disk is no reason to write it */
		boxes[i].snapshots = 0;
	}
	run(60 * USEC_S);
	assert_int_equal(boxes[0].snapshots, 0);
}

/* Who does that all the time does not wear out everybody's flash. */
static void test_written_rarely(void **state)
{
	char text[32];

	(void)state;
	assert_int_equal(password(0, &admin, NULL), 0);
	run(2 * USEC_S);
	boxes[0].snapshots = boxes[1].snapshots = 0;
	for (int i = 0; i < 600; i++) {
		snprintf(text, sizeof(text), "dhcp.mtu %d\n", 1300 + i % 100);
		assert_int_equal(act(0, NODE_SETTINGS_STAGE, text), 0);
		run(2 * USEC_S);
	}
	for (int i = 0; i < NODES; i++)
		assert_in_range(boxes[i].snapshots, 8, 8 + 4);
	/* but it is, in the end */
	run(301 * USEC_S);
	assert_in_range(boxes[0].snapshots, 9, 8 + 5);
}

static void test_off_meanwhile(void **state)
{
	(void)state;
	assert_int_equal(password(0, &admin, NULL), 0);
	run(USEC_S);
	off(1);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "dhcp.mtu 1400\n"), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "dhcp.mtu 1300\n"), 0);
	run(10 * USEC_S);
	boot(1);
	run(10 * USEC_S);
	assert_string_equal(on_disk(1, false), "dhcp.mtu 1300\n");
	assert_int_equal(boxes[1].writes, 1);
}

static uint32_t set_of(int i, enum node_settings_which which)
{
	struct node_settings s;

	return node_settings(boxes[i].node, SETTINGS_NETWORK, which, &s) ? s.set : 99;
}

static unsigned int setting_records(int i)
{
	struct state_view v;
	unsigned int count = 0;

	for (uint32_t k = 0; state_next_any(node_state(boxes[i].node), &k, now, &v);)
		count += v.key.type == 6;
	return count;
}

static void test_stages(void **state)
{
	(void)state;
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(act(0, NODE_SETTINGS_APPLY, ""), -ENOENT);
	assert_int_equal(act(0, NODE_SETTINGS_ROLLBACK, ""), -ENOENT);
	assert_int_equal(act(0, NODE_SETTINGS_STAGE, "dhcp.mtu 1400\n"), 0);
	assert_int_equal(act(0, NODE_SETTINGS_STAGE, "dhcp.mtu 1400\nra.mtu 1400\n"), 0);
	run(USEC_S);
	for (int i = 0; i < NODES; i++) {
		assert_int_equal(boxes[i].writes, 0);
		assert_false(node_settings_pending(boxes[i].node));
		assert_int_equal(set_of(i, NODE_SETTINGS_STAGED), 2);
		assert_int_equal(set_of(i, NODE_SETTINGS_IN_FORCE), 99);
	}
	/* whoever the admin asks next may apply it */
	assert_int_equal(act(1, NODE_SETTINGS_APPLY, ""), 0);
	run(USEC_S);
	assert_string_equal(on_disk(0, false), "dhcp.mtu 1400\nra.mtu 1400\n");
	assert_int_equal(set_of(0, NODE_SETTINGS_STAGED), 99);
	assert_int_equal(set_of(0, NODE_SETTINGS_BEFORE), 0);
	assert_int_equal(act(1, NODE_SETTINGS_APPLY, ""), -ENOENT);
	/* dropped it cannot be applied */
	assert_int_equal(act(0, NODE_SETTINGS_STAGE, "dhcp.mtu 1000\n"), 0);
	assert_int_equal(set_of(0, NODE_SETTINGS_STAGED), 3);
	assert_int_equal(act(0, NODE_SETTINGS_DROP, ""), 0);
	assert_int_equal(set_of(0, NODE_SETTINGS_STAGED), 99);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "dhcp.mtu 1200\n"), 0);
	run(USEC_S);
	assert_string_equal(on_disk(1, false), "dhcp.mtu 1200\n");
	/* back, and back again, and before the first one nothing was set */
	assert_int_equal(act(1, NODE_SETTINGS_ROLLBACK, ""), 0);
	run(USEC_S);
	assert_string_equal(on_disk(0, false), "dhcp.mtu 1400\nra.mtu 1400\n");
	assert_int_equal(act(1, NODE_SETTINGS_ROLLBACK, ""), 0);
	run(USEC_S);
	assert_string_equal(on_disk(0, false), "dhcp.mtu 1200\n");
	for (int k = 0; k < 20; k++) {
		char text[] = "dhcp.mtu 1300\n";

		text[11] = (char)('0' + k / 10);
		text[12] = (char)('0' + k % 10);
		assert_int_equal(act(k % 2, NODE_SETTINGS_SET, text), 0);
		run(500 * USEC_MS);
		assert_string_equal(on_disk(!(k % 2), false), text);
	}
	/* however often: a choice and three slots */
	assert_int_equal(setting_records(0), 4);
}

static void test_rollback_to_nothing(void **state)
{
	(void)state;
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "dhcp.mtu 1400\n"), 0);
	run(USEC_S);
	assert_int_equal(act(1, NODE_SETTINGS_ROLLBACK, ""), 0);
	run(USEC_S);
	assert_string_equal(on_disk(0, false), "");
	assert_int_equal(set_of(0, NODE_SETTINGS_IN_FORCE), 0);
	assert_int_equal(set_of(0, NODE_SETTINGS_BEFORE), 1);
}

/* Settings of a cloud concern nobody else. */
static void test_cloud(void **state)
{
	(void)state;
	off(1);
	text_copy(boxes[1].conf.wifi.ap_ssid, sizeof(boxes[1].conf.wifi.ap_ssid), "another");
	boot(1);
	run(3 * USEC_S);
	assert_true(node_realm(boxes[0].node) != node_realm(boxes[1].node));
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(
		act_by(0, node_realm(boxes[1].node), NODE_SETTINGS_SET, "ra.mtu 1400\n", &admin),
		0);
	run(USEC_S);
	assert_int_equal(boxes[0].writes, 0);
	assert_string_equal(on_disk(1, true), "ra.mtu 1400\n");
	assert_string_equal(on_disk(1, false), "");
	/* it moves to another cloud: these are not of that one */
	off(1);
	text_copy(boxes[1].conf.wifi.ap_ssid, sizeof(boxes[1].conf.wifi.ap_ssid), "a third");
	boot(1);
	run(3 * USEC_S);
	assert_int_equal(boxes[1].writes, 1);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "dhcp.mtu 1400\n"), 0);
	run(USEC_S);
	assert_string_equal(on_disk(1, true), "");
	assert_string_equal(on_disk(1, false), "dhcp.mtu 1400\n");
}

/* A set of many pages comes into force when the last of them has come, never in part. */
static void test_long(void **state)
{
	static char text[CONF_SETTINGS_MAX + 1];
	size_t len = 0;

	(void)state;
	while (len + 40 < CONF_SETTINGS_MAX)
		len += (size_t)sprintf(text + len, "an.option-of-a-later-version %04zu\n", len);
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, text), 0);
	run(USEC_S);
	assert_string_equal(on_disk(1, false), text);
	assert_int_equal(boxes[1].writes, 1);
	off(1);
	boxes[1].len[STORE_SNAPSHOT] = boxes[1].len[STORE_SETTINGS] = 0;
	boxes[1].writes = 0;
	boot(1);
	run(10 * USEC_S);
	assert_string_equal(on_disk(1, false), text);
	assert_int_equal(boxes[1].writes, 1);
}

/* Pages of two sets with one number, of nodes that did not know of each other, are none. */
static void test_mixed(void **state)
{
	static struct node_signed one[NODE_SETTINGS_SIGNED], other_one[NODE_SETTINGS_SIGNED];
	static char a[601], b[601];
	struct conf_text texts[] = { { a, 600 }, { b, 600 } };
	struct node_settings s;

	(void)state;
	memset(a, 'a', 600);
	memset(b, 'b', 600);
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(node_settings_act(boxes[0].node, SETTINGS_NETWORK, NODE_SETTINGS_STAGE,
					   &texts[0], one),
			 2);
	assert_int_equal(node_settings_act(boxes[0].node, SETTINGS_NETWORK, NODE_SETTINGS_STAGE,
					   &texts[1], other_one),
			 2);
	assert_int_equal(put(0, &one[0], 1, &admin), 0);
	assert_int_equal(put(0, &other_one[1], 1, &admin), 0);
	assert_int_equal(set_of(0, NODE_SETTINGS_STAGED), 99);
	assert_int_equal(put(0, &one[1], 1, &admin), 0);
	assert_int_equal(set_of(0, NODE_SETTINGS_STAGED), 1);
	assert_true(node_settings(boxes[0].node, SETTINGS_NETWORK, NODE_SETTINGS_STAGED, &s));
	assert_int_equal(s.len, 600);
	assert_memory_equal(s.text, a, 600);
}

static void test_password(void **state)
{
	struct admin_chain keep;

	(void)state;
	assert_null(node_admin_key(boxes[0].node, &keep));
	assert_int_equal(password(0, &admin, NULL), 0);
	run(USEC_S);
	assert_memory_equal(node_admin_key(boxes[1].node, &keep), admin.crypto.public_key,
			    ADMIN_KEY_SIZE);
	/* somebody else cannot take its place, at no node */
	assert_int_equal(password(1, &other, NULL), -EKEYREJECTED);
	assert_int_equal(password(1, &other, &other), -EKEYREJECTED);
	/* but follows it where it says so itself; also for whoever was off then */
	assert_int_equal(act(0, NODE_SETTINGS_SET, "ra.mtu 1350\n"), 0);
	run(USEC_S);
	off(1);
	assert_int_equal(password(0, &other, &admin), 0);
	assert_int_equal(act_by(0, SETTINGS_NETWORK, NODE_SETTINGS_SET, "ra.mtu 1400\n", &other),
			 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "ra.mtu 1300\n"), -EKEYREJECTED);
	boot(1);
	run(10 * USEC_S);
	assert_memory_equal(node_admin_key(boxes[1].node, &keep), other.crypto.public_key,
			    ADMIN_KEY_SIZE);
	assert_string_equal(on_disk(1, false), "ra.mtu 1400\n");
}

static bool in_force(int i, enum node_settings_which which, const char *text)
{
	struct node_settings s;

	return node_settings(boxes[i].node, SETTINGS_NETWORK, which, &s) && s.len == strlen(text) &&
	       !memcmp(s.text, text, s.len);
}

/* With another password all goes on: at nodes that start, and at one that has never heard of the
 * one before. */
static void test_password_change(void **state)
{
	(void)state;
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "ra.mtu 1350\n"), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "ra.mtu 1300\n"), 0);
	run(USEC_S);
	assert_int_equal(password_change(0, &other, &admin), 0);
	run(1800 * USEC_S);
	off(0);
	boot(0);
	off(1);
	memset(boxes[1].len, 0, sizeof(boxes[1].len));
	stand_in_init(&boxes[1].keys, 9, "");
	boot(1);
	run(10 * USEC_S);
	for (int i = 0; i < NODES; i++) {
		assert_true(in_force(i, NODE_SETTINGS_IN_FORCE, "ra.mtu 1300\n"));
		assert_true(in_force(i, NODE_SETTINGS_BEFORE, "ra.mtu 1350\n"));
	}
	assert_int_equal(act_by(1, SETTINGS_NETWORK, NODE_SETTINGS_ROLLBACK, "", &other), 0);
	run(USEC_S);
	assert_string_equal(on_disk(0, false), "ra.mtu 1350\n");
	assert_string_equal(on_disk(1, false), "ra.mtu 1350\n");
}

/* What is not here as a whole cannot come back. */
static void test_rollback_to_what_is_not_here(void **state)
{
	static const uint8_t page[] = { 0, 0, 0, 0, 1, 0 };
	struct node_signed other_page = { .len = 10 };

	(void)state;
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "ra.mtu 1350\n"), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "ra.mtu 1300\n"), 0);
	other_page.key = state_key_init(ADMIN_RECORD_SETTING, page, sizeof(page));
	assert_int_equal(put(0, &other_page, 1, &admin), 0);
	assert_int_equal(act(0, NODE_SETTINGS_ROLLBACK, ""), -ENOENT);
	assert_true(in_force(0, NODE_SETTINGS_IN_FORCE, "ra.mtu 1300\n"));
}

static void pin(int i, const struct stand_in *key)
{
	struct text t = text_init(boxes[i].conf.security.admin_key,
				  sizeof(boxes[i].conf.security.admin_key));

	off(i);
	for (size_t k = 0; k < ADMIN_KEY_SIZE; k++)
		text_add(&t, "%02x", key->crypto.public_key[k]);
	text_add(&t, "%032d", 7); /* the salt */
	boot(i);
}

/* A key that is configured is the only one. */
static void test_pinned(void **state)
{
	struct admin_chain chain;

	(void)state;
	pin(1, &admin);
	assert_false(node_admin(boxes[1].node, &chain));
	assert_int_equal(chain.salt[ADMIN_SALT_SIZE - 1], 7);
	run(3 * USEC_S);
	assert_int_equal(password(1, &other, NULL), -EKEYREJECTED);
	assert_int_equal(password(0, &other, NULL), 0);
	assert_int_equal(act_by(0, SETTINGS_NETWORK, NODE_SETTINGS_SET, "ra.mtu 1400\n", &other),
			 0);
	run(5 * USEC_S);
	assert_int_equal(boxes[0].writes, 1);
	assert_int_equal(boxes[1].writes, 0);
	assert_true(state_counter(node_state(boxes[1].node), STATE_C_DROP_ADMIN) > 0);
	/* so is it for those who had believed another one: what that one signed is over */
	pin(0, &admin);
	run(4 * USEC_S);
	assert_int_equal(password(0, &admin, NULL), 0);
	assert_int_equal(act(0, NODE_SETTINGS_SET, "ra.mtu 1300\n"), 0);
	run(5 * USEC_S);
	assert_string_equal(on_disk(0, false), "ra.mtu 1300\n");
	assert_string_equal(on_disk(1, false), "ra.mtu 1300\n");
}

static void test_file(void **state)
{
	struct settings s = { 7, { "a", 1 }, { "bc", 2 } }, back;
	uint8_t buf[SETTINGS_FILE_MAX];
	size_t len = settings_encode(&s, buf, sizeof(buf));

	(void)state;
	assert_true(len > 0);
	assert_int_equal(settings_encode(&s, buf, len - 1), 0);
	assert_int_equal(settings_encode(&s, buf, len), len);
	assert_int_equal(settings_decode(buf, len, &back), 0);
	assert_true(settings_equal(&s, &back));
	back.realm++;
	assert_false(settings_equal(&s, &back));
	s.cloud.len = back.cloud.len = 0; /* there is nothing that it could be of */
	assert_true(settings_equal(&s, &back));
	for (size_t cut = 0; cut < len; cut++) {
		assert_true(settings_decode(buf, cut, &back) < 0);
		assert_int_equal(back.network.len, 0);
	}
	buf[len - 1] ^= 1;
	assert_int_equal(settings_decode(buf, len, &back), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_written_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_power_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_written_rarely, setup, teardown),
		cmocka_unit_test_setup_teardown(test_off_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rollback_to_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cloud, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mixed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_password, setup, teardown),
		cmocka_unit_test_setup_teardown(test_password_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rollback_to_what_is_not_here, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinned, setup, teardown),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
