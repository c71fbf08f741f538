/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/bridges/alfred_values.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "node/view.h"
#include "rpc/value.h"

enum value_type {
	TYPE_VIS = 1,
	TYPE_BAT_HOSTS = 64,
	TYPE_LEASES = 66,
	TYPE_HOSTS = 67,
	TYPE_NODEINFO = 158,
};

#define VIS_VERSION 1
#define VIS_CLIENT 255 /* in place of an interface */
#define VIS_MAX 254
#define NODEINFO_MAX 4096

struct scene {
	const struct bridges_setup *setup;
	const struct node *node;
	usec_t now;
};

/* ---- interfaces ---- */

/* In order from *cursor = 0: those that the mesh has, the cloud's first. */
static bool mesh_interface_next(const struct scene *s, uint32_t *cursor, const char **ret_name,
				struct mac *ret_mac)
{
	while (*cursor < 2 * NODE_PORTS) {
		uint32_t i = (*cursor)++;
		uint16_t port = (uint16_t)(i % NODE_PORTS);
		const char *name = i < NODE_PORTS ? node_port_mesh_dev(s->node, port)
						  : node_port_name(s->node, port);
		int index;

		/* without a VLAN they are the same */
		if (i >= NODE_PORTS && !strcmp(name, node_port_mesh_dev(s->node, port)))
			continue;
		*ret_name = name;
		if (name[0] && s->setup->device(s->setup->ctx, name, &index, ret_mac))
			return true;
	}
	return false;
}

static void add_word(struct text *t, const char *word)
{
	for (; *word; word++)
		text_add(t, "%c", isalnum((unsigned char)*word) ? *word : '_');
}

static void bat_host(const struct scene *s, const char *name, const struct mac *mac, struct text *t)
{
	char text[MAC_TEXT];

	text_add(t, "%s ", mac_text(mac, text));
	add_word(t, node_cloud(s->node)->hostname);
	text_add(t, "_");
	add_word(t, name);
	text_add(t, "\n");
}

static void bat_hosts(const struct scene *s, struct text *t)
{
	const char *name = node_wish(s->node)->filter.bridge;
	struct mac mac;
	int index;

	for (uint32_t i = 0; mesh_interface_next(s, &i, &name, &mac);)
		bat_host(s, name, &mac, t);
	name = node_wish(s->node)->filter.bridge;
	if (s->setup->device(s->setup->ctx, name, &index, &mac))
		bat_host(s, name, &mac, t);
}

/* ---- clients ---- */

/* Those with a lease whose node this is; others are told of by theirs. */
static bool own_lease_next(const struct scene *s, uint32_t *cursor, struct lease_view *ret)
{
	const struct lease *l = node_lease(s->node);

	while (lease_next(l, cursor, s->now, ret))
		if (!(ret->client.flags & LEASE_DECLINED) && !ip4_is_zero(&ret->client.ip4) &&
		    lease_node_eq(&ret->client.node, &l->self))
			return true;
	return false;
}

static void lease_line(const struct lease_client *c, struct text *t)
{
	char mac[MAC_TEXT], ip[IP4_TEXT];

	mac_text(&c->mac, mac);
	text_add(t, "%s,id:", mac);
	for (unsigned int i = 0; i < c->id_len; i++)
		text_add(t, "%s%02x", i ? ":" : "", c->id[i]);
	text_add(t, "%s,%s%s%s\n", c->id_len ? "" : mac, ip4_text(&c->ip4, ip),
		 c->name[0] ? "," : "", c->name);
}

static void leases(const struct scene *s, struct text *t)
{
	struct lease_view v;

	for (uint32_t i = 0; own_lease_next(s, &i, &v);)
		lease_line(&v.client, t);
}

static void hosts(const struct scene *s, struct text *t)
{
	const struct cloud *c = node_cloud(s->node);
	char ip4[IP4_TEXT], ip6[IP6_TEXT];
	struct lease_view v;

	text_add(t, "%s\t%s\n%s\t%s\n", ip4_text(&c->node4, ip4), c->hostname,
		 ip6_text(&c->node6, ip6), c->hostname);
	for (uint32_t i = 0; own_lease_next(s, &i, &v);)
		if (v.client.name[0])
			text_add(t, "%s\t%s\n", ip4_text(&v.client.ip4, ip4), v.client.name);
}

/* ---- batadv-vis ---- */

struct vis {
	unsigned int iface_count, entry_count;
	struct mac ifaces[2 * NODE_PORTS];
	const char *names[2 * NODE_PORTS];
};

static unsigned int vis_iface(const struct vis *v, const char *name)
{
	for (unsigned int i = 0; i < v->iface_count; i++)
		if (!strcmp(v->names[i], name))
			return i;
	return VIS_CLIENT;
}

static void vis_entry(struct vis *v, struct wr *w, const struct mac *mac, unsigned int iface,
		      uint8_t tq)
{
	if (v->entry_count == VIS_MAX)
		return;
	v->entry_count++;
	wr_mac(w, mac);
	wr_u8(w, (uint8_t)iface);
	wr_u8(w, tq);
}

static void vis_entries(const struct scene *s, struct vis *v, struct wr *w)
{
	const struct batman *b = node_batman(s->node);
	struct batman_client c;
	struct batman_path p;

	for (uint32_t i = 0; batman_neighbour_next(b, &i, &p);) {
		unsigned int iface = vis_iface(v, node_port_mesh_dev(s->node, p.port));

		if (p.tq && iface != VIS_CLIENT)
			vis_entry(v, w, &p.orig, iface, p.tq);
	}
	for (uint32_t i = 0; batman_local_next(b, &i, &c);)
		if (!(c.vid & BATMAN_VID_TAGGED) && mac_is_station(&c.mac))
			vis_entry(v, w, &c.mac, VIS_CLIENT, 0);
}

/* The first interface stands for the node: the primary one. 0: there is none yet. */
static size_t vis(const struct scene *s, void *buf)
{
	struct wr w = wr_init(buf, ALFRED_VALUE_MAX), head = wr_init(buf, 8);
	struct vis v = { .iface_count = 1 };
	const char *name;
	struct mac mac;

	if (!batman_self(node_batman(s->node), &v.ifaces[0]))
		return 0;
	v.names[0] = node_mesh_dev(s->node, &v.ifaces[0]);
	for (uint32_t i = 0; i < NODE_PORTS && mesh_interface_next(s, &i, &name, &mac);)
		if (i <= NODE_PORTS && vis_iface(&v, name) == VIS_CLIENT) {
			v.names[v.iface_count] = name;
			v.ifaces[v.iface_count++] = mac;
		}
	wr_zero(&w, 8);
	for (unsigned int i = 0; i < v.iface_count; i++)
		wr_mac(&w, &v.ifaces[i]);
	vis_entries(s, &v, &w);
	wr_mac(&head, &v.ifaces[0]);
	wr_u8(&head, (uint8_t)v.iface_count);
	wr_u8(&head, (uint8_t)v.entry_count);
	return wr_len(&w);
}

/* ---- nodeinfo ---- */

/* CRC-32 of IEEE 802.3, reflected. */
static uint32_t crc32(const uint8_t *data, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void add_u32_le(struct wr *w, uint32_t v)
{
	for (int shift = 0; shift < 32; shift += 8)
		wr_u8(w, (uint8_t)(v >> shift));
}

/* RFC 1952 around one stored block of RFC 1951. */
size_t alfred_gzip(const void *data, size_t len, void *ret, size_t cap)
{
	static const uint8_t head[10] = { 0x1f, 0x8b, 8, [9] = 0xff };
	struct wr w = wr_init(ret, cap);

	if (len > UINT16_MAX)
		return 0;
	wr_bytes(&w, head, sizeof(head));
	wr_u8(&w, 1); /* the last block, stored */
	add_u32_le(&w, (uint32_t)len | (uint32_t)(len ^ UINT16_MAX) << 16);
	wr_bytes(&w, data, len);
	add_u32_le(&w, crc32(data, len));
	add_u32_le(&w, (uint32_t)len);
	return wr_len(&w);
}

static json_t *mesh_interfaces(const struct scene *s)
{
	json_t *list = json_array();
	const char *name;
	struct mac mac;

	for (uint32_t i = 0; mesh_interface_next(s, &i, &name, &mac);)
		json_array_append_new(list, value_mac(&mac));
	return json_pack("{s{s{so}}}", "bat0", "interfaces", "other", list);
}

static json_t *nodeinfo_json(const struct scene *s)
{
	const struct cloud *c = node_cloud(s->node);

	return json_pack("{so ss s{so s[oo] so} s{s{ss ss} s{sb ss}}}", "node_id",
			 value_hex(c->primary.b, sizeof(c->primary.b)), "hostname", c->hostname,
			 "network", "mac", value_mac(&c->primary), "addresses",
			 value_ip6(&c->node6), value_ip4(&c->node4), "mesh", mesh_interfaces(s),
			 "software", "firmware", "base", "trama", "release", TRAMA_VERSION,
			 "batman-adv", "enabled", 1, "version", "trama " TRAMA_VERSION);
}

static size_t nodeinfo(const struct scene *s, void *buf)
{
	json_t *o = nodeinfo_json(s);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	size_t len = text ? alfred_gzip(text, strlen(text), buf, NODEINFO_MAX) : 0;

	free(text);
	json_decref(o);
	return len;
}

/* ---- all of them ---- */

static void fill(const struct scene *s, struct alfred *a, enum value_type type, const void *data,
		 size_t len)
{
	struct alfred_block b = { .type = (uint8_t)type,
				  .version = type == TYPE_VIS ? VIS_VERSION : 0,
				  .len = (uint16_t)len,
				  .data = data };

	(void)alfred_fill(a, &b, s->now);
}

static void fill_lines(const struct scene *s, struct alfred *a, enum value_type type,
		       void (*lines)(const struct scene *s, struct text *t), char *buf)
{
	struct text t = text_init(buf, ALFRED_VALUE_MAX);

	lines(s, &t);
	while (t.cut && t.len && buf[t.len - 1] != '\n')
		t.len--;
	fill(s, a, type, buf, t.len);
}

void alfred_values_fill(const struct bridges_setup *setup, struct alfred *a, char *buf, usec_t now)
{
	const struct scene s = { setup, setup->node, now };
	size_t len;

	fill_lines(&s, a, TYPE_BAT_HOSTS, bat_hosts, buf);
	fill_lines(&s, a, TYPE_LEASES, leases, buf);
	fill_lines(&s, a, TYPE_HOSTS, hosts, buf);
	len = nodeinfo(&s, buf);
	if (len)
		fill(&s, a, TYPE_NODEINFO, buf, len);
	len = vis(&s, buf);
	if (len)
		fill(&s, a, TYPE_VIS, buf, len);
}
