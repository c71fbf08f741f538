/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbours of the state service: when they are chosen, and who stays without being chosen. Whom a
 * node chooses: choice_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/batman/msg.h"
#include "dhcp_client.h"
#include "core/state/snapshot.h"
#include "core/state/state_msg.h"
#include "node_town.h"
#include "packet/eth.h"
#include "packet/udp.h"

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

/* A trama node behind node 1 tells of itself, with another cloud MAC each time it has changed. */
static void speak(struct town *t, uint8_t who, uint32_t seqno, uint16_t changes)
{
	struct mac orig = { { 2, 9, 0, 0, 1, who } };
	struct mac cloud = { { 2, 9, (uint8_t)(changes >> 8), (uint8_t)changes, 2, who } };
	struct bat_ogm ogm = { .ttl = 48, .seqno = seqno, .tq = 200, .orig = orig, .prev = orig };
	struct town_ogm o = { 1, between, ogm, cloud, 0 };

	town_ogm(t, 0, &o);
}

static void speak_all(struct town *t, uint8_t count, uint32_t *seqno)
{
	for (int s = 0; s < 4; s++) {
		++*seqno;
		for (uint8_t i = 0; i < count; i++)
			speak(t, i, *seqno, 0);
		town_run(t, t->now + USEC_S);
	}
}

static void behind_other_software(struct town *t)
{
	town_plan(t, 2);
	t->wire = other_software;
	town_begin(t);
	town_run(t, t->now + 30 * USEC_S);
}

/* Those that were chosen lately are still there. */
static int known_peers(const struct town *t)
{
	struct state_peer_view v;
	int count = 0;

	for (uint32_t i = 0; state_peer_next(node_state(t->node[0]), &i, &v);)
		count += (v.scopes & STATE_SCOPE_BIT(STATE_CLOUD)) != 0;
	return count;
}

static void test_changes_are_gathered(void **state)
{
	uint32_t seqno = 0;
	uint16_t changes = 0;
	struct town t;
	int before;

	(void)state;
	behind_other_software(&t);
	speak_all(&t, 2, &seqno);
	before = known_peers(&t);
	assert_int_equal(before, 2);
	for (int i = 0; i < 500; i++)
		speak(&t, 1, seqno + 1, ++changes);
	assert_in_range(known_peers(&t) - before, 0, 2);
	/* the last change counts as well, soon */
	before = known_peers(&t);
	assert_in_range(node_deadline(t.node[0]), t.now, t.now + 100 * USEC_MS);
	town_run(&t, t.now + 101 * USEC_MS);
	assert_in_range(known_peers(&t) - before, 1, 2);
	town_stop(&t);
}

/* That there is no place for some is counted when it begins. */
static void test_full_is_counted_once(void **state)
{
	uint32_t seqno = 0;
	struct town t;

	(void)state;
	behind_other_software(&t);
	speak_all(&t, MANY, &seqno);
	assert_int_equal(town_counter(&t, 0, NODE_C_PEER_FULL), 1);
	town_run(&t, t.now + 10 * USEC_S);
	assert_int_equal(town_counter(&t, 0, NODE_C_PEER_FULL), 1);
	town_run(&t, t.now + 210 * USEC_S); /* they are forgotten */
	speak_all(&t, MANY, &seqno);
	assert_int_equal(town_counter(&t, 0, NODE_C_PEER_FULL), 2);
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

/* ---- a crowd: invented trama nodes next to node 0, on the wire to node 1 ---- */

#define CROWD 20
#define STRANGERS 12
#define ANSWER_PORT (NODE_STATE_UDP_PORT + 1)

struct crowd {
	struct town t;
	uint8_t echo[14 + BAT_OGM_HEADER]; /* node 0's last OGM, as others send it back */
	uint8_t theirs[256];		   /* node 1's */
	size_t theirs_len;
	uint32_t seqno;
	bool hear_each_other, hear_node1, speak;
	bool junk;		   /* datagrams in their names that the state core refuses */
	uint8_t tq[CROWD];	   /* that they say in their own OGMs */
	bool take;		   /* and acknowledge what they are told */
	uint32_t told_seq[CROWD];  /* with the last records, 0: none */
	int asks;		   /* this one has chosen node 0; -1: none */
	uint16_t told_from[CROWD]; /* the UDP port of node 0's last datagram to each */
	uint16_t told_node1_from;
};

static struct mac fake(uint8_t kind, int i)
{
	return (struct mac) { { 2, 9, 0, 0, kind, (uint8_t)i } };
}

static struct mac fake_port(int i)
{
	return fake(3, i);
}

static struct mac fake_cloud(int i)
{
	return fake(4, i);
}

static struct mac cloud_of(const struct town *t, int i)
{
	struct node_member m = { .self = false };
	uint32_t cursor = 0;

	while (node_member_next(t->node[i], &cursor, &m) && !m.self)
		;
	return m.cloud_mac;
}

static bool has_records(struct rd datagram, uint32_t *ret_seq)
{
	struct state_msg_header h;
	struct rd body;
	uint8_t type;

	if (state_msg_read_header(&datagram, &h))
		return false;
	*ret_seq = (uint32_t)h.seq;
	while (state_msg_item(&datagram, &type, &body))
		if (type == STATE_ITEM_PUSH || type == STATE_ITEM_BULK)
			return true;
	return false;
}

/* A state datagram inside a frame of batman-adv. */
static void overhear_state(struct crowd *c, const uint8_t *frame, size_t len, size_t inner)
{
	struct rd r, payload, data;
	struct mac node1 = cloud_of(&c->t, 1);
	struct udp_head udp;
	struct ip6_head ip;
	struct eth e;
	uint32_t seq;

	if (len <= inner)
		return;
	r = rd_init(frame + inner, len - inner);
	if (eth_decode(&r, &e) || e.type != ETH_TYPE_IP6 || ip6_decode(&r, &ip, &payload) ||
	    ip.next != IP_PROTO_UDP || udp6_decode(&payload, &ip, &udp, &data))
		return;
	for (int i = 0; i < CROWD; i++) {
		struct mac m = fake_cloud(i);

		if (!mac_eq(&e.dst, &m))
			continue;
		c->told_from[i] = udp.src_port;
		if (has_records(data, &seq))
			c->told_seq[i] = seq;
	}
	if (mac_eq(&e.dst, &node1))
		c->told_node1_from = udp.src_port;
}

/* Node 1's OGM with its containers, as it is sent. */
static void overhear_theirs(struct crowd *c, const uint8_t *frame)
{
	c->theirs_len = 14 + BAT_OGM_HEADER + (size_t)(frame[14 + 22] << 8 | frame[14 + 23]);
	assert_true(c->theirs_len <= sizeof(c->theirs));
	memcpy(c->theirs, frame, c->theirs_len);
}

static bool crowd_wire(struct town *t, int from, int to, uint8_t *frame, size_t len)
{
	struct crowd *c = t->arg;
	bool ogm = frame[12] == 0x43 && frame[14] == BAT_TYPE_OGM;

	(void)to;
	if (from == 1 && ogm && !memcmp(frame + 6, frame + 22, 6))
		overhear_theirs(c, frame);
	if (from == 0 && ogm && !memcmp(frame + 6, frame + 22, 6)) {
		memcpy(c->echo, frame, sizeof(c->echo));
		c->echo[14 + 3] |= BAT_OGM_DIRECT;
		memset(c->echo + 14 + 22, 0, 2); /* no containers */
	}
	if (from == 0 && !ogm) {
		overhear_state(c, frame, len, 14 + BAT_UNICAST);
		overhear_state(c, frame, len, 14 + BAT_BCAST_HEADER);
	}
	return true;
}

static struct crowd *crowd_new(void)
{
	struct crowd *c = calloc(1, sizeof(*c));

	c->asks = -1;
	memset(c->tq, 255, sizeof(c->tq));
	town_plan(&c->t, 2);
	c->t.wire = crowd_wire;
	c->t.arg = c;
	town_begin(&c->t);
	town_run(&c->t, c->t.now + 5 * USEC_S);
	return c;
}

static void crowd_free(struct crowd *c)
{
	town_stop(&c->t);
	free(c);
}

/* `who` sends an OGM of orig, its own or one that it had from there. */
static void crowd_ogm(struct crowd *c, int who, int orig)
{
	struct mac m = fake_port(orig);
	struct bat_ogm ogm = { .ttl = BAT_TTL, .seqno = c->seqno, .orig = m, .prev = m };
	struct town_ogm o = { 1, fake_port(who), ogm, fake_cloud(orig), 0 };

	o.ogm.tq = orig < CROWD ? c->tq[orig] : 255;
	if (who != orig) {
		o.ogm.ttl--;
		o.ogm.tq = 200;
		o.ogm.flags = BAT_OGM_DIRECT;
	}
	town_ogm(&c->t, 0, &o);
}

static void crowd_echo(struct crowd *c, int who)
{
	struct event e = { .kind = EVENT_FRAME };
	struct mac m = fake_port(who);

	memcpy(c->echo + 6, m.b, sizeof(m.b));
	e.frame = (struct event_frame) { LINK_MESH, 1, c->echo, sizeof(c->echo) };
	town_feed(&c->t, 0, &e);
}

/* `who` passes on node 1's OGM, which it had from there. */
static void crowd_theirs(struct crowd *c, int who)
{
	struct event e = { .kind = EVENT_FRAME };
	struct mac m = fake_port(who);
	uint8_t frame[sizeof(c->theirs)];

	memcpy(frame, c->theirs, c->theirs_len);
	memcpy(frame + 6, m.b, sizeof(m.b));
	frame[14 + 2]--;
	frame[14 + 3] |= BAT_OGM_DIRECT;
	frame[14 + 21] = 200;
	e.frame = (struct event_frame) { LINK_MESH, 1, frame, c->theirs_len };
	town_feed(&c->t, 0, &e);
}

/* A datagram of a node with that cloud MAC and id, as a frame; its length. */
static size_t state_frame(struct crowd *c, const struct mac *cloud, uint8_t id, uint16_t src_port,
			  uint8_t frame[static 200])
{
	struct mac us = cloud_of(&c->t, 0);
	struct state_msg_header h = { .sender = { { 9, 9, 9, 9, 9, 9, 9, id } }, .epoch = 1 };
	struct udp6_path path = { .eth_src = *cloud,
				  .eth_dst = us,
				  .src = ip6_link_local(cloud),
				  .dst = ip6_link_local(&us),
				  .src_port = src_port,
				  .dst_port = NODE_STATE_UDP_PORT };
	uint8_t data[64];
	struct wr w = wr_init(data, sizeof(data)), f = wr_init(frame, 200);

	h.seq = c->seqno;
	state_msg_write_header(&w, &h);
	if (c->take && id < CROWD && c->told_seq[id]) {
		size_t mark = state_msg_item_begin(&w, STATE_ITEM_ACK);

		wr_u32(&w, c->told_seq[id]);
		state_msg_item_end(&w, mark);
	}
	data[0] ^= c->junk;
	udp6_build(&f, &path, data, wr_len(&w));
	return wr_len(&f);
}

/* Of somebody who is only known by name. */
static void stranger_state(struct crowd *c, int i, uint16_t src_port)
{
	struct mac cloud = fake(5, i);
	uint8_t frame[200];

	town_frame(&c->t, 0, LINK_KERNEL, frame,
		   state_frame(c, &cloud, (uint8_t)(100 + i), src_port, frame));
}

/* Of one of the crowd, by which node 0 learns the way to that cloud MAC. */
static void crowd_state(struct crowd *c, int who, uint16_t src_port)
{
	struct event e = { .kind = EVENT_FRAME };
	struct bat_unicast h = { .type = BAT_TYPE_4ADDR,
				 .ttl = BAT_TTL,
				 .src = fake_port(who),
				 .subtype = BAT_4ADDR_DATA };
	struct mac cloud = fake_cloud(who);
	uint8_t inner[200], frame[300];
	size_t len = state_frame(c, &cloud, (uint8_t)who, src_port, inner);
	struct wr w = wr_init(frame, sizeof(frame));

	memcpy(h.dst.b, c->echo + 22, sizeof(h.dst.b));
	bat_eth_encode(&w, &h.dst, &h.src);
	bat_unicast_encode(&w, &h);
	wr_bytes(&w, inner, len);
	e.frame = (struct event_frame) { LINK_MESH, 1, frame, wr_len(&w) };
	town_feed(&c->t, 0, &e);
}

static void crowd_run(struct crowd *c, int seconds)
{
	while (seconds-- > 0) {
		town_run(&c->t, c->t.now + USEC_S);
		c->seqno++;
		for (int i = 0; i < CROWD; i++) {
			crowd_echo(c, i);
			crowd_ogm(c, i, i);
			for (int j = 0; c->hear_each_other && j < CROWD; j++)
				if (i != j)
					crowd_ogm(c, i, j);
			if (c->hear_node1)
				crowd_theirs(c, i);
			if (c->speak)
				crowd_state(c, i, i == c->asks ? NODE_STATE_UDP_PORT : ANSWER_PORT);
		}
	}
}

/* Neighbours of node 0 in the cloud; whose id is that one, or all. */
static int cloud_peers(const struct crowd *c, int id)
{
	struct state_peer_view v;
	int count = 0;

	for (uint32_t i = 0; state_peer_next(node_state(c->t.node[0]), &i, &v);)
		if (v.scopes & STATE_SCOPE_BIT(STATE_CLOUD))
			count += id < 0 || (v.id.b[0] == 9 && v.id.b[7] == id);
	return count;
}

static int left_out(const struct crowd *c)
{
	for (int i = 0; i < CROWD; i++)
		if (!cloud_peers(c, i))
			return i;
	return -1;
}

static struct crowd *crowd_thinned(void)
{
	struct crowd *c = crowd_new();

	c->speak = c->hear_each_other = true;
	crowd_run(c, 120);
	assert_in_range(cloud_peers(c, -1), 3, 11);
	return c;
}

/* Who is reached through others, by what they say of each other, is no neighbour. When they do not
 * say so any more, it is one. */
static void test_crowd_is_thinned(void **state)
{
	struct crowd *c = crowd_new();

	(void)state;
	c->speak = true;
	crowd_run(c, 5);
	assert_int_equal(cloud_peers(c, -1), CROWD + 1);
	c->hear_each_other = true;
	crowd_run(c, 90);
	assert_in_range(cloud_peers(c, -1), 3, 11);
	c->hear_each_other = false;
	crowd_run(c, 9);
	assert_int_equal(cloud_peers(c, -1), CROWD + 1);
	crowd_free(c);
}

/* Of 110 nodes on a wire a node knows who hears whom, by the limits that it has without being told
 * others. */
static void test_ways_of_a_crowd(void **state)
{
	const int many = 110;
	struct crowd *c = crowd_new();
	const struct batman *b = node_batman(c->t.node[0]);
	struct batman_path p;
	int direct = 0;

	(void)state;
	for (int round = 0; round < 3; round++) {
		town_run(&c->t, c->t.now + USEC_S);
		c->seqno++;
		for (int i = 0; i < many; i++) {
			crowd_echo(c, i);
			for (int j = 0; j < many; j++)
				crowd_ogm(c, i, (i + j) % many);
		}
	}
	for (uint32_t i = 0; batman_path_next(b, &i, &p);)
		direct += p.direct;
	assert_int_equal(direct, many * (many - 1));
	assert_int_equal(batman_counter(b, BATMAN_COUNT_FULL_PATHS), 0);
	crowd_free(c);
}

/* Who does not answer any more passes nothing on: others are chosen in its place. */
static void test_silent(void **state)
{
	struct crowd *c = crowd_thinned();
	int before = cloud_peers(c, -1);

	(void)state;
	c->speak = false;
	crowd_run(c, 38);
	assert_int_equal(cloud_peers(c, -1), before);
	crowd_run(c, 7);
	assert_true(cloud_peers(c, -1) > before);
	c->speak = true;
	crowd_run(c, 120);
	assert_int_equal(cloud_peers(c, -1), before);
	crowd_free(c);
}

/* What a datagram says of its sender counts if the datagram does. */
static void test_junk_asks_for_nothing(void **state)
{
	struct crowd *c = crowd_thinned();
	int who = left_out(c), seconds = 0;

	(void)state;
	assert_int_not_equal(who, -1);
	c->asks = who;
	crowd_run(c, 5);
	assert_int_equal(cloud_peers(c, who), 1);
	c->asks = -1;
	for (crowd_run(c, 1); cloud_peers(c, who); crowd_run(c, 1)) {
		assert_true(++seconds < 40);
		c->junk = true;
		crowd_state(c, who, NODE_STATE_UDP_PORT);
		c->junk = false;
	}
	crowd_free(c);
}

/* Whom node 0 has chosen hears at once that it is so no more, and again. */
static void test_choice_is_told(void **state)
{
	struct crowd *c = crowd_new();

	(void)state;
	c->speak = true;
	crowd_run(c, 30);
	for (int round = 0; round < 6; round++) {
		assert_int_equal(c->told_node1_from, NODE_STATE_UDP_PORT);
		c->hear_node1 = true;
		crowd_run(c, 3);
		assert_int_equal(c->told_node1_from, ANSWER_PORT);
		c->hear_node1 = false;
		crowd_run(c, 9);
	}
	crowd_free(c);
}

/* Who has chosen us is answered for as long as it says so, and hears that we have not chosen it. */
static void test_chosen_by_others(void **state)
{
	struct crowd *c = crowd_thinned();
	int who = left_out(c), others = 0;

	(void)state;
	assert_int_not_equal(who, -1);
	c->asks = who;
	for (int i = 0; i < 60; i++) {
		crowd_run(c, 1);
		assert_int_equal(cloud_peers(c, who), 1);
	}
	assert_int_equal(c->told_from[who], ANSWER_PORT);
	for (int i = 0; i < CROWD; i++)
		others += cloud_peers(c, i) && c->told_from[i] == NODE_STATE_UDP_PORT;
	assert_in_range(others, 3, 11);
	c->asks = -1;
	crowd_run(c, 35);
	for (int i = 0; i < 10; i++) {
		crowd_run(c, 1);
		assert_int_equal(cloud_peers(c, who), 0);
	}
	crowd_free(c);
}

/* How good the way is to the node with that id, which is one of the crowd or node 1; 0: none. */
static uint8_t tq_to(const struct crowd *c, const uint8_t id[static 8])
{
	uint8_t best = 0;
	struct batman_orig o;

	for (uint32_t i = 0; batman_orig_next(node_batman(c->t.node[0]), &i, &o);) {
		struct mac m = fake_cloud(id[7]);
		bool is_fake = !memcmp(o.cloud_mac.b, m.b, 5);

		if (o.trama && o.reachable && o.tq > best &&
		    (id[0] == 9 ? mac_eq(&o.cloud_mac, &m) : !is_fake))
			best = o.tq;
	}
	return best;
}

static bool is_near(const struct lease *l, const uint8_t id[static 8])
{
	for (unsigned int i = 0; i < l->near_count; i++)
		if (!memcmp(l->near[i].b, id, sizeof(l->near[i].b)))
			return true;
	return false;
}

/* Addresses are borrowed from those with the best ways, the best first. */
static void assert_nearest(const struct crowd *c)
{
	const struct lease *l = node_lease(c->t.node[0]);
	uint8_t last = 255;
	struct state_peer_view v;

	assert_int_equal(l->near_count, LEASE_NEAR_MAX);
	for (unsigned int i = 0; i < l->near_count; i++) {
		assert_in_range(tq_to(c, l->near[i].b), 1, last);
		last = tq_to(c, l->near[i].b);
	}
	for (uint32_t i = 0; state_peer_next(node_state(c->t.node[0]), &i, &v);)
		if (!is_near(l, v.id.b))
			assert_in_range(tq_to(c, v.id.b), 0, last);
}

static void test_nearest(void **state)
{
	static const struct mac client = { { 2, 0xcc, 0, 0, 0, 9 } };
	struct crowd *c = crowd_new();
	const struct lease *l = node_lease(c->t.node[0]);
	struct lease_node first;

	(void)state;
	for (int i = 0; i < CROWD; i++)
		c->tq[i] = (uint8_t)(100 + 7 * i);
	crowd_run(c, 5);
	assert_in_range(l->near_count, 0, 1); /* they have not said who they are */
	c->speak = c->take = true;
	crowd_run(c, 20);
	assert_nearest(c);
	first = l->near[0].b[0] == 9 ? l->near[0] : l->near[1];
	for (int i = 0; i < CROWD; i++)
		c->tq[i] = (uint8_t)(100 + 7 * (CROWD - 1 - i));
	crowd_run(c, 30);
	assert_nearest(c);
	assert_false(is_near(l, first.b));
	/* who speaks but takes nothing any more is not asked either */
	c->take = false;
	town_station(&c->t, 0, &client, CLIENT_ASSOCIATED);
	crowd_run(c, 8);
	assert_int_equal(l->near_count, 1);
	assert_int_not_equal(l->near[0].b[0], 9);
	crowd_free(c);
}

/* Somebody invents nodes that write to us: they have some of the places, and whom we choose has
 * one. */
static void test_invented_strangers(void **state)
{
	struct crowd *c = crowd_new();

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct bat_ogm ogm = { .ttl = 40, .seqno = 1, .tq = 200 };
		struct mac cloud = fake(5, i);

		ogm.orig = ogm.prev = fake(6, i);
		town_ogm(&c->t, 0, &(struct town_ogm) { 1, ogm.orig, ogm, cloud, 0 });
		stranger_state(c, i, ANSWER_PORT);
	}
	assert_int_equal(cloud_peers(c, -1), 1);
	for (int i = 0; i < 100; i++)
		stranger_state(c, i, NODE_STATE_UDP_PORT);
	assert_int_equal(cloud_peers(c, -1), 1 + STRANGERS);
	c->speak = true;
	crowd_run(c, 5);
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(cloud_peers(c, i), 1);
	crowd_free(c);
}

/* ---- a claim of node 0, and what node 1 says of it ---- */

/* Somebody else's record of block 7 as node 0 finds it on its disk: it is deleted. */
static void load_deleted(struct town *t, struct state_msg_record m)
{
	struct event e = { .kind = EVENT_LOAD };
	uint8_t file[128];
	struct wr w = wr_init(file, sizeof(file));
	size_t mark = snapshot_begin(&w);

	m.deleted = true;
	m.len = 0;
	wr_zero(&w, 12);
	state_msg_write_record(&w, &m);
	e.load = (struct event_load) { file, snapshot_end(&w, mark) };
	town_feed(t, 0, &e);
	assert_int_equal(node_load_error(t->node[0]), 0);
}

static void push_by_node1(struct town *t, const struct state_msg_record *m, int count)
{
	struct mac us = cloud_of(t, 0), from = cloud_of(t, 1);
	struct state_msg_header h = { .sender = { { 0, 0, 2, 0, 0, 1, 0, 1 } }, .epoch = 9 };
	struct udp6_path path = { .eth_src = from,
				  .eth_dst = us,
				  .src = ip6_link_local(&from),
				  .dst = ip6_link_local(&us),
				  .src_port = NODE_STATE_UDP_PORT,
				  .dst_port = NODE_STATE_UDP_PORT };
	uint8_t data[256], frame[400];
	struct wr w = wr_init(data, sizeof(data)), f = wr_init(frame, sizeof(frame));
	size_t mark;

	state_msg_write_header(&w, &h);
	mark = state_msg_item_begin(&w, STATE_ITEM_PUSH);
	for (int i = 0; i < count; i++)
		state_msg_write_record(&w, &m[i]);
	state_msg_item_end(&w, mark);
	udp6_build(&f, &path, data, wr_len(&w));
	assert_true(wr_len(&f) > 0);
	town_frame(t, 0, LINK_KERNEL, frame, wr_len(&f));
}

/* The neighbour has our claim, and in the same datagram one that goes before it, whose record has
 * an older place here: that the lost one is known changes nothing any more. */
static void test_claim_is_known_and_lost(void **state)
{
	static const struct lease_node node0 = { { 0, 0, 2, 0, 0, 0, 0, 1 } },
				       node9 = { { 0, 0, 2, 0, 0, 9, 0, 1 } };
	static const struct state_node self = { { 0, 0, 2, 0, 0, 0, 0, 1 } },
				       other = { { 0, 0, 2, 0, 0, 9, 0, 1 } };
	const struct ip4 ip = { { 10, 13, 0, 7 * 16 + 5 } };
	struct dhcp_msg ask = { .op = DHCP_OP_REQUEST, .type = DHCP_REQUEST, .requested = ip };
	struct state_full_key key = { .kind = STATE_OWNED, .author = other };
	struct state_msg_record m[2];
	uint8_t frame[DHCP_CLIENT_FRAME];
	struct state_view v;
	const struct pool *pool;
	struct town t;

	(void)state;
	town_start(&t, 2);
	town_run(&t, t.now + 30 * USEC_S);
	key.key = state_key_init(2, (uint8_t[]) { 0, 0, 0, 7 }, 4);
	m[0] = (struct state_msg_record) { .key = key, .author = other, .epoch = 1 };
	m[0].lifetime_s = 86400;
	load_deleted(&t, m[0]);
	t.count = 1; /* node 1 does not hear what comes now */
	ask.chaddr = fake(7, 1);
	town_station(&t, 0, &ask.chaddr, CLIENT_ASSOCIATED);
	town_frame(&t, 0, LINK_CLIENT, frame, dhcp_client_send(&ask, frame));
	town_run(&t, t.now + 100 * USEC_MS);
	pool = &node_lease(t.node[0])->pool;
	assert_true(pool_is_claimed_by(pool, &ip, &node0));
	assert_int_equal(state_get(node_state(t.node[0]), &key.key, &self, t.now, &v), 0);
	m[1] = (struct state_msg_record) { .key = key,
					   .author = self,
					   .epoch = v.epoch,
					   .counter = v.counter,
					   .lifetime_s = v.lifetime_s,
					   .value = v.value,
					   .len = (uint16_t)v.len };
	m[1].key.author = self;
	m[0].epoch++;
	m[0].value = (const uint8_t *)"\6\4\0\0\0\0"; /* its epoch is the first of all */
	m[0].len = 6;
	push_by_node1(&t, m, 2);
	assert_true(pool_is_claimed_by(pool, &ip, &node9));
	assert_true(state_get(node_state(t.node[0]), &key.key, &self, t.now, &v) < 0);
	assert_int_equal(town_counter(&t, 0, NODE_C_BAD_RECORD), 0);
	t.count = 2;
	town_stop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes_are_gathered),
		cmocka_unit_test(test_full_is_counted_once),
		cmocka_unit_test(test_frozen_neighbour),
		cmocka_unit_test(test_crowd_is_thinned),
		cmocka_unit_test(test_ways_of_a_crowd),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_junk_asks_for_nothing),
		cmocka_unit_test(test_choice_is_told),
		cmocka_unit_test(test_chosen_by_others),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_invented_strangers),
		cmocka_unit_test(test_claim_is_known_and_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
