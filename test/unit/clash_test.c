/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two clouds with one VLAN or one IPv4 network, where the other one does not say who it is.
 *
 * md5("rio\n") and md5("bosque\n") both begin with 8a: VLAN 154, 10.138.0.0/16. Nodes of trama that
 * do not announce their network are what nodes of LibreMesh are to others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/batman/msg.h"
#include "node_town.h"
#include "packet/icmp6.h"
#include "packet/udp.h"

#define RIO_NET "fd8a:4cfe:5a87::/64"
#define BOSQUE_NET "fd8a:a327:56a5::/64"

/* ---- one VLAN: 0 and 1 are of rio, 2 is of bosque ---- */

/* From now on the frame has no container of trama. */
static void hide_network(uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len), tvlv, value;
	struct bat_ogm o;
	struct bat_eth e;
	uint8_t type, version;

	if (!bat_eth_decode(&r, &e) || e.type != BATMAN_ETHERTYPE)
		return;
	while (bat_ogm_next(&r, &o)) {
		tvlv = o.tvlv;
		while (bat_tvlv_next(&tvlv, &type, &version, &value))
			if (type == BAT_TVLV_TRAMA)
				frame[value.p - frame - BAT_TVLV_HEADER] = BAT_TVLV_TRAMA - 1;
	}
}

static bool between_clouds(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	(void)t;
	if (from == 2 || to == 2)
		hide_network(frame, len);
	return true;
}

static void plan(struct town *t, int count)
{
	static const char *const ssids[] = { "rio", "rio", "bosque" };

	town_plan(t, count);
	for (int i = 0; i < count; i++)
		strcpy(t->conf[i].wifi.ap_ssid, ssids[i]);
}

static void begin(struct town *t)
{
	t->wire = between_clouds;
	town_begin(t);
	town_run(t, t->now + 15 * USEC_S);
}

static void start(struct town *t)
{
	plan(t, 3);
	begin(t);
}

static const struct mac host = { { 2, 0xcc, 0, 0, 0, 9 } };

static struct ip6 address(const char *text)
{
	struct ip6 a;

	assert_int_equal(ip6_parse(text, &a), 0);
	return a;
}

/* The host takes an address: it asks whether somebody has it (RFC 4862). */
static void takes_at(struct town *t, int at, enum link link, const struct mac *mac,
		     const char *text)
{
	uint8_t frame[128];
	struct wr w = wr_init(frame, sizeof(frame));
	struct icmp6_nd nd = { .type = ICMP6_NS, .target = address(text) };
	struct icmp6_path p = { .eth_src = *mac, .hop_limit = 255 };

	p.dst = icmp6_solicited_node(&nd.target);
	p.eth_dst = icmp6_multicast_mac(&p.dst);
	icmp6_nd_build(&w, &p, &nd);
	assert_true(wr_len(&w) > 0);
	town_frame(t, at, link, frame, wr_len(&w));
	town_run(t, t->now + 2 * USEC_S);
}

static void takes(struct town *t, int at, const struct mac *mac, const char *text)
{
	takes_at(t, at, LINK_CLOUD, mac, text);
}

/* The host looks for another one. */
static void asks(struct town *t, int at, const struct mac *mac, const char *from)
{
	uint8_t frame[128];
	struct wr w = wr_init(frame, sizeof(frame));
	struct icmp6_nd nd = { .type = ICMP6_NS, .has_mac = true, .mac = *mac };
	struct icmp6_path p = { .eth_src = *mac, .src = address(from), .hop_limit = 255 };

	nd.target = address("fe80::1");
	p.dst = icmp6_solicited_node(&nd.target);
	p.eth_dst = icmp6_multicast_mac(&p.dst);
	icmp6_nd_build(&w, &p, &nd);
	town_frame(t, at, LINK_CLOUD, frame, wr_len(&w));
	town_run(t, t->now + 2 * USEC_S);
}

static void assert_says(const struct town *t, int i, const char *what)
{
	if (!strstr(node_clash(t->node[i]), what))
		fail_msg("node %d says \"%s\", not \"%s\"", i, node_clash(t->node[i]), what);
}

static void assert_silent(const struct town *t, int i)
{
	assert_string_equal(node_clash(t->node[i]), "");
}

static void test_merged_clouds(void **state)
{
	struct batman_orig o;
	uint32_t cursor = 0;
	struct town t;

	(void)state;
	start(&t);
	/* as if they were one: no refusal, and nothing that shows yet */
	assert_int_equal(batman_counter(node_batman(t.node[1]), BATMAN_COUNT_CLASHES), 0);
	assert_silent(&t, 1);
	takes(&t, 2, &host, "fd8a:a327:56a5::9");
	for (int i = 0; i < 2; i++) {
		assert_says(&t, i, BOSQUE_NET);
		assert_says(&t, i, "SSID 'rio'");
		assert_says(&t, i, "VLAN 154");
		assert_says(&t, i, "02:cc:00:00:00:09");
		assert_says(&t, i, "vlan_id in 'trama l2'");
		while (batman_orig_next(node_batman(t.node[i]), &cursor, &o) && o.trama)
			;
		assert_memory_equal(&t.notice.mac, &o.mac, sizeof(o.mac));
	}
	assert_silent(&t, 2); /* its own address */
	assert_int_equal(t.notices[NOTICE_CLASH_CLOUD], 2);
	/* the other way round, by a host that asks; told once, however often it asks */
	for (int i = 0; i < 10; i++)
		asks(&t, 0, &(struct mac) { { 2, 0xcc, 0, 0, 0, 1 } }, "fd8a:4cfe:5a87::1:1");
	assert_says(&t, 2, RIO_NET);
	assert_says(&t, 2, "SSID 'bosque'");
	assert_int_equal(t.notices[NOTICE_CLASH_CLOUD], 3);
	town_stop(&t);
}

/* A host that has been in several clouds counts for each of them. */
static void test_merged_by_one_host(void **state)
{
	struct town t;

	(void)state;
	start(&t);
	takes(&t, 2, &host, "fd8a:a327:56a5::9");
	town_station(&t, 2, &host, CLIENT_ASSOCIATED); /* not gone from the table */
	town_run(&t, t.now + 900 * USEC_S);
	takes(&t, 2, &host, "fd8a:78::9");
	assert_says(&t, 0, BOSQUE_NET);
	town_run(&t, t.now + 1000 * USEC_S);
	assert_says(&t, 0, "fd8a:78::/64");
	town_run(&t, t.now + 900 * USEC_S);
	assert_silent(&t, 0);
	town_stop(&t);
}

static void test_merged_ends(void **state)
{
	struct town t;

	(void)state;
	start(&t);
	takes(&t, 2, &host, "fd8a:a327:56a5::9");
	assert_says(&t, 0, BOSQUE_NET);
	/* the host has come to our SSID: it takes an address of ours */
	takes(&t, 2, &host, "fd8a:4cfe:5a87::9");
	assert_silent(&t, 0);
	assert_int_equal(t.notices[NOTICE_CLASH_RESOLVED], 2);
	/* the other cloud has gone */
	takes(&t, 2, &host, "fd8a:a327:56a5::9");
	assert_says(&t, 0, BOSQUE_NET);
	t.count = 2;
	town_run(&t, t.now + 35 * USEC_S);
	assert_silent(&t, 0);
	/* it comes back, and is silent for long */
	t.count = 3;
	town_run(&t, t.now + 20 * USEC_S);
	takes(&t, 2, &host, "fd8a:a327:56a5::9");
	assert_says(&t, 0, BOSQUE_NET);
	town_station(&t, 2, &host, CLIENT_ASSOCIATED); /* not gone from the table */
	town_run(&t, t.now + 1700 * USEC_S);
	assert_says(&t, 0, BOSQUE_NET);
	town_run(&t, t.now + 200 * USEC_S);
	assert_silent(&t, 0);
	town_stop(&t);
}

/* A packet from another cloud that a router brought into ours. */
static void routed(struct town *t, int at)
{
	uint8_t frame[200], body[8] = { 0 };
	struct wr w = wr_init(frame, sizeof(frame));
	struct udp6_path p = { .eth_src = host,
			       .eth_dst = MAC_BROADCAST,
			       .src = address("fd8a:a327:56a5::9"),
			       .dst = address("fd8a:4cfe:5a87::9"),
			       .src_port = 1,
			       .dst_port = 2 };

	udp6_build(&w, &p, body, sizeof(body));
	town_frame(t, at, LINK_CLOUD, frame, wr_len(&w));
	town_run(t, t->now + 2 * USEC_S);
}

/* What only looks as if the host had shown an address. */
static void no_proof(struct town *t, int at)
{
	static const struct mac second = { { 2, 0xcc, 0, 0, 0, 8 } };
	const struct icmp6_path from = { .eth_src = host,
					 .eth_dst = { { 0x33, 0x33, [5] = 1 } },
					 .src = address("fd8a:a327:56a5::9"),
					 .dst = address("ff02::1"),
					 .hop_limit = 255 };
	struct icmp6_nd na = { .type = ICMP6_NA, .has_mac = true, .target = from.src, .mac = host };

	for (int i = 0; i < 5; i++) {
		uint8_t frame[128];
		struct wr w = wr_init(frame, sizeof(frame));
		struct icmp6_path p = from;
		struct icmp6_nd nd = na;

		p.hop_limit = i == 0 ? 64 : 255; /* it came by a router */
		nd.mac = i == 1 ? second : host; /* it speaks for another */
		nd.target = i == 2 ? address("ff02::9") : na.target;
		if (i != 3)
			icmp6_nd_build(&w, &p, &nd);
		else
			icmp6_end(&w, icmp6_begin(&w, &p, ICMP6_ECHO_REQUEST, 0));
		assert_true(wr_len(&w) > 0);
		frame[wr_len(&w) - 1] ^= i == 4; /* it was damaged */
		town_frame(t, at, LINK_CLOUD, frame, wr_len(&w));
		town_run(t, t->now + 2 * USEC_S);
	}
}

static void test_not_merged(void **state)
{
	struct town t;

	(void)state;
	start(&t);
	routed(&t, 2);
	no_proof(&t, 2);
	takes(&t, 2, &host, "fd8a:4cfe:5a87::9"); /* of our own cloud */
	takes(&t, 2, &host, "fd8b:a327:56a5::9"); /* of no cloud with this VLAN */
	takes(&t, 2, &host, "fe80::9");
	takes(&t, 2, &host, "2001:db8::9");
	/* a client of ours that has been elsewhere */
	takes(&t, 1, &(struct mac) { { 2, 0xcc, 0, 0, 0, 2 } }, "fd8a:a327:56a5::2");
	assert_silent(&t, 0);
	assert_silent(&t, 1);
	assert_int_equal(town_counter(&t, 0, NODE_C_STRAY), 0);
	town_stop(&t);
}

/* Our prefix is an administrator's choice: nodes that have that of our SSID are still ours. */
static void test_not_merged_by_option(void **state)
{
	struct town t;

	(void)state;
	plan(&t, 3);
	for (int i = 0; i < 2; i++)
		strcpy(t.conf[i].network.main_ipv6_address, "fd8a:77::/64");
	begin(&t);
	takes(&t, 2, &host, "fd8a:77::9");
	takes(&t, 2, &host, "fd8a:4cfe:5a87::9");
	assert_silent(&t, 0);
	takes(&t, 2, &host, "fd8a:78::9");
	assert_says(&t, 0, "fd8a:78::/64");
	town_stop(&t);
}

static void row(struct town *t, struct batman_row r)
{
	struct event e = { .kind = EVENT_MESH, .mesh = r };

	town_feed(t, 0, &e);
}

/* The same where the kernel forwards the cloud: its tables say who is at which node. */
static void test_merged_in_the_kernel(void **state)
{
	static const struct mac node = { { 2, 0x95, 0x39, 9, 9, 9 } },
				ours = { { 2, 0xcc, 0, 0, 0, 2 } };
	const struct batman_row path = { .kind = BATMAN_ROW_PATH,
					 .port = 1,
					 .mac = node,
					 .via = node,
					 .tq = 255,
					 .best = true };
	struct mac self;
	struct town t;

	(void)state;
	plan(&t, 2);
	t.conf[0].l2.engine = CONF_ENGINE_KERNEL;
	begin(&t);
	assert_true(batman_self(node_batman(t.node[0]), &self));
	row(&t, (struct batman_row) { .kind = BATMAN_ROW_SELF, .mac = self });
	row(&t, path);
	row(&t, (struct batman_row) { .kind = BATMAN_ROW_LOCAL, .mac = ours });
	row(&t, (struct batman_row) { .kind = BATMAN_ROW_END });
	/* nobody knows where it is, yet; and a client of our own */
	takes_at(&t, 0, LINK_KERNEL, &host, "fd8a:a327:56a5::9");
	takes_at(&t, 0, LINK_KERNEL, &ours, "fd8a:a327:56a5::2");
	assert_silent(&t, 0);
	assert_int_equal(town_counter(&t, 0, NODE_C_STRAY), 0);
	row(&t, (struct batman_row) { .kind = BATMAN_ROW_SELF, .mac = self });
	row(&t, path);
	row(&t, (struct batman_row) { .kind = BATMAN_ROW_GLOBAL, .mac = host, .via = node });
	row(&t, (struct batman_row) { .kind = BATMAN_ROW_END });
	takes_at(&t, 0, LINK_KERNEL, &host, "fd8a:a327:56a5::9");
	assert_says(&t, 0, BOSQUE_NET);
	assert_says(&t, 0, "02:95:39:09:09:09");
	town_stop(&t);
}

/* Somebody makes up clouds: one is told, and there is an end of it. */
static void test_merged_is_bounded(void **state)
{
	char text[64];
	struct town t;

	(void)state;
	start(&t);
	for (uint8_t i = 1; i < 200; i++) {
		snprintf(text, sizeof(text), "fd8a:%x::1", i);
		takes(&t, 2, &(struct mac) { { 2, 0xcc, 0, 0, 1, i } }, text);
	}
	assert_says(&t, 0, "fd8a:1::/64");
	assert_int_equal(t.notices[NOTICE_CLASH_CLOUD], 2);
	/* the next one takes its place, and keeps it */
	takes(&t, 2, &(struct mac) { { 2, 0xcc, 0, 0, 1, 1 } }, "fd8a:4cfe:5a87::1");
	assert_says(&t, 0, "fd8a:2::/64");
	takes(&t, 2, &(struct mac) { { 2, 0xcc, 0, 0, 1, 1 } }, "fd8a:1::1");
	assert_says(&t, 0, "fd8a:2::/64");
	assert_int_equal(t.notices[NOTICE_CLASH_CLOUD], 4);
	assert_true(town_counter(&t, 0, NODE_C_STRAY) >= 199);
	town_stop(&t);
}

/* With another VLAN it is the clouds of that one that are merged, not those of our IPv4 network. */
static void test_merged_on_another_vlan(void **state)
{
	struct town t;

	(void)state;
	plan(&t, 3);
	for (int i = 0; i < 3; i++)
		t.conf[i].l2.vlan_id = 200;
	begin(&t);
	takes(&t, 2, &host, "fd8a:a327:56a5::9");
	assert_silent(&t, 0);
	takes(&t, 2, &host, "fdb8:1:2::9");
	assert_says(&t, 0, "fdb8:1:2::/64");
	assert_says(&t, 0, "VLAN 200");
	town_stop(&t);
}

/* Where the nodes of the other cloud say what they are of, none lets the other in. */
static void test_refused(void **state)
{
	struct town t;

	(void)state;
	plan(&t, 3);
	town_begin(&t);
	town_run(&t, t.now + 15 * USEC_S);
	assert_says(&t, 1, "SSID 'bosque' has VLAN 154 of our SSID 'rio', nodes refuse each other");
	assert_says(&t, 2, "SSID 'rio' has VLAN 154 of our SSID 'bosque'");
	assert_silent(&t, 0);
	/* one for each node of the other: node 2 hears of both */
	assert_int_equal(t.notices[NOTICE_CLASH_CLOUD], 3);
	t.count = 2; /* the other's node is switched off */
	town_run(&t, t.now + 70 * USEC_S);
	assert_silent(&t, 1);
	t.count = 3;
	town_stop(&t);
}

/* ---- one IPv4 network: node 0 alone, and what its babeld tells ---- */

static void route(struct town *t, struct event_route r, const char *to, uint8_t via, uint8_t id)
{
	struct event e = { .kind = EVENT_ROUTE };

	r.v6 = strchr(to, ':') != NULL;
	assert_int_equal(r.v6 ? net6_parse(to, &r.to6) : net4_parse(to, &r.to4), 0);
	r.via6 = (struct ip6) { { 0xfe, 0x80, [15] = via } };
	memset(r.router_id, id, sizeof(r.router_id));
	e.route = r;
	town_feed(t, 0, &e);
}

static const struct event_route direct = { .twin = true, .direct = true };
static const struct event_route remote = { .twin = true };
static const struct event_route gone = { .twin = true, .gone = true };

static void start_alone(struct town *t)
{
	plan(t, 1);
	town_begin(t);
}

static void wait_s(struct town *t, int seconds)
{
	town_run(t, t->now + seconds * USEC_S);
}

static void test_same_network(void **state)
{
	struct town t;

	(void)state;
	start_alone(&t);
	route(&t, direct, "10.138.0.0/16", 1, 1);
	wait_s(&t, 39);
	assert_silent(&t, 0); /* more of it may still come */
	wait_s(&t, 4);
	assert_says(&t, 0, "router 01:01:01:01:01:01:01:01 has the IPv4 network 10.138.0.0/16");
	assert_says(&t, 0, "SSID 'rio', cloud " RIO_NET);
	assert_says(&t, 0, "main_ipv4_address in 'lime network'");
	/* what it announces instead of our prefix names it */
	route(&t, (struct event_route) { .metric = 96 }, "fd99:1:2::/64", 1, 1);
	wait_s(&t, 2);
	assert_says(&t, 0, "cloud fd99:1:2::/64 has the IPv4 network 10.138.0.0/16");
	route(&t, gone, "10.138.0.0/16", 1, 1);
	wait_s(&t, 2);
	assert_silent(&t, 0);
	/* another cloud behind a neighbour that is none of ours */
	route(&t, remote, "10.138.0.0/16", 2, 7);
	wait_s(&t, 43);
	assert_says(&t, 0, "router 07:07");
	/* in a moment it turns out to be of ours */
	route(&t, remote, RIO_NET, 2, 8);
	wait_s(&t, 2);
	assert_silent(&t, 0);
	town_stop(&t);
}

static void test_own_cloud(void **state)
{
	struct town t;

	(void)state;
	start_alone(&t);
	/* in any order, and late */
	route(&t, direct, "10.138.0.0/16", 1, 1);
	route(&t, direct, RIO_NET, 2, 2);
	wait_s(&t, 35);
	route(&t, direct, RIO_NET, 1, 1);
	route(&t, direct, "10.138.0.0/16", 2, 2);
	/* a neighbour of another cloud, between two nodes of ours */
	route(&t, remote, "10.138.0.0/16", 3, 4);
	route(&t, remote, RIO_NET, 3, 5);
	wait_s(&t, 100);
	/* lost for a while */
	route(&t, gone, RIO_NET, 1, 1);
	wait_s(&t, 35);
	route(&t, direct, RIO_NET, 1, 1);
	wait_s(&t, 35);
	assert_silent(&t, 0);
	/* beside them somebody who is not of ours: that neighbours are does not help it */
	route(&t, direct, "10.138.0.0/16", 9, 9);
	wait_s(&t, 43);
	assert_says(&t, 0, "router 09:09");
	town_stop(&t);
}

/* More neighbours than can be kept in mind: what is known proves nothing. */
static void test_many_twins(void **state)
{
	struct town t;

	(void)state;
	start_alone(&t);
	for (uint8_t i = 1; i < 150; i++)
		route(&t, direct, "10.138.0.0/16", i, i);
	wait_s(&t, 60);
	assert_silent(&t, 0);
	assert_true(town_counter(&t, 0, NODE_C_TWIN_FULL) > 0);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merged_clouds),
		cmocka_unit_test(test_merged_by_one_host),
		cmocka_unit_test(test_merged_ends),
		cmocka_unit_test(test_not_merged),
		cmocka_unit_test(test_not_merged_by_option),
		cmocka_unit_test(test_merged_is_bounded),
		cmocka_unit_test(test_merged_in_the_kernel),
		cmocka_unit_test(test_merged_on_another_vlan),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_same_network),
		cmocka_unit_test(test_own_cloud),
		cmocka_unit_test(test_many_twins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
