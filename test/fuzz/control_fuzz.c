/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes into the control socket, in pieces: {piece u8, text}*. A piece is up to 63 bytes as they
 * are; with flag 0x40 its first byte some thousand times, with 0x80 nothing is read before the next
 * one. Whole lines come out, none longer than it may be.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/wire.h"
#include "plat/linux/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uv_loop_t loop;
static char path[64];

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void call(void *ctx, struct control_peer *peer, char *line, size_t len)
{
	(void)ctx;
	check(len > 0 && len <= CONTROL_REQUEST_MAX && !memchr(line, '\n', len) && !line[len]);
	memset(line, '!', len);
	control_reply(peer, line, len < 100 ? len : 100);
}

static void gone(void *ctx, struct control_peer *peer)
{
	(void)ctx;
	(void)peer;
}

static void turn(void)
{
	for (int i = 0; i < 3; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
}

/* The peer reads as it writes. */
static void say(int fd, struct rd *r)
{
	static uint8_t many[8192];
	uint8_t answer[4096];
	uint8_t piece = rd_u8(r);
	struct rd text = rd_sub(r, piece & 63);

	if (piece & 0x40) {
		memset(many, rd_u8(&text), sizeof(many));
		(void)!send(fd, many, sizeof(many), MSG_NOSIGNAL);
	} else {
		(void)!send(fd, text.p, rd_left(&text), MSG_NOSIGNAL);
	}
	if (piece & 0x80)
		return;
	turn();
	while (recv(fd, answer, sizeof(answer), 0) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct control_calls calls = { NULL, call, gone };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct rd r = rd_init(data, size);
	struct control *c;
	int fd, err;

	if (!path[0]) {
		snprintf(path, sizeof(path), "/tmp/trama-fuzz-%d", (int)getpid());
		check(uv_loop_init(&loop) == 0);
	}
	c = control_new(&loop, path, &calls, &err);
	check(c != NULL);
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	check(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	turn();
	while (rd_left(&r))
		say(fd, &r);
	close(fd);
	turn();
	control_free(c);
	turn();
	return 0;
}
