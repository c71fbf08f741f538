/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The node daemon: options, then the root process, which starts the node process. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plat/linux/config.h"
#include "plat/linux/log.h"
#include "plat/linux/parent.h"
#include "plat/linux/process.h"

#define SCRIPT "udhcpc-event"
#define OWN_PAGES (64 * 1024)
#define USAGE "usage: tramad [-d] [-f FILE] [--record FILE]\n       tramad -n FILE\n"

static const char *const config_paths[] = { "/etc/config/trama", "/etc/trama/trama.conf" };

static const char help[] =
	USAGE "\n"
	      "  -f, --config FILE   configuration; without it /etc/config/trama, else\n"
	      "                      /etc/trama/trama.conf, else all defaults\n"
	      "  -n, --check FILE    only check a configuration\n"
	      "  -d, --debug         say more\n"
	      "      --record FILE   append every event of the node to FILE\n"
	      "      --version\n"
	      "  -h, --help\n"
	      "\n"
	      "SIGHUP: read the configuration again. SIGTERM: stop and take everything back.\n";

struct options {
	struct process_setup process;
	const char *check;
	const char *record;
	bool debug;
};

static const char *config_find(void)
{
	for (size_t i = 0; i < sizeof(config_paths) / sizeof(config_paths[0]); i++) {
		if (access(config_paths[i], F_OK) == 0)
			return config_paths[i];
	}
	return NULL;
}

/* Where the DHCP client's script is: beside this program in a build directory, else where it is
 * installed. */
static const char *script_find(char path[static PATH_MAX + 32])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		snprintf(path, PATH_MAX + 32, "%s/" SCRIPT, dirname(self));
		if (access(path, X_OK) == 0)
			return path;
	}
	return TRAMA_LIBEXEC "/" SCRIPT;
}

static int check(const char *path)
{
	struct conf *conf = malloc(sizeof(*conf));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = -ENOMEM;

	if (fd < 0)
		log_error("%s: %s", path, strerror(errno));
	else if (conf)
		r = config_check(fd, path, true, conf);
	free(conf);
	return r ? PARENT_EXIT_CONFIG : 0;
}

/* -1: go on; else the exit status. */
static int options_read(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'f' },
		{ "check", required_argument, NULL, 'n' },
		{ "debug", no_argument, NULL, 'd' },
		{ "record", required_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "f:n:dh", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			o->process.config = optarg;
			break;
		case 'n':
			o->check = optarg;
			break;
		case 'd':
			o->debug = true;
			break;
		case 'r':
			o->record = optarg;
			break;
		case 'v':
			puts("tramad " TRAMA_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs(USAGE, stderr);
			return PARENT_EXIT_CONFIG;
		}
	}
	if (optind == argc)
		return -1;
	fputs(USAGE, stderr);
	return PARENT_EXIT_CONFIG;
}

static int run(struct options *o)
{
	char script[PATH_MAX + 32];
	struct parent_setup setup = { .node = process_main, .ctx = &o->process };

	if (geteuid() != 0) {
		log_error("must be started by root; it gives up what it does not need");
		return 1;
	}
	if (!o->process.config)
		o->process.config = config_find();
	o->process.record_fd = -1;
	if (o->record) {
		o->process.record_fd =
			open(o->record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (o->process.record_fd < 0) {
			log_error("%s: %s", o->record, strerror(errno));
			return 1;
		}
	}
	setup.config = o->process.config;
	setup.script = script_find(script);
	setup.user = privileges_find(PARENT_USER);
	if (!setup.user.known)
		log_warning("there is no user " PARENT_USER ": everything runs as root");
	return parent_run(&setup);
}

/* Started without them, the first socket would be standard error, and log lines would go there. */
static void stdio_open(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int r;

	stdio_open();
	r = options_read(argc, argv, &o);
	if (r >= 0)
		return r;
	/* Tables have pages of their own, which are not there until they are used; and what a large
	 * answer of the control socket needed goes back. glibc would change both by itself once a
	 * large block has been freed. */
	mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
	log_init("tramad", o.debug);
	return o.check ? check(o.check) : run(&o);
}
