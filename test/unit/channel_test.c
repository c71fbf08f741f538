/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The channel between root process and node process: whatever one end sends, the other keeps no
 * descriptor that it did not ask for. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "plat/linux/helpers/channel.h"

#define FDS_MAX 8

struct message {
	int number;
	char text[12];
};

static int pair[2];

static unsigned int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static int setup(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int teardown(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

/* As no honest sender would: `count` descriptors with `len` bytes. */
static void send_many(size_t len, size_t count)
{
	static char bytes[256];
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = bytes, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = CMSG_SPACE(count * sizeof(int)) };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
	for (size_t i = 0; i < count; i++)
		memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &pair[0], sizeof(int));
	assert_int_equal(sendmsg(pair[0], &msg, 0), len);
}

static void test_message(void **state)
{
	struct message sent = { 7, "seven" }, got = { 0 };
	int fd = 0;

	(void)state;
	assert_int_equal(channel_receive(pair[1], &got, sizeof(got), &fd), -EAGAIN);
	assert_int_equal(channel_send(pair[0], &sent, sizeof(sent), -1), 0);
	assert_int_equal(channel_receive(pair[1], &got, sizeof(got), &fd), 0);
	assert_memory_equal(&got, &sent, sizeof(got));
	assert_int_equal(fd, -1);
	assert_int_equal(channel_send(pair[0], &sent, sizeof(sent) - 1, -1), 0);
	assert_int_equal(channel_receive(pair[1], &got, sizeof(got), &fd), -EBADMSG);
}

static void test_descriptor(void **state)
{
	struct message m = { 7, "seven" };
	unsigned int before = descriptors();
	int fd = -1;

	(void)state;
	assert_int_equal(channel_send(pair[0], &m, sizeof(m), pair[0]), 0);
	assert_int_equal(channel_receive(pair[1], &m, sizeof(m), &fd), 0);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(descriptors(), before);
}

static void test_descriptors_unasked(void **state)
{
	struct message m;
	unsigned int before = descriptors();
	int fd;

	(void)state;
	for (size_t count = 1; count <= FDS_MAX; count++) {
		send_many(sizeof(m), count);
		assert_int_equal(channel_receive(pair[1], &m, sizeof(m), NULL), -EBADMSG);
		assert_int_equal(descriptors(), before);
	}
	for (size_t count = 2; count <= FDS_MAX; count++) {
		send_many(sizeof(m), count);
		assert_int_equal(channel_receive(pair[1], &m, sizeof(m), &fd), -EBADMSG);
		assert_int_equal(descriptors(), before);
	}
	send_many(sizeof(m) + 1, 1);
	assert_int_equal(channel_receive(pair[1], &m, sizeof(m), &fd), -EBADMSG);
	assert_int_equal(descriptors(), before);
}

static void test_end(void **state)
{
	struct message m = { 0 };

	(void)state;
	shutdown(pair[0], SHUT_RDWR);
	assert_int_equal(channel_receive(pair[1], &m, sizeof(m), NULL), -ECONNRESET);
	assert_int_equal(channel_send(pair[1], &m, sizeof(m), -1), -EPIPE);
}

/* A descriptor that this process has no room for is as if none came. */
static void test_no_room(void **state)
{
	struct message m = { 7, "seven" };
	struct rlimit before, none;
	int fd = 0, next = dup(0);

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)next;
	assert_int_equal(channel_send(pair[0], &m, sizeof(m), pair[0]), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(channel_receive(pair[1], &m, sizeof(m), &fd), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_message, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptors_unasked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
