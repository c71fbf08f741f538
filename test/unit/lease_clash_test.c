/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two clients with one address, after a cut: one of them loses it, on all nodes the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"

static struct host low, high;

static bool has(int node, const struct host *h, const struct ip4 *ip)
{
	struct lease_view v;

	return lease_find(&town.node[node].lease, &h->mac, town.now, &v) &&
	       ip4_eq(&v.client.ip4, ip);
}

/* `at` hears of a client with that address: its record, written by the node that serves it. */
static void hear(int at, const struct host *h, struct ip4 ip, const struct lease_node *node,
		 uint32_t age_s)
{
	struct lease_client rec = { .mac = h->mac, .node = *node, .ip4 = ip, .age_s = age_s };

	rec.id_len = h->id_len;
	memcpy(rec.id, h->id, h->id_len);
	lease_client_learnt(&town.node[at].lease, &rec, town.now);
	town_drain(&town, at);
}

static const struct lease_node *id_of(int node)
{
	return &town.node[node].lease.self;
}

/* `low` has been at low_node for 100 s, as every node knows. */
static struct ip4 start(int nodes, int low_node)
{
	town_start(&town, nodes, &TOWN_CONF, 1);
	town_run(&town, 5 * USEC_S);
	low = town_host(1);
	high = town_host(2);
	assert_true(host_join(&town, &low, low_node));
	town_run(&town, 100 * USEC_S);
	high.ip = low.ip;
	return low.ip;
}

/* The nodes of the two see their ages more and less than 60 s apart: one decides for both. */
static void seen_differently(void **state)
{
	static const struct {
		uint32_t by_low, by_high; /* how much older the lease of `high` is */
		bool low_keeps;
	} cases[] = { { 59, 61, true },	 { 61, 59, false }, { 59, 59, true },
		      { 61, 61, false }, { 60, 59, false }, { 0, 200, true } };

	(void)state;
	for (unsigned i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		int at_low = i % 2, at_high = !at_low;
		bool keeps = cases[i / 2].low_keeps;
		struct ip4 ip = start(2, at_low);

		hear(at_high, &high, ip, id_of(at_high), 100 + cases[i / 2].by_high);
		assert_int_equal(host_renew(&town, &high, at_high), 0); /* it is not known yet */
		assert_int_equal(host_renew(&town, &low, at_high), 0);
		hear(at_low, &high, ip, id_of(at_high), 100 + cases[i / 2].by_low);
		town_run(&town, USEC_S);
		assert_int_equal(host_renew(&town, keeps ? &low : &high, at_high), DHCP_ACK);
		assert_int_equal(host_renew(&town, keeps ? &low : &high, at_low), DHCP_ACK);
		town_run(&town, USEC_S);
		for (int round = 0; round < 2; round++) {
			for (int node = 0; node < 2; node++) {
				assert_int_equal(has(node, &low, &ip), keeps);
				assert_int_equal(has(node, &high, &ip), !keeps);
			}
			town_run(&town, 30 * USEC_S);
		}
		assert_int_equal(host_renew(&town, &low, at_high), keeps ? DHCP_ACK : DHCP_NAK);
		assert_int_equal(host_renew(&town, &high, at_low), keeps ? DHCP_NAK : DHCP_ACK);
		/* the one who decided tells of it, and the node of the loser, which sends it away
		 */
		assert_int_equal(town.clashes[at_low], 1);
		assert_int_equal(town.clashes[at_high], keeps);
		assert_int_equal(town.disassociated[at_low], !keeps);
		assert_int_equal(town.disassociated[at_high], keeps);
		town_stop(&town);
	}
}

/* The node of the lower one has gone: the other's decides, when nothing has changed for 10 s. */
static void decider_gone(void **state)
{
	static const struct lease_node nobody = { { 9 } };
	struct ip4 ip = start(1, 0);

	(void)state;
	/* now the one that is here has the higher identifier */
	struct host lower = town_host(0);

	hear(0, &lower, ip, &nobody, 50);
	town_run(&town, 5 * USEC_S);
	hear(0, &lower, ip, &nobody, 55);
	town_run(&town, 9 * USEC_S);
	assert_true(has(0, &low, &ip) && has(0, &lower, &ip));
	town_run(&town, 2 * USEC_S);
	assert_true(!has(0, &low, &ip) && has(0, &lower, &ip));
	assert_int_equal(host_renew(&town, &low, 0), DHCP_NAK);
	assert_int_equal(town.disassociated[0], 1);
	town_stop(&town);
}

/* A node that serves none of the two decides nothing, before one of them comes to it. */
static void third_node(void **state)
{
	static const struct lease_node nobody = { { 9 } };
	struct host one = town_host(5), two = town_host(6);
	struct ip4 ip = { { 10, 13, 50, 50 } };

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 1);
	town_run(&town, 5 * USEC_S);
	hear(0, &one, ip, &nobody, 100);
	hear(0, &two, ip, &nobody, 10000);
	town_run(&town, 300 * USEC_S);
	assert_true(has(0, &one, &ip) && has(0, &two, &ip));
	assert_int_equal(town.clashes[0], 0);
	lease_client_here(&town.node[0].lease, &one.mac, 1, town.now);
	town_run(&town, 12 * USEC_S);
	assert_true(!has(0, &one, &ip) && has(0, &two, &ip));
	town_stop(&town);
}

/* The loser has just renewed when the word comes that it has lost: it does not go on for that. */
static void loser_renewed(void **state)
{
	struct ip4 ip;

	(void)state;
	ip = start(2, 0);
	town.cut = true;
	/* behind the cut nobody knew of the other */
	lease_client_gone(&town.node[1].lease, &low.mac, town.now);
	hear(1, &high, ip, id_of(1), 165);
	assert_int_equal(host_renew(&town, &high, 1), DHCP_ACK);
	hear(0, &high, ip, id_of(1), 155);
	assert_false(has(0, &high, &ip));
	hear(1, &low, ip, id_of(0), 100);
	town.cut = false;
	town_run(&town, USEC_S);
	for (int node = 0; node < 2; node++)
		assert_true(has(node, &low, &ip) && !has(node, &high, &ip));
	assert_int_equal(town_counter(&town, LEASE_COUNT_ADDRESS_CLASH), 1);
	assert_int_equal(host_renew(&town, &high, 1), DHCP_NAK);
	assert_true(host_join(&town, &high, 1));
	assert_false(ip4_eq(&high.ip, &ip));
	town_stop(&town);
}

/* The identifier is what the client sends, and its MAC only where it sends none. */
static void by_identifier(void **state)
{
	struct ip4 ip = start(1, 0);
	struct host other = town_host(9);

	(void)state;
	other.id_len = 3;
	memcpy(other.id, (uint8_t[]) { 0, 0xff, 0xff }, 3); /* lower than 01 and a MAC */
	hear(0, &other, ip, id_of(0), 50);
	assert_true(has(0, &other, &ip) && !has(0, &low, &ip));
	town_stop(&town);
	ip = start(1, 0);
	other.id_len = 2;
	memcpy(other.id, (uint8_t[]) { 1, 3 }, 2);
	hear(0, &other, ip, id_of(0), 150);
	assert_true(!has(0, &other, &ip) && has(0, &low, &ip));
	town_stop(&town);
}

/* Three with one address: the oldest of them keeps it. */
static void three(void **state)
{
	struct ip4 ip = start(2, 0);
	struct host third = town_host(3);

	(void)state;
	for (int node = 0; node < 2; node++) {
		hear(node, &high, ip, id_of(1), 1000);
		hear(node, &third, ip, id_of(1), 5000);
	}
	town_run(&town, 120 * USEC_S);
	for (int node = 0; node < 2; node++)
		assert_true(has(node, &third, &ip) && !has(node, &low, &ip) &&
			    !has(node, &high, &ip));
	third.ip = ip;
	assert_int_equal(host_renew(&town, &third, 0), DHCP_ACK);
	town_stop(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seen_differently), cmocka_unit_test(decider_gone),
		cmocka_unit_test(third_node),	    cmocka_unit_test(loser_renewed),
		cmocka_unit_test(by_identifier),    cmocka_unit_test(three),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
