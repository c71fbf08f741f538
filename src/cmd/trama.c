/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line. Each subcommand is a main of its own, found in one table. */
#include <stdio.h>
#include <string.h>

#include "cmd/derive.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand; returns the exit status */
	const char *help;
};

static int version_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("trama %s\n", TRAMA_VERSION);
	return 0;
}

static const struct command commands[] = {
	{ "derive", derive_main, "what follows from an SSID and a MAC" },
	{ "version", version_main, "version of this program" },
};

static void print_help(FILE *to)
{
	fprintf(to, "usage: trama COMMAND [ARGUMENTS]\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(to, "  %-14s%s\n", commands[i].name, commands[i].help);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return 0;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "trama: no command '%s'; see trama --help\n", argv[1]);
	return 2;
}
