/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first byte chooses. Even: a stream of {peer and flags u8, milliseconds u8, length u16,
 * datagram} to one core with two peers; with flag 0x80 the header is put in front, so that the rest
 * is reached. Odd: a file, as a snapshot and as its payload. With 2 there are keys of nodes, and
 * the lowest bit of a signature, as of the admin's, says whether it is right; with 4, too, there is
 * one of the community, and what gets a header is sealed, with flag 0x40 for nobody in particular.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/state/snapshot.h"
#include "core/state/state_msg.h"
#include "sim/stand_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct state_type types[] = {
	{ 1, STATE_CLOUD, STATE_OWNED, true, 1000, 0, STATE_ADMIN_NONE, 0 },
	{ 2, STATE_NETWORK, STATE_OWNED, false, 100, 8, STATE_ADMIN_NONE, 0 },
	{ 3, STATE_CLOUD, STATE_SHARED, true, 1000, 0, STATE_ADMIN_NONE, 0 },
	{ 4, STATE_NETWORK, STATE_SHARED, false, 100, 8, STATE_ADMIN_NONE, 0 },
	{ 5, STATE_NETWORK, STATE_SHARED, true, 100, 8, STATE_ADMIN_ACT, 0 },
	{ 6, STATE_NETWORK, STATE_SHARED, true, 100, 1, STATE_ADMIN_KEY, 0 },
};

struct fuzz {
	struct state *s;
	struct stand_in keys;
	struct state_node id;
	struct outq out;
	uint64_t outbuf[8192];
	usec_t now;
	uint32_t seq;
};

static void check(int ok)
{
	if (!ok)
		abort();
}

static void drain(struct fuzz *f)
{
	struct out o;

	while (outq_pop(&f->out, &o)) {
		struct rd r = rd_init(o.data, o.len);
		struct state_msg_header h;

		if (o.kind != STATE_SEND)
			continue;
		check(o.len <= STATE_DATAGRAM_MAX);
		check(state_msg_read_header(&r, &h) == 0);
		check(h.sealed || state_msg_check(r));
	}
}

static bool verify(void *ctx, const uint8_t *key, const uint8_t *message, size_t len,
		   const uint8_t *signature)
{
	(void)ctx;
	(void)key;
	(void)message;
	(void)len;
	return signature[0] & 1;
}

static bool admin_ok(void *ctx, const struct state_claim *c)
{
	(void)ctx;
	return c->signature[0] & 1;
}

static void start(struct fuzz *f, uint8_t mode)
{
	struct state_conf conf = { .id = { { 1 } },
				   .epoch = 1,
				   .crypto = mode & 2 ? &f->keys.crypto : NULL,
				   .types = types,
				   .n_types = sizeof(types) / sizeof(types[0]),
				   .admin_ok = admin_ok,
				   .records_max = 64,
				   .author_records_max = 20,
				   .authors_max = 8,
				   .peers_max = 3,
				   .value_bytes = 16384 };

	f->now = USEC_S;
	f->seq = 0;
	stand_in_init(&f->keys, 1, (mode & 6) == 6 ? "a key" : "");
	f->keys.crypto.verify = verify;
	if (conf.crypto)
		conf.id = state_node_of_key(f->keys.crypto.public_key);
	f->id = conf.id;
	outq_init(&f->out, f->outbuf, sizeof(f->outbuf));
	f->s = state_new(&conf, rng_init(1), &f->out, f->now);
	check(f->s != NULL);
}

static void tick(struct fuzz *f, usec_t span)
{
	usec_t end = f->now + span;

	while (state_deadline(f->s) <= end) {
		if (state_deadline(f->s) > f->now)
			f->now = state_deadline(f->s);
		state_tick(f->s, f->now);
		check(state_deadline(f->s) > f->now);
		drain(f);
	}
	f->now = end;
}

/* As its peer would seal it. */
static void seal(struct fuzz *f, const struct state_msg_header *h, uint8_t *buf, struct wr *w)
{
	struct state_binding b = { .nonce = { 0 } };
	struct wr context = wr_init(b.context, sizeof(b.context));

	memcpy(b.nonce, buf + 2, STATE_MSG_HEADER - 2);
	wr_bytes(&context, buf, STATE_MSG_HEADER);
	if (h->addressed) {
		wr_bytes(&context, f->id.b, sizeof(f->id.b));
		wr_u32(&context, 1);
	}
	b.len = wr_len(&context);
	f->keys.crypto.seal(&f->keys, &b, buf + STATE_MSG_HEADER, wr_len(w) - STATE_MSG_HEADER);
	wr_reserve(w, STATE_TAG_SIZE);
}

static void datagram(struct fuzz *f, uint8_t flags, const uint8_t *body, size_t len)
{
	bool sealed = f->keys.crypto.sealed;
	size_t size = STATE_MSG_HEADER + len + STATE_TAG_SIZE;
	uint8_t *buf = malloc(size);
	struct wr w = wr_init(buf, size);
	struct state_msg_header h = { .sender = { { 9, flags & 1 } },
				      .epoch = 1,
				      .seq = ++f->seq,
				      .sealed = sealed,
				      .addressed = sealed && !(flags & 0x40) };

	check(buf != NULL);
	if (flags & 0x80)
		state_msg_write_header(&w, &h);
	wr_bytes(&w, body, len);
	if (flags & 0x80 && sealed)
		seal(f, &h, buf, &w);
	state_input(f->s, flags & 1, buf, wr_len(&w), f->now);
	free(buf);
	drain(f);
}

static void fuzz_stream(struct fuzz *f, struct rd r)
{
	for (uint16_t peer = 0; peer < 2; peer++)
		state_peer_add(f->s, peer, NULL, 3, f->now);
	for (uint32_t i = 0; i < 4; i++) {
		struct state_key key = state_key_init((uint8_t)(i + 1), "own", 3);

		(i < 2 ? state_put_owned : state_put_shared)(f->s, &key, "value", i, 0, f->now);
	}
	while (rd_left(&r)) {
		uint8_t flags = rd_u8(&r), ms = rd_u8(&r);
		uint16_t len = rd_u16(&r);

		if (len > rd_left(&r))
			len = (uint16_t)rd_left(&r);
		datagram(f, flags, rd_take(&r, len), len);
		/* the highest values are a long time */
		tick(f, ms < 250 ? ms * USEC_MS : ms * USEC_S);
	}
}

static void fuzz_file(struct fuzz *f, struct rd file)
{
	struct rd payload;

	if (snapshot_open(file.p, rd_left(&file), &payload) == 0)
		state_load(f->s, &payload, f->now);
	state_load(f->s, &file, f->now);
	tick(f, 100 * USEC_S);
}

static void save(struct fuzz *f)
{
	size_t size = state_save_size(f->s);
	uint8_t *buf = malloc(size);
	struct wr w = wr_init(buf, size);

	check(buf != NULL);
	state_save(f->s, &w, f->now);
	check(wr_len(&w) != 0);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd r = rd_init(data, len);
	uint8_t mode = rd_u8(&r);
	struct state_view v;
	struct fuzz f;

	start(&f, mode);
	if (mode & 1)
		fuzz_file(&f, r);
	else
		fuzz_stream(&f, r);
	check(state_count(f.s) <= 64);
	for (uint32_t i = 0; state_next_any(f.s, &i, f.now, &v);)
		check(v.len <= STATE_VALUE_MAX && v.key.len <= STATE_ID_MAX);
	save(&f);
	state_free(f.s);
	return 0;
}
