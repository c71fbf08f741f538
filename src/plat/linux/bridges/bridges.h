/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges: what other mesh software shares its state by. Each has files of its own that can be
 * deleted, with its line in meson.build beside them and its option (`config trama 'bridge'`), or
 * left out by meson's option bridges. A bridge looks into the node and reports what it learns of
 * others as EVENT_IMPORT; no more than that changes in a node.
 */
#ifndef PLAT_BRIDGES_H
#define PLAT_BRIDGES_H

#include <uv.h>

#include "node/node.h"
#include "plat/linux/loop.h"
#include "plat/linux/sink.h"

struct bridges;
struct ss_store;

/* What a bridge gets; it outlives the bridge. */
struct bridges_setup {
	uv_loop_t *loop;
	const struct conf *conf;
	const struct node *node;
	struct sink sink;
	void *ctx; /* of the calls below: what only the platform knows */
	/* Number and MAC of a network device; false: there is none of that name. */
	bool (*device)(void *ctx, const char *name, int *ret_index, struct mac *ret_mac);
	/* What babeld hears, in order from *cursor = 0; false at the end. */
	bool (*neighbour_next)(void *ctx, uint32_t *cursor, struct event_neighbour *ret);
};

/* One protocol. */
struct bridge {
	const char *name; /* of its counters */
	/* NULL and *ret_err = 0: the configuration does not want it; NULL and -errno: it cannot. */
	void *(*start)(const struct bridges_setup *setup, int *ret_err);
	void (*stop)(void *state);
	/* In order from *cursor = 0; false at the end. */
	bool (*counter)(const void *state, uint32_t *cursor, const char **ret_name,
			uint64_t *ret_value);
	/* Entries of shared state that it holds, in order from *cursor = 0, NULL at the end; may be
	 * NULL. */
	const struct ss_store *(*store)(const void *state, uint32_t *cursor);
};

extern const struct bridge bridge_alfred;
extern const struct bridge bridge_shared_state_async;

/* All that are wanted; one that cannot start is said and left out. NULL when there is no memory. */
struct bridges *bridges_new(struct loop *l, const struct conf *conf, const struct node *n);
/* Before the loop ends. NULL accepted. */
void bridges_free(struct bridges *b);
/* For people who ask; in order from *cursor = 0, false at the end. */
bool bridges_counter_next(const struct bridges *b, uint32_t *cursor, const char **ret_group,
			  const char **ret_name, uint64_t *ret_value);
/* In the same way; *ret_by: the bridge's name. NULL at the end. */
const struct ss_store *bridges_store_next(const struct bridges *b, uint32_t *cursor,
					  const char **ret_by);

#endif
