/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is simulated: nodes, wires, clients. Made from a file by the program, or by a generator
 * here. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/rng.h"

#define PLAN_NODES 128
#define PLAN_WIRES 256
#define PLAN_HOSTS 128

struct plan_node {
	char name[32];
	char ssid[33];
	bool uplink; /* has an internet provider on a port of its own */
};

struct plan_wire {
	uint16_t a, b; /* nodes */
	usec_t latency_us;
	uint32_t loss_ppm, duplicate_ppm, reorder_ppm;
	bool quiet; /* by way of a switch: its ends keep their carrier when it breaks */
};

struct plan_host {
	char name[32];
	uint16_t at; /* node */
	bool silent; /* its moves show by its frames only */
	bool quiet;  /* it says nothing of itself once it has an address */
};

struct plan {
	unsigned int node_count, wire_count, host_count;
	struct plan_node nodes[PLAN_NODES];
	struct plan_wire wires[PLAN_WIRES];
	struct plan_host hosts[PLAN_HOSTS];
};

/* 0 or -ENOSPC. */
int plan_add_node(struct plan *p, const char *name, const char *ssid);
int plan_add_wire(struct plan *p, uint16_t a, uint16_t b, usec_t latency_us);
int plan_add_host(struct plan *p, const char *name, uint16_t at);
enum plan_shape { PLAN_RANDOM, PLAN_LINE, PLAN_GRID, PLAN_TREE, PLAN_WIRE };

struct plan_wish {
	enum plan_shape shape;
	unsigned int nodes, hosts, clouds;
	uint32_t loss_ppm, duplicate_ppm, reorder_ppm;
};

/* Clouds of that shape, each next to the next by two wires; every fourth wire breaks quietly;
 * clients at random places, every third moves silently, every fifth only answers; the first and the
 * last node have an uplink. */
void plan_generate(struct plan *p, const struct plan_wish *wish, struct rng *rng);
/* 0 or -EINVAL: no such shape. */
int plan_shape_find(const char *name, enum plan_shape *ret);
#define PLAN_SHAPES "random, line, grid, tree or wire"

#endif
