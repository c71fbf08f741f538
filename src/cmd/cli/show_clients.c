/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clients, leases, release. */
#include <stdio.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"

void show_clients(const struct cli *c, json_t *result)
{
	static const struct grid_column columns[] = {
		{ "CLIENT", "name", GRID_TEXT }, { "MAC", "mac", GRID_TEXT },
		{ "IPV4", "ipv4", GRID_TEXT },	 { "NODE", "node", GRID_TEXT },
		{ "PORT", "port", GRID_TEXT },	 { "SINCE", "since_s", GRID_SECONDS },
		{ "IPV6", "ipv6", GRID_FIRST },
	};

	/* The last one is too wide for most screens. */
	grid_print(stdout, result, columns, COUNT(columns) - !c->all, "no clients");
}

void show_leases(const struct cli *c, json_t *result)
{
	static const struct grid_column leases[] = {
		{ "IPV4", "ipv4", GRID_TEXT },
		{ "MAC", "mac", GRID_TEXT },
		{ "CLIENT", "name", GRID_TEXT },
		{ "NODE", "node", GRID_TEXT },
		{ "KIND", "kind", GRID_TEXT },
		{ "AGE", "age_s", GRID_SECONDS },
		{ "LEFT", "expires_s", GRID_SECONDS },
		{ "REFRESHED", "refreshed_ago_s", GRID_SECONDS },
		{ "HELD", "held_s", GRID_SECONDS },
	};
	static const struct grid_column blocks[] = {
		{ "BLOCK", "addresses", GRID_TEXT },
		{ "NODE", "node", GRID_TEXT },
		{ "OURS", "own", GRID_YES },
	};
	static const struct grid_column imported[] = {
		{ "IPV4", "ipv4", GRID_TEXT },	       { "MAC", "mac", GRID_TEXT },
		{ "CLIENT", "name", GRID_TEXT },       { "SOURCE", "source", GRID_TEXT },
		{ "LEFT", "expires_s", GRID_SECONDS }, { "CLASH", "clash", GRID_YES },
		{ "IN USE", "in_use", GRID_YES },
	};
	static const struct grid_column foreign[] = {
		{ "IPV4", "ipv4", GRID_TEXT },
		{ "MAC", "mac", GRID_TEXT },
		{ "SINCE", "since_s", GRID_SECONDS },
		{ "HEARD", "heard_ago_s", GRID_SECONDS },
	};
	json_t *pool = json_object_get(result, "pool");
	json_int_t resting = json_integer_value(json_object_get(pool, "resting"));

	(void)c;
	grid_print(stdout, json_object_get(result, "leases"), leases, COUNT(leases), "no leases");
	putchar('\n');
	grid_print(stdout, json_object_get(result, "blocks"), blocks, COUNT(blocks), "no blocks");
	printf("\nour blocks: %" JSON_INTEGER_FORMAT " addresses used, %" JSON_INTEGER_FORMAT
	       " free",
	       json_integer_value(json_object_get(pool, "used")),
	       json_integer_value(json_object_get(pool, "free")));
	if (resting)
		printf(", %" JSON_INTEGER_FORMAT " rest since the start", resting);
	putchar('\n');
	if (json_array_size(json_object_get(result, "foreign"))) {
		printf("\naddresses of others, without a lease:\n");
		grid_print(stdout, json_object_get(result, "foreign"), foreign, COUNT(foreign), "");
	}
	if (!json_array_size(json_object_get(result, "imported")))
		return;
	printf("\nleases of other software:\n");
	grid_print(stdout, json_object_get(result, "imported"), imported, COUNT(imported), "");
}

static void show_released(const struct cli *c, json_t *result)
{
	(void)c;
	printf("%s is forgotten\n", json_string_value(json_object_get(result, "mac")));
}

int run_release(struct cli *c)
{
	json_t *params = json_pack("{ss}", "client", c->argv[0]);

	return cli_show(c, cli_ask(c, "lease.release", params), show_released);
}
