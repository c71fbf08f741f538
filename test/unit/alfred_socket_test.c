/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Unix socket of ALFRED, with clients in the same process: good, slow, silent and broken ones;
 * and the gzip that a value of ours is packed in. */
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plat/linux/bridges/alfred_socket.h"
#include "plat/linux/bridges/alfred_values.h"

static uv_loop_t loop;
static struct alfred *peer;
static struct alfred_socket *server;
static char dir[] = "/tmp/trama-alfred-XXXXXX";
static char path[64];
static char changed[64];
static int asked, acted;
static uint8_t buf[1 << 20];

static const struct mac self = { { 2, 0, 0, 0, 0, 1 } }, primary = { { 2, 0, 0, 0, 0, 2 } };

static struct alfred *peer_get(void *ctx)
{
	(void)ctx;
	return peer;
}

static void peer_asked(void *ctx)
{
	(void)ctx;
	asked++;
}

static void peer_acted(void *ctx)
{
	(void)ctx;
	acted++;
	alfred_socket_look(server);
}

static void interfaces(void *ctx, const char **ret_name, bool *ret_active,
		       const char **ret_bat_iface)
{
	(void)ctx;
	*ret_name = "br0";
	*ret_active = true;
	*ret_bat_iface = "bat0";
}

static void change(void *ctx, const char *name, bool bat_iface)
{
	(void)ctx;
	snprintf(changed, sizeof(changed), "%s%s", bat_iface ? "bat " : "", name);
}

static int setup(void **state)
{
	const struct alfred_socket_calls calls = { NULL,       peer_get,   peer_asked,
						   peer_acted, interfaces, change };
	const struct alfred_setup s = { .self = self, .rng = rng_init(1) };
	int r;

	(void)state;
	asked = acted = 0;
	changed[0] = '\0';
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (!mkdtemp(dir) || uv_loop_init(&loop))
		return -1;
	snprintf(path, sizeof(path), "%s/alfred.sock", dir);
	peer = alfred_new(&s, 0);
	server = alfred_socket_new(&loop, path, &calls, &r);
	return server && peer ? 0 : -1;
}

static void turns(int n)
{
	while (n-- > 0)
		uv_run(&loop, UV_RUN_NOWAIT);
}

static int teardown(void **state)
{
	(void)state;
	alfred_socket_free(server);
	while (uv_run(&loop, UV_RUN_NOWAIT))
		;
	uv_loop_close(&loop);
	alfred_free(peer);
	assert_int_not_equal(access(path, F_OK), 0);
	return rmdir(dir);
}

static int join(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(to.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	turns(3);
	return fd;
}

static int say(const void *data, size_t len)
{
	int fd = join();

	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
	turns(4);
	return fd;
}

/* All that comes until the end, or as much as there is; the length, and -1 - length at the end. */
static ssize_t hear(int fd)
{
	size_t len = 0;

	for (int quiet = 0; quiet < 20;) {
		ssize_t n = recv(fd, buf + len, sizeof(buf) - len, MSG_DONTWAIT);

		if (n == 0)
			return -1 - (ssize_t)len;
		if (n > 0) {
			len += (size_t)n;
			quiet = 0;
			continue;
		}
		assert_int_equal(errno, EAGAIN);
		turns(1);
		quiet++;
	}
	return (ssize_t)len;
}

static size_t set_encode(uint8_t type, size_t len, const struct mac *source)
{
	struct wr w = wr_init(buf, sizeof(buf));
	size_t mark = alfred_push_begin(&w, 1, 0);
	struct alfred_block b = { .type = type, .len = (uint16_t)len };

	if (source)
		b.source = *source;
	alfred_block_head(&w, &b);
	memset(wr_reserve(&w, len), 'v', len);
	alfred_push_end(&w, mark);
	return wr_len(&w);
}

static void set(uint8_t type, size_t len)
{
	int fd = say(buf, set_encode(type, len, NULL));

	assert_int_equal(hear(fd), -1);
	close(fd);
}

static int ask(uint8_t type)
{
	const uint8_t request[] = { 2, 0, 0, 3, type, 0x12, 0x34 };

	return say(request, sizeof(request));
}

static void test_set_and_ask(void **state)
{
	int fd;

	(void)state;
	set(65, 3);
	set(66, 5);
	assert_int_equal(acted, 2);
	fd = ask(65);
	assert_int_equal(hear(fd), -1 - (8 + 10 + 3));
	assert_int_equal(asked, 1);
	assert_memory_equal(buf, ((const uint8_t[]) { 0, 0, 0, 17, 0x12, 0x34 }), 6);
	assert_memory_equal(buf + 8, self.b, 6);
	assert_memory_equal(buf + 18, "vvv", 3);
	close(fd);
	fd = ask(67);
	assert_int_equal(hear(fd), -1);
	close(fd);
}

/* A request that comes byte by byte, and values as long as they can be to a reader that is slow. */
static void test_pieces(void **state)
{
	size_t len = set_encode(65, 5, NULL);
	int fd = join();

	(void)state;
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(send(fd, buf + i, 1, MSG_NOSIGNAL), 1);
		turns(2);
	}
	assert_int_equal(hear(fd), -1);
	close(fd);
	alfred_set_primary(peer, true);
	for (uint8_t i = 1; i <= 2; i++) {
		const struct mac source = { { 2, 0, 0, 0, 1, i } };
		size_t sent = 0;

		len = set_encode(80, 60000, &source);
		for (fd = join(); sent < len;) {
			ssize_t n = send(fd, buf + sent, len - sent, MSG_NOSIGNAL);

			sent += n > 0 ? (size_t)n : 0;
			turns(2);
		}
		close(fd);
		turns(3);
	}
	fd = ask(80);
	turns(50);
	assert_int_equal(hear(fd), -1 - 2 * (8 + 10 + 60000));
	close(fd);
}

static void test_source(void **state)
{
	int fd = say(buf, set_encode(65, 3, &primary));

	(void)state;
	assert_int_equal(hear(fd), -1);
	close(fd);
	assert_int_equal(alfred_socket_counters(server)->refused, 1);
	assert_int_equal(alfred_facts(peer)->facts.count, 0);
}

static void test_modes(void **state)
{
	static const uint8_t to_primary[] = { 5, 0, 0, 1, 1 }, to_secondary[] = { 5, 0, 0, 1, 0 };
	static const uint8_t status[] = { 8, 0, 0, 0 };
	int fd = say(to_primary, sizeof(to_primary));

	(void)state;
	assert_int_equal(hear(fd), -1);
	close(fd);
	assert_true(alfred_is_primary(peer));
	fd = say(status, sizeof(status));
	assert_int_equal(hear(fd), -1 - 50);
	assert_int_equal(buf[8], 1);
	close(fd);
	close(say(to_secondary, sizeof(to_secondary)));
	assert_false(alfred_is_primary(peer));
}

static void test_interface(void **state)
{
	uint8_t request[4 + 256] = { 6, 0, 1, 0, 'e', 't', 'h', '0' };

	(void)state;
	close(say(request, sizeof(request)));
	assert_string_equal(changed, "eth0");
	memcpy(request, (const uint8_t[]) { 7, 0, 0, 16 }, 4);
	close(say(request, 20));
	assert_string_equal(changed, "bat eth0");
}

static void test_events(void **state)
{
	static const uint8_t listen[] = { 9, 0, 0, 0 };
	static const uint8_t event[] = { 10, 0, 0, 7, 65, 2, 0, 0, 0, 0, 1 };
	int fd = say(listen, sizeof(listen));

	(void)state;
	assert_int_equal(hear(fd), 0);
	set(65, 3);
	assert_int_equal(hear(fd), sizeof(event));
	assert_memory_equal(buf, event, sizeof(event));
	set(65, 3);
	assert_int_equal(hear(fd), 0);
	close(fd);
	turns(3);
	set(65, 4);
}

/* A secondary asks its primary, which says nothing; another client has gone meanwhile. */
static void test_ask_primary(void **state)
{
	static const uint8_t announce[] = { 1, 0, 0, 0 };
	int fd, other;

	(void)state;
	(void)alfred_input(peer, &primary, announce, sizeof(announce), 0);
	fd = ask(65);
	other = ask(65);
	assert_int_equal(hear(fd), 0);
	close(other);
	turns(3);
	alfred_tick(peer, (usec_t)uv_now(&loop) * USEC_MS + (ALFRED_REQUEST_S + 1) * USEC_S);
	alfred_socket_look(server);
	assert_int_equal(hear(fd), -1 - 8);
	assert_memory_equal(buf, ((const uint8_t[]) { 4, 0, 0, 4, 0x12, 0x34 }), 6);
	close(fd);
}

static void test_broken(void **state)
{
	static const uint8_t bad[][4] = { { 0, 0, 0, 0 }, { 0, 1, 0, 0 }, { 99, 0, 0, 0 },
					  { 1, 0, 0, 0 }, { 2, 0, 0, 0 }, { 5, 0, 0, 0 },
					  { 10, 0, 0, 0 } };
	uint8_t empty[] = { 0, 0, 0, 4, 1, 2, 0, 0 }; /* no value */
	int fds[ALFRED_CLIENTS], more;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = say(bad[i], sizeof(bad[i]));

		assert_int_equal(hear(fd), -1);
		close(fd);
	}
	close(say(empty, sizeof(empty)));
	assert_int_equal(alfred_socket_counters(server)->malformed,
			 1 + sizeof(bad) / sizeof(bad[0]));
	turns(5);
	/* silent ones take all places, and lose them after a while: here they just go */
	for (int i = 0; i < ALFRED_CLIENTS; i++)
		fds[i] = say("\0", 1);
	more = join();
	assert_int_equal(hear(more), -1);
	assert_int_equal(alfred_socket_counters(server)->refused, 1);
	close(more);
	for (int i = 0; i < ALFRED_CLIENTS; i++)
		close(fds[i]);
	for (int i = 0; i < 5; i++, usleep(2000))
		turns(2);
	set(65, 3);
}

/* Another user is not heard. */
static void test_stranger(void **state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	static const uint8_t to_primary[] = { 5, 0, 0, 1, 1 };
	int status = 0;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chmod(dir, 0755), 0);
	strcpy(to.sun_path, path);
	pid = fork();
	if (!pid) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		bool ok = !setresuid(65534, 65534, 65534) &&
			  !connect(fd, (struct sockaddr *)&to, sizeof(to)) &&
			  write(fd, to_primary, sizeof(to_primary)) == sizeof(to_primary);

		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	turns(5);
	assert_false(alfred_is_primary(peer));
	assert_int_equal(alfred_socket_counters(server)->refused, 1);
}

/* python3: gzip.compress() of the same text reads back as this */
static void test_gzip(void **state)
{
	static const uint8_t want[] = { 0x1f, 0x8b, 8,	  0,	0,   0,	   0,	 0,
					0,    0xff, 1,	  9,	0,   0xf6, 0xff, '1',
					'2',  '3',  '4',  '5',	'6', '7',  '8',	 '9',
					0x26, 0x39, 0xf4, 0xcb, 9,   0,	   0,	 0 };

	(void)state;
	assert_int_equal(alfred_gzip("123456789", 9, buf, sizeof(buf)), sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_int_equal(alfred_gzip("123456789", 9, buf, sizeof(want) - 1), 0);
}

int main(void)
{
#define SOCKET_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		SOCKET_TEST(test_set_and_ask), SOCKET_TEST(test_pieces),
		SOCKET_TEST(test_source),      SOCKET_TEST(test_modes),
		SOCKET_TEST(test_interface),   SOCKET_TEST(test_events),
		SOCKET_TEST(test_ask_primary), SOCKET_TEST(test_broken),
		SOCKET_TEST(test_stranger),    cmocka_unit_test(test_gzip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
