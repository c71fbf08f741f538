/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notifications, one line each, until Ctrl-C or the daemon's end: events. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"

static void print_event(json_t *e)
{
	static const char *const keys[] = { "port", "name", "mac", "ipv4", "text" };
	time_t t = (time_t)json_integer_value(json_object_get(e, "time"));
	char when[16] = "", buf[256];
	struct tm tm;

	if (t && localtime_r(&t, &tm))
		strftime(when, sizeof(when), "%H:%M:%S", &tm);
	grid_text(buf, sizeof(buf), e, "event", GRID_TEXT);
	printf("%-8s  %-15s", when, buf);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!json_is_string(json_object_get(e, keys[i])))
			continue;
		if (!strcmp(keys[i], "text") &&
		    json_equal(json_object_get(e, "text"), json_object_get(e, "name")))
			continue;
		grid_text(buf, sizeof(buf), e, keys[i], GRID_TEXT);
		printf("  %s", buf);
	}
	putchar('\n');
}

int cli_follow(struct cli *c, const char *method, json_t *params, void (*print)(json_t *))
{
	struct rpc_client client;
	json_t *e;
	bool begun;

	if (!cli_open(c, &client)) {
		json_decref(params);
		return CLI_FAILED;
	}
	e = cli_ask_over(&client, c, method, params);
	begun = e != NULL;
	while (e) {
		json_decref(e);
		e = rpc_client_next(&client, -1);
		if (e && c->json) {
			json_dumpf(e, stdout, JSON_COMPACT | CLI_JSON_PLAIN);
			putchar('\n');
		} else if (e) {
			print(e);
		}
		if (fflush(stdout) != 0)
			break;
	}
	json_decref(e);
	if (begun && client.err[0])
		cli_fail(c, "%s", client.err);
	rpc_client_close(&client);
	return CLI_FAILED;
}

int run_events(struct cli *c)
{
	return cli_follow(c, "events", NULL, print_event);
}
