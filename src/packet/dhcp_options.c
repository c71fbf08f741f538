/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet/dhcp_options.h"

#include <errno.h>
#include <string.h>

#include "lib/addr.h"
#include "packet/dhcp.h"

enum { ADDRESSES_MAX = 4 };

enum type {
	ADDRESSES, /* one to four */
	NUMBER,	   /* of two bytes */
	TEXT,	   /* printable, without blanks */
};

struct kind {
	uint8_t code;
	const char *name; /* as dnsmasq has it */
	enum type type;
	uint16_t min, max; /* NUMBER */
};

/* What says where the client is, how long its lease lasts and how it is called is not here. */
static const struct kind kinds[] = {
	{ DHCP_OPT_ROUTER, "router", ADDRESSES, 0, 0 },
	{ DHCP_OPT_TIME, "time-server", ADDRESSES, 0, 0 },
	{ DHCP_OPT_DNS, "dns-server", ADDRESSES, 0, 0 },
	{ DHCP_OPT_LOG, "log-server", ADDRESSES, 0, 0 },
	{ DHCP_OPT_DOMAIN, "domain-name", TEXT, 0, 0 },
	{ DHCP_OPT_MTU, "mtu", NUMBER, 576, 1500 },
	{ DHCP_OPT_NTP, "ntp-server", ADDRESSES, 0, 0 },
	{ DHCP_OPT_TFTP, "tftp-server", TEXT, 0, 0 },
	{ DHCP_OPT_BOOTFILE, "bootfile-name", TEXT, 0, 0 },
	{ DHCP_OPT_CAPTIVE, "captive-portal", TEXT, 0, 0 },
	{ DHCP_OPT_TFTP_ADDRESS, "tftp-server-address", ADDRESSES, 0, 0 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *kind_of(uint8_t code)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].code == code)
			return &kinds[i];
	return NULL;
}

static const struct kind *kind_named(const char *word)
{
	long long code;

	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, word) == 0)
			return &kinds[i];
	return text_number(word, 1, 254, &code) == 0 ? kind_of((uint8_t)code) : NULL;
}

/* Up to the next comma, which is taken too. False: it does not fit. */
static bool word_take(const char **text, char *ret, size_t cap)
{
	size_t len = strcspn(*text, ",");

	if (len >= cap)
		return false;
	memcpy(ret, *text, len);
	ret[len] = '\0';
	*text += len + ((*text)[len] == ',');
	return true;
}

static bool addresses_parse(const char *text, struct wr *w)
{
	char word[IP4_TEXT];
	struct ip4 ip;

	for (size_t i = 0; i == 0 || *text; i++) {
		if (i == ADDRESSES_MAX || !word_take(&text, word, sizeof(word)) ||
		    ip4_parse(word, &ip) < 0 || ip4_is_zero(&ip))
			return false;
		wr_ip4(w, &ip);
	}
	return true;
}

static bool text_is_plain(struct rd r)
{
	while (rd_left(&r) > 0) {
		uint8_t c = rd_u8(&r);

		if (c <= ' ' || c > '~')
			return false;
	}
	return true;
}

static bool value_parse(const struct kind *k, const char *text, struct wr *w)
{
	size_t len = strlen(text);
	long long number;

	switch (k->type) {
	case ADDRESSES:
		return text[len - 1] != ',' && addresses_parse(text, w);
	case NUMBER:
		if (text_number(text, k->min, k->max, &number) < 0)
			return false;
		wr_u16(w, (uint16_t)number);
		return true;
	case TEXT:
		wr_bytes(w, text, len);
		return len <= DHCP_OPTIONS_VALUE_MAX && text_is_plain(rd_init(text, len));
	}
	return false;
}

int dhcp_options_parse(const char *text, struct wr *w)
{
	static const char prefix[] = "option:";
	uint8_t one[2 + DHCP_OPTIONS_VALUE_MAX];
	struct wr o = wr_init(one, sizeof(one));
	const struct kind *k;
	char name[32];
	size_t mark;

	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	k = word_take(&text, name, sizeof(name)) ? kind_named(name) : NULL;
	if (!k)
		return -EINVAL;
	mark = wr_tlv8_begin(&o, k->code);
	if (*text && !value_parse(k, text, &o))
		return -EINVAL;
	wr_tlv8_end(&o, mark);
	if (wr_len(&o) == 0)
		return -EINVAL;
	wr_bytes(w, one, wr_len(&o));
	return 0;
}

static bool value_sound(const struct kind *k, struct rd value)
{
	size_t len = rd_left(&value);
	struct ip4 ip;
	uint16_t number;

	if (len == 0)
		return true;
	switch (k->type) {
	case ADDRESSES:
		for (size_t i = 0; i < len / sizeof(ip.b); i++) {
			ip = rd_ip4(&value);
			if (ip4_is_zero(&ip))
				return false;
		}
		return len % sizeof(ip.b) == 0 && len / sizeof(ip.b) <= ADDRESSES_MAX;
	case NUMBER:
		number = rd_u16(&value);
		return rd_done(&value) && number >= k->min && number <= k->max;
	case TEXT:
		return len <= DHCP_OPTIONS_VALUE_MAX && text_is_plain(value);
	}
	return false;
}

bool dhcp_options_sound(const void *options, size_t len)
{
	struct rd r = rd_init(options, len), value;
	uint32_t seen[8] = { 0 };
	uint8_t code;

	while (rd_tlv8(&r, &code, &value)) {
		const struct kind *k = kind_of(code);

		if (!k || seen[code / 32] >> code % 32 & 1 || !value_sound(k, value))
			return false;
		seen[code / 32] |= 1u << code % 32;
	}
	return rd_done(&r);
}

bool dhcp_options_find(const void *options, size_t len, uint8_t code, struct rd *ret_value)
{
	struct rd r = rd_init(options, len);
	uint8_t at;

	while (rd_tlv8(&r, &at, ret_value))
		if (at == code)
			return true;
	return false;
}

void dhcp_options_print(uint8_t code, struct rd value, struct text *t)
{
	const struct kind *k = kind_of(code);
	size_t len = rd_left(&value);
	char buf[IP4_TEXT];
	struct ip4 ip;

	if (!k)
		return;
	text_add(t, "%s", k->name);
	if (len == 0)
		return;
	switch (k->type) {
	case ADDRESSES:
		while (rd_left(&value) >= sizeof(ip.b)) {
			ip = rd_ip4(&value);
			text_add(t, ",%s", ip4_text(&ip, buf));
		}
		break;
	case NUMBER:
		text_add(t, ",%u", (unsigned int)rd_u16(&value));
		break;
	case TEXT:
		text_add(t, ",%.*s", (int)len, (const char *)rd_take(&value, len));
		break;
	}
}

void dhcp_options_names(struct text *t)
{
	for (size_t i = 0; i < KINDS; i++)
		text_add(t, "%s%s", i > 0 ? ", " : "", kinds[i].name);
}
