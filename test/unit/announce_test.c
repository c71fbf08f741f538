/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes with the kernel's engine say who they are by a datagram into the cloud. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/batman/msg.h"
#include "node_town.h"
#include "packet/eth.h"
#include "packet/udp.h"

#define KERNEL 1 /* the node of the town that has it */
#define OWN 0	 /* the one with our own engine */

static const struct mac node = { { 2, 0x95, 0x39, 9, 9, 9 } },
			its_cloud = { { 2, 0xb0, 0, 0, 0, 9 } };
static const struct ip6 all_nodes = { { 0xff, 0x02, [15] = 1 } };

static void row(struct town *t, struct batman_row r)
{
	struct event e = { .kind = EVENT_MESH, .mesh = r };

	town_feed(t, KERNEL, &e);
}

/* The kernel has a neighbour, and behind it a client with the MAC of that node's bridge; and maybe
 * another originator. */
static void tell_tables(struct town *t, bool another)
{
	row(t,
	    (struct batman_row) { .kind = BATMAN_ROW_SELF, .mac = { { 2, 0, 0, KERNEL, 0, 1 } } });
	row(t,
	    (struct batman_row) {
		    .kind = BATMAN_ROW_PATH, .mac = node, .via = node, .tq = 255, .best = true });
	if (another)
		row(t, (struct batman_row) { .kind = BATMAN_ROW_PATH,
					     .mac = its_cloud,
					     .via = node,
					     .tq = 200,
					     .best = true });
	row(t, (struct batman_row) { .kind = BATMAN_ROW_GLOBAL, .mac = its_cloud, .via = node });
	row(t, (struct batman_row) { .kind = BATMAN_ROW_END });
}

static bool is_trama(const struct town *t)
{
	struct batman_orig o;

	assert_true(batman_orig_find(node_batman(t->node[KERNEL]), &node, &o));
	return o.trama;
}

static bool keep(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	unsigned int *announced = t->arg;

	(void)to;
	*announced += from == KERNEL && len > 62 && memcmp(frame, MAC_BROADCAST.b, 6) == 0 &&
		      frame[12] == 0x86 && frame[13] == 0xdd;
	return false;
}

static void start(struct town *t, unsigned int *announced)
{
	town_plan(t, 2);
	t->conf[KERNEL].l2.engine = CONF_ENGINE_KERNEL;
	t->wire = keep;
	t->arg = announced;
	town_begin(t);
	tell_tables(t, false);
}

/* As a node of the same cloud would say it, by that way. */
static size_t announcement(const struct town *t, const struct udp6_path *way, uint8_t *buf,
			   size_t cap)
{
	uint8_t value[64];
	struct wr v = wr_init(value, sizeof(value)), w = wr_init(buf, cap);

	wr_bytes(&v, node_cloud(t->node[KERNEL])->network_id, 16);
	wr_mac(&v, &its_cloud);
	wr_u16(&v, 0);
	wr_u8(&v, 1);
	wr_bytes(&v, "x", 1);
	udp6_build(&w, way, value, wr_len(&v));
	assert_true(wr_len(&w) > 0);
	return wr_len(&w);
}

static struct udp6_path way(void)
{
	return (struct udp6_path) { .eth_src = its_cloud,
				    .eth_dst = MAC_BROADCAST,
				    .src = ip6_link_local(&its_cloud),
				    .dst = all_nodes,
				    .src_port = NODE_STATE_UDP_PORT,
				    .dst_port = NODE_STATE_UDP_PORT };
}

static void test_announcement_is_heard(void **state)
{
	unsigned int announced = 0;
	struct udp6_path right = way();
	uint8_t frame[256];
	struct town t;

	(void)state;
	start(&t, &announced);
	assert_false(is_trama(&t));
	town_frame(&t, KERNEL, LINK_KERNEL, frame, announcement(&t, &right, frame, sizeof(frame)));
	assert_true(is_trama(&t));
	town_stop(&t);
}

/* What is no such datagram, byte by byte, says nothing. */
static void test_others_are_not(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {
		{ 0, 2 },	    { 12, 0x08 },	/* not to all; not IPv6 */
		{ 14, 0x40 },	    { 14 + 6, 6 },	/* of another version; TCP */
		{ 14 + 39, 2 },	    { 14 + 40 + 7, 0 }, /* to all routers; with a wrong checksum */
		{ 14 + 40 + 8, 9 },
	};
	unsigned int announced = 0;
	struct udp6_path p = way();
	uint8_t frame[256], tagged[260];
	struct town t;
	size_t len;

	(void)state;
	start(&t, &announced);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		len = announcement(&t, &p, frame, sizeof(frame));
		frame[wrong[i].at] = wrong[i].value;
		town_frame(&t, KERNEL, LINK_KERNEL, frame, len);
		assert_false(is_trama(&t));
	}
	len = announcement(&t, &p, frame, sizeof(frame));
	for (size_t cut = 0; cut < len; cut++)
		town_frame(&t, KERNEL, LINK_KERNEL, frame, cut);
	memcpy(tagged, frame, 12);
	memcpy(tagged + 12, "\x81\0\0\7", 4);
	memcpy(tagged + 16, frame + 12, len - 12);
	town_frame(&t, KERNEL, LINK_KERNEL, tagged, len + 4);
	p.dst_port++;
	town_frame(&t, KERNEL, LINK_KERNEL, frame, announcement(&t, &p, frame, sizeof(frame)));
	/* our own, that came back */
	p = way();
	p.eth_src = cloud_hardif_mac("br0", &(struct mac) { { 2, 0, 0, KERNEL, 0, 1 } });
	town_frame(&t, KERNEL, LINK_KERNEL, frame, announcement(&t, &p, frame, sizeof(frame)));
	assert_false(is_trama(&t));
	town_stop(&t);
}

/* Every ten seconds, and soon when somebody has come. */
static void test_announces_itself(void **state)
{
	unsigned int announced = 0;
	struct town t;

	(void)state;
	start(&t, &announced);
	for (int s = 0; s < 60; s++) {
		tell_tables(&t, false);
		town_run(&t, t.now + USEC_S);
	}
	assert_in_range(announced, 7, 8);
	announced = 0;
	tell_tables(&t, true);
	town_run(&t, t.now + USEC_S + USEC_MS);
	assert_int_equal(announced, 1);
	/* and once more: the new one may not have known whose client we are */
	for (int s = 0; s < 4; s++) {
		tell_tables(&t, true);
		town_run(&t, t.now + USEC_S);
	}
	assert_int_equal(announced, 2);
	town_stop(&t);
}

/* Seconds until it gives addresses: in some of them there is another originator. */
static int ready_after_s(unsigned int pattern)
{
	unsigned int announced = 0;
	struct town t;
	int s = 0;

	start(&t, &announced);
	for (; s < 30 && !town_gives(&t, KERNEL); s++) {
		tell_tables(&t, pattern >> s & 1);
		town_run(&t, t.now + USEC_S);
	}
	town_stop(&t);
	return s;
}

/* Who has met others waits until they have said that they are trama nodes, or had time to; but not
 * for ever where they come and go. */
static void test_waits_for_others(void **state)
{
	(void)state;
	assert_in_range(ready_after_s(0), 5, 7);
	assert_in_range(ready_after_s(0xf), 5, 7); /* one goes */
	assert_in_range(ready_after_s(~0u << 4), 9, 10);
	assert_in_range(ready_after_s(0x55555555), 11, 13);
}

static struct mac between; /* the port of KERNEL that OWN hears */

static bool hear(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	(void)t;
	(void)len;
	if (from == KERNEL && to == OWN && frame[12] == 0x43)
		memcpy(between.b, frame + 6, sizeof(between.b));
	return true;
}

static void into_own(struct town *t, const uint8_t *frame, size_t len)
{
	struct event e = { .kind = EVENT_FRAME };

	e.frame = (struct event_frame) { LINK_MESH, 1, frame, len };
	town_feed(t, OWN, &e);
}

/* A node of other software is heard, with the client its_cloud. */
static void other_software(struct town *t, uint32_t seqno)
{
	struct bat_ogm o = { .ttl = 48, .seqno = seqno, .tq = 200, .orig = node, .prev = node };
	uint8_t frame[200], tvlv[100];
	struct wr w = wr_init(frame, sizeof(frame)), v = wr_init(tvlv, sizeof(tvlv));
	size_t mark = bat_tvlv_begin(&v, BAT_TVLV_TT, 1);

	bat_tt_encode(&v, BAT_TT_DIFF, 1, 0);
	bat_tt_change_encode(&v, &(struct bat_tt_change) { .mac = its_cloud });
	bat_tvlv_end(&v, mark);
	o.tvlv = rd_init(tvlv, wr_len(&v));
	bat_eth_encode(&w, &MAC_BROADCAST, &between);
	bat_ogm_encode(&w, &o);
	into_own(t, frame, wr_len(&w));
}

/* That datagram as a broadcast which this originator has put into the cloud. */
static void broadcast(struct town *t, const struct mac *orig, uint32_t seqno)
{
	struct udp6_path p = way();
	uint8_t inner[256], frame[300];
	size_t len = announcement(t, &p, inner, sizeof(inner));
	struct wr w = wr_init(frame, sizeof(frame));

	bat_eth_encode(&w, &MAC_BROADCAST, &between);
	bat_bcast_encode(&w, &(struct bat_bcast) { .ttl = 48, .seqno = seqno, .orig = *orig });
	wr_bytes(&w, inner, len);
	into_own(t, frame, wr_len(&w));
}

/* With our own engine it counts whose broadcast it was: its node serves the client that it names.
 */
static void test_of_whom_it_is(void **state)
{
	struct batman_orig o;
	struct mac other;
	struct town t;

	(void)state;
	town_plan(&t, 2);
	t.wire = hear;
	town_begin(&t);
	town_run(&t, t.now + 30 * USEC_S);
	assert_int_equal(batman_lookup(node_batman(t.node[OWN]), &between, 0, &other), 0);
	for (uint32_t seqno = 1; seqno < 4; seqno++)
		other_software(&t, seqno);
	broadcast(&t, &other, UINT32_MAX / 2);
	assert_true(batman_orig_find(node_batman(t.node[OWN]), &node, &o));
	assert_true(o.reachable && o.clients == 1);
	assert_false(o.trama);
	broadcast(&t, &node, 1);
	assert_true(batman_orig_find(node_batman(t.node[OWN]), &node, &o));
	assert_true(o.trama);
	town_stop(&t);
}

/* An OGM of the neighbour with trama's container. */
static void overhear(struct town *t)
{
	struct bat_ogm ogm = { .ttl = 50, .seqno = 1, .tq = 255, .orig = node, .prev = node };
	struct town_ogm o = { .src = node, .ogm = ogm, .cloud_mac = its_cloud };

	town_ogm(t, KERNEL, &o);
}

static void state_datagram(struct town *t, const struct mac *from)
{
	struct node_member self = { .self = false };
	uint8_t frame[200], body[8] = { 0 };
	struct wr w = wr_init(frame, sizeof(frame));
	struct udp6_path p = way();
	uint32_t cursor = 0;

	while (!self.self)
		assert_true(node_member_next(t->node[KERNEL], &cursor, &self));
	p.eth_src = *from;
	p.src = ip6_link_local(from);
	p.eth_dst = self.cloud_mac;
	p.dst = ip6_link_local(&self.cloud_mac);
	udp6_build(&w, &p, body, sizeof(body));
	town_frame(t, KERNEL, LINK_KERNEL, frame, wr_len(&w));
}

/* A new neighbour may know its route to us, and write, before we know ours to it. */
static void test_state_of_a_new_neighbour(void **state)
{
	struct mac stranger = { { 2, 7 } };
	unsigned int announced = 0;
	struct town t;

	(void)state;
	start(&t, &announced);
	row(&t, (struct batman_row) { .kind = BATMAN_ROW_END });
	row(&t, (struct batman_row) { .kind = BATMAN_ROW_PATH, .mac = node, .via = node, .tq = 9 });
	overhear(&t);
	assert_true(is_trama(&t));
	assert_false(batman_is_node(node_batman(t.node[KERNEL]), &its_cloud));
	state_datagram(&t, &its_cloud);
	assert_int_equal(town_counter(&t, KERNEL, NODE_C_BAD_DATAGRAM), 0);
	state_datagram(&t, &stranger);
	assert_int_equal(town_counter(&t, KERNEL, NODE_C_BAD_DATAGRAM), 1);
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_announcement_is_heard),
		cmocka_unit_test(test_others_are_not),
		cmocka_unit_test(test_announces_itself),
		cmocka_unit_test(test_waits_for_others),
		cmocka_unit_test(test_of_whom_it_is),
		cmocka_unit_test(test_state_of_a_new_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
