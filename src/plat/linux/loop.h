/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node process at work: events of the platform into the node, its effects done, its deadline
 * kept.
 *
 * One turn: every descriptor that is ready and every timer that is due become events; each event is
 * followed by all its effects. At the end of the turn frames are sent in one go and the wish, if it
 * has changed, is applied: at most every LOOP_APPLY_MS, every LOOP_REPAIR_MS when it is others who
 * change the kernel, with growing pauses up to LOOP_REFUSED_MS while the kernel refuses something.
 *
 * The node itself begins when there is a port to take an identity from; what comes before waits for
 * it.
 */
#ifndef PLAT_LOOP_H
#define PLAT_LOOP_H

#include <uv.h>

#include "node/node.h"
#include "plat/linux/parent.h" /* exit statuses */

#define LOOP_MESH_MS 1000 /* between two looks at the tables of the kernel's engine */
#define LOOP_APPLY_MS 50
#define LOOP_REPAIR_MS 1000
#define LOOP_REFUSED_MS 60000 /* the longest pause between tries of what the kernel refuses */
#define LOOP_LOOK_MS 3000     /* after what nobody tells of */
#define LOOP_PRIMARY_MS                                                                            \
	5000 /* a primary interface that is configured and missing is waited for                   \
	      */

struct loop;

struct loop_setup {
	const struct conf *conf;  /* borrowed for the loop's life */
	struct settings settings; /* that are part of it; what they borrow, too */
	int channel;		  /* to the root process; owned */
	int record_fd;		  /* -1 = none; borrowed */
	const char *run_dir;
	const uint8_t *babel_key; /* 32 bytes, NULL = Babel is open */
	void *ctx;
	/* The node has begun; called before its first event. 0 or -errno, which ends the loop. */
	int (*begin)(void *ctx, struct loop *l, struct node *n);
	/* Something that people may want to know. */
	void (*notice)(void *ctx, const struct effect_notice *n);
	void (*record)(void *ctx, const struct state_event *e);
	/* SIGHUP: the configuration file, owned by the callee, or -errno. True: it is good, end
	 * with PARENT_EXIT_AGAIN. */
	bool (*reload)(void *ctx, int fd);
};

/* NULL and *ret_err = -errno. */
struct loop *loop_new(const struct loop_setup *setup, int *ret_err);
/* Until SIGTERM or SIGINT (then everything is taken out of the kernel), a reload, or an error: the
 * exit status for the root process. */
int loop_run(struct loop *l);
/* NULL accepted. Node and loop end here; `begin`'s node is gone afterwards. */
void loop_free(struct loop *l);

uv_loop_t *loop_uv(struct loop *l);
usec_t loop_now(void);
/* For the control socket: an event of its own. Not from within an effect. */
void loop_event(struct loop *l, const struct event *e);

struct helpers;

/* The helper programs, for people who ask. */
const struct helpers *loop_helpers(const struct loop *l);

/* As the functions of system.h, for the same. */
int loop_neighbour4(const struct loop *l, const struct ip4 *ip, struct mac *ret_mac);
int loop_neighbour6(const struct loop *l, const struct ip6 *ip, struct mac *ret_mac);
bool loop_device(const struct loop *l, const char *name, int *ret_index, struct mac *ret_mac);
int loop_statistics(const struct loop *l, void (*fn)(void *arg, const char *name, uint64_t value),
		    void *arg);

/* What people are told of the snapshot that this start could not use, "" if it could. */
const char *loop_state_rejected(const struct loop *l);

struct loop_counters {
	uint64_t events, effects, applies, apply_errors;
	uint64_t lost; /* notifications of the kernel, no memory */
	const struct packets_counters *packets;
	const struct datagrams_counters *datagrams;
	const struct babel_counters *babel;
	const struct store_counters *store;
};

void loop_counters(const struct loop *l, struct loop_counters *ret);

#endif
