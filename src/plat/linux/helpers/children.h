/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node's side of the channel to the root process: which helper programs are wanted, which run.
 * One that dies is started again at once the first time, after 0.2, 0.4, ... 10 s when it keeps
 * dying; 20 s of life forgive that.
 */
#ifndef PLAT_CHILDREN_H
#define PLAT_CHILDREN_H

#include <uv.h>

#include "node/wish.h"
#include "plat/linux/parent.h"
#include "plat/linux/sink.h"

#define CHILDREN_MAX 32
#define CHILDREN_KEEP_MS                                                                           \
	15000 /* what an earlier node process started: time for this one to want it */

struct child {
	enum child_kind kind;
	uint16_t port; /* CHILD_DHCP */
	char dev[NODE_IFNAME];
	bool wanted;
	bool running;
	bool asked;	 /* a PARENT_START is under way */
	uint32_t deaths; /* in a row, short-lived */
	uint64_t at_ms;	 /* of the loop: started, or to be started when neither running nor asked */
	uint64_t keep_ms; /* not stopped before */
};

struct children_watch {
	void *ctx;
	/* After the EVENT_CHILD: `running` tells which. */
	void (*changed)(void *ctx, const struct child *c);
	/* Before a start: make what the program reads. False: not now. */
	bool (*prepare)(void *ctx, enum child_kind kind);
	/* A descriptor that was asked for, owned by the callee; or -errno. */
	void (*opened)(void *ctx, enum parent_op op, const char *dev, int fd);
	/* The root process is gone: there is nothing left to do but to end. */
	void (*lost)(void *ctx);
};

struct children {
	uv_loop_t *loop;
	struct poller *poller;
	struct alarm *alarm;
	int channel;
	struct sink sink;
	struct children_watch watch;
	uint16_t count;
	struct child list[CHILDREN_MAX];
};

/* 0 or -ENOMEM; owns the channel. */
int children_init(struct children *c, uv_loop_t *loop, int channel, struct sink sink,
		  const struct children_watch *watch);
/* Stops watching; the programs go on. */
void children_done(struct children *c);

/* Starts what is new in the list and stops what is no longer there. */
void children_apply(struct children *c, const struct wish_child *want, uint16_t count);
/* SIGHUP, if it runs. */
void children_reload(struct children *c, enum child_kind kind);
/* Stop it; it comes back as after a death, with fresh files. */
void children_restart(struct children *c, enum child_kind kind);
/* Answered through watch.opened. */
void children_open(struct children *c, enum parent_op op, const char *dev);
/* PARENT_READY, PARENT_ALIVE. */
void children_tell(struct children *c, enum parent_op op);

#endif
