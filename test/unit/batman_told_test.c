/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a node says of itself by a datagram, because its OGMs cannot: whom that is believed of, and
 * that nobody is refused for it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"

#define HEARER 0
#define OTHER 1	 /* its OGMs say who it is */
#define SILENT 2 /* those of this one do not */
#define CONTAINER 0xa7

/* What a node says of itself: where the parts are. */
#define CLOUD_MAC_AT 16
#define FLAGS_AT (CLOUD_MAC_AT + 7)

/* Its container becomes one that nobody knows. */
static bool silence(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	uint8_t copy[2048];

	(void)arg;
	if (from != SILENT)
		return false;
	memcpy(copy, frame, len);
	for (size_t i = 14; i + 4 < len; i++) {
		if (copy[i] == CONTAINER && copy[i + 1] == 1 && copy[i + 2] == 0)
			copy[i]++;
	}
	net_inject(n, to, 0, copy, len);
	return true;
}

static struct net *wire_of_three(void)
{
	struct net *n = net_new();

	for (int i = 0; i < 3; i++) {
		net_boot(n, i, NULL);
		net_port(n, i, 0, 0, false);
	}
	n->drop = silence;
	net_run(n, 10 * USEC_S);
	assert_true(net_tq(n, HEARER, OTHER) > 0 && net_tq(n, HEARER, SILENT) > 0);
	return n;
}

/* A client of that node speaks to all; what the frame has with it at HEARER. */
static uint32_t from(struct net *n, int node, const struct mac *client)
{
	static uint32_t tag = 100;
	const struct net_node *x = &n->node[HEARER];

	assert_int_equal(net_send(n, node, &MAC_BROADCAST, client, ++tag, 60), 0);
	net_run(n, 10 * USEC_MS);
	assert_int_equal(x->got[(x->got_count - 1) % NET_KEPT].tag, tag);
	return x->got[(x->got_count - 1) % NET_KEPT].from;
}

/* As that node says it, with another cloud MAC; foreign: of another network. */
static int told(struct net *n, uint32_t sender, const struct mac *cloud_mac, bool foreign)
{
	uint8_t value[128];
	struct wr w = wr_init(value, sizeof(value));

	batman_announce(n->node[SILENT].b, &w);
	memcpy(value + CLOUD_MAC_AT, cloud_mac->b, sizeof(cloud_mac->b));
	value[0] ^= foreign;
	return batman_announced(n->node[HEARER].b, sender, cloud_mac, rd_init(value, wr_len(&w)),
				n->now);
}

static bool is_trama(const struct net *n, int node)
{
	struct mac m = net_mac(node, 0);
	struct batman_orig o;

	return batman_orig_find(n->node[HEARER].b, &m, &o) && o.trama;
}

static void test_who_is_announced_is_believed(void **state)
{
	struct net *n = wire_of_three();
	struct mac cloud = net_cloud_mac(SILENT), client = net_client(1), other = net_client(2);
	uint8_t frame[64];
	size_t len;

	(void)state;
	assert_true(is_trama(n, OTHER));
	assert_false(is_trama(n, SILENT));
	/* neither by the frame of another node, nor by one of which nobody knows whose it is */
	assert_int_equal(told(n, from(n, OTHER, &client), &cloud, false), -ENOENT);
	assert_int_equal(told(n, 0, &cloud, false), -ENOENT);
	/* nor in the name of a client that is only known from a frame, or is of a VLAN */
	assert_int_equal(told(n, from(n, SILENT, &other), &other, false), -ENOENT);
	client = net_client(3);
	len = net_frame(frame, &MAC_BROADCAST, &client, BATMAN_VID_TAGGED | 7, 9, sizeof(frame));
	assert_int_equal(batman_cloud_input(n->node[SILENT].b, frame, len, n->now), 0);
	net_pump(n, SILENT);
	net_run(n, 3 * USEC_S);
	assert_int_equal(told(n, from(n, SILENT, &cloud), &client, false), -ENOENT);
	assert_false(is_trama(n, SILENT));
	assert_int_equal(told(n, from(n, SILENT, &cloud), &cloud, false), 0);
	assert_true(is_trama(n, SILENT));
	assert_true(batman_is_node(n->node[HEARER].b, &cloud));
	net_free(n);
}

static void test_malformed(void **state)
{
	struct net *n = wire_of_three();
	struct mac cloud = net_cloud_mac(SILENT), client = net_client(1);
	struct batman *b = n->node[HEARER].b;
	uint32_t sender = from(n, SILENT, &cloud);
	uint8_t value[128];
	struct wr w = wr_init(value, sizeof(value));

	(void)state;
	batman_announce(n->node[SILENT].b, &w);
	/* the MAC of another one */
	assert_int_equal(batman_announced(b, sender, &client, rd_init(value, wr_len(&w)), n->now),
			 -EBADMSG);
	for (size_t len = 0; len < wr_len(&w); len++)
		assert_int_equal(batman_announced(b, sender, &cloud, rd_init(value, len), n->now),
				 -EBADMSG);
	net_free(n);
}

static void test_news_once(void **state)
{
	struct net *n = wire_of_three();
	struct mac cloud = net_cloud_mac(SILENT);
	uint32_t sender = from(n, SILENT, &cloud);
	const struct net_event *up;
	uint8_t value[128];
	struct wr w = wr_init(value, sizeof(value));

	(void)state;
	assert_int_equal(told(n, sender, &cloud, false), 0);
	net_pump(n, HEARER);
	n->node[HEARER].event_count = 0;
	batman_announce(n->node[SILENT].b, &w);
	value[FLAGS_AT] ^= 1;
	for (int i = 0; i < 2; i++)
		assert_int_equal(batman_announced(n->node[HEARER].b, sender, &cloud,
						  rd_init(value, wr_len(&w)), n->now),
				 0);
	net_pump(n, HEARER);
	up = net_event(n, HEARER, BATMAN_PEER_UP);
	assert_non_null(up);
	assert_int_equal(up->peer.flags, 1);
	assert_int_equal(n->node[HEARER].event_count, 1);
	net_free(n);
}

/* A client of a node of other software, with its own MAC or with that of a trama node. */
static void test_nobody_is_refused_for_it(void **state)
{
	struct net *n = wire_of_three();
	struct mac cloud = net_cloud_mac(OTHER), client = net_client(1);
	const struct net_event *clash;
	uint32_t sender = from(n, SILENT, &client);

	(void)state;
	net_run(n, 3 * USEC_S);
	assert_int_equal(told(n, from(n, OTHER, &cloud), &cloud, true), -EPERM);
	assert_int_equal(told(n, sender, &cloud, true), -ENOENT);
	assert_false(batman_refuses(n->node[HEARER].b));
	assert_int_equal(told(n, sender, &client, true), 0);
	assert_true(batman_refuses(n->node[HEARER].b));
	net_pump(n, HEARER);
	clash = net_event(n, HEARER, BATMAN_CLASH);
	assert_non_null(clash);
	assert_false(clash->clash.refused);
	for (int i = 0; i < 29; i++) {
		assert_true(net_tq(n, HEARER, OTHER) > 0 && net_tq(n, HEARER, SILENT) > 0);
		net_run(n, USEC_S);
	}
	(void)from(n, SILENT, &client);
	assert_true(batman_refuses(n->node[HEARER].b));
	net_run(n, 3 * USEC_S);
	assert_false(batman_refuses(n->node[HEARER].b));
	assert_int_equal(batman_counter(n->node[HEARER].b, BATMAN_COUNT_DROP_CLASH), 0);
	net_free(n);
}

/* It becomes one of another network, or falls silent. */
static void test_it_ends(void **state)
{
	struct net *n = wire_of_three();
	struct mac cloud = net_cloud_mac(SILENT);

	(void)state;
	assert_int_equal(told(n, from(n, SILENT, &cloud), &cloud, false), 0);
	net_run(n, 55 * USEC_S);
	assert_true(is_trama(n, SILENT));
	assert_int_equal(told(n, from(n, SILENT, &cloud), &cloud, true), 0);
	net_pump(n, HEARER);
	assert_false(is_trama(n, SILENT));
	assert_non_null(net_event(n, HEARER, BATMAN_PEER_DOWN));
	assert_int_equal(told(n, from(n, SILENT, &cloud), &cloud, false), 0);
	assert_true(is_trama(n, SILENT));
	assert_false(batman_refuses(n->node[HEARER].b));
	net_run(n, 62 * USEC_S);
	assert_false(is_trama(n, SILENT));
	assert_true(is_trama(n, OTHER));
	assert_false(batman_is_node(n->node[HEARER].b, &cloud));
	net_free(n);
}

/* Its OGMs have a container from now on: then they say who it is, and nothing else does. */
static void test_ogms_come_first(void **state)
{
	struct net *n = wire_of_three();
	struct mac cloud = net_cloud_mac(SILENT);
	uint32_t sender = from(n, SILENT, &cloud);

	(void)state;
	assert_int_equal(told(n, sender, &cloud, true), 0);
	n->drop = NULL;
	net_run(n, 3 * USEC_S);
	assert_true(is_trama(n, SILENT));
	assert_false(batman_refuses(n->node[HEARER].b));
	assert_int_equal(told(n, sender, &cloud, true), -EPERM);
	n->drop = silence;
	net_run(n, 3 * USEC_S);
	assert_int_equal(told(n, sender, &cloud, true), 0);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_announced_is_believed),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_news_once),
		cmocka_unit_test(test_nobody_is_refused_for_it),
		cmocka_unit_test(test_it_ends),
		cmocka_unit_test(test_ogms_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
