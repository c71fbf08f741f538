/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the table of commands says of itself: help, manual page, completion. */
#include <stdio.h>
#include <string.h>

#include "cmd/cli/cli.h"

void manual_usage(FILE *to)
{
	const struct command *c;

	fprintf(to, "usage: trama COMMAND [ARGUMENTS]\n\n");
	for (size_t i = 0; (c = command_at(i)); i++)
		fprintf(to, "  %-13s%s\n", c->name, c->help);
	fprintf(to, "\nEvery command has --help; those that show something have --json.\n");
}

/* A paragraph in lines of at most 78 columns. */
static void wrap(FILE *to, const char *s)
{
	size_t column = 0;

	while (*s) {
		size_t word = strcspn(s, " ");

		if (column > 0 && column + 1 + word > 78) {
			fputc('\n', to);
			column = 0;
		}
		fprintf(to, "%s%.*s", column ? " " : "", (int)word, s);
		column += word + (column > 0);
		s += word + strspn(s + word, " ");
	}
	fputc('\n', to);
}

static void option_head(char ret[static 32], const struct cli_option_entry *o)
{
	snprintf(ret, 32, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
}

void manual_command(FILE *to, const struct command *c)
{
	const struct cli_option_entry *o;
	char head[32];

	fprintf(to, "usage: trama %s%s%s\n\n%s\n", c->name, c->args[0] ? " " : "", c->args,
		c->help);
	if (c->more) {
		fputc('\n', to);
		wrap(to, c->more);
	}
	fputc('\n', to);
	for (size_t i = 0; (o = cli_option_at(i)); i++) {
		if (!(c->options & o->flag))
			continue;
		option_head(head, o);
		fprintf(to, "  %-15s%s\n", head, o->help);
	}
	fprintf(to, "  %-15sthis text\n", "--help");
}

/* Text for roff: a line that begins with a dot or quote would be a macro, a backslash an escape. */
static void roff(const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", stdout);
		else if (*s == '-')
			fputs("\\-", stdout);
		else
			putchar(*s);
	}
	putchar('\n');
}

static void man_commands(void)
{
	const struct command *c;

	puts(".SH COMMANDS");
	for (size_t i = 0; (c = command_at(i)); i++) {
		printf(".TP\n.B ");
		roff(c->name);
		if (c->args[0]) {
			printf(".I ");
			roff(c->args);
			puts(".br");
		}
		roff(c->help);
		if (c->more) {
			puts(".IP");
			roff(c->more);
		}
	}
}

static void man_options(void)
{
	const struct cli_option_entry *o;
	char head[32];

	puts(".SH OPTIONS");
	for (size_t i = 0; (o = cli_option_at(i)); i++) {
		option_head(head, o);
		printf(".TP\n.B ");
		roff(head);
		roff(o->help);
	}
}

static void man(void)
{
	puts(".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
	     ".TH TRAMA 1 \"\" \"trama " TRAMA_VERSION "\"\n"
	     ".SH NAME\ntrama \\- look at a node of a community mesh network\n"
	     ".SH SYNOPSIS\n.B trama\n.I COMMAND\n[\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n"
	     ".SH DESCRIPTION\n"
	     "Asks the node daemon, tramad, over its control socket and prints tables for people "
	     "or, with\n.BR \\-\\-json ,\nwhat the daemon answered. Members of the group trama may "
	     "do so, and root.");
	man_commands();
	man_options();
	puts(".SH EXIT STATUS\n0 done, 1 failed (stderr says why and what to do), 2 wrong use.\n"
	     ".SH ENVIRONMENT\n.TP\n.B " RPC_SOCKET_ENV "\npath of the control socket\n"
	     ".SH FILES\n.TP\n.I " RPC_SOCKET "\ncontrol socket: JSON\\-RPC 2.0, one JSON text "
	     "per line; the method\n.B rpc.methods\nlists what it answers\n"
	     ".SH SEE ALSO\n.BR trama\\-control (7),\n.BR trama.conf (5),\n.BR tramad (8)");
}

int run_help(struct cli *c)
{
	const struct command *about = c->argc ? command_find(c->argv[0]) : NULL;

	if (c->man) {
		man();
		return CLI_OK;
	}
	if (c->argc && !about) {
		fprintf(stderr, "trama help: no command '%s'; see trama help\n", c->argv[0]);
		return CLI_USE;
	}
	if (about)
		manual_command(stdout, about);
	else
		manual_usage(stdout);
	return CLI_OK;
}

/* ---- completion ---- */

static void completion_case(const struct command *c)
{
	const struct cli_option_entry *o;

	printf("\t%s) words='%s", c->name, c->words ? c->words : "");
	for (size_t i = 0; (o = cli_option_at(i)); i++)
		if (c->options & o->flag)
			printf(" --%s", o->name);
	printf(" --help' ;;\n");
}

int run_completion(struct cli *cli)
{
	const struct command *c;

	(void)cli;
	puts("# bash completion of trama\n"
	     "_trama()\n"
	     "{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=''\n"
	     "\tcase ${COMP_WORDS[COMP_CWORD - 1]} in\n"
	     "\t--socket|check) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
	     "\tesac\n"
	     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	printf("\t\twords='--help --version");
	for (size_t i = 0; (c = command_at(i)); i++)
		printf(" %s", c->name);
	puts("'\n\telse case ${COMP_WORDS[1]} in");
	for (size_t i = 0; (c = command_at(i)); i++)
		completion_case(c);
	puts("\tesac; fi\n"
	     "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "}\n"
	     "complete -F _trama trama");
	return CLI_OK;
}
