/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tramad answers to `trama`: the first byte says to which command, the rest comes from the
 * socket. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/cli/cli.h"

#define ANSWER_MAX 65536 /* fits into the socket */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* A daemon that has said all this already and gone. */
static void connect_to(const uint8_t *data, size_t size, struct rpc_client *ret, int *ret_peer)
{
	int pair[2];

	check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	size = size < ANSWER_MAX ? size : ANSWER_MAX;
	check(size == 0 || send(pair[1], data, size, MSG_DONTWAIT) == (ssize_t)size);
	shutdown(pair[1], SHUT_WR);
	*ret = (struct rpc_client) { .fd = pair[0] };
	*ret_peer = pair[1];
}

static void show(size_t at, json_t *result)
{
	const struct command *c = command_at(at);
	struct cli cli = { .command = c, .all = true };
	char *argv[] = { NULL };

	cli.argv = argv;
	if (c->print)
		c->print(&cli, result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static size_t commands;
	struct rpc_client client;
	json_t *v;
	int peer;

	if (!commands)
		check(freopen("/dev/null", "w", stdout) != NULL);
	while (command_at(commands))
		commands++;
	if (size == 0)
		return 0;
	connect_to(data + 1, size - 1, &client, &peer);
	v = rpc_client_call(&client, "status", NULL);
	check(v || client.err[0]);
	if (v)
		show(data[0] % commands, v);
	json_decref(v);
	while ((v = rpc_client_next(&client, 0)))
		json_decref(v);
	check(client.err[0]); /* it has hung up */
	rpc_client_close(&client);
	close(peer);
	return 0;
}
