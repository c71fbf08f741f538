/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lease server and its client: the state machine of RFC 2131, options, what is broken. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"
#include "packet/eth.h"
#include "packet/udp.h"

static bool view(const struct town *t, int node, const struct host *h, struct lease_view *ret)
{
	return lease_find(&t->node[node].lease, &h->mac, t->now, ret);
}

static void joins(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct lease_view v;

	h.name = "Ana's Laptop.local";
	t->probes = 0;
	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	assert_false(view(t, 0, &h, &v)); /* an offer is no record */
	assert_int_equal(t->probes, 1);
	assert_true(ip4_eq(&t->probed, &t->reply.yiaddr));
	assert_int_equal(host_select(t, &h, 0), DHCP_ACK);
	assert_true(net4_has(&TOWN_CONF.network, &h.ip));
	assert_int_equal(t->reply.lease_s, 1200);
	assert_int_equal(t->reply.t1_s, 600);
	assert_int_equal(t->reply.t2_s, 1050);
	assert_int_equal(t->reply.mtu, 1350);
	assert_true(ip4_eq(&t->reply.router, &TOWN_CONF.anycast));
	assert_true(ip4_eq(&t->reply.dns, &TOWN_CONF.anycast));
	assert_true(ip4_eq(&t->reply.server_id, &TOWN_CONF.anycast));
	assert_int_equal(ip4_u32(&t->reply.mask), 0xffff0000);
	assert_string_equal(t->reply.domain, "thisnode.info");
	assert_false(t->reply.trama);
	assert_true(view(t, 0, &h, &v));
	assert_string_equal(v.client.name, "anas-laptop");
	assert_true(ip4_eq(&v.client.ip4, &h.ip));
	assert_int_equal(v.expires_s, 1200);
	assert_true(lease_find_address(&t->node[0].lease,
				       &(struct ip6) { { [10] = 0xff,
							 [11] = 0xff,
							 [12] = h.ip.b[0],
							 [13] = h.ip.b[1],
							 [14] = h.ip.b[2],
							 [15] = h.ip.b[3] } },
				       t->now, &v));
	assert_true(mac_eq(&v.client.mac, &h.mac));
}

static void keeps(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), other = town_host(2);
	struct ip4 ip;

	assert_true(host_join(t, &h, 0));
	ip = h.ip;
	assert_true(host_join(t, &other, 0));
	assert_false(ip4_eq(&other.ip, &ip));
	assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
	assert_true(host_join(t, &h, 0)); /* forgot it all */
	assert_true(ip4_eq(&h.ip, &ip));
	assert_int_equal(host_reboot(t, &h, 0, ip), DHCP_ACK);
	town_run(t, 24 * 3600 * USEC_S); /* long over, but it comes back */
	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	assert_true(ip4_eq(&t->reply.yiaddr, &ip));
}

static void refuses(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), other = town_host(2);
	struct ip4 ip;

	assert_true(host_join(t, &h, 0));
	ip = h.ip;
	assert_int_equal(host_reboot(t, &other, 0, ip), DHCP_NAK);
	assert_int_equal(host_reboot(t, &other, 0, (struct ip4) { { 192, 168, 1, 5 } }), DHCP_NAK);
	assert_int_equal(host_reboot(t, &other, 0, TOWN_CONF.anycast), DHCP_NAK);
	assert_int_equal(host_reboot(t, &other, 0, (struct ip4) { { 10, 13, 255, 255 } }),
			 DHCP_NAK);
	other.ip = ip;
	assert_int_equal(host_renew(t, &other, 0), DHCP_NAK);
	/* it has another lease already */
	assert_int_equal(
		host_reboot(t, &h, 0,
			    (struct ip4) { { ip.b[0], ip.b[1], ip.b[2], (uint8_t)(ip.b[3] ^ 1) } }),
		DHCP_NAK);
	assert_true(host_join(t, &h, 0));
	assert_true(ip4_eq(&h.ip, &ip));
}

/* After a loss of all state the client's word counts: what is free it keeps. */
static void keeps_by_its_word(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct ip4 far = { { 10, 13, 77, 7 } };

	h.ip = far;
	assert_int_equal(host_renew(t, &h, 0), 0); /* that block must be claimed first */
	town_run(t, 4 * USEC_S);
	assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
	assert_true(ip4_eq(&h.ip, &far));
}

static void releases(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), other = town_host(2);
	struct lease_view v;
	struct ip4 ip;

	assert_true(host_join(t, &h, 0));
	ip = h.ip;
	other.ip = ip;
	host_release(t, &other, 0); /* not its address */
	assert_true(view(t, 0, &h, &v) && ip4_eq(&v.client.ip4, &ip));
	host_release(t, &h, 0);
	assert_true(view(t, 0, &h, &v) && ip4_is_zero(&v.client.ip4));
	/* unused ones go first, but its own is still there if it asks */
	assert_true(host_join(t, &other, 0));
	assert_false(ip4_eq(&other.ip, &ip));
	assert_int_equal(
		host_send(t, &h, 0, &(struct dhcp_msg) { .type = DHCP_DISCOVER, .requested = ip }),
		DHCP_OFFER);
	assert_true(ip4_eq(&t->reply.yiaddr, &ip));
}

static void declines(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct ip4 ip;

	assert_true(host_join(t, &h, 0));
	ip = h.ip;
	assert_int_equal(host_send(t, &h, 0,
				   &(struct dhcp_msg) { .type = DHCP_DECLINE,
							.requested = ip,
							.server_id = TOWN_CONF.anycast }),
			 0);
	assert_int_equal(town_counter(t, LEASE_COUNT_DECLINE), 1);
	assert_true(host_join(t, &h, 0));
	assert_false(ip4_eq(&h.ip, &ip));
	assert_int_equal(host_reboot(t, &h, 0, ip), DHCP_NAK);
	/* somebody else's address cannot be declined */
	struct host other = town_host(2);

	assert_true(host_join(t, &h, 0));
	host_send(t, &other, 0, &(struct dhcp_msg) { .type = DHCP_DECLINE, .requested = h.ip });
	assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
	town_run(t, 2 * 3600 * USEC_S);
	host_release(t, &h, 0);
	assert_int_equal(host_reboot(t, &other, 0, ip), DHCP_ACK);
}

static void informs(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct dhcp_msg m = { .type = DHCP_INFORM, .ciaddr = { { 10, 13, 9, 9 } } };

	assert_int_equal(host_send(t, &h, 0, &m), DHCP_ACK);
	assert_true(ip4_is_zero(&t->reply.yiaddr));
	assert_int_equal(t->reply.lease_s, 0);
	assert_true(ip4_eq(&t->reply.dns, &TOWN_CONF.anycast));
	m.ciaddr.b[0] = 192;
	assert_int_equal(host_send(t, &h, 0, &m), 0);
}

/* RFC 2131 section 4.1. */
static void addressed(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);

	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	assert_memory_equal(t->frame, h.mac.b, 6);
	assert_memory_equal(t->frame + 30, t->reply.yiaddr.b, 4);
	h.broadcast = true;
	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	assert_memory_equal(t->frame, MAC_BROADCAST.b, 6);
	assert_memory_equal(t->frame + 30, "\xff\xff\xff\xff", 4);
	assert_true(t->reply.broadcast);
	assert_int_equal(host_select(t, &h, 0), DHCP_ACK);
	assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
	assert_memory_equal(t->frame, h.mac.b, 6);
	assert_memory_equal(t->frame + 30, h.ip.b, 4);
	h.broadcast = false;
	assert_int_equal(host_reboot(t, &h, 0, (struct ip4) { { 1, 2, 3, 4 } }), DHCP_NAK);
	assert_memory_equal(t->frame, MAC_BROADCAST.b, 6);
}

static void other_server(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), other = town_host(2);
	struct dhcp_msg m = { .type = DHCP_REQUEST,
			      .requested = { { 10, 13, 0, 40 } },
			      .server_id = { { 192, 168, 1, 1 } } };
	struct ip4 ip;

	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	ip = t->reply.yiaddr;
	assert_int_equal(host_send(t, &h, 0, &m), 0);
	/* our offer is void */
	assert_int_equal(host_discover(t, &other, 0), DHCP_OFFER);
	assert_true(ip4_eq(&t->reply.yiaddr, &ip));
}

static bool frame_has(const struct town *t, const void *bytes, size_t len)
{
	return memmem(t->frame, t->frame_len, bytes, len) != NULL;
}

/* The last one that is not padding. */
static uint8_t last_byte(const struct town *t)
{
	size_t end = t->frame_len;

	while (end > 0 && t->frame[end - 1] == 0)
		end--;
	return end > 0 ? t->frame[end - 1] : 0;
}

static void options(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct lease_conf conf = TOWN_CONF;

	conf.route_count = 1;
	conf.routes[0] = (struct lease_route) { { { { 10, 0, 0, 0 } }, 8 }, { { 10, 13, 0, 7 } } };
	strcpy(conf.captive, "https://thisnode.info/portal");
	conf.lease_s = 600;
	assert_int_equal(lease_configure(&t->node[0].lease, &conf), 0);
	h.id_len = 3;
	memcpy(h.id, "\0id", 3);
	h.trama = true;
	h.has_wanted = true;
	h.wanted[121 / 32] |= 1u << 121 % 32;
	h.wanted[114 / 32] |= 1u << 114 % 32;
	h.wanted[119 / 32] |= 1u << 119 % 32;
	h.wanted[12 / 32] |= 1u << 12 % 32;
	h.wanted[28 / 32] |= 1u << 28 % 32;
	h.name = "ana";
	assert_true(host_join(t, &h, 0));
	assert_int_equal(t->reply.lease_s, 600);
	assert_true(t->reply.trama);
	assert_int_equal(t->reply.id_len, 3);
	assert_true(frame_has(t, "\x79\x0b\x08\x0a\x0a\x0d\x00\x07\x00\x0a\x0d\x00\x01", 13));
	assert_true(frame_has(t, "https://thisnode.info/portal", 28));
	assert_true(frame_has(t, "\x77\x14\x08thisnode\x04info\x00\x03lan\x00", 22));
	assert_true(frame_has(t,
			      "\x0c\x03"
			      "ana",
			      5));
	assert_true(frame_has(t, "\x1c\x04\x0a\x0d\xff\xff", 6)); /* broadcast address */
	assert_string_equal(t->reply.domain, "");		  /* not asked for */
	assert_int_equal(last_byte(t), 0xff);			  /* end of options */
	assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
	assert_true(ip4_eq(&t->reply.ciaddr, &h.ip));
	conf.network.len = 17;
	assert_int_equal(lease_configure(&t->node[0].lease, &conf), -EINVAL);
}

/* What does not fit into 576 bytes is left out, unless the client takes more. */
static void options_fit(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct lease_conf conf = TOWN_CONF;

	memset(conf.captive, 'u', sizeof(conf.captive) - 1);
	memset(conf.domain, 'd', sizeof(conf.domain) - 1);
	assert_int_equal(lease_configure(&t->node[0].lease, &conf), 0);
	h.has_wanted = true;
	h.wanted[114 / 32] |= 1u << 114 % 32;
	h.wanted[0] |= 1u << 15;
	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	assert_true(t->frame_len <= ETH_HEADER + 576);
	assert_false(frame_has(t, "uuuu", 4));
	h.max_size = 1500;
	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	assert_true(frame_has(t, "uuuu", 4));
}

static void not_ready(void **state)
{
	struct host h = town_host(1);

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 1);
	town_run(&town, 2900 * USEC_MS);
	assert_int_equal(host_discover(&town, &h, 0), 0);
	assert_int_equal(town_counter(&town, LEASE_COUNT_NOT_READY), 1);
	town_run(&town, 200 * USEC_MS);
	assert_true(host_join(&town, &h, 0));
	town_stop(&town);
}

static void exhausted(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	struct ip4 seen[32];
	unsigned got = 0;

	(void)state;
	conf.network.len = 28;
	town_start(&town, 1, &conf, 1);
	lease_reserve_address(&town.node[0].lease, &(struct ip4) { { 10, 13, 0, 5 } }, town.now);
	town_run(&town, 5 * USEC_S);
	for (unsigned i = 0; i < 20; i++) {
		struct host h = town_host(i);

		if (!host_join(&town, &h, 0))
			continue;
		for (unsigned j = 0; j < got; j++)
			assert_false(ip4_eq(&h.ip, &seen[j]));
		assert_true(h.ip.b[3] > 1 && h.ip.b[3] < 15 && h.ip.b[3] != 5);
		seen[got++] = h.ip;
	}
	assert_int_equal(got, 12); /* 16 - network - broadcast - anycast - a node */
	assert_true(town_counter(&town, LEASE_COUNT_EXHAUSTED) > 0);
	town_stop(&town);
}

/* A cable that was plugged in later than the node was switched on: there may be others behind it.
 */
static void waits_for_neighbours(void **state)
{
	struct host h = town_host(1);

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 1);
	town_run(&town, 2 * USEC_S);
	lease_linked(&town.node[0].lease, town.now);
	town_run(&town, 2 * USEC_S);
	assert_false(host_join(&town, &h, 0));
	town_run(&town, 1100 * USEC_MS);
	assert_true(host_join(&town, &h, 0));
	town_stop(&town);
}

/* A client that renews must not name a server (RFC 2131, table 5), but some do. */
static void renews_by_name(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct dhcp_msg m = { .type = DHCP_REQUEST, .server_id = TOWN_CONF.anycast };

	assert_true(host_join(t, &h, 0));
	m.ciaddr = h.ip;
	h.xid++;
	assert_int_equal(host_send(t, &h, 0, &m), DHCP_ACK);
	assert_true(ip4_eq(&t->reply.yiaddr, &h.ip));
}

/* Only what the configuration leaves for clients is given to them, whoever asks for what. */
static void pool_range(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	unsigned got = 0;

	(void)state;
	conf.pool = (struct lease_range) { { { 10, 13, 7, 250 } }, { { 10, 13, 8, 20 } } };
	conf.exclude_count = 1;
	conf.exclude[0] = (struct lease_range) { { { 10, 13, 8, 0 } }, { { 10, 13, 8, 15 } } };
	town_start(&town, 1, &conf, 1);
	town_run(&town, 5 * USEC_S);
	for (unsigned i = 0; i < 20; i++) {
		struct host h = town_host(i);

		h.ip = (struct ip4) { { 10, 13, 9, (uint8_t)i } };
		assert_int_not_equal(host_renew(&town, &h, 0), DHCP_ACK);
		if (!host_join(&town, &h, 0))
			continue;
		assert_true((h.ip.b[2] == 7 && h.ip.b[3] >= 250) ||
			    (h.ip.b[2] == 8 && h.ip.b[3] >= 16 && h.ip.b[3] <= 20));
		got++;
	}
	assert_int_equal(got, 6 + 5);
	town_stop(&town);
}

static void offer_expires(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), other = town_host(2);
	struct ip4 ip;

	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	ip = t->reply.yiaddr;
	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	assert_true(ip4_eq(&t->reply.yiaddr, &ip)); /* the same again */
	assert_int_equal(host_discover(t, &other, 0), DHCP_OFFER);
	assert_false(ip4_eq(&t->reply.yiaddr, &ip));
	town_run(t, 61 * USEC_S);
	assert_int_equal(host_discover(t, &other, 0), DHCP_OFFER);
	assert_true(ip4_eq(&t->reply.yiaddr, &ip));
}

/* A node took an address that a client has: the client must move. */
static void reserved_later(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct ip4 ip;

	assert_true(host_join(t, &h, 0));
	ip = h.ip;
	assert_int_equal(lease_reserve_address(&t->node[0].lease, &ip, t->now), 0);
	assert_int_equal(host_renew(t, &h, 0), DHCP_NAK);
	assert_true(host_join(t, &h, 0));
	assert_false(ip4_eq(&h.ip, &ip));
}

static void stranger(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct mac someone = { { 2, 9, 9, 9, 9, 9 } };
	struct ip4 ip;

	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	ip = t->reply.yiaddr;
	lease_address_taken(&t->node[0].lease, &ip, &someone, t->now);
	town_drain(t, 0);
	assert_int_equal(host_select(t, &h, 0), DHCP_NAK);
	assert_true(host_join(t, &h, 0));
	assert_false(ip4_eq(&h.ip, &ip));
	/* but not later, when it is in use: an ARP is easily forged */
	town_run(t, 60 * USEC_S);
	lease_address_taken(&t->node[0].lease, &h.ip, &someone, t->now);
	town_drain(t, 0);
	assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
}

/* An address that somebody was seen to use is not handed out. */
static void seen_is_held(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), fixed = town_host(2);
	struct lease_view v;
	struct ip6 addr;
	struct ip4 ip;

	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	ip = t->reply.yiaddr;
	town_run(t, 61 * USEC_S);
	addr = lease_mapped(&ip);
	lease_client_seen(&t->node[0].lease, &fixed.mac, &addr, 1, t->now);
	assert_int_equal(ip6_parse("fd0d::5", &addr), 0);
	lease_client_seen(&t->node[0].lease, &fixed.mac, &addr, 1, t->now);
	town_drain(t, 0);
	assert_int_equal(host_discover(t, &h, 0), DHCP_OFFER);
	assert_false(ip4_eq(&t->reply.yiaddr, &ip));
	assert_true(view(t, 0, &fixed, &v));
	assert_int_equal(v.client.addr_count, 2);
	assert_true(lease_find_address(&t->node[0].lease, &addr, t->now, &v));
	/* its own it can have */
	assert_int_equal(host_reboot(t, &fixed, 0, ip), DHCP_ACK);
}

static void addresses_bounded(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct lease_view v;
	struct ip6 addr = { { 0xfd } };

	for (unsigned i = 0; i < 100; i++) {
		addr.b[15] = (uint8_t)i;
		lease_client_seen(&t->node[0].lease, &h.mac, &addr, 1, t->now);
		town_drain(t, 0);
	}
	assert_true(view(t, 0, &h, &v));
	assert_int_equal(v.client.addr_count, LEASE_ADDRS_MAX);
	town_run(t, 650 * USEC_S);
	addr.b[15] = 0;
	lease_client_seen(&t->node[0].lease, &h.mac, &addr, 1, t->now);
	town_run(t, 50 * USEC_S); /* those not seen for long make room */
	addr.b[15] = 99;
	lease_client_seen(&t->node[0].lease, &h.mac, &addr, 1, t->now);
	town_drain(t, 0);
	assert_true(lease_find_address(&t->node[0].lease, &addr, t->now, &v));
	assert_int_equal(v.client.addr_count, LEASE_ADDRS_MAX);
	assert_memory_equal(&v.client.addrs[1], &addr,
			    sizeof(addr)); /* in the place of the oldest */
}

/* Addresses of clients that come and go are each client's own, in its order. */
static void addresses_come_and_go(void **state)
{
	enum { CLIENTS = 6 };
	struct town *t = *state;
	struct lease *l = &t->node[0].lease;
	struct lease_client rec[CLIENTS] = { 0 };
	struct lease_view v;

	for (int round = 0; round < 2000; round++) {
		uint8_t i = (uint8_t)rng_below(&t->rng, CLIENTS);

		rec[i] = (struct lease_client) { .mac = { { 2, 0, 0, 0, 0, i } } };
		rec[i].addr_count = (uint8_t)rng_below(&t->rng, LEASE_ADDRS_MAX + 1);
		for (int k = 0; k < rec[i].addr_count; k++)
			rec[i].addrs[k] = (struct ip6) { { 0xfd, i, (uint8_t)k,
							   (uint8_t)rng_below(&t->rng, 2) } };
		if (rng_below(&t->rng, 3) == 0) {
			lease_client_gone(l, &rec[i].mac, t->now);
			rec[i].addr_count = 0;
		} else {
			lease_client_learnt(l, &rec[i], t->now);
		}
		for (i = 0; i < CLIENTS; i++) {
			if (!lease_find(l, &rec[i].mac, t->now, &v))
				v.client.addr_count = 0;
			assert_int_equal(v.client.addr_count, rec[i].addr_count);
			for (int k = 0; k < rec[i].addr_count; k++) {
				assert_true(ip6_eq(&v.client.addrs[k], &rec[i].addrs[k]));
				assert_true(lease_find_address(l, &rec[i].addrs[k], t->now, &v));
				assert_true(mac_eq(&v.client.mac, &rec[i].mac));
				assert_true(lease_find(l, &rec[i].mac, t->now, &v));
			}
		}
	}
	assert_true(l->book.seen_high <= CLIENTS * LEASE_ADDRS_MAX);
}

static void records_end(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), quiet = town_host(2);
	struct lease_view v;

	assert_true(host_join(t, &h, 0));
	lease_client_here(&t->node[0].lease, &quiet.mac, 1, t->now);
	town_drain(t, 0);
	town_run(t, 50 * 60 * USEC_S);
	assert_true(view(t, 0, &quiet, &v));
	town_run(t, 12 * 60 * USEC_S);
	assert_false(view(t, 0, &quiet, &v));
	town_run(t, 70 * 3600 * USEC_S);
	assert_true(view(t, 0, &h, &v));
	town_run(t, 2 * 3600 * USEC_S);
	assert_false(view(t, 0, &h, &v));
}

/* A day of renewals writes nothing: once a day the node does. */
static void renewals_are_quiet(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct lease_view v;
	int64_t quiet_s = 0;
	int before, puts = 0, refreshed = 0;

	assert_true(host_join(t, &h, 0));
	town_run(t, USEC_S);
	for (int i = 0; i < 150; i++) {
		town_run(t, 600 * USEC_S);
		assert_true(view(t, 1, &h, &v));
		refreshed += v.refreshed_s < quiet_s;
		quiet_s = v.refreshed_s;
		before = t->mail_count;
		assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
		puts += t->mail_count - before;
	}
	assert_int_equal(puts, 0);
	assert_int_equal(refreshed, 1);
}

static void feed_raw(struct town *t, const uint8_t *frame, size_t len)
{
	lease_input(&t->node[0].lease, frame, len, 0, t->now);
	t->replied = false;
	town_drain(t, 0);
}

static void broken(void **state)
{
	struct town *t = *state;
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .type = DHCP_DISCOVER,
			      .chaddr = { { 2, 0, 0, 0, 0, 5 } } };
	struct udp4_path path = { .eth_src = m.chaddr,
				  .eth_dst = MAC_BROADCAST,
				  .dst = ip4_from_u32(UINT32_MAX),
				  .src_port = 68,
				  .dst_port = 67 };
	uint8_t msg[400], frame[500];
	struct wr mw = wr_init(msg, sizeof(msg)), w = wr_init(frame, sizeof(frame));

	dhcp_encode(&mw, &m);
	udp4_build(&w, &path, msg, wr_len(&mw));
	for (size_t len = 0; len < wr_len(&w); len++) {
		feed_raw(t, frame, len);
		assert_false(t->replied);
	}
	frame[100] ^= 1; /* checksum */
	feed_raw(t, frame, wr_len(&w));
	assert_false(t->replied);
	assert_int_equal(town_counter(t, LEASE_COUNT_MALFORMED), 1);
	/* one relayed from elsewhere, a reply, a group's MAC, our MAC */
	for (int i = 0; i < 4; i++) {
		struct dhcp_msg bad = m;

		if (i == 0)
			bad.giaddr.b[0] = 10;
		if (i == 1)
			bad.op = DHCP_OP_REPLY;
		if (i == 2)
			bad.chaddr.b[0] = 3;
		if (i == 3)
			bad.chaddr = TOWN_CONF.anycast_mac;
		mw = wr_init(msg, sizeof(msg));
		w = wr_init(frame, sizeof(frame));
		dhcp_encode(&mw, &bad);
		udp4_build(&w, &path, msg, wr_len(&mw));
		feed_raw(t, frame, wr_len(&w));
		assert_false(t->replied);
	}
	assert_int_equal(town_counter(t, LEASE_COUNT_NOT_FOR_US), 2);
	assert_int_equal(town_counter(t, LEASE_COUNT_BAD_CLIENT), 2);
	for (int i = 0; i < LEASE_COUNTERS; i++)
		assert_non_null(lease_counter_name((enum lease_counter)i));
}

/* By a relay in the cloud: its client gets a lease like any other; where the relay is elsewhere,
 * nothing. */
static void relayed(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1), relay = town_host(2);
	struct dhcp_msg m = { .type = DHCP_DISCOVER };
	struct lease_view v;

	assert_true(host_join(t, &relay, 0));
	h.from = relay.mac;
	m.giaddr = relay.ip;
	assert_int_equal(host_send(t, &h, 0, &m), DHCP_OFFER);
	assert_true(ip4_eq(&t->reply.giaddr, &relay.ip));
	m.type = DHCP_REQUEST;
	m.requested = t->reply.yiaddr;
	m.server_id = t->reply.server_id;
	assert_int_equal(host_send(t, &h, 0, &m), DHCP_ACK);
	assert_true(lease_find(&t->node[0].lease, &h.mac, t->now, &v));
	assert_true(ip4_eq(&v.client.ip4, &m.requested));
	m.giaddr = TOWN_CONF.anycast;
	assert_int_equal(host_send(t, &h, 0, &m), 0);
	m.giaddr = (struct ip4) { { 10, 14, 0, 7 } };
	assert_int_equal(host_send(t, &h, 0, &m), 0);
	assert_int_equal(town_counter(t, LEASE_COUNT_NOT_FOR_US), 2);
}

static struct host host_with_id(unsigned number)
{
	struct host h = town_host(number);

	h.id_len = 40; /* longer than a record holds */
	memset(h.id, 7, 40);
	return h;
}

/* A machine that comes with another MAC takes its lease along, but a clone does not. */
static void by_identifier(void **state)
{
	struct town *t = *state;
	struct host h = host_with_id(1), clone = host_with_id(2), moved = host_with_id(3);
	struct lease_view v;
	struct ip4 ip;

	assert_true(host_join(t, &h, 0));
	assert_true(host_join(t, &clone, 0));
	assert_false(ip4_eq(&clone.ip, &h.ip));
	assert_int_equal(host_renew(t, &h, 0), DHCP_ACK);
	ip = clone.ip;
	town_run(t, 27 * 3600 * USEC_S);
	assert_true(host_join(t, &moved, 0));
	assert_true(ip4_eq(&moved.ip, &ip));
	assert_true(view(t, 0, &clone, &v) && ip4_is_zero(&v.client.ip4));
}

static void roams(void **state)
{
	struct town *t = *state;
	struct host h = town_host(1);
	struct lease_view v;
	struct ip4 ip;

	assert_true(host_join(t, &h, 0));
	ip = h.ip;
	town_run(t, USEC_S);
	assert_true(view(t, 1, &h, &v) && ip4_eq(&v.client.ip4, &ip));
	lease_client_here(&t->node[1].lease, &h.mac, 1, t->now);
	town_drain(t, 1);
	town_run(t, USEC_S);
	assert_true(view(t, 0, &h, &v));
	assert_true(lease_node_eq(&v.client.node, &t->node[1].lease.self));
	assert_int_equal(host_renew(t, &h, 1), DHCP_ACK);
	assert_int_equal(host_reboot(t, &h, 1, ip), DHCP_ACK);
	assert_true(host_join(t, &h, 1));
	assert_true(ip4_eq(&h.ip, &ip));
	town_run(t, 10 * USEC_S);
	/* what it gives up there is free here */
	host_release(t, &h, 1);
	town_run(t, USEC_S);
	assert_true(view(t, 0, &h, &v) && ip4_is_zero(&v.client.ip4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ALONE(f) cmocka_unit_test_setup_teardown(f, town_setup_alone, town_teardown)
		ALONE(joins),
		ALONE(keeps),
		ALONE(refuses),
		ALONE(keeps_by_its_word),
		ALONE(releases),
		ALONE(declines),
		ALONE(informs),
		ALONE(addressed),
		ALONE(other_server),
		ALONE(options),
		ALONE(options_fit),
		ALONE(offer_expires),
		ALONE(reserved_later),
		ALONE(stranger),
		ALONE(seen_is_held),
		ALONE(addresses_bounded),
		ALONE(addresses_come_and_go),
		ALONE(records_end),
		ALONE(broken),
		ALONE(relayed),
		ALONE(by_identifier),
		cmocka_unit_test(not_ready),
		ALONE(renews_by_name),
		cmocka_unit_test(waits_for_neighbours),
		cmocka_unit_test(exhausted),
		cmocka_unit_test(pool_range),
		cmocka_unit_test_setup_teardown(roams, town_setup_two, town_teardown),
		cmocka_unit_test_setup_teardown(renewals_are_quiet, town_setup_two, town_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
