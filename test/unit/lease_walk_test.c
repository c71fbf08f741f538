/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What many records of what is fixed, one after the other, cost a node: so many clients and so many
 * of its addresses in a second, and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lease_town.h"

enum {
	CLIENTS = TOWN_CLIENTS_MAX,
};

/* Which static lease is for whom by its identifier: 20 of them have one each. */
static struct lease_static by_number(unsigned number, struct ip4 ip)
{
	const uint8_t id[] = { 0, (uint8_t)(number % 20) };

	return (struct lease_static) { .key = lease_key_id(id, sizeof(id)), .ip4 = ip };
}

static const struct lease_client *numbered(struct lease_client *rec, unsigned number)
{
	*rec = (struct lease_client) { .mac = { { 2, 9, 9, 9, (uint8_t)(number >> 8),
						  (uint8_t)number } },
				       .id_len = 2,
				       .id = { 0, (uint8_t)(number % 20) } };
	return rec;
}

/* Whoever may write records writes thousands: the book is walked through at its own pace, and in
 * the end all is as the last ones say. */
static void flood_of_identifiers(void **state)
{
	struct lease *l = &town.node[0].lease;
	struct lease_client rec;
	usec_t begun = town.now;
	uint64_t most;

	(void)state;
	for (unsigned i = 0; i < CLIENTS; i++)
		lease_client_learnt(l, numbered(&rec, i), town.now);
	for (unsigned k = 0; k < 2000; k++) {
		struct lease_static s =
			by_number(k, ip4_from_u32(0x0a0d6000 + k % 7 * 32 + k % 20));

		assert_int_equal(lease_static_learnt(l, &s, town.now), 0);
		if (k % 20 == 19)
			town_run(&town, 10 * USEC_MS);
	}
	most = 256 * (uint64_t)(1 + (town.now - begun) / (20 * USEC_MS));
	assert_in_range(l->walks[LEASE_WALK_CLIENTS].steps, 1000, most);
	town_run(&town, 2 * CLIENTS / 256 * 20 * USEC_MS + USEC_S);
	for (unsigned i = 0; i < CLIENTS; i++) {
		const struct book_client *c = book_find(&l->book, &numbered(&rec, i)->mac);
		unsigned k = 1980 + i % 20;

		assert_int_equal(ip4_u32(&c->fixed_ip), 0x0a0d6000 + k % 7 * 32 + k % 20);
	}
	most = l->walks[LEASE_WALK_CLIENTS].steps;
	town_run(&town, 10 * USEC_S);
	assert_int_equal(l->walks[LEASE_WALK_CLIENTS].steps, most);
}

/* The same for reserved ranges and our own addresses. */
static void flood_of_ranges(void **state)
{
	struct lease *l = &town.node[0].lease;
	const struct lease_range all = { { { 10, 13, 0, 0 } }, { { 10, 13, 255, 255 } } };
	struct lease_static s = { .key = lease_key_range(&all) };
	const struct lease_walk *w = &l->walks[LEASE_WALK_BLOCKS];
	usec_t begun;

	(void)state;
	for (unsigned i = 0; i < 400; i++)
		(void)pool_claim_new(&l->pool, NULL, town.now);
	town_run(&town, 5 * USEC_S);
	assert_true(l->pool.own.count >= 400);
	assert_true(pool_count(&l->pool).free > 6000);
	begun = town.now;
	for (unsigned k = 0; k < 1001; k++) {
		if (k % 2 == 0)
			assert_int_equal(lease_static_learnt(l, &s, town.now), 0);
		else
			lease_static_gone(l, &s.key, town.now);
		if (k % 20 == 19)
			town_run(&town, 10 * USEC_MS);
	}
	assert_in_range(w->steps, 100, 32 * (1 + (town.now - begun) / (20 * USEC_MS)));
	town_run(&town, USEC_S);
	assert_int_equal(pool_count(&l->pool).free, 0);
}

/* Nor is the book searched with each of them for who goes first, where there was a clash. */
static void flood_where_two_clash(void **state)
{
	static const struct ip4 ip = { { 10, 13, 9, 9 } };
	struct lease *l = &town.node[0].lease;
	struct lease_client rec[2];
	usec_t begun = town.now, last = 0;
	unsigned looks = 0;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		(void)numbered(&rec[i], i);
		rec[i].ip4 = ip;
		rec[i].age_s = 3600 + 600 * i;
		rec[i].node.b[0] = 9;
		lease_client_learnt(l, &rec[i], town.now);
	}
	assert_true(l->book.losers > 0);
	for (unsigned k = 0; k < 2000; k++) {
		struct lease_static s = { .key = lease_key_mac(&rec[k % 2].mac), .ip4 = ip };

		assert_int_equal(lease_static_learnt(l, &s, town.now), 0);
		if (k % 4 == 2)
			lease_static_gone(l, &s.key, town.now);
		town_run(&town, USEC_MS);
		looks += l->clash_at != last;
		last = l->clash_at;
	}
	assert_in_range(looks, 2, 2 + (town.now - begun) / (100 * USEC_MS));
	town_run(&town, USEC_S);
	assert_true(mac_eq(&book_holder4(&l->book, &ip)->holder, &rec[1].mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(flood_of_identifiers, town_setup_alone,
						town_teardown),
		cmocka_unit_test_setup_teardown(flood_of_ranges, town_setup_alone, town_teardown),
		cmocka_unit_test_setup_teardown(flood_where_two_clash, town_setup_alone,
						town_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
