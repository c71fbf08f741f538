/* SPDX-License-Identifier: GPL-2.0-or-later */
/* neighbours, originators, translation. */
#include <stdio.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"

void show_neighbours(const struct cli *c, json_t *result)
{
	static const struct grid_column cloud[] = {
		{ "IN THE CLOUD", "name", GRID_TEXT },
		{ "MAC", "neigh_address", GRID_TEXT },
		{ "PORT", "hard_ifname", GRID_TEXT },
		{ "TQ", "tq", GRID_NUMBER },
		{ "LAST SEEN", "last_seen_msecs", GRID_AGE_MS },
	};
	static const struct grid_column babel[] = {
		{ "BY BABEL", "address", GRID_TEXT },
		{ "PORT", "port", GRID_TEXT },
		{ "COST", "cost", GRID_NUMBER },
		{ "RTT", "rtt_ms", GRID_AGE_MS },
	};
	static const struct grid_column state[] = {
		{ "RECORDS WITH", "name", GRID_TEXT },	 { "ID", "node_id", GRID_TEXT },
		{ "SCOPE", "scope", GRID_TEXT },	 { "SYNCED", "synced", GRID_YES },
		{ "HEARD", "heard_msecs", GRID_AGE_MS },
	};

	(void)c;
	grid_print(stdout, json_object_get(result, "cloud"), cloud, COUNT(cloud),
		   "no neighbours in the cloud");
	putchar('\n');
	grid_print(stdout, json_object_get(result, "babel"), babel, COUNT(babel),
		   "no neighbours known by Babel");
	putchar('\n');
	grid_print(stdout, json_object_get(result, "state"), state, COUNT(state),
		   "nobody to exchange records with");
}

void show_links(const struct cli *c, json_t *result)
{
	static const struct grid_column columns[] = {
		{ "NODE", "node", GRID_TEXT },	     { "MAC", "mac", GRID_TEXT },
		{ "HEARS", "neighbour", GRID_TEXT }, { "ITS MAC", "neighbour_mac", GRID_TEXT },
		{ "TQ", "tq", GRID_NUMBER },	     { "AGE", "age_s", GRID_SECONDS },
	};

	(void)c;
	grid_print(stdout, result, columns, COUNT(columns), "no node has said yet whom it hears");
}

void show_originators(const struct cli *c, json_t *result)
{
	static const struct grid_column columns[] = {
		{ "NODE", "name", GRID_TEXT },
		{ "ORIGINATOR", "orig_address", GRID_TEXT },
		{ "SEEN", "last_seen_msecs", GRID_AGE_MS },
		{ "TQ", "tq", GRID_NUMBER },
		{ "NEXT HOP", "neigh_address", GRID_TEXT },
		{ "PORT", "hard_ifname", GRID_TEXT },
		{ "MACS", "clients", GRID_NUMBER },
	};

	(void)c;
	grid_print(stdout, result, columns, COUNT(columns), "no other nodes in the cloud");
}

void show_translation(const struct cli *c, json_t *result)
{
	static const struct grid_column local[] = {
		{ "HERE", "tt_address", GRID_TEXT }, { "VID", "tt_vid", GRID_NUMBER },
		{ "FLAGS", "tt_flags", GRID_TEXT },  { "SEEN", "last_seen_msecs", GRID_AGE_MS },
		{ "NAME", "name", GRID_TEXT },
	};
	static const struct grid_column global[] = {
		{ "ELSEWHERE", "tt_address", GRID_TEXT },
		{ "VID", "tt_vid", GRID_NUMBER },
		{ "FLAGS", "tt_flags", GRID_TEXT },
		{ "ORIGINATOR", "orig_address", GRID_TEXT },
		{ "NODE", "node", GRID_TEXT },
		{ "NAME", "name", GRID_TEXT },
	};
	const char *which = c->argc ? c->argv[0] : "";

	if (strcmp(which, "global") != 0)
		grid_print(stdout, json_object_get(result, "local"), local, COUNT(local),
			   "nobody here");
	if (!which[0])
		putchar('\n');
	if (strcmp(which, "local") != 0)
		grid_print(stdout, json_object_get(result, "global"), global, COUNT(global),
			   "nobody elsewhere");
}
