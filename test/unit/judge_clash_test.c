/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The judge of leases: two clients with one address, two nodes with one block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge_fake.h"

/* ---- clashes ---- */

/* Clients 0 at node 0 and 1 at node 1 have one address, the first for so much longer. */
static usec_t clash(int64_t longer_s)
{
	usec_t now = START + 1000 * USEC_S, made = now;

	cut(0, 1);
	claim(0, START);
	claim(1, START);
	grant(0, 0, made - 100 * USEC_S);
	grant(1, 1, made);
	grant_aged(0, 0, (uint32_t)(500 + longer_s), now);
	grant_aged(1, 1, 500, now);
	assert_fine();
	assert_int_equal(count()->clashes[JUDGE_RESERVE], 1);
	f.book[0][0] = f.book[1][1] = IP;
	return now;
}

static void test_noticed(void **state)
{
	usec_t now = clash(1000);

	(void)state;
	judge_heard(f.judge, 2, 1, now); /* who knows of none */
	judge_tick(f.judge, now + 5 * USEC_S);
	now += 10 * USEC_S;
	heal(0, 1, now);
	judge_heard(f.judge, 1, 0, now);
	judge_noticed(f.judge, 2, now + 100 * USEC_MS); /* another one */
	judge_tick(f.judge, now + USEC_S);
	judge_noticed(f.judge, 1, now + USEC_S);
	judge_tick(f.judge, now + 5 * USEC_S);
	assert_fine();
	assert_int_equal(count()->noticed, 1);
	assert_int_equal(count()->notice_max, USEC_S);
	judge_refused(f.judge, 1, 1, &IP, now + 2 * USEC_S);
	assert_fine();
	assert_int_equal(count()->settled, 1);
	grant(1, 0, now + 30 * USEC_S); /* it keeps it */
	assert_fine();
}

static void test_noticed_late(void **state)
{
	usec_t now = clash(1000);

	(void)state;
	heal(0, 1, now);
	judge_heard(f.judge, 0, 1, now);
	judge_noticed(f.judge, 0, now + USEC_S + 1);
	assert_found("is not noticed 1000 ms after one heard of two");
}

static void test_unnoticed(void **state)
{
	usec_t now = clash(1000);

	(void)state;
	heal(0, 1, now);
	judge_heard(f.judge, 0, 1, now);
	judge_tick(f.judge, now + USEC_S);
	assert_fine();
	judge_tick(f.judge, now + 2 * USEC_S);
	assert_found("is not noticed 2000 ms after one heard of two");
	judge_tick(f.judge, now + 3 * USEC_S);
	assert_fine(); /* that has been said */
}

/* Cut again before anything could come of it. */
static void test_cut_again(void **state)
{
	usec_t now = clash(1000);

	(void)state;
	judge_heard(f.judge, 0, 1, now);
	judge_tick(f.judge, now + 2 * USEC_S);
	assert_fine();
	heal(0, 1, now + 100 * USEC_S);
	judge_heard(f.judge, 0, 1, now + 100 * USEC_S);
	judge_noticed(f.judge, 0, now + 101 * USEC_S);
	assert_fine();
}

static void meet(usec_t now)
{
	heal(0, 1, now);
	judge_heard(f.judge, 0, 1, now);
	judge_noticed(f.judge, 0, now);
}

/* The older one loses it. */
static void test_wrong_loser(void **state)
{
	usec_t now = clash(100);

	(void)state;
	meet(now);
	judge_refused(f.judge, 0, 0, &IP, now + 5 * USEC_S);
	assert_found("one, whose lease goes before, lost 10.1.0.113 to two");
}

/* What nodes say of it counts as what they do. */
static void test_wrong_word(void **state)
{
	usec_t now = clash(100);

	(void)state;
	meet(now);
	judge_condemned(f.judge, 0, &IP, now + USEC_S);
	assert_found("one, whose lease goes before, lost 10.1.0.113 to two");
	judge_refused(f.judge, 0, 0, &IP, now + 5 * USEC_S);
	assert_fine(); /* that has been said */
}

/* The loser has not asked since, the other has given the address back: it is free. */
static void test_free_after_clash(void **state)
{
	usec_t now = clash(100);

	(void)state;
	meet(now);
	judge_condemned(f.judge, 1, &IP, now + USEC_S);
	judge_released(f.judge, 0, 0, &IP, now + 10 * USEC_S);
	grant(0, 2, now + 20 * USEC_S);
	assert_fine();
}

static void test_close_ages(void **state)
{
	static const struct {
		int64_t longer_s;
		unsigned int loser;
		bool wrong;
	} cases[] = {
		{ 100, 0, true }, { 100, 1, false }, { -100, 0, false }, { -100, 1, true },
		{ 50, 0, true },  { 50, 1, false },  { -50, 0, true },	 { -50, 1, false },
		{ 62, 0, false }, { 62, 1, false },  { -62, 0, false },	 { -62, 1, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		usec_t now;

		fake_teardown(NULL);
		fake_setup(NULL);
		now = clash(cases[i].longer_s);
		meet(now);
		judge_refused(f.judge, 0, cases[i].loser, &IP, now + 5 * USEC_S);
		if (cases[i].wrong)
			assert_found("whose lease goes before");
		assert_fine();
	}
}

/* Clocks that stood still may tell the ages in another way. */
static void test_uncertain_ages(void **state)
{
	usec_t now;

	(void)state;
	now = clash(100);
	judge_lost_time(f.judge, 2, 40 * USEC_S);
	meet(now);
	judge_refused(f.judge, 0, 0, &IP, now + 5 * USEC_S);
	assert_fine();
}

/* Nobody tells the younger one. */
static void test_loser_stays(void **state)
{
	usec_t now = clash(100);

	(void)state;
	meet(now);
	grant_aged(0, 0, 620, now + 14 * USEC_S);
	grant_aged(1, 1, 514, now + 14 * USEC_S);
	assert_fine();
	grant_aged(0, 0, 621, now + 15 * USEC_S);
	assert_fine();
	grant_aged(1, 1, 515, now + 15 * USEC_S);
	assert_found("two keeps 10.1.0.113, which one has had for longer, 15 s after they met");
}

/* ---- claims ---- */

static void test_hurry(void **state)
{
	struct judge_grant borrowed = some_grant(1, 1);

	(void)state;
	claim(0, START);
	borrowed.owner = 0;
	borrowed.ip = OTHER;
	judge_granted(f.judge, &borrowed, START + USEC_S);
	assert_fine();
	grant(0, 0, START + 1900 * USEC_MS);
	assert_found("one gives 10.1.0.113 out of a block that it claimed 1900 ms ago");
	judge_released(f.judge, 0, 0, &IP, START + 1900 * USEC_MS);
	claim(0, START + 1950 * USEC_MS); /* said again */
	grant(0, 0, START + 2 * USEC_S);
	assert_fine();
}

static void test_claim_known(void **state)
{
	(void)state;
	cut(0, 1);
	claim(0, START);
	judge_claim_known(f.judge, 1, 0, BLOCK, false, START + 10 * USEC_S);
	claim(1, START + 11 * USEC_S);
	assert_found("two claims block 7, which it knows to be one's");
}

/* It has forgotten it, with its power, or by word that it is no more. */
static void test_claim_unknown(void **state)
{
	(void)state;
	cut(0, 1);
	cut(0, 2);
	claim(0, START);
	judge_claim_known(f.judge, 1, 0, BLOCK, false, START + 10 * USEC_S);
	judge_claim_known(f.judge, 2, 0, BLOCK, false, START + 10 * USEC_S);
	cut(1, 2);
	judge_crashed(f.judge, 1, START + 11 * USEC_S);
	judge_booted(f.judge, 1, false, START + 12 * USEC_S);
	claim(1, START + 13 * USEC_S);
	judge_claim_gone(f.judge, 2, 0, BLOCK, START + 11 * USEC_S);
	claim(2, START + 14 * USEC_S);
	assert_fine();
}

/* Who knows of it is there, and not its owner. */
static void test_claim_known_to_others(void **state)
{
	(void)state;
	cut(0, 1);
	claim(0, START);
	judge_claim_known(f.judge, 2, 0, BLOCK, false, START + USEC_S);
	claim(1, START + 2 * USEC_S);
	assert_fine();
	judge_claim_gone(f.judge, 1, 1, BLOCK, START + 2 * USEC_S);
	claim(1, START + 4 * USEC_S);
	assert_found("two claims block 7 and has not heard that it has been one's for 4 s");
}

/* It went with its owner's disk, and nobody else knew of it: it is no more, and may be made anew.
 */
static void test_claim_forgotten(void **state)
{
	(void)state;
	claim(0, START);
	judge_crashed(f.judge, 0, START + 10 * USEC_S);
	judge_booted(f.judge, 0, true, START + 20 * USEC_S);
	claim(1, START + 30 * USEC_S);
	for (int s = 31; s < 60; s++)
		judge_tick(f.judge, START + s * USEC_S);
	assert_fine();
	claim(0, START + 60 * USEC_S);
	assert_found("one claims block 7 and has not heard that it has been two's for 30 s");
}

/* The owner reads it from its disk, and somebody else has it by now. */
static void test_claim_found_again(void **state)
{
	(void)state;
	claim(0, START);
	judge_crashed(f.judge, 0, START + 10 * USEC_S);
	judge_booted(f.judge, 0, false, START + 20 * USEC_S);
	claim(1, START + 21 * USEC_S);
	assert_fine();
	judge_claim_known(f.judge, 0, 0, BLOCK, false, START + 22 * USEC_S);
	assert_fine();
	judge_tick(f.judge, START + 33 * USEC_S);
	assert_fine();
	judge_tick(f.judge, START + 36 * USEC_S);
	assert_found("both have block 7");
}

static void test_claim_unheard(void **state)
{
	(void)state;
	claim(0, START);
	claim(1, START + USEC_S);
	assert_fine();
	claim(2, START + 3 * USEC_S); /* of the other it need not have heard yet */
	assert_found("three claims block 7 and has not heard that it has been one's for 3 s");
}

static void test_reclaim(void **state)
{
	(void)state;
	claim(0, START);
	judge_claim_known(f.judge, 1, 0, BLOCK, false, START + USEC_S);
	judge_crashed(f.judge, 0, START + HOUR);
	f.alive[0] = false;
	claim(1, START + 7 * 24 * HOUR + HOUR);
	assert_fine();
	judge_claim_gone(f.judge, 1, 1, BLOCK, START + 8 * 24 * HOUR);
	judge_crashed(f.judge, 0, START + 9 * 24 * HOUR);
	claim(1, START + 15 * 24 * HOUR);
	assert_found("knows to be one's");
}

static void test_contest(void **state)
{
	usec_t met_at = START + 100 * USEC_S;

	(void)state;
	cut(0, 1);
	claim(0, START);
	claim(1, START);
	judge_tick(f.judge, met_at);
	heal(0, 1, met_at);
	judge_tick(f.judge, met_at + 15 * USEC_S - 1);
	assert_fine();
	judge_tick(f.judge, met_at + 15 * USEC_S);
	assert_found("have heard each other for 10 s, and both have block 7");
	judge_tick(f.judge, met_at + 16 * USEC_S);
	assert_fine(); /* that has been said */
}

static void test_contest_over(void **state)
{
	(void)state;
	cut(0, 1);
	claim(0, START);
	claim(1, START);
	heal(0, 1, START + 100 * USEC_S);
	judge_claim_gone(f.judge, 1, 1, BLOCK, START + 101 * USEC_S);
	judge_tick(f.judge, START + 200 * USEC_S);
	assert_fine();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(test_noticed),
		RULE(test_noticed_late),
		RULE(test_unnoticed),
		RULE(test_cut_again),
		RULE(test_wrong_loser),
		RULE(test_wrong_word),
		RULE(test_free_after_clash),
		RULE(test_close_ages),
		RULE(test_uncertain_ages),
		RULE(test_loser_stays),
		RULE(test_hurry),
		RULE(test_claim_known),
		RULE(test_claim_unknown),
		RULE(test_claim_known_to_others),
		RULE(test_claim_forgotten),
		RULE(test_claim_found_again),
		RULE(test_claim_unheard),
		RULE(test_reclaim),
		RULE(test_contest),
		RULE(test_contest_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
