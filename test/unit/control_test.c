/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket's limits, with peers in the same process. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "unix_connect.h"

#include "plat/linux/control.h"

static uv_loop_t loop;
static struct control *control;
static char dir[] = "/tmp/trama-control-XXXXXX";
static char path[64];
static int calls, gone;
static size_t call_len;
static char call_text[64];
static char table[2 * CONTROL_OUTPUT_MAX]; /* a long answer */
static struct control_peer *last_peer;

static void call(void *ctx, struct control_peer *peer, char *line, size_t len)
{
	(void)ctx;
	calls++;
	last_peer = peer;
	call_len = len;
	snprintf(call_text, sizeof(call_text), "%s", line);
	assert_int_equal(control_peer_uid(peer), getuid());
	if (strcmp(line, "flood") == 0) {
		static char big[1 << 20];

		memset(big, 'x', sizeof(big));
		for (int i = 0; i < 8; i++)
			(void)control_reply(peer, big, sizeof(big));
		return;
	}
	if (strcmp(line, "table") == 0) {
		(void)control_reply(peer, table, sizeof(table));
		return;
	}
	control_reply(peer, line, len < 100 ? len : 100);
}

static void peer_gone(void *ctx, struct control_peer *peer)
{
	(void)ctx;
	(void)peer;
	gone++;
}

static int setup(void **state)
{
	const struct control_calls c = { NULL, call, peer_gone };
	int r;

	(void)state;
	calls = gone = 0;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (!mkdtemp(dir) || uv_loop_init(&loop))
		return -1;
	snprintf(path, sizeof(path), "%s/control", dir);
	control = control_new(&loop, path, &c, &r);
	return control ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	control_free(control);
	while (uv_run(&loop, UV_RUN_NOWAIT))
		;
	uv_loop_close(&loop);
	assert_int_not_equal(access(path, F_OK), 0);
	return rmdir(dir);
}

static void turns(int n)
{
	while (n-- > 0)
		uv_run(&loop, UV_RUN_NOWAIT);
}

/* Requests wait a millisecond for each other. */
static void turns_until(int calls_wanted)
{
	for (int i = 0; i < 1000 && calls < calls_wanted; i++) {
		usleep(1000);
		turns(1);
	}
}

static int join(void)
{
	int fd = unix_connect(path);

	turns(3);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	turns(3);
}

/* What came, NUL-terminated; "" for nothing, "EOF" at the end. */
static const char *hear(int fd)
{
	static char buf[4096];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);

	if (n == 0)
		return "EOF";
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static void test_lines(void **state)
{
	struct stat st;
	int fd = join();

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	say(fd, "one\ntw");
	assert_int_equal(calls, 1);
	assert_string_equal(hear(fd), "one\n");
	say(fd, "o\n\n\nthree\n");
	turns_until(3);
	assert_int_equal(calls, 3);
	assert_string_equal(hear(fd), "two\nthree\n");
	close(fd);
	turns(3);
	assert_int_equal(gone, 1);
}

static void test_oversize(void **state)
{
	static char big[CONTROL_REQUEST_MAX + 100];
	int fd = join();
	size_t sent = 0;

	(void)state;
	memset(big, 'a', sizeof(big));
	while (sent < CONTROL_REQUEST_MAX) { /* the longest that is allowed */
		ssize_t n = send(fd, big, CONTROL_REQUEST_MAX - sent, MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		turns(40);
	}
	say(fd, "\n");
	assert_int_equal(calls, 1);
	assert_int_equal(call_len, CONTROL_REQUEST_MAX);
	assert_int_equal(strlen(hear(fd)), 101);
	sent = 0;
	while (sent < sizeof(big)) {
		ssize_t n = send(fd, big + sent, sizeof(big) - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		turns(40);
	}
	assert_non_null(strstr(hear(fd), "-32600"));
	turns(5);
	assert_int_equal(calls, 1);
	assert_int_equal(gone, 1);
	assert_int_equal(control_counters(control)->too_long, 1);
	close(fd);
}

static void test_too_many(void **state)
{
	int fds[CONTROL_PEERS_PER_USER], more;

	(void)state;
	for (int i = 0; i < CONTROL_PEERS_PER_USER; i++)
		fds[i] = join();
	more = join();
	assert_non_null(strstr(hear(more), "too many"));
	assert_string_equal(hear(more), "EOF");
	close(more);
	close(fds[0]);
	turns(3);
	fds[0] = join();
	say(fds[0], "here\n");
	assert_string_equal(hear(fds[0]), "here\n");
	for (int i = 0; i < CONTROL_PEERS_PER_USER; i++)
		close(fds[i]);
	turns(3);
}

/* Whoever has taken all places that are to be had, root gets one. */
static void test_places_of_root(void **state)
{
	int fds[CONTROL_PEERS - CONTROL_PEERS_OF_ROOT + 1], mine;

	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(chmod(dir, 0755) | chmod(path, 0666), 0);
	for (int i = 0; i <= CONTROL_PEERS - CONTROL_PEERS_OF_ROOT; i++) {
		assert_int_equal(seteuid(i % 2 ? 1001 : 1002), 0);
		fds[i] = join();
		assert_int_equal(seteuid(0), 0);
	}
	assert_non_null(strstr(hear(fds[CONTROL_PEERS - CONTROL_PEERS_OF_ROOT]), "too many"));
	mine = join();
	say(mine, "here\n");
	assert_string_equal(hear(mine), "here\n");
	close(mine);
	for (int i = 0; i <= CONTROL_PEERS - CONTROL_PEERS_OF_ROOT; i++)
		close(fds[i]);
	turns(3);
}

/* Who asks faster is answered later, but is answered. */
static void test_rate(void **state)
{
	char line[4];
	int fd = join();

	(void)state;
	for (int i = 0; i < CONTROL_BURST + 5; i++) {
		snprintf(line, sizeof(line), "q\n");
		say(fd, line);
	}
	assert_in_range(calls, CONTROL_BURST, CONTROL_BURST + 4);
	assert_true(control_counters(control)->delayed > 0);
	for (int i = 0; i < 40 && calls < CONTROL_BURST + 5; i++) {
		usleep(20000);
		turns(1);
	}
	assert_int_equal(calls, CONTROL_BURST + 5);
	close(fd);
	turns(3);
}

/* Many requests at once: others have their turn in between. */
static void test_turns(void **state)
{
	char many[2 * 100 + 1];
	int fd = join(), other = join();

	(void)state;
	for (int i = 0; i < 100; i++)
		memcpy(many + 2 * i, "q\n", 3);
	assert_int_equal(send(fd, many, 200, MSG_NOSIGNAL), 200);
	turns(2);
	assert_in_range(calls, 1, 10);
	say(other, "other\n");
	assert_string_equal(hear(other), "other\n");
	assert_in_range(calls, 2, 50);
	turns_until(101);
	assert_int_equal(calls, 101);
	close(fd);
	close(other);
	turns(3);
}

static void test_does_not_read(void **state)
{
	int fd = join();

	(void)state;
	say(fd, "flood\n");
	turns(3);
	assert_int_equal(gone, 1);
	assert_int_equal(control_counters(control)->cut_off, 1);
	close(fd);
}

/* Who reads is told all, who does not is cut off long before it costs what an answer may. */
static void test_told_and_does_not_read(void **state)
{
	static char news[1024];
	size_t told = 0;
	int fd = join();

	(void)state;
	memset(news, 'x', sizeof(news));
	say(fd, "one\n");
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(control_notify(last_peer, news, sizeof(news)), 0);
		turns(1);
		(void)hear(fd);
	}
	while (told < CONTROL_OUTPUT_MAX && control_notify(last_peer, news, sizeof(news)) == 0)
		told += sizeof(news) + 1;
	/* and what the socket holds */
	assert_in_range(told, CONTROL_BEHIND_MAX, CONTROL_BEHIND_MAX + 512 * 1024);
	turns(3);
	assert_int_equal(gone, 1);
	assert_int_equal(control_counters(control)->cut_off, 1);
	close(fd);
}

/* However long the answer is: who reads it gets it. */
static void test_long_answer(void **state)
{
	size_t heard = 0;
	int fd = join();

	(void)state;
	memset(table, 'x', sizeof(table));
	say(fd, "table\n");
	for (int i = 0; i < 100000 && heard <= sizeof(table); i++) {
		size_t len = strlen(hear(fd));

		heard += len;
		turns(1);
	}
	assert_int_equal(heard, sizeof(table) + 1);
	assert_int_equal(control_counters(control)->cut_off, 0);
	say(fd, "one\n");
	assert_string_equal(hear(fd), "one\n");
	close(fd);
	turns(3);
}

/* Of all that do not read, those with most go; who reads is answered. */
static void test_all_do_not_read(void **state)
{
	int fds[6], reader = join();

	(void)state;
	for (int i = 0; i < 6; i++) {
		fds[i] = join();
		say(fds[i], "table\n");
	}
	/* of 8 MB each: more than two of them, and what comes then, are too much */
	assert_in_range(control_counters(control)->cut_off, 2, 4);
	say(reader, "one\n");
	assert_string_equal(hear(reader), "one\n");
	close(reader);
	for (int i = 0; i < 6; i++)
		close(fds[i]);
	turns(3);
}

/* Who asks faster than it may is not read meanwhile, also when it is told something. */
static void test_waits_unread(void **state)
{
	char many[4096], buf[4096];
	size_t sent = 0;
	int fd = join();

	(void)state;
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = i % 2 ? '\n' : 'q';
	assert_int_equal(send(fd, many, 2 * CONTROL_BURST, MSG_NOSIGNAL), 2 * CONTROL_BURST);
	turns_until(CONTROL_BURST);
	for (int i = 0; i < 40; i++) {
		for (ssize_t n = 1; n > 0;) {
			n = send(fd, many, sizeof(many), MSG_NOSIGNAL);
			sent += n > 0 ? (size_t)n : 0;
		}
		assert_int_equal(control_reply(last_peer, "news", 4), 0);
		turns(3);
		(void)!recv(fd, buf, sizeof(buf), 0);
	}
	/* what the socket holds, and a little */
	assert_in_range(sent, 1, 512 * 1024);
	close(fd);
	turns(3);
}

/* A peer that goes in the middle of everything. */
static void test_goes(void **state)
{
	int fd = join();

	(void)state;
	assert_int_equal(send(fd, "a\nb\nc\n", 6, MSG_NOSIGNAL), 6);
	close(fd);
	turns(5);
	assert_int_equal(gone, 1);
	fd = join();
	say(fd, "half");
	close(fd);
	turns(5);
	assert_int_equal(gone, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_oversize, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places_of_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_do_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_does_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_told_and_does_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waits_unread, setup, teardown),
		cmocka_unit_test_setup_teardown(test_goes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
