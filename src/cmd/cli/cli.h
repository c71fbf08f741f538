/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line. One table of commands (commands.c) makes dispatch, help, completion and the
 * manual page. Exit status: 0, 1 (failed; stderr says why), 2 (wrong use).
 */
#ifndef CMD_CLI_CLI_H
#define CMD_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "rpc/client.h"

#define CLI_OK 0
#define CLI_FAILED 1
#define CLI_USE 2

enum cli_option {
	CLI_JSON = 1,	/* --json */
	CLI_SOCKET = 2, /* --socket PATH */
	CLI_ALL = 4,	/* --all */
	CLI_MAN = 8,	/* --man */
	CLI_COUNT = 16,
	CLI_INTERVAL = 32,
	CLI_TIMEOUT = 64,
	CLI_RECORD = 128,
	CLI_NUMERIC = 256,
	CLI_NO_HEADER = 512,
	CLI_AUTHOR = 1024,
	CLI_OWNED = 2048,
	CLI_NETWORK = 4096,
	CLI_LIFETIME = 8192,
	CLI_DELETE = 16384,
	CLI_CLOUD = 32768,
	CLI_STAGE = 65536,
	CLI_ASKS = CLI_JSON | CLI_SOCKET,
};

struct cli {
	const struct command *command;
	bool json, all, man, record, numeric, no_header, owned, network, deleted, cloud, stage;
	unsigned int count; /* 0: not given, as the next three */
	unsigned int interval_ms, timeout_ms, lifetime_s;
	const char *socket, *author;
	int argc; /* what is left behind the command */
	char **argv;
};

/* Prints a result for people. */
typedef void cli_show_fn(const struct cli *c, json_t *result);

struct command {
	const char *name; /* one word, or two: group and command */
	const char *args; /* as in the usage line, "" for none */
	const char *help; /* half a line */
	const char *more; /* a paragraph for the manual, NULL: help says it all */
	unsigned options; /* enum cli_option */
	int args_min, args_max;
	const char *words; /* what the first argument may be, separated by spaces; NULL: anything */
	const char *method; /* asked without parameters; `print` shows its result */
	cli_show_fn *print;
	int (*run)(struct cli *c);	    /* when there is no method */
	int (*main)(int argc, char **argv); /* parses its own options */
};

/* commands.c: in order, NULL at the end. */
const struct command *command_at(size_t i);
/* By the first words of a command line; *ret_words: how many they are. NULL: there is none. */
const struct command *command_find(int argc, char **argv, int *ret_words);
/* Is the command in this group? Then the group's second word, else NULL. */
const char *command_in(const struct command *c, const char *group);
/* A word that only begins commands. */
bool command_is_group(const char *word);

/* Whole life of the program. */
int cli_main(int argc, char **argv);

/* options.c */
struct cli_option_entry {
	enum cli_option flag;
	char letter; /* 0: none */
	const char *name, *value, *help;
};
/* NULL at the end. */
const struct cli_option_entry *cli_option_at(size_t i);

/* ask.c: one call on a connection of its own. NULL after saying on stderr what is wrong. */
json_t *cli_ask(const struct cli *c, const char *method, json_t *params);
/* As cli_ask, over an open connection. */
json_t *cli_ask_over(struct rpc_client *client, const struct cli *c, const char *method,
		     json_t *params);
bool cli_open(const struct cli *c, struct rpc_client *client);
/* events.c: calls a method after which notifications follow, and prints each until the end; takes
 * params. */
int cli_follow(struct cli *c, const char *method, json_t *params, void (*print)(json_t *));
/* Texts in it, of clients and other nodes, made fit for a terminal. */
void cli_clean(json_t *v);
/* A field of an answer: "-" and 0 where there is none. */
const char *cli_text(json_t *o, const char *key);
json_int_t cli_number(json_t *o, const char *key);
/* Flags of all JSON on stdout: control characters of others must not reach a terminal, and C1 is
 * two bytes of UTF-8 that jansson leaves as they are. */
#define CLI_JSON_PLAIN JSON_ENSURE_ASCII
/* Result as JSON on stdout; takes it. */
int cli_print_json(json_t *result);
/* Result as the user wants it, by `print` or as JSON; takes it. NULL: it failed, and that was said.
 */
int cli_show(const struct cli *c, json_t *result, cli_show_fn *print);
/* "trama COMMAND: text" on stderr; returns CLI_FAILED. */
void cli_pause(int ms);
int cli_fail(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* show_ways.c: "NAME by PORT", or "none". */
void show_gateway(json_t *used, char *ret, size_t cap);

/* The commands. */
void show_status(const struct cli *c, json_t *result);
void show_counters(const struct cli *c, json_t *result);
void show_nodes(const struct cli *c, json_t *result);
void show_neighbours(const struct cli *c, json_t *result);
void show_links(const struct cli *c, json_t *result);
void show_originators(const struct cli *c, json_t *result);
void show_translation(const struct cli *c, json_t *result);
void show_clients(const struct cli *c, json_t *result);
void show_leases(const struct cli *c, json_t *result);
void show_gateways(const struct cli *c, json_t *result);
void show_routes(const struct cli *c, json_t *result);
int run_events(struct cli *c);
int run_release(struct cli *c);
void show_statics(const struct cli *c, json_t *result);
int run_lease_add(struct cli *c);
int run_lease_reserve(struct cli *c);
int run_lease_remove(struct cli *c);
void show_services(const struct cli *c, json_t *result);
int run_service_add(struct cli *c);
int run_service_remove(struct cli *c);
void show_notes(const struct cli *c, json_t *result);
int run_note_set(struct cli *c);
int run_note_remove(struct cli *c);
int run_shared_state(struct cli *c);
int run_trace(struct cli *c);
int run_config(struct cli *c);
int run_cloud_originators(struct cli *c);
int run_cloud_neighbours(struct cli *c);
int run_cloud_translation(struct cli *c);
int run_cloud_ping(struct cli *c);
int run_cloud_traceroute(struct cli *c);
void show_statistics(const struct cli *c, json_t *result);
int run_state_list(struct cli *c);
int run_state_get(struct cli *c);
int run_state_put(struct cli *c);
int run_state_watch(struct cli *c);
void show_admin(const struct cli *c, json_t *result);
int run_admin_password(struct cli *c);
void show_settings(const struct cli *c, json_t *result);
int run_settings_get(struct cli *c);
int run_settings_diff(struct cli *c);
int run_settings_set(struct cli *c);
int run_settings_unset(struct cli *c);
int run_settings_apply(struct cli *c);
int run_settings_drop(struct cli *c);
int run_settings_rollback(struct cli *c);
int run_completion(struct cli *c);
int run_version(struct cli *c);
int run_help(struct cli *c);
int lab_main(int argc, char **argv);

/* manual.c */
/* The commands of a group; NULL: all. */
void manual_usage(FILE *to, const char *group);
/* The help of one command. */
void manual_command(FILE *to, const struct command *c);

#endif
