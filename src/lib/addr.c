/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"

bool mac_eq(const struct mac *a, const struct mac *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

int mac_cmp(const struct mac *a, const struct mac *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

bool mac_is_zero(const struct mac *m)
{
	return mac_u64(m) == 0;
}

bool mac_is_multicast(const struct mac *m)
{
	return m->b[0] & 1;
}

bool mac_is_station(const struct mac *m)
{
	return !mac_is_multicast(m) && !mac_is_zero(m);
}

uint64_t mac_u64(const struct mac *m)
{
	uint64_t v = 0;

	for (size_t i = 0; i < sizeof(m->b); i++)
		v = v << 8 | m->b[i];
	return v;
}

int mac_parse(const char *text, struct mac *ret)
{
	char sep = 0;
	struct mac m;

	for (size_t i = 0; i < sizeof(m.b); i++) {
		int high, low;

		if (i == 1) {
			sep = *text;
			if (sep != ':' && sep != '-')
				return -EINVAL;
		}
		if (i > 0 && *text++ != sep)
			return -EINVAL;
		high = text_hex(text[0]);
		low = high < 0 ? -1 : text_hex(text[1]);
		if (low < 0)
			return -EINVAL;
		m.b[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return -EINVAL;
	*ret = m;
	return 0;
}

const char *mac_text(const struct mac *m, char buf[static MAC_TEXT])
{
	snprintf(buf, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0], m->b[1], m->b[2], m->b[3],
		 m->b[4], m->b[5]);
	return buf;
}

bool ip4_eq(const struct ip4 *a, const struct ip4 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool ip4_is_zero(const struct ip4 *a)
{
	return ip4_u32(a) == 0;
}

uint32_t ip4_u32(const struct ip4 *a)
{
	return (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 | (uint32_t)a->b[2] << 8 | a->b[3];
}

struct ip4 ip4_from_u32(uint32_t v)
{
	return (struct ip4) { { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
				(uint8_t)v } };
}

int ip4_parse(const char *text, struct ip4 *ret)
{
	struct ip4 a;

	if (inet_pton(AF_INET, text, a.b) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
}

const char *ip4_text(const struct ip4 *a, char buf[static IP4_TEXT])
{
	snprintf(buf, IP4_TEXT, "%u.%u.%u.%u", a->b[0], a->b[1], a->b[2], a->b[3]);
	return buf;
}

bool ip6_eq(const struct ip6 *a, const struct ip6 *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool ip6_is_zero(const struct ip6 *a)
{
	static const struct ip6 zero;

	return ip6_eq(a, &zero);
}

bool ip6_is_link_local(const struct ip6 *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

bool ip6_is_multicast(const struct ip6 *a)
{
	return a->b[0] == 0xff;
}

struct ip6 ip6_link_local(const struct mac *m)
{
	const uint8_t *b = m->b;

	return (struct ip6) { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, b[0] ^ 2, b[1], b[2], 0xff, 0xfe,
				b[3], b[4], b[5] } };
}

int ip6_parse(const char *text, struct ip6 *ret)
{
	struct ip6 a;

	if (inet_pton(AF_INET6, text, a.b) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
}

static unsigned int ip6_group(const struct ip6 *a, unsigned int i)
{
	return (unsigned int)a->b[2 * i] << 8 | a->b[2 * i + 1];
}

/* The first of the longest runs of at least two zero groups, among the first `groups`. */
static unsigned int ip6_zero_run(const struct ip6 *a, unsigned int groups, unsigned int *ret_at)
{
	unsigned int best = 1, run = 0;

	*ret_at = groups;
	for (unsigned int i = 0; i < groups; i++) {
		run = ip6_group(a, i) ? 0 : run + 1;
		if (run > best) {
			best = run;
			*ret_at = i + 1 - run;
		}
	}
	return best > 1 ? best : 0;
}

/* Not inet_ntop: that prints ::46:2895 as ::0.70.40.149. Only mapped addresses are mixed. */
const char *ip6_text(const struct ip6 *a, char buf[static IP6_TEXT])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool mixed = memcmp(a->b, mapped, sizeof(mapped)) == 0;
	unsigned int groups = mixed ? 6 : 8, at, run = ip6_zero_run(a, groups, &at);
	struct text t = text_init(buf, IP6_TEXT);

	for (unsigned int i = 0; i < groups; i++) {
		if (i == at) {
			text_add(&t, i + run == groups ? "::" : ":");
			i += run - 1;
			continue;
		}
		text_add(&t, i ? ":%x" : "%x", ip6_group(a, i));
	}
	if (mixed)
		text_add(&t, ":%u.%u.%u.%u", a->b[12], a->b[13], a->b[14], a->b[15]);
	return buf;
}

static uint32_t net4_mask(uint8_t len)
{
	return len ? UINT32_MAX << (32 - len) : 0;
}

static uint8_t net6_mask(uint8_t len, size_t byte)
{
	size_t bits = len > 8 * byte ? len - 8 * byte : 0;

	return bits >= 8 ? 0xff : (uint8_t)(0xff00U >> bits);
}

bool net4_has(const struct net4 *n, const struct ip4 *a)
{
	return ((ip4_u32(&n->addr) ^ ip4_u32(a)) & net4_mask(n->len)) == 0;
}

bool net6_has(const struct net6 *n, const struct ip6 *a)
{
	for (size_t i = 0; i < sizeof(a->b); i++)
		if ((n->addr.b[i] ^ a->b[i]) & net6_mask(n->len, i))
			return false;
	return true;
}

bool net4_overlaps(const struct net4 *a, const struct net4 *b)
{
	return a->len < b->len ? net4_has(a, &b->addr) : net4_has(b, &a->addr);
}

struct net4 net4_base(const struct net4 *n)
{
	return (struct net4) { ip4_from_u32(ip4_u32(&n->addr) & net4_mask(n->len)), n->len };
}

struct net6 net6_base(const struct net6 *n)
{
	struct net6 base = *n;

	for (size_t i = 0; i < sizeof(base.addr.b); i++)
		base.addr.b[i] &= net6_mask(n->len, i);
	return base;
}

/* Splits ADDRESS/LENGTH; the address goes into `addr`. */
static int net_split(const char *text, char addr[static NET_TEXT], long long max, uint8_t *ret_len)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : 0;
	long long len;

	if (!slash || n >= NET_TEXT || text_number(slash + 1, 0, max, &len) < 0)
		return -EINVAL;
	memcpy(addr, text, n);
	addr[n] = 0;
	*ret_len = (uint8_t)len;
	return 0;
}

int net4_parse(const char *text, struct net4 *ret)
{
	char addr[NET_TEXT];
	struct net4 n;

	if (net_split(text, addr, 32, &n.len) < 0 || ip4_parse(addr, &n.addr) < 0)
		return -EINVAL;
	*ret = n;
	return 0;
}

int net6_parse(const char *text, struct net6 *ret)
{
	char addr[NET_TEXT];
	struct net6 n;

	if (net_split(text, addr, 128, &n.len) < 0 || ip6_parse(addr, &n.addr) < 0)
		return -EINVAL;
	*ret = n;
	return 0;
}

const char *net4_text(const struct net4 *n, char buf[static NET_TEXT])
{
	char addr[IP4_TEXT];

	snprintf(buf, NET_TEXT, "%s/%u", ip4_text(&n->addr, addr), n->len);
	return buf;
}

const char *net6_text(const struct net6 *n, char buf[static NET_TEXT])
{
	char addr[IP6_TEXT];

	snprintf(buf, NET_TEXT, "%s/%u", ip6_text(&n->addr, addr), n->len);
	return buf;
}

struct mac rd_mac(struct rd *r)
{
	struct mac m;

	rd_copy(r, m.b, sizeof(m.b));
	return m;
}

struct ip4 rd_ip4(struct rd *r)
{
	struct ip4 a;

	rd_copy(r, a.b, sizeof(a.b));
	return a;
}

struct ip6 rd_ip6(struct rd *r)
{
	struct ip6 a;

	rd_copy(r, a.b, sizeof(a.b));
	return a;
}

void wr_mac(struct wr *w, const struct mac *m)
{
	wr_bytes(w, m->b, sizeof(m->b));
}

void wr_ip4(struct wr *w, const struct ip4 *a)
{
	wr_bytes(w, a->b, sizeof(a->b));
}

void wr_ip6(struct wr *w, const struct ip6 *a)
{
	wr_bytes(w, a->b, sizeof(a->b));
}
