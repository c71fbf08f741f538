/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The glue between the cores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dhcp_client.h"
#include "node_town.h"
#include "packet/arp.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"

static int members(const struct node *n)
{
	struct node_member m;
	uint32_t cursor = 0;
	int count = 0;

	while (node_member_next(n, &cursor, &m))
		count++;
	return count;
}

static void test_chain_knows_all_members(void **state)
{
	struct town t;

	(void)state;
	town_start(&t, TOWN_NODES);
	town_run(&t, t.now + 20 * USEC_S);
	for (int i = 0; i < TOWN_NODES; i++)
		assert_int_equal(members(t.node[i]), TOWN_NODES);
	assert_true(t.notices[NOTICE_NODE_CAME] >= TOWN_NODES * (TOWN_NODES - 1));
	town_stop(&t);
}

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };

/* As a client sends it; an answer is in t->dhcp. */
static void say(struct town *t, int i, enum dhcp_type type, struct ip4 requested)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .xid = 77,
			      .chaddr = client,
			      .type = (uint8_t)type,
			      .requested = requested };
	uint8_t frame[DHCP_CLIENT_FRAME];

	t->dhcp_len = 0;
	town_frame(t, i, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
}

static struct dhcp_msg ask(struct town *t, int i, enum dhcp_type type, struct ip4 requested)
{
	say(t, i, type, requested);
	return dhcp_client_receive(t->dhcp, t->dhcp_len);
}

static void test_client_keeps_lease_where_it_goes(void **state)
{
	struct ip4 none = { { 0 } }, ip;
	struct lease_view v;
	struct town t;

	(void)state;
	town_start(&t, TOWN_NODES);
	town_run(&t, t.now + 30 * USEC_S);
	town_station(&t, 0, &client, CLIENT_ASSOCIATED);
	ip = ask(&t, 0, DHCP_DISCOVER, none).yiaddr;
	assert_false(ip4_is_zero(&ip));
	assert_int_equal(ask(&t, 0, DHCP_REQUEST, ip).type, DHCP_ACK);
	town_run(&t, t.now + USEC_S);
	for (int i = 0; i < TOWN_NODES; i++) {
		assert_true(lease_find(node_lease(t.node[i]), &client, t.now, &v));
		assert_true(ip4_eq(&v.client.ip4, &ip));
	}
	town_station(&t, 3, &client, CLIENT_ASSOCIATED);
	town_run(&t, t.now + 300 * USEC_MS);
	assert_true(mac_eq(&t.forgotten, &client)); /* by node 0 */
	t.forgotten = (struct mac) { 0 };
	town_station(&t, 3, &client, CLIENT_DISASSOCIATED);
	assert_true(mac_eq(&t.forgotten, &client));
	town_station(&t, 3, &client, CLIENT_ASSOCIATED);
	assert_int_equal(ask(&t, 3, DHCP_REQUEST, ip).type, DHCP_ACK);
	assert_true(ip4_eq(&(struct ip4) { { ip.b[0], ip.b[1], ip.b[2], ip.b[3] } }, &ip));
	town_stop(&t);
}

/* What a client uses besides its lease is known at the other end, and asked for without a
 * broadcast. */
static void test_seen_address_travels(void **state)
{
	struct event e = { .kind = EVENT_FRAME }, solicit = { .kind = EVENT_SOLICIT };
	struct ip6 addr = { { 0xfd, 0x0d, 0xfe, 0x46, 0x8c, 0xe8, [15] = 0x77 } };
	struct ip6 all = { { 0xff, 0x02, [15] = 1 } };
	uint8_t frame[128];
	struct wr w = wr_init(frame, sizeof(frame));
	struct icmp6_path path = { .eth_src = client, .src = addr, .dst = all, .hop_limit = 255 };
	struct icmp6_nd na = { .type = ICMP6_NA, .has_mac = true, .target = addr, .mac = client };
	struct lease_view v;
	struct town t;

	(void)state;
	town_start(&t, TOWN_NODES);
	town_run(&t, t.now + 20 * USEC_S);
	town_station(&t, 0, &client, CLIENT_ASSOCIATED);
	path.eth_dst = icmp6_multicast_mac(&all);
	icmp6_nd_build(&w, &path, &na);
	e.frame = (struct event_frame) { LINK_CLIENT, 2, frame, wr_len(&w) };
	town_feed(&t, 0, &e);
	town_run(&t, t.now + USEC_S);
	for (int i = 0; i < TOWN_NODES; i++) {
		assert_true(lease_find(node_lease(t.node[i]), &client, t.now, &v));
		assert_int_equal(v.client.addr_count, 1);
		assert_true(ip6_eq(&v.client.addrs[0], &addr));
	}
	solicit.solicit = (struct event_solicit) { .v6 = true, .ip6 = addr };
	town_feed(&t, TOWN_NODES - 1, &solicit);
	assert_int_equal(node_counter(t.node[TOWN_NODES - 1], NODE_C_SOLICIT_ANSWERED), 1);
	town_stop(&t);
}

/* Port 3 of node i, configured by somebody else, leads to the internet by IPv4 and IPv6. */
static void add_uplink(struct town *t, int i)
{
	struct event e = { .kind = EVENT_PORT };

	e.port = (struct event_port) { .port = 3,
				       .carrier = true,
				       .foreign_default = true,
				       .kind = PORT_KIND_ETHERNET,
				       .mtu = 1500,
				       .mac = { { 2, 0, 0, (uint8_t)i, 0, 4 } },
				       .name = "wan" };
	town_feed(t, i, &e);
	memset(&e, 0, sizeof(e));
	e.kind = EVENT_UPLINK;
	e.uplink = (struct event_uplink) { .port = 3, .foreign = true };
	net4_parse("192.168.1.2/24", &e.uplink.ip4);
	ip4_parse("192.168.1.1", &e.uplink.router4);
	net6_parse("2001:db8:7::2/64", &e.uplink.ip6);
	ip6_parse("fe80::1", &e.uplink.router6);
	town_feed(t, i, &e);
}

/* What clients are told is what the narrowest link of the cloud carries, wherever they are. */
static void test_clients_hear_of_narrow_links(void **state)
{
	struct event e = { .kind = EVENT_PORT };
	struct ip4 none = { { 0 } };
	struct town t;

	(void)state;
	town_start(&t, TOWN_NODES);
	town_run(&t, t.now + 30 * USEC_S);
	town_station(&t, 0, &client, CLIENT_ASSOCIATED);
	assert_int_equal(ask(&t, 0, DHCP_DISCOVER, none).mtu, 1460);
	e.port = (struct event_port) { .port = 0,
				       .carrier = true,
				       .kind = PORT_KIND_ETHERNET,
				       .mtu = 1400,
				       .mac = { { 2, 0, 0, 3, 0, 1 } },
				       .name = "eth0" };
	town_feed(&t, 3, &e);
	town_run(&t, t.now + 3 * USEC_S);
	assert_int_equal(ask(&t, 0, DHCP_DISCOVER, none).mtu, 1360);
	e.port.mtu = 1500;
	town_feed(&t, 3, &e);
	town_run(&t, t.now + 3 * USEC_S);
	assert_int_equal(ask(&t, 0, DHCP_DISCOVER, none).mtu, 1460);
	town_stop(&t);
}

/* Everybody knows by which gateway a client leaves, and when it no longer does. */
static void test_record_names_gateway(void **state)
{
	static const struct lease_node nobody, first = { { 0, 0, 2, 0, 0, 0, 0, 1 } };
	struct lease_view v;
	struct net6 private;
	struct town t;

	(void)state;
	town_start(&t, TOWN_NODES);
	town_run(&t, t.now + 30 * USEC_S);
	town_station(&t, 0, &client, CLIENT_ASSOCIATED);
	town_run(&t, t.now + USEC_S);
	assert_true(lease_find(node_lease(t.node[3]), &client, t.now, &v));
	assert_true(lease_node_eq(&v.client.gateway, &nobody));
	add_uplink(&t, 0);
	town_run(&t, t.now + 3 * USEC_S);
	for (int i = 0; i < TOWN_NODES; i++) {
		assert_true(lease_find(node_lease(t.node[i]), &client, t.now, &v));
		assert_true(lease_node_eq(&v.client.gateway, &first));
	}
	/* what is connected there is closed to the mesh */
	net6_parse("2001:db8:7::/64", &private);
	assert_int_equal(node_wish(t.node[0])->filter.uplink_count, 1);
	assert_memory_equal(&node_wish(t.node[0])->filter.uplinks[0].network6, &private,
			    sizeof(private));
	t.internet = PROBE_FAILED;
	town_run(&t, t.now + 6 * USEC_S);
	assert_true(lease_find(node_lease(t.node[3]), &client, t.now, &v));
	assert_true(lease_node_eq(&v.client.gateway, &nobody));
	town_stop(&t);
}

/* A node that starts hears from the others where its first client was before it came. */
static void test_old_record_does_not_drop_client(void **state)
{
	struct ip4 none = { { 0 } }, ip;
	struct lease_view v;
	struct node_station s;
	uint32_t cursor = 0;
	struct town t;

	(void)state;
	town_start(&t, 2);
	t.count = 1; /* the other is not heard yet */
	town_run(&t, t.now + 30 * USEC_S);
	town_station(&t, 0, &client, CLIENT_ASSOCIATED);
	ip = ask(&t, 0, DHCP_DISCOVER, none).yiaddr;
	assert_int_equal(ask(&t, 0, DHCP_REQUEST, ip).type, DHCP_ACK);
	town_run(&t, t.now + 10 * USEC_S);
	t.count = 2;
	town_station(&t, 1, &client, CLIENT_ASSOCIATED);
	town_run(&t, t.now + 20 * USEC_S);
	assert_true(node_station_next(t.node[1], &cursor, &s));
	assert_true(mac_eq(&s.mac, &client));
	for (int i = 0; i < 2; i++) {
		assert_true(lease_find(node_lease(t.node[i]), &client, t.now, &v));
		assert_true(ip4_eq(&v.client.ip4, &ip));
		assert_int_equal(v.client.node.b[5], 1); /* of node 1 */
	}
	cursor = 0;
	assert_false(node_station_next(t.node[0], &cursor, &s));
	town_stop(&t);
}

/* The first bytes of what a client sends into the bridge of node 0; tag: of 802.1Q, or -1. */
static void client_udp(struct town *t, const struct udp6_path *path, int tag, size_t most)
{
	const uint8_t tpid[ETH_TAG] = { 0x81, 0, (uint8_t)(tag >> 8), (uint8_t)tag };
	uint8_t frame[200], body[8] = { 0 };
	struct wr w = wr_init(frame, sizeof(frame));
	size_t len;

	udp6_build(&w, path, body, sizeof(body));
	len = wr_len(&w);
	if (tag >= 0) {
		memmove(frame + 12 + ETH_TAG, frame + 12, len - 12);
		memcpy(frame + 12, tpid, ETH_TAG);
		len += ETH_TAG;
	}
	town_frame(t, 0, LINK_CLOUD, frame, len < most ? len : most);
}

/* An empty state datagram, in the name of a node. */
static void forge_state(struct town *t, const struct mac *from, const struct mac *to, bool tagged)
{
	struct udp6_path path = { .eth_src = *from,
				  .eth_dst = *to,
				  .src = ip6_link_local(from),
				  .dst = ip6_link_local(to),
				  .src_port = NODE_STATE_UDP_PORT,
				  .dst_port = NODE_STATE_UDP_PORT };

	client_udp(t, &path, tagged ? 0xa000 : -1, SIZE_MAX); /* of a priority alone */
}

static struct mac cloud_mac(const struct town *t, int i)
{
	struct node_member m = { .self = false };
	uint32_t cursor = 0;

	while (node_member_next(t->node[i], &cursor, &m) && !m.self)
		;
	return m.cloud_mac;
}

static void test_client_is_no_node(void **state)
{
	struct event e = { .kind = EVENT_CLIENT };
	struct node_station s;
	uint32_t cursor = 0;
	uint64_t before;
	struct mac victim, near;
	struct town t;

	(void)state;
	town_start(&t, 3);
	town_run(&t, t.now + 20 * USEC_S);
	near = cloud_mac(&t, 1);
	victim = cloud_mac(&t, 2);
	/* its word does not reach the state of another node */
	before = state_counter(node_state(t.node[1]), STATE_C_RECEIVED);
	forge_state(&t, &victim, &near, false);
	assert_int_equal(town_counter(&t, 0, NODE_C_FORGED_STATE), 1);
	forge_state(&t, &victim, &near, true);
	assert_int_equal(town_counter(&t, 0, NODE_C_FORGED_STATE), 2);
	assert_int_equal(state_counter(node_state(t.node[1]), STATE_C_RECEIVED), before);
	/* and what is said to that node does not reach the client */
	e.client = (struct event_client) { .change = CLIENT_LEARNT, .port = 2, .mac = victim };
	town_feed(&t, 0, &e);
	assert_int_equal(town_counter(&t, 0, NODE_C_FORGED_NODE), 1);
	assert_false(node_station_next(t.node[0], &cursor, &s));
	assert_true(mac_eq(&t.forgotten, &victim));
	town_stop(&t);
}

/* Everything else goes its way into the cloud. */
static void test_forged_state_only(void **state)
{
	static const struct {
		const char *dst;
		uint16_t port;
		int tag;
		size_t most;
		bool forged;
	} sent[] = {
		{ "fe80::1", NODE_STATE_UDP_PORT, -1, 200, true },
		{ "ff02::1", NODE_STATE_UDP_PORT, -1, 200, true },
		{ "fd0d:fe46:8ce8::1", NODE_STATE_UDP_PORT, -1, 200, false },
		{ "fe80::1", NODE_STATE_UDP_PORT + 7, -1, 200, false },
		{ "fe80::1", NODE_STATE_UDP_PORT, 5, 200, false }, /* of another Ethernet */
		{ "fe80::1", NODE_STATE_UDP_PORT, -1, 13, false }, /* cut in its type */
		{ "fe80::1", NODE_STATE_UDP_PORT, -1, 40, false }, /* in the header of IPv6 */
	};
	struct udp6_path path = { .eth_src = client, .eth_dst = MAC_BROADCAST, .src_port = 9 };
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	path.src = ip6_link_local(&client);
	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		const struct batman *b = node_batman(t.node[0]);
		uint64_t forged = town_counter(&t, 0, NODE_C_FORGED_STATE);
		uint64_t went = batman_counter(b, BATMAN_COUNT_CLOUD_IN);
		uint64_t bad = batman_counter(b, BATMAN_COUNT_CLOUD_IN_DROPPED);

		assert_int_equal(ip6_parse(sent[i].dst, &path.dst), 0);
		path.dst_port = sent[i].port;
		client_udp(&t, &path, sent[i].tag, sent[i].most);
		assert_int_equal(town_counter(&t, 0, NODE_C_FORGED_STATE) - forged, sent[i].forged);
		went = batman_counter(b, BATMAN_COUNT_CLOUD_IN) - went;
		bad = batman_counter(b, BATMAN_COUNT_CLOUD_IN_DROPPED) - bad;
		assert_true(bad == (sent[i].most == 13) && went + bad == !sent[i].forged);
	}
	town_stop(&t);
}

/* Who announces himself is next to us; a frame that is cut, or of no port, tells of nobody. */
static void test_short_announcement(void **state)
{
	static const uint8_t frame[] = { 255, 255, 255, 255, 255,  255,	 2,	      9,
					 0,   0,   0,	1,   0x43, 0x05, BAT_TYPE_OGM };
	struct event e = { .kind = EVENT_FRAME };
	const struct port_entry *port;
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	port = &node_ports(t.node[0])->entry[1];
	for (size_t cut = 0; cut < 2; cut++) {
		e.frame = (struct event_frame) { LINK_MESH, cut ? 1 : NODE_PORTS, frame,
						 sizeof(frame) - cut };
		town_feed(&t, 0, &e);
		assert_int_equal(port->foreign_count, 0);
	}
	e.frame.len++;
	town_feed(&t, 0, &e);
	assert_int_equal(port->foreign_count, 1);
	assert_memory_equal(port->foreign[0].mac.b, frame + 6, 6);
	town_stop(&t);
}

static void test_solicit_finds_nodes(void **state)
{
	struct event e = { .kind = EVENT_SOLICIT };
	struct node_member m;
	uint64_t others = 0;
	struct town t;

	(void)state;
	town_start(&t, TOWN_NODES);
	town_run(&t, t.now + 20 * USEC_S);
	for (uint32_t i = 0; node_member_next(t.node[0], &i, &m);) {
		/* the MACs of this town give all of them one IPv4 address */
		e.solicit = (struct event_solicit) { .v6 = true, .ip6 = m.ip6 };
		town_feed(&t, 0, &e);
		others += m.self ? 0 : 1;
		assert_int_equal(town_counter(&t, 0, NODE_C_SOLICIT_ANSWERED), others);
	}
	assert_int_equal(others, TOWN_NODES - 1);
	e.solicit = (struct event_solicit) { .ip4 = m.ip4 };
	town_feed(&t, 0, &e);
	assert_int_equal(town_counter(&t, 0, NODE_C_SOLICIT_ANSWERED), TOWN_NODES);
	town_stop(&t);
}

/* Neighbour discovery of a client at node 0, to everybody (seen on anygw) or to one (by bat0).
 */
static void client_nd(struct town *t, const struct mac *from, uint8_t type, const char *source,
		      const char *target, const struct mac *to)
{
	struct event e = { .kind = EVENT_FRAME };
	struct icmp6_path path = { .eth_src = *from, .hop_limit = 255 };
	struct icmp6_nd nd = { .type = type, .mac = *from };
	uint8_t frame[120];
	struct wr w = wr_init(frame, sizeof(frame));

	assert_int_equal(ip6_parse(source, &path.src), 0);
	assert_int_equal(ip6_parse(target, &nd.target), 0);
	nd.has_mac = !ip6_is_zero(&path.src);
	path.dst = to ? ip6_link_local(to) : icmp6_solicited_node(&nd.target);
	path.eth_dst = to ? *to : icmp6_multicast_mac(&path.dst);
	icmp6_nd_build(&w, &path, &nd);
	assert_true(wr_len(&w) > 0);
	e.frame = (struct event_frame) { to ? LINK_CLOUD : LINK_CLIENT, 0, frame, wr_len(&w) };
	town_feed(t, 0, &e);
	town_run(t, t->now + USEC_S);
}

static bool is_answered(struct town *t, int i, const char *addr)
{
	struct event e = { .kind = EVENT_SOLICIT, .solicit = { .v6 = true } };
	uint64_t before = town_counter(t, i, NODE_C_SOLICIT_ANSWERED);

	assert_int_equal(ip6_parse(addr, &e.solicit.ip6), 0);
	town_feed(t, i, &e);
	return town_counter(t, i, NODE_C_SOLICIT_ANSWERED) > before;
}

/* What a client has said of its addresses, to whomever, every node knows. */
static void test_solicit_finds_addresses_of_clients(void **state)
{
	const struct mac second = { { 2, 0xcc, 0, 0, 0, 10 } };
	struct lease_view v;
	struct mac other;
	struct ip6 addr;
	struct town t;

	(void)state;
	town_start(&t, TOWN_NODES);
	town_run(&t, t.now + 20 * USEC_S);
	other = cloud_mac(&t, 3);
	town_station(&t, 0, &client, CLIENT_LEARNT);
	assert_false(is_answered(&t, 3, "fd0d:fe46:8ce8::77"));
	client_nd(&t, &client, ICMP6_NS, "::", "fd0d:fe46:8ce8::77", NULL);
	assert_true(is_answered(&t, 3, "fd0d:fe46:8ce8::77"));
	assert_false(is_answered(&t, 3, "fd0d:fe46:8ce8::78"));
	client_nd(&t, &client, ICMP6_NA, "fd0d:fe46:8ce8::78", "fd0d:fe46:8ce8::78", &other);
	assert_true(is_answered(&t, 3, "fd0d:fe46:8ce8::78"));
	/* who tries an address has it only if nobody else does */
	town_station(&t, 0, &second, CLIENT_LEARNT);
	client_nd(&t, &second, ICMP6_NS, "::", "fd0d:fe46:8ce8::78", NULL);
	assert_int_equal(ip6_parse("fd0d:fe46:8ce8::78", &addr), 0);
	assert_true(lease_find_address(node_lease(t.node[0]), &addr, t.now, &v));
	assert_true(mac_eq(&v.client.mac, &client));
	town_stop(&t);
}

static bool cut(struct town *t, int from_node, int to, uint8_t *frame, size_t len)
{
	(void)t;
	(void)from_node;
	(void)to;
	(void)frame;
	(void)len;
	return false;
}

/* A node that has gone for good is nobody's neighbour. */
static void test_solicit_forgets_nodes(void **state)
{
	char gone[IP6_TEXT];
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	ip6_text(&node_cloud(t.node[1])->node6, gone);
	assert_true(is_answered(&t, 0, gone));
	t.wire = cut;
	t.now += 86400 * USEC_S;
	town_run(&t, t.now + 100 * USEC_S);
	assert_false(is_answered(&t, 0, gone));
	town_stop(&t);
}

/* An address that was declined is somebody's whom no record names, and not that of the record that
 * keeps others from it. */
static void test_solicit_knows_no_declined_address(void **state)
{
	struct event e = { .kind = EVENT_SOLICIT };
	struct ip4 none = { { 0 } }, ip;
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	town_station(&t, 0, &client, CLIENT_ASSOCIATED);
	ip = ask(&t, 0, DHCP_DISCOVER, none).yiaddr;
	assert_int_equal(ask(&t, 0, DHCP_REQUEST, ip).type, DHCP_ACK);
	say(&t, 0, DHCP_DECLINE, ip);
	town_run(&t, t.now + USEC_S);
	e.solicit = (struct event_solicit) { .ip4 = ip };
	for (int i = 0; i < 2; i++) {
		town_feed(&t, i, &e);
		assert_int_equal(town_counter(&t, i, NODE_C_SOLICIT_ANSWERED), 0);
		assert_int_equal(town_counter(&t, i, NODE_C_SOLICIT_ASKED), 1);
	}
	town_stop(&t);
}

/* At a limited rate everybody is asked for what no record tells, by a frame of the node itself. */
static void test_solicit_asks_at_a_rate(void **state)
{
	struct event e = { .kind = EVENT_SOLICIT };
	struct ip4 asked = { { 10, 13, 77, 9 } };
	struct town t;
	struct rd r;
	struct eth eth;
	struct arp a;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	for (uint8_t i = 0; i < 100; i++) {
		e.solicit = (struct event_solicit) { .ip4 = { { 10, 13, 77, i } } };
		town_feed(&t, 0, &e);
		e.solicit = (struct event_solicit) { .v6 = true, .ip6 = { { 0xfd, [15] = i } } };
		town_feed(&t, 0, &e);
		if (i != 9)
			continue;
		r = rd_init(t.asked, t.asked_len);
		assert_int_equal(eth_decode(&r, &eth), 0);
		assert_int_equal(arp_decode(&r, &a), 0);
		assert_true(mac_eq(&eth.dst, &MAC_BROADCAST) && mac_eq(&eth.src, &a.sender_mac));
		assert_true(ip4_eq(&a.target, &asked) && !ip4_is_zero(&a.sender));
	}
	/* of each family, and what is over it has an answer: nobody */
	assert_int_equal(town_counter(&t, 0, NODE_C_SOLICIT_ASKED), 20);
	assert_int_equal(town_counter(&t, 0, NODE_C_SOLICIT_RATE), 180);
	assert_int_equal(t.nobody, 180);
	town_run(&t, t.now + 500 * USEC_MS);
	for (uint8_t i = 0; i < 100; i++) {
		e.solicit = (struct event_solicit) { .ip4 = { { 10, 13, 78, i } } };
		town_feed(&t, 0, &e);
	}
	assert_int_equal(town_counter(&t, 0, NODE_C_SOLICIT_ASKED), 25);
	/* a refusal costs a system call: not for every question of a flood */
	for (int i = 0; i < 10000; i++)
		town_feed(&t, 0, &e);
	assert_in_range(t.nobody, 5000, 5200);
	town_stop(&t);
}

static int peers_of(const struct town *t, int i, enum state_scope scope)
{
	struct state_peer_view v;
	uint32_t cursor = 0;
	int count = 0;

	while (state_peer_next(node_state(t->node[i]), &cursor, &v))
		count += (v.scopes & STATE_SCOPE_BIT(scope)) != 0;
	return count;
}

static struct ip6 link_local(int i)
{
	return (struct ip6) { { 0xfe, 0x80, [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i } };
}

static void test_strangers_leave_room(void **state)
{
	struct event e = { .kind = EVENT_DATAGRAM };
	struct event babel = { .kind = EVENT_NEIGHBOUR };
	uint8_t junk[4] = { 0 };
	struct town t;

	(void)state;
	town_start(&t, 2);
	for (int i = 0; i < 200; i++) {
		e.datagram = (struct event_datagram) { 0, link_local(i), junk, sizeof(junk) };
		town_feed(&t, 0, &e);
	}
	assert_in_range(peers_of(&t, 0, STATE_NETWORK), 1, 12);
	for (int i = 1000; i < 1020; i++) {
		babel.neighbour = (struct event_neighbour) { .port = 0,
							     .cost = 96,
							     .address = link_local(i) };
		town_feed(&t, 0, &babel);
	}
	assert_in_range(peers_of(&t, 0, STATE_NETWORK), 20, 32);
	town_run(&t, t.now + 20 * USEC_S);
	assert_int_equal(peers_of(&t, 0, STATE_CLOUD), 1);
	town_stop(&t);
}

static void test_wish_is_complete(void **state)
{
	const struct wish *w;
	struct town t;
	int vlans = 0;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 15 * USEC_S);
	w = node_wish(t.node[0]);
	for (int i = 0; i < w->link_count; i++)
		vlans += w->links[i].kind == WISH_VLAN;
	assert_int_equal(vlans, 2); /* cloud and Babel on eth1, none on the access point */
	assert_int_equal(w->babel_count, 1);
	assert_string_equal(w->babel[0].dev, "eth1_17");
	assert_true(w->sysctl_count < WISH_SYSCTLS && w->route_count < WISH_ROUTES);
	town_stop(&t);
}

static const struct wish_link *link_find(const struct wish *w, const char *name)
{
	for (int i = 0; i < w->link_count; i++)
		if (!strcmp(w->links[i].name, name))
			return &w->links[i];
	return NULL;
}

/* The mesh ports' VLANs as options say: type of tag, number, none at all. */
static void test_vlan_options(void **state)
{
	const struct wish_link *l;
	struct town t;

	(void)state;
	town_plan(&t, 2);
	for (int i = 0; i < 2; i++) {
		t.conf[i].l2.vlan_protocol = CONF_VLAN_8021Q;
		t.conf[i].l2.vlan_id = 200;
		t.conf[i].l3.vlan_id = 0;
	}
	town_begin(&t);
	town_run(&t, t.now + 15 * USEC_S);
	l = link_find(node_wish(t.node[0]), "eth1_200");
	assert_non_null(l);
	assert_int_equal(l->vid, 200);
	assert_int_equal(l->vlan_proto, 0x8100);
	assert_int_equal(members(t.node[0]), 2);
	assert_int_equal(node_wish(t.node[0])->babel_count, 1);
	assert_string_equal(node_wish(t.node[0])->babel[0].dev, "eth1");
	town_stop(&t);
	town_plan(&t, 2);
	for (int i = 0; i < 2; i++) {
		t.conf[i].l2.vlan_protocol = CONF_VLAN_8021Q;
		t.conf[i].l2.vlan_id = 0;
		t.conf[i].l3.vlan_protocol = CONF_VLAN_8021AD;
		t.conf[i].l3.vlan_id = 18;
	}
	town_begin(&t);
	town_run(&t, t.now + 15 * USEC_S);
	l = link_find(node_wish(t.node[0]), "eth1_18");
	assert_non_null(l);
	assert_int_equal(l->vlan_proto, 0x88a8);
	assert_null(link_find(node_wish(t.node[0]), "eth1_0"));
	assert_int_equal(members(t.node[0]), 2);
	town_stop(&t);
}

static bool is_member(const struct wish *w, const char *port)
{
	const struct wish_link *l = link_find(w, port);

	return l && !strcmp(l->master, "br0");
}

/* A restarted daemon goes on where the one before it stopped; a new one looks around first. */
static void test_restart_keeps_serving(void **state)
{
	struct event e = { .kind = EVENT_PORT };
	struct town t;

	(void)state;
	town_start(&t, 1);
	e.port = (struct event_port) { .port = 5, .carrier = true, .mtu = 1500 };
	e.port.mac = (struct mac) { { 2, 0, 0, 9, 0, 1 } };
	strcpy(e.port.name, "eth5");
	town_feed(&t, 0, &e);
	town_run(&t, t.now + USEC_S);
	assert_false(is_member(node_wish(t.node[0]), "eth5"));
	e.port.port = 6;
	e.port.mac.b[5] = 2;
	e.port.served = true;
	strcpy(e.port.name, "eth6");
	town_feed(&t, 0, &e);
	assert_true(is_member(node_wish(t.node[0]), "eth6"));
	town_run(&t, t.now + 10 * USEC_S);
	assert_true(is_member(node_wish(t.node[0]), "eth6"));
	town_stop(&t);
}

/* Names of USB adapters of one maker differ at their end only; eth0.1 and eth0-1 not at all. */
static void test_vlan_names(void **state)
{
	static const char *const ports[] = { "enx00e04c680001", "enx00e04c680002", "eth0.1",
					     "eth0-1" };
	const struct wish *w;
	struct town t;
	int vlans = 0;

	(void)state;
	town_start(&t, 1);
	for (uint16_t i = 0; i < 4; i++)
		town_port(&t, 0, (uint16_t)(4 + i), ports[i], PORT_KIND_ETHERNET);
	town_run(&t, t.now + 5 * USEC_S);
	w = node_wish(t.node[0]);
	for (uint16_t i = 0; i < w->link_count; i++) {
		vlans += w->links[i].kind == WISH_VLAN;
		for (uint16_t k = 0; k < i; k++)
			assert_string_not_equal(w->links[i].name, w->links[k].name);
	}
	assert_int_equal(vlans, 8);
	town_stop(&t);
}

static void probe(struct town *t, const struct mac *orig, uint8_t ttl, uint16_t seq)
{
	struct event e = { .kind = EVENT_CONTROL };

	e.control = (struct event_control) { .act = CONTROL_PING_MESH,
					     .mac = *orig,
					     .ttl = ttl,
					     .id = 7,
					     .seq = seq,
					     .record = true };
	town_feed(t, 0, &e);
}

/* Several questions at once, each with its answer; and one that has no way. */
static void test_probes_have_their_answers(void **state)
{
	struct mac far, nobody = { { 2, 0, 0, 0, 0, 0x99 } };
	struct node_ping p;
	struct town t;

	(void)state;
	town_start(&t, 3);
	town_run(&t, t.now + 20 * USEC_S);
	assert_true(batman_self(node_batman(t.node[2]), &far));
	probe(&t, &far, 50, 1);
	probe(&t, &far, 1, 2);
	probe(&t, &nobody, 50, 3);
	assert_true(node_ping_answer(t.node[0], 7, 1, &p));
	assert_int_equal(p.icmp.type, BATMAN_ICMP_REPLY);
	assert_true(mac_eq(&p.icmp.from, &far));
	assert_int_equal(p.icmp.rr_count, 5);
	assert_true(node_ping_answer(t.node[0], 7, 2, &p));
	assert_int_equal(p.icmp.type, BATMAN_ICMP_TTL_EXCEEDED);
	assert_true(node_ping_answer(t.node[0], 7, 3, &p));
	assert_int_equal(p.icmp.type, BATMAN_ICMP_UNREACHABLE);
	assert_false(node_ping_answer(t.node[0], 7, 4, &p));
	assert_false(node_ping_answer(t.node[0], 8, 1, &p));
	/* the same number again is another question */
	probe(&t, &nobody, 50, 1);
	assert_true(node_ping_answer(t.node[0], 7, 1, &p));
	assert_int_equal(p.icmp.type, BATMAN_ICMP_UNREACHABLE);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain_knows_all_members),
		cmocka_unit_test(test_client_keeps_lease_where_it_goes),
		cmocka_unit_test(test_seen_address_travels),
		cmocka_unit_test(test_record_names_gateway),
		cmocka_unit_test(test_clients_hear_of_narrow_links),
		cmocka_unit_test(test_old_record_does_not_drop_client),
		cmocka_unit_test(test_client_is_no_node),
		cmocka_unit_test(test_forged_state_only),
		cmocka_unit_test(test_short_announcement),
		cmocka_unit_test(test_strangers_leave_room),
		cmocka_unit_test(test_solicit_finds_nodes),
		cmocka_unit_test(test_solicit_finds_addresses_of_clients),
		cmocka_unit_test(test_solicit_forgets_nodes),
		cmocka_unit_test(test_solicit_knows_no_declined_address),
		cmocka_unit_test(test_solicit_asks_at_a_rate),
		cmocka_unit_test(test_wish_is_complete),
		cmocka_unit_test(test_vlan_options),
		cmocka_unit_test(test_vlan_names),
		cmocka_unit_test(test_restart_keeps_serving),
		cmocka_unit_test(test_probes_have_their_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
