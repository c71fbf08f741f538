/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * babeld as this node runs it: its configuration file, its local socket, and what its monitor says
 * as EVENT_ROUTE and EVENT_NEIGHBOUR.
 *
 * What may change while it runs are its interfaces; a changed key needs a restart (babel_started
 * says so). Changes of a route are gathered for 20 ms, because babeld tells a change of next hop as
 * "old one not installed", "new one installed". Whoever reads babeld too slowly is cut off by it:
 * then, as after a restart, everything is read anew and what is no longer told is gone.
 */
#ifndef PLAT_BABEL_H
#define PLAT_BABEL_H

#include <uv.h>

#include "node/wish.h"
#include "plat/linux/helpers/babel_text.h"
#include "plat/linux/devices.h"
#include "plat/linux/sink.h"

/* A neighbour is one after two or three hellos: 2 s, after babeld was killed, would be 7 s without
 * a way. A babeld that was restarted may have to wait for its neighbours' next update as well. */
#define BABEL_HELLO_S 1
#define BABEL_UPDATE_S 4
#define BABEL_KEY_SIZE 32
#define BABEL_ROUTES 4096
#define BABEL_NEIGHBOURS 512

struct babel_counters {
	uint64_t lines;
	uint64_t malformed; /* lines that could not be understood, or were too long */
	uint64_t refused;   /* requests that babeld did not like */
	uint64_t table_full;
	uint64_t connects;
};

struct babel;

/* hash_key: 128 random bits. NULL when there is no memory. */
struct babel *babel_new(uv_loop_t *loop, struct sink sink, const uint64_t hash_key[static 2]);
/* NULL accepted. */
void babel_free(struct babel *b);

/* Packets get and need this MAC key (RFC 8967); before the first babel_prepare. Without it the
 * network is open. */
void babel_set_key(struct babel *b, const uint8_t key[static BABEL_KEY_SIZE]);

/* Remembers the interfaces and tells a running babeld the difference. */
void babel_apply(struct babel *b, const struct wish *w, const struct devices *devices);

/* Before babeld starts: writes its configuration, takes away what an earlier one left. 0 or -errno.
 */
int babel_prepare(struct babel *b);
/* It runs. False: it was started with another configuration than ours and must be started anew. */
bool babel_started(struct babel *b);
void babel_ended(struct babel *b);

/* Neighbours: in order from *cursor = 0, false at the end. */
bool babel_neighbour_next(const struct babel *b, uint32_t *cursor, struct event_neighbour *ret);
const struct babel_counters *babel_counters(const struct babel *b);

#endif
