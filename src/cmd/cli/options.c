/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and words of a command, then the command itself. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli/cli.h"

static const struct cli_option_entry entries[] = {
	{ CLI_JSON, 0, "json", NULL, "JSON for programs instead of tables for people" },
	{ CLI_SOCKET, 0, "socket", "PATH",
	  "control socket of the daemon; else $" RPC_SOCKET_ENV ", else " RPC_SOCKET },
	{ CLI_ALL, 0, "all", NULL, "also what is usually left out" },
	{ CLI_MAN, 0, "man", NULL, "the manual page, in man(7) macros" },
	{ CLI_COUNT, 'c', "count", "COUNT", "so many times, else until Ctrl-C" },
	{ CLI_INTERVAL, 'i', "interval", "SECONDS", "from one to the next, 0.1 and up; else 1" },
	{ CLI_TIMEOUT, 't', "timeout", "SECONDS", "to wait for an answer, 0.1 and up" },
	{ CLI_RECORD, 'R', "record-route", NULL, "also the ports passed there and back" },
	{ CLI_NUMERIC, 'n', "numeric", NULL, "MACs instead of names" },
	{ CLI_NO_HEADER, 'H', "no-header", NULL, "no lines above the table" },
	{ CLI_AUTHOR, 'a', "author", "NODE",
	  "only what this node wrote; by name, MAC, address or id" },
	{ CLI_OWNED, 'o', "owned", NULL, "a record that only this node writes" },
	{ CLI_NETWORK, 'N', "network", NULL, "for all clouds of the network" },
	{ CLI_LIFETIME, 'l', "lifetime", "SECONDS", "60 (with --owned 3600) to 86400; else a day" },
	{ CLI_DELETE, 'd', "delete", NULL, "delete the record instead of writing it" },
	{ CLI_CLOUD, 'C', "cloud", NULL, "for this cloud; else for the whole network" },
	{ CLI_STAGE, 's', "stage", NULL, "only stage it: it comes into force with apply" },
};

#define ENTRIES (sizeof(entries) / sizeof(entries[0]))
#define LONG_ONLY 1000 /* then the index of an entry; letters are below */

const struct cli_option_entry *cli_option_at(size_t i)
{
	return i < ENTRIES ? &entries[i] : NULL;
}

/* What getopt_long has found. */
static const struct cli_option_entry *entry_of(int o)
{
	if (o >= LONG_ONLY)
		return &entries[o - LONG_ONLY];
	for (size_t i = 0; i < ENTRIES; i++)
		if (entries[i].letter == o)
			return &entries[i];
	return NULL;
}

/* Thousandths of a whole or decimal number of at least 1/10, at most a day; 0: it is none. */
static unsigned int thousandths(const char *s)
{
	char *end;
	double v = strtod(s, &end);

	return end != s && !*end && v >= 0.1 && v <= 86400 ? (unsigned int)(v * 1000 + 0.5) : 0;
}

static unsigned int number(const char *s)
{
	char *end;
	long v = strtol(s, &end, 10);

	return end != s && !*end && v >= 1 && v <= 1000000000 ? (unsigned int)v : 0;
}

/* False: the value is none that it can have. */
static bool set(struct cli *c, enum cli_option o, const char *value)
{
	c->json |= o == CLI_JSON;
	c->all |= o == CLI_ALL;
	c->man |= o == CLI_MAN;
	c->record |= o == CLI_RECORD;
	c->numeric |= o == CLI_NUMERIC;
	c->no_header |= o == CLI_NO_HEADER;
	c->owned |= o == CLI_OWNED;
	c->network |= o == CLI_NETWORK;
	c->deleted |= o == CLI_DELETE;
	c->cloud |= o == CLI_CLOUD;
	c->stage |= o == CLI_STAGE;
	if (o == CLI_AUTHOR)
		c->author = value;
	if (o == CLI_SOCKET)
		c->socket = value;
	if (o == CLI_COUNT)
		return (c->count = number(value)) != 0;
	if (o == CLI_INTERVAL)
		return (c->interval_ms = thousandths(value)) != 0;
	if (o == CLI_LIFETIME)
		return (c->lifetime_s = number(value)) != 0;
	if (o == CLI_TIMEOUT)
		return (c->timeout_ms = thousandths(value)) != 0;
	return true;
}

static int use(const struct cli *c, const char *what, const char *word)
{
	fprintf(stderr, "trama %s: %s '%s'; usage: trama %s%s%s\n", c->command->name, what, word,
		c->command->name, c->command->args[0] ? " " : "", c->command->args);
	return CLI_USE;
}

struct accepted {
	char letters[2 * ENTRIES + 3];
	struct option longs[ENTRIES + 2];
};

static void accept_options(unsigned int options, struct accepted *ret)
{
	char *letter = ret->letters;
	int n = 0;

	*letter++ = ':'; /* a missing value is told apart */
	*letter++ = 'h';
	for (size_t i = 0; i < ENTRIES; i++) {
		const struct cli_option_entry *e = &entries[i];

		if (!(options & e->flag))
			continue;
		ret->longs[n++] =
			(struct option) { e->name, e->value ? required_argument : no_argument, NULL,
					  LONG_ONLY + (int)i };
		if (e->letter)
			*letter++ = e->letter;
		if (e->letter && e->value)
			*letter++ = ':';
	}
	ret->longs[n] = (struct option) { "help", no_argument, NULL, 'h' };
}

/* -1: go on; else the exit status. argv[0] is the command. */
static int parse(struct cli *c, int argc, char **argv)
{
	struct accepted accepted = { 0 };
	int o;

	accept_options(c->command->options, &accepted);
	optind = 1;
	while ((o = getopt_long(argc, argv, accepted.letters, accepted.longs, NULL)) != -1) {
		if (o == 'h') {
			manual_command(stdout, c->command);
			return CLI_OK;
		}
		if (o == '?' || o == ':')
			return use(c, o == ':' ? "a value is missing after" : "no such option:",
				   argv[optind - 1]);
		if (!set(c, entry_of(o)->flag, optarg))
			return use(c, "what is", optarg);
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
	if (!c->command->method)
		return c->command->run(c);
	return cli_show(c, cli_ask(c, c->command->method, NULL), c->command->print);
}

static bool asks_for_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* No command: help, or what is wrong. */
static int no_command(int argc, char **argv)
{
	bool group = argc > 1 && command_is_group(argv[1]);
	const char *last = argc > 1 + group ? argv[1 + group] : NULL;

	if (last && !asks_for_help(last)) {
		fprintf(stderr, "trama: no command '%s%s%s'; see trama %s%s--help\n",
			group ? argv[1] : "", group ? " " : "", last, group ? argv[1] : "",
			group ? " " : "");
		return CLI_USE;
	}
	manual_usage(last ? stdout : stderr, group ? argv[1] : NULL);
	return last ? CLI_OK : CLI_USE;
}

int cli_main(int argc, char **argv)
{
	static char version[] = "version";
	struct cli c = { 0 };
	int r, words;

	if (argc > 1 && !strcmp(argv[1], "--version"))
		argv[1] = version;
	c.command = command_find(argc - 1, argv + 1, &words);
	if (!c.command)
		return no_command(argc, argv);
	if (c.command->main)
		return c.command->main(argc - words, argv + words);
	r = parse(&c, argc - words, argv + words);
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
