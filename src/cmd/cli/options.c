/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and words of a command, then the command itself. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

static const struct cli_option_entry entries[] = {
	{ CLI_JSON, "json", NULL, "JSON for programs instead of tables for people" },
	{ CLI_SOCKET, "socket", "PATH",
	  "control socket of the daemon; else $" RPC_SOCKET_ENV ", else " RPC_SOCKET },
	{ CLI_ALL, "all", NULL, "also what is usually left out" },
	{ CLI_MAN, "man", NULL, "the manual page, in man(7) macros" },
};

const struct cli_option_entry *cli_option_at(size_t i)
{
	return i < sizeof(entries) / sizeof(entries[0]) ? &entries[i] : NULL;
}

static void set(struct cli *c, enum cli_option o, const char *value)
{
	c->json |= o == CLI_JSON;
	c->all |= o == CLI_ALL;
	c->man |= o == CLI_MAN;
	if (o == CLI_SOCKET)
		c->socket = value;
}

static int use(const struct cli *c, const char *what, const char *word)
{
	fprintf(stderr, "trama %s: %s '%s'; usage: trama %s%s%s\n", c->command->name, what, word,
		c->command->name, c->command->args[0] ? " " : "", c->command->args);
	return CLI_USE;
}

/* -1: go on; else the exit status. argv[0] is the command. */
static int parse(struct cli *c, int argc, char **argv)
{
	struct option longs[sizeof(entries) / sizeof(entries[0]) + 2] = { 0 };
	int n = 0, o;

	for (size_t i = 0; cli_option_at(i); i++)
		if (c->command->options & entries[i].flag)
			longs[n++] = (struct option) { entries[i].name,
						       entries[i].value ? required_argument
									: no_argument,
						       NULL, (int)entries[i].flag };
	longs[n] = (struct option) { "help", no_argument, NULL, 'h' };
	optind = 1;
	while ((o = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (o == 'h') {
			manual_command(stdout, c->command);
			return CLI_OK;
		}
		if (o == '?' || o == ':')
			return use(c, o == ':' ? "a value is missing after" : "no such option:",
				   argv[optind - 1]);
		set(c, (enum cli_option)o, optarg);
	}
	c->argc = argc - optind;
	c->argv = argv + optind;
	if (c->argc > c->command->args_max)
		return use(c, "what is", c->argv[c->command->args_max]);
	if (c->argc < c->command->args_min)
		return use(c, "something is missing after", argv[argc - 1]);
	return -1;
}

/* The first word is one of those that the table lists. */
static bool word_known(const struct command *c, const char *word)
{
	size_t len = strlen(word);

	for (const char *w = c->words; w && *w; w += strcspn(w, " "), w += *w == ' ')
		if (strcspn(w, " ") == len && !strncmp(w, word, len))
			return true;
	return !c->words;
}

static int run(struct cli *c)
{
	json_t *result;

	if (!c->command->method)
		return c->command->run(c);
	result = cli_ask(c, c->command->method, NULL);
	if (!result)
		return CLI_FAILED;
	if (c->json)
		return cli_print_json(result);
	c->command->print(c, result);
	json_decref(result);
	return CLI_OK;
}

int cli_main(int argc, char **argv)
{
	struct cli c = { 0 };
	int r;

	if (argc < 2) {
		manual_usage(stderr);
		return CLI_USE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		manual_usage(stdout);
		return CLI_OK;
	}
	c.command = command_find(!strcmp(argv[1], "--version") ? "version" : argv[1]);
	if (!c.command) {
		fprintf(stderr, "trama: no command '%s'; see trama --help\n", argv[1]);
		return CLI_USE;
	}
	if (c.command->main)
		return c.command->main(argc - 1, argv + 1);
	r = parse(&c, argc - 1, argv + 1);
	if (r >= 0)
		return r;
	if (c.argc > 0 && !word_known(c.command, c.argv[0]))
		return use(&c, "what is", c.argv[0]);
	r = run(&c);
	if (fflush(stdout) != 0 && r == CLI_OK) {
		perror("trama");
		return CLI_FAILED;
	}
	return r;
}
