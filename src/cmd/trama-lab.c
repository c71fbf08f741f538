// SPDX-License-Identifier: GPL-2.0-or-later
/* trama-lab: a whole town on one machine. Each subcommand is a row of one table; what they do is in
 * src/lab. */
#include <fcntl.h>
#include <limits.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/call.h"
#include "lab/check.h"
#include "lab/generate.h"
#include "lab/guard.h"
#include "lab/meter.h"
#include "lab/status.h"

/* Options may stand before or behind the subcommand. */
struct options {
	struct guard_options up;
	bool json, silent;
	int nodes, clients, clouds, within_s;
	enum shape shape;
	int argc;
	char **argv; /* arguments of the subcommand */
	struct call call;
};

static int complain(const char *text)
{
	fprintf(stderr, "trama-lab: %s\n", text);
	return 1;
}

static int usage(const char *text)
{
	fprintf(stderr, "usage: trama-lab %s\n", text);
	return 2;
}

static int print_json(json_t *v)
{
	json_dumpf(v, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(v);
	return 0;
}

/* A request whose answer is only yes or no. */
static int simple(struct options *o, json_t *request)
{
	json_t *answer = call_ask(&o->call, request, NULL);
	if (!answer && o->json) {
		print_json(json_pack("{s:b, s:s}", "ok", 0, "error", o->call.err));
		return 1;
	}
	if (!answer)
		return complain(o->call.err);
	if (o->json)
		return print_json(answer);
	json_decref(answer);
	return 0;
}

static int run_up(struct options *o)
{
	if (o->argc != 1)
		return usage("up FILE [--name NAME] [--bin DIR] [--log DIR] [--detach] [--check] "
			     "[--wait SECONDS]");
	o->up.file = o->argv[0];
	return guard_up(&o->up);
}

/* The answer comes before the end; the lock is free when the last process is gone. */
static int run_down(struct options *o)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "/run/trama-lab/%s/lock", o->call.name);
	int lock = open(path, O_RDONLY | O_CLOEXEC);
	int rc = simple(o, json_pack("{s:s}", "op", "down"));
	for (int i = 0; rc == 0 && lock >= 0 && i < 600 && flock(lock, LOCK_EX | LOCK_NB) < 0; i++)
		usleep(50000);
	if (lock >= 0)
		close(lock);
	return rc;
}

static int run_status(struct options *o)
{
	json_t *s = status_collect(&o->call);
	if (!s)
		return complain(o->call.err);
	if (o->json)
		return print_json(s);
	status_print(s);
	json_decref(s);
	return 0;
}

/* Once, or (--within) until all is well or the time is over. */
static int judge(struct options *o, struct check *ret)
{
	time_t until = time(NULL) + o->within_s;
	unsigned flags = o->within_s ? CHECK_HURRY : 0;
	while (check_run(&o->call, flags, NULL, NULL, ret) == 0) {
		if (ret->good == ret->total || time(NULL) >= until)
			return 0;
		check_done(ret);
		usleep(200000);
	}
	return -1;
}

static int run_check(struct options *o)
{
	struct check c;
	if (judge(o, &c) < 0)
		return complain(o->call.err);
	if (o->json)
		print_json(json_pack("{s:b, s:i, s:i, s:O}", "ok", c.good == c.total, "total",
				     c.total, "good", c.good, "clients", c.clients));
	else
		check_print(&c);
	int rc = c.good == c.total ? 0 : 1;
	check_done(&c);
	return rc;
}

static volatile sig_atomic_t inside;

static void pass_on(int sig)
{
	if (inside > 0)
		kill((pid_t)inside, sig);
}

static int wait_inside(pid_t pid)
{
	int status;
	struct sigaction pass = { .sa_handler = pass_on };
	inside = pid;
	sigaction(SIGTERM, &pass, NULL);
	sigaction(SIGHUP, &pass, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	while (waitpid(pid, &status, 0) < 0)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Both outputs into one answer. */
static int exec_json(int pidfd, const char *bin, char **argv)
{
	int out[2];
	FILE *err = tmpfile();
	if (!err)
		return complain("no temporary file");
	if (pipe2(out, O_CLOEXEC) < 0) {
		fclose(err);
		return complain("no pipe");
	}
	pid_t pid = call_exec(pidfd, bin, argv, out[1], fileno(err));
	close(out[1]);
	char *text = call_read_all(out[0], 24 * 3600 * 1000), *errors = NULL;
	size_t room = 0;
	int rc = wait_inside(pid);
	rewind(err);
	if (getdelim(&errors, &room, '\0', err) < 0 && errors)
		errors[0] = '\0';
	print_json(json_pack("{s:i, s:s, s:s}", "status", rc, "stdout", text ? text : "", "stderr",
			     errors ? errors : ""));
	fclose(err);
	free(text);
	free(errors);
	return rc;
}

static int run_exec(struct options *o)
{
	if (o->argc < 2)
		return usage("exec HOST -- COMMAND [ARGUMENTS]");
	json_t *plan = call_ask(&o->call, json_pack("{s:s}", "op", "plan"), NULL);
	int pidfd = plan ? call_open(&o->call, o->argv[0]) : -1;
	if (pidfd < 0) {
		json_decref(plan);
		return complain(o->call.err);
	}
	const char *bin = json_string_value(json_object_get(plan, "bin"));
	int rc;
	fflush(stdout);
	if (o->json)
		rc = exec_json(pidfd, bin, o->argv + 1);
	else
		rc = wait_inside(call_exec(pidfd, bin, o->argv + 1, -1, -1));
	json_decref(plan);
	return rc;
}

static int run_roam(struct options *o)
{
	if (o->argc != 2)
		return usage("roam CLIENT NODE [--silent]");
	json_t *q = json_pack("{s:s, s:s, s:s}", "op", "roam", "client", o->argv[0], "node",
			      o->argv[1]);
	if (o->silent)
		json_object_set_new(q, "association", json_string("silent"));
	return simple(o, q);
}

static int run_link(struct options *o)
{
	static const char *const KEYS[] = { "loss", "rate", "latency" };
	if (o->argc < 3)
		return usage(
			"link A[:PORT] B[:PORT] down|up|loss=PERCENT|rate=20mbit|latency=5ms ...");
	json_t *q = json_pack("{s:s, s:s, s:s}", "op", "link", "a", o->argv[0], "b", o->argv[1]);
	for (int i = 2; i < o->argc; i++) {
		const char *word = o->argv[i];
		bool known = strcmp(word, "up") == 0 || strcmp(word, "down") == 0;
		if (known)
			json_object_set_new(q, "down", json_boolean(strcmp(word, "down") == 0));
		for (size_t k = 0; k < sizeof(KEYS) / sizeof(*KEYS); k++) {
			size_t n = strlen(KEYS[k]);
			if (strncmp(word, KEYS[k], n) != 0 || word[n] != '=')
				continue;
			json_object_set_new(q, KEYS[k], json_string(word + n + 1));
			known = true;
		}
		if (!known) {
			json_decref(q);
			fprintf(stderr,
				"trama-lab: '%s' is not down, up, loss=, rate= or latency=\n",
				word);
			return 2;
		}
	}
	return simple(o, q);
}

static int run_node(struct options *o)
{
	if (o->argc < 2 || o->argc > 3 || (o->argc == 3 && strcmp(o->argv[1], "kill") != 0))
		return usage("node NAME stop|start|kill [PROCESS]");
	json_t *q =
		json_pack("{s:s, s:s, s:s}", "op", "node", "node", o->argv[0], "do", o->argv[1]);
	if (o->argc == 3)
		json_object_set_new(q, "process", json_string(o->argv[2]));
	return simple(o, q);
}

static int run_generate(struct options *o)
{
	json_t *town = generate_town(o->nodes, o->clients, o->clouds, o->shape);
	return town ? print_json(town)
		    : complain("a town has 1 to 200 nodes and up to 150 clients");
}

static const struct command {
	const char *name;
	int (*run)(struct options *o);
	bool asks; /* needs a town that runs */
	const char *arguments;
	const char *help;
} COMMANDS[] = {
	{ "up", run_up, false, "FILE",
	  "start a town and stay until Ctrl-C (--detach: until it is online)" },
	{ "down", run_down, true, "", "end it" },
	{ "status", run_status, true, "", "nodes, clients and where they are, links" },
	{ "check", run_check, true, "", "the judge: is every client well?" },
	{ "exec", run_exec, true, "HOST -- COMMAND", "run a command in a host" },
	{ "roam", run_roam, true, "CLIENT NODE",
	  "move a client to another access point (--silent: nobody is told)" },
	{ "link", run_link, true, "A B WHAT...",
	  "down, up, loss=PERCENT, rate=20mbit, latency=5ms" },
	{ "node", run_node, true, "NAME WHAT", "stop, start, kill [PROCESS]" },
	{ "generate", run_generate, false, "",
	  "print a town of --nodes N --clients N [--clouds N] [--shape NAME]" },
};

static void help(FILE *f)
{
	fprintf(f, "usage: trama-lab [OPTIONS] COMMAND [ARGUMENTS]\n\n");
	for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(*COMMANDS); i++)
		fprintf(f, "  %-9s %-16s %s\n", COMMANDS[i].name, COMMANDS[i].arguments,
			COMMANDS[i].help);
	fprintf(f, "  %-9s %-16s %s\n\n", "meter", "...",
		"measure connections, inside a host (trama-lab meter)");
	fprintf(f,
		"  --name NAME    which town; for up: its name, that of the file by default\n"
		"  --json         answers as JSON\n"
		"  --bin DIR      up: where tramad and trama are, beside this program by default\n"
		"  --log DIR      up: logs of all hosts go there and stay\n"
		"  --detach       up: return when all clients are online\n"
		"  --check        up: then judge, and end with the verdict\n"
		"  --wait SECONDS up: how long clients may take, 60 by default\n"
		"  --shape NAME   generate: of each cloud, rings by default: " SHAPE_NAMES "\n");
}

static int set_shape(struct options *o, const char *name)
{
	return shape_find(name, &o->shape) ? -complain("--shape is " SHAPE_NAMES) : 0;
}

static int parse(struct options *o, int argc, char **argv)
{
	static const struct option LONG[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "bin", required_argument, NULL, 'b' },
		{ "log", required_argument, NULL, 'l' },
		{ "detach", no_argument, NULL, 'd' },
		{ "check", no_argument, NULL, 'c' },
		{ "wait", required_argument, NULL, 'w' },
		{ "silent", no_argument, NULL, 's' },
		{ "nodes", required_argument, NULL, 'N' },
		{ "clients", required_argument, NULL, 'C' },
		{ "clouds", required_argument, NULL, 'U' },
		{ "shape", required_argument, NULL, 'S' },
		{ "within", required_argument, NULL, 'W' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	for (int k; (k = getopt_long(argc, argv, "+n:jh", LONG, NULL)) != -1;)
		switch (k) {
		case 'n':
			o->up.name = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'b':
			o->up.bin_dir = optarg;
			break;
		case 'l':
			o->up.log_dir = optarg;
			break;
		case 'd':
			o->up.detach = true;
			break;
		case 'c':
			o->up.check = true;
			break;
		case 'w':
			o->up.wait_s = atoi(optarg);
			break;
		case 's':
			o->silent = true;
			break;
		case 'N':
			o->nodes = atoi(optarg);
			break;
		case 'C':
			o->clients = atoi(optarg);
			break;
		case 'U':
			o->clouds = atoi(optarg);
			break;
		case 'S':
			if (set_shape(o, optarg) < 0)
				return -1;
			break;
		case 'W':
			o->within_s = atoi(optarg);
			break;
		case 'h':
			help(stdout);
			exit(0);
		default:
			return -1;
		}
	return optind;
}

/* Words and options in any order; behind `exec HOST` everything belongs to the command. */
static int parse_all(struct options *o, const struct command *c, int argc, char **argv)
{
	bool exec = c->run == run_exec;
	o->argv = calloc((size_t)argc + 1, sizeof(*o->argv));
	if (!o->argv)
		return -1;
	for (int i = 0; i < argc;) {
		optind = 1;
		int n = parse(o, argc - i + 1, argv + i - 1);
		if (n < 0)
			return -1;
		i += n - 1;
		if (i < argc)
			o->argv[o->argc++] = argv[i++];
		if (exec && o->argc == 1) {
			if (i < argc && strcmp(argv[i], "--") == 0)
				i++;
			while (i < argc)
				o->argv[o->argc++] = argv[i++];
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = { .up.wait_s = 60, .nodes = 20, .clients = 20, .shape = SHAPE_RINGS };
	int first = parse(&o, argc, argv);
	if (first < 0)
		return 2;
	if (first >= argc) {
		help(stderr);
		return 2;
	}
	if (strcmp(argv[first], "meter") == 0)
		return meter_main(argc - first, argv + first);
	for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(*COMMANDS); i++) {
		const struct command *c = &COMMANDS[i];
		if (strcmp(argv[first], c->name) != 0)
			continue;
		if (parse_all(&o, c, argc - first - 1, argv + first + 1) < 0)
			return 2;
		if (c->asks && call_init(&o.call, o.up.name) < 0)
			return complain(o.call.err);
		int rc = c->run(&o);
		free(o.argv);
		return rc;
	}
	fprintf(stderr, "trama-lab: no command '%s'; see trama-lab --help\n", argv[first]);
	return 2;
}
