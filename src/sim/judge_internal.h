/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the judge share. */
#ifndef SIM_JUDGE_INTERNAL_H
#define SIM_JUDGE_INTERNAL_H

#include "lib/table.h"
#include "sim/judge.h"

#define JUDGE_ADDRESSES 16384
#define JUDGE_CLAIMS 8192
#define JUDGE_CLASHES 256
#define JUDGE_CONTESTS 64
#define JUDGE_ID_MAX 32

/* What a client has. */
struct judge_hold {
	struct ip4 ip; /* zero: nothing */
	unsigned int cloud;
	unsigned int node; /* who acknowledged it last */
	/* who has had it in the book since when, in tenths of a second, + 1; 0: has not */
	uint32_t known_at[PLAN_NODES];
	bool forgotten;	    /* the last one of them has lost its power */
	bool dark;	    /* ... and so has the whole cloud */
	bool condemned;	    /* nodes say that it is over */
	unsigned int owner; /* of its block when it was allocated */
	uint32_t owner_boots;
	usec_t granted_at, elsewhere_at;     /* last: by node, and by another one */
	usec_t allocated_at, allocated_lost; /* the other: lost time of the cloud by then */
	usec_t refreshed_at, refreshed_lost;
	unsigned int next; /* client with the same address, + 1; 0: none */
	struct ip4 offered;
	usec_t offered_at;
	uint8_t id[JUDGE_ID_MAX];
	size_t id_len;
};

struct judge_place {
	uint16_t cloud;
	struct ip4 ip;
};

struct judge_address {
	struct judge_place place; /* key */
	unsigned int first;	  /* client that has it, + 1; 0: nobody */
	bool is_nodes;		  /* it is one that a node has made of its MAC */
	usec_t freed_at, freed_lost;
	uint64_t used_by[PLAN_NODES / 64]; /* nodes that knew then that somebody had had it */
	unsigned int doubted; /* client + 1, whose lease may outlive its declining; 0: none */
	usec_t declined_at;   /* 0: it was not */
	usec_t declined_lost;
	unsigned int declined_by;
	uint32_t declined_boots;
	uint64_t had[PLAN_HOSTS / 64]; /* clients that ever had it */
};

struct judge_claim_key {
	uint16_t cloud, owner;
	uint32_t block;
};

struct judge_claim {
	struct judge_claim_key key;
	usec_t claimed_at;
	uint64_t met[PLAN_NODES / 64]; /* whom the owner had heard of by then */
	uint32_t known_at[PLAN_NODES]; /* by each node, in tenths of a second, + 1; 0: it is not */
};

struct judge_clash {
	bool used;
	unsigned int a, b; /* clients */
	struct ip4 ip;
	enum judge_cause cause;
	usec_t healed_at;      /* 0: those that know of the two have not heard of each other */
	unsigned int from, to; /* of the datagram */
	bool noticed;
};

/* Two claims of one block. */
struct judge_contest {
	bool used;
	unsigned int a, b;
	uint32_t block;
};

struct judge {
	struct judge_world world;
	unsigned int nodes, clients;
	unsigned int cloud[PLAN_NODES];
	uint32_t boots[PLAN_NODES];
	usec_t booted_at[PLAN_NODES];
	usec_t gone_at[PLAN_NODES];	 /* when it lost its power */
	usec_t lost[PLAN_NODES];	 /* time, by cloud */
	usec_t disk_lost_at[PLAN_NODES]; /* the last one of that cloud; 0: none */
	uint32_t declines[PLAN_NODES];	 /* by node */
	struct judge_hold holds[PLAN_HOSTS];
	struct table addresses, claims;
	unsigned int open; /* clashes */
	struct judge_clash clashes[JUDGE_CLASHES];
	struct judge_contest contests[JUDGE_CONTESTS];
	struct judge_count count;
};

/* judge.c */
void judge_found(struct judge *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *judge_node_name(const struct judge *j, unsigned int node);
const char *judge_client_name(const struct judge *j, unsigned int client);
/* What the one has known since then is known to the other by now, as connected as they are. */
bool judge_has_reached(const struct judge *j, unsigned int from, usec_t since, unsigned int to,
		       usec_t now);
/* The same of a lease, whoever has known it since then, or later. */
bool judge_lease_has_reached(const struct judge *j, unsigned int client, usec_t since,
			     unsigned int to, usec_t now);
uint32_t judge_tenths(usec_t now);

/* judge_clash.c */
void judge_clash_add(struct judge *j, unsigned int a, unsigned int b, enum judge_cause cause);
/* NULL: nobody else has the client's address. */
struct judge_clash *judge_clash_of(struct judge *j, unsigned int client);
/* It is acknowledged all the same. */
void judge_clash_renewed(struct judge *j, struct judge_clash *c, const struct judge_grant *g,
			 usec_t now);
/* Nodes have decided that it is this one that loses the address. */
void judge_clash_decided(struct judge *j, struct judge_clash *c, unsigned int loser);
/* It is refused, or given another address. */
void judge_clash_lost(struct judge *j, struct judge_clash *c, unsigned int loser, usec_t now);
/* It has no address any more, whyever. */
void judge_clash_over(struct judge *j, unsigned int client);
void judge_clash_tick(struct judge *j, usec_t now);

/* judge_claim.c */
/* NULL: there is no such claim. */
struct judge_claim *judge_claim_find(const struct judge *j, unsigned int owner, uint32_t block);
/* Who claimed the same block, and why they could. */
enum judge_cause judge_claim_cause(const struct judge *j, unsigned int a, unsigned int b,
				   uint32_t block);
void judge_claim_boot(struct judge *j, unsigned int node);
void judge_claim_tick(struct judge *j, usec_t now);

#endif
