/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCPv4 server (RFC 2131) of one node of a cloud, and the book of the cloud's clients.
 *
 * Every node answers its own clients with the same server identifier, the anycast address. Leases
 * are part of the client records, which node replicates; so any node renews any lease. New
 * addresses come only from blocks of 16 which the node has claimed for itself, so two nodes never
 * hand out one address, without asking anybody.
 *
 * Invariants
 * - An address is allocated only from a block of our own that is ready, while no record holds or
 * shows it; or it is borrowed from another node's, which then holds it for us (borrow.c).
 * - A block is ready 2 s after all present neighbours acknowledged the claim, or when we know no
 * other node 3 s after it and after the last port to other nodes came up; but not while others are
 * coming (lease_meeting). Time that we did not get counts for none of these (lease_starved).
 * - Of two claims to a block the lower (epoch, node id) holds it; the loser allocates nothing more
 * from it, and the clients on both sides keep what they have.
 * - A block of another node is taken only when that has been gone for 7 days and over 80 % of the
 * blocks are claimed. The claim says which one it takes, and goes before that one only.
 * - Of two clients with one address the longer lease (by age, under 60 s of difference the lower
 * client identifier) keeps it, by the word of one node (lease_clash.c); the other is refused at its
 * next message.
 * - As long as we have other nodes and are not synced with them (lease_peers), we know too little
 * to refuse anybody: then we answer only those whose records we have. Nor is it told where a client
 * is or which addresses it shows, for that would be a record without the lease that it has. Nor is
 * it as long as the other nodes may not be known yet (POOL_ALONE_WAIT, lease_meeting), or what they
 * have told while we got no time (lease_starved).
 *
 * - No block is claimed before all is learnt that is on the disk (lease_loaded).
 * - Of a block of a former run from which something was granted that may be on no disk the free
 * addresses are nobody's for one lease time, but his who asks for just that one.
 *
 * - An address is in use for all but its client until 48 h after its lease was last refreshed: at
 * allocation, at a roam and once a day by the node that serves the client, as long as that is there
 * or its lease runs. Only where no address is free, leases that went without for 26 h are ended.
 *
 * - What an administrator has fixed for one client nobody else gets, in whosever block it lies; of
 * two clients for whom one address is fixed the one with the lower key has it, at every node.
 * - An address that somebody uses who is no client is given to nobody. No offer waits for that: the
 * next free addresses are asked for by ARP before they are needed, and those that were given, when
 * they are.
 *
 * Timers: claims becoming ready; offers forgotten after 60 s; the next node asked for an address
 * after 200 ms, and answers waited for 4 s more; once a minute a sweep over the clients (leases are
 * refreshed or lapse, own records are dropped: with a lease 3 days after the last refresh, others 1
 * h after the last sign of life) and over the blocks (idle ones are returned); a question by ARP
 * every 0.5 to 1 s as long as there are free addresses that were not asked for lately.
 */
#ifndef LEASE_LEASE_H
#define LEASE_LEASE_H

#include "core/lease/book.h"
#include "core/lease/pool.h"
#include "core/lease/static.h"
#include "lib/bucket.h"
#include "lib/clock.h"
#include "lib/outq.h"
#include "lib/rng.h"

#define LEASE_TEXT_MAX 256
#define LEASE_SEARCH_MAX 4
#define LEASE_ROUTES_MAX 8
#define LEASE_EXCLUDE_MAX 16
#define LEASE_NEAR_MAX 8
#define LEASE_TALK_MAX 64
#define LEASE_RANGES_MAX 64
#define LEASE_ASKED_PLACES 16

struct lease_route {
	struct net4 net;
	struct ip4 via;
};

struct lease_conf {
	struct net4 network;	 /* of the cloud; host bits are ignored */
	struct lease_range pool; /* what is given to clients of it; all zero: everything */
	unsigned exclude_count;	 /* but for these */
	struct lease_range exclude[LEASE_EXCLUDE_MAX];
	struct ip4 anycast; /* router, DNS server and server identifier for clients */
	struct mac anycast_mac;
	uint32_t lease_s;			       /* 0: 1200 */
	uint16_t mtu;				       /* option 26; 0: not sent */
	char domain[LEASE_NAME_MAX];		       /* empty: none */
	char search[LEASE_SEARCH_MAX][LEASE_TEXT_MAX]; /* option 119; empty ones are skipped */
	char captive[LEASE_TEXT_MAX];		       /* option 114, an URI; empty: none */
	unsigned route_count; /* option 121; the default route by way of anycast is added to them */
	struct lease_route routes[LEASE_ROUTES_MAX];
	uint32_t rate;	     /* messages per second that a port may send; 0: 100 */
	bool port_unlimited; /* no limit per port and client: for measurements */
};

struct lease_limits {
	uint32_t clients;    /* records; 0: 16384 */
	uint32_t blocks;     /* claims of all nodes; 0: 8192 */
	uint32_t own_blocks; /* claims of this one; 0: 4096 */
	uint32_t offers;     /* 0: 4096 */
	uint32_t reserved;   /* addresses of nodes; 0: 4096 */
	uint32_t statics;    /* 0: 1024 */
};

enum lease_out_kind {
	LEASE_SEND, /* data: Ethernet frame for the anycast interface; port: where the client asked
		     */
	LEASE_PUT,  /* data: struct lease_client, new or changed: replicate it */
	LEASE_DROP, /* data: struct mac, the key of a record that ends */
	LEASE_BLOCK_PUT,     /* data: struct lease_block, a claim of ours: replicate it */
	LEASE_BLOCK_RELEASE, /* data: struct lease_block, given back or lost */
	LEASE_TALK,	     /* data: struct lease_talk, for that node's lease_talk() */
	LEASE_PROBE, /* data: struct ip4, given or to be given soon: see by ARP that no stranger has
			it; at a limited rate, for the whole cloud hears it */
	LEASE_CLASH, /* data: struct lease_clash: people may want to know */
	LEASE_DISASSOCIATE, /* data: struct mac, of a client here that lost its address: have it ask
			       anew */
	LEASE_FOREIGN,	    /* data: struct lease_foreign_news: people may want to know */
};

/* Somebody who has no lease of it was heard to use an address. */
struct lease_foreign_news {
	struct ip4 ip;
	struct mac mac;
	struct mac client; /* has a lease of it, or it is fixed for that one; zero: nobody */
};

/* Two clients had one address. */
struct lease_clash {
	struct mac keeper, loser;
	struct ip4 ip;
};

/* A word to another node. It may be lost. */
struct lease_talk {
	struct lease_node to;
	uint8_t len;
	uint8_t data[LEASE_TALK_MAX];
};

enum lease_counter {
	LEASE_COUNT_DISCOVER,
	LEASE_COUNT_OFFER,
	LEASE_COUNT_REQUEST,
	LEASE_COUNT_ACK,
	LEASE_COUNT_NAK,
	LEASE_COUNT_RELEASE,
	LEASE_COUNT_DECLINE,
	LEASE_COUNT_INFORM,
	LEASE_COUNT_MALFORMED,	   /* not a DHCP message that we can read */
	LEASE_COUNT_NOT_FOR_US,	   /* a reply, relayed from elsewhere, plain BOOTP or for another
				      server */
	LEASE_COUNT_BAD_CLIENT,	   /* hardware address that is no station's, or ours */
	LEASE_COUNT_RATE_CLIENT,   /* over the limit per client */
	LEASE_COUNT_RATE_PORT,	   /* over the limit per port */
	LEASE_COUNT_PORT_LEASES,   /* a port asked for too many new addresses */
	LEASE_COUNT_PORT_CLIENTS,  /* a port brought too many clients that nobody knew */
	LEASE_COUNT_RATE_MOVES,	   /* a client came here too often */
	LEASE_COUNT_NOT_READY,	   /* no block is ready yet, or not synced, or behind: no answer */
	LEASE_COUNT_EXHAUSTED,	   /* every address of the pool is claimed or in use */
	LEASE_COUNT_TABLE_FULL,	   /* a new client or offer found no room */
	LEASE_COUNT_ADDRESS_CLASH, /* two clients with one address met */
	LEASE_COUNT_BLOCK_CLASH,   /* two claims for one block met */
	LEASE_COUNT_STRANGER,	   /* somebody uses an address that is not theirs */
	LEASE_COUNT_REUSED,	   /* a lease ended early because no address was free */
	LEASE_COUNT_BORROWED,	   /* an address of another node's block, for a client here */
	LEASE_COUNT_LENT,	   /* one of ours, to another node */
	LEASE_COUNT_PROBED,	   /* asked by ARP who has an address */
	LEASE_COUNT_FOREIGN,	   /* an address turned out to be somebody's who is no client */
	LEASE_COUNT_FOREIGN_FULL,  /* ... and was not kept, as there are too many, or of one MAC */
	LEASE_COUNT_STATIC_TAKEN,  /* a client did not get what is fixed for it, as it is in use */
	LEASE_COUNTERS,
};

/* An address that was asked for by ARP before anybody needs it. */
struct lease_asked {
	struct ip4 ip;
	uint8_t times;
	usec_t at;
};

enum lease_walk_kind {
	LEASE_WALK_CLIENTS, /* what is fixed for them is looked up again */
	LEASE_WALK_BLOCKS,  /* so is what our own addresses are used for */
	LEASE_WALKS,
};

/* A pass over many entries, a part of them at a time. */
struct lease_walk {
	usec_t due; /* of the next part; USEC_NEVER: there is none */
	usec_t pause_until;
	uint32_t cursor;
	bool again; /* what came since it began makes another one necessary */
	uint64_t steps;
};

struct lease {
	struct lease_conf conf;
	struct lease_node self;
	struct rng rng;
	struct outq out;
	struct book book;     /* clients and whose addresses are whose */
	struct pool pool;     /* blocks */
	struct table offers;  /* struct lease_offer by MAC */
	struct table offered; /* struct lease_offered by address */
	struct table talkers; /* rates by MAC and port */
	struct table ports;   /* rates by port */
	struct table reserved;
	struct table lent;			     /* struct lease_lent by address */
	struct table statics;			     /* struct lease_static */
	struct table fixed;			     /* struct lease_fixed by address */
	struct lease_range ranges[LEASE_RANGES_MAX]; /* reserved by them */
	unsigned range_count;
	uint32_t longest_s; /* for which any client may have a lease */
	struct lease_walk walks[LEASE_WALKS];
	struct table foreign; /* struct lease_foreign by address */
	struct lease_asked asked[LEASE_ASKED_PLACES];
	usec_t probe_due;
	struct lease_node near[LEASE_NEAR_MAX];
	uint8_t near_mute[LEASE_NEAR_MAX]; /* so often asked in vain since its last answer */
	unsigned near_count;
	unsigned asking;     /* clients for whom an address is asked for there */
	usec_t vain_until;   /* nobody there had one */
	usec_t recall_until; /* clients may have what nobody knows of since then: lease_recall.c */
	uint32_t talk_id;
	usec_t unsynced_at;  /* since when we have other nodes and do not know what they know */
	usec_t linked_at;    /* when a way to other nodes last opened, and time we did not get */
	usec_t behind_until; /* what was said while we got no time is coming in */
	usec_t claim_due;    /* next look whether more blocks are needed */
	usec_t claim_from;   /* none is claimed before; from then on the disk is learnt */
	usec_t saved_at;     /* all that was granted before is on the disk, or soon */
	bool is_disk_lost;   /* what was, that is, in the run before this one */
	usec_t talkers_swept;
	usec_t full_until;  /* there was no block to claim */
	usec_t reclaim_due; /* no owner of blocks was gone */
	uint32_t (*quiet_s)(void *ctx, const struct lease_block *block);
	void *quiet_ctx;
	unsigned declines;	  /* records of declined addresses that we made */
	struct bucket claim_rate; /* of blocks that a client's word makes us claim */
	struct bucket ask_rate;	  /* of clients for whom others are asked */
	struct bucket recall_rate;
	usec_t sweep_due;
	usec_t offers_due;
	usec_t unsaved_due; /* USEC_NEVER: every record is told */
	usec_t reuse_due;   /* no look for leases to end before */
	usec_t clash_due;   /* who keeps an address is to be decided */
	usec_t clash_at;    /* when that was looked for last */
	struct bucket disassociate_rate;
	struct bucket probe_rate;
	unsigned peers; /* other nodes that are present */
	bool synced;
	bool was_synced; /* since the start */
	uint64_t counters[LEASE_COUNTERS];
};

/*
 * out_buf (out_cap bytes, 8-byte aligned) is borrowed for the life of l; 64 KiB hold what one input
 * can cause. 0, -ENOMEM, or -EINVAL for a network longer than /29 or shorter than /8 or an anycast
 * address outside it.
 */
struct lease_setup {
	struct lease_node self;
	struct lease_limits limits;
	struct rng rng; /* also the source of the keys of the tables */
	void *out_buf;
	size_t out_cap;
	/* Seconds since the owner of a claim last gave a sign of life; UINT32_MAX: that claim is
	 * not known any more. NULL: blocks of others are never taken. */
	uint32_t (*quiet_s)(void *ctx, const struct lease_block *block);
	void *quiet_ctx;
};

int lease_init(struct lease *l, const struct lease_conf *conf, const struct lease_setup *setup,
	       usec_t now);
void lease_done(struct lease *l);
/* New options at run time. The network must stay the same, else -EINVAL. */
int lease_configure(struct lease *l, const struct lease_conf *conf);

/*
 * A frame seen on the anycast interface; anything but UDP to port 67 is ignored without being
 * counted. port: where the client is attached, any number the node has for it.
 */
void lease_input(struct lease *l, const void *frame, size_t len, uint16_t port, usec_t now);
void lease_tick(struct lease *l, usec_t now);
usec_t lease_deadline(const struct lease *l);

/* What node tells */

/*
 * others: nodes of the cloud that are present besides us. synced: all that our state neighbours
 * know has reached us. Call it at every change, first within a second of lease_init when a
 * neighbour is there.
 */
void lease_peers(struct lease *l, unsigned others, bool synced, usec_t now);
/* All that was on the disk has been told; whole: nothing of it was lost. Without this no block is
 * claimed for a minute. */
void lease_loaded(struct lease *l, bool whole, usec_t now);
/* All records as they are now were handed to the disk. */
void lease_saved(struct lease *l, usec_t now);
/* A way to other nodes has just opened: whoever is alone waits for them. */
void lease_linked(struct lease *l, usec_t now);
/* Others have come, or are about to: what they have claimed is not known before. Of claims that
 * were ours in a former run they know. */
void lease_meeting(struct lease *l, usec_t until);
/* We got no time, for so long. Whoever is alone waits for others as much longer. After seconds what
 * clients said meanwhile, and comes now, is not answered, and that they are here is told only where
 * the others have not told meanwhile that they went. */
void lease_starved(struct lease *l, usec_t lost, usec_t now);
bool lease_is_behind(const struct lease *l, usec_t now);
/* A record appeared or changed, written by any node; what we put ourselves may come back. */
void lease_client_learnt(struct lease *l, const struct lease_client *rec, usec_t now);
/*
 * The record was deleted or expired. A lease that runs here is put again: whoever deleted it did
 * not know. An administrator ends a lease by lease_release.
 */
void lease_client_gone(struct lease *l, const struct mac *mac, usec_t now);
/* Ends a client's lease everywhere, by LEASE_PUT; its record stays. The client is refused next. */
void lease_release(struct lease *l, const struct mac *mac, usec_t now);
/* A claim of any node; our own of a former run are taken over. */
void lease_block_learnt(struct lease *l, const struct lease_block *block, usec_t now);
/* The claim has gone. True: another node may have claimed that block, too; of all claims to it that
 * are left is to be told once more. */
bool lease_block_gone(struct lease *l, const struct lease_block *block, usec_t now);
/* All present state neighbours have acknowledged our claim. */
void lease_block_acked(struct lease *l, const struct lease_block *block, usec_t now);
/* The nearest other nodes, nearest first: who has no free address borrows one there. */
void lease_near(struct lease *l, const struct lease_node *nodes, unsigned count);
/* What another node's LEASE_TALK said to us. */
void lease_talk(struct lease *l, const struct lease_node *from, const void *data, size_t len,
		usec_t now);
/* An address of a node, or excluded by configuration: never allocated, and who asks for it is
 * refused. 0 or -ENOSPC. */
int lease_reserve_address(struct lease *l, const struct ip4 *ip, usec_t now);
void lease_unreserve_address(struct lease *l, const struct ip4 *ip, usec_t now);

/*
 * What is fixed for a client, or reserved; the same key again replaces it. What a client has holds
 * until its next message: it is refused then, and gets the address that is fixed for it, or another
 * one. An address that was not fixed before is given 2 s after this, as some node may have given it
 * away just now. 0, -EINVAL or -ENOSPC.
 */
int lease_static_learnt(struct lease *l, const struct lease_static *s, usec_t now);
/* Its client keeps the address as a lease like any other. */
void lease_static_gone(struct lease *l, const struct lease_key *key, usec_t now);

/* What nodes are called, so that no client is shown by such a name: all of them between begin and
 * end, whenever one has changed. */
void lease_names_begin(struct lease *l);
void lease_name_taken(struct lease *l, const char *name);
void lease_names_end(struct lease *l);

/* A client is at this node, at that port (association, bridge entry, frame): its record is made or
 * moved here. Both at a limited rate: who has no lease may be somebody's invention, and who is here
 * and there in turn may be two. */
void lease_client_here(struct lease *l, const struct mac *mac, uint16_t port, usec_t now);
/* A client that was told of is still at this node: to be said every few minutes. */
void lease_client_present(struct lease *l, const struct mac *mac, usec_t now);
/* A client of ours uses an address (ra's RA_SEEN): IPv4 as ::ffff:a.b.c.d. Makes the record if
 * there is none. */
void lease_client_seen(struct lease *l, const struct mac *mac, const struct ip6 *addr,
		       uint16_t port, usec_t now);
/* The gateway that its traffic takes. */
void lease_client_gateway(struct lease *l, const struct mac *mac, const struct lease_node *gw,
			  usec_t now);
/*
 * The answer to LEASE_PROBE, or any ARP: mac uses ip. If that is no client's of ours, ip is given
 * to nobody as long as it is heard again within an hour; who has had a lease of it for more than 10
 * s keeps it.
 */
void lease_address_taken(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now);
/* Other software says that mac has ip, which is ours to give, or a client here has it ... */
bool lease_address_concerns(const struct lease *l, const struct ip4 *ip, const struct mac *mac);
/* ... then it is asked for by ARP, and nobody gets it for some seconds. */
void lease_address_told(struct lease *l, const struct ip4 *ip, const struct mac *mac, usec_t now);

/* Queries. Results are copies. */

struct lease_view {
	/* age_s as of now; without a lease that others may have, with a name that no other client
	 * has: what it calls itself, or that with a number */
	struct lease_client client;
	int64_t expires_s; /* of the lease as we know it, negative: over; only right at the client's
			      node */
	int64_t refreshed_s; /* ago, when its record was last written */
	int64_t held_s;	     /* until when its address is in use for others, negative: over */
	bool is_static;	     /* its address is the one that is fixed for it */
};

enum lease_static_state {
	LEASE_STATIC_ANY,      /* no address is fixed */
	LEASE_STATIC_FREE,     /* the client has not asked for it */
	LEASE_STATIC_LEASED,   /* the client has it */
	LEASE_STATIC_HELD,     /* another client has it, until its next message or its end */
	LEASE_STATIC_FOREIGN,  /* somebody who is no client uses it */
	LEASE_STATIC_CLASH,    /* it is fixed for another one, too, which goes before it */
	LEASE_STATIC_UNUSABLE, /* a node has it, or it is none of the cloud's clients' */
	LEASE_STATIC_RESERVED, /* nobody gets these */
};

struct lease_static_view {
	struct lease_static fixed;
	enum lease_static_state state;
	struct mac with; /* HELD, FOREIGN: who has it */
	struct mac mac;	 /* the client that was last here; zero: none was */
};

bool lease_static_next(const struct lease *l, uint32_t *cursor, usec_t now,
		       struct lease_static_view *ret);
bool lease_static_find(const struct lease *l, const struct lease_key *key, usec_t now,
		       struct lease_static_view *ret);
/* Another one that has the same address, or the same name. */
bool lease_static_rival(const struct lease *l, const struct lease_static *s,
			struct lease_static *ret);
/* Its client alone may be called as it says: no node is, and it is fixed for nobody before it. */
bool lease_static_is_named(const struct lease *l, const struct lease_key *key);
/* There is room for one with that key. */
bool lease_static_fits(const struct lease *l, const struct lease_key *key);
/* ip may be fixed: it is of the network, and none of a node or of all of them. */
bool lease_static_allows(const struct lease *l, const struct ip4 *ip);
/* ... and nobody has it or is about to, as far as we know: a node may take it. */
bool lease_is_unused(const struct lease *l, const struct ip4 *ip);

struct lease_foreign_view {
	struct ip4 ip;
	struct mac mac;
	int64_t since_s, heard_s; /* ago */
	bool told_only;		  /* by other software, and nobody has answered */
};

bool lease_foreign_next(const struct lease *l, uint32_t *cursor, usec_t now,
			struct lease_foreign_view *ret);
bool lease_foreign_find(const struct lease *l, const struct ip4 *ip, usec_t now,
			struct lease_foreign_view *ret);

bool lease_find(const struct lease *l, const struct mac *mac, usec_t now, struct lease_view *ret);
/* There is such a client, and it calls itself something. */
bool lease_is_named(const struct lease *l, const struct mac *mac);
/* By lease or by any address seen; IPv4 as ::ffff:a.b.c.d. A declined address is nobody's. */
bool lease_find_address(const struct lease *l, const struct ip6 *addr, usec_t now,
			struct lease_view *ret);
/* All records: start with *cursor = 0. Declined addresses are among them. */
bool lease_next(const struct lease *l, uint32_t *cursor, usec_t now, struct lease_view *ret);
/* Claims of all nodes, the same way. */
bool lease_block_next(const struct lease *l, uint32_t *cursor, struct lease_block *ret);
const char *lease_counter_name(enum lease_counter c);

#endif
