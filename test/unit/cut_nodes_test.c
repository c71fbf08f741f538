/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which nodes are remembered where somebody invents more than there are places for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/cut/cut.h"

#define PLACES 16

static struct cut c;
static struct outq out;
static uint64_t buf[512];
static usec_t now;

static struct mac invented(uint32_t number)
{
	return (struct mac) { { 2, 1, 0, 0, (uint8_t)(number >> 8), (uint8_t)number } };
}

static int setup(void **state)
{
	struct cut_conf conf = { .self = { { 2, 3 } }, .interval_ms = 1000, .nodes_max = PLACES };

	(void)state;
	now = 1000 * USEC_S;
	outq_init(&out, buf, sizeof(buf));
	return cut_init(&c, &conf, (struct hash_key) { 1, 2 }, &out, now);
}

static int teardown(void **state)
{
	(void)state;
	cut_done(&c);
	return 0;
}

/* What is heard is told, as it is of all nodes that the engine knows, also of those that went. */
static void second(uint32_t invented_so_far, const struct mac *true_one)
{
	struct out o;

	for (uint32_t i = 0; i < invented_so_far; i++) {
		struct mac mac = invented(i);

		cut_heard(&c, &mac, now - (invented_so_far - 1 - i) * USEC_S, now);
	}
	if (true_one)
		cut_heard(&c, true_one, now, now);
	cut_tick(&c, now);
	while (outq_pop(&out, &o))
		;
	now += USEC_S;
}

/* Another one each second: who is heard no more leaves a place for one that comes. */
static void test_invented(void **state)
{
	struct mac true_one = { { 2, 2 } };

	(void)state;
	for (uint32_t s = 1; s < 200; s++)
		second(s, NULL);
	for (uint32_t s = 200; s < 203; s++)
		second(s, &true_one);
	assert_true(cut_hears(&c, &true_one, now));
	assert_true(c.full > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_invented, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
