/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that somebody uses who is no client: asked for before they are needed, and avoided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/lease/serve.h"
#include "lease_town.h"

static const struct mac someone = { { 2, 9, 9, 9, 9, 9 } };

static struct lease *lease(void)
{
	return &town.node[0].lease;
}

/* What the next client gets. */
static struct ip4 next_free(void)
{
	struct ip4 ip[1];

	assert_int_equal(pool_ahead(&lease()->pool, ip, 1), 1);
	return ip[0];
}

static void hear(const struct ip4 *ip, const struct mac *mac)
{
	lease_address_taken(lease(), ip, mac, town.now);
	town_drain(&town, 0);
}

static unsigned foreign(struct lease_foreign_view *ret_last)
{
	unsigned count = 0;

	for (uint32_t i = 0; lease_foreign_next(lease(), &i, town.now, ret_last);)
		count++;
	return count;
}

static bool is_foreign(const struct ip4 *ip)
{
	struct lease_foreign_view v;

	return lease_foreign_find(lease(), ip, town.now, &v);
}

/* The next four addresses, two times each, and then no more for half an hour. */
static void asks_ahead(void **state)
{
	struct ip4 asked[16];
	unsigned count = 0;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 1);
	for (int ms = 0; ms < 60000; ms += 100) {
		unsigned before = town.probes;

		town_run(&town, 100 * USEC_MS);
		assert_true(town.probes - before <= 1);
		if (town.probes == before)
			continue;
		assert_true(count < 16);
		assert_true(pool_is_free(&lease()->pool, &town.probed));
		asked[count++] = town.probed;
	}
	assert_int_equal(count, 8);
	for (unsigned i = 0; i < count; i++) {
		unsigned same = 0;

		for (unsigned k = 0; k < count; k++)
			same += ip4_eq(&asked[i], &asked[k]);
		assert_int_equal(same, 2);
	}
	town_run(&town, 1700 * USEC_S);
	assert_int_equal(town.probes, 8);
	town_run(&town, 120 * USEC_S);
	assert_int_equal(town.probes, 16);
	assert_int_equal(town_counter(&town, LEASE_COUNT_PROBED), 16);
	town_stop(&town);
}

/* Who has just got an address tries it by ARP itself, and takes another's question for a clash. */
static void given_is_not_asked_for(void **state)
{
	struct host h = town_host(1);
	struct ip4 asked;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 1);
	town_run(&town, 3500 * USEC_MS);
	while (town.probes == 0)
		town_run(&town, 100 * USEC_MS);
	asked = town.probed;
	assert_true(host_join(&town, &h, 0));
	assert_true(ip4_eq(&h.ip, &asked));
	for (int ms = 0; ms < 20000; ms += 100) {
		town.probed = (struct ip4) { { 0 } };
		town_run(&town, 100 * USEC_MS);
		assert_false(ip4_eq(&town.probed, &h.ip));
	}
	town_stop(&town);
}

/* Nobody has asked for it yet. */
static void avoided(void **state)
{
	struct host h = town_host(1);
	struct lease_foreign_view v;
	struct ip4 ip = next_free();

	(void)state;
	hear(&ip, &someone);
	assert_int_equal(town.foreigns, 1);
	assert_true(ip4_eq(&town.foreign.ip, &ip));
	assert_true(mac_eq(&town.foreign.mac, &someone));
	assert_true(mac_is_zero(&town.foreign.client));
	town_run(&town, 10 * USEC_S);
	hear(&ip, &someone); /* that is known */
	assert_int_equal(town.foreigns, 1);
	assert_int_equal(foreign(&v), 1);
	assert_true(mac_eq(&v.mac, &someone));
	assert_int_equal(v.since_s, 10);
	assert_int_equal(v.heard_s, 0);
	assert_true(host_join(&town, &h, 0));
	assert_false(ip4_eq(&h.ip, &ip));
	assert_int_equal(host_send(&town, &h, 0,
				   &(struct dhcp_msg) { .type = DHCP_DISCOVER, .requested = ip }),
			 DHCP_OFFER);
	assert_false(ip4_eq(&town.reply.yiaddr, &ip));
	h = town_host(2);
	assert_int_equal(host_reboot(&town, &h, 0, ip), DHCP_NAK);
}

/* Between the offer and its taking somebody says that it is his. */
static void after_the_offer(void **state)
{
	struct host h = town_host(1);
	struct ip4 ip;

	(void)state;
	assert_int_equal(host_discover(&town, &h, 0), DHCP_OFFER);
	ip = town.reply.yiaddr;
	hear(&ip, &h.mac); /* that is the client itself */
	assert_int_equal(town.foreigns, 0);
	hear(&ip, &someone);
	assert_int_equal(host_select(&town, &h, 0), DHCP_NAK);
	assert_true(host_join(&town, &h, 0));
	assert_false(ip4_eq(&h.ip, &ip));
	/* just after it was given */
	ip = h.ip;
	hear(&ip, &someone);
	assert_int_equal(host_renew(&town, &h, 0), DHCP_NAK);
	assert_true(host_join(&town, &h, 0));
	assert_false(ip4_eq(&h.ip, &ip));
	assert_int_equal(town.foreigns, 2);
}

/* A lease that is in use nobody takes away by ARP; but people hear of it. */
static void leases_stay(void **state)
{
	struct host h = town_host(1);
	struct lease_foreign_view v;

	(void)state;
	assert_true(host_join(&town, &h, 0));
	town_run(&town, 60 * USEC_S);
	hear(&h.ip, &h.mac);
	assert_int_equal(town.foreigns, 0);
	hear(&h.ip, &someone);
	assert_int_equal(town.foreigns, 1);
	assert_true(mac_eq(&town.foreign.client, &h.mac));
	assert_int_equal(host_renew(&town, &h, 0), DHCP_ACK);
	assert_int_equal(foreign(&v), 1);
	/* but when it is given back, the other one has it */
	town_run(&town, 10 * USEC_S);
	host_release(&town, &h, 0);
	town_run(&town, 10 * USEC_S);
	assert_int_equal(host_reboot(&town, &h, 0, v.ip), DHCP_NAK);
}

static void forgotten(void **state)
{
	struct ip4 ip = next_free();
	bool is_asked = false;

	(void)state;
	hear(&ip, &someone);
	for (int ms = 0; ms < 2000000; ms += 500) {
		town_run(&town, 500 * USEC_MS);
		is_asked |= ip4_eq(&town.probed, &ip);
		assert_true(ms >= 1790000 || !is_asked);
	}
	assert_true(is_asked); /* is it still there? */
	hear(&ip, &someone);   /* it is */
	town_run(&town, 3500 * USEC_S);
	assert_true(is_foreign(&ip));
	town_run(&town, 200 * USEC_S);
	assert_false(is_foreign(&ip));
	assert_true(pool_is_free(&lease()->pool, &ip));
}

/* A client whose lease we have forgotten is heard by ARP before it renews. */
static void its_own_word(void **state)
{
	struct host h = town_host(1), other = town_host(2);
	struct ip4 ip = next_free();

	(void)state;
	hear(&ip, &h.mac);
	assert_true(is_foreign(&ip));
	assert_int_equal(host_reboot(&town, &other, 0, ip), DHCP_NAK);
	h.ip = ip;
	assert_int_equal(host_renew(&town, &h, 0), DHCP_ACK);
	assert_false(is_foreign(&ip));
}

/* What another node does with an address that it borrowed is not strange. */
static void lent(void **state)
{
	struct host h = town_host(1);
	struct lease_lent *l;
	struct ip4 ip = next_free();

	(void)state;
	l = table_add(&lease()->lent, &ip);
	assert_non_null(l);
	l->mac = h.mac;
	hear(&ip, &h.mac);
	assert_int_equal(town.foreigns, 0);
	hear(&ip, &someone);
	assert_int_equal(town.foreigns, 1);
}

/* Addresses of others' blocks, of nodes, of everybody's gateway, from nobody. */
static void not_ours(void **state)
{
	struct ip4 far = { { 10, 13, 200, 200 } }, node = next_free(), first = next_free();

	(void)state;
	assert_null(pool_own_find(&lease()->pool, &far));
	hear(&far, &someone);
	hear(&TOWN_CONF.anycast, &someone);
	hear(&(struct ip4) { { 192, 168, 1, 1 } }, &someone);
	hear(&first, &MAC_BROADCAST);
	hear(&first, &TOWN_CONF.anycast_mac);
	lease_reserve_address(lease(), &node, town.now);
	hear(&node, &someone);
	assert_int_equal(town.foreigns, 0);
	assert_int_equal(town_counter(&town, LEASE_COUNT_STRANGER), 0);
}

static struct ip4 in_block(const struct pool_own *o, uint32_t i)
{
	return ip4_from_u32(ip4_u32(&lease()->pool.net.addr) + o->index * POOL_BLOCK + i);
}

/* All addresses of our blocks, each by the MAC of the next host, or all by the same one. */
static void hear_all(uint32_t *number)
{
	const struct pool_own *o;

	for (uint32_t i = 0; (o = pool_own_next(&lease()->pool, &i));)
		for (uint32_t k = 0; k < POOL_BLOCK; k++) {
			struct ip4 ip = in_block(o, k);
			struct host h = town_host(number ? (*number)++ : 0);

			hear(&ip, number ? &h.mac : &someone);
		}
}

/* One MAC that answers for all does not take the whole pool; nor do many. */
static void bounded(void **state)
{
	struct host h = town_host(60000);
	struct lease_foreign_view v;
	uint32_t number = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		hear_all(NULL);
		town_run(&town, 70 * USEC_S); /* so another block is claimed */
	}
	hear_all(NULL);
	assert_true(lease()->pool.own.count > 1);
	assert_int_equal(foreign(&v), 16);
	for (int round = 0; round < 100; round++) {
		town_run(&town, 10 * USEC_S);
		hear_all(&number);
	}
	assert_int_equal(foreign(&v), 512);
	assert_true(town_counter(&town, LEASE_COUNT_FOREIGN_FULL) > 0);
	town_run(&town, 10 * USEC_S);
	assert_true(host_join(&town, &h, 0));
}

/* Other software says who has it: nobody gets it before that one had time to answer. */
static void told(void **state)
{
	struct host h = town_host(1);
	struct lease_foreign_view v;
	struct ip4 ip = next_free();

	(void)state;
	town.probes = 0;
	lease_address_told(lease(), &ip, &someone, town.now);
	town_drain(&town, 0);
	assert_int_equal(town.probes, 1);
	assert_true(ip4_eq(&town.probed, &ip));
	assert_int_equal(town.foreigns, 0);
	assert_int_equal(foreign(&v), 1);
	assert_true(v.told_only);
	assert_true(host_join(&town, &h, 0));
	assert_false(ip4_eq(&h.ip, &ip));
	/* nobody answers: it is free, and comes last */
	town_run(&town, 20 * USEC_S);
	assert_int_equal(foreign(&v), 0);
	assert_true(pool_is_free(&lease()->pool, &ip));
	ip = next_free();
	lease_address_told(lease(), &ip, &someone, town.now);
	hear(&ip, &someone);
	assert_int_equal(town.foreigns, 1);
	town_run(&town, 20 * USEC_S);
	assert_int_equal(foreign(&v), 1);
	assert_false(v.told_only);
	/* a client here has it: that one is asked for, too */
	town.probes = 0;
	assert_true(lease_address_concerns(lease(), &h.ip, &someone));
	lease_address_told(lease(), &h.ip, &someone, town.now);
	town_drain(&town, 0);
	assert_int_equal(town.probes, 1);
	assert_int_equal(foreign(&v), 1);
	assert_false(lease_address_concerns(lease(), &h.ip, &h.mac));
	assert_false(
		lease_address_concerns(lease(), &(struct ip4) { { 10, 13, 200, 200 } }, &someone));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ALONE(f) cmocka_unit_test_setup_teardown(f, town_setup_alone, town_teardown)
		cmocka_unit_test(asks_ahead),
		cmocka_unit_test(given_is_not_asked_for),
		ALONE(avoided),
		ALONE(after_the_offer),
		ALONE(leases_stay),
		ALONE(forgotten),
		ALONE(its_own_word),
		ALONE(lent),
		ALONE(not_ours),
		ALONE(bounded),
		ALONE(told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
