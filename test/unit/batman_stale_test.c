/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients that are not where somebody believes them: old versions, late words, none at all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

/* The bridge has one entry for all VLANs: where it goes, who was known by his frames in one goes,
 * too, in the same diff; not who is known in it by more than that. */
static void test_gone_in_all_vlans(void **state)
{
	struct net *n = net_chain(2);
	struct batman *b = n->node[0].b, *other = n->node[1].b;
	struct mac c = net_client(1), at;
	uint8_t frame[60], version;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_frame(frame, &MAC_BROADCAST, &c, 0x8005, 1, sizeof(frame));
	assert_int_equal(batman_cloud_input(b, frame, sizeof(frame), n->now), 0);
	net_seen(n, 0, &c, 0);
	net_seen(n, 0, &c, 0x8006);
	net_run(n, 5 * USEC_S);
	assert_int_equal(batman_lookup(other, &c, 0x8005, &at), 0);
	version = batman_ttvn(b);
	assert_int_equal(batman_client_gone(b, &c, 0, n->now), 0);
	net_run(n, 3 * USEC_S);
	assert_int_equal(batman_ttvn(b), version + 1);
	assert_int_equal(batman_lookup(other, &c, 0, &at), -ENOENT);
	assert_int_equal(batman_lookup(other, &c, 0x8005, &at), -ENOENT);
	assert_int_equal(batman_lookup(other, &c, 0x8006, &at), 0);
	/* also when only frames told of it at all */
	assert_int_equal(batman_cloud_input(b, frame, sizeof(frame), n->now), 0);
	net_run(n, 3 * USEC_S);
	assert_int_equal(batman_lookup(other, &c, 0x8005, &at), 0);
	assert_int_equal(batman_client_gone(b, &c, 0, n->now), -ENOENT);
	net_run(n, 3 * USEC_S);
	assert_int_equal(batman_lookup(other, &c, 0x8005, &at), -ENOENT);
	assert_true(net_tables_agree(n, 2));
	net_free(n);
}

/* Advertised elsewhere in one VLAN or without, it is announced until its new node does that, in all
 * VLANs in which it is known. */
static void all_vlans_wait(uint16_t vid)
{
	int unheard = 3;
	struct net *n = net_chain(4);
	struct batman *b = n->node[0].b;
	struct mac c = net_client(1), at;
	uint8_t frame[60], version;

	net_run(n, 10 * USEC_S);
	net_frame(frame, &MAC_BROADCAST, &c, 0x8005, 1, sizeof(frame));
	assert_int_equal(batman_cloud_input(b, frame, sizeof(frame), n->now), 0);
	net_seen(n, 0, &c, 0);
	net_run(n, 5 * USEC_S);
	n->drop = net_lose_ogms;
	n->arg = &unheard;
	version = batman_ttvn(b);
	net_seen(n, 3, &c, vid);
	net_run(n, 5 * USEC_MS);
	assert_non_null(net_event(n, 0, BATMAN_CLIENT_MOVED));
	assert_int_equal(batman_client_gone(b, &c, 0, n->now), 0);
	net_run(n, 2 * USEC_S);
	assert_int_equal(batman_ttvn(b), version);
	assert_int_equal(batman_lookup(n->node[1].b, &c, vid ? 0 : 0x8005, &at), 0);
	n->drop = NULL;
	net_run(n, 4 * USEC_S);
	assert_int_equal(batman_ttvn(b), (uint8_t)(version + 1));
	assert_int_equal(batman_lookup(n->node[1].b, &c, vid, &at), 0);
	assert_int_equal(batman_lookup(n->node[1].b, &c, vid ? 0 : 0x8005, &at), -ENOENT);
	assert_true(net_tables_agree(n, 4));
	net_free(n);
}

static void test_all_vlans_wait(void **state)
{
	(void)state;
	all_vlans_wait(0);
	all_vlans_wait(0x8005);
}

/* Here for a moment, without a word to its node, which has it still: announced before or not, it is
 * there as before. */
static void test_not_here_after_all(void **state)
{
	int quiet = 1;

	(void)state;
	for (int announced = 0; announced < 2; announced++) {
		struct net *n = net_chain(2);
		struct mac c = net_client(1), e = net_client(2);
		struct batman_client seen;
		uint32_t i = 0, count = 0;

		net_run(n, 10 * USEC_S);
		net_seen(n, 0, &c, 0);
		net_run(n, 5 * USEC_S);
		n->drop = net_lose_from;
		n->arg = &quiet;
		net_seen(n, 1, &c, 0);
		net_run(n, announced ? 2 * USEC_S : USEC_MS);
		assert_int_equal(batman_client_gone(n->node[1].b, &c, 0, n->now), 0);
		net_run(n, 2 * USEC_S);
		n->drop = NULL;
		net_run(n, 5 * USEC_S);
		while (batman_global_next(n->node[1].b, &i, &seen)) {
			count += mac_eq(&seen.mac, &c);
			assert_false(mac_eq(&seen.mac, &c) && seen.flags & BATMAN_CLIENT_ROAM);
		}
		assert_int_equal(count, 1);
		assert_int_equal(net_send(n, 1, &c, &e, 1, 200), 0);
		net_run(n, 5 * USEC_MS);
		assert_int_equal(net_count(n, 0, 1), 1);
		assert_true(net_tables_agree(n, 2));
		net_free(n);
	}
}

/* Back before it was withdrawn, and gone again before that was announced: its new node has said
 * all along that it has it. */
static void test_back_for_a_moment(void **state)
{
	struct net *n = net_chain(2);
	struct mac c = net_client(1), d = net_client(2);
	uint8_t version;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_seen(n, 0, &d, 0);
	net_run(n, 5 * USEC_S);
	version = batman_ttvn(n->node[1].b);
	net_seen(n, 1, &c, 0);
	for (int i = 0; i < 1000 && batman_ttvn(n->node[1].b) == version; i++)
		net_run(n, 2 * USEC_MS);
	net_run(n, 2 * USEC_MS);
	version = batman_ttvn(n->node[1].b);
	net_seen(n, 0, &c, 0);
	net_run(n, 2 * USEC_MS);
	net_seen(n, 1, &c, 0);
	net_run(n, 5 * USEC_S);
	assert_int_equal(batman_ttvn(n->node[1].b), version);
	assert_true(net_knows(n, 0, &c, 1));
	assert_true(net_tables_agree(n, 2));
	net_run(n, 620 * USEC_S);
	assert_true(net_knows(n, 0, &c, 1));
	assert_int_equal(net_send(n, 0, &c, &d, 1, 200), 0);
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_count(n, 1, 1), 1);
	net_free(n);
}

static bool ends_apart(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)n;
	(void)frame;
	(void)len;
	(void)arg;
	return to == 0 || from == 3;
}

/* Two nodes have it for a moment, of which its own hears nothing: what one of them said took it out
 * of the other's table of its node, which has nothing to announce. */
static void test_torn(void **state)
{
	struct net *n = net_chain(4);
	struct mac c = net_client(1);
	uint8_t version;
	uint64_t asked;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_run(n, 5 * USEC_S);
	version = batman_ttvn(n->node[0].b);
	n->drop = ends_apart;
	net_seen(n, 3, &c, 0);
	net_seen(n, 2, &c, 0);
	net_run(n, 2500 * USEC_MS);
	assert_int_equal(batman_client_gone(n->node[2].b, &c, 0, n->now), 0);
	net_run(n, 2500 * USEC_MS);
	n->drop = NULL;
	assert_int_equal(batman_ttvn(n->node[0].b), version);
	net_run(n, 4 * USEC_S);
	assert_false(net_knows(n, 3, &c, 0)); /* it may still be announced elsewhere */
	net_run(n, 10 * USEC_S);
	assert_true(net_knows(n, 3, &c, 0));
	assert_true(net_tables_agree(n, 4));
	asked = net_requests(n, 4);
	net_run(n, 60 * USEC_S);
	assert_int_equal(net_requests(n, 4), asked);
	assert_int_equal(batman_ttvn(n->node[0].b), version);
	net_free(n);
}

/* The anycast gateway is a client of every node. */
static void test_at_every_node(void **state)
{
	struct net *n = net_chain(2);
	struct mac c = net_client(1);
	struct batman_client seen;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 1, &c, 0);
	assert_int_equal(batman_client_fix(n->node[0].b, &c, 0, n->now), 0);
	net_pump(n, 0);
	net_run(n, 5 * USEC_S);
	assert_int_equal(batman_client_fix(n->node[1].b, &c, 0, n->now), 0);
	net_pump(n, 1);
	net_run(n, 5 * USEC_S);
	for (int i = 0; i < 2; i++) {
		struct mac other = net_mac(1 - i, 0);
		uint32_t cursor = 0, count = 0;

		while (batman_global_next(n->node[i].b, &cursor, &seen)) {
			count += mac_eq(&seen.mac, &c) && mac_eq(&seen.orig, &other);
			assert_false(seen.flags & BATMAN_CLIENT_ROAM);
		}
		assert_int_equal(count, 1);
	}
	assert_true(net_tables_agree(n, 2));
	net_free(n);
}

/* How many other nodes announce that client, as far as this one knows. */
static unsigned int others_with(const struct net *n, int node, const struct mac *client)
{
	struct batman_claim claim;
	unsigned int count = 0;

	for (uint32_t i = 0; batman_claim_next(n->node[node].b, &i, &claim);) {
		count += mac_eq(&claim.client.mac, client);
		assert_false(mac_eq(&claim.client.mac, client) &&
			     claim.client.flags & BATMAN_CLIENT_ROAM);
	}
	return count;
}

/* One more node becomes the gateway and tells those that announce it. They stay what they are, and
 * what that took from their pictures of each other is there again soon. */
static void test_at_one_more_node(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1);

	(void)state;
	net_run(n, 10 * USEC_S);
	for (int i = 0; i < 3; i++) {
		uint64_t told = net_counter(n, 0, BATMAN_COUNT_TT_ROAM_RX);

		assert_int_equal(batman_client_fix(n->node[i].b, &c, 0, n->now), 0);
		net_pump(n, i);
		net_run(n, USEC_MS);
		assert_int_equal(net_counter(n, 0, BATMAN_COUNT_TT_ROAM_RX), told + (i > 0));
		for (int k = 0; k <= i; k++) {
			struct mac d = net_client(10 + k);

			assert_true(net_knows(n, k, &c, k));
			assert_int_equal(net_send(n, k, &c, &d, 1, 200), -ELOOP);
		}
		net_run(n, 20 * USEC_S);
		for (int k = 0; k < 3; k++)
			assert_int_equal(others_with(n, k, &c), i + (k > i));
		assert_true(net_tables_agree(n, 3));
	}
	for (int k = 0; k < 3; k++)
		assert_null(net_event(n, k, BATMAN_CLIENT_MOVED));
	net_free(n);
}

struct held {
	bool cut;
	unsigned int ogms;
};

/* No advertisement arrives; node 1 misses three of four OGMs of node 0, so that node 2 is nearer;
 * and, once cut, nothing of node 1 reaches node 2. */
static bool hold_back(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	enum { KIND = 14 };
	struct held *h = arg;

	(void)n;
	if (net_is_roam(frame, len))
		return true;
	if (frame[KIND] == BAT_TYPE_OGM && from == 0 && to == 1 && !h->cut)
		return ++h->ogms % 4 != 0;
	return h->cut && frame[KIND] == BAT_TYPE_OGM && from == 1 && to == 2;
}

/*
 * A kernel whose client has gone sends its frames on with the version of the new node that it
 * knows. Between them is a node that knows the next version, in which the client is announced, and
 * to which the old node is nearer and announces it, too: it must not send them back.
 */
static void test_not_back_to_the_old_node(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1), d = net_client(2);
	struct mac hop_dst = net_mac(1, 1), hop_src = net_mac(2, 0);
	struct bat_unicast h = { .type = BAT_TYPE_UNICAST, .ttl = 40, .dst = net_mac(0, 0) };
	struct held held = { 0 };
	struct batman_orig seen;
	uint8_t frame[14 + 10 + 60], version;
	struct wr w = wr_init(frame, sizeof(frame));

	(void)state;
	n->drop = hold_back;
	n->arg = &held;
	net_run(n, 60 * USEC_S);
	net_seen(n, 2, &c, 0);
	net_run(n, 20 * USEC_S);
	assert_true(net_knows(n, 1, &c, 2));
	assert_true(net_tq(n, 1, 2) > net_tq(n, 1, 0));
	version = h.ttvn = batman_ttvn(n->node[0].b);
	held.cut = true;
	net_seen(n, 0, &c, 0);
	for (int i = 0; i < 400 && batman_ttvn(n->node[0].b) == version; i++)
		net_run(n, 5 * USEC_MS);
	net_run(n, 2 * USEC_MS);
	assert_true(batman_orig_find(n->node[1].b, &h.dst, &seen));
	assert_int_equal(seen.ttvn, (uint8_t)(version + 1));
	wr_mac(&w, &hop_dst);
	wr_mac(&w, &hop_src);
	wr_u16(&w, BATMAN_ETHERTYPE);
	bat_unicast_encode(&w, &h);
	net_frame(frame + wr_len(&w), &c, &d, 0, 7, 60);
	net_inject(n, 1, 1, frame, sizeof(frame));
	net_run(n, USEC_MS);
	assert_int_equal(net_count(n, 0, 7), 1);
	net_free(n);
}

/*
 * A daemon that got no time for a while has a client in its queue that was there meanwhile, and
 * advertises it to the node that had it before that, which is not to believe it, whether it has
 * announced by then that the client went or not: the client is back at once where it is announced,
 * so that there is nothing to announce.
 */
static void test_advertised_to_the_wrong_one(void **state)
{
	(void)state;
	for (int at_once = 0; at_once < 2; at_once++) {
		struct net *n = net_chain(3);
		struct mac c = net_client(1), d = net_client(2), slept = net_cloud_mac(2);
		struct batman *old = n->node[0].b, *new = n->node[1].b;
		uint8_t old_version, version;
		int sleeper = 2;

		net_run(n, 10 * USEC_S);
		net_seen(n, 0, &c, 0);
		net_seen(n, 0, &d, 0);
		net_run(n, 5 * USEC_S);
		n->drop = net_lose_to;
		n->arg = &sleeper;
		version = batman_ttvn(new);
		old_version = batman_ttvn(old);
		net_seen(n, 1, &c, 0);
		for (int i = 0; i < 400 && batman_ttvn(new) == version; i++)
			net_run(n, 5 * USEC_MS);
		net_run(n, at_once ? 2 * USEC_MS : 3 * USEC_S);
		assert_int_equal(batman_ttvn(old), (uint8_t)(old_version + !at_once));
		version = batman_ttvn(new);
		n->drop = NULL;
		net_seen(n, 2, &c, 0);
		net_run(n, USEC_MS);
		assert_int_equal(net_counter(n, 0, BATMAN_COUNT_TT_ROAM_RX), 2);
		assert_true(net_knows(n, 0, &c, 1));
		assert_int_equal(batman_client_elsewhere(new, &c, 0, &slept, n->now), 0);
		net_pump(n, 1);
		net_seen(n, 1, &c, 0);
		for (uint32_t tag = 1; tag <= 2; tag++) {
			net_run(n, tag == 2 ? 620 * USEC_S : 5 * USEC_S);
			for (int i = 0; i < 3; i++)
				assert_true(net_knows(n, i, &c, 1));
			assert_int_equal(net_send(n, 0, &c, &d, tag, 200), 0);
			net_run(n, 5 * USEC_MS);
			assert_int_equal(net_count(n, 1, tag), 1);
		}
		assert_int_equal(batman_ttvn(new), version);
		assert_true(net_tables_agree(n, 3));
		net_free(n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gone_in_all_vlans),
		cmocka_unit_test(test_all_vlans_wait),
		cmocka_unit_test(test_not_here_after_all),
		cmocka_unit_test(test_back_for_a_moment),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_at_every_node),
		cmocka_unit_test(test_at_one_more_node),
		cmocka_unit_test(test_not_back_to_the_old_node),
		cmocka_unit_test(test_advertised_to_the_wrong_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
