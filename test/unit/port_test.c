/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes with ports on wires. A wire is a hub: what one port on it sends all others hear, 1 ms
 * later. After every record the test looks at who serves, so that two ports never serve one wire
 * even for a moment once things have settled.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/port/port.h"
#include "core/port/port_msg.h"
#include "packet/dhcp.h"
#include "packet/eth.h"
#include "packet/udp.h"

#define NODES 4
#define NONE 0xff
#define STEP (1 * USEC_MS)

/* What answers DHCP on a wire: a home router (trama false), a trama node, a LibreMesh node. */
struct server {
	bool there;
	struct mac mac;
	struct ip4 router;
	bool trama;
};

struct node {
	bool on;
	struct port port;
	struct outq out;
	uint64_t buf[4096];
	uint8_t wire[PORT_MAX]; /* of each port, NONE: unplugged */
	unsigned events[16];
	struct port_decision decided[PORT_MAX];
};

static struct world {
	usec_t now;
	struct node node[NODES];
	struct server server[4]; /* per wire */
	unsigned overlaps;	 /* moments with two servers on one wire */
	unsigned discovers;
} w;

static struct mac node_mac(unsigned n)
{
	return (struct mac) { { 0x02, 0, 0, 0, 0, (uint8_t)(n + 1) } };
}

static struct mac port_mac(unsigned n, unsigned i)
{
	return (struct mac) { { 0x02, 1, 0, 0, (uint8_t)(n + 1), (uint8_t)i } };
}

static struct mac batman_mac(unsigned n, unsigned i)
{
	return (struct mac) { { 0x02, 2, 0, 0, (uint8_t)(n + 1), (uint8_t)i } };
}

static void world_init(void)
{
	memset(&w, 0, sizeof(w));
	w.now = USEC_S;
}

static void node_start(unsigned n)
{
	struct node *node = &w.node[n];
	struct port_conf conf = {
		.node_mac = node_mac(n),
		.anycast_mac = { { 0xaa, 0xaa, 0xaa, 13, 254, 0xaa } },
		.network4 = { { { 10, 13, 0, 0 } }, 16 },
		.ssid_len = 5,
		.ssid = "plaza",
	};

	memset(node, 0, sizeof(*node));
	memset(node->wire, NONE, sizeof(node->wire));
	node->on = true;
	outq_init(&node->out, node->buf, sizeof(node->buf));
	port_init(&node->port, &conf, rng_init(n + 1), &node->out);
}

static struct port_info info_of(unsigned n, uint16_t i)
{
	struct port_info info = { .mac = port_mac(n, i), .batman_mac = batman_mac(n, i) };

	info.carrier = w.node[n].wire[i] != NONE;
	return info;
}

static void drain(unsigned n);

static void plug(unsigned n, uint16_t i, uint8_t wire)
{
	struct port_info info;

	w.node[n].wire[i] = wire;
	info = info_of(n, i);
	assert_int_equal(port_set(&w.node[n].port, i, &info, w.now), 0);
	drain(n);
}

static unsigned servers_on(uint8_t wire)
{
	unsigned count = 0;

	for (unsigned n = 0; n < NODES; n++)
		for (uint16_t i = 0; w.node[n].on && i < PORT_MAX; i++)
			count += w.node[n].wire[i] == wire && port_serves(&w.node[n].port, i);
	return count;
}

static void send_offer(unsigned n, uint16_t i, const struct server *s, uint32_t xid)
{
	struct dhcp_msg m = { .op = DHCP_OP_REPLY, .type = DHCP_OFFER, .xid = xid };
	struct udp4_path path = { .eth_dst = MAC_BROADCAST, .dst = { { 255, 255, 255, 255 } } };
	uint8_t data[600], frame[700];
	struct wr wd = wr_init(data, sizeof(data)), wf = wr_init(frame, sizeof(frame));

	m.chaddr = port_mac(n, i);
	m.yiaddr = (struct ip4) { { 192, 168, 1, 77 } };
	m.router = s->router;
	m.server_id = s->router;
	m.trama = s->trama;
	dhcp_encode(&wd, &m);
	path.eth_src = s->mac;
	path.src = s->router;
	path.src_port = DHCP_SERVER_PORT;
	path.dst_port = DHCP_CLIENT_PORT;
	udp4_build(&wf, &path, data, wr_len(&wd));
	assert_int_not_equal(wr_len(&wf), 0);
	port_input(&w.node[n].port, i, frame, wr_len(&wf), w.now);
}

static void on_wire(unsigned from, uint16_t from_port, const struct out *o)
{
	uint8_t wire = w.node[from].wire[from_port], frame[PORT_FRAME_MAX];
	struct rd r = rd_init(o->data, o->len);
	size_t len = o->len;
	struct eth eth;

	assert_int_equal(eth_decode(&r, &eth), 0);
	memcpy(frame, o->data, len);
	if (eth.type == ETH_TYPE_IP4) {
		w.discovers++;
		if (wire != NONE && w.server[wire].there)
			send_offer(from, from_port, &w.server[wire],
				   w.node[from].port.entry[from_port].xid);
		return;
	}
	for (unsigned n = 0; n < NODES; n++)
		for (uint16_t i = 0; w.node[n].on && i < PORT_MAX; i++)
			if (w.node[n].wire[i] == wire && wire != NONE &&
			    !(n == from && i == from_port))
				port_input(&w.node[n].port, i, frame, len, w.now);
}

static void drain(unsigned n)
{
	struct node *node = &w.node[n];
	struct out o;

	while (outq_pop(&node->out, &o)) {
		if (o.kind == PORT_SEND)
			on_wire(n, o.port, &o);
		else if (o.kind == PORT_DECIDED)
			memcpy(&node->decided[o.port], o.data, sizeof(node->decided[0]));
		else if (o.kind == PORT_EVENT)
			node->events[o.arg]++;
		for (uint8_t wire = 0; wire < 4; wire++)
			w.overlaps += servers_on(wire) > 1;
	}
}

static void run(usec_t time)
{
	usec_t end = w.now + time;

	for (; w.now < end; w.now += STEP) {
		for (unsigned n = 0; n < NODES; n++) {
			if (!w.node[n].on || port_deadline(&w.node[n].port) > w.now)
				continue;
			port_tick(&w.node[n].port, w.now);
			assert_true(port_deadline(&w.node[n].port) > w.now);
		}
		/* all heard before the next step: who is heard may send as well */
		for (unsigned pass = 0; pass < 3; pass++)
			for (unsigned n = 0; n < NODES; n++)
				drain(n);
	}
}

static enum port_reason reason_of(unsigned n, uint16_t i)
{
	return port_get(&w.node[n].port, i)->reason;
}

/* A batman-adv node that is not ours speaks once. */
static void foreign_speaks(unsigned n, uint16_t i)
{
	const struct mac mac = { { 0x02, 9, 9, 9, 9, 9 } };

	port_mesh_heard(&w.node[n].port, i, &mac, w.now);
	drain(n);
}

static void test_alone_joins_after_8s(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	plug(0, 0, 0);
	assert_int_equal(reason_of(0, 0), PORT_TESTING);
	assert_true(w.node[0].decided[0].mesh);
	run(7990 * USEC_MS);
	assert_int_equal(reason_of(0, 0), PORT_TESTING);
	assert_int_equal(w.discovers, 3);
	run(20 * USEC_MS);
	assert_int_equal(reason_of(0, 0), PORT_SERVES);
	assert_true(w.node[0].decided[0].client);
	assert_true(w.node[0].decided[0].mesh);
	run(60 * USEC_S);
	assert_int_equal(w.discovers, 3);
	assert_int_equal(w.node[0].events[PORT_EVENT_JOINED], 1);
}

static void test_cable_between_two_nodes(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	node_start(1);
	plug(0, 0, 0);
	plug(1, 0, 0);
	run(20 * USEC_S);
	assert_int_equal(servers_on(0), 1);
	assert_true(port_serves(&w.node[0].port, 0));
	assert_int_equal(reason_of(1, 0), PORT_WAITS_LOWER);
	run(120 * USEC_S);
	assert_int_equal(servers_on(0), 1);
	assert_int_equal(w.overlaps, 0);
}

/* The higher one served already; it leaves at the first hello, the lower one takes over after its
 * test. */
static void test_lower_node_comes_later(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	node_start(1);
	plug(1, 0, 0);
	run(20 * USEC_S);
	assert_true(port_serves(&w.node[1].port, 0));
	plug(0, 0, 0);
	run(STEP);
	assert_false(port_serves(&w.node[1].port, 0));
	assert_int_equal(w.node[1].events[PORT_EVENT_LEFT], 1);
	run(10 * USEC_S);
	assert_int_equal(servers_on(0), 1);
	assert_int_equal(w.overlaps, 0);
}

static void test_higher_returns_after_silence(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	node_start(1);
	plug(0, 0, 0);
	plug(1, 0, 0);
	run(20 * USEC_S);
	w.node[0].on = false;
	run(29 * USEC_S);
	assert_int_equal(servers_on(0), 0);
	run(3 * USEC_S);
	assert_true(port_serves(&w.node[1].port, 0));
	assert_int_equal(w.overlaps, 0);
}

/* A node that does not hear the lower one goes on serving: the lower one must not join as well. */
static void test_deaf_server(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	node_start(1);
	plug(1, 0, 0);
	run(20 * USEC_S);
	/* node 1 hears nothing: take its ear off the wire, let its frames through by hand */
	plug(0, 0, 1);
	for (unsigned i = 0; i < 40; i++) {
		struct port_hello h = { .node_mac = node_mac(1), .port_mac = port_mac(1, 0) };
		uint8_t frame[PORT_FRAME_MAX];
		struct wr wr = wr_init(frame, sizeof(frame));

		h.serves = true;
		h.ssid_len = 1;
		port_hello_encode(&wr, &h);
		port_input(&w.node[0].port, 0, frame, wr_len(&wr), w.now);
		run(500 * USEC_MS);
	}
	assert_int_equal(reason_of(0, 0), PORT_WAITS_HANDOVER);
	run(3 * USEC_S);
	assert_int_equal(reason_of(0, 0), PORT_SERVES);
}

/* Two nodes, two cables and a switch: every wire is served once. */
static void test_two_ways_at_once(void **state)
{
	(void)state;
	world_init();
	for (unsigned n = 0; n < 3; n++) {
		node_start(n);
		plug(n, 0, 0);
		plug(n, 1, 1);
		plug(n, 2, 2);
	}
	run(60 * USEC_S);
	for (uint8_t wire = 0; wire < 3; wire++) {
		assert_int_equal(servers_on(wire), 1);
		assert_true(port_serves(&w.node[0].port, wire));
	}
	assert_int_equal(w.overlaps, 0);
}

static void test_own_ports_on_one_switch(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	for (uint16_t i = 0; i < 4; i++)
		plug(0, i, 0);
	run(60 * USEC_S);
	assert_int_equal(servers_on(0), 1);
	assert_true(port_serves(&w.node[0].port, 0));
	assert_int_equal(reason_of(0, 3), PORT_WAITS_OWN);
	assert_int_equal(w.overlaps, 0);
	/* the one that served is unplugged: after the silence exactly one other serves */
	plug(0, 0, NONE);
	run(20 * USEC_S);
	assert_int_equal(servers_on(0), 0);
	run(20 * USEC_S);
	assert_int_equal(servers_on(0), 1);
	assert_int_equal(w.overlaps, 0);
}

/* Two wires that each have a server of ours are joined: one leaves, one stays, and it stays so. */
static void test_own_wires_joined(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	plug(0, 0, 0);
	plug(0, 1, 1);
	run(20 * USEC_S);
	assert_int_equal(servers_on(0) + servers_on(1), 2);
	w.node[0].wire[1] = 0;
	run(600 * USEC_MS);
	w.overlaps = 0;
	assert_int_equal(servers_on(0), 1);
	run(120 * USEC_S);
	assert_int_equal(servers_on(0), 1);
	assert_int_equal(w.overlaps, 0);
}

static void test_foreign_mesh_node(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	plug(0, 0, 0);
	run(10 * USEC_S);
	assert_true(port_serves(&w.node[0].port, 0));
	foreign_speaks(0, 0);
	assert_false(port_serves(&w.node[0].port, 0));
	assert_int_equal(reason_of(0, 0), PORT_WAITS_FOREIGN);
	assert_int_equal(w.node[0].events[PORT_EVENT_FOREIGN_MESH], 1);
	for (unsigned i = 0; i < 60; i++) {
		run(USEC_S);
		foreign_speaks(0, 0);
		assert_int_equal(servers_on(0), 0);
	}
	assert_int_equal(w.node[0].events[PORT_EVENT_FOREIGN_MESH], 1);
	run(29 * USEC_S);
	assert_int_equal(servers_on(0), 0);
	run(2 * USEC_S);
	assert_int_equal(servers_on(0), 1);
}

/* batman-adv frames of trama nodes count for nothing, and those that outran the hello are forgiven.
 */
static void test_mesh_frames_of_trama_nodes(void **state)
{
	struct mac mac = batman_mac(1, 0), own = batman_mac(0, 0);

	(void)state;
	world_init();
	node_start(0);
	node_start(1);
	plug(0, 0, 0);
	run(10 * USEC_S);
	port_mesh_heard(&w.node[0].port, 0, &own, w.now);
	assert_true(port_serves(&w.node[0].port, 0));
	port_mesh_heard(&w.node[0].port, 0, &mac, w.now);
	assert_false(port_serves(&w.node[0].port, 0));
	plug(1, 0, 0);
	run(STEP);
	assert_true(port_serves(&w.node[0].port, 0));
	port_mesh_heard(&w.node[0].port, 0, &mac, w.now);
	assert_true(port_serves(&w.node[0].port, 0));
}

static void home_router(uint8_t wire)
{
	w.server[wire] = (struct server) {
		.there = true,
		.mac = { { 0x00, 0x50, 0x56, 1, 2, 3 } },
		.router = { { 192, 168, 1, 1 } },
	};
}

static void test_home_router_is_uplink(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	node_start(1);
	home_router(0);
	plug(0, 0, 0);
	plug(1, 0, 0);
	run(60 * USEC_S);
	for (unsigned n = 0; n < 2; n++) {
		assert_int_equal(reason_of(n, 0), PORT_UPLINK_OFFER);
		assert_true(w.node[n].decided[0].uplink_dhcp);
		assert_true(w.node[n].decided[0].mesh);
		assert_false(w.node[n].decided[0].client);
		assert_int_equal(w.node[n].events[PORT_EVENT_UPLINK], 1);
	}
	assert_int_equal(w.discovers, 2);
}

static void test_late_router_is_uplink(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	plug(0, 0, 0);
	run(4 * USEC_S);
	home_router(0);
	run(2 * USEC_S);
	assert_int_equal(reason_of(0, 0), PORT_UPLINK_OFFER);
}

static void check_no_uplink(const struct server *s)
{
	world_init();
	node_start(0);
	w.server[0] = *s;
	plug(0, 0, 0);
	run(20 * USEC_S);
	assert_int_equal(w.node[0].events[PORT_EVENT_UPLINK], 0);
	assert_int_equal(w.node[0].events[PORT_EVENT_NODE_LAN], 1);
}

static void test_offers_of_nodes_are_no_uplink(void **state)
{
	struct server trama = { true, { { 2, 3, 4, 5, 6, 7 } }, { { 172, 16, 0, 1 } }, true };
	struct server libremesh = {
		true, { { 0xaa, 0xaa, 0xaa, 1, 2, 0xaa } }, { { 10, 1, 0, 1 } }, false
	};

	(void)state;
	check_no_uplink(&trama);
	assert_int_equal(reason_of(0, 0), PORT_SERVES);
	check_no_uplink(&libremesh);
	/* its LAN is bridged to its cloud: never serve it too, although no mesh frame is heard */
	assert_int_equal(reason_of(0, 0), PORT_WAITS_FOREIGN);
	run(300 * USEC_S);
	assert_int_equal(servers_on(0), 0);
	w.server[0].there = false;
	run(45 * USEC_S);
	assert_int_equal(servers_on(0), 1);
}

/* A server whose router lies in the network of a cloud heard on the wire. */
static void test_router_in_heard_cloud(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	node_start(1);
	home_router(0);
	plug(1, 0, 0);
	run(10 * USEC_S);
	w.server[0].router = (struct ip4) { { 10, 13, 7, 1 } };
	plug(0, 0, 0);
	run(20 * USEC_S);
	assert_int_equal(w.node[0].events[PORT_EVENT_UPLINK], 0);
	assert_true(w.node[0].events[PORT_EVENT_NODE_LAN] >= 1);
	assert_int_equal(reason_of(0, 0), PORT_SERVES);
}

static void test_rogue_server(void **state)
{
	const struct server home = {
		true, { { 0, 0x50, 0x56, 1, 2, 3 } }, { { 192, 168, 1, 1 } }, false
	};

	(void)state;
	world_init();
	node_start(0);
	plug(0, 0, 0);
	run(10 * USEC_S);
	for (unsigned i = 0; i < 20; i++)
		send_offer(0, 0, &home, w.node[0].port.entry[0].xid);
	drain(0);
	assert_true(port_serves(&w.node[0].port, 0));
	assert_int_equal(w.node[0].events[PORT_EVENT_ROGUE_DHCP], 1);
	run(61 * USEC_S);
	send_offer(0, 0, &home, 1);
	drain(0);
	assert_int_equal(w.node[0].events[PORT_EVENT_ROGUE_DHCP], 2);
	/* another carrier, another test */
	plug(0, 0, NONE);
	home_router(0);
	plug(0, 0, 0);
	run(USEC_S);
	assert_int_equal(reason_of(0, 0), PORT_UPLINK_OFFER);
}

static void test_offer_to_somebody_else(void **state)
{
	const struct server home = {
		true, { { 0, 0x50, 0x56, 1, 2, 3 } }, { { 1, 2, 3, 4 } }, false
	};

	(void)state;
	world_init();
	node_start(0);
	plug(0, 0, 0);
	run(USEC_S);
	send_offer(0, 0, &home, w.node[0].port.entry[0].xid + 1);
	drain(0);
	assert_int_equal(reason_of(0, 0), PORT_TESTING);
}

static void test_carrier_loss(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	home_router(0);
	plug(0, 0, 0);
	run(2 * USEC_S);
	assert_true(w.node[0].decided[0].uplink_dhcp);
	plug(0, 0, NONE);
	assert_false(w.node[0].decided[0].uplink_dhcp);
	assert_int_equal(reason_of(0, 0), PORT_NO_CARRIER);
	assert_true(port_deadline(&w.node[0].port) == USEC_NEVER);
	plug(0, 0, 1);
	run(10 * USEC_S);
	assert_int_equal(reason_of(0, 0), PORT_SERVES);
	plug(0, 0, NONE);
	assert_false(w.node[0].decided[0].client);
}

static void test_dhcp_lost(void **state)
{
	(void)state;
	world_init();
	node_start(0);
	home_router(0);
	plug(0, 0, 0);
	run(2 * USEC_S);
	w.server[0].there = false;
	port_dhcp_lost(&w.node[0].port, 0, w.now);
	drain(0);
	assert_int_equal(w.node[0].events[PORT_EVENT_UPLINK_LOST], 1);
	/* the router restarts: its network is not bridged to the cloud meanwhile */
	run(300 * USEC_S);
	assert_int_equal(reason_of(0, 0), PORT_UPLINK_OFFER);
	assert_int_equal(w.node[0].events[PORT_EVENT_JOINED], 0);
}

static void test_foreign_comes_and_goes(void **state)
{
	struct port_info info;

	(void)state;
	world_init();
	node_start(0);
	plug(0, 0, 0);
	run(10 * USEC_S);
	info = info_of(0, 0);
	info.foreign_address = true;
	port_set(&w.node[0].port, 0, &info, w.now);
	drain(0);
	assert_false(w.node[0].decided[0].client);
	info.foreign_address = false;
	port_set(&w.node[0].port, 0, &info, w.now);
	drain(0);
	assert_int_equal(reason_of(0, 0), PORT_TESTING);
	run(9 * USEC_S);
	assert_true(port_serves(&w.node[0].port, 0));
}

static void test_mesh_port_sends_hello_but_never_serves(void **state)
{
	struct port_info info;

	(void)state;
	world_init();
	node_start(0);
	node_start(1);
	plug(0, 0, 0);
	info = info_of(0, 0);
	info.role = PORT_ROLE_MESH;
	port_set(&w.node[0].port, 0, &info, w.now);
	plug(1, 0, 0);
	run(60 * USEC_S);
	assert_int_equal(reason_of(1, 0), PORT_WAITS_LOWER);
	assert_int_equal(servers_on(0), 0);
}

static void test_full_tables(void **state)
{
	struct port_hello h = { .ssid_len = 1 };
	uint8_t frame[PORT_FRAME_MAX];

	(void)state;
	world_init();
	node_start(2);
	plug(2, 0, 0);
	run(10 * USEC_S);
	for (unsigned i = 0; i < 300; i++) {
		struct wr wr = wr_init(frame, sizeof(frame));

		h.node_mac = (struct mac) { { 0x06, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };
		h.port_mac = h.node_mac;
		port_hello_encode(&wr, &h);
		port_input(&w.node[2].port, 0, frame, wr_len(&wr), w.now);
	}
	assert_true(port_serves(&w.node[2].port, 0));
	assert_int_equal(w.node[2].port.entry[0].heard_count, PORT_HEARD_MAX);
	assert_int_equal(w.node[2].port.counters.heard_full, 300 - PORT_HEARD_MAX);
	/* a lower one still gets in */
	node_start(0);
	plug(0, 0, 0);
	run(600 * USEC_MS);
	assert_int_equal(reason_of(2, 0), PORT_WAITS_LOWER);
	for (uint8_t i = 0; i < 50; i++) {
		struct mac mac = { { 0x0a, 0, 0, 0, 0, i } };

		port_mesh_heard(&w.node[2].port, 0, &mac, w.now);
	}
	assert_int_equal(w.node[2].port.entry[0].foreign_count, PORT_FOREIGN_MAX);
}

static void test_duplicate_node_mac(void **state)
{
	struct port_hello h = { .ssid_len = 1, .node_mac = node_mac(0) };
	uint8_t frame[PORT_FRAME_MAX];
	struct wr wr = wr_init(frame, sizeof(frame));

	(void)state;
	world_init();
	node_start(0);
	plug(0, 0, 0);
	run(10 * USEC_S);
	h.port_mac = (struct mac) { { 0x02, 0, 0, 0, 0, 1 } };
	port_hello_encode(&wr, &h);
	port_input(&w.node[0].port, 0, frame, wr_len(&wr), w.now);
	drain(0);
	assert_int_equal(w.node[0].events[PORT_EVENT_DUPLICATE_NODE], 1);
	assert_false(port_serves(&w.node[0].port, 0));
}

/* Decisions that found the queue full are told later. */
static void test_full_queue(void **state)
{
	struct port_info info = { .role = PORT_ROLE_CLIENT, .carrier = true };
	uint64_t tiny[2];
	struct node *node;

	(void)state;
	world_init();
	node_start(0);
	node = &w.node[0];
	outq_init(&node->out, tiny, sizeof(tiny));
	port_set(&node->port, 0, &info, w.now);
	outq_init(&node->out, node->buf, sizeof(node->buf));
	assert_false(node->decided[0].client);
	port_tick(&node->port, w.now + USEC_S);
	drain(0);
	assert_true(node->decided[0].client);
}

static void test_bad_input(void **state)
{
	struct port_info info = { .role = PORT_ROLE_MESH };
	uint8_t junk[64] = { 0 };

	(void)state;
	world_init();
	node_start(0);
	assert_int_equal(port_input(&w.node[0].port, 0, junk, sizeof(junk), w.now), -EINVAL);
	assert_int_equal(port_input(&w.node[0].port, PORT_MAX, junk, 1, w.now), -EINVAL);
	assert_int_equal(port_set(&w.node[0].port, PORT_MAX, &info, w.now), -EINVAL);
	plug(0, 0, 0);
	assert_int_equal(port_input(&w.node[0].port, 0, junk, 3, w.now), -EBADMSG);
	port_gone(&w.node[0].port, 7, w.now);
	port_dhcp_lost(&w.node[0].port, 0, w.now);
	assert_string_equal(port_event_name(PORT_EVENT_DUPLICATE_NODE), "duplicate-node");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone_joins_after_8s),
		cmocka_unit_test(test_cable_between_two_nodes),
		cmocka_unit_test(test_lower_node_comes_later),
		cmocka_unit_test(test_higher_returns_after_silence),
		cmocka_unit_test(test_deaf_server),
		cmocka_unit_test(test_two_ways_at_once),
		cmocka_unit_test(test_own_ports_on_one_switch),
		cmocka_unit_test(test_own_wires_joined),
		cmocka_unit_test(test_foreign_mesh_node),
		cmocka_unit_test(test_mesh_frames_of_trama_nodes),
		cmocka_unit_test(test_home_router_is_uplink),
		cmocka_unit_test(test_late_router_is_uplink),
		cmocka_unit_test(test_offers_of_nodes_are_no_uplink),
		cmocka_unit_test(test_router_in_heard_cloud),
		cmocka_unit_test(test_rogue_server),
		cmocka_unit_test(test_offer_to_somebody_else),
		cmocka_unit_test(test_carrier_loss),
		cmocka_unit_test(test_dhcp_lost),
		cmocka_unit_test(test_foreign_comes_and_goes),
		cmocka_unit_test(test_mesh_port_sends_hello_but_never_serves),
		cmocka_unit_test(test_full_tables),
		cmocka_unit_test(test_duplicate_node_mac),
		cmocka_unit_test(test_full_queue),
		cmocka_unit_test(test_bad_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
