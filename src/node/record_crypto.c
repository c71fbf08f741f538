/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/record_crypto.h"

#include <string.h>

#include "core/state/state.h"

enum asked { ASKED_SEAL, ASKED_OPEN, ASKED_SIGN, ASKED_VERIFY };

/* Whatever is asked is about one datagram or record. */
#define RESULT_MAX (STATE_DATAGRAM_MAX + STATE_TAG_SIZE)

static void put(struct record_crypto *r, enum asked asked, const void *result, size_t len)
{
	uint8_t buf[RESULT_MAX + 16];
	struct wr w = wr_init(buf, sizeof(buf));

	wr_u64(&w, 0);
	wr_u8(&w, RECORD_CRYPTO);
	wr_u8(&w, (uint8_t)asked);
	wr_bytes(&w, result, len);
	r->entry(r->ctx, buf, wr_len(&w));
}

static void record_seal(void *ctx, const struct state_binding *b, uint8_t *text, size_t len)
{
	struct record_crypto *r = ctx;

	r->real->seal(r->real->ctx, b, text, len);
	put(r, ASKED_SEAL, text, len + STATE_TAG_SIZE);
}

static bool record_open(void *ctx, const struct state_binding *b, const uint8_t *text, size_t len,
			uint8_t *to)
{
	struct record_crypto *r = ctx;
	bool ok = r->real->open(r->real->ctx, b, text, len, to);
	uint8_t result[RESULT_MAX] = { ok };

	if (ok)
		memcpy(result + 1, to, len - STATE_TAG_SIZE);
	put(r, ASKED_OPEN, result, ok ? 1 + len - STATE_TAG_SIZE : 1);
	return ok;
}

static void record_sign(void *ctx, const uint8_t *message, size_t len,
			uint8_t ret[static STATE_SIGNATURE_SIZE])
{
	struct record_crypto *r = ctx;

	r->real->sign(r->real->ctx, message, len, ret);
	put(r, ASKED_SIGN, ret, STATE_SIGNATURE_SIZE);
}

static bool record_verify(void *ctx, const uint8_t key[static STATE_KEY_SIZE],
			  const uint8_t *message, size_t len,
			  const uint8_t signature[static STATE_SIGNATURE_SIZE])
{
	struct record_crypto *r = ctx;
	uint8_t ok = r->real->verify(r->real->ctx, key, message, len, signature);

	put(r, ASKED_VERIFY, &ok, sizeof(ok));
	return ok;
}

void record_crypto_init(struct record_crypto *r, const struct state_crypto *real,
			void (*entry)(void *ctx, const uint8_t *data, size_t len), void *ctx)
{
	*r = (struct record_crypto) { .crypto = *real, .real = real, .entry = entry, .ctx = ctx };
	r->crypto.ctx = r;
	r->crypto.seal = record_seal;
	r->crypto.open = record_open;
	r->crypto.sign = record_sign;
	r->crypto.verify = record_verify;
}

/* The next entry, if it answers that question; a bad reader if not. */
static struct rd take(struct replay_crypto *r, enum asked asked)
{
	struct rd look = *r->file, entry = rd_sub(&look, rd_u32(&look));
	uint8_t kind, what;

	r->cut = r->cut || (!r->failed && !rd_ok(&look));
	rd_skip(&entry, 8);
	kind = rd_u8(&entry);
	what = rd_u8(&entry);
	if (r->failed || !rd_ok(&entry) || kind != RECORD_CRYPTO || what != asked) {
		r->failed = true;
		entry.bad = true;
		return entry;
	}
	*r->file = look;
	return entry;
}

/* All of what was recorded, and of that length. */
static void copy(struct replay_crypto *r, struct rd *entry, uint8_t *to, size_t len)
{
	rd_copy(entry, to, len);
	if (!rd_done(entry))
		r->failed = true;
}

static void replay_seal(void *ctx, const struct state_binding *b, uint8_t *text, size_t len)
{
	struct rd entry = take(ctx, ASKED_SEAL);

	(void)b;
	copy(ctx, &entry, text, len + STATE_TAG_SIZE);
}

static bool replay_open(void *ctx, const struct state_binding *b, const uint8_t *text, size_t len,
			uint8_t *to)
{
	struct rd entry = take(ctx, ASKED_OPEN);
	bool ok = rd_u8(&entry);

	(void)b;
	(void)text;
	copy(ctx, &entry, to, ok ? len - STATE_TAG_SIZE : 0);
	return ok;
}

static void replay_sign(void *ctx, const uint8_t *message, size_t len,
			uint8_t ret[static STATE_SIGNATURE_SIZE])
{
	struct rd entry = take(ctx, ASKED_SIGN);

	(void)message;
	(void)len;
	copy(ctx, &entry, ret, STATE_SIGNATURE_SIZE);
}

static bool replay_verify(void *ctx, const uint8_t key[static STATE_KEY_SIZE],
			  const uint8_t *message, size_t len,
			  const uint8_t signature[static STATE_SIGNATURE_SIZE])
{
	struct rd entry = take(ctx, ASKED_VERIFY);
	uint8_t ok = 0;

	(void)key;
	(void)message;
	(void)len;
	(void)signature;
	copy(ctx, &entry, &ok, sizeof(ok));
	return ok;
}

void replay_crypto_init(struct replay_crypto *r, const uint8_t key[static STATE_KEY_SIZE],
			bool sealed, struct rd *file)
{
	*r = (struct replay_crypto) { .crypto = { .ctx = r,
						  .sealed = sealed,
						  .seal = replay_seal,
						  .open = replay_open,
						  .sign = replay_sign,
						  .verify = replay_verify },
				      .file = file };
	memcpy(r->crypto.public_key, key, STATE_KEY_SIZE);
}
