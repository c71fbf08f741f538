/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spread SHAPE NODES LOSS CHANGES SEED: a network of that shape (random, grid or line) in virtual
 * time, the wires of which lose LOSS percent each way. Nodes at different places write a record,
 * one after the other, and for each is printed after how many milliseconds all nodes have it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"

#define SETTLE (90 * USEC_S) /* until nodes know their neighbours and what they know */
#define STEP (5 * USEC_MS)
#define GIVE_UP (60 * USEC_S)
#define PAUSE USEC_S
#define TYPE 200       /* a free one */
#define PORTS 10       /* of a node to others */
#define DELAY_MAX 3000 /* us, of a wire */

static struct plan plan;

static unsigned int degree(uint16_t node)
{
	unsigned int d = 0;

	for (unsigned int i = 0; i < plan.wire_count; i++)
		d += plan.wires[i].a == node || plan.wires[i].b == node;
	return d;
}

static void wire(uint16_t a, uint16_t b, struct rng *rng)
{
	if (a == b || degree(a) == PORTS || degree(b) == PORTS)
		return;
	(void)plan_add_wire(&plan, a, b, 200 + rng_below(rng, DELAY_MAX));
}

/* Each to one of the four before it, and half as many links anywhere. */
static void shape_random(uint16_t n, struct rng *rng)
{
	for (uint16_t i = 1; i < n; i++)
		wire(i, (uint16_t)(i - 1 - rng_below(rng, i < 4 ? i : 4)), rng);
	for (uint16_t i = 0; i < n / 2; i++) {
		uint16_t a = (uint16_t)rng_below(rng, n);

		wire(a, (uint16_t)rng_below(rng, n), rng);
	}
}

static void shape_rows(uint16_t n, uint16_t width, struct rng *rng)
{
	for (uint16_t i = 0; i < n; i++) {
		if ((i + 1) % width && i + 1 < n)
			wire(i, (uint16_t)(i + 1), rng);
		if (i + width < n)
			wire(i, (uint16_t)(i + width), rng);
	}
}

/* False: no such shape. */
static bool make(const char *shape, uint16_t n, uint32_t loss_ppm, struct rng *rng)
{
	uint16_t width = 1;
	char name[32];

	while (width * width < n)
		width++;
	for (uint16_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		if (plan_add_node(&plan, name, "spread"))
			return false;
	}
	if (!strcmp(shape, "random"))
		shape_random(n, rng);
	else if (!strcmp(shape, "grid"))
		shape_rows(n, width, rng);
	else if (!strcmp(shape, "line"))
		shape_rows(n, n, rng);
	else
		return false;
	for (unsigned int i = 0; i < plan.wire_count; i++)
		plan.wires[i].loss_ppm = loss_ppm;
	return true;
}

static struct state_event about(uint32_t number)
{
	return (struct state_event) { .key = state_key_init(TYPE, &number, sizeof(number)),
				      .scope = STATE_CLOUD,
				      .kind = STATE_SHARED };
}

static bool has(const struct node *n, uint32_t number)
{
	struct state_event e = about(number);
	struct state_view v;

	return state_get_told(node_state(n), &e, node_now(n), &v) == 0;
}

static bool all_have(const struct world *w, uint32_t number)
{
	for (unsigned int i = 0; i < plan.node_count; i++)
		if (!has(w->nodes[i].node, number))
			return false;
	return true;
}

/* As large as a lease with a name. */
static int change(struct sim_node *k, uint32_t number)
{
	static const uint8_t value[60] = { 1 };
	struct event e = { .kind = EVENT_CONTROL,
			   .control = { .act = CONTROL_PUT_STATE,
					.put = { .type = TYPE,
						 .id_len = sizeof(number),
						 .value = value,
						 .len = sizeof(value) } } };

	memcpy(e.control.put.id, &number, sizeof(number));
	kernel_event(k, &e);
	return node_put_error(k->node);
}

/* False: somebody has not got it. */
static bool spread(struct world *w, uint32_t number)
{
	usec_t start = w->now;

	if (change(&w->nodes[number * 37 % plan.node_count], number))
		return false;
	while (!all_have(w, number) && w->now - start < GIVE_UP)
		world_run(w, w->now + STEP);
	printf("%lld\n", (long long)((w->now - start) / USEC_MS));
	return all_have(w, number);
}

int main(int argc, char **argv)
{
	struct world_setup setup = { .plan = &plan };
	struct rng rng;
	struct world *w;
	bool good = true;

	if (argc != 6) {
		fputs("usage: spread random|grid|line NODES LOSS CHANGES SEED\n", stderr);
		return 2;
	}
	setup.seed = strtoull(argv[5], NULL, 10);
	rng = rng_init(setup.seed);
	if (!make(argv[1], (uint16_t)atoi(argv[2]), (uint32_t)atoi(argv[3]) * 10000, &rng))
		return 2;
	w = world_new(&setup);
	if (!w)
		return 1;
	world_run(w, w->now + SETTLE);
	for (uint32_t i = 0; good && i < (uint32_t)atoi(argv[4]); i++) {
		good = spread(w, i);
		world_run(w, w->now + PAUSE);
	}
	world_free(w);
	return good ? 0 : 1;
}
