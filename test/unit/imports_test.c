/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases of other software: listed until they end, compared with ours and never in their place; who
 * has such an address in truth is asked by ARP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_client.h"
#include "node_town.h"
#include "packet/arp.h"
#include "packet/eth.h"

static const struct mac theirs = { { 2, 0xcc, 0, 0, 0, 1 } }, ours = { { 2, 0xcc, 0, 0, 0, 2 } };

static void hear(struct town *t, struct event_import i)
{
	struct event e = { .kind = EVENT_IMPORT, .import = i };

	town_feed(t, 0, &e);
}

static struct event_import lease_of(uint8_t host, const struct mac *mac, uint32_t ttl_s)
{
	struct event_import i = { .source = IMPORT_SHARED_STATE,
				  .ip4 = { { 10, 13, 1, host } },
				  .mac = *mac,
				  .ttl_s = ttl_s,
				  .name = "phone" };

	return i;
}

static unsigned int imports(const struct town *t, struct node_import *ret_last)
{
	unsigned int count = 0;

	for (uint32_t i = 0; node_import_next(t->node[0], &i, ret_last);)
		count++;
	return count;
}

static void test_listed_until_it_ends(void **state)
{
	struct node_import i;
	struct town t;

	(void)state;
	town_start(&t, 1);
	hear(&t, lease_of(1, &theirs, 60));
	hear(&t, lease_of(2, &theirs, 30));
	hear(&t, lease_of(3, &theirs, 60));
	assert_int_equal(imports(&t, &i), 3);
	assert_true(mac_eq(&i.mac, &theirs));
	assert_string_equal(i.name, "phone");
	hear(&t, lease_of(3, &theirs, 0)); /* it is no more */
	hear(&t, lease_of(4, &theirs, 60));
	hear(&t, lease_of(4, &(struct mac) { 0 }, 0)); /* whoever's it was */
	hear(&t, lease_of(1, &ours, 60)); /* the same address again replaces what was said */
	assert_int_equal(imports(&t, &i), 2);
	town_run(&t, t.now + 40 * USEC_S);
	assert_int_equal(imports(&t, &i), 1);
	assert_true(mac_eq(&i.mac, &ours));
	town_run(&t, t.now + 40 * USEC_S);
	assert_int_equal(imports(&t, &i), 0);
	town_stop(&t);
}

/* Nobody's word keeps an entry for ever. */
static void test_longest_lifetime(void **state)
{
	struct node_import i;
	struct town t;

	(void)state;
	town_start(&t, 1);
	hear(&t, lease_of(1, &theirs, UINT32_MAX));
	assert_int_equal(imports(&t, &i), 1);
	assert_int_equal(i.expires_at, t.now + (usec_t)IMPORT_TTL_MAX * USEC_S);
	town_stop(&t);
}

/* Of another cloud, and of nobody. */
static void test_not_taken(void **state)
{
	struct event_import e = lease_of(1, &MAC_BROADCAST, 60);
	struct node_import i;
	struct town t;

	(void)state;
	town_start(&t, 1);
	hear(&t, e);
	e = lease_of(1, &theirs, 60);
	e.ip4.b[1] = 14;
	hear(&t, e);
	assert_int_equal(imports(&t, &i), 0);
	town_stop(&t);
}

static void test_bounded(void **state)
{
	struct event_import e = lease_of(0, &theirs, 60);
	struct node_import i;
	struct town t;

	(void)state;
	town_start(&t, 1);
	for (uint32_t n = 0; n < 3000; n++) {
		e.ip4 = ip4_from_u32(0x0a0d1000 + n);
		hear(&t, e);
	}
	assert_int_equal(imports(&t, &i), 3000 - town_counter(&t, 0, NODE_C_IMPORT_FULL));
	assert_int_equal(imports(&t, &i), 2048);
	town_stop(&t);
}

/* By DHCP at node 0, as a client does it. */
static struct dhcp_msg ask_as(struct town *t, const struct mac *mac, enum dhcp_type type,
			      struct ip4 requested)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .xid = 77,
			      .chaddr = *mac,
			      .type = (uint8_t)type,
			      .requested = requested };
	uint8_t frame[DHCP_CLIENT_FRAME];

	t->dhcp_len = 0;
	town_frame(t, 0, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	return dhcp_client_receive(t->dhcp, t->dhcp_len);
}

static struct dhcp_msg ask(struct town *t, enum dhcp_type type, struct ip4 requested)
{
	return ask_as(t, &ours, type, requested);
}

/* Beside node 0: whoever has the address says so, as one does who was asked by the gateway. */
static void answer(struct town *t, const struct mac *mac, struct ip4 ip)
{
	const struct cloud *c = node_cloud(t->node[0]);
	struct arp a = { .op = ARP_OP_REPLY,
			 .sender_mac = *mac,
			 .sender = ip,
			 .target_mac = c->anygw_mac,
			 .target = c->anygw4 };
	uint8_t frame[ETH_HEADER + ARP_LEN];
	struct wr w = wr_init(frame, sizeof(frame));

	arp_build(&w, &c->anygw_mac, &a);
	town_frame(t, 0, LINK_CLIENT, frame, wr_len(&w));
}

/* What the next client gets. */
static struct ip4 next_free(const struct town *t)
{
	struct ip4 ip;

	assert_int_equal(pool_ahead(&node_lease(t->node[0])->pool, &ip, 1), 1);
	return ip;
}

/* As many as there are other addresses in the block. */
static bool gets_somebody(struct town *t, const struct ip4 *ip)
{
	bool found = false;

	for (uint8_t i = 0; i < POOL_BLOCK - 1; i++) {
		struct mac mac = { { 2, 0xcc, 0, 0, 1, i } };
		struct ip4 got = ask_as(t, &mac, DHCP_DISCOVER, (struct ip4) { { 0 } }).yiaddr;

		found = found || ip4_eq(&got, ip);
		town_run(t, t->now + 200 * USEC_MS);
	}
	return found;
}

static struct event_import lease_of_next(struct town *t)
{
	struct event_import e = lease_of(0, &theirs, 3600);

	town_start(t, 1);
	town_run(t, t->now + 30 * USEC_S); /* what is asked for ahead was asked for */
	e.ip4 = next_free(t);
	return e;
}

static void test_found_in_use(void **state)
{
	struct lease_foreign_view v;
	struct event_import e;
	struct node_import i;
	unsigned int before;
	struct town t;

	(void)state;
	e = lease_of_next(&t);
	before = t.probes[0];
	hear(&t, e);
	town_run(&t, t.now + 3500 * USEC_MS);
	assert_int_equal(t.probes[0], before + 2);
	assert_true(ip4_eq(&t.probed[0], &e.ip4));
	assert_int_equal(town_counter(&t, 0, NODE_C_IMPORT_ASKED), 1);
	assert_int_equal(town_counter(&t, 0, NODE_C_IMPORT_FOUND), 0);
	answer(&t, &theirs, e.ip4);
	town_run(&t, t.now + 2 * USEC_S);
	assert_int_equal(town_counter(&t, 0, NODE_C_IMPORT_FOUND), 1);
	assert_int_equal(t.notices[NOTICE_ADDRESS_FOREIGN], 1);
	assert_int_equal(imports(&t, &i), 1);
	assert_true(i.is_found);
	assert_true(lease_foreign_find(node_lease(t.node[0]), &e.ip4, t.now, &v));
	assert_true(mac_eq(&v.mac, &theirs) && !v.told_only);
	town_run(&t, t.now + 60 * USEC_S);
	assert_false(gets_somebody(&t, &e.ip4));
	/* but who uses it may have it of us */
	assert_int_equal(ask_as(&t, &theirs, DHCP_REQUEST, e.ip4).type, DHCP_ACK);
	town_stop(&t);
}

/* As long as nobody has had time to answer nobody gets it; then it is free. */
static void test_found_unused(void **state)
{
	struct lease_foreign_view v;
	struct event_import e;
	struct ip4 next;
	struct town t;

	(void)state;
	e = lease_of_next(&t);
	hear(&t, e);
	town_run(&t, t.now + 1100 * USEC_MS);
	assert_true(lease_foreign_find(node_lease(t.node[0]), &e.ip4, t.now, &v));
	assert_true(v.told_only);
	next = next_free(&t);
	assert_false(ip4_eq(&next, &e.ip4));
	assert_int_equal(ask(&t, DHCP_REQUEST, e.ip4).type, DHCP_NAK);
	town_run(&t, t.now + 30 * USEC_S);
	assert_false(lease_foreign_find(node_lease(t.node[0]), &e.ip4, t.now, &v));
	assert_int_equal(ask(&t, DHCP_REQUEST, e.ip4).type, DHCP_ACK);
	assert_int_equal(t.notices[NOTICE_ADDRESS_FOREIGN], 0);
	town_stop(&t);
}

/* Many leases at once are asked for one after the other; those that are not ours to give, never. */
static void test_questions_are_bounded(void **state)
{
	struct event_import e;
	uint32_t first;
	struct town t;

	(void)state;
	e = lease_of_next(&t);
	first = ip4_u32(&e.ip4) & ~(uint32_t)(POOL_BLOCK - 1);
	for (uint32_t n = 0; n < 1024; n++) {
		e.ip4 = ip4_from_u32(first + n);
		e.mac.b[4] = (uint8_t)(n >> 8);
		e.mac.b[5] = (uint8_t)n;
		hear(&t, e);
	}
	town_run(&t, t.now + 1500 * USEC_MS);
	assert_in_range(town_counter(&t, 0, NODE_C_IMPORT_ASKED), 8, 8 + 3);
	town_run(&t, t.now + 30 * USEC_S);
	assert_in_range(town_counter(&t, 0, NODE_C_IMPORT_ASKED), POOL_BLOCK - 4,
			POOL_BLOCK * node_lease(t.node[0])->pool.own.count);
	town_stop(&t);
}

/* A client of ours has the address: its lease stays, and the clash is counted once. */
static void test_ours_stays(void **state)
{
	struct event_import e = lease_of(0, &ours, 60);
	struct node_import i;
	struct lease_view v;
	struct town t;

	(void)state;
	town_start(&t, 1);
	town_run(&t, t.now + 30 * USEC_S);
	town_station(&t, 0, &ours, CLIENT_ASSOCIATED);
	e.ip4 = ask(&t, DHCP_DISCOVER, (struct ip4) { 0 }).yiaddr;
	assert_int_equal(ask(&t, DHCP_REQUEST, e.ip4).type, DHCP_ACK);
	hear(&t, e); /* they only repeat it */
	town_run(&t, t.now + 3 * USEC_S);
	assert_int_equal(town_counter(&t, 0, NODE_C_IMPORT_CLASH), 0);
	e.mac = theirs;
	for (int n = 0; n < 3; n++) {
		hear(&t, e);
		town_run(&t, t.now + 3 * USEC_S);
	}
	assert_int_equal(imports(&t, &i), 1);
	assert_true(i.clash);
	assert_int_equal(town_counter(&t, 0, NODE_C_IMPORT_CLASH), 1);
	assert_true(lease_find(node_lease(t.node[0]), &ours, t.now, &v));
	assert_true(ip4_eq(&v.client.ip4, &e.ip4));
	assert_int_equal(ask(&t, DHCP_REQUEST, e.ip4).type, DHCP_ACK);
	/* it is in use there, too: people hear of it, and it is still our client's */
	assert_int_equal(town_counter(&t, 0, NODE_C_IMPORT_ASKED), 1);
	answer(&t, &theirs, e.ip4);
	town_run(&t, t.now + 2 * USEC_S);
	assert_int_equal(town_counter(&t, 0, NODE_C_IMPORT_FOUND), 1);
	assert_int_equal(t.notices[NOTICE_ADDRESS_FOREIGN], 1);
	assert_int_equal(ask(&t, DHCP_REQUEST, e.ip4).type, DHCP_ACK);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listed_until_it_ends),
		cmocka_unit_test(test_longest_lifetime),
		cmocka_unit_test(test_not_taken),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_found_in_use),
		cmocka_unit_test(test_found_unused),
		cmocka_unit_test(test_questions_are_bounded),
		cmocka_unit_test(test_ours_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
