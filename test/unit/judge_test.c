/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The judge of leases: each rule about addresses is broken once, and once nearly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge_fake.h"

/* ---- given twice ---- */

static void test_counts(void **state)
{
	(void)state;
	grant(0, 0, START);
	grant(0, 0, START + USEC_S);
	grant_other(1, 1, START);
	judge_roamed(f.judge);
	judge_released(f.judge, 2, 0, &IP, START + 2 * USEC_S);
	judge_released(f.judge, 2, 0, &IP, START + 2 * USEC_S); /* of which it has none */
	judge_released(f.judge, 2, 1, &IP, START + 2 * USEC_S);
	assert_int_equal(count()->allocations, 2);
	assert_int_equal(count()->renewals, 1);
	assert_int_equal(count()->roams, 1);
	assert_int_equal(count()->releases, 1);
	grant(1, 1, START + 4 * USEC_S); /* that is free again, but it had another one */
	assert_found("two lost its address 10.1.0.114 of two and has 10.1.0.113 of two");
}

static void test_both_have(void **state)
{
	(void)state;
	grant(0, 0, START);
	grant(1, 1, START + 2100 * USEC_MS);
	assert_found("one and two both have 10.1.0.113, of one and two");
	grant(3, 2, START + 3 * USEC_S); /* of another cloud */
	assert_fine();
}

/* Who gives it may not have heard yet. */
static void test_not_yet_reached(void **state)
{
	(void)state;
	grant(0, 0, START);
	grant(1, 1, START + 2 * USEC_S - 1);
	assert_fine();
	assert_int_equal(count()->clashes[JUDGE_RESERVE], 1);
}

static void test_just_healed(void **state)
{
	(void)state;
	grant(0, 0, START);
	heal(0, 1, START + 100 * USEC_S);
	grant(1, 1, START + 105 * USEC_S - 1);
	assert_fine();
	heal(0, 2, START + 100 * USEC_S);
	grant(2, 2, START + 105 * USEC_S);
	assert_found("both have");
}

/* Whoever has it in the book is to blame, cut off or not; and who gave it, at once. */
static void test_knows_itself(void **state)
{
	(void)state;
	cut(0, 1);
	grant(0, 0, START);
	f.book[1][0] = IP;
	grant(1, 1, START + 100 * USEC_MS);
	assert_found("both have");
	f.book[1][0] = OTHER;
	judge_released(f.judge, 1, 1, &IP, START + USEC_S);
	grant(0, 1, START + USEC_S + 1);
	assert_found("both have");
}

/* The owner of the block has given it before, by way of somebody else. */
static void test_one_owner(void **state)
{
	struct judge_grant borrowed = some_grant(0, 0);

	(void)state;
	borrowed.owner = 1;
	cut(0, 1);
	judge_granted(f.judge, &borrowed, START);
	grant(1, 1, START + 100 * USEC_S);
	assert_found("both have");
}

static void test_one_owner_crashed(void **state)
{
	struct judge_grant borrowed = some_grant(0, 0);

	(void)state;
	borrowed.owner = 1;
	judge_granted(f.judge, &borrowed, START);
	cut(0, 1);
	judge_crashed(f.judge, 1, START + 10 * USEC_S);
	judge_booted(f.judge, 1, false, START + 20 * USEC_S);
	grant(1, 1, START + 100 * USEC_S);
	assert_fine();
	assert_int_equal(count()->clashes[JUDGE_FORGOTTEN], 1);
}

/* Two owners, each in its part: had they ever heard of each other when the later claimed? */
static void test_causes(void **state)
{
	(void)state;
	for (unsigned int knew = 0; knew < 2; knew++) {
		fake_teardown(NULL);
		fake_setup(NULL);
		f.met[1][0] = knew;
		cut(0, 1);
		claim(0, START);
		claim(1, START + 5 * USEC_S);
		assert_fine();
		f.met[1][0] = true; /* later */
		grant(0, 0, START + 10 * USEC_S);
		grant(1, 1, START + 11 * USEC_S);
		assert_fine();
		assert_int_equal(count()->clashes[knew ? JUDGE_RESERVE : JUDGE_STRANGERS], 1);
	}
}

/* ---- how long a lease is held ---- */

static void test_lapsed(void **state)
{
	(void)state;
	grant(0, 0, START);
	judge_refreshed(f.judge, 0, START + HOUR);
	grant(1, 1, START + 49 * HOUR - 61 * USEC_S);
	assert_found("both have");
	judge_released(f.judge, 1, 1, &IP, START + 49 * HOUR - 61 * USEC_S);
	grant(1, 1, START + 49 * HOUR);
	assert_fine();
	assert_int_equal(count()->lapsed, 1);
}

static void test_reused(void **state)
{
	struct judge_grant g = some_grant(1, 1);

	(void)state;
	grant(0, 0, START);
	judge_granted(f.judge, &g, START + 27 * HOUR); /* while it had others */
	assert_found("both have");
	judge_released(f.judge, 1, 1, &IP, START + 27 * HOUR);
	g.free = 0;
	judge_granted(f.judge, &g, START + 26 * HOUR);
	assert_fine();
	assert_int_equal(count()->reused, 1);
	g.client = 2;
	judge_granted(f.judge, &g, START + 51 * HOUR); /* after 25 */
	assert_found("both have");
}

/* Who slept believes that more time has passed. */
static void test_lost_time(void **state)
{
	(void)state;
	grant(0, 0, START);
	judge_lost_time(f.judge, 2, 6 * HOUR);
	judge_lost_time(f.judge, 3, 60 * HOUR); /* of another cloud */
	grant(1, 1, START + 41 * HOUR);
	assert_found("both have");
	judge_released(f.judge, 1, 1, &IP, START + 41 * HOUR);
	grant(1, 1, START + 42 * HOUR);
	assert_fine();
}

/* ---- clients lose what they have ---- */

static void test_refused(void **state)
{
	(void)state;
	grant(0, 0, START);
	judge_refused(f.judge, 1, 0, &OTHER, START + 5 * USEC_S);
	assert_fine();
	judge_refused(f.judge, 1, 0, &IP, START + 5 * USEC_S);
	assert_found("one lost its address 10.1.0.113 of one to a NAK of two");
	judge_refused(f.judge, 1, 0, &IP, START + 5 * USEC_S); /* it has lost it */
	assert_fine();
	cut(0, 2);
	grant(0, 0, START + 10 * USEC_S);
	judge_refused(f.judge, 2, 0, &IP, START + 20 * USEC_S);
	assert_fine();
	assert_int_equal(count()->lost_apart, 1);
}

static void test_replaced(void **state)
{
	(void)state;
	grant(0, 0, START);
	grant_other(1, 0, START + USEC_S); /* not heard yet */
	assert_fine();
	assert_int_equal(count()->lost_apart, 1);
	grant(2, 0, START + 10 * USEC_S);
	assert_found("one lost its address 10.1.0.114 of two and has 10.1.0.113 of three");
}

/* A renewal at the same node does not make it news there. */
static void test_renewed_is_known(void **state)
{
	(void)state;
	grant(0, 0, START);
	grant(0, 0, START + 100 * USEC_S);
	judge_refused(f.judge, 1, 0, &IP, START + 100 * USEC_S + 1);
	assert_found("to a NAK");
	grant(0, 0, START + 200 * USEC_S);
	grant(1, 0, START + 300 * USEC_S);
	judge_refused(f.judge, 2, 0, &IP, START + 300 * USEC_S + 1);
	assert_found("to a NAK"); /* nor at another */
}

/* A record of it has come to others. */
static void test_known_by_others(void **state)
{
	(void)state;
	cut(0, 1);
	cut(0, 2);
	grant(0, 0, START);
	f.book[2][0] = OTHER;
	judge_record_changed(f.judge, 2, 0, START + USEC_S);
	judge_refused(f.judge, 1, 0, &IP, START + 10 * USEC_S);
	assert_fine();
	assert_int_equal(count()->lost_apart, 1);
	grant(0, 0, START + 20 * USEC_S);
	f.book[2][0] = IP;
	judge_record_changed(f.judge, 2, 0, START + 21 * USEC_S);
	judge_refused(f.judge, 1, 0, &IP, START + 22 * USEC_S);
	assert_fine();
	grant(0, 0, START + 30 * USEC_S);
	judge_record_changed(f.judge, 2, 0, START + 31 * USEC_S);
	judge_refused(f.judge, 1, 0, &IP, START + 34 * USEC_S);
	assert_found("one lost its address 10.1.0.113 of one to a NAK of two");
}

/* No node has it any more, and none of them has lost its power. */
static void test_dropped(void **state)
{
	(void)state;
	grant(0, 0, START);
	judge_record_changed(f.judge, 0, 0, START + 100 * USEC_MS);
	grant(1, 1, START + 200 * USEC_MS);
	assert_found("both have");
	judge_refused(f.judge, 1, 0, &IP, START + 300 * USEC_MS);
	assert_found("to a NAK");
}

static void test_condemned(void **state)
{
	(void)state;
	grant(0, 0, START);
	judge_condemned(f.judge, 0, &OTHER, START + USEC_S);
	judge_condemned(f.judge, 0, &IP, START + USEC_S);
	grant(1, 1, START + 100 * USEC_S);
	assert_fine();
	grant_other(0, 0, START + 101 * USEC_S);
	judge_condemned(f.judge, 0, &OTHER, START + 102 * USEC_S);
	judge_refused(f.judge, 1, 0, &OTHER, START + 110 * USEC_S);
	assert_fine();
	assert_int_equal(count()->lost_apart, 1);
}

/* An address that a node has made of its MAC. */
static void test_of_a_node(void **state)
{
	(void)state;
	grant(0, 0, START);
	judge_node_has(f.judge, 2, &IP);
	judge_refused(f.judge, 1, 0, &IP, START + 100 * USEC_S);
	assert_fine();
	assert_int_equal(count()->lost_to_nodes, 1);
}

static void test_expired(void **state)
{
	(void)state;
	judge_expired(f.judge, 0, 0, 29 * USEC_S, START);
	assert_fine();
	judge_expired(f.judge, 0, 0, 30 * USEC_S, START);
	assert_found("one was at one for 30 s and not answered");
}

/* ---- power ---- */

/* Somebody else knows, and can tell after two seconds. */
static void test_crash_known(void **state)
{
	(void)state;
	grant(0, 0, START);
	f.book[0][0] = f.book[2][0] = IP;
	judge_record_changed(f.judge, 2, 0, START + 5 * USEC_S);
	judge_crashed(f.judge, 0, START + 10 * USEC_S);
	f.alive[0] = false;
	assert_fine();
	judge_refused(f.judge, 1, 0, &IP, START + 12 * USEC_S);
	assert_found("one lost its address 10.1.0.113 of one to a NAK of two");
}

static void test_crash_forgotten(void **state)
{
	(void)state;
	grant(0, 0, START);
	f.book[0][0] = f.book[2][2] = IP;
	f.book[1][1] = OTHER;
	judge_crashed(f.judge, 0, START + USEC_S);
	f.alive[0] = false;
	assert_fine();
	judge_refused(f.judge, 1, 0, &IP, START + 12 * USEC_S);
	assert_fine();
	assert_int_equal(count()->lost_forgotten, 1);
	/* but it should have told somebody by now */
	grant_other(1, 1, START + 20 * USEC_S);
	judge_crashed(f.judge, 1, START + 23 * USEC_S);
	assert_found("only two, which loses its power, and not three knows that two has");
	grant(2, 2, START + 30 * USEC_S);
	cut(2, 1);
	f.joined[2][0] = USEC_NEVER;
	judge_crashed(f.judge, 2, START + 40 * USEC_S);
	assert_fine(); /* to nobody */
	f.alive[0] = f.alive[2] = true;
	grant(0, 0, START + 60 * USEC_S); /* what nobody knows any more is given to another */
	assert_fine();
	assert_int_equal(count()->clashes[JUDGE_FORGOTTEN], 1);
}

/* It was on the disk. */
static void test_crash_remembered(void **state)
{
	(void)state;
	grant(0, 0, START);
	judge_crashed(f.judge, 0, START + USEC_S);
	judge_booted(f.judge, 0, false, START + 10 * USEC_S);
	f.book[0][0] = IP;
	judge_record_changed(f.judge, 0, 0, START + 10 * USEC_S);
	judge_refused(f.judge, 1, 0, &IP, START + 13 * USEC_S);
	assert_found("to a NAK");
}

static void dark(bool is_disk_lost)
{
	usec_t up = START + 100 * USEC_S;

	grant(0, 0, START);
	heal(0, 1, up);
	for (unsigned int i = 0; i < 3; i++) {
		judge_crashed(f.judge, i, START + USEC_S);
		f.alive[i] = false;
	}
	for (unsigned int i = 0; i < 3; i++) {
		f.alive[i] = true;
		judge_booted(f.judge, i, is_disk_lost, up);
	}
	judge_refused(f.judge, 1, 0, &IP, up + 13 * USEC_S);
}

static void test_dark(void **state)
{
	(void)state;
	dark(false);
	assert_found("after the power cut two refuses one its old free address 10.1.0.113");
	assert_int_equal(count()->lost_forgotten, 1);
}

static void test_dark_and_lost(void **state)
{
	(void)state;
	dark(true);
	assert_fine();
	assert_int_equal(count()->lost_forgotten, 1);
}

/* ---- which addresses are given ---- */

static void offer(usec_t other_idle, usec_t now)
{
	struct judge_offer o = {
		.node = 0, .client = 2, .ip = IP, .block = BLOCK, .other_idle = other_idle
	};

	judge_offered(f.judge, &o, now);
}

/* Used by client 0 and free since START. */
static void used(void)
{
	claim(0, START - 100 * USEC_S);
	grant(0, 0, START - 50 * USEC_S);
	judge_released(f.judge, 0, 0, &IP, START);
}

static void test_unused_first(void **state)
{
	(void)state;
	offer(USEC_NEVER, START - 200 * USEC_S); /* nor was this one */
	used();
	offer(100 * USEC_S, START + 100 * USEC_S);
	assert_fine();
	offer(USEC_NEVER, START + 120 * USEC_S); /* once more the same */
	assert_fine();
	offer(USEC_NEVER, START + 200 * USEC_S);
	assert_found("one gives 10.1.0.113, which was used, while it has one that never was");
}

static void test_oldest_first(void **state)
{
	(void)state;
	used();
	offer(109 * USEC_S, START + 100 * USEC_S);
	assert_fine();
	offer(211 * USEC_S, START + 200 * USEC_S);
	assert_found("was free for 200 s, while another was for 211");
}

/* After a start a node does not know what was used. */
static void test_order_forgotten(void **state)
{
	(void)state;
	used();
	judge_crashed(f.judge, 0, START + 10 * USEC_S);
	judge_booted(f.judge, 0, false, START + 20 * USEC_S);
	offer(USEC_NEVER, START + 200 * USEC_S);
	assert_fine();
}

/* Its own old address is no choice. */
static void test_order_own(void **state)
{
	struct judge_offer o = {
		.node = 0, .client = 0, .ip = IP, .block = BLOCK, .other_idle = USEC_NEVER
	};

	(void)state;
	used();
	judge_offered(f.judge, &o, START + 200 * USEC_S);
	assert_fine();
}

static void test_declined(void **state)
{
	(void)state;
	grant(0, 0, START);
	judge_declined(f.judge, 1, 0, &IP, START + USEC_S);
	assert_int_equal(count()->declines, 1);
	grant(0, 1, START + 2 * USEC_S); /* it has not heard yet */
	assert_fine();
	judge_released(f.judge, 0, 1, &IP, START + 3 * USEC_S);
	grant(0, 1, START + 3000 * USEC_S);
	assert_found("one gives 10.1.0.113, which was declined at two 2999 s ago");
	judge_released(f.judge, 0, 1, &IP, START + 3000 * USEC_S);
	grant(0, 1, START + 3601 * USEC_S);
	assert_fine();
}

/* Who has just granted it elsewhere may let it go on, for that client alone. */
static void test_declined_in_doubt(void **state)
{
	(void)state;
	grant(0, 0, START);
	judge_declined(f.judge, 1, 0, &IP, START + USEC_S);
	grant(1, 0, START + 20 * USEC_S);
	assert_fine();
	judge_declined(f.judge, 1, 0, &IP, START + 60 * USEC_S);
	grant(1, 0, START + 90 * USEC_S);
	assert_found("two gives 10.1.0.113, which was declined at two 30 s ago");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(test_counts),
		RULE(test_both_have),
		RULE(test_not_yet_reached),
		RULE(test_just_healed),
		RULE(test_knows_itself),
		RULE(test_one_owner),
		RULE(test_one_owner_crashed),
		RULE(test_causes),
		RULE(test_lapsed),
		RULE(test_reused),
		RULE(test_lost_time),
		RULE(test_refused),
		RULE(test_replaced),
		RULE(test_renewed_is_known),
		RULE(test_of_a_node),
		RULE(test_expired),
		RULE(test_crash_known),
		RULE(test_crash_forgotten),
		RULE(test_known_by_others),
		RULE(test_dropped),
		RULE(test_condemned),
		RULE(test_crash_remembered),
		RULE(test_dark),
		RULE(test_dark_and_lost),
		RULE(test_unused_first),
		RULE(test_oldest_first),
		RULE(test_order_forgotten),
		RULE(test_order_own),
		RULE(test_declined),
		RULE(test_declined_in_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
