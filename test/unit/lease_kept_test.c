/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One client with two addresses, after a cut: it goes on with the one that it got last, and where
 * nodes cannot know which that is, with the one that it asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"

#define LEASE (1200 * USEC_S)

static struct host *const client = &hosts[0];
static struct ip4 other_ip;

static bool has(int node, const struct ip4 *ip)
{
	struct lease_view v;

	return lease_find(&town.node[node].lease, &client->mac, town.now, &v) &&
	       ip4_eq(&v.client.ip4, ip);
}

/* Nobody can get it, as far as that node knows. */
static bool is_held(int node, const struct ip4 *ip)
{
	return book_holder4(&town.node[node].lease.book, ip) != NULL;
}

/* The client has been at node 0 for 100 s; a node on the other side of a cut can give it
 * other_ip. */
static void start(void)
{
	town_start(&town, 3, &TOWN_CONF, 3);
	town_run(&town, 5 * USEC_S);
	hosts_make(3);
	client->id_len = 2;
	memset(client->id, 0xff, client->id_len);
	assert_true(host_join(&town, client, 0));
	town_run(&town, 100 * USEC_S);
	assert_true(host_join(&town, &hosts[1], 1));
	other_ip = hosts[1].ip;
	host_release(&town, &hosts[1], 1);
	town_run(&town, USEC_S);
}

/* The cut heals, and all hear by the record of node 1 that the client has had other_ip for
 * some time, which was written as long ago. */
static void heals(uint32_t age_s)
{
	struct lease_client rec = { .mac = client->mac,
				    .node = town.node[1].lease.self,
				    .ip4 = other_ip,
				    .age_s = age_s,
				    .quiet_s = age_s,
				    .granted_s = age_s };

	for (int node = 2; node >= 0; node--)
		lease_client_learnt(&town.node[node].lease, &rec, town.now);
	for (int node = 2; node >= 0; node--)
		town_drain(&town, node);
	town_run(&town, USEC_S);
}

/* It has renewed since it got the other one, so it is back. */
static void later_one_goes_on(void **state)
{
	(void)state;
	start();
	assert_int_equal(host_renew(&town, client, 0), DHCP_ACK);
	heals(20);
	assert_true(has(0, &client->ip) && has(2, &client->ip));
	assert_false(is_held(0, &other_ip));
	/* it got the other one after that */
	town_run(&town, 100 * USEC_S);
	heals(20);
	assert_true(has(0, &other_ip));
	town_stop(&town);
}

static bool is_its_lease(int node, const struct ip4 *ip)
{
	const struct book_client *c = book_find(&town.node[node].lease.book, &client->mac);

	return c && ip4_eq(&c->rec.ip4, ip) && book_has_lease(&town.node[node].lease.book, c);
}

/* A node may hear that the client has the address again before that is no longer kept. */
static void again_and_kept(int node, struct ip4 ip)
{
	struct lease_client rec = { .mac = client->mac,
				    .node = town.node[2].lease.self,
				    .ip4 = ip,
				    .age_s = 102,
				    .id_len = client->id_len };

	memcpy(rec.id, client->id, client->id_len);
	lease_client_learnt(&town.node[node].lease, &rec, town.now);
	assert_true(is_its_lease(node, &ip));
	assert_int_equal(town.node[node].lease.counters[LEASE_COUNT_ADDRESS_CLASH], 0);
}

/* By its record it has another one now, but it asks for what it had. */
static void asks_for_kept(void **state)
{
	struct lease_view v;
	struct ip6 addr;
	struct ip4 ip;

	(void)state;
	start();
	ip = client->ip;
	addr = lease_mapped(&ip);
	heals(1);
	assert_true(has(0, &other_ip));
	for (int node = 0; node < 3; node++)
		assert_true(is_held(node, &ip));
	assert_true(lease_find_address(&town.node[2].lease, &addr, town.now, &v));
	assert_true(mac_eq(&v.client.mac, &client->mac));
	again_and_kept(1, ip);
	/* nobody else gets it, nor by that client's name */
	assert_int_equal(host_reboot(&town, &hosts[2], 0, ip), DHCP_NAK);
	client->from = hosts[2].mac;
	assert_int_equal(host_renew(&town, client, 2), 0);
	client->from = (struct mac) { { 0 } };
	assert_int_equal(host_renew(&town, client, 2), DHCP_ACK);
	town_run(&town, USEC_S);
	for (int node = 0; node < 3; node++)
		assert_true(has(node, &ip) && !is_held(node, &other_ip));
	assert_true(lease_find(&town.node[1].lease, &client->mac, town.now, &v));
	assert_in_range(v.client.age_s, 100, 110); /* it is the lease that it was */
	assert_int_equal(town_counter(&town, LEASE_COUNT_ADDRESS_CLASH), 0);
	town_stop(&town);
}

/* Nothing was lost by the record that came, whatever the client then says. */
static void kept_ends(void **state)
{
	struct ip4 ip;

	(void)state;
	/* it never asks for it again: until its lease would have run out */
	start();
	ip = client->ip;
	heals(1);
	town_run(&town, LEASE - 110 * USEC_S);
	assert_true(is_held(0, &ip) && is_held(2, &ip));
	town_run(&town, 200 * USEC_S);
	assert_false(is_held(0, &ip) || is_held(2, &ip));
	town_stop(&town);
	/* it gives it back, so it uses none */
	start();
	ip = client->ip;
	heals(1);
	host_release(&town, client, 2);
	town_run(&town, USEC_S);
	for (int node = 0; node < 3; node++)
		assert_false(is_held(node, &ip) || is_held(node, &other_ip));
	town_stop(&town);
	/* somebody else uses it */
	start();
	ip = client->ip;
	heals(1);
	host_send(&town, client, 2, &(struct dhcp_msg) { .type = DHCP_DECLINE, .requested = ip });
	town_run(&town, LEASE + 100 * USEC_S);
	assert_true(is_held(0, &ip) && is_held(2, &ip));
	assert_int_equal(host_reboot(&town, client, 0, ip), DHCP_NAK);
	town_stop(&town);
}

/* A node that only heard of the other address writes the record, as the client has come there. */
static void copied_record(void **state)
{
	struct lease_client rec = { .age_s = 50, .granted_s = 5 };
	struct lease_view v;

	(void)state;
	start();
	rec.mac = client->mac;
	rec.node = town.node[1].lease.self;
	rec.ip4 = other_ip;
	assert_int_equal(host_renew(&town, client, 0), DHCP_ACK);
	lease_client_learnt(&town.node[0].lease, &rec, town.now);
	town_drain(&town, 0);
	assert_true(has(0, &client->ip));
	/* that node insists on it: the two do not say so for ever, and nothing is lost */
	town_run(&town, USEC_S);
	lease_client_learnt(&town.node[0].lease, &rec, town.now);
	town_drain(&town, 0);
	assert_true(has(0, &other_ip) && is_held(0, &client->ip));
	assert_int_equal(host_renew(&town, client, 0), DHCP_ACK);
	assert_true(lease_find(&town.node[0].lease, &client->mac, town.now, &v));
	assert_int_equal(v.client.granted_s, 0);
	/* what was acknowledged since is news */
	lease_client_learnt(&town.node[0].lease, &rec, town.now);
	town_drain(&town, 0);
	assert_true(has(0, &client->ip));
	town_stop(&town);
}

/* It was declined in the other part, by another client there. */
static void declined_elsewhere(void **state)
{
	struct lease_client declined = { .flags = LEASE_DECLINED };
	struct ip4 ip;

	(void)state;
	start();
	ip = client->ip;
	declined.mac = lease_decline_mac(&ip);
	declined.ip4 = ip;
	declined.node = town.node[1].lease.self;
	declined.whose = hosts[1].mac;
	for (unsigned age_s = 0; age_s < 1000; age_s += 500) {
		declined.age_s = age_s;
		lease_client_learnt(&town.node[0].lease, &declined, town.now);
		town_drain(&town, 0);
		assert_int_equal(host_renew(&town, client, 0), DHCP_ACK);
	}
	/* ... or by itself, and who has acknowledged it since had not heard of that */
	declined.whose = client->mac;
	declined.age_s = 5;
	lease_client_learnt(&town.node[0].lease, &declined, town.now);
	town_drain(&town, 0);
	assert_int_equal(host_renew(&town, client, 0), DHCP_NAK);
	assert_true(is_held(0, &ip));
	town_stop(&town);
}

/* What ended in the other part is not what it has here. */
static void other_one_ended(void **state)
{
	struct lease_client rec = { .flags = LEASE_RELEASED, .age_s = 1, .granted_s = 30 };

	(void)state;
	start();
	assert_int_equal(host_renew(&town, client, 0), DHCP_ACK);
	town_run(&town, 10 * USEC_S);
	rec.mac = client->mac;
	rec.node = town.node[1].lease.self;
	rec.ended = other_ip;
	lease_client_learnt(&town.node[0].lease, &rec, town.now);
	town_drain(&town, 0);
	assert_true(has(0, &client->ip));
	/* it got that one later, and has given it back */
	town_run(&town, 60 * USEC_S);
	lease_client_learnt(&town.node[0].lease, &rec, town.now);
	town_drain(&town, 0);
	assert_false(has(0, &client->ip));
	town_stop(&town);
	/* and this one ended there */
	start();
	rec.ended = client->ip;
	lease_client_learnt(&town.node[0].lease, &rec, town.now);
	town_drain(&town, 0);
	assert_false(has(0, &client->ip));
	town_stop(&town);
}

/* A node that has acknowledged its lease before knows that another one did since, and that it was
 * given back there. */
static void released_where_it_went(void **state)
{
	(void)state;
	start();
	assert_int_equal(host_renew(&town, client, 1), DHCP_ACK);
	town_run(&town, USEC_S);
	assert_true(has(0, &client->ip));
	host_release(&town, client, 1);
	town_run(&town, USEC_S);
	for (int node = 0; node < 3; node++)
		assert_true(ip4_is_zero(
			&book_find(&town.node[node].lease.book, &client->mac)->rec.ip4));
	town_stop(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_one_goes_on),
		cmocka_unit_test(asks_for_kept),
		cmocka_unit_test(kept_ends),
		cmocka_unit_test(copied_record),
		cmocka_unit_test(declined_elsewhere),
		cmocka_unit_test(other_one_ended),
		cmocka_unit_test(released_where_it_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
