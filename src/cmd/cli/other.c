/* SPDX-License-Identifier: GPL-2.0-or-later */
/* version, and lab, which is another program. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

int run_version(struct cli *c)
{
	struct rpc_client client;
	json_t *daemon = NULL, *v;
	const char *text;

	if (rpc_client_open(&client, c->socket) == 0)
		daemon = rpc_client_call(&client, "version", NULL);
	rpc_client_close(&client);
	v = json_object_get(daemon, "version");
	text = json_string_value(v);
	if (c->json) {
		json_incref(v);
		cli_print_json(json_pack("{ss so}", "trama", TRAMA_VERSION, "tramad",
					 v ? v : json_null()));
	} else {
		printf("trama %s\ntramad %s\n", TRAMA_VERSION, text ? text : "is not running here");
	}
	json_decref(daemon);
	return CLI_OK;
}

/* trama-lab lies beside this program, else in PATH. */
int lab_main(int argc, char **argv)
{
	static char name[] = "trama-lab";
	char self[PATH_MAX], path[PATH_MAX + sizeof(name)];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	(void)argc;
	argv[0] = name;
	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		snprintf(path, sizeof(path), "%.*s%s", (int)(slash - self + 1), self, name);
		execv(path, argv);
	}
	execvp(name, argv);
	fprintf(stderr, "trama lab: %s: %s\n", name, strerror(errno));
	return CLI_FAILED;
}
