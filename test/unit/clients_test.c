/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is a client of a node, and what the kernel's engine is told of those that say nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "node_town.h"
#include "packet/eth.h"
#include "packet/icmp6.h"

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };

static bool is_station(const struct town *t, int i, const struct mac *mac)
{
	struct node_station s;

	for (uint32_t k = 0; node_station_next(t->node[i], &k, &s);)
		if (mac_eq(&s.mac, mac))
			return true;
	return false;
}

/* A port of another node, seen by the bridge on the wire where its hellos come from, is nobody's
 * client. On another wire that MAC may be anybody's. */
static void test_ports_of_nodes_are_no_clients(void **state)
{
	struct event e = { .kind = EVENT_CLIENT };
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	e.client = (struct event_client) { .port = 0, .mac = { { 2, 0, 0, 0, 0, 2 } } };
	e.client.change = CLIENT_LEARNT;
	town_feed(&t, 1, &e);
	assert_false(is_station(&t, 1, &e.client.mac));
	e.client.port = TOWN_AP;
	town_feed(&t, 1, &e);
	assert_true(is_station(&t, 1, &e.client.mac));
	town_stop(&t);
}

/* Frames that make every bridge on the way learn where our client is. */
static bool count_updates(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	unsigned int *updates = t->arg;

	(void)to;
	*updates += from == 1 && len == 60 && memcmp(frame + 6, client.b, sizeof(client.b)) == 0;
	return true;
}

static void tell_kernel(struct town *t, struct batman_row r)
{
	struct event e = { .kind = EVENT_MESH, .mesh = r };

	town_feed(t, 1, &e);
}

/* Two minutes in which the kernel has that client, or has forgotten it. */
static void two_minutes(struct town *t, bool has)
{
	for (int s = 0; s < 120; s++) {
		if (has)
			tell_kernel(
				t, (struct batman_row) { .kind = BATMAN_ROW_LOCAL, .mac = client });
		tell_kernel(t, (struct batman_row) { .kind = BATMAN_ROW_END });
		town_run(t, t->now + USEC_S);
	}
}

static void test_kernel_is_reminded(void **state)
{
	unsigned int updates = 0;
	struct town t;

	(void)state;
	town_plan(&t, 2);
	t.conf[1].l2.engine = CONF_ENGINE_KERNEL;
	t.wire = count_updates;
	t.arg = &updates;
	town_begin(&t);
	town_run(&t, t.now + 20 * USEC_S);
	town_station(&t, 1, &client, CLIENT_ASSOCIATED);
	assert_int_equal(updates, 1);
	two_minutes(&t, true);
	assert_int_equal(updates, 1);
	two_minutes(&t, false);
	assert_int_equal(updates, 3);
	town_stop(&t);
}

/* Node 0 says that it has the client, too. */
static void steal(struct town *t, const struct mac *mac)
{
	town_station(t, 1, mac, CLIENT_LEARNT);
	town_run(t, t->now + 3 * USEC_S);
	town_station(t, 0, mac, CLIENT_LEARNT);
	t->calls[0] = t->calls[1] = 0;
}

static void assert_called(const struct town *t, const struct ip6 *addr)
{
	struct rd r = rd_init(t->called, t->called_len), payload, body;
	struct icmp6_head h;
	struct icmp6_nd nd;
	struct ip6_head ip;
	struct eth e;

	assert_int_equal(eth_decode(&r, &e), 0);
	assert_true(mac_eq(&e.dst, &client));
	assert_int_equal(ip6_decode(&r, &ip, &payload), 0);
	assert_true(ip6_eq(&ip.dst, addr));
	assert_int_equal(icmp6_decode(&payload, &ip, &h, &body), 0);
	assert_int_equal(icmp6_nd_decode(&body, &ip, &h, &nd), 0);
	assert_int_equal(nd.type, ICMP6_NS);
	assert_true(ip6_eq(&nd.target, addr));
}

/* A client that another node announces is asked once whether it is still here, and is ours again
 * when it answers. */
static void test_stolen_client_is_called(void **state)
{
	struct ip6 addr = ip6_link_local(&client);
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	steal(&t, &client);
	assert_false(is_station(&t, 1, &client));
	assert_true(is_station(&t, 0, &client));
	assert_int_equal(t.calls[1], 0); /* the bridge has not forgotten it yet */
	town_run(&t, t.now + 5 * USEC_S);
	assert_int_equal(t.calls[1], 1);
	assert_called(&t, &addr);
	town_station(&t, 1, &client, CLIENT_LEARNT);
	assert_true(is_station(&t, 1, &client));
	assert_false(is_station(&t, 0, &client));
	town_stop(&t);
}

static void test_client_that_is_back_is_not_called(void **state)
{
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	steal(&t, &client);
	town_run(&t, t.now + 100 * USEC_MS);
	town_station(&t, 1, &client, CLIENT_LEARNT);
	town_run(&t, t.now + 5 * USEC_S);
	assert_int_equal(t.calls[1], 0);
	assert_int_equal(t.calls[0], 1); /* which had it in between */
	town_stop(&t);
}

/* Many are asked one after the other. */
static void test_many_are_called(void **state)
{
	struct mac mac = client;
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	for (uint8_t i = 0; i < 60; i++) {
		mac.b[5] = i;
		town_station(&t, 1, &mac, CLIENT_LEARNT);
	}
	town_run(&t, t.now + 3 * USEC_S);
	for (uint8_t i = 0; i < 60; i++) {
		mac.b[5] = i;
		town_station(&t, 0, &mac, CLIENT_LEARNT);
	}
	t.calls[1] = 0;
	town_run(&t, t.now + 300 * USEC_MS);
	assert_int_equal(t.calls[1], 32);
	town_run(&t, t.now + USEC_S);
	assert_int_equal(t.calls[1], 60);
	assert_int_equal(town_counter(&t, 1, NODE_C_RECALL_FULL), 0);
	town_stop(&t);
}

/* One that is lost again and again is asked ever more seldom. */
static void test_called_ever_more_seldom(void **state)
{
	unsigned int answered = 0;
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	steal(&t, &client);
	for (int i = 0; i < 600; i++) {
		town_run(&t, t.now + 100 * USEC_MS);
		if (is_station(&t, 1, &client))
			town_station(&t, 0, &client, CLIENT_LEARNT);
		else if (t.calls[1] > answered)
			town_station(&t, 1, &client, CLIENT_LEARNT);
		answered = t.calls[1];
	}
	assert_in_range(t.calls[1], 4, 7);
	town_stop(&t);
}

/* The phone that answers sleeps again, and stays. */
static void test_called_station_is_associated(void **state)
{
	struct event e = { .kind = EVENT_CLIENT };
	struct town t;

	(void)state;
	e.client = (struct event_client) { .port = TOWN_AP, .mac = client };
	e.client.change = CLIENT_FORGOTTEN;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	town_station(&t, 1, &client, CLIENT_ASSOCIATED);
	steal(&t, &client);
	town_run(&t, t.now + 2 * USEC_S);
	assert_int_equal(t.calls[1], 1);
	town_station(&t, 1, &client, CLIENT_LEARNT);
	town_feed(&t, 1, &e);
	assert_true(is_station(&t, 1, &client));
	/* but not when it has left meanwhile */
	steal(&t, &client);
	town_station(&t, 1, &client, CLIENT_DISASSOCIATED);
	town_run(&t, t.now + 10 * USEC_S);
	town_station(&t, 1, &client, CLIENT_LEARNT);
	town_feed(&t, 1, &e);
	assert_false(is_station(&t, 1, &client));
	town_stop(&t);
}

static void feed_change(struct town *t, enum client_change change)
{
	struct event e = { .kind = EVENT_CLIENT };

	e.client = (struct event_client) { .change = change, .port = TOWN_AP, .mac = client };
	town_feed(t, 1, &e);
}

/* The bridge believes that it is in the cloud, for a frame of it came back. One that is associated
 * is not, and the bridge has to forget that; another one is asked. */
static void test_astray(void **state)
{
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	town_station(&t, 1, &client, CLIENT_LEARNT);
	town_run(&t, t.now + 3 * USEC_S);
	t.calls[1] = 0;
	feed_change(&t, CLIENT_ASTRAY);
	assert_false(is_station(&t, 1, &client));
	town_run(&t, t.now + 300 * USEC_MS);
	assert_int_equal(t.calls[1], 1);
	town_station(&t, 1, &client, CLIENT_ASSOCIATED);
	town_run(&t, t.now + 3 * USEC_S);
	t.forgotten = (struct mac) { 0 };
	feed_change(&t, CLIENT_ASTRAY);
	assert_true(is_station(&t, 1, &client));
	assert_true(mac_eq(&t.forgotten, &client));
	assert_int_equal(t.forgotten_port, NODE_PORTS);
	assert_int_equal(t.calls[1], 1);
	/* whoever sends in its name cannot keep the node busy */
	for (int i = 0; i < 1000; i++) {
		t.forgotten = (struct mac) { 0 };
		feed_change(&t, CLIENT_ASTRAY);
	}
	assert_true(mac_is_zero(&t.forgotten));
	town_run(&t, t.now + USEC_S);
	feed_change(&t, CLIENT_ASTRAY);
	assert_true(mac_eq(&t.forgotten, &client));
	town_stop(&t);
}

/* Who was asked in vain, and then came by itself, is asked at once when it is lost again. */
static void test_called_anew(void **state)
{
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	for (int i = 0; i < 3; i++) {
		steal(&t, &client);
		town_run(&t, t.now + 400 * USEC_MS);
		assert_int_equal(t.calls[1], 1);
		town_run(&t, t.now + USEC_S);
	}
	town_stop(&t);
}

static bool is_wireless(const struct town *t, const struct mac *mac)
{
	struct batman_client c;

	for (uint32_t i = 0; batman_global_next(node_batman(t->node[0]), &i, &c);)
		if (mac_eq(&c.mac, mac))
			return c.flags & BATMAN_CLIENT_WIFI;
	return false;
}

/* Others hear by what kind of port a client came, also when it moves to another one of its node. */
static void test_wireless_port(void **state)
{
	struct event e = { .kind = EVENT_CLIENT };
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_port(&t, 1, 3, "eth3", PORT_KIND_ETHERNET);
	town_run(&t, t.now + 20 * USEC_S);
	town_station(&t, 1, &client, CLIENT_ASSOCIATED);
	town_run(&t, t.now + 5 * USEC_S);
	assert_true(is_wireless(&t, &client));
	e.client = (struct event_client) { .port = 3, .mac = client, .change = CLIENT_LEARNT };
	town_feed(&t, 1, &e);
	town_run(&t, t.now + 5 * USEC_S);
	assert_false(is_wireless(&t, &client));
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports_of_nodes_are_no_clients),
		cmocka_unit_test(test_kernel_is_reminded),
		cmocka_unit_test(test_stolen_client_is_called),
		cmocka_unit_test(test_client_that_is_back_is_not_called),
		cmocka_unit_test(test_many_are_called),
		cmocka_unit_test(test_called_ever_more_seldom),
		cmocka_unit_test(test_called_station_is_associated),
		cmocka_unit_test(test_astray),
		cmocka_unit_test(test_called_anew),
		cmocka_unit_test(test_wireless_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
