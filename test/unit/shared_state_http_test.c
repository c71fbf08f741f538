/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shared-state.sync, what LibreMesh nodes post over HTTP, at node 0:
 *
 *    0 --- 1      a client at node 0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dhcp_client.h"
#include "node_town.h"
#include "rpc/method.h"
#include "rpc/shared_state.h"
#include "rpc/shared_state_store.h"
#include "rpc_ask.h"

#define LEASES "dnsmasq-leases"
#define HOSTS "dnsmasq-hosts"
#define THEIRS "02:cc:00:00:00:01"
#define KEY "10.13.1.1"

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };

struct box {
	struct town town;
	struct rpc_context rpc;
};

static void act(void *ctx, const struct event *e)
{
	struct box *b = ctx;

	town_feed(&b->town, 0, e);
}

/* With addresses of their own: from these MACs both would derive the same. */
static int start(void **state, enum conf_use use, enum conf_engine engine)
{
	struct box *b = calloc(1, sizeof(*b));
	struct town *t = &b->town;

	town_plan(t, 2);
	t->conf[0].bridge.shared_state_http = use;
	t->conf[0].l2.engine = engine;
	text_copy(t->conf[1].network.main_ipv4_address, CONF_TEMPLATE_MAX, "10.13.7.7/16");
	town_begin(t);
	town_run(t, t->now + 30 * USEC_S);
	b->rpc = (struct rpc_context) { .node = t->node[0],
					.now = t->now,
					.act = act,
					.ctx = b,
					.shared_state =
						shared_state_new((struct hash_key) { 1, 2 }) };
	assert_non_null(b->rpc.shared_state);
	*state = b;
	return 0;
}

static int setup(void **state)
{
	return start(state, CONF_USE_ON, CONF_ENGINE_USER);
}

static int setup_auto(void **state)
{
	return start(state, CONF_USE_AUTO, CONF_ENGINE_USER);
}

static int setup_auto_kernel(void **state)
{
	return start(state, CONF_USE_AUTO, CONF_ENGINE_KERNEL);
}

static int teardown(void **state)
{
	struct box *b = *state;

	shared_state_free(b->rpc.shared_state);
	town_stop(&b->town);
	free(b);
	return 0;
}

static void run(struct box *b, usec_t span)
{
	town_run(&b->town, b->town.now + span);
	b->rpc.now = b->town.now;
}

/* ---- asking ---- */

/* The whole answer; takes params. */
static json_t *call(struct box *b, json_t *params)
{
	return rpc_answer(&b->rpc, "shared-state.sync", params, NULL);
}

/* Takes params. */
static int code(struct box *b, json_t *params)
{
	json_t *v = call(b, params);
	int c = (int)json_integer_value(json_object_get(json_object_get(v, "error"), "code"));

	json_decref(v);
	return c;
}

/* Takes the store, and gives the one that is answered. */
static json_t *post(struct box *b, const char *type, json_t *store)
{
	json_t *v = call(b, json_pack("{ss so}", "type", type, "store", store));
	json_t *got = json_object_get(json_object_get(v, "result"), "store");

	assert_true(json_is_object(got));
	json_incref(got);
	json_decref(v);
	return got;
}

static json_t *lease(const char *mac, const char *author, json_int_t left)
{
	return json_pack("{sI ss s{ss ss}}", "bleachTTL", left, "author", author, "data", "mac",
			 mac, "hostname", "phone");
}

static json_t *one(const char *key, json_t *entry)
{
	return json_pack("{so}", key, entry);
}

/* Of one entry of a store: what it has left, by whom (and of which MAC) it is. 0: it is not there.
 */
static json_int_t left_of(json_t *store, const char *key, const char *author, const char *mac)
{
	json_t *e = json_object_get(store, key);

	if (!e)
		return 0;
	assert_string_equal(json_string_value(json_object_get(e, "author")), author);
	if (mac)
		assert_string_equal(
			json_string_value(json_object_get(json_object_get(e, "data"), "mac")), mac);
	return json_integer_value(json_object_get(e, "bleachTTL"));
}

/* The same of what is answered to an empty store, which Lua writes so. */
static json_int_t left_now(struct box *b, const char *key, const char *author, const char *mac)
{
	json_t *store = post(b, LEASES, json_array());
	json_int_t left = left_of(store, key, author, mac);

	json_decref(store);
	return left;
}

static uint64_t counter(const struct box *b, const char *name)
{
	const char *found;
	uint64_t value;

	for (uint32_t i = 0; shared_state_counter_next(b->rpc.shared_state, &i, &found, &value);)
		if (!strcmp(found, name))
			return value;
	fail_msg("no counter %s", name);
	return 0;
}

static unsigned int imports(const struct box *b, struct node_import *ret_last)
{
	unsigned int count = 0;

	for (uint32_t i = 0; node_import_next(b->town.node[0], &i, ret_last);)
		count++;
	return count;
}

static struct ip4 lease_to_client(struct town *t)
{
	struct dhcp_msg m = {
		.op = DHCP_OP_REQUEST, .xid = 77, .chaddr = client, .type = DHCP_DISCOVER
	};
	uint8_t frame[DHCP_CLIENT_FRAME];

	town_station(t, 0, &client, CLIENT_ASSOCIATED);
	town_frame(t, 0, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	m.requested = dhcp_client_receive(t->dhcp, t->dhcp_len).yiaddr;
	m.type = DHCP_REQUEST;
	town_frame(t, 0, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	assert_int_equal(dhcp_client_receive(t->dhcp, t->dhcp_len).type, DHCP_ACK);
	return m.requested;
}

static const char *name_of(const struct box *b, int node)
{
	return node_cloud(b->town.node[node])->hostname;
}

/* ---- the exchange ---- */

static void test_exchange(void **state)
{
	struct box *b = *state;
	struct ip4 leased = lease_to_client(&b->town);
	char ip[IP4_TEXT], mac[MAC_TEXT];
	struct node_import import;
	struct node_member m;
	json_t *store;

	store = post(b, LEASES, one(KEY, lease(THEIRS, "LiMe-aa", 28)));
	assert_int_equal(left_of(store, KEY, "LiMe-aa", THEIRS), 28);
	assert_int_equal(
		left_of(store, ip4_text(&leased, ip), name_of(b, 0), mac_text(&client, mac)), 30);
	for (uint32_t i = 0; node_member_next(b->town.node[0], &i, &m);)
		assert_int_equal(
			left_of(store, ip4_text(&m.ip4, ip), m.name, mac_text(&m.cloud_mac, mac)),
			30);
	assert_int_equal(json_object_size(store), 4);
	json_decref(store);
	assert_int_equal(imports(b, &import), 1);
	assert_int_equal(import.source, IMPORT_SHARED_STATE_HTTP);
	assert_string_equal(ip4_text(&import.ip4, ip), KEY);
	assert_string_equal(mac_text(&import.mac, mac), THEIRS);
	assert_string_equal(import.name, "phone");
	assert_int_equal(import.expires_at, b->town.now + 28 * 120 * USEC_S);
	assert_int_equal(counter(b, "served"), 1);
	assert_int_equal(counter(b, "entries_taken"), 1);
}

/* What others have said is shown, and nothing else. */
static void test_listed(void **state)
{
	struct box *b = *state;
	json_t *theirs = json_object(), *r, *e;
	char key[IP4_TEXT];

	(void)lease_to_client(&b->town);
	for (uint8_t i = 0; i < 250; i++) {
		struct ip4 ip = { { 10, 13, 9, i } };

		json_object_set_new(theirs, ip4_text(&ip, key), lease(THEIRS, "LiMe-aa", 28));
	}
	json_decref(post(b, LEASES, theirs));
	json_decref(post(b, HOSTS,
			 json_pack("{s{si ss sb}}", "10.13.9.1 phone", "bleachTTL", 30, "author",
				   "LiMe-aa", "data", 1)));
	r = rpc_result("shared-state.list", rpc_answer(&b->rpc, "shared-state.list",
						       json_pack("{ss}", "type", HOSTS), NULL));
	assert_int_equal(json_array_size(json_object_get(r, "entries")), 1);
	e = json_array_get(json_object_get(r, "entries"), 0);
	assert_string_equal(json_string_value(json_object_get(e, "key")), "10.13.9.1 phone");
	assert_string_equal(json_string_value(json_object_get(e, "author")), "LiMe-aa");
	assert_string_equal(json_string_value(json_object_get(e, "by")), "http");
	assert_true(json_is_true(json_object_get(e, "data")));
	json_decref(r);
	r = rpc_result("shared-state.list", rpc_answer(&b->rpc, "shared-state.list", NULL, NULL));
	assert_int_equal(json_array_size(json_object_get(r, "entries")), 251);
	assert_true(json_is_null(json_object_get(r, "after")));
	json_decref(r);
	r = rpc_result("shared-state.list", rpc_answer(&b->rpc, "shared-state.list",
						       json_pack("{si}", "after", 250), NULL));
	assert_int_equal(json_array_size(json_object_get(r, "entries")), 1);
	json_decref(r);
	/* what lives no more is not */
	run(b, 3700 * USEC_S);
	r = rpc_result("shared-state.list", rpc_answer(&b->rpc, "shared-state.list", NULL, NULL));
	assert_int_equal(json_array_size(json_object_get(r, "entries")), 0);
	json_decref(r);
}

static void test_names(void **state)
{
	struct box *b = *state;
	char ip[IP6_TEXT], line[128];
	struct node_import import;
	struct node_member m;
	json_t *store;

	store = post(b, HOSTS,
		     one("10.13.1.1 phone",
			 json_pack("{si ss sb}", "bleachTTL", 30, "author", "LiMe-aa", "data", 1)));
	assert_int_equal(left_of(store, "10.13.1.1 phone", "LiMe-aa", NULL), 30);
	for (uint32_t i = 0; node_member_next(b->town.node[0], &i, &m);) {
		snprintf(line, sizeof(line), "%s %s", ip4_text(&m.ip4, ip), m.name);
		assert_int_equal(left_of(store, line, name_of(b, 0), NULL), 30);
		snprintf(line, sizeof(line), "%s %s", ip6_text(&m.ip6, ip), m.name);
		assert_true(json_is_true(json_object_get(json_object_get(store, line), "data")));
	}
	assert_int_equal(json_object_size(store), 5);
	json_decref(store);
	assert_int_equal(imports(b, &import), 0);
	assert_int_equal(left_now(b, "10.13.1.1 phone", "", NULL), 0); /* it is of another type */
}

/* The higher one stays, else the one that was here; all count down, two minutes a step. */
static void test_higher_wins(void **state)
{
	struct box *b = *state;

	json_decref(post(b, LEASES, one(KEY, lease(THEIRS, "LiMe-aa", 20))));
	json_decref(post(b, LEASES, one(KEY, lease("02:cc:00:00:00:02", "LiMe-bb", 20))));
	assert_int_equal(left_now(b, KEY, "LiMe-aa", THEIRS), 20);
	json_decref(post(b, LEASES, one(KEY, lease("02:cc:00:00:00:02", "LiMe-bb", 21))));
	assert_int_equal(left_now(b, KEY, "LiMe-bb", "02:cc:00:00:00:02"), 21);
	run(b, 119 * USEC_S);
	assert_int_equal(left_now(b, KEY, "LiMe-bb", NULL), 20);
	json_decref(post(b, LEASES, one(KEY, lease(THEIRS, "LiMe-aa", 21)))); /* not yet 20 there */
	assert_int_equal(left_now(b, KEY, "LiMe-bb", NULL), 20);
	run(b, 2 * USEC_S);
	assert_int_equal(left_now(b, KEY, "LiMe-bb", NULL), 19);
	json_decref(post(b, LEASES, one(KEY, lease(THEIRS, "LiMe-aa", 20))));
	assert_int_equal(left_now(b, KEY, "LiMe-bb", NULL), 19);
	run(b, 19 * 120 * USEC_S);
	assert_int_equal(left_now(b, KEY, "LiMe-bb", NULL), 0);
}

/* More than a new entry has is cut, and who gives back what it was given, at once or before it has
 * counted down, prolongs nothing. */
static void test_lives_no_longer(void **state)
{
	struct box *b = *state;
	json_t *store = post(b, LEASES, one(KEY, lease(THEIRS, "LiMe-aa", INT64_MAX)));
	struct node_import import;

	assert_int_equal(left_of(store, KEY, "LiMe-aa", NULL), SS_BLEACH_MAX);
	for (int i = 0; i < 31; i++) {
		run(b, 119 * USEC_S);
		json_decref(post(b, LEASES, store));
		store = post(b, LEASES, json_array());
		assert_int_equal(left_of(store, KEY, "LiMe-aa", NULL) > 0, i < 29);
		json_decref(post(b, LEASES, json_incref(store)));
	}
	json_decref(store);
	run(b, 2 * USEC_S);
	assert_int_equal(imports(b, &import), 0);
}

/* An entry without data says that it is gone, to those who ask later too. */
static void test_deleted(void **state)
{
	struct box *b = *state;
	struct node_import import;
	json_t *store;

	json_decref(post(b, LEASES, one(KEY, lease(THEIRS, "LiMe-aa", 28))));
	assert_int_equal(imports(b, &import), 1);
	store = post(
		b, LEASES,
		one(KEY, json_pack("{si ss sn}", "bleachTTL", 29, "author", "LiMe-bb", "data")));
	assert_int_equal(left_of(store, KEY, "LiMe-bb", NULL), 29);
	assert_null(json_object_get(json_object_get(store, KEY), "data"));
	json_decref(store);
	assert_int_equal(imports(b, &import), 0);
	json_decref(post(b, LEASES, one(KEY, lease(THEIRS, "LiMe-aa", 29))));
	assert_int_equal(left_now(b, KEY, "LiMe-bb", NULL), 29);
	json_decref(post(b, LEASES, one(KEY, lease(THEIRS, "LiMe-aa", 30))));
	assert_int_equal(left_now(b, KEY, "LiMe-aa", THEIRS), 30);
	assert_int_equal(imports(b, &import), 1);
	json_decref(post(b, LEASES,
			 one("10.13.1.2", json_pack("{si ss}", "bleachTTL", 9, "author", "x"))));
	assert_int_equal(left_now(b, "10.13.1.2", "x", NULL), 9);
	assert_int_equal(imports(b, &import), 1);
}

/* Nobody changes a lease of ours; that others have the address is counted once. */
static void test_ours_stay(void **state)
{
	struct box *b = *state;
	struct ip4 leased = lease_to_client(&b->town);
	char ip[IP4_TEXT], mac[MAC_TEXT];
	struct node_import import;
	struct lease_view v;
	json_t *store;

	ip4_text(&leased, ip);
	mac_text(&client, mac);
	for (int i = 0; i < 3; i++) {
		store = post(b, LEASES, one(ip, lease(THEIRS, "LiMe-aa", 30)));
		assert_int_equal(left_of(store, ip, name_of(b, 0), mac), 30);
		json_decref(store);
		run(b, 3 * USEC_S);
	}
	assert_int_equal(imports(b, &import), 1);
	assert_true(import.clash);
	assert_int_equal(town_counter(&b->town, 0, NODE_C_IMPORT_CLASH), 1);
	assert_int_equal(counter(b, "entries_of_ours_refused"), 3);
	assert_true(lease_find(node_lease(b->town.node[0]), &client, b->town.now, &v));
	assert_true(ip4_eq(&v.client.ip4, &leased));
	/* without data: their entry has ended, ours has not */
	json_decref(post(b, LEASES,
			 one(ip, json_pack("{si ss}", "bleachTTL", 30, "author", "LiMe-aa"))));
	assert_int_equal(imports(b, &import), 0);
	assert_int_equal(left_now(b, ip, name_of(b, 0), mac), 30);
}

/* What we said comes back by others: it is no lease of theirs, and lives no longer by that. */
static void test_in_our_name(void **state)
{
	struct box *b = *state;
	struct event e = { .kind = EVENT_CONTROL };
	struct ip4 leased = lease_to_client(&b->town);
	struct node_import import;
	char ip[IP4_TEXT];

	ip4_text(&leased, ip);
	json_decref(post(b, LEASES, one(ip, lease(THEIRS, name_of(b, 0), 30))));
	json_decref(post(b, LEASES, one(KEY, lease(THEIRS, name_of(b, 1), 8))));
	assert_int_equal(imports(b, &import), 0);
	assert_int_equal(counter(b, "entries_of_ours_refused"), 0);
	e.control = (struct event_control) { .act = CONTROL_RELEASE_LEASE, .mac = client };
	town_feed(&b->town, 0, &e);
	run(b, 21 * USEC_S);
	assert_int_equal(left_now(b, ip, "", NULL), 0);
	json_decref(post(b, LEASES, one(ip, lease(THEIRS, name_of(b, 0), 5))));
	json_decref(post(b, LEASES, one(ip, lease(THEIRS, name_of(b, 0), 6))));
	assert_int_equal(left_now(b, ip, name_of(b, 0), THEIRS), 5);
	assert_int_equal(counter(b, "entries_of_ours_refused"), 1);
	assert_int_equal(imports(b, &import), 0);
}

/* ---- what is refused ---- */

static void test_no_entries(void **state)
{
	static const char text[] =
		"{\"a\":7,\"b\":{},\"c\":{\"author\":\"x\"},\"d\":{\"bleachTTL\":\"5\","
		"\"author\":\"x\"},\"e\":{\"bleachTTL\":5,\"author\":\"x\\ny\"},"
		"\"\":{\"bleachTTL\":5,\"author\":\"x\"},\"f\\n\":{\"bleachTTL\":5,"
		"\"author\":\"x\"},\"g\":{\"bleachTTL\":0,\"author\":\"x\",\"data\":1},"
		"\"h\":{\"bleachTTL\":-3,\"author\":\"x\",\"data\":1},"
		"\"i\":{\"bleachTTL\":5,\"author\":\"x\",\"data\":[\"\xc3\xa4\"]},"
		"\"10.13.1.2\":{\"bleachTTL\":5,\"author\":\"x\",\"data\":{\"mac\":\"no\"}}}";
	struct box *b = *state;
	json_t *v =
		call(b, json_pack("{ss so}", "type", LEASES, "store", json_loads(text, 0, NULL)));
	json_t *result = json_object_get(v, "result"), *store = json_object_get(result, "store");
	struct node_import import;

	assert_int_equal(json_integer_value(json_object_get(result, "bad_entries")), 7);
	assert_int_equal(counter(b, "bad_entries"), 7);
	assert_int_equal(json_object_size(store), 4); /* two of ours, and what is data of a kind */
	assert_int_equal(left_of(store, "i", "x", NULL), 5);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(json_object_get(store, "i"), "data"), 0)),
			    "\xc3\xa4");
	assert_int_equal(left_of(store, "10.13.1.2", "x", "no"), 5);
	assert_int_equal(imports(b, &import), 0);
	json_decref(v);
}

static void test_parameters(void **state)
{
	struct box *b = *state;
	json_t *deep = json_object();

	assert_int_equal(code(b, json_pack("{ss s{}}", "type", "bat-hosts", "store")),
			 RPC_NOT_FOUND);
	assert_int_equal(code(b, json_pack("{ss}", "type", LEASES)), RPC_PARAMS);
	assert_int_equal(code(b, json_pack("{s{}}", "store")), RPC_PARAMS);
	assert_int_equal(code(b, json_pack("{ss s[i]}", "type", LEASES, "store", 1)), RPC_PARAMS);
	assert_int_equal(code(b, json_pack("{ss ss}", "type", LEASES, "store", "{}")), RPC_PARAMS);
	for (int i = 0; i < RPC_DEPTH_MAX; i++)
		deep = json_pack("{so}", "x", deep);
	assert_int_equal(code(b, json_pack("{ss so}", "type", LEASES, "store", deep)), RPC_PARSE);
	assert_int_equal(counter(b, "served"), 0);
}

/* A part of a store, of so many names from that number on. */
static json_t *part_of(int first, int count)
{
	json_t *part = json_object();
	char key[32];

	for (int i = first; i < first + count; i++) {
		snprintf(key, sizeof(key), "10.13.1.1 n%d", i);
		json_object_set_new(part, key, lease(THEIRS, "LiMe-aa", 30));
	}
	return json_pack("{ss so sb}", "type", HOSTS, "store", part, "more", 1);
}

/* In parts, as it is longer than a line; others have so many places, and ours are beside them. */
static void test_bounded(void **state)
{
	struct box *b = *state;
	json_t *v;

	for (int i = 0; i < 3000; i += 200) {
		v = call(b, part_of(i, 200));
		assert_true(json_is_null(json_object_get(json_object_get(v, "result"), "store")));
		json_decref(v);
	}
	assert_int_equal(counter(b, "entries_without_place"), 3000 - SS_FOREIGN_MAX);
	v = post(b, HOSTS, json_object());
	assert_int_equal(json_object_size(v), SS_FOREIGN_MAX + 4);
	json_decref(v);
	run(b, 3601 * USEC_S);
	v = post(b, HOSTS, json_object());
	assert_int_equal(json_object_size(v), 4);
	json_decref(v);
}

static void test_rate(void **state)
{
	struct box *b = *state;

	for (int i = 0; i < 70; i++)
		assert_int_equal(code(b, json_pack("{ss s{}}", "type", LEASES, "store")),
				 i < 64 ? 0 : RPC_FULL);
	assert_int_equal(counter(b, "over_rate"), 6);
	run(b, USEC_S);
	for (int i = 0; i < 6; i++)
		assert_int_equal(code(b, json_pack("{ss s{}}", "type", LEASES, "store")),
				 i < 5 ? 0 : RPC_FULL);
}

/* More is allowed less often: of what is posted, and of what is answered. */
static void test_rate_of_much(void **state)
{
	struct box *b = *state;

	for (int i = 0; i < 33; i++)
		assert_int_equal(code(b, part_of(0, 520)), i < 32 ? 0 : RPC_FULL);
	run(b, 20 * USEC_S);
	for (int i = 0; i < 33; i++)
		assert_int_equal(code(b, json_pack("{ss s{}}", "type", HOSTS, "store")),
				 i < 32 ? 0 : RPC_FULL);
}

static void test_who_may(void **state)
{
	struct box *b = *state;
	struct shared_state *s = b->rpc.shared_state;

	b->rpc.read_only = true;
	assert_int_equal(code(b, json_pack("{ss s{}}", "type", LEASES, "store")), RPC_FORBIDDEN);
	b->rpc.read_only = false;
	b->rpc.shared_state = NULL;
	assert_int_equal(code(b, json_pack("{ss s{}}", "type", LEASES, "store")), RPC_FORBIDDEN);
	b->rpc.shared_state = s;
	b->town.conf[0].bridge.shared_state_http = CONF_USE_OFF;
	assert_int_equal(code(b, json_pack("{ss s{}}", "type", LEASES, "store")), RPC_FORBIDDEN);
	b->town.conf[0].bridge.shared_state_http = CONF_USE_ON;
	assert_int_equal(code(b, json_pack("{ss s{}}", "type", LEASES, "store")), 0);
	assert_int_equal(counter(b, "served"), 1);
}

static void test_auto_among_ourselves(void **state)
{
	struct box *b = *state;

	assert_int_equal(code(b, json_pack("{ss s{}}", "type", LEASES, "store")), RPC_FORBIDDEN);
	assert_int_equal(counter(b, "refused"), 1);
}

static void test_auto_with_others(void **state)
{
	static const struct mac other = { { 2, 0, 0, 0, 9, 1 } };
	struct box *b = *state;
	struct event e = { .kind = EVENT_MESH };
	struct mac self;

	assert_true(batman_self(node_batman(b->town.node[0]), &self));
	e.mesh = (struct batman_row) { .kind = BATMAN_ROW_SELF, .mac = self };
	town_feed(&b->town, 0, &e);
	e.mesh = (struct batman_row) { .kind = BATMAN_ROW_PATH,
				       .port = 1,
				       .mac = other,
				       .via = other,
				       .tq = 255,
				       .best = true };
	town_feed(&b->town, 0, &e);
	e.mesh = (struct batman_row) { .kind = BATMAN_ROW_END };
	town_feed(&b->town, 0, &e);
	assert_int_equal(code(b, json_pack("{ss s{}}", "type", LEASES, "store")), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_exchange),
		TEST(test_names),
		TEST(test_listed),
		TEST(test_higher_wins),
		TEST(test_lives_no_longer),
		TEST(test_deleted),
		TEST(test_ours_stay),
		TEST(test_in_our_name),
		TEST(test_no_entries),
		TEST(test_parameters),
		TEST(test_bounded),
		TEST(test_rate),
		TEST(test_rate_of_much),
		TEST(test_who_may),
		cmocka_unit_test_setup_teardown(test_auto_among_ourselves, setup_auto, teardown),
		cmocka_unit_test_setup_teardown(test_auto_with_others, setup_auto_kernel, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
