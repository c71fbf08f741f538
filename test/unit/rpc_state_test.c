/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.list, state.get, state.put, state.watch on two nodes in memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/state/state_msg.h"
#include "node/record.h"
#include "node/records_fields.h"
#include "node_town.h"
#include "rpc/method.h"
#include "rpc_ask.h"

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };

struct box {
	struct town town; /* first: town->record gets it */
	struct rpc_context rpc;
	struct rpc_watch watch;
	char told[65536]; /* notifications, one a line */
	uint8_t event[2048];
	size_t event_len; /* what the last act was, as it is recorded */
	usec_t event_at;
};

/* Everything that a method does goes through the form in which it is recorded. */
static void act(void *ctx, const struct event *e)
{
	struct box *b = ctx;
	struct wr w = wr_init(b->event, sizeof(b->event));
	struct event again;
	struct rd r;

	record_event_encode(&w, e, b->town.now);
	b->event_len = wr_len(&w);
	r = rd_init(b->event, b->event_len);
	assert_int_equal(record_event_decode(&r, &again, &b->event_at), 0);
	town_feed(&b->town, 0, &again);
}

static void told(struct town *t, int at, const struct state_event *e)
{
	struct box *b = (struct box *)t;
	size_t len = strlen(b->told);
	struct rpc_reply reply;

	if (at != 0 || !rpc_watch_takes(&b->watch, e))
		return;
	b->rpc.now = t->now;
	rpc_record(&b->rpc, e, &reply);
	assert_int_equal(strlen(reply.text), reply.len);
	assert_true(len + reply.len + 2 < sizeof(b->told));
	memcpy(b->told + len, reply.text, reply.len);
	strcpy(b->told + len + reply.len, "\n");
	rpc_reply_done(&reply);
}

static int start(void **state, int32_t records, usec_t span)
{
	struct box *b = calloc(1, sizeof(*b));

	town_plan(&b->town, 2);
	b->town.conf[0].limits.records = records;
	town_begin(&b->town);
	town_station(&b->town, 1, &client, CLIENT_ASSOCIATED);
	town_run(&b->town, b->town.now + span);
	b->rpc = (struct rpc_context) {
		.node = b->town.node[0], .now = b->town.now, .act = act, .ctx = b
	};
	*state = b;
	return 0;
}

static int setup(void **state)
{
	return start(state, 8192, 30 * USEC_S);
}

static int setup_small(void **state)
{
	return start(state, 64, 30 * USEC_S);
}

static int setup_young(void **state)
{
	return start(state, 8192, 0);
}

static int teardown(void **state)
{
	struct box *b = *state;

	town_stop(&b->town);
	free(b);
	return 0;
}

static void run(struct box *b, usec_t span)
{
	town_run(&b->town, b->town.now + span);
	b->rpc.now = b->town.now;
}

/* Somebody on the wire tells node 0 of a record of the network. */
static void hear(struct box *b, struct state_msg_record m)
{
	static uint32_t seq;
	struct state_msg_header h = { .sender = { { 0xee } }, .epoch = 1, .seq = ++seq };
	struct event e = { .kind = EVENT_DATAGRAM };
	uint8_t buf[STATE_DATAGRAM_MAX];
	struct wr w = wr_init(buf, sizeof(buf));
	size_t mark;

	m.key.scope = STATE_NETWORK;
	m.lifetime_s = 3600;
	if (m.key.kind == STATE_OWNED)
		m.key.author = m.author;
	state_msg_write_header(&w, &h);
	mark = state_msg_item_begin(&w, STATE_ITEM_PUSH);
	state_msg_write_record(&w, &m);
	state_msg_item_end(&w, mark);
	e.datagram = (struct event_datagram) { 0, { { 0xfe, 0x80, [15] = 7 } }, buf, wr_len(&w) };
	town_feed(&b->town, 0, &e);
}

/* The whole answer; takes params. */
static json_t *call(struct box *b, const char *method, json_t *params)
{
	struct rpc_reply reply;
	json_t *v = rpc_answer(&b->rpc, method, params, &reply);

	if (reply.subscribe & RPC_RECORDS) {
		b->watch = reply.watch;
		b->town.record = told;
	}
	return v;
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

static const char *at(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static json_int_t number(json_t *o, const char *key)
{
	assert_true(json_is_integer(json_object_get(o, key)));
	return json_integer_value(json_object_get(o, key));
}

static bool is(json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static json_t *record(json_t *result, size_t i)
{
	return json_array_get(json_object_get(result, "records"), i);
}

static size_t count(json_t *result)
{
	return json_array_size(json_object_get(result, "records"));
}

static size_t listed(struct box *b, const char *type, const char *author)
{
	json_t *l = ask(b, "state.list", json_pack("{ss* ss*}", "type", type, "author", author));
	size_t n = count(l);

	json_decref(l);
	return n;
}

static json_t *put(struct box *b, int type, const char *id, const char *value)
{
	return ask(b, "state.put",
		   json_pack("{si ss ss*}", "type", type, "id", id, "value", value));
}

static void test_list_says_whose_and_how_old(void **state)
{
	struct box *b = *state;
	json_t *l = ask(b, "state.list", json_pack("{ss}", "type", "client")), *r = record(l, 0);

	assert_int_equal(count(l), 1);
	assert_true(json_is_null(json_object_get(l, "after")));
	assert_int_equal(number(l, "held"), state_count(node_state(b->town.node[0])));
	assert_int_equal(number(r, "type"), 3);
	assert_string_equal(at(r, "type_name"), "client");
	assert_string_equal(at(r, "id"), "02:cc:00:00:00:09");
	assert_string_equal(at(r, "author"), node_cloud(b->town.node[1])->hostname);
	assert_string_equal(at(r, "author_id"), "0000020000010001");
	assert_string_equal(at(r, "scope"), "cloud");
	assert_string_equal(at(r, "kind"), "shared");
	assert_false(is(r, "own") || is(r, "deleted"));
	assert_int_equal(number(r, "lifetime_s"), 3 * 86400);
	assert_in_range(number(r, "age_s"), 1, 31);
	assert_in_range(number(r, "quiet_s"), 1, number(r, "age_s"));
	assert_in_range(number(r, "size"), 10, 100);
	assert_true(number(r, "epoch") >= 1);
	json_decref(l);
}

static void test_list_filters(void **state)
{
	struct box *b = *state;
	const char *here = node_cloud(b->town.node[0])->hostname;
	size_t all = listed(b, NULL, NULL), mine = listed(b, NULL, here);

	assert_true(mine > 0 && mine < all);
	assert_int_equal(listed(b, NULL, "0000020000000001"), mine);
	assert_int_equal(listed(b, NULL, "02:00:00:00:00:01"), mine);
	assert_int_equal(listed(b, NULL, "02:00:00:01:00:01"), all - mine);
	assert_int_equal(listed(b, "node", NULL), 2);
	assert_int_equal(listed(b, "1", NULL), 2);
	assert_int_equal(listed(b, "node", here), 1);
	assert_int_equal(listed(b, "99", NULL), 0);
	assert_int_equal(fails(b, "state.list", json_pack("{ss}", "type", "256"), "node, block"),
			 RPC_PARAMS);
	assert_int_equal(fails(b, "state.list", json_pack("{ss}", "author", "nobody"), "a name or"),
			 RPC_NOT_FOUND);
}

/* What list calls a record, get finds. */
static void test_get_by_what_list_says(void **state)
{
	struct box *b = *state;
	char type[8];
	json_t *l, *g, *r;

	json_decref(put(b, 200, "plain text", "x"));
	json_decref(put(b, 200, "0x30780001", "x"));
	json_decref(put(b, 200, "0x", "x"));
	l = ask(b, "state.list", NULL);
	for (size_t i = 0; (r = record(l, i)); i++) {
		snprintf(type, sizeof(type), "%d", (int)number(r, "type"));
		g = ask(b, "state.get",
			json_pack("{ss ss ss}", "type", type, "id", at(r, "id"), "author",
				  at(r, "author_id")));
		assert_int_equal(count(g), 1);
		assert_string_equal(at(record(g, 0), "id"), at(r, "id"));
		assert_int_equal(2 * number(r, "size"), strlen(at(record(g, 0), "value")));
		json_decref(g);
	}
	json_decref(l);
	assert_int_equal(listed(b, "200", NULL), 3);
}

static void test_get_shows_fields(void **state)
{
	struct box *b = *state;
	const struct cloud *there = node_cloud(b->town.node[1]);
	json_t *g =
		ask(b, "state.get", json_pack("{ss ss}", "type", "node", "id", there->hostname));
	json_t *fields = json_object_get(record(g, 0), "fields"), *f = json_array_get(fields, 0);
	char ip[IP4_TEXT];

	assert_string_equal(at(f, "name"), "name");
	assert_string_equal(at(f, "value"), there->hostname);
	f = json_array_get(fields, 1);
	assert_string_equal(at(f, "name"), "ipv4");
	assert_string_equal(at(f, "value"), ip4_text(&there->node4, ip));
	json_decref(g);
	assert_int_equal(fails(b, "state.get",
			       json_pack("{ss ss}", "type", "client", "id", "02:cc:00:00:00:99"),
			       "state.list"),
			 RPC_NOT_FOUND);
	assert_int_equal(fails(b, "state.get", json_pack("{ss ss}", "type", "block", "id", "x"),
			       "hex digits"),
			 RPC_PARAMS);
}

static void test_pages(void **state)
{
	struct box *b = *state;
	json_int_t after = 0;
	size_t all = 0, pages = 0;
	char id[16];
	json_t *l;

	for (int i = 0; i < 600; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		json_decref(put(b, 150, id, "x"));
	}
	do {
		l = ask(b, "state.list", json_pack("{ss sI}", "type", "150", "after", after));
		assert_in_range(count(l), 1, 512);
		all += count(l);
		pages++;
		after = json_integer_value(json_object_get(l, "after"));
		json_decref(l);
	} while (after);
	assert_int_equal(all, 600);
	assert_int_equal(pages, 2);
	l = ask(b, "state.list", json_pack("{sI}", "after", (json_int_t)UINT32_MAX));
	assert_int_equal(count(l), 0);
	json_decref(l);
}

/* Of each author one: whoever is first in the table hides nobody. */
static void test_get_of_many_authors(void **state)
{
	struct box *b = *state;
	struct state_msg_record m = { .key = { .kind = STATE_OWNED,
					       .key = state_key_init(210, "x", 1) },
				      .epoch = 1,
				      .counter = 1 };
	json_int_t after;
	json_t *g;

	for (uint8_t i = 0; i < 65; i++) {
		m.author = (struct state_node) { { 0xaa, i } };
		hear(b, m);
	}
	g = ask(b, "state.get", json_pack("{ss ss}", "type", "210", "id", "x"));
	assert_int_equal(count(g), 64);
	after = number(g, "after");
	json_decref(g);
	g = ask(b, "state.get", json_pack("{ss ss sI}", "type", "210", "id", "x", "after", after));
	assert_int_equal(count(g), 1);
	assert_true(json_is_null(json_object_get(g, "after")));
	json_decref(g);
	/* nothing more is no mistake of who asks for the next page */
	g = ask(b, "state.get",
		json_pack("{ss ss sI}", "type", "210", "id", "x", "after", (json_int_t)UINT32_MAX));
	assert_int_equal(count(g), 0);
	json_decref(g);
}

static void test_get_shows_odd_fields(void **state)
{
	static const uint8_t value[] = { FIELD_TAKES, 2, 0xab, 0xcd, FIELD_MTU, 0, 17, 0 };
	struct box *b = *state;
	struct state_msg_record m = { .key = { .kind = STATE_OWNED,
					       .key = state_key_init(4, "\1", 1) },
				      .author = { { 0xaa } },
				      .epoch = 1,
				      .counter = 1,
				      .value = value,
				      .len = sizeof(value) };
	json_t *g, *fields, *f;

	hear(b, m);
	g = ask(b, "state.get", json_pack("{ss ss}", "type", "gateway", "id", "0x01"));
	fields = json_object_get(record(g, 0), "fields");
	assert_int_equal(json_array_size(fields), 3);
	f = json_array_get(fields, 0);
	assert_string_equal(at(f, "name"), "takes");
	assert_string_equal(at(f, "value"), "abcd");
	f = json_array_get(fields, 1);
	assert_string_equal(at(f, "name"), "mtu");
	assert_true(json_is_null(json_object_get(f, "value")));
	f = json_array_get(fields, 2);
	assert_int_equal(number(f, "field"), 17);
	assert_true(json_is_null(json_object_get(f, "name")));
	json_decref(g);
}

static void test_put_reaches_others(void **state)
{
	struct box *b = *state;
	json_t *r = ask(b, "state.put",
			json_pack("{si ss ss sb sb si}", "type", 128, "id", "plaza", "value",
				  "0x00ff", "owned", 1, "network", 1, "lifetime_s", 3600)),
	       *g;

	assert_true(is(r, "own"));
	assert_string_equal(at(r, "kind"), "owned");
	assert_string_equal(at(r, "scope"), "network");
	assert_int_equal(number(r, "lifetime_s"), 3600);
	json_decref(r);
	r = put(b, 255, "plaza", "good");
	assert_string_equal(at(r, "kind"), "shared");
	assert_string_equal(at(r, "scope"), "cloud");
	assert_int_equal(number(r, "lifetime_s"), 86400);
	assert_int_equal(number(r, "epoch"), 1);
	json_decref(r);
	r = put(b, 255, "plaza", "better");
	assert_int_equal(number(r, "epoch"), 2);
	json_decref(r);
	run(b, 2 * USEC_S);
	b->rpc.node = b->town.node[1];
	g = ask(b, "state.get", json_pack("{ss ss}", "type", "255", "id", "plaza"));
	assert_int_equal(count(g), 1);
	assert_string_equal(at(record(g, 0), "text"), "better");
	assert_string_equal(at(record(g, 0), "author"), node_cloud(b->town.node[0])->hostname);
	assert_true(json_is_null(json_object_get(record(g, 0), "fields")));
	json_decref(g);
	assert_int_equal(listed(b, "128", NULL),
			 0); /* of the network, and this one is of the cloud */
	b->rpc.node = b->town.node[0];
	assert_int_equal(listed(b, "128", NULL), 1);
}

static void test_put_is_bounded(void **state)
{
	struct box *b = *state;
	char long_text[STATE_VALUE_MAX + 2];
	json_t *r;

	memset(long_text, 'x', sizeof(long_text));
	long_text[STATE_VALUE_MAX + 1] = '\0';
	for (int type = 0; type < 300; type += type == 3 ? 124 : type == 127 ? 129 : 3) {
		b->event_len = 0;
		assert_int_equal(
			fails(b, "state.put",
			      json_pack("{si ss ss}", "type", type, "id", "x", "value", "y"),
			      "from 128 to 255"),
			RPC_PARAMS);
		assert_int_equal(b->event_len, 0);
	}
	assert_int_equal(fails(b, "state.put",
			       json_pack("{si ss ss}", "type", 128, "id", "x", "value", long_text),
			       "480 bytes"),
			 RPC_PARAMS);
	r = put(b, 128, "x", long_text + 1);
	assert_int_equal(number(r, "size"), STATE_VALUE_MAX);
	json_decref(r);
	long_text[STATE_ID_MAX + 1] = '\0';
	assert_int_equal(fails(b, "state.put", json_pack("{si ss}", "type", 128, "id", long_text),
			       "hex digits"),
			 RPC_PARAMS);
	json_decref(put(b, 128, long_text + 1, "y"));
	assert_int_equal(fails(b, "state.put",
			       json_pack("{si ss ss si}", "type", 128, "id", "x", "value", "y",
					 "lifetime_s", 59),
			       "from 60 to 86400"),
			 RPC_PARAMS);
	/* its node would show life more often than any other does */
	assert_int_equal(fails(b, "state.put",
			       json_pack("{si ss ss sb si}", "type", 128, "id", "x", "value", "y",
					 "owned", 1, "lifetime_s", 3599),
			       "3600 seconds"),
			 RPC_PARAMS);
	b->rpc.read_only = true;
	assert_int_equal(fails(b, "state.put",
			       json_pack("{si ss ss}", "type", 128, "id", "x", "value", "y"),
			       "only look"),
			 RPC_FORBIDDEN);
}

/* What others wrote would win over it a moment later. */
static void test_put_right_after_the_start(void **state)
{
	struct box *b = *state;
	json_t *params = json_pack("{si ss ss}", "type", 128, "id", "x", "value", "y");

	assert_int_equal(fails(b, "state.put", json_incref(params), "try again"), RPC_NOT_YET);
	json_object_del(params, "value");
	assert_int_equal(fails(b, "state.put", params, "try again"), RPC_NOT_YET);
	run(b, 4 * USEC_S);
	json_decref(put(b, 128, "x", "y"));
}

/* The answer is what there is, so that nobody is told of a lifetime that is over sooner. */
static void test_put_again(void **state)
{
	struct box *b = *state;
	json_t *params = json_pack("{si ss ss si}", "type", 128, "id", "x", "value", "y",
				   "lifetime_s", 3600),
	       *r = ask(b, "state.put", json_incref(params));

	assert_int_equal(number(r, "age_s"), 0);
	json_decref(r);
	run(b, 1500 * USEC_S);
	r = ask(b, "state.put", json_incref(params));
	assert_int_equal(number(r, "epoch"), 1);
	assert_int_equal(number(r, "age_s"), 1500);
	assert_int_equal(number(r, "quiet_s"), 1500);
	json_decref(r);
	run(b, 400 * USEC_S);
	r = ask(b, "state.put", params);
	assert_int_equal(number(r, "epoch"), 2);
	assert_int_equal(number(r, "age_s"), 0);
	assert_int_equal(number(r, "quiet_s"), 0);
	json_decref(r);
}

/* The highest version that there is. */
static void test_put_over_the_last_version(void **state)
{
	struct box *b = *state;
	struct state_msg_record m = { .key = { .kind = STATE_SHARED,
					       .key = state_key_init(210, "x", 1) },
				      .author = { { 0xaa } },
				      .epoch = 0x80000000u };
	json_t *params =
		json_pack("{si ss ss sb}", "type", 210, "id", "x", "value", "y", "network", 1);

	hear(b, m);
	assert_int_equal(fails(b, "state.put", json_incref(params), "its lifetime"), RPC_FULL);
	json_object_del(params, "value");
	assert_int_equal(fails(b, "state.put", params, "its lifetime"), RPC_FULL);
}

/* The node itself refuses what only a recording could ask for. */
static void test_put_of_the_nodes_own_types(void **state)
{
	struct box *b = *state;
	struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_STATE };
	uint32_t before = state_count(node_state(b->town.node[0]));

	e.control.put = (struct control_put) { .type = 127, .id_len = 1 };
	town_feed(&b->town, 0, &e);
	assert_int_equal(node_put_error(b->town.node[0]), -EINVAL);
	assert_int_equal(state_count(node_state(b->town.node[0])), before);
	e.control.put.type = 128;
	town_feed(&b->town, 0, &e);
	assert_int_equal(node_put_error(b->town.node[0]), 0);
}

static void test_put_without_room(void **state)
{
	struct box *b = *state;
	json_t *more = json_pack("{si ss ss}", "type", 200, "id", "more", "value", "x");
	char id[8];

	for (int i = 0; i < 9; i++) {
		snprintf(id, sizeof(id), "%d", i);
		json_decref(put(b, 128 + i, id, "x"));
	}
	assert_int_equal(fails(b, "state.put", json_incref(more), "write over"), RPC_FULL);
	/* that makes no room, but the place may be used again */
	json_decref(put(b, 128, "0", NULL));
	assert_int_equal(fails(b, "state.put", more, "for a day"), RPC_FULL);
	json_decref(put(b, 128, "0", "again"));
}

static void test_put_deletes(void **state)
{
	struct box *b = *state;
	json_t *r;

	assert_int_equal(
		fails(b, "state.put", json_pack("{si ss}", "type", 200, "id", "x"), "give a value"),
		RPC_NOT_FOUND);
	json_decref(put(b, 200, "x", "y"));
	assert_int_equal(fails(b, "state.put",
			       json_pack("{si ss si}", "type", 200, "id", "x", "lifetime_s", 3600),
			       "needs a value"),
			 RPC_PARAMS);
	assert_int_equal(fails(b, "state.put",
			       json_pack("{si ss sb}", "type", 200, "id", "x", "owned", 1),
			       "owned and network"),
			 RPC_NOT_FOUND);
	assert_int_equal(listed(b, "200", NULL), 1);
	r = put(b, 200, "x", NULL);
	assert_true(is(r, "deleted"));
	json_decref(r);
	assert_int_equal(listed(b, "200", NULL), 0);
	r = ask(b, "state.list", json_pack("{ss sb}", "type", "200", "all", 1));
	assert_true(is(record(r, 0), "deleted"));
	json_decref(r);
	assert_int_equal(fails(b, "state.get", json_pack("{ss ss}", "type", "200", "id", "x"), "x"),
			 RPC_NOT_FOUND);
}

/* The notification in that line. */
static json_t *line(struct box *b, int i)
{
	char *at_line = b->told;
	json_t *v, *p;

	while (i-- > 0 && at_line)
		at_line = strchr(at_line, '\n') ? strchr(at_line, '\n') + 1 : NULL;
	if (!at_line || !*at_line)
		return NULL;
	v = json_loads(at_line, JSON_DISABLE_EOF_CHECK, NULL);
	assert_string_equal(at(v, "method"), "record");
	p = json_object_get(v, "params");
	json_incref(p);
	json_decref(v);
	return p;
}

static void test_watch(void **state)
{
	struct box *b = *state;
	json_t *v;

	json_decref(ask(b, "state.watch", json_pack("{ss}", "type", "200")));
	json_decref(put(b, 199, "x", "y"));
	json_decref(ask(b, "state.put",
			json_pack("{si ss ss si}", "type", 200, "id", "short", "value", "y",
				  "lifetime_s", 60)));
	json_decref(put(b, 200, "x", "why"));
	run(b, USEC_S);
	json_decref(put(b, 200, "x", NULL));
	run(b, 70 * USEC_S);
	v = line(b, 0);
	assert_string_equal(at(v, "change"), "set");
	assert_string_equal(at(v, "id"), "short");
	assert_true(is(v, "own"));
	json_decref(v);
	v = line(b, 1);
	assert_string_equal(at(v, "id"), "x");
	assert_int_equal(number(v, "size"), 3);
	json_decref(v);
	v = line(b, 2);
	assert_string_equal(at(v, "change"), "deleted");
	assert_string_equal(at(v, "id"), "x");
	json_decref(v);
	v = line(b, 3);
	assert_string_equal(at(v, "change"), "expired");
	assert_string_equal(at(v, "id"), "short");
	assert_true(json_is_null(json_object_get(v, "age_s")));
	json_decref(v);
	assert_null(line(b, 4));
}

/* Told is how it is, not how it was a moment before. */
static void test_told_late(void **state)
{
	struct box *b = *state;
	struct state_event e = { .key = state_key_init(200, "x", 1),
				 .scope = STATE_CLOUD,
				 .kind = STATE_SHARED,
				 .change = STATE_IS_SET };
	json_t *v;

	json_decref(put(b, 200, "x", "y"));
	json_decref(put(b, 200, "x", NULL));
	b->watch = (struct rpc_watch) { .any_type = true, .any_author = true };
	told(&b->town, 0, &e);
	v = line(b, 0);
	assert_string_equal(at(v, "change"), "deleted");
	assert_true(is(v, "deleted"));
	json_decref(v);
}

/* Of one node only, and by those who only look. */
static void test_watch_of_an_author(void **state)
{
	struct box *b = *state;
	struct event e = { .kind = EVENT_CONTROL, .control.act = CONTROL_PUT_STATE };
	json_t *v;

	b->rpc.read_only = true;
	json_decref(ask(b, "state.watch",
			json_pack("{ss ss}", "type", "201", "author",
				  node_cloud(b->town.node[1])->hostname)));
	b->rpc.read_only = false;
	json_decref(put(b, 201, "here", "x"));
	e.control.put = (struct control_put) { .type = 201, .id_len = 5, .id = "there" };
	town_feed(&b->town, 1, &e);
	run(b, USEC_S);
	v = line(b, 0);
	assert_string_equal(at(v, "id"), "there");
	assert_string_equal(at(v, "author"), node_cloud(b->town.node[1])->hostname);
	json_decref(v);
	assert_null(line(b, 1));
	assert_int_equal(fails(b, "state.watch", json_pack("{ss}", "type", "nonsense"), "number"),
			 RPC_PARAMS);
}

/* Another node of the same name that gets the event from a recording has the same record. */
static void test_recording(void **state)
{
	struct box *b = *state;
	struct box *twin;
	struct event e;
	usec_t when;
	struct rd r;
	void *other;

	start(&other, 8192, 30 * USEC_S);
	twin = other;
	assert_int_equal(state_digest(node_state(twin->town.node[0]), STATE_CLOUD),
			 state_digest(node_state(b->town.node[0]), STATE_CLOUD));
	json_decref(put(b, 200, "x", "value"));
	assert_true(state_digest(node_state(twin->town.node[0]), STATE_CLOUD) !=
		    state_digest(node_state(b->town.node[0]), STATE_CLOUD));
	r = rd_init(b->event, b->event_len);
	assert_int_equal(record_event_decode(&r, &e, &when), 0);
	town_feed(&twin->town, 0, &e);
	assert_int_equal(state_digest(node_state(twin->town.node[0]), STATE_CLOUD),
			 state_digest(node_state(b->town.node[0]), STATE_CLOUD));
	teardown(&other);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_list_says_whose_and_how_old),
		TEST(test_list_filters),
		TEST(test_get_by_what_list_says),
		TEST(test_get_shows_fields),
		TEST(test_pages),
		TEST(test_get_of_many_authors),
		TEST(test_get_shows_odd_fields),
		TEST(test_put_reaches_others),
		TEST(test_put_is_bounded),
		cmocka_unit_test_setup_teardown(test_put_right_after_the_start, setup_young,
						teardown),
		TEST(test_put_again),
		TEST(test_put_over_the_last_version),
		TEST(test_put_of_the_nodes_own_types),
		cmocka_unit_test_setup_teardown(test_put_without_room, setup_small, teardown),
		TEST(test_put_deletes),
		TEST(test_watch),
		TEST(test_told_late),
		TEST(test_watch_of_an_author),
		TEST(test_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
