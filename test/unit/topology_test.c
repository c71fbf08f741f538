/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of towns: what is wrong with one is said in a sentence that names the place. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/generate.h"
#include "lab/topology.h"

#define GRAPH(nodes, links)                                                                        \
	"{\"type\":\"NetworkGraph\",\"nodes\":[" nodes "],\"links\":[" links "]}"
#define NODE(id, props) "{\"id\":\"" id "\",\"properties\":{" props "}}"
#define LINK(a, b, props) "{\"source\":\"" a "\",\"target\":\"" b "\",\"properties\":{" props "}}"
#define PAIR NODE("a", "") "," NODE("b", "")
#define NET NODE("www", "\"type\":\"internet\"")
#define CLIENT(props) NODE("c", "\"type\":\"client\"," props)

static struct topology t;
static char err[256];

static int parse(const char *text)
{
	return topology_parse(&t, text, "town", err, sizeof(err));
}

static const struct {
	const char *text, *says;
} cases[] = {
	{ "{", "town: line 1" },
	{ "[]", "not a JSON object" },
	{ "{\"x\":1}", "unknown member 'x'" },
	{ "{\"\":1}", "unknown member ''" },
	{ "{\"type\":\"x\"}", "\"NetworkGraph\"" },
	{ "{}", "\"NetworkGraph\"" },
	{ "{\"type\":\"NetworkGraph\",\"nodes\":[]}", "are lists" },
	{ "{\"type\":\"NetworkGraph\",\"links\":[]}", "are lists" },
	{ "{\"type\":\"NetworkGraph\",\"nodes\":7,\"links\":[]}", "are lists" },
	{ "{\"type\":\"NetworkGraph\",\"nodes\":[],\"links\":7}", "are lists" },
	{ GRAPH("", ""), "at least one node" },
	{ GRAPH("7", ""), "each of nodes[]" },
	{ GRAPH("{}", ""), "each of nodes[]" },
	{ GRAPH("{\"id\":\"a\",\"properties\":7}", ""), "'properties' is an object" },
	{ GRAPH("{\"id\":\"a\",\"propertie\":{}}", ""), "unknown member 'propertie'" },
	{ GRAPH("{\"id\":\"a\",\"el\":{}}", ""), "unknown member 'el'" },
	{ GRAPH(NODE("", ""), ""), "''" },
	{ GRAPH(NODE("-a", ""), ""), "'-a'" },
	{ GRAPH(NODE("a-", ""), ""), "'a-'" },
	{ GRAPH(NODE("a_", ""), ""), "'a_'" },
	{ GRAPH(NODE("a23456789012345678901234567890123", ""), ""), "node 'a2345" },
	{ GRAPH(PAIR "," NODE("a", ""), ""), "'a'" },
	{ GRAPH(NODE("a", "\"type\":7"), ""), "property 'type' is a string" },
	{ GRAPH(NODE("a", "\"type\":\"tree\""), ""), "type 'tree'" },
	{ GRAPH(NODE("a", "\"type\":\"provider\""), ""), "made by links to the internet" },
	{ GRAPH(NODE("a", "\"cable\":true"), ""), "unknown property 'cable'" },
	{ GRAPH(NODE("a", "\"ap\":7"), ""), "property 'ap' is true or false" },
	{ GRAPH(NODE("a", "\"daemon\":\"no\""), ""), "'daemon' is true or false" },
	{ GRAPH(NODE("a", "\"ssid\":\"\""), ""), "1 to 32 bytes" },
	{ GRAPH(NODE("a", "\"ssid\":\"123456789012345678901234567890123\""), ""), "1 to 32 bytes" },
	{ GRAPH(NODE("a", "\"ssid\":7"), ""), "property 'ssid' is a string" },
	{ GRAPH(NODE("a", "\"args\":7"), ""), "up to 8 strings" },
	{ GRAPH(NODE("a", "\"args\":[7]"), ""), "up to 8 strings" },
	{ GRAPH(NODE("a", "\"args\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]"), ""),
	  "up to 8 strings" },
	{ GRAPH(NODE("a", "\"config\":7"), ""), "'config' is an object" },
	{ GRAPH(NODE("a", "\"config\":{\"x\":1}"), ""), "SECTION.OPTION" },
	{ GRAPH(NODE("a", "\"config\":{\".x\":1}"), ""), "SECTION.OPTION" },
	{ GRAPH(NODE("a", "\"config\":{\"x.\":1}"), ""), "SECTION.OPTION" },
	{ GRAPH(NODE("a", "\"config\":{\"x.'\":1}"), ""), "SECTION.OPTION" },
	{ GRAPH(NODE("a", "\"config\":{\"x.\\n\":1}"), ""), "SECTION.OPTION" },
	{ GRAPH(NODE("a", "\"config\":{\"x.y\":null}"), ""), "config 'x.y' is a string" },
	{ GRAPH(NET "," NODE("w2", "\"type\":\"internet\""), ""), "there is one internet" },
	{ GRAPH(NODE("w", "\"type\":\"internet\",\"ipv6\":7"), ""), "'ipv6' is true" },
	{ GRAPH(NODE("w", "\"type\":\"switch\",\"ap\":true"), ""), "unknown property 'ap'" },
	{ GRAPH(PAIR "," CLIENT("\"x\":7"), ""), "unknown property 'x'" },
	{ GRAPH(PAIR "," CLIENT("\"cable\":7"), ""), "'cable' is true or false" },
	{ GRAPH(PAIR "," CLIENT("\"association\":7"), ""), "or \"new\"" },
	{ GRAPH(PAIR "," CLIENT("\"association\":\"old\""), ""), "or \"new\"" },
	{ GRAPH(PAIR "," CLIENT("\"at\":7"), ""), "property 'at' is a string" },
	{ GRAPH(PAIR "," CLIENT("\"at\":\"x\""), ""), "'x' is none" },
	{ GRAPH(PAIR "," CLIENT("\"at\":\"c\""), ""), "'c' is none" },
	{ GRAPH(NODE("a", "\"ap\":false") "," CLIENT("\"at\":\"a\""), ""), "has no access point" },
	{ GRAPH(PAIR "," CLIENT("\"cable\":true"), ""), "is nowhere" },
	{ GRAPH(PAIR "," CLIENT("\"at\":\"a\""), LINK("a", "c", "")), "has one place" },
	{ GRAPH(PAIR "," CLIENT("\"cable\":true"), LINK("a", "c", "") "," LINK("c", "b", "")),
	  "has one place" },
	{ GRAPH(PAIR, "7"), "each of links[]" },
	{ GRAPH(PAIR, "{\"source\":\"a\"}"), "each of links[]" },
	{ GRAPH(PAIR, "{\"target\":\"a\"}"), "each of links[]" },
	{ GRAPH(PAIR, "{\"source\":\"a\",\"target\":\"b\",\"x\":1}"), "member 'x'" },
	{ GRAPH(PAIR, LINK("a", "b", "\"x\":1")), "unknown property 'x'" },
	{ GRAPH(PAIR, LINK("a", "x", "")), "no node 'x'" },
	{ GRAPH(PAIR, LINK("x", "a", "")), "no node 'x'" },
	{ GRAPH(PAIR, LINK("a", "a", "")), "two different nodes" },
	{ GRAPH(PAIR, LINK("a", "b", "\"down\":7")), "'down' is true or false" },
	{ GRAPH(PAIR, LINK("a", "b", "\"loss\":101")), "property 'loss'" },
	{ GRAPH(PAIR, LINK("a", "b", "\"loss\":[]")), "property 'loss'" },
	{ GRAPH(PAIR, LINK("a", "b", "\"latency\":\"11s\"")), "property 'latency'" },
	{ GRAPH(PAIR, LINK("a", "b", "\"rate\":\"fast\"")), "property 'rate'" },
	{ GRAPH(PAIR, LINK("a", "b", "\"mtu\":575")), "576 to 9000" },
	{ GRAPH(PAIR, LINK("a", "b", "\"mtu\":9001")), "576 to 9000" },
	{ GRAPH(PAIR, LINK("a", "b", "\"provider\":\"x\"")), "links to the internet" },
	{ GRAPH(PAIR, LINK("a", "b", "\"lan\":\"x\"")), "links to the internet" },
	{ GRAPH(PAIR "," NET, LINK("a", "www", "\"provider\":7")), "is a string" },
	{ GRAPH(PAIR "," NET, LINK("a", "www", "\"lan\":7")), "is a string" },
	{ GRAPH(PAIR "," NET, LINK("a", "www", "\"lan\":\"x\"")), "a network like" },
	{ GRAPH(PAIR "," NET, LINK("a", "www", "\"lan\":\"10.0.0.0/15\"")), "a network like" },
	{ GRAPH(PAIR "," NET, LINK("a", "www", "\"lan\":\"10.0.0.0/30\"")), "a network like" },
	{ GRAPH(PAIR "," NET, LINK("a", "www", "\"provider\":\"b\"")), "'b' is taken" },
	{ GRAPH(PAIR "," NET, LINK("a", "www", "\"provider\":\"b_\"")), "'b_'" },
	{ GRAPH(PAIR "," NET "," CLIENT("\"at\":\"a\""), LINK("c", "www", "")),
	  "only a node or a switch" },
	{ GRAPH(PAIR "," NET, LINK("a", "www", "") "," LINK("b", "isp-a", "")), "no node 'isp-a'" },
	{ GRAPH(PAIR "," NODE("s", "\"type\":\"switch\""), LINK("a", "s", "\"latency\":\"5ms\"")),
	  "no latency" },
	{ GRAPH(PAIR "," NODE("s", "\"type\":\"switch\""), LINK("s", "a", "\"latency\":\"5ms\"")),
	  "no latency" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].text), -EINVAL);
		if (!strstr(err, cases[i].says))
			fail_msg("%s: says %s", cases[i].text, err);
		assert_null(t.hosts);
	}
	/* a sentence that is longer than its buffer */
	assert_int_equal(topology_parse(&t, "[]", "town", err, 4), -EINVAL);
	assert_string_equal(err, "tow");
}

static void test_taken(void **state)
{
	static const char text[] =
		"{\"type\":\"NetworkGraph\",\"nodes\":["
		"{\"id\":\"www\",\"properties\":{\"type\":\"internet\",\"ipv6\":false}},"
		"{\"id\":\"a\"},"
		"{\"id\":\"b\"},"
		"{\"id\":\"e\",\"properties\":{\"ssid\":\"x\",\"args\":[\"-v\"],"
		"\"config\":{\"a.b\":[\"x\"],\"a.c\":true,\"a.d\":1,\"a.e\":\"\"}}},"
		"{\"id\":\"c\",\"properties\":{\"type\":\"client\",\"at\":\"a\","
		"\"association\":\"new\"}},"
		"{\"id\":\"d\",\"properties\":{\"type\":\"client\",\"at\":\"b\",\"cable\":true,"
		"\"association\":false}},"
		"{\"id\":\"f\",\"properties\":{\"type\":\"client\",\"association\":true}},"
		"{\"id\":\"g\",\"properties\":{\"ap\":false}},"
		"{\"id\":\"s\",\"properties\":{\"type\":\"switch\"}},"
		"{\"id\":\"h\",\"properties\":{\"type\":\"client\",\"at\":\"g\",\"cable\":true}}"
		"],\"links\":["
		"{\"source\":\"a\",\"target\":\"b\",\"properties\":{\"loss\":\"3%\",\"latency\":5,"
		"\"rate\":\"1mbit\",\"mtu\":1400}},"
		"{\"source\":\"www\",\"target\":\"a\",\"properties\":{\"provider\":\"isp\","
		"\"lan\":\"10.1.2.3/24\"}},"
		"{\"source\":\"e\",\"target\":\"f\",\"properties\":{\"down\":true}},"
		"{\"source\":\"s\",\"target\":\"www\",\"properties\":{\"loss\":0.5}}"
		"]}";

	(void)state;
	assert_int_equal(parse(text), 0);
	assert_int_equal(topology_count(&t, HOST_NODE), 4);
	assert_false(t.internet_ipv6);
	assert_int_equal(t.hosts[4].association, ASSOCIATION_NEW);
	assert_int_equal(t.hosts[5].association, ASSOCIATION_SILENT);
	assert_true(t.hosts[6].cable); /* by its link */
	assert_int_equal(t.wire_count, 6);
	assert_int_equal(t.wires[0].mtu, 1400);
	assert_int_equal(t.wires[0].quality.latency_usec, 5000);
	assert_true(t.wires[1].uplink);
	assert_true(t.wires[1].end[0] == topology_host(&t, "a") &&
		    t.wires[1].end[1] == topology_host(&t, "isp"));
	assert_true(t.wires[2].quality.down);
	assert_int_equal(t.wires[3].end[1], topology_host(&t, "isp-s"));
	assert_int_equal(t.wires[4].end[1], topology_host(&t, "d"));
	assert_int_equal(t.wires[5].end[0], topology_host(&t, "g"));
	topology_done(&t);
}

/* A town of `hosts` nodes, `clients` of them clients with a cable, and `links` links. */
static int large(int hosts, int clients, int links, const char *last)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int r;

	fprintf(f, "{\"type\":\"NetworkGraph\",\"label\":\"large\",\"nodes\":[");
	for (int i = 0; i < hosts; i++)
		fprintf(f, "%s{\"id\":\"n%d\"}", i ? "," : "", i);
	for (int i = 0; i < clients; i++)
		fprintf(f,
			",{\"id\":\"c%d\",\"properties\":{\"type\":\"client\","
			"\"cable\":true,\"at\":\"n0\"}}",
			i);
	fprintf(f, "%s],\"links\":[", clients < 0 ? "," NET : "");
	for (int i = 0; i < links; i++)
		fprintf(f, "%s{\"source\":\"n0\",\"target\":\"n1\"}", i ? "," : "");
	fprintf(f, "%s]}", last);
	fclose(f);
	r = parse(text);
	free(text);
	topology_done(&t);
	return r;
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(large(TOPOLOGY_HOSTS_MAX, 0, 0, ""), 0);
	assert_int_equal(large(TOPOLOGY_HOSTS_MAX + 1, 0, 0, ""), -EINVAL);
	assert_non_null(strstr(err, "more than 400 hosts"));
	/* the provider of the last link has no place */
	assert_int_equal(large(TOPOLOGY_HOSTS_MAX - 1, -1, 0, LINK("n0", "www", "")), -EINVAL);
	assert_non_null(strstr(err, "more than 400 hosts"));
	assert_int_equal(large(2, 0, TOPOLOGY_WIRES_MAX, ""), 0);
	assert_int_equal(large(2, 0, TOPOLOGY_WIRES_MAX + 1, ""), -EINVAL);
	assert_non_null(strstr(err, "more than 1200 links"));
	/* nor has the cable of a client */
	assert_int_equal(large(2, 1, TOPOLOGY_WIRES_MAX, ""), -EINVAL);
	assert_non_null(strstr(err, "more than 1200 links"));
}

/* What is made up can be built, in each shape. */
static void test_generated(void **state)
{
	(void)state;
	for (enum shape s = SHAPE_RANDOM; s < SHAPES; s++) {
		json_t *town = generate_town(40, 10, 3, s);
		char *text = json_dumps(town, 0);

		assert_non_null(text);
		assert_int_equal(parse(text), 0);
		assert_int_equal(topology_count(&t, HOST_NODE), 40);
		assert_int_equal(topology_count(&t, HOST_CLIENT), 10);
		assert_int_equal(topology_count(&t, HOST_SWITCH), s == SHAPE_WIRE ? 3 : 0);
		assert_int_equal(topology_count(&t, HOST_PROVIDER), 2);
		topology_done(&t);
		free(text);
		json_decref(town);
	}
	assert_null(generate_town(0, 0, 0, SHAPE_LINE));
	assert_null(generate_town(201, 0, 0, SHAPE_LINE));
	assert_null(generate_town(10, 151, 0, SHAPE_LINE));
}

static int load(const char *name, const char *text)
{
	FILE *f = text ? fopen(name, "we") : NULL;
	int r;

	if (f) {
		fputs(text, f);
		fclose(f);
	}
	r = topology_load(&t, name, err, sizeof(err));
	unlink(name);
	return r;
}

static void test_file(void **state)
{
	char dir[] = "/tmp/topology-test.XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/plaza.json", dir);
	assert_int_equal(load(path, NULL), -EINVAL);
	assert_non_null(strstr(err, "No such file"));
	assert_int_equal(load(path, ""), -EINVAL);
	assert_non_null(strstr(err, "empty"));
	assert_int_equal(load(path, "[]"), -EINVAL);
	assert_int_equal(topology_load(&t, dir, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "Is a directory"));
	assert_int_equal(load(path, GRAPH(PAIR, "")), 0);
	assert_string_equal(t.name, "plaza");
	topology_done(&t);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(load("village.json", GRAPH(PAIR, "")), 0);
	assert_string_equal(t.name, "village");
	topology_done(&t);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused), cmocka_unit_test(test_taken),
		cmocka_unit_test(test_limits),	cmocka_unit_test(test_generated),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
