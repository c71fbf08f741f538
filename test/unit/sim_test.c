/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the simulator that everything it says rests on: order of events, stacks, what is
 * made and what is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "packet/eth.h"
#include "sim/heap.h"
#include "sim/sabotage.h"
#include "sim/stack.h"

static void test_heap_order(void **state)
{
	struct rng rng = rng_init(1);
	struct heap h = { 0 };
	usec_t at = 0, last = -1;
	uint64_t last_seq = 0;

	(void)state;
	for (int i = 0; i < 5000; i++)
		heap_push(&h, (struct item) { .at = rng_below(&rng, 300) });
	for (int i = 0; i < 5000; i++) {
		struct item item;

		assert_true(heap_peek(&h, &at));
		item = heap_pop(&h);
		assert_int_equal(item.at, at);
		assert_true(item.at > last || (item.at == last && item.seq > last_seq));
		last = item.at;
		last_seq = item.seq;
	}
	assert_false(heap_peek(&h, &at));
	heap_push_bytes(&h, (struct item) { .at = 1 }, "abc", 3);
	heap_done(&h); /* frees what was never taken out */
}

/* Two stacks on one wire without time. */
struct pair {
	struct stack s[2];
	int echoes;
	int depth;
};

static void wire(void *ctx, const uint8_t *frame, size_t len)
{
	struct pair *p = ctx;
	uint8_t copy[1514];
	struct rd r = rd_init(frame, len);
	struct eth e;

	assert_true(len <= sizeof(copy) && p->depth < 20);
	assert_int_equal(eth_decode(&r, &e), 0);
	memcpy(copy, frame, len);
	p->depth++;
	stack_input(&p->s[mac_eq(&e.src, &p->s[0].mac)], copy, len, 1);
	p->depth--;
}

static void echo(void *ctx, uint16_t id, uint16_t seq, bool v6)
{
	struct pair *p = ctx;

	assert_int_equal(id, 7);
	assert_int_equal(seq, v6 ? 6 : 4);
	p->echoes++;
}

static void test_stack_echo(void **state)
{
	static struct pair p;
	struct ip6 router;

	(void)state;
	for (uint8_t i = 0; i < 2; i++) {
		p.s[i] = (struct stack) { .mac = { { 2, 0, 0, 0, 0, (uint8_t)(i + 1) } },
					  .ip4 = { { 10, 1, 0, (uint8_t)(i + 1) } },
					  .len4 = 16,
					  .ip6_count = 2,
					  .send = wire,
					  .echo_reply = echo,
					  .ctx = &p };
		p.s[i].ip6[0] = ip6_link_local(&p.s[i].mac);
		p.s[i].ip6[1] = (struct ip6) { { 0xfd, [15] = (uint8_t)(i + 1) } };
	}
	assert_true(stack_ping4(&p.s[0], &p.s[1].ip4, 7, 4, 1));
	assert_int_equal(p.echoes, 1);
	assert_true(stack_ping6(&p.s[0], &p.s[1].ip6[1], 7, 6, 1));
	assert_int_equal(p.echoes, 2);
	router = ip4_mapped(&p.s[1].ip4);
	assert_non_null(stack_neighbour(&p.s[0], &router));
	stack_forget(&p.s[0], &router);
	assert_null(stack_neighbour(&p.s[0], &router));
}

static void test_plan_shapes(void **state)
{
	static const char *const names[] = { "random", "line", "grid", "tree", "wire" };
	static struct plan p;
	enum plan_shape shape;

	(void)state;
	assert_int_not_equal(plan_shape_find("star", &shape), 0);
	for (unsigned int i = 0; i < 5; i++) {
		struct plan_wish wish = { .nodes = 9, .hosts = 3, .clouds = 1 };
		struct rng rng = rng_init(5);

		assert_int_equal(plan_shape_find(names[i], &wish.shape), 0);
		plan_generate(&p, &wish, &rng);
		assert_int_equal(p.node_count, 9);
		assert_int_equal(p.host_count, 3);
		assert_in_range(p.wire_count, 8, 36);
	}
}

/* Three nodes for half a minute: clients get addresses, nothing is found, and the seed decides. */
static void run(uint64_t seed, char hash[static 17])
{
	static struct plan p;
	struct plan_wish wish = { .shape = PLAN_LINE, .nodes = 3, .hosts = 3, .clouds = 1 };
	struct world_setup setup = { .plan = &p, .seed = seed };
	struct rng rng = rng_init(1);
	struct world *w;

	plan_generate(&p, &wish, &rng);
	w = world_new(&setup);
	assert_non_null(w);
	world_run(w, w->now + 30 * USEC_S);
	check_final(w);
	assert_int_equal(w->violation_count, 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(w->hosts[i].state, HOST_BOUND);
	record_hash_text(&w->hash, hash);
	world_free(w);
}

static void test_world_seed(void **state)
{
	char a[17], b[17], c[17];

	(void)state;
	run(1, a);
	run(1, b);
	run(2, c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

static void test_sabotage_names(void **state)
{
	unsigned int n = 0;

	(void)state;
	while (sabotage_at(n)) {
		assert_ptr_equal(sabotage_find(sabotage_at(n)->name), sabotage_at(n));
		n++;
	}
	assert_true(n >= 10);
	assert_null(sabotage_find("none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heap_order),     cmocka_unit_test(test_stack_echo),
		cmocka_unit_test(test_plan_shapes),    cmocka_unit_test(test_world_seed),
		cmocka_unit_test(test_sabotage_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
