// SPDX-License-Identifier: GPL-2.0-or-later
/* See generate.h. Nothing is random: the same figures give the same town. */
#include "lab/generate.h"

#include <stdio.h>
#include <string.h>

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

/* Node n hangs on the one before it and, every third one, on one three back: several hops and some
 * rings. */
static void add_cloud(json_t *nodes, json_t *links, int cloud, int size)
{
	char ssid[32];
	snprintf(ssid, sizeof(ssid), "cloud%d", cloud + 1);
	for (int n = 0; n < size; n++) {
		struct place p = node_id(cloud, n);
		json_array_append_new(
			nodes, json_pack("{s:s, s:{s:s}}", "id", p.id, "properties", "ssid", ssid));
		if (n >= 1)
			add_link(links, node_id(cloud, n - 1).id, p.id);
		if (n >= 3 && n % 3 == 0)
			add_link(links, node_id(cloud, n - 3).id, p.id);
	}
}

static void add_uplink(json_t *links, int cloud)
{
	char provider[32];
	snprintf(provider, sizeof(provider), "isp%d", cloud + 1);
	json_array_append_new(links, json_pack("{s:s, s:s, s:f, s:{s:s}}", "source",
					       node_id(cloud, 0).id, "target", "internet", "cost",
					       1.0, "properties", "provider", provider));
}

json_t *generate_town(int nodes, int clients, int clouds)
{
	int size[200];
	json_t *n = json_array(), *l = json_array();
	if (nodes < 1 || nodes > 200 || clients < 0 || clients > 150 || clouds < 0 ||
	    clouds > nodes)
		return NULL;
	if (clouds == 0)
		clouds = (nodes + 9) / 10;
	for (int c = 0; c < clouds; c++) {
		size[c] = nodes / clouds + (c < nodes % clouds);
		add_cloud(n, l, c, size[c]);
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
	json_array_append_new(
		n, json_pack("{s:s, s:{s:s}}", "id", "internet", "properties", "type", "internet"));
	return json_pack("{s:s, s:s, s:s, s:n, s:s, s:o, s:o}", "type", "NetworkGraph", "protocol",
			 "trama", "version", "0", "metric", "label", "generated", "nodes", n,
			 "links", l);
}
