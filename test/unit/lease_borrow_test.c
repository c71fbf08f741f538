/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses borrowed from another node's block: never twice, whatever happens to the words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/lease/serve.h"
#include "lease_town.h"

enum {
	ADDRESSES = 4096, /* a /20 at most */
};

/* What is lent by whom, to whom, as seen on the way. */
static struct loan {
	int to;
	uint32_t id;
	struct mac mac;
	bool out;
} loans[TOWN_NODES_MAX][ADDRESSES];

static struct mac asked_for[TOWN_NODES_MAX][4096]; /* by borrower and id */
static unsigned lent_count, back_count, backs_said;

struct word {
	uint8_t kind; /* 1 ask, 2 lend, 3 back */
	uint32_t id;
	struct mac mac;
	struct ip4 ip;
};

static struct word word_read(const struct lease_talk *talk)
{
	struct rd r = rd_init(talk->data, talk->len);
	struct word w = { .kind = rd_u8(&r) };

	w.id = rd_u32(&r);
	if (w.kind == 1)
		w.mac = rd_mac(&r);
	w.ip = rd_ip4(&r);
	assert_true(rd_done(&r));
	return w;
}

static struct loan *loan_of(int lender, const struct ip4 *ip)
{
	return &loans[lender][ip4_u32(ip) % ADDRESSES];
}

/* A loan has ended once its client's record has shown that, or another lease. */
static void loans_look(void)
{
	for (int n = 0; n < town.nodes; n++) {
		const struct book *book = &town.node[n].lease.book;

		for (unsigned i = 0; i < ADDRESSES; i++) {
			const struct book_client *c;

			if (!loans[n][i].out)
				continue;
			c = book_find(book, &loans[n][i].mac);
			loans[n][i].out = !c || !book_has_lease(book, c);
		}
	}
}

static void loan_said(int from, int to, const struct lease_talk *talk)
{
	struct word w = word_read(talk);
	struct loan *loan = loan_of(from, &w.ip);
	const struct mac *mac = &asked_for[to][w.id % 4096];

	backs_said += w.kind == 3;
	if (w.kind == 1)
		asked_for[from][w.id % 4096] = w.mac;
	if (w.kind != 2 || ip4_is_zero(&w.ip))
		return;
	loans_look();
	if (loan->out)
		assert_true(loan->to == to && mac_eq(&loan->mac, mac));
	*loan = (struct loan) { .to = to, .id = w.id, .mac = *mac, .out = true };
	lent_count++;
}

static void loan_heard(int from, int to, const struct lease_talk *talk)
{
	struct word w = word_read(talk);
	struct loan *loan = loan_of(to, &w.ip);

	if (w.kind == 3 && loan->out && loan->to == from && loan->id == w.id) {
		loan->out = false;
		back_count++;
	}
}

/* Node 0 has no block that it could use. */
static void borrow_begin_in(uint8_t net_len, uint64_t seed)
{
	struct lease_conf conf = TOWN_CONF;

	conf.port_unlimited = true;
	conf.network = (struct net4) { { { 10, 13, 0, 0 } }, net_len };
	memset(loans, 0, sizeof(loans));
	lent_count = back_count = backs_said = 0;
	town_start(&town, 4, &conf, seed);
	town.unacked[0] = true;
	town.said = loan_said;
	town.heard = loan_heard;
	town_run(&town, 5 * USEC_S);
	hosts_make(60);
}

static void borrow_begin(uint64_t seed)
{
	borrow_begin_in(24, seed);
}

/* The node whose block it is of, as node 3 knows it; -1: none. */
static int owner_of(const struct ip4 *ip)
{
	struct lease_block b;

	for (uint32_t i = 0; lease_block_next(&town.node[3].lease, &i, &b);)
		if (b.index == ip4_u32(ip) % ADDRESSES / 16)
			return b.owner.b[7] - 10;
	return -1;
}

static void borrows(void **state)
{
	struct lease *lender;
	struct ip4 ip;

	(void)state;
	borrow_begin(5);
	town.delay_max = 20 * USEC_MS;
	assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
	ip = town.reply.yiaddr;
	assert_int_equal(owner_of(&ip), 1);
	lender = &town.node[1].lease;
	assert_false(pool_is_free(&lender->pool, &ip));
	assert_int_equal(host_select(&town, &hosts[0], 0), DHCP_ACK);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(lender->lent.count, 0); /* its record holds it now */
	assert_false(pool_is_free(&lender->pool, &ip));
	/* who does not take it: it goes back with the offer */
	assert_int_equal(host_discover(&town, &hosts[1], 0), 0);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[1], 0), DHCP_OFFER);
	assert_int_equal(lender->lent.count, 1);
	town_run(&town, 61 * USEC_S);
	assert_int_equal(lender->lent.count, 0);
	assert_int_equal(backs_said, 2); /* one may be lost */
	/* the nearest one is silent: after 200 ms the next is asked, after 400 ms the third */
	town_gone(&town, 1, 0);
	town_gone(&town, 2, 0);
	assert_int_equal(host_discover(&town, &hosts[2], 0), 0);
	town_run(&town, 390 * USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[2], 0), 0);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[2], 0), DHCP_OFFER);
	assert_int_equal(owner_of(&town.reply.yiaddr), 3);
	/* the borrower is never heard of again: 48 h */
	town_gone(&town, 0, 0);
	town_run(&town, 47 * 3600 * USEC_S);
	assert_int_equal(town.node[3].lease.lent.count, 1);
	town_run(&town, 2 * 3600 * USEC_S);
	assert_int_equal(town.node[3].lease.lent.count, 0);
	town_stop(&town);
}

/* A question that is lost is asked again, before the next node. */
static void asks_twice(void **state)
{
	(void)state;
	borrow_begin(5);
	town.delay_max = 20 * USEC_MS;
	town.away[1] = true;
	assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
	town_run(&town, 60 * USEC_MS);
	town.away[1] = false;
	town_run(&town, 90 * USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
	assert_int_equal(owner_of(&town.reply.yiaddr), 1);
	town_stop(&town);
}

static bool is_held(int node, const struct host *h)
{
	const struct book_addr *a = book_holder4(&town.node[node].lease.book, &h->ip);

	return a && a->leased && mac_eq(&a->holder, &h->mac);
}

/* The only neighbour answers late, but before the client asks again: that is no reason to end the
 * leases of others. */
static void slow_neighbour(void **state)
{
	const usec_t ways[] = { 300 * USEC_MS, 700 * USEC_MS, 1500 * USEC_MS };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct lease_conf conf = TOWN_CONF;

		conf.network.len = 24;
		town_start(&town, 2, &conf, 5);
		town.unacked[0] = true;
		town_run(&town, 5 * USEC_S);
		town.talk_delay = ways[i];
		hosts_make(1);
		assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
		town_run(&town, 2 * ways[i] - USEC_MS);
		assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
		assert_true(town.node[0].lease.vain_until < town.now);
		town_run(&town, 2 * USEC_MS);
		assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
		assert_true(host_select(&town, &hosts[0], 0) == DHCP_ACK);
		assert_int_equal(town_counter(&town, LEASE_COUNT_BORROWED), 1);
		assert_int_equal(town_counter(&town, LEASE_COUNT_REUSED), 0);
		/* its second answer is the same, so nothing goes back */
		town_run(&town, 5 * USEC_S);
		assert_true(is_held(1, &hosts[0]));
		town_stop(&town);
	}
}

/* Who never answers has none, but that is not known at once. */
static void mute_neighbour(void **state)
{
	struct lease *l = &town.node[0].lease;
	usec_t begin;

	(void)state;
	town_start(&town, 2, &TOWN_CONF, 5);
	town.unacked[0] = true;
	town_run(&town, 5 * USEC_S);
	begin = town.now;
	town.away[1] = true;
	hosts_make(1);
	assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
	town_run(&town, 4 * USEC_S);
	assert_int_equal(l->asking, 1);
	assert_true(l->vain_until < town.now);
	town_run(&town, USEC_S);
	assert_int_equal(l->asking, 0);
	assert_true(l->vain_until > begin + 10 * USEC_S);
	town_stop(&town);
}

/* Three near nodes never answer: the fourth is asked first the next time, until one of them has
 * answered. */
static void asks_others(void **state)
{
	uint8_t none[] = { 2, 0, 0, 0, 1, 0, 0, 0, 0 };

	(void)state;
	town_start(&town, 5, &TOWN_CONF, 5);
	town.unacked[0] = true;
	town_run(&town, 5 * USEC_S);
	for (int i = 1; i < 4; i++)
		town_gone(&town, i, 0);
	hosts_make(2);
	assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
	town_run(&town, 5 * USEC_S);
	assert_int_equal(town.node[4].lease.lent.count, 0);
	assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
	town_run(&town, USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
	assert_int_equal(town.node[4].lease.lent.count, 1);
	lease_talk(&town.node[0].lease, &town.node[1].lease.self, none, sizeof(none), town.now);
	assert_int_equal(host_discover(&town, &hosts[1], 0), 0);
	town_run(&town, USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[1], 0), 0);
	assert_int_equal(town.node[4].lease.lent.count, 1);
	town_stop(&town);
}

/* One port cannot keep the others from being asked for. */
static void asks_for_all(void **state)
{
	struct lease *l = &town.node[0].lease;

	(void)state;
	borrow_begin(5);
	for (int i = 1; i < 4; i++)
		town.away[i] = true;
	for (int i = 0; i < 60; i++) {
		hosts[i].port = i < 50 ? 1 : 2;
		assert_int_equal(host_discover(&town, &hosts[i], 0), 0);
	}
	assert_int_equal(l->asking, 32 + 10);
	town_stop(&town);
}

/* The client has another lease now, so it will not take what was lent for it: that nobody gives it
 * back, because the word was lost, costs nothing. */
static void lent_in_vain(void **state)
{
	struct lease *lender = &town.node[1].lease;
	struct lease_client rec;

	(void)state;
	borrow_begin(5);
	assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
	town_run(&town, USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
	assert_int_equal(lender->lent.count, 1);
	town.away[0] = true;
	/* to be seen with it is no lease */
	rec = (struct lease_client) { .mac = hosts[0].mac,
				      .node = town.node[3].lease.self,
				      .addr_count = 1,
				      .addrs = { lease_mapped(&town.reply.yiaddr) } };
	lease_client_learnt(lender, &rec, town.now);
	assert_int_equal(lender->lent.count, 1);
	assert_false(pool_is_free(&lender->pool, &town.reply.yiaddr));
	rec = (struct lease_client) { .mac = hosts[0].mac,
				      .ip4 = { { 10, 13, 0, 255 - 16 } },
				      .node = town.node[3].lease.self,
				      .age_s = 3600 };
	lease_client_learnt(lender, &rec, town.now);
	assert_int_equal(lender->lent.count, 1); /* an old one, perhaps ended since */
	town_run(&town, 10 * USEC_S);
	rec.age_s = 1;
	lease_client_learnt(lender, &rec, town.now);
	assert_int_equal(lender->lent.count, 0);
	town_stop(&town);
}

/* What is promised to a client here is not given back, whatever word comes late. */
static void late_lend(void **state)
{
	struct lease *l = &town.node[0].lease;
	uint8_t data[LEASE_TALK_MAX];
	struct wr w = wr_init(data, sizeof(data));
	struct ip4 ip;

	(void)state;
	borrow_begin(5);
	assert_int_equal(host_discover(&town, &hosts[0], 0), 0);
	town_run(&town, USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[0], 0), DHCP_OFFER);
	ip = town.reply.yiaddr;
	wr_u8(&w, 2);
	wr_u32(&w, 1);
	wr_ip4(&w, &ip);
	lease_talk(l, &town.node[1].lease.self, data, wr_len(&w), town.now);
	town_drain(&town, 0);
	assert_int_equal(backs_said, 0);
	/* an address that nobody here needs goes back */
	data[8] ^= 1;
	lease_talk(l, &town.node[1].lease.self, data, wr_len(&w), town.now);
	town_drain(&town, 0);
	assert_int_equal(backs_said, 1);
	town_stop(&town);
}

static void borrow_and_take(struct host *h)
{
	assert_int_equal(host_discover(&town, h, 0), 0);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(host_discover(&town, h, 0), DHCP_OFFER);
	assert_int_equal(host_select(&town, h, 0), DHCP_ACK);
	town_run(&town, USEC_S);
}

/* Leases that nobody has refreshed for a day end only when the neighbour has no address either. */
static void before_reuse(void **state)
{
	struct lease_conf conf = TOWN_CONF;
	const struct pool *ours = &town.node[0].lease.pool, *theirs = &town.node[1].lease.pool;
	int own, more;

	(void)state;
	conf.network.len = 27;
	conf.port_unlimited = true;
	town_start(&town, 2, &conf, 5);
	town.delay_max = 20 * USEC_MS;
	town_run(&town, 10 * USEC_S);
	hosts_make(60);
	own = (int)pool_count(ours).free;
	assert_in_range(own, 14, 15);
	for (int i = 0; i < own; i++) {
		assert_true(host_join(&town, &hosts[i], 0));
		town_run(&town, 60 * USEC_S);
	}
	assert_int_equal(pool_count(ours).free, 0);
	town_run(&town, 27 * 3600 * USEC_S);
	more = (int)pool_count(theirs).free;
	assert_in_range(more, 14, 15);
	for (int i = own; i < own + more; i++)
		borrow_and_take(&hosts[i]);
	assert_int_equal(town_counter(&town, LEASE_COUNT_REUSED), 0);
	assert_int_equal(town_counter(&town, LEASE_COUNT_BORROWED), more);
	assert_int_equal(town.node[1].lease.counters[LEASE_COUNT_LENT], more);
	assert_int_equal(host_discover(&town, &hosts[50], 0), 0);
	assert_int_equal(town_counter(&town, LEASE_COUNT_REUSED), 0);
	town_run(&town, 50 * USEC_MS);
	assert_int_equal(host_discover(&town, &hosts[50], 0), 0);
	assert_int_equal(town_counter(&town, LEASE_COUNT_REUSED), 1);
	town_run(&town, 4 * USEC_S);
	assert_true(host_join(&town, &hosts[50], 0));
	assert_true(ip4_eq(&hosts[50].ip, &hosts[0].ip));
	town_stop(&town);
}

/* Who gives up its address has had it, so whoever lent that, or another, may know. */
static void loan_forget(const struct host *h)
{
	for (int n = 0; n < town.nodes; n++)
		for (unsigned i = 0; i < ADDRESSES; i++)
			if (mac_eq(&loans[n][i].mac, &h->mac))
				loans[n][i].out = false;
}

/* What the index of offered addresses says is what a walk through the offers says. */
static void offered_look(void)
{
	for (int n = 0; n < town.nodes; n++) {
		const struct lease *l = &town.node[n].lease;
		const struct lease_offered *at;
		const struct lease_offer *o;
		uint32_t count = 0, sum = 0;

		for (uint32_t i = 0; (o = table_next(&l->offers, &i));) {
			count += !ip4_is_zero(&o->ip);
			assert_int_equal(serve_is_offered(l, &o->ip), !ip4_is_zero(&o->ip));
		}
		for (uint32_t i = 0; (at = table_next(&l->offered, &i));)
			sum += at->count;
		assert_int_equal(sum, count);
	}
}

static void borrow_step(int i)
{
	struct host *h = &hosts[i];
	int node = i % 3 ? 0 : 2;

	if (!ip4_is_zero(&h->ip)) {
		if (rng_below(&town.rng, 4))
			return;
		loan_forget(h);
		host_release(&town, h, node);
	} else if (host_discover(&town, h, node) == DHCP_OFFER && rng_below(&town.rng, 3)) {
		host_select(&town, h, node);
	}
}

/* Words are lost, late and come twice, nodes are cut off and come back, clients do not take what
 * they asked for: nothing is lent or given twice. */
static void lent_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		borrow_begin(seed);
		town.talk_loss = 30;
		town.delay_max = 400 * USEC_MS;
		for (int step = 0; step < 1200; step++) {
			if (step % 20 == 0)
				town.away[rng_below(&town.rng, 4)] ^= rng_below(&town.rng, 2);
			borrow_step((int)rng_below(&town.rng, 60));
			town_run(&town, (usec_t)rng_below(&town.rng, 1000000));
			loans_look();
			offered_look();
			assert_no_clash(60);
		}
		assert_true(lent_count > 50);
		assert_true(back_count > 5);
		town_stop(&town);
	}
}

/* One node after the other crashes, the borrower and the lenders, with words on their way: what it
 * lent before is not lent again, nor given to anybody else. */
static void lent_over_crashes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		unsigned crashes = 0;

		borrow_begin_in(20, seed);
		town.talk_loss = 30;
		town.delay_max = 400 * USEC_MS;
		for (int step = 0; step < 1200; step++) {
			int node = (int)rng_below(&town.rng, 4);

			if (step % 40 == 39) {
				town_boot(&town, node);
				town_run(&town,
					 town.delay_max + (usec_t)rng_below(&town.rng, 1500000));
				town_sync(&town, node);
				crashes++;
			}
			borrow_step((int)rng_below(&town.rng, 60));
			town_run(&town, (usec_t)rng_below(&town.rng, 1000000));
			loans_look();
			offered_look();
			assert_no_clash(60);
		}
		assert_true(crashes == 30 && lent_count > 50);
		assert_true(back_count > 5);
		town_stop(&town);
	}
}

static const struct lease_node neighbour = { { 1, 2, 3, 4, 5, 6, 7, 99 } };

/* Says a word of the neighbour to node 1; the address of its answer, zero: none. */
static struct ip4 hear(uint8_t kind, uint32_t id, struct ip4 ip)
{
	struct lease *l = &town.node[1].lease;
	uint8_t data[LEASE_TALK_MAX];
	struct wr w = wr_init(data, sizeof(data));
	struct lease_talk answer;
	struct ip4 ret = { { 0 } };
	struct out o;

	wr_u8(&w, kind);
	wr_u32(&w, id);
	if (kind == 1)
		wr_mac(&w, &hosts[7].mac);
	wr_ip4(&w, &ip);
	for (size_t len = 0; len < wr_len(&w); len++)
		lease_talk(l, &neighbour, data, len, town.now);
	assert_int_equal(l->counters[LEASE_COUNT_MALFORMED], wr_len(&w));
	l->counters[LEASE_COUNT_MALFORMED] = 0;
	lease_talk(l, &neighbour, data, wr_len(&w), town.now);
	while (outq_pop(&l->out, &o))
		if (o.kind == LEASE_TALK) {
			memcpy(&answer, o.data, sizeof(answer));
			ret = word_read(&answer).ip;
		}
	return ret;
}

/* Words that come late: only the last one asked for counts. */
static void late_words(void **state)
{
	const struct ip4 none = { { 0 } };
	struct table *lent = &town.node[1].lease.lent;
	struct ip4 ip, again;

	(void)state;
	borrow_begin(3);
	ip = hear(1, UINT32_MAX, none);
	assert_false(ip4_is_zero(&ip));
	again = hear(1, 1, none);
	assert_true(ip4_eq(&again, &ip));
	again = hear(1, UINT32_MAX, none);
	assert_true(ip4_is_zero(&again));
	hear(3, UINT32_MAX, ip);
	assert_int_equal(lent->count, 1);
	hear(3, 1, ip);
	assert_int_equal(lent->count, 0);
	town_stop(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(borrows),	  cmocka_unit_test(asks_twice),
		cmocka_unit_test(late_lend),	  cmocka_unit_test(before_reuse),
		cmocka_unit_test(lent_once),	  cmocka_unit_test(lent_over_crashes),
		cmocka_unit_test(late_words),	  cmocka_unit_test(slow_neighbour),
		cmocka_unit_test(mute_neighbour), cmocka_unit_test(asks_others),
		cmocka_unit_test(asks_for_all),	  cmocka_unit_test(lent_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
