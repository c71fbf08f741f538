/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sim/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/record_crypto.h"

struct recorder {
	FILE *file;
	bool started, ended, failed;
	struct record_hash hash;
	struct record_crypto crypto;
	uint8_t buf[RECORD_HEAD_MAX > RECORD_ENTRY_MAX ? RECORD_HEAD_MAX : RECORD_ENTRY_MAX];
};

struct recorder *recorder_open(const char *path)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->file = fopen(path, "wb");
	if (r->file)
		return r;
	free(r);
	return NULL;
}

static void put(struct recorder *r, const void *data, size_t len)
{
	if (!len || fwrite(data, 1, len, r->file) != len)
		r->failed = true;
}

static void put_entry(struct recorder *r, const struct wr *entry)
{
	uint8_t head[4];
	struct wr w = wr_init(head, sizeof(head));

	wr_u32(&w, (uint32_t)wr_len(entry));
	put(r, head, sizeof(head));
	put(r, entry->start, wr_len(entry));
}

static void crypto_entry(void *ctx, const uint8_t *data, size_t len)
{
	struct recorder *r = ctx;
	struct wr w = wr_init(r->buf, sizeof(r->buf));

	if (r->ended)
		return;
	wr_bytes(&w, data, len);
	put_entry(r, &w);
}

const struct state_crypto *recorder_crypto(struct recorder *r, const struct state_crypto *real)
{
	record_crypto_init(&r->crypto, real, crypto_entry, r);
	return &r->crypto.crypto;
}

void recorder_start(struct recorder *r, const struct node_setup *setup, usec_t now)
{
	struct record_head h = { .setup = *setup, .start = now };
	char *conf = malloc(RECORD_CONF_MAX);
	struct wr w = wr_init(r->buf, sizeof(r->buf));
	struct text t;

	if (r->started || !conf) {
		r->ended = true; /* it came back as a new node */
		free(conf);
		return;
	}
	r->started = true;
	t = text_init(conf, RECORD_CONF_MAX);
	conf_print(setup->conf, CONF_PRINT_ALL, true, &t);
	h.conf = conf;
	h.conf_len = t.len;
	record_head_keys(&h, setup->crypto);
	record_head_encode(&w, &h);
	put(r, w.start, wr_len(&w));
	free(conf);
}

void recorder_event(struct recorder *r, const struct event *e, usec_t now)
{
	struct wr w = wr_init(r->buf, sizeof(r->buf));

	if (r->ended)
		return;
	record_event_encode(&w, e, now);
	put_entry(r, &w);
}

void recorder_effect(struct recorder *r, const struct effect *e, usec_t now)
{
	if (!r->ended)
		record_hash_effect(&r->hash, e, now);
}

void recorder_end(struct recorder *r, usec_t now)
{
	struct wr w = wr_init(r->buf, sizeof(r->buf));

	if (r->ended)
		return;
	r->ended = true;
	record_end_encode(&w, &r->hash, now);
	put_entry(r, &w);
}

int recorder_close(struct recorder *r)
{
	int err = fclose(r->file) || r->failed ? -EIO : 0;

	free(r);
	return err;
}
