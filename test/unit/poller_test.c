/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A descriptor is watched on after an error that passes, but not for ever after one that stays. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "plat/linux/poller.h"

struct seen {
	struct poller *poller;
	unsigned int calls, errors, datagrams;
	bool reads;
};

static void ready(void *ctx, int events)
{
	struct seen *s = ctx;
	char byte;

	(void)events;
	s->calls++;
	if (!s->reads)
		return;
	if (recv(poller_fd(s->poller), &byte, 1, MSG_DONTWAIT) < 0)
		s->errors += errno == ECONNREFUSED;
	else
		s->datagrams++;
}

static void run(uv_loop_t *loop, const unsigned int *what, unsigned int wanted)
{
	for (int i = 0; i < 1000 && *what < wanted; i++) {
		uv_run(loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
	assert_int_equal(*what, wanted);
}

static struct sockaddr_in local(int fd)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	return at;
}

static int bound(struct sockaddr_in at)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void test_error_passes(void **state)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = bound(any), peer = bound(any);
	struct sockaddr_in here = local(fd), there = local(peer);
	struct seen s = { .reads = true };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	s.poller = poller_new(&loop, fd, UV_READABLE, ready, &s);
	assert_int_equal(connect(fd, (struct sockaddr *)&there, sizeof(there)), 0);
	for (unsigned int round = 1; round <= 20; round++) {
		close(peer); /* nobody is there: an error of the socket */
		assert_int_equal(send(fd, "x", 1, 0), 1);
		run(&loop, &s.errors, round);
		peer = bound(there);
		sendto(peer, "y", 1, 0, (struct sockaddr *)&here, sizeof(here));
		run(&loop, &s.datagrams, round);
	}
	close(peer);
	poller_free(s.poller);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_error_stays(void **state)
{
	struct seen s = { 0 };
	uv_loop_t loop;
	int ends[2];

	(void)state;
	uv_loop_init(&loop);
	assert_int_equal(pipe(ends), 0);
	s.poller = poller_new(&loop, ends[1], UV_WRITABLE, ready, &s);
	close(ends[0]); /* nobody will ever read */
	for (int i = 0; i < 1000; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_in_range(s.calls, 1, 100);
	poller_free(s.poller);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_passes),
		cmocka_unit_test(test_error_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
