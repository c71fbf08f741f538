/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel as engine: a mirror that is told the tables of an engine answers as that one does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "batman_net.h"
#include "core/batman/msg.h"

#define MIRROR 7

/* Nodes 0 to 2 in a chain; node 7 is the mirror of node 0, with its ports. */
static struct net *chain_and_mirror(void)
{
	struct net *n = net_new();
	struct batman_conf c = net_conf(0);
	struct batman_port_conf port = { .mac = net_mac(0, 0), .mtu = 1500 };

	for (int i = 0; i < 3; i++)
		net_boot(n, i, NULL);
	net_port(n, 0, 0, 0, false);
	net_port(n, 1, 0, 0, false);
	net_port(n, 1, 1, 1, false);
	net_port(n, 2, 0, 1, false);
	c.mirror = true;
	net_boot(n, MIRROR, &c);
	assert_int_equal(batman_port_add(n->node[MIRROR].b, 0, &port, n->now), 0);
	return n;
}

static int row(struct net *n, struct batman_row r)
{
	return batman_mirror_row(n->node[MIRROR].b, &r, n->now);
}

static void tell_paths(struct net *n)
{
	struct batman_path p;

	for (uint32_t i = 0; batman_path_next(n->node[0].b, &i, &p);)
		assert_int_equal(
			row(n,
			    (struct batman_row) {
				    .kind = BATMAN_ROW_PATH,
				    .port = p.port,
				    .mac = p.orig,
				    .via = p.neighbour,
				    .tq = p.tq,
				    .best = p.best,
				    .last_seen_ms = (uint32_t)((n->now - p.last_seen) / 1000) }),
			0);
}

static void tell_clients(struct net *n)
{
	struct batman *b = n->node[0].b;
	struct batman_client c;
	struct batman_claim claim;
	uint32_t crc = 0;

	for (uint32_t i = 0; batman_local_next(b, &i, &c);) {
		assert_true(batman_crc(b, NULL, c.vid, &crc));
		assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_LOCAL,
							      .mac = c.mac,
							      .vid = c.vid,
							      .crc = crc }),
				 0);
	}
	for (uint32_t i = 0; batman_claim_next(b, &i, &claim);)
		assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_GLOBAL,
							      .mac = claim.client.mac,
							      .vid = claim.client.vid,
							      .via = claim.client.orig,
							      .ttvn = claim.client.ttvn,
							      .last_ttvn = claim.last_ttvn,
							      .crc = claim.crc }),
				 0);
}

static void tell(struct net *n)
{
	assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_SELF,
						      .mac = net_mac(0, 0),
						      .ttvn = batman_ttvn(n->node[0].b) }),
			 0);
	tell_paths(n);
	tell_clients(n);
	assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_END }), 0);
	net_pump(n, MIRROR);
}

static void assert_same_originators(const struct net *n)
{
	const struct batman *b = n->node[0].b, *m = n->node[MIRROR].b;
	struct batman_orig o, p;
	unsigned int count = 0, mirrored = 0;

	for (uint32_t i = 0; batman_orig_next(b, &i, &o);) {
		if (!o.reachable)
			continue;
		count++;
		assert_true(batman_orig_find(m, &o.mac, &p));
		assert_true(p.reachable);
		assert_true(mac_eq(&p.next_hop, &o.next_hop));
		assert_int_equal(p.tq, o.tq);
		assert_int_equal(p.port, o.port);
		assert_int_equal(p.clients, o.clients);
		assert_int_equal(p.ttvn, o.ttvn);
	}
	for (uint32_t i = 0; batman_orig_next(m, &i, &p);)
		mirrored += p.reachable;
	assert_int_equal(count, mirrored);
}

static void assert_same_claims(const struct batman *b, const struct batman *m)
{
	struct batman_claim x, y;
	unsigned int best = 0;

	for (uint32_t i = 0; batman_claim_next(b, &i, &x);) {
		bool found = false;

		for (uint32_t k = 0; !found && batman_claim_next(m, &k, &y);)
			found = mac_eq(&x.client.mac, &y.client.mac) &&
				x.client.vid == y.client.vid &&
				mac_eq(&x.client.orig, &y.client.orig);
		assert_true(found);
		assert_int_equal(x.best, y.best);
		assert_int_equal(x.client.ttvn, y.client.ttvn);
		assert_int_equal(x.last_ttvn, y.last_ttvn);
		assert_true(x.crc != 0);
		assert_int_equal(x.crc, y.crc);
		best += x.best;
	}
	assert_true(best > 0);
}

static void assert_same_clients(const struct net *n)
{
	const struct batman *b = n->node[0].b, *m = n->node[MIRROR].b;
	struct batman_client c;
	struct mac was, is, self = net_mac(0, 0);
	uint32_t ours = 0, theirs = 1;

	for (uint32_t i = 0; batman_global_next(b, &i, &c);) {
		assert_int_equal(batman_lookup(b, &c.mac, c.vid, &was), 0);
		assert_int_equal(batman_lookup(m, &c.mac, c.vid, &is), 0);
		assert_true(mac_eq(&was, &is));
		assert_true(batman_crc(b, &c.orig, c.vid, &ours));
		assert_true(batman_crc(m, &c.orig, c.vid, &theirs));
		assert_int_equal(ours, theirs);
	}
	for (uint32_t i = 0; batman_local_next(b, &i, &c);) {
		assert_int_equal(batman_lookup(m, &c.mac, c.vid, &is), 0);
		assert_true(mac_eq(&is, &self));
	}
	assert_true(batman_crc(b, NULL, 0, &ours));
	assert_true(batman_crc(m, NULL, 0, &theirs));
	assert_int_equal(ours, theirs);
}

static void test_same_answers(void **state)
{
	struct net *n = chain_and_mirror();
	struct mac c = net_client(1), d = net_client(2), self;

	(void)state;
	net_run(n, 10 * USEC_S);
	assert_int_equal(batman_client_seen(n->node[2].b, &c, 0, n->now), 0);
	assert_int_equal(batman_client_seen(n->node[0].b, &d, 0, n->now), 0);
	net_run(n, 5 * USEC_S);
	tell(n);
	assert_true(batman_self(n->node[MIRROR].b, &self));
	assert_int_equal(batman_ttvn(n->node[MIRROR].b), batman_ttvn(n->node[0].b));
	assert_same_originators(n);
	assert_same_clients(n);
	assert_same_claims(n->node[0].b, n->node[MIRROR].b);
	net_free(n);
}

/* A client that was known from a frame only is announced, one that roamed has arrived. */
static void test_flags_are_the_last_told(void **state)
{
	struct net *n = chain_and_mirror();
	struct batman_row r = { .kind = BATMAN_ROW_GLOBAL,
				.mac = net_client(7),
				.via = net_mac(1, 0),
				.crc = 77,
				.ttvn = 2,
				.last_ttvn = 3 };
	struct batman_claim c = { 0 };

	(void)state;
	net_run(n, 10 * USEC_S);
	for (int i = 0; i < 3; i++) {
		static const uint32_t flags[] = { 0x800, 0, 0x02 };
		static const uint8_t told[] = { BATMAN_CLIENT_TEMP, 0, BATMAN_CLIENT_ROAM };
		bool found = false;

		tell_paths(n);
		r.flags = flags[i];
		assert_int_equal(row(n, r), 0);
		assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_END }), 0);
		for (uint32_t k = 0; !found && batman_claim_next(n->node[MIRROR].b, &k, &c);)
			found = mac_eq(&c.client.mac, &r.mac);
		assert_true(found);
		assert_int_equal(c.client.flags, told[i]);
		assert_int_equal(c.crc, i == 0 ? 0 : 77);
	}
	net_free(n);
}

static void test_what_is_not_told_goes(void **state)
{
	struct net *n = chain_and_mirror();
	struct mac c = net_client(1), other = net_cloud_mac(2), where;
	const struct net_event *moved;
	struct batman_orig o;
	uint32_t cursor = 0;

	(void)state;
	net_run(n, 10 * USEC_S);
	assert_int_equal(batman_client_seen(n->node[0].b, &c, 0, n->now), 0);
	net_run(n, 3 * USEC_S);
	tell(n);
	/* that it has left us is for the kernel to say */
	assert_int_equal(batman_client_elsewhere(n->node[MIRROR].b, &c, 0, &other, n->now),
			 -ENOENT);
	assert_null(net_event(n, MIRROR, BATMAN_CLIENT_MOVED));
	/* it walks to node 2: no longer local, and announced there */
	assert_int_equal(batman_client_seen(n->node[2].b, &c, 0, n->now), 0);
	net_pump(n, 2);
	net_run(n, 3 * USEC_S);
	tell(n);
	moved = net_event(n, MIRROR, BATMAN_CLIENT_MOVED);
	assert_non_null(moved);
	assert_true(mac_eq(&moved->client.mac, &c));
	assert_int_equal(batman_lookup(n->node[MIRROR].b, &c, 0, &where), 0);
	assert_same_clients(n);
	/* a telling without anything */
	assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_END }), 0);
	assert_int_equal(batman_lookup(n->node[MIRROR].b, &c, 0, &where), -ENOENT);
	assert_false(batman_orig_next(n->node[MIRROR].b, &cursor, &o));
	net_free(n);
}

/* Who has roamed and is announced by its new node does not count as roaming any more. */
static void test_many_roam(void **state)
{
	struct net *n = chain_and_mirror();
	struct batman_row r = { .kind = BATMAN_ROW_GLOBAL, .via = net_mac(1, 0) };

	(void)state;
	net_run(n, 10 * USEC_S);
	tell_paths(n);
	for (int i = 0; i < 500; i++) {
		r.mac = net_client(i);
		r.flags = 0x02;
		assert_int_equal(row(n, r), 0);
		r.flags = 0;
		assert_int_equal(row(n, r), 0);
	}
	net_free(n);
}

/* The kernel has more neighbours on a wire than we have places for: those that we know stay. */
static void test_many_neighbours(void **state)
{
	struct net *n = chain_and_mirror();
	struct batman_orig o;

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 300; i++) {
			struct batman_row r = { .kind = BATMAN_ROW_PATH, .tq = 255, .best = true };

			r.mac = r.via = net_client(i);
			(void)row(n, r);
		}
		assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_END }), 0);
		for (int i = 0; i < 100; i++) {
			struct mac m = net_client(i);

			assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o));
			assert_true(o.reachable);
		}
		net_run(n, USEC_S);
	}
	assert_int_equal(batman_counter(n->node[MIRROR].b, BATMAN_COUNT_REPLACED_NEIGHBOURS), 0);
	net_free(n);
}

static bool to_mirror(struct net *n, int from, int to, const uint8_t *frame, size_t len, void *arg)
{
	(void)arg;
	if (to == 0 && from == 1)
		(void)batman_mesh_input(n->node[MIRROR].b, 0, frame, len, n->now);
	return false;
}

static void test_peers_are_overheard(void **state)
{
	struct net *n = chain_and_mirror();
	struct batman_orig o;
	struct mac m = net_mac(2, 0);

	(void)state;
	net_run(n, 10 * USEC_S);
	tell(n);
	assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o));
	assert_false(o.trama);
	n->drop = to_mirror;
	net_run(n, 3 * USEC_S);
	net_pump(n, MIRROR);
	assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o));
	assert_true(o.trama);
	assert_non_null(net_event(n, MIRROR, BATMAN_PEER_UP));
	assert_int_equal(n->node[MIRROR].sent, 0);
	net_free(n);
}

/* The kernel cannot be kept from a node of another network: it stays, and is reported once. An OGM
 * that says nothing changes nothing. */
static void test_other_networks_are_overheard(void **state)
{
	struct net *n = chain_and_mirror();
	struct batman_conf other = net_conf(1);
	struct mac m = net_mac(1, 0);
	struct batman_orig o;
	uint8_t frame[64];
	struct wr w = wr_init(frame, sizeof(frame));
	struct bat_ogm silent = { .ttl = 50, .seqno = 9, .tq = 255, .orig = m, .prev = m };

	(void)state;
	net_run(n, 10 * USEC_S);
	tell(n);
	silent.tvlv = rd_init(NULL, 0);
	bat_eth_encode(&w, &MAC_BROADCAST, &m);
	bat_ogm_encode(&w, &silent);
	(void)batman_mesh_input(n->node[MIRROR].b, 0, frame, wr_len(&w), n->now);
	net_pump(n, MIRROR);
	assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o));
	assert_false(o.trama);
	assert_false(batman_refuses(n->node[MIRROR].b));
	other.network_id[0] ^= 1;
	net_boot(n, 1, &other);
	net_port(n, 1, 0, 0, false);
	net_port(n, 1, 1, 1, false);
	n->drop = to_mirror;
	net_run(n, 5 * USEC_S);
	net_pump(n, MIRROR);
	assert_non_null(net_event(n, MIRROR, BATMAN_CLASH));
	assert_int_equal(batman_counter(n->node[MIRROR].b, BATMAN_COUNT_CLASHES), 1);
	assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o));
	assert_true(o.reachable && !o.trama);
	net_free(n);
}

static int told(struct net *n, int node, bool foreign)
{
	uint8_t value[128];
	struct wr w = wr_init(value, sizeof(value));
	struct mac cloud = net_cloud_mac(node);

	batman_announce(n->node[node].b, &w);
	value[0] ^= foreign;
	return batman_announced(n->node[MIRROR].b, 0, &cloud, rd_init(value, wr_len(&w)), n->now);
}

/* What a node says in a datagram: its table says that it is its. Somebody else may have sent it
 * with that source, so one of another network is a warning. */
static void test_announcement(void **state)
{
	struct net *n = chain_and_mirror();
	struct mac m = net_mac(2, 0);
	struct batman_row passing = { .kind = BATMAN_ROW_GLOBAL,
				      .mac = net_cloud_mac(1),
				      .via = net_mac(1, 0),
				      .flags = 0x800 };
	struct batman_orig o;

	(void)state;
	net_run(n, 10 * USEC_S);
	assert_int_equal(told(n, 2, false), -ENOENT);
	tell_paths(n);
	assert_int_equal(row(n, passing), 0);
	assert_int_equal(told(n, 1, false), -ENOENT);
	tell(n);
	assert_int_equal(told(n, 2, false), 0);
	assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o));
	assert_true(o.trama);
	assert_int_equal(told(n, 2, true), 0);
	net_pump(n, MIRROR);
	assert_non_null(net_event(n, MIRROR, BATMAN_CLASH));
	assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o));
	assert_true(o.trama && o.reachable);
	net_run(n, 61 * USEC_S);
	tell(n);
	assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o));
	assert_false(o.trama);
	/* its OGMs say it themselves */
	n->drop = to_mirror;
	net_run(n, 3 * USEC_S);
	assert_int_equal(told(n, 2, true), -EPERM);
	net_free(n);
}

/* What was a warning is certain when the node's OGMs say it too: it is of trama no more. */
static void test_clash_told_and_heard(void **state)
{
	struct net *n = chain_and_mirror();
	struct batman_conf other = net_conf(1);
	struct mac m = net_mac(1, 0);
	struct batman_orig o;

	(void)state;
	net_run(n, 10 * USEC_S);
	tell(n);
	assert_int_equal(told(n, 1, false), 0);
	assert_int_equal(told(n, 1, true), 0);
	assert_int_equal(told(n, 1, true), 0); /* is no news */
	assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o) && o.trama);
	assert_int_equal(batman_counter(n->node[MIRROR].b, BATMAN_COUNT_CLASHES), 1);
	other.network_id[0] ^= 1;
	net_boot(n, 1, &other);
	net_port(n, 1, 0, 0, false);
	n->drop = to_mirror;
	net_run(n, 5 * USEC_S);
	assert_int_equal(batman_counter(n->node[MIRROR].b, BATMAN_COUNT_CLASHES), 2);
	assert_true(batman_orig_find(n->node[MIRROR].b, &m, &o) && !o.trama);
	net_free(n);
}

/* Of batman-adv's ICMP only answers are for us; all else the kernel answers itself. */
static void test_only_answers_are_taken(void **state)
{
	static const uint8_t types[] = { BATMAN_ICMP_REPLY,	   BATMAN_ICMP_UNREACHABLE,
					 BATMAN_ICMP_TTL_EXCEEDED, BATMAN_ICMP_PARAMETER,
					 BATMAN_ICMP_REQUEST,	   BATMAN_ICMP_THROUGHPUT };
	struct net *n = chain_and_mirror();
	struct mac from = net_mac(1, 0), to = net_mac(0, 0);

	(void)state;
	net_run(n, 10 * USEC_S);
	tell(n);
	for (size_t i = 0; i < sizeof(types); i++) {
		uint8_t frame[128] = { 0 };
		struct wr w = wr_init(frame, sizeof(frame));

		bat_eth_encode(&w, &to, &from);
		bat_icmp_encode(&w, &(struct bat_icmp) { .ttl = 50,
							 .type = types[i],
							 .dst = to,
							 .orig = from,
							 .uid = 7,
							 .seqno = 3 });
		wr_u32(&w, UINT32_MAX - 2000); /* of the meter: the first byte of a session */
		wr_zero(&w, 60);
		n->node[MIRROR].event_count = 0;
		(void)batman_mesh_input(n->node[MIRROR].b, 0, frame, wr_len(&w), n->now);
		net_pump(n, MIRROR);
		assert_int_equal(n->node[MIRROR].event_count, i < 4);
		assert_int_equal(n->node[MIRROR].sent, 0);
	}
	net_free(n);
}

static void test_rows_of_nobody(void **state)
{
	struct net *n = chain_and_mirror();

	(void)state;
	assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_SELF }), -EINVAL);
	assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_PATH, .port = 9 }),
			 -EINVAL);
	assert_int_equal(row(n, (struct batman_row) { .kind = BATMAN_ROW_GLOBAL }), -EINVAL);
	/* an engine of our own is no mirror */
	assert_int_equal(batman_mirror_row(n->node[0].b,
					   &(struct batman_row) { .kind = BATMAN_ROW_END }, n->now),
			 -EINVAL);
	net_free(n);
}

static void test_own_frames_go_to_the_kernel(void **state)
{
	struct net *n = chain_and_mirror();
	struct mac c = net_client(1), d = net_client(2);
	uint8_t frame[100];
	size_t len = net_frame(frame, &c, &d, 0, 1, sizeof(frame));
	struct out o;

	(void)state;
	assert_int_equal(batman_cloud_input(n->node[MIRROR].b, frame, len, n->now), 0);
	assert_true(outq_pop(&n->node[MIRROR].q, &o));
	assert_int_equal(o.kind, BATMAN_TO_KERNEL);
	assert_int_equal(o.len, len);
	assert_memory_equal(o.data, frame, len);
	assert_int_equal(batman_deadline(n->node[MIRROR].b), USEC_NEVER);
	net_free(n);
}

/* The kernel judges what is wrong; half an OGM is counted. */
static void test_malformed(void **state)
{
	struct net *n = chain_and_mirror();
	const uint8_t bodies[][24] = { { BAT_TYPE_OGM },
				       { BAT_TYPE_OGM, 99, 50 },
				       { BAT_TYPE_OGM, BAT_VERSION, 50, [23] = 8 },
				       { BAT_TYPE_ICMP, BAT_VERSION, 50 },
				       { BAT_TYPE_ICMP, BAT_VERSION, 50 }, /* not ours */
				       { BAT_TYPE_UNICAST, BAT_VERSION, 50 } };
	const size_t lens[] = { 1, 24, 24, 3, 24, 24 };
	struct mac m = net_mac(1, 0);

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		uint8_t frame[64];
		struct wr w = wr_init(frame, sizeof(frame));

		bat_eth_encode(&w, &MAC_BROADCAST, &m);
		wr_bytes(&w, bodies[i], lens[i]);
		net_inject(n, MIRROR, 0, frame, wr_len(&w));
		assert_int_equal(batman_counter(n->node[MIRROR].b, BATMAN_COUNT_DROP_MALFORMED),
				 i >= 2);
	}
	assert_int_equal(n->node[MIRROR].sent, 0);
	net_free(n);
}

/* Rows of a kind that is none, and ways by or to what is no station. */
static void test_strange_rows(void **state)
{
	struct net *n = chain_and_mirror();
	struct batman_row r = { .kind = BATMAN_ROW_PATH,
				.mac = MAC_BROADCAST,
				.via = net_mac(1, 0) };

	(void)state;
	assert_int_equal(row(n, r), -EINVAL);
	r.mac = r.via;
	r.via = MAC_BROADCAST;
	assert_int_equal(row(n, r), -EINVAL);
	r.kind = (enum batman_row_kind)99;
	assert_int_equal(row(n, r), -EINVAL);
	net_free(n);
}

/* The kernel has more than this engine has places for. */
static void test_full(void **state)
{
	const struct batman_limits limits = { .originators = 1,
					      .clients_global = 1,
					      .clients_local = 1 };
	const struct batman_port_conf port = { .mac = net_mac(0, 0), .mtu = 1500 };
	struct batman_conf conf = net_conf(0);
	struct net *n = chain_and_mirror();
	struct net_node *x = &n->node[MIRROR];
	struct batman_row path = { .kind = BATMAN_ROW_PATH,
				   .mac = net_mac(1, 0),
				   .via = net_mac(1, 0),
				   .tq = 200,
				   .best = true },
			  local = { .kind = BATMAN_ROW_LOCAL, .mac = net_client(1) },
			  global = { .kind = BATMAN_ROW_GLOBAL,
				     .mac = net_client(3),
				     .via = net_mac(1, 0) };

	(void)state;
	conf.mirror = true;
	batman_free(x->b);
	x->b = batman_new(&conf, &limits, &x->q, rng_init(1), n->now);
	assert_int_equal(batman_port_add(x->b, 0, &port, n->now), 0);
	assert_int_equal(row(n, path), 0);
	path.mac = path.via = net_mac(2, 0);
	assert_int_equal(row(n, path), -ENOSPC);
	(void)row(n, local);
	local.mac = net_client(2);
	assert_int_equal(row(n, local), -ENOSPC);
	assert_int_equal(row(n, global), 0);
	global.mac = net_client(4);
	assert_int_equal(row(n, global), -ENOSPC);
	net_free(n);
}

static int path_by(struct net *n, struct mac mac, struct mac via, bool best)
{
	return row(
		n,
		(struct batman_row) {
			.kind = BATMAN_ROW_PATH, .mac = mac, .via = via, .tq = 200, .best = best });
}

/* A hundred nodes on a wire have more ways than there are places. Whoever comes then is reached, in
 * whatever order its ways are told. */
static void test_best_ways_have_places(void **state)
{
	struct net *n = chain_and_mirror();
	const struct batman *b = n->node[MIRROR].b;
	struct batman_orig o;

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(path_by(n, net_client(i), net_client(i), true), 0);
	for (int i = 0; i < 100; i++)
		for (int k = 0; k < 100; k++)
			if (i != k)
				(void)path_by(n, net_client(i), net_client(k), false);
	assert_true(batman_counter(b, BATMAN_COUNT_FULL_PATHS) > 100);
	for (int i = 100; i < 200; i++) {
		struct mac m = net_client(i), next = net_client(1);

		(void)path_by(n, m, net_client(0), false);
		assert_int_equal(path_by(n, m, next, true), 0);
		(void)path_by(n, m, net_client(2), false);
		assert_true(batman_orig_find(b, &m, &o) && o.reachable);
		assert_true(mac_eq(&o.next_hop, &next));
	}
	net_free(n);
}

static void overhear(struct net *n, const struct mac *src, const struct mac *dst,
		     const struct bat_ogm *o)
{
	struct bat_ogm ogm = *o;
	uint8_t frame[64];
	struct wr w = wr_init(frame, sizeof(frame));

	if (!ogm.ttl)
		ogm.ttl = 49;
	ogm.tq = 200;
	ogm.tvlv = rd_init(NULL, 0);
	bat_eth_encode(&w, dst, src);
	bat_ogm_encode(&w, &ogm);
	(void)batman_mesh_input(n->node[MIRROR].b, 0, frame, wr_len(&w), n->now);
}

/* A node that is heard by a port which is not its first one. */
static void test_second_port_is_overheard(void **state)
{
	const struct mac second = net_mac(1, 1), first = net_mac(1, 0);
	struct bat_ogm ogm = { .orig = first, .prev = first };
	struct net *n = chain_and_mirror();
	struct batman_orig o;

	(void)state;
	assert_int_equal(path_by(n, second, second, true), 0);
	assert_int_equal(path_by(n, first, second, true), 0);
	overhear(n, &second, &MAC_BROADCAST, &ogm); /* not as it left its origin */
	assert_true(batman_orig_find(n->node[MIRROR].b, &first, &o) && !o.direct);
	ogm.ttl = BAT_TTL;
	overhear(n, &second, &MAC_BROADCAST, &ogm);
	assert_true(batman_orig_find(n->node[MIRROR].b, &first, &o) && o.direct);
	assert_true(batman_orig_find(n->node[MIRROR].b, &second, &o) && mac_eq(&o.mac, &first));
	net_free(n);
}

static bool is_next_to(const struct net *n, const struct mac *neighbour, const struct mac *orig)
{
	struct batman_path p;

	for (uint32_t i = 0; batman_path_next(n->node[MIRROR].b, &i, &p);)
		if (mac_eq(&p.neighbour, neighbour) && mac_eq(&p.orig, orig))
			return p.direct;
	return false;
}

/* What a neighbour says to all of whom it hears, as the engine of our own takes it. */
static void test_who_hears_whom_is_overheard(void **state)
{
	const struct mac a = net_mac(1, 0), far = net_mac(2, 0), own = net_mac(0, 0);
	const struct bat_ogm yes = { .flags = BAT_OGM_DIRECT, .orig = far, .prev = far },
			     no = { .orig = far, .prev = far }, back = { .orig = far, .prev = own },
			     other = { .flags = BAT_OGM_DIRECT | BAT_OGM_NOT_BEST,
				       .orig = far,
				       .prev = far },
			     itself = { .flags = BAT_OGM_DIRECT, .orig = a, .prev = a };
	struct net *n = chain_and_mirror();

	(void)state;
	assert_int_equal(path_by(n, a, a, true), 0);
	overhear(n, &a, &MAC_BROADCAST, &yes);
	assert_false(is_next_to(n, &a, &far)); /* the kernel has told of no such way */
	assert_int_equal(path_by(n, far, a, true), 0);
	overhear(n, &a, &MAC_BROADCAST, &other);
	assert_false(is_next_to(n, &a, &far));
	overhear(n, &a, &MAC_BROADCAST, &yes);
	assert_true(is_next_to(n, &a, &far));
	overhear(n, &a, &own, &no);
	overhear(n, &own, &MAC_BROADCAST, &no);
	overhear(n, &a, &MAC_BROADCAST, &back);
	assert_true(is_next_to(n, &a, &far));
	overhear(n, &a, &MAC_BROADCAST, &no);
	assert_false(is_next_to(n, &a, &far));
	overhear(n, &a, &MAC_BROADCAST, &itself);
	assert_false(is_next_to(n, &a, &a));
	overhear(n, &a, &MAC_BROADCAST, &yes);
	n->now += 5 * USEC_S;
	assert_int_equal(path_by(n, far, a, true), 0);
	assert_true(is_next_to(n, &a, &far));
	n->now += 2 * USEC_S;
	assert_int_equal(path_by(n, far, a, true), 0);
	assert_false(is_next_to(n, &a, &far));
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_answers),
		cmocka_unit_test(test_flags_are_the_last_told),
		cmocka_unit_test(test_what_is_not_told_goes),
		cmocka_unit_test(test_many_roam),
		cmocka_unit_test(test_many_neighbours),
		cmocka_unit_test(test_peers_are_overheard),
		cmocka_unit_test(test_other_networks_are_overheard),
		cmocka_unit_test(test_announcement),
		cmocka_unit_test(test_only_answers_are_taken),
		cmocka_unit_test(test_rows_of_nobody),
		cmocka_unit_test(test_own_frames_go_to_the_kernel),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_strange_rows),
		cmocka_unit_test(test_clash_told_and_heard),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_best_ways_have_places),
		cmocka_unit_test(test_who_hears_whom_is_overheard),
		cmocka_unit_test(test_second_port_is_overheard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
