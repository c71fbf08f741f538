// SPDX-License-Identifier: GPL-2.0-or-later
/* See generate.h. Nothing is random: the same figures give the same town. */
#include "lab/generate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NODES_MAX 200

struct place {
	char id[32];
};

static struct place node_id(int cloud, int n)
{
	struct place p;
	snprintf(p.id, sizeof(p.id), "n%d-%d", cloud + 1, n + 1);
	return p;
}

static void add_link(json_t *links, const char *a, const char *b)
{
	json_array_append_new(links,
			      json_pack("{s:s, s:s, s:f}", "source", a, "target", b, "cost", 1.0));
}

static void add_host(json_t *nodes, const char *id, const char *key, const char *value)
{
	json_array_append_new(nodes,
			      json_pack("{s:s, s:{s:s}}", "id", id, "properties", key, value));
}

/* A cloud whose links are drawn. */
struct drawn {
	json_t *nodes, *links;
	int cloud;
	bool has_wire;
	bool linked[NODES_MAX][NODES_MAX];
};

/* A shared wire is a switch. */
static void add_to_wire(struct drawn *d, uint16_t node)
{
	char id[32];
	snprintf(id, sizeof(id), "wire%d", d->cloud + 1);
	if (!d->has_wire)
		add_host(d->nodes, id, "type", "switch");
	d->has_wire = true;
	add_link(d->links, node_id(d->cloud, node).id, id);
}

static void add_drawn(void *ctx, uint16_t a, uint16_t b)
{
	struct drawn *d = ctx;
	if (b == SHAPE_HUB) {
		add_to_wire(d, a);
		return;
	}
	if (a == b || d->linked[a][b])
		return;
	d->linked[a][b] = d->linked[b][a] = true;
	add_link(d->links, node_id(d->cloud, a).id, node_id(d->cloud, b).id);
}

static void add_cloud(json_t *nodes, json_t *links, int cloud, int size, enum shape shape)
{
	char ssid[32];
	struct drawn d = { .nodes = nodes, .links = links, .cloud = cloud };
	struct rng rng = rng_init((uint64_t)cloud);
	snprintf(ssid, sizeof(ssid), "cloud%d", cloud + 1);
	for (int n = 0; n < size; n++)
		add_host(nodes, node_id(cloud, n).id, "ssid", ssid);
	shape_make(shape, (uint16_t)size, &rng, add_drawn, &d);
}

static void add_uplink(json_t *links, int cloud)
{
	char provider[32];
	snprintf(provider, sizeof(provider), "isp%d", cloud + 1);
	json_array_append_new(links, json_pack("{s:s, s:s, s:f, s:{s:s}}", "source",
					       node_id(cloud, 0).id, "target", "internet", "cost",
					       1.0, "properties", "provider", provider));
}

json_t *generate_town(int nodes, int clients, int clouds, enum shape shape)
{
	int size[NODES_MAX];
	json_t *n, *l;

	if (nodes < 1 || nodes > NODES_MAX || clients < 0 || clients > 150 || clouds < 0 ||
	    clouds > nodes)
		return NULL;
	n = json_array();
	l = json_array();
	if (clouds == 0)
		clouds = (nodes + 9) / 10;
	for (int c = 0; c < clouds; c++) {
		size[c] = nodes / clouds + (c < nodes % clouds);
		add_cloud(n, l, c, size[c], shape);
		/* The backbone: the middle of a cloud to the start of the next, and a ring of
		 * clouds. */
		if (c > 0)
			add_link(l, node_id(c - 1, size[c - 1] / 2).id, node_id(c, 0).id);
		if (c > 1 && c == clouds - 1)
			add_link(l, node_id(c, size[c] / 2).id, node_id(0, 0).id);
		if (c % 2 == 0)
			add_uplink(l, c);
	}
	for (int i = 0; i < clients; i++) {
		char id[32];
		int c = i % clouds;
		snprintf(id, sizeof(id), "client%d", i + 1);
		json_array_append_new(n, json_pack("{s:s, s:{s:s, s:s}}", "id", id, "properties",
						   "type", "client", "at",
						   node_id(c, i / clouds % size[c]).id));
	}
	add_host(n, "internet", "type", "internet");
	return json_pack("{s:s, s:s, s:s, s:n, s:s, s:o, s:o}", "type", "NetworkGraph", "protocol",
			 "trama", "version", "0", "metric", "label", "generated", "nodes", n,
			 "links", l);
}
