/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/admin/admin.h"

#include <string.h>

#include "lib/wire.h"

bool admin_decode(const uint8_t *value, size_t len, struct admin_chain *ret)
{
	struct rd r = rd_init(value, len);

	memset(ret, 0, sizeof(*ret));
	rd_copy(&r, ret->salt, sizeof(ret->salt));
	while (rd_left(&r) && ret->count < ADMIN_LINKS_MAX) {
		struct admin_link *l = &ret->link[ret->count++];

		rd_copy(&r, l->key, sizeof(l->key));
		rd_copy(&r, l->signature, sizeof(l->signature));
	}
	return rd_done(&r) && ret->count > 0;
}

size_t admin_encode(const struct admin_chain *c, uint8_t *ret)
{
	struct wr w = wr_init(ret, ADMIN_VALUE_MAX);

	wr_bytes(&w, c->salt, sizeof(c->salt));
	for (uint32_t i = 0; i < c->count; i++) {
		wr_bytes(&w, c->link[i].key, sizeof(c->link[i].key));
		wr_bytes(&w, c->link[i].signature, sizeof(c->link[i].signature));
	}
	return wr_len(&w);
}

const uint8_t *admin_key(const struct admin_chain *c)
{
	return c->count ? c->link[c->count - 1].key : NULL;
}

void admin_add(struct admin_chain *c, const struct admin_link *next)
{
	if (c->count == ADMIN_LINKS_MAX) {
		c->count--;
		memmove(&c->link[0], &c->link[1], c->count * sizeof(c->link[0]));
	}
	c->link[c->count++] = *next;
}

void admin_link_message(const uint8_t *salt, const uint8_t *before, const uint8_t *key,
			uint8_t ret[static ADMIN_LINK_MESSAGE])
{
	struct wr w = wr_init(ret, ADMIN_LINK_MESSAGE);

	wr_bytes(&w, ADMIN_LINK_PURPOSE, sizeof(ADMIN_LINK_PURPOSE));
	wr_bytes(&w, salt, ADMIN_SALT_SIZE);
	wr_bytes(&w, before ? before : key, ADMIN_KEY_SIZE);
	wr_bytes(&w, key, ADMIN_KEY_SIZE);
}

bool admin_follows(const struct admin_chain *c, const uint8_t *known, admin_verify_fn *verify,
		   void *ctx)
{
	uint32_t at = 0;

	while (known && at < c->count && memcmp(c->link[at].key, known, ADMIN_KEY_SIZE) != 0)
		at++;
	if (at == c->count)
		return false;
	for (uint32_t i = at + 1; i < c->count; i++) {
		uint8_t message[ADMIN_LINK_MESSAGE];

		admin_link_message(c->salt, c->link[i - 1].key, c->link[i].key, message);
		if (!verify(ctx, c->link[i - 1].key, message, sizeof(message),
			    c->link[i].signature))
			return false;
	}
	return true;
}
