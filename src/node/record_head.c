/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/record_head.h"

#include <errno.h>
#include <string.h>

static const char magic[4] = { 'T', 'R', 'M', 'R' };

enum keys { KEYS_NONE, KEYS_OWN, KEYS_COMMUNITY };

void record_head_keys(struct record_head *h, const struct state_crypto *crypto)
{
	h->has_key = crypto;
	if (!crypto)
		return;
	h->sealed = crypto->sealed;
	memcpy(h->public_key, crypto->public_key, sizeof(h->public_key));
}

static void put_settings(struct wr *w, const struct settings *s)
{
	size_t mark = wr_mark(w);
	struct wr file;

	wr_u16(w, 0);
	file = wr_init(w->p, wr_left(w));
	(void)wr_reserve(w, settings_encode(s, file.start, wr_left(&file)));
	wr_patch_u16(w, mark, (uint16_t)(wr_mark(w) - mark - 2));
}

void record_head_encode(struct wr *w, const struct record_head *h)
{
	wr_bytes(w, magic, sizeof(magic));
	wr_u8(w, RECORD_VERSION);
	wr_mac(w, &h->setup.primary_mac);
	wr_bytes(w, h->setup.primary_name, sizeof(h->setup.primary_name));
	wr_u32(w, h->setup.boot_epoch);
	wr_u64(w, h->setup.seed);
	wr_u64(w, h->setup.hash_key[0]);
	wr_u64(w, h->setup.hash_key[1]);
	wr_u64(w, (uint64_t)h->start);
	wr_u8(w, !h->has_key ? KEYS_NONE : h->sealed ? KEYS_COMMUNITY : KEYS_OWN);
	if (h->has_key)
		wr_bytes(w, h->public_key, sizeof(h->public_key));
	put_settings(w, &h->setup.settings);
	wr_u32(w, (uint32_t)h->conf_len);
	wr_bytes(w, h->conf, h->conf_len);
}

int record_head_decode(struct rd *r, struct record_head *ret)
{
	char got[sizeof(magic)] = { 0 };
	struct rd file;
	uint8_t keys;

	memset(ret, 0, sizeof(*ret));
	rd_copy(r, got, sizeof(got));
	if (memcmp(got, magic, sizeof(magic)) != 0)
		return -EBADMSG;
	if (rd_u8(r) != RECORD_VERSION)
		return -EPROTONOSUPPORT;
	ret->setup.primary_mac = rd_mac(r);
	rd_copy(r, ret->setup.primary_name, sizeof(ret->setup.primary_name));
	ret->setup.primary_name[sizeof(ret->setup.primary_name) - 1] = '\0';
	ret->setup.boot_epoch = rd_u32(r);
	ret->setup.seed = rd_u64(r);
	ret->setup.hash_key[0] = rd_u64(r);
	ret->setup.hash_key[1] = rd_u64(r);
	ret->start = (usec_t)(rd_u64(r) & INT64_MAX);
	keys = rd_u8(r);
	ret->has_key = keys != KEYS_NONE;
	ret->sealed = keys == KEYS_COMMUNITY;
	if (ret->has_key)
		rd_copy(r, ret->public_key, sizeof(ret->public_key));
	file = rd_sub(r, rd_u16(r));
	if (rd_left(&file) && settings_decode(file.p, rd_left(&file), &ret->setup.settings))
		return -EBADMSG;
	ret->conf_len = rd_u32(r);
	if (ret->conf_len > RECORD_CONF_MAX || keys > KEYS_COMMUNITY)
		return -EBADMSG;
	ret->conf = (const char *)rd_take(r, ret->conf_len);
	return rd_ok(r) ? 0 : -EBADMSG;
}

void record_end_encode(struct wr *w, const struct record_hash *h, usec_t now)
{
	char hash[17];

	wr_u64(w, (uint64_t)now);
	wr_u8(w, RECORD_END);
	wr_u64(w, h->count);
	wr_bytes(w, record_hash_text(h, hash), 16);
}

bool record_end_decode(struct rd *r, uint64_t *ret_count, char ret_hash[static 17])
{
	struct rd look = *r;

	rd_skip(&look, 8);
	if (rd_u8(&look) != RECORD_END)
		return false;
	*ret_count = rd_u64(&look);
	rd_copy(&look, ret_hash, 16);
	ret_hash[16] = '\0';
	if (!rd_done(&look))
		return false;
	*r = look;
	return true;
}
