/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What seeds stand for, and what is measured by the simulator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/scenario.h"
#include "sim/spread.h"

/* Every seed makes a town that can be built, and leaves time for things to happen and to heal. */
static void test_make(void **state)
{
	unsigned int churn = 0, shapes = 0, clouds = 0, late = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		for (int kind = SCENARIO_MIXED; kind <= SCENARIO_LEASES; kind++) {
			struct scenario s, again;

			memset(&s, 0x55, sizeof(s));
			scenario_make(&s, (enum scenario_kind)kind, seed);
			scenario_make(&again, (enum scenario_kind)kind, seed);
			assert_memory_equal(&s.town, &again.town, sizeof(s.town));
			assert_true(s.kind == (enum scenario_kind)kind);
			assert_in_range(s.town.nodes, 3, PLAN_NODES);
			assert_in_range(s.town.hosts, 3, PLAN_HOSTS);
			assert_in_range(s.town.clouds, 1, s.town.nodes / 3);
			assert_true(s.town.shape < SHAPES);
			assert_in_range(s.time - s.quiet, 50 * USEC_S, 300 * USEC_S);
			assert_in_range(s.quiet, 20 * USEC_S, 30 * USEC_S);
			assert_true(!s.pool || s.pool >= 8 * s.town.hosts);
			assert_true(s.script.every >= 300 * USEC_MS && s.script.act_every > 0);
			assert_true(s.lease_s >= 120 && !s.sabotage);
			churn |= s.script.churn;
			shapes |= 1u << s.town.shape;
			clouds |= 1u << s.town.clouds;
			late |= 1u << s.town.late;
		}
	}
	assert_int_equal(churn, CHURN_ALL);
	assert_int_equal(shapes, (1u << SHAPES) - 1);
	assert_int_equal(clouds, 0xe);
	assert_int_equal(late, 0xf);
}

static void test_add(void **state)
{
	struct outcome a = { .runs = 1,
			     .time = USEC_S,
			     .violations = 2,
			     .leases = { .allocations = 1,
					 .renewals = 20,
					 .roams = 300,
					 .releases = 4000,
					 .declines = 7,
					 .clashes = { [JUDGE_RESERVE] = 3 },
					 .notice_max = 5 },
			     .faults = { .parts = 9, .frames = 100, .frames_lost = 10 } };
	static struct outcome sum;

	(void)state;
	memset(&sum, 0, sizeof(sum));
	outcome_add(&sum, &a);
	a.leases.notice_max = 3;
	outcome_add(&sum, &a);
	assert_int_equal(sum.runs, 2);
	assert_int_equal(sum.time, 2 * USEC_S);
	assert_int_equal(sum.violations, 4);
	assert_int_equal(sum.leases.clashes[JUDGE_RESERVE], 6);
	assert_int_equal(sum.leases.notice_max, 5);
	assert_int_equal(sum.leases.declines, 14);
	assert_int_equal(sum.faults.parts, 18);
	assert_int_equal(sum.faults.frames_lost, 20);
	assert_int_equal(outcome_operations(&sum), 2 * 4321);
}

/* A small one from beginning to end, twice. */
static void test_run(void **state)
{
	struct scenario s = { .kind = SCENARIO_MIXED,
			      .town = { .shape = SHAPE_WIRE,
					.nodes = 3,
					.hosts = 6,
					.clouds = 1,
					.varied = true },
			      .script = { .churn = CHURN_ACT | CHURN_ROAM,
					  .every = 500 * USEC_MS,
					  .act_every = 200 * USEC_MS },
			      .lease_s = 120,
			      .time = 70 * USEC_S,
			      .quiet = 20 * USEC_S };
	static struct outcome a, b;

	(void)state;
	assert_int_equal(scenario_run(&s, 3, false, &a), 0);
	assert_int_equal(scenario_run(&s, 3, false, &b), 0);
	if (a.violations)
		fail_msg("%s", a.texts[0]);
	assert_string_equal(a.hash, b.hash);
	assert_true(a.leases.allocations >= 6 && a.leases.renewals > 20);
	assert_true(a.leases.roams > 5 && a.leases.releases > 2);
	assert_int_equal(a.leases.clashes[JUDGE_STRANGERS], 0);
	assert_true(a.time >= 70 * USEC_S && a.faults.frames > 1000);
}

/* In a pool of four blocks two strangers nearly always claim one of the other's. */
static void test_chance(void **state)
{
	struct chance c;

	(void)state;
	assert_int_equal(chance_run(5, 4, 64, 1, &c), 0);
	assert_int_equal(c.trials, 5);
	assert_true(c.claimed[0] >= 5 && c.claimed[1] >= 5);
	assert_true(c.addresses >= 5 * 8);
	assert_in_range(c.expected_ppm, c.claimed[0] * 200000, c.claimed[0] * 1000000);
	assert_in_range(c.twice, 0, c.claimed[0]);
	assert_true(c.given_twice == 0 || c.twice > 0);
}

static void test_spread(void **state)
{
	static struct plan plan;
	static struct spread s;
	struct plan_wish wish = { .shape = SHAPE_LINE, .nodes = 6, .clouds = 2 };
	struct world_setup setup = { .plan = &plan, .seed = 1 };
	struct rng rng = rng_init(1);
	struct world *w;

	(void)state;
	plan_generate(&plan, &wish, &rng);
	w = world_new(&setup);
	assert_non_null(w);
	world_run(w, w->now + 30 * USEC_S);
	spread_run(w, 5, &s);
	assert_int_equal(s.count, 5);
	for (unsigned int i = 0; i < 5; i++)
		assert_in_range(s.took[i], i ? s.took[i - 1] : 1, 2 * USEC_S);
	assert_null(w->spread);
	/* nobody hears of a change that is made behind a cut */
	for (unsigned int i = 0; i < plan.wire_count; i++)
		w->wires[i].down = true;
	world_changed(w, false);
	spread_run(w, 1, &s);
	assert_true(s.count == 1 && s.took[0] == USEC_NEVER);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),   cmocka_unit_test(test_add),
		cmocka_unit_test(test_run),    cmocka_unit_test(test_chance),
		cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
