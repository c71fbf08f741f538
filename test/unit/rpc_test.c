/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket's methods on a real node, without a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dhcp_client.h"
#include "node/node.h"
#include "node/view.h"
#include "rpc/call.h"
#include "rpc/method.h"

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };

struct box {
	struct conf conf;
	struct node *node;
	struct rpc_context rpc;
	usec_t now;
	int acts;
};

static void drain(struct box *b)
{
	struct effect e;

	while (node_effect(b->node, &e))
		;
}

static void feed(void *ctx, const struct event *e)
{
	struct box *b = ctx;

	b->acts += e->kind == EVENT_CONTROL;
	node_input(b->node, e, b->now);
	drain(b);
}

static void run(struct box *b, usec_t until)
{
	struct event timer = { .kind = EVENT_TIMER };

	while (node_deadline(b->node) < until) {
		b->now = node_deadline(b->node) > b->now ? node_deadline(b->node) : b->now;
		feed(b, &timer);
	}
	b->now = until;
	b->rpc.now = until;
}

static bool child_next(void *ctx, uint32_t *cursor, struct rpc_child *ret)
{
	(void)ctx;
	*ret = (struct rpc_child) { .kind = CHILD_BABELD, .running = true };
	return (*cursor)++ == 0;
}

static bool neighbour_next(void *ctx, uint32_t *cursor, struct event_neighbour *ret)
{
	(void)ctx;
	*ret = (struct event_neighbour) { .port = 1, .cost = 96, .rtt_ms = 3 };
	ret->address.b[0] = 0xfe;
	ret->address.b[1] = 0x80;
	return (*cursor)++ == 0;
}

static bool counter_next(void *ctx, uint32_t *cursor, struct rpc_counter *ret)
{
	(void)ctx;
	*ret = (struct rpc_counter) { "system", "applies", 4 };
	return (*cursor)++ == 0;
}

static const char *state_rejected(void *ctx)
{
	(void)ctx;
	return "/var/lib/trama/snapshot: it is empty";
}

static bool device(void *ctx, const char *name, int *ret_index, struct mac *ret_mac)
{
	(void)ctx;
	*ret_index = strcmp(name, "bat0") == 0 ? 7 : 8;
	*ret_mac = client;
	return name[0] != '\0';
}

static bool resolve(void *ctx, const char *address, struct mac *ret_mac)
{
	(void)ctx;
	*ret_mac = client;
	return strcmp(address, "10.13.77.77") == 0;
}

static int statistics(void *ctx, rpc_statistic_fn *fn, void *arg)
{
	(void)ctx;
	fn(arg, "tx", 3);
	fn(arg, "nc_sniffed", 5);
	return 0;
}

static const struct rpc_platform platform = { child_next,     neighbour_next, counter_next,
					      state_rejected, device,	      resolve,
					      NULL,	      statistics };

static void add_port(struct box *b, uint16_t port, const char *name, enum port_kind kind)
{
	struct event e = { .kind = EVENT_PORT };

	e.port = (struct event_port) { .port = port, .carrier = true, .kind = kind, .mtu = 1500 };
	e.port.mac = (struct mac) { { 2, 0, 0, 0, 0, (uint8_t)(port + 1) } };
	strcpy(e.port.name, name);
	feed(b, &e);
}

static int start(void **state, enum conf_engine engine)
{
	struct box *b = calloc(1, sizeof(*b));
	struct node_setup s = { .primary_mac = { { 2, 0, 0, 0, 0, 1 } }, .boot_epoch = 1 };
	struct event load = { .kind = EVENT_LOAD }, e = { .kind = EVENT_CLIENT };
	int err;

	b->now = 1000 * USEC_S;
	conf_init(&b->conf);
	b->conf.l2.engine = engine;
	s.conf = &b->conf;
	s.seed = 1;
	b->node = node_new(&s, b->now, &err);
	assert_non_null(b->node);
	b->rpc = (struct rpc_context) { .node = b->node,
					.started = b->now,
					.now = b->now,
					.act = feed,
					.platform = &platform,
					.ctx = b };
	feed(b, &load);
	add_port(b, 0, "eth0", PORT_KIND_ETHERNET);
	add_port(b, 1, "eth1", PORT_KIND_ETHERNET);
	add_port(b, 2, "wlan0-ap", PORT_KIND_WIFI_AP);
	e.client = (struct event_client) { .change = CLIENT_ASSOCIATED, .port = 2, .mac = client };
	feed(b, &e);
	run(b, b->now + 20 * USEC_S);
	*state = b;
	return 0;
}

static int setup(void **state)
{
	return start(state, CONF_ENGINE_USER);
}

static int setup_kernel(void **state)
{
	return start(state, CONF_ENGINE_KERNEL);
}

static int teardown(void **state)
{
	struct box *b = *state;

	node_free(b->node);
	free(b);
	return 0;
}

/* The whole answer, NULL when there is none. */
static json_t *ask_line(struct box *b, const char *line, size_t len)
{
	struct rpc_reply reply;
	json_t *v = NULL;

	rpc_call(&b->rpc, line, len, &reply);
	if (reply.text) {
		assert_null(strchr(reply.text, '\n'));
		assert_int_equal(strlen(reply.text), reply.len);
		v = json_loads(reply.text, 0, NULL);
		assert_non_null(v);
	}
	rpc_reply_done(&reply);
	return v;
}

static json_t *ask(struct box *b, const char *method, json_t *params)
{
	json_t *q = json_pack("{ss si ss so*}", "jsonrpc", "2.0", "id", 7, "method", method,
			      "params", params);
	char *text = json_dumps(q, JSON_COMPACT);
	json_t *v = ask_line(b, text, strlen(text)), *result = json_object_get(v, "result");

	if (!result)
		print_error(
			"%s: %s\n", method,
			json_string_value(json_object_get(json_object_get(v, "error"), "message")));
	assert_non_null(result);
	assert_int_equal(json_integer_value(json_object_get(v, "id")), 7);
	json_incref(result);
	json_decref(v);
	json_decref(q);
	free(text);
	return result;
}

static int code(struct box *b, const char *line)
{
	json_t *v = ask_line(b, line, strlen(line)), *e = json_object_get(v, "error");
	int c = (int)json_integer_value(json_object_get(e, "code"));

	assert_non_null(json_object_get(v, "id"));
	assert_true(json_string_length(json_object_get(e, "message")) > 0);
	json_decref(v);
	return c;
}

static const char *at(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void test_every_method_answers(void **state)
{
	const struct method *m;
	json_t *result;

	for (size_t i = 0; (m = method_at(i)); i++) {
		if (m->params[0].name && m->params[0].required)
			continue;
		result = ask(*state, m->name, NULL);
		assert_false(json_is_null(result));
		json_decref(result);
	}
}

static void test_status_says_who_and_why(void **state)
{
	json_t *s = ask(*state, "status", NULL), *ports = json_object_get(s, "ports");
	json_t *cloud = json_object_get(s, "cloud"), *counts = json_object_get(s, "counts");

	assert_string_equal(at(s, "hostname"), "LiMe-000001");
	assert_int_equal(json_integer_value(json_object_get(s, "uptime_s")), 20);
	assert_string_equal(at(cloud, "ssid"), "LibreMesh.org");
	assert_string_equal(at(cloud, "ipv4_network"), "10.13.0.0/16");
	assert_true(json_is_null(json_object_get(s, "clash")));
	assert_string_equal(at(s, "state_rejected"), "/var/lib/trama/snapshot: it is empty");
	assert_int_equal(json_array_size(ports), 3);
	assert_string_equal(at(json_array_get(ports, 2), "name"), "wlan0-ap");
	assert_string_equal(at(json_array_get(ports, 2), "state"), "client-ap");
	assert_int_equal(json_integer_value(json_object_get(counts, "clients_here")), 1);
	assert_string_equal(at(json_object_get(json_object_get(s, "gateway"), "ipv4"), "choice"),
			    "none");
	assert_string_equal(at(json_array_get(json_object_get(s, "children"), 0), "name"),
			    "babeld");
	json_decref(s);
}

static void test_clients_are_where_they_are(void **state)
{
	json_t *list = ask(*state, "clients", NULL), *c = json_array_get(list, 0);

	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(at(c, "mac"), "02:cc:00:00:00:09");
	assert_string_equal(at(c, "node"), "LiMe-000001");
	assert_string_equal(at(c, "port"), "wlan0-ap");
	assert_true(json_is_true(json_object_get(c, "here")));
	assert_int_equal(json_integer_value(json_object_get(c, "since_s")), 20);
	json_decref(list);
}

static void test_trace_knows_places(void **state)
{
	struct box *b = *state;
	json_t *k = ask(
		b, "trace.know",
		json_pack("{ss ss}", "client", "02:cc:00:00:00:09", "destination", "192.0.2.1"));

	assert_string_equal(at(json_object_get(k, "client"), "kind"), "client");
	assert_true(json_is_true(
		json_object_get(json_object_get(json_object_get(k, "client"), "place"), "self")));
	assert_string_equal(at(json_object_get(k, "destination"), "kind"), "internet");
	json_decref(k);
	k = ask(b, "trace.know",
		json_pack("{ss ss}", "client", "lime-000001", "destination", "10.13.200.200"));
	assert_string_equal(at(json_object_get(k, "client"), "kind"), "node");
	assert_string_equal(at(json_object_get(k, "destination"), "kind"), "unknown");
	json_decref(k);
	json_decref(ask(b, "trace.probe",
			json_pack("{ss si si}", "to", "02:cc:00:00:00:09", "ttl", 1, "id", 5)));
	assert_int_equal(b->acts, 1);
	/* nobody sends a packet to itself */
	k = ask(b, "trace.answer", json_pack("{si}", "id", 5));
	assert_string_equal(at(k, "answer"), "unreachable");
	json_decref(k);
	k = ask(b, "trace.answer", json_pack("{si si}", "id", 5, "seq", 1));
	assert_true(json_is_null(k));
}

static json_int_t number(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void test_cloud_is_batctls(void **state)
{
	struct box *b = *state;
	json_t *m = ask(b, "cloud.mesh", NULL), *s, *l, *f;

	assert_string_equal(at(m, "mesh_ifname"), "bat0");
	assert_int_equal(number(m, "mesh_ifindex"), 7);
	assert_string_equal(at(m, "mesh_address"), "02:cc:00:00:00:09");
	assert_string_equal(at(m, "hard_ifname"), "eth0_29");
	assert_int_equal(number(m, "hard_ifindex"), 8);
	json_decref(m);
	s = ask(b, "cloud.statistics", NULL);
	assert_true(number(s, "mgmt_tx") > 0);
	assert_null(json_object_get(s, "nc_sniffed"));
	json_decref(s);
	b->conf.l2.engine = CONF_ENGINE_KERNEL;
	s = ask(b, "cloud.statistics", NULL);
	assert_int_equal(json_object_size(s), 2);
	assert_int_equal(number(s, "nc_sniffed"), 5);
	json_decref(s);
	l = ask(b, "cloud.local", NULL);
	assert_int_equal(json_array_size(l), 2);
	assert_int_equal(number(json_object_get(json_array_get(l, 0), "tt_flags"), "raw"), 0x100);
	json_decref(l);
	f = ask(b, "cloud.find", json_pack("{ss}", "host", "lime-000001"));
	assert_true(json_is_true(json_object_get(f, "self")));
	json_decref(f);
	f = ask(b, "cloud.find", json_pack("{ss}", "host", "10.13.77.77"));
	assert_string_equal(at(f, "address"), "02:cc:00:00:00:09");
	json_decref(f);
	assert_int_equal(code(b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"cloud.find\","
				 "\"params\":{\"host\":\"02:00:00:00:00:77\"}}"),
			 RPC_NOT_FOUND);
}

static void row(struct box *b, struct batman_row r)
{
	struct event e = { .kind = EVENT_MESH, .mesh = r };

	feed(b, &e);
}

#define NEAR                                                                                       \
	{                                                                                          \
		{                                                                                  \
			2, 0, 0, 0, 1, 1                                                           \
		}                                                                                  \
	}
#define FAR                                                                                        \
	{                                                                                          \
		{                                                                                  \
			2, 0, 0, 0, 2, 1                                                           \
		}                                                                                  \
	}
#define LOST                                                                                       \
	{                                                                                          \
		{                                                                                  \
			2, 0, 0, 0, 3, 1                                                           \
		}                                                                                  \
	}
#define BOTH                                                                                       \
	{                                                                                          \
		{                                                                                  \
			2, 0xcc, 0, 0, 1, 1                                                        \
		}                                                                                  \
	} /* a client of near and far */
#define TAGGED                                                                                     \
	{                                                                                          \
		{                                                                                  \
			2, 0xcc, 0, 0, 1, 2                                                        \
		}                                                                                  \
	} /* of far, in VLAN 5 */
#define TAGGED_HERE                                                                                \
	{                                                                                          \
		{                                                                                  \
			2, 0xcc, 0, 0, 1, 3                                                        \
		}                                                                                  \
	} /* ours, in VLAN 9 */

static void tell_tables(struct box *b)
{
	static const struct batman_row rows[] = {
		{ .kind = BATMAN_ROW_PATH, .mac = NEAR, .via = NEAR, .tq = 255, .best = true },
		{ .kind = BATMAN_ROW_PATH, .mac = FAR, .via = NEAR, .tq = 200, .best = true },
		{ .kind = BATMAN_ROW_PATH, .mac = FAR, .via = FAR, .tq = 100 },
		{ .kind = BATMAN_ROW_PATH, .mac = LOST, .via = NEAR, .tq = 90 },
		{ .kind = BATMAN_ROW_GLOBAL, .mac = BOTH, .via = FAR },
		{ .kind = BATMAN_ROW_GLOBAL, .mac = BOTH, .via = NEAR },
		{ .kind = BATMAN_ROW_GLOBAL,
		  .mac = TAGGED,
		  .via = FAR,
		  .vid = BATMAN_VID_TAGGED | 5 },
		{ .kind = BATMAN_ROW_LOCAL, .mac = TAGGED_HERE, .vid = BATMAN_VID_TAGGED | 9 },
		{ .kind = BATMAN_ROW_END },
	};
	struct mac self;

	assert_true(batman_self(node_batman(b->node), &self));
	row(b, (struct batman_row) { .kind = BATMAN_ROW_SELF, .mac = self });
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row(b, rows[i]);
}

/* The rows of a list that are best, and how many rows name that MAC there. */
static unsigned int best_rows(json_t *list, const char *key, const char *mac, unsigned int *ret_all)
{
	unsigned int best = 0;
	json_t *r;
	size_t i;

	*ret_all = 0;
	json_array_foreach(list, i, r)
	{
		if (strcmp(at(r, key), mac) != 0)
			continue;
		++*ret_all;
		best += json_is_true(json_object_get(r, "best"));
	}
	return best;
}

static void test_cloud_tables(void **state)
{
	struct box *b = *state;
	unsigned int all;
	json_t *l, *f;

	tell_tables(b);
	l = ask(b, "cloud.originators", NULL);
	assert_int_equal(json_array_size(l), 3);
	assert_int_equal(best_rows(l, "orig_address", "02:00:00:00:02:01", &all), 1);
	assert_int_equal(all, 2);
	json_decref(l);
	l = ask(b, "cloud.neighbours", NULL);
	assert_int_equal(json_array_size(l), 2);
	json_decref(l);
	l = ask(b, "cloud.global", NULL);
	assert_int_equal(json_array_size(l), 3);
	assert_int_equal(best_rows(l, "tt_address", "02:cc:00:00:01:01", &all), 1);
	assert_int_equal(all, 2);
	assert_int_equal(number(json_array_get(l, 0), "tt_vid"), -1);
	assert_int_equal(number(json_array_get(l, 2), "tt_vid"), 5);
	json_decref(l);
	/* clients of VLANs are found too */
	f = ask(b, "cloud.find", json_pack("{ss}", "host", "02:cc:00:00:01:02"));
	assert_string_equal(at(f, "orig_address"), "02:00:00:00:02:01");
	json_decref(f);
	f = ask(b, "cloud.find", json_pack("{ss}", "host", "02:cc:00:00:01:03"));
	assert_true(json_is_true(json_object_get(f, "self")));
	json_decref(f);
}

/* How long ago a lease was refreshed, and how long it is held for its client from now. */
static void test_leases_tell_both_times(void **state)
{
	struct box *b = *state;
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST, .type = DHCP_REQUEST, .chaddr = client };
	uint8_t frame[DHCP_CLIENT_FRAME];
	struct event e = { .kind = EVENT_FRAME, .frame = { LINK_CLIENT, 0, frame, 0 } };
	json_t *leases, *lease;

	m.requested = node_cloud(b->node)->network4.addr;
	m.requested.b[2] ^= 77;
	m.requested.b[3] ^= 7;
	e.frame.len = dhcp_client_send(&m, frame);
	feed(b, &e); /* by its word: that block must be claimed first */
	run(b, b->now + 5 * USEC_S);
	feed(b, &e);
	run(b, b->now + 100 * USEC_S);
	leases = ask(b, "leases", NULL);
	lease = json_array_get(json_object_get(leases, "leases"), 0);
	assert_string_equal(at(lease, "mac"), "02:cc:00:00:00:09");
	assert_int_equal(json_integer_value(json_object_get(lease, "refreshed_ago_s")), 100);
	assert_int_equal(json_integer_value(json_object_get(lease, "held_s")), 48 * 3600 - 100);
	json_decref(leases);
}

static void test_release_forgets_the_client(void **state)
{
	struct box *b = *state;

	json_decref(ask(b, "lease.release", json_pack("{ss}", "client", "02:cc:00:00:00:09")));
	assert_int_equal(b->acts, 1);
	assert_int_equal(code(b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"lease.release\","
				 "\"params\":{\"client\":\"nobody\"}}"),
			 RPC_NOT_FOUND);
	json_decref(ask(b, "config.show", json_pack("{sb}", "all", 0)));
	b->rpc.act = NULL; /* nobody to do it */
	assert_int_equal(code(b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"lease.release\","
				 "\"params\":{\"client\":\"nobody\"}}"),
			 RPC_FORBIDDEN);
	b->rpc.act = feed;
	b->rpc.read_only = true;
	assert_int_equal(code(b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"lease.release\","
				 "\"params\":{\"client\":\"nobody\"}}"),
			 RPC_FORBIDDEN);
	assert_int_equal(b->acts, 1);
}

static void test_malformed_requests_are_named(void **state)
{
#define HEAD "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	static const struct {
		const char *line;
		int code;
	} lines[] = {
		{ "", RPC_PARSE },
		{ "{", RPC_PARSE },
		{ "}", RPC_PARSE },
		{ "\x80\xff", RPC_PARSE },
		{ HEAD "\"status\"} x", RPC_PARSE },
		{ HEAD "\"status\",\"id\":2}", RPC_PARSE }, /* twice the same key */
		{ "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", RPC_PARSE },
		{ "7", RPC_REQUEST },
		{ "[" HEAD "\"status\"}]", RPC_REQUEST },
		{ "{\"id\":1,\"method\":\"status\"}", RPC_REQUEST },
		{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"status\"}", RPC_REQUEST },
		{ HEAD "1}", RPC_REQUEST },
		{ HEAD "\"status\",\"params\":[1]}", RPC_REQUEST },
		{ "{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"status\"}", RPC_REQUEST },
		{ HEAD "\"no.such\"}", RPC_METHOD },
		{ "{\"jsonrpc\":\"1.0\",\"id\":\"x\",\"method\":\"status\"}", RPC_REQUEST },
		{ HEAD "\"status\",\"params\":{\"x\":1}}", RPC_PARAMS },
		{ HEAD "\"config.show\",\"params\":{\"all\":1}}", RPC_PARAMS },
		{ HEAD "\"trace.answer\"}", RPC_PARAMS },
		{ HEAD "\"trace.probe\",\"params\":{\"x\":1}}", RPC_PARAMS },
		/* one that has as many as a method can have */
		{ HEAD "\"state.put\",\"params\":{\"x\":1}}", RPC_PARAMS },
		{ HEAD "\"trace.answer\",\"params\":{\"id\":0}}", RPC_PARAMS },
		{ HEAD "\"trace.answer\",\"params\":{\"id\":256}}", RPC_PARAMS },
		{ HEAD "\"trace.answer\",\"params\":{\"id\":\"1\"}}", RPC_PARAMS },
		{ HEAD "\"lease.release\",\"params\":{\"client\":\"\"}}", RPC_PARAMS },
		{ HEAD "\"trace.probe\",\"params\":{\"to\":\"x\",\"ttl\":1,\"id\":1}}",
		  RPC_PARAMS },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(code(*state, lines[i].line), lines[i].code);
}

static void test_oversize_request(void **state)
{
	char *line = malloc(RPC_LINE_MAX + 1);
	json_t *v;

	memset(line, ' ', RPC_LINE_MAX + 1);
	v = ask_line(*state, line, RPC_LINE_MAX + 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(v, "error"), "code")),
			 RPC_REQUEST);
	json_decref(v);
	free(line);
}

static void test_notification_is_not_answered(void **state)
{
	const char *line = "{\"jsonrpc\":\"2.0\",\"method\":\"status\"}";

	assert_null(ask_line(*state, line, strlen(line)));
}

static void test_events_subscribe(void **state)
{
	struct box *b = *state;
	const char *line = "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"events\"}";
	struct effect_notice n = { .notice = NOTICE_CLIENT_CAME, .port = 2, .mac = client };
	struct rpc_reply reply;
	json_t *v, *p;

	rpc_call(&b->rpc, line, strlen(line), &reply);
	assert_true(reply.subscribe);
	rpc_reply_done(&reply);
	strcpy(n.text, "\xff");
	rpc_notice(&b->rpc, &n, 1700000000, &reply);
	v = json_loads(reply.text, 0, NULL);
	p = json_object_get(v, "params");
	assert_string_equal(at(v, "method"), "event");
	assert_string_equal(at(p, "event"), "client-came");
	assert_string_equal(at(p, "port"), "wlan0-ap");
	assert_string_equal(at(p, "text"), "\\xff");
	json_decref(v);
	rpc_reply_done(&reply);
}

static void test_config_parses_again(void **state)
{
	struct box *b = *state;
	json_t *v = ask(b, "config.show", json_pack("{sb}", "all", 1));
	struct conf *again = malloc(sizeof(*again));
	struct conf_error e;

	assert_int_equal(conf_parse(at(v, "text"), strlen(at(v, "text")), again, &e), 0);
	free(again);
	json_decref(v);
}

/* An SSID is of any bytes. */
static void test_config_of_any_bytes(void **state)
{
	struct box *b = *state;
	char *ssid = b->conf.wifi.ap_ssid, before[33];
	json_t *v;

	strcpy(before, ssid);
	strcpy(ssid, "caf\xe9");
	v = ask(b, "config.show", json_pack("{sb}", "all", 0));
	assert_non_null(strstr(at(v, "text"), "'caf\\xe9'\n"));
	json_decref(v);
	strcpy(ssid, before);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_every_method_answers),
		TEST(test_status_says_who_and_why),
		TEST(test_clients_are_where_they_are),
		TEST(test_trace_knows_places),
		TEST(test_leases_tell_both_times),
		TEST(test_release_forgets_the_client),
		TEST(test_malformed_requests_are_named),
		TEST(test_oversize_request),
		TEST(test_notification_is_not_answered),
		TEST(test_events_subscribe),
		TEST(test_config_parses_again),
		TEST(test_config_of_any_bytes),
		TEST(test_cloud_is_batctls),
		cmocka_unit_test_setup_teardown(test_cloud_tables, setup_kernel, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
