/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/text.h"
#include "plat/linux/file.h"
#include "plat/linux/log.h"

#define PATH_SIZE 256
#define EPOCH_MAX (UINT32_MAX - 2 * STORE_EPOCH_STEP) /* a file with more is damaged */
#define WALL_START 1767225600 /* 2026-01-01: before it the clock has not been set */

struct save {
	uint8_t *data;
	size_t len;
};

struct file {
	struct store *store;
	const char *name;
	uv_work_t work;
	bool busy;
	int result; /* of the thread */
	struct save now, next;
};

struct store {
	uv_loop_t *loop;
	char dir[PATH_SIZE - 32], run_dir[PATH_SIZE - 32];
	struct store_counters counters;
	char rejected[NOTICE_TEXT];
	bool epoch_is_new; /* nobody can have had it before */
	void (*written)(void *ctx, enum store_file file);
	void *written_ctx;
	struct file files[STORE_FILES];
};

static const char *const file_names[STORE_FILES] = {
	[STORE_SNAPSHOT] = "snapshot",
	[STORE_CLAIMS] = "claims",
	[STORE_SETTINGS] = "settings",
};

struct store *store_new(uv_loop_t *loop, const char *state_dir, const char *run_dir)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->loop = loop;
	for (int i = 0; i < STORE_FILES; i++) {
		s->files[i].store = s;
		s->files[i].name = file_names[i];
		s->files[i].work.data = &s->files[i];
	}
	text_copy(s->dir, sizeof(s->dir), state_dir);
	text_copy(s->run_dir, sizeof(s->run_dir), run_dir);
	/* the root process has made the one that is the default */
	if (mkdir(state_dir, 0700) && errno != EEXIST)
		log_error("%s: %s", state_dir, strerror(errno));
	return s;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	s->written = NULL;
	for (int i = 0; i < STORE_FILES; i++) {
		while (s->files[i].busy)
			uv_run(s->loop, UV_RUN_ONCE);
		free(s->files[i].next.data);
	}
	free(s);
}

static void path_make(char ret[static PATH_SIZE], const char *dir, const char *name)
{
	snprintf(ret, PATH_SIZE, "%s/%s", dir, name);
}

/* A number in a file, 0 when there is none. */
static uint32_t number_read(const char *dir, const char *name)
{
	char path[PATH_SIZE], text[16];
	long long v;
	ssize_t n;

	path_make(path, dir, name);
	n = file_read(path, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text_number(text, 0, EPOCH_MAX, &v) ? 0 : (uint32_t)v;
}

static int number_write(const char *dir, const char *name, uint32_t v, enum file_sync sync)
{
	char path[PATH_SIZE], text[16];
	int len = snprintf(text, sizeof(text), "%u\n", v);

	path_make(path, dir, name);
	return file_replace(path, text, (size_t)len, 0600, sync);
}

/* If it has been set, else 1: minutes grow faster than anybody reboots. */
static uint32_t epoch_by_clock(void)
{
	time_t wall = time(NULL);

	return wall > WALL_START ? (uint32_t)((wall - WALL_START) / 60) + 1 : 1;
}

int store_epoch(struct store *s, uint32_t *ret)
{
	uint32_t reserved = number_read(s->dir, "epoch");
	uint32_t last = number_read(s->run_dir, "epoch");
	uint32_t epoch;
	int r = 0, err;

	/* After a reboot all that were reserved may have been used. A disk that was emptied is made
	 * up for by the clock. */
	if (last)
		epoch = last + 1;
	else
		epoch = reserved ? reserved + 1 : epoch_by_clock();
	if (epoch > reserved) {
		r = number_write(s->dir, "epoch", epoch + STORE_EPOCH_STEP, FILE_DURABLE);
		/* Nor can the next one read there what this one took. */
		if (r && epoch < epoch_by_clock())
			epoch = epoch_by_clock();
	}
	err = number_write(s->run_dir, "epoch", epoch, FILE_VOLATILE);
	*ret = epoch;
	s->epoch_is_new = (last || reserved) && !r && !err;
	return r ? r : err;
}

int store_key(struct store *s, uint8_t ret[static STORE_KEY_SIZE], bool *ret_new)
{
	char path[PATH_SIZE];

	path_make(path, s->dir, "key");
	*ret_new = false;
	if (s->epoch_is_new && file_read(path, ret, STORE_KEY_SIZE) == STORE_KEY_SIZE)
		return 0;
	*ret_new = true;
	if (getrandom(ret, STORE_KEY_SIZE, 0) != STORE_KEY_SIZE)
		return -EIO;
	return file_replace(path, ret, STORE_KEY_SIZE, 0600, FILE_DURABLE);
}

/* Its length with *ret to be freed, or -errno. */
static ssize_t saved_read(const char *path, uint8_t **ret)
{
	struct stat st;
	size_t cap;

	*ret = NULL;
	if (stat(path, &st))
		return -errno;
	if (st.st_size > STORE_SNAPSHOT_MAX)
		return -EFBIG;
	cap = (size_t)st.st_size + 1;
	*ret = malloc(cap);
	return *ret ? file_read(path, *ret, cap) : -ENOMEM;
}

uint8_t *store_load(struct store *s, enum store_file file, size_t *ret_len)
{
	char path[PATH_SIZE];
	uint8_t *data;
	ssize_t n;

	*ret_len = 0;
	path_make(path, s->dir, file_names[file]);
	n = saved_read(path, &data);
	if (n > 0) {
		*ret_len = (size_t)n;
		return data;
	}
	free(data);
	if (n != -ENOENT)
		store_reject(s, file, n ? (int)n : -ENODATA);
	return NULL;
}

static const char *reason(int err)
{
	switch (err) {
	case -ENODATA:
		return "it is empty";
	case -EBADMSG:
		return "it was cut or changed";
	case -EPROTONOSUPPORT:
		return "it is of another version";
	default:
		return strerror(-err);
	}
}

void store_reject(struct store *s, enum store_file file, int err)
{
	char path[PATH_SIZE], aside[PATH_SIZE], name[32];
	struct text t;

	snprintf(name, sizeof(name), "%s.rejected", file_names[file]);
	path_make(path, s->dir, file_names[file]);
	path_make(aside, s->dir, name);
	unlink(aside);
	if (s->counters.rejected++) {
		(void)!link(path, aside);
		return; /* people have enough to read */
	}
	t = text_init(s->rejected, sizeof(s->rejected));
	text_add(&t, "%s: %s; ", path, reason(err));
	if (link(path, aside))
		text_add(&t, "it could not be kept as %s (%s)", aside, strerror(errno));
	else
		text_add(&t, "kept as %s", aside);
	text_add(&t, "; what it held is taken from the neighbours");
}

const char *store_rejected(const struct store *s)
{
	return s->rejected;
}

static void save_work(uv_work_t *work)
{
	struct file *f = work->data;
	char path[PATH_SIZE];

	path_make(path, f->store->dir, f->name);
	f->result = file_replace(path, f->now.data, f->now.len, 0600, FILE_DURABLE);
}

static void save_begin(struct file *f);

static void save_done(uv_work_t *work, int status)
{
	struct file *f = work->data;
	struct store_counters *c = &f->store->counters;

	f->busy = false;
	c->writes++;
	c->bytes += f->now.len;
	if (status || f->result) {
		c->failed++;
		log_error("%s/%s: %s", f->store->dir, f->name, strerror(-f->result));
	} else if (f->store->written) {
		f->store->written(f->store->written_ctx, (enum store_file)(f - f->store->files));
	}
	free(f->now.data);
	f->now = f->next;
	f->next = (struct save) { 0 };
	if (f->now.data)
		save_begin(f);
}

static void save_begin(struct file *f)
{
	f->busy = uv_queue_work(f->store->loop, &f->work, save_work, save_done) == 0;
	if (!f->busy) {
		f->store->counters.failed++;
		free(f->now.data);
		f->now.data = NULL;
	}
}

void store_watch(struct store *s, void (*written)(void *ctx, enum store_file file), void *ctx)
{
	s->written = written;
	s->written_ctx = ctx;
}

void store_save(struct store *s, const struct effect_store *e)
{
	struct file *f = &s->files[e->file];
	struct save *save = f->busy ? &f->next : &f->now;

	free(save->data);
	save->data = malloc(e->len + 1);
	if (!save->data) {
		s->counters.failed++;
		return;
	}
	memcpy(save->data, e->data, e->len);
	save->len = e->len;
	if (!f->busy)
		save_begin(f);
}

const struct store_counters *store_counters(const struct store *s)
{
	return &s->counters;
}
