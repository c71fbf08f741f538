/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two nodes have one address: they find it out, and one of them moves and says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/batman/msg.h"
#include "core/state/snapshot.h"
#include "core/state/state_msg.h"
#include "node_bench.h"
#include "node_town.h"
#include "packet/arp.h"
#include "packet/eth.h"

static const struct mac host = { { 2, 0xcc, 0, 0, 0, 9 } };

static const struct ip4 *ip4_of(const struct town *t, int at)
{
	return &node_cloud(t->node[at])->node4;
}

static bool is_unmoved(const struct town *t, int at)
{
	return !node_address_moved(t->node[at])[0] &&
	       town_counter(t, at, NODE_C_ADDRESS_MOVED) == 0;
}

/* What its kernel is to have. */
static bool wishes(const struct town *t, int at, const struct ip4 *ip)
{
	const struct wish *w = node_wish(t->node[at]);

	for (int i = 0; i < w->addr_count; i++)
		if (!w->addrs[i].v6 && ip4_eq(&w->addrs[i].ip4.addr, ip))
			return true;
	return false;
}

static void wait_s(struct town *t, int seconds)
{
	town_run(t, t->now + seconds * USEC_S);
}

/* ---- nodes of trama: their records tell ---- */

/* Two bytes of the MAC make the address, and those are the same in all nodes of this town. */
static void plan(struct town *t, int count)
{
	town_plan(t, count);
	for (int i = 0; i < count; i++)
		strcpy(t->conf[i].network.main_ipv4_address, "10.%N1.0.0/16");
}

/* Every node knows every other one by another address, and no client gets it. */
static void assert_apart(const struct town *t)
{
	struct node_member m;

	for (int i = 0; i < t->count; i++) {
		unsigned int members = 0;

		assert_true(wishes(t, i, ip4_of(t, i)));
		for (int k = 0; k < t->count; k++) {
			assert_int_equal(ip4_eq(ip4_of(t, i), ip4_of(t, k)), i == k);
			assert_false(lease_static_allows(node_lease(t->node[i]), ip4_of(t, k)));
		}
		for (uint32_t cursor = 0; node_member_next(t->node[i], &cursor, &m); members++)
			assert_true(ip4_eq(&m.ip4, ip4_of(t, m.id[5])));
		assert_int_equal(members, t->count);
	}
}

static void test_one_moves(void **state)
{
	static const struct ip4 derived = { { 10, 13, 255, 254 } }, next = { { 10, 13, 0, 2 } };
	struct town t;

	(void)state;
	plan(&t, 2);
	town_begin(&t);
	assert_true(ip4_eq(ip4_of(&t, 0), &derived) && ip4_eq(ip4_of(&t, 1), &derived));
	wait_s(&t, 30);
	assert_true(is_unmoved(&t, 0));
	assert_true(ip4_eq(ip4_of(&t, 0), &derived));
	assert_true(ip4_eq(ip4_of(&t, 1), &next));
	assert_apart(&t);
	assert_false(wishes(&t, 1, &derived));
	assert_int_equal(town_counter(&t, 1, NODE_C_ADDRESS_MOVED), 1);
	assert_int_equal(t.notices[NOTICE_ADDRESS_MOVED], 1);
	assert_string_equal(
		node_address_moved(t.node[1]),
		"10.13.255.254 is that of LiMe-000001, too, so this node has 10.13.0.2");
	/* whenever it starts */
	town_reboot(&t, 1);
	wait_s(&t, 40);
	assert_true(ip4_eq(ip4_of(&t, 1), &next));
	assert_apart(&t);
	town_stop(&t);
}

static void test_many_move(void **state)
{
	struct town t;

	(void)state;
	plan(&t, TOWN_NODES);
	town_begin(&t);
	wait_s(&t, 60);
	assert_true(is_unmoved(&t, 0));
	assert_apart(&t);
	town_stop(&t);
}

/* Not to what is fixed for a client. */
static void test_moves_past_clients(void **state)
{
	static const struct ip4 next = { { 10, 13, 0, 2 } }, behind = { { 10, 13, 0, 3 } };
	struct town t;

	(void)state;
	plan(&t, 2);
	t.conf[0].host[t.conf[0].host_count++] = (struct conf_host) { .mac = host, .ip = next };
	t.conf[1].host[t.conf[1].host_count++] = (struct conf_host) { .mac = host, .ip = next };
	town_begin(&t);
	wait_s(&t, 30);
	assert_true(ip4_eq(ip4_of(&t, 1), &behind));
	assert_apart(&t);
	town_stop(&t);
}

static void test_ip6(void **state)
{
	struct ip6 both, next;
	struct town t;

	(void)state;
	town_plan(&t, 2);
	for (int i = 0; i < 2; i++)
		strcpy(t.conf[i].network.main_ipv6_address, "fd%N1:%N2%N3:%N4%N5::77/64");
	town_begin(&t);
	both = node_cloud(t.node[0])->node6;
	next = cloud_ip6_behind(&both);
	wait_s(&t, 30);
	assert_true(is_unmoved(&t, 0));
	assert_true(ip6_eq(&node_cloud(t.node[0])->node6, &both));
	assert_true(ip6_eq(&node_cloud(t.node[1])->node6, &next));
	assert_true(net6_has(&node_cloud(t.node[1])->network6, &next));
	assert_int_equal(town_counter(&t, 1, NODE_C_ADDRESS_MOVED), 1);
	town_stop(&t);
}

/* A node with a lower id says that it has this address and, if not NULL, this MAC in the cloud, by
 * way of a snapshot. */
static void tell(struct bench *b, const struct ip4 *ip, const struct mac *mac)
{
	static const struct state_node other = { { 0, 0, 2, 0, 0, 0, 0, 9 } };
	static uint32_t epoch;
	struct state_msg_record m = { .author = other, .epoch = ++epoch, .lifetime_s = 3600 };
	struct event e = { .kind = EVENT_LOAD };
	uint8_t value[16], file[256];
	struct wr v = wr_init(value, sizeof(value)), w = wr_init(file, sizeof(file));
	size_t field = wr_tlv8_begin(&v, 2), mark = snapshot_begin(&w);

	wr_ip4(&v, ip);
	wr_tlv8_end(&v, field);
	if (mac) {
		field = wr_tlv8_begin(&v, 5);
		wr_mac(&v, mac);
		wr_tlv8_end(&v, field);
	}
	m.key.key = state_key_init(1, other.b, sizeof(other.b));
	m.key.kind = STATE_OWNED;
	m.key.author = other;
	m.value = value;
	m.len = (uint16_t)wr_len(&v);
	wr_zero(&w, 12);
	state_msg_write_record(&w, &m);
	e.load = (struct event_load) { file, snapshot_end(&w, mark) };
	bench_feed(b, &e);
	assert_int_equal(node_load_error(b->node), 0);
}

/* Somebody makes up a node that has whatever address this one takes. */
static void test_meetings_are_bounded(void **state)
{
	struct ip4 ip;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	for (int i = 0; i < 150; i++) {
		ip = node_cloud(b.node)->node4;
		tell(&b, &ip, NULL);
		bench_run(&b, 2 * USEC_S);
		if (i < 5)
			assert_false(ip4_eq(&node_cloud(b.node)->node4, &ip));
	}
	assert_in_range(node_counter(b.node, NODE_C_ADDRESS_MOVED), 16, 16 + 6);
	/* in the end it is found out all the same */
	ip = node_cloud(b.node)->node4;
	tell(&b, &ip, NULL);
	bench_run(&b, 120 * USEC_S);
	assert_false(ip4_eq(&node_cloud(b.node)->node4, &ip));
	bench_stop(&b);
}

/* Before it lost its disk it was another node, of which the others still know. */
static void test_former_self(void **state)
{
	struct mac mac;
	struct ip4 ip;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	ip = node_cloud(b.node)->node4;
	mac = cloud_hardif_mac(NODE_BRIDGE, &(struct mac) { { 2, 0, 0, 0x12, 0x34, 1 } });
	tell(&b, &ip, &mac);
	bench_run(&b, 10 * USEC_S);
	assert_int_equal(node_counter(b.node, NODE_C_ADDRESS_MOVED), 0);
	assert_true(ip4_eq(&node_cloud(b.node)->node4, &ip));
	mac.b[5]++;
	tell(&b, &ip, &mac);
	bench_run(&b, 10 * USEC_S);
	assert_int_equal(node_counter(b.node, NODE_C_ADDRESS_MOVED), 1);
	bench_stop(&b);
}

/* ---- others: ARP tells ---- */

/* Somebody at node 1 who says that an address is his. */
struct claimant {
	struct ip4 ip;
	bool is_silent;
	struct mac by; /* who asked last */
	bool is_asked;
	unsigned int questions;
};

static void hear(struct town *t, int at, const uint8_t *frame, size_t len)
{
	struct claimant *c = t->arg;
	struct rd r = rd_init(frame, len);
	struct eth e;
	struct arp a;

	if (at != 1 || eth_decode(&r, &e) || e.type != ETH_TYPE_ARP || arp_decode(&r, &a) ||
	    a.op != ARP_OP_REQUEST || !ip4_eq(&a.target, &c->ip))
		return;
	assert_true(ip4_is_zero(&a.sender)); /* nobody learns an address from it */
	c->by = a.sender_mac;
	c->is_asked = true;
	c->questions++;
}

static void answer(struct town *t, struct claimant *c)
{
	struct arp a = { .op = ARP_OP_REPLY, .sender_mac = host, .sender = c->ip };
	uint8_t frame[ETH_HEADER + ARP_LEN];
	struct wr w = wr_init(frame, sizeof(frame));

	c->is_asked = false;
	a.target_mac = c->by;
	arp_build(&w, &c->by, &a);
	town_frame(t, 1, LINK_CLOUD, frame, wr_len(&w));
}

static void run_s(struct town *t, struct claimant *c, int seconds)
{
	usec_t until = t->now + seconds * USEC_S;

	while (t->now < until) {
		town_run(t, t->now + 100 * USEC_MS);
		if (c->is_asked && !c->is_silent)
			answer(t, c);
	}
}

/* Nobody says what it is of: what nodes of LibreMesh are to trama. */
static bool hide(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame, len), tvlv, value;
	struct bat_ogm o;
	struct bat_eth e;
	uint8_t type, version;

	(void)t;
	(void)from;
	(void)to;
	if (!bat_eth_decode(&r, &e) || e.type != BATMAN_ETHERTYPE)
		return true;
	while (bat_ogm_next(&r, &o)) {
		tvlv = o.tvlv;
		while (bat_tvlv_next(&tvlv, &type, &version, &value))
			if (type == BAT_TVLV_TRAMA)
				frame[value.p - frame - BAT_TVLV_HEADER] = BAT_TVLV_TRAMA - 1;
	}
	return true;
}

static void start(struct town *t, struct claimant *c, bool is_trama)
{
	static const struct arp hello = { .op = ARP_OP_REQUEST, .sender_mac = host };
	uint8_t frame[ETH_HEADER + ARP_LEN];
	struct wr w = wr_init(frame, sizeof(frame));

	*c = (struct claimant) { .ip = { { 10, 13, 200, 1 } } };
	town_plan(t, 2);
	t->wire = is_trama ? NULL : hide;
	t->cloud = hear;
	t->arg = c;
	town_begin(t);
	wait_s(t, 5);
	/* node 1 tells that it has this client */
	arp_build(&w, &MAC_BROADCAST, &hello);
	town_frame(t, 1, LINK_CLOUD, frame, wr_len(&w));
	assert_true(ip4_eq(ip4_of(t, 0), &c->ip));
}

static void test_other_software(void **state)
{
	static const struct ip4 next = { { 10, 13, 200, 2 } };
	struct claimant c;
	struct town t;

	(void)state;
	start(&t, &c, false);
	run_s(&t, &c, 40);
	assert_in_range(c.questions, 3, 4);
	assert_true(ip4_eq(ip4_of(&t, 0), &next));
	assert_true(wishes(&t, 0, &next));
	assert_int_equal(t.notices[NOTICE_ADDRESS_MOVED], 1);
	assert_string_equal(
		node_address_moved(t.node[0]),
		"10.13.200.1 is that of 02:cc:00:00:00:09, too, so this node has 10.13.200.2");
	/* and nobody is asked for the old one any more, nor has it */
	c.questions = 0;
	run_s(&t, &c, 700);
	assert_int_equal(c.questions, 0);
	assert_int_equal(town_counter(&t, 0, NODE_C_ADDRESS_MOVED), 1);
	town_stop(&t);
}

/* Who does not answer has gone, or was never there. */
static void test_one_word_is_not_enough(void **state)
{
	struct claimant c;
	struct town t;

	(void)state;
	start(&t, &c, false);
	c.is_silent = true;
	run_s(&t, &c, 20);
	assert_true(c.is_asked);
	for (int i = 0; i < 20; i++) {
		answer(&t, &c);
		town_run(&t, t.now + 50 * USEC_MS);
	}
	run_s(&t, &c, 700);
	assert_true(c.questions >= 4); /* with what he said, and after 300 s each */
	assert_true(is_unmoved(&t, 0));
	town_stop(&t);
}

/* A client of a node of trama, which has its own ways to tell. */
static void test_clients_move_nobody(void **state)
{
	struct claimant c;
	struct town t;

	(void)state;
	start(&t, &c, true);
	run_s(&t, &c, 700);
	assert_true(c.questions >= 2);
	assert_true(is_unmoved(&t, 0));
	town_stop(&t);
}

/* Somebody who says so of every address that the node takes. */
static void test_moves_are_bounded(void **state)
{
	struct claimant c;
	struct town t;

	(void)state;
	start(&t, &c, false);
	for (int i = 0; i < 360; i++) {
		run_s(&t, &c, 10);
		c.ip = *ip4_of(&t, 0);
	}
	assert_in_range(town_counter(&t, 0, NODE_C_ADDRESS_MOVED), 4, 3 + 6 + 1);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_moves),
		cmocka_unit_test(test_many_move),
		cmocka_unit_test(test_moves_past_clients),
		cmocka_unit_test(test_ip6),
		cmocka_unit_test(test_meetings_are_bounded),
		cmocka_unit_test(test_former_self),
		cmocka_unit_test(test_other_software),
		cmocka_unit_test(test_one_word_is_not_enough),
		cmocka_unit_test(test_clients_move_nobody),
		cmocka_unit_test(test_moves_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
