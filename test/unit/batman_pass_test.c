/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node sends for what comes in, byte by byte. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

#define PACKET 14 /* offset of the packet in a frame */
#define TTL (PACKET + 2)

static struct net *chain(int count)
{
	struct net *n = net_chain(count);

	net_run(n, 20 * USEC_S);
	return n;
}

/* A packet from node 0 to node 1 of the chain, for node 2. */
static size_t packet_make(uint8_t *frame, size_t size, uint8_t type, uint8_t ttl)
{
	struct mac to = net_mac(1, 0), from = net_mac(0, 0), far = net_mac(2, 0);
	struct wr w = wr_init(frame, size);

	bat_eth_encode(&w, &to, &from);
	wr_u8(&w, type);
	wr_u8(&w, BAT_VERSION);
	wr_u8(&w, ttl);
	/* of ICMP a request, of a fragment number 5 and the bit without a meaning */
	wr_u8(&w, type == BAT_TYPE_ICMP ? BATMAN_ICMP_REQUEST : 0x51);
	wr_mac(&w, &far);
	if (type == BAT_TYPE_UNICAST)
		wr_mac(&w, &MAC_BROADCAST);
	else if (type != BAT_TYPE_4ADDR)
		wr_mac(&w, &from);
	if (type == BAT_TYPE_FRAG) {
		wr_u16(&w, 7);
		wr_u16(&w, 1600); /* more than fits */
	} else if (type == BAT_TYPE_4ADDR) {
		wr_mac(&w, &from);
		wr_u16(&w, 0x01a5);
		wr_mac(&w, &MAC_BROADCAST);
	} else if (type == BAT_TYPE_TVLV) {
		wr_u32(&w, 0);
	}
	while (wr_left(&w))
		wr_u8(&w, (uint8_t)wr_left(&w));
	return size;
}

/* What node 1 sends for it on the other side: the same, with this ttl; 0: nothing. */
static void assert_passed(struct net *n, uint8_t type, uint8_t ttl, uint8_t ttl_out)
{
	uint8_t frame[100];
	size_t len = packet_make(frame, sizeof(frame), type, ttl);
	unsigned int since = n->tail;
	const struct net_flight *f;

	net_inject(n, 1, 0, frame, len);
	f = net_sent(n, since, 1, type, 0);
	if (!ttl_out) {
		assert_true(!f || f->wire == 0);
		return;
	}
	assert_non_null(f);
	assert_int_equal(f->wire, 1);
	assert_int_equal(f->len, len);
	frame[TTL] = ttl_out;
	assert_memory_equal(f->data + PACKET, frame + PACKET, len - PACKET);
}

static void test_types(void **state)
{
	struct net *n = chain(3);

	(void)state;
	for (unsigned int type = BAT_TYPE_TVLV + 1; type <= BAT_TYPE_UNICAST_LAST; type++)
		assert_passed(n, (uint8_t)type, 3, 2);
	assert_passed(n, 0x3f, 3, 0);
	assert_passed(n, 0x80, 3, 0);
	net_free(n);
}

static void test_ttl(void **state)
{
	static const uint8_t types[] = { BAT_TYPE_UNICAST, BAT_TYPE_FRAG, BAT_TYPE_4ADDR,
					 BAT_TYPE_ICMP,	   BAT_TYPE_TVLV, 0x5a };
	struct net *n = chain(3);
	const struct net_flight *f;
	unsigned int since;

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		assert_passed(n, types[i], 3, 2);
		assert_passed(n, types[i], 2, 1);
		since = n->tail;
		assert_passed(n, types[i], 1, 0);
		f = net_sent(n, since, 1, types[i], 0);
		if (types[i] != BAT_TYPE_ICMP) {
			assert_null(f);
			continue;
		}
		assert_int_equal(f->data[PACKET + 3], BATMAN_ICMP_TTL_EXCEEDED);
		assert_int_equal(f->data[TTL], BAT_TTL);
	}
	net_free(n);
}

/* The pieces of a packet of `total` bytes that a node has sent: their sizes, order and priority. */
static void assert_pieces(const struct net *n, unsigned int since, int node, size_t total,
			  uint8_t count, uint8_t priority)
{
	size_t size = (total - 1) / count + 1;
	uint16_t seqno = 0;
	struct bat_frag h;

	assert_int_equal(net_sent_count(n, since, node, BAT_TYPE_FRAG), count);
	for (uint8_t no = 0; no < count; no++) {
		const struct net_flight *f = net_sent(n, since, node, BAT_TYPE_FRAG, no);
		struct rd r = rd_init(f->data + PACKET, f->len - PACKET);

		assert_true(bat_frag_decode(&r, &h));
		assert_int_equal(h.no, no);
		assert_int_equal(h.total, total);
		assert_int_equal(h.priority, priority);
		assert_int_equal(rd_left(&r),
				 no < count - 1 ? size : total - size * (size_t)(count - 1));
		assert_true(no == 0 || h.seqno == seqno);
		seqno = h.seqno;
	}
}

/* A client's frame, with the type of service of IPv4 or an 802.1Q tag. */
static void client_frame(struct net *n, const struct mac *to, uint8_t service, uint8_t priority)
{
	struct mac c = net_client(1);
	uint8_t buf[1514];
	size_t len = net_frame(buf, to, &c, priority ? 0x8005 : 0,
			       0x45000000u | (uint32_t)service << 16, sizeof(buf));

	if (priority)
		buf[14] |= (uint8_t)(priority << 5);
	else
		memcpy(buf + 12, "\x08\x00", 2);
	batman_cloud_input(n->node[0].b, buf, len, n->now);
	net_pump(n, 0);
}

/* All of one size, and marked with what the frame says of its priority. */
static void test_pieces(void **state)
{
	struct net *n = chain(2);
	struct mac d = net_client(2);
	unsigned int since;

	(void)state;
	batman_client_seen(n->node[1].b, &d, 0, n->now);
	batman_client_seen(n->node[1].b, &d, 0x8005, n->now);
	net_run(n, 5 * USEC_S);
	since = n->tail;
	client_frame(n, &d, 0xb8, 0);
	assert_pieces(n, since, 0, 1524, 2, 5);
	since = n->tail;
	client_frame(n, &d, 0, 3);
	assert_pieces(n, since, 0, 1524, 2, 3);
	batman_port_set_mtu(n->node[0].b, 0, 600);
	since = n->tail;
	client_frame(n, &d, 0, 0);
	assert_pieces(n, since, 0, 1524, 3, 0);
	net_free(n);
}

/* Not more than 16, however small the port makes them: then none at all. */
static void test_too_many_pieces(void **state)
{
	static const uint32_t narrow[] = { BAT_FRAG_HEADER + 95, BAT_FRAG_HEADER + 1,
					   BAT_FRAG_HEADER, 1 };
	struct net *n = chain(2);
	struct mac d = net_client(2);
	unsigned int since;

	(void)state;
	batman_client_seen(n->node[1].b, &d, 0, n->now);
	net_run(n, 5 * USEC_S);
	since = n->tail;
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
		batman_port_set_mtu(n->node[0].b, 0, narrow[i]);
		client_frame(n, &d, 0, 0);
		assert_int_equal(net_counter(n, 0, BATMAN_COUNT_DROP_TOO_BIG), i + 1);
		assert_int_equal(net_counter(n, 0, BATMAN_COUNT_CLOUD_IN_DROPPED), i + 1);
	}
	assert_int_equal(n->tail, since);
	batman_port_set_mtu(n->node[0].b, 0, BAT_FRAG_HEADER + 96);
	client_frame(n, &d, 0, 0);
	assert_pieces(n, since, 0, 1524, 16, 0);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_DROP_TOO_BIG), 4);
	net_free(n);
}

/* Nobody takes what is to be sent: a frame of which a piece finds no room counts as dropped. */
static void test_pieces_without_room(void **state)
{
	struct net *n = chain(2);
	struct mac c = net_client(1), d = net_client(2);
	uint64_t whole, pieces;
	unsigned int since;
	uint8_t buf[1514];
	int r;

	(void)state;
	batman_client_seen(n->node[1].b, &d, 0, n->now);
	net_run(n, 5 * USEC_S);
	since = n->tail;
	net_frame(buf, &d, &c, 0, 1, sizeof(buf));
	do
		r = batman_cloud_input(n->node[0].b, buf, sizeof(buf), n->now);
	while (r == 0);
	assert_int_equal(r, -ENOSPC);
	whole = net_counter(n, 0, BATMAN_COUNT_CLOUD_IN);
	pieces = net_counter(n, 0, BATMAN_COUNT_FRAG_TX);
	assert_in_range(whole, 20, 100);
	assert_int_equal(pieces / 2, whole);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_CLOUD_IN_DROPPED), 1);
	net_pump(n, 0);
	assert_int_equal(net_sent_count(n, since, 0, BAT_TYPE_FRAG), pieces);
	net_run(n, 10 * USEC_MS);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_MERGED), whole);
	/* there is room again */
	assert_int_equal(net_send(n, 0, &d, &c, 2, sizeof(buf)), 0);
	net_run(n, 10 * USEC_MS);
	assert_int_equal(net_count(n, 1, 2), 1);
	net_free(n);
}

/* A piece is not cut once more, nor sent where it does not fit. */
static void test_piece_too_long_for_the_next_port(void **state)
{
	struct net *n = chain(3);
	struct mac d = net_client(2);
	unsigned int since;

	(void)state;
	batman_client_seen(n->node[2].b, &d, 0, n->now);
	net_run(n, 5 * USEC_S);
	batman_port_set_mtu(n->node[1].b, 1, BAT_FRAG_HEADER + 1524 / 2 - 1);
	since = n->tail;
	client_frame(n, &d, 0, 0);
	net_run(n, 10 * USEC_MS);
	assert_int_equal(net_sent_count(n, since, 0, BAT_TYPE_FRAG), 2);
	assert_int_equal(net_sent_count(n, since, 1, BAT_TYPE_FRAG), 0);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_TOO_BIG), 2);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_FORWARDED), 0);
	batman_port_set_mtu(n->node[1].b, 1, BAT_FRAG_HEADER + 1524 / 2);
	client_frame(n, &d, 0, 0);
	net_run(n, 10 * USEC_MS);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_FRAG_FORWARDED), 2);
	assert_int_equal(net_counter(n, 1, BATMAN_COUNT_DROP_TOO_BIG), 2);
	net_free(n);
}

/* A ping of that size from node 0 to node 1, in three pieces. */
static void large_ping(struct net *n, uint16_t seqno, size_t size)
{
	struct mac to = net_mac(1, 0), from = net_mac(0, 0);
	struct bat_icmp ping = {
		.ttl = 50, .type = BATMAN_ICMP_REQUEST, .dst = to, .orig = from, .seqno = seqno
	};
	size_t cut = size / 3;
	uint8_t whole[4096];
	struct wr w = wr_init(whole, size);

	bat_icmp_encode(&w, &ping);
	while (wr_left(&w))
		wr_u8(&w, (uint8_t)wr_left(&w));
	for (uint8_t no = 0; no < 3; no++) {
		struct bat_frag h = { .ttl = 50,
				      .no = no,
				      .priority = 5,
				      .dst = to,
				      .orig = from,
				      .seqno = seqno,
				      .total = (uint16_t)size };
		uint8_t frame[2048];

		w = wr_init(frame, sizeof(frame));
		bat_eth_encode(&w, &to, &from);
		bat_frag_encode(&w, &h);
		wr_bytes(&w, whole + (2 - no) * cut, no ? cut : size - 2 * cut);
		net_inject(n, 1, 0, frame, wr_len(&w));
	}
}

/* The answer is as large as the question, and as urgent. */
static void test_large_pings(void **state)
{
	struct net *n = chain(2);
	unsigned int since = n->tail;

	(void)state;
	large_ping(n, 1, 1600);
	assert_pieces(n, since, 1, 1600, 2, 5);
	since = n->tail;
	large_ping(n, 2, 3001);
	assert_pieces(n, since, 1, 3001, 3, 5);
	/* the same pieces a second time are no second packet */
	since = n->tail;
	large_ping(n, 2, 3001);
	assert_int_equal(net_sent_count(n, since, 1, BAT_TYPE_FRAG), 0);
	large_ping(n, 10, 3001);
	assert_pieces(n, since, 1, 3001, 3, 5);
	net_free(n);
}

/* A broadcast of node 0 comes to node 1 from that node; true when it comes out of its bat0. */
static bool flooded_by(struct net *n, int by, uint32_t seqno, uint8_t ttl)
{
	struct bat_bcast h = {
		.ttl = ttl, .reserved = 0xa5, .seqno = seqno, .orig = net_mac(0, 0)
	};
	struct mac from = net_mac(by, 0), c = net_client(1);
	uint8_t frame[200], inner[100];
	struct wr w = wr_init(frame, sizeof(frame));

	bat_eth_encode(&w, &MAC_BROADCAST, &from);
	bat_bcast_encode(&w, &h);
	wr_bytes(&w, inner, net_frame(inner, &MAC_BROADCAST, &c, 0, seqno, sizeof(inner)));
	n->node[1].got_count = 0;
	net_inject(n, 1, by ? 1 : 0, frame, wr_len(&w));
	return net_count(n, 1, seqno) == 1;
}

static bool flooded(struct net *n, uint32_t seqno, uint8_t ttl)
{
	return flooded_by(n, 0, seqno, ttl);
}

/* By every port where somebody else is. */
static void test_where_broadcasts_go(void **state)
{
	struct net *n = chain(3);
	struct mac c = net_client(1);
	const struct net_flight *f;
	unsigned int since;

	(void)state;
	net_port(n, 1, 2, 5, false); /* nobody is there */
	net_run(n, 5 * USEC_S);
	since = n->tail;
	net_send(n, 0, &MAC_BROADCAST, &c, 1, 100);
	assert_int_equal(net_sent(n, since, 0, BAT_TYPE_BCAST, 0)->data[TTL], 49);
	net_run(n, 10 * USEC_MS);
	assert_int_equal(net_sent_count(n, since, 0, BAT_TYPE_BCAST), 1);
	assert_int_equal(net_sent_count(n, since, 1, BAT_TYPE_BCAST), 1);
	assert_int_equal(net_sent_count(n, since, 2, BAT_TYPE_BCAST), 0);
	/* the one that sends it is not where it came from */
	since = n->tail;
	net_send(n, 1, &MAC_BROADCAST, &c, 2, 100);
	assert_int_equal(net_sent_count(n, since, 1, BAT_TYPE_BCAST), 2);
	since = n->tail;
	assert_true(flooded(n, 5000000, 3));
	f = net_sent(n, since, 1, BAT_TYPE_BCAST, 0);
	assert_int_equal(f->wire, 1);
	assert_int_equal(f->data[TTL], 2);
	assert_int_equal(f->data[PACKET + 3], 0xa5);
	assert_null(net_sent(n, since, 1, BAT_TYPE_BCAST, 1));
	since = n->tail;
	assert_true(flooded(n, 5000001, 2));
	assert_int_equal(net_sent(n, since, 1, BAT_TYPE_BCAST, 0)->data[TTL], 1);
	since = n->tail;
	assert_false(flooded(n, 5000002, 1));
	assert_null(net_sent(n, since, 1, BAT_TYPE_BCAST, 0));
	/* by a detour: its originator is the only one on the other side */
	assert_true(flooded_by(n, 2, 5000003, 3));
	assert_null(net_sent(n, since, 1, BAT_TYPE_BCAST, 0));
	net_free(n);
}

static void test_numbers_of_broadcasts(void **state)
{
	struct net *n = chain(3);
	uint32_t first = 5000000;

	(void)state;
	assert_true(flooded(n, first, 50));
	assert_false(flooded(n, first, 50));
	assert_true(flooded(n, first + 100, 50));
	assert_true(flooded(n, first + 37, 50)); /* 63 behind */
	assert_false(flooded(n, first + 37, 50));
	assert_true(flooded(n, first + 65635, 50)); /* the farthest that is no restart */
	/* 64 behind is a restart, which is believed; another one is not for 30 s */
	assert_true(flooded(n, first + 65571, 50));
	assert_false(flooded(n, first + 65571 + 65536, 50));
	assert_false(flooded(n, first + 65571 - 64, 50));
	net_run(n, 29 * USEC_S);
	assert_false(flooded(n, first + 65571 + 65536, 50));
	net_run(n, 2 * USEC_S);
	assert_true(flooded(n, first + 65571 + 65536, 50));
	net_free(n);
}

struct copies {
	unsigned int direct, plain, not_best, others;
	uint8_t ttl, reserved;
	size_t tvlv;
};

/* The OGMs of orig that a node has put on a wire since then. */
static struct copies copies_of(const struct net *n, unsigned int since, int node, int wire,
			       const struct mac *orig)
{
	const struct net_flight *f;
	struct copies c = { 0 };
	struct bat_ogm ogm;

	for (unsigned int k = 0; (f = net_sent(n, since, node, BAT_TYPE_OGM, k)); k++) {
		struct rd r = rd_init(f->data + PACKET, f->len - PACKET);

		while (f->wire == wire && bat_ogm_next(&r, &ogm)) {
			if (!mac_eq(&ogm.orig, orig))
				continue;
			c.direct += ogm.flags == BAT_OGM_DIRECT;
			c.plain += ogm.flags == 0;
			c.not_best += ogm.flags & BAT_OGM_NOT_BEST;
			c.ttl = ogm.ttl;
			c.reserved = ogm.reserved;
			c.tvlv = rd_left(&ogm.tvlv);
		}
	}
	return c;
}

/* Nodes 0, 1, 2 and 3 in a chain: who passes whose OGM on to where, and as what. */
static void test_copies_of_ogms(void **state)
{
	struct mac primary = net_mac(1, 0), second = net_mac(1, 1), first = net_mac(0, 0);
	struct net *n = chain(4);
	unsigned int since = n->tail;
	struct copies c;

	(void)state;
	net_run(n, 10 * USEC_S);
	/* its own: the primary one by both ports and whole, the other one on its wire only */
	c = copies_of(n, since, 1, 0, &primary);
	assert_true(c.plain >= 9 && c.direct == 0 && c.ttl == 50 && c.tvlv > 0);
	c = copies_of(n, since, 1, 1, &primary);
	assert_true(c.plain >= 9 && c.direct == 0 && c.ttl == 50 && c.tvlv > 0);
	c = copies_of(n, since, 1, 1, &second);
	assert_true(c.plain >= 9 && c.direct == 0 && c.ttl == 2 && c.tvlv == 0);
	c = copies_of(n, since, 1, 0, &second);
	assert_true(c.plain + c.direct == 0);
	/* the neighbour on that wire: back as a direct link; the other OGM goes on, and is none */
	c = copies_of(n, since, 2, 1, &second);
	assert_true(c.direct >= 9 && c.plain == 0 && c.ttl == 1);
	c = copies_of(n, since, 2, 2, &second);
	assert_true(c.plain + c.direct == 0);
	c = copies_of(n, since, 2, 2, &primary);
	assert_true(c.plain >= 9 && c.direct == 0 && c.ttl == 49);
	c = copies_of(n, since, 0, 0, &primary);
	assert_true(c.direct >= 9 && c.plain == 0 && c.ttl == 49);
	c = copies_of(n, since, 1, 1, &first);
	assert_true(c.plain >= 9 && c.direct == 0 && c.ttl == 49);
	/* and the next one says it on its wire as what it is */
	c = copies_of(n, since, 3, 2, &primary);
	assert_true(c.plain >= 9 && c.direct == 0 && c.ttl == 48);
	net_free(n);
}

/* An originator's MAC may be anything, and the byte without a meaning too; what the sender says of
 * its own link is not passed on. */
static void test_strange_ogms(void **state)
{
	static const struct mac strange[] = { { { 3, 9, 9, 9, 9, 9 } }, { { 0 } }, { { 2, 9 } } };
	struct mac from = net_mac(0, 0);
	struct net *n = chain(3);

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		struct bat_ogm o = { .ttl = 40,
				     .flags = BAT_OGM_DIRECT,
				     .tq = 200,
				     .orig = strange[i],
				     .prev = strange[i],
				     .reserved = 0xa5 };
		unsigned int since = n->tail;
		struct copies c;
		uint8_t frame[100];

		/* the first one only tells that there is a way */
		while (o.seqno++ < 2) {
			struct wr w = wr_init(frame, sizeof(frame));

			bat_eth_encode(&w, &MAC_BROADCAST, &from);
			bat_ogm_encode(&w, &o);
			net_inject(n, 1, 0, frame, wr_len(&w));
		}
		net_run(n, 2 * USEC_S);
		c = copies_of(n, since, 1, 1, &strange[i]);
		assert_true(c.plain == 1 && c.ttl == 39 && c.reserved == 0xa5);
	}
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_too_many_pieces),
		cmocka_unit_test(test_pieces_without_room),
		cmocka_unit_test(test_piece_too_long_for_the_next_port),
		cmocka_unit_test(test_large_pings),
		cmocka_unit_test(test_where_broadcasts_go),
		cmocka_unit_test(test_numbers_of_broadcasts),
		cmocka_unit_test(test_copies_of_ogms),
		cmocka_unit_test(test_strange_ogms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
