/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values: text to the field of the struct, and back. Both directions of a type stand together. */
#include "core/conf/conf_table.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "packet/dhcp_options.h"

/* Enums of the table are stored through an unsigned. */
static_assert(sizeof(enum conf_role) == sizeof(unsigned), "enums are words");

void *conf_value_at(const struct conf_option *o, void *base, uint32_t i)
{
	return (char *)base + o->offset + (size_t)i * o->size;
}

const void *conf_value_of(const struct conf_option *o, const void *base, uint32_t i)
{
	return (const char *)base + o->offset + (size_t)i * o->size;
}

void conf_value_clear_tail(const struct conf_option *o, void *base)
{
	uint32_t count;

	memcpy(&count, (char *)base + o->count_offset, sizeof(count));
	memset(conf_value_at(o, base, count), 0, (size_t)(o->limit - count) * o->size);
}

static int parse_bool(const char *text, bool *to)
{
	static const char *const words[] = { "0",  "1",	    "no",   "yes",	"off",
					     "on", "false", "true", "disabled", "enabled" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i])) {
			*to = i % 2;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(const struct conf_option *o, const char *text, int32_t *to)
{
	long long v;

	if (text_number(text, o->or_zero ? 0 : o->min, o->max, &v) < 0 ||
	    (o->or_zero && v && v < o->min))
		return -EINVAL;
	*to = (int32_t)v;
	return 0;
}

static int parse_word(const struct conf_option *o, const char *text, void *to)
{
	for (unsigned i = 0; o->words[i]; i++) {
		if (!strcmp(text, o->words[i])) {
			memcpy(to, &i, sizeof(i));
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_text(const struct conf_option *o, const char *text, char *to)
{
	size_t len = strlen(text);

	if (len >= o->size || (int64_t)len < o->min || !o->check(text))
		return -EINVAL;
	memset(to, 0, o->size);
	memcpy(to, text, len);
	return 0;
}

static int parse_addr(const char *text, struct conf_addr *to)
{
	struct conf_addr a = { 0 };

	if (!ip4_parse(text, &a.ip4))
		a.family = 4;
	else if (!ip6_parse(text, &a.ip6))
		a.family = 6;
	else
		return -EINVAL;
	*to = a;
	return 0;
}

int conf_range_parse(const char *text, struct conf_range *to)
{
	const char *dash = strchr(text, '-');
	struct conf_range r;
	struct net4 n;
	char first[IP4_TEXT];

	if (!net4_parse(text, &n)) {
		uint32_t hosts = n.len ? (uint32_t)((1ULL << (32 - n.len)) - 1) : UINT32_MAX;

		r.first = net4_base(&n).addr;
		r.last = ip4_from_u32(ip4_u32(&r.first) | hosts);
		*to = r;
		return 0;
	}
	if (!dash) {
		if (ip4_parse(text, &r.first) < 0)
			return -EINVAL;
		r.last = r.first;
		*to = r;
		return 0;
	}
	if ((size_t)(dash - text) >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = 0;
	if (ip4_parse(first, &r.first) < 0 || ip4_parse(dash + 1, &r.last) < 0 ||
	    ip4_u32(&r.first) > ip4_u32(&r.last))
		return -EINVAL;
	*to = r;
	return 0;
}

/* NETWORK/LENGTH ROUTER */
static int parse_route(const char *text, struct conf_route *to)
{
	const char *space = strchr(text, ' ');
	struct conf_route r;
	char net[NET_TEXT];

	if (!space || (size_t)(space - text) >= sizeof(net))
		return -EINVAL;
	memcpy(net, text, (size_t)(space - text));
	net[space - text] = 0;
	if (net4_parse(net, &r.to) < 0 || ip4_parse(space + 1, &r.via) < 0)
		return -EINVAL;
	r.to = net4_base(&r.to);
	*to = r;
	return 0;
}

static int parse_mac(const char *text, struct mac *to)
{
	struct mac m;

	if (mac_parse(text, &m) < 0 || !mac_is_station(&m))
		return -EINVAL;
	*to = m;
	return 0;
}

int conf_time_parse(const char *text, int32_t min, int32_t max, int32_t *to)
{
	static const char units[] = "smhd";
	static const int32_t seconds[] = { 1, 60, 3600, 86400 };
	size_t len = strlen(text);
	const char *unit = len ? strchr(units, text[len - 1]) : NULL;
	char digits[16];
	long long v;

	len -= unit != NULL;
	if (len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = 0;
	if (text_number(digits, 1, max, &v) < 0)
		return -EINVAL;
	v *= unit ? seconds[unit - units] : 1;
	if (v < min || v > max)
		return -EINVAL;
	*to = (int32_t)v;
	return 0;
}

static int parse_option(const char *text, struct conf_dhcp_option *to)
{
	struct conf_dhcp_option o = { 0 };
	struct wr w = wr_init(o.tlv, sizeof(o.tlv));

	if (dhcp_options_parse(text, &w) < 0 || wr_len(&w) == 0)
		return -EINVAL;
	o.len = (uint8_t)wr_len(&w);
	*to = o;
	return 0;
}

/* An absent address or network is all zero and, as text, empty. */
static int parse_zero(const struct conf_option *o, void *to)
{
	memset(to, 0, o->size);
	return 0;
}

int conf_value_parse(const struct conf_option *o, const char *text, void *to)
{
	switch (o->type) {
	case CONF_BOOL:
		return parse_bool(text, to);
	case CONF_NUMBER:
		return parse_number(o, text, to);
	case CONF_WORD:
		return parse_word(o, text, to);
	case CONF_TEXT:
		return parse_text(o, text, to);
	case CONF_ADDR:
		return parse_addr(text, to);
	case CONF_RANGE:
		return conf_range_parse(text, to);
	case CONF_ROUTE:
		return parse_route(text, to);
	case CONF_IP4:
		return *text ? ip4_parse(text, to) : parse_zero(o, to);
	case CONF_IP6:
		return *text ? ip6_parse(text, to) : parse_zero(o, to);
	case CONF_NET4:
		return *text ? net4_parse(text, to) : parse_zero(o, to);
	case CONF_NET6:
		return *text ? net6_parse(text, to) : parse_zero(o, to);
	case CONF_MAC:
		return *text ? parse_mac(text, to) : parse_zero(o, to);
	case CONF_TIME:
		return *text ? conf_time_parse(text, (int32_t)o->min, (int32_t)o->max, to)
			     : parse_zero(o, to);
	case CONF_OPTION:
		return parse_option(text, to);
	}
	return -EINVAL; /* there is no other type */
}

static void print_addr(const struct conf_addr *a, struct text *t)
{
	char buf[IP6_TEXT];

	text_add(t, "%s", a->family == 4 ? ip4_text(&a->ip4, buf) : ip6_text(&a->ip6, buf));
}

void conf_range_print(const struct conf_range *r, struct text *t)
{
	char buf[IP4_TEXT];

	text_add(t, "%s", ip4_text(&r->first, buf));
	if (!ip4_eq(&r->first, &r->last))
		text_add(t, "-%s", ip4_text(&r->last, buf));
}

static void print_route(const struct conf_route *r, struct text *t)
{
	char net[NET_TEXT], via[IP4_TEXT];

	text_add(t, "%s %s", net4_text(&r->to, net), ip4_text(&r->via, via));
}

static void print_net4(const struct net4 *n, struct text *t)
{
	char buf[NET_TEXT];

	text_add(t, "%s", n->len || !ip4_is_zero(&n->addr) ? net4_text(n, buf) : "");
}

static void print_net6(const struct net6 *n, struct text *t)
{
	char buf[NET_TEXT];

	text_add(t, "%s", n->len || !ip6_is_zero(&n->addr) ? net6_text(n, buf) : "");
}

static void print_word(const struct conf_option *o, const void *from, struct text *t)
{
	unsigned v;

	memcpy(&v, from, sizeof(v));
	text_add(t, "%s", o->words[v]);
}

static void print_mac(const struct mac *m, struct text *t)
{
	char buf[MAC_TEXT];

	text_add(t, "%s", mac_is_zero(m) ? "" : mac_text(m, buf));
}

static void print_time(const int32_t *seconds, struct text *t)
{
	if (*seconds)
		text_add(t, "%d", (int)*seconds);
}

static void print_option(const struct conf_dhcp_option *o, struct text *t)
{
	struct rd r = rd_init(o->tlv, o->len), value;
	uint8_t code;

	if (rd_tlv8(&r, &code, &value))
		dhcp_options_print(code, value, t);
}

void conf_value_print(const struct conf_option *o, const void *from, struct text *t)
{
	char buf[IP6_TEXT];

	switch (o->type) {
	case CONF_BOOL:
		text_add(t, "%d", *(const bool *)from);
		break;
	case CONF_NUMBER:
		text_add(t, "%d", *(const int32_t *)from);
		break;
	case CONF_WORD:
		print_word(o, from, t);
		break;
	case CONF_TEXT:
		text_add(t, "%s", (const char *)from);
		break;
	case CONF_ADDR:
		print_addr(from, t);
		break;
	case CONF_RANGE:
		conf_range_print(from, t);
		break;
	case CONF_ROUTE:
		print_route(from, t);
		break;
	case CONF_IP4:
		text_add(t, "%s", ip4_is_zero(from) ? "" : ip4_text(from, buf));
		break;
	case CONF_IP6:
		text_add(t, "%s", ip6_is_zero(from) ? "" : ip6_text(from, buf));
		break;
	case CONF_NET4:
		print_net4(from, t);
		break;
	case CONF_NET6:
		print_net6(from, t);
		break;
	case CONF_MAC:
		print_mac(from, t);
		break;
	case CONF_TIME:
		print_time(from, t);
		break;
	case CONF_OPTION:
		print_option(from, t);
		break;
	}
}

void conf_value_default(const struct conf_option *o, void *base)
{
	uint32_t count = 0;
	const char *at = o->def;
	char item[CONF_VALUE_MAX];

	if (!o->limit) {
		/* "" need not be allowed in a file where the field starts out absent */
		if (*o->def)
			conf_value_parse(o, o->def, conf_value_at(o, base, 0));
		return;
	}
	while (*at) {
		size_t len = strcspn(at, "\n");

		assert(count < o->limit);
		memcpy(item, at, len);
		item[len] = 0;
		conf_value_parse(o, item, conf_value_at(o, base, count++));
		at += len + (at[len] != 0);
	}
	memcpy((char *)base + o->count_offset, &count, sizeof(count));
}

void conf_value_wants(const struct conf_option *o, struct text *t)
{
	switch (o->type) {
	case CONF_BOOL:
		text_add(t, "1 or 0, yes or no, on or off, true or false");
		break;
	case CONF_NUMBER:
		text_add(t, "%sa number from %lld to %lld", o->or_zero ? "0 or " : "",
			 (long long)o->min, (long long)o->max);
		break;
	case CONF_WORD:
		text_add(t, "one of");
		for (unsigned i = 0; o->words[i]; i++)
			text_add(t, " %s", o->words[i]);
		break;
	case CONF_TEXT:
		text_add(t, "%s", o->wants);
		break;
	case CONF_ADDR:
		text_add(t, "an IPv4 or IPv6 address");
		break;
	case CONF_RANGE:
		text_add(t, "an IPv4 address, FIRST-LAST, or NETWORK/LENGTH");
		break;
	case CONF_ROUTE:
		text_add(t, "NETWORK/LENGTH ROUTER");
		break;
	case CONF_IP4:
		text_add(t, "an IPv4 address");
		break;
	case CONF_IP6:
		text_add(t, "an IPv6 address");
		break;
	case CONF_NET4:
		text_add(t, "an IPv4 ADDRESS/LENGTH");
		break;
	case CONF_NET6:
		text_add(t, "an IPv6 ADDRESS/LENGTH");
		break;
	case CONF_MAC:
		text_add(t, "a MAC address");
		break;
	case CONF_TIME:
		text_add(t, "seconds from %lld to %lld, or as 90m, 12h, 7d", (long long)o->min,
			 (long long)o->max);
		break;
	case CONF_OPTION:
		text_add(t, "NAME,VALUE with a name of ");
		dhcp_options_names(t);
		break;
	}
}
