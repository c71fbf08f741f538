/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections that there may be several of, and what must not be so in them together. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/conf/conf_table.h"
#include "lib/hash.h"
#include "packet/dhcp_options.h"

const struct conf_many conf_many[CONF_MANY] = {
	{ "port", offsetof(struct conf, port), offsetof(struct conf, port_count),
	  sizeof(struct conf_port), CONF_PORT_MAX },
	{ "host", offsetof(struct conf, host), offsetof(struct conf, host_count),
	  sizeof(struct conf_host), CONF_HOST_MAX },
};

const struct conf_many *conf_many_find(const char *type)
{
	for (uint32_t i = 0; i < CONF_MANY; i++)
		if (!strcmp(conf_many[i].type, type))
			return &conf_many[i];
	return NULL;
}

void *conf_many_at(const struct conf_many *m, struct conf *c, uint32_t i)
{
	return (char *)c + m->offset + (size_t)i * m->size;
}

const void *conf_many_of(const struct conf_many *m, const struct conf *c, uint32_t i)
{
	return (const char *)c + m->offset + (size_t)i * m->size;
}

__attribute__((format(printf, 4, 5))) static bool wrong(struct conf_error *e, const char *option,
							const char *value, const char *fmt, ...)
{
	va_list args;

	text_copy(e->option, sizeof(e->option), option);
	text_copy(e->value, sizeof(e->value), value);
	va_start(args, fmt);
	vsnprintf(e->message, sizeof(e->message), fmt, args);
	va_end(args);
	return false;
}

/* ---- ports ---- */

const char *conf_port_device(const struct conf_port *p)
{
	return *p->device ? p->device : p->name;
}

const struct conf_port *conf_port_find(const struct conf *c, const char *device)
{
	for (uint32_t i = 0; i < c->port_count; i++)
		if (!strcmp(conf_port_device(&c->port[i]), device))
			return &c->port[i];
	return NULL;
}

/* What contradicts in a port section, NULL if nothing. */
static const char *port_conflict(const struct conf *c, const struct conf_port *p)
{
	const char *device = conf_port_device(p);
	bool has4 = p->ipaddr.len, has6 = p->ip6addr.len;

	if (!conf_check_device(device))
		return "is no interface name; allowed are at most 15 letters, digits and -._@:";
	for (uint32_t i = 0; i < c->port_count; i++)
		if (&c->port[i] != p && !strcmp(conf_port_device(&c->port[i]), device))
			return "another section is for the same interface";
	if (p->proto == CONF_PROTO_STATIC && !has4 && !has6)
		return "proto 'static' wants option ipaddr or ip6addr";
	if (p->proto == CONF_PROTO_DHCP && (has4 || has6))
		return "ipaddr and ip6addr want option proto 'static'";
	if (p->proto == CONF_PROTO_STATIC &&
	    (p->role == CONF_ROLE_MESH || p->role == CONF_ROLE_CLIENT))
		return "proto 'static' is for an uplink: role auto or uplink";
	if (!ip4_is_zero(&p->gateway) && !net4_has(&p->ipaddr, &p->gateway))
		return "gateway must be in the network of ipaddr";
	return NULL;
}

static bool port_is_right(const struct conf *c, const struct conf_port *p, struct conf_error *e)
{
	const char *conflict = port_conflict(c, p);

	return !conflict || wrong(e, "", conf_port_device(p), "%s", conflict);
}

/* ---- hosts ---- */

static const char *host_word(const struct conf_host *h)
{
	return h->section[0] ? h->section : h->name[0] ? h->name : "without a name";
}

static bool same_client(const struct conf_host *a, const struct conf_host *b)
{
	return a->clientid[0] ? text_same(a->clientid, b->clientid)
			      : !b->clientid[0] && mac_eq(&a->mac, &b->mac);
}

/* Not what another section has already. */
static bool host_is_alone(const struct conf *c, const struct conf_host *h, struct conf_error *e)
{
	char ip[IP4_TEXT], mac[MAC_TEXT];

	for (uint32_t i = 0; i < c->host_count; i++) {
		const struct conf_host *o = &c->host[i];

		if (o == h)
			continue;
		if (same_client(h, o))
			return wrong(e, h->clientid[0] ? "clientid" : "mac",
				     h->clientid[0] ? h->clientid : mac_text(&h->mac, mac),
				     "host '%s' is the same client: make one section of both",
				     host_word(o));
		if (!ip4_is_zero(&h->ip) && ip4_eq(&h->ip, &o->ip))
			return wrong(e, "ip", ip4_text(&h->ip, ip),
				     "host '%s' has the same address: give another one to one of "
				     "them",
				     host_word(o));
		if (h->name[0] && text_same(h->name, o->name))
			return wrong(e, "name", h->name,
				     "host '%s' has the same name: give another one to one of them",
				     host_word(o));
	}
	return true;
}

/* Together they must be what a record of them can carry. */
static bool options_are_right(const struct conf_host *h, struct conf_error *e)
{
	char text[DHCP_OPTIONS_TEXT_MAX] = "";
	struct text t = text_init(text, sizeof(text));
	uint8_t all[CONF_HOST_OPTIONS * sizeof(h->dhcp_option[0].tlv)];
	struct wr w = wr_init(all, sizeof(all));

	for (uint32_t i = 0; i < h->dhcp_option_count; i++) {
		const struct conf_dhcp_option *o = &h->dhcp_option[i];
		struct rd value = rd_init(o->tlv, o->len);
		uint8_t code = rd_u8(&value);

		wr_bytes(&w, o->tlv, o->len);
		if (dhcp_options_sound(all, wr_len(&w)) && wr_len(&w) <= CONF_HOST_OPTIONS_BYTES)
			continue;
		rd_skip(&value, 1);
		dhcp_options_print(code, value, &t);
		if (wr_len(&w) > CONF_HOST_OPTIONS_BYTES)
			return wrong(e, "dhcp_option", text,
				     "allowed: %d bytes of all of a host's together",
				     CONF_HOST_OPTIONS_BYTES);
		return wrong(e, "dhcp_option", text, "that option is there already: leave one out");
	}
	return true;
}

static bool host_is_right(const struct conf *c, const struct conf_host *h, struct conf_error *e)
{
	bool has_mac = !mac_is_zero(&h->mac);

	if (!has_mac && !h->clientid[0])
		return wrong(e, "", host_word(h), "wants option mac, or clientid");
	if (has_mac && h->clientid[0])
		return wrong(e, "clientid", h->clientid,
			     "give a mac or a clientid; for both, two sections");
	return host_is_alone(c, h, e) && options_are_right(h, e);
}

bool conf_many_is_right(const struct conf_many *m, const struct conf *c, uint32_t i,
			struct conf_error *ret_error)
{
	if (m == &conf_many[0])
		return port_is_right(c, &c->port[i], ret_error);
	return host_is_right(c, &c->host[i], ret_error);
}

/* ---- hosts and the network ---- */

/* With that for each byte of a MAC. */
static bool network_with(const struct conf *c, const uint8_t id[static 16], unsigned int mac_byte,
			 struct net4 *ret)
{
	char buf[2 * CONF_TEMPLATE_MAX];
	struct text t = text_init(buf, sizeof(buf));
	unsigned int slashes = 0;

	for (const char *s = c->network.main_ipv4_address; *s && slashes < 2; s++) {
		slashes += *s == '/';
		if (*s == '%') {
			text_add(&t, "%u", s[1] == 'N' ? id[s[2] - '1'] : mac_byte);
			s += 2;
		} else if (slashes < 2) {
			text_add(&t, "%c", *s);
		}
	}
	if (t.cut || net4_parse(buf, ret) < 0)
		return false;
	*ret = net4_base(ret);
	return true;
}

/* The network of the cloud, as LibreMesh derives it; false where the MAC of the node decides, too.
 */
static bool network_find(const struct conf *c, struct net4 *ret)
{
	uint8_t id[16], line[sizeof(c->wifi.ap_ssid) + 1];
	struct wr w = wr_init(line, sizeof(line));
	struct net4 other;

	wr_bytes(&w, c->wifi.ap_ssid, strlen(c->wifi.ap_ssid));
	wr_u8(&w, '\n');
	md5(line, wr_len(&w), id);
	return network_with(c, id, 0, ret) && network_with(c, id, UINT8_MAX, &other) &&
	       ip4_eq(&ret->addr, &other.addr);
}

bool conf_hosts_fit(const struct conf *c, uint32_t *ret_index, struct conf_error *ret_error)
{
	char ip[IP4_TEXT], first[IP4_TEXT], last[IP4_TEXT];
	struct ip4 low, high;
	struct net4 net;
	uint32_t base;

	if (!network_find(c, &net))
		return true;
	base = ip4_u32(&net.addr);
	low = ip4_from_u32(base + 2); /* the first one is everybody's gateway */
	high = ip4_from_u32((base | UINT32_MAX >> net.len) - 1);
	for (uint32_t i = 0; i < c->host_count; i++) {
		const struct ip4 *a = &c->host[i].ip;

		*ret_index = i;
		if (!ip4_is_zero(a) && (ip4_u32(a) < ip4_u32(&low) || ip4_u32(a) > ip4_u32(&high)))
			return wrong(ret_error, "ip", ip4_text(a, ip),
				     "allowed: %s to %s, the addresses of this cloud's clients",
				     ip4_text(&low, first), ip4_text(&high, last));
	}
	return true;
}
