/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server side of the control socket, without the socket: a line in, a line out. JSON-RPC 2.0,
 * one JSON text per line. The daemon, the simulator and tests use it alike.
 *
 * Limits: a line has at most RPC_LINE_MAX bytes and its values nest at most RPC_DEPTH_MAX deep;
 * a batch is refused (send one request per line). Errors: -32700 no JSON, -32600 no request,
 * -32601 no such method, -32602 parameters, -32603 internal, RPC_NOT_FOUND nothing of that name,
 * RPC_FORBIDDEN not allowed, RPC_FULL no room (or too much at once), RPC_NOT_YET in a few seconds.
 */
#ifndef RPC_CALL_H
#define RPC_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "node/effect.h"
#include "node/node.h"

#define RPC_LINE_MAX 65536
#define RPC_DEPTH_MAX 16

enum rpc_error_code {
	RPC_PARSE = -32700,
	RPC_REQUEST = -32600,
	RPC_METHOD = -32601,
	RPC_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_NOT_FOUND = -32001,
	RPC_FORBIDDEN = -32002,
	RPC_FULL = -32003,
	RPC_NOT_YET = -32004,
};

/* Notifications that a peer can ask for, or'ed. */
enum rpc_stream {
	RPC_EVENTS = 4,	 /* rpc_notice */
	RPC_RECORDS = 8, /* rpc_record */
};

/* The records that a peer with RPC_RECORDS wants to hear of. */
struct rpc_watch {
	bool any_type, any_author;
	uint8_t type;
	struct state_node author;
};

bool rpc_watch_takes(const struct rpc_watch *w, const struct state_event *e);

/* What a platform can tell beyond what the node knows. Each callback may be NULL; cursors start at
 * 0, false at the end. */
struct rpc_child {
	enum child_kind kind;
	char dev[NODE_IFNAME]; /* CHILD_DHCP */
	bool running;
};

struct rpc_counter {
	const char *group, *name;
	uint64_t value;
};

typedef void rpc_statistic_fn(void *arg, const char *name, uint64_t value);

struct ss_store;

struct rpc_platform {
	bool (*child_next)(void *ctx, uint32_t *cursor, struct rpc_child *ret);
	bool (*neighbour_next)(void *ctx, uint32_t *cursor, struct event_neighbour *ret);
	bool (*counter_next)(void *ctx, uint32_t *cursor, struct rpc_counter *ret);
	/* Why the saved state was not used at the start, "" if it was. */
	const char *(*state_rejected)(void *ctx);
	/* Number and MAC of a network device; false: there is none of that name. */
	bool (*device)(void *ctx, const char *name, int *ret_index, struct mac *ret_mac);
	/* The MAC that the kernel knows for an address of the cloud; false: none. */
	bool (*resolve)(void *ctx, const char *address, struct mac *ret_mac);
	/* What a bridge holds of LibreMesh's shared state, and by which protocol; NULL at the end.
	 */
	const struct ss_store *(*store_next)(void *ctx, uint32_t *cursor, const char **ret_by);
	/* What the kernel's engine has counted: 0 or -errno. */
	int (*statistics)(void *ctx, rpc_statistic_fn *fn, void *arg);
};

struct shared_state;

struct rpc_context {
	const struct node *node;
	usec_t started; /* when the daemon started; node_now() counts from the same zero */
	usec_t now;	/* of this call */
	bool read_only; /* the caller may look, but not act */
	void (*act)(void *ctx, const struct event *e); /* hands an event to the node */
	const struct rpc_platform *platform;	       /* may be NULL */
	void *ctx;				       /* of act and platform */
	struct shared_state *shared_state;	       /* NULL: this node does not share by HTTP */
	const struct conf_refused *refused;	       /* settings that it began without, or NULL */
	/* set by rpc_call for its methods */
	struct rpc_members *members;
	struct rpc_watch *watch;
};

struct rpc_reply {
	char *text; /* one line without its newline; NULL: nothing to say */
	size_t len;
	unsigned int subscribe; /* enum rpc_stream: what this peer gets from now on */
	struct rpc_watch watch; /* with RPC_RECORDS */
};

/* A request line, with or without its newline. */
void rpc_call(const struct rpc_context *c, const char *line, size_t len, struct rpc_reply *ret);
/* A notice as a JSON-RPC notification for those who subscribed. seconds: wall time, 0 = unknown. */
void rpc_notice(const struct rpc_context *c, const struct effect_notice *notice, int64_t seconds,
		struct rpc_reply *ret);
/* A change of a record in the same way, for those who watch. Right after EFFECT_RECORD: how the
 * record is now is looked up. */
void rpc_record(const struct rpc_context *c, const struct state_event *e, struct rpc_reply *ret);
/* What it means, in words. */
const char *rpc_notice_text(enum notice n);
void rpc_reply_done(struct rpc_reply *r);

#endif
