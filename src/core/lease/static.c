/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lease/static.h"

#include <string.h>

#include "packet/dhcp_options.h"

enum {
	MARK_ID = 0xff, /* neither is the first byte of a station's MAC */
	MARK_RANGE = 0xfd,
	RANGE_LEN = 9,
};

static struct lease_key key_of(const struct wr *w, const uint8_t *bytes)
{
	struct lease_key k = { .len = (uint8_t)wr_len(w) };

	memcpy(k.b, bytes, k.len);
	return k;
}

struct lease_key lease_key_mac(const struct mac *mac)
{
	uint8_t bytes[LEASE_KEY_MAX];
	struct wr w = wr_init(bytes, sizeof(bytes));

	wr_mac(&w, mac);
	return key_of(&w, bytes);
}

struct lease_key lease_key_id(const uint8_t *id, size_t len)
{
	uint8_t bytes[LEASE_KEY_MAX];
	struct wr w = wr_init(bytes, sizeof(bytes));

	if (len == 0 || len > LEASE_KEY_ID_MAX)
		return (struct lease_key) { .len = 0 };
	wr_u8(&w, MARK_ID);
	wr_bytes(&w, id, len);
	return key_of(&w, bytes);
}

struct lease_key lease_key_range(const struct lease_range *r)
{
	uint8_t bytes[LEASE_KEY_MAX];
	struct wr w = wr_init(bytes, sizeof(bytes));

	wr_u8(&w, MARK_RANGE);
	wr_ip4(&w, &r->first);
	wr_ip4(&w, &r->last);
	return key_of(&w, bytes);
}

struct mac lease_key_to_mac(const struct lease_key *k)
{
	struct rd r = rd_init(k->b, k->len);

	return rd_mac(&r);
}

struct lease_range lease_key_to_range(const struct lease_key *k)
{
	struct rd r = rd_init(k->b, k->len);
	struct lease_range range;

	rd_skip(&r, 1);
	range.first = rd_ip4(&r);
	range.last = rd_ip4(&r);
	return range;
}

enum lease_key_kind lease_key_kind(const struct lease_key *k)
{
	struct lease_range r;
	struct mac mac;

	if (k->len == sizeof(mac.b)) {
		mac = lease_key_to_mac(k);
		if (mac_is_station(&mac))
			return LEASE_KEY_MAC;
	}
	if (k->b[0] == MARK_ID && k->len > 1 && k->len <= 1 + LEASE_KEY_ID_MAX)
		return LEASE_KEY_ID;
	if (k->b[0] != MARK_RANGE || k->len != RANGE_LEN)
		return LEASE_KEY_BAD;
	r = lease_key_to_range(k);
	return ip4_u32(&r.first) <= ip4_u32(&r.last) ? LEASE_KEY_RANGE : LEASE_KEY_BAD;
}

int lease_key_cmp(const struct lease_key *a, const struct lease_key *b)
{
	int order = memcmp(a->b, b->b, sizeof(a->b));

	return order ? order : (int)a->len - (int)b->len;
}

bool lease_range_has(const struct lease_range *r, const struct ip4 *ip)
{
	return ip4_u32(ip) >= ip4_u32(&r->first) && ip4_u32(ip) <= ip4_u32(&r->last);
}

static bool name_sound(const char name[static LEASE_NAME_MAX])
{
	const char *end = memchr(name, '\0', LEASE_NAME_MAX);
	size_t len = end ? (size_t)(end - name) : LEASE_NAME_MAX;

	return len < LEASE_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len &&
	       (len == 0 || (name[0] != '-' && name[len - 1] != '-'));
}

bool lease_static_sound(const struct lease_static *s)
{
	enum lease_key_kind kind = lease_key_kind(&s->key);
	bool is_plain = ip4_is_zero(&s->ip4) && !s->lease_s && !s->name[0] && !s->options_len;

	if (kind == LEASE_KEY_BAD || (kind == LEASE_KEY_RANGE && !is_plain))
		return false;
	if (s->lease_s && (s->lease_s < LEASE_TIME_MIN_S || s->lease_s > LEASE_TIME_MAX_S))
		return false;
	return name_sound(s->name) && s->options_len <= LEASE_OPTIONS_MAX &&
	       dhcp_options_sound(s->options, s->options_len);
}

bool lease_static_eq(const struct lease_static *a, const struct lease_static *b)
{
	return lease_key_cmp(&a->key, &b->key) == 0 && ip4_eq(&a->ip4, &b->ip4) &&
	       a->lease_s == b->lease_s && strcmp(a->name, b->name) == 0 &&
	       a->options_len == b->options_len &&
	       memcmp(a->options, b->options, a->options_len) == 0;
}
