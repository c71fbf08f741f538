/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status, nodes, counters. */
#include <stdio.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"

static const char *cell(json_t *row, const char *key, enum grid_cell kind, char buf[static 256])
{
	grid_text(buf, 256, row, key, kind);
	return buf;
}

static void line(const char *title, json_t *row, const char *const keys[3])
{
	char buf[256];

	printf("%-13s", title);
	for (int i = 0; i < 3 && keys[i]; i++)
		printf("%s%s", i ? "  " : "", cell(row, keys[i], GRID_TEXT, buf));
	putchar('\n');
}

static void way_out(json_t *gateway, const char *family, const char *title, const char *label)
{
	char buf[256];

	show_gateway(json_object_get(gateway, family), buf, sizeof(buf));
	printf("%-13s%s: %s\n", title, label, buf);
	cell(json_object_get(gateway, family), "reason", GRID_TEXT, buf);
	printf("%-13s%s\n", "", buf);
}

static void show_counts(json_t *n)
{
	printf("%-13s%" JSON_INTEGER_FORMAT " trama nodes, %" JSON_INTEGER_FORMAT
	       " neighbours, %" JSON_INTEGER_FORMAT " clients, %" JSON_INTEGER_FORMAT
	       " of them here\n",
	       "in it", json_integer_value(json_object_get(n, "nodes")),
	       json_integer_value(json_object_get(n, "neighbours")),
	       json_integer_value(json_object_get(n, "clients")),
	       json_integer_value(json_object_get(n, "clients_here")));
}

static void show_ports(json_t *status)
{
	static const struct grid_column ports[] = {
		{ "PORT", "name", GRID_TEXT },
		{ "KIND", "kind", GRID_TEXT },
		{ "USED FOR", "uses", GRID_LIST },
		{ "WHY", "reason", GRID_TEXT },
	};
	static const struct grid_column uplinks[] = {
		{ "UPLINK", "port", GRID_TEXT },      { "IPV4", "ipv4_address", GRID_TEXT },
		{ "STATE", "ipv4.state", GRID_TEXT }, { "WHY", "ipv4.why", GRID_TEXT },
		{ "IPV6", "ipv6.state", GRID_TEXT },  { "WHY", "ipv6.why", GRID_TEXT },
	};
	static const struct grid_column children[] = {
		{ "PROGRAM", "name", GRID_TEXT },
		{ "PORT", "port", GRID_TEXT },
		{ "RUNS", "running", GRID_YES },
	};
	json_t *list = json_object_get(status, "uplinks");

	putchar('\n');
	grid_print(stdout, json_object_get(status, "ports"), ports, COUNT(ports), "no ports");
	if (json_array_size(list)) {
		putchar('\n');
		grid_print(stdout, list, uplinks, COUNT(uplinks), "");
	}
	list = json_object_get(status, "children");
	if (json_array_size(list)) {
		putchar('\n');
		grid_print(stdout, list, children, COUNT(children), "");
	}
}

static void warning(json_t *status, const char *key, const char *name)
{
	char text[768];

	if (!json_is_string(json_object_get(status, key)))
		return;
	grid_text(text, sizeof(text), status, key, GRID_TEXT);
	printf("%-13s%s\n", name, text);
}

/* The other parts of a cloud that is cut, a line each. */
static void show_parts(json_t *parts)
{
	char names[256], since[64];
	json_t *part;
	size_t i;

	json_array_foreach(parts, i, part)
	{
		bool joined = json_is_true(json_object_get(part, "joined"));

		grid_text(names, sizeof(names), part, "names", GRID_LIST);
		grid_text(since, sizeof(since), part, joined ? "joined_ago_s" : "since_s",
			  GRID_SECONDS);
		printf("%-13s%s%s: %" JSON_INTEGER_FORMAT " nodes, %s\n", "CUT",
		       joined ? "joined again since " : "on layer 2, for ", since,
		       json_integer_value(json_object_get(part, "nodes")), names);
	}
}

static void show_outsiders(json_t *status)
{
	char who[256], why[256];
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(status, "outsiders"), i, s)
	{
		bool in_cloud = json_is_string(json_object_get(s, "mac"));

		cell(s, in_cloud ? "mac" : "address", GRID_TEXT, who);
		printf("%-13s%s %s\n", i ? "" : "KEYS", who, cell(s, "reason", GRID_TEXT, why));
	}
}

void show_status(const struct cli *c, json_t *s)
{
	static const char *const networks[] = { "ipv4_network", "ipv6_network", NULL };
	static const char *const own[] = { "node_ipv4", "node_ipv6", NULL };
	static const char *const anycast[] = { "anygw_ipv4", "anygw_ipv6", "anygw_mac" };
	json_t *cloud = json_object_get(s, "cloud"), *gateway = json_object_get(s, "gateway");
	char a[256], b[256];

	(void)c;
	printf("%s  trama %s, up %s\n", cell(s, "hostname", GRID_TEXT, a),
	       json_string_value(json_object_get(s, "version")),
	       cell(s, "uptime_s", GRID_SECONDS, b));
	printf("%-13s%s  VLAN %" JSON_INTEGER_FORMAT ", Babel on %" JSON_INTEGER_FORMAT "\n",
	       "cloud", cell(cloud, "ssid", GRID_TEXT, a),
	       json_integer_value(json_object_get(cloud, "batadv_vlan")),
	       json_integer_value(json_object_get(cloud, "babel_vlan")));
	line("network", cloud, networks);
	line("this node", cloud, own);
	line("for clients", cloud, anycast);
	show_counts(json_object_get(s, "counts"));
	way_out(gateway, "ipv4", "way out", "IPv4");
	way_out(gateway, "ipv6", "", "IPv6");
	show_parts(json_object_get(s, "cut"));
	warning(s, "clash", "CLASH");
	warning(s, "address_moved", "ADDRESS");
	warning(s, "state_rejected", "STATE");
	show_outsiders(s);
	show_ports(s);
}

void show_nodes(const struct cli *c, json_t *result)
{
	static const struct grid_column columns[] = {
		{ "NODE", "name", GRID_TEXT }, { "IPV4", "ipv4", GRID_TEXT },
		{ "IPV6", "ipv6", GRID_TEXT }, { "MAC", "mac", GRID_TEXT },
		{ "THIS", "self", GRID_YES },
	};

	(void)c;
	grid_print(stdout, result, columns, COUNT(columns), "no trama nodes yet");
}

static void show_part(const struct cli *c, const char *part, json_t *counters)
{
	const char *name;
	json_t *v;

	json_object_foreach(counters, name, v)
	{
		if (c->all || json_integer_value(v) != 0)
			printf("%-11s%-26s%14" JSON_INTEGER_FORMAT "\n", part, name,
			       json_integer_value(v));
	}
}

void show_counters(const struct cli *c, json_t *result)
{
	const char *part;
	json_t *counters;

	json_object_foreach(result, part, counters)
	{
		if (c->argc == 0 || strcmp(part, c->argv[0]) == 0)
			show_part(c, part, counters);
	}
}
