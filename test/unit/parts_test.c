/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What whole nodes do when their cloud is cut: a chain of which one wire carries nothing any more,
 * but for what Babel's neighbours would find another way for. Who notices what when: cut_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_client.h"
#include "node_town.h"
#include "packet/arp.h"
#include "packet/eth.h"
#include "packet/icmp6.h"
#include "packet/udp.h"
#include "sim/stand_in.h"

#define RULE_HOSTS 1699
#define HEALED (36 * USEC_S)

static const struct mac anna = { { 2, 0xcc, 0, 0, 0, 1 } }, bert = { { 2, 0xcc, 0, 0, 0, 2 } };

static bool is_cut;    /* between nodes 1 and 2 */
static bool is_parted; /* ... on layer 3, too */
static int routed;     /* datagrams from part to part */
static struct stand_in keys[TOWN_NODES];

static bool pass(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	(void)t;
	(void)frame;
	(void)len;
	return !is_cut || from + to != 3;
}

static struct ip6 port_address(int i, uint16_t port)
{
	struct mac mac = { { 2, 0, 0, (uint8_t)i, 0, (uint8_t)(port + 1) } };

	return ip6_link_local(&mac);
}

static bool crosses(int from, int to)
{
	return (from < 2) != (to < 2);
}

static int node_at(const struct town *t, const struct ip6 *addr)
{
	for (int i = 0; i < t->count; i++)
		if (ip6_eq(&node_cloud(t->node[i])->node6, addr))
			return i;
	return -1;
}

/* Routed ones go wherever there is such an address, others to the next node of the chain. */
static void datagram(struct town *t, int from, const struct effect_datagram *d)
{
	struct event e = { .kind = EVENT_DATAGRAM };
	uint8_t copy[STATE_DATAGRAM_MAX + 8];
	uint16_t back = d->port ? 0 : 1;
	int to = d->port ? from + 1 : from - 1;

	assert_in_range(d->len, 1, sizeof(copy));
	memcpy(copy, d->data, d->len);
	if (d->port == NODE_PORTS) {
		to = node_at(t, &d->to);
		routed++;
		e.datagram.port = NODE_PORTS;
		e.datagram.from = node_cloud(t->node[from])->node6;
	} else {
		e.datagram.port = back;
		e.datagram.from = port_address(from, d->port);
	}
	if (to < 0 || to >= t->count || (is_parted && crosses(from, to)))
		return;
	e.datagram.data = copy;
	e.datagram.len = d->len;
	town_feed(t, to, &e);
}

static void neighbours(struct town *t)
{
	struct event e = { .kind = EVENT_NEIGHBOUR };

	for (int i = 0; i + 1 < t->count; i++) {
		e.neighbour = (struct event_neighbour) { .port = 1,
							 .cost = 96,
							 .address = port_address(i + 1, 0) };
		town_feed(t, i, &e);
		e.neighbour = (struct event_neighbour) { .port = 0,
							 .cost = 96,
							 .address = port_address(i, 1) };
		town_feed(t, i + 1, &e);
	}
}

/* Nothing is sealed, but ids follow from keys, and tell nobody's MAC. */
static void keys_give(struct town *t)
{
	for (int i = 0; i < t->count; i++) {
		stand_in_init(&keys[i], (uint64_t)i + 1, "");
		t->crypto[i] = &keys[i].crypto;
	}
}

/* A chain of four that has been together for a minute. */
static void begin(struct town *t)
{
	is_cut = is_parted = false;
	routed = 0;
	town_plan(t, TOWN_NODES);
	keys_give(t);
	t->wire = pass;
	t->datagram = datagram;
	town_begin(t);
	neighbours(t);
	town_run(t, t->now + 60 * USEC_S);
}

static void cut(struct town *t)
{
	is_cut = true;
	town_run(t, t->now + 8 * USEC_S);
}

static unsigned int parts(const struct town *t, int i)
{
	struct node_part p;
	unsigned int count = 0;

	for (uint32_t k = 0; node_part_next(t->node[i], &k, &p);)
		count++;
	return count;
}

static bool has_rule(const struct town *t, int i)
{
	const struct wish *w = node_wish(t->node[i]);
	unsigned int found = 0;

	for (uint16_t k = 0; k < w->rule_count; k++) {
		const struct wish_rule *r = &w->rules[k];

		found += r->priority == RULE_HOSTS && r->table == WISH_TABLE_EXPORT &&
			 r->suppress_prefixlength == (r->v6 ? 127 : 31);
	}
	assert_true(found == 0 || found == 2);
	return found;
}

enum told { NOT_TOLD, TOLD, LEAVES };

static enum told host4(const struct town *t, int i, const struct ip4 *ip)
{
	const struct wish *w = node_wish(t->node[i]);

	for (uint16_t k = 0; k < w->host_count; k++)
		if (!w->hosts[k].v6 && ip4_eq(&w->hosts[k].ip4, ip))
			return w->hosts[k].leaves ? LEAVES : TOLD;
	return NOT_TOLD;
}

static bool host6(const struct town *t, int i, const struct ip6 *ip)
{
	const struct wish *w = node_wish(t->node[i]);

	for (uint16_t k = 0; k < w->host_count; k++)
		if (w->hosts[k].v6 && ip6_eq(&w->hosts[k].ip6, ip))
			return !w->hosts[k].leaves;
	return false;
}

/* The client comes to that node and gets an address. */
static struct ip4 lease(struct town *t, int i, const struct mac *mac)
{
	struct dhcp_msg m = {
		.op = DHCP_OP_REQUEST, .xid = 77, .chaddr = *mac, .type = DHCP_DISCOVER
	};
	uint8_t frame[DHCP_CLIENT_FRAME];

	town_station(t, i, mac, CLIENT_ASSOCIATED);
	t->dhcp_len = 0;
	town_frame(t, i, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	m.requested = dhcp_client_receive(t->dhcp, t->dhcp_len).yiaddr;
	m.type = DHCP_REQUEST;
	town_frame(t, i, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	assert_int_equal(dhcp_client_receive(t->dhcp, t->dhcp_len).type, DHCP_ACK);
	return m.requested;
}

static bool knows(const struct town *t, int i, const struct mac *mac, const struct ip4 *ip)
{
	struct lease_view v;

	return lease_find(node_lease(t->node[i]), mac, t->now, &v) && ip4_eq(&v.client.ip4, ip);
}

/* Node j has lately told node i something of the cloud. */
static bool speaks(const struct town *t, int i, int j)
{
	struct state_node id = state_node_of_key(keys[j].crypto.public_key);
	struct state_peer_view v;

	for (uint32_t k = 0; state_peer_next(node_state(t->node[i]), &k, &v);)
		if (v.scopes & STATE_SCOPE_BIT(STATE_CLOUD) && !memcmp(&v.id, &id, sizeof(id)) &&
		    t->now - v.heard_at < 4 * USEC_S)
			return true;
	return false;
}

static void test_whole(void **state)
{
	struct town t;
	struct ip4 ip;

	(void)state;
	begin(&t);
	ip = lease(&t, 0, &anna);
	town_run(&t, t.now + 300 * USEC_S);
	for (int i = 0; i < t.count; i++) {
		assert_int_equal(parts(&t, i), 0);
		assert_false(has_rule(&t, i));
		assert_int_equal(host4(&t, i, &ip), NOT_TOLD);
		assert_int_equal(node_wish(t.node[i])->host_count, 0);
		assert_false(node_wish(t.node[i])->has_parts);
	}
	assert_int_equal(t.notices[NOTICE_CLOUD_CUT], 0);
	assert_int_equal(routed, 0);
	town_stop(&t);
}

/* Routes to what is here and to nothing else, and all that is told is told once. */
static void test_routes(void **state)
{
	struct town t;
	struct ip4 ip;

	(void)state;
	begin(&t);
	ip = lease(&t, 1, &anna);
	cut(&t);
	assert_int_equal(t.notices[NOTICE_CLOUD_CUT], 4);
	for (int i = 0; i < t.count; i++) {
		const struct cloud *c = node_cloud(t.node[i]);

		assert_int_equal(parts(&t, i), 1);
		assert_true(has_rule(&t, i) && node_wish(t.node[i])->has_parts);
		assert_int_equal(host4(&t, i, &c->node4), TOLD);
		assert_true(host6(&t, i, &c->node6));
		assert_int_equal(host4(&t, i, &ip), i == 1 ? TOLD : NOT_TOLD);
	}
	is_cut = false;
	town_run(&t, t.now + 5 * USEC_S);
	assert_int_equal(t.notices[NOTICE_CLOUD_HEALED], 4);
	for (int i = 0; i < t.count; i++)
		assert_true(has_rule(&t, i));
	town_run(&t, t.now + HEALED - 5 * USEC_S);
	for (int i = 0; i < t.count; i++) {
		assert_int_equal(parts(&t, i), 0);
		assert_false(has_rule(&t, i) || node_wish(t.node[i])->has_parts);
		assert_int_equal(node_wish(t.node[i])->host_count, 0);
	}
	town_stop(&t);
}

/* The client asks for some neighbour from that address. */
static void uses(struct town *t, int i, const struct mac *mac, const struct ip6 *from)
{
	struct icmp6_path p = { .eth_src = *mac,
				.eth_dst = { { 0x33, 0x33, 0xff, 0, 0, 1 } },
				.src = *from,
				.dst = { { 0xff, 2, [11] = 1, [12] = 0xff, [15] = 1 } },
				.hop_limit = 255 };
	struct icmp6_nd nd = { .type = ICMP6_NS, .has_mac = true, .target = *from, .mac = *mac };
	uint8_t frame[128];
	struct wr w = wr_init(frame, sizeof(frame));

	nd.target.b[15] ^= 0x55;
	icmp6_nd_build(&w, &p, &nd);
	assert_false(w.bad);
	town_frame(t, i, LINK_CLIENT, frame, wr_len(&w));
}

/* What a client says of its addresses leads nothing away from a node. */
static void test_forged(void **state)
{
	struct town t;
	struct ip6 own;

	(void)state;
	begin(&t);
	own = node_cloud(t.node[0])->node6;
	own.b[14] ^= 0x77;
	(void)lease(&t, 0, &anna);
	uses(&t, 0, &anna, &own);
	uses(&t, 0, &anna, &node_cloud(t.node[3])->node6);
	cut(&t);
	assert_true(host6(&t, 0, &own));
	assert_false(host6(&t, 0, &node_cloud(t.node[3])->node6));
	assert_true(host6(&t, 3, &node_cloud(t.node[3])->node6));
	town_stop(&t);
}

/* Who is in another part keeps its addresses, whoever claims them here where it cannot hear that;
 * but it may come itself. */
static void test_claimed(void **state)
{
	struct ip6 hers, his, second;
	struct town t;

	(void)state;
	begin(&t);
	his = hers = node_cloud(t.node[0])->node6;
	hers.b[14] ^= 0x77;
	his.b[14] ^= 0x76;
	second = his;
	second.b[15] ^= 0x11;
	(void)lease(&t, 0, &anna);
	(void)lease(&t, 3, &bert);
	uses(&t, 3, &bert, &his);
	town_run(&t, t.now + USEC_S);
	cut(&t);
	uses(&t, 3, &bert, &second);
	town_run(&t, t.now + 2 * USEC_S);
	uses(&t, 0, &anna, &his);
	uses(&t, 0, &anna, &second);
	uses(&t, 0, &anna, &hers);
	town_run(&t, t.now + 2 * USEC_S);
	assert_true(host6(&t, 0, &hers));
	assert_false(host6(&t, 0, &his) || host6(&t, 0, &second));
	assert_true(host6(&t, 3, &his) && host6(&t, 3, &second));
	assert_int_equal(town_counter(&t, 0, NODE_C_CLAIM_PART), 2);
	town_station(&t, 0, &bert, CLIENT_ASSOCIATED);
	uses(&t, 0, &bert, &his);
	town_run(&t, t.now + 2 * USEC_S);
	assert_true(host6(&t, 0, &his));
	town_stop(&t);
}

/* A lease that other software gave: who has it is in one of the parts, at another node. */
static void test_leased_by_others(void **state)
{
	struct event e = { .kind = EVENT_IMPORT };
	struct ip4 hers;
	struct town t;

	(void)state;
	begin(&t);
	hers = lease(&t, 1, &anna);
	town_station(&t, 2, &bert, CLIENT_ASSOCIATED);
	e.import = (struct event_import) { .source = IMPORT_SHARED_STATE,
					   .ip4 = { { 10, 13, 1, 77 } },
					   .mac = bert,
					   .ttl_s = 600 };
	town_run(&t, t.now + 5 * USEC_S);
	for (int i = 0; i < t.count; i++)
		town_feed(&t, i, &e);
	cut(&t);
	for (int i = 0; i < t.count; i++)
		assert_int_equal(host4(&t, i, &e.import.ip4), i == 3 ? TOLD : NOT_TOLD);
	/* nor is it one that another client has */
	e.import.ip4 = hers;
	town_feed(&t, 3, &e);
	town_run(&t, t.now + 2 * USEC_S);
	assert_int_equal(host4(&t, 3, &hers), NOT_TOLD);
	town_stop(&t);
}

/* What a client is given is known in all parts, and nobody there gets the same. */
static void test_state_goes_on(void **state)
{
	struct town t;
	struct ip4 one, two;

	(void)state;
	begin(&t);
	cut(&t);
	one = lease(&t, 1, &anna);
	two = lease(&t, 3, &bert);
	assert_false(ip4_eq(&one, &two));
	town_run(&t, t.now + 2 * USEC_S);
	assert_true(routed > 0);
	for (int i = 0; i < t.count; i++)
		assert_true(knows(&t, i, &anna, &one) && knows(&t, i, &bert, &two));
	/* only the leaders do that */
	assert_true(speaks(&t, 0, 2) && speaks(&t, 2, 0));
	assert_false(speaks(&t, 1, 2) || speaks(&t, 1, 3) || speaks(&t, 3, 0));
	town_stop(&t);
}

/* By the word of a neighbour in the network that is of another cloud: 0 - E - 2, 3. */
static void test_network_between(void **state)
{
	struct town t;
	struct ip4 ip;

	(void)state;
	is_cut = is_parted = false;
	town_plan(&t, TOWN_NODES);
	keys_give(&t);
	t.datagram = datagram;
	strcpy(t.conf[1].wifi.ap_ssid, "another");
	town_begin(&t);
	neighbours(&t);
	town_run(&t, t.now + 60 * USEC_S);
	assert_int_equal(parts(&t, 0), 1);
	assert_int_equal(parts(&t, 1), 0);
	assert_int_equal(parts(&t, 2), 1);
	assert_int_equal(parts(&t, 3), 1);
	ip = lease(&t, 0, &anna);
	town_run(&t, t.now + 2 * USEC_S);
	assert_true(knows(&t, 3, &anna, &ip));
	assert_false(knows(&t, 1, &anna, &ip));
	town_stop(&t);
}

/* A client that walks to another part takes its route along: the old one is the last that anybody
 * takes, and ends. */
static void test_roams(void **state)
{
	struct town t;
	struct ip4 ip;

	(void)state;
	begin(&t);
	ip = lease(&t, 0, &anna);
	cut(&t);
	assert_int_equal(host4(&t, 0, &ip), TOLD);
	town_station(&t, 3, &anna, CLIENT_ASSOCIATED);
	town_run(&t, t.now + 1500 * USEC_MS);
	assert_int_equal(host4(&t, 3, &ip), TOLD);
	assert_int_equal(host4(&t, 0, &ip), LEAVES);
	town_run(&t, t.now + 4 * USEC_S);
	assert_int_equal(host4(&t, 0, &ip), NOT_TOLD);
	assert_int_equal(host4(&t, 3, &ip), TOLD);
	/* and back, before the route there has ended */
	town_station(&t, 0, &anna, CLIENT_ASSOCIATED);
	town_run(&t, t.now + 1500 * USEC_MS);
	town_station(&t, 3, &anna, CLIENT_ASSOCIATED);
	town_run(&t, t.now + 1500 * USEC_MS);
	assert_int_equal(host4(&t, 3, &ip), TOLD);
	town_stop(&t);
}

/* Nobody looks on layer 2 for who is in another part. */
static void test_solicit(void **state)
{
	struct event e = { .kind = EVENT_SOLICIT };
	struct town t;
	uint64_t before;

	(void)state;
	begin(&t);
	e.solicit.ip4 = lease(&t, 3, &bert);
	town_run(&t, t.now + 2 * USEC_S);
	town_feed(&t, 0, &e);
	assert_int_equal(town_counter(&t, 0, NODE_C_SOLICIT_ANSWERED), 1);
	cut(&t);
	before = town_counter(&t, 0, NODE_C_SOLICIT_ASKED);
	t.nobody = 0;
	town_feed(&t, 0, &e);
	assert_int_equal(t.nobody, 1);
	assert_int_equal(town_counter(&t, 0, NODE_C_SOLICIT_PART), 1);
	e.solicit = (struct event_solicit) { .v6 = true, .ip6 = node_cloud(t.node[2])->node6 };
	town_feed(&t, 1, &e);
	assert_int_equal(t.nobody, 2);
	e.solicit.ip6 = node_cloud(t.node[0])->node6;
	town_feed(&t, 1, &e);
	assert_int_equal(t.nobody, 2);
	assert_int_equal(town_counter(&t, 0, NODE_C_SOLICIT_ASKED), before);
	town_stop(&t);
}

static void arp(struct town *t, int i, const struct arp *a)
{
	uint8_t frame[60];
	struct wr w = wr_init(frame, sizeof(frame));

	arp_build(&w, &MAC_BROADCAST, a);
	t->asked_len = 0;
	town_frame(t, i, LINK_CLIENT, frame, wr_len(&w));
}

/* A client that asks for one in another part is sent to its gateway, and to nobody else is. */
static void test_arp(void **state)
{
	struct arp a = { .op = ARP_OP_REQUEST, .sender_mac = anna }, answer;
	struct town t;
	struct rd r;
	struct eth e;

	(void)state;
	begin(&t);
	a.sender = lease(&t, 0, &anna);
	a.target = lease(&t, 3, &bert);
	town_run(&t, t.now + 2 * USEC_S);
	arp(&t, 0, &a);
	assert_int_equal(t.asked_len, 0);
	cut(&t);
	arp(&t, 0, &a);
	r = rd_init(t.asked, t.asked_len);
	assert_int_equal(eth_decode(&r, &e), 0);
	assert_int_equal(arp_decode(&r, &answer), 0);
	assert_int_equal(answer.op, ARP_OP_REPLY);
	assert_true(mac_eq(&e.dst, &anna));
	assert_true(mac_eq(&answer.sender_mac, &node_cloud(t.node[0])->anygw_mac));
	assert_true(ip4_eq(&answer.sender, &a.target) && ip4_eq(&answer.target, &a.sender));
	/* who only looks whether it is free, whose client is elsewhere, who announces himself */
	a.sender = (struct ip4) { { 0 } };
	arp(&t, 0, &a);
	assert_int_equal(t.asked_len, 0);
	a.sender = (struct ip4) { { 10, 13, 0, 99 } };
	arp(&t, 1, &a);
	assert_int_equal(t.asked_len, 0);
	a.sender = a.target;
	arp(&t, 0, &a);
	assert_int_equal(t.asked_len, 0);
	assert_int_equal(town_counter(&t, 0, NODE_C_PROXY), 1);
	town_stop(&t);
}

/* The same by IPv6, and for a packet that goes to the other's own MAC. */
static void test_lost_packet(void **state)
{
	struct udp6_path p = { .eth_src = anna, .eth_dst = bert, .src_port = 9, .dst_port = 9 };
	uint8_t frame[128];
	struct wr w = wr_init(frame, sizeof(frame));
	struct icmp6_head head;
	struct icmp6_nd na;
	struct ip6_head ip;
	struct rd r, payload, body;
	struct town t;
	struct eth e;

	(void)state;
	begin(&t);
	(void)lease(&t, 0, &anna);
	cut(&t);
	p.src = node_cloud(t.node[0])->network6.addr;
	p.src.b[15] = 0x77;
	p.dst = node_cloud(t.node[2])->node6;
	udp6_build(&w, &p, "x", 1);
	t.dhcp_len = 0;
	town_frame(&t, 0, LINK_CLOUD, frame, wr_len(&w));
	r = rd_init(t.dhcp, t.dhcp_len);
	assert_int_equal(eth_decode(&r, &e), 0);
	assert_true(mac_eq(&e.dst, &anna));
	assert_int_equal(ip6_decode(&r, &ip, &payload), 0);
	assert_int_equal(icmp6_decode(&payload, &ip, &head, &body), 0);
	assert_int_equal(head.type, ICMP6_NA);
	assert_int_equal(icmp6_nd_decode(&body, &ip, &head, &na), 0);
	assert_true(na.override && !na.solicited);
	assert_true(ip6_eq(&na.target, &p.dst) && ip6_eq(&ip.dst, &p.src));
	assert_true(mac_eq(&na.mac, &node_cloud(t.node[0])->anygw_mac));
	town_stop(&t);
}

/* Routed datagrams are taken from those who have read our word, and from leaders only. */
static void test_token(void **state)
{
	struct event e = { .kind = EVENT_DATAGRAM };
	uint8_t junk[40] = { 1, 2, 3 };
	struct town t;
	uint64_t refused, received;

	(void)state;
	begin(&t);
	cut(&t);
	refused = town_counter(&t, 0, NODE_C_BAD_DATAGRAM);
	received = state_counter(node_state(t.node[0]), STATE_C_RECEIVED);
	for (int i = 1; i < t.count; i++) {
		e.datagram = (struct event_datagram) { .port = NODE_PORTS,
						       .from = node_cloud(t.node[i])->node6,
						       .data = junk,
						       .len = i == 1 ? 3 : sizeof(junk) };
		town_feed(&t, 0, &e);
	}
	assert_int_equal(town_counter(&t, 0, NODE_C_BAD_DATAGRAM), refused + 3);
	assert_int_equal(state_counter(node_state(t.node[0]), STATE_C_RECEIVED), received);
	town_stop(&t);
}

/* Without layer 3 the parts forget each other, and say so. */
static void test_gone(void **state)
{
	struct town t;

	(void)state;
	begin(&t);
	cut(&t);
	is_parted = true;
	town_run(&t, t.now + 340 * USEC_S);
	assert_int_equal(t.notices[NOTICE_CLOUD_PART_GONE], 4);
	for (int i = 0; i < t.count; i++) {
		assert_int_equal(parts(&t, i), 0);
		assert_int_equal(node_wish(t.node[i])->host_count, 0);
	}
	town_stop(&t);
}

/* A leader that starts again while the cloud is cut is soon where it was. */
static void test_restart(void **state)
{
	struct town t;

	(void)state;
	begin(&t);
	cut(&t);
	town_run(&t, t.now + 20 * USEC_S);
	town_reboot(&t, 2);
	neighbours(&t);
	town_run(&t, t.now + 12 * USEC_S);
	assert_int_equal(parts(&t, 2), 1);
	assert_true(has_rule(&t, 2));
	town_run(&t, t.now + 300 * USEC_S);
	for (int i = 0; i < t.count; i++)
		assert_int_equal(parts(&t, i), 1);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	      cmocka_unit_test(test_routes),
		cmocka_unit_test(test_state_goes_on), cmocka_unit_test(test_network_between),
		cmocka_unit_test(test_roams),	      cmocka_unit_test(test_solicit),
		cmocka_unit_test(test_arp),	      cmocka_unit_test(test_lost_packet),
		cmocka_unit_test(test_token),	      cmocka_unit_test(test_gone),
		cmocka_unit_test(test_restart),	      cmocka_unit_test(test_forged),
		cmocka_unit_test(test_claimed),	      cmocka_unit_test(test_leased_by_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
