/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gateways, routes. */
#include <stdio.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"

void show_gateway(json_t *used, char *ret, size_t cap)
{
	char name[128], port[64];
	bool named = json_is_string(json_object_get(used, "name"));

	if (json_is_null(json_object_get(used, "port"))) {
		snprintf(ret, cap, "none");
		return;
	}
	grid_text(name, sizeof(name), used, named ? "name" : "via", GRID_TEXT);
	grid_text(port, sizeof(port), used, "port", GRID_TEXT);
	snprintf(ret, cap, "%s by %s", name, port);
}

static void show_used(json_t *result, const char *family, const char *label)
{
	json_t *used = json_object_get(json_object_get(result, "used"), family);
	char gateway[256], reason[160];

	show_gateway(used, gateway, sizeof(gateway));
	grid_text(reason, sizeof(reason), used, "reason", GRID_TEXT);
	printf("%s: %s\n      %s\n", label, gateway, reason);
}

void show_gateways(const struct cli *c, json_t *result)
{
	static const struct grid_column gateways[] = {
		{ "GATEWAY", "name", GRID_TEXT },	 { "MAC", "mac", GRID_TEXT },
		{ "IPV4", "ipv4_works", GRID_YES },	 { "USED", "ipv4_used", GRID_YES },
		{ "IPV6", "ipv6_works", GRID_YES },	 { "USED", "ipv6_used", GRID_YES },
		{ "RESOLVER", "resolvers", GRID_FIRST },
	};
	static const struct grid_column uplinks[] = {
		{ "UPLINK", "port", GRID_TEXT },	  { "KIND", "kind", GRID_TEXT },
		{ "ADDRESS", "ipv4_address", GRID_TEXT }, { "ROUTER", "ipv4_router", GRID_TEXT },
		{ "IPV4", "ipv4.state", GRID_TEXT },	  { "IPV6", "ipv6.state", GRID_TEXT },
	};

	(void)c;
	show_used(result, "ipv4", "IPv4");
	show_used(result, "ipv6", "IPv6");
	putchar('\n');
	grid_print(stdout, json_object_get(result, "gateways"), gateways, COUNT(gateways),
		   "no gateways in the network");
	putchar('\n');
	grid_print(stdout, json_object_get(result, "uplinks"), uplinks, COUNT(uplinks),
		   "this node has no uplink");
}

void show_routes(const struct cli *c, json_t *result)
{
	static const struct grid_column columns[] = {
		{ "TO", "to", GRID_TEXT },	     { "FROM", "from", GRID_TEXT },
		{ "VIA", "via", GRID_TEXT },	     { "PORT", "port", GRID_TEXT },
		{ "METRIC", "metric", GRID_NUMBER },
	};

	(void)c;
	grid_print(stdout, result, columns, COUNT(columns), "Babel has learnt no routes");
}
