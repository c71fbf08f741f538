/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What other nodes have written into replicated records: all of it that is right arrives in the
 * cores, nothing of what is wrong. Records come by way of a snapshot, which may hold any.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/snapshot.h"
#include "core/state/state_msg.h"
#include "dhcp_client.h"
#include "node_bench.h"
#include "node_town.h"

/* As on the wire. */
enum { NODE = 1, BLOCK, CLIENT, GATEWAY, PRESENCE = 9, OF_THE_FUTURE = 99 };
enum {
	F_NODE = 1,
	F_IP4,
	F_IP6,
	F_NAME,
	F_MAC,
	F_EPOCH,
	F_FLAGS,
	F_AGE,
	F_CLIENT_ID,
	F_GATEWAY,
	F_ROUTER_ID,
	F_WORKING,
	F_RESOLVER4,
	F_RESOLVER6,
	F_MTU,
	F_OF_THE_FUTURE = 200,
};

static const struct state_node self = { { 0, 0, 2, 0, 0, 0x12, 0x34, 1 } },
			       other = { { 0, 0, 2, 0, 0, 0, 0, 9 } };
static const struct mac client = { { 6, 0, 0, 0, 0, 1 } };
static const char long_name[] =
	"a23456789012345678901234567890123456789012345678901234567890123456789";

/* ---- making records ---- */

static struct state_msg_record record(uint8_t type, const void *id, size_t id_len)
{
	static uint32_t version;
	struct state_msg_record m = { .author = other, .epoch = ++version, .lifetime_s = 180 };

	m.key.key = state_key_init(type, id, id_len);
	m.key.scope = type == GATEWAY || type == PRESENCE ? STATE_NETWORK : STATE_CLOUD;
	m.key.kind = type == CLIENT ? STATE_SHARED : STATE_OWNED;
	if (m.key.kind == STATE_OWNED)
		m.key.author = other;
	return m;
}

static void load(struct bench *b, uint8_t *file, struct wr *w, size_t mark)
{
	struct event e = { .kind = EVENT_LOAD };

	e.load = (struct event_load) { file, snapshot_end(w, mark) };
	assert_true(e.load.len > 0);
	bench_feed(b, &e);
	assert_int_equal(node_load_error(b->node), 0);
	bench_run(b, USEC_MS);
}

static void tell(struct bench *b, const struct state_msg_record *m)
{
	uint8_t file[1024];
	struct wr w = wr_init(file, sizeof(file));
	size_t mark = snapshot_begin(&w);

	wr_zero(&w, 12); /* of our own versions it knows none */
	state_msg_write_record(&w, m);
	load(b, file, &w, mark);
}

static void field(struct wr *w, uint8_t type, const void *data, size_t len)
{
	size_t mark = wr_tlv8_begin(w, type);

	wr_bytes(w, data, len);
	wr_tlv8_end(w, mark);
}

static void tell_value(struct bench *b, struct state_msg_record m, const struct wr *w)
{
	m.value = w->start;
	m.len = (uint16_t)wr_len(w);
	tell(b, &m);
}

static void tell_gone(struct bench *b, struct state_msg_record m)
{
	m.deleted = true;
	tell(b, &m);
}

static uint64_t bad(const struct bench *b)
{
	return node_counter(b->node, NODE_C_BAD_RECORD);
}

/* ---- each type, whole ---- */

static bool member_other(const struct bench *b, struct node_member *ret)
{
	for (uint32_t i = 0; node_member_next(b->node, &i, ret);)
		if (!memcmp(ret->id, other.b, sizeof(other.b)))
			return true;
	return false;
}

static void test_node(void **state)
{
	static const struct ip6 ip6 = { { 0xfd, [15] = 9 } };
	uint8_t value[STATE_VALUE_MAX];
	struct wr w = wr_init(value, sizeof(value));
	struct node_member m;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	field(&w, F_OF_THE_FUTURE, "?", 1);
	field(&w, F_NAME, long_name, sizeof(long_name) - 1);
	field(&w, F_IP4, "\12\15\0\11", 4);
	field(&w, F_IP6, ip6.b, 16);
	field(&w, F_MAC, client.b, 6);
	field(&w, F_MTU, "\0\0\5\170", 4);
	tell_value(&b, record(NODE, other.b, sizeof(other.b)), &w);
	assert_true(member_other(&b, &m));
	assert_int_equal(strlen(m.name), CLOUD_HOSTNAME_MAX); /* what has room */
	assert_memory_equal(m.name, long_name, CLOUD_HOSTNAME_MAX);
	assert_memory_equal(m.ip4.b, "\12\15\0\11", 4);
	assert_true(ip6_eq(&m.ip6, &ip6) && mac_eq(&m.cloud_mac, &client));
	tell_gone(&b, record(NODE, other.b, sizeof(other.b)));
	assert_false(member_other(&b, &m));
	assert_int_equal(bad(&b), 0);
	bench_stop(&b);
}

/* An author has one word of its part, by its own name. */
static void test_presence(void **state)
{
	struct state_msg_record m = record(PRESENCE, self.b, sizeof(self.b));
	struct bench b;

	(void)state;
	bench_start(&b, "");
	tell_gone(&b, record(PRESENCE, other.b, sizeof(other.b)));
	assert_int_equal(bad(&b), 0);
	m.value = (const uint8_t *)"";
	tell(&b, &m);
	assert_int_equal(bad(&b), 1);
	bench_stop(&b);
}

static bool block_find(const struct bench *b, uint32_t index, struct lease_block *ret)
{
	for (uint32_t i = 0; lease_block_next(node_lease(b->node), &i, ret);)
		if (ret->index == index)
			return true;
	return false;
}

static void test_block(void **state)
{
	uint8_t value[STATE_VALUE_MAX];
	struct wr w = wr_init(value, sizeof(value));
	struct lease_block block;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	field(&w, F_OF_THE_FUTURE, "?", 1);
	field(&w, F_EPOCH, "\0\0\1\2", 4);
	tell_value(&b, record(BLOCK, "\0\0\0\7", 4), &w);
	assert_true(block_find(&b, 7, &block));
	assert_int_equal(block.epoch, 0x102);
	assert_memory_equal(block.owner.b, other.b, sizeof(other.b));
	tell_gone(&b, record(BLOCK, "\0\0\0\7", 4));
	assert_false(block_find(&b, 7, &block));
	assert_int_equal(bad(&b), 0);
	bench_stop(&b);
}

/* Two nodes have claimed one block: the lower claim holds it, and the other is taken back. */
static void test_block_is_lost(void **state)
{
	struct state_key key;
	struct lease_block ours, now;
	struct state_view v;
	uint32_t cursor = 0;
	uint8_t id[4], value[16];
	struct wr wid = wr_init(id, sizeof(id)), w = wr_init(value, sizeof(value));
	struct bench b;

	(void)state;
	bench_start(&b, "");
	bench_run(&b, 10 * USEC_S);
	assert_true(lease_block_next(node_lease(b.node), &cursor, &ours));
	assert_memory_equal(ours.owner.b, self.b, sizeof(self.b));
	wr_u32(&wid, ours.index);
	key = state_key_init(BLOCK, id, sizeof(id));
	assert_int_equal(state_get(node_state(b.node), &key, &self, b.now, &v), 0);
	field(&w, F_EPOCH, "\0\0\0\0", 4);
	tell_value(&b, record(BLOCK, id, sizeof(id)), &w);
	assert_true(block_find(&b, ours.index, &now));
	assert_memory_equal(now.owner.b, other.b, sizeof(other.b));
	assert_true(state_get(node_state(b.node), &key, &self, b.now, &v) < 0);
	bench_stop(&b);
}

static void test_client(void **state)
{
	uint8_t value[STATE_VALUE_MAX];
	struct wr w = wr_init(value, sizeof(value));
	struct state_msg_record m = record(CLIENT, client.b, sizeof(client.b));
	struct lease_view v;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	field(&w, F_OF_THE_FUTURE, "?", 1);
	field(&w, F_MAC, client.b, 6); /* not in records of clients */
	field(&w, F_NODE, other.b, 8);
	field(&w, F_IP4, "\12\15\0\11", 4);
	field(&w, F_AGE, "\0\0\0\5", 4);
	field(&w, F_FLAGS, "\0\0\0\4", 4);
	field(&w, F_CLIENT_ID, long_name, LEASE_ID_MAX + 1);
	field(&w, F_NAME, "laptop", 6);
	field(&w, F_GATEWAY, self.b, 8);
	for (uint8_t i = 0; i <= LEASE_ADDRS_MAX; i++)
		field(&w, F_IP6, (struct ip6) { { 0xfd, [15] = i } }.b, 16);
	m.quiet_s = m.age_s = 60; /* the lease was 5 s old when it was written */
	tell_value(&b, m, &w);
	assert_true(lease_find(node_lease(b.node), &client, b.now, &v));
	assert_memory_equal(v.client.node.b, other.b, 8);
	assert_memory_equal(v.client.gateway.b, self.b, 8);
	assert_memory_equal(v.client.ip4.b, "\12\15\0\11", 4);
	assert_in_range(v.client.age_s, 60 + 5, 60 + 6);
	assert_in_range(v.refreshed_s + v.held_s, 48 * 3600 - 1, 48 * 3600); /* both cut */
	assert_int_equal(v.client.flags, LEASE_RELEASED);
	assert_int_equal(v.client.id_len, LEASE_ID_MAX);
	assert_memory_equal(v.client.id, long_name, LEASE_ID_MAX);
	assert_string_equal(v.client.name, "laptop");
	assert_int_equal(v.client.addr_count, LEASE_ADDRS_MAX);
	for (uint8_t i = 0; i < LEASE_ADDRS_MAX; i++)
		assert_int_equal(v.client.addrs[i].b[15], i);
	assert_int_equal(bad(&b), 0);
	bench_stop(&b);
}

/* One without a lease is forgotten with its record. */
static void test_client_is_deleted(void **state)
{
	uint8_t value[16];
	struct wr w = wr_init(value, sizeof(value));
	struct lease_view v;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	field(&w, F_NODE, other.b, 8);
	tell_value(&b, record(CLIENT, client.b, 6), &w);
	assert_true(lease_find(node_lease(b.node), &client, b.now, &v));
	tell_gone(&b, record(CLIENT, client.b, 6));
	assert_false(lease_find(node_lease(b.node), &client, b.now, &v));
	assert_int_equal(bad(&b), 0);
	bench_stop(&b);
}

/* A node with an access point, ten seconds old, and the client at it. */
static void associated(struct bench *b, struct event *e)
{
	bench_start(b, "");
	bench_port(b, 0, "wlan0-ap", PORT_KIND_WIFI_AP);
	bench_run(b, 10 * USEC_S);
	e->client = (struct event_client) { .change = CLIENT_ASSOCIATED, .mac = client };
	bench_feed(b, e);
}

/* Who was here for a moment and never asked for an address has no record after an hour. */
static void test_client_is_dropped(void **state)
{
	struct state_key key = state_key_init(CLIENT, client.b, sizeof(client.b));
	struct event e = { .kind = EVENT_CLIENT };
	struct state_view v;
	struct bench b;

	(void)state;
	associated(&b, &e);
	e.client.change = CLIENT_DISASSOCIATED;
	bench_feed(&b, &e);
	bench_run(&b, 50 * 60 * USEC_S);
	assert_int_equal(state_get(node_state(b.node), &key, NULL, b.now, &v), 0);
	bench_run(&b, 20 * 60 * USEC_S);
	assert_true(state_get(node_state(b.node), &key, NULL, b.now, &v) < 0);
	bench_stop(&b);
}

/* A record that this node wrote of a client elsewhere, for a clash or an administrator, ends like
 * any other. */
static void test_own_word_expires(void **state)
{
	uint8_t value[32];
	struct wr w = wr_init(value, sizeof(value));
	struct event release = { .kind = EVENT_CONTROL }, timer = { .kind = EVENT_TIMER };
	struct lease_view v;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	field(&w, F_NODE, other.b, 8);
	field(&w, F_IP4, "\12\15\0\11", 4);
	tell_value(&b, record(CLIENT, client.b, 6), &w);
	release.control = (struct event_control) { .act = CONTROL_RELEASE_LEASE, .mac = client };
	bench_feed(&b, &release);
	bench_run(&b, USEC_S);
	assert_true(lease_find(node_lease(b.node), &client, b.now, &v));
	assert_true(ip4_is_zero(&v.client.ip4));
	b.now += 3 * 86400 * USEC_S;
	bench_feed(&b, &timer);
	bench_run(&b, 2 * 60 * USEC_S);
	assert_false(lease_find(node_lease(b.node), &client, b.now, &v));
	bench_stop(&b);
}

/* Two clients and a node that call themselves the same: each is shown by one name, everywhere. */
static void test_names(void **state)
{
	static const struct mac second = { { 6, 0, 0, 0, 0, 2 } };
	struct lease_view v;
	struct node_name name;
	unsigned int count = 0;
	uint8_t value[64];
	struct bench b;

	(void)state;
	bench_start(&b, "");
	for (uint8_t i = 0; i < 2; i++) {
		struct wr w = wr_init(value, sizeof(value));

		field(&w, F_NODE, other.b, 8);
		field(&w, F_IP4, (uint8_t[]) { 10, 13, 0, (uint8_t)(9 + i) }, 4);
		field(&w, F_AGE, (uint8_t[]) { 0, 0, i, 5 }, 4);
		field(&w, F_NAME, "church", 6);
		tell_value(&b, record(CLIENT, i ? second.b : client.b, 6), &w);
	}
	assert_true(lease_find(node_lease(b.node), &second, b.now, &v));
	assert_string_equal(v.client.name, "church");
	assert_true(lease_find(node_lease(b.node), &client, b.now, &v));
	assert_string_equal(v.client.name, "church-2");
	{
		struct wr w = wr_init(value, sizeof(value));

		field(&w, F_NAME, "church", 6);
		tell_value(&b, record(NODE, other.b, 8), &w);
	}
	bench_run(&b, 3 * USEC_S);
	for (uint32_t i = 0; node_name_next(b.node, &i, &name);) {
		bool is_node = strcmp(name.name, "church") == 0;
		uint8_t last = strcmp(name.name, "church-2") == 0   ? 10
			       : strcmp(name.name, "church-3") == 0 ? 9
								    : 0;

		count += is_node || last;
		if (last)
			assert_int_equal(name.ip4.b[3], last);
		if (is_node)
			assert_true(ip4_is_zero(&name.ip4));
	}
	assert_int_equal(count, 3);
	assert_true(lease_find(node_lease(b.node), &client, b.now, &v));
	assert_string_equal(v.client.name, "church-3");
	bench_stop(&b);
}

/* Who is at a port shows life there though it says nothing, and no more once it has gone. */
static void test_present(void **state)
{
	struct event e = { .kind = EVENT_CLIENT };
	const struct book_client *c;
	usec_t left;
	struct bench b;

	(void)state;
	associated(&b, &e);
	bench_run(&b, 300 * USEC_S);
	c = book_find(&node_lease(b.node)->book, &client);
	assert_non_null(c);
	assert_in_range(b.now - c->alive_at, 0, 61 * USEC_S);
	e.client.change = CLIENT_DISASSOCIATED;
	bench_feed(&b, &e);
	left = c->alive_at;
	bench_run(&b, 300 * USEC_S);
	assert_int_equal(c->alive_at, left);
	bench_stop(&b);
}

/* A client of ours has the address of an older lease: it is told of, and sent away where it can. */
static void test_clash(void **state)
{
	static const struct mac second = { { 6, 0, 0, 0, 0, 2 } };
	struct event e = { .kind = EVENT_CLIENT };
	struct bench b;

	(void)state;
	for (int wifi = 0; wifi < 2; wifi++) {
		bench_start(&b, "");
		bench_port(&b, 0, "port0", wifi ? PORT_KIND_WIFI_AP : PORT_KIND_ETHERNET);
		bench_run(&b, 10 * USEC_S);
		e.client =
			(struct event_client) { .change = wifi ? CLIENT_ASSOCIATED : CLIENT_LEARNT,
						.mac = client };
		bench_feed(&b, &e);
		for (uint8_t i = 0; i < 2; i++) {
			uint8_t value[64];
			struct wr w = wr_init(value, sizeof(value));

			field(&w, F_NODE, i ? other.b : self.b, 8);
			field(&w, F_IP4, "\12\15\0\11", 4);
			field(&w, F_AGE, (uint8_t[]) { 0, 0, i, 0 }, 4);
			tell_value(&b, record(CLIENT, i ? second.b : client.b, 6), &w);
		}
		bench_run(&b, USEC_S);
		assert_memory_equal(b.clash.mac.b, client.b, 6);
		assert_memory_equal(b.clash.ip4.b, "\12\15\0\11", 4);
		assert_string_equal(b.clash.text,
				    "06:00:00:00:00:02 had the same address and keeps it");
		assert_memory_equal(b.away.mac.b, wifi ? client.b : (uint8_t[6]) { 0 }, 6);
		assert_int_equal(b.away.port, 0);
		bench_stop(&b);
	}
}

static void test_gateway(void **state)
{
	static const struct mac liar = { { 2, 7 } };
	uint8_t value[STATE_VALUE_MAX];
	struct wr w = wr_init(value, sizeof(value));
	const struct gateway *g;
	struct gateway_record r;
	uint32_t cursor = 0;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	g = node_gateway(b.node);
	field(&w, F_OF_THE_FUTURE, "?", 1);
	field(&w, F_NAME, "church", 6);
	field(&w, F_MAC, liar.b, 6);
	field(&w, F_ROUTER_ID, "\1\2\3\4\5\6\7\10", 8);
	field(&w, F_WORKING, "\2", 1);
	for (uint8_t i = 0; i <= GATEWAY_RESOLVER_MAX; i++)
		field(&w, F_RESOLVER4, (struct ip4) { { 10, 13, 0, i } }.b, 4);
	tell_value(&b, record(GATEWAY, other.b, 8), &w);
	assert_true(node_gateway_next(b.node, &cursor, &r));
	assert_string_equal(r.name, "church");
	assert_memory_equal(r.router_id, "\1\2\3\4\5\6\7\10", 8);
	assert_false(r.working[GATEWAY_IP4]);
	assert_true(r.working[GATEWAY_IP6]);
	assert_int_equal(r.resolver_count, GATEWAY_RESOLVER_MAX);
	for (uint8_t i = 0; i < GATEWAY_RESOLVER_MAX; i++)
		assert_int_equal(r.resolver[i].ip4.b[3], i);
	/* it is known as the node that wrote it, whatever MAC it says */
	assert_memory_equal(g->known[0].owner, other.b, sizeof(other.b));
	assert_true(mac_eq(&g->known[0].node, &liar));
	tell_gone(&b, record(GATEWAY, other.b, 8));
	assert_int_equal(g->known_count, 0);
	assert_int_equal(bad(&b), 0);
	bench_stop(&b);
}

/* ---- what is wrong ---- */

/* A field shorter than what it is to hold, a value that ends inside a field, an id of another
 * length, a gateway that is no station: the record is counted, and nobody knows anything of it. */
static void test_bad_records(void **state)
{
	static const struct {
		uint8_t type, id_len;
		const char *value;
		size_t len;
	} wrong[] = {
		{ NODE, 8, "\2\3\12\15\0", 5 },
		{ NODE, 8, "\4\10\0", 3 },
		{ BLOCK, 3, "\6\4\0\0\0\1", 6 },
		{ BLOCK, 5, "\6\4\0\0\0\1", 6 },
		{ BLOCK, 4, "\6\4\0", 3 },
		{ BLOCK, 4, "\6\3\0\0\1", 5 },
		{ BLOCK, 4, "\23\13\2\0\0\0\0\11\0\0\0\0\0", 13 },
		{ BLOCK, 4, "\31\3\0\0\1", 5 },
		{ CLIENT, 5, "", 0 },
		{ CLIENT, 7, "", 0 },
		{ CLIENT, 6, "\2\3\12\15\0", 5 },
		{ CLIENT, 6, "\4\10\0", 3 },
		{ GATEWAY, 8, "\5\6\2\0\0\0\0\11\15\3\12\15\0", 13 },
		{ GATEWAY, 8, "\5\6\2\0\0\0\0\11\15", 9 },
		{ GATEWAY, 8, "\5\6\3\0\0\0\0\11", 8 },
		{ GATEWAY, 8, "", 0 },
	};
	const uint8_t id[8] = { 0, 0, 0, 7, 0, 0, 0, 9 };
	const size_t count = sizeof(wrong) / sizeof(wrong[0]);
	struct gateway_record g;
	struct node_member m;
	struct lease_block block;
	struct lease_view v;
	uint32_t gateways = 0, leases = 0;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	for (size_t i = 0; i < count; i++) {
		struct state_msg_record r = record(wrong[i].type, id, wrong[i].id_len);

		r.value = (const uint8_t *)wrong[i].value;
		r.len = (uint16_t)wrong[i].len;
		tell(&b, &r);
		assert_int_equal(bad(&b), i + 1);
	}
	assert_false(member_other(&b, &m));
	assert_false(block_find(&b, 7, &block));
	assert_false(lease_next(node_lease(b.node), &leases, b.now, &v));
	assert_false(node_gateway_next(b.node, &gateways, &g));
	/* a type that we do not know is not ours to judge */
	tell(&b, &(struct state_msg_record) {
			 .key = { .key = state_key_init(OF_THE_FUTURE, "?", 1), .author = other },
			 .author = other,
			 .epoch = 1 });
	assert_int_equal(bad(&b), count);
	bench_stop(&b);
}

/* A client has gone to a node that says nothing right of itself: there is no way to send it on. */
static void test_client_at_a_bad_node(void **state)
{
	uint8_t value[16];
	struct wr w = wr_init(value, sizeof(value));
	struct state_msg_record node = record(NODE, other.b, sizeof(other.b));
	struct lease_view v;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	node.value = (const uint8_t *)"\2\3\12\15\0";
	node.len = 5;
	tell(&b, &node);
	field(&w, F_NODE, other.b, 8);
	tell_value(&b, record(CLIENT, client.b, 6), &w);
	assert_true(lease_find(node_lease(b.node), &client, b.now, &v));
	assert_memory_equal(v.client.node.b, other.b, 8);
	assert_int_equal(bad(&b), 1);
	bench_stop(&b);
}

/* More news than the queue between the cores holds, and all of it ends before there is room again:
 * a record that is told of and is there no more leaves nothing behind. */
static void test_ended_before_it_was_told(void **state)
{
	enum { CLIENTS = 6000, SIZE = 1 << 20 };
	uint8_t *file = malloc(SIZE);
	struct wr w = wr_init(file, SIZE);
	struct event timer = { .kind = EVENT_TIMER };
	size_t mark = snapshot_begin(&w);
	struct lease_block block;
	struct state_msg_record m;
	struct node_member member;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	wr_zero(&w, 12);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		struct mac mac = { { 6, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i } };

		m = record(CLIENT, mac.b, sizeof(mac.b));
		m.author.b[7] = (uint8_t)(i % 4);
		m.lifetime_s = 1;
		state_msg_write_record(&w, &m);
	}
	for (uint8_t type = NODE; type <= GATEWAY; type++) {
		m = type == BLOCK ? record(BLOCK, "\0\0\0\7", 4) : record(type, client.b, 6);
		m.lifetime_s = 1;
		state_msg_write_record(&w, &m);
	}
	load(&b, file, &w, mark);
	free(file);
	b.now += 10 * USEC_S; /* what is over goes first, and fills the queue */
	bench_feed(&b, &timer);
	assert_true(state_counter(node_state(b.node), STATE_C_OUT_FULL) > 0);
	assert_int_equal(bad(&b), 0);
	bench_run(&b, 500 * USEC_MS);
	assert_in_range(bad(&b), 4, CLIENTS + 4);
	assert_false(member_other(&b, &member));
	assert_int_equal(node_gateway(b.node)->known_count, 0);
	assert_false(block_find(&b, 7, &block));
	bench_stop(&b);
}

/* ---- what comes back ---- */

static bool own_block(const struct bench *b, struct lease_block *ret)
{
	for (uint32_t i = 0; lease_block_next(node_lease(b->node), &i, ret);)
		if (!memcmp(ret->owner.b, self.b, sizeof(self.b)))
			return true;
	return false;
}

/* Of a block that an address was given from the disk knows before that, long before a snapshot. */
static void test_claims_survive_a_power_cut(void **state)
{
	struct dhcp_msg discover = {
		.op = DHCP_OP_REQUEST, .xid = 77, .type = DHCP_DISCOVER, .chaddr = client
	};
	struct state_msg_record m;
	struct lease_block block;
	struct bench b, next;
	struct rd r, id;
	bool found = false;
	struct event e = { .kind = EVENT_LOAD };

	(void)state;
	bench_start(&b, "");
	bench_port(&b, 0, "wlan0-ap", PORT_KIND_WIFI_AP);
	for (int i = 0; i < 100 && !b.dhcp_len; i++) {
		bench_run(&b, 100 * USEC_MS);
		bench_dhcp(&b, &discover);
	}
	assert_true(b.dhcp_len > 0);
	assert_true(b.claims_len > 0);
	assert_int_equal(b.stored_at, 0);
	assert_true(own_block(&b, &block));
	assert_int_equal(snapshot_open(b.claims, b.claims_len, &r), 0);
	rd_skip(&r, 12);
	while (rd_left(&r)) {
		assert_true(state_msg_read_record(&r, &m));
		id = rd_init(m.key.key.id, m.key.key.len);
		assert_int_equal(m.key.key.type, BLOCK);
		assert_memory_equal(&m.author, &self, sizeof(self));
		found |= rd_u32(&id) == block.index && !m.deleted;
	}
	assert_true(found);
	bench_start(&next, "");
	e.load = (struct event_load) { b.claims, b.claims_len };
	bench_feed(&next, &e);
	assert_int_equal(node_load_error(next.node), 0);
	bench_stop(&b);
	bench_stop(&next);
}

/* Its owner has not been heard of for weeks: a block is still not free by that alone. */
static void test_block_of_a_silent_owner_stays(void **state)
{
	uint8_t value[16];
	struct wr w = wr_init(value, sizeof(value));
	struct state_msg_record m = record(BLOCK, "\0\0\0\7", 4);
	struct lease_block block;
	struct state_view v;
	struct bench b;

	(void)state;
	bench_start(&b, "");
	field(&w, F_EPOCH, "\0\0\0\2", 4);
	m.lifetime_s = 400 * 86400;
	tell_value(&b, m, &w);
	b.now += 8 * 86400 * USEC_S;
	bench_run(&b, USEC_S);
	assert_true(block_find(&b, 7, &block));
	assert_int_equal(state_get(node_state(b.node), &m.key.key, &other, b.now, &v), 0);
	assert_in_range(v.quiet_s, 8 * 86400, 8 * 86400 + 3);
	bench_stop(&b);
}

/* The block that node 1 has claimed last. */
static const struct pool_own *newest_block(const struct town *t)
{
	const struct pool *p = &node_lease(t->node[1])->pool;
	const struct pool_own *newest = NULL, *o;

	for (uint32_t i = 0; (o = pool_own_next(p, &i));)
		if (!newest || o->claimed_at > newest->claimed_at)
			newest = o;
	return newest;
}

/* New clients of node 1 until it claims one block more. */
static void make_it_claim(struct town *t, unsigned int *clients)
{
	const struct pool *p = &node_lease(t->node[1])->pool;
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST, .xid = 77, .type = DHCP_DISCOVER };
	unsigned int before = p->own.count;
	uint8_t frame[DHCP_CLIENT_FRAME];

	while (p->own.count == before) {
		assert_true(++*clients < 250);
		m.chaddr = (struct mac) { { 6, 0, 0, 0, 1, (uint8_t)*clients } };
		town_station(t, 1, &m.chaddr, CLIENT_ASSOCIATED);
		town_frame(t, 1, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
		town_run(t, t->now + 137 * USEC_MS);
	}
}

/* A block counts as known from the moment when all neighbours have its record; as long as one of
 * them has no room for it, it does not. */
static void test_claim_is_acknowledged(void **state)
{
	unsigned int clients = 0;
	struct town t;

	(void)state;
	town_plan(&t, 3);
	t.conf[0].limits.records = 64;
	town_begin(&t);
	town_run(&t, t.now + 30 * USEC_S);
	for (int i = 0; i < 3; i++) {
		const struct pool_own *o;

		make_it_claim(&t, &clients);
		o = newest_block(&t);
		assert_int_equal(o->state, POOL_ACKED);
		assert_in_range(o->ready_at - o->claimed_at, POOL_ACKED_WAIT,
				POOL_ACKED_WAIT + 11 * USEC_MS); /* it may wait for others */
	}
	while (clients < 64)
		make_it_claim(&t, &clients);
	town_run(&t, t.now + 10 * USEC_S);
	make_it_claim(&t, &clients);
	assert_int_equal(newest_block(&t)->state, POOL_CLAIMED);
	town_run(&t, t.now + 10 * USEC_S);
	assert_int_equal(newest_block(&t)->state, POOL_CLAIMED);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_node),
		cmocka_unit_test(test_presence),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_block_is_lost),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_client_is_deleted),
		cmocka_unit_test(test_client_is_dropped),
		cmocka_unit_test(test_own_word_expires),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_clash),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_bad_records),
		cmocka_unit_test(test_client_at_a_bad_node),
		cmocka_unit_test(test_ended_before_it_was_told),
		cmocka_unit_test(test_claims_survive_a_power_cut),
		cmocka_unit_test(test_block_of_a_silent_owner_stays),
		cmocka_unit_test(test_claim_is_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
