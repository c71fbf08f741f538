/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cloud originators, neighbours, translation, statistics: line by line as batctl prints them. */
#include <stdio.h>
#include <string.h>

#include "cmd/cli/cli.h"

/* The name of somebody, else the MAC: fields orig_name and orig_address. */
static const char *who(json_t *row, const char *whose)
{
	char key[32];

	snprintf(key, sizeof(key), "%s_name", whose);
	if (json_is_string(json_object_get(row, key)))
		return cli_text(row, key);
	snprintf(key, sizeof(key), "%s_address", whose);
	return cli_text(row, key);
}

static char star(json_t *row)
{
	return json_is_true(json_object_get(row, "best")) ? '*' : ' ';
}

static int seconds(json_t *row)
{
	return (int)(cli_number(row, "last_seen_msecs") / 1000);
}

static int millis(json_t *row)
{
	return (int)(cli_number(row, "last_seen_msecs") % 1000);
}

static char flag(json_t *row, const char *name, char letter)
{
	return json_is_true(json_object_get(json_object_get(row, "tt_flags"), name)) ? letter : '.';
}

static void originator(json_t *row)
{
	printf(" %c %17s %4d.%03ds   (%3d) %17s [%10s]\n", star(row), who(row, "orig"),
	       seconds(row), millis(row), (int)cli_number(row, "tq"), who(row, "neigh"),
	       cli_text(row, "hard_ifname"));
}

static void neighbour(json_t *row)
{
	printf("   %10s\t  %17s %4d.%03ds\n", cli_text(row, "hard_ifname"), who(row, "neigh"),
	       seconds(row), millis(row));
}

static void local(json_t *row)
{
	printf("%17s %4d [%c%c%c%c%c%c] %3d.%03d   (0x%.8x)\n", who(row, "tt"),
	       (int)cli_number(row, "tt_vid"), flag(row, "roam", 'R'), flag(row, "nopurge", 'P'),
	       flag(row, "new", 'N'), flag(row, "pending", 'X'), flag(row, "wifi", 'W'),
	       flag(row, "isolated", 'I'), seconds(row), millis(row),
	       (unsigned int)cli_number(row, "tt_crc32"));
}

static void global(json_t *row)
{
	printf(" %c %17s %4d [%c%c%c%c] (%3d) %17s (%3d) (0x%.8x)\n", star(row), who(row, "tt"),
	       (int)cli_number(row, "tt_vid"), flag(row, "roam", 'R'), flag(row, "wifi", 'W'),
	       flag(row, "isolated", 'I'), flag(row, "temp", 'T'), (int)cli_number(row, "tt_ttvn"),
	       who(row, "orig"), (int)cli_number(row, "tt_last_ttvn"),
	       (unsigned int)cli_number(row, "tt_crc32"));
}

static const struct table {
	const char *method, *columns;
	void (*print)(json_t *row);
	bool tells_ttvn;
} originators = { "cloud.originators",
		  "   Originator        last-seen (#/255) Nexthop           [outgoingIF]",
		  originator, false },
  neighbours = { "cloud.neighbours", "IF             Neighbor              last-seen", neighbour,
		 false },
  locals = { "cloud.local", "Client             VID Flags    Last seen (CRC       )", local, true },
  globals = { "cloud.global",
	      "   Client             VID Flags Last ttvn     Via        ttvn  (CRC       )", global,
	      false };

/* With names where people look, or where they are asked for. */
static json_t *rows(struct rpc_client *client, const struct cli *c, const struct table *t)
{
	bool names = c->json ? c->all : !c->numeric;

	return cli_ask_over(client, c, t->method, json_pack("{sb}", "names", names));
}

static bool print_header(struct rpc_client *client, const struct cli *c, const struct table *t)
{
	json_t *m = cli_ask_over(client, c, "cloud.mesh", NULL);

	if (!m)
		return false;
	cli_clean(m);
	printf("[%s, MainIF/MAC: %s/%s (%s/%s %s)", cli_text(m, "version"),
	       cli_text(m, "hard_ifname"), cli_text(m, "hard_address"), cli_text(m, "mesh_ifname"),
	       cli_text(m, "mesh_address"), cli_text(m, "algo_name"));
	if (t->tells_ttvn)
		printf(", TTVN: %d", (int)cli_number(m, "tt_ttvn"));
	printf("]\n%s\n", t->columns);
	json_decref(m);
	return true;
}

static bool print_table(struct rpc_client *client, const struct cli *c, const struct table *t)
{
	json_t *list, *row;
	size_t i;

	if (!c->no_header && !print_header(client, c, t))
		return false;
	list = rows(client, c, t);
	cli_clean(list);
	json_array_foreach(list, i, row) t->print(row);
	json_decref(list);
	return list != NULL;
}

static int show(struct rpc_client *client, const struct cli *c, const struct table *t)
{
	json_t *list;

	if (!c->json)
		return print_table(client, c, t) ? CLI_OK : CLI_FAILED;
	list = rows(client, c, t);
	return list ? cli_print_json(list) : CLI_FAILED;
}

static int show_both(struct rpc_client *client, const struct cli *c)
{
	json_t *l, *g;

	if (!c->json) {
		if (!print_table(client, c, &locals))
			return CLI_FAILED;
		putchar('\n');
		return print_table(client, c, &globals) ? CLI_OK : CLI_FAILED;
	}
	l = rows(client, c, &locals);
	g = l ? rows(client, c, &globals) : NULL;
	if (g)
		return cli_print_json(json_pack("{so so}", "local", l, "global", g));
	json_decref(l);
	return CLI_FAILED;
}

/* t NULL: the two of the translation table. */
static int run(const struct cli *c, const struct table *t)
{
	struct rpc_client client;
	int r;

	if (!cli_open(c, &client))
		return CLI_FAILED;
	r = t ? show(&client, c, t) : show_both(&client, c);
	rpc_client_close(&client);
	return r;
}

int run_cloud_originators(struct cli *c)
{
	return run(c, &originators);
}

int run_cloud_neighbours(struct cli *c)
{
	return run(c, &neighbours);
}

int run_cloud_translation(struct cli *c)
{
	if (!c->argc)
		return run(c, NULL);
	return run(c, strcmp(c->argv[0], "local") == 0 ? &locals : &globals);
}

void show_statistics(const struct cli *c, json_t *result)
{
	const char *name;
	json_t *v;

	(void)c;
	cli_clean(result);
	json_object_foreach(result, name, v)
		printf("\t%s: %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(v));
}
