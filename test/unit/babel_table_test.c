/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the node hears of what babeld says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/text.h"
#include "plat/linux/helpers/babel_table.h"

struct heard {
	int count;
	struct event last[8];
};

static struct heard heard;
static struct babel_table table;

static void hear(void *ctx, const struct event *e)
{
	struct heard *h = ctx;

	assert_true(h->count < 8);
	h->last[h->count++] = *e;
}

static int setup(void **state)
{
	static const uint64_t key[2] = { 1, 2 };
	struct sink sink = { hear, &heard };

	(void)state;
	memset(&heard, 0, sizeof(heard));
	return babel_table_init(&table, sink, key, 4, 4);
}

static int teardown(void **state)
{
	(void)state;
	babel_table_done(&table);
	return 0;
}

static void tell(const char *line)
{
	char buf[BABEL_LINE_MAX];
	struct babel_line l;

	assert_true(text_copy(buf, sizeof(buf), line));
	assert_int_equal(babel_text_line(buf, &l), 0);
	babel_table_line(&table, &l, 7);
}

static void tell_route(const char *verb, const char *handle, const char *installed, int metric)
{
	char line[BABEL_LINE_MAX];

	snprintf(line, sizeof(line),
		 "%s route %s prefix 10.13.0.0/16 from 0.0.0.0/0 installed %s "
		 "id 80:bc:a8:fb:03:58:6f:7d metric %d refmetric 0 via fe80::%s if v0",
		 verb, handle, installed, metric, handle);
	tell(line);
}

static int report(void)
{
	heard.count = 0;
	babel_table_report(&table);
	return heard.count;
}

static void test_change_of_next_hop(void **state)
{
	(void)state;
	tell_route("add", "a1", "no", 96);
	assert_int_equal(report(), 0);
	tell_route("change", "a1", "yes", 96);
	assert_int_equal(report(), 1);
	assert_false(heard.last[0].route.gone);
	assert_int_equal(heard.last[0].route.port, 7);
	/* told again, nothing new */
	tell_route("change", "a1", "yes", 96);
	assert_int_equal(report(), 0);
	/* "old one off, new one on" is one change */
	tell_route("change", "a1", "no", 65535);
	tell_route("change", "b2", "yes", 100);
	assert_int_equal(report(), 1);
	assert_false(heard.last[0].route.gone);
	assert_int_equal(heard.last[0].route.metric, 100);
	/* the old one's end does not concern the new one */
	tell_route("flush", "a1", "no", 65535);
	assert_int_equal(report(), 0);
	tell_route("flush", "b2", "no", 65535);
	assert_int_equal(report(), 1);
	assert_true(heard.last[0].route.gone);
}

/* Routes to the networks of our cloud count whether Babel uses them or not, one of each neighbour.
 */
static void test_twins_of_our_own(void **state)
{
	const struct event_route *r = &heard.last[0].route;

	(void)state;
	assert_int_equal(net4_parse("10.13.0.0/16", &table.own4), 0);
	assert_int_equal(net6_parse("fd0d:fe46:8ce8::/64", &table.own6), 0);
	tell_route("add", "a1", "no", 96);
	assert_int_equal(report(), 1);
	assert_true(r->twin && r->direct && !r->gone && !r->v6);
	assert_int_equal(r->router_id[0], 0x80);
	tell_route("add", "b2", "no", 96);
	assert_int_equal(report(), 1);
	tell_route("change", "b2", "no", 120); /* better or worse is no news */
	assert_int_equal(report(), 0);
	tell("add route c3 prefix fd0d:fe46:8ce8::/64 from ::/0 installed no id "
	     "80:bc:a8:fb:03:58:6f:7d metric 192 refmetric 96 via fe80::c3 if v0");
	tell("add route d4 prefix fd0d:fe46:8ce8::/64 from fd01::/16 installed no id "
	     "80:bc:a8:fb:03:58:6f:7d metric 192 refmetric 96 via fe80::c3 if v0");
	tell("add route e5 prefix 10.14.0.0/16 from 0.0.0.0/0 installed no id "
	     "80:bc:a8:fb:03:58:6f:7d metric 192 refmetric 96 via fe80::c3 if v0");
	assert_int_equal(report(), 1);
	assert_true(r->twin && !r->direct && r->v6);
	tell_route("change", "a1", "no", 65535);
	assert_int_equal(report(), 1);
	assert_true(r->twin && r->gone);
	assert_int_equal(r->via6.b[15], 0xa1);
	/* one that is used, while we have none: both */
	tell_route("change", "b2", "yes", 96);
	assert_int_equal(report(), 1);
	assert_false(r->twin || r->gone);
	tell_route("flush", "b2", "no", 65535);
	assert_int_equal(report(), 2);
	assert_true(r->gone && heard.last[1].route.gone);
}

static void test_own_beside_learnt(void **state)
{
	(void)state;
	tell_route("change", "a1", "yes", 96);
	tell("add xroute 10.13.0.0/16-0.0.0.0/0 prefix 10.13.0.0/16 from 0.0.0.0/0 metric 0");
	assert_int_equal(report(), 2);
	tell("flush xroute 10.13.0.0/16-0.0.0.0/0 prefix 10.13.0.0/16 from 0.0.0.0/0 metric 0");
	assert_int_equal(report(), 1);
	assert_true(heard.last[0].route.gone);
	assert_true(heard.last[0].route.own);
}

static void test_restart(void **state)
{
	(void)state;
	tell_route("change", "a1", "yes", 96);
	tell("add neighbour n1 address fe80::1 if v0 cost 96");
	assert_int_equal(report(), 2);
	babel_table_mark(&table);
	tell_route("change", "c3", "yes", 96);
	babel_table_sweep(&table);
	/* the route lives on by its new name and next hop, the neighbour is gone */
	assert_int_equal(report(), 2);
	assert_int_equal(heard.last[0].kind, EVENT_NEIGHBOUR);
	assert_true(heard.last[0].neighbour.gone);
	assert_int_equal(heard.last[1].kind, EVENT_ROUTE);
	assert_false(heard.last[1].route.gone);
}

static void test_neighbour(void **state)
{
	(void)state;
	tell("add neighbour n1 address fe80::1 if v0 reach 8000 cost 65535");
	assert_int_equal(report(), 1);
	tell("change neighbour n1 address fe80::1 if v0 reach c000 cost 65535");
	assert_int_equal(report(), 0);
	tell("change neighbour n1 address fe80::1 if v0 reach c000 cost 96");
	assert_int_equal(report(), 1);
	assert_int_equal(heard.last[0].neighbour.cost, 96);
	tell("flush neighbour n1 address fe80::1 if v0 reach 0000 cost 65535");
	assert_int_equal(report(), 1);
	assert_true(heard.last[0].neighbour.gone);
}

static void test_full(void **state)
{
	char line[BABEL_LINE_MAX];

	(void)state;
	for (int i = 0; i < 6; i++) {
		snprintf(line, sizeof(line),
			 "add xroute x prefix 10.%d.0.0/16 from 0.0.0.0/0 metric 0", i);
		tell(line);
	}
	assert_int_equal(report(), 4);
	assert_int_equal(table.full, 2);
}

static void tell_host(const char *ip, int metric)
{
	char line[BABEL_LINE_MAX];

	snprintf(line, sizeof(line),
		 "change route h%s prefix %s/%d from %s installed yes id 80:bc:a8:fb:03:58:6f:7d "
		 "metric %d refmetric 0 via fe80::1 if v0",
		 ip, ip, strchr(ip, ':') ? 128 : 32, strchr(ip, ':') ? "::/0" : "0.0.0.0/0",
		 metric);
	tell(line);
}

static unsigned int lost(void)
{
	struct event_route r;
	unsigned int count = 0;

	for (uint32_t i = 0; babel_table_lost_next(&table, &i, &r);)
		count++;
	return count;
}

/* Taken out of the kernel are those that are unreachable while their network is not, and no others:
 * what leads nowhere else must not go by the default route. */
static void test_lost_hosts(void **state)
{
	(void)state;
	tell_host("10.13.7.7", 65535);
	tell_host("10.14.7.7", 65535);
	assert_int_equal(lost(), 0);
	tell_route("add", "a1", "yes", 96);
	assert_int_equal(lost(), 1);
	tell_host("10.13.7.7", 192);
	assert_int_equal(lost(), 0);
	table.own4 = (struct net4) { { { 10, 14, 0, 0 } }, 16 };
	assert_int_equal(lost(), 1);
	tell_host("10.14.7.7", 192);
	tell_host("10.14.7.7", 65535);
	tell_route("change", "a1", "yes", 65535);
	tell_host("10.13.7.7", 65535);
	assert_int_equal(lost(), 1);
}

/* babeld keeps one for a minute: it is taken out of the kernel once each time that it is lost. */
static void test_lost_once(void **state)
{
	(void)state;
	tell_host("10.13.7.7", 65535);
	tell_host("10.13.7.8", 192);
	tell_route("add", "a1", "yes", 96);
	assert_int_equal(lost(), 1);
	assert_int_equal(lost(), 0);
	tell_host("10.13.7.7", 65535);
	tell_host("10.13.7.8", 65535);
	assert_int_equal(lost(), 1);
	tell_host("10.13.7.7", 192);
	tell_host("10.13.7.7", 65535);
	assert_int_equal(lost(), 1);
}

/* Whatever the length of the network's prefix is; but for the default route, and for those of a
 * certain source. */
static void test_lost_network(void **state)
{
	static const struct {
		const char *net, *from;
		bool covers;
	} row[] = {
		{ "fd0d::/127", "::/0", true },	     { "fc00::/7", "::/0", true },
		{ "fd0d::2/127", "::/0", false },    { "::/0", "::/0", false },
		{ "fd0d::/64", "fd0d::/64", false },
	};
	char line[BABEL_LINE_MAX];

	(void)state;
	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		babel_table_mark(&table);
		babel_table_sweep(&table);
		(void)report();
		tell_host("fd0d::1", 65535);
		snprintf(line, sizeof(line),
			 "add route a1 prefix %s from %s installed yes id 80:bc:a8:fb:03:58:6f:7d "
			 "metric 96 refmetric 0 via fe80::1 if v0",
			 row[i].net, row[i].from);
		tell(line);
		assert_int_equal(lost(), row[i].covers);
	}
}

static void test_lost_hosts_of_ours(void **state)
{
	(void)state;
	table.own4 = (struct net4) { { { 10, 14, 0, 0 } }, 16 };
	table.own6 = (struct net6) { { { 0xfd, 0x0d } }, 64 };
	tell_host("fd0e::7", 65535);
	assert_int_equal(lost(), 0);
	tell_host("fd0d::7", 65535);
	assert_int_equal(lost(), 1);
}

/* A thousand routes to hosts keep no network out. */
static void test_hosts_leave_room(void **state)
{
	(void)state;
	tell_host("10.13.7.7", 96);
	tell_host("10.13.7.8", 96);
	tell_host("10.13.7.9", 96);
	assert_int_equal(table.full, 1);
	tell_route("add", "a1", "yes", 96);
	assert_int_equal(report(), 3);
	assert_int_equal(table.full, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_change_of_next_hop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twins_of_our_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_beside_learnt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_neighbour, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_hosts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_hosts_of_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_network, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hosts_leave_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
