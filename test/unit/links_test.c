/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nodes say of their links: at both ends of a wire, seldom, and only what is news. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node_town.h"

#define LINK_TYPE 8
#define MINUTE (60 * USEC_S)

static struct town town;
static unsigned int written; /* by node 0 */
static bool restless;

static void record(struct town *t, int at, const struct state_event *e)
{
	(void)t;
	written += at == 0 && e->key.type == LINK_TYPE && e->own;
}

/* A link that is there for five minutes, and for five minutes not. */
static bool wire(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	(void)from;
	(void)to;
	(void)frame;
	(void)len;
	return !restless || t->now / (5 * MINUTE) % 2 == 0;
}

static int setup(void **state)
{
	(void)state;
	town_plan(&town, 3);
	town.record = record;
	town.wire = wire;
	written = 0;
	restless = false;
	town_begin(&town);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	town_stop(&town);
	return 0;
}

static struct state_node id_of(int i)
{
	struct node_member m;
	struct state_node id = { { 0 } };

	for (uint32_t k = 0; node_member_next(town.node[i], &k, &m);)
		if (m.self)
			memcpy(id.b, m.id, sizeof(id.b));
	return id;
}

/* How many links node `of` has said, as node `at` knows. */
static uint32_t links(int at, int of)
{
	struct state_node id = id_of(of);
	struct node_links l;
	struct state_view v;

	for (uint32_t i = 0; node_links_next(town.node[at], &i, &v, &l);) {
		if (memcmp(v.author.b, id.b, sizeof(id.b)) != 0)
			continue;
		for (uint32_t k = 0; k < l.count; k++)
			assert_true(l.list[k].tq > 200);
		return l.count;
	}
	return 0;
}

static void test_said(void **state)
{
	(void)state;
	town_run(&town, town.now + 3 * MINUTE);
	for (int at = 0; at < 3; at++) {
		assert_int_equal(links(at, 0), 1);
		assert_int_equal(links(at, 1), 2);
		assert_int_equal(links(at, 2), 1);
	}
	/* nothing changes: nothing is written */
	town_run(&town, town.now + 60 * MINUTE);
	assert_int_equal(written, 1);
	assert_int_equal(links(2, 1), 2);
}

static void test_restless(void **state)
{
	(void)state;
	town_run(&town, town.now + 3 * MINUTE);
	restless = true;
	town_run(&town, town.now + 60 * MINUTE);
	assert_in_range(written, 2, 1 + 6);
}

static void test_gone(void **state)
{
	(void)state;
	town_run(&town, town.now + 3 * MINUTE);
	node_free(town.node[2]);
	town.node[2] = NULL;
	town.count = 2;
	town_run(&town, town.now + 20 * MINUTE);
	assert_int_equal(links(0, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_said, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restless, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
