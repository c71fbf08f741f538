/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rpc/shared_state_own.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/text.h"
#include "node/view.h"
#include "node/wish.h"
#include "rpc/value.h"

#define KNOWN_MAX 4096
#define LOOK_PAUSE (20 * USEC_S)

/* A node that we speak for, by one of what it is known by. */
struct known {
	char key[SS_AUTHOR_MAX + 1]; /* its name; or 1 and its id, or 2 and its MAC in the cloud */
	char name[CLOUD_HOSTNAME_MAX + 1];
};

enum known_by { BY_NAME, BY_ID, BY_MAC };

/* All of what one refresh needs. */
struct saying {
	struct ss_own *own;
	const struct ss_view *view;
	struct ss_store *stores;
	usec_t now;
	const char *self; /* our name */
};

static void known_key(char key[static SS_AUTHOR_MAX + 1], enum known_by by, const void *what,
		      size_t len)
{
	size_t at = by == BY_NAME ? 0 : 1;

	memset(key, 0, SS_AUTHOR_MAX + 1);
	key[0] = (char)by;
	memcpy(key + at, what, len < SS_AUTHOR_MAX - at ? len : SS_AUTHOR_MAX - at);
}

static const char *known_find(const struct ss_own *o, enum known_by by, const void *what,
			      size_t len)
{
	char key[SS_AUTHOR_MAX + 1];
	const struct known *k;

	known_key(key, by, what, len);
	k = table_find(&o->known, key);
	return k ? k->name : NULL;
}

static void known_add(struct ss_own *o, enum known_by by, const void *what, size_t len,
		      const char *name)
{
	char key[SS_AUTHOR_MAX + 1];
	struct known *k;

	known_key(key, by, what, len);
	if (table_find(&o->known, key))
		return;
	k = table_add(&o->known, key);
	if (k)
		text_copy(k->name, sizeof(k->name), name);
}

int ss_own_init(struct ss_own *o, struct hash_key key)
{
	o->left_out = 0;
	o->look_at = 0;
	return table_init(&o->known, sizeof(struct known), SS_AUTHOR_MAX + 1, KNOWN_MAX, key);
}

void ss_own_done(struct ss_own *o)
{
	table_done(&o->known);
}

bool ss_own_has_name(const struct ss_own *o, const char *author)
{
	return known_find(o, BY_NAME, author, strlen(author)) != NULL;
}

static bool is_shared(const struct saying *s, enum ss_kind kind)
{
	return s->stores[kind].type;
}

/* Steals data. */
static void say(struct saying *s, enum ss_kind kind, const char *key, const char *author,
		json_t *data)
{
	if (!is_shared(s, kind))
		json_decref(data);
	else if (!ss_store_own_put(&s->stores[kind], key, author, data, s->now))
		s->own->left_out++;
}

/* Text of theirs, which is never null. */
static json_t *text_json(const char *text)
{
	return text[0] ? value_text(text) : json_string("");
}

/* ---- the cloud ---- */

static void members_learn(struct saying *s)
{
	struct node_member m;
	struct known *k;

	for (uint32_t i = 0; (k = table_next(&s->own->known, &i));)
		table_remove(&s->own->known, k);
	known_add(s->own, BY_NAME, s->self, strlen(s->self), s->self);
	for (uint32_t i = 0; node_member_next(s->view->node, &i, &m);) {
		if (!m.name[0])
			continue;
		known_add(s->own, BY_NAME, m.name, strlen(m.name), m.name);
		known_add(s->own, BY_ID, m.id, sizeof(m.id), m.name);
		known_add(s->own, BY_MAC, m.cloud_mac.b, sizeof(m.cloud_mac.b), m.name);
	}
}

static void say_lease(struct saying *s, const struct ip4 *ip4, const struct mac *mac,
		      const char *name, const char *author)
{
	char key[IP4_TEXT];

	if (ip4_is_zero(ip4))
		return;
	say(s, SS_LEASES, ip4_text(ip4, key), author,
	    json_pack("{so so}", "mac", value_mac(mac), "hostname", text_json(name)));
}

static void say_leases(struct saying *s)
{
	struct lease_view v;

	for (uint32_t i = 0; lease_next(node_lease(s->view->node), &i, s->now, &v);) {
		const struct lease_client *c = &v.client;
		const char *author = known_find(s->own, BY_ID, c->node.b, sizeof(c->node.b));

		if (!(c->flags & LEASE_DECLINED))
			say_lease(s, &c->ip4, &c->mac, c->name, author ? author : s->self);
	}
}

/* Also while their clients are not here: theirs give them to nobody else so. */
static void say_statics(struct saying *s)
{
	struct lease_static_view v;

	for (uint32_t i = 0; lease_static_next(node_lease(s->view->node), &i, s->now, &v);)
		if (v.state == LEASE_STATIC_FREE && mac_is_station(&v.mac))
			say_lease(s, &v.fixed.ip4, &v.mac, v.fixed.name, s->self);
}

/* As theirs: what is neither letter nor digit becomes _. */
static void say_bat_host(struct saying *s, const struct mac *mac, const char *name, const char *dev)
{
	char key[MAC_TEXT], host[CLOUD_HOSTNAME_MAX + NODE_IFNAME + 2];
	struct text t = text_init(host, sizeof(host));

	text_add(&t, "%s_%s", name, dev);
	for (char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	if (mac_is_station(mac))
		say(s, SS_BAT_HOSTS, mac_text(mac, key), name, json_string(host));
}

static void say_bat_hosts(struct saying *s)
{
	const struct node *n = s->view->node;
	struct batman_orig o;
	struct mac mac;
	int index;

	for (uint32_t i = 0; batman_orig_next(node_batman(n), &i, &o);) {
		const char *name =
			o.trama ? known_find(s->own, BY_MAC, o.cloud_mac.b, sizeof(o.cloud_mac.b))
				: NULL;

		if (name)
			say_bat_host(s, &o.mac, name, NODE_CLOUD);
	}
	for (uint16_t i = 0; i < NODE_PORTS; i++) {
		const char *dev = node_port_name(n, i), *mesh = node_port_mesh_dev(n, i);

		if (dev[0] && s->view->device(s->view->ctx, dev, &index, &mac))
			say_bat_host(s, &mac, s->self, dev);
		if (mesh[0] && s->view->device(s->view->ctx, mesh, &index, &mac))
			say_bat_host(s, &mac, s->self, mesh);
	}
}

static json_t *uptime(bool self)
{
	struct timespec t;

	if (!self || clock_gettime(CLOCK_BOOTTIME, &t))
		return json_null();
	return json_integer((json_int_t)t.tv_sec);
}

/* Where it stands nobody has told us; "no board" is what theirs say then. */
static void say_node(struct saying *s, const struct node_member *m)
{
	json_t *macs = json_array();

	json_array_append_new(macs, value_mac(&m->cloud_mac));
	say(s, SS_NODE_INFO, m->name, m->name,
	    json_pack("{ss ss ss so so s{} so so ss}", "hostname", m->name, "firmware_version",
		      m->self ? "trama " TRAMA_VERSION : "trama", "board", "no board", "ipv4",
		      value_ip4(&m->ip4), "ipv6", value_ip6(&m->ip6), "coordinates", "macs", macs,
		      "uptime", uptime(m->self), "device", "Router"));
}

/* Each with its MAC, and its address in place of a lease: theirs keep their clients off it so. */
static void say_members(struct saying *s)
{
	struct node_member m;

	for (uint32_t i = 0; node_member_next(s->view->node, &i, &m);) {
		if (!m.name[0])
			continue;
		say_node(s, &m);
		say_lease(s, &m.ip4, &m.cloud_mac, m.name, m.name);
		say_bat_host(s, &m.cloud_mac, m.name, NODE_BRIDGE);
	}
}

/* IPv4 and IPv6 of each name, as lines of /etc/hosts. */
static void say_hosts(struct saying *s)
{
	struct node_name n;

	for (uint32_t i = 0; is_shared(s, SS_HOSTS) && node_name_next(s->view->node, &i, &n);) {
		char ip[IP6_TEXT], line[IP6_TEXT + sizeof(n.name) + 1];
		struct text t = text_init(line, sizeof(line));

		if (strpbrk(n.name, " #"))
			continue; /* several names, or none */
		if (!ip4_is_zero(&n.ip4)) {
			text_add(&t, "%s %s", ip4_text(&n.ip4, ip), n.name);
			say(s, SS_HOSTS, line, s->self, json_true());
		}
		t = text_init(line, sizeof(line));
		if (!ip6_is_zero(&n.ip6)) {
			text_add(&t, "%s %s", ip6_text(&n.ip6, ip), n.name);
			say(s, SS_HOSTS, line, s->self, json_true());
		}
	}
}

/* ---- links ---- */

/* Steals link. Its key: the two ends without their colons, the lower one first. */
static void link_add(json_t *links, const char *a, const char *b, json_t *link)
{
	char ends[2][IP6_TEXT], key[2 * IP6_TEXT];
	const char *const from[2] = { a, b };
	bool swap;

	for (int i = 0; i < 2; i++) {
		char *to = ends[i];

		for (const char *c = from[i]; *c; c++)
			if (*c != ':')
				*to++ = *c;
		*to = '\0';
	}
	swap = strcmp(ends[0], ends[1]) > 0;
	text_copy(key, sizeof(key), ends[swap]);
	text_copy(key + strlen(key), sizeof(key) - strlen(key), ends[!swap]);
	json_object_set_new(links, key, link);
}

/* Steals links. */
static void say_links(struct saying *s, enum ss_kind kind, json_t *links)
{
	say(s, kind, s->self, s->self, json_pack("{s{} so}", "src_loc", "links", links));
}

static json_t *bat_links(struct saying *s)
{
	const struct node *n = s->view->node;
	char src_text[MAC_TEXT], dst_text[MAC_TEXT];
	json_t *links = json_object();
	struct batman_path p;
	struct mac src;
	int index;

	for (uint32_t i = 0; batman_neighbour_next(node_batman(n), &i, &p);) {
		const char *dev = node_port_mesh_dev(n, p.port);

		if (!dev[0] || !s->view->device(s->view->ctx, dev, &index, &src))
			continue;
		mac_text(&src, src_text);
		mac_text(&p.neighbour, dst_text);
		link_add(links, src_text, dst_text,
			 json_pack("{ss ss ss sI so}", "src_mac", src_text, "dst_mac", dst_text,
				   "iface", dev, "tq", (json_int_t)p.tq, "last_seen_msecs",
				   value_ago_ms(p.last_seen, s->now)));
	}
	return links;
}

static json_t *babel_links(struct saying *s)
{
	const struct node *n = s->view->node;
	char src_text[IP6_TEXT], dst_text[IP6_TEXT];
	json_t *links = json_object();
	struct event_neighbour e;
	struct mac mac;
	struct ip6 src;
	int index;

	for (uint32_t i = 0; s->view->neighbour_next(s->view->ctx, &i, &e);) {
		const char *dev = node_port_babel_dev(n, e.port);

		if (!dev[0] || !s->view->device(s->view->ctx, dev, &index, &mac))
			continue;
		src = ip6_link_local(&mac);
		ip6_text(&src, src_text);
		ip6_text(&e.address, dst_text);
		link_add(links, src_text, dst_text,
			 json_pack("{ss ss ss}", "src_ip", src_text, "dst_ip", dst_text, "iface",
				   dev));
	}
	return links;
}

/* How well it is heard nobody has told us. */
static void wifi_link_add(struct saying *s, json_t *links, const char *dev, const struct mac *dst)
{
	char src_text[MAC_TEXT], dst_text[MAC_TEXT];
	struct mac src;
	int index;

	if (!dev[0] || !s->view->device(s->view->ctx, dev, &index, &src))
		return;
	mac_text(&src, src_text);
	mac_text(dst, dst_text);
	link_add(links, src_text, dst_text,
		 json_pack("{ss ss ss}", "src_mac", src_text, "dst_mac", dst_text, "iface", dev));
}

static bool is_wifi(const struct node *n, uint16_t port)
{
	enum port_kind kind = node_port_kind(n, port);

	return kind == PORT_KIND_WIFI_AP || kind == PORT_KIND_WIFI_MESH;
}

/* Stations that are associated here, and nodes that are heard by radio. */
static json_t *wifi_links(struct saying *s)
{
	const struct node *n = s->view->node;
	json_t *links = json_object();
	struct node_station station;
	struct batman_path p;

	for (uint32_t i = 0; node_station_next(n, &i, &station);)
		if (station.associated && is_wifi(n, station.port))
			wifi_link_add(s, links, node_port_name(n, station.port), &station.mac);
	for (uint32_t i = 0; batman_neighbour_next(node_batman(n), &i, &p);)
		if (is_wifi(n, (uint16_t)p.port))
			wifi_link_add(s, links, node_port_mesh_dev(n, (uint16_t)p.port),
				      &p.neighbour);
	return links;
}

static void say_all_links(struct saying *s)
{
	if (is_shared(s, SS_BAT_LINKS))
		say_links(s, SS_BAT_LINKS, bat_links(s));
	if (is_shared(s, SS_BABEL_LINKS))
		say_links(s, SS_BABEL_LINKS, babel_links(s));
	if (is_shared(s, SS_WIFI_LINKS))
		say_links(s, SS_WIFI_LINKS, wifi_links(s));
}

void ss_own_refresh(struct ss_own *o, const struct ss_view *view,
		    struct ss_store stores[static SS_KINDS], usec_t now)
{
	struct saying s = { o, view, stores, now, node_cloud(view->node)->hostname };

	for (unsigned int i = 0; i < SS_KINDS; i++)
		ss_store_own_begin(&stores[i]);
	members_learn(&s);
	say_members(&s);
	say_leases(&s);
	say_statics(&s);
	say_hosts(&s);
	if (is_shared(&s, SS_BAT_HOSTS))
		say_bat_hosts(&s);
	say_all_links(&s);
	for (unsigned int i = 0; i < SS_KINDS; i++)
		ss_store_own_end(&stores[i]);
}

uint64_t ss_own_look(struct ss_own *o, const struct ss_view *view,
		     struct ss_store stores[static SS_KINDS], usec_t now)
{
	uint64_t left_out;

	if (now < o->look_at)
		return 0;
	ss_own_refresh(o, view, stores, now);
	o->look_at = now + LOOK_PAUSE;
	left_out = o->left_out;
	o->left_out = 0;
	return left_out;
}

/* ---- what others say ---- */

bool ss_own_has_others(const struct node *n)
{
	struct batman_orig o;

	for (uint32_t i = 0; batman_orig_next(node_batman(n), &i, &o);)
		if (o.reachable && !o.trama)
			return true;
	return false;
}

static void lease_import(struct ss_hearing *h, const struct ss_entry *e)
{
	const char *mac = json_string_value(json_object_get(e->data, "mac"));
	const char *name = json_string_value(json_object_get(e->data, "hostname"));
	uint32_t life_s = h->store->type->life_s;
	struct event event = { .kind = EVENT_IMPORT };
	struct event_import *i = &event.import;

	i->source = h->source;
	if (ip4_parse(e->key, &i->ip4) || (e->data && (!mac || mac_parse(mac, &i->mac))))
		return;
	if (e->data) /* else it has ended */
		i->ttl_s = e->ttl_s < life_s ? (uint32_t)e->ttl_s : life_s;
	if (name && strcmp(name, "*") != 0)
		text_copy(i->name, sizeof(i->name), name);
	h->import(h->ctx, &event);
}

void ss_hear(void *hearing, const struct ss_entry *e)
{
	struct ss_hearing *h = hearing;
	bool own_name = ss_own_has_name(h->own, e->author);
	enum ss_verdict v = ss_store_merge(h->store, e, own_name, h->now);

	switch (v) {
	case SS_TAKEN:
		h->taken++;
		break;
	case SS_OURS:
	case SS_OWN_NAME:
		/* what we said comes back all the time */
		h->ours += v == SS_OWN_NAME || !own_name;
		break;
	case SS_FULL:
		h->full++;
		break;
	case SS_OLDER:
	case SS_DEAD:
		break;
	}
	if (!own_name && (v == SS_TAKEN || v == SS_OURS) && h->store->type->leases)
		lease_import(h, e);
}
