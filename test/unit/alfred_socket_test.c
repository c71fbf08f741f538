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
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "unix_connect.h"

#include "plat/linux/bridges/alfred_socket.h"
#include "plat/linux/bridges/alfred_values.h"
#include "plat/linux/unix_socket.h"

static uv_loop_t loop;
static struct alfred *peer;
static struct alfred_socket *server;
static char dir[] = "/tmp/trama-alfred-XXXXXX";
static char path[64];
static char changed[64];
static int asked, acted;
static uint8_t buf[1 << 20];
static usec_t ahead; /* of the true time */

static const struct mac self = { { 2, 0, 0, 0, 0, 1 } }, primary = { { 2, 0, 0, 0, 0, 2 } };

static usec_t now_get(void *ctx)
{
	(void)ctx;
	return (usec_t)uv_now(&loop) * USEC_MS + ahead;
}

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

static bool change(void *ctx, const char *name, bool bat_iface)
{
	(void)ctx;
	snprintf(changed, sizeof(changed), "%s%s", bat_iface ? "bat " : "", name);
	return !strchr(name, ',');
}

static int setup(void **state)
{
	const struct alfred_socket_calls calls = { NULL,       now_get,	   peer_get, peer_asked,
						   peer_acted, interfaces, change };
	const struct alfred_setup s = { .self = self, .rng = rng_init(1) };
	int r;

	(void)state;
	asked = acted = 0;
	ahead = 0;
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
	int fd = unix_connect(path);

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
	/* numbered, as the original does it */
	assert_memory_equal(buf + 6, ((const uint8_t[]) { 0, 0 }), 2);
	assert_memory_equal(buf + 8 + 10 + 60000 + 6, ((const uint8_t[]) { 0, 1 }), 2);
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
	assert_int_equal(alfred_socket_counters(server)->refused, 0);
	memcpy(request, (const uint8_t[]) { 6, 0, 1, 0, 'a', ',', 'b', 0 }, 8);
	close(say(request, sizeof(request)));
	assert_int_equal(alfred_socket_counters(server)->refused, 1);
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
	(void)alfred_input(peer, &primary, true, announce, sizeof(announce), 0);
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

/* A client that has no more to say is answered: printf REQUEST | socat -. */
static void test_half_closed(void **state)
{
	static const uint8_t announce[] = { 1, 0, 0, 0 };
	int fd;

	(void)state;
	(void)alfred_input(peer, &primary, true, announce, sizeof(announce), 0);
	fd = ask(65);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_int_equal(hear(fd), 0);
	alfred_tick(peer, now_get(NULL) + (ALFRED_REQUEST_S + 1) * USEC_S);
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

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = say(bad[i], sizeof(bad[i]));

		assert_int_equal(hear(fd), -1);
		close(fd);
	}
	close(say(empty, sizeof(empty)));
	assert_int_equal(alfred_socket_counters(server)->malformed,
			 1 + sizeof(bad) / sizeof(bad[0]));
}

/* ---- those who are slow ---- */

/* The end of another client has them looked at, as each second has. */
static void look(void)
{
	set(99, 1);
	turns(5);
}

static bool is_open(int fd)
{
	return hear(fd) >= 0;
}

/* Programs connect, and may have something to say long after. What counts is how long a request
 * takes from its first byte on. */
static void test_slow_script(void **state)
{
	size_t len;
	int script = join(), broken = say("\0", 1), late;

	(void)state;
	ahead += 9 * USEC_S;
	late = say("\0", 1);
	ahead += 2 * USEC_S;
	for (int i = 0; i < 20; i++) /* looks are not what time is counted by */
		look();
	assert_true(is_open(script));
	assert_false(is_open(broken));
	assert_true(is_open(late));
	assert_int_equal(alfred_socket_counters(server)->timeouts, 1);
	ahead += 3600 * USEC_S;
	look();
	assert_false(is_open(late));
	assert_int_equal(alfred_socket_counters(server)->timeouts, 2);
	assert_int_equal(send(script, "", 1, MSG_NOSIGNAL), 1); /* a packet's first byte is 0 */
	turns(4);
	ahead += 9 * USEC_S;
	look();
	assert_true(is_open(script));
	len = set_encode(65, 5, NULL);
	assert_int_equal(send(script, buf + 1, len - 1, MSG_NOSIGNAL), len - 1);
	turns(4);
	assert_int_equal(hear(script), -1);
	assert_non_null(alfred_fact_find(alfred_facts(peer), &self, 65));
	close(script);
	close(broken);
	close(late);
}

#define MANY 1500
#define MANY_BYTES (MANY * (8 + 10 + 1))

/* So many values of one byte that no buffer takes them all: each is a packet of its own. */
static void set_many(uint8_t type)
{
	struct wr w = wr_init(buf, sizeof(buf));
	size_t mark = alfred_push_begin(&w, 1, 0);

	alfred_set_primary(peer, true);
	for (unsigned int i = 0; i < MANY; i++) {
		struct alfred_block b = { .source = { { 2, 0, 0, 1, (uint8_t)(i >> 8),
							(uint8_t)i } },
					  .type = type,
					  .len = 1,
					  .data = self.b };

		if (i < 500) {
			assert_int_equal(alfred_set(peer, &b, now_get(NULL)), 0);
			continue;
		}
		alfred_block_head(&w, &b);
		wr_u8(&w, 'x');
	}
	alfred_push_end(&w, mark);
	assert_int_equal(alfred_input(peer, &primary, false, buf, wr_len(&w), now_get(NULL)), 0);
	assert_int_equal(alfred_facts(peer)->facts.count, MANY);
	alfred_socket_look(server);
}

static size_t queued(int fd)
{
	int n = 0;

	assert_int_equal(ioctl(fd, FIONREAD, &n), 0);
	return (size_t)n;
}

/* A reader that takes something now and then stays, one that does not goes. */
static void test_slow_reader(void **state)
{
	size_t first, more, taken;
	int fd, dead;

	(void)state;
	set_many(80);
	fd = ask(80);
	dead = ask(80);
	turns(300);
	first = queued(fd);
	assert_in_range(first, 1, MANY_BYTES - 1);
	ahead += 8 * USEC_S;
	taken = first - first / 8;
	assert_int_equal(recv(fd, buf, taken, 0), taken);
	turns(300);
	more = queued(fd) - (first - taken);
	assert_in_range(more, 1, MANY_BYTES - first - 1);
	ahead += 8 * USEC_S;
	look();
	assert_int_equal(alfred_socket_counters(server)->timeouts, 1);
	turns(300);
	assert_int_equal(hear(fd), -1 - (ssize_t)(MANY_BYTES - taken));
	close(fd);
	close(dead);
}

/* All places are taken: who has said nothing makes room, the oldest first. */
static void test_silent_make_room(void **state)
{
	int fds[ALFRED_CLIENTS], more;

	(void)state;
	for (int i = 0; i < ALFRED_CLIENTS; i++, ahead += USEC_MS)
		fds[i] = i == 0 ? say("\0", 1) : join();
	more = ask(65);
	assert_int_equal(hear(more), -1);
	assert_int_equal(alfred_socket_counters(server)->replaced, 1);
	assert_true(is_open(fds[0]));
	assert_false(is_open(fds[1]));
	assert_true(is_open(fds[2]));
	close(more);
	for (int i = 0; i < ALFRED_CLIENTS; i++)
		close(fds[i]);
	turns(5);
}

/* All are busy: the next one waits until one has gone, and is served then. */
static void test_busy(void **state)
{
	int fds[ALFRED_CLIENTS], more;

	(void)state;
	for (int i = 0; i < ALFRED_CLIENTS; i++)
		fds[i] = say("\0", 1);
	more = ask(65);
	assert_int_equal(hear(more), 0);
	close(fds[3]);
	for (int i = 0; i < 5; i++, usleep(2000))
		turns(2);
	assert_int_equal(hear(more), -1);
	close(more);
	/* all others are late now, if one is not seen before it is late itself */
	fds[3] = say("\0", 1);
	more = ask(65);
	assert_int_equal(hear(more), 0);
	ahead += (ALFRED_CLIENT_S + 1) * USEC_S;
	close(fds[4]);
	for (int i = 0; i < 5; i++, usleep(2000))
		turns(2);
	assert_in_range(alfred_socket_counters(server)->timeouts, ALFRED_CLIENTS - 1,
			ALFRED_CLIENTS);
	assert_int_equal(hear(more), -1);
	close(more);
	for (int i = 0; i < ALFRED_CLIENTS; i++)
		if (i != 4)
			close(fds[i]);
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

/* Somebody's socket, by a name of it and by another one; what it leaves; a link; nothing. */
static void test_others(void **state)
{
	char dead[80], link[80], near[80];
	int fd;

	(void)state;
	snprintf(dead, sizeof(dead), "%s/dead", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(near, sizeof(near), "%s/./alfred.sock", dir);
	assert_true(unix_socket_listens(path));
	assert_true(unix_socket_listens(near));
	assert_false(unix_socket_clear(path));
	assert_false(unix_socket_listens(dead));
	assert_false(unix_socket_clear(dead));
	fd = unix_socket_listen(dead, 0600, 1);
	assert_true(fd >= 0);
	assert_true(unix_socket_listens(dead));
	close(fd);
	assert_false(unix_socket_listens(dead));
	assert_int_equal(symlink(dead, link), 0);
	assert_false(unix_socket_clear(link));
	assert_true(unix_socket_clear(dead));
	assert_int_not_equal(access(dead, F_OK), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(path, link), 0);
	assert_false(unix_socket_listens(link)); /* the way of ours */
	assert_int_equal(unlink(link), 0);
	assert_int_equal(access(path, F_OK), 0);
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
		SOCKET_TEST(test_ask_primary), SOCKET_TEST(test_half_closed),
		SOCKET_TEST(test_broken),      SOCKET_TEST(test_slow_script),
		SOCKET_TEST(test_slow_reader), SOCKET_TEST(test_silent_make_room),
		SOCKET_TEST(test_busy),	       SOCKET_TEST(test_stranger),
		SOCKET_TEST(test_others),      cmocka_unit_test(test_gzip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
