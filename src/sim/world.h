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

#include <stdarg.h>

#include "node/record.h"
#include "node/view.h"
#include "sim/heap.h"
#include "sim/machine.h"
#include "sim/plan.h"
#include "sim/routes.h"
#include "sim/stack.h"

#define WORLD_START (1000 * USEC_S)
#define WORLD_FDB 1024
#define WORLD_PROBES 4096   /* test frames that are remembered */
#define WORLD_VIOLATIONS 32 /* kept as text */
#define WORLD_SAME 3
#define WORLD_GIVE_UP 100	 /* violations that end a run */
#define WORLD_CALM (10 * USEC_S) /* after the last change everything must be in order */
#define WAN_PORT 14		 /* port index of a provider */
#define AP_PORT 15		 /* port index of the access point */
#define GRAPH_APART UINT16_MAX	 /* hops where there is no way */

struct world;
struct table;
struct sabotage;
struct split;
struct recorder;
struct judge;
struct contacts;
struct spread;

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
	int wire; /* -1: none; of a shared wire the first of this node */
	int end;
	uint16_t segment; /* 0: a cable */
	struct mac mac, mesh_mac;
	char name[NODE_IFNAME];
};

/* What a node had counted when it was last looked at: state datagrams, clashes. */
struct node_seen {
	uint64_t sent, received, clashes;
};

struct sim_node {
	struct world *world;
	unsigned int index;
	unsigned int cloud; /* the first node of it */
	struct conf conf;
	struct node *node;
	bool alive;			/* has power */
	usec_t frozen_at, frozen_until; /* 0: it gets time */
	usec_t runs_since;
	unsigned int held; /* frames that wait until it runs again */
	bool uplink_works;
	uint32_t boots;
	struct machine_clock clock;
	struct machine_disk disk;
	uint32_t wall_minutes; /* what its wall clock shows at a start, as store_epoch counts */
	bool cut_in_write;     /* it loses its power when it next writes to its disk */
	bool disk_failed;      /* it lost something */
	struct node_seen seen;
	struct mac primary;
	struct kport ports[NODE_PORTS];
	struct fdb_entry fdb[WORLD_FDB];
	unsigned int fdb_high; /* entries below have been used once */
	usec_t fdb_aged;
	struct stack br0, anygw;
	usec_t armed;		   /* time of the timer that is in the queue */
	unsigned int busy;	   /* inputs after which something was due at once */
	bool announces4;	   /* default route in table IMPORT */
	struct told_hosts told[2]; /* as others know it; as it is told now */
	bool dhcp_child;
	uint64_t stores;	     /* snapshots */
	struct event_route default4; /* as last told */
	bool has_default4;
	const struct wish_filter *filter; /* what the bridge obeys */
	struct wish_filter sabotaged_filter;
};

enum host_state {
	HOST_AWAY,
	HOST_OFF,
	HOST_SELECTING,
	HOST_REQUESTING,
	HOST_REBOOTING, /* asks for the address that it remembers */
	HOST_BOUND,
};

#define HOST_ID_MAX 8

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
	unsigned int tries;
	usec_t moved_at, shown_at; /* its first frame after that */
	usec_t solicit_at, solicit_wait;
	struct ip4 remembered; /* what it had when it was last switched off; zero: nothing */
	struct ip4 asked;      /* what it has last asked for, as its node heard it */
	struct mac gateway;    /* of IPv4, as first seen */
	struct ip6 router;     /* of IPv6, as first seen */
	uint16_t seq;
	uint64_t pings4, pongs4, pings6, pongs6, pings_out, pongs_out;
	uint64_t acks;
};

struct sim_wire {
	struct plan_wire plan;
	int port[2]; /* at nodes plan.a, plan.b */
	bool down;
	uint64_t frames;
	usec_t busy_since;   /* until then it was not full */
	unsigned int queued; /* frames since */
};

/* What is known of the ways from one node. */
struct graph_row {
	uint64_t changes; /* of the world, when this was so */
	uint16_t hops[PLAN_NODES];
};

#define WORLD_TEXT 200

struct violation {
	const char *kind;
	char text[WORLD_TEXT];
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
	CHURN_CUT = 0x02,      /* one cable for some seconds */
	CHURN_CRASH = 0x04,    /* a node loses its power for some seconds */
	CHURN_LEAVE = 0x08,    /* a client goes and comes back elsewhere */
	CHURN_PART = 0x10,     /* the network falls into two halves, and heals */
	CHURN_DISK = 0x20,     /* ... or its disk, or is cut in the middle of a write */
	CHURN_FREEZE = 0x40,   /* a node gets no time for some seconds */
	CHURN_CLOCK = 0x80,    /* clocks differ, stand still and jump */
	CHURN_LATE = 0x100,    /* a node comes for the first time */
	CHURN_DARK = 0x200,    /* a whole cloud loses its power for some seconds */
	CHURN_ACT = 0x400,     /* clients renew, release, reboot */
	CHURN_SCATTER = 0x800, /* any nodes can reach each other and none of the rest */
	CHURN_DEFAULT = 0x0f,
	CHURN_ALL = 0xfff,
};

/* What happens to the world at random: each `every` on average, what is seldom a third as often,
 * clients act each `act_every`, all until that time; everything heals before. */
struct script_wish {
	unsigned int churn; /* enum churn */
	usec_t every, act_every;
	usec_t until;
};

/* What has gone wrong so far. */
struct fault_count {
	uint64_t cuts, parts, crashes, disks_torn, disks_lost, freezes, clocks_jumped, darks, late;
	uint64_t frames, frames_lost; /* on wires that are up */
};

struct world_setup {
	const struct plan *plan; /* borrowed */
	uint64_t seed;
	const struct sabotage *sabotage; /* NULL: none */
	struct recorder *recorder;	 /* NULL: none; borrowed */
	unsigned int recorded;		 /* node */
	uint32_t lease_s;		 /* 0: what a node has by default */
	bool sealed;			 /* all have one key of the community */
	uint32_t pool;			 /* addresses for clients; 0: all of the network */
	uint32_t save_s;		 /* between snapshots; 0: what a node has by default */
	bool clocks;			 /* each machine has its own, and disks differ */
	bool verbose;
};

struct world {
	struct world_setup setup;
	const struct plan *plan;
	struct rng rng;
	struct rng chaos; /* for faults that not every run has: the others stay as they are */
	struct judge *judge;
	struct contacts *contacts;
	struct spread *spread; /* NULL: nobody asks */
	struct table *macs;    /* of clients */
	struct table *ids;     /* of nodes, in records */
	struct rng glances;    /* of the judge, which change nothing */
	usec_t now;
	struct heap heap;
	struct sim_node nodes[PLAN_NODES];
	/* wires of each node, one node after the other */
	uint32_t adjacent_from[PLAN_NODES + 1];
	uint16_t adjacent[2 * PLAN_WIRES];
	uint64_t changes; /* of wires and nodes */
	struct graph_row rows[PLAN_NODES];
	struct sim_wire wires[PLAN_WIRES];
	struct sim_host hosts[PLAN_HOSTS];
	struct record_hash hash;
	usec_t changed_at;   /* last change of whatever kind */
	usec_t disturbed_at; /* last change but the moves of clients */
	struct fault_count faults;
	usec_t script_until;
	unsigned int sleeps; /* of machines whose clocks went on */
	unsigned int dark_cloud;
	usec_t dark_until;
	/* the last time that a wire joined two served ones, which only a hello shows, or
	 * that one that is served by another one by now went on */
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
void world_vviolation(struct world *w, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
void world_log(const struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Is something at the other end, as far as a port can see? */
bool wire_carrier(const struct world *w, unsigned int wire);
/* Both ends have it in their bridge: what one sends comes back by the cloud. */
bool wire_loops(const struct world *w, unsigned int wire);
/* Ports have joined or left bridges: no wire may loop any more. */
void world_bridged(struct world *w);
void wire_send(struct world *w, unsigned int wire, int from_end, const uint8_t *frame, size_t len);
/* By a port: to the other end, or to all on a shared wire, but a unicast frame only to the port
 * that has its destination, if there is one. */
void port_send(struct sim_node *k, uint16_t port, const uint8_t *frame, size_t len);

/* graph.c */
void graph_init(struct world *w);
bool same_cloud(const struct world *w, int a, int b); /* nodes */
/* The node at the other end. */
unsigned int wire_other(const struct sim_wire *l, unsigned int node);
/* Of the shortest way inside their cloud; GRAPH_APART: there is none now. */
unsigned int graph_hops(struct world *w, unsigned int from, unsigned int to);

/* kernel.c */
void kernel_event(struct sim_node *k, const struct event *e);
void kernel_timer(struct sim_node *k);
void kernel_wire_input(struct sim_node *k, uint16_t port, const uint8_t *frame, size_t len);
/* A routed packet arrives at this node. */
void kernel_routed(struct sim_node *k, const uint8_t *frame, size_t len);
void kernel_start(struct sim_node *k); /* for life.c: there is a node now */

/* life.c: power, time and carriers */
enum freeze {
	FREEZE_PROCESS, /* tramad gets no time */
	FREEZE_MACHINE, /* a virtual machine is stopped, and its clock with it */
	FREEZE_SLEEP,	/* ... and its clock has gone on by hours when it wakes up */
};

/* Has power and gets time. */
bool life_runs(const struct sim_node *k);
/* What its monotonic clock shows. */
usec_t life_clock(const struct sim_node *k);
void life_boot(struct sim_node *k);
void life_crash(struct sim_node *k, enum disk_end disk);
/* Everything that comes meanwhile waits, as far as there is room. */
void life_freeze(struct sim_node *k, usec_t until);
void life_thaw(struct sim_node *k, enum freeze how);
/* True: the item is for a node that stands still, and has been put off. */
bool life_holds(struct world *w, struct item *i);
/* Writes a file; it is there after a while. */
void life_store(struct sim_node *k, const struct effect_store *s);
void life_stored(struct sim_node *k, uint32_t boot_and_file);
/* Ports hear whether they have a carrier now. */
void life_carriers(struct sim_node *k);
void life_done(struct sim_node *k);

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
/* These do nothing to a client that has no address. */
void host_renew(struct sim_host *h);
void host_release(struct sim_host *h);
/* Somebody else has the address, it believes. */
void host_decline(struct sim_host *h);
/* It is switched off and on. */
void host_reboot(struct sim_host *h);
/* What it is known by: its client identifier, or what stands for one that sends none. */
size_t host_identifier(const struct sim_host *h, uint8_t ret[static HOST_ID_MAX]);

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
/* At that time, since when nothing has changed, one of these nodes finds the other. */
bool check_promised(struct world *w, int from, int to, usec_t at);
void check_gateway(struct sim_host *h);
/* The node believes that this client is at another node now. */
void check_gone(const struct sim_node *k, const struct mac *mac);
/* From here on nothing is to learn any more. */
void check_quiet(struct world *w);
void check_final(struct world *w);
/* All nodes of a cloud hold the same records, or soon will. */
void check_records(struct world *w);

/* witness.c: what the judge of leases is told */
void witness_init(struct world *w);
void witness_done(struct world *w);
/* A frame of the node to its clients; and one of theirs to it, which is handed on. */
void witness_answer(struct sim_node *k, const uint8_t *frame, size_t len);
void witness_request(struct sim_node *k, const struct event *e);
void witness_notice(struct sim_node *k, const struct effect_notice *n);
void witness_record(struct sim_node *k, const struct state_event *e);
/* After each input. */
void witness_look(struct sim_node *k);
void witness_boot(struct sim_node *k, bool was_empty);
void witness_crash(struct sim_node *k);
/* The node got no time, or its clock jumped. */
void witness_stood(struct sim_node *k, usec_t lost);
/* Its lease is over, and nobody has answered. */
void witness_expired(const struct sim_host *h);
void witness_roamed(const struct sim_host *h);

/* spread.c: a record has come to this node */
void spread_seen(struct sim_node *k, const struct state_event *e);

/* script.c */
void script_start(struct world *w, const struct script_wish *wish);
void script_step(struct world *w, uint32_t what);
void script_wire(struct world *w, uint32_t wire, bool down);
/* After that time the node loses its power in the middle of what its disk is doing. */
void script_power_cut(struct world *w, unsigned int node, usec_t after);

#endif
