/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shapes of networks: which of n places are joined. For those who make up towns: the lab builds
 * them, the simulator plays them. The same numbers give the same shape on every machine.
 */
#ifndef LIB_SHAPE_H
#define LIB_SHAPE_H

#include "lib/rng.h"

#define SHAPE_PLACES 512
#define SHAPE_HUB UINT16_MAX /* the wire itself, to which all of SHAPE_WIRE are joined */

enum shape {
	SHAPE_RANDOM, /* each to one of the four before it, and half as many links anywhere */
	SHAPE_LINE,
	SHAPE_GRID,
	SHAPE_TREE,	 /* two below each */
	SHAPE_WIRE,	 /* all on one */
	SHAPE_GEOMETRIC, /* random places on a square: near ones hear each other, five on average;
			  * those that nobody hears have a link to the nearest */
	SHAPE_RINGS,	 /* a line, of which every third place reaches three back */
	SHAPES
};
#define SHAPE_NAMES "random, line, grid, tree, wire, geometric or rings"

/* Calls back for each link, by the places 0 to n - 1; n is at most SHAPE_PLACES. Who draws numbers
 * from the same rng in between gets the same ones each time. Of SHAPE_RANDOM some may come twice,
 * or join a place to itself. */
void shape_make(enum shape shape, uint16_t n, struct rng *rng,
		void (*link)(void *ctx, uint16_t a, uint16_t b), void *ctx);
/* 0 or -EINVAL: no such shape. */
int shape_find(const char *name, enum shape *ret);

#endif
