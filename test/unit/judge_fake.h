/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A world for the judge of leases, in which everything is as the test says. */
#ifndef TEST_JUDGE_FAKE_H
#define TEST_JUDGE_FAKE_H

#include "sim/judge.h"

#define NODES 4
#define CLIENTS 4
#define HOUR (3600 * USEC_S)
#define START (1000 * USEC_S)
#define BLOCK 7

struct fake {
	struct judge *judge;
	bool alive[NODES];
	struct ip4 book[NODES][CLIENTS];
	usec_t joined[NODES][NODES];
	bool met[NODES][NODES];
	unsigned int found;
	char text[300]; /* of the last one */
};

extern struct fake f;
extern const struct ip4 IP, OTHER; /* 10.1.0.113 and .114 */

/* All nodes are up and have heard each other since the beginning; all but the last one are of one
 * cloud. Nodes and clients are called one, two, three, four. */
int fake_setup(void **state);
int fake_teardown(void **state);
/* One violation has been found, with this in its text; from here on it is forgotten. */
void assert_found(const char *text);
void assert_fine(void);
const struct judge_count *count(void);
/* From here on these two do not hear each other; and since then they do. */
void cut(unsigned int a, unsigned int b);
void heal(unsigned int a, unsigned int b, usec_t at);
/* The address IP, out of a block of the node itself, which has others. */
struct judge_grant some_grant(unsigned int node, unsigned int client);
void grant(unsigned int node, unsigned int client, usec_t now);
void grant_aged(unsigned int node, unsigned int client, uint32_t age_s, usec_t now);
void grant_other(unsigned int node, unsigned int client, usec_t now);
/* The node claims BLOCK. */
void claim(unsigned int node, usec_t now);

#define RULE(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)

#endif
