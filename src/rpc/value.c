/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/value.h"

#include <string.h>

#include "lib/text.h"

json_t *value_mac(const struct mac *m)
{
	char buf[MAC_TEXT];

	return mac_is_zero(m) ? json_null() : json_string(mac_text(m, buf));
}

json_t *value_ip4(const struct ip4 *a)
{
	char buf[IP4_TEXT];

	return ip4_is_zero(a) ? json_null() : json_string(ip4_text(a, buf));
}

json_t *value_ip6(const struct ip6 *a)
{
	char buf[IP6_TEXT];

	return ip6_is_zero(a) ? json_null() : json_string(ip6_text(a, buf));
}

json_t *value_addr(const struct ip6 *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ip4 ip;

	if (memcmp(a->b, mapped, sizeof(mapped)))
		return value_ip6(a);
	memcpy(ip.b, a->b + sizeof(mapped), sizeof(ip.b));
	return value_ip4(&ip);
}

json_t *value_net4(const struct net4 *n)
{
	char buf[NET_TEXT];

	return json_string(net4_text(n, buf));
}

json_t *value_net6(const struct net6 *n)
{
	char buf[NET_TEXT];

	return json_string(net6_text(n, buf));
}

json_t *value_text(const char *s)
{
	return value_bytes(s, strlen(s));
}

json_t *value_bytes(const void *data, size_t len)
{
	const unsigned char *s = data;
	char buf[1024];
	struct text t = text_init(buf, sizeof(buf));
	json_t *v;

	if (len == 0)
		return json_null();
	v = json_stringn(data, len);
	if (v)
		return v;
	for (size_t i = 0; i < len; i++)
		text_add(&t, s[i] >= 0x20 && s[i] < 0x7f ? "%c" : "\\x%02x", s[i]);
	return json_string(buf);
}

json_t *value_hex(const uint8_t *data, size_t len)
{
	char buf[2 * VALUE_HEX_MAX + 1];
	struct text t = text_init(buf, sizeof(buf));

	for (size_t i = 0; i < len; i++)
		text_add(&t, "%02x", data[i]);
	return json_string(buf);
}

json_t *value_ago_ms(usec_t then, usec_t now)
{
	return json_integer(now > then ? (now - then) / USEC_MS : 0);
}

json_t *value_ago_s(usec_t then, usec_t now)
{
	return json_integer(now > then ? (now - then) / USEC_S : 0);
}
