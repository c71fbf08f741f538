/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbours of the state service are chosen anew when trama nodes change, but not each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/batman/msg.h"
#include "dhcp_client.h"
#include "node_town.h"

#define MANY 40 /* more than there are places for neighbours */

/* The port of node 1 that node 0 hears, once it has spoken. */
static struct mac between;

/* Node 1 is of other software: its container is one that nobody knows. So who is behind it is a
 * neighbour. */
static bool other_software(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	(void)t;
	if (from == 1 && to == 0 && frame[12] == 0x43 && frame[14] == BAT_TYPE_OGM) {
		memcpy(between.b, frame + 6, sizeof(between.b));
		for (size_t i = 14; i + 4 < len; i++) {
			if (frame[i] == BAT_TVLV_TRAMA && frame[i + 1] == 1 && frame[i + 2] == 0)
				frame[i]++;
		}
	}
	return true;
}

/* A trama node behind node 1 tells of itself. */
static void speak(struct town *t, uint8_t who, uint32_t seqno, uint16_t flags)
{
	struct mac orig = { { 2, 9, 0, 0, 1, who } }, cloud = { { 2, 9, 0, 0, 2, who } };
	struct bat_ogm ogm = { .ttl = 48, .seqno = seqno, .tq = 200, .orig = orig, .prev = orig };
	struct town_ogm o = { 1, between, ogm, cloud, flags };

	town_ogm(t, 0, &o);
}

/* How often neighbours have been chosen: each time there are more than places. */
static uint64_t choices(const struct town *t)
{
	return town_counter(t, 0, NODE_C_PEER_FULL);
}

static void test_changes_are_gathered(void **state)
{
	struct town t;
	uint64_t before;
	uint16_t flags = 0;

	(void)state;
	town_plan(&t, 2);
	t.wire = other_software;
	town_begin(&t);
	town_run(&t, t.now + 30 * USEC_S);
	for (uint32_t seqno = 1; seqno < 5; seqno++) {
		for (uint8_t i = 0; i < MANY; i++)
			speak(&t, i, seqno, 0);
		town_run(&t, t.now + USEC_S);
	}
	assert_true(choices(&t) > 0);
	before = choices(&t);
	for (int i = 0; i < 500; i++)
		speak(&t, 1, 5, ++flags);
	assert_in_range(choices(&t) - before, 0, 2);
	/* the last change counts as well, soon */
	before = choices(&t);
	assert_in_range(node_deadline(t.node[0]), t.now, t.now + 100 * USEC_MS);
	town_run(&t, t.now + 101 * USEC_MS);
	assert_in_range(choices(&t) - before, 1, 2);
	town_stop(&t);
}

static bool is_frozen(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	(void)t;
	(void)from;
	(void)to;
	return len < 15 || frame[12] != 0x43 || frame[14] < BAT_TYPE_UNICAST ||
	       frame[14] > BAT_TYPE_UNICAST_LAST;
}

/* The daemon of the only neighbour is frozen over an engine that goes on: it is there in the cloud,
 * and answers nothing. Clients of ours get addresses all the same. */
static void test_frozen_neighbour(void **state)
{
	static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };
	struct dhcp_msg m = {
		.op = DHCP_OP_REQUEST, .xid = 77, .chaddr = client, .type = DHCP_DISCOVER
	};
	uint8_t frame[DHCP_CLIENT_FRAME];
	struct batman_orig o;
	uint32_t cursor = 0;
	struct town t;

	(void)state;
	town_plan(&t, 2);
	t.wire = is_frozen;
	town_begin(&t);
	town_run(&t, t.now + 30 * USEC_S);
	assert_true(batman_orig_next(node_batman(t.node[0]), &cursor, &o) && o.trama &&
		    o.reachable);
	town_station(&t, 0, &client, CLIENT_ASSOCIATED);
	t.dhcp_len = 0;
	town_frame(&t, 0, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
	town_run(&t, t.now + USEC_S);
	assert_true(t.dhcp_len > 0);
	assert_int_equal(dhcp_client_receive(t.dhcp, t.dhcp_len).type, DHCP_OFFER);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes_are_gathered),
		cmocka_unit_test(test_frozen_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
