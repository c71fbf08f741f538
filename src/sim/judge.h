/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge of leases: is told of every event that has to do with an address, and finds what should
 * not be. Each event costs it a look into a table or two; it looks further, at what nodes know and
 * hear, only where something is strange.
 *
 * What it holds nodes to
 * - Inside a connected part of a cloud no address is given to two clients. Connected: state
 *   datagrams arrive, over any hops, within two seconds (contact.h). Who gives an address must know
 *   a lease of it that a node has known for so long which is connected with it; and what was known
 *   before they were, five seconds later.
 * - No block is claimed that the node knows, or could know, to be another's; unless that one has
 *   been gone for seven days. Two claims that meet do not both stay. No claim is used within two
 *   seconds.
 * - A lease is its client's for 48 hours after its record was last written; after 26 hours it may
 *   end where no address is free. Before that only a release or a decline ends it.
 * - A client whose lease could be known is not refused and not given another address, wherever it
 *   asks. One that stays at a node is answered before its lease is over. A node that loses its
 * power takes no lease with it that its neighbours could know. After a power cut of the whole cloud
 * that cost no disk, who asks for its old free address gets it.
 * - Two clients with one address are noticed within a second after the first datagram between those
 *   that know of them. The older lease keeps the address (under 60 s of difference that of the
 * lower client identifier), and the other client is not acknowledged any more.
 * - Of addresses that were used the one that was free for longest comes first, and none while there
 *   are unused ones. A declined one is not given for an hour.
 *
 * What it does not hold against anybody is counted (struct judge_count).
 */
#ifndef SIM_JUDGE_H
#define SIM_JUDGE_H

#include <stdarg.h>

#include "lib/addr.h"
#include "sim/plan.h"

#define JUDGE_NOBODY UINT16_MAX

/* Why two clients have one address and nobody is to blame. */
enum judge_cause {
	JUDGE_STRANGERS, /* two nodes claimed one block that had never heard of each other */
	JUDGE_RESERVE,	 /* two claimed one in two parts of a cloud, after what they had before */
	JUDGE_FORGOTTEN, /* only a node that lost its power knew of the lease */
	JUDGE_CAUSES
};

struct judge_count {
	uint64_t allocations, renewals, roams, releases, declines;
	uint64_t lapsed, reused; /* leases that ended after 48 h, and after 26 h */
	uint64_t clashes[JUDGE_CAUSES];
	uint64_t noticed, settled; /* of these clashes */
	usec_t notice_max;	   /* after the first datagram */
	/* addresses that a client lost because only nodes knew of them that could not be heard, or
	 * that had lost their power */
	uint64_t lost_apart, lost_forgotten;
	uint64_t lost_to_nodes; /* a node came whose own address follows from its MAC */
};

/* What the judge asks of the world. */
struct judge_world {
	void *ctx;
	bool (*is_alive)(void *ctx, unsigned int node);
	/* By that node's book the client has this address by lease. */
	bool (*knows)(void *ctx, unsigned int node, unsigned int client, const struct ip4 *ip);
	/* Since when what the one tells has come to the other in time; USEC_NEVER: it does not. */
	usec_t (*joined)(void *ctx, unsigned int from, unsigned int to);
	/* The one has heard of the other, over whatever ways, since its disk was empty. */
	bool (*met)(void *ctx, unsigned int node, unsigned int other);
	const char *(*node_name)(void *ctx, unsigned int node);
	const char *(*client_name)(void *ctx, unsigned int client);
	void (*violation)(void *ctx, const char *fmt, va_list ap)
		__attribute__((format(printf, 2, 0)));
};

struct judge_setup {
	struct judge_world world;
	unsigned int nodes, clients;
	const unsigned int *clouds; /* of each node, by the number of its first node; copied */
};

struct judge;

/* NULL when there is no memory. */
struct judge *judge_new(const struct judge_setup *setup);
void judge_free(struct judge *j);
const struct judge_count *judge_count(const struct judge *j);
/* The client identifier as the rule about clashes compares it; without this it is 01 and the MAC,
 * which comes here, too. */
void judge_client(struct judge *j, unsigned int client, const uint8_t *id, size_t len);

/* ---- addresses ---- */

/* A node acknowledges an address to a client. */
struct judge_grant {
	unsigned int node, client;
	struct ip4 ip;
	uint32_t block;	    /* that the address is in */
	unsigned int owner; /* of that block, as this node sees it; JUDGE_NOBODY */
	uint32_t age_s;	    /* of the lease, as this node sees it */
	unsigned int free;  /* addresses that it has */
};

void judge_granted(struct judge *j, const struct judge_grant *g, usec_t now);

/* A node offers an address out of a block of its own, while another one of its own is free. */
struct judge_offer {
	unsigned int node, client;
	struct ip4 ip;
	uint32_t block;
	usec_t other_idle; /* how long nobody has had the other one by its account; USEC_NEVER:
			    * nobody ever had */
};

void judge_offered(struct judge *j, const struct judge_offer *o, usec_t now);
/* The node refuses what the client has asked for. */
void judge_refused(struct judge *j, unsigned int node, unsigned int client, const struct ip4 *ip,
		   usec_t now);
/* The node is told by the client that it does not need the address, or that it cannot use it. */
void judge_released(struct judge *j, unsigned int node, unsigned int client, const struct ip4 *ip,
		    usec_t now);
void judge_declined(struct judge *j, unsigned int node, unsigned int client, const struct ip4 *ip,
		    usec_t now);
/* The client's record was written anew; and one has come to this node, or changed there. */
void judge_refreshed(struct judge *j, unsigned int client, usec_t now);
void judge_record_changed(struct judge *j, unsigned int node, unsigned int client, usec_t now);
/* A node says that the client has lost this address to another one that had it, too. */
void judge_condemned(struct judge *j, unsigned int client, const struct ip4 *ip, usec_t now);
/* Its lease is over, and nobody answered although it was at this node all the time. */
void judge_expired(struct judge *j, unsigned int node, unsigned int client, usec_t contact,
		   usec_t now);
void judge_roamed(struct judge *j);

/* ---- blocks ---- */

/* The node has a record of that claim, its own or another's; it may have had it before. is_new: it
 * has just written it. */
void judge_claim_known(struct judge *j, unsigned int node, unsigned int owner, uint32_t block,
		       bool is_new, usec_t now);
void judge_claim_gone(struct judge *j, unsigned int node, unsigned int owner, uint32_t block,
		      usec_t now);

/* ---- nodes ---- */

/* It is about to lose its power. */
void judge_crashed(struct judge *j, unsigned int node, usec_t now);
/* empty: its disk was. */
void judge_booted(struct judge *j, unsigned int node, bool empty, usec_t now);
/* It has this one itself. */
void judge_node_has(struct judge *j, unsigned int node, const struct ip4 *ip);
/* A node got no time, was off, or its clock jumped: ages may differ by so much more. */
void judge_lost_time(struct judge *j, unsigned int node, usec_t lost);
/* A state datagram of the one was accepted by the other. */
void judge_heard(struct judge *j, unsigned int to, unsigned int from, usec_t now);
/* The node has noticed that two clients have one address. */
void judge_noticed(struct judge *j, unsigned int node, usec_t now);
/* About once a second. */
void judge_tick(struct judge *j, usec_t now);

#endif
