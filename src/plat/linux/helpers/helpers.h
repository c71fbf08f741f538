/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that work for the node (babeld, dnsmasq, udhcpc) and hostapd, which works for
 * itself. */
#ifndef PLAT_HELPERS_H
#define PLAT_HELPERS_H

#include <uv.h>

#include "node/node.h"
#include "plat/linux/devices.h"
#include "plat/linux/sink.h"

struct helpers;

struct helpers_setup {
	uv_loop_t *loop;
	int channel; /* to the root process; owned */
	struct sink sink;
	const uint8_t *babel_key; /* BABEL_KEY_SIZE bytes, NULL = open */
	uint64_t hash_key[2];
	void *ctx;
	void (*config)(void *ctx,
		       int fd);	 /* answers helpers_config: owned by the callee, or -errno */
	void (*lost)(void *ctx); /* the root process is gone */
};

/* NULL and *ret_err = -errno. */
struct helpers *helpers_new(const struct helpers_setup *setup, int *ret_err);
/* The programs go on: they belong to the root process. NULL accepted. */
void helpers_free(struct helpers *h);

void helpers_apply(struct helpers *h, const struct wish *w, const struct devices *devices);
/* EFFECT_NAMES. */
void helpers_names(struct helpers *h, const struct node *n);
/* EFFECT_DISASSOCIATE. */
void helpers_disassociate(struct helpers *h, const struct effect_disassociate *e);
/* A new descriptor of the configuration file. */
void helpers_config(struct helpers *h);
/* The node is in service: the service manager is told, once. */
void helpers_ready(struct helpers *h);
/* The loop turns; the root process kills a node process that does not say so. */
void helpers_alive(struct helpers *h);

/* For people who ask: in order from *cursor = 0, false at the end. */
bool helpers_neighbour_next(const struct helpers *h, uint32_t *cursor, struct event_neighbour *ret);
bool helpers_child_next(const struct helpers *h, uint32_t *cursor, struct wish_child *ret,
			bool *ret_running);
const struct babel_counters *helpers_babel_counters(const struct helpers *h);

#endif
