/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `tramad --record` writes: no secrets, and also what is long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/conf/conf.h"
#include "node/record_head.h"
#include "plat/linux/node_keys.h"
#include "plat/linux/recorder.h"
#include "plat/linux/store.h"

#define LONG 200000
#define KEY "the key of this community"

static uint8_t file[RECORD_HEAD_MAX + 2 * LONG], snapshot[LONG];

/* What is in the file afterwards. */
static struct rd record(size_t load, size_t frame)
{
	struct event e = { .kind = EVENT_LOAD, .load = { snapshot, load } };
	static struct conf conf;
	static const uint8_t seed[STORE_KEY_SIZE] = { 1 };
	struct node_setup setup = { .conf = &conf };
	struct node_keys *keys;
	FILE *f = tmpfile();
	struct recorder *r;
	size_t len;
	int err;

	assert_non_null(f);
	conf_init(&conf);
	strcpy(conf.security.community_key, KEY);
	keys = node_keys_new(seed, KEY, &err);
	assert_non_null(keys);
	setup.crypto = node_keys_crypto(keys);
	r = recorder_new(fileno(f), &setup, 1, &err);
	assert_non_null(r);
	recorder_event(r, &e, 2);
	e = (struct event) { .kind = EVENT_FRAME };
	e.frame.data = snapshot;
	e.frame.len = frame;
	recorder_event(r, &e, 3);
	recorder_free(r, 4);
	node_keys_free(keys);
	rewind(f);
	len = fread(file, 1, sizeof(file), f);
	fclose(f);
	return rd_init(file, len);
}

static struct rd entry(struct rd *r)
{
	return rd_sub(r, rd_u32(r));
}

static void test_no_secrets(void **state)
{
	struct record_head h;
	struct rd r = record(10, 60);

	(void)state;
	assert_int_equal(record_head_decode(&r, &h), 0);
	assert_true(h.conf_len > 0);
	assert_null(memmem(file, sizeof(file), KEY, strlen(KEY)));
}

static void test_long(void **state)
{
	struct rd r = record(LONG, 60), one;
	struct record_head h;
	struct event e;
	usec_t now;
	uint64_t count;
	char hash[17];

	(void)state;
	assert_int_equal(record_head_decode(&r, &h), 0);
	one = entry(&r);
	assert_int_equal(record_event_decode(&one, &e, &now), 0);
	assert_int_equal(e.kind, EVENT_LOAD);
	assert_int_equal(e.load.len, LONG);
	one = entry(&r);
	assert_int_equal(record_event_decode(&one, &e, &now), 0);
	assert_int_equal(e.kind, EVENT_FRAME);
	one = entry(&r);
	assert_true(record_end_decode(&one, &count, hash));
	assert_true(rd_done(&r));
}

/* Where one is missing it ends, so that nobody takes it for whole. */
static void test_too_long(void **state)
{
	struct rd r = record(10, LONG);
	struct record_head h;
	struct event e;
	struct rd one;
	usec_t now;

	(void)state;
	assert_int_equal(record_head_decode(&r, &h), 0);
	one = entry(&r);
	assert_int_equal(record_event_decode(&one, &e, &now), 0);
	assert_true(rd_done(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_secrets),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
