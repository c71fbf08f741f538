/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shared-state: what nodes of LibreMesh say. */
#include <stdlib.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"

/* All pages; takes params. NULL after saying what is wrong. */
static json_t *ask_pages(const struct cli *c, json_t *params)
{
	json_t *list = json_array(), *page, *after;
	bool more = true;

	while (more && (page = cli_ask(c, "shared-state.list", json_incref(params)))) {
		json_array_extend(list, json_object_get(page, "entries"));
		after = json_object_get(page, "after");
		more = json_is_integer(after);
		json_object_set(params, "after", after);
		json_decref(page);
	}
	json_decref(params);
	if (!more)
		return list;
	json_decref(list);
	return NULL;
}

static void entries_print(const struct cli *c, json_t *result)
{
	static const struct grid_column columns[] = {
		{ "TYPE", "type", GRID_TEXT },	    { "KEY", "key", GRID_TEXT },
		{ "AUTHOR", "author", GRID_TEXT },  { "BY", "by", GRID_TEXT },
		{ "LIVES", "ttl_s", GRID_SECONDS }, { "DATA", "data_text", GRID_TEXT },
	};
	json_t *e;
	size_t i;

	(void)c;
	json_array_foreach(result, i, e)
	{
		char *text = json_dumps(json_object_get(e, "data"),
					JSON_COMPACT | JSON_ENCODE_ANY | CLI_JSON_PLAIN);

		json_object_set_new(e, "data_text", text ? json_string(text) : json_null());
		free(text);
	}
	grid_print(stdout, result, columns, COUNT(columns), "nobody shares anything");
}

int run_shared_state(struct cli *c)
{
	json_t *params = json_pack("{ss*}", "type", c->argc > 0 ? c->argv[0] : NULL);

	if (!params)
		return cli_fail(c, "TYPE must be text in UTF-8");
	return cli_show(c, ask_pages(c, params), entries_print);
}
