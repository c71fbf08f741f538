/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is a client of a node, and what the kernel's engine is told of those that say nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "node_town.h"

#define AP 2

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };

static bool is_station(const struct town *t, int i, const struct mac *mac)
{
	struct node_station s;

	for (uint32_t k = 0; node_station_next(t->node[i], &k, &s);)
		if (mac_eq(&s.mac, mac))
			return true;
	return false;
}

/* A port of another node, seen by the bridge on the wire where its hellos come from, is nobody's
 * client. On another wire that MAC may be anybody's. */
static void test_ports_of_nodes_are_no_clients(void **state)
{
	struct event e = { .kind = EVENT_CLIENT };
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 20 * USEC_S);
	e.client = (struct event_client) { .port = 0, .mac = { { 2, 0, 0, 0, 0, 2 } } };
	e.client.change = CLIENT_LEARNT;
	town_feed(&t, 1, &e);
	assert_false(is_station(&t, 1, &e.client.mac));
	e.client.port = AP;
	town_feed(&t, 1, &e);
	assert_true(is_station(&t, 1, &e.client.mac));
	town_stop(&t);
}

/* Frames that make every bridge on the way learn where our client is. */
static bool count_updates(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	unsigned int *updates = t->arg;

	(void)to;
	*updates += from == 1 && len == 60 && memcmp(frame + 6, client.b, sizeof(client.b)) == 0;
	return true;
}

static void tell_kernel(struct town *t, struct batman_row r)
{
	struct event e = { .kind = EVENT_MESH, .mesh = r };

	town_feed(t, 1, &e);
}

/* Two minutes in which the kernel has that client, or has forgotten it. */
static void two_minutes(struct town *t, bool has)
{
	for (int s = 0; s < 120; s++) {
		if (has)
			tell_kernel(
				t, (struct batman_row) { .kind = BATMAN_ROW_LOCAL, .mac = client });
		tell_kernel(t, (struct batman_row) { .kind = BATMAN_ROW_END });
		town_run(t, t->now + USEC_S);
	}
}

static void test_kernel_is_reminded(void **state)
{
	unsigned int updates = 0;
	struct town t;

	(void)state;
	town_plan(&t, 2);
	t.conf[1].l2.engine = CONF_ENGINE_KERNEL;
	t.wire = count_updates;
	t.arg = &updates;
	town_begin(&t);
	town_run(&t, t.now + 20 * USEC_S);
	town_station(&t, 1, &client, CLIENT_ASSOCIATED);
	assert_int_equal(updates, 1);
	two_minutes(&t, true);
	assert_int_equal(updates, 1);
	two_minutes(&t, false);
	assert_int_equal(updates, 3);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports_of_nodes_are_no_clients),
		cmocka_unit_test(test_kernel_is_reminded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
