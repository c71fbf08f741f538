/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One uplink in one family: is there an internet behind it? For the files of this core only. */
#ifndef CORE_GATEWAY_PATH_H
#define CORE_GATEWAY_PATH_H

#include "core/gateway/gateway.h"

struct path_answer {
	enum gateway_result result;
	uint32_t rtt_us;
};

/* Afresh: unknown and down, first round now; absent when the uplink does not have the family. */
void path_restart(struct gateway *g, struct gateway_port *p, enum gateway_family f, usec_t now);
/* The list of targets is made anew from uplink and configuration; the state stays. */
void path_targets(struct gateway *g, struct gateway_port *p, enum gateway_family f, usec_t now);
/* False when the id is none of this path's. */
bool path_result(struct gateway *g, struct gateway_port *p, enum gateway_family f, uint32_t id,
		 const struct path_answer *answer, usec_t now);
void path_tick(struct gateway *g, struct gateway_port *p, enum gateway_family f, usec_t now);
usec_t path_deadline(const struct gateway_path *path);

/* What the results of a whole round say. */
enum gateway_reason path_verdict(const struct gateway_path *path);

bool gateway_addr_eq(const struct gateway_addr *a, const struct gateway_addr *b);

#endif
