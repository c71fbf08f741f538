/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client roams, and what its new node says of it is lost: the frame with its address that every
 * bridge learns from, and the roaming advertisement to its old node. What is left is the record,
 * pushed from node to node, and the next originator message.
 *
 *    0 --- 1 --- 2 --- 3      the client goes from node 1 to node 3, frames for it come from node 0
 *                             and from node 1 itself
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/batman/msg.h"
#include "node_town.h"
#include "packet/eth.h"
#include "packet/udp.h"

#define OLD 1
#define NEW 3
#define STEP (10 * USEC_MS)
#define INTERVAL USEC_S /* between the originator messages of a node */
/* One message and its three hops: each may wait until others go with it. */
#define ANNOUNCED (INTERVAL + 20 * USEC_MS + 3 * 110 * USEC_MS)

static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };
static const struct mac sender[2] = { { { 2, 0xcc, 0, 0, 0, 0x10 } },
				      { { 2, 0xcc, 0, 0, 0, 0x11 } } };

struct journey {
	bool no_update, no_roam, no_state;
	unsigned int lost_updates, lost_roams;
	unsigned int got[2]; /* by sender, at the new node */
};

/* Behind the headers of batman-adv, IPv6 and UDP. */
static bool is_state(struct rd r)
{
	struct rd payload;
	struct ip6_head ip;
	struct eth e;

	if (eth_decode(&r, &e) || e.type != ETH_TYPE_IP6 || ip6_decode(&r, &ip, &payload) ||
	    ip.next != IP_PROTO_UDP)
		return false;
	rd_skip(&payload, 2);
	return rd_u16(&payload) == NODE_STATE_UDP_PORT;
}

static bool is_update(struct rd r)
{
	struct eth e;

	return !eth_decode(&r, &e) && e.type == 6;
}

static bool lose(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	struct journey *j = t->arg;
	struct rd r = rd_init(frame, len);
	uint8_t type;

	(void)from;
	(void)to;
	rd_skip(&r, ETH_HEADER);
	type = rd_u8(&r);
	if (type == BAT_TYPE_BCAST && j->no_update) {
		rd_skip(&r, BAT_BCAST_HEADER - 1);
		j->lost_updates += is_update(r);
		return !is_update(r);
	}
	if (type == BAT_TYPE_TVLV && j->no_roam) {
		rd_skip(&r, BAT_TVLV_PACKET - 1);
		if (rd_u8(&r) != BAT_TVLV_ROAM)
			return true;
		j->lost_roams++;
		return false;
	}
	if (type == BAT_TYPE_UNICAST && j->no_state) {
		rd_skip(&r, BAT_UNICAST - 1);
		return !is_state(r);
	}
	return true;
}

static void arrived(struct town *t, int at, const uint8_t *frame, size_t len)
{
	struct journey *j = t->arg;
	struct rd r = rd_init(frame, len);
	struct eth e;

	if (at != NEW || eth_decode(&r, &e) || !mac_eq(&e.dst, &client))
		return;
	for (int i = 0; i < 2; i++)
		j->got[i] += mac_eq(&e.src, &sender[i]);
}

static void send_to_client(struct town *t, int from)
{
	uint8_t frame[60];
	struct wr w = wr_init(frame, sizeof(frame));
	struct eth e = { .dst = client, .src = sender[from], .type = 0x88b6 };

	eth_encode(&w, &e);
	wr_zero(&w, wr_left(&w));
	town_frame(t, from, LINK_CLOUD, frame, wr_len(&w));
}

/* How long after the client came to its new node the last frame for it was lost. */
static void roam(struct town *t, struct journey *j, usec_t ret[2])
{
	usec_t begin = t->now;

	ret[0] = ret[1] = 0;
	town_station(t, NEW, &client, CLIENT_ASSOCIATED);
	while (t->now < begin + 6 * USEC_S) {
		memset(j->got, 0, sizeof(j->got));
		send_to_client(t, 0);
		send_to_client(t, OLD);
		for (int i = 0; i < 2; i++)
			if (!j->got[i])
				ret[i] = t->now - begin + STEP;
		town_run(t, t->now + STEP);
	}
}

/* The longest over many roams, at different times within the interval. */
static void worst(struct journey lost, usec_t ret[2])
{
	struct journey j = { .got = { 0 } };
	usec_t gap[2];
	struct town t;

	town_start(&t, TOWN_NODES);
	t.wire = lose;
	t.cloud = arrived;
	t.arg = &j;
	ret[0] = ret[1] = 0;
	town_run(&t, t.now + 80 * USEC_S);
	for (int round = 0; round < 10; round++) {
		j = (struct journey) { .got = { 0 } };
		town_station(&t, OLD, &client, CLIENT_ASSOCIATED);
		town_run(&t, t.now + 25 * USEC_S + round * 100 * USEC_MS);
		j = lost;
		roam(&t, &j, gap);
		assert_true(mac_eq(&t.forgotten, &client));
		t.forgotten = (struct mac) { 0 };
		assert_true(!lost.no_roam || j.lost_roams > 0);
		assert_true(!lost.no_update || j.lost_updates > 0);
		for (int i = 0; i < 2; i++)
			ret[i] = gap[i] > ret[i] ? gap[i] : ret[i];
	}
	town_stop(&t);
	print_message("# frames of node 0 were lost for %d ms, of the old node for %d ms\n",
		      (int)(ret[0] / USEC_MS), (int)(ret[1] / USEC_MS));
}

static void test_nothing_is_lost(void **state)
{
	usec_t gap[2];

	(void)state;
	worst((struct journey) { .no_roam = false }, gap);
	assert_int_equal(gap[0], 0);
	assert_int_equal(gap[1], 0);
}

static void test_record_is_left(void **state)
{
	usec_t gap[2];

	(void)state;
	worst((struct journey) { .no_update = true, .no_roam = true }, gap);
	assert_true(gap[0] <= STEP);
	assert_true(gap[1] <= STEP);
}

static void test_announcement_is_left(void **state)
{
	usec_t gap[2];

	(void)state;
	worst((struct journey) { .no_update = true, .no_roam = true, .no_state = true }, gap);
	assert_true(gap[0] <= ANNOUNCED);
	assert_true(gap[1] <= ANNOUNCED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_lost),
		cmocka_unit_test(test_record_is_left),
		cmocka_unit_test(test_announcement_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
