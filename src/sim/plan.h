/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is simulated: nodes, wires, clients. Made from a file by the program, or by a generator
 * here. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/shape.h"

#define PLAN_NODES 128
#define PLAN_WIRES 8192 /* a wire that all of them are on has one for each two */
#define PLAN_HOSTS 512

struct plan_node {
	char name[32];
	char ssid[33];
	bool uplink; /* has an internet provider on a port of its own */
	bool late;   /* is not there before the script brings it for the first time */
};

struct plan_wire {
	uint16_t a, b; /* nodes */
	/* 0: a cable. Else one port of each of the two is on this shared wire, which has one of
	 * these for each two that are on it. */
	uint16_t segment;
	usec_t latency_us;
	uint32_t loss_ppm, duplicate_ppm, reorder_ppm;
	bool quiet; /* by way of a switch: its ends keep their carrier when it breaks */
};

struct plan_host {
	char name[32];
	uint16_t at;	/* node */
	bool silent;	/* its moves show by its frames only */
	bool quiet;	/* it says nothing of itself once it has an address */
	bool remembers; /* back from afar it asks for the address that it had (RFC 2131, 3.2) */
	bool has_id;	/* sends a client identifier */
};

struct plan {
	unsigned int node_count, wire_count, host_count, segment_count;
	struct plan_node nodes[PLAN_NODES];
	struct plan_wire wires[PLAN_WIRES];
	struct plan_host hosts[PLAN_HOSTS];
};

/* 0 or -ENOSPC. */
int plan_add_node(struct plan *p, const char *name, const char *ssid);
int plan_add_wire(struct plan *p, uint16_t a, uint16_t b, usec_t latency_us);
int plan_add_host(struct plan *p, const char *name, uint16_t at);
/* One wire that all of these nodes are on. */
int plan_add_segment(struct plan *p, const uint16_t *nodes, unsigned int count, usec_t latency_us);

struct plan_wish {
	enum shape shape;
	unsigned int nodes, hosts, clouds;
	unsigned int
		late; /* so many nodes at most come later, at least one of each cloud does not */
	uint32_t loss_ppm, duplicate_ppm, reorder_ppm;
	bool quiet;  /* all clients are */
	bool varied; /* some clients remember their addresses, and some send identifiers */
};

/* Clouds of that shape, each next to the next by two wires; every fourth cable breaks quietly;
 * clients at random places, every third moves silently, every fifth only answers; the first and the
 * last node have an uplink. */
void plan_generate(struct plan *p, const struct plan_wish *wish, struct rng *rng);

#endif
