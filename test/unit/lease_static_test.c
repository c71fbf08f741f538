/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is fixed for a client: it has it at every node, and nobody else does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"
#include "packet/dhcp_options.h"

static const struct ip4 FIXED = { { 10, 13, 77, 7 } };

static struct lease_static fix(const struct host *h, struct ip4 ip)
{
	return (struct lease_static) { .key = lease_key_mac(&h->mac), .ip4 = ip };
}

static struct lease_static reserve(struct ip4 first, struct ip4 last)
{
	struct lease_range r = { first, last };

	return (struct lease_static) { .key = lease_key_range(&r) };
}

/* All that must be waited for is over. */
static void fix_now(const struct lease_static *s)
{
	town_static(&town, s);
	town_run(&town, 3 * USEC_S);
}

static struct lease_static_view view(int node, const struct lease_key *key)
{
	struct lease_static_view v;

	assert_true(lease_static_find(&town.node[node].lease, key, town.now, &v));
	return v;
}

static bool is_with(int node, const struct lease_key *key, const struct mac *mac)
{
	struct lease_static_view v = view(node, key);

	return mac_eq(&v.with, mac);
}

static enum lease_static_state seen(const struct lease_key *key)
{
	enum lease_static_state first = view(0, key).state;

	for (int i = 1; i < town.nodes; i++)
		assert_int_equal(view(i, key).state, first);
	return first;
}

/* Whichever node it asks, with whatever message. */
static void has_it_everywhere(void **state)
{
	struct host h = town_host(1), other = town_host(2);
	struct lease_static s = fix(&h, FIXED);

	(void)state;
	fix_now(&s);
	assert_int_equal(seen(&s.key), LEASE_STATIC_FREE);
	assert_true(host_join(&town, &h, 0));
	assert_true(ip4_eq(&h.ip, &FIXED));
	town_run(&town, USEC_S);
	assert_int_equal(seen(&s.key), LEASE_STATIC_LEASED);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(host_renew(&town, &h, i), DHCP_ACK);
		assert_int_equal(host_reboot(&town, &h, i, FIXED), DHCP_ACK);
		assert_true(host_join(&town, &h, i));
		assert_true(ip4_eq(&h.ip, &FIXED));
		assert_int_equal(host_reboot(&town, &other, i, FIXED), DHCP_NAK);
	}
	town_run(&town, 10 * USEC_S);
	host_release(&town, &h, 1);
	town_run(&town, USEC_S);
	assert_int_equal(seen(&s.key), LEASE_STATIC_FREE);
	assert_int_equal(host_reboot(&town, &other, 1, FIXED), DHCP_NAK);
	assert_int_equal(host_reboot(&town, &h, 0, (struct ip4) { { 10, 13, 77, 8 } }), DHCP_NAK);
	town_run(&town, 4 * 24 * 3600 * USEC_S); /* its record has gone */
	assert_true(host_join(&town, &h, 1));
	assert_true(ip4_eq(&h.ip, &FIXED));
}

/* Some node may have given it away just now. */
static void waits(void **state)
{
	struct host h = town_host(1);
	struct lease_static s = fix(&h, FIXED);

	(void)state;
	town_static(&town, &s);
	town_run(&town, 1900 * USEC_MS);
	assert_int_equal(host_discover(&town, &h, 0), 0);
	assert_int_equal(host_reboot(&town, &h, 0, FIXED), 0);
	town_run(&town, 200 * USEC_MS);
	assert_int_equal(host_discover(&town, &h, 0), DHCP_OFFER);
	assert_true(ip4_eq(&town.reply.yiaddr, &FIXED));
	assert_int_equal(town_counter(&town, LEASE_COUNT_NOT_READY), 2);
	assert_true(ip4_eq(&town.probed, &FIXED)); /* somebody may use it */
}

static void moves_to_it(void **state)
{
	struct host h = town_host(1), other = town_host(2);
	struct lease_static s = fix(&h, FIXED);
	struct ip4 before;

	(void)state;
	assert_true(host_join(&town, &h, 0));
	before = h.ip;
	fix_now(&s);
	assert_true(ip4_eq(&h.ip, &before)); /* until its next message */
	assert_int_equal(host_renew(&town, &h, 1), DHCP_NAK);
	assert_true(host_join(&town, &h, 1));
	assert_true(ip4_eq(&h.ip, &FIXED));
	town_run(&town, 10 * USEC_S); /* what it had is free */
	assert_int_equal(host_reboot(&town, &other, 0, before), DHCP_ACK);
}

/* The lease that it has at the moment becomes the one that is fixed. */
static void keeps_what_it_has(void **state)
{
	struct host h = town_host(1), other = town_host(2);
	struct lease_static s;
	struct ip4 ip;

	(void)state;
	assert_true(host_join(&town, &h, 0));
	town_run(&town, USEC_S);
	ip = h.ip;
	s = fix(&h, ip);
	town_static(&town, &s);
	assert_int_equal(host_renew(&town, &h, 0), DHCP_ACK);
	assert_int_equal(host_renew(&town, &h, 1), DHCP_ACK);
	/* and without that it is one like all others */
	town_static_gone(&town, &s.key);
	assert_int_equal(host_renew(&town, &h, 1), DHCP_ACK);
	assert_true(ip4_eq(&h.ip, &ip));
	assert_int_equal(host_reboot(&town, &other, 0, ip), DHCP_NAK);
	town_run(&town, 10 * USEC_S);
	host_release(&town, &h, 1);
	town_run(&town, 10 * USEC_S);
	assert_int_equal(host_reboot(&town, &other, 0, ip), DHCP_ACK);
}

/* Another client has the address when it is fixed. */
static void somebody_has_it(void **state)
{
	struct host has = town_host(2), h = town_host(1);
	struct lease_static s;
	struct ip4 ip;

	(void)state;
	assert_true(host_join(&town, &has, 0));
	ip = has.ip;
	s = fix(&h, ip);
	fix_now(&s);
	assert_int_equal(seen(&s.key), LEASE_STATIC_HELD);
	assert_true(is_with(1, &s.key, &has.mac));
	assert_true(host_join(&town, &h, 1)); /* not without an address meanwhile */
	assert_false(ip4_eq(&h.ip, &ip));
	assert_true(town.node[1].lease.counters[LEASE_COUNT_STATIC_TAKEN] > 0);
	assert_int_equal(host_renew(&town, &h, 1), DHCP_ACK);
	assert_int_equal(host_renew(&town, &has, 0), DHCP_NAK);
	assert_true(host_join(&town, &has, 0));
	assert_false(ip4_eq(&has.ip, &ip));
	town_run(&town, USEC_S);
	assert_int_equal(host_renew(&town, &h, 1), DHCP_NAK);
	assert_true(host_join(&town, &h, 1));
	assert_true(ip4_eq(&h.ip, &ip));
	town_run(&town, USEC_S);
	assert_int_equal(seen(&s.key), LEASE_STATIC_LEASED);
}

/* It asks anew in place of renewing. */
static void somebody_had_it(void **state)
{
	struct host has = town_host(2), h = town_host(1);
	struct lease_static s;
	struct ip4 ip;

	(void)state;
	assert_true(host_join(&town, &has, 0));
	ip = has.ip;
	s = fix(&h, ip);
	fix_now(&s);
	assert_true(host_join(&town, &has, 1));
	assert_false(ip4_eq(&has.ip, &ip));
	town_run(&town, USEC_S);
	assert_true(host_join(&town, &h, 0));
	assert_true(ip4_eq(&h.ip, &ip));
}

/* Who has it has left: when the lease is over, its node says so. */
static void somebody_left_with_it(void **state)
{
	struct host has = town_host(2), h = town_host(1);
	struct lease_static s;
	struct ip4 ip;

	(void)state;
	assert_true(host_join(&town, &has, 0));
	ip = has.ip;
	s = fix(&h, ip);
	fix_now(&s);
	town_run(&town, 1100 * USEC_S);
	assert_true(host_join(&town, &h, 1));
	assert_false(ip4_eq(&h.ip, &ip));
	town_run(&town, 200 * USEC_S);
	assert_true(host_join(&town, &h, 1));
	assert_true(ip4_eq(&h.ip, &ip));
}

/* ... and so has its node: a day later. */
static void somebody_left_with_his_node(void **state)
{
	struct host has = town_host(2), h = town_host(1);
	struct lease_static s;
	struct ip4 ip;

	(void)state;
	assert_true(host_join(&town, &has, 0));
	town_run(&town, USEC_S);
	ip = has.ip;
	s = fix(&h, ip);
	fix_now(&s);
	town_gone(&town, 0, 0);
	lease_peers(&town.node[1].lease, 0, false, town.now);
	town_run(&town, 24 * 3600 * USEC_S);
	assert_true(host_join(&town, &h, 1));
	assert_false(ip4_eq(&h.ip, &ip));
	town_run(&town, 3 * 3600 * USEC_S);
	assert_true(host_join(&town, &h, 1));
	assert_true(ip4_eq(&h.ip, &ip));
	has.ip = ip;
	assert_int_equal(host_renew(&town, &has, 1), DHCP_NAK);
}

/* Neither by an offer, nor by a loan, nor when nothing else is left. */
static void nobody_else_gets_it(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	struct host h = town_host(100);
	struct lease_static s = fix(&h, (struct ip4) { { 10, 13, 0, 9 } });
	unsigned got = 0;

	(void)state;
	conf.network.len = 27;
	town_start(&town, 2, &conf, 1);
	town_static(&town, &s);
	town_run(&town, 6 * USEC_S);
	for (unsigned i = 0; i < 60; i++) {
		struct host o = town_host(i);

		o.port = (uint16_t)(i % 8);
		for (int tries = 0; tries < 3 && ip4_is_zero(&o.ip); tries++) {
			(void)host_join(&town, &o, (int)i % 2);
			town_run(&town, 5 * USEC_S);
		}
		assert_false(ip4_eq(&o.ip, &s.ip4));
		got += !ip4_is_zero(&o.ip);
	}
	assert_in_range(got, 24, 32 - 4);
	assert_true(host_join(&town, &h, 1));
	assert_true(ip4_eq(&h.ip, &s.ip4));
	town_stop(&town);
}

/* It was lent away, and offered there, when it was fixed. */
static void offered_before(void **state)
{
	struct host offered = town_host(2), h = town_host(1);
	struct lease_static s;

	(void)state;
	assert_int_equal(host_discover(&town, &offered, 0), DHCP_OFFER);
	s = fix(&h, town.reply.yiaddr);
	town_static(&town, &s);
	assert_int_equal(host_select(&town, &offered, 0), DHCP_NAK);
	assert_true(host_join(&town, &offered, 0));
	assert_false(ip4_eq(&offered.ip, &s.ip4));
}

/* Two are to have one address: by the lower key, in whatever order they come. */
static void two_want_it(void **state)
{
	struct host low = town_host(1), high = town_host(2);
	struct lease_static a = fix(&low, FIXED), b = fix(&high, FIXED), rival;

	(void)state;
	assert_int_equal(lease_static_learnt(&town.node[0].lease, &a, town.now), 0);
	assert_int_equal(lease_static_learnt(&town.node[0].lease, &b, town.now), 0);
	assert_int_equal(lease_static_learnt(&town.node[1].lease, &b, town.now), 0);
	assert_int_equal(lease_static_learnt(&town.node[1].lease, &a, town.now), 0);
	town_run(&town, 3 * USEC_S);
	assert_int_equal(seen(&a.key), LEASE_STATIC_FREE);
	assert_int_equal(seen(&b.key), LEASE_STATIC_CLASH);
	assert_true(lease_static_rival(&town.node[0].lease, &b, &rival));
	assert_int_equal(lease_key_cmp(&rival.key, &a.key), 0);
	assert_true(host_join(&town, &high, 0));
	assert_false(ip4_eq(&high.ip, &FIXED));
	assert_true(host_join(&town, &low, 1));
	assert_true(ip4_eq(&low.ip, &FIXED));
	/* what is left of it is the other one's */
	a.ip4 = (struct ip4) { { 10, 13, 77, 9 } };
	fix_now(&a);
	assert_false(lease_static_rival(&town.node[0].lease, &b, &rival));
	assert_int_equal(seen(&b.key), LEASE_STATIC_HELD);
	assert_int_equal(host_renew(&town, &low, 0), DHCP_NAK);
	assert_true(host_join(&town, &low, 0));
	assert_true(ip4_eq(&low.ip, &a.ip4));
	town_run(&town, USEC_S);
	assert_int_equal(host_renew(&town, &high, 1), DHCP_NAK);
	assert_true(host_join(&town, &high, 1));
	assert_true(ip4_eq(&high.ip, &FIXED));
}

/* A node that comes has the address: that one has it. */
static void node_has_it(void **state)
{
	struct host h = town_host(1);
	struct lease_static s = fix(&h, FIXED);

	(void)state;
	fix_now(&s);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lease_reserve_address(&town.node[i].lease, &FIXED, town.now), 0);
		assert_false(lease_static_allows(&town.node[i].lease, &FIXED));
	}
	assert_int_equal(seen(&s.key), LEASE_STATIC_UNUSABLE);
	assert_true(host_join(&town, &h, 0));
	assert_false(ip4_eq(&h.ip, &FIXED));
	for (int i = 0; i < 2; i++)
		lease_unreserve_address(&town.node[i].lease, &FIXED, town.now);
	assert_int_equal(host_renew(&town, &h, 0), DHCP_NAK);
	assert_true(host_join(&town, &h, 0));
	assert_true(ip4_eq(&h.ip, &FIXED));
}

/* By what it says of itself: with another MAC it has its address again, but a clone has not. */
static void by_identifier(void **state)
{
	struct host h = town_host(1), moved = town_host(2), clone = town_host(3);
	struct lease_static s = { .key = lease_key_id((const uint8_t *)"\0ana", 4), .ip4 = FIXED };

	(void)state;
	h.id_len = moved.id_len = clone.id_len = 4;
	memcpy(h.id, "\0ana", 4);
	memcpy(moved.id, h.id, 4);
	memcpy(clone.id, h.id, 4);
	fix_now(&s);
	assert_true(host_join(&town, &h, 0));
	assert_true(ip4_eq(&h.ip, &FIXED));
	town_run(&town, USEC_S);
	assert_true(host_join(&town, &clone, 1));
	assert_false(ip4_eq(&clone.ip, &FIXED));
	assert_int_equal(host_renew(&town, &h, 1), DHCP_ACK);
	town_run(&town, 10 * USEC_S);
	host_release(&town, &h, 1);
	town_run(&town, USEC_S);
	assert_true(host_join(&town, &moved, 0));
	assert_true(ip4_eq(&moved.ip, &FIXED));
	/* it goes before the MAC */
	s = fix(&moved, (struct ip4) { { 10, 13, 77, 8 } });
	fix_now(&s);
	assert_int_equal(host_renew(&town, &moved, 0), DHCP_ACK);
}

/* In two parts of a cloud two have it: it is his for whom it is fixed, however young his lease. */
static void goes_before_older_leases(void **state)
{
	struct host has = town_host(1), h = town_host(200);
	struct lease_static s;
	struct lease_view v;
	struct ip4 ip;

	(void)state;
	town.cut = true;
	assert_true(host_join(&town, &has, 0));
	ip = has.ip;
	town_run(&town, 300 * USEC_S);
	s = fix(&h, ip);
	assert_int_equal(lease_static_learnt(&town.node[1].lease, &s, town.now), 0);
	town_run(&town, 3 * USEC_S);
	assert_true(host_join(&town, &h, 1));
	assert_true(ip4_eq(&h.ip, &ip));
	assert_int_equal(host_renew(&town, &has, 0), DHCP_ACK);
	town.cut = false;
	assert_int_equal(lease_static_learnt(&town.node[0].lease, &s, town.now), 0);
	town_run(&town, 20 * USEC_S);
	assert_int_equal(seen(&s.key), LEASE_STATIC_LEASED);
	assert_int_equal(host_renew(&town, &h, 1), DHCP_ACK);
	assert_int_equal(host_renew(&town, &has, 0), DHCP_NAK);
	assert_true(lease_find(&town.node[0].lease, &h.mac, town.now, &v));
	assert_true(ip4_eq(&v.client.ip4, &ip));
}

/* The client itself says that somebody else uses it: for an hour it gets another one. */
static void declined(void **state)
{
	struct host h = town_host(1);
	struct lease_static s = fix(&h, FIXED);

	(void)state;
	fix_now(&s);
	assert_true(host_join(&town, &h, 0));
	host_send(&town, &h, 0, &(struct dhcp_msg) { .type = DHCP_DECLINE, .requested = FIXED });
	town_run(&town, USEC_S);
	assert_int_equal(seen(&s.key), LEASE_STATIC_FOREIGN);
	assert_true(host_join(&town, &h, 1));
	assert_false(ip4_eq(&h.ip, &FIXED));
	town_run(&town, 3700 * USEC_S);
	assert_int_equal(host_renew(&town, &h, 1), DHCP_NAK);
	assert_true(host_join(&town, &h, 1));
	assert_true(ip4_eq(&h.ip, &FIXED));
}

/* Somebody who is no client uses it. */
static void strangers(void **state)
{
	struct mac someone = { { 2, 9, 9, 9, 9, 9 } };
	struct host h = town_host(1);
	struct lease_static s = fix(&h, FIXED);

	(void)state;
	fix_now(&s);
	lease_address_taken(&town.node[0].lease, &FIXED, &someone, town.now);
	town_drain(&town, 0);
	assert_int_equal(town.foreigns, 1);
	assert_int_equal(view(0, &s.key).state, LEASE_STATIC_FOREIGN);
	assert_true(is_with(0, &s.key, &someone));
	assert_true(host_join(&town, &h, 0));
	assert_false(ip4_eq(&h.ip, &FIXED));
	/* the client itself is none */
	lease_address_taken(&town.node[1].lease, &FIXED, &h.mac, town.now);
	assert_true(host_join(&town, &h, 1));
	assert_true(ip4_eq(&h.ip, &FIXED));
}

static const char *shown(const struct host *h)
{
	static struct lease_view v[2];

	for (int i = 0; i < 2; i++)
		assert_true(lease_find(&town.node[i].lease, &h->mac, town.now, &v[i]));
	assert_string_equal(v[0].client.name, v[1].client.name);
	return v[0].client.name;
}

/* A name that is fixed goes before those that clients give themselves, also while nobody has it. */
static void names(void **state)
{
	struct host h = town_host(1), ana = town_host(2), two = town_host(3);
	struct lease_static s = { .key = lease_key_mac(&h.mac), .name = "ana" }, t = s;

	(void)state;
	ana.name = two.name = "ana";
	h.name = "esp-12f";
	assert_true(host_join(&town, &ana, 0));
	town_run(&town, 100 * USEC_S);
	assert_true(host_join(&town, &h, 0));
	town_run(&town, USEC_S);
	assert_string_equal(shown(&ana), "ana");
	assert_string_equal(shown(&h), "esp-12f");
	town_static(&town, &s);
	assert_string_equal(shown(&ana), "ana-2");
	assert_string_equal(shown(&h), "ana");
	assert_int_equal(host_renew(&town, &h, 1), DHCP_ACK);
	assert_true(host_join(&town, &two, 1));
	town_run(&town, USEC_S);
	assert_string_equal(shown(&h), "ana");
	assert_string_equal(shown(&two), "ana-3");
	/* of two for whom it is fixed the lower key */
	t.key = lease_key_mac(&ana.mac);
	town_static(&town, &t);
	assert_string_equal(shown(&h), "ana");
	assert_string_equal(shown(&ana), "ana-2");
	town_static_gone(&town, &s.key);
	assert_string_equal(shown(&ana), "ana");
	assert_int_equal(host_renew(&town, &h, 1), DHCP_ACK);
	town_run(&town, USEC_S);
	assert_string_equal(shown(&h), "esp-12f");
	town_static_gone(&town, &t.key);
	t.key = lease_key_mac(&(struct mac) { { 2, 7, 7, 7, 7, 7 } });
	town_static(&town, &t);
	assert_string_equal(shown(&ana), "ana-2");
	town_static_gone(&town, &t.key);
	assert_string_equal(shown(&ana), "ana");
}

/* The client is told its name, when it asks what it is. */
static void name_is_told(void **state)
{
	struct host h = town_host(1);
	struct lease_static s = { .key = lease_key_mac(&h.mac), .name = "printer" };

	(void)state;
	h.has_wanted = true;
	h.wanted[DHCP_OPT_HOSTNAME / 32] |= 1u << DHCP_OPT_HOSTNAME % 32;
	h.name = "esp-12f";
	town_static(&town, &s);
	assert_true(host_join(&town, &h, 0));
	assert_string_equal(town.reply.hostname, "printer");
}

static void reserved(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	struct lease_static s =
		reserve((struct ip4) { { 10, 13, 0, 4 } }, (struct ip4) { { 10, 13, 0, 9 } });
	struct lease_static in = { .ip4 = { { 10, 13, 0, 5 } } };
	struct host first = town_host(300), h = town_host(301);
	unsigned got = 0;

	(void)state;
	conf.network.len = 28;
	town_start(&town, 1, &conf, 1);
	town_run(&town, 5 * USEC_S);
	assert_int_equal(host_reboot(&town, &first, 0, (struct ip4) { { 10, 13, 0, 6 } }),
			 DHCP_ACK);
	in.key = lease_key_mac(&h.mac);
	town_static(&town, &s);
	fix_now(&in);
	assert_int_equal(seen(&s.key), LEASE_STATIC_RESERVED);
	for (unsigned i = 0; i < 20; i++) {
		struct host o = town_host(i);

		if (!host_join(&town, &o, 0))
			continue;
		assert_true(o.ip.b[3] < 4 || o.ip.b[3] > 9);
		got++;
	}
	assert_int_equal(got, 16 - 3 - 6);
	/* but by a static lease */
	assert_true(host_join(&town, &h, 0));
	assert_int_equal(h.ip.b[3], 5);
	assert_int_equal(host_renew(&town, &first, 0), DHCP_NAK); /* no more */
	town_static_gone(&town, &s.key);
	assert_true(host_join(&town, &first, 0));
	town_stop(&town);
}

/* Of more ranges than count the lowest do, in whatever order they come. */
static void many_ranges(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_static s;

	(void)state;
	for (unsigned i = 0; i < 80; i++) {
		uint8_t at = (uint8_t)(i * 37 % 80);

		s = reserve((struct ip4) { { 10, 13, at, 0 } },
			    (struct ip4) { { 10, 13, at, 255 } });
		assert_int_equal(lease_static_learnt(l, &s, town.now), 0);
	}
	for (unsigned i = 0; i < 80; i++) {
		s = reserve((struct ip4) { { 10, 13, (uint8_t)i, 0 } },
			    (struct ip4) { { 10, 13, (uint8_t)i, 255 } });
		assert_int_equal(view(0, &s.key).state, i < LEASE_RANGES_MAX
								? LEASE_STATIC_RESERVED
								: LEASE_STATIC_UNUSABLE);
	}
}

static void option(struct lease_static *s, const char *text)
{
	struct wr w = wr_init(s->options + s->options_len, sizeof(s->options) - s->options_len);

	assert_int_equal(dhcp_options_parse(text, &w), 0);
	s->options_len = (uint8_t)(s->options_len + wr_len(&w));
}

/* Its own lease time, which is longer than that of others, and what it is told. */
static void told(void **state)
{
	struct host h = town_host(1), other = town_host(2);
	struct lease_static s = { .key = lease_key_mac(&h.mac), .lease_s = 7200 };
	struct lease_view v;

	(void)state;
	option(&s, "dns-server,10.13.0.9");
	option(&s, "mtu,1280");
	option(&s, "router");
	town_static(&town, &s);
	assert_int_equal(seen(&s.key), LEASE_STATIC_ANY);
	assert_true(host_join(&town, &h, 0)); /* any address, at once */
	assert_int_equal(town.reply.lease_s, 7200);
	assert_int_equal(town.reply.t1_s, 3600);
	assert_int_equal(town.reply.mtu, 1280);
	assert_int_equal(town.reply.dns.b[3], 9);
	assert_true(ip4_is_zero(&town.reply.router));
	assert_true(lease_find(&town.node[0].lease, &h.mac, town.now, &v));
	assert_int_equal(v.expires_s, 7200);
	assert_true(host_join(&town, &other, 0));
	assert_int_equal(town.reply.lease_s, 1200);
	assert_int_equal(town.reply.mtu, 1350);
	assert_true(ip4_eq(&town.reply.dns, &TOWN_CONF.anycast));
	assert_int_equal(town.node[0].lease.longest_s, 7200);
	town_static_gone(&town, &s.key);
	assert_int_equal(town.node[0].lease.longest_s, 1200);
	assert_int_equal(host_renew(&town, &h, 0), DHCP_ACK);
	assert_int_equal(town.reply.lease_s, 1200);
}

static void unsound(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_static ok = { .key = lease_key_mac(&(struct mac) { { 2, 1 } }), .ip4 = FIXED };
	struct lease_static bad[10];
	struct lease_static_view v;
	uint32_t cursor = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		bad[i] = ok;
	bad[0].key.len = 0;
	bad[1].key = lease_key_mac(&(struct mac) { { 1, 1 } });
	bad[2].lease_s = 119;
	bad[3].lease_s = 604801;
	strcpy(bad[4].name, "Ana");
	strcpy(bad[5].name, "-ana");
	memset(bad[6].name, 'a', sizeof(bad[6].name));
	bad[7].options_len = 1;
	bad[8] = reserve((struct ip4) { { 10, 13, 0, 9 } }, (struct ip4) { { 10, 13, 0, 8 } });
	bad[9] = reserve(FIXED, FIXED);
	bad[9].ip4 = FIXED;
	for (int i = 0; i < 10; i++)
		assert_int_equal(lease_static_learnt(l, &bad[i], town.now), -EINVAL);
	assert_false(lease_static_next(l, &cursor, town.now, &v));
	lease_static_gone(l, &ok.key, town.now); /* of which there is none */
	assert_int_equal(lease_key_id((const uint8_t *)"x", 0).len, 0);
	assert_int_equal(lease_key_id(bad[0].options, LEASE_KEY_ID_MAX + 1).len, 0);
}

static void bounded(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_static s;
	int err = 0;

	(void)state;
	for (unsigned i = 0; i < 1100 && !err; i++) {
		struct host h = town_host(i);

		s = fix(&h, ip4_from_u32(0x0a0d4000 + i));
		err = lease_static_learnt(l, &s, town.now);
	}
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(l->statics.count, 1024);
	assert_int_equal(l->fixed.count, 1024);
	assert_true(town_counter(&town, LEASE_COUNT_TABLE_FULL) > 0);
}

/* Any of them, in any order: what the index says is what a walk through all says. */
static void random_statics(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_static all[12];
	bool is_there[12] = { false };

	(void)state;
	for (int round = 0; round < 3000; round++) {
		unsigned n = rng_below(&town.rng, 12);
		struct host h = town_host(n);

		all[n] = fix(&h, (struct ip4) { { 10, 13, 5, (uint8_t)rng_below(&town.rng, 5) } });
		if (rng_below(&town.rng, 4) == 0)
			all[n].ip4 = (struct ip4) { { 0 } };
		is_there[n] = rng_below(&town.rng, 3) > 0;
		if (is_there[n])
			assert_int_equal(lease_static_learnt(l, &all[n], town.now), 0);
		else
			lease_static_gone(l, &all[n].key, town.now);
		for (unsigned a = 0; a < 12; a++) {
			enum lease_static_state want = LEASE_STATIC_FREE;

			if (!is_there[a])
				continue;
			for (unsigned b = 0; b < a; b++)
				if (is_there[b] && ip4_eq(&all[a].ip4, &all[b].ip4))
					want = LEASE_STATIC_CLASH;
			if (ip4_is_zero(&all[a].ip4))
				want = LEASE_STATIC_ANY;
			assert_int_equal(view(0, &all[a].key).state, want);
		}
	}
	assert_true(l->fixed.count <= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ALONE(f) cmocka_unit_test_setup_teardown(f, town_setup_alone, town_teardown)
#define TWO(f) cmocka_unit_test_setup_teardown(f, town_setup_two, town_teardown)
		TWO(has_it_everywhere),
		ALONE(waits),
		TWO(moves_to_it),
		TWO(keeps_what_it_has),
		TWO(somebody_has_it),
		TWO(somebody_had_it),
		TWO(somebody_left_with_it),
		TWO(somebody_left_with_his_node),
		cmocka_unit_test(nobody_else_gets_it),
		ALONE(offered_before),
		TWO(two_want_it),
		TWO(node_has_it),
		TWO(by_identifier),
		TWO(goes_before_older_leases),
		TWO(declined),
		TWO(strangers),
		TWO(names),
		ALONE(name_is_told),
		cmocka_unit_test(reserved),
		ALONE(many_ranges),
		ALONE(told),
		ALONE(unsound),
		ALONE(bounded),
		ALONE(random_statics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
