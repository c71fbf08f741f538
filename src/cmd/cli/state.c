/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state list, get, put, watch: replicated records. */
#include <stdint.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"
#include "lib/text.h"

/* {"type": ..., "author": ...} as far as they are given. */
static json_t *filter(const struct cli *c)
{
	return json_pack("{ss* ss*}", "type", c->argc > 0 ? c->argv[0] : NULL, "author", c->author);
}

static const char *type_text(json_t *r, char buf[static 48])
{
	json_int_t number = cli_number(r, "type");
	const char *name = json_string_value(json_object_get(r, "type_name"));

	if (name)
		snprintf(buf, 48, "%s (%" JSON_INTEGER_FORMAT ")", name, number);
	else
		snprintf(buf, 48, "%" JSON_INTEGER_FORMAT, number);
	return buf;
}

/* Those of one author count on, for each start of it anew; of a shared record there is one for
 * each writing. */
static const char *version_text(json_t *r, char buf[static 48])
{
	if (!strcmp(cli_text(r, "kind"), "owned"))
		snprintf(buf, 48, "%" JSON_INTEGER_FORMAT ".%" JSON_INTEGER_FORMAT,
			 cli_number(r, "epoch"), cli_number(r, "counter"));
	else
		snprintf(buf, 48, "%" JSON_INTEGER_FORMAT, cli_number(r, "epoch"));
	return buf;
}

/* The field of a record that tells who wrote it. */
static const char *author_field(json_t *r)
{
	return json_is_null(json_object_get(r, "author")) ? "author_id" : "author";
}

/* ---- list ---- */

/* All pages; NULL after saying what is wrong. *ret_held: how many the node has. */
static json_t *list_all(struct cli *c, struct rpc_client *client, json_int_t *ret_held)
{
	json_t *list = json_array(), *params, *page, *after = NULL;

	do {
		params = filter(c);
		json_object_set_new(params, "all", json_boolean(c->all));
		if (after)
			json_object_set_new(params, "after", after);
		page = cli_ask_over(client, c, "state.list", params);
		if (!page) {
			json_decref(list);
			return NULL;
		}
		json_array_extend(list, json_object_get(page, "records"));
		*ret_held = cli_number(page, "held");
		after = json_object_get(page, "after");
		after = json_is_integer(after) ? json_incref(after) : NULL;
		json_decref(page);
	} while (after);
	return list;
}

static void list_print(json_t *list, json_int_t held)
{
	static const struct grid_column columns[] = {
		{ "TYPE", "type_text", GRID_TEXT },
		{ "ID", "id", GRID_TEXT },
		{ "AUTHOR", "author", GRID_TEXT },
		{ "SCOPE", "scope", GRID_TEXT },
		{ "KIND", "kind", GRID_TEXT },
		{ "VERSION", "version_text", GRID_TEXT },
		{ "LIFETIME", "lifetime_s", GRID_SECONDS },
		{ "AGE", "age_s", GRID_SECONDS },
		{ "QUIET", "quiet_s", GRID_SECONDS },
		{ "SIZE", "size", GRID_NUMBER },
	};
	json_int_t bytes = 0;
	char buf[48];
	json_t *r;
	size_t i;

	json_array_foreach(list, i, r)
	{
		bytes += cli_number(r, "size");
		json_object_set_new(r, "type_text", json_string(type_text(r, buf)));
		json_object_set_new(r, "version_text", json_string(version_text(r, buf)));
		json_object_set(r, "author", json_object_get(r, author_field(r)));
		if (json_is_true(json_object_get(r, "deleted")))
			json_object_set_new(r, "kind", json_string("deleted"));
	}
	grid_print(stdout, list, columns, COUNT(columns), "no records");
	printf("\n%zu of %" JSON_INTEGER_FORMAT " records, %" JSON_INTEGER_FORMAT
	       " bytes of values\n",
	       json_array_size(list), held, bytes);
}

int run_state_list(struct cli *c)
{
	struct rpc_client client;
	json_int_t held = 0;
	json_t *list;

	if (!cli_open(c, &client))
		return CLI_FAILED;
	list = list_all(c, &client, &held);
	rpc_client_close(&client);
	if (!list)
		return CLI_FAILED;
	if (c->json)
		return cli_print_json(json_pack("{so sI}", "records", list, "held", held));
	list_print(list, held);
	json_decref(list);
	return CLI_OK;
}

/* ---- get ---- */

static void line(json_t *r, const char *title, const char *key, enum grid_cell cell)
{
	char buf[512];

	grid_text(buf, sizeof(buf), r, key, cell);
	printf("%-10s%s\n", title, buf);
}

static void fields_print(json_t *list)
{
	char name[32], buf[512];
	json_t *f, *v;
	size_t i;

	json_array_foreach(list, i, f)
	{
		v = json_object_get(f, "value");
		snprintf(name, sizeof(name), "field %" JSON_INTEGER_FORMAT, cli_number(f, "field"));
		if (json_is_string(json_object_get(f, "name")))
			grid_text(name, sizeof(name), f, "name", GRID_TEXT);
		grid_text(buf, sizeof(buf), f, json_is_null(v) ? "bytes" : "value",
			  json_is_integer(v) ? GRID_NUMBER : GRID_TEXT);
		printf("  %-12s%s\n", name, buf);
	}
}

static void record_print(json_t *r)
{
	const char *hex = cli_text(r, "value");
	char type[48], version[48];

	printf("%-10s%s\n", "type", type_text(r, type));
	line(r, "id", "id", GRID_TEXT);
	line(r, "author", author_field(r), GRID_TEXT);
	line(r, "scope", "scope", GRID_TEXT);
	line(r, "kind", "kind", GRID_TEXT);
	printf("%-10s%s\n", "version", version_text(r, version));
	line(r, "lifetime", "lifetime_s", GRID_SECONDS);
	line(r, "age", "age_s", GRID_SECONDS);
	line(r, "quiet", "quiet_s", GRID_SECONDS);
	printf("%-10s%" JSON_INTEGER_FORMAT " bytes\n", "size", cli_number(r, "size"));
	if (json_is_array(json_object_get(r, "fields")))
		fields_print(json_object_get(r, "fields"));
	else if (json_is_string(json_object_get(r, "text")))
		line(r, "value", "text", GRID_TEXT);
	else
		printf("%-10s0x%s\n", "value", hex);
}

int run_state_get(struct cli *c)
{
	json_t *params = filter(c), *result, *list, *r;
	size_t i;

	json_object_set_new(params, "id", json_string(c->argv[1]));
	result = cli_ask(c, "state.get", params);
	if (!result)
		return CLI_FAILED;
	if (c->json)
		return cli_print_json(result);
	list = json_object_get(result, "records");
	json_array_foreach(list, i, r)
	{
		if (i > 0)
			putchar('\n');
		record_print(r);
	}
	json_decref(result);
	return CLI_OK;
}

/* ---- put ---- */

int run_state_put(struct cli *c)
{
	char id[128], life[32], version[48];
	json_t *params, *r;
	long long type;

	if (text_number(c->argv[0], 0, UINT8_MAX, &type) != 0)
		return cli_fail(c,
				"'%s' is no number of a type: those from 128 to 255 are free to be "
				"used",
				c->argv[0]);
	params = json_pack("{sI ss ss* sb sb}", "type", (json_int_t)type, "id", c->argv[1], "value",
			   c->argc > 2 ? c->argv[2] : NULL, "owned", (int)c->owned, "network",
			   (int)c->network);
	if (!params)
		return cli_fail(c, "ID and VALUE must be text in UTF-8, or 0x and hex digits");
	if (c->lifetime_s)
		json_object_set_new(params, "lifetime_s", json_integer(c->lifetime_s));
	r = cli_ask(c, "state.put", params);
	if (!r)
		return CLI_FAILED;
	if (c->json)
		return cli_print_json(r);
	grid_text(id, sizeof(id), r, "id", GRID_TEXT);
	grid_text(life, sizeof(life), r, "lifetime_s", GRID_SECONDS);
	if (json_is_true(json_object_get(r, "deleted")))
		printf("%lld %s is deleted\n", type, id);
	else
		printf("%lld %s is written: version %s, for %s\n", type, id,
		       version_text(r, version), life);
	json_decref(r);
	return CLI_OK;
}

/* ---- watch ---- */

static void change_print(json_t *r)
{
	char change[16], id[128], author[80], type[48], version[48], size[32];

	grid_text(change, sizeof(change), r, "change", GRID_TEXT);
	grid_text(id, sizeof(id), r, "id", GRID_TEXT);
	grid_text(author, sizeof(author), r, author_field(r), GRID_TEXT);
	grid_text(size, sizeof(size), r, "size", GRID_NUMBER);
	printf("%-8s  %-11s  %s  by %s, %s, version %s, %s bytes\n", change, type_text(r, type), id,
	       author, cli_text(r, "scope"), version_text(r, version), size);
}

int run_state_watch(struct cli *c)
{
	return cli_follow(c, "state.watch", filter(c), change_print);
}
