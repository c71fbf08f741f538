// SPDX-License-Identifier: GPL-2.0-or-later
/* See topology.h: two passes over the JSON, first the hosts, then the links between them. */
#include "lab/topology.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/text.h"

struct ctx {
	struct topology *t;
	const char *file;
	const char *where; /* "node 'anna'", "link 'a' - 'b'" */
	char *err;
	size_t cap;
};

static int __attribute__((format(printf, 2, 3))) fail(struct ctx *c, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(c->err, c->cap, "%s: %s%s", c->file, c->where, *c->where ? ": " : "");
	va_start(ap, fmt);
	if (n > 0 && (size_t)n < c->cap)
		vsnprintf(c->err + n, c->cap - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static const char *const KIND_NAMES[] = { [HOST_NODE] = "node",
					  [HOST_CLIENT] = "client",
					  [HOST_INTERNET] = "internet",
					  [HOST_PROVIDER] = "provider",
					  [HOST_SWITCH] = "switch" };

const char *host_kind_name(enum host_kind kind)
{
	return KIND_NAMES[kind];
}

int topology_host(const struct topology *t, const char *id)
{
	for (uint16_t i = 0; i < t->host_count; i++)
		if (strcmp(t->hosts[i].id, id) == 0)
			return i;
	return -1;
}

uint16_t topology_count(const struct topology *t, enum host_kind kind)
{
	uint16_t n = 0;
	for (uint16_t i = 0; i < t->host_count; i++)
		n = (uint16_t)(n + (t->hosts[i].kind == kind));
	return n;
}

static bool name_ok(const char *s)
{
	size_t n = strlen(s);
	if (n == 0 || n >= TOPOLOGY_NAME_MAX || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '-')
			return false;
	return true;
}

/* Every member of o is one of the names in `allowed` (separated by spaces). */
static int check_members(struct ctx *c, json_t *o, const char *what, const char *allowed)
{
	const char *key;
	json_t *v;
	json_object_foreach(o, key, v)
	{
		size_t n = strlen(key);
		const char *p = n > 0 ? allowed : NULL;
		while (p && (p = strstr(p, key)) &&
		       !((p == allowed || p[-1] == ' ') && (p[n] == ' ' || !p[n])))
			p += n;
		if (!p)
			return fail(c, "unknown %s '%s'; known are: %s", what, key, allowed);
	}
	return 0;
}

static int get_bool(struct ctx *c, json_t *props, const char *key, bool *ret)
{
	json_t *v = json_object_get(props, key);
	if (v && !json_is_boolean(v))
		return fail(c, "property '%s' is true or false", key);
	if (v)
		*ret = json_is_true(v);
	return 0;
}

/* A string property, NULL when it is absent. */
static int get_text(struct ctx *c, json_t *o, const char *key, const char **ret)
{
	json_t *v = json_object_get(o, key);
	if (v && !json_is_string(v))
		return fail(c, "property '%s' is a string", key);
	if (v)
		*ret = json_string_value(v);
	return 0;
}

static struct host_plan *add_host(struct ctx *c, const char *id, enum host_kind kind)
{
	struct topology *t = c->t;
	if (t->host_count == TOPOLOGY_HOSTS_MAX) {
		fail(c, "more than %d hosts", TOPOLOGY_HOSTS_MAX);
		return NULL;
	}
	if (!name_ok(id)) {
		fail(c, "a name has 1 to %d letters, digits and inner '-', unlike '%s'",
		     TOPOLOGY_NAME_MAX - 1, id);
		return NULL;
	}
	if (topology_host(t, id) >= 0) {
		fail(c, "the name '%s' is used twice", id);
		return NULL;
	}
	struct host_plan *h = &t->hosts[t->host_count];
	*h = (struct host_plan) { .kind = kind, .ap = true, .daemon = true };
	h->index = topology_count(t, kind);
	text_copy(h->id, sizeof(h->id), id);
	t->host_count++;
	return h;
}

static int parse_config(struct ctx *c, struct host_plan *h, json_t *config)
{
	const char *key;
	json_t *v;
	if (!json_is_object(config))
		return fail(c, "property 'config' is an object like {\"wifi.ap_ssid\": \"x\"}");
	json_object_foreach(config, key, v)
	{
		const char *dot = strchr(key, '.');
		if (!dot || dot == key || !dot[1] || strchr(key, '\'') || strchr(key, '\n'))
			return fail(c, "config '%s' is not of the form SECTION.OPTION", key);
		if (!json_is_string(v) && !json_is_integer(v) && !json_is_boolean(v) &&
		    !json_is_array(v))
			return fail(c,
				    "config '%s' is a string, number, boolean or list of strings",
				    key);
	}
	h->config = json_incref(config);
	return 0;
}

static bool all_text(json_t *list)
{
	json_t *v;
	size_t i;
	json_array_foreach(list, i, v) if (!json_is_string(v)) return false;
	return json_is_array(list) && json_array_size(list) <= 8;
}

static int parse_node(struct ctx *c, struct host_plan *h, json_t *props)
{
	const char *ssid = NULL;
	json_t *config = json_object_get(props, "config"), *args = json_object_get(props, "args");
	int err = check_members(c, props, "property", "type ssid ap daemon config args");
	if (!err)
		err = get_text(c, props, "ssid", &ssid);
	if (!err)
		err = get_bool(c, props, "ap", &h->ap);
	if (!err)
		err = get_bool(c, props, "daemon", &h->daemon);
	if (!err && config)
		err = parse_config(c, h, config);
	if (!err && args && !all_text(args))
		err = fail(c, "property 'args' is a list of up to 8 strings");
	h->args = json_incref(args);
	if (!err && ssid && (!*ssid || !text_copy(h->ssid, sizeof(h->ssid), ssid)))
		err = fail(c, "an ssid has 1 to 32 bytes");
	return err;
}

static int parse_client(struct ctx *c, struct host_plan *h, json_t *props)
{
	json_t *a = json_object_get(props, "association");
	int err = check_members(c, props, "property", "type at cable association");
	if (!err)
		err = get_bool(c, props, "cable", &h->cable);
	if (!err && a && json_is_false(a))
		h->association = ASSOCIATION_SILENT;
	else if (!err && a && json_is_string(a) && strcmp(json_string_value(a), "new") == 0)
		h->association = ASSOCIATION_NEW;
	else if (!err && a && !json_is_true(a))
		err = fail(c, "property 'association' is true, false or \"new\"");
	return err;
}

static int parse_host(struct ctx *c, json_t *node)
{
	json_t *props = json_object_get(node, "properties");
	const char *id = json_string_value(json_object_get(node, "id"));
	const char *type = "node";
	char where[TOPOLOGY_NAME_MAX + 16];
	enum host_kind kind = HOST_NODE;
	int err;

	if (!json_is_object(node) || !id)
		return fail(c, "each of nodes[] is an object with an id that is a string");
	snprintf(where, sizeof(where), "node '%.31s'", id);
	c->where = where;
	err = check_members(c, node, "member", "id label local_addresses properties");
	if (!err && props && !json_is_object(props))
		err = fail(c, "'properties' is an object");
	if (!err)
		err = get_text(c, props, "type", &type);
	while (!err && strcmp(type, KIND_NAMES[kind]) != 0)
		if (++kind > HOST_SWITCH)
			err = fail(c, "type '%s' is not one of node, client, internet, switch",
				   type);
	if (!err && kind == HOST_PROVIDER)
		err = fail(c, "providers are made by links to the internet, not listed");
	struct host_plan *h = err ? NULL : add_host(c, id, kind);
	if (!h)
		err = -EINVAL;
	else if (kind == HOST_NODE)
		err = parse_node(c, h, props);
	else if (kind == HOST_CLIENT)
		err = parse_client(c, h, props);
	else
		err = check_members(c, props, "property",
				    kind == HOST_INTERNET ? "type ipv6" : "type");
	if (!err && kind == HOST_INTERNET) {
		c->t->internet_ipv6 = true;
		err = get_bool(c, props, "ipv6", &c->t->internet_ipv6);
		if (!err && c->t->internet >= 0)
			err = fail(c, "there is one internet");
		c->t->internet = c->t->host_count - 1;
	}
	c->where = "";
	return err;
}

/* Where a client starts: a second pass, the node may stand behind it in the file. */
static int parse_at(struct ctx *c, json_t *node, struct host_plan *h)
{
	const char *at = NULL;
	char where[TOPOLOGY_NAME_MAX + 16];
	int n, err;
	if (h->kind != HOST_CLIENT)
		return 0;
	snprintf(where, sizeof(where), "node '%.31s'", h->id);
	c->where = where;
	err = get_text(c, json_object_get(node, "properties"), "at", &at);
	if (!err && at) {
		n = topology_host(c->t, at);
		if (n < 0 || c->t->hosts[n].kind != HOST_NODE)
			err = fail(c, "property 'at' names a node, and '%s' is none", at);
		else if (!c->t->hosts[n].ap && !h->cable)
			err = fail(c, "the node '%s' has no access point", at);
		else
			h->at = (uint16_t)n;
		h->has_at = true;
	}
	c->where = "";
	return err;
}

static struct wire_plan *add_wire(struct ctx *c, int a, int b)
{
	struct topology *t = c->t;
	if (t->wire_count == TOPOLOGY_WIRES_MAX) {
		fail(c, "more than %d links", TOPOLOGY_WIRES_MAX);
		return NULL;
	}
	struct wire_plan *w = &t->wires[t->wire_count++];
	*w = (struct wire_plan) { .end = { (uint16_t)a, (uint16_t)b }, .mtu = 1500 };
	return w;
}

static int parse_quality(struct ctx *c, json_t *props, struct wire_plan *w)
{
	static const char *const NAMES[] = { "loss", "latency", "rate" };
	int err = get_bool(c, props, "down", &w->quality.down);
	for (size_t i = 0; !err && i < 3; i++) {
		json_t *v = json_object_get(props, NAMES[i]);
		char text[32] = "";
		if (!v)
			continue;
		if (json_is_number(v))
			snprintf(text, sizeof(text), "%g", json_number_value(v));
		else if (json_is_string(v))
			text_copy(text, sizeof(text), json_string_value(v));
		if (i == 0 && quality_parse_loss(text, &w->quality.loss_percent) < 0)
			err = fail(c, "property 'loss' is a number of percent, 0 to 100");
		if (i == 1 && quality_parse_latency(text, &w->quality.latency_usec) < 0)
			err = fail(c, "property 'latency' is a time up to 10 s like \"5ms\"");
		if (i == 2 && quality_parse_rate(text, &w->quality.rate_bps) < 0)
			err = fail(c, "property 'rate' is a rate like \"20mbit\"");
	}
	json_t *mtu = json_object_get(props, "mtu");
	if (!err && mtu) {
		json_int_t v = json_integer_value(mtu);
		if (v < 576 || v > 9000)
			return fail(c, "property 'mtu' is a number from 576 to 9000");
		w->mtu = (uint16_t)v;
	}
	return err;
}

/* The far end of an uplink is a provider's router of its own. */
static int parse_uplink(struct ctx *c, json_t *props, struct wire_plan *w)
{
	char name[TOPOLOGY_NAME_MAX + 8];
	const char *provider = NULL, *lan = "192.168.7.0/24";
	struct net4 net;
	int err = get_text(c, props, "provider", &provider);
	if (!err)
		err = get_text(c, props, "lan", &lan);
	if (!err && (net4_parse(lan, &net) < 0 || net.len < 16 || net.len > 29))
		err = fail(c, "property 'lan' is a network like 192.168.7.0/24");
	if (err)
		return err;
	if (c->t->hosts[w->end[0]].kind != HOST_NODE && c->t->hosts[w->end[0]].kind != HOST_SWITCH)
		return fail(c, "only a node or a switch can have an uplink");
	snprintf(name, sizeof(name), "isp-%s", c->t->hosts[w->end[0]].id);
	int known = topology_host(c->t, provider ? provider : name);
	if (known >= 0)
		return fail(c,
			    "the provider needs a name of its own, '%s' is taken: set 'provider'",
			    c->t->hosts[known].id);
	struct host_plan *h = add_host(c, provider ? provider : name, HOST_PROVIDER);
	if (!h)
		return -EINVAL;
	h->lan = net4_base(&net);
	w->end[1] = (uint16_t)(c->t->host_count - 1);
	w->uplink = true;
	return 0;
}

/* A host of nodes[]: the providers that earlier links have made have no other links. */
static int find_end(const struct topology *t, const char *id)
{
	int i = topology_host(t, id);
	return i >= 0 && t->hosts[i].kind == HOST_PROVIDER ? -1 : i;
}

static int parse_link(struct ctx *c, json_t *link)
{
	json_t *props = json_object_get(link, "properties");
	const char *from = json_string_value(json_object_get(link, "source"));
	const char *to = json_string_value(json_object_get(link, "target"));
	char where[2 * TOPOLOGY_NAME_MAX + 16];

	if (!json_is_object(link) || !from || !to)
		return fail(c, "each of links[] is an object with source and target");
	snprintf(where, sizeof(where), "link '%.31s' - '%.31s'", from, to);
	c->where = where;
	int a = find_end(c->t, from), b = find_end(c->t, to);
	int err = check_members(c, link, "member", "source target cost cost_text properties");
	if (!err)
		err = check_members(c, props, "property",
				    "loss rate latency mtu down provider lan");
	if (!err && (a < 0 || b < 0))
		err = fail(c, "there is no node '%s'", a < 0 ? from : to);
	if (!err && a == b)
		err = fail(c, "a link joins two different nodes");
	if (err)
		return err;
	if (c->t->hosts[a].kind == HOST_INTERNET) {
		int swap = a;
		a = b;
		b = swap;
	}
	struct wire_plan *w = add_wire(c, a, b);
	if (!w)
		return -EINVAL;
	err = parse_quality(c, props, w);
	if (!err && c->t->hosts[b].kind == HOST_INTERNET)
		err = parse_uplink(c, props, w);
	else if (!err && (json_object_get(props, "provider") || json_object_get(props, "lan")))
		err = fail(c, "'provider' and 'lan' belong to links to the internet");
	if (!err && w->quality.latency_usec &&
	    (c->t->hosts[a].kind == HOST_SWITCH || c->t->hosts[b].kind == HOST_SWITCH))
		err = fail(c, "links of a switch have no latency");
	c->where = err ? c->where : "";
	return err;
}

/* A client with "cable" gets its wire here unless links[] has one; the others need a node to be at.
 */
static int place_clients(struct ctx *c)
{
	struct topology *t = c->t;
	for (uint16_t i = 0; i < t->host_count; i++) {
		struct host_plan *h = &t->hosts[i];
		int wires = 0;
		if (h->kind != HOST_CLIENT)
			continue;
		for (uint16_t w = 0; w < t->wire_count; w++)
			wires += t->wires[w].end[0] == i || t->wires[w].end[1] == i;
		if (wires == 0 && !h->has_at)
			return fail(c, "the client '%s' is nowhere: set 'at' or give it a link",
				    h->id);
		if (wires > 1 || (wires == 1 && h->has_at))
			return fail(c, "the client '%s' has one place: 'at' or one link", h->id);
		if (wires == 0 && h->cable && !add_wire(c, h->at, i))
			return -EINVAL;
		h->cable = h->cable || wires == 1;
	}
	return 0;
}

static int parse_graph(struct ctx *c, json_t *root)
{
	json_t *nodes = json_object_get(root, "nodes"), *links = json_object_get(root, "links"), *v;
	const char *type = json_string_value(json_object_get(root, "type"));
	const char *label = json_string_value(json_object_get(root, "label"));
	size_t i;
	int err = check_members(c, root, "member",
				"type protocol version metric router_id revision topology_id label "
				"nodes links properties time");
	if (!err && (!type || strcmp(type, "NetworkGraph") != 0))
		err = fail(c, "\"type\" must be \"NetworkGraph\" (NetJSON)");
	if (!err && (!json_is_array(nodes) || !json_is_array(links)))
		err = fail(c, "\"nodes\" and \"links\" are lists");
	if (label)
		text_copy(c->t->label, sizeof(c->t->label), label);
	for (i = 0; !err && i < json_array_size(nodes); i++)
		err = parse_host(c, json_array_get(nodes, i));
	json_array_foreach(nodes, i, v) if (!err) err = parse_at(c, v, &c->t->hosts[i]);
	for (i = 0; !err && i < json_array_size(links); i++)
		err = parse_link(c, json_array_get(links, i));
	if (!err)
		err = place_clients(c);
	if (!err && topology_count(c->t, HOST_NODE) == 0)
		err = fail(c, "a town has at least one node");
	return err;
}

int topology_parse(struct topology *t, const char *text, const char *name, char *err, size_t cap)
{
	struct ctx c = { .t = t, .file = name, .where = "", .err = err, .cap = cap };
	json_error_t where;
	*t = (struct topology) { .internet = -1 };
	t->hosts = calloc(TOPOLOGY_HOSTS_MAX, sizeof(*t->hosts));
	t->wires = calloc(TOPOLOGY_WIRES_MAX, sizeof(*t->wires));
	t->json = json_loads(text, JSON_REJECT_DUPLICATES, &where);
	int rc = 0;
	if (!t->hosts || !t->wires)
		rc = -ENOMEM;
	else if (!t->json)
		rc = fail(&c, "line %d: %s", where.line, where.text);
	else if (!json_is_object(t->json))
		rc = fail(&c, "not a JSON object");
	else
		rc = parse_graph(&c, t->json);
	if (rc < 0)
		topology_done(t);
	return rc;
}

int topology_load(struct topology *t, const char *path, char *err, size_t cap)
{
	char *text = NULL;
	size_t room = 0;
	errno = 0; /* of an empty file nothing is said */
	FILE *f = fopen(path, "re");
	*t = (struct topology) { .internet = -1 };
	if (!f || getdelim(&text, &room, '\0', f) < 0) {
		snprintf(err, cap, "%s: %s", path, f && !errno ? "empty" : strerror(errno));
		if (f)
			fclose(f);
		free(text);
		return -EINVAL;
	}
	fclose(f);
	int rc = topology_parse(t, text, path, err, cap);
	free(text);
	if (rc < 0)
		return rc;
	const char *base = strrchr(path, '/');
	text_copy(t->name, sizeof(t->name), base ? base + 1 : path);
	t->name[strcspn(t->name, ".")] = '\0';
	return 0;
}

void topology_done(struct topology *t)
{
	for (uint16_t i = 0; t->hosts && i < t->host_count; i++)
		json_decref(t->hosts[i].config), json_decref(t->hosts[i].args);
	free(t->hosts);
	free(t->wires);
	json_decref(t->json);
	*t = (struct topology) { .internet = -1 };
}
