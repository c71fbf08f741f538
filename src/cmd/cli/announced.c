/* SPDX-License-Identifier: GPL-2.0-or-later */
/* service list, add, remove and note list, set, remove: what people say of the network. */
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"

/* ---- services ---- */

void show_services(const struct cli *c, json_t *result)
{
	static const struct grid_column columns[] = {
		{ "SERVICE", "name", GRID_TEXT },    { "PROTOCOL", "protocol", GRID_TEXT },
		{ "ADDRESS", "address", GRID_TEXT }, { "PORT", "port", GRID_NUMBER },
		{ "NODE", "node", GRID_TEXT },	     { "TEXT", "text", GRID_TEXT },
	};

	(void)c;
	grid_print(stdout, result, columns, COUNT(columns), "no node announces a service");
}

static void show_service(const struct cli *c, json_t *s)
{
	(void)c;
	printf("announced: %s at %s, %s port %" JSON_INTEGER_FORMAT "\n", cli_text(s, "name"),
	       cli_text(s, "address"), cli_text(s, "protocol"), cli_number(s, "port"));
}

/* "80", "80/tcp", "53/udp"; false after saying what is wrong. */
static bool port_read(const struct cli *c, const char *word, json_t *params)
{
	char *end;
	unsigned long port = strtoul(word, &end, 10);
	bool is_right = *word >= '0' && *word <= '9' && port > 0 && port <= 65535;

	json_object_set_new(params, "port", json_integer((json_int_t)port));
	if (is_right && *end)
		is_right = *end == '/' &&
			   json_object_set_new(params, "protocol", json_string(end + 1)) == 0;
	if (!is_right)
		cli_fail(c, "'%s' is no port: give 1 to 65535, or with a protocol as in 53/udp",
			 word);
	return is_right;
}

/* OPTION=VALUE; false after saying what is wrong. */
static bool option_read(const struct cli *c, const char *word, json_t *params)
{
	static const char *const names[] = { "address", "text" };

	for (size_t i = 0; i < COUNT(names); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(word, names[i], len) != 0 || word[len] != '=')
			continue;
		if (json_object_set_new(params, names[i], json_string(word + len + 1)) == 0)
			return true;
	}
	cli_fail(c, "'%s' is neither address=ADDRESS nor text=TEXT, in UTF-8", word);
	return false;
}

int run_service_add(struct cli *c)
{
	json_t *params = json_pack("{ss?}", "name", c->argv[0]);
	bool is_right = params && port_read(c, c->argv[1], params);

	for (int i = 2; is_right && i < c->argc; i++)
		is_right = option_read(c, c->argv[i], params);
	if (is_right)
		return cli_show(c, cli_ask(c, "service.add", params), show_service);
	json_decref(params);
	return CLI_USE;
}

static void show_removed(const struct cli *c, json_t *s)
{
	(void)c;
	printf("%s is not announced any more\n", cli_text(s, "name"));
}

int run_service_remove(struct cli *c)
{
	json_t *params = json_pack("{ss}", "name", c->argv[0]);

	return cli_show(c, cli_ask(c, "service.remove", params), show_removed);
}

/* ---- notes ---- */

void show_notes(const struct cli *c, json_t *result)
{
	static const struct grid_column columns[] = {
		{ "OF", "of", GRID_TEXT },	     { "MAC", "mac", GRID_TEXT },
		{ "NODE ID", "node_id", GRID_TEXT }, { "BY", "by", GRID_TEXT },
		{ "NOTE", "text", GRID_TEXT },
	};

	(void)c;
	grid_print(stdout, result, columns, COUNT(columns), "there are no notes");
}

static const char *whom(json_t *note)
{
	const char *const keys[] = { "of", "mac" };

	for (size_t i = 0; i < COUNT(keys); i++)
		if (json_is_string(json_object_get(note, keys[i])))
			return cli_text(note, keys[i]);
	return cli_text(note, "node_id");
}

static void show_note(const struct cli *c, json_t *note)
{
	(void)c;
	if (json_is_string(json_object_get(note, "text")))
		printf("note of %s: %s\n", whom(note), cli_text(note, "text"));
	else
		printf("no note of %s any more\n", whom(note));
}

int run_note_set(struct cli *c)
{
	json_t *params = json_pack("{ss ss}", "of", c->argv[0], "text", c->argv[1]);

	if (!params)
		return cli_fail(c, "what is given must be text in UTF-8");
	return cli_show(c, cli_ask(c, "note.set", params), show_note);
}

int run_note_remove(struct cli *c)
{
	json_t *params = json_pack("{ss}", "of", c->argv[0]);

	return cli_show(c, cli_ask(c, "note.set", params), show_note);
}
