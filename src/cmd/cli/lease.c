/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lease list, add, reserve, remove: what is fixed for clients. */
#include <string.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/grid.h"
#include "cmd/cli/password.h"

/* "leasetime 43200, ntp-server 10.13.0.9": what else is fixed than address and name. */
static void more_text(json_t *s, char *ret, size_t cap)
{
	json_t *v, *time = json_object_get(s, "leasetime_s");
	const char *name, *value;
	size_t len = 0;

	ret[0] = '\0';
	if (json_is_integer(time))
		len = (size_t)snprintf(ret, cap, "leasetime %" JSON_INTEGER_FORMAT,
				       json_integer_value(time));
	json_object_foreach(json_object_get(s, "options"), name, v)
	{
		value = json_string_value(v);
		if (len < cap)
			len += (size_t)snprintf(ret + len, cap - len, "%s%s %s", len ? ", " : "",
						name, value && *value ? value : "none");
	}
}

void show_statics(const struct cli *c, json_t *result)
{
	static const struct grid_column columns[] = {
		{ "FIXED FOR", "what", GRID_TEXT }, { "IPV4", "ipv4", GRID_TEXT },
		{ "NAME", "name", GRID_TEXT },	    { "STATE", "state", GRID_TEXT },
		{ "WITH", "with", GRID_TEXT },	    { "CONFIGURED", "configured_at", GRID_TEXT },
		{ "ALSO", "more", GRID_TEXT },
	};
	char more[256];
	json_t *s;
	size_t i;

	(void)c;
	json_array_foreach(result, i, s)
	{
		more_text(s, more, sizeof(more));
		json_object_set_new(s, "more", more[0] ? json_string(more) : json_null());
	}
	grid_print(stdout, result, columns, COUNT(columns),
		   "nothing is fixed, and no address reserved");
}

/* Takes params. What comes of it once the network's admin has signed it, where there is one. */
static json_t *act(const struct cli *c, const char *method, json_t *params)
{
	json_t *r = cli_ask(c, method, json_incref(params));
	struct password_key k;

	if (!r || !json_object_get(r, "sign")) {
		json_decref(params);
		return r;
	}
	json_decref(r);
	if (!admin_key_ask(c, &k)) {
		json_decref(params);
		return NULL;
	}
	r = password_call(c, method, params, &k, ADMIN_RECORD_FIXED, NULL);
	password_forget(&k);
	return r;
}

/* ---- add ---- */

/* False after saying that it is no text. */
static bool set(const struct cli *c, json_t *o, const char *name, const char *value)
{
	if (json_object_set_new(o, name, json_string(value)) == 0)
		return true;
	cli_fail(c, "what is given must be text in UTF-8");
	return false;
}

/* False after saying what is wrong. */
static bool option_read(const struct cli *c, const char *word, json_t *params, json_t *options)
{
	const char *equals = strchr(word, '=');
	char name[32];
	size_t len = equals ? (size_t)(equals - word) : 0;

	if (len == 0 || len >= sizeof(name)) {
		cli_fail(c, "'%s' is not of the form OPTION=VALUE", word);
		return false;
	}
	memcpy(name, word, len);
	name[len] = '\0';
	if (!strcmp(name, "name") || !strcmp(name, "leasetime"))
		options = params;
	return set(c, options, name, equals + 1);
}

/* NULL after saying what is wrong. */
static json_t *add_params(const struct cli *c)
{
	json_t *params = json_object(), *options = json_object();
	bool is_right = set(c, params, "client", c->argv[0]);

	for (int i = 1; is_right && i < c->argc; i++) {
		if (i == 1 && !strchr(c->argv[i], '='))
			is_right = set(c, params, "address", c->argv[i]);
		else
			is_right = option_read(c, c->argv[i], params, options);
	}
	if (json_object_size(options))
		json_object_set(params, "options", options);
	json_decref(options);
	if (is_right)
		return params;
	json_decref(params);
	return NULL;
}

static void show_fixed(const struct cli *c, json_t *s)
{
	char what[80], ip[64], name[80], meaning[128], more[256];

	(void)c;
	grid_text(what, sizeof(what), s, "what", GRID_TEXT);
	grid_text(ip, sizeof(ip), s, "ipv4", GRID_TEXT);
	grid_text(name, sizeof(name), s, "name", GRID_TEXT);
	grid_text(meaning, sizeof(meaning), s, "meaning", GRID_TEXT);
	more_text(s, more, sizeof(more));
	printf("fixed for %s: address %s, name %s%s%s\n%s\n", what, ip, name, more[0] ? ", " : "",
	       more, meaning);
}

int run_lease_add(struct cli *c)
{
	json_t *params = add_params(c);

	return params ? cli_show(c, act(c, "lease.add", params), show_fixed) : CLI_USE;
}

/* ---- reserve and remove ---- */

static void show_reserved(const struct cli *c, json_t *s)
{
	(void)c;
	printf("reserved: %s\n", cli_text(s, "what"));
}

int run_lease_reserve(struct cli *c)
{
	json_t *params = json_pack("{ss}", "addresses", c->argv[0]);

	return cli_show(c, act(c, "lease.reserve", params), show_reserved);
}

static void show_removed(const struct cli *c, json_t *s)
{
	(void)c;
	printf("nothing is fixed for %s any more\n", cli_text(s, "what"));
}

int run_lease_remove(struct cli *c)
{
	json_t *params = json_pack("{ss}", "what", c->argv[0]);

	return cli_show(c, act(c, "lease.remove", params), show_removed);
}
