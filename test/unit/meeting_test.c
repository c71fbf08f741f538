/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who meets others, or got no time to, gives no addresses before it knows what they have claimed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/lease/serve.h"
#include "dhcp_client.h"
#include "node_town.h"
#include "packet/eth.h"

#define HELLO_TYPE_AT 12
#define BLOCK_START 512

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };

static const struct pool *pool_of(const struct town *t, int i)
{
	return &node_lease(t->node[i])->pool;
}

/* Tenths of a second until that node gives addresses. */
static int ready_after_ds(struct town *t, int i)
{
	int ds = 0;

	for (; ds < 300 && !town_gives(t, i); ds++)
		town_run(t, t->now + 100 * USEC_MS);
	return ds;
}

/* The machine has no time for any node. */
static void starve(struct town *t, usec_t lost)
{
	struct event e = { .kind = EVENT_TIMER };

	t->now += lost;
	for (int i = 0; i < t->count; i++)
		town_feed(t, i, &e);
}

/* What passes the wires, and from when on. */
struct wires {
	bool hellos_only;
	usec_t opens[TOWN_NODES]; /* the one to the node of that number, from the left */
};

static bool pass(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	const struct wires *w = t->arg;
	bool hello = len > HELLO_TYPE_AT + 1 && frame[HELLO_TYPE_AT] == PORT_ETHERTYPE_HELLO >> 8 &&
		     frame[HELLO_TYPE_AT + 1] == (PORT_ETHERTYPE_HELLO & 0xff);

	return t->now >= w->opens[from > to ? from : to] && (hello || !w->hellos_only);
}

static void plan(struct town *t, int count, struct wires *w)
{
	town_plan(t, count);
	for (int i = 0; i < count; i++)
		w->opens[i] += t->now;
	t->wire = pass;
	t->arg = w;
}

static void start(struct town *t, int count, struct wires *w)
{
	plan(t, count, w);
	town_begin(t);
}

static void test_alone(void **state)
{
	struct wires w = { .opens = { 0 } };
	struct town t;

	(void)state;
	start(&t, 1, &w);
	assert_in_range(ready_after_ds(&t, 0), 30, 32);
	town_stop(&t);
}

/* A hello tells of a node before its OGMs do; as long as it may be of the cloud, nothing is told
 * about clients either. */
static void test_hello(void **state)
{
	struct wires w = { .hellos_only = true, .opens = { 0, 2 * USEC_S } };
	const struct lease *l;
	struct town t;
	usec_t begin;

	(void)state;
	start(&t, 2, &w);
	begin = t.now;
	l = node_lease(t.node[0]);
	town_run(&t, t.now + 2600 * USEC_MS);
	assert_true(pool_of(&t, 0)->meeting_until >= begin + 7 * USEC_S);
	assert_int_equal(lease_save_from(l), pool_of(&t, 0)->meeting_until);
	assert_in_range(ready_after_ds(&t, 0), 70 - 26, 76 - 26);
	town_stop(&t);
}

/* Of another cloud nobody is waited for. */
static void test_other_cloud(void **state)
{
	struct wires w = { .opens = { 0 } };
	struct town t;

	(void)state;
	plan(&t, 2, &w);
	strcpy(t.conf[1].wifi.ap_ssid, "another");
	town_begin(&t);
	assert_in_range(ready_after_ds(&t, 0), 30, 32);
	town_stop(&t);
}

/* Of a second one, further away, its OGMs tell first. */
static void test_growing(void **state)
{
	struct wires w = { .opens = { 0, USEC_S, 2500 * USEC_MS, 60 * USEC_S } };
	struct town t;

	(void)state;
	start(&t, TOWN_NODES, &w);
	assert_in_range(ready_after_ds(&t, 0), 70, 80);
	town_stop(&t);
}

/* Who is among others knows what they have claimed, whoever comes. */
static void test_among_others(void **state)
{
	struct wires w = { .opens = { 120 * USEC_S, 120 * USEC_S, 0, 0 } };
	struct town t;
	usec_t until;

	(void)state;
	start(&t, TOWN_NODES, &w);
	town_run(&t, t.now + 110 * USEC_S);
	until = pool_of(&t, 1)->meeting_until;
	town_run(&t, t.now + 30 * USEC_S);
	assert_int_equal(node_lease(t.node[1])->peers, TOWN_NODES - 1);
	assert_int_equal(pool_of(&t, 1)->meeting_until, until);
	assert_int_not_equal(pool_of(&t, 0)->meeting_until, 0);
	town_stop(&t);
}

/* Somebody who invents nodes holds nobody back for long: once a minute. */
static void test_not_for_ever(void **state)
{
	(void)state;
	for (int second_s = 30; second_s <= 90; second_s += 60) {
		struct wires w = { .hellos_only = true, .opens = { 0, 0, second_s * USEC_S } };
		struct town t;
		usec_t until;

		start(&t, 3, &w);
		town_run(&t, t.now + 20 * USEC_S);
		until = pool_of(&t, 1)->meeting_until;
		town_run(&t, t.now + 80 * USEC_S);
		assert_int_equal(pool_of(&t, 1)->meeting_until != until, second_s == 90);
		town_stop(&t);
	}
}

/* Time that a node did not get is no time in which it heard nothing. */
static void test_no_time(void **state)
{
	struct wires w = { .opens = { 0 } };
	struct town t;

	(void)state;
	start(&t, 1, &w);
	town_run(&t, t.now + USEC_S);
	starve(&t, 10 * USEC_S);
	assert_false(town_gives(&t, 0));
	assert_in_range(ready_after_ds(&t, 0), 18, 24);
	town_stop(&t);
}

/* ... nor one in which it could have met who was heard before, */
static void test_no_time_for_one(void **state)
{
	struct wires w = { .hellos_only = true, .opens = { 0 } };
	struct town t;

	(void)state;
	start(&t, 2, &w);
	town_run(&t, t.now + USEC_S);
	starve(&t, 10 * USEC_S);
	assert_in_range(ready_after_ds(&t, 0), 36, 44);
	town_stop(&t);
}

/* ... nor one of the ten seconds for which others may come. */
static void test_no_time_to_meet(void **state)
{
	struct wires w = { .hellos_only = true, .opens = { 0, 0, 12 * USEC_S } };
	struct town t;

	(void)state;
	start(&t, 3, &w);
	town_run(&t, t.now + USEC_S);
	starve(&t, 10 * USEC_S);
	assert_in_range(ready_after_ds(&t, 1), 58, 68);
	town_stop(&t);
}

/* Two nodes claim the same block and hear nothing of each other, but only because nobody had time;
 * whenever that began, one of them gives addresses of it. */
static void test_one_block(void **state)
{
	enum { LOST_MS = 10000 };

	(void)state;
	for (int begin_ms = 1000; begin_ms <= 2900; begin_ms += 475) {
		struct wires w = { .opens = { 0, (begin_ms + LOST_MS) * USEC_MS } };
		struct town t;

		plan(&t, 2, &w);
		for (int i = 0; i < 2; i++) {
			t.conf[i].network.anygw_dhcp_start = BLOCK_START;
			t.conf[i].network.anygw_dhcp_limit = POOL_BLOCK;
		}
		town_begin(&t);
		town_run(&t, t.now + begin_ms * USEC_MS);
		starve(&t, LOST_MS * USEC_MS);
		for (int ds = 0; ds < 200; ds++) {
			assert_false(town_gives(&t, 0) && town_gives(&t, 1));
			town_run(&t, t.now + 100 * USEC_MS);
		}
		assert_true(town_gives(&t, 0) || town_gives(&t, 1));
		town_stop(&t);
	}
}

/* As a client sends it; an answer is in t->dhcp. */
static void say(struct town *t, enum dhcp_type type, struct ip4 requested)
{
	struct dhcp_msg m = { .op = DHCP_OP_REQUEST,
			      .xid = 77,
			      .chaddr = client,
			      .type = (uint8_t)type,
			      .requested = requested };
	uint8_t frame[DHCP_CLIENT_FRAME];

	t->dhcp_len = 0;
	town_frame(t, 0, LINK_CLIENT, frame, dhcp_client_send(&m, frame));
}

static struct dhcp_msg ask(struct town *t, enum dhcp_type type, struct ip4 requested)
{
	say(t, type, requested);
	return dhcp_client_receive(t->dhcp, t->dhcp_len);
}

/* What waited for a daemon that got no time is not answered. */
static void test_starved(void **state)
{
	(void)state;
	for (int seconds = 2; seconds < 6; seconds += 3) {
		struct ip4 none = { { 0 } }, ip;
		struct town t;

		town_start(&t, 1);
		town_run(&t, t.now + 30 * USEC_S);
		town_station(&t, 0, &client, CLIENT_ASSOCIATED);
		ip = ask(&t, DHCP_DISCOVER, none).yiaddr;
		assert_int_equal(ask(&t, DHCP_REQUEST, ip).type, DHCP_ACK);
		t.now += seconds * USEC_S;
		say(&t, DHCP_REQUEST, ip);
		assert_int_equal(t.dhcp_len != 0, seconds == 2);
		town_run(&t, t.now + 3 * USEC_S);
		assert_int_equal(ask(&t, DHCP_REQUEST, ip).type, DHCP_ACK);
		town_stop(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_other_cloud),	cmocka_unit_test(test_growing),
		cmocka_unit_test(test_among_others),	cmocka_unit_test(test_not_for_ever),
		cmocka_unit_test(test_no_time),		cmocka_unit_test(test_no_time_for_one),
		cmocka_unit_test(test_no_time_to_meet), cmocka_unit_test(test_one_block),
		cmocka_unit_test(test_starved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
