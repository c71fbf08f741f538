/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The channel between the root process and the node process. Even first byte: a request as root
 * gets it. Odd: {length u8, report}* as the node gets them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/wire.h"
#include "plat/linux/helpers/channel.h"
#include "plat/linux/helpers/children.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void request(int here, int there, struct rd r)
{
	struct parent_request got;
	int err;

	check(send(there, r.p, rd_left(&r), MSG_DONTWAIT) == (ssize_t)rd_left(&r));
	err = channel_receive(here, &got, sizeof(got), NULL);
	check((err == 0) == (rd_left(&r) == sizeof(got)));
	if (err || !parent_request_ok(&got))
		return;
	check(got.op <= PARENT_ALIVE);
	if (got.op == PARENT_HOSTAPD || (got.op == PARENT_START && got.kind == CHILD_DHCP))
		check(memchr(got.dev, '\0', sizeof(got.dev)) && got.dev[0] && got.dev[0] != '-' &&
		      !strchr(got.dev, '/') && !strchr(got.dev, ' '));
}

static void hear(void *ctx, const struct event *e)
{
	(void)ctx;
	check(e->kind == EVENT_CHILD);
}

static void changed(void *ctx, const struct child *c)
{
	(void)ctx;
	check(memchr(c->dev, '\0', sizeof(c->dev)) != NULL);
}

static bool prepare(void *ctx, enum child_kind kind)
{
	(void)ctx;
	return kind != CHILD_DNSMASQ;
}

static void opened(void *ctx, enum parent_op op, const char *dev, int fd)
{
	(void)ctx;
	(void)op;
	(void)fd;
	check(strlen(dev) < NODE_IFNAME);
}

static void lost(void *ctx)
{
	bool *over = ctx;

	*over = true;
}

static void reports(int here, int there, struct rd r)
{
	static const struct wish_child want[] = {
		{ .kind = CHILD_BABELD },
		{ .kind = CHILD_DNSMASQ },
		{ .kind = CHILD_DHCP, .port = 1, .dev = "eth1" }
	};
	static uv_loop_t loop;
	static bool begun;
	struct sink sink = { hear, NULL };
	bool over = false;
	struct children_watch watch = { &over, changed, prepare, opened, lost };
	struct children c;
	uint8_t asked[256];

	if (!begun)
		check(uv_loop_init(&loop) == 0);
	begun = true;
	check(children_init(&c, &loop, here, sink, &watch) == 0);
	children_apply(&c, want, 3);
	while (rd_left(&r) && !over) {
		struct rd report = rd_sub(&r, rd_u8(&r));

		(void)!send(there, report.p, rd_left(&report), MSG_DONTWAIT);
		uv_run(&loop, UV_RUN_NOWAIT);
		check(c.count <= CHILDREN_MAX);
		while (recv(there, asked, sizeof(asked), MSG_DONTWAIT) > 0)
			;
	}
	children_done(&c);
	uv_run(&loop, UV_RUN_NOWAIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	int pair[2];

	if (size < 2)
		return 0;
	check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	if (rd_u8(&r) & 1) {
		reports(pair[0], pair[1], r); /* closes its end */
	} else {
		request(pair[0], pair[1], r);
		close(pair[0]);
	}
	close(pair[1]);
	return 0;
}
