/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long an address is kept for a client that is away, at its own node and at all others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"

#define HOUR (3600 * USEC_S)
#define MINUTE (60 * USEC_S)

static bool view(const struct town *t, int node, const struct host *h, struct lease_view *ret)
{
	return lease_find(&t->node[node].lease, &h->mac, t->now, ret);
}

static bool is_held(const struct town *t, int node, const struct ip4 *ip)
{
	return book_holder4(&t->node[node].lease.book, ip);
}

/* Every node counts from the last refresh, whether it hears of the client's own node or not. */
static void held_two_days(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct lease_view v;
	struct ip4 ip;

	assert_true(host_join(t, &h, 0));
	ip = h.ip;
	town_run(t, USEC_S);
	t->cut = true;
	town_run(t, 48 * HOUR - MINUTE);
	for (int i = 0; i < 2; i++) {
		assert_true(is_held(t, i, &ip));
		assert_true(view(t, i, &h, &v) && ip4_eq(&v.client.ip4, &ip));
		assert_in_range(v.held_s, 50, 62);
		assert_int_equal(v.refreshed_s + v.held_s, 48 * 3600);
	}
	town_run(t, 3 * MINUTE);
	for (int i = 0; i < 2; i++) {
		assert_false(is_held(t, i, &ip));
		assert_true(view(t, i, &h, &v)); /* the record lives on, but not the lease */
		assert_true(ip4_is_zero(&v.client.ip4) && v.held_s < 0);
	}
	assert_true(pool_is_free(&t->node[0].lease.pool, &ip));
	town_run(t, 24 * HOUR);
	assert_false(view(t, 0, &h, &v));
}

/* What is still free it gets again, but from the node whose address it is. */
static void returns_late(void **state)
{
	struct town *t = *state;
	struct host first = town_host(1), second = town_host(2), third = town_host(3);
	struct ip4 ip, ip2, ip3;

	assert_true(host_join(t, &first, 0) && host_join(t, &second, 0) && host_join(t, &third, 0));
	ip = first.ip;
	ip2 = second.ip;
	ip3 = third.ip;
	town_run(t, 49 * HOUR);
	assert_int_equal(host_reboot(t, &first, 1, ip), DHCP_NAK);
	assert_true(host_join(t, &first, 0));
	assert_true(ip4_eq(&first.ip, &ip));
	assert_int_equal(host_reboot(t, &third, 0, ip2), DHCP_ACK);
	assert_int_equal(host_renew(t, &second, 0), DHCP_NAK);
	assert_true(host_join(t, &second, 0));
	assert_false(ip4_eq(&second.ip, &ip2));
	assert_false(is_held(t, 0, &ip3));
	/* both nodes agree */
	town_run(t, MINUTE);
	assert_int_equal(host_renew(t, &third, 1), DHCP_ACK);
	assert_int_equal(host_renew(t, &first, 1), DHCP_ACK);
}

static usec_t freed_at(int node, const struct ip4 *ip)
{
	const struct pool_own *o = pool_own_find(&town.node[node].lease.pool, ip);

	assert_non_null(o);
	return o->freed[ip->b[3] % POOL_BLOCK];
}

/* A lease that is over before its block is this node's, be it by a restart or by a new owner, and
 * one of which it hears later: the address is not one that nobody had. */
static void lapsed_is_not_unused(void **state)
{
	struct town *t = *state;
	struct lease *l = &t->node[0].lease;
	struct lease_client c = { .mac = { { 2, 9, 9, 9, 9, 9 } }, .quiet_s = 49 * 3600 };
	struct lease_block block = { .owner = l->self, .index = 700, .epoch = 1 };
	const struct pool_own *o;
	struct ip4 first, second;
	uint32_t cursor = 0;

	o = pool_own_next(&l->pool, &cursor);
	assert_non_null(o);
	first = pool_address(&l->pool, o, 5);
	assert_true(freed_at(0, &first) == POOL_UNUSED);
	c.node = t->node[1].lease.self;
	c.ip4 = first;
	lease_client_learnt(l, &c, t->now);
	assert_true(freed_at(0, &first) == t->now - 49 * HOUR + BOOK_LAPSE);
	second = ip4_from_u32(ip4_u32(&TOWN_CONF.network.addr) + 700 * POOL_BLOCK + 5);
	c.mac.b[5]++;
	c.ip4 = second;
	lease_client_learnt(l, &c, t->now);
	lease_block_learnt(l, &block, t->now);
	assert_true(freed_at(0, &second) == POOL_UNUSED);
	town_run(t, 10 * USEC_S);
	assert_true(freed_at(0, &second) != POOL_UNUSED);
	assert_int_equal(pool_own_at(&l->pool, 700)->state, POOL_READY);
}

/* Just before others may get it, only the node that could give it to them lets the client renew. */
static void returns_at_the_last_moment(void **state)
{
	struct town *t = *state;
	struct host far = town_host(1), near = town_host(2), third = town_host(3);
	struct host idle = town_host(4);
	struct lease_node gw = { { 9 } };
	struct ip4 ip;

	assert_true(host_join(t, &far, 0) && host_join(t, &near, 0) && host_join(t, &third, 0) &&
		    host_join(t, &idle, 0));
	ip = third.ip;
	town_run(t, 48 * HOUR);
	assert_true(host_join(t, &third, 0));
	assert_true(ip4_eq(&third.ip, &ip));
	assert_true(is_held(t, 1, &far.ip) && is_held(t, 0, &near.ip));
	assert_int_equal(host_renew(t, &far, 1), DHCP_NAK);
	assert_int_equal(host_renew(t, &near, 0), DHCP_ACK);
	/* other news of a client are no refresh then */
	lease_client_gateway(&t->node[1].lease, &idle.mac, &gw, t->now);
	town_drain(t, 1);
	town_run(t, USEC_S);
	assert_false(is_held(t, 0, &idle.ip) || is_held(t, 1, &idle.ip));
	town_run(t, 2 * MINUTE);
	assert_true(is_held(t, 0, &near.ip) && is_held(t, 1, &near.ip));
}

/* What happens to a client whose lease is over does not make it look like one again. */
static void lapsed_stays(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), other = town_host(2);
	struct lease_node gw = { { 9 } };
	struct ip4 ip;

	assert_true(host_join(t, &h, 0));
	ip = h.ip;
	town_run(t, 49 * HOUR);
	assert_int_equal(host_reboot(t, &other, 0, ip), DHCP_ACK);
	town_run(t, USEC_S);
	lease_client_gateway(&t->node[0].lease, &h.mac, &gw, t->now);
	town_drain(t, 0);
	lease_client_here(&t->node[1].lease, &h.mac, 1, t->now);
	town_drain(t, 1);
	town_run(t, USEC_S);
	assert_int_equal(town_counter(t, LEASE_COUNT_ADDRESS_CLASH), 0);
	assert_int_equal(host_renew(t, &other, 1), DHCP_ACK);
}

/* A lease that runs for a week is refreshed each day, though its client says nothing. */
static void long_lease(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	struct host h = town_host(1);
	struct lease_view v;
	int64_t quiet_s = 0;
	int refreshed = 0;

	(void)state;
	conf.lease_s = 7 * 24 * 3600;
	town_start(&town, 2, &conf, 1);
	town_run(&town, 5 * USEC_S);
	assert_true(host_join(&town, &h, 0));
	for (int i = 0; i < 8 * 24; i++) {
		town_run(&town, HOUR);
		assert_true(view(&town, 1, &h, &v));
		assert_in_range(v.refreshed_s, 0, i < 7 * 24 ? 24 * 3600 + 120 : 48 * 3600);
		refreshed += v.refreshed_s < quiet_s;
		quiet_s = v.refreshed_s;
	}
	assert_int_equal(refreshed, 6);
	assert_true(is_held(&town, 1, &h.ip));
	town_run(&town, 24 * HOUR + 4 * MINUTE);
	assert_false(is_held(&town, 1, &h.ip));
	town_stop(&town);
}

/* One who is there but never renews keeps it, and only as long as that. */
static void present(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);

	assert_true(host_join(t, &h, 0));
	for (int i = 0; i < 5 * 24 * 12; i++) {
		lease_client_present(&t->node[0].lease, &h.mac, t->now);
		lease_client_present(&t->node[1].lease, &h.mac, t->now);
		town_run(t, 5 * MINUTE);
	}
	assert_true(is_held(t, 1, &h.ip) && is_held(t, 0, &h.ip));
	town_run(t, 49 * HOUR);
	assert_false(is_held(t, 1, &h.ip) || is_held(t, 0, &h.ip));
}

/* A node that joins learns how old the refresh is, and does not take away what others have. */
static void learnt_late(void **state)
{
	struct town *t = *state;
	struct host young = town_host(9);
	struct lease *l = &t->node[0].lease;
	struct lease_client old = { .mac = { { 2, 0, 0, 0, 0, 1 } },
				    .node = { { 1 } },
				    .age_s = 9 * 24 * 3600,
				    .quiet_s = 47 * 3600 + 3500 };

	assert_true(host_join(t, &young, 0));
	old.ip4 = (struct ip4) { { 10, 13, 99, 1 } };
	lease_client_learnt(l, &old, t->now);
	assert_true(is_held(t, 0, &old.ip4));
	town_run(t, 4 * MINUTE);
	assert_false(is_held(t, 0, &old.ip4));
	old.mac.b[5] = 2;
	old.ip4 = young.ip;
	old.quiet_s = 49 * 3600;
	lease_client_learnt(l, &old, t->now);
	assert_int_equal(town_counter(t, LEASE_COUNT_ADDRESS_CLASH), 0);
	assert_int_equal(host_renew(t, &young, 0), DHCP_ACK);
	/* written again, it is in use again */
	old.mac.b[5] = 1;
	old.ip4 = (struct ip4) { { 10, 13, 99, 1 } };
	old.quiet_s = 1;
	old.age_s += 240; /* the same lease */
	lease_client_learnt(l, &old, t->now);
	assert_true(is_held(t, 0, &old.ip4));
}

static void full_start(struct host *clients, unsigned count)
{
	struct lease_conf conf = TOWN_CONF;

	conf.network.len = 28;
	town_start(&town, 1, &conf, 1);
	town_run(&town, 5 * USEC_S);
	for (unsigned i = 0; i < count; i++) {
		clients[i] = town_host(i);
		assert_true(host_join(&town, &clients[i], 0));
		town_run(&town, 10 * MINUTE);
	}
}

/* Without a free address those who were away for more than a day make room, the longest first. */
static void reuse(void **state)
{
	struct host clients[13], next = town_host(50), more = town_host(51);
	struct ip4 first;

	(void)state;
	full_start(clients, 13);
	first = clients[0].ip;
	town_run(&town, 22 * HOUR);
	assert_int_equal(host_renew(&town, &clients[2], 0), DHCP_ACK);
	town_run(&town, HOUR);
	assert_int_equal(host_discover(&town, &next, 0), 0); /* 25 h */
	town_run(&town, HOUR);
	assert_int_equal(host_renew(&town, &clients[2], 0), DHCP_ACK);
	assert_int_equal(host_discover(&town, &next, 0), 0);
	town_run(&town, 2 * USEC_S);
	assert_int_equal(host_discover(&town, &next, 0), 0); /* somebody may be renewing it still */
	assert_int_equal(host_reboot(&town, &next, 0, first), DHCP_NAK);
	assert_int_equal(host_reboot(&town, &clients[0], 0, first), DHCP_NAK);
	town_run(&town, 2 * USEC_S);
	assert_true(host_join(&town, &next, 0));
	assert_true(ip4_eq(&next.ip, &first));
	assert_int_equal(town_counter(&town, LEASE_COUNT_REUSED), 1);
	/* the next oldest, but not the one that was there meanwhile */
	host_discover(&town, &more, 0);
	town_run(&town, 4 * USEC_S);
	assert_true(host_join(&town, &more, 0));
	assert_true(ip4_eq(&more.ip, &clients[1].ip));
	host_discover(&town, &clients[0], 0);
	town_run(&town, 4 * USEC_S);
	assert_int_not_equal(host_discover(&town, &clients[0], 0), DHCP_OFFER);
	town_run(&town, HOUR);
	host_discover(&town, &clients[0], 0);
	town_run(&town, 4 * USEC_S);
	assert_true(host_join(&town, &clients[0], 0));
	assert_true(ip4_eq(&clients[0].ip, &clients[3].ip));
	assert_int_equal(host_renew(&town, &clients[2], 0), DHCP_ACK);
	town_stop(&town);
}

/* As long as one address is free, or will be in a moment, nobody's lease is ended. */
static void no_reuse(void **state)
{
	struct host clients[12], next = town_host(50), after = town_host(51);

	(void)state;
	full_start(clients, 12);
	town_run(&town, 40 * HOUR);
	assert_true(host_join(&town, &next, 0));
	host_release(&town, &next, 0);
	assert_int_equal(host_discover(&town, &after, 0), 0);
	town_run(&town, 6 * USEC_S);
	assert_true(host_join(&town, &after, 0));
	assert_int_equal(town_counter(&town, LEASE_COUNT_REUSED), 0);
	for (int i = 0; i < 12; i++)
		assert_int_equal(host_renew(&town, &clients[i], 0), DHCP_ACK);
	town_stop(&town);
}

/* A node got no time while a client of its gave its address back elsewhere. What the client had
 * said here, and that it had come, does not bring that back. */
static void starved(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), before;
	struct lease_view v;

	assert_true(host_join(t, &h, 0));
	town_run(t, USEC_S);
	before = h;
	t->away[1] = true; /* what is sent to it waits */
	host_release(t, &h, 0);
	town_run(t, 20 * USEC_S);
	lease_starved(&t->node[1].lease, 20 * USEC_S, t->now);
	lease_client_here(&t->node[1].lease, &h.mac, 1, t->now);
	town_drain(t, 1);
	assert_int_equal(host_renew(t, &before, 1), 0);
	t->away[1] = false;
	town_run(t, 5 * USEC_S);
	for (int i = 0; i < 2; i++) {
		assert_true(view(t, i, &h, &v) && ip4_is_zero(&v.client.ip4));
		assert_false(is_held(t, i, &before.ip));
	}
	assert_true(host_join(t, &h, 1));
}

/* Who is late again and again answers all the same. */
static void often_starved(void **state)
{
	struct town *t = *state;
	struct lease *l = &t->node[0].lease;

	lease_starved(l, 5 * USEC_S, t->now);
	assert_true(lease_is_behind(l, t->now));
	town_run(t, 4 * USEC_S);
	lease_starved(l, 5 * USEC_S, t->now);
	assert_false(lease_is_behind(l, t->now));
	town_run(t, 40 * USEC_S);
	lease_starved(l, 5 * USEC_S, t->now);
	assert_true(lease_is_behind(l, t->now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TWO(f) cmocka_unit_test_setup_teardown(f, town_setup_two, town_teardown)
		TWO(held_two_days),
		TWO(returns_late),
		TWO(lapsed_is_not_unused),
		TWO(returns_at_the_last_moment),
		TWO(lapsed_stays),
		cmocka_unit_test(long_lease),
		TWO(present),
		TWO(learnt_late),
		TWO(starved),
		TWO(often_starved),
		cmocka_unit_test(reuse),
		cmocka_unit_test(no_reuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
