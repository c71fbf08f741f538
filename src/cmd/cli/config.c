/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config show (asks the daemon), config check and config options (need none). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "core/conf/conf.h"

static int show(struct cli *c)
{
	json_t *result = cli_ask(c, "config.show", json_pack("{sb}", "all", (int)c->all));

	if (!result)
		return CLI_FAILED;
	if (c->json)
		return cli_print_json(result);
	fputs(json_string_value(json_object_get(result, "text")), stdout);
	json_decref(result);
	return CLI_OK;
}

static json_t *error_json(const struct conf_error *e)
{
	return json_pack("{sb si ss ss ss ss}", "ok", 0, "line", e->line, "section", e->section,
			 "option", e->option, "value", e->value, "message", e->message);
}

static int parse(struct cli *c, const char *file, const char *text, size_t len)
{
	struct conf *conf = malloc(sizeof(*conf));
	struct conf_error e;
	char line[512];
	struct text t = text_init(line, sizeof(line));
	int r = conf ? conf_parse(text, len, conf, &e) : -ENOMEM;

	free(conf);
	if (r == -EINVAL && c->json) {
		cli_print_json(error_json(&e));
		return CLI_FAILED;
	}
	if (r == -EINVAL) {
		conf_error_print(&e, file, &t);
		fprintf(stderr, "%s\n", line);
		return CLI_FAILED;
	}
	if (r == -E2BIG)
		return cli_fail(c, "%s: longer than %d bytes", file, CONF_SIZE_MAX);
	if (r)
		return cli_fail(c, "%s", strerror(-r));
	if (c->json)
		return cli_print_json(json_pack("{sb}", "ok", 1));
	printf("%s: good\n", file);
	return CLI_OK;
}

static int check(struct cli *c)
{
	const char *file = c->argv[1];
	char *text = malloc(CONF_SIZE_MAX + 1);
	FILE *f = fopen(file, "re");
	size_t len = 0;
	int r;

	if (f && text)
		len = fread(text, 1, CONF_SIZE_MAX + 1, f);
	if (!f || !text || ferror(f))
		r = cli_fail(c, "%s: %s", file, strerror(errno));
	else
		r = parse(c, file, text, len);
	if (f)
		fclose(f);
	free(text);
	return r;
}

static json_t *options_json(void)
{
	json_t *list = json_array();
	struct conf_doc_entry e;

	for (uint32_t i = 0; conf_doc_next(&i, &e);)
		json_array_append_new(list, json_pack("{ss ss sb sb ss ss ss}", "section",
						      e.section, "option", e.option, "list",
						      (int)e.list, "secret", (int)e.secret, "type",
						      e.type, "default", e.def, "help", e.help));
	return list;
}

static int options(struct cli *c)
{
	char *buf = malloc(CONF_SIZE_MAX);
	struct text t;

	if (c->json) {
		free(buf);
		return cli_print_json(options_json());
	}
	if (!buf)
		return cli_fail(c, "%s", strerror(ENOMEM));
	t = text_init(buf, CONF_SIZE_MAX);
	conf_doc(CONF_DOC_TEXT, &t);
	fputs(buf, stdout);
	free(buf);
	return CLI_OK;
}

int run_config(struct cli *c)
{
	bool is_check = !strcmp(c->argv[0], "check");

	if (is_check != (c->argc == 2)) {
		fprintf(stderr, "trama config: usage: trama config %s\n", c->command->args);
		return CLI_USE;
	}
	if (is_check)
		return check(c);
	return !strcmp(c->argv[0], "show") ? show(c) : options(c);
}
