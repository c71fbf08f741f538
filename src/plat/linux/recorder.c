/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/record_crypto.h"
#include "node/record_head.h"
#include "plat/linux/log.h"

#define LOAD_MORE 64 /* bytes of its entry beside the snapshot */
#define BUFFER (2 * (RECORD_ENTRY_MAX + RECORD_HEAD_MAX))

struct recorder {
	int fd;
	bool failed;
	struct record_hash hash;
	struct record_crypto crypto;
	size_t len;
	uint8_t buf[BUFFER];
};

/* What is missing in the middle would make a replay another life: from here on nothing is written.
 */
static void fail(struct recorder *r, const char *why)
{
	if (!r->failed)
		log_error("recording ends: %s", why);
	r->failed = true;
}

static void write_all(struct recorder *r, const uint8_t *data, size_t len)
{
	while (len > 0 && !r->failed) {
		ssize_t n = write(r->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail(r, strerror(errno));
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

static void flush(struct recorder *r)
{
	write_all(r, r->buf, r->len);
	r->len = 0;
}

/* An entry of up to RECORD_ENTRY_MAX bytes with its length in front. */
static struct wr entry_begin(struct recorder *r)
{
	if (sizeof(r->buf) - r->len < RECORD_ENTRY_MAX + 4)
		flush(r);
	return wr_init(r->buf + r->len + 4, RECORD_ENTRY_MAX);
}

static void entry_end(struct recorder *r, const struct wr *entry)
{
	struct wr w = wr_init(r->buf + r->len, 4);

	if (!wr_len(entry)) {
		flush(r);
		fail(r, "an event is too long");
		return;
	}
	wr_u32(&w, (uint32_t)wr_len(entry));
	r->len += 4 + wr_len(entry);
}

static void crypto_entry(void *ctx, const uint8_t *data, size_t len)
{
	struct wr w = entry_begin(ctx);

	wr_bytes(&w, data, len);
	entry_end(ctx, &w);
}

struct recorder *recorder_new(int fd, const struct node_setup *setup, usec_t start, int *ret_err)
{
	struct recorder *r = calloc(1, sizeof(*r));
	char *conf = malloc(RECORD_CONF_MAX);
	struct record_head h = { .setup = *setup, .start = start, .conf = conf };
	struct text t;
	struct wr w;

	*ret_err = -ENOMEM;
	if (!r || !conf)
		goto out;
	t = text_init(conf, RECORD_CONF_MAX);
	conf_print(setup->conf, CONF_PRINT_ALL, false, &t);
	h.conf_len = t.len;
	record_head_keys(&h, setup->crypto);
	record_crypto_init(&r->crypto, setup->crypto, crypto_entry, r);
	r->fd = fd;
	w = wr_init(r->buf, sizeof(r->buf));
	record_head_encode(&w, &h);
	r->len = wr_len(&w);
	flush(r);
	*ret_err = r->failed || t.cut ? -EIO : 0;
out:
	free(conf);
	if (*ret_err) {
		free(r);
		return NULL;
	}
	return r;
}

const struct state_crypto *recorder_crypto(struct recorder *r)
{
	return &r->crypto.crypto;
}

/* A snapshot can be longer than all else together. */
static void load_write(struct recorder *r, const struct event *e, usec_t now)
{
	size_t cap = e->load.len + LOAD_MORE;
	uint8_t *buf = malloc(4 + cap);
	struct wr w, len;

	flush(r);
	if (!buf) {
		fail(r, strerror(ENOMEM));
		return;
	}
	w = wr_init(buf + 4, cap);
	len = wr_init(buf, 4);
	record_event_encode(&w, e, now);
	wr_u32(&len, (uint32_t)wr_len(&w));
	write_all(r, buf, 4 + wr_len(&w));
	free(buf);
}

void recorder_event(struct recorder *r, const struct event *e, usec_t now)
{
	struct wr w;

	if (e->kind == EVENT_LOAD) {
		load_write(r, e, now);
		return;
	}
	w = entry_begin(r);
	record_event_encode(&w, e, now);
	entry_end(r, &w);
}

void recorder_effect(struct recorder *r, const struct effect *e, usec_t now)
{
	record_hash_effect(&r->hash, e, now);
}

void recorder_free(struct recorder *r, usec_t now)
{
	struct wr w;

	if (!r)
		return;
	w = entry_begin(r);
	record_end_encode(&w, &r->hash, now);
	entry_end(r, &w);
	flush(r);
	free(r);
}
