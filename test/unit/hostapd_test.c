/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node says to hostapd, and hears, over a pair of sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "plat/linux/helpers/hostapd.h"

struct heard {
	int asked;
	struct event_client last;
};

static void ask(void *ctx, const char *dev)
{
	struct heard *h = ctx;

	assert_string_equal(dev, "wlan0-ap");
	h->asked++;
}

static void on_event(void *ctx, const struct event *e)
{
	struct heard *h = ctx;

	assert_int_equal(e->kind, EVENT_CLIENT);
	h->last = e->client;
}

static const char *told(int fd)
{
	static char buf[64];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static void test_disassociate(void **state)
{
	static const struct mac phone = { { 2, 0xab, 0, 0, 0, 0x10 } };
	static const char news[] = "<3>AP-STA-DISCONNECTED 02:ab:00:00:00:10";
	struct devices devices = { .count = 1 };
	struct heard heard = { 0 };
	struct sink sink = { .event = on_event, .ctx = &heard };
	struct hostapd *h;
	uv_loop_t loop;
	int fd[2];

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	h = hostapd_new(&loop, sink, ask, &heard);
	assert_non_null(h);
	devices.list[0] =
		(struct event_port) { .port = 3, .kind = PORT_KIND_WIFI_AP, .name = "wlan0-ap" };
	hostapd_apply(h, &devices);
	/* there is nobody to tell */
	hostapd_disassociate(h, 3, &phone);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	hostapd_opened(h, "wlan0-ap", fd[0]);
	assert_string_equal(told(fd[1]), "ATTACH");
	hostapd_disassociate(h, 2, &phone);
	assert_string_equal(told(fd[1]), "");
	hostapd_disassociate(h, 3, &phone);
	assert_string_equal(told(fd[1]), "DISASSOCIATE 02:ab:00:00:00:10");
	/* what it answers is no news of a station, what follows is */
	assert_int_equal(send(fd[1], "OK\n", 3, 0), 3);
	assert_int_equal(send(fd[1], news, strlen(news), 0), strlen(news));
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(heard.last.change, CLIENT_DISASSOCIATED);
	assert_int_equal(heard.last.port, 3);
	assert_memory_equal(heard.last.mac.b, phone.b, 6);
	/* one that has gone is not written to */
	close(fd[1]);
	hostapd_disassociate(h, 3, &phone);
	hostapd_disassociate(h, 3, &phone);
	hostapd_free(h);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disassociate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
