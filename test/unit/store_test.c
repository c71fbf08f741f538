/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that survive, boot epochs that grow. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plat/linux/file.h"
#include "plat/linux/store.h"

#define BIG (5 * 1024 * 1024)

static uv_loop_t loop;
static char base[64], disk[80], run[80];

static int setup(void **state)
{
	(void)state;
	strcpy(base, "/tmp/trama-store-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(disk, sizeof(disk), "%s/disk", base);
	snprintf(run, sizeof(run), "%s/run", base);
	return mkdir(disk, 0700) || mkdir(run, 0700) || uv_loop_init(&loop);
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	uv_loop_close(&loop);
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static uint32_t epoch(void)
{
	struct store *s = store_new(&loop, disk, run);
	uint32_t e = 0;

	assert_non_null(s);
	assert_int_equal(store_epoch(s, &e), 0);
	store_free(s);
	return e;
}

static void file_remove(const char *dir, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

static void test_epoch(void **state)
{
	struct stat before, after;
	char path[128];
	uint32_t last = epoch();

	(void)state;
	snprintf(path, sizeof(path), "%s/epoch", disk);
	assert_int_equal(stat(path, &before), 0);
	/* restarts: one after the other, most without a write to the disk */
	for (int i = 0; i < STORE_EPOCH_STEP; i++)
		assert_int_equal(epoch(), last + 1U + (uint32_t)i);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	last = epoch();
	for (int i = 0; i < 3; i++) { /* reboots */
		uint32_t next;

		file_remove(run, "epoch");
		next = epoch();
		assert_true(next > last);
		last = next;
	}
	file_remove(disk, "epoch"); /* the disk was emptied, the clock is right */
	assert_true(epoch() > last);
	file_remove(disk, "epoch");
	file_remove(run, "epoch");
	assert_true(epoch() > 0);
}

/* Nothing can be written there: epochs grow all the same, by what the boot remembers. */
static void test_epoch_full_disk(void **state)
{
	uint32_t last = epoch(), next;
	struct store *s;
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/epoch", disk);
	file_remove(disk, "epoch");
	assert_int_equal(mkdir(path, 0700), 0); /* cannot be replaced by a file */
	for (int i = 0; i < 2 * STORE_EPOCH_STEP; i++, last = next) {
		s = store_new(&loop, disk, run);
		assert_true(store_epoch(s, &next) < 0);
		assert_true(next > last);
		store_free(s);
	}
}

/* The key of the next start: 0 or -errno. */
static int key(uint8_t ret[static STORE_KEY_SIZE], bool *ret_new)
{
	struct store *s = store_new(&loop, disk, run);
	uint32_t e;
	int r;

	assert_non_null(s);
	(void)store_epoch(s, &e);
	r = store_key(s, ret, ret_new);
	store_free(s);
	return r;
}

/* One for all starts, unless an epoch may have been used with it before. */
static void test_key(void **state)
{
	uint8_t first[STORE_KEY_SIZE], now[STORE_KEY_SIZE], zero[STORE_KEY_SIZE] = { 0 };
	char path[128];
	struct stat st;
	bool is_new;

	(void)state;
	assert_int_equal(key(first, &is_new), 0);
	assert_true(is_new);
	assert_memory_not_equal(first, zero, sizeof(first));
	snprintf(path, sizeof(path), "%s/key", disk);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	for (int i = 0; i < 3 * STORE_EPOCH_STEP; i++) {
		if (i % 5 == 4)
			file_remove(run, "epoch"); /* a reboot */
		assert_int_equal(key(now, &is_new), 0);
		assert_false(is_new);
		assert_memory_equal(first, now, sizeof(first));
	}
	/* which epochs were used is not known any more */
	file_remove(run, "epoch");
	file_remove(disk, "epoch");
	assert_int_equal(key(now, &is_new), 0);
	assert_true(is_new);
	assert_memory_not_equal(first, now, sizeof(first));
	memcpy(first, now, sizeof(first));
	assert_int_equal(key(now, &is_new), 0);
	assert_memory_equal(first, now, sizeof(first));
	/* cut off */
	assert_int_equal(truncate(path, STORE_KEY_SIZE - 1), 0);
	assert_int_equal(key(now, &is_new), 0);
	assert_true(is_new);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, STORE_KEY_SIZE);
	/* what cannot be written is another one each time */
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(key(first, &is_new) < 0 && is_new);
	assert_true(key(now, &is_new) < 0 && is_new);
	assert_memory_not_equal(first, now, sizeof(first));
	assert_int_equal(rmdir(path), 0);
	/* nor is one kept whose epochs cannot be */
	assert_int_equal(key(first, &is_new), 0);
	snprintf(path, sizeof(path), "%s/epoch", disk);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(key(now, &is_new), 0);
	assert_true(is_new);
	assert_memory_not_equal(first, now, sizeof(first));
}

static void save(struct store *s, const char *text)
{
	const struct effect_store e = { (const uint8_t *)text, strlen(text), STORE_SNAPSHOT };

	store_save(s, &e);
}

static void test_snapshot(void **state)
{
	struct store *s = store_new(&loop, disk, run);
	uint8_t *data;
	char path[128], text[16];
	size_t len;

	(void)state;
	assert_null(store_load(s, STORE_SNAPSHOT, &len));
	assert_int_equal(len, 0);
	save(s, "one");
	save(s, "two");
	save(s, "three"); /* overtakes two */
	store_free(s);
	s = store_new(&loop, disk, run);
	data = store_load(s, STORE_SNAPSHOT, &len);
	assert_int_equal(len, 5);
	assert_memory_equal(data, "three", 5);
	free(data);
	save(s, "four");
	while (store_counters(s)->writes < 1)
		uv_run(&loop, UV_RUN_ONCE);
	assert_string_equal(store_rejected(s), "");
	store_free(s);
	snprintf(path, sizeof(path), "%s/snapshot.rejected", disk);
	assert_int_equal(file_read(path, text, sizeof(text)), -ENOENT);
	/* what a node with many records writes is read again */
	s = store_new(&loop, disk, run);
	data = calloc(1, BIG);
	assert_non_null(data);
	store_save(s, &(struct effect_store) { data, BIG, STORE_SNAPSHOT });
	free(data);
	store_free(s);
	s = store_new(&loop, disk, run);
	data = store_load(s, STORE_SNAPSHOT, &len);
	assert_non_null(data);
	assert_int_equal(len, BIG);
	free(data);
	store_free(s);
}

/* A start with that snapshot, which the node does not like: what people are told is complete, and
 * what was there is still there when another has taken its place. */
static void rejected(const char *content, int err, const char *why)
{
	char path[128], aside[128], text[16];
	size_t len, size = strlen(content);
	struct store *s = store_new(&loop, disk, run);
	uint8_t *data;

	snprintf(path, sizeof(path), "%s/snapshot", disk);
	snprintf(aside, sizeof(aside), "%s/snapshot.rejected", disk);
	assert_int_equal(file_replace(path, content, size, 0600, FILE_VOLATILE), 0);
	data = store_load(s, STORE_SNAPSHOT, &len);
	assert_int_equal(len, size);
	if (data)
		store_reject(s, STORE_SNAPSHOT, err);
	free(data);
	assert_int_equal(store_counters(s)->rejected, 1);
	assert_memory_equal(store_rejected(s), path, strlen(path));
	assert_non_null(strstr(store_rejected(s), why));
	assert_non_null(strstr(store_rejected(s), aside));
	assert_non_null(strstr(store_rejected(s), "from the neighbours"));
	save(s, "whole");
	store_free(s);
	assert_true(file_equals(path, "whole", 5));
	assert_int_equal(file_read(aside, text, sizeof(text)), size);
	assert_memory_equal(text, content, size);
}

static void test_rejected(void **state)
{
	char path[128];
	struct store *s;
	size_t len;

	(void)state;
	rejected("broken", -EBADMSG, "cut or changed");
	rejected("newer", -EPROTONOSUPPORT, "version");
	rejected("", 0, "empty");
	/* one that cannot be read at all */
	snprintf(path, sizeof(path), "%s/snapshot", disk);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	s = store_new(&loop, disk, run);
	assert_null(store_load(s, STORE_SNAPSHOT, &len));
	assert_non_null(strstr(store_rejected(s), strerror(EISDIR)));
	assert_non_null(strstr(store_rejected(s), "could not be kept"));
	store_free(s);
}

/* Claims do not wait for a snapshot that is being written, and neither is lost for the other. */
static void test_claims(void **state)
{
	struct store *s = store_new(&loop, disk, run);
	uint8_t *big = calloc(1, BIG), *data;
	char path[128];
	size_t len;

	(void)state;
	assert_non_null(big);
	store_save(s, &(struct effect_store) { big, BIG, STORE_SNAPSHOT });
	for (int i = 0; i < 3; i++)
		store_save(s, &(struct effect_store) { (const uint8_t *)"claims", 6 - (size_t)i,
						       STORE_CLAIMS });
	free(big);
	store_free(s);
	s = store_new(&loop, disk, run);
	data = store_load(s, STORE_CLAIMS, &len);
	assert_int_equal(len, 4);
	assert_memory_equal(data, "clai", 4);
	free(data);
	data = store_load(s, STORE_SNAPSHOT, &len);
	assert_int_equal(len, BIG);
	free(data);
	/* both are bad: each is kept, people read of the first */
	store_reject(s, STORE_SNAPSHOT, -EBADMSG);
	store_reject(s, STORE_CLAIMS, -EBADMSG);
	assert_int_equal(store_counters(s)->rejected, 2);
	assert_non_null(strstr(store_rejected(s), "snapshot.rejected"));
	store_free(s);
	snprintf(path, sizeof(path), "%s/claims.rejected", disk);
	assert_true(file_equals(path, "clai", 4));
}

static void test_file(void **state)
{
	char path[128], text[16];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/file", disk);
	assert_int_equal(file_read(path, text, sizeof(text)), -ENOENT);
	assert_int_equal(file_replace(path, "abc", 3, 0600, FILE_DURABLE), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(file_read(path, text, 3), 3);
	assert_int_equal(file_read(path, text, 2), -EFBIG);
	assert_true(file_equals(path, "abc", 3));
	assert_false(file_equals(path, "ab", 2));
	assert_false(file_equals(path, "abcd", 4));
	assert_int_equal(file_replace("/nowhere/x", "abc", 3, 0600, FILE_VOLATILE), -ENOENT);
	/* what a power cut left of an earlier try is no obstacle */
	snprintf(path, sizeof(path), "%s/file.new", disk);
	assert_int_equal(symlink("/nowhere/else", path), 0);
	snprintf(path, sizeof(path), "%s/file", disk);
	assert_int_equal(file_replace(path, "new", 3, 0600, FILE_VOLATILE), 0);
	assert_true(file_equals(path, "new", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_epoch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_epoch_full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_snapshot, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rejected, setup, teardown),
		cmocka_unit_test_setup_teardown(test_claims, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
