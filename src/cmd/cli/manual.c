/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the table of commands says of itself: help, manual page, completion. */
#include <stdio.h>
#include <string.h>

#include "cmd/cli/cli.h"

void manual_usage(FILE *to, const char *group)
{
	const struct command *c;

	fprintf(to, "usage: trama %s%sCOMMAND [ARGUMENTS]\n\n", group ? group : "",
		group ? " " : "");
	for (size_t i = 0; (c = command_at(i)); i++)
		if (!group || command_in(c, group))
			fprintf(to, "  %-19s%s\n", group ? command_in(c, group) : c->name, c->help);
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
	char letter[8] = "";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(ret, 32, "%s--%s%s%s", letter, o->name, o->value ? " " : "",
		 o->value ? o->value : "");
}

/* Columns for the options of a command. */
static int option_width(const struct command *c)
{
	const struct cli_option_entry *o;
	char head[32];
	int width = 15;

	for (size_t i = 0; (o = cli_option_at(i)); i++) {
		option_head(head, o);
		if ((c->options & o->flag) && (int)strlen(head) + 2 > width)
			width = (int)strlen(head) + 2;
	}
	return width;
}

void manual_command(FILE *to, const struct command *c)
{
	const struct cli_option_entry *o;
	int width = option_width(c);
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
		fprintf(to, "  %-*s%s\n", width, head, o->help);
	}
	fprintf(to, "  %-*sthis text\n", width, "--help");
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
	int words;
	const struct command *about = command_find(c->argc, c->argv, &words);
	bool whole = about && words == c->argc;
	bool group = c->argc == 1 && command_is_group(c->argv[0]);

	if (c->man) {
		man();
		return CLI_OK;
	}
	if (c->argc && !whole && !group) {
		fprintf(stderr, "trama help: no command '%s%s%s'; see trama help\n", c->argv[0],
			c->argc > 1 ? " " : "", c->argc > 1 ? c->argv[1] : "");
		return CLI_USE;
	}
	if (whole)
		manual_command(stdout, about);
	else
		manual_usage(stdout, group ? c->argv[0] : NULL);
	return CLI_OK;
}

/* ---- completion ---- */

/* The first word of a command, unless the one before has it too; its length, or 0. */
static int first_word(size_t i)
{
	const struct command *c = command_at(i);
	int len = (int)strcspn(c->name, " ");
	const struct command *before = i > 0 ? command_at(i - 1) : NULL;

	return before && !strncmp(before->name, c->name, (size_t)len) &&
			       strcspn(before->name, " ") == (size_t)len
		       ? 0
		       : len;
}

static void completion_group(size_t i, int len)
{
	const struct command *c;
	char group[32];
	const char *second;

	snprintf(group, sizeof(group), "%.*s", len, command_at(i)->name);
	printf("\t%s) words='", group);
	for (; (c = command_at(i)) && (second = command_in(c, group)); i++)
		printf("%s ", second);
	printf("--help' ;;\n");
}

static void completion_case(const struct command *c)
{
	const struct cli_option_entry *o;

	printf("\t'%s') words='%s", c->name, c->words ? c->words : "");
	for (size_t i = 0; (o = cli_option_at(i)); i++)
		if (c->options & o->flag)
			printf(" --%s", o->name);
	printf(" --help' ;;\n");
}

int run_completion(struct cli *cli)
{
	const struct command *c;
	int len;

	(void)cli;
	puts("# bash completion of trama\n"
	     "_trama()\n"
	     "{\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words='' command=${COMP_WORDS[1]}\n"
	     "\tcase ${COMP_WORDS[COMP_CWORD - 1]} in\n"
	     "\t--socket|check) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
	     "\tesac\n"
	     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	printf("\t\twords='--help --version");
	for (size_t i = 0; (c = command_at(i)); i++)
		if ((len = first_word(i)))
			printf(" %.*s", len, c->name);
	puts("'\n\telse");
	for (size_t i = 0; (c = command_at(i)); i++)
		if ((len = first_word(i)) && c->name[len])
			printf("\t[ \"$command $COMP_CWORD\" = '%.*s 2' ] || "
			       "[ \"$command\" != %.*s ] || "
			       "command=\"$command ${COMP_WORDS[2]}\"\n",
			       len, c->name, len, c->name);
	puts("\tcase $command in");
	for (size_t i = 0; (c = command_at(i)); i++) {
		if ((len = first_word(i)) && c->name[len])
			completion_group(i, len);
		completion_case(c);
	}
	puts("\tesac; fi\n"
	     "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	     "}\n"
	     "complete -F _trama trama");
	return CLI_OK;
}
