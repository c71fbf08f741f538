/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/cloud/cloud.h"

#include <errno.h>
#include <string.h>

#include "lib/hash.h"
#include "lib/text.h"

#define BABEL_VLAN 17
#define BATADV_VLAN_MIN 29 /* ids 29 to 284 belong to clouds */
#define BATADV_VLAN_ID 13  /* the first byte of a network id that gives the lowest of them */

/* LibreMesh's id(): `echo "x" | md5sum`, so a newline counts. */
static void id_of(const void *data, size_t len, uint8_t ret[static 16])
{
	uint8_t line[CLOUD_TEMPLATE_MAX];

	if (len > sizeof(line) - 1)
		len = sizeof(line) - 1;
	memcpy(line, data, len);
	line[len] = '\n';
	md5(line, len + 1, ret);
}

/* id() of the MAC's hex digits without colons: %m1..%m6. */
static void mac_id(const struct mac *mac, uint8_t ret[static 16])
{
	char hex[2 * sizeof(mac->b) + 1];
	struct text t = text_init(hex, sizeof(hex));

	for (size_t i = 0; i < sizeof(mac->b); i++)
		text_add(&t, "%02x", mac->b[i]);
	id_of(hex, t.len, ret);
}

struct mac cloud_hardif_mac(const char *ifname, const struct mac *primary)
{
	const uint8_t *p = primary->b;
	uint8_t id[16];

	id_of(ifname, strlen(ifname), id);
	return (struct mac) { { 0x02, id[1], id[2], p[3], p[4], p[5] } };
}

/* The byte that the variable at `at` ("%N1") stands for; false when it is none. */
static bool variable(const struct cloud *c, const char *at, uint8_t *ret)
{
	uint8_t id[16];
	int i;

	if (at[0] != '%' || !at[1] || at[2] < '1' || at[2] > '6')
		return false;
	i = at[2] - '1';
	if (at[1] == 'N') {
		*ret = c->network_id[i];
	} else if (at[1] == 'M') {
		*ret = c->primary.b[i];
	} else if (at[1] == 'm') {
		mac_id(&c->primary, id);
		*ret = id[i];
	} else {
		return false;
	}
	return true;
}

int cloud_expand(const struct cloud *c, const char *from, enum cloud_base base, char *ret,
		 size_t cap)
{
	struct text t = text_init(ret, cap);

	while (*from && !t.cut) {
		uint8_t byte;

		if (variable(c, from, &byte)) {
			text_add(&t, base == CLOUD_HEX ? "%02x" : "%u", byte);
			from += 3;
		} else if (from[0] == '%' && from[1] == 'H') {
			text_add(&t, "%s", c->hostname);
			from += 2;
		} else {
			text_add(&t, "%c", *from++);
		}
	}
	return t.cut ? -ENAMETOOLONG : 0;
}

/* A letter of a host name. */
static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

/* Space becomes '-', other bytes that no name has are dropped, so are '-' at both ends, then it is
 * cut. */
static int derive_hostname(struct cloud *c, const char *from)
{
	char raw[CLOUD_TEMPLATE_MAX], clean[CLOUD_TEMPLATE_MAX];
	size_t len = 0;

	if (cloud_expand(c, from, CLOUD_HEX, raw, sizeof(raw)) < 0)
		return -EINVAL;
	for (const char *p = raw; *p; p++) {
		char ch = *p == ' ' ? '-' : *p;

		if (name_char(ch) && (len || ch != '-'))
			clean[len++] = ch;
	}
	while (len && clean[len - 1] == '-')
		len--;
	if (!len)
		return -EINVAL;
	clean[len] = 0;
	text_copy(c->hostname, sizeof(c->hostname), clean);
	return 0;
}

/* The three bytes of the MAC that tell the nodes of a cloud apart. */
static uint32_t suffix_of(const struct mac *m)
{
	return (uint32_t)m->b[3] << 16 | (uint32_t)m->b[4] << 8 | m->b[5];
}

/*
 * Splits ADDRESS/LENGTH[/HOST LENGTH], in place, into ADDRESS/LENGTH and the length inside which
 * the host part is made: LENGTH unless the third number is given.
 */
static int split_host_len(char *text, long long max, uint8_t *ret_host_len)
{
	char *first = strchr(text, '/'), *second = first ? strchr(first + 1, '/') : NULL;
	long long len;

	if (!first || text_number((second ? second : first) + 1, 0, max, &len) < 0)
		return -EINVAL;
	if (second)
		*second = 0;
	*ret_host_len = (uint8_t)len;
	return 0;
}

static int derive_ipv4(struct cloud *c, const char *from)
{
	char text[CLOUD_TEMPLATE_MAX];
	uint32_t host, net, last;
	struct net4 n, inner;

	if (cloud_expand(c, from, CLOUD_DECIMAL, text, sizeof(text)) < 0 ||
	    split_host_len(text, 32, &inner.len) < 0 || net4_parse(text, &n) < 0)
		return -EINVAL;
	/* a network and a broadcast address, the anycast one, and a node at least */
	if (n.len > 30 || inner.len < n.len)
		return -EINVAL;
	inner.addr = n.addr;
	host = ip4_u32(&n.addr);
	inner = net4_base(&inner);
	if (ip4_eq(&inner.addr, &n.addr) && inner.len < 32)
		host += suffix_of(&c->primary) & (UINT32_MAX >> inner.len);
	c->network4 = net4_base(&n);
	net = ip4_u32(&c->network4.addr);
	last = net | UINT32_MAX >> n.len;
	c->anygw4 = ip4_from_u32(net + 1);
	if (host == net || host == net + 1 || host == last)
		host = last - 1;
	c->node4 = ip4_from_u32(host);
	return 0;
}

static int derive_ipv6(struct cloud *c, const char *from)
{
	char text[CLOUD_TEMPLATE_MAX];
	struct net6 n, inner;

	if (cloud_expand(c, from, CLOUD_HEX, text, sizeof(text)) < 0 ||
	    split_host_len(text, 128, &inner.len) < 0 || net6_parse(text, &n) < 0)
		return -EINVAL;
	/* SLAAC needs 64 bits of host */
	if (n.len > 64 || inner.len < n.len)
		return -EINVAL;
	inner.addr = n.addr;
	inner = net6_base(&inner);
	c->node6 = n.addr;
	if (ip6_eq(&inner.addr, &n.addr)) {
		size_t bits = 128U - inner.len;
		uint32_t suffix = suffix_of(&c->primary);

		if (bits < 24)
			suffix &= (UINT32_C(1) << bits) - 1;
		c->node6.b[13] |= (uint8_t)(suffix >> 16);
		c->node6.b[14] |= (uint8_t)(suffix >> 8);
		c->node6.b[15] |= (uint8_t)suffix;
	}
	c->network6 = net6_base(&n);
	c->anygw6 = c->network6.addr;
	c->anygw6.b[15] |= 1;
	return 0;
}

static int derive_anygw_mac(struct cloud *c, const char *from)
{
	char text[CLOUD_TEMPLATE_MAX];

	if (cloud_expand(c, from, CLOUD_HEX, text, sizeof(text)) < 0 ||
	    mac_parse(text, &c->anygw_mac) < 0 || !mac_is_station(&c->anygw_mac))
		return -EINVAL;
	return 0;
}

static bool vlan_usable(int vlan)
{
	return vlan >= CLOUD_VLAN_DERIVED && vlan <= 4094;
}

/* Derives all and returns NULL, or the name of the first field that cannot be used. */
static const char *derive(const struct cloud_conf *conf, const struct mac *mac, struct cloud *c)
{
	*c = (struct cloud) { .has_node = mac != NULL };
	if (conf->ssid_len < 1 || conf->ssid_len > CLOUD_SSID_MAX)
		return "ssid";
	if (!vlan_usable(conf->batadv_vlan))
		return "batadv_vlan";
	if (!vlan_usable(conf->babel_vlan))
		return "babel_vlan";
	if (mac)
		c->primary = *mac;
	id_of(conf->ssid, conf->ssid_len, c->network_id);
	c->babel_vlan = conf->babel_vlan < 0 ? BABEL_VLAN : (uint16_t)conf->babel_vlan;
	c->batadv_vlan = (uint16_t)conf->batadv_vlan;
	/* Lua's modulo is floored: ids below 13 wrap to the top; unsigned bytes do just that */
	if (conf->batadv_vlan < 0)
		c->batadv_vlan = BATADV_VLAN_MIN + (uint8_t)(c->network_id[0] - BATADV_VLAN_ID);
	if (derive_ipv4(c, conf->ipv4 ? conf->ipv4 : "10.%N1.0.0/16") < 0)
		return "ipv4";
	if (derive_ipv6(c, conf->ipv6 ? conf->ipv6 : "fd%N1:%N2%N3:%N4%N5::/64") < 0)
		return "ipv6";
	if (derive_anygw_mac(c, conf->anygw_mac ? conf->anygw_mac : "aa:aa:aa:%N1:%N2:aa") < 0)
		return "anygw_mac";
	if (derive_hostname(c, conf->hostname ? conf->hostname : "LiMe-%M4%M5%M6") < 0)
		return "hostname";
	return NULL;
}

bool cloud_vlan_id_byte(uint16_t batadv_vlan, uint8_t *ret)
{
	if (batadv_vlan < BATADV_VLAN_MIN || batadv_vlan - BATADV_VLAN_MIN > UINT8_MAX)
		return false;
	*ret = (uint8_t)(batadv_vlan - BATADV_VLAN_MIN + BATADV_VLAN_ID);
	return true;
}

struct cloud_conf cloud_conf_init(const void *ssid, size_t len)
{
	struct cloud_conf conf = { .ssid_len = len,
				   .batadv_vlan = CLOUD_VLAN_DERIVED,
				   .babel_vlan = CLOUD_VLAN_DERIVED };

	memcpy(conf.ssid, ssid, len < sizeof(conf.ssid) ? len : sizeof(conf.ssid));
	return conf;
}

const char *cloud_conf_check(const struct cloud_conf *conf, const struct mac *mac)
{
	struct cloud c;

	return derive(conf, mac, &c);
}

int cloud_derive(const struct cloud_conf *conf, const struct mac *mac, struct cloud *ret)
{
	struct cloud c;

	if (derive(conf, mac, &c))
		return -EINVAL;
	if (!mac) {
		c.node4 = (struct ip4) { 0 };
		c.node6 = (struct ip6) { 0 };
		c.hostname[0] = 0;
	}
	*ret = c;
	return 0;
}

struct ip4 cloud_ip4_behind(const struct cloud *c, const struct ip4 *ip)
{
	uint32_t net = ip4_u32(&c->network4.addr), last = net | UINT32_MAX >> c->network4.len;
	uint32_t next = ip4_u32(ip) + 1;

	/* the first one is everybody's gateway, the last one a broadcast address */
	return ip4_from_u32(next >= last || next <= net + 1 ? net + 2 : next);
}

struct ip6 cloud_ip6_behind(const struct ip6 *ip)
{
	struct ip6 next = *ip;

	next.b[12]++;
	return next;
}
