/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names by which clients are shown: no two alike, and none like a node's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "lease_town.h"

/* What both nodes show. */
static const char *shown(const struct host *h)
{
	static struct lease_view v;

	assert_true(lease_find(&town.node[1].lease, &h->mac, town.now, &v));
	if (town.delay_max == 0) {
		char there[LEASE_NAME_MAX];

		memcpy(there, v.client.name, sizeof(there));
		assert_true(lease_find(&town.node[0].lease, &h->mac, town.now, &v));
		assert_string_equal(v.client.name, there);
	}
	return v.client.name;
}

static struct host join(unsigned number, const char *name)
{
	struct host h = town_host(number);

	h.name = name;
	assert_true(host_join(&town, &h, (int)number % 2));
	town_run(&town, 2 * USEC_S);
	return h;
}

static void older_keeps(void **state)
{
	struct host one = join(9, "Ana"), two = join(8, "ana"), three = join(7, "ana");
	struct host other = join(1, "bob");

	(void)state;
	assert_string_equal(shown(&one), "ana");
	assert_string_equal(shown(&two), "ana-2");
	assert_string_equal(shown(&three), "ana-3");
	assert_string_equal(shown(&other), "bob");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(host_renew(&town, &one, i), DHCP_ACK);
		assert_int_equal(host_renew(&town, &two, i), DHCP_ACK);
		assert_int_equal(host_renew(&town, &three, i), DHCP_ACK);
		town_run(&town, USEC_S);
	}
	assert_string_equal(shown(&two), "ana-2");
	/* without a lease it comes last */
	town_run(&town, 10 * USEC_S);
	host_release(&town, &one, 1);
	town_run(&town, USEC_S);
	assert_string_equal(shown(&two), "ana");
	assert_string_equal(shown(&three), "ana-2");
	assert_string_equal(shown(&one), "ana-3");
	/* another name is another matter */
	two.name = "clara";
	assert_int_equal(host_renew(&town, &two, 0), DHCP_ACK);
	town_run(&town, USEC_S);
	assert_string_equal(shown(&two), "clara");
	assert_string_equal(shown(&three), "ana");
	assert_string_equal(shown(&one), "ana-2");
	lease_client_gone(&town.node[0].lease, &one.mac, town.now);
	lease_client_gone(&town.node[1].lease, &one.mac, town.now);
	one = join(9, "ana");
	assert_string_equal(shown(&one), "ana-2");
}

/* Who has had no lease for longer than it is held comes behind those who have one. */
static void lapsed_comes_last(void **state)
{
	struct host zoe = join(1, "zoe"), old = town_host(2);
	struct lease_client rec = {
		.mac = old.mac, .name = "zoe", .ip4 = { { 10, 13, 99, 1 } }, .age_s = 100 * 3600
	};

	(void)state;
	for (int i = 0; i < 2; i++)
		lease_client_learnt(&town.node[i].lease, &rec, town.now);
	assert_string_equal(shown(&old), "zoe");
	assert_string_equal(shown(&zoe), "zoe-2");
	rec.quiet_s = 49 * 3600;
	for (int i = 0; i < 2; i++) {
		lease_client_gone(&town.node[i].lease, &rec.mac, town.now);
		lease_client_learnt(&town.node[i].lease, &rec, town.now);
	}
	assert_string_equal(shown(&zoe), "zoe");
	assert_string_equal(shown(&old), "zoe-2");
}

/* What somebody calls itself nobody else is called, nor what a node is called. */
static void taken(void **state)
{
	struct host one = join(1, "ana"), called = join(2, "ana-2"), two = join(3, "ana");
	struct host third = join(4, "ana-2");

	(void)state;
	assert_string_equal(shown(&called), "ana-2");
	assert_string_equal(shown(&two), "ana-3");
	assert_string_equal(shown(&third), "ana-2-2");
	third.name = "ana-3";
	assert_int_equal(host_renew(&town, &third, 0), DHCP_ACK);
	town_run(&town, USEC_S);
	assert_string_equal(shown(&third), "ana-3");
	assert_string_equal(shown(&two), "ana-4");
	called.name = "x";
	assert_int_equal(host_renew(&town, &called, 0), DHCP_ACK);
	town_run(&town, USEC_S);
	assert_string_equal(shown(&two), "ana-2");
	for (int i = 0; i < 2; i++) {
		lease_names_begin(&town.node[i].lease);
		lease_name_taken(&town.node[i].lease, "ANA");
		lease_name_taken(&town.node[i].lease, "ana-2");
		lease_name_taken(&town.node[i].lease, "clara");
		lease_names_end(&town.node[i].lease);
	}
	assert_string_equal(shown(&one), "ana-4");
	assert_string_equal(shown(&two), "ana-5");
	assert_string_equal(shown(&third), "ana-3");
	called = join(5, "Clara");
	assert_string_equal(shown(&called), "clara-2");
	for (int i = 0; i < 2; i++) {
		lease_names_begin(&town.node[i].lease);
		lease_names_end(&town.node[i].lease);
	}
	assert_string_equal(shown(&one), "ana");
	assert_string_equal(shown(&two), "ana-2");
	assert_string_equal(shown(&called), "clara");
}

/* A number that makes a label too long is none: such a client is not shown by a name. */
static void long_names(void **state)
{
	static const char name[] =
		"a23456789012345678901234567890123456789012345678901234567890123";
	struct host one = join(1, name), two = join(2, name), three;
	char less[64];

	(void)state;
	assert_string_equal(shown(&one), name);
	assert_string_equal(shown(&two), "");
	snprintf(less, sizeof(less), "%.61s", name);
	one = join(3, less);
	two = join(4, less);
	three = join(5, less);
	assert_string_equal(shown(&one), less);
	assert_memory_equal(shown(&two), less, 61);
	assert_string_equal(shown(&two) + 61, "-2");
	assert_string_equal(shown(&three) + 61, "-3");
}

/* Any records in any order: no two names alike, and whoever is the oldest is shown by its own. */
static void random_names(void **state)
{
	static const char *const names[] = { "ana", "Ana", "ana-2", "ana-3", "ana-2-2", "b", "" };
	struct lease *l = &town.node[0].lease;
	struct lease_view v[24], w;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct lease_client rec = { .mac = { { 2, 0, 0, 0, 0, 0 } }, .node = { { 1 } } };
		unsigned count = 0;

		rec.mac.b[5] = (uint8_t)rng_below(&town.rng, 24);
		rec.ip4 = (struct ip4) { { 10, 13, 99, rec.mac.b[5] } };
		rec.age_s = rng_below(&town.rng, 3000);
		strcpy(rec.name, names[rng_below(&town.rng, 7)]);
		if (rng_below(&town.rng, 4) == 0)
			lease_client_gone(l, &rec.mac, town.now);
		else
			lease_client_learnt(l, &rec, town.now);
		for (uint32_t i = 0; lease_next(l, &i, town.now, &w);)
			v[count++] = w;
		for (unsigned a = 0; a < count; a++) {
			const struct book_client *ca = book_find(&l->book, &v[a].client.mac);
			bool oldest = true;

			for (unsigned b = 0; b < count; b++) {
				const struct book_client *cb =
					book_find(&l->book, &v[b].client.mac);

				if (a == b)
					continue;
				assert_true(!v[a].client.name[0] ||
					    strcasecmp(v[a].client.name, v[b].client.name) != 0);
				if (strcasecmp(ca->rec.name, cb->rec.name) == 0 &&
				    cb->allocated_at <= ca->allocated_at)
					oldest = false;
			}
			if (oldest)
				assert_string_equal(v[a].client.name, ca->rec.name);
			assert_int_equal(!v[a].client.name[0], !ca->rec.name[0]);
		}
		town_run(&town, 100 * USEC_MS);
	}
	assert_true(l->book.names.count <= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TWO(f) cmocka_unit_test_setup_teardown(f, town_setup_two, town_teardown)
		TWO(older_keeps), TWO(lapsed_comes_last), TWO(taken),
		TWO(long_names),  TWO(random_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
