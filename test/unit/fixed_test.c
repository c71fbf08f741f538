/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Static leases by command, once the network has an admin. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin_boxes.h"

static const struct ip4 fixed_ip = { { 10, 13, 77, 7 } }, other_ip = { { 10, 13, 77, 8 } };

static struct lease_static fix(uint8_t client, struct ip4 ip)
{
	struct mac mac = { { 2, 0xcc, 0, 0, 0, client } };

	return (struct lease_static) { .key = lease_key_mac(&mac), .ip4 = ip };
}

static bool is_fixed(int i, const struct lease_static *s)
{
	struct lease_static_view v;

	return lease_static_find(node_lease(boxes[i].node), &s->key, now, &v) &&
	       ip4_eq(&v.fixed.ip4, &s->ip4);
}

static int fix_unsigned(int i, enum control_act what, const struct lease_static *s)
{
	struct event e = { .kind = EVENT_CONTROL, .control = { .act = what, .fixed = *s } };

	feed(i, &e);
	return node_static_error(boxes[i].node);
}

static int fix_by(int i, const struct lease_static *s, bool remove, const struct stand_in *by)
{
	struct node_signed record;
	int r;

	memset(&record, 0, sizeof(record));
	r = node_fixed_record(boxes[i].node, s, remove, &record);
	return r ? r : put(i, &record, 1, by);
}

static void test_lease_signed(void **state)
{
	struct lease_static s = fix(1, fixed_ip), early = fix(2, other_ip),
			    rival = fix(3, fixed_ip);

	(void)state;
	/* while the network has no admin anybody may */
	assert_int_equal(fix_by(0, &early, false, &admin), -ENOKEY);
	assert_int_equal(fix_unsigned(0, CONTROL_FIX_LEASE, &early), 0);
	assert_true(is_fixed(0, &early));
	assert_int_equal(password(0, &admin, NULL), 0);
	run(USEC_S);
	assert_false(is_fixed(0, &early));
	assert_int_equal(fix_unsigned(0, CONTROL_FIX_LEASE, &s), -EKEYREJECTED);
	assert_int_equal(fix_unsigned(0, CONTROL_UNFIX_LEASE, &early), -EKEYREJECTED);
	assert_int_equal(fix_by(0, &s, false, &other), -EKEYREJECTED);
	assert_false(is_fixed(0, &s));
	assert_int_equal(fix_by(0, &s, false, &admin), 0);
	assert_true(is_fixed(0, &s));
	assert_int_equal(fix_by(0, &rival, false, &admin), -EADDRINUSE);
	run(USEC_S);
	/* the disk */
	run(1000 * USEC_S);
	off(0);
	boot(0);
	run(5 * USEC_S);
	assert_true(is_fixed(0, &s));
	assert_false(is_fixed(0, &early));
	assert_int_equal(fix_by(0, &s, true, &other), -EKEYREJECTED);
	/* with another password it stands */
	assert_int_equal(password(0, &other, &admin), 0);
	run(1000 * USEC_S);
	off(0);
	boot(0);
	run(5 * USEC_S);
	assert_true(is_fixed(0, &s));
	assert_int_equal(fix_by(0, &s, true, &other), 0);
	assert_false(is_fixed(0, &s));
	assert_int_equal(fix_by(0, &s, true, &other), -ENOENT);
	run(USEC_S);
	assert_false(is_fixed(0, &s));
}

/* What was signed in one cloud is nothing in another one with the same admin. */
static void test_lease_of_another_cloud(void **state)
{
	struct lease_static s = fix(1, (struct ip4) { { 0 } });
	struct node_signed record;

	(void)state;
	strcpy(s.name, "printer");
	off(1);
	strcpy(boxes[1].conf.wifi.ap_ssid, "another");
	boot(1);
	run(5 * USEC_S);
	assert_int_equal(password(0, &admin, NULL), 0);
	run(5 * USEC_S);
	memset(&record, 0, sizeof(record));
	assert_int_equal(node_fixed_record(boxes[1].node, &s, false, &record), 0);
	assert_int_equal(put(0, &record, 1, &admin), 0);
	assert_false(is_fixed(0, &s));
	run(USEC_S);
	assert_false(is_fixed(0, &s));
	assert_int_equal(fix_by(0, &s, false, &admin), 0);
	assert_true(is_fixed(0, &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lease_signed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lease_of_another_cloud, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
