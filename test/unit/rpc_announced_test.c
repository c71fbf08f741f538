/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services and notes: said at one node, read at another one that Babel leads to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node_town.h"
#include "rpc/method.h"
#include "rpc_ask.h"

#define NODES 2

struct box {
	struct town town; /* first: the hooks get it */
	struct rpc_context rpc[NODES];
	int at; /* whom the next act is for */
};

static struct ip6 address(int i)
{
	return (struct ip6) { { 0xfe, 0x80, [15] = (uint8_t)(i + 1) } };
}

static void datagram(struct town *t, int from, const struct effect_datagram *d)
{
	uint8_t copy[STATE_DATAGRAM_MAX];
	struct event e = { .kind = EVENT_DATAGRAM };

	memcpy(copy, d->data, d->len);
	/* port 1 of the first is wired to port 0 of the second */
	e.datagram = (struct event_datagram) {
		.port = (uint16_t)(from != 0), .from = address(from), .data = copy, .len = d->len
	};
	town_feed(t, !from, &e);
}

static void act(void *ctx, const struct event *e)
{
	struct box *b = ctx;

	town_feed(&b->town, b->at, e);
}

static void run(struct box *b, usec_t span)
{
	town_run(&b->town, b->town.now + span);
	for (int i = 0; i < NODES; i++)
		b->rpc[i].now = b->town.now;
}

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	town_plan(&b->town, NODES);
	b->town.datagram = datagram;
	town_begin(&b->town);
	for (int i = 0; i < NODES; i++) {
		struct event e = { .kind = EVENT_NEIGHBOUR };

		e.neighbour = (struct event_neighbour) { .port = (uint16_t)!i,
							 .cost = 96,
							 .address = address(!i) };
		b->rpc[i] = (struct rpc_context) { .node = b->town.node[i], .act = act, .ctx = b };
		town_feed(&b->town, i, &e);
	}
	run(b, 10 * USEC_S);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct box *b = *state;

	town_stop(&b->town);
	free(b);
	return 0;
}

static json_t *ask(struct box *b, int at, const char *method, json_t *params)
{
	b->at = at;
	return rpc_result(method, rpc_answer(&b->rpc[at], method, params, NULL));
}

static int fails(struct box *b, int at, const char *method, json_t *params, const char *says)
{
	b->at = at;
	return rpc_error(rpc_answer(&b->rpc[at], method, params, NULL), says);
}

static size_t count(struct box *b, int at, const char *method)
{
	json_t *r = ask(b, at, method, NULL);
	size_t n = json_array_size(r);

	json_decref(r);
	return n;
}

/* A field of the first one in that list. */
static void first_is(struct box *b, int at, const char *method, const char *key,
		     const char *expected)
{
	json_t *r = ask(b, at, method, NULL);
	const char *is = json_string_value(json_object_get(json_array_get(r, 0), key));

	assert_non_null(is);
	assert_string_equal(is, expected);
	json_decref(r);
}

static void test_service(void **state)
{
	struct box *b = *state;
	json_t *r = ask(b, 0, "service.add",
			json_pack("{ss si ss ss}", "name", "cam", "port", 8080, "address",
				  "10.13.7.7", "text", "of the roof"));

	assert_int_equal(json_integer_value(json_object_get(r, "port")), 8080);
	json_decref(r);
	run(b, USEC_S);
	first_is(b, 1, "service.list", "name", "cam");
	first_is(b, 1, "service.list", "address", "10.13.7.7");
	first_is(b, 1, "service.list", "protocol", "tcp");
	first_is(b, 1, "service.list", "text", "of the roof");
	/* it is the other's own */
	assert_int_equal(
		fails(b, 1, "service.remove", json_pack("{ss}", "name", "cam"), "there is none"),
		RPC_NOT_FOUND);
	/* that of the same name at the other one is another one */
	json_decref(ask(b, 1, "service.add",
			json_pack("{ss si ss}", "name", "cam", "port", 53, "protocol", "udp")));
	run(b, USEC_S);
	assert_int_equal(count(b, 0, "service.list"), 2);
	json_decref(ask(b, 0, "service.remove", json_pack("{ss}", "name", "cam")));
	run(b, USEC_S);
	assert_int_equal(count(b, 1, "service.list"), 1);
	first_is(b, 0, "service.list", "protocol", "udp");
}

static void test_service_refused(void **state)
{
	struct box *b = *state;
	char name[] = "s00", text[ANNOUNCED_TEXT_MAX + 2];

	assert_int_equal(fails(b, 0, "service.add", json_pack("{ss si}", "name", "-a", "port", 1),
			       "is no name"),
			 RPC_PARAMS);
	assert_int_equal(
		fails(b, 0, "service.add", json_pack("{ss si}", "name", "a", "port", 0), "port"),
		RPC_PARAMS);
	assert_int_equal(fails(b, 0, "service.add",
			       json_pack("{ss si ss}", "name", "a", "port", 1, "protocol", "sctp"),
			       "tcp or udp"),
			 RPC_PARAMS);
	assert_int_equal(fails(b, 0, "service.add",
			       json_pack("{ss si ss}", "name", "a", "port", 1, "text", "a\033b"),
			       "control character"),
			 RPC_PARAMS);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(fails(b, 0, "service.add",
			       json_pack("{ss si ss}", "name", "a", "port", 1, "text", text),
			       "200 bytes"),
			 RPC_PARAMS);
	for (int i = 0; i < SERVICES_OWN; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		json_decref(
			ask(b, 0, "service.add", json_pack("{ss si}", "name", name, "port", 1)));
	}
	assert_int_equal(
		fails(b, 0, "service.add", json_pack("{ss si}", "name", "a", "port", 1), "no room"),
		RPC_FULL);
	/* what is there can be changed */
	json_decref(ask(b, 0, "service.add", json_pack("{ss si}", "name", name, "port", 2)));
	assert_int_equal(count(b, 0, "service.list"), SERVICES_OWN);
}

static void test_note(void **state)
{
	static const char mac[] = "02:cc:00:00:00:09";
	struct box *b = *state;
	json_t *nodes = ask(b, 0, "nodes", NULL);
	const char *node = json_string_value(json_object_get(json_array_get(nodes, 0), "name"));

	json_decref(ask(b, 0, "note.set", json_pack("{ss ss}", "of", mac, "text", "the printer")));
	run(b, USEC_S);
	first_is(b, 1, "note.list", "mac", mac);
	first_is(b, 1, "note.list", "text", "the printer");
	/* everybody's */
	json_decref(ask(b, 1, "note.set", json_pack("{ss ss}", "of", mac, "text", "gone")));
	run(b, USEC_S);
	first_is(b, 0, "note.list", "text", "gone");
	json_decref(ask(b, 0, "note.set", json_pack("{ss}", "of", mac)));
	run(b, USEC_S);
	assert_int_equal(count(b, 1, "note.list"), 0);
	assert_int_equal(fails(b, 1, "note.set", json_pack("{ss}", "of", mac), "there is none"),
			 RPC_NOT_FOUND);
	assert_int_equal(fails(b, 1, "note.set", json_pack("{ss ss}", "of", mac, "text", "\t"),
			       "control character"),
			 RPC_PARAMS);
	json_decref(ask(b, 1, "note.set", json_pack("{ss ss}", "of", node, "text", "roof")));
	run(b, USEC_S);
	first_is(b, 0, "note.list", "of", node);
	json_decref(nodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_service, setup, teardown),
		cmocka_unit_test_setup_teardown(test_service_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_note, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
