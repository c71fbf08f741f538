/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state list, get, put, watch: replicated records. */
#include <stdint.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"
#include "lib/text.h"

/* {"type": ..., "id": ..., "author": ...} as far as they are given; NULL after saying that a word
 * is no text. */
static json_t *filter(const struct cli *c)
{
	json_t *params = json_pack("{ss* ss* ss*}", "type", c->argc > 0 ? c->argv[0] : NULL, "id",
				   c->argc > 1 ? c->argv[1] : NULL, "author", c->author);

	if (!params)
		cli_fail(c, "TYPE, ID and NODE must be text in UTF-8");
	return params;
}

/* The answer with the records of all its pages; takes params. NULL after saying what is wrong. */
static json_t *ask_pages(const struct cli *c, const char *method, json_t *params)
{
	json_t *list = json_array(), *page = NULL, *after;
	struct rpc_client client;
	bool open = cli_open(c, &client);

	while (open && (page = cli_ask_over(&client, c, method, json_incref(params)))) {
		json_array_extend(list, json_object_get(page, "records"));
		after = json_object_get(page, "after");
		if (!json_is_integer(after))
			break;
		json_object_set(params, "after", after);
		json_decref(page);
	}
	if (page) {
		json_object_set(page, "records", list);
		json_object_del(page, "after");
	}
	json_decref(list);
	json_decref(params);
	rpc_client_close(&client);
	return page;
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

static void list_print(const struct cli *c, json_t *result)
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
	json_t *list = json_object_get(result, "records"), *r;
	json_int_t bytes = 0;
	char buf[48];
	size_t i;

	(void)c;
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
	       json_array_size(list), cli_number(result, "held"), bytes);
}

int run_state_list(struct cli *c)
{
	json_t *params = filter(c);

	if (!params)
		return CLI_USE;
	json_object_set_new(params, "all", json_boolean(c->all));
	return cli_show(c, ask_pages(c, "state.list", params), list_print);
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

/* As text where that is the whole of it, so that no two values look alike. */
static void value_print(json_t *r)
{
	const char *text = json_string_value(json_object_get(r, "text"));
	char buf[512];

	grid_text(buf, sizeof(buf), r, "text", GRID_TEXT);
	if (text && !strcmp(text, buf))
		printf("%-10s%s\n", "value", text);
	else
		printf("%-10s0x%s\n", "value", cli_text(r, "value"));
}

static void record_print(json_t *r)
{
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
	else
		value_print(r);
}

static void get_print(const struct cli *c, json_t *result)
{
	json_t *list = json_object_get(result, "records"), *r;
	size_t i;

	(void)c;
	json_array_foreach(list, i, r)
	{
		if (i > 0)
			putchar('\n');
		record_print(r);
	}
}

int run_state_get(struct cli *c)
{
	json_t *params = filter(c);

	return params ? cli_show(c, ask_pages(c, "state.get", params), get_print) : CLI_USE;
}

/* ---- put ---- */

/* NULL after saying what is wrong. */
static json_t *put_params(const struct cli *c)
{
	json_t *params = NULL;
	long long type;

	if (text_number(c->argv[0], 0, UINT8_MAX, &type) != 0) {
		cli_fail(c,
			 "'%s' is no number of a type: those from 128 to 255 are free to be used",
			 c->argv[0]);
	} else if (c->deleted && c->argc > 2) {
		cli_fail(c, "with --delete there is no VALUE");
	} else if (!c->deleted && c->argc < 3) {
		cli_fail(c, "VALUE is missing; to delete the record, give --delete");
	} else {
		params = json_pack("{sI ss ss* sb sb}", "type", (json_int_t)type, "id", c->argv[1],
				   "value", c->argc > 2 ? c->argv[2] : NULL, "owned", (int)c->owned,
				   "network", (int)c->network);
		if (!params)
			cli_fail(c, "ID and VALUE must be text in UTF-8, or 0x and hex digits");
	}
	if (params && c->lifetime_s)
		json_object_set_new(params, "lifetime_s", json_integer(c->lifetime_s));
	return params;
}

/* What is there already, by whomever, and young is not written again. */
static void put_print(const struct cli *c, json_t *r)
{
	json_int_t left = cli_number(r, "lifetime_s") - cli_number(r, "quiet_s");
	bool new = json_is_true(json_object_get(r, "own")) && cli_number(r, "age_s") == 0;
	char id[128], life[32], version[48];

	(void)c;
	grid_text(id, sizeof(id), r, "id", GRID_TEXT);
	printf("%" JSON_INTEGER_FORMAT " %s is ", cli_number(r, "type"), id);
	if (json_is_true(json_object_get(r, "deleted"))) {
		puts("deleted");
		return;
	}
	grid_duration(life, sizeof(life), (double)left);
	printf("%s: version %s, for %s\n", new ? "written" : "already there",
	       version_text(r, version), life);
}

int run_state_put(struct cli *c)
{
	json_t *params = put_params(c);

	return params ? cli_show(c, cli_ask(c, "state.put", params), put_print) : CLI_USE;
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
	json_t *params = filter(c);

	return params ? cli_follow(c, "state.watch", params, change_print) : CLI_USE;
}
