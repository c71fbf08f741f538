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

#include "node/record.h"
#include "node/view.h"
#include "sim/heap.h"
#include "sim/plan.h"
#include "sim/routes.h"
#include "sim/stack.h"
#include "sim/stand_in.h"

#define WORLD_FDB 256
#define WORLD_PROBES 4096   /* test frames that are remembered */
#define WORLD_VIOLATIONS 32 /* kept as text */
#define WORLD_SAME 3
#define WORLD_GIVE_UP 100	 /* violations that end a run */
#define WORLD_CALM (10 * USEC_S) /* after the last change everything must be in order */
#define WAN_PORT 14		 /* port index of a provider */
#define AP_PORT 15		 /* port index of the access point */

struct world;
struct sabotage;
struct split;
struct recorder;

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
	bool carrier;
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
	struct stand_in keys; /* on its disk, as what is saved */
	struct kport ports[NODE_PORTS];
	struct fdb_entry fdb[WORLD_FDB];
	struct stack br0, anygw;
	usec_t armed;		   /* time of the timer that is in the queue */
	unsigned int busy;	   /* inputs after which something was due at once */
	bool announces4;	   /* default route in table IMPORT */
	struct told_hosts told[2]; /* as others know it; as it is told now */
	bool dhcp_child;
	uint8_t *saved[STORE_FILES];
	size_t saved_len[STORE_FILES];
	uint64_t stores;	     /* snapshots */
	struct event_route default4; /* as last told */
	bool has_default4;
	const struct wish_filter *filter; /* what the bridge obeys */
	struct wish_filter sabotaged_filter;
};

enum host_state { HOST_AWAY, HOST_OFF, HOST_SELECTING, HOST_REQUESTING, HOST_BOUND };

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
	usec_t bound_at, lease_us;
	usec_t lost_at; /* when the last node that knew its lease lost its power, or one that did
			 * not know better gave it the address of another */
	unsigned int tries;
	usec_t moved_at, shown_at; /* its first frame after that */
	usec_t solicit_at, solicit_wait;
	struct ip4 kept; /* the address it was given first, which it must keep */
	usec_t kept_since;
	struct mac gateway; /* of IPv4, as first seen */
	struct ip6 router;  /* of IPv6, as first seen */
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

struct violation {
	const char *kind;
	char text[200];
};

/* A test frame: who saw it how often. */
struct probe {
	uint32_t id;
	bool broadcast;
	bool doubled; /* a wire duplicated it */
	uint16_t sender;
	uint16_t target; /* unicast */
	usec_t at;
	uint8_t hosts[PLAN_HOSTS];
	uint16_t nodes[PLAN_NODES];
};

enum churn {
	CHURN_ROAM = 0x01,
	CHURN_CUT = 0x02,   /* one cable for some seconds */
	CHURN_CRASH = 0x04, /* a node loses its power for some seconds */
	CHURN_LEAVE = 0x08, /* a client goes and comes back elsewhere */
	CHURN_PART = 0x10,  /* the network falls into two halves, and heals */
	CHURN_DEFAULT = 0x0f,
	CHURN_ALL = 0x1f,
};

struct world_setup {
	const struct plan *plan; /* borrowed */
	uint64_t seed;
	const struct sabotage *sabotage; /* NULL: none */
	struct recorder *recorder;	 /* NULL: none; borrowed */
	unsigned int recorded;		 /* node */
	uint32_t lease_s;		 /* 0: what a node has by default */
	bool sealed;			 /* all have one key of the community */
	bool verbose;
};

struct world {
	struct world_setup setup;
	const struct plan *plan;
	struct rng rng;
	usec_t now;
	struct heap heap;
	struct sim_node nodes[PLAN_NODES];
	struct sim_wire wires[PLAN_WIRES];
	struct sim_host hosts[PLAN_HOSTS];
	struct record_hash hash;
	usec_t changed_at;   /* last change of whatever kind */
	usec_t disturbed_at; /* last change but the moves of clients */
	usec_t parted_until; /* until then some cloud was in pieces; USEC_NEVER: it still is */
	/* the last time that a wire joined two served ones, which only a hello shows */
	usec_t loop_from, loop_to;
	bool lossy;
	struct split *split;  /* NULL: no cloud falls apart */
	struct probe *probes; /* by id modulo WORLD_PROBES */
	uint32_t probe_next;
	uint64_t broadcasts, broadcast_copies, unicasts, unicast_got;
	uint64_t calm_unicasts, calm_twice;
	uint64_t requests[PLAN_NODES]; /* table requests sent, as check_quiet has found */
	usec_t quiet_at;
	unsigned int violation_count;
	struct violation violations[WORLD_VIOLATIONS];
};

/* world.c */
struct world *world_new(const struct world_setup *setup);
void world_free(struct world *w);
/* Runs until that time, or until so much has gone wrong that it makes no sense to go on. */
void world_run(struct world *w, usec_t until);
void world_push(struct world *w, struct item i);
/* The same with bytes, which are copied. */
void world_push_frame(struct world *w, struct item item, const void *bytes, size_t len);
/* Something was done to the world; clients: only that one of them moved. */
void world_changed(struct world *w, bool clients);
void world_violation(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void world_log(const struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Is something at the other end, as far as a port can see? */
bool wire_carrier(const struct world *w, unsigned int wire);
/* Both ends have it in their bridge: what one sends comes back by the cloud. */
bool wire_loops(const struct world *w, unsigned int wire);
/* Ports have joined or left bridges: no wire may loop any more. */
void world_bridged(struct world *w);
void wire_send(struct world *w, unsigned int wire, int from_end, const uint8_t *frame, size_t len);

/* kernel.c */
void kernel_boot(struct sim_node *k);
void kernel_crash(struct sim_node *k);
void kernel_event(struct sim_node *k, const struct event *e);
void kernel_timer(struct sim_node *k);
/* Ports hear whether they have a carrier now. */
void kernel_carriers(struct sim_node *k);
void kernel_wire_input(struct sim_node *k, uint16_t port, const uint8_t *frame, size_t len);
void kernel_done(struct sim_node *k);
/* A routed packet arrives at this node. */
void kernel_routed(struct sim_node *k, const uint8_t *frame, size_t len);

/* bridge.c */
void bridge_input(struct sim_node *k, int from, const uint8_t *frame, size_t len);
/* What the node sends by its access point, past the bridge. */
void bridge_air(struct sim_node *k, const uint8_t *frame, size_t len);
void bridge_forget(struct sim_node *k, const struct effect_forget *f);
void bridge_age(struct sim_node *k);

/* host.c */
/* It joins at that time. */
void host_start(struct sim_host *h, usec_t at);
void host_timer(struct sim_host *h);
void host_input(struct sim_host *h, const uint8_t *frame, size_t len);
/* -1: away. */
void host_roam(struct sim_host *h, int to);

/* babel.c */
void babel_recompute(struct world *w);
/* The nearest node that announces what dst (IPv4: mapped) needs, -1: none; how many hops away. */
int babel_exit(struct world *w, unsigned int from, const struct ip6 *dst, unsigned int *ret_hops);
/* The same of those who tell a route to that very address. */
int babel_host(struct world *w, unsigned int from, const struct ip6 *dst, unsigned int *ret_hops);

/* probe.c: test frames with an id, counted wherever they show */
void probe_send(struct sim_host *h, bool broadcast);
void probe_seen_host(struct sim_host *h, const uint8_t *frame, size_t len);
/* A batman-adv frame without tag. */
void probe_seen_node(struct sim_node *k, const uint8_t *frame, size_t len);
/* A wire will deliver this frame, with its tag, twice. */
void probe_doubled(struct world *w, const uint8_t *frame, size_t len);
/* Long enough after it was sent: has it arrived? */
void probe_due(struct world *w, uint32_t id);

/* check.c: what must hold */
bool same_cloud(const struct world *w, int a, int b); /* nodes */
bool check_parted(const struct world *w);
/* At that time, since when nothing has changed, one of these nodes finds the other. */
bool check_promised(const struct world *w, int from, int to, usec_t at);
/* It was acknowledged the address that it has now. */
void check_address(struct sim_host *h);
/* It cannot be blamed on anybody that this client is given another address, or another client this
 * one. */
bool check_forgotten(const struct sim_host *h);
/* This node is about to lose its power. */
void check_crash(const struct sim_node *k);
void check_gateway(struct sim_host *h);
/* The node believes that this client is at another node now. */
void check_gone(const struct sim_node *k, const struct mac *mac);
/* From here on nothing is to learn any more. */
void check_quiet(struct world *w);
void check_final(struct world *w);

/* script.c: what happens to the world at random (enum churn), each `every` on average, until that
 * time; all heals before */
void script_start(struct world *w, unsigned int churn, usec_t every, usec_t until);
void script_step(struct world *w, uint32_t what);
void script_wire(struct world *w, uint32_t wire, bool down);

#endif
