/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the records of clients carry from node to node. Whole nodes in a chain: the last one is no
 * neighbour of the first, in the cloud nor in the replicated state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_client.h"
#include "node_town.h"

#define FIRST 0
#define LAST 2

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };
static const struct ip4 none;

/* The type of the answer; 0: there was none. */
static uint8_t ask(struct town *t, int i, enum dhcp_type type, struct ip4 requested)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .xid = 77,
			      .chaddr = client,
			      .type = (uint8_t)type,
			      .requested = requested };
	uint8_t frame[DHCP_CLIENT_FRAME];

	t->dhcp_len = 0;
	town_frame(t, i, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	return t->dhcp_len ? dhcp_client_receive(t->dhcp, t->dhcp_len).type : 0;
}

static struct ip4 lease_at(struct town *t, int i)
{
	struct ip4 ip;

	town_station(t, i, &client, CLIENT_ASSOCIATED);
	assert_int_equal(ask(t, i, DHCP_DISCOVER, none), DHCP_OFFER);
	ip = dhcp_client_receive(t->dhcp, t->dhcp_len).yiaddr;
	assert_int_equal(ask(t, i, DHCP_REQUEST, ip), DHCP_ACK);
	return ip;
}

static struct lease_client record_at(const struct town *t, int i)
{
	struct lease_view v;

	assert_true(lease_find(node_lease(t->node[i]), &client, t->now, &v));
	return v.client;
}

static void start(struct town *t)
{
	town_start(t, LAST + 1);
	town_run(t, t->now + 30 * USEC_S);
}

/* All have lost their power, and what is on their disks are claims: the client asks at the other
 * end of the town for what it had. */
static void test_old_address_from_afar(void **state)
{
	struct town t;
	struct ip4 ip;

	(void)state;
	start(&t);
	ip = lease_at(&t, FIRST);
	town_run(&t, t.now + USEC_S);
	for (int i = FIRST; i <= LAST; i++)
		town_reboot(&t, i);
	town_run(&t, t.now + 15 * USEC_S);
	town_station(&t, LAST, &client, CLIENT_ASSOCIATED);
	assert_int_equal(ask(&t, LAST, DHCP_REQUEST, ip), 0);
	town_run(&t, t.now + 2 * USEC_S);
	assert_int_equal(ask(&t, LAST, DHCP_REQUEST, ip), DHCP_ACK);
	for (int i = FIRST; i <= LAST; i++) {
		struct lease_client c = record_at(&t, i);

		assert_true(ip4_eq(&c.ip4, &ip));
	}
	town_stop(&t);
}

/* A client that comes to a node has its record written there, which makes neither its lease nor
 * the end of that any younger. */
static void test_ages_travel(void **state)
{
	struct event e = { .kind = EVENT_CONTROL };
	struct town t;

	(void)state;
	start(&t);
	lease_at(&t, FIRST);
	town_run(&t, t.now + 40 * USEC_S);
	town_station(&t, 1, &client, CLIENT_ASSOCIATED);
	town_run(&t, t.now + USEC_S);
	assert_in_range(record_at(&t, LAST).granted_s, 40, 46);
	e.control.act = CONTROL_RELEASE_LEASE;
	e.control.mac = client;
	town_feed(&t, 1, &e);
	town_run(&t, t.now + 30 * USEC_S);
	town_station(&t, FIRST, &client, CLIENT_ASSOCIATED);
	town_run(&t, t.now + USEC_S);
	assert_true(record_at(&t, LAST).flags & LEASE_RELEASED);
	assert_in_range(record_at(&t, LAST).age_s, 30, 36);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_old_address_from_afar),
		cmocka_unit_test(test_ages_travel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
