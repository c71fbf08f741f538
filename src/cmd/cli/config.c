/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config show (asks the daemon), config check and config options (need none). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"
#include "core/conf/conf.h"

static void text_print(const struct cli *c, json_t *result)
{
	(void)c;
	fputs(json_string_value(json_object_get(result, "text")), stdout);
}

static int show(struct cli *c)
{
	json_t *params = json_pack("{sb}", "all", (int)c->all);

	return cli_show(c, cli_ask(c, "config.show", params), text_print);
}

static void line_print(FILE *to, const char *file, const struct conf_error *e)
{
	char line[512];
	struct text t = text_init(line, sizeof(line));

	conf_error_print(e, file, &t);
	fprintf(to, "%s\n", line);
}

static json_t *error_json(const struct conf_error *e)
{
	return json_pack("{si ss ss ss ss}", "line", e->line, "section", e->section, "option",
			 e->option, "value", e->value, "message", e->message);
}

static int bad(const struct cli *c, const char *file, const struct conf_error *e)
{
	json_t *j = json_pack("{sb}", "ok", 0), *what = error_json(e);

	if (c->json) {
		json_object_update(j, what);
		cli_print_json(j);
	} else {
		line_print(stderr, file, e);
		json_decref(j);
	}
	json_decref(what);
	return CLI_FAILED;
}

static int good(const struct cli *c, const char *file, const struct conf_remarks *remarks)
{
	json_t *list = json_array();

	if (!c->json)
		printf("%s: good\n", file);
	for (uint32_t i = 0; i < remarks->count; i++) {
		if (c->json)
			json_array_append_new(list, error_json(&remarks->list[i]));
		else
			line_print(stdout, file, &remarks->list[i]);
	}
	if (c->json)
		return cli_print_json(json_pack("{sb so}", "ok", 1, "remarks", list));
	json_decref(list);
	return CLI_OK;
}

static int parse(struct cli *c, const char *file, const char *text, size_t len)
{
	struct conf *conf = malloc(sizeof(*conf));
	struct conf_remarks remarks;
	struct conf_error e;
	int r = conf ? conf_parse_remarks(text, len, conf, &e, &remarks) : -ENOMEM;

	free(conf);
	if (r == -EINVAL)
		return bad(c, file, &e);
	if (r == -E2BIG)
		return cli_fail(c, "%s: longer than %d bytes", file, CONF_SIZE_MAX);
	if (r)
		return cli_fail(c, "%s", strerror(-r));
	return good(c, file, &remarks);
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
		json_array_append_new(list,
				      json_pack("{ss ss sb sb sb ss ss ss}", "section", e.section,
						"option", e.option, "list", (int)e.list, "secret",
						(int)e.secret, "local", (int)e.local, "type",
						e.type, "default", e.def, "help", e.help));
	return list;
}

static const char man_head[] =
	".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
	".TH TRAMA.CONF 5 \"\" \"trama " TRAMA_VERSION "\"\n"
	".SH NAME\ntrama.conf \\- configuration of a node of a community mesh network\n"
	".SH SYNOPSIS\n.I /etc/config/trama\n.br\n.I /etc/trama/trama.conf\n"
	".SH DESCRIPTION\n"
	"Read by\n.BR tramad (8),\nthe first of the two files that exists. Without any a node "
	"works with all defaults.\n.PP\n"
	"The syntax is UCI\\(aqs: sections\n.RB ( \"config TYPE \\(aqNAME\\(aq\" ),\nin them\n"
	".B option NAME \\(aqVALUE\\(aq\nand\n.B list NAME \\(aqVALUE\\(aq\nonce per item; "
	"comments from # on. Sections of type lime hold what LibreMesh has under the same name, "
	"those of type trama what is trama\\(aqs own, and\n.B config port \\(aqeth0\\(aq\n"
	"is about one port,\n.B config host \\(aqprinter\\(aq\nabout one client: all nodes of "
	"the cloud give it what one of them has here. What is unknown or out of range is an "
	"error:\n"
	".B trama config check FILE\nnames line, option, value and what is allowed, and what is "
	"right but has less effect than it says.\n.PP\n"
	"Where the network has an admin, options can be set for all of its nodes:\n"
	".BR \"trama settings\" .\nWhat a node\\(aqs own file says goes before that, and some "
	"options "
	"are only there.\n"
	".SH OPTIONS\n";

static const char man_tail[] = ".SH EXAMPLE\n.nf\nconfig lime \\(aqwifi\\(aq\n"
			       "\toption ap_ssid \\(aqplaza\\(aq\n\n"
			       "config port \\(aqeth0\\(aq\n\toption role \\(aquplink\\(aq\n\n"
			       "config host \\(aqprinter\\(aq\n"
			       "\toption mac \\(aq02:00:00:12:34:56\\(aq\n"
			       "\toption ip \\(aq10.13.77.7\\(aq\n"
			       "\tlist dhcp_option \\(aqntp-server,10.13.0.9\\(aq\n.fi\n"
			       ".SH SEE ALSO\n.BR trama (1),\n.BR tramad (8)\n";

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
	conf_doc(c->man ? CONF_DOC_MAN : CONF_DOC_TEXT, &t);
	printf("%s%s%s", c->man ? man_head : "", buf, c->man ? man_tail : "");
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
