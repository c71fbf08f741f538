/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's engine is given the VLANs in which clients speak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node_town.h"
#include "packet/eth.h"

#define TAGGED(vid) (BATMAN_VID_TAGGED | (vid))
#define NOPURGE 0x100

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };

static void begin(struct town *t)
{
	town_plan(t, 1);
	t->conf[0].l2.engine = CONF_ENGINE_KERNEL;
	town_begin(t);
}

static const struct wish_batadv *wish(const struct town *t)
{
	return &node_wish(t->node[0])->batadv;
}

static bool has(const struct town *t, uint16_t vid)
{
	for (int i = 0; i < wish(t)->vlan_count; i++) {
		if (wish(t)->vlans[i] == vid)
			return true;
	}
	return false;
}

static void speak_as(struct town *t, const struct eth *e)
{
	uint8_t frame[ETH_HEADER + ETH_TAG];
	struct wr w = wr_init(frame, sizeof(frame));

	eth_encode(&w, e);
	town_frame(t, 0, LINK_TAGGED, frame, wr_len(&w));
}

static void speak(struct town *t, uint16_t vid)
{
	const struct eth e = { .dst = MAC_BROADCAST, .src = client, .tagged = true, .vid = vid };

	speak_as(t, &e);
}

/* The kernel's tables, in which the client was heard so long ago; vid 0: it is not in them. */
static void tell(struct town *t, uint16_t vid, uint32_t flags, usec_t age)
{
	struct event e = { .kind = EVENT_MESH };

	e.mesh = (struct batman_row) { .kind = BATMAN_ROW_LOCAL,
				       .mac = client,
				       .vid = vid,
				       .flags = flags,
				       .last_seen_ms = (uint32_t)(age / USEC_MS) };
	if (vid)
		town_feed(t, 0, &e);
	e.mesh = (struct batman_row) { .kind = BATMAN_ROW_END };
	town_feed(t, 0, &e);
}

static void test_client_speaks(void **state)
{
	struct town t;

	(void)state;
	begin(&t);
	assert_int_equal(wish(&t)->vlan_count, 0);
	speak(&t, 5);
	speak(&t, 4094);
	speak(&t, 5);
	assert_int_equal(wish(&t)->vlan_count, 2);
	assert_true(has(&t, 5) && has(&t, 4094));
	town_stop(&t);
}

static void test_no_vlan_of_a_client(void **state)
{
	const struct eth wrong[] = {
		{ .dst = MAC_BROADCAST, .src = client, .type = ETH_TYPE_ARP },
		{ .dst = MAC_BROADCAST, .src = MAC_BROADCAST, .tagged = true, .vid = 5 },
		{ .dst = client, .src = client, .tagged = true, .tpid = ETH_TYPE_8021AD, .vid = 5 },
		{ .dst = client, .src = client, .tagged = true, .vid = 0 },
		{ .dst = client, .src = client, .tagged = true, .vid = 4095 },
	};
	struct town t;

	(void)state;
	begin(&t);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		speak_as(&t, &wrong[i]);
	town_frame(&t, 0, LINK_TAGGED, client.b, sizeof(client.b));
	assert_int_equal(wish(&t)->vlan_count, 0);
	town_stop(&t);
}

/* Also those of clients that a daemon before us has let in: until the first telling nobody knows.
 */
static void test_clients_keep_their_vlan(void **state)
{
	struct town t;

	(void)state;
	begin(&t);
	assert_false(wish(&t)->vlans_told);
	tell(&t, TAGGED(7), 0, 599 * USEC_S);
	assert_true(wish(&t)->vlans_told);
	assert_true(has(&t, 7));
	/* as long as they were heard in the last ten minutes */
	tell(&t, TAGGED(7), 0, 601 * USEC_S);
	assert_true(has(&t, 7));
	t.now += 500 * USEC_S;
	tell(&t, TAGGED(7), 0, 200 * USEC_S);
	t.now += 399 * USEC_S;
	tell(&t, 0, 0, 0);
	assert_true(has(&t, 7));
	t.now += 2 * USEC_S;
	tell(&t, 0, 0, 0);
	assert_false(has(&t, 7));
	/* neither the device's own address nor a priority tag makes one, nor who is long gone */
	tell(&t, TAGGED(8), NOPURGE, 0);
	tell(&t, TAGGED(0), 0, 0);
	tell(&t, TAGGED(9), 0, 601 * USEC_S);
	assert_int_equal(wish(&t)->vlan_count, 0);
	town_stop(&t);
}

static void test_places_are_limited(void **state)
{
	struct town t;

	(void)state;
	begin(&t);
	for (uint16_t vid = 101; vid < 101 + WISH_VLANS; vid++) {
		assert_int_equal(t.notices[NOTICE_TABLE_FULL], 0);
		speak(&t, vid);
	}
	assert_int_equal(t.notices[NOTICE_TABLE_FULL], 1);
	assert_int_equal(town_counter(&t, 0, NODE_C_VLAN_FULL), 1);
	speak(&t, 5);
	assert_int_equal(town_counter(&t, 0, NODE_C_VLAN_FULL), 1);
	assert_int_equal(wish(&t)->vlan_count, WISH_VLANS);
	assert_false(has(&t, 5));
	t.now += 601 * USEC_S;
	tell(&t, TAGGED(102), 0, 0);
	speak(&t, 5);
	assert_int_equal(wish(&t)->vlan_count, 2);
	assert_true(has(&t, 5) && has(&t, 102));
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_speaks),
		cmocka_unit_test(test_no_vlan_of_a_client),
		cmocka_unit_test(test_clients_keep_their_vlan),
		cmocka_unit_test(test_places_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
