/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames on their way: fragments, several ports, broken paths, what must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

/* Clients 1 and 2 at both ends, known everywhere. */
static void clients_join(struct net *n, int a, int b)
{
	struct mac c = net_client(1), d = net_client(2);

	batman_client_seen(n->node[a].b, &c, 0, n->now);
	net_pump(n, a);
	batman_client_seen(n->node[b].b, &d, 0, n->now);
	net_pump(n, b);
}

static unsigned int call(struct net *n, int from, int to, uint32_t tag, size_t len)
{
	struct mac c = net_client(1), d = net_client(2);

	net_send(n, from, from < to ? &d : &c, from < to ? &c : &d, tag, len);
	net_run(n, 10 * USEC_MS);
	return net_count(n, to, tag);
}

static void test_fragments_pass(void **state)
{
	struct net *n = net_chain(4);

	(void)state;
	clients_join(n, 0, 3);
	net_run(n, 20 * USEC_S);
	/* 1510 bytes of packet over 1500 everywhere: two pieces, passed on as they are */
	assert_int_equal(call(n, 0, 3, 1, 1514), 1);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_FRAG_TX), 2);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_FORWARDED), 2);
	assert_int_equal(net_counter(n, 2, BATMAN_COUNT_FRAG_FORWARDED), 2);
	assert_int_equal(net_counter(n, 3, BATMAN_COUNT_FRAG_MERGED), 1);
	assert_int_equal(n->node[3].got[n->node[3].got_count - 1].len, 1514);
	/* one byte over the limit, and just at it */
	assert_int_equal(call(n, 3, 0, 2, 1491), 1);
	assert_int_equal(net_counter(n, 3, BATMAN_COUNT_FRAG_TX), 2);
	assert_int_equal(call(n, 3, 0, 3, 1490), 1);
	assert_int_equal(net_counter(n, 3, BATMAN_COUNT_FRAG_TX), 2);
	net_free(n);
}

/* The numbers that a kernel shows for the same frames (batctl statistics). */
static void test_counted_as_by_kernels(void **state)
{
	struct mac nobody = net_client(9), c = net_client(1);
	struct net *n = net_chain(3);
	uint64_t rx, rx_bytes;

	(void)state;
	clients_join(n, 0, 2);
	net_run(n, 20 * USEC_S);
	rx = net_counter(n, 2, BATMAN_COUNT_DELIVERED);
	rx_bytes = net_counter(n, 2, BATMAN_COUNT_DELIVERED_BYTES);
	assert_int_equal(call(n, 0, 2, 1, 1490), 1);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_CLOUD_IN), 1);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_CLOUD_IN_BYTES), 1490);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FORWARDED), 1);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FORWARDED_BYTES), 14 + 10 + 1490);
	assert_int_equal(net_counter(n, 2, BATMAN_COUNT_DELIVERED), rx + 1);
	assert_int_equal(net_counter(n, 2, BATMAN_COUNT_DELIVERED_BYTES), rx_bytes + 1490);
	/* two pieces of 762 bytes; a received one is counted without its Ethernet header */
	assert_int_equal(call(n, 0, 2, 2, 1514), 1);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_FRAG_TX_BYTES), 2 * (14 + 20 + 762));
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_FORWARDED_BYTES), 2 * (14 + 20 + 762));
	assert_int_equal(net_counter(n, 2, BATMAN_COUNT_FRAG_RX_BYTES), 2 * (20 + 762));
	net_send(n, 0, &nobody, &c, 3, 100);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_CLOUD_IN_DROPPED), 1);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_CLOUD_IN), 2);
	assert_true(net_counter(n, 0, BATMAN_COUNT_MGMT_RX_BYTES) >=
		    (14 + 24) * net_counter(n, 0, BATMAN_COUNT_MGMT_RX_FRAMES));
	net_free(n);
}

static void test_fragments_merge_on_the_way(void **state)
{
	struct net *n = net_chain(4);

	(void)state;
	/* small, large, small: merged by the second, cut again by the third */
	batman_port_set_mtu(n->node[0].b, 0, 600);
	batman_port_set_mtu(n->node[1].b, 1, 1600);
	batman_port_set_mtu(n->node[2].b, 1, 700);
	clients_join(n, 0, 3);
	net_run(n, 20 * USEC_S);
	assert_int_equal(call(n, 0, 3, 1, 1514), 1);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_FRAG_TX), 3);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), 1);
	assert_int_equal(net_counter(n, 2, BATMAN_COUNT_FRAG_TX), 3);
	assert_int_equal(net_counter(n, 3, BATMAN_COUNT_FRAG_MERGED), 1);
	net_free(n);
}

struct script {
	int seen;
	int lose; /* the n-th fragment */
	bool all; /* everything from `from` */
	int from;
	bool shuffled;
};

static bool lose_fragment(struct net *n, int from, int to, const uint8_t *frame, size_t len,
			  void *arg)
{
	struct script *s = arg;

	(void)n;
	(void)from;
	(void)to;
	return len > 15 && frame[14] == BAT_TYPE_FRAG && ++s->seen == s->lose;
}

static void test_fragments_lost(void **state)
{
	struct net *n = net_chain(2);
	struct script s = { .lose = 1 };

	(void)state;
	clients_join(n, 0, 1);
	net_run(n, 20 * USEC_S);
	n->drop = lose_fragment;
	n->arg = &s;
	assert_int_equal(call(n, 0, 1, 1, 1514), 0);
	for (uint32_t tag = 2; tag < 30; tag++)
		assert_int_equal(call(n, 0, 1, tag, 1514), 1);
	s = (struct script) { .lose = 2 };
	assert_int_equal(call(n, 0, 1, 30, 1514), 0);
	net_run(n, 12 * USEC_S);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_EXPIRED), 1);
	net_free(n);
}

static void fragment_send(struct net *n, int orig, uint16_t seqno, uint8_t no, uint16_t total,
			  const char *bytes)
{
	struct bat_frag h = { .ttl = 50,
			      .no = no,
			      .dst = net_mac(1, 0),
			      .orig = net_mac(orig, 0),
			      .seqno = seqno,
			      .total = total };
	struct mac to = net_mac(1, 0), from = net_mac(0, 0);
	uint8_t frame[128];
	struct wr w = wr_init(frame, sizeof(frame));

	bat_eth_encode(&w, &to, &from);
	bat_frag_encode(&w, &h);
	wr_bytes(&w, bytes, strlen(bytes));
	net_inject(n, 1, 0, frame, wr_len(&w));
}

static void test_fragments_odd(void **state)
{
	struct net *n = net_chain(3);
	uint64_t merged;

	(void)state;
	net_run(n, 20 * USEC_S);
	merged = net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED);
	/* any order, any sizes, another originator in between; what comes out is no batman packet
	 */
	fragment_send(n, 0, 7, 1, 9, "bbb");
	fragment_send(n, 2, 7, 1, 9, "xxx");
	fragment_send(n, 0, 7, 1, 9, "bbb");
	fragment_send(n, 0, 7, 0, 9, "aaaa");
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), merged);
	fragment_send(n, 0, 7, 2, 9, "cc");
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), merged + 1);
	/* more than announced */
	fragment_send(n, 0, 8, 0, 4, "aaaaaaa");
	/* a fragment of fragments: type 0x41, version 15 */
	fragment_send(n, 0, 9, 0, 24,
		      "A\x0f\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01");
	fragment_send(n, 0, 9, 1, 24, "A\x0f\x01\x01\x01\x01\x01\x01");
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), merged + 2);
	/* more at a time than there is room for, from strangers too */
	for (uint16_t i = 0; i < 64; i++) {
		fragment_send(n, i % 2 ? 0 : 2, i, 0, 9, "aaa");
		fragment_send(n, 7, i, 0, 9, "aaa");
	}
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_UNKNOWN_ORIGINATOR), 64);
	net_free(n);
}

/* What is begun is forgotten when the sender has gone on, or does not mean the same packet; a piece
 * of nothing is none. */
static void test_reassembly_begins_anew(void **state)
{
	struct net *n = net_chain(2);

	(void)state;
	net_run(n, 20 * USEC_S);
	/* 8 numbers further: the same place */
	fragment_send(n, 0, 7, 0, 6, "aaa");
	fragment_send(n, 0, 15, 0, 6, "ccc");
	fragment_send(n, 0, 7, 1, 6, "bbb");
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), 0);
	fragment_send(n, 0, 7, 0, 6, "aaa");
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), 1);
	/* the same number, another length */
	fragment_send(n, 0, 20, 0, 6, "aaa");
	fragment_send(n, 0, 20, 1, 7, "bbb");
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), 1);
	fragment_send(n, 0, 20, 0, 7, "aaaa");
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), 2);
	fragment_send(n, 0, 30, 1, 6, "");
	fragment_send(n, 0, 30, 1, 6, "bbb");
	fragment_send(n, 0, 30, 0, 6, "aaa");
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), 3);
	/* nothing is left that could become old */
	net_run(n, 12 * USEC_S);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_EXPIRED), 0);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_REPLACED_REASSEMBLIES), 0);
	net_free(n);
}

static bool lose_node(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	const struct script *s = arg;

	(void)n;
	(void)frame;
	(void)len;
	return s->all && (from == s->from || to == s->from);
}

/* 0 and 3 with 1 and 2 side by side between them. */
static struct net *square(void)
{
	struct net *n = net_new();

	for (int i = 0; i < 4; i++)
		net_boot(n, i, NULL);
	net_port(n, 0, 0, 0, false);
	net_port(n, 0, 1, 1, false);
	net_link(n, 0, 1, 0, 2, 3);
	net_port(n, 1, 1, 2, false);
	net_port(n, 2, 0, 1, false);
	net_port(n, 2, 1, 2, false);
	net_port(n, 3, 0, 2, false);
	n->node[2].wire[3] = -1;
	return n;
}

/* The one in use dies without a word. */
static void test_failover(void **state)
{
	struct net *n = square();
	struct script s = { 0 };
	struct batman_orig o;
	struct mac far = net_mac(3, 0);
	uint32_t tag = 1;

	(void)state;
	n->drop = lose_node;
	n->arg = &s;
	clients_join(n, 0, 3);
	net_run(n, 80 * USEC_S);
	assert_int_equal(call(n, 0, 3, tag++, 100), 1);
	assert_true(batman_orig_find(n->node[0].b, &far, &o));
	s = (struct script) { .all = true, .from = o.next_hop.b[4] };
	for (; tag < 1000 && call(n, 0, 3, tag, 100) == 0; tag++)
		;
	/* five intervals empty the ring of the dead path; the other one may be as good before */
	assert_in_range(tag, 20, 620);
	net_free(n);
}

/* A packet for node 3 comes to node 0 from a neighbour: whom does it go to? -1: nobody. */
static int next_of(struct net *n, const struct batman_orig *from, uint8_t type)
{
	static const char heads[][4] = { "\x40\x0f\x32\xff", "\x41\x0f\x32\x10", "\x43\x0f\x32\x08",
					 "\x44\x0f\x32\x00", "\x5a\x0f\x32\x00" };
	struct mac to = net_mac(0, from->port), far = net_mac(3, 0);
	uint8_t frame[100] = { 0 };
	struct wr w = wr_init(frame, sizeof(frame));
	unsigned int before = n->tail;

	bat_eth_encode(&w, &to, &from->next_hop);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if ((uint8_t)heads[i][0] == type)
			wr_bytes(&w, heads[i], 4);
	}
	wr_mac(&w, &far);
	if (type == BAT_TYPE_UNICAST) {
		wr_mac(&w, &MAC_BROADCAST);
		wr_mac(&w, &from->next_hop);
	} else if (type == BAT_TYPE_FRAG) {
		wr_mac(&w, &from->next_hop);
		wr_u32(&w, 1600); /* number and whole length: more than fits */
	}
	net_inject(n, 0, from->port, frame, sizeof(frame));
	n->head = n->tail;
	return n->tail == before ? -1 : n->flight[before % 4096].data[4];
}

/* What came from a node does not go back to it: there is another way, or none. */
static void test_no_way_back(void **state)
{
	static const uint8_t types[] = { 0x40, 0x41, 0x43, 0x44, 0x5a };
	struct net *n = square();
	struct mac far = net_mac(3, 0);
	struct script s = { 0 };
	struct batman_orig o;
	uint64_t dropped;

	(void)state;
	net_run(n, 80 * USEC_S);
	assert_true(batman_orig_find(n->node[0].b, &far, &o));
	for (size_t i = 0; i < sizeof(types); i++)
		assert_int_equal(next_of(n, &o, types[i]), 3 - o.next_hop.b[4]);
	s = (struct script) { .all = true, .from = 3 - o.next_hop.b[4] };
	n->drop = lose_node;
	n->arg = &s;
	net_run(n, 20 * USEC_S);
	dropped = net_counter(n, 0, BATMAN_COUNT_DROP_REFLECTED);
	for (size_t i = 0; i < sizeof(types); i++)
		assert_int_equal(next_of(n, &o, types[i]), -1);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_DROP_REFLECTED), dropped + sizeof(types));
	net_free(n);
}

static int next_hop(const struct net *n, int node, const struct mac *far)
{
	struct batman_orig o;

	return batman_orig_find(n->node[node].b, far, &o) && o.reachable ? o.next_hop.b[4] : -1;
}

/* 0, 1 and 2 in a chain, 3 and 4 next to 2 and to each other. After 1 has come back the qualities
 * of the ways to 0 rise for a minute: all that time 3 and 4 go by 2. */
static void test_no_loop_while_qualities_rise(void **state)
{
	struct net *n = net_new();
	struct mac far = net_mac(0, 0);

	(void)state;
	for (int i = 0; i < 5; i++)
		net_boot(n, i, NULL);
	net_link(n, 0, 0, 0, 1, 0);
	net_link(n, 1, 1, 1, 2, 0);
	net_link(n, 2, 2, 1, 3, 0);
	net_link(n, 3, 2, 2, 4, 0);
	net_link(n, 4, 3, 1, 4, 1);
	net_run(n, 80 * USEC_S);
	for (int round = 0; round < 20; round++) {
		net_boot(n, 1, NULL);
		net_run(n, 5 * USEC_S);
		net_link(n, 0, 0, 0, 1, 0);
		net_port(n, 1, 1, 1, false);
		net_run(n, 15 * USEC_S);
		for (int i = 0; i < 600; i++) {
			net_run(n, 100 * USEC_MS);
			assert_false(next_hop(n, 3, &far) == 4 && next_hop(n, 4, &far) == 3);
		}
		assert_int_equal(next_hop(n, 3, &far), 2);
		assert_int_equal(next_hop(n, 4, &far), 2);
	}
	net_free(n);
}

static void test_best_port(void **state)
{
	struct net *n = net_new();
	struct mac far = net_mac(1, 0), second;
	struct batman_path p;
	struct batman_orig o;
	unsigned int links = 0;

	(void)state;
	net_boot(n, 0, NULL);
	net_boot(n, 1, NULL);
	/* two wires; the ports on the second one have other MACs */
	net_link(n, 0, 0, 0, 1, 0);
	net_link(n, 1, 0, 1, 1, 1);
	clients_join(n, 0, 1);
	net_run(n, 80 * USEC_S);
	for (uint32_t i = 0; batman_neighbour_next(n->node[0].b, &i, &p);)
		links++;
	assert_int_equal(links, 2);
	/* both of its ports are it */
	assert_true(batman_orig_find(n->node[0].b, &far, &o) && o.direct);
	second = net_mac(1, 1);
	assert_true(batman_orig_find(n->node[0].b, &second, &o));
	assert_true(mac_eq(&o.mac, &far) && o.trama);
	assert_true(batman_orig_find(n->node[0].b, &far, &o) && o.reachable);
	assert_int_equal(call(n, 0, 1, 1, 100), 1);
	/* the port in use is taken away */
	batman_port_remove(n->node[0].b, o.port, n->now);
	net_pump(n, 0);
	n->node[0].wire[o.port] = -1;
	assert_true(batman_orig_find(n->node[0].b, &far, &o) && o.reachable);
	assert_int_equal(call(n, 0, 1, 2, 100), 1);
	net_run(n, 20 * USEC_S);
	assert_int_equal(call(n, 1, 0, 3, 100), 1);
	/* and the last one */
	batman_port_remove(n->node[0].b, o.port, n->now);
	net_pump(n, 0);
	assert_true(batman_orig_find(n->node[0].b, &far, &o) && !o.reachable);
	assert_int_equal(call(n, 0, 1, 4, 100), 0);
	assert_false(batman_self(n->node[0].b, &far));
	net_run(n, 5 * USEC_S);
	net_port(n, 0, 0, 0, false);
	net_run(n, 20 * USEC_S);
	assert_int_equal(call(n, 0, 1, 5, 100), 1);
	net_free(n);
}

/* Two of three frames by the second port of node 0, at random: own ones and others take turns. */
static bool second_port_is_worse(struct net *n, int from, int to, const uint8_t *frame, size_t len,
				 void *arg)
{
	struct mac second = net_mac(0, 1);
	struct rng *rng = arg;

	(void)n;
	(void)from;
	(void)to;
	return len > 12 && !memcmp(frame + 6, second.b, sizeof(second.b)) && rng_below(rng, 3) == 0;
}

/* Without its primary port a node is another originator, and the better TQ of the one that it was
 * stays for 200 s. */
static void primary_port_goes(uint32_t interval_s)
{
	struct net *n = net_new();
	struct mac first = net_mac(0, 0), second = net_mac(0, 1);
	struct batman_orig was, is;
	struct rng rng = rng_init(1);

	for (int i = 0; i < 3; i++) {
		struct batman_conf c = net_conf(i);

		c.orig_interval_ms = interval_s * 1000;
		net_boot(n, i, &c);
	}
	net_link(n, 0, 0, 0, 1, 0);
	net_link(n, 1, 0, 1, 1, 1);
	net_link(n, 2, 1, 2, 2, 0);
	n->drop = second_port_is_worse;
	n->arg = &rng;
	clients_join(n, 0, 2);
	net_run(n, 80 * interval_s * USEC_S);
	assert_int_equal(call(n, 2, 0, 1, 100), 1);
	batman_port_remove(n->node[0].b, 0, n->now);
	net_pump(n, 0);
	n->node[0].wire[0] = -1;
	net_run(n, (10 + 5 * interval_s) * USEC_S);
	n->drop = NULL;
	for (uint32_t tag = 2; tag < 7; tag++) {
		assert_true(batman_orig_find(n->node[2].b, &first, &was) && was.reachable);
		assert_true(batman_orig_find(n->node[2].b, &second, &is) && is.reachable);
		assert_true(was.tq > is.tq);
		assert_int_equal(call(n, 2, 0, tag, 100), 1);
		net_run(n, interval_s * USEC_S / 5);
	}
	net_free(n);
}

static void test_primary_port_goes(void **state)
{
	(void)state;
	primary_port_goes(1);
}

/* Between two OGMs of one that is heard nobody is taken for stale. */
static void test_primary_port_goes_slowly(void **state)
{
	(void)state;
	primary_port_goes(20);
}

/* A node without its primary port hears from its neighbour what it had just said as that one: it is
 * nobody else, to whom its clients could have gone. */
static void test_last_words(void **state)
{
	(void)state;
	for (int phase = 0; phase < 20; phase++) {
		struct net *n = net_new();
		struct mac first = net_mac(0, 0);
		struct rng rng = rng_init(1);
		struct batman_orig o;

		net_boot(n, 0, NULL);
		net_boot(n, 1, NULL);
		net_link(n, 0, 0, 0, 1, 0);
		net_link(n, 1, 0, 1, 1, 1);
		n->drop = second_port_is_worse;
		n->arg = &rng;
		clients_join(n, 0, 1);
		net_run(n, 80 * USEC_S + phase * 50 * USEC_MS);
		batman_port_remove(n->node[0].b, 0, n->now);
		net_pump(n, 0);
		n->node[0].wire[0] = -1;
		net_run(n, 2 * USEC_S);
		assert_null(net_event(n, 0, BATMAN_CLIENT_MOVED));
		assert_false(batman_orig_find(n->node[0].b, &first, &o));
		net_free(n);
	}
}

/* TTL of broadcasts and flags of multicast, of the last frame and OGM from each node. */
struct spied {
	uint8_t ttl[3], mcast_version[3], mcast_flags[3];
};

static bool spy(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	struct spied *s = arg;
	struct rd r = rd_init(frame, len), value;
	uint8_t type, version;
	struct bat_bcast bcast;
	struct bat_eth eth;
	struct bat_ogm ogm;
	bool wanted = bat_eth_decode(&r, &eth) && rd_left(&r) > 0;
	struct rd body = r;

	(void)n, (void)to;
	if (wanted && *r.p == BAT_TYPE_BCAST && bat_bcast_decode(&body, &bcast))
		s->ttl[from] = bcast.ttl;
	while (wanted && *r.p == BAT_TYPE_OGM && bat_ogm_next(&body, &ogm))
		while (bat_tvlv_next(&ogm.tvlv, &type, &version, &value))
			if (type == BAT_TVLV_MCAST) {
				s->mcast_version[from] = version;
				s->mcast_flags[from] = rd_u8(&value);
			}
	return false;
}

/* A broadcast has fewer hops left after each, and kernels are told to send every multicast here. */
static void test_flooding(void **state)
{
	struct mac c = net_client(1);
	struct net *n = net_chain(3);
	struct spied s = { 0 };

	(void)state;
	n->drop = spy;
	n->arg = &s;
	net_run(n, 20 * USEC_S);
	net_send(n, 0, &MAC_BROADCAST, &c, 7, 100);
	net_run(n, USEC_S);
	assert_int_equal(net_count(n, 2, 7), 1);
	assert_true(s.ttl[0] > 2);
	assert_int_equal(s.ttl[1], s.ttl[0] - 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(s.mcast_version[i], 2);
		assert_int_equal(s.mcast_flags[i] & 7, 7); /* unsnoopable, all IPv4, all IPv6 */
	}
	net_free(n);
}

static void test_unknown_type(void **state)
{
	struct net *n = net_chain(3);
	uint8_t frame[64] = { 0 }, ttl;
	struct mac to = net_mac(1, 0), from = net_mac(0, 0), far = net_mac(2, 0);
	struct wr w = wr_init(frame, sizeof(frame));
	uint64_t before;

	(void)state;
	net_run(n, 20 * USEC_S);
	bat_eth_encode(&w, &to, &from);
	wr_bytes(&w, "\x5a\x0f\x05\x00", 4);
	wr_mac(&w, &far);
	before = net_counter(n, 2, BATMAN_COUNT_DROP_UNKNOWN_TYPE);
	net_inject(n, 1, 0, frame, sizeof(frame));
	ttl = n->flight[(n->tail - 1) % 4096].data[16];
	assert_int_equal(ttl, 4);
	net_run(n, USEC_MS);
	assert_int_equal(net_counter(n, 2, BATMAN_COUNT_DROP_UNKNOWN_TYPE), before + 1);
	frame[16] = 1;
	net_inject(n, 1, 0, frame, sizeof(frame));
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_TTL), 1);
	/* types below 0x40 have no destination */
	frame[14] = 0x20;
	net_inject(n, 1, 0, frame, sizeof(frame));
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_UNKNOWN_TYPE), 1);
	frame[15] = 14;
	net_inject(n, 1, 0, frame, sizeof(frame));
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_VERSION), 1);
	net_free(n);
}

/* What kernels send to gateways and their DHT: with the source node, which is learnt. */
static void test_four_addresses(void **state)
{
	struct net *n = net_chain(3);
	struct bat_unicast h = { .type = BAT_TYPE_4ADDR,
				 .ttl = 50,
				 .dst = net_mac(2, 0),
				 .src = net_mac(0, 0),
				 .subtype = BAT_4ADDR_DATA };
	struct mac c = net_client(1), d = net_client(2), to = net_mac(1, 0), from = net_mac(0, 0),
		   at;
	uint8_t inner[100], frame[200];

	(void)state;
	net_run(n, 20 * USEC_S);
	for (uint32_t tag = 1; tag <= 2; tag++) {
		struct wr w = wr_init(frame, sizeof(frame));

		/* the second is of the DHT: its client may be anywhere */
		h.subtype = tag == 1 ? BAT_4ADDR_DATA : 4;
		h.ttvn = batman_ttvn(n->node[2].b);
		bat_eth_encode(&w, &to, &from);
		bat_unicast_encode(&w, &h);
		wr_bytes(&w, inner,
			 net_frame(inner, &d, tag == 1 ? &c : &d, 0, tag, sizeof(inner)));
		net_inject(n, 1, 0, frame, wr_len(&w));
		net_run(n, USEC_MS);
		assert_int_equal(net_count(n, 2, tag), 1);
	}
	assert_true(net_knows(n, 2, &c, 0));
	assert_true(batman_lookup(n->node[1].b, &c, 0, &at) < 0);
	assert_true(batman_lookup(n->node[2].b, &d, 0, &at) < 0);
	/* nobody ever announces it */
	net_run(n, 610 * USEC_S);
	assert_true(batman_lookup(n->node[2].b, &c, 0, &at) < 0);
	net_free(n);
}

static void test_never_into_the_cloud(void **state)
{
	struct net *n = net_chain(2);
	struct mac stp = { { 1, 0x80, 0xc2, 0, 0, 0 } }, ectp = { { 0xcf, 0, 0, 0, 0, 0 } },
		   c = net_client(1);
	struct mac probe = { { 0xba, 0xbe, 0, 0, 0, 1 } }, at;
	uint8_t buf[100];
	struct wr w;

	(void)state;
	net_run(n, 10 * USEC_S);
	assert_true(net_send(n, 0, &stp, &c, 1, 60) < 0);
	assert_true(net_send(n, 0, &ectp, &c, 2, 60) < 0);
	net_frame(buf, &MAC_BROADCAST, &c, 0, 3, sizeof(buf));
	buf[12] = 0x43;
	buf[13] = 0x05;
	assert_true(batman_cloud_input(n->node[0].b, buf, sizeof(buf), n->now) < 0);
	net_frame(buf, &MAC_BROADCAST, &c, 0x8007, 4, sizeof(buf));
	buf[16] = 0x43;
	buf[17] = 0x05;
	assert_true(batman_cloud_input(n->node[0].b, buf, sizeof(buf), n->now) < 0);
	assert_true(batman_cloud_input(n->node[0].b, buf, 13, n->now) < 0);
	/* a claim of a kernel's bridge loop avoidance, and its loop probe, which passes */
	w = wr_init(buf, sizeof(buf));
	wr_mac(&w, &MAC_BROADCAST);
	wr_mac(&w, &c);
	wr_bytes(&w, "\x08\x06\0\1\x08\0\6\4\0\2", 10);
	wr_mac(&w, &c);
	wr_u32(&w, 0);
	wr_bytes(&w, "\xff\x43\x05\x00\x12\x34", 6);
	wr_zero(&w, 4);
	assert_true(batman_cloud_input(n->node[0].b, buf, wr_len(&w), n->now) < 0);
	net_pump(n, 0);
	net_run(n, USEC_S);
	assert_int_equal(n->node[1].got_count, 0);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_DROP_FILTERED), 5);
	buf[35] = 4;
	assert_int_equal(batman_cloud_input(n->node[0].b, buf, wr_len(&w), n->now), 0);
	assert_int_equal(net_send(n, 0, &MAC_BROADCAST, &probe, 9, 60), 0);
	net_run(n, 5 * USEC_S);
	assert_int_equal(n->node[1].got_count, 2);
	assert_true(batman_lookup(n->node[1].b, &probe, 0, &at) < 0);
	net_free(n);
}

/* Every frame that two nodes exchange in a while, cut at every length: counted, never believed. */
static bool keep_frames(struct net *n, int from, int to, const uint8_t *frame, size_t len,
			void *arg)
{
	struct net_flight *kept = arg;

	(void)n;
	(void)from;
	(void)to;
	if (len > 15 && !kept[frame[14] & 0x7f].len) {
		kept[frame[14] & 0x7f].len = len;
		memcpy(kept[frame[14] & 0x7f].data, frame, len);
	}
	return false;
}

static void test_truncations(void **state)
{
	struct net_flight *kept = calloc(128, sizeof(*kept));
	struct batman_probe p = { .dst = net_mac(2, 0), .ttl = 50, .record = true };
	struct net *n = net_chain(3);
	unsigned int kinds = 0;

	(void)state;
	n->drop = keep_frames;
	n->arg = kept;
	clients_join(n, 0, 2);
	net_run(n, 20 * USEC_S);
	/* one client moves, for an advertisement */
	clients_join(n, 2, 2);
	net_run(n, 20 * USEC_S);
	clients_join(n, 0, 2);
	call(n, 0, 2, 1, 1514);
	call(n, 0, 2, 2, 100);
	net_send(n, 0, &MAC_BROADCAST, &(struct mac) { { 6, 0, 0, 0, 0, 1 } }, 3, 100);
	batman_icmp_send(n->node[0].b, &p, n->now);
	net_pump(n, 0);
	net_run(n, USEC_S);
	for (int type = 0; type < 128; type++) {
		kinds += kept[type].len != 0;
		for (size_t cut = 0; cut < kept[type].len; cut++) {
			for (int i = 0; i < 3; i++) {
				net_inject(n, i, 0, kept[type].data, cut);
				n->head = n->tail;
			}
		}
	}
	/* OGM, broadcast, unicast, fragment, ICMP, TVLV */
	assert_int_equal(kinds, 6);
	n->arg = kept;
	net_run(n, 20 * USEC_S);
	assert_int_equal(call(n, 0, 2, 9, 100), 1);
	free(kept);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragments_pass),
		cmocka_unit_test(test_counted_as_by_kernels),
		cmocka_unit_test(test_fragments_merge_on_the_way),
		cmocka_unit_test(test_fragments_lost),
		cmocka_unit_test(test_fragments_odd),
		cmocka_unit_test(test_reassembly_begins_anew),
		cmocka_unit_test(test_failover),
		cmocka_unit_test(test_no_way_back),
		cmocka_unit_test(test_no_loop_while_qualities_rise),
		cmocka_unit_test(test_best_port),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_primary_port_goes),
		cmocka_unit_test(test_primary_port_goes_slowly),
		cmocka_unit_test(test_flooding),
		cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_never_into_the_cloud),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_four_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
