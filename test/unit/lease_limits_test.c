/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody can do to a lease server and its other clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lease_town.h"

static struct town town;

static int setup_alone(void **state)
{
	*state = &town;
	town_start(&town, 1, &TOWN_CONF, 1);
	town_run(&town, 5 * USEC_S);
	return 0;
}

static int teardown(void **state)
{
	town_stop(*state);
	return 0;
}

static uint64_t counter(const struct town *t, enum lease_counter c)
{
	return t->node[0].lease.counters[c];
}

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

static void limits_client(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), other = town_host(2);
	int answers = 0;

	for (int i = 0; i < 50; i++)
		answers += host_discover(t, &h, 0) == DHCP_OFFER;
	assert_int_equal(answers, 10);
	assert_int_equal(counter(t, LEASE_COUNT_RATE_CLIENT), 40);
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
	assert_true(counter(t, LEASE_COUNT_RATE_CLIENT) > 0);
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
	assert_true(counter(t, LEASE_COUNT_PORT_LEASES) > 0);
	assert_int_equal(host_renew(t, &good, 0), DHCP_ACK);
	for (unsigned i = 0; i < 300; i++) {
		struct host h = town_host(i + 5000);

		h.port = 1;
		host_discover(t, &h, 0);
	}
	assert_true(counter(t, LEASE_COUNT_RATE_PORT) > 0);
	struct host late = town_host(9000);

	late.port = 2;
	assert_true(host_join(t, &late, 0));
}

static void rate(void **state)
{
	struct lease_conf conf = TOWN_CONF;

	(void)state;
	conf.rate = 10;
	town_start(&town, 1, &conf, 1);
	town_run(&town, 5 * USEC_S);
	for (unsigned i = 0; i < 250; i++) {
		struct host h = town_host(i);

		host_discover(&town, &h, 0);
	}
	town_run(&town, 1 * USEC_S); /* the burst is used up, 10 more may come */
	for (unsigned i = 0; i < 20; i++) {
		struct host h = town_host(300 + i);

		host_discover(&town, &h, 0);
	}
	assert_int_equal(counter(&town, LEASE_COUNT_DISCOVER), 200 + 10);
	town_stop(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ALONE(f) cmocka_unit_test_setup_teardown(f, setup_alone, teardown)
		ALONE(keeps_its_name), ALONE(limits_client),   ALONE(limits_forged),
		ALONE(limits_port),    cmocka_unit_test(rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
