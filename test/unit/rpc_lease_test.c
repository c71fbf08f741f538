/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lease.list, lease.add, lease.reserve, lease.remove on two nodes in memory, and what leases,
 * status and clients say of addresses that are fixed, of others, or that had to be left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dhcp_client.h"
#include "node/record.h"
#include "node_town.h"
#include "packet/arp.h"
#include "packet/eth.h"
#include "rpc/method.h"
#include "rpc_ask.h"

#define CLIENT "02:cc:00:00:00:01"

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 1 } }, laptop = { { 2, 0xcc, 0, 0, 0, 2 } };

struct box {
	struct town town;
	struct rpc_context rpc;
};

/* Everything that a method does goes through the form in which it is recorded. */
static void act(void *ctx, const struct event *e)
{
	struct box *b = ctx;
	uint8_t buf[2048];
	struct wr w = wr_init(buf, sizeof(buf));
	struct event again;
	struct rd r;
	usec_t at;

	record_event_encode(&w, e, b->town.now);
	r = rd_init(buf, wr_len(&w));
	assert_int_equal(record_event_decode(&r, &again, &at), 0);
	town_feed(&b->town, b->rpc.node == b->town.node[1], &again);
}

static int start(void **state, bool is_young)
{
	struct box *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	town_plan(&b->town, 2);
	strcpy(b->town.conf[1].network.main_ipv4_address, "10.%N1.200.1/16");
	b->town.conf[1].host_count = 1;
	b->town.conf[1].host[0] = (struct conf_host) { .mac = { { 2, 0xcc, 0, 0, 0, 0x77 } },
						       .ip = { { 10, 13, 77, 77 } } };
	town_begin(&b->town);
	if (!is_young)
		town_run(&b->town, b->town.now + 40 * USEC_S);
	b->rpc = (struct rpc_context) {
		.node = b->town.node[0], .now = b->town.now, .act = act, .ctx = b
	};
	*state = b;
	return 0;
}

static int setup(void **state)
{
	return start(state, false);
}

static int setup_young(void **state)
{
	return start(state, true);
}

static int teardown(void **state)
{
	struct box *b = *state;

	town_stop(&b->town);
	free(b);
	return 0;
}

static void run_s(struct box *b, int seconds)
{
	town_run(&b->town, b->town.now + seconds * USEC_S);
	b->rpc.now = b->town.now;
}

static void at_node(struct box *b, int i)
{
	b->rpc.node = b->town.node[i];
}

/* The whole answer; takes params. */
static json_t *call(struct box *b, const char *method, json_t *params)
{
	return rpc_answer(&b->rpc, method, params, NULL);
}

static json_t *ask(struct box *b, const char *method, json_t *params)
{
	return rpc_result(method, call(b, method, params));
}

/* The error's code; what it says holds that text. */
static int fails(struct box *b, const char *method, json_t *params, const char *says)
{
	return rpc_error(call(b, method, params), says);
}

static json_t *add(struct box *b, const char *who, const char *address)
{
	return ask(b, "lease.add", json_pack("{ss ss*}", "client", who, "address", address));
}

static int not_added(struct box *b, const char *who, const char *address, const char *says)
{
	return fails(b, "lease.add", json_pack("{ss ss*}", "client", who, "address", address),
		     says);
}

/* What is fixed for whom, at the node that is asked; NULL: nothing. It is borrowed. */
static json_t *fixed(json_t *list, const char *what)
{
	json_t *s;
	size_t i;

	json_array_foreach(list, i, s)
	{
		if (!strcmp(json_string_value(json_object_get(s, "what")), what))
			return s;
	}
	return NULL;
}

static bool is_fixed(struct box *b, const char *what)
{
	json_t *list = ask(b, "lease.list", NULL);
	bool is = fixed(list, what) != NULL;

	json_decref(list);
	return is;
}

static void assert_says(json_t *o, const char *key, const char *value)
{
	const char *is = json_string_value(json_object_get(o, key));

	assert_non_null(is);
	assert_string_equal(is, value);
}

/* By DHCP at node 0. */
static struct dhcp_msg dhcp(struct box *b, const struct mac *mac, enum dhcp_type type,
			    struct ip4 requested, const char *name)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .xid = 77,
			      .chaddr = *mac,
			      .type = (uint8_t)type,
			      .requested = requested };
	uint8_t frame[DHCP_CLIENT_FRAME];

	strcpy(m.hostname, name);
	town_station(&b->town, 0, mac, CLIENT_ASSOCIATED);
	b->town.dhcp_len = 0;
	town_frame(&b->town, 0, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	return dhcp_client_receive(b->town.dhcp, b->town.dhcp_len);
}

static struct ip4 joins(struct box *b, const struct mac *mac, const char *name)
{
	struct ip4 ip = dhcp(b, mac, DHCP_DISCOVER, (struct ip4) { { 0 } }, name).yiaddr;

	assert_int_equal(dhcp(b, mac, DHCP_REQUEST, ip, name).type, DHCP_ACK);
	return ip;
}

/* ---- lease.add, lease.list ---- */

static void test_add(void **state)
{
	static const char *const nowhere[] = { "with", "configured_at" };
	struct box *b = *state;
	json_t *s = ask(b, "lease.add",
			json_pack("{ss ss ss ss s{ss ss}}", "client", CLIENT, "address",
				  "10.13.77.7", "name", "Printer", "leasetime", "12h", "options",
				  "ntp-server", "10.13.0.9", "router", "")),
	       *list, *options;

	for (int i = 0; i < 2; i++) {
		assert_says(s, "what", CLIENT);
		assert_says(s, "ipv4", "10.13.77.7");
		assert_says(s, "name", "printer");
		assert_says(s, "state", "free");
		assert_says(s, "meaning", "its client has not asked for it");
		assert_int_equal(json_integer_value(json_object_get(s, "leasetime_s")), 43200);
		options = json_object_get(s, "options");
		assert_says(options, "ntp-server", "10.13.0.9");
		assert_says(options, "router", "");
		for (int k = 0; k < 2; k++)
			assert_true(json_is_null(json_object_get(s, nowhere[k])));
		assert_says(s, "mac", CLIENT);
		json_decref(s);
		/* a second later it is there */
		run_s(b, 1);
		at_node(b, 1);
		list = ask(b, "lease.list", NULL);
		s = json_incref(fixed(list, CLIENT));
		json_decref(list);
	}
	json_decref(s);
	/* its client has it, which each node says */
	run_s(b, 2);
	assert_int_equal(
		dhcp(b, &client, DHCP_REQUEST, (struct ip4) { { 10, 13, 77, 7 } }, "x").type,
		DHCP_ACK);
	run_s(b, 1);
	list = ask(b, "lease.list", NULL);
	assert_says(fixed(list, CLIENT), "state", "leased");
	json_decref(list);
	list = ask(b, "leases", NULL);
	s = json_array_get(json_object_get(list, "leases"), 0);
	assert_says(s, "kind", "static");
	assert_says(s, "name", "printer");
	json_decref(list);
}

/* What a client has at present becomes its own. */
static void test_add_what_it_has(void **state)
{
	struct box *b = *state;
	struct ip4 ip = joins(b, &laptop, "laptop");
	char text[IP4_TEXT];
	json_t *s;

	s = add(b, "laptop", NULL);
	assert_says(s, "what", "02:cc:00:00:00:02");
	assert_says(s, "ipv4", ip4_text(&ip, text));
	assert_says(s, "state", "leased");
	json_decref(s);
	assert_int_equal(dhcp(b, &laptop, DHCP_REQUEST, ip, "laptop").type, DHCP_ACK);
	/* with a name no address */
	s = ask(b, "lease.add", json_pack("{ss ss}", "client", "laptop", "name", "desk"));
	assert_true(json_is_null(json_object_get(s, "ipv4")));
	assert_says(s, "state", "any");
	json_decref(s);
}

static void test_add_by_identifier(void **state)
{
	struct box *b = *state;
	json_t *s = add(b, "id:FF6964", "10.13.77.7");

	assert_says(s, "what", "id:ff6964");
	assert_true(json_is_null(json_object_get(s, "mac")));
	json_decref(s);
	json_decref(ask(b, "lease.remove", json_pack("{ss}", "what", "ID:ff6964")));
	assert_false(is_fixed(b, "id:ff6964"));
}

static void test_not_added(void **state)
{
	static const struct {
		const char *who, *address, *says;
		int code;
	} rows[] = {
		{ "nobody", "10.13.77.8", "no client", RPC_NOT_FOUND },
		{ "id:0g", "10.13.77.8", "2 to 60 hex digits", RPC_PARAMS },
		{ "id:", "10.13.77.8", "2 to 60 hex digits", RPC_PARAMS },
		{ "03:cc:00:00:00:01", "10.13.77.8", "no station's MAC", RPC_PARAMS },
		{ CLIENT, "10.13.77", "no IPv4 address", RPC_PARAMS },
		{ CLIENT, NULL, "no lease now", RPC_PARAMS },
		{ CLIENT, "10.14.0.9", "from 10.13.0.2 to 10.13.255.254", RPC_PARAMS },
		{ CLIENT, "10.13.0.1", "from 10.13.0.2 to 10.13.255.254", RPC_PARAMS },
		{ CLIENT, "10.13.77.77", "fixed for 02:cc:00:00:00:77", RPC_PARAMS },
		{ "02:cc:00:00:00:77", "10.13.77.8", "configuration of node LiMe-010001",
		  RPC_FORBIDDEN },
	};
	const char *node = node_cloud(((struct box *)*state)->town.node[0])->hostname;
	struct box *b = *state;
	char text[IP4_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(not_added(b, rows[i].who, rows[i].address, rows[i].says),
				 rows[i].code);
	assert_int_equal(not_added(b, node, "10.13.77.8", "is a node"), RPC_PARAMS);
	ip4_text(&node_cloud(b->town.node[1])->node4, text);
	assert_int_equal(not_added(b, CLIENT, text, "is node LiMe-010001's"), RPC_PARAMS);
	assert_false(is_fixed(b, CLIENT));
}

static void test_not_added_with(void **state)
{
	static const struct {
		const char *option, *value, *says;
	} rows[] = {
		{ "colour", "red", "known are router" },
		{ "mtu", "9000", "known are router" },
		{ "ntp-server", "somewhere", "known are router" },
	};
	struct box *b = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(fails(b, "lease.add",
				       json_pack("{ss s{ss}}", "client", CLIENT, "options",
						 rows[i].option, rows[i].value),
				       rows[i].says),
				 RPC_PARAMS);
	assert_int_equal(fails(b, "lease.add",
			       json_pack("{ss s{si}}", "client", CLIENT, "options", "mtu", 1300),
			       "known are router"),
			 RPC_PARAMS);
	assert_int_equal(fails(b, "lease.add",
			       json_pack("{ss ss}", "client", CLIENT, "leasetime", "1m"),
			       "120 to 604800 seconds"),
			 RPC_PARAMS);
	assert_int_equal(fails(b, "lease.add",
			       json_pack("{ss ss}", "client", CLIENT, "name", "-printer"),
			       "inner '-'"),
			 RPC_PARAMS);
	assert_false(is_fixed(b, CLIENT));
	b->rpc.read_only = true;
	assert_int_equal(not_added(b, CLIENT, "10.13.77.7", "only look"), RPC_FORBIDDEN);
}

static void test_too_early(void **state)
{
	struct box *b = *state;

	assert_int_equal(not_added(b, CLIENT, "10.13.77.7", "try again"), RPC_NOT_YET);
}

/* ---- lease.reserve, lease.remove ---- */

static void test_reserve(void **state)
{
	struct box *b = *state;
	json_t *s = ask(b, "lease.reserve", json_pack("{ss}", "addresses", "10.13.80.0/24"));

	assert_says(s, "what", "10.13.80.0-10.13.80.255");
	assert_says(s, "state", "reserved");
	json_decref(s);
	run_s(b, 1);
	at_node(b, 1);
	assert_true(is_fixed(b, "10.13.80.0-10.13.80.255"));
	json_decref(ask(b, "lease.remove", json_pack("{ss}", "what", "10.13.80.0/24")));
	run_s(b, 1);
	at_node(b, 0);
	assert_false(is_fixed(b, "10.13.80.0-10.13.80.255"));
	assert_int_equal(fails(b, "lease.reserve", json_pack("{ss}", "addresses", "10.14.0.0/24"),
			       "not in this cloud's network 10.13.0.0/16"),
			 RPC_PARAMS);
	assert_int_equal(
		fails(b, "lease.reserve", json_pack("{ss}", "addresses", "many"), "FIRST-LAST"),
		RPC_PARAMS);
}

/* By whatever it is called. */
static void test_remove(void **state)
{
	static const char *const called[] = { CLIENT, "02:CC:00:00:00:01", "10.13.77.7", "printer",
					      "Printer" };
	struct box *b = *state;

	for (size_t i = 0; i < sizeof(called) / sizeof(called[0]); i++) {
		json_decref(ask(b, "lease.add",
				json_pack("{ss ss ss}", "client", CLIENT, "address", "10.13.77.7",
					  "name", "printer")));
		assert_true(is_fixed(b, CLIENT));
		json_decref(ask(b, "lease.remove", json_pack("{ss}", "what", called[i])));
		assert_false(is_fixed(b, CLIENT));
	}
	assert_int_equal(
		fails(b, "lease.remove", json_pack("{ss}", "what", CLIENT), "lease.list shows"),
		RPC_NOT_FOUND);
	assert_int_equal(fails(b, "lease.remove", json_pack("{ss}", "what", "10.13.77.77"),
			       "configuration of node LiMe-010001"),
			 RPC_FORBIDDEN);
	at_node(b, 1);
	assert_int_equal(
		fails(b, "lease.remove", json_pack("{ss}", "what", "10.13.77.77"), "configuration"),
		RPC_FORBIDDEN);
}

/* ---- addresses of others ---- */

static void says_by_arp(struct box *b, const struct mac *mac, struct ip4 ip)
{
	struct arp a = { .op = ARP_OP_REQUEST, .sender_mac = *mac, .sender = ip, .target = ip };
	uint8_t frame[ETH_HEADER + ARP_LEN];
	struct wr w = wr_init(frame, sizeof(frame));

	arp_build(&w, &MAC_BROADCAST, &a);
	town_frame(&b->town, 0, LINK_CLIENT, frame, wr_len(&w));
	b->rpc.now = b->town.now;
}

static void test_foreign(void **state)
{
	static const struct ip4 ip = { { 10, 13, 77, 7 } };
	struct box *b = *state;
	json_t *leases, *f, *list;

	json_decref(add(b, CLIENT, "10.13.77.7"));
	run_s(b, 3);
	says_by_arp(b, &laptop, ip);
	leases = ask(b, "leases", NULL);
	f = json_object_get(leases, "foreign");
	assert_int_equal(json_array_size(f), 1);
	assert_says(json_array_get(f, 0), "ipv4", "10.13.77.7");
	assert_says(json_array_get(f, 0), "mac", "02:cc:00:00:00:02");
	json_decref(leases);
	list = ask(b, "lease.list", NULL);
	assert_says(fixed(list, CLIENT), "state", "foreign");
	assert_says(fixed(list, CLIENT), "with", "02:cc:00:00:00:02");
	json_decref(list);
	assert_int_equal(b->town.notices[NOTICE_ADDRESS_FOREIGN], 1);
}

/* Node 1 has the address of node 0 in its configuration. */
static void test_address_moved(void **state)
{
	struct box *b = *state;
	json_t *s = ask(b, "status", NULL);

	assert_true(json_is_null(json_object_get(s, "address_moved")));
	json_decref(s);
	at_node(b, 1);
	s = ask(b, "status", NULL);
	assert_says(s, "address_moved",
		    "10.13.200.1 is that of LiMe-000001, too, so this node has 10.13.200.2");
	json_decref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(test_add),
		TEST(test_add_what_it_has),
		TEST(test_add_by_identifier),
		TEST(test_not_added),
		TEST(test_not_added_with),
		cmocka_unit_test_setup_teardown(test_too_early, setup_young, teardown),
		TEST(test_reserve),
		TEST(test_remove),
		TEST(test_foreign),
		TEST(test_address_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
