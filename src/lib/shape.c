/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/shape.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define SIDE 10000 /* of the square */
/* pi * NEAR^2 * n is five times the square */
#define NEAR_SQUARED_N 159154943

struct drawing {
	void (*link)(void *ctx, uint16_t a, uint16_t b);
	void *ctx;
	uint16_t n;
	struct rng *rng;
};

static void join(const struct drawing *d, uint32_t a, uint32_t b)
{
	d->link(d->ctx, (uint16_t)a, (uint16_t)b);
}

/* One number in one statement: the order in which a compiler evaluates arguments is its own. */
static void draw_random(const struct drawing *d)
{
	for (uint32_t i = 1; i < d->n; i++)
		join(d, i, i - 1 - rng_below(d->rng, i < 4 ? i : 4));
	for (uint32_t i = 0; i < d->n / 2; i++) {
		uint32_t a = rng_below(d->rng, d->n);
		uint32_t b = rng_below(d->rng, d->n);

		join(d, a, b);
	}
}

static void draw_grid(const struct drawing *d)
{
	uint32_t width = 1;

	while (width * width < d->n)
		width++;
	for (uint32_t i = 0; i < d->n; i++) {
		if ((i + 1) % width && i + 1 < d->n)
			join(d, i, i + 1);
		if (i + width < d->n)
			join(d, i, i + width);
	}
}

struct place {
	uint32_t x, y;
	uint32_t apart; /* squared, from the nearest place that is joined */
	uint16_t nearest;
	bool joined;
};

static uint32_t apart(const struct place *a, const struct place *b)
{
	uint32_t dx = a->x > b->x ? a->x - b->x : b->x - a->x;
	uint32_t dy = a->y > b->y ? a->y - b->y : b->y - a->y;

	return dx * dx + dy * dy;
}

/* The place nearest to those that are joined already; there must be one. */
static uint16_t place_next(const struct place *at, uint16_t n)
{
	uint16_t best = n;

	for (uint16_t i = 0; i < n; i++)
		if (!at[i].joined && (best == n || at[i].apart < at[best].apart))
			best = i;
	return best;
}

/* The shortest links that join all come first (Prim), so that none of them is refused by who takes
 * only so many at one place. */
static void draw_geometric(const struct drawing *d)
{
	struct place at[SHAPE_PLACES];
	uint32_t near = NEAR_SQUARED_N / d->n;

	for (uint16_t i = 0; i < d->n; i++) {
		at[i] = (struct place) { .apart = UINT32_MAX };
		at[i].x = rng_below(d->rng, SIDE);
		at[i].y = rng_below(d->rng, SIDE);
	}
	for (uint16_t count = 0; count < d->n; count++) {
		uint16_t i = place_next(at, d->n);

		at[i].joined = true;
		if (count)
			join(d, at[i].nearest, i);
		for (uint16_t j = 0; j < d->n; j++) {
			if (at[j].joined || apart(&at[i], &at[j]) >= at[j].apart)
				continue;
			at[j].apart = apart(&at[i], &at[j]);
			at[j].nearest = i;
		}
	}
	for (uint16_t i = 0; i < d->n; i++)
		for (uint16_t j = 0; j < i; j++)
			if (apart(&at[i], &at[j]) <= near && at[i].nearest != j &&
			    at[j].nearest != i)
				join(d, j, i);
}

static void draw_rings(const struct drawing *d)
{
	for (uint32_t i = 1; i < d->n; i++) {
		join(d, i - 1, i);
		if (i >= 3 && i % 3 == 0)
			join(d, i - 3, i);
	}
}

void shape_make(enum shape shape, uint16_t n, struct rng *rng,
		void (*link)(void *ctx, uint16_t a, uint16_t b), void *ctx)
{
	struct drawing d = { .link = link, .ctx = ctx, .n = n, .rng = rng };

	assert(n > 0 && n <= SHAPE_PLACES);
	switch (shape) {
	case SHAPE_RANDOM:
		draw_random(&d);
		break;
	case SHAPE_LINE:
	case SHAPE_TREE:
		for (uint32_t i = 1; i < n; i++)
			join(&d, shape == SHAPE_TREE ? (i - 1) / 2 : i - 1, i);
		break;
	case SHAPE_GRID:
		draw_grid(&d);
		break;
	case SHAPE_WIRE:
		for (uint32_t i = 0; i < n; i++)
			join(&d, i, SHAPE_HUB);
		break;
	case SHAPE_GEOMETRIC:
		draw_geometric(&d);
		break;
	case SHAPE_RINGS:
		draw_rings(&d);
		break;
	case SHAPES:
		break;
	}
}

int shape_find(const char *name, enum shape *ret)
{
	static const char *const names[SHAPES] = {
		[SHAPE_RANDOM] = "random", [SHAPE_LINE] = "line", [SHAPE_GRID] = "grid",
		[SHAPE_TREE] = "tree",	   [SHAPE_WIRE] = "wire", [SHAPE_GEOMETRIC] = "geometric",
		[SHAPE_RINGS] = "rings",
	};

	for (enum shape s = SHAPE_RANDOM; s < SHAPES; s++) {
		if (strcmp(name, names[s]) != 0)
			continue;
		*ret = s;
		return 0;
	}
	return -EINVAL;
}
