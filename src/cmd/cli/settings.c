/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings list, get, set, unset, apply, drop, rollback, diff: settings of the network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/grid.h"
#include "cmd/cli/password.h"

#define TAKEN_TRIES 50 /* a node needs half a second, if its machine is not busy */
#define TAKEN_MS 100

static const char *const realms[] = { "network", "cloud" };

/* ---- list ---- */

static const char *here_text(json_t *s)
{
	const char *state = cli_text(s, "state");

	if (!strcmp(state, "used"))
		return "yes";
	if (!strcmp(state, "refused"))
		return cli_text(s, "reason");
	return "no: this node's own configuration or its cloud says otherwise";
}

static void add_rows(json_t *rows, const char *realm, json_t *set)
{
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(set, "settings"), i, s)
	{
		json_t *row = json_copy(s);

		json_object_set_new(row, "realm", json_string(realm));
		json_object_set_new(row, "here", json_string(here_text(s)));
		json_array_append_new(rows, row);
	}
}

static void sets_print(const char *realm, json_t *r)
{
	json_t *now = json_object_get(r, "in_force"), *staged = json_object_get(r, "staged");

	if (cli_number(now, "set"))
		printf("%s: set %" JSON_INTEGER_FORMAT " is in force", realm,
		       cli_number(now, "set"));
	else
		printf("%s: nothing is set", realm);
	if (json_is_object(staged))
		printf(", set %" JSON_INTEGER_FORMAT " is staged (trama settings diff)",
		       cli_number(staged, "set"));
	putchar('\n');
}

void show_settings(const struct cli *c, json_t *r)
{
	static const struct grid_column columns[] = {
		{ "OPTION", "option", GRID_TEXT },
		{ "VALUE", "values", GRID_LIST },
		{ "FOR", "realm", GRID_TEXT },
		{ "USED HERE", "here", GRID_TEXT },
	};
	json_t *rows = json_array();

	(void)c;
	for (size_t i = 0; i < COUNT(realms); i++)
		add_rows(rows, realms[i],
			 json_object_get(json_object_get(r, realms[i]), "in_force"));
	grid_print(stdout, rows, columns, COUNT(columns), "no settings");
	putchar('\n');
	for (size_t i = 0; i < COUNT(realms); i++)
		sets_print(realms[i], json_object_get(r, realms[i]));
	json_decref(rows);
}

/* ---- get ---- */

static json_t *find(json_t *set, const char *option)
{
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(set, "settings"), i,
			   s) if (!strcmp(cli_text(s, "option"), option)) return s;
	return NULL;
}

static void values_print(const struct cli *c, json_t *s)
{
	char text[512];
	json_t *v;
	size_t i;

	(void)c;
	json_array_foreach(json_object_get(s, "values"), i, v)
	{
		json_t *row = json_pack("{sO}", "v", v);

		grid_text(text, sizeof(text), row, "v", GRID_TEXT);
		puts(*json_string_value(v) ? text : "");
		json_decref(row);
	}
}

int run_settings_get(struct cli *c)
{
	json_t *r = cli_ask(c, "settings.show", NULL), *s = NULL;
	int status;

	for (size_t i = COUNT(realms); r && !s && i > 0; i--)
		s = find(json_object_get(json_object_get(r, realms[i - 1]), "in_force"),
			 c->argv[0]);
	if (r && !s)
		cli_fail(c, "'%s' is not set for the network", c->argv[0]);
	status = cli_show(c, json_incref(s), values_print);
	json_decref(r);
	return status;
}

/* ---- diff ---- */

static void lines_print(char sign, json_t *s)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(s, "values"), i, v)
		printf("%c %s %s\n", sign, cli_text(s, "option"), json_string_value(v));
}

static void diff_print(const struct cli *c, json_t *r)
{
	json_t *now = json_object_get(r, "in_force"), *staged = json_object_get(r, "staged"), *s;
	size_t i;

	(void)c;
	if (!json_is_object(staged)) {
		puts("nothing is staged");
		return;
	}
	cli_clean(r);
	json_array_foreach(json_object_get(now, "settings"), i, s)
	{
		json_t *other = find(staged, cli_text(s, "option"));

		if (!other ||
		    !json_equal(json_object_get(s, "values"), json_object_get(other, "values")))
			lines_print('-', s);
	}
	json_array_foreach(json_object_get(staged, "settings"), i, s)
	{
		json_t *other = find(now, cli_text(s, "option"));

		if (!other ||
		    !json_equal(json_object_get(s, "values"), json_object_get(other, "values")))
			lines_print('+', s);
	}
}

int run_settings_diff(struct cli *c)
{
	json_t *r = cli_ask(c, "settings.show", NULL), *realm;
	int status;

	if (!r)
		return CLI_FAILED;
	realm = json_incref(json_object_get(r, realms[c->cloud]));
	status = cli_show(c, realm, diff_print);
	json_decref(r);
	return status;
}

/* ---- write ---- */

static void written_print(const struct cli *c, json_t *r)
{
	if (!cli_number(r, "written"))
		puts("nothing to do: it is like that");
	else if (c->stage || c->command->run == run_settings_drop)
		puts("done; what is in force has not changed");
	else if (json_is_true(json_object_get(r, "taken")))
		puts("done; this node has taken it over, others do when they hear of it");
	else
		puts("done, but this node has not taken it over yet: its log says why");
}

/* Waits until this node has started with what is in force now; false: it did not. */
static bool taken(const struct cli *c)
{
	bool pending = true;

	for (int i = 0; i < TAKEN_TRIES && pending; i++) {
		struct rpc_client client;
		json_t *r;

		cli_pause(TAKEN_MS);
		if (rpc_client_open(&client, c->socket))
			continue;
		r = rpc_client_call(&client, "settings.show", NULL);
		pending = !r || json_is_true(json_object_get(r, "pending"));
		json_decref(r);
		rpc_client_close(&client);
	}
	return !pending;
}

/* Takes params. */
static int write_settings(struct cli *c, const char *act, json_t *params)
{
	struct password_key k;
	json_t *r;

	json_object_set_new(params, "act", json_string(act));
	json_object_set_new(params, "cloud", json_boolean(c->cloud));
	if (!admin_key_ask(c, &k)) {
		json_decref(params);
		return CLI_FAILED;
	}
	r = password_call(c, "settings.write", params, &k, ADMIN_RECORD_SETTING, NULL);
	password_forget(&k);
	if (r && cli_number(r, "written"))
		json_object_set_new(r, "taken", json_boolean(taken(c)));
	return cli_show(c, r, written_print);
}

/* The values by line; an empty one alone is a line as well. */
static json_t *values_join(char **values, int count)
{
	size_t size = 2;
	char *text, *at;
	json_t *v;

	for (int i = 0; i < count; i++)
		size += strlen(values[i]) + 1;
	text = calloc(1, size);
	if (!text)
		return NULL;
	at = text;
	for (int i = 0; i < count; i++)
		at += sprintf(at, "%s%s", i ? "\n" : "", values[i]);
	if (!*text)
		strcpy(text, "\n");
	v = json_string(text);
	free(text);
	return v;
}

int run_settings_set(struct cli *c)
{
	json_t *value = values_join(c->argv + 1, c->argc - 1), *params;

	params = value ? json_pack("{ss so}", "option", c->argv[0], "value", value) : NULL;
	if (params)
		return write_settings(c, c->stage ? "stage" : "set", params);
	cli_fail(c, "OPTION and VALUE must be text in UTF-8");
	return CLI_USE;
}

int run_settings_unset(struct cli *c)
{
	json_t *params = json_pack("{ss}", "option", c->argv[0]);

	if (params)
		return write_settings(c, c->stage ? "stage" : "set", params);
	cli_fail(c, "OPTION must be text in UTF-8");
	return CLI_USE;
}

int run_settings_apply(struct cli *c)
{
	return write_settings(c, "apply", json_object());
}

int run_settings_drop(struct cli *c)
{
	return write_settings(c, "drop", json_object());
}

int run_settings_rollback(struct cli *c)
{
	return write_settings(c, "rollback", json_object());
}
