/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stations of client ports. One port brings 20,000 that nobody has: who is there already stays, who
 * comes gets online, by that port and by others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_client.h"
#include "node_bench.h"

#define MESH 0
#define FLOODED 1
#define OTHER 2

static struct bench *start(void)
{
	struct bench *b = malloc(sizeof(*b));

	assert_non_null(b);
	bench_start(b, "");
	bench_port(b, MESH, "eth0", PORT_KIND_ETHERNET);
	bench_port(b, FLOODED, "wlan0-ap", PORT_KIND_WIFI_AP);
	bench_port(b, OTHER, "wlan1-ap", PORT_KIND_WIFI_AP);
	bench_run(b, 15 * USEC_S);
	return b;
}

/* Frames that the node has put into the cloud. */
static unsigned int announced(const struct bench *b)
{
	return (unsigned int)batman_counter(node_batman(b->node), BATMAN_COUNT_CLOUD_IN);
}

static void stop(struct bench *b)
{
	bench_stop(b);
	free(b);
}

static struct mac guest(int i)
{
	return (struct mac) { { 2, 0xcc, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

static void client(struct bench *b, const struct mac *mac, uint16_t port, enum client_change change)
{
	struct event e = { .kind = EVENT_CLIENT,
			   .client = { .change = change, .port = port, .mac = *mac } };

	bench_feed(b, &e);
}

static struct dhcp_msg ask(struct bench *b, const struct mac *mac, uint8_t type,
			   struct ip4 requested)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .xid = 77,
			      .chaddr = *mac,
			      .type = type,
			      .requested = requested };

	bench_dhcp(b, &m);
	return dhcp_client_receive(b->dhcp, b->dhcp_len);
}

static void join(struct bench *b, const struct mac *mac, uint16_t port)
{
	struct ip4 none = { { 0 } }, ip;

	client(b, mac, port, CLIENT_LEARNT);
	ip = ask(b, mac, DHCP_DISCOVER, none).yiaddr;
	assert_int_equal(ask(b, mac, DHCP_REQUEST, ip).type, DHCP_ACK);
	/* its next frame */
	client(b, mac, port, CLIENT_LEARNT);
}

/* A station of that port, announced in the cloud. */
static bool is_here(const struct bench *b, const struct mac *mac, uint16_t port)
{
	struct node_station s;
	struct batman_client c;
	bool station = false, local = false;

	for (uint32_t i = 0; node_station_next(b->node, &i, &s);)
		station = station || (mac_eq(&s.mac, mac) && s.port == port);
	for (uint32_t i = 0; batman_local_next(node_batman(b->node), &i, &c);)
		local = local || mac_eq(&c.mac, mac);
	return station && local;
}

static unsigned int records(const struct bench *b)
{
	struct lease_view v;
	unsigned int count = 0;

	for (uint32_t i = 0; lease_next(node_lease(b->node), &i, b->now, &v);)
		count++;
	return count;
}

static void test_flood_of_stations(void **state)
{
	struct mac leased = guest(1), other = guest(2), associated = guest(3), late = guest(4),
		   late_other = guest(5), late_associated = guest(6);
	struct bench *b = start();
	unsigned int learnt = 0, before;

	(void)state;
	join(b, &leased, FLOODED);
	join(b, &other, OTHER);
	client(b, &associated, FLOODED, CLIENT_ASSOCIATED);
	b->forgotten = 0;
	before = announced(b);
	for (int ms = 0; ms < 5000; ms++) {
		for (int i = 0; i < 4; i++) {
			struct mac m = { { 2, 9, 0, 0, (uint8_t)(learnt >> 8), (uint8_t)learnt } };

			learnt++;
			client(b, &m, FLOODED, CLIENT_LEARNT);
		}
		if (ms == 3000) {
			client(b, &late_associated, FLOODED, CLIENT_ASSOCIATED);
			assert_true(is_here(b, &late_associated, FLOODED));
			join(b, &late, FLOODED);
			join(b, &late_other, OTHER);
		}
		bench_run(b, USEC_MS);
	}
	assert_true(is_here(b, &leased, FLOODED) && is_here(b, &associated, FLOODED));
	assert_true(is_here(b, &other, OTHER));
	assert_true(is_here(b, &late, FLOODED) && is_here(b, &late_other, OTHER));
	/* what is in the kernel's bridge is bounded, and what the cloud hears of it */
	assert_in_range(learnt - b->forgotten, 100, 1100);
	assert_in_range(announced(b) - before, 500, 1000);
	assert_in_range(records(b), 5, 300);
	assert_true(node_counter(b->node, NODE_C_STATION_RATE) > 15000);
	stop(b);
}

/* Slow enough to come in: then the oldest that have proved nothing make room. */
static void test_slow_flood(void **state)
{
	struct mac leased = guest(1), other = guest(2), associated = guest(3);
	struct bench *b = start();

	(void)state;
	join(b, &leased, FLOODED);
	client(b, &other, OTHER, CLIENT_LEARNT);
	client(b, &associated, FLOODED, CLIENT_LEARNT);
	client(b, &associated, FLOODED, CLIENT_ASSOCIATED);
	b->forgotten = 0;
	for (int i = 0; i < 3000; i++) {
		struct mac m = { { 2, 9, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

		client(b, &m, FLOODED, CLIENT_LEARNT);
		if (i == 2000) { /* it comes back, and keeps its lease */
			assert_true(is_here(b, &leased, FLOODED));
			client(b, &leased, FLOODED, CLIENT_FORGOTTEN);
			client(b, &leased, FLOODED, CLIENT_LEARNT);
		}
		bench_run(b, 20 * USEC_MS);
	}
	assert_true(is_here(b, &leased, FLOODED) && is_here(b, &other, OTHER));
	assert_true(is_here(b, &associated, FLOODED));
	assert_true(node_counter(b->node, NODE_C_STATION_REPLACED) > 1900);
	/* the bridge learns them anew when they speak */
	assert_int_equal(b->forgotten, node_counter(b->node, NODE_C_STATION_REPLACED));
	assert_int_equal(node_counter(b->node, NODE_C_STATION_FULL), 0);
	assert_in_range(records(b), 200, 300);
	stop(b);
}

/* One MAC at two nodes, or two ports, in turn. */
static void test_two_of_one_name(void **state)
{
	struct mac m = guest(1);
	struct bench *b = start();
	unsigned int before;

	(void)state;
	join(b, &m, FLOODED);
	before = announced(b);
	for (int i = 0; i < 5000; i++) {
		client(b, &m, i % 2 ? FLOODED : OTHER, CLIENT_LEARNT);
		bench_run(b, USEC_MS);
	}
	assert_in_range(announced(b) - before, 1000, 1700);
	stop(b);
}

/* Places are those of the port where the station is now. */
static void test_stations_that_walk(void **state)
{
	struct bench *b = start();

	(void)state;
	for (int walk = 0; walk < 2; walk++) {
		for (int i = 0; i < 800; i++) {
			struct mac m = guest(100 + i);

			client(b, &m, walk ? OTHER : FLOODED, CLIENT_LEARNT);
			bench_run(b, 20 * USEC_MS);
		}
	}
	for (int i = 0; i < 300; i++) {
		struct mac m = guest(2000 + i);

		client(b, &m, FLOODED, CLIENT_LEARNT);
		bench_run(b, 20 * USEC_MS);
		assert_true(is_here(b, &m, FLOODED));
	}
	assert_int_equal(node_counter(b->node, NODE_C_STATION_REPLACED), 0);
	stop(b);
}

/* The bridge forgets who is silent: who has an association is here all the same, and who has gone
 * to another port is there. */
static void test_silent_stations(void **state)
{
	struct mac asleep = guest(1), walker = guest(2);
	struct bench *b = start();

	(void)state;
	client(b, &asleep, FLOODED, CLIENT_ASSOCIATED);
	client(b, &asleep, FLOODED, CLIENT_FORGOTTEN);
	assert_true(is_here(b, &asleep, FLOODED));
	client(b, &asleep, OTHER, CLIENT_DISASSOCIATED);
	assert_true(is_here(b, &asleep, FLOODED));
	client(b, &asleep, FLOODED, CLIENT_DISASSOCIATED);
	assert_false(is_here(b, &asleep, FLOODED));
	client(b, &walker, FLOODED, CLIENT_LEARNT);
	client(b, &walker, OTHER, CLIENT_LEARNT);
	client(b, &walker, FLOODED, CLIENT_FORGOTTEN);
	assert_true(is_here(b, &walker, OTHER));
	client(b, &walker, OTHER, CLIENT_FORGOTTEN);
	assert_false(is_here(b, &walker, OTHER));
	stop(b);
}

/* One MAC that comes and goes: people are told, but not each time. */
static void test_tells_at_a_rate(void **state)
{
	struct mac m = guest(1);
	struct bench *b = start();

	(void)state;
	for (int i = 0; i < 3000; i++) {
		client(b, &m, OTHER, CLIENT_ASSOCIATED);
		client(b, &m, OTHER, CLIENT_DISASSOCIATED);
	}
	assert_int_equal(node_counter(b->node, NODE_C_NOTICE_RATE), 2 * 2000);
	stop(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood_of_stations), cmocka_unit_test(test_slow_flood),
		cmocka_unit_test(test_two_of_one_name),	  cmocka_unit_test(test_stations_that_walk),
		cmocka_unit_test(test_silent_stations),	  cmocka_unit_test(test_tells_at_a_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
