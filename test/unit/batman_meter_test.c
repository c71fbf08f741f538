/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The throughput meter as the end that answers: node 1 plays a sender (and 2), node 0 acknowledges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "lib/wire.h"

#define FIRST (UINT32_MAX - 2000)
#define STAMP 0x1234u

struct acks {
	unsigned int count;
	struct mac to;
	uint8_t uid, subtype;
	uint16_t session;
	uint32_t seq, stamp;
};

static bool watch(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	struct acks *a = arg;
	struct rd r = rd_init(frame, len);

	(void)n;
	(void)from;
	(void)to;
	rd_skip(&r, 14);
	if (rd_u8(&r) != 0x43)
		return false;
	rd_skip(&r, 2);
	if (rd_u8(&r) != BATMAN_ICMP_THROUGHPUT)
		return false;
	a->count++;
	a->to = rd_mac(&r);
	rd_skip(&r, sizeof(struct mac));
	a->uid = rd_u8(&r);
	a->subtype = rd_u8(&r);
	a->session = rd_u16(&r);
	a->seq = rd_u32(&r);
	a->stamp = rd_u32(&r);
	assert_true(rd_ok(&r));
	assert_int_equal(rd_left(&r), 0);
	return false;
}

/* A packet of the meter that stands for `bytes` bytes; what is acknowledged, relative to FIRST. */
static int64_t message_by(struct net *n, int node, uint16_t session, uint32_t seq, size_t bytes)
{
	struct acks a = { 0 };
	uint8_t frame[2048] = { 0 };
	struct wr w = wr_init(frame, sizeof(frame));
	struct mac from = net_mac(node, 0), to = net_mac(0, 0);

	wr_mac(&w, &to);
	wr_mac(&w, &from);
	wr_u16(&w, 0x4305);
	wr_u8(&w, 0x43);
	wr_u8(&w, 15);
	wr_u8(&w, 50);
	wr_u8(&w, BATMAN_ICMP_THROUGHPUT);
	wr_mac(&w, &to);
	wr_mac(&w, &from);
	wr_u8(&w, 7);
	wr_u8(&w, 0);
	wr_u16(&w, session);
	wr_u32(&w, FIRST + seq);
	wr_u32(&w, STAMP);
	n->drop = watch;
	n->arg = &a;
	net_inject(n, 0, 0, frame, 14 + 10 + bytes);
	net_pump(n, 0);
	net_run(n, USEC_MS);
	if (!a.count)
		return -1;
	assert_int_equal(a.count, 1);
	assert_true(mac_eq(&a.to, &from));
	assert_int_equal(a.uid, 7);
	assert_int_equal(a.subtype, 1);
	assert_int_equal(a.session, session);
	assert_int_equal(a.stamp, STAMP);
	return (uint32_t)(a.seq - FIRST);
}

static int64_t message(struct net *n, uint16_t session, uint32_t seq, size_t bytes)
{
	return message_by(n, 1, session, seq, bytes);
}

static struct net *wire(void)
{
	struct net *n = net_new();

	for (int i = 0; i < 3; i++) {
		net_boot(n, i, NULL);
		net_port(n, i, 0, 0, false);
	}
	net_run(n, 10 * USEC_S);
	return n;
}

static void test_in_order(void **state)
{
	struct net *n = wire();

	(void)state;
	for (uint32_t i = 0; i < 10; i++) /* over the end of the numbers */
		assert_int_equal(message(n, 1, i * 1000, 1000), (i + 1) * 1000);
	assert_int_equal(message(n, 1, 5000, 1000), 10000); /* again */
	net_free(n);
}

static void test_gaps(void **state)
{
	struct net *n = wire();

	(void)state;
	assert_int_equal(message(n, 1, 0, 1000), 1000);
	assert_int_equal(message(n, 1, 4000, 1000), 1000);
	assert_int_equal(message(n, 1, 2000, 1000), 1000);
	assert_int_equal(message(n, 1, 1000, 1000), 3000);
	assert_int_equal(message(n, 1, 2500, 1500), 5000); /* sizes that differ when sent again */
	/* a far too high number and more gaps than are kept are not acknowledged */
	assert_int_equal(message(n, 1, 0x30000000, 1000), -1);
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(message(n, 1, 6000 + i * 2000, 1000), 5000);
	assert_int_equal(message(n, 1, 6000 + 32 * 2000, 1000), -1);
	assert_int_equal(message(n, 1, 6000 + 31 * 2000 + 1000, 1000), 5000); /* joins the last */
	assert_int_equal(message(n, 1, 5000, 1000), 7000);
	net_free(n);
}

/* A sender that cuts anew what it repeats: pieces overlap, or lie within what has come. */
static void test_overlaps(void **state)
{
	struct net *n = wire();

	(void)state;
	assert_int_equal(message(n, 1, 0, 1000), 1000);
	assert_int_equal(message(n, 1, 4000, 1000), 1000);
	assert_int_equal(message(n, 1, 3500, 1000), 1000);
	assert_int_equal(message(n, 1, 4200, 100), 1000);
	assert_int_equal(message(n, 1, 1000, 1500), 2500);
	assert_int_equal(message(n, 1, 2500, 1000), 5000);
	/* what came early is within what fills the gap */
	assert_int_equal(message(n, 1, 6000, 100), 5000);
	assert_int_equal(message(n, 1, 5000, 1500), 6500);
	assert_int_equal(message(n, 1, 6500, 1000), 7500);
	net_free(n);
}

/* Numbers of sessions are their senders' own. */
static void test_two_senders(void **state)
{
	struct net *n = wire();

	(void)state;
	assert_int_equal(message_by(n, 1, 1, 0, 1000), 1000);
	assert_int_equal(message_by(n, 2, 1, 1000, 1000), -1); /* not begun */
	assert_int_equal(message_by(n, 2, 1, 0, 500), 500);
	assert_int_equal(message_by(n, 1, 1, 1000, 1000), 2000);
	assert_int_equal(message_by(n, 2, 1, 500, 500), 1000);
	assert_int_equal(batman_counter(n->node[0].b, BATMAN_COUNT_DROP_SEQNO), 1);
	net_free(n);
}

static void test_sessions(void **state)
{
	struct net *n = wire();

	(void)state;
	assert_int_equal(message(n, 1, 1000, 1000), -1); /* its first packet was lost */
	for (uint16_t i = 1; i <= 5; i++)
		assert_int_equal(message(n, i, 0, 1000), 1000);
	assert_int_equal(message(n, 6, 0, 1000), -1);
	assert_int_equal(message(n, 3, 1000, 1000), 2000);
	net_run(n, USEC_S);
	assert_int_equal(message(n, 3, 2000, 1000), -1); /* silent for too long */
	assert_int_equal(message(n, 6, 0, 1000), 1000);
	assert_int_equal(message(n, 6, 1000, 17), -1); /* its end is missing */
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order), cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_overlaps), cmocka_unit_test(test_two_senders),
		cmocka_unit_test(test_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
