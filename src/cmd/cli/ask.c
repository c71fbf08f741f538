/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the daemon, and saying what went wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "cmd/cli/cli.h"
#include "lib/text.h"

int cli_fail(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "trama %s: ", c->command->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CLI_FAILED;
}

void cli_pause(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&t, NULL);
}

bool cli_open(const struct cli *c, struct rpc_client *client)
{
	if (rpc_client_open(client, c->socket) == 0)
		return true;
	cli_fail(c, "%s", client->err);
	return false;
}

json_t *cli_ask_over(struct rpc_client *client, const struct cli *c, const char *method,
		     json_t *params)
{
	json_t *result = rpc_client_call(client, method, params);

	if (!result)
		cli_fail(c, "%s", client->err);
	return result;
}

json_t *cli_ask(const struct cli *c, const char *method, json_t *params)
{
	struct rpc_client client;
	json_t *result;

	if (!cli_open(c, &client)) {
		json_decref(params);
		return NULL;
	}
	result = cli_ask_over(&client, c, method, params);
	rpc_client_close(&client);
	return result;
}

static void clean_text(json_t *v)
{
	char buf[1024];
	struct text t = text_init(buf, sizeof(buf));

	text_add_plain(&t, json_string_value(v));
	(void)json_string_set_nocheck(v, buf);
}

void cli_clean(json_t *v)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(v))
		clean_text(v);
	json_array_foreach(v, i, item) cli_clean(item);
	json_object_foreach(v, key, item) cli_clean(item);
}

const char *cli_text(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "-";
}

json_int_t cli_number(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

int cli_print_json(json_t *result)
{
	json_dumpf(result, stdout, JSON_INDENT(2) | CLI_JSON_PLAIN);
	putchar('\n');
	json_decref(result);
	return CLI_OK;
}

int cli_show(const struct cli *c, json_t *result, cli_show_fn *print)
{
	if (!result)
		return CLI_FAILED;
	if (c->json)
		return cli_print_json(result);
	print(c, result);
	json_decref(result);
	return CLI_OK;
}
