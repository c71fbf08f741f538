/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody can do to a lease server and its other clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lease_town.h"

/* Nobody else gives it another name, by which its neighbours would look for it. */
static void keeps_its_name(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), evil = h;
	struct lease_view v;

	h.name = "ana";
	assert_true(host_join(t, &h, 0));
	evil.from = town_host(2).mac;
	evil.name = "eva";
	evil.ip = h.ip;
	evil.id_len = 4;
	assert_int_equal(host_renew(t, &evil, 0), DHCP_ACK);
	assert_true(lease_find(&t->node[0].lease, &h.mac, t->now, &v));
	assert_string_equal(v.client.name, "ana");
	assert_int_equal(v.client.id_len, 0);
	h.name = "ana-maria";
	assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
	assert_true(lease_find(&t->node[0].lease, &h.mac, t->now, &v));
	assert_string_equal(v.client.name, "ana-maria");
}

/* Who declines in another's name takes nothing away. */
static void keeps_its_lease(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), evil = h;

	assert_true(host_join(t, &h, 0));
	evil.from = town_host(2).mac;
	assert_int_equal(host_send(t, &evil, 0,
				   &(struct dhcp_msg) { .type = DHCP_DECLINE, .requested = h.ip }),
			 0);
	assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
}

/* Nor does an ARP that is heard somewhere else. */
static void keeps_it_elsewhere(void **state)
{
	struct town *t = *state;
	struct mac someone = { { 2, 9, 9, 9, 9, 9 } };
	struct host h = town_host(1);
	struct lease_view v;

	assert_true(host_join(t, &h, 0));
	town_run(t, USEC_S);
	lease_address_taken(&t->node[1].lease, &h.ip, &someone, t->now);
	town_drain(t, 1);
	assert_true(lease_find(&t->node[1].lease, &h.mac, t->now, &v));
	assert_true(ip4_eq(&v.client.ip4, &h.ip));
}

/* One MAC at two nodes in turn: the cloud is not kept busy with it. */
static void limits_moves(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);

	assert_true(host_join(t, &h, 0));
	for (int i = 0; i < 100; i++) {
		town_run(t, 10 * USEC_MS);
		lease_client_here(&t->node[i % 2].lease, &h.mac, 1, t->now);
		town_drain(t, i % 2);
	}
	assert_true(town_counter(t, LEASE_COUNT_RATE_MOVES) +
			    t->node[1].lease.counters[LEASE_COUNT_RATE_MOVES] >
		    20);
}

static void limits_client(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), other = town_host(2);
	int answers = 0;

	for (int i = 0; i < 50; i++)
		answers += host_discover(t, &h, 0) == DHCP_OFFER;
	assert_int_equal(answers, 10);
	assert_int_equal(town_counter(t, LEASE_COUNT_RATE_CLIENT), 40);
	assert_true(host_join(t, &other, 0)); /* nobody else suffers */
	town_run(t, 3 * USEC_S);
	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
}

/* Who asks in another's name at his own port does not use up what the other may ask at its. */
static void limits_forged(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), evil = h;

	h.port = 2;
	evil.port = 1;
	evil.from = town_host(2).mac;
	for (int i = 0; i < 50; i++)
		host_discover(t, &evil, 0);
	assert_true(town_counter(t, LEASE_COUNT_RATE_CLIENT) > 0);
	assert_true(host_join(t, &h, 0));
}

/* Forged MACs on one port: a bounded part of the pool, and clients of other ports go on. */
static void limits_port(void **state)
{
	struct town *t = *state;
	struct host good = town_host(1);
	int got = 0;

	good.port = 2;
	assert_true(host_join(t, &good, 0));
	for (unsigned i = 0; i < 3000; i++) {
		struct host h = town_host(i + 100);

		h.port = 1;
		got += host_join(t, &h, 0);
		town_run(t, 30 * USEC_MS);
	}
	assert_true(got <= 256 + 10);
	assert_true(town_counter(t, LEASE_COUNT_PORT_LEASES) > 0);
	assert_int_equal(host_renew(t, &good, 0), DHCP_ACK);
	for (unsigned i = 0; i < 300; i++) {
		struct host h = town_host(i + 5000);

		h.port = 1;
		host_discover(t, &h, 0);
	}
	assert_true(town_counter(t, LEASE_COUNT_RATE_PORT) > 0);
	struct host late = town_host(9000);

	late.port = 2;
	assert_true(host_join(t, &late, 0));
}

static unsigned blocks(const struct town *t)
{
	struct lease_block b;
	unsigned n = 0;

	for (uint32_t i = 0; lease_block_next(&t->node[0].lease, &i, &b);)
		n++;
	return n;
}

/* Clients of one port that say what addresses they had, which may be true after a loss of all
 * state. */
static void limits_words(void **state)
{
	struct town *t = *state;
	int got = 0;

	for (int i = 0; i < 100; i++) {
		struct host h = town_host((unsigned)i);

		h.port = 1;
		host_reboot(t, &h, 0, (struct ip4) { { 10, 13, (uint8_t)(100 + i), 7 } });
	}
	assert_in_range(blocks(t), 32, 40);
	for (int i = 0; i < 2000; i++) {
		struct host h = town_host(1000 + (unsigned)i % 1000);
		struct ip4 ip = { { 10, 13, (uint8_t)(20 + i % 1000 / 250),
				    (uint8_t)(1 + i % 250) } };

		h.port = 1;
		got += host_reboot(t, &h, 0, ip) == DHCP_ACK;
		town_run(t, 100 * USEC_MS);
	}
	assert_in_range(got, 200, 256 + 20);
}

/* No room for more clients: those that are known go on, also where they come from another node. */
static void full_table(void **state)
{
	struct town *t = *state;
	struct lease *l = &t->node[0].lease;
	struct host known = town_host(1), late = town_host(2), roaming = town_host(10005);
	struct lease_client elsewhere = { .node = { { 9 } } };

	assert_true(host_join(t, &known, 0));
	for (unsigned i = 0; !l->counters[LEASE_COUNT_TABLE_FULL]; i++) {
		assert_true(i < 2 * TOWN_CLIENTS_MAX);
		elsewhere.mac = town_host(10000 + i).mac;
		elsewhere.ip4 = ip4_from_u32(0x0a0d6401 + i);
		lease_client_learnt(l, &elsewhere, t->now);
		town_drain(t, 0);
		if (mac_eq(&elsewhere.mac, &roaming.mac))
			roaming.ip = elsewhere.ip4;
	}
	assert_false(host_join(t, &late, 0));
	assert_true(l->counters[LEASE_COUNT_TABLE_FULL] > 1);
	assert_int_equal(host_renew(t, &known, 0), DHCP_ACK);
	assert_int_equal(host_reboot(t, &known, 0, known.ip), DHCP_ACK);
	assert_true(host_join(t, &known, 0));
	assert_int_equal(host_renew(t, &roaming, 0), DHCP_ACK);
	assert_int_equal(host_reboot(t, &roaming, 0, roaming.ip), DHCP_ACK);
	/* new ones do when others have gone */
	for (unsigned i = 6; i < 16; i++) {
		struct mac mac = town_host(10000 + i).mac;

		lease_client_gone(l, &mac, t->now);
	}
	assert_true(host_join(t, &late, 0));
}

static unsigned declined(const struct town *t)
{
	struct lease_view v;
	unsigned n = 0;

	for (uint32_t i = 0; lease_next(&t->node[0].lease, &i, t->now, &v);)
		n += (v.client.flags & LEASE_DECLINED) != 0;
	return n;
}

/* Declined addresses are nobody's for an hour. */
static void limits_declines(void **state)
{
	struct town *t = *state;

	for (unsigned i = 0; i < 200; i++) {
		struct host h = town_host(i);

		h.port = (uint16_t)(i % 4);
		assert_true(host_join(t, &h, 0));
		host_send(t, &h, 0, &(struct dhcp_msg) { .type = DHCP_DECLINE, .requested = h.ip });
		town_run(t, USEC_S);
	}
	assert_int_equal(declined(t), 64);
}

static void start_at_rate(uint32_t rate)
{
	struct lease_conf conf = TOWN_CONF;

	conf.rate = rate;
	town_start(&town, 1, &conf, 1);
	town_run(&town, 5 * USEC_S);
}

/* Many who asked once: what they may still ask is not remembered for ever. */
static void forgets_talkers(void **state)
{
	struct host late = town_host(9000);

	(void)state;
	start_at_rate(10000);
	for (unsigned i = 0; i < 5000; i++) {
		struct host h = town_host(i);

		host_discover(&town, &h, 0);
		town_run(&town, USEC_MS);
	}
	late.port = 2;
	assert_true(host_join(&town, &late, 0));
	assert_int_equal(town_counter(&town, LEASE_COUNT_RATE_CLIENT), 0);
	town_stop(&town);
}

static void rate(void **state)
{
	(void)state;
	start_at_rate(10);
	for (unsigned i = 0; i < 250; i++) {
		struct host h = town_host(i);

		host_discover(&town, &h, 0);
	}
	town_run(&town, 1 * USEC_S); /* the burst is used up, 10 more may come */
	for (unsigned i = 0; i < 20; i++) {
		struct host h = town_host(300 + i);

		host_discover(&town, &h, 0);
	}
	assert_int_equal(town_counter(&town, LEASE_COUNT_DISCOVER), 200 + 10);
	town_stop(&town);
}

/* For measurements: neither a port nor a client is told to wait. */
static void unlimited(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	struct host h = town_host(1);
	int answers = 0;

	(void)state;
	conf.port_unlimited = true;
	town_start(&town, 1, &conf, 1);
	town_run(&town, 5 * USEC_S);
	for (int i = 0; i < 500; i++)
		answers += host_discover(&town, &h, 0) == DHCP_OFFER;
	assert_int_equal(answers, 500);
	town_stop(&town);
}

/* The cloud hears of the first addresses that are given, and then of 50 a second. */
static void limits_probes(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	unsigned joined = 0, before;

	(void)state;
	conf.port_unlimited = true;
	town_start(&town, 1, &conf, 1);
	town_run(&town, 5 * USEC_S);
	for (unsigned i = 0; i < 300; i++) {
		struct host h = town_host(i);

		h.port = 1;
		joined += host_join(&town, &h, 0);
		town_run(&town, 100 * USEC_MS);
	}
	assert_int_equal(town.port_probes, joined);
	for (unsigned i = 300; i < 1000; i++) {
		struct host h = town_host(i);

		host_discover(&town, &h, 0);
	}
	town_run(&town, 4 * USEC_S);
	before = town.probes;
	assert_in_range(pool_count(&town.node[0].lease.pool).free, 600, 2000);
	for (unsigned i = 1000; i < 1600; i++) {
		struct host h = town_host(i);

		joined += host_join(&town, &h, 0);
	}
	assert_true(joined > 800);
	assert_in_range(town.probes - before, 500, 512 + 1);
	town_stop(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(setup, f) cmocka_unit_test_setup_teardown(f, setup, town_teardown)
		WITH(town_setup_alone, keeps_its_name),
		WITH(town_setup_alone, keeps_its_lease),
		WITH(town_setup_two, keeps_it_elsewhere),
		WITH(town_setup_two, limits_moves),
		WITH(town_setup_alone, limits_client),
		WITH(town_setup_alone, limits_forged),
		WITH(town_setup_alone, limits_port),
		WITH(town_setup_alone, limits_words),
		WITH(town_setup_alone, full_table),
		WITH(town_setup_alone, limits_declines),
		cmocka_unit_test(forgets_talkers),
		cmocka_unit_test(rate),
		cmocka_unit_test(unlimited),
		cmocka_unit_test(limits_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
