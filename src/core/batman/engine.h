/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of struct batman, shared by the files of this directory and by nobody else but
 * test/unit/batman_sum_test.c.
 *
 * Entries of the tables never move; they refer to each other by index + 1 (a "ref", 0 = none).
 * Ports live in slots; state that depends on the port a frame would leave by ("out") is an array
 * with [0] for frames of our own, whatever port, and [1 + slot] for frames that came in by that
 * port or, for OGMs, would leave by it.
 *
 * b->now is the time of the input being handled.
 */
#ifndef CORE_BATMAN_ENGINE_H
#define CORE_BATMAN_ENGINE_H

#include "core/batman/batman.h"
#include "core/batman/msg.h"
#include "lib/bucket.h"
#include "lib/fair.h"
#include "lib/table.h"

#define BAT_WINDOW 64 /* OGMs and broadcasts remembered */
#define BAT_RING 5    /* TQ values averaged */
#define BAT_SEQNO_RANGE 65536
#define BAT_RESET_US (30 * USEC_S)
#define BAT_JITTER_MS 20
#define BAT_AGGREGATE_US (100 * USEC_MS)
#define BAT_AGGREGATE_MAX 512 /* older kernels ignore OGMs that end later in a frame */
#define BAT_PURGE_US (200 * USEC_S)
#define BAT_PURGE_EVERY_US (1 * USEC_S)
#define BAT_SILENT_US (30 * USEC_S) /* after that an originator has no right to its place */
#define BAT_WAIT_INTERVALS 3 /* for what OGMs are to say; of the longest ones less than a purge */
#define BAT_WAIT_US (6 * USEC_S)     /* at least: so many of LibreMesh's */
#define BAT_STALE_US (10 * USEC_S)   /* after that its TQ is not worth that of others */
#define BAT_REMOVED_US (30 * USEC_S) /* so long a port that went is still ours */
#define BAT_CROWDS 16 /* of neighbours of one port: who is in one shares its places */
#define BAT_TT_EVERY_US (5 * USEC_S)
#define BAT_TT_IDLE_US (600 * USEC_S)	     /* local, ROAM and TEMP entries */
#define BAT_TT_REQUEST_US (3 * USEC_S)	     /* at most, between two requests */
#define BAT_TT_CROWDED_US (30 * USEC_S)	     /* a table that had no room here: asked for again */
#define BAT_TT_CROWDED_MAX_US (120 * USEC_S) /* after that, at last */
#define BAT_TT_APPEND 3			     /* further OGMs that repeat a diff */
/* What one node is sent of tables: a small request in its name is answered with up to 20 kB. */
#define BAT_ANSWER_US (4 * USEC_MS) /* per kB */
#define BAT_ANSWER_BURST 2048	    /* kB */
/* Numbers between two starts: less than a window of 65536, also after a loss of power. */
#define BAT_START_OGMS 512
#define BAT_START_BCASTS 2048
#define BAT_ROAM_US (20 * USEC_S)
#define BAT_ROAM_AHEAD 16	  /* versions */
#define BAT_NEWS_US (10 * USEC_S) /* no diff that we hear is older */
#define BAT_ROAM_COUNT 5
#define BAT_STARVED_US (2 * USEC_S)
#define BAT_BEHIND_US (500 * USEC_MS)
#define BAT_ROAM_AGAIN_US (5 * USEC_S)
#define BAT_REFUSE_US (30 * USEC_S)
#define BAT_TOLD_US (60 * USEC_S) /* what a datagram tells of a node, every 10 s */
#define BAT_FRAG_US (10 * USEC_S)
#define BAT_FRAG_COUNT 16
#define BAT_FRAG_BUCKETS 8
#define BAT_FRAG_MTU 1280
#define BAT_FRAG_TOTAL ((BAT_FRAG_MTU - BAT_FRAG_HEADER) * BAT_FRAG_COUNT)
#define BAT_BCAST_COPIES 3 /* on wireless ports */
#define BAT_BCAST_GAP_US (5 * USEC_MS)
#define BAT_BCAST_MAX 1600
#define BAT_VLANS 32	  /* of our own clients: bounds our OGM */
#define BAT_CLAIMS 1677	  /* of one originator: what fits into the packet that carries a table */
#define BAT_PASSING 128	  /* of one originator: not in its table */
#define BAT_LOCAL_SHARE 5 /* one of so many places is for locals known from frames only */
#define BAT_LOCAL_NEW 32  /* of these in one OGM interval */
#define BAT_CHANGES 125	  /* of one OGM interval */
#define BAT_FIRST_ENTRIES 256 /* of our tables that a frame may have us send, or one table */
#define BAT_DIFF_KEPT 16      /* changes of another node that we can repeat for it */
#define BAT_METERS 5	      /* throughput meters at a time */
#define BAT_METER_RANGES 32

/* One copy of everything that depends on the outgoing port. */
struct bat_out {
	uint64_t echo; /* bit n: our OGM sent n intervals ago by this port came back from this node
			*/
	usec_t protected_until;
	uint32_t last_seqno;
	uint32_t router; /* ref of a path */
	uint8_t last_ttl;
};

struct bat_orig {
	struct mac mac;
	struct mac node; /* primary MAC of the node that has this port, zero while not known */
	usec_t last_seen;
	uint32_t paths;	 /* ref, list by next */
	uint32_t claims; /* ref, list by next_orig */
	uint32_t claim_count;
	uint32_t passing_count; /* of them, see bat_claim */
	uint32_t vlans;		/* ref, list by next */
	/* broadcasts */
	uint64_t bcast_bits;
	usec_t bcast_protected_until;
	uint32_t bcast_seqno;
	/* of the last packet put together, per bucket: its sequence number / buckets + 1 */
	uint16_t merged[BAT_FRAG_BUCKETS];
	/* translation table */
	usec_t request_until;  /* no further request before */
	usec_t request_wait;   /* since the last one; doubled until an answer comes */
	usec_t crowded_until;  /* that version had no room here: not asked for before */
	usec_t crowded_wait;   /* since the last time; doubled until it has */
	usec_t torn_at;	       /* since then we have not all that it announces; 0: we have */
	struct bucket answers; /* that it was sent */
	usec_t asked_at;       /* for our table, when there was no way to it; 0: never */
	bool has_table;	       /* that of ttvn, or what there was room for */
	uint8_t ttvn;
	uint8_t diff_count; /* 0: none kept */
	struct bat_tt_change diff[BAT_DIFF_KEPT];
	/* trama's TVLV */
	bool trama;
	bool in_ogm; /* in its last OGM; else a datagram has told */
	usec_t told_at;
	bool peer_up;
	struct mac cloud_mac;
	uint16_t flags;
	struct bat_out out[];
};

/* A trama node of the cloud that is not us. */
struct bat_node {
	struct mac cloud_mac;
	uint16_t origs;	 /* that announce it */
	uint16_t routed; /* of them, with a route */
};

struct bat_path_out {
	uint64_t bits; /* OGMs received this way */
	uint8_t tq[BAT_RING];
	uint8_t tq_at;
	uint8_t tq_avg;
	uint8_t count; /* of bits */
};

struct bat_path_key {
	struct mac orig, neighbour;
	uint16_t slot;
};

struct bat_path {
	struct bat_path_key key;
	uint32_t next;	  /* ref, of the same originator */
	uint16_t round;	  /* of the mirror */
	bool direct;	  /* the neighbour had its last OGM from the originator itself */
	usec_t direct_at; /* when it said so, or not */
	usec_t last_seen;
	struct bat_path_out out[];
};

struct bat_client_key {
	struct mac mac;
	uint16_t vid;
};

struct bat_local {
	struct bat_client_key key;
	uint16_t flags;
	uint32_t round; /* of the mirror */
	usec_t since;	/* it came, or came back */
	usec_t left_at; /* PENDING since then */
	usec_t last_seen;
};

struct bat_global {
	struct bat_client_key key;
	uint16_t flags;	       /* BAT_TT_SYNC: of all claims */
	uint32_t claims;       /* ref, list by next_client */
	struct mac heard_from; /* whose its last frame was that names it: broadcast, 4-address */
	usec_t heard_at;       /* 0: not since that claim */
	usec_t roam_at;
	usec_t added_at;
};

enum bat_claim_state {
	BAT_CLAIM_ANNOUNCED, /* part of the originator's table as it announces it */
	BAT_CLAIM_TOLD,	     /* by a roaming advertisement only */
	BAT_CLAIM_WITHDRAWN, /* kept, because that node knows best where the client went */
};

/* One originator says that it serves one client. */
struct bat_claim_key {
	uint32_t client, orig; /* refs */
};

struct bat_claim {
	struct bat_claim_key key;
	uint32_t next_client;
	uint32_t prev_orig, next_orig;
	uint32_t round; /* of the mirror */
	uint8_t ttvn;
	uint8_t flags;
	bool counted;  /* in its VLAN: TEMP entries are not announced */
	bool passing;  /* known from a frame or a roaming advertisement, which are easily forged */
	uint8_t state; /* enum bat_claim_state */
};

/* Does the table of its originator, as it announces it, have that? False for none. */
static inline bool bat_claim_is_announced(const struct bat_claim *c)
{
	return c && c->counted && c->state == BAT_CLAIM_ANNOUNCED;
}

struct bat_vlan_key {
	uint32_t orig; /* ref */
	uint16_t vid;
	uint16_t zero;
};

struct bat_vlan {
	struct bat_vlan_key key;
	uint32_t next; /* ref, of the same originator */
	uint32_t sum;  /* the CRC of what is here now */
	uint32_t crc;  /* the sum after the last change announced */
	uint32_t count;
};

struct bat_local_vlan {
	uint16_t vid;
	uint32_t entries; /* all, committed or not; 0: slot free */
	uint32_t committed;
	uint32_t crc;
};

struct bat_roam {
	struct bat_client_key key;
	usec_t since;
	uint8_t count;
};

struct bat_refused {
	struct mac mac;
	bool by_ogm; /* else nothing follows but the warning */
	usec_t until;
};

struct bat_frag_key {
	struct mac orig;
	uint16_t bucket;
};

struct bat_reassembly {
	struct bat_frag_key key;
	uint16_t seqno;
	uint16_t total;
	uint16_t have;
	uint8_t count;
	uint8_t no[BAT_FRAG_COUNT];
	uint16_t at[BAT_FRAG_COUNT]; /* offset of the piece in its memory */
	uint16_t len[BAT_FRAG_COUNT];
	usec_t last;
};

struct bat_rebroadcast {
	usec_t at;
	uint16_t slot;
	uint16_t len; /* 0: free */
	uint8_t left;
	uint8_t data[BAT_BCAST_MAX]; /* from the batman header on */
};

struct bat_port {
	bool used;
	bool wireless;
	uint16_t number;
	uint16_t slot;
	uint32_t mtu;
	uint32_t age;	   /* the lowest is primary */
	usec_t removed_at; /* if not used; 0: it never was */
	struct mac mac;
	uint32_t seqno; /* of its next own OGM */
	usec_t ogm_at;
	uint32_t neighbours;
	uint32_t paths;
	usec_t flush_at; /* of pending, USEC_NEVER when empty */
	uint16_t pending_len;
	uint8_t pending[BAT_AGGREGATE_MAX]; /* OGMs to forward */
};

/* A session of a throughput meter that fills the way to us. */
struct bat_meter {
	usec_t heard_at; /* 0: free */
	struct mac orig;
	uint16_t session;
	uint32_t next; /* all before it have come */
	uint8_t early_count;
	struct bat_meter_range {
		uint32_t from, to;
	} early[BAT_METER_RANGES]; /* what came beyond a gap */
};

struct batman {
	struct batman_conf conf;
	struct batman_limits limits;
	struct outq *outq;
	struct rng rng;
	usec_t now;
	usec_t behind_until;	 /* what came while we got no time is being read */
	usec_t first_answers_at; /* to who asked when there was no way to it */
	uint32_t first_entries;	 /* of tables in these answers */
	uint64_t counters[BATMAN_COUNTER_COUNT];
	struct bat_port *ports;
	struct bat_port *primary; /* NULL without ports */
	uint32_t next_age;
	uint32_t outs; /* 1 + limits.ports */
	struct table origs, paths, locals, globals, claims, vlans, roams, refused, reassemblies;
	struct table nodes;
	/* Whose the places in tables are: of a crowd of neighbours (origs, claims), a port (links,
	 * reassemblies); locals: of those that are known from frames only. */
	struct fair orig_places, link_places, claim_places, local_places, reassembly_places;
	usec_t purge_at, tt_at;
	uint32_t round; /* of the mirror: what was not told in it goes at its end */
	/* our translation table */
	uint8_t ttvn;
	uint8_t append;	    /* OGMs that still carry the last diff */
	bool changes_lost;  /* more than fit: peers must ask */
	uint32_t new_count; /* locals known from frames only, since the last OGM */
	uint16_t change_count;
	uint16_t last_count; /* of last_changes: the diff of ttvn, for OGMs and requests */
	struct bat_tt_change changes[BAT_CHANGES];
	struct bat_tt_change last_changes[BAT_CHANGES];
	struct bat_local_vlan local_vlans[BAT_VLANS];
	uint32_t bcast_seqno;
	uint16_t frag_seqno;
	struct bat_rebroadcast *rebroadcasts;
	usec_t rebroadcast_at;
	struct bat_meter meters[BAT_METERS];
	uint8_t *frag_memory; /* BAT_FRAG_TOTAL for each reassembly */
	uint8_t *merged;      /* a whole packet out of fragments */
	uint8_t *built;	      /* a large packet of our own */
};

/* A frame being handled. p is the batman packet, behind the Ethernet header. */
struct bat_frame {
	const struct bat_port *port;
	struct mac dst, src;
	struct rd packet;
	bool merged;	  /* out of fragments */
	uint8_t priority; /* of the fragments */
};

/* A unicast packet to send: a header of ours and what follows it. */
struct bat_packet {
	uint8_t head[32];
	size_t head_len;
	struct rd body;
	uint8_t priority;	/* for the header of fragments */
	const struct mac *from; /* a neighbour that it must not go back to, or NULL */
};

#define BAT_ADD(b, id, n) ((b)->counters[BATMAN_COUNT_##id] += (n))
#define BAT_COUNT(b, id) BAT_ADD(b, id, 1)

static inline void *bat_at(const struct table *t, uint32_t ref)
{
	return ref ? t->entries + (size_t)(ref - 1) * t->entry_size : NULL;
}

static inline uint32_t bat_ref(const struct table *t, const void *entry)
{
	return entry ? table_index(t, entry) + 1 : 0;
}

/* How long to wait for what another node is to say in its OGMs, whose interval is not known. */
static inline usec_t bat_ogm_wait(const struct batman *b)
{
	usec_t ours = BAT_WAIT_INTERVALS * b->conf.orig_interval_ms * USEC_MS;

	return ours > BAT_WAIT_US ? ours : BAT_WAIT_US;
}

/* orig.c: originators, paths to them, and which path is best */
struct bat_orig *bat_orig_find(const struct batman *b, const struct mac *mac);
/* Makes one where there is none, told of by that neighbour. NULL when full. May remove another. */
struct bat_orig *bat_orig_get(struct batman *b, const struct mac *mac, uint16_t slot,
			      const struct mac *by);
/* It answers us, or we have a route to it: it keeps its place. */
void bat_orig_proven(struct batman *b, struct bat_orig *o);
/* Of the places: the crowd of that neighbour on that port. */
uint32_t bat_crowd(const struct batman *b, uint16_t slot, const struct mac *neighbour);
void bat_orig_remove(struct batman *b, struct bat_orig *o);
struct bat_path *bat_path_find(const struct batman *b, const struct mac *orig,
			       const struct mac *neighbour, uint16_t slot);
/* Makes one where there is none. needed: a link, or the way that is used or will be; the others
 * leave room for them. NULL when full. May remove a link of another originator. */
struct bat_path *bat_path_get(struct batman *b, struct bat_orig *o, const struct mac *neighbour,
			      uint16_t slot, bool needed);
/* One that works: who is silent is forgotten much later than it is not heard any more. */
bool bat_orig_has_way(const struct batman *b, const struct bat_orig *o);
/* The link to this neighbour works in both directions: it keeps its place. */
void bat_link_proven(struct batman *b, const struct bat_orig *o, uint16_t slot);
struct bat_path *bat_orig_router(const struct batman *b, const struct bat_orig *o, uint32_t out);
void bat_orig_set_router(struct batman *b, struct bat_orig *o, uint32_t out, struct bat_path *p);
/* The way of a packet that came from that neighbour: not back to it. NULL (counted): there is none.
 */
const struct bat_path *bat_orig_way(struct batman *b, const struct bat_orig *o, uint32_t out,
				    const struct mac *from);
uint8_t bat_orig_tq(const struct batman *b, const struct bat_orig *o); /* 0 without a route */
void bat_orig_purge(struct batman *b);
/* Paths that the kernel no longer has. */
void bat_orig_sweep(struct batman *b);
void bat_orig_purge_port(struct batman *b, uint16_t slot);
void bat_orig_purge_neighbour(struct batman *b, const struct mac *neighbour);
/* Is the number too far from the last one? Then one restart is believed, and none for 30 s. */
bool bat_window_protected(const struct batman *b, int32_t diff, usec_t *protected_until);
/* Moves the window so that diff is its newest; true when it moved. */
bool bat_window_move(uint64_t *bits, int32_t diff, bool mark);
bool bat_window_has(uint64_t bits, int32_t diff);

/* port.c */
struct bat_port *bat_port_find(const struct batman *b, uint16_t number);
struct bat_port *bat_port_by_mac(const struct batman *b, const struct mac *mac);
bool bat_is_mine(const struct batman *b, const struct mac *mac);

/* ogm.c, ogm_send.c */
void bat_ogm_input(struct batman *b, const struct bat_frame *f);
/* Of OGMs: from a neighbour, to all. Counts what is not. */
bool bat_ogm_frame_ok(struct batman *b, const struct bat_frame *f);
/* A node's first OGM leaves by all of its ports: tells whose port the sender is. */
void bat_ogm_name_sender(struct batman *b, const struct bat_frame *f, const struct bat_ogm *ogm);
void bat_ogm_forward(struct batman *b, struct bat_port *to, const struct bat_ogm *o);
void bat_ogm_tick(struct batman *b);

/* tvlv.c: what OGMs carry besides the table, and the refusal of other networks */
void bat_tvlv_ogm_append(struct batman *b, struct wr *w);
/* False: this OGM belongs to a node of another network. */
bool bat_tvlv_accept(struct batman *b, const struct bat_frame *f, const struct bat_ogm *o);
void bat_tvlv_ogm_input(struct batman *b, struct bat_orig *o, struct rd tvlv);
/* The kernel deals with this OGM; of its containers only trama's is read. */
void bat_tvlv_overhear(struct batman *b, struct bat_orig *o, struct rd tvlv);
bool bat_is_refused(const struct batman *b, const struct mac *mac);
void bat_tvlv_purge(struct batman *b);
void bat_peer_update(struct batman *b, struct bat_orig *o);
/* It goes: what it announced of itself is no more. */
void bat_tvlv_orig_gone(struct batman *b, const struct bat_orig *o);

/* tt_local.c */
/* Loop detection frames of kernels come from such addresses: they pass, but are nobody's. */
bool bat_is_loop_probe(const struct mac *mac);
/* flags: BAT_TT_FIXED, BAT_TT_HELD or 0 */
int bat_local_add(struct batman *b, const struct bat_client_key *key, uint16_t flags);
/* roaming: the client is known to be elsewhere. True when there was an entry that served it until
 * now. */
bool bat_local_remove(struct batman *b, const struct bat_client_key *key, bool roaming);
/* After another node has announced a client of ours in a diff: what still comes here goes there.
 * Not if it came to us so lately that the diff may be older. */
void bat_local_follow(struct batman *b, const struct bat_client_key *key);
bool bat_local_serves(const struct batman *b, const struct bat_client_key *key);
bool bat_local_is_roaming(const struct batman *b, const struct bat_client_key *key);
void bat_local_commit(struct batman *b);
void bat_local_purge(struct batman *b);
struct bat_local_vlan *bat_local_vlan(struct batman *b, uint16_t vid);
/* An entry as the kernel has it; false when the table is full. */
bool bat_local_mirror(struct batman *b, const struct batman_row *row);
void bat_local_sweep(struct batman *b);

/* tt_global.c */
struct bat_global *bat_global_find(const struct batman *b, const struct bat_client_key *key);
/* False when there was no room for it: the table of o is then incomplete. */
bool bat_global_add(struct batman *b, struct bat_orig *o, const struct bat_client_key *key,
		    uint16_t flags, uint8_t ttvn);
/* The client was ours until now: the node must forget where it was. */
void bat_moved_report(struct batman *b, const struct bat_orig *o, const struct bat_client_key *key);
/* A claim as the kernel has it; false when the table is full. */
bool bat_global_mirror(struct batman *b, struct bat_orig *o, const struct batman_row *row);
void bat_global_sweep(struct batman *b);
void bat_global_del(struct batman *b, struct bat_orig *o, const struct bat_client_key *key,
		    bool roaming);
void bat_global_free(struct batman *b, struct bat_global *g);
void bat_global_forget(struct batman *b, struct bat_orig *o);
/* There is a route to o now: its clients keep their places. */
void bat_global_keep(struct batman *b, const struct bat_orig *o);
void bat_global_update_crc(struct batman *b, struct bat_orig *o);
struct bat_orig *bat_global_best(const struct batman *b, const struct bat_global *g);
/* Its new node has told of it, and not announced it yet, and there is a way to that node. */
bool bat_global_is_told(const struct batman *b, const struct bat_global *g);
/* Is it the last one that began to announce it (its whole table counts as news), heard of late,
 * with a way to it? */
bool bat_global_is_newest(const struct batman *b, const struct bat_orig *o,
			  const struct bat_global *g);
/* Does the table of that originator have it? */
bool bat_global_announces(const struct batman *b, const struct bat_orig *o,
			  const struct bat_global *g);
/* Which version of o's table a frame to this client names, see unicast.c. */
uint8_t bat_global_version(const struct batman *b, const struct bat_global *g,
			   const struct bat_orig *o);
struct bat_vlan *bat_global_vlan(const struct batman *b, const struct bat_orig *o, uint16_t vid);
void bat_global_purge(struct batman *b);

/* tt_sync.c */
void bat_tt_ogm_append(struct batman *b, struct wr *w, size_t room);
/* There is a way to o now: it gets what it has asked for before. */
void bat_tt_first_route(struct batman *b, struct bat_orig *o);
void bat_tt_ogm_input(struct batman *b, struct bat_orig *o, struct rd value);
/* A container of a unicast TVLV packet; false: route the packet on. */
bool bat_tt_unicast_input(struct batman *b, const struct bat_tvlv_packet *p, struct rd value);
void bat_roam_input(struct batman *b, const struct bat_tvlv_packet *p, struct rd value);
void bat_roam_send(struct batman *b, const struct bat_client_key *key, const struct bat_orig *to);

/* send.c */
/* A writer behind the Ethernet header of a frame of len bytes, in the outq; bad when that is full.
 */
struct wr bat_send_begin(struct batman *b, const struct bat_port *port, const struct mac *dst,
			 size_t len);
int bat_send_end(struct batman *b, const struct bat_port *port, struct wr *w);
/* Along the route that frames which came in by `out` take; fragments where needed. */
int bat_send_to(struct batman *b, const struct bat_orig *o, uint32_t out,
		const struct bat_packet *p);
size_t bat_packet_len(const struct bat_packet *p);
void bat_packet_copy(const struct bat_packet *p, size_t at, size_t len, struct wr *w);

/* unicast.c */
void bat_unicast_input(struct batman *b, const struct bat_frame *f);
void bat_unknown_input(struct batman *b, const struct bat_frame *f);
void bat_tvlv_packet_input(struct batman *b, const struct bat_frame *f);
int bat_unicast_send(struct batman *b, const struct bat_inner *in, struct rd inner);
bool bat_unicast_check(struct batman *b, const struct bat_frame *f);

/* bcast.c */
void bat_bcast_input(struct batman *b, const struct bat_frame *f);
int bat_bcast_send(struct batman *b, struct rd inner);
void bat_bcast_tick(struct batman *b);

/* frag.c */
void bat_frag_input(struct batman *b, const struct bat_frame *f);
int bat_frag_send(struct batman *b, const struct bat_orig *o, const struct bat_path *p,
		  const struct bat_packet *k);
void bat_frag_purge(struct batman *b);

/* mirror.c: the kernel's tables in place of our own */
void bat_mirror_input(struct batman *b, const struct bat_frame *f);

/* icmp.c */
void bat_icmp_input(struct batman *b, const struct bat_frame *f);
/* Back to where h came from, from us. rr: ports on the way, or NULL; rest: behind the header. */
void bat_icmp_answer(struct batman *b, struct bat_icmp h, uint8_t type, const struct mac *rr,
		     struct rd rest, uint8_t priority);

/* meter.c */
void bat_meter_input(struct batman *b, const struct bat_icmp *h, struct rd rest);

/* query.c: a trama node with a route */
struct bat_orig *bat_orig_by_cloud_mac(const struct batman *b, const struct mac *mac);

/* input.c */
/* Hands a batman packet to its module. */
void bat_dispatch(struct batman *b, const struct bat_frame *f);
/* Out of bat0; from NULL or whose clients may be learnt from this frame. */
void bat_deliver(struct batman *b, struct rd inner, struct bat_orig *from);

#endif
