/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients that roam: who is told, where their frames go, when they are announced and withdrawn. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

static void test_roam(void **state)
{
	struct net *n = net_chain(4);
	struct mac c = net_client(1), d = net_client(2);
	uint64_t asked;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_seen(n, 1, &d, 0);
	net_run(n, 5 * USEC_S);
	asked = net_requests(n, 4);
	for (uint32_t tag = 1; tag <= 12; tag++) {
		int at = (int)(tag % 4), old = (int)((tag + 3) % 4);

		if (tag == 1)
			old = 0;
		n->node[old].event_count = 0;
		net_seen(n, at, &c, 0);
		/* before any OGM: the old node knows, and frames find their way */
		net_run(n, 5 * USEC_MS);
		assert_non_null(net_event(n, old, BATMAN_CLIENT_MOVED));
		assert_int_equal(net_send(n, 1, &c, &d, tag, 200), at == 1 ? -ELOOP : 0);
		net_run(n, 5 * USEC_MS);
		if (at != 1)
			assert_int_equal(net_count(n, at, tag), 1);
		net_run(n, 4 * USEC_S);
		for (int i = 0; i < 4; i++)
			assert_true(net_knows(n, i, &c, at));
		assert_true(net_tables_agree(n, 4));
	}
	assert_int_equal(net_requests(n, 4), asked);
	net_free(n);
}

static void test_roam_back_at_once(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1), d = net_client(2);

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_seen(n, 1, &d, 0);
	net_run(n, 5 * USEC_S);
	net_seen(n, 2, &c, 0);
	net_run(n, 5 * USEC_MS);
	net_seen(n, 0, &c, 0);
	net_run(n, 5 * USEC_MS);
	net_send(n, 1, &c, &d, 1, 200);
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_count(n, 0, 1), 1);
	/* for good: nobody waits for an announcement that does not come */
	for (int round = 0; round < 2; round++) {
		net_run(n, round ? 620 * USEC_S : 5 * USEC_S);
		for (int i = 0; i < 3; i++)
			assert_true(net_knows(n, i, &c, 0));
		assert_true(net_tables_agree(n, 3));
	}
	net_free(n);
}

/* No advertisement came, but the node knows from elsewhere where its client went. */
static void test_roam_told_by_others(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1), d = net_client(2), stranger = net_client(3);
	struct mac old = net_cloud_mac(0), new = net_cloud_mac(2);
	struct batman *b = n->node[0].b;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_seen(n, 1, &d, 0);
	net_run(n, 5 * USEC_S);
	assert_int_equal(batman_client_elsewhere(b, &stranger, 0, &new, n->now), -ENOENT);
	assert_int_equal(batman_client_elsewhere(b, &old, 0, &new, n->now), -ENOENT);
	assert_int_equal(batman_client_elsewhere(b, &c, 0, &stranger, n->now), -ENETUNREACH);
	assert_true(net_knows(n, 1, &c, 0));
	assert_int_equal(batman_client_elsewhere(b, &c, 0, &new, n->now), 0);
	net_pump(n, 0);
	assert_non_null(net_event(n, 0, BATMAN_CLIENT_MOVED));
	/* others still send to the old node, which passes it on */
	net_send(n, 1, &c, &d, 1, 200);
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_count(n, 0, 1), 0);
	assert_int_equal(net_count(n, 2, 1), 1);
	net_seen(n, 2, &c, 0);
	net_run(n, 5 * USEC_S);
	for (int i = 0; i < 3; i++)
		assert_true(net_knows(n, i, &c, 2));
	assert_true(net_tables_agree(n, 3));
	net_free(n);
}

/* What a node announced before its client came to us, and we hear only then, is no roam away from
 * us: frames must not go back and forth. */
static void test_roam_before_diff(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1), d = net_client(2), new = net_cloud_mac(0);
	uint64_t forwarded;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 1, &d, 0);
	net_run(n, 5 * USEC_S);
	net_seen(n, 2, &c, 0);
	for (int i = 0; i < 400 && !net_knows(n, 1, &c, 2); i++)
		net_run(n, 5 * USEC_MS);
	assert_false(net_knows(n, 0, &c, 2)); /* on its way */
	net_seen(n, 0, &c, 0);
	assert_int_equal(batman_client_elsewhere(n->node[2].b, &c, 0, &new, n->now), 0);
	net_pump(n, 2);
	net_run(n, 150 * USEC_MS);
	forwarded = net_counter(n, 2, BATMAN_COUNT_FORWARDED);
	net_send(n, 1, &c, &d, 1, 200);
	net_run(n, 50 * USEC_MS);
	assert_int_equal(net_count(n, 0, 1), 1);
	assert_true(net_counter(n, 2, BATMAN_COUNT_FORWARDED) <= forwarded + 1);
	net_free(n);
}

/* The old access point says goodbye before the new one says hello: no frame is lost over that. */
static void test_roam_after_goodbye(void **state)
{
	struct net *n = net_chain(4);
	struct mac c = net_client(1), d = net_client(2);
	int at = 0;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_seen(n, 1, &d, 0);
	net_run(n, 5 * USEC_S);
	for (uint32_t tag = 1; tag <= 180;) {
		assert_int_equal(batman_client_gone(n->node[at].b, &c, 0, n->now), 0);
		at = at == 0 ? 3 : at == 3 ? 2 : 0;
		net_seen(n, at, &c, 0);
		net_run(n, 5 * USEC_MS);
		n->node[at].got_count = 0;
		for (int i = 0; i < 30; i++, tag++) {
			assert_int_equal(net_send(n, 1, &c, &d, tag, 200), 0);
			net_run(n, 100 * USEC_MS);
			assert_int_equal(net_count(n, at, tag), 1);
		}
	}
	assert_true(net_tables_agree(n, 4));
	net_free(n);
}

struct late {
	size_t len; /* 0: none yet */
	uint8_t frame[200];
};

static bool keep_roam(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	struct late *l = arg;

	(void)n;
	(void)from;
	(void)to;
	if (!net_is_roam(frame, len) || len > sizeof(l->frame))
		return false;
	l->len = len;
	memcpy(l->frame, frame, len);
	return true;
}

/* The OGM that announces a client comes before the advertisement for it. */
static void test_late_advertisement(void **state)
{
	struct net *n = net_chain(2);
	struct mac c = net_client(1);
	struct late late = { 0 };

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_run(n, 5 * USEC_S);
	n->drop = keep_roam;
	n->arg = &late;
	net_seen(n, 1, &c, 0);
	net_run(n, 5 * USEC_S);
	assert_true(late.len > 0 && net_knows(n, 0, &c, 1));
	n->drop = NULL;
	net_inject(n, 0, 0, late.frame, late.len);
	net_run(n, 620 * USEC_S);
	for (int i = 0; i < 2; i++)
		assert_true(net_knows(n, i, &c, 1));
	assert_true(net_tables_agree(n, 2));
	net_free(n);
}

struct told {
	unsigned int entries, roaming; /* of whole tables that node 0 sends */
};

static bool read_tables(struct net *n, int from, int to, const uint8_t *frame, size_t len,
			void *arg)
{
	struct told *told = arg;
	struct rd r = rd_init(frame, len), v;
	struct bat_tvlv_packet p;
	struct bat_tt_change c;
	struct bat_eth eth;
	struct bat_tt tt;
	uint8_t type, version;

	(void)n;
	(void)to;
	if (from != 0 || frame[14] != BAT_TYPE_TVLV)
		return false;
	assert_true(bat_eth_decode(&r, &eth) && bat_tvlv_packet_decode(&r, &p));
	assert_true(bat_tvlv_next(&p.tvlv, &type, &version, &v) && bat_tt_decode(v, &tt));
	for (; bat_tt_change_next(&tt.changes, &c); told->entries++)
		told->roaming += (c.flags & BAT_TT_ROAM) > 0;
	return false;
}

/* Between the advertisement and the next OGM the old node's table still has the client. */
static void test_whole_table_while_roaming(void **state)
{
	struct net *n = net_chain(2);
	struct mac c = net_client(1), d = net_client(2), asks = net_mac(1, 0);
	struct told told = { 0 };

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_seen(n, 0, &d, 0);
	net_run(n, 5 * USEC_S);
	n->drop = read_tables;
	n->arg = &told;
	net_seen(n, 1, &c, 0);
	net_run(n, USEC_MS);
	net_ask_all(n, &asks);
	net_run(n, USEC_MS);
	assert_int_equal(told.entries, 3); /* node 0 itself is one */
	assert_int_equal(told.roaming, 0);
	net_free(n);
}

static bool lose_roam(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)n;
	(void)from;
	(void)to;
	(void)arg;
	return net_is_roam(frame, len);
}

static void test_lost_advertisement(void **state)
{
	struct net *n = net_chain(3);
	struct mac c = net_client(1);

	(void)state;
	n->drop = lose_roam;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_run(n, 5 * USEC_S);
	net_seen(n, 2, &c, 0);
	net_run(n, 5 * USEC_S);
	for (int i = 0; i < 3; i++)
		assert_true(net_knows(n, i, &c, 2));
	assert_non_null(net_event(n, 0, BATMAN_CLIENT_MOVED));
	assert_true(net_tables_agree(n, 3));
	net_free(n);
}

/* From now on nobody hears what those nodes announce. */
static bool mute(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	const int *node = arg;
	struct mac orig = net_mac(*node, 0);

	(void)n;
	(void)to;
	(void)len;
	return frame[14] == BAT_TYPE_OGM && (from == *node || !memcmp(frame + 22, orig.b, 6));
}

/* The client of node 0 goes to node 3, which cannot announce it. */
static struct net *roam_unheard(struct mac *client, bool speaks)
{
	static int muted = 3;
	struct net *n = net_chain(4);
	struct mac d = net_client(2);

	*client = net_client(1);
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, client, 0);
	net_seen(n, 1, &d, 0);
	net_run(n, 3 * USEC_S);
	n->drop = mute;
	n->arg = &muted;
	net_seen(n, 3, client, 0);
	if (speaks)
		assert_int_equal(net_send(n, 3, &MAC_BROADCAST, client, 99, 60), 0);
	return n;
}

/* Kernels between drop what goes to a node that has withdrawn the client. But those that have it
 * now do not count it as that node's, and would miss it in the CRC after another change. */
static void test_announced_until_its_new_node_does(void **state)
{
	(void)state;
	for (int joins = 0; joins < 2; joins++) {
		struct mac c, d = net_client(2), e = net_client(3);
		struct net *n = roam_unheard(&c, false);
		uint64_t asked = net_requests(n, 3);
		uint8_t version = batman_ttvn(n->node[0].b);

		for (uint32_t tag = 1; tag <= 25; tag++) {
			if (tag == 12 && joins)
				net_seen(n, 0, &e, 0);
			net_run(n, 100 * USEC_MS);
			assert_true(net_knows(n, 1, &c, 0));
			assert_int_equal(net_send(n, 1, &c, &d, tag, 200), 0);
			net_run(n, 5 * USEC_MS);
			assert_int_equal(net_count(n, 3, tag), 1);
		}
		assert_int_equal(batman_ttvn(n->node[0].b), (uint8_t)(version + joins));
		assert_true(net_knows(n, 2, &e, 0) == joins);
		n->drop = NULL;
		net_run(n, 4 * USEC_S);
		for (int i = 0; i < 4; i++)
			assert_true(net_knows(n, i, &c, 3));
		assert_int_equal(batman_ttvn(n->node[0].b), (uint8_t)(version + 1));
		assert_true(net_tables_agree(n, 4));
		assert_int_equal(net_requests(n, 3), asked);
		net_free(n);
	}
}

/* Six seconds are enough; a client that is back before leaves no trace. */
static void test_not_announced_for_ever(void **state)
{
	struct mac c;
	struct net *n = roam_unheard(&c, false);
	uint8_t version = batman_ttvn(n->node[0].b);

	(void)state;
	net_run(n, 2 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_run(n, 10 * USEC_S);
	assert_int_equal(batman_ttvn(n->node[0].b), version);
	net_seen(n, 3, &c, 0);
	net_run(n, 5900 * USEC_MS);
	assert_int_equal(batman_ttvn(n->node[0].b), version);
	net_run(n, 1300 * USEC_MS);
	assert_int_equal(batman_ttvn(n->node[0].b), (uint8_t)(version + 1));
	net_free(n);
}

/* A roaming advertisement of the originator for the client, from neighbour 1 of node 0. */
static void advertise(struct net *n, const struct mac *orig, const struct mac *client)
{
	struct mac a = net_mac(0, 0), b = net_mac(1, 0);
	uint8_t frame[100];
	struct wr w = wr_init(frame, sizeof(frame));
	size_t mark;

	bat_eth_encode(&w, &a, &b);
	bat_tvlv_packet_encode(&w, &a, orig, BAT_TVLV_HEADER + 8);
	mark = bat_tvlv_begin(&w, BAT_TVLV_ROAM, 1);
	wr_mac(&w, client);
	wr_u16(&w, 0);
	bat_tvlv_end(&w, mark);
	net_inject(n, 0, 0, frame, wr_len(&w));
}

/* The wait is counted from when the client left, however often that is told. */
static void test_told_again_and_again(void **state)
{
	struct mac c, at = net_mac(3, 0);
	struct net *n = roam_unheard(&c, false);
	uint8_t version = batman_ttvn(n->node[0].b);

	(void)state;
	for (int i = 0; i < 29; i++) {
		net_run(n, 200 * USEC_MS);
		advertise(n, &at, &c);
		assert_int_equal(batman_ttvn(n->node[0].b), version);
	}
	net_run(n, 1400 * USEC_MS);
	assert_int_equal(batman_ttvn(n->node[0].b), (uint8_t)(version + 1));
	net_free(n);
}

/* A node to which there is no way has no say in how long a client stays announced. */
static void test_told_by_nobody_near(void **state)
{
	struct net *n = net_chain(2);
	struct mac c = net_client(1), d = net_client(2), stranger = net_mac(7, 0);
	uint8_t frame[100], version;
	struct wr w = wr_init(frame, sizeof(frame));

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_seen(n, 1, &d, 0);
	net_run(n, 10 * USEC_S);
	version = batman_ttvn(n->node[0].b);
	bat_eth_encode(&w, &MAC_BROADCAST, &stranger);
	bat_ogm_encode(
		&w,
		&(struct bat_ogm) {
			.ttl = BAT_TTL, .seqno = 5, .orig = stranger, .prev = stranger, .tq = 0 });
	net_inject(n, 0, 0, frame, wr_len(&w));
	n->node[0].event_count = 0;
	advertise(n, &stranger, &c);
	assert_non_null(net_event(n, 0, BATMAN_CLIENT_MOVED));
	/* there is nobody to send its frames on to: they come out here, for it may be back */
	assert_int_equal(net_send(n, 1, &c, &d, 1, 200), 0);
	net_run(n, USEC_MS);
	assert_int_equal(net_count(n, 0, 1), 1);
	net_run(n, 1200 * USEC_MS);
	assert_int_equal(batman_ttvn(n->node[0].b), (uint8_t)(version + 1));
	/* and are dropped here once it is withdrawn */
	assert_int_equal(net_send(n, 1, &c, &d, 2, 200), 0);
	net_run(n, USEC_MS);
	assert_int_equal(net_count(n, 0, 2), 0);
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_DROP_NO_CLIENT), 1);
	net_free(n);
}

/* Clients 1 to count go from node 0 to node 3, which cannot announce them; nobody waits for it. */
static void withdrawn_at_once(struct net *n, int count)
{
	static int muted = 3;
	uint8_t version = batman_ttvn(n->node[0].b);

	n->drop = mute;
	n->arg = &muted;
	for (int i = 1; i <= count; i++) {
		struct mac c = net_client(i);

		net_seen(n, 3, &c, 0);
		net_run(n, USEC_MS);
	}
	net_run(n, 1200 * USEC_MS);
	assert_int_equal(batman_ttvn(n->node[0].b), (uint8_t)(version + 1));
}

/* Nobody is announced longer when the changes before were said only once: who missed them would ask
 * for all. */
static void test_changes_said_once(void **state)
{
	struct net *n = net_chain(4);
	struct mac c = net_client(1), e = net_client(3);
	uint8_t version;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &e, 0);
	version = batman_ttvn(n->node[0].b);
	for (int i = 0; i < 150 && batman_ttvn(n->node[0].b) == version; i++)
		net_run(n, 10 * USEC_MS);
	withdrawn_at_once(n, 1);
	net_free(n);
}

/* More clients than a diff holds: all are withdrawn at once. */
static void test_crowd_walks(void **state)
{
	struct net *n = net_chain(4);

	(void)state;
	net_run(n, 10 * USEC_S);
	for (int i = 1; i <= 130; i++) {
		struct mac c = net_client(i);

		net_seen(n, 0, &c, 0);
	}
	net_run(n, 10 * USEC_S);
	withdrawn_at_once(n, 130);
	net_free(n);
}

/* Where the node believes the client, as it shows it. */
static struct mac shown(const struct net *n, int node, const struct mac *client)
{
	struct batman_client row;

	for (uint32_t i = 0; batman_global_next(n->node[node].b, &i, &row);) {
		if (mac_eq(&row.mac, client))
			return row.orig;
	}
	return MAC_BROADCAST;
}

static bool lose_first(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)n;
	(void)frame;
	(void)len;
	(void)arg;
	return from == 0 || to == 0;
}

/* The node that has it is not heard any more, as in a cloud that is cut, so nobody says that it has
 * gone from there. */
static void test_speaks_after_its_node(void **state)
{
	struct mac c = net_client(1), d = net_client(2);
	struct net *n = net_new();

	(void)state;
	for (int i = 0; i < 3; i++) {
		net_boot(n, i, NULL);
		net_port(n, i, 0, 0, false);
	}
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_seen(n, 1, &d, 0);
	net_run(n, 3 * USEC_S);
	assert_true(net_knows(n, 1, &c, 0));
	n->drop = lose_first;
	net_run(n, 15 * USEC_S);
	net_seen(n, 2, &c, 0);
	assert_int_equal(net_send(n, 2, &MAC_BROADCAST, &c, 99, 60), 0);
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_send(n, 1, &c, &d, 1, 200), 0);
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_count(n, 2, 1), 1);
	net_free(n);
}

/* Withdrawn, and announced by nobody: its frames go where it was heard last. */
static void test_found_where_it_speaks(void **state)
{
	struct mac d = net_client(2), c, at, want;

	(void)state;
	for (int speaks = 0; speaks < 2; speaks++) {
		struct net *n = roam_unheard(&c, speaks);
		uint8_t version = batman_ttvn(n->node[0].b);
		unsigned int since;

		for (int i = 0; i < 160 && batman_ttvn(n->node[0].b) == version; i++)
			net_run(n, 50 * USEC_MS);
		/* a last word, so that what it said before is no news */
		if (speaks)
			net_send(n, 3, &MAC_BROADCAST, &c, 98, 60);
		net_run(n, 250 * USEC_MS);
		want = net_mac(speaks ? 3 : 0, 0);
		at = shown(n, 1, &c);
		assert_true(mac_eq(&at, &want));
		since = n->tail;
		assert_int_equal(net_send(n, 1, &c, &d, 1, 200), 0);
		net_run(n, 5 * USEC_MS);
		assert_int_equal(net_count(n, 3, 1), 1);
		assert_int_equal(net_sent_count(n, since, 0, BAT_TYPE_UNICAST), !speaks);
		/* by its old node again, which knows from the advertisement */
		net_run(n, 7 * USEC_S);
		since = n->tail;
		assert_int_equal(net_send(n, 1, &c, &d, 2, 200), 0);
		net_run(n, 5 * USEC_MS);
		assert_int_equal(net_count(n, 3, 2), 1);
		assert_int_equal(net_sent_count(n, since, 0, BAT_TYPE_UNICAST), 1);
		net_free(n);
	}
}

/* Back after its old node has withdrawn it, while its new node could never announce it. */
static void test_back_after_withdrawal(void **state)
{
	int muted = 3;
	struct net *n = net_chain(4);
	struct mac c = net_client(1), e = net_client(3), at;
	uint64_t told;
	uint8_t version;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 0, &c, 0);
	net_run(n, 10 * USEC_S);
	n->drop = mute;
	n->arg = &muted;
	net_seen(n, 3, &c, 0);
	net_run(n, 5 * USEC_MS);
	assert_true(net_knows(n, 0, &c, 3));
	/* a change of its own, so that it does not announce the client any longer */
	version = batman_ttvn(n->node[0].b);
	net_seen(n, 0, &e, 0);
	for (int i = 0; i < 30 && batman_ttvn(n->node[0].b) == version; i++)
		net_run(n, 50 * USEC_MS);
	net_run(n, 5 * USEC_S);
	assert_true(net_knows(n, 0, &c, 3));
	told = net_counter(n, 0, BATMAN_COUNT_TT_ROAM_TX);
	net_seen(n, 0, &c, 0);
	net_run(n, 5 * USEC_S);
	at = shown(n, 0, &c);
	assert_true(mac_eq(&at, &MAC_BROADCAST));
	assert_true(net_knows(n, 1, &c, 0));
	/* its node in between, whose advertisement is all that told of it, knows that it has gone
	 */
	assert_int_equal(net_counter(n, 0, BATMAN_COUNT_TT_ROAM_TX), told + 1);
	assert_int_equal(net_counter(n, 3, BATMAN_COUNT_TT_ROAM_RX), 1);
	net_free(n);
}

/* What it said before it came to the node that has withdrawn it does not tell where it is. */
static void test_heard_long_ago(void **state)
{
	int muted = 3;
	struct net *n = net_chain(4);
	struct mac c = net_client(1), d = net_client(2), e = net_client(3);
	unsigned int since;
	uint8_t version;

	(void)state;
	net_run(n, 10 * USEC_S);
	net_seen(n, 1, &d, 0);
	net_seen(n, 2, &c, 0);
	net_run(n, 5 * USEC_S);
	assert_int_equal(net_send(n, 2, &MAC_BROADCAST, &c, 99, 60), 0);
	net_run(n, 10 * USEC_MS);
	net_seen(n, 0, &c, 0);
	net_run(n, 1200 * USEC_MS);
	assert_true(net_knows(n, 1, &c, 0));
	n->drop = mute;
	n->arg = &muted;
	net_seen(n, 3, &c, 0);
	net_run(n, 5 * USEC_MS);
	version = batman_ttvn(n->node[0].b);
	net_seen(n, 0, &e, 0);
	for (int i = 0; i < 30 && batman_ttvn(n->node[0].b) == version; i++)
		net_run(n, 50 * USEC_MS);
	net_run(n, 200 * USEC_MS);
	since = n->tail;
	assert_int_equal(net_send(n, 1, &c, &d, 1, 200), 0);
	net_run(n, 5 * USEC_MS);
	assert_int_equal(net_sent_count(n, since, 0, BAT_TYPE_UNICAST), 1);
	assert_int_equal(net_count(n, 3, 1), 1);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roam),
		cmocka_unit_test(test_roam_back_at_once),
		cmocka_unit_test(test_roam_told_by_others),
		cmocka_unit_test(test_roam_before_diff),
		cmocka_unit_test(test_roam_after_goodbye),
		cmocka_unit_test(test_late_advertisement),
		cmocka_unit_test(test_whole_table_while_roaming),
		cmocka_unit_test(test_lost_advertisement),
		cmocka_unit_test(test_announced_until_its_new_node_does),
		cmocka_unit_test(test_not_announced_for_ever),
		cmocka_unit_test(test_told_again_and_again),
		cmocka_unit_test(test_told_by_nobody_near),
		cmocka_unit_test(test_changes_said_once),
		cmocka_unit_test(test_crowd_walks),
		cmocka_unit_test(test_found_where_it_speaks),
		cmocka_unit_test(test_speaks_after_its_node),
		cmocka_unit_test(test_back_after_withdrawal),
		cmocka_unit_test(test_heard_long_ago),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
