/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated world: virtual time, nodes with a kernel of their own, wires, hosts. One seed
 * decides everything, so the same seed gives the same run and the same hash on every machine.
 *
 * A kernel here does what the wish makes Linux do: bridge with learning and ageing, the filters,
 * ARP and neighbour discovery, routing. babeld is replaced by an ideal: shortest paths, known
 * everywhere after a second.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "node/node.h"
#include "node/record.h"
#include "node/view.h"
#include "sim/plan.h"

#define WORLD_FDB 256
#define WORLD_NEIGHBOURS 64
#define WORLD_PROBES 4096 /* test frames that are remembered */
#define WAN_PORT 14	  /* port index of a provider */
#define AP_PORT 15	  /* port index of the access point */

struct world;

/* A frame at an interface of a host or of a node's own stack. */
struct stack {
	struct mac mac;
	struct ip4 ip4; /* zero: none */
	uint8_t len4;
	struct ip4 router4;
	struct ip6 ip6[4]; /* the first is link-local */
	unsigned int ip6_count;
	struct stack_neighbour {
		struct ip6 ip; /* IPv4 mapped */
		struct mac mac;
		usec_t at;
	} cache[WORLD_NEIGHBOURS];
	struct { /* one packet waits for its neighbour */
		uint8_t frame[1514];
		size_t len;
		struct ip6 next;
		usec_t at;
	} waiting;
	void (*send)(void *ctx, const uint8_t *frame, size_t len);
	/* An IPv4 packet that is not for this stack (or an echo reply that is). */
	void (*packet4)(void *ctx, const uint8_t *frame, size_t len);
	void (*echo_reply)(void *ctx, uint16_t id, uint16_t seq, bool v6);
	void *ctx;
	usec_t now;
};

void stack_input(struct stack *s, const uint8_t *frame, size_t len, usec_t now);
/* An echo request; false when nothing could be sent. */
bool stack_ping4(struct stack *s, const struct ip4 *to, uint16_t id, uint16_t seq, usec_t now);
bool stack_ping6(struct stack *s, const struct ip6 *to, uint16_t id, uint16_t seq, usec_t now);
/* An IPv4 packet (Ethernet frame whose addresses are rewritten) to a neighbour on this interface.
 */
void stack_forward4(struct stack *s, const uint8_t *frame, size_t len, const struct ip4 *next,
		    usec_t now);

enum bridge_port_kind {
	BRIDGE_LOCAL = -1, /* br0 itself */
	BRIDGE_CLOUD = NODE_PORTS,
	BRIDGE_ANYCAST,
};

struct fdb_entry {
	bool used;
	struct mac mac;
	int port; /* port index, BRIDGE_CLOUD */
	usec_t at;
};

struct sim_node;

struct kport {
	bool present;
	bool in_bridge;
	bool mesh;
	bool babel;
	int wire; /* -1: none */
	int end;
	struct mac mac;
	char name[NODE_IFNAME];
};

struct sim_node {
	struct world *world;
	unsigned int index;
	struct conf conf;
	struct node *node;
	bool alive;
	bool uplink_works;
	uint32_t boots;
	struct mac primary;
	struct kport ports[NODE_PORTS];
	struct fdb_entry fdb[WORLD_FDB];
	struct stack br0, anygw;
	usec_t armed;	 /* time of the timer that is in the queue */
	bool announces4; /* default route in table IMPORT */
	bool dhcp_child;
	uint8_t *snapshot;
	size_t snapshot_len;
	uint64_t stores;
	struct event_route default4; /* as last told */
	bool has_default4;
};

enum host_state { HOST_OFF, HOST_SELECTING, HOST_REQUESTING, HOST_BOUND };

struct sim_host {
	struct world *world;
	unsigned int index;
	bool silent;
	int at; /* node, -1 none */
	struct mac mac;
	struct stack stack;
	enum host_state state;
	uint32_t xid;
	struct ip4 offered, server;
	usec_t bound_at, lease_us, next_at;
	unsigned int tries;
	usec_t moved_at;
	uint16_t seq;
	uint64_t pings4, pongs4, pings6, pongs6, pings_out, pongs_out;
	uint64_t acks;
};

struct sim_wire {
	struct plan_wire plan;
	int port[2]; /* at nodes plan.a, plan.b */
	bool down;
	uint64_t frames;
};

enum item_kind {
	ITEM_TIMER,
	ITEM_WIRE,
	ITEM_AIR_UP,
	ITEM_AIR_DOWN,
	ITEM_HOST,
	ITEM_BRIDGE,
	ITEM_ROUTED,
	ITEM_BABEL,
	ITEM_SCRIPT,
	ITEM_EVENT
};

struct item {
	usec_t at;
	uint64_t seq;
	enum item_kind kind;
	uint32_t a, b;
	uint8_t *frame; /* owned */
	size_t len;
};

struct violation {
	char text[160];
};

struct world {
	const struct plan *plan;
	struct rng rng;
	usec_t now;
	uint64_t seq;
	struct item *heap;
	size_t heap_count, heap_cap;
	struct sim_node nodes[PLAN_NODES];
	struct sim_wire wires[PLAN_WIRES];
	struct sim_host hosts[PLAN_HOSTS];
	struct record_hash hash;
	usec_t changed_at; /* last roam, crash, cut */
	bool partitioned;  /* a cut or crash may have parted a cloud */
	bool lossy;
	bool verbose;
	/* test frames: id modulo WORLD_PROBES -> who saw it how often */
	struct probe {
		uint32_t id;
		bool broadcast;
		uint16_t sender;
		usec_t at;
		uint8_t hosts[PLAN_HOSTS];
		uint8_t nodes[PLAN_NODES];
	} * probes;
	uint32_t probe_next;
	uint64_t broadcasts, broadcast_copies, unicasts, unicast_got, unicast_twice;
	unsigned int violation_count;
	struct violation violations[16];
	/* Changes a frame that a node sends, for tests of the checks; NULL: none. False drops it.
	 */
	bool (*sabotage)(struct world *w, unsigned int node, uint8_t *frame, size_t len);
};

/* world.c */
struct world *world_new(const struct plan *plan, uint64_t seed);
void world_free(struct world *w);
void world_push(struct world *w, struct item i);
void world_push_frame(struct world *w, enum item_kind kind, usec_t at, uint32_t a, uint32_t b,
		      const uint8_t *frame, size_t len);
/* Runs until that time. */
void world_run(struct world *w, usec_t until);
void world_violation(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void world_log(const struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void wire_send(struct world *w, unsigned int wire, int from_end, const uint8_t *frame, size_t len);

/* kernel.c */
void kernel_boot(struct sim_node *k);
void kernel_crash(struct sim_node *k);
void kernel_event(struct sim_node *k, const struct event *e);
void kernel_timer(struct sim_node *k);
void kernel_wire_input(struct sim_node *k, uint16_t port, const uint8_t *frame, size_t len);
void kernel_done(struct sim_node *k);
/* A routed IPv4 packet arrives at this node. */
void kernel_routed(struct sim_node *k, const uint8_t *frame, size_t len);

/* bridge.c */
void bridge_input(struct sim_node *k, int from, const uint8_t *frame, size_t len);
void bridge_forget(struct sim_node *k, const struct mac *mac);
void bridge_age(struct sim_node *k);

/* host.c */
void host_start(struct sim_host *h, usec_t at);
void host_timer(struct sim_host *h);
void host_input(struct sim_host *h, const uint8_t *frame, size_t len);
void host_roam(struct sim_host *h, int to);

/* babel.c */
void babel_recompute(struct world *w);
/* Nodes on the shortest layer-3 way from a node to one that announces what dst needs: -1 none. */
int babel_exit(struct world *w, unsigned int from, const struct ip4 *dst, unsigned int *ret_hops);

/* probe.c: test frames with an id, counted wherever they show */
void probe_send(struct sim_host *h, bool broadcast);
void probe_seen_host(struct sim_host *h, const uint8_t *frame, size_t len);
void probe_seen_node(struct sim_node *k, const uint8_t *frame, size_t len);

/* check.c */
void check_final(struct world *w);

/* script.c: roams, cuts, crashes at random until that time */
void script_start(struct world *w, usec_t until);
void script_step(struct world *w, uint32_t what);

#endif
