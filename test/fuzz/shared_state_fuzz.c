/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a peer of LibreMesh's shared state sends: a byte that says how (client or server, pieces),
 * then the bytes of its side. What is a whole message goes through the decoder into a store, and
 * what the store makes of it is a state that the decoder reads again without loss.
 */
#include <stdlib.h>
#include <string.h>

#include "plat/linux/bridges/shared_state_msg.h"

#define NOW (1000 * USEC_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct counts {
	struct ss_store *store;
	unsigned int entries;
};

static void merge(void *arg, const struct ss_entry *e)
{
	struct counts *c = arg;

	if (!e->key[0] || strlen(e->key) > SS_KEY_MAX || strlen(e->author) > SS_AUTHOR_MAX)
		abort();
	(void)ss_store_merge(c->store, e, e->author[0] == 'u', NOW);
}

static void count(void *arg, const struct ss_entry *e)
{
	struct counts *c = arg;

	if (e->ttl_s <= 0 || e->ttl_s > c->store->type->life_s)
		abort(); /* it outlives what the type allows */
	c->entries++;
}

static void state(const uint8_t *text, size_t len)
{
	static const struct ss_type type = { .name = "bat-hosts", .life_s = 2431 };
	struct ss_store store;
	struct counts c = { &store, 0 };
	struct ss_slice out;
	unsigned int bad;

	if (ss_store_init(&store, &type, (struct hash_key) { 1, 2 }))
		abort();
	(void)ss_store_own_put(&store, "ours", "us", json_true(), NOW);
	(void)ss_decode((const char *)text, len, merge, &c, &bad);
	if (ss_encode(&store, NOW, &out))
		abort();
	if (ss_decode(out.text, out.len, count, &c, &bad) || bad ||
	    c.entries + out.left_out != store.items.count)
		abort();
	ss_slice_done(&out);
	ss_store_done(&store);
}

static void write_all(struct ss_session *s)
{
	size_t len;

	while (ss_session_write(s, &len))
		(void)ss_session_written(s, len > 1 ? len / 2 : len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ss_session s;
	size_t at = 1, piece;
	int r = SS_NOTHING;

	if (size < 1)
		return 0;
	piece = data[0] >> 1 ? data[0] >> 1 : SIZE_MAX;
	if (data[0] & 1) {
		if (ss_session_client(&s, "bat-hosts", "{}", 2))
			abort();
	} else {
		ss_session_server(&s);
	}
	while (at < size && r >= 0 && r != SS_END) {
		uint8_t *to;
		size_t n;

		write_all(&s);
		n = ss_session_room(&s, &to);
		n = n < piece ? n : piece;
		n = n < size - at ? n : size - at;
		if (!n)
			break;
		memcpy(to, data + at, n);
		at += n;
		r = ss_session_read(&s, n);
		if (r != SS_MESSAGE)
			continue;
		state(s.in, s.in_len);
		if (!s.client && ss_session_answer(&s, "{}", 2))
			abort();
	}
	ss_session_done(&s);
	return 0;
}
