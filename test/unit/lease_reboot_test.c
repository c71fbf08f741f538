/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes that start again without their last minutes: what they may have granted in these, and what
 * they had lent or borrowed, is given to nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"

#define LEASE (1200 * USEC_S)

static bool is_held_by(int node, const struct ip4 *ip, const struct host *h)
{
	const struct book_addr *a = book_holder4(&town.node[node].lease.book, ip);

	return a && mac_eq(&a->holder, &h->mac);
}

/* Some hosts come as new ones, within a few seconds, and all are served. */
static void serve(int node, int from, int to)
{
	int left = to - from;

	for (int round = 0; left && round < 8; round++) {
		left = 0;
		for (int i = from; i < to; i++)
			if (ip4_is_zero(&hosts[i].ip) && !host_join(&town, &hosts[i], node))
				left++;
		town_run(&town, USEC_S);
	}
	assert_int_equal(left, 0);
	assert_no_clash(to);
}

static uint8_t discover_named(struct host *h, int node)
{
	return host_send(&town, h, node,
			 &(struct dhcp_msg) { .type = DHCP_DISCOVER, .requested = h->ip });
}

/* 8 leases are on the disk, 8 are not. */
static void lose_minutes(const struct lease_conf *conf)
{
	town_start(&town, 1, conf, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(120);
	serve(0, 0, 8);
	town_save(&town, 0);
	serve(0, 8, 16);
	town_power_cut(&town);
	town_run(&town, 30 * USEC_S);
	town_boot(&town, 0);
}

static void lost_minutes(void **state)
{
	struct pool *pool = &town.node[0].lease.pool;
	usec_t boot;

	(void)state;
	lose_minutes(&TOWN_CONF);
	boot = town.now;
	for (int i = 8; i < 16; i++)
		assert_true(pool_is_resting(pool, &hosts[i].ip));
	assert_true(pool_count(pool).resting >= 8);
	assert_true(pool_count(pool).free >= POOL_BLOCK - 1); /* of a block that was not begun */
	serve(0, 16, 50);				      /* newcomers */
	/* who comes back has its own: what is on the disk by any message, else by its name */
	for (int i = 0; i < 16; i++) {
		struct ip4 had = hosts[i].ip;

		if (i < 4)
			assert_int_equal(host_discover(&town, &hosts[i], 0), DHCP_OFFER);
		else if (i == 15)
			continue;
		else if (i % 3 == 0)
			assert_int_equal(host_renew(&town, &hosts[i], 0), DHCP_ACK);
		else if (i % 3 == 1)
			assert_int_equal(host_reboot(&town, &hosts[i], 0, had), DHCP_ACK);
		else
			assert_int_equal(discover_named(&hosts[i], 0), DHCP_OFFER);
		assert_true(ip4_eq(&town.reply.yiaddr, &had));
	}
	/* the last one lets its lease pass */
	town_run(&town, boot + LEASE - 15 * USEC_S - town.now);
	serve(0, 50, 80);
	town_run(&town, boot + LEASE - USEC_MS - town.now);
	assert_true(pool_is_resting(pool, &hosts[15].ip));
	town_run(&town, 2 * USEC_MS);
	assert_false(pool_is_resting(pool, &hosts[15].ip));
	assert_int_equal(pool_count(pool).resting, 0);
	assert_true(pool_is_free(pool, &hosts[15].ip));
	town_stop(&town);
}

/* One that held an address in between is known: what it leaves does not rest any longer. */
static void known_again(void **state)
{
	struct pool *pool = &town.node[0].lease.pool;
	struct ip4 ip;

	(void)state;
	lose_minutes(&TOWN_CONF);
	town_run(&town, 4 * USEC_S);
	ip = hosts[8].ip;
	assert_true(pool_is_resting(pool, &ip));
	assert_int_equal(host_renew(&town, &hosts[8], 0), DHCP_ACK);
	host_release(&town, &hosts[8], 0);
	assert_false(pool_is_resting(pool, &ip));
	town_run(&town, 10 * USEC_S);
	assert_true(pool_is_free(pool, &ip) && pool_is_rested(pool, &ip, town.now));
	town_stop(&town);
}

/* A lease that was over for others when the node went: also its client must name it. */
static void lapsed(void **state)
{
	struct pool *pool = &town.node[0].lease.pool;
	struct ip4 ip;

	(void)state;
	town_start(&town, 1, &TOWN_CONF, 4);
	town_run(&town, 5 * USEC_S);
	hosts_make(3);
	serve(0, 0, 3);
	town_run(&town, 49 * 3600 * USEC_S);
	for (int i = 0; i < 3; i++) {
		struct book_client *c = book_find(&town.node[0].lease.book, &hosts[i].mac);

		assert_true(c && c->lapsed);
	}
	town_save(&town, 0);
	for (int i = 0; i < 3; i++) {
		/* as the record says it, which has the address still */
		town.node[0].disk.client[i].ip4 = hosts[i].ip;
		assert_true(mac_eq(&town.node[0].disk.client[i].mac, &hosts[i].mac));
		assert_true(town.node[0].disk.client[i].quiet_s > 48 * 3600);
	}
	town_power_cut(&town);
	town_boot(&town, 0);
	ip = hosts[0].ip;
	/* as a node tells of whom comes, before its first message */
	lease_client_here(&town.node[0].lease, &hosts[0].mac, 1, town.now);
	lease_client_gateway(&town.node[0].lease, &hosts[0].mac, &town.node[0].lease.self,
			     town.now);
	town_run(&town, 4 * USEC_S);
	assert_true(pool_is_resting(pool, &ip));
	assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
	assert_false(ip4_eq(&town.reply.yiaddr, &ip));
	assert_int_equal(discover_named(&hosts[1], 0), DHCP_OFFER);
	assert_true(ip4_eq(&town.reply.yiaddr, &hosts[1].ip));
	/* the message comes before the node has seen who sends it */
	assert_int_equal(host_discover(&town, &hosts[2], 0), DHCP_OFFER);
	assert_false(ip4_eq(&town.reply.yiaddr, &hosts[2].ip));
	town_stop(&town);
}

static unsigned own_blocks(const struct lease *l)
{
	return l->pool.own.count;
}

/* Whoever claimed such a block next would know even less of it: it stays for as long as it rests.
 */
static void not_returned(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	struct lease *l = &town.node[0].lease;
	struct pool_own *old;
	usec_t boot;

	(void)state;
	conf.lease_s = 3 * 3600;
	lose_minutes(&conf);
	boot = town.now;
	town_run(&town, 4 * USEC_S);
	old = pool_own_find(&l->pool, &hosts[15].ip);
	assert_true(old && old->resting);
	serve(0, 16, 80);
	for (int i = 0; i < 80; i++)
		if (i < 8 || i >= 16)
			host_release(&town, &hosts[i], 0);
	assert_true(own_blocks(l) > 5);
	town_run(&town, boot + 3 * 3600 * USEC_S - USEC_S - town.now);
	assert_ptr_equal(pool_own_find(&l->pool, &hosts[15].ip), old);
	assert_true(own_blocks(l) < 5); /* what does not rest was returned */
	town_run(&town, 2 * 3600 * USEC_S);
	assert_int_equal(own_blocks(l), 1);
	town_stop(&town);
}

/* ---- addresses of another node's block ---- */

/* Node 0 has no block that it could use, and borrowed an address from node 1 for the first host. */
static struct ip4 borrowed(void)
{
	struct lease_conf conf = TOWN_CONF;

	conf.port_unlimited = true;
	town_start(&town, 4, &conf, 5);
	town.unacked[0] = true;
	town.delay_max = 20 * USEC_MS;
	town_run(&town, 5 * USEC_S);
	hosts_make(100);
	assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
	assert_int_equal(town.node[1].lease.lent.count, 1);
	return town.reply.yiaddr;
}

static uint8_t request(struct host *h, int node, struct ip4 ip)
{
	return host_send(&town, h, node,
			 &(struct dhcp_msg) { .type = DHCP_REQUEST,
					      .requested = ip,
					      .server_id = TOWN_CONF.anycast });
}

static void reboot_among_others(int node)
{
	town_boot(&town, node);
	town_run(&town, USEC_S);
	town_sync(&town, node);
}

/* The lender starts again before the client has taken what was lent for it. */
static void lender_reboots(void **state)
{
	struct lease *lender = &town.node[1].lease;
	struct ip4 ip = borrowed();

	(void)state;
	reboot_among_others(1);
	assert_int_equal(lender->lent.count, 0);
	assert_true(pool_is_resting(&lender->pool, &ip));
	serve(1, 10, 30);
	for (int i = 10; i < 30; i++)
		assert_false(ip4_eq(&hosts[i].ip, &ip));
	assert_int_equal(request(&hosts[0], 0, ip), DHCP_ACK);
	hosts[0].ip = ip;
	town_run(&town, 50 * USEC_MS);
	assert_true(is_held_by(1, &ip, &hosts[0]));
	town_run(&town, LEASE + 10 * USEC_S);
	serve(1, 30, 60);
	assert_int_equal(host_renew(&town, &hosts[0], 0), DHCP_ACK);
	town_stop(&town);
}

/* ... and after: it hears of that before it gives away anything. */
static void lender_reboots_late(void **state)
{
	struct lease *lender = &town.node[1].lease;
	struct ip4 ip = borrowed();

	(void)state;
	assert_int_equal(request(&hosts[0], 0, ip), DHCP_ACK);
	hosts[0].ip = ip;
	town_run(&town, 50 * USEC_MS);
	reboot_among_others(1);
	assert_true(is_held_by(1, &ip, &hosts[0]));
	assert_false(pool_is_resting(&lender->pool, &ip));
	serve(1, 10, 30);
	town_stop(&town);
}

/* The lender has lost the block meanwhile: what it promised counts for nothing. */
static void lender_loses_block(void **state)
{
	struct ip4 ip = borrowed();
	struct lease_block b, claim = { 0 };

	(void)state;
	for (uint32_t i = 0; lease_block_next(&town.node[1].lease, &i, &b);)
		if (b.index == ip4_u32(&ip) % 65536 / POOL_BLOCK)
			claim = b;
	assert_true(lease_node_eq(&claim.owner, &town.node[1].lease.self));
	claim.owner = (struct lease_node) { { 0, 1 } }; /* the lower id */
	for (int i = 0; i < 4; i++) {
		lease_block_learnt(&town.node[i].lease, &claim, town.now);
		town_drain(&town, i);
	}
	assert_int_not_equal(request(&hosts[0], 0, ip), DHCP_ACK);
	town_run(&town, 5 * USEC_S);
	host_discover(&town, &hosts[0], 0);
	town_run(&town, 500 * USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
	assert_false(ip4_eq(&town.reply.yiaddr, &ip));
	town_stop(&town);
}

/* The borrower starts again: it is lent the same for the same client, whatever number it begins to
 * count from. */
static void borrower_reboots(void **state)
{
	struct lease *lender = &town.node[1].lease;
	struct ip4 ip = borrowed();
	uint32_t id = town.node[0].lease.talk_id;

	(void)state;
	reboot_among_others(0);
	town.node[0].lease.talk_id = id - 1000;
	/* no word of another client gets it, here or by its owner */
	assert_int_not_equal(request(&hosts[1], 0, ip), DHCP_ACK);
	town_run(&town, 11 * USEC_S);
	assert_int_not_equal(request(&hosts[1], 0, ip), DHCP_ACK);
	assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
	assert_true(ip4_eq(&town.reply.yiaddr, &ip));
	assert_int_equal(lender->lent.count, 1);
	assert_int_equal(host_select(&town, &hosts[0], 0), DHCP_ACK);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(lender->lent.count, 0);
	assert_true(is_held_by(1, &ip, &hosts[0]));
	town_stop(&town);
}

/* The borrower is gone before anybody heard that the client has taken it: the lender lets it have
 * that, and nobody else. */
static void borrower_dies(void **state)
{
	struct lease *lender = &town.node[1].lease;
	struct ip4 ip = borrowed();

	(void)state;
	town_gone(&town, 0, 0);
	assert_int_equal(host_reboot(&town, &hosts[1], 1, ip), DHCP_NAK);
	hosts[0].ip = ip;
	assert_int_equal(host_renew(&town, &hosts[0], 1), DHCP_ACK);
	assert_int_equal(lender->lent.count, 0);
	assert_true(is_held_by(1, &ip, &hosts[0]));
	town_stop(&town);
}

/* The whole town goes dark after the client has taken what was borrowed for it: that is on no disk,
 * but it gets it again, at the node that it asked before. */
static void borrowed_before_cut(void **state)
{
	struct ip4 ip = borrowed(), next;

	(void)state;
	assert_int_equal(request(&hosts[0], 0, ip), DHCP_ACK);
	town_power_cut(&town);
	for (int i = 0; i < 4; i++)
		town_boot(&town, i);
	town_run(&town, USEC_S);
	town_meet(&town);
	town_run(&town, 3 * USEC_S);
	assert_int_equal(host_reboot(&town, &hosts[0], 0, ip), 0);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(host_reboot(&town, &hosts[0], 0, ip), DHCP_ACK);
	town_run(&town, 50 * USEC_MS);
	assert_true(is_held_by(1, &ip, &hosts[0]));
	/* nobody else does */
	assert_int_equal(host_reboot(&town, &hosts[1], 0, ip), DHCP_NAK);
	/* the owner is mute: then the client is told so, and may ask anew */
	town.away[1] = true;
	next = ip4_from_u32(ip4_u32(&ip) + 1);
	assert_int_equal(host_reboot(&town, &hosts[2], 0, next), 0);
	town_run(&town, 9 * USEC_S);
	assert_int_equal(host_reboot(&town, &hosts[2], 0, next), 0);
	town_run(&town, 2 * USEC_S);
	assert_int_equal(host_reboot(&town, &hosts[2], 0, next), DHCP_NAK);
	assert_true(town.node[0].lease.vain_until < town.now);
	assert_true(ip4_is_zero(&book_find(&town.node[0].lease.book, &hosts[2].mac)->rec.wanted));
	town.away[1] = false;
	/* after a lease time nobody has such an address any more */
	town_run(&town, LEASE);
	assert_int_equal(host_reboot(&town, &hosts[3], 0, next), DHCP_NAK);
	town_stop(&town);
}

/* ---- power cuts of the whole town ---- */

/* Some clients got their addresses of node 1, which are on no disk; all start again, and no node
 * has another one near. */
static void town_dark(int clients)
{
	struct lease_conf conf = TOWN_CONF;

	conf.port_unlimited = true;
	town_start(&town, 4, &conf, 6);
	town_run(&town, 5 * USEC_S);
	hosts_make(clients + 8);
	serve(1, 0, clients);
	town_power_cut(&town);
	town.delay_max = 500 * USEC_MS;
	for (int i = 0; i < 4; i++)
		town_boot(&town, i);
	town_run(&town, USEC_S);
	town_meet(&town);
	for (int i = 0; i < 4; i++)
		lease_near(&town.node[i].lease, NULL, 0);
}

static int owner_of(const struct ip4 *ip)
{
	for (int i = 0; i < town.nodes; i++)
		if (pool_own_find(&town.node[i].lease.pool, ip))
			return i;
	fail();
	return -1;
}

/* By any message that names what it had. */
static uint8_t come_back(int i, int node)
{
	uint8_t type = i % 2 ? host_reboot(&town, &hosts[i], node, hosts[i].ip)
			     : discover_named(&hosts[i], node);

	if (!type)
		return 0;
	assert_int_equal(type, i % 2 ? DHCP_ACK : DHCP_OFFER);
	assert_true(ip4_eq(&town.reply.yiaddr, &hosts[i].ip));
	return i % 2 ? type : host_select(&town, &hosts[i], node);
}

/* Whichever node it asks, a client has the address that it names, and nobody else gets that. */
static void far_from_owner(void **state)
{
	(void)state;
	town_dark(30);
	town_run(&town, 5 * USEC_S);
	for (int i = 0; i < 30; i++)
		assert_int_equal(come_back(i, (owner_of(&hosts[i].ip) + 1 + i % 3) % 4), 0);
	town_run(&town, 2 * USEC_S);
	for (int i = 0; i < 30; i++)
		assert_int_equal(come_back(i, (owner_of(&hosts[i].ip) + 1 + i % 3) % 4), DHCP_ACK);
	town_run(&town, 2 * USEC_S);
	for (int i = 0; i < 30; i++)
		for (int node = 0; node < 4; node++)
			assert_true(is_held_by(node, &hosts[i].ip, &hosts[i]));
	assert_int_equal(host_reboot(&town, &hosts[30], 0, hosts[3].ip), DHCP_NAK);
	assert_no_clash(30);
	town_stop(&town);
}

/* Two that name one address at two nodes: one of them has it. */
static void two_want_it(void **state)
{
	struct ip4 ip;
	uint8_t first, second;

	(void)state;
	town_dark(4);
	town_run(&town, 5 * USEC_S);
	ip = hosts[0].ip;
	assert_int_equal(host_reboot(&town, &hosts[0], 0, ip), 0);
	assert_int_equal(host_reboot(&town, &hosts[4], 2, ip), 0);
	town_run(&town, 2 * USEC_S);
	first = host_reboot(&town, &hosts[0], 0, ip);
	second = host_reboot(&town, &hosts[4], 2, ip);
	assert_true((first == DHCP_ACK) != (second == DHCP_ACK));
	assert_true(first == DHCP_NAK || second == DHCP_NAK);
	assert_int_equal(town_counter(&town, LEASE_COUNT_ADDRESS_CLASH), 0);
	town_stop(&town);
}

/* The owner's blocks are not ready when it hears of the wish; nor does it take one for new that
 * comes long after. */
static void owner_is_late(void **state)
{
	struct lease_client old = { .flags = 0 };
	struct ip4 ip;

	(void)state;
	town_dark(4);
	ip = hosts[0].ip;
	assert_false(pool_is_ours(&town.node[1].lease.pool, &ip));
	assert_int_equal(host_reboot(&town, &hosts[0], 0, ip), 0);
	town_run(&town, 600 * USEC_MS);
	assert_false(pool_is_ours(&town.node[1].lease.pool, &ip));
	assert_false(is_held_by(0, &ip, &hosts[0]));
	town_run(&town, 4 * USEC_S);
	assert_int_equal(host_reboot(&town, &hosts[0], 0, ip), DHCP_ACK);
	old.mac = hosts[1].mac;
	old.node = town.node[0].lease.self;
	old.wanted = hosts[1].ip;
	old.quiet_s = 60;
	lease_client_learnt(&town.node[1].lease, &old, town.now);
	assert_false(is_held_by(1, &hosts[1].ip, &hosts[1]));
	old.quiet_s = 1;
	lease_client_learnt(&town.node[1].lease, &old, town.now);
	assert_true(is_held_by(1, &hosts[1].ip, &hosts[1]));
	town_stop(&town);
}

/* Who names address after address gets no more than a port may have. */
static void wishes_are_bounded(void **state)
{
	struct lease *l = &town.node[0].lease;
	uint32_t before;

	(void)state;
	town_dark(4);
	town_run(&town, 5 * USEC_S);
	l->conf.port_unlimited = false;
	before = l->book.clients.count;
	town.away[1] = true;
	for (unsigned i = 0; i < 1000; i++) {
		struct host forged = town_host(1000 + i);

		forged.port = 3;
		assert_int_not_equal(host_reboot(&town, &forged, 0,
						 ip4_from_u32(ip4_u32(&hosts[3].ip) + 1 + i % 8)),
				     DHCP_ACK);
		town_run(&town, 10 * USEC_MS);
	}
	assert_in_range(l->book.clients.count - before, 200, 260);
	town.away[1] = false;
	/* another port's clients are served */
	assert_int_equal(host_reboot(&town, &hosts[3], 0, hosts[3].ip), 0);
	town_run(&town, 2 * USEC_S);
	assert_int_equal(host_reboot(&town, &hosts[3], 0, hosts[3].ip), DHCP_ACK);
	town_stop(&town);
}

enum {
	CLIENTS = 80,
};

static usec_t until[CLIENTS]; /* the client's own lease */

static void client_step(int i)
{
	struct host *h = &hosts[i];
	int node = (int)rng_below(&town.rng, (uint32_t)town.nodes);
	uint8_t type = 0;

	if (until[i] <= town.now)
		h->ip = (struct ip4) { { 0 } };
	if (ip4_is_zero(&h->ip))
		type = host_join(&town, h, node) ? DHCP_ACK : 0;
	else if (rng_below(&town.rng, 2))
		type = host_renew(&town, h, node);
	else
		type = host_reboot(&town, h, node, h->ip);
	if (type == DHCP_ACK)
		until[i] = town.now + LEASE;
}

static void town_on_again(void)
{
	for (int i = 0; i < town.nodes; i++)
		town_boot(&town, i);
	for (int i = 0; i < 10; i++) {
		client_step((int)rng_below(&town.rng, CLIENTS));
		town_run(&town, (usec_t)rng_below(&town.rng, 200000));
	}
	town_meet(&town);
	assert_no_clash(CLIENTS);
}

/*
 * Everybody has lost the last minutes, and clients hold leases that nobody knows of. Two of these
 * never get what the other has; each has its own as long as its lease runs.
 */
static void power_cuts(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		int served = 0;

		town_start(&town, 4, &TOWN_CONF, seed);
		town.delay_max = 500 * USEC_MS;
		town_run(&town, 8 * USEC_S);
		hosts_make(CLIENTS);
		memset(until, 0, sizeof(until));
		for (int step = 1; step < 1600; step++) {
			client_step((int)rng_below(&town.rng, CLIENTS));
			town_run(&town, (usec_t)rng_below(&town.rng, 500000));
			if (step % 80 == 0)
				town_save(&town, (int)rng_below(&town.rng, 4));
			if (step % 20 == 0)
				assert_no_clash(CLIENTS);
			if (step % 200 == 0) {
				town_power_cut(&town);
				town_run(&town, (usec_t)rng_below(&town.rng, 200) * USEC_S);
				town_on_again();
			}
		}
		for (int i = 0; i < CLIENTS; i++)
			served += !ip4_is_zero(&hosts[i].ip) && until[i] > town.now;
		assert_true(served > CLIENTS / 2);
		town_stop(&town);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_minutes),
		cmocka_unit_test(known_again),
		cmocka_unit_test(lapsed),
		cmocka_unit_test(not_returned),
		cmocka_unit_test(lender_reboots),
		cmocka_unit_test(lender_reboots_late),
		cmocka_unit_test(lender_loses_block),
		cmocka_unit_test(borrower_reboots),
		cmocka_unit_test(borrower_dies),
		cmocka_unit_test(borrowed_before_cut),
		cmocka_unit_test(far_from_owner),
		cmocka_unit_test(two_want_it),
		cmocka_unit_test(owner_is_late),
		cmocka_unit_test(wishes_are_bounded),
		cmocka_unit_test(power_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
