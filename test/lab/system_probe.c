/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives src/plat/linux/kernel/system.h for system_test. Reads lines, answers each with one line of
 * JSON:
 *
 *   wish                         a new, empty one
 *   link|addr|route|rule|fdb|sysctl|filter|uplink|babel KEY=VALUE...   one more entry of the wish
 *   apply                        {"result":0,"changes":3,"errors":""}
 *   read MS                      {"events":[...]} until nothing has come for MS
 *   stale | remove | forget MAC | answer IP MAC
 */
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plat/linux/kernel/system.h"

static struct wish wish;

struct line {
	char *pairs[32];
	size_t count;
};

static const char *get(const struct line *l, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < l->count; i++) {
		if (!strncmp(l->pairs[i], key, len) && l->pairs[i][len] == '=')
			return l->pairs[i] + len + 1;
	}
	return "";
}

static long number(const struct line *l, const char *key)
{
	return strtol(get(l, key), NULL, 0);
}

static void name(const struct line *l, const char *key, char *ret)
{
	text_copy(ret, NODE_IFNAME, get(l, key));
}

static void add_link(const struct line *l)
{
	static const char *const kinds[] = { "bridge", "veth", "vlan", "existing" };
	struct wish_link *w = &wish.links[wish.link_count++];

	for (int i = 0; i < 4; i++) {
		if (!strcmp(get(l, "kind"), kinds[i]))
			w->kind = (enum wish_link_kind)i;
	}
	name(l, "name", w->name);
	name(l, "peer", w->peer);
	name(l, "parent", w->parent);
	name(l, "master", w->master);
	w->vid = (uint16_t)number(l, "vid");
	w->vlan_proto = (uint16_t)number(l, "proto");
	w->mtu = (uint32_t)number(l, "mtu");
	mac_parse(get(l, "mac"), &w->mac);
	w->up = true;
	w->no_learning = number(l, "no_learning");
	w->no_unicast_flood = number(l, "no_unicast_flood");
	w->no_offload = number(l, "no_offload");
	w->no_ipv6 = number(l, "no_ipv6");
	w->has_neigh_app_solicit = number(l, "app_solicit");
}

static void add_addr(const struct line *l)
{
	struct wish_addr *a = &wish.addrs[wish.addr_count++];

	name(l, "dev", a->dev);
	a->v6 = strchr(get(l, "ip"), ':') != NULL;
	net4_parse(get(l, "ip"), &a->ip4);
	net6_parse(get(l, "ip"), &a->ip6);
	a->nodad = number(l, "nodad");
	a->noprefixroute = number(l, "noprefixroute");
}

static void add_route(const struct line *l)
{
	struct wish_route *r = &wish.routes[wish.route_count++];

	r->type = number(l, "unreachable") ? WISH_ROUTE_UNREACHABLE : WISH_ROUTE_UNICAST;
	r->v6 = strchr(get(l, "to"), ':') != NULL;
	net4_parse(get(l, "to"), &r->to4);
	net6_parse(get(l, "to"), &r->to6);
	net6_parse(get(l, "from"), &r->from6);
	ip4_parse(get(l, "via"), &r->via4);
	ip6_parse(get(l, "via"), &r->via6);
	r->table = (uint32_t)number(l, "table");
	r->metric = (uint32_t)number(l, "metric");
	r->onlink = number(l, "onlink");
	name(l, "dev", r->dev);
}

static void add_rule(const struct line *l)
{
	struct wish_rule *r = &wish.rules[wish.rule_count++];

	r->v6 = number(l, "v6");
	r->priority = (uint32_t)number(l, "priority");
	r->table = (uint32_t)number(l, "table");
	net4_parse(get(l, "from"), &r->from4);
	net6_parse(get(l, "from"), &r->from6);
	r->suppress_prefixlength = *get(l, "suppress") ? (int)number(l, "suppress") : -1;
	name(l, "iif", r->iif);
}

static void add_fdb(const struct line *l)
{
	struct wish_fdb *f = &wish.fdb[wish.fdb_count++];

	name(l, "dev", f->dev);
	mac_parse(get(l, "mac"), &f->mac);
}

static void add_sysctl(const struct line *l)
{
	struct wish_sysctl *s = &wish.sysctls[wish.sysctl_count++];

	text_copy(s->path, sizeof(s->path), get(l, "path"));
	s->value = (int)number(l, "value");
}

static void add_filter(const struct line *l)
{
	struct wish_filter *f = &wish.filter;

	mac_parse(get(l, "mac"), &f->anycast_mac);
	ip4_parse(get(l, "ip4"), &f->anycast4);
	ip6_parse(get(l, "ip6"), &f->anycast6);
	f->anycast_link_local = ip6_link_local(&f->anycast_mac);
	net4_parse(get(l, "cloud4"), &f->cloud4);
	net6_parse(get(l, "cloud6"), &f->cloud6);
	f->batman_vid = (uint16_t)number(l, "batman_vid");
	f->babel_vid = 17;
	f->batman_proto = f->babel_proto = (uint16_t)number(l, "proto");
	text_copy(f->bridge, NODE_IFNAME, "br0");
	text_copy(f->cloud, NODE_IFNAME, "bat0");
	text_copy(f->anycast, NODE_IFNAME, "anygw");
	text_copy(f->anycast_port, NODE_IFNAME, "anygwp");
}

static void add_uplink(const struct line *l)
{
	struct wish_uplink *u = &wish.filter.uplinks[wish.filter.uplink_count++];

	name(l, "dev", u->dev);
	net4_parse(get(l, "net"), &u->network4);
	u->masquerade4 = true;
	u->masquerade6 = number(l, "nat66");
	u->allow_private = number(l, "private");
}

static void add_babel(const struct line *l)
{
	name(l, "dev", wish.babel[wish.babel_count++].dev);
}

static const struct {
	const char *word;
	void (*add)(const struct line *l);
} entries[] = {
	{ "link", add_link },	  { "addr", add_addr },	    { "route", add_route },
	{ "rule", add_rule },	  { "fdb", add_fdb },	    { "sysctl", add_sysctl },
	{ "filter", add_filter }, { "uplink", add_uplink }, { "babel", add_babel },
};

static json_t *event_json(const struct event *e)
{
	char a[NET_TEXT], b[NET_TEXT], m[MAC_TEXT];

	switch ((int)e->kind) {
	case EVENT_PORT:
		return json_pack("{ss ss si sb sb sb sb ss si si}", "kind", "port", "name",
				 e->port.name, "port", e->port.port, "gone", e->port.gone,
				 "carrier", e->port.carrier, "address", e->port.foreign_address,
				 "default", e->port.foreign_default, "mac",
				 mac_text(&e->port.mac, m), "mtu", (int)e->port.mtu, "type",
				 (int)e->port.kind);
	case EVENT_CLIENT:
		return json_pack("{ss si si si ss}", "kind", "client", "change",
				 (int)e->client.change, "port", e->client.port, "vid",
				 e->client.vid, "mac", mac_text(&e->client.mac, m));
	case EVENT_SOLICIT:
		return json_pack("{ss ss}", "kind", "solicit", "ip",
				 e->solicit.v6 ? ip6_text(&e->solicit.ip6, a)
					       : ip4_text(&e->solicit.ip4, a));
	case EVENT_UPLINK:
		return json_pack("{ss si sb sb ss ss}", "kind", "uplink", "port", e->uplink.port,
				 "gone", e->uplink.gone, "foreign", e->uplink.foreign, "ip4",
				 net4_text(&e->uplink.ip4, a), "router4",
				 ip4_text(&e->uplink.router4, b));
	default:
		return json_pack("{ss}", "kind", "unexpected");
	}
}

static void collect(void *arg, const struct event *e)
{
	json_array_append_new(arg, event_json(e));
}

static json_t *read_events(struct system *s, int quiet_ms)
{
	json_t *list = json_array();
	struct pollfd p = { .fd = system_watch_fd(s), .events = POLLIN };
	int r;

	do {
		r = system_watch_read(s, collect, list);
	} while (r == 0 && poll(&p, 1, quiet_ms) > 0);
	return json_pack("{so si}", "events", list, "result", r);
}

static json_t *apply(struct system *s)
{
	char buf[2000];
	struct text errors = text_init(buf, sizeof(buf));
	int r = system_apply(s, &wish, &errors);

	return json_pack("{si si ss}", "result", r, "changes", (int)system_changes(s), "errors",
			 buf);
}

static json_t *answer(struct system *s, const struct line *l)
{
	struct mac mac;
	struct ip4 ip4;
	struct ip6 ip6;
	int r = -1;

	if (l->count == 3 && mac_parse(l->pairs[2], &mac) == 0) {
		if (ip4_parse(l->pairs[1], &ip4) == 0)
			r = system_answer4(s, &ip4, &mac);
		else if (ip6_parse(l->pairs[1], &ip6) == 0)
			r = system_answer6(s, &ip6, &mac);
	}
	return json_pack("{si}", "result", r);
}

static json_t *stale(struct system *s)
{
	system_look(s);
	return json_pack("{sb}", "stale", system_is_stale(s));
}

static json_t *run(struct system *s, const struct line *l)
{
	const char *word = l->pairs[0];
	struct mac mac;

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		if (!strcmp(word, entries[i].word)) {
			entries[i].add(l);
			return json_object();
		}
	}
	if (!strcmp(word, "wish"))
		memset(&wish, 0, sizeof(wish));
	else if (!strcmp(word, "apply"))
		return apply(s);
	else if (!strcmp(word, "read"))
		return read_events(s, l->count > 1 ? atoi(l->pairs[1]) : 100);
	else if (!strcmp(word, "stale"))
		return stale(s);
	else if (!strcmp(word, "remove"))
		system_remove(s);
	else if (!strcmp(word, "forget") && l->count > 1 && mac_parse(l->pairs[1], &mac) == 0)
		return json_pack("{si}", "result",
				 system_forget_station(s, &(struct effect_forget) { .mac = mac }));
	else if (!strcmp(word, "answer"))
		return answer(s, l);
	else
		return json_pack("{ss}", "error", word);
	return json_object();
}

int main(int argc, char **argv)
{
	struct system_setup setup = { .run_dir = argc > 1 ? argv[1] : "." };
	struct system *s;
	char text[1024];
	int r = system_open(&s, &setup);

	if (r) {
		fprintf(stderr, "system_open: %s\n", strerror(-r));
		return 1;
	}
	while (fgets(text, sizeof(text), stdin)) {
		struct line l = { .count = 0 };
		json_t *reply;

		for (char *word = strtok(text, " \n"); word && l.count < 32;
		     word = strtok(NULL, " \n"))
			l.pairs[l.count++] = word;
		if (!l.count)
			continue;
		reply = run(s, &l);
		json_dumpf(reply, stdout, JSON_COMPACT);
		printf("\n");
		fflush(stdout);
		json_decref(reply);
	}
	system_close(s);
	return 0;
}
