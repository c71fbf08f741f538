/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client port brings 20,000 stations that nobody has: who is there already stays, who comes gets
 * online, by that port and by others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/node.h"
#include "node/view.h"
#include "packet/dhcp.h"
#include "packet/eth.h"
#include "packet/udp.h"

#define MESH 0
#define FLOODED 1
#define OTHER 2

struct bench {
	struct conf conf;
	struct node *node;
	usec_t now;
	uint8_t dhcp[1600]; /* last DHCP answer */
	size_t dhcp_len;
	unsigned int forgotten;
};

static void feed(struct bench *b, const struct event *e)
{
	struct effect f;

	node_input(b->node, e, b->now);
	while (node_effect(b->node, &f)) {
		b->forgotten += f.kind == EFFECT_FORGET;
		if (f.kind != EFFECT_FRAME)
			continue;
		if (f.frame.link == LINK_CLIENT && f.frame.data[12] == 8 && f.frame.data[13] == 0) {
			memcpy(b->dhcp, f.frame.data, f.frame.len);
			b->dhcp_len = f.frame.len;
		}
	}
}

static void run(struct bench *b, usec_t duration)
{
	struct event timer = { .kind = EVENT_TIMER };
	usec_t until = b->now + duration;

	for (usec_t next; (next = node_deadline(b->node)) <= until;) {
		if (next > b->now)
			b->now = next;
		feed(b, &timer);
	}
	b->now = until;
}

static void add_port(struct bench *b, uint16_t port, const char *name, enum port_kind kind)
{
	struct event e = { .kind = EVENT_PORT };

	e.port = (struct event_port) { .port = port, .carrier = true, .kind = kind, .mtu = 1500 };
	e.port.mac = (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)(port + 1) } };
	strcpy(e.port.name, name);
	feed(b, &e);
}

static struct bench *bench_start(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct node_setup s = { .conf = &b->conf,
				.boot_epoch = 1,
				.seed = 7,
				.primary_mac = { { 2, 0, 0, 0x12, 0x34, 1 } } };
	struct event load = { .kind = EVENT_LOAD };
	int err;

	b->now = 1000 * USEC_S;
	conf_init(&b->conf);
	b->node = node_new(&s, b->now, &err);
	assert_non_null(b->node);
	feed(b, &load);
	add_port(b, MESH, "eth0", PORT_KIND_ETHERNET);
	add_port(b, FLOODED, "wlan0-ap", PORT_KIND_WIFI_AP);
	add_port(b, OTHER, "wlan1-ap", PORT_KIND_WIFI_AP);
	run(b, 15 * USEC_S);
	return b;
}

/* Frames that the node has put into the cloud. */
static unsigned int announced(const struct bench *b)
{
	return (unsigned int)batman_counter(node_batman(b->node), BATMAN_COUNT_CLOUD_IN);
}

static void bench_stop(struct bench *b)
{
	node_free(b->node);
	free(b);
}

static struct mac guest(int i)
{
	return (struct mac) { { 2, 0xcc, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

static void client(struct bench *b, const struct mac *mac, uint16_t port, enum client_change change)
{
	struct event e = { .kind = EVENT_CLIENT,
			   .client = { .change = change, .port = port, .mac = *mac } };

	feed(b, &e);
}

static struct dhcp_msg ask(struct bench *b, const struct mac *mac, uint8_t type,
			   struct ip4 requested)
{
	struct event e = { .kind = EVENT_FRAME };
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .xid = 77,
			      .chaddr = *mac,
			      .type = type,
			      .requested = requested };
	uint8_t payload[600], frame[700];
	struct wr w = wr_init(payload, sizeof(payload)), f = wr_init(frame, sizeof(frame));
	struct udp4_path path = { .eth_src = *mac,
				  .eth_dst = MAC_BROADCAST,
				  .dst = { { 255, 255, 255, 255 } },
				  .src_port = 68,
				  .dst_port = 67 };
	struct dhcp_msg answer;
	struct ip4_head ip;
	struct udp_head udp;
	struct rd r, p, d;
	struct eth eth;

	dhcp_encode(&w, &m);
	udp4_build(&f, &path, payload, wr_len(&w));
	b->dhcp_len = 0;
	e.frame = (struct event_frame) { LINK_CLIENT, 0, frame, wr_len(&f) };
	feed(b, &e);
	assert_true(b->dhcp_len > 0);
	r = rd_init(b->dhcp, b->dhcp_len);
	assert_int_equal(eth_decode(&r, &eth), 0);
	assert_int_equal(ip4_decode(&r, &ip, &p), 0);
	assert_int_equal(udp4_decode(&p, &ip, &udp, &d), 0);
	assert_int_equal(dhcp_decode(&d, &answer), 0);
	return answer;
}

static void join(struct bench *b, const struct mac *mac, uint16_t port)
{
	struct ip4 none = { { 0 } }, ip;

	client(b, mac, port, CLIENT_LEARNT);
	ip = ask(b, mac, DHCP_DISCOVER, none).yiaddr;
	assert_int_equal(ask(b, mac, DHCP_REQUEST, ip).type, DHCP_ACK);
	/* its next frame */
	client(b, mac, port, CLIENT_LEARNT);
}

/* A station of that port, announced in the cloud. */
static bool is_here(const struct bench *b, const struct mac *mac, uint16_t port)
{
	struct node_station s;
	struct batman_client c;
	bool station = false, local = false;

	for (uint32_t i = 0; node_station_next(b->node, &i, &s);)
		station = station || (mac_eq(&s.mac, mac) && s.port == port);
	for (uint32_t i = 0; batman_local_next(node_batman(b->node), &i, &c);)
		local = local || mac_eq(&c.mac, mac);
	return station && local;
}

static unsigned int records(const struct bench *b)
{
	struct lease_view v;
	unsigned int count = 0;

	for (uint32_t i = 0; lease_next(node_lease(b->node), &i, b->now, &v);)
		count++;
	return count;
}

static void test_flood_of_stations(void **state)
{
	struct mac leased = guest(1), other = guest(2), associated = guest(3), late = guest(4),
		   late_other = guest(5);
	struct bench *b = bench_start();
	unsigned int learnt = 0, before;

	(void)state;
	join(b, &leased, FLOODED);
	join(b, &other, OTHER);
	client(b, &associated, FLOODED, CLIENT_ASSOCIATED);
	b->forgotten = 0;
	before = announced(b);
	for (int ms = 0; ms < 5000; ms++) {
		for (int i = 0; i < 4; i++) {
			struct mac m = { { 2, 9, 0, 0, (uint8_t)(learnt >> 8), (uint8_t)learnt } };

			learnt++;
			client(b, &m, FLOODED, CLIENT_LEARNT);
		}
		if (ms == 3000) {
			join(b, &late, FLOODED);
			join(b, &late_other, OTHER);
		}
		run(b, USEC_MS);
	}
	assert_true(is_here(b, &leased, FLOODED) && is_here(b, &associated, FLOODED));
	assert_true(is_here(b, &other, OTHER));
	assert_true(is_here(b, &late, FLOODED) && is_here(b, &late_other, OTHER));
	/* what is in the kernel's bridge is bounded, and what the cloud hears of it */
	assert_in_range(learnt - b->forgotten, 100, 1100);
	assert_in_range(announced(b) - before, 500, 1000);
	assert_in_range(records(b), 5, 300);
	assert_true(node_counter(b->node, NODE_C_STATION_RATE) > 15000);
	bench_stop(b);
}

/* Slow enough to come in: then the oldest that have proved nothing make room. */
static void test_slow_flood(void **state)
{
	struct mac leased = guest(1), other = guest(2);
	struct bench *b = bench_start();

	(void)state;
	join(b, &leased, FLOODED);
	client(b, &other, OTHER, CLIENT_LEARNT);
	for (int i = 0; i < 3000; i++) {
		struct mac m = { { 2, 9, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

		client(b, &m, FLOODED, CLIENT_LEARNT);
		if (i == 500) { /* it comes back, and keeps its lease */
			client(b, &leased, FLOODED, CLIENT_FORGOTTEN);
			client(b, &leased, FLOODED, CLIENT_LEARNT);
		}
		run(b, 20 * USEC_MS);
	}
	assert_true(is_here(b, &leased, FLOODED) && is_here(b, &other, OTHER));
	assert_true(node_counter(b->node, NODE_C_STATION_REPLACED) > 1900);
	assert_int_equal(node_counter(b->node, NODE_C_STATION_FULL), 0);
	assert_in_range(records(b), 200, 300);
	bench_stop(b);
}

/* One MAC at two nodes, or two ports, in turn. */
static void test_two_of_one_name(void **state)
{
	struct mac m = guest(1);
	struct bench *b = bench_start();
	unsigned int before;

	(void)state;
	join(b, &m, FLOODED);
	before = announced(b);
	for (int i = 0; i < 5000; i++) {
		client(b, &m, i % 2 ? FLOODED : OTHER, CLIENT_LEARNT);
		run(b, USEC_MS);
	}
	assert_in_range(announced(b) - before, 1000, 1700);
	bench_stop(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood_of_stations),
		cmocka_unit_test(test_slow_flood),
		cmocka_unit_test(test_two_of_one_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
